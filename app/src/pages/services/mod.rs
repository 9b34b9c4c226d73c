//! The services, a folder each, and their faces: what a service shows of itself where the shared
//! pages differ.
//!
//! A folder imports nothing of another service's. What several need stands in `at_once` (services
//! whose answer to the launch is the outcome), in `many` (tables), in `launching`, or in the parts
//! of all pages. Only `tabs` looks back at the list here: every launch form leads to the others.
//!
//! A further service that answers at once is a folder with an [`at_once::AtOnce`], one `pub mod`
//! and one line in [`face`]; `access` takes its pages and functions from there.

pub mod age_verification;
pub mod at_once;
pub mod due_diligence;
mod face;
pub mod idv;
pub mod many;
pub mod number_match;
pub mod pid_cpr;
pub mod rofus;
pub mod sim_swap;
mod tabs;
pub mod tenure;
mod under_way;
pub mod video;
pub mod wallet;

use crate::pages::providers::in_sentences;
use casework::providers::{NOT_TAKEN, REFUSAL};
use domain::checks::Kind;

pub use face::{Compare, Face, Look};

/// The face of the service that a kind of check belongs to.
#[must_use]
pub fn face(kind: Kind) -> &'static dyn Face {
    match kind {
        Kind::DdKyc | Kind::DdKyb => &due_diligence::DueDiligence,
        Kind::Idv => &idv::Idv,
        Kind::VideoIdent => &video::Video,
        Kind::NumberMatch => &number_match::NumberMatch,
        Kind::PidCprMatch => &pid_cpr::PidCpr,
        Kind::Rofus => &rofus::Rofus,
        Kind::Kya => &wallet::Wallet,
        Kind::Tenure => &tenure::Tenure,
        Kind::AgeVerification => &age_verification::AgeVerification,
        Kind::SimSwap => &sim_swap::SimSwap,
    }
}

/// All faces in the order of their tabs, each once.
pub fn faces() -> impl Iterator<Item = &'static dyn Face> {
    let mut seen = Vec::new();
    Kind::LAUNCHABLE.iter().map(|kind| face(*kind)).filter(move |face| {
        let is_new = !seen.contains(&face.address());
        seen.push(face.address());
        is_new
    })
}

/// What a body of evidence is, in words.
#[must_use]
pub fn evidence_name(kind: Kind, source: &str) -> String {
    match source {
        REFUSAL => format!("Refusal or fault, as {} gave it", in_sentences(kind)),
        NOT_TAKEN => format!("An answer of {} that was not taken", in_sentences(kind)),
        source => face(kind).evidence_name(kind, source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::access::{Need, ROUTES};
    use domain::{people::Permission, services::Life};

    #[test]
    fn every_kind_that_can_be_launched_has_a_form_that_who_launches_may_open() {
        for kind in Kind::LAUNCHABLE {
            let address = face(*kind).address();
            let route = ROUTES
                .iter()
                .find(|r| r.path == address)
                .unwrap_or_else(|| panic!("{kind} has no page"));
            assert_eq!(route.need, Need::Permission(Permission::LaunchChecks), "{kind}");
            assert!(
                kind.card().life != Life::AtOnce || address != "/checks/new",
                "{kind} has a form of its own"
            );
        }
    }

    #[test]
    fn evidence_is_named_by_who_said_it() {
        assert_eq!(evidence_name(Kind::Rofus, "answer"), "Answer, as ZignSec gave it");
        assert_eq!(evidence_name(Kind::NumberMatch, "answer"), "Answer, as the operator gave it");
        assert_eq!(evidence_name(Kind::DdKyc, "summary"), "summary");
    }

    #[test]
    fn every_service_stands_once_above_the_forms_and_leads_to_its_own() {
        for kind in Kind::LAUNCHABLE {
            let address = face(*kind).address();
            assert_eq!(faces().filter(|face| face.address() == address).count(), 1, "{kind}");
            assert!(face(*kind).tabs().first().is_some_and(|tab| tab.address == address), "{kind}");
        }
    }
}
