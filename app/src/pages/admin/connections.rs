//! Provider accounts: add, change, test, replace credentials. A credential is never shown again.

use super::{
    super::{
        AppError, Asked, Ctx, Page, Shown,
        area::Area,
        flash, inspection,
        parts::{self, Field},
    },
    webhooks,
};
use casework::{
    connections::Known,
    outbox::Down,
    providers::{Networks, camara, solaris},
};
use domain::{
    checks::Kind,
    connections::{ProofKind, Provider, TokenFlow},
    fields::Refused,
    number_match::Version,
};
use leptos::prelude::*;

/// In the form's values: the credential was removed, and the connection waits for another one.
const WAITS: &str = "waits_for_secret";
/// Beside a credential that is there.
const KEEPS: &str = "Leave empty to keep the stored one. A new one replaces it at once. When scheme, host or port of an address, the proof or the client id changes, the stored one is removed.";
/// Beside one that was removed.
const REMOVED: &str = "The stored one was removed, because an address leads to another host than the one it was given for, or the proof or the client id is another one. Until you give the one that belongs to them, nothing is sent.";

const LABELS: &[(&str, &str)] = &[
    ("name", "Name"),
    ("provider", "Provider"),
    ("base_url", "Base address"),
    ("token_url", "Token address"),
    ("search_settings", "Search settings"),
    ("allow_private", "Private addresses"),
    ("secret", "Credential"),
    ("private_key", "Private key"),
    ("per_second", "Calls a second"),
    ("version", "Version"),
    ("flow", "Access tokens"),
    ("proof", "Proof"),
    ("client_id", "Client id"),
    ("key_id", "Key id"),
    ("authorize_url", "Authorize address"),
    ("scope", "Scope"),
];

/// # Errors
/// The database.
pub async fn list(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let known = casework::connections::list(&ctx.work).await?;
    let form = asked.refused(&ctx).await?;
    let adding = form.is_some() || known.is_empty();
    let refused = form.as_ref().is_some_and(|f| !f.is_clean());
    let form = form.unwrap_or_else(|| {
        Refused::of([
            ("provider", Provider::Kryptogo.code()),
            ("search_settings", "1 = Precise\n2 = Fuzzy"),
        ])
    });
    let test = test_words(&asked, None);
    let (damage, now) = (inspection::alarming(&ctx).await?, ctx.now());
    let known: Vec<_> =
        known.into_iter().map(|k| (ctx.work.breakers.down(&k.connection.id), k)).collect();
    let private = ctx.work.private.clone();
    let view = move || {
        let rows: Vec<_> = known.into_iter().map(|(down, k)| row(k, down)).collect();
        let empty = rows.is_empty();
        view! {
            <header class="page-head"><div><h1>"Connections"</h1><p class="meta">"Accounts at providers. Their credentials are sealed and never shown again."</p></div></header>
            {inspection::alarm(damage, false, now)}
            {test.map(|(tone, words)| parts::notice(tone, words))}
            {(!empty).then(|| view! { <div class="table-wrap"><table class="rows stack"><caption class="sr">"Connections"</caption>
                <thead><tr><th scope="col">"Name"</th><th scope="col">"Provider"</th><th scope="col">"Base address"</th><th scope="col">"State"</th><th scope="col">"Credential"</th><th scope="col" class="c-do">"Actions"</th></tr></thead>
                <tbody>{rows}</tbody></table></div> })}
            <details class="fold" open=adding id="add"><summary><h2>"Add a connection"</h2></summary>{fields(&form, None, true, &private)}</details>
        }
        .into_any()
    };
    Ok(flash::with_flash(Shown::new("Connections", view).refused(refused), &asked).into())
}

fn provider_of(k: &Known) -> Provider {
    Provider::parse(&k.connection.provider).unwrap_or(Provider::Kryptogo)
}

