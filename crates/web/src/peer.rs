//! From which address a request comes, also when it comes through proxies.
//!
//! The address of a connection cannot be made up, a header can. `X-Forwarded-For` is read only when the connection comes
//! from a proxy that the bookseller named, and from its right end, where her proxies write: the first address that is none
//! of theirs is the visitor's, and whatever stands left of it is the visitor's own word.
//!
//! `Forwarded` (RFC 7239) is not read: a proxy writes one of the two headers and passes the other on as a visitor sent it,
//! so that who believes both believes visitors.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Once;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName};
use ipnet::IpNet;
use serde::Deserialize;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Bits of an IPv6 address that its network gives: the rest is chosen in the house, as often as somebody likes.
const HOUSE_BITS: u32 = 64;

/// A proxy, or a network of proxies, that is believed when it says whose request it passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Proxy(IpNet);

/// Why a text names no proxy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAProxy {
    /// It cannot be read.
    #[error(
        "{0:?} is neither an address nor a network: write it like 10.0.0.1, 10.0.0.0/8 or fd00::/8"
    )]
    Unreadable(String),
    /// An address with the length of a network behind it.
    #[error("{given} is an address inside a network: write {network} or the address alone")]
    Inside {
        /// As it was written.
        given: IpNet,
        /// The network that it is in.
        network: IpNet,
    },
    /// All addresses there are.
    #[error(
        "{0} is everybody, and visitors could say any address: name the addresses of your proxies"
    )]
    Everybody(IpNet),
    /// IPv4 written as IPv6; such a connection is known by its IPv4 address here.
    #[error("{0} is IPv4 in the clothes of IPv6: write it as IPv4")]
    Mapped(IpNet),
}

impl FromStr for Proxy {
    type Err = NotAProxy;

    fn from_str(text: &str) -> Result<Proxy, NotAProxy> {
        let address = text.parse::<IpAddr>().map(IpNet::from);
        let net = address.or_else(|_| text.parse::<IpNet>());
        let net = net.map_err(|_| NotAProxy::Unreadable(text.to_owned()))?;
        if net.prefix_len() == 0 {
            return Err(NotAProxy::Everybody(net));
        }
        if net.addr().to_canonical() != net.addr() {
            return Err(NotAProxy::Mapped(net));
        }
        match net.trunc() {
            network if network == net => Ok(Proxy(net)),
            network => Err(NotAProxy::Inside {
                given: net,
                network,
            }),
        }
    }
}

impl TryFrom<String> for Proxy {
    type Error = NotAProxy;

    fn try_from(text: String) -> Result<Proxy, NotAProxy> {
        text.parse()
    }
}

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
        let mut nearest = connection.ip().to_canonical();
        if !self.believes(nearest) {
            self.tell_once(nearest, headers);
            return Peer(nearest);
        }
        let mut hops = hops(headers);
        while self.believes(nearest)
            && let Some(before) = hops.next().and_then(address)
        {
            nearest = before;
        }
        Peer(nearest)
    }

    fn believes(&self, address: IpAddr) -> bool {
        self.believed.iter().any(|proxy| proxy.0.contains(&address))
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

/// What proxies wrote, the nearest first. A line that is no text is a hop that cannot be read.
fn hops(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','))
}

/// The address of a hop; some proxies write a port behind it, and brackets around IPv6.
fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bare = hop
        .strip_prefix('[')
        .and_then(|inside| inside.strip_suffix(']'));
    let address = bare.unwrap_or(hop).parse().ok();
    let address = address.or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()));
    Some(address?.to_canonical())
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

    /// Under which address paces count: of IPv6 the network, since one house has more addresses than a pace can remember.
    pub(crate) fn house(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => {
                let network = address.to_bits() & (u128::MAX << (128 - HOUSE_BITS));
                IpAddr::V6(Ipv6Addr::from_bits(network))
            }
        }
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
    fn a_proxy_is_an_address_or_a_network_and_never_everybody() {
        let told = |text: &str| text.parse::<Proxy>().map_err(|why| why.to_string());
        for good in ["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8", "10.0.0.1/32"] {
            assert!(told(good).is_ok(), "{good}");
        }
        for (wrong, why) in [
            ("", "neither an address nor a network"),
            ("proxy.example", "neither an address nor a network"),
            ("10.0.0.0/33", "neither an address nor a network"),
            ("127.0.0.1:8080", "neither an address nor a network"),
            ("10.0.0.1/8", "write 10.0.0.0/8 or the address alone"),
            ("0.0.0.0/0", "is everybody"),
            ("::/0", "is everybody"),
            ("::ffff:10.0.0.0/104", "write it as IPv4"),
        ] {
            let told = told(wrong).unwrap_err();
            assert!(told.contains(why), "{wrong}: {told}");
        }
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
            prop_assume!(!proxies.believes(visitor));
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
