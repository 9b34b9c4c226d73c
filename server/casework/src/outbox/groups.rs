//! Lines of a table that leave together: KryptoGO's `POST /task` takes an array of tasks.
//!
//! Only promises of one table are put together, so that the trouble of a table never becomes that of a single check.
//! Everything is still kept check by check: each has its delivery, its lease and its attempt, recorded before the
//! array leaves. Three facts decide how: the answer is an array of ids and says nothing of whom they are about, it has
//! no errors of single tasks, and there is no key by which a second array would be recognised. Therefore
//!
//! - an id counts for a check only when the provider's own history names the check's customer beside it;
//! - whatever is not sure, be it a lost answer, a missing id or a refused array, leaves the check `unknown`: it is looked
//!   up by itself, and if it is not there, it is sent by itself, so that a refusal is told of the check that it is about.

use super::{
    Load, Task, send,
    send::Kept,
    store::{self, Delivery},
};
use crate::{
    Casework, Error,
    checks::{self, store as check_store},
    connections, customers,
    many::store::{Sending, sending},
    providers::{
        CallError, REFUSAL,
        kryptogo::{Client, NewTask, Summary},
        overheard::{self, Overheard},
    },
    store::Conn,
};
use domain::{CheckId, Moment, checks::State, launch::DueDiligence};
use std::collections::BTreeMap;

/// The most tasks in one call. The provider publishes no limit; an answer about so many comes well within a deadline.
pub const GROUP_MAX: usize = 50;
/// A page of the history that holds all tasks of a group when nobody else makes many.
const HISTORY_PAGE: u32 = 100;

/// Puts what was taken together with what else its tables have to send. A table whose connection must wait is put back.
pub(super) async fn gather(work: &Casework, conn: &mut Conn<'_>, taken: Vec<Delivery>, now: Moment) -> Result<Vec<Load>, Error> {
    // What stopped a group half-way goes by itself.
    let groupable = |d: &Delivery| d.state == "due" && d.task == Task::CreateCheck.code() && !work.stumbles.has(&d.id);
    let checks: Vec<&str> = taken.iter().filter(|d| groupable(d)).map(|d| d.check_id.as_str()).collect();
    let of_tables: BTreeMap<String, Sending> = sending(conn, &checks).await?.into_iter().collect();
    let (mut loads, mut tables) = (Vec::new(), BTreeMap::<Sending, Load>::new());
    for delivery in taken {
        match of_tables.get(&delivery.check_id).filter(|_| groupable(&delivery)) {
            Some(table) => tables.entry(table.clone()).or_default().push(delivery),
            None => loads.push(vec![delivery]),
        }
    }
    for (table, mut load) in tables {
        let connection = connections::get_on(conn, &table.connection_id).await?;
        // A call takes one place, however many tasks it brings.
        let place = match connection.options()?.per_second {
            Some(per_second) => work.rates.place(&connection.id, &table.batch_id, per_second, now),
            None => now,
        };
        if place > now {
            store::put_back_batch(conn, &table.batch_id, &load, now, place).await?;
            continue;
        }
        let places = GROUP_MAX.saturating_sub(load.len()) as i64;
        let more = store::take_of_batch(conn, &table.batch_id, now, now + work.pace.lease_ms, places).await?;
        let (together, alone): (Vec<_>, Vec<_>) = more.into_iter().partition(groupable);
        load.extend(together);
        loads.push(load);
        loads.extend(alone.into_iter().map(|delivery| vec![delivery]));
    }
    Ok(loads)
}

/// A check that can go along.
struct Member<'a> {
    delivery: &'a Delivery,
    launch: DueDiligence,
    callback_url: String,
}

/// Sends a group in one call; what cannot go along is delivered by itself.
pub(super) async fn deliver(work: &Casework, load: &[Delivery]) -> Result<(), Error> {
    let (members, alone) = split(work, load).await?;
    for delivery in alone {
        super::carry_out_one(work, delivery).await;
    }
    let Some(first) = members.first() else { return Ok(()) };
    if members.len() == 1 {
        super::carry_out_one(work, first.delivery).await;
        return Ok(());
    }
    let connection = connections::get(work, &first.delivery.connection_id.as_str().into()).await?;
    let client = match connections::kryptogo_client(work, &connection).await {
        Ok(client) => client,
        Err(Error::Provider(error)) => {
            let kept = members.iter().map(|m| (m.delivery, Kept::Failed(error.clone()))).collect();
            return send::finish_all(work, kept).await;
        }
        Err(error) => return Err(error),
    };
    let members = start(work, members).await?;
    if members.is_empty() {
        return Ok(());
    }
    let (kept, heard) = send_together(&client, &members).await;
    let result = send::finish_all(work, members.iter().map(|m| m.delivery).zip(kept).collect()).await;
    keep_heard(work, &members, &heard).await;
    result
}

