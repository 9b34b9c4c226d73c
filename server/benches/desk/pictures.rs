//! P-25 and P-26: looking at a sealed picture, and the memory of eight uploads at once.

use super::{
    board::{Board, Goal},
    memory::{self, Peak},
    place::Place,
    times::{ROUNDS, median, times},
};
use casework::{
    idv::{self, Sent, pictures::Upload},
    journal::Actor,
};
use domain::{
    CheckId,
    idv::{Form, Slot},
};

/// What a phone takes, 4,000 × 3,000 pixels, JPEG; decoded, it has three bytes for each pixel.
const LARGE: (u32, u32) = (4_000, 3_000);
const PLAIN: &str = "/pkg/plain.jpg";

/// Keeps the picture that is looked at with a check, and a plain copy where the server serves
/// files; gives its address. The plain file is the very bytes that are shown.
pub async fn keep(place: &Place) -> String {
    let bytes = noise(1_200, 830, 1);
    std::fs::write(place.folder.path().join("site").join(PLAIN.trim_start_matches('/')), &bytes)
        .expect("a file");
    let known = casework::connections::list(&place.work).await.expect("lists");
    let connection = known
        .into_iter()
        .find(|k| k.connection.name.starts_with("Generated"))
        .expect("there")
        .connection
        .id;
    let form = Form {
        way: "upload".into(),
        connection,
        customer_reference: "P-1".into(),
        name: "Somebody".into(),
        country: "GBR".into(),
        id_type: "PASSPORT".into(),
        ..Form::default()
    };
    let picture = |slot| Upload { slot, name: "a.jpg".into(), bytes: bytes.clone(), turn: 0 };
    let sent =
        Sent { form, uploads: vec![picture(Slot::Front), picture(Slot::Face)], kept: vec![] };
    let id = CheckId::from(casework::new_id());
    idv::launch(
        &place.work,
        &place.anna,
        &Actor::new(place.anna.id.as_str(), ""),
        &id,
        sent,
        true,
        None,
    )
    .await
    .expect("launches");
    let kept =
        casework::checks::review::get(&place.work, &id).await.expect("reads").pictures.remove(0);
    format!("/checks/{id}/pictures/{}", kept.evidence_id.expect("kept"))
}

/// A JPEG that does not compress well: every `grain` pixels another colour.
fn noise(width: u32, height: u32, grain: u32) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        let mut hash = u64::from(x / grain) << 32 | u64::from(y / grain);
        hash = (hash ^ (hash >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash ^= hash >> 29;
        image::Rgb([hash as u8, (hash >> 8) as u8, (hash >> 16) as u8])
    });
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 80)
        .encode_image(&picture)
        .expect("encodes");
    bytes
}

/// P-25.
pub fn shown(place: &Place, picture: &str, board: &mut Board<'_>) {
    let mut http = place.signed_in();
    let sealed_bytes = http.get_length(picture);
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let plain = median(&times(40, |_| {
            http.get_length(PLAIN);
        }));
        let sealed = median(&times(40, |_| {
            http.get_length(picture);
        }));
        ratios.push(sealed / plain);
        board.note(format!(
            "round {}: plain file {plain:.0} µs, sealed picture {sealed:.0} µs",
            round + 1
        ));
    }
    let what = format!(
        "sealed picture of {:.1} MB / a plain file of that size",
        sealed_bytes as f64 / 1e6
    );
    board.row("P-25", &what, &ratios, Goal::AtMost(3.0));
    board.close();
}

/// P-26.
pub fn uploads(place: &Place, board: &mut Board<'_>) {
    let picture = noise(LARGE.0, LARGE.1, 40);
    let decoded = f64::from(LARGE.0) * f64::from(LARGE.1) * 3.0;
    let before = memory::of("self", "VmRSS");
    let peak = Peak::forget();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| place.signed_in().upload(&picture));
        }
    });
    let grown = peak.reached() - before;
    let what = format!(
        "memory that 8 parallel uploads of 12 megapixels ({:.1} MB each) add / their decoded size",
        picture.len() as f64 / 1e6
    );
    board.row("P-26", &what, &[grown / (8.0 * decoded)], Goal::AtMost(1.5));
    board.note(format!(
        "8 uploads: {:.0} MB more than before, decoded {:.0} MB each",
        grown / 1e6,
        decoded / 1e6
    ));
    board.close();
}
