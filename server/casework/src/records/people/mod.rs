//! People: signing in and out, adding, disabling, changing roles.

pub mod factor;
mod links;
mod open_sessions;
mod passwords;
mod roles;
mod sessions;
mod store;
mod store_roles;
mod tries;
pub mod watch;

use crate::{
    Casework, Error,
    journal::{self, Actor, OPERATOR, STRANGER},
    new_id,
    store::{Conn, written},
};
use domain::{
    Moment, PersonId,
    fields::{Refused, one_line},
    journal::{Action, Subject},
    people::{Caller, PASSWORD_MAX_BYTES, Permission, Role, check_account, check_password_beside},
    time,
};
use serde_json::json;
use std::time::Duration;
use tower_sessions::session::Id;
use tries::Turn;
use zeroize::Zeroizing;

pub use links::{LINK_TIME, Link, invite, join, of_account, reset, reset_asking};
pub use open_sessions::{OpenSession, end_session, open_sessions};
pub use passwords::Passwords;
pub(crate) use roles::told_apart;
pub use roles::{Unsure, confirm, confirmers, named, namesakes, shared_names, unconfirmed};
pub use sessions::{ABSOLUTE_TIME, IDLE_TIME, Sessions, SignedIn};
pub use store::Person;
pub use tries::{Network, Networks, Visitor};

/// How long the one-time setup token is good for.
pub const SETUP_TIME: i64 = time::HOUR;

/// How long somebody waits to hear that there is no place: whoever tries again at once tries less
/// often so, and those who read pages feel less of it.
const BUSY_PAUSE: Duration = Duration::from_millis(30);

/// What is done to people in turns.
const PEOPLE: &str = "people";

/// A longer account name is nobody's: it is not even looked up.
pub const ACCOUNT_MAX_BYTES: usize = 80;
/// How long a browser is remembered that somebody signed in with.
pub const DEVICE_TIME: i64 = 400 * time::DAY;

/// The answer to a sign-in.
#[derive(Debug)]
pub enum SignIn {
    Welcome(Welcome),
    /// The password was right, and the person has a second factor: this goes along with its code.
    Code(String),
    /// Wrong account or password, or disabled: one answer for all.
    Refused,
    /// The code is wrong, or was used before.
    CodeRefused,
    /// The password was given too long ago, or is another one by now.
    Expired,
    /// Too many tries for this account name, or from this network; try again after this many
    /// milliseconds.
    Wait(i64),
    /// All hashing places are taken.
    Busy,
}

/// Somebody who signed in.
pub struct Welcome {
    pub caller: Caller,
    /// Their session, which is made already.
    pub session: String,
    /// What their browser shows at the next sign-in.
    pub device: String,
}

impl std::fmt::Debug for Welcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Welcome").field("caller", &self.caller).finish_non_exhaustive()
    }
}

/// Who wants to sign in, as far as it is known before the password is looked at.
struct AtTheDoor {
    person: Option<Person>,
    /// The hash of the browser's token, if it is one of ours.
    device: Option<String>,
    /// This person signed in with this browser before.
    is_known: bool,
    /// This person has a second factor.
    has_factor: bool,
}

