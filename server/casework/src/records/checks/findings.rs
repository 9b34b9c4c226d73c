//! Findings: their rows, and what a person said of them.

use super::*;
use crate::{
    Error,
    journal::parts::{FINDING_JUDGEMENT, FINDING_NOTE},
    new_id,
    store::{Conn, exec, rows},
};
use domain::{
    CheckId, FindingId, Moment,
    decisions::Judged,
    findings::{Compared, Judgement, Source},
};

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
    /// A finding of ours, that nobody has judged yet. Its fingerprint is made of its source and
    /// `name`: what makes it the same finding when the same outcome is read again.
    pub(crate) fn new(
        source: Source,
        name: &str,
        title: &str,
        compared: &[Compared],
        facts: &[(String, String)],
    ) -> Self {
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
pub(crate) async fn insert_finding(
    conn: &mut Conn<'_>,
    check: &CheckId,
    f: &Finding,
) -> Result<u64, Error> {
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
pub(crate) async fn drop_undecided(
    conn: &mut Conn<'_>,
    check: &CheckId,
    fingerprint: &str,
) -> Result<(), Error> {
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

pub(crate) async fn judge(
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

pub(crate) async fn note(
    conn: &mut Conn<'_>,
    check: &CheckId,
    finding: &FindingId,
    note: Option<&str>,
) -> Result<u64, Error> {
    conn.wrote(FINDING_NOTE, finding.as_str());
    Ok(exec!(
        conn,
        "UPDATE findings SET note = $3 WHERE id = $1 AND check_id = $2",
        finding.as_str(),
        check.as_str(),
        note
    )?)
}
