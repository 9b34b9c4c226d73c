//! Pages are sent compressed to browsers that can read it, unless another site made them ask.
//!
//! The length of a compressed page says something about what is in it to whoever sees the line, and
//! a page repeats what was searched for: whoever can make somebody's browser ask again and again
//! could guess a name letter by letter. Cookies are `SameSite=Strict`, which other sites do not get
//! past; pages of a neighbouring host of the same site do. So only what our own pages or a person
//! asked for is compressed, and what does not say who asked is not.

use crate::guard::HTML;
use axum::{body::Body, extract::Request, middleware::Next, response::Response};
use brotli::enc::BrotliEncoderParams;
use http::{HeaderMap, HeaderValue, header};
use http_body_util::BodyExt;

/// Smaller ones fit into one packet as they are.
const SMALLEST: usize = 1_400;
/// A page of the queue shrinks to a ninth in about a millisecond; the next level takes twice as
/// long for little.
const QUALITY: i32 = 5;
/// No page is larger than the window by much: a larger one only costs the time to clear it.
const WINDOW_BITS: i32 = 18;

pub async fn pages(request: Request, next: Next) -> Response {
    let wanted = may_be_compressed(request.headers());
    let response = next.run(request).await;
    let is_page = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == HTML);
    if wanted && is_page { compressed(response).await } else { response }
}

/// Whether the browser reads brotli, and whether it was a person or one of our own pages that made
/// it ask.
fn may_be_compressed(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let reads = text("accept-encoding").split(',').any(|coding| coding.trim() == "br");
    let only_one = headers.get_all("sec-fetch-site").iter().count() == 1;
    reads && only_one && matches!(text("sec-fetch-site"), "same-origin" | "none")
}

async fn compressed(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    // A page is one piece that lies in memory already.
    let page = match body.collect().await {
        Ok(page) => page.to_bytes(),
        Err(_) => return Response::from_parts(parts, Body::empty()),
    };
    if page.len() < SMALLEST {
        return Response::from_parts(parts, Body::from(page));
    }
    let params = BrotliEncoderParams {
        quality: QUALITY,
        lgwin: WINDOW_BITS,
        size_hint: page.len(),
        ..BrotliEncoderParams::default()
    };
    let mut small = Vec::with_capacity(page.len() / 4);
    if brotli::BrotliCompress(&mut page.as_ref(), &mut small, &params).is_err() {
        return Response::from_parts(parts, Body::from(page));
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    parts.headers.insert(header::VARY, HeaderValue::from_static("accept-encoding, sec-fetch-site"));
    Response::from_parts(parts, Body::from(small))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).expect("a value"));
        }
        may_be_compressed(&headers)
    }

    #[test]
    fn only_what_a_person_or_our_own_page_asked_for_is_compressed() {
        let reads = ("accept-encoding", "gzip, deflate, br, zstd");
        assert!(asked(&[reads, ("sec-fetch-site", "same-origin")]));
        assert!(asked(&[reads, ("sec-fetch-site", "none")]));
        for site in ["same-site", "cross-site", "", "NONE"] {
            assert!(!asked(&[reads, ("sec-fetch-site", site)]), "{site}");
        }
        assert!(!asked(&[reads]), "a browser that does not say who asked");
        assert!(!asked(&[reads, ("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")]));
        for encodings in ["gzip, deflate", "br;q=0", ""] {
            assert!(
                !asked(&[("accept-encoding", encodings), ("sec-fetch-site", "none")]),
                "{encodings}"
            );
        }
    }
}
