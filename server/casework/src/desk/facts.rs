//! What the rule of decisions asks of a check, read in one go; and what binds a proposal to its
//! evidence.

use crate::{
    Casework, Error,
    records::{
        checks::{self as check_store, Check},
        customers,
        decisions::Decision,
        people::told_apart,
        policies, proposals,
    },
    services,
    store::{Conn, Sql, row, rows, rows_of},
};
use domain::{
    CheckId, Moment, PersonId, Refusal,
    checks::{Band, Kind, State},
    decisions::{
        self, Earlier, Judged, Makers, Narrower, Outcome, Proposal, Reason, Standing, Step,
    },
    people::{Caller, Permission, Role},
    policy::Policy,
    time::DAY,
};

/// The proposal that waits.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub id: String,
    pub by: PersonId,
    pub outcome: Outcome,
    pub reason: Reason,
    /// What stands, if this is to overturn it.
    pub overturns: Option<Outcome>,
    /// Whom it is meant for, while they may approve: id and name.
    pub checker: Option<(PersonId, String)>,
    pub until: Moment,
    /// Nothing arrived since.
    pub is_bound: bool,
}

/// Why the last proposal counts no more.
#[derive(Debug, Clone, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Voided {
    pub why: String,
    pub voided_at_ms: Moment,
}

/// Everything that the rule asks of a check.
#[derive(Debug, Clone)]
pub struct Facts {
    pub policy: Policy,
    pub kind: Kind,
    pub state: State,
    pub version: i64,
    pub band: Option<Band>,
    pub findings: Vec<Judged>,
    pub customer: String,
    /// The name that the check asked about.
    pub asked: String,
    pub proposal: Option<Waiting>,
    pub voided: Option<Voided>,
    pub launched_by: Option<PersonId>,
    pub judged_by: Vec<PersonId>,
    pub of_decision: Vec<PersonId>,
    pub earlier: Vec<Earlier>,
    pub narrower: Option<Narrower>,
    pub decided: Option<(String, Moment)>,
    pub now: Moment,
}

impl Facts {
    /// The facts as the rule takes them; `named` is whom a proposal is to be meant for.
    #[must_use]
    pub fn standing<'a>(&'a self, named: Option<&'a Caller>) -> Standing<'a> {
        let proposal = self.proposal.as_ref().map(|p| Proposal {
            by: &p.by,
            outcome: p.outcome,
            reason: p.reason,
            overturns: p.overturns,
            checker: p.checker.as_ref().map(|(id, name)| (id, name.as_str())),
            until: p.until,
            is_bound: p.is_bound,
        });
        Standing {
            kind: self.kind,
            state: self.state,
            version: self.version,
            band: self.band,
            findings: &self.findings,
            customer: &self.customer,
            asked: &self.asked,
            proposal,
            makers: Makers {
                launched_by: self.launched_by.as_ref(),
                judged_by: &self.judged_by,
                of_decision: &self.of_decision,
            },
            earlier: &self.earlier,
            narrower: self.narrower.clone(),
            named,
            now: self.now,
            decided: self.decided.as_ref().map(|(name, at)| (name.as_str(), *at)),
        }
    }

    /// Whether two people are needed for this.
    #[must_use]
    pub fn needs_two(&self, outcome: Outcome) -> bool {
        decisions::needs_two(&self.standing(None), &self.policy, outcome)
    }

    /// Whether two people are needed for what an earlier check found, and not for what this one
    /// did.
    #[must_use]
    pub fn needs_two_for_earlier(&self, outcome: Outcome) -> bool {
        let alone = Standing { earlier: &[], narrower: None, ..self.standing(None) };
        self.needs_two(outcome) && !decisions::needs_two(&alone, &self.policy, outcome)
    }
}

