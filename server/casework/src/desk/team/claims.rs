//! Taking this very check, taking it over, handing it to a colleague, and holding it while one
//! works at it.

use crate::{
    Casework, Error,
    journal::{self, Actor},
    records::{
        checks::{self as checks, Check},
        people,
        team::{self as team_store, Handed},
    },
    store::written,
};
use domain::{
    CheckId, Moment, PersonId,
    checks::CLAIM_TIME,
    fields::Refused,
    journal::{Action, Subject},
    people::{Caller, Permission},
    team::{self, HAND_OVER_NOTE_MAX, Hold},
};
use serde_json::json;

/// Who holds a check at a moment.
///
/// # Errors
/// A stored state that this program does not know.
pub fn hold(check: &Check, now: Moment) -> Result<Option<Hold<'_>>, Error> {
    Ok(Hold::of(check.state()?, check.claimed_by.as_deref(), check.claim_until_ms, now))
}

/// Takes a check that is free, or takes it over; whatever else the person held goes back.
///
/// # Errors
/// The rule, an unknown check, or the database.
pub async fn take(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &CheckId,
) -> Result<(), Error> {
    let now = work.now();
    let until = now + CLAIM_TIME;
    written!(work, async |conn| {
        let check = checks::hold(conn, id).await?.ok_or(Error::NotFound)?;
        let over = team::take(check.state()?, hold(&check, now)?, caller)?;
        team_store::claim(conn, id, caller.id.as_str(), until).await?;
        checks::release_others(conn, caller.id.as_str(), id.as_str()).await?;
        let (action, details) = if over {
            (Action::CheckTakenOver, json!({ "from": check.claimed_by, "until": until }))
        } else {
            (Action::CheckClaimed, json!({ "until": until }))
        };
        let entry = actor.entry(now, action, Subject::Check, id.as_str(), details);
        journal::append(conn, &[entry]).await
    })
}

/// Hands a check that the person holds to a colleague: it is theirs from now on, held for them
/// first, with a note.
///
/// # Errors
/// A colleague that does not fit, a note that is too long, the rule, an unknown check, or the
/// database.
pub async fn hand_over(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &CheckId,
    to: &str,
    note: &str,
) -> Result<(), Error> {
    let mut refused = Refused::of([("colleague", to), ("hand_note", note)]);
    let note = crate::records::visible(note);
    let note = note.trim();
    if note.replace("\r\n", "\n").chars().count() > HAND_OVER_NOTE_MAX {
        refused.refuse("hand_note", "Use at most 1,000 characters.");
    }
    let colleague = colleague(work, caller, to).await?;
    if colleague.is_none() {
        refused.refuse("colleague", "Choose a colleague who can review checks.");
    }
    let Some(colleague) = colleague.filter(|_| refused.is_clean()) else {
        return Err(refused.into());
    };
    let now = work.now();
    let note = Some(note).filter(|n| !n.is_empty());
    written!(work, async |conn| {
        let check = checks::hold(conn, id).await?.ok_or(Error::NotFound)?;
        domain::team::hand_over(hold(&check, now)?, caller)
            .map_err(|r| refused.clone().because("colleague", r.sentence()))?;
        let (from, to) = (caller.id.as_str(), colleague.as_str());
        team_store::hand_over(conn, id, from, to, note, now).await?;
        let details = json!({ "to": to, "note": note });
        let entry = actor.entry(now, Action::CheckHandedOver, Subject::Check, id.as_str(), details);
        journal::append(conn, &[entry]).await
    })
}

/// Somebody else who can review checks now.
async fn colleague(work: &Casework, caller: &Caller, to: &str) -> Result<Option<PersonId>, Error> {
    if to == caller.id.as_str() {
        return Ok(None);
    }
    match people::get(work, &to.into()).await {
        Ok(person)
            if person.is_active()
                && !person.waits()
                && person.caller()?.may(Permission::DecideChecks) =>
        {
            Ok(Some(to.into()))
        }
        Ok(_) | Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes the time longer for who works at a check that they hold, and gives its new end; nothing
/// when there is time enough, or no hold any more. No journal entry: taking it is one, and what
/// they do while they hold it is.
///
/// # Errors
/// The database.
pub async fn stay(
    work: &Casework,
    caller: &Caller,
    check: &Check,
) -> Result<Option<Moment>, Error> {
    let now = work.now();
    if !hold(check, now)?.is_some_and(|h| h.person == caller.id.as_str() && h.is_due_to_extend(now))
    {
        return Ok(None);
    }
    let until = now + CLAIM_TIME;
    let mut tx = work.db.begin().await?;
    let extended =
        team_store::extend(&mut tx.conn(), &check.id, caller.id.as_str(), now, until).await?;
    tx.commit().await?;
    Ok((extended > 0).then_some(until))
}

/// What colleagues handed to a person and is still open, the newest first.
///
/// # Errors
/// The database.
pub async fn handed_to(work: &Casework, person: &PersonId) -> Result<Vec<Handed>, Error> {
    let mut reader = work.db.read().await?;
    let handed = team_store::handed_to(&mut reader.conn(), person.as_str()).await?;
    work.db.keep(reader);
    Ok(handed)
}
