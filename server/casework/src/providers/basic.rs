//! HTTP Basic as OAuth has it: client id and secret are form-encoded first (RFC 6749, 2.3.1), so
//! that a colon in the id, or a plus sign or percent sign in the secret, comes out as it went in.

use base64::Engine as _;
use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

/// The value of the header `Authorization`.
pub(super) fn basic(client_id: &str, client_secret: &str) -> Zeroizing<String> {
    let mut pair =
        Zeroizing::new(String::with_capacity(3 * (client_id.len() + client_secret.len()) + 1));
    pair.extend(byte_serialize(client_id.as_bytes()));
    pair.push(':');
    pair.extend(byte_serialize(client_secret.as_bytes()));
    Zeroizing::new(format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(pair.as_bytes())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sent(id: &str, secret: &str) -> String {
        let header = basic(id, secret);
        let encoded = header.strip_prefix("Basic ").expect("the scheme");
        String::from_utf8(
            base64::engine::general_purpose::STANDARD.decode(encoded).expect("base64"),
        )
        .expect("ASCII")
    }

    #[test]
    fn id_and_secret_are_form_encoded_before_they_are_joined() {
        assert_eq!(sent("ours", "a+b/c=%41:z"), "ours:a%2Bb%2Fc%3D%2541%3Az");
        assert_eq!(
            sent("https://desk.example", "zwei Wörter"),
            "https%3A%2F%2Fdesk.example:zwei+W%C3%B6rter"
        );
        assert_eq!(
            sent("mock_sandbox_app_id", "0a1b-2c.3*d"),
            "mock_sandbox_app_id:0a1b-2c.3*d",
            "most are as they were"
        );
    }

    proptest! {
        #[test]
        fn whoever_decodes_reads_what_was_typed(id in "\\PC{0,20}", secret in "\\PC{0,30}") {
            let pair = sent(&id, &secret);
            let (first, second) = pair.split_once(':').expect("one colon");
            let decoded = |text: &str| url::form_urlencoded::parse(format!("v={text}").as_bytes()).next().map(|(_, v)| v.into_owned());
            prop_assert_eq!(pair.matches(':').count(), 1);
            prop_assert_eq!(decoded(first), Some(id));
            prop_assert_eq!(decoded(second), Some(secret));
        }
    }
}
