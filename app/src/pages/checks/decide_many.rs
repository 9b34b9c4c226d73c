//! Several checks on one page. Each is decided by itself: nothing here decides them all alike.
//!
//! What comes back is kept sealed like every refused form: rows that were refused with what was
//! typed, rows that were decided with what came of them.

use super::super::{
    AppError, Asked, Ctx, Page, Shown,
    area::Area,
    flash,
    forms::{answer, go, is_id, returned},
    parts,
    request::ctx,
};
use casework::checks::decide_many::{self, CHECKS_MAX, Picked, Typed};
use domain::{
    CheckId, Refusal,
    checks::{Band, Kind, State},
    decisions::{COMMENT_MAX, Outcome, Reason, Step, is_told, reasons},
    fields::Refused,
    people::Permission,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where the page stands.
const ADDRESS: &str = "/checks/decide-many";
/// Findings of a check that the page names; the rest is counted.
const FINDINGS_SHOWN: usize = 5;

/// What is sent about one check.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Row {
    check_id: String,
    decision_id: String,
    version: String,
    outcome: String,
    reason: String,
    comment: String,
}

impl Row {
    /// Whether anything is to be decided here; a row that was left alone stays as it is.
    fn is_typed(&self) -> bool {
        !self.outcome.is_empty() || !self.reason.is_empty() || !self.comment.trim().is_empty()
    }

    fn typed(&self) -> Typed {
        Typed {
            check: self.check_id.as_str().into(),
            id: self.decision_id.as_str().into(),
            version: self.version.parse().unwrap_or(-1),
            outcome: Outcome::parse(&self.outcome),
            reason: Reason::parse(&self.reason),
            comment: self.comment.clone(),
        }
    }
}

/// The name of a row's input.
fn name(row: &str, field: &str) -> String {
    format!("rows[{row}][{field}]")
}

/// # Errors
/// The database.
pub async fn page(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let form = asked.refused(&ctx).await?.unwrap_or_default();
    let mut ids: Vec<CheckId> = kept_rows(&form).into_iter().map(|(_, id)| id.into()).collect();
    let named = |list: &'static str| {
        asked.pairs().filter(move |(name, _)| name.starts_with(list)).map(|(_, id)| id.to_owned())
    };
    let unseen: Vec<String> = named("unseen[").collect();
    if ids.is_empty() {
        ids = named("checks[").chain(named("unseen[")).map(CheckId::from).collect();
    }
    let picked = decide_many::look(&ctx.work, ctx.caller()?, &ids).await?;
    let kinds: Vec<Kind> = picked.iter().map(|p| p.check.kind()).collect::<Result<_, _>>()?;
    super::super::viewed::viewed_list(
        &ctx,
        "decide-many",
        picked.iter().map(|p| p.check.id.clone()).collect(),
    )
    .await?;
    let back = Some(form.value("back"))
        .filter(|b| !b.is_empty())
        .unwrap_or_else(|| asked.query("back"))
        .to_owned();
    let refused = !form.is_clean();
    let dropped = ids.len().saturating_sub(CHECKS_MAX);
    let shown = Shown::new("Decide several checks", move || {
        view(&picked, &kinds, &unseen, &form, own(&back), dropped)
    })
    .class("narrow")
    .refused(refused);
    Ok(flash::with_flash(shown, &asked).into())
}

/// Row and check of each row that was sent before.
fn kept_rows(form: &Refused) -> Vec<(String, String)> {
    let of = |(name, id): (&String, &String)| {
        Some((name.strip_prefix("rows[")?.strip_suffix("][check_id]")?.to_owned(), id.clone()))
    };
    form.values.iter().filter_map(of).collect()
}

/// A list of ours to go back to.
fn own(back: &str) -> String {
    returned(back)
        .filter(|back| back == "/checks" || back.starts_with("/checks?"))
        .unwrap_or_else(|| "/checks".into())
}

