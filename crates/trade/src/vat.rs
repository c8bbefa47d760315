//! Value added tax: which rate, and how an amount splits (V1 to V6).
//!
//! The law's rates are `data/vat.toml`. A sale's rate is chosen by the day of delivery (V8), stored with the
//! sale, and never looked up again. Selling across borders (V7, V9) is not in this release.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::goods::Goods;
use crate::money::Money;
use crate::territory::Territory;

include!(concat!(env!("OUT_DIR"), "/vat.rs"));

/// A rate in hundredths of a percent: 550 is 5.5 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rate(u32);

impl Rate {
    /// No tax.
    pub const ZERO: Rate = Rate(0);

    /// The rate of that many hundredths of a percent.
    pub const fn basis_points(points: u32) -> Rate {
        Rate(points)
    }

    /// Hundredths of a percent.
    pub const fn as_basis_points(self) -> u32 {
        self.0
    }
}

/// A gross amount taken apart; the two parts add up to it to the cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatSplit {
    /// Without tax.
    pub net: Money,
    /// The tax.
    pub vat: Money,
}

/// The goods that VAT tells apart.
#[derive(Clone, Copy)]
enum Kind {
    Book,
    Ebook,
    Other,
}

/// The rate for goods delivered in `territory` on `day` (V1, V4, V5).
pub fn rate_for(goods: Goods, territory: Territory, day: Date) -> Rate {
    let kind = match goods {
        Goods::NewBook | Goods::UsedBook => Kind::Book,
        Goods::Ebook => Kind::Ebook,
        Goods::Other => Kind::Other,
    };
    let (first, changes) = rates(kind, territory);
    Rate(
        changes
            .iter()
            .rev()
            .find(|(from, _)| *from <= day)
            .map_or(first, |(_, points)| *points),
    )
}

/// Takes a gross amount apart (V2). The net is rounded to the nearest cent, half away from zero, so that what
/// was charged and what is given back mirror each other; the tax is the rest.
pub fn split(gross: Money, rate: Rate) -> VatSplit {
    let whole = 10_000 + i128::from(rate.0);
    let net = round_div(i128::from(gross.as_cents()) * 10_000, whole);
    let net = Money::cents(i64::try_from(net).unwrap_or(gross.as_cents()));
    VatSplit {
        net,
        vat: gross - net,
    }
}

/// The split of a partial refund of `refund` out of `paid`, of which `refunded_before` was given back already
/// (V3): the difference between the splits of what was kept before and after, so that the parts of all
/// refunds add up to the parts of the sale.
pub fn split_refund(paid: Money, refunded_before: Money, refund: Money, rate: Rate) -> VatSplit {
    let before = split(paid - refunded_before, rate);
    let after = split(paid - refunded_before - refund, rate);
    VatSplit {
        net: before.net - after.net,
        vat: before.vat - after.vat,
    }
}

/// Shares a delivery fee among the rates of the goods, in proportion to their gross value (V6).
///
/// The answer has each rate once, rising, and adds up to `fee`. Cents that do not divide go to the largest
/// remainders; between equal remainders to the greater value of goods, then to the higher rate. Goods that
/// cost nothing together count as equal. Empty only for no goods, which have no fee.
pub fn split_delivery(fee: Money, goods: &[(Rate, Money)]) -> Vec<(Rate, Money)> {
    let mut shares = by_rate(goods);
    if shares.iter().all(|share| share.weight == 0) {
        shares.iter_mut().for_each(|share| share.weight = 1);
    }
    let total: i128 = shares.iter().map(|share| share.weight).sum();
    if total == 0 {
        return Vec::new();
    }
    let cents = i128::from(fee.as_cents());
    for share in &mut shares {
        share.cents = (cents * share.weight).div_euclid(total);
        share.remainder = (cents * share.weight).rem_euclid(total);
    }
    // Every remainder is smaller than the total, so fewer cents are left over than there are shares.
    let left_over = cents - shares.iter().map(|share| share.cents).sum::<i128>();
    shares.sort_by_key(|share| std::cmp::Reverse((share.remainder, share.weight, share.rate)));
    for (share, _) in shares.iter_mut().zip(0..left_over) {
        share.cents += 1;
    }
    shares.sort_by_key(|share| share.rate);
    shares
        .into_iter()
        .map(|share| {
            (
                share.rate,
                Money::cents(i64::try_from(share.cents).unwrap_or(0)),
            )
        })
        .collect()
}

