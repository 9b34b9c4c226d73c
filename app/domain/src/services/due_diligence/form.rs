//! The launch form of a due-diligence check: what is typed, what is sent, and what is refused.
//!
//! Source: KryptoGO Compliance KYABC API 0.1.0, Create search tasks. The company target beyond
//! `type` and `name` is not published; `country` and `registration_number` are our reconstruction.

use super::{DueDiligence, SOURCES, Target};
use crate::{
    Moment,
    checks::Kind,
    countries,
    fields::{Refused, composed, spreadsheet},
    findings::Source,
    letters::hidden,
    services::{
        form::{check_birth_date, check_name, check_reference, take},
        settings::setting_of,
    },
};
use serde::{Deserialize, Serialize};

/// What a person typed, exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueDiligenceForm {
    /// `dd_kyc` or `dd_kyb`.
    pub kind: String,
    pub connection: String,
    pub customer_reference: String,
    pub name: String,
    pub birth_date: String,
    pub country: String,
    pub registration_number: String,
    pub search_setting: String,
    /// Codes of [`Source`], separated by commas or spaces; none means all.
    pub sources: String,
}

/// The longest registration number, in characters.
pub const REGISTRATION_MAX: usize = 50;

/// Checks the whole form. `settings` are the connection's search settings by id.
///
/// # Errors
/// The form as typed, with a message beside each field that stands in the way.
pub fn check(
    form: &DueDiligenceForm,
    settings: &[i64],
    now: Moment,
) -> Result<DueDiligence, Refused> {
    let mut refused = form.as_typed();
    let kind = Kind::parse(&form.kind).filter(|k| matches!(k, Kind::DdKyc | Kind::DdKyb));
    if kind.is_none() {
        refused.refuse("kind", "Choose whether this is about a person or a company.");
    }
    let kind = kind.unwrap_or(Kind::DdKyc);
    let company = kind == Kind::DdKyb;
    let customer_reference =
        take(&mut refused, "customer_reference", check_reference(&form.customer_reference));
    let name = take(&mut refused, "name", check_name(&form.name, kind));
    let birth_date = if company {
        None
    } else {
        take(&mut refused, "birth_date", check_birth_date(&form.birth_date, now))
    };
    let country = match form.country.trim() {
        "" => None,
        code => match countries::understand(code) {
            Some(country) => Some(country.alpha3.to_owned()),
            None => {
                refused.refuse("country", "Choose a country from the list.");
                None
            }
        },
    };
    let registration_number =
        Some(composed(&form.registration_number)).filter(|r| company && !r.is_empty());
    if let Some(words) = registration_number.as_deref().and_then(spreadsheet) {
        refused.refuse("registration_number", words);
    }
    if registration_number
        .as_ref()
        .is_some_and(|r| r.chars().count() > REGISTRATION_MAX || hidden(r).is_some())
    {
        refused.refuse("registration_number", "Use at most 50 visible characters.");
    }
    let search_setting = take(
        &mut refused,
        "search_setting",
        setting_of(&form.search_setting, &form.connection, settings),
    );
    let sources = read_sources(&form.sources);
    if sources.is_none() {
        refused.refuse("sources", "Choose the sources from the list.");
    }
    if form.connection.is_empty() {
        refused.refuse("connection", "Choose a connection.");
    }
    if !refused.is_clean() {
        return Err(refused);
    }
    Ok(DueDiligence {
        customer_reference,
        target: Target { kind, name, birth_date, country, registration_number },
        search_setting,
        sources: sources.unwrap_or_default(),
        from_idv_id: None,
    })
}

/// The chosen sources in the provider's order; nothing chosen means all, anything unknown is
/// refused.
fn read_sources(text: &str) -> Option<Vec<Source>> {
    let chosen: Option<Vec<Source>> = text
        .split([',', ' '])
        .filter(|t| !t.is_empty())
        .map(|code| Source::parse(code).filter(|s| SOURCES.contains(s)))
        .collect();
    let chosen = chosen?;
    Some(SOURCES.into_iter().filter(|s| chosen.is_empty() || chosen.contains(s)).collect())
}

