//! Everything the review page shows of one check, read in one go.

pub use crate::records::checks::evidence::{Body, evidence_body};
use crate::{
    Casework, Error,
    desk::{
        facts::{self, Facts},
        memory::{self, Memory},
    },
    providers::{
        CallError,
        kryptogo::{Details, IdvAnswer, Summary},
    },
    records::{
        checks::{self as check_store, Check, Comment, Evidence, Finding, evidence::evidence_of},
        connections::Connection,
        customers::{self, Around, Changed, Customer},
        decisions::{self, Decision},
        names,
        promises::{self, Delivery, DeliveryState},
    },
    services::{
        self,
        idv::{Handout, Picture},
    },
    store::{row, rows},
};
use domain::{
    CheckId, PersonId,
    checks::{Kind, State},
    launch::Target,
    risk::Rating,
    team::PRESENT_TIME,
    time,
    who::{Difference, Whom, differences},
};
use std::collections::BTreeMap;

/// A check with all that stands around it.
#[derive(Debug, Clone)]
pub struct Review {
    pub check: Check,
    pub customer: Customer,
    pub connection_name: String,
    /// Names of the search settings, by number.
    pub search_setting_name: Option<String>,
    pub launched_by: Option<String>,
    pub assignee: Option<(String, String)>,
    /// Who holds it by "next", if somebody else or the reader does.
    pub claimed_by: Option<(String, String)>,
    /// The name of who handed it to its assignee.
    pub handed_by: Option<String>,
    /// The names of others who have it open now; the reader's own is among them.
    pub present: Vec<(String, String)>,
    pub findings: Vec<Finding>,
    /// The names of who judged them, among others, by id.
    pub people: BTreeMap<String, String>,
    /// What is remembered of them from earlier checks.
    pub memory: Memory,
    pub evidence: Vec<Evidence>,
    pub comments: Vec<Comment>,
    pub metadata: Vec<(String, String)>,
    pub decisions: Vec<Decision>,
    /// What the rule of decisions asks.
    pub facts: Facts,
    /// Whom a proposal may be meant for, as far as their role goes: id and name.
    pub approvers: Vec<(String, String)>,
    pub deliveries: Vec<Delivery>,
    /// Why nothing was sent yet, in words, while the provider is known to be out of reach.
    pub out_of_reach: Option<String>,
    /// What the provider's latest details say, where there are any.
    pub details: Option<Details>,
    /// What the provider's latest summary says, where there is one.
    pub summary: Option<Summary>,
    /// The provider's score and ours, of what can be read of the evidence.
    pub rating: Option<Rating>,
    /// What the provider's latest answer about an ID verification says.
    pub idv: Option<IdvAnswer>,
    /// What a provider that answers at once said.
    pub said: Option<services::Said>,
    /// What it said when it was read again, where that is something else.
    pub said_again: Option<services::Said>,
    /// What it was asked, whole; absent when the customer was erased, or when it cannot be opened.
    pub question: Option<services::Question>,
    /// A video identification: its steps, sessions, data and documents.
    pub video: Option<services::video::Shown>,
    pub pictures: Vec<Picture>,
    /// What is shown once: a link or a token.
    pub handout: Option<Handout>,
    /// Checks that follow from this one: id, kind, state.
    pub following: Vec<(String, String, String)>,
    /// Other checks of the customer: id, kind, state.
    pub others: Vec<(String, String, String)>,
    /// The check that was launched after this one ended, if any.
    pub relaunched_as: Option<String>,
    /// Whom this check asked about.
    pub asked: Whom,
    /// Where that differs from what is known of the customer now.
    pub differs: Vec<Difference>,
    /// What was confirmed to have changed when it was launched.
    pub changed: Option<Changed>,
    /// Who seems to be the same under another reference, and checks of those who are.
    pub around: Around,
}

