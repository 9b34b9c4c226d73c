//! What the desk and the workers ask of due diligence.

use super::{
    super::service::{GivenUp, Lost, SentAs, Service, Shown},
    outcome,
};
use crate::{
    Casework, Error, journal,
    providers::kryptogo::{Details, Summary},
    records::{
        checks::{Check, evidence::latest},
        connections::{self, Connection},
        customers::{ERASED, who},
    },
    services::{Read, rewritten},
    store::Conn,
};
use async_trait::async_trait;
use domain::{
    decisions,
    launch::{DueDiligence, Target},
    who::Bears,
};

/// Search tasks about people and companies.
pub(in crate::services) struct Searches;

#[async_trait]
impl Service for Searches {
    fn sent_as(&self) -> SentAs {
        SentAs::Task
    }

    fn lost(&self, _check: &Check) -> Result<Lost, Error> {
        Ok(Lost::LookedUp)
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
        let details = latest(work, conn, check, outcome::DETAILS).await?;
        let details = details.and_then(|body| Details::read(&body).ok());
        let summary = latest(work, conn, check, outcome::SUMMARY).await?;
        let summary = summary.and_then(|body| Summary::read(&body).ok());
        let Ok(launch) = check.launch() else {
            return Ok(Shown { details, summary, ..Shown::default() });
        };
        let is_heard = summary.is_some() || details.is_some();
        let nothing = Summary::default();
        let heard = summary.as_ref().unwrap_or(&nothing);
        Ok(Shown {
            rating: is_heard.then(|| outcome::rating(&launch, heard, details.as_ref())),
            search_setting: Some(launch.search_setting),
            target: Some(launch.target),
            details,
            summary,
            ..Shown::default()
        })
    }

    fn asked(&self, request: &str, connection: &str) -> decisions::Asked {
        serde_json::from_str(request).map_or_else(
            |_| decisions::Asked::default(),
            |launch: DueDiligence| decisions::Asked {
                sources: launch.sources,
                setting: Some(launch.search_setting),
                connection: Some(connection.to_owned()),
            },
        )
    }

    async fn about(
        &self,
        _work: &Casework,
        _conn: &mut Conn<'_>,
        check: &Check,
    ) -> Result<(Target, Vec<Bears>), Error> {
        let target = check.launch()?.target;
        let bears = who::of_target(&target);
        Ok((target, bears))
    }

    fn emptied(&self, request: &str) -> Option<String> {
        rewritten(request, |launch: &mut DueDiligence| {
            launch.target.name = ERASED.into();
            launch.target.birth_date = None;
            launch.target.country = None;
            launch.target.registration_number = None;
        })
    }
}
