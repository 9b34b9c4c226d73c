//! The frame around every page: head, top bar, warnings, foot.

use super::{Ctx, Shown, parts, visible::made_visible};
use crate::islands::Desk;
use domain::people::{Permission, initials};
use leptos::{nonce::Nonce, prelude::*, reactive::owner::Owner};
use std::sync::Arc;

impl Shown {
    /// Renders the whole document. What its texts hide is made visible.
    #[must_use]
    pub fn render(self, ctx: &Ctx) -> String {
        let owner =
            Owner::new_root(Some(Arc::new(hydration_context::SsrSharedContext::new_islands())));
        let html = owner.with(|| {
            if let Some(shared) = Owner::current_shared_context() {
                shared.set_is_hydrating(false);
            }
            provide_context(Nonce::from_value(ctx.nonce.as_str()));
            document(ctx, self).to_html()
        });
        owner.unset_with_forced_cleanup();
        made_visible(html)
    }
}

fn document(ctx: &Ctx, page: Shown) -> impl IntoView + use<> {
    let theme = ctx.signed_in.as_ref().map(|s| s.theme.clone()).filter(|t| t != "system");
    let density = ctx.signed_in.as_ref().map(|s| s.density.clone()).filter(|d| d == "comfortable");
    let idle = ctx
        .signed_in
        .as_ref()
        .map(|s| (casework::people::IDLE_TIME.min(s.ends_at - ctx.now())).max(0).to_string());
    let ends = ctx.signed_in.as_ref().map(|s| (s.ends_at - ctx.now()).max(0).to_string());
    let (touched, every) =
        page.refresh.map_or((None, None), |(t, e)| (Some(t.to_string()), Some(e.to_string())));
    let assets = ctx.assets.clone();
    let nonce = Nonce::from_value(ctx.nonce.as_str());
    let wake = wake_script(&assets.js, &assets.wasm);
    let class = Some(page.class).filter(|c| !c.is_empty());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme data-density=density>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <title>{format!("{} · Probity", page.title)}</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=assets.css.clone()/>
                <script type="module" nonce=nonce inner_html=wake></script>
            </head>
            <body data-idle=idle data-ends=ends>
                <a class="skip" href="#main">"Skip to content"</a>
                {top_bar(ctx)}
                <div class="idle" role="alert" hidden data-idle-bar>
                    <p><strong data-idle-words></strong>" What you typed is kept on this page."</p>
                    <button class="btn" type="button" data-idle-stay>"Stay signed in"</button>
                    <a class="btn" href="/login?again=1" target="_blank" rel="noopener" hidden data-idle-again>"Sign in in a new tab"</a>
                </div>
                {page.flash.map(|words| view! { <p class="flash" role="status" data-tone="good">{words}</p> })}
                <main id="main" class=class tabindex="-1" data-touched=touched data-refresh=every>
                    {(page.view)()}
                </main>
                <footer class="foot"><span>"Probity " {env!("CARGO_PKG_VERSION")}</span><a href="/keys">"Keys " <kbd>"?"</kbd></a></footer>
                <Desk/>
            </body>
        </html>
    }
}

/// Loads the browser half and wakes the islands. Without it every page still works.
fn wake_script(js: &str, wasm: &str) -> String {
    if js.is_empty() {
        return String::new();
    }
    format!(
        "import(\"{js}\").then(async m=>{{await m.default({{module_or_path:\"{wasm}\"}});m.hydrate();\
         for(const e of document.querySelectorAll(\"leptos-island\"))m[e.dataset.component]?.(e);document.documentElement.dataset.awake=\"\"}})"
    )
}

