//! From which address a request comes: what [`forwarded`] finds out, for every handler.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Once;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use link::forwarded::{self, FORWARDED_FOR, Proxy};

/// The proxies that are believed.
#[derive(Debug)]
pub(crate) struct Proxies {
    believed: Vec<Proxy>,
    told: Once,
}

impl Proxies {
    pub(crate) fn new(believed: Vec<Proxy>) -> Proxies {
        Proxies {
            believed,
            told: Once::new(),
        }
    }

    /// Whose request it is that came by `connection` with `headers`.
    pub(crate) fn peer(&self, connection: SocketAddr, headers: &HeaderMap) -> Peer {
        let nearest = connection.ip().to_canonical();
        if !forwarded::believes(&self.believed, nearest) {
            self.tell_once(nearest, headers);
        }
        Peer(forwarded::visitor(&self.believed, connection, headers))
    }

    /// A proxy that nobody named looks like this; so does a visitor who tries. Once, since both go on.
    fn tell_once(&self, connection: IpAddr, headers: &HeaderMap) {
        if headers.contains_key(FORWARDED_FOR) {
            self.told.call_once(|| {
                tracing::warn!(
                    address = %connection,
                    "X-Forwarded-For came from an address that `shop.proxies` does not name, and is not believed; \
                     if that is your proxy, name it there"
                );
            });
        }
    }
}

/// Whose request it is, as far as the shop can know: the visitor's address, or the last proxy's that could be believed.
///
/// Taken by handlers as an argument. Without a connection, as in tests, it is 0.0.0.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(IpAddr);

impl Default for Peer {
    fn default() -> Peer {
        Peer(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    }
}

impl Peer {
    /// What was found out when the request came in.
    pub(crate) fn of(extensions: &Extensions) -> Peer {
        extensions.get().copied().unwrap_or_default()
    }

    /// The address, for logs and for whoever looks at her sessions.
    pub(crate) fn address(self) -> IpAddr {
        self.0
    }

