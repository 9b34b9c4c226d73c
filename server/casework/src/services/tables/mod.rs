//! Many checks from one table: read, looked at as a whole, launched together or not at all.
//!
//! Each line becomes a check of its own with a promise of its own, so limits, 429 and restarts are
//! handled where they always are. Ids come from the page's id, the table and the line, so that the
//! same table sent twice launches once. What a line is made of stands with its kind:
//! `services::due_diligence::many`, `services::at_once::many`.

mod table;

pub use crate::records::batches::What;
use crate::{
    Casework, Error,
    journal::{self, Actor},
    records::{
        batches::{self, Batch, Progress},
        customers::{Confirmed, Word},
    },
    store::{Conn, again},
};
use domain::{
    CheckId,
    fields::{Refused, is_unsafe_character, one_line, thousands},
    journal::{Action, Subject},
    people::Caller,
};
use serde_json::json;
use std::collections::BTreeSet;

pub use table::{CHANGED, Heading, LINES_MAX, Line, TABLE_MAX, Table};
pub(crate) use table::{Format, LineForm, Named, read, refuse, refuse_changed, refuse_repeated};

/// The longest name of a file that is kept.
const NAME_MAX: usize = 100;

/// A table as it was sent.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// The id that the page carries.
    pub page: &'a str,
    /// The file's name; empty for a table that was pasted.
    pub name: &'a str,
    pub text: &'a str,
    /// Launch the lines that can be launched, and leave the others out.
    pub leave_out: bool,
}

impl Sent<'_> {
    /// Another table sent from the same page is another batch: what was left out may be corrected
    /// and sent.
    fn key(&self) -> String {
        format!("{}\0{}", self.page, crate::sha256_hex(self.text.as_bytes()))
    }

    fn name(&self) -> String {
        one_line(self.name).chars().filter(|c| !is_unsafe_character(*c)).take(NAME_MAX).collect()
    }
}

/// What was launched of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launched {
    /// Where its progress is read.
    pub batch: String,
    pub launched: usize,
    pub left_out: usize,
    /// This table was launched from this page before: nothing new was made.
    pub repeated: bool,
}

/// Writes the check of a line inside the caller's transaction.
pub(crate) trait Write<F, G>: Sync {
    fn write(
        &self,
        conn: &mut Conn<'_>,
        id: &CheckId,
        line: &Line<F, G>,
    ) -> impl Future<Output = Result<bool, Error>> + Send;
}

/// What was launched from this page with this table, if it was.
pub(crate) async fn before(work: &Casework, sent: &Sent<'_>) -> Result<Option<Launched>, Error> {
    let mut reader = work.db.read().await?;
    let known = batches::find(&mut reader.conn(), id_of(&sent.key(), 0).as_str()).await?;
    Ok(known.map(|batch| repeated(&batch)))
}

fn repeated(batch: &Batch) -> Launched {
    let count = |n: i64| usize::try_from(n).unwrap_or(0);
    Launched {
        batch: batch.id.clone(),
        launched: count(batch.total),
        left_out: count(batch.left_out),
        repeated: true,
    }
}

/// Launches the lines of a table in one transaction. With a bad line nothing is launched, unless it
/// is left out on purpose.
pub(crate) async fn launch<F: LineForm, G: Send + Sync>(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    (what, connection): (What, &str),
    sent: &Sent<'_>,
    table: &Table<F, G>,
    writer: &impl Write<F, G>,
) -> Result<Launched, Error> {
    let refused = if table.bad() > 0 && !sent.leave_out {
        format!(
            "{} of {} lines cannot be sent. Nothing was launched.",
            table.bad(),
            thousands(table.lines.len())
        )
    } else if table.good() == 0 {
        "No line can be sent. Nothing was launched.".into()
    } else {
        return again(|| launch_once(work, caller, actor, (what, connection), sent, table, writer))
            .await;
    };
    // Sent twice at once, the table may have been read just after its own checks were launched:
    // they are what stands in its way.
    before(work, sent).await?.ok_or_else(|| refuse(refused))
}

