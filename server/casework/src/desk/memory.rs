//! Memory: what an outcome says anew since the customer's last check, which earlier judgements
//! still stand for what it says again, and taking them over.
//!
//! Nothing is stored beside the judgements themselves. What was judged then is read from the
//! finding that was judged, so a memory can't say more than the record does.

use crate::{
    Casework, Error,
    journal::{self, Actor},
    records::{
        checks::{
            self as check_store, Check, Finding,
            earlier::{EarlierCheck, earlier_of},
        },
        customers, names, policies,
    },
    services,
    store::{Conn, written},
};
use domain::{
    CheckId, FindingId, Moment, Refusal,
    checks::State,
    decisions,
    fields::Refused,
    findings::{Judgement, Source},
    journal::{Action, Subject},
    memory::{self, Change, Counts, Ended, Entry},
    who::Whom,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// What is remembered for a check; empty for the first of its kind, and for services whose findings
/// are no entries of lists.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// The check of the same customer that the outcome is compared with, and when its outcome came.
    pub previous: Option<(String, Moment)>,
    pub counts: Counts,
    /// Why the two cannot be compared in full.
    pub cautions: Vec<Caution>,
    /// What the check before found and this one does not.
    pub gone: Vec<Gone>,
    /// What is known of each finding, by its id.
    pub of: BTreeMap<String, Remembered>,
}

/// Why an outcome and the one before cannot be compared in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caution {
    /// Sources were left out, or searched otherwise.
    AskedOtherwise,
    /// Part of this answer could not be read.
    UnreadNow,
    /// Part of the answer before could not be read.
    UnreadBefore,
}

impl Caution {
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::AskedOtherwise => {
                "This check asked less than the one before, or searched otherwise: what is missing may still be there."
            }
            Self::UnreadNow => {
                "Part of this answer could not be read: what is missing may still be there."
            }
            Self::UnreadBefore => {
                "Part of the answer before could not be read: what is new may have been there."
            }
        }
    }
}

/// An entry that is no longer found.
#[derive(Debug, Clone)]
pub struct Gone {
    pub source: Source,
    pub title: String,
}

/// What is known of a finding from before.
#[derive(Debug, Clone, Default)]
pub struct Remembered {
    /// How it stands to the check before; nothing where there is none to compare with.
    pub since: Option<Since>,
    pub earlier: Option<Earlier>,
}

/// How a finding stands to the check before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    New,
    Changed(Vec<Change>),
    AsBefore,
}

/// What somebody said of the same entry before.
#[derive(Debug, Clone)]
pub struct Earlier {
    pub check: String,
    /// How that check ended, or where it stands.
    pub state: State,
    pub finding: String,
    pub judgement: Judgement,
    pub note: Option<String>,
    /// The name of who judged it.
    pub by: String,
    pub at: Moment,
    /// Why it does not stand any more.
    pub ended: Option<Ended>,
}

impl Memory {
    /// Whether what is missing is gone: all was asked that was asked before, and all was read.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.cautions.iter().any(|c| matches!(c, Caution::AskedOtherwise | Caution::UnreadNow))
    }

    /// What is known of a finding.
    #[must_use]
    pub fn of(&self, finding: &str) -> Option<&Remembered> {
        self.of.get(finding)
    }

    /// What was said of a finding before and still stands.
    #[must_use]
    pub fn standing(&self, finding: &str) -> Option<&Earlier> {
        self.of(finding)?.earlier.as_ref().filter(|earlier| earlier.ended.is_none())
    }

    /// Undecided findings whose earlier judgements may be taken over together: all that stand, but
    /// those of sanction lists, each of which takes a person who presses for it.
    #[must_use]
    pub fn takeable<'a>(&'a self, findings: &'a [Finding]) -> Vec<&'a Finding> {
        findings
            .iter()
            .filter(|f| f.judgement() == Judgement::Undecided && !f.source().is_sanction())
            .filter(|f| self.standing(&f.id).is_some())
            .collect()
    }
}

fn entry_of(finding: &Finding) -> Entry {
    Entry {
        source: finding.source(),
        list: finding.source_name.clone(),
        title: finding.title.clone(),
        link: finding.url.clone(),
        compared: finding.compared(),
        facts: finding.facts(),
        score: finding.score,
    }
}

