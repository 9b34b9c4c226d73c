//! Forms: sent once, sent without leaving the page where they ask for it, counted, and checked
//! while typing.

use super::{
    dom, idle, keys, net,
    swap::{self, Place},
    upload, values, words,
};
use domain::{checks::Kind, fields::counted, launch};
use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    Document, Element, Event, FocusEvent, FormData, HtmlElement, HtmlFormElement, SubmitEvent,
    UrlSearchParams,
};

/// A plain form is not sent again within this time.
const ONCE_MS: i32 = 2_000;
pub const UNREACHED: &str = "The desk could not be reached. What you typed is kept; try again.";
pub const FAULT: &str =
    "The desk had a fault. Reload the page to see whether this was recorded, then try again.";

thread_local! {
    static QUEUE: RefCell<VecDeque<Job>> = const { RefCell::new(VecDeque::new()) };
    static BUSY: Cell<bool> = const { Cell::new(false) };
    static SENT: Cell<u32> = const { Cell::new(0) };
    /// Whether a pointer is down, and the field that was left by pressing it.
    static PRESSED: Cell<bool> = const { Cell::new(false) };
    static LEFT: Cell<Option<Element>> = const { Cell::new(None) };
    /// Whether the field that was left by pressing was a note.
    static NOTE_LEFT: Cell<bool> = const { Cell::new(false) };
    /// A form that leads away from this page and waits for what is on its way.
    static WAITING: RefCell<Option<Waiting>> = const { RefCell::new(None) };
    /// Whether something that was sent was not taken, since the last form began to wait.
    static FAILED: Cell<bool> = const { Cell::new(false) };
}

/// Notes on findings: they are kept by themselves when they are left.
const NOTES: &str = "form.judge .note textarea";

/// A form that leads away from this page, by its place: an answer may bring it anew.
struct Waiting {
    form: Element,
    place: Place,
    /// Name and value of the button that was pressed.
    button: Option<(String, String)>,
    disabled: Vec<Element>,
}

/// A form on its way.
struct Job {
    form: HtmlFormElement,
    place: Place,
    body: UrlSearchParams,
    focus: Option<Place>,
    disabled: Vec<Element>,
    /// Typed controls, with what the server had given them: as sent, they are no longer "typed".
    given: Vec<(Element, String)>,
}

/// Whether a form is on its way: what other requests bring may be older than its answer.
pub fn is_busy() -> bool {
    BUSY.get()
}

/// Counts the forms that were sent from this page.
pub fn sent() -> u32 {
    SENT.get()
}

pub fn submitted(event: Event) {
    let Some(form) = event.target().map(|t| t.unchecked_into::<HtmlFormElement>()) else { return };
    if dom::matches(&form, "[data-days]") {
        values::give_zones(&form);
    }
    if event.default_prevented() || !dom::matches(&form, "[method=post]") {
        return;
    }
    if dom::matches(&form, "[data-busy]") {
        event.prevent_default();
        return;
    }
    dom::mark(&form, "data-busy", Some(""));
    let submitter = event.unchecked_ref::<SubmitEvent>().submitter();
    if dom::matches(&form, "[data-upload]") {
        event.prevent_default();
        upload::send(form, submitter);
    } else if dom::matches(&form, "[data-enhance]") {
        event.prevent_default();
        if let Some(job) = job(form, submitter) {
            QUEUE.with_borrow_mut(|q| q.push_back(job));
            SENT.set(SENT.get() + 1);
            if !BUSY.replace(true) {
                spawn_local(send_all());
            }
        }
    } else if sends_more() {
        // It would overtake what is on its way, and decide on a check that the note has not
        // reached.
        event.prevent_default();
        FAILED.set(false);
        let button = submitter.map(|s| {
            let of = |name| s.get_attribute(name).unwrap_or_default();
            (of("name"), of("value"))
        });
        let disabled = disable(&form);
        let waiting =
            Waiting { place: Place::of(&form), form: form.unchecked_into(), button, disabled };
        WAITING.set(Some(waiting));
    } else {
        // Not before the browser has read the form: a disabled button would be left out.
        dom::later(0, move || {
            let disabled = disable(&form);
            dom::later(ONCE_MS, move || reopen(&form, &disabled));
        });
    }
}