async fn launch_once<F: LineForm, G: Send + Sync>(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    (what, connection): (What, &str),
    sent: &Sent<'_>,
    table: &Table<F, G>,
    writer: &impl Write<F, G>,
) -> Result<Launched, Error> {
    let (key, now) = (sent.key(), work.now());
    let batch = Batch {
        id: id_of(&key, 0).to_string(),
        kind: what.code().into(),
        name: sent.name(),
        connection_id: connection.into(),
        made_by: caller.id.to_string(),
        made_by_name: caller.name.clone(),
        made_at_ms: now,
        total: table.good() as i64,
        left_out: table.bad() as i64,
    };
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        conn.take_turns(&batch.id).await?;
        if let Some(known) = batches::find(&mut conn, &batch.id).await? {
            return Ok(repeated(&known));
        }
        // Customers before the journal, in one order for everybody: nobody waits in a circle.
        let customers: BTreeSet<&str> = table
            .lines
            .iter()
            .filter(|l| l.result.is_ok())
            .map(|l| l.form.reference().trim())
            .collect();
        for reference in customers {
            conn.take_turns(reference).await?;
        }
        batches::insert(&mut conn, &batch).await?;
        for line in table.lines.iter().filter(|l| l.result.is_ok()) {
            let id = id_of(&key, line.number);
            match writer.write(&mut conn, &id, line).await {
                Ok(_) => batches::insert_line(&mut conn, &batch.id, line.number, &id).await?,
                Err(Error::Form(refused)) => {
                    return Err(refuse(format!(
                        "Line {}: {} Nothing was launched.",
                        line.number,
                        told(*refused)
                    )));
                }
                Err(error) => return Err(error),
            }
        }
        let details = json!({ "kind": batch.kind, "name": batch.name, "lines": batch.total, "left_out": batch.left_out });
        journal::append(
            &mut conn,
            &[actor.entry(now, Action::TableLaunched, Subject::Batch, &batch.id, details)],
        )
        .await?;
    }
    tx.commit().await?;
    work.wake.notify_waiters();
    Ok(Launched { batch: batch.id, launched: table.good(), left_out: table.bad(), repeated: false })
}

/// Why a line was refused while it was written: what stood in no one's way when the table was
/// looked at.
fn told(refused: Refused) -> String {
    if refused.error(crate::services::launch::OPEN_CHECK).is_some() {
        return "this customer has an open check of this kind by now.".into();
    }
    // What a form shows in its own way stands beside the reference in words.
    let is_words = |key: &String| {
        ![crate::records::customers::CHANGE, crate::records::customers::ELSEWHERE]
            .contains(&key.as_str())
    };
    refused
        .errors
        .into_iter()
        .filter(|(key, _)| is_words(key))
        .map(|(_, words)| words)
        .collect::<Vec<_>>()
        .join(" ")
}

/// What a line of a table answers by itself.
pub(crate) fn confirmed(changed: &BTreeSet<usize>, line: usize) -> Confirmed {
    let change = if changed.contains(&line) { Word::Any } else { Word::None };
    Confirmed { change, ..Confirmed::default() }
}

/// A batch and how far it is.
///
/// # Errors
/// Unknown, or the database.
pub async fn get(work: &Casework, id: &str) -> Result<(Batch, Progress), Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let batch = batches::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    let progress = batches::progress(&mut conn, id).await?;
    Ok((batch, progress))
}

/// The newest batches of a kind, at most 20, each with how far it is.
///
/// # Errors
/// The database.
pub async fn recent(work: &Casework, what: What) -> Result<Vec<(Batch, Progress)>, Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let mut all = Vec::new();
    for batch in batches::recent(&mut conn, what.code()).await? {
        let progress = batches::progress(&mut conn, &batch.id).await?;
        all.push((batch, progress));
    }
    Ok(all)
}

/// The lines of a batch that came to nothing or wait with trouble, in the table's order, at most
/// 100.
///
/// # Errors
/// The database.
pub async fn troubled(work: &Casework, id: &str) -> Result<Vec<batches::Troubled>, Error> {
    let mut reader = work.db.read().await?;
    batches::troubled(&mut reader.conn(), id).await
}

/// The id of a line's check; of the batch itself for line 0, which no table has.
fn id_of(key: &str, line: usize) -> CheckId {
    let hash = crate::sha256_hex(format!("{key}\0{line}").as_bytes());
    // The page's time stays in front, so that ids sort by time; version and variant are those of
    // UUIDv8.
    let time = key
        .get(..13)
        .filter(|t| t.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'))
        .unwrap_or("00000000-0000");
    format!("{time}-8{}-a{}-{}", &hash[..3], &hash[3..6], &hash[6..18]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_lines_are_their_own_and_always_the_same() {
        let batch = crate::new_id();
        assert_eq!(id_of(&batch, 2), id_of(&batch, 2));
        assert_ne!(id_of(&batch, 2), id_of(&batch, 3));
        assert_ne!(id_of(&batch, 2), id_of(&crate::new_id(), 2));
        assert!(uuid::Uuid::parse_str(id_of(&batch, 2).as_str()).is_ok());
    }

    #[test]
    fn a_name_of_a_file_is_one_short_visible_line() {
        let sent = |name| Sent { page: "", name, text: "", leave_out: false }.name();
        assert_eq!(sent(" new\ncustomers \u{202E}vsc.csv "), "new customers vsc.csv");
        assert_eq!(sent(&"x".repeat(200)).len(), NAME_MAX);
    }
}
