//! The page of a customer's person at Solaris: their data and standing, their identifications, and
//! changing them.

use super::{
    standing::{person_facts, standing},
    words::{countries, country_words, options, person_address},
};
use crate::pages::{
    AppError, Asked, Ctx, Page, Shown, flash,
    forms::encode,
    parts,
    rows::{kinds, plain_table},
};
use casework::{
    checks::{self, queue},
    customers::Customer,
    video::{self as work, Known, Listed},
};
use domain::{
    fields::Refused,
    journal::{Action, Subject},
    people::{Permission, Role},
    video::{Change, EMPLOYMENT_RULE, Field, PATCHABLE, Salutation, Shape, TITLES, land, title},
};
use leptos::prelude::*;
use serde_json::json;

/// # Errors
/// Unknown, or the database.
pub async fn person(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let (reference, id) = (asked.param("reference").to_owned(), asked.param("person").to_owned());
    let customer = casework::customers::get(&ctx.work, &reference).await?;
    let known = work::person(&ctx.work, &reference, &id).await?;
    let rows = queue::of_customer(&ctx.work, &customer.id).await?;
    let kinds = kinds(&rows)?;
    let refused = asked.refused(&ctx).await?;
    let details = json!({ "page": "person", "person": id });
    checks::viewed(
        &ctx.work,
        &ctx.actor(),
        Action::CustomerViewed,
        Subject::Customer,
        &customer.id,
        details,
    )
    .await?;
    let (now, may) = (ctx.now(), ctx.may(Permission::LaunchChecks));
    let is_refused = refused.as_ref().is_some_and(|r| !r.is_clean());
    let is_sending = known.change_state.as_deref() == Some("sending");
    let view = move || {
        let record = known.record.as_ref();
        view! {
            {head(&customer, &known)}
            <div data-live="running">{is_sending.then(|| sending(&customer, &known))}</div>
            <div data-live="change-state">{change_state(&known)}</div>
            {match record {
                Some(record) => view! { <section class="panel"><header><h2>"How Solaris sees the person"</h2></header>{standing(record, now)}</section> }.into_any(),
                None => parts::notice("attention", "Nothing is known of this person here: Solaris has not answered yet, or the customer was erased.").into_any(),
            }}
            {identifications(&known.identifications)}
            {record.map(|r| view! { <section class="panel"><header><h2>"Data"</h2></header><dl class="facts">{person_facts(r)}</dl></section> })}
            {(known.erased_at_ms.is_none() && !is_sending && record.is_some()).then(|| change(&customer, &known, refused.as_ref(), may))}
            <section class="panel"><header><h2>"Checks of this customer"</h2></header>{plain_table(&rows, &kinds, now, "Checks of this customer")}</section>
        }
        .into_any()
    };
    let page = Shown::new(format!("Person at Solaris, {reference}"), view).refused(is_refused);
    Ok(flash::with_flash(page.refresh(0, is_sending.then_some(2)), &asked).into())
}

fn head(customer: &Customer, known: &Known) -> impl IntoView + use<> {
    let name = |path: &str| {
        known.record.as_ref().and_then(|r| r.field(path)).unwrap_or_default().to_owned()
    };
    let whole = format!("{} {}", name("first_name"), name("last_name"));
    let heading = if whole.trim().is_empty() { customer.name.clone() } else { whole };
    let read = known
        .read_at_ms
        .map(|at| view! { <div><dt>"Last read"</dt><dd>{parts::stamp(at)}</dd></div> });
    let erased = known
        .erased_at_ms
        .map(|at| view! { <div><dt>"Erased at Solaris"</dt><dd>{parts::stamp(at)}</dd></div> });
    view! {
        <header class="page-head"><div>
            <p class="meta"><a href=format!("/customers/{}", encode(&customer.reference))>"‹ "<bdi>{customer.name.clone()}</bdi>" "{customer.reference.clone()}</a></p>
            <h1><bdi>{heading}</bdi></h1>
            <p class="meta">{format!("Person at Solaris, {}", known.connection)}</p>
        </div></header>
        <dl class="facts">
            {known.provider_ref.clone().map(|r| view! { <div><dt>"Number at Solaris"</dt><dd>{parts::copyable(r)}</dd></div> })}
            <div><dt>"Made"</dt><dd>{parts::stamp(known.made_at_ms)}</dd></div>
            {read}{erased}
        </dl>
    }
}

