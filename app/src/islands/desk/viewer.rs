//! The picture viewer: looking closely at documents and faces, side by side or one over the other.
//!
//! A pane is a frame with one picture; it is only ever moved, scaled, turned and filtered by style,
//! so large pictures are decoded once. What a person does to one pane happens to all while "Move
//! together" is pressed.

use super::{
    super::view_math::{self as math, Fit, Pair, View},
    dom,
};
use std::cell::{Cell, RefCell};
use wasm_bindgen::JsCast;
use web_sys::{DomRect, Element, Event, HtmlImageElement, KeyboardEvent, PointerEvent, WheelEvent};

/// How much one press zooms; over another picture it is about fitting one face to the other.
const STEP: f64 = 1.25;
const STEP_OVER: f64 = 1.04;
/// How far one press moves, in shares of the frame.
const MOVE: f64 = 0.1;
const MOVE_OVER: f64 = 0.01;
/// How long after a page was scrolled the wheel does not zoom, and the other way round.
const WHEEL_REST_MS: f64 = 400.0;
/// What is said waits until nothing has changed for a moment.
const SAID_MS: i32 = 400;
const UNSEEN: &str = "The picture could not be loaded. Reload the page to see why.";

thread_local! {
    static VIEWER: RefCell<Option<Viewer>> = const { RefCell::new(None) };
    static DRAWING: Cell<bool> = const { Cell::new(false) };
    static CHANGES: Cell<u32> = const { Cell::new(0) };
    static LAST_SCROLL: Cell<f64> = const { Cell::new(0.0) };
    static LAST_ZOOM: Cell<f64> = const { Cell::new(0.0) };
}

#[derive(Clone, Copy, PartialEq)]
enum Layout {
    All,
    Pair,
    Overlay,
    One,
}

impl Layout {
    const fn code(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Pair => "pair",
            Self::Overlay => "overlay",
            Self::One => "one",
        }
    }

    const fn compares(self) -> bool {
        matches!(self, Self::Pair | Self::Overlay)
    }
}

/// What is done to a pane.
#[derive(Clone, Copy)]
enum Act {
    Zoom(f64, Pair),
    Move(Pair),
    Turn { back: bool },
    Tone(usize, i32),
    Reset,
}

struct Pane {
    slot: String,
    figure: Element,
    frame: Element,
    stage: Element,
    image: HtmlImageElement,
    turn: u16,
    tones: [i32; 2],
    /// In a frame of its own, and over another picture.
    views: [View; 2],
}

struct Finger {
    id: i32,
    at: Pair,
}

struct Viewer {
    root: Element,
    panes: Vec<Pane>,
    /// The pane that keys and buttons mean.
    current: usize,
    layout: Layout,
    /// Whether all panes go along; over another picture the face is moved alone at first.
    together: [bool; 2],
    opacity: String,
    used: bool,
    fingers: Vec<Finger>,
    rect: Option<DomRect>,
}

/// Nothing when there is no viewer.
fn with<R>(act: impl FnOnce(&mut Viewer) -> R) -> Option<R> {
    VIEWER.with(|viewer| viewer.try_borrow_mut().ok()?.as_mut().map(act))
}

/// Whether pictures were looked at closely: then the page is not reloaded under the person's hands.
pub fn is_used() -> bool {
    with(|v| v.used).unwrap_or(false)
}