/// Checks an account name and password, and makes the session. Unknown accounts take the same path
/// and time as known ones.
///
/// # Errors
/// The database.
pub async fn sign_in(
    work: &Casework,
    visitor: &Visitor,
    account: &str,
    password: &Zeroizing<String>,
) -> Result<SignIn, Error> {
    if account.len() > ACCOUNT_MAX_BYTES || password.len() > PASSWORD_MAX_BYTES {
        return Ok(SignIn::Refused);
    }
    // No account has a NUL, and PostgreSQL takes none.
    let account = account.trim().to_lowercase().replace('\0', "\u{FFFD}");
    // A flood of tries that find no place costs nobody a read; but whoever was here before stands
    // in a line of their own.
    let mut in_line = None;
    if visitor.device.is_none() {
        in_line = work.passwords.line_up();
        if in_line.is_none() {
            return Ok(busy().await);
        }
    }
    let door = at_the_door(work, visitor, &account).await?;
    if in_line.is_none() {
        in_line =
            if door.is_known { work.passwords.line_up_known() } else { work.passwords.line_up() };
    }
    let Some(in_line) = in_line else { return Ok(busy().await) };
    let network = visitor.network.filter(|_| !door.is_known);
    let now = work.now();
    if let Some(network) = network
        && let Err(wait) = work.networks.take(network, now)
    {
        return Ok(SignIn::Wait(wait));
    }
    let turns = match &door.device {
        Some(device) if door.is_known => Turn::of_device(device, &account),
        _ => Turn::of_stranger(visitor.network, &account),
    };
    if let Some(wait) = take_turns(work, &turns, now).await? {
        return Ok(SignIn::Wait(wait));
    }
    // Who was invited and has no password yet takes as long as everybody else.
    let hash =
        door.person.as_ref().map(|p| p.password_hash.clone()).filter(|hash| !hash.is_empty());
    let Some(checked) = work.passwords.verify(in_line, password.clone(), hash).await else {
        return Ok(SignIn::Busy);
    };
    let answer = match checked.matches {
        true if door.has_factor => {
            half_way(work, &door, &turns, checked.rehashed).await?.map(SignIn::Code)
        }
        true => welcome(
            work,
            visitor,
            &door,
            &turns,
            Verified { rehashed: checked.rehashed, code: None },
        )
        .await?
        .map(SignIn::Welcome),
        false => None,
    };
    if let Some(answer) = answer {
        if let Some(network) = network {
            work.networks.give_back(network);
        }
        return Ok(answer);
    }
    count_failed(work, Action::SignInFailed, door.person.as_ref().map_or("", |p| p.id.as_str()))
        .await?;
    Ok(SignIn::Refused)
}

async fn busy() -> SignIn {
    tokio::time::sleep(BUSY_PAUSE).await;
    SignIn::Busy
}

async fn at_the_door(
    work: &Casework,
    visitor: &Visitor,
    account: &str,
) -> Result<AtTheDoor, Error> {
    let device = visitor.device.as_deref().map(|token| crate::sha256_hex(token.as_bytes()));
    let mut reader = work.db.read().await?;
    let door = {
        let mut conn = reader.conn();
        let person = store::by_account(&mut conn, account).await?;
        // Asked of nobody as well, so that it takes as long.
        let has_factor =
            factor::is_active(&mut conn, person.as_ref().map_or("", |p| p.id.as_str())).await?;
        let (is_known, is_ours) = match &device {
            Some(device) => {
                store::device(&mut conn, device, person.as_ref().map_or("", |p| p.id.as_str()))
                    .await?
            }
            None => (false, false),
        };
        AtTheDoor { person, device: device.filter(|_| is_ours), is_known, has_factor }
    };
    work.db.keep(reader);
    Ok(door)
}

/// Takes all of these turns or none; gives how long to wait where one is not free.
async fn take_turns(work: &Casework, turns: &[Turn], now: Moment) -> Result<Option<i64>, Error> {
    // Whoever has to wait anyway keeps nobody from writing.
    let mut reader = work.db.read().await?;
    let free_at = not_free(&mut reader.conn(), turns, now).await?;
    work.db.keep(reader);
    if let Some(free_at) = free_at {
        return Ok(Some((free_at - now).max(1)));
    }
    let mut tx = work.db.begin().await?;
    for turn in turns {
        if !store::take_turn(&mut tx.conn(), turn, now).await? {
            let free_at = store::free_at(&mut tx.conn(), turn, now).await?;
            return Ok(Some((free_at.unwrap_or(now) - now).max(1)));
        }
    }
    tx.commit().await?;
    Ok(None)
}

