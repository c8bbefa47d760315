//! What an order costs, worked out the same way for the cart, the checkout, the order and the receipt.
//!
//! Pure: lines, destination and date in, every amount out. A line is sold at the edition's own price, so a
//! delivered new book is at exactly 100 % (F2); delivery follows the shop's tariff, never below the legal
//! minimum (F5, F6), and carries the goods' VAT rates in proportion to their value (V6). It does not look at
//! stock, and it does not know where prices come from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trade::{
    delivery::{DeliveryMethod, Tariff},
    goods::Goods,
    ids::EditionId,
    limits,
    money::Money,
    territory::Territory,
    vat::{self, Rate},
};

/// A line as the reader is shown it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What is bought.
    pub edition: EditionId,
    /// How many; at least 1.
    pub quantity: u32,
    /// The price of one, VAT included.
    pub unit: Money,
    /// What it is for price law and VAT.
    pub goods: Goods,
}

impl Line {
    /// The price of all copies of the line.
    pub fn total(&self) -> Money {
        self.unit.times(self.quantity)
    }
}

/// Whether the shop sells such a thing in this release: e-books wait until files can be delivered and the
/// reader's consent is kept (C2); what costs nothing has no payment to be ordered with.
pub fn is_sold(goods: Goods, unit: Money) -> bool {
    goods.is_shipped() && unit > Money::ZERO
}

/// Where and how an order goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The tax territory of the address.
    pub territory: Territory,
    /// Sent, or collected in the shop.
    pub method: DeliveryMethod,
}

/// A line with what the law says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotedLine {
    /// The line.
    pub line: Line,
    /// Its VAT rate.
    pub rate: Rate,
    /// The price of all its copies, VAT included.
    pub total: Money,
}

/// What an order holds at one VAT rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VatLine {
    /// The rate.
    pub rate: Rate,
    /// Goods at the rate, VAT included.
    pub goods: Money,
    /// The share of delivery that has the rate, VAT included.
    pub delivery: Money,
    /// Both without VAT.
    pub net: Money,
    /// The VAT in both; `net + vat` is `goods + delivery` to the cent (V3).
    pub vat: Money,
}

impl VatLine {
    /// Goods and delivery at the rate, VAT included.
    pub fn gross(&self) -> Money {
        self.goods + self.delivery
    }

    /// The line of a rate from its gross amounts.
    pub fn new(rate: Rate, goods: Money, delivery: Money) -> Self {
        let split = vat::split(goods + delivery, rate);
        Self {
            rate,
            goods,
            delivery,
            net: split.net,
            vat: split.vat,
        }
    }
}

/// What an order costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The lines, in the order they were given.
    pub lines: Vec<QuotedLine>,
    /// All lines, VAT included.
    pub goods_total: Money,
    /// The delivery charge, VAT included.
    pub delivery: Money,
    /// What is charged.
    pub total: Money,
    /// The same total by VAT rate, lowest rate first.
    pub vat: Vec<VatLine>,
}

/// Why there is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unquotable {
    /// There is nothing to buy.
    #[error("the cart is empty")]
    EmptyCart,
    /// More lines, or more copies of a title, than an order may have.
    #[error("an order has at most {limit} of these")]
    TooMany {
        /// The most there may be.
        limit: u32,
    },
    /// The shop does not deliver there yet.
    #[error("the shop does not deliver to {territory:?}")]
    NotDelivered {
        /// The tax territory of the address.
        territory: Territory,
    },
}

