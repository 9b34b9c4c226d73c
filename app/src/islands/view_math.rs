//! How a picture lies in its frame, away from the page: pure, so that it is tested natively.
//!
//! Places and shifts are shares of the frame, counted from its middle; at zoom 1 the whole picture
//! is seen. So a view means the same in a small frame and a large one, and can be given to several
//! panes at once.

pub type Pair = (f64, f64);

pub const ZOOM_MAX: f64 = 32.0;
/// Laid over another picture, one may be made smaller than its frame: a face on the photo of a
/// document.
pub const ZOOM_MIN_OVER: f64 = 0.1;
/// Brightness and contrast, in percent.
pub const TONE: i32 = 100;
const TONES: (i32, i32) = (40, 250);
const TONE_STEP: i32 = 10;

/// Where a picture was moved, and how large it is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    pub at: Pair,
    pub zoom: f64,
}

/// How a whole picture fits its frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// What a turned picture has to be scaled by: browsers fit it as if it stood upright.
    pub scale: f64,
    /// The shares of the frame's width and height that the picture takes.
    pub share: Pair,
}

impl Fit {
    /// Sizes in pixels; a frame or picture without a size (hidden, not loaded) is filled.
    #[must_use]
    pub fn of(frame: Pair, picture: Pair, turn: u16) -> Self {
        if frame.0 <= 0.0 || frame.1 <= 0.0 || picture.0 <= 0.0 || picture.1 <= 0.0 {
            return Self { scale: 1.0, share: (1.0, 1.0) };
        }
        let contain = |(width, height): Pair| (frame.0 / width).min(frame.1 / height);
        let turned = if turn.is_multiple_of(180) { picture } else { (picture.1, picture.0) };
        let scale = contain(turned);
        Self {
            scale: scale / contain(picture),
            share: (turned.0 * scale / frame.0, turned.1 * scale / frame.1),
        }
    }
}

impl View {
    pub const WHOLE: Self = Self { at: (0.0, 0.0), zoom: 1.0 };

    /// Larger or smaller; what lies at `point` stays there. `over`: this picture may be laid over
    /// another.
    #[must_use]
    pub fn zoomed(self, factor: f64, point: Pair, over: bool) -> Self {
        let zoom = (self.zoom * factor).clamp(zoom_min(over), ZOOM_MAX);
        let grown = zoom / self.zoom;
        let stay = |point: f64, at: f64| point - (point - at) * grown;
        Self { at: (stay(point.0, self.at.0), stay(point.1, self.at.1)), zoom }
    }

    #[must_use]
    pub fn moved(self, by: Pair) -> Self {
        Self { at: (self.at.0 + by.0, self.at.1 + by.1), ..self }
    }

    /// Keeps the picture in its frame: no gap at an edge that the picture can reach, the middle
    /// where it cannot. Over another picture it may go as far as its own middle stays inside.
    #[must_use]
    pub fn held(self, fit: &Fit, over: bool) -> Self {
        let hold = |at: f64, share: f64| {
            let far = ((share * self.zoom - 1.0) / 2.0).max(0.0) + if over { 0.5 } else { 0.0 };
            at.clamp(-far, far)
        };
        Self { at: (hold(self.at.0, fit.share.0), hold(self.at.1, fit.share.1)), ..self }
    }

    /// What lies in the middle stays there while the picture is turned by a quarter.
    #[must_use]
    pub fn turned(self, frame: Pair, before: &Fit, after: &Fit, back: bool) -> Self {
        if frame.0 <= 0.0 || frame.1 <= 0.0 {
            return self;
        }
        let (grown, shape) = (after.scale / before.scale, frame.1 / frame.0);
        let (x, y) = (-self.at.1 * shape * grown, self.at.0 / shape * grown);
        Self { at: if back { (-x, -y) } else { (x, y) }, ..self }
    }
}

/// The smallest zoom.
#[must_use]
pub const fn zoom_min(over: bool) -> f64 {
    if over { ZOOM_MIN_OVER } else { 1.0 }
}

/// A quarter on, clockwise or back.
#[must_use]
pub const fn turn(now: u16, back: bool) -> u16 {
    (now + if back { 270 } else { 90 }) % 360
}

/// The next brightness or contrast.
#[must_use]
pub fn tone(now: i32, less: bool) -> i32 {
    (now + if less { -TONE_STEP } else { TONE_STEP }).clamp(TONES.0, TONES.1)
}

/// How much a turn of the wheel zooms; a turn there and back comes out even.
///
/// `mode`: the unit of `delta` (0 pixels, else lines). `pinch`: two fingers on a touch pad, in
/// small steps.
#[must_use]
pub fn wheel(delta: f64, mode: u32, pinch: bool) -> f64 {
    let pixels = delta * if mode == 0 { 1.0 } else { 33.0 } * if pinch { 5.0 } else { 1.0 };
    let step = (-pixels / 500.0).clamp(-0.5, 0.5);
    (2.0 + step) / (2.0 - step)
}

