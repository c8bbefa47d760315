//! The names of an earlier message: trace number, transmission time, and both together in field 90.

use std::fmt;

use super::Mti;

/// A systems trace audit number, 1 to 999999 (field 11). With the terminal and the transmission
/// time it names a message; alone it comes round again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stan(u32);

impl Stan {
    /// The highest trace number, after which 1 follows.
    pub const MAX: u32 = 999_999;

    /// The trace number of the `count`-th message a sender ever sends, counting from 0.
    #[must_use]
    pub fn nth(count: u64) -> Stan {
        let number = count % u64::from(Self::MAX) + 1;
        Stan(u32::try_from(number).unwrap_or(Self::MAX))
    }

    /// Reads six digits; zero is not a trace number.
    #[must_use]
    pub fn parse(digits: &str) -> Option<Stan> {
        let six_digits = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse().ok().filter(|number| *number > 0)?;
        six_digits.then_some(Stan(number))
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Stan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl fmt::Debug for Stan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// When a message was first sent: MMDDhhmmss in UTC (field 7). It has no year.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransmissionTime([u8; 10]);

impl TransmissionTime {
    /// Reads ten digits. Whether they are a date is the receiver's business, not a name's.
    #[must_use]
    pub fn parse(digits: &str) -> Option<TransmissionTime> {
        let bytes: [u8; 10] = digits.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(u8::is_ascii_digit)
            .then_some(TransmissionTime(bytes))
    }
}

impl fmt::Display for TransmissionTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|digit| write!(f, "{}", char::from(*digit)))
    }
}

impl fmt::Debug for TransmissionTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Field 90: which earlier message a reversal or a capture is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OriginalData {
    /// Its type.
    pub mti: Mti,
    /// Its trace number.
    pub stan: Stan,
    /// Its transmission time.
    pub transmitted: TransmissionTime,
    /// The acquirer of its field 32, at most eleven digits.
    pub acquirer: u64,
}

impl OriginalData {
    /// Reads the 42 digits of field 90. The forwarding institution, the last eleven, is not used.
    #[must_use]
    pub fn parse(digits: &str) -> Option<OriginalData> {
        if digits.len() != 42 {
            return None;
        }
        Some(OriginalData {
            mti: Mti::parse(digits.get(..4)?.as_bytes())?,
            stan: Stan::parse(digits.get(4..10)?)?,
            transmitted: TransmissionTime::parse(digits.get(10..20)?)?,
            acquirer: digits.get(20..31)?.parse().ok()?,
        })
    }
}

impl fmt::Display for OriginalData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OriginalData {
            mti,
            stan,
            transmitted,
            acquirer,
        } = self;
        write!(f, "{mti}{stan}{transmitted}{acquirer:011}{:011}", 0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn field_90_comes_back_as_it_was_written() {
        let original = OriginalData {
            mti: Mti::AUTHORISATION,
            stan: Stan::nth(41),
            transmitted: TransmissionTime::parse("0730120000").unwrap(),
            acquirer: 97_800,
        };
        assert_eq!(
            original.to_string(),
            "010000004207301200000000009780000000000000"
        );
        assert_eq!(OriginalData::parse(&original.to_string()), Some(original));
        assert_eq!(OriginalData::parse("é"), None);
    }

    #[test]
    fn trace_numbers_come_round_to_one() {
        assert_eq!(Stan::nth(0).to_string(), "000001");
        assert_eq!(Stan::nth(999_998).number(), Stan::MAX);
        assert_eq!(Stan::nth(999_999).number(), 1);
        assert_eq!(Stan::parse("000000"), None);
        assert_eq!(Stan::parse("+00001"), None);
    }
}
