//! Forms that bring pictures: choosing, dropping, turning and checking them, and their way to the
//! desk.
//!
//! Without this the form posts as any other. What is said beside a field is what the server would
//! say.

use super::{
    super::{size, view_math},
    dom, forms, idle, keys, net,
};
use domain::{
    fields::thousands,
    idv::{BROKEN, NOT_A_PICTURE, Picture, PictureKind, check_bytes, check_picture, sniff},
};
use js_sys::Uint8Array;
use std::cell::{Cell, RefCell};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    DataTransfer, DragEvent, Element, Event, File, FormData, HtmlElement, HtmlFormElement,
    HtmlImageElement, ProgressEvent, Url, XmlHttpRequest,
};

const FILES: &str = "form[data-upload] input[type=file]";
const ONE_ONLY: &str = "Drop one picture here at a time.";
const CHECKING: &str = "Checking the pictures";
const ARRIVED: &str = "The pictures had arrived before you cancelled: the check may have been launched. Look at the queue before you send them again; the same form is never launched twice.";

thread_local! {
    static SENDING: RefCell<Option<Sending>> = const { RefCell::new(None) };
    /// The field that a file is held over.
    static OVER: Cell<Option<Element>> = const { Cell::new(None) };
}

/// A form on its way.
struct Sending {
    form: HtmlFormElement,
    action: String,
    request: XmlHttpRequest,
    disabled: Vec<Element>,
    /// Where the focus was.
    button: Option<Element>,
    bar: Element,
    arrived: bool,
}

pub fn wake() {
    if dom::one(FILES).is_none() {
        return;
    }
    let page = dom::page();
    for (name, act) in
        [("dragover", held_over as fn(Event)), ("dragleave", held_away), ("drop", dropped)]
    {
        dom::on(&page, name, act);
    }
    dom::on_inner(&page, "load", loaded);
    dom::on_inner(&page, "error", broken);
    // Browsers give a page that is shown again its files back.
    for control in dom::all(FILES).iter().filter(|c| file(c).is_some()) {
        chosen(control);
    }
}

/// The file of a field, and the parts around it.
fn file(control: &Element) -> Option<File> {
    dom::control(control).files()?.get(0)
}

fn part(control: &Element, name: &str) -> Option<Element> {
    dom::one_in(&dom::closest(control, "[data-drop]")?, name)
}

/// A file was chosen, or taken away.
pub fn chosen(control: &Element) {
    if !dom::matches(control, FILES) {
        return;
    }
    let file = file(control);
    clear(control);
    let kept = part(control, "[data-kept]").is_some_and(|k| !dom::control(&k).value().is_empty());
    if let Some(words) = part(control, "[data-kept-words]") {
        dom::hide(&words, file.is_some() || !kept);
    }
    if let Some(tools) = part(control, "[data-picture-tools]") {
        dom::hide(&tools, file.is_none() && !kept);
    }
    if let Some(file) = file {
        match check_bytes(file.size() as usize) {
            Ok(()) => {
                let control = control.clone();
                spawn_local(async move {
                    look(control, file).await;
                });
            }
            Err(words) => forms::show_error(control, Some(words)),
        }
    }
}

/// Forgets what was seen of the picture before.
fn clear(control: &Element) {
    forms::show_error(control, None);
    if let Some(preview) = part(control, "[data-preview] img") {
        let _ = Url::revoke_object_url(&preview.unchecked_ref::<HtmlImageElement>().src());
        preview.remove();
    }
    if let Some(rotate) = part(control, "[data-rotate]") {
        dom::control(&rotate).set_value("0");
    }
    if let Some(turn) = part(control, "[data-picture=turn]") {
        dom::hide(&turn, true);
    }
    say(control, "");
}

fn say(control: &Element, words: &str) {
    if let Some(line) = part(control, "[data-about]") {
        line.set_text_content(Some(words));
    }
}