/// The price of `lines` sent to `destination`, by the shop's `tariff` and the law of `date`, the day of the order.
///
/// # Errors
/// See [`Unquotable`].
pub fn quote(
    lines: &[Line],
    destination: Destination,
    tariff: &Tariff,
    date: jiff::civil::Date,
) -> Result<Quote, Unquotable> {
    check(lines, destination)?;
    let lines: Vec<_> = lines
        .iter()
        .map(|&line| QuotedLine {
            line,
            rate: vat::rate_for(line.goods, destination.territory, date),
            total: line.total(),
        })
        .collect();
    let values: Vec<_> = lines
        .iter()
        .map(|quoted| (quoted.line.goods, quoted.total))
        .collect();
    let goods_total = lines.iter().map(|quoted| quoted.total).sum();
    let delivery = tariff.fee(&values, destination.method, date);
    Ok(Quote {
        vat: vat_by_rate(&lines, delivery),
        lines,
        goods_total,
        delivery,
        total: goods_total + delivery,
    })
}

fn check(lines: &[Line], destination: Destination) -> Result<(), Unquotable> {
    if lines.is_empty() {
        return Err(Unquotable::EmptyCart);
    }
    if lines.len() > limits::CART_LINES {
        return Err(Unquotable::TooMany {
            limit: limits::CART_LINES as u32,
        });
    }
    if lines
        .iter()
        .any(|line| line.quantity == 0 || line.quantity > limits::LINE_QUANTITY)
    {
        return Err(Unquotable::TooMany {
            limit: limits::LINE_QUANTITY,
        });
    }
    if !destination.territory.delivers_now() {
        return Err(Unquotable::NotDelivered {
            territory: destination.territory,
        });
    }
    Ok(())
}

/// Goods by rate, each with its share of the delivery charge; what is not sent has no share.
fn vat_by_rate(lines: &[QuotedLine], delivery: Money) -> Vec<VatLine> {
    let sent: Vec<(Rate, Money)> = lines
        .iter()
        .filter(|quoted| quoted.line.goods.is_shipped())
        .map(|quoted| (quoted.rate, quoted.total))
        .collect();
    let shares = vat::split_delivery(delivery, &sent);
    let mut goods: BTreeMap<Rate, Money> = BTreeMap::new();
    for quoted in lines {
        *goods.entry(quoted.rate).or_default() += quoted.total;
    }
    let share_of = |rate| {
        shares
            .iter()
            .find(|(of, _)| *of == rate)
            .map_or(Money::ZERO, |share| share.1)
    };
    goods
        .into_iter()
        .map(|(rate, total)| VatLine::new(rate, total, share_of(rate)))
        .collect()
}

/// The lines as a hidden field of the checkout form: the order is made from what the page showed, not from
/// what the cart holds by then. Whoever changes them is told that the price changed: the catalogue decides.
pub fn write_lines(lines: &[Line]) -> String {
    let written = lines.iter().map(|line| {
        format!(
            "{}x{}@{}:{}",
            line.edition,
            line.quantity,
            line.unit.as_cents(),
            line.goods.code()
        )
    });
    written.collect::<Vec<_>>().join(" ")
}

/// Reads what [`write_lines`] wrote; none when it is anything else.
pub fn read_lines(text: &str) -> Option<Vec<Line>> {
    text.split_whitespace()
        .take(limits::CART_LINES + 1)
        .map(read_line)
        .collect()
}