/// Takes pictures that came since into the viewer that is open, each at its place; the others stay
/// as they are looked at.
pub fn grow(answer: &Element) {
    let panes = |root: &Element| dom::one_in(root, "[data-viewer] [data-panes]");
    let Some((here, there)) =
        dom::page().document_element().and_then(|page| Some((panes(&page)?, panes(answer)?)))
    else {
        return;
    };
    let name = |pane: &Element| pane.get_attribute("data-live");
    let mut before: Option<Element> = None;
    let mut grown = false;
    for pane in dom::all_in(&there, ".pane[data-live]") {
        if let Some(known) = dom::all_in(&here, ".pane[data-live]")
            .into_iter()
            .find(|known| name(known) == name(&pane))
        {
            before = Some(known);
            continue;
        }
        let taken = dom::page().adopt_node(&pane).is_ok()
            && match &before {
                Some(before) => before.after_with_node_1(&pane).is_ok(),
                None => here.prepend_with_node_1(&pane).is_ok(),
            };
        grown |= taken;
        if taken {
            before = Some(pane);
        }
    }
    if grown {
        let count = |root: &Element| dom::one_in(root, "[data-viewer] > header .n");
        let old = dom::page().document_element().and_then(|page| count(&page));
        if let (Some(old), Some(new)) = (old, count(answer)) {
            old.set_text_content(Some(&dom::text(&new)));
        }
        dress();
    }
}

/// Whether news say of a pane what it shows already: then only its caption is taken over. A viewer
/// with pictures grows instead.
pub fn keeps(old: &Element, new: &Element) -> bool {
    if dom::matches(old, "[data-viewer]") {
        return true;
    }
    let picture = |figure: &Element| {
        dom::one_in(figure, "[data-frame] img").and_then(|i| i.get_attribute("src"))
    };
    let shown = picture(old);
    if shown.is_none() || shown != picture(new) {
        return false;
    }
    if let (Some(old), Some(new)) =
        (dom::one_in(old, "figcaption > div"), dom::one_in(new, "figcaption > div"))
        && dom::text(&old) != dom::text(&new)
    {
        old.set_inner_html(&new.inner_html());
    }
    true
}

/// Wakes the viewer and the pictures that came since; those that are shown already stay as they
/// are.
pub fn dress() {
    let Some(root) = dom::one("[data-viewer]") else { return };
    if with(|v| v.root == root) != Some(true) {
        for (name, act) in [
            ("pointerdown", pointer_down as fn(Event)),
            ("pointermove", pointer_moved),
            ("pointerup", pointer_up),
            ("pointercancel", pointer_up),
            ("lostpointercapture", pointer_up),
            ("dblclick", clicked_twice),
            ("wheel", wheeled),
            ("click", clicked),
            ("input", slid),
            ("focusin", came_in),
        ] {
            dom::on(&root, name, act);
        }
        dom::on_inner(&root, "load", |_| draw());
        dom::on_inner(&root, "error", failed);
        dom::on(&dom::window(), "resize", |_| draw());
        dom::on(&dom::page(), "wheel", page_wheeled);
        let viewer = Viewer {
            root,
            panes: Vec::new(),
            current: 0,
            layout: Layout::All,
            together: [true, false],
            opacity: "50".to_owned(),
            used: false,
            fingers: Vec::new(),
            rect: None,
        };
        VIEWER.set(Some(viewer));
    }
    let broken = with(|v| {
        v.find_panes();
        v.show();
        v.panes
            .iter()
            .filter(|p| p.image.complete() && p.image.natural_width() == 0)
            .map(|p| p.image.clone())
            .collect::<Vec<_>>()
    });
    draw();
    for image in broken.unwrap_or_default() {
        fail(&image);
    }
}

impl Pane {
    fn of(figure: Element) -> Option<Self> {
        let frame = dom::one_in(&figure, "[data-frame]")?;
        let stage = dom::one_in(&frame, ".stage")?;
        let image = dom::one_in(&stage, "img")?.dyn_into().ok()?;
        for (name, value) in
            [("tabindex", "0"), ("role", "group"), ("aria-describedby", "viewer-keys")]
        {
            dom::mark(&frame, name, Some(value));
        }
        dom::mark(&frame, "aria-label", frame.get_attribute("data-frame").as_deref());
        let slot = figure.get_attribute("data-pane")?;
        Some(Self {
            slot,
            figure,
            frame,
            stage,
            image,
            turn: 0,
            tones: [math::TONE; 2],
            views: [View::WHOLE; 2],
        })
    }

