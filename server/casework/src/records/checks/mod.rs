//! Checks: their rows and the SQL that moves them; what belongs to one check stands in the files
//! beside this.

mod asked;
mod comments;
pub(crate) mod earlier;
pub mod evidence;
mod findings;

use crate::{
    Casework, Error,
    journal::parts::{
        CHECK_ABOUT, CHECK_OUTCOME, CHECK_REQUEST, CHECK_STATE, WHOLE_CHECK, WHOLE_FINDING,
    },
    store::{Conn, Sql, exec, row, rows, rows_of},
};
use domain::{
    CheckId, Moment,
    checks::{Band, Kind, State, Telling},
    idv::Idv,
    launch::DueDiligence,
    time::NEVER,
};

pub use asked::Asked;
pub use comments::*;
pub use evidence::*;
pub use findings::*;

/// A check as stored.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Check {
    pub id: String,
    pub kind: String,
    pub customer_id: String,
    pub connection_id: String,
    pub state: String,
    pub version: i64,
    pub touched_at_ms: i64,
    pub risk_score: i64,
    pub provider_ref: Option<String>,
    pub provider_state: Option<String>,
    pub progress: i64,
    pub request: String,
    pub launched_by: Option<String>,
    pub launched_at_ms: i64,
    pub outcome_at_ms: Option<i64>,
    pub decided_at_ms: Option<i64>,
    pub due_from_ms: i64,
    pub due_at_ms: i64,
    pub assignee_id: Option<String>,
    pub claimed_by: Option<String>,
    pub claim_until_ms: i64,
    /// Who handed it to its assignee, and what they wrote.
    pub handed_by: Option<String>,
    pub handed_note: Option<String>,
    pub telling: String,
    pub trouble: Option<String>,
    pub relaunch_of: Option<String>,
    /// The check that this one follows from.
    pub from_check: Option<String>,
    pub poll_at_ms: i64,
    pub polls_failed: i64,
    pub poll_fence: i64,
}

impl Check {
    /// # Errors
    /// A stored word that this program does not know.
    pub fn state(&self) -> Result<State, Error> {
        State::parse(&self.state)
            .ok_or_else(|| Error::Corrupt(format!("state {} of check {}", self.state, self.id)))
    }

    /// # Errors
    /// A stored word that this program does not know.
    pub fn kind(&self) -> Result<Kind, Error> {
        Kind::parse(&self.kind)
            .ok_or_else(|| Error::Corrupt(format!("kind {} of check {}", self.kind, self.id)))
    }

    /// # Errors
    /// A stored word that this program does not know.
    pub fn telling(&self) -> Result<Telling, Error> {
        Telling::parse(&self.telling)
            .ok_or_else(|| Error::Corrupt(format!("telling {} of check {}", self.telling, self.id)))
    }

    #[must_use]
    pub fn risk(&self) -> Option<i64> {
        (self.risk_score >= 0).then_some(self.risk_score)
    }

    #[must_use]
    pub fn band(&self) -> Option<Band> {
        self.risk().map(Band::of)
    }

    /// The due diligence that was launched.
    ///
    /// # Errors
    /// A draft, another kind, or a stored request that cannot be read.
    pub fn launch(&self) -> Result<DueDiligence, Error> {
        self.request()
    }

    /// The ID verification that was launched.
    ///
    /// # Errors
    /// Another kind, or a stored request that cannot be read.
    pub fn idv(&self) -> Result<Idv, Error> {
        self.request()
    }

    /// What was asked of a provider that answers at once.
    ///
    /// # Errors
    /// Another kind, or a stored request that cannot be read.
    pub fn asked(&self) -> Result<Asked, Error> {
        self.request()
    }

    fn request<T: serde::de::DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(&self.request)
            .map_err(|e| Error::Corrupt(format!("request of check {}: {e}", self.id)))
    }
}

