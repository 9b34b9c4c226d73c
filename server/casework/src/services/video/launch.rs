//! The three steps of a launch. Each can be left and taken up again; the check waits, queued, until
//! a session is requested.

use super::{
    Asked, QUESTION, id_of,
    send::Step,
    store::{self, Session},
};
use crate::{
    Casework, Error,
    journal::{self, Actor},
    records::{
        checks::{self, self as check_store, Check},
        connections::{self, Connection},
        customers::{self, Confirmed, who::Fields},
        promises, to_json,
    },
    seal,
    services::launch::{About, Launched, NewCheck, launch_new},
    store::{Conn, again, written},
};
use domain::{
    CheckId,
    checks::{Kind, State},
    fields::Refused,
    journal::{Action, Subject},
    launch::Target,
    people::{Caller, Permission},
    video::{
        IdentificationForm, Person, PersonForm, State as ProviderState, check_identification,
        check_person,
    },
    who::{Bears, Trait},
};
use serde_json::json;

/// Step 1: makes the check and promises the person, or sends a person again whom the provider
/// refused.
///
/// Somebody who has a person there already is found again, and nothing is sent of what was typed.
///
/// # Errors
/// The form with a message beside each cause; an unknown or disabled connection; the database.
pub async fn start(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &CheckId,
    form: &PersonForm,
    confirmed: impl Into<Confirmed>,
    relaunch_of: Option<&CheckId>,
) -> Result<Launched, Error> {
    let confirmed = confirmed.into();
    let confirmed = &confirmed;
    let (connection, asked) = checked(work, form).await?;
    let repeated = written!(work, async |conn| {
        Ok(match check_store::hold(conn, id).await? {
            Some(check) => !correct(work, conn, actor, &check, form, &asked, confirmed).await?,
            None => {
                let request = to_json(&Asked {
                    customer_reference: asked.customer_reference.clone(),
                    name: name_of(&asked),
                })?;
                let new = NewCheck {
                    id,
                    kind: Kind::VideoIdent,
                    customer_reference: &asked.customer_reference,
                    target: &target_of(&asked),
                    connection: &connection,
                    request,
                    confirmed,
                    about: About { bears: bears(&asked), fields: FIELDS, ..About::default() },
                    relaunch_of,
                    typed: form.as_typed(),
                };
                match launch_new(work, conn, caller, actor, new).await? {
                    Some(check) => {
                        store::insert_session(conn, id).await?;
                        let mut session = held(conn, id).await?;
                        session.question_id =
                            Some(keep_question(work, conn, &check, &asked).await?);
                        session.sending = Some(Step::Person.code().into());
                        store::put_session(conn, &session).await?;
                        false
                    }
                    None => true,
                }
            }
        })
    })?;
    work.wake.notify_waiters();
    Ok(Launched { id: id.clone(), repeated })
}

/// Takes a corrected person for a check whose person does not exist yet; gives whether it was
/// taken.
async fn correct(
    work: &Casework,
    conn: &mut Conn<'_>,
    actor: &Actor,
    check: &Check,
    form: &PersonForm,
    asked: &Person,
    confirmed: &Confirmed,
) -> Result<bool, Error> {
    let id = id_of(check);
    if !super::is_ours(check) {
        return Err(Error::NotFound);
    }
    let mut session = held(conn, &id).await?;
    if check.state()? != State::Queued || session.sending.is_some() || session.person_id.is_some() {
        return Ok(false);
    }
    let known: Asked = asked_of(check)?;
    if asked.customer_reference != known.customer_reference {
        let words = format!(
            "This check is about {}. Begin a new one for another customer.",
            known.customer_reference
        );
        return Err(form.as_typed().because("customer_reference", words).into());
    }
    if form.connection != check.connection_id {
        return Err(form
            .as_typed()
            .because("connection", "This check was begun on another connection; it stays there.")
            .into());
    }
    // A correction may make them another person than is known under the reference: asked as at
    // every launch.
    conn.take_turns(&asked.customer_reference).await?;
    let (target, bears) = (target_of(asked), bears(asked));
    let launch = customers::who::Launch {
        check: &id,
        reference: &asked.customer_reference,
        target: &target,
        document_country: None,
        asked_name: None,
        bears: &bears,
        fields: FIELDS,
        confirmed,
    };
    let mut refused = form.as_typed();
    let settled = customers::who::ask(work, conn, &launch, &mut refused).await?;
    if !refused.is_clean() {
        return Err(refused.into());
    }
    let customer = customers::find_or_make(work, conn, &asked.customer_reference, &target).await?;
    let request = to_json(&Asked {
        customer_reference: asked.customer_reference.clone(),
        name: target.name.clone(),
    })?;
    check_store::set_request(conn, &id, &request).await?;
    let entries = customers::who::settle(work, conn, actor, &customer, &launch, settled).await?;
    session.question_id = Some(keep_question(work, conn, check, asked).await?);
    promise(work, conn, actor, check, session, Step::Person).await?;
    if !entries.is_empty() {
        journal::append(conn, &entries).await?;
    }
    Ok(true)
}