fn whom_of(request: &str) -> Option<Whom> {
    let launch: domain::launch::DueDiligence = serde_json::from_str(request).ok()?;
    Some(Whom {
        name: launch.target.name,
        birth_date: launch.target.birth_date,
        country: launch.target.country,
    })
}

/// Reads what is remembered for a check with these findings.
///
/// # Errors
/// The database.
pub(crate) async fn read(
    conn: &mut Conn<'_>,
    check: &Check,
    findings: &[Finding],
    now: Moment,
) -> Result<Memory, Error> {
    let mut memory = Memory::default();
    let Some(whom) = whom_of(&check.request).filter(|_| check.outcome_at_ms.is_some()) else {
        return Ok(memory);
    };
    let mut customers = customers::who::linked(conn, &check.customer_id).await?;
    customers.push(check.customer_id.clone());
    let earlier = earlier_of(conn, check, customers).await?;
    if earlier.is_empty() {
        return Ok(memory);
    }
    let months = policies::current(conn).await?.memory_months();
    let listed: Vec<&Finding> = findings.iter().filter(|f| f.source().is_list()).collect();
    let entries: Vec<Entry> = listed.iter().map(|f| entry_of(f)).collect();
    for past in &earlier {
        let past = Past::read(conn, past).await?;
        let paired = memory::pair(&entries, &past.entries);
        let is_own = past.check.customer_id == check.customer_id;
        if memory.previous.is_none() && is_own {
            memory.compare(&listed, &entries, &past, &paired);
            memory.cautions = cautions(check, findings, &past)?;
        }
        for ((finding, entry), other) in listed.iter().zip(&entries).zip(&paired) {
            let known = memory.of.entry(finding.id.clone()).or_default();
            if known.earlier.is_none()
                && let Some(other) = *other
                && let Some(mut said) = past.said_of(other)
            {
                let judged = memory::Judged {
                    judgement: said.judgement,
                    at: said.at,
                    entry: past.entries[other].clone(),
                    whom: past.whom.clone().unwrap_or_default(),
                };
                said.ended = memory::stands(&judged, entry, &whom, now, months).err();
                known.earlier = Some(said);
            }
        }
    }
    let people: Vec<String> =
        memory.of.values().filter_map(|r| r.earlier.as_ref()).map(|e| e.by.clone()).collect();
    let names = names::of_ids(conn, people).await?;
    for earlier in memory.of.values_mut().filter_map(|r| r.earlier.as_mut()) {
        if let Some(name) = names.get(&earlier.by) {
            earlier.by.clone_from(name);
        }
    }
    Ok(memory)
}

/// Why a check and one before it cannot be compared in full.
fn cautions(check: &Check, findings: &[Finding], past: &Past<'_>) -> Result<Vec<Caution>, Error> {
    let service = services::of(check.kind()?);
    let before = service.asked(&past.check.request, &past.check.connection_id);
    let now = service.asked(&check.request, &check.connection_id);
    let is_otherwise = decisions::narrower(&before, &now).is_some();
    let all = [
        (is_otherwise, Caution::AskedOtherwise),
        (has_unread(findings), Caution::UnreadNow),
        (past.is_unread, Caution::UnreadBefore),
    ];
    Ok(all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, caution)| caution).collect())
}

fn has_unread(findings: &[Finding]) -> bool {
    findings.iter().any(|f| f.source() == Source::Unread)
}

/// An earlier check with what it found.
struct Past<'a> {
    check: &'a EarlierCheck,
    state: State,
    whom: Option<Whom>,
    findings: Vec<Finding>,
    entries: Vec<Entry>,
    /// Part of its answer could not be read.
    is_unread: bool,
}

impl<'a> Past<'a> {
    async fn read(conn: &mut Conn<'_>, check: &'a EarlierCheck) -> Result<Self, Error> {
        let mut findings = check_store::findings(conn, &check.id.as_str().into()).await?;
        let is_unread = has_unread(&findings);
        findings.retain(|f| f.source().is_list());
        let entries = findings.iter().map(entry_of).collect();
        let state = State::parse(&check.state).ok_or_else(|| {
            Error::Corrupt(format!("state {} of check {}", check.state, check.id))
        })?;
        Ok(Self { check, state, whom: whom_of(&check.request), findings, entries, is_unread })
    }

