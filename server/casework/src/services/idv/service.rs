//! What the desk and the workers ask of ID verification.

use super::{
    super::service::{GivenUp, Lost, SentAs, Service, Shown},
    bears, launch_follow_up, may_resend, outcome, pictures, store, target_of, words_of,
};
use crate::{
    Casework, Error,
    journal::{self, Actor},
    providers::CallError,
    records::{
        checks::Check,
        connections::{self, Connection},
        customers::ERASED,
    },
    services::{Read, rewritten},
    store::Conn,
};
use async_trait::async_trait;
use domain::{
    CheckId, Moment,
    idv::{Data, Idv},
    launch::Target,
    who::Bears,
};

/// ID verifications, in all three ways.
pub(in crate::services) struct Verifications;

#[async_trait]
impl Service for Verifications {
    fn sent_as(&self) -> SentAs {
        SentAs::Start
    }

    fn lost(&self, check: &Check) -> Result<Lost, Error> {
        Ok(if may_resend(check)? { Lost::SentAgain } else { Lost::CalledBack })
    }

    fn words_of(
        &self,
        check: &Check,
        error: &CallError,
        usual: String,
        is_given_up: bool,
    ) -> Result<String, Error> {
        words_of(check, error, &usual, is_given_up)
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

    async fn read_again(
        &self,
        work: &Casework,
        connection: &Connection,
        check: &Check,
    ) -> Result<Read, Error> {
        let client = connections::kryptogo_client(work, connection).await?;
        outcome::read_again(work, &client, check).await
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
        let id = CheckId::from(check.id.as_str());
        let launch = check.idv().ok();
        Ok(Shown {
            target: launch.as_ref().map(target_of),
            search_setting: launch.and_then(|launch| launch.search_setting),
            idv: outcome::latest(work, conn, check).await?,
            pictures: store::pictures(conn, &id).await?,
            handout: store::handout(conn, &id).await?,
            ..Shown::default()
        })
    }

    async fn accepted(
        &self,
        work: &Casework,
        conn: &mut Conn<'_>,
        check: &Check,
        actor: &Actor,
        now: Moment,
    ) -> Result<(), Error> {
        launch_follow_up(work, conn, check, actor, now).await
    }

    async fn about(
        &self,
        work: &Casework,
        conn: &mut Conn<'_>,
        check: &Check,
    ) -> Result<(Target, Vec<Bears>), Error> {
        let launch = check.idv()?;
        let mut bears = bears(&launch);
        if let Some(answer) = outcome::latest(work, conn, check).await? {
            bears.extend(outcome::recognised(&answer));
        }
        Ok((target_of(&launch), bears))
    }

    fn emptied(&self, request: &str) -> Option<String> {
        rewritten(request, |launch: &mut Idv| {
            launch.country = String::new();
            launch.expected = Data {
                name: launch.expected.name.as_ref().map(|_| ERASED.into()),
                ..Data::default()
            };
            launch.taiwan = None;
            launch.success_url = None;
            launch.error_url = None;
        })
    }

    /// Pictures that somebody uploaded with a form that was never launched.
    async fn sweep(&self, work: &Casework) -> Result<(), Error> {
        pictures::sweep(work).await
    }
}
