//! The router: made from the pages' own table, so that nothing is reachable that nobody declared.

use crate::{
    callbacks, compress,
    guard::{self, Hosts, Number, Shared, context, html, permit, refresh, refuse, see_other},
    uploads::Turn,
    visitors,
};
use app::pages::{
    API, AppError, Asked, Assets, Ctx, Need, Page, ROUTES, Route,
    access::{STEP_UP, api_need, takes_table},
    area::Area,
    forms::PageSlot,
    people::step_up::{self, StepUp},
    said,
};
use axum::{
    Extension, Router,
    body::Body,
    extract::{RawPathParams, Request, State, rejection::RawPathParamsRejection},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use casework::{
    Work,
    people::{
        Sessions, SignedIn,
        factor::{self, Fresh},
    },
};
use domain::{
    fields::is_confidential,
    journal::{Action, Subject},
    people::Permission,
    queue::Filter,
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use http_body_util::BodyExt;
use serde_json::json;
use std::{net::SocketAddr, path::Path as FilePath, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};
use tower_sessions::{Expiry, Session, SessionManagerLayer, cookie::SameSite};

/// Forms are small; what is larger is refused with 413.
const FORM_MAX: usize = 256 * 1024;
/// The forms of those who are not signed in; what they type is short.
const DOORS: [&str; 4] = ["/api/session/start", "/api/session/code", "/api/setup", "/api/join"];
const DOOR_MAX: usize = 16 * 1024;
/// How long a form without pictures may take to come in.
const FORM_TIME: Duration = Duration::from_secs(30);
const SIGN_OUT: &str = "/api/session/end";
/// The form that brings pictures: four of 15 MB and what is typed.
const UPLOAD: &str = "/api/idv/launch";
const UPLOAD_MAX: usize = 62 * 1024 * 1024;
/// The form that brings one document.
const DOCUMENT: &str = "/api/video/upload";
const DOCUMENT_FORM_MAX: usize = app::pages::services::video::api::FILE_MAX + 1024 * 1024;
/// A table of 1 MB, once as a file and once as text, and what stands around it.
const TABLE_FORM_MAX: usize = 2 * 1024 * 1024 + FORM_MAX;
/// A body that is too large is read and thrown away up to here, so that the answer reaches the
/// browser.
const DRAIN_MAX: usize = 64 * 1024 * 1024;

/// Paths that are no pages and no server functions, with what they need.
pub const EXTRA: &[(&str, &str, Need)] = &[
    ("GET", "/healthz", Need::Nobody),
    ("GET", "/readyz", Need::Nobody),
    ("POST", STEP_UP, Need::SignedIn),
    ("GET", "/checks/fresh", Need::Permission(Permission::ViewChecks)),
    ("POST", "/callbacks/{provider}/{token}", Need::Nobody),
    ("POST", "/callbacks/{provider}/{token}/{check}", Need::Nobody),
    ("GET", "/pkg/{*file}", Need::Nobody),
    ("GET", "/favicon.svg", Need::Nobody),
    ("GET", "/robots.txt", Need::Nobody),
];

/// The whole HTTP of the desk that listens on an address. Once `stop` is cancelled it asks not to
/// be chosen any more, and goes on answering.
pub fn router(
    work: &Work,
    assets: &Arc<Assets>,
    site: &FilePath,
    listen: SocketAddr,
    stop: &CancellationToken,
    proxies: &Arc<[ipnet::IpNet]>,
) -> Router {
    let shared = Shared {
        work: work.clone(),
        assets: assets.clone(),
        hosts: Arc::new(Hosts::of(&work.public_url, listen)),
        stop: stop.clone(),
        uploads: Arc::default(),
        proxies: proxies.clone(),
    };
    let mut router = Router::new();
    for route in ROUTES.iter() {
        router = router.route(route.path, get(page).layer(Extension(*route)));
    }
    let sessions = SessionManagerLayer::new(Sessions::new(work.db.clone(), work.clock.clone()))
        .with_name(guard::COOKIE)
        .with_secure(true)
        .with_http_only(true)
        .with_same_site(SameSite::Strict)
        .with_path("/")
        .with_expiry(Expiry::OnSessionEnd);
    let with_session = router
        .route(STEP_UP, post(shown_again).fallback(only_forms))
        .route("/api/{*function}", post(api).fallback(only_forms))
        .route("/checks/fresh", get(fresh))
        .fallback(nothing_here)
        .layer(sessions);
    let forever = SetResponseHeaderLayer::overriding(
        header::CACHE_CONTROL,
        kept("public, max-age=31536000, immutable"),
    );
    let for_a_day =
        SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, kept("public, max-age=86400"));
    let file = |name: &str| {
        tower::ServiceBuilder::new()
            .layer(for_a_day.clone())
            .service(tower_http::services::ServeFile::new(site.join(name)))
    };
    with_session
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/callbacks/{provider}/{token}", post(callbacks::receive))
        .route("/callbacks/{provider}/{token}/{check}", post(callbacks::receive))
        .nest_service(
            "/pkg",
            tower::ServiceBuilder::new()
                .layer(forever)
                .service(ServeDir::new(site.join("pkg")).precompressed_br()),
        )
        .route_service("/favicon.svg", file("favicon.svg"))
        .route_service("/robots.txt", file("robots.txt"))
        .layer(from_fn_with_state(shared.clone(), guard::origin))
        .layer(from_fn_with_state(shared.clone(), guard::host))
        .layer(from_fn(compress::pages))
        .layer(from_fn_with_state(shared.clone(), guard::outermost))
        .with_state(shared)
}

/// How long browsers keep a file that is there. What says that something went wrong is kept by
/// nobody: the file may come with the next instance that is restarted.
fn kept<B>(how_long: &'static str) -> impl Fn(&Response<B>) -> Option<HeaderValue> + Clone {
    move |answer| {
        let is_good = answer.status().is_success() || answer.status() == StatusCode::NOT_MODIFIED;
        is_good.then_some(HeaderValue::from_static(how_long))
    }
}

/// Whether new requests should come here: not once it was told to stop.
async fn readyz(state: State<Shared>) -> Response {
    if state.stop.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    healthz(state).await
}

/// Alive: the database answers.
async fn healthz(State(shared): State<Shared>) -> Response {
    match casework::people::is_empty(&shared.work).await {
        Ok(_) => "ok\n".into_response(),
        Err(error) => {
            tracing::error!(%error, "not healthy");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}

/// One page: who is calling, may they, load, render.
async fn page(
    State(shared): State<Shared>,
    Extension(route): Extension<Route>,
    Extension(number): Extension<Number>,
    session: Session,
    params: Result<RawPathParams, RawPathParamsRejection>,
    request: Request,
) -> Response {
    let path = request.uri().path().to_owned();
    let ctx = match context(&shared, &number, &session, request.headers(), &path).await {
        Ok(ctx) => ctx,
        Err(error) => return refuse(&guard::bare(&shared, &number, &path), &error),
    };
    // Bytes in the address that are no text name nothing.
    let Ok(params) = params else { return refuse(&ctx, &AppError::NotFound) };
    let mut asked = Asked {
        params: params.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
        query: pairs(request.uri().query().unwrap_or_default().as_bytes()),
        refresh: refresh(request.headers()),
    };
    let says = said::believe(&ctx, request.headers(), &path, &mut asked.query)
        && is_read_by_a_person(request.headers());
    match permit(&ctx, route.need).await {
        Ok(()) => {}
        Err(AppError::SignedOut) if asked.refresh.is_none() => {
            let to = request.uri().path_and_query().map_or("/", |p| p.as_str());
            return see_other(&if to == "/" {
                "/login".to_owned()
            } else {
                format!("/login?to={}", app::pages::forms::encode(to))
            });
        }
        Err(AppError::FactorNeeded) if asked.refresh.is_none() => {
            return see_other("/account/factor");
        }
        Err(error) => return refuse(&ctx, &error),
    }
    match (route.page)(ctx.clone(), asked).await {
        Ok(Page::Shown(shown)) => {
            let mut answer = html(shown.status, shown.render(&ctx));
            if says {
                answer.headers_mut().append(header::SET_COOKIE, said::forget());
            }
            answer
        }
        Ok(Page::Redirect(path)) => see_other(&path),
        Ok(Page::Unchanged) => StatusCode::NO_CONTENT.into_response(),
        Ok(Page::Picture { bytes, content_type }) => picture_bytes(bytes, &content_type),
        Ok(Page::Bytes { bytes, name }) => download(bytes, &name),
        Err(error) => refuse(&ctx, &error),
    }
}

/// Whether the page is what the browser goes to, and not what a script of ours looks at before it
/// leads there.
fn is_read_by_a_person(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-dest").is_none_or(|goal| goal == "document")
}

/// Bytes that a provider sent are never opened by the browser: a download, in a sandbox, without a
/// type.
fn download(bytes: Vec<u8>, name: &str) -> Response {
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
        .unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CONTENT_DISPOSITION, disposition),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'"),
        ),
    ];
    (headers, Body::from(bytes)).into_response()
}

