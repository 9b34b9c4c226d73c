//! The session's end: put off while somebody works here, announced before it comes, and survived.
//!
//! The server's clock only advances with requests. All pages of a browser share one session, so
//! they tell each other when it ends.

use super::{dom, net, words};
use std::cell::Cell;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Document, Element, Event, Storage};

/// The server notes a person's activity at most this often, so it may end a session this much
/// earlier.
const LEEWAY_MS: f64 = 30_000.0;
const STAY_EVERY_MS: f64 = 120_000.0;
const PROBE_EVERY_MS: f64 = 5_000.0;
const STAY: &str = "/api/session/stay";
const SHARED: &str = "probity-session-ends";

thread_local! {
    static DID: Cell<bool> = const { Cell::new(false) };
    /// How long a session lasts without activity; 0 on pages of nobody.
    static IDLE: Cell<f64> = const { Cell::new(0.0) };
    /// When the session ends unless there is activity.
    static ENDS: Cell<f64> = const { Cell::new(0.0) };
    /// When it ends whatever the person does.
    static LAST: Cell<f64> = const { Cell::new(f64::INFINITY) };
    static NEXT_STAY: Cell<f64> = const { Cell::new(0.0) };
    static NEXT_PROBE: Cell<f64> = const { Cell::new(0.0) };
    static ACTIVE: Cell<bool> = const { Cell::new(false) };
    static OUT: Cell<bool> = const { Cell::new(false) };
}

fn shared() -> Option<Storage> {
    dom::window().local_storage().ok().flatten()
}

fn number(element: Option<&Element>, name: &str) -> Option<f64> {
    // As a whole number: reading fractions would cost more bytes than all of this.
    element?.get_attribute(name)?.parse::<i64>().ok().map(|n| n as f64)
}

pub fn wake() {
    let body = dom::page().body();
    let body = body.as_deref();
    match number(body, "data-idle") {
        Some(idle) => {
            IDLE.set(idle);
            LAST.set(number(body, "data-ends").map_or(f64::INFINITY, |ends| dom::now() + ends));
            begin(idle);
        }
        None => {
            if let Some(shared) = shared() {
                let _ = shared.remove_item(SHARED);
            }
        }
    }
}

/// Activity was noted by the server just now.
fn begin(idle: f64) {
    let now = dom::now();
    ENDS.set((now + idle - LEEWAY_MS).min(LAST.get()));
    NEXT_STAY.set(now + STAY_EVERY_MS);
    ACTIVE.set(false);
    OUT.set(false);
    if let Some(shared) = shared() {
        let _ = shared.set_item(SHARED, &(ENDS.get() as i64).to_string());
    }
}

/// A form was answered: its page says how long the session lasts now.
pub fn extend(answer: &Document) {
    let body = answer.body();
    if let Some(idle) = number(body.as_deref(), "data-idle") {
        begin(idle);
    }
}

/// Somebody did something here.
pub fn noticed(_: Event) {
    ACTIVE.set(true);
    DID.set(true);
}

/// Whether somebody did something here since this was asked last.
pub fn did_something() -> bool {
    DID.replace(false)
}

pub fn tick(now: f64) {
    if IDLE.get() == 0.0 {
        return;
    }
    if OUT.get() {
        probe(now);
        return;
    }
    if now >= NEXT_STAY.get() && ACTIVE.get() {
        stay();
    }
    let mut left = ENDS.get() - now;
    if left <= words::WARNING_MS {
        // Another page of this browser may know better.
        let known = shared()
            .and_then(|s| s.get_item(SHARED).ok().flatten())
            .and_then(|s| s.parse::<i64>().ok());
        ENDS.set((known.unwrap_or(0) as f64).clamp(ENDS.get(), LAST.get().max(ENDS.get())));
        left = ENDS.get() - now;
    }
    if left > words::WARNING_MS {
        show(None, false, false);
        return;
    }
    let for_good = ENDS.get() >= LAST.get();
    let sentence = words::countdown(left, for_good);
    show(Some(&sentence), !for_good, words::is_spoken(words::seconds_left(left)));
    if left <= 0.0 {
        probe(now);
    }
}

/// The session is over. What was typed stays where it is.
pub fn out() {
    if IDLE.get() > 0.0 && !OUT.replace(true) {
        show(Some("You are signed out."), false, true);
        NEXT_PROBE.set(dom::now() + PROBE_EVERY_MS);
    }
}

/// Shows a sentence in the bar. The bar is an alert: what changes in it is spoken, unless `aloud`
/// says no.
fn show(sentence: Option<&str>, stay: bool, aloud: bool) {
    let Some(bar) = dom::one("[data-idle-bar]") else { return };
    if let Some(words) = dom::one_in(&bar, "[data-idle-words]") {
        dom::mark(&words, "aria-live", (!aloud).then_some("off"));
        if sentence.is_some() && dom::text(&words) != sentence.unwrap_or_default() {
            words.set_text_content(sentence);
        }
    }
    if let Some(button) = dom::one_in(&bar, "[data-idle-stay]") {
        dom::hide(&button, !stay);
    }
    if let Some(link) = dom::one_in(&bar, "[data-idle-again]") {
        dom::hide(&link, !OUT.get());
    }
    dom::hide(&bar, sentence.is_none());
}

/// Tells the server that the person is still here.
pub fn stay() {
    NEXT_STAY.set(dom::now() + STAY_EVERY_MS);
    ACTIVE.set(false);
    spawn_local(async {
        match net::ask("POST", STAY, None, None).await {
            Some(answer) if answer.is_good() => begin(IDLE.get()),
            Some(answer) if answer.status == 401 => out(),
            _ => {}
        }
    });
}

/// Asks whether the session lives, without keeping it alive.
fn probe(now: f64) {
    if now < NEXT_PROBE.get() || dom::page().hidden() {
        return;
    }
    NEXT_PROBE.set(now + PROBE_EVERY_MS);
    spawn_local(async {
        match net::ask("POST", STAY, None, Some("0")).await {
            Some(answer) if answer.status == 401 => out(),
            // The person signed in again elsewhere: a new session, with a new end.
            Some(answer) if answer.is_good() && OUT.get() => {
                LAST.set(f64::INFINITY);
                begin(IDLE.get());
                show(None, false, false);
            }
            _ => {}
        }
    });
}

/// The browser shows a page of before again; it must not outlive its session.
pub fn back_again() {
    if IDLE.get() == 0.0 {
        return;
    }
    spawn_local(async {
        if net::ask("POST", STAY, None, Some("0")).await.is_some_and(|a| a.status == 401) {
            let _ = dom::window().location().reload();
        }
    });
}
