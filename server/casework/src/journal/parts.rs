//! What the journal commits to beyond its own entries: parts of tables, and how a row of them
//! becomes bytes.
//!
//! A part is columns of one table that change together, so that an entry about one thing never
//! vouches for another: who judges a finding commits to the judgement, not to what the provider
//! said. **A new column of a covered table goes into a part of its own here** (or into [`LEFT_OUT`]
//! with a reason), and a new table into a part or into [`NOT_COVERED`]: a test asks for it. Columns
//! of a part that was released never change, because old commitments stand over them; the rows of a
//! new part are taken over at the first start. Whatever writes a row says so: `conn.wrote(PART,
//! id)`.

use super::store::CoveredRow;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Columns of one table.
#[derive(Debug)]
pub struct Part {
    pub name: &'static str,
    pub table: &'static str,
    /// What names a row `r`, as SQL.
    pub key: &'static str,
    /// Columns of texts and numbers.
    pub columns: &'static [&'static str],
    /// Columns of bytes.
    pub sealed: &'static [&'static str],
}

pub(crate) const DECISIONS: &str = "decisions";
pub(crate) const VOIDED_PROPOSALS: &str = "voided_proposals";
pub(crate) const POLICIES: &str = "policies";
pub(crate) const POLICY_ENDS: &str = "policy_ends";
pub(crate) const POLICY_TERMS: &str = "policy_terms";
pub(crate) const POLICY_FLOORS: &str = "policy_floors";
pub(crate) const CHECK_LAUNCH: &str = "checks.launch";
pub(crate) const CHECK_REQUEST: &str = "checks.request";
pub(crate) const CHECK_ABOUT: &str = "checks.about";
pub(crate) const CHECK_STATE: &str = "checks.state";
pub(crate) const CHECK_OUTCOME: &str = "checks.outcome";
pub(crate) const FINDING_SAID: &str = "findings.said";
pub(crate) const FINDING_WORDS: &str = "findings.words";
pub(crate) const FINDING_JUDGEMENT: &str = "findings.judgement";
pub(crate) const FINDING_NOTE: &str = "findings.note";
pub(crate) const EVIDENCE: &str = "evidence";
pub(crate) const PICTURES: &str = "pictures";
pub(crate) const COMMENTS: &str = "comments";
pub(crate) const COMMENT_WORDS: &str = "comments.words";
pub(crate) const CUSTOMERS: &str = "customers";
pub(crate) const CUSTOMER_NAME: &str = "customers.name";
pub(crate) const CUSTOMER_DATA: &str = "customers.data";
pub(crate) const CUSTOMER_LINKS: &str = "customer_links";
pub(crate) const CUSTOMER_CHANGES: &str = "customer_changes";
pub(crate) const PEOPLE: &str = "people";
pub(crate) const PERSON_ROLE: &str = "people.role";
pub(crate) const PERSON_CONFIRMED: &str = "people.confirmed";
pub(crate) const PERSON_SECOND: &str = "people.second";
pub(crate) const PERSON_STATE: &str = "people.state";
pub(crate) const CONNECTIONS: &str = "connections";
pub(crate) const CONNECTION_DOOR: &str = "connections.door";
pub(crate) const CREDENTIALS: &str = "credentials";
pub(crate) const ERASURES: &str = "erasures";
pub(crate) const INSPECTIONS: &str = "inspections";
pub(crate) const VERIFICATIONS: &str = "verifications";

/// All parts of a check, of a finding, of a customer, and of what a person may do: for whoever
/// makes or deletes one.
pub(crate) const WHOLE_CHECK: [&str; 5] =
    [CHECK_LAUNCH, CHECK_REQUEST, CHECK_ABOUT, CHECK_STATE, CHECK_OUTCOME];
pub(crate) const WHOLE_FINDING: [&str; 4] =
    [FINDING_SAID, FINDING_WORDS, FINDING_JUDGEMENT, FINDING_NOTE];
pub(crate) const WHOLE_CUSTOMER: [&str; 3] = [CUSTOMERS, CUSTOMER_NAME, CUSTOMER_DATA];
pub(crate) const WHOLE_ROLE: [&str; 4] =
    [PERSON_ROLE, PERSON_CONFIRMED, PERSON_SECOND, PERSON_STATE];

