//! Whom a launch and a check are about: what a launch form asks, and what the pages of a check and of a customer say of it.

use super::super::{
    AppError, Ctx,
    forms::{answer, encode, returned},
    parts,
    request::ctx,
};
use casework::{
    checks::{self, review::Review},
    customers::{self, Around, CHANGE, Change, Changed, ELSEWHERE, Elsewhere, NOTE_MAX, Other, in_words},
};
use domain::{
    checks::{Band, Kind, State},
    fields::Refused,
    journal::{Action, Subject},
    people::Permission,
    time,
    who::{Data, Difference, Relation},
};
use leptos::prelude::*;
use serde_json::json;

/// What a launch form asks before anything is launched, with what was answered so far.
pub(in super::super) struct Asks {
    open: Option<String>,
    change: Option<Change>,
    elsewhere: Option<Elsewhere>,
    anyway: bool,
    changed: String,
    shown: String,
}

impl Asks {
    pub(in super::super) fn of(form: &Refused) -> Self {
        let open = form.error(checks::OPEN_CHECK).map(str::to_owned);
        Self {
            anyway: open.is_some() || form.value("anyway") == "1",
            open,
            change: form.error(CHANGE).and_then(|json| serde_json::from_str(json).ok()),
            elsewhere: form.error(ELSEWHERE).and_then(|json| serde_json::from_str(json).ok()),
            changed: form.value("changed").to_owned(),
            shown: form.value("shown").to_owned(),
        }
    }

    /// Whether something has to be answered before the form is sent again.
    pub(in super::super) const fn is_any(&self) -> bool {
        self.open.is_some() || self.change.is_some() || self.elsewhere.is_some()
    }

    /// The questions, above the form.
    pub(in super::super) fn questions(&self) -> impl IntoView + use<> {
        let open = self.open.clone().map(super::super::services::due_diligence::launch::open_check);
        let change = self.change.as_ref().map(change_question);
        let elsewhere = self.elsewhere.as_ref().map(elsewhere_question);
        view! { {open}{change}{elsewhere} }
    }

    /// The answers, beside the button.
    pub(in super::super) fn answers(&self) -> impl IntoView + use<> {
        let hidden = |name: &'static str, value: &str| view! { <input type="hidden" name=name value=value.to_owned()/> };
        let shown = self.elsewhere.as_ref().map_or(self.shown.as_str(), |e| e.token.as_str());
        let changed = match &self.change {
            Some(change) => Some(change_answer(change).into_any()),
            // Confirmed, and refused for something else: it is not asked twice.
            None if !self.changed.is_empty() => Some(hidden("changed", &self.changed).into_any()),
            None => None,
        };
        view! { {changed}{self.anyway.then(|| hidden("anyway", "1"))}{hidden("shown", shown)} }
    }
}

/// The form without the questions: what is left are refusals beside their fields.
pub(in super::super) fn without_questions(form: &Refused) -> Refused {
    let mut form = form.clone();
    for question in [checks::OPEN_CHECK, CHANGE, ELSEWHERE] {
        form.errors.remove(question);
    }
    form
}

