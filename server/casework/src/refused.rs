//! Keeps a refused form, sealed and for an hour, for the page that shows it again.
//!
//! The address then carries an id only: nothing that was typed lands in a URL, a history or a log.

use crate::{
    Casework, Error, new_id,
    store::{exec, row},
};
use domain::{
    fields::{Refused, is_secret},
    time,
};

/// How long a refused form is kept.
const KEPT: i64 = time::HOUR;

/// Keeps a form for its owner (a person's id or, before sign-in, nobody) and gives its id. What stands in a field for a secret is
/// left out.
///
/// # Errors
/// The database.
pub async fn keep(work: &Casework, owner: &str, form: &Refused) -> Result<String, Error> {
    let id = new_id();
    let mut form = form.clone();
    form.values.retain(|field, _| !is_secret(field));
    let plain = serde_json::to_vec(&form).map_err(|e| Error::Corrupt(e.to_string()))?;
    let sealed = work.sealer.seal(&place(&id), &plain);
    let now = work.now();
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        exec!(&mut conn, "DELETE FROM refused_forms WHERE created_at_ms < $1", now - KEPT)?;
        exec!(&mut conn, "INSERT INTO refused_forms (id, owner, sealed, created_at_ms) VALUES ($1, $2, $3, $4)", &id, owner, sealed, now)?;
    }
    tx.commit().await?;
    Ok(id)
}

/// The kept form, if it is this owner's and not too old.
///
/// # Errors
/// The database.
pub async fn find(work: &Casework, owner: &str, id: &str) -> Result<Option<Refused>, Error> {
    let mut reader = work.db.read().await?;
    let found = row!(
        &mut reader.conn(),
        (Vec<u8>,),
        "SELECT sealed FROM refused_forms WHERE id = $1 AND owner = $2 AND created_at_ms >= $3",
        id,
        owner,
        work.now() - KEPT
    )?;
    let Some((sealed,)) = found else { return Ok(None) };
    let plain = work.sealer.open(&place(id), &sealed)?;
    Ok(serde_json::from_slice(&plain).ok())
}

fn place(id: &str) -> String {
    format!("refused_forms|sealed|{id}")
}