fn view(
    picked: &[Picked],
    kinds: &[Kind],
    unseen: &[String],
    form: &Refused,
    back: String,
    dropped: usize,
) -> AnyView {
    if picked.is_empty() {
        let action = parts::link_button(&back, "Back to the queue", true).into_any();
        let nothing = parts::empty(
            "No check is selected",
            "Select checks in the queue first, then decide them here.".into(),
            Some(action),
        );
        return view! { <h1 class="sr">"Decide several checks"</h1>{nothing} }.into_any();
    }
    let rows_by_check: BTreeMap<String, String> =
        kept_rows(form).into_iter().map(|(row, check)| (check, row)).collect();
    let is_open = |p: &Picked| p.check.state == State::ToReview.code();
    // Nothing that was typed is taken away: the refusal stands beside it.
    let is_offered = |p: &Picked| {
        is_open(p)
            && (p.not_here.is_none()
                || rows_by_check.get(&p.check.id).is_some_and(|row| is_kept(form, row)))
    };
    let any_open = picked.iter().any(is_offered);
    let rows: Vec<_> = picked
        .iter()
        .zip(kinds)
        .enumerate()
        .map(|(at, (p, kind))| {
            let row = row_of(&rows_by_check, p, at);
            match (is_open(p), is_offered(p)) {
                (_, true) => open_row(p, *kind, &row, form).into_any(),
                (true, _) => unopened_row(p, *kind, &row).into_any(),
                _ => closed_row(p, *kind, &row, form).into_any(),
            }
        })
        .collect();
    let link_back = view! { <a class="btn quiet" href=back.clone()>"Back to the queue"</a> };
    view! {
        <header class="page-head"><div><h1>"Decide several checks"</h1><p class="meta">"Each by itself, with its own reason and comment. What you leave open stays open."</p></div></header>
        {summary(picked, form, &rows_by_check)}
        {not_on_the_page(picked, unseen, &rows_by_check)}
        {not_opened(picked)}
        {(dropped > 0).then(|| parts::notice("attention", format!("Only the first {CHECKS_MAX} checks are shown.")))}
        <form class="form each" method="post" action="/api/checks/decide-many" novalidate>
            <input type="hidden" name="back" value=back/>
            {rows}
            {any_open.then(|| view! { <p class="will">"Each decision is recorded by itself and told to its provider, where that takes decisions. One that is refused holds up no other."</p> })}
            <div class="actions">{any_open.then(|| view! { <button class="btn primary">"Decide what is filled in"</button> })}{link_back}</div>
        </form>
    }
    .into_any()
}

fn row_of(rows: &BTreeMap<String, String>, picked: &Picked, at: usize) -> String {
    rows.get(&picked.check.id).cloned().unwrap_or_else(|| format!("{at:02}"))
}

/// Names the checks that a filter or another page hid when they were taken here.
fn not_on_the_page(
    picked: &[Picked],
    unseen: &[String],
    rows: &BTreeMap<String, String>,
) -> Option<impl IntoView + use<>> {
    let links: Vec<_> = picked
        .iter()
        .enumerate()
        .filter(|(_, p)| unseen.contains(&p.check.id))
        .map(|(at, p)| {
            let href = format!("#row-{}", row_of(rows, p, at));
            view! { <li><a href=href><bdi>{p.customer.name.clone()}</bdi></a>" "<span class="ref">{p.customer.reference.clone()}</span></li> }
        })
        .collect();
    let words = match links.len() {
        1 => "One of these was not on the page that you came from:".to_owned(),
        n => format!("{n} of these were not on the page that you came from:"),
    };
    (!links.is_empty())
        .then(|| view! { <div class="notice" data-tone="attention" role="status"><div><p>{words}</p><ul>{links}</ul></div></div> })
}

/// Whether anything that was typed about a check is kept.
fn is_kept(form: &Refused, row: &str) -> bool {
    ["outcome", "reason", "comment"]
        .iter()
        .any(|field| !form.value(&name(row, field)).trim().is_empty())
}

/// How many of these cannot be decided here, and what helps.
fn not_opened(picked: &[Picked]) -> Option<AnyView> {
    let words = match picked.iter().filter(|p| p.not_here.is_some()).count() {
        0 => return None,
        1 => "1 of these checks cannot be decided here: you have not opened it. Open it, and come back.".to_owned(),
        n => format!("{n} of these checks cannot be decided here: you have not opened them. Open each, and come back."),
    };
    Some(parts::notice("attention", words).into_any())
}

/// What came of the last sending: how many were decided, and the way to each that was not.
fn summary(picked: &[Picked], form: &Refused, rows: &BTreeMap<String, String>) -> Option<AnyView> {
    if let Some(whole) = form.error("") {
        return Some(parts::refusal(whole.to_owned()).into_any());
    }
    let decided = form.values.keys().filter(|name| name.starts_with("done[")).count();
    let links: Vec<_> = picked
        .iter()
        .filter_map(|p| {
            let row = rows.get(&p.check.id)?;
            let error = FIELDS.iter().find_map(|field| form.error(&name(row, field)))?.to_owned();
            Some(view! { <li><a href=format!("#row-{row}")><bdi>{p.customer.name.clone()}</bdi></a>": "{error}</li> })
        })
        .collect();
    let refused = links.len();
    if refused == 0 {
        return (decided > 0).then(|| {
            parts::notice("good", words_of(decided, "was decided", "were decided")).into_any()
        });
    }
    let done =
        (decided > 0).then(|| view! { <p>{words_of(decided, "was decided", "were decided")}</p> });
    Some(
        view! {
            <div class="notice" data-tone="danger" role="alert" tabindex="-1" id="errors" data-focus>
                <div>{done}<p><strong>{words_of(refused, "was not decided", "were not decided")}</strong></p><ul>{links}</ul></div>
            </div>
        }
        .into_any(),
    )
}

