//! Which pages are sent compressed.

use crate::support::Running;
use reqwest::header;
use server::guard::COOKIE;

/// The queue as a browser asks for it: its encoding and its bytes.
async fn asked(desk: &Running, cookie: &str, site: Option<&str>) -> (Option<String>, Vec<u8>) {
    let mut request = desk
        .client
        .get(format!("{}/checks", desk.base))
        .header(header::COOKIE, format!("{COOKIE}={cookie}"));
    request = request.header(header::ACCEPT_ENCODING, "gzip, deflate, br, zstd");
    if let Some(site) = site {
        request = request.header("sec-fetch-site", site);
    }
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let encoding = answer
        .headers()
        .get(header::CONTENT_ENCODING)
        .map(|v| v.to_str().expect("text").to_owned());
    (encoding, answer.bytes().await.expect("a body").to_vec())
}

#[tokio::test]
async fn a_page_is_compressed_only_for_a_person_or_our_own_pages() {
    let desk = Running::start().await;
    let cookie = desk.sign_in("anna").await;
    for site in ["same-origin", "none"] {
        let (encoding, small) = asked(&desk, &cookie, Some(site)).await;
        assert_eq!(encoding.as_deref(), Some("br"), "{site}");
        let mut page = Vec::new();
        brotli::BrotliDecompress(&mut small.as_slice(), &mut page).expect("can be read");
        assert!(page.starts_with(b"<!DOCTYPE html>") && page.ends_with(b"</html>"), "{site}");
        assert!(small.len() * 3 < page.len(), "{} of {}", small.len(), page.len());
    }
    // A neighbouring host of the same site gets cookies sent along: what it makes a browser ask for
    // keeps its length to itself.
    for site in [Some("same-site"), Some("cross-site"), None] {
        let (encoding, page) = asked(&desk, &cookie, site).await;
        assert_eq!(encoding, None, "{site:?}");
        assert!(page.starts_with(b"<!DOCTYPE html>"), "{site:?}");
    }
    desk.stop().await;
}
