//! What the review page shows of a number match.

use crate::pages::parts;
use casework::{checks::review::Review, customers::ERASED, services::Question};
use domain::{
    countries,
    number_match::{Attribute, MatchResult, NumberMatch, Row, Shape, summary},
};
use leptos::prelude::*;

/// The answer, a row for each attribute.
pub fn number_match(review: &Review, rows: &[Row]) -> AnyView {
    let asked = match &review.question {
        Some(Question::NumberMatch(question)) => Some(question.ask.clone()),
        _ => None,
    };
    let is_erased = review.customer.name == ERASED;
    let unknown = asked.is_none().then(|| match is_erased {
        true => view! { <p class="meta">"What was asked was erased with the customer; only which attributes they were is known."</p> }.into_any(),
        false => parts::notice("danger", "What was asked cannot be opened: what was kept of it is damaged. Only which attributes they were is known; an admin finds it named in the inspection.").into_any(),
    });
    let items: Vec<_> = rows.iter().map(|row| match_row(row, asked.as_ref())).collect();
    view! {
        <section class="panel" data-live="answer"><header><h2>"What the operator says"</h2>" "<span class="meta">{format!("{}.", summary(rows))}</span></header>
            {unknown}
            <div class="scroll" role="region" tabindex="0" aria-label="What the operator says"><table class="rows stack fieldwise">
                <thead><tr><th scope="col">"Attribute"</th><th scope="col">"We asked about"</th><th scope="col">"Operator's answer"</th></tr></thead>
                <tbody>{items}</tbody>
            </table></div>
            <p class="meta">"An operator never gives its own value. Beside a difference it may say how alike the two are; without that, nobody knows how far apart they are."</p>
        </section>
    }
    .into_any()
}

fn match_row(row: &Row, asked: Option<&NumberMatch>) -> impl IntoView + use<> {
    let (code, words) = match &row.result {
        MatchResult::Yes => ("match", "match".to_owned()),
        MatchResult::No => ("differs", "differs".to_owned()),
        MatchResult::NotAvailable => ("not-available", "not available".to_owned()),
        MatchResult::Missing => ("not-available", "not answered".to_owned()),
        MatchResult::Unknown(_) => ("differs", "unknown answer".to_owned()),
    };
    let note = match (&row.result, row.score) {
        (MatchResult::No, Some(score)) => Some(
            view! { " " <span class="meta">{format!("likeness {score} of 100")}</span> }.into_any(),
        ),
        (MatchResult::No, None) => row.odd_score.clone().map(|said| {
            view! { " " <span class="meta">"likeness, as it came: "<bdi>{said}</bdi></span> }
                .into_any()
        }),
        (MatchResult::Unknown(word), _) => {
            Some(view! { " " <span class="says"><bdi>{word.clone()}</bdi></span> }.into_any())
        }
        _ => None,
    };
    let value = asked
        .and_then(|a| a.values.get(&row.attribute))
        .map(|text| in_words(row.attribute, text))
        .unwrap_or_default();
    view! {
        <tr data-result=code>
            <th scope="row">{row.attribute.label()}</th>
            <td data-label="We asked about"><bdi class="value">{value}</bdi></td>
            <td data-label="Operator's answer"><span class="match" data-match=code>{words}</span>{note}</td>
        </tr>
    }
}

/// A value that was asked about, as people read it.
pub fn in_words(attribute: Attribute, text: &str) -> String {
    match attribute.shape() {
        Shape::Country => countries::find(text)
            .map_or_else(|| text.to_owned(), |c| format!("{} ({})", c.name, c.alpha2)),
        Shape::Choice => attribute
            .options()
            .iter()
            .find(|(code, _)| *code == text)
            .map_or_else(|| text.to_owned(), |(_, words)| (*words).to_owned()),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_people_chose_them() {
        assert_eq!(in_words(Attribute::Country, "ES"), "Spain (ES)");
        assert_eq!(in_words(Attribute::Gender, "FEMALE"), "Female");
        assert_eq!(in_words(Attribute::Gender, "odd"), "odd");
        assert_eq!(in_words(Attribute::Name, "ES"), "ES");
    }
}