macro_rules! check {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, customer_id, connection_id, state, version, touched_at_ms, risk_score, provider_ref, provider_state, progress, request, launched_by, \
             launched_at_ms, outcome_at_ms, decided_at_ms, due_from_ms, due_at_ms, assignee_id, claimed_by, claim_until_ms, handed_by, handed_note, telling, trouble, relaunch_of, from_check, \
             poll_at_ms, polls_failed, poll_fence FROM checks",
            $rest
        )
    };
}

pub(crate) async fn find(conn: &mut Conn<'_>, id: &CheckId) -> Result<Option<Check>, Error> {
    Ok(row!(conn, Check, check!(" WHERE id = $1"), id.as_str())?)
}

/// A customer's newest checks of these kinds, so many at most.
pub(crate) async fn newest_of(
    conn: &mut Conn<'_>,
    customer: &str,
    kinds: &[Kind],
    limit: i64,
) -> Result<Vec<Check>, Error> {
    let mut sql = Sql::default();
    sql.push(check!(" WHERE customer_id = ")).text(customer).push(" AND kind IN (");
    sql.texts(kinds.iter().map(|kind| kind.code()))
        .push(") ORDER BY launched_at_ms DESC, id DESC LIMIT ")
        .int(limit);
    Ok(rows_of!(conn, Check, &sql)?)
}

/// One check, held until the transaction ends: who comes second waits, and then sees what the first
/// one did.
///
/// Whoever changes a check and more takes this first, then the rest, and the journal last; so
/// nobody waits in a circle.
pub(crate) async fn hold(conn: &mut Conn<'_>, id: &CheckId) -> Result<Option<Check>, Error> {
    let mut sql = Sql::default();
    sql.push(check!(" WHERE id = ")).text(id.as_str()).push(conn.hold());
    Ok(rows_of!(conn, Check, &sql)?.pop())
}

pub(crate) async fn insert(conn: &mut Conn<'_>, c: &Check) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO checks (id, kind, customer_id, connection_id, state, version, touched_at_ms, risk_score, provider_ref, provider_state, progress, request, launched_by, \
         launched_at_ms, outcome_at_ms, decided_at_ms, due_from_ms, due_at_ms, assignee_id, claimed_by, claim_until_ms, telling, trouble, relaunch_of, from_check, poll_at_ms, polls_failed, poll_fence, about) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)",
        &c.id,
        &c.kind,
        &c.customer_id,
        &c.connection_id,
        &c.state,
        c.version,
        c.touched_at_ms,
        c.risk_score,
        &c.provider_ref,
        &c.provider_state,
        c.progress,
        &c.request,
        &c.launched_by,
        c.launched_at_ms,
        c.outcome_at_ms,
        c.decided_at_ms,
        c.due_from_ms,
        c.due_at_ms,
        &c.assignee_id,
        &c.claimed_by,
        c.claim_until_ms,
        &c.telling,
        &c.trouble,
        &c.relaunch_of,
        &c.from_check,
        c.poll_at_ms,
        c.polls_failed,
        c.poll_fence,
        // Whom it asks about: the customer may be known by another name later.
        crate::records::customers::name_in(&c.request)
    )?;
    wrote_check(conn, &c.id);
    Ok(())
}

/// A check was made, or is gone.
pub(crate) fn wrote_check(conn: &mut Conn<'_>, id: &str) {
    WHOLE_CHECK.into_iter().for_each(|part| conn.wrote(part, id));
}

/// A finding was made, or is gone.
pub(crate) fn wrote_finding(conn: &mut Conn<'_>, id: &str) {
    WHOLE_FINDING.into_iter().for_each(|part| conn.wrote(part, id));
}

pub(crate) async fn delete_draft(conn: &mut Conn<'_>, id: &CheckId) -> Result<(), Error> {
    if exec!(conn, "DELETE FROM checks WHERE id = $1 AND state = 'draft'", id.as_str())? > 0 {
        wrote_check(conn, id.as_str());
    }
    Ok(())
}