    /// Looked at as the picture before it in the same place was.
    fn after(self, known: &[Self]) -> Self {
        match known.iter().find(|k| k.slot == self.slot) {
            Some(old) => Self { turn: old.turn, tones: old.tones, views: old.views, ..self },
            None => self,
        }
    }

    fn frame_size(&self) -> Pair {
        (f64::from(self.frame.client_width()), f64::from(self.frame.client_height()))
    }

    fn fit(&self, frame: Pair) -> Fit {
        Fit::of(
            frame,
            (f64::from(self.image.natural_width()), f64::from(self.image.natural_height())),
            self.turn,
        )
    }

    fn act(&mut self, act: Act, over: bool) {
        let view = &mut self.views[usize::from(over)];
        match act {
            Act::Zoom(factor, point) => *view = view.zoomed(factor, point, over),
            Act::Move(by) => *view = view.moved(by),
            Act::Tone(which, value) => self.tones[which] = value,
            Act::Turn { back } => {
                let frame = self.frame_size();
                let before = self.fit(frame);
                self.turn = math::turn(self.turn, back);
                let after = self.fit(frame);
                let view = &mut self.views[usize::from(over)];
                *view = view.turned(frame, &before, &after, back);
            }
            Act::Reset => {
                *view = View::WHOLE;
                self.turn = 0;
                self.tones = [math::TONE; 2];
            }
        }
    }

    fn draw(&mut self, frame: Pair, over: bool) {
        let fit = self.fit(frame);
        let view = &mut self.views[usize::from(over)];
        // A frame that is not shown has no size to hold the picture in.
        if frame.0 > 0.0 {
            *view = view.held(&fit, over);
        }
        let style = dom::html(&self.image).style();
        let _ = style.set_property("transform", &math::transform(view, &fit, self.turn));
        let [light, contrast] = self.tones;
        let plain = self.tones == [math::TONE; 2];
        let filter = if plain {
            String::new()
        } else {
            format!("brightness({light}%) contrast({contrast}%)")
        };
        let _ = dom::html(&self.stage).style().set_property("filter", &filter);
        // Whether a finger moves the picture, or the page.
        dom::mark(&self.frame, "data-loose", (over || view.zoom > 1.0).then_some(""));
    }
}

impl Viewer {
    fn over(&self) -> bool {
        self.layout == Layout::Overlay
    }

    fn find_panes(&mut self) {
        let current = self.panes.get(self.current).map(|p| p.slot.clone());
        let mut known = std::mem::take(&mut self.panes);
        for figure in dom::all_in(&self.root, "[data-pane]") {
            match known.iter().position(|p| p.figure == figure) {
                Some(at) => self.panes.push(known.swap_remove(at)),
                None => self.panes.extend(Pane::of(figure).map(|new| new.after(&known))),
            }
        }
        self.current =
            self.panes.iter().position(|p| Some(&p.slot) == current.as_ref()).unwrap_or(0);
        if self.layout.compares() && !self.can_compare() {
            self.layout = Layout::All;
        }
    }

    fn can_compare(&self) -> bool {
        ["front", "face"].iter().all(|slot| self.panes.iter().any(|p| p.slot == *slot))
    }

    /// Whether this layout shows a pane, or can.
    fn takes(&self, pane: &Pane) -> bool {
        !self.layout.compares() || matches!(pane.slot.as_str(), "front" | "face")
    }

    /// The pane in whose frame an event happened.
    fn pane_at(&self, event: &Event) -> Option<usize> {
        let frame = dom::closest(&dom::target(event)?, "[data-frame]")?;
        self.panes.iter().position(|p| p.frame == frame)
    }

    fn act(&mut self, at: usize, act: Act) {
        self.used = true;
        let over = self.over();
        let alone = matches!(act, Act::Turn { .. }) || !self.together[usize::from(over)];
        for (nth, pane) in self.panes.iter_mut().enumerate() {
            if nth == at || !alone {
                pane.act(act, over);
            }
        }
        draw();
    }

