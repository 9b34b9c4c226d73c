//! Why a session with IDnow failed or was canceled: what each code means and what to do next.
//!
//! Source of codes, categories and flags: Solaris, "Video identification", Appendix I: IDnow
//! failure codes. The explanations are ours. A dash in the user's column is "unknown", not "no".

use crate::choices;

choices! {
    /// What a code is about.
    pub enum Category {
        Data = "data", "Data";
        Technical = "technical", "Technical";
        User = "user", "Customer";
        Other = "other", "Other";
    }
}

/// What we say of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    pub code: &'static str,
    pub category: Category,
    /// No other try will help.
    pub is_permanent: bool,
    /// Whether the customer caused it; nothing when the provider does not say.
    pub caused_by_user: Option<bool>,
    pub means: &'static str,
    pub next: &'static str,
}

impl Failure {
    /// The short words about the two flags: `can be repeated · caused by the customer`.
    #[must_use]
    pub fn flags(&self) -> String {
        let permanent = if self.is_permanent { "permanent" } else { "can be repeated" };
        let user = match self.caused_by_user {
            Some(true) => "caused by the customer",
            Some(false) => "not caused by the customer",
            None => "unknown who caused it",
        };
        format!("{permanent} · {user}")
    }
}

const AGAIN: &str = "The customer can try again at the same address.";

/// Explains a code; nothing for one that this version does not know, which is then shown as it
/// came.
#[must_use]
pub fn explain(code: &str) -> Option<&'static Failure> {
    CODES.iter().find(|known| known.code == code.trim())
}

use Category as C;

const fn of(
    code: &'static str,
    category: Category,
    is_permanent: bool,
    caused_by_user: Option<bool>,
    means: &'static str,
    next: &'static str,
) -> Failure {
    Failure { code, category, is_permanent, caused_by_user, means, next }
}

