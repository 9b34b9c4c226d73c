//! Keeping one promise: read first if it may have taken effect, send, and write down how it went.

use crate::records::promises::{
    DeliveryState, Task,
    store::{self, *},
};
use crate::services::idv::MAY_EXIST;
use crate::work::outbox::retry::{self, SETTLE_MS, Tried};
use crate::{
    Casework, Error,
    desk::decide,
    journal::{self, Actor},
    providers::{
        CallError,
        kryptogo::{self, Client, NewTask, Started, Summary},
        overheard,
    },
    records::{checks, checks as check_store, connections, customers, decisions},
    services::{self, ending, idv, video},
    store::{Conn, again},
    work::outbox::{chance, stumbles::SET_ASIDE},
};
use domain::{
    CheckId, Moment,
    checks::{State, Telling},
    connections::Provider,
    journal::{Action, Subject},
};
use serde_json::{Value, json};

/// The same when no callback came.
const MAY_STILL_EXIST: &str = "KryptoGO never confirmed this upload, and no callback came for it. It may exist there all the same and have cost points: look for the customer's reference in KryptoGO's console, then run the check again.";

/// What a reviewer reads when nobody can tell whether a question arrived that is never put again by itself.
const MAY_BE_ASKED: &str =
    "may have been asked, and no usable answer came. Nothing is sent again by itself: run the check again if you want to ask once more.";

/// What a reviewer reads when a customer was erased before their check was sent, or before its sending was confirmed.
const ERASED: &str = "The customer was erased while this check waited. Nothing more is sent about them.";

/// How a promise stands after a try.
#[derive(Debug, Clone)]
pub(super) enum Kept {
    /// A step of a video identification was taken.
    Stepped(Box<video::send::Done>),
    /// The provider refused a step: whoever typed it takes it again. The words say why.
    HandedBack { words: String, cause: String },
    /// The provider answered at once: this is the outcome.
    Answered(Box<services::Answered>),
    /// It is not to be tried any more; the words say why.
    Ended(String),
    /// The check exists at the provider under this id.
    Created(String),
    /// The ID verification exists, and may have something to hand out.
    Started(Box<Started>),
    /// It may exist at the provider, which has no way to look it up: only its callback can tell.
    Unfindable { waits: bool },
    /// The provider has our decision; `true` when it is provably our own doing.
    Told { own: bool },
    /// Somebody else decided otherwise at the provider.
    Otherwise(String),
    /// Metadata is set.
    Set,
    /// There is nothing to do any more.
    Moot,
    /// Not kept.
    Failed(CallError),
    /// The array of so many that it was in was refused; which of them is meant, the answer does not say.
    RefusedTogether(usize, CallError),
    /// Whether it was kept cannot be told yet; the call that failed is the read.
    Unread(CallError),
}

/// Clocks of two machines differ; a task that is this much older than our first try may still be ours.
const CLOCK_SLACK_MS: i64 = 120_000;

/// Keeps one promise, and as evidence what the provider said that was no usable answer.
pub(super) async fn deliver(work: &Casework, delivery: &Delivery) -> Result<(), Error> {
    let (result, heard) = overheard::listen(Box::pin(carry_out(work, delivery))).await;
    if let Err(error) = checks::evidence::keep_overheard(work, &delivery.check_id.as_str().into(), &heard).await {
        // How the try went is written down already, or is looked up.
        tracing::warn!(delivery = %delivery.id, %error, "what the provider said could not be kept");
    }
    result
}

