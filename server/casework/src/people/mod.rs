//! People: signing in and out, adding, disabling, changing roles.

mod passwords;
mod sessions;
mod store;

use crate::{
    Casework, Error,
    journal::{self, Actor, STRANGER},
    new_id,
    store::Conn,
};
use domain::{
    Moment, PersonId,
    fields::{Refused, one_line},
    journal::{Action, Subject},
    people::{Caller, Role, check_account, check_password},
    time,
};
use serde_json::json;
use std::time::Duration;
use zeroize::Zeroizing;

pub use passwords::Passwords;
pub use sessions::{ABSOLUTE_TIME, IDLE_TIME, Sessions, SignedIn};
pub use store::Person;

/// How long the one-time setup token is good for.
pub const SETUP_TIME: i64 = time::HOUR;

/// How long somebody waits to hear that there is no place: whoever tries again at once tries less often so, and those who read
/// pages feel less of it.
const BUSY_PAUSE: Duration = Duration::from_millis(30);

/// What is done to people in turns.
const PEOPLE: &str = "people";

/// The answer to a sign-in.
#[derive(Debug)]
pub enum SignIn {
    Welcome(Caller),
    /// Wrong account or password, or disabled: one answer for all.
    Refused,
    /// Too many failures for this account name; try again after this many milliseconds.
    Wait(i64),
    /// All hashing places are taken.
    Busy,
}

/// Checks an account name and password. Unknown accounts take the same path and time as known ones.
///
/// # Errors
/// The database.
pub async fn sign_in(work: &Casework, account: &str, password: &str, request_id: &str) -> Result<SignIn, Error> {
    // Asked first: a flood of tries that find no place costs nobody a read.
    let Some(in_line) = work.passwords.line_up() else {
        tokio::time::sleep(BUSY_PAUSE).await;
        return Ok(SignIn::Busy);
    };
    let now = work.now();
    // No account has a NUL, and PostgreSQL takes none.
    let account = account.trim().to_lowercase().replace('\0', "\u{FFFD}");
    let key = crate::sha256_hex(account.as_bytes());
    let (person, wait_until) = {
        let mut reader = work.db.read().await?;
        let mut conn = reader.conn();
        let found = (store::by_account(&mut conn, &account).await?, store::wait_until(&mut conn, &key).await?);
        work.db.keep(reader);
        found
    };
    if wait_until > now {
        return Ok(SignIn::Wait(wait_until - now));
    }
    let hash = person.as_ref().map(|p| p.password_hash.clone());
    let Some(checked) = work.passwords.verify(in_line, Zeroizing::new(password.to_owned()), hash).await else {
        return Ok(SignIn::Busy);
    };
    let known = person.as_ref().map(|p| p.account.clone());
    let welcome = person.filter(|p| checked.matches && p.is_active());
    let mut tx = work.db.write().await?;
    let answer = {
        let mut conn = tx.conn();
        let (entry, answer) = if let Some(person) = welcome {
            store::forget_failures(&mut conn, &key).await?;
            store::signed_in(&mut conn, &person.id, now).await?;
            if let Some(newer) = checked.rehashed {
                store::set_password(&mut conn, &person.id, &newer).await?;
            }
            let caller = person.caller()?;
            let entry = Actor::new(&person.id, request_id).entry(now, Action::SignedIn, Subject::Person, &person.id, json!({}));
            (entry, SignIn::Welcome(caller))
        } else {
            store::count_failure(&mut conn, &key, now).await?;
            // An account that nobody has is not written down: somebody may have typed their password there.
            let details = json!({ "account": known.as_deref().unwrap_or("unknown") });
            let entry = Actor::new(STRANGER, request_id).entry(now, Action::SignInFailed, Subject::Person, "", details);
            (entry, SignIn::Refused)
        };
        journal::append(&mut conn, &[entry]).await?;
        answer
    };
    tx.commit().await?;
    Ok(answer)
}

/// Records that a person signed out. The session itself is ended by its store.
///
/// # Errors
/// The database.
pub async fn signed_out(work: &Casework, actor: &Actor) -> Result<(), Error> {
    journal::record(&work.db, &[actor.entry(work.now(), Action::SignedOut, Subject::Person, &actor.id, json!({}))]).await
}

/// What is typed to add a person.
#[derive(Debug, Clone, Default)]
pub struct NewPerson {
    pub account: String,
    pub name: String,
    pub role: String,
    pub password: Zeroizing<String>,
}

impl NewPerson {
    fn refused(&self) -> Refused {
        // The password is not handed back: it would have to be stored.
        Refused::of([("account", &self.account), ("name", &self.name), ("role", &self.role)])
    }
}

/// A [`NewPerson`] whose fields passed.
struct Checked {
    account: String,
    name: String,
    role: Role,
}

