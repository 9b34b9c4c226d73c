//! The SQL of checks, findings, evidence, comments and metadata.

use crate::{
    Error, MasterKey,
    journal::parts::{
        CHECK_ABOUT, CHECK_OUTCOME, CHECK_REQUEST, CHECK_STATE, COMMENT_WORDS, COMMENTS, EVIDENCE, FINDING_JUDGEMENT, FINDING_NOTE,
        WHOLE_CHECK, WHOLE_FINDING,
    },
    new_id,
    objects::Object,
    seal::{self, About},
    store::{Conn, Sql, exec, row, rows, rows_of},
};
use domain::{
    CheckId, FindingId, Moment,
    checks::{Band, Kind, State, Telling},
    decisions::Judged,
    findings::{Compared, Judgement, Source},
    idv::Idv,
    launch::DueDiligence,
    time::NEVER,
};

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
        State::parse(&self.state).ok_or_else(|| Error::Corrupt(format!("state {} of check {}", self.state, self.id)))
    }

    /// # Errors
    /// A stored word that this program does not know.
    pub fn kind(&self) -> Result<Kind, Error> {
        Kind::parse(&self.kind).ok_or_else(|| Error::Corrupt(format!("kind {} of check {}", self.kind, self.id)))
    }

    /// # Errors
    /// A stored word that this program does not know.
    pub fn telling(&self) -> Result<Telling, Error> {
        Telling::parse(&self.telling).ok_or_else(|| Error::Corrupt(format!("telling {} of check {}", self.telling, self.id)))
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
    pub fn asked(&self) -> Result<crate::services::Asked, Error> {
        self.request()
    }

    #[must_use]
    pub fn is_video(&self) -> bool {
        self.kind == Kind::VideoIdent.code()
    }

    #[must_use]
    pub fn is_idv(&self) -> bool {
        self.kind == Kind::Idv.code()
    }

    fn request<T: serde::de::DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(&self.request).map_err(|e| Error::Corrupt(format!("request of check {}: {e}", self.id)))
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

/// One check, held until the transaction ends: who comes second waits, and then sees what the first one did.
///
/// Whoever changes a check and more takes this first, then the rest, and the journal last; so nobody waits in a circle.
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
        crate::customers::name_in(&c.request)
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
pub(crate) async fn open_check(conn: &mut Conn<'_>, customer: &str, kind: Kind, except: &CheckId) -> Result<Option<String>, Error> {
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
pub(crate) async fn move_to(conn: &mut Conn<'_>, id: &CheckId, from: State, to: State, version: i64, now: Moment) -> Result<u64, Error> {
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

/// A proposal came back to who made it: the check is theirs, before everything else that is. Of whoever decides nothing any more it
/// is not: it would wait for nobody.
pub(crate) async fn come_back(conn: &mut Conn<'_>, id: &CheckId, to: &str, now: Moment) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE checks SET assignee_id = (SELECT id FROM people WHERE id = $2 AND state = 'active' AND role IN ('analyst', 'supervisor')), returned_at_ms = $3 WHERE id = $1",
        id.as_str(),
        to,
        now
    )?;
    Ok(())
}

pub(crate) async fn decided(conn: &mut Conn<'_>, id: &CheckId, telling: Telling, now: Moment) -> Result<(), Error> {
    conn.wrote(CHECK_STATE, id.as_str());
    exec!(conn, "UPDATE checks SET decided_at_ms = $2, telling = $3, trouble = NULL WHERE id = $1", id.as_str(), now, telling.code())?;
    Ok(())
}

/// A change that a decision must not overlook.
pub(crate) async fn touch(conn: &mut Conn<'_>, id: &CheckId, now: Moment) -> Result<(), Error> {
    exec!(conn, "UPDATE checks SET version = version + 1, touched_at_ms = $2 WHERE id = $1", id.as_str(), now)?;
    Ok(())
}

/// Another question in the place of the one that was launched, before anything of it was sent.
pub(crate) async fn set_request(conn: &mut Conn<'_>, id: &CheckId, request: &str) -> Result<(), Error> {
    let about = crate::customers::name_in(request);
    conn.wrote(CHECK_REQUEST, id.as_str());
    conn.wrote(CHECK_ABOUT, id.as_str());
    exec!(conn, "UPDATE checks SET request = $2, about = COALESCE($3, about) WHERE id = $1", id.as_str(), request, about)?;
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

pub(crate) async fn set_trouble(conn: &mut Conn<'_>, id: &CheckId, trouble: Option<&str>, now: Moment) -> Result<(), Error> {
    exec!(conn, "UPDATE checks SET trouble = $2, touched_at_ms = $3 WHERE id = $1", id.as_str(), trouble, now)?;
    Ok(())
}

pub(crate) async fn sent(conn: &mut Conn<'_>, id: &CheckId, provider_ref: &str, poll_at: Moment) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE checks SET provider_ref = $2, provider_state = 'created', trouble = NULL, poll_at_ms = $3, polls_failed = 0 WHERE id = $1",
        id.as_str(),
        provider_ref,
        poll_at
    )?;
    Ok(())
}

pub(crate) async fn progressed(conn: &mut Conn<'_>, id: &CheckId, progress: i64, provider_state: &str, now: Moment) -> Result<(), Error> {
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

/// The outcome stands here. When to read again is for the reader to say, under its fence: there may be more to fetch.
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
pub(crate) async fn rated(conn: &mut Conn<'_>, id: &CheckId, risk: i64, due_at: Moment) -> Result<(), Error> {
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

pub(crate) async fn provider_says(conn: &mut Conn<'_>, id: &CheckId, provider_state: &str, now: Moment) -> Result<(), Error> {
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

pub(crate) async fn poll_at(conn: &mut Conn<'_>, id: &CheckId, at: Moment, fence: i64, read: PollRead) -> Result<u64, Error> {
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
    // The fence makes a read void that is under way: it may have been made before what is to be read.
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

/// Takes checks whose state is to be read, for `lease_until`; the fence makes a late worker's result void.
pub(crate) async fn take_polls(
    conn: &mut Conn<'_>,
    now: Moment,
    lease_until: Moment,
    limit: i64,
    of: &crate::outbox::Of<'_>,
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
pub(crate) async fn give_poll_back(conn: &mut Conn<'_>, id: &str, fence: i64, now: Moment) -> Result<(), Error> {
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
pub(crate) async fn by_task(conn: &mut Conn<'_>, connection: &str, task_id: &str) -> Result<Option<String>, Error> {
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
pub(crate) async fn by_idv(conn: &mut Conn<'_>, connection: &str, idv_id: &str) -> Result<Option<String>, Error> {
    Ok(row!(conn, (String,), "SELECT id FROM checks WHERE connection_id = $1 AND provider_ref = $2 AND kind = 'idv'", connection, idv_id)?
        .map(|(id,)| id))
}

/// Whether a task of the provider already belongs to a check.
pub(crate) async fn is_taken(conn: &mut Conn<'_>, connection: &str, task_id: &str) -> Result<bool, Error> {
    Ok(by_task(conn, connection, task_id).await?.is_some())
}

/// A check that follows from this one and waits for its own number at the provider.
pub(crate) async fn following_unnumbered(conn: &mut Conn<'_>, id: &CheckId) -> Result<Option<String>, Error> {
    Ok(row!(conn, (String,), "SELECT id FROM checks WHERE from_check = $1 AND provider_ref IS NULL AND state = 'queued'", id.as_str())?
        .map(|(id,)| id))
}

/// Checks that follow from this one: id, kind, state.
pub(crate) async fn following(conn: &mut Conn<'_>, id: &CheckId) -> Result<Vec<(String, String, String)>, Error> {
    Ok(rows!(
        conn,
        (String, String, String),
        "SELECT id, kind, state FROM checks WHERE from_check = $1 ORDER BY launched_at_ms, id",
        id.as_str()
    )?)
}

pub(super) async fn claim_next(conn: &mut Conn<'_>, person: &str, skip: &str, now: Moment, until: Moment) -> Result<Option<String>, Error> {
    // First what is assigned to the person, then what is assigned to nobody, each by deadline. One statement picks and
    // takes, so two people never get the same check.
    for assigned in [true, false] {
        let mut sql = Sql::default();
        sql.push("UPDATE checks SET claimed_by = ").text(person).push(", claim_until_ms = ").int(until);
        sql.push(" WHERE id = (SELECT id FROM checks WHERE state = 'to_review' AND ");
        if assigned {
            sql.push("assignee_id = ").text(person);
        } else {
            sql.push("assignee_id IS NULL");
        }
        sql.push(" AND (claim_until_ms <= ").int(now).push(" OR claimed_by = ").text(person).push(") AND id <> ").text(skip);
        // What came back to its maker waits for nobody else.
        let order =
            if assigned { " ORDER BY CASE WHEN returned_at_ms IS NULL THEN 1 ELSE 0 END, due_at_ms" } else { " ORDER BY due_at_ms" };
        sql.push(order).push(", id LIMIT 1").push(conn.skip_locked()).push(") AND state = 'to_review' RETURNING id");
        if let Some((id,)) = rows_of!(conn, (String,), &sql)?.pop() {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

pub(crate) async fn release_others(conn: &mut Conn<'_>, person: &str, keep: &str) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE checks SET claimed_by = NULL, claim_until_ms = 0 WHERE claimed_by = $1 AND state = 'to_review' AND id <> $2",
        person,
        keep
    )?;
    Ok(())
}

pub(super) async fn release(conn: &mut Conn<'_>, person: &str, id: &CheckId) -> Result<u64, Error> {
    Ok(exec!(conn, "UPDATE checks SET claimed_by = NULL, claim_until_ms = 0 WHERE id = $2 AND claimed_by = $1", person, id.as_str())?)
}

/// Ends claims whose time is over.
pub(crate) async fn reap_claims(conn: &mut Conn<'_>, now: Moment) -> Result<u64, Error> {
    Ok(exec!(conn, "UPDATE checks SET claimed_by = NULL, claim_until_ms = 0 WHERE claimed_by IS NOT NULL AND claim_until_ms <= $1", now)?)
}

pub(super) async fn assign(conn: &mut Conn<'_>, id: &CheckId, person: Option<&str>, now: Moment) -> Result<u64, Error> {
    Ok(exec!(
        conn,
        "UPDATE checks SET assignee_id = $2, touched_at_ms = $3, handed_by = NULL, handed_note = NULL, handed_at_ms = NULL WHERE id = $1 AND state IN ('queued', 'running', 'to_review', 'proposed')",
        id.as_str(),
        person,
        now
    )?)
}

/// A finding as stored.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Finding {
    pub id: String,
    pub source: String,
    pub source_name: String,
    pub position: i64,
    pub fingerprint: String,
    pub title: String,
    pub url: Option<String>,
    pub snippet: Option<String>,
    pub dated: Option<String>,
    pub score: Option<i64>,
    pub compared: String,
    pub facts: String,
    pub judgement: String,
    pub note: Option<String>,
    pub judged_by: Option<String>,
    pub judged_at_ms: Option<i64>,
}

/// The longest title, in characters.
const TITLE_MAX: usize = 300;

impl Finding {
    /// A finding of ours, that nobody has judged yet. Its fingerprint is made of its source and `name`: what makes it the
    /// same finding when the same outcome is read again.
    pub(crate) fn new(source: Source, name: &str, title: &str, compared: &[Compared], facts: &[(String, String)]) -> Self {
        Self {
            id: new_id(),
            source: source.code().into(),
            source_name: source.code().into(),
            position: 0,
            fingerprint: format!("{}\0{name}", source.code()),
            title: title.chars().take(TITLE_MAX).collect(),
            url: None,
            snippet: None,
            dated: None,
            score: None,
            compared: serde_json::to_string(compared).unwrap_or_default(),
            facts: serde_json::to_string(facts).unwrap_or_default(),
            judgement: Judgement::Undecided.code().into(),
            note: None,
            judged_by: None,
            judged_at_ms: None,
        }
    }

    #[must_use]
    pub fn source(&self) -> Source {
        Source::parse(&self.source).unwrap_or(Source::Other)
    }

    #[must_use]
    pub fn judgement(&self) -> Judgement {
        Judgement::parse(&self.judgement).unwrap_or(Judgement::Undecided)
    }

    #[must_use]
    pub fn compared(&self) -> Vec<Compared> {
        serde_json::from_str(&self.compared).unwrap_or_default()
    }

    #[must_use]
    pub fn facts(&self) -> Vec<(String, String)> {
        serde_json::from_str(&self.facts).unwrap_or_default()
    }
}

pub(crate) async fn findings(conn: &mut Conn<'_>, check: &CheckId) -> Result<Vec<Finding>, Error> {
    let mut found = rows!(
        conn,
        Finding,
        "SELECT id, source, source_name, position, fingerprint, title, url, snippet, dated, score, compared, facts, judgement, note, judged_by, judged_at_ms \
         FROM findings WHERE check_id = $1 ORDER BY position, id",
        check.as_str()
    )?;
    // What was there at the launch stands before what the outcome numbers from one.
    for (at, finding) in found.iter_mut().enumerate() {
        finding.position = at as i64 + 1;
    }
    Ok(found)
}

/// How the findings of a check are judged.
pub(crate) async fn judged(conn: &mut Conn<'_>, check: &CheckId) -> Result<Vec<Judged>, Error> {
    let counts = rows!(
        conn,
        (String, String, i64),
        "SELECT source, judgement, CAST(COUNT(*) AS BIGINT) FROM findings WHERE check_id = $1 GROUP BY source, judgement",
        check.as_str()
    )?;
    let read = |(source, judgement, count): (String, String, i64)| Judged {
        source: Source::parse(&source).unwrap_or(Source::Other),
        judgement: Judgement::parse(&judgement).unwrap_or(Judgement::Undecided),
        count: usize::try_from(count).unwrap_or(0),
    };
    Ok(counts.into_iter().map(read).collect())
}

/// Adds a finding, or leaves the one of the same fingerprint with its judgement.
pub(crate) async fn insert_finding(conn: &mut Conn<'_>, check: &CheckId, f: &Finding) -> Result<u64, Error> {
    let inserted = exec!(
        conn,
        "INSERT INTO findings (id, check_id, source, source_name, position, fingerprint, title, url, snippet, dated, score, compared, facts, judgement) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'undecided') ON CONFLICT (check_id, fingerprint) DO NOTHING",
        &f.id,
        check.as_str(),
        &f.source,
        &f.source_name,
        f.position,
        &f.fingerprint,
        &f.title,
        &f.url,
        &f.snippet,
        &f.dated,
        f.score,
        &f.compared,
        &f.facts
    )?;
    if inserted > 0 {
        wrote_finding(conn, &f.id);
    }
    Ok(inserted)
}

/// Takes back a finding that is so no more, unless somebody judged it.
pub(crate) async fn drop_undecided(conn: &mut Conn<'_>, check: &CheckId, fingerprint: &str) -> Result<(), Error> {
    let gone = rows!(
        conn,
        (String,),
        "DELETE FROM findings WHERE check_id = $1 AND fingerprint = $2 AND judgement = 'undecided' AND note IS NULL RETURNING id",
        check.as_str(),
        fingerprint
    )?;
    gone.iter().for_each(|(finding,)| wrote_finding(conn, finding));
    Ok(())
}

pub(super) async fn judge(
    conn: &mut Conn<'_>,
    check: &CheckId,
    finding: &FindingId,
    judgement: Judgement,
    note: Option<&str>,
    by: &str,
    now: Moment,
) -> Result<u64, Error> {
    conn.wrote(FINDING_JUDGEMENT, finding.as_str());
    conn.wrote(FINDING_NOTE, finding.as_str());
    Ok(exec!(
        conn,
        "UPDATE findings SET judgement = $3, note = $4, judged_by = $5, judged_at_ms = $6 WHERE id = $1 AND check_id = $2",
        finding.as_str(),
        check.as_str(),
        judgement.code(),
        note,
        by,
        now
    )?)
}

pub(super) async fn note(conn: &mut Conn<'_>, check: &CheckId, finding: &FindingId, note: Option<&str>) -> Result<u64, Error> {
    conn.wrote(FINDING_NOTE, finding.as_str());
    Ok(exec!(conn, "UPDATE findings SET note = $3 WHERE id = $1 AND check_id = $2", finding.as_str(), check.as_str(), note)?)
}

/// A body of evidence without the body.
#[derive(Debug, Clone)]
pub struct Evidence {
    pub id: String,
    pub source: String,
    /// What it is kept under; only the customer's key can tell which bytes that means.
    pub name: String,
    /// Of the bytes as received; empty when the customer was erased.
    pub sha256: String,
    pub content_type: String,
    /// 0 when the customer was erased.
    pub size: i64,
    pub received_at_ms: i64,
}

/// A body of evidence as it stands in its row, without the body.
#[derive(Debug, sqlx_macros::FromRow)]
pub(crate) struct EvidenceRow {
    pub id: String,
    pub source: String,
    pub name: String,
    /// SHA-256 and size, sealed.
    pub about: Option<Vec<u8>>,
    pub content_type: String,
    pub received_at_ms: i64,
}

pub(crate) async fn evidence(conn: &mut Conn<'_>, check: &CheckId) -> Result<Vec<EvidenceRow>, Error> {
    Ok(rows!(
        conn,
        EvidenceRow,
        "SELECT id, source, name, about, content_type, received_at_ms FROM evidence WHERE check_id = $1 ORDER BY received_at_ms, id",
        check.as_str()
    )?)
}

/// A body of evidence as it is kept.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub(crate) struct Kept {
    /// The body; of a large file, the key of its object.
    pub sealed: Vec<u8>,
    pub name: String,
    /// SHA-256 and size, sealed.
    pub about: Option<Vec<u8>>,
    pub content_type: String,
    pub object: Option<String>,
    pub object_sha256: Option<String>,
}

pub(crate) async fn evidence_body(conn: &mut Conn<'_>, check: &CheckId, id: &str) -> Result<Option<Kept>, Error> {
    Ok(row!(
        conn,
        Kept,
        "SELECT sealed, name, about, content_type, object, object_sha256 FROM evidence WHERE id = $1 AND check_id = $2",
        id,
        check.as_str()
    )?)
}

/// The id of a body of evidence by its name, if it is kept already.
pub(crate) async fn evidence_of(conn: &mut Conn<'_>, check: &CheckId, source: &str, name: &str) -> Result<Option<String>, Error> {
    Ok(row!(conn, (String,), "SELECT id FROM evidence WHERE check_id = $1 AND source = $2 AND name = $3", check.as_str(), source, name)?
        .map(|(id,)| id))
}

/// How many bodies of a source are kept.
pub(super) async fn evidence_of_source(conn: &mut Conn<'_>, check: &CheckId, source: &str) -> Result<i64, Error> {
    let count =
        row!(conn, (i64,), "SELECT CAST(COUNT(*) AS BIGINT) FROM evidence WHERE check_id = $1 AND source = $2", check.as_str(), source)?;
    Ok(count.map_or(0, |(count,)| count))
}

pub(crate) async fn latest_evidence(conn: &mut Conn<'_>, check: &CheckId, source: &str) -> Result<Option<(String, Vec<u8>)>, Error> {
    Ok(row!(
        conn,
        (String, Vec<u8>),
        "SELECT id, sealed FROM evidence WHERE check_id = $1 AND source = $2 ORDER BY received_at_ms DESC, id DESC LIMIT 1",
        check.as_str(),
        source
    )?)
}

/// The body of a source that came last, without the body.
#[derive(Debug, sqlx_macros::FromRow)]
pub(super) struct LastKept {
    pub id: String,
    pub name: String,
    pub received_at_ms: i64,
}

pub(super) async fn last_of_source(conn: &mut Conn<'_>, check: &CheckId, source: &str) -> Result<Option<LastKept>, Error> {
    Ok(row!(
        conn,
        LastKept,
        "SELECT id, name, received_at_ms FROM evidence WHERE check_id = $1 AND source = $2 ORDER BY received_at_ms DESC, id DESC LIMIT 1",
        check.as_str(),
        source
    )?)
}

/// A body of evidence that is about to be kept.
pub(crate) struct NewEvidence {
    pub id: String,
    pub source: String,
    pub name: String,
    pub about: Vec<u8>,
    pub content_type: String,
    pub received_at_ms: i64,
}

impl NewEvidence {
    pub fn of(key: &MasterKey, source: &str, body: &[u8], content_type: &str, now: Moment) -> Self {
        let (id, about) = (new_id(), About { sha256: crate::sha256_hex(body), size: body.len() as i64 });
        Self {
            source: source.to_owned(),
            name: seal::evidence_name(key, &about.sha256),
            about: seal::seal_about(key, &id, &about),
            content_type: content_type.to_owned(),
            received_at_ms: now,
            id,
        }
    }

    /// Sorts behind the body that came before it, also where the clock of whoever kept that one is ahead.
    pub(super) fn comes_after(&mut self, last: &LastKept) {
        if (self.received_at_ms, &self.id) <= (last.received_at_ms, &last.id) {
            self.received_at_ms = last.received_at_ms + 1;
        }
    }
}

pub(crate) async fn insert_evidence(
    conn: &mut Conn<'_>,
    check: &CheckId,
    e: &NewEvidence,
    sealed: &[u8],
    object: Option<&Object>,
) -> Result<u64, Error> {
    let inserted = exec!(
        conn,
        "INSERT INTO evidence (id, check_id, source, name, content_type, size, sealed, received_at_ms, object, object_sha256, about) \
         VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, $10) \
         ON CONFLICT (check_id, source, name) DO NOTHING",
        &e.id,
        check.as_str(),
        &e.source,
        &e.name,
        &e.content_type,
        sealed,
        e.received_at_ms,
        object.map(|o| o.name.as_str()),
        object.map(|o| o.sha256.as_str()),
        e.about.as_slice()
    )?;
    if inserted > 0 {
        conn.wrote(EVIDENCE, &e.id);
    }
    Ok(inserted)
}

/// A comment with its author's name.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Comment {
    pub id: String,
    pub author: String,
    pub body: String,
    pub written_at_ms: i64,
}

pub(crate) async fn comments(conn: &mut Conn<'_>, check: &CheckId) -> Result<Vec<Comment>, Error> {
    Ok(rows!(
        conn,
        Comment,
        "SELECT c.id, p.name AS author, c.body, c.written_at_ms FROM comments c JOIN people p ON p.id = c.author_id WHERE c.check_id = $1 ORDER BY c.written_at_ms, c.id",
        check.as_str()
    )?)
}

pub(crate) async fn has_comment(conn: &mut Conn<'_>, id: &str) -> Result<bool, Error> {
    Ok(row!(conn, (String,), "SELECT id FROM comments WHERE id = $1", id)?.is_some())
}

pub(crate) async fn insert_comment(
    conn: &mut Conn<'_>,
    id: &str,
    check: &CheckId,
    author: &str,
    body: &str,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO comments (id, check_id, author_id, body, written_at_ms) VALUES ($1, $2, $3, $4, $5)",
        id,
        check.as_str(),
        author,
        body,
        now
    )?;
    conn.wrote(COMMENTS, id);
    conn.wrote(COMMENT_WORDS, id);
    Ok(())
}

pub(crate) async fn metadata(conn: &mut Conn<'_>, check: &CheckId) -> Result<Vec<(String, String)>, Error> {
    Ok(rows!(conn, (String, String), "SELECT name, value FROM metadata WHERE check_id = $1 ORDER BY name", check.as_str())?)
}

pub(crate) async fn put_metadata(conn: &mut Conn<'_>, check: &CheckId, name: &str, value: Option<&str>) -> Result<(), Error> {
    match value {
        Some(value) => exec!(
            conn,
            "INSERT INTO metadata (check_id, name, value) VALUES ($1, $2, $3) ON CONFLICT (check_id, name) DO UPDATE SET value = excluded.value",
            check.as_str(),
            name,
            value
        )?,
        None => exec!(conn, "DELETE FROM metadata WHERE check_id = $1 AND name = $2", check.as_str(), name)?,
    };
    Ok(())
}
