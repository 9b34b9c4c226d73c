//! Tells the desk that a check's page is open, and shows what goes on around the check: who holds
//! it, who else looks.

use super::{dom, forms, idle, net, swap};
use std::cell::Cell;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, UrlSearchParams};

/// Well under the time after which somebody no longer counts as looking.
const EVERY_MS: f64 = 10_000.0;
const HERE: &str = "/api/checks/here";

thread_local! {
    static NEXT: Cell<f64> = const { Cell::new(0.0) };
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

/// Says so when it is time. Nobody is told of a page that nobody sees.
pub fn tick(now: f64) {
    let Some(line) = dom::one("[data-here]") else { return };
    if NEXT.get() == 0.0 {
        NEXT.set(now + EVERY_MS);
    }
    if now >= NEXT.get() && !forms::is_busy() && !ASKING.replace(true) {
        NEXT.set(now + EVERY_MS);
        spawn_local(tell(line));
    }
}

async fn tell(line: Element) {
    if let Ok(body) = UrlSearchParams::new() {
        body.append("check_id", &line.get_attribute("data-here").unwrap_or_default());
        body.append("active", if idle::did_something() { "1" } else { "" });
        let sent = forms::sent();
        let answer = net::ask("POST", HERE, Some(&body), Some("0")).await;
        match answer {
            Some(answer) if answer.status == 401 => idle::out(),
            // A form that was sent meanwhile brings the newer line.
            Some(answer) if answer.is_good() && sent == forms::sent() => {
                if let Some(page) = answer.page() {
                    swap::line(&page);
                }
            }
            _ => {}
        }
    }
    ASKING.set(false);
}