async fn not_free(
    conn: &mut Conn<'_>,
    turns: &[Turn],
    now: Moment,
) -> Result<Option<Moment>, Error> {
    let mut latest = None;
    for turn in turns {
        latest = latest.max(store::free_at(conn, turn, now).await?);
    }
    Ok(latest)
}

/// What a sign-in was found to bring.
struct Verified<'a> {
    /// A newer hash of the password, to be kept.
    rehashed: Option<String>,
    /// The code of somebody who has a second factor.
    code: Option<&'a str>,
}

/// How long a right password waits for its code.
pub const CODE_TIME: i64 = 5 * time::MINUTE;
const TICKET: &str = "sign_in|ticket";

/// What a browser brings along with a code. It is sealed, and opens nothing without one.
#[derive(serde::Serialize, serde::Deserialize)]
struct Ticket {
    account: String,
    /// Of the stored hash: a password that is changed meanwhile ends it.
    password: String,
    at: Moment,
}

/// The password was right: asks for the code. No session is made, and nothing is kept.
async fn half_way(
    work: &Casework,
    door: &AtTheDoor,
    turns: &[Turn],
    rehashed: Option<String>,
) -> Result<Option<String>, Error> {
    let Some(person) = &door.person else { return Ok(None) };
    let kept = rehashed.as_deref().unwrap_or(&person.password_hash);
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        if !person.is_active()
            || !store::set_password(&mut conn, &person.id, &person.password_hash, kept).await?
        {
            return Ok(None);
        }
        for turn in turns {
            store::forget_turn(&mut conn, turn).await?;
        }
    }
    tx.commit().await?;
    let ticket = Ticket {
        account: person.account.clone(),
        password: crate::sha256_hex(kept.as_bytes()),
        at: work.now(),
    };
    let plain = serde_json::to_vec(&ticket).map_err(|e| Error::Corrupt(e.to_string()))?;
    Ok(Some(hex::encode(work.sealer.seal(TICKET, &plain))))
}

/// Goes on where [`sign_in`] asked for a code: a code by time or a recovery code, each once.
///
/// # Errors
/// The database.
pub async fn sign_in_with_code(
    work: &Casework,
    visitor: &Visitor,
    ticket: &str,
    code: &Zeroizing<String>,
) -> Result<SignIn, Error> {
    let opened = hex::decode(ticket).ok().and_then(|sealed| work.sealer.open(TICKET, &sealed).ok());
    let now = work.now();
    let ticket = opened
        .and_then(|plain| serde_json::from_slice::<Ticket>(&plain).ok())
        .filter(|t| (now - t.at).abs() <= CODE_TIME);
    let Some(ticket) = ticket else { return Ok(SignIn::Expired) };
    let door = at_the_door(work, visitor, &ticket.account).await?;
    let is_same = |p: &Person| {
        p.is_active() && crate::sha256_hex(p.password_hash.as_bytes()) == ticket.password
    };
    if !door.person.as_ref().is_some_and(is_same) {
        return Ok(SignIn::Expired);
    }
    let turns = match &door.device {
        Some(device) if door.is_known => Turn::of_code_on_device(device, &ticket.account),
        _ => Turn::of_code_elsewhere(&ticket.account),
    };
    if let Some(wait) = take_turns(work, &turns, now).await? {
        return Ok(SignIn::Wait(wait));
    }
    if let Some(welcome) = welcome(
        work,
        visitor,
        &door,
        &turns,
        Verified { rehashed: None, code: Some(code.as_str()) },
    )
    .await?
    {
        return Ok(SignIn::Welcome(welcome));
    }
    count_failed(
        work,
        Action::SignInCodeRefused,
        door.person.as_ref().map_or("", |p| p.id.as_str()),
    )
    .await?;
    Ok(SignIn::CodeRefused)
}

