//! The verifications in the provider's book: made, filled with pictures, ended, followed by a task.
//!
//! When a verification ends is fixed when its pictures come, so its state is a function of the
//! clock and survives restarts; only the task that follows an accept has to be made when the time
//! has come ([`Book::finish_idvs`]). No I/O here, and the clock is passed in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    super::{Book, SOURCES, owed::About, requests::NewTask},
    images::{Picture, Slot},
    outcome::{self, ACCEPT, Circumstances, REJECT, Verdict},
    requests::{Asked, Way},
    triggers::IdvTrigger,
    verification::{Audit, Idv},
};
use crate::{Options, text::unguessable};

/// What one verification costs when its pictures have come. Reconstruction.
pub(crate) const POINTS_PER_IDV: i64 = 100;
/// A link or an SDK token needs more than this.
pub(crate) const POINTS_TO_START: i64 = 500;

/// Received pictures are kept in memory up to this many bytes; of older ones only the hash stays.
const BYTES_KEPT_MAX: usize = 512 * 1024 * 1024;

/// All verifications. Ids only grow, also over a reset.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Idvs {
    last_id: i64,
    all: BTreeMap<i64, Idv>,
    /// Tries at Taiwan's register by customer reference.
    register_tries: BTreeMap<String, u32>,
}

impl Idvs {
    pub fn emptied(&self) -> Idvs {
        Idvs { last_id: self.last_id, ..Idvs::default() }
    }

    pub fn get(&self, id: i64) -> Option<&Idv> {
        self.all.get(&id)
    }

    pub fn get_mut(&mut self, id: i64) -> Option<&mut Idv> {
        self.all.get_mut(&id)
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn newest_first(&self) -> impl Iterator<Item = &Idv> {
        self.all.values().rev()
    }

    pub fn find(&self, wanted: impl Fn(&Idv) -> bool) -> Option<&Idv> {
        self.all.values().find(|idv| wanted(idv))
    }

    /// When the next one ends.
    pub fn next_end(&self) -> Option<i64> {
        self.all.values().filter(|idv| !idv.finished).filter_map(|idv| idv.ends_ms).min()
    }

    fn count_register_try(&mut self, reference: Option<&str>) -> u32 {
        let tries =
            self.register_tries.entry(reference.unwrap_or_default().to_owned()).or_default();
        *tries += 1;
        *tries
    }

    /// Lets go of the oldest pictures when there are too many.
    fn forget_bytes(&mut self, max: usize) {
        let mut kept = 0;
        for picture in self.all.values_mut().rev().flat_map(|idv| idv.pictures.values_mut()) {
            kept += picture.bytes.len();
            if kept > max {
                picture.bytes = bytes::Bytes::new();
            }
        }
    }
}

impl Book {
    /// Counts a try to start this verification; 1 for the first. Tasks have tries of their own.
    pub fn idv_try(&mut self, asked: &Asked) -> u32 {
        let name = asked.expected.name.as_deref().unwrap_or_default().to_lowercase();
        self.count_creation(format!(
            "idv\n{name}\n{}",
            asked.customer_reference.as_deref().unwrap_or_default()
        ))
    }

    /// Makes a verification. One whose pictures are here goes on at once, others wait for the
    /// customer.
    pub fn make_idv(
        &mut self,
        asked: Asked,
        pictures: BTreeMap<Slot, Picture>,
        options: &Options,
        now_ms: i64,
    ) -> i64 {
        self.idvs.last_id += 1;
        let id = self.idvs.last_id;
        let way = asked.way;
        let idv = Idv {
            id,
            asked,
            created_ms: now_ms,
            token: unguessable(),
            sdk_token: None,
            files: unguessable(),
            pictures,
            outcome_name: None,
            uploaded_ms: None,
            ends_ms: None,
            verdict: None,
            finished: false,
            created_task: None,
            dd_tasks: Vec::new(),
            audit: None,
            points_spent: 0,
            callbacks_delivered: 0,
            reads: 0,
            picture_reads: BTreeMap::new(),
        };
        let ends_by_itself = outcome::ends_by_itself(&idv.asked, idv.trigger());
        self.idvs.all.insert(id, idv);
        if way == Way::Upload {
            self.upload_idv(id, None, options, now_ms);
            self.idvs.forget_bytes(BYTES_KEPT_MAX);
        } else if ends_by_itself {
            self.conclude(id, options, now_ms, now_ms + took_ms(options));
        }
        id
    }

