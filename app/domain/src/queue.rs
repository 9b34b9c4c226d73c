//! The queue's filters, sorts and places, as they stand in the URL.

use crate::{
    checks::{Band, Kind, State},
    choices,
};
use serde::{Deserialize, Serialize};

choices! {
    /// Which part of the queue.
    pub enum Tab {
        Mine = "mine", "Mine";
        ToReview = "to_review", "To review";
        Proposed = "proposed", "Waiting for approval";
        Running = "running", "Running";
        Attention = "attention", "Needs attention";
        All = "all", "All";
    }
}

choices! {
    /// What comes first. Every sort ends in the check's id, so pages are stable.
    pub enum Sort {
        Due = "due", "Due first";
        Risk = "risk", "Highest risk first";
        Newest = "newest", "Newest first";
        Oldest = "oldest", "Longest waiting first";
    }
}

choices! {
    /// How long ago a check was launched.
    pub enum Age {
        Day = "day", "last 24 hours";
        Week = "week", "last 7 days";
        Month = "month", "last 30 days";
        Older = "older", "older than 30 days";
    }
}

choices! {
    /// How near a check's deadline is.
    pub enum DueBy {
        Past = "past", "past its deadline";
        Day = "day", "within 24 hours";
    }
}

/// What the queue shows; an empty field filters nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    pub tab: Option<Tab>,
    pub kind: Option<Kind>,
    pub state: Option<State>,
    /// Whatever is under way, in any state; stands in the URL as a state of its own.
    pub open: bool,
    pub band: Option<Band>,
    /// A person's id, `me`, or `none`.
    pub assignee: Option<String>,
    pub age: Option<Age>,
    pub due: Option<DueBy>,
    pub connection: Option<String>,
    /// The table that checks were launched with.
    pub batch: Option<String>,
    /// Words of a name, a reference or an id.
    pub text: String,
    pub sort: Option<Sort>,
}

impl Filter {
    #[must_use]
    pub fn tab(&self) -> Tab {
        self.tab.unwrap_or(Tab::ToReview)
    }

    #[must_use]
    pub fn sort(&self) -> Sort {
        self.sort.unwrap_or(match self.tab() {
            Tab::Running | Tab::All => Sort::Newest,
            _ => Sort::Due,
        })
    }

    /// The same with tab and sort written out: what a saved view keeps, so that it stays what it
    /// was.
    #[must_use]
    pub fn written_out(&self) -> Self {
        Self { tab: Some(self.tab()), sort: Some(self.sort()), ..self.clone() }
    }

    /// Whether anything narrows the tab.
    #[must_use]
    pub fn narrows(&self) -> bool {
        self.kind.is_some()
            || self.state.is_some()
            || self.open
            || self.band.is_some()
            || self.assignee.is_some()
            || self.age.is_some()
            || self.due.is_some()
            || self.connection.is_some()
            || self.batch.is_some()
            || !self.text.is_empty()
    }

    /// Reads a filter from the query's pairs; what is not known is left out, never an error.
    #[must_use]
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut filter = Self::default();
        for (name, value) in pairs {
            let value = value.trim();
            match name {
                "tab" => filter.tab = Tab::parse(value),
                "kind" => filter.kind = Kind::parse(value),
                "state" => (filter.state, filter.open) = (State::parse(value), value == OPEN),
                "risk" => filter.band = Band::parse(value),
                "assignee" => filter.assignee = some(value),
                "age" => filter.age = Age::parse(value),
                "due" => filter.due = DueBy::parse(value),
                "connection" => filter.connection = some(value),
                "batch" => filter.batch = some(value),
                "q" => filter.text = value.chars().take(200).collect(),
                "sort" => filter.sort = Sort::parse(value),
                _ => {}
            }
        }
        filter
    }

    /// The pairs that stand in the URL; only what was chosen.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        let mut add = |name, value: Option<String>| pairs.extend(value.map(|v| (name, v)));
        add("tab", self.tab.map(|t| t.to_string()));
        add("kind", self.kind.map(|k| k.to_string()));
        add(
            "state",
            self.state.map(|s| s.to_string()).or_else(|| self.open.then(|| OPEN.to_owned())),
        );
        add("risk", self.band.map(|b| b.to_string()));
        add("assignee", self.assignee.clone());
        add("age", self.age.map(|a| a.to_string()));
        add("due", self.due.map(|d| d.to_string()));
        add("connection", self.connection.clone());
        add("batch", self.batch.clone());
        add("q", some(&self.text));
        add("sort", self.sort.map(|s| s.to_string()));
        pairs
    }
}

/// Every state that is under way, where a state stands in the URL.
pub const OPEN: &str = "open";

fn some(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

/// A place between two rows: the sort key and id of the row beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub key: i64,
    pub id: String,
}

impl Place {
    /// `123_0198…`, as it stands in the URL.
    #[must_use]
    pub fn code(&self) -> String {
        format!("{}_{}", self.key, self.id)
    }

    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let (key, id) = code.split_once('_')?;
        Some(Self { key: key.parse().ok()?, id: id.to_owned() })
    }
}

/// Which page of a keyset list is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Page {
    #[default]
    First,
    After(Place),
    Before(Place),
}

impl Page {
    /// Reads `after=` or `before=`; anything unreadable is the first page.
    #[must_use]
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        for (name, value) in pairs {
            match (name, Place::parse(value)) {
                ("after", Some(place)) => return Self::After(place),
                ("before", Some(place)) => return Self::Before(place),
                _ => {}
            }
        }
        Self::First
    }
}

/// Rows on a page of the queue.
pub const PAGE_ROWS: usize = 50;
/// Counts beyond this are shown as "1,000+": an exact count of a large queue costs more than the
/// page.
pub const COUNT_MAX: i64 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_survives_the_url() {
        let filter = Filter {
            tab: Some(Tab::All),
            kind: Some(Kind::DdKyb),
            state: Some(State::Failed),
            open: false,
            band: Some(Band::High),
            assignee: Some("me".into()),
            age: Some(Age::Week),
            due: Some(DueBy::Past),
            connection: Some("c".into()),
            batch: Some("b".into()),
            text: "又曾".into(),
            sort: Some(Sort::Risk),
        };
        let pairs = filter.pairs();
        assert_eq!(Filter::from_pairs(pairs.iter().map(|(k, v)| (*k, v.as_str()))), filter);
        assert_eq!(pairs.len(), 11);
        let open = Filter { open: true, ..Filter::default() };
        assert_eq!(open.pairs(), [("state", "open".to_owned())]);
        assert!(
            Filter::from_pairs([("state", "open")]) == open
                && open.narrows()
                && Filter { due: Some(DueBy::Day), ..Filter::default() }.narrows()
        );
    }

    #[test]
    fn unknown_words_in_the_url_filter_nothing() {
        let filter =
            Filter::from_pairs([("tab", "<script>"), ("kind", ""), ("x", "y"), ("sort", "DROP")]);
        assert_eq!(filter, Filter::default());
        assert_eq!(Page::from_pairs([("after", "nonsense")]), Page::First);
    }

    #[test]
    fn a_place_survives_the_url() {
        let place = Place { key: -1, id: "0198-a_b".into() };
        assert_eq!(Place::parse(&place.code()), Some(place.clone()));
        assert_eq!(Page::from_pairs([("before", place.code().as_str())]), Page::Before(place));
    }
}
