//! What came in is written in groups: many messages, one durable write.
//!
//! While one group is on its way to the disk, the next one gathers; nobody waits for others who are
//! not at the door yet. Nobody is told that a message is kept before the statement with it is
//! durable; when that fails, all of its group hear so. That statement is all that a sender waits
//! for. Whether the message is known, and its entry in the journal, come right after: arrivals are
//! sorted in among the callbacks.

use crate::{
    Casework, Db, Error,
    journal::{self, Actor, Entry},
    store::{Conn, Sql, again, exec_of, parts, row, rows_of},
};
use domain::{
    Moment,
    journal::{Action, Subject},
};
use serde_json::json;
use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot};

/// Messages that may wait; more wait at the door.
const QUEUE: usize = 1_024;
/// Messages in one statement at most; for each number of them there is a text, which the database
/// prepares once.
const GROUP: usize = 64;
/// The shortest time over which messages are counted to tell their pace.
const LATELY: Duration = Duration::from_millis(20);

/// What came before and comes again is read again after this time, and at the next beat if
/// something else came about the same since.
const AGAIN_MS: i64 = 3_600_000;
/// How many times the shortest time between two polls there are from beat to beat. At the desk's
/// own pace that is a minute: a read makes at most two calls, which end after 30 seconds each
/// unless the connection has a longer deadline, and comes to its end in between.
const BEAT: i64 = 30;

/// What a callback has of its arrival.
const KEPT: &str =
    "id, connection_id, check_hint, event_id, event_type, entity_id, sealed, size, received_at_ms";

/// A message that is to be kept.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub id: String,
    pub connection_id: String,
    pub check_hint: Option<String>,
    /// What makes it the same message, made with a key: kept once for each connection.
    pub event_id: String,
    /// Of signed ones only.
    pub event_type: Option<String>,
    pub entity_id: Option<String>,
    pub sealed: Vec<u8>,
    /// Of the body as it came, in bytes.
    pub size: i64,
    pub request_id: String,
    pub received_at_ms: Moment,
}

/// What the journal says of an arrival that waits to be sorted in.
#[derive(sqlx_macros::FromRow)]
struct Waiting {
    seq: i64,
    id: String,
    connection_id: String,
    event_id: String,
    event_type: Option<String>,
    entity_id: Option<String>,
    size: i64,
    request_id: String,
    received_at_ms: Moment,
}

impl Waiting {
    fn entry(&self) -> Entry {
        let mut details = json!({ "connection": self.connection_id, "message": self.event_id, "size": self.size });
        if let Some(event) = &self.event_type {
            details["event"] = json!(event);
            details["entity"] = json!(self.entity_id);
        }
        let provider = Actor::new("provider", self.request_id.as_str());
        provider.entry(
            self.received_at_ms,
            Action::CallbackReceived,
            Subject::Callback,
            &self.id,
            details,
        )
    }
}

enum Message {
    Arrived(Box<Arrival>, oneshot::Sender<Result<(), String>>),
    Stop,
}

/// Takes messages and writes them in groups.
pub struct Intake {
    sender: mpsc::Sender<Message>,
    pace: Pace,
    task: Mutex<Option<tokio::task::JoinHandle<()>>>,
}

impl Intake {
    pub(crate) fn start(db: Db) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let task = tokio::spawn(run(db, receiver));
        Self { sender, pace: Pace::new(Instant::now()), task: Mutex::new(Some(task)) }
    }

    /// How many messages a second came lately.
    pub(super) fn pace(&self) -> f64 {
        self.pace.at(Instant::now())
    }

    /// Writes what was taken, and ends.
    pub async fn stop(&self) {
        let task = self.task.lock().ok().and_then(|mut t| t.take());
        if let Some(task) = task {
            self.sender.send(Message::Stop).await.ok();
            task.await.ok();
        }
    }
}

/// How many come a second, looked at anew every now and then.
struct Pace {
    came: AtomicUsize,
    last: Mutex<(Instant, f64)>,
}

impl Pace {
    const fn new(now: Instant) -> Self {
        Self { came: AtomicUsize::new(0), last: Mutex::new((now, 0.0)) }
    }

    fn count(&self) {
        self.came.fetch_add(1, Ordering::Relaxed);
    }

    fn at(&self, now: Instant) -> f64 {
        let Ok(mut last) = self.last.lock() else { return 0.0 };
        let time = now - last.0;
        if time >= LATELY {
            *last = (now, self.came.swap(0, Ordering::Relaxed) as f64 / time.as_secs_f64());
        }
        last.1
    }
}

