//! P-08: the search against a scan of all names.

use super::{
    bare::Bare,
    board::{Board, Goal},
    place::Place,
    times::{ROUNDS, median, percentile, times},
};
use casework::{checks::queue, store::Sql};
use domain::queue::{Filter, Page, Sort, Tab};
use tokio::runtime::Handle;

const TERMS: usize = 200;
const TERM_MIN: usize = 3;

/// The page that a search shows, as `casework` lists it, against LIKE over the names of all
/// customers; p95 over all terms.
pub fn against_scan(place: &Place, handle: &Handle, board: &mut Board<'_>) {
    let mut bare = Bare::open(&place.store);
    let terms = terms(&bare.texts("SELECT DISTINCT name FROM customers ORDER BY name"));
    let scan = |bare: &mut Bare, term: &str| bare.rows(&like(term), 2);
    let search = |term: &str| {
        let filter = Filter {
            tab: Some(Tab::All),
            sort: Some(Sort::Newest),
            text: term.to_owned(),
            ..Filter::default()
        };
        let (work, me) = (place.work.clone(), place.anna.id.clone());
        let listed =
            handle.spawn(async move { queue::list(&work, &me, &filter, &Page::First).await });
        handle.block_on(listed).expect("no panic").expect("a page").rows.len()
    };
    for term in terms.iter().step_by(10) {
        assert!(scan(&mut bare, term) > 0 && search(term) > 0, "{term} is found by both");
    }
    let by_like = times(terms.len() / 4, |at| {
        bare.rows(&page_by_like(&terms[4 * at]), 2);
    });
    board.note(format!(
        "the same page by LIKE: p50 {:.0} µs, p95 {:.0}",
        median(&by_like),
        percentile(&by_like, 0.95)
    ));
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let scans = times(terms.len(), |at| {
            scan(&mut bare, &terms[at]);
        });
        let searches = times(terms.len(), |at| {
            search(&terms[at]);
        });
        let each: Vec<f64> =
            scans.iter().zip(&searches).map(|(scan, search)| scan / search).collect();
        ratios.push(percentile(&scans, 0.95) / percentile(&searches, 0.95));
        board.note(format!(
            "round {}: scan p50 {:.0} µs, p95 {:.0}; search p50 {:.0} µs, p95 {:.0}; term by term p50 {:.1}, worst twentieth below {:.1}",
            round + 1,
            median(&scans),
            percentile(&scans, 0.95),
            median(&searches),
            percentile(&searches, 0.95),
            median(&each),
            percentile(&each, 0.05)
        ));
    }
    let what = format!(
        "LIKE scan of all names / our search with its page, p95 of {} terms, {}",
        terms.len(),
        place.store.name()
    );
    board.row("P-08", &what, &ratios, Goal::AtLeast(50.0));
    board.close();
}

fn like(term: &str) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT c.id, c.reference, c.name FROM customers c WHERE ");
    words(&mut sql, term);
    sql
}

/// What shows the search's page without its index.
fn page_by_like(term: &str) -> Sql {
    let mut sql = Sql::default();
    sql.push("SELECT k.id, c.reference, c.name FROM checks k JOIN customers c ON c.id = k.customer_id WHERE ");
    words(&mut sql, term);
    sql.push(" ORDER BY k.launched_at_ms DESC, k.id DESC LIMIT 51");
    sql
}

/// Every word has to stand in the name, as the search has it.
fn words(sql: &mut Sql, term: &str) {
    for (at, word) in term.split(' ').enumerate() {
        sql.push(if at == 0 { "c.name LIKE " } else { " AND c.name LIKE " })
            .text(format!("%{word}%"));
    }
}

/// Whole words, parts of words, and several of them, taken from names that are there; each at least
/// three letters long.
fn terms(names: &[String]) -> Vec<String> {
    let mut terms = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let words: Vec<&str> =
            name.split(' ').filter(|word| word.chars().all(char::is_alphabetic)).collect();
        let Some(word) = words.get(at % words.len().max(1)) else { continue };
        let letters: Vec<char> = word.chars().collect();
        let term = match at % 4 {
            0 => (*word).to_owned(),
            1 => letters.iter().skip(1).take(TERM_MIN).collect(),
            2 => letters.iter().take(TERM_MIN + 1).collect(),
            _ => words.join(" "),
        };
        if term.split(' ').all(|part| part.chars().count() >= TERM_MIN) {
            terms.push(term);
        }
    }
    terms.sort();
    terms.dedup();
    let step = terms.len().div_ceil(TERMS).max(1);
    terms.into_iter().step_by(step).collect()
}
