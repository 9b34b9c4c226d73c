//! From where a request comes: the network that its tries at passwords are counted for, and the
//! browser it was used with before.
//!
//! What a request says of its way (`X-Forwarded-For`) is believed only where a configured proxy
//! says it.

use app::pages::people::api::DEVICE;
use axum::extract::Request;
use casework::people::{Network, Visitor};
use http::{HeaderMap, header, request::Parts};
use ipnet::IpNet;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Once,
};

/// Who is at the other end of the line.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Notes who is at the other end.
pub fn note(request: &mut Request, peer: SocketAddr) {
    request.extensions_mut().insert(Peer(peer));
}

/// Whether a proxy of ours is at the other end.
pub fn is_proxy(proxies: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    proxies.iter().any(|network| network.contains(&address))
}

/// Who calls, as far as it can be known.
pub fn visitor(proxies: &[IpNet], parts: &Parts, request_id: &str) -> Visitor {
    let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
    let address = peer.map(|peer| address(proxies, peer, &parts.headers).to_canonical());
    Visitor {
        network: address.map(Network::of),
        agent: domain::devices::in_words(
            parts.headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default(),
        ),
        address: address.map(|address| address.to_string()).unwrap_or_default(),
        device: device(&parts.headers),
        request_id: request_id.to_owned(),
    }
}

/// The nearest address that is none of our proxies'.
fn address(proxies: &[IpNet], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    static SAID: Once = Once::new();
    let mut nearest = peer;
    if !is_proxy(proxies, peer) {
        if headers.contains_key("x-forwarded-for") {
            SAID.call_once(|| {
                tracing::warn!(%peer, "requests come through a proxy that is not in PROBITY_TRUSTED_PROXIES: tries at passwords are counted for its address, as if all came from one place");
            });
        }
        return nearest;
    }
    let hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for hop in hops.iter().rev() {
        let hop = hop.trim();
        // Some proxies name the port as well.
        let Some(said) =
            hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|said| said.ip()))
        else {
            break;
        };
        nearest = said;
        if !is_proxy(proxies, said) {
            break;
        }
    }
    nearest
}

/// The token that this browser got at an earlier sign-in: 64 digits, or it is none.
fn device(headers: &HeaderMap) -> Option<String> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    let mut values =
        cookies.filter_map(|cookie| cookie.trim().strip_prefix(DEVICE)?.strip_prefix('='));
    values
        .find(|value| value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn forwarded(values: &[&'static str]) -> HeaderMap {
        values
            .iter()
            .map(|value| {
                (http::HeaderName::from_static("x-forwarded-for"), HeaderValue::from_static(value))
            })
            .collect()
    }

    #[test]
    fn s_47_only_configured_proxies_say_for_whom_they_ask() {
        let proxies: Vec<IpNet> =
            ["10.0.0.0/8", "2001:db8:f::/48"].map(|net| net.parse().expect("a network")).to_vec();
        let from = |peer: &str, values: &[&'static str]| {
            address(&proxies, ip(peer), &forwarded(values)).to_string()
        };
        assert_eq!(
            from("192.0.2.9", &["198.51.100.7"]),
            "192.0.2.9",
            "whoever it is, it is no proxy of ours"
        );
        assert_eq!(from("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            from("10.0.0.1", &["203.0.113.5, 198.51.100.7"]),
            "198.51.100.7",
            "what stood there before is the caller's word"
        );
        assert_eq!(
            from("10.0.0.1", &["203.0.113.5", "198.51.100.7, 10.9.9.9"]),
            "198.51.100.7",
            "two proxies, two headers"
        );
        assert_eq!(from("::ffff:10.0.0.1", &["198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(from("2001:db8:f::1", &["2001:db8:1::5"]), "2001:db8:1::5");
        assert_eq!(
            from("10.0.0.1", &["198.51.100.7, nonsense"]),
            "10.0.0.1",
            "what cannot be read says nothing"
        );
        assert_eq!(from("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(
            address(&[], ip("127.0.0.1"), &forwarded(&["198.51.100.7"])).to_string(),
            "127.0.0.1",
            "none is believed by default"
        );
    }

    #[test]
    fn a_browser_shows_64_digits_or_nothing() {
        let token = "0123456789abcdef".repeat(4);
        let shown = |cookie: String| {
            device(
                &[(header::COOKIE, HeaderValue::from_str(&cookie).expect("text"))]
                    .into_iter()
                    .collect(),
            )
        };
        assert_eq!(
            shown(format!("__Host-probity=x; __Host-probity-device={token}")).as_deref(),
            Some(token.as_str())
        );
        for other in [
            String::new(),
            format!("probity-device={token}"),
            format!("{DEVICE}={token}0"),
            format!("{DEVICE}={}g", &token[1..]),
        ] {
            assert_eq!(shown(other), None);
        }
    }
}
