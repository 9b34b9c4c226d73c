//! Whom a launch is about: somebody else than its reference is known for, or somebody who is known
//! under another one.
//!
//! Every launch, of whatever kind and way, passes here once before anything is written. What it
//! says of a known customer and was not so before is asked about; confirmed, it is a finding, an
//! entry in the journal, and known from then on. By what else customers would be known again are
//! marks, made with a key of the desk (decision record 0023): two customers with one mark are shown
//! to each other's readers, and what people say of the two is recorded.

pub(crate) mod store;

pub use store::LinkedCheck;

use super::{Customer, store as customer_store};
use crate::{
    Casework, Error,
    journal::{self, Actor, Entry},
    new_id,
    records::{
        checks::{self as check_store, Check, Finding},
        to_json, visible,
    },
    seal, sha256_hex,
    store::{Conn, again},
};
use domain::{
    CheckId, Moment, Refusal, countries,
    fields::Refused,
    findings::Source,
    journal::{Action, Subject},
    launch::Target,
    people::{Caller, Permission},
    spelling,
    who::{
        Bears, Data, Difference, Relation, Trait, Whom, differences, of_number, of_person,
        of_reference,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The key of [`Refused`] under which a launch is told who is known under its reference: a
/// [`Change`] as JSON.
pub const CHANGE: &str = "customer_change";
/// The key of [`Refused`] under which a launch is told who is known under another reference: an
/// [`Elsewhere`] as JSON.
pub const ELSEWHERE: &str = "known_elsewhere";
/// The longest note on two customers, in characters.
pub const NOTE_MAX: usize = 1_000;
/// So many customers are named at once; the others are counted.
pub(crate) const NAMED_MAX: usize = 10;
/// So many customers may be one person.
const LINKED_MAX: usize = 50;

/// What whoever launches was asked, and answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Confirmed {
    /// Launch although the customer has an open check of the kind.
    pub open_check: bool,
    /// Whether the customer's data changed.
    pub change: Word,
    /// The token of what a page showed of other references; nothing where there is no page that
    /// could show them.
    pub shown: Option<String>,
}

/// What was said of a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Word {
    #[default]
    None,
    /// This change, by its token: another one is asked about anew.
    This(String),
    /// Whatever it is.
    Any,
}

impl Confirmed {
    /// What a page's form sent.
    #[must_use]
    pub fn sent(anyway: &str, changed: &str, shown: &str) -> Self {
        let change = if changed.is_empty() { Word::None } else { Word::This(changed.to_owned()) };
        Self { open_check: anyway == "1", change, shown: Some(shown.to_owned()) }
    }

    /// Nothing is asked any more.
    #[must_use]
    pub const fn everything() -> Self {
        Self { open_check: true, change: Word::Any, shown: None }
    }
}

impl From<bool> for Confirmed {
    /// Whether to launch although there is an open check, and nothing else.
    fn from(open_check: bool) -> Self {
        Self { open_check, ..Self::default() }
    }
}

/// Who is known under a launch's reference, and what the launch says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Nothing where nobody was ever launched about under this reference: then a name is asked
    /// about that is not the launch's own.
    pub customer_id: String,
    pub reference: String,
    /// Sent back to confirm this change and no other.
    pub token: String,
    pub known: Whom,
    pub differences: Vec<Difference>,
    /// Whether any of them is known of the customer once it is confirmed; otherwise the check only
    /// asks about other data.
    pub is_kept: bool,
}

/// Who is known under other references and seems to be the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// Sent back when these were shown.
    pub token: String,
    pub others: Vec<Other>,
    /// How many more there are.
    pub more: usize,
}

impl Elsewhere {
    /// Adds more of them, behind those whom somebody knows already. Who is named is not named
    /// again.
    pub(crate) fn add(&mut self, others: Vec<Other>, more: usize) {
        self.more += more;
        for other in others {
            if self.others.iter().any(|named| named.reference == other.reference) {
                continue;
            }
            if self.others.len() < NAMED_MAX { self.others.push(other) } else { self.more += 1 }
        }
    }
}

