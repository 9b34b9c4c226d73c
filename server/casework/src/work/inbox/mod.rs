//! The inbox: what providers send us is stored verbatim first and understood later.
//!
//! KryptoGO does not sign its callbacks, so they come to an unguessable address and are only a hint
//! to read the task again. Their events are known by their bodies: the same message twice is one
//! callback. The event's id in the database is made with a key, so that nobody finds a message by
//! trying. Solaris signs the body alone: what its headers say is a hint too. `webhooks` checks the
//! signature, `intake` writes what came, `solaris` understands it.

mod intake;
mod solaris;

use crate::{
    Casework, Error, Opened, SealError,
    journal::{self, Actor},
    new_id,
    providers::{kryptogo, solaris::Event},
    records::{
        checks as check_store,
        connections::{self, Connection},
    },
    services::{self, Lost},
    store::{Conn, Sql, exec, exec_of, parts, row, rows, rows_of, written},
    work::outbox::{self, backoff, chance},
};
use domain::{
    CheckId, Moment,
    journal::{Action, Subject},
};
use serde_json::json;
use std::time::{Duration, Instant};

use intake::Arrival;
pub use intake::Intake;

/// A larger callback is refused.
pub const BODY_MAX: usize = 1024 * 1024;
/// Tries before a callback that nothing matches is parked for an admin.
const TRIES_MAX: i64 = 6;
/// More than this many a second are a rush.
const RUSH: f64 = 500.0;
/// In a rush, taking in goes first; how often it is looked at whether it is over ...
const GIVE_WAY: Duration = Duration::from_millis(100);
/// ... and how long what came waits for that, in milliseconds. Then it is understood all the same,
/// with rests of so many times as long as the last transaction took.
const PATIENCE: i64 = 3_000;
const REST: u32 = 2;
/// While nobody is in a hurry, so many times as many are understood at once: each costs less.
const AT_LEISURE: i64 = 8;

/// Takes a callback in; a body seen before changes nothing. When this returns, it is durable.
///
/// # Errors
/// The database: then the provider is not told that we have it.
pub async fn receive(
    work: &Casework,
    connection: &Connection,
    check_hint: Option<&str>,
    body: &[u8],
    request_id: &str,
) -> Result<(), Error> {
    // A hint with a NUL names no check, and PostgreSQL would not store it.
    let check_hint = check_hint.filter(|hint| !hint.contains('\0')).map(str::to_owned);
    let arrival = arrival(work, connection, &crate::sha256_hex(body), body, request_id);
    intake::keep(work, Arrival { check_hint, ..arrival }).await
}

/// Takes a callback in whose signature was found to be good; an event seen before changes nothing.
/// When this returns, it is durable.
pub(crate) async fn receive_signed(
    work: &Casework,
    connection: &Connection,
    signed: Signed<'_>,
    body: &[u8],
    request_id: &str,
) -> Result<(), Error> {
    let event_type = Some(signed.event_type.to_owned());
    let arrival = arrival(work, connection, &signed.event_id, body, request_id);
    intake::keep(work, Arrival { event_type, entity_id: signed.entity_id, ..arrival }).await
}

/// What is known of a signed callback besides its body.
pub(crate) struct Signed<'a> {
    pub event_id: String,
    pub event_type: &'a str,
    pub entity_id: Option<String>,
}

/// What is the same for all: what makes it the same event, and what it is about, is the caller's to
/// say.
fn arrival(
    work: &Casework,
    connection: &Connection,
    event: &str,
    body: &[u8],
    request_id: &str,
) -> Arrival {
    let id = new_id();
    let event_id =
        connections::message_name(&work.sealer, &connection.id, &connection.callback_token_sealed, event).unwrap_or_else(|error| {
            // Better twice than not at all.
            tracing::error!(connection = %connection.name, %error, "a message cannot be compared with those that came before");
            id.clone()
        });
    Arrival {
        connection_id: connection.id.clone(),
        check_hint: None,
        event_id,
        event_type: None,
        entity_id: None,
        sealed: work.sealer.seal(&place(&id), body),
        size: body.len() as i64,
        request_id: request_id.to_owned(),
        received_at_ms: work.now(),
        id,
    }
}

#[derive(sqlx_macros::FromRow)]
struct Pending {
    id: String,
    connection_id: String,
    check_hint: Option<String>,
    event_type: Option<String>,
    entity_id: Option<String>,
    sealed: Vec<u8>,
    received_at_ms: i64,
    attempts: i64,
}

impl Pending {
    /// Whether it may speak of an upload whose answer was lost.
    const fn may_be_an_upload(&self, said: &Said) -> bool {
        self.check_hint.is_some() && said.idv_id.is_some()
    }
}

