//! Puts the regions of an answered page in place of this page's, and keeps what the reader was
//! doing: focus, scroll, what is typed, what is folded open.

use super::{dom, dress, forms, idle, keys, net, viewer};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Document, Element};

/// A region has a name and stands for itself; the sign of a live connection uses the same
/// attribute.
const REGIONS: &str = "[data-live]:not(.live)";
const TYPED: &str = "input:not([type=hidden],[type=file]),textarea,select";

/// Where an element stands, so that its namesake is found after its region was replaced.
#[derive(Clone)]
pub struct Place {
    id: String,
    scope: String,
    selector: String,
    nth: usize,
}

impl Place {
    pub fn of(element: &Element) -> Self {
        let scope = element.parent_element().and_then(|p| dom::closest(&p, "[id]"));
        let mut selector = element.tag_name();
        // A form is known by where it goes: another one never stands for it.
        if let Some(action) = element.get_attribute("action") {
            selector += &format!("[action=\"{action}\"]");
        }
        if let Some(name) = element.get_attribute("name") {
            selector += &format!("[name=\"{name}\"]");
            // Values that are typed change; values that are chosen tell namesakes apart.
            let chosen = dom::matches(element, "button,[type=radio],[type=checkbox]");
            if let Some(value) =
                element.get_attribute("value").filter(|v| chosen && !v.contains(['"', '\\']))
            {
                selector += &format!("[value=\"{value}\"]");
            }
        }
        let nth = scope
            .as_ref()
            .and_then(|s| dom::all_in(s, &selector).iter().position(|e| e == element))
            .unwrap_or(0);
        Self { id: element.id(), scope: scope.map(|s| s.id()).unwrap_or_default(), selector, nth }
    }

    pub fn find(&self) -> Option<Element> {
        if !self.id.is_empty() {
            return dom::page().get_element_by_id(&self.id);
        }
        let scope = dom::page().get_element_by_id(&self.scope)?;
        dom::all_in(&scope, &self.selector).into_iter().nth(self.nth)
    }
}

const LOST: &str = "This check went on without a field that you typed into. Your text is kept here, to be copied; it is not recorded.";

/// What was typed into one control.
struct Kept {
    place: Place,
    value: String,
    checked: bool,
    is_text: bool,
}

impl Kept {
    fn put_back(&self) -> bool {
        let found = self.place.find();
        if let Some(control) = &found {
            dom::control(control).set_value(&self.value);
            dom::control(control).set_checked(self.checked);
        }
        found.is_some()
    }
}

fn kept_in(root: &Element) -> Vec<Kept> {
    let keep = |control: Element| {
        let (value, checked) = (dom::control(&control).value(), dom::control(&control).checked());
        let is_text = !dom::matches(&control, "[type=checkbox],[type=radio],select");
        Kept { place: Place::of(&control), value, checked, is_text }
    };
    dom::all_in(root, TYPED).into_iter().filter(is_typed).map(keep).collect()
}

/// Whether a control differs from what the server gave.
fn is_typed(element: &Element) -> bool {
    let control = dom::control(element);
    match element.tag_name().as_str() {
        "SELECT" => {
            let given =
                dom::one_in(element, "option[selected]").or_else(|| dom::one_in(element, "option"));
            given.is_some_and(|g| dom::control(&g).value() != control.value())
        }
        _ if dom::matches(element, "[type=checkbox],[type=radio]") => {
            control.checked() != control.default_checked()
        }
        _ => control.value() != control.default_value(),
    }
}

/// Whether anything under an element differs from what the server gave.
pub fn is_anything_typed(root: &Element) -> bool {
    dom::all_in(root, TYPED).iter().any(is_typed)
}

/// What a page lets its reader do. When that changed, swapping regions is not enough.
#[derive(PartialEq)]
struct Shape {
    running: bool,
    judging: bool,
    deciding: Option<String>,
}

impl Shape {
    fn of(page: &Document) -> Self {
        let one = |selector| page.query_selector(selector).ok().flatten();
        Self {
            running: one("[data-live=running] > *").is_some(),
            judging: one("form.judge").is_some(),
            deciding: one("form[data-decide]").and_then(|f| f.get_attribute("action")),
        }
    }
}

/// Takes over what an answered page shows of this same page.
pub fn take(answer: &Document) {
    let (before, after) = (Shape::of(&dom::page()), Shape::of(answer));
    let address = dom::lasting_address();
    if before != after
        && !dom::page().document_element().is_some_and(|page| is_anything_typed(&page))
        && !viewer::is_used()
    {
        let _ = dom::window().location().replace(&address);
        return;
    }
    take_refresh(answer);
    replace_regions(answer);
    if before != after {
        let words = if before.running && !after.running {
            "The outcome is here: "
        } else {
            "This check went on: "
        };
        let _ = went_on(words, &address);
    }
}

/// Takes over what goes on around a check, when it says something else than before.
pub fn line(answer: &Document) {
    let key = |page: &Document| {
        page.query_selector("[data-here]")
            .ok()
            .flatten()
            .and_then(|line| line.get_attribute("data-key"))
    };
    if key(answer) != key(&dom::page()) {
        replace_regions(answer);
    }
}

/// When to look again, and from which moment on.
fn take_refresh(answer: &Document) {
    let Some(main) = dom::one("main") else { return };
    let new = answer.query_selector("main").ok().flatten();
    for name in ["data-touched", "data-refresh"] {
        let value = new.as_ref().and_then(|m| m.get_attribute(name));
        dom::mark(&main, name, value.as_deref());
    }
}

