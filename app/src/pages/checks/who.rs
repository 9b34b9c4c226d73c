//! Whom a check is about: what the pages of a check and of a customer say of it.

use super::super::{
    AppError,
    forms::{answer, encode, returned},
    launching::told::{also, compared, customer_link, more_words, shown_data},
    parts,
    request::ctx,
};
use casework::{
    checks::review::Review,
    customers::{self, Around, Changed, NOTE_MAX, Other, in_words},
};
use domain::{
    checks::{Kind, State},
    fields::Refused,
    people::Permission,
    who::Relation,
};
use leptos::prelude::*;

/// What stands on top of a check's page: what differs from the customer, and who they may be
/// besides.
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

/// Everybody who seems to be the same, with the forms that say whether they are; `back` is the page
/// that this stands on.
pub(in super::super) fn around(
    reference: &str,
    around: &Around,
    may: bool,
    back: &str,
    refused: Option<&Refused>,
) -> Option<AnyView> {
    if around.others.is_empty() {
        return None;
    }
    let items: Vec<_> = around
        .others
        .iter()
        .map(|other| other_item(reference, other, may, back, refused))
        .collect();
    let more = more_words(around.more);
    Some(
        view! { <section class="panel" id="also"><header><h2>"Also known as"</h2></header><ul class="plain">{items}</ul>{more}</section> }
            .into_any(),
    )
}

fn other_item(
    reference: &str,
    other: &Other,
    may: bool,
    back: &str,
    refused: Option<&Refused>,
) -> impl IntoView + use<> {
    let said = other.said.as_ref().map(|said| {
        let note = (!said.note.is_empty()).then(|| view! { ": “"<bdi>{said.note.clone()}</bdi>"”" });
        view! { <p class="meta">{format!("Recorded as {} by ", said.relation.label())}<bdi>{said.by.clone()}</bdi>", "{parts::stamp(said.at_ms)}{note}</p> }
    });
    let typed = refused
        .filter(|r| r.values.contains_key("link_note") && r.value("other") == other.reference);
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
    let all: std::collections::BTreeSet<&str> = around
        .others
        .iter()
        .map(|o| o.reference.as_str())
        .chain(around.checks.iter().map(|c| c.reference.as_str()))
        .collect();
    all.into_iter().collect()
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
    let page = returned(&back)
        .filter(is_page)
        .unwrap_or_else(|| format!("/customers/{}", encode(&reference)));
    let result = customers::relate(
        &ctx.work,
        &caller,
        &ctx.actor(),
        (&reference, &other),
        relation,
        &link_note,
    )
    .await;
    let done = if relation == Relation::Same { "linked" } else { "parted" };
    let result = result.map(|()| format!("{page}?done={done}#also")).map_err(AppError::from);
    answer(&ctx, result, &format!("{page}#also"), || {
        Refused::of([("other", &other), ("link_note", &link_note)])
    })
    .await
}
