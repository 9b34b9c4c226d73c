//! What names a customer although it does not belong to them: saved views of the queue, and names
//! of files with tables.

use crate::{
    Casework, Error,
    journal::{self, Actor},
    records::{
        batches,
        customers::{Customer, ERASED, store},
        team,
    },
    store::Conn,
};
use domain::{
    journal::{Action, Subject},
    search::{self, ENDING_MAX},
};
use serde_json::json;
use std::collections::BTreeSet;

/// A word of a file's name that is shorter says too little to be somebody's name.
const WORD_MIN: usize = 3;

/// Deletes saved views that look for this customer and nobody else, and overwrites the names of
/// files that name them.
///
/// For as long as the search still knows their words; our own reference stays, here as everywhere.
pub(super) async fn erase(
    work: &Casework,
    conn: &mut Conn<'_>,
    actor: &Actor,
    customer: &Customer,
) -> Result<(), Error> {
    let reference = search::endings(&customer.reference);
    let known: BTreeSet<String> =
        store::endings_of(conn, &customer.id).await?.into_iter().collect();
    let named = Named { known, reference };
    for view in team::all_views(conn).await? {
        let terms = search::terms(&view.filter().text);
        if named.is_looked_for(&terms) && !store::others_match(conn, &customer.id, &terms).await? {
            team::delete_view(conn, &view.id).await?;
            journal::erase_details(conn, &customer.id, &view.id, work.now()).await?;
            let details = json!({ "why": "It looked for a customer who was erased.", "shared": view.is_shared() });
            let entry =
                actor.entry(work.now(), Action::ViewDeleted, Subject::View, &view.id, details);
            journal::append(conn, &[entry]).await?;
            work.saved.forget();
        }
    }
    for (batch, name) in batches::names_of(conn, &customer.id).await? {
        if named.is_in_name_of_file(&name) {
            batches::rename(conn, &batch, ERASED).await?;
            journal::erase_details(conn, &customer.id, &batch, work.now()).await?;
        }
    }
    Ok(())
}

/// The words under which the search knows a customer, each with all its endings.
struct Named {
    known: BTreeSet<String>,
    /// Those of our reference.
    reference: Vec<String>,
}

impl Named {
    /// Whether a search finds the customer, and not by our reference alone.
    fn is_looked_for(&self, terms: &[String]) -> bool {
        let finds = |term: &String| {
            self.known
                .range(term.clone()..)
                .next()
                .is_some_and(|ending| ending.starts_with(term.as_str()))
        };
        let is_of_reference =
            |term: &String| self.reference.iter().any(|ending| ending.starts_with(term.as_str()));
        !terms.is_empty() && terms.iter().all(finds) && !terms.iter().all(is_of_reference)
    }

    /// Whether a word of a file's name, which need not be a whole one, is a word of the customer's
    /// name.
    fn is_in_name_of_file(&self, name: &str) -> bool {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let words = search::words(stem)
            .into_iter()
            .map(|word| word.chars().take(ENDING_MAX).collect::<String>());
        words
            .filter(|word| word.chars().count() >= WORD_MIN || !word.is_ascii())
            .any(|word| self.is_looked_for(&[word]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, reference: &str) -> Named {
        let known = search::endings(name).into_iter().chain(search::endings(reference)).collect();
        Named { known, reference: search::endings(reference) }
    }

    #[test]
    fn a_text_names_somebody_whom_the_search_finds_by_their_name() {
        let somebody = named("Viktor Anatoljewitsch Sawenkow", "C-4711");
        let looks = |text: &str| somebody.is_looked_for(&search::terms(text));
        for text in ["Sawenkow", "sawenk", "viktor enkow", "Sawenkow 4711", "anatoljewitsch"] {
            assert!(looks(text), "{text}");
        }
        for text in ["", "C-4711", "4711", "Sawenkowa", "Viktor Popović"] {
            assert!(!looks(text), "{text}");
        }
        assert!(named("陳美玲", "C-1").is_looked_for(&search::terms("陳美玲")));
    }

    #[test]
    fn a_files_name_names_somebody_by_a_word() {
        let somebody = named("Viktor Sawenkow", "C-4711");
        for name in ["Sawenkow.csv", "new_sawenkow_2.csv", "VIKTOR", "SAWENKOW.v2.csv"] {
            assert!(somebody.is_in_name_of_file(name), "{name}");
        }
        for name in ["", "new customers.csv", "C-4711.csv", "or.csv", "kow"] {
            assert_eq!(somebody.is_in_name_of_file(name), name == "kow", "{name}");
        }
        assert!(named("陳美", "C-1").is_in_name_of_file("陳美.csv"));
    }
}
