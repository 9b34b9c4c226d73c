//! The signs that rows are full of, written as HTML. `parts` has the same signs as views.

use super::Html;
use domain::{
    Moment,
    checks::{Band, Kind, State, Telling},
    people::initials,
    time::{self, Due},
};

/// The square with the kind's letters.
pub fn kind(html: &mut Html, kind: Kind) {
    let letters = kind.letters();
    html.raw("<abbr")
        .attribute("data-kind", &letters.to_lowercase())
        .attribute("title", kind.label())
        .raw(" class=\"kind\">");
    html.text(letters).raw("</abbr>");
}

/// A band's code as the stylesheet knows it.
fn band_code(band: Band) -> String {
    band.code().replace('_', "-")
}

/// Disc, score and word of a risk.
pub fn risk(html: &mut Html, score: Option<i64>) {
    let Some(score) = score else {
        html.raw(
            "<span data-band=\"none\" class=\"risk\"><span class=\"sr\">no score</span></span>",
        );
        return;
    };
    scored(html, score, Band::of(score));
}

/// The same of a score that was in this band.
pub fn scored(html: &mut Html, score: i64, band: Band) {
    html.raw("<span").attribute("data-band", &band_code(band)).raw(" class=\"risk\"><b>");
    html.text(&score.to_string()).raw("</b> ").text(band.label()).raw("</span>");
}

pub fn state(html: &mut Html, state: State) {
    html.raw("<span")
        .attribute("data-state", state.code())
        .raw(" class=\"tag\">")
        .text(state.label())
        .raw("</span>");
}

/// The tag of a telling that people have to know of; nothing for the others.
pub fn telling(html: &mut Html, telling: Telling) {
    let (tone, needs) = match telling {
        Telling::None | Telling::Applied => return,
        Telling::Due => ("neutral", None),
        Telling::Unconfirmed => ("attention", None),
        Telling::Conflict | Telling::Dead => ("danger", Some("person")),
    };
    html.raw("<span").attribute("data-tone", tone);
    if let Some(needs) = needs {
        html.attribute("data-needs", needs);
    }
    html.raw(" class=\"tag\">").text(telling.label()).raw("</span>");
}

/// A moment in words, exact in UTC on hover; the browser half adds the reader's zone.
pub fn moment(html: &mut Html, at: Moment, words: &str) {
    html.raw("<time")
        .attribute("datetime", &time::iso(at))
        .attribute("title", &time::utc_minute(at))
        .raw(">")
        .text(words)
        .raw("</time>");
}

/// The deadline's sign: time left in words, attention at a quarter left, danger when past.
pub fn due(html: &mut Html, from: Moment, at: Moment, now: Moment) {
    let due = time::due(from, at, now);
    if due == Due::None {
        html.raw("<span data-due=\"ok\" class=\"due\">–</span>");
        return;
    }
    html.raw("<time")
        .attribute("data-due", due.code())
        .attribute("datetime", &time::iso(at))
        .attribute("title", &time::utc_minute(at));
    html.raw(" class=\"due\">");
    let span = time::in_words(at - now);
    if due == Due::Past {
        html.text(&span).raw(" late")
    } else {
        html.raw("in ").text(&span)
    };
    html.raw("</time>");
}

/// Initials in a disc and the name.
pub fn person(html: &mut Html, name: Option<&str>) {
    match name {
        Some(name) => {
            html.raw("<span class=\"person\"><span aria-hidden=\"true\" class=\"disc\">")
                .text(&initials(name));
            html.raw("</span><bdi>").text(name).raw("</bdi></span>")
        }
        None => html.raw("<span data-nobody class=\"person\">nobody</span>"),
    };
}

/// One option of a select.
pub fn option(html: &mut Html, code: &str, words: &str, chosen: &str) {
    html.raw("<option")
        .attribute("value", code)
        .raw(if code == chosen { " selected>" } else { ">" })
        .text(words)
        .raw("</option>");
}
