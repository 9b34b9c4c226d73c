//! Findings and judgements: what a person must look at in an outcome, and what they said of it.

use crate::{
    choices,
    dates::{self, Written},
    fields::is_placeholder,
    search, spelling,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

choices! {
    /// Where a finding comes from. Names of sources that we do not know are kept beside `Other`.
    pub enum Source {
        Unread = "unread", "What could not be read";
        CustomerChange = "customer_change", "What is said to have changed";
        SanctionList = "sanction_list", "Sanction lists";
        DowJones = "dow_jones", "Dow Jones: exposed persons and watch lists";
        TwVerdict = "tw_verdict", "Court verdicts (Taiwan)";
        NegativeNews = "negative_news", "Negative news";
        TwCompany = "tw_company", "Company register (Taiwan)";
        IdvReject = "idv_reject", "Why KryptoGO would reject";
        IdvReview = "idv_review", "Why KryptoGO asks for a review";
        IdvField = "idv_field", "Document and expectation differ";
        WalletSanction = "wallet_sanction", "Sanctioned addresses near the wallet";
        NumberField = "number_field", "What to judge in the operator's answer";
        Register = "register", "What the register says";
        IdentState = "ident_state", "What Solaris says of the identification";
        IdentField = "ident_field", "Changed in the video session";
        IdentAttempt = "ident_attempt", "Sessions that came to nothing";
        Other = "other", "Other sources";
    }
}

impl Source {
    /// What a check of any kind may bring.
    pub const OF_ANY_CHECK: &'static [Self] = &[Self::Unread, Self::CustomerChange];

    /// Those whose findings must be judged before a check may be accepted; each stands on the card
    /// of a service, too, or is of any check.
    pub const MUST_BE_JUDGED: &'static [Self] = &[
        Self::Unread,
        Self::CustomerChange,
        Self::SanctionList,
        Self::IdvReject,
        Self::IdvReview,
        Self::IdvField,
        Self::WalletSanction,
        Self::NumberField,
        Self::Register,
        Self::IdentState,
        Self::IdentField,
    ];

    /// Its entries say that somebody is sanctioned.
    #[must_use]
    pub const fn is_sanction(self) -> bool {
        matches!(self, Self::SanctionList | Self::WalletSanction)
    }

    /// Must be judged before a check may be accepted.
    #[must_use]
    pub fn must_be_judged(self) -> bool {
        Self::MUST_BE_JUDGED.contains(&self)
    }

    /// KryptoGO's numbers: 0 negative news, 1 Dow Jones, 2 Taiwan company, 3 Taiwan verdict, 4
    /// sanction list.
    #[must_use]
    pub const fn from_kryptogo(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::NegativeNews),
            1 => Some(Self::DowJones),
            2 => Some(Self::TwCompany),
            3 => Some(Self::TwVerdict),
            4 => Some(Self::SanctionList),
            _ => None,
        }
    }

    /// See [`Source::from_kryptogo`].
    #[must_use]
    pub const fn kryptogo(self) -> Option<i64> {
        match self {
            Self::NegativeNews => Some(0),
            Self::DowJones => Some(1),
            Self::TwCompany => Some(2),
            Self::TwVerdict => Some(3),
            Self::SanctionList => Some(4),
            Self::IdvReject
            | Self::IdvReview
            | Self::IdvField
            | Self::WalletSanction
            | Self::NumberField
            | Self::Register
            | Self::IdentState
            | Self::IdentField
            | Self::IdentAttempt
            | Self::Unread
            | Self::CustomerChange
            | Self::Other => None,
        }
    }
}

choices! {
    /// A person's word on one finding.
    pub enum Judgement {
        Relevant = "relevant", "Relevant";
        FalsePositive = "false_positive", "False positive";
        Undecided = "undecided", "Undecided";
    }
}

choices! {
    /// How what the finding says compares with what we know of the customer.
    pub enum Match {
        Matches = "matches", "match";
        Differs = "differs", "differs";
        NotGiven = "not_given", "not given";
        NotAvailable = "not_available", "not available";
    }
}

impl Match {
    /// The sign before the word.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Matches => "✓",
            Self::Differs => "≠",
            Self::NotGiven => "–",
            Self::NotAvailable => "∅",
        }
    }
}

/// One compared attribute of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// `name`, `birth date` or `country`.
    pub field: String,
    pub result: Match,
    /// What the source says, as it came.
    pub found: String,
}

/// What we know of the customer, to compare findings with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known<'a> {
    pub name: &'a str,
    pub birth_date: Option<&'a str>,
    pub country: Option<&'a str>,
}

/// What a source says, unless it is a word for nothing (`N/A`).
fn said(found: Option<&str>) -> Option<&str> {
    found.filter(|text| !text.trim().is_empty() && !is_placeholder(text))
}