/// Whether something is on its way after each open note was sent.
fn sends_more() -> bool {
    keep_notes();
    is_busy()
}

/// Forms that were sent from a page that the browser shows again.
pub fn reopen_all() {
    for form in dom::all("form[data-busy]:not([data-enhance])") {
        let form: HtmlFormElement = form.unchecked_into();
        let buttons = buttons(&form);
        reopen(&form, &buttons);
    }
}

fn buttons(form: &HtmlFormElement) -> Vec<Element> {
    (0..form.length() as u32)
        .filter_map(|at| form.get_with_index(at))
        .filter(|c| c.tag_name() == "BUTTON")
        .collect()
}

pub fn disable(form: &HtmlFormElement) -> Vec<Element> {
    let buttons: Vec<Element> =
        buttons(form).into_iter().filter(|b| !dom::matches(b, ":disabled")).collect();
    for button in &buttons {
        dom::mark(button, "disabled", Some(""));
    }
    buttons
}

pub fn reopen(form: &Element, disabled: &[Element]) {
    dom::mark(form, "data-busy", None);
    for button in disabled {
        dom::mark(button, "disabled", None);
    }
}

fn job(form: HtmlFormElement, submitter: Option<HtmlElement>) -> Option<Job> {
    let body = UrlSearchParams::new_with_str_sequence_sequence(
        &FormData::new_with_form(&form).ok()?.into(),
    )
    .ok()?;
    if let Some(button) = &submitter
        && let Some(name) = button.get_attribute("name")
    {
        body.append(&name, &button.get_attribute("value").unwrap_or_default());
    }
    for old in dom::all_in(&form, "[data-trouble]") {
        old.remove();
    }
    let focus = dom::focused().filter(|f| {
        form.contains(Some(f)) || submitter.as_ref().is_some_and(|s| s.contains(Some(f)))
    });
    let focus = focus.map(|f| Place::of(&f));
    let given =
        dom::all_in(&form, "textarea,input:not([type=hidden],[type=checkbox],[type=radio])")
            .into_iter()
            .map(|c| {
                let given = dom::control(&c).default_value();
                dom::control(&c).set_default_value(&dom::control(&c).value());
                (c, given)
            })
            .collect();
    Some(Job { place: Place::of(&form), body, focus, disabled: disable(&form), given, form })
}

/// Sends one after the other, so that a later answer is never older than an earlier one; shows the
/// last.
async fn send_all() {
    while let Some(job) = QUEUE.with_borrow_mut(VecDeque::pop_front) {
        let action = job.form.get_attribute("action").unwrap_or_default();
        let answer = net::ask("POST", &action, Some(&job.body), None).await;
        let page = answer.as_ref().and_then(net::Answer::page);
        let last = QUEUE.with_borrow(VecDeque::is_empty);
        match (&answer, page) {
            (Some(answer), Some(page)) if answer.is_good() => {
                idle::extend(&page);
                finish(&job);
                // More answers are coming, and each shows the whole page as it then is.
                if last {
                    swap::take(&page);
                }
            }
            (Some(answer), Some(page)) if answer.status != 401 => {
                refused(&job, &page, answer.status)
            }
            (Some(answer), _) if answer.status == 401 => {
                give_back(&job);
                idle::out();
            }
            _ => {
                give_back(&job);
                trouble_at(&job.place, UNREACHED);
            }
        }
        if dom::focused().is_none()
            && let Some(element) = job.focus.and_then(|p| p.find())
        {
            dom::focus(&element);
        }
    }
    BUSY.set(false);
    if let Some(waiting) = WAITING.take() {
        go_on(&waiting);
    }
}

/// Sends the form that waited, if all that it waited for was taken.
fn go_on(waiting: &Waiting) {
    reopen(&waiting.form, &waiting.disabled);
    let Some(form) = waiting.place.find().filter(|_| !FAILED.get()) else { return };
    let form: HtmlFormElement = form.unchecked_into();
    let pressed = waiting.button.as_ref().and_then(|(name, value)| {
        let is = |b: &Element, attribute: &str, value: &str| {
            b.get_attribute(attribute).unwrap_or_default() == value
        };
        buttons(&form).into_iter().find(|b| is(b, "name", name) && is(b, "value", value))
    });
    let _ = match pressed {
        Some(button) => form.request_submit_with_submitter(Some(dom::html(&button))),
        None => form.request_submit(),
    };
}

