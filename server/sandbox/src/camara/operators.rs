//! The operators behind the one API. What a policy does is decided where it is used; here stand the
//! names and what each one means.

/// How an operator answers beside a "false" (and what it never should).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scores {
    /// Beside "false", for each attribute that has a score.
    BesideFalse,
    /// Beside "false", for a few attributes only.
    Some,
    /// Never: scores are optional.
    Off,
    /// Also beside "true", against the contract.
    BesideTrueToo,
}

/// One operator and its policy.
#[derive(Debug)]
pub(crate) struct Operator {
    /// The part of the path after `/camara/op/`; empty for the one at `/camara` itself.
    pub name: &'static str,
    /// In words, for people.
    pub does: &'static str,
    /// `idDocument` must be given and right before anything else is compared.
    pub requires_id: bool,
    pub scores: Scores,
    /// Answers attributes that nobody asked for.
    pub talks_too_much: bool,
    /// Writes `KNOW_YOUR_CUSTOMER.INVALID_TOKEN_CONTEXT`, as 0.1 and Telefonica's own 0.2 document
    /// do.
    pub prefixed_token_context: bool,
    /// Token errors as `{code, message}`, as Telefonica's document has them, not as OAuth does.
    pub code_and_message: bool,
    /// `expires_in` as text, as Orange's laboratory answers.
    pub expires_in_text: bool,
    /// Matches a second before it answers 429.
    pub rate_per_s: Option<usize>,
}

const ORDINARY: Operator = Operator {
    name: "",
    does: "The ordinary one: no rule about documents, a score beside each \"false\" that can have one.",
    requires_id: false,
    scores: Scores::BesideFalse,
    talks_too_much: false,
    prefixed_token_context: false,
    code_and_message: false,
    expires_in_text: false,
    rate_per_s: None,
};

/// All operators; the first one is the default.
pub(crate) static OPERATORS: [Operator; 9] = [
    ORDINARY,
    Operator {
        name: "requires-id",
        does: "Compares nothing before idDocument is given and right (403 otherwise); idDocument alone is compared like anything else.",
        requires_id: true,
        ..ORDINARY
    },
    Operator { name: "scores-off", does: "Gives no scores.", scores: Scores::Off, ..ORDINARY },
    Operator {
        name: "some-scores",
        does: "Gives scores for familyNameAtBirth and email only.",
        scores: Scores::Some,
        ..ORDINARY
    },
    Operator {
        name: "talks-too-much",
        does: "Answers attributes that nobody asked for, and scores beside \"true\".",
        scores: Scores::BesideTrueToo,
        talks_too_much: true,
        ..ORDINARY
    },
    Operator {
        name: "v01-errors",
        does: "Writes KNOW_YOUR_CUSTOMER.INVALID_TOKEN_CONTEXT with its old prefix.",
        prefixed_token_context: true,
        ..ORDINARY
    },
    Operator {
        name: "code-message",
        does: "Token errors are {code, message}, not OAuth's.",
        code_and_message: true,
        ..ORDINARY
    },
    Operator {
        name: "expires-text",
        does: "Tokens tell expires_in as text.",
        expires_in_text: true,
        ..ORDINARY
    },
    Operator {
        name: "slow",
        does: "Takes five matches a second; others get 429 with Retry-After: 1.",
        rate_per_s: Some(5),
        ..ORDINARY
    },
];

/// The attributes that [`Scores::Some`] scores, as in the contract's example.
pub(super) const SOME_SCORED: [&str; 2] = ["familyNameAtBirth", "email"];
