//! Many number matches from one table: the form, what was read of it, and the button that launches.

use super::{
    super::{
        super::{
            AppError, Asked, Ctx, Page, Shown,
            forms::{go, show, with_query},
            home, parts,
            request::ctx,
        },
        launch::{Service, connection_field, services},
    },
    launch::Launchable,
};
use casework::{
    checks,
    instant::many::{self, LINES_MAX, Line, TABLE_MAX, Table},
};
use domain::{checks::Kind, fields::Refused, number_match::Attribute, people::Permission};
use leptos::{
    prelude::*,
    server_fn::codec::{MultipartData, MultipartFormData},
};

/// Where the page stands.
pub const ADDRESS: &str = "/checks/new/number/many";
/// Lines of each kind that the page shows; the rest is counted.
const SHOWN_MAX: usize = 100;

/// # Errors
/// The database.
pub async fn launch(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let connections = checks::review::launchable(&ctx.work, Kind::NumberMatch).await?;
    let form = asked.refused(&ctx).await?.unwrap_or_default();
    Ok(home::with_flash(page(connections, form, casework::new_id(), None), &asked).into())
}

/// A table to begin with.
///
/// # Errors
/// None.
pub async fn template(_ctx: Ctx, _asked: Asked) -> Result<Page, AppError> {
    Ok(Page::Bytes { bytes: many::template().into_bytes(), name: "number-matches.csv".into() })
}

/// What the form sends.
#[derive(Default)]
struct Sent {
    batch: String,
    connection: String,
    table: String,
    then: String,
}

impl Sent {
    /// A file that was chosen counts more than the text beside it.
    async fn of(data: MultipartData) -> Result<Self, AppError> {
        let mut parts = data.into_inner().ok_or(AppError::Unreadable)?;
        let (mut sent, mut file) = (Self::default(), None);
        while let Some(part) = parts.next_field().await.map_err(|_| AppError::Unreadable)? {
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(|_| AppError::Unreadable)?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            match name.as_str() {
                "batch" => sent.batch = text,
                "connection" => sent.connection = text,
                "table" => sent.table = text,
                "then" => sent.then = text,
                "file" if !text.trim().is_empty() => file = Some(text),
                _ => {}
            }
        }
        sent.table = file.unwrap_or(sent.table);
        Ok(sent)
    }
}

/// Looks at a table, or launches it. The answer is a page without an address: the table names people.
#[server(endpoint = "number/many", input = MultipartFormData)]
pub async fn many_number_matches(data: MultipartData) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::LaunchChecks)?.clone();
    let sent = Sent::of(data).await?;
    if !super::super::api::is_id(&sent.batch) {
        return Err(AppError::Unreadable);
    }
    let looked = match sent.then.as_str() {
        "launch" | "launch-good" => {
            let leave_out = sent.then == "launch-good";
            let launched = many::launch(&ctx.work, &caller, &ctx.actor(), &sent.batch, &sent.connection, &sent.table, leave_out).await;
            match launched {
                Ok(launched) => {
                    let pairs = [
                        ("tab", "running".to_owned()),
                        ("kind", Kind::NumberMatch.code().to_owned()),
                        ("done", "launched-many".to_owned()),
                        ("n", launched.launched.to_string()),
                    ];
                    go(&with_query("/checks", &pairs));
                    return Ok(());
                }
                Err(error) => Err(error),
            }
        }
        _ => many::look(&ctx.work, &sent.connection, &sent.table).await,
    };
    let mut form = Refused::of([("connection", &sent.connection), ("table", &sent.table)]);
    let table = match looked.map_err(AppError::from) {
        Ok(table) => Some(table),
        Err(AppError::Form(refused)) => {
            form.errors = refused.errors;
            many::look(&ctx.work, &sent.connection, &sent.table).await.ok()
        }
        Err(error) => return Err(error),
    };
    let connections = checks::review::launchable(&ctx.work, Kind::NumberMatch).await?;
    show(page(connections, form, sent.batch, table));
    Ok(())
}