/// Two fingers from `old` to `new` places: the shift of the point between them, that point, and the
/// growth.
#[must_use]
pub fn pinch(old: [Pair; 2], new: [Pair; 2]) -> (Pair, Pair, f64) {
    let middle = |[a, b]: [Pair; 2]| ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
    let apart = |[a, b]: [Pair; 2]| ((a.0 - b.0) * (a.0 - b.0) + (a.1 - b.1) * (a.1 - b.1)).sqrt();
    let (from, to, before) = (middle(old), middle(new), apart(old));
    ((to.0 - from.0, to.1 - from.1), to, if before > 0.0 { apart(new) / before } else { 1.0 })
}

/// A number with three decimals; writing fractions with the standard library would cost more bytes
/// than this file.
#[must_use]
pub fn decimal(number: f64) -> String {
    let thousandths = (number * 1_000.0 + 0.5).floor() as i64;
    let (sign, size) = (if thousandths < 0 { "-" } else { "" }, thousandths.unsigned_abs());
    format!("{sign}{}.{:03}", size / 1_000, size % 1_000)
}

/// What the style of a picture says.
#[must_use]
pub fn transform(view: &View, fit: &Fit, turn: u16) -> String {
    let (x, y) = (decimal(view.at.0 * 100.0), decimal(view.at.1 * 100.0));
    format!("translate({x}%,{y}%) rotate({turn}deg) scale({})", decimal(view.zoom * fit.scale))
}

