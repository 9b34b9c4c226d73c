//! ID verification: what is launched, what the provider's states and reasons mean, and how the
//! document's data compare with what we expected.
//!
//! Source: KryptoGO Compliance KYABC API 0.1.0, ID Verification.

mod compare;
mod form;
mod lists;
mod mrz;
mod pictures;
mod reasons;

pub use compare::{Aspect, Data, Mark, Row, age_in_years, compare};
pub use form::{Form, Idv, LINK_REFERENCE_MAX, check, check_date};
pub use lists::{APPLY_CODES, ISSUE_SITES, LOCALES, WORKFLOWS, issue_site, locale};
pub use mrz::{Mrz, MrzDigit};
pub use pictures::{
    BROKEN, NOT_A_PICTURE, PICTURE_BYTES_MAX, PIXELS_MAX, Picture, PictureKind, SIDE_LONGEST_MIN,
    SIDE_MAX, check_bytes, check_picture, sniff,
};
pub use reasons::explain;

pub use super::Explained;

use super::{About, Card, Life};
use crate::{choices, connections::Provider, decisions::Reason, findings::Source, policy::Hours};

/// What the desk knows of it as a service.
pub const CARD: Card = Card {
    label: "ID verification",
    letters: "ID",
    provider: Provider::Kryptogo,
    about: About::Person,
    life: Life::Idv,
    place: 1,
    is_told: false,
    is_scored: false,
    // Pictures and documents do not stand on the page of many decisions.
    bulk: false,
    review: Hours::BY_RISK,
    accept: &[Reason::IdentityConfirmed, Reason::DifferencesExplained, Reason::Other],
    reject: &[
        Reason::DocumentForged,
        Reason::FaceDiffers,
        Reason::DataDiffer,
        Reason::DocumentUnusable,
        Reason::IdentityUnclear,
        Reason::InformationRefused,
        Reason::Other,
    ],
    must_be_judged: &[Source::IdvReject, Source::IdvReview, Source::IdvField],
};

choices! {
    /// How the customer's document comes to the provider.
    pub enum Way {
        /// We upload pictures: `POST /idv`.
        Upload = "upload", "Upload pictures";
        /// The customer opens a web page: `POST /idv/init`.
        Link = "link", "Link for the customer";
        /// Our mobile app takes the pictures: `POST /idv/account`.
        Token = "token", "Token for the mobile SDK";
    }
}

choices! {
    /// The document, in the provider's words.
    pub enum IdType {
        IdCard = "ID_CARD", "Identity card";
        Passport = "PASSPORT", "Passport";
        DrivingLicense = "DRIVING_LICENSE", "Driving licence";
    }
}

choices! {
    /// Which engine makes the customer's page; it decides the form of `POST /idv/init`.
    pub enum Engine {
        Jumio = "jumio", "Jumio";
        Sumsub = "sumsub", "Sumsub";
    }
}

choices! {
    /// One picture of an ID verification.
    pub enum Slot {
        Front = "front", "Front";
        Back = "back", "Back";
        Face = "face", "Face";
        FaceWithId = "face_with_id", "Face with document";
    }
}

impl Slot {
    /// The member of the provider's answer that has the picture's address.
    #[must_use]
    pub const fn address_key(self) -> &'static str {
        match self {
            Self::Front => "id_image_url",
            Self::Back => "id_back_image_url",
            Self::Face => "face_image_url",
            Self::FaceWithId => "id_and_face_image_url",
        }
    }

    /// Members of the upload that carry the picture and its type.
    #[must_use]
    pub const fn upload_keys(self) -> (&'static str, &'static str) {
        match self {
            Self::Front => ("id_image", "id_mime_type"),
            Self::Back => ("id_back_image", "id_back_mime_type"),
            Self::Face => ("face_image", "face_mime_type"),
            Self::FaceWithId => ("id_and_face_image", "id_and_face_mime_type"),
        }
    }
}

choices! {
    /// Whether a due-diligence check follows.
    pub enum FollowUp {
        None = "none", "None";
        /// The provider makes the task when it accepts (`auto_create_dd_task`).
        Provider = "provider", "By KryptoGO, as soon as it accepts";
        /// We launch it with `from_idv_id` when a person accepts here.
        Accepted = "accepted", "By Probity, when you accept";
    }
}

/// The provider's word on an ID verification: 0 accept, 1 review, 2 reject, 3 pending, 4 initial.
///
/// A missing state is [`ProviderState::Missing`], never accept, although accept is 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderState {
    Accept,
    Review,
    Reject,
    Pending,
    Initial,
    Missing,
    /// A value that this version does not know, as it came.
    Unknown(String),
}

impl ProviderState {
    /// Reads the state as text, so that `0` and `"0"` are alike.
    #[must_use]
    pub fn of(text: Option<&str>) -> Self {
        match text.map(str::trim) {
            None | Some("") => Self::Missing,
            Some("0") => Self::Accept,
            Some("1") => Self::Review,
            Some("2") => Self::Reject,
            Some("3") => Self::Pending,
            Some("4") => Self::Initial,
            Some(other) => Self::Unknown(other.to_owned()),
        }
    }

    /// Whether the outcome is here. `initial` with reject reasons is a rejection before creation.
    #[must_use]
    pub const fn is_outcome(&self, has_reject_reasons: bool) -> bool {
        match self {
            Self::Accept | Self::Review | Self::Reject | Self::Unknown(_) => true,
            Self::Initial => has_reject_reasons,
            Self::Pending | Self::Missing => false,
        }
    }

    /// What the queue and the header say, with the reasons' codes.
    #[must_use]
    pub fn words(&self, codes: &[String]) -> String {
        let word = match self {
            Self::Accept => "accept",
            Self::Review => "review",
            Self::Reject => "reject",
            Self::Pending => "pending",
            Self::Initial if codes.is_empty() => "waiting for the customer",
            Self::Initial => "rejected before creation",
            Self::Missing => "no state given",
            Self::Unknown(other) => return format!("unknown state {other}"),
        };
        if codes.is_empty() { word.to_owned() } else { format!("{word} ({})", codes.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_state_is_never_accept() {
        for text in [None, Some(""), Some(" ")] {
            let state = ProviderState::of(text);
            assert_eq!(state, ProviderState::Missing);
            assert!(!state.is_outcome(false) && !state.is_outcome(true));
        }
        assert_eq!(ProviderState::of(Some("0")), ProviderState::Accept);
    }

    #[test]
    fn initial_with_reject_reasons_is_a_rejection_and_else_a_wait() {
        assert!(!ProviderState::Initial.is_outcome(false));
        assert!(ProviderState::Initial.is_outcome(true));
        assert_eq!(ProviderState::Initial.words(&["701".into()]), "rejected before creation (701)");
        assert_eq!(ProviderState::Initial.words(&[]), "waiting for the customer");
    }

    #[test]
    fn an_unknown_state_is_shown_as_it_came() {
        assert_eq!(ProviderState::of(Some("9")).words(&[]), "unknown state 9");
        assert_eq!(ProviderState::Review.words(&["501".into(), "500".into()]), "review (501, 500)");
    }
}
