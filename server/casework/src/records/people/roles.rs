//! Roles: who gave one, who confirms it, and what waits until then. The rule is `domain::roles`;
//! the database refuses the same.

use super::{PEOPLE, store, store_roles};
use crate::{
    Casework, Error,
    journal::{self, Actor, OPERATOR},
    store::Conn,
};
use domain::{
    Moment, PersonId,
    fields::Refused,
    journal::{Action, Subject},
    people::Role,
    roles::{self, Holder, Unconfirmed},
    search::words,
};
use serde_json::json;
use std::collections::{HashMap, HashSet};
use store_roles::Given;

pub use store::Person;

impl Person {
    /// Whether somebody has set a password, so that there is somebody.
    #[must_use]
    pub fn has_joined(&self) -> bool {
        !self.password_hash.is_empty()
    }

    /// Whether the role waits to be confirmed, and gives nothing until then.
    #[must_use]
    pub const fn waits(&self) -> bool {
        self.role_confirmed_by.is_none() && self.role_alone == 0
    }

    /// Whether the role counts although nobody confirmed it.
    #[must_use]
    pub const fn counts_alone(&self) -> bool {
        self.role_confirmed_by.is_none() && self.role_alone == 1
    }

    fn holder(&self, once: &HashSet<String>) -> Result<Holder<'_>, Error> {
        Ok(Holder {
            id: &self.id,
            role: Role::parse(&self.role)
                .ok_or_else(|| Error::Corrupt(format!("role {}", self.role)))?,
            is_active: self.is_active(),
            has_joined: self.has_joined(),
            given_by: &self.role_given_by,
            is_confirmed: self.role_confirmed_by.is_some(),
            is_alone: self.role_alone == 1,
            was_second: once.contains(&self.id)
                || (!self.waits() && ["supervisor", "admin"].contains(&self.role.as_str())),
        })
    }
}

/// How a role that somebody gives to a person counts.
pub(super) async fn given<'a>(
    conn: &mut Conn<'_>,
    by: &'a str,
    person: &str,
    at: Moment,
) -> Result<Given<'a>, Error> {
    if by == OPERATOR {
        return Ok(Given { by, at, is_confirmed: true, is_alone: false });
    }
    let (people, once) =
        (store::list(conn).await?, store_roles::once_second(conn).await?.into_iter().collect());
    let holders: Vec<_> = people.iter().map(|p| p.holder(&once)).collect::<Result<_, _>>()?;
    Ok(Given { by, at, is_confirmed: false, is_alone: roles::counts_alone(by, person, &holders) })
}

impl Given<'_> {
    /// For the journal.
    pub(super) const fn words(&self) -> &'static str {
        match (self.is_confirmed, self.is_alone) {
            (true, _) => "by the operator",
            (false, true) => "unconfirmed, nobody else is here",
            (false, false) => "waits",
        }
    }
}

/// A person whose role nobody has confirmed, as it is shown to whoever may.
#[derive(Debug, Clone)]
pub struct Unsure {
    pub person: Person,
    /// Who gave the role, by name and account.
    pub given_by: String,
    /// Why the reader may not confirm it, if so.
    pub why_not: Option<&'static str>,
    /// Other accounts of the same name.
    pub namesakes: Vec<String>,
}

/// Everybody whose role is not confirmed, oldest first, as one reader sees them.
///
/// # Errors
/// The database.
pub async fn unconfirmed(work: &Casework, reader_id: &str) -> Result<Vec<Unsure>, Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let (people, once) = (
        store::list(&mut conn).await?,
        store_roles::once_second(&mut conn).await?.into_iter().collect(),
    );
    let holders: Vec<_> = people.iter().map(|p| p.holder(&once)).collect::<Result<_, _>>()?;
    let me = holders.iter().find(|h| h.id == reader_id).copied();
    let mut unsure: Vec<_> = people
        .iter()
        .zip(&holders)
        .filter(|(person, holder)| person.is_active() && !holder.is_confirmed)
        .map(|(person, holder)| Unsure {
            person: person.clone(),
            given_by: named(&people, &person.role_given_by),
            why_not: me
                .map_or(Err(Unconfirmed::NotYou), |me| roles::may_confirm(&me, holder, &holders))
                .err()
                .map(Unconfirmed::sentence),
            namesakes: namesakes(&people, person),
        })
        .collect();
    unsure.sort_by(|a, b| {
        (a.person.role_given_at_ms, &a.person.id).cmp(&(b.person.role_given_at_ms, &b.person.id))
    });
    Ok(unsure)
}