fn sending(customer: &Customer, known: &Known) -> impl IntoView + use<> {
    let again = person_address(&customer.reference, &known.id);
    view! {
        <section class="running" aria-labelledby="r">
            <header class="section-head"><h2 id="r">"The change is sent to Solaris"</h2><span class="live" data-live-sign>"follows by itself"</span></header>
            <p class="hush">"This page follows by itself."</p>
            <p class="without-script"><a href=again>"Look again"</a></p>
        </section>
    }
}

/// What came of the last change.
fn change_state(known: &Known) -> Option<AnyView> {
    let (tone, words) = match known.change_state.as_deref()? {
        "done" => ("good", "Solaris made the last change."),
        "refused" => (
            "danger",
            "Solaris refused the last change; why stands at the fields of the form below. Nothing was changed.",
        ),
        "authorise" => (
            "attention",
            "Solaris does not make the last change before the customer has authorised it. Nothing was changed so far; ask the customer, or Solaris's support.",
        ),
        _ => return None,
    };
    Some(parts::notice(tone, words).into_any())
}

fn identifications(all: &[Listed]) -> impl IntoView + use<> {
    let rows: Vec<_> = all
        .iter()
        .map(|one| {
            let check = match &one.check_id {
                Some(id) => view! { <a href=format!("/checks/{id}")>"Open the check"</a> }.into_any(),
                None => view! { <span class="hush">"not launched here"</span> }.into_any(),
            };
            let code = one.state.code().to_owned();
            view! {
                <tr>
                    <th scope="row"><code class="id">{one.provider_ref.clone()}</code></th>
                    <td data-label="State">{one.state.words()}" "<span class="says">{code}</span></td>
                    <td data-label="At">{one.at_ms.map(parts::stamp)}</td>
                    <td data-label="Check">{check}</td>
                </tr>
            }
        })
        .collect();
    let count = rows.len();
    let body = if count == 0 {
        view! { <p class="hush">"Solaris knows of none."</p> }.into_any()
    } else {
        view! {
            <div class="scroll" role="region" tabindex="0" aria-label="Identifications"><table class="rows stack">
                <thead><tr><th scope="col">"Identification"</th><th scope="col">"State"</th><th scope="col">"At"</th><th scope="col">"Check"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        }
        .into_any()
    };
    view! { <section class="panel"><header><h2>"Identifications " <span class="n">{count}</span></h2></header>{body}</section> }
}

/// A customer's persons, for the customer's own page.
pub fn listed(reference: &str, persons: &[Known]) -> Option<AnyView> {
    let items: Vec<_> = persons
        .iter()
        .map(|known| {
            let erased = known.erased_at_ms.map(|_| view! { " "<span class="tag">"erased there"</span> });
            let count = match known.identifications.len() {
                1 => "1 identification".to_owned(),
                n => format!("{n} identifications"),
            };
            view! { <li><a href=person_address(reference, &known.id)>{format!("Person at {}", known.connection)}</a><span class="meta">{count}</span>{parts::stamp(known.made_at_ms)}{erased}</li> }
        })
        .collect();
    (!items.is_empty()).then(|| {
        view! { <section class="panel"><header><h2>"At Solaris"</h2></header><ul class="linked">{items}</ul></section> }.into_any()
    })
}

/// Fields that are changed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Person,
    Residence,
    Contact,
    Work,
    Business,
    Tax,
    Declarations,
}

impl Group {
    const ALL: [Self; 7] = [
        Self::Person,
        Self::Residence,
        Self::Contact,
        Self::Work,
        Self::Business,
        Self::Tax,
        Self::Declarations,
    ];

    const fn label(self) -> &'static str {
        match self {
            Self::Person => "Title and birth",
            Self::Residence => "Residence",
            Self::Contact => "Contact",
            Self::Work => "Work and income",
            Self::Business => "Business",
            Self::Tax => "Tax",
            Self::Declarations => "Declarations and dates",
        }
    }

    fn of(name: &str) -> Self {
        match name {
            "salutation" | "title" | "birth_province" | "birth_post_code" => Self::Person,
            "email" => Self::Contact,
            "fatca_relevant" | "fatca_crs_confirmed_at" => Self::Tax,
            "employment_status"
            | "job_title"
            | "nace_code"
            | "industry"
            | "industry_key"
            | "annual_income_range"
            | "main_income_source"
            | "socioprofessional_category"
            | "work_country"
            | "work_province" => Self::Work,
            "vat_number"
            | "website_social_media"
            | "registration_number"
            | "branch"
            | "expected_monthly_revenue_cents" => Self::Business,
            _ if name.starts_with("address.") => Self::Residence,
            _ if name.starts_with("contact_address.") => Self::Contact,
            _ if name.starts_with("tax_information.") => Self::Tax,
            _ if name.starts_with("business_") => Self::Business,
            _ => Self::Declarations,
        }
    }
}

