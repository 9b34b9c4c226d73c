//! Customers: found by our own reference, searched by any part of their names.

mod folding;
mod sought;
pub(crate) mod store;
pub(crate) mod who;

use crate::{Casework, Error, MasterKey, new_id, store::Conn};
use domain::{Moment, checks::Kind, fields::Refused, launch::Target, search};

pub use folding::fold_again;
pub(crate) use folding::name_in;
pub use sought::Sought;
pub use store::{Customer, Listed, statement};
pub(crate) use who::mark;
pub use who::{
    Around, CHANGE, Change, Changed, Confirmed, ELSEWHERE, Elsewhere, LinkedCheck, NOTE_MAX, Other,
    Said, Word, around, in_words, known, relate,
};

/// What stands where something was erased.
pub const ERASED: &str = "(erased)";

/// Customers on a page of the list.
pub const PAGE_ROWS: i64 = 50;

/// Finds a customer by reference or makes one, inside the caller's transaction.
///
/// What a launch newly knows (birth date, country, another spelling of the name) is added; nothing
/// is overwritten.
///
/// # Errors
/// The customer was erased, or the database.
pub async fn find_or_make(
    work: &Casework,
    conn: &mut Conn<'_>,
    reference: &str,
    target: &Target,
) -> Result<Customer, Error> {
    // Two launches for a new customer at the same time make one.
    conn.take_turns(reference).await?;
    let customer = match store::by_reference(conn, reference).await? {
        Some(mut known) => {
            if store::key(conn, &known.id).await?.is_none() {
                const GONE: &str =
                    "The customer of this reference was erased. Give another reference.";
                return Err(Refused::of([("customer_reference", reference)])
                    .because("customer_reference", GONE)
                    .into());
            }
            let before = known.clone();
            known.birth_date = known.birth_date.or_else(|| target.birth_date.clone());
            known.country = known.country.or_else(|| target.country.clone());
            // Who launches and adds nothing vouches for nothing.
            if known != before {
                store::complete(conn, &known).await?;
            }
            known
        }
        None => {
            let new = Customer::new(reference, target, work.now());
            store::insert(conn, &new).await?;
            let (_, sealed) = work.sealer.new_customer_key(&new.id);
            store::insert_key(conn, &new.id, &sealed).await?;
            new
        }
    };
    store::add_endings(conn, &customer.id, &endings(reference, target)).await?;
    Ok(customer)
}

/// Under which the search finds whom a launch names.
pub(crate) fn endings(reference: &str, target: &Target) -> Vec<String> {
    search::endings(&format!("{} {reference}", target.name))
}

impl Customer {
    /// Whom a launch names and nobody knew before.
    pub(crate) fn new(reference: &str, target: &Target, now: Moment) -> Self {
        let subject = if target.kind == Kind::DdKyb { "company" } else { "person" };
        Self {
            id: new_id(),
            reference: reference.to_owned(),
            subject: subject.to_owned(),
            name: target.name.clone(),
            birth_date: target.birth_date.clone(),
            country: target.country.clone(),
            created_at_ms: now,
        }
    }
}

/// Whether a customer was erased: without their key nothing about them can be kept or opened any
/// more.
///
/// # Errors
/// A damaged seal, or the database.
pub async fn is_erased(work: &Casework, customer_id: &str) -> Result<bool, Error> {
    let mut reader = work.db.read().await?;
    Ok(key(work, &mut reader.conn(), customer_id).await?.is_none())
}

/// The key that a customer's evidence is sealed with; nothing when it was erased.
///
/// # Errors
/// The database, or a key that does not open.
pub async fn key(
    work: &Casework,
    conn: &mut Conn<'_>,
    customer_id: &str,
) -> Result<Option<MasterKey>, Error> {
    let sealed = store::key(conn, customer_id).await?;
    sealed.map(|s| work.sealer.customer_key(customer_id, &s).map_err(Error::from)).transpose()
}

/// One customer by reference.
///
/// # Errors
/// Unknown, or the database.
pub async fn get(work: &Casework, reference: &str) -> Result<Customer, Error> {
    let mut reader = work.db.read().await?;
    store::by_reference(&mut reader.conn(), reference).await?.ok_or(Error::NotFound)
}

/// Customers, newest first, or those whose name or reference holds every word of `text`.
///
/// # Errors
/// The database.
pub async fn list(
    work: &Casework,
    text: &str,
    before: Option<(i64, String)>,
) -> Result<Vec<Listed>, Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let sought = Sought::by(&mut conn, text).await?;
    store::list(&mut conn, &sought, before, PAGE_ROWS + 1).await
}