/// Keeps a message; when this returns, it is durable.
///
/// # Errors
/// It could not be stored, or the intake has ended: then the sender must not be told that we have
/// it.
pub(crate) async fn keep(work: &Casework, arrival: Arrival) -> Result<(), Error> {
    work.intake.pace.count();
    let (done, kept) = oneshot::channel();
    let ended = || Error::Start("Nothing is taken in any more.".into());
    work.intake
        .sender
        .send(Message::Arrived(Box::new(arrival), done))
        .await
        .map_err(|_| ended())?;
    kept.await.map_err(|_| ended())?.map_err(Error::Start)?;
    work.has_arrived();
    Ok(())
}

async fn run(db: Db, mut receiver: mpsc::Receiver<Message>) {
    let mut group = Vec::with_capacity(GROUP);
    while receiver.recv_many(&mut group, GROUP).await > 0 {
        // Whoever can come in right now comes along: fewer and larger groups leave the disk less to
        // do.
        tokio::task::yield_now().await;
        while group.len() < GROUP
            && let Ok(message) = receiver.try_recv()
        {
            group.push(message);
        }
        let (mut arrivals, mut waiting) = (Vec::new(), Vec::new());
        for message in group.drain(..) {
            match message {
                Message::Arrived(arrival, done) => {
                    arrivals.push(*arrival);
                    waiting.push(done);
                }
                // From now on nothing is taken; what was taken is still written.
                Message::Stop => receiver.close(),
            }
        }
        if arrivals.is_empty() {
            continue;
        }
        let written = again(|| write(&db, &arrivals)).await.map_err(|error| {
            tracing::error!(%error, messages = arrivals.len(), "what came in could not be stored; its senders send it again");
            error.to_string()
        });
        for done in waiting {
            // Whoever hung up meanwhile is not told; they send it again, and it is known then.
            done.send(written.clone()).ok();
        }
    }
}

/// One statement for all, onto the end of a table without any index: nothing is looked up or sorted
/// while the sender waits.
async fn write(db: &Db, arrivals: &[Arrival]) -> Result<(), Error> {
    let mut sql = Sql::default();
    sql.push(
        "INSERT INTO callback_arrivals (id, connection_id, check_hint, event_id, event_type, entity_id, sealed, size, request_id, received_at_ms) \
         VALUES ",
    );
    for (at, a) in arrivals.iter().enumerate() {
        sql.push(if at == 0 { "(" } else { ", (" }).text(&a.id).push(", ").text(&a.connection_id);
        sql.push(", ")
            .maybe(a.check_hint.as_deref())
            .push(", ")
            .text(&a.event_id)
            .push(", ")
            .maybe(a.event_type.as_deref());
        sql.push(", ")
            .maybe(a.entity_id.as_deref())
            .push(", ")
            .bytes(a.sealed.as_slice())
            .push(", ")
            .int(a.size);
        sql.push(", ").text(&a.request_id).push(", ").int(a.received_at_ms).push(")");
    }
    db.at_once(&sql).await
}

/// Since when the first arrival that waits has done so.
pub(super) async fn waits_since(conn: &mut Conn<'_>) -> Result<Option<Moment>, Error> {
    let first =
        row!(conn, (i64,), "SELECT received_at_ms FROM callback_arrivals ORDER BY seq LIMIT 1")?;
    Ok(first.map(|(since,)| since))
}

/// Makes callbacks of the first arrivals that wait, all of them or none, and enters in the journal
/// that these came; of what is known already nothing is left. Gives how many arrivals that were.
pub(super) async fn sort_in(work: &Casework, limit: i64) -> Result<usize, Error> {
    let mut tx = work.db.begin().await?;
    let waiting = {
        let mut conn = tx.conn();
        let mut waiting = waiting(&mut conn, limit).await?;
        // In one order for everybody, so that two processes that were told the same things do not
        // wait for each other.
        waiting.sort_by(|a, b| {
            (&a.connection_id, &a.event_id, a.seq).cmp(&(&b.connection_id, &b.event_id, b.seq))
        });
        let mut fresh = HashSet::new();
        for part in parts(&waiting) {
            fresh.extend(sort_in_some(&mut conn, part, BEAT * work.pace.poll_base_ms).await?);
        }
        waiting.sort_by_key(|arrival| arrival.seq);
        // The last thing: whoever decides locks the journal after rows, too.
        let entries: Vec<Entry> = waiting
            .iter()
            .filter(|arrival| fresh.contains(&arrival.id))
            .map(Waiting::entry)
            .collect();
        journal::append(&mut conn, &entries).await?;
        waiting
    };
    tx.commit().await?;
    Ok(waiting.len())
}

