//! The bank's books: persons, identifications, documents, webhooks and what is still to be sent.
//!
//! Each identification carries the steps that lie before it, each with its moment;
//! [`Book::advance`] lets those happen whose moment has come. No I/O here, and the clock is passed
//! in.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Variant,
    attempts::{self, Attempt, Report},
    deliveries::{Deliveries, Webhook},
    documents::{Document, Origin},
    identification::Identification,
    odd,
    person::Person,
    scenario::Step,
    triggers::{Trigger, UNKNOWN_STATUS, Unreliable},
};
use crate::{Options, text::unguessable};

const ALIKE_MAX: usize = 1_000;

/// The suffix of an id says what it belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Thing {
    Person,
    Identification,
    Document,
    Attempt,
    Webhook,
}

/// Everything of one variant of the bank.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Book {
    pub variant: Variant,
    pub persons: Vec<Person>,
    pub identifications: Vec<Identification>,
    pub documents: Vec<Document>,
    pub webhooks: Vec<Webhook>,
    pub deliveries: Deliveries,
    /// How often something was tried; triggers count with these.
    pub tries: BTreeMap<String, u32>,
}

/// Both variants of the bank, and the tokens, which open both and do not survive a restart.
#[derive(Serialize, Deserialize)]
pub(crate) struct Books {
    bank: Book,
    lax: Book,
    /// Token and when it ends, UTC milliseconds.
    #[serde(skip)]
    pub tokens: HashMap<String, i64>,
}

impl Default for Books {
    fn default() -> Self {
        let lax = Book { variant: Variant::Lax, ..Book::default() };
        Self { bank: Book::default(), lax, tokens: HashMap::new() }
    }
}

impl Books {
    /// Nothing is left at either bank; tokens go on.
    pub fn forget(&mut self) {
        let tokens = std::mem::take(&mut self.tokens);
        *self = Self { tokens, ..Self::default() };
    }

    pub fn of(&mut self, variant: Variant) -> &mut Book {
        match variant {
            Variant::Bank => &mut self.bank,
            Variant::Lax => &mut self.lax,
        }
    }
}

impl Book {
    /// 32 hexadecimal digits and, except for webhooks and in the lax variant, a suffix.
    pub(super) fn new_id(&self, thing: Thing) -> String {
        let suffix = match thing {
            _ if self.variant == Variant::Lax => "",
            Thing::Person => "cper",
            Thing::Identification => "cidt",
            Thing::Document => "cdoc",
            Thing::Attempt => "cida",
            Thing::Webhook => "",
        };
        unguessable() + suffix
    }

    pub fn person(&self, id: &str) -> Option<&Person> {
        self.persons.iter().find(|person| person.id == id)
    }

    pub fn person_mut(&mut self, id: &str) -> Option<&mut Person> {
        self.persons.iter_mut().find(|person| person.id == id)
    }

    pub fn identification(&self, id: &str) -> Option<&Identification> {
        self.identifications.iter().find(|identification| identification.id == id)
    }

    /// Published: not more than 1000 persons with the same names, birth city and birth date.
    pub fn has_too_many_like(&self, new: &Person) -> bool {
        self.persons.iter().filter(|other| other.likeness() == new.likeness()).count() >= ALIKE_MAX
    }

    /// Counts a try; the first is 1.
    pub fn count(&mut self, what: &str) -> u32 {
        let tries = self.tries.entry(what.to_owned()).or_default();
        *tries += 1;
        *tries
    }

    /// Lets everything happen whose moment has come, in its order; `true` when something did.
    pub fn advance(&mut self, now_ms: i64, options: &Options) -> bool {
        let mut happened = false;
        while let Some((index, step)) = self.next_step(now_ms) {
            self.identifications[index].steps.retain(|other| *other != step);
            self.happen(index, &step, options);
            happened = true;
        }
        happened
    }

    fn next_step(&self, now_ms: i64) -> Option<(usize, Step)> {
        let steps = self
            .identifications
            .iter()
            .enumerate()
            .flat_map(|(index, of)| of.steps.iter().map(move |step| (index, step)));
        let due = steps.filter(|(_, step)| step.at_ms <= now_ms).min_by_key(|(_, step)| step.at_ms);
        due.map(|(index, step)| (index, step.clone()))
    }

    /// When something happens next.
    pub fn next_ms(&self) -> Option<i64> {
        self.identifications.iter().flat_map(|of| &of.steps).map(|step| step.at_ms).min()
    }

