//! Whoever came is compared with whoever was sent: what we asked about, what Solaris had of the
//! person before, what it has now, and what IDnow tells of the sessions.
//!
//! Each of them may be missing or say something else than the others. Nothing of that makes a
//! match.

use super::{AttemptResult, FieldStatus, Person, Row, Said, data_changed, rows};
use crate::{
    fields::{is_placeholder, one_line},
    findings::{Match, compare_country, compare_date},
    spelling::liken,
};
use std::collections::BTreeMap;

/// One thing about a person that a session may correct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Particular {
    /// Its path in Solaris's record.
    pub path: &'static str,
    /// IDnow's name of it; empty where it has none.
    pub key: &'static str,
    pub label: &'static str,
    /// Who somebody is hangs on it.
    pub decides: bool,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Day,
    Country,
    Phone,
    Text,
}

const fn p(
    path: &'static str,
    key: &'static str,
    label: &'static str,
    decides: bool,
    kind: Kind,
) -> Particular {
    Particular { path, key, label, decides, kind }
}

/// All of them, in reading order.
#[rustfmt::skip]
pub const PARTICULARS: &[Particular] = &[
    p("salutation", "gender", "Salutation", false, Kind::Text),
    p("title", "title", "Title", false, Kind::Text),
    p("first_name", "firstname", "First name", true, Kind::Name),
    p("last_name", "lastname", "Last name", true, Kind::Name),
    p("birth_name", "birthname", "Name at birth", false, Kind::Name),
    p("birth_date", "birthday", "Birth date", true, Kind::Day),
    p("birth_city", "birthplace", "Place of birth", false, Kind::Text),
    p("birth_country", "", "Country of birth", false, Kind::Country),
    p("nationality", "nationality", "Nationality", true, Kind::Country),
    p("address.line_1", "address.street", "Street", false, Kind::Text),
    p("address.line_2", "address.streetnumber", "House number", false, Kind::Text),
    p("address.postal_code", "address.zipcode", "Postal code", false, Kind::Text),
    p("address.city", "address.city", "Town", false, Kind::Text),
    p("address.state", "", "State", false, Kind::Text),
    p("address.country", "address.country", "Country of residence", false, Kind::Country),
    p("mobile_number", "", "Mobile number", false, Kind::Phone),
    p("email", "", "E-mail address", false, Kind::Text),
];

/// What is known of the person on all sides.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// Whom the check asks about; absent when it was erased.
    pub sent: Option<&'a Person>,
    /// The person as the provider had them first since the check began, by the paths of
    /// [`PARTICULARS`].
    pub before: Option<&'a BTreeMap<String, String>>,
    /// As the provider has them now.
    pub now: &'a BTreeMap<String, String>,
    /// The oldest first.
    pub sessions: &'a [Session<'a>],
}

/// What one session tells of the customer.
#[derive(Debug, Clone, Copy)]
pub struct Session<'a> {
    pub result: &'a AttemptResult,
    pub data: &'a [Said],
    /// The mobile number that was confirmed in it with a code.
    pub number: Option<&'a str>,
}

/// Something in which whoever came differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub label: &'static str,
    pub path: &'static str,
    /// What the check asked about.
    pub sent: Option<String>,
    /// What the provider had before.
    pub before: Option<String>,
    pub after: String,
    /// Whether a session tells it, or the provider's record.
    pub by_session: bool,
    /// Whether it changed since the check began, and is not only another than was sent.
    pub is_change: bool,
    /// In what the two are alike all the same.
    pub note: Option<String>,
}

/// What can be said of a session's changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// A session changed or added data.
    Changed,
    /// No session says so, but the person is not as they were sent, or as they were before.
    Other,
    /// The customer confirmed another mobile number in a session; every word about all else says
    /// that nothing changed.
    Number,
    /// Every word about it says that nothing changed.
    Nothing,
    /// Nobody says it, or not of everything.
    Unknown,
}

