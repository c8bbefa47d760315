//! The price a reader in France pays today, out of all that a product carries (O8 to O13).
//!
//! A price must be for consumers, in euro, for France and for today. Of those left, the type decides (the publisher's
//! fixed price, then the importer's, then an agency price for e-books, then a recommendation), then how precisely
//! territory and dates say that they mean here and now, then the latest start.
//!
//! Prices that begin later are not kept: importing the next message brings them.

use jiff::civil::Date;
use trade::territory::Territory;
use trade::vat;

use super::dates;
use super::product::Context;
use super::supply::{self, Fit};
use super::tree::Element;
use crate::import::Remarks;
use crate::model::{Edition, Form, Goods, Money, Price, PriceRegime};

/// The chosen price and the supply detail it stands in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer<'e> {
    pub(super) price: Price,
    pub(super) supply: &'e Element,
}

/// What a price type (list 58) means for a shop in France.
#[derive(Debug, Clone, Copy)]
struct Kind {
    /// Lower is better.
    rank: u8,
    fixed: bool,
    with_tax: bool,
}

/// A price that a reader in France could pay today. Ordered: the greatest is chosen.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Merit {
    kind: std::cmp::Reverse<u8>,
    fit: Fit,
    ends: bool,
    starts: Option<Date>,
    earlier: std::cmp::Reverse<usize>,
}

/// Chooses; says in `remarks` why there is none.
pub(super) fn choose<'e>(
    product: &'e Element,
    edition: &Edition,
    context: &Context<'_>,
    remarks: &mut Remarks,
) -> Option<Offer<'e>> {
    let mut best: Option<(Merit, Offer<'e>)> = None;
    let mut refused = Refused::default();
    let sent = supply::details(product)
        .flat_map(|detail| detail.children("Price").map(move |price| (detail, price)));
    for (place, (detail, price)) in sent.enumerate() {
        let Some((merit, price)) = weigh(price, place, edition, context, &mut refused) else {
            continue;
        };
        if best.as_ref().is_none_or(|(held, _)| merit > *held) {
            best = Some((
                merit,
                Offer {
                    price,
                    supply: detail,
                },
            ));
        }
    }
    if best.is_none() {
        refused.tell(remarks);
    }
    best.map(|(_, offer)| offer)
}

/// Why prices were passed over, for the report.
#[derive(Default)]
struct Refused {
    any: bool,
    currency: Option<String>,
    amount: Option<String>,
    unpriced: Option<String>,
}

impl Refused {
    fn tell(self, remarks: &mut Remarks) {
        if let Some(amount) = self.amount {
            remarks.warn(
                "price-invalid",
                format!(
                    "The price {amount:?} is not an amount. The book was taken without a price."
                ),
            );
        } else if let Some(currency) = self.currency {
            remarks.info("price-currency", format!("There is a price in {currency}, none in euro. The book was taken without a price."));
        } else if let Some(reason) = self.unpriced {
            remarks.info(
                "unpriced",
                format!(
                    "The sender gives no price (list 57, {reason}). The book was taken without one."
                ),
            );
        } else if self.any {
            remarks.info(
                "price-elsewhere",
                "No price is for readers in France today. The book was taken without a price.",
            );
        }
    }
}

fn weigh(
    price: &Element,
    place: usize,
    edition: &Edition,
    context: &Context<'_>,
    refused: &mut Refused,
) -> Option<(Merit, Price)> {
    refused.any = true;
    if !is_for_one_consumer(price) {
        return None;
    }
    let prologue = context.prologue;
    let kind = kind(
        price
            .text("PriceType")
            .or(prologue.default_price_type.as_deref())?,
        edition,
    )?;
    let fit = supply::fit(price)?;
    let (starts, ends) = open_period(price, context.today)?;
    if let Some(reason) = price.text("UnpricedItemType") {
        refused.unpriced = Some(reason.to_owned());
        return None;
    }
    let currency = price
        .text("CurrencyCode")
        .or(prologue.default_currency.as_deref());
    if currency.is_some_and(|currency| currency != "EUR") {
        refused.currency = currency.map(str::to_owned);
        return None;
    }
    let sent = price.text("PriceAmount")?;
    let Some(amount) = amount(sent).filter(|amount| *amount > Money::ZERO) else {
        refused.amount = Some(sent.to_owned());
        return None;
    };
    let amount = if kind.with_tax {
        amount
    } else {
        with_tax(amount, price, edition.goods, context.today)
    };
    let regime = regime(kind, edition);
    let merit = Merit {
        kind: std::cmp::Reverse(kind.rank),
        fit,
        ends,
        starts,
        earlier: std::cmp::Reverse(place),
    };
    Some((merit, Price { amount, regime }))
}

