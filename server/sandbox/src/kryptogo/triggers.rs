//! The well-known target names that ask for a misbehaviour. One table: the code looks names up in
//! it and the first page prints it.

/// A misbehaviour that a target's name asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    CreateTimeoutApplied,
    CreateTimeoutLost,
    Create503,
    Create429,
    Create402,
    Create400,
    CreateBadAnswer,
    DecideTimeoutApplied,
    DecideTimeoutLost,
    Decide503,
    Decide429,
    Decide503Applied,
    DecideConflict,
    DecideSame,
    CallbackDuplicate,
    CallbackLate,
    CallbackNone,
    CallbackEarly,
    CallbackOutOfOrder,
    UnknownValues,
    NullReport,
    Slow,
    Stuck,
    Huge,
    BadJson,
    BadJsonOnce,
    Summary500,
    SlowLoris,
    Redirect,
    DecideHtml,
    DecideCode,
    DecideEmpty,
    DecideOpposite,
    DecideReversed,
    MetadataCode,
    OddResult,
    ListResult,
    TextResult,
    SeedSample,
    OtherTask,
    OtherCustomer,
    OtherTarget,
    NoDetails,
    LateDetails,
    LoneSurrogate,
    DoubledKeys,
    FloatScore,
    FractionScore,
    ByteOrderMark,
    GzipAnswer,
    DeflateAnswer,
    GzipBomb,
    ComesAgain,
}

use Trigger::*;

