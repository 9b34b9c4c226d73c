//! Characters that nobody sees, and that change how everything around them is read, are shown by
//! their number.
//!
//! A name from a provider may hold U+202E, from which on a line is read backwards: `Ada` beside
//! another customer's score, or a date with its digits turned round. What a provider or a customer
//! wrote is kept and compared as it came; what a reader sees says `[U+202E]` in its place. That is
//! done here, on the whole page, so that no page can forget it. Our own words hold no such
//! character. Not touched is what a form sends back: the values of inputs, and what stands in text
//! areas.

use domain::fields::is_unsafe_character;
use std::fmt::Write;

/// Attributes whose text is for readers.
const READ: [&str; 5] = ["title", "aria-label", "alt", "placeholder", "data-label"];
/// Elements whose text goes back to the server, or is no text.
const NOT_READ: [&str; 3] = ["textarea", "script", "style"];

/// The page with what is invisible made visible.
#[must_use]
pub fn made_visible(html: String) -> String {
    if is_clean(html.as_bytes()) {
        return html;
    }
    let mut out = String::with_capacity(html.len() + 64);
    let mut rest = html.as_str();
    while let Some(at) = rest.find('<') {
        let (text, markup) = rest.split_at(at);
        write_text(&mut out, text);
        let tag = &markup[..tag_end(markup)];
        write_tag(&mut out, tag);
        rest = &markup[tag.len()..];
        if let Some(name) = NOT_READ.iter().find(|name| opens(tag, name)) {
            let end = rest.find(&format!("</{name}")).unwrap_or(rest.len());
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    write_text(&mut out, rest);
    out
}

/// Whether nothing in the bytes can be one of these characters. Nearly every page is clean, and all
/// of them are asked.
fn is_clean(bytes: &[u8]) -> bool {
    /// A control character, or a byte that characters of this kind begin with in UTF-8.
    const fn is_suspicious(byte: u8) -> bool {
        (byte < 0x20 && byte != b'\n') || matches!(byte, 0x7F | 0xC2 | 0xD8 | 0xE2 | 0xEF)
    }
    const STEP: usize = 64;
    bytes.chunks(STEP).enumerate().all(|(nth, chunk)| {
        // Not stopped at the first: so it is done many at a time.
        let suspicious = chunk.iter().fold(false, |found, byte| found | is_suspicious(*byte));
        !suspicious || {
            // Whole characters around the chunk: one may lie across its edges.
            let (from, to) = (nth * STEP, (nth * STEP + chunk.len() + 3).min(bytes.len()));
            !String::from_utf8_lossy(&bytes[from..to]).chars().any(is_hidden)
        }
    })
}

fn is_hidden(c: char) -> bool {
    is_unsafe_character(c) && !matches!(c, '\r' | '\u{c}')
}

fn write_text(out: &mut String, text: &str) {
    let mut text = text;
    while let Some((at, c)) = text.char_indices().find(|(_, c)| is_hidden(*c)) {
        out.push_str(&text[..at]);
        let _ = write!(out, "[U+{:04X}]", u32::from(c));
        text = &text[at + c.len_utf8()..];
    }
    out.push_str(text);
}

/// Where a tag or comment ends: after its `>`, which may stand between quotes too.
fn tag_end(markup: &str) -> usize {
    if let Some(comment) = markup.strip_prefix("<!--") {
        return comment.find("-->").map_or(markup.len(), |at| at + "<!---->".len());
    }
    if !markup[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!') {
        return 1;
    }
    let mut quote = None;
    for (at, byte) in markup.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    markup.len()
}

fn opens(tag: &str, name: &str) -> bool {
    tag[1..].strip_prefix(name).is_some_and(|rest| rest.starts_with(['>', ' ', '/']))
}

/// A tag with the texts in it that are for readers.
fn write_tag(out: &mut String, tag: &str) {
    let mut rest = tag;
    while let Some(at) = rest.find("=\"") {
        let (before, value) = rest.split_at(at + 2);
        let name = before[..at].rsplit([' ', '\n', '"']).next().unwrap_or_default();
        let end = value.find('"').unwrap_or(value.len());
        out.push_str(before);
        if READ.contains(&name) {
            write_text(out, &value[..end]);
        } else {
            out.push_str(&value[..end]);
        }
        rest = &value[end..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(html: &str) -> String {
        made_visible(html.to_owned())
    }

    #[test]
    fn s_43_what_turns_a_line_round_is_shown_by_its_number() {
        assert_eq!(
            shown("<p>Safe \u{202E}egnirts\u{2069}</p>"),
            "<p>Safe [U+202E]egnirts[U+2069]</p>"
        );
        assert_eq!(
            shown("<a title=\"\u{200F}x\" href=\"/\u{200F}x\">\u{61C}</a>"),
            "<a title=\"[U+200F]x\" href=\"/\u{200F}x\">[U+061C]</a>"
        );
        assert_eq!(shown("a\u{0}b\u{1b}c\u{85}d\u{7f}"), "a[U+0000]b[U+001B]c[U+0085]d[U+007F]");
        for (at, c) in "\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}\u{2066}\u{2067}\u{2068}\u{2069}\u{200E}\u{200F}\u{FEFF}".char_indices() {
            // At every place in a chunk.
            let text = format!("{}{c}{}", "x".repeat(60 + at % 8), "y".repeat(70));
            assert!(!shown(&text).contains(c), "{:x} at {}", u32::from(c), 60 + at % 8);
        }
    }

    #[test]
    fn what_forms_send_back_stays_as_it_is() {
        for same in [
            "<input name=\"a\" value=\"\u{202E}x\">",
            "<textarea id=\"a\">\n\u{202E}</p>x</textarea>",
            "<option value=\"\u{202E}\">",
            "<script nonce=\"n\">\u{202E}</script>",
        ] {
            assert_eq!(shown(same), same);
        }
        assert_eq!(
            shown("<textarea>\u{202E}</textarea>\u{202E}"),
            "<textarea>\u{202E}</textarea>[U+202E]"
        );
        assert_eq!(
            shown("<input value=\"a > \u{202E}\" title='x'>\u{202E}"),
            "<input value=\"a > \u{202E}\" title='x'>[U+202E]"
        );
    }

    #[test]
    fn words_of_every_script_stay_as_they_are() {
        for same in [
            "<!DOCTYPE html><p title=\"·\">Zoë 👩\u{200D}👩\u{200D}👧 – عبد الرحمن · 王又曾, €5\n\t\r\n</p><!-- x -->",
            "می\u{200C}خواهم",
            "1 < 2 <",
            "<p",
            "",
        ] {
            assert_eq!(shown(same), same);
        }
        let long = "Ødegård – «é» · ".repeat(500);
        assert_eq!(shown(&long), long);
    }
}
