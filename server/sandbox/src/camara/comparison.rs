//! How a value is compared with what is on file, and how alike two different ones are.
//!
//! Reconstruction: CAMARA defines no normalisation and no rounding. Compared is what remains after
//! NFKC, trimming, single spaces and lower case; names and places also lose the marks on their
//! letters. The score is the Jaro-Winkler similarity of what remains, in whole hundredths rounded
//! down, and never 100: that would be "true".

use unicode_normalization::UnicodeNormalization;

use super::attributes::Form;

/// `None` is equal; otherwise how alike the two are, 0 to 99.
pub(super) fn compare(form: Form, asked: &str, on_file: &str) -> Option<u8> {
    let (asked, on_file) = (normal(form, asked), normal(form, on_file));
    (asked != on_file).then(|| score(&asked, &on_file))
}

fn score(asked: &str, on_file: &str) -> u8 {
    let hundredths = (strsim::jaro_winkler(asked, on_file) * 100.0).floor().clamp(0.0, 99.0);
    // Between 0 and 99 by the line above.
    hundredths as u8
}

/// The value as it is compared.
fn normal(form: Form, value: &str) -> String {
    let composed: String = value.nfkc().collect();
    let single = composed.split_whitespace().collect::<Vec<_>>().join(" ");
    match form {
        Form::Date | Form::Birthdate | Form::DocumentType => single,
        Form::Country | Form::Gender => single.to_uppercase(),
        Form::Document => single
            .to_lowercase()
            .chars()
            .filter(|letter| !matches!(letter, ' ' | '-' | '.'))
            .collect(),
        Form::PostalCode => single.to_lowercase().replace(' ', ""),
        Form::Text | Form::Email => single.to_lowercase(),
        // Latin, Greek and Cyrillic marks only: those of kana and Indian scripts are letters of
        // their own.
        Form::Name => single
            .to_lowercase()
            .nfd()
            .filter(|letter| !matches!(letter, '\u{300}'..='\u{36f}'))
            .nfc()
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_looks_different_is_equal() {
        for (form, asked, on_file) in [
            (Form::Name, "  NICOLAS   salmeron ", "Nicolás Salmerón"),
            (Form::Name, "Mu\u{308}ller", "Müller"),
            (Form::Name, "Ｆｅｄｅｒｉｃａ", "federica"),
            (Form::Text, "ｻﾄｳ ﾊﾙｶ", "サトウ ハルカ"),
            (Form::Document, "666 666-66.Q", "66666666q"),
            (Form::PostalCode, "sw1a1aa", "SW1A 1AA"),
            (Form::Country, "jp", "JP"),
            (Form::Email, "ABC@Example.com", "abc@example.com"),
        ] {
            assert_eq!(compare(form, asked, on_file), None, "{asked} {on_file}");
        }
    }

    #[test]
    fn what_is_different_stays_different() {
        for (form, asked, on_file) in [
            (Form::Text, "ﾊﾙｶ", "パルカ"),
            (Form::Name, "Øster", "Oster"),
            (Form::Name, "サトウ", "ザトウ"),
            (Form::PostalCode, "1028460", "102-8460"),
            (Form::Birthdate, "1978-08-22", "1978-08-23"),
            (Form::Email, "ána@example.com", "ana@example.com"),
        ] {
            assert!(compare(form, asked, on_file).is_some(), "{asked} {on_file}");
        }
    }

    /// The first two pairs are worked examples of Winkler's own papers.
    #[test]
    fn scores_are_whole_hundredths_rounded_down_and_never_a_hundred() {
        assert_eq!(compare(Form::Name, "Martha", "Marhta"), Some(96));
        assert_eq!(compare(Form::Name, "Dixon", "Dicksonx"), Some(81));
        assert_eq!(compare(Form::Name, "jellyfish", "smellyfish"), Some(89), "of 0.8963");
        assert_eq!(compare(Form::Name, "abc", "xyz"), Some(0));
        let long = "a".repeat(255);
        assert_eq!(compare(Form::Name, &long, &format!("{long}b")), Some(99));
    }

    /// Marks count only before normalisation: the raw pair is at 0.9214.
    #[test]
    fn scores_are_taken_from_what_remains() {
        assert_eq!(compare(Form::Name, "Nicolás Salmerón", "nicolas salmeron "), None);
        assert_eq!(compare(Form::Text, "Nicolas Salmeron", "Nicolás Salmerón"), Some(92));
    }
}