/// Trigger, the target name that asks for it, and what it does. Tries of a creation are counted for
/// each pair of name and `customer_reference`, all others for each task.
pub(crate) const TRIGGERS: [(Trigger, &str, &str); 53] = [
    (
        CreateTimeoutApplied,
        "Test Create Timeout Applied",
        "The task is made, but each try hangs (then 504).",
    ),
    (
        CreateTimeoutLost,
        "Test Create Timeout Lost",
        "The first try hangs (then 504) and makes nothing; later tries are fine.",
    ),
    (Create503, "Test Create 503", "The first two tries answer 503 and make nothing."),
    (Create429, "Test Create 429", "The first try answers 429 with Retry-After: 2."),
    (Create402, "Test Create 402", "Each try answers 402: no points left."),
    (Create400, "Test Create 400", "Each try answers 400."),
    (
        CreateBadAnswer,
        "Test Create Bad Answer",
        "The task is made, but the answer is 200 with an HTML page.",
    ),
    (
        DecideTimeoutApplied,
        "Test Decide Timeout Applied",
        "The first decision takes effect, but its answer hangs (then 504).",
    ),
    (
        DecideTimeoutLost,
        "Test Decide Timeout Lost",
        "The first try hangs (then 504) without effect; later tries are fine.",
    ),
    (Decide503, "Test Decide 503", "The first two tries answer 503 without effect."),
    (Decide429, "Test Decide 429", "The first try answers 429 with Retry-After: 2."),
    (
        Decide503Applied,
        "Test Decide 503 Applied",
        "The first decision takes effect, but is answered with 503.",
    ),
    (
        DecideConflict,
        "Test Decide Conflict",
        "The provider's staff decides the opposite just before: 409.",
    ),
    (DecideSame, "Test Decide Same", "The provider's staff decides the same just before: 409."),
    (CallbackDuplicate, "Test Callback Duplicate", "Each callback is sent five times."),
    (CallbackLate, "Test Callback Late", "Each callback is sent late (see --late-ms)."),
    (CallbackNone, "Test Callback None", "No callback is ever sent."),
    (
        CallbackEarly,
        "Test Callback Early",
        "A callback with progress 0 arrives before the creation is answered.",
    ),
    (
        CallbackOutOfOrder,
        "Test Callback Out Of Order",
        "The callback of the completion is followed by an older one with progress 40.",
    ),
    (
        UnknownValues,
        "Test Unknown Values",
        "Unknown enum values, numbers as text, and fields and a source nobody documented.",
    ),
    (
        NullReport,
        "Test Null Report",
        "The summary's report stays null at progress 100; details are fine.",
    ),
    (Slow, "Test Slow", "Each source takes ten times as long."),
    (Stuck, "Test Stuck", "Progress stops at 40 for good."),
    (Huge, "Test Huge", "The details are 8 MB long."),
    (BadJson, "Test Bad Json", "The details are cut in the middle, at each read."),
    (
        BadJsonOnce,
        "Test Bad Json Once",
        "The details are cut in the middle at the first read only.",
    ),
    (Summary500, "Test Summary 500", "The first three reads of the summary answer 500."),
    (SlowLoris, "Test Slow Loris", "The details dribble, one byte each 200 ms."),
    (
        Redirect,
        "Test Redirect",
        "The summary answers 302 to another path, which has a believable, wrong document.",
    ),
    (
        DecideHtml,
        "Test Decide Html",
        "The first decision is not taken, and answered with 200 and an HTML page.",
    ),
    (
        DecideCode,
        "Test Decide Code",
        "The first decision is not taken, and answered with 200 and {\"code\":1403}.",
    ),
    (
        DecideEmpty,
        "Test Decide Empty",
        "The first decision takes effect; its answer is 200 without a body.",
    ),
    (
        DecideOpposite,
        "Test Decide Opposite",
        "Each decision is taken as the opposite, and its answer says so.",
    ),
    (
        DecideReversed,
        "Test Decide Reversed",
        "The decision takes effect and is confirmed; then the provider's staff turns it round, and the callback says so.",
    ),
    (
        MetadataCode,
        "Test Metadata Code",
        "Metadata that are set the first time are not taken, and answered with 200 and {\"code\":1}.",
    ),
    (
        OddResult,
        "Test Odd Result",
        "The details have what the negative news found in a shape that nobody documented; all else is empty.",
    ),
    (ListResult, "Test List Result", "The details' result is a list instead of an object."),
    (TextResult, "Test Text Result", "The details' result is a text."),
    (
        SeedSample,
        "Test Seed Sample",
        "As the published sample: sanction_matched true, potential_risk 51, no result, undecided, and an auditor all the same.",
    ),
    (
        OtherTask,
        "Test Other Task",
        "The first two reads of the summary are about another task; later ones are right.",
    ),
    (OtherCustomer, "Test Other Customer", "Summary and details name another customer_reference."),
    (OtherTarget, "Test Other Target", "Summary and details name another target."),
    (NoDetails, "Test No Details", "The details answer 404, at each read."),
    (LateDetails, "Test Late Details", "The details answer 404 at the first two reads."),
    (
        LoneSurrogate,
        "Test Lone Surrogate",
        "A title in the details ends with half of a pair: \\ud83d.",
    ),
    (
        DoubledKeys,
        "Test Doubled Keys",
        "The details have sanction_matched and audit_status twice, with different values.",
    ),
    (FloatScore, "Test Float Score", "potential_risk is 87.0, a float that is whole."),
    (FractionScore, "Test Fraction Score", "potential_risk is 74.5."),
    (ByteOrderMark, "Test Byte Order Mark", "Summary and details begin with a byte order mark."),
    (GzipAnswer, "Test Gzip", "The details come packed with gzip, asked or not."),
    (DeflateAnswer, "Test Deflate", "The details come packed with deflate, asked or not."),
    (
        GzipBomb,
        "Test Gzip Bomb",
        "The details come packed with gzip, and are 64 MB long when unpacked.",
    ),
    (
        ComesAgain,
        "Test Comes Again",
        "43 news entries. Run again for the same customer: 3 new, 1 changed, 40 as before, 2 gone.",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whatever_their_case_but_only_whole() {
        assert_eq!(Trigger::of(" test CREATE 503 "), Some(Create503));
        assert_eq!(Trigger::of("Test Decide 503 Applied"), Some(Decide503Applied));
        assert_eq!(Trigger::of("Test Create"), None);
        assert_eq!(Trigger::of("Test Create 503 GmbH"), None);
    }

    #[test]
    fn no_two_triggers_share_a_name() {
        for (index, (trigger, name, _)) in TRIGGERS.iter().enumerate() {
            assert_eq!(Trigger::of(name), Some(*trigger));
            assert!(TRIGGERS.iter().skip(index + 1).all(|(other, ..)| other != trigger));
        }
    }
}
