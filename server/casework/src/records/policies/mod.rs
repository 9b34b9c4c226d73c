//! Policies: versions that one supervisor proposes and another confirms. What they mean stands in
//! `domain::policy`.

mod preview;
mod store;

use crate::{
    Casework, Error,
    journal::{self, Actor},
    records::people,
    store::{Conn, written},
};
use domain::{
    Refusal,
    fields::Refused,
    journal::{Action, Subject},
    people::{Caller, Permission, Role},
    policy::{Policy, form::check_note},
};
use serde_json::json;

pub use preview::{DAYS, EXAMPLES, Example, LOOKED_AT, Preview, preview};
pub use store::Version;

impl Version {
    /// Its rules, if they can be read as a whole.
    #[must_use]
    pub fn policy(&self) -> Option<Policy> {
        read(self.version, &self.rules)
    }

    /// Neither confirmed nor withdrawn.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        self.step.is_none()
    }

    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.step.as_deref() == Some(CONFIRMED)
    }
}

const CONFIRMED: &str = "confirmed";
const WITHDRAWN: &str = "withdrawn";

/// Reads the rules of a version: as a whole, with sensible numbers, and under its own number; or
/// not at all.
fn read(version: i64, rules: &str) -> Option<Policy> {
    let policy: Policy = serde_json::from_str(rules).ok()?;
    (i64::from(policy.version) == version && policy.check().is_ok()).then_some(policy)
}

/// The policy that is in force. One that cannot be read is the strictest, under its number.
///
/// # Errors
/// The database.
pub async fn current(conn: &mut Conn<'_>) -> Result<Policy, Error> {
    let Some((version, rules)) = store::in_force(conn).await? else {
        return Ok(Policy::strictest());
    };
    let unreadable =
        || Policy { version: u32::try_from(version).unwrap_or(0), ..Policy::strictest() };
    Ok(read(version, &rules).unwrap_or_else(unreadable))
}

/// Whether the policy in force, by its number and its rules as stored, asks a second factor of
/// everybody of a role. One that cannot be read does as the strictest.
pub(crate) fn needs_factor(in_force: Option<(i64, &str)>, role: Role) -> bool {
    in_force
        .and_then(|(version, rules)| read(version, rules))
        .unwrap_or_else(Policy::strictest)
        .needs_factor(role)
}

/// The same as [`current`], for pages.
///
/// # Errors
/// The database.
pub async fn in_force(work: &Casework) -> Result<Policy, Error> {
    let mut reader = work.db.read().await?;
    current(&mut reader.conn()).await
}

/// The versions, newest first, at most 100.
///
/// # Errors
/// The database.
pub async fn list(work: &Casework) -> Result<Vec<Version>, Error> {
    let mut reader = work.db.read().await?;
    store::list(&mut reader.conn()).await
}

/// Those who could work under a policy now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Names of the active supervisors.
    pub supervisors: Vec<String>,
    /// How many analysts are active.
    pub analysts: usize,
}

/// # Errors
/// The database.
pub async fn team(work: &Casework) -> Result<Team, Error> {
    let mut reader = work.db.read().await?;
    let people = store::active(&mut reader.conn()).await?;
    let (supervisors, analysts): (Vec<_>, Vec<_>) =
        people.into_iter().partition(|(_, role)| role == "supervisor");
    Ok(Team {
        supervisors: supervisors.into_iter().map(|(name, _)| name).collect(),
        analysts: analysts.len(),
    })
}