/// Another open check of the same kind about the same customer.
pub(crate) async fn open_check(
    conn: &mut Conn<'_>,
    customer: &str,
    kind: Kind,
    except: &CheckId,
) -> Result<Option<String>, Error> {
    Ok(row!(
        conn,
        (String,),
        "SELECT id FROM checks WHERE customer_id = $1 AND kind = $2 AND id <> $3 AND state IN ('queued', 'running', 'to_review', 'proposed') ORDER BY launched_at_ms DESC LIMIT 1",
        customer,
        kind.code(),
        except.as_str()
    )?
    .map(|(id,)| id))
}

/// Moves a check on, if it still is what the caller saw. Gives the number of rows moved: 0 or 1.
pub(crate) async fn move_to(
    conn: &mut Conn<'_>,
    id: &CheckId,
    from: State,
    to: State,
    version: i64,
    now: Moment,
) -> Result<u64, Error> {
    conn.wrote(CHECK_STATE, id.as_str());
    Ok(exec!(
        conn,
        "UPDATE checks SET state = $3, version = version + 1, touched_at_ms = $5, claim_until_ms = 0, claimed_by = NULL, handed_by = NULL, handed_note = NULL, handed_at_ms = NULL, returned_at_ms = NULL WHERE id = $1 AND state = $2 AND version = $4",
        id.as_str(),
        from.code(),
        to.code(),
        version,
        now
    )?)
}

/// A proposal came back to who made it: the check is theirs, before everything else that is. Of
/// whoever decides nothing any more it is not: it would wait for nobody.
pub(crate) async fn come_back(
    conn: &mut Conn<'_>,
    id: &CheckId,
    to: &str,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE checks SET assignee_id = (SELECT id FROM people WHERE id = $2 AND state = 'active' AND role IN ('analyst', 'supervisor')), returned_at_ms = $3 WHERE id = $1",
        id.as_str(),
        to,
        now
    )?;
    Ok(())
}

pub(crate) async fn decided(
    conn: &mut Conn<'_>,
    id: &CheckId,
    telling: Telling,
    now: Moment,
) -> Result<(), Error> {
    conn.wrote(CHECK_STATE, id.as_str());
    exec!(
        conn,
        "UPDATE checks SET decided_at_ms = $2, telling = $3, trouble = NULL WHERE id = $1",
        id.as_str(),
        now,
        telling.code()
    )?;
    Ok(())
}

/// A change that a decision must not overlook.
pub(crate) async fn touch(conn: &mut Conn<'_>, id: &CheckId, now: Moment) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE checks SET version = version + 1, touched_at_ms = $2 WHERE id = $1",
        id.as_str(),
        now
    )?;
    Ok(())
}

/// Another question in the place of the one that was launched, before anything of it was sent.
pub(crate) async fn set_request(
    conn: &mut Conn<'_>,
    id: &CheckId,
    request: &str,
) -> Result<(), Error> {
    let about = crate::records::customers::name_in(request);
    conn.wrote(CHECK_REQUEST, id.as_str());
    conn.wrote(CHECK_ABOUT, id.as_str());
    exec!(
        conn,
        "UPDATE checks SET request = $2, about = COALESCE($3, about) WHERE id = $1",
        id.as_str(),
        request,
        about
    )?;
    Ok(())
}

/// A change that pages show and decisions need not mind.
pub(crate) async fn retouch(conn: &mut Conn<'_>, id: &CheckId, now: Moment) -> Result<(), Error> {
    exec!(conn, "UPDATE checks SET touched_at_ms = $2 WHERE id = $1", id.as_str(), now)?;
    Ok(())
}

pub(crate) async fn set_telling(
    conn: &mut Conn<'_>,
    id: &CheckId,
    telling: Telling,
    trouble: Option<&str>,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE checks SET telling = $2, trouble = $3, touched_at_ms = $4 WHERE id = $1",
        id.as_str(),
        telling.code(),
        trouble,
        now
    )?;
    Ok(())
}

