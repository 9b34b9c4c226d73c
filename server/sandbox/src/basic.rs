//! HTTP Basic as OAuth has it: client id and secret are form-encoded before they are joined (RFC
//! 6749, 2.3.1).

use base64::{Engine, engine::general_purpose::STANDARD};

/// A client whose secret shows whether it was encoded.
pub(crate) const ODD_CLIENT: (&str, &str) = ("sandbox+odd", "a+b/c=%41:z");

/// Id and secret of what stands behind `Basic`.
pub(crate) fn pair(encoded: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((decoded(id)?, decoded(secret)?))
}

fn decoded(text: &str) -> Option<String> {
    let form = format!("v={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(form.as_bytes()).next().map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_encodes_is_understood() {
        let of = |text: &str| pair(&STANDARD.encode(text));
        let odd = (ODD_CLIENT.0.to_owned(), ODD_CLIENT.1.to_owned());
        assert_eq!(of("sandbox%2Bodd:a%2Bb%2Fc%3D%2541%3Az"), Some(odd.clone()));
        assert_ne!(of("sandbox+odd:a+b/c=%41:z"), Some(odd));
        assert_eq!(of("sandbox:sandbox"), Some(("sandbox".into(), "sandbox".into())));
        assert_eq!((of("nothing"), pair("%")), (None, None));
    }
}
