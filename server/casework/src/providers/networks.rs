//! Which addresses belong to the public internet, and which private networks the configuration
//! opens all the same.
//!
//! Providers live at public addresses. What is not public is not called, whatever a name, a
//! redirect or an answer says, unless whoever runs the desk named its network (`allowed_private`).

use ipnet::IpNet;
use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, LazyLock},
};

/// Blocks in which no provider lives: the IANA special-purpose address registries, whole, and
/// multicast, which has registries of its own. Rows of the registries that are globally reachable
/// (relays, anycast services of the network one is in, AS112) stand here too: none of them is an
/// API.
///
/// Sources, as of October 2025:
/// <https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml>,
/// <https://www.iana.org/assignments/iana-ipv6-special-registry/iana-ipv6-special-registry.xhtml>.
const SPECIAL: [&str; 55] = [
    // IPv4.
    "0.0.0.0/8",          // this network
    "0.0.0.0/32",         // this host
    "10.0.0.0/8",         // private use
    "100.64.0.0/10",      // shared address space
    "127.0.0.0/8",        // loopback
    "169.254.0.0/16",     // link local
    "172.16.0.0/12",      // private use
    "192.0.0.0/24",       // protocol assignments
    "192.0.0.0/29",       // service continuity
    "192.0.0.8/32",       // dummy
    "192.0.0.9/32",       // port control anycast
    "192.0.0.10/32",      // relay (TURN) anycast
    "192.0.0.170/32",     // NAT64 discovery
    "192.0.0.171/32",     // NAT64 discovery
    "192.0.2.0/24",       // documentation
    "192.31.196.0/24",    // AS112
    "192.52.193.0/24",    // multicast tunnels (AMT)
    "192.88.99.0/24",     // 6to4 relays, deprecated
    "192.88.99.2/32",     // 6a44 relays
    "192.168.0.0/16",     // private use
    "192.175.48.0/24",    // AS112
    "198.18.0.0/15",      // benchmarks
    "198.51.100.0/24",    // documentation
    "203.0.113.0/24",     // documentation
    "224.0.0.0/4",        // multicast
    "240.0.0.0/4",        // reserved
    "255.255.255.255/32", // broadcast
    // IPv6.
    "::1/128",           // loopback
    "::/128",            // unspecified
    "::ffff:0:0/96",     // IPv4-mapped: what is inside counts
    "64:ff9b::/96",      // translation (NAT64): what is inside counts
    "64:ff9b:1::/48",    // local translation
    "100::/64",          // discard
    "100:0:0:1::/64",    // dummy
    "2001::/23",         // protocol assignments
    "2001::/32",         // Teredo
    "2001:1::1/128",     // port control anycast
    "2001:1::2/128",     // relay (TURN) anycast
    "2001:1::3/128",     // service registration anycast
    "2001:2::/48",       // benchmarks
    "2001:3::/32",       // multicast tunnels (AMT)
    "2001:4:112::/48",   // AS112
    "2001:10::/28",      // ORCHID, deprecated
    "2001:20::/28",      // ORCHID
    "2001:30::/28",      // drones
    "2001:db8::/32",     // documentation
    "2002::/16",         // 6to4
    "2620:4f:8000::/48", // AS112
    "3fff::/20",         // documentation
    "5f00::/16",         // segment routing
    "fc00::/7",          // unique local
    "fe80::/10",         // link local
    "fec0::/10",         // site local, deprecated
    "ff00::/8",          // multicast
    "::/96",             // IPv4-compatible, deprecated
];

static BLOCKS: LazyLock<Vec<IpNet>> =
    LazyLock::new(|| SPECIAL.iter().filter_map(|block| block.parse().ok()).collect());

/// Whether an address is one of the public internet.
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    let ip = inner(ip);
    // Of IPv6, only this block has been given to anybody (IANA, IPv6 global unicast address
    // assignments).
    let is_given = match ip {
        IpAddr::V4(_) => true,
        IpAddr::V6(v6) => v6.segments()[0] & 0xe000 == 0x2000,
    };
    is_given && !BLOCKS.iter().any(|block| block.contains(&ip))
}

/// The IPv4 address that a mapped or translated one leads to; any other as it is.
fn inner(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => translated(v6).unwrap_or(IpAddr::V6(v6)),
        v4 => v4,
    }
}