pub(crate) async fn set_trouble(
    conn: &mut Conn<'_>,
    id: &CheckId,
    trouble: Option<&str>,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE checks SET trouble = $2, touched_at_ms = $3 WHERE id = $1",
        id.as_str(),
        trouble,
        now
    )?;
    Ok(())
}

pub(crate) async fn sent(
    conn: &mut Conn<'_>,
    id: &CheckId,
    provider_ref: &str,
    poll_at: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE checks SET provider_ref = $2, provider_state = 'created', trouble = NULL, poll_at_ms = $3, polls_failed = 0 WHERE id = $1",
        id.as_str(),
        provider_ref,
        poll_at
    )?;
    Ok(())
}

pub(crate) async fn progressed(
    conn: &mut Conn<'_>,
    id: &CheckId,
    progress: i64,
    provider_state: &str,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE checks SET touched_at_ms = CASE WHEN progress = $2 AND provider_state = $3 THEN touched_at_ms ELSE $4 END, progress = $2, provider_state = $3, trouble = NULL, polls_failed = 0 WHERE id = $1",
        id.as_str(),
        progress,
        provider_state,
        now
    )?;
    Ok(())
}

/// The outcome stands here. When to read again is for the reader to say, under its fence: there may
/// be more to fetch.
pub(crate) async fn outcome(
    conn: &mut Conn<'_>,
    id: &CheckId,
    risk: i64,
    provider_state: &str,
    now: Moment,
    due_at: Moment,
) -> Result<(), Error> {
    conn.wrote(CHECK_OUTCOME, id.as_str());
    exec!(
        conn,
        "UPDATE checks SET risk_score = $2, provider_state = $3, progress = 100, outcome_at_ms = $4, due_from_ms = $4, due_at_ms = $5, trouble = NULL, polls_failed = 0 WHERE id = $1",
        id.as_str(),
        risk,
        provider_state,
        now,
        due_at
    )?;
    Ok(())
}

/// Another risk, of what came after the outcome; the deadline only comes nearer by it.
pub(crate) async fn rated(
    conn: &mut Conn<'_>,
    id: &CheckId,
    risk: i64,
    due_at: Moment,
) -> Result<(), Error> {
    conn.wrote(CHECK_OUTCOME, id.as_str());
    exec!(
        conn,
        "UPDATE checks SET risk_score = $2, due_at_ms = CASE WHEN due_at_ms < $3 THEN due_at_ms ELSE $3 END WHERE id = $1",
        id.as_str(),
        risk,
        due_at
    )?;
    Ok(())
}

pub(crate) async fn provider_says(
    conn: &mut Conn<'_>,
    id: &CheckId,
    provider_state: &str,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE checks SET provider_state = $2, touched_at_ms = $3 WHERE id = $1 AND (provider_state IS NULL OR provider_state <> $2)",
        id.as_str(),
        provider_state,
        now
    )?;
    Ok(())
}

pub(crate) async fn stop_polling(conn: &mut Conn<'_>, id: &CheckId) -> Result<(), Error> {
    exec!(conn, "UPDATE checks SET poll_at_ms = $2 WHERE id = $1", id.as_str(), NEVER)?;
    Ok(())
}

pub(crate) async fn poll_at(
    conn: &mut Conn<'_>,
    id: &CheckId,
    at: Moment,
    fence: i64,
    read: PollRead,
) -> Result<u64, Error> {
    Ok(exec!(
        conn,
        "UPDATE checks SET poll_at_ms = $2, polls_failed = CASE $4 WHEN 'failed' THEN polls_failed + 1 WHEN 'missed' THEN polls_failed ELSE 0 END WHERE id = $1 AND poll_fence = $3",
        id.as_str(),
        at,
        fence,
        match read {
            PollRead::Good => "good",
            PollRead::Failed => "failed",
            PollRead::Missed => "missed",
        }
    )?)
}