    /// The pictures have come: points are spent, and the verdict is made up. `false` when they were
    /// not awaited.
    pub fn upload_idv(
        &mut self,
        id: i64,
        outcome_name: Option<String>,
        options: &Options,
        now_ms: i64,
    ) -> bool {
        let Some(idv) =
            self.idvs.get_mut(id).filter(|idv| idv.uploaded_ms.is_none() && idv.verdict.is_none())
        else {
            return false;
        };
        idv.outcome_name = outcome_name;
        idv.uploaded_ms = Some(now_ms);
        idv.points_spent += POINTS_PER_IDV;
        self.points -= POINTS_PER_IDV;
        self.conclude(id, options, now_ms, now_ms + took_ms(options));
        true
    }

    /// Decides now what will be told then, and owes the callback.
    fn conclude(&mut self, id: i64, options: &Options, now_ms: i64, ends_ms: i64) {
        let Some(idv) = self.idvs.get(id) else { return };
        let (trigger, key) = (idv.trigger(), idv.key());
        let reference = idv.asked.customer_reference.clone();
        let tries = if outcome::asks_register(trigger) {
            self.idvs.count_register_try(reference.as_deref())
        } else {
            1
        };
        let Some(idv) = self.idvs.get_mut(id) else { return };
        let case = Circumstances { trigger, seed: options.seed, key: &key, tries, now_ms };
        idv.verdict = Some(outcome::decide(&idv.asked, &case));
        if trigger != Some(IdvTrigger::Pending) {
            self.end_idv(id, ends_ms, options);
        }
    }

    fn end_idv(&mut self, id: i64, at_ms: i64, options: &Options) {
        if let Some(idv) = self.idvs.get_mut(id) {
            idv.ends_ms = Some(at_ms);
            self.take_back(About::Idv(id));
            self.promise_completion(About::Idv(id), at_ms, options);
        }
    }

    /// The customer leaves without pictures. Reconstruction: that is a rejection, because the list
    /// of reasons knows "No ID Uploaded". `false` when nobody waited for them.
    pub fn give_up_idv(&mut self, id: i64, options: &Options, now_ms: i64) -> bool {
        let Some(idv) = self.idvs.get_mut(id).filter(|idv| idv.waits_for_customer()) else {
            return false;
        };
        idv.verdict = Some(Verdict::without_document(REJECT, 702));
        self.end_idv(id, now_ms, options);
        true
    }

    /// Ends it now, whatever it waits for: the customer is played with drawn pictures. `false` when
    /// there is no such verification.
    pub fn complete_idv(&mut self, id: i64, options: &Options, now_ms: i64) -> bool {
        let Some(idv) = self.idvs.get(id) else { return false };
        if idv.verdict_by(now_ms).is_some() {
            return true;
        }
        if idv.waits_for_customer() {
            self.upload_idv(id, None, options, now_ms);
        }
        self.end_idv(id, now_ms, options);
        self.finish_idvs(options, now_ms);
        true
    }

    /// Does what follows the end of each verification whose time has come: an accepted one gets its
    /// task. Whether there was any.
    pub fn finish_idvs(&mut self, options: &Options, now_ms: i64) -> bool {
        let due = |idv: &&mut Idv| !idv.finished && idv.ends_ms.is_some_and(|at| at <= now_ms);
        let mut ended = Vec::new();
        for idv in self.idvs.all.values_mut().filter(due) {
            idv.finished = true;
            ended.push((idv.id, follow_up(idv)));
        }
        let any = !ended.is_empty();
        for (id, follow_up) in ended {
            let Some((new, at_ms)) =
                follow_up.filter(|_| self.points >= super::super::POINTS_PER_TASK)
            else {
                continue;
            };
            let task = self.make(new, options, at_ms);
            if let Some(idv) = self.idvs.get_mut(id) {
                idv.created_task = Some(task);
            }
        }
        any
    }

    /// What the page calls a forced copy: whom the verification was about replaces what the task
    /// says. A callback address is only copied when there is one.
    ///
    /// # Errors
    /// A sentence when there is no such verification.
    pub fn copy_from_idv(&self, new: &mut NewTask, now_ms: i64) -> Result<(), String> {
        if new.from_idv_id == 0 {
            return Ok(());
        }
        let idv = self
            .idvs
            .get(new.from_idv_id)
            .ok_or_else(|| format!("from_idv_id {} does not exist.", new.from_idv_id))?;
        let holder = idv.verdict_by(now_ms).and_then(|verdict| verdict.holder.as_ref());
        let birthday =
            holder.map(|holder| &holder.birthday).or(idv.asked.expected.birthday.as_ref());
        if let Some(birthday) = birthday {
            new.target["birthday"] = json!(birthday);
        }
        new.target["citizenship"] =
            json!(holder.map_or(&idv.asked.country, |holder| &holder.country));
        new.customer_reference.clone_from(&idv.asked.customer_reference);
        if idv.asked.callback_url.is_some() {
            new.callback_url.clone_from(&idv.asked.callback_url);
        }
        Ok(())
    }

