//! What changes by itself: a check that is under way, and the number of new rows.

use super::{dom, forms, idle, net, swap, words};
use std::cell::Cell;
use wasm_bindgen_futures::spawn_local;
use web_sys::Element;

const FRESH_MS: f64 = 10_000.0;

thread_local! {
    static NEXT_LOOK: Cell<f64> = const { Cell::new(0.0) };
    static NEXT_FRESH: Cell<f64> = const { Cell::new(0.0) };
    static FAILURES: Cell<i32> = const { Cell::new(0) };
    static LOOKING: Cell<bool> = const { Cell::new(false) };
}

/// Asks what is due. Nothing is asked for a page that nobody sees.
pub fn tick(now: f64) {
    if let Some(main) = dom::one("main[data-refresh]")
        && is_due(&NEXT_LOOK, now, every(&main))
        && !forms::is_busy()
        && !LOOKING.replace(true)
    {
        spawn_local(look(main));
    }
    if let Some(pill) = dom::one("a[data-fresh]")
        && is_due(&NEXT_FRESH, now, FRESH_MS)
    {
        NEXT_FRESH.set(now + FRESH_MS);
        spawn_local(count_fresh(pill));
    }
}

fn every(main: &Element) -> f64 {
    main.get_attribute("data-refresh")
        .and_then(|s| s.parse::<i32>().ok())
        .map_or(2_000.0, |s| f64::from(s.max(1)) * 1_000.0)
}

/// Whether a moment has come; the first one comes a whole period after the page did.
fn is_due(next: &'static std::thread::LocalKey<Cell<f64>>, now: f64, every: f64) -> bool {
    if next.get() == 0.0 {
        next.set(now + every);
    }
    now >= next.get()
}

async fn look(main: Element) {
    let touched = main.get_attribute("data-touched").unwrap_or_default();
    let sent = forms::sent();
    let answer = net::ask("GET", &dom::lasting_address(), None, Some(&touched)).await;
    let failed = match answer {
        Some(answer) if answer.status == 204 => false,
        Some(answer) if answer.status == 200 => {
            // A form that was sent meanwhile brings the newer page.
            if sent == forms::sent()
                && let Some(page) = answer.page()
            {
                swap::take(&page);
            }
            false
        }
        Some(answer) if answer.status == 401 => {
            idle::out();
            true
        }
        _ => true,
    };
    FAILURES.set(if failed { FAILURES.get() + 1 } else { 0 });
    show_connected(!failed);
    NEXT_LOOK.set(dom::now() + words::backoff_ms(every(&main), FAILURES.get()));
    LOOKING.set(false);
}

fn show_connected(connected: bool) {
    let Some(sign) = dom::one("[data-live-sign]") else { return };
    if connected {
        if let Some(words) = sign.get_attribute("data-words") {
            sign.set_text_content(Some(&words));
            dom::mark(&sign, "data-words", None);
            dom::mark(&sign, "data-live", None);
        }
    } else if !sign.has_attribute("data-words") {
        dom::mark(&sign, "data-words", Some(&dom::text(&sign)));
        dom::mark(&sign, "data-live", Some("off"));
        sign.set_text_content(Some("not connected"));
    }
}

async fn count_fresh(pill: Element) {
    let url = pill.get_attribute("data-fresh").unwrap_or_default();
    let Some(answer) = net::ask("GET", &url, None, Some("0")).await else { return };
    if answer.status == 401 {
        idle::out();
    }
    let count = answer.text.trim().parse::<u32>().unwrap_or(0);
    if answer.is_good() && count > 0 {
        let words = words::fresh(count);
        if !dom::text(&pill).starts_with(&words) {
            pill.set_text_content(Some(&words));
            if let Some(arrow) = dom::make("span", "", "↑") {
                dom::mark(&arrow, "aria-hidden", Some("true"));
                let _ = pill.append_with_node_1(&arrow);
            }
        }
        dom::hide(&pill, false);
    }
}
