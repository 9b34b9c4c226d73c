//! Why no connection came about, in words that tell an admin what to look at: the name, the line,
//! the certificate.

use rustls::{CertificateError, Error as Tls};
use std::{error::Error, io};

/// Its name leads nowhere; what the resolver said follows.
pub(super) const NO_ADDRESS: &str = "its name cannot be looked up";

/// The end of a sentence in brackets.
pub(super) fn why(error: &reqwest::Error) -> String {
    let last = innermost(error);
    let words = match tls_of(last) {
        Some(tls) => of_tls(tls),
        None if error.is_timeout() => "no connection came about in time".into(),
        None => last.to_string(),
    };
    words.chars().take(200).collect()
}

/// The error at the bottom of all that were caused by it.
pub(super) fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last
}

/// What went wrong with the certificate or the encryption; it comes wrapped in errors of the line,
/// which do not name it as their source.
fn tls_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Tls> {
    let inside = || error.downcast_ref::<io::Error>()?.get_ref();
    error.downcast_ref().or_else(|| tls_of(inside()?))
}

fn of_tls(tls: &Tls) -> String {
    use CertificateError as Certificate;
    match tls {
        Tls::InvalidCertificate(Certificate::Expired | Certificate::ExpiredContext { .. }) => {
            "its certificate has expired".into()
        }
        Tls::InvalidCertificate(
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. },
        ) => "its certificate is not valid yet".into(),
        Tls::InvalidCertificate(
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. },
        ) => "its certificate is for another name".into(),
        Tls::InvalidCertificate(Certificate::UnknownIssuer) => {
            "its certificate comes from nobody whom this machine trusts".into()
        }
        Tls::InvalidMessage(_) => "it does not answer in TLS there".into(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::{AlertDescription, InvalidMessage};

    #[test]
    fn what_is_wrong_with_a_certificate_is_said_wherever_it_is_wrapped() {
        let expired = Tls::InvalidCertificate(CertificateError::Expired);
        assert_eq!(tls_of(&expired), Some(&expired));
        assert_eq!(tls_of(&io::Error::other(expired.clone())), Some(&expired));
        assert_eq!(tls_of(&io::Error::other(io::Error::other(expired.clone()))), Some(&expired));
        assert_eq!(tls_of(&io::Error::other("reset")), None);
        for (error, words) in [
            (expired, "its certificate has expired"),
            (
                Tls::InvalidCertificate(CertificateError::NotValidYet),
                "its certificate is not valid yet",
            ),
            (
                Tls::InvalidCertificate(CertificateError::NotValidForName),
                "its certificate is for another name",
            ),
            (
                Tls::InvalidMessage(InvalidMessage::InvalidContentType),
                "it does not answer in TLS there",
            ),
            (
                Tls::AlertReceived(AlertDescription::HandshakeFailure),
                "received fatal alert: HandshakeFailure",
            ),
        ] {
            assert_eq!(of_tls(&error), words);
        }
    }
}