    fn arrange(&mut self, layout: Layout) -> bool {
        if layout.compares() && !self.can_compare() {
            return false;
        }
        self.used = true;
        self.layout = layout;
        let named = |slot: &str| self.panes.iter().position(|p| p.slot == slot);
        let current = self.panes.get(self.current).filter(|p| self.takes(p)).map(|_| self.current);
        self.current = if self.over() { named("face") } else { current.or_else(|| named("front")) }
            .unwrap_or(0);
        self.show();
        draw();
        true
    }

    /// The next pane that this layout takes.
    fn next(&self, back: bool) -> usize {
        let (count, step) = (self.panes.len(), if back { self.panes.len() - 1 } else { 1 });
        (1..=count)
            .map(|n| (self.current + n * step) % count)
            .find(|&at| self.takes(&self.panes[at]))
            .unwrap_or(self.current)
    }

    /// Says in attributes what is pressed, shown and meant.
    fn show(&self) {
        let over = self.over();
        dom::mark(&self.root, "data-awake", (!self.panes.is_empty()).then_some(""));
        if let Some(panes) = dom::one_in(&self.root, "[data-panes]") {
            dom::mark(&panes, "data-layout", Some(self.layout.code()));
        }
        for (at, pane) in self.panes.iter().enumerate() {
            dom::mark(&pane.figure, "data-current", (at == self.current).then_some(""));
            let opacity = if over && pane.slot == "face" {
                format!("{}%", self.opacity)
            } else {
                String::new()
            };
            let _ = dom::html(&pane.stage).style().set_property("opacity", &opacity);
        }
        for part in dom::all_in(&self.root, "[data-compares]") {
            dom::hide(&part, !self.can_compare());
        }
        for button in dom::all_in(&self.root, "[data-act][aria-pressed]") {
            let pressed = match button.get_attribute("data-act").unwrap_or_default().as_str() {
                "together" => self.together[usize::from(over)],
                "tall" => self.root.has_attribute("data-tall"),
                layout => layout == self.layout.code(),
            };
            dom::mark(&button, "aria-pressed", Some(if pressed { "true" } else { "false" }));
        }
        self.show_tones();
    }

    fn show_tones(&self) {
        let Some(pane) = self.panes.get(self.current) else { return };
        for (range, tone) in dom::all_in(&self.root, "[data-tone]").iter().zip(pane.tones) {
            dom::control(range).set_value(&tone.to_string());
        }
    }

    fn say(&self) {
        let (Some(pane), Some(line)) =
            (self.panes.get(self.current), dom::one_in(&self.root, "[data-said]"))
        else {
            return;
        };
        let over = usize::from(self.over());
        let all = self.together[over]
            && self.panes.len() > 1
            && self.layout != Layout::One
            && pane.turn == 0;
        let name = if all {
            "All pictures".to_owned()
        } else {
            pane.frame.get_attribute("data-frame").unwrap_or_default()
        };
        let mut words = math::said(&name, pane.views[over].zoom, pane.turn, pane.tones);
        if self.over() && !self.together[1] {
            words += "; it moves alone, s moves both";
        }
        if dom::text(&line) != words {
            line.set_text_content(Some(&words));
        }
    }
}

/// Draws with the browser's next picture, however much happens until then.
fn draw() {
    if !DRAWING.replace(true) {
        dom::next_frame(|| {
            DRAWING.set(false);
            with(|v| {
                let over = v.over();
                let sizes: Vec<Pair> = v.panes.iter().map(Pane::frame_size).collect();
                for (pane, size) in v.panes.iter_mut().zip(sizes) {
                    pane.draw(size, over);
                }
                v.show_tones();
            });
            say_later();
        });
    }
}