/// Parts that rights, rules and decisions stand in: nothing writes them without an entry that says
/// why.
pub(super) const GRAVE: [&str; 14] = [
    DECISIONS,
    VOIDED_PROPOSALS,
    POLICIES,
    POLICY_ENDS,
    POLICY_TERMS,
    POLICY_FLOORS,
    PEOPLE,
    PERSON_ROLE,
    PERSON_CONFIRMED,
    PERSON_SECOND,
    PERSON_STATE,
    CONNECTIONS,
    CONNECTION_DOOR,
    CREDENTIALS,
];

const fn part(name: &'static str, table: &'static str, columns: &'static [&'static str]) -> Part {
    Part { name, table, key: "r.id", columns, sealed: &[] }
}

/// What names a row of a policy.
const VERSION: &str = "(CAST(r.version AS TEXT))";

/// Everything that is covered.
pub const PARTS: &[Part] = &[
    Part {
        sealed: &["seen_sealed"],
        ..part(
            DECISIONS,
            "decisions",
            &[
                "check_id",
                "round",
                "step",
                "outcome",
                "reason",
                "comment",
                "decided_by",
                "decided_at_ms",
                "about",
                "seen",
                "policy_version",
                "evidence_hash",
                "checker_id",
                "until_ms",
                "way",
                "risk_score",
                "risk_band",
                "telling",
            ],
        )
    },
    Part {
        key: "r.decision_id",
        ..part(VOIDED_PROPOSALS, "voided_proposals", &["check_id", "why", "voided_at_ms"])
    },
    Part {
        key: VERSION,
        ..part(POLICIES, "policies", &["rules", "note", "proposed_by", "proposed_at_ms"])
    },
    Part { key: VERSION, ..part(POLICY_ENDS, "policy_ends", &["step", "ended_by", "ended_at_ms"]) },
    Part {
        key: VERSION,
        ..part(POLICY_TERMS, "policy_terms", &["launcher_may_approve", "window_days"])
    },
    Part {
        key: "(CAST(r.version AS TEXT) || '/' || r.kind || '/' || r.outcome)",
        ..part(POLICY_FLOORS, "policy_floors", &["risk_from", "sanction", "relevant", "unjudged"])
    },
    part(
        CHECK_LAUNCH,
        "checks",
        &[
            "kind",
            "customer_id",
            "connection_id",
            "launched_by",
            "launched_at_ms",
            "relaunch_of",
            "from_check",
        ],
    ),
    part(CHECK_REQUEST, "checks", &["request"]),
    part(CHECK_ABOUT, "checks", &["about"]),
    part(CHECK_STATE, "checks", &["state", "decided_at_ms"]),
    part(CHECK_OUTCOME, "checks", &["risk_score", "outcome_at_ms"]),
    part(FINDING_SAID, "findings", &["check_id", "source", "source_name", "position", "score"]),
    part(
        FINDING_WORDS,
        "findings",
        &["fingerprint", "title", "url", "snippet", "dated", "compared", "facts"],
    ),
    part(FINDING_JUDGEMENT, "findings", &["judgement", "judged_by", "judged_at_ms"]),
    part(FINDING_NOTE, "findings", &["note"]),
    // What stands before the body in the row: whoever verifies reads no bodies.
    part(EVIDENCE, "evidence", &["check_id", "source", "name", "content_type"]),
    Part {
        key: "(r.check_id || '/' || r.slot || '/' || r.origin)",
        ..part(
            PICTURES,
            "pictures",
            &["state", "evidence_id", "format", "width", "height", "bytes"],
        )
    },
    part(COMMENTS, "comments", &["check_id", "author_id", "written_at_ms"]),
    part(COMMENT_WORDS, "comments", &["body"]),
    part(CUSTOMERS, "customers", &["reference", "subject", "created_at_ms"]),
    part(CUSTOMER_NAME, "customers", &["name"]),
    part(CUSTOMER_DATA, "customers", &["birth_date", "country"]),
    part(
        CUSTOMER_LINKS,
        "customer_links",
        &["one_id", "other_id", "relation", "note", "said_by", "said_at_ms"],
    ),
    Part {
        key: "r.check_id",
        ..part(
            CUSTOMER_CHANGES,
            "customer_changes",
            &["customer_id", "differences", "confirmed_by", "confirmed_at_ms"],
        )
    },
    part(PEOPLE, "people", &["account", "name", "created_at_ms"]),
    // Whoever is disabled, or confirmed, is not vouched for as what they are.
    part(PERSON_ROLE, "people", &["role", "role_given_by", "role_given_at_ms"]),
    part(PERSON_CONFIRMED, "people", &["role_confirmed_by", "role_confirmed_at_ms", "role_alone"]),
    part(PERSON_SECOND, "people", &["once_second"]),
    part(PERSON_STATE, "people", &["state"]),
    part(
        CONNECTIONS,
        "connections",
        &[
            "provider",
            "name",
            "base_url",
            "token_url",
            "state",
            "allow_private",
            "options",
            "created_at_ms",
        ],
    ),
    Part {
        sealed: &["callback_token_sealed"],
        ..part(CONNECTION_DOOR, "connections", &["callback_token_hash"])
    },
    Part {
        key: "(r.connection_id || '/' || r.name)",
        sealed: &["sealed"],
        ..part(CREDENTIALS, "credentials", &["hint", "replaced_at_ms", "replaced_by"])
    },
    Part {
        key: "(r.subject_id || '/' || r.customer_id || '/' || CAST(r.until_seq AS TEXT))",
        ..part(ERASURES, "erasures", &["recorded_at_ms"])
    },
    Part { key: "(CAST(r.seq AS TEXT))", ..part("details_gone", "details_gone", &[]) },
    part(
        INSPECTIONS,
        "inspections_ended",
        &[
            "begun_at_ms",
            "ended_at_ms",
            "entries",
            "head",
            "evidence",
            "others",
            "missed",
            "faults",
            "named",
        ],
    ),
    part(
        VERIFICATIONS,
        "verifications",
        &["at_ms", "by_id", "entries", "erased", "held", "head", "place", "row_id", "why"],
    ),
];