/// A picture that we made ourselves: nothing in it runs, wherever it is opened, and no other site
/// may show it.
fn picture_bytes(bytes: Vec<u8>, content_type: &str) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_str(content_type)
                .unwrap_or(HeaderValue::from_static("application/octet-stream")),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'"),
        ),
    ];
    (headers, Body::from(bytes)).into_response()
}

/// One server function: may they, then run it. What is not a redirect becomes a page.
async fn api(
    State(shared): State<Shared>,
    Extension(number): Extension<Number>,
    session: Session,
    request: Request,
) -> Response {
    let path = request.uri().path().to_owned();
    let ctx = match context(&shared, &number, &session, request.headers(), &path).await {
        Ok(ctx) => ctx,
        Err(error) => return refuse(&guard::bare(&shared, &number, &path), &error),
    };
    let Some(need) = api_need(&path) else { return refuse(&ctx, &AppError::NotFound) };
    let (parts, body) = request.into_parts();
    let takes_pictures = path == UPLOAD || path == DOCUMENT;
    // Pictures are large: who may not send them is told before they are read, and a few are read at
    // once.
    if (takes_pictures || takes_table(&path))
        && let Err(error) = permit(&ctx, need).await
    {
        tokio::time::timeout(FORM_TIME, limited(body, 0, None)).await.ok();
        return refused_form(&ctx, &error, &[]);
    }
    if (takes_pictures || takes_table(&path)) && !is_multipart(&parts.headers) {
        return refuse(&ctx, &AppError::Unreadable);
    }
    // One of each person is read at a time, so that they wait for nobody but themself.
    let turn = match (takes_pictures, &ctx.signed_in) {
        (true, Some(signed_in)) => match shared.uploads.turn(signed_in.caller.id.as_str()).await {
            Some(turn) => Some(turn),
            None => return refuse(&ctx, &AppError::Busy),
        },
        _ => None,
    };
    let upload_time = Duration::from_millis(shared.work.pace.upload_ms);
    let reading = limited(body, body_max(&path), turn.as_ref());
    let time = if takes_pictures { upload_time } else { upload_time.min(FORM_TIME) };
    let Ok(read) = tokio::time::timeout(time, reading).await else {
        return too_slow(&ctx);
    };
    let body = match read {
        Ok(Some(body)) => body,
        Ok(None) => return too_large(&ctx, &path),
        Err(Unread::NoRoom) => return refuse(&ctx, &AppError::Busy),
        Err(Unread::Broken) => return refuse(&ctx, &AppError::Unreadable),
    };
    // What was read has a place, and what is still on its way takes none.
    let _place = match &turn {
        Some(turn) => match turn.place().await {
            Some(place) => Some(place),
            None => return refuse(&ctx, &AppError::Busy),
        },
        None => None,
    };
    if let Err(error) = permit(&ctx, need).await {
        let typed = if takes_pictures { Bytes::new() } else { whole(body) };
        return refused_form(&ctx, &error, &typed);
    }
    if need.takes_fresh_factor() && !ctx.is_fresh() {
        let typed = whole(body);
        let entry = ctx.actor().entry(
            ctx.now(),
            Action::FactorAsked,
            Subject::System,
            "",
            json!({ "path": path }),
        );
        if let Err(error) = shared.work.views.record(entry).await {
            return refuse(&ctx, &error.into());
        }
        return ask_again(&ctx, &path, pairs(&typed), StatusCode::FORBIDDEN, None);
    }
    // Pictures are handed over piece by piece, so that they are not in memory twice.
    let body = if takes_pictures { in_pieces(body) } else { Body::from(whole(body)) };
    carry_out(&shared, &number, ctx, session, parts, body).await
}