/// Turns stored callbacks into reads of what they speak of; gives how many were worked on.
///
/// Those that need nothing but the database are understood in one transaction; the others, and all
/// if that fails, one by one.
///
/// # Errors
/// The database.
pub async fn work_off(work: &Casework, limit: i64) -> Result<usize, Error> {
    let Some(since) = waits_since(work).await? else { return Ok(0) };
    // Both need the one writer, and a provider waits for its answer.
    let mut is_rush = work.intake.pace() > RUSH;
    while gives_way(is_rush, work.now() - since) {
        tokio::time::sleep(GIVE_WAY).await;
        is_rush = work.intake.pace() > RUSH;
    }
    let begun = Instant::now();
    let together = if is_rush { limit } else { limit * AT_LEISURE };
    // If that fails, it holds up nothing that is due already.
    let sorted_in = outbox::caught(intake::sort_in(work, together)).await;
    let (count, alone) = match outbox::caught(take_and_understand(work, together, limit)).await {
        Ok(done) => done,
        Err(error) => {
            tracing::warn!(%error, "callbacks could not be understood together; now one by one");
            let mut tx = work.db.begin().await?;
            let taken = take(work, &mut tx.conn(), limit).await?;
            tx.commit().await?;
            (taken.len(), taken)
        }
    };
    let rest = (begun.elapsed() * REST).min(GIVE_WAY);
    for callback in &alone {
        // Each by itself: what stops at one of them goes on with the next.
        if let Err(error) = outbox::caught(understand_alone(work, callback)).await {
            stopped(work, callback, &error).await?;
        }
    }
    if is_rush {
        tokio::time::sleep(rest).await;
    }
    Ok(count.max(sorted_in?))
}

/// Understands what is due and needs nothing but the database, in one transaction: those who bring
/// more wait for the same writer. Gives how many were due, and those, `alone_max` at most, that are
/// left under a lease.
async fn take_and_understand(
    work: &Casework,
    limit: i64,
    alone_max: i64,
) -> Result<(usize, Vec<Pending>), Error> {
    let mut tx = work.db.begin().await?;
    let due = due(work, &mut tx.conn(), limit).await?;
    let count = due.len();
    let (mut together, mut alone) = (Vec::with_capacity(count), Vec::new());
    for callback in due {
        match Meaning::of(work, &callback) {
            Ok(meaning) if !meaning.asks_a_provider(&callback) => {
                together.push((callback, meaning))
            }
            // What asks, and what cannot be opened, holds up no others.
            _ => alone.push(callback),
        }
    }
    // The others stay due: a lease is not for those whose turn may come after its end.
    alone.truncate(usize::try_from(alone_max).unwrap_or_default());
    {
        let mut conn = tx.conn();
        lease(work, &mut conn, &alone).await?;
        understand(work, &mut conn, &together).await?;
    }
    tx.commit().await?;
    if !together.is_empty() {
        work.wake.notify_waiters();
    }
    Ok((count, alone))
}

async fn understand_alone(work: &Casework, callback: &Pending) -> Result<(), Error> {
    match Meaning::of(work, callback)? {
        Meaning::Solaris(Event::PersonDeleted) => solaris::erase(work, callback).await,
        Meaning::Kryptogo(said) if callback.may_be_an_upload(&said) => {
            understand_upload(work, callback, &said).await
        }
        meaning => {
            let mut tx = work.db.begin().await?;
            let note = read(work, &mut tx.conn(), callback, &meaning).await?;
            note_down(&mut tx.conn(), vec![(callback, note)]).await?;
            tx.commit().await?;
            work.wake.notify_waiters();
            Ok(())
        }
    }
}

const fn gives_way(is_rush: bool, due_for_ms: i64) -> bool {
    is_rush && due_for_ms < PATIENCE
}

async fn stopped(work: &Casework, callback: &Pending, error: &Error) -> Result<(), Error> {
    tracing::error!(callback = %callback.id, %error, "callback could not be worked on");
    // Else it is tried again when its lease ends.
    if outbox::is_passing(error) { Ok(()) } else { stumbled(work, callback).await }
}

/// Tries what stopped half-way ever more rarely; at last it is parked.
async fn stumbled(work: &Casework, callback: &Pending) -> Result<(), Error> {
    let note = if work.stumbles.count(&callback.id) < outbox::STUMBLES_MAX {
        Note::again(work, callback, "the desk stopped half-way; it is tried again")
    } else {
        work.stumbles.forget(&callback.id);
        Note::parked(work.now(), outbox::SET_ASIDE)
    };
    let mut tx = work.db.begin().await?;
    note_down(&mut tx.conn(), vec![(callback, note)]).await?;
    tx.commit().await
}

