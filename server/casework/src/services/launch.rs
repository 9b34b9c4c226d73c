//! Launching a check of any service: one transaction writes check, promise and journal.

use crate::{
    Casework, Error,
    journal::{self, Actor},
    records::{
        checks::{self as check_store, Check},
        connections,
        customers::{self, Confirmed},
        promises,
    },
    store::Conn,
};
use domain::{
    CheckId,
    checks::{self, Kind, NO_RISK, State},
    fields::Refused,
    journal::{Action, Subject},
    launch::{self},
    people::Caller,
    time::NEVER,
    who::Bears,
};
use serde_json::json;

/// The key of [`Refused`] under which a launch is told of an open check of the same kind.
pub const OPEN_CHECK: &str = "open_check";

/// What a launch answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launched {
    pub id: CheckId,
    /// The same page was sent before: nothing new was made.
    pub repeated: bool,
}

/// A check that is about to be launched, of any kind.
pub(crate) struct NewCheck<'a> {
    pub id: &'a CheckId,
    pub kind: Kind,
    pub customer_reference: &'a str,
    /// Whom it is about, as far as the customer's own page needs it.
    pub target: &'a launch::Target,
    pub connection: &'a connections::Connection,
    /// What is sent, as the kind stores it.
    pub request: String,
    pub confirmed: &'a Confirmed,
    pub about: About<'a>,
    pub relaunch_of: Option<&'a CheckId>,
    /// The form as typed, for a refusal.
    pub typed: Refused,
}

/// What a launch says of whom it is about besides its target.
#[derive(Default)]
pub(crate) struct About<'a> {
    /// The country of a document: compared with the customer's, and not kept.
    pub document_country: Option<&'a str>,
    /// Another name than the target's, about which somebody is asked: compared with the customer's,
    /// and not kept.
    pub asked_name: Option<&'a str>,
    /// By what else they would be known again.
    pub bears: Vec<Bears>,
    /// Where the form has what is compared.
    pub fields: customers::who::Fields,
}

/// Writes check, promise and journal entry inside the caller's transaction; nothing when this page
/// was sent before.
pub(crate) async fn launch_new(
    work: &Casework,
    conn: &mut Conn<'_>,
    caller: &Caller,
    actor: &Actor,
    new: NewCheck<'_>,
) -> Result<Option<Check>, Error> {
    let (id, now) = (new.id, work.now());
    conn.take_turns(id.as_str()).await?;
    if let Some(sent) = check_store::hold(conn, id).await?
        && sent.state != State::Draft.code()
    {
        return Ok(None);
    }
    if let Some(ended) = new.relaunch_of {
        let ended = check_store::find(conn, ended).await?.ok_or(Error::NotFound)?;
        checks::relaunch(ended.state()?, caller)?;
    }
    conn.take_turns(new.customer_reference).await?;
    let launch = customers::who::Launch {
        check: id,
        reference: new.customer_reference,
        target: new.target,
        document_country: new.about.document_country,
        asked_name: new.about.asked_name,
        bears: &new.about.bears,
        fields: new.about.fields,
        confirmed: new.confirmed,
    };
    let mut refused = new.typed.clone();
    let settled = customers::who::ask(work, conn, &launch, &mut refused).await?;
    if !new.confirmed.open_check
        && let Some(known) = customers::store::by_reference(conn, new.customer_reference).await?
        && customers::store::key(conn, &known.id).await?.is_some()
        && let Some(open) = check_store::open_check(conn, &known.id, new.kind, id).await?
    {
        refused.refuse(OPEN_CHECK, open);
    }
    if !refused.is_clean() {
        return Err(refused.into());
    }
    let customer = customers::find_or_make(work, conn, new.customer_reference, new.target).await?;
    check_store::delete_draft(conn, id).await?;
    let mut check =
        new_check(work, id, new.kind, &customer.id, &new.connection.id, new.request, State::Queued);
    check.launched_by = Some(caller.id.to_string());
    check.relaunch_of = new.relaunch_of.map(ToString::to_string);
    check_store::insert(conn, &check).await?;
    promises::promise(
        conn,
        promises::Task::CreateCheck,
        id,
        None,
        &new.connection.id,
        json!({}),
        now,
    )
    .await?;
    let details = json!({ "kind": check.kind, "customer": customer.reference, "name": new.target.name, "connection": new.connection.name, "relaunch_of": check.relaunch_of });
    let mut entries =
        vec![actor.entry(now, Action::CheckLaunched, Subject::Check, id.as_str(), details)];
    entries.extend(customers::who::settle(work, conn, actor, &customer, &launch, settled).await?);
    journal::append(conn, &entries).await?;
    Ok(Some(check))
}

/// A check as it begins; nobody launched it yet, and it follows from nothing.
pub(crate) fn new_check(
    work: &Casework,
    id: &CheckId,
    kind: Kind,
    customer: &str,
    connection: &str,
    request: String,
    state: State,
) -> Check {
    let now = work.now();
    Check {
        id: id.to_string(),
        kind: kind.code().into(),
        customer_id: customer.into(),
        connection_id: connection.into(),
        state: state.code().into(),
        version: 1,
        touched_at_ms: now,
        risk_score: NO_RISK,
        provider_ref: None,
        provider_state: None,
        progress: 0,
        request,
        launched_by: None,
        launched_at_ms: now,
        outcome_at_ms: None,
        decided_at_ms: None,
        due_from_ms: now,
        due_at_ms: now + checks::OUTCOME_TIME,
        assignee_id: None,
        claimed_by: None,
        claim_until_ms: 0,
        handed_by: None,
        handed_note: None,
        telling: "none".into(),
        trouble: None,
        relaunch_of: None,
        from_check: None,
        poll_at_ms: NEVER,
        polls_failed: 0,
        poll_fence: 0,
    }
}
