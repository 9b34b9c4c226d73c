//! A selection that stays while one pages, filters and sorts: ids in the tab's own storage, until
//! it is cleared, assigned, or nobody is signed in any more. What is selected and not shown is
//! said, and sent by another name: the desk shows all of it before anything happens to it. Without
//! scripts the boxes of the page itself are sent.

use super::{dom, words};
use std::collections::BTreeSet;
use web_sys::{Element, Storage};

pub const PICKS: &str = "input[name=\"checks[]\"][form=bulk]";
const KEPT: &str = "probity-picks";

fn storage() -> Option<Storage> {
    dom::window().session_storage().ok().flatten()
}

/// The ids that are ticked, here or elsewhere.
fn kept() -> BTreeSet<String> {
    let text = storage().and_then(|s| s.get_item(KEPT).ok().flatten()).unwrap_or_default();
    words::picks(&text)
}

fn keep(picks: &BTreeSet<String>) {
    let Some(storage) = storage() else { return };
    let _ = if picks.is_empty() {
        storage.remove_item(KEPT)
    } else {
        storage.set_item(KEPT, &words::picks_text(picks))
    };
}

/// Nothing stays selected: it was assigned, or nobody is signed in.
pub fn forget() {
    keep(&BTreeSet::new());
}

/// A page came: when it says that the selected ones were dealt with, nothing stays selected,
/// whatever it lists. An address alone says nothing: the server shows the sentence only after the
/// deed.
pub fn settle() {
    if dom::all(".flash").is_empty() {
        return;
    }
    let search = dom::window().location().search().unwrap_or_default();
    let search = search.trim_start_matches('?').replace('&', " ");
    if ["done=assigned", "done=decided-many"].iter().any(|done| words::is_one_of(done, &search)) {
        forget();
    }
}

/// A page is shown, or a part of it is new: its boxes are ticked as they were.
pub fn show(root: &Element) {
    if dom::all_in(root, "#bulk").is_empty() {
        return;
    }
    let picks = kept();
    for pick in dom::all(PICKS) {
        let control = dom::control(&pick);
        control.set_checked(picks.contains(&control.value()));
    }
    tell(&picks, false);
    super::queue::tell_all();
}

/// Boxes were ticked or cleared: what the page shows now is kept.
pub fn changed() {
    let mut picks = kept();
    let mut too_many = false;
    for pick in dom::all(PICKS) {
        let control = dom::control(&pick);
        let id = control.value();
        if !control.checked() {
            picks.remove(&id);
        } else if picks.len() < domain::team::SELECTED_MAX {
            picks.insert(id);
        } else if !picks.contains(&id) {
            control.set_checked(false);
            too_many = true;
        }
    }
    keep(&picks);
    tell(&picks, too_many);
}

/// Clears the whole selection, on this page and on all others.
pub fn clear() {
    forget();
    for pick in dom::all(PICKS) {
        dom::control(&pick).set_checked(false);
    }
    tell(&BTreeSet::new(), false);
    super::queue::tell_all();
    if let Some(first) = dom::one("[data-pick-all]") {
        dom::focus(&first);
    }
}

/// Says how many are selected and how many of them are hidden, and gives the form those that are
/// not on this page.
fn tell(picks: &BTreeSet<String>, too_many: bool) {
    let Some(form) = dom::one("#bulk") else { return };
    for old in dom::all_in(&form, "input[data-kept]") {
        old.remove();
    }
    let shown: Vec<String> = dom::all(PICKS).iter().map(|p| dom::control(p).value()).collect();
    let hidden: Vec<&String> = picks.iter().filter(|id| !shown.contains(id)).collect();
    for id in &hidden {
        if let Some(input) = dom::make("input", "", "") {
            for (name, value) in [
                ("type", "hidden"),
                ("name", "unseen[]"),
                ("value", id.as_str()),
                ("data-kept", ""),
            ] {
                dom::mark(&input, name, Some(value));
            }
            let _ = form.append_with_node_1(&input);
        }
    }
    if let Some(sentence) = dom::one_in(&form, "[data-picked]") {
        let words = words::selected(picks.len(), hidden.len(), too_many);
        if dom::text(&sentence) != words {
            sentence.set_text_content(Some(&words));
        }
    }
    if let Some(button) = dom::one_in(&form, "[data-unpick]") {
        dom::hide(&button, picks.is_empty());
    }
    if let Some(button) = dom::one_in(&form, "[data-decide-picked]") {
        dom::mark(&button, "disabled", (!words::may_be_decided(picks.len())).then_some(""));
    }
    dom::mark(&form, "data-some", (!picks.is_empty()).then_some(""));
}
