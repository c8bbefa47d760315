//! What delivery costs: the law's minimum for new books and the shop's own tariff above it (F5, F6, F9, F10).
//!
//! The fee is one per order whatever the number of parcels, and is paid with the order (F10): a quote holds it
//! and there is no other place to charge it. VAT on it is split by [`crate::vat::split_delivery`].

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::goods::Goods;
use crate::money::Money;

include!(concat!(env!("OUT_DIR"), "/delivery.rs"));

/// How a reader gets what was ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryMethod {
    /// Sent to an address. An automated locker or a shop that sells no books is this too (F8).
    Post,
    /// Handed over by staff in a shop that sells books (F3, F8).
    ShopCollection,
}

impl DeliveryMethod {
    /// All methods.
    pub const ALL: [DeliveryMethod; 2] = [DeliveryMethod::Post, DeliveryMethod::ShopCollection];

    /// The stable code kept in the database and in forms.
    pub const fn code(self) -> &'static str {
        match self {
            DeliveryMethod::Post => "post",
            DeliveryMethod::ShopCollection => "shop_collection",
        }
    }

    /// The method with that [`code`](DeliveryMethod::code).
    pub fn parse(code: &str) -> Option<DeliveryMethod> {
        DeliveryMethod::ALL
            .into_iter()
            .find(|method| method.code() == code)
    }
}

/// One dated state of the law.
struct LegalMinimum {
    from: Date,
    to: Option<Date>,
    /// New books together below this cost `minimum_below`, from it on `minimum_from`.
    new_books_below: Money,
    minimum_below: Money,
    minimum_from: Money,
}

/// The least the law lets a shop charge for an order delivered on `day`, given the gross total of each line
/// (F5, F6). Only new books count, and only when they are sent.
pub fn minimum_fee(lines: &[(Goods, Money)], method: DeliveryMethod, day: Date) -> Money {
    let mut new_books = lines
        .iter()
        .filter(|(goods, _)| *goods == Goods::NewBook)
        .peekable();
    if method == DeliveryMethod::ShopCollection || new_books.peek().is_none() {
        return Money::ZERO;
    }
    let total: Money = new_books.map(|(_, gross)| *gross).sum();
    match LEGAL_MINIMA.iter().find(|law| holds(law.from, law.to, day)) {
        Some(law) if total < law.new_books_below => law.minimum_below,
        Some(law) => law.minimum_from,
        None => Money::ZERO,
    }
}

/// A shop's own fees, which the legal minimum overrides from below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tariff {
    periods: Vec<TariffPeriod>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct TariffPeriod {
    from: Date,
    to: Option<Date>,
    /// F9: whether the legal minimum is applied.
    enforce_legal_minimum: bool,
    /// Rising; the first is from zero.
    steps: Vec<Step>,
}

/// From this value of the goods to be sent on, this fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    goods_from: Money,
    fee: Money,
}

/// Why a bookseller's tariff cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadTariff {
    /// Not the form of `data/delivery.toml`.
    #[error("the delivery tariff cannot be read")]
    Unreadable(#[from] toml::de::Error),
    /// A date that is not one.
    #[error("a date in the delivery tariff cannot be read")]
    BadDate(#[from] jiff::Error),
    /// No row, rows that overlap or leave days out, or no open last row.
    #[error(
        "the rows of the delivery tariff must follow one another without gap, the last without an end"
    )]
    Periods,
    /// Steps that do not begin at zero or do not rise.
    #[error("the steps of a delivery tariff begin at 0 and rise")]
    Steps,
}

impl Tariff {
    /// The demo shop's tariff, from `data/delivery.toml`.
    pub fn demo() -> Tariff {
        Tariff {
            periods: demo_periods(),
        }
    }

    /// Reads a bookseller's tariff: `[[tariff]]` rows in the form of `data/delivery.toml`, amounts in cents.
    pub fn parse(text: &str) -> Result<Tariff, BadTariff> {
        let file: file::Tariffs = toml::from_str(text)?;
        let mut periods = file
            .tariff
            .into_iter()
            .map(file::Row::read)
            .collect::<Result<Vec<_>, _>>()?;
        periods.sort_by_key(|period| period.from);
        let seamless = periods.windows(2).all(|pair| match pair {
            [earlier, later] => earlier.to.and_then(|to| to.tomorrow().ok()) == Some(later.from),
            _ => false,
        });
        match periods.last() {
            Some(last) if seamless && last.to.is_none() => Ok(Tariff { periods }),
            _ => Err(BadTariff::Periods),
        }
    }

