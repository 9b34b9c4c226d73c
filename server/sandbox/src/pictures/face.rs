//! A simple face of circles and bars: nobody's, and a different one for each number.

use super::canvas::{Area, Canvas, Color};

const SKIN: [Color; 6] = [
    [244, 208, 177],
    [229, 184, 143],
    [198, 146, 103],
    [161, 110, 75],
    [112, 74, 52],
    [250, 221, 196],
];
const HAIR: [Color; 6] =
    [[38, 32, 30], [86, 58, 36], [164, 116, 60], [206, 178, 118], [120, 120, 124], [138, 62, 36]];
const SHIRT: [Color; 6] =
    [[52, 78, 120], [120, 52, 62], [58, 102, 80], [90, 84, 110], [176, 150, 90], [60, 62, 68]];
const WALL: [Color; 4] = [[214, 222, 230], [228, 224, 214], [218, 226, 216], [226, 218, 224]];
const EYE: Color = [36, 34, 40];
const WHITE: Color = [250, 250, 248];
const MOUTH: Color = [168, 76, 76];

/// Head and shoulders before a wall.
pub(super) fn portrait(width: usize, height: usize, number: u64) -> Canvas {
    let of = |choices: &[Color], shift: u32| {
        choices[usize::try_from(number >> shift).unwrap_or(0) % choices.len()]
    };
    // All measures are per mille of the picture's.
    let across = |part: i32| width as i32 * part / 1_000;
    let down = |part: i32| height as i32 * part / 1_000;
    let part = |x: i32, y: i32, width: i32, height: i32| Area {
        x: across(x),
        y: down(y),
        width: across(width),
        height: down(height),
    };
    let (skin, hair) = (of(&SKIN, 0), of(&HAIR, 8));
    let vary = |shift: u32, range: u64| i32::try_from((number >> shift) % range).unwrap_or(0);
    let (broad, long) = (380 + vary(16, 90), 440 + vary(20, 90));
    let left = 500 - broad / 2;

    let mut canvas = Canvas::new(width, height, of(&WALL, 24));
    canvas.ellipse(part(left - 30, 150, broad + 60, long - 40 + vary(28, 260)), hair);
    canvas.ellipse(part(150, 760, 700, 600), of(&SHIRT, 12));
    canvas.rectangle(part(430, 600, 140, 220), darker(skin));
    canvas.ellipse(part(left, 220, broad, long), skin);
    canvas.ellipse(part(left, 190, broad, 130 + vary(32, 60)), hair);
    let apart = 80 + vary(36, 30);
    for side in [-1, 1] {
        let x = 500 + side * apart;
        if number >> 44 & 3 == 0 {
            canvas.ellipse(part(x - 70, 384, 140, 90), EYE);
            canvas.ellipse(part(x - 62, 391, 124, 76), skin);
        }
        canvas.ellipse(part(x - 38, 400, 76, 46), WHITE);
        canvas.ellipse(part(x - 18, 403, 36, 40), EYE);
        canvas.rectangle(part(x - 48, 365 - vary(40, 12), 96, 14), hair);
    }
    canvas.rectangle(part(486, 440, 28, 90 + vary(46, 30)), darker(skin));
    canvas.ellipse(part(430 - vary(50, 20), 575, 140 + 2 * vary(50, 20), 36 + vary(54, 20)), MOUTH);
    canvas
}

fn darker(color: Color) -> Color {
    color.map(|part| part - part / 8)
}