/// Step 2: promises the identification.
///
/// # Errors
/// The form with a message beside each cause; a check at another step; the database.
pub async fn identify(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &CheckId,
    form: &IdentificationForm,
) -> Result<(), Error> {
    may_launch(caller)?;
    check_identification(form, work.now())?;
    again(|| identify_once(work, actor, id, form)).await
}

async fn identify_once(
    work: &Casework,
    actor: &Actor,
    id: &CheckId,
    form: &IdentificationForm,
) -> Result<(), Error> {
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        let (check, mut session) = open(&mut conn, id).await?;
        if check.state()? != State::Queued
            || session.person_id.is_none()
            || check.provider_ref.is_some()
        {
            return Err(form
                .as_typed()
                .because(
                    "",
                    "This step was taken already. Open the check again to see where it stands.",
                )
                .into());
        }
        if session.sending.is_some() {
            return Ok(());
        }
        session.identification = Some(to_json(form)?);
        promise(work, &mut conn, actor, &check, session, Step::Identification).await?;
    }
    tx.commit().await?;
    work.wake.notify_waiters();
    Ok(())
}

/// Step 3: promises the request of a session; also another one later, as long as the provider gives
/// one.
///
/// # Errors
/// A check that is over, an identification that takes no session any more, or the database.
pub async fn request(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &CheckId,
) -> Result<(), Error> {
    may_launch(caller)?;
    again(|| request_once(work, actor, id)).await
}

async fn request_once(work: &Casework, actor: &Actor, id: &CheckId) -> Result<(), Error> {
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        let (check, session) = open(&mut conn, id).await?;
        if session.sending.is_some() {
            return Ok(());
        }
        let state = history_of(&session).pop().map_or(ProviderState::Created, |(_, state)| state);
        if check.provider_ref.is_none() || !state.may_be_requested() {
            let words = format!(
                "No session can be requested now: the identification is {}.",
                state.words()
            );
            return Err(Refused::default().because("", words).into());
        }
        promise(work, &mut conn, actor, &check, session, Step::Session).await?;
    }
    tx.commit().await?;
    work.wake.notify_waiters();
    Ok(())
}

async fn promise(
    work: &Casework,
    conn: &mut Conn<'_>,
    actor: &Actor,
    check: &Check,
    mut session: Session,
    step: Step,
) -> Result<(), Error> {
    let (id, now) = (id_of(check), work.now());
    session.sending = Some(step.code().into());
    session.complaints = "[]".into();
    store::put_session(conn, &session).await?;
    check_store::set_trouble(conn, &id, None, now).await?;
    promises::promise(
        conn,
        promises::Task::CreateCheck,
        &id,
        None,
        &check.connection_id,
        json!({ "step": step.code() }),
        now,
    )
    .await?;
    journal::append(
        conn,
        &[actor.entry(
            now,
            Action::StepLeft,
            Subject::Check,
            id.as_str(),
            json!({ "step": step.code() }),
        )],
    )
    .await
}

/// A video check that is not over, held, with its session.
async fn open(conn: &mut Conn<'_>, id: &CheckId) -> Result<(Check, Session), Error> {
    let check = check_store::hold(conn, id).await?.filter(super::is_ours).ok_or(Error::NotFound)?;
    if !check.state()?.is_open() {
        return Err(Refused::default()
            .because("", "This check is over. Run it again to identify the customer once more.")
            .into());
    }
    let session = held(conn, id).await?;
    Ok((check, session))
}

pub(super) async fn held(conn: &mut Conn<'_>, id: &CheckId) -> Result<Session, Error> {
    store::session(conn, id)
        .await?
        .ok_or_else(|| Error::Corrupt(format!("check {id} has no session")))
}

fn may_launch(caller: &Caller) -> Result<(), Error> {
    if caller.may(Permission::LaunchChecks) {
        Ok(())
    } else {
        Err(domain::Refusal::NotAllowed(Permission::LaunchChecks).into())
    }
}

/// Waits until nothing of this check is on its way to the provider any more, or the time is over.
///
/// # Errors
/// Unknown, or the database.
pub async fn wait(work: &Casework, id: &CheckId, at_most_ms: i64) -> Result<(), Error> {
    let until = std::time::Instant::now()
        + std::time::Duration::from_millis(at_most_ms.max(0).unsigned_abs());
    loop {
        let is_sending = {
            let mut reader = work.db.read().await?;
            let mut conn = reader.conn();
            let sending =
                store::session(&mut conn, id).await?.ok_or(Error::NotFound)?.sending.is_some();
            sending || !store::on_their_way(&mut conn, id).await?.is_empty()
        };
        if !is_sending || std::time::Instant::now() >= until {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(40)).await;
    }
}

