//! What was just done is said once, on the page that doing it led to.
//!
//! An address is made by whoever likes to, so nothing in it is believed: `?done=launched` says
//! nothing by itself. The answer to the form brings a note of ours along, a cookie that is sealed
//! for exactly this address and this session; the page that comes with it says the sentence and
//! takes the note away. A cookie and no row: sign-in and sign-out say something too, where there is
//! no session to keep it in, and a sentence costs no write. A host cannot be given such a cookie by
//! another one (`__Host-`).

use super::{Ctx, forms::encode};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use domain::time::MINUTE;
use http::{HeaderMap, HeaderValue, header::COOKIE as COOKIES};

/// The note's cookie.
pub const COOKIE: &str = "__Host-probity-said";
/// What in an address says that something was done.
pub const CLAIMS: [&str; 5] = ["done", "n", "head", "verified", "test"];
/// How long a note waits for its page.
const KEPT: i64 = 5 * MINUTE;

type Pair = (String, String);

/// The note for an address that says what was done; nothing for one that says nothing.
#[must_use]
pub fn note(ctx: &Ctx, address: &str) -> Option<HeaderValue> {
    let (path, query) = split(address);
    query.iter().any(is_claim).then_some(())?;
    let sealed = ctx.work.sealer.seal(&place(ctx, path, &query), &ctx.now().to_be_bytes());
    let cookie = format!(
        "{COOKIE}={}; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age={}",
        BASE64.encode(sealed),
        KEPT / 1_000
    );
    HeaderValue::from_str(&cookie).ok()
}

/// Leaves out of a query what it says was done, unless a note of ours came along. Whether one did.
pub fn believe(ctx: &Ctx, headers: &HeaderMap, path: &str, query: &mut Vec<Pair>) -> bool {
    if !query.iter().any(is_claim) {
        return false;
    }
    let place = place(ctx, path, query);
    let is_ours = |note: &str| {
        let opened =
            BASE64.decode(note).ok().and_then(|sealed| ctx.work.sealer.open(&place, &sealed).ok());
        let at =
            opened.and_then(|at| <[u8; 8]>::try_from(at.as_slice()).ok()).map(i64::from_be_bytes);
        at.is_some_and(|at| (ctx.now() - at).abs() <= KEPT)
    };
    let believed = notes(headers).any(is_ours);
    if !believed {
        query.retain(|pair| !is_claim(pair));
    }
    believed
}

/// Takes the note away.
#[must_use]
pub const fn forget() -> HeaderValue {
    HeaderValue::from_static(
        "__Host-probity-said=; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0",
    )
}

/// An address without what it says was done.
#[must_use]
pub fn without_claims(address: &str) -> String {
    let (before, anchor) =
        address.split_once('#').map_or((address, ""), |(before, anchor)| (before, anchor));
    let Some((path, query)) = before.split_once('?') else { return address.to_owned() };
    let kept: Vec<&str> =
        query.split('&').filter(|piece| !parsed(piece).iter().any(is_claim)).collect();
    let mark = if kept.is_empty() { "" } else { "?" };
    let hash = if anchor.is_empty() { "" } else { "#" };
    format!("{path}{mark}{}{hash}{anchor}", kept.join("&"))
}

fn notes(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let all = headers.get_all(COOKIES).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

fn is_claim((name, _): &Pair) -> bool {
    CLAIMS.contains(&name.as_str())
}

fn split(address: &str) -> (&str, Vec<Pair>) {
    let address = address.split('#').next().unwrap_or_default();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    (path, parsed(query))
}

fn parsed(query: &str) -> Vec<Pair> {
    url::form_urlencoded::parse(query.as_bytes())
        .map(|(n, v)| (n.into_owned(), v.into_owned()))
        .collect()
}

/// What a note is sealed for: whose it is, and the address, however its query is spelled. At the
/// door nobody is anybody yet.
fn place(ctx: &Ctx, path: &str, query: &[Pair]) -> String {
    let session =
        ctx.signed_in.as_ref().filter(|_| path != "/login").map_or("", |s| s.session_hash.as_str());
    let query: Vec<String> =
        query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    format!("said|{session}|{path}?{}", query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_what_it_says_was_done_and_nothing_else() {
        for (address, kept) in [
            ("/checks", "/checks"),
            ("/checks?done=decided-many&n=999", "/checks"),
            ("/checks?tab=mine&done=assigned&q=a%20b&n=3#top", "/checks?tab=mine&q=a%20b#top"),
            ("/checks?d%6Fne=assigned&tab=all", "/checks?tab=all"),
            ("/journal?verified=intact&head=ab&n=1&before=7", "/journal?before=7"),
            ("/checks?nn=1&undone=2", "/checks?nn=1&undone=2"),
        ] {
            assert_eq!(without_claims(address), kept);
        }
    }
}