/// All codes, in the order of the guide.
#[rustfmt::skip]
pub const CODES: &[Failure] = &[
    of("DATA_APPLICATION_ADDRESS", C::Data, true, Some(true), "The address that we sent is not the one in the document, and it could not be corrected.", "Clear up the address with the customer; a new person or Solaris's support is needed for another one."),
    of("DATA_APPLICATION_DATA", C::Data, true, Some(true), "The data that we sent are not those in the document, and they could not be corrected.", "Compare them with the document yourself; Solaris's support has to correct names and birth dates."),
    of("DATA_ID_EXPIRED", C::Data, false, Some(true), "The document has expired.", "Ask the customer to try again with another, valid document."),
    of("TECH_AUDIO", C::Technical, false, Some(true), "Customer and agent could not hear each other well.", "Ask for a quiet place and a working microphone, then try again."),
    of("TECH_DISCONNECTED_VIDEO", C::Technical, false, Some(true), "The picture was lost during the session.", "Ask for a stable connection, then try again."),
    of("TECH_DISCONNECTED_WEBSOCKET", C::Technical, false, Some(true), "The customer's connection was lost during the session.", "Ask for a stable connection, then try again."),
    of("TECH_HOLOGRAM", C::Technical, false, Some(true), "The document's security features could not be seen. Nobody suspects fraud.", "Ask for good light and an undamaged document, then try again."),
    of("TECH_ID_TYPE", C::Technical, false, Some(true), "This kind of document is not taken.", "Show the customer the supported documents; another try needs one of them."),
    of("TECH_IDENT_CODE_DELIVERY", C::Technical, false, Some(true), "The code did not reach the customer's phone.", "Check the mobile number with the customer, then try again."),
    of("TECH_INTERNAL_SERVER_ERROR", C::Technical, false, Some(false), "IDnow had a fault of its own.", AGAIN),
    of("TECH_INTERNET_CONNECTION", C::Technical, false, Some(true), "The customer's connection is too slow.", "Ask for a better connection, then try again."),
    of("TECH_LIGHTING", C::Technical, false, Some(true), "Customer or document were too dark to be recognised.", "Ask for better light, then try again."),
    of("TECH_PHOTO", C::Technical, false, Some(true), "The photos of customer or document were not sharp enough.", "Ask for a clean camera and good light, then try again."),
    of("TECH_TIMEOUT", C::Technical, false, Some(true), "The request was open for more than 30 minutes.", "Ask the customer to begin again and to stay until an agent comes."),
    of("TECH_VIDEO", C::Technical, false, Some(true), "The picture was too poor to recognise customer or document.", "Ask for another device or a better camera, then try again."),
    of("NO_VIDEO", C::Technical, false, Some(true), "Customer and agent did not see each other.", "Ask the customer to allow the camera, then try again."),
    of("BAD_VIDEO", C::Technical, false, Some(true), "They saw each other, but not well enough to go on.", "Ask for a better connection or another device, then try again."),
    of("VIDEO_ENVIRONMENT", C::Technical, false, Some(true), "The customer's surroundings were not fit for a video call.", "Ask for a quiet, bright place without other people, then try again."),
    of("VIDEO_OTHER", C::Technical, false, Some(true), "Something else was wrong with the picture.", AGAIN),
    of("NO_AUDIO", C::Technical, false, Some(true), "Customer and agent did not hear each other at all.", "Ask the customer to allow the microphone, then try again."),
    of("BAD_AUDIO", C::Technical, false, Some(true), "They heard each other, but not well enough to go on.", "Ask for another headset or device, then try again."),
    of("BAD_AUDIO_ENVIRONMENT", C::Technical, false, Some(true), "Noise disturbed the call.", "Ask for a quiet place, then try again."),
    of("AUDIO_OTHER", C::Technical, false, Some(true), "Something else was wrong with the sound.", AGAIN),
    of("BAD_PHOTO_QUALITY", C::Technical, false, Some(true), "The photos of document or customer were too poor to finish.", "Ask for good light and a clean camera, then try again."),
    of("PHOTO_OTHER", C::Technical, false, Some(true), "Something else was wrong with the photos.", AGAIN),
    of("CONNECTION_LOST", C::Technical, false, Some(true), "The call broke off.", "Ask for a stable connection, then try again."),
    of("CONNECTION_BAD", C::Technical, false, Some(true), "The connection was too poor to go on.", "Ask for a better connection, then try again."),
    of("NO_CONNECTION", C::Technical, false, Some(true), "No connection came about between customer and agent.", "Ask for another network, then try again."),
    of("CONNECTION_OTHER", C::Technical, false, Some(true), "Something else was wrong with the connection.", AGAIN),
    of("IDENT_CODE_NOT_RECEIVED", C::Technical, false, Some(false), "The code did not arrive by text message or e-mail.", "Check number and address with the customer, then try again."),
    of("IDENT_CODE_REPEATEDLY_INCORRECT", C::Technical, false, Some(true), "The customer typed a wrong code several times.", "Ask the customer to type the newest code, then try again."),
    of("USER_ABORT_WHILE_WAITING", C::User, false, Some(true), "The customer left before an agent was free.", AGAIN),
    of("USER_STARTED_NEW_REQUEST", C::User, false, Some(true), "The customer began another session on another device.", "Wait for the other session's result."),
    of("USER_CANCELLATION", C::User, false, Some(true), "The customer ended the session.", "Ask the customer why; another try is possible at the same address."),
    of("ENROLLED_TO_WAITING_LIST", C::User, true, Some(true), "The customer was put on IDnow's waiting list and cannot leave it.", "Tell the customer to wait for IDnow's call; beginning again only warns."),
    of("ID_NOT_SUPPORTED", C::User, false, Some(true), "The document is not taken for identification by video.", "Show the customer the supported documents; another try needs one of them."),
    of("ID_DAMAGED", C::User, false, Some(true), "The document is damaged.", "Ask for another, undamaged document."),
    of("ID_OTHER", C::User, false, Some(true), "Something else was wrong with the document.", "Ask the customer what happened, then try again, with another document if there is one."),
    of("DISAGREE_WITH_VIDEO_RECORDING", C::User, false, Some(true), "The customer does not agree to be recorded.", "Without a recording there is no video identification: ask again, or use another way of identification."),
    of("INCORRECT_ID_NUMBER", C::User, false, Some(false), "The agent wrote down a wrong document number.", AGAIN),
    of("INCORRECT_NAME_IN_QES", C::User, false, Some(false), "The name in the signature is wrong (electronic signing only).", "Check the name that we sent, then try again."),
    of("WRONG_PHONE_NUMBER", C::User, false, Some(true), "The customer gave a wrong phone number (electronic signing only).", "Check the mobile number with the customer, then try again."),
    of("USER_ID_NUMBER", C::User, false, Some(true), "The customer read out a wrong document number several times.", "Ask the customer to read it from the document, then try again; be careful if it happens again."),
    of("USER_IDENT_CODE", C::User, false, Some(true), "The customer gave a wrong code several times.", "Ask the customer to type the newest code, then try again."),
    of("USER_LANGUAGE", C::User, true, Some(true), "The customer speaks neither German nor English.", "Use another way of identification."),
    of("USER_NO_ID", C::User, false, Some(true), "The customer had no document at hand.", "Ask the customer to try again with the document."),
    of("USER_WRONG_PERSON", C::User, false, Some(true), "Somebody else than our customer was in the call. Nobody suspects fraud.", "The customer must be there in person. Ask how it came about before you let them try again."),
    of("INDECENT_BEHAVIOUR", C::User, true, Some(true), "The customer behaved indecently towards the agent.", "Do not let the customer try again; decide whether you want this customer."),
    of("OTHER_ABUSE", C::Other, false, Some(true), "The procedure was abused, or somebody behaved inappropriately.", "Ask what happened before you let the customer try again."),
    of("OTHER_MISCELLANEOUS_PERMANENT", C::Other, true, None, "An error that another try does not solve.", "Ask Solaris's support, or use another way of identification."),
    of("OTHER_MISCELLANEOUS_TEMPORARY", C::Other, false, None, "An error that another try may solve.", AGAIN),
    of("OTHER_TEST", C::Other, false, Some(true), "It was a test call.", "Nothing to do, unless this is a real customer: then report it to an admin."),
    of("OTHER_ERROR", C::Other, false, Some(true), "An error that IDnow does not define further.", AGAIN),
    of("STALLED_TIMEOUT", C::Other, false, None, "The session ran too long and was ended.", AGAIN),
    of("NO_SECURITY_QUESTION_ASKED", C::Other, false, None, "The agent asked too few security questions, so the review discarded the session.", "Ask the customer to identify again; it was not their fault as far as we know."),
    of("SECURITY_QUESTION_NOT_CORRECT_ANSWERED", C::Other, false, None, "The review was not content with the answers to the security questions.", "Be careful: look at what you know of the customer before you let them try again."),
    of("SECURITY_QUESTION", C::Other, false, None, "A supervisor was not content with the answer to a security question.", "Be careful: look at what you know of the customer before you let them try again."),
    of("CALL_QUALITY_FAIL", C::Other, false, Some(true), "The check before the call found the customer's connection too slow.", "Ask for a better connection, then try again."),
    of("NO_ESIGN_FRAUD", C::Other, false, Some(true), "The agent suspected fraud before the signing, and the session went to review.", "Offer nothing, wait for the review, and follow your fraud procedure."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole() {
        let count = |is: fn(&Failure) -> bool| CODES.iter().filter(|f| is(f)).count();
        assert_eq!(CODES.len(), 59);
        assert_eq!(
            [C::Data, C::Technical, C::User, C::Other]
                .map(|c| CODES.iter().filter(|f| f.category == c).count()),
            [3, 28, 17, 11]
        );
        assert_eq!(count(|f| f.caused_by_user.is_none()), 6);
        let codes: std::collections::BTreeSet<&str> = CODES.iter().map(|f| f.code).collect();
        assert_eq!(codes.len(), 59);
    }

    #[test]
    fn flags_are_the_guides() {
        let with = |is: fn(&Failure) -> bool| {
            CODES.iter().filter(|f| is(f)).map(|f| f.code).collect::<Vec<_>>()
        };
        assert_eq!(
            with(|f| f.is_permanent),
            [
                "DATA_APPLICATION_ADDRESS",
                "DATA_APPLICATION_DATA",
                "ENROLLED_TO_WAITING_LIST",
                "USER_LANGUAGE",
                "INDECENT_BEHAVIOUR",
                "OTHER_MISCELLANEOUS_PERMANENT"
            ]
        );
        assert_eq!(
            with(|f| f.caused_by_user == Some(false)),
            [
                "TECH_INTERNAL_SERVER_ERROR",
                "IDENT_CODE_NOT_RECEIVED",
                "INCORRECT_ID_NUMBER",
                "INCORRECT_NAME_IN_QES"
            ]
        );
        assert_eq!(
            explain("SECURITY_QUESTION").map(Failure::flags).as_deref(),
            Some("can be repeated · unknown who caused it")
        );
    }

    #[test]
    fn every_code_is_explained_and_others_are_not() {
        for failure in CODES {
            assert!(
                failure.means.ends_with('.') && failure.next.ends_with('.'),
                "{}",
                failure.code
            );
            assert!(
                !failure.is_permanent || failure.next != AGAIN,
                "{} cannot be tried again",
                failure.code
            );
            assert_eq!(explain(failure.code), Some(failure));
        }
        for unknown in ["", "tech_photo", "NEW_CODE"] {
            assert_eq!(explain(unknown), None);
        }
    }
}
