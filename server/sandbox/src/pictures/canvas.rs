//! A picture in memory, and the few strokes that documents and faces are made of.
//!
//! Rows are filled whole wherever it goes: a debug build draws here too.

use image::{ExtendedColorType, ImageEncoder, codecs};

pub(super) type Color = [u8; 3];

pub(super) const INK: Color = [28, 32, 44];
pub(super) const PAPER: Color = [255, 255, 255];

/// 24-bit colour, origin at the top left; whatever lies outside is not drawn.
#[derive(Clone)]
pub(super) struct Canvas {
    pub width: usize,
    pub height: usize,
    pixels: Vec<u8>,
}

/// Position and size of a drawing on a canvas.
#[derive(Clone, Copy)]
pub(super) struct Area {
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

impl Canvas {
    pub fn new(width: usize, height: usize, color: Color) -> Self {
        Canvas { width, height, pixels: color.repeat(width * height) }
    }

    pub fn rectangle(&mut self, area: Area, color: Color) {
        let (left, right) = (clamp(area.x, self.width), clamp(area.x + area.width, self.width));
        let (top, bottom) = (clamp(area.y, self.height), clamp(area.y + area.height, self.height));
        if left >= right {
            return;
        }
        let row = color.repeat(right - left);
        for y in top..bottom {
            let start = (y * self.width + left) * 3;
            self.pixels[start..start + row.len()].copy_from_slice(&row);
        }
    }

    /// The largest ellipse in the area.
    pub fn ellipse(&mut self, area: Area, color: Color) {
        let (half_width, half_height) = (f64::from(area.width) / 2.0, f64::from(area.height) / 2.0);
        for row in 0..area.height {
            let up = (f64::from(row) + 0.5 - half_height) / half_height;
            let reach = half_width * (1.0 - up * up).max(0.0).sqrt();
            let (x, width) = (f64::from(area.x) + half_width - reach, reach * 2.0);
            self.rectangle(
                Area {
                    x: x.round() as i32,
                    y: area.y + row,
                    width: width.round() as i32,
                    height: 1,
                },
                color,
            );
        }
    }

    /// A wavy line over the whole width.
    pub fn wave(&mut self, middle: f64, height: f64, length: f64, phase: f64, color: Color) {
        for x in 0..self.width {
            let y = middle
                + height * (x as f64 / length + phase).sin()
                + height / 3.0 * (x as f64 / length * 2.7).cos();
            self.rectangle(Area { x: x as i32, y: y.round() as i32, width: 1, height: 2 }, color);
        }
    }

    /// Writes one line in any script and gives its width; signs are 8 or 16 by 16 pixels times
    /// `scale`.
    pub fn text(&mut self, x: i32, y: i32, scale: i32, color: Color, text: &str) -> i32 {
        self.slanted(x, y, scale, (0, 1), color, text)
    }

    /// Like [`Canvas::text`], but rising by a number of pixels after so many pixels to the right.
    pub fn slanted(
        &mut self,
        x: i32,
        y: i32,
        scale: i32,
        (rise, run): (i32, i32),
        color: Color,
        text: &str,
    ) -> i32 {
        let mut at = x;
        for letter in text.chars().filter(|letter| !letter.is_control()) {
            // Combining accents go over the letter before them.
            let combining = matches!(letter, '\u{300}'..='\u{36f}');
            let Some(glyph) = unifont::get_glyph(letter).or_else(|| unifont::get_glyph('\u{fffd}'))
            else {
                continue;
            };
            let width = i32::try_from(glyph.get_width()).unwrap_or(8);
            let left = if combining { at - width * scale } else { at };
            for (row, column) in (0..16).flat_map(|row| (0..width).map(move |column| (row, column)))
            {
                if glyph.get_pixel(column as usize, row as usize) {
                    let dot_x = left + column * scale;
                    let dot_y = y + row * scale - (dot_x - x) * rise / run;
                    self.rectangle(Area { x: dot_x, y: dot_y, width: scale, height: scale }, color);
                }
            }
            at = at.max(left + width * scale);
        }
        at - x
    }

