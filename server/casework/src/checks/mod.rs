//! Checks: launching, taking, assigning, judging, commenting, withdrawing. Decisions are in `decide`,
//! what providers answer in `outcome`, lists in `queue`, what a text names in `named`, the review page's data in `review`.

pub mod decide;
pub mod decide_many;
pub mod facts;
pub mod many;
pub mod named;
pub mod outcome;
pub mod queue;
pub mod review;
pub mod seen;
pub(crate) mod store;

use crate::{
    Casework, Error, connections,
    customers::{self, Confirmed},
    journal::{self, Actor},
    new_id, outbox,
    store::{Conn, again},
};
use domain::{
    CheckId, FindingId, PersonId, Refusal,
    checks::{self, Kind, NO_RISK, State},
    decisions::{self, COMMENT_MAX},
    fields::{Refused, composed, is_unsafe_character, nfc},
    findings::{Judgement, NOTE_MAX},
    journal::{Action, Subject},
    launch::{self, DueDiligence, DueDiligenceForm},
    letters::hidden,
    people::Caller,
    time::NEVER,
    who::Bears,
};
use serde_json::json;
use std::collections::BTreeSet;

pub use store::{Check, Comment, Finding};

/// The key of [`Refused`] under which a launch is told of an open check of the same kind.
pub const OPEN_CHECK: &str = "open_check";

/// What a launch answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launched {
    pub id: CheckId,
    /// The same page was sent before: nothing new was made.
    pub repeated: bool,
}

/// Launches a check: one transaction writes check, promise and journal; the outbox sends it.
///
/// `id` was made by the page, so sending the page twice launches once. `confirmed` is what whoever launches was asked and
/// answered: that the customer has an open check of the kind, or is known otherwise. `relaunch_of` links the check to an ended
/// one.
///
/// # Errors
/// The form with a message beside each cause; an unknown or disabled connection; the database.
pub async fn launch(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &CheckId,
    form: &DueDiligenceForm,
    confirmed: impl Into<Confirmed>,
    relaunch_of: Option<&CheckId>,
) -> Result<Launched, Error> {
    let confirmed = confirmed.into();
    again(|| launch_once(work, caller, actor, id, form, &confirmed, relaunch_of)).await
}

async fn launch_once(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &CheckId,
    form: &DueDiligenceForm,
    confirmed: &Confirmed,
    relaunch_of: Option<&CheckId>,
) -> Result<Launched, Error> {
    let (connection, launch) = checked(work, form).await?;
    let mut tx = work.db.write().await?;
    let new = NewCheck {
        id,
        kind: launch.target.kind,
        customer_reference: &launch.customer_reference,
        target: &launch.target,
        connection: &connection,
        request: to_json(&launch)?,
        confirmed,
        about: About { bears: customers::who::of_target(&launch.target), ..About::default() },
        relaunch_of,
        typed: form.as_typed(),
    };
    if launch_new(work, &mut tx.conn(), caller, actor, new).await?.is_none() {
        return Ok(Launched { id: id.clone(), repeated: true });
    }
    tx.commit().await?;
    work.wake.notify_waiters();
    Ok(Launched { id: id.clone(), repeated: false })
}

/// A check that is about to be launched, of any kind.
pub(crate) struct NewCheck<'a> {
    pub id: &'a CheckId,
    pub kind: Kind,
    pub customer_reference: &'a str,
    /// Whom it is about, as far as the customer's own page needs it.
    pub target: &'a launch::Target,
    pub connection: &'a connections::Connection,
    /// What is sent, as the kind stores it.
    pub request: String,
    pub confirmed: &'a Confirmed,
    pub about: About<'a>,
    pub relaunch_of: Option<&'a CheckId>,
    /// The form as typed, for a refusal.
    pub typed: Refused,
}

/// What a launch says of whom it is about besides its target.
#[derive(Default)]
pub(crate) struct About<'a> {
    /// The country of a document: compared with the customer's, and not kept.
    pub document_country: Option<&'a str>,
    /// Another name than the target's, about which somebody is asked: compared with the customer's, and not kept.
    pub asked_name: Option<&'a str>,
    /// By what else they would be known again.
    pub bears: Vec<Bears>,
    /// Where the form has what is compared.
    pub fields: customers::who::Fields,
}

