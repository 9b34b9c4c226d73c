//! Server functions of checks: authorise, call, answer. Nothing else belongs here.

use super::super::{
    AppError,
    forms::{answer, go, returned, show, with_query},
    request::ctx,
};
use casework::checks::{
    self,
    decide::{Act, Decided},
};
use domain::{
    CheckId,
    decisions::{Outcome, Reason, Step, Verdict},
    fields::Refused,
    findings::Judgement,
    launch::DueDiligenceForm,
    people::Permission,
};
use leptos::prelude::*;

#[server(endpoint = "checks/launch")]
#[allow(clippy::too_many_arguments)] // the fields of a form
pub async fn launch(
    #[server(default)] check_id: String,
    #[server(default)] relaunch_of: String,
    #[server(default)] anyway: String,
    #[server(default)] then: String,
    #[server(default)] kind: String,
    #[server(default)] connection: String,
    #[server(default)] customer_reference: String,
    #[server(default)] name: String,
    #[server(default)] birth_date: String,
    #[server(default)] country: String,
    #[server(default)] registration_number: String,
    #[server(default)] search_setting: String,
    #[server(default)] sources: Vec<String>,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::LaunchChecks)?.clone();
    let sources = sources.join(",");
    let form =
        DueDiligenceForm { kind, connection, customer_reference, name, birth_date, country, registration_number, search_setting, sources };
    let id = CheckId::from(check_id.as_str());
    let again = Some(relaunch_of.as_str()).filter(|a| !a.is_empty()).map(CheckId::from);
    let result = if !is_id(&check_id) {
        Err(AppError::Unreadable)
    } else if then == "draft" {
        checks::save_draft(&ctx.work, &caller, &ctx.actor(), &id, &form)
            .await
            .map(|()| format!("/checks/{id}/edit?done=draft"))
            .map_err(AppError::from)
    } else {
        let launched = checks::launch(&ctx.work, &caller, &ctx.actor(), &id, &form, anyway == "1", again.as_ref()).await;
        launched
            .map(|l| format!("/checks/{}?done={}", l.id, if l.repeated { "launched-before" } else { "launched" }))
            .map_err(AppError::from)
    };
    let typed = || {
        let mut typed = form.as_typed();
        typed.values.insert("check_id".into(), check_id.clone());
        typed.values.insert("relaunch_of".into(), relaunch_of.clone());
        typed
    };
    answer(&ctx, result, "/checks/new", typed).await
}

/// Ids are made by our pages; anything else is not from them.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

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
    let back = returned(&back).filter(|back| back.starts_with("/checks")).unwrap_or_else(|| "/checks".into());
    // What a filter or another page hides is shown before anything happens to it.
    if !unseen.is_empty() && seen != "1" {
        show(super::assign_many::page(&ctx, &ids, &unseen, &assignee, &back).await?);
        return Ok(());
    }
    let sign = if back.contains('?') { '&' } else { '?' };
    let result = casework::checks::assign(&ctx.work, &ctx.actor(), &ids, person.as_ref()).await;
    answer(&ctx, result.map(|n| format!("{back}{sign}done=assigned&n={n}")).map_err(AppError::from), &back, Refused::default).await
}

#[server(endpoint = "checks/judge")]
pub async fn judge(
    #[server(default)] check_id: String,
    #[server(default)] finding_id: String,
    #[server(default)] place: String,
    #[server(default)] judgement: String,
    #[server(default)] note: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ReviewChecks)?;
    let page = format!("/checks/{check_id}");
    let judgement = Judgement::parse(&judgement).ok_or(AppError::Unreadable)?;
    let result = checks::judge(&ctx.work, &ctx.actor(), &check_id.as_str().into(), &finding_id.as_str().into(), judgement, &note).await;
    let place = place.parse::<u32>().unwrap_or(0);
    answer(&ctx, result.map(|()| format!("{page}#finding-{place}")).map_err(AppError::from), &format!("{page}#errors"), || {
        Refused::of([("finding_id", &finding_id), ("note", &note)])
    })
    .await
}

