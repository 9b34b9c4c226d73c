//! Lines of a table that leave together: KryptoGO's `POST /task` takes an array of tasks.
//!
//! Only promises of one table are put together, so that the trouble of a table never becomes that
//! of a single check. Everything is still kept check by check: each has its delivery, its lease and
//! its attempt, recorded before the array leaves. Three facts decide how: the answer is an array of
//! ids and says nothing of whom they are about, it has no errors of single tasks, and there is no
//! key by which a second array would be recognised. Therefore
//!
//! - an id counts for a check only when the provider's own history names the check's customer
//!   beside it;
//! - whatever is not sure, be it a lost answer, a missing id or a refused array, leaves the check
//!   `unknown`: it is looked up by itself, and if it is not there, it is sent by itself, so that a
//!   refusal is told of the check that it is about.

use crate::{
    Casework, Error,
    providers::{
        CallError, REFUSAL,
        kryptogo::{Client, NewTask, Summary},
        overheard::{self, Overheard},
    },
    records::{
        batches::{Sending, sending},
        checks, checks as check_store, connections, customers,
        promises::{Delivery, Task, store},
    },
    services::{self, SentAs},
    store::Conn,
    work::outbox::{Load, finish, kept::Kept},
};
use domain::{CheckId, Moment, checks::State, launch::DueDiligence, search};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The most tasks in one call. The provider publishes no limit; an answer about so many comes well
/// within a deadline.
pub const GROUP_MAX: usize = 50;
/// A page of the history that holds all tasks of a group when nobody else makes many.
const HISTORY_PAGE: u32 = 100;

/// Puts what was taken together with what else its tables have to send. A table whose connection
/// must wait is put back.
pub(super) async fn gather(
    work: &Casework,
    conn: &mut Conn<'_>,
    taken: Vec<Delivery>,
    now: Moment,
) -> Result<Vec<Load>, Error> {
    // What stopped a group half-way goes by itself.
    let groupable = |d: &Delivery| {
        d.state == "due" && d.task == Task::CreateCheck.code() && !work.stumbles.has(&d.id)
    };
    let checks: Vec<&str> =
        taken.iter().filter(|d| groupable(d)).map(|d| d.check_id.as_str()).collect();
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
        let more =
            store::take_of_batch(conn, &table.batch_id, now, now + work.pace.lease_ms, places)
                .await?;
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
        crate::work::outbox::carry_out_one(work, delivery).await;
    }
    let Some(first) = members.first() else { return Ok(()) };
    if members.len() == 1 {
        crate::work::outbox::carry_out_one(work, first.delivery).await;
        return Ok(());
    }
    let connection = connections::get(work, &first.delivery.connection_id.as_str().into()).await?;
    let client = match connections::kryptogo_client(work, &connection).await {
        Ok(client) => client,
        Err(Error::Provider(error)) => {
            let kept = members.iter().map(|m| (m.delivery, Kept::Failed(error.clone()))).collect();
            return finish::finish_all(work, kept).await;
        }
        Err(error) => return Err(error),
    };
    let members = start(work, members).await?;
    if members.is_empty() {
        return Ok(());
    }
    let (kept, heard) = send_together(&client, &members).await;
    let result =
        finish::finish_all(work, members.iter().map(|m| m.delivery).zip(kept).collect()).await;
    keep_heard(work, &members, &heard).await;
    result
}