/// How a read went, as far as the count of failed ones is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PollRead {
    Good,
    Failed,
    /// All of the provider was out of reach: that says nothing about this check.
    Missed,
}

/// Asks for a read of the provider's state as soon as a worker is free.
pub(crate) async fn poll_now(conn: &mut Conn<'_>, id: &CheckId, now: Moment) -> Result<u64, Error> {
    // The fence makes a read void that is under way: it may have been made before what is to be
    // read.
    Ok(exec!(
        conn,
        "UPDATE checks SET poll_at_ms = $2, poll_fence = poll_fence + 1 WHERE id = $1 AND provider_ref IS NOT NULL",
        id.as_str(),
        now
    )?)
}

/// Whether [`take_polls`] would find anything.
pub(crate) async fn is_any_poll_due(conn: &mut Conn<'_>, now: Moment) -> Result<bool, Error> {
    Ok(row!(
        conn,
        (String,),
        "SELECT id FROM checks WHERE poll_at_ms < 253402300799000 AND poll_at_ms <= $1 ORDER BY poll_at_ms LIMIT 1",
        now
    )?
    .is_some())
}

/// Takes checks whose state is to be read, for `lease_until`; the fence makes a late worker's
/// result void.
pub(crate) async fn take_polls(
    conn: &mut Conn<'_>,
    now: Moment,
    lease_until: Moment,
    limit: i64,
    of: &crate::records::promises::Of<'_>,
) -> Result<Vec<(String, i64, String)>, Error> {
    let mut sql = Sql::default();
    sql.push("UPDATE checks SET poll_at_ms = ").int(lease_until);
    sql.push(", poll_fence = poll_fence + 1 WHERE id IN (SELECT id FROM checks WHERE poll_at_ms < 253402300799000 AND poll_at_ms <= ")
        .int(now);
    of.push(&mut sql, "connection_id");
    sql.push(" ORDER BY poll_at_ms LIMIT ").int(limit);
    sql.push(conn.skip_locked()).push(") RETURNING id, poll_fence, connection_id");
    Ok(rows_of!(conn, (String, i64, String), &sql)?)
}

/// Lets others read it at once, and makes void what is still read under this fence.
pub(crate) async fn give_poll_back(
    conn: &mut Conn<'_>,
    id: &str,
    fence: i64,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE checks SET poll_at_ms = $3, poll_fence = poll_fence + 1 WHERE id = $1 AND poll_fence = $2 AND poll_at_ms < 253402300799000",
        id,
        fence,
        now
    )?;
    Ok(())
}

/// The due-diligence check that has this task at the provider.
pub(crate) async fn by_task(
    conn: &mut Conn<'_>,
    connection: &str,
    task_id: &str,
) -> Result<Option<String>, Error> {
    Ok(row!(
        conn,
        (String,),
        "SELECT id FROM checks WHERE connection_id = $1 AND provider_ref = $2 AND kind IN ('dd_kyc', 'dd_kyb')",
        connection,
        task_id
    )?
    .map(|(id,)| id))
}

/// The ID verification that has this number at the provider; its numbers are not those of tasks.
pub(crate) async fn by_idv(
    conn: &mut Conn<'_>,
    connection: &str,
    idv_id: &str,
) -> Result<Option<String>, Error> {
    Ok(row!(
        conn,
        (String,),
        "SELECT id FROM checks WHERE connection_id = $1 AND provider_ref = $2 AND kind = 'idv'",
        connection,
        idv_id
    )?
    .map(|(id,)| id))
}

/// Whether a task of the provider already belongs to a check.
pub(crate) async fn is_taken(
    conn: &mut Conn<'_>,
    connection: &str,
    task_id: &str,
) -> Result<bool, Error> {
    Ok(by_task(conn, connection, task_id).await?.is_some())
}

/// A check that follows from this one and waits for its own number at the provider.
pub(crate) async fn following_unnumbered(
    conn: &mut Conn<'_>,
    id: &CheckId,
) -> Result<Option<String>, Error> {
    Ok(row!(
        conn,
        (String,),
        "SELECT id FROM checks WHERE from_check = $1 AND provider_ref IS NULL AND state = 'queued'",
        id.as_str()
    )?
    .map(|(id,)| id))
}