/// What the quiet line under the pictures says.
#[must_use]
pub fn said(name: &str, zoom: f64, turn: u16, tones: [i32; 2]) -> String {
    let mut words = format!("{name}: {} %", (zoom * 100.0 + 0.5) as i64);
    if turn != 0 {
        words += &format!(", turned {turn}°");
    }
    for (tone, word) in tones.iter().zip(["brightness", "contrast"]) {
        if *tone != TONE {
            words += &format!(", {word} {tone} %");
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Pair = (800.0, 400.0);

    fn is_near(a: Pair, b: Pair) -> bool {
        (a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9
    }

    #[test]
    fn a_picture_fits_whole_also_when_it_is_turned() {
        // 1000 × 1000 in 800 × 400: limited by the height, a square stays a square.
        assert_eq!(Fit::of(WIDE, (1_000.0, 1_000.0), 0), Fit { scale: 1.0, share: (0.5, 1.0) });
        assert_eq!(Fit::of(WIDE, (1_000.0, 1_000.0), 90).scale, 1.0);
        // 400 × 800, upright: 200 × 400 on the screen. On its side it fills the frame: twice as
        // large.
        assert_eq!(Fit::of(WIDE, (400.0, 800.0), 180), Fit { scale: 1.0, share: (0.25, 1.0) });
        assert_eq!(Fit::of(WIDE, (400.0, 800.0), 270), Fit { scale: 2.0, share: (1.0, 1.0) });
    }

    #[test]
    fn what_has_no_size_is_left_alone() {
        for (frame, picture) in [((0.0, 0.0), (10.0, 10.0)), (WIDE, (0.0, 0.0))] {
            assert_eq!(Fit::of(frame, picture, 90), Fit { scale: 1.0, share: (1.0, 1.0) });
        }
        let fit = Fit::of((0.0, 0.0), (1.0, 1.0), 0);
        assert_eq!(
            View::WHOLE.moved((0.1, 0.2)).turned((0.0, 0.0), &fit, &fit, false).at,
            (0.1, 0.2)
        );
    }

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let point = (0.3, -0.2);
        let on_picture = |v: View| ((point.0 - v.at.0) / v.zoom, (point.1 - v.at.1) / v.zoom);
        let before = View { at: (0.1, 0.4), zoom: 2.0 };
        let after = before.zoomed(1.7, point, false);
        assert_eq!(after.zoom, 3.4);
        assert!(is_near(on_picture(before), on_picture(after)));
    }

    #[test]
    fn zoom_has_ends_and_the_point_stays_there_too() {
        assert_eq!(View::WHOLE.zoomed(0.5, (0.2, 0.2), false), View::WHOLE);
        assert_eq!(View::WHOLE.zoomed(1e6, (0.0, 0.0), false).zoom, ZOOM_MAX);
        assert_eq!(View::WHOLE.zoomed(0.001, (0.0, 0.0), true).zoom, ZOOM_MIN_OVER);
        let largest = View { at: (3.0, 0.0), zoom: ZOOM_MAX };
        assert_eq!(largest.zoomed(2.0, (0.4, 0.4), false), largest);
    }

    #[test]
    fn no_gap_opens_at_an_edge_and_a_small_picture_stays_in_the_middle() {
        let fit = Fit { scale: 1.0, share: (0.5, 1.0) };
        assert_eq!(View::WHOLE.moved((0.3, 0.3)).held(&fit, false), View::WHOLE);
        // At 4 the picture is 2 × 4 frames large: half a frame and one and a half stand over.
        let view = View { at: (9.0, -9.0), zoom: 4.0 }.held(&fit, false);
        assert_eq!(view.at, (0.5, -1.5));
        assert_eq!(View { at: (0.4, 1.4), zoom: 4.0 }.held(&fit, false).at, (0.4, 1.4));
    }

    #[test]
    fn over_another_picture_it_goes_as_far_as_its_middle_is_seen() {
        let fit = Fit { scale: 1.0, share: (0.5, 1.0) };
        assert_eq!(View { at: (0.9, -0.2), zoom: 0.2 }.held(&fit, true).at, (0.5, -0.2));
        assert_eq!(View { at: (9.0, -9.0), zoom: 4.0 }.held(&fit, true).at, (1.0, -2.0));
    }

    #[test]
    fn a_quarter_turns_what_is_seen_around_the_middle() {
        // Square frame, nothing grows: a picture that was moved right is then moved down.
        let same = Fit { scale: 1.0, share: (1.0, 1.0) };
        let view = View { at: (0.5, 0.25), zoom: 3.0 };
        assert_eq!(view.turned((100.0, 100.0), &same, &same, false).at, (-0.25, 0.5));
        assert_eq!(view.turned((100.0, 100.0), &same, &same, true).at, (0.25, -0.5));
        // Pixels count, not shares: 80 px to the right in a frame of 800 × 400 are 80 px down, a
        // fifth of the height.
        assert!(is_near(
            View { at: (0.1, 0.0), zoom: 3.0 }.turned(WIDE, &same, &same, false).at,
            (0.0, 0.2)
        ));
        let (before, after) = (Fit::of(WIDE, (400.0, 800.0), 0), Fit::of(WIDE, (400.0, 800.0), 90));
        let there = view.turned(WIDE, &before, &after, false);
        assert!(is_near(there.turned(WIDE, &after, &before, true).at, view.at), "there and back");
        let around = (0..4).fold(view, |v, _| v.turned(WIDE, &same, &same, false));
        assert!(is_near(around.at, view.at), "four quarters are none");
    }

    #[test]
    fn turns_go_around() {
        assert_eq!([0, 90, 180, 270].map(|t| turn(t, false)), [90, 180, 270, 0]);
        assert_eq!([0, 90, 180, 270].map(|t| turn(t, true)), [270, 0, 90, 180]);
    }

    #[test]
    fn tones_stop_at_their_ends() {
        assert_eq!(
            [tone(TONE, false), tone(TONE, true), tone(250, false), tone(40, true)],
            [110, 90, 250, 40]
        );
    }

    #[test]
    fn the_wheel_comes_out_even() {
        assert!(wheel(-100.0, 0, false) > 1.2 && wheel(-100.0, 0, false) < 1.25);
        assert!((wheel(-100.0, 0, false) * wheel(100.0, 0, false) - 1.0).abs() < 1e-12);
        assert!(
            (wheel(3.0, 1, false) - wheel(99.0, 0, false)).abs() < 1e-12,
            "three lines are about a hundred pixels"
        );
        assert!(wheel(-4.0, 0, true) > wheel(-4.0, 0, false));
        assert!(wheel(-1e9, 0, false) < 1.7, "one event never jumps");
    }

    #[test]
    fn two_fingers_move_and_grow() {
        let (by, to, grown) = pinch([(0.0, 0.0), (1.0, 0.0)], [(0.0, 1.0), (2.0, 1.0)]);
        assert_eq!((by, to, grown), ((0.5, 1.0), (1.0, 1.0), 2.0));
        assert_eq!(
            pinch([(0.0, 0.0); 2], [(0.0, 0.0), (1.0, 0.0)]).2,
            1.0,
            "fingers on one point say nothing"
        );
    }

    #[test]
    fn numbers_are_written_for_the_style() {
        assert_eq!(
            [0.0, 1.5, -0.0004, -0.25, -12.0, 31.9999].map(decimal),
            ["0.000", "1.500", "0.000", "-0.250", "-12.000", "32.000"]
        );
        let fit = Fit { scale: 2.0, share: (1.0, 1.0) };
        assert_eq!(
            transform(&View { at: (0.5, -0.125), zoom: 1.25 }, &fit, 90),
            "translate(50.000%,-12.500%) rotate(90deg) scale(2.500)"
        );
    }

    #[test]
    fn only_what_is_unusual_is_said() {
        assert_eq!(said("Front", 1.0, 0, [TONE, TONE]), "Front: 100 %");
        assert_eq!(
            said("Face", 2.504, 270, [120, 90]),
            "Face: 250 %, turned 270°, brightness 120 %, contrast 90 %"
        );
    }
}
