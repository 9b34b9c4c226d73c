//! The parts of pages that wake up in the browser.
//!
//! There is one island: [`Desk`]. It adds keys, live refresh, copying, counters and the idle
//! warning to pages that are complete without it, by looking for `data-` attributes. It renders
//! nothing.

#[cfg(feature = "hydrate")]
mod desk;
#[cfg(any(feature = "hydrate", test))]
mod view_math;
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
    ("t", "take over what was said of the finding before; Shift for all that may be"),
    ("/", "search"),
    ("Ctrl+Enter", "send the form that is being typed in"),
    ("Esc", "leave the field; in it, letters are only letters"),
    ("v", "go to the pictures"),
    ("?", "show the keys"),
];

/// Keys of the picture viewer: they work while the focus is in it.
pub const VIEWER_KEYS: &[(&str, &str)] = &[
    ("+ -", "larger, smaller; the wheel does it too"),
    ("← ↑ → ↓", "move"),
    ("t", "turn the picture; Shift turns back"),
    ("b c", "more brightness, contrast; Shift for less"),
    ("s", "move and change all pictures together, or one alone"),
    ("g", "all pictures"),
    ("d", "document and face side by side"),
    ("o", "face over document"),
    ("l", "one picture large; Enter does it too"),
    ("p", "next picture; Shift for the one before"),
    ("h", "full height"),
    ("0", "reset"),
    ("Esc", "back to all pictures"),
];

/// How large a file is: `312 KB`, `4.2 MB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const KB: u64 = 1024;
    if bytes < 1_000 * KB {
        return format!("{} KB", bytes.div_ceil(KB));
    }
    let tenths = bytes.saturating_mul(10).div_ceil(KB * KB);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

/// Wakes the desk's behaviours.
#[island]
pub fn Desk() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    desk::wake();
    view! { <span hidden data-desk></span> }
}
