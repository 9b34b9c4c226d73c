//! The form of an identification: in which language, and with which proof of address.
//!
//! Source: Solaris, "Video identification", POST Create identification.

use super::{Complaint, complaints, documents::with_address};
use crate::{Moment, choices, fields::Refused, services::form::take, time};
use serde::{Deserialize, Serialize};

choices! {
    /// What the session is held in.
    pub enum Language {
        De = "DE", "German";
        En = "EN", "English";
    }
}

choices! {
    /// A document that proves an address.
    pub enum ProofOfAddress {
        BankAccountStatement = "BANK_ACCOUNT_STATEMENT", "Bank account statement";
        CertificateOfRegistration = "CERTIFICATE_OF_REGISTRATION", "Certificate of registration (Meldebescheinigung)";
        ElectricityBill = "ELECTRICITY_BILL", "Electricity bill";
        GasBill = "GAS_BILL", "Gas bill";
        HeatingBill = "HEATING_BILL", "Heating bill";
        InternetBill = "INTERNET_BILL", "Internet bill";
        TelephoneBill = "TELEPHONE_BILL", "Telephone bill";
        WaterBill = "WATER_BILL", "Water bill";
    }
}

/// What a person typed, exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IdentificationForm {
    pub language: String,
    /// The customer's identity document: a number of the list of documents with address,
    /// [`IdentificationForm::OTHER`] for one that does not show the address, or nothing as long as
    /// nobody knows.
    pub document: String,
    pub proof_of_address_type: String,
    pub proof_of_address_issued_at: String,
}

/// An identification that may be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identification {
    pub language: Language,
    /// Kind and day of issue (midnight UTC).
    pub proof_of_address: Option<(ProofOfAddress, Moment)>,
}

/// Months that a proof of address may be old.
const PROOF_MONTHS: i64 = 6;

impl IdentificationForm {
    /// A document that does not show its holder's address.
    pub const OTHER: &str = "other";

    /// The form's values under the names of its inputs.
    #[must_use]
    pub fn as_typed(&self) -> Refused {
        Refused::of([
            ("language", &self.language),
            ("document", &self.document),
            ("proof_of_address_type", &self.proof_of_address_type),
            ("proof_of_address_issued_at", &self.proof_of_address_issued_at),
        ])
    }

    /// The form with the provider's complaints beside its fields.
    #[must_use]
    pub fn refused_with(&self, found: &[Complaint]) -> Refused {
        const INPUTS: [&str; 3] =
            ["language", "proof_of_address_type", "proof_of_address_issued_at"];
        let mut refused = self.as_typed();
        complaints::land(&mut refused, found, |field| {
            INPUTS.into_iter().find(|known| *known == complaints::path_of(field).1)
        });
        refused
    }
}

/// Checks the form. A document that shows the address needs no proof; one that does not needs both
/// kind and day of the proof; while the document is not known, both or neither.
///
/// # Errors
/// The form as typed, with a message beside each field that stands in the way.
pub fn check_identification(
    form: &IdentificationForm,
    now: Moment,
) -> Result<Identification, Refused> {
    let mut refused = form.as_typed();
    let language = Language::parse(form.language.trim());
    if language.is_none() {
        refused.refuse("language", "Choose German or English.");
    }
    let document = form.document.trim();
    if !document.is_empty()
        && document != IdentificationForm::OTHER
        && with_address(document).is_none()
    {
        refused.refuse("document", "Choose from the list.");
    }
    let is_needed = document == IdentificationForm::OTHER;
    let (kind, issued) =
        (form.proof_of_address_type.trim(), form.proof_of_address_issued_at.trim());
    let proof_of_address = if kind.is_empty() && issued.is_empty() && !is_needed {
        None
    } else {
        let proof = ProofOfAddress::parse(kind);
        if proof.is_none() {
            refused.refuse("proof_of_address_type", kind_message(kind, is_needed));
        }
        let issued =
            take(&mut refused, "proof_of_address_issued_at", issued_at(issued, now).map(Some));
        proof.zip(issued)
    };
    match language {
        Some(language) if refused.is_clean() => Ok(Identification { language, proof_of_address }),
        _ => Err(refused),
    }
}

const fn kind_message(typed: &str, is_needed: bool) -> &'static str {
    match (typed.is_empty(), is_needed) {
        (false, _) => "Choose the kind of document from the list.",
        (true, true) => {
            "The identity document does not show the address, so Solaris needs a proof of it. Choose its kind."
        }
        (true, false) => "Choose what was issued on this day, or leave both empty.",
    }
}

fn issued_at(text: &str, now: Moment) -> Result<Moment, String> {
    if text.is_empty() {
        return Err("Give the day on which the proof of address was issued, as YYYY-MM-DD.".into());
    }
    let Some(at) = time::parse_date(text) else {
        return Err(if time::is_date_shaped(text) {
            "This day does not exist."
        } else {
            "Give the date as YYYY-MM-DD."
        }
        .into());
    };
    if at > now {
        return Err("This date is in the future.".into());
    }
    match oldest_proof(now) {
        Some(oldest) if at < oldest => Err(format!(
            "Solaris takes no proof older than 6 months: it must be from {} or later.",
            time::utc_date(oldest)
        )),
        _ => Ok(at),
    }
}

