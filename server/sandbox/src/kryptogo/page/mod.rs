//! The first page's sections about KryptoGO: how to get in, which names misbehave, who is known,
//! and the latest tasks and verifications with the buttons of the provider's own staff.

mod idvs;
mod kya;

use std::fmt::Write as _;

use super::{
    Catalogue, Entry, KEY, KEY_HEADER, SETTINGS, SOURCES, TRIGGERS, Task, View, found_about,
    outcome_of,
};
use crate::{
    provider::Part,
    text::{escape, moment_of},
    world::Shared,
};

const TASKS_MAX: usize = 100;

/// All of them, and what the section about `/control` has from here.
pub(super) fn part(world: &Shared) -> Part {
    let sections = [
        introduction(world),
        tasks(world),
        idvs::list(world),
        triggers(),
        idvs::triggers(),
        names(world),
        kya::addresses(world),
    ];
    Part {
        nav: "<a href=\"#tasks\">Tasks</a> <a href=\"#idvs\">ID verifications</a> <a href=\"#triggers\">Triggers</a> \
              <a href=\"#names\">Names</a> <a href=\"#addresses\">Addresses</a>",
        sections: sections.concat(),
        control_links: "<a href=\"/control/tasks\">Tasks as JSON</a>, <a href=\"/control/idvs\">ID verifications as JSON</a>, \
                        <a href=\"/customer/sdk\">start with an SDK token</a>, ",
        control_forms: "<form method=\"post\" action=\"/control/points\"><label>Points <input name=\"points\" type=\"number\" value=\"0\" required></label> \
                        <button>Set</button></form>",
    }
}

fn introduction(world: &Shared) -> String {
    let points = world.look(|book| book.points);
    let settings: String =
        SETTINGS.iter().map(|(id, name)| format!("<li><code>{id}</code> {name}</li>")).collect();
    let sources: String = SOURCES
        .iter()
        .enumerate()
        .map(|(id, name)| format!("<li><code>{id}</code> {name}</li>"))
        .collect();
    format!(
        "<section><h2>KryptoGO</h2><dl><dt>Base URL</dt><dd><code>{base}/kryptogo</code></dd>\
         <dt>Key</dt><dd><code>{KEY_HEADER}: {KEY}</code></dd><dt>Points left</dt><dd>{points}</dd>\
         <dt>Search settings</dt><dd><ul>{settings}</ul></dd><dt>Sources</dt><dd><ul>{sources}</ul></dd></dl></section>",
        base = escape(&world.base_url),
    )
}

fn tasks(world: &Shared) -> String {
    let view = world.view();
    let (total, rows) = world.look(|book| {
        let rows: String =
            book.tasks.values().rev().take(TASKS_MAX).map(|task| task_row(task, &view)).collect();
        (book.tasks.len(), rows)
    });
    if total == 0 {
        return "<section id=\"tasks\"><h2>Tasks</h2><p>There are no tasks yet.</p></section>"
            .into();
    }
    format!(
        "<section id=\"tasks\"><h2>Tasks</h2><p>The latest {} of {total}.</p><div class=\"wide\"><table><thead><tr>\
         <th scope=\"col\">Task</th><th scope=\"col\">Target</th><th scope=\"col\">State</th><th scope=\"col\">Risk</th>\
         <th scope=\"col\">Decision</th><th scope=\"col\">Metadata</th><th scope=\"col\">Provider's staff</th>\
         </tr></thead><tbody>{rows}</tbody></table></div></section>",
        total.min(TASKS_MAX),
    )
}

fn task_row(task: &Task, view: &View) -> String {
    let progress = task.progress(view.now_ms);
    let found = found_about(task, view);
    let risk = if found.sanction_matched() {
        format!("{} sanction", found.risk())
    } else {
        found.risk().to_string()
    };
    let decision = match &task.decision {
        None => "undecided".to_owned(),
        Some(decision) => {
            let word = if decision.accepted { "accepted" } else { "rejected" };
            format!(
                "<strong>{word}</strong> {}<br>{}",
                moment_of(decision.at_ms),
                escape(&decision.comment)
            )
        }
    };
    let metadata = task.metadata.iter().fold(String::new(), |mut text, (key, value)| {
        let _ = write!(text, "<div>{} = {}</div>", escape(key), escape(value));
        text
    });
    format!(
        "<tr id=\"task-{id}\"><th scope=\"row\">{id}</th><td>{name}<br><small>{reference}</small></td>\
         <td>{state}<br><small><time>{created}</time></small></td><td>{risk}</td><td>{decision}</td><td>{metadata}</td><td>{forms}</td></tr>",
        id = task.id,
        name = escape(&task.name),
        reference = escape(task.customer_reference.as_deref().unwrap_or("no customer reference")),
        state =
            if progress == 100 { "completed".to_owned() } else { format!("running, {progress} %") },
        created = moment_of(task.created_ms),
        forms = forms(task, progress),
    )
}

fn forms(task: &Task, progress: i64) -> String {
    let id = task.id;
    if progress < 100 {
        return format!(
            "<form method=\"post\" action=\"/control/tasks/{id}/complete\"><button>Complete now</button></form>"
        );
    }
    if task.decision.is_some() {
        return String::new();
    }
    format!(
        "<form method=\"post\" action=\"/control/tasks/{id}/decide\"><input name=\"comment\" aria-label=\"Comment on task {id}\" \
         placeholder=\"Comment\"> <button name=\"accepted\" value=\"true\">Accept</button> \
         <button name=\"accepted\" value=\"false\">Reject</button></form>"
    )
}

fn triggers() -> String {
    let rows: String = TRIGGERS
        .iter()
        .map(|(_, name, does)| {
            format!("<tr><th scope=\"row\"><code>{name}</code></th><td>{}</td></tr>", escape(does))
        })
        .collect();
    format!(
        "<section id=\"triggers\"><h2>Triggers</h2><p>A target with exactly one of these names (in any case) asks for a \
         misbehaviour. Tries of a creation are counted for each name and customer reference, all others for each task; \
         a reset starts over.</p><div class=\"wide\"><table><thead><tr><th scope=\"col\">Name</th>\
         <th scope=\"col\">What happens</th></tr></thead><tbody>{rows}</tbody></table></div></section>"
    )
}

fn names(world: &Shared) -> String {
    let rows: String =
        Catalogue::get().entries.iter().map(|entry| name_row(entry, world.options.seed)).collect();
    format!(
        "<section id=\"names\"><h2>Names</h2><p>Known people and companies. Any other name gets an outcome of its own, \
         mostly clean, and the same each time.</p><div class=\"wide\"><table><thead><tr><th scope=\"col\">Name</th>\
         <th scope=\"col\">Born</th><th scope=\"col\">Country</th><th scope=\"col\">Risk</th><th scope=\"col\">Shows</th>\
         </tr></thead><tbody>{rows}</tbody></table></div></section>"
    )
}

fn name_row(entry: &Entry, seed: u64) -> String {
    let aliases: String = entry
        .aliases
        .iter()
        .map(|alias| format!("<br><small dir=\"auto\">{}</small>", escape(alias)))
        .collect();
    format!(
        "<tr><th scope=\"row\"><span dir=\"auto\">{name}</span>{aliases}</th><td>{born}</td><td>{country}</td><td>{risk}</td><td>{shows}</td></tr>",
        name = escape(&entry.name),
        born = if entry.kind == 2 { "company" } else { entry.birthday.as_deref().unwrap_or("") },
        country = entry.citizenship.as_deref().unwrap_or(""),
        risk = outcome_of(seed, &entry.name, entry.kind, false).risk(),
        shows = escape(&entry.shows),
    )
}
