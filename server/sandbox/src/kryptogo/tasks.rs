//! The provider's books: points, tasks and decisions. ID verifications and the callbacks that are
//! owed are kept in the same book; what happens to them is in `idv` and `owed`.
//!
//! A task's progress is no state: each source's end is fixed when the task is made, so progress is
//! a function of the clock and survives restarts. No I/O here, and the clock is passed in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    idv::Idvs,
    kya::Kyas,
    owed::{About, Owed},
    requests::{NewDecision, NewTask},
    triggers::Trigger,
};
use crate::{Options, text::hash};

/// What one task costs. Reconstruction: only "more than 500 points" for other services is
/// published.
pub(crate) const POINTS_PER_TASK: i64 = 10;

/// A due diligence task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub id: i64,
    pub name: String,
    pub target: serde_json::Value,
    pub setting: i64,
    pub sources: Vec<usize>,
    pub callback_url: Option<String>,
    pub customer_reference: Option<String>,
    pub from_idv_id: i64,
    /// UTC milliseconds, like all moments here.
    pub created_ms: i64,
    /// When each source ends, in the order of `sources`.
    pub finishes_ms: Vec<i64>,
    /// Never gets past 40.
    pub stuck: bool,
    /// The last change that is not progress.
    pub changed_ms: i64,
    /// In the order in which the keys were first set.
    pub metadata: Vec<(String, String)>,
    pub decision: Option<Decision>,
    /// How many times a decision took effect; more than one would be the sandbox's own mistake.
    pub effects: u32,
    pub callbacks_delivered: u32,
    pub tries: Tries,
    /// How many tasks of this name and customer there were, with this one. An older version's file
    /// has none.
    #[serde(default)]
    pub run: u32,
}

/// How often a task was asked for something; triggers count with these.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tries {
    pub decide: u32,
    pub summary: u32,
    pub detail: u32,
    /// An older version's file has none.
    #[serde(default)]
    pub metadata: u32,
}

/// The last word on a task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Decision {
    pub accepted: bool,
    pub comment: String,
    pub at_ms: i64,
    pub by: Who,
}

/// Who decided: the owner of the API key, or a person at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Who {
    Api,
    Staff,
}

/// How an attempt to decide ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decided {
    Done,
    Unknown,
    Running,
    /// Somebody was first; `true` when they accepted.
    Already(bool),
}

/// Everything KryptoGO's stand-in keeps.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Book {
    /// Ids only grow, also over a reset, so that no client meets an old id with a new meaning.
    next_id: i64,
    pub(super) next_owed: u64,
    pub points: i64,
    pub tasks: BTreeMap<i64, Task>,
    /// An older version's file has none.
    #[serde(default)]
    pub idvs: Idvs,
    /// An older version's file has none.
    #[serde(default)]
    pub kyas: Kyas,
    pub(super) owed: Vec<Owed>,
    /// Tries of a creation by name and customer reference.
    creations: BTreeMap<String, u32>,
}

impl Book {
    pub fn new(points: i64) -> Self {
        Book {
            next_id: 1_001,
            next_owed: 1,
            points,
            tasks: BTreeMap::new(),
            idvs: Idvs::default(),
            kyas: Kyas::default(),
            owed: Vec::new(),
            creations: BTreeMap::new(),
        }
    }

    /// Forgets tasks, verifications, analyses, tries and owed callbacks.
    pub fn reset(&mut self, points: i64) {
        let (idvs, kyas) = (self.idvs.emptied(), self.kyas.emptied());
        *self = Book {
            next_id: self.next_id,
            next_owed: self.next_owed,
            idvs,
            kyas,
            ..Book::new(points)
        };
    }

    /// Counts a try to create this task; 1 for the first.
    pub fn creation_try(&mut self, new: &NewTask) -> u32 {
        self.count_creation(format!(
            "{}\n{}",
            new.name.to_lowercase(),
            new.customer_reference.as_deref().unwrap_or_default()
        ))
    }

