//! One verification: what was asked, what has come of it, and what can be seen of it at a moment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    super::triggers::Trigger,
    images::{Picture, Slot},
    outcome::{self, Circumstances, INITIAL, PENDING, Verdict},
    requests::{Asked, Way},
    triggers::{IdvTrigger, shared},
};
use crate::{
    holder::{Holder, Kind},
    text::DAY_MS,
};

/// How long the customer's page opens. Jumio's SDK tokens live 30 minutes; for links a
/// reconstruction.
const LINK_LIFE_MS: i64 = 30 * DAY_MS;
pub(super) const SDK_LIFE_MS: i64 = 30 * 60 * 1_000;

/// One verification.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Idv {
    pub id: i64,
    pub asked: Asked,
    /// UTC milliseconds, like all moments here.
    pub created_ms: i64,
    /// Opens the customer's page.
    pub token: String,
    pub sdk_token: Option<String>,
    /// The unguessable part of the pictures' addresses.
    pub files: String,
    /// What was received; nothing for links and SDKs, whose pictures are drawn.
    pub pictures: BTreeMap<Slot, Picture>,
    /// The outcome that was chosen on the customer's page, before the expected name's.
    pub outcome_name: Option<String>,
    pub uploaded_ms: Option<i64>,
    /// When the verdict may be told; `None` while nobody knows, and for good when it never will.
    pub ends_ms: Option<i64>,
    pub verdict: Option<Verdict>,
    /// Whether what follows the end has happened.
    pub finished: bool,
    pub created_task: Option<i64>,
    pub dd_tasks: Vec<i64>,
    pub audit: Option<Audit>,
    pub points_spent: i64,
    pub callbacks_delivered: u32,
    pub reads: u32,
    pub picture_reads: BTreeMap<Slot, u32>,
}

/// A person at the provider has looked at it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Audit {
    pub accepted: bool,
    pub at_ms: i64,
}

impl Idv {
    /// The name that asks for something: the one chosen on the customer's page, else the expected.
    fn asking_name(&self) -> &str {
        self.outcome_name.as_deref().or(self.asked.expected.name.as_deref()).unwrap_or_default()
    }

    pub fn trigger(&self) -> Option<IdvTrigger> {
        IdvTrigger::of(self.asking_name())
    }

    pub fn shared_trigger(&self) -> Option<Trigger> {
        shared(self.asking_name())
    }

    /// The verdict, once it may be told.
    pub fn verdict_by(&self, now_ms: i64) -> Option<&Verdict> {
        self.verdict.as_ref().filter(|_| self.ends_ms.is_some_and(|at| at <= now_ms))
    }

    /// 0 accept, 1 review, 2 reject, 3 pending, 4 initial; `None` when the answer leaves it out.
    pub fn state(&self, now_ms: i64) -> Option<i64> {
        match self.verdict_by(now_ms) {
            Some(verdict) => verdict.state,
            None if self.uploaded_ms.is_some() => Some(PENDING),
            None => Some(INITIAL),
        }
    }

    /// Whether the customer may still come.
    pub fn is_open(&self, now_ms: i64) -> bool {
        let life = if self.asked.way == Way::Sdk { SDK_LIFE_MS } else { LINK_LIFE_MS };
        self.waits_for_customer() && now_ms < self.created_ms + life
    }

    pub fn waits_for_customer(&self) -> bool {
        self.asked.way != Way::Upload && self.uploaded_ms.is_none() && self.verdict.is_none()
    }

    /// The pictures that exist. A customer's are as many as the page asks for.
    pub fn slots(&self) -> Vec<Slot> {
        match self.asked.way {
            Way::Upload => self.pictures.keys().copied().collect(),
            _ if self.uploaded_ms.is_none() => Vec::new(),
            _ => self.asked_slots(),
        }
    }

    /// What the customer's page asks for: Jumio for a selfie, Sumsub for one with the document as
    /// well.
    pub fn asked_slots(&self) -> Vec<Slot> {
        let no_selfie = !self.asked.wants_face() || self.trigger() == Some(IdvTrigger::Review(600));
        let wanted = |slot: &Slot| match slot {
            Slot::Front => true,
            Slot::Back => self.asked.kind != Some(Kind::Passport),
            Slot::Face => !no_selfie,
            Slot::FaceWithId => !no_selfie && self.asked.workflow.is_none(),
        };
        Slot::ALL.into_iter().filter(wanted).collect()
    }

    /// Whom drawn pictures show: what was read, else what would have been.
    pub fn shown_holder(&self, seed: u64) -> Holder {
        let read = self.verdict.as_ref().and_then(|verdict| verdict.holder.clone());
        let key = self.key();
        read.unwrap_or_else(|| {
            outcome::holder(
                &self.asked,
                &Circumstances { trigger: None, seed, key: &key, tries: 1, now_ms: 0 },
            )
        })
    }

    /// What a person without a name is remembered by.
    pub fn key(&self) -> String {
        match self.pictures.get(&Slot::Front) {
            Some(picture) => picture.sha256.clone(),
            None => format!(
                "{}/{}",
                self.asked.customer_reference.as_deref().unwrap_or_default(),
                self.id
            ),
        }
    }
}