/// Since when what has waited longest has done so: an arrival, or a callback that is due.
async fn waits_since(work: &Casework) -> Result<Option<Moment>, Error> {
    let mut reader = work.db.read().await?;
    let arrived = intake::waits_since(&mut reader.conn()).await?;
    let due = row!(
        &mut reader.conn(),
        (i64,),
        "SELECT next_at_ms FROM callback_work WHERE state = 'due' AND next_at_ms <= $1 ORDER BY next_at_ms LIMIT 1",
        work.now()
    )?;
    work.db.keep(reader);
    Ok(due.map(|(since,)| since).into_iter().chain(arrived).min())
}

/// Takes callbacks that are due, under a lease.
async fn take(work: &Casework, conn: &mut Conn<'_>, limit: i64) -> Result<Vec<Pending>, Error> {
    let due = due(work, conn, limit).await?;
    lease(work, conn, &due).await?;
    Ok(due)
}

/// Callbacks that are due, held until the transaction ends; the try that now begins is counted.
async fn due(work: &Casework, conn: &mut Conn<'_>, limit: i64) -> Result<Vec<Pending>, Error> {
    let mut sql = Sql::default();
    sql.push(
        "SELECT c.id, c.connection_id, c.check_hint, c.event_type, c.entity_id, c.sealed, c.received_at_ms, w.attempts + 1 AS attempts \
         FROM callbacks c JOIN callback_work w ON w.callback_id = c.id \
         WHERE c.id IN (SELECT callback_id FROM callback_work WHERE state = 'due' AND next_at_ms <= ",
    );
    sql.int(work.now())
        .push(" ORDER BY next_at_ms LIMIT ")
        .int(limit)
        .push(conn.skip_locked())
        .push(")");
    Ok(rows_of!(conn, Pending, &sql)?)
}

/// Nobody else takes them for a while, and their try counts even if it never comes to an end.
async fn lease(work: &Casework, conn: &mut Conn<'_>, callbacks: &[Pending]) -> Result<(), Error> {
    let until = work.now() + work.pace.lease_ms;
    for part in parts(callbacks) {
        let mut sql = Sql::default();
        sql.push("UPDATE callback_work SET attempts = attempts + 1, next_at_ms = ").int(until);
        sql.push(" WHERE callback_id IN (").texts(part.iter().map(|c| &c.id)).push(")");
        exec_of!(conn, &sql)?;
    }
    Ok(())
}

/// What a callback is about, as far as it says.
enum Meaning {
    Kryptogo(Said),
    Solaris(Event),
}

impl Meaning {
    fn of(work: &Casework, callback: &Pending) -> Result<Self, Error> {
        if let Some(event) = &callback.event_type {
            return Ok(Self::Solaris(Event::of(event)));
        }
        let body = open(work, &callback.id, &callback.sealed)?;
        Ok(Self::Kryptogo(Said {
            task_id: kryptogo::task_id_of(&body),
            idv_id: kryptogo::idv_id_of(&body),
        }))
    }

    /// Whether it may take a call to the provider to know what to do; such a callback holds up no
    /// others.
    fn asks_a_provider(&self, callback: &Pending) -> bool {
        match self {
            Self::Kryptogo(said) => callback.may_be_an_upload(said),
            Self::Solaris(event) => matches!(event, Event::PersonDeleted),
        }
    }
}

/// What follows from a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Note {
    state: &'static str,
    next_at: Moment,
    words: String,
}

impl Note {
    fn done(now: Moment, words: impl Into<String>) -> Self {
        Self { state: "done", next_at: now, words: words.into() }
    }

    fn parked(now: Moment, words: impl Into<String>) -> Self {
        Self { state: "parked", next_at: now, words: words.into() }
    }

    fn again(work: &Casework, callback: &Pending, words: impl Into<String>) -> Self {
        Self { state: "due", next_at: work.now() + wait(work, callback), words: words.into() }
    }
}

/// Asks for the reads of what callbacks speak of, and writes down what came of them.
async fn understand(
    work: &Casework,
    conn: &mut Conn<'_>,
    callbacks: &[(Pending, Meaning)],
) -> Result<(), Error> {
    let mut notes = Vec::with_capacity(callbacks.len());
    for (callback, meaning) in callbacks {
        notes.push((callback, read(work, conn, callback, meaning).await?));
    }
    note_down(conn, notes).await
}

