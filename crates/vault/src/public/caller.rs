//! Whom a request of the public door is counted under.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::HeaderMap;
use link::forwarded::{self, Proxy};
use link::http::RemoteAddress;

/// A household's network, and with IPv4 an address: who has one IPv6 address has 2⁶⁴ of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Caller(IpAddr);

impl Caller {
    /// Who sends a request with these headers, over a connection from there.
    pub(super) fn of(remote: RemoteAddress, headers: &HeaderMap, proxies: &[Proxy]) -> Caller {
        Caller(forwarded::house(forwarded::visitor(
            proxies, remote.0, headers,
        )))
    }
}

/// Whoever does not come over a network: a test.
pub(super) const NOWHERE: RemoteAddress =
    RemoteAddress(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0));

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn caller(peer: &str, lines: &[&'static str]) -> Caller {
        let proxies = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(forwarded::FORWARDED_FOR, line.parse().unwrap());
        }
        let peer = SocketAddr::new(peer.parse().unwrap(), 1234);
        Caller::of(RemoteAddress(peer), &headers, &proxies)
    }

    fn is(address: &str) -> Caller {
        Caller(address.parse().unwrap())
    }

    #[test]
    fn only_proxies_are_believed_and_only_what_they_added() {
        // Nobody's word but a proxy's.
        assert_eq!(caller("192.0.2.7", &["198.51.100.1"]), is("192.0.2.7"));
        assert_eq!(caller("10.0.0.1", &["198.51.100.1"]), is("198.51.100.1"));
        // What a reader wrote stands on the left.
        let forged = "203.0.113.9, 198.51.100.1, 10.0.0.2";
        assert_eq!(caller("10.0.0.1", &[forged]), is("198.51.100.1"));
        assert_eq!(
            caller("10.0.0.1", &["203.0.113.9", "198.51.100.1"]),
            is("198.51.100.1")
        );
        assert_eq!(
            caller("10.0.0.1", &["198.51.100.1:52000"]),
            is("198.51.100.1")
        );
        assert_eq!(
            caller("::ffff:10.0.0.1", &["198.51.100.1"]),
            is("198.51.100.1")
        );
        // Nothing to believe: the proxy itself.
        for lines in [&[][..], &["198.51.100.1, unknown"], &[""]] {
            assert_eq!(caller("10.0.0.1", lines), is("10.0.0.1"), "{lines:?}");
        }
    }

    #[test]
    fn a_household_with_ipv6_is_one() {
        let one = caller("2001:db8:1:2:3:4:5:6", &[]);
        assert_eq!(one, caller("2001:db8:1:2::9", &[]));
        assert_ne!(one, caller("2001:db8:1:3::9", &[]));
        assert_eq!(caller("10.0.0.1", &["[2001:db8:1:2::7]:443"]), one);
    }
}
