//! What somebody opened before they decided, and what stood beside their decision then.
//!
//! Opened is what the journal says they were shown: it writes an entry for each page of a check,
//! each body, picture and document that leaves the desk, and no form says otherwise. What stood in
//! a list only was not opened.

use crate::{
    Casework, Error,
    desk::decide::{self, Seen},
    journal::{self, Actor},
    records::{
        checks::{self as check_store, Check},
        customers::{self, Customer},
        decisions::{self as steps, Decision},
        policies,
        promises::{self, Delivery, DeliveryState, Task},
    },
    seal,
    store::{Conn, row, rows},
};
use domain::{
    CheckId, DecisionId, Moment, Refusal,
    checks::{Kind, State, Telling},
    decisions::{self, Outcome, Ruled, Step},
    journal::{Action, Subject},
    made::{self, RiskThen, TellingThen, Way},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

/// The longest that a decision waits for views that are not written yet; what is not written then
/// was not opened.
const VIEWS_WAIT: Duration = Duration::from_secs(2);

/// When something was opened: the first time, the last, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    pub first_ms: Moment,
    pub last_ms: Moment,
    pub count: i64,
}

impl Times {
    fn add(known: Option<Self>, at: Moment) -> Self {
        let known = known.unwrap_or(Self { first_ms: at, last_ms: at, count: 0 });
        Self {
            first_ms: known.first_ms.min(at),
            last_ms: known.last_ms.max(at),
            count: known.count + 1,
        }
    }
}

/// What one person opened of a check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The check's page, since the last of its evidence had arrived.
    pub page: Option<Times>,
    /// Bodies, pictures and documents, by the id of their evidence.
    pub bodies: BTreeMap<String, Times>,
}

/// Records that a person opened the page of a check, in the version that they are shown; `also` are
/// the references of other customers whom the page names.
///
/// # Errors
/// The journal takes no more entries.
pub async fn page_opened(
    work: &Casework,
    actor: &Actor,
    check: &Check,
    reference: &str,
    also: &[&str],
) -> Result<(), Error> {
    let mut details = json!({ "version": check.version, "customer": reference });
    if !also.is_empty() {
        details["also"] = json!(also);
    }
    crate::records::viewed(work, actor, Action::CheckViewed, Subject::Check, &check.id, details)
        .await
}

/// Waits until what people were shown by now stands in the journal.
pub(crate) async fn views_written(work: &Casework) {
    if tokio::time::timeout(VIEWS_WAIT, work.views.flush()).await.is_err() {
        tracing::warn!("views are not written yet; a decision does without them");
    }
}

/// What a person opened of a check until a moment.
pub(crate) async fn opened(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    person: &str,
    until: Moment,
) -> Result<Opened, Error> {
    let arrived = arrived(conn, check, until).await?;
    let documents = documents(conn, check).await?;
    let mut opened = Opened::default();
    for view in journal::views_of(work, conn, &check.id, person, until).await? {
        let Some(details) =
            view.details.and_then(|d| serde_json::from_str::<serde_json::Value>(&d).ok())
        else {
            continue;
        };
        let text = |name: &str| details[name].as_str().map(str::to_owned);
        let body = match Action::parse(&view.action) {
            // A launch form and a draft that name the check are not its page, which says its
            // version.
            Some(Action::CheckViewed) if details["version"].is_i64() && view.at_ms >= arrived => {
                opened.page = Some(Times::add(opened.page, view.at_ms));
                continue;
            }
            Some(Action::EvidenceViewed | Action::PictureViewed) => text("evidence"),
            Some(Action::DocumentViewed) => {
                text("document").and_then(|id| documents.get(&id).cloned())
            }
            _ => None,
        };
        if let Some(id) = body {
            let times = Times::add(opened.bodies.get(&id).copied(), view.at_ms);
            opened.bodies.insert(id, times);
        }
    }
    Ok(opened)
}

/// When the last evidence of a check arrived, as far as it had by then.
async fn arrived(conn: &mut Conn<'_>, check: &Check, until: Moment) -> Result<Moment, Error> {
    let last = row!(
        conn,
        (i64,),
        "SELECT CAST(COALESCE(MAX(received_at_ms), 0) AS BIGINT) FROM evidence WHERE check_id = $1 AND received_at_ms <= $2",
        &check.id,
        until
    )?;
    let outcome = check.outcome_at_ms.filter(|at| *at <= until).unwrap_or(0);
    Ok(last.map_or(0, |(at,)| at).max(outcome))
}