    /// Text of at most this width: smaller when it does not fit, then cut.
    pub fn fitted(&mut self, x: i32, y: i32, scale: i32, width: i32, color: Color, text: &str) {
        let scale = (1..=scale).rev().find(|scale| width_of(text) * scale <= width).unwrap_or(1);
        let mut room = width / scale;
        let fits = |letter: &char| {
            room -= width_of(letter.encode_utf8(&mut [0; 4]));
            room >= 0
        };
        let shown: String = text.chars().take_while(fits).collect();
        self.text(x, y, scale, color, &shown);
    }

    /// Copies another canvas, made smaller by leaving out rows and columns.
    pub fn paste(&mut self, other: &Canvas, x: usize, y: usize, smaller: usize) {
        let (width, height) = (other.width / smaller, other.height / smaller);
        for row in 0..height.min(self.height.saturating_sub(y)) {
            for column in 0..width.min(self.width.saturating_sub(x)) {
                let from = (row * smaller * other.width + column * smaller) * 3;
                let to = ((y + row) * self.width + x + column) * 3;
                self.pixels[to..to + 3].copy_from_slice(&other.pixels[from..from + 3]);
            }
        }
    }

    pub fn png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let (fast, filter) = (codecs::png::CompressionType::Fast, codecs::png::FilterType::Up);
        let encoder = codecs::png::PngEncoder::new_with_quality(&mut bytes, fast, filter);
        encoder
            .write_image(
                &self.pixels,
                self.width as u32,
                self.height as u32,
                ExtendedColorType::Rgb8,
            )
            .expect("memory takes every byte");
        bytes
    }

    pub fn jpeg(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let encoder = codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 82);
        encoder
            .write_image(
                &self.pixels,
                self.width as u32,
                self.height as u32,
                ExtendedColorType::Rgb8,
            )
            .expect("memory takes every byte");
        bytes
    }
}

fn clamp(at: i32, end: usize) -> usize {
    usize::try_from(at).unwrap_or(0).min(end)
}

/// Pixels at scale 1.
fn width_of(text: &str) -> i32 {
    let width = |letter| {
        unifont::get_glyph(letter)
            .map_or(16, |glyph| i32::try_from(glyph.get_width()).unwrap_or(16))
    };
    text.chars().map(width).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dots(canvas: &Canvas, color: Color) -> usize {
        canvas.pixels.chunks(3).filter(|pixel| *pixel == color).count()
    }

    #[test]
    fn what_lies_outside_is_not_drawn() {
        let mut canvas = Canvas::new(10, 10, PAPER);
        canvas.rectangle(Area { x: -5, y: 8, width: 7, height: 50 }, INK);
        assert_eq!(dots(&canvas, INK), 4);
        canvas.ellipse(Area { x: -50, y: -50, width: 20, height: 20 }, INK);
        canvas.text(200, 200, 3, INK, "outside");
        assert_eq!(dots(&canvas, INK), 4);
    }

    #[test]
    fn every_script_leaves_ink_and_different_names_leave_different_ink() {
        let ink = |text: &str| {
            let mut canvas = Canvas::new(400, 40, PAPER);
            canvas.text(0, 0, 2, INK, text);
            canvas.pixels
        };
        let blank = ink("");
        for text in ["Łukasz", "王又曾", "Олена", "محمود", "さくら"] {
            assert_ne!(ink(text), blank, "{text}");
        }
        assert_ne!(ink("王又曾"), ink("王文曾"));
    }

    #[test]
    fn text_that_does_not_fit_gets_smaller_and_then_ends() {
        let mut canvas = Canvas::new(200, 60, PAPER);
        canvas.fitted(0, 0, 3, 100, INK, "A name that is far too long for a hundred pixels");
        let right = canvas
            .pixels
            .chunks(3)
            .enumerate()
            .filter(|(_, pixel)| *pixel == INK)
            .map(|(at, _)| at % 200)
            .max();
        assert!(right.is_some_and(|right| (80..100).contains(&right)), "{right:?}");
    }
}