fn went_on(words: &'static str, address: &str) -> Option<()> {
    let notice = dom::notice("info", "")?;
    let link = dom::make("a", "", "show it")?;
    dom::mark(&link, "href", Some(address));
    dom::mark(&link, "data-show", Some(""));
    dom::one("[data-live=notices]")?.append_with_node_1(&notice).ok()?;
    // Words are spoken when they come into a status that is there already.
    let sentence = dom::one_in(&notice, "p")?;
    dom::later(100, move || {
        sentence.set_text_content(Some(words));
        let _ = sentence.append_with_node_1(&link);
    });
    Some(())
}

/// Shows the page as it is now, whole, when its reader asks for it. What is typed goes along.
pub fn show() {
    spawn_local(async {
        let address = dom::lasting_address();
        let answer = net::ask("GET", &address, None, None).await;
        match (&answer, answer.as_ref().and_then(net::Answer::page)) {
            (Some(answer), Some(page)) if answer.is_good() => {
                idle::extend(&page);
                whole(&page);
            }
            (Some(answer), _) if answer.status == 401 => idle::out(),
            _ => {
                if let Some(place) = dom::one("[data-live=notices]") {
                    forms::trouble(&place, forms::UNREACHED);
                }
            }
        }
    });
}

/// Puts the answered page's content in place of this one's, and what was typed into the fields that
/// it has as well. What was typed into others is said, so that it can be copied.
fn whole(answer: &Document) {
    let (Some(old), Some(new)) = (dom::one("main"), answer.query_selector("main").ok().flatten())
    else {
        return;
    };
    let kept = kept_in(&old);
    if dom::page().adopt_node(&new).is_err() || old.replace_with_with_node_1(&new).is_err() {
        return;
    }
    dom::page().set_title(&answer.title());
    dress(&new);
    let mut lost = Vec::new();
    for kept in kept {
        if !kept.put_back() && !kept.value.trim().is_empty() && kept.is_text {
            lost.push(kept.value);
        }
    }
    if let (false, Some(place), Some(notice)) =
        (lost.is_empty(), dom::one("[data-live=notices]"), dom::notice("attention", LOST))
    {
        if let Some(area) = dom::make("textarea", "", &lost.join("\n\n")) {
            for (name, value) in
                [("readonly", ""), ("aria-label", "Your text, not recorded"), ("dir", "auto")]
            {
                dom::mark(&area, name, Some(value));
            }
            let _ = notice.append_with_node_1(&area);
        }
        let _ = place.append_with_node_1(&notice);
    }
    forms::fit_parts();
    forms::count_all();
    forms::tell_notes();
    dom::focus(&dom::one("[data-focus]").unwrap_or(new));
}

fn replace_regions(answer: &Document) {
    let Some(answer) = answer.document_element() else { return };
    viewer::grow(&answer);
    let mut new_ones = dom::all_in(&answer, REGIONS);
    let pairs: Vec<(Element, Element)> = dom::all(REGIONS)
        .into_iter()
        .filter_map(|old| {
            let name = old.get_attribute("data-live");
            let at = new_ones.iter().position(|new| new.get_attribute("data-live") == name)?;
            let new = new_ones.remove(at);
            (!viewer::keeps(&old, &new)).then_some((old, new))
        })
        .collect();

    let focus = dom::focused().filter(|f| pairs.iter().any(|(old, _)| old.contains(Some(f))));
    let at =
        focus.as_ref().map(|f| (Place::of(f), f.get_bounding_client_rect().top(), selection(f)));
    let cursor = keys::cursor().map(|c| Place::of(&c));
    let dock = dom::one("#dock");
    let scrolled =
        (dom::window().scroll_y().unwrap_or(0.0), dock.as_ref().map_or(0, Element::scroll_top));

    let mut kept = Vec::new();
    for (old, new) in &pairs {
        kept.extend(kept_in(old));
        keep_folds(old, new);
    }
    for (old, new) in &pairs {
        if dom::page().adopt_node(new).is_ok() && old.replace_with_with_node_1(new).is_ok() {
            dress(new);
        }
    }
    for kept in kept {
        kept.put_back();
    }
    forms::tell_notes();
    if let Some(finding) = cursor.and_then(|c| c.find()) {
        dom::mark(&finding, "aria-current", Some("true"));
    }
    if let Some(dock) = dock {
        dock.set_scroll_top(scrolled.1);
    }
    dom::window().scroll_to_with_x_and_y(dom::window().scroll_x().unwrap_or(0.0), scrolled.0);
    if let Some((place, top, selection)) = at {
        refocus(&place, top, selection);
    }
}

/// Focuses the namesake and moves the page so that it stands where it stood.
fn refocus(place: &Place, top: f64, selection: Option<(u32, u32)>) {
    let Some(element) = place.find() else { return };
    dom::focus(&element);
    if let Some((from, to)) = selection {
        let _ = dom::control(&element).set_selection_range(from, to);
    }
    if dom::closest(&element, "#dock").is_none() {
        dom::window().scroll_by_with_x_and_y(0.0, element.get_bounding_client_rect().top() - top);
    }
}

fn selection(element: &Element) -> Option<(u32, u32)> {
    if !dom::matches(element, "textarea,input") {
        return None;
    }
    let control = dom::control(element);
    Some((control.selection_start().ok()??, control.selection_end().ok()??))
}

/// Folds stay as the reader left them, as long as they are the same folds.
fn keep_folds(old: &Element, new: &Element) {
    let folds = |root: &Element| {
        let mut folds = dom::all_in(root, "details");
        if root.tag_name() == "DETAILS" {
            folds.push(root.clone());
        }
        folds
    };
    let (old, new) = (folds(old), folds(new));
    if old.len() == new.len() {
        for (old, new) in old.iter().zip(&new) {
            dom::mark(new, "open", old.get_attribute("open").as_deref());
        }
    }
}
