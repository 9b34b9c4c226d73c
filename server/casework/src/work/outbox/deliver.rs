//! Keeping one promise: read first if it may have taken effect, send, and write down how it went.

use super::{
    finish::finish,
    kept::Kept,
    tasks::{Found, already_kept, send},
};
use crate::{
    Casework, Error,
    journal::{self, Actor},
    providers::{kryptogo, overheard},
    records::{
        checks, checks as check_store, connections, customers,
        promises::{Delivery, DeliveryState, Task, store},
    },
    services::{self, Lost, SentAs, idv, video},
    store::written,
};
use domain::{
    CheckId,
    checks::State,
    connections::Provider,
    journal::{Action, Subject},
};
use serde_json::json;

/// What a reviewer reads when nobody can tell whether a question arrived that is never put again by
/// itself.
const MAY_BE_ASKED: &str = "may have been asked, and no usable answer came. Nothing is sent again by itself: run the check again if you want to ask once more.";

/// What a reviewer reads when a customer was erased before their check was sent, or before its
/// sending was confirmed.
const ERASED: &str =
    "The customer was erased while this check waited. Nothing more is sent about them.";

/// Keeps one promise, and as evidence what the provider said that was no usable answer.
pub(super) async fn deliver(work: &Casework, delivery: &Delivery) -> Result<(), Error> {
    let (result, heard) = overheard::listen(Box::pin(carry_out(work, delivery))).await;
    if let Err(error) =
        checks::evidence::keep_overheard(work, &delivery.check_id.as_str().into(), &heard).await
    {
        // How the try went is written down already, or is looked up.
        tracing::warn!(delivery = %delivery.id, %error, "what the provider said could not be kept");
    }
    result
}

async fn carry_out(work: &Casework, delivery: &Delivery) -> Result<(), Error> {
    let check_id = CheckId::from(delivery.check_id.as_str());
    let task = Task::parse(&delivery.task)
        .ok_or_else(|| Error::Corrupt(format!("task {}", delivery.task)))?;
    let check = checks::get(work, &check_id).await?;
    let service = services::of(check.kind()?);
    let sent_as = service.sent_as();
    if sent_as == SentAs::Steps {
        return take_step(work, delivery, &check).await;
    }
    // A create whose answer never came may have been found by its callback: then it was kept.
    let is_found = check.provider_ref.is_some() && delivery.state == DeliveryState::Unknown.code();
    if task == Task::CreateCheck && check.state()? != State::Queued && !is_found {
        return finish(work, delivery, task, Kept::Moot).await;
    }
    if task == Task::CreateCheck && customers::is_erased(work, &check.customer_id).await? {
        return finish(work, delivery, task, Kept::Ended(ERASED.to_owned())).await;
    }
    let connection = connections::get(work, &delivery.connection_id.as_str().into()).await?;
    if task == Task::CreateCheck && sent_as == SentAs::Question {
        return ask_once(work, delivery, &connection, &check).await;
    }
    if task == Task::CreateCheck && waits_for_place(work, delivery, &connection).await? {
        return Ok(());
    }
    let client = match connections::kryptogo_client(work, &connection).await {
        Ok(client) => client,
        Err(Error::Provider(error)) => {
            return finish(work, delivery, task, Kept::Failed(error)).await;
        }
        Err(error) => return Err(error),
    };
    if delivery.state == DeliveryState::Unknown.code() {
        match already_kept(work, &client, &check, delivery, task).await? {
            Found::Kept(kept) => return finish(work, delivery, task, kept).await,
            Found::NotKept => {}
        }
    }
    let is_start = task == Task::CreateCheck && sent_as == SentAs::Start;
    // Its pictures are read once there is a place for them; the fence tells whether the lease ran
    // out meanwhile.
    let _place = if is_start && service.lost(&check)? == Lost::CalledBack {
        work.uploads.acquire().await.ok()
    } else {
        None
    };
    // What is read here fails before anything has left.
    let upload = if is_start { Some(idv::prepare(work, &connection, &check).await?) } else { None };
    let time_ms = upload.as_ref().map_or(0, idv::Prepared::time_ms);
    if !start(work, delivery, task, work.pace.lease_ms + time_ms).await? {
        return Ok(());
    }
    let kept = match &upload {
        Some(upload) => match idv::send(&client, upload).await {
            Ok(started) => Kept::Started(Box::new(started)),
            Err(error) => Kept::Failed(error),
        },
        None => send(work, &client, &connection, &check, delivery, task).await?,
    };
    finish(work, delivery, task, kept).await
}