fn check(new: &NewPerson, role: Option<Role>) -> Result<Checked, Refused> {
    let mut refused = new.refused();
    let account = check_account(&new.account).unwrap_or_else(|message| {
        refused.refuse("account", message);
        String::new()
    });
    let name = one_line(&new.name);
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(domain::fields::is_unsafe_character) {
        refused.refuse("name", "Give the person's name, at most 100 visible characters.");
    }
    if role.is_none() {
        refused.refuse("role", "Choose a role.");
    }
    if let Err(message) = check_password(&new.password, &account) {
        refused.refuse("password", message);
    }
    match role {
        Some(role) if refused.is_clean() => Ok(Checked { account, name, role }),
        _ => Err(refused),
    }
}

/// Adds a person.
///
/// # Errors
/// Fields that stand in the way (also an account that is taken), or the database.
pub async fn add(work: &Casework, actor: &Actor, new: &NewPerson) -> Result<PersonId, Error> {
    let checked = check(new, Role::parse(&new.role))?;
    let hash = work.passwords.hash(new.password.clone()).await?;
    let mut tx = work.db.write().await?;
    tx.conn().take_turns(PEOPLE).await?;
    let id = insert(&mut tx.conn(), actor, new, &checked, &hash, work.now()).await?;
    tx.commit().await?;
    Ok(id)
}

async fn insert(
    conn: &mut Conn<'_>,
    actor: &Actor,
    new: &NewPerson,
    Checked { account, name, role }: &Checked,
    hash: &str,
    now: Moment,
) -> Result<PersonId, Error> {
    if store::by_account(conn, account).await?.is_some() {
        return Err(new.refused().because("account", "This account name is taken.").into());
    }
    let id = new_id();
    store::insert(conn, &id, account, name, *role, hash, now).await?;
    let details = json!({ "account": account, "name": name, "role": role.code() });
    journal::append(conn, &[actor.entry(now, Action::PersonAdded, Subject::Person, &id, details)]).await?;
    Ok(id.into())
}

/// Changes a person's role or state; all their sessions end at once.
///
/// # Errors
/// An unknown person, somebody changing themself, or the last active admin.
pub async fn change(work: &Casework, actor: &Actor, person: &PersonId, role: Role, active: bool) -> Result<(), Error> {
    let now = work.now();
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        // Two admins who disable each other must see each other.
        conn.take_turns(PEOPLE).await?;
        let before = store::by_id(&mut conn, person.as_str()).await?.ok_or(Error::NotFound)?;
        if person.as_str() == actor.id {
            return Err(Refused::default().because("", "Nobody changes their own role or state; ask another admin.").into());
        }
        let loses_admin = before.is_active() && before.role == Role::Admin.code() && !(active && role == Role::Admin);
        if loses_admin && store::active_admins(&mut conn).await? <= 1 {
            return Err(Refused::default().because("", "This is the last active admin. Make another admin first.").into());
        }
        store::change(&mut conn, person.as_str(), role, active).await?;
        let ended = store::end_sessions(&mut conn, person.as_str()).await?;
        let mut entries = Vec::new();
        if before.role != role.code() {
            entries.push(actor.entry(
                now,
                Action::RoleChanged,
                Subject::Person,
                person.as_str(),
                json!({ "from": before.role, "to": role.code() }),
            ));
        }
        if before.is_active() != active {
            let action = if active { Action::PersonEnabled } else { Action::PersonDisabled };
            entries.push(actor.entry(now, action, Subject::Person, person.as_str(), json!({ "sessions_ended": ended })));
        }
        journal::append(&mut conn, &entries).await?;
    }
    tx.commit().await
}

/// Sets a new password for a person who gave the old one; ends all their sessions.
///
/// # Errors
/// The message beside the field.
pub async fn change_password(work: &Casework, actor: &Actor, old: &str, new: &Zeroizing<String>) -> Result<(), Error> {
    let refused = Refused::default();
    let person = get(work, &actor.id.as_str().into()).await?;
    let checked = match work.passwords.line_up() {
        Some(in_line) => work.passwords.verify(in_line, Zeroizing::new(old.to_owned()), Some(person.password_hash.clone())).await,
        None => None,
    };
    match checked {
        None => return Err(refused.because("old", "Too many sign-ins at once. Try again in a moment.").into()),
        Some(c) if !c.matches => return Err(refused.because("old", "This is not your current password.").into()),
        Some(_) => {}
    }
    if let Err(message) = check_password(new, &person.account) {
        return Err(refused.because("new", message).into());
    }
    let hash = work.passwords.hash(new.clone()).await?;
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        store::set_password(&mut conn, &actor.id, &hash).await?;
        store::end_sessions(&mut conn, &actor.id).await?;
        journal::append(&mut conn, &[actor.entry(work.now(), Action::PasswordChanged, Subject::Person, &actor.id, json!({}))]).await?;
    }
    tx.commit().await
}