/// Tells the format by the first bytes, and shows the picture.
async fn look(control: Element, file: File) -> Option<()> {
    let head = file.slice_with_f64_and_f64(0.0, 8.0).ok()?.array_buffer();
    let head = Uint8Array::new(&JsFuture::from(head).await.ok()?).to_vec();
    if self::file(&control).as_ref() != Some(&file) {
        return None;
    }
    let Some(kind) = sniff(&head) else {
        forms::show_error(&control, Some(NOT_A_PICTURE.to_owned()));
        return None;
    };
    let image: HtmlImageElement = dom::make("img", "", "")?.unchecked_into();
    dom::mark(&image, "data-kind", Some(kind.code()));
    image.set_alt("Preview");
    image.set_src(&Url::create_object_url_with_blob(&file).ok()?);
    part(&control, "[data-preview]")?.append_with_node_1(&image).ok()
}

/// The field whose preview an event is about.
fn control_of(event: &Event) -> Option<(Element, HtmlImageElement)> {
    let image = dom::target(event).filter(|t| dom::matches(t, "[data-preview] img"))?;
    Some((part(&image, "input[type=file]")?, image.unchecked_into()))
}

/// A preview is there: its sides are known.
fn loaded(event: Event) {
    let Some((control, image)) = control_of(&event) else { return };
    let Some(file) = file(&control) else { return };
    let Some(kind) = image.get_attribute("data-kind").and_then(|k| PictureKind::parse(&k)) else {
        return;
    };
    let picture = Picture {
        bytes: file.size() as usize,
        kind,
        width: image.natural_width(),
        height: image.natural_height(),
    };
    forms::show_error(&control, check_picture(&picture).err());
    if let Some(turn) = part(&control, "[data-picture=turn]") {
        dom::hide(&turn, false);
    }
    describe(&control, &image);
}

fn describe(control: &Element, image: &HtmlImageElement) {
    let turn = image.get_attribute("data-turn").unwrap_or_default();
    let kind = if image.get_attribute("data-kind").as_deref() == Some(PictureKind::Png.code()) {
        PictureKind::Png
    } else {
        PictureKind::Jpeg
    };
    let sides =
        [image.natural_width(), image.natural_height()].map(|side| thousands(side as usize));
    let bytes = file(control).map_or(0, |f| f.size() as u64);
    let mut words =
        format!("{}, {} × {} pixels, {}", kind.label(), sides[0], sides[1], size(bytes));
    if !matches!(turn.as_str(), "" | "0") {
        words += &format!(", turned {turn}°");
    }
    say(control, &words);
}

fn broken(event: Event) {
    if let Some((control, image)) = control_of(&event) {
        image.remove();
        forms::show_error(&control, Some(BROKEN.to_owned()));
    }
}

/// A click on a button of a field, or on the one that stops sending. Whether it was one.
pub fn clicked(target: &Element) -> bool {
    if dom::closest(target, "[data-upload-cancel]").is_some() {
        let request = SENDING.with_borrow(|s| s.as_ref().map(|s| s.request.clone()));
        return request.is_some_and(|r| r.abort().is_ok());
    }
    let Some(button) = dom::closest(target, "[data-picture]") else { return false };
    let Some(control) = part(&button, "input[type=file]") else { return false };
    if dom::matches(&button, "[data-picture=turn]") {
        turn(&control);
    } else {
        remove(&control);
    }
    true
}

fn turn(control: &Element) -> Option<()> {
    let (rotate, image) = (part(control, "[data-rotate]")?, part(control, "[data-preview] img")?);
    let now = dom::control(&rotate).value().parse::<i32>().unwrap_or(0);
    let turned = view_math::turn(now as u16, false).to_string();
    dom::control(&rotate).set_value(&turned);
    dom::mark(&image, "data-turn", Some(&turned));
    describe(control, image.unchecked_ref());
    Some(())
}

/// Takes the chosen file away; without one, the picture that was kept.
fn remove(control: &Element) {
    if file(control).is_some() {
        dom::control(control).set_value("");
    } else if let Some(kept) = part(control, "[data-kept]") {
        dom::control(&kept).set_value("");
    }
    chosen(control);
    let _ = dom::html(control).focus();
}

/// What is dragged, if it is files.
fn files(event: &Event) -> Option<DataTransfer> {
    let dragged = event.unchecked_ref::<DragEvent>().data_transfer()?;
    dragged.types().includes(&JsValue::from_str("Files"), 0).then_some(dragged)
}

