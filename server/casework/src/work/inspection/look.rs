//! What an inspection reads, and what it says of what is not as it was written.

use super::{
    Fault, Found, NAMED_MAX, rest,
    store::{self, Piece, Sealed},
};
use crate::{
    Casework, Error,
    journal::{self, Anchor, Difference, Record},
    records::{checks::evidence, connections, customers, people},
    services::idv,
    work::{inbox, webhooks},
};
use domain::CheckId;
use std::time::Instant;

/// After so many files in a row that were out of reach, no more are asked for.
const MISSED_MAX: i64 = 3;

/// Reads everything.
///
/// # Errors
/// The database is busy or out of reach: what was read so far says nothing of the rest.
pub(super) async fn look(work: &Casework, anchor: Option<Anchor>) -> Result<Found, Error> {
    let mut look = Look { work, found: Found::default(), missed_in_a_row: 0 };
    look.file().await?;
    look.journal(anchor).await?;
    look.sealed(Table::CustomerKeys).await?;
    look.connections().await?;
    look.second_factors().await?;
    look.sealed(Table::Callbacks).await?;
    look.evidence().await?;
    Ok(look.found)
}

/// A table of sealed values that are opened with the master key.
#[derive(Clone, Copy)]
enum Table {
    CustomerKeys,
    Callbacks,
}

struct Look<'a> {
    work: &'a Casework,
    found: Found,
    missed_in_a_row: i64,
}

