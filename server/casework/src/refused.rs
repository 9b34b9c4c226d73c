//! Keeps a refused form, sealed and for an hour, for the page that shows it again.
//!
//! The address then carries an id only: nothing that was typed lands in a URL, a history or a log.
//! Nothing is kept of somebody who is not signed in, and of each person the newest forms only:
//! nobody fills the disk with them.

use crate::{
    Casework, Error, new_id,
    store::{Conn, Sql, exec, exec_of, row, rows},
};
use domain::{
    Moment,
    fields::{Refused, is_secret},
    time,
};

/// How long a refused form is kept.
const KEPT: i64 = time::HOUR;
/// Forms of one person, and their bytes: the oldest go first, and the one that was refused just now
/// stays.
const OF_ONE: Room = Room { forms: 20, bytes: 8 << 20 };
/// The same of all people together.
const OF_ALL: Room = Room { forms: 1_000, bytes: 64 << 20 };

#[derive(Clone, Copy)]
struct Room {
    forms: usize,
    bytes: i64,
}

/// Keeps a form for the person who is signed in and gives its id. What stands in a field for a
/// secret is left out.
///
/// # Errors
/// Nobody is signed in, or the database.
pub async fn keep(work: &Casework, owner: &str, form: &Refused) -> Result<String, Error> {
    if owner.is_empty() {
        return Err(Error::Corrupt("a form of somebody who is not signed in is never kept".into()));
    }
    let id = new_id();
    let mut form = form.clone();
    form.values.retain(|field, _| !is_secret(field));
    let plain = serde_json::to_vec(&form).map_err(|e| Error::Corrupt(e.to_string()))?;
    let sealed = work.sealer.seal(&place(&id), &plain);
    let now = work.now();
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        delete_old(&mut conn, now).await?;
        exec!(
            &mut conn,
            "INSERT INTO refused_forms (id, owner, sealed, created_at_ms) VALUES ($1, $2, $3, $4)",
            &id,
            owner,
            sealed,
            now
        )?;
        make_room(&mut conn, owner, &id).await?;
    }
    tx.commit().await?;
    Ok(id)
}

/// Those that are too old, and those of a clock that went back.
async fn delete_old(conn: &mut Conn<'_>, now: Moment) -> Result<u64, Error> {
    Ok(exec!(
        conn,
        "DELETE FROM refused_forms WHERE created_at_ms < $1 OR created_at_ms > $2",
        now - KEPT,
        now + KEPT
    )?)
}

async fn make_room(conn: &mut Conn<'_>, owner: &str, newest: &str) -> Result<(), Error> {
    let all = rows!(
        conn,
        (String, String, i64),
        "SELECT id, owner, CAST(LENGTH(sealed) AS BIGINT) FROM refused_forms ORDER BY created_at_ms DESC, id DESC"
    )?;
    let too_many =
        too_many(all.iter().map(|(id, of, bytes)| (id.as_str(), of == owner, *bytes)), newest);
    if !too_many.is_empty() {
        let mut sql = Sql::default();
        sql.push("DELETE FROM refused_forms WHERE id IN (").texts(too_many).push(")");
        exec_of!(conn, &sql)?;
    }
    Ok(())
}

/// Which of these forms there is no room for: each with whether it is this person's and its bytes,
/// newest first.
fn too_many<'a>(all: impl Iterator<Item = (&'a str, bool, i64)>, newest: &str) -> Vec<&'a str> {
    let (mut own, mut any) = ((0, 0), (0, 0));
    let add = |id: &str, (forms, bytes): (usize, i64), more: i64, room: Room| {
        let (forms, bytes) = (forms + 1, bytes + more);
        let fits = id == newest || (forms <= room.forms && bytes <= room.bytes);
        (fits, (forms, bytes))
    };
    all.filter(|(id, is_own, bytes)| {
        let (fits_all, sum) = add(id, any, *bytes, OF_ALL);
        any = sum;
        if !is_own {
            return !fits_all;
        }
        let (fits_one, sum) = add(id, own, *bytes, OF_ONE);
        own = sum;
        !fits_all || !fits_one
    })
    .map(|(id, ..)| id)
    .collect()
}

/// Removes forms that nobody comes back to.
///
/// # Errors
/// The database.
pub async fn sweep(work: &Casework) -> Result<(), Error> {
    let now = work.now();
    let is_any = {
        let mut reader = work.db.read().await?;
        let found = row!(
            &mut reader.conn(),
            (i64,),
            "SELECT created_at_ms FROM refused_forms WHERE created_at_ms < $1 LIMIT 1",
            now - KEPT
        )?;
        work.db.keep(reader);
        found.is_some()
    };
    if !is_any {
        return Ok(());
    }
    let mut tx = work.db.begin().await?;
    delete_old(&mut tx.conn(), now).await?;
    tx.commit().await
}

/// The kept form, if it is this owner's and not too old.
///
/// # Errors
/// The database.
pub async fn find(work: &Casework, owner: &str, id: &str) -> Result<Option<Refused>, Error> {
    if owner.is_empty() {
        return Ok(None);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_the_newest_forms_of_each_person_and_of_all() {
        let ids: Vec<String> = (0..1_100).map(|n| format!("{n:04}")).collect();
        let forms = |is_own: bool, bytes: i64, count: usize| {
            let (ids, newest) = (&ids[..count], ids[0].as_str());
            too_many(ids.iter().map(move |id| (id.as_str(), is_own, bytes)), newest)
                .first()
                .copied()
        };
        assert_eq!(forms(true, 100, 20), None);
        assert_eq!(forms(true, 100, 25), Some("0020"));
        assert_eq!(forms(true, 3 << 20, 4), Some("0002"), "8 MB of one person");
        assert_eq!(forms(true, 9 << 20, 1), None, "the one that was refused just now is kept");
        assert_eq!(forms(false, 100, 1_100), Some("1000"));
        assert_eq!(forms(false, 1 << 20, 70), Some("0064"), "64 MB of all");
    }
}