/// Keeps with each line why the array did not go through, as a launch by itself does: but nothing with one that speaks of another.
async fn keep_heard(work: &Casework, members: &[Member<'_>], heard: &[Overheard]) {
    let of_whom = |one: &Overheard| members.iter().map(|m| speaks_of(&one.answer.body, &m.launch)).collect::<Vec<bool>>();
    let named: Vec<Vec<bool>> = heard.iter().map(of_whom).collect();
    for (at, member) in members.iter().enumerate() {
        let is_anothers = |named: &[bool]| named.iter().enumerate().any(|(other, is_named)| *is_named && other != at);
        let theirs: Vec<Overheard> =
            heard.iter().zip(&named).filter(|(_, named)| !is_anothers(named)).map(|(one, _)| one.clone()).collect();
        let id = CheckId::from(member.delivery.check_id.as_str());
        if let Err(error) = checks::outcome::keep_overheard(work, &id, &theirs).await {
            // How the try went is written down already, or is looked up.
            tracing::warn!(delivery = %member.delivery.id, %error, "what the provider said could not be kept");
        }
    }
}

/// Whether a body has anything in it by which somebody was launched, and be it a part of the name, however JSON writes it. Rather too
/// little is kept than anything of another. What is no text may have anybody's.
fn speaks_of(body: &[u8], launch: &DueDiligence) -> bool {
    let Ok(written) = std::str::from_utf8(body).map(str::to_lowercase) else { return true };
    let read = serde_json::from_slice::<serde_json::Value>(body).map(|body| body.to_string().to_lowercase()).unwrap_or_default();
    let has = |text: &str| !text.is_empty() && (written.contains(&text.to_lowercase()) || read.contains(&text.to_lowercase()));
    let target = &launch.target;
    let mut words = target.name.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2);
    has(&launch.customer_reference)
        || has(&target.name)
        || words.any(has)
        || target.birth_date.as_deref().is_some_and(has)
        || target.registration_number.as_deref().is_some_and(has)
}

/// Who still waits to be sent, and everybody else, in the order of their checks.
async fn split<'a>(work: &Casework, load: &'a [Delivery]) -> Result<(Vec<Member<'a>>, Vec<&'a Delivery>), Error> {
    let (mut members, mut alone) = (Vec::new(), Vec::new());
    let mut load: Vec<&Delivery> = load.iter().collect();
    load.sort_by(|a, b| a.check_id.cmp(&b.check_id));
    for delivery in load {
        let check = checks::get(work, &CheckId::from(delivery.check_id.as_str())).await?;
        match member(work, delivery, &check).await? {
            Some(member) => members.push(member),
            None => alone.push(delivery),
        }
    }
    Ok((members, alone))
}

async fn member<'a>(work: &Casework, delivery: &'a Delivery, check: &check_store::Check) -> Result<Option<Member<'a>>, Error> {
    let waits = check.state()? == State::Queued && check.provider_ref.is_none() && check.kind()?.is_due_diligence();
    if !waits || customers::is_erased(work, &check.customer_id).await? {
        return Ok(None);
    }
    let launch = check.launch()?;
    if launch.from_idv_id.is_some() {
        return Ok(None);
    }
    let connection = connections::get(work, &check.connection_id.as_str().into()).await?;
    let callback_url = connections::callback_url(work, &connection, &check.id)?;
    Ok(Some(Member { delivery, launch, callback_url }))
}

/// Commits the attempt of each before any of them leaves; whoever was taken over meanwhile stays behind.
async fn start<'a>(work: &Casework, members: Vec<Member<'a>>) -> Result<Vec<Member<'a>>, Error> {
    let now = work.now();
    let mut ours = Vec::with_capacity(members.len());
    let mut tx = work.db.write().await?;
    for member in members {
        if store::start_attempt(&mut tx.conn(), member.delivery, now, now + work.pace.lease_ms).await? {
            ours.push(member);
        }
    }
    tx.commit().await?;
    Ok(ours)
}