impl DueDiligenceForm {
    /// The form's values under the names of its inputs.
    #[must_use]
    pub fn as_typed(&self) -> Refused {
        Refused::of([
            ("kind", &self.kind),
            ("connection", &self.connection),
            ("customer_reference", &self.customer_reference),
            ("name", &self.name),
            ("birth_date", &self.birth_date),
            ("country", &self.country),
            ("registration_number", &self.registration_number),
            ("search_setting", &self.search_setting),
            ("sources", &self.sources),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::{form::look_at_name, settings::setting_code};

    const NOW: Moment = 1_795_000_000_000;

    fn form() -> DueDiligenceForm {
        DueDiligenceForm {
            kind: "dd_kyc".into(),
            connection: "c".into(),
            customer_reference: " C-000123 ".into(),
            name: "  王又曾 ".into(),
            birth_date: "1927-03-13".into(),
            country: "TWN".into(),
            registration_number: "ignored for people".into(),
            search_setting: "1".into(),
            sources: String::new(),
        }
    }

    fn error_at(form: &DueDiligenceForm, field: &str) -> String {
        let refused = check(form, &[1], NOW).expect_err("must be refused");
        assert_eq!(refused.errors.keys().collect::<Vec<_>>(), [field], "{refused:?}");
        assert_eq!(refused.values, form.as_typed().values, "nothing typed may be lost");
        refused.errors[field].clone()
    }

    #[test]
    fn a_good_form_becomes_a_launch() {
        let launch = check(&form(), &[1, 2], NOW).expect("good");
        assert_eq!(launch.customer_reference, "C-000123");
        assert_eq!(launch.target.name, "王又曾");
        assert_eq!(launch.target.registration_number, None);
        assert_eq!(launch.sources, SOURCES);
    }

    #[test]
    fn each_field_is_refused_beside_its_cause() {
        assert!(
            error_at(&DueDiligenceForm { birth_date: "2999-01-01".into(), ..form() }, "birth_date")
                .contains("future")
        );
        assert!(
            error_at(&DueDiligenceForm { birth_date: "13.03.1927".into(), ..form() }, "birth_date")
                .contains("YYYY-MM-DD")
        );
        assert!(
            error_at(&DueDiligenceForm { birth_date: "1990-02-30".into(), ..form() }, "birth_date")
                .contains("does not exist")
        );
        assert!(
            error_at(&DueDiligenceForm { name: " ".into(), ..form() }, "name")
                .contains("name of the person")
        );
        assert!(
            error_at(&DueDiligenceForm { name: "a\u{202E}b".into(), ..form() }, "name")
                .contains("invisible")
        );
        assert!(
            error_at(&DueDiligenceForm { name: "🙂".into(), ..form() }, "name").contains("letter")
        );
        assert!(
            error_at(&DueDiligenceForm { name: "\u{2800}".into(), ..form() }, "name")
                .contains("letter")
        );
        for hidden in
            ["\u{3164}", "Mül\u{AD}ler", "a\u{200B}b", "a\u{2060}b", "a\u{FE0F}b", "a\u{E0041}b"]
        {
            assert!(
                error_at(&DueDiligenceForm { name: hidden.into(), ..form() }, "name")
                    .contains("invisible"),
                "{hidden:?}"
            );
        }
        assert!(
            error_at(
                &DueDiligenceForm { customer_reference: "C\u{3164}".into(), ..form() },
                "customer_reference"
            )
            .contains("letters")
        );
        assert!(
            error_at(
                &DueDiligenceForm { customer_reference: "3.46E+10".into(), ..form() },
                "customer_reference"
            )
            .contains("rounded")
        );
        for dots in [".", "..", " .. "] {
            assert!(
                error_at(
                    &DueDiligenceForm { customer_reference: dots.into(), ..form() },
                    "customer_reference"
                )
                .contains("dot")
            );
        }
        for error in ["#N/A", "#NAME?", "#REF!"] {
            assert!(
                error_at(&DueDiligenceForm { name: error.into(), ..form() }, "name")
                    .contains("spreadsheet"),
                "{error}"
            );
        }
        assert!(
            error_at(&DueDiligenceForm { birth_date: "33007".into(), ..form() }, "birth_date")
                .contains("as a number")
        );
        assert!(
            error_at(&DueDiligenceForm { name: "x".repeat(257), ..form() }, "name").contains("256")
        );
        assert!(
            error_at(
                &DueDiligenceForm { customer_reference: "a b".into(), ..form() },
                "customer_reference"
            )
            .contains("spaces")
        );
        assert!(
            error_at(&DueDiligenceForm { country: "XXX".into(), ..form() }, "country")
                .contains("list")
        );
        assert!(
            error_at(&DueDiligenceForm { search_setting: "9".into(), ..form() }, "search_setting")
                .contains("settings")
        );
        assert!(
            error_at(
                &DueDiligenceForm { sources: "negative_news,nonsense".into(), ..form() },
                "sources"
            )
            .contains("sources")
        );
        assert!(
            error_at(&DueDiligenceForm { kind: "rofus".into(), ..form() }, "kind")
                .contains("person or a company")
        );
        assert!(
            error_at(&DueDiligenceForm { connection: String::new(), ..form() }, "connection")
                .contains("connection")
        );
    }

    #[test]
    fn a_search_setting_is_the_chosen_connections_own() {
        let of = |text: &str| {
            check(&DueDiligenceForm { search_setting: text.into(), ..form() }, &[1, 2], NOW)
                .map(|l| l.search_setting)
        };
        assert_eq!(of(&setting_code("c", 2)), Ok(2));
        assert_eq!(of("2"), Ok(2));
        let refused = |text: &str| {
            of(text).expect_err("refused").error("search_setting").unwrap_or_default().to_owned()
        };
        assert!(
            refused("other/2").contains("belongs to another connection"),
            "the same number means something else there"
        );
        assert!(refused("c/3").contains("Choose one") && refused("/2").contains("another"));
    }

    #[test]
    fn names_of_all_scripts_and_odd_but_real_ones_pass() {
        for name in ["محمد بن سلمان", "O'Neil <script>", "Nguyễn Thị Ánh", "X Æ A-12", "3M 🙂"]
        {
            assert!(
                check(&DueDiligenceForm { name: name.into(), ..form() }, &[1], NOW).is_ok(),
                "{name}"
            );
        }
    }

    #[test]
    fn names_leave_composed_and_countries_are_understood() {
        let typed = DueDiligenceForm {
            name: "Zoe\u{308} Mu\u{308}ller".into(),
            country: "Deutschland".into(),
            ..form()
        };
        let launch = check(&typed, &[1], NOW).expect("good");
        assert_eq!(
            (launch.target.name.as_str(), launch.target.country.as_deref()),
            ("Zoë Müller", Some("DEU"))
        );
        assert_eq!(look_at_name("Zoe\u{308}", Kind::DdKyc).as_deref(), Ok("Zoe\u{308}"));
    }

    #[test]
    fn a_company_has_no_birth_date() {
        let launch = check(
            &DueDiligenceForm {
                kind: "dd_kyb".into(),
                registration_number: " 12 345 ".into(),
                ..form()
            },
            &[1],
            NOW,
        )
        .expect("good");
        assert_eq!(
            (launch.target.birth_date, launch.target.registration_number.as_deref()),
            (None, Some("12 345"))
        );
    }

    #[test]
    fn chosen_sources_keep_the_providers_order() {
        let launch = check(
            &DueDiligenceForm { sources: "sanction_list negative_news".into(), ..form() },
            &[1],
            NOW,
        )
        .expect("good");
        assert_eq!(launch.sources, [Source::NegativeNews, Source::SanctionList]);
    }
}
