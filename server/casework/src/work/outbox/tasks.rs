//! Promises about tasks at KryptoGO: sending them, and reading whether an earlier try took effect.

use super::kept::Kept;
use crate::{
    Casework, Error,
    providers::{
        CallError,
        kryptogo::{Client, NewTask, Summary},
    },
    records::{
        checks as check_store, connections,
        promises::{Delivery, Task, store},
    },
    services::{self, Lost},
};
use domain::Moment;
use serde_json::Value;

/// Clocks of two machines differ; a task that is this much older than our first try may still be
/// ours.
pub(super) const CLOCK_SLACK_MS: i64 = 120_000;

pub(super) async fn send(
    work: &Casework,
    client: &Client,
    connection: &connections::Connection,
    check: &check_store::Check,
    delivery: &Delivery,
    task: Task,
) -> Result<Kept, Error> {
    let payload: Value = serde_json::from_str(&delivery.payload)
        .map_err(|e| Error::Corrupt(format!("payload of {}: {e}", delivery.id)))?;
    let task_id = check.provider_ref.as_deref();
    Ok(match (task, task_id) {
        (Task::CreateCheck, _) => {
            let launch = check.launch()?;
            let callback_url = connections::callback_url(work, connection, &check.id)?;
            let tasks = [NewTask {
                launch: &launch,
                callback_url: &callback_url,
                from_idv_id: launch.from_idv_id,
            }];
            match client.create(&tasks).await {
                Ok(mut ids) => ids.pop().map_or(Kept::Moot, Kept::Created),
                Err(error) => Kept::Failed(error),
            }
        }
        (Task::TellDecision, Some(task_id)) => {
            let (accepted, comment) = decision_of(&payload);
            match client.decide(task_id, accepted, &comment).await {
                Ok(()) => Kept::Told { own: true },
                Err(CallError::Conflict) => match standing(client, task_id, &payload).await {
                    Standing::Undecided => Kept::Failed(CallError::Unusable(
                        "it says that it is decided, and shows no decision".into(),
                    )),
                    Standing::Decided(kept) => kept,
                    Standing::Unreadable(error) => Kept::Unread(error),
                },
                Err(error) => Kept::Failed(error),
            }
        }
        (Task::PutMetadata, Some(task_id)) => {
            let key = payload["key"].as_str().unwrap_or_default().to_owned();
            let value = payload["value"].as_str().map(str::to_owned);
            match client.put_metadata(task_id, &[(key, value)]).await {
                Ok(()) => Kept::Set,
                Err(error) => Kept::Failed(error),
            }
        }
        (Task::TellDecision | Task::PutMetadata, None) => Kept::Failed(CallError::NotFound),
    })
}

pub(super) fn decision_of(payload: &Value) -> (bool, String) {
    (
        payload["accepted"].as_bool().unwrap_or(false),
        payload["comment"].as_str().unwrap_or_default().to_owned(),
    )
}

/// What a read before a resend found.
pub(super) enum Found {
    Kept(Kept),
    NotKept,
}

/// Reads whether an earlier try took effect.
pub(super) async fn already_kept(
    work: &Casework,
    client: &Client,
    check: &check_store::Check,
    delivery: &Delivery,
    task: Task,
) -> Result<Found, Error> {
    let payload: Value = serde_json::from_str(&delivery.payload)
        .map_err(|e| Error::Corrupt(format!("payload of {}: {e}", delivery.id)))?;
    Ok(match (task, check.provider_ref.as_deref()) {
        (Task::CreateCheck, Some(id)) => Found::Kept(Kept::Created(id.to_owned())),
        (Task::CreateCheck, None) => match services::of(check.kind()?).lost(check)? {
            Lost::SentAgain => Found::NotKept,
            Lost::CalledBack => {
                Found::Kept(Kept::Unfindable { waits: waits(work, delivery).await? })
            }
            // A question was ended before it came here.
            Lost::LookedUp | Lost::Over => find_created(work, client, check, delivery).await?,
        },
        (Task::TellDecision, Some(task_id)) => match standing(client, task_id, &payload).await {
            Standing::Undecided => Found::NotKept,
            Standing::Decided(kept) => Found::Kept(kept),
            Standing::Unreadable(error) => Found::Kept(Kept::Unread(error)),
        },
        // Setting the same pair twice changes nothing; what stands there already need not be set.
        (Task::PutMetadata, Some(task_id)) => match client.summary(task_id).await {
            Ok((_, summary)) if has_pair(&summary, &payload) => Found::Kept(Kept::Set),
            _ => Found::NotKept,
        },
        (Task::PutMetadata | Task::TellDecision, _) => Found::NotKept,
    })
}