/// The form was taken: it can be sent anew, and what was typed to be added is cleared.
fn finish(job: &Job) {
    reopen(&job.form, &job.disabled);
    for field in dom::all_in(&job.form, "[aria-invalid]") {
        dom::mark(&field, "aria-invalid", None);
    }
    for error in dom::all_in(&job.form, ".error") {
        dom::hide(&error, true);
    }
    if dom::matches(&job.form, "[data-enhance=reset]") {
        for area in dom::all_in(&job.form, "textarea") {
            let control = dom::control(&area);
            // What was typed after sending stays.
            if control.value() == control.default_value() {
                control.set_value("");
            }
            control.set_default_value("");
            count(&area);
        }
    }
}

/// The form was not taken: what it holds is still only typed.
fn give_back(job: &Job) {
    FAILED.set(true);
    reopen(&job.form, &job.disabled);
    for (control, given) in &job.given {
        dom::control(control).set_default_value(given);
    }
}

/// Shows why, where it was typed.
fn refused(job: &Job, page: &Document, status: u16) {
    give_back(job);
    let why: Vec<Element> = page
        .document_element()
        .map(|p| dom::all_in(&p, "main .error:not([hidden]),main [data-focus]"))
        .unwrap_or_default();
    if matches!(status, 409 | 422) {
        swap::take(page);
    }
    let form = job.place.find();
    // A note that was refused is not sent again by itself before it changes.
    if let Some(note) = form.as_ref().and_then(|f| dom::one_in(f, ".note textarea")) {
        dom::mark(&note, "data-refused", Some(""));
    }
    for error in &why {
        let id = error.id();
        let Some(here) = form
            .as_ref()
            .filter(|_| !id.is_empty())
            .and_then(|f| dom::one_in(f, &format!("[id=\"{id}\"]")))
        else {
            continue;
        };
        here.set_text_content(Some(&dom::text(error)));
        dom::hide(&here, false);
        if let Some(field) =
            id.strip_suffix("-error").and_then(|name| dom::page().get_element_by_id(name))
        {
            dom::mark(&field, "aria-invalid", Some("true"));
            dom::focus(&field);
            keys::into_view(&field);
        }
        return;
    }
    let said: Vec<String> = why.iter().map(dom::text).collect();
    let words = match said.join(" ").trim() {
        "" => page.query_selector("main .blank p").ok().flatten().map(|p| dom::text(&p)),
        said => Some(said.to_owned()),
    };
    trouble_at(&job.place, words.as_deref().unwrap_or(FAULT));
}

fn trouble_at(form: &Place, words: &str) {
    if let Some(form) = form.find() {
        trouble(&form, words);
    }
}

/// Says at the end of a form what went wrong.
pub fn trouble(form: &Element, words: &str) {
    if let Some(notice) = dom::notice("danger", words) {
        let _ = form.append_with_node_1(&notice);
        keys::into_view(&notice);
    }
}

/// Says how much of a text area is used.
pub fn count(area: &Element) {
    let Some(max) = area.get_attribute("data-count").and_then(|m| m.parse::<usize>().ok()) else {
        return;
    };
    let Some(counter) = area.parent_element().and_then(|p| dom::one_in(&p, ".count")) else {
        return;
    };
    let length = domain::decisions::comment_length(&dom::control(area).value());
    counter.set_text_content(Some(&counted(length, max)));
    dom::mark(&counter, "data-over", (length > max).then_some(""));
    if length * 5 > max * 4 {
        dom::hide(&counter, false);
    }
}

pub fn count_all() {
    for area in dom::all("textarea[data-count]") {
        count(&area);
    }
}

/// Where a form holds what others send when there is no script, each sends its own again: a page
/// with scripts keeps the rest.
pub fn let_go(root: &Element) {
    for control in dom::all_in(root, "[data-carried]") {
        for name in ["form", "formaction", "data-carried"] {
            dom::mark(&control, name, None);
        }
    }
}

