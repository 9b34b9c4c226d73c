//! What the desk and the workers ask of every service that answers at once.

use super::{
    super::{
        Said,
        service::{GivenUp, Lost, SentAs, Service, Shown},
    },
    launch::{emptied, question_of},
    outcome::said,
};
use crate::{
    Casework, Error, journal,
    records::{checks::Check, connections::Connection},
    services::Read,
    store::Conn,
};
use async_trait::async_trait;
use domain::{launch::Target, who::Bears};

/// Any of them: what is its own, each says as [`super::AtOnce`].
pub(in crate::services) struct AnswersAtOnce;

#[async_trait]
impl Service for AnswersAtOnce {
    fn sent_as(&self) -> SentAs {
        SentAs::Question
    }

    fn lost(&self, _check: &Check) -> Result<Lost, Error> {
        Ok(Lost::Over)
    }

    async fn gave_up(
        &self,
        conn: &mut Conn<'_>,
        check: &Check,
        given_up: GivenUp<'_>,
    ) -> Result<Vec<journal::Entry>, Error> {
        given_up.fail(conn, check).await?;
        Ok(vec![])
    }

    /// Nothing runs on at the provider.
    async fn read_again(
        &self,
        _work: &Casework,
        _connection: &Connection,
        _check: &Check,
    ) -> Result<Read, Error> {
        Ok(Read::Finished)
    }

    fn fails_unread(&self) -> bool {
        true
    }

    async fn shown(
        &self,
        work: &Casework,
        conn: &mut Conn<'_>,
        check: &Check,
    ) -> Result<Shown, Error> {
        let said = said(work, conn, check).await?;
        let question = question_of(work, conn, check).await.ok();
        Ok(Shown {
            target: question.as_ref().map(super::super::Question::target),
            rating: said.as_ref().and_then(Said::rating),
            said_again: Said::said_again(work, conn, check).await?,
            said,
            question,
            ..Shown::default()
        })
    }

    async fn about(
        &self,
        work: &Casework,
        conn: &mut Conn<'_>,
        check: &Check,
    ) -> Result<(Target, Vec<Bears>), Error> {
        let question = question_of(work, conn, check).await?;
        Ok((question.target(), question.bears()))
    }

    fn emptied(&self, request: &str) -> Option<String> {
        emptied(request)
    }
}
