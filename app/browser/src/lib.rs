//! The WebAssembly entry: wakes the islands of `app`. Natively it is empty.
#![cfg(feature = "hydrate")]

// The islands register themselves by being linked.
use app as _;

/// Called by the page once the module is loaded.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
