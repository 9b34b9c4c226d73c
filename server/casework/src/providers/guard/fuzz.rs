//! S-52: statuses, waits and error bodies of all sorts: what may have arrived is never said not to
//! have, and the words that people read hold nothing but words.

use super::*;
use proptest::{collection::vec, prelude::*};

proptest! {
    #[test]
    fn s_52_whatever_an_error_says_it_is_sorted_and_its_words_are_harmless(
        status in 300_u16..=599,
        retry_after in prop::option::of("[0-9]{0,25}|-?[0-9]{1,9}|[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT|\\PC{0,20}"),
        body in prop_oneof![
            vec(any::<u8>(), 0..300),
            "\\PC{0,2500}".prop_map(String::into_bytes),
            "[\0-\u{1f}<>\u{202e}a-z]{0,40}".prop_map(|text| serde_json::json!({ "message": text }).to_string().into_bytes()),
        ],
    ) {
        let error = refusal(StatusCode::from_u16(status).expect("a status"), retry_after.as_deref(), &body);
        if let CallError::TooMany(Some(wait)) | CallError::Failed(_, Some(wait)) = &error {
            prop_assert!((0..=RETRY_AFTER_MAX_MS).contains(wait), "{}", wait);
        }
        // Only a status that says that nothing was done may be taken for "not done".
        prop_assert_eq!(error.may_have_happened(), (500..=599).contains(&status) || (300..=399).contains(&status));
        let words = error.sentence("It");
        prop_assert!(words.chars().count() < 700 && !words.contains(|c: char| c.is_control()), "{:?}", words);
    }
}