fn words_of(n: usize, one: &str, more: &str) -> String {
    if n == 1 { format!("1 check {one}.") } else { format!("{n} checks {more}.") }
}

/// Where a message of a row may stand, in the order of the row.
const FIELDS: [&str; 4] = ["check_id", "outcome", "reason", "comment"];

/// Customer, kind, risk, and the way to the whole check.
fn head(p: &Picked, kind: Kind) -> impl IntoView + use<> {
    view! {
        <p class="by">{parts::kind(kind)}" "{parts::risk(p.check.risk())}" "<a href=format!("/checks/{}", p.check.id)>"Open the check"</a></p>
    }
}

fn legend(p: &Picked) -> impl IntoView + use<> {
    view! { <bdi>{p.customer.name.clone()}</bdi>" "<span class="ref">{p.customer.reference.clone()}</span> }
}

/// A check that waits for a decision, and that the reader has not opened.
fn unopened_row(p: &Picked, kind: Kind, row: &str) -> impl IntoView + use<> {
    let href = format!("/checks/{}", p.check.id);
    view! {
        <fieldset class="one" id=format!("row-{row}") tabindex="-1">
            <legend>{legend(p)}</legend>
            <p class="by">{parts::kind(kind)}" "{parts::risk(p.check.risk())}</p>
            <input type="hidden" name=name(row, "check_id") value=p.check.id.clone()/>
            <p>"You have not opened this check since the last of its evidence arrived, and only what you opened is decided here. "<a href=href>"Open the check"</a></p>
        </fieldset>
    }
}

/// A check that waits for a decision.
fn open_row(p: &Picked, kind: Kind, row: &str, form: &Refused) -> impl IntoView + use<> {
    let at = |field: &str| name(row, field);
    let whole = form.error(&at("check_id")).map(str::to_owned);
    let sent_back = p.sent_back.then(|| view! { <p class="meta">"A proposal about this check was sent back; why stands on its page."</p> });
    view! {
        <fieldset class="one" id=format!("row-{row}") tabindex="-1">
            <legend>{legend(p)}</legend>
            {head(p, kind)}
            <input type="hidden" name=at("check_id") value=p.check.id.clone()/>
            <input type="hidden" name=at("version") value=p.check.version.to_string()/>
            <input type="hidden" name=at("decision_id") value=casework::new_id()/>
            {whole.map(|w| view! { <p class="error">{w}</p> })}
            {findings(p)}
            {sent_back}
            {(!p.is_opened && p.not_here.is_none()).then(|| view! { <p class="meta">"You have not opened this check. Checks of its kind may be decided here all the same; the record will say that it was not opened."</p> })}
            {outcome_field(p, row, form)}
            <div class="fields">{reason_field(kind, row, form)}</div>
            {comment_field(row, form)}
            {meaning(p, kind).map(|words| view! { <p class="hint">{words}</p> })}
        </fieldset>
    }
}

/// What stands between an accept and this check, and what was found.
fn findings(p: &Picked) -> AnyView {
    let open = p.open();
    if p.findings.is_empty() {
        return view! { <p class="hush">"Nothing was found."</p> }.into_any();
    }
    let items: Vec<_> = p
        .findings
        .iter()
        .take(FINDINGS_SHOWN)
        .map(|f| {
            let judged = match f.judgement.as_str() {
                "undecided" if f.source().must_be_judged() => "not judged yet",
                "undecided" => "not judged",
                "false_positive" => "about somebody else",
                other => other,
            };
            view! { <li><a href=format!("/checks/{}#finding-{}", p.check.id, f.position)><bdi>{f.title.clone()}</bdi></a>" "<span class="meta">{judged.to_owned()}</span></li> }
        })
        .collect();
    let more = p.findings.len().saturating_sub(FINDINGS_SHOWN);
    let warning = match open {
        0 => None,
        1 => Some(
            "1 finding has to be judged on the check's page before it can be accepted.".to_owned(),
        ),
        n => Some(format!(
            "{n} findings have to be judged on the check's page before it can be accepted."
        )),
    };
    view! {
        <ul class="plain">{items}{(more > 0).then(|| view! { <li class="meta">{format!("and {more} more")}</li> })}</ul>
        {warning.map(|w| parts::notice("attention", w))}
    }
    .into_any()
}