    /// Under which address paces count.
    pub(crate) fn house(self) -> IpAddr {
        forwarded::house(self.0)
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Peer, Infallible> {
        Ok(Peer::of(&parts.extensions))
    }
}

#[cfg(test)]
impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Peer {
        Peer(address)
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;
    use crate::backoffice::fixture::Log;

    fn proxies(named: &[&str]) -> Proxies {
        Proxies::new(named.iter().map(|text| text.parse().unwrap()).collect())
    }

    fn headers(lines: &[&[u8]]) -> HeaderMap {
        let line = |line: &&[u8]| (FORWARDED_FOR, HeaderValue::from_bytes(line).unwrap());
        lines.iter().map(line).collect()
    }

    /// Who is seen behind two proxies, of 10.0.0.0/8 and of fd00::1, when `connection` sends `lines`.
    fn seen(connection: &str, lines: &[&str]) -> String {
        let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
        let connection = SocketAddr::new(connection.parse().unwrap(), 443);
        let peer = proxies(&["10.0.0.0/8", "fd00::1"]).peer(connection, &headers(&lines));
        peer.address().to_string()
    }

    #[test]
    fn the_first_address_from_the_right_that_is_no_proxy_of_ours_is_the_visitor() {
        for (lines, visitor) in [
            (&["203.0.113.9"][..], "203.0.113.9"),
            (&["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            (&["198.51.100.1,203.0.113.9 , 10.2.3.4"], "203.0.113.9"),
            // Lines of one header are one list.
            (&["198.51.100.1", "203.0.113.9", "10.2.3.4"], "203.0.113.9"),
            (&["203.0.113.9:51000"], "203.0.113.9"),
            (&["2001:db8::7"], "2001:db8::7"),
            (&["[2001:db8::7]"], "2001:db8::7"),
            (&["[2001:db8::7]:51000"], "2001:db8::7"),
            (&["203.0.113.9, fd00::1"], "203.0.113.9"),
            (&["203.0.113.9, ::ffff:10.1.1.1"], "203.0.113.9"),
            (&["::ffff:203.0.113.9"], "203.0.113.9"),
            // All of the house: the one that asked first.
            (&["10.0.0.7, 10.0.0.8"], "10.0.0.7"),
        ] {
            assert_eq!(seen("10.0.0.1", lines), visitor, "{lines:?}");
            assert_eq!(seen("::ffff:10.0.0.1", lines), visitor, "{lines:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_ends_the_walk_at_the_last_address_that_could() {
        for (lines, last) in [
            (&[][..], "10.0.0.1"),
            (&[""], "10.0.0.1"),
            (&["203.0.113.9,"], "10.0.0.1"),
            (&["203.0.113.9, unknown"], "10.0.0.1"),
            (&["203.0.113.9, garçon"], "10.0.0.1"),
            (&["203.0.113.9, é", "10.0.0.2"], "10.0.0.2"),
            (&["203.0.113.9, 10.0.0.256, 10.0.0.2"], "10.0.0.2"),
            (&["203.0.113.9, _hidden, 10.0.0.2:80"], "10.0.0.2"),
        ] {
            assert_eq!(seen("10.0.0.1", lines), last, "{lines:?}");
        }
    }

    #[test]
    fn only_who_is_named_is_believed() {
        for connection in ["192.0.2.1", "11.0.0.1", "fd00::2", "127.0.0.1"] {
            assert_eq!(seen(connection, &["203.0.113.9"]), connection);
        }
        let nobody = proxies(&[]);
        let loopback = SocketAddr::from(([127, 0, 0, 1], 80));
        let peer = nobody.peer(loopback, &headers(&[b"203.0.113.9"]));
        assert_eq!(peer, Peer(loopback.ip()));
    }

    #[test]
    fn a_proxy_that_nobody_named_is_logged_once() {
        let log = Log::default();
        let _logging = log.open();
        let proxies = proxies(&["10.0.0.1"]);
        let from = |last: u8, lines: &[&[u8]]| {
            let connection = SocketAddr::from(([10, 0, 0, last], 443));
            proxies.peer(connection, &headers(lines));
            log.said()
        };
        assert_eq!(from(1, &[b"203.0.113.9"]), "");
        assert_eq!(from(2, &[]), "");
        let told = from(3, &[b"203.0.113.9"]);
        assert!(
            told.contains("shop.proxies") && told.contains("address=10.0.0.3"),
            "{told}"
        );
        assert_eq!(from(4, &[b"203.0.113.9"]), "");
    }

    #[test]
    fn paces_count_an_address_of_ipv4_and_a_network_of_ipv6() {
        let house = |text: &str| Peer(text.parse().unwrap()).house().to_string();
        assert_eq!(house("203.0.113.9"), "203.0.113.9");
        assert_eq!(house("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_ne!(house("2001:db8:1:2::1"), house("2001:db8:1:3::1"));
    }

    /// A line that begins as visitors may wish and ends as a proxy wrote it.
    fn hop() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<IpAddr>().prop_map(|address| address.to_string()),
            any::<SocketAddr>().prop_map(|address| address.to_string()),
            (0u8..=255).prop_map(|last| format!("10.0.0.{last}")),
            "[ -~]{0,12}",
        ]
    }

    proptest! {
        #[test]
        fn no_header_stops_the_shop(
            lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..4),
            connection: SocketAddr,
        ) {
            let lines = lines.iter().filter_map(|line| HeaderValue::from_bytes(line).ok());
            let headers = lines.map(|line| (FORWARDED_FOR, line)).collect();
            let peer = proxies(&["0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"]).peer(connection, &headers);
            prop_assert_eq!(peer.address(), peer.address().to_canonical());
        }

        #[test]
        fn what_a_visitor_writes_never_wins_over_what_the_proxy_saw(
            forged in proptest::collection::vec(hop(), 0..6),
            in_lines in proptest::bool::ANY,
            visitor: IpAddr,
            inner in proptest::collection::vec(0u8..=255, 0..3),
        ) {
            let proxies = proxies(&["10.0.0.0/8"]);
            let visitor = visitor.to_canonical();
            prop_assume!(!forwarded::believes(&proxies.believed, visitor));
            let seen = inner.iter().map(|last| format!("10.0.0.{last}"));
            let wrote: Vec<String> = std::iter::once(visitor.to_string()).chain(seen).collect();
            let all: Vec<String> = forged.iter().chain(&wrote).cloned().collect();
            let lines = match in_lines {
                true => all,
                false => vec![all.join(",")],
            };
            let headers = lines.iter().map(|line| (FORWARDED_FOR, HeaderValue::from_str(line).unwrap())).collect();
            let peer = proxies.peer(SocketAddr::from(([10, 9, 9, 9], 443)), &headers);
            prop_assert_eq!(peer.address(), visitor);
        }
    }
}