/// O9: absent, 00, 05, and dated promotions (08, 17); no conditions, no minimum quantity.
fn is_for_one_consumer(price: &Element) -> bool {
    let is_dated = price.child("PriceDate").is_some();
    let for_consumers = match price.text("PriceQualifier") {
        None | Some("00" | "05") => true,
        Some("08" | "17") => is_dated,
        Some(_) => false,
    };
    let for_one = price
        .text("MinimumOrderQuantity")
        .is_none_or(|quantity| quantity == "1");
    for_consumers && for_one && price.child("PriceCondition").is_none()
}

/// O8. Net, special, pre-publication and freight prices are never shown.
fn kind(code: &str, edition: &Edition) -> Option<Kind> {
    let is_digital = edition.goods == Goods::Ebook;
    let (rank, fixed, with_tax) = match code {
        "04" => (0, true, true),
        "34" => (1, true, true),
        "42" if is_digital => (2, true, true),
        "03" => (3, true, false),
        "33" => (4, true, false),
        "41" if is_digital => (5, true, false),
        "02" => (6, false, true),
        "01" => (7, false, false),
        _ => return None,
    };
    Some(Kind {
        rank,
        fixed,
        with_tax,
    })
}

/// O12: from (14) and until (15), both days included; the start, and whether an end is set. None when not open.
fn open_period(price: &Element, today: Date) -> Option<(Option<Date>, bool)> {
    let date = |role: &str| {
        price
            .children("PriceDate")
            .find(|date| date.text("PriceDateRole") == Some(role))
            .map(dates::day)
    };
    let (from, until) = (date("14"), date("15"));
    // A date that cannot be read may mean any day: such a price is not taken.
    if from == Some(None) || until == Some(None) {
        return None;
    }
    let (from, until) = (from.flatten(), until.flatten());
    let open = from.is_none_or(|from| from <= today) && until.is_none_or(|until| today <= until);
    open.then_some((from, until.is_some()))
}

/// `12.5`, `12,50`, `12.500`.
fn amount(sent: &str) -> Option<Money> {
    let decimals = sent
        .split_once(['.', ','])
        .map_or("", |(_, decimals)| decimals);
    let surplus = decimals
        .len()
        .saturating_sub(2)
        .min(decimals.len() - decimals.trim_end_matches('0').len());
    Money::parse_decimal(sent.get(..sent.len() - surplus)?)
}

/// O13: the sender's rate, else the law's, half a cent up.
fn with_tax(amount: Money, price: &Element, goods: Goods, today: Date) -> Money {
    let sent = price
        .children("Tax")
        .find_map(|tax| amount_of_percent(tax.text("TaxRatePercent")?));
    let rate = sent.unwrap_or_else(|| {
        i64::from(vat::rate_for(goods, Territory::Mainland, today).as_basis_points())
    });
    let tenths = amount.as_cents().saturating_mul(10_000 + rate);
    Money::cents((tenths + 5_000) / 10_000)
}

/// `5.5` per cent as 550 basis points.
fn amount_of_percent(percent: &str) -> Option<i64> {
    amount(percent)
        .map(Money::as_cents)
        .filter(|rate| (0..=10_000).contains(rate))
}

/// F1, F14: the publisher's price binds for new books and e-books, not for recordings or other goods.
fn regime(kind: Kind, edition: &Edition) -> PriceRegime {
    let bound = kind.fixed && edition.form != Form::Audiobook && edition.goods != Goods::Other;
    if bound {
        PriceRegime::FixedFr
    } else {
        PriceRegime::Free
    }
}