    fn happen(&mut self, index: usize, step: &Step, options: &Options) {
        let identification = &self.identifications[index];
        let Some(person) = self.person(&identification.person_id).cloned() else { return };
        let successful = step.verdict.status() == "successful";
        let changes = match (step.changed, successful && person.script.is_none()) {
            (true, _) => attempts::all_changed(&person),
            (false, true) => attempts::found_missing(options.seed, &person),
            (false, false) => Map::new(),
        };
        self.report(index, step, &person, &changes, options);
        if successful {
            let taken = changes.into_iter().chain(odd::unsaid(&person)).collect();
            self.take_over(index, &person, &taken, options, step.at_ms);
        }
        let unknown = successful && Trigger::of(&person.last_name) == Some(Trigger::UnknownStatus);
        let status = if unknown { UNKNOWN_STATUS } else { step.verdict.status() };
        self.move_to(index, status, step.reason.clone(), step.at_ms, options);
    }

    /// Writes down IDnow's result; a last word takes the place of a preliminary one.
    fn report(
        &mut self,
        index: usize,
        step: &Step,
        person: &Person,
        changes: &Map<String, Value>,
        options: &Options,
    ) {
        let new_id = self.new_id(Thing::Attempt);
        let identification = &mut self.identifications[index];
        let holder = attempts::holder(options.seed, person, identification.shown.passport);
        let payload = attempts::payload(
            &Report {
                identification_id: &identification.id,
                reference: identification.reference.as_deref().unwrap_or_default(),
                url: identification.url.as_deref().unwrap_or_default(),
                verdict: step.verdict,
                reason: step.reason.as_deref(),
                at_ms: step.at_ms,
                auto: identification.session.is_none(),
                shown: &identification.shown,
                changes,
            },
            person,
            &holder,
        );
        if let Some(open) =
            identification.attempts.last_mut().filter(|attempt| attempt.verdict.is_preliminary())
        {
            (open.verdict, open.reason, open.payload) =
                (step.verdict, step.reason.clone(), payload);
            return;
        }
        let attempt = Attempt {
            id: new_id,
            at_ms: step.at_ms,
            verdict: step.verdict,
            reason: step.reason.clone(),
            payload,
        };
        identification.attempts.push(attempt);
    }

    /// What a success leaves behind: data, the verified number, documents, and a screened person.
    fn take_over(
        &mut self,
        index: usize,
        person: &Person,
        changes: &Map<String, Value>,
        options: &Options,
        at_ms: i64,
    ) {
        let identification = &self.identifications[index];
        let number = international(&identification.shown.mobile_number);
        let is_new_number = person.text("mobile_number") != number.as_deref();
        let (passport, signs) = (identification.shown.passport, self.signs(&identification.id));
        let (id, unreliable) = (identification.id.clone(), self.unreliable(&person.id));
        if let Some(person) = self.person_mut(&person.id) {
            person.set(changes);
            if let Some(number) = &number {
                person.fields.insert("mobile_number".into(), json!(number));
            }
            for (field, green) in [
                ("screening_progress", "SCREENED_ACCEPTED"),
                ("risk_classification_status", "NORMAL_RISK"),
                ("customer_vetting_status", "NO_MATCH"),
            ] {
                person.fields.insert(field.into(), json!(green));
            }
            person.fields.insert(
                "legitimation_valid_until".into(),
                json!(attempts::holder(options.seed, person, passport).expiry_date),
            );
        }
        let signed = signs.then_some(Origin::Signed);
        let back = (!passport).then_some(Origin::Back);
        for origin in [Origin::Report, Origin::Front]
            .into_iter()
            .chain(back)
            .chain([Origin::Face, Origin::Signature])
            .chain(signed)
        {
            let document =
                Document::drawn(self.new_id(Thing::Document), &person.id, &id, origin, at_ms);
            self.documents.push(document);
        }
        if !changes.is_empty() {
            self.emit("PERSON_CHANGED", &person.id, &json!({}), at_ms, unreliable, options);
        }
        if number.is_some() && is_new_number {
            self.emit(
                "PERSON_MOBILE_NUMBER_CREATED",
                &person.id,
                &json!({}),
                at_ms,
                unreliable,
                options,
            );
        }
    }

    /// A contract to sign was uploaded: the session ends with a qualified electronic signature.
    pub fn signs(&self, identification_id: &str) -> bool {
        let mut own = self
            .documents
            .iter()
            .filter(|document| document.identification_id.as_deref() == Some(identification_id));
        own.any(|document| {
            document.document_type == "QES_DOCUMENT" && document.deleted_ms.is_none()
        })
    }