/// Lets somebody in whose password was verified; nothing if it was changed meanwhile, or they are
/// disabled, or have a second factor and its code is missing, wrong or used.
async fn welcome(
    work: &Casework,
    visitor: &Visitor,
    door: &AtTheDoor,
    turns: &[Turn],
    verified: Verified<'_>,
) -> Result<Option<Welcome>, Error> {
    let Some(person) = &door.person else { return Ok(None) };
    let now = work.now();
    let kept = verified.rehashed.as_deref().unwrap_or(&person.password_hash);
    // A browser that somebody else signed in with before keeps its token.
    let device = match &visitor.device {
        Some(token) if door.device.is_some() => token.clone(),
        _ => hex::encode(crate::random::<32>()),
    };
    let mut tx = work.db.begin().await?;
    let session = {
        let mut conn = tx.conn();
        if !store::signed_in(&mut conn, &person.id, &person.password_hash, kept, now).await? {
            return Ok(None);
        }
        let actor = Actor::new(&person.id, &visitor.request_id);
        let mut entries = Vec::new();
        if let Some(code) = verified.code {
            let Some(shown) = factor::use_code(work, &mut conn, &person.id, code).await? else {
                return Ok(None);
            };
            if let Some(entry) = shown.entry(&actor, now) {
                // Whoever lost the telephone may have lost it with a session open.
                store::end_sessions(&mut conn, &person.id).await?;
                entries.push(entry);
            }
        } else if factor::is_active(&mut conn, &person.id).await? {
            return Ok(None);
        }
        for turn in turns {
            store::forget_turn(&mut conn, turn).await?;
        }
        store::keep_device(&mut conn, &crate::sha256_hex(device.as_bytes()), &person.id, now)
            .await?;
        let mut session = Id::default();
        while store::insert_session(
            &mut conn,
            &sessions::hash(&session),
            Some(&person.id),
            "{}",
            now,
            now + ABSOLUTE_TIME,
        )
        .await?
            == 0
        {
            session = Id::default();
        }
        store_roles::note_device(
            &mut conn,
            &sessions::hash(&session),
            &visitor.agent,
            &visitor.address,
        )
        .await?;
        let details = json!({ "device": visitor.agent, "address": visitor.address });
        entries.push(actor.entry(now, Action::SignedIn, Subject::Person, &person.id, details));
        journal::append(&mut conn, &entries).await?;
        session.to_string()
    };
    tx.commit().await?;
    Ok(Some(Welcome { caller: person.caller()?, session, device }))
}

/// Counts a failed try; within a minute or so it is entered in the journal, together with others.
async fn count_failed(work: &Casework, action: Action, person: &str) -> Result<(), Error> {
    let mut tx = work.db.begin().await?;
    store::count_failed(&mut tx.conn(), action, person, work.now()).await?;
    tx.commit().await
}

/// An account that nobody has is not written down: somebody may have typed their password there.
fn failed_entry(failed: &store::Failed, now: Moment) -> journal::Entry {
    let action = Action::parse(&failed.action).unwrap_or(Action::SignInFailed);
    let details =
        json!({ "account": failed.account.as_deref().unwrap_or("unknown"), "tries": failed.tries });
    let (actor, subject) = match action {
        Action::SignInFailed => (STRANGER, ""),
        // Somebody who knows the password; whether it is the person is not known.
        Action::SignInCodeRefused => (STRANGER, failed.person_id.as_str()),
        _ => (failed.person_id.as_str(), failed.person_id.as_str()),
    };
    Actor::new(actor, "").entry(now, action, Subject::Person, subject, details)
}