/// Reads the facts of a check for who would decide it; `all` are its recorded steps.
pub(crate) async fn read(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    all: &[Decision],
    decider: Option<&PersonId>,
    now: Moment,
) -> Result<Facts, Error> {
    let policy = policies::current(conn).await?;
    let id = CheckId::from(check.id.as_str());
    let kind = check.kind()?;
    let find = |id: &Option<String>| id.as_ref().and_then(|id| all.iter().find(|d| d.id == *id));
    let stands = all.iter().rev().find(|d| is_final(d) && d.outcome() != Some(Outcome::Withdraw));
    let approved = stands.filter(|d| d.step() == Some(Step::Approval)).and_then(|d| find(&d.about));
    let latest = all.last().filter(|d| d.step() == Some(Step::Proposal));
    let proposal = match latest.filter(|_| check.state == State::Proposed.code()) {
        Some(proposal) => Some(waiting(work, conn, check, proposal, find(&proposal.about)).await?),
        None => None,
    };
    let judges = rows!(
        conn,
        (String,),
        "SELECT DISTINCT judged_by FROM findings WHERE check_id = $1 AND judgement <> 'undecided' AND judged_by IS NOT NULL",
        id.as_str()
    )?;
    let judged_by: Vec<PersonId> = judges.into_iter().map(|(id,)| id.into()).collect();
    let of_decision: Vec<PersonId> =
        stands.iter().chain(&approved).map(|d| d.decided_by.as_str().into()).collect();
    let part: Vec<&str> = decider
        .into_iter()
        .chain(proposal.as_ref().map(|p| &p.by))
        .chain(&judged_by)
        .chain(&of_decision)
        .map(PersonId::as_str)
        .chain(check.launched_by.as_deref())
        .collect();
    let (earlier, narrower) = earlier(conn, check, &part, now, &policy).await?;
    let voided = match latest {
        Some(d) => row!(
            conn,
            Voided,
            "SELECT why, voided_at_ms FROM voided_proposals WHERE decision_id = $1",
            &d.id
        )?,
        None => None,
    };
    Ok(Facts {
        kind,
        state: check.state()?,
        version: check.version,
        band: check.band(),
        findings: check_store::judged(conn, &id).await?,
        customer: customers::store::by_id(conn, &check.customer_id)
            .await?
            .map(|c| c.name)
            .unwrap_or_default(),
        asked: customers::name_in(&check.request).unwrap_or_default(),
        proposal,
        voided,
        launched_by: check.launched_by.as_deref().map(PersonId::from),
        judged_by,
        of_decision,
        earlier,
        narrower,
        decided: all.last().map(|d| (d.decided_by_name.clone(), d.decided_at_ms)),
        policy,
        now,
    })
}

/// Whether a check is about this person, as far as names tell.
pub(crate) async fn is_about(
    conn: &mut Conn<'_>,
    check: &Check,
    person: &str,
) -> Result<bool, Error> {
    let Some((name,)) = row!(conn, (String,), "SELECT name FROM people WHERE id = $1", person)?
    else {
        return Ok(false);
    };
    let customer = customers::store::by_id(conn, &check.customer_id)
        .await?
        .map(|c| c.name)
        .unwrap_or_default();
    let asked = customers::name_in(&check.request).unwrap_or_default();
    let standing = Standing {
        customer: &customer,
        asked: &asked,
        ..Standing::bare(check.kind()?, check.state()?, check.version)
    };
    Ok(standing.is_named(&name))
}

fn is_final(d: &Decision) -> bool {
    matches!(d.step(), Some(Step::Decision | Step::Approval | Step::Overturn | Step::Withdrawal))
}

async fn waiting(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    proposal: &Decision,
    overturned: Option<&Decision>,
) -> Result<Waiting, Error> {
    let odd = || Error::Corrupt(format!("decision {}", proposal.id));
    let checker = match &proposal.checker_id {
        // It does not wait for somebody who approves nothing any more.
        Some(id) => row!(
            conn,
            (String, String),
            "SELECT id, name FROM people WHERE id = $1 AND role = 'supervisor' AND state = 'active' AND password_hash <> '' AND (role_confirmed_by IS NOT NULL OR role_alone = 1)",
            id
        )?
        .map(|(id, name)| (id.into(), name)),
        None => None,
    };
    let is_bound = match &proposal.evidence_hash {
        Some(hash) => *hash == proposals::evidence_hash(work, conn, check).await?,
        // Made before proposals were bound.
        None => true,
    };
    Ok(Waiting {
        id: proposal.id.clone(),
        by: proposal.decided_by.as_str().into(),
        outcome: proposal.outcome().ok_or_else(odd)?,
        reason: Reason::parse(&proposal.reason).ok_or(Refusal::NoProposal)?,
        overturns: overturned.and_then(Decision::outcome),
        checker,
        until: proposal.until_ms.unwrap_or(proposal.decided_at_ms),
        is_bound,
    })
}

/// Whom a proposal is to be meant for, as they are now.
pub(crate) async fn named(conn: &mut Conn<'_>, id: &PersonId) -> Result<Caller, Error> {
    let found = row!(
        conn,
        (String, String, String),
        "SELECT account, name, role FROM people WHERE id = $1 AND state = 'active' AND password_hash <> '' AND (role_confirmed_by IS NOT NULL OR role_alone = 1)",
        id.as_str()
    )?;
    let (account, name, role) =
        found.ok_or_else(|| Refusal::CannotApprove("This person".into()))?;
    let role = Role::parse(&role).ok_or_else(|| Refusal::CannotApprove(name.clone()))?;
    Ok(Caller { id: id.clone(), account, name, role })
}