/// Asks for the read of what a callback speaks of.
async fn read(
    work: &Casework,
    conn: &mut Conn<'_>,
    callback: &Pending,
    meaning: &Meaning,
) -> Result<Note, Error> {
    match meaning {
        Meaning::Kryptogo(said) => read_check(work, conn, callback, said).await,
        Meaning::Solaris(event) => solaris::read(work, conn, callback, event).await,
    }
}

/// Finds the check by what the body names or by the hint in the address, and asks for a read of it.
async fn read_check(
    work: &Casework,
    conn: &mut Conn<'_>,
    callback: &Pending,
    said: &Said,
) -> Result<Note, Error> {
    let now = work.now();
    Ok(match find_check(conn, callback, said).await? {
        // Before our own create was answered there is no task to read yet; the poller or a later
        // try finds it.
        Some(check) if check_store::poll_now(conn, &check, now).await? > 0 => {
            Note::done(now, format!("read again: {check}"))
        }
        Some(check) if callback.attempts < TRIES_MAX => {
            Note::again(work, callback, format!("came before the provider's answer to {check}"))
        }
        Some(check) => Note::done(now, format!("{check} has nothing to read")),
        None if callback.attempts < TRIES_MAX => Note::again(work, callback, "no check fits yet"),
        None => Note::parked(now, "no check fits: an admin should look at it"),
    })
}

/// As [`read`], for one that may speak of an upload whose answer was lost.
async fn understand_upload(work: &Casework, callback: &Pending, said: &Said) -> Result<(), Error> {
    let now = work.now();
    // While the provider cannot be read, the callback is the only proof of an upload: it stays.
    let adopted = adopt(work, callback, said).await?;
    let is_young = now - callback.received_at_ms < work.pace.unfindable_ms;
    written!(work, async |conn| {
        let note = match adopted {
            Adopted::Unread if is_young => {
                Note::again(work, callback, "the provider could not be read yet")
            }
            Adopted::Unread => {
                Note::parked(now, "the provider could not be read: an admin should look at it")
            }
            // Points may be used for it, and nobody here knows: that must not end quietly.
            Adopted::TooLate => {
                Note::parked(now, "its upload was given up before: an admin should look at it")
            }
            Adopted::Settled => read_check(work, conn, callback, said).await?,
        };
        note_down(conn, vec![(callback, note)]).await?;
        Ok(())
    })?;
    work.wake.notify_waiters();
    Ok(())
}

/// Writes down what came of a try with each callback, or when it is tried again; those of which the
/// same came in one statement.
async fn note_down(conn: &mut Conn<'_>, notes: Vec<(&Pending, Note)>) -> Result<(), Error> {
    let mut alike: Vec<((Note, i64), Vec<&str>)> = Vec::new();
    for (callback, note) in notes {
        let came = (note, callback.attempts);
        match alike.iter_mut().find(|(known, _)| *known == came) {
            Some((_, ids)) => ids.push(&callback.id),
            None => alike.push((came, vec![&callback.id])),
        }
    }
    for ((note, attempts), ids) in alike {
        for part in parts(&ids) {
            let mut sql = Sql::default();
            sql.push("UPDATE callback_work SET state = ")
                .text(note.state)
                .push(", attempts = ")
                .int(attempts);
            sql.push(", next_at_ms = ")
                .int(note.next_at)
                .push(", note = ")
                .text(note.words.as_str());
            sql.push(" WHERE callback_id IN (").texts(part.iter().copied()).push(")");
            exec_of!(conn, &sql)?;
        }
    }
    Ok(())
}

/// The provider's numbers in a callback; those of tasks and of ID verifications are counted apart.
struct Said {
    task_id: Option<String>,
    idv_id: Option<String>,
}

/// How it went to find an upload by its callback.
#[derive(Debug, PartialEq, Eq)]
enum Adopted {
    /// It was found, or there is nothing to find.
    Settled,
    /// The provider could not be read to see.
    Unread,
    /// The check ended before as failed.
    TooLate,
}

/// An upload whose answer never came may have worked: the address names our check, the body theirs.
async fn adopt(work: &Casework, callback: &Pending, said: &Said) -> Result<Adopted, Error> {
    let (Some(hint), Some(idv_id)) = (&callback.check_hint, &said.idv_id) else {
        return Ok(Adopted::Settled);
    };
    let check = {
        let mut reader = work.db.read().await?;
        check_store::find(&mut reader.conn(), &hint.as_str().into()).await?
    };
    let is_unnumbered = |c: &check_store::Check| {
        c.provider_ref.is_none()
            && matches!(c.state.as_str(), "queued" | "failed")
            && c.connection_id == callback.connection_id
    };
    let Some(check) = check.filter(is_unnumbered) else { return Ok(Adopted::Settled) };
    // A link or token that was not answered is asked for again; found by a callback it could not be
    // handed out. Whatever is no upload is found in other ways.
    if services::of(check.kind()?).lost(&check)? != Lost::CalledBack {
        return Ok(Adopted::Settled);
    }
    match check {
        check if check.state == "failed" => Ok(Adopted::TooLate),
        check => match services::idv::adopt(work, &check, idv_id).await {
            Ok(_) => Ok(Adopted::Settled),
            Err(Error::Provider(_)) => Ok(Adopted::Unread),
            Err(error) => Err(error),
        },
    }
}

