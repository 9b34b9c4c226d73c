//! The IDnow reference, which must not reach the customer or an eye that has no business with it.

use std::borrow::Cow;

/// IDnow's token of a session, for example `TST-KCCEY`. Solaris forbids to share it with the
/// customer under any circumstances, so it is masked wherever it is written; [`Reference::reveal`]
/// is the one way to its letters.
///
/// It is not serialised: whoever keeps it seals what `reveal` gives.
#[derive(Clone, PartialEq, Eq)]
pub struct Reference(String);

const DOTS: &str = "•••••";
const TEST_PREFIX: &str = "TST-";

impl Reference {
    /// Takes it as it came; nothing for an empty text.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// Its letters. Showing them is a permission of its own and an entry in the journal.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// `TST-•••••` for a test session, `•••••` otherwise; the number of dots says nothing of its
    /// length.
    #[must_use]
    pub fn masked(&self) -> String {
        let prefix = if self.0.starts_with(TEST_PREFIX) { TEST_PREFIX } else { "" };
        format!("{prefix}{DOTS}")
    }
}

/// Whether a member of a document holds the reference, a secret or the customer's address, by its
/// name.
#[must_use]
pub fn is_secret_member(name: &str) -> bool {
    let name = name.to_lowercase().replace(['_', '-', ' '], "");
    matches!(name.as_str(), "url" | "href" | "secret")
        || name.ends_with("reference")
        || name.ends_with("identtoken")
}

/// A text in which everything that looks like the reference of a test session is masked, whatever
/// stands around it.
#[must_use]
pub fn without_references(text: &str) -> Cow<'_, str> {
    let is_prefix = |at: usize| {
        text.get(at..at + TEST_PREFIX.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(TEST_PREFIX))
    };
    let (mut out, mut from, mut before) = (String::new(), 0, ' ');
    for (at, letter) in text.char_indices() {
        if at >= from && !before.is_alphanumeric() && is_prefix(at) {
            let rest = &text[at + TEST_PREFIX.len()..];
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            if length > 0 {
                out.push_str(&text[from..at]);
                out.push_str(TEST_PREFIX);
                out.push_str(DOTS);
                from = at + TEST_PREFIX.len() + length;
            }
        }
        before = letter;
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

impl std::fmt::Debug for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_is_masked_wherever_it_is_written() {
        let test = Reference::of(" TST-KCCEY ").expect("a reference");
        assert_eq!(
            (test.masked().as_str(), format!("{test}").as_str(), format!("{test:?}").as_str()),
            ("TST-•••••", "TST-•••••", "TST-•••••")
        );
        assert_eq!(test.reveal(), "TST-KCCEY");
        assert_eq!(Reference::of("ABCDEFGH").expect("a reference").to_string(), "•••••");
        assert_eq!(Reference::of("AB-CDEFGH").expect("a reference").to_string(), "•••••");
        assert_eq!(Reference::of("  "), None);
    }

    #[test]
    fn what_looks_like_a_reference_is_masked_inside_of_any_text() {
        for (text, shown) in [
            ("TST-KCCEY", "TST-•••••"),
            ("see tst-kccey, TST-AB12.", "see TST-•••••, TST-•••••."),
            ("{\"a\":\"TST-KCCEY\"}", "{\"a\":\"TST-•••••\"}"),
            ("LATEST-NEWS", "LATEST-NEWS"),
            ("TST- nothing, TST", "TST- nothing, TST"),
            ("Zoë TST-Ä", "Zoë TST-Ä"),
        ] {
            assert_eq!(without_references(text), shown);
        }
        for name in
            ["reference", "Reference", "idnow_reference", "sessionReference", "href", "ident_token"]
        {
            assert!(is_secret_member(name), "{name}");
        }
        assert!(
            !["first_name", "references_given", "id", "website_social_media"]
                .into_iter()
                .any(is_secret_member)
        );
    }

    proptest! {
        #[test]
        fn no_letter_of_it_is_written(text in "[A-Z0-9]{1,12}", test in any::<bool>()) {
            let prefix = if test { TEST_PREFIX } else { "" };
            let reference = Reference::of(&format!("{prefix}{text}")).expect("a reference");
            prop_assert_eq!(format!("{reference:?}"), format!("{prefix}{DOTS}"));
        }
    }
}
