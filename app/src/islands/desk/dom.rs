//! Small hands for the page: finding, reading, changing, listening. What is missing is skipped.

use wasm_bindgen::{JsCast, prelude::*};
use web_sys::{
    Document, Element, Event, EventTarget, FocusOptions, HtmlElement, HtmlInputElement, NodeList,
    Window,
};

pub fn window() -> Window {
    web_sys::window().unwrap_throw()
}

pub fn page() -> Document {
    window().document().unwrap_throw()
}

pub fn now() -> f64 {
    js_sys::Date::now()
}

pub fn one(selector: &str) -> Option<Element> {
    page().query_selector(selector).ok().flatten()
}

pub fn one_in(root: &Element, selector: &str) -> Option<Element> {
    root.query_selector(selector).ok().flatten()
}

pub fn all(selector: &str) -> Vec<Element> {
    page().query_selector_all(selector).map(elements).unwrap_or_default()
}

pub fn all_in(root: &Element, selector: &str) -> Vec<Element> {
    root.query_selector_all(selector).map(elements).unwrap_or_default()
}

fn elements(nodes: NodeList) -> Vec<Element> {
    (0..nodes.length()).filter_map(|at| nodes.get(at)).map(JsCast::unchecked_into).collect()
}

pub fn closest(element: &Element, selector: &str) -> Option<Element> {
    element.closest(selector).ok().flatten()
}

pub fn matches(element: &Element, selector: &str) -> bool {
    element.matches(selector).unwrap_or(false)
}

/// The element that an event is about.
pub fn target(event: &Event) -> Option<Element> {
    event.target().and_then(|t| t.dyn_into().ok())
}

/// Sets an attribute or takes it away.
pub fn mark(element: &Element, name: &str, value: Option<&str>) {
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}

pub fn hide(element: &Element, hidden: bool) {
    mark(element, "hidden", hidden.then_some(""));
}

pub fn text(element: &Element) -> String {
    element.text_content().unwrap_or_default()
}

/// An input, select or text area by the properties they share: nothing is checked, all are read by
/// name.
pub fn control(element: &Element) -> &HtmlInputElement {
    element.unchecked_ref()
}

pub fn html(element: &Element) -> &HtmlElement {
    element.unchecked_ref()
}

/// The focused element, unless it is the page itself.
pub fn focused() -> Option<Element> {
    page().active_element().filter(|e| !matches(e, "body,main"))
}

/// Moves the focus without moving the page.
pub fn focus(element: &Element) {
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = html(element).focus_with_options(&options);
}

/// Listens for good.
pub fn on(target: &EventTarget, name: &str, act: fn(Event)) {
    let act = Closure::<dyn Fn(Event)>::new(act).into_js_value();
    let _ = target.add_event_listener_with_callback(name, act.unchecked_ref());
}

/// Listens for good to what happens inside and does not climb up: `load` and `error`.
pub fn on_inner(target: &EventTarget, name: &str, act: fn(Event)) {
    let act = Closure::<dyn Fn(Event)>::new(act).into_js_value();
    let _ = target.add_event_listener_with_callback_and_bool(name, act.unchecked_ref(), true);
}

pub fn every_second(act: fn()) {
    let act = Closure::<dyn Fn()>::new(act).into_js_value();
    let _ =
        window().set_interval_with_callback_and_timeout_and_arguments_0(act.unchecked_ref(), 1_000);
}

pub fn later(ms: i32, then: impl FnOnce() + 'static) {
    let then: Box<dyn FnOnce()> = Box::new(then);
    let then = Closure::once_into_js(then);
    let _ =
        window().set_timeout_with_callback_and_timeout_and_arguments_0(then.unchecked_ref(), ms);
}

/// Before the browser draws again.
pub fn next_frame(then: fn()) {
    let then: Box<dyn FnOnce()> = Box::new(then);
    let then = Closure::once_into_js(then);
    let _ = window().request_animation_frame(then.unchecked_ref());
}

/// Makes an element of a class with a text.
pub fn make(tag: &str, class: &str, words: &str) -> Option<Element> {
    let element = page().create_element(tag).ok()?;
    element.set_class_name(class);
    element.set_text_content(Some(words));
    Some(element)
}

/// Makes a notice; it belongs to this page load and carries `data-trouble` when it says what went
/// wrong.
pub fn notice(tone: &str, words: &str) -> Option<Element> {
    let (outer, inner, sentence) =
        (make("div", "notice", "")?, make("div", "", "")?, make("p", "", words)?);
    let danger = tone == "danger";
    mark(&outer, "data-tone", Some(tone));
    mark(&outer, "role", Some(if danger { "alert" } else { "status" }));
    mark(&outer, "data-trouble", danger.then_some(""));
    inner.append_with_node_1(&sentence).ok()?;
    outer.append_with_node_1(&inner).ok()?;
    Some(outer)
}

/// The address of this page without what is said only once.
pub fn lasting_address() -> String {
    let location = window().location();
    location.pathname().unwrap_or_default()
        + &super::words::lasting_query(&location.search().unwrap_or_default())
}
