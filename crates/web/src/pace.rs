//! How often one address, and everybody together, may do what costs somebody something: a letter, a bookseller's
//! time, a row in the database. Kept in this process only.
//!
//! Behind a proxy that hides its visitors all of them share one address; the limits leave room for that.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;

use axum::Extension;
use axum::extract::ConnectInfo;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// The address a request comes from, as axum knows it.
pub(crate) type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

/// Counts by address and in all.
pub(crate) struct Pace {
    each: link::pace::Pace<IpAddr>,
    all: DefaultDirectRateLimiter,
}

impl Pace {
    /// At most so many times a minute.
    pub(crate) fn per_minute(each: u32, all: u32) -> Pace {
        let all = NonZeroU32::new(all).unwrap_or(NonZeroU32::MIN);
        Pace {
            each: link::pace::Pace::per_minute(each),
            all: RateLimiter::direct(Quota::per_minute(all)),
        }
    }

    /// Counts one; false when there were too many.
    pub(crate) fn allows(&self, peer: &Peer) -> bool {
        let address = peer
            .as_ref()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.0.ip());
        self.each.count(&address).is_ok() && self.all.check().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u8) -> Peer {
        Some(Extension(ConnectInfo(SocketAddr::from((
            [192, 0, 2, last],
            443,
        )))))
    }

    #[test]
    fn one_address_may_not_go_on_for_ever_nor_all_together() {
        let pace = Pace::per_minute(3, 5);
        let allowed = |last, times: usize| (0..times).filter(|_| pace.allows(&peer(last))).count();
        assert_eq!((allowed(1, 10), allowed(2, 1), allowed(3, 10)), (3, 1, 1));
    }
}
