//! The price a reader in France pays, today and later, out of all that a product carries (O8 to O13).
//!
//! A price must be for consumers, in euro, for France and for the day. Of those left, the type decides (the
//! publisher's fixed price, then the importer's, then an agency price for e-books, then a recommendation), then how
//! precisely territory and dates say that they mean here and now, then the latest start, then the supplier.

use std::cmp::Reverse;

use jiff::civil::Date;
use trade::territory::Territory;
use trade::vat;

use super::dates;
use super::product::Context;
use super::supply::{self, Fit, Standing, Supply};
use super::tree::Element;
use crate::import::Remark;
use crate::import::Remarks;
use crate::limits;
use crate::model::{Edition, Form, Goods, Money, Price, PriceChange, PriceRegime};

/// What a product costs, and who supplies it at today's price.
#[derive(Debug, Default)]
pub(super) struct Offer<'e> {
    pub(super) price: Option<Price>,
    pub(super) changes: Vec<PriceChange>,
    pub(super) supply: Option<Supply<'e>>,
}

/// What a price type (list 58) means for a shop in France.
#[derive(Debug, Clone, Copy)]
struct Kind {
    /// Lower is better.
    rank: u8,
    fixed: bool,
    with_tax: bool,
}

/// A price that a reader in France could pay on some day.
struct Candidate<'e> {
    sent: &'e Element,
    supply: Supply<'e>,
    kind: Kind,
    fit: Fit,
    from: Option<Date>,
    until: Option<Date>,
    amount: Money,
    place: usize,
}

/// Ordered: of the candidates of a day, the greatest is chosen.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Merit {
    kind: Reverse<u8>,
    fit: Fit,
    ends: bool,
    from: Option<Date>,
    supplier: Standing,
    place: Reverse<usize>,
}

impl Candidate<'_> {
    /// O12: both days are included.
    fn is_open_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    fn merit(&self) -> Merit {
        Merit {
            kind: Reverse(self.kind.rank),
            fit: self.fit,
            ends: self.until.is_some(),
            from: self.from,
            supplier: self.supply.standing,
            place: Reverse(self.place),
        }
    }

    fn price_on(&self, day: Date, edition: &Edition) -> Price {
        let amount = match self.kind.with_tax {
            true => self.amount,
            false => with_tax(self.amount, self.sent, edition.goods, day),
        };
        Price {
            amount,
            regime: regime(self.kind, edition),
        }
    }
}

/// Chooses; says in `remarks` why there is none.
pub(super) fn choose<'e>(
    product: &'e Element,
    edition: &Edition,
    context: &Context<'_>,
    remarks: &mut Remarks,
) -> Offer<'e> {
    let mut refused = Refused::default();
    // An update of its prices does not say what the product is.
    let may_be_digital =
        edition.goods == Goods::Ebook || product.child("DescriptiveDetail").is_none();
    let sent = supply::supplies(product).flat_map(|supply| {
        supply
            .detail
            .children("Price")
            .map(move |price| (supply, price))
    });
    let candidates: Vec<Candidate<'e>> = sent
        .enumerate()
        .filter_map(|(place, (supply, sent))| {
            candidate(supply, sent, place, may_be_digital, context, &mut refused)
        })
        .collect();
    let best_on = |day| {
        let open = candidates
            .iter()
            .filter(|candidate| candidate.is_open_on(day));
        open.max_by_key(|candidate| candidate.merit())
    };
    let today = best_on(context.today);
    match today {
        Some(chosen) => compare_tax(chosen, edition, context.today, remarks),
        None => refused.tell(remarks),
    }
    let price_on = |day| best_on(day).map(|best| best.price_on(day, edition));
    let price = price_on(context.today);
    Offer {
        price,
        changes: changes(&candidates, context.today, price, price_on),
        supply: today.map(|chosen| chosen.supply),
    }
}

/// The days after `today` on which a price begins or has ended, and what it costs from then on.
fn changes(
    candidates: &[Candidate<'_>],
    today: Date,
    price: Option<Price>,
    price_on: impl Fn(Date) -> Option<Price>,
) -> Vec<PriceChange> {
    let begin = candidates.iter().filter_map(|candidate| candidate.from);
    let ended = candidates
        .iter()
        .filter_map(|candidate| candidate.until?.tomorrow().ok());
    let mut days: Vec<Date> = begin.chain(ended).filter(|day| *day > today).collect();
    days.sort_unstable();
    days.dedup();
    let mut last = price;
    let mut changes = Vec::new();
    for from in days.into_iter().take(limits::PRICE_CHANGES) {
        let price = price_on(from);
        if price != last {
            changes.push(PriceChange { from, price });
            last = price;
        }
    }
    changes
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
            remarks.warn(Remark::PriceInvalid { sent: amount });
        } else if let Some(currency) = self.currency {
            remarks.info(Remark::NoEuro { currency });
        } else if let Some(reason) = self.unpriced {
            remarks.info(Remark::Unpriced { reason });
        } else if self.any {
            remarks.info(Remark::PriceElsewhere {});
        }
    }
}