fn top_bar(ctx: &Ctx) -> impl IntoView + use<> {
    let Some(signed_in) = ctx.signed_in.clone() else {
        return view! { <header class="top"><a class="brand" href="/">"Probity"</a></header> }
            .into_any();
    };
    let path = ctx.path.clone();
    let may = |permission| ctx.may(permission);
    let mut links: Vec<(&'static str, &'static str)> = Vec::new();
    let mut add = |allowed: bool, href, words| {
        if allowed {
            links.push((href, words));
        }
    };
    add(may(Permission::ViewChecks), "/checks", "Checks");
    add(may(Permission::ViewChecks), "/customers", "Customers");
    add(may(Permission::ViewDecisions), "/decisions", "Decisions");
    add(may(Permission::ChangePolicies), "/policies", "Policies");
    add(may(Permission::LeadTeam), "/team", "Team");
    add(may(Permission::ViewJournal), "/journal", "Journal");
    add(may(Permission::ConfirmRoles), "/roles", "Roles");
    add(may(Permission::ManagePeople), "/admin/people", "People");
    add(may(Permission::ManagePeople), "/admin/sessions", "Sessions");
    add(may(Permission::ManageConnections), "/admin/connections", "Connections");
    add(may(Permission::ManageDeliveries), "/admin/deliveries", "Deliveries");
    add(may(Permission::ManageDeliveries), "/admin/callbacks", "Callbacks");
    let links: Vec<_> = links
        .into_iter()
        .map(|(href, words)| {
            let here =
                path == href || path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'));
            view! { <a href=href aria-current=here.then_some("page")>{words}</a> }
        })
        .collect();
    let search = may(Permission::ViewChecks).then(|| {
        view! {
            <form class="search" role="search" method="get" action="/checks">
                <input type="hidden" name="tab" value="all"/>
                <input type="hidden" name="go" value="1"/>
                <label class="sr" for="find">"Search checks"</label>
                <input id="find" name="q" type="search" placeholder="Name, reference or id" aria-keyshortcuts="/" maxlength="200"/>
                <kbd aria-hidden="true">"/"</kbd>
            </form>
        }
    });
    let reads_policy = !may(Permission::ChangePolicies);
    let name = signed_in.caller.name.clone();
    view! {
        <header class="top">
            <a class="brand" href="/">"Probity"</a>
            <nav aria-label="Main">{links}</nav>
            {search}
            <details class="menu" data-side="end">
                <summary><span class="person"><span class="disc" aria-hidden="true">{initials(&name)}</span><bdi>{name}</bdi></span></summary>
                <div class="menu-items">
                    <p class="meta">{signed_in.caller.role.label()}</p>
                    <a href="/account">"Account"</a>
                    {reads_policy.then(|| view! { <a href="/policies">"Policy in force"</a> })}
                    <a href="/keys">"Keys " <kbd>"?"</kbd></a>
                    <hr/>
                    <form method="post" action="/api/session/end"><button>"Sign out"</button></form>
                </div>
            </details>
        </header>
    }
    .into_any()
}

/// A page that only says what happened and what to do next.
#[must_use]
pub fn blank(ctx: &Ctx, error: &super::AppError) -> Shown {
    let (heading, sentence) = error.words();
    let (kind, show_id) = match error {
        super::AppError::Forbidden(_)
        | super::AppError::Waiting
        | super::AppError::Foreign
        | super::AppError::SignedOut
        | super::AppError::FactorNeeded => ("denied", false),
        super::AppError::Refused(_) => ("stale", false),
        super::AppError::NotFound => ("missing", true),
        _ => ("error", true),
    };
    let request_id = ctx.request_id.clone();
    let signed_out = matches!(error, super::AppError::SignedOut);
    let status = error.status();
    Shown::new(heading, move || {
        view! {
            <section class="blank" data-blank=kind>
                <h1>{heading}</h1>
                <p>{sentence}</p>
                <div class="actions">
                    {if signed_out { parts::link_button("/login", "Sign in", true).into_any() } else { parts::link_button("/", "Go to the start page", false).into_any() }}
                </div>
                {show_id.then(|| view! { <p class="meta">"Request " <code>{request_id}</code></p> })}
            </section>
        }
        .into_any()
    })
    .status(status)
}
