//! Words for a check that is under way.

use casework::checks::review::Review;

/// When a check that waits to be sent leaves.
#[must_use]
pub fn when_sent(review: &Review) -> &'static str {
    match review.out_of_reach {
        Some(_) => {
            "It is sent as soon as the provider can be reached again; this page follows by itself."
        }
        None => "It is sent as soon as a worker is free; this page follows by itself.",
    }
}