fn mark_over(field: Option<Element>) {
    let before = OVER.replace(field.clone());
    if before != field {
        for (field, over) in [(before, None), (field, Some(""))] {
            if let Some(field) = field {
                dom::mark(&field, "data-over", over);
            }
        }
    }
}

/// Over a field a file may be dropped; elsewhere it must not take the page away.
fn held_over(event: Event) {
    let Some(dragged) = files(&event) else { return };
    event.prevent_default();
    let field = drop_field(&event);
    dragged.set_drop_effect(if field.is_some() { "copy" } else { "none" });
    mark_over(field);
}

fn drop_field(event: &Event) -> Option<Element> {
    dom::closest(&dom::target(event)?, "form[data-upload]:not([data-busy]) [data-drop]")
}

fn held_away(event: Event) {
    // Left the window: nothing is entered instead.
    if event.unchecked_ref::<DragEvent>().related_target().is_none() {
        mark_over(None);
    }
}

fn dropped(event: Event) {
    mark_over(None);
    let Some(dragged) = files(&event) else { return };
    event.prevent_default();
    let control = drop_field(&event).and_then(|field| dom::one_in(&field, "input[type=file]"));
    if let (Some(control), Some(files)) = (control, dragged.files()) {
        if files.length() == 1 {
            dom::control(&control).set_files(Some(&files));
            chosen(&control);
        } else {
            forms::show_error(&control, Some(ONE_ONLY.to_owned()));
        }
    }
}

/// Sends the form; it is marked as busy already.
pub fn send(form: HtmlFormElement, submitter: Option<HtmlElement>) {
    let seen = |control: &Element| {
        control.parent_element().is_some_and(|p| dom::html(&p).offset_height() > 0)
    };
    let controls: Vec<Element> = dom::all_in(&form, "input[type=file]");
    // The server would say the same after megabytes.
    if let Some(wrong) = controls
        .iter()
        .find(|c| seen(c) && dom::matches(c, "[aria-invalid=true]") && file(c).is_some())
    {
        dom::mark(&form, "data-busy", None);
        keys::into_view(wrong);
        dom::focus(wrong);
        return;
    }
    let Some(data) = collect(&form, submitter.as_ref()) else { return };
    for control in controls.iter().filter(|c| !seen(c)) {
        data.delete(&control.get_attribute("name").unwrap_or_default());
    }
    let asked = submitter.as_ref().and_then(|s| s.get_attribute("formaction"));
    let action = asked.or_else(|| form.get_attribute("action")).unwrap_or_default();
    if start(form.clone(), action, data).is_none() {
        dom::mark(&form, "data-busy", None);
        forms::trouble(&form, forms::UNREACHED);
    }
}

/// What the form holds, with the button that was pressed.
fn collect(form: &HtmlFormElement, submitter: Option<&HtmlElement>) -> Option<FormData> {
    let data = FormData::new_with_form(form).ok()?;
    if let Some(button) = submitter
        && let Some(name) = button.get_attribute("name")
    {
        data.append_with_str(&name, &button.get_attribute("value").unwrap_or_default()).ok()?;
    }
    Some(data)
}

fn start(form: HtmlFormElement, action: String, data: FormData) -> Option<()> {
    for old in dom::all_in(&form, "[data-trouble]") {
        old.remove();
    }
    let request = XmlHttpRequest::new().ok()?;
    request.open_with_async("POST", &action, true).ok()?;
    for (name, act) in [("load", answered as fn(Event)), ("error", unreached), ("abort", stopped)] {
        dom::on(&request, name, act);
    }
    let upload = request.upload().ok()?;
    dom::on(&upload, "progress", progressed);
    dom::on(&upload, "load", |_| arrived());
    let bar = bar()?;
    let button = dom::focused().filter(|f| form.contains(Some(f)));
    let disabled = forms::disable(&form);
    // After that: its button stays open.
    let _ = form.append_with_node_1(&bar);
    dom::focus(&bar);
    keys::into_view(&bar);
    SENDING.set(Some(Sending {
        form,
        action,
        request: request.clone(),
        disabled,
        button,
        bar,
        arrived: false,
    }));
    if request.send_with_opt_form_data(Some(&data)).is_err() {
        end(forms::UNREACHED);
    }
    Some(())
}

