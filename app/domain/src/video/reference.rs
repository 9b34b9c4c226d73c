//! The IDnow reference, which must not reach the customer or an eye that has no business with it.

/// IDnow's token of a session, for example `TST-KCCEY`. Solaris forbids to share it with the customer under any
/// circumstances, so it is masked wherever it is written; [`Reference::reveal`] is the one way to its letters.
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

    /// `TST-•••••` for a test session, `•••••` otherwise; the number of dots says nothing of its length.
    #[must_use]
    pub fn masked(&self) -> String {
        let prefix = if self.0.starts_with(TEST_PREFIX) { TEST_PREFIX } else { "" };
        format!("{prefix}{DOTS}")
    }
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

    proptest! {
        #[test]
        fn no_letter_of_it_is_written(text in "[A-Z0-9]{1,12}", test in any::<bool>()) {
            let prefix = if test { TEST_PREFIX } else { "" };
            let reference = Reference::of(&format!("{prefix}{text}")).expect("a reference");
            prop_assert_eq!(format!("{reference:?}"), format!("{prefix}{DOTS}"));
        }
    }
}
