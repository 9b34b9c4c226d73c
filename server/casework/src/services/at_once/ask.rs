//! Putting the question to the provider; the one call that is never repeated by itself.

use super::super::{Client, Question, Said};
use crate::{
    Casework, Error,
    providers::{Answer, CallError},
    records::{checks::Check, connections::Connection},
};

/// A question that is ready to leave: everything that can fail before it does was done.
pub(crate) struct Prepared {
    question: Question,
    client: Client,
}

/// What came back: the bytes as received, and what they say to the question.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub question: Question,
    pub answer: Answer,
    pub said: Said,
}

/// Opens the question and the connection's credential.
///
/// # Errors
/// What cannot be opened, or the database.
pub(crate) async fn prepare(
    work: &Casework,
    connection: &Connection,
    check: &Check,
) -> Result<Prepared, Error> {
    let question = super::launch::question(work, check).await?;
    let client = question.client(work, connection).await?;
    Ok(Prepared { question, client })
}

impl Prepared {
    /// What has to be fetched before the question may leave: an access token. Nothing is asked
    /// about the customer yet, except for the operator's permission, which may be asked for again.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn make_ready(&self) -> Result<(), CallError> {
        self.client.make_ready(&self.question).await
    }

    /// Asks, once.
    ///
    /// # Errors
    /// [`CallError`]; where it [`CallError::may_have_happened`], nobody can tell.
    pub async fn ask(&self) -> Result<Answered, CallError> {
        let answer = self.client.put(&self.question).await?;
        match Said::read(self.question.kind(), &answer.body, &self.question.asked()) {
            Some(said) => Ok(Answered { question: self.question.clone(), answer, said }),
            None => Err(CallError::Unusable("it cannot be read".into())),
        }
    }
}