/// The first arrivals, held until the transaction ends.
async fn waiting(conn: &mut Conn<'_>, limit: i64) -> Result<Vec<Waiting>, Error> {
    let mut sql = Sql::default();
    sql.push("SELECT seq, id, connection_id, event_id, event_type, entity_id, size, request_id, received_at_ms ");
    sql.push("FROM callback_arrivals ORDER BY seq LIMIT ").int(limit).push(conn.skip_locked());
    Ok(rows_of!(conn, Waiting, &sql)?)
}

/// Sorts a part of them in; gives the ids of those that were new. That they are due is written down
/// by the database itself.
async fn sort_in_some(
    conn: &mut Conn<'_>,
    arrivals: &[Waiting],
    beat: i64,
) -> Result<Vec<String>, Error> {
    let seqs = || arrivals.iter().map(|arrival| arrival.seq);
    let mut sql = Sql::default();
    sql.push("INSERT INTO callbacks (")
        .push(KEPT)
        .push(") SELECT ")
        .push(KEPT)
        .push(" FROM callback_arrivals WHERE seq IN (")
        .ints(seqs());
    sql.push(") ORDER BY connection_id, event_id, seq ON CONFLICT (connection_id, event_id) DO NOTHING RETURNING id");
    let fresh = rows_of!(conn, (String,), &sql)?;
    if fresh.len() < arrivals.len() {
        look_again(conn, arrivals, beat).await?;
    }
    let mut sql = Sql::default();
    sql.push("DELETE FROM callback_arrivals WHERE seq IN (").ints(seqs()).push(")");
    exec_of!(conn, &sql)?;
    Ok(fresh.into_iter().map(|(id,)| id).collect())
}

/// What came once more may be a copy that somebody recorded, or tell that the same happened again:
/// it is no new event, but what the known one speaks of is read once more, if that was not done
/// lately, or if another callback about the same was taken up since: then it may be as it was
/// before that one. Such copies wait for one moment together, however many there are: each read
/// makes the one void that is under way, and whoever sends copies in turn must not keep all of them
/// from counting.
async fn look_again(conn: &mut Conn<'_>, arrivals: &[Waiting], beat: i64) -> Result<(), Error> {
    let Some(now) = arrivals.iter().map(|arrival| arrival.received_at_ms).max() else {
        return Ok(());
    };
    let next = (now / beat.max(1) + 1) * beat;
    let mut sql = Sql::default();
    sql.push("UPDATE callback_work SET state = 'due', attempts = 0, next_at_ms = CASE WHEN next_at_ms < ").int(now - AGAIN_MS);
    sql.push(" THEN ")
        .int(now)
        .push(" ELSE ")
        .int(next)
        .push(" END WHERE state = 'done' AND (next_at_ms < ");
    sql.int(now - AGAIN_MS).push(" OR EXISTS (SELECT 1 FROM callbacks c JOIN callbacks o ON o.connection_id = c.connection_id ");
    sql.push("AND COALESCE(o.entity_id, o.check_hint) = COALESCE(c.entity_id, c.check_hint) AND o.id <> c.id ");
    sql.push(
        "JOIN callback_work w ON w.callback_id = o.id WHERE c.id = callback_work.callback_id ",
    );
    sql.push("AND w.next_at_ms >= callback_work.next_at_ms)) AND callback_id IN (SELECT c.id FROM callbacks c ");
    sql.push("JOIN callback_arrivals a ON a.connection_id = c.connection_id AND a.event_id = c.event_id WHERE a.seq IN (");
    sql.ints(arrivals.iter().map(|arrival| arrival.seq)).push("))");
    exec_of!(conn, &sql)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_of_two_calls_comes_to_its_end_between_two_beats() {
        let call_ms = i64::try_from(crate::providers::CALL_TIME_MS).expect("fits");
        assert!(BEAT * crate::Pace::default().poll_base_ms >= 2 * call_ms);
    }

    #[test]
    fn a_pace_is_that_of_lately() {
        let begun = Instant::now();
        let pace = Pace::new(begun);
        let come = |count| (0..count).for_each(|_| pace.count());
        come(10);
        assert!(pace.at(begun + LATELY / 2) < 1.0, "too soon to tell");
        assert!((pace.at(begun + LATELY) - 500.0).abs() < 1.0, "10 in 20 ms");
        come(1_000);
        assert!((pace.at(begun + LATELY * 3 / 2) - 500.0).abs() < 1.0, "still the one of before");
        assert!(
            (pace.at(begun + LATELY + Duration::from_secs(2)) - 500.0).abs() < 1.0,
            "1,000 in 2 s"
        );
        assert!(pace.at(begun + Duration::from_secs(4)) < 1.0, "nobody came since");
    }
}