/// Everybody whose role approves and counts: id and name.
pub(crate) async fn approvers(conn: &mut Conn<'_>) -> Result<Vec<(String, String)>, Error> {
    let all = rows!(
        conn,
        (String, String, String, String),
        "SELECT id, name, account, role FROM people WHERE state = 'active' AND password_hash <> '' AND (role_confirmed_by IS NOT NULL OR role_alone = 1) ORDER BY name, id LIMIT 500"
    )?;
    let may = |role: &str| {
        Role::parse(role).is_some_and(|role| role.grants(Permission::ApproveDecisions))
    };
    Ok(told_apart(
        all.into_iter()
            .filter(|(.., role)| may(role))
            .map(|(id, name, account, _)| (id, name, account))
            .collect(),
    ))
}

#[derive(sqlx_macros::FromRow)]
struct EarlierRow {
    id: String,
    state: String,
    risk_score: i64,
    outcome_at_ms: Moment,
    request: String,
    connection_id: String,
}

/// The customer's other checks of this kind that count, under whatever reference, and what this one
/// asked less or otherwise; for a decision that these people have a part in.
async fn earlier(
    conn: &mut Conn<'_>,
    check: &Check,
    part: &[&str],
    now: Moment,
    policy: &Policy,
) -> Result<(Vec<Earlier>, Option<Narrower>), Error> {
    // Whom somebody knows under another reference, too, is one customer.
    let mut customers = customers::who::linked_for(conn, &check.customer_id, part).await?;
    customers.push(check.customer_id.clone());
    let mut sql = Sql::default();
    sql.push("SELECT id, state, risk_score, outcome_at_ms, request, connection_id FROM checks WHERE outcome_at_ms IS NOT NULL AND kind = ");
    sql.text(&check.kind)
        .push(" AND id <> ")
        .text(&check.id)
        .push(" AND customer_id IN (")
        .texts(customers);
    sql.push(") ORDER BY outcome_at_ms DESC, id DESC LIMIT 1000");
    let all = rows_of!(conn, EarlierRow, &sql)?;
    // Those that this one was launched after, however long ago, also by way of one that never had
    // an outcome.
    let mut chain: Vec<String> = Vec::new();
    let mut next = check.relaunch_of.clone();
    while let Some(id) = next.filter(|id| !chain.contains(id)) {
        next = row!(conn, (Option<String>,), "SELECT relaunch_of FROM checks WHERE id = $1", &id)?
            .and_then(|(of,)| of);
        chain.push(id);
    }
    let since = now.saturating_sub(i64::from(policy.window_days()).saturating_mul(DAY));
    let service = services::of(check.kind()?);
    let mut earlier = Vec::new();
    for e in all.iter().filter(|e| e.outcome_at_ms >= since || chain.contains(&e.id)) {
        earlier.push(Earlier {
            state: State::parse(&e.state).unwrap_or(State::Withdrawn),
            band: (e.risk_score >= 0).then(|| Band::of(e.risk_score)),
            outcome_at: e.outcome_at_ms,
            findings: check_store::judged(conn, &e.id.as_str().into()).await?,
            asked: service.asked(&e.request, &e.connection_id),
            id: e.id.clone(),
        });
    }
    let now_asked = service.asked(&check.request, &check.connection_id);
    let narrower = earlier.iter().find_map(|e| decisions::narrower(&e.asked, &now_asked));
    Ok((earlier, narrower))
}

/// A check that came back to its maker.
#[derive(Debug, Clone, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Returned {
    pub id: String,
    pub name: String,
    pub reference: String,
    pub kind: String,
    pub returned_at_ms: Moment,
}

/// The proposals of this person that came back and wait for them, the latest first.
///
/// # Errors
/// The database.
pub async fn returned_to(work: &Casework, person: &PersonId) -> Result<Vec<Returned>, Error> {
    let mut reader = work.db.read().await?;
    Ok(rows!(
        &mut reader.conn(),
        Returned,
        "SELECT k.id, COALESCE(k.about, c.name) AS name, c.reference, k.kind, k.returned_at_ms FROM checks k JOIN customers c ON c.id = k.customer_id \
         WHERE k.assignee_id = $1 AND k.state = 'to_review' AND k.returned_at_ms IS NOT NULL ORDER BY k.returned_at_ms DESC, k.id LIMIT 20",
        person.as_str()
    )?)
}