impl Look<'_> {
    fn fault(&mut self, words: String, check: Option<&str>) {
        self.found.faults += 1;
        if self.found.named.len() < NAMED_MAX {
            self.found.named.push(Fault { words, check: check.map(str::to_owned) });
        }
    }

    /// Something that is damaged is a fault; whatever else stopped the reading stops the
    /// inspection.
    fn damaged(&mut self, what: &str, error: Error, check: Option<&str>) -> Result<(), Error> {
        let why = match error {
            Error::Unreadable { why, .. } | Error::Corrupt(why) => why,
            Error::Seal(why) => why.to_string(),
            Error::Store(why) => format!("the database cannot read it ({why})"),
            other => return Err(other),
        };
        self.fault(format!("{what}: {why}."), check);
        Ok(())
    }

    async fn file(&mut self) -> Result<(), Error> {
        match self.work.db.inspect(false).await {
            Ok(said) => said
                .into_iter()
                .for_each(|words| self.fault(format!("The database's file: {words}."), None)),
            Err(error) => self.damaged("The database's file", error, None)?,
        }
        Ok(())
    }

    async fn journal(&mut self, anchor: Option<Anchor>) -> Result<(), Error> {
        match self.record(anchor).await {
            Ok(Record::Holds { entries, head, .. }) => {
                (self.found.entries, self.found.head) = (entries, head)
            }
            Ok(Record::Differs(Difference { table, row, why }))
                if matches!(table.as_str(), "journal" | "journal_details") =>
            {
                self.found.entries = row.parse::<i64>().map_or(0, |seq| seq - 1);
                self.fault(format!("Entry {row} of the journal: {why}."), None);
            }
            Ok(Record::Differs(differs)) => self.fault(format!("{}.", differs.words()), None),
            Err(error) => self.damaged("The journal", error, None)?,
        }
        Ok(())
    }

    async fn record(&self, anchor: Option<Anchor>) -> Result<Record, Error> {
        let mut reader = self.work.db.read().await?;
        journal::verify_on(
            &mut reader.conn(),
            Some(&self.work.sealer),
            anchor,
            Some(self.work.pace.rest_ms),
        )
        .await
    }

    /// Opens a table's sealed values, page by page.
    async fn sealed(&mut self, table: Table) -> Result<(), Error> {
        let what = match table {
            Table::CustomerKeys => "The key of the customer",
            Table::Callbacks => "The callback",
        };
        let mut after = String::new();
        loop {
            let begun = Instant::now();
            let page = match self.page_of(table, &after).await {
                Ok(page) => page,
                Err(error) => return self.damaged(&format!("{what} after {after}"), error, None),
            };
            let Some((last, _)) = page.last() else { return Ok(()) };
            after.clone_from(last);
            for (id, sealed) in page {
                let opened = sealed.map(|sealed| match table {
                    Table::CustomerKeys => self.work.sealer.customer_key(&id, &sealed).map(drop),
                    Table::Callbacks => inbox::open(self.work, &id, &sealed).map(drop),
                });
                match opened {
                    Some(Ok(())) => self.found.others += 1,
                    Some(Err(error)) => {
                        self.damaged(&format!("{what} {id}"), error.into(), None)?
                    }
                    None => self.fault(format!("{what} {id} is gone."), None),
                }
            }
            rest(begun, self.work.pace.rest_ms).await;
        }
    }

    async fn page_of(&self, table: Table, after: &str) -> Result<Vec<Sealed>, Error> {
        let mut reader = self.work.db.read().await?;
        match table {
            Table::CustomerKeys => store::customer_keys(&mut reader.conn(), after).await,
            Table::Callbacks => store::callbacks(&mut reader.conn(), after).await,
        }
    }

    /// What is sealed of connections and of their subscriptions.
    async fn secrets(&self) -> Result<Vec<(String, Result<(), Error>)>, Error> {
        let mut all = Vec::new();
        for connections::Opening { id, name, opened } in connections::inspect(self.work).await? {
            all.extend(opened);
            let subscribed = webhooks::inspect(self.work, &id).await?;
            all.extend(subscribed.into_iter().map(|(event, went)| {
                (format!("The secret for {event} of the connection {name}"), went)
            }));
        }
        Ok(all)
    }

    async fn connections(&mut self) -> Result<(), Error> {
        let secrets = match self.secrets().await {
            Ok(secrets) => secrets,
            Err(error) => return self.damaged("The list of connections", error, None),
        };
        for (what, opened) in secrets {
            match opened {
                Ok(()) => self.found.others += 1,
                Err(error) => self.damaged(&what, error, None)?,
            }
        }
        Ok(())
    }

    async fn second_factors(&mut self) -> Result<(), Error> {
        let seeds = match people::factor::inspect(self.work).await {
            Ok(seeds) => seeds,
            Err(error) => return self.damaged("The list of second factors", error, None),
        };
        for (what, opened) in seeds {
            match opened {
                Ok(()) => self.found.others += 1,
                Err(error) => self.damaged(&what, error, None)?,
            }
        }
        Ok(())
    }

    async fn evidence(&mut self) -> Result<(), Error> {
        let mut after = String::new();
        loop {
            let begun = Instant::now();
            let page = {
                let mut reader = self.work.db.read().await?;
                store::evidence(&mut reader.conn(), &after).await
            };
            let page = match page {
                Ok(page) => page,
                Err(error) => return self.damaged(&format!("Evidence after {after}"), error, None),
            };
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(&last.id);
            for piece in &page {
                self.piece(piece).await?;
            }
            rest(begun, self.work.pace.rest_ms).await;
        }
    }

    /// Opens a piece of evidence as its page does, and of a picture what is shown of it.
    async fn piece(&mut self, piece: &Piece) -> Result<(), Error> {
        let Piece { id, check_id, customer, is_outside, is_picture } = piece;
        let (check, what) = (CheckId::from(check_id.as_str()), format!("The evidence {id}"));
        let Some(customer) = customer else {
            self.fault(
                format!("{what} belongs to no check: there is none with the id {check_id}."),
                None,
            );
            return Ok(());
        };
        if *is_outside != 0 && self.missed_in_a_row >= MISSED_MAX {
            self.found.missed += 1;
            return Ok(());
        }
        match evidence::evidence_body(self.work, &check, id).await {
            Ok(body) if body.intact => {
                self.found.evidence += 1;
                self.missed_in_a_row = if *is_outside != 0 { 0 } else { self.missed_in_a_row };
            }
            Ok(_) => self.fault(
                format!("{what}: it opens, but its bytes are not those that were received."),
                Some(check_id),
            ),
            Err(Error::NotFound) => {}
            Err(Error::Files(why)) => {
                tracing::warn!(evidence = %id, %why, "a file of evidence is out of reach and was not inspected");
                self.found.missed += 1;
                self.missed_in_a_row += 1;
            }
            // Its customer was erased meanwhile, and the file with them.
            Err(_) if matches!(customers::is_erased(self.work, customer).await, Ok(true)) => {}
            Err(error) => self.damaged(&what, error, Some(check_id))?,
        }
        if *is_picture == 0 {
            return Ok(());
        }
        match idv::pictures::shown(self.work, &check, id).await {
            Ok(_) | Err(Error::NotFound) => Ok(()),
            Err(error) => self.damaged(
                &format!("What pages show of the evidence {id}"),
                error,
                Some(check_id),
            ),
        }
    }
}
