//! Provider accounts: add, change, test, replace credentials. A credential is never shown again.

use super::super::{
    AppError, Asked, Ctx, Page, Shown, home,
    parts::{self, Field},
};
use casework::connections::Known;
use domain::fields::Refused;
use leptos::prelude::*;

const LABELS: &[(&str, &str)] = &[
    ("name", "Name"),
    ("provider", "Provider"),
    ("base_url", "Base address"),
    ("token_url", "Token address"),
    ("search_settings", "Search settings"),
    ("allow_private", "Private addresses"),
    ("secret", "API token"),
];

/// # Errors
/// The database.
pub async fn list(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let known = casework::connections::list(&ctx.work).await?;
    let form = asked.refused(&ctx).await?;
    let adding = form.is_some() || known.is_empty();
    let refused = form.as_ref().is_some_and(|f| !f.is_clean());
    let form = form
        .unwrap_or_else(|| Refused::of([("base_url", "https://external-api.kryptogo.com"), ("search_settings", "1 = Precise\n2 = Fuzzy")]));
    let test = test_words(&asked);
    let view = move || {
        let rows: Vec<_> = known.into_iter().map(row).collect();
        let empty = rows.is_empty();
        view! {
            <header class="page-head"><div><h1>"Connections"</h1><p class="meta">"Accounts at providers. Their credentials are sealed and never shown again."</p></div></header>
            {test.map(|(tone, words)| parts::notice(tone, words))}
            {(!empty).then(|| view! { <div class="table-wrap"><table class="rows stack"><caption class="sr">"Connections"</caption>
                <thead><tr><th scope="col">"Name"</th><th scope="col">"Provider"</th><th scope="col">"Base address"</th><th scope="col">"State"</th><th scope="col">"API token"</th><th scope="col" class="c-do">"Actions"</th></tr></thead>
                <tbody>{rows}</tbody></table></div> })}
            <details class="fold" open=adding id="add"><summary><h2>"Add a connection"</h2></summary>{fields(&form, None, true)}</details>
        }
        .into_any()
    };
    Ok(home::with_flash(Shown::new("Connections", view).refused(refused), &asked).into())
}

fn token_words(hint: &str) -> String {
    if hint.is_empty() { "sealed".into() } else { format!("sealed, ends in {hint}") }
}

fn row(k: Known) -> impl IntoView {
    let active = k.connection.is_active();
    let id = k.connection.id.clone();
    view! {
        <tr>
            <th scope="row"><a href=format!("/admin/connections/{id}")><bdi>{k.connection.name.clone()}</bdi></a></th>
            <td data-label="Provider">"KryptoGO"</td>
            <td data-label="Base address"><code>{k.connection.base_url.clone()}</code></td>
            <td data-label="State"><span class="tag" data-tone=if active { "good" } else { "neutral" }>{if active { "active" } else { "disabled" }}</span></td>
            <td data-label="API token">{token_words(&k.hint)}" "<span class="meta">{parts::stamp(k.replaced_at)}{k.replaced_by.clone().map(|by| format!(" by {by}"))}</span></td>
            <td class="c-do"><div class="actions">{test_form(&id)}<a class="btn quiet" href=format!("/admin/connections/{id}")>"Change"</a></div></td>
        </tr>
    }
}

fn test_form(id: &str) -> impl IntoView + use<> {
    view! { <form method="post" action="/api/admin/connections/test"><input type="hidden" name="connection" value=id.to_owned()/><button class="btn">"Test"</button></form> }
}

/// The answer to a test travels as a refused form's text: it may name addresses, so it stays out of the URL.
fn test_words(asked: &Asked) -> Option<(&'static str, String)> {
    match asked.query("test") {
        "ok" => Some(("good", "The provider answered and accepted the API token.".into())),
        "failed" => Some(("danger", "The test failed; the reason stands on the connection's page.".into())),
        _ => None,
    }
}

