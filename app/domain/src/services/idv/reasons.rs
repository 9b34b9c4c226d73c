//! Review and reject reasons by their codes: what each means and what to ask the customer next.
//!
//! Source of the codes: KryptoGO Compliance KYABC API 0.1.0, whose list follows Jumio's reject
//! reasons and adds 5xx, 6xx, 8xx and 9xx. The explanations are ours.

use crate::services::Explained;

/// Explains a code; nothing for one that this version does not know.
#[must_use]
pub fn explain(code: i64) -> Option<Explained> {
    let (means, next) = match code {
        100 => (
            "The document looks altered.",
            "Do not ask for another try before somebody has looked closely: compare fonts, edges of the photo and the MRZ.",
        ),
        102 => (
            "A black-and-white copy was shown, not the document.",
            "Ask for new pictures of the document itself.",
        ),
        103 => (
            "A colour copy was shown, not the document.",
            "Ask for new pictures of the document itself.",
        ),
        104 => (
            "The document was shown on a screen.",
            "Ask for new pictures of the document itself, not of a screen.",
        ),
        105 => (
            "The person is known to the provider as a fraudster.",
            "Reject, and follow your fraud procedure.",
        ),
        106 => ("The document is a fake.", "Reject, and follow your fraud procedure."),
        107 => (
            "The photo in the document was exchanged or does not fit it.",
            "Compare it with the face yourself; then reject or ask for another document.",
        ),
        108 => (
            "The check digits of the machine-readable zone are wrong.",
            "Read the zone yourself. If it is printed so, treat the document as altered; if it was misread, ask for sharper pictures.",
        ),
        109 => ("The document was punched: it is no longer valid.", "Ask for a valid document."),
        110 => ("The data on the chip were changed.", "Treat the document as altered."),
        111 => (
            "Printed data and barcode disagree.",
            "Treat the document as altered unless the barcode was misread.",
        ),
        113 => (
            "The same face came with other data before.",
            "Look for other customers with this face; follow your fraud procedure.",
        ),
        200 => (
            "The document cannot be read.",
            "Ask for sharper pictures without glare, with all four corners.",
        ),
        201 => ("There is no document in the picture.", "Ask for a picture of the document."),
        202 => ("A specimen document was shown.", "Ask for the customer's own document."),
        206 => ("The back of the document is missing.", "Ask for the back."),
        207 => ("The wrong page or side was shown.", "Ask for the page with photo and data."),
        209 => (
            "The document is not signed.",
            "Ask the customer to sign it, where it has to be signed, and to take new pictures.",
        ),
        210 => ("The camera took black-and-white pictures.", "Ask for pictures in colour."),
        211 => (
            "Front and back, or the pictures, are of different persons.",
            "Ask which document is the customer's; be suspicious.",
        ),
        213 => ("The watermark is not as it should be.", "Treat the document as altered."),
        300 => (
            "Somebody at the provider rejected it by hand.",
            "Ask the provider why before you decide.",
        ),
        400 => (
            "The face is not the one in the document.",
            "Compare both yourself. Ask for a new face picture in good light if you are not sure.",
        ),
        401 => (
            "The face picture was cut out of the document.",
            "Ask for a picture of the person, taken now.",
        ),
        402 => (
            "The document was used as the face picture.",
            "Ask for a picture of the person, taken now.",
        ),
        403 => (
            "More than one person is in the face picture.",
            "Ask for a picture of the customer alone.",
        ),
        404 => (
            "The face was shown on a screen, paper or video.",
            "Ask for a live picture; be suspicious.",
        ),
        405 => ("The face picture was altered.", "Ask for a live picture; be suspicious."),
        406 => (
            "The face looks much older or younger than the photo in the document.",
            "Compare both yourself; an old photo is possible, and a newer document settles it.",
        ),
        407 => ("There is no face in the picture.", "Ask for a face picture."),
        408 => (
            "The face is not wholly visible.",
            "Ask for a picture without mask, sunglasses or cropping.",
        ),
        409 => ("The face picture is too poor.", "Ask for a sharper picture in good light."),
        410 => ("The face picture is black and white.", "Ask for a picture in colour."),
        411 => (
            "The provider could not tell that a living person was there.",
            "Ask for another try; if it fails again, verify the customer in person or by video.",
        ),
        500 => (
            "The name on the document is not the one we expected.",
            "Compare both below: transliteration, order and diacritics are innocent, another person is not.",
        ),
        501 => (
            "The birth date on the document is not the one we expected.",
            "Compare both below: day and month may be swapped. Ask which is right.",
        ),
        502 => (
            "The number on the document is not the one we expected.",
            "Compare both below. Ask whether the document was renewed.",
        ),
        503 => (
            "The document is from another country than we expected.",
            "Ask about the customer's nationality and residence.",
        ),
        504 => (
            "The issuing date is not the one we expected.",
            "Ask whether the document was renewed.",
        ),
        505 => (
            "The expiry date is not the one we expected.",
            "Check that the document is still valid; ask whether it was renewed.",
        ),
        506 => (
            "The gender on the document is not the one we expected.",
            "Check what was entered; ask the customer if it matters to you.",
        ),
        600 => (
            "There is no picture of the face.",
            "Ask for a face picture, or compare the customer with the document by other means.",
        ),
        700 => (
            "The provider does not take this kind of document.",
            "Ask for another document, and choose its type when you launch.",
        ),
        701 => (
            "The provider does not take documents of this country.",
            "Ask for a document of another country, or verify by other means.",
        ),
        702 => ("No picture was uploaded.", "Launch again with the pictures."),
        801 => ("The customer could not be authenticated.", "Ask the customer to try again."),
        802 => ("The customer has no more tries today.", "Launch again tomorrow."),
        901 => (
            "The data of the Taiwanese identity card do not fit the register.",
            "Check issue date, issuing place and kind of issue with the customer before the tries are used up.",
        ),
        902 => (
            "The Taiwanese identity card is not in circulation.",
            "Ask for the card that is valid now.",
        ),
        903 => (
            "The Taiwanese identity card was reported lost.",
            "Do not accept it. Ask for the new card, and be suspicious.",
        ),
        _ => return None,
    };
    Some(Explained { means, next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_code_is_explained_and_others_are_not() {
        let review = [400, 406, 500, 501, 502, 503, 504, 505, 506, 600];
        let reject = [
            100, 102, 103, 104, 105, 106, 107, 108, 109, 111, 200, 201, 202, 206, 207, 209, 211,
            213, 300, 401, 402, 403, 404, 405, 407, 408, 409, 410, 411, 700, 701, 702, 801, 802,
            901, 902, 903,
        ];
        for code in review.into_iter().chain(reject) {
            let explained = explain(code).unwrap_or_else(|| panic!("{code}"));
            assert!(explained.means.ends_with('.') && explained.next.ends_with('.'), "{code}");
        }
        for code in [0, -1, 101, 999, 904] {
            assert_eq!(explain(code), None, "{code}");
        }
    }
}
