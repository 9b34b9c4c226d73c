//! What a launch form asks before anything is launched, and what was answered.

use super::{
    super::{AppError, Ctx},
    told::{also, compared, customer_link, more_words},
};
use casework::{
    checks,
    customers::{CHANGE, Change, ELSEWHERE, Elsewhere, in_words},
};
use domain::{
    fields::Refused,
    journal::{Action, Subject},
};
use leptos::prelude::*;
use serde_json::json;

/// What a launch form asks before anything is launched, with what was answered so far.
pub struct Asks {
    open: Option<String>,
    change: Option<Change>,
    elsewhere: Option<Elsewhere>,
    anyway: bool,
    changed: String,
    shown: String,
}

impl Asks {
    pub fn of(form: &Refused) -> Self {
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
    pub const fn is_any(&self) -> bool {
        self.open.is_some() || self.change.is_some() || self.elsewhere.is_some()
    }

    /// The questions, above the form.
    pub fn questions(&self) -> impl IntoView + use<> {
        let open = self.open.clone().map(open_check);
        let change = self.change.as_ref().map(change_question);
        let elsewhere = self.elsewhere.as_ref().map(elsewhere_question);
        view! { {open}{change}{elsewhere} }
    }

    /// The answers, beside the button.
    pub fn answers(&self) -> impl IntoView + use<> {
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
pub fn without_questions(form: &Refused) -> Refused {
    let mut form = form.clone();
    for question in [checks::OPEN_CHECK, CHANGE, ELSEWHERE] {
        form.errors.remove(question);
    }
    form
}

/// Adds to what was typed what was answered.
pub fn answered(typed: &mut Refused, anyway: &str, changed: &str, shown: &str) {
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
pub async fn viewed(ctx: &Ctx, form: &Refused) -> Result<(), AppError> {
    let asks = Asks::of(form);
    let known = asks.change.map(|change| change.customer_id).filter(|id| !id.is_empty());
    let others =
        asks.elsewhere.map(|e| e.others).unwrap_or_default().into_iter().map(|other| other.id);
    for id in known.into_iter().chain(others) {
        let details = json!({ "page": "launch" });
        checks::viewed(
            &ctx.work,
            &ctx.actor(),
            Action::CustomerViewed,
            Subject::Customer,
            &id,
            details,
        )
        .await?;
    }
    Ok(())
}

fn open_check(id: String) -> impl IntoView {
    view! {
        <div class="notice" data-tone="attention" role="alert" tabindex="-1" data-focus>
            <div><p><strong>"This customer already has an open check of this kind."</strong>" Nothing was launched. " <a href=format!("/checks/{id}")>"Open it"</a>", or launch another one below."</p></div>
        </div>
    }
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
    let data: Vec<String> =
        change.differences.iter().map(|d| d.data.label().to_lowercase()).collect();
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
    let others: Vec<_> =
        elsewhere.others.iter().map(|other| view! { <li>{also(other)}</li> }).collect();
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

/// Whom lines of a table seem to be about besides, in words.
pub fn lines_elsewhere<'a>(
    lines: impl Iterator<Item = (&'a usize, &'a Elsewhere)>,
) -> Option<AnyView> {
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

#[cfg(test)]
mod tests {
    use super::{super::told::standing, *};
    use casework::customers::Other;
    use domain::{
        Moment,
        who::{Data, Difference},
    };

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
        assert_eq!(
            standing(&other(Some(100), Some(("rejected", 1_772_323_200_000)), 0)),
            "very high, rejected on 2026-03-01"
        );
        assert_eq!(standing(&other(None, None, 2)), "no score, never decided, 2 checks open");
    }

    #[test]
    fn another_line_of_a_table_is_no_customer_who_could_be_opened() {
        let line = Other { id: String::new(), ..other(None, None, 0) };
        let elsewhere = Elsewhere { token: String::new(), others: vec![line], more: 1 };
        let html = lines_elsewhere([(&3, &elsewhere)].into_iter())
            .map(|view| view.to_html())
            .unwrap_or_default();
        assert!(
            html.contains("Line 3")
                && html.contains("Also in this table as")
                && html.contains("1 more is not shown"),
            "{html}"
        );
        assert!(
            !html.contains("/customers/") && html.contains("same name and birth date"),
            "{html}"
        );
    }

    /// What is asked, and what is ticked, about another name under a reference.
    fn asked_about(customer_id: &str, is_kept: bool) -> (String, String) {
        let known = domain::who::Whom { name: "Anna Berg".into(), birth_date: None, country: None };
        let differences = vec![Difference {
            data: Data::Name,
            known: known.name.clone(),
            given: "Viktor".into(),
        }];
        let change = Change {
            customer_id: customer_id.into(),
            reference: "C-1".into(),
            token: "t1".into(),
            known,
            differences,
            is_kept,
        };
        let form =
            Refused::default().because(CHANGE, serde_json::to_string(&change).expect("JSON"));
        let asks = Asks::of(&form);
        (asks.questions().into_view().to_html(), asks.answers().into_view().to_html())
    }

    #[test]
    fn another_name_than_that_of_whom_nobody_knows_yet_is_asked_about_without_a_link() {
        let (asked, ticked) = asked_about("", false);
        assert!(
            asked.contains("another name")
                && asked.contains("Viktor")
                && !asked.contains("changed"),
            "{asked}"
        );
        assert!(!asked.contains("/customers/"), "nobody is there: {asked}");
        assert!(
            ticked.contains(r#"value="t1""#) && ticked.contains("asks about another name"),
            "{ticked}"
        );
    }

    #[test]
    fn a_customers_data_are_said_to_change_only_where_they_do() {
        let (asked, ticked) = asked_about("1", false);
        assert!(
            asked.contains("What is known of the customer stays") && !asked.contains("changed"),
            "{asked}"
        );
        assert!(
            asked.contains("/customers/C-1") && ticked.contains("asks about another name"),
            "{asked} {ticked}"
        );
        let (asked, ticked) = asked_about("1", true);
        assert!(
            asked.contains("the customer's data changed")
                || asked.contains("the customer&#x27;s data changed"),
            "{asked}"
        );
        assert!(
            !asked.contains("stays") && ticked.contains("The data of C-1 changed: name"),
            "{asked} {ticked}"
        );
    }

    #[test]
    fn a_form_asks_once_and_keeps_what_was_answered() {
        let elsewhere =
            Elsewhere { token: "t1".into(), others: vec![other(None, None, 0)], more: 3 };
        let form =
            Refused::default().because(ELSEWHERE, serde_json::to_string(&elsewhere).expect("JSON"));
        let asks = Asks::of(&form);
        assert!(asks.is_any() && without_questions(&form).is_clean());
        let html = asks.questions().into_view().to_html();
        assert!(
            html.contains("Also known as")
                && html.contains("Anna &lt;Berg&gt;")
                && html.contains("3 more"),
            "{html}"
        );
        assert!(asks.answers().into_view().to_html().contains(r#"name="shown" value="t1""#));
        let mut typed = Refused::default();
        answered(&mut typed, "1", "c1", "t1");
        let html = Asks::of(&typed).answers().into_view().to_html();
        for kept in [
            r#"name="anyway" value="1""#,
            r#"name="changed" value="c1""#,
            r#"name="shown" value="t1""#,
        ] {
            assert!(html.contains(kept), "{html}");
        }
    }
}
