//! Putting the question to the provider; the one call that is never repeated by itself.

use super::{Question, question};
use crate::{
    Casework, Error,
    checks::store::Check,
    connections::{self, Connection},
    providers::{
        Answer, CallError, camara,
        kryptogo::{self, Kya},
        zignsec::{self, PidCprAnswer, RofusAnswer},
    },
};

/// A question that is ready to leave: everything that can fail before it does was done.
pub(crate) struct Prepared {
    question: Question,
    client: Client,
}

enum Client {
    Camara(Box<camara::Client>),
    Zignsec(zignsec::Client),
    Kryptogo(kryptogo::Client),
}

/// What came back: the bytes as received, and what they say.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub answer: Answer,
    pub read: ReadAnswer,
}

#[derive(Debug, Clone)]
pub(crate) enum ReadAnswer {
    NumberMatch(Vec<domain::number_match::Row>),
    PidCprMatch(PidCprAnswer),
    Rofus(RofusAnswer),
    Kya(Box<Kya>),
}

/// Opens the question and the connection's credential.
///
/// # Errors
/// What cannot be opened, or the database.
pub(crate) async fn prepare(work: &Casework, connection: &Connection, check: &Check) -> Result<Prepared, Error> {
    let question = question(work, check).await?;
    let client = match &question {
        Question::NumberMatch { .. } => Client::Camara(Box::new(connections::camara_client(work, connection).await?)),
        Question::PidCprMatch { .. } | Question::Rofus { .. } => Client::Zignsec(connections::zignsec_client(work, connection).await?),
        Question::Kya { .. } => Client::Kryptogo(connections::kryptogo_client(work, connection).await?),
    };
    Ok(Prepared { question, client })
}

impl Prepared {
    /// What has to be fetched before the question may leave: an access token. Nothing is asked about the customer yet,
    /// except for the operator's permission, which may be asked for again.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn make_ready(&self) -> Result<(), CallError> {
        match (&self.client, &self.question) {
            (Client::Camara(client), Question::NumberMatch { ask, .. }) => client.make_ready(&ask.phone).await,
            _ => Ok(()),
        }
    }

    /// Asks, once.
    ///
    /// # Errors
    /// [`CallError`]; where it [`CallError::may_have_happened`], nobody can tell.
    pub async fn ask(&self) -> Result<Answered, CallError> {
        match (&self.client, &self.question) {
            (Client::Camara(client), Question::NumberMatch { version, ask }) => {
                let (answer, read) = client.match_number(ask, *version).await?;
                Ok(Answered { answer, read: ReadAnswer::NumberMatch(read.rows(ask, *version)) })
            }
            (Client::Zignsec(client), Question::PidCprMatch { ask }) => {
                let (answer, read) = client.match_pid_cpr(ask).await?;
                complained(read.refusal())?;
                Ok(Answered { answer, read: ReadAnswer::PidCprMatch(read) })
            }
            (Client::Zignsec(client), Question::Rofus { ask }) => {
                let (answer, read) = client.check_rofus(ask).await?;
                complained(read.refusal())?;
                Ok(Answered { answer, read: ReadAnswer::Rofus(read) })
            }
            (Client::Kryptogo(client), Question::Kya { ask }) => {
                let (answer, read) = client.kya(&ask.address, Some(ask.address.chain())).await?;
                Ok(Answered { answer, read: ReadAnswer::Kya(Box::new(read)) })
            }
            _ => Err(CallError::NotSent("the connection is for another service".into())),
        }
    }
}

/// A complaint on 200 is a refusal like any other: the register was not looked up.
fn complained(refusal: Option<CallError>) -> Result<(), CallError> {
    refusal.map_or(Ok(()), Err)
}