/// Columns of covered tables that no part has, and why. Those that name a row are in the commitment
/// by themselves.
pub const LEFT_OUT: &[(&str, &[&str], &str)] = &[
    ("checks", &["version", "touched_at_ms"], "count what else is covered"),
    (
        "checks",
        &["provider_ref", "provider_state", "progress", "telling", "trouble"],
        "how it stands with the provider, who can be asked",
    ),
    ("checks", &["poll_at_ms", "polls_failed", "poll_fence"], "the workers' own"),
    (
        "checks",
        &[
            "due_from_ms",
            "due_at_ms",
            "assignee_id",
            "claimed_by",
            "claim_until_ms",
            "handed_by",
            "handed_note",
            "handed_at_ms",
            "returned_at_ms",
        ],
        "who is to do it by when; decides nothing",
    ),
    (
        "evidence",
        &["size", "sealed", "about", "object", "object_sha256"],
        "the inspection opens each piece and holds it against its name",
    ),
    ("evidence", &["received_at_ms"], "the entry about it has its own moment"),
    ("pictures", &["why", "tries"], "how it goes to have one; that it is missing is an entry"),
    ("people", &["password_hash"], "a hash that is made anew at sign-in where it is weak"),
    (
        "people",
        &["theme", "density", "signed_in_at_ms", "looked_seq"],
        "how pages look, and when somebody came or looked last",
    ),
];

/// Tables that are not covered, and why.
pub const NOT_COVERED: &[(&str, &str)] = &[
    ("journal", "the chain itself"),
    ("journal_details", "under the chain"),
    ("commitments", "under the chain"),
    ("renditions", "made of evidence"),
    ("provider_documents", "which evidence is shown where"),
    ("callbacks", "what strangers sent; nothing is decided by it"),
    ("callback_work", "the workers' own"),
    ("callback_arrivals", "the workers' own"),
    ("deliveries", "the workers' own"),
    ("attempts", "the workers' own"),
    ("customer_keys", "opened by the inspection"),
    ("customer_endings", "made of customers"),
    ("customer_marks", "made of customers and of what checks asked"),
    ("customer_marking", "the program's own"),
    ("metadata", "the provider's"),
    ("provider_persons", "the provider's"),
    ("video_sessions", "the provider's"),
    ("handouts", "shown once"),
    ("batches", "a list of checks"),
    ("batch_checks", "a list of checks"),
    ("saved_views", "how the queue is looked at"),
    ("present", "who looks at what just now"),
    ("sessions", "end by themselves"),
    ("person_links", "end by themselves"),
    ("second_factors", "sealed; the inspection opens each, and each change is an entry"),
    ("recovery_codes", "hashes that go when they are used"),
    ("devices", "end by themselves"),
    ("setup_tokens", "end by themselves"),
    ("sign_in_failures", "end by themselves"),
    ("sign_in_turns", "end by themselves"),
    ("failed_tries", "on their way into the journal"),
    ("refused_forms", "end by themselves"),
    ("kept_uploads", "end by themselves"),
    ("inspections", "the one under way is of no account; those that ended are inspections_ended"),
    ("resealing", "its end is an entry"),
    ("webhooks", "opened when a webhook comes"),
    ("search_folding", "the program's own"),
    ("schema_versions", "the program's own"),
];

