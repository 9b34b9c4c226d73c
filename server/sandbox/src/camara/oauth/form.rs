//! The body of a request for a token: a form, each name once.

use std::collections::HashMap;

use axum::{
    body::Bytes,
    extract::{OriginalUri, rejection::BytesRejection},
};
use http::{HeaderMap, header};

use super::Refused;

/// The form and where it was posted to.
pub(super) struct Posted {
    values: HashMap<String, String>,
    /// The addresses of this endpoint: as the client wrote it and as the sandbox prints it.
    pub addresses: [String; 2],
}

impl Posted {
    /// # Errors
    /// `invalid_request` for another content type, a name that comes twice, and a `#` that is not
    /// percent-encoded: gateways cut there.
    pub fn read(
        base_url: &str,
        uri: &OriginalUri,
        headers: &HeaderMap,
        body: Result<Bytes, BytesRejection>,
    ) -> Result<Posted, Refused> {
        let kind = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if !kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
            return Err(Refused::invalid_request(
                "the body must be application/x-www-form-urlencoded",
            ));
        }
        let body = body.map_err(|_| Refused::invalid_request("the body cannot be read"))?;
        if body.contains(&b'#') {
            return Err(Refused::invalid_request("a # in the form must be percent-encoded"));
        }
        let mut values = HashMap::new();
        for (name, value) in url::form_urlencoded::parse(&body) {
            if values.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                return Err(Refused::invalid_request(format!("{name} is given twice")));
            }
        }
        let path = uri.path();
        let host =
            headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        Ok(Posted {
            values,
            addresses: [format!("http://{host}{path}"), format!("{base_url}{path}")],
        })
    }

    /// A value that is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// # Errors
    /// `invalid_request` when it is missing.
    pub fn need(&self, name: &str) -> Result<&str, Refused> {
        self.get(name).ok_or_else(|| Refused::invalid_request(format!("{name} is missing")))
    }
}
