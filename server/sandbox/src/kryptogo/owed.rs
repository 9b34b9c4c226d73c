//! The callbacks that the books still owe, about tasks and about ID verifications alike. Who is
//! called and what the body says is looked up when it is sent.

use serde::{Deserialize, Serialize};

use super::{idv, tasks::Book, triggers::Trigger};
use crate::Options;

/// What a callback is about. In the state file it is `task_id` or `idv_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum About {
    #[serde(rename = "task_id")]
    Task(i64),
    #[serde(rename = "idv_id")]
    Idv(i64),
}

/// A callback that is not delivered yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Owed {
    pub id: u64,
    #[serde(flatten)]
    pub about: About,
    pub due_ms: i64,
    /// The body pretends this progress of a task, or state of a verification; `None` tells the
    /// truth of the moment.
    pub pretend: Option<i64>,
    #[serde(skip)]
    pub under_way: bool,
}

impl Book {
    /// Owes the callback of a completion, and an older one behind it when the name asks for it.
    pub(super) fn promise_completion(&mut self, about: About, at_ms: i64, options: &Options) {
        self.promise(about, at_ms, options);
        if self.trigger(about) == Some(Trigger::CallbackOutOfOrder) {
            let older = match about {
                About::Task(_) => 40,
                About::Idv(_) => idv::PENDING,
            };
            self.owe(about, at_ms + 500, Some(older));
        }
    }

    /// Owes a truthful callback about something that happens at this moment.
    pub(super) fn promise(&mut self, about: About, at_ms: i64, options: &Options) {
        match self.trigger(about) {
            Some(Trigger::CallbackNone) => {}
            Some(Trigger::CallbackLate) => {
                let late = i64::try_from(options.late_ms).unwrap_or(i64::MAX);
                self.owe(about, at_ms.saturating_add(late), None);
            }
            Some(Trigger::CallbackDuplicate) => (0..5).for_each(|_| self.owe(about, at_ms, None)),
            _ => self.owe(about, at_ms, None),
        }
    }

    fn owe(&mut self, about: About, due_ms: i64, pretend: Option<i64>) {
        let has_address = match about {
            About::Task(id) => self.tasks.get(&id).is_some_and(|task| task.callback_url.is_some()),
            About::Idv(id) => self.idvs.get(id).is_some_and(|idv| idv.asked.callback_url.is_some()),
        };
        if has_address {
            self.owed.push(Owed { id: self.next_owed, about, due_ms, pretend, under_way: false });
            self.next_owed += 1;
        }
    }

    fn trigger(&self, about: About) -> Option<Trigger> {
        match about {
            About::Task(id) => self.tasks.get(&id).and_then(|task| Trigger::of(&task.name)),
            About::Idv(id) => self.idvs.get(id).and_then(|idv| idv.shared_trigger()),
        }
    }

    /// Takes back what is owed about it and not under way.
    pub(super) fn take_back(&mut self, about: About) {
        self.owed.retain(|owed| owed.about != about || owed.under_way);
    }

    /// The callbacks that are due, marked as under way, and when the next one will be.
    pub fn take_due(&mut self, now_ms: i64) -> (Vec<Owed>, Option<i64>) {
        let mut due = Vec::new();
        let mut next = None;
        for owed in self.owed.iter_mut().filter(|owed| !owed.under_way) {
            if owed.due_ms <= now_ms {
                owed.under_way = true;
                due.push(owed.clone());
            } else if next.is_none_or(|at| owed.due_ms < at) {
                next = Some(owed.due_ms);
            }
        }
        (due, next)
    }

    /// Strikes out a callback that was delivered, or given up.
    pub fn settle(&mut self, owed: &Owed, delivered: bool) {
        self.owed.retain(|other| other.id != owed.id);
        let counted = match owed.about {
            About::Task(id) => self.tasks.get_mut(&id).map(|task| &mut task.callbacks_delivered),
            About::Idv(id) => self.idvs.get_mut(id).map(|idv| &mut idv.callbacks_delivered),
        };
        if let Some(counted) = counted {
            *counted += u32::from(delivered);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_version_owed_is_still_understood() {
        let old = r#"{"id":7,"task_id":1001,"due_ms":5,"pretend":40}"#;
        let owed: Owed = serde_json::from_str(old).unwrap();
        assert_eq!((owed.about, owed.pretend, owed.due_ms), (About::Task(1_001), Some(40), 5));
        assert_eq!(serde_json::to_string(&owed).unwrap(), old);
        let owed = Owed { about: About::Idv(3), ..owed };
        assert!(serde_json::to_string(&owed).unwrap().contains("\"idv_id\":3"));
    }
}
