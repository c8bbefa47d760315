//! Message types: version, class, function and origin in four digits.

use std::fmt;

/// A message type indicator, such as 0100.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mti(u16);

impl Mti {
    /// 0100: may this card be charged this amount?
    pub const AUTHORISATION: Mti = Mti(100);
    /// 0110: the answer.
    pub const AUTHORISATION_RESPONSE: Mti = Mti(110);
    /// 0200: move money now; here, a refund.
    pub const FINANCIAL: Mti = Mti(200);
    /// 0210: the answer.
    pub const FINANCIAL_RESPONSE: Mti = Mti(210);
    /// 0220: money that an authorisation allowed has been taken; here, the capture.
    pub const FINANCIAL_ADVICE: Mti = Mti(220);
    /// 0230: the answer.
    pub const FINANCIAL_ADVICE_RESPONSE: Mti = Mti(230);
    /// 0400: undo an authorisation.
    pub const REVERSAL: Mti = Mti(400);
    /// 0410: the answer.
    pub const REVERSAL_RESPONSE: Mti = Mti(410);
    /// 0800: sign on, sign off, echo.
    pub const NETWORK: Mti = Mti(800);
    /// 0810: the answer.
    pub const NETWORK_RESPONSE: Mti = Mti(810);

    /// Reads four ASCII digits.
    #[must_use]
    pub fn parse(digits: &[u8]) -> Option<Mti> {
        if digits.len() != 4 {
            return None;
        }
        digits
            .iter()
            .try_fold(0, |sum: u16, byte| {
                byte.is_ascii_digit()
                    .then(|| sum * 10 + u16::from(byte - b'0'))
            })
            .map(Mti)
    }

    /// Four ASCII digits.
    #[must_use]
    pub fn digits(self) -> [u8; 4] {
        [1000, 100, 10, 1].map(|unit| b'0' + (self.0 / unit % 10) as u8)
    }

    /// The edition of the standard: 0 for 1987, 1 for 1993.
    #[must_use]
    pub const fn version(self) -> u8 {
        (self.0 / 1000) as u8
    }

    /// The same type in another edition: 0100 and 1100.
    #[must_use]
    pub(super) const fn of_version(self, version: u8) -> Mti {
        Mti(self.0 % 1000 + version as u16 * 1000)
    }

    /// Whether an answer is expected: the function digit (the third) is even.
    #[must_use]
    pub const fn is_request(self) -> bool {
        (self.0 / 10).is_multiple_of(2)
    }

    /// The type that answers a request, or a repeat of it: 0400 and 0401 are answered by 0410.
    #[must_use]
    pub const fn response(self) -> Mti {
        Mti(self.0 / 10 * 10 + 10)
    }

    /// The same request said again by a sender who got no answer: 0400 becomes 0401.
    #[must_use]
    pub const fn repeat(self) -> Mti {
        Mti(self.0 | 1)
    }

    /// The request this one is or repeats: 0401 becomes 0400.
    #[must_use]
    pub const fn first_sending(self) -> Mti {
        Mti(self.0 & !1)
    }
}

impl fmt::Display for Mti {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.0)
    }
}

impl fmt::Debug for Mti {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::Mti;

    #[test]
    fn answers_and_repeats() {
        assert_eq!(Mti::AUTHORISATION.response(), Mti::AUTHORISATION_RESPONSE);
        assert_eq!(
            Mti::FINANCIAL_ADVICE.repeat().response(),
            Mti::FINANCIAL_ADVICE_RESPONSE
        );
        assert_eq!(Mti::parse(b"0401"), Some(Mti::REVERSAL.repeat()));
        assert_eq!(Mti::REVERSAL.repeat().first_sending(), Mti::REVERSAL);
        assert!(Mti::NETWORK.is_request() && !Mti::NETWORK_RESPONSE.is_request());
        assert_eq!(&Mti::NETWORK.digits(), b"0800");
        assert_eq!(Mti::parse(b"04x0"), None);
    }
}