fn page(connections: Launchable, mut form: Refused, batch: String, table: Option<Table>) -> Shown {
    if form.value("connection").is_empty()
        && let Some((first, _)) = connections.first()
    {
        form.values.insert("connection".into(), first.id.clone());
    }
    let refused = !form.is_clean();
    let view = move || {
        let body = if connections.is_empty() {
            parts::empty("No connection yet", "An admin has to add a connection to a mobile operator first.".into(), None).into_any()
        } else {
            body(&connections, &form, batch, table).into_any()
        };
        view! {
            <header class="page-head"><div><h1>"Many number matches"</h1><p class="meta">"From one table: each line becomes a check of its own"</p></div></header>
            {services(Service::AtOnce(Kind::NumberMatch), &Refused::default())}
            {body}
        }
        .into_any()
    };
    Shown::new("Many number matches", view).class("narrow").refused(refused)
}

fn body(connections: &Launchable, form: &Refused, batch: String, table: Option<Table>) -> impl IntoView + use<> {
    let text = form.value("table").to_owned();
    let wrong = form.error("table").is_some();
    let textarea = view! { <textarea id="table" name="table" rows="8" dir="auto" spellcheck="false" class="mono" aria-invalid=wrong.then_some("true") aria-describedby=parts::described("table", true)>{text}</textarea> };
    let hint = format!(
        "Comma, semicolon or tab between cells, at most {} lines and {} MB.",
        domain::fields::thousands(LINES_MAX),
        TABLE_MAX / 1024 / 1024
    );
    let buttons = table.as_ref().map(|t| (t.good(), t.bad()));
    view! {
        <form class="form" method="post" action="/api/number/many" enctype="multipart/form-data" novalidate>
            <input type="hidden" name="batch" value=batch/>
            {parts::refusals(form, &[("connection", "Connection"), ("table", "Table")])}
            {table.map(looked)}
            {connection_field(connections, form)}
            <div class="field">
                <label for="file">"File"</label>
                <p class="hint" id="file-hint">"A CSV file. "<a href="/checks/new/number/template">"Download a template"</a>" with all columns; only what is filled is asked."</p>
                <input id="file" name="file" type="file" accept=".csv,text/csv,text/plain" aria-describedby="file-hint"/>
            </div>
            {table_field(form, &hint, textarea.into_any())}
            <p class="will">"Nothing is sent before you launch. Launched lines leave at the pace that the connection allows; they go on after a restart, and none is sent twice. A line whose answer is lost becomes a failed check."</p>
            <div class="actions">{actions(buttons)}<a class="btn quiet" href="/checks">"Cancel"</a></div>
        </form>
    }
}

fn table_field(form: &Refused, hint: &str, textarea: AnyView) -> impl IntoView + use<> {
    let error = form.error("table").map(str::to_owned);
    let (clean, hint) = (error.is_none(), hint.to_owned());
    view! {
        <div class="field"><label for="table">"Or paste the table"</label>
            <p class="hint" id="table-hint">{hint}</p>
            {textarea}
            <p class="error" id="table-error" hidden=clean>{error}</p>
        </div>
    }
}

fn actions(lines: Option<(usize, usize)>) -> AnyView {
    let matches = |n: usize| if n == 1 { "1 number match".to_owned() } else { format!("{} number matches", domain::fields::thousands(n)) };
    match lines {
        None => view! { <button class="btn primary" name="then" value="look">"Look at the table"</button> }.into_any(),
        Some((0, _)) => view! { <button class="btn primary" name="then" value="look">"Look again"</button> }.into_any(),
        Some((good, 0)) => view! {
            <button class="btn primary" name="then" value="launch">{format!("Launch {}", matches(good))}</button>
            <button class="btn" name="then" value="look">"Look again"</button>
        }
        .into_any(),
        Some((good, bad)) => view! {
            <button class="btn primary" name="then" value="look">"Look again"</button>
            <button class="btn" name="then" value="launch-good">{format!("Leave {bad} out and launch {}", matches(good))}</button>
        }
        .into_any(),
    }
}