/// Enters failed tries in the journal whose minute is over, and removes what tries have left
/// behind.
///
/// # Errors
/// The database.
pub async fn sweep_tries(work: &Casework) -> Result<(), Error> {
    let now = work.now();
    work.networks.sweep(now);
    let (is_failed, is_over) = {
        let mut reader = work.db.read().await?;
        let mut conn = reader.conn();
        let found = (
            store::is_any_failed_over(&mut conn, now).await?,
            store::is_any_try_over(&mut conn, now).await?,
        );
        work.db.keep(reader);
        found
    };
    if !is_failed && !is_over {
        return Ok(());
    }
    written!(work, async |conn| {
        let entries: Vec<_> = store::take_failed(conn, now)
            .await?
            .iter()
            .map(|failed| failed_entry(failed, now))
            .collect();
        if !entries.is_empty() {
            journal::append(conn, &entries).await?;
        }
        store::sweep_tries(conn, now).await?;
        Ok(())
    })
}

/// Records that a person signed out. The session itself is ended by its store.
///
/// # Errors
/// The database.
pub async fn signed_out(work: &Casework, actor: &Actor) -> Result<(), Error> {
    journal::record(
        &work.db,
        &[actor.entry(work.now(), Action::SignedOut, Subject::Person, &actor.id, json!({}))],
    )
    .await
}

/// What is typed to add a person. Only the operator gives a password with it; whom an admin invites
/// sets one themself.
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

fn check(work: &Casework, new: &NewPerson, role: Option<Role>) -> Result<Checked, Refused> {
    let named = check_named(new, role);
    let Err(message) = check_password_beside(
        &new.password,
        &[&new.account, &one_line(&new.name), &work.public_url],
    ) else {
        return named;
    };
    Err(named.err().unwrap_or_else(|| new.refused()).because("password", message))
}

/// The same without the password.
fn check_named(new: &NewPerson, role: Option<Role>) -> Result<Checked, Refused> {
    let mut refused = new.refused();
    let account = check_account(&new.account).unwrap_or_else(|message| {
        refused.refuse("account", message);
        String::new()
    });
    let name = one_line(&new.name);
    if name.is_empty()
        || name.chars().count() > 100
        || domain::letters::hidden(&name).is_some()
        || !name.chars().any(char::is_alphanumeric)
    {
        refused.refuse("name", "Give the person's name, at most 100 visible characters.");
    }
    if role.is_none() {
        refused.refuse("role", "Choose a role.");
    }
    match role {
        Some(role) if refused.is_clean() => Ok(Checked { account, name, role }),
        _ => Err(refused),
    }
}

/// Adds a person with a password: the operator's way, for a first start, demos and tests. An admin
/// invites.
///
/// # Errors
/// Fields that stand in the way (also an account that is taken), somebody who is not the operator,
/// or the database.
pub async fn add(work: &Casework, actor: &Actor, new: &NewPerson) -> Result<PersonId, Error> {
    let checked = check(work, new, Role::parse(&new.role))?;
    if actor.id != OPERATOR {
        return Err(new
            .refused()
            .because("password", "Nobody sets another's password. Invite the person instead.")
            .into());
    }
    let hash = work.passwords.hash(new.password.clone()).await?;
    let mut tx = work.db.begin().await?;
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
    // Who sets up holds the operator's token.
    let giver = if actor.id == STRANGER { OPERATOR } else { actor.id.as_str() };
    let given = roles::given(conn, giver, &id, now).await?;
    store_roles::give(conn, &id, *role, true, &given).await?;
    store_roles::begin_to_look(conn, &id).await?;
    let details = json!({ "account": account, "name": name, "role": role.code(), "confirmed": given.words() });
    journal::append(conn, &[actor.entry(now, Action::PersonAdded, Subject::Person, &id, details)])
        .await?;
    Ok(id.into())
}

/// Whether this person may approve, now.
fn approves(person: &Person) -> bool {
    person.is_active()
        && person.role == Role::Supervisor.code()
        && person.has_joined()
        && !person.waits()
}

/// Changes a person's role or state as [`change_asking`] does, knowing what it leaves.
///
/// # Errors
/// As there.
pub async fn change(
    work: &Casework,
    actor: &Actor,
    person: &PersonId,
    role: Role,
    active: bool,
) -> Result<(), Error> {
    change_asking(work, actor, person, role, active, true).await.map(|_| ())
}