/// A customer who seems to be the same, with how they stand. Without an id it is another line of
/// the same table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Other {
    pub id: String,
    pub reference: String,
    pub name: String,
    pub birth_date: Option<String>,
    /// By what they seem to be the same; nothing for whom only people say so.
    pub why: Vec<Trait>,
    /// Of their riskiest check.
    pub risk: Option<i64>,
    pub open_checks: i64,
    /// The state that the last decision led to, and when.
    pub decided: Option<(String, Moment)>,
    /// What people say of the two.
    pub said: Option<Said>,
}

/// A person's word on two customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub relation: Relation,
    pub by: String,
    pub at_ms: Moment,
    pub note: String,
}

/// A confirmed difference as it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Told {
    #[serde(flatten)]
    difference: Difference,
    /// Whether the customer is known by it from now on.
    #[serde(default = "was_kept")]
    kept: bool,
}

/// Older rows do not say so.
const fn was_kept() -> bool {
    true
}

/// A change that was confirmed when a check was launched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub differences: Vec<Difference>,
    /// Whether any of them is known of the customer since; otherwise the check only asks about
    /// other data than theirs.
    pub is_kept: bool,
    pub by: String,
    pub at_ms: Moment,
}

/// What stands around a customer under other references.
#[derive(Debug, Clone, Default)]
pub struct Around {
    pub others: Vec<Other>,
    pub more: usize,
    /// Checks of those whom people linked.
    pub checks: Vec<LinkedCheck>,
}

/// Where a form has what is compared.
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    pub name: &'static str,
    pub birth_date: &'static str,
    pub country: &'static str,
}

impl Default for Fields {
    fn default() -> Self {
        Self { name: "name", birth_date: "birth_date", country: "country" }
    }
}

/// A launch, as far as it says whom it is about.
pub(crate) struct Launch<'a> {
    pub check: &'a CheckId,
    pub reference: &'a str,
    pub target: &'a Target,
    /// A country that is compared, and not kept: that of a document.
    pub document_country: Option<&'a str>,
    /// A name that is compared, and not kept: another one than the target's, about which somebody
    /// is asked.
    pub asked_name: Option<&'a str>,
    pub bears: &'a [Bears],
    pub fields: Fields,
    pub confirmed: &'a Confirmed,
}

impl Launch<'_> {
    fn whom(&self) -> Whom {
        let country =
            self.target.country.clone().or_else(|| self.document_country.map(str::to_owned));
        Whom { name: self.target.name.clone(), birth_date: self.target.birth_date.clone(), country }
    }
}

/// What is to be done about the customer's data once everything was answered.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// Confirmed: a finding, and known from now on.
    changed: Vec<Difference>,
    /// Nothing was ever asked about what was known so far.
    corrected: Vec<Difference>,
}

/// What is known of a customer, as it is compared.
#[must_use]
pub fn known(customer: &Customer) -> Whom {
    Whom {
        name: customer.name.clone(),
        birth_date: customer.birth_date.clone(),
        country: customer.country.clone(),
    }
}

/// Asks what has to be answered before this is launched: adds it to the refusal.
pub(crate) async fn ask(
    work: &Casework,
    conn: &mut Conn<'_>,
    launch: &Launch<'_>,
    refused: &mut Refused,
) -> Result<Settled, Error> {
    let customer = customer_store::by_reference(conn, launch.reference).await?;
    let mut settled = Settled::default();
    let mut known_as = None;
    if let Some(customer) = &customer {
        if customer_store::key(conn, &customer.id).await?.is_none() {
            // Whoever makes the check says so.
            return Ok(settled);
        }
        if store::is_launched(conn, &customer.id, launch.check).await? {
            known_as = Some(customer);
        } else {
            settled.corrected = differences(&known(customer), &launch.whom());
        }
    }
    if let Some(change) = change_of(known_as, launch)? {
        let is_confirmed = match &launch.confirmed.change {
            Word::None => false,
            Word::This(token) => *token == change.token,
            Word::Any => true,
        };
        if is_confirmed {
            settled.changed = change.differences;
        } else {
            tell_change(&change, launch.fields, refused)?;
        }
    }
    if let Some(shown) = &launch.confirmed.shown {
        let elsewhere = elsewhere(work, conn, launch, customer.as_ref()).await?;
        if let Some(elsewhere) = elsewhere.filter(|e| e.token != *shown) {
            refused.refuse(ELSEWHERE, to_json(&elsewhere)?);
        }
    }
    Ok(settled)
}