/// Writes check, promise and journal entry inside the caller's transaction; nothing when this page was sent before.
pub(crate) async fn launch_new(
    work: &Casework,
    conn: &mut Conn<'_>,
    caller: &Caller,
    actor: &Actor,
    new: NewCheck<'_>,
) -> Result<Option<Check>, Error> {
    let (id, now) = (new.id, work.now());
    conn.take_turns(id.as_str()).await?;
    if let Some(sent) = store::hold(conn, id).await?
        && sent.state != State::Draft.code()
    {
        return Ok(None);
    }
    if let Some(ended) = new.relaunch_of {
        let ended = store::find(conn, ended).await?.ok_or(Error::NotFound)?;
        checks::relaunch(ended.state()?, caller)?;
    }
    conn.take_turns(new.customer_reference).await?;
    let launch = customers::who::Launch {
        check: id,
        reference: new.customer_reference,
        target: new.target,
        document_country: new.about.document_country,
        asked_name: new.about.asked_name,
        bears: &new.about.bears,
        fields: new.about.fields,
        confirmed: new.confirmed,
    };
    let mut refused = new.typed.clone();
    let settled = customers::who::ask(work, conn, &launch, &mut refused).await?;
    if !new.confirmed.open_check
        && let Some(known) = customers::store::by_reference(conn, new.customer_reference).await?
        && customers::store::key(conn, &known.id).await?.is_some()
        && let Some(open) = store::open_check(conn, &known.id, new.kind, id).await?
    {
        refused.refuse(OPEN_CHECK, open);
    }
    if !refused.is_clean() {
        return Err(refused.into());
    }
    let customer = customers::find_or_make(work, conn, new.customer_reference, new.target).await?;
    store::delete_draft(conn, id).await?;
    let mut check = new_check(work, id, new.kind, &customer.id, &new.connection.id, new.request, State::Queued);
    check.launched_by = Some(caller.id.to_string());
    check.relaunch_of = new.relaunch_of.map(ToString::to_string);
    store::insert(conn, &check).await?;
    outbox::promise(conn, outbox::Task::CreateCheck, id, None, &new.connection.id, json!({}), now).await?;
    let details = json!({ "kind": check.kind, "customer": customer.reference, "name": new.target.name, "connection": new.connection.name, "relaunch_of": check.relaunch_of });
    let mut entries = vec![actor.entry(now, Action::CheckLaunched, Subject::Check, id.as_str(), details)];
    entries.extend(customers::who::settle(work, conn, actor, &customer, &launch, settled).await?);
    journal::append(conn, &entries).await?;
    Ok(Some(check))
}

/// Keeps a launch that is not sent yet. It needs a good reference and name; the rest may be finished later.
///
/// # Errors
/// As [`launch`].
pub async fn save_draft(work: &Casework, caller: &Caller, actor: &Actor, id: &CheckId, form: &DueDiligenceForm) -> Result<(), Error> {
    let kind = Kind::parse(&form.kind).filter(|k| k.is_due_diligence()).unwrap_or(Kind::DdKyc);
    let mut refused = form.as_typed();
    let reference = launch::check_reference(&form.customer_reference).map_err(|m| refused.refuse("customer_reference", m));
    let name = launch::check_name(&form.name, kind).map_err(|m| refused.refuse("name", m));
    let (Ok(reference), Ok(name)) = (reference, name) else { return Err(refused.into()) };
    let connection = connections::get(work, &form.connection.as_str().into())
        .await
        .map_err(|_| form.as_typed().because("connection", "Choose a connection."))?;
    let target = launch::Target { kind, name, birth_date: None, country: None, registration_number: None };
    let now = work.now();
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        conn.take_turns(id.as_str()).await?;
        if store::hold(&mut conn, id).await?.is_some_and(|c| c.state != State::Draft.code()) {
            return Err(form.as_typed().because("", "This check was launched already.").into());
        }
        let customer = customers::find_or_make(work, &mut conn, &reference, &target).await?;
        store::delete_draft(&mut conn, id).await?;
        let mut check = new_check(work, id, kind, &customer.id, &connection.id, to_json(form)?, State::Draft);
        check.launched_by = Some(caller.id.to_string());
        check.due_at_ms = NEVER;
        store::insert(&mut conn, &check).await?;
        journal::append(
            &mut conn,
            &[actor.entry(now, Action::DraftSaved, Subject::Check, id.as_str(), json!({ "customer": customer.reference }))],
        )
        .await?;
    }
    tx.commit().await
}