fn candidate<'e>(
    supply: Supply<'e>,
    sent: &'e Element,
    place: usize,
    may_be_digital: bool,
    context: &Context<'_>,
    refused: &mut Refused,
) -> Option<Candidate<'e>> {
    refused.any = true;
    if !is_for_one_consumer(sent) {
        return None;
    }
    let prologue = context.prologue;
    let code = sent.text("PriceType");
    let code = code.or(prologue.default_price_type.as_deref())?;
    let kind = kind(code, may_be_digital)?;
    let fit = supply::fit(sent)?;
    let (from, until) = period(sent)?;
    if let Some(reason) = sent.text("UnpricedItemType") {
        refused.unpriced = Some(reason.to_owned());
        return None;
    }
    let currency = sent
        .text("CurrencyCode")
        .or(prologue.default_currency.as_deref());
    // A price without a currency is the sender's country's, which may be any.
    if currency != Some("EUR") {
        refused.currency = Some(
            currency
                .unwrap_or("a currency that is not named")
                .to_owned(),
        );
        return None;
    }
    let written = sent.text("PriceAmount")?;
    let Some(amount) = amount(written).filter(|amount| *amount > Money::ZERO) else {
        refused.amount = Some(written.to_owned());
        return None;
    };
    Some(Candidate {
        sent,
        supply,
        kind,
        fit,
        from,
        until,
        amount,
        place,
    })
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
fn kind(code: &str, may_be_digital: bool) -> Option<Kind> {
    let (rank, fixed, with_tax) = match code {
        "04" => (0, true, true),
        "34" => (1, true, true),
        "42" if may_be_digital => (2, true, true),
        "03" => (3, true, false),
        "33" => (4, true, false),
        "41" if may_be_digital => (5, true, false),
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

/// O12: from (14) and until (15). None when one of them cannot be read: such a price may mean any day.
fn period(price: &Element) -> Option<(Option<Date>, Option<Date>)> {
    let date = |role: &str| {
        let dated = price
            .children("PriceDate")
            .find(|date| date.text("PriceDateRole") == Some(role));
        dated.map_or(Some(None), |date| dates::day(date).map(Some))
    };
    Some((date("14")?, date("15")?))
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

/// O13: the taxes that the sender gives, one for each part of the product, else the law's.
fn with_tax(amount: Money, price: &Element, goods: Goods, day: Date) -> Money {
    let sent: Option<Money> = price
        .children("Tax")
        .map(|tax| tax_of(tax, amount))
        .sum::<Option<Money>>()
        .filter(|_| price.child("Tax").is_some());
    amount + sent.unwrap_or_else(|| share(amount, rate_by_law(goods, day)))
}

/// The tax as an amount, or a rate on its part of the price; none when it says neither.
fn tax_of(tax: &Element, whole: Money) -> Option<Money> {
    if let Some(sent) = tax.text("TaxAmount") {
        return amount(sent);
    }
    let rate = basis_points(tax.text("TaxRatePercent")?)?;
    let part = tax.text("TaxableAmount").map_or(Some(whole), amount)?;
    Some(share(part, rate))
}

/// `basis_points` of an amount, half a cent up.
fn share(amount: Money, basis_points: i64) -> Money {
    let ten_thousandths = amount.as_cents().saturating_mul(basis_points);
    Money::cents(ten_thousandths.saturating_add(5_000).div_euclid(10_000))
}

fn rate_by_law(goods: Goods, day: Date) -> i64 {
    i64::from(vat::rate_for(goods, Territory::Mainland, day).as_basis_points())
}

/// O13: says when the sender taxes the product as something else than the shop does. A product of several parts
/// with rates of their own is left to the bookseller.
fn compare_tax(chosen: &Candidate<'_>, edition: &Edition, today: Date, remarks: &mut Remarks) {
    let mut taxes = chosen.sent.children("Tax");
    let (Some(tax), None) = (taxes.next(), taxes.next()) else {
        return;
    };
    let Some(sent) = tax.text("TaxRatePercent") else {
        return;
    };
    let law = rate_by_law(edition.goods, today);
    if basis_points(sent).is_some_and(|rate| rate != law) {
        remarks.warn(Remark::TaxDisagrees {
            sent: sent.to_owned(),
            law: format!("{}.{:02}", law / 100, law % 100),
        });
    }
}

/// `5.5` per cent as 550 basis points.
fn basis_points(percent: &str) -> Option<i64> {
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
