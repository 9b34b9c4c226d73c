//! Server functions of checks: authorise, call, answer. Nothing else belongs here.

use super::super::{
    AppError, Ctx,
    forms::{answer, go, go_with, is_id, returned, show, with_query},
    request::ctx,
};
use super::memory::{ALL, TAKE};
use casework::checks::{
    self, Finding,
    decide::{Act, Decided},
    memory::{Which, take_over},
};
use domain::{
    CheckId, PersonId,
    checks::State,
    decisions::{Outcome, Reason, Step, Verdict},
    fields::Refused,
    findings::{Judgement, note_field, of_fields},
    people::Permission,
};
use leptos::prelude::*;
use std::collections::BTreeMap;

#[server(endpoint = "checks/next")]
pub async fn take_next(#[server(default)] skip: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::DecideChecks)?.clone();
    let skip = Some(skip.as_str()).filter(|s| !s.is_empty()).map(CheckId::from);
    let taken = checks::take_next(&ctx.work, &caller, &ctx.actor(), skip.as_ref()).await?;
    go(&taken.map_or_else(|| "/checks?done=none-left".to_owned(), |id| format!("/checks/{id}")));
    Ok(())
}

#[server(endpoint = "checks/give-back")]
pub async fn give_back(#[server(default)] check_id: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::DecideChecks)?.clone();
    checks::give_back(&ctx.work, &caller, &ctx.actor(), &check_id.into()).await?;
    go("/checks?done=given-back");
    Ok(())
}

#[server(endpoint = "checks/assign")]
pub async fn assign(
    #[server(default)] checks: Vec<String>,
    #[server(default)] unseen: Vec<String>,
    #[server(default)] assignee: String,
    #[server(default)] back: String,
    #[server(default)] seen: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::ReviewChecks)?.clone();
    let ids: Vec<CheckId> = checks.into_iter().chain(unseen.clone()).map(CheckId::from).collect();
    let person = match assignee.as_str() {
        "" => None,
        "me" => Some(caller.id.clone()),
        id => Some(id.into()),
    };
    let back = returned(&back)
        .filter(|back| back.starts_with("/checks"))
        .unwrap_or_else(|| "/checks".into());
    // What a filter or another page hides is shown before anything happens to it.
    if !unseen.is_empty() && seen != "1" {
        show(super::assign_many::page(&ctx, &ids, &unseen, &assignee, &back).await?);
        return Ok(());
    }
    let sign = if back.contains('?') { '&' } else { '?' };
    let result = casework::checks::assign(&ctx.work, &ctx.actor(), &ids, person.as_ref()).await;
    answer(
        &ctx,
        result.map(|n| format!("{back}{sign}done=assigned&n={n}")).map_err(AppError::from),
        &back,
        Refused::default,
    )
    .await
}

/// What was typed on the review page beside what is sent. With a script each form sends its own and
/// the page keeps the rest; without one everything is sent, and what was not meant is kept, sealed
/// like a refused form, and put back.
struct Typed {
    notes: BTreeMap<String, String>,
    decision_id: String,
    outcome: String,
    reason: String,
    reason_accept: String,
    reason_reject: String,
    reason_withdraw: String,
    checker: String,
    comment: String,
    body: String,
}

impl Typed {
    /// What a page of these findings does not have by itself.
    fn unsent(&self, found: &[Finding]) -> Refused {
        let mut unsent = Refused::default();
        for (id, text) in self.open_notes(found) {
            unsent.values.insert(note_field(id), text.to_owned());
        }
        let of_decision = [
            ("outcome", &self.outcome),
            ("reason", &self.reason),
            ("reason_accept", &self.reason_accept),
            ("reason_reject", &self.reason_reject),
            ("reason_withdraw", &self.reason_withdraw),
            ("checker", &self.checker),
            ("comment", &self.comment),
        ];
        if of_decision.iter().any(|(_, text)| !text.trim().is_empty()) {
            unsent.values.insert("decision_id".into(), self.decision_id.clone());
            unsent.values.extend(of_decision.map(|(name, text)| (name.to_owned(), text.clone())));
        }
        if !self.body.trim().is_empty() {
            unsent.values.insert("body".into(), self.body.clone());
        }
        unsent
    }