/// The form as it was typed into a draft.
///
/// # Errors
/// Unknown, not a draft any more, or the database.
pub async fn draft(work: &Casework, id: &CheckId) -> Result<DueDiligenceForm, Error> {
    let mut reader = work.db.read().await?;
    let check = store::find(&mut reader.conn(), id).await?.filter(|c| c.state == State::Draft.code()).ok_or(Error::NotFound)?;
    serde_json::from_str(&check.request).map_err(|e| Error::Corrupt(format!("draft {id}: {e}")))
}

async fn checked(work: &Casework, form: &DueDiligenceForm) -> Result<(connections::Connection, DueDiligence), Error> {
    let (chosen, settings) = connections::chosen(work, &form.connection, Kind::DdKyc).await?;
    let launch = launch::check(form, &settings, work.now());
    match (chosen, launch) {
        (Some(connection), launch) => Ok((connection, launch?)),
        (None, Err(mut refused)) => {
            refused.errors.remove("search_setting");
            Err(refused.because("connection", "Choose a connection that is active.").into())
        }
        (None, Ok(_)) => Err(form.as_typed().because("connection", "Choose a connection that is active.").into()),
    }
}

/// A check as it begins; nobody launched it yet, and it follows from nothing.
pub(crate) fn new_check(
    work: &Casework,
    id: &CheckId,
    kind: Kind,
    customer: &str,
    connection: &str,
    request: String,
    state: State,
) -> Check {
    let now = work.now();
    Check {
        id: id.to_string(),
        kind: kind.code().into(),
        customer_id: customer.into(),
        connection_id: connection.into(),
        state: state.code().into(),
        version: 1,
        touched_at_ms: now,
        risk_score: NO_RISK,
        provider_ref: None,
        provider_state: None,
        progress: 0,
        request,
        launched_by: None,
        launched_at_ms: now,
        outcome_at_ms: None,
        decided_at_ms: None,
        due_from_ms: now,
        due_at_ms: now + checks::OUTCOME_TIME,
        assignee_id: None,
        claimed_by: None,
        claim_until_ms: 0,
        handed_by: None,
        handed_note: None,
        telling: "none".into(),
        trouble: None,
        relaunch_of: None,
        from_check: None,
        poll_at_ms: NEVER,
        polls_failed: 0,
        poll_fence: 0,
    }
}

/// Takes the most urgent check that nobody else holds, for ten minutes. `skip` is the one just looked at.
///
/// Checks assigned to the caller come first, then unassigned ones by deadline.
///
/// # Errors
/// The database.
pub async fn take_next(work: &Casework, caller: &Caller, actor: &Actor, skip: Option<&CheckId>) -> Result<Option<CheckId>, Error> {
    again(|| take_next_once(work, caller, actor, skip)).await
}

async fn take_next_once(work: &Casework, caller: &Caller, actor: &Actor, skip: Option<&CheckId>) -> Result<Option<CheckId>, Error> {
    let now = work.now();
    let mut tx = work.db.write().await?;
    let taken = {
        let mut conn = tx.conn();
        let skip = skip.map_or("", CheckId::as_str);
        let taken = store::claim_next(&mut conn, caller.id.as_str(), skip, now, now + checks::CLAIM_TIME).await?;
        if let Some(id) = &taken {
            store::release_others(&mut conn, caller.id.as_str(), id).await?;
            journal::append(
                &mut conn,
                &[actor.entry(now, Action::CheckClaimed, Subject::Check, id, json!({ "until": now + checks::CLAIM_TIME }))],
            )
            .await?;
        }
        taken
    };
    tx.commit().await?;
    Ok(taken.map(Into::into))
}

/// Gives a taken check back; one that somebody else took meanwhile is left alone.
///
/// # Errors
/// Unknown, or the database.
pub async fn give_back(work: &Casework, caller: &Caller, actor: &Actor, id: &CheckId) -> Result<(), Error> {
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        store::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
        if store::release(&mut conn, caller.id.as_str(), id).await? > 0 {
            journal::append(&mut conn, &[actor.entry(work.now(), Action::CheckReleased, Subject::Check, id.as_str(), json!({}))]).await?;
        }
    }
    tx.commit().await
}

