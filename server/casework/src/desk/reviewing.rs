//! What is done with a check besides deciding: taking, assigning, judging, commenting, withdrawing.

use crate::{
    Casework, Error,
    desk::facts,
    journal::{self, Actor},
    new_id,
    records::{
        checks::{self as check_store, Check, Finding},
        promises, visible,
    },
    services::ending::end,
    store::{Conn, again, written},
};
use domain::{
    CheckId, FindingId, PersonId, Refusal,
    checks::{self, State},
    decisions::{self, COMMENT_MAX},
    fields::{Refused, composed, is_unsafe_character, nfc},
    findings::{Judgement, NOTE_MAX},
    journal::{Action, Subject},
    letters::hidden,
    people::Caller,
};
use serde_json::json;
use std::collections::BTreeSet;

/// Takes the most urgent check that nobody else holds, for ten minutes. `skip` is the one just
/// looked at.
///
/// Checks assigned to the caller come first, then unassigned ones by deadline.
///
/// # Errors
/// The database.
pub async fn take_next(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    skip: Option<&CheckId>,
) -> Result<Option<CheckId>, Error> {
    let now = work.now();
    let taken = written!(work, async |conn| {
        let skip = skip.map_or("", CheckId::as_str);
        let taken =
            check_store::claim_next(conn, caller.id.as_str(), skip, now, now + checks::CLAIM_TIME)
                .await?;
        if let Some(id) = &taken {
            check_store::release_others(conn, caller.id.as_str(), id).await?;
            journal::append(
                conn,
                &[actor.entry(
                    now,
                    Action::CheckClaimed,
                    Subject::Check,
                    id,
                    json!({ "until": now + checks::CLAIM_TIME }),
                )],
            )
            .await?;
        }
        Ok(taken)
    })?;
    Ok(taken.map(Into::into))
}

/// Gives a taken check back; one that somebody else took meanwhile is left alone.
///
/// # Errors
/// Unknown, or the database.
pub async fn give_back(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &CheckId,
) -> Result<(), Error> {
    written!(work, async |conn| {
        check_store::find(conn, id).await?.ok_or(Error::NotFound)?;
        if check_store::release(conn, caller.id.as_str(), id).await? > 0 {
            journal::append(
                conn,
                &[actor.entry(
                    work.now(),
                    Action::CheckReleased,
                    Subject::Check,
                    id.as_str(),
                    json!({}),
                )],
            )
            .await?;
        }
        Ok(())
    })
}

/// Assigns checks to a person, or to nobody. Gives how many were assigned; decided checks are left
/// alone.
///
/// # Errors
/// An unknown or unfit person, or the database.
pub async fn assign(
    work: &Casework,
    actor: &Actor,
    ids: &[CheckId],
    person: Option<&PersonId>,
) -> Result<usize, Error> {
    if ids.is_empty() {
        return Err(Refused::default().because("", "Select at least one check first.").into());
    }
    if let Some(person) = person {
        let person = crate::records::people::get(work, person).await.map_err(|_| {
            Refused::default().because("assignee", "Choose a person from the list.")
        })?;
        if !person.is_active() || !person.caller()?.may(domain::people::Permission::DecideChecks) {
            return Err(Refused::default()
                .because("assignee", "This person cannot review checks.")
                .into());
        }
    }
    again(|| assign_once(work, actor, ids, person)).await
}

async fn assign_once(
    work: &Casework,
    actor: &Actor,
    ids: &[CheckId],
    person: Option<&PersonId>,
) -> Result<usize, Error> {
    let now = work.now();
    let mut tx = work.db.begin().await?;
    let mut assigned = 0;
    {
        let mut conn = tx.conn();
        let mut entries = Vec::new();
        // In one order for everybody, so that two who assign the same checks do not wait for each
        // other.
        let ids: BTreeSet<&CheckId> = ids.iter().take(500).collect();
        for id in ids {
            if check_store::assign(&mut conn, id, person.map(PersonId::as_str), now).await? > 0 {
                assigned += 1;
                entries.push(actor.entry(
                    now,
                    Action::CheckAssigned,
                    Subject::Check,
                    id.as_str(),
                    json!({ "to": person.map(PersonId::as_str) }),
                ));
            }
        }
        journal::append(&mut conn, &entries).await?;
    }
    tx.commit().await?;
    Ok(assigned)
}