/// What a launch says otherwise than is known. Of whom nobody knows yet, only a name that is asked
/// about can be another than theirs.
fn change_of(customer: Option<&Customer>, launch: &Launch<'_>) -> Result<Option<Change>, Error> {
    let known = customer.map_or_else(|| launch.whom(), known);
    let mut differences = differences(&known, &launch.whom());
    if let Some(asked) =
        launch.asked_name.filter(|asked| !spelling::liken(&known.name, asked).is_same())
    {
        let at = differences.iter().take_while(|d| d.data == Data::Name).count();
        differences.insert(
            at,
            Difference { data: Data::Name, known: known.name.clone(), given: asked.to_owned() },
        );
    }
    if differences.is_empty() {
        return Ok(None);
    }
    let customer_id = customer.map_or_else(String::new, |c| c.id.clone());
    let token = sha256_hex(to_json(&(&customer_id, launch.reference, &differences))?.as_bytes());
    let is_kept =
        customer.is_some() && differences.iter().any(|difference| is_kept(difference, launch));
    Ok(Some(Change {
        customer_id,
        reference: launch.reference.to_owned(),
        token,
        known,
        differences,
        is_kept,
    }))
}

/// Whom a reference stands for, in words: `Anna Berg, born on 1980-01-02, Germany`.
#[must_use]
pub fn in_words(whom: &Whom) -> String {
    let mut words = whom.name.clone();
    if let Some(born) = &whom.birth_date {
        words.push_str(&format!(", born on {born}"));
    }
    if let Some(country) = &whom.country {
        words.push_str(&format!(", {}", countries::in_words(country)));
    }
    words
}

fn tell_change(change: &Change, fields: Fields, refused: &mut Refused) -> Result<(), Error> {
    let Change { reference, known, .. } = change;
    if change.customer_id.is_empty() {
        for Difference { known, given, .. } in &change.differences {
            refused.refuse(fields.name, format!("This asks about {given}, but the customer is called {known}. Correct it, or confirm it."));
        }
        refused.refuse(CHANGE, to_json(change)?);
        return Ok(());
    }
    let words = in_words(known);
    let meant =
        if change.is_kept { "the customer's data changed" } else { "other data are asked about" };
    refused.refuse(
        "customer_reference",
        format!("{reference} is known as {words}. Correct the reference, or confirm that {meant}."),
    );
    for Difference { data, known, given } in &change.differences {
        let (field, words) = match data {
            Data::Name => (fields.name, format!("{reference} is known as {known}.")),
            Data::BirthDate => (
                fields.birth_date,
                format!("This says {given}, but {reference} is known as born on {known}."),
            ),
            Data::Country => (
                fields.country,
                format!("{reference} is known with {}.", countries::in_words(known)),
            ),
        };
        refused.refuse(field, words);
    }
    refused.refuse(CHANGE, to_json(change)?);
    Ok(())
}

