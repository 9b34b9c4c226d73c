//! What follows from Solaris's webhooks: a read of what they are about, and never more.
//!
//! The order in which they come does not matter, since each only asks for a read. A deletion is
//! looked up at Solaris before anybody is erased: the header that names the person is not signed.

use super::{Note, Pending, TRIES_MAX, note_down};
use crate::{
    Casework, Error,
    desk::erase,
    journal::Actor,
    providers::{
        CallError,
        solaris::{Event, Failure, NAME},
    },
    records::{checks as check_store, connections},
    store::{Conn, written},
    work::webhooks::store,
};
use domain::{Moment, time::DAY};

/// Asks for a read of what a webhook is about. A deletion is for [`erase`].
pub(super) async fn read(
    work: &Casework,
    conn: &mut Conn<'_>,
    callback: &Pending,
    event: &Event,
) -> Result<Note, Error> {
    let now = work.now();
    Ok(match (event, callback.entity_id.as_deref()) {
        (Event::Identification, Some(identification)) => {
            read_identification(work, conn, callback, identification).await?
        }
        (Event::PersonChanged, Some(person)) => read_person(work, conn, callback, person).await?,
        (Event::Identification | Event::PersonChanged | Event::PersonDeleted, _) => {
            about_nobody(now)
        }
        (Event::Probe | Event::Other(_), _) => {
            Note::done(now, format!("kept; nothing follows from {} here", event.code()))
        }
    })
}

fn about_nobody(now: Moment) -> Note {
    Note::parked(now, "it does not say whom or what it is about: an admin should look at it")
}

async fn close(work: &Casework, callback: &Pending, note: Note) -> Result<(), Error> {
    let mut tx = work.db.begin().await?;
    note_down(&mut tx.conn(), vec![(callback, note)]).await?;
    tx.commit().await
}

async fn read_identification(
    work: &Casework,
    conn: &mut Conn<'_>,
    callback: &Pending,
    identification: &str,
) -> Result<Note, Error> {
    let now = work.now();
    let checks =
        store::checks_of_identification(conn, &callback.connection_id, identification).await?;
    Ok(match read_all(conn, &checks, now).await? {
        Some(words) => Note::done(now, words),
        // Our own creation may still be on its way.
        None if callback.attempts < TRIES_MAX => {
            Note::again(work, callback, "no check has this identification yet")
        }
        None => Note::parked(now, "no check has this identification: an admin should look at it"),
    })
}

async fn read_person(
    work: &Casework,
    conn: &mut Conn<'_>,
    callback: &Pending,
    person: &str,
) -> Result<Note, Error> {
    let now = work.now();
    let checks = store::checks_of_person(conn, &callback.connection_id, person).await?;
    Ok(match read_all(conn, &checks, now).await? {
        Some(words) => Note::done(now, words),
        None if callback.attempts < TRIES_MAX => {
            Note::again(work, callback, "no check is about this person yet")
        }
        // The account may have persons whom others made.
        None => Note::done(now, "no check here is about this person"),
    })
}

/// Asks for a read of each; in words which, and nothing when there is none.
async fn read_all(
    conn: &mut Conn<'_>,
    checks: &[String],
    now: Moment,
) -> Result<Option<String>, Error> {
    let mut read = Vec::new();
    for check in checks {
        if check_store::poll_now(conn, &check.as_str().into(), now).await? > 0 {
            read.push(check.as_str());
        }
    }
    Ok((!read.is_empty()).then(|| format!("read again: {}", read.join(", "))))
}