/// Checks that follow from this one: id, kind, state.
pub(crate) async fn following(
    conn: &mut Conn<'_>,
    id: &CheckId,
) -> Result<Vec<(String, String, String)>, Error> {
    Ok(rows!(
        conn,
        (String, String, String),
        "SELECT id, kind, state FROM checks WHERE from_check = $1 ORDER BY launched_at_ms, id",
        id.as_str()
    )?)
}

pub(crate) async fn claim_next(
    conn: &mut Conn<'_>,
    person: &str,
    skip: &str,
    now: Moment,
    until: Moment,
) -> Result<Option<String>, Error> {
    // First what is assigned to the person, then what is assigned to nobody, each by deadline. One
    // statement picks and takes, so two people never get the same check.
    for assigned in [true, false] {
        let mut sql = Sql::default();
        sql.push("UPDATE checks SET claimed_by = ")
            .text(person)
            .push(", claim_until_ms = ")
            .int(until);
        sql.push(" WHERE id = (SELECT id FROM checks WHERE state = 'to_review' AND ");
        if assigned {
            sql.push("assignee_id = ").text(person);
        } else {
            sql.push("assignee_id IS NULL");
        }
        sql.push(" AND (claim_until_ms <= ")
            .int(now)
            .push(" OR claimed_by = ")
            .text(person)
            .push(") AND id <> ")
            .text(skip);
        // What came back to its maker waits for nobody else.
        let order = if assigned {
            " ORDER BY CASE WHEN returned_at_ms IS NULL THEN 1 ELSE 0 END, due_at_ms"
        } else {
            " ORDER BY due_at_ms"
        };
        sql.push(order)
            .push(", id LIMIT 1")
            .push(conn.skip_locked())
            .push(") AND state = 'to_review' RETURNING id");
        if let Some((id,)) = rows_of!(conn, (String,), &sql)?.pop() {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

pub(crate) async fn release_others(
    conn: &mut Conn<'_>,
    person: &str,
    keep: &str,
) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE checks SET claimed_by = NULL, claim_until_ms = 0 WHERE claimed_by = $1 AND state = 'to_review' AND id <> $2",
        person,
        keep
    )?;
    Ok(())
}

pub(crate) async fn release(conn: &mut Conn<'_>, person: &str, id: &CheckId) -> Result<u64, Error> {
    Ok(exec!(
        conn,
        "UPDATE checks SET claimed_by = NULL, claim_until_ms = 0 WHERE id = $2 AND claimed_by = $1",
        person,
        id.as_str()
    )?)
}

/// Ends claims whose time is over.
pub(crate) async fn reap_claims(conn: &mut Conn<'_>, now: Moment) -> Result<u64, Error> {
    Ok(exec!(
        conn,
        "UPDATE checks SET claimed_by = NULL, claim_until_ms = 0 WHERE claimed_by IS NOT NULL AND claim_until_ms <= $1",
        now
    )?)
}

pub(crate) async fn assign(
    conn: &mut Conn<'_>,
    id: &CheckId,
    person: Option<&str>,
    now: Moment,
) -> Result<u64, Error> {
    Ok(exec!(
        conn,
        "UPDATE checks SET assignee_id = $2, touched_at_ms = $3, handed_by = NULL, handed_note = NULL, handed_at_ms = NULL WHERE id = $1 AND state IN ('queued', 'running', 'to_review', 'proposed')",
        id.as_str(),
        person,
        now
    )?)
}

/// One check.
///
/// # Errors
/// Unknown, or the database.
pub async fn get(work: &Casework, id: &CheckId) -> Result<Check, Error> {
    let mut reader = work.db.read().await?;
    find(&mut reader.conn(), id).await?.ok_or(Error::NotFound)
}
