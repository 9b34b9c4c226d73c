//! A one-time link: the code behind the `#` of its address goes into the field, and out of the
//! address.

use super::dom;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

/// Fills the field of the page that a link leads to.
pub fn wake() {
    let location = dom::window().location();
    let code = location.hash().unwrap_or_default();
    let code = code.trim_start_matches('#');
    let field = dom::one("form[data-join] input[name=token]")
        .and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
    if let Some(field) = field.filter(|_| !code.is_empty()) {
        field.set_value(code);
        let _ = location.replace("#");
    }
}