/// Whom Solaris no longer has is erased here at once; whom it still has is not, whatever the
/// webhook says.
pub(super) async fn erase(work: &Casework, callback: &Pending) -> Result<(), Error> {
    let Some(person) = callback.entity_id.as_deref() else {
        return close(work, callback, about_nobody(work.now())).await;
    };
    let (known, unnumbered) = {
        let mut reader = work.db.read().await?;
        let mut conn = reader.conn();
        let known = store::person(&mut conn, &callback.connection_id, person).await?;
        (known, store::has_unnumbered_persons(&mut conn, &callback.connection_id).await?)
    };
    let now = work.now();
    let Some(known) = known else {
        let note = match callback.attempts < TRIES_MAX {
            true => Note::again(work, callback, "nobody here is this person yet"),
            false if unnumbered => Note::parked(
                now,
                "nobody here is this person yet, and some persons wait for their number: an admin should look at it",
            ),
            false => Note::done(now, "nobody here is this person"),
        };
        return close(work, callback, note).await;
    };
    if known.erased_at_ms.is_some() {
        return close(work, callback, Note::done(now, "erased before")).await;
    }
    match look(work, callback, person).await? {
        Looked::Gone => {
            written!(work, async |conn| {
                erase::erase(
                    work,
                    conn,
                    &Actor::worker(),
                    &known.customer_id,
                    "Solaris deleted the person",
                )
                .await?;
                note_down(
                    conn,
                    vec![(
                        callback,
                        Note::done(now, "Solaris deleted the person: the customer was erased"),
                    )],
                )
                .await?;
                Ok(())
            })?;
            work.wake.notify_waiters();
            erase::after_erasure(work, &known.customer_id).await
        }
        Looked::There if callback.attempts < TRIES_MAX => {
            close(
                work,
                callback,
                Note::again(work, callback, "Solaris still has this person; it is looked at again"),
            )
            .await
        }
        Looked::There => {
            let words =
                "Solaris still has this person, so nobody was erased: an admin should look at it";
            close(work, callback, Note::parked(now, words)).await
        }
        Looked::Unread(why) if now - callback.received_at_ms < DAY => {
            close(
                work,
                callback,
                Note::again(
                    work,
                    callback,
                    format!("not erased yet: {}", why.without_theirs().sentence(NAME)),
                ),
            )
            .await
        }
        Looked::Unread(why) => {
            let words = format!(
                "not erased: {} An admin should look at it",
                why.without_theirs().last_sentence(NAME, callback.attempts)
            );
            close(work, callback, Note::parked(now, words)).await
        }
    }
}

/// What Solaris says of a person who is said to be deleted.
#[derive(Debug, PartialEq, Eq)]
enum Looked {
    Gone,
    There,
    /// Nobody knows, and why.
    Unread(CallError),
}

async fn look(work: &Casework, callback: &Pending, person: &str) -> Result<Looked, Error> {
    let connection = connections::get(work, &callback.connection_id.as_str().into()).await?;
    let client = match connections::solaris_client(work, &connection).await {
        Ok(client) => client,
        Err(Error::Provider(error)) => return Ok(Looked::Unread(error)),
        Err(error) => return Err(error),
    };
    Ok(match client.person(person).await {
        Ok(_) => Looked::There,
        Err(failure) => of_failure(failure),
    })
}

/// Erasing cannot be taken back: a 404 counts only if Solaris says what is missing, and not when
/// something before it knows no such page.
fn of_failure(failure: Failure) -> Looked {
    match failure.error {
        CallError::Refused(410, _) => Looked::Gone,
        CallError::NotFound if !failure.complaints.is_empty() => Looked::Gone,
        error => Looked::Unread(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::video::Complaint;

    #[test]
    fn only_an_answer_that_means_it_erases() {
        let said = |error: CallError, detail: &str| {
            let complaint = Complaint { detail: detail.into(), ..Complaint::default() };
            let complaints = if detail.is_empty() { vec![] } else { vec![complaint] };
            of_failure(Failure { error, complaints })
        };
        assert_eq!(
            said(CallError::NotFound, "Couldn't find 'Solaris::Person' for id '1cper'."),
            Looked::Gone
        );
        assert_eq!(said(CallError::Refused(410, "gone".into()), ""), Looked::Gone);
        for error in [
            CallError::NotFound,
            CallError::Refused(403, "no".into()),
            CallError::NotSent("no line".into()),
        ] {
            assert!(matches!(said(error.clone(), ""), Looked::Unread(_)), "{error:?}");
        }
        assert!(matches!(
            said(CallError::Refused(403, "no".into()), "Couldn't find"),
            Looked::Unread(_)
        ));
    }
}
