//! Writing down how a try went, with everything that follows from it for the check, in one
//! transaction.

use super::{
    deliver::provider_name,
    kept::{Ending, Kept, ending},
};
use crate::{
    Casework, Error,
    desk::decide,
    journal::{self, Actor},
    records::{
        checks as check_store, decisions,
        promises::{
            Delivery, DeliveryState, Task,
            store::{self, Ended},
        },
    },
    services::{self, GivenUp, SentAs, ending, idv, video},
    store::{Conn, written},
    work::outbox::stumbles::SET_ASIDE,
};
use domain::{
    CheckId, Moment,
    checks::{State, Telling},
    journal::{Action, Subject},
};
use serde_json::json;

/// Writes down how a try went, with everything that follows from it, in one transaction.
pub(super) async fn finish(
    work: &Casework,
    delivery: &Delivery,
    task: Task,
    kept: Kept,
) -> Result<(), Error> {
    note_reach(work, delivery, &kept);
    written!(work, async |conn| { write_down(work, conn, delivery, task, kept.clone()).await })
}

/// The same for launches that were tried together, all in one transaction. If that fails, each is
/// unknown and looked up.
pub(super) async fn finish_all(
    work: &Casework,
    mut all: Vec<(&Delivery, Kept)>,
) -> Result<(), Error> {
    // One call was made for all of them.
    if let Some((delivery, kept)) = all.first() {
        note_reach(work, delivery, kept);
    }
    // All checks are held before the journal is, in one order for everybody: nobody waits in a
    // circle.
    all.sort_by(|(a, _), (b, _)| a.check_id.cmp(&b.check_id));
    written!(work, async |conn| {
        for (delivery, _) in &all {
            check_store::hold(conn, &delivery.check_id.as_str().into()).await?;
        }
        for (delivery, kept) in &all {
            write_down(work, conn, delivery, Task::CreateCheck, kept.clone()).await?;
        }
        Ok(())
    })
}

pub(super) async fn write_down(
    work: &Casework,
    conn: &mut Conn<'_>,
    delivery: &Delivery,
    task: Task,
    kept: Kept,
) -> Result<(), Error> {
    let now = work.now();
    let check = check_store::hold(conn, &delivery.check_id.as_str().into())
        .await?
        .ok_or(Error::NotFound)?;
    let service = services::of(check.kind()?);
    // Its callback found it while this was under way.
    let kept = match (task, check.provider_ref.clone(), kept) {
        (
            Task::CreateCheck,
            Some(known),
            Kept::Unfindable { .. } | Kept::Failed(_) | Kept::RefusedTogether(..) | Kept::Unread(_),
        ) if service.sent_as() != SentAs::Steps => Kept::Created(known),
        (_, _, kept) => kept,
    };
    let counted = store::counted_attempts(conn, &delivery.id).await?;
    let mut ended = ending(work, delivery, task, &kept, counted, now, provider_name(&check)?);
    if task == Task::CreateCheck
        && let Kept::Failed(error) = &kept
    {
        let is_given_up = matches!(ended.state, DeliveryState::Dead);
        ended.detail = service.words_of(&check, error, ended.detail, is_given_up)?;
    }
    if !store::end(conn, delivery, &ended.as_ended(), now).await? {
        tracing::warn!(delivery = %delivery.id, "another worker took this delivery over; its result stands");
        return Ok(());
    }
    let entries = match task {
        Task::CreateCheck => {
            after_create(work, conn, &check, &kept, &ended, &delivery.payload, now).await?
        }
        Task::TellDecision => after_tell(conn, &check, delivery, &kept, &ended, now).await?,
        Task::PutMetadata => vec![],
    };
    journal::append(conn, &entries).await?;
    if matches!(ended.state, DeliveryState::Dead) {
        journal::append(conn, &[dead(delivery, &ended.detail, now)]).await?;
    }
    Ok(())
}

/// Whether the provider could be reached, as far as this try tells.
pub(super) fn note_reach(work: &Casework, delivery: &Delivery, kept: &Kept) {
    match kept {
        Kept::Failed(error) | Kept::Unread(error) if error.is_out_of_reach() => {
            work.breakers.missed(&delivery.connection_id, &work.pace, work.now());
        }
        Kept::Moot | Kept::Ended(_) | Kept::Unfindable { .. } => {}
        _ => work.breakers.reached(&delivery.connection_id),
    }
}

/// Gives up what stopped the desk's own work each time, with what follows from it for its check.
pub(super) async fn set_aside(work: &Casework, delivery: &Delivery) -> Result<(), Error> {
    let task = Task::parse(&delivery.task)
        .ok_or_else(|| Error::Corrupt(format!("task {}", delivery.task)))?;
    finish(work, delivery, task, Kept::Ended(SET_ASIDE.to_owned())).await
}

/// The same where not even that can be carried out: the delivery alone.
pub(super) async fn set_aside_alone(work: &Casework, delivery: &Delivery) -> Result<(), Error> {
    let now = work.now();
    let ended = Ended {
        state: DeliveryState::Dead,
        next_at: now,
        result: "failed",
        detail: SET_ASIDE,
        cause: SET_ASIDE,
        uncounted: None,
    };
    written!(work, async |conn| {
        if store::end(conn, delivery, &ended, now).await? {
            journal::append(conn, &[dead(delivery, SET_ASIDE, now)]).await?;
        }
        Ok(())
    })
}