/// Assigns checks to a person, or to nobody. Gives how many were assigned; decided checks are left alone.
///
/// # Errors
/// An unknown or unfit person, or the database.
pub async fn assign(work: &Casework, actor: &Actor, ids: &[CheckId], person: Option<&PersonId>) -> Result<usize, Error> {
    if ids.is_empty() {
        return Err(Refused::default().because("", "Select at least one check first.").into());
    }
    if let Some(person) = person {
        let person =
            crate::people::get(work, person).await.map_err(|_| Refused::default().because("assignee", "Choose a person from the list."))?;
        if !person.is_active() || !person.caller()?.may(domain::people::Permission::DecideChecks) {
            return Err(Refused::default().because("assignee", "This person cannot review checks.").into());
        }
    }
    again(|| assign_once(work, actor, ids, person)).await
}

async fn assign_once(work: &Casework, actor: &Actor, ids: &[CheckId], person: Option<&PersonId>) -> Result<usize, Error> {
    let now = work.now();
    let mut tx = work.db.write().await?;
    let mut assigned = 0;
    {
        let mut conn = tx.conn();
        let mut entries = Vec::new();
        // In one order for everybody, so that two who assign the same checks do not wait for each other.
        let ids: BTreeSet<&CheckId> = ids.iter().take(500).collect();
        for id in ids {
            if store::assign(&mut conn, id, person.map(PersonId::as_str), now).await? > 0 {
                assigned += 1;
                entries.push(actor.entry(
                    now,
                    Action::CheckAssigned,
                    Subject::Check,
                    id.as_str(),
                    json!({ "to": person.map(PersonId::as_str) }),
                ));
            }
        }
        journal::append(&mut conn, &entries).await?;
    }
    tx.commit().await?;
    Ok(assigned)
}

/// Records a person's word on one finding, while the check is under review.
///
/// # Errors
/// A note that is too long, a check that is not under review or about whoever judges, or the database.
pub async fn judge(
    work: &Casework,
    actor: &Actor,
    check: &CheckId,
    finding: &FindingId,
    judgement: Judgement,
    note: &str,
) -> Result<(), Error> {
    let note = as_noted(finding, note)?;
    let now = work.now();
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        let held = hold_for_judging(&mut conn, check).await?;
        if facts::is_about(&mut conn, &held, &actor.id).await? {
            return Err(Refusal::Oneself.into());
        }
        let note = Some(note.as_str()).filter(|n| !n.is_empty());
        if store::judge(&mut conn, check, finding, judgement, note, &actor.id, now).await? == 0 {
            return Err(Error::NotFound);
        }
        store::touch(&mut conn, check, now).await?;
        let details = json!({ "finding": finding.as_str(), "judgement": judgement.code(), "note": note });
        journal::append(&mut conn, &[actor.entry(now, Action::FindingJudged, Subject::Check, check.as_str(), details)]).await?;
    }
    tx.commit().await
}

/// Keeps a note on a finding whose judgement stays, whoever made it, and gives the check's version from then on.
///
/// `seen`: the version that the writer's page showed. Where something is decided on that page next, an older page keeps nothing.
///
/// # Errors
/// As [`judge`]; a page that is out of date.
pub async fn note(
    work: &Casework,
    actor: &Actor,
    check: &CheckId,
    finding: &FindingId,
    note: &str,
    seen: Option<i64>,
) -> Result<i64, Error> {
    let note = as_noted(finding, note)?;
    let now = work.now();
    let mut tx = work.db.write().await?;
    let version = {
        let mut conn = tx.conn();
        let before = hold_for_judging(&mut conn, check).await?;
        let standing = store::findings(&mut conn, check).await?.into_iter().find(|f| f.id == finding.as_str()).ok_or(Error::NotFound)?;
        // What is kept already is no change, and no page is out of date for it.
        if noted(standing.note.as_deref().unwrap_or_default()) == note {
            return Ok(before.version);
        }
        if seen.is_some_and(|seen| seen != before.version) {
            return Err(Refusal::Changed.into());
        }
        let note = Some(note.as_str()).filter(|n| !n.is_empty());
        store::note(&mut conn, check, finding, note).await?;
        store::touch(&mut conn, check, now).await?;
        let details = json!({ "finding": finding.as_str(), "note": note });
        journal::append(&mut conn, &[actor.entry(now, Action::FindingNoted, Subject::Check, check.as_str(), details)]).await?;
        before.version + 1
    };
    tx.commit().await?;
    Ok(version)
}