/// # Errors
/// Unknown, or the database.
pub async fn connection(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let id = asked.param("id").to_owned();
    let known = casework::connections::list(&ctx.work).await?.into_iter().find(|k| k.connection.id == id).ok_or(AppError::NotFound)?;
    let form = asked.refused(&ctx).await?;
    let tested = form.as_ref().and_then(|f| f.error("test")).map(str::to_owned);
    let refused = form.as_ref().is_some_and(|f| !f.is_clean() && tested.is_none());
    let form = form.filter(|_| tested.is_none()).unwrap_or_else(|| typed(&known));
    let ok = test_words(&asked).filter(|(tone, _)| *tone == "good");
    let title = known.connection.name.clone();
    let view = move || {
        let active = known.connection.is_active();
        view! {
            <header class="page-head"><div><p class="meta"><a href="/admin/connections">"‹ Connections"</a></p><h1><bdi>{known.connection.name.clone()}</bdi></h1></div><div class="actions">{test_form(&id)}</div></header>
            {ok.map(|(tone, words)| parts::notice(tone, words))}
            {tested.map(|t| parts::notice("danger", t))}
            <dl class="facts">{parts::fact("API token", token_words(&known.hint))}<div><dt>"Replaced"</dt><dd>{parts::stamp(known.replaced_at)}{known.replaced_by.clone().map(|by| format!(" by {by}"))}</dd></div><div><dt>"Id"</dt><dd>{parts::copyable(id.clone())}</dd></div></dl>
            {fields(&form, Some(id.clone()), active)}
        }
        .into_any()
    };
    Ok(home::with_flash(Shown::new(title, view).class("narrow").refused(refused), &asked).into())
}

fn typed(k: &Known) -> Refused {
    let settings: Vec<String> = k.options.search_settings.iter().map(|(n, name)| format!("{n} = {name}")).collect();
    Refused::of([
        ("name", &k.connection.name),
        ("base_url", &k.connection.base_url),
        ("token_url", k.connection.token_url.as_deref().unwrap_or_default()),
        ("search_settings", &settings.join("\n")),
        ("allow_private", if k.connection.allow_private != 0 { "1" } else { "" }),
    ])
}

fn fields(form: &Refused, id: Option<String>, active: bool) -> impl IntoView + use<> {
    let settings = form.value("search_settings").to_owned();
    let wrong = form.error("search_settings").is_some();
    let textarea = view! { <textarea id="search_settings" name="search_settings" rows="4" aria-invalid=wrong.then_some("true") aria-describedby=parts::described("search_settings", true)>{settings}</textarea> };
    let private = form.value("allow_private") == "1";
    let new = id.is_none();
    let secret_hint = if new {
        "The value of the GOFACT-API-TOKEN header. It is sealed and never shown again."
    } else {
        "Leave empty to keep the stored one. A new one replaces it at once."
    };
    view! {
        <form class="form" method="post" action="/api/admin/connections/save" novalidate>
            {parts::refusals(form, LABELS)}
            <input type="hidden" name="connection" value=id.unwrap_or_default()/>
            <input type="hidden" name="provider" value="kryptogo"/>
            <div class="fields">
                {Field::text("name", "Name").required().hint("As colleagues choose it").maxlength("80").show(form)}
                {Field::text("base_url", "Base address").required().hint("KryptoGO: https://external-api.kryptogo.com").maxlength("300").show(form)}
            </div>
            {parts::field("search_settings", "Search settings", true, Some("One a line: the number KryptoGO gives it, an equals sign, and a name"), None, form, textarea.into_any())}
            {Field::text("secret", "API token").kind("password").hint(secret_hint).autocomplete("new-password").maxlength("8192").show(form)}
            <ul class="ticks">
                <li><label><input type="checkbox" name="allow_private" value="1" checked=private/>" Allow private addresses and http (for the sandbox only)"</label></li>
                {(!new).then(|| view! { <li><label><input type="checkbox" name="active" value="1" checked=active/>" Active: checks can be launched on it"</label></li> })}
            </ul>
            <div class="actions"><button class="btn primary">{if new { "Add connection" } else { "Save" }}</button></div>
        </form>
    }
}
