//! Who is known, and what the sources find about them: the built-in names of `catalogue.json`, and
//! for all other names an outcome that only depends on the seed and the folded name.
//!
//! Nobody in it exists, except the name of the published sample. Items have `title`, `url`,
//! `snippet`, `date`, `score` and what such a source would know besides; all a reconstruction.

use std::{
    collections::{BTreeMap, HashMap},
    sync::OnceLock,
};

use serde::Deserialize;
use serde_json::{Value, json};

use super::triggers::Trigger;
use crate::text::{date_of, days_of, fold, hash};

/// Names of the sources; a position is the number used in `search_source`.
pub(crate) const SOURCES: [&str; 5] =
    ["negative_news", "dow_jones", "tw_company", "tw_verdict", "sanction_list"];
const NEWS: usize = 0;
const DOW_JONES: usize = 1;
const SANCTIONS: usize = 4;

/// A built-in person or company.
#[derive(Deserialize)]
pub(crate) struct Entry {
    pub name: String,
    /// Other spellings that lead here.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// 1 person, 2 company.
    #[serde(rename = "type")]
    pub kind: i64,
    /// What a customer of that name would tell; a search finds the same whatever is told.
    #[serde(default)]
    pub birthday: Option<String>,
    #[serde(default)]
    pub citizenship: Option<String>,
    /// For the reader of the first page: what this name shows.
    pub shows: String,
    /// Risk when nothing is found.
    #[serde(default)]
    base: i64,
    /// Plain text about what was found.
    #[serde(default)]
    summary: String,
    /// Items by source name.
    #[serde(default)]
    items: BTreeMap<String, Vec<Value>>,
}

/// An article about anybody: `{name}` stands for the target.
#[derive(Deserialize)]
struct Template {
    title: String,
    snippet: String,
    publisher: String,
    language: String,
}

/// The built-in names.
#[derive(Deserialize)]
pub(crate) struct Catalogue {
    pub entries: Vec<Entry>,
    articles: Vec<Template>,
    #[serde(skip)]
    by_name: HashMap<String, usize>,
}

impl Catalogue {
    /// Reads the file that is part of the program, once.
    pub fn get() -> &'static Catalogue {
        static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
        CATALOGUE.get_or_init(|| {
            let mut catalogue: Catalogue = serde_json::from_str(include_str!("catalogue.json"))
                .expect("a test reads this very file");
            for (index, entry) in catalogue.entries.iter().enumerate() {
                for name in std::iter::once(&entry.name).chain(&entry.aliases) {
                    catalogue.by_name.insert(fold(name), index);
                }
            }
            catalogue
        })
    }

    /// Fuzzy also finds the same words in another order.
    fn find(&self, folded: &str, fuzzy: bool) -> Option<&Entry> {
        let exact = self.by_name.get(folded);
        let found = exact.or_else(|| {
            let wanted = words(folded);
            self.by_name
                .iter()
                .find(|(name, _)| fuzzy && words(name) == wanted)
                .map(|(_, index)| index)
        });
        found.map(|index| &self.entries[*index])
    }
}

fn words(folded: &str) -> Vec<&str> {
    let mut words: Vec<_> = folded.split(' ').collect();
    words.sort_unstable();
    words
}

/// What the sources find about a name.
pub(crate) struct Outcome {
    base: i64,
    /// Two to five sentences of plain text (`aml_summarization`).
    pub summary: String,
    items: [Vec<Value>; 5],
}

/// Looks a name up in the catalogue, or makes something up that is the same each time.
pub(crate) fn outcome_of(seed: u64, name: &str, kind: i64, fuzzy: bool) -> Outcome {
    let catalogue = Catalogue::get();
    let folded = fold(name);
    match catalogue.find(&folded, fuzzy) {
        Some(entry) => Outcome {
            base: entry.base,
            summary: if entry.items.is_empty() {
                nothing_found(name)
            } else {
                entry.summary.clone()
            },
            items: SOURCES.map(|source| entry.items.get(source).cloned().unwrap_or_default()),
        },
        None => unknown(catalogue, name, kind, hash(seed, &folded)),
    }
}

