//! Due diligence: search tasks about people and companies at KryptoGO, their drafts and their
//! launch.

pub mod many;
pub mod outcome;
pub(super) mod service;

use crate::{
    Casework, Error,
    journal::{self, Actor},
    records::{
        checks as check_store, connections,
        customers::{self, Confirmed},
        to_json,
    },
    services::launch::{About, Launched, NewCheck, launch_new, new_check},
    store::{again, written},
};
use domain::{
    CheckId,
    checks::{Kind, State},
    journal::{Action, Subject},
    launch::{self, DueDiligence, DueDiligenceForm},
    people::Caller,
    services::Life,
    time::NEVER,
};
use serde_json::json;

/// Launches a check: one transaction writes check, promise and journal; the outbox sends it.
///
/// `id` was made by the page, so sending the page twice launches once. `confirmed` is what whoever
/// launches was asked and answered: that the customer has an open check of the kind, or is known
/// otherwise. `relaunch_of` links the check to an ended one.
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
    let mut tx = work.db.begin().await?;
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

/// Keeps a launch that is not sent yet. It needs a good reference and name; the rest may be
/// finished later.
///
/// # Errors
/// As [`launch`].
pub async fn save_draft(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &CheckId,
    form: &DueDiligenceForm,
) -> Result<(), Error> {
    let kind = Kind::parse(&form.kind)
        .filter(|kind| kind.card().life == Life::Runs)
        .unwrap_or(Kind::DdKyc);
    let mut refused = form.as_typed();
    let reference = launch::check_reference(&form.customer_reference)
        .map_err(|m| refused.refuse("customer_reference", m));
    let name = launch::check_name(&form.name, kind).map_err(|m| refused.refuse("name", m));
    let (Ok(reference), Ok(name)) = (reference, name) else { return Err(refused.into()) };
    let connection = connections::get(work, &form.connection.as_str().into())
        .await
        .map_err(|_| form.as_typed().because("connection", "Choose a connection."))?;
    let target =
        launch::Target { kind, name, birth_date: None, country: None, registration_number: None };
    let now = work.now();
    written!(work, async |conn| {
        conn.take_turns(id.as_str()).await?;
        if check_store::hold(conn, id).await?.is_some_and(|c| c.state != State::Draft.code()) {
            return Err(form.as_typed().because("", "This check was launched already.").into());
        }
        let customer = customers::find_or_make(work, conn, &reference, &target).await?;
        check_store::delete_draft(conn, id).await?;
        let mut check =
            new_check(work, id, kind, &customer.id, &connection.id, to_json(form)?, State::Draft);
        check.launched_by = Some(caller.id.to_string());
        check.due_at_ms = NEVER;
        check_store::insert(conn, &check).await?;
        journal::append(
            conn,
            &[actor.entry(
                now,
                Action::DraftSaved,
                Subject::Check,
                id.as_str(),
                json!({ "customer": customer.reference }),
            )],
        )
        .await?;
        Ok(())
    })
}

/// The form as it was typed into a draft.
///
/// # Errors
/// Unknown, not a draft any more, or the database.
pub async fn draft(work: &Casework, id: &CheckId) -> Result<DueDiligenceForm, Error> {
    let mut reader = work.db.read().await?;
    let check = check_store::find(&mut reader.conn(), id)
        .await?
        .filter(|c| c.state == State::Draft.code())
        .ok_or(Error::NotFound)?;
    serde_json::from_str(&check.request).map_err(|e| Error::Corrupt(format!("draft {id}: {e}")))
}

async fn checked(
    work: &Casework,
    form: &DueDiligenceForm,
) -> Result<(connections::Connection, DueDiligence), Error> {
    let (chosen, settings) = connections::chosen(work, &form.connection, Kind::DdKyc).await?;
    let launch = launch::check(form, &settings, work.now());
    match (chosen, launch) {
        (Some(connection), launch) => Ok((connection, launch?)),
        (None, Err(mut refused)) => {
            refused.errors.remove("search_setting");
            Err(refused.because("connection", "Choose a connection that is active.").into())
        }
        (None, Ok(_)) => {
            Err(form.as_typed().because("connection", "Choose a connection that is active.").into())
        }
    }
}