/// Says what is, when all is quiet.
fn say_later() {
    let change = CHANGES.get().wrapping_add(1);
    CHANGES.set(change);
    dom::later(SAID_MS, move || {
        if CHANGES.get() == change {
            with(|v| {
                if v.used {
                    v.say();
                }
            });
        }
    });
}

/// Does what a button or key means.
fn perform(act: &str, back: bool) -> bool {
    let step = |over: bool| if over { STEP_OVER } else { STEP };
    let middle = (0.0, 0.0);
    let done = with(|v| {
        if v.panes.is_empty() {
            return false;
        }
        let (at, over) = (v.current, v.over());
        match act {
            "larger" => v.act(at, Act::Zoom(step(over), middle)),
            "smaller" => v.act(at, Act::Zoom(1.0 / step(over), middle)),
            "reset" => v.act(at, Act::Reset),
            "turn" => v.act(at, Act::Turn { back }),
            "light" => v.act(at, Act::Tone(0, math::tone(v.panes[at].tones[0], back))),
            "contrast" => v.act(at, Act::Tone(1, math::tone(v.panes[at].tones[1], back))),
            "together" => {
                v.together[usize::from(over)] ^= true;
                v.show();
                draw();
            }
            "tall" => {
                let tall = !v.root.has_attribute("data-tall");
                dom::mark(&v.root, "data-tall", tall.then_some(""));
                v.used = true;
                v.show();
                draw();
                if tall {
                    v.root.scroll_into_view();
                }
            }
            "all" => return v.arrange(Layout::All),
            "pair" => return v.arrange(Layout::Pair),
            "overlay" => return v.arrange(Layout::Overlay),
            "one" => {
                return v.arrange(if v.layout == Layout::One { Layout::All } else { Layout::One });
            }
            "next" => {
                v.current = v.next(back);
                v.show();
                draw();
            }
            _ => return false,
        }
        true
    });
    done.unwrap_or(false)
}

fn current_frame() -> Option<Element> {
    with(|v| v.panes.get(v.current).map(|p| p.frame.clone())).flatten()
}

/// The focus goes to the current picture.
fn focus_current() -> bool {
    current_frame().is_some_and(|frame| dom::html(&frame).focus().is_ok())
}

/// The focus does not stay on what a layout hid, nor on a frame that keys do not mean any more.
fn keep_focus() {
    let left = |f: &Element| {
        dom::closest(f, "[data-pane]")
            .is_some_and(|p| !p.has_attribute("data-current") || dom::html(f).offset_height() == 0)
    };
    if dom::focused().is_some_and(|f| left(&f)) {
        focus_current();
    }
}

/// The key that leads here.
pub fn enter() -> bool {
    focus_current()
}

/// A key that no field takes, while the focus is in the viewer. Whether it meant something here.
pub fn pressed(event: &KeyboardEvent, key: &str, focused: Option<&Element>) -> bool {
    let Some(focused) = focused.filter(|f| dom::closest(f, "[data-viewer]").is_some()) else {
        return false;
    };
    let back = event.shift_key();
    let key = key.to_ascii_lowercase();
    let moved = |x: f64, y: f64| !dom::matches(focused, "[type=range]") && move_by((x, y), back);
    let act = match key.as_str() {
        "arrowleft" => return moved(-1.0, 0.0),
        "arrowright" => return moved(1.0, 0.0),
        "arrowup" => return moved(0.0, -1.0),
        "arrowdown" => return moved(0.0, 1.0),
        "+" | "=" => "larger",
        "-" | "_" => "smaller",
        "b" => "light",
        "c" => "contrast",
        "t" => "turn",
        "p" => "next",
        _ if event.repeat() => return false,
        "0" => "reset",
        "s" => "together",
        "g" => "all",
        "d" => "pair",
        "o" => "overlay",
        "l" => "one",
        "h" => "tall",
        "enter" if dom::matches(focused, "[data-frame]") => "one",
        "escape" => return leave(),
        _ => return false,
    };
    let done = perform(act, back);
    if done && act == "next" {
        focus_current();
    } else if done {
        keep_focus();
    }
    done
}