impl Review {
    /// Findings that must be judged before an accept and are not.
    #[must_use]
    pub fn unjudged(&self) -> usize {
        self.findings
            .iter()
            .filter(|f| f.source().must_be_judged() && f.judgement == "undecided")
            .count()
    }

    /// The proposal that waits for a second person.
    #[must_use]
    pub fn proposal(&self) -> Option<&Decision> {
        self.decisions.last().filter(|d| d.step == "proposal" && self.check.state == "proposed")
    }

    /// Why the last proposal came back, while the check is open again.
    #[must_use]
    pub fn sent_back(&self) -> Option<&Decision> {
        self.decisions.last().filter(|d| d.step == "sent_back" && self.check.state == "to_review")
    }

    /// The decision that stands.
    #[must_use]
    pub fn standing(&self) -> Option<&Decision> {
        self.decisions
            .iter()
            .rev()
            .find(|d| matches!(d.step.as_str(), "decision" | "approval" | "overturn"))
    }

    /// How the telling of the standing decision goes.
    #[must_use]
    pub fn telling(&self) -> Option<&Delivery> {
        self.deliveries.iter().rev().find(|d| d.task == "tell_decision")
    }

    /// Whether the reader holds it.
    #[must_use]
    pub fn is_claimed_by(&self, person: &PersonId) -> bool {
        self.claimed_by.as_ref().is_some_and(|(id, _)| id == person.as_str())
    }
}

/// Why what is owed to the provider was not tried even once: it is known to be out of reach, and
/// whoever launched the check hears so at once.
fn out_of_reach(
    work: &Casework,
    check: &Check,
    deliveries: &[Delivery],
) -> Result<Option<String>, Error> {
    let is_untried = !deliveries.is_empty()
        && deliveries.iter().all(|d| d.state == DeliveryState::Due.code() && d.attempts == 0);
    if check.state()? != State::Queued || check.trouble.is_some() || !is_untried {
        return Ok(None);
    }
    let Some(down) = work.breakers.down(&check.connection_id) else { return Ok(None) };
    let error = CallError::NotSent(format!("out of reach since {}", time::utc_minute(down.since)));
    Ok(Some(services::trouble_of(&error, check.kind()?)))
}

/// Reads a check for the review page.
///
/// # Errors
/// Unknown, or the database. Evidence that cannot be opened is left out here; its own page says
/// why.
pub async fn get(work: &Casework, id: &CheckId) -> Result<Review, Error> {
    get_for(work, id, None).await
}