/// Adds to what was typed what was answered.
pub(in super::super) fn answered(typed: &mut Refused, anyway: &str, changed: &str, shown: &str) {
    for (name, value) in [("anyway", anyway), ("changed", changed), ("shown", shown)] {
        if !value.is_empty() {
            typed.values.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// Records that a form named customers whom its reader did not ask for.
///
/// # Errors
/// The journal takes no more entries.
pub(in super::super) async fn viewed(ctx: &Ctx, form: &Refused) -> Result<(), AppError> {
    let asks = Asks::of(form);
    let known = asks.change.map(|change| change.customer_id).filter(|id| !id.is_empty());
    let others = asks.elsewhere.map(|e| e.others).unwrap_or_default().into_iter().map(|other| other.id);
    for id in known.into_iter().chain(others) {
        let details = json!({ "page": "launch" });
        checks::viewed(&ctx.work, &ctx.actor(), Action::CustomerViewed, Subject::Customer, &id, details).await?;
    }
    Ok(())
}

fn customer_link(reference: &str) -> impl IntoView + use<> {
    view! { <a class="ref" href=format!("/customers/{}", encode(reference))>{reference.to_owned()}</a> }
}

fn shown_data(data: Data, text: &str) -> String {
    if data == Data::Country { parts::country(text) } else { text.to_owned() }
}

/// What was known, and what is given now; or what is the customer's, and what is asked about besides.
fn compared(differences: &[Difference], is_kept: bool) -> impl IntoView + use<> {
    let (before, now) = if is_kept { (" before, ", " now") } else { (" for the customer, ", " in this check") };
    let rows: Vec<_> = differences
        .iter()
        .map(|d| {
            let (known, given) = (shown_data(d.data, &d.known), shown_data(d.data, &d.given));
            view! { <div><dt>{d.data.label()}</dt><dd><bdi>{known}</bdi>{before}<bdi>{given}</bdi>{now}</dd></div> }
        })
        .collect();
    view! { <dl class="facts">{rows}</dl> }
}

fn change_question(change: &Change) -> AnyView {
    let known = in_words(&change.known);
    if change.customer_id.is_empty() {
        let reference = change.reference.clone();
        return view! {
            <div class="notice" data-tone="attention" role="alert" tabindex="-1" data-focus>
                <div>
                    <p><strong>"This asks about another name than the customer's."</strong>" Nothing was launched. "<span class="ref">{reference}</span>" is "<bdi>{known}</bdi>" by this form. Correct a name, or confirm below that another one is asked about: that is then a finding of this check, to be judged, and an entry in the journal."</p>
                    {compared(&change.differences, false)}
                </div>
            </div>
        }
        .into_any();
    }
    if !change.is_kept {
        return view! {
            <div class="notice" data-tone="attention" role="alert" tabindex="-1" data-focus>
                <div>
                    <p><strong>"This asks about other data than the customer's."</strong>" Nothing was launched. "{customer_link(&change.reference)}" is known as "<bdi>{known}</bdi>". Correct the reference or what is asked about, or confirm below that this is meant: it is then a finding of this check, to be judged, and an entry in the journal. What is known of the customer stays."</p>
                    {compared(&change.differences, false)}
                </div>
            </div>
        }
        .into_any();
    }
    view! {
        <div class="notice" data-tone="attention" role="alert" tabindex="-1" data-focus>
            <div>
                <p><strong>"This reference is known with other data."</strong>" Nothing was launched. "{customer_link(&change.reference)}" is known as "<bdi>{known}</bdi>". Correct the reference, or confirm below that the customer's data changed: the change is then a finding of this check, to be judged, and an entry in the journal."</p>
                {compared(&change.differences, true)}
            </div>
        </div>
    }
    .into_any()
}

fn change_answer(change: &Change) -> impl IntoView + use<> {
    let data: Vec<String> = change.differences.iter().map(|d| d.data.label().to_lowercase()).collect();
    let words = if change.is_kept {
        format!(" The data of {} changed: {}", change.reference, data.join(", "))
    } else {
        format!(" The check of {} asks about another {}", change.reference, data.join(", "))
    };
    view! {
        <div class="field"><ul class="ticks wide"><li><label><input type="checkbox" id="changed" name="changed" value=change.token.clone()/>{words}</label></li></ul></div>
    }
}

fn elsewhere_question(elsewhere: &Elsewhere) -> impl IntoView + use<> {
    let others: Vec<_> = elsewhere.others.iter().map(|other| view! { <li>{also(other)}</li> }).collect();
    let more = more_words(elsewhere.more);
    view! {
        <div class="notice" data-tone="attention" role="alert" tabindex="-1" data-focus>
            <div>
                <p><strong>"This customer seems to be known under another reference."</strong>" Nothing was launched. Use that reference if it is the same customer; if it is not, launch anyway below."</p>
                <ul class="plain">{others}</ul>
                {more}
            </div>
        </div>
    }
}

fn more_words(more: usize) -> Option<impl IntoView + use<>> {
    let words = if more == 1 { "1 more is not shown.".to_owned() } else { format!("{more} more are not shown.") };
    (more > 0).then(|| view! { <p class="meta">{words}</p> })
}

/// `Also known as C-000104: very high, rejected on 2026-03-01`, and by what.
pub(super) fn also(other: &Other) -> AnyView {
    let whom = other.birth_date.as_ref().map_or_else(|| other.name.clone(), |born| format!("{}, born on {born}", other.name));
    let why: Vec<&str> = other.why.iter().map(|w| w.label()).collect();
    let why = if why.is_empty() { String::new() } else { format!(" ({})", why.join(", ")) };
    if other.id.is_empty() {
        // Another line of the same table: nobody is known under that reference yet.
        let reference = other.reference.clone();
        return view! { "Also in this table as "<span class="ref">{reference}</span>". "<span class="meta"><bdi>{whom}</bdi>{why}</span> }
            .into_any();
    }
    view! { "Also known as "{customer_link(&other.reference)}": "{standing(other)}". "<span class="meta"><bdi>{whom}</bdi>{why}</span> }
        .into_any()
}

/// The riskiest band, the last decision and what is open.
pub(super) fn standing(other: &Other) -> String {
    let mut words = vec![other.risk.map_or("no score", |risk| Band::of(risk).label()).to_owned()];
    words.push(match &other.decided {
        Some((state, at)) => format!("{} on {}", State::parse(state).map_or("decided", State::label), time::utc_date(*at)),
        None => "never decided".to_owned(),
    });
    match other.open_checks {
        0 => {}
        1 => words.push("one check open".to_owned()),
        n => words.push(format!("{n} checks open")),
    }
    words.join(", ")
}

/// What stands on top of a check's page: what differs from the customer, and who they may be besides.
pub(super) fn notices(review: &Review) -> Vec<AnyView> {
    let mut all = Vec::new();
    let reference = &review.customer.reference;
    if let Some(Changed { differences, is_kept, by, at_ms }) = &review.changed {
        let at = parts::stamp(*at_ms);
        let what = if *is_kept {
            "The customer's data changed with this check."
        } else {
            "This check was launched about other data than the customer's."
        };
        let words = view! { <strong>{what}</strong>" "<bdi>{by.clone()}</bdi>" confirmed it for "{customer_link(reference)}" on "{at}"." };
        all.push(notice(words, compared(differences, *is_kept)).into_any());
    }
    if !review.differs.is_empty() {
        let words = view! { <strong>"What this check asked about differs from the customer's data."</strong>" "{customer_link(reference)}" is known as "<bdi>{in_words(&customers::known(&review.customer))}</bdi>"." };
        let rows: Vec<_> = review
            .differs
            .iter()
            .map(|d| {
                let (known, asked) = (shown_data(d.data, &d.known), shown_data(d.data, &d.given));
                view! { <div><dt>{d.data.label()}</dt><dd><bdi>{asked}</bdi>" asked, "<bdi>{known}</bdi>" known"</dd></div> }
            })
            .collect();
        all.push(notice(words, view! { <dl class="facts">{rows}</dl> }).into_any());
    }
    let open: Vec<&Other> = review.around.others.iter().filter(|o| !is_parted(o)).collect();
    if !open.is_empty() {
        let lines: Vec<_> = open
            .into_iter()
            .map(|other| {
                let linked = other.said.is_some().then_some(" Linked as the same person.");
                view! { <p>{also(other)}{linked}</p> }
            })
            .collect();
        all.push(view! { <div class="notice" data-tone="attention" role="status"><div>{lines}<div class="actions"><a class="btn" href="#also">"Say whether this is the same person"</a></div></div></div> }.into_any());
    }
    all
}

fn is_parted(other: &Other) -> bool {
    other.said.as_ref().is_some_and(|said| said.relation == Relation::Other)
}

fn notice(words: impl IntoView + 'static, below: impl IntoView + 'static) -> impl IntoView {
    view! { <div class="notice" data-tone="attention" role="status"><div><p>{words}</p>{below}</div></div> }
}

/// Everybody who seems to be the same, with the forms that say whether they are; `back` is the page that this stands on.
pub(in super::super) fn around(reference: &str, around: &Around, may: bool, back: &str, refused: Option<&Refused>) -> Option<AnyView> {
    if around.others.is_empty() {
        return None;
    }
    let items: Vec<_> = around.others.iter().map(|other| other_item(reference, other, may, back, refused)).collect();
    let more = more_words(around.more);
    Some(
        view! { <section class="panel" id="also"><header><h2>"Also known as"</h2></header><ul class="plain">{items}</ul>{more}</section> }
            .into_any(),
    )
}

fn other_item(reference: &str, other: &Other, may: bool, back: &str, refused: Option<&Refused>) -> impl IntoView + use<> {
    let said = other.said.as_ref().map(|said| {
        let note = (!said.note.is_empty()).then(|| view! { ": “"<bdi>{said.note.clone()}</bdi>"”" });
        view! { <p class="meta">{format!("Recorded as {} by ", said.relation.label())}<bdi>{said.by.clone()}</bdi>", "{parts::stamp(said.at_ms)}{note}</p> }
    });
    let typed = refused.filter(|r| r.values.contains_key("link_note") && r.value("other") == other.reference);
    let error = typed.and_then(|r| r.errors.values().next().cloned());
    let form = may.then(|| {
        let button = |relation: Relation, words: &'static str| {
            let is_said = other.said.as_ref().is_some_and(|said| said.relation == relation);
            view! { <button class="btn" name="relation" value=relation.code() disabled=is_said>{words}</button> }
        };
        view! {
            <form class="form" method="post" action="/api/customers/relate" data-enhance>
                <input type="hidden" name="reference" value=reference.to_owned()/>
                <input type="hidden" name="other" value=other.reference.clone()/>
                <input type="hidden" name="back" value=back.to_owned()/>
                <div class="field">
                    <input name="link_note" maxlength=NOTE_MAX.to_string() autocomplete="off" dir="auto" value=typed.map_or("", |r| r.value("link_note")).to_owned() aria-label=format!("Note on {}", other.reference) placeholder="Note, for example how you know"/>
                    {error.map(|words| view! { <p class="error" role="alert">{words}</p> })}
                </div>
                <div class="actions">{button(Relation::Same, "The same person: link")}{button(Relation::Other, "Not the same person")}</div>
            </form>
        }
    });
    view! { <li>{also(other)}{said}{form}</li> }
}

/// Checks of those whom people linked.
pub(in super::super) fn linked_checks(around: &Around) -> Option<AnyView> {
    let links: Vec<_> = around
        .checks
        .iter()
        .filter_map(|check| Some((check, Kind::parse(&check.kind)?, State::parse(&check.state)?)))
        .map(|(check, kind, state)| {
            let (href, about) = (format!("/checks/{}", check.id), check.about.clone());
            view! { <li>{parts::kind(kind)}" "<a href=href>{kind.label()}</a>" "{parts::state(state)}" "<span class="meta"><bdi>{about}</bdi>", "</span>{customer_link(&check.reference)}</li> }
        })
        .collect();
    (!links.is_empty()).then(|| {
        view! { <section class="panel"><header><h2>"Checks of the same person under other references"</h2></header><ul class="linked">{links}</ul></section> }.into_any()
    })
}

/// The references that a page names beside its own, for the journal.
pub(in super::super) fn named(around: &Around) -> Vec<&str> {
    let all: std::collections::BTreeSet<&str> =
        around.others.iter().map(|o| o.reference.as_str()).chain(around.checks.iter().map(|c| c.reference.as_str())).collect();
    all.into_iter().collect()
}

/// Whom lines of a table seem to be about besides, in words.
pub(in super::super) fn lines_elsewhere<'a>(lines: impl Iterator<Item = (&'a usize, &'a Elsewhere)>) -> Option<AnyView> {
    let items: Vec<_> = lines
        .map(|(line, elsewhere)| {
            let others: Vec<_> = elsewhere.others.iter().map(|other| view! { <li>{also(other)}</li> }).collect();
            view! { <li>{format!("Line {line}:")}<ul class="plain">{others}</ul>{more_words(elsewhere.more)}</li> }
        })
        .collect();
    (!items.is_empty()).then(|| {
        view! {
            <div class="notice" data-tone="attention" role="status"><div>
                <p><strong>"Some of these customers seem to have another reference, too."</strong>" Look at them before you launch."</p>
                <ul class="plain">{items}</ul>
            </div></div>
        }
        .into_any()
    })
}

/// Records what a person says of two customers.
#[server(endpoint = "customers/relate")]
pub async fn relate(
    #[server(default)] reference: String,
    #[server(default)] other: String,
    #[server(default)] relation: String,
    #[server(default)] link_note: String,
    #[server(default)] back: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::ReviewChecks)?.clone();
    let relation = Relation::parse(&relation).ok_or(AppError::Unreadable)?;
    let is_page = |path: &String| path.starts_with("/checks/") || path.starts_with("/customers/");
    let page = returned(&back).filter(is_page).unwrap_or_else(|| format!("/customers/{}", encode(&reference)));
    let result = customers::relate(&ctx.work, &caller, &ctx.actor(), (&reference, &other), relation, &link_note).await;
    let done = if relation == Relation::Same { "linked" } else { "parted" };
    let result = result.map(|()| format!("{page}?done={done}#also")).map_err(AppError::from);
    answer(&ctx, result, &format!("{page}#also"), || Refused::of([("other", &other), ("link_note", &link_note)])).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Moment;

    fn other(risk: Option<i64>, decided: Option<(&str, Moment)>, open_checks: i64) -> Other {
        Other {
            id: "1".into(),
            reference: "C-000104".into(),
            name: "Anna <Berg>".into(),
            birth_date: Some("1980-01-02".into()),
            why: vec![domain::who::Trait::Person],
            risk,
            open_checks,
            decided: decided.map(|(state, at)| (state.to_owned(), at)),
            said: None,
        }
    }

    #[test]
    fn whoever_is_known_elsewhere_stands_there_with_band_and_last_decision() {
        assert_eq!(standing(&other(Some(100), Some(("rejected", 1_772_323_200_000)), 0)), "very high, rejected on 2026-03-01");
        assert_eq!(standing(&other(None, None, 2)), "no score, never decided, 2 checks open");
    }

    #[test]
    fn another_line_of_a_table_is_no_customer_who_could_be_opened() {
        let line = Other { id: String::new(), ..other(None, None, 0) };
        let elsewhere = Elsewhere { token: String::new(), others: vec![line], more: 1 };
        let html = lines_elsewhere([(&3, &elsewhere)].into_iter()).map(|view| view.to_html()).unwrap_or_default();
        assert!(html.contains("Line 3") && html.contains("Also in this table as") && html.contains("1 more is not shown"), "{html}");
        assert!(!html.contains("/customers/") && html.contains("same name and birth date"), "{html}");
    }

    /// What is asked, and what is ticked, about another name under a reference.
    fn asked_about(customer_id: &str, is_kept: bool) -> (String, String) {
        let known = domain::who::Whom { name: "Anna Berg".into(), birth_date: None, country: None };
        let differences = vec![Difference { data: Data::Name, known: known.name.clone(), given: "Viktor".into() }];
        let change = Change { customer_id: customer_id.into(), reference: "C-1".into(), token: "t1".into(), known, differences, is_kept };
        let form = Refused::default().because(CHANGE, serde_json::to_string(&change).expect("JSON"));
        let asks = Asks::of(&form);
        (asks.questions().into_view().to_html(), asks.answers().into_view().to_html())
    }

    #[test]
    fn another_name_than_that_of_whom_nobody_knows_yet_is_asked_about_without_a_link() {
        let (asked, ticked) = asked_about("", false);
        assert!(asked.contains("another name") && asked.contains("Viktor") && !asked.contains("changed"), "{asked}");
        assert!(!asked.contains("/customers/"), "nobody is there: {asked}");
        assert!(ticked.contains(r#"value="t1""#) && ticked.contains("asks about another name"), "{ticked}");
    }

    #[test]
    fn a_customers_data_are_said_to_change_only_where_they_do() {
        let (asked, ticked) = asked_about("1", false);
        assert!(asked.contains("What is known of the customer stays") && !asked.contains("changed"), "{asked}");
        assert!(asked.contains("/customers/C-1") && ticked.contains("asks about another name"), "{asked} {ticked}");
        let (asked, ticked) = asked_about("1", true);
        assert!(asked.contains("the customer's data changed") || asked.contains("the customer&#x27;s data changed"), "{asked}");
        assert!(!asked.contains("stays") && ticked.contains("The data of C-1 changed: name"), "{asked} {ticked}");
    }

    #[test]
    fn a_form_asks_once_and_keeps_what_was_answered() {
        let elsewhere = Elsewhere { token: "t1".into(), others: vec![other(None, None, 0)], more: 3 };
        let form = Refused::default().because(ELSEWHERE, serde_json::to_string(&elsewhere).expect("JSON"));
        let asks = Asks::of(&form);
        assert!(asks.is_any() && without_questions(&form).is_clean());
        let html = asks.questions().into_view().to_html();
        assert!(html.contains("Also known as") && html.contains("Anna &lt;Berg&gt;") && html.contains("3 more"), "{html}");
        assert!(asks.answers().into_view().to_html().contains(r#"name="shown" value="t1""#));
        let mut typed = Refused::default();
        answered(&mut typed, "1", "c1", "t1");
        let html = Asks::of(&typed).answers().into_view().to_html();
        for kept in [r#"name="anyway" value="1""#, r#"name="changed" value="c1""#, r#"name="shown" value="t1""#] {
            assert!(html.contains(kept), "{html}");
        }
    }
}