/// Writes down what was settled, and by what the customer would be known again. Gives what the
/// journal has to say.
pub(crate) async fn settle(
    work: &Casework,
    conn: &mut Conn<'_>,
    actor: &Actor,
    customer: &Customer,
    launch: &Launch<'_>,
    settled: Settled,
) -> Result<Vec<Entry>, Error> {
    let now = work.now();
    let mut entries = Vec::new();
    let Settled { changed, corrected } = settled;
    let mut data = known(customer);
    for difference in
        corrected.iter().chain(&changed).filter(|difference| is_kept(difference, launch))
    {
        let given = difference.given.clone();
        match difference.data {
            Data::Name => data.name = given,
            Data::BirthDate => data.birth_date = Some(given),
            Data::Country => data.country = Some(given),
        }
    }
    if data != known(customer) {
        let name = (data.name.as_str(), data.name != customer.name);
        store::set_data(
            conn,
            &customer.id,
            name,
            data.birth_date.as_deref(),
            data.country.as_deref(),
        )
        .await?;
    }
    if !changed.is_empty() {
        let told: Vec<Told> = changed
            .into_iter()
            .map(|difference| Told { kept: is_kept(&difference, launch), difference })
            .collect();
        store::put_change(conn, launch.check, &customer.id, &to_json(&told)?, &actor.id, now)
            .await?;
        let key = super::key(work, conn, &customer.id)
            .await?
            .ok_or_else(|| Error::Corrupt(format!("customer {} was erased", customer.id)))?;
        let mut finding = finding_of(&told);
        finding.fingerprint = seal::fingerprint(&key, &finding.fingerprint);
        check_store::insert_finding(conn, launch.check, &finding).await?;
        let action = if told.iter().any(|told| told.kept) {
            Action::CustomerChanged
        } else {
            Action::OtherDataConfirmed
        };
        let details = json!({ "customer": customer.reference, "changed": told });
        entries.push(actor.entry(now, action, Subject::Check, launch.check.as_str(), details));
    }
    let mut bears = vec![of_reference(&customer.reference)];
    bears.extend_from_slice(launch.bears);
    for whom in [known(customer), data, launch.whom()] {
        bears.extend(of_whom(customer, &whom));
    }
    mark(work, conn, &customer.id, &bears).await?;
    Ok(entries)
}

/// Whether something is known from now on. What a document says, or an operator is asked about, is
/// compared and not kept.
fn is_kept(difference: &Difference, launch: &Launch<'_>) -> bool {
    match difference.data {
        Data::Name => difference.given == launch.target.name,
        Data::BirthDate => true,
        Data::Country => launch.target.country.is_some(),
    }
}

/// What is said to have changed, or to be other than the customer's data, to be judged.
fn finding_of(told: &[Told]) -> Finding {
    let names_of = |kept: bool| {
        let mut names: Vec<String> = told
            .iter()
            .filter(|told| told.kept == kept)
            .map(|told| told.difference.data.label().to_lowercase())
            .collect();
        names.dedup();
        names.join(", ")
    };
    let shown = |data: Data, text: &str| {
        if data == Data::Country { countries::in_words(text) } else { text.to_owned() }
    };
    let mut facts: Vec<(String, String)> = Vec::new();
    for Told { difference: Difference { data, known, given }, kept } in told {
        let name = data.label().to_lowercase();
        let (before, now) =
            if *kept { ("before", "given now") } else { ("of the customer", "asked about") };
        facts.push((format!("{name} {before}"), shown(*data, known)));
        facts.push((format!("{name} {now}"), shown(*data, given)));
    }
    let next = "Check a document to see that this is the same customer; if it is somebody else, launch a check under a reference of their own.";
    facts.push(("what to do next".to_owned(), next.to_owned()));
    let said = [
        (true, "the customer's data changed"),
        (false, "this check asks about other data than the customer's"),
    ]
    .map(|(kept, words)| {
        let names = names_of(kept);
        if names.is_empty() { names } else { format!("{words} ({names})") }
    });
    let said: Vec<&str> =
        said.iter().map(String::as_str).filter(|words| !words.is_empty()).collect();
    let names: Vec<&str> = told.iter().map(|told| told.difference.data.label()).collect();
    let title = format!("Confirmed at the launch: {}", said.join("; "));
    Finding::new(Source::CustomerChange, &names.join("\0"), &title, &[], &facts)
}