/// Asks for a fresh factor, with what was typed.
fn ask_again(
    ctx: &Ctx,
    goal: &str,
    form: Vec<(String, String)>,
    status: StatusCode,
    trouble: Option<String>,
) -> Response {
    html(status, step_up::page(ctx, goal, form, trouble).render(ctx))
}

/// A factor that was shown again, and the form that it goes before: once the factor is right, the
/// form is carried out as if it had come by itself.
async fn shown_again(
    State(shared): State<Shared>,
    Extension(number): Extension<Number>,
    session: Session,
    request: Request,
) -> Response {
    let mut ctx = match context(&shared, &number, &session, request.headers(), STEP_UP).await {
        Ok(ctx) => ctx,
        Err(error) => return refuse(&guard::bare(&shared, &number, STEP_UP), &error),
    };
    let (mut parts, body) = request.into_parts();
    let body = match tokio::time::timeout(FORM_TIME, limited(body, FORM_MAX, None)).await {
        Err(_) => return too_slow(&ctx),
        Ok(Ok(Some(body))) => whole(body),
        Ok(Ok(None)) => return too_large(&ctx, STEP_UP),
        Ok(Err(Unread::NoRoom)) => return refuse(&ctx, &AppError::Busy),
        Ok(Err(Unread::Broken)) => return refuse(&ctx, &AppError::Unreadable),
    };
    let step = StepUp::read(pairs(&body));
    let form: Bytes = step.encoded().into();
    let need = api_need(&step.goal).filter(|need| need.takes_fresh_factor());
    // Checked for what is to be done, not for this way to it.
    ctx.path.clone_from(&step.goal);
    if let Err(error) = permit(&ctx, need.unwrap_or(Need::SignedIn)).await {
        return refused_form(&ctx, &error, &form);
    }
    let (Some(_), Ok(uri)) = (need, step.goal.parse()) else {
        return refuse(&ctx, &AppError::NotFound);
    };
    let Some(session_hash) = ctx.signed_in.as_ref().map(|s| s.session_hash.clone()) else {
        return refused_form(&ctx, &AppError::SignedOut, &form);
    };
    let again =
        |status, words: String| ask_again(&ctx, &step.goal, step.form.clone(), status, Some(words));
    let renewed = match factor::freshen(
        &shared.work,
        &ctx.actor(),
        &session_hash,
        &step.factor.clone().into(),
    )
    .await
    {
        Ok(Fresh::Right(renewed)) => renewed,
        Ok(Fresh::Wrong) if ctx.signed_in.as_ref().is_some_and(|s| s.has_factor) => {
            let words = "This code is wrong or was used already. Wait for the next one on your telephone, or use a recovery code.";
            return again(StatusCode::UNPROCESSABLE_ENTITY, words.into());
        }
        Ok(Fresh::Wrong) => {
            return again(StatusCode::UNPROCESSABLE_ENTITY, "This is not your password.".into());
        }
        Ok(Fresh::Wait(wait)) => {
            return again(StatusCode::TOO_MANY_REQUESTS, factor::too_many(wait));
        }
        Ok(Fresh::Busy) => {
            return again(
                StatusCode::SERVICE_UNAVAILABLE,
                "Too many sign-ins at once. Try again in a moment.".into(),
            );
        }
        Ok(Fresh::SignedOut) => return refused_form(&ctx, &AppError::SignedOut, &form),
        Err(error) => match AppError::from(error) {
            error @ (AppError::Busy | AppError::Unsure | AppError::Full) => {
                return again(error.status(), error.words().1);
            }
            error => return refuse(&ctx, &error),
        },
    };
    // The session has another id from now on, as after a sign-in.
    let cycled = match session.cycle_id().await {
        Ok(()) => session.insert(SignedIn::MADE, renewed.session).await,
        failed => failed,
    };
    if let Err(error) = cycled {
        tracing::error!(%error, "the session could not be written");
        return refuse(&ctx, &AppError::Busy);
    }
    if let Some(signed_in) = &mut ctx.signed_in {
        (signed_in.session_hash, signed_in.fresh_at) = (renewed.session_hash, renewed.at);
    }
    parts.uri = uri;
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    carry_out(&shared, &number, ctx, session, parts, Body::from(form)).await
}

