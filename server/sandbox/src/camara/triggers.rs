//! The well-known phone numbers that ask for a misbehaviour. One table: the code looks numbers up
//! in it and the first page prints it. `+999` is no country's, so none of them can be anybody's.

/// A misbehaviour that a phone number asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Trigger {
    MatchTimeout,
    MatchTimeoutOnce,
    Match500,
    Match503,
    Match503Always,
    Match429Once,
    Match429Always,
    CutJson,
    CutConnection,
    Html,
    Booleans,
    OtherCorrelator,
    UnknownValue,
    ScoreOutOfRange,
    NothingAvailable,
    ForgetsOne,
    TokenExpiredOnce,
    TokenRefused,
    NoPermission,
    TokenContext,
    NotFound,
    IdentifierNotFound,
    NotApplicable,
    Conflict,
    NoCorrelator,
    ListResults,
    FloatScores,
    FractionScores,
    QuotaOnce,
    PendingTwice,
    PendingForever,
    SlowDown,
    NoInterval,
    ExpiresText,
    Denied,
    DeniedLater,
    UnknownUser,
    DeniedCodeMessage,
    DeniedLaterCodeMessage,
    Authorize503,
    AuthorizeTimeout,
    Token500,
    TokenHtml,
    ShortToken,
    NoExpiry,
}

use Trigger::*;

/// Trigger, the number that asks for it, and what it does. Tries are counted for each number, at
/// each operator; a reset starts over. Numbers to 29 misbehave at a match, from 30 on at tokens.
pub(crate) const CAMARA_TRIGGERS: [(Trigger, &str, &str); 45] = [
    (MatchTimeout, "+99900000001", "Each match hangs, then 504 TIMEOUT."),
    (MatchTimeoutOnce, "+99900000002", "The first match hangs, then 504; later ones are fine."),
    (Match500, "+99900000003", "The first two matches answer 500 INTERNAL."),
    (Match503, "+99900000004", "The first two matches answer 503 UNAVAILABLE."),
    (Match503Always, "+99900000005", "Each match answers 503 UNAVAILABLE."),
    (Match429Once, "+99900000006", "The first match answers 429 with Retry-After: 2."),
    (Match429Always, "+99900000007", "Each match answers 429 with Retry-After: 2."),
    (CutJson, "+99900000008", "The answer's JSON ends in the middle."),
    (CutConnection, "+99900000009", "The connection breaks in the middle of the answer."),
    (Html, "+99900000010", "200 with an HTML page."),
    (Booleans, "+99900000011", "Results are JSON booleans, scores are text."),
    (OtherCorrelator, "+99900000012", "The answer carries another x-correlator."),
    (UnknownValue, "+99900000013", "Results are \"partial\", which nobody documented."),
    (ScoreOutOfRange, "+99900000014", "Each attribute is \"false\" with the score 140."),
    (NothingAvailable, "+99900000015", "Each attribute is \"not_available\"."),
    (ForgetsOne, "+99900000016", "One attribute that was asked for is missing in the answer."),
    (
        TokenExpiredOnce,
        "+99900000017",
        "The first match answers 401 and its token ends; with a new one all is fine.",
    ),
    (TokenRefused, "+99900000018", "Each match answers 401 UNAUTHENTICATED."),
    (NoPermission, "+99900000019", "Each match answers 403 PERMISSION_DENIED."),
    (TokenContext, "+99900000020", "Each match answers 403 INVALID_TOKEN_CONTEXT."),
    (NotFound, "+99900000021", "404 NOT_FOUND."),
    (IdentifierNotFound, "+99900000022", "404 IDENTIFIER_NOT_FOUND (0.2: NOT_FOUND)."),
    (NotApplicable, "+99900000023", "422 SERVICE_NOT_APPLICABLE (0.2: 404 NOT_FOUND)."),
    (Conflict, "+99900000024", "409 CONFLICT, which the contract does not document."),
    (NoCorrelator, "+99900000025", "The answer carries no x-correlator."),
    (ListResults, "+99900000026", "Each result is a list of one."),
    (FloatScores, "+99900000027", "Each attribute is \"false\" with the score 87.0."),
    (FractionScores, "+99900000028", "Each attribute is \"false\" with the score 87.5."),
    (QuotaOnce, "+99900000029", "The first match answers 429 QUOTA_EXCEEDED with Retry-After: 2."),
    (
        PendingTwice,
        "+99900000030",
        "CIBA: the first two polls answer authorization_pending; interval 1 s.",
    ),
    (
        PendingForever,
        "+99900000031",
        "CIBA: authorization_pending until the request ends after 3 s, then expired_token.",
    ),
    (SlowDown, "+99900000032", "CIBA: the first poll answers slow_down."),
    (NoInterval, "+99900000033", "CIBA: the answer has no interval."),
    (ExpiresText, "+99900000034", "expires_in is text."),
    (Denied, "+99900000035", "bc-authorize answers 403 access_denied."),
    (
        DeniedLater,
        "+99900000036",
        "The first poll answers 400 access_denied: the customer said no.",
    ),
    (UnknownUser, "+99900000037", "bc-authorize answers 400 unknown_user_id."),
    (DeniedCodeMessage, "+99900000038", "bc-authorize answers 403 as {code, message}."),
    (DeniedLaterCodeMessage, "+99900000039", "The first poll answers 400 as {code, message}."),
    (Authorize503, "+99900000040", "The first two tries of bc-authorize answer 503."),
    (AuthorizeTimeout, "+99900000041", "The first try of bc-authorize hangs, then 504."),
    (
        Token500,
        "+99900000042",
        "The first try of the token answers 500; its auth_req_id stays good.",
    ),
    (TokenHtml, "+99900000043", "The token endpoint answers 200 with an HTML page."),
    (ShortToken, "+99900000044", "The token lives for two seconds and says so."),
    (
        NoExpiry,
        "+99900000045",
        "The token's answer has no expires_in, and token_type is lower case.",
    ),
];

impl Trigger {
    /// The trigger with exactly this number.
    pub fn of(number: &str) -> Option<Trigger> {
        CAMARA_TRIGGERS.iter().find(|(_, known, _)| *known == number).map(|(trigger, ..)| *trigger)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_triggers_share_a_number_and_all_numbers_are_well_formed() {
        for (index, (trigger, number, _)) in CAMARA_TRIGGERS.iter().enumerate() {
            assert!(
                super::super::is_number(number) && number.starts_with("+999000000"),
                "{number}"
            );
            assert_eq!(Trigger::of(number), Some(*trigger));
            assert!(CAMARA_TRIGGERS.iter().skip(index + 1).all(|(other, ..)| other != trigger));
        }
        assert_eq!(Trigger::of("+9990000000"), None);
    }
}