/// What the credential of a connection is called: an operator's is a secret or a key.
fn credential(k: &Known) -> &'static str {
    match (provider_of(k), k.options.operator.as_ref().map(|o| o.proof)) {
        (_, Some(ProofKind::Secret)) => "client secret",
        (_, Some(ProofKind::Key)) => "private key",
        (provider, None) => provider.credential(),
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn token_words(hint: &str) -> String {
    if hint.is_empty() { "sealed".into() } else { format!("sealed, ends in {hint}") }
}

/// Whether a connection has its credential, and since when.
fn held(k: &Known) -> AnyView {
    if k.options.waits_for_secret {
        return view! { <span class="tag" data-tone="attention" data-needs="person">"removed"</span>" "<span class="meta">"An address, the proof or the client id changed. It waits for the one that belongs to them."</span> }.into_any();
    }
    view! { {token_words(&k.hint)}" "<span class="meta">{parts::stamp(k.replaced_at)}{k.replaced_by.clone().map(|by| format!(" by {by}"))}</span> }.into_any()
}

fn row(k: Known, down: Option<Down>) -> impl IntoView {
    let active = k.connection.is_active();
    let id = k.connection.id.clone();
    let provider = provider_of(&k);
    view! {
        <tr>
            <th scope="row"><a href=format!("/admin/connections/{id}")><bdi>{k.connection.name.clone()}</bdi></a></th>
            <td data-label="Provider">{provider.label()}</td>
            <td data-label="Base address"><code>{k.connection.base_url.clone()}</code></td>
            <td data-label="State"><span class="tag" data-tone=if active { "good" } else { "neutral" }>{if active { "active" } else { "disabled" }}</span>{down.map(|down| view! { " "<span class="tag" data-tone="danger">"out of reach"</span>" "<span class="meta">"since "{parts::stamp(down.since)}</span> })}</td>
            <td data-label="Credential"><span class="keep">{capital(credential(&k))}</span>": "{held(&k)}</td>
            <td class="c-do"><div class="actions">{test_form(&id)}<a class="btn quiet" href=format!("/admin/connections/{id}")>"Change"</a></div></td>
        </tr>
    }
}

fn test_form(id: &str) -> impl IntoView + use<> {
    view! { <form method="post" action="/api/admin/connections/test"><input type="hidden" name="connection" value=id.to_owned()/><button class="btn">"Test"</button></form> }
}

/// The answer to a test travels as a refused form's text: it may name addresses, so it stays out of
/// the URL.
fn test_words(asked: &Asked, credential: Option<&str>) -> Option<(&'static str, String)> {
    match asked.query("test") {
        "ok" => Some((
            "good",
            format!(
                "The provider answered and accepted the {}.",
                credential.unwrap_or("credential")
            ),
        )),
        "failed" => {
            Some(("danger", "The test failed; the reason stands on the connection's page.".into()))
        }
        _ => None,
    }
}

/// # Errors
/// Unknown, or the database.
pub async fn connection(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let id = asked.param("id").to_owned();
    let known = casework::connections::list(&ctx.work)
        .await?
        .into_iter()
        .find(|k| k.connection.id == id)
        .ok_or(AppError::NotFound)?;
    let form = asked.refused(&ctx).await?;
    let tested = form.as_ref().and_then(|f| f.error("test")).map(str::to_owned);
    let refused = form.as_ref().is_some_and(|f| !f.is_clean() && tested.is_none());
    let about_webhooks = form.clone().filter(webhooks::is_about);
    let form = form
        .filter(|_| tested.is_none() && about_webhooks.is_none())
        .unwrap_or_else(|| typed(&known));
    let form = if known.options.waits_for_secret { waiting(form) } else { form };
    let webhooks = match provider_of(&known) {
        Provider::Solaris => Some(webhooks::Section {
            list: casework::webhooks::list(&ctx.work, &id.as_str().into()).await?,
            refused: ctx.work.refusals.of(&id),
            connection: id.clone(),
            form: about_webhooks.unwrap_or_default(),
            now: ctx.now(),
        }),
        _ => None,
    };
    let ok = test_words(&asked, Some(credential(&known))).filter(|(tone, _)| *tone == "good");
    let title = known.connection.name.clone();
    let private = ctx.work.private.clone();
    let down = ctx.work.breakers.down(&id);
    let view = move || {
        let active = known.connection.is_active();
        view! {
            <header class="page-head"><div><p class="meta"><a href="/admin/connections">"‹ Connections"</a></p><h1><bdi>{known.connection.name.clone()}</bdi></h1></div><div class="actions">{test_form(&id)}</div></header>
            {down.map(|down| view! { <p class="meta">"This provider has been out of reach since "{parts::stamp(down.since)}". What is owed to it waits; one call at a time asks whether it is back. A test that succeeds lets everything go on at once."</p> })}
            {ok.map(|(tone, words)| parts::notice(tone, words))}
            {tested.map(|t| parts::notice("danger", t))}
            <dl class="facts">{parts::fact("Provider", provider_of(&known).label())}<div><dt>{capital(credential(&known))}</dt><dd>{held(&known)}</dd></div><div><dt>"Id"</dt><dd>{parts::copyable(id.clone())}</dd></div></dl>
            {fields(&form, Some(id.clone()), active, &private)}
            {webhooks.map(webhooks::Section::show)}
        }
        .into_any()
    };
    Ok(flash::with_flash(Shown::new(title, view).class("narrow").refused(refused), &asked).into())
}

fn waiting(mut form: Refused) -> Refused {
    form.values.insert(WAITS.into(), "1".into());
    form
}

fn typed(k: &Known) -> Refused {
    let settings: Vec<String> =
        k.options.search_settings.iter().map(|(n, name)| format!("{n} = {name}")).collect();
    let per_second = k.options.per_second.map(|n| n.to_string()).unwrap_or_default();
    let mut form = Refused::of([
        ("provider", k.connection.provider.as_str()),
        ("per_second", &per_second),
        ("name", &k.connection.name),
        ("base_url", &k.connection.base_url),
        ("token_url", k.connection.token_url.as_deref().unwrap_or_default()),
        ("search_settings", &settings.join("\n")),
        ("allow_private", if k.connection.allow_private != 0 { "1" } else { "" }),
    ]);
    if let Some(operator) = &k.options.operator {
        // What is the usual thing stays empty, so that it follows when something else is chosen.
        let beside = k.connection.token_url.as_deref().and_then(camara::authorize_url_beside);
        let authorize_url = Some(operator.authorize_url.as_str())
            .filter(|url| beside.as_deref() != Some(*url))
            .unwrap_or_default();
        let usual = if operator.flow == TokenFlow::Ciba {
            camara::SCOPE_TELEFONICA
        } else {
            camara::SCOPE_PROFILE
        };
        let scope =
            Some(operator.scope.as_str()).filter(|scope| *scope != usual).unwrap_or_default();
        let own = Refused::of([
            ("version", operator.version.code()),
            ("flow", operator.flow.code()),
            ("proof", operator.proof.code()),
            ("client_id", &operator.client_id),
            ("key_id", &operator.key_id),
            ("authorize_url", authorize_url),
            ("scope", scope),
        ]);
        form.values.extend(own.values);
    }
    if let Some(partner) = &k.options.partner {
        let scope = Some(partner.scope.as_str())
            .filter(|scope| *scope != solaris::SCOPE)
            .unwrap_or_default();
        form.values.extend(
            Refused::of([("client_id", partner.client_id.as_str()), ("scope", scope)]).values,
        );
    }
    form
}

fn fields(
    form: &Refused,
    id: Option<String>,
    active: bool,
    networks: &Networks,
) -> impl IntoView + use<> {
    let form = &placed(form);
    let new = id.is_none();
    let provider = Provider::parse(form.value("provider"));
    view! {
        <form class="form" method="post" action="/api/admin/connections/save" novalidate data-launch>
            {parts::refusals(form, LABELS)}
            <input type="hidden" name="connection" value=id.unwrap_or_default()/>
            {if new { choices(form).into_any() } else { view! { <input type="hidden" name="provider" value=form.value("provider").to_owned()/> }.into_any() }}
            {Field::text("name", "Name").required().hint("As colleagues choose it").maxlength("80").show(form)}
            {Field::text("base_url", "Base address").required().hint(base_hint(provider.filter(|_| !new))).maxlength("300").show(form)}
            {(new || provider == Some(Provider::Kryptogo)).then(|| kryptogo(form))}
            {(new || matches!(provider, Some(Provider::Camara | Provider::Solaris))).then(|| account(form, provider.filter(|_| !new)))}
            {(new || provider == Some(Provider::Camara)).then(|| operator(form, new))}
            {secret(form, provider.filter(|_| !new))}
            {Field::text("per_second", "Calls a second").hint("At most so many launches a second; empty is no limit. For providers that refuse what comes faster.").width("short").maxlength("5").show(form)}
            <ul class="ticks wide">
                {private(form, networks)}
                {(!new).then(|| view! { <li><label><input type="checkbox" name="active" value="1" checked=active/>" Active: checks can be launched on it"</label></li> })}
            </ul>
            <div class="actions"><button class="btn primary">{if new { "Add connection" } else { "Save" }}</button></div>
        </form>
    }
}

/// The tick that lets a connection into the private networks that the configuration names; nobody
/// can tick what it does not name. One that is ticked already can be cleared.
fn private(form: &Refused, networks: &Networks) -> AnyView {
    let is_ticked = form.value("allow_private") == "1";
    if networks.is_empty() && !is_ticked {
        return view! { <li class="hint">"Public addresses only: the configuration names no private network (PROBITY_ALLOWED_PRIVATE)."</li> }.into_any();
    }
    let named = if networks.is_empty() { "none".to_owned() } else { networks.to_string() };
    view! { <li><label><input type="checkbox" name="allow_private" value="1" checked=is_ticked/>{format!(" Allow private addresses, and http there, in the networks that the configuration names: {named}")}</label></li> }.into_any()
}

/// The form with the message about a credential beside the field that it is typed into.
fn placed(form: &Refused) -> Refused {
    let mut form = form.clone();
    if form.value("provider") == Provider::Camara.code()
        && form.value("proof") == ProofKind::Key.code()
        && let Some(message) = form.errors.remove("secret")
    {
        form.refuse("private_key", message);
    }
    form
}

const fn base_hint(provider: Option<Provider>) -> &'static str {
    match provider {
        Some(Provider::Kryptogo) => "In production https://external-api.kryptogo.com",
        Some(Provider::Camara) => "The operator's gateway, without /kyc-match/…",
        Some(Provider::Zignsec) => "In production https://api.zignsec.com",
        Some(Provider::Solaris) => "In production https://api.solarisbank.de",
        None => {
            "KryptoGO: https://external-api.kryptogo.com. ZignSec: https://api.zignsec.com. Solaris: https://api.solarisbank.de. An operator: as its console shows it."
        }
    }
}