    /// Sets the status and tells the subscribers.
    pub fn move_to(
        &mut self,
        index: usize,
        status: &str,
        reason: Option<String>,
        at_ms: i64,
        options: &Options,
    ) {
        let identification = &mut self.identifications[index];
        let before = std::mem::replace(&mut identification.status, status.to_owned());
        identification.failure_reason = reason;
        identification.completed_ms = matches!(status, "successful" | "failed").then_some(at_ms);
        self.tell(index, &before, at_ms, options);
    }

    /// The webhook about an identification, as reliable as the person's name wants it.
    fn tell(&mut self, index: usize, before: &str, at_ms: i64, options: &Options) {
        let identification = &self.identifications[index];
        let unreliable = self.unreliable(&identification.person_id);
        let id = identification.id.clone();
        let body = identification.hook_body(self.variant);
        let mut older = body.clone();
        older["status"] = json!(before);
        if unreliable == Some(Unreliable::Forged) {
            self.deliveries.forge("IDENTIFICATION", &id, &older, at_ms, &self.webhooks);
        }
        self.emit("IDENTIFICATION", &id, &body, at_ms, unreliable, options);
        if unreliable == Some(Unreliable::OutOfOrder) {
            self.emit("IDENTIFICATION", &id, &older, at_ms + 500, None, options);
        }
    }

    fn unreliable(&self, person_id: &str) -> Option<Unreliable> {
        match Trigger::of(&self.person(person_id)?.last_name) {
            Some(Trigger::Webhook(how)) => Some(how),
            _ => None,
        }
    }

    /// Owes an event to each of its subscribers.
    pub fn emit(
        &mut self,
        event: &str,
        entity: &str,
        body: &Value,
        at_ms: i64,
        unreliable: Option<Unreliable>,
        options: &Options,
    ) {
        let lax_body = json!({ "id": unguessable() });
        let bare = body.as_object().is_some_and(Map::is_empty);
        // Some implementations name a random thing where the bank says nothing.
        let body = if bare && self.variant == Variant::Lax { &lax_body } else { body };
        let wait_ms = if unreliable == Some(Unreliable::Late) { options.late_ms } else { 0 };
        let copies = match unreliable {
            Some(Unreliable::Never) => 0,
            Some(Unreliable::Duplicate) => 3,
            _ => 1,
        };
        self.deliveries.owe((event, entity), body, (at_ms, wait_ms), copies, &self.webhooks);
        if unreliable == Some(Unreliable::FixedId) {
            self.deliveries.name_fixed(entity);
        }
    }

    /// Tells that a person has other data now.
    pub fn person_changed(&mut self, id: &str, now_ms: i64, options: &Options) {
        let unreliable = self.unreliable(id);
        self.emit("PERSON_CHANGED", id, &json!({}), now_ms, unreliable, options);
    }

    /// Erases a person with everything about them and tells it. `false` when there is none.
    pub fn delete_person(&mut self, id: &str, now_ms: i64, options: &Options) -> bool {
        let before = self.persons.len();
        let unreliable = self.unreliable(id);
        self.persons.retain(|person| person.id != id);
        if self.persons.len() == before {
            return false;
        }
        self.identifications.retain(|identification| identification.person_id != id);
        self.documents.retain(|document| document.person_id != id);
        self.emit("PERSON_DELETED", id, &json!({}), now_ms, unreliable, options);
        true
    }
}

/// `030 1234` is a German number; what cannot be one is `None`.
fn international(number: &str) -> Option<String> {
    let digits: String =
        number.chars().filter(|sign| sign.is_ascii_digit() || *sign == '+').collect();
    let number = match digits.strip_prefix('0') {
        Some(rest) => format!("+49{}", rest.trim_start_matches('0')),
        None => digits,
    };
    super::fields::is_phone(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_alike_are_enough() {
        let person = |id: usize, city: &str| {
            let body = json!({"first_name": "Jane", "last_name": "Doe", "birth_city": city});
            Person::create(id.to_string(), body.as_object().unwrap(), 0).unwrap()
        };
        let mut book =
            Book { persons: (0..999).map(|id| person(id, "Bonn")).collect(), ..Book::default() };
        book.persons.push(person(999, "Berlin"));
        assert!(!book.has_too_many_like(&person(1_000, "Bonn")));
        book.persons.push(person(1_000, "Bonn"));
        assert!(
            book.has_too_many_like(&person(1_001, "Bonn"))
                && !book.has_too_many_like(&person(1_001, "Berlin"))
        );
    }

    #[test]
    fn numbers_become_international() {
        assert_eq!(international("030 123-4567").as_deref(), Some("+49301234567"));
        assert_eq!(international("+15550101").as_deref(), Some("+15550101"));
        assert_eq!(international(""), None);
    }
}
