//! Keys: moving, judging, choosing, searching, and the dialog that tells them.

use super::{
    KEYS, VIEWER_KEYS, dom,
    swap::{self, Place},
    viewer, words,
};
use std::cell::Cell;
use wasm_bindgen::JsCast;
use web_sys::{
    Element, Event, HtmlDialogElement, HtmlFormElement, KeyboardEvent, ScrollIntoViewOptions,
    ScrollLogicalPosition,
};

const ITEMS: &str = "[data-row],[data-finding]";
/// What takes letters: an option's first one in a list, a digit in a date, all of them in a text.
/// Keys are its own.
const FIELDS: &str = "input:not([type=checkbox],[type=radio],[type=button],[type=submit],[type=reset],[type=range]),textarea,select,[contenteditable]";
/// The code of keys that a method of input has taken, for browsers that say it in no other way.
const COMPOSING: u32 = 229;

const LEAVE: &str =
    "What you typed here is not recorded. Press n once more to leave it and take the next check.";
/// How long the second press is waited for.
const LEAVE_MS: i32 = 6_000;

/// How long a key waits for a button whose form is on its way, and how often.
const PRESS_AGAIN_MS: i32 = 100;
const PRESSES_MAX: u32 = 30;

thread_local! {
    static LEAVING: Cell<bool> = const { Cell::new(false) };
}

pub fn pressed(event: Event) {
    // Browsers fill in passwords with key events that are none.
    let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
    if event.default_prevented() || event.is_composing() || event.key_code() == COMPOSING {
        return;
    }
    let key = words::key(&event.key(), &event.code());
    let focused = dom::focused();
    let field =
        focused.as_ref().filter(|f| dom::matches(f, FIELDS) || dom::html(f).is_content_editable());
    let done = if event.ctrl_key() || event.meta_key() {
        key == "Enter"
            && !event.repeat()
            && field.and_then(|f| dom::closest(f, "form")).is_some_and(|f| send(f.unchecked_ref()))
    } else if let Some(field) = field {
        if key == "Escape" {
            let _ = dom::html(field).blur();
        }
        false
    } else if event.alt_key() || dom::one("dialog[open]").is_some() {
        false
    } else {
        viewer::pressed(event, &key, focused.as_ref()) || act(&key, event, focused.as_ref())
    };
    if done {
        event.prevent_default();
    }
}

fn act(key: &str, event: &KeyboardEvent, focused: Option<&Element>) -> bool {
    let again = event.repeat();
    match key {
        "j" => step(true),
        "k" => step(false),
        "Escape" => close_menus(None),
        _ if again => false,
        "/" => dom::one("#find").is_some_and(|find| {
            dom::control(&find).select();
            dom::html(&find).focus().is_ok()
        }),
        "?" => show_keys().is_some(),
        "v" => viewer::enter(),
        "n" => next(),
        "a" => choose("accept"),
        "r" => choose("reject"),
        "1" => judge(0).is_some(),
        "2" => judge(1).is_some(),
        "3" => judge(2).is_some(),
        // A locked capital is no Shift: it takes over one, as without it.
        "t" | "T" if event.shift_key() => {
            dom::one("[data-take-all]").map(|b| press(&Place::of(&b), PRESSES_MAX)).is_some()
        }
        "t" | "T" => take().is_some(),
        "Enter" if focused.is_none() => cursor()
            .and_then(|c| dom::one_in(&c, "a.row-link"))
            .map(|link| dom::html(&link).click())
            .is_some(),
        _ => false,
    }
}

/// Takes the next check. What is typed into this one is left only when the key comes again.
fn next() -> bool {
    let Some(form) = dom::one("form[data-next]") else { return false };
    // What the server gave back after a refusal is not recorded either. Outside of a check's page
    // nothing is written.
    let unsent = "form[data-decide] textarea,#comments textarea";
    let typed = dom::one("main.review").is_some_and(|main| {
        swap::is_anything_typed(&main)
            || dom::all_in(&main, unsent).iter().any(|t| !dom::control(t).value().trim().is_empty())
    });
    if typed && !LEAVING.replace(true) {
        if let (Some(place), Some(notice)) =
            (dom::one("[data-live=notices]"), dom::notice("attention", LEAVE))
        {
            let _ = place.append_with_node_1(&notice);
            into_view(&notice);
        }
        dom::later(LEAVE_MS, || LEAVING.set(false));
        return true;
    }
    send(form.unchecked_ref())
}

/// Sends a form as its main button would; a note goes with the judgement that stands.
fn send(form: &HtmlFormElement) -> bool {
    let button = dom::one_in(form, "button[aria-pressed=true]").or_else(|| {
        let controls = (0..form.length() as u32).filter_map(|at| form.get_with_index(at));
        controls
            .into_iter()
            .find(|c| dom::matches(c, "button:not([type=button],[type=reset],:disabled)"))
    });
    match button {
        Some(button) => form.request_submit_with_submitter(Some(dom::html(&button))).is_ok(),
        None => form.request_submit().is_ok(),
    }
}

/// The row or finding that keys act on: where the focus is, else where the cursor was left.
pub fn cursor() -> Option<Element> {
    dom::focused()
        .and_then(|f| dom::closest(&f, ITEMS))
        .or_else(|| dom::one("[data-row][aria-current],[data-finding][aria-current]"))
}

/// Moves the cursor and the focus to a row or finding.
pub fn point_at(item: &Element) {
    for old in dom::all("[data-row][aria-current],[data-finding][aria-current]") {
        dom::mark(&old, "aria-current", None);
    }
    dom::mark(item, "aria-current", Some("true"));
    while let Some(fold) = dom::closest(item, "details:not([open])") {
        dom::mark(&fold, "open", Some(""));
    }
    dom::focus(&dom::one_in(item, "a.row-link").unwrap_or_else(|| item.clone()));
    into_view(item);
}