/// The findings of a check as they are judged.
///
/// # Errors
/// The database.
pub async fn findings(work: &Casework, check: &CheckId) -> Result<Vec<Finding>, Error> {
    let mut reader = work.db.read().await?;
    store::findings(&mut reader.conn(), check).await
}

/// A note as it is kept: without what is around it, and with line breaks of one kind.
#[must_use]
pub fn noted(note: &str) -> String {
    visible(note.trim()).replace("\r\n", "\n")
}

fn as_noted(finding: &FindingId, note: &str) -> Result<String, Error> {
    let kept = noted(note);
    if kept.chars().count() > NOTE_MAX {
        let field = domain::findings::note_field(finding.as_str());
        return Err(Refused::of([(&field, note)]).because(&field, "Use at most 1,000 characters.").into());
    }
    Ok(kept)
}

/// The check, if its findings can be judged now.
async fn hold_for_judging(conn: &mut Conn<'_>, check: &CheckId) -> Result<Check, Error> {
    let before = store::hold(conn, check).await?.ok_or(Error::NotFound)?;
    if matches!(before.state()?, State::ToReview) {
        return Ok(before);
    }
    Err(Refused::default().because("", "Findings can be judged while the check is under review; this one is not any more.").into())
}

/// Adds a comment for colleagues; the provider does not get it.
///
/// # Errors
/// An empty or too long comment, or the database.
pub async fn comment(work: &Casework, actor: &Actor, check: &CheckId, body: &str) -> Result<(), Error> {
    comment_once(work, actor, check, &new_id(), body).await
}

/// Adds a comment that a form was sent with; `page` is the id that the form carries. The same text sent twice from one page is
/// one comment, another text is another one.
///
/// # Errors
/// As [`comment`].
pub async fn comment_once(work: &Casework, actor: &Actor, check: &CheckId, page: &str, body: &str) -> Result<(), Error> {
    let text = visible(body);
    let text = text.trim();
    let mut refused = Refused::of([("body", body)]);
    if text.is_empty() {
        refused.refuse("body", "Write something first.");
    }
    if text.replace("\r\n", "\n").chars().count() > COMMENT_MAX {
        refused.refuse("body", "Use at most 4,000 characters.");
    }
    if !refused.is_clean() {
        return Err(refused.into());
    }
    let now = work.now();
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        let known = store::hold(&mut conn, check).await?.ok_or(Error::NotFound)?;
        if known.state()? == State::Draft {
            return Err(refused.because("body", "Launch this check first; a draft takes no comments.").into());
        }
        let id = match page {
            "" => new_id(),
            page => crate::sha256_hex([page, &actor.id, check.as_str(), text].join("\0").as_bytes()),
        };
        if store::has_comment(&mut conn, &id).await? {
            return Ok(());
        }
        store::insert_comment(&mut conn, &id, check, &actor.id, text, now).await?;
        store::retouch(&mut conn, check, now).await?;
        journal::append(&mut conn, &[actor.entry(now, Action::CommentAdded, Subject::Check, check.as_str(), json!({ "comment": text }))])
            .await?;
    }
    tx.commit().await
}