/// The part of this name.
pub(super) fn named(name: &str) -> Option<&'static Part> {
    PARTS.iter().find(|part| part.name == name)
}

/// What a row is committed to by: an HMAC with a salt that lies beside it, over what the row is and
/// everything it holds. Without the salt, which goes when the row changes or is erased, it tells
/// nothing of the row.
pub(super) fn mac_of(part: &str, row: &CoveredRow, salt: &[u8]) -> [u8; 32] {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(salt).expect("HMAC takes keys of any length");
    let mut field = |bytes: &[u8]| {
        mac.update(&(bytes.len() as u64).to_be_bytes());
        mac.update(bytes);
    };
    field(part.as_bytes());
    field(row.id.as_bytes());
    match &row.values {
        None => field(b"no row"),
        Some(values) => {
            field(b"row");
            for value in values {
                match value {
                    None => field(b"-"),
                    Some(value) => {
                        field(b"+");
                        field(value);
                    }
                }
            }
        }
    }
    mac.finalize().into_bytes().into()
}

/// The hash of all that an entry commits to, one after the other.
pub(super) struct RowsHash(Sha256);

impl RowsHash {
    pub fn new() -> Self {
        let mut hash = Sha256::new();
        hash.update(b"probity rows v1\0");
        Self(hash)
    }

    pub fn add(&mut self, part: &str, row: &str, mac: &[u8]) {
        for field in [part.as_bytes(), row.as_bytes(), mac] {
            self.0.update((field.len() as u64).to_be_bytes());
            self.0.update(field);
        }
    }

    pub fn end(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn row(id: &str, values: &[Option<&str>]) -> CoveredRow {
        CoveredRow {
            id: id.to_owned(),
            seq: None,
            mac: None,
            salt: None,
            values: Some(values.iter().map(|v| v.map(|v| v.as_bytes().to_vec())).collect()),
        }
    }

    #[test]
    fn no_two_rows_have_one_commitment() {
        let gone = CoveredRow { values: None, ..row("a", &[]) };
        let all = [
            mac_of("p", &row("a", &[None, Some("b")]), b"s"),
            mac_of("p", &row("a", &[Some("b"), None]), b"s"),
            mac_of("p", &row("a", &[Some(""), Some("b")]), b"s"),
            mac_of("p", &row("a", &[Some("-"), Some("b")]), b"s"),
            mac_of("p", &row("a", &[Some("b")]), b"s"),
            mac_of("p", &row("a", &[]), b"s"),
            mac_of("p", &gone, b"s"),
            mac_of("pa", &row("", &[]), b"s"),
            mac_of("p", &row("b", &[]), b"s"),
            mac_of("p", &row("a", &[]), b"t"),
        ];
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn each_part_has_a_name_of_its_own_and_each_column_one_part() {
        assert_eq!(PARTS.iter().map(|p| p.name).collect::<BTreeSet<_>>().len(), PARTS.len());
        let columns: Vec<_> = PARTS
            .iter()
            .flat_map(|p| p.columns.iter().chain(p.sealed).map(|c| (p.table, *c)))
            .collect();
        assert_eq!(columns.iter().collect::<BTreeSet<_>>().len(), columns.len());
        for name in GRAVE
            .iter()
            .chain(&WHOLE_CHECK)
            .chain(&WHOLE_FINDING)
            .chain(&WHOLE_CUSTOMER)
            .chain(&WHOLE_ROLE)
        {
            assert!(named(name).is_some(), "{name}");
        }
    }
}