/// Records a person's word on one finding, while the check is under review.
///
/// # Errors
/// A note that is too long, a check that is not under review or about whoever judges, or the
/// database.
pub async fn judge(
    work: &Casework,
    actor: &Actor,
    check: &CheckId,
    finding: &FindingId,
    judgement: Judgement,
    note: &str,
) -> Result<(), Error> {
    let note = as_noted(finding, note)?;
    let now = work.now();
    written!(work, async |conn| {
        let held = hold_for_judging(conn, check).await?;
        if facts::is_about(conn, &held, &actor.id).await? {
            return Err(Refusal::Oneself.into());
        }
        let note = Some(note.as_str()).filter(|n| !n.is_empty());
        if check_store::judge(conn, check, finding, judgement, note, &actor.id, now).await? == 0 {
            return Err(Error::NotFound);
        }
        check_store::touch(conn, check, now).await?;
        let details =
            json!({ "finding": finding.as_str(), "judgement": judgement.code(), "note": note });
        journal::append(
            conn,
            &[actor.entry(now, Action::FindingJudged, Subject::Check, check.as_str(), details)],
        )
        .await?;
        Ok(())
    })
}

/// Keeps a note on a finding whose judgement stays, whoever made it, and gives the check's version
/// from then on.
///
/// `seen`: the version that the writer's page showed. Where something is decided on that page next,
/// an older page keeps nothing.
///
/// # Errors
/// As [`judge`]; a page that is out of date.
pub async fn note(
    work: &Casework,
    actor: &Actor,
    check: &CheckId,
    finding: &FindingId,
    note: &str,
    seen: Option<i64>,
) -> Result<i64, Error> {
    let note = as_noted(finding, note)?;
    let now = work.now();
    let mut tx = work.db.begin().await?;
    let version = {
        let mut conn = tx.conn();
        let before = hold_for_judging(&mut conn, check).await?;
        let standing = check_store::findings(&mut conn, check)
            .await?
            .into_iter()
            .find(|f| f.id == finding.as_str())
            .ok_or(Error::NotFound)?;
        // What is kept already is no change, and no page is out of date for it.
        if noted(standing.note.as_deref().unwrap_or_default()) == note {
            return Ok(before.version);
        }
        if seen.is_some_and(|seen| seen != before.version) {
            return Err(Refusal::Changed.into());
        }
        let note = Some(note.as_str()).filter(|n| !n.is_empty());
        check_store::note(&mut conn, check, finding, note).await?;
        check_store::touch(&mut conn, check, now).await?;
        let details = json!({ "finding": finding.as_str(), "note": note });
        journal::append(
            &mut conn,
            &[actor.entry(now, Action::FindingNoted, Subject::Check, check.as_str(), details)],
        )
        .await?;
        before.version + 1
    };
    tx.commit().await?;
    Ok(version)
}

/// The findings of a check as they are judged.
///
/// # Errors
/// The database.
pub async fn findings(work: &Casework, check: &CheckId) -> Result<Vec<Finding>, Error> {
    let mut reader = work.db.read().await?;
    check_store::findings(&mut reader.conn(), check).await
}

/// A note as it is kept: without what is around it, and with line breaks of one kind.
#[must_use]
pub fn noted(note: &str) -> String {
    visible(note.trim()).replace("\r\n", "\n")
}

fn as_noted(finding: &FindingId, note: &str) -> Result<String, Error> {
    let kept = noted(note);
    if kept.chars().count() > NOTE_MAX {
        let field = domain::findings::note_field(finding.as_str());
        return Err(Refused::of([(&field, note)])
            .because(&field, "Use at most 1,000 characters.")
            .into());
    }
    Ok(kept)
}

/// The check, if its findings can be judged now.
pub(super) async fn hold_for_judging(conn: &mut Conn<'_>, check: &CheckId) -> Result<Check, Error> {
    let before = check_store::hold(conn, check).await?.ok_or(Error::NotFound)?;
    if matches!(before.state()?, State::ToReview) {
        return Ok(before);
    }
    Err(Refused::default()
        .because(
            "",
            "Findings can be judged while the check is under review; this one is not any more.",
        )
        .into())
}

/// Adds a comment for colleagues; the provider does not get it.
///
/// # Errors
/// An empty or too long comment, or the database.
pub async fn comment(
    work: &Casework,
    actor: &Actor,
    check: &CheckId,
    body: &str,
) -> Result<(), Error> {
    comment_once(work, actor, check, &new_id(), body).await
}