pub(crate) fn of_whom(customer: &Customer, whom: &Whom) -> Vec<Bears> {
    if customer.subject == "person" {
        of_person(&whom.name, whom.birth_date.as_deref())
    } else {
        vec![]
    }
}

fn marks(work: &Casework, bears: &[Bears]) -> BTreeMap<String, Trait> {
    bears
        .iter()
        .map(|(kind, value)| (work.sealer.customer_mark(kind.code(), value), *kind))
        .collect()
}

/// Notes by what a customer would be known again.
pub(crate) async fn mark(
    work: &Casework,
    conn: &mut Conn<'_>,
    customer: &str,
    bears: &[Bears],
) -> Result<(), Error> {
    for (mark, kind) in marks(work, bears) {
        store::add_mark(conn, &mark, customer, kind.code()).await?;
    }
    Ok(())
}

/// Who is known elsewhere and seems to be whom this launch is about, as far as nobody has said
/// anything of it.
async fn elsewhere(
    work: &Casework,
    conn: &mut Conn<'_>,
    launch: &Launch<'_>,
    customer: Option<&Customer>,
) -> Result<Option<Elsewhere>, Error> {
    let mut bears = vec![of_reference(launch.reference)];
    bears.extend_from_slice(launch.bears);
    let whom = launch.whom();
    if launch.target.kind != domain::checks::Kind::DdKyb {
        bears.extend(of_person(&whom.name, whom.birth_date.as_deref()));
        let born =
            customer.filter(|_| whom.birth_date.is_none()).and_then(|c| c.birth_date.as_deref());
        bears.extend(of_person(&whom.name, born));
    }
    let mut all: BTreeSet<String> = marks(work, &bears).into_keys().collect();
    let id = customer.map_or("", |c| c.id.as_str());
    if customer.is_some() {
        all.extend(store::marks_of(conn, id).await?);
    }
    let all: Vec<String> = all.into_iter().collect();
    let words = newest_words(&store::words_on(conn, id).await?, id);
    let mut found = by_customer(store::bearers(conn, &all, id).await?);
    found.retain(|other, _| !words.contains_key(other));
    if found.is_empty() {
        return Ok(None);
    }
    let token = sha256_hex(found.keys().cloned().collect::<Vec<_>>().join(",").as_bytes());
    let more = found.len().saturating_sub(NAMED_MAX);
    Ok(Some(Elsewhere { token, others: named(conn, found, &words, NAMED_MAX).await?, more }))
}

/// Who would be shown before these are launched, without asking: for tables.
pub(crate) async fn also_known(
    work: &Casework,
    conn: &mut Conn<'_>,
    launch: &Launch<'_>,
) -> Result<Option<Elsewhere>, Error> {
    let customer = customer_store::by_reference(conn, launch.reference).await?;
    elsewhere(work, conn, launch, customer.as_ref()).await
}

/// What a line of a table says of a known customer that was not so; nothing when there is nothing
/// to confirm.
pub(crate) async fn unconfirmed(
    conn: &mut Conn<'_>,
    launch: &Launch<'_>,
) -> Result<Option<Change>, Error> {
    let Some(customer) = customer_store::by_reference(conn, launch.reference).await? else {
        return change_of(None, launch);
    };
    if customer_store::key(conn, &customer.id).await?.is_none() {
        return Ok(None);
    }
    let is_known = store::is_launched(conn, &customer.id, launch.check).await?;
    change_of(Some(&customer).filter(|_| is_known), launch)
}

fn by_customer(rows: Vec<(String, String)>) -> BTreeMap<String, Vec<Trait>> {
    let mut all: BTreeMap<String, Vec<Trait>> = BTreeMap::new();
    for (customer, kind) in rows {
        all.entry(customer).or_default().extend(Trait::parse(&kind));
    }
    all
}

