//! How often one address, and everybody together, may do what costs somebody something: a letter, a bookseller's
//! time, a row in the database. Kept in this process only.
//!
//! Behind a proxy that nobody named all visitors share one address; the limits leave room for that.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::peer::Peer;

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
        self.each.count(&peer.house()).is_ok() && self.all.check().is_ok()
    }
}

/// What visitors do at a pace, each for itself.
pub(crate) struct Paces {
    /// Reviews that are sent in. A reader writes a few an evening; more than a bookseller reads in a day is too much for all.
    pub(crate) reviews: Pace,
    /// Votes and reports on reviews, and their confirmations.
    pub(crate) voices: Pace,
    /// Codes that are typed or asked for: a reader mistypes, a program goes on.
    pub(crate) codes: Pace,
    /// Orders looked up by number and e-mail address: a number has 40 random bits.
    pub(crate) lookups: Pace,
    /// Codes of gift certificates, which have 80 random bits.
    pub(crate) certificates: Pace,
    /// Orders asked for by the key that placed them, whether or not there are such: a program asks again every second, and
    /// nobody comes near a guess.
    pub(crate) keys: Pace,
}

impl Paces {
    pub(crate) fn new() -> Paces {
        Paces {
            reviews: Pace::per_minute(6, 60),
            voices: Pace::per_minute(30, 600),
            codes: Pace::per_minute(10, 600),
            lookups: Pace::per_minute(30, 300),
            certificates: Pace::per_minute(30, 300),
            keys: Pace::per_minute(60, 6000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u8) -> Peer {
        IpAddr::from([192, 0, 2, last]).into()
    }

    #[test]
    fn one_address_may_not_go_on_for_ever_nor_all_together() {
        let pace = Pace::per_minute(3, 5);
        let allowed = |last, times: usize| (0..times).filter(|_| pace.allows(&peer(last))).count();
        assert_eq!((allowed(1, 10), allowed(2, 1), allowed(3, 10)), (3, 1, 1));
    }
}