/// The evidence that a provider's documents are kept as, by the provider's id.
async fn documents(conn: &mut Conn<'_>, check: &Check) -> Result<HashMap<String, String>, Error> {
    let kept = rows!(
        conn,
        (String, String),
        "SELECT provider_ref, evidence_id FROM provider_documents WHERE check_id = $1 AND evidence_id IS NOT NULL",
        &check.id
    )?;
    Ok(kept.into_iter().collect())
}

/// What a person may do about a check on the page for several.
#[derive(Debug, Clone)]
pub struct InBulk {
    /// They opened its page since the last of its evidence arrived.
    pub is_opened: bool,
    /// Why they may not decide it there.
    pub refused: Option<Refusal>,
}

/// Whether a person may decide a check together with others, and why not.
pub(super) async fn in_bulk(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    person: &str,
) -> Result<InBulk, Error> {
    let is_opened = opened(work, conn, check, person, Moment::MAX).await?.page.is_some();
    let is_named = policies::current(conn).await?.bulk_allowed(check.kind()?);
    Ok(InBulk { is_opened, refused: made::may_decide_in_bulk(is_opened, is_named).err() })
}

/// What is told of a decision that is about to be recorded. One that has not left is replaced by
/// its overturn, as if it had never been promised.
pub(super) async fn telling_of(
    conn: &mut Conn<'_>,
    check: &Check,
    ruled: &Ruled,
    overturns: bool,
    now: Moment,
) -> Result<Telling, Error> {
    // What was sent back against a decision leaves that one's telling as it was.
    let is_final =
        matches!(ruled.state, State::Accepted | State::Rejected) && ruled.step != Step::SentBack;
    if !is_final || !decisions::is_told(check.kind()?) {
        return Ok(Telling::None);
    }
    let id = CheckId::from(check.id.as_str());
    if !overturns || promises::drop_untold(conn, &id, now).await? {
        return Ok(Telling::Due);
    }
    // The provider takes one decision per task and refuses a second: an overturn stays here, and
    // says so.
    let has =
        promises::provider_has(conn, &id).await? == Some(matches!(ruled.outcome, Outcome::Accept));
    Ok(if has { Telling::Applied } else { Telling::Conflict })
}

/// How the telling of one decision went: its own delivery says so, and else what was recorded with
/// it.
pub(super) fn telling_then(
    kind: &str,
    step: &str,
    delivery: Option<&str>,
    recorded: Option<&str>,
) -> TellingThen {
    match delivery.and_then(DeliveryState::parse) {
        Some(DeliveryState::Due) => TellingThen::Was(Telling::Due),
        Some(DeliveryState::Unknown) => TellingThen::Was(Telling::Unconfirmed),
        Some(DeliveryState::Done) => TellingThen::Was(Telling::Applied),
        Some(DeliveryState::Conflict) => TellingThen::Was(Telling::Conflict),
        Some(DeliveryState::Dead) => TellingThen::Was(Telling::Dead),
        Some(DeliveryState::Dropped) => TellingThen::Replaced,
        None => {
            let is_never_told = Kind::parse(kind).is_some_and(|kind| !decisions::is_told(kind))
                || matches!(Step::parse(step), Some(Step::Proposal | Step::SentBack));
            match recorded.and_then(Telling::parse) {
                Some(telling) => TellingThen::Was(telling),
                None if is_never_told => TellingThen::Was(Telling::None),
                None => TellingThen::NotRecorded,
            }
        }
    }
}

/// The risk as its maker saw it, of a decision that has it nowhere else: sealed with the customer's
/// key.
pub(super) fn sealed_risk(
    work: &Casework,
    decision: &str,
    customer: &str,
    key: &[u8],
    seen: &[u8],
) -> RiskThen {
    let opened = work
        .sealer
        .customer_key(customer, key)
        .and_then(|key| seal::open_field(&key, &decide::seen_place(decision), seen));
    let seen = opened.ok().and_then(|seen| serde_json::from_slice::<Seen>(&seen).ok());
    seen.map_or(RiskThen::NotRecorded, |seen| RiskThen::of(seen.risk))
}

/// A decision with all that its page names.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub decision: Decision,
    pub check: Check,
    pub customer: Customer,
    /// The name that the check asked about, where that is not the customer's now.
    pub asked: Option<String>,
    /// The decision that this one approves, sends back or overturns.
    pub about: Option<Decision>,
    /// The decision that approved, sent back or overturned this one.
    pub answer: Option<Decision>,
    /// Nothing when the customer was erased.
    pub seen: Option<Seen>,
    /// How it was made, as far as that is known.
    pub way: Option<Way>,
    pub risk: RiskThen,
    pub telling: TellingThen,
    /// Names of documents, by the id of their evidence.
    pub documents: BTreeMap<String, String>,
}

