//! What supervisors and admins should notice: changes of people, connections and policies, and who
//! tried to approve their own. Everything here is read from the journal.

use super::{store, store_roles};
use crate::{
    Casework, Error,
    journal::{self, Actor, Row},
};
use domain::journal::{Action, Subject};
use serde_json::json;

/// Supervisors hear of these.
const NOTICED: [Action; 21] = [
    Action::SetupDone,
    Action::PersonAdded,
    Action::PersonInvited,
    Action::ResetMade,
    Action::PasswordSet,
    Action::FactorReset,
    Action::FactorRemoved,
    Action::RoleChanged,
    Action::RoleConfirmed,
    Action::PersonDisabled,
    Action::PersonEnabled,
    Action::ConnectionAdded,
    Action::ConnectionChanged,
    Action::AddressChanged,
    Action::CredentialReplaced,
    Action::CredentialRemoved,
    Action::WebhookAdded,
    Action::WebhookRemoved,
    Action::OwnApprovalRefused,
    // What stood in the database was committed to as it was: an upgrade does, and whoever wrote
    // there before it wanted that.
    Action::RowsTakenOver,
    Action::RightsWritten,
];
/// And of whatever begins like this.
const NOTICED_PREFIXES: [&str; 1] = ["policy_"];
/// What admins do besides.
const KEPT: [Action; 6] = [
    Action::SessionEnded,
    Action::ConnectionTested,
    Action::DeliveryRetried,
    Action::Inspected,
    Action::OldRowsSealed,
    Action::CustomerErased,
];
/// So many are shown at once.
pub const NOTICED_MAX: i64 = 50;

/// What happened since a supervisor last said to have looked.
#[derive(Debug, Clone)]
pub struct Noticed {
    /// The oldest of them, newest first.
    pub rows: Vec<Row>,
    /// How many newer ones there are, which are shown once these were seen.
    pub newer: i64,
}

impl Noticed {
    /// The newest entry that is shown: nothing after it counts as seen.
    #[must_use]
    pub fn until(&self) -> i64 {
        self.rows.first().map_or(0, |row| row.seq)
    }
}

fn codes(actions: &[Action]) -> Vec<&'static str> {
    actions.iter().map(|action| action.code()).collect()
}

/// What others changed since a supervisor last looked. The oldest of it: who makes many changes
/// hides none behind them.
///
/// # Errors
/// The database.
pub async fn noticed(work: &Casework, person: &str) -> Result<Noticed, Error> {
    let mut reader = work.db.read().await?;
    let after = store_roles::looked(&mut reader.conn(), person).await?;
    drop(reader);
    let (mut rows, newer) =
        journal::oldest_of_actions(work, &codes(&NOTICED), &NOTICED_PREFIXES, after, NOTICED_MAX)
            .await?;
    rows.reverse();
    Ok(Noticed { rows, newer })
}

/// What was done to people, connections, policies and deliveries, newest first: the admins'
/// journal.
///
/// # Errors
/// The database.
pub async fn admin_journal(
    work: &Casework,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let all = [codes(&NOTICED), codes(&KEPT)].concat();
    let mut rows = journal::of_actions(work, &all, &NOTICED_PREFIXES, 0, before, limit).await?;
    for row in rows.iter_mut().filter(|row| {
        [Subject::Check.code(), Subject::Customer.code()].contains(&row.subject.as_str())
    }) {
        // Admins see no check and no customer: that it happened is theirs to know, not what stands
        // in it.
        row.details = Some("{}".into());
    }
    Ok(rows)
}

/// Notes that a supervisor has seen what happened up to an entry.
///
/// # Errors
/// The database.
pub async fn looked(work: &Casework, actor: &Actor, until: i64) -> Result<(), Error> {
    let mut tx = work.db.begin().await?;
    if store_roles::look(&mut tx.conn(), &actor.id, until).await? {
        let entry = actor.entry(
            work.now(),
            Action::ChangesSeen,
            Subject::Person,
            &actor.id,
            json!({ "until": until }),
        );
        journal::append(&mut tx.conn(), &[entry]).await?;
        return tx.commit().await;
    }
    Ok(())
}

/// Enters that somebody tried to approve what is their own. What was tried changed nothing.
///
/// # Errors
/// The database.
pub async fn own_approval_refused(
    work: &Casework,
    actor: &Actor,
    subject: Subject,
    id: &str,
    why: &str,
) -> Result<(), Error> {
    let entry =
        actor.entry(work.now(), Action::OwnApprovalRefused, subject, id, json!({ "why": why }));
    journal::record(&work.db, &[entry]).await
}

/// Everybody who ever took a step of a decision, and who could, with name and account.
///
/// # Errors
/// The database.
pub async fn deciders(work: &Casework) -> Result<Vec<(String, String)>, Error> {
    let mut reader = work.db.read().await?;
    let found = store_roles::deciders(&mut reader.conn()).await?;
    Ok(found.into_iter().map(|(id, name, account)| (id, format!("{name} ({account})"))).collect())
}

/// Everybody who may stand in the journal: all people who ever were here, and what acts without
/// being a person.
///
/// # Errors
/// The database.
pub async fn actors(work: &Casework) -> Result<Vec<(String, String)>, Error> {
    let mut reader = work.db.read().await?;
    let mut people = store::list(&mut reader.conn()).await?;
    people.sort_by(|a, b| (&a.name, &a.account).cmp(&(&b.name, &b.account)));
    let programs = [
        (journal::OPERATOR, "the operator"),
        (journal::WORKER, "the desk itself"),
        (journal::STRANGER, "nobody signed in"),
    ];
    let named = people.into_iter().map(|p| (p.id, format!("{} ({})", p.name, p.account)));
    Ok(named.chain(programs.map(|(id, words)| (id.to_owned(), words.to_owned()))).collect())
}