/// What was read: first what cannot be sent, with the reason beside each cause.
fn looked(table: Table) -> impl IntoView {
    let (good, bad, all) = (table.good(), table.bad(), table.lines.len());
    let tone = if bad == 0 { "good" } else { "attention" };
    let words = match bad {
        0 => format!("All {} lines can be sent. Nothing was launched yet.", domain::fields::thousands(all)),
        _ => format!(
            "{bad} of {} lines cannot be sent. Correct the table below, or leave them out. Nothing was launched.",
            domain::fields::thousands(all)
        ),
    };
    let (wrong, right): (Vec<Line>, Vec<Line>) = table.lines.into_iter().partition(|l| l.result.is_err());
    let wrong: Vec<_> = wrong.into_iter().take(SHOWN_MAX).map(wrong_line).collect();
    let right: Vec<_> = right.into_iter().take(SHOWN_MAX).map(right_line).collect();
    let more = |n: usize| (n > SHOWN_MAX).then(|| format!("and {} more", n - SHOWN_MAX));
    view! {
        {parts::notice(tone, words)}
        {(bad > 0).then(|| view! {
            <section class="panel" id="wrong"><header><h2>"Lines that cannot be sent " <span class="n">{bad}</span></h2></header>
                <div class="scroll" role="region" tabindex="0" aria-label="Lines that cannot be sent"><table class="rows stack"><thead><tr><th scope="col" class="num">"Line"</th><th scope="col">"Customer"</th><th scope="col">"What is wrong"</th></tr></thead><tbody>{wrong}</tbody></table></div>
                {more(bad).map(|m| view! { <p class="meta">{m}</p> })}
            </section>
        })}
        {(good > 0).then(|| view! {
            <details class="fold" open=bad == 0><summary><h2>"Lines that can be sent " <span class="n">{good}</span></h2></summary>
                <div class="scroll" role="region" tabindex="0" aria-label="Lines that can be sent"><table class="rows stack"><thead><tr><th scope="col" class="num">"Line"</th><th scope="col">"Customer"</th><th scope="col">"Number"</th><th scope="col">"Asked"</th></tr></thead><tbody>{right}</tbody></table></div>
                {more(good).map(|m| view! { <p class="meta">{m}</p> })}
            </details>
        })}
    }
}

fn who(line: &Line) -> impl IntoView + use<> {
    view! { <bdi>{line.form.name.clone()}</bdi>" "<span class="ref">{line.form.customer_reference.clone()}</span> }
}

fn wrong_line(line: Line) -> impl IntoView {
    let who = who(&line);
    let wrong: Vec<_> = line
        .result
        .err()
        .map(|refused| refused.errors)
        .unwrap_or_default()
        .into_iter()
        .map(|(field, message)| view! { <li><b>{label(&field)}</b>" "{message}</li> })
        .collect();
    view! { <tr><td class="num" data-label="Line">{line.number}</td><th scope="row">{who}</th><td data-label="Wrong"><ul class="plain">{wrong}</ul></td></tr> }
}

fn right_line(line: Line) -> impl IntoView {
    let who = who(&line);
    let asked: Vec<&str> =
        Attribute::ALL.iter().filter(|a| line.form.values.get(a.code()).is_some_and(|v| !v.trim().is_empty())).map(|a| a.label()).collect();
    view! { <tr><td class="num" data-label="Line">{line.number}</td><th scope="row">{who}</th><td data-label="Number"><code>{line.form.phone}</code></td><td data-label="Asked">{asked.join(", ")}</td></tr> }
}

/// The column that a message is about.
fn label(field: &str) -> String {
    match field {
        "" => "The line".into(),
        "customer_reference" => "Customer reference".into(),
        "name" => "Name".into(),
        "phone" => "Phone number".into(),
        other => {
            let attribute = Attribute::ALL.iter().find(|a| a.field() == other);
            attribute.map_or_else(|| other.to_owned(), |a| a.label().to_owned())
        }
    }
}
