//! The well-known names that ask an ID verification for an outcome or a misbehaviour. One table for
//! the code and for the first page; the names of due diligence that are about creations, callbacks
//! and reads work here too ([`shared`]).

use super::super::triggers::Trigger;

/// What an expected name asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdvTrigger {
    Review(i64),
    Reject(i64),
    ReviewMany,
    RejectMany,
    Pending,
    InitialRejected,
    NoState,
    UnknownState,
    TextValues,
    SeedSample,
    ImageGone,
    ImageSlow,
    ImageWrong,
    ImageBomb,
    Script,
    OtherId,
    OtherCustomer,
    OtherName,
    ListState,
    DoubledState,
    NothingRecognised,
    LoneSurrogate,
}

use IdvTrigger::*;

/// Names that end with a code of the reader's choice.
const REVIEW: &str = "test idv review ";
const REJECT: &str = "test idv reject ";

/// Names, and what they do. The two with `<code>` stand for any code.
pub(crate) const IDV_TRIGGERS: [(Option<IdvTrigger>, &str, &str); 22] = [
    (
        None,
        "Test Idv Review <code>",
        "State 1 with this reason. 500 to 506 really differ: name, birthday, ID number, country, issuing date, expiry date (expired), gender.",
    ),
    (
        None,
        "Test Idv Reject <code>",
        "State 2 with this reason; 901 counts the customer's tries down. The document was not read for 200, 201, 700, 701 and 702.",
    ),
    (Some(ReviewMany), "Test Idv Review Many", "State 1 with 500, 501, 505 and 406."),
    (Some(RejectMany), "Test Idv Reject Many", "State 2 with 104, 108 and 407."),
    (Some(Pending), "Test Idv Pending", "State 3 for good."),
    (
        Some(InitialRejected),
        "Test Idv Initial Rejected",
        "State 4 with reject reason 802, as if it had never been created; without the customer too.",
    ),
    (Some(NoState), "Test Idv No State", "At the end there is no state at all."),
    (Some(UnknownState), "Test Idv Unknown State", "At the end the state is 9."),
    (
        Some(TextValues),
        "Test Idv Text Values",
        "Accepted, with numbers as text, unknown fields and enum values, and null instead of arrays.",
    ),
    (
        Some(SeedSample),
        "Test Idv Seed Sample",
        "As the published sample: state 0 with reasons of both kinds, and another birthday and ID number than expected.",
    ),
    (Some(ImageGone), "Test Idv Image Gone", "The image addresses answer 404."),
    (
        Some(ImageSlow),
        "Test Idv Image Slow",
        "Each image address hangs once (then 504); later it works.",
    ),
    (Some(ImageWrong), "Test Idv Image Wrong", "The image addresses answer 200 with an HTML page."),
    (
        Some(ImageBomb),
        "Test Idv Image Bomb",
        "The image addresses give a PNG whose header promises 60,000 × 60,000 pixels.",
    ),
    (
        Some(Script),
        "Test Idv Script",
        "State 1; every text of the answer but the echo of what was asked is an attempt to run a script, image addresses included.",
    ),
    (Some(OtherId), "Test Idv Other Id", "The answer is about another idv_task_id."),
    (
        Some(OtherCustomer),
        "Test Idv Other Customer",
        "The answer is about another customer_reference.",
    ),
    (
        Some(OtherName),
        "Test Idv Other Name",
        "The answer repeats another expected_name than was sent.",
    ),
    (
        Some(ListState),
        "Test Idv List State",
        "At the end the state is [0], and so is the birthday a list of one.",
    ),
    (
        Some(DoubledState),
        "Test Idv Doubled State",
        "At the end the state stands there twice: 2, and then 0.",
    ),
    (
        Some(NothingRecognised),
        "Test Idv Nothing Recognised",
        "State 0, and what was recognised stands in a member that nobody documented.",
    ),
    (
        Some(LoneSurrogate),
        "Test Idv Lone Surrogate",
        "The full name ends with half of a pair: \\ud83d.",
    ),
];

impl IdvTrigger {
    /// The trigger with exactly this name; case and space around it do not count.
    pub fn of(name: &str) -> Option<IdvTrigger> {
        let name = name.trim().to_lowercase();
        let code = |start: &str| name.strip_prefix(start)?.trim().parse().ok();
        if let Some(code) = code(REVIEW) {
            return Some(Review(code));
        }
        if let Some(code) = code(REJECT) {
            return Some(Reject(code));
        }
        IDV_TRIGGERS
            .iter()
            .find(|(trigger, known, _)| trigger.is_some() && known.eq_ignore_ascii_case(&name))
            .and_then(|row| row.0)
    }

    /// Whether it changes what the image addresses give.
    pub fn spoils_images(self) -> bool {
        matches!(self, ImageGone | ImageSlow | ImageWrong | ImageBomb)
    }
}

/// The triggers of due diligence that an ID verification knows as well, when its expected name is
/// theirs.
pub(crate) fn shared(name: &str) -> Option<Trigger> {
    use Trigger::*;
    Trigger::of(name).filter(|trigger| {
        matches!(
            trigger,
            CreateTimeoutApplied
                | CreateTimeoutLost
                | Create503
                | Create429
                | Create402
                | Create400
                | CreateBadAnswer
                | CallbackDuplicate
                | CallbackLate
                | CallbackNone
                | CallbackEarly
                | CallbackOutOfOrder
                | Huge
                | BadJson
                | BadJsonOnce
                | Summary500
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_code_can_be_asked_for() {
        assert_eq!(IdvTrigger::of(" TEST idv Review 501 "), Some(Review(501)));
        assert_eq!(IdvTrigger::of("Test Idv Reject 31337"), Some(Reject(31_337)));
        assert_eq!(IdvTrigger::of("Test Idv Reject -1"), Some(Reject(-1)));
        for name in [
            "Test Idv Review",
            "Test Idv Review x",
            "Test Idv Review <code>",
            "Test Idv",
            "Review 501",
        ] {
            assert_eq!(IdvTrigger::of(name), None, "{name}");
        }
    }

    #[test]
    fn each_name_of_the_table_asks_for_its_own() {
        for (trigger, name, does) in IDV_TRIGGERS {
            assert_eq!(IdvTrigger::of(&name.to_uppercase()), trigger);
            assert!(does.ends_with('.'));
        }
        assert_eq!(IdvTrigger::of("Test Idv Review Many"), Some(ReviewMany));
    }

    #[test]
    fn decisions_of_due_diligence_are_no_triggers_here() {
        assert_eq!(shared("test create 503"), Some(Trigger::Create503));
        assert_eq!(shared("Test Decide 503"), None);
    }
}