/// The IPv4 address inside one of NAT64's well-known prefix.
fn translated(v6: Ipv6Addr) -> Option<IpAddr> {
    match v6.octets() {
        [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] => {
            Some(IpAddr::from([a, b, c, d]))
        }
        _ => None,
    }
}

/// Private networks that the configuration names; none by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Networks(Arc<[IpNet]>);

impl Networks {
    /// Reads networks (`10.1.0.0/16`) and single addresses.
    ///
    /// # Errors
    /// What cannot be read, and what is not private, as a sentence.
    pub fn read<'a>(all: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let one = |text: &str| {
            let network =
                text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            let network =
                network.map_err(|_| format!("{text} is no network. Write networks such as 10.1.0.0/16 or fd12:3456::/32."))?.trunc();
            if BLOCKS.iter().any(|block| block.contains(&network)) {
                Ok(network)
            } else {
                Err(format!(
                    "{text} is not a private network, or not as a whole. Public addresses need no leave."
                ))
            }
        };
        all.into_iter()
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(one)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// This machine alone: the providers' stand-in runs there.
    #[must_use]
    pub fn loopback() -> Self {
        Self::read(["127.0.0.0/8", "::1/128"]).unwrap_or_default()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an address lies in one of them.
    #[must_use]
    pub fn contain(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.0.iter().any(|network| network.contains(&ip))
    }
}

impl std::fmt::Display for Networks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all: Vec<String> = self.0.iter().map(IpNet::to_string).collect();
        f.write_str(&all.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    /// S-30: each block of the registries, at both of its ends.
    #[test]
    fn s_30_no_block_of_the_registries_is_public() {
        assert_eq!(BLOCKS.len(), SPECIAL.len(), "each row can be read");
        for block in BLOCKS.iter() {
            // What is inside a mapped or translated address counts, so these two blocks are as
            // public as that.
            if !["::ffff:0:0/96", "64:ff9b::/96"].contains(&block.to_string().as_str()) {
                assert!(!is_public(block.network()) && !is_public(block.broadcast()), "{block}");
            }
        }
    }

    #[test]
    fn s_30_private_addresses_are_not_public_in_whatever_they_are_wrapped() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "192.0.0.192",
            "255.255.255.255",
            "224.0.0.1",
            "198.18.0.1",
            "::1",
            "::",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::808:808",
            "2002:7f00:1::",
            "2002:808:808::",
            "2001::1",
            "2001:0:808:808::1",
            "2001:1ff:ffff::1",
            "2001:db8::1",
            "3fff::1",
            "3fff:fff:ffff::1",
            "5f00::1",
            "100::1",
            "fe80::1",
            "fec0::1",
            "fd00::1",
            "ff02::1",
            "4000::1",
        ] {
            assert!(!is_public(ip(private)), "{private}");
        }
        for public in [
            "8.8.8.8",
            "100.128.0.1",
            "192.0.1.1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2606:4700::1111",
            "2001:200::1",
            "3fff:1000::1",
        ] {
            assert!(is_public(ip(public)), "{public}");
        }
    }

    #[test]
    fn a_network_is_opened_as_far_as_it_is_named() {
        let named =
            Networks::read(["10.1.0.0/16", " fd12:3456::/32 ", "127.0.0.1", ""]).expect("good");
        for inside in ["10.1.255.1", "::ffff:10.1.0.1", "fd12:3456::9", "127.0.0.1"] {
            assert!(named.contain(ip(inside)), "{inside}");
        }
        for outside in [
            "10.2.0.1",
            "127.0.0.2",
            "169.254.169.254",
            "64:ff9b::a01:1",
            "8.8.8.8",
            "fd12:3457::1",
        ] {
            assert!(!named.contain(ip(outside)), "{outside}");
        }
        assert_eq!(named.to_string(), "10.1.0.0/16, fd12:3456::/32, 127.0.0.1/32");
        assert!(
            !Networks::default().contain(ip("127.0.0.1"))
                && Networks::loopback().contain(ip("127.9.9.9"))
        );
    }

    #[test]
    fn what_is_no_private_network_is_refused_in_words() {
        for (wrong, words) in [
            ("here", "no network"),
            ("10.0.0.0/33", "no network"),
            ("0.0.0.0/0", "not a private"),
            ("8.8.8.8", "not a private"),
            ("172.0.0.0/8", "not a private"),
            ("::/0", "not a private"),
        ] {
            let said = Networks::read([wrong]).expect_err(wrong);
            assert!(said.contains(words) && said.contains(wrong), "{said}");
        }
    }
}