/// Runs a server function whose caller may. What is not a redirect becomes a page.
async fn carry_out(
    shared: &Shared,
    number: &Number,
    ctx: Ctx,
    session: Session,
    mut parts: Parts,
    body: Body,
) -> Response {
    let path = parts.uri.path().to_owned();
    // Left in, these would let the server function echo the referring page and error texts into an
    // address.
    parts.headers.remove(header::REFERER);
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    let visitor = visitors::visitor(&shared.proxies, &parts, &number.request_id);
    let (for_function, slot) = (ctx.clone(), PageSlot::default());
    let for_page = slot.clone();
    let provide = move || {
        leptos::prelude::provide_context(for_page.clone());
        leptos::prelude::provide_context(for_function.clone());
        leptos::prelude::provide_context(session.clone());
        leptos::prelude::provide_context(visitor.clone());
    };
    let answer =
        leptos_axum::handle_server_fns_with_context(provide, Request::from_parts(parts, body))
            .await
            .into_response();
    let mut answer = match slot.take() {
        Some(page) => html(page.status, page.render(&ctx)),
        None => translate(&ctx, answer).await,
    };
    if path == SIGN_OUT && answer.status().is_redirection() {
        // What the browser may still hold of pages and drafts goes with the session.
        answer
            .headers_mut()
            .insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    }
    answer
}