/// Of a hundred unknown names 80 are clean, 17 in the news and, of people, 3 related to a
/// politician. The names of triggers all have one article, so that there is something to judge.
fn unknown(catalogue: &Catalogue, name: &str, kind: i64, hash: u64) -> Outcome {
    let mut items: [Vec<Value>; 5] = Default::default();
    let base = number(hash >> 8, 21);
    let (articles, relative) = match (Trigger::of(name), hash % 100) {
        (Some(_), _) => (1, false),
        (None, 0..=79) => (0, false),
        (None, 97..) if kind == 1 => (0, true),
        (None, _) => (1 + (hash >> 16) % 3, false),
    };
    for part in 0..articles {
        items[NEWS].push(article(
            catalogue,
            name,
            hash.rotate_left(7 * part as u32 + 20),
            part as usize,
        ));
    }
    if relative {
        items[DOW_JONES].push(relative_of_a_politician(name, hash));
    }
    let summary = match (articles, relative) {
        (0, false) => nothing_found(name),
        (0, true) => format!(
            "One profile lists {name} as a relative or close associate of an office holder. No article, verdict or sanction \
             was found. Whether the profile describes the customer should be checked by date of birth."
        ),
        _ => format!(
            "{articles} article(s) with negative words mention {name}. The articles name neither a date of birth nor an \
             address, so the link to the customer is not certain. No sanction was found."
        ),
    };
    Outcome { base, summary, items }
}

fn nothing_found(name: &str) -> String {
    format!(
        "The search found no relevant record about {name}. No sanction, political function or court verdict is known."
    )
}

fn article(catalogue: &Catalogue, name: &str, hash: u64, part: usize) -> Value {
    let count = catalogue.articles.len();
    let template = &catalogue.articles[(usize::try_from(hash % 1_000).unwrap_or(0) + part) % count];
    let host = fold(&template.publisher).replace(' ', "-");
    json!({
        "title": template.title.replace("{name}", name),
        "url": format!("https://{host}.example/articles/{}", hash % 90_000 + 10_000),
        "snippet": template.snippet.replace("{name}", name),
        "date": day_between("2019-01-01", "2025-12-31", hash >> 10),
        "score": 30 + number(hash >> 20, 31),
        "publisher": template.publisher,
        "language": template.language,
        "matched_name": name,
        "matched_birthday": null,
        "matched_country": null,
    })
}

fn relative_of_a_politician(name: &str, hash: u64) -> Value {
    let countries = ["EST", "URY", "NZL", "SVN", "BWA"];
    json!({
        "title": format!("{name}: relative or close associate"),
        "url": format!("https://profiles.world-register.example/{}", hash % 9_000_000),
        "snippet": "Sibling of a former deputy minister. The function ended more than a year ago.",
        "date": day_between("2018-01-01", "2024-12-31", hash >> 12),
        "score": 55 + number(hash >> 24, 16),
        "profile_id": format!("WR-{}", hash % 9_000_000),
        "category": "RCA",
        "matched_name": name,
        "matched_birthday": day_between("1950-01-01", "1995-12-31", hash >> 30),
        "matched_country": countries[usize::try_from(hash >> 40).unwrap_or(0) % countries.len()],
    })
}

fn number(hash: u64, below: u64) -> i64 {
    i64::try_from(hash % below).unwrap_or(0)
}

fn day_between(first: &str, last: &str, hash: u64) -> String {
    let (first, last) = (days_of(first).unwrap_or(0), days_of(last).unwrap_or(0));
    date_of(first + number(hash, u64::try_from(last - first + 1).unwrap_or(1)))
}

impl Outcome {
    /// Only what these sources found; the summary follows.
    pub fn only(mut self, sources: &[usize]) -> Outcome {
        let had = self.items.iter().any(|items| !items.is_empty());
        for (source, items) in self.items.iter_mut().enumerate() {
            if !sources.contains(&source) {
                items.clear();
            }
        }
        if had && self.items.iter().all(Vec::is_empty) {
            self.summary = "The searched sources hold no relevant record about this name. Other sources were not asked.".into();
        }
        self
    }

    pub fn items(&self, source: usize) -> &[Value] {
        &self.items[source]
    }

    pub fn sanction_matched(&self) -> bool {
        !self.items[SANCTIONS].is_empty()
    }

