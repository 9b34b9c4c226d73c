//! What older versions wrote in clear is sealed, once, at the first start after the change.
//!
//! A hash of a short text tells the text: whoever has the database tries all values. So evidence
//! gets names that take its customer's key to make, what decisions saw is sealed with it, details
//! of the journal that hold such a hash are sealed where they stand, and callbacks are known by
//! names that take their connection's token (docs/decisions/0012-nothing-to-try.md). SQL cannot do
//! that, so it is done here, before anything is served: page by page, each a transaction of its own
//! that also says how far it came. Killed in between, it goes on; once it is through, the database
//! lets nobody rewrite anything any more.

mod store;

use crate::{
    Db, Error, MasterKey, SealError, Sealer,
    desk::decide,
    journal::{self, Actor},
    records::connections,
    seal::{self, About},
    store::{Conn, Tx},
};
use domain::{
    Moment,
    journal::{Action, Subject},
};
use serde_json::json;
use std::collections::BTreeMap;

/// What takes turns: of instances that start together, one works and the others find it done.
const TURN: &str = "resealing";
/// Rows in one transaction.
const PAGE: i64 = 200;
/// Entries of the journal that are looked at in one transaction; few of them are changed.
const ENTRIES: i64 = 2_000;

/// How much was rewritten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    pub evidence: usize,
    pub decisions: usize,
    pub callbacks: usize,
    pub entries: usize,
}

/// Rewrites what older versions wrote in clear; nothing when that is done.
///
/// # Errors
/// A master key that is missing, or the database. What was rewritten until then stays, and the next
/// start goes on.
pub async fn run(db: &Db, sealer: &Sealer, now: Moment) -> Result<Option<Resealed>, Error> {
    {
        let mut reader = db.read().await?;
        if !store::is_due(&mut reader.conn()).await? {
            return Ok(None);
        }
    }
    tracing::info!(
        "what older versions wrote in clear is sealed now; this happens once, and nothing is served meanwhile"
    );
    let mut work = Resealing { db, sealer, names: BTreeMap::new(), done: Resealed::default() };
    work.evidence().await?;
    work.decisions().await?;
    work.callbacks().await?;
    work.journal().await?;
    // The log still holds what stood there before: emptied before the end is written, and once more
    // after it.
    db.erased();
    db.forget_erased().await?;
    work.end(now).await?;
    db.erased();
    db.forget_erased().await?;
    Ok(Some(work.done))
}

struct Resealing<'a> {
    db: &'a Db,
    sealer: &'a Sealer,
    /// By connection: its callback token, sealed.
    names: BTreeMap<String, Vec<u8>>,
    done: Resealed,
}