/// The providers, as cards. What another provider needs is hidden by the style sheet; everything
/// works without.
fn choices(form: &Refused) -> impl IntoView + use<> {
    let chosen = form.value("provider").to_owned();
    let error = form.error("provider").map(str::to_owned);
    let clean = error.is_none();
    let cards: Vec<_> = Provider::ALL
        .iter()
        .map(|p| {
            let does = services_of(*p);
            let checked = p.code() == chosen;
            view! { <label class="choice"><input type="radio" name="provider" value=p.code() checked=checked/><span><b>{p.label()}</b>" "<span class="hint">{does}</span></span></label> }
        })
        .collect();
    view! {
        <fieldset>
            <legend>"Provider"</legend>
            <div class="choices" id="provider">{cards}</div>
            <p class="error" id="provider-error" hidden=clean>{error}</p>
        </fieldset>
    }
}

fn kryptogo(form: &Refused) -> impl IntoView + use<> {
    let settings = Area::named("search_settings", 4).of(form, true);
    view! {
        <fieldset data-for="kryptogo">
            <legend>"For KryptoGO"</legend>
            {parts::field("search_settings", "Search settings", true, Some("One a line: the number KryptoGO gives it, an equals sign, and a name"), None, form, settings.into_any())}
        </fieldset>
    }
}