/// Sets or removes (`value` of `None`) one pair of metadata, here and at the provider.
///
/// # Errors
/// A key or value that does not fit, a check the provider does not know yet, or the database.
pub async fn set_metadata(work: &Casework, actor: &Actor, check: &CheckId, key: &str, value: Option<&str>) -> Result<(), Error> {
    let (key, shown) = (composed(key), value.unwrap_or_default());
    let mut refused = Refused::of([("key", &key), ("value", shown)]);
    if key.is_empty() || key.chars().count() > 100 || hidden(&key).is_some() {
        refused.refuse("key", "Give a key of at most 100 visible characters.");
    }
    if value.is_some_and(|v| v.trim().is_empty() || v.chars().count() > 1_000 || v.chars().any(is_unsafe_character)) {
        refused.refuse("value", "Give a value of at most 1,000 visible characters.");
    }
    if !refused.is_clean() {
        return Err(refused.into());
    }
    let value = value.map(|value| nfc(value.trim()));
    let value = value.as_deref();
    let now = work.now();
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        let known = store::hold(&mut conn, check).await?.ok_or(Error::NotFound)?;
        let is_sent = decisions::is_told(known.kind()?);
        if is_sent && known.provider_ref.is_none() {
            return Err(refused.because("", "The provider does not know this check yet; metadata can be set once it runs.").into());
        }
        store::put_metadata(&mut conn, check, &key, value).await?;
        store::retouch(&mut conn, check, now).await?;
        if is_sent {
            let payload = json!({ "key": key, "value": value });
            outbox::promise(&mut conn, outbox::Task::PutMetadata, check, None, &known.connection_id, payload, now).await?;
        }
        journal::append(
            &mut conn,
            &[actor.entry(now, Action::MetadataChanged, Subject::Check, check.as_str(), json!({ "key": key, "value": value }))],
        )
        .await?;
    }
    tx.commit().await?;
    work.wake.notify_waiters();
    Ok(())
}

/// Withdraws a check whose outcome is not here yet. What was promised and not sent yet is dropped. Afterwards it is a step with a
/// reason, [`decide::act`].
///
/// # Errors
/// The rule, an unknown check, or the database.
pub async fn withdraw(work: &Casework, caller: &Caller, actor: &Actor, id: &CheckId) -> Result<(), Error> {
    again(|| withdraw_once(work, caller, actor, id)).await
}

async fn withdraw_once(work: &Casework, caller: &Caller, actor: &Actor, id: &CheckId) -> Result<(), Error> {
    let now = work.now();
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        let check = store::hold(&mut conn, id).await?.ok_or(Error::NotFound)?;
        let next = checks::withdraw(check.state()?, caller)?;
        if store::move_to(&mut conn, id, check.state()?, next, check.version, now).await? == 0 {
            return Err(Refusal::Changed.into());
        }
        end(&mut conn, id, now).await?;
        journal::append(
            &mut conn,
            &[actor.entry(now, Action::CheckWithdrawn, Subject::Check, id.as_str(), json!({ "from": check.state }))],
        )
        .await?;
    }
    tx.commit().await
}

/// A withdrawn check asks nothing of its provider any more, and hands nothing out.
pub(crate) async fn end(conn: &mut Conn<'_>, id: &CheckId, now: domain::Moment) -> Result<(), Error> {
    store::stop_polling(conn, id).await?;
    outbox::drop_promises(conn, id, now).await?;
    crate::idv::store::forget_handout(conn, id).await?;
    Ok(())
}

/// Records that a person looked at something of a check.
///
/// # Errors
/// The journal takes no more entries.
pub async fn viewed(
    work: &Casework,
    actor: &Actor,
    action: Action,
    subject: Subject,
    subject_id: &str,
    details: serde_json::Value,
) -> Result<(), Error> {
    work.views.record(actor.entry(work.now(), action, subject, subject_id, details)).await
}

/// One check.
///
/// # Errors
/// Unknown, or the database.
pub async fn get(work: &Casework, id: &CheckId) -> Result<Check, Error> {
    let mut reader = work.db.read().await?;
    store::find(&mut reader.conn(), id).await?.ok_or(Error::NotFound)
}

/// NUL, which PostgreSQL stores in no text, becomes the mark for what cannot be shown.
pub(crate) fn visible(text: &str) -> String {
    nfc(&text.replace('\0', "\u{FFFD}"))
}

pub(crate) fn to_json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|e| Error::Corrupt(e.to_string()))
}

/// Marks a check as failed, with the reason in words.
pub(crate) async fn fail(conn: &mut Conn<'_>, actor: &Actor, id: &CheckId, why: &str, now: domain::Moment) -> Result<(), Error> {
    let Some(check) = store::hold(conn, id).await? else { return Ok(()) };
    if check.state()?.may_become(State::Failed) && store::move_to(conn, id, check.state()?, State::Failed, check.version, now).await? > 0 {
        store::set_trouble(conn, id, Some(why), now).await?;
        store::stop_polling(conn, id).await?;
        crate::idv::store::forget_handout(conn, id).await?;
        journal::append(conn, &[actor.entry(now, Action::CheckFailed, Subject::Check, id.as_str(), json!({ "why": why }))]).await?;
    }
    Ok(())
}
