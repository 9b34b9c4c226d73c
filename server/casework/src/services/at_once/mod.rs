//! What services have in common whose answer to the launch is the outcome.
//!
//! What is personal in the question (numbers of documents and people, addresses) is sealed with the
//! customer's key as evidence; the check itself only says what was asked about. None of these
//! services has a key by which a provider would recognise the same question: when an answer is
//! lost, nobody can tell whether the question arrived, so it is never put again by itself. `launch`
//! writes the question down, `ask` speaks with providers, `outcome` writes down what they said,
//! `many` launches a table.

pub(super) mod ask;
pub(super) mod launch;
pub mod many;
pub(super) mod operators;
pub(super) mod outcome;
pub(super) mod service;

use crate::{
    Casework, Error,
    providers::{Answer, CallError},
    records::{
        checks::{Check, Finding},
        connections::{Connection, Options},
        customers::who::Fields,
    },
    store::Conn,
};
use domain::{
    Moment, checks::Kind, fields::Refused, risk::Rating, services::LaunchForm, who::Bears,
};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;

pub use crate::records::checks::Asked;
pub use many::Column;

/// The evidence's source: what was asked, sealed.
pub const QUESTION: &str = "question";
/// The evidence's source: what the provider answered.
pub const ANSWER: &str = "answer";

/// What an answer comes to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The provider's number of it.
    pub reference: Option<String>,
    /// The provider's state, in words.
    pub words: String,
    pub risk: Option<i64>,
    /// In the order that reviewers look.
    pub findings: Vec<Finding>,
}

/// A service whose answer to the launch is the outcome.
///
/// Everything that is the same for all of them (the transaction of a launch, the sealed question,
/// the one call and its lost answers, evidence, findings, tables) stands beside this and asks the
/// service only for what is its own.
pub trait AtOnce: 'static {
    const KIND: Kind;
    /// What a person types.
    type Form: LaunchForm + Send + Sync;
    /// The whole question, as it is sent. Sealed as evidence: what was stored once must stay
    /// readable.
    type Question: Debug + Clone + PartialEq + Eq + Serialize + DeserializeOwned + Send + Sync;
    /// What the answer says.
    type Said: Debug + Clone + PartialEq + Eq + Send + Sync;
    /// The client of its provider.
    type Client: Send + Sync;

    /// Checks a form for a connection, if one is chosen.
    ///
    /// # Errors
    /// The form with a message beside each cause.
    fn check(
        form: &Self::Form,
        connection: Option<&Options>,
        now: Moment,
    ) -> Result<Self::Question, Refused>;

    /// The form that would ask the same again; its connection is set by who calls.
    fn form(question: Self::Question) -> Self::Form;

    /// What may stand in clear.
    fn asked(question: &Self::Question) -> Asked;

    /// The phone number that it is about, in the international form; shown masked, and known again.
    fn phone(_question: &Self::Question) -> Option<&str> {
        None
    }

    /// The birth date that the question gives, for the customer's own page.
    fn birth_date(_question: &Self::Question) -> Option<String> {
        None
    }

    /// The nationality that the question gives: ISO 3166-1 alpha-3.
    fn country(_question: &Self::Question) -> Option<String> {
        None
    }

    /// By what else whom it is about would be known again, besides the phone number.
    fn bears(_question: &Self::Question) -> Vec<Bears> {
        vec![]
    }

    /// The name that somebody is asked about, where it is another than the customer's.
    fn another_name(_question: &Self::Question) -> Option<String> {
        None
    }

    /// The inputs that a question about the customer's data stands beside.
    fn fields(_question: &Self::Question) -> Fields {
        Fields { name: "name", birth_date: "name", country: "name" }
    }

    /// Members of the stored question that are shown masked: name and what is shown.
    fn masked(_question: &Self::Question) -> Vec<(&'static str, String)> {
        vec![]
    }

    /// What the provider gave, with the numbers of people in it masked; nothing where it never has
    /// any.
    fn masked_answer(_text: &str) -> Option<String> {
        None
    }

    /// Opens the connection's credential.
    fn client(
        work: &Casework,
        connection: &Connection,
    ) -> impl Future<Output = Result<Self::Client, Error>> + Send;

    /// What has to be fetched before the question may leave. Nothing is asked about the customer
    /// yet.
    fn make_ready(
        _client: &Self::Client,
        _question: &Self::Question,
    ) -> impl Future<Output = Result<(), CallError>> + Send {
        async { Ok(()) }
    }

    /// Asks, once: the bytes as received, once they can be read as an answer to this question.
    fn put(
        client: &Self::Client,
        question: &Self::Question,
    ) -> impl Future<Output = Result<Answer, CallError>> + Send;

    /// What a kept answer says, if it can be read.
    fn read(body: &[u8], asked: &Asked) -> Option<Self::Said>;

    /// What it comes to; `came` is the moment at which the answer was received.
    fn outcome(said: &Self::Said, question: &Self::Question, came: Moment) -> Outcome;

    /// Our score of an answer beside the provider's; nothing where it gives none.
    fn rating(_said: &Self::Said) -> Option<Rating> {
        None
    }

    /// What was said when the answer was read again, where that is something else than at first;
    /// nothing where it is never read again.
    fn said_again(
        _work: &Casework,
        _conn: &mut Conn<'_>,
        _check: &Check,
    ) -> impl Future<Output = Result<Option<Self::Said>, Error>> + Send {
        async { Ok(None) }
    }

    /// The columns of its table of many; none where it has no table.
    fn columns() -> &'static [Column] {
        &[]
    }
}

/// `+34•••••••833`: enough to tell two numbers of one customer apart.
pub(super) fn masked_phone(phone: &str) -> String {
    let shown = 3;
    let length = phone.len();
    if length <= shown + 5 {
        return "•".repeat(length);
    }
    format!("{}{}{}", &phone[..3], "•".repeat(length - shown - 3), &phone[length - shown..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_in_clear_says_little() {
        assert_eq!(masked_phone("+34629255833"), "+34••••••833");
        assert_eq!(masked_phone("+1234567"), "••••••••");
    }
}
