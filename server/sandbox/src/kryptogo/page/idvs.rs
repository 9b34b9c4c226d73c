//! The first page's sections about ID verification: the latest ones, and the names that ask for an
//! outcome.

use crate::{
    kryptogo::{
        View,
        idv::{IDV_TRIGGERS, Idv, Way, customer_address},
    },
    text::{escape, moment_of},
    world::Shared,
};

const IDVS_MAX: usize = 100;

pub(super) fn list(world: &Shared) -> String {
    let (total, rows) = world.current(|book, view| {
        let rows: String =
            book.idvs.newest_first().take(IDVS_MAX).map(|idv| row(idv, view)).collect();
        (book.idvs.len(), rows)
    });
    if total == 0 {
        return "<section id=\"idvs\"><h2>ID verifications</h2><p>There are no ID verifications yet.</p></section>".into();
    }
    format!(
        "<section id=\"idvs\"><h2>ID verifications</h2><p>The latest {} of {total}.</p><div class=\"wide\"><table><thead><tr>\
         <th scope=\"col\">IDV</th><th scope=\"col\">Expected name</th><th scope=\"col\">Way</th><th scope=\"col\">State</th>\
         <th scope=\"col\">Tasks</th><th scope=\"col\">Customer and staff</th></tr></thead><tbody>{rows}</tbody></table></div></section>",
        total.min(IDVS_MAX),
    )
}

fn row(idv: &Idv, view: &View) -> String {
    let tasks: String =
        idv.dd_tasks.iter().map(|id| format!("<a href=\"#task-{id}\">{id}</a> ")).collect();
    format!(
        "<tr id=\"idv-{id}\"><th scope=\"row\">{id}</th><td><span dir=\"auto\">{name}</span><br><small>{reference}</small></td><td>{way}</td>\
         <td>{state}<br><small><time>{created}</time></small></td><td>{tasks}</td><td>{actions}</td></tr>",
        id = idv.id,
        name = escape(idv.asked.expected.name.as_deref().unwrap_or("no name")),
        reference =
            escape(idv.asked.customer_reference.as_deref().unwrap_or("no customer reference")),
        way = idv.asked.way.word(),
        state = state(idv, view.now_ms),
        created = moment_of(idv.created_ms),
        actions = actions(idv, view),
    )
}

/// The state in words, with the codes of its reasons.
fn state(idv: &Idv, now_ms: i64) -> String {
    let word = match idv.state(now_ms) {
        Some(0) => "accept".to_owned(),
        Some(1) => "review".to_owned(),
        Some(2) => "reject".to_owned(),
        Some(3) => "pending".to_owned(),
        Some(4) => "initial".to_owned(),
        Some(other) => format!("unknown state {other}"),
        None => "no state".to_owned(),
    };
    let Some(verdict) = idv.verdict_by(now_ms) else { return word };
    let reasons = verdict.review_reasons.iter().chain(&verdict.reject_reasons);
    reasons.fold(word, |word, reason| format!("{word} {}", reason.code))
}

fn actions(idv: &Idv, view: &View) -> String {
    let id = idv.id;
    let complete = if idv.verdict_by(view.now_ms).is_some() {
        String::new()
    } else {
        format!(
            "<form method=\"post\" action=\"/control/idvs/{id}/complete\"><button>Complete now</button></form>"
        )
    };
    let customer = match idv.asked.way {
        Way::Upload => String::new(),
        _ if !idv.is_open(view.now_ms) => String::new(),
        _ => format!(
            "<a href=\"{}\">Customer's page</a> ",
            escape(&customer_address(view.base_url, idv))
        ),
    };
    format!("{customer}{complete}")
}

pub(super) fn triggers() -> String {
    let rows: String = IDV_TRIGGERS
        .iter()
        .map(|(_, name, does)| {
            format!(
                "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td></tr>",
                escape(name),
                escape(does)
            )
        })
        .collect();
    format!(
        "<section id=\"idv-triggers\"><h2>Triggers of ID verification</h2><p>An expected name with exactly one of these names (in any \
         case) asks for an outcome; any other name is accepted. Of the names above, those about creations, callbacks, the summary, \
         Bad Json and Huge work here as well. Tries of a creation are counted for each name and customer reference.</p>\
         <div class=\"wide\"><table><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">What happens</th></tr></thead>\
         <tbody>{rows}</tbody></table></div></section>"
    )
}
