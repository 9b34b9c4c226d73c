//! One-time links: whoever is invited, or forgot the password, sets one themself. An admin never
//! knows another's password.
//!
//! The secret of a link stands behind the `#` of its address, which browsers send to nobody: no
//! log, proxy or page that is led to afterwards learns it. Here only its hash is kept, for a day,
//! until it is used or a newer one takes its place.

use super::{Checked, NewPerson, PEOPLE, check_named, insert, store, store_roles};
use crate::{
    Casework, Error,
    journal::{self, Actor, OPERATOR},
    store::{Conn, written},
};
use domain::{
    Moment, PersonId,
    fields::Refused,
    journal::{Action, Subject},
    people::{Role, check_password_beside},
    time,
};
use serde_json::json;
use zeroize::Zeroizing;

/// How long a link is good for.
pub const LINK_TIME: i64 = 24 * time::HOUR;

/// A link that was just made; its address is shown once.
pub struct Link {
    pub person: PersonId,
    pub name: String,
    pub account: String,
    pub address: String,
    pub until: Moment,
    /// The person has had a password before.
    pub is_reset: bool,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("account", &self.account).finish_non_exhaustive()
    }
}

/// Adds a person who sets a password themself, and makes the link for it.
///
/// # Errors
/// Fields that stand in the way (also an account that is taken), or the database.
pub async fn invite(work: &Casework, actor: &Actor, new: &NewPerson) -> Result<Link, Error> {
    let Checked { account, name, role } = check_named(new, Role::parse(&new.role))?;
    let now = work.now();
    let link = written!(work, async |conn| {
        conn.take_turns(PEOPLE).await?;
        let checked = Checked { account: account.clone(), name: name.clone(), role };
        let id = insert(conn, actor, new, &checked, "", now).await?;
        make(work, conn, actor, (&id, &name, &account), false, now).await
    })?;
    Ok(link)
}

/// Makes a new link for a person as [`reset_asking`] does, knowing what it leaves.
///
/// # Errors
/// As there.
pub async fn reset(work: &Casework, actor: &Actor, person: &PersonId) -> Result<Link, Error> {
    reset_asking(work, actor, person, true).await
}

/// Makes a new link for a person: an invitation once more if they never came, else for another
/// password. Until it is used the old password stays.
///
/// # Errors
/// An unknown or disabled person, somebody asking for themself, the last who may approve unless
/// `knows` says that the caller knows, or the database.
pub async fn reset_asking(
    work: &Casework,
    actor: &Actor,
    person: &PersonId,
    knows: bool,
) -> Result<Link, Error> {
    let now = work.now();
    let link = written!(work, async |conn| {
        conn.take_turns(PEOPLE).await?;
        let known = store::by_id(conn, person.as_str()).await?.ok_or(Error::NotFound)?;
        if person.as_str() == actor.id {
            return Err(Refused::default()
                .because("", "You change your own password on your account's page.")
                .into());
        }
        if !known.is_active() {
            return Err(Refused::default()
                .because("", "This person is disabled. Enable them first.")
                .into());
        }
        // Once such a link is used, the role waits until somebody else confirms it.
        if !knows
            && super::approves(&known)
            && !store::is_another_approver(conn, person.as_str()).await?
        {
            return Err(Refused::of([("person", person.as_str())])
                .because(
                    "knows",
                    "This is the last person who may approve. Once the link is used, nobody could approve or overturn until somebody else confirms the role anew.",
                )
                .into());
        }
        make(work, conn, actor, (person, &known.name, &known.account), known.has_joined(), now)
            .await
    })?;
    Ok(link)
}

