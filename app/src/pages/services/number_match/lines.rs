//! The phone numbers of a customer, each with what operators said of it: match, tenure, age and SIM
//! swap side by side.

use super::super::face::{Loading, Part};
use crate::pages::{AppError, Ctx, parts, viewed::viewed_list};
use casework::{
    checks::Check,
    customers::Customer,
    services::{LINES_CHECKS_MAX, Line, lines_of},
};
use domain::checks::{Kind, State};
use leptos::prelude::*;

/// The part of a customer's page; nothing where no operator was asked.
pub fn of_customer<'a>(ctx: &'a Ctx, customer: &'a Customer) -> Loading<'a, Option<Part>> {
    Box::pin(async move {
        let mut lines = Vec::new();
        let all = lines_of(&ctx.work, &customer.id).await?;
        let shown: Vec<String> =
            all.iter().flat_map(|line| &line.checks).map(|(check, _)| check.id.clone()).collect();
        let is_cut = shown.len() == LINES_CHECKS_MAX;
        viewed_list(ctx, "numbers", shown).await?;
        for line in all {
            let rows = line
                .checks
                .iter()
                .map(|(check, found)| Ok((check.kind()?, check.state()?, check.clone(), *found)));
            lines.push((line.clone(), rows.collect::<Result<Vec<_>, casework::Error>>()?));
        }
        if lines.is_empty() {
            return Ok::<_, AppError>(None);
        }
        let part: Part = Box::new(move || listed(lines, is_cut).into_any());
        Ok(Some(part))
    })
}

type Row = (Kind, State, Check, usize);

fn listed(lines: Vec<(Line, Vec<Row>)>, is_cut: bool) -> impl IntoView {
    let numbers: Vec<_> = lines
        .into_iter()
        .map(|(line, rows)| {
            let phone = line.phone.unwrap_or_else(|| "a number that cannot be opened".to_owned());
            let label = format!("What operators said of {phone}");
            let rows: Vec<_> = rows.into_iter().map(row).collect();
            view! {
                <h3><bdi class="value">{phone}</bdi></h3>
                <div class="scroll" role="region" tabindex="0" aria-label=label><table class="rows stack">
                    <thead><tr><th scope="col">"Asked"</th><th scope="col">"The operator says"</th><th scope="col">"To judge"</th><th scope="col">"State"</th><th scope="col">"Answered"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table></div>
            }
        })
        .collect();
    view! { <section class="panel"><header><h2>"Phone numbers"</h2>{is_cut.then(|| view! { " " <span class="meta">{format!("The newest {LINES_CHECKS_MAX} checks.")}</span> })}</header>{numbers}</section> }
}

fn row((kind, state, check, found): Row) -> impl IntoView {
    let found = match found {
        0 => "nothing".to_owned(),
        1 => "1 finding".to_owned(),
        n => format!("{n} findings"),
    };
    let is_answered = check.outcome_at_ms.is_some();
    view! {
        <tr>
            <th scope="row"><a class="row-link" href=format!("/checks/{}", check.id)>{kind.label()}</a></th>
            <td data-label="The operator says">{check.provider_state.clone().filter(|_| is_answered)}</td>
            <td data-label="To judge">{is_answered.then_some(found)}</td>
            <td data-label="State">{parts::state(state)}</td>
            <td data-label="Answered">{check.outcome_at_ms.map(parts::stamp)}</td>
        </tr>
    }
}