/// Where access tokens are fetched and as whom; one input each for all who need it. Of a new
/// connection nobody knows yet.
fn account(form: &Refused, provider: Option<Provider>) -> impl IntoView + use<> {
    let address_hint = match provider {
        Some(Provider::Solaris) => {
            "Where access tokens are fetched: in production https://auth.solarisbank.de/oauth2/token"
        }
        Some(_) => {
            "Where access tokens are fetched, for example https://api.operator.example/token"
        }
        None => {
            "Where access tokens are fetched. Solaris: https://auth.solarisbank.de/oauth2/token. An operator: for example https://api.operator.example/token"
        }
    };
    let id_hint = match provider {
        Some(Provider::Solaris) => "As Solaris sent it",
        Some(_) => "As the operator's console shows it",
        None => "As Solaris sent it or the operator's console shows it",
    };
    view! {
        <fieldset data-for="camara solaris">
            <legend>"Access"</legend>
            {Field::text("token_url", "Token address").hint(address_hint).maxlength("300").show(form)}
            {Field::text("client_id", "Client id").hint(id_hint).maxlength("300").show(form)}
            {scope(form, provider)}
        </fieldset>
    }
}

fn operator(form: &Refused, new: bool) -> impl IntoView + use<> {
    let choose =
        |name: &'static str, label: &'static str, hint: &'static str, list: Vec<(&str, &str)>| {
            let options =
                list.into_iter().map(|(code, words)| (code.to_owned(), words.to_owned())).collect();
            let select = parts::select(name, options, form.value(name), form, true);
            parts::field(name, label, false, Some(hint), None, form, select)
        };
    let key_hint = if new {
        "The whole PEM file with its lines. It is sealed and never shown again."
    } else {
        kept_or_removed(form)
    };
    let key = Area::named("private_key", 5).secret().of(form, true);
    view! {
        <fieldset data-for="camara">
            <legend>"For mobile operators"</legend>
            {choose("version", "Version", "Which version of KYC Match the operator speaks", Version::ALL.iter().map(|v| (v.code(), v.label())).collect())}
            {choose("flow", "Access tokens", "How the operator gives them; its documentation says which", TokenFlow::ALL.iter().map(|f| (f.code(), f.label())).collect())}
            <div data-when-field="flow" data-when-value=TokenFlow::Ciba.code()>
                {Field::text("authorize_url", "Authorize address").hint("For CIBA only: …/bc-authorize. Empty: beside the token address.").maxlength("300").show(form)}
            </div>
            {choose("proof", "Proof", "How we prove who we are", ProofKind::ALL.iter().map(|p| (p.code(), p.label())).collect())}
            <div data-when-field="proof" data-when-value=ProofKind::Key.code()>
                {Field::text("key_id", "Key id").hint("Under which the operator has our public key; may be empty.").width("medium").maxlength("300").show(form)}
                {parts::field("private_key", "Private key", false, Some(key_hint), None, form, key.into_any())}
            </div>
        </fieldset>
    }
}