/// Compares names by their folded words in any order, so `WANG, You-theng` matches `You-theng
/// Wang`, and as machine-readable zones spell them, so `MUELLER` matches `Müller`.
#[must_use]
pub fn compare_name(known: &str, found: Option<&str>) -> Match {
    let is_known = !search::words(known).is_empty();
    match found {
        // A name that is also a word for nothing is a name to whoever has it.
        Some(found) if is_known && search::words(known) == search::words(found) => Match::Matches,
        _ => match said(found) {
            None => Match::NotAvailable,
            Some(_) if !is_known => Match::NotGiven,
            Some(found) if spelling::liken(known, found).is_same() => Match::Matches,
            Some(_) => Match::Differs,
        },
    }
}

/// Compares two days in any notation; a year or month alone is compared with the year or month.
///
/// A day that can be read in two ways matches when one of them does: what a source finds must not
/// look like a stranger.
#[must_use]
pub fn compare_date(known: Option<&str>, found: Option<&str>) -> Match {
    let (known, found) =
        match (known.filter(|k| !k.is_empty()), said(found).filter(|found| !dates::is_none(found)))
        {
            (_, None) => return Match::NotAvailable,
            (None, Some(_)) => return Match::NotGiven,
            (Some(known), Some(found)) => (known, found),
        };
    let ours = dates::read(known);
    let is_it = |day: &str| ours.day().unwrap_or(known).starts_with(day);
    let is_same = known == found
        || match dates::read(found) {
            Written::Day(day) | Written::Month(day) | Written::Year(day) => is_it(&day),
            Written::TwoWays(one, other) => is_it(&one) || is_it(&other),
            Written::Unread => false,
        };
    if is_same { Match::Matches } else { Match::Differs }
}

/// What may lie between two days that differ, for people to judge; nothing where that cannot be
/// told.
#[must_use]
pub fn note_on_date(known: Option<&str>, found: Option<&str>) -> Option<&'static str> {
    let (ours, theirs) = (dates::read(known?), dates::read(found?));
    let ours = ours.day()?;
    let may_be = |day: &str| dates::may_be_year_only(ours, day);
    let is_it = match &theirs {
        Written::Day(day) | Written::Month(day) => may_be(day),
        Written::TwoWays(one, other) => may_be(one) || may_be(other),
        Written::Year(_) | Written::Unread => false,
    };
    (is_it && compare_date(known, found) == Match::Differs).then_some(dates::YEAR_ONLY)
}

/// Compares two countries given by any code or by name.
#[must_use]
pub fn compare_country(known: Option<&str>, found: Option<&str>) -> Match {
    let plain = |text: &str| {
        crate::countries::understand(text)
            .map_or_else(|| search::fold(text), |c| c.alpha3.to_owned())
    };
    match (known.filter(|k| !k.is_empty()), found.filter(|f| !f.is_empty())) {
        (Some(known), Some(found)) if plain(known) == plain(found) => Match::Matches,
        (known, found) => match (known, said(found)) {
            (_, None) => Match::NotAvailable,
            (None, Some(_)) => Match::NotGiven,
            (Some(_), Some(_)) => Match::Differs,
        },
    }
}

/// The longest note on a judgement, in characters.
pub const NOTE_MAX: usize = 1_000;

/// The field of a form that judges this finding.
#[must_use]
pub fn judge_field(finding: &str) -> String {
    format!("judge[{MARK}{finding}]")
}

/// The field of a form with the note on this finding.
#[must_use]
pub fn note_field(finding: &str) -> String {
    format!("notes[{MARK}{finding}]")
}

/// What came in such fields, by finding. Other names are left out: no page of ours has them.
#[must_use]
pub fn of_fields(fields: BTreeMap<String, String>) -> BTreeMap<String, String> {
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(MARK)?.to_owned(), value)))
        .collect()
}

