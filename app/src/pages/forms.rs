//! How forms answer: a redirect to a path of our own. A refused form is kept, sealed, and the
//! address carries nothing but its id. Before sign-in nothing is kept: there the answer is the page
//! itself.

use super::{AppError, Ctx, Shown, said};
use domain::fields::Refused;
use http::{
    HeaderValue, StatusCode,
    header::{LOCATION, SET_COOKIE},
};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use std::sync::{Arc, Mutex};

/// The path, if a browser takes it for one of this server and for nothing else.
///
/// One slash, never two, never a backslash; and only what is printed in ASCII: browsers leave tabs
/// and line breaks out of an address before they read it, so `/<TAB>/evil.example` names another
/// host.
#[must_use]
pub fn own_path(path: &str) -> Option<&str> {
    let inside = path.strip_prefix('/')?;
    let is_own = !inside.starts_with('/')
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    is_own.then_some(path)
}

/// A path to return to, as a form or an address brought it: nothing if it is not our own. What it
/// says of things done is left out; only what is done now is said there.
#[must_use]
pub fn returned(path: &str) -> Option<String> {
    own_path(path).map(said::without_claims)
}

/// Sends the browser to a path of this server with 303. What the address says was done is said
/// there, once.
pub fn go(path: &str) {
    let options = expect_context::<ResponseOptions>();
    let path = own_path(path).unwrap_or("/");
    options.insert_header(
        LOCATION,
        HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/")),
    );
    options.set_status(StatusCode::SEE_OTHER);
    if let Some(note) = use_context::<Ctx>().and_then(|ctx| said::note(&ctx, path)) {
        options.append_header(SET_COOKIE, note);
    }
}

/// Where a server function puts a page that must not have an address of its own.
#[derive(Clone, Default)]
pub struct PageSlot(Arc<Mutex<Option<Shown>>>);

impl PageSlot {
    /// The page, if one was put there.
    #[must_use]
    pub fn take(&self) -> Option<Shown> {
        self.0.lock().ok().and_then(|mut slot| slot.take())
    }
}

/// Answers with a page instead of a redirect.
pub fn show(page: Shown) {
    if let Ok(mut slot) = expect_context::<PageSlot>().0.lock() {
        *slot = Some(page);
    }
}

/// Answers a form: `done` after success, back to `page` with the form kept after a refusal.
///
/// # Errors
/// What is neither: an outage, a page that is not this person's. The server shows it as a page.
pub async fn answer(
    ctx: &Ctx,
    result: Result<String, AppError>,
    page: &str,
    typed: impl FnOnce() -> Refused,
) -> Result<(), AppError> {
    let refused = match result {
        Ok(done) => {
            go(&done);
            return Ok(());
        }
        Err(AppError::Form(mut refused)) => {
            for (name, value) in typed().values {
                refused.values.entry(name).or_insert(value);
            }
            *refused
        }
        Err(AppError::Refused(refusal)) => {
            typed().because(refusal.place().code().trim_start_matches("page"), refusal.sentence())
        }
        Err(error @ (AppError::Busy | AppError::Unsure | AppError::Files)) => {
            typed().because("", error.words().1)
        }
        Err(other) => return Err(other),
    };
    go_with(ctx, page, &refused).await
}

/// Goes to a page that shows a form as it was typed: refused, or only not sent yet.
///
/// # Errors
/// The database.
pub async fn go_with(ctx: &Ctx, page: &str, form: &Refused) -> Result<(), AppError> {
    let id = casework::refused::keep(&ctx.work, ctx.owner(), form).await?;
    let (path, anchor) =
        page.split_once('#').map_or((page, String::new()), |(p, a)| (p, format!("#{a}")));
    let sign = if path.contains('?') { '&' } else { '?' };
    go(&format!("{path}{sign}refused={id}{anchor}"));
    Ok(())
}

/// Ids are made by our pages; anything else is not from them.
#[must_use]
pub fn is_id(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// Percent-encodes one value for a path or query.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A path with its query; no question mark when there is none.
#[must_use]
pub fn with_query(path: &str, pairs: &[(&str, String)]) -> String {
    let query: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_10_only_what_a_browser_reads_as_a_path_of_ours_is_one() {
        for own in [
            "/",
            "/checks",
            "/checks?tab=all&q=%D8%B9",
            "/%09/evil.example",
            "/checks#finding-1",
            "/a//b",
        ] {
            assert_eq!(own_path(own), Some(own));
        }
        for foreign in [
            "",
            "checks",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r\n/evil.example",
            "\t//evil.example",
            " //evil.example",
            "/\0/evil.example",
            "/\u{b}/evil.example",
            "/\u{7f}/x",
            "/\u{85}/x",
            "/\u{2028}/x",
            "/checks\t",
            "https://evil.example/",
            "javascript:alert(1)",
        ] {
            assert_eq!(own_path(foreign), None, "{foreign:?}");
        }
    }
}
