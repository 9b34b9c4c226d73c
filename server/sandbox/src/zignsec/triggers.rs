//! The well-known CPR numbers: statuses in the register, and misbehaviours. One table for the code
//! and for the first page.
//!
//! Nobody has one of these numbers, apart from the published one: they fail modulus 11 and their
//! date of birth is none of those for which numbers without it were issued.

/// What a number asks for, of both services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    Clean,
    Temporary,
    Permanent,
    TemporaryEnds,
    PermanentLater,
    Throttled,
    Fails,
    Unavailable,
    Timeout,
    TimeoutOnce,
    Cut,
    Html,
    UnknownStatus,
    NoResult,
    NullErrors,
    ExtraFields,
    TextResult,
    Internal,
    InternalOn200,
    NoConfig,
    NoConfigOn200,
    InvalidOn200,
    NumericCode,
    ListResult,
    DoubledResult,
}

use Asks::*;

/// What is asked for, by which CPR number, and what happens.
pub(crate) const NUMBERS: [(Asks, &str, &str); 26] = [
    (Clean, "1508620001", "PersonIsNotRegistered, like each number that is not in this table."),
    (Temporary, "1508620002", "PersonIsRegisteredTemporarily."),
    (Permanent, "1508620003", "PersonIsRegisteredPermanently."),
    (Permanent, "2005803522", "PersonIsRegisteredPermanently: the number of the published sample."),
    (
        TemporaryEnds,
        "1508620004",
        "PersonIsRegisteredTemporarily at the first call; then the exclusion has ended: PersonIsNotRegistered.",
    ),
    (
        PermanentLater,
        "1508620005",
        "PersonIsNotRegistered at the first call; then PersonIsRegisteredPermanently.",
    ),
    (Throttled, "1508620429", "The first call answers 429 with Retry-After: 2."),
    (Fails, "1508620500", "Each call answers 500."),
    (Unavailable, "1508620503", "The first two calls answer 503."),
    (Timeout, "1508620504", "Each call hangs (then 504)."),
    (TimeoutOnce, "1508620514", "The first call hangs (then 504)."),
    (Cut, "1508620600", "The answer is cut in the middle."),
    (Html, "1508620602", "The answer is 200 with an HTML page."),
    (
        UnknownStatus,
        "1508620610",
        "RofusStatus is PersonIsRegisteredIndefinitely, which nobody documented.",
    ),
    (NoResult, "1508620621", "The answer has neither IsMatch nor RofusStatus."),
    (NullErrors, "1508620630", "errors is null instead of an empty array."),
    (
        ExtraFields,
        "1508620640",
        "The answer has fields that nobody documented, and isMatch and rofusStatus in another letter case that say the opposite.",
    ),
    (TextResult, "1508620645", "IsMatch is the text \"true\", and RofusStatus is the number 0."),
    (Internal, "1508620650", "400 with the code Internal Exception."),
    (
        InternalOn200,
        "1508620651",
        "200 with the code Internal Exception; IsMatch true or PersonIsNotRegistered beside it must not be believed.",
    ),
    (NoConfig, "1508620660", "400 with the code MISSING_CONFIG."),
    (NoConfigOn200, "1508620661", "200 with the code MISSING_CONFIG and no result."),
    (InvalidOn200, "1508620670", "200 with the code INVALID_PERSONALNUMBER and no result."),
    (NumericCode, "1508620680", "400 whose code is a number instead of text."),
    (ListResult, "1508620690", "IsMatch and RofusStatus are lists of one."),
    (
        DoubledResult,
        "1508620691",
        "IsMatch and RofusStatus stand there twice: no match and then a match, excluded and then not registered.",
    ),
];

impl Asks {
    /// What this number asks for; `number` is ten digits.
    pub fn of(number: &str) -> Asks {
        NUMBERS.iter().find(|(_, known, _)| *known == number).map_or(Clean, |(asks, ..)| *asks)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::numbers::cpr, *};

    fn modulus_11(number: &str) -> u32 {
        let weights = [4, 3, 2, 7, 6, 5, 4, 3, 2, 1];
        number
            .bytes()
            .zip(weights)
            .map(|(digit, weight)| u32::from(digit - b'0') * weight)
            .sum::<u32>()
            % 11
    }

    #[test]
    fn nobody_can_have_one_of_these_numbers() {
        for (_, number, _) in NUMBERS {
            assert_eq!(cpr(number).as_deref(), Some(number), "well formed");
            assert_ne!(modulus_11(number), 0, "{number}");
        }
        assert_eq!(modulus_11("2005803511"), 0, "the sum itself is right");
    }

    #[test]
    fn each_number_asks_for_its_own() {
        for (index, (asks, number, does)) in NUMBERS.iter().enumerate() {
            assert_eq!(Asks::of(number), *asks);
            assert!(
                does.ends_with('.')
                    && NUMBERS.iter().skip(index + 1).all(|(_, other, _)| other != number)
            );
        }
        assert_eq!(Asks::of("1506093330"), Clean);
    }
}