impl Resealing<'_> {
    /// A transaction of which only one is under way; nothing when another instance came to the end.
    async fn turn(&self) -> Result<Option<Tx>, Error> {
        let mut tx = self.db.begin().await?;
        tx.conn().take_turns(TURN).await?;
        let is_due = store::is_due(&mut tx.conn()).await?;
        Ok(is_due.then_some(tx))
    }

    async fn evidence(&mut self) -> Result<(), Error> {
        let mut after = String::new();
        while let Some(mut tx) = self.turn().await? {
            let page = store::evidence(&mut tx.conn(), &after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(&last.id);
            for row in &page {
                self.rename(&mut tx.conn(), row).await?;
            }
            tx.commit().await?;
            self.done.evidence += page.len();
        }
        Ok(())
    }

    async fn rename(&self, conn: &mut Conn<'_>, row: &store::Evidence) -> Result<(), Error> {
        let Some(key) = self.key(row.customer.as_deref(), row.key_sealed.as_deref())? else {
            // Nobody can open it any more, and nobody shall find what it was.
            return store::rename_evidence(conn, &row.id, &row.id, b"", None).await;
        };
        let about =
            seal::seal_about(&key, &row.id, &About { sha256: row.sha256.clone(), size: row.size });
        // A question's length says what was asked; one that does not open stays as it is, and the
        // inspection names it.
        let question = row
            .question
            .as_deref()
            .and_then(|sealed| seal::open_evidence(&key, &row.id, sealed).ok());
        let sealed = question.map(|body| seal::seal_evidence(&key, &row.id, &body));
        store::rename_evidence(
            conn,
            &row.id,
            &seal::evidence_name(&key, &row.sha256),
            &about,
            sealed,
        )
        .await
    }

    async fn decisions(&mut self) -> Result<(), Error> {
        let mut after = String::new();
        while let Some(mut tx) = self.turn().await? {
            let page = store::decisions(&mut tx.conn(), &after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(&last.id);
            for row in &page {
                let place = decide::seen_place(&row.id);
                let sealed = match self.key(row.customer.as_deref(), row.key_sealed.as_deref())? {
                    Some(key) => seal::seal_field(&key, &place, row.seen.as_bytes()),
                    // The key is there and damaged: what stood in clear is kept for whoever has the
                    // master key.
                    None if row.key_sealed.is_some() => {
                        self.sealer.seal(&place, row.seen.as_bytes())
                    }
                    None => vec![],
                };
                store::seal_seen(&mut tx.conn(), &row.id, &sealed).await?;
            }
            tx.commit().await?;
            self.done.decisions += page.len();
        }
        Ok(())
    }

    /// A customer's key; nothing when they were erased, or when it is damaged: the inspection names
    /// it.
    fn key(
        &self,
        customer: Option<&str>,
        sealed: Option<&[u8]>,
    ) -> Result<Option<MasterKey>, Error> {
        let (Some(customer), Some(sealed)) = (customer, sealed) else { return Ok(None) };
        match self.sealer.customer_key(customer, sealed) {
            Ok(key) => Ok(Some(key)),
            Err(SealError::Damaged) => {
                tracing::error!(
                    customer,
                    "the key of this customer is damaged: their evidence cannot be opened"
                );
                Ok(None)
            }
            Err(error) => Err(missing_key(&error)),
        }
    }

    async fn callbacks(&mut self) -> Result<(), Error> {
        while let Some(mut tx) = self.turn().await? {
            let page = store::callbacks(&mut tx.conn(), PAGE).await?;
            let Some((last, ..)) = page.last() else { return Ok(()) };
            for (id, connection, event) in &page {
                let name = self.name(&mut tx.conn(), connection, event).await?;
                store::rename_callback(&mut tx.conn(), id, &name).await?;
            }
            store::callbacks_done(&mut tx.conn(), last).await?;
            tx.commit().await?;
            self.done.callbacks += page.len();
        }
        Ok(())
    }

    /// What a message is known by from now on.
    async fn name(
        &mut self,
        conn: &mut Conn<'_>,
        connection: &str,
        event: &str,
    ) -> Result<String, Error> {
        if !self.names.contains_key(connection) {
            self.names.insert(connection.to_owned(), store::token(conn, connection).await?);
        }
        match connections::message_name(self.sealer, connection, &self.names[connection], event) {
            Ok(name) => Ok(name),
            // Then it is compared with no other message any more.
            Err(SealError::Damaged) => Ok(crate::new_id()),
            Err(error) => Err(missing_key(&error)),
        }
    }

    async fn journal(&mut self) -> Result<(), Error> {
        while let Some(mut tx) = self.turn().await? {
            let page = store::entries(&mut tx.conn(), ENTRIES).await?;
            let Some(last) = page.last() else { return Ok(()) };
            for row in page.iter().filter(|row| row.action != Action::Inspected.code()) {
                let (Some(salt), Some(details)) = (&row.salt, &row.details) else { continue };
                if holds_a_hash(details) {
                    store::seal_details(
                        &mut tx.conn(),
                        row.seq,
                        &journal::seal(self.sealer, row.seq, salt, details),
                    )
                    .await?;
                    self.done.entries += 1;
                }
            }
            store::entries_done(&mut tx.conn(), last.seq).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// The last transaction: what waits to be sorted in is renamed in it, and from then on nothing
    /// is rewritten.
    async fn end(&mut self, now: Moment) -> Result<(), Error> {
        let Some(mut tx) = self.turn().await? else { return Ok(()) };
        for (seq, connection, event) in store::arrivals(&mut tx.conn()).await? {
            let name = self.name(&mut tx.conn(), &connection, &event).await?;
            store::rename_arrival(&mut tx.conn(), seq, &name).await?;
        }
        store::end(&mut tx.conn(), now).await?;
        let details = json!({
            "evidence": self.done.evidence, "decisions": self.done.decisions, "callbacks": self.done.callbacks, "entries": self.done.entries,
        });
        let entry = Actor::worker().entry(now, Action::OldRowsSealed, Subject::System, "", details);
        journal::append(&mut tx.conn(), &[entry]).await?;
        tx.commit().await
    }
}

fn missing_key(error: &SealError) -> Error {
    Error::Start(format!(
        "What older versions wrote in clear cannot be sealed: {error}. Configure that key as well, then start again."
    ))
}

/// Whether a text has 64 hexadecimal digits in a row, as a SHA-256 has.
fn holds_a_hash(text: &str) -> bool {
    let mut run = 0;
    text.bytes().any(|byte| {
        run = if byte.is_ascii_hexdigit() { run + 1 } else { 0 };
        run == 64
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_found_wherever_it_stands() {
        let hash = crate::sha256_hex(b"x");
        for text in [
            hash.clone(),
            format!(r#"{{"evidence":["{hash}"]}}"#),
            format!("é{}", hash.to_uppercase()),
        ] {
            assert!(holds_a_hash(&text), "{text}");
        }
        for text in ["", "{}", &hash[1..], &format!("{}-{}", &hash[..40], &hash[40..])] {
            assert!(!holds_a_hash(text), "{text}");
        }
    }
}
