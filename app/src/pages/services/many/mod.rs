//! Many checks from one table: the form, what was read of it, and the button that launches.
//!
//! What the tables of all services have in common stands here; a service's own says what it reads
//! and asks. `batch` shows how far a launched one is.

pub mod batch;
mod recent;

use super::{
    face::{ServicePage, TableWords},
    tabs::tabs,
};
use crate::pages::{
    AppError, Asked, Ctx, Page, Shown,
    area::Area,
    flash,
    forms::{go, is_id, show, with_query},
    launching::{Launchable, asks::lines_elsewhere},
    parts,
    request::ctx,
    route::Answer,
};
use casework::{
    checks,
    customers::Elsewhere,
    many::{self, Batch, CHANGED, LINES_MAX, Launched, Progress, TABLE_MAX},
};
use domain::{
    Moment,
    checks::Kind,
    fields::{Refused, thousands},
    journal::{Action, Subject},
    people::Permission,
};
use leptos::{prelude::*, server_fn::codec::MultipartData};
use serde_json::json;
use std::collections::BTreeMap;

/// Lines of each kind that the page shows; the rest is counted.
const SHOWN_MAX: usize = 100;

/// A service's table of many.
pub trait Table: 'static {
    const WORDS: &'static TableWords;
    /// On whose connections its lines are launched.
    const KIND: Kind;

    /// A table to begin with.
    fn template() -> String;

    /// What is the same for all lines.
    fn chosen(connections: &Launchable, form: &Refused) -> AnyView;

    /// Reads a table and launches nothing.
    fn look(ctx: &Ctx, sent: &Sent) -> impl Future<Output = Result<Looked, AppError>> + Send;

    /// Launches what can be launched, or says why nothing was.
    fn launch(ctx: &Ctx, sent: &Sent) -> impl Future<Output = Result<Launched, AppError>> + Send;
}

/// The pages of a service's table, and what is said on them.
#[derive(Clone, Copy)]
pub struct Entry {
    pub words: &'static TableWords,
    page: fn(Ctx, Asked) -> Answer,
    template: fn(Ctx, Asked) -> Answer,
}

impl Entry {
    #[must_use]
    pub const fn of<T: Table>() -> Self {
        Self {
            words: T::WORDS,
            page: |ctx, asked| Box::pin(page_of::<T>(ctx, asked)),
            template: |_ctx, _asked| Box::pin(std::future::ready(Ok(template_of::<T>()))),
        }
    }

    /// Both with their addresses.
    #[must_use]
    pub fn pages(&self) -> [ServicePage; 2] {
        [(self.words.address, self.page), (self.words.template, self.template)]
    }
}

async fn page_of<T: Table>(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let connections = checks::review::launchable(&ctx.work, T::KIND).await?;
    let form = asked.refused(&ctx).await?.unwrap_or_default();
    let begun = Begun::of(&ctx, T::WORDS, connections, form, None).await?;
    Ok(flash::with_flash(page::<T>(begun), &asked).into())
}

fn template_of<T: Table>() -> Page {
    Page::Bytes { bytes: T::template().into_bytes(), name: T::WORDS.file.into() }
}

/// Looks at a table, or launches it. The answer is a page without an address: the table names
/// people.
///
/// # Errors
/// Not allowed, unreadable, or the database.
pub async fn act<T: Table>(data: MultipartData) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::LaunchChecks)?;
    let sent = Sent::of(data).await?;
    let mut form = sent.typed();
    if sent.launches() {
        match T::launch(&ctx, &sent).await {
            Ok(launched) => {
                go_to(&launched, T::WORDS);
                return Ok(());
            }
            Err(AppError::Form(refused)) => form.errors = refused.errors,
            Err(error) => return Err(error),
        }
    }
    let looked = match T::look(&ctx, &sent).await {
        Ok(looked) => Some(looked),
        Err(AppError::Form(refused)) => {
            form.errors = refused.errors;
            None
        }
        Err(error) => return Err(error),
    };
    let connections = checks::review::launchable(&ctx.work, T::KIND).await?;
    show(page::<T>(Begun::of(&ctx, T::WORDS, connections, form, looked).await?));
    Ok(())
}

/// What the form sends.
#[derive(Default)]
pub struct Sent {
    batch: String,
    pub table: String,
    name: String,
    then: String,
    /// Whatever else is chosen; several values of a name are joined with commas.
    chosen: BTreeMap<String, String>,
}