/// Changes a person's role or state, and gives whether anything was changed. All their sessions end
/// at once, a new role waits to be confirmed, and what somebody held who is disabled or decides
/// nothing any more goes back to the queue. A role that somebody else gave and that nobody
/// confirmed takes a new invitation with it.
///
/// # Errors
/// An unknown person, somebody changing themself, the last active admin, or the last who may
/// approve unless `knows` says that the caller knows.
pub async fn change_asking(
    work: &Casework,
    actor: &Actor,
    person: &PersonId,
    role: Role,
    active: bool,
    knows: bool,
) -> Result<bool, Error> {
    let now = work.now();
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        // Two admins who disable each other must see each other.
        conn.take_turns(PEOPLE).await?;
        let before = store::by_id(&mut conn, person.as_str()).await?.ok_or(Error::NotFound)?;
        if person.as_str() == actor.id {
            return Err(Refused::default()
                .because("", "Nobody changes their own role or state; ask another admin.")
                .into());
        }
        let (is_re_roled, is_switched) = (before.role != role.code(), before.is_active() != active);
        if !is_re_roled && !is_switched {
            return Ok(false);
        }
        let loses_admin = before.is_active()
            && before.role == Role::Admin.code()
            && !(active && role == Role::Admin);
        if loses_admin && store::active_admins(&mut conn).await? <= 1 {
            return Err(Refused::default()
                .because("", "This is the last active admin. Make another admin first.")
                .into());
        }
        let loses_approver = approves(&before) && !(active && role == Role::Supervisor);
        if loses_approver
            && !knows
            && !store::is_another_approver(&mut conn, person.as_str()).await?
        {
            let state = if active { "active" } else { "disabled" };
            let typed =
                Refused::of([("person", person.as_str()), ("role", role.code()), ("state", state)]);
            return Err(typed
                .because(
                    "knows",
                    "This is the last person who may approve. Nobody could approve or overturn until another supervisor is here.",
                )
                .into());
        }
        let mut entries = Vec::new();
        if is_re_roled {
            let given = roles::given(&mut conn, &actor.id, person.as_str(), now).await?;
            store_roles::give(&mut conn, person.as_str(), role, active, &given).await?;
            // Whoever gave a role that nobody confirmed may have set the password, and could now
            // confirm what another gives.
            let ends_password = before.has_joined()
                && before.role_confirmed_by.is_none()
                && before.role_given_by != actor.id;
            if ends_password {
                store_roles::put_password(&mut conn, person.as_str(), "").await?;
                store_roles::forget_link(&mut conn, person.as_str()).await?;
            }
            let details = json!({ "from": before.role, "to": role.code(), "confirmed": given.words(), "takes_new_invitation": ends_password });
            entries.push(actor.entry(
                now,
                Action::RoleChanged,
                Subject::Person,
                person.as_str(),
                details,
            ));
        } else {
            store::set_state(&mut conn, person.as_str(), active).await?;
        }
        let ended = store::end_sessions(&mut conn, person.as_str()).await?;
        let mut given_back = Vec::new();
        if !active || !role.grants(Permission::DecideChecks) {
            given_back = store_roles::held(&mut conn, person.as_str()).await?;
            for check in &given_back {
                store_roles::give_back(&mut conn, check, person.as_str(), now).await?;
            }
        }
        if !active {
            store_roles::forget_link(&mut conn, person.as_str()).await?;
        }
        if is_switched {
            let action = if active { Action::PersonEnabled } else { Action::PersonDisabled };
            entries.push(actor.entry(
                now,
                action,
                Subject::Person,
                person.as_str(),
                json!({ "sessions_ended": ended }),
            ));
        }
        let of_person = || json!({ "person": person.as_str() });
        entries.extend(given_back.iter().map(|check| {
            actor.entry(now, Action::CheckReleased, Subject::Check, check, of_person())
        }));
        journal::append(&mut conn, &entries).await?;
    }
    tx.commit().await?;
    work.counts.forget();
    Ok(true)
}