    /// What somebody said of an entry; by whom stands as an id.
    fn said_of(&self, at: usize) -> Option<Earlier> {
        let finding = self.findings.get(at)?;
        let judgement = finding.judgement();
        if judgement == Judgement::Undecided {
            return None;
        }
        Some(Earlier {
            check: self.check.id.clone(),
            state: self.state,
            finding: finding.id.clone(),
            judgement,
            note: finding.note.clone(),
            by: finding.judged_by.clone()?,
            at: finding.judged_at_ms?,
            ended: None,
        })
    }
}

impl Memory {
    /// Compares with the check before.
    fn compare(
        &mut self,
        listed: &[&Finding],
        entries: &[Entry],
        past: &Past<'_>,
        paired: &[Option<usize>],
    ) {
        self.previous = Some((past.check.id.clone(), past.check.outcome_at_ms));
        for ((finding, entry), other) in listed.iter().zip(entries).zip(paired) {
            let changes = other.map(|other| entry.changes(&past.entries[other]));
            let since = match changes {
                None => Since::New,
                Some(changes) if changes.is_empty() => Since::AsBefore,
                Some(changes) => Since::Changed(changes),
            };
            *match since {
                Since::New => &mut self.counts.new,
                Since::Changed(_) => &mut self.counts.changed,
                Since::AsBefore => &mut self.counts.as_before,
            } += 1;
            self.of.entry(finding.id.clone()).or_default().since = Some(since);
        }
        let seen: BTreeSet<usize> = paired.iter().copied().flatten().collect();
        let gone = past.findings.iter().enumerate().filter(|(at, _)| !seen.contains(at));
        self.gone =
            gone.map(|(_, f)| Gone { source: f.source(), title: f.title.clone() }).collect();
        self.counts.gone = self.gone.len();
    }
}

/// Which earlier judgements are taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'a> {
    /// That of one finding, whatever list it stands on.
    One(&'a FindingId),
    /// Those of all findings that stand and are undecided, but of sanction lists.
    All,
}

/// Takes over earlier judgements, with their notes where nothing is written here: they are the
/// person's own from then on, each
/// with an entry that names the finding of before. Gives how many.
///
/// # Errors
/// A check that is not under review, one's own, a judgement that does not stand any more (in
/// words), or the database.
pub async fn take_over(
    work: &Casework,
    actor: &Actor,
    check: &CheckId,
    which: Which<'_>,
) -> Result<usize, Error> {
    let now = work.now();
    written!(work, async |conn| {
        let held = super::reviewing::hold_for_judging(conn, check).await?;
        if super::facts::is_about(conn, &held, &actor.id).await? {
            return Err(Refusal::Oneself.into());
        }
        let findings = check_store::findings(conn, check).await?;
        let memory = read(conn, &held, &findings, now).await?;
        let taken = match which {
            Which::One(id) => vec![one(&findings, &memory, id)?],
            Which::All => memory.takeable(&findings),
        };
        let mut entries = Vec::with_capacity(taken.len());
        for finding in &taken {
            let Some(earlier) = memory.standing(&finding.id) else { continue };
            let id = FindingId::from(finding.id.as_str());
            // What the person wrote here stands; the note of before comes where there is none.
            let own = finding.note.as_deref().filter(|note| !note.is_empty());
            let (judgement, note) = (earlier.judgement, own.or(earlier.note.as_deref()));
            check_store::judge(conn, check, &id, judgement, note, &actor.id, now).await?;
            let details = json!({
                "finding": finding.id,
                "judgement": judgement.code(),
                "note": note,
                "from_check": earlier.check,
                "from_finding": earlier.finding,
            });
            entries.push(actor.entry(
                now,
                Action::FindingJudged,
                Subject::Check,
                check.as_str(),
                details,
            ));
        }
        if entries.is_empty() {
            return Ok(0);
        }
        check_store::touch(conn, check, now).await?;
        journal::append(conn, &entries).await?;
        Ok(entries.len())
    })
}

/// The finding whose earlier judgement is to be taken over, if it stands.
fn one<'a>(findings: &'a [Finding], memory: &Memory, id: &FindingId) -> Result<&'a Finding, Error> {
    let finding = findings.iter().find(|f| f.id == id.as_str()).ok_or(Error::NotFound)?;
    let why = match memory.of(&finding.id).and_then(|r| r.earlier.as_ref()) {
        None => "Nobody judged this entry before.".to_owned(),
        Some(Earlier { ended: Some(ended), .. }) => ended.sentence(),
        Some(_) => return Ok(finding),
    };
    Err(Refused::default().because("", &why).into())
}
