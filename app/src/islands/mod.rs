//! The parts of pages that wake up in the browser.
//!
//! There is one island: [`Desk`]. It adds keys, live refresh, copying, counters and the idle warning to
//! pages that are complete without it, by looking for `data-` attributes. It renders nothing.

#[cfg(feature = "hydrate")]
mod desk;
#[cfg(any(feature = "hydrate", test))]
mod words;

use leptos::prelude::*;

/// Keys and what they do, for the page of keys and the dialog.
pub const KEYS: &[(&str, &str)] = &[
    ("j k", "next, previous row or finding"),
    ("Enter", "open the row"),
    ("n", "take the next check"),
    ("a r", "choose Accept or Reject, then go on to the reason"),
    ("1 2 3", "judge the current finding: relevant, false positive, undecided"),
    ("/", "search"),
    ("Ctrl+Enter", "send the form that is being typed in"),
    ("Esc", "leave the field"),
    ("?", "show the keys"),
];

/// Wakes the desk's behaviours.
#[island]
pub fn Desk() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    desk::wake();
    view! { <span hidden data-desk></span> }
}