/// Sends each note that was typed and not sent.
pub fn keep_notes() {
    let is_open = |note: &Element| {
        dom::control(note).value() != dom::control(note).default_value()
            && !note.has_attribute("data-refused")
    };
    for note in dom::all(NOTES).into_iter().filter(is_open) {
        let Some(form) = dom::closest(&note, "form").filter(|f| !f.has_attribute("data-busy"))
        else {
            continue;
        };
        if let Some(button) = dom::one_in(&form, "[data-keep-note]") {
            let form: HtmlFormElement = form.unchecked_into();
            let _ = form.request_submit_with_submitter(Some(dom::html(&button)));
        }
    }
}

/// Says beside each note how it is kept, and whether it is.
pub fn tell_notes() {
    for note in dom::all(NOTES) {
        tell_note(&note);
    }
}

fn tell_note(note: &Element) {
    let Some(said) =
        dom::closest(note, ".note").and_then(|n| dom::one_in(&n, "[data-said-of-note]"))
    else {
        return;
    };
    let (value, kept) = (dom::control(note).value(), dom::control(note).default_value());
    let words = words::of_note(value != kept, !kept.trim().is_empty());
    if dom::text(&said) != words {
        said.set_text_content(Some(words));
    }
}

/// The page is being left: what is not on its way yet is sent so that it arrives without the page.
pub fn leaving(_: Event) {
    for note in dom::all(NOTES) {
        let Some(form) = dom::closest(&note, "form") else { continue };
        let (action, button) = (
            form.get_attribute("action").unwrap_or_default(),
            dom::one_in(&form, "[data-keep-note]"),
        );
        if dom::control(&note).value() == dom::control(&note).default_value()
            || note.has_attribute("data-refused")
        {
            continue;
        }
        let body = FormData::new_with_form(form.unchecked_ref())
            .and_then(|data| UrlSearchParams::new_with_str_sequence_sequence(&data.into()));
        if let (Ok(body), Some(button)) = (body, button) {
            body.append(
                &button.get_attribute("name").unwrap_or_default(),
                &button.get_attribute("value").unwrap_or_default(),
            );
            net::leave(&action, &body);
        }
    }
}

/// The page is put away, perhaps for good.
pub fn hidden(_: Event) {
    if dom::page().hidden() {
        keep_notes();
    }
}

/// Something was typed: counts, and takes an error away as soon as it is none.
pub fn typed(event: Event) {
    let Some(control) = dom::target(&event) else { return };
    count(&control);
    if dom::matches(&control, NOTES) {
        dom::mark(&control, "data-refused", None);
        tell_note(&control);
    }
    if dom::matches(&control, "[data-launch] [data-check][aria-invalid]")
        && wrong(&control).is_none()
    {
        show_error(&control, None);
    }
}

/// A field was left: a note is kept; of another, says what the server would say. An empty one is
/// still to be filled in.
pub fn left(event: Event) {
    let Some(control) = dom::target(&event) else { return };
    let next = event.unchecked_ref::<FocusEvent>().related_target();
    if let Some(form) = dom::closest(&control, "form.judge") {
        // Its own buttons send the note themselves; what is pressed elsewhere is pressed first.
        let stays = next.as_ref().is_some_and(|n| form.contains(Some(n.unchecked_ref())));
        if PRESSED.get() {
            NOTE_LEFT.set(true);
        } else if !stays {
            keep_notes();
        }
        return;
    }
    if !dom::matches(&control, "[data-launch] [data-check]") {
        return;
    }
    // On the way to a button or link: the server says it after that.
    let pressing = next.is_some_and(|n| dom::matches(n.unchecked_ref(), "button,a"));
    if pressing || dom::control(&control).value().trim().is_empty() {
        return;
    }
    // Nothing moves away under a pointer that is down: its click would miss.
    if PRESSED.get() {
        LEFT.set(Some(control));
    } else {
        judge(&control);
    }
}

pub fn pointer_down(_: Event) {
    PRESSED.set(true);
}