/// What a provider's services are called: "PID-CPR match, ROFUS".
fn services_of(provider: Provider) -> String {
    let mut names: Vec<String> = Vec::new();
    for kind in Kind::LAUNCHABLE.iter().filter(|kind| Provider::of(**kind) == Some(provider)) {
        let name = if names.is_empty() {
            kind.label().split(',').next().unwrap_or_default().to_owned()
        } else {
            kind.in_a_sentence()
        };
        if !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            names.push(name);
        }
    }
    names.join(", ")
}

/// The scope, with what is meant by none.
fn scope(form: &Refused, provider: Option<Provider>) -> impl IntoView + use<> {
    let (value, error) = (form.value("scope").to_owned(), form.error("scope").map(str::to_owned));
    let clean = error.is_none();
    let operators =
        format!("{} with CIBA, else {}", camara::SCOPE_TELEFONICA, camara::SCOPE_PROFILE);
    let hint = match provider {
        Some(Provider::Solaris) => format!("What access is asked for. Empty: {}.", solaris::SCOPE),
        Some(_) => format!(
            "What access is asked for, written for the number match; other services put their own permission in its place. Empty: {operators}."
        ),
        None => format!(
            "What access is asked for. Empty: at Solaris {}, at an operator {operators}.",
            solaris::SCOPE
        ),
    };
    view! {
        <div class="field">
            <label for="scope">"Scope"</label>
            <p class="hint" id="scope-hint">{hint}</p>
            <input id="scope" name="scope" value=value maxlength="300" autocomplete="off" spellcheck="false" aria-invalid=(!clean).then_some("true") aria-describedby=parts::described("scope", true)/>
            <p class="error" id="scope-error" hidden=clean>{error}</p>
        </div>
    }
}

fn kept_or_removed(form: &Refused) -> &'static str {
    if form.value(WAITS) == "1" { REMOVED } else { KEEPS }
}

/// The credential in one line. It is called as the provider calls it; of a new connection nobody
/// knows yet.
fn secret(form: &Refused, provider: Option<Provider>) -> impl IntoView + use<> {
    let (label, hint) = match provider {
        None => (
            "API token, access key or client secret",
            "KryptoGO's GOFACT-API-TOKEN, ZignSec's access key, or the client secret of Solaris or an operator. Sealed, and never shown again.",
        ),
        Some(Provider::Kryptogo) => ("API token", kept_or_removed(form)),
        Some(Provider::Camara | Provider::Solaris) => ("Client secret", kept_or_removed(form)),
        Some(Provider::Zignsec) => ("Access key", kept_or_removed(form)),
    };
    view! { <div class="one-line-secret">{Field::secret("secret", label).hint(hint).autocomplete("new-password").maxlength("8192").show(form)}</div> }
}