impl Particular {
    /// The same thing in any notation; names letter for letter.
    fn is_unchanged(&self, before: &str, after: &str) -> bool {
        if one_line(before) == one_line(after) {
            return true;
        }
        match self.kind {
            Kind::Day => compare_date(Some(before), Some(after)) == Match::Matches,
            Kind::Country => compare_country(Some(before), Some(after)) == Match::Matches,
            Kind::Phone => digits(before) == digits(after),
            Kind::Name | Kind::Text => false,
        }
    }

    /// Whether it is about the same person: names in any spelling.
    fn is_same(&self, sent: &str, after: &str) -> bool {
        self.is_unchanged(sent, after) || (self.kind == Kind::Name && liken(sent, after).is_same())
    }

    fn note(&self, before: &str, after: &str) -> Option<String> {
        let likeness = liken(before, after);
        (self.kind == Kind::Name && likeness.is_same()).then(|| likeness.note()).flatten()
    }

    fn sent<'a>(&self, sent: Option<&'a Person>) -> Option<&'a str> {
        let sent = sent?;
        let value = match self.path {
            "first_name" => &sent.first_name,
            "last_name" => &sent.last_name,
            "birth_date" => &sent.birth_date,
            "nationality" => &sent.nationality,
            _ => return None,
        };
        Some(value.as_str()).filter(|value| !value.trim().is_empty())
    }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).skip_while(|digit| *digit == '0').collect()
}

/// A word for nothing, unless it stood there before.
fn says_nothing(now: &str, sent: Option<&str>, before: Option<&str>) -> bool {
    is_placeholder(now) && ![sent, before].contains(&Some(now))
}

/// What a session says that a field is now; nothing where it only repeats what was sent, or hides
/// it.
fn after(said: &Said) -> Option<&str> {
    let is_told = !matches!(said.status, FieldStatus::Original | FieldStatus::Redaction);
    said.value.as_deref().filter(|value| is_told && !value.trim().is_empty())
}

/// Whether a session has a result: only then its data are those of whoever came.
const fn has_result(result: &AttemptResult) -> bool {
    !matches!(result, AttemptResult::Aborted | AttemptResult::Canceled)
}