/// An arrow key looks further into a picture; over another one it pushes the picture.
fn move_by(way: Pair, far: bool) -> bool {
    let done = with(|v| {
        let over = v.over();
        let pane = v.panes.get(v.current)?;
        // A whole picture cannot be moved: the key is the page's.
        if !over && pane.views[0].zoom <= 1.0 {
            return None;
        }
        let step = if over { MOVE_OVER } else { -MOVE } * if far { 4.0 } else { 1.0 };
        v.act(v.current, Act::Move((way.0 * step, way.1 * step)));
        Some(())
    });
    done.flatten().is_some()
}

/// Back to all pictures at their usual height; nothing when that is what is shown.
fn leave() -> bool {
    let tall = with(|v| v.root.has_attribute("data-tall")).unwrap_or(false);
    let other = with(|v| v.layout != Layout::All).unwrap_or(false);
    if other {
        perform("all", false);
    } else if tall {
        perform("tall", false);
    }
    keep_focus();
    other || tall
}

fn clicked(event: Event) {
    let Some(button) = dom::target(&event).and_then(|t| dom::closest(&t, "[data-act]")) else {
        return;
    };
    if let Some(figure) = dom::closest(&button, "[data-pane]") {
        make_current(&figure);
    }
    perform(&button.get_attribute("data-act").unwrap_or_default(), false);
    keep_focus();
}

fn make_current(figure: &Element) {
    with(|v| {
        if let Some(at) =
            v.panes.iter().position(|p| p.figure == *figure).filter(|at| *at != v.current)
        {
            v.current = at;
            v.show();
        }
    });
}

fn came_in(event: Event) {
    if let Some(figure) = dom::target(&event).and_then(|t| dom::closest(&t, "[data-pane]")) {
        make_current(&figure);
    }
}

fn slid(event: Event) {
    let Some(range) = dom::target(&event) else { return };
    let value = dom::control(&range).value();
    with(|v| {
        if let (Some(which), Ok(tone)) = (range.get_attribute("data-tone"), value.parse::<i32>()) {
            v.act(v.current, Act::Tone(usize::from(which == "1"), tone));
        } else if range.has_attribute("data-opacity") {
            v.opacity = value;
            v.show();
        }
    });
}

/// A point of the screen as a place in a frame.
fn place(rect: &DomRect, x: i32, y: i32) -> Pair {
    let share = |at: i32, from: f64, size: f64| (f64::from(at) - from) / size.max(1.0) - 0.5;
    (share(x, rect.left(), rect.width()), share(y, rect.top(), rect.height()))
}

fn pointer_down(event: Event) {
    let pointer: &PointerEvent = event.unchecked_ref();
    if pointer.button() != 0 {
        return;
    }
    let figure = with(|v| {
        let at = v.pane_at(&event)?;
        // The second finger belongs to the frame of the first.
        if v.fingers.len() > 1 || (v.fingers.len() == 1 && at != v.current) {
            return None;
        }
        let pane = &v.panes[at];
        let rect = pane.frame.get_bounding_client_rect();
        let _ = pane.frame.set_pointer_capture(pointer.pointer_id());
        dom::mark(&pane.frame, "data-held", Some(""));
        v.fingers.retain(|f| f.id != pointer.pointer_id());
        v.fingers.push(Finger {
            id: pointer.pointer_id(),
            at: place(&rect, pointer.client_x(), pointer.client_y()),
        });
        v.rect = Some(rect);
        Some(pane.figure.clone())
    });
    if let Some(figure) = figure.flatten() {
        make_current(&figure);
    }
}