#[server(endpoint = "checks/comment")]
pub async fn comment(#[server(default)] check_id: String, #[server(default)] body: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ReviewChecks)?;
    let page = format!("/checks/{check_id}");
    let result = checks::comment(&ctx.work, &ctx.actor(), &check_id.as_str().into(), &body).await;
    answer(&ctx, result.map(|()| format!("{page}?done=comment#comments")).map_err(AppError::from), &format!("{page}#comments"), || {
        Refused::of([("body", &body)])
    })
    .await
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
    let result = checks::set_metadata(&ctx.work, &ctx.actor(), &check_id.as_str().into(), &key, new).await;
    answer(&ctx, result.map(|()| format!("{page}?done=metadata#metadata")).map_err(AppError::from), &format!("{page}#metadata"), || {
        Refused::of([("key", &key), ("value", &value)])
    })
    .await
}

#[server(endpoint = "checks/withdraw")]
pub async fn withdraw(#[server(default)] check_id: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::LaunchChecks)?.clone();
    let page = format!("/checks/{check_id}");
    let result = checks::withdraw(&ctx.work, &caller, &ctx.actor(), &check_id.as_str().into()).await;
    answer(&ctx, result.map(|()| format!("{page}?done=withdrawn")).map_err(AppError::from), &page, Refused::default).await
}

/// What the panel sends, kept whole for a refusal.
struct Panel {
    check_id: String,
    decision_id: String,
    version: String,
    outcome: String,
    reason: String,
    comment: String,
}

impl Panel {
    fn typed(&self) -> Refused {
        let reason_name = format!("reason_{}", self.outcome);
        Refused::of([
            ("decision_id", self.decision_id.as_str()),
            ("outcome", &self.outcome),
            ("reason", &self.reason),
            (&reason_name, &self.reason),
            ("comment", &self.comment),
        ])
    }

    async fn carry_out(self, permission: Permission, act: Act) -> Result<(), AppError> {
        let ctx = ctx()?;
        let caller = ctx.caller_who(permission)?.clone();
        let page = format!("/checks/{}", self.check_id);
        let verdict = Verdict {
            seen_version: self.version.parse().unwrap_or(-1),
            outcome: Outcome::parse(&self.outcome),
            reason: Reason::parse(&self.reason),
            comment: &self.comment,
        };
        let result = if is_id(&self.decision_id) {
            checks::decide::act(
                &ctx.work,
                &caller,
                &ctx.actor(),
                &self.check_id.as_str().into(),
                &self.decision_id.as_str().into(),
                act,
                &verdict,
            )
            .await
            .map_err(AppError::from)
        } else {
            Err(AppError::Unreadable)
        };
        let done = |d: &Decided| match (d.repeated, d.step) {
            (true, _) => "repeated",
            (_, Step::Decision | Step::Approval) if !d.told => "decided-here",
            (_, Step::Decision) => "decided",
            (_, Step::Proposal) => "proposed",
            (_, Step::Approval) => "approved",
            (_, Step::SentBack) => "sent-back",
            (_, Step::Overturn) => "overturned",
        };
        let went = result.map(|d| with_query(&page, &[("done", done(&d).to_owned())]));
        answer(&ctx, went, &page, || self.typed()).await
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
    #[server(default)] comment: String,
) -> Result<(), AppError> {
    let reason = if outcome == Outcome::Accept.code() { reason_accept } else { reason_reject };
    Panel { check_id, decision_id, version, outcome, reason, comment }.carry_out(Permission::DecideChecks, Act::Decide).await
}

#[server(endpoint = "checks/approve")]
pub async fn approve(
    #[server(default)] check_id: String,
    #[server(default)] decision_id: String,
    #[server(default)] version: String,
    #[server(default)] approved: String,
    #[server(default)] comment: String,
) -> Result<(), AppError> {
    let act = match approved.as_str() {
        "yes" => Act::Approve,
        "no" => Act::SendBack,
        _ => return Err(AppError::Unreadable),
    };
    Panel { check_id, decision_id, version, outcome: String::new(), reason: String::new(), comment }
        .carry_out(Permission::ApproveDecisions, act)
        .await
}

#[server(endpoint = "checks/overturn")]
pub async fn overturn(
    #[server(default)] check_id: String,
    #[server(default)] decision_id: String,
    #[server(default)] version: String,
    #[server(default)] outcome: String,
    #[server(default)] reason: String,
    #[server(default)] comment: String,
) -> Result<(), AppError> {
    Panel { check_id, decision_id, version, outcome, reason, comment }.carry_out(Permission::OverturnDecisions, Act::Overturn).await
}
