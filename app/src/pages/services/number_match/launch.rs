//! The fields of the launch form of a number match: the number, and what the operator is to
//! compare.

use super::super::at_once::{Begun, launch::customer_part};
use crate::pages::{
    AppError, Ctx,
    launching::{Launchable, fields::connection_field},
    parts::{self, Field},
};
use casework::{checks, services};
use domain::{
    countries::COUNTRIES,
    fields::Refused,
    journal::{Action, Subject},
    number_match::{Attribute, Group, PHONE_HINT, Shape, Version},
};
use leptos::prelude::*;
use serde_json::json;

/// Where the form stands.
pub const ADDRESS: &str = "/checks/new/number";

/// Where the table of many stands.
pub const MANY: &str = "/checks/new/number/many";

/// Where the values come from that the form begins with.
struct From {
    /// The accepted ID verification, if one gave any.
    check: Option<(String, Vec<&'static str>)>,
    /// What the customer's own record gave.
    record: Vec<&'static str>,
}

/// Fills in what is known of a customer; only what the first connection's operator understands.
pub async fn fill(ctx: &Ctx, begun: &mut Begun) -> Result<(), AppError> {
    let Some(customer) = begun.customer.clone() else { return Ok(()) };
    let version = begun.connections.first().map_or(Version::V02, |(_, o)| spoken(o));
    let recognised = services::known_of(&ctx.work, &customer.reference).await?;
    let mut from = From { check: None, record: vec![] };
    if let Some(recognised) = recognised {
        let (actor, details) = (ctx.actor(), json!({ "page": "launch" }));
        checks::viewed(
            &ctx.work,
            &actor,
            Action::CheckViewed,
            Subject::Check,
            &recognised.check_id,
            details,
        )
        .await?;
        let mut taken = Vec::new();
        for (attribute, text) in recognised.values.into_iter().filter(|(a, _)| a.is_in(version)) {
            taken.push(attribute.label());
            begun.form.values.insert(attribute.field(), text);
        }
        from.check = Some((recognised.check_id, taken)).filter(|(_, taken)| !taken.is_empty());
    }
    let own = [
        (Attribute::Name, Some(customer.name.clone())),
        (Attribute::Birthdate, customer.birth_date.clone()),
    ];
    for (attribute, text) in own {
        if let Some(text) = text.filter(|_| begun.form.value(&attribute.field()).is_empty()) {
            from.record.push(attribute.label());
            begun.form.values.insert(attribute.field(), text);
        }
    }
    begun.origin = Some(origin(from).into_any());
    Ok(())
}

/// The version that a connection's operator speaks.
fn spoken(options: &casework::connections::Options) -> Version {
    options.operator.as_ref().map_or(Version::V02, |o| o.version)
}

/// The number, and what the operator is to compare.
pub fn fields(begun: &mut Begun) -> AnyView {
    let origin = begun.origin.take();
    let form = &begun.form;
    let newer: Vec<(String, String)> = begun
        .connections
        .iter()
        .filter(|(_, o)| spoken(o) >= Version::V04)
        .map(|(c, _)| (c.id.clone(), c.name.clone()))
        .collect();
    let nothing = Attribute::ALL.iter().all(|a| form.value(&a.field()).trim().is_empty());
    let groups: Vec<_> =
        Group::ALL.iter().map(|g| group(*g, form, &newer, nothing && *g == Group::Name)).collect();
    view! {
        <p class="meta">"Several customers at once? "<a href=MANY>"Launch them from a table"</a>"."</p>
        {customer_part(form, "Your own name for the customer. It is not sent; the name to compare stands below.")}
        <fieldset>
            <legend>"Number"</legend>
            <div class="fields">
                {Field::text("phone", "Phone number").required().hint(PHONE_HINT).kind("tel").width("medium").show(form)}
                {connection(&begun.connections, form)}
            </div>
        </fieldset>
        <fieldset>
            <legend>"What to compare"</legend>
            <p class="hint">"At least one thing besides the number; what stays empty is not asked. The operator answers for each whether it matches, differs or is not available, and never gives its own value."</p>
            {origin}
            <div class="groups">{groups}</div>
        </fieldset>
    }
    .into_any()
}

/// The connections, with the version that each operator speaks.
fn connection(connections: &Launchable, form: &Refused) -> impl IntoView + use<> {
    let mixed = connections.iter().any(|(_, o)| spoken(o) >= Version::V04);
    if !mixed {
        return connection_field(connections, form).into_any();
    }
    let options = connections
        .iter()
        .map(|(c, o)| (c.id.clone(), format!("{} ({})", c.name, spoken(o).label())))
        .collect();
    let select = parts::select("connection", options, form.value("connection"), form, true);
    parts::field(
        "connection",
        "Connection",
        true,
        Some("Some operators compare more than others."),
        Some("medium"),
        form,
        select,
    )
    .into_any()
}

/// Says which values were filled in, and from where.
fn origin(from: From) -> impl IntoView {
    let list =
        |labels: &[&str]| labels.iter().map(|l| l.to_lowercase()).collect::<Vec<_>>().join(", ");
    let recognised = from.check.map(|(check, labels)| {
        view! { <p>"Filled in from what was recognised on the document, in "<a href=format!("/checks/{check}")>"the latest accepted ID verification"</a>{format!(": {}.", list(&labels))}</p> }
    });
    let record =
        (!from.record.is_empty()).then(|| view! { <p>{format!("Filled in from the customer's record: {}.", list(&from.record))}</p> });
    view! { <div class="notice" data-tone="info"><div>{recognised}{record}<p>"Clear what the operator is not to be asked about."</p></div></div> }
}

/// The attributes of one group, folded away while nothing in it is filled or wrong.
fn group(
    group: Group,
    form: &Refused,
    newer: &[(String, String)],
    open: bool,
) -> impl IntoView + use<> {
    let attributes: Vec<Attribute> = Attribute::ALL
        .iter()
        .copied()
        .filter(|a| a.group() == group && is_shown(*a, form, newer))
        .collect();
    let filled = attributes.iter().filter(|a| !form.value(&a.field()).trim().is_empty()).count();
    let wrong = attributes.iter().any(|a| form.error(&a.field()).is_some());
    let fields: Vec<_> = attributes.iter().map(|a| attribute_field(*a, form, newer)).collect();
    let open = open || filled > 0 || wrong;
    view! {
        <details class="fold" open=open>
            <summary><h2>{group.label()}</h2>{(filled > 0).then(|| view! { <span class="meta">{format!("{filled} filled in")}</span> })}</summary>
            <div class="fields" role="group" aria-label=group.label()>{fields}</div>
        </details>
    }
}

/// What no operator understands is left out, unless it was typed all the same.
fn is_shown(attribute: Attribute, form: &Refused, newer: &[(String, String)]) -> bool {
    attribute.since() == Version::V02
        || !newer.is_empty()
        || !form.value(&attribute.field()).is_empty()
        || form.error(&attribute.field()).is_some()
}

fn attribute_field(attribute: Attribute, form: &Refused, newer: &[(String, String)]) -> AnyView {
    let name = attribute.field();
    let error = form.error(&name).map(str::to_owned);
    let clean = error.is_none();
    let is_newer = attribute.since() >= Version::V04;
    let hint = if is_newer {
        let names: Vec<&str> = newer.iter().map(|(_, name)| name.as_str()).collect();
        format!(
            "{}. Only {} compares this.",
            attribute.hint().trim_end_matches('.'),
            if names.is_empty() { "a newer operator".to_owned() } else { names.join(" or ") }
        )
    } else {
        attribute.hint().to_owned()
    };
    let field = view! {
        <div class="field">
            <label for=name.clone()>{attribute.label()}</label>
            <p class="hint" id=format!("{name}-hint")>{hint}</p>
            {control(attribute, form)}
            <p class="error" id=format!("{name}-error") hidden=clean>{error}</p>
        </div>
    };
    // Hidden by the browser half while another operator is chosen; never while it holds something,
    // so that nothing is sent unseen.
    if is_newer && clean && form.value(&name).is_empty() {
        let ids = newer.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(" ");
        view! { <div data-when-field="connection" data-when-value=ids>{field}</div> }.into_any()
    } else {
        field.into_any()
    }
}

fn control(attribute: Attribute, form: &Refused) -> AnyView {
    let name = attribute.field();
    let value = form.value(&name).to_owned();
    let choose = |list: Vec<(String, String)>, chosen: &str| {
        let mut options = vec![(String::new(), "not asked".to_owned())];
        options.extend(list);
        parts::select(name.clone(), options, chosen, form, true)
    };
    match attribute.shape() {
        Shape::Country => {
            // A code of another length names the same country.
            let chosen = domain::countries::find(&value).map_or(value.as_str(), |c| c.alpha2);
            choose(
                COUNTRIES
                    .iter()
                    .map(|c| (c.alpha2.to_owned(), format!("{} ({})", c.name, c.alpha2)))
                    .collect(),
                chosen,
            )
        }
        Shape::Choice => choose(
            attribute.options().iter().map(|(c, w)| ((*c).to_owned(), (*w).to_owned())).collect(),
            &value,
        ),
        shape => {
            let check = match attribute {
                Attribute::Birthdate => Some("birth_date"),
                Attribute::IdDocumentExpiryDate => Some("date"),
                _ => None,
            };
            let kind = if shape == Shape::Email { "email" } else { "text" };
            let wrong = form.error(&name).is_some().then_some("true");
            view! { <input id=name.clone() name=name.clone() type=kind value=value autocomplete="off" spellcheck="false" dir="auto" data-check=check aria-invalid=wrong aria-describedby=parts::described(&name, true)/> }.into_any()
        }
    }
}