async fn carry_out(work: &Casework, delivery: &Delivery) -> Result<(), Error> {
    let check_id = CheckId::from(delivery.check_id.as_str());
    let task = Task::parse(&delivery.task).ok_or_else(|| Error::Corrupt(format!("task {}", delivery.task)))?;
    let check = checks::get(work, &check_id).await?;
    if check.is_video() {
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
    if task == Task::CreateCheck && check.kind()?.answers_at_once() {
        return ask_once(work, delivery, &connection, &check).await;
    }
    if task == Task::CreateCheck && waits_for_place(work, delivery, &connection).await? {
        return Ok(());
    }
    let client = match connections::kryptogo_client(work, &connection).await {
        Ok(client) => client,
        Err(Error::Provider(error)) => return finish(work, delivery, task, Kept::Failed(error)).await,
        Err(error) => return Err(error),
    };
    if delivery.state == DeliveryState::Unknown.code() {
        match already_kept(work, &client, &check, delivery, task).await? {
            Found::Kept(kept) => return finish(work, delivery, task, kept).await,
            Found::NotKept => {}
        }
    }
    let is_idv = task == Task::CreateCheck && check.is_idv();
    // Its pictures are read once there is a place for them; the fence tells whether the lease ran out meanwhile.
    let _place = if is_idv && !idv::may_resend(&check)? { work.uploads.acquire().await.ok() } else { None };
    // What is read here fails before anything has left.
    let upload = if is_idv { Some(idv::prepare(work, &connection, &check).await?) } else { None };
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
async fn take_step(work: &Casework, delivery: &Delivery, check: &check_store::Check) -> Result<(), Error> {
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
            let mut tx = work.db.write().await?;
            store::put_back(&mut tx.conn(), delivery, until).await?;
            return tx.commit().await;
        }
        Err(Error::Provider(error)) if video::send::is_handed_back(&error) => {
            let words = error.last_sentence(provider_name(check)?, 1);
            let cause = error.cause(provider_name(check)?);
            return finish(work, delivery, task, Kept::HandedBack { words, cause }).await;
        }
        Err(Error::Provider(error)) => return finish(work, delivery, task, Kept::Failed(error)).await,
        Err(error) => return Err(error),
    };
    if delivery.state == DeliveryState::Unknown.code() {
        match prepared.look(work).await {
            Ok(Some(done)) => return finish(work, delivery, task, Kept::Stepped(Box::new(done))).await,
            Ok(None) => {}
            Err(Error::Provider(error)) => return finish(work, delivery, task, Kept::Unread(error)).await,
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
            Kept::HandedBack { words: video::send::refusal_words(&failure), cause: failure.error.cause(provider_name(check)?) }
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
        let words = format!("The desk was stopped while {} was asked: it {MAY_BE_ASKED}", middle(check)?);
        return finish(work, delivery, task, Kept::Ended(words)).await;
    }
    if waits_for_place(work, delivery, connection).await? {
        return Ok(());
    }
    // What is opened here fails before anything has left.
    let prepared = match services::prepare(work, connection, check).await {
        Ok(prepared) => prepared,
        Err(Error::Provider(error)) => return finish(work, delivery, task, Kept::Failed(error)).await,
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
async fn waits_for_place(work: &Casework, delivery: &Delivery, connection: &connections::Connection) -> Result<bool, Error> {
    let Some(per_second) = connection.options()?.per_second else { return Ok(false) };
    let now = work.now();
    let place = work.rates.place(&connection.id, &delivery.id, per_second, now);
    if place <= now {
        return Ok(false);
    }
    let mut tx = work.db.write().await?;
    store::put_back(&mut tx.conn(), delivery, place).await?;
    tx.commit().await?;
    Ok(true)
}

/// The provider's name where a sentence begins.
fn provider_name(check: &check_store::Check) -> Result<&'static str, Error> {
    Ok(Provider::of(check.kind()?).map_or(kryptogo::NAME, Provider::at_the_start))
}

fn middle(check: &check_store::Check) -> Result<&'static str, Error> {
    Ok(Provider::of(check.kind()?).map_or(kryptogo::NAME, Provider::in_sentences))
}

/// Commits that a request is about to leave, before it does.
async fn start(work: &Casework, delivery: &Delivery, task: Task, lease_ms: i64) -> Result<bool, Error> {
    again(|| start_once(work, delivery, task, lease_ms)).await
}

async fn start_once(work: &Casework, delivery: &Delivery, task: Task, lease_ms: i64) -> Result<bool, Error> {
    let now = work.now();
    let mut tx = work.db.write().await?;
    let ours = {
        let mut conn = tx.conn();
        let ours = store::start_attempt(&mut conn, delivery, now, now + lease_ms).await?;
        if ours && task == Task::TellDecision {
            let entry = Actor::worker().entry(
                now,
                Action::TellingStarted,
                Subject::Check,
                &delivery.check_id,
                json!({ "delivery": delivery.id, "attempt": delivery.attempts + 1 }),
            );
            journal::append(&mut conn, &[entry]).await?;
        }
        ours
    };
    tx.commit().await?;
    Ok(ours)
}

async fn send(
    work: &Casework,
    client: &Client,
    connection: &connections::Connection,
    check: &check_store::Check,
    delivery: &Delivery,
    task: Task,
) -> Result<Kept, Error> {
    let payload: Value = serde_json::from_str(&delivery.payload).map_err(|e| Error::Corrupt(format!("payload of {}: {e}", delivery.id)))?;
    let task_id = check.provider_ref.as_deref();
    Ok(match (task, task_id) {
        (Task::CreateCheck, _) => {
            let launch = check.launch()?;
            let callback_url = connections::callback_url(work, connection, &check.id)?;
            let tasks = [NewTask { launch: &launch, callback_url: &callback_url, from_idv_id: launch.from_idv_id }];
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
                    Standing::Undecided => Kept::Failed(CallError::Unusable("it says that it is decided, and shows no decision".into())),
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

fn decision_of(payload: &Value) -> (bool, String) {
    (payload["accepted"].as_bool().unwrap_or(false), payload["comment"].as_str().unwrap_or_default().to_owned())
}

/// What a read before a resend found.
enum Found {
    Kept(Kept),
    NotKept,
}

/// Reads whether an earlier try took effect.
async fn already_kept(
    work: &Casework,
    client: &Client,
    check: &check_store::Check,
    delivery: &Delivery,
    task: Task,
) -> Result<Found, Error> {
    let payload: Value = serde_json::from_str(&delivery.payload).map_err(|e| Error::Corrupt(format!("payload of {}: {e}", delivery.id)))?;
    Ok(match (task, check.provider_ref.as_deref()) {
        (Task::CreateCheck, Some(id)) => Found::Kept(Kept::Created(id.to_owned())),
        (Task::CreateCheck, None) if check.is_idv() && idv::may_resend(check)? => Found::NotKept,
        (Task::CreateCheck, None) if check.is_idv() => {
            // An upload is sent again only after an answer that it did not arrive: the last try is the unanswered one.
            let last = {
                let mut reader = work.db.read().await?;
                store::last_started(&mut reader.conn(), &delivery.id).await?
            };
            let waits = work.now() - last.unwrap_or(delivery.created_at_ms) < work.pace.unfindable_ms;
            Found::Kept(Kept::Unfindable { waits })
        }
        (Task::CreateCheck, None) => find_created(work, client, check, delivery).await?,
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

/// Whether metadata are as a promise wants them.
fn has_pair(summary: &Summary, payload: &Value) -> bool {
    let key = payload["key"].as_str().unwrap_or_default();
    let there = summary.metadata.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str());
    summary.has_metadata && there == payload["value"].as_str()
}

/// What the provider's own state says of a decision.
enum Standing {
    Undecided,
    Decided(Kept),
    Unreadable(CallError),
}

async fn standing(client: &Client, task_id: &str, payload: &Value) -> Standing {
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
async fn find_created(work: &Casework, client: &Client, check: &check_store::Check, delivery: &Delivery) -> Result<Found, Error> {
    let launch = check.launch()?;
    let since_s = (first_started(work, delivery).await? - CLOCK_SLACK_MS) / 1_000;
    // A task that follows from an ID verification reports to that one's address.
    let is_ours = |url: &str| [Some(&check.id), check.from_check.as_ref()].into_iter().flatten().any(|id| url.ends_with(&format!("/{id}")));
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
            let is_anothers = task.customer_reference.as_ref().is_some_and(|said| said.trim() != launch.customer_reference.trim());
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
async fn first_started(work: &Casework, delivery: &Delivery) -> Result<Moment, Error> {
    let mut reader = work.db.read().await?;
    Ok(store::first_started(&mut reader.conn(), &delivery.id).await?.unwrap_or(delivery.created_at_ms))
}

async fn is_taken(work: &Casework, check: &check_store::Check, task_id: &str) -> Result<bool, Error> {
    let mut reader = work.db.read().await?;
    check_store::is_taken(&mut reader.conn(), &check.connection_id, task_id).await
}

/// Writes down how a try went, with everything that follows from it, in one transaction.
async fn finish(work: &Casework, delivery: &Delivery, task: Task, kept: Kept) -> Result<(), Error> {
    note_reach(work, delivery, &kept);
    again(|| finish_once(work, delivery, task, &kept)).await
}

async fn finish_once(work: &Casework, delivery: &Delivery, task: Task, kept: &Kept) -> Result<(), Error> {
    let mut tx = work.db.write().await?;
    write_down(work, &mut tx.conn(), delivery, task, kept.clone()).await?;
    tx.commit().await
}

/// The same for launches that were tried together, all in one transaction. If that fails, each is unknown and looked up.
pub(super) async fn finish_all(work: &Casework, mut all: Vec<(&Delivery, Kept)>) -> Result<(), Error> {
    // One call was made for all of them.
    if let Some((delivery, kept)) = all.first() {
        note_reach(work, delivery, kept);
    }
    // All checks are held before the journal is, in one order for everybody: nobody waits in a circle.
    all.sort_by(|(a, _), (b, _)| a.check_id.cmp(&b.check_id));
    again(|| finish_all_once(work, &all)).await
}

async fn finish_all_once(work: &Casework, all: &[(&Delivery, Kept)]) -> Result<(), Error> {
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        for (delivery, _) in all {
            check_store::hold(&mut conn, &delivery.check_id.as_str().into()).await?;
        }
        for (delivery, kept) in all {
            write_down(work, &mut conn, delivery, Task::CreateCheck, kept.clone()).await?;
        }
    }
    tx.commit().await
}

async fn write_down(work: &Casework, conn: &mut Conn<'_>, delivery: &Delivery, task: Task, kept: Kept) -> Result<(), Error> {
    let now = work.now();
    let check = check_store::hold(conn, &delivery.check_id.as_str().into()).await?.ok_or(Error::NotFound)?;
    // Its callback found it while this was under way.
    let kept = match (task, check.provider_ref.clone(), kept) {
        (Task::CreateCheck, Some(known), Kept::Unfindable { .. } | Kept::Failed(_) | Kept::RefusedTogether(..) | Kept::Unread(_))
            if !check.is_video() =>
        {
            Kept::Created(known)
        }
        (_, _, kept) => kept,
    };
    let counted = store::counted_attempts(conn, &delivery.id).await?;
    let mut ended = ending(work, delivery, task, &kept, counted, now, provider_name(&check)?);
    if check.is_idv()
        && task == Task::CreateCheck
        && let Kept::Failed(error) = &kept
    {
        ended.detail = idv::words_of(&check, error, &ended.detail, matches!(ended.state, DeliveryState::Dead))?;
    }
    if !store::end(conn, delivery, &ended.as_ended(), now).await? {
        tracing::warn!(delivery = %delivery.id, "another worker took this delivery over; its result stands");
        return Ok(());
    }
    let entries = match task {
        Task::CreateCheck => after_create(work, conn, &check, &kept, &ended, &delivery.payload, now).await?,
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
fn note_reach(work: &Casework, delivery: &Delivery, kept: &Kept) {
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
    let task = Task::parse(&delivery.task).ok_or_else(|| Error::Corrupt(format!("task {}", delivery.task)))?;
    finish(work, delivery, task, Kept::Ended(SET_ASIDE.to_owned())).await
}

/// The same where not even that can be carried out: the delivery alone.
pub(super) async fn set_aside_alone(work: &Casework, delivery: &Delivery) -> Result<(), Error> {
    let now = work.now();
    let ended = Ended { state: DeliveryState::Dead, next_at: now, result: "failed", detail: SET_ASIDE, cause: SET_ASIDE, uncounted: None };
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        if store::end(&mut conn, delivery, &ended, now).await? {
            journal::append(&mut conn, &[dead(delivery, SET_ASIDE, now)]).await?;
        }
    }
    tx.commit().await
}

fn dead(delivery: &Delivery, why: &str, now: Moment) -> journal::Entry {
    let details = json!({ "check": delivery.check_id, "task": delivery.task, "why": why });
    Actor::worker().entry(now, Action::DeliveryDead, Subject::Delivery, &delivery.id, details)
}

/// The end of a try, before it is written.
struct Ending {
    state: DeliveryState,
    next_at: Moment,
    result: &'static str,
    detail: String,
    /// What admins read, where `detail` has words of the provider, which may speak of a customer.
    cause: Option<String>,
    uncounted: Option<&'static str>,
}

impl Ending {
    fn as_ended(&self) -> Ended<'_> {
        let cause = self.cause.as_deref().unwrap_or(&self.detail);
        Ended { state: self.state, next_at: self.next_at, result: self.result, detail: &self.detail, cause, uncounted: self.uncounted }
    }
}

fn ending(work: &Casework, delivery: &Delivery, task: Task, kept: &Kept, counted: i64, now: Moment, who: &str) -> Ending {
    let done = |result, detail: &str| Ending {
        state: DeliveryState::Done,
        next_at: now,
        result,
        detail: detail.to_owned(),
        cause: None,
        uncounted: None,
    };
    match kept {
        Kept::Answered(_) => done("applied", "answered"),
        Kept::Stepped(step) => done("applied", &step.words()),
        Kept::HandedBack { words, cause } => Ending {
            state: DeliveryState::Dropped,
            next_at: now,
            result: "failed",
            detail: words.clone(),
            cause: Some(cause.clone()),
            uncounted: None,
        },
        Kept::Ended(words) => {
            Ending { state: DeliveryState::Dead, next_at: now, result: "unconfirmed", detail: words.clone(), cause: None, uncounted: None }
        }
        Kept::Created(task_id) => done("applied", &format!("task {task_id}")),
        Kept::Started(started) => done("applied", &format!("ID verification {}", started.idv_id)),
        Kept::Unfindable { waits } => Ending {
            state: if *waits { DeliveryState::Unknown } else { DeliveryState::Dead },
            next_at: now + work.pace.retry_base_ms.max(SETTLE_MS.min(work.pace.unfindable_ms)),
            result: "unconfirmed",
            detail: if *waits { MAY_EXIST } else { MAY_STILL_EXIST }.to_owned(),
            cause: None,
            uncounted: Some(ASKED_TO_WAIT),
        },
        Kept::Told { own: true } => done("applied", "our own decision"),
        Kept::Told { own: false } => done("applied", "the provider had the same decision, made by somebody else"),
        Kept::Set => done("applied", ""),
        Kept::Moot => Ending {
            state: DeliveryState::Dropped,
            next_at: now,
            result: "dropped",
            detail: "the check no longer waits for this".into(),
            cause: None,
            uncounted: None,
        },
        Kept::Otherwise(detail) => Ending {
            state: DeliveryState::Conflict,
            next_at: now,
            result: "conflict",
            detail: detail.clone(),
            cause: Some(format!("{who} shows another decision")),
            uncounted: None,
        },
        Kept::RefusedTogether(size, error) => Ending {
            state: DeliveryState::Unknown,
            next_at: now + SETTLE_MS.min(work.pace.retry_base_ms * 2),
            result: "unconfirmed",
            detail: format!(
                "{} It was in one call with {} others, so it is looked up and then sent by itself.",
                error.last_sentence(who, 1),
                size - 1
            ),
            cause: Some(error.cause(who)),
            uncounted: None,
        },
        Kept::Failed(error) | Kept::Unread(error) => {
            let tried = Tried {
                error,
                is_read: matches!(kept, Kept::Unread(_)),
                // A decision waits for its provider however long that is down; a launch can be run again.
                waits_for_provider: task != Task::CreateCheck && work.breakers.down(&delivery.connection_id).is_some(),
                counted,
                attempts: delivery.attempts,
                age_ms: now - delivery.created_at_ms,
            };
            let next = retry::next(&tried, &work.pace, chance());
            let gives_up = matches!(next.state, DeliveryState::Dead);
            let result = if tried.is_unknown() { "unconfirmed" } else { "failed" };
            let detail = if gives_up { error.last_sentence(who, counted.max(1)) } else { error.sentence(who) };
            let cause = matches!(error, CallError::Refused(..)).then(|| error.cause(who));
            Ending { state: next.state, next_at: now + next.wait_ms, result, detail, cause, uncounted: next.uncounted }
        }
    }
}

async fn after_create(
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
        (Kept::Ended(words), _) if check.is_video() => {
            ending::fail(conn, &Actor::worker(), &id, words, now).await?;
            Ok(vec![])
        }
        // Nothing of a video identification fails by itself: a person may take the step again.
        (_, DeliveryState::Dead | DeliveryState::Dropped) if check.is_video() => {
            let (step, _) = video::send::Step::of(payload)?;
            let refused = video::send::gave_up(conn, check, step, &ended.detail, matches!(kept, Kept::Moot), now).await?;
            Ok(refused.into_iter().collect())
        }
        (Kept::Answered(answered), _) => services::arrived(work, conn, check, answered, now).await,
        (Kept::Created(task_id), _) => Ok(vec![created(work, conn, check, task_id, ended, now).await?]),
        (Kept::Started(started), _) => {
            let entry = created(work, conn, check, &started.idv_id, ended, now).await?;
            let handout = idv::keep_handout(work, conn, check, started, now).await?;
            Ok(std::iter::once(entry).chain(handout).collect())
        }
        (_, DeliveryState::Dead) => {
            ending::fail(conn, &Actor::worker(), &id, &ended.detail, now).await?;
            Ok(vec![])
        }
        (Kept::Failed(_) | Kept::RefusedTogether(..) | Kept::Unread(_) | Kept::Unfindable { .. }, _) => {
            check_store::set_trouble(conn, &id, Some(&ended.detail), now).await?;
            Ok(vec![])
        }
        _ => Ok(vec![]),
    }
}

/// The check runs at the provider from now on; what its callback may have told before stays.
async fn created(
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
    Ok(Actor::worker().entry(now, Action::CheckSent, Subject::Check, id.as_str(), json!({ "task": task_id, "detail": ended.result })))
}

async fn after_tell(
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
        // It was overturned while this was under way: what counts is whether the provider has what stands now.
        let has = delivery.accepts() == Some(matches!(kept, Kept::Told { .. }));
        let agrees = has == (check.state()? == State::Accepted);
        let (telling, trouble) = if agrees { (Telling::Applied, None) } else { (Telling::Conflict, Some(decide::OVERTURNED)) };
        check_store::set_telling(conn, &id, telling, trouble, now).await?;
    }
    if matches!(kept, Kept::Told { .. }) {
        let says = if delivery.accepts() == Some(true) { "accepted there" } else { "rejected there" };
        check_store::provider_says(conn, &id, says, now).await?;
    }
    Ok(vec![Actor::worker().entry(now, action, Subject::Check, id.as_str(), json!({ "delivery": delivery.id, "detail": ended.detail }))])
}