/// The same for who looks at it: what the rule asks of a decision of theirs.
///
/// # Errors
/// As [`get`].
pub async fn get_for(
    work: &Casework,
    id: &CheckId,
    person: Option<&PersonId>,
) -> Result<Review, Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let check = check_store::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    let deliveries = promises::of_check(&mut conn, id).await?;
    let customer = customers::store::by_id(&mut conn, &check.customer_id)
        .await?
        .ok_or_else(|| Error::Corrupt(format!("customer of check {id}")))?;
    let (connection_name, options) = row!(
        &mut conn,
        (String, String),
        "SELECT name, options FROM connections WHERE id = $1",
        &check.connection_id
    )?
    .ok_or_else(|| Error::Corrupt(format!("connection of check {id}")))?;
    let options: crate::records::connections::Options =
        serde_json::from_str(&options).unwrap_or_default();
    let claim_holds = check.claim_until_ms > work.now();
    let shown = services::of(check.kind()?).shown(work, &mut conn, &check).await?;
    let decisions = decisions::of_check(&mut conn, id).await?;
    let asked = asked(&check, shown.target);
    let findings = check_store::findings(&mut conn, id).await?;
    let around = [&check.launched_by, &check.assignee_id, &check.claimed_by, &check.handed_by];
    let mut ids: Vec<String> = findings.iter().filter_map(|f| f.judged_by.clone()).collect();
    ids.extend(around.into_iter().flatten().cloned());
    let people = names::of_ids(&mut conn, ids).await?;
    let named = |id: &Option<String>| Some((id.clone()?, people.get(id.as_ref()?)?.clone()));
    let [launched_by, assignee, claimed_by, handed_by] = around.map(named);
    let memory = memory::read(&mut conn, &check, &findings, work.now()).await?;
    // Of an erased customer nothing is left to compare.
    let is_known = customers::store::key(&mut conn, &customer.id).await?.is_some();
    Ok(Review {
        differs: if is_known { differences(&customers::known(&customer), &asked) } else { vec![] },
        asked,
        changed: customers::who::changed_by(&mut conn, &check).await?,
        around: customers::who::around_on(&mut conn, &customer).await?,
        rating: shown.rating,
        connection_name,
        search_setting_name: shown.search_setting.and_then(|s| options.search_settings.get(&s).cloned()),
        launched_by: launched_by.map(|(_, name)| name),
        assignee,
        claimed_by: claimed_by.filter(|_| claim_holds),
        handed_by: handed_by.map(|(_, name)| name),
        present: crate::records::team::present(&mut conn, id.as_str(), work.now() - PRESENT_TIME).await?,
        findings,
        people,
        memory,
        evidence: evidence_of(work, &mut conn, &check).await?,
        comments: check_store::comments(&mut conn, id).await?,
        metadata: check_store::metadata(&mut conn, id).await?,
        facts: facts::read(work, &mut conn, &check, &decisions, person, work.now()).await?,
        approvers: facts::approvers(&mut conn).await?,
        decisions,
        out_of_reach: out_of_reach(work, &check, &deliveries)?,
        deliveries,
        details: shown.details,
        summary: shown.summary,
        idv: shown.idv,
        said: shown.said,
        said_again: shown.said_again,
        question: shown.question,
        video: shown.video,
        pictures: shown.pictures,
        handout: shown.handout,
        following: check_store::following(&mut conn, id).await?,
        others: rows!(
            &mut conn,
            (String, String, String),
            "SELECT id, kind, state FROM checks WHERE customer_id = $1 AND id <> $2 ORDER BY launched_at_ms DESC LIMIT 20",
            &check.customer_id,
            id.as_str()
        )?,
        relaunched_as: row!(
            &mut conn,
            (String,),
            "SELECT id FROM checks WHERE customer_id = $1 AND relaunch_of = $2 ORDER BY launched_at_ms DESC LIMIT 1",
            &check.customer_id,
            id.as_str()
        )?
        .map(|(id,)| id),
        customer,
        check,
    })
}

/// Whom a check asked about, as far as that can be read now.
fn asked(check: &Check, target: Option<Target>) -> Whom {
    let of = |target: Target| Whom {
        name: target.name,
        birth_date: target.birth_date,
        country: target.country,
    };
    target.map(of).unwrap_or_else(|| Whom {
        name: customers::name_in(&check.request).unwrap_or_default(),
        ..Whom::default()
    })
}

/// Which service a check was of.
///
/// # Errors
/// Unknown, or the database.
pub async fn kind_of(work: &Casework, id: &CheckId) -> Result<Option<Kind>, Error> {
    let mut reader = work.db.read().await?;
    let check = check_store::find(&mut reader.conn(), id).await?.ok_or(Error::NotFound)?;
    Ok(Kind::parse(&check.kind))
}

/// The connections that a check of this kind can be launched on.
///
/// # Errors
/// The database.
pub async fn launchable(
    work: &Casework,
    kind: Kind,
) -> Result<Vec<(Connection, crate::records::connections::Options)>, Error> {
    let known = crate::records::connections::list(work).await?;
    let may = |k: &crate::records::connections::Known| {
        k.connection.is_active() && k.connection.serves(kind) && !k.options.waits_for_secret
    };
    Ok(known.into_iter().filter(may).map(|k| (k.connection, k.options)).collect())
}