    /// Notes that say something else than what is kept, by finding.
    fn open_notes<'a>(&'a self, found: &'a [Finding]) -> impl Iterator<Item = (&'a str, &'a str)> {
        found.iter().filter_map(|f| {
            let text = self.notes.get(&f.id)?;
            let kept = f.note.as_deref().unwrap_or_default();
            (checks::noted(text) != checks::noted(kept)).then_some((f.id.as_str(), text.as_str()))
        })
    }
}

/// Goes on after something was taken, with what was typed beside it.
async fn go_on(ctx: &Ctx, done: &str, unsent: &Refused) -> Result<(), AppError> {
    if unsent.values.is_empty() {
        go(done);
        return Ok(());
    }
    go_with(ctx, done, unsent).await
}

/// Judges one finding, keeps its note alone, or takes over what was said of it before: `judge` has
/// the finding (or all) and what to do.
#[server(endpoint = "checks/judge")]
#[allow(clippy::too_many_arguments)] // the fields of a page
pub async fn judge(
    #[server(default)] check_id: String,
    #[server(default)] judge: BTreeMap<String, String>,
    #[server(default)] notes: BTreeMap<String, String>,
    #[server(default)] decision_id: String,
    #[server(default)] outcome: String,
    #[server(default)] reason_accept: String,
    #[server(default)] reason_reject: String,
    #[server(default)] reason_withdraw: String,
    #[server(default)] checker: String,
    #[server(default)] comment: String,
    #[server(default)] body: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ReviewChecks)?;
    let page = format!("/checks/{check_id}");
    let (judge, notes) = (of_fields(judge), of_fields(notes));
    let (finding, what) = judge.into_iter().next().ok_or(AppError::Unreadable)?;
    let (check, id) = (CheckId::from(check_id.as_str()), finding.as_str().into());
    let note = notes.get(&finding).cloned().unwrap_or_default();
    let actor = ctx.actor();
    let result = match what.as_str() {
        "note" => checks::note(&ctx.work, &actor, &check, &id, &note, None).await.map(|_| ()),
        TAKE => {
            let which = if finding == ALL { Which::All } else { Which::One(&id) };
            take_over(&ctx.work, &actor, &check, which).await.map(|_| ())
        }
        judged => {
            let judgement = Judgement::parse(judged).ok_or(AppError::Unreadable)?;
            checks::judge(&ctx.work, &actor, &check, &id, judgement, &note).await
        }
    };
    let reason = String::new();
    let typed = Typed {
        notes,
        decision_id,
        outcome,
        reason,
        reason_accept,
        reason_reject,
        reason_withdraw,
        checker,
        comment,
        body,
    };
    let found = checks::findings(&ctx.work, &check).await?;
    let unsent = typed.unsent(&found);
    match result {
        Ok(()) => {
            let place = found
                .iter()
                .find(|f| f.id == finding)
                .map_or_else(|| "f".to_owned(), |f| format!("finding-{}", f.position));
            go_on(&ctx, &format!("{page}#{place}"), &unsent).await
        }
        Err(error) => answer(&ctx, Err(error.into()), &format!("{page}#errors"), || unsent).await,
    }
}

#[server(endpoint = "checks/comment")]
#[allow(clippy::too_many_arguments)] // the fields of a page
pub async fn comment(
    #[server(default)] check_id: String,
    #[server(default)] comment_id: String,
    #[server(default)] body: String,
    #[server(default)] notes: BTreeMap<String, String>,
    #[server(default)] decision_id: String,
    #[server(default)] outcome: String,
    reason: Option<String>,
    #[server(default)] reason_accept: String,
    #[server(default)] reason_reject: String,
    #[server(default)] reason_withdraw: String,
    #[server(default)] checker: String,
    #[server(default)] comment: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ReviewChecks)?;
    let page = format!("/checks/{check_id}");
    let check = CheckId::from(check_id.as_str());
    let result = checks::comment_once(&ctx.work, &ctx.actor(), &check, &comment_id, &body).await;
    // An overturn's outcome is its page's, not chosen.
    let outcome = if reason.is_some() { String::new() } else { outcome };
    let taken = if result.is_ok() { String::new() } else { body };
    let reason = reason.unwrap_or_default();
    let (notes, body) = (of_fields(notes), taken);
    let typed = Typed {
        notes,
        decision_id,
        outcome,
        reason,
        reason_accept,
        reason_reject,
        reason_withdraw,
        checker,
        comment,
        body,
    };
    let unsent = typed.unsent(&checks::findings(&ctx.work, &check).await?);
    match result {
        Ok(()) => go_on(&ctx, &format!("{page}?done=comment#comments"), &unsent).await,
        Err(error) => answer(&ctx, Err(error.into()), &format!("{page}#comments"), || unsent).await,
    }
}