impl Sent {
    /// A file that was chosen counts more than the text beside it.
    async fn of(data: MultipartData) -> Result<Self, AppError> {
        let mut parts = data.into_inner().ok_or(AppError::Unreadable)?;
        let (mut sent, mut file) = (Self::default(), None);
        while let Some(part) = parts.next_field().await.map_err(|_| AppError::Unreadable)? {
            let (name, file_name) = (
                part.name().unwrap_or_default().to_owned(),
                part.file_name().unwrap_or_default().to_owned(),
            );
            let bytes = part.bytes().await.map_err(|_| AppError::Unreadable)?;
            // What is no UTF-8 is marked, and the table is refused for it.
            let text = String::from_utf8_lossy(&bytes).into_owned();
            match name.trim_end_matches("[]") {
                "batch" => sent.batch = text,
                "table" => sent.table = text,
                "name" => sent.name = text,
                "then" => sent.then = text,
                "file" if !text.trim().is_empty() => file = Some((text, file_name)),
                "file" => {}
                other => {
                    let known = sent.chosen.entry(other.to_owned()).or_default();
                    *known = if known.is_empty() { text } else { format!("{known},{text}") };
                }
            }
        }
        if let Some((text, name)) = file {
            (sent.table, sent.name) = (text, name);
        }
        if is_id(&sent.batch) { Ok(sent) } else { Err(AppError::Unreadable) }
    }

    /// What was chosen under a name.
    #[must_use]
    pub fn chosen(&self, name: &str) -> String {
        self.chosen.get(name).cloned().unwrap_or_default()
    }

    fn launches(&self) -> bool {
        matches!(self.then.as_str(), "launch" | "launch-good")
    }

    /// The table as it is read.
    #[must_use]
    pub fn as_table(&self) -> many::Sent<'_> {
        many::Sent {
            page: &self.batch,
            name: &self.name,
            text: &self.table,
            leave_out: self.then == "launch-good",
        }
    }

    /// Everything that was typed and chosen.
    fn typed(&self) -> Refused {
        let own = [("batch", &self.batch), ("table", &self.table), ("name", &self.name)];
        let own = own.into_iter().map(|(name, text)| (name.to_owned(), text.clone()));
        Refused {
            values: self.chosen.clone().into_iter().chain(own).collect(),
            errors: BTreeMap::new(),
        }
    }
}

/// To the page of what was launched.
fn go_to(launched: &Launched, words: &TableWords) {
    let count = if launched.repeated { 0 } else { launched.launched };
    go(&with_query(
        &recent::address(&launched.batch),
        &[("done", words.done.to_owned()), ("n", count.to_string())],
    ));
}

/// A table that was looked at, as the page shows it.
pub struct Looked {
    good: usize,
    bad: usize,
    wrong: Vec<Wrong>,
    right: Vec<Right>,
    /// Lines about somebody who seems to be known under another reference.
    elsewhere: BTreeMap<usize, Elsewhere>,
}

struct Who {
    line: usize,
    name: String,
    reference: String,
}

struct Wrong {
    who: Who,
    /// Column or field, and what is wrong with it.
    why: Vec<(String, String)>,
}

struct Right {
    who: Who,
    cells: Vec<String>,
}

impl Looked {
    /// What a table holds, for the page; that it said who some customers are is recorded.
    ///
    /// # Errors
    /// The journal takes no more entries.
    pub async fn at<F: Sync, G: Sync>(
        ctx: &Ctx,
        table: &many::Table<F, G>,
        who: impl Fn(&F) -> (String, String) + Send,
        cells: impl Fn(&F) -> Vec<String> + Send,
    ) -> Result<Self, AppError> {
        viewed(ctx, table).await?;
        Ok(Self::of(table, who, cells))
    }

    fn of<F, G>(
        table: &many::Table<F, G>,
        who: impl Fn(&F) -> (String, String),
        cells: impl Fn(&F) -> Vec<String>,
    ) -> Self {
        let who = |line: &many::Line<F, G>| {
            let (name, reference) = who(&line.form);
            Who { line: line.number, name, reference }
        };
        let mut looked = Self {
            good: table.good(),
            bad: table.bad(),
            wrong: vec![],
            right: vec![],
            elsewhere: table.elsewhere.clone(),
        };
        for line in &table.lines {
            match &line.result {
                Ok(_) if looked.right.len() < SHOWN_MAX => {
                    looked.right.push(Right { who: who(line), cells: cells(&line.form) })
                }
                Err(refused) if looked.wrong.len() < SHOWN_MAX => {
                    let mut why: Vec<_> = refused
                        .errors
                        .iter()
                        .map(|(field, message)| (place(table, field), message.clone()))
                        .collect();
                    why.sort_by_key(|((column, _), _)| *column);
                    let why =
                        why.into_iter().map(|((_, place), message)| (place, message)).collect();
                    looked.wrong.push(Wrong { who: who(line), why });
                }
                _ => {}
            }
        }
        looked
    }
}

