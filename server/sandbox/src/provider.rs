//! What a provider's folder brings to the sandbox. `lib.rs` lists the providers, one line each;
//! nothing else outside their folders knows them by name.

use std::any::Any;

use axum::Router;
use serde_json::value::RawValue;

use crate::{Options, world::Shared};

/// A provider with everything it knows and remembers.
pub(crate) trait Provider: Any + Send + Sync {
    /// Its base path without the slash, and its member in the state file.
    fn name(&self) -> &'static str;

    /// What stands under its base path.
    fn routes(&self, world: &Shared) -> Router;

    /// Its customers' pages, at addresses of their own.
    fn customer_routes(&self) -> Router<Shared> {
        Router::new()
    }

    /// Its part of `/control`.
    fn control_routes(&self) -> Router<Shared>;

    /// Its part of the first page.
    fn page(&self, world: &Shared) -> Part;

    /// What goes into the state file; nothing when a restart forgets it.
    fn kept(&self) -> Option<serde_json::Result<Box<RawValue>>> {
        None
    }

    /// Takes up what the state file has of it, or that it has nothing.
    ///
    /// # Errors
    /// What this version does not understand.
    fn restore(&self, _kept: Option<&RawValue>) -> serde_json::Result<()> {
        Ok(())
    }

    /// Forgets what happened, for `/control/reset`.
    fn reset(&self, options: &Options);

    /// Starts what runs beside the requests.
    fn start(&self, _world: &Shared) {}
}

/// A provider's part of the first page, as HTML.
#[derive(Default)]
pub(crate) struct Part {
    /// Links to its sections.
    pub nav: &'static str,
    pub sections: String,
    /// Links for the section about `/control`, each with a comma after it.
    pub control_links: &'static str,
    /// Forms for that section.
    pub control_forms: &'static str,
}
