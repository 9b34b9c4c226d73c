//! The well-known last names that ask for a misbehaviour. One table: the code looks names up in it
//! and the first page prints it. They go with any first name, a scenario's included.

/// What is asked of the provider when it misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Person,
    Identification,
    Request,
}

/// How an answer goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    TimeoutApplied,
    TimeoutLost,
    Error500,
    TooMany429,
    Cut,
    Forbidden403,
    Quota429,
    Unavailable503,
    Gateway504,
}

/// What is odd in what the bank shows afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Odd {
    /// Neither sessions nor data of the document are given.
    NoSessions,
    /// The same, and somebody else has come.
    AnotherPerson,
    /// Sessions say that all is as it was, beside another name.
    SilentChange,
    /// Two sessions that came to nothing before the one that counts, the newest first.
    NewestFirst,
    /// A text among the sessions.
    TextInSessions,
    /// Members of the person that nobody documented, with the reference in them.
    UndocumentedMembers,
    /// The person has no list of documents.
    NoDocuments,
}

/// How the webhooks about an identification go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreliable {
    Duplicate,
    Late,
    Never,
    OutOfOrder,
    Forged,
    FixedId,
}

/// A misbehaviour that a last name asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    At(Stage, Fault),
    UnknownStatus,
    Webhook(Unreliable),
    Shows(Odd),
}

use Fault::*;
use Stage::*;
use Trigger::*;

/// The status that nobody documented.
pub(super) const UNKNOWN_STATUS: &str = "under_second_look";

/// Trigger, the last name that asks for it, and what it does. Tries are counted for each pair of
/// names (persons), each person (identifications) and each identification (requests).
pub(crate) const TRIGGERS: [(Trigger, &str, &str); 33] = [
    (
        At(Person, TimeoutApplied),
        "Test Timeout",
        "The person is made, but the first answer hangs (then 504).",
    ),
    (
        At(Person, TimeoutLost),
        "Test Timeout Lost",
        "The first try hangs (then 504) and makes nothing.",
    ),
    (At(Person, Error500), "Test 500", "The first two tries answer 500 and make nothing."),
    (At(Person, TooMany429), "Test 429", "The first try answers 429 with Retry-After: 2."),
    (
        At(Person, Cut),
        "Test Cut",
        "The person is made, but the first answer breaks off in the middle.",
    ),
    (
        At(Identification, TimeoutApplied),
        "Test Identification Timeout",
        "The identification is made, but the first answer hangs (then 504).",
    ),
    (
        At(Identification, TimeoutLost),
        "Test Identification Timeout Lost",
        "The first try hangs (then 504) and makes nothing.",
    ),
    (
        At(Identification, Error500),
        "Test Identification 500",
        "The first two tries answer 500 and make nothing.",
    ),
    (
        At(Identification, TooMany429),
        "Test Identification 429",
        "The first try answers 429 with Retry-After: 2.",
    ),
    (
        At(Identification, Cut),
        "Test Identification Cut",
        "The identification is made, but the first answer breaks off in the middle.",
    ),
    (
        At(Request, TimeoutApplied),
        "Test Request Timeout",
        "The request takes effect, but the first answer hangs (then 504).",
    ),
    (
        At(Request, TimeoutLost),
        "Test Request Timeout Lost",
        "The first try hangs (then 504) without effect.",
    ),
    (At(Request, Error500), "Test Request 500", "The first two tries answer 500 without effect."),
    (At(Request, TooMany429), "Test Request 429", "The first try answers 429 with Retry-After: 2."),
    (
        At(Request, Cut),
        "Test Request Cut",
        "The request takes effect, but the first answer breaks off in the middle.",
    ),
    (
        At(Person, Forbidden403),
        "Test Unauthorized Partner",
        "The person is refused with 403 unauthorized_partner.",
    ),
    (
        At(Person, Quota429),
        "Test Quota",
        "The first two tries answer 429 QUOTA_EXCEEDED with Retry-After: 2.",
    ),
    (At(Person, Unavailable503), "Test 503", "The first two tries answer 503 and make nothing."),
    (
        At(Person, Gateway504),
        "Test 504",
        "The first two tries answer 504 at once and make nothing.",
    ),
    (
        Shows(Odd::NoSessions),
        "Test No Sessions",
        "Sessions and data of the document answer 404; the person is as they were.",
    ),
    (
        Shows(Odd::AnotherPerson),
        "Test Another Person",
        "Sessions answer 404, and the person has another first name, birth date and nationality.",
    ),
    (
        Shows(Odd::SilentChange),
        "Test Silent Change",
        "Each session says MATCH beside a first name that nobody sent.",
    ),
    (
        Shows(Odd::NewestFirst),
        "Test Newest First",
        "Two aborted sessions lie before the one that counts; the list has the newest first.",
    ),
    (Shows(Odd::TextInSessions), "Test Odd Sessions", "The list of sessions has a text in it."),
    (
        Shows(Odd::UndocumentedMembers),
        "Test Odd Members",
        "The person has members that nobody documented, with the reference in them.",
    ),
    (Shows(Odd::NoDocuments), "Test No Documents", "The person's list of documents answers 404."),
    (
        UnknownStatus,
        "Test Unknown Status",
        "Where the case would be successful, the status is one that nobody documented.",
    ),
    (
        Webhook(Unreliable::Duplicate),
        "Test Webhook Duplicate",
        "Each webhook is sent three times with the same id.",
    ),
    (Webhook(Unreliable::Late), "Test Webhook Late", "Each webhook is sent late (see --late-ms)."),
    (Webhook(Unreliable::Never), "Test Webhook None", "No webhook is ever sent."),
    (
        Webhook(Unreliable::OutOfOrder),
        "Test Webhook Out Of Order",
        "Each webhook is followed by one with the status before.",
    ),
    (
        Webhook(Unreliable::Forged),
        "Test Webhook Forged",
        "Each webhook is preceded by one with another status and a wrong signature.",
    ),
    (
        Webhook(Unreliable::FixedId),
        "Test Webhook Fixed Id",
        "Each webhook names the subscription `fixed`, whatever its own is.",
    ),
];

impl Trigger {
    /// The trigger with exactly this name; case and space around it do not count.
    pub fn of(name: &str) -> Option<Trigger> {
        let name = name.trim();
        TRIGGERS
            .iter()
            .find(|(_, known, _)| known.eq_ignore_ascii_case(name))
            .map(|(trigger, ..)| *trigger)
    }
}

/// The fault that the name asks for at this stage.
pub(super) fn fault_at(stage: Stage, last_name: &str) -> Option<Fault> {
    match Trigger::of(last_name) {
        Some(At(at, fault)) if at == stage => Some(fault),
        _ => None,
    }
}

/// What is odd in what the bank shows of somebody with this last name.
pub(super) fn odd(last_name: &str) -> Option<Odd> {
    match Trigger::of(last_name) {
        Some(Shows(odd)) => Some(odd),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whatever_their_case_but_only_whole() {
        assert_eq!(fault_at(Person, " test TIMEOUT "), Some(TimeoutApplied));
        assert_eq!(fault_at(Request, "Test Timeout"), None);
        assert_eq!(Trigger::of("Test"), None);
        assert_eq!(Trigger::of("Test 500 GmbH"), None);
    }

    #[test]
    fn no_two_triggers_share_a_name() {
        for (index, (trigger, name, _)) in TRIGGERS.iter().enumerate() {
            assert_eq!(Trigger::of(name), Some(*trigger));
            assert!(TRIGGERS.iter().skip(index + 1).all(|(other, ..)| other != trigger));
        }
    }
}