/// The pointer is up again; the click that follows at once comes before what was held back.
pub fn pointer_up(_: Event) {
    PRESSED.set(false);
    if NOTE_LEFT.take() {
        dom::later(50, keep_notes);
    }
    if let Some(control) = LEFT.take() {
        dom::later(50, move || judge(&control));
    }
}

/// Why the server would refuse what a field of the launch form holds.
fn wrong(control: &Element) -> Option<String> {
    let value = dom::control(control).value();
    match control.get_attribute("data-check")?.as_str() {
        "reference" => launch::check_reference(&value).err().map(str::to_owned),
        "date" => domain::idv::check_date(&value).err().map(str::to_owned),
        "name" => launch::look_at_name(&value, kind()).err(),
        "birth_date" if kind() != Kind::DdKyb => {
            launch::check_birth_date(&value, dom::now() as i64).err().map(str::to_owned)
        }
        _ => None,
    }
}

/// Says what the server would say. What the server did say stays while its value stands as it came:
/// it knows more.
fn judge(control: &Element) {
    let words = wrong(control);
    let is_as_it_came =
        control.get_attribute("value").unwrap_or_default() == dom::control(control).value();
    if words.is_some() || !is_as_it_came {
        show_error(control, words);
    }
}

/// Shows a message beside a field, or takes it away.
pub fn show_error(control: &Element, words: Option<String>) {
    let Some(error) = dom::page().get_element_by_id(&format!("{}-error", control.id())) else {
        return;
    };
    dom::mark(control, "aria-invalid", words.is_some().then_some("true"));
    dom::hide(&error, words.is_none());
    error.set_text_content(words.as_deref());
}

fn kind() -> Kind {
    let chosen =
        dom::one("[data-launch] input[name=kind]:checked").and_then(|k| k.get_attribute("value"));
    chosen.and_then(|k| Kind::parse(&k)).unwrap_or(Kind::DdKyc)
}

/// Shows the parts of a launch form that what is chosen asks for.
///
/// `data-when-field` names a control and `data-when-value` its values; `data-and-field` and
/// `data-and-value` a second one.
pub fn fit_parts() {
    for part in dom::all("[data-launch] [data-when-field]") {
        let Some(form) = dom::closest(&part, "form") else { continue };
        let holds = |field: &str, values: &str| {
            let Some(field) = part.get_attribute(field) else { return true };
            words::is_one_of(
                &chosen(&form, &field),
                &part.get_attribute(values).unwrap_or_default(),
            )
        };
        dom::hide(
            &part,
            !(holds("data-when-field", "data-when-value")
                && holds("data-and-field", "data-and-value")),
        );
    }
    // What was chosen in a group that does not apply any more gives way to the first that does.
    for group in dom::all("[data-launch] optgroup[hidden]") {
        let Some(select) = dom::closest(&group, "select")
            .filter(|_| dom::one_in(&group, "option:checked").is_some())
        else {
            continue;
        };
        if let Some(first) = dom::one_in(&select, "optgroup:not([hidden]) option") {
            dom::control(&select).set_value(&first.get_attribute("value").unwrap_or_default());
        }
    }
}

/// What a control holds; of several with one name, the one that is ticked.
fn chosen(form: &Element, name: &str) -> String {
    let controls = dom::all_in(form, &format!("[name=\"{name}\"]"));
    let holds = |c: &&Element| {
        !dom::matches(c, "[type=radio],[type=checkbox]") || dom::control(c).checked()
    };
    controls.iter().find(holds).map(|c| dom::control(c).value()).unwrap_or_default()
}

/// Shows the fields that apply to a person or a company.
pub fn fit_kind() {
    if dom::one("[data-launch]").is_none() {
        return;
    }
    let company = kind() == Kind::DdKyb;
    for field in dom::all("[data-launch] .only-person,[data-launch] .only-company") {
        dom::hide(&field, dom::matches(&field, ".only-person") == company);
    }
}

/// Another kind was chosen: what was wrong is judged anew.
pub fn kind_chosen() {
    fit_kind();
    for control in dom::all("[data-launch] [data-check][aria-invalid]") {
        show_error(&control, wrong(&control));
    }
}
