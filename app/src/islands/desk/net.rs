//! Asking the server.

use super::dom;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, DomParser, Headers, RequestInit, Response, SupportedType, UrlSearchParams};

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

/// Asks; nothing when the server was not reached.
///
/// `refresh` marks what the page asks by itself: it is no activity of a person and keeps no session alive.
pub async fn ask(method: &str, url: &str, body: Option<&UrlSearchParams>, refresh: Option<&str>) -> Option<Answer> {
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
    let _ = js_sys::Reflect::set(&init, &JsValue::from_str("keepalive"), &JsValue::from_bool(method == "POST" && body.is_none()));
    let response: Response = JsFuture::from(dom::window().fetch_with_str_and_init(url, &init)).await.ok()?.unchecked_into();
    let text = JsFuture::from(response.text().ok()?).await.ok()?;
    Some(Answer { status: response.status(), text: text.as_string().unwrap_or_default() })
}