/// Whether a callback may still come for what only a callback can tell of.
///
/// It is sent again only after an answer that it did not arrive: the last try is the unanswered one.
async fn waits(work: &Casework, delivery: &Delivery) -> Result<bool, Error> {
    let mut reader = work.db.read().await?;
    let last = store::last_started(&mut reader.conn(), &delivery.id).await?;
    Ok(work.now() - last.unwrap_or(delivery.created_at_ms) < work.pace.unfindable_ms)
}

/// Whether metadata are as a promise wants them.
pub(super) fn has_pair(summary: &Summary, payload: &Value) -> bool {
    let key = payload["key"].as_str().unwrap_or_default();
    let there =
        summary.metadata.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str());
    summary.has_metadata && there == payload["value"].as_str()
}

/// What the provider's own state says of a decision.
pub(super) enum Standing {
    Undecided,
    Decided(Kept),
    Unreadable(CallError),
}

pub(super) async fn standing(client: &Client, task_id: &str, payload: &Value) -> Standing {
    let (ours, our_comment) = decision_of(payload);
    let summary = match client.summary(task_id).await {
        Ok((_, summary)) => summary,
        Err(error) => return Standing::Unreadable(error),
    };
    let (accepted, comment, by) = if summary.accepted.is_some() {
        (summary.accepted, summary.comment, None)
    } else {
        // A report may be null although the task is decided; the details know.
        match client.details(task_id).await {
            Ok((_, details)) => (details.accepted, details.comment, details.auditor),
            Err(error) => return Standing::Unreadable(error),
        }
    };
    match accepted {
        None => Standing::Undecided,
        Some(accepted) if accepted == ours => {
            let own = comment.as_deref().is_some_and(|c| c.trim() == our_comment.trim());
            Standing::Decided(Kept::Told { own })
        }
        Some(accepted) => {
            let who = by.map_or_else(String::new, |by| format!(" by {by}"));
            let comment = comment.map_or_else(String::new, |c| format!(": “{c}”"));
            Standing::Decided(Kept::Otherwise(format!(
                "KryptoGO shows this as {}{who}{comment}",
                if accepted { "accepted" } else { "rejected" }
            )))
        }
    }
}

/// Looks a check up in the customer's history: ours is the task that carries our callback address.
pub(super) async fn find_created(
    work: &Casework,
    client: &Client,
    check: &check_store::Check,
    delivery: &Delivery,
) -> Result<Found, Error> {
    let launch = check.launch()?;
    let since_s = (first_started(work, delivery).await? - CLOCK_SLACK_MS) / 1_000;
    // A task that follows from an ID verification reports to that one's address.
    let is_ours = |url: &str| {
        [Some(&check.id), check.from_check.as_ref()]
            .into_iter()
            .flatten()
            .any(|id| url.ends_with(&format!("/{id}")))
    };
    let mut page = 1;
    loop {
        let tasks = match client.history(&launch.customer_reference, page, 50).await {
            Ok(tasks) => tasks,
            Err(error) => return Ok(Found::Kept(Kept::Unread(error))),
        };
        let last_page = tasks.len() < 50 || page >= 20;
        for task in tasks {
            let Some(task_id) = task.task_id.clone() else { continue };
            let too_old = task.creation_time.is_some_and(|at| at < since_s);
            // Who asked for one customer's tasks may be given others' all the same.
            let is_anothers = task
                .customer_reference
                .as_ref()
                .is_some_and(|said| said.trim() != launch.customer_reference.trim());
            if too_old
                || is_anothers
                || task.target_name.as_deref() != Some(launch.target.name.as_str())
                || is_taken(work, check, &task_id).await?
            {
                continue;
            }
            match client.details(&task_id).await {
                Ok((_, details)) if details.callback_url.as_deref().is_none_or(is_ours) => {
                    return Ok(Found::Kept(Kept::Created(task_id)));
                }
                Ok(_) => {}
                Err(error) => return Ok(Found::Kept(Kept::Unread(error))),
            }
        }
        if last_page {
            return Ok(Found::NotKept);
        }
        page += 1;
    }
}

/// When a delivery was first tried.
pub(super) async fn first_started(work: &Casework, delivery: &Delivery) -> Result<Moment, Error> {
    let mut reader = work.db.read().await?;
    Ok(store::first_started(&mut reader.conn(), &delivery.id)
        .await?
        .unwrap_or(delivery.created_at_ms))
}

pub(super) async fn is_taken(
    work: &Casework,
    check: &check_store::Check,
    task_id: &str,
) -> Result<bool, Error> {
    let mut reader = work.db.read().await?;
    check_store::is_taken(&mut reader.conn(), &check.connection_id, task_id).await
}
