//! Makes the marks of all customers again: once after an update, and when the desk's key has
//! changed.
//!
//! Done at a start, in small transactions that remember how far they came, like folding names
//! again. What was asked under seal is opened with the customer's key; what cannot be opened leaves
//! no mark.

use crate::{
    Casework, Error,
    records::{
        checks as check_store,
        customers::{
            known, store as customer_store,
            who::{mark, of_whom, store},
        },
    },
    services,
    store::{Conn, again},
};
use domain::{
    checks::State,
    services::About,
    who::{Whom, of_person, of_reference},
};

/// The number of the rules by which marks are made. Raise it when they change.
const RULES: i64 = 2;
/// Customers in one transaction.
const AT_ONCE: i64 = 100;

/// Makes the marks of all customers anew, if older rules or another key made them, and gives how
/// many customers that were.
///
/// # Errors
/// The database.
pub async fn mark_again(work: &Casework) -> Result<usize, Error> {
    let mut marked = 0;
    while let Some(some) = again(|| mark_some(work)).await? {
        marked += some;
        tracing::info!(customers = marked, "by what customers are known again is noted anew");
    }
    Ok(marked)
}

/// The next customers; nothing when all are done.
async fn mark_some(work: &Casework) -> Result<Option<usize>, Error> {
    let key_id = work.sealer.key_id();
    let mut tx = work.db.begin().await?;
    let count = {
        let mut conn = tx.conn();
        conn.take_turns("customer marks").await?;
        let Some(state) = store::marking(&mut conn).await? else { return Ok(None) };
        if state.rules >= RULES && state.key_id == key_id {
            return Ok(None);
        }
        let customers = store::customers_after(&mut conn, &state.after_id, AT_ONCE).await?;
        match customers.last() {
            None => store::all_marked(&mut conn, RULES, &key_id).await?,
            Some(last) => {
                store::forget_marks(&mut conn, &state.after_id, last).await?;
                for customer in &customers {
                    mark_one(work, &mut conn, customer).await?;
                }
                store::marked(&mut conn, last).await?;
            }
        }
        customers.len()
    };
    tx.commit().await?;
    Ok(Some(count).filter(|count| *count > 0))
}

async fn mark_one(work: &Casework, conn: &mut Conn<'_>, id: &str) -> Result<(), Error> {
    let Some(customer) = customer_store::by_id(conn, id).await? else { return Ok(()) };
    let mut bears = vec![of_reference(&customer.reference)];
    bears.extend(of_whom(&customer, &known(&customer)));
    for check in customer_store::checks(conn, id).await? {
        let Some(check) = check_store::find(conn, &check.as_str().into()).await? else { continue };
        if check.state == State::Draft.code() {
            continue;
        }
        let about = match check.kind() {
            Ok(kind) => services::of(kind).about(work, conn, &check).await,
            Err(error) => Err(error),
        };
        match about {
            Ok((target, more)) => {
                let whom = Whom { name: target.name, birth_date: target.birth_date, country: None };
                if target.kind.card().about == About::Person {
                    bears.extend(of_person(
                        &whom.name,
                        whom.birth_date.as_deref().or(customer.birth_date.as_deref()),
                    ));
                }
                bears.extend(more);
            }
            // It is damaged, or under a key that is not there any more: the inspection names it.
            Err(error @ (Error::Seal(_) | Error::Corrupt(_) | Error::NotFound)) => {
                tracing::warn!(check = check.id, %error, "what this check asked leaves no mark");
            }
            Err(error) => return Err(error),
        }
    }
    mark(work, conn, id, &bears).await
}
