//! What an outcome says anew, and which earlier judgements still stand for what it says again.
//!
//! The entries of two outcomes are paired by what names an entry: the provider's own identity of it
//! where it gives one, else its list, name, birth date, country and link. What was judged is
//! remembered with what was compared then; it stands until it is too old, or until the entry, its
//! list or the customer's own data are no longer what the person saw who judged it.

use crate::{
    Moment, dates,
    findings::{self, Compared, Judgement, Match, Source},
    search, time,
    who::{Data, Whom},
};
use std::collections::{BTreeMap, BTreeSet};

/// The fewest and the most months that a policy may let a judgement stand.
pub const MONTHS: std::ops::RangeInclusive<u32> = 1..=60;
/// The months that a judgement stands where a policy says nothing.
pub const MONTHS_FIRST: u32 = 12;

/// Names of facts by which a provider tells its entries apart. A number alone means nothing between
/// lists, so the list belongs to it.
const IDENTITIES: [&str; 10] = [
    "entry id",
    "entry_id",
    "entity id",
    "entity_id",
    "profile id",
    "profile_id",
    "peid",
    "uid",
    "uuid",
    "list id",
];

impl Source {
    /// Whether its findings are entries of lists, which come again with every search: a judgement of
    /// one is worth remembering. What is found in a session, a document or a register of one check
    /// is looked at each time.
    #[must_use]
    pub const fn is_list(self) -> bool {
        match self {
            Self::SanctionList
            | Self::DowJones
            | Self::TwVerdict
            | Self::NegativeNews
            | Self::TwCompany
            | Self::Other => true,
            Self::Unread
            | Self::CustomerChange
            | Self::IdvReject
            | Self::IdvReview
            | Self::IdvField
            | Self::WalletSanction
            | Self::NumberField
            | Self::Register
            | Self::IdentState
            | Self::IdentField
            | Self::IdentAttempt => false,
        }
    }
}

/// An entry of a list, as one outcome says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub source: Source,
    /// The provider's name of the list.
    pub list: String,
    pub title: String,
    pub link: Option<String>,
    /// What the list says of the entry: by `name`, `birth date`, `country`.
    pub compared: Vec<Compared>,
    pub facts: Vec<(String, String)>,
    /// The provider's score of the likeness, which may move without the entry being another.
    pub score: Option<i64>,
}

/// A field of an entry that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub field: String,
    pub before: String,
    pub now: String,
    /// Whoever judged the entry before judged something else.
    pub matters: bool,
}

impl Entry {
    /// What the list says under a field, folded as names and words are; empty where it says nothing.
    fn said(&self, field: &str) -> String {
        let found = self.compared.iter().find(|c| c.field == field);
        found.map(|c| search::fold(c.found.trim())).unwrap_or_default()
    }

    /// The provider's own identity of the entry within its list.
    fn given_id(&self) -> Option<String> {
        let of = |name: &str| {
            let fact = self.facts.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
            Some(fact.1.trim()).filter(|id| !id.is_empty() && !crate::fields::is_placeholder(id))
        };
        let id = IDENTITIES.iter().find_map(|name| of(name))?;
        Some(format!("{}\0{}\0{id}", self.source.code(), self.list))
    }

    fn name(&self) -> String {
        let name = self.said("name");
        if name.is_empty() { search::fold(self.title.trim()) } else { name }
    }

    /// What names the entry, the surest first. Of the later ones, only those count that name one
    /// entry in each of two outcomes.
    fn names(&self) -> [Option<String>; 4] {
        let base = format!("{}\0{}", self.source.code(), self.list);
        let link = self.link.as_deref().unwrap_or_default();
        let (born, country) = (self.said("birth date"), self.said("country"));
        [
            self.given_id(),
            Some(format!("{base}\0{}\0{born}\0{country}\0{link}", self.name())),
            // Whatever list names it: what moved from one list to another is the same, and changed.
            self.link.clone(),
            Some(format!("{base}\0{}", self.name())),
        ]
    }

    /// What the entry says otherwise than before.
    #[must_use]
    pub fn changes(&self, before: &Self) -> Vec<Change> {
        let mut all = Vec::new();
        let mut put = |field: &str, before: &str, now: &str, matters: bool| {
            if before.trim() != now.trim() {
                let (before, now) = (before.trim().to_owned(), now.trim().to_owned());
                all.push(Change { field: field.to_owned(), before, now, matters });
            }
        };
        put("list", &before.list, &self.list, true);
        put("title", &before.title, &self.title, true);
        let fields: BTreeSet<&str> =
            self.compared.iter().chain(&before.compared).map(|c| c.field.as_str()).collect();
        for field in fields {
            let of = |entry: &Self| entry.compared.iter().find(|c| c.field == field).cloned();
            let (was, is) = (of(before), of(self));
            let found =
                |c: &Option<Compared>| c.as_ref().map_or("", |c| c.found.as_str()).to_owned();
            put(field, &found(&was), &found(&is), true);
            // The same words of the list, which compare otherwise now.
            if found(&was).trim() == found(&is).trim()
                && let (Some(was), Some(is)) = (was, is)
            {
                put(field, was.result.label(), is.result.label(), true);
            }
        }
        let facts = |entry: &Self| {
            let mut facts: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (name, value) in &entry.facts {
                facts.entry(name.clone()).or_default().push(value.clone());
            }
            facts
        };
        let (was, is) = (facts(before), facts(self));
        for name in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
            let of = |facts: &BTreeMap<String, Vec<String>>| {
                facts.get(name).map(|v| v.join(", ")).unwrap_or_default()
            };
            put(name, &of(&was), &of(&is), true);
        }
        put("link", before.link.as_deref().unwrap_or(""), self.link.as_deref().unwrap_or(""), true);
        let score = |score: Option<i64>| score.map(|s| s.to_string()).unwrap_or_default();
        put("score", &score(before.score), &score(self.score), false);
        all
    }
}