fn body_max(path: &str) -> usize {
    match path {
        path if DOORS.contains(&path) => DOOR_MAX,
        UPLOAD => UPLOAD_MAX,
        DOCUMENT => DOCUMENT_FORM_MAX,
        path if takes_table(path) => TABLE_FORM_MAX,
        _ => FORM_MAX,
    }
}

fn is_multipart(headers: &HeaderMap) -> bool {
    // Read as the server function reads it, which takes a boundary for granted.
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    multer::parse_boundary(kind).is_ok_and(|boundary| (1..=70).contains(&boundary.len()))
}

/// Redirects pass if they stay here, successes without one are empty, errors become pages.
async fn translate(ctx: &Ctx, answer: Response) -> Response {
    if let Some(location) = answer.headers().get(header::LOCATION) {
        let mut redirect = see_other(location.to_str().unwrap_or("/"));
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            redirect.headers_mut().append(header::SET_COOKIE, cookie.clone());
        }
        return redirect;
    }
    if answer.status().is_success() {
        return StatusCode::NO_CONTENT.into_response();
    }
    let body = answer.into_body().collect().await.map(|b| b.to_bytes()).unwrap_or_default();
    let error = serde_json::from_slice::<AppError>(&body).unwrap_or(AppError::Unreadable);
    refuse(ctx, &error)
}