/// Takes a step of a video identification; what may have happened is looked up first.
async fn take_step(
    work: &Casework,
    delivery: &Delivery,
    check: &check_store::Check,
) -> Result<(), Error> {
    let task = Task::CreateCheck;
    let (step, payload) = video::send::Step::of(&delivery.payload)?;
    if customers::is_erased(work, &check.customer_id).await? {
        return finish(work, delivery, task, Kept::Ended(ERASED.to_owned())).await;
    }
    let connection = connections::get(work, &delivery.connection_id.as_str().into()).await?;
    let prepared = match video::send::prepare(work, &connection, check, step, &payload).await {
        Ok(video::send::Ready::Go(prepared)) => prepared,
        Ok(video::send::Ready::Moot) => return finish(work, delivery, task, Kept::Moot).await,
        Ok(video::send::Ready::Wait(until)) => {
            let mut tx = work.db.begin().await?;
            store::put_back(&mut tx.conn(), delivery, until).await?;
            return tx.commit().await;
        }
        Err(Error::Provider(error)) if video::send::is_handed_back(&error) => {
            let words = error.last_sentence(provider_name(check)?, 1);
            let cause = error.cause(provider_name(check)?);
            return finish(work, delivery, task, Kept::HandedBack { words, cause }).await;
        }
        Err(Error::Provider(error)) => {
            return finish(work, delivery, task, Kept::Failed(error)).await;
        }
        Err(error) => return Err(error),
    };
    if delivery.state == DeliveryState::Unknown.code() {
        match prepared.look(work).await {
            Ok(Some(done)) => {
                return finish(work, delivery, task, Kept::Stepped(Box::new(done))).await;
            }
            Ok(None) => {}
            Err(Error::Provider(error)) => {
                return finish(work, delivery, task, Kept::Unread(error)).await;
            }
            Err(error) => return Err(error),
        }
    }
    let _place = if prepared.time_ms() > 0 { work.uploads.acquire().await.ok() } else { None };
    if !start(work, delivery, task, work.pace.lease_ms + prepared.time_ms()).await? {
        return Ok(());
    }
    let kept = match prepared.send().await {
        Ok(done) => Kept::Stepped(Box::new(done)),
        Err(failure) if video::send::is_handed_back(&failure.error) => {
            video::send::blame(work, check, step, &failure).await?;
            Kept::HandedBack {
                words: video::send::refusal_words(&failure),
                cause: failure.error.cause(provider_name(check)?),
            }
        }
        Err(failure) => Kept::Failed(failure.error),
    };
    finish(work, delivery, task, kept).await
}

/// Puts a question that is answered at once. It is put again only when it certainly did not arrive.
async fn ask_once(
    work: &Casework,
    delivery: &Delivery,
    connection: &connections::Connection,
    check: &check_store::Check,
) -> Result<(), Error> {
    let task = Task::CreateCheck;
    let who = provider_name(check)?;
    if delivery.state == DeliveryState::Unknown.code() {
        let words =
            format!("The desk was stopped while {} was asked: it {MAY_BE_ASKED}", middle(check)?);
        return finish(work, delivery, task, Kept::Ended(words)).await;
    }
    if waits_for_place(work, delivery, connection).await? {
        return Ok(());
    }
    // What is opened here fails before anything has left.
    let prepared = match services::prepare(work, connection, check).await {
        Ok(prepared) => prepared,
        Err(Error::Provider(error)) => {
            return finish(work, delivery, task, Kept::Failed(error)).await;
        }
        Err(error) => return Err(error),
    };
    if !start(work, delivery, task, work.pace.lease_ms).await? {
        return Ok(());
    }
    let kept = match prepared.make_ready().await {
        Err(error) => Kept::Failed(error),
        Ok(()) => match prepared.ask().await {
            Ok(answered) => Kept::Answered(Box::new(answered)),
            Err(error) if error.may_have_happened() => {
                if error.is_out_of_reach() {
                    work.breakers.missed(&connection.id, &work.pace, work.now());
                }
                Kept::Ended(format!("{} It {MAY_BE_ASKED}", error.last_sentence(who, 1)))
            }
            Err(error) => Kept::Failed(error),
        },
    };
    finish(work, delivery, task, kept).await
}

/// Puts a launch back when its connection may not send it yet; nothing of it has left.
async fn waits_for_place(
    work: &Casework,
    delivery: &Delivery,
    connection: &connections::Connection,
) -> Result<bool, Error> {
    let Some(per_second) = connection.options()?.per_second else { return Ok(false) };
    let now = work.now();
    let place = work.rates.place(&connection.id, &delivery.id, per_second, now);
    if place <= now {
        return Ok(false);
    }
    let mut tx = work.db.begin().await?;
    store::put_back(&mut tx.conn(), delivery, place).await?;
    tx.commit().await?;
    Ok(true)
}

/// The provider's name where a sentence begins.
pub(super) fn provider_name(check: &check_store::Check) -> Result<&'static str, Error> {
    Ok(Provider::of(check.kind()?).map_or(kryptogo::NAME, Provider::at_the_start))
}

fn middle(check: &check_store::Check) -> Result<&'static str, Error> {
    Ok(Provider::of(check.kind()?).map_or(kryptogo::NAME, Provider::in_sentences))
}

/// Commits that a request is about to leave, before it does.
async fn start(
    work: &Casework,
    delivery: &Delivery,
    task: Task,
    lease_ms: i64,
) -> Result<bool, Error> {
    let now = work.now();
    written!(work, async |conn| {
        let ours = store::start_attempt(conn, delivery, now, now + lease_ms).await?;
        if ours && task == Task::TellDecision {
            let entry = Actor::worker().entry(
                now,
                Action::TellingStarted,
                Subject::Check,
                &delivery.check_id,
                json!({ "delivery": delivery.id, "attempt": delivery.attempts + 1 }),
            );
            journal::append(conn, &[entry]).await?;
        }
        Ok(ours)
    })
}
