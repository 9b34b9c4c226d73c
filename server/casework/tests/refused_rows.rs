//! Rows that a trigger refuses and nothing else does: what our own program never writes, in the
//! words of whoever has the database.
//!
//! Each row that is refused stands beside one that differs in a little and passes. Who is in them:
//! `ana` and `bea`, analysts; `sue`, `sam` and `sid`, supervisors; `dis`, one who is disabled;
//! `new`, one who has not joined; `wait`, one whose role waits.

use crate::{on_both, support::*};
use domain::findings::Source;

/// What is tried, the statement, and the words with which a trigger refuses it; without words it
/// passes.
type Try = (&'static str, &'static str, &'static str);

const PASSES: &str = "";

/// Short words of the statements here, and what they stand for.
const SHORT: [(&str, &str); 3] = [
    // id, check, round, step, outcome, who, about, evidence, checker, deadline, when, policy
    (
        "STEP (",
        "INSERT INTO decisions (reason, comment, seen, id, check_id, round, step, outcome, decided_by, about, evidence_hash, checker_id, \
         until_ms, decided_at_ms, policy_version) VALUES ('other', 'x', '', ",
    ),
    // id, whose, kind, state, risk, who launched it; its outcome is here
    (
        "NEW CHECK (",
        "INSERT INTO checks (connection_id, version, touched_at_ms, progress, request, launched_at_ms, outcome_at_ms, due_from_ms, due_at_ms, \
         claim_until_ms, telling, poll_at_ms, polls_failed, poll_fence, id, customer_id, kind, state, risk_score, launched_by) \
         VALUES ((SELECT MIN(id) FROM connections), 1, 0, 0, '{}', 0, 1, 0, 0, 0, 'none', 253402300799000, 0, 0, ",
    ),
    // id, fingerprint, check, source, judgement, who judged
    (
        "FINDING (",
        "INSERT INTO findings (source_name, position, title, compared, facts, id, fingerprint, check_id, source, judgement, judged_by) \
         VALUES ('x', 1, 'x', '[]', '[]', ",
    ),
];

/// One statement, with its short words written out.
fn written_out(desk: &Desk, statement: &str) -> String {
    let bytes = if desk.work.db.is_postgres() { "'\\x07'::bytea" } else { "x'07'" };
    SHORT
        .iter()
        .fold(statement.replace("BYTES", bytes), |text, (short, long)| text.replace(short, long))
}

async fn all(desk: &Desk, tries: &[Try]) {
    for (what, statement, words) in tries {
        let done = run_sql(&desk.work.db, &written_out(desk, statement)).await;
        if words.is_empty() {
            let rows = done.unwrap_or_else(|e| panic!("{what}: {e}"));
            assert!(rows > 0, "{what}: there is no such row");
        } else {
            let said = done.expect_err(what).to_string();
            assert!(said.contains(words), "{what}: {said}");
        }
    }
}

/// What only one of the two has a statement for.
async fn on_one(desk: &Desk, sqlite: &[Try], postgres: &[Try]) {
    all(desk, if desk.work.db.is_postgres() { postgres } else { sqlite }).await;
}

const PEOPLE: &[Try] = &[
    (
        "people whom the operator added",
        "INSERT INTO people (id, account, name, role, state, password_hash, created_at_ms) VALUES ('ana', 'ana', 'Ana', 'analyst', 'active', 'x', 0), ('bea', 'bea', 'Bea', 'analyst', 'active', 'x', 0), ('sue', 'sue', 'Sue', 'supervisor', 'active', 'x', 0), ('sam', 'sam', 'Sam', 'supervisor', 'active', 'x', 0), ('sid', 'sid', 'Sid', 'supervisor', 'active', 'x', 0), ('dis', 'dis', 'Dis', 'supervisor', 'disabled', 'x', 0), ('new', 'new', 'New', 'supervisor', 'active', '', 0)",
        PASSES,
    ),
    (
        "somebody whose role waits",
        "INSERT INTO people (id, account, name, role, state, password_hash, created_at_ms, role_given_by, role_confirmed_by) VALUES ('wait', 'wait', 'Wait', 'supervisor', 'active', 'x', 0, 'somebody', NULL)",
        PASSES,
    ),
    (
        "customers without a key",
        "INSERT INTO customers (id, reference, subject, name, created_at_ms) VALUES ('c1', 'C-1', 'person', 'One', 0), ('c2', 'C-2', 'person', 'Two', 0), ('c3', 'C-3', 'person', 'Three', 0), ('c4', 'C-4', 'person', 'Four', 0), ('c5', 'C-5', 'person', 'Five', 0), ('c6', 'C-6', 'person', 'Six', 0)",
        PASSES,
    ),
];

/// A second policy: the launcher may approve, and each kind takes two people for something else.
const POLICY: &[Try] = &[
    (
        "a policy is proposed",
        r#"INSERT INTO policies (version, rules, note, proposed_by, proposed_at_ms) SELECT 2, replace(replace(replace(replace(replace(rules, '"launcher_may_approve":false', '"launcher_may_approve":true'), '"dd_kyc":{"accept":{"from":"very_high","sanction":false', '"dd_kyc":{"accept":{"from":"very_high","sanction":true'), '"dd_kyb":{"accept":{"from":"very_high","sanction":false,"relevant":false', '"dd_kyb":{"accept":{"from":"very_high","sanction":false,"relevant":true'), '"kya":{"accept":{"from":"very_high","sanction":false,"relevant":false,"unjudged":false', '"kya":{"accept":{"from":"very_high","sanction":false,"relevant":false,"unjudged":true'), '"idv":{"accept":{"from":"very_high"', '"idv":{"accept":{"from":"always"'), note, 'sue', 1 FROM policies WHERE version = 1"#,
        PASSES,
    ),
    (
        "and confirmed",
        "INSERT INTO policy_ends (version, step, ended_by, ended_at_ms) VALUES (2, 'confirmed', 'sam', 1)",
        PASSES,
    ),
];

const PROPOSED: &[Try] = &[
    ("a check", "NEW CHECK ('open', 'c1', 'dd_kyc', 'to_review', 0, 'ana')", PASSES),
    (
        "a decision that withdraws",
        "STEP ('s1', 'open', 1, 'decision', 'withdraw', 'ana', NULL, NULL, NULL, NULL, 1000, 1)",
        "this step has another outcome",
    ),
    (
        "a withdrawal that rejects",
        "STEP ('s1', 'open', 1, 'withdrawal', 'reject', 'ana', NULL, NULL, NULL, NULL, 1000, 1)",
        "this step has another outcome",
    ),
    (
        "an overturn of nothing",
        "STEP ('s1', 'open', 1, 'overturn', 'accept', 'sam', NULL, NULL, NULL, NULL, 1000, 1)",
        "only the decision that stands is overturned",
    ),
    (
        "a proposal without a deadline",
        "STEP ('p1', 'open', 1, 'proposal', 'accept', 'sue', NULL, 'h', NULL, NULL, 1000, 1)",
        "a proposal names its evidence and its deadline",
    ),
    (
        "a proposal without evidence",
        "STEP ('p1', 'open', 1, 'proposal', 'accept', 'sue', NULL, NULL, NULL, 9000, 1000, 1)",
        "a proposal names its evidence and its deadline",
    ),
    (
        "a proposal",
        "STEP ('p1', 'open', 1, 'proposal', 'accept', 'sue', NULL, 'h', NULL, 9000, 1000, 1)",
        PASSES,
    ),
    (
        "an approval where the check does not wait for one",
        "STEP ('a1', 'open', 2, 'approval', 'accept', 'sam', 'p1', 'h', NULL, NULL, 1000, 1)",
        "only the proposal that waits is answered",
    ),
    ("the check waits for one", "UPDATE checks SET state = 'proposed' WHERE id = 'open'", PASSES),
    (
        "a decision beside the proposal",
        "STEP ('s1', 'open', 2, 'decision', 'reject', 'ana', NULL, NULL, NULL, NULL, 1000, 1)",
        "this check does not wait for a decision",
    ),
    (
        "who proposed sends back",
        "STEP ('b1', 'open', 2, 'sent_back', 'accept', 'sue', 'p1', NULL, NULL, NULL, 1000, 1)",
        "nobody answers their own proposal",
    ),
    (
        "a disabled supervisor approves",
        "STEP ('a1', 'open', 2, 'approval', 'accept', 'dis', 'p1', 'h', NULL, NULL, 1000, 1)",
        "this step takes a supervisor",
    ),
    (
        "something overtakes it",
        "INSERT INTO voided_proposals (decision_id, check_id, why, voided_at_ms) VALUES ('p1', 'open', 'evidence', 1000)",
        PASSES,
    ),
    (
        "an approval of what was overtaken",
        "STEP ('a1', 'open', 2, 'approval', 'accept', 'sam', 'p1', 'h', NULL, NULL, 1000, 1)",
        "a proposal that was overtaken is not approved",
    ),
    (
        "another word of what overtook it",
        "UPDATE voided_proposals SET why = 'x' WHERE decision_id = 'p1'",
        "voided_proposals is append-only",
    ),
    (
        "it was not overtaken",
        "DELETE FROM voided_proposals WHERE decision_id = 'p1'",
        "voided_proposals is append-only",
    ),
    (
        "somebody else sends back",
        "STEP ('b1', 'open', 2, 'sent_back', 'accept', 'sam', 'p1', NULL, NULL, NULL, 1000, 1)",
        PASSES,
    ),
    ("the check comes back", "UPDATE checks SET state = 'to_review' WHERE id = 'open'", PASSES),
];

const APPROVED: &[Try] = &[
    ("a check", "NEW CHECK ('two', 'c2', 'dd_kyc', 'to_review', 100, 'ana')", PASSES),
    (
        "one person withdraws what two accept",
        "STEP ('s2', 'two', 1, 'withdrawal', 'withdraw', 'ana', NULL, NULL, NULL, NULL, 1000, 1)",
        "this decision takes two people",
    ),
    (
        "a proposal",
        "STEP ('p2', 'two', 1, 'proposal', 'accept', 'ana', NULL, 'h', NULL, 9000, 1000, 1)",
        PASSES,
    ),
    ("waits", "UPDATE checks SET state = 'proposed' WHERE id = 'two'", PASSES),
    (
        "an approval",
        "STEP ('a2', 'two', 2, 'approval', 'accept', 'sam', 'p2', 'h', NULL, NULL, 1000, 1)",
        PASSES,
    ),
    (
        "an approval of something else withdraws",
        "UPDATE checks SET state = 'withdrawn' WHERE id = 'two'",
        "a check whose outcome is here is withdrawn by a step that may",
    ),
    (
        "or rejects",
        "UPDATE checks SET state = 'rejected' WHERE id = 'two'",
        "a check is decided by a step that may",
    ),
    ("it accepts", "UPDATE checks SET state = 'accepted' WHERE id = 'two'", PASSES),
];

const OVERTURNED: &[Try] = &[
    ("a check", "NEW CHECK ('low', 'c3', 'dd_kyc', 'to_review', 0, 'ana')", PASSES),
    (
        "a decision",
        "STEP ('d3', 'low', 1, 'decision', 'reject', 'sue', NULL, NULL, NULL, NULL, 1000, 1)",
        PASSES,
    ),
    (
        "an overturn before the check is decided",
        "STEP ('o3', 'low', 2, 'overturn', 'accept', 'sam', 'd3', NULL, NULL, NULL, 1000, 1)",
        "only the decision that stands is overturned",
    ),
    (
        "a proposal as if nothing were decided",
        "STEP ('p3', 'low', 2, 'proposal', 'accept', 'ana', NULL, 'h', NULL, 9000, 1000, 1)",
        "a check is decided once",
    ),
    ("the check is decided", "UPDATE checks SET state = 'rejected' WHERE id = 'low'", PASSES),
    (
        "an overturn to the same",
        "STEP ('o3', 'low', 2, 'overturn', 'reject', 'sam', 'd3', NULL, NULL, NULL, 1000, 1)",
        "only the decision that stands is overturned",
    ),
    (
        "a proposal to overturn",
        "STEP ('p3', 'low', 2, 'proposal', 'accept', 'sam', 'd3', 'h', NULL, 9000, 1000, 1)",
        PASSES,
    ),
    ("waits", "UPDATE checks SET state = 'proposed' WHERE id = 'low'", PASSES),
    (
        "an overturn beside it",
        "STEP ('o3', 'low', 3, 'overturn', 'accept', 'sid', 'd3', NULL, NULL, NULL, 1000, 1)",
        "only the decision that stands is overturned",
    ),
    (
        "who decided approves what overturns it",
        "STEP ('a3', 'low', 3, 'approval', 'accept', 'sue', 'p3', 'h', NULL, NULL, 1000, 1)",
        "nobody approves what overturns their own decision",
    ),
    (
        "somebody else approves",
        "STEP ('a3', 'low', 3, 'approval', 'accept', 'sid', 'p3', 'h', NULL, NULL, 1000, 1)",
        PASSES,
    ),
    ("and it is accepted", "UPDATE checks SET state = 'accepted' WHERE id = 'low'", PASSES),
    (
        "who approved overturns alone",
        "STEP ('o3', 'low', 4, 'overturn', 'reject', 'sid', 'a3', NULL, NULL, NULL, 1000, 1)",
        "nobody overturns their own decision alone",
    ),
    (
        "who proposed what was approved overturns alone",
        "STEP ('o3', 'low', 4, 'overturn', 'reject', 'sam', 'a3', NULL, NULL, NULL, 1000, 1)",
        "nobody overturns their own decision alone",
    ),
    (
        "a third proposes it",
        "STEP ('p6', 'low', 4, 'proposal', 'reject', 'sue', 'a3', 'h', NULL, 9000, 1000, 1)",
        PASSES,
    ),
    ("waits", "UPDATE checks SET state = 'proposed' WHERE id = 'low'", PASSES),
    (
        "who proposed what was approved approves what overturns it",
        "STEP ('a6', 'low', 5, 'approval', 'reject', 'sam', 'p6', 'h', NULL, NULL, 1000, 1)",
        "nobody approves what overturns their own decision",
    ),
    (
        "they send it back",
        "STEP ('b6', 'low', 5, 'sent_back', 'reject', 'sam', 'p6', NULL, NULL, NULL, 1000, 1)",
        PASSES,
    ),
    (
        "what was decided is open again",
        "UPDATE checks SET state = 'to_review' WHERE id = 'low'",
        "a proposal comes back by a step",
    ),
    (
        "what was sent back rejects",
        "UPDATE checks SET state = 'rejected' WHERE id = 'low'",
        "a check is decided by a step that may",
    ),
    ("the decision stands", "UPDATE checks SET state = 'accepted' WHERE id = 'low'", PASSES),
    (
        "a third overturns alone",
        "STEP ('o3', 'low', 6, 'overturn', 'reject', 'sue', 'a3', NULL, NULL, NULL, 1000, 1)",
        PASSES,
    ),
    ("a check of high risk", "NEW CHECK ('high', 'c4', 'dd_kyc', 'to_review', 100, 'ana')", PASSES),
    (
        "a decision",
        "STEP ('d4', 'high', 1, 'decision', 'reject', 'sue', NULL, NULL, NULL, NULL, 1000, 1)",
        PASSES,
    ),
    ("the check is decided", "UPDATE checks SET state = 'rejected' WHERE id = 'high'", PASSES),
    (
        "one person accepts by an overturn",
        "STEP ('o4', 'high', 2, 'overturn', 'accept', 'sam', 'd4', NULL, NULL, NULL, 1000, 1)",
        "this decision takes two people",
    ),
    (
        "they propose it",
        "STEP ('p4', 'high', 2, 'proposal', 'accept', 'sam', 'd4', 'h', NULL, 9000, 1000, 1)",
        PASSES,
    ),
];

const KEPT: &[Try] = &[
    ("a check", "NEW CHECK ('kept', 'c6', 'dd_kyc', 'to_review', 0, 'ana')", PASSES),
    (
        "about somebody else",
        "UPDATE checks SET customer_id = 'c5' WHERE id = 'kept'",
        "a check stays what it is",
    ),
    (
        "that somebody else launched",
        "UPDATE checks SET launched_by = 'bea' WHERE id = 'kept'",
        "a check stays what it is",
    ),
    (
        "of another kind",
        "UPDATE checks SET kind = 'kya' WHERE id = 'kept'",
        "a check stays what it is",
    ),
    (
        "whose outcome is gone",
        "UPDATE checks SET outcome_at_ms = NULL WHERE id = 'kept'",
        "a check stays what it is",
    ),
    ("whose outcome came again", "UPDATE checks SET outcome_at_ms = 2 WHERE id = 'kept'", PASSES),
];

const OVER: &[Try] = &[
    (
        "a check that is withdrawn",
        "NEW CHECK ('gone', 'c5', 'dd_kyc', 'withdrawn', -1, 'ana')",
        PASSES,
    ),
    (
        "begins anew",
        "UPDATE checks SET state = 'queued' WHERE id = 'gone'",
        "what is over stays over",
    ),
    ("a check that failed", "NEW CHECK ('failed', 'c5', 'dd_kyc', 'failed', -1, 'ana')", PASSES),
    (
        "begins anew",
        "UPDATE checks SET state = 'queued' WHERE id = 'failed'",
        "what is over stays over",
    ),
    ("a check that is queued", "NEW CHECK ('queued', 'c5', 'dd_kyc', 'queued', -1, 'ana')", PASSES),
    ("runs", "UPDATE checks SET state = 'running' WHERE id = 'queued'", PASSES),
];

on_both!(a_step_that_the_rule_forbids_is_refused_whoever_writes_it, |desk| async {
    for tries in [PEOPLE, PROPOSED, APPROVED, OVERTURNED, KEPT, OVER] {
        all(&desk, tries).await;
    }
    let again = "INSERT INTO voided_proposals (decision_id, check_id, why, voided_at_ms) VALUES ('p1', 'open', 'x', 7)";
    on_one(
        &desk,
        &[("it is voided again", again, "voided_proposals is append-only")],
        &[("all are gone", "TRUNCATE voided_proposals", "voided_proposals is append-only")],
    )
    .await;
});

const NAMED: &[Try] = &[
    ("a check", "NEW CHECK ('named', 'c1', 'dd_kyc', 'to_review', 0, 'ana')", PASSES),
    ("another", "NEW CHECK ('late', 'c2', 'dd_kyc', 'to_review', 0, 'ana')", PASSES),
    (
        "a proposal for somebody",
        "STEP ('p1', 'named', 1, 'proposal', 'accept', 'ana', NULL, 'h', 'sam', 9000, 1000, 1)",
        PASSES,
    ),
    (
        "another",
        "STEP ('p2', 'late', 1, 'proposal', 'accept', 'ana', NULL, 'h', 'sam', 9000, 1000, 1)",
        PASSES,
    ),
    ("they wait", "UPDATE checks SET state = 'proposed' WHERE id IN ('named', 'late')", PASSES),
    (
        "somebody else approves in time",
        "STEP ('a2', 'late', 2, 'approval', 'accept', 'sid', 'p2', 'h', NULL, NULL, 8999, 1)",
        "this proposal is meant for somebody else",
    ),
    (
        "somebody else sends back in time",
        "STEP ('a2', 'late', 2, 'sent_back', 'accept', 'sid', 'p2', NULL, NULL, NULL, 8999, 1)",
        "this proposal is meant for somebody else",
    ),
    (
        "somebody else approves at the deadline",
        "STEP ('a2', 'late', 2, 'approval', 'accept', 'sid', 'p2', 'h', NULL, NULL, 9000, 1)",
        PASSES,
    ),
    (
        "while they may approve",
        "STEP ('a1', 'named', 2, 'approval', 'accept', 'sid', 'p1', 'h', NULL, NULL, 1000, 1)",
        "this proposal is meant for somebody else",
    ),
    ("they are disabled", "UPDATE people SET state = 'disabled' WHERE id = 'sam'", PASSES),
    (
        "somebody else approves in their place",
        "STEP ('a1', 'named', 2, 'approval', 'accept', 'sid', 'p1', 'h', NULL, NULL, 1000, 1)",
        PASSES,
    ),
    ("they are back", "UPDATE people SET state = 'active' WHERE id = 'sam'", PASSES),
    ("a check", "NEW CHECK ('for-new', 'c5', 'dd_kyc', 'to_review', 0, 'ana')", PASSES),
    (
        "a proposal for one who has not joined",
        "STEP ('p-new', 'for-new', 1, 'proposal', 'accept', 'ana', NULL, 'h', 'new', 9000, 1000, 1)",
        PASSES,
    ),
    ("waits", "UPDATE checks SET state = 'proposed' WHERE id = 'for-new'", PASSES),
    (
        "somebody else approves",
        "STEP ('a-new', 'for-new', 2, 'approval', 'accept', 'sid', 'p-new', 'h', NULL, NULL, 1000, 1)",
        PASSES,
    ),
    ("a check", "NEW CHECK ('for-wait', 'c5', 'dd_kyc', 'to_review', 0, 'ana')", PASSES),
    (
        "a proposal for one whose role waits",
        "STEP ('p-wait', 'for-wait', 1, 'proposal', 'accept', 'ana', NULL, 'h', 'wait', 9000, 1000, 1)",
        PASSES,
    ),
    ("waits", "UPDATE checks SET state = 'proposed' WHERE id = 'for-wait'", PASSES),
    (
        "somebody else approves",
        "STEP ('a-wait', 'for-wait', 2, 'approval', 'accept', 'sid', 'p-wait', 'h', NULL, NULL, 1000, 1)",
        PASSES,
    ),
    ("a check", "NEW CHECK ('for-bea', 'c5', 'dd_kyc', 'to_review', 0, 'ana')", PASSES),
    (
        "a proposal for one who is no supervisor",
        "STEP ('p-bea', 'for-bea', 1, 'proposal', 'accept', 'ana', NULL, 'h', 'bea', 9000, 1000, 1)",
        PASSES,
    ),
    ("waits", "UPDATE checks SET state = 'proposed' WHERE id = 'for-bea'", PASSES),
    (
        "somebody else approves",
        "STEP ('a-bea', 'for-bea', 2, 'approval', 'accept', 'sid', 'p-bea', 'h', NULL, NULL, 1000, 1)",
        PASSES,
    ),
];

const MAKERS: &[Try] = &[
    (
        "a check that a supervisor launched",
        "NEW CHECK ('own', 'c3', 'dd_kyc', 'to_review', 0, 'sue')",
        PASSES,
    ),
    (
        "a proposal",
        "STEP ('p3', 'own', 1, 'proposal', 'accept', 'ana', NULL, 'h', NULL, 9000, 1000, 2)",
        PASSES,
    ),
    ("waits", "UPDATE checks SET state = 'proposed' WHERE id = 'own'", PASSES),
    (
        "who launched it approves, by a policy that forbids it",
        "STEP ('a3', 'own', 2, 'approval', 'accept', 'sue', 'p3', 'h', NULL, NULL, 1000, 1)",
        "who launched a check does not approve",
    ),
    (
        "by a policy that nobody confirmed",
        "STEP ('a3', 'own', 2, 'approval', 'accept', 'sue', 'p3', 'h', NULL, NULL, 1000, 77)",
        "who launched a check does not approve",
    ),
    (
        "by a policy that lets the launcher",
        "STEP ('a3', 'own', 2, 'approval', 'accept', 'sue', 'p3', 'h', NULL, NULL, 1000, 2)",
        PASSES,
    ),
    ("a check", "NEW CHECK ('judged', 'c4', 'dd_kyc', 'to_review', 0, 'ana')", PASSES),
    (
        "a finding that a supervisor judged",
        "FINDING ('f4', 'f4', 'judged', 'sanction_list', 'false_positive', 'sam')",
        PASSES,
    ),
    (
        "a proposal",
        "STEP ('p4', 'judged', 1, 'proposal', 'accept', 'ana', NULL, 'h', NULL, 9000, 1000, 1)",
        PASSES,
    ),
    ("waits", "UPDATE checks SET state = 'proposed' WHERE id = 'judged'", PASSES),
    (
        "who judged approves",
        "STEP ('a4', 'judged', 2, 'approval', 'accept', 'sam', 'p4', 'h', NULL, NULL, 1000, 1)",
        "who judged findings does not approve",
    ),
    (
        "somebody else approves",
        "STEP ('a4', 'judged', 2, 'approval', 'accept', 'sue', 'p4', 'h', NULL, NULL, 1000, 1)",
        PASSES,
    ),
];

on_both!(who_may_approve_is_asked_of_the_policy_the_deadline_and_the_people, |desk| async {
    for tries in [PEOPLE, POLICY, NAMED, MAKERS] {
        all(&desk, tries).await;
    }
});

/// One person accepts by the second policy, which takes two for this, and then by the first, which
/// does not.
const TAKES_TWO: &[Try] = &[
    (
        "a check with a sanction list",
        "NEW CHECK ('listed', 'c1', 'dd_kyc', 'to_review', 0, 'ana')",
        PASSES,
    ),
    (
        "judged to be another",
        "FINDING ('f1', 'f1', 'listed', 'sanction_list', 'false_positive', 'ana')",
        PASSES,
    ),
    (
        "two for a sanction list",
        "STEP ('s1', 'listed', 1, 'decision', 'accept', 'bea', NULL, NULL, NULL, NULL, 1000, 2)",
        "this decision takes two people",
    ),
    (
        "one",
        "STEP ('s1', 'listed', 1, 'decision', 'accept', 'bea', NULL, NULL, NULL, NULL, 1000, 1)",
        PASSES,
    ),
    (
        "a check with something relevant",
        "NEW CHECK ('said', 'c2', 'dd_kyb', 'to_review', 0, 'ana')",
        PASSES,
    ),
    ("judged relevant", "FINDING ('f2', 'f2', 'said', 'negative_news', 'relevant', 'ana')", PASSES),
    (
        "two for what is relevant",
        "STEP ('s2', 'said', 1, 'decision', 'accept', 'bea', NULL, NULL, NULL, NULL, 1000, 2)",
        "this decision takes two people",
    ),
    (
        "one",
        "STEP ('s2', 'said', 1, 'decision', 'accept', 'bea', NULL, NULL, NULL, NULL, 1000, 1)",
        PASSES,
    ),
    (
        "a check with something unjudged",
        "NEW CHECK ('unsaid', 'c3', 'kya', 'to_review', 0, 'ana')",
        PASSES,
    ),
    (
        "that need not be judged",
        "FINDING ('f3', 'f3', 'unsaid', 'negative_news', 'undecided', NULL)",
        PASSES,
    ),
    (
        "two for what is unjudged",
        "STEP ('s3', 'unsaid', 1, 'decision', 'accept', 'bea', NULL, NULL, NULL, NULL, 1000, 2)",
        "this decision takes two people",
    ),
    (
        "one",
        "STEP ('s3', 'unsaid', 1, 'decision', 'accept', 'bea', NULL, NULL, NULL, NULL, 1000, 1)",
        PASSES,
    ),
    (
        "a check without a score",
        "NEW CHECK ('unscored', 'c4', 'idv', 'to_review', -1, 'ana')",
        PASSES,
    ),
    (
        "always two",
        "STEP ('s4', 'unscored', 1, 'decision', 'accept', 'bea', NULL, NULL, NULL, NULL, 1000, 2)",
        "this decision takes two people",
    ),
    (
        "a score below none, by hand",
        "UPDATE checks SET risk_score = -2 WHERE id = 'unscored'",
        PASSES,
    ),
    (
        "always two all the same",
        "STEP ('s4', 'unscored', 1, 'decision', 'accept', 'bea', NULL, NULL, NULL, NULL, 1000, 2)",
        "this decision takes two people",
    ),
    (
        "one",
        "STEP ('s4', 'unscored', 1, 'decision', 'accept', 'bea', NULL, NULL, NULL, NULL, 1000, 1)",
        PASSES,
    ),
];

const UNJUDGED: &[Try] = &[
    ("a check", "NEW CHECK ('judge', 'c5', 'dd_kyc', 'to_review', 0, 'ana')", PASSES),
    ("something unjudged", "FINDING ('f5', 'f5', 'judge', 'other', 'undecided', NULL)", PASSES),
];

on_both!(what_was_found_asks_for_two_people_or_for_a_judgement, |desk| async {
    for tries in [PEOPLE, POLICY, TAKES_TWO, UNJUDGED] {
        all(&desk, tries).await;
    }
    let accept =
        "STEP ('s5', 'judge', 1, 'decision', 'accept', 'bea', NULL, NULL, NULL, NULL, 1000, 1)";
    for source in Source::ALL.iter().filter(|source| source.must_be_judged()) {
        let found = format!("UPDATE findings SET source = '{}' WHERE id = 'f5'", source.code());
        run_sql(&desk.work.db, &found).await.expect("is found");
        all(&desk, &[(source.code(), accept, "what is accepted is judged")]).await;
    }
    all(
        &desk,
        &[
            (
                "what need not be judged",
                "UPDATE findings SET source = 'negative_news' WHERE id = 'f5'",
                PASSES,
            ),
            ("is accepted", accept, PASSES),
        ],
    )
    .await;
});

const POLICIES: &[Try] = &[
    (
        "a role that waits proposes",
        "INSERT INTO policies (version, rules, note, proposed_by, proposed_at_ms) SELECT 2, rules, note, 'wait', 1 FROM policies WHERE version = 1",
        "the role of who proposes is not confirmed",
    ),
    (
        "a disabled supervisor proposes",
        "INSERT INTO policies (version, rules, note, proposed_by, proposed_at_ms) SELECT 2, rules, note, 'dis', 1 FROM policies WHERE version = 1",
        "a supervisor proposes a policy",
    ),
    (
        "a supervisor proposes",
        "INSERT INTO policies (version, rules, note, proposed_by, proposed_at_ms) SELECT 2, rules, note, 'sue', 1 FROM policies WHERE version = 1",
        PASSES,
    ),
    (
        "a role that waits confirms",
        "INSERT INTO policy_ends (version, step, ended_by, ended_at_ms) VALUES (2, 'confirmed', 'wait', 1)",
        "the role of who confirms is not confirmed",
    ),
    (
        "a role that waits withdraws",
        "INSERT INTO policy_ends (version, step, ended_by, ended_at_ms) VALUES (2, 'withdrawn', 'wait', 1)",
        "the role of who confirms is not confirmed",
    ),
    (
        "a disabled supervisor confirms",
        "INSERT INTO policy_ends (version, step, ended_by, ended_at_ms) VALUES (2, 'confirmed', 'dis', 1)",
        "a supervisor confirms or withdraws a policy",
    ),
    (
        "a disabled supervisor withdraws",
        "INSERT INTO policy_ends (version, step, ended_by, ended_at_ms) VALUES (2, 'withdrawn', 'dis', 1)",
        "a supervisor confirms or withdraws a policy",
    ),
    (
        "a supervisor confirms",
        "INSERT INTO policy_ends (version, step, ended_by, ended_at_ms) VALUES (2, 'confirmed', 'sam', 1)",
        PASSES,
    ),
];

on_both!(a_policy_takes_two_supervisors_who_are_here, |desk| async {
    for tries in [PEOPLE, POLICIES] {
        all(&desk, tries).await;
    }
});

const ROLES: &[Try] = &[
    (
        "roles that wait",
        "INSERT INTO people (id, account, name, role, state, password_hash, created_at_ms, role_given_by, role_confirmed_by) VALUES ('w0', 'w0', 'W', 'analyst', 'active', '', 0, 'bea', NULL), ('w1', 'w1', 'W', 'analyst', 'active', 'x', 0, 'bea', NULL), ('w2', 'w2', 'W', 'analyst', 'active', 'x', 0, 'bea', NULL), ('w3', 'w3', 'W', 'analyst', 'active', 'x', 0, 'bea', NULL)",
        PASSES,
    ),
    (
        "the role of who has not joined",
        "UPDATE people SET role_confirmed_by = 'sue' WHERE id = 'w0'",
        "a role is confirmed by another than who gave it",
    ),
    (
        "who is disabled confirms",
        "UPDATE people SET role_confirmed_by = 'dis' WHERE id = 'w1'",
        "a role is confirmed by another than who gave it",
    ),
    (
        "who has not joined confirms",
        "UPDATE people SET role_confirmed_by = 'new' WHERE id = 'w1'",
        "a role is confirmed by another than who gave it",
    ),
    (
        "whose role waits confirms",
        "UPDATE people SET role_confirmed_by = 'wait' WHERE id = 'w1'",
        "a role is confirmed by another than who gave it",
    ),
    (
        "one confirms oneself",
        "UPDATE people SET role_confirmed_by = 'sue' WHERE id = 'sue'",
        "a role is confirmed by another than who gave it",
    ),
    (
        "a supervisor confirms",
        "UPDATE people SET role_confirmed_by = 'sue' WHERE id = 'w1'",
        PASSES,
    ),
];

const ALONE: &[Try] = &[
    (
        "who counts alone confirms",
        "UPDATE people SET role_confirmed_by = 'wait' WHERE id = 'w2'",
        PASSES,
    ),
    ("somebody else is a second", "UPDATE people SET once_second = 1 WHERE id = 'sue'", PASSES),
    (
        "who counts alone does not confirm any more",
        "UPDATE people SET role_confirmed_by = 'wait' WHERE id = 'w3'",
        "a role is confirmed by another than who gave it",
    ),
    (
        "it is forgotten",
        "UPDATE people SET once_second = 0 WHERE id = 'sue'",
        "a role is confirmed by another than who gave it",
    ),
    ("the second confirms", "UPDATE people SET role_confirmed_by = 'sue' WHERE id = 'w3'", PASSES),
];

on_both!(a_role_is_confirmed_by_somebody_who_is_here_and_counts, |desk| async {
    for tries in [PEOPLE, ROLES] {
        all(&desk, tries).await;
    }
    // As on a desk where nobody else was when this role was given.
    assert_eq!(
        number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM people WHERE once_second = 1")
            .await,
        0
    );
    past_triggers(
        &desk.work.db,
        &["people"],
        &["UPDATE people SET role_alone = 1 WHERE id = 'wait'".to_owned()],
    )
    .await;
    all(&desk, ALONE).await;
});

const RECORD: &[Try] = &[
    (
        "an erasure of what is yet to come",
        "INSERT INTO erasures (subject_id, customer_id, until_seq, recorded_at_ms) SELECT 'c1', 'c1', MAX(seq) + 1, 0 FROM journal",
        "erasures is append-only",
    ),
    (
        "an erasure of what was",
        "INSERT INTO erasures (subject_id, customer_id, until_seq, recorded_at_ms) SELECT 'c1', 'c1', MAX(seq), 0 FROM journal",
        PASSES,
    ),
    (
        "details that were gone before",
        "INSERT INTO details_gone (seq) SELECT MAX(seq) FROM journal",
        "details_gone is append-only",
    ),
    (
        "a verification",
        "INSERT INTO verifications (id, at_ms, by_id, entries, erased, held, head) VALUES ('v', 1, 'sue', 1, 0, 1, 'h')",
        PASSES,
    ),
    (
        "found more",
        "UPDATE verifications SET entries = 2 WHERE id = 'v'",
        "verifications is append-only",
    ),
    ("never was", "DELETE FROM verifications WHERE id = 'v'", "verifications is append-only"),
];

const GONE: &[Try] = &[
    (
        "other details were gone",
        "UPDATE details_gone SET seq = (SELECT MIN(seq) FROM journal)",
        "details_gone is append-only",
    ),
    ("none were", "DELETE FROM details_gone", "details_gone is append-only"),
];

const RECORD_SQLITE: &[Try] = &[
    (
        "the same verification again",
        "INSERT INTO verifications (id, at_ms, by_id, entries, erased, held, head) VALUES ('v', 1, 'sue', 2, 0, 1, 'h')",
        "verifications is append-only",
    ),
    (
        "the same commitment again",
        "INSERT INTO commitments (seq, n, part, row_id, mac) SELECT seq, n, part, row_id, mac FROM commitments",
        "commitments is append-only",
    ),
];

const RECORD_POSTGRES: &[Try] = &[
    ("all verifications", "TRUNCATE verifications", "verifications is append-only"),
    ("all commitments", "TRUNCATE commitments", "commitments is append-only"),
    ("all details that were gone", "TRUNCATE details_gone", "details_gone is append-only"),
];

on_both!(the_record_is_not_written_by_hand, |desk| async {
    for tries in [PEOPLE, RECORD] {
        all(&desk, tries).await;
    }
    on_one(&desk, RECORD_SQLITE, RECORD_POSTGRES).await;
    let gone = "INSERT INTO details_gone (seq) SELECT MAX(seq) FROM journal".to_owned();
    past_triggers(&desk.work.db, &["details_gone"], &[gone]).await;
    all(&desk, GONE).await;
});

const OLD: &[Try] = &[
    ("a check", "NEW CHECK ('old', 'c1', 'dd_kyc', 'to_review', 0, 'ana')", PASSES),
    (
        "a proposal",
        "STEP ('p1', 'old', 1, 'proposal', 'accept', 'ana', NULL, 'h', 'sam', 9000, 1000, 1)",
        PASSES,
    ),
];

/// What is sealed is changed in nothing else.
const SEALED: &[Try] = &[
    (
        "otherwise made",
        "UPDATE decisions SET seen = '', seen_sealed = BYTES, way = 'bulk' WHERE id = 'p1'",
        "decisions is append-only",
    ),
    (
        "at another risk",
        "UPDATE decisions SET seen = '', seen_sealed = BYTES, risk_score = 1 WHERE id = 'p1'",
        "decisions is append-only",
    ),
    (
        "in another band",
        "UPDATE decisions SET seen = '', seen_sealed = BYTES, risk_band = 'low' WHERE id = 'p1'",
        "decisions is append-only",
    ),
    (
        "told otherwise",
        "UPDATE decisions SET seen = '', seen_sealed = BYTES, telling = 'none' WHERE id = 'p1'",
        "decisions is append-only",
    ),
    (
        "by another deadline",
        "UPDATE decisions SET seen = '', seen_sealed = BYTES, until_ms = 5 WHERE id = 'p1'",
        "decisions is append-only",
    ),
    (
        "for somebody else",
        "UPDATE decisions SET seen = '', seen_sealed = BYTES, checker_id = 'sid' WHERE id = 'p1'",
        "decisions is append-only",
    ),
    (
        "on other evidence",
        "UPDATE decisions SET seen = '', seen_sealed = BYTES, evidence_hash = 'x' WHERE id = 'p1'",
        "decisions is append-only",
    ),
    (
        "by another policy",
        "UPDATE decisions SET seen = '', seen_sealed = BYTES, policy_version = 2 WHERE id = 'p1'",
        "decisions is append-only",
    ),
    ("as it stands", "UPDATE decisions SET seen = '', seen_sealed = BYTES WHERE id = 'p1'", PASSES),
    (
        "once",
        "UPDATE decisions SET seen = '', seen_sealed = BYTES WHERE id = 'p1'",
        "decisions is append-only",
    ),
];

on_both!(while_old_rows_are_sealed_nothing_else_of_a_decision_changes, |desk| async {
    for tries in [PEOPLE, OLD] {
        all(&desk, tries).await;
    }
    let before = [
        "UPDATE resealing SET ended_at_ms = NULL",
        "UPDATE decisions SET seen = '{}' WHERE id = 'p1'",
    ]
    .map(str::to_owned);
    past_triggers(&desk.work.db, &["resealing", "decisions"], &before).await;
    all(&desk, SEALED).await;
});
