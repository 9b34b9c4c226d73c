//! HTML that is written straight into one text.
//!
//! A view is a tree of small pieces that are made, moved and freed; rows stand on a page fifty times, and as views they were a
//! quarter of its time. Here too nothing is trusted but what this program says itself: [`Html::raw`] takes only literals.

use leptos::tachys::html::InertElement;

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
    fn what_others_typed_is_escaped_as_in_views() {
        for text in ["Anna Berg", "<script>alert(1)</script>", "a & b &amp; \"c\" 'd'", "王又曾>", "&", "\"", "<é\u{0}>"] {
            let mut html = Html::default();
            html.raw("<p").attribute("title", text).raw(">").text(text).raw("</p>");
            let view = view! { <p title=text>{text}</p> }.to_html();
            assert_eq!(html.0, view);
            assert_eq!(view! { <div>{html.view()}</div> }.to_html(), format!("<div>{view}</div>"));
        }
    }
}