/// What the form begins with: what Solaris has, over it what was typed in a change that it refused,
/// with its complaints.
fn begun(known: &Known, refused: Option<&Refused>) -> Refused {
    let mut form = Refused::default();
    for field in PATCHABLE {
        let has = known.record.as_ref().and_then(|r| r.field(field.name));
        form.values.insert(field.name.into(), has.unwrap_or_default().into());
    }
    if let Some(refused) = refused {
        form.values.extend(refused.values.clone());
        form.errors.clone_from(&refused.errors);
    } else if matches!(known.change_state.as_deref(), Some("refused" | "authorise")) {
        form.values.extend(known.change_typed.clone());
        land(&mut form, &known.complaints, |path| {
            PATCHABLE.iter().find(|f| f.name == path).map(|f| f.name)
        });
    }
    form
}

fn change(customer: &Customer, known: &Known, refused: Option<&Refused>, may: bool) -> AnyView {
    if !may {
        let words = format!(
            "Changing the person takes a person who is {}.",
            Role::holders(Permission::LaunchChecks)
        );
        return view! { <section class="panel"><header><h2>"Change"</h2></header><p class="hush">{words}</p></section> }.into_any();
    }
    let form = begun(known, refused);
    let has = |name: &str| {
        known.record.as_ref().and_then(|r| r.field(name)).is_some_and(|value| !value.is_empty())
    };
    let labels: Vec<(&str, &'static str)> = PATCHABLE.iter().map(|f| (f.name, f.label)).collect();
    let groups: Vec<_> = Group::ALL
        .iter()
        .map(|group| {
            let fields: Vec<&Field> = PATCHABLE.iter().filter(|f| Group::of(f.name) == *group).collect();
            let differs = |f: &&Field| form.error(f.name).is_some() || form.value(f.name) != known.record.as_ref().and_then(|r| r.field(f.name)).unwrap_or_default();
            let open = fields.iter().any(differs);
            let filled = fields.iter().filter(|f| has(f.name)).count();
            let shown: Vec<_> = fields.into_iter().map(|f| field(f, has(f.name), &form)).collect();
            let rule = (*group == Group::Work).then(|| employment_rule(form.value("clear_industry") == "1"));
            view! {
                <details class="fold" open=open>
                    <summary><h2>{group.label()}</h2>{(filled > 0).then(|| view! { <span class="meta">{format!("{filled} known")}</span> })}</summary>
                    {rule}
                    <div class="fields" role="group" aria-label=group.label()>{shown}</div>
                </details>
            }
        })
        .collect();
    view! {
        <section class="panel"><header><h2>"Change"</h2></header>
            <form class="form" method="post" action="/api/video/change" novalidate>
                <input type="hidden" name="reference" value=customer.reference.clone()/>
                <input type="hidden" name="person_id" value=known.id.clone()/>
                {parts::refusals(&form, &labels)}
                <p class="prose">"Only what you change is sent. Names, birth date and nationality are not here: Solaris's customer support changes them. Nothing can be emptied."</p>
                <div class="groups">{groups}</div>
                <p class="will">"Changes of fields marked “customer authorises” come into force only after the customer has authorised them at Solaris."</p>
                <div class="actions"><button class="btn primary">"Send the change to Solaris"</button></div>
            </form>
        </section>
    }
    .into_any()
}

fn employment_rule(clears: bool) -> impl IntoView {
    view! {
        <p class="prose hint">{EMPLOYMENT_RULE}</p>
        <p><label class="tick"><input type="checkbox" name="clear_industry" value="1" checked=clears/>" Clear industry and its key along with the employment"</label></p>
    }
}

/// One field. `has`: Solaris has a value, so that some changes wait for the customer.
fn field(field: &'static Field, has: bool, form: &Refused) -> AnyView {
    let name = field.name;
    let waits = has && field.change == Change::Request;
    let hint = match field.shape {
        Shape::Word => Some("Solaris's word in capitals"),
        Shape::Words => Some("Solaris's words in capitals, with commas between"),
        Shape::Cents => Some("A whole number of cents"),
        Shape::TodayOrTomorrow => Some("Today or tomorrow: 2026-01-31"),
        Shape::Moment => Some("In UTC: 2026-01-01T09:30:00Z"),
        Shape::Text
        | Shape::Salutation
        | Shape::Title
        | Shape::Flag
        | Shape::Country
        | Shape::Email => None,
    };
    let hint = match (waits, hint) {
        (true, Some(hint)) => Some(format!("Customer authorises. {hint}")),
        (true, None) => Some("Customer authorises".to_owned()),
        (false, hint) => hint.map(str::to_owned),
    };
    let described = parts::described(name, hint.is_some());
    let error = form.error(name).map(str::to_owned);
    let clean = error.is_none();
    view! {
        <div class="field">
            <label for=name>{field.label}</label>
            {hint.map(|h| view! { <p class="hint" id=format!("{name}-hint")>{h}</p> })}
            {control(field, form.value(name), !clean, described)}
            <p class="error" id=format!("{name}-error") hidden=clean>{error}</p>
        </div>
    }
    .into_any()
}

fn control(field: &'static Field, value: &str, wrong: bool, described: String) -> AnyView {
    let sent = format!("values[{}]", field.name);
    let invalid = wrong.then_some("true");
    let list = match field.shape {
        Shape::Salutation => {
            // Neither is no value that a change could send.
            Some(options(
                Some("not given"),
                Salutation::ALL
                    .iter()
                    .filter(|s| **s != Salutation::None)
                    .map(|s| (s.code(), s.label())),
            ))
        }
        Shape::Title => Some(options(Some("none"), TITLES.iter().copied())),
        Shape::Flag => {
            Some(options(Some("not given"), [("true", "yes"), ("false", "no")].into_iter()))
        }
        Shape::Country => Some(countries("not given")),
        _ => None,
    };
    let Some(mut list) = list else {
        let kind = if field.shape == Shape::Email { "email" } else { "text" };
        return view! { <input id=field.name name=sent type=kind value=value.to_owned() maxlength="255" autocomplete="off" spellcheck="false" dir="auto" aria-invalid=invalid aria-describedby=described/> }.into_any();
    };
    // A value that this version does not know stays chosen, so that it is not changed by sending
    // the form.
    if !list.iter().any(|(code, _)| code == value) {
        let words = if field.shape == Shape::Title {
            title(value).to_owned()
        } else {
            country_words(value)
        };
        list.push((value.to_owned(), words));
    }
    let options: Vec<_> =
        list.into_iter().map(|(code, words)| parts::option(code, words, value)).collect();
    view! { <select id=field.name name=sent aria-invalid=invalid aria-describedby=described>{options}</select> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::video::Complaint;
    use std::collections::BTreeMap;

    fn known(state: &str) -> Known {
        Known {
            id: "p1".into(),
            connection_id: "k1".into(),
            connection: "Solaris sandbox".into(),
            provider_ref: None,
            record: None,
            aml_follow_up_date: None,
            aml_confirmed_on: None,
            made_at_ms: 0,
            read_at_ms: None,
            erased_at_ms: None,
            change_state: Some(state.into()),
            change_typed: BTreeMap::from([("nace_code".to_owned(), "X".to_owned())]),
            complaints: vec![Complaint {
                code: "invalid_model".into(),
                detail: "is unknown".into(),
                field: Some("nace_code".into()),
            }],
            identifications: vec![],
        }
    }

    #[test]
    fn what_solaris_refused_comes_back_with_its_reason() {
        let form = begun(&known("refused"), None);
        assert_eq!(
            (form.value("nace_code"), form.error("nace_code")),
            ("X", Some("Solaris refuses this: is unknown"))
        );
        let form = begun(&known("done"), None);
        assert_eq!(
            (form.value("nace_code"), form.is_clean()),
            ("", true),
            "what was done is not typed again"
        );
        let here = Refused::of([("nace_code", "Y")]).because("nace_code", "no");
        let form = begun(&known("refused"), Some(&here));
        assert_eq!(
            (form.value("nace_code"), form.error("nace_code")),
            ("Y", Some("no")),
            "what was typed last counts"
        );
    }

    #[test]
    fn every_field_has_its_group_and_its_sent_name() {
        for field in PATCHABLE {
            let html = super::field(field, true, &Refused::default()).to_html();
            assert!(html.contains(&format!("name=\"values[{}]\"", field.name)), "{html}");
            assert_eq!(
                html.contains("Customer authorises"),
                field.change == Change::Request,
                "{html}"
            );
        }
        assert_eq!(Group::of("contact_address.city"), Group::Contact);
        assert_eq!(Group::of("business_city"), Group::Business);
        assert_eq!(Group::of("aml_confirmed_on"), Group::Declarations);
    }

    #[test]
    fn a_value_that_nobody_knows_stays_chosen() {
        let field = PATCHABLE.iter().find(|f| f.name == "title").expect("a field");
        let html = control(field, "BRAND_NEW", false, String::new()).to_html();
        assert!(html.contains(r#"<option value="BRAND_NEW" selected"#), "{html}");
    }
}
