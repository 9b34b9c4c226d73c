//! Asking the server.

use super::dom;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Document, DomParser, Headers, RequestInit, Response, SupportedType, UrlSearchParams,
};

/// What the server answered, after redirects.
pub struct Answer {
    pub status: u16,
    pub text: String,
}

impl Answer {
    pub const fn is_good(&self) -> bool {
        self.status / 100 == 2
    }

    pub fn page(&self) -> Option<Document> {
        DomParser::new().ok()?.parse_from_string(&self.text, SupportedType::TextHtml).ok()
    }
}

/// The largest body of a request that outlives its page.
const OUTLIVES_MAX: usize = 32_000;

fn set(init: &RequestInit, name: &str, value: &JsValue) {
    let _ = js_sys::Reflect::set(init, &JsValue::from_str(name), value);
}

/// Sends a form from a page that is being left; nobody reads the answer, and the page it leads to
/// is not asked for.
pub fn leave(url: &str, body: &UrlSearchParams) {
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(body);
    set(&init, "keepalive", &JsValue::TRUE);
    set(&init, "redirect", &JsValue::from_str("manual"));
    let _ = dom::window().fetch_with_str_and_init(url, &init);
}

/// Asks; nothing when the server was not reached.
///
/// `refresh` marks what the page asks by itself: it is no activity of a person and keeps no session
/// alive.
pub async fn ask(
    method: &str,
    url: &str,
    body: Option<&UrlSearchParams>,
    refresh: Option<&str>,
) -> Option<Answer> {
    let headers = Headers::new().ok()?;
    headers.set("accept", "*/*").ok()?;
    if let Some(touched) = refresh {
        headers.set("x-probity-refresh", touched).ok()?;
    }
    let init = RequestInit::new();
    init.set_method(method);
    init.set_headers(&headers);
    if let Some(body) = body {
        init.set_body(body);
    }
    // What is sent is taken even if the page is left meanwhile. Browsers allow that for small
    // bodies only.
    let outlives =
        method == "POST" && body.is_none_or(|b| String::from(b.to_string()).len() < OUTLIVES_MAX);
    set(&init, "keepalive", &JsValue::from_bool(outlives));
    let response: Response = JsFuture::from(dom::window().fetch_with_str_and_init(url, &init))
        .await
        .ok()?
        .unchecked_into();
    let text = JsFuture::from(response.text().ok()?).await.ok()?;
    Some(Answer { status: response.status(), text: text.as_string().unwrap_or_default() })
}