#[server(endpoint = "checks/metadata")]
pub async fn metadata(
    #[server(default)] check_id: String,
    #[server(default)] key: String,
    #[server(default)] value: String,
    #[server(default)] then: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ReviewChecks)?;
    let page = format!("/checks/{check_id}");
    let new = (then != "remove").then_some(value.as_str());
    let result =
        checks::set_metadata(&ctx.work, &ctx.actor(), &check_id.as_str().into(), &key, new).await;
    answer(
        &ctx,
        result.map(|()| format!("{page}?done=metadata#metadata")).map_err(AppError::from),
        &format!("{page}#metadata"),
        || Refused::of([("key", &key), ("value", &value)]),
    )
    .await
}

#[server(endpoint = "checks/withdraw")]
pub async fn withdraw(#[server(default)] check_id: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::LaunchChecks)?.clone();
    let page = format!("/checks/{check_id}");
    let result =
        checks::withdraw(&ctx.work, &caller, &ctx.actor(), &check_id.as_str().into()).await;
    answer(
        &ctx,
        result.map(|()| format!("{page}?done=withdrawn")).map_err(AppError::from),
        &page,
        Refused::default,
    )
    .await
}

/// What the panel sends, kept whole for a refusal.
struct Panel {
    check_id: String,
    decision_id: String,
    version: String,
    outcome: String,
    reason: String,
    comment: String,
    notes: BTreeMap<String, String>,
    /// A comment for colleagues that was typed and not sent.
    body: String,
    /// Whom a proposal is meant for.
    checker: String,
}

impl Panel {
    /// `unsent`: what was typed beside the panel.
    fn typed(&self, unsent: &Refused) -> Refused {
        let reason_name = format!("reason_{}", self.outcome);
        let mut typed = Refused::of([
            ("decision_id", self.decision_id.as_str()),
            ("outcome", &self.outcome),
            ("reason", &self.reason),
            (&reason_name, &self.reason),
            ("comment", &self.comment),
            ("checker", &self.checker),
        ]);
        typed.values.extend(unsent.values.clone());
        typed
    }

    /// Keeps the notes that were typed and not saved, and gives what is left of the page and the
    /// version it has then.
    async fn keep_notes(
        &self,
        ctx: &Ctx,
    ) -> Result<(Refused, Result<i64, casework::Error>), AppError> {
        let check = CheckId::from(self.check_id.as_str());
        let mut version = Ok(self.version.parse().unwrap_or(-1));
        let beside = Typed {
            notes: self.notes.clone(),
            decision_id: String::new(),
            outcome: String::new(),
            reason: String::new(),
            reason_accept: String::new(),
            reason_reject: String::new(),
            reason_withdraw: String::new(),
            checker: String::new(),
            comment: String::new(),
            body: self.body.clone(),
        };
        if self.notes.is_empty() {
            return Ok((beside.unsent(&[]), version));
        }
        let found = checks::findings(&ctx.work, &check).await?;
        // Of a check that somebody else decided meanwhile the decision says so.
        if checks::get(&ctx.work, &check).await?.state == State::ToReview.code() {
            for (finding, text) in beside.open_notes(&found) {
                let Ok(seen) = version else { break };
                version = checks::note(
                    &ctx.work,
                    &ctx.actor(),
                    &check,
                    &finding.into(),
                    text,
                    Some(seen),
                )
                .await;
            }
        }
        let found = checks::findings(&ctx.work, &check).await?;
        Ok((beside.unsent(&found), version))
    }

