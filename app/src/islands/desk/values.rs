//! Values: times in the reader's zone, and copying.

use super::{dom, net, words};
use js_sys::{Array, Date, Intl::DateTimeFormat, Object, Reflect};
use std::cell::OnceCell;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, UrlSearchParams};

thread_local! {
    static ZONE: OnceCell<String> = const { OnceCell::new() };
}

/// The name of the reader's time zone.
fn zone() -> String {
    ZONE.with(|zone| {
        zone.get_or_init(|| {
            let options = DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
            Reflect::get(&options, &JsValue::from_str("timeZone"))
                .ok()
                .and_then(|z| z.as_string())
                .unwrap_or_default()
        })
        .clone()
    })
}

/// Shows moments in the reader's zone; UTC stays in the title.
pub fn localise(root: &Element) {
    for time in dom::all_in(root, "time[datetime]") {
        let iso = time.get_attribute("datetime").unwrap_or_default();
        let date = Date::new(&JsValue::from_str(&iso));
        let Some(utc) = words::utc_minute(&iso).filter(|_| !date.get_time().is_nan()) else {
            continue;
        };
        let here = words::minute(
            date.get_full_year(),
            date.get_month() + 1,
            date.get_date(),
            date.get_hours(),
            date.get_minutes(),
        );
        let title = if time.has_attribute("data-local") {
            time.set_text_content(Some(&here));
            format!("{utc}, shown in {}", zone())
        } else {
            format!("{here} ({utc})")
        };
        dom::mark(&time, "title", Some(&title));
    }
}

/// Says with each day of a filter how far the reader's clock is from UTC when it begins; when the
/// next begins, for a last day.
pub fn give_zones(form: &Element) {
    for zone in dom::all_in(form, "input[data-zone-of]") {
        let of = zone.get_attribute("data-zone-of").unwrap_or_default();
        let day = dom::one_in(form, &format!("input[name=\"{of}\"]"))
            .map(|day| dom::control(&day).value())
            .unwrap_or_default();
        let numbers: Vec<i32> = day.split('-').filter_map(|part| part.parse().ok()).collect();
        let minutes = match numbers[..] {
            [year, month, day] => {
                let next = i32::from(of == "until");
                Date::new_with_year_month_day(year as u32, month - 1, day + next)
                    .get_timezone_offset()
                    .to_string()
            }
            _ => String::new(),
        };
        dom::control(&zone).set_value(&minutes);
    }
}

/// Browsers let pages copy over safe connections only.
pub fn offer_copies(root: &Element) {
    if dom::window().is_secure_context() {
        for button in dom::all_in(root, "[data-copy]") {
            dom::mark(&button, "aria-live", Some("polite"));
            dom::hide(&button, false);
        }
    }
}

pub fn copy(button: Element) {
    let Some(code) = button.parent_element().and_then(|p| dom::one_in(&p, "code")) else { return };
    let copied = dom::window().navigator().clipboard().write_text(&dom::text(&code));
    spawn_local(async move {
        if JsFuture::from(copied).await.is_ok() {
            note(&button);
            button.set_text_content(Some("Copied"));
            dom::later(2_000, move || button.set_text_content(Some("Copy")));
        }
    });
}

/// Tells the server that something was copied, where it wants to know; nothing waits for the
/// answer.
fn note(button: &Element) -> Option<()> {
    let place = dom::closest(button, "[data-copied-api]")?;
    let (api, check) =
        (place.get_attribute("data-copied-api")?, place.get_attribute("data-check")?);
    let body = UrlSearchParams::new().ok()?;
    body.append("check_id", &check);
    spawn_local(async move {
        net::ask("POST", &api, Some(&body), None).await;
    });
    Some(())
}
