//! How Solaris sees a person, their data, and what changed of them since a check began.

use super::{
    review::Extra,
    words::{field_words, light, person_address, value_words},
};
use crate::pages::parts;
use casework::{checks::review::Review, providers::solaris::PersonRecord};
use domain::{Moment, time, video::Light};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// How Solaris sees the person, and what the session changed of them.
pub fn person(review: &Review, extra: Option<&Extra>, now: Moment) -> Option<AnyView> {
    let video = review.video.as_ref()?;
    let person = video.person_now.as_ref()?;
    let link = video.person_id.as_deref().map(|id| person_address(&review.customer.reference, id));
    let erased = extra.and_then(|e| e.known.as_ref()).and_then(|k| k.erased_at_ms);
    let erased = erased.map(
        |at| view! { <p class="meta">"The person was erased at Solaris "{parts::stamp(at)}"."</p> },
    );
    Some(
        view! {
            <section class="panel" data-live="video-person"><header><h2>"The person at Solaris"</h2>{link.map(|href| view! { " "<a class="meta" href=href>"Open, and change data"</a> })}</header>
                {erased}
                {standing(person, now)}
                {before_and_after(video.person_before.as_ref(), person)}
            </section>
        }
        .into_any(),
    )
}

/// Screening, risk and vetting, whether all are green, and the days of anti-money-laundering data.
pub(super) fn standing(person: &PersonRecord, now: Moment) -> impl IntoView + use<> {
    let rows = person
        .standing
        .rows()
        .map(|(name, words, of)| view! { <div><dt>{name}</dt><dd>{light(of, words)}</dd></div> });
    let (all, words) = if person.standing.is_onboardable() {
        (Light::Green, "All three are green: Solaris may onboard this customer")
    } else if person.standing.lights().contains(&Light::Red) {
        (Light::Red, "Solaris does not onboard this customer")
    } else {
        (
            Light::Open,
            "Not all three are green yet: Solaris does not onboard this customer before they are",
        )
    };
    let late =
        person.aml_follow_up_date.as_deref().filter(|day| *day < time::utc_date(now).as_str());
    let late = late.map(
        |_| view! { " "<span class="tag" data-tone="attention" data-needs="person">"past"</span> },
    );
    let follow_up = person.aml_follow_up_date.clone();
    let flagged = person
        .flagged_by_compliance
        .map(|f| if f { "yes: ask Solaris before you go on" } else { "no" });
    view! {
        <p class="verdict">{light(all, words.to_owned())}</p>
        <dl class="facts">
            {rows.into_iter().collect::<Vec<_>>()}
            {follow_up.map(|day| view! { <div><dt>{field_words("aml_follow_up_date")}</dt><dd>{day}{late}</dd></div> })}
            {parts::fact("AML data confirmed", person.aml_confirmed_on.clone().unwrap_or_default())}
            {parts::fact("Flagged by compliance", flagged.unwrap_or_default())}
        </dl>
    }
}

/// Stands by itself on the page already, or is no fact about the customer.
const NOT_LISTED: [&str; 7] = [
    "id",
    "screening_progress",
    "risk_classification_status",
    "customer_vetting_status",
    "aml_follow_up_date",
    "aml_confirmed_on",
    "flagged_by_compliance",
];

/// What people look for first, in that order; everything else follows by its path.
const FIRST: [&str; 17] = [
    "salutation",
    "title",
    "first_name",
    "last_name",
    "birth_name",
    "birth_date",
    "birth_city",
    "birth_country",
    "nationality",
    "address.line_1",
    "address.line_2",
    "address.postal_code",
    "address.city",
    "address.state",
    "address.country",
    "mobile_number",
    "email",
];

/// Where a field stands in the reading order.
fn place(path: &str) -> (usize, &str) {
    (FIRST.iter().position(|known| *known == path).unwrap_or(FIRST.len()), path)
}

/// All fields of a person as people read them.
pub(super) fn person_facts(person: &PersonRecord) -> Vec<Option<AnyView>> {
    let mut listed: Vec<_> =
        person.fields.iter().filter(|(path, _)| !NOT_LISTED.contains(&path.as_str())).collect();
    listed.sort_by_key(|(path, _)| place(path));
    listed
        .into_iter()
        .map(|(path, value)| parts::fact(field_words(path), value_words(path, value)))
        .collect()
}

