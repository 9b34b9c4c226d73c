//! The outbox: what we owe a provider, and the worker that keeps the promise.
//!
//! A promise is written in the transaction that makes it. Before a request leaves, the attempt is
//! recorded and the delivery is `unknown`: it may have taken effect. Whatever is `unknown` is read
//! at the provider before anything is sent again. Leases carry a fence, so that a worker that was
//! thought dead cannot overwrite what its successor found.

mod breaker;
mod deliver;
mod finish;
mod groups;
mod kept;
mod rates;
mod retry;
mod stumbles;
mod tasks;

use crate::{
    Casework, Error,
    records::promises::{
        Delivery,
        store::{self, Of},
    },
};
use domain::Moment;
use std::sync::Arc;

pub use breaker::{Breakers, Down};
pub(crate) use breaker::{Caller, Place, SHARE, Turn};
pub use rates::Rates;
pub use stumbles::Stumbles;
pub(crate) use stumbles::{SET_ASIDE, TRIES as STUMBLES_MAX, caught, is_passing};

/// Sends what is due, a few at a time; gives how many were worked on.
///
/// # Errors
/// The database; one delivery's failure stays with it.
pub async fn work_off(work: &Casework, limit: i64) -> Result<usize, Error> {
    let taken = take(work, limit).await?;
    let count = taken.iter().map(|taken| taken.load.len()).sum();
    futures::future::join_all(taken.into_iter().map(|taken| carry_out(work, taken))).await;
    Ok(count)
}

/// What is carried out together: one delivery, or lines of a table that leave in one call.
pub(crate) type Load = Vec<Delivery>;

/// What a worker holds, and its place among the calls to its connection.
#[derive(Clone)]
pub(crate) struct Taken {
    load: Load,
    _place: Arc<Place>,
}

/// Takes deliveries that are due, under a lease; never two about one check, and of a provider that
/// is down only what asks whether it is back.
pub(crate) async fn take(work: &Casework, free: i64) -> Result<Vec<Taken>, Error> {
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
        let (any, taken) = take_once(work, free, now).await?;
        // What must wait for its place in time was put back, so others are first now.
        if !taken.is_empty() || !any {
            return Ok(taken);
        }
    }
}

/// Gives whether anything was due besides what was taken.
async fn take_once(work: &Casework, free: i64, now: Moment) -> Result<(bool, Vec<Taken>), Error> {
    let until = now + work.pace.lease_ms;
    let Turn { probes, except, places } = work.breakers.turn(Caller::Outbox, free, now);
    let (mut taken, mut any) = (Vec::new(), false);
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        for place in probes {
            let one = store::take_due(&mut conn, now, until, 1, &Of::Only(&place.connection))
                .await?
                .pop();
            taken.extend(
                one.map(|delivery| Taken { load: vec![delivery], _place: Arc::new(place) }),
            );
        }
        if places > 0 {
            let due = store::take_due(&mut conn, now, until, places, &Of::AllBut(&except)).await?;
            any = !due.is_empty();
            for load in groups::gather(work, &mut conn, due, now).await? {
                let Some(first) = load.first() else { continue };
                let place = work.breakers.begin(Caller::Outbox, &first.connection_id);
                taken.push(Taken { _place: Arc::new(place), load });
            }
        }
    }
    tx.commit().await?;
    Ok((any, taken))
}

/// Gives back what was taken and has not left.
pub(crate) async fn give_back(work: &Casework, left: &[Taken]) -> Result<(), Error> {
    let mut tx = work.db.begin().await?;
    for delivery in left.iter().flat_map(|taken| &taken.load) {
        store::give_back(&mut tx.conn(), delivery, work.now()).await?;
    }
    tx.commit().await
}

/// Delivers what was taken; its failure stays with it.
pub(crate) async fn carry_out(work: &Casework, taken: Taken) {
    match taken.load.as_slice() {
        [delivery] => carry_out_one(work, delivery).await,
        load => {
            if let Err(error) = caught(groups::deliver(work, load)).await {
                tracing::error!(deliveries = load.len(), %error, "a group stopped half-way");
                // Each of them goes by itself from now on, so that one does not stop the others
                // again and again.
                for delivery in load {
                    stopped(work, delivery, &error).await;
                }
            }
        }
    }
}

async fn carry_out_one(work: &Casework, delivery: &Delivery) {
    match caught(deliver::deliver(work, delivery)).await {
        Ok(()) => work.stumbles.forget(&delivery.id),
        Err(error) => stopped(work, delivery, &error).await,
    }
}

async fn stopped(work: &Casework, delivery: &Delivery, error: &Error) {
    tracing::error!(delivery = %delivery.id, check = %delivery.check_id, %error, "delivery stopped half-way");
    // Else its lease runs out and it is taken again; what may have happened is read first.
    if !is_passing(error)
        && let Err(error) = stumbled(work, delivery).await
    {
        tracing::error!(delivery = %delivery.id, %error, "what stopped half-way could not be put back");
    }
}

/// Puts back what stopped half-way, for ever longer; at last it is given up.
async fn stumbled(work: &Casework, delivery: &Delivery) -> Result<(), Error> {
    let times = work.stumbles.count(&delivery.id);
    if times < STUMBLES_MAX {
        let wait = backoff(work.pace.retry_base_ms, work.pace.retry_max_ms, times, chance());
        let mut tx = work.db.begin().await?;
        store::put_back(&mut tx.conn(), delivery, work.now() + wait).await?;
        return tx.commit().await;
    }
    work.stumbles.forget(&delivery.id);
    if let Err(error) = caught(finish::set_aside(work, delivery)).await {
        tracing::error!(delivery = %delivery.id, %error, "it is set aside without its check");
        finish::set_aside_alone(work, delivery).await?;
    }
    Ok(())
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
