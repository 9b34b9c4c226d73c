//! The provider's own lists, as its page prints them.
//!
//! Source: KryptoGO Compliance KYABC API 0.1.0, Initiating an IDV transaction.

/// Acquisition workflows of the customer's page (Jumio): number and words.
pub const WORKFLOWS: &[(i64, &str)] = &[
    (200, "Document and face, camera or upload"),
    (201, "Document and face, camera only"),
    (202, "Document and face, upload only"),
    (100, "Document only, camera or upload"),
    (101, "Document only, camera only"),
    (102, "Document only, upload only"),
];

/// Languages of the customer's page: code and name.
pub const LOCALES: &[(&str, &str)] = &[
    ("ar", "Arabic"),
    ("bg", "Bulgarian"),
    ("cs", "Czech"),
    ("da", "Danish"),
    ("de", "German"),
    ("el", "Greek"),
    ("en", "American English"),
    ("en-GB", "British English"),
    ("es", "Spanish"),
    ("es-MX", "Mexican Spanish"),
    ("et", "Estonian"),
    ("fi", "Finnish"),
    ("fr", "French"),
    ("he", "Hebrew"),
    ("hr", "Croatian"),
    ("hu", "Hungarian"),
    ("hy", "Armenian"),
    ("id", "Indonesian"),
    ("it", "Italian"),
    ("ja", "Japanese"),
    ("ka", "Georgian"),
    ("km", "Khmer"),
    ("ko", "Korean"),
    ("lt", "Lithuanian"),
    ("ms", "Malay"),
    ("nl", "Dutch"),
    ("no", "Norwegian"),
    ("pl", "Polish"),
    ("pt", "Portuguese"),
    ("pt-BR", "Brazilian Portuguese"),
    ("ro", "Romanian"),
    ("ru", "Russian"),
    ("sk", "Slovak"),
    ("sv", "Swedish"),
    ("sw", "Swahili"),
    ("th", "Thai"),
    ("tr", "Turkish"),
    ("vi", "Vietnamese"),
    ("zh-CN", "Simplified Chinese"),
    ("zh-HK", "Traditional Chinese"),
];

/// Why a Taiwanese identity card was issued: code and words.
pub const APPLY_CODES: &[(i64, &str)] =
    &[(0, "Not issued"), (1, "First issue"), (2, "Reissue"), (3, "Change")];

/// Where a Taiwanese identity card was issued: code and place. The page gives two codes for 中市 and
/// 南市.
pub const ISSUE_SITES: &[(&str, &str)] = &[
    ("63000", "北市"),
    ("65000", "新北市"),
    ("68000", "桃市"),
    ("66000", "中市"),
    ("67000", "南市"),
    ("64000", "高市"),
    ("10001", "北縣"),
    ("10002", "宜縣"),
    ("10003", "桃縣"),
    ("10004", "竹縣"),
    ("10005", "苗縣"),
    ("10006", "中縣"),
    ("10007", "彰縣"),
    ("10008", "投縣"),
    ("10009", "雲縣"),
    ("10010", "嘉縣"),
    ("10011", "南縣"),
    ("10012", "高縣"),
    ("10013", "屏縣"),
    ("10014", "東縣"),
    ("10015", "花縣"),
    ("10016", "澎縣"),
    ("10017", "基市"),
    ("10018", "竹市"),
    ("10019", "中市"),
    ("10020", "嘉市"),
    ("09007", "連江"),
    ("09020", "金門"),
];

/// The name of a language.
#[must_use]
pub fn locale(code: &str) -> Option<&'static str> {
    LOCALES.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

/// The name of an issuing place.
#[must_use]
pub fn issue_site(code: &str) -> Option<&'static str> {
    ISSUE_SITES.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_as_long_as_the_page_prints_them_and_name_nothing_twice() {
        assert_eq!(
            (LOCALES.len(), WORKFLOWS.len(), APPLY_CODES.len(), ISSUE_SITES.len()),
            (40, 6, 4, 28)
        );
        for (at, (code, _)) in LOCALES.iter().enumerate() {
            assert!(LOCALES.iter().skip(at + 1).all(|(other, _)| other != code), "{code}");
        }
        for (at, (code, _)) in ISSUE_SITES.iter().enumerate() {
            assert!(
                code.len() == 5 && ISSUE_SITES.iter().skip(at + 1).all(|(other, _)| other != code),
                "{code}"
            );
        }
    }
}