fn pointer_moved(event: Event) {
    let pointer: &PointerEvent = event.unchecked_ref();
    if pointer.buttons() == 0 {
        return pointer_up(event);
    }
    with(|v| {
        let nth = v.fingers.iter().position(|f| f.id == pointer.pointer_id())?;
        let new = place(v.rect.as_ref()?, pointer.client_x(), pointer.client_y());
        let old = v.fingers[nth].at;
        if old == new {
            return None;
        }
        let before: Vec<Pair> = v.fingers.iter().map(|f| f.at).collect();
        v.fingers[nth].at = new;
        if let [a, b] = before[..] {
            let (by, point, grown) = math::pinch([a, b], [v.fingers[0].at, v.fingers[1].at]);
            v.act(v.current, Act::Move(by));
            v.act(v.current, Act::Zoom(grown, point));
        } else if v.over() || v.panes.get(v.current)?.views[0].zoom > 1.0 {
            v.act(v.current, Act::Move((new.0 - old.0, new.1 - old.1)));
        }
        Some(())
    });
}

fn pointer_up(event: Event) {
    let id = event.unchecked_ref::<PointerEvent>().pointer_id();
    with(|v| {
        v.fingers.retain(|f| f.id != id);
        if v.fingers.is_empty() {
            for frame in dom::all_in(&v.root, "[data-held]") {
                dom::mark(&frame, "data-held", None);
            }
        }
    });
}

/// Twice on a place: closer to it, or the whole picture again.
fn clicked_twice(event: Event) {
    let mouse = super::queue::mouse(&event);
    with(|v| {
        let at = v.pane_at(&event)?;
        let point = place(
            &v.panes[at].frame.get_bounding_client_rect(),
            mouse.client_x(),
            mouse.client_y(),
        );
        let zoom = v.panes[at].views[usize::from(v.over())].zoom;
        v.act(at, Act::Zoom(if zoom == 1.0 { 2.5 } else { 1.0 / zoom }, point));
        Some(())
    });
}

/// The wheel zooms to the pointer. A page that is being scrolled past goes on, and a whole picture
/// lets it.
fn wheeled(event: Event) {
    let wheel: &WheelEvent = event.unchecked_ref();
    let now = dom::now();
    if !wheel.ctrl_key() && now - LAST_SCROLL.get() < WHEEL_REST_MS {
        return;
    }
    let factor = math::wheel(wheel.delta_y(), wheel.delta_mode(), wheel.ctrl_key());
    let zoomed = with(|v| {
        let at = v.pane_at(&event)?;
        let over = v.over();
        let whole = v.panes[at].views[usize::from(over)].zoom <= math::zoom_min(over);
        if whole && factor <= 1.0 && !wheel.ctrl_key() {
            return (now - LAST_ZOOM.get() < WHEEL_REST_MS).then_some(());
        }
        let point = place(
            &v.panes[at].frame.get_bounding_client_rect(),
            wheel.client_x(),
            wheel.client_y(),
        );
        v.act(at, Act::Zoom(factor, point));
        Some(())
    });
    if zoomed.flatten().is_some() {
        LAST_ZOOM.set(now);
        event.prevent_default();
    }
}

fn page_wheeled(event: Event) {
    if !event.default_prevented() {
        LAST_SCROLL.set(dom::now());
    }
}

fn failed(event: Event) {
    if let Some(image) = dom::target(&event) {
        fail(&image);
    }
}

/// Words instead of a broken picture.
fn fail(image: &Element) {
    let Some(figure) = dom::closest(image, "[data-pane]") else { return };
    if let (Some(frame), Some(words)) =
        (dom::one_in(&figure, "[data-frame]"), dom::make("p", "hush", UNSEEN))
    {
        frame.set_text_content(None);
        let _ = frame.append_with_node_1(&words);
        for name in ["data-frame", "tabindex", "role", "aria-label", "aria-describedby"] {
            dom::mark(&frame, name, None);
        }
    }
    dom::mark(&figure, "data-pane", None);
    with(|v| {
        v.find_panes();
        v.show();
    });
}