/// Keeps with each line why the array did not go through, as a launch by itself does: but nothing
/// with one that speaks of another.
async fn keep_heard(work: &Casework, members: &[Member<'_>], heard: &[Overheard]) {
    let of_whom = |one: &Overheard| {
        let said = Said::of(&one.answer.body);
        members.iter().map(|m| said.names(&m.launch)).collect::<Vec<bool>>()
    };
    let named: Vec<Vec<bool>> = heard.iter().map(of_whom).collect();
    for (at, member) in members.iter().enumerate() {
        let is_anothers = |named: &[bool]| {
            named.iter().enumerate().any(|(other, is_named)| *is_named && other != at)
        };
        let theirs: Vec<Overheard> = heard
            .iter()
            .zip(&named)
            .filter(|(_, named)| !is_anothers(named))
            .map(|(one, _)| one.clone())
            .collect();
        let id = CheckId::from(member.delivery.check_id.as_str());
        if let Err(error) = checks::evidence::keep_overheard(work, &id, &theirs).await {
            // How the try went is written down already, or is looked up.
            tracing::warn!(delivery = %member.delivery.id, %error, "what the provider said could not be kept");
        }
    }
}

/// What a body says, as it is looked through for names.
struct Said {
    /// As it is written and as JSON reads it, in lower case, then the latter without marks; nothing
    /// where it is no text.
    texts: Option<[String; 3]>,
    words: BTreeSet<String>,
    /// Its runs of digits, in their order, without zeros in front.
    numbers: Vec<String>,
    /// The same, as they are written.
    digits: Vec<String>,
}

impl Said {
    fn of(body: &[u8]) -> Self {
        let text = std::str::from_utf8(body).ok();
        let written = text.unwrap_or_default();
        let mut read = String::new();
        match serde_json::from_slice::<Value>(body) {
            Ok(body) => read_out(&body, &mut read),
            Err(_) => read.push_str(written),
        }
        let folded = search::fold(&read);
        let runs = folded.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
        let digits: Vec<String> = runs.map(str::to_owned).collect();
        Self {
            words: search::words(&read).into_iter().collect(),
            numbers: digits.iter().map(|run| run.trim_start_matches('0').to_owned()).collect(),
            digits,
            texts: text.map(|text| [text.to_lowercase(), read.to_lowercase(), folded]),
        }
    }

    /// Whether it has anything in it by which somebody was launched, and be it a part of the name,
    /// however JSON writes it. Rather too little is kept than anything of another. What is no text
    /// may have anybody's.
    fn names(&self, launch: &DueDiligence) -> bool {
        let Some(texts) = &self.texts else { return true };
        let has = |text: &str| {
            let text = text.to_lowercase();
            !text.is_empty() && texts.iter().any(|said| said.contains(&text))
        };
        let target = &launch.target;
        // A short word is in many a longer one; of characters that are words of their own, each
        // counts.
        let is_named = |word: &String| {
            if word.chars().count() > 2 { has(word) } else { self.words.contains(word) }
        };
        has(&launch.customer_reference)
            || has(&target.name)
            || search::words(&target.name).iter().any(is_named)
            || target.name.chars().filter(|c| stands_alone(*c)).any(|c| has(&c.to_string()))
            || target.birth_date.as_deref().is_some_and(|date| has(date) || self.has_date(date))
            || target.registration_number.as_deref().is_some_and(has)
    }

    /// Whether a day (`YYYY-MM-DD`) is in it, in any order, with the year in four digits or two, or
    /// with its month in words.
    fn has_date(&self, date: &str) -> bool {
        let parts: Vec<&str> = date.split('-').collect();
        let [year, month, day] = parts.as_slice() else { return false };
        let (year, month, day) = (*year, *month, *day);
        let short = year.get(2..).unwrap_or_default();
        let orders = |year: &str| {
            [
                format!("{year}{month}{day}"),
                format!("{day}{month}{year}"),
                format!("{month}{day}{year}"),
                format!("{year}{day}{month}"),
            ]
        };
        let bare = |part: &str| part.trim_start_matches('0').to_owned();
        let sorted = |mut numbers: Vec<String>| {
            numbers.sort();
            numbers
        };
        let is_any = |wanted: Vec<String>| {
            let length = wanted.len();
            let wanted = sorted(wanted);
            self.numbers.windows(length).any(|numbers| sorted(numbers.to_vec()) == wanted)
        };
        orders(year).iter().any(|whole| self.digits.iter().any(|run| run.contains(whole)))
            || orders(short).iter().any(|whole| self.digits.contains(whole))
            || is_any(vec![bare(year), bare(month), bare(day)])
            || is_any(vec![bare(short), bare(month), bare(day)])
            || is_any(vec![bare(year), bare(day)])
    }
}

/// All texts and numbers of a JSON body, one after the other.
fn read_out(body: &Value, read: &mut String) {
    match body {
        Value::String(text) => read.push_str(text),
        Value::Array(items) => items.iter().for_each(|item| read_out(item, read)),
        Value::Object(fields) => {
            for (name, value) in fields {
                read.push_str(name);
                read.push(' ');
                read_out(value, read);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => read.push_str(&body.to_string()),
    }
    read.push(' ');
}

/// Whether a character is mostly a word or a syllable: Chinese, Japanese and Korean ones.
const fn stands_alone(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Who still waits to be sent, and everybody else, in the order of their checks.
async fn split<'a>(
    work: &Casework,
    load: &'a [Delivery],
) -> Result<(Vec<Member<'a>>, Vec<&'a Delivery>), Error> {
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

async fn member<'a>(
    work: &Casework,
    delivery: &'a Delivery,
    check: &check_store::Check,
) -> Result<Option<Member<'a>>, Error> {
    let waits = check.state()? == State::Queued
        && check.provider_ref.is_none()
        && services::of(check.kind()?).sent_as() == SentAs::Task;
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

/// Commits the attempt of each before any of them leaves; whoever was taken over meanwhile stays
/// behind.
async fn start<'a>(work: &Casework, members: Vec<Member<'a>>) -> Result<Vec<Member<'a>>, Error> {
    let now = work.now();
    let mut ours = Vec::with_capacity(members.len());
    let mut tx = work.db.begin().await?;
    for member in members {
        if store::start_attempt(&mut tx.conn(), member.delivery, now, now + work.pace.lease_ms)
            .await?
        {
            ours.push(member);
        }
    }
    tx.commit().await?;
    Ok(ours)
}

/// How it went for each, in the order of the members, and what was said that is no word on a single
/// one of them.
async fn send_together(client: &Client, members: &[Member<'_>]) -> (Vec<Kept>, Vec<Overheard>) {
    let tasks: Vec<NewTask<'_>> = members
        .iter()
        .map(|m| NewTask { launch: &m.launch, callback_url: &m.callback_url, from_idv_id: None })
        .collect();
    let all = |kept: &dyn Fn() -> Kept| members.iter().map(|_| kept()).collect::<Vec<Kept>>();
    let (created, mut heard) = overheard::listen(Box::pin(client.create_together(&tasks))).await;
    // What was taken for no list may be one of everybody.
    heard.retain(|one| one.source == REFUSAL);
    let ids = match created {
        Ok(ids) => ids,
        // Of what is wrong with one of them, only a call about that one can tell, and what that
        // says is kept. Nothing says that the others were not made.
        Err(
            error @ (CallError::Refused(..)
            | CallError::NotFound
            | CallError::Conflict
            | CallError::OutOfPoints),
        ) => {
            return (all(&|| Kept::RefusedTogether(members.len(), error.clone())), vec![]);
        }
        Err(error) => return (all(&|| Kept::Failed(error.clone())), heard),
    };
    let history = match client.history("", 1, HISTORY_PAGE).await {
        Ok(history) => history,
        Err(error) => return (all(&|| Kept::Unread(error.clone())), heard),
    };
    let unnamed =
        || Kept::Unread(CallError::Unusable("it does not say which task is this one".into()));
    (
        members
            .iter()
            .map(|m| task_of(&m.launch, &ids, &history).map_or_else(unnamed, Kept::Created))
            .collect(),
        heard,
    )
}

/// The one task of the answer that the history shows to be about this customer; nothing when there
/// are several.
fn task_of(launch: &DueDiligence, ids: &[String], history: &[Summary]) -> Option<String> {
    let is_theirs = |task: &&Summary| {
        task.customer_reference.as_ref() == Some(&launch.customer_reference)
            && task.target_name.as_ref() == Some(&launch.target.name)
    };
    let mut theirs = history
        .iter()
        .filter(is_theirs)
        .filter_map(|task| task.task_id.as_ref())
        .filter(|id| ids.contains(id));
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
        let target = Target {
            kind: Kind::DdKyc,
            name: name.into(),
            birth_date: None,
            country: None,
            registration_number: None,
        };
        DueDiligence {
            customer_reference: reference.into(),
            target,
            search_setting: 1,
            sources: vec![],
            from_idv_id: None,
        }
    }

    fn task(id: &str, reference: &str, name: &str) -> Summary {
        let some = |text: &str| Some(text.to_owned());
        Summary {
            task_id: some(id),
            customer_reference: some(reference),
            target_name: some(name),
            ..Summary::default()
        }
    }

    #[test]
    fn a_body_speaks_of_whoever_it_names_however_it_is_written() {
        let of = |body: &str, name: &str| Said::of(body.as_bytes()).names(&launch("C-1", name));
        assert!(
            of(r#"{"message":"no such citizen: JÖRG BERG"}"#, "Jörg Berg")
                && of(r#"{"message":"J\u00f6rg Berg"}"#, "Jörg Berg")
        );
        assert!(
            of("<p>c-1 is not known</p>", "Jörg Berg")
                && of("Berg, J.: no", "Jörg Berg")
                && of("nobody is Bo", "Bo")
        );
        assert!(of(r#"{"message":"not \"JJ\" Smith"}"#, r#"John "JJ" Smith"#));
        assert!(Said::of(b"\x1f\x8b\xff").names(&launch("C-1", "Jörg Berg")), "nobody can tell");
        assert!(
            of(r#"{"message":"not found:\nNg, B."}"#, "Ng Bo")
                && of("JORG: no", "Jörg Berg")
                && of("citizen Ng", "Ng Bo")
        );
        assert!(of("王先生", "王又曾") && of("曾", "王又曾") && !of("李先生", "王又曾"));
        assert!(
            !of(r#"{"message":"nothing of the kind, among others"}"#, "Ng Bo"),
            "inside of other words"
        );
        assert!(!of(r#"{"code":503,"message":"try again later"}"#, "Jörg Berg"));
    }

    #[test]
    fn a_body_speaks_of_whose_birth_date_it_has_however_that_is_written() {
        let mut anna = launch("C-1", "Anna Berg");
        anna.target.birth_date = Some("1980-01-02".into());
        for said in [
            "born 1980-01-02",
            "02.01.1980",
            "1/2/1980",
            "2.1.80",
            "19800102",
            "800102-1234",
            "\"02011980\"",
            "2 January 1980",
            "Jan 2, 1980",
        ] {
            assert!(Said::of(said.as_bytes()).names(&anna), "{said}");
        }
        for said in ["born 1980-01-03", "1980", "code 503, 2 of 12", r#"{"code":180,"at":1980010}"#]
        {
            assert!(!Said::of(said.as_bytes()).names(&anna), "{said}");
        }
    }

    #[test]
    fn an_id_counts_only_for_whom_the_history_names() {
        let ids = ["7".to_owned(), "8".to_owned(), "9".to_owned()];
        let history = [
            task("9", "C-1", "Ana"),
            task("8", "C-2", "Ben"),
            task("5", "C-3", "Cleo"),
            task("7", "C-4", "Dan"),
        ];
        assert_eq!(
            task_of(&launch("C-1", "Ana"), &ids, &history).as_deref(),
            Some("9"),
            "whatever the order"
        );
        assert_eq!(
            task_of(&launch("C-3", "Cleo"), &ids, &history),
            None,
            "an older task of the same customer"
        );
        assert_eq!(
            task_of(&launch("C-4", "Dora"), &ids, &history),
            None,
            "somebody else under this reference"
        );
        let twice = [task("7", "C-1", "Ana"), task("8", "C-1", "Ana")];
        assert_eq!(task_of(&launch("C-1", "Ana"), &ids, &twice), None, "either could be it");
    }
}