/// By the provider's own number first: what follows from an ID verification reports to that one's
/// address.
async fn find_check(
    conn: &mut Conn<'_>,
    callback: &Pending,
    said: &Said,
) -> Result<Option<CheckId>, Error> {
    let known = match said {
        Said { idv_id: Some(id), .. } => {
            check_store::by_idv(conn, &callback.connection_id, id).await?
        }
        Said { task_id: Some(id), .. } => {
            check_store::by_task(conn, &callback.connection_id, id).await?
        }
        _ => None,
    };
    if let Some(known) = known {
        return Ok(Some(known.into()));
    }
    let Some(hint) = &callback.check_hint else { return Ok(None) };
    let check = check_store::find(conn, &hint.as_str().into()).await?;
    Ok(check.filter(|c| c.connection_id == callback.connection_id).map(|c| c.id.into()))
}

fn wait(work: &Casework, callback: &Pending) -> i64 {
    backoff(work.pace.retry_base_ms, work.pace.retry_max_ms, callback.attempts, chance())
}

/// A callback as admins list it.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Listed {
    pub id: String,
    pub connection: String,
    pub check_hint: Option<String>,
    /// Of signed ones: what happened, in the provider's word.
    pub event_type: Option<String>,
    /// And whom or what it is about.
    pub entity_id: Option<String>,
    pub size: i64,
    pub received_at_ms: i64,
    pub state: String,
    pub attempts: i64,
    pub note: Option<String>,
}

/// The latest 200 callbacks, newest first.
///
/// # Errors
/// The database.
pub async fn list(work: &Casework) -> Result<Vec<Listed>, Error> {
    let mut reader = work.db.read().await?;
    Ok(rows!(
        &mut reader.conn(),
        Listed,
        "SELECT c.id, n.name AS connection, c.check_hint, c.event_type, c.entity_id, c.size, c.received_at_ms, w.state, w.attempts, w.note FROM callbacks c \
         JOIN callback_work w ON w.callback_id = c.id JOIN connections n ON n.id = c.connection_id ORDER BY c.received_at_ms DESC, c.id DESC LIMIT 200"
    )?)
}

/// Takes a parked callback up again.
///
/// # Errors
/// Unknown or not parked, or the database.
pub async fn retry(work: &Casework, actor: &Actor, id: &domain::CallbackId) -> Result<(), Error> {
    let now = work.now();
    written!(work, async |conn| {
        if exec!(
            conn,
            "UPDATE callback_work SET state = 'due', attempts = 0, next_at_ms = $2 WHERE callback_id = $1 AND state = 'parked'",
            id.as_str(),
            now
        )? == 0
        {
            return Err(Error::NotFound);
        }
        journal::append(
            conn,
            &[actor.entry(now, Action::DeliveryRetried, Subject::Callback, id.as_str(), json!({}))],
        )
        .await?;
        Ok(())
    })?;
    work.has_arrived();
    Ok(())
}

/// The body of a callback as it came.
///
/// # Errors
/// Unknown, damaged, or the database.
pub async fn body(work: &Casework, id: &domain::CallbackId) -> Result<Opened, Error> {
    let mut reader = work.db.read().await?;
    let sealed = row!(
        &mut reader.conn(),
        (Vec<u8>,),
        "SELECT sealed FROM callbacks WHERE id = $1",
        id.as_str()
    )?;
    let (sealed,) = sealed.ok_or(Error::NotFound)?;
    Ok(open(work, id.as_str(), &sealed)?)
}

/// What a callback says, opened.
pub(crate) fn open(work: &Casework, id: &str, sealed: &[u8]) -> Result<Opened, SealError> {
    work.sealer.open(&place(id), sealed)
}

fn place(id: &str) -> String {
    format!("callbacks|sealed|{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_rush_goes_first_and_not_for_ever() {
        assert!(!gives_way(false, 0), "a few are understood at once");
        assert!(gives_way(true, PATIENCE - 1));
        assert!(!gives_way(true, PATIENCE), "what has waited for long is understood now");
    }
}