/// Why a body was not read to its end.
enum Unread {
    /// The line broke.
    Broken,
    /// There is no memory for it now.
    NoRoom,
}

/// The body as it came, or nothing when it is larger than a form; then the rest is read and thrown
/// away. For each piece of an upload room is taken.
async fn limited(
    mut body: Body,
    max: usize,
    turn: Option<&Turn>,
) -> Result<Option<Vec<Bytes>>, Unread> {
    let (mut kept, mut read) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        read += data.len();
        if read <= max {
            if let Some(turn) = turn
                && !turn.take(data.len()).await
            {
                return Err(Unread::NoRoom);
            }
            kept.push(data);
        } else if read > DRAIN_MAX {
            break;
        } else {
            kept.clear();
        }
    }
    Ok((read <= max).then_some(kept))
}

fn whole(pieces: Vec<Bytes>) -> Bytes {
    pieces.concat().into()
}

/// Whoever reads it lets others have their turn after each piece.
fn in_pieces(pieces: Vec<Bytes>) -> Body {
    let pieces = futures::stream::unfold(pieces.into_iter(), |mut pieces| async {
        tokio::task::yield_now().await;
        pieces.next().map(|piece| (Ok::<_, std::convert::Infallible>(piece), pieces))
    });
    Body::from_stream(pieces)
}

/// A form that did not come within its time.
fn too_slow(ctx: &Ctx) -> Response {
    let words = "The form did not arrive in time. Nothing was sent. Go back: your browser still has what you typed; try it on a faster line, or send less at once.";
    let page = app::pages::Shown::new("Too slow", move || {
        use leptos::prelude::*;
        view! { <section class="blank" data-blank="error"><h1>"This took too long"</h1><p>{words}</p></section> }.into_any()
    });
    html(StatusCode::REQUEST_TIMEOUT, page.render(ctx))
}

fn too_large(ctx: &Ctx, path: &str) -> Response {
    let words = if takes_table(path) {
        "A table may have 1 MB and 1,000 lines. Nothing was sent. Go back, split it, and send the parts one after the other."
    } else if path == DOCUMENT {
        "A document may have 15 MB. Nothing was sent. Go back, choose a smaller file and send it again."
    } else if path == UPLOAD {
        "Each picture may have 15 MB. Nothing was sent. Go back: your browser still has what you typed; choose smaller pictures and send it again."
    } else if DOORS.contains(&path) {
        "Account names and passwords are shorter than this. Nothing was changed. Go back, shorten what you typed and send it again."
    } else {
        "A form may be 256 KB. Nothing was changed. Go back: your browser still has what you typed; shorten it and send it again."
    };
    let page = app::pages::Shown::new("Too large", move || {
        use leptos::prelude::*;
        view! { <section class="blank" data-blank="error"><h1>"This form is too large"</h1><p>{words}</p></section> }.into_any()
    });
    html(StatusCode::PAYLOAD_TOO_LARGE, page.render(ctx))
}

/// A form that may not be carried out: what was typed is handed back where it would be lost
/// otherwise.
fn refused_form(ctx: &Ctx, error: &AppError, body: &[u8]) -> Response {
    match error {
        AppError::SignedOut => handed_back(ctx, error, ("/login", "Sign in"), body),
        AppError::FactorNeeded => {
            handed_back(ctx, error, ("/account/factor", "Set up the second factor"), body)
        }
        error => refuse(ctx, error),
    }
}

