//! Which addresses may be asked for a cover: those of the public internet, and no others.
//!
//! Without this a link in a catalogue file could make the shop ask its own neighbours (server-side request forgery):
//! the database, the cloud's metadata service, a printer. A name is looked up once, every address it has must be
//! public, and the connection goes to one of the addresses that were judged, so that a name that changes its mind
//! between two questions (DNS rebinding) gains nothing.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Where questions may go.
///
/// A trait so that tests can ask a server on the loopback; the shop has [`PublicInternet`], and no setting changes it.
pub trait Reach: Send + Sync + 'static {
    /// Whether a link may name this port.
    fn may_use_port(&self, port: u16) -> bool;

    /// Whether this address may be asked.
    fn may_ask(&self, address: SocketAddr) -> bool;

    /// The addresses of a name. Asked once for each question.
    fn look_up(
        &self,
        name: &str,
        port: u16,
    ) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send;
}

/// The public internet on the ports of the web.
#[derive(Debug, Clone, Copy, Default)]
pub struct PublicInternet;

impl Reach for PublicInternet {
    fn may_use_port(&self, port: u16) -> bool {
        matches!(port, 80 | 443)
    }

    fn may_ask(&self, address: SocketAddr) -> bool {
        self.may_use_port(address.port()) && is_public(address.ip())
    }

    async fn look_up(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((name, port)).await?.collect())
    }
}

/// Whether an address is one of the public internet, by the special-purpose registries of IANA (RFC 6890 and its
/// successors, as of November 2026).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Networks of IPv4 that are not of the public internet: first address and bits of the prefix.
const SPECIAL_V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10), // shared by carriers' customers (CGNAT)
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16), // link-local, and the metadata services of clouds
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24), // documentation, as two below
    (Ipv4Addr::new(192, 88, 99, 0), 24), // relays of 6to4
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15), // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4), // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4), // reserved, and broadcast
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    SPECIAL_V4
        .iter()
        .all(|(network, prefix)| (bits ^ network.to_bits()) >> (32 - prefix) != 0)
}

/// Public are the global unicast addresses (2000::/3) without their special parts, and IPv4 addresses that are public in
/// the clothes of IPv6: as a translator (NAT64, 64:ff9b::/96) or a socket (::ffff:0:0/96) writes them.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let segments = address.segments();
    if let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = segments {
        return is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    }
    let [first, second, ..] = segments;
    let is_global = first & 0xe000 == 0x2000;
    let is_special = match first {
        // Protocol assignments (2001::/23, Teredo among them), and documentation.
        0x2001 => second & 0xfe00 == 0 || second == 0xdb8,
        // 6to4 wraps an IPv4 address that nobody has judged.
        0x2002 => true,
        // Documentation (3fff::/20).
        0x3fff => second & 0xf000 == 0,
        _ => false,
    };
    is_global && !is_special
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use super::*;

    fn public(address: &str) -> bool {
        is_public(address.parse().unwrap())
    }

    #[test]
    fn o21_addresses_of_the_public_internet_are_public() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2001:200::1",
            "2a00:1450:4007:80e::200e",
            "64:ff9b::101:101",
            "::ffff:1.1.1.1",
        ] {
            assert!(public(address), "{address}");
        }
    }

    #[test]
    fn o21_no_other_address_is() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:0101:0101::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn o21_only_the_ports_of_the_web_are_used() {
        let reach = PublicInternet;
        assert!(reach.may_use_port(80) && reach.may_use_port(443));
        for port in [0, 22, 25, 5432, 8080, 11_211] {
            assert!(!reach.may_use_port(port), "{port}");
        }
        assert!(reach.may_ask("1.1.1.1:443".parse().unwrap()));
        assert!(!reach.may_ask("1.1.1.1:22".parse().unwrap()));
        assert!(!reach.may_ask("127.0.0.1:443".parse().unwrap()));
    }
}