fn before_and_after(before: Option<&PersonRecord>, now: &PersonRecord) -> AnyView {
    let changed = before.map(|before| changed(before, now)).unwrap_or_default();
    let rows: Vec<_> = changed
        .iter()
        .map(|path| {
            let of = |person: &PersonRecord| {
                person.field(path).map(|v| value_words(path, v)).unwrap_or_default()
            };
            view! {
                <tr data-result="differs">
                    <th scope="row">{field_words(path)}</th>
                    <td data-label="Before"><bdi class="value">{before.map(of)}</bdi></td>
                    <td data-label="Now"><bdi class="value">{of(now)}</bdi></td>
                </tr>
            }
        })
        .collect();
    let said = match (before, rows.len()) {
        (None, _) => None,
        (Some(_), 0) => {
            Some("Nothing of the person changed at Solaris since this check began.".to_owned())
        }
        (Some(_), 1) => Some("One field changed since this check began.".to_owned()),
        (Some(_), n) => Some(format!("{n} fields changed since this check began.")),
    };
    let table = (!rows.is_empty()).then(|| {
        view! {
            <div class="scroll" role="region" tabindex="0" aria-label="What changed"><table class="rows stack fieldwise">
                <thead><tr><th scope="col">"Field"</th><th scope="col">"Before"</th><th scope="col">"Now"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        }
    });
    view! {
        {said.map(|words| view! { <p class="meta">{words}</p> })}
        {table}
        <details class="fold"><summary><h2>"All data of the person"</h2></summary><dl class="facts">{person_facts(now)}</dl></details>
    }
    .into_any()
}

/// The paths whose values differ.
fn changed<'a>(before: &'a PersonRecord, now: &'a PersonRecord) -> Vec<&'a str> {
    let paths: BTreeSet<&str> =
        before.fields.keys().chain(now.fields.keys()).map(String::as_str).collect();
    let mut changed: Vec<&str> = paths
        .into_iter()
        .filter(|path| !NOT_LISTED.contains(path) && before.field(path) != now.field(path))
        .collect();
    changed.sort_by_key(|path| place(path));
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::video::Standing;

    fn record(fields: &[(&str, &str)], standing: [&str; 3]) -> PersonRecord {
        PersonRecord {
            id: "p1".into(),
            fields: fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            standing: Standing::of(Some(standing[0]), Some(standing[1]), Some(standing[2])),
            aml_follow_up_date: Some("2026-01-01".into()),
            aml_confirmed_on: None,
            flagged_by_compliance: None,
        }
    }

    const GREEN: [&str; 3] = ["SCREENED_ACCEPTED", "NORMAL_RISK", "NO_MATCH"];

    #[test]
    fn only_what_changed_stands_before_and_after() {
        let before = record(
            &[("first_name", "Jane"), ("address.city", "Berlin"), ("last_name", "Doe")],
            GREEN,
        );
        let now =
            record(&[("first_name", "Janina"), ("last_name", "Doe"), ("nationality", "DE")], GREEN);
        assert_eq!(
            changed(&before, &now),
            ["first_name", "nationality", "address.city"],
            "in reading order"
        );
        let html = before_and_after(Some(&before), &now).to_html();
        assert!(
            html.contains("3 fields changed since this check began.")
                && html.contains("Germany (DE)"),
            "{html}"
        );
        assert!(
            before_and_after(Some(&now), &now).to_html().contains("Nothing of the person changed")
        );
        assert!(!before_and_after(None, &now).to_html().contains("since this check began"));
    }

    #[test]
    fn the_standing_is_told_by_words_and_a_past_day_by_a_tag() {
        let now = domain::time::parse_date("2026-11-24").expect("a day");
        let html = |words: [&str; 3]| standing(&record(&[], words), now).into_view().to_html();
        assert!(html(GREEN).contains("Solaris may onboard") && html(GREEN).contains(">past<"));
        assert!(
            html(["NOT_SCREENED", "NORMAL_RISK", "NO_MATCH"])
                .contains("Not all three are green yet")
        );
        assert!(
            html(["SCREENED_DECLINED", "NORMAL_RISK", "NO_MATCH"])
                .contains("does not onboard this customer<")
        );
    }
}