/// Sets a new password for a person who gave the old one; ends all their sessions, and forgets
/// their browsers.
///
/// # Errors
/// The message beside the field.
pub async fn change_password(
    work: &Casework,
    actor: &Actor,
    old: &str,
    new: &Zeroizing<String>,
) -> Result<(), Error> {
    let refused = Refused::default();
    let person = get(work, &actor.id.as_str().into()).await?;
    if old.len() > PASSWORD_MAX_BYTES {
        return Err(refused.because("old", NOT_THIS).into());
    }
    let Some(in_line) = work.passwords.line_up_known() else {
        return Err(refused.because("old", CROWDED).into());
    };
    // Whoever finds an open session must not guess the password there.
    let turns = Turn::of_password(&person.id);
    if let Some(wait) = take_turns(work, &turns, work.now()).await? {
        let words = format!(
            "Too many wrong tries. Try again in {}.",
            time::in_words(wait.max(time::SECOND))
        );
        return Err(refused.because("old", words).into());
    }
    let verified = person.password_hash.clone();
    match work
        .passwords
        .verify(in_line, Zeroizing::new(old.to_owned()), Some(verified.clone()))
        .await
    {
        None => return Err(refused.because("old", CROWDED).into()),
        Some(c) if !c.matches => {
            count_failed(work, Action::PasswordRefused, &person.id).await?;
            return Err(refused.because("old", NOT_THIS).into());
        }
        Some(_) => {}
    }
    if let Err(message) =
        check_password_beside(new, &[&person.account, &person.name, &work.public_url])
    {
        forget_turns(work, &turns).await?;
        return Err(refused.because("new", message).into());
    }
    let hash = work.passwords.hash(new.clone()).await?;
    written!(work, async |conn| {
        if !store::set_password(conn, &actor.id, &verified, &hash).await? {
            return Err(refused
                .clone()
                .because("old", "The password was changed meanwhile. Give the newer one.")
                .into());
        }
        for turn in &turns {
            store::forget_turn(conn, turn).await?;
        }
        store::end_sessions(conn, &actor.id).await?;
        store::forget_devices(conn, &actor.id).await?;
        journal::append(
            conn,
            &[actor.entry(
                work.now(),
                Action::PasswordChanged,
                Subject::Person,
                &actor.id,
                json!({}),
            )],
        )
        .await?;
        Ok(())
    })
}

const NOT_THIS: &str = "This is not your current password.";
const CROWDED: &str = "Too many sign-ins at once. Try again in a moment.";

async fn forget_turns(work: &Casework, turns: &[Turn]) -> Result<(), Error> {
    let mut tx = work.db.begin().await?;
    for turn in turns {
        store::forget_turn(&mut tx.conn(), turn).await?;
    }
    tx.commit().await
}