    pub(super) fn count_creation(&mut self, key: String) -> u32 {
        let tries = self.creations.entry(key).or_default();
        *tries += 1;
        *tries
    }

    /// How many tasks of this name and customer there are with this one.
    fn runs(&self, new: &NewTask) -> u32 {
        let same = self.tasks.values().filter(|task| {
            task.name.eq_ignore_ascii_case(&new.name)
                && task.customer_reference == new.customer_reference
        });
        u32::try_from(same.count()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// Makes a task and promises the callback of its completion.
    pub fn make(&mut self, new: NewTask, options: &Options, now_ms: i64) -> i64 {
        let run = self.runs(&new);
        let id = self.next_id;
        self.next_id += 1;
        self.points -= POINTS_PER_TASK;
        let trigger = Trigger::of(&new.name);
        let slow = if trigger == Some(Trigger::Slow) { 10 } else { 1 };
        let mut finish = now_ms;
        let ends = new.sources.iter().map(|source| {
            finish += took_ms(options, id, *source).saturating_mul(slow);
            finish
        });
        let task = Task {
            id,
            finishes_ms: ends.collect(),
            name: new.name,
            target: new.target,
            setting: new.setting,
            sources: new.sources,
            callback_url: new.callback_url,
            customer_reference: new.customer_reference,
            from_idv_id: new.from_idv_id,
            created_ms: now_ms,
            stuck: trigger == Some(Trigger::Stuck),
            changed_ms: now_ms,
            metadata: Vec::new(),
            decision: None,
            effects: 0,
            callbacks_delivered: 0,
            tries: Tries::default(),
            run,
        };
        let completed_ms = task.completed_ms();
        self.link_to_idv(task.from_idv_id, id);
        self.tasks.insert(id, task);
        if let Some(at_ms) = completed_ms {
            self.promise_completion(About::Task(id), at_ms, options);
        }
        id
    }

    /// Decides a task that is complete and undecided, and owes the callback.
    pub fn decide(
        &mut self,
        id: i64,
        new: NewDecision,
        by: Who,
        options: &Options,
        now_ms: i64,
    ) -> Decided {
        let Some(task) = self.tasks.get_mut(&id) else { return Decided::Unknown };
        if let Some(decision) = &task.decision {
            return Decided::Already(decision.accepted);
        }
        if task.progress(now_ms) < 100 {
            return Decided::Running;
        }
        task.decision =
            Some(Decision { accepted: new.accepted, comment: new.comment, at_ms: now_ms, by });
        task.effects += 1;
        task.changed_ms = now_ms;
        self.promise(About::Task(id), now_ms, options);
        Decided::Done
    }

    /// Puts another decision in the place of the one that stands, and owes the callback a second
    /// later.
    pub fn turn_round(&mut self, id: i64, new: NewDecision, options: &Options, now_ms: i64) {
        if let Some(task) = self.tasks.get_mut(&id) {
            task.decision = Some(Decision {
                accepted: new.accepted,
                comment: new.comment,
                at_ms: now_ms,
                by: Who::Staff,
            });
            task.changed_ms = now_ms;
            self.take_back(About::Task(id));
            self.promise(About::Task(id), now_ms + 1_000, options);
        }
    }

    /// Ends all sources of a task now, a stuck one too. `false` when there is no such task.
    pub fn complete(&mut self, id: i64, options: &Options, now_ms: i64) -> bool {
        let Some(task) = self.tasks.get_mut(&id) else { return false };
        if task.progress(now_ms) < 100 {
            task.stuck = false;
            task.finishes_ms.iter_mut().for_each(|finish| *finish = now_ms.min(*finish));
            self.take_back(About::Task(id));
            self.promise_completion(About::Task(id), now_ms, options);
        }
        true
    }

    /// Adds pairs; a key that is there keeps its place and gets the new value, `None` removes it,
    /// and keys that are not named stay. Reconstruction: the page only says "append".
    pub fn set_metadata(
        &mut self,
        id: i64,
        pairs: Vec<(String, Option<String>)>,
        now_ms: i64,
    ) -> bool {
        let Some(task) = self.tasks.get_mut(&id) else { return false };
        for (key, value) in pairs {
            let at = task.metadata.iter().position(|(known, _)| *known == key);
            match (at, value) {
                (Some(at), Some(value)) => task.metadata[at].1 = value,
                (Some(at), None) => drop(task.metadata.remove(at)),
                (None, Some(value)) => task.metadata.push((key, value)),
                (None, None) => {}
            }
        }
        task.changed_ms = now_ms;
        true
    }
}

/// A source's time: a step plus or minus a tenth, always the same for the same seed, task and
/// source.
fn took_ms(options: &Options, id: i64, source: usize) -> i64 {
    let percent = 90 + hash(options.seed, &format!("{id}/{source}")) % 21;
    i64::try_from(options.step_ms.saturating_mul(percent) / 100).unwrap_or(i64::MAX / 1_000)
}

impl Task {
    /// Per cent of the requested sources that have ended.
    pub fn progress(&self, now_ms: i64) -> i64 {
        if self.stuck {
            return if self.finishes_ms.first().is_some_and(|at| *at <= now_ms) { 40 } else { 0 };
        }
        let requested = self.finishes_ms.len().max(1);
        i64::try_from(self.completed_sources(now_ms) * 100 / requested).unwrap_or(100)
    }

    /// How many of the requested sources have ended.
    pub fn completed_sources(&self, now_ms: i64) -> usize {
        let ended = self.finishes_ms.iter().filter(|at| **at <= now_ms).count();
        if self.stuck { ended.min(self.finishes_ms.len() * 2 / 5) } else { ended }
    }

    /// When the last source ends or ended; `None` when it never will.
    pub fn completed_ms(&self) -> Option<i64> {
        if self.stuck { None } else { self.finishes_ms.iter().max().copied() }
    }

    /// The last change a reader could have seen by now.
    pub fn updated_ms(&self, now_ms: i64) -> i64 {
        let ended = self.completed_sources(now_ms);
        self.finishes_ms.iter().take(ended).copied().fold(self.changed_ms, i64::max)
    }

    /// 1 person, 2 company.
    pub fn kind(&self) -> i64 {
        self.target.get("type").and_then(serde_json::Value::as_i64).unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn new(name: &str, sources: &[usize]) -> NewTask {
        NewTask {
            name: name.into(),
            target: json!({"type": 1, "name": name}),
            setting: 1,
            sources: sources.to_vec(),
            callback_url: Some("http://127.0.0.1:1/".into()),
            customer_reference: None,
            from_idv_id: 0,
        }
    }

    fn yes() -> NewDecision {
        NewDecision { accepted: true, comment: "fine".into() }
    }

    #[test]
    fn progress_follows_the_clock_and_nothing_else() {
        let (mut book, options) = (Book::new(100), Options::default());
        let id = book.make(new("Ana", &[0, 1, 4]), &options, 0);
        let task = &book.tasks[&id];
        assert_eq!(
            (task.progress(0), task.progress(900), task.progress(1_800), task.progress(3_000)),
            (0, 33, 66, 100)
        );
        assert!((2_160..=2_640).contains(&task.completed_ms().unwrap()));
        assert_eq!(book.points, 90);
    }

    #[test]
    fn the_slow_take_ten_times_as_long_and_the_stuck_stay_at_40() {
        let (mut book, options) = (Book::new(100), Options::default());
        let slow = book.make(new("test slow", &[0]), &options, 0);
        let stuck = book.make(new("Test Stuck", &[0, 1, 2, 3, 4]), &options, 0);
        assert_eq!(
            (book.tasks[&slow].progress(7_000), book.tasks[&slow].progress(9_000)),
            (0, 100)
        );
        let task = &book.tasks[&stuck];
        assert_eq!((task.progress(1_000_000), task.completed_sources(1_000_000)), (40, 2));
        assert!(book.complete(stuck, &options, 5_000));
        assert_eq!(book.tasks[&stuck].progress(5_000), 100);
    }

    #[test]
    fn a_decision_takes_effect_once_and_only_at_the_end() {
        let (mut book, options) = (Book::new(100), Options::default());
        let id = book.make(new("Ana", &[0]), &options, 0);
        assert_eq!(book.decide(id, yes(), Who::Api, &options, 10), Decided::Running);
        assert_eq!(book.decide(id, yes(), Who::Api, &options, 5_000), Decided::Done);
        assert_eq!(book.decide(id, yes(), Who::Staff, &options, 6_000), Decided::Already(true));
        assert_eq!(book.decide(7, yes(), Who::Api, &options, 6_000), Decided::Unknown);
        assert_eq!(book.tasks[&id].effects, 1);
    }

    #[test]
    fn callbacks_are_owed_until_they_are_settled_also_over_a_restart() {
        let (mut book, options) = (Book::new(100), Options::default());
        book.make(new("Ana", &[0]), &options, 0);
        let (due, next) = book.take_due(0);
        assert!(due.is_empty() && next.is_some());
        assert_eq!(book.take_due(5_000).0.len(), 1);
        assert_eq!(book.take_due(5_000).0.len(), 0, "one that is under way is not sent twice");
        let mut again: Book = serde_json::from_value(serde_json::to_value(&book).unwrap()).unwrap();
        let due = again.take_due(5_000).0;
        assert_eq!(due.len(), 1);
        again.settle(&due[0], true);
        assert_eq!(again.take_due(5_000), (Vec::new(), None));
    }

    impl PartialEq for Owed {
        fn eq(&self, other: &Self) -> bool {
            self.id == other.id
        }
    }

    #[test]
    fn names_ask_for_more_later_or_no_callbacks() {
        let (mut book, options) = (Book::new(100), Options::default());
        for (name, at, expected) in [
            ("Test Callback Duplicate", 1_000, 5),
            ("Test Callback None", 100_000, 0),
            ("Test Callback Late", 10_000, 0),
            ("Test Callback Late", 20_000, 1),
            ("Test Callback Out Of Order", 2_000, 2),
        ] {
            book.reset(100);
            book.make(new(name, &[0]), &options, 0);
            assert_eq!(book.take_due(at).0.len(), expected, "{name}");
        }
    }

    #[test]
    fn ids_keep_growing_over_a_reset() {
        let (mut book, options) = (Book::new(100), Options::default());
        let before = book.make(new("Ana", &[0]), &options, 0);
        book.reset(50);
        assert!(book.tasks.is_empty() && book.take_due(10_000).0.is_empty());
        assert_eq!((book.make(new("Ana", &[0]), &options, 0), book.points), (before + 1, 40));
    }

    #[test]
    fn metadata_is_added_replaced_and_removed_by_key() {
        let (mut book, options) = (Book::new(100), Options::default());
        let id = book.make(new("Ana", &[0]), &options, 0);
        let text = |value: &str| Some(value.to_owned());
        book.set_metadata(id, vec![("a".into(), text("1")), ("b".into(), text("2"))], 1);
        book.set_metadata(
            id,
            vec![("c".into(), text("3")), ("a".into(), text("9")), ("b".into(), None)],
            1,
        );
        assert_eq!(
            book.tasks[&id].metadata,
            [("a".into(), "9".into()), ("c".into(), "3".to_owned())]
        );
    }

    #[test]
    fn tries_are_counted_for_each_name_and_customer() {
        let mut book = Book::new(100);
        let ana = new("Ana", &[0]);
        let other = NewTask { customer_reference: Some("2".into()), ..ana.clone() };
        assert_eq!(
            (book.creation_try(&ana), book.creation_try(&ana), book.creation_try(&other)),
            (1, 2, 1)
        );
    }
}