    /// A task says which verification it follows from.
    pub(in super::super) fn link_to_idv(&mut self, idv_id: i64, task_id: i64) {
        if let Some(idv) = self.idvs.get_mut(idv_id) {
            idv.dd_tasks.push(task_id);
        }
    }

    /// The provider's staff has a look at the result. `false` when there is none yet.
    pub fn audit_idv(&mut self, id: i64, accepted: bool, now_ms: i64) -> bool {
        let Some(idv) = self.idvs.get_mut(id).filter(|idv| idv.verdict_by(now_ms).is_some()) else {
            return false;
        };
        idv.audit = Some(Audit { accepted, at_ms: now_ms });
        true
    }
}

/// Twice a search source's time.
fn took_ms(options: &Options) -> i64 {
    i64::try_from(options.step_ms.saturating_mul(2)).unwrap_or(i64::MAX / 1_000)
}

/// The task that an accepted verification asked for, and when it is made.
fn follow_up(idv: &Idv) -> Option<(NewTask, i64)> {
    let verdict = idv.verdict.as_ref().filter(|verdict| verdict.state == Some(ACCEPT))?;
    let (wanted, holder) = (idv.asked.follow_up.as_ref()?, verdict.holder.as_ref()?);
    let target = json!({ "type": 1, "name": holder.full_name, "birthday": holder.birthday, "citizenship": holder.country });
    let new = NewTask {
        name: holder.full_name.clone(),
        target,
        setting: wanted.setting,
        sources: (0..SOURCES.len()).collect(),
        callback_url: wanted.callback_url.clone(),
        customer_reference: idv.asked.customer_reference.clone(),
        from_idv_id: idv.id,
    };
    Some((new, idv.ends_ms?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kryptogo::idv::requests;

    fn asked(body: serde_json::Value) -> Asked {
        let asked = requests::sdk(body.to_string().as_bytes()).unwrap();
        Asked { way: Way::Upload, ..asked }
    }

    fn ana() -> Asked {
        asked(json!({
            "workflow_id": 3, "country": "TWN", "expected_name": "Ana", "auto_create_dd_task": true, "dd_task_search_setting_id": 1,
        }))
    }

    fn picture(size: usize) -> BTreeMap<Slot, Picture> {
        let bytes = vec![0; size].into();
        let picture = Picture {
            mime: "image/png".into(),
            size,
            sha256: size.to_string(),
            width: 400,
            height: 400,
            canary: false,
            bytes,
        };
        BTreeMap::from([(Slot::Front, picture)])
    }

    #[test]
    fn the_task_is_made_once_at_the_end_if_there_are_points() {
        let (mut book, options) = (Book::new(POINTS_PER_IDV + 10), Options::default());
        let id = book.make_idv(ana(), picture(1), &options, 0);
        assert!(!book.finish_idvs(&options, 1_599) && book.tasks.is_empty());
        assert!(book.finish_idvs(&options, 1_600));
        assert!(!book.finish_idvs(&options, 9_999));
        let task = book.idvs.get(id).unwrap().created_task.unwrap();
        assert_eq!((book.tasks.len(), book.tasks[&task].created_ms, book.points), (1, 1_600, 0));
        book.points = POINTS_PER_IDV;
        let id = book.make_idv(ana(), picture(1), &options, 0);
        book.finish_idvs(&options, 9_999);
        assert_eq!((book.idvs.get(id).unwrap().created_task, book.tasks.len()), (None, 1));
    }

    #[test]
    fn the_oldest_bytes_are_let_go_of() {
        let (mut book, options) = (Book::new(1_000), Options::default());
        let ids = [400, 300, 300].map(|size| book.make_idv(ana(), picture(size), &options, 0));
        book.idvs.forget_bytes(700);
        let kept = ids.map(|id| book.idvs.get(id).unwrap().pictures[&Slot::Front].bytes.len());
        assert_eq!(kept, [0, 300, 300]);
        assert_eq!(
            book.idvs.get(ids[0]).unwrap().pictures[&Slot::Front].size,
            400,
            "what it was is still known"
        );
    }

    #[test]
    fn somebody_without_a_name_is_known_by_their_picture() {
        let (mut book, options) = (Book::new(1_000), Options::default());
        let nameless = || asked(json!({ "workflow_id": 3, "country": "UKR" }));
        let mut holder = |size| {
            let id = book.make_idv(nameless(), picture(size), &options, 0);
            book.idvs.get(id).unwrap().verdict.clone().unwrap().holder.unwrap()
        };
        let first = holder(1);
        assert_eq!(first, holder(1));
        assert!((2..10).any(|size| holder(size).full_name != first.full_name));
    }
}
