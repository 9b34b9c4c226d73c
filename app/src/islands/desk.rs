//! The desk's behaviours: keys, forms that stay on the page, live regions, copying, counters,
//! pictures, the session's end.
//!
//! Everything hangs on a few listeners at the page and finds its place by `data-` attributes, so it
//! works for content that is swapped in later too. Whatever is missing on a page is skipped.

mod dom;
mod forms;
mod here;
mod idle;
mod keys;
mod links;
mod live;
mod net;
mod picks;
mod queue;
mod swap;
mod upload;
mod values;
mod viewer;

use super::{KEYS, VIEWER_KEYS, words};
use js_sys::Reflect;
use wasm_bindgen::JsValue;
use web_sys::{Element, Event};

/// Wakes everything, once.
pub fn wake() {
    let page = dom::page();
    dom::on(&page, "keydown", keys::pressed);
    dom::on(&page, "click", clicked);
    dom::on(&page, "submit", forms::submitted);
    dom::on(&page, "input", forms::typed);
    dom::on(&page, "focusout", forms::left);
    dom::on(&page, "pointerdown", forms::pointer_down);
    for end in ["pointerup", "pointercancel"] {
        dom::on(&page, end, forms::pointer_up);
    }
    dom::on(&page, "change", changed);
    for activity in ["keydown", "pointerdown", "input", "wheel"] {
        dom::on(&page, activity, idle::noticed);
    }
    dom::on(&dom::window(), "pageshow", shown);
    dom::on(&dom::window(), "pagehide", forms::leaving);
    dom::on(&page, "visibilitychange", forms::hidden);
    idle::wake();
    queue::remember();
    picks::settle();
    if let Some(body) = page.body() {
        dress(&body);
    }
    forms::fit_kind();
    forms::fit_parts();
    links::wake();
    upload::wake();
    if let Some(element) = dom::one("[data-focus]") {
        let _ = dom::html(&element).focus();
    }
    dom::every_second(tick);
}

/// Gives new content what it cannot have from the server.
fn dress(root: &Element) {
    forms::let_go(root);
    values::localise(root);
    values::offer_copies(root);
    viewer::dress();
    queue::lead_back(root);
    picks::show(root);
    for area in dom::all_in(root, "textarea[data-count]") {
        forms::count(&area);
    }
    forms::tell_notes();
}

fn tick() {
    let now = dom::now();
    idle::tick(now);
    if !dom::page().hidden() {
        live::tick(now);
        here::tick(now);
    }
}

/// The page is shown, perhaps again: forms can be sent, and it does not outlive the session.
fn shown(event: Event) {
    forms::reopen_all();
    forms::count_all();
    if let Some(body) = dom::page().body() {
        picks::show(&body);
    }
    upload::shown();
    if Reflect::get(&event, &JsValue::from_str("persisted")).is_ok_and(|p| p.is_truthy()) {
        idle::back_again();
    }
}

fn changed(event: Event) {
    let Some(control) = dom::target(&event) else { return };
    queue::picked(&control);
    upload::chosen(&control);
    if dom::matches(&control, "[data-launch] *") {
        forms::fit_parts();
    }
    if dom::matches(&control, "[data-launch] input[name=kind]") {
        forms::kind_chosen();
    }
    if dom::matches(&control, "[data-decide] input[name=outcome][value=accept]")
        && let Some(warning) = dom::one("[data-live=undecided] > *")
    {
        keys::into_view(&warning);
    }
}

fn clicked(event: Event) {
    let Some(target) = dom::target(&event) else { return };
    let mouse = queue::mouse(&event);
    queue::clicked_pick(&target, mouse);
    keys::close_menus(Some(&target));
    if event.default_prevented() || !queue::is_plain(mouse) {
        return;
    }
    if let Some(button) = dom::closest(&target, "[data-copy]") {
        values::copy(button);
    } else if upload::clicked(&target) {
        event.prevent_default();
    } else if dom::closest(&target, "[data-unpick]").is_some() {
        picks::clear();
    } else if dom::closest(&target, "[data-idle-stay]").is_some() {
        idle::stay();
    } else if dom::closest(&target, "[data-show]").is_some() {
        event.prevent_default();
        swap::show();
    } else if let Some(link) = dom::closest(&target, "a[href]") {
        let href = link.get_attribute("href").unwrap_or_default();
        if href == "/keys" && keys::show_keys().is_some() {
            event.prevent_default();
        } else if let Some(id) = href.strip_prefix('#') {
            go_to(id);
        }
    } else {
        queue::clicked_row(&target);
    }
}

/// An in-page link: what covers its goal is put away, and the cursor goes along.
fn go_to(id: &str) {
    if let Some(dock) = dom::one("#dock").filter(|d| dom::matches(d, ":popover-open")) {
        let _ = dom::html(&dock).hide_popover();
    }
    if let Some(finding) =
        dom::page().get_element_by_id(id).filter(|e| dom::matches(e, "[data-finding]"))
    {
        keys::point_at(&finding);
    }
}