async fn make(
    work: &Casework,
    conn: &mut Conn<'_>,
    actor: &Actor,
    (person, name, account): (&PersonId, &str, &str),
    is_reset: bool,
    now: Moment,
) -> Result<Link, Error> {
    let token = hex::encode(crate::random::<32>());
    let until = now + LINK_TIME;
    store_roles::put_link(
        conn,
        person.as_str(),
        &crate::sha256_hex(token.as_bytes()),
        &actor.id,
        now,
        until,
    )
    .await?;
    let action = if is_reset { Action::ResetMade } else { Action::PersonInvited };
    let details = json!({ "account": account, "good_until": time::iso(until) });
    journal::append(conn, &[actor.entry(now, action, Subject::Person, person.as_str(), details)])
        .await?;
    let address = format!("{}/join#{token}", work.public_url.trim_end_matches('/'));
    Ok(Link {
        person: person.clone(),
        name: name.to_owned(),
        account: account.to_owned(),
        address,
        until,
        is_reset,
    })
}

const USED: &str = "This code is wrong, used, or older than a day. Ask an admin for a new link.";

/// Sets the password of whoever holds a link, and uses the link up. All sessions of the person end.
/// A role that an admin's link opened counts as given by that admin, who could have used it, and is
/// confirmed anew.
///
/// # Errors
/// The message beside the field, or the database.
pub async fn join(
    work: &Casework,
    request_id: &str,
    token: &str,
    password: &Zeroizing<String>,
) -> Result<(), Error> {
    // Whoever copied the whole address gave the code with it.
    let token = token.trim();
    let token = token.rsplit_once('#').map_or(token, |(_, code)| code);
    let hash = crate::sha256_hex(token.as_bytes());
    let refused = || Error::from(Refused::default().because("token", USED));
    let link = {
        let mut reader = work.db.read().await?;
        store_roles::link(&mut reader.conn(), &hash, work.now()).await?
    };
    // Before anything is hashed: strangers with wrong codes cost little.
    let link = link.ok_or_else(refused)?;
    let person = super::get(work, &link.person_id.as_str().into()).await?;
    if let Err(message) =
        check_password_beside(password, &[&person.account, &person.name, &work.public_url])
    {
        return Err(Refused::default().because("password", message).into());
    }
    let password_hash = work.passwords.hash(password.clone()).await?;
    let actor = Actor::new(&person.id, request_id);
    let now = work.now();
    written!(work, async |conn| {
        conn.take_turns(PEOPLE).await?;
        // Read again: of two who use the link at once, or after a newer one was made, one is too
        // late.
        let link = store_roles::link(conn, &hash, now).await?.ok_or_else(refused)?;
        let person = store::by_id(conn, &link.person_id).await?.ok_or_else(refused)?;
        if !store_roles::use_link(conn, &hash, now).await? {
            return Err(refused());
        }
        let role = person.caller()?.role;
        let is_reset = person.has_joined();
        // Whoever made the link could have used it. Only the first link of whoever gave the role,
        // too, opens no more than that role.
        let is_opened =
            link.made_by != OPERATOR && (is_reset || link.made_by != person.role_given_by);
        if is_opened {
            // Never alone: taking over the only other one makes nobody the only one.
            let given = store_roles::Given {
                by: &link.made_by,
                at: now,
                is_confirmed: false,
                is_alone: false,
            };
            store_roles::give(conn, &person.id, role, true, &given).await?;
        }
        store_roles::put_password(conn, &person.id, &password_hash).await?;
        let ended = store::end_sessions(conn, &person.id).await?;
        store::forget_devices(conn, &person.id).await?;
        if !is_reset {
            store_roles::begin_to_look(conn, &person.id).await?;
        }
        let details = json!({ "link_made_by": link.made_by, "sessions_ended": ended, "role_waits": is_opened || person.waits() });
        journal::append(
            conn,
            &[actor.entry(now, Action::PasswordSet, Subject::Person, &person.id, details)],
        )
        .await?;
        Ok(())
    })?;
    work.counts.forget();
    Ok(())
}

/// The person of an account name, for the command line.
///
/// # Errors
/// Nobody has it, or the database.
pub async fn of_account(work: &Casework, account: &str) -> Result<store::Person, Error> {
    let account = account.trim().to_lowercase();
    let mut reader = work.db.read().await?;
    let found = store::by_account(&mut reader.conn(), &account).await?;
    found.ok_or_else(|| {
        Error::Start(format!("Nobody has the account {account}. All of them: probity user list"))
    })
}
