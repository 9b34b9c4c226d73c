//! Draws the documents: what a holder's passport, card or licence would print, on paper that nobody
//! could take for a real one.

use super::{
    canvas::{Area, Canvas, Color, INK, PAPER},
    face,
};
use crate::{
    holder::{Holder, Kind, mrz},
    text::hash,
};

pub(super) const WIDTH: usize = 1_200;
pub(super) const HEIGHT: usize = 760;

const LABEL: Color = [96, 104, 122];
/// Pale enough to read what lies on it, in a tint of its own for each country.
const TINTS: [(Color, Color); 5] = [
    ([236, 243, 238], [186, 212, 196]),
    ([240, 240, 248], [194, 198, 226]),
    ([246, 241, 232], [222, 204, 172]),
    ([244, 236, 240], [220, 190, 204]),
    ([234, 242, 246], [180, 208, 220]),
];
/// Lies under the text, so that all of it can be read.
const STAMP: Color = [238, 184, 184];

/// The side with the portrait.
pub(super) fn front(holder: &Holder, portrait: u64) -> Canvas {
    let mut canvas = paper(holder, 400);
    canvas.fitted(40, 28, 3, 820, INK, &format!("{}  {}", holder.country, title(holder.kind)));
    canvas.fitted(880, 36, 2, 300, LABEL, &holder.sub_type.replace('_', " "));
    canvas.paste(&face::portrait(320, 400, portrait), 40, 110, 1);

    let number_label = if holder.kind == Kind::Passport { "Passport no." } else { "Document no." };
    let rows = [
        ("Surname", holder.last_name.as_str()),
        ("Given names", holder.first_name.as_deref().unwrap_or("-")),
        ("Full name", &holder.full_name),
        (number_label, &holder.id_number),
    ];
    for (row, (label, value)) in (0..).zip(rows) {
        field(&mut canvas, 400, 104 + row * 84, 760, label, value);
    }
    for (column, (label, value)) in (0..).zip([
        ("Date of birth", &holder.birthday),
        ("Sex", &holder.gender),
        ("Nationality", &holder.country),
    ]) {
        field(&mut canvas, [400, 740, 900][column], 440, 300, label, value);
    }
    field(&mut canvas, 400, 524, 330, "Date of issue", &holder.issuing_date);
    field(&mut canvas, 740, 524, 330, "Date of expiry", &holder.expiry_date);
    if holder.kind == Kind::Passport {
        zone(&mut canvas, holder, 620, 3);
    }
    canvas
}

/// The other side; a passport has none.
pub(super) fn back(holder: &Holder) -> Option<Canvas> {
    if holder.kind == Kind::Passport {
        return None;
    }
    let mut canvas = paper(holder, 300);
    canvas.fitted(40, 28, 3, 1_120, INK, &format!("{}  {}", holder.country, title(holder.kind)));
    field(&mut canvas, 40, 110, 600, "Document no.", &holder.id_number);
    field(&mut canvas, 40, 200, 600, "Authority", "Office of Specimens");
    field(&mut canvas, 40, 290, 600, "Date of issue", &holder.issuing_date);
    bars(&mut canvas, &holder.id_number);
    match holder.kind {
        Kind::IdCard => zone(&mut canvas, holder, 520, 4),
        _ => {
            for (row, class) in (0..).zip(["AM", "A1", "B", "L"]) {
                field(&mut canvas, 40 + row * 280, 520, 260, "Class", class);
            }
        }
    }
    Some(canvas)
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Passport => "PASSPORT",
        Kind::DrivingLicense => "DRIVING LICENCE",
        Kind::IdCard => "IDENTITY CARD",
    }
}

/// A pale ground with waves, as real paper has against copying, and the one word that counts.
fn paper(holder: &Holder, stamp_at: i32) -> Canvas {
    let tint = usize::try_from(hash(0, &holder.country) % 5).unwrap_or(0);
    let (ground, line) = TINTS[tint];
    let mut canvas = Canvas::new(WIDTH, HEIGHT, ground);
    for wave in 0..16 {
        let at = f64::from(wave);
        canvas.wave(at * 50.0, 26.0, 64.0 + at, at * 0.7, line);
        canvas.wave(at * 50.0, -26.0, 64.0 + at, at * 0.7, line);
    }
    canvas.slanted(390, stamp_at, 12, (2, 5), STAMP, "SPECIMEN");
    canvas
}

fn field(canvas: &mut Canvas, x: i32, y: i32, width: i32, label: &str, value: &str) {
    canvas.fitted(x, y, 1, width, LABEL, label);
    canvas.fitted(x, y + 18, 3, width, INK, value);
}

fn zone(canvas: &mut Canvas, holder: &Holder, y: i32, scale: i32) {
    let Some(zone) = mrz(holder) else { return };
    canvas.rectangle(Area { x: 0, y: y - 14, width: WIDTH as i32, height: HEIGHT as i32 }, PAPER);
    for (row, line) in (0..).zip(zone.lines()) {
        canvas.text(60, y + row * (16 * scale + 10), scale, INK, line);
    }
}

/// Looks like a bar code and is none.
fn bars(canvas: &mut Canvas, number: &str) {
    for bar in 0..70_i32 {
        let wide = i32::try_from(hash(3, &format!("{number}/{bar}")) % 5).unwrap_or(1);
        canvas.rectangle(Area { x: 680 + bar * 7, y: 120, width: wide, height: 250 }, INK);
    }
}
