//! The workers: outbox, inbox, poller and reaper, each in bounded batches, until they are told to
//! stop; and the daily inspection.

use crate::{
    Casework, Error, Work,
    desk::team,
    objects,
    providers::overheard,
    records::{
        checks::{self as check_store, PollRead, evidence},
        connections, customers, people,
        promises::Of,
    },
    refused, services,
    store::{LOG_ALERT, fold},
    wake,
    work::{
        inbox, inspection,
        outbox::{self, Caller, Place, Turn},
    },
};
use domain::CheckId;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{sync::futures::Notified, task::JoinSet};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Callbacks taken at once by whoever runs no workers.
const BATCH: i64 = 8;
/// Callbacks taken at once: most of them need no more than one transaction for all, and what comes
/// in waits for its end.
const CALLBACKS: i64 = 16;
/// Deliveries, and reads, under way at once; one connection has half of these places at most.
const PLACES: i64 = 2 * outbox::SHARE;
/// What has run out is looked for this often.
const REAP_PAUSE: Duration = Duration::from_secs(10);
/// Reads that fail this often in a row are reported as trouble on the check; they go on.
const POLLS_UNTIL_TROUBLE: i64 = 2;
/// Reads that fail this often in a row end the check as failed.
const POLLS_MAX: i64 = 60;

/// Starts all workers. Cancel the token and wait for the tracker to stop them after their current
/// batch.
pub fn start(work: &Work, stop: &CancellationToken, tasks: &TaskTracker) {
    let take = |work: Work, places| async move { outbox::take(&work, places).await };
    let act = |work: Work, taken| async move { outbox::carry_out(&work, taken).await };
    fill(work, stop, tasks, "outbox", take, act, |work, left| async move {
        outbox::give_back(&work, &left).await
    });
    let take = |work: Work, places| async move { take_polls(&work, places).await };
    let act = |work: Work, poll| async move { poll_noted(&work, poll).await };
    fill(work, stop, tasks, "poller", take, act, |work, left| async move {
        give_polls_back(&work, &left).await
    });
    tasks.spawn(wake::listen(work.clone(), stop.clone()));
    tasks.spawn(fold(work.db.clone(), stop.clone()));
    tasks.spawn(inspect(work.clone(), stop.clone()));
    let step = |work: Work| async move { inbox::work_off(&work, CALLBACKS).await };
    spawn(work, stop, tasks, "inbox", |work| work.arrived.notified(), step);
    let told = stop.clone();
    let step = move |work: Work| {
        let told = told.clone();
        async move {
            reap(&work).await?;
            told.run_until_cancelled(tokio::time::sleep(REAP_PAUSE)).await;
            Ok(0)
        }
    };
    spawn(work, stop, tasks, "reaper", |work| work.wake.notified(), step);
}

/// Looks now and then whether the daily inspection is due. One that is under way at a stop is begun
/// anew later.
async fn inspect(work: Work, stop: CancellationToken) {
    let rounds = async {
        let mut failures = 0;
        loop {
            tokio::time::sleep(Duration::from_millis(work.pace.inspect_ms)).await;
            if let Err(error) = outbox::caught(inspection::daily(&work)).await {
                failed("inspector", &error, &mut failures);
            }
        }
    };
    stop.run_until_cancelled(rounds).await;
    tracing::info!(worker = "inspector", "stopped");
}