/// Keeps how a person likes their pages; unknown words keep what is.
///
/// # Errors
/// The database.
pub async fn set_look(work: &Casework, person: &str, theme: &str, density: &str) -> Result<(), Error> {
    let theme = if ["system", "light", "dark"].contains(&theme) { theme } else { "system" };
    let density = if ["compact", "comfortable"].contains(&density) { density } else { "compact" };
    let mut tx = work.db.write().await?;
    store::set_look(&mut tx.conn(), person, theme, density).await?;
    tx.commit().await
}

/// Everybody, active people first, by name.
///
/// # Errors
/// The database.
pub async fn list(work: &Casework) -> Result<Vec<Person>, Error> {
    let mut reader = work.db.read().await?;
    store::list(&mut reader.conn()).await
}

/// One person.
///
/// # Errors
/// Nobody has this id, or the database.
pub async fn get(work: &Casework, id: &PersonId) -> Result<Person, Error> {
    let mut reader = work.db.read().await?;
    store::by_id(&mut reader.conn(), id.as_str()).await?.ok_or(Error::NotFound)
}

/// A caller as they are at this moment, held until the transaction ends; nothing when they are disabled.
pub(crate) async fn as_now(conn: &mut Conn<'_>, caller: &Caller) -> Result<Option<Caller>, Error> {
    let person = store::hold(conn, caller.id.as_str()).await?;
    person.filter(Person::is_active).map(|p| p.caller()).transpose()
}

/// Whether nobody is here yet.
///
/// # Errors
/// The database.
pub async fn is_empty(work: &Casework) -> Result<bool, Error> {
    let mut reader = work.db.read().await?;
    Ok(store::count(&mut reader.conn()).await? == 0)
}

/// Makes the one-time token for the first admin; older ones end. It is shown once, its hash is kept.
///
/// # Errors
/// Somebody is here already, or the database.
pub async fn new_setup_token(work: &Casework) -> Result<String, Error> {
    let token = hex::encode(crate::random::<16>());
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        if store::count(&mut conn).await? > 0 {
            return Err(Error::Start("Setup is over: there are people already. An admin adds more.".into()));
        }
        store::replace_setup_token(&mut conn, &crate::sha256_hex(token.as_bytes()), work.now() + SETUP_TIME).await?;
    }
    tx.commit().await?;
    Ok(token)
}

/// Makes the first admin with the one-time token, in one transaction: whoever uses the token first wins.
///
/// # Errors
/// A wrong, used or expired token, people who exist already, fields that stand in the way, or the database.
pub async fn set_up(work: &Casework, request_id: &str, token: &str, new: &NewPerson) -> Result<PersonId, Error> {
    let hash = crate::sha256_hex(token.trim().as_bytes());
    let refused =
        || new.refused().because("token", "This token is wrong, used or older than one hour. Make a new one with: probity setup-token");
    let good = {
        let mut reader = work.db.read().await?;
        store::setup_token_is_good(&mut reader.conn(), &hash, work.now()).await?
    };
    if !good {
        // Before anything is hashed: strangers with wrong tokens cost little.
        return Err(refused().into());
    }
    let checked = check(new, Some(Role::Admin))?;
    let password_hash = work.passwords.hash(new.password.clone()).await?;
    let actor = Actor::new(STRANGER, request_id);
    let now = work.now();
    let mut tx = work.db.write().await?;
    let id = {
        let mut conn = tx.conn();
        conn.take_turns(PEOPLE).await?;
        if store::use_setup_token(&mut conn, &hash, now).await? == 0 {
            return Err(refused().into());
        }
        let id = insert(&mut conn, &actor, new, &checked, &password_hash, now).await?;
        journal::append(&mut conn, &[actor.entry(now, Action::SetupDone, Subject::Person, id.as_str(), json!({}))]).await?;
        id
    };
    tx.commit().await?;
    Ok(id)
}

/// Notes that a person is active, so that their session does not go idle.
///
/// # Errors
/// The database.
pub async fn seen(work: &Casework, session_hash: &str, at: Moment) -> Result<(), Error> {
    let mut tx = work.db.write().await?;
    store::seen(&mut tx.conn(), session_hash, at).await?;
    tx.commit().await
}

/// Ends all sessions of a person, by their own wish.
///
/// # Errors
/// The database.
pub async fn end_sessions(work: &Casework, actor: &Actor) -> Result<(), Error> {
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        let ended = store::end_sessions(&mut conn, &actor.id).await?;
        let entry = actor.entry(work.now(), Action::SessionsEnded, Subject::Person, &actor.id, json!({ "sessions_ended": ended }));
        journal::append(&mut conn, &[entry]).await?;
    }
    tx.commit().await
}

/// Removes sessions that have ended by time.
///
/// # Errors
/// The database.
pub async fn sweep_sessions(work: &Casework) -> Result<u64, Error> {
    let mut tx = work.db.write().await?;
    let swept = store::sweep_sessions(&mut tx.conn(), work.now(), work.now() - IDLE_TIME).await?;
    tx.commit().await?;
    Ok(swept)
}