    /// The fee for an order delivered on `day`, given the gross total of each line: the shop's own, never below
    /// the law's unless the shop switched that off (F9). Nothing when nothing is sent.
    pub fn fee(&self, lines: &[(Goods, Money)], method: DeliveryMethod, day: Date) -> Money {
        let mut sent = lines
            .iter()
            .filter(|(goods, _)| goods.is_shipped())
            .peekable();
        if method == DeliveryMethod::ShopCollection || sent.peek().is_none() {
            return Money::ZERO;
        }
        let value: Money = sent.map(|(_, gross)| *gross).sum();
        // The first row also answers for earlier days, on which the shop did not sell.
        let period = self
            .periods
            .iter()
            .rev()
            .find(|period| period.from <= day)
            .or(self.periods.first());
        let own = period
            .and_then(|period| {
                period
                    .steps
                    .iter()
                    .rev()
                    .find(|step| step.goods_from <= value)
            })
            .map_or(Money::ZERO, |step| step.fee);
        match period {
            Some(period) if !period.enforce_legal_minimum => own,
            _ => own.max(minimum_fee(lines, method, day)),
        }
    }
}

fn holds(from: Date, to: Option<Date>, day: Date) -> bool {
    from <= day && to.is_none_or(|to| day <= to)
}

/// The form of the file.
mod file {
    use serde::Deserialize;

    use super::{BadTariff, Money, Step, TariffPeriod};