/// One decision of a check. What its maker opened is read in the journal where an older version did
/// not record it.
///
/// # Errors
/// Unknown, or the database.
pub async fn recorded(
    work: &Casework,
    check_id: &CheckId,
    id: &DecisionId,
) -> Result<Recorded, Error> {
    let decision = steps::get(work, check_id, id).await?;
    let mut seen = decide::what_was_seen(work, &decision).await?;
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let check = check_store::find(&mut conn, check_id).await?.ok_or(Error::NotFound)?;
    let customer = customers::store::by_id(&mut conn, &check.customer_id).await?;
    let customer =
        customer.ok_or_else(|| Error::Corrupt(format!("customer of check {check_id}")))?;
    if let Some(seen) = seen.as_mut().filter(|seen| seen.opened.is_none()) {
        seen.opened = Some(
            opened(work, &mut conn, &check, &decision.decided_by, decision.decided_at_ms).await?,
        );
    }
    let all = steps::of_check(&mut conn, check_id).await?;
    let delivery = delivery_of(&mut conn, check_id, &decision.id).await?.map(|d| d.state);
    let risk = match (decision.risk(), &seen) {
        (RiskThen::NotRecorded, Some(seen)) => RiskThen::of(seen.risk),
        (risk, _) => risk,
    };
    Ok(Recorded {
        about: all.iter().find(|d| decision.about.as_ref() == Some(&d.id)).cloned(),
        answer: answer(&all, &decision.id).cloned(),
        telling: telling_then(
            &check.kind,
            &decision.step,
            delivery.as_deref(),
            decision.telling.as_deref(),
        ),
        documents: names(&mut conn, &check).await?,
        way: match decision.way() {
            None if journal::came_with_others(
                &mut conn,
                check_id.as_str(),
                &decision.decided_by,
                decision.decided_at_ms,
            )
            .await? =>
            {
                Some(Way::Bulk)
            }
            way => way,
        },
        asked: customers::name_in(&check.request).filter(|name| *name != customer.name),
        decision,
        check,
        customer,
        seen,
        risk,
    })
}

/// The step that approved, sent back or overturned this one; an overturn by two is the approval of
/// its proposal.
fn answer<'a>(all: &'a [Decision], id: &str) -> Option<&'a Decision> {
    let about =
        |id: &str| all.iter().filter(move |d| d.about.as_deref() == Some(id)).collect::<Vec<_>>();
    about(id).into_iter().find_map(|d| match d.step() {
        Some(Step::Proposal) => about(&d.id).into_iter().find(|d| d.step() == Some(Step::Approval)),
        _ => Some(d),
    })
}

async fn delivery_of(
    conn: &mut Conn<'_>,
    check: &CheckId,
    decision: &str,
) -> Result<Option<Delivery>, Error> {
    let all = promises::of_check(conn, check).await?;
    Ok(all.into_iter().find(|d| {
        d.task == Task::TellDecision.code() && d.decision_id.as_deref() == Some(decision)
    }))
}

async fn names(conn: &mut Conn<'_>, check: &Check) -> Result<BTreeMap<String, String>, Error> {
    let named = rows!(
        conn,
        (String, String),
        "SELECT evidence_id, name FROM provider_documents WHERE check_id = $1 AND evidence_id IS NOT NULL",
        &check.id
    )?;
    Ok(named.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_opened_again_keeps_its_first_and_its_last_time() {
        let times = [5, 3, 9].into_iter().fold(None, |known, at| Some(Times::add(known, at)));
        assert_eq!(times, Some(Times { first_ms: 3, last_ms: 9, count: 3 }));
    }

    #[test]
    fn the_telling_of_a_decision_is_its_own() {
        let told = |delivery, recorded| telling_then("dd_kyc", "decision", delivery, recorded);
        assert_eq!(told(Some("done"), Some("due")), TellingThen::Was(Telling::Applied));
        assert_eq!(told(Some("dropped"), Some("due")), TellingThen::Replaced);
        assert_eq!(told(None, Some("conflict")), TellingThen::Was(Telling::Conflict));
        assert_eq!(told(None, None), TellingThen::NotRecorded);
        assert_eq!(telling_then("dd_kyc", "proposal", None, None), TellingThen::Was(Telling::None));
        assert_eq!(telling_then("idv", "overturn", None, None), TellingThen::Was(Telling::None));
    }
}