fn outcome_field(p: &Picked, row: &str, form: &Refused) -> impl IntoView + use<> {
    let field = name(row, "outcome");
    let chosen = form.value(&field).to_owned();
    let error = form.error(&field).map(str::to_owned);
    let id = format!("{field}-error");
    let described = error.is_some().then(|| id.clone());
    let who = format!("Outcome for {}", p.customer.name);
    let choices: Vec<_> = [("", "Leave open"), ("accept", "Accept"), ("reject", "Reject")]
        .into_iter()
        .map(|(code, words)| {
            let (field, checked) = (field.clone(), chosen == code);
            view! { <label class="choice" data-outcome=code><input type="radio" name=field value=code checked=checked/><span><b>{words}</b></span></label> }
        })
        .collect();
    view! {
        <div role="group" aria-label=who aria-describedby=described><div class="choices">{choices}</div></div>
        {error.map(|e| view! { <p class="error" id=id>{e}</p> })}
    }
}

fn reason_field(kind: Kind, row: &str, form: &Refused) -> impl IntoView + use<> {
    let field = name(row, "reason");
    let (chosen, outcome) =
        (form.value(&field).to_owned(), form.value(&name(row, "outcome")).to_owned());
    let error = form.error(&field).map(str::to_owned);
    let clean = error.is_none();
    let group = |of: Outcome| {
        let options: Vec<_> = reasons(kind, of)
            .iter()
            .map(|r| {
                // The same word may stand in both lists.
                let selected = chosen == r.code()
                    && (outcome == of.code() || !reasons(kind, of.opposite()).contains(r));
                view! { <option value=r.code() selected=selected>{r.label()}</option> }
            })
            .collect();
        view! { <optgroup label=format!("To {}", of.label().to_lowercase())>{options}</optgroup> }
    };
    view! {
        <div class="field">
            <label for=field.clone()>"Reason"</label>
            <select id=field.clone() name=field.clone() aria-invalid=(!clean).then_some("true") aria-describedby=format!("{field}-error")>
                <option value="">"choose …"</option>{group(Outcome::Accept)}{group(Outcome::Reject)}
            </select>
            <p class="error" id=format!("{field}-error") hidden=clean>{error}</p>
        </div>
    }
}

fn comment_field(row: &str, form: &Refused) -> impl IntoView + use<> {
    let field = name(row, "comment");
    let error = form.error(&field).map(str::to_owned);
    let clean = error.is_none();
    let area = Area::named(field.clone(), 2).maxlength(COMMENT_MAX).of(form, false);
    view! {
        <div class="field">
            <label for=field.clone()>"Comment"</label>
            {area}
            <p class="error" id=format!("{field}-error") hidden=clean>{error}</p>
        </div>
    }
}

/// What accepting here leads to, where that is not simply an accept.
fn meaning(p: &Picked, kind: Kind) -> Option<&'static str> {
    if p.takes_two && p.check.band() == Some(Band::VeryHigh) {
        Some(
            "Accepting a very high risk takes two people: this proposes it, and a supervisor approves.",
        )
    } else if p.takes_two {
        Some("Accepting this takes two people: this proposes it, and a supervisor approves.")
    } else if is_told(kind) {
        None
    } else {
        Some("The provider takes no decision on this kind of check; yours stays in Probity.")
    }
}

/// A check with nothing to decide here, with what came of it on this page if something did.
fn closed_row(p: &Picked, kind: Kind, row: &str, form: &Refused) -> impl IntoView + use<> {
    let state = State::parse(&p.check.state).unwrap_or(State::Queued);
    let done = form.values.get(&format!("done[{row}]")).cloned();
    let words = done.clone().unwrap_or_else(|| match state {
        State::Proposed => "A proposal waits for a supervisor, on the check's own page.".into(),
        State::Accepted | State::Rejected => "It is decided already.".into(),
        State::Failed | State::Withdrawn => {
            "It came to nothing; there is nothing to decide.".into()
        }
        _ => "There is nothing to decide before the provider has answered.".into(),
    });
    let whole = FIELDS.iter().find_map(|field| form.error(&name(row, field))).map(str::to_owned);
    // A colleague was faster: what was typed is theirs to copy.
    let comment = Some(form.value(&name(row, "comment")).to_owned())
        .filter(|c| done.is_none() && !c.is_empty());
    let kept_id = format!("kept-{row}");
    view! {
        <fieldset class="one" id=format!("row-{row}") tabindex="-1">
            <legend>{legend(p)}</legend>
            {head(p, kind)}
            <input type="hidden" name=name(row, "check_id") value=p.check.id.clone()/>
            <p>{parts::state(state)}" "{words}</p>
            {whole.map(|w| view! { <p class="error">{w}</p> })}
            {comment.map(|c| view! { <div class="field"><label for=kept_id.clone()>"Your text, not recorded"</label>{Area::kept(kept_id, 2).show(&c)}</div> })}
        </fieldset>
    }
}