    #[derive(Deserialize)]
    pub struct Tariffs {
        pub tariff: Vec<Row>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Row {
        valid_from: String,
        valid_to: Option<String>,
        #[serde(rename = "source")]
        _source: String,
        enforce_legal_minimum: bool,
        steps: Vec<FileStep>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct FileStep {
        goods_from: u32,
        fee: u32,
    }

    impl Row {
        pub fn read(self) -> Result<TariffPeriod, BadTariff> {
            let (from, to) = (
                self.valid_from.parse()?,
                self.valid_to.map(|to| to.parse()).transpose()?,
            );
            let cents = |cents| Money::cents(i64::from(cents));
            let steps: Vec<Step> = self
                .steps
                .iter()
                .map(|step| Step {
                    goods_from: cents(step.goods_from),
                    fee: cents(step.fee),
                })
                .collect();
            let from_zero = steps.first().is_some_and(|step| step.goods_from.is_zero());
            if !from_zero || !steps.is_sorted_by(|a, b| a.goods_from < b.goods_from) {
                return Err(BadTariff::Steps);
            }
            Ok(TariffPeriod {
                from,
                to,
                enforce_legal_minimum: self.enforce_legal_minimum,
                steps,
            })
        }
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
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const DAY: Date = date(2026, 11, 23);
    const NEW: Goods = Goods::NewBook;
    const USED: Goods = Goods::UsedBook;
    const MUG: Goods = Goods::Other;

    fn lines(lines: &[(Goods, i64)]) -> Vec<(Goods, Money)> {
        lines
            .iter()
            .map(|(goods, cents)| (*goods, Money::cents(*cents)))
            .collect()
    }

    fn by_post(order: &[(Goods, i64)]) -> i64 {
        minimum_fee(&lines(order), DeliveryMethod::Post, DAY).as_cents()
    }

    #[test]
    fn f5_three_euro_below_thirty_five_and_a_cent_from_there() {
        assert_eq!(
            (
                by_post(&[(NEW, 3499)]),
                by_post(&[(NEW, 3500)]),
                by_post(&[(NEW, 9000)])
            ),
            (300, 1, 1)
        );
        // Per order: ten books are one charge.
        assert_eq!(by_post(&[(NEW, 100); 10]), 300);
        let before = minimum_fee(
            &lines(&[(NEW, 1000)]),
            DeliveryMethod::Post,
            date(2023, 10, 6),
        );
        let since = minimum_fee(
            &lines(&[(NEW, 1000)]),
            DeliveryMethod::Post,
            date(2023, 10, 7),
        );
        assert_eq!((before, since), (Money::ZERO, Money::cents(300)));
    }

    #[test]
    fn f6_only_new_books_count() {
        for (order, minimum) in [
            (&[(NEW, 3499)][..], 300),
            (&[(NEW, 3500)], 1),
            (&[(NEW, 2000), (USED, 2000)], 300),
            (&[(NEW, 3499), (MUG, 1200)], 300),
            (&[(NEW, 3500), (MUG, 1200)], 1),
            (&[(USED, 2000)], 0),
            (&[(Goods::Ebook, 2000)], 0),
            (&[(NEW, 2000), (NEW, 1500)], 1),
            (&[], 0),
        ] {
            assert_eq!(by_post(order), minimum, "{order:?}");
        }
        assert_eq!(
            minimum_fee(&lines(&[(NEW, 2000)]), DeliveryMethod::ShopCollection, DAY),
            Money::ZERO
        );
    }

    #[test]
    fn f7_a_threshold_on_other_goods_does_not_lower_the_fee() {
        let order = lines(&[(NEW, 2000), (MUG, 5000)]);
        assert_eq!(
            Tariff::demo().fee(&order, DeliveryMethod::Post, DAY),
            Money::cents(300)
        );
    }

    const GENEROUS: &str = r#"
        [[tariff]]
        valid_from = "2020-01-01"
        valid_to = "2027-12-31"
        source = "test"
        enforce_legal_minimum = true
        steps = [{ goods_from = 0, fee = 490 }, { goods_from = 3000, fee = 0 }]
        [[tariff]]
        valid_from = "2028-01-01"
        source = "test"
        enforce_legal_minimum = false
        steps = [{ goods_from = 0, fee = 490 }, { goods_from = 3000, fee = 0 }]
    "#;

    #[test]
    fn f9_the_minimum_is_dated_and_can_be_switched_off() {
        let tariff = Tariff::parse(GENEROUS).unwrap();
        let order = lines(&[(NEW, 3200)]);
        assert_eq!(
            tariff.fee(&order, DeliveryMethod::Post, DAY),
            Money::cents(300)
        );
        assert_eq!(
            tariff.fee(&order, DeliveryMethod::Post, date(2028, 1, 1)),
            Money::ZERO
        );
    }

    #[test]
    fn a_tariff_charges_for_what_is_sent_only() {
        let tariff = Tariff::parse(GENEROUS).unwrap();
        for (order, method, fee) in [
            (&[(NEW, 1000)][..], DeliveryMethod::Post, 490),
            (&[(USED, 1000)], DeliveryMethod::Post, 490),
            (&[(USED, 3000)], DeliveryMethod::Post, 0),
            (&[(Goods::Ebook, 1000)], DeliveryMethod::Post, 0),
            (
                &[(Goods::Ebook, 5000), (USED, 1000)],
                DeliveryMethod::Post,
                490,
            ),
            (&[(NEW, 1000)], DeliveryMethod::ShopCollection, 0),
            (&[], DeliveryMethod::Post, 0),
        ] {
            assert_eq!(
                tariff.fee(&lines(order), method, DAY),
                Money::cents(fee),
                "{order:?}"
            );
        }
    }

    #[test]
    fn the_shipped_file_reads_the_same_at_run_time() {
        assert_eq!(
            Tariff::parse(include_str!("../data/delivery.toml")).unwrap(),
            Tariff::demo()
        );
    }

    #[test]
    fn a_broken_tariff_is_refused_with_its_reason() {
        assert!(matches!(
            Tariff::parse("tariff = 3"),
            Err(BadTariff::Unreadable(_))
        ));
        assert!(matches!(
            Tariff::parse("tariff = []"),
            Err(BadTariff::Periods)
        ));
        assert!(matches!(
            Tariff::parse(&GENEROUS.replace("2027-12-31", "2027-12-30")),
            Err(BadTariff::Periods)
        ));
        assert!(matches!(
            Tariff::parse(&GENEROUS.replace("2027-12-31", "2027-13-31")),
            Err(BadTariff::BadDate(_))
        ));
        assert!(matches!(
            Tariff::parse(&GENEROUS.replace("goods_from = 0", "goods_from = 1")),
            Err(BadTariff::Steps)
        ));
    }

    proptest! {
        #[test]
        fn f5_the_fee_is_never_below_the_law(order in prop::collection::vec((prop::sample::select(Goods::ALL.to_vec()), 0i64..10_000), 0..8)) {
            for tariff in [Tariff::demo(), Tariff::parse(GENEROUS).unwrap()] {
                for method in DeliveryMethod::ALL {
                    prop_assert!(tariff.fee(&lines(&order), method, DAY) >= minimum_fee(&lines(&order), method, DAY));
                }
            }
        }
    }
}