    async fn carry_out(self, permission: Permission, act: Act) -> Result<(), AppError> {
        let ctx = ctx()?;
        let caller = ctx.caller_who(permission)?.clone();
        let page = format!("/checks/{}", self.check_id);
        let (unsent, version) = self.keep_notes(&ctx).await?;
        let seen_version = match version {
            Ok(version) => version,
            Err(error) => {
                return answer(&ctx, Err(error.into()), &page, || self.typed(&unsent)).await;
            }
        };
        let verdict = Verdict {
            seen_version,
            outcome: Outcome::parse(&self.outcome),
            reason: Reason::parse(&self.reason),
            comment: &self.comment,
        };
        let result = if is_id(&self.decision_id) {
            checks::decide::act_for(
                &ctx.work,
                &caller,
                &ctx.actor(),
                &self.check_id.as_str().into(),
                &self.decision_id.as_str().into(),
                act,
                &verdict,
                Some(self.checker.as_str())
                    .filter(|id| !id.is_empty())
                    .map(PersonId::from)
                    .as_ref(),
            )
            .await
            .map_err(AppError::from)
        } else {
            Err(AppError::Unreadable)
        };
        let done = |d: &Decided| match (d.repeated, d.step) {
            (true, _) => "repeated",
            (_, Step::Withdrawal) => "withdrawn",
            (_, Step::Approval) if d.outcome == Outcome::Withdraw => "withdrawn",
            (_, Step::Decision | Step::Approval) if !d.told => "decided-here",
            (_, Step::Decision) => "decided",
            (_, Step::Proposal) => "proposed",
            (_, Step::Approval) => "approved",
            (_, Step::SentBack) => "sent-back",
            (_, Step::Overturn) => "overturned",
        };
        match result.map(|d| with_query(&page, &[("done", done(&d).to_owned())])) {
            Ok(went) => go_on(&ctx, &went, &unsent).await,
            Err(error) => answer(&ctx, Err(error), &page, || self.typed(&unsent)).await,
        }
    }
}

#[server(endpoint = "checks/decide")]
#[allow(clippy::too_many_arguments)] // the fields of a form
pub async fn decide(
    #[server(default)] check_id: String,
    #[server(default)] decision_id: String,
    #[server(default)] version: String,
    #[server(default)] outcome: String,
    #[server(default)] reason_accept: String,
    #[server(default)] reason_reject: String,
    #[server(default)] reason_withdraw: String,
    #[server(default)] comment: String,
    #[server(default)] checker: String,
    #[server(default)] notes: BTreeMap<String, String>,
    #[server(default)] body: String,
) -> Result<(), AppError> {
    // Ending a check without a word on the customer takes what launching does; the rule is the same
    // one.
    let (reason, act) = match Outcome::parse(&outcome) {
        Some(Outcome::Accept) => (reason_accept, Act::Decide),
        Some(Outcome::Withdraw) => (reason_withdraw, Act::Withdraw),
        _ => (reason_reject, Act::Decide),
    };
    let notes = of_fields(notes);
    let panel =
        Panel { check_id, decision_id, version, outcome, reason, comment, notes, body, checker };
    panel.carry_out(Permission::DecideChecks, act).await
}

#[server(endpoint = "checks/approve")]
pub async fn approve(
    #[server(default)] check_id: String,
    #[server(default)] decision_id: String,
    #[server(default)] version: String,
    #[server(default)] approved: String,
    #[server(default)] comment: String,
    #[server(default)] body: String,
) -> Result<(), AppError> {
    let act = match approved.as_str() {
        "yes" => Act::Approve,
        "no" => Act::SendBack,
        _ => return Err(AppError::Unreadable),
    };
    let (outcome, reason, notes, checker) =
        (String::new(), String::new(), BTreeMap::new(), String::new());
    Panel { check_id, decision_id, version, outcome, reason, comment, notes, body, checker }
        .carry_out(Permission::ApproveDecisions, act)
        .await
}

#[server(endpoint = "checks/overturn")]
#[allow(clippy::too_many_arguments)] // the fields of a form
pub async fn overturn(
    #[server(default)] check_id: String,
    #[server(default)] decision_id: String,
    #[server(default)] version: String,
    #[server(default)] outcome: String,
    #[server(default)] reason: String,
    #[server(default)] comment: String,
    #[server(default)] checker: String,
    #[server(default)] body: String,
) -> Result<(), AppError> {
    let notes = BTreeMap::new();
    Panel { check_id, decision_id, version, outcome, reason, comment, notes, body, checker }
        .carry_out(Permission::OverturnDecisions, Act::Overturn)
        .await
}
