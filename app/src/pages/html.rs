//! HTML that is written straight into one text.
//!
//! A view is a tree of small pieces that are made, moved and freed; rows stand on a page fifty
//! times, and as views they were a quarter of its time. Here too nothing is trusted but what this
//! program says itself: [`Html::raw`] takes only literals.

use leptos::tachys::html::InertElement;
use std::ops::Range;

/// A growing text of HTML.
#[derive(Debug, Default)]
pub struct Html(String);

impl Html {
    /// What a closure writes, as a view.
    pub fn of(write: impl FnOnce(&mut Self)) -> InertElement {
        let mut html = Self::default();
        write(&mut html);
        html.view()
    }

    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// Markup as it stands.
    pub fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text between tags.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.escape(text, |byte| matches!(byte, b'&' | b'<' | b'>'))
    }

    /// Text of an attribute, between its double quotes.
    pub fn value(&mut self, text: &str) -> &mut Self {
        self.escape(text, |byte| matches!(byte, b'&' | b'<' | b'>' | b'"'))
    }

    /// Text between tags with some of it marked. `ranges` are of its bytes, in order and apart.
    pub fn marked(&mut self, text: &str, ranges: &[Range<usize>]) -> &mut Self {
        let mut at = 0;
        for range in ranges {
            self.text(&text[at..range.start])
                .raw("<mark>")
                .text(&text[range.clone()])
                .raw("</mark>");
            at = range.end;
        }
        self.text(&text[at..])
    }

    /// An attribute with the space before it.
    pub fn attribute(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.raw(" ").raw(name).raw("=\"").value(value).raw("\"")
    }

    #[must_use]
    pub fn view(self) -> InertElement {
        InertElement::new(self.0)
    }

    fn escape(&mut self, mut text: &str, is_special: impl Fn(u8) -> bool) -> &mut Self {
        while let Some(at) = text.bytes().position(&is_special) {
            let (before, rest) = text.split_at(at);
            self.0.push_str(before);
            self.0.push_str(match rest.as_bytes().first() {
                Some(b'&') => "&amp;",
                Some(b'<') => "&lt;",
                Some(b'>') => "&gt;",
                _ => "&quot;",
            });
            text = &rest[1..];
        }
        self.0.push_str(text);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos::prelude::*;

    #[test]
    fn marks_stand_around_escaped_text() {
        let mark = |text: &str, typed: &str| {
            let mut html = Html::default();
            html.marked(text, &domain::search::marks(text, typed));
            html.0
        };
        assert_eq!(
            mark("<script>Müller</script>", "script mull"),
            "&lt;<mark>script</mark>&gt;<mark>Müll</mark>er&lt;/<mark>script</mark>&gt;"
        );
        assert_eq!(mark("a&b <mark>", "mark"), "a&amp;b &lt;<mark>mark</mark>&gt;");
        assert_eq!(mark("王又曾", "又曾"), "王<mark>又曾</mark>");
    }

    #[test]
    fn what_others_typed_is_escaped_as_in_views() {
        for text in [
            "Anna Berg",
            "<script>alert(1)</script>",
            "a & b &amp; \"c\" 'd'",
            "王又曾>",
            "&",
            "\"",
            "<é\u{0}>",
        ] {
            let mut html = Html::default();
            html.raw("<p").attribute("title", text).raw(">").text(text).raw("</p>");
            let view = view! { <p title=text>{text}</p> }.to_html();
            assert_eq!(html.0, view);
            let mut marked = Html::default();
            marked
                .raw("<p>")
                .marked(text, &domain::search::marks(text, "script anna 又曾 amp"))
                .raw("</p>");
            assert_eq!(
                marked.0.replace("<mark>", "").replace("</mark>", ""),
                view! { <p>{text}</p> }.to_html(),
                "only marks are added"
            );
            assert_eq!(view! { <div>{html.view()}</div> }.to_html(), format!("<div>{view}</div>"));
        }
    }
}
