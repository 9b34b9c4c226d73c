//! What a page is asked and what it answers.

use super::{AppError, Ctx};
use domain::fields::Refused;
use http::StatusCode;
use leptos::prelude::AnyView;

/// The variable parts of a request for a page.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Names and values out of the path.
    pub params: Vec<(String, String)>,
    /// Names and values out of the query, in order.
    pub query: Vec<(String, String)>,
    /// The moment of the last change that the asking page shows, when it refreshes itself.
    pub refresh: Option<i64>,
}

impl Asked {
    /// A part of the path; empty if the route has no such part.
    #[must_use]
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// The first value of this name in the query; empty if there is none.
    #[must_use]
    pub fn query(&self, name: &str) -> &str {
        self.query.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// The value of this name in the query, if it is not empty.
    #[must_use]
    pub fn chosen(&self, name: &str) -> Option<&str> {
        Some(self.query(name)).filter(|v| !v.is_empty())
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// The form that was refused before this page was asked for, if there is one.
    ///
    /// # Errors
    /// The database.
    pub async fn refused(&self, ctx: &Ctx) -> Result<Option<Refused>, AppError> {
        match self.chosen("refused") {
            Some(id) => Ok(casework::refused::find(&ctx.work, ctx.owner(), id).await?),
            None => Ok(None),
        }
    }
}

/// A page that is ready to be rendered.
pub enum Page {
    Shown(Box<Shown>),
    /// Go elsewhere on this server.
    Redirect(String),
    /// Nothing changed since the asking page was made.
    Unchanged,
    /// A picture that we made ourselves, to be looked at.
    Picture {
        bytes: Vec<u8>,
        content_type: String,
    },
    /// Bytes for a download.
    Bytes {
        bytes: Vec<u8>,
        name: String,
    },
}

/// Title, state and content.
pub struct Shown {
    pub title: String,
    pub status: StatusCode,
    /// The class of `main`: empty, `narrow`, `door` or `review`.
    pub class: &'static str,
    /// Refreshes itself: the moment of its last change and the seconds between two looks.
    pub refresh: Option<(i64, u32)>,
    pub flash: Option<String>,
    pub view: Box<dyn FnOnce() -> AnyView + Send>,
}

impl Shown {
    /// A page of a title and what a closure renders.
    pub fn new(title: impl Into<String>, view: impl FnOnce() -> AnyView + Send + 'static) -> Self {
        Self {
            title: title.into(),
            status: StatusCode::OK,
            class: "",
            refresh: None,
            flash: None,
            view: Box::new(view),
        }
    }

    #[must_use]
    pub fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Says 422 when the page shows a refused form.
    #[must_use]
    pub fn refused(self, refused: bool) -> Self {
        if refused { self.status(StatusCode::UNPROCESSABLE_ENTITY) } else { self }
    }

    #[must_use]
    pub fn refresh(mut self, touched: i64, seconds: Option<u32>) -> Self {
        self.refresh = seconds.map(|s| (touched, s));
        self
    }

    /// The sentence above the page after something was done.
    #[must_use]
    pub fn flash(mut self, sentence: Option<String>) -> Self {
        self.flash = sentence;
        self
    }
}

impl From<Shown> for Page {
    fn from(shown: Shown) -> Self {
        Self::Shown(Box::new(shown))
    }
}