/// Keeps how a person likes their pages; unknown words keep what is.
///
/// # Errors
/// The database.
pub async fn set_look(
    work: &Casework,
    person: &str,
    theme: &str,
    density: &str,
) -> Result<(), Error> {
    let theme = if ["system", "light", "dark"].contains(&theme) { theme } else { "system" };
    let density = if ["compact", "comfortable"].contains(&density) { density } else { "compact" };
    let mut tx = work.db.begin().await?;
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

/// A caller as they are at this moment, held until the transaction ends; nothing when they are
/// disabled, or their role waits.
pub(crate) async fn as_now(conn: &mut Conn<'_>, caller: &Caller) -> Result<Option<Caller>, Error> {
    let person = store::hold(conn, caller.id.as_str()).await?;
    person.filter(|p| p.is_active() && !p.waits()).map(|p| p.caller()).transpose()
}

/// Whether nobody is here yet.
///
/// # Errors
/// The database.
pub async fn is_empty(work: &Casework) -> Result<bool, Error> {
    let mut reader = work.db.read().await?;
    Ok(store::count(&mut reader.conn()).await? == 0)
}

/// Whether the first admin is still to be made. The operator may have added others before.
///
/// # Errors
/// The database.
pub async fn needs_setup(work: &Casework) -> Result<bool, Error> {
    let mut reader = work.db.read().await?;
    store::is_without_admin(&mut reader.conn()).await
}

/// Makes the one-time token for the first admin; older ones end. It is shown once, its hash is
/// kept.
///
/// # Errors
/// An admin is here already, or the database.
pub async fn new_setup_token(work: &Casework) -> Result<String, Error> {
    let token = hex::encode(crate::random::<16>());
    written!(work, async |conn| {
        if !store::is_without_admin(conn).await? {
            return Err(Error::Start(
                "Setup is over: there is an admin already, who invites more people.".into(),
            ));
        }
        store::replace_setup_token(
            conn,
            &crate::sha256_hex(token.as_bytes()),
            work.now() + SETUP_TIME,
        )
        .await?;
        Ok(())
    })?;
    Ok(token)
}

/// Makes the first admin with the one-time token, in one transaction: whoever uses the token first
/// wins.
///
/// # Errors
/// A wrong, used or expired token, an admin who exists already, fields that stand in the way, or
/// the database.
pub async fn set_up(
    work: &Casework,
    request_id: &str,
    token: &str,
    new: &NewPerson,
) -> Result<PersonId, Error> {
    let hash = crate::sha256_hex(token.trim().as_bytes());
    let refused = || {
        new.refused().because("token", "This token is wrong, used or older than one hour. Make a new one with: probity setup-token")
    };
    let good = {
        let mut reader = work.db.read().await?;
        store::setup_token_is_good(&mut reader.conn(), &hash, work.now()).await?
    };
    if !good {
        // Before anything is hashed: strangers with wrong tokens cost little.
        return Err(refused().into());
    }
    let checked = check(work, new, Some(Role::Admin))?;
    let password_hash = work.passwords.hash(new.password.clone()).await?;
    let actor = Actor::new(STRANGER, request_id);
    let now = work.now();
    let id = written!(work, async |conn| {
        conn.take_turns(PEOPLE).await?;
        if store::use_setup_token(conn, &hash, now).await? == 0 {
            return Err(refused().into());
        }
        let id = insert(conn, &actor, new, &checked, &password_hash, now).await?;
        journal::append(
            conn,
            &[actor.entry(now, Action::SetupDone, Subject::Person, id.as_str(), json!({}))],
        )
        .await?;
        Ok(id)
    })?;
    Ok(id)
}

/// Notes that a person is active, so that their session does not go idle.
///
/// # Errors
/// The database.
pub async fn seen(work: &Casework, session_hash: &str, at: Moment) -> Result<(), Error> {
    let mut tx = work.db.begin().await?;
    store::seen(&mut tx.conn(), session_hash, at).await?;
    tx.commit().await
}

/// Ends all sessions of a person, by their own wish.
///
/// # Errors
/// The database.
pub async fn end_sessions(work: &Casework, actor: &Actor) -> Result<(), Error> {
    written!(work, async |conn| {
        let ended = store::end_sessions(conn, &actor.id).await?;
        let entry = actor.entry(
            work.now(),
            Action::SessionsEnded,
            Subject::Person,
            &actor.id,
            json!({ "sessions_ended": ended }),
        );
        journal::append(conn, &[entry]).await?;
        Ok(())
    })
}

/// Removes sessions that have ended by time.
///
/// # Errors
/// The database.
pub async fn sweep_sessions(work: &Casework) -> Result<u64, Error> {
    let mut tx = work.db.begin().await?;
    let swept = store::sweep_sessions(&mut tx.conn(), work.now(), work.now() - IDLE_TIME).await?;
    tx.commit().await?;
    Ok(swept)
}
