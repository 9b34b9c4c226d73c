//! A signature: a name's letters on a slope, and a flourish below.

use super::canvas::{Canvas, INK, PAPER};
use crate::text::hash;

/// A picture of 600 by 200 pixels, the same for the same name.
pub(super) fn draw(name: &str) -> Canvas {
    let mut canvas = Canvas::new(600, 200, PAPER);
    let number = hash(13, name);
    let height = 6.0 + f64::from(u32::try_from(number % 10).unwrap_or(0));
    canvas.wave(150.0, height, 14.0, 0.4, INK);
    canvas.slanted(30, 110, 3, (1, 9), INK, name);
    canvas.text(470, 8, 1, INK, "SPECIMEN");
    canvas
}