pub fn into_view(element: &Element) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

fn step(forward: bool) -> bool {
    let items: Vec<Element> = dom::all(ITEMS)
        .into_iter()
        .filter(|i| dom::closest(i, "details:not([open])").is_none())
        .collect();
    let now = cursor().and_then(|c| items.iter().position(|i| *i == c));
    words::step(now, items.len(), forward).and_then(|at| items.get(at)).map(point_at).is_some()
}

/// Presses a button of the current finding's judgement, then goes on to the next undecided finding.
fn judge(nth: usize) -> Option<()> {
    let findings = dom::all("[data-finding]");
    let open: Vec<bool> = findings
        .iter()
        .map(|f| {
            dom::matches(f, "[data-judgement=undecided]") && dom::one_in(f, "[data-busy]").is_none()
        })
        .collect();
    let now = cursor()
        .and_then(|c| findings.iter().position(|f| *f == c))
        .or_else(|| open.iter().position(|o| *o))?;
    let finding = findings.get(now)?;
    if !is_on_screen(finding) {
        // Nobody judges what they do not see: the key shows it first.
        point_at(finding);
        return Some(());
    }
    let button = dom::all_in(finding, "form.judge .switch button").into_iter().nth(nth)?;
    press(&Place::of(&button), PRESSES_MAX);
    point_at(words::next_open(&open, now).and_then(|at| findings.get(at)).unwrap_or(finding));
    Some(())
}

/// Whether the head of a finding, which says what it is, is all on the screen.
fn is_on_screen(finding: &Element) -> bool {
    let head = dom::one_in(finding, "header").unwrap_or_else(|| finding.clone());
    let place = head.get_bounding_client_rect();
    let height = dom::page().document_element().map_or(0, |page| page.client_height());
    place.height() > 0.0 && place.top() >= 0.0 && place.bottom() <= f64::from(height)
}

/// Takes over what was said of the current finding before, else of the first that is undecided and
/// has something to take over, then goes on to the next of them.
fn take() -> Option<()> {
    let takes: Vec<Element> = dom::all("[data-finding] [data-take]");
    let of = |b: &Element| dom::closest(b, "[data-finding]");
    let now = match cursor() {
        Some(cursor) => takes.iter().position(|b| of(b).as_ref() == Some(&cursor))?,
        None => 0,
    };
    let button = takes.get(now)?;
    let finding = of(button)?;
    if !is_on_screen(&finding) {
        point_at(&finding);
        return Some(());
    }
    press(&Place::of(button), PRESSES_MAX);
    let next = takes.get(now + 1).unwrap_or(button);
    point_at(&of(next)?);
    Some(())
}

/// Presses a button; one whose form is on its way, with a note for example, as soon as that is
/// answered.
fn press(place: &Place, tries: u32) {
    let Some(button) = place.find() else { return };
    if !dom::matches(&button, ":disabled") {
        dom::html(&button).click();
    } else if tries > 0 {
        let place = place.clone();
        dom::later(PRESS_AGAIN_MS, move || press(&place, tries - 1));
    }
}

/// Chooses an outcome and goes on to its reason. Never sends.
fn choose(outcome: &str) -> bool {
    let Some(radio) =
        dom::one(&format!("form[data-decide] input[type=radio][name=outcome][value={outcome}]"))
    else {
        return false;
    };
    if let Some(dock) = dom::one("#dock").filter(|d| dom::html(d).offset_height() == 0) {
        let _ = dom::html(&dock).show_popover();
    }
    dom::html(&radio).click();
    let reason =
        dom::one(&format!("form[data-decide] [data-when={outcome}] select")).unwrap_or(radio);
    dom::html(&reason).focus().is_ok()
}

/// Closes the open menus but the one around `but`; the focus goes back to the menu's name.
pub fn close_menus(but: Option<&Element>) -> bool {
    let mut closed = false;
    for menu in dom::all("details.menu[open]") {
        if but.is_some_and(|b| menu.contains(Some(b))) {
            continue;
        }
        if dom::focused().is_some_and(|f| menu.contains(Some(&f)))
            && let Some(name) = dom::one_in(&menu, "summary")
        {
            dom::focus(&name);
        }
        dom::mark(&menu, "open", None);
        closed = true;
    }
    closed
}

/// The keys in a dialog; Esc closes it and the focus goes back, both by the browser.
pub fn show_keys() -> Option<()> {
    close_menus(None);
    let dialog = match dom::one("#keys-dialog") {
        Some(dialog) => dialog,
        None => {
            let dialog = dom::make("dialog", "dialog", "")?;
            dialog.set_id("keys-dialog");
            dom::mark(&dialog, "aria-labelledby", Some("keys-title"));
            // Our own words only; none of them needs escaping.
            let mut lists = String::new();
            for (heading, keys) in [("", KEYS), ("<h3>In the pictures</h3>", VIEWER_KEYS)] {
                lists += heading;
                lists += "<dl class=\"keys\">";
                for (keys, words) in keys {
                    lists += "<div><dt>";
                    for key in keys.split(' ') {
                        lists += &format!("<kbd>{key}</kbd> ");
                    }
                    lists += &format!("</dt><dd>{words}</dd></div>");
                }
                lists += "</dl>";
            }
            dialog.set_inner_html(&format!(
                "<header><h2 id=\"keys-title\">Keys</h2><form method=\"dialog\"><button class=\"btn quiet\">Close</button></form></header>\
                 <div class=\"dialog-body\">{lists}</div>"
            ));
            dom::page().body()?.append_with_node_1(&dialog).ok()?;
            dialog
        }
    };
    dialog.unchecked_into::<HtmlDialogElement>().show_modal().ok()
}
