//! One's own second factor: what stands on the account's page, setting it up, and the recovery
//! codes, which are shown once.

use super::super::{
    AppError, Asked, Ctx, Page, Shown, flash,
    parts::{self, Field},
};
use casework::people::factor::{self, Offer, Standing};
use leptos::prelude::*;
use qrcode::{QrCode, render::svg};

const LABELS: &[(&str, &str)] = &[("factor", "Code")];

/// What the account's page says of it.
pub fn panel(standing: Option<Standing>) -> impl IntoView {
    let inside = match standing {
        None => view! {
            <p>"You sign in with your password alone. With a second factor you also need a code from an app on your telephone, so that a stolen password opens nothing by itself."</p>
            <div class="actions"><a class="btn" href="/account/factor">"Set up a second factor"</a></div>
        }
        .into_any(),
        Some(standing) => {
            let left = match standing.recovery_left {
                0 => "No recovery code is left. Make new ones while you have your telephone.".to_owned(),
                1 => "One recovery code is left. Make new ones while you have your telephone.".to_owned(),
                n => format!("{n} recovery codes are left."),
            };
            view! {
                <p>"On since " {parts::stamp(standing.since)} ": signing in takes your password and a code from your telephone. " {left}</p>
                <div class="actions">
                    <form method="post" action="/api/account/factor/codes"><button class="btn">"Make new recovery codes"</button></form>
                    <form method="post" action="/api/account/factor/remove"><button class="btn">"Remove the second factor"</button></form>
                </div>
            }
            .into_any()
        }
    };
    view! { <section class="panel" id="factor-panel"><header><h2>"Second factor"</h2></header>{inside}</section> }
}

/// # Errors
/// The database.
pub async fn setting_up(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let caller = ctx.caller()?.clone();
    if factor::standing(&ctx.work, &caller.id).await?.is_some() {
        return Ok(Page::Redirect("/account".into()));
    }
    let form = asked.refused(&ctx).await?.unwrap_or_default();
    let refused = !form.is_clean();
    let offer = factor::offered(&ctx.work, &caller).await?;
    let must = ctx.must_enrol();
    let view = move || {
        let step = match offer {
            None => view! {
                <p>"You need an app on your telephone that makes time-based codes (TOTP): an authenticator app, or most password managers."</p>
                <form method="post" action="/api/account/factor/offer"><button class="btn primary">"Show the key"</button></form>
            }
            .into_any(),
            Some(offer) => view! {
                {key(&offer)}
                <form class="form" method="post" action="/api/account/factor/confirm" novalidate>
                    {Field::secret("factor", "Code").legible().required().hint("The six digits that the app shows now").autocomplete("one-time-code").maxlength("40").width("medium").show(&form)}
                    <div class="actions"><button class="btn primary">"Turn it on"</button></div>
                </form>
                <form method="post" action="/api/account/factor/offer"><button class="btn quiet">"Show another key"</button></form>
            }
            .into_any(),
        };
        view! {
            <header class="page-head"><div><h1>"Set up a second factor"</h1></div></header>
            {must.then(|| parts::notice("attention", "Your role needs a second factor. Set it up first; until then you can open nothing else here."))}
            {parts::refusals(&form, LABELS)}
            {step}
        }
        .into_any()
    };
    Ok(flash::with_flash(
        Shown::new("Set up a second factor", view).class("narrow").refused(refused),
        &asked,
    )
    .into())
}

/// The key for the app: as a picture for its camera, and as text.
fn key(offer: &Offer) -> impl IntoView + use<> {
    view! {
        <p>"Scan the picture with the app, or type the key into it; then give the code that the app shows. Whoever has the key can make your codes, so show it to nobody. It is void after 15 minutes unless you turn the second factor on."</p>
        {picture(&offer.address)}
        <dl class="facts">
            <div><dt>"Key"</dt><dd>{parts::copyable(offer.secret.clone())}</dd></div>
            <div><dt>"Address"</dt><dd>{parts::copyable(offer.address.to_string())}</dd></div>
        </dl>
    }
}

fn picture(address: &str) -> Option<AnyView> {
    let code = QrCode::new(address.as_bytes()).ok()?;
    let drawn = code
        .render::<svg::Color<'_>>()
        .min_dimensions(220, 220)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .build();
    // The renderer's own document, without its XML head: an element of the page.
    let drawn = drawn.find("<svg").map(|at| drawn[at..].to_owned())?;
    Some(view! { <figure class="qr"><div role="img" aria-label="QR code of the key" inner_html=drawn></div><figcaption class="meta">"For the camera of your telephone"</figcaption></figure> }.into_any())
}

/// The recovery codes, once. The page has no address of its own.
pub fn recovery(codes: Vec<String>, is_new: bool) -> Shown {
    let view = move || {
        let heading = if is_new { "The second factor is on" } else { "New recovery codes" };
        let list: Vec<_> =
            codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect();
        view! {
            <header class="page-head"><div><h1>{heading}</h1></div></header>
            <p>"With your password, each of these codes lets you in once if you lose your telephone. Print them or write them down, and keep them away from it. They are shown only now: the desk itself cannot show them again. Codes that you had before no longer work."</p>
            <ul class="codes" aria-label="Recovery codes">{list}</ul>
            <div class="actions"><a class="btn primary" href="/">"I have kept them"</a></div>
        }
        .into_any()
    };
    Shown::new("Recovery codes", view).class("narrow")
}