/// How far it is, in words and as a line; the words are spoken when they are others, not with each
/// number.
fn bar() -> Option<Element> {
    let bar = dom::make("div", "uploading", "")?;
    for (name, value) in
        [("data-uploading", ""), ("tabindex", "-1"), ("role", "group"), ("aria-label", "Upload")]
    {
        dom::mark(&bar, name, Some(value));
    }
    bar.set_inner_html(
        "<progress max=\"100\" value=\"0\" aria-label=\"Uploaded\"></progress><p role=\"status\">Uploading, 0 %</p>\
         <button type=\"button\" class=\"btn\" data-upload-cancel>Cancel</button>",
    );
    Some(bar)
}

fn progressed(event: Event) {
    let progress: &ProgressEvent = event.unchecked_ref();
    if progress.length_computable() && progress.total() > 0.0 {
        let percent = (progress.loaded() / progress.total() * 100.0) as i32;
        show(percent, &format!("Uploading, {percent} %"), false);
    }
}

fn show(percent: i32, words: &str, aloud: bool) {
    SENDING.with_borrow(|sending| {
        let Some(sending) = sending.as_ref().filter(|s| aloud || !s.arrived) else { return };
        if let (Some(line), Some(text)) =
            (dom::one_in(&sending.bar, "progress"), dom::one_in(&sending.bar, "p"))
        {
            dom::mark(&line, "value", Some(&percent.to_string()));
            dom::mark(&text, "aria-live", (!aloud).then_some("off"));
            text.set_text_content(Some(words));
        }
    });
}

fn arrived() {
    SENDING.with_borrow_mut(|sending| {
        if let Some(sending) = sending {
            sending.arrived = true;
        }
    });
    show(100, CHECKING, true);
}

/// Gives the form back as it was; nothing when it was given back already.
fn give_back() -> Option<Sending> {
    let sending = SENDING.take()?;
    forms::reopen(&sending.form, &sending.disabled);
    let focused = dom::focused().is_none_or(|f| sending.bar.contains(Some(&f)));
    sending.bar.remove();
    if let Some(button) = sending.button.as_ref().filter(|_| focused) {
        dom::focus(button);
    }
    Some(sending)
}

fn end(words: &str) {
    if let Some(sending) = give_back() {
        forms::trouble(&sending.form, words);
    }
}

fn unreached(_: Event) {
    end(forms::UNREACHED);
}

fn stopped(_: Event) {
    if let Some(sending) = give_back().filter(|s| s.arrived)
        && let Some(notice) = dom::notice("attention", ARRIVED)
    {
        dom::mark(&notice, "data-trouble", Some(""));
        let _ = sending.form.append_with_node_1(&notice);
        keys::into_view(&notice);
    }
}

/// The desk answered. It mostly leads to another page; what does not is said here, and everything
/// is kept.
fn answered(_: Event) {
    let found = SENDING.with_borrow(|s| s.as_ref().map(|s| (s.request.clone(), s.action.clone())));
    let Some((request, action)) = found else { return };
    let status = request.status().unwrap_or(0);
    let address = request.response_url();
    if status == 401 {
        give_back();
        idle::out();
    } else if !address.ends_with(&action) {
        let location = dom::window().location();
        let here = location.href().unwrap_or_default();
        // The bar stays until the other page comes.
        let _ = if here.split('#').next() == Some(address.as_str()) {
            location.reload()
        } else {
            location.assign(&address)
        };
    } else {
        let answer = net::Answer {
            status,
            text: request.response_text().ok().flatten().unwrap_or_default(),
        };
        let words = answer
            .page()
            .and_then(|p| p.query_selector("main .blank p").ok().flatten())
            .map(|p| dom::text(&p));
        end(words.as_deref().unwrap_or(forms::FAULT));
    }
}

/// The page is shown again: nothing is on its way.
pub fn shown() {
    SENDING.set(None);
    for bar in dom::all("[data-uploading]") {
        bar.remove();
    }
}