/// Decides each row by itself.
#[server(endpoint = "checks/decide-many")]
pub async fn decide_many_checks(
    #[server(default)] rows: BTreeMap<String, Row>,
    #[server(default)] back: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::DecideChecks)?.clone();
    let filled: Vec<(&String, &Row)> = rows.iter().filter(|(_, row)| row.is_typed()).collect();
    if rows.len() > CHECKS_MAX || filled.iter().any(|(_, row)| !is_id(&row.decision_id)) {
        return Err(AppError::Unreadable);
    }
    let mut form = kept(&rows, &back);
    if filled.is_empty() {
        form.refuse("", "Choose an outcome for at least one check, or go back.");
    }
    let typed: Vec<Typed> = filled.iter().map(|(_, row)| row.typed()).collect();
    let results = decide_many::act(&ctx.work, &caller, &ctx.actor(), &typed).await;
    let mut decided = 0;
    for ((row, _), result) in filled.iter().zip(results) {
        match result.map_err(AppError::from) {
            Ok(done) => {
                decided += 1;
                form.values.insert(
                    format!("done[{row}]"),
                    said(done.step, done.outcome, done.told, done.repeated),
                );
            }
            Err(AppError::Refused(refusal)) => {
                form.refuse(&name(row, place(&refusal)), refusal.sentence())
            }
            Err(other) => form.refuse(&name(row, "check_id"), other.words().1),
        }
    }
    if form.is_clean() && decided == rows.len() {
        let back = own(&back);
        let sign = if back.contains('?') { '&' } else { '?' };
        go(&format!("{back}{sign}done=decided-many&n={decided}"));
        return Ok(());
    }
    answer(&ctx, Err(AppError::Form(Box::new(form))), ADDRESS, Refused::default).await
}

/// Everything that was sent, under the names of the inputs.
fn kept(rows: &BTreeMap<String, Row>, back: &str) -> Refused {
    let mut form = Refused::of([("back", back)]);
    for (row, sent) in rows {
        for (field, text) in [
            ("check_id", &sent.check_id),
            ("outcome", &sent.outcome),
            ("reason", &sent.reason),
            ("comment", &sent.comment),
        ] {
            form.values.insert(name(row, field), text.clone());
        }
    }
    form
}

/// Beside which input a refusal stands.
fn place(refusal: &Refusal) -> &'static str {
    match refusal.place().code() {
        "outcome" => "outcome",
        "reason" => "reason",
        "comment" => "comment",
        _ => "check_id",
    }
}

fn said(step: Step, outcome: Outcome, told: bool, repeated: bool) -> String {
    let what = match (step, outcome) {
        (Step::Proposal, outcome) => format!(
            "You proposed to {} it; a supervisor has to approve.",
            outcome.label().to_lowercase()
        ),
        (_, outcome) if told => format!("You {} it; the provider is told.", outcome.done()),
        (_, outcome) => format!("You {} it.", outcome.done()),
    };
    if repeated {
        format!("{what} This was recorded before; nothing was done twice.")
    } else {
        what
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_again_by_the_names_of_their_inputs() {
        let row = Row { check_id: "c".into(), comment: "x".into(), ..Row::default() };
        let rows = BTreeMap::from([("03".to_owned(), row), ("11".to_owned(), Row::default())]);
        let form = kept(&rows, "/checks?tab=mine");
        assert_eq!(
            kept_rows(&form),
            [("03".to_owned(), "c".to_owned()), ("11".to_owned(), String::new())]
        );
        assert_eq!(form.value("rows[03][comment]"), "x");
    }

    #[test]
    fn only_a_list_of_ours_is_gone_back_to() {
        for foreign in [
            "",
            "//evil.example",
            "/checks.evil",
            "https://evil.example",
            "/admin/people",
            "/checks?\t//evil.example",
        ] {
            assert_eq!(own(foreign), "/checks", "{foreign}");
        }
        assert_eq!(own("/checks?tab=mine&batch=b"), "/checks?tab=mine&batch=b");
    }
}
