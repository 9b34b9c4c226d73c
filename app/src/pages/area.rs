//! Text areas. No other place writes this element, and a test forbids it.
//!
//! The framework writes what stands in a text area as it is, so a text with `</textarea>` in it
//! would end the area and be the page's own markup from there on. Here it is escaped as everywhere
//! else. HTML drops a line break right after the start of a text area; one is always written there,
//! so that a text which begins with line breaks keeps all of them.

use super::{Html, parts};
use domain::fields::Refused;
use leptos::tachys::html::InertElement;

/// A text area that is being put together.
#[derive(Debug, Default)]
pub struct Area {
    id: String,
    name: Option<String>,
    rows: u8,
    class: Option<&'static str>,
    /// A table or a key: nobody spells it.
    is_code: bool,
    is_secret: bool,
    is_readonly: bool,
    maxlength: Option<usize>,
    /// The browser half counts up to here.
    count: Option<usize>,
    is_wrong: bool,
    has_focus: bool,
    described: Option<String>,
    carried: Option<&'static str>,
}

impl Area {
    /// A field of a form; its id is its name.
    #[must_use]
    pub fn named(name: impl Into<String>, rows: u8) -> Self {
        let name = name.into();
        Self { id: name.clone(), name: Some(name), rows, ..Self::default() }
    }

    /// A text to read and copy, which no form sends.
    #[must_use]
    pub fn kept(id: impl Into<String>, rows: u8) -> Self {
        Self { id: id.into(), rows, is_readonly: true, ..Self::default() }
    }

    /// Another id than its name.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// What is typed is a table or a key, not words.
    #[must_use]
    pub const fn code(mut self) -> Self {
        self.is_code = true;
        self.class = Some("mono");
        self
    }

    /// One of [`domain::fields::SECRETS`]: nothing is ever shown in it.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.is_secret = true;
        self.code()
    }

    #[must_use]
    pub const fn maxlength(mut self, characters: usize) -> Self {
        self.maxlength = Some(characters);
        self
    }

    /// The browser half says how much of it is used.
    #[must_use]
    pub const fn count(mut self, characters: usize) -> Self {
        self.count = Some(characters);
        self
    }

    #[must_use]
    pub const fn wrong(mut self, wrong: bool) -> Self {
        self.is_wrong = wrong;
        self
    }

    /// The reader goes on here.
    #[must_use]
    pub const fn focus(mut self, focus: bool) -> Self {
        self.has_focus = focus;
        self
    }

    /// The ids of what describes it.
    #[must_use]
    pub fn described(mut self, ids: impl Into<String>) -> Self {
        self.described = Some(ids.into());
        self
    }

    /// Without scripts it belongs to this form, which carries all that was typed on the page.
    #[must_use]
    pub const fn carried(mut self, form: Option<&'static str>) -> Self {
        self.carried = form;
        self
    }

    /// The area of a field that [`parts::field`] puts a label and an error around.
    pub fn of(self, form: &Refused, hint: bool) -> InertElement {
        let name = self.name.clone().unwrap_or_default();
        self.wrong(form.error(&name).is_some())
            .described(parts::described(&name, hint))
            .show(form.value(&name))
    }

    /// The area with a text in it.
    pub fn show(self, text: &str) -> InertElement {
        parts::same_word(self.name.as_deref().unwrap_or_default(), self.is_secret);
        Html::of(|html| self.write(html, if self.is_secret { "" } else { text }))
    }

    fn write(&self, html: &mut Html, text: &str) {
        html.raw("<textarea").attribute("id", &self.id).attribute("rows", &self.rows.to_string());
        if let Some(name) = &self.name {
            html.attribute("name", name);
        }
        if let Some(class) = self.class {
            html.attribute("class", class);
        }
        if !self.is_secret {
            html.raw(" dir=\"auto\"");
        }
        if self.is_code {
            html.raw(" spellcheck=\"false\" autocomplete=\"off\"");
        }
        for (is_so, name) in [
            (self.is_readonly, " readonly"),
            (self.has_focus, " data-focus"),
            (self.is_wrong, " aria-invalid=\"true\""),
        ] {
            if is_so {
                html.raw(name);
            }
        }
        for (name, characters) in [("maxlength", self.maxlength), ("data-count", self.count)] {
            if let Some(characters) = characters {
                html.attribute(name, &characters.to_string());
            }
        }
        if let Some(ids) = &self.described {
            html.attribute("aria-describedby", ids);
        }
        if let Some(form) = self.carried {
            html.attribute("form", form).raw(" data-carried=\"\"");
        }
        html.raw(">\n").text(text).raw("</textarea>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos::prelude::*;

    #[test]
    fn a_text_never_ends_its_text_area() {
        for text in [
            "</textarea><script>",
            "</TEXTAREA ><img src=x>",
            "<!--",
            "&lt;/textarea&gt;",
            "]]>",
            "<b>&amp;",
        ] {
            let html = Area::named("body", 2).count(4_000).show(text).to_html();
            let inner = html
                .strip_suffix("</textarea>")
                .and_then(|h| h.split_once(">\n"))
                .expect("an area")
                .1;
            assert!(!inner.contains(['<', '>']), "{html}");
            assert_eq!(inner.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"), text);
        }
    }

    #[test]
    fn line_breaks_at_the_start_are_kept_by_one_more() {
        assert_eq!(
            Area::kept("kept", 2).show("\n\nx").to_html(),
            "<textarea id=\"kept\" rows=\"2\" dir=\"auto\" readonly>\n\n\nx</textarea>"
        );
    }

    #[test]
    fn nothing_is_shown_in_the_area_of_a_secret() {
        let html = Area::named("private_key", 5).secret().show("BEGIN PRIVATE KEY").to_html();
        assert!(!html.contains("BEGIN") && html.contains("autocomplete=\"off\""), "{html}");
    }
}