impl Sides<'_> {
    fn rows(&self) -> impl Iterator<Item = (&Said, Row)> {
        self.sessions.iter().flat_map(|session| session.data.iter().zip(rows(session.data)))
    }

    /// What sessions say of a particular, the oldest first.
    fn told(&self, key: &str) -> impl Iterator<Item = &str> {
        let with_result = self.sessions.iter().filter(|session| has_result(session.result));
        with_result
            .flat_map(|session| session.data.iter())
            .filter(move |said| !key.is_empty() && said.key == key)
            .filter_map(after)
    }

    /// Whether a session says in its own words that it corrected this into `after`.
    fn is_told_changed(&self, particular: &Particular, after: &str) -> bool {
        let is_gender = particular.key == "gender";
        if particular.kind == Kind::Phone && self.is_confirmed(after) {
            return true;
        }
        let of_key = |said: &Said| !particular.key.is_empty() && said.key == particular.key;
        self.rows().any(|(said, row)| {
            of_key(said)
                && row.result == Match::Differs
                && (is_gender
                    || row.after.as_deref().is_some_and(|told| particular.is_same(told, after)))
        })
    }

    /// Whether a session that has a result confirmed this number.
    fn is_confirmed(&self, number: &str) -> bool {
        let with_result = self.sessions.iter().filter(|session| has_result(session.result));
        with_result
            .filter_map(|session| session.number)
            .any(|told| !digits(told).is_empty() && digits(told) == digits(number))
    }

    /// Whether the provider has another number since the check began, which a session confirmed.
    fn is_number_new(&self) -> bool {
        PARTICULARS.iter().filter(|particular| particular.kind == Kind::Phone).any(|particular| {
            let sent = self.sent.map(|sent| sent.mobile_number.as_str());
            let before = self.before.map_or(sent, |b| b.get(particular.path).map(String::as_str));
            let now = self.now.get(particular.path);
            now.is_some_and(|now| {
                self.is_confirmed(now)
                    && !before.is_some_and(|before| particular.is_unchanged(before, now))
            })
        })
    }

    /// Everything in which whoever came differs, and that no session tells as a change of its own.
    #[must_use]
    pub fn differences(&self) -> Vec<Difference> {
        let mut all: Vec<Difference> = Vec::new();
        for particular in PARTICULARS {
            let (sent, before) = (
                particular.sent(self.sent),
                self.before.and_then(|b| b.get(particular.path)).map(String::as_str),
            );
            let difference = |after: &str, by_session: bool, is_change: bool| Difference {
                label: particular.label,
                path: particular.path,
                sent: sent.map(str::to_owned),
                before: before.map(str::to_owned),
                after: after.to_owned(),
                by_session,
                is_change,
                note: before
                    .filter(|_| is_change)
                    .or(sent)
                    .or(before)
                    .and_then(|old| particular.note(old, after)),
            };
            if let Some(now) = self
                .now
                .get(particular.path)
                .map(String::as_str)
                .filter(|now| !says_nothing(now, sent, before))
            {
                let is_change = before.is_some_and(|before| !particular.is_unchanged(before, now));
                let is_another = sent.is_some_and(|sent| !particular.is_same(sent, now));
                if (is_change || is_another) && !self.is_told_changed(particular, now) {
                    all.push(difference(now, false, is_change));
                }
            }
            // A word such as MATCH does not hide another value.
            let Some(old) = sent.or(before).filter(|_| particular.decides) else { continue };
            for told in self.told(particular.key).filter(|told| !says_nothing(told, sent, before)) {
                let is_known = |d: &Difference| {
                    d.path == particular.path && particular.is_same(&d.after, told)
                };
                if !particular.is_same(old, told)
                    && !self.is_told_changed(particular, told)
                    && !all.iter().any(is_known)
                {
                    all.push(difference(told, true, false));
                }
            }
        }
        all
    }

    /// Whether some session that has a result tells of the customer's data.
    #[must_use]
    pub fn is_told_of(&self) -> bool {
        self.sessions.iter().any(|session| has_result(session.result) && !session.data.is_empty())
    }

    /// Labels of what nobody tells: who somebody is hangs on it and no side gives it now, or a
    /// session gives a word about it that is not known and nothing to compare it with.
    #[must_use]
    pub fn untold(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for particular in PARTICULARS.iter().filter(|particular| particular.decides) {
            let is_sent = particular.sent(self.sent).is_some()
                || self.before.is_some_and(|b| b.contains_key(particular.path));
            let now = self.now.get(particular.path).map(String::as_str);
            let before = self.before.and_then(|b| b.get(particular.path)).map(String::as_str);
            let is_given = |value: &str| !says_nothing(value, particular.sent(self.sent), before);
            if is_sent && !now.into_iter().chain(self.told(particular.key)).any(is_given) {
                all.push(particular.label.to_owned());
            }
        }
        for (said, row) in self.rows() {
            let is_compared = PARTICULARS
                .iter()
                .any(|particular| particular.decides && particular.key == said.key);
            let is_odd =
                matches!(said.status, FieldStatus::Unknown(_)) && row.result == Match::NotAvailable;
            if is_odd && !is_compared && !all.contains(&row.label) {
                all.push(row.label);
            }
        }
        all
    }

    /// What a page says of it in a few words.
    #[must_use]
    pub fn summary(&self) -> Told {
        let is_open =
            |row: &Row| matches!(row.status, FieldStatus::Missing | FieldStatus::Unknown(_));
        if self.sessions.iter().any(|session| data_changed(session.data))
            || self.rows().any(|(_, row)| row.result == Match::Differs)
        {
            Told::Changed
        } else if !self.differences().is_empty() {
            Told::Other
        } else if !self.is_told_of()
            || !self.untold().is_empty()
            || self.rows().any(|(_, row)| is_open(&row))
        {
            Told::Unknown
        } else if self.is_number_new() {
            Told::Number
        } else {
            Told::Nothing
        }
    }
}

#[cfg(test)]
mod tests;