struct Share {
    rate: Rate,
    weight: i128,
    cents: i128,
    remainder: i128,
}

/// The value of the goods of each rate.
fn by_rate(goods: &[(Rate, Money)]) -> Vec<Share> {
    let mut shares: Vec<Share> = Vec::new();
    for (rate, gross) in goods {
        let weight = i128::from(gross.as_cents().max(0));
        match shares.iter_mut().find(|share| share.rate == *rate) {
            Some(share) => share.weight += weight,
            None => shares.push(Share {
                rate: *rate,
                weight,
                cents: 0,
                remainder: 0,
            }),
        }
    }
    shares
}

/// Nearest whole number, half away from zero; `whole` is positive.
fn round_div(number: i128, whole: i128) -> i128 {
    let rounded = (number.abs() * 2 + whole) / (whole * 2);
    if number < 0 { -rounded } else { rounded }
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

    fn rate(goods: Goods, postcode: &str) -> u32 {
        rate_for(goods, Territory::of_postcode(postcode).unwrap(), DAY).as_basis_points()
    }

    fn cents(parts: &[(u32, i64)]) -> Vec<(Rate, Money)> {
        parts
            .iter()
            .map(|(rate, cents)| (Rate::basis_points(*rate), Money::cents(*cents)))
            .collect()
    }

    #[test]
    fn v1_books_of_every_kind_take_five_and_a_half_and_other_goods_twenty() {
        for (goods, points) in [
            (Goods::NewBook, 550),
            (Goods::UsedBook, 550),
            (Goods::Ebook, 550),
            (Goods::Other, 2000),
        ] {
            assert_eq!(rate(goods, "75005"), points, "{goods:?}");
        }
    }

    #[test]
    fn v2_the_price_holds_the_tax() {
        for (gross, points, net, vat) in [
            (2200, 550, 2085, 115),
            (2200, 210, 2155, 45),
            (1000, 2000, 833, 167),
            (990, 0, 990, 0),
        ] {
            let parts = split(Money::cents(gross), Rate::basis_points(points));
            assert_eq!(
                parts,
                VatSplit {
                    net: Money::cents(net),
                    vat: Money::cents(vat)
                },
                "{gross} at {points}"
            );
        }
    }

    #[test]
    fn v4_corsica_takes_the_lowest_rate_for_books_only() {
        assert_eq!(
            (rate(Goods::NewBook, "20000"), rate(Goods::NewBook, "20620")),
            (210, 210)
        );
        assert_eq!(rate(Goods::Other, "20000"), 2000);
    }

    #[test]
    fn v5_overseas_by_postcode() {
        for (postcode, book, other) in [
            ("97110", 210, 850),
            ("97200", 210, 850),
            ("97400", 210, 850),
            ("97133", 0, 0),
            ("97150", 0, 0),
            ("97300", 0, 0),
            ("97500", 0, 0),
            ("97600", 0, 0),
            ("98800", 0, 0),
            ("98000", 550, 2000),
        ] {
            assert_eq!(
                (rate(Goods::NewBook, postcode), rate(Goods::Other, postcode)),
                (book, other),
                "{postcode}"
            );
        }
    }

    #[test]
    fn v6_delivery_takes_the_rates_of_the_goods() {
        // 1.875 + 1.125: equal remainders, so the odd cent goes to the greater value.
        let goods = cents(&[(550, 2000), (2000, 1200)]);
        assert_eq!(
            split_delivery(Money::cents(300), &goods),
            cents(&[(550, 188), (2000, 112)])
        );
        for (fee, goods, shares) in [
            (300, &[(550, 2200)][..], &[(550, 300)][..]),
            (
                300,
                &[(2000, 500), (550, 500), (2000, 500)],
                &[(550, 100), (2000, 200)],
            ),
            (1, &[(550, 3500), (2000, 1200)], &[(550, 1), (2000, 0)]),
            (1, &[(550, 1000), (2000, 1000)], &[(550, 0), (2000, 1)]),
            (0, &[(550, 1000)], &[(550, 0)]),
            (300, &[(550, 0), (2000, 0)], &[(550, 150), (2000, 150)]),
            (300, &[], &[]),
        ] {
            assert_eq!(
                split_delivery(Money::cents(fee), &cents(goods)),
                cents(shares),
                "{fee} over {goods:?}"
            );
        }
    }

    fn rates() -> impl Strategy<Value = u32> {
        prop::sample::select(vec![0, 210, 550, 850, 1000, 2000])
    }

    proptest! {
        #[test]
        fn v3_net_and_tax_make_the_gross_both_ways(gross in -10_000_000i64..10_000_000, points in 0u32..=2700) {
            let (gross, rate) = (Money::cents(gross), Rate::basis_points(points));
            let there = split(gross, rate);
            let back = split(-gross, rate);
            prop_assert_eq!(there.net + there.vat, gross);
            prop_assert_eq!((there.net + back.net, there.vat + back.vat), (Money::ZERO, Money::ZERO));
        }

        #[test]
        fn v3_partial_refunds_add_up_to_the_sale(parts in prop::collection::vec(0i64..100_000, 1..8), points in rates()) {
            let rate = Rate::basis_points(points);
            let paid: Money = parts.iter().copied().map(Money::cents).sum();
            let (mut given_back, mut net, mut vat) = (Money::ZERO, Money::ZERO, Money::ZERO);
            for part in parts.iter().copied().map(Money::cents) {
                let refund = split_refund(paid, given_back, part, rate);
                prop_assert_eq!(refund.net + refund.vat, part);
                (given_back, net, vat) = (given_back + part, net + refund.net, vat + refund.vat);
            }
            prop_assert_eq!(VatSplit { net, vat }, split(paid, rate));
        }

        #[test]
        fn v6_the_shares_make_the_fee(fee in 0i64..100_000, goods in prop::collection::vec((rates(), 0i64..1_000_000), 1..10)) {
            let shares = split_delivery(Money::cents(fee), &cents(&goods));
            prop_assert_eq!(shares.iter().map(|(_, share)| *share).sum::<Money>(), Money::cents(fee));
            prop_assert!(shares.windows(2).all(|pair| pair[0].0 < pair[1].0));
            let total: i64 = goods.iter().map(|(_, gross)| gross).sum();
            for (rate, share) in shares.iter().filter(|_| total > 0) {
                let weight: i64 = goods.iter().filter(|(r, _)| r == &rate.as_basis_points()).map(|(_, gross)| gross).sum();
                // Within a cent of the exact share.
                prop_assert!((share.as_cents() * total - fee * weight).abs() < total);
            }
        }

        /// Exactly, in fractions: the net of a share of the gross fee is the share of the net fee by net totals.
        #[test]
        fn v6_gross_by_gross_is_net_by_net(fee in 1i128..10_000, a in 1i128..100_000, b in 1i128..100_000, p in rates(), q in rates()) {
            let (p, q) = (i128::from(p) + 10_000, i128::from(q) + 10_000);
            // Net totals and net shares, all times p·q / 10⁴ to stay whole.
            let (net_a, net_b) = (a * q, b * p);
            let (share_a, share_b) = (fee * a * q, fee * b * p);
            // share_a is over (a + b); the net fee is share_a + share_b over the same.
            prop_assert_eq!(share_a * (net_a + net_b), (share_a + share_b) * net_a);
        }
    }
}