/// Adds a comment that a form was sent with; `page` is the id that the form carries. The same text
/// sent twice from one page is one comment, another text is another one.
///
/// # Errors
/// As [`comment`].
pub async fn comment_once(
    work: &Casework,
    actor: &Actor,
    check: &CheckId,
    page: &str,
    body: &str,
) -> Result<(), Error> {
    let text = visible(body);
    let text = text.trim();
    let mut refused = Refused::of([("body", body)]);
    if text.is_empty() {
        refused.refuse("body", "Write something first.");
    }
    if text.replace("\r\n", "\n").chars().count() > COMMENT_MAX {
        refused.refuse("body", "Use at most 4,000 characters.");
    }
    if !refused.is_clean() {
        return Err(refused.into());
    }
    let now = work.now();
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        let known = check_store::hold(&mut conn, check).await?.ok_or(Error::NotFound)?;
        if known.state()? == State::Draft {
            return Err(refused
                .because("body", "Launch this check first; a draft takes no comments.")
                .into());
        }
        let id = match page {
            "" => new_id(),
            page => {
                crate::sha256_hex([page, &actor.id, check.as_str(), text].join("\0").as_bytes())
            }
        };
        if check_store::has_comment(&mut conn, &id).await? {
            return Ok(());
        }
        check_store::insert_comment(&mut conn, &id, check, &actor.id, text, now).await?;
        check_store::retouch(&mut conn, check, now).await?;
        journal::append(
            &mut conn,
            &[actor.entry(
                now,
                Action::CommentAdded,
                Subject::Check,
                check.as_str(),
                json!({ "comment": text }),
            )],
        )
        .await?;
    }
    tx.commit().await
}

/// Sets or removes (`value` of `None`) one pair of metadata, here and at the provider.
///
/// # Errors
/// A key or value that does not fit, a check the provider does not know yet, or the database.
pub async fn set_metadata(
    work: &Casework,
    actor: &Actor,
    check: &CheckId,
    key: &str,
    value: Option<&str>,
) -> Result<(), Error> {
    let (key, shown) = (composed(key), value.unwrap_or_default());
    let mut refused = Refused::of([("key", &key), ("value", shown)]);
    if key.is_empty() || key.chars().count() > 100 || hidden(&key).is_some() {
        refused.refuse("key", "Give a key of at most 100 visible characters.");
    }
    if value.is_some_and(|v| {
        v.trim().is_empty() || v.chars().count() > 1_000 || v.chars().any(is_unsafe_character)
    }) {
        refused.refuse("value", "Give a value of at most 1,000 visible characters.");
    }
    if !refused.is_clean() {
        return Err(refused.into());
    }
    let value = value.map(|value| nfc(value.trim()));
    let value = value.as_deref();
    let now = work.now();
    written!(work, async |conn| {
        let known = check_store::hold(conn, check).await?.ok_or(Error::NotFound)?;
        let is_sent = decisions::is_told(known.kind()?);
        if is_sent && known.provider_ref.is_none() {
            return Err(refused
                .clone()
                .because(
                    "",
                    "The provider does not know this check yet; metadata can be set once it runs.",
                )
                .into());
        }
        check_store::put_metadata(conn, check, &key, value).await?;
        check_store::retouch(conn, check, now).await?;
        if is_sent {
            let payload = json!({ "key": key, "value": value });
            promises::promise(
                conn,
                promises::Task::PutMetadata,
                check,
                None,
                &known.connection_id,
                payload,
                now,
            )
            .await?;
        }
        journal::append(
            conn,
            &[actor.entry(
                now,
                Action::MetadataChanged,
                Subject::Check,
                check.as_str(),
                json!({ "key": key, "value": value }),
            )],
        )
        .await?;
        Ok(())
    })?;
    work.wake.notify_waiters();
    Ok(())
}

/// Withdraws a check whose outcome is not here yet. What was promised and not sent yet is dropped.
/// Afterwards it is a step with a reason, [`decide::act`].
///
/// # Errors
/// The rule, an unknown check, or the database.
pub async fn withdraw(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &CheckId,
) -> Result<(), Error> {
    let now = work.now();
    written!(work, async |conn| {
        let check = check_store::hold(conn, id).await?.ok_or(Error::NotFound)?;
        let next = checks::withdraw(check.state()?, caller)?;
        if check_store::move_to(conn, id, check.state()?, next, check.version, now).await? == 0 {
            return Err(Refusal::Changed.into());
        }
        end(conn, id, now).await?;
        journal::append(
            conn,
            &[actor.entry(
                now,
                Action::CheckWithdrawn,
                Subject::Check,
                id.as_str(),
                json!({ "from": check.state }),
            )],
        )
        .await?;
        Ok(())
    })
}