/// A worker with places: whatever gets free is filled again, so that a call that hangs holds up
/// nothing else. Told to stop, it waits for what is under way, and then gives back what need not
/// wait for its lease to end.
fn fill<T, F, R, G, S, H, B>(
    work: &Work,
    stop: &CancellationToken,
    tasks: &TaskTracker,
    name: &'static str,
    take: F,
    act: G,
    give_back: H,
) where
    T: Clone + Send + Sync + 'static,
    F: Fn(Work, i64) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Vec<T>, Error>> + Send + 'static,
    G: Fn(Work, T) -> S + Send + Sync + 'static,
    S: Future<Output = ()> + Send + 'static,
    H: FnOnce(Work, Vec<T>) -> B + Send + 'static,
    B: Future<Output = Result<(), Error>> + Send + 'static,
{
    let (work, stop) = (work.clone(), stop.clone());
    tasks.spawn(async move {
        let (mut running, mut held) = (JoinSet::new(), HashMap::new());
        let mut failures = 0;
        while !stop.is_cancelled() {
            let woken = work.wake.notified();
            let places = PLACES - running.len() as i64;
            let mut pause = Duration::from_millis(work.pace.idle_ms);
            if places > 0 {
                // A panic ends one try, not the worker.
                match tokio::spawn(take(work.clone(), places)).await {
                    Ok(Ok(taken)) => {
                        failures = 0;
                        let is_any = !taken.is_empty();
                        for item in taken {
                            let id = running.spawn(act(work.clone(), item.clone())).id();
                            held.insert(id, item);
                        }
                        if is_any {
                            continue;
                        }
                    }
                    Ok(Err(error)) => pause = failed(name, &error, &mut failures),
                    Err(panic) => pause = failed(name, &panic, &mut failures),
                }
            }
            tokio::select! {
                () = stop.cancelled() => break,
                Some(ended) = running.join_next_with_id() => match ended {
                    Ok((id, ())) => drop(held.remove(&id)),
                    Err(panic) => {
                        held.remove(&panic.id());
                        failed(name, &panic, &mut failures);
                    }
                },
                () = woken => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        let ended = async {
            while let Some(ended) = running.join_next_with_id().await {
                held.remove(&ended.map_or_else(|panic| panic.id(), |(id, ())| id));
            }
        };
        if tokio::time::timeout(Duration::from_millis(work.pace.stop_ms), ended).await.is_err() {
            if let Err(error) = give_back(work.clone(), held.into_values().collect()).await {
                failed(name, &error, &mut failures);
            }
            // Whoever is idle elsewhere takes it at once; what has left already may still end here.
            work.wake.notify_waiters();
            while running.join_next().await.is_some() {}
        }
        tracing::info!(worker = name, "stopped");
    });
}

fn spawn<F, R>(
    work: &Work,
    stop: &CancellationToken,
    tasks: &TaskTracker,
    name: &'static str,
    bell: fn(&Casework) -> Notified<'_>,
    step: F,
) where
    F: Fn(Work) -> R + Send + Sync + 'static,
    R: Future<Output = Result<usize, Error>> + Send + 'static,
{
    let (work, stop) = (work.clone(), stop.clone());
    tasks.spawn(async move {
        let mut failures = 0;
        while !stop.is_cancelled() {
            let woken = bell(&work);
            // A panic ends the batch, not the worker.
            let pause = match tokio::spawn(step(work.clone())).await {
                Ok(Ok(0)) => Duration::from_millis(work.pace.idle_ms),
                Ok(Ok(_)) => {
                    failures = 0;
                    continue;
                }
                Ok(Err(error)) => failed(name, &error, &mut failures),
                Err(panic) => failed(name, &panic, &mut failures),
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = woken => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        tracing::info!(worker = name, "stopped");
    });
}

fn failed(name: &str, error: &dyn std::fmt::Display, failures: &mut u32) -> Duration {
    *failures = (*failures + 1).min(6);
    tracing::error!(worker = name, %error, "a batch failed; going on");
    Duration::from_millis(250 << *failures)
}

/// Reads the provider's state of checks that are due for it; gives how many were read.
///
/// # Errors
/// The database; one check's failure stays with it.
pub async fn poll(work: &Casework, limit: i64) -> Result<usize, Error> {
    let taken = take_polls(work, limit).await?;
    let count = taken.len();
    futures::future::join_all(taken.into_iter().map(|poll| poll_noted(work, poll))).await;
    Ok(count)
}

/// A check that is read under a lease with its fence, and its place among the calls to its
/// connection.
#[derive(Clone)]
struct Poll {
    id: String,
    fence: i64,
    _place: Arc<Place>,
}

/// Takes checks that are due for a read; of a provider that is down only one, which asks whether it
/// is back.
async fn take_polls(work: &Casework, free: i64) -> Result<Vec<Poll>, Error> {
    let now = work.now();
    {
        // Whoever looks for work in vain does not keep the one who writes from writing.
        let mut reader = work.db.read().await?;
        let is_any = check_store::is_any_poll_due(&mut reader.conn(), now).await?;
        work.db.keep(reader);
        if !is_any {
            return Ok(vec![]);
        }
    }
    let until = now + work.pace.lease_ms;
    let Turn { probes, except, places } = work.breakers.turn(Caller::Poller, free, now);
    let mut taken = Vec::new();
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        for place in probes {
            let one =
                check_store::take_polls(&mut conn, now, until, 1, &Of::Only(&place.connection))
                    .await?
                    .pop();
            taken.extend(one.map(|(id, fence, _)| Poll { id, fence, _place: Arc::new(place) }));
        }
        if places > 0 {
            for (id, fence, connection) in
                check_store::take_polls(&mut conn, now, until, places, &Of::AllBut(&except)).await?
            {
                taken.push(Poll {
                    id,
                    fence,
                    _place: Arc::new(work.breakers.begin(Caller::Poller, &connection)),
                });
            }
        }
    }
    tx.commit().await?;
    Ok(taken)
}

/// Gives back reads that did not end in time: whoever is next reads at once, and what is still read
/// here is void.
async fn give_polls_back(work: &Casework, left: &[Poll]) -> Result<(), Error> {
    let mut tx = work.db.begin().await?;
    for poll in left {
        check_store::give_poll_back(&mut tx.conn(), &poll.id, poll.fence, work.now()).await?;
    }
    tx.commit().await
}

async fn poll_noted(work: &Casework, Poll { id, fence, .. }: Poll) {
    let id = CheckId::from(id);
    let Err(error) = outbox::caught(poll_one(work, &id, fence)).await else {
        work.stumbles.forget(id.as_str());
        return;
    };
    tracing::error!(check = %id, %error, "a check could not be read; it is read again later");
    if !outbox::is_passing(&error)
        && let Err(error) = stumbled(work, &id, fence).await
    {
        tracing::error!(check = %id, %error, "what stopped half-way could not be put back");
    }
}

/// Reads what stopped half-way ever more rarely, and says so on the check.
async fn stumbled(work: &Casework, id: &CheckId, fence: i64) -> Result<(), Error> {
    let times = work.stumbles.count(id.as_str());
    let wait = outbox::backoff(
        work.pace.retry_base_ms,
        12 * work.pace.poll_max_ms,
        times,
        outbox::chance(),
    );
    let now = work.now();
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        if times >= outbox::STUMBLES_MAX {
            check_store::set_trouble(&mut conn, id, Some(outbox::SET_ASIDE), now).await?;
        }
        check_store::poll_at(&mut conn, id, now + wait, fence, PollRead::Missed).await?;
    }
    tx.commit().await
}

async fn poll_one(work: &Casework, id: &CheckId, fence: i64) -> Result<(), Error> {
    let check = crate::records::checks::get(work, id).await?;
    if customers::is_erased(work, &check.customer_id).await? {
        return stop_reading(work, id, fence).await;
    }
    let connection = connections::get(work, &check.connection_id.as_str().into()).await?;
    let service = services::of(check.kind()?);
    let (read, mut heard) =
        overheard::listen(Box::pin(service.read_again(work, &connection, &check))).await;
    if read.is_ok() {
        heard.retain(|one| service.keeps(one));
    }
    evidence::keep_overheard(work, id, &heard).await?;
    let now = work.now();
    let is_out_of_reach = matches!(&read, Err(Error::Provider(error)) if error.is_out_of_reach());
    match &read {
        Ok(_) => work.breakers.reached(&connection.id),
        Err(Error::Provider(_)) if !is_out_of_reach => work.breakers.reached(&connection.id),
        Err(Error::Provider(_)) => work.breakers.missed(&connection.id, &work.pace, now),
        Err(_) => {}
    }
    // A provider that is down for hours ends none of its checks.
    let failed = if is_out_of_reach && work.breakers.down(&connection.id).is_some() {
        PollRead::Missed
    } else {
        PollRead::Failed
    };
    let age = (now - check.launched_at_ms).max(0);
    match read {
        Ok(services::Read::Finished) => {
            let mut tx = work.db.begin().await?;
            check_store::poll_at(&mut tx.conn(), id, domain::time::NEVER, fence, PollRead::Good)
                .await?;
            tx.commit().await
        }
        Ok(services::Read::Running) => {
            // A young check is read often, an old one at ever longer intervals.
            let longest = if age > domain::time::DAY {
                12 * work.pace.poll_max_ms
            } else {
                work.pace.poll_max_ms
            };
            let wait = (age / 8).clamp(work.pace.poll_base_ms, longest);
            let mut tx = work.db.begin().await?;
            check_store::poll_at(&mut tx.conn(), id, now + wait, fence, PollRead::Good).await?;
            tx.commit().await
        }
        Err(Error::Provider(error)) => {
            let failures = check.polls_failed + 1;
            // A read that failed is a failed try: how rarely a running check is read otherwise has
            // nothing to do with it.
            let own = outbox::backoff(
                work.pace.retry_base_ms,
                work.pace.poll_max_ms,
                failures,
                outbox::chance(),
            );
            let wait =
                error.retry_after_ms().map_or(own, |asked| asked.max(work.pace.poll_base_ms));
            let sentence = services::trouble_of(&error, check.kind()?);
            let gone = matches!(error, crate::providers::CallError::NotFound) && failures > 3;
            let mut tx = work.db.begin().await?;
            {
                let mut conn = tx.conn();
                if gone
                    || (failures >= POLLS_MAX
                        && failed == PollRead::Failed
                        && service.fails_unread())
                {
                    crate::services::ending::fail(
                        &mut conn,
                        &crate::journal::Actor::worker(),
                        id,
                        &sentence,
                        now,
                    )
                    .await?;
                    check_store::poll_at(
                        &mut conn,
                        id,
                        domain::time::NEVER,
                        fence,
                        PollRead::Failed,
                    )
                    .await?;
                } else {
                    if failures >= POLLS_UNTIL_TROUBLE && !check.state()?.is_final() {
                        check_store::set_trouble(&mut conn, id, Some(&sentence), now).await?;
                    }
                    check_store::poll_at(&mut conn, id, now + wait, fence, failed).await?;
                }
            }
            tx.commit().await
        }
        Err(error) => Err(error),
    }
}

/// Ends a check that still waits for its outcome, and the reading of any.
async fn stop_reading(work: &Casework, id: &CheckId, fence: i64) -> Result<(), Error> {
    const ERASED: &str = "The customer was erased while this check ran. Whatever the provider still says of it is not read any more.";
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        crate::services::ending::fail(
            &mut conn,
            &crate::journal::Actor::worker(),
            id,
            ERASED,
            work.now(),
        )
        .await?;
        check_store::poll_at(&mut conn, id, domain::time::NEVER, fence, PollRead::Good).await?;
    }
    tx.commit().await
}

/// Ends claims, sessions and signs of presence whose time is over.
///
/// # Errors
/// The database.
pub async fn reap(work: &Casework) -> Result<(), Error> {
    let log_bytes = work.db.log_bytes();
    if log_bytes > LOG_ALERT {
        tracing::error!(
            log_bytes,
            "the database's write-ahead log keeps growing: something reads for long and keeps it from being folded in"
        );
    }
    let mut tx = work.db.begin().await?;
    check_store::reap_claims(&mut tx.conn(), work.now()).await?;
    tx.commit().await?;
    people::sweep_sessions(work).await?;
    people::sweep_tries(work).await?;
    refused::sweep(work).await?;
    team::present::sweep(work).await?;
    services::sweep(work).await?;
    objects::sweep_daily(work).await
}

/// Works until nothing is due any more, or the time is over; for tests and the demo, which run no
/// workers.
///
/// # Errors
/// The database.
pub async fn settle(
    work: &Casework,
    at_most: Duration,
    mut done: impl AsyncFnMut() -> bool,
) -> Result<bool, Error> {
    let until = std::time::Instant::now() + at_most;
    loop {
        let worked = outbox::work_off(work, BATCH).await?
            + inbox::work_off(work, BATCH).await?
            + poll(work, BATCH).await?;
        if done().await {
            return Ok(true);
        }
        if std::time::Instant::now() >= until {
            return Ok(false);
        }
        if worked == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