/// Records that a look at a table said who some customers are.
async fn viewed<F: Sync, G: Sync>(ctx: &Ctx, table: &many::Table<F, G>) -> Result<(), AppError> {
    if table.named.is_empty() {
        return Ok(());
    }
    let details = json!({ "list": "table", "customers": table.named });
    Ok(casework::checks::viewed(
        &ctx.work,
        &ctx.actor(),
        Action::ListViewed,
        Subject::System,
        "table",
        details,
    )
    .await?)
}

/// Where in a line a message belongs, columns counted from 1.
fn place<F, G>(table: &many::Table<F, G>, field: &str) -> (usize, String) {
    match table.column_of(field) {
        Some((number, name)) => (number, format!("Column {number}, {name}")),
        None if field.is_empty() => (0, "The line".into()),
        None => (0, field.replace('_', " ")),
    }
}

/// A page that is made before anything was sent, or after a look.
struct Begun {
    connections: Launchable,
    form: Refused,
    looked: Option<Looked>,
    recent: Vec<(Batch, Progress)>,
    now: Moment,
}

impl Begun {
    pub(super) async fn of(
        ctx: &Ctx,
        words: &TableWords,
        connections: Launchable,
        mut form: Refused,
        looked: Option<Looked>,
    ) -> Result<Self, AppError> {
        if form.value("connection").is_empty()
            && let Some((first, _)) = connections.first()
        {
            form.values.insert("connection".into(), first.id.clone());
        }
        if form.value("batch").is_empty() {
            form.values.insert("batch".into(), casework::new_id());
        }
        let recent = many::recent(&ctx.work, words.what).await?;
        Ok(Self { connections, form, looked, recent, now: ctx.now() })
    }
}

fn page<T: Table>(begun: Begun) -> Shown {
    let words = T::WORDS;
    let refused = !begun.form.is_clean();
    let view = move || {
        let body = if begun.connections.is_empty() {
            parts::empty("No connection yet", words.none_yet.into(), None).into_any()
        } else {
            let chosen = T::chosen(&begun.connections, &begun.form);
            form_view(words, &begun.form, begun.looked, chosen).into_any()
        };
        view! {
            <header class="page-head"><div><h1>{words.title}</h1><p class="meta">"From one table: each line becomes a check of its own"</p></div></header>
            {tabs(words.tab, &Refused::default())}
            {body}
            {recent::recent(begun.recent, begun.now)}
        }
        .into_any()
    };
    Shown::new(words.title, view).class("narrow").refused(refused)
}

const LABELS: &[(&str, &str)] = &[
    ("connection", "Connection"),
    ("search_setting", "Search setting"),
    ("sources", "Sources"),
    ("table", "Table"),
];

fn form_view(
    words: &'static TableWords,
    form: &Refused,
    table: Option<Looked>,
    chosen: AnyView,
) -> impl IntoView + use<> {
    let (batch, name) = (form.value("batch").to_owned(), form.value("name").to_owned());
    let read_from =
        (!name.is_empty()).then(|| view! { <p class="meta">"The table below was read from "<b><bdi>{name.clone()}</bdi></b>"."</p> });
    let buttons = table.as_ref().map(|t| (t.good, t.bad));
    view! {
        <form class="form" method="post" action=words.action enctype="multipart/form-data" novalidate>
            <input type="hidden" name="batch" value=batch/>
            <input type="hidden" name="name" value=name/>
            {parts::refusals(form, LABELS)}
            {table.as_ref().and_then(|t| lines_elsewhere(t.elsewhere.iter().take(SHOWN_MAX)))}
            {table.map(|t| looked(words, t))}
            {chosen}
            <div class="field">
                <label for="file">"File"</label>
                <p class="hint" id="file-hint">"A CSV file. "<a href=words.template>"Download a template"</a>{words.hint}</p>
                <input id="file" name="file" type="file" accept=".csv,text/csv,text/plain" aria-describedby="file-hint"/>
            </div>
            {read_from}
            {table_field(form)}
            <p class="will">{words.will}</p>
            <div class="actions">{actions(words, buttons)}<a class="btn quiet" href="/checks">"Cancel"</a></div>
        </form>
    }
}

