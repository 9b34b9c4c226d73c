//! Why a verification was not simply accepted: the provider's codes and their texts.
//!
//! The codes are published; they line up with Jumio's, plus 5xx, 6xx, 8xx and 9xx of KryptoGO's
//! own.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reason {
    pub code: i64,
    pub description: String,
}

const REVIEW: [(i64, &str); 10] = [
    (400, "Face mismatch"),
    (406, "Age difference too big"),
    (500, "Name doesn't match expected result"),
    (501, "Birthday doesn't match expected result"),
    (502, "ID number doesn't match expected result"),
    (503, "Country doesn't match expected result"),
    (504, "Issuing date doesn't match expected result"),
    (505, "Expiry date doesn't match expected result"),
    (506, "Gender doesn't match expected result"),
    (600, "Selfie photo not provided"),
];

const REJECT: [(i64, &str); 36] = [
    (100, "Manipulated document"),
    (102, "Photocopy black white"),
    (103, "Photocopy color"),
    (104, "Digital copy"),
    (105, "Fraudster"),
    (106, "Fake"),
    (107, "Photo mismatch"),
    (108, "MRZ check failed"),
    (109, "Punched document"),
    (111, "Mismatch printed barcode data"),
    (200, "Not readable document"),
    (201, "No document"),
    (202, "Sample document"),
    (206, "Missing back"),
    (207, "Wrong document page"),
    (209, "Missing signature"),
    (211, "Different persons shown"),
    (213, "Invalid watermark"),
    (300, "Manual rejection"),
    (401, "Selfie cropped from ID"),
    (402, "Entire ID used as selfie"),
    (403, "Multiple people"),
    (404, "Selfie is screen paper video"),
    (405, "Selfie is manipulated"),
    (407, "No face present"),
    (408, "Face not fully visible"),
    (409, "Bad quality"),
    (410, "Black and white"),
    (411, "Liveness check failed"),
    (700, "Unsupported ID Type"),
    (701, "Unsupported ID Country"),
    (702, "No ID Uploaded"),
    (801, "Authentication Invalid"),
    (802, "No more tries remaining for this identity. Try again tomorrow"),
    (902, "TwAddonIdentity Not in circulation"),
    (903, "TwAddonIdentity Reported Lost"),
];

/// Taiwan's register answers with the tries that are left: one code, three texts.
pub(crate) const TW_REGISTER: i64 = 901;
const TW_TRIES: [&str; 3] = [
    "Invalid TwAddonIdentity. 2 more tries remaining",
    "Invalid TwAddonIdentity. 1 more try remaining",
    "Invalid TwAddonIdentity. No more tries remaining",
];

const UNHEARD_OF: &str = "Unheard-of reason";

pub(crate) fn review(code: i64) -> Reason {
    reason(code, &REVIEW)
}

/// `tries` counts this customer's tries at Taiwan's register, this one included.
pub(crate) fn reject(code: i64, tries: u32) -> Reason {
    if code == TW_REGISTER {
        let at = usize::try_from(tries).unwrap_or(3).clamp(1, 3) - 1;
        return Reason { code, description: TW_TRIES[at].into() };
    }
    reason(code, &REJECT)
}

fn reason(code: i64, list: &[(i64, &str)]) -> Reason {
    let known = list.iter().find(|(known, _)| *known == code);
    Reason { code, description: known.map_or(UNHEARD_OF, |(_, text)| text).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_published_texts_and_others_are_unheard_of() {
        assert_eq!(review(600).description, "Selfie photo not provided");
        assert_eq!(
            reject(802, 1).description,
            "No more tries remaining for this identity. Try again tomorrow"
        );
        for reason in [review(100), review(7), reject(500, 1), reject(0, 1)] {
            assert_eq!(reason.description, UNHEARD_OF);
        }
    }

    #[test]
    fn the_register_counts_down_and_stays_at_the_end() {
        let texts: Vec<_> = (1..=4).map(|tries| reject(901, tries).description).collect();
        assert!(texts[0].contains("2 more tries") && texts[1].contains("1 more try"));
        assert!(texts[2].contains("No more tries") && texts[3] == texts[2]);
    }
}
