//! Field 95: what an authorisation should have been for, so that a reversal can lift a part of it.

use std::fmt;

use trade::money::Money;

/// The replacement amounts of a partial reversal (ISO 8583:1987, field 95, `an42`): the actual amount in the currency of
/// the transaction, twelve digits. The other three (amount and fee in the currency of settlement, fee) are zero here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplacementAmounts {
    /// What of the authorisation stays.
    pub actual: Money,
}

/// Amount of settlement, fee, fee of settlement: a fee is a `D` for debit and eight digits.
const NOTHING_ELSE: &str = "000000000000D00000000D00000000";

impl ReplacementAmounts {
    /// Reads the 42 characters. `None` when they are none of this field, or say something about settlement or fees.
    #[must_use]
    pub fn parse(text: &str) -> Option<ReplacementAmounts> {
        let (actual, others) = text.split_at_checked(12)?;
        let digits = actual.bytes().all(|byte| byte.is_ascii_digit());
        let actual = Money::cents(actual.parse().ok()?);
        (digits && others == NOTHING_ELSE).then_some(ReplacementAmounts { actual })
    }
}

impl fmt::Display for ReplacementAmounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}{NOTHING_ELSE}", self.actual.as_cents())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_95_comes_back_as_it_was_written() {
        let amounts = ReplacementAmounts {
            actual: Money::cents(1290),
        };
        let text = amounts.to_string();
        assert_eq!(text, "000000001290000000000000D00000000D00000000");
        assert_eq!(ReplacementAmounts::parse(&text), Some(amounts));
        for other in ["", "00000000129é", "+00000001290", &text.replace('D', "C")] {
            assert_eq!(ReplacementAmounts::parse(other), None, "{other}");
        }
    }
}