    /// 0 to 100: a sanction hit is 100, otherwise the highest score found.
    pub fn risk(&self) -> i64 {
        if self.sanction_matched() {
            return 100;
        }
        let scores = self.items.iter().flatten().filter_map(|item| item.get("score")?.as_i64());
        scores.fold(self.base, i64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_complete_and_its_risks_fit_what_is_found() {
        let catalogue = Catalogue::get();
        assert!(catalogue.entries.len() >= 40, "{}", catalogue.entries.len());
        let names: usize = catalogue.entries.iter().map(|entry| 1 + entry.aliases.len()).sum();
        assert_eq!(catalogue.by_name.len(), names, "two entries share a name");
        for entry in &catalogue.entries {
            assert!(
                entry.items.keys().all(|source| SOURCES.contains(&source.as_str())),
                "{}",
                entry.name
            );
            assert!(
                entry.birthday.as_deref().is_none_or(|date| days_of(date).is_some()),
                "{}",
                entry.name
            );
            assert!(Trigger::of(&entry.name).is_none(), "{}", entry.name);
            let outcome = outcome_of(1, &entry.name, entry.kind, false);
            let sentences = outcome.summary.matches(['.', '。']).count();
            assert!((2..=5).contains(&sentences), "{}: {}", entry.name, outcome.summary);
            match outcome.items.iter().all(Vec::is_empty) {
                true => assert!((0..=20).contains(&outcome.risk()), "{}", entry.name),
                false => assert!(!entry.summary.is_empty(), "{}", entry.name),
            }
        }
    }

    #[test]
    fn every_item_says_what_such_a_source_would_know() {
        let needed: [&[&str]; 5] = [
            &["publisher", "language"],
            &["profile_id", "category", "matched_birthday", "matched_country"],
            &[
                "registration_number",
                "company_name",
                "representative",
                "capital",
                "status",
                "founded",
            ],
            &["court", "case_number", "role"],
            &["list_name", "programme", "listed_since", "matched_birthday", "matched_country"],
        ];
        for entry in &Catalogue::get().entries {
            for (source, items) in &entry.items {
                let source = SOURCES.iter().position(|known| known == source).unwrap();
                for item in items {
                    for key in ["title", "url", "snippet", "date", "score", "matched_name"]
                        .iter()
                        .chain(needed[source])
                    {
                        assert!(item.get(key).is_some(), "{}: {key} in {item}", entry.name);
                    }
                    assert!(days_of(item["date"].as_str().unwrap()).is_some(), "{item}");
                    assert!((0..=100).contains(&item["score"].as_i64().unwrap()), "{item}");
                    let host = item["url"]
                        .as_str()
                        .and_then(|url| url.strip_prefix("https://")?.split('/').next());
                    assert!(host.is_some_and(|host| host.ends_with(".example")), "{item}");
                }
            }
        }
    }

    #[test]
    fn the_published_sample_is_a_sanction_hit_under_each_spelling() {
        for name in ["王又曾", "WANG You-theng", "wang you theng"] {
            let outcome = outcome_of(1, name, 1, false);
            assert_eq!((outcome.sanction_matched(), outcome.risk()), (true, 100), "{name}");
            let item = &outcome.items(SANCTIONS)[0];
            assert_eq!(
                (&item["matched_birthday"], &item["score"]),
                (&json!("1927-03-13"), &json!(100))
            );
        }
        assert!(!outcome_of(1, "You-theng Wang", 1, false).sanction_matched());
        assert!(outcome_of(1, "You-theng Wang", 1, true).sanction_matched());
    }

    #[test]
    fn unknown_names_are_mostly_clean_and_the_same_each_time() {
        let (mut clean, mut news) = (0, 0);
        for number in 0..1_000 {
            let name = format!("Nobody Number {number}");
            let outcome = outcome_of(1, &name, 1, false);
            assert_eq!(outcome.risk(), outcome_of(1, &name.to_uppercase(), 1, false).risk());
            clean += i32::from(outcome.risk() <= 20);
            news +=
                i32::from((30..=60).contains(&outcome.risk()) && !outcome.items(NEWS).is_empty());
        }
        assert!((740..=860).contains(&clean), "{clean}");
        assert!((110..=230).contains(&news), "{news}");
    }

    #[test]
    fn sources_that_were_not_asked_find_nothing() {
        let outcome = outcome_of(1, "王又曾", 1, false).only(&[2]);
        assert_eq!((outcome.sanction_matched(), outcome.items(SANCTIONS).len()), (false, 0));
        assert!(outcome.risk() < 25 && outcome.summary.contains("not asked"));
    }
}
