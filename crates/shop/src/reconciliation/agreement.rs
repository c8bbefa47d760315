//! What the bank and the shop agreed the bank may charge, by day.
//!
//! The shop's own contract: no tariff is known without one, and then no fee is compared.

use jiff::civil::Date;
use serde::Deserialize;
use trade::money::Money;

/// Hundredths of a per cent in a whole.
const WHOLE_BASIS_POINTS: i64 = 10_000;

/// The contract with the card bank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Ascending by their first day.
    tariffs: Vec<Tariff>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tariff {
    valid_from: Date,
    valid_to: Option<Date>,
    /// Of the captures of a batch, in hundredths of a per cent.
    basis_points: u32,
    /// For each capture, in cents.
    per_capture_cents: u32,
    /// For each chargeback, in cents.
    per_chargeback_cents: u32,
    /// Where it is written down.
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    tariff: Vec<Tariff>,
}

/// A file that is no agreement.
#[derive(Debug, thiserror::Error)]
pub enum BadAgreement {
    /// Not the TOML that is expected.
    #[error("{0}")]
    File(#[from] toml::de::Error),
    /// A tariff without a source, or one that ends before it begins.
    #[error("the tariff from {0}: days or source are wrong")]
    Tariff(Date),
    /// Two tariffs for one day.
    #[error("there are two tariffs on {0}")]
    TwoOnADay(Date),
}

impl Agreement {
    /// Reads `[[tariff]]` rows.
    ///
    /// # Errors
    /// [`BadAgreement`].
    pub fn parse(text: &str) -> Result<Agreement, BadAgreement> {
        let File {
            tariff: mut tariffs,
        } = toml::from_str(text)?;
        tariffs.sort_by_key(|tariff| tariff.valid_from);
        for tariff in &tariffs {
            let ends_before = tariff.valid_to.is_some_and(|to| to < tariff.valid_from);
            if ends_before || tariff.source.trim().is_empty() {
                return Err(BadAgreement::Tariff(tariff.valid_from));
            }
        }
        let neighbours = tariffs.iter().zip(tariffs.iter().skip(1));
        for (tariff, next) in neighbours {
            if tariff.valid_to.is_none_or(|to| next.valid_from <= to) {
                return Err(BadAgreement::TwoOnADay(next.valid_from));
            }
        }
        Ok(Agreement { tariffs })
    }

    /// What a batch with so many captures, worth so much, may cost when it is booked on that day, to the nearest cent.
    /// Refunds are free. None when nothing was agreed for that day.
    pub fn of_batch(&self, day: Date, captures: u32, worth: Money) -> Option<Money> {
        let tariff = self.on(day)?;
        let share = worth
            .as_cents()
            .saturating_mul(tariff.basis_points.into())
            .saturating_add(WHOLE_BASIS_POINTS / 2)
            .div_euclid(WHOLE_BASIS_POINTS);
        let each = i64::from(tariff.per_capture_cents).saturating_mul(captures.into());
        Some(Money::cents(share.saturating_add(each)))
    }

    /// What a chargeback may cost that is booked on that day.
    pub fn of_chargeback(&self, day: Date) -> Option<Money> {
        let tariff = self.on(day)?;
        Some(Money::cents(tariff.per_chargeback_cents.into()))
    }

    fn on(&self, day: Date) -> Option<&Tariff> {
        let begun = self.tariffs.iter().rev();
        let mut begun = begun.filter(|tariff| tariff.valid_from <= day);
        begun
            .next()
            .filter(|tariff| tariff.valid_to.is_none_or(|to| day <= to))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;

    use super::*;

    const TWO: &str = r#"
        [[tariff]]
        valid_from = "2026-01-01"
        valid_to = "2026-06-30"
        basis_points = 80
        per_capture_cents = 5
        per_chargeback_cents = 1500
        source = "contract of 12 December 2025"
        [[tariff]]
        valid_from = "2026-09-01"
        basis_points = 70
        per_capture_cents = 0
        per_chargeback_cents = 2000
        source = "letter of 3 August 2026"
    "#;

    #[test]
    fn the_tariff_of_the_day_counts() {
        let agreement = Agreement::parse(TWO).unwrap();
        let fee = |day| {
            agreement
                .of_batch(day, 2, Money::cents(3440))
                .map(Money::as_cents)
        };
        // 0.80 % of 34.40 € are 27.52 cents, and twice 5 cents.
        assert_eq!(fee(date(2026, 6, 30)), Some(38));
        assert_eq!(fee(date(2026, 7, 1)), None, "nothing was agreed");
        assert_eq!(fee(date(2026, 9, 1)), Some(24));
        assert_eq!(fee(date(2025, 12, 31)), None);
        assert_eq!(
            agreement.of_chargeback(date(2026, 10, 1)),
            Some(Money::cents(2000))
        );
    }

    #[test]
    fn what_is_no_agreement_is_refused() {
        assert!(matches!(
            Agreement::parse(&TWO.replace("2026-09-01", "2026-06-30")),
            Err(BadAgreement::TwoOnADay(_))
        ));
        assert!(matches!(
            Agreement::parse(&TWO.replace("letter of 3 August 2026", " ")),
            Err(BadAgreement::Tariff(_))
        ));
        assert!(matches!(
            Agreement::parse("[[tariff]]\nfee = 1"),
            Err(BadAgreement::File(_))
        ));
        assert_eq!(Agreement::parse("").unwrap(), Agreement::default());
    }
}
