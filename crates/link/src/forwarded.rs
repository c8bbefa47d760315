//! From which address a request comes, also when it comes through proxies.
//!
//! The address of a connection cannot be made up, a header can. `X-Forwarded-For` is read only when the connection comes
//! from a proxy that the operator named, and from its right end, where her proxies write: the first address that is none
//! of theirs is the visitor's, and whatever stands left of it is the visitor's own word.
//!
//! `Forwarded` (RFC 7239) is not read: a proxy writes one of the two headers and passes the other on as a visitor sent it,
//! so that who believes both believes visitors.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use hyper::header::{HeaderMap, HeaderName};
use ipnet::IpNet;
use serde::Deserialize;

/// The header that proxies write.
pub const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

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

/// Whether one of the proxies has this address.
pub fn believes(proxies: &[Proxy], address: IpAddr) -> bool {
    proxies.iter().any(|proxy| proxy.0.contains(&address))
}

/// Whose request it is that came by `connection` with `headers`: the visitor's address, or the last proxy's that could be
/// believed. IPv4 is never written as IPv6.
pub fn visitor(proxies: &[Proxy], connection: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let mut nearest = connection.ip().to_canonical();
    let mut hops = hops(headers);
    while believes(proxies, nearest)
        && let Some(before) = hops.next().and_then(address)
    {
        nearest = before;
    }
    nearest
}

/// Under which address paces count: of IPv6 the network, since one house has more addresses than a pace can remember.
pub fn house(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let network = address.to_bits() & (u128::MAX << (128 - HOUSE_BITS));
            IpAddr::V6(Ipv6Addr::from_bits(network))
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

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
}