/// Those who may confirm the role of a person who waits, by name and account.
///
/// # Errors
/// Nobody has this id, or the database.
pub async fn confirmers(work: &Casework, person: &PersonId) -> Result<Vec<String>, Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let (people, once) = (
        store::list(&mut conn).await?,
        store_roles::once_second(&mut conn).await?.into_iter().collect(),
    );
    let holders: Vec<_> = people.iter().map(|p| p.holder(&once)).collect::<Result<_, _>>()?;
    let waiting = holders.iter().find(|h| h.id == person.as_str()).ok_or(Error::NotFound)?;
    let may = people
        .iter()
        .zip(&holders)
        .filter(|(_, holder)| roles::may_confirm(holder, waiting, &holders).is_ok());
    Ok(may.map(|(person, _)| format!("{} ({})", person.name, person.account)).collect())
}

/// The name of whoever did something, told apart by account; of the operator, that it was the
/// operator.
#[must_use]
pub fn named(people: &[Person], id: &str) -> String {
    match people.iter().find(|p| p.id == id) {
        Some(person) => format!("{} ({})", person.name, person.account),
        None if id == OPERATOR => "the operator".to_owned(),
        None => id.to_owned(),
    }
}

/// The accounts of others whose name is the same, however it is written.
#[must_use]
pub fn namesakes(people: &[Person], person: &Person) -> Vec<String> {
    let name = words(&person.name);
    people
        .iter()
        .filter(|other| other.id != person.id && words(&other.name) == name)
        .map(|other| other.account.clone())
        .collect()
}

/// How many accounts there are of each name that more than one has, by account.
#[must_use]
pub fn shared_names(people: &[Person]) -> HashMap<String, Vec<String>> {
    people
        .iter()
        .map(|p| (p.id.clone(), namesakes(people, p)))
        .filter(|(_, others)| !others.is_empty())
        .collect()
}

/// Ids and names of people who can be chosen, from id, name and account: of those who share a name,
/// the account stands beside it.
pub(crate) fn told_apart(people: Vec<(String, String, String)>) -> Vec<(String, String)> {
    let mut count: HashMap<Vec<String>, usize> = HashMap::new();
    for (_, name, _) in &people {
        *count.entry(words(name)).or_default() += 1;
    }
    let is_shared = |name: &str| count.get(&words(name)).is_some_and(|n| *n > 1);
    people
        .into_iter()
        .map(
            |(id, name, account)| {
                if is_shared(&name) { (id, format!("{name} ({account})")) } else { (id, name) }
            },
        )
        .collect()
}

/// Confirms the role that a person was given at a moment; the operator may, whoever gave it.
///
/// # Errors
/// The rule's sentence, an unknown person, a role that was changed meanwhile, or the database.
pub async fn confirm(
    work: &Casework,
    actor: &Actor,
    person: &PersonId,
    given_at: Moment,
) -> Result<(), Error> {
    let refused = |words: &str| Error::from(Refused::default().because("", words));
    let now = work.now();
    let mut tx = work.db.begin().await?;
    let allowed = {
        let mut conn = tx.conn();
        conn.take_turns(PEOPLE).await?;
        let (people, once) = (
            store::list(&mut conn).await?,
            store_roles::once_second(&mut conn).await?.into_iter().collect(),
        );
        let holders: Vec<_> = people.iter().map(|p| p.holder(&once)).collect::<Result<_, _>>()?;
        let holder = holders.iter().find(|h| h.id == person.as_str()).ok_or(Error::NotFound)?;
        let allowed = match holders.iter().find(|h| h.id == actor.id) {
            _ if holder.is_confirmed => Err(Unconfirmed::Already),
            // Whoever comes by the link later would be confirmed by nobody.
            _ if actor.id == OPERATOR && !holder.has_joined => Err(Unconfirmed::NotJoined),
            _ if actor.id == OPERATOR => Ok(()),
            Some(confirmer) => roles::may_confirm(confirmer, holder, &holders),
            None => Err(Unconfirmed::NotYou),
        };
        if allowed.is_ok()
            && !store_roles::confirm(&mut conn, person.as_str(), given_at, &actor.id, now).await?
        {
            return Err(refused(
                "The role was changed after you opened this page. Look at it again.",
            ));
        }
        if allowed.is_ok() {
            let details = json!({ "role": holder.role.code(), "given_by": holder.given_by });
            journal::append(
                &mut conn,
                &[actor.entry(
                    now,
                    Action::RoleConfirmed,
                    Subject::Person,
                    person.as_str(),
                    details,
                )],
            )
            .await?;
        }
        allowed
    };
    if let Err(why) = allowed {
        // Nothing was written; the entry takes a transaction of its own.
        drop(tx);
        if matches!(why, Unconfirmed::Own | Unconfirmed::Giver) {
            super::watch::own_approval_refused(
                work,
                actor,
                Subject::Person,
                person.as_str(),
                "four_eyes",
            )
            .await?;
        }
        return Err(refused(why.sentence()));
    }
    tx.commit().await?;
    work.counts.forget();
    Ok(())
}
