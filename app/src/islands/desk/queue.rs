//! Rows: picking many, and opening one by a click anywhere; and the way back to the queue as it
//! was.

use super::{
    dom,
    picks::{self, PICKS},
};
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use web_sys::{Element, MouseEvent, Storage};

const QUEUE: &str = "probity-queue";

thread_local! {
    static PICKED: RefCell<Option<Element>> = const { RefCell::new(None) };
}

/// A tick box of a row or of all rows was ticked.
pub fn picked(control: &Element) {
    if dom::matches(control, "[data-pick-all]") {
        for pick in dom::all(PICKS) {
            dom::control(&pick).set_checked(dom::control(control).checked());
        }
    } else if !dom::matches(control, PICKS) {
        return;
    }
    picks::changed();
    tell_all();
}

/// The box of all rows says whether all, some or none of them are ticked.
pub fn tell_all() {
    let Some(whole) = dom::one("[data-pick-all]") else { return };
    let picks = dom::all(PICKS);
    let count = picks.iter().filter(|p| dom::control(p).checked()).count();
    dom::control(&whole).set_checked(count > 0 && count == picks.len());
    dom::control(&whole).set_indeterminate(count > 0 && count < picks.len());
}

/// With Shift, everything from the last tick box to this one becomes as this one is.
pub fn clicked_pick(target: &Element, event: &MouseEvent) {
    if !dom::matches(target, PICKS) {
        return;
    }
    let last = PICKED.replace(Some(target.clone()));
    let picks = dom::all(PICKS);
    let place = |e: &Element| picks.iter().position(|p| p == e);
    if let (true, Some(from), Some(to)) =
        (event.shift_key(), last.as_ref().and_then(place), place(target))
    {
        let checked = dom::control(target).checked();
        for pick in &picks[from.min(to)..=from.max(to)] {
            dom::control(pick).set_checked(checked);
        }
        picked(target);
        if let Ok(Some(selection)) = dom::window().get_selection() {
            let _ = selection.remove_all_ranges();
        }
    }
}

/// A click on what stands above the row's stretched link opens the row, unless text is being
/// selected.
pub fn clicked_row(target: &Element) {
    if dom::closest(target, "a,button,input,label").is_some()
        || dom::closest(target, "time,abbr,.ref").is_none()
    {
        return;
    }
    let selecting = dom::window().get_selection().ok().flatten().is_some_and(|s| !s.is_collapsed());
    if let Some(link) = dom::closest(target, "[data-row]")
        .and_then(|row| dom::one_in(&row, "a.row-link"))
        .filter(|_| !selecting)
    {
        dom::html(&link).click();
    }
}

fn storage() -> Option<Storage> {
    dom::window().session_storage().ok().flatten()
}

/// Keeps the queue's filters for this tab, as long as somebody is signed in.
pub fn remember() {
    let Some(storage) = storage() else { return };
    if !dom::page().body().is_some_and(|b| b.has_attribute("data-idle")) {
        let _ = storage.remove_item(QUEUE);
        picks::forget();
    } else if dom::window().location().pathname().is_ok_and(|p| p == "/checks") {
        let _ = storage.set_item(QUEUE, &dom::lasting_address());
    }
}

/// Leads the link back to the queue as it was left.
pub fn lead_back(root: &Element) {
    for link in dom::all_in(root, "a[data-back]") {
        if let Some(address) = storage()
            .and_then(|s| s.get_item(QUEUE).ok().flatten())
            .filter(|a| a.starts_with("/checks"))
        {
            dom::mark(&link, "href", Some(&address));
        }
    }
}

/// A click that means only "here": no other button, no key held.
pub fn is_plain(event: &MouseEvent) -> bool {
    event.button() == 0
        && !event.ctrl_key()
        && !event.meta_key()
        && !event.shift_key()
        && !event.alt_key()
}

/// The mouse event of a click.
pub fn mouse(event: &web_sys::Event) -> &MouseEvent {
    event.unchecked_ref()
}