/// Ids begin with a digit, and a form's name in brackets that does is read as a place in a list.
const MARK: &str = "f-";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heading_over_what_operators_said_claims_no_difference() {
        // A number match, a tenure, an age and a SIM card stand under it: some differ, some are
        // new, some are not answered at all.
        let heading = Source::NumberField.label();
        assert!(
            heading.contains("operator")
                && !["else", "differ", "against"].iter().any(|word| heading.contains(word)),
            "{heading}"
        );
    }

    #[test]
    fn what_comes_in_the_fields_of_a_finding_is_its_own() {
        let id = "01a22b45-8217-711c-8bf5-bb7fe2fa3e9a";
        let inside = |field: String, name: &str| {
            field.strip_prefix(name).and_then(|rest| rest.strip_suffix(']')).map(str::to_owned)
        };
        let (judge, note) = (inside(judge_field(id), "judge["), inside(note_field(id), "notes["));
        assert!(
            judge == note
                && judge
                    .as_ref()
                    .is_some_and(|name| !name.starts_with(|c: char| c.is_ascii_digit())),
            "{judge:?}"
        );
        let came = [
            (judge.unwrap_or_default(), "relevant".to_owned()),
            (id.to_owned(), "false_positive".to_owned()),
        ];
        assert_eq!(of_fields(came.into()), [(id.to_owned(), "relevant".to_owned())].into());
    }

    #[test]
    fn names_match_whatever_their_order_and_marks() {
        for (known, found) in [
            ("You-theng Wang", "WANG, You-theng"),
            ("Jürgen Müller", "MULLER Jurgen"),
            ("王又曾", "王又曾"),
        ] {
            assert_eq!(compare_name(known, Some(found)), Match::Matches, "{known} {found}");
        }
        assert_eq!(compare_name("Jane Doe", Some("Jane Roe")), Match::Differs);
        assert_eq!(compare_name("Jane Doe", Some("  ")), Match::NotAvailable);
        for nothing in ["N/A", "NA", "-", "UNKNOWN"] {
            assert_eq!(compare_name("Jane Doe", Some(nothing)), Match::NotAvailable, "{nothing}");
            assert_eq!(
                compare_date(Some("1990-05-14"), Some(nothing)),
                Match::NotAvailable,
                "{nothing}"
            );
            assert_eq!(
                compare_country(Some("DEU"), Some(nothing)),
                Match::NotAvailable,
                "{nothing}"
            );
        }
        assert_eq!(compare_name("Na", Some("NA")), Match::Matches);
        assert_eq!(compare_name("Jürgen Müller", Some("MUELLER, JUERGEN")), Match::Matches);
        assert_eq!(compare_name("バンダ カギ", Some("ハンタ カキ")), Match::Differs);
        assert_eq!(compare_name("रवि शर्मा", Some("राव शर्मा")), Match::Differs);
    }

    #[test]
    fn what_we_were_not_given_is_never_a_match() {
        assert_eq!(compare_date(None, Some("1927-03-13")), Match::NotGiven);
        assert_eq!(compare_date(Some("1927-03-13"), None), Match::NotAvailable);
        assert_eq!(compare_date(Some("1927-03-13"), Some("1927")), Match::Matches);
        assert_eq!(compare_date(Some("1927-03-13"), Some("1927-13-03")), Match::Differs);
        assert_eq!(compare_date(Some("1990-05-14"), Some("1990/05/14")), Match::Matches);
        assert_eq!(compare_date(Some("1990-05-14"), Some("05/14/1990")), Match::Matches);
        assert_eq!(compare_date(Some("1990-05-14"), Some("0000-00-00")), Match::NotAvailable);
        assert_eq!(compare_date(Some("1990-05-14"), Some("14MAY1990")), Match::Matches);
        assert_eq!(compare_date(Some("1990-06-05"), Some("05/06/1990")), Match::Matches);
        assert_eq!(compare_date(Some("1990-05-14"), Some("1990-05")), Match::Matches);
        assert_eq!(compare_date(Some("1990-05-14"), Some("1991-00-00")), Match::Differs);
        assert_eq!(compare_country(Some("DEU"), Some("D")), Match::Matches);
        assert_eq!(compare_country(Some("DEU"), Some("Deutschland")), Match::Matches);
        assert_eq!(compare_country(Some("NAM"), Some("NA")), Match::Matches);
        assert_eq!(compare_country(Some("TWN"), Some("tw")), Match::Matches);
        assert_eq!(compare_country(Some("158"), Some("TWN")), Match::Matches);
        assert_eq!(compare_country(Some("TWN"), Some("CHN")), Match::Differs);
        assert_eq!(compare_country(None, Some("CHN")), Match::NotGiven);
    }

    #[test]
    fn a_first_of_january_against_another_day_of_its_year_is_noted() {
        let noted = |known, found| note_on_date(Some(known), Some(found)) == Some(dates::YEAR_ONLY);
        for (known, found) in [
            ("1990-05-14", "1990-01-01"),
            ("1990-01-01", "1990-05-14"),
            ("1990-05-14", "01.01.1990"),
            ("1990-01-01", "05/06/1990"),
            ("1990-01-01", "1990-05"),
        ] {
            assert!(
                noted(known, found) && compare_date(Some(known), Some(found)) == Match::Differs,
                "{known} {found}"
            );
        }
        for (known, found) in [
            ("1990-05-14", "1991-01-01"),
            ("1990-05-14", "1990-05-15"),
            ("1990-01-01", "1990-01-01"),
            ("1990-01-01", "1990"),
            ("1990-01-01", "1990-01"),
            ("1990-05-14", "N/A"),
            ("soon", "1990-01-01"),
        ] {
            assert!(!noted(known, found), "{known} {found}");
        }
        assert_eq!(
            (note_on_date(None, Some("1990-01-01")), note_on_date(Some("1990-05-14"), None)),
            (None, None)
        );
    }

    #[test]
    fn the_numbers_of_sources_go_both_ways() {
        for number in 0..5 {
            assert_eq!(Source::from_kryptogo(number).and_then(Source::kryptogo), Some(number));
        }
        assert_eq!(Source::from_kryptogo(5), None);
    }
}