fn table_field(form: &Refused) -> impl IntoView + use<> {
    let error = form.error("table").map(str::to_owned);
    let clean = error.is_none();
    let area = Area::named("table", 8).code().of(form, true);
    let hint = format!(
        "Comma, semicolon or tab between cells, at most {} lines and {} MB. For a known customer whose data changed, write yes in a column {CHANGED}.",
        thousands(LINES_MAX),
        TABLE_MAX / 1024 / 1024
    );
    view! {
        <div class="field"><label for="table">"Or paste the table"</label>
            <p class="hint" id="table-hint">{hint}</p>
            {area}
            <p class="error" id="table-error" hidden=clean>{error}</p>
        </div>
    }
}

fn actions(words: &TableWords, lines: Option<(usize, usize)>) -> AnyView {
    let checks =
        |n: usize| format!("{} {}", thousands(n), if n == 1 { words.one } else { words.more });
    match lines {
        None => view! { <button class="btn primary" name="then" value="look">"Look at the table"</button> }.into_any(),
        Some((0, _)) => view! { <button class="btn primary" name="then" value="look">"Look again"</button> }.into_any(),
        Some((good, 0)) => view! {
            <button class="btn primary" name="then" value="launch">{format!("Launch {}", checks(good))}</button>
            <button class="btn" name="then" value="look">"Look again"</button>
        }
        .into_any(),
        Some((good, bad)) => view! {
            <button class="btn primary" name="then" value="look">"Look again"</button>
            <button class="btn" name="then" value="launch-good">{format!("Leave {} out and launch {}", thousands(bad), checks(good))}</button>
        }
        .into_any(),
    }
}

/// What was read: first what cannot be sent, with the reason beside each cause.
fn looked(words: &'static TableWords, table: Looked) -> impl IntoView {
    let (good, bad) = (table.good, table.bad);
    let tone = if bad == 0 { "good" } else { "attention" };
    let all = thousands(good + bad);
    let said = match bad {
        0 => format!("All {all} lines can be sent. Nothing was launched yet."),
        _ => format!(
            "{} of {all} lines cannot be sent. Correct the table below, or leave them out. Nothing was launched.",
            thousands(bad)
        ),
    };
    let wrong: Vec<_> = table.wrong.into_iter().map(wrong_line).collect();
    let right: Vec<_> = table.right.into_iter().map(|line| right_line(words, line)).collect();
    let heads: Vec<_> =
        words.shown.iter().map(|head| view! { <th scope="col">{*head}</th> }).collect();
    let more = |n: usize| {
        (n > SHOWN_MAX).then(
            || view! { <p class="meta">{format!("and {} more", thousands(n - SHOWN_MAX))}</p> },
        )
    };
    view! {
        {parts::notice(tone, said)}
        {(bad > 0).then(|| view! {
            <section class="panel" id="wrong"><header><h2>"Lines that cannot be sent " <span class="n">{bad}</span></h2></header>
                <div class="scroll" role="region" tabindex="0" aria-label="Lines that cannot be sent"><table class="rows stack"><thead><tr><th scope="col" class="num">"Line"</th><th scope="col">"Customer"</th><th scope="col">"What is wrong"</th></tr></thead><tbody>{wrong}</tbody></table></div>
                {more(bad)}
            </section>
        })}
        {(good > 0).then(|| view! {
            <details class="fold" open=bad == 0><summary><h2>"Lines that can be sent " <span class="n">{good}</span></h2></summary>
                <div class="scroll" role="region" tabindex="0" aria-label="Lines that can be sent"><table class="rows stack"><thead><tr><th scope="col" class="num">"Line"</th><th scope="col">"Customer"</th>{heads}</tr></thead><tbody>{right}</tbody></table></div>
                {more(good)}
            </details>
        })}
    }
}

fn who(who: Who) -> impl IntoView {
    view! { <td class="num" data-label="Line">{who.line}</td><th scope="row"><bdi>{who.name}</bdi>" "<span class="ref">{who.reference}</span></th> }
}

fn wrong_line(line: Wrong) -> impl IntoView {
    let why: Vec<_> = line
        .why
        .into_iter()
        .map(|(place, message)| view! { <li><b>{place}</b>": "{message}</li> })
        .collect();
    view! { <tr>{who(line.who)}<td data-label="Wrong"><ul class="plain">{why}</ul></td></tr> }
}

fn right_line(words: &'static TableWords, line: Right) -> impl IntoView {
    let cells: Vec<_> = words
        .shown
        .iter()
        .zip(line.cells)
        .map(|(head, cell)| view! { <td data-label=*head><bdi>{cell}</bdi></td> })
        .collect();
    view! { <tr>{who(line.who)}{cells}</tr> }
}