/// The first step as it was typed last.
///
/// # Errors
/// Unknown, of another kind, erased, or the database.
pub async fn form_of(work: &Casework, id: &CheckId) -> Result<PersonForm, Error> {
    let check = checks::get(work, id).await?;
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let session = store::session(&mut conn, id).await?.ok_or(Error::NotFound)?;
    let person = question_of(work, &mut conn, &check, &session).await?.ok_or(Error::NotFound)?;
    Ok(PersonForm { connection: check.connection_id, ..PersonForm::from(&person) })
}

/// The second step as it was typed last; empty when nobody typed it.
///
/// # Errors
/// Unknown, of another kind, or the database.
pub async fn identification_form_of(
    work: &Casework,
    id: &CheckId,
) -> Result<IdentificationForm, Error> {
    let mut reader = work.db.read().await?;
    let session = store::session(&mut reader.conn(), id).await?.ok_or(Error::NotFound)?;
    Ok(identification_of(&session)?.unwrap_or_default())
}

pub(super) fn identification_of(session: &Session) -> Result<Option<IdentificationForm>, Error> {
    let form = session.identification.as_deref().map(serde_json::from_str).transpose();
    form.map_err(|e| Error::Corrupt(format!("identification of {}: {e}", session.check_id)))
}

/// The provider's states with their moments, the oldest first.
pub(super) fn history_of(session: &Session) -> Vec<(domain::Moment, ProviderState)> {
    let stored: Vec<(domain::Moment, String)> =
        serde_json::from_str(&session.history).unwrap_or_default();
    stored.into_iter().map(|(at, code)| (at, ProviderState::of(Some(&code)))).collect()
}

/// The person as typed last; nothing when the customer was erased.
pub(super) async fn question_of(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    session: &Session,
) -> Result<Option<Person>, Error> {
    let Some(key) = customers::key(work, conn, &check.customer_id).await? else { return Ok(None) };
    let Some(question) = &session.question_id else { return Ok(None) };
    let Some(kept) = check_store::kept_body(conn, &id_of(check), question).await? else {
        return Ok(None);
    };
    let body = seal::open_evidence(&key, question, &kept.sealed)?;
    serde_json::from_slice(&body)
        .map(Some)
        .map_err(|e| Error::Corrupt(format!("person of check {}: {e}", check.id)))
}

async fn keep_question(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    asked: &Person,
) -> Result<String, Error> {
    let answer = crate::providers::Answer {
        body: to_json(asked)?.into_bytes(),
        content_type: "application/json".into(),
    };
    let kept = checks::evidence::keep(work, conn, check, QUESTION, &answer, work.now()).await?;
    check_store::kept_as(conn, &id_of(check), QUESTION, &kept).await?.ok_or(Error::NotFound)
}

pub(super) fn asked_of(check: &Check) -> Result<Asked, Error> {
    serde_json::from_str(&check.request)
        .map_err(|e| Error::Corrupt(format!("request of check {}: {e}", check.id)))
}

pub(super) fn name_of(person: &Person) -> String {
    format!("{} {}", person.first_name, person.last_name)
}

/// Where the form has what is compared with the customer.
const FIELDS: Fields =
    Fields { name: "last_name", birth_date: "birth_date", country: "nationality" };

/// By what else the person would be known again.
pub(crate) fn bears(person: &Person) -> Vec<Bears> {
    vec![(Trait::Phone, person.mobile_number.clone())]
}

/// The person as typed last; nothing when the customer was erased.
pub(crate) async fn person_of(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
) -> Result<Option<Person>, Error> {
    let session = held(conn, &id_of(check)).await?;
    question_of(work, conn, check, &session).await
}

pub(crate) fn target_of(person: &Person) -> Target {
    Target {
        kind: Kind::VideoIdent,
        name: name_of(person),
        birth_date: Some(person.birth_date.clone()),
        // The customer lives in Germany; the nationality is what the customer's page means by
        // country.
        country: domain::countries::find(&person.nationality).map(|c| c.alpha3.to_owned()),
        registration_number: None,
    }
}

async fn checked(work: &Casework, form: &PersonForm) -> Result<(Connection, Person), Error> {
    let (chosen, _) = connections::chosen(work, &form.connection, Kind::VideoIdent).await?;
    let asked = check_person(form, work.now()).and_then(|person| {
        match crate::phones::trunk_zero(&person.mobile_number) {
            Some(words) => Err(form.as_typed().because("mobile_number", words)),
            None => Ok(person),
        }
    });
    match (chosen, asked) {
        (Some(connection), asked) => Ok((connection, asked?)),
        (None, asked) => {
            let mut refused = asked.err().unwrap_or_else(|| form.as_typed());
            refused.errors.remove("connection");
            Err(refused.because("connection", "Choose a connection that is active.").into())
        }
    }
}

/// Whether the person was there before this launch, so that nothing of what was typed was sent.
pub(super) async fn was_known(
    conn: &mut Conn<'_>,
    check: &Check,
    session: &Session,
) -> Result<bool, Error> {
    let Some(person) = &session.person_id else { return Ok(false) };
    Ok(store::person(conn, person).await?.is_some_and(|p| p.check_id != check.id))
}