/// The newest word on this customer and each other one.
fn newest_words(words: &[store::Word], customer: &str) -> BTreeMap<String, Said> {
    let mut newest = BTreeMap::new();
    for word in words {
        let other = if word.one_id == customer { &word.other_id } else { &word.one_id };
        let Some(relation) = Relation::parse(&word.relation) else { continue };
        let by = word.said_by.clone().unwrap_or_else(|| "Somebody".into());
        newest.entry(other.clone()).or_insert_with(|| Said {
            relation,
            by,
            at_ms: word.said_at_ms,
            note: word.note.clone(),
        });
    }
    newest
}

/// So many of them with how they stand, who was rejected or is of high risk in front.
async fn named(
    conn: &mut Conn<'_>,
    mut found: BTreeMap<String, Vec<Trait>>,
    words: &BTreeMap<String, Said>,
    limit: usize,
) -> Result<Vec<Other>, Error> {
    let mut all = Vec::new();
    if found.is_empty() || limit == 0 {
        return Ok(all);
    }
    for id in store::worst(conn, found.keys().cloned().collect(), limit).await? {
        let Some(customer) = customer_store::by_id(conn, &id).await? else { continue };
        let standing = store::standing(conn, &id).await?;
        let decided = standing.as_ref().and_then(|s| s.state.clone().zip(s.decided_at_ms));
        all.push(Other {
            said: words.get(&id).cloned(),
            reference: customer.reference,
            name: customer.name,
            birth_date: customer.birth_date,
            why: found.remove(&id).unwrap_or_default(),
            risk: standing.as_ref().map(|s| s.risk).filter(|risk| *risk >= 0),
            open_checks: standing.map_or(0, |s| s.open_checks),
            decided,
            id,
        });
    }
    Ok(all)
}

/// What stands around a customer under other references, for their page and the pages of their
/// checks.
///
/// # Errors
/// The database.
pub async fn around(work: &Casework, customer: &Customer) -> Result<Around, Error> {
    let mut reader = work.db.read().await?;
    around_on(&mut reader.conn(), customer).await
}

pub(crate) async fn around_on(conn: &mut Conn<'_>, customer: &Customer) -> Result<Around, Error> {
    let id = customer.id.as_str();
    let marks = store::marks_of(conn, id).await?;
    let words = newest_words(&store::words_on(conn, id).await?, id);
    let mut found = by_customer(store::bearers(conn, &marks, id).await?);
    let linked = linked(conn, id).await?;
    for other in words.keys().chain(&linked) {
        found.entry(other.clone()).or_default();
    }
    let more = found.len().saturating_sub(NAMED_MAX);
    // Whom people linked comes first: nobody is cut off whose checks are shown.
    let (mut first, mut rest) = (BTreeMap::new(), BTreeMap::new());
    for (other, why) in found {
        if linked.contains(&other) {
            first.insert(other, why)
        } else {
            rest.insert(other, why)
        };
    }
    let mut others = named(conn, first, &words, NAMED_MAX).await?;
    let room = NAMED_MAX.saturating_sub(others.len());
    others.extend(named(conn, rest, &words, room).await?);
    Ok(Around { others, more, checks: store::checks_of(conn, &linked).await? })
}

/// Everybody of whom people say that they are this one, also by way of others.
pub(crate) async fn linked(conn: &mut Conn<'_>, customer: &str) -> Result<Vec<String>, Error> {
    linked_for(conn, customer, &[]).await
}

/// The same for a decision of these people: that two are two does not count from whoever has a part
/// in it, so that nobody makes with a word of their own their decision need less.
pub(crate) async fn linked_for(
    conn: &mut Conn<'_>,
    customer: &str,
    makers: &[&str],
) -> Result<Vec<String>, Error> {
    let mut all = vec![customer.to_owned()];
    let mut at = 0;
    while at < all.len() && all.len() < LINKED_MAX {
        let one = all[at].clone();
        let mut words = store::words_on(conn, &one).await?;
        words.retain(|word| {
            word.relation == Relation::Same.code() || !makers.contains(&word.said_by_id.as_str())
        });
        for (other, said) in newest_words(&words, &one) {
            if said.relation == Relation::Same && !all.contains(&other) {
                all.push(other);
            }
        }
        at += 1;
    }
    all.remove(0);
    Ok(all)
}