pub(super) fn dead(delivery: &Delivery, why: &str, now: Moment) -> journal::Entry {
    let details = json!({ "check": delivery.check_id, "task": delivery.task, "why": why });
    Actor::worker().entry(now, Action::DeliveryDead, Subject::Delivery, &delivery.id, details)
}

pub(super) async fn after_create(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &check_store::Check,
    kept: &Kept,
    ended: &Ending,
    payload: &str,
    now: Moment,
) -> Result<Vec<journal::Entry>, Error> {
    let id = CheckId::from(check.id.as_str());
    match (kept, ended.state) {
        (Kept::Stepped(done), _) => video::send::did(work, conn, check, done, now).await,
        (Kept::Ended(words), _) => {
            ending::fail(conn, &Actor::worker(), &id, words, now).await?;
            Ok(vec![])
        }
        (_, DeliveryState::Dead | DeliveryState::Dropped) => {
            let is_moot = matches!(kept, Kept::Moot);
            let given_up = GivenUp { payload, words: &ended.detail, is_moot, now };
            services::of(check.kind()?).gave_up(conn, check, given_up).await
        }
        (Kept::Answered(answered), _) => services::arrived(work, conn, check, answered, now).await,
        (Kept::Created(task_id), _) => {
            Ok(vec![created(work, conn, check, task_id, ended, now).await?])
        }
        (Kept::Started(started), _) => {
            let entry = created(work, conn, check, &started.idv_id, ended, now).await?;
            let handout = idv::keep_handout(work, conn, check, started, now).await?;
            Ok(std::iter::once(entry).chain(handout).collect())
        }
        (
            Kept::Failed(_) | Kept::RefusedTogether(..) | Kept::Unread(_) | Kept::Unfindable { .. },
            _,
        ) => {
            check_store::set_trouble(conn, &id, Some(&ended.detail), now).await?;
            Ok(vec![])
        }
        _ => Ok(vec![]),
    }
}

/// The check runs at the provider from now on; what its callback may have told before stays.
pub(super) async fn created(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &check_store::Check,
    task_id: &str,
    ended: &Ending,
    now: Moment,
) -> Result<journal::Entry, Error> {
    let id = CheckId::from(check.id.as_str());
    if check.state()? == State::Queued {
        check_store::move_to(conn, &id, State::Queued, State::Running, check.version, now).await?;
    }
    if check.provider_ref.is_none() {
        check_store::sent(conn, &id, task_id, now + work.pace.poll_base_ms).await?;
    }
    Ok(Actor::worker().entry(
        now,
        Action::CheckSent,
        Subject::Check,
        id.as_str(),
        json!({ "task": task_id, "detail": ended.result }),
    ))
}

pub(super) async fn after_tell(
    conn: &mut Conn<'_>,
    check: &check_store::Check,
    delivery: &Delivery,
    kept: &Kept,
    ended: &Ending,
    now: Moment,
) -> Result<Vec<journal::Entry>, Error> {
    let id = CheckId::from(delivery.check_id.as_str());
    let (telling, action) = match (kept, ended.state) {
        (Kept::Told { .. }, _) => (Telling::Applied, Action::TellingApplied),
        (Kept::Otherwise(_), _) => (Telling::Conflict, Action::TellingConflict),
        (_, DeliveryState::Dead) => (Telling::Dead, Action::TellingUnconfirmed),
        (_, DeliveryState::Unknown) => (Telling::Unconfirmed, Action::TellingUnconfirmed),
        (_, DeliveryState::Due) => (Telling::Due, Action::TellingUnconfirmed),
        _ => return Ok(vec![]),
    };
    let trouble = (!matches!(telling, Telling::Applied)).then_some(ended.detail.as_str());
    let standing = decisions::standing(conn, &id).await?.map(|d| d.id);
    if standing == delivery.decision_id {
        check_store::set_telling(conn, &id, telling, trouble, now).await?;
    } else if let Kept::Told { .. } | Kept::Otherwise(_) = kept {
        // It was overturned while this was under way: what counts is whether the provider has what
        // stands now.
        let has = delivery.accepts() == Some(matches!(kept, Kept::Told { .. }));
        let agrees = has == (check.state()? == State::Accepted);
        let (telling, trouble) = if agrees {
            (Telling::Applied, None)
        } else {
            (Telling::Conflict, Some(decide::OVERTURNED))
        };
        check_store::set_telling(conn, &id, telling, trouble, now).await?;
    }
    if matches!(kept, Kept::Told { .. }) {
        let says =
            if delivery.accepts() == Some(true) { "accepted there" } else { "rejected there" };
        check_store::provider_says(conn, &id, says, now).await?;
    }
    Ok(vec![Actor::worker().entry(
        now,
        action,
        Subject::Check,
        id.as_str(),
        json!({ "delivery": delivery.id, "detail": ended.detail }),
    )])
}