/// Proposes a policy that would follow the one that `policy.version` counts on from. Gives its
/// number.
///
/// # Errors
/// The caller's role, a proposal that waits, another policy in force meanwhile, no reason, or the
/// database.
pub async fn propose(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    after: u32,
    policy: &Policy,
    note: &str,
) -> Result<u32, Error> {
    may_change(caller)?;
    let note = check_note(note).map_err(|why| Refused::default().because("note", why))?;
    let now = work.now();
    let version = written!(work, async |conn| {
        conn.take_turns("policies").await?;
        is_supervisor(conn, caller).await?;
        if let Some((version, name)) = store::waiting(conn).await? {
            return Err(whole(format!(
                "Version {version}, which {name} proposed, waits. It has to be confirmed or withdrawn before another can be proposed."
            )));
        }
        let in_force = current(conn).await?;
        if in_force.version != after {
            return Err(whole(format!(
                "Version {} came into force after this page was opened. Look at what holds now, then propose again; what you chose is kept.",
                in_force.version
            )));
        }
        let version = store::newest(conn).await? + 1;
        let policy = Policy {
            version: u32::try_from(version)
                .map_err(|_| Error::Corrupt(format!("policy {version}")))?,
            ..policy.clone()
        };
        policy.check().map_err(|unsound| whole(unsound.sentence()))?;
        let rules = serde_json::to_value(&policy)
            .map_err(|e| Error::Corrupt(format!("policy {version}: {e}")))?;
        store::propose(conn, version, &rules.to_string(), &note, caller.id.as_str(), now).await?;
        let details = json!({ "version": version, "rules": rules, "note": note });
        journal::append(
            conn,
            &[actor.entry(
                now,
                Action::PolicyProposed,
                Subject::Policy,
                &version.to_string(),
                details,
            )],
        )
        .await?;
        Ok(policy.version)
    })?;
    Ok(version)
}

/// Confirms a proposed policy: from now on it is in force.
///
/// # Errors
/// The caller's role, their own proposal, one that does not wait any more or cannot be read, or the
/// database.
pub async fn confirm(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    version: u32,
) -> Result<(), Error> {
    end(work, caller, actor, version, CONFIRMED).await
}

/// Takes a proposal back, or declines it: any supervisor may.
///
/// # Errors
/// The caller's role, one that does not wait any more, or the database.
pub async fn withdraw(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    version: u32,
) -> Result<(), Error> {
    end(work, caller, actor, version, WITHDRAWN).await
}

async fn end(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    version: u32,
    step: &'static str,
) -> Result<(), Error> {
    may_change(caller)?;
    let now = work.now();
    let mut tx = work.db.begin().await?;
    let is_own = {
        let mut conn = tx.conn();
        conn.take_turns("policies").await?;
        is_supervisor(&mut conn, caller).await?;
        let found = store::find(&mut conn, i64::from(version)).await?.ok_or(Error::NotFound)?;
        if !found.is_waiting() {
            return Err(whole(format!(
                "Version {version} does not wait any more. Below stands what became of it."
            )));
        }
        let is_confirmed = step == CONFIRMED;
        let is_own = is_confirmed && found.proposed_by.as_deref() == Some(caller.id.as_str());
        if !is_own {
            if is_confirmed && found.policy().is_none() {
                return Err(whole(
                    "This policy cannot be read as a whole, so it cannot be confirmed. Withdraw it, and propose another.",
                ));
            }
            store::end(&mut conn, found.version, step, caller.id.as_str(), now).await?;
            let action =
                if is_confirmed { Action::PolicyConfirmed } else { Action::PolicyWithdrawn };
            let details = json!({ "version": found.version, "step": step });
            journal::append(
                &mut conn,
                &[actor.entry(now, action, Subject::Policy, &found.version.to_string(), details)],
            )
            .await?;
        }
        is_own
    };
    if !is_own {
        return tx.commit().await;
    }
    drop(tx);
    // The other supervisors hear of it on their start page.
    people::watch::own_approval_refused(
        work,
        actor,
        Subject::Policy,
        &version.to_string(),
        "four_eyes",
    )
    .await?;
    Err(whole("You proposed this policy yourself. Another supervisor has to confirm it."))
}

fn may_change(caller: &Caller) -> Result<(), Refusal> {
    if caller.may(Permission::ChangePolicies) {
        Ok(())
    } else {
        Err(Refusal::NotAllowed(Permission::ChangePolicies))
    }
}

/// Whoever lost the role since the request began is refused here, and the role stays until the
/// transaction ends.
async fn is_supervisor(conn: &mut Conn<'_>, caller: &Caller) -> Result<(), Error> {
    let is_one = store::is_supervisor(conn, caller.id.as_str()).await?;
    if is_one { Ok(()) } else { Err(Refusal::NotAllowed(Permission::ChangePolicies).into()) }
}

fn whole(why: impl Into<String>) -> Error {
    Refused::default().because("", why).into()
}