fn read_line(text: &str) -> Option<Line> {
    let (edition, rest) = text.split_once('x')?;
    let (quantity, rest) = rest.split_once('@')?;
    let (cents, goods) = rest.split_once(':')?;
    let cents: i64 = cents.parse().ok()?;
    (0..=limits::UNIT_PRICE_CENTS)
        .contains(&cents)
        .then_some(())?;
    Some(Line {
        edition: edition.parse().ok()?,
        quantity: quantity.parse().ok()?,
        unit: Money::cents(cents),
        goods: Goods::parse(goods)?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]

    use proptest::prelude::*;

    use super::*;

    const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 23);

    fn line(edition: i64, quantity: u32, cents: i64, goods: Goods) -> Line {
        Line {
            edition: EditionId(edition),
            quantity,
            unit: Money::cents(cents),
            goods,
        }
    }

    fn sent_to(territory: Territory) -> Destination {
        Destination {
            territory,
            method: DeliveryMethod::Post,
        }
    }

    fn quoted(lines: &[Line], to: Destination) -> Quote {
        quote(lines, to, &Tariff::demo(), TODAY).unwrap()
    }

    #[test]
    fn f2_a_delivered_new_book_is_sold_at_its_price_and_f5_never_sent_for_nothing() {
        let quote = quoted(
            &[line(1, 2, 990, Goods::NewBook)],
            sent_to(Territory::Mainland),
        );
        assert_eq!(quote.goods_total, Money::cents(1980));
        assert!(quote.delivery >= Money::cents(300));
        assert_eq!(quote.total, quote.goods_total + quote.delivery);
    }

    #[test]
    fn v4_a_book_for_corsica_has_the_corsican_rate_and_the_same_price() {
        let books = [line(1, 1, 2200, Goods::NewBook)];
        let (here, there) = (
            quoted(&books, sent_to(Territory::Mainland)),
            quoted(&books, sent_to(Territory::Corsica)),
        );
        assert_eq!(here.total, there.total);
        assert_eq!(here.vat[0].rate, Rate::basis_points(550));
        assert_eq!(there.vat[0].rate, Rate::basis_points(210));
    }

    #[test]
    fn v6_delivery_has_the_rates_of_the_goods() {
        let lines = [
            line(1, 1, 2000, Goods::NewBook),
            line(2, 1, 1200, Goods::Other),
        ];
        let quote = quoted(&lines, sent_to(Territory::Mainland));
        let rates: Vec<_> = quote
            .vat
            .iter()
            .map(|line| line.rate.as_basis_points())
            .collect();
        assert_eq!(rates, [550, 2000]);
        assert!(quote.vat.iter().all(|line| line.delivery > Money::ZERO));
    }

    #[test]
    fn what_cannot_be_quoted_says_why() {
        let tariff = Tariff::demo();
        let refused = |lines: &[Line], to| quote(lines, to, &tariff, TODAY).unwrap_err();
        let home = sent_to(Territory::Mainland);
        assert_eq!(refused(&[], home), Unquotable::EmptyCart);
        let many = limits::LINE_QUANTITY + 1;
        let limit = limits::LINE_QUANTITY;
        assert_eq!(
            refused(&[line(1, many, 1, Goods::Other)], home),
            Unquotable::TooMany { limit }
        );
        let territory = Territory::Reunion;
        let book = [line(1, 1, 990, Goods::NewBook)];
        assert_eq!(
            refused(&book, sent_to(territory)),
            Unquotable::NotDelivered { territory }
        );
    }

    #[test]
    fn a_hidden_field_that_nobody_wrote_is_not_read() {
        for text in [
            "1x1",
            "1x1@100",
            "1x1@100:car",
            "1x-1@100:other",
            "ax1@1:other",
            "1x1@-5:other",
        ] {
            assert_eq!(read_lines(text), None, "{text}");
        }
    }

    fn any_lines() -> impl Strategy<Value = Vec<Line>> {
        let goods = prop::sample::select(Goods::ALL.to_vec());
        let any = (
            1..10_000i64,
            1..=limits::LINE_QUANTITY,
            0..=limits::UNIT_PRICE_CENTS,
            goods,
        );
        prop::collection::vec(
            any.prop_map(|(id, n, cents, goods)| line(id, n, cents, goods)),
            1..8,
        )
    }

    proptest! {
        #[test]
        fn v3_the_rates_add_up_to_the_total(lines in any_lines()) {
            let quote = quoted(&lines, sent_to(Territory::Mainland));
            prop_assert_eq!(quote.vat.iter().map(VatLine::gross).sum::<Money>(), quote.total);
            prop_assert_eq!(quote.vat.iter().map(|line| line.net + line.vat).sum::<Money>(), quote.total);
        }

        #[test]
        fn lines_survive_the_form(lines in any_lines()) {
            prop_assert_eq!(read_lines(&write_lines(&lines)), Some(lines));
        }
    }
}