/// The first day that is not older than six months, where a month that is too short ends early.
fn oldest_proof(now: Moment) -> Option<Moment> {
    let today = time::utc_date(now);
    let mut parts = today.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let months = year * 12 + month - 1 - PROOF_MONTHS;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    (28..=day.max(28))
        .rev()
        .map(|last| last.min(day))
        .find_map(|day| time::parse_date(&format!("{year:04}-{month:02}-{day:02}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-11-18.
    const NOW: Moment = 1_795_000_000_000;

    fn form() -> IdentificationForm {
        IdentificationForm {
            language: "DE".into(),
            document: IdentificationForm::OTHER.into(),
            proof_of_address_type: "GAS_BILL".into(),
            proof_of_address_issued_at: "2026-09-03".into(),
        }
    }

    fn error_at(form: &IdentificationForm, field: &str) -> String {
        let refused = check_identification(form, NOW).expect_err("must be refused");
        assert_eq!(refused.errors.keys().collect::<Vec<_>>(), [field], "{refused:?}");
        refused.errors[field].clone()
    }

    #[test]
    fn a_good_form_becomes_an_identification() {
        let good = check_identification(&form(), NOW).expect("good");
        assert_eq!(good.language, Language::De);
        assert_eq!(
            good.proof_of_address.map(|(kind, at)| (kind, time::utc_date(at))),
            Some((ProofOfAddress::GasBill, "2026-09-03".into()))
        );
    }

    #[test]
    fn a_proof_is_needed_unless_the_document_has_the_address() {
        let without = |document: &str| IdentificationForm {
            language: "EN".into(),
            document: document.into(),
            ..Default::default()
        };
        assert_eq!(
            check_identification(&without("DEU-BO-02001"), NOW).expect("good").proof_of_address,
            None
        );
        assert_eq!(check_identification(&without(""), NOW).expect("good").proof_of_address, None);
        let refused =
            check_identification(&without(IdentificationForm::OTHER), NOW).expect_err("no proof");
        assert_eq!(
            refused.errors.keys().collect::<Vec<_>>(),
            ["proof_of_address_issued_at", "proof_of_address_type"]
        );
        assert!(error_at(&without("DEU-BO-99999"), "document").contains("list"));
    }

    #[test]
    fn each_field_is_refused_beside_its_cause() {
        assert!(
            error_at(&IdentificationForm { language: "FR".into(), ..form() }, "language")
                .contains("German or English")
        );
        assert!(
            error_at(&IdentificationForm { language: "de".into(), ..form() }, "language")
                .contains("German")
        );
        assert!(
            error_at(
                &IdentificationForm { proof_of_address_type: "RENT".into(), ..form() },
                "proof_of_address_type"
            )
            .contains("list")
        );
        let half = IdentificationForm {
            document: String::new(),
            proof_of_address_type: String::new(),
            ..form()
        };
        assert!(error_at(&half, "proof_of_address_type").contains("both empty"));
        let at =
            |day: &str| IdentificationForm { proof_of_address_issued_at: day.into(), ..form() };
        let field = "proof_of_address_issued_at";
        assert!(error_at(&at("2026-05-17"), field).contains("from 2026-05-18 or later"));
        assert!(check_identification(&at("2026-05-18"), NOW).is_ok());
        assert!(check_identification(&at("2026-11-18"), NOW).is_ok());
        assert!(error_at(&at("2026-11-19"), field).contains("future"));
        assert!(error_at(&at("2026-06-31"), field).contains("does not exist"));
        assert!(error_at(&at(""), field).contains("YYYY-MM-DD"));
    }

    #[test]
    fn six_months_end_with_a_short_month() {
        for (today, oldest) in [
            ("2026-08-31", "2026-02-28"),
            ("2024-08-30", "2024-02-29"),
            ("2026-03-31", "2025-09-30"),
            ("2026-01-15", "2025-07-15"),
        ] {
            let now = time::parse_date(today).expect("a date") + 5 * time::HOUR;
            assert_eq!(oldest_proof(now).map(time::utc_date).as_deref(), Some(oldest), "{today}");
        }
    }

    #[test]
    fn complaints_land_on_the_inputs() {
        let of = |field: &str| Complaint {
            code: "invalid_model".into(),
            detail: "no".into(),
            field: Some(field.into()),
        };
        let refused = form().refused_with(&[of("proof_of_address_issued_at"), of("country")]);
        assert!(refused.error("proof_of_address_issued_at").is_some());
        assert_eq!(
            refused.error(""),
            Some("Solaris refuses this: country: no"),
            "what is not typed here stands above"
        );
    }

    proptest! {
        #[test]
        fn what_passes_is_between_today_and_six_months_ago(days_ago in -5_i64..400) {
            let at = NOW - days_ago * time::DAY;
            let typed = IdentificationForm { proof_of_address_issued_at: time::utc_date(at), ..form() };
            let passes = check_identification(&typed, NOW).is_ok();
            // From 2026-05-18 to 2026-11-18 there are 184 days.
            prop_assert_eq!(passes, (0..=184).contains(&days_ago));
        }
    }
}