/// Which entries of an earlier outcome are those of this one: for each of `now` the place in
/// `before`. No entry is paired twice.
#[must_use]
pub fn pair(now: &[Entry], before: &[Entry]) -> Vec<Option<usize>> {
    let names = |entries: &[Entry]| entries.iter().map(Entry::names).collect::<Vec<_>>();
    let (now_names, before_names) = (names(now), names(before));
    let mut paired: Vec<Option<usize>> = vec![None; now.len()];
    let mut taken = vec![false; before.len()];
    for tier in 0..4 {
        let free = |names: &[[Option<String>; 4]], is_free: &dyn Fn(usize) -> bool| {
            let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            for (at, names) in names.iter().enumerate().filter(|(at, _)| is_free(*at)) {
                if let Some(name) = &names[tier] {
                    by_name.entry(name.clone()).or_default().push(at);
                }
            }
            by_name
        };
        let ours = free(&now_names, &|at| paired[at].is_none());
        let theirs = free(&before_names, &|at| !taken[at]);
        for (name, ours) in ours {
            let Some(theirs) = theirs.get(&name) else { continue };
            // Entries that nothing tells apart are paired one by one where all of each is the same;
            // by a link or a name alone only where it names one on both sides, and never across two
            // identities of the provider.
            let is_sure = tier < 2 || (ours.len() == 1 && theirs.len() == 1);
            if !is_sure {
                continue;
            }
            for (&at, &other) in ours.iter().zip(theirs) {
                let are_others = matches!(
                    (&now_names[at][0], &before_names[other][0]),
                    (Some(now), Some(before)) if now != before
                );
                if !are_others {
                    paired[at] = Some(other);
                    taken[other] = true;
                }
            }
        }
    }
    paired
}

/// Why a judgement of before does not stand any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It is older than the policy lets it stand.
    Old { months: u32 },
    /// The entry says something else.
    Entry(Vec<Change>),
    /// The customer's own data are others now.
    Customer(Vec<Data>),
}

impl Ended {
    /// Why it is asked again, as a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Old { months } => {
                let unit = if *months == 1 { "month" } else { "months" };
                format!("Asked again: the judgement is older than {months} {unit}.")
            }
            Self::Entry(changes) => {
                let fields: Vec<&str> = changes.iter().map(|c| c.field.as_str()).collect();
                format!("Asked again: the entry changed ({}).", fields.join(", "))
            }
            Self::Customer(data) => {
                let words: Vec<String> = data.iter().map(|d| d.label().to_lowercase()).collect();
                format!("Asked again: the customer’s {} changed.", words.join(" and "))
            }
        }
    }
}

/// A judgement of before, with what was compared then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    pub judgement: Judgement,
    pub at: Moment,
    /// The entry as it was judged.
    pub entry: Entry,
    /// The customer as the check asked about them then.
    pub whom: Whom,
}

/// Whether a judgement of before stands for the entry as it is now, and why not.
///
/// `whom`: the customer as this check asks about them.
///
/// # Errors
/// Why it is asked again.
pub fn stands(
    judged: &Judged,
    entry: &Entry,
    whom: &Whom,
    now: Moment,
    months: u32,
) -> Result<(), Ended> {
    let others = other_data(&judged.whom, whom);
    if !others.is_empty() {
        return Err(Ended::Customer(others));
    }
    let mut changes = entry.changes(&judged.entry);
    changes.retain(|change| change.matters);
    if entry.source != judged.entry.source {
        let (before, now) = (judged.entry.source.label(), entry.source.label());
        changes.insert(
            0,
            Change {
                field: "category".to_owned(),
                before: before.to_owned(),
                now: now.to_owned(),
                matters: true,
            },
        );
    }
    if !changes.is_empty() {
        return Err(Ended::Entry(changes));
    }
    if now > time::months_after(judged.at, months) {
        return Err(Ended::Old { months });
    }
    Ok(())
}

/// What of a customer is not what it was. Said now and not before, or the other way round, is other
/// data, too: with a birth date, a namesake is told apart who was not without.
fn other_data(before: &Whom, now: &Whom) -> Vec<Data> {
    let day = |text: &Option<String>| {
        text.as_deref().map(|text| dates::read(text).day().unwrap_or(text).to_owned())
    };
    let mut all = Vec::new();
    let is_name = before.name == now.name
        || findings::compare_name(&before.name, Some(&now.name)) == Match::Matches;
    if !is_name {
        all.push(Data::Name);
    }
    if day(&before.birth_date) != day(&now.birth_date) {
        all.push(Data::BirthDate);
    }
    if before.country != now.country {
        all.push(Data::Country);
    }
    all
}

/// How many entries of an outcome are new, changed, as before, and gone since an earlier one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub new: usize,
    pub changed: usize,
    pub as_before: usize,
    pub gone: usize,
}

impl Counts {
    /// `3 new, 1 changed, 40 as before, 2 gone`; what is none of is left out, unless all is.
    ///
    /// `whole`: all was asked that was asked before, and all of the answer was read. Else nobody
    /// knows whether what is missing is gone.
    #[must_use]
    pub fn sentence(self, whole: bool) -> String {
        let parts: Vec<String> = [
            (self.new, "new"),
            (self.changed, "changed"),
            (self.as_before, "as before"),
            (self.gone, if whole { "gone" } else { "not in this answer" }),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
        match (parts.is_empty(), whole) {
            (false, _) => parts.join(", "),
            (true, true) => "no entries, as before".to_owned(),
            (true, false) => "no entries in what could be compared".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