/// What somebody typed before their session ended, handed back to copy. Nothing that
/// `domain::fields` calls confidential: whoever sits here now need not be who typed it.
fn handed_back(
    ctx: &Ctx,
    error: &AppError,
    (href, first): (&'static str, &'static str),
    body: &[u8],
) -> Response {
    // What pages send along by themselves.
    const NOT_TYPED: [&str; 14] = [
        "shows",
        "active",
        "version",
        "then",
        "anyway",
        "changed",
        "shown",
        "place",
        "back",
        "skip",
        "to",
        "corrects",
        "known",
        "environment_mock",
    ];
    let is_typed = |name: &str| {
        !NOT_TYPED.contains(&name) && !name.ends_with("_id") && !name.ends_with("_id]")
    };
    let typed: Vec<(String, String)> = pairs(body)
        .into_iter()
        .filter(|(n, v)| !v.trim().is_empty() && is_typed(n) && !is_confidential(n))
        .collect();
    let (heading, words) = error.words();
    let page = app::pages::Shown::new(heading, move || {
        use leptos::prelude::*;
        let fields: Vec<_> = typed
            .into_iter()
            .map(|(name, value)| {
                let label = name.replace('_', " ");
                let area = Area::kept(name.clone(), 3).show(&value);
                view! { <div class="field"><label for=name>{label}</label>{area}</div> }
            })
            .collect();
        let kept = !fields.is_empty();
        view! {
            <section class="blank" data-blank="denied"><h1>{heading}</h1><p>{words}</p><div class="actions"><a class="btn primary" href=href>{first}</a></div></section>
            {kept.then(|| view! { <section class="panel"><header><h2>"What you typed, not recorded"</h2></header><div class="form">{fields}</div></section> })}
        }
        .into_any()
    });
    html(error.status(), page.class("narrow").render(ctx))
}

/// How many checks of a view are newer than a moment; a number and nothing else.
async fn fresh(
    State(shared): State<Shared>,
    Extension(number): Extension<Number>,
    session: Session,
    request: Request,
) -> Response {
    let ctx =
        match context(&shared, &number, &session, request.headers(), request.uri().path()).await {
            Ok(ctx) => ctx,
            Err(error) => return error.status().into_response(),
        };
    let caller = match ctx.caller_who(Permission::ViewChecks) {
        Ok(_) if ctx.must_enrol() => return StatusCode::FORBIDDEN.into_response(),
        Ok(caller) => caller.clone(),
        Err(error) => return error.status().into_response(),
    };
    let pairs = pairs(request.uri().query().unwrap_or_default().as_bytes());
    let since = pairs
        .iter()
        .find(|(n, _)| n == "since")
        .and_then(|(_, v)| v.parse().ok())
        .unwrap_or(i64::MAX);
    let filter = Filter::from_pairs(pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())));
    match casework::checks::queue::newer_than(&shared.work, &caller.id, &filter, since).await {
        Ok(count) => count.to_string().into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// The address of a form, opened like a page.
async fn only_forms(
    state: State<Shared>,
    number: Extension<Number>,
    session: Session,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let mut answer = nothing_here(state, number, session, headers, request).await;
    *answer.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    answer
}

async fn nothing_here(
    State(shared): State<Shared>,
    Extension(number): Extension<Number>,
    session: Session,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let path = request.uri().path().to_owned();
    let ctx = context(&shared, &number, &session, &headers, &path)
        .await
        .unwrap_or_else(|_| guard::bare(&shared, &number, &path));
    refuse(&ctx, &AppError::NotFound)
}

/// Names and values of a query or form.
fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded).map(|(n, v)| (n.into_owned(), v.into_owned())).collect()
}

/// Every path the desk answers on, with what it needs: for the test that walks them all.
#[must_use]
pub fn declared() -> Vec<(&'static str, &'static str, Need)> {
    let pages = ROUTES.iter().map(|r| ("GET", r.path, r.need));
    let functions = API.iter().map(|(path, need)| ("POST", *path, *need));
    pages.chain(functions).chain(EXTRA.iter().copied()).collect()
}