/// What was confirmed to have changed when a check was launched.
pub(crate) async fn changed_by(
    conn: &mut Conn<'_>,
    check: &Check,
) -> Result<Option<Changed>, Error> {
    let Some(row) = store::change(conn, &check.id.as_str().into()).await? else { return Ok(None) };
    let told: Vec<Told> = serde_json::from_str(&row.differences)
        .map_err(|e| Error::Corrupt(format!("change of check {}: {e}", check.id)))?;
    let is_kept = told.iter().any(|told| told.kept);
    let differences = told.into_iter().map(|told| told.difference).collect();
    Ok(Some(Changed {
        differences,
        is_kept,
        by: row.confirmed_by.unwrap_or_else(|| "Probity".into()),
        at_ms: row.confirmed_at_ms,
    }))
}

/// Records what a person says of two customers: one person, or two.
///
/// # Errors
/// Not allowed, an unknown or erased customer, a note that is too long, or the database.
pub async fn relate(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    (reference, other): (&str, &str),
    relation: Relation,
    note: &str,
) -> Result<(), Error> {
    if !caller.may(Permission::ReviewChecks) {
        return Err(Refusal::NotAllowed(Permission::ReviewChecks).into());
    }
    let text = visible(note.trim()).replace("\r\n", "\n");
    let refused = || Refused::of([("other", other), ("link_note", note)]);
    if text.chars().count() > NOTE_MAX {
        return Err(refused().because("link_note", "Use at most 1,000 characters.").into());
    }
    again(|| relate_once(work, actor, (reference, other), relation, &text, refused())).await
}

async fn relate_once(
    work: &Casework,
    actor: &Actor,
    (reference, other): (&str, &str),
    relation: Relation,
    note: &str,
    refused: Refused,
) -> Result<(), Error> {
    let now = work.now();
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        let mut both = [reference, other];
        both.sort_unstable();
        for one in both {
            conn.take_turns(one).await?;
        }
        let mut found = Vec::new();
        for one in both {
            let customer =
                customer_store::by_reference(&mut conn, one).await?.ok_or(Error::NotFound)?;
            if customer_store::key(&mut conn, &customer.id).await?.is_none() {
                return Err(Refusal::Erased.into());
            }
            found.push(customer.id);
        }
        found.sort_unstable();
        found.dedup();
        let [one, two] = found.as_slice() else {
            return Err(refused.because("", "This is one and the same reference.").into());
        };
        let words = store::words_on(&mut conn, one).await?;
        let newest = words.iter().find(|word| word.one_id == *two || word.other_id == *two);
        // The same word sent twice is one; from somebody else it is another one.
        if newest.is_some_and(|word| {
            word.relation == relation.code() && word.note == note && word.said_by_id == actor.id
        }) {
            return Ok(());
        }
        let id = new_id();
        store::say(&mut conn, &id, (one, two), relation.code(), note, &actor.id, now).await?;
        let action = if relation == Relation::Same {
            Action::CustomersLinked
        } else {
            Action::CustomersParted
        };
        let details = json!({ "customers": both, "note": note });
        journal::append(&mut conn, &[actor.entry(now, action, Subject::Link, &id, details)])
            .await?;
    }
    tx.commit().await
}

/// Takes away by what a customer would be known again, what was said of them and others, and what
/// changed; with the details of its entries in the journal.
pub(crate) async fn erase(conn: &mut Conn<'_>, customer: &str, now: Moment) -> Result<(), Error> {
    for id in store::word_ids(conn, customer).await? {
        journal::erase_details(conn, customer, &id, now).await?;
    }
    store::erase(conn, customer).await
}

/// By what the target of a due diligence would be known again, besides name and birth date.
pub(crate) fn of_target(target: &Target) -> Vec<Bears> {
    let number = target.registration_number.as_deref();
    number
        .and_then(|number| of_number(domain::who::Trait::Registration, number))
        .into_iter()
        .collect()
}
