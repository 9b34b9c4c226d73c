//! Erasing a customer: their key goes, and with it everything that was sealed with it; what stood
//! in clear is overwritten.
//!
//! Checks, decisions and the journal's chain stay, and say that something was there. Kept as well:
//! our own reference, states and moments, and what people wrote when they decided, which nobody can
//! change. What they saw then was sealed with the customer's key, and so is everything by which
//! evidence could be found by trying.

mod traces;

use crate::{
    Casework, Error,
    journal::{self, Actor},
    objects,
    records::{
        checks::{self as check_store, Check},
        customers::{ERASED, store, who},
        promises,
    },
    services::{self, ending},
    store::{Conn, again},
};
use domain::{
    checks::State,
    journal::{Action, Subject},
};
use serde_json::json;

/// What a check says that could not be finished.
const FAILED: &str = "The customer was erased while this check was under way. Nothing more is sent or read about them.";
/// What a check says that still waits for a person.
const OPEN: &str = "The customer was erased. Nothing that was found about them can be shown any more; withdraw this check, or decide it as it stands.";

/// Erases a customer.
///
/// # Errors
/// As [`erase`].
pub async fn erase_now(
    work: &Casework,
    actor: &Actor,
    customer_id: &str,
    why: &str,
) -> Result<(), Error> {
    again(|| erase_once(work, actor, customer_id, why)).await?;
    after_erasure(work, customer_id).await
}

/// What is left to do once an erasure is committed: what stands outside the tables goes, too.
///
/// # Errors
/// The database.
pub(crate) async fn after_erasure(work: &Casework, customer_id: &str) -> Result<(), Error> {
    work.db.erased();
    objects::remove_erased(work, customer_id).await
}

async fn erase_once(
    work: &Casework,
    actor: &Actor,
    customer_id: &str,
    why: &str,
) -> Result<(), Error> {
    let mut tx = work.db.begin().await?;
    erase(work, &mut tx.conn(), actor, customer_id, why).await?;
    tx.commit().await
}

/// Erases a customer inside the caller's transaction. Erasing them again changes nothing more.
///
/// `why` is for the journal and says nothing about the person.
///
/// # Errors
/// An unknown customer, or the database.
pub async fn erase(
    work: &Casework,
    conn: &mut Conn<'_>,
    actor: &Actor,
    customer_id: &str,
    why: &str,
) -> Result<(), Error> {
    let customer = store::by_id(conn, customer_id).await?.ok_or(Error::NotFound)?;
    // Checks first, as everywhere; then nobody launches another one, and those that just did are
    // held too.
    hold(conn, customer_id).await?;
    conn.take_turns(&customer.reference).await?;
    let all = hold(conn, customer_id).await?;
    let now = work.now();
    let is_first = store::key(conn, customer_id).await?.is_some();
    store::drop_key(conn, customer_id).await?;
    let mut open = Vec::new();
    for check in &all {
        let id = check.id.as_str().into();
        store::erase_check(conn, &check.id, ERASED, &emptied(check)).await?;
        promises::drop_erased(conn, &id, now).await?;
        journal::erase_details(conn, customer_id, &check.id, now).await?;
        for delivery in promises::of_check(conn, &id).await? {
            journal::erase_details(conn, customer_id, &delivery.id, now).await?;
        }
        match check.state()? {
            State::Draft => check_store::delete_draft(conn, &id).await?,
            State::Queued | State::Running => open.push(id),
            State::ToReview | State::Proposed => {
                check_store::set_trouble(conn, &id, Some(OPEN), now).await?;
                // Whoever has the page open saw more than there is.
                check_store::touch(conn, &id, now).await?;
            }
            State::Accepted | State::Rejected | State::Failed | State::Withdrawn => {
                check_store::retouch(conn, &id, now).await?
            }
        }
        check_store::stop_polling(conn, &check.id.as_str().into()).await?;
    }
    journal::erase_details(conn, customer_id, customer_id, now).await?;
    who::erase(conn, customer_id, now).await?;
    // All that is held is held by now: from here on there are journal entries.
    traces::erase(work, conn, actor, &customer).await?;
    store::erase(conn, customer_id, ERASED, now).await?;
    for id in &open {
        ending::fail(conn, actor, id, FAILED, now).await?;
        promises::drop_promises(conn, id, now).await?;
    }
    if is_first {
        let details = json!({ "reference": customer.reference, "why": why, "checks": all.len() });
        journal::append(
            conn,
            &[actor.entry(now, Action::CustomerErased, Subject::Customer, customer_id, details)],
        )
        .await?;
    }
    Ok(())
}

/// The customer's checks, each held until the transaction ends.
async fn hold(conn: &mut Conn<'_>, customer_id: &str) -> Result<Vec<Check>, Error> {
    let mut held = Vec::new();
    for id in store::checks(conn, customer_id).await? {
        held.extend(check_store::hold(conn, &id.as_str().into()).await?);
    }
    Ok(held)
}

/// What was launched, without anything about the person; it still reads as what its kind stores.
fn emptied(check: &Check) -> String {
    // A draft is deleted; what it holds is only typed.
    let kind = check.kind().ok().filter(|_| check.state != State::Draft.code());
    kind.and_then(|kind| services::of(kind).emptied(&check.request))
        .unwrap_or_else(|| "{}".to_owned())
}