/// How it went for each, in the order of the members, and what was said that is no word on a single one of them.
async fn send_together(client: &Client, members: &[Member<'_>]) -> (Vec<Kept>, Vec<Overheard>) {
    let tasks: Vec<NewTask<'_>> =
        members.iter().map(|m| NewTask { launch: &m.launch, callback_url: &m.callback_url, from_idv_id: None }).collect();
    let all = |kept: &dyn Fn() -> Kept| members.iter().map(|_| kept()).collect::<Vec<Kept>>();
    let (created, mut heard) = overheard::listen(Box::pin(client.create_together(&tasks))).await;
    // What was taken for no list may be one of everybody.
    heard.retain(|one| one.source == REFUSAL);
    let ids = match created {
        Ok(ids) => ids,
        // Of what is wrong with one of them, only a call about that one can tell, and what that says is kept. Nothing says that the
        // others were not made.
        Err(error @ (CallError::Refused(..) | CallError::NotFound | CallError::Conflict | CallError::OutOfPoints)) => {
            return (all(&|| Kept::RefusedTogether(members.len(), error.clone())), vec![]);
        }
        Err(error) => return (all(&|| Kept::Failed(error.clone())), heard),
    };
    let history = match client.history("", 1, HISTORY_PAGE).await {
        Ok(history) => history,
        Err(error) => return (all(&|| Kept::Unread(error.clone())), heard),
    };
    let unnamed = || Kept::Unread(CallError::Unusable("it does not say which task is this one".into()));
    (members.iter().map(|m| task_of(&m.launch, &ids, &history).map_or_else(unnamed, Kept::Created)).collect(), heard)
}

/// The one task of the answer that the history shows to be about this customer; nothing when there are several.
fn task_of(launch: &DueDiligence, ids: &[String], history: &[Summary]) -> Option<String> {
    let is_theirs = |task: &&Summary| {
        task.customer_reference.as_ref() == Some(&launch.customer_reference) && task.target_name.as_ref() == Some(&launch.target.name)
    };
    let mut theirs = history.iter().filter(is_theirs).filter_map(|task| task.task_id.as_ref()).filter(|id| ids.contains(id));
    match (theirs.next(), theirs.next()) {
        (Some(id), None) => Some(id.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{checks::Kind, launch::Target};

    fn launch(reference: &str, name: &str) -> DueDiligence {
        let target = Target { kind: Kind::DdKyc, name: name.into(), birth_date: None, country: None, registration_number: None };
        DueDiligence { customer_reference: reference.into(), target, search_setting: 1, sources: vec![], from_idv_id: None }
    }

    fn task(id: &str, reference: &str, name: &str) -> Summary {
        let some = |text: &str| Some(text.to_owned());
        Summary { task_id: some(id), customer_reference: some(reference), target_name: some(name), ..Summary::default() }
    }

    #[test]
    fn a_body_speaks_of_whoever_it_names_however_it_is_written() {
        let of = |body: &str, name: &str| speaks_of(body.as_bytes(), &launch("C-1", name));
        assert!(of(r#"{"message":"no such citizen: JÖRG BERG"}"#, "Jörg Berg") && of(r#"{"message":"J\u00f6rg Berg"}"#, "Jörg Berg"));
        assert!(of("<p>c-1 is not known</p>", "Jörg Berg") && of("Berg, J.: no", "Jörg Berg") && of("nobody is Bo", "Bo"));
        assert!(of(r#"{"message":"not \"JJ\" Smith"}"#, r#"John "JJ" Smith"#));
        assert!(speaks_of(b"\x1f\x8b\xff", &launch("C-1", "Jörg Berg")), "nobody can tell");
        assert!(!of(r#"{"code":503,"message":"try again later"}"#, "Jörg Berg"));
    }

    #[test]
    fn an_id_counts_only_for_whom_the_history_names() {
        let ids = ["7".to_owned(), "8".to_owned(), "9".to_owned()];
        let history = [task("9", "C-1", "Ana"), task("8", "C-2", "Ben"), task("5", "C-3", "Cleo"), task("7", "C-4", "Dan")];
        assert_eq!(task_of(&launch("C-1", "Ana"), &ids, &history).as_deref(), Some("9"), "whatever the order");
        assert_eq!(task_of(&launch("C-3", "Cleo"), &ids, &history), None, "an older task of the same customer");
        assert_eq!(task_of(&launch("C-4", "Dora"), &ids, &history), None, "somebody else under this reference");
        let twice = [task("7", "C-1", "Ana"), task("8", "C-1", "Ana")];
        assert_eq!(task_of(&launch("C-1", "Ana"), &ids, &twice), None, "either could be it");
    }
}
