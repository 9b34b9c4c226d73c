//! What we owe a provider: a promise is written in the transaction that makes it.

pub(crate) mod store;

use crate::{
    Casework, Error,
    journal::{self, Actor},
    new_id,
    store::{Conn, written},
};
use domain::{
    CheckId, DecisionId, DeliveryId, Moment, choices,
    journal::{Action, Subject},
};
use serde_json::{Value, json};

pub(crate) use store::Of;
pub use store::{Attempt, Delivery, Listed};

choices! {
    /// What is owed.
    pub enum Task {
        CreateCheck = "create_check", "Create the check at the provider";
        TellDecision = "tell_decision", "Tell the decision";
        PutMetadata = "put_metadata", "Set metadata";
    }
}

choices! {
    /// How a delivery stands.
    pub enum DeliveryState {
        Due = "due", "due";
        Unknown = "unknown", "sent, unconfirmed";
        Done = "done", "done";
        Conflict = "conflict", "conflict";
        Dead = "dead", "given up";
        Dropped = "dropped", "dropped";
    }
}

/// Writes a promise inside the caller's transaction.
///
/// # Errors
/// The database.
pub async fn promise(
    conn: &mut Conn<'_>,
    task: Task,
    check: &CheckId,
    decision: Option<&DecisionId>,
    connection: &str,
    payload: Value,
    now: Moment,
) -> Result<(), Error> {
    store::insert(conn, &new_id(), task, check, decision, connection, &payload.to_string(), now)
        .await
}

/// Drops what was promised for a check and has not left.
///
/// # Errors
/// The database.
pub async fn drop_promises(conn: &mut Conn<'_>, check: &CheckId, now: Moment) -> Result<(), Error> {
    store::drop_unsent(conn, check, now).await
}

/// Drops metadata of an erased customer, sent or not, with what it says.
pub(crate) async fn drop_erased(
    conn: &mut Conn<'_>,
    check: &CheckId,
    now: Moment,
) -> Result<(), Error> {
    store::drop_metadata(conn, check, now).await
}

/// Drops a decision of this check that the provider certainly or probably does not have; gives
/// whether there was one.
pub(crate) async fn drop_untold(
    conn: &mut Conn<'_>,
    check: &CheckId,
    now: Moment,
) -> Result<bool, Error> {
    Ok(store::drop_untold(conn, check, now).await? > 0)
}

/// What the provider has decided of this check, as far as a delivery told us: `true` is accepted.
pub(crate) async fn provider_has(
    conn: &mut Conn<'_>,
    check: &CheckId,
) -> Result<Option<bool>, Error> {
    let told = store::of_check(conn, check)
        .await?
        .into_iter()
        .rfind(|d| d.task == Task::TellDecision.code() && d.is_answered());
    Ok(told.and_then(|d| Some(d.accepts()? == (d.state == DeliveryState::Done.code()))))
}

/// All deliveries of a check, oldest first.
pub(crate) async fn of_check(conn: &mut Conn<'_>, check: &CheckId) -> Result<Vec<Delivery>, Error> {
    store::of_check(conn, check).await
}

/// Deliveries for admins, newest first, at most 200; of one state, if given.
///
/// # Errors
/// The database.
pub async fn list(work: &Casework, state: Option<DeliveryState>) -> Result<Vec<Listed>, Error> {
    let mut reader = work.db.read().await?;
    store::list(&mut reader.conn(), state).await
}

/// The attempts of a delivery, in order.
///
/// # Errors
/// The database.
pub async fn attempts(work: &Casework, id: &DeliveryId) -> Result<Vec<Attempt>, Error> {
    let mut reader = work.db.read().await?;
    store::attempts(&mut reader.conn(), id.as_str()).await
}

/// Takes a given-up delivery up again.
///
/// # Errors
/// Unknown or not given up, or the database.
pub async fn retry(work: &Casework, actor: &Actor, id: &DeliveryId) -> Result<(), Error> {
    let now = work.now();
    written!(work, async |conn| {
        let delivery = store::find(conn, id.as_str()).await?.ok_or(Error::NotFound)?;
        crate::records::checks::hold(conn, &delivery.check_id.as_str().into()).await?;
        if store::revive(conn, id.as_str(), now).await? == 0 {
            return Err(domain::fields::Refused::default()
                .because("", "Only a delivery that was given up can be retried, and not for a check that failed: run that check again.")
                .into());
        }
        if delivery.task == Task::TellDecision.code() {
            crate::records::checks::set_telling(
                conn,
                &delivery.check_id.as_str().into(),
                domain::checks::Telling::Due,
                None,
                now,
            )
            .await?;
        }
        journal::append(
            conn,
            &[actor.entry(
                now,
                Action::DeliveryRetried,
                Subject::Delivery,
                id.as_str(),
                json!({ "check": delivery.check_id, "task": delivery.task }),
            )],
        )
        .await?;
        Ok(())
    })?;
    work.wake.notify_waiters();
    Ok(())
}
