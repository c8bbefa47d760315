//! Whom a request of the public door is counted under.
//!
//! The address it comes from; when that is a believed proxy's, the last one that the proxies name and that is not a proxy's
//! itself. What stands before it in `X-Forwarded-For` anybody may have written.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};
use link::http::RemoteAddress;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// A household's network, and with IPv4 an address: who has one IPv6 address has 2⁶⁴ of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Caller(IpAddr);

impl Caller {
    /// Who sends a request with these headers, over a connection from there.
    pub(super) fn of(remote: RemoteAddress, headers: &HeaderMap, proxies: &[IpAddr]) -> Caller {
        let peer = remote.0.ip().to_canonical();
        let named = if proxies.contains(&peer) {
            named_by_proxies(headers, proxies)
        } else {
            None
        };
        Caller(network(named.unwrap_or(peer)))
    }
}

/// The right-most address that is no proxy's. Behind one that cannot be read nothing is believed.
fn named_by_proxies(headers: &HeaderMap, proxies: &[IpAddr]) -> Option<IpAddr> {
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    for line in lines {
        for named in line.to_str().ok()?.rsplit(',') {
            let named = address(named.trim())?;
            if !proxies.contains(&named) {
                return Some(named);
            }
        }
    }
    None
}

/// An address as proxies write it, some of them with its port.
fn address(named: &str) -> Option<IpAddr> {
    let alone = named.parse::<IpAddr>().ok();
    let with_port = || named.parse::<SocketAddr>().ok().map(|named| named.ip());
    alone
        .or_else(with_port)
        .map(|address| address.to_canonical())
}

fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
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
            headers.append(FORWARDED_FOR, line.parse().unwrap());
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
        for lines in [&[][..], &["198.51.100.1, unknown"], &["10.0.0.2"], &[""]] {
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
