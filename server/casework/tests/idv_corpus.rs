//! S-39: files that are not what they seem, or more than they seem. Each is refused beside its
//! field or made inert.

use crate::{on_both, support::*};
use casework::{
    checks::review,
    idv::{
        Sent,
        pictures::{self, Upload},
    },
    new_id,
};
use domain::{CheckId, idv::Slot};
use image::ExtendedColorType;
use sandbox::pictures::{
    CANARY, bad,
    bombs::{self, Scans},
    specimen,
};

const SCRIPT: &[u8] = b"<html><script>alert(document.domain)</script>";

fn face() -> Vec<u8> {
    specimen("emily-clarke", "face").expect("known").0
}

/// A JPEG whose comment makes it a script too.
fn script_in_comment() -> Vec<u8> {
    let comment = b"*/=alert(document.domain)/*<script>alert(1)</script>";
    let mut file = face();
    let head = [&[0xFF, 0xFE, 0, comment.len() as u8 + 2], comment.as_slice()].concat();
    file.splice(2..2, head);
    file
}

fn sent(desk: &Desk, name: &str, front: Vec<u8>) -> Sent {
    let front = Upload { slot: Slot::Front, name: name.into(), bytes: front, turn: 0 };
    Sent {
        form: desk.idv_form("upload", name),
        uploads: vec![front, drawn(Slot::Back), drawn(Slot::Face)],
        kept: vec![],
    }
}

/// The marks of a JPEG's segments before its first scan, and what follows its end mark.
fn marks(jpeg: &[u8]) -> (Vec<u8>, usize) {
    let (mut marks, mut at) = (Vec::new(), 2);
    while let Some([0xFF, mark, high, low]) = jpeg.get(at..at + 4) {
        marks.push(*mark);
        at += 2 + usize::from(u16::from_be_bytes([*high, *low]));
        if *mark == 0xDA {
            break;
        }
    }
    let end = jpeg.windows(2).rposition(|two| two == [0xFF, 0xD9]).expect("an end mark");
    (marks, jpeg.len() - end - 2)
}

on_both!(what_cannot_be_believed_is_refused_beside_its_field, |desk| async {
    let huge = "so many pixels";
    let mut script_first = SCRIPT.to_vec();
    script_first.extend(face());
    for (name, file, words) in [
        ("60,000 by 60,000", bad("bomb.png").expect("known").0, "below 8,000"),
        ("64 megapixels", bombs::png(7_999, 7_999, ExtendedColorType::L8), "50 megapixels"),
        ("truncated JPEG", bad("truncated.jpg").expect("known").0, "cannot be opened"),
        (
            "truncated PNG",
            {
                let mut file = bombs::png(400, 301, ExtendedColorType::Rgb8);
                file.truncate(file.len() / 2);
                file
            },
            "cannot be opened",
        ),
        ("HTML before a picture", script_first, "not a JPEG or PNG"),
        ("ZIP", b"PK\x03\x04....".to_vec(), "not a JPEG or PNG"),
        (
            "SVG",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec(),
            "not a JPEG or PNG",
        ),
        ("PDF", b"%PDF-1.7".to_vec(), "not a JPEG or PNG"),
        ("a scan for each component", bombs::jpeg(7_000, 7_000, 3, Scans::OneForEach), huge),
        ("progressive", bombs::jpeg(7_000, 7_000, 3, Scans::Progressive), huge),
        ("64 bits for each pixel", bombs::png(6_000, 3_500, ExtendedColorType::Rgba16), huge),
    ] {
        let refused = desk.refused_idv(sent(&desk, name, file)).await;
        assert!(refused.error("front").is_some_and(|e| e.contains(words)), "{name}: {refused:?}");
        assert_eq!(refused.errors.len(), 1, "{name}");
    }
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM checks").await, 0);
});

on_both!(what_is_more_than_a_picture_is_shown_as_nothing_but_a_picture, |desk| async {
    let words: &[&[u8]] = &[
        CANARY.as_bytes(),
        b"alert",
        b"<script",
        b"<html",
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"Exif",
        b"acTL",
        b"fdAT",
        b"ICC_PROFILE",
        b"http://ns.adobe.com",
    ];
    let with_text = bombs::with_chunk(
        &bombs::png(400, 301, ExtendedColorType::Rgb8),
        b"tEXt",
        &[b"Comment\0", SCRIPT].concat(),
    );
    for (name, file) in [
        ("EXIF with a place", face()),
        ("JPEG with HTML and ZIP behind it", bad("polyglot.jpg").expect("known").0),
        ("JPEG that is a script", script_in_comment()),
        ("PNG with HTML in a text", with_text),
        ("profile", bombs::profile(30)),
        ("CMYK", bombs::jpeg(400, 301, 4, Scans::One)),
        ("progressive CMYK", bombs::jpeg(400, 301, 4, Scans::Progressive)),
        ("grey JPEG", bombs::jpeg(400, 301, 1, Scans::One)),
        ("16 bits", bombs::png(400, 301, ExtendedColorType::Rgb16)),
        ("16 bits, grey", bombs::png(400, 301, ExtendedColorType::L16)),
        ("16 bits, transparent", bombs::png(400, 301, ExtendedColorType::Rgba16)),
    ] {
        let id = CheckId::from(new_id());
        desk.try_idv(&id, sent(&desk, name, file.clone()))
            .await
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let review = desk.review(&id).await;
        let front = review.pictures.iter().find(|p| p.slot == "front").expect("kept");
        let evidence = front.evidence_id.as_deref().expect("kept");
        let sent = review::evidence_body(&desk.work, &id, evidence).await.expect("opens").bytes;
        if name == "16 bits, transparent" {
            assert!(sent.starts_with(&[0xFF, 0xD8]), "a JPEG, on white");
        } else {
            assert!(sent == file, "{name}: the evidence is what came");
        }
        let (shown, content_type) =
            pictures::shown(&desk.work, &id, evidence).await.expect("opens");
        assert_eq!(content_type, "image/jpeg", "{name}");
        let (marks, behind) = marks(&shown);
        // JFIF, tables, frame, scan: nothing that holds words.
        assert!(
            marks.iter().all(|mark| matches!(mark, 0xE0 | 0xDB | 0xC0 | 0xC4 | 0xDA)),
            "{name}: {marks:x?}"
        );
        assert_eq!(behind, 0, "{name}: nothing behind the picture");
        for word in words {
            assert!(
                !shown.windows(word.len()).any(|w| w == *word),
                "{name}: {}",
                String::from_utf8_lossy(word)
            );
        }
        let picture = image::load_from_memory(&shown).expect("a picture");
        assert_eq!(
            (i64::from(picture.width()), i64::from(picture.height())),
            (front.width.expect("w"), front.height.expect("h")),
            "{name}"
        );
    }
});
