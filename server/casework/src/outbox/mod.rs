//! The outbox: what we owe a provider, and the worker that keeps the promise.
//!
//! A promise is written in the transaction that makes it. Before a request leaves, the attempt is
//! recorded and the delivery is `unknown`: it may have taken effect. Whatever is `unknown` is read at
//! the provider before anything is sent again. Leases carry a fence, so that a worker that was thought
//! dead cannot overwrite what its successor found.

mod groups;
mod rates;
mod send;
mod store;

use crate::{
    Casework, Error,
    journal::{self, Actor},
    new_id,
    store::Conn,
};
use domain::{
    CheckId, DecisionId, DeliveryId, Moment, choices,
    journal::{Action, Subject},
};
use serde_json::{Value, json};

pub use rates::Rates;
pub(crate) use send::MAY_EXIST;
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
    store::insert(conn, &new_id(), task, check, decision, connection, &payload.to_string(), now).await
}

/// Drops what was promised for a check and has not left.
///
/// # Errors
/// The database.
pub async fn drop_promises(conn: &mut Conn<'_>, check: &CheckId, now: Moment) -> Result<(), Error> {
    store::drop_unsent(conn, check, now).await
}

/// Drops metadata of an erased customer, sent or not, with what it says.
pub(crate) async fn drop_erased(conn: &mut Conn<'_>, check: &CheckId, now: Moment) -> Result<(), Error> {
    store::drop_metadata(conn, check, now).await
}

/// Drops a decision of this check that the provider certainly or probably does not have; gives whether there was one.
pub(crate) async fn drop_untold(conn: &mut Conn<'_>, check: &CheckId, now: Moment) -> Result<bool, Error> {
    Ok(store::drop_untold(conn, check, now).await? > 0)
}

/// What the provider has decided of this check, as far as a delivery told us: `true` is accepted.
pub(crate) async fn provider_has(conn: &mut Conn<'_>, check: &CheckId) -> Result<Option<bool>, Error> {
    let told = store::of_check(conn, check).await?.into_iter().rfind(|d| d.task == Task::TellDecision.code() && d.is_answered());
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
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        let delivery = store::find(&mut conn, id.as_str()).await?.ok_or(Error::NotFound)?;
        crate::checks::store::hold(&mut conn, &delivery.check_id.as_str().into()).await?;
        if store::revive(&mut conn, id.as_str(), now).await? == 0 {
            return Err(domain::fields::Refused::default()
                .because("", "Only a delivery that was given up can be retried, and not for a check that failed: run that check again.")
                .into());
        }
        if delivery.task == Task::TellDecision.code() {
            crate::checks::store::set_telling(&mut conn, &delivery.check_id.as_str().into(), domain::checks::Telling::Due, None, now)
                .await?;
        }
        journal::append(
            &mut conn,
            &[actor.entry(
                now,
                Action::DeliveryRetried,
                Subject::Delivery,
                id.as_str(),
                json!({ "check": delivery.check_id, "task": delivery.task }),
            )],
        )
        .await?;
    }
    tx.commit().await?;
    work.wake.notify_waiters();
    Ok(())
}

/// Sends what is due, a few at a time; gives how many were worked on.
///
/// # Errors
/// The database; one delivery's failure stays with it.
pub async fn work_off(work: &Casework, limit: i64) -> Result<usize, Error> {
    let taken = take(work, limit).await?;
    futures::future::join_all(taken.iter().map(|load| carry_out(work, load))).await;
    Ok(taken.iter().map(Vec::len).sum())
}

/// What is carried out together: one delivery, or lines of a table that leave in one call.
pub(crate) type Load = Vec<Delivery>;

/// Takes deliveries that are due, under a lease; never two about one check.
pub(crate) async fn take(work: &Casework, limit: i64) -> Result<Vec<Load>, Error> {
    loop {
        let now = work.now();
        {
            // Whoever looks for work in vain does not keep the one who writes from writing.
            let mut reader = work.db.read().await?;
            let is_any = store::is_any_due(&mut reader.conn(), now).await?;
            work.db.keep(reader);
            if !is_any {
                return Ok(vec![]);
            }
        }
        let mut tx = work.db.write().await?;
        let (any, loads) = {
            let mut conn = tx.conn();
            let taken = store::take_due(&mut conn, now, now + work.pace.lease_ms, limit).await?;
            (!taken.is_empty(), groups::gather(work, &mut conn, taken, now).await?)
        };
        tx.commit().await?;
        // What must wait for its place in time was put back, so others are first now.
        if !loads.is_empty() || !any {
            return Ok(loads);
        }
    }
}

/// Gives back what was taken and has not left.
pub(crate) async fn give_back(work: &Casework, left: &[Load]) -> Result<(), Error> {
    let mut tx = work.db.write().await?;
    for delivery in left.iter().flatten() {
        store::give_back(&mut tx.conn(), delivery, work.now()).await?;
    }
    tx.commit().await
}

/// Delivers what was taken; its failure stays with it.
pub(crate) async fn carry_out(work: &Casework, load: &Load) {
    match load.as_slice() {
        [delivery] => carry_out_one(work, delivery).await,
        _ => {
            if let Err(error) = groups::deliver(work, load).await {
                tracing::error!(deliveries = load.len(), %error, "a group stopped half-way");
            }
        }
    }
}

async fn carry_out_one(work: &Casework, delivery: &Delivery) {
    if let Err(error) = send::deliver(work, delivery).await {
        // Its lease runs out and it is taken again; what may have happened is read first.
        tracing::error!(delivery = %delivery.id, check = %delivery.check_id, %error, "delivery stopped half-way");
    }
}

/// The wait before the next try: doubling, capped, with half of it left to chance.
#[must_use]
pub fn backoff(base_ms: i64, max_ms: i64, tries: i64, chance: u16) -> i64 {
    let doubled = base_ms.saturating_mul(1 << tries.clamp(0, 20)).min(max_ms).max(1);
    doubled / 2 + doubled / 2 * i64::from(chance) / i64::from(u16::MAX)
}

pub(crate) fn chance() -> u16 {
    u16::from_be_bytes(crate::random())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn waits_grow_stay_bounded_and_are_never_nothing(tries in 0i64..200, chance: u16, base in 2i64..10_000, max in 10_000i64..10_000_000) {
            let wait = backoff(base, max, tries, chance);
            prop_assert!(wait >= 1 && wait <= max);
            prop_assert!(backoff(base, max, tries + 1, 0) >= backoff(base, max, tries, 0));
        }
    }
}
