//! What the rest of the desk asks of a service, at each place where services differ.
//!
//! Shared code knows what every check has: its state, its promises, its evidence, its decisions.
//! Whatever depends on the service stands here as a question, and each service answers in its own
//! folder. [`super::of`] has the one choice among them.

use super::{Question, Read, Said, ending, idv, video};
use crate::{
    Casework, Error,
    journal::{self, Actor},
    providers::{
        CallError,
        kryptogo::{Details, IdvAnswer, Summary},
        overheard::Overheard,
    },
    records::{checks::Check, connections::Connection},
    store::Conn,
};
use async_trait::async_trait;
use domain::{Moment, decisions, launch::Target, risk::Rating, who::Bears};

/// A service, as the desk and the workers meet it.
///
/// What has a default here is what most services have nothing to do for.
#[async_trait]
pub(crate) trait Service: Sync {
    /// In which of its ways the outbox keeps the promise of a launch.
    fn sent_as(&self) -> SentAs;

    /// What is done for a launch that was sent and whose answer never came.
    ///
    /// # Errors
    /// A stored request that cannot be read.
    fn lost(&self, check: &Check) -> Result<Lost, Error>;

    /// What a reviewer reads of a launch that did not go through. `usual` is what the outbox says
    /// of every such call.
    ///
    /// # Errors
    /// A stored request that cannot be read.
    fn words_of(
        &self,
        _check: &Check,
        _error: &CallError,
        usual: String,
        _is_given_up: bool,
    ) -> Result<String, Error> {
        Ok(usual)
    }

    /// What follows when a promise of the launch is kept no more, in the transaction that ends it.
    ///
    /// # Errors
    /// The database, or a payload that cannot be read.
    async fn gave_up(
        &self,
        conn: &mut Conn<'_>,
        check: &Check,
        given_up: GivenUp<'_>,
    ) -> Result<Vec<journal::Entry>, Error>;

    /// Reads how the check stands at its provider, and carries over what that says.
    ///
    /// # Errors
    /// The call, or the database.
    async fn read_again(
        &self,
        work: &Casework,
        connection: &Connection,
        check: &Check,
    ) -> Result<Read, Error>;

    /// Whether this is kept of what was refused on the way of a read that went well.
    fn keeps(&self, _heard: &Overheard) -> bool {
        true
    }

    /// Whether the check fails when it could not be read for hours though its provider was there.
    fn fails_unread(&self) -> bool;

    /// Reads what only its own checks show on the review page.
    ///
    /// # Errors
    /// The database, or damaged evidence.
    async fn shown(
        &self,
        work: &Casework,
        conn: &mut Conn<'_>,
        check: &Check,
    ) -> Result<Shown, Error>;

    /// What follows from an acceptance, in the transaction of the decision.
    ///
    /// # Errors
    /// The database, or a stored request that cannot be read.
    async fn accepted(
        &self,
        _work: &Casework,
        _conn: &mut Conn<'_>,
        _check: &Check,
        _actor: &Actor,
        _now: Moment,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// What a request asked of the provider, as far as another one can ask less.
    fn asked(&self, _request: &str, _connection: &str) -> decisions::Asked {
        decisions::Asked::default()
    }

    /// Whom a check asked about, and by what else they would be known again.
    ///
    /// # Errors
    /// The database, or what cannot be opened any more.
    async fn about(
        &self,
        work: &Casework,
        conn: &mut Conn<'_>,
        check: &Check,
    ) -> Result<(Target, Vec<Bears>), Error>;

    /// Its request without anything about the person, as it stays after an erasure; nothing for
    /// one that cannot be read.
    fn emptied(&self, request: &str) -> Option<String>;

    /// Throws away what it keeps beside its checks and nobody came back for.
    ///
    /// # Errors
    /// The database.
    async fn sweep(&self, _work: &Casework) -> Result<(), Error> {
        Ok(())
    }
}

/// The ways in which the outbox keeps the promise of a launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SentAs {
    /// A question, put once; the answer is the outcome.
    Question,
    /// A search task, made alone or together with others.
    Task,
    /// The start of an ID verification, with its pictures where we have them.
    Start,
    /// Steps that a person takes one by one, each a promise.
    Steps,
}

/// What is done for a launch whose answer never came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Nobody can tell whether it arrived, and it is never sent again by itself.
    Over,
    /// It is looked up at the provider, and sent again when it is not there.
    LookedUp,
    /// It is sent again: twice costs no more than once.
    SentAgain,
    /// The provider has no way to look it up: only its callback tells.
    CalledBack,
}

/// A promise of a launch that is kept no more.
pub(crate) struct GivenUp<'a> {
    pub payload: &'a str,
    /// Why, for whoever reads the check.
    pub words: &'a str,
    /// The check did not wait for it any more.
    pub is_moot: bool,
    pub now: Moment,
}

impl GivenUp<'_> {
    /// The check ends with its launch.
    ///
    /// # Errors
    /// The database.
    pub(super) async fn fail(&self, conn: &mut Conn<'_>, check: &Check) -> Result<(), Error> {
        if self.is_moot {
            return Ok(());
        }
        let id = check.id.as_str().into();
        ending::fail(conn, &Actor::worker(), &id, self.words, self.now).await
    }
}

/// What only checks of a service show on the review page.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// Whom it asked about, as far as that can be read now.
    pub target: Option<Target>,
    /// The search setting, by number.
    pub search_setting: Option<i64>,
    /// The provider's score and ours, of what can be read of the evidence.
    pub rating: Option<Rating>,
    pub details: Option<Details>,
    pub summary: Option<Summary>,
    pub idv: Option<IdvAnswer>,
    pub pictures: Vec<idv::Picture>,
    pub handout: Option<idv::Handout>,
    pub said: Option<Said>,
    /// What was said when it was read again, where that is something else.
    pub said_again: Option<Said>,
    pub question: Option<Question>,
    pub video: Option<video::Shown>,
}
