//! Price law for books sold in France: loi 81-766 as changed in 2014 and 2021, loi 2011-590 for e-books.
//!
//! Prices here include VAT. Delivery has its own law in [`crate::delivery`]; the raised prices overseas (F11),
//! clearance and public bodies (F13) are not sold to in this release.

use serde::{Deserialize, Serialize};

use crate::delivery::DeliveryMethod;
use crate::goods::Goods;
use crate::money::Money;

/// Whether the publisher's price binds the bookseller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceRegime {
    /// The publisher's or importer's public price under French law (F1, F14).
    FixedFr,
    /// The bookseller sets the price: used books, goods that are not books.
    Free,
}

impl PriceRegime {
    /// The stable code kept in the database and in files.
    pub const fn code(self) -> &'static str {
        match self {
            PriceRegime::FixedFr => "fixed_fr",
            PriceRegime::Free => "free",
        }
    }

    /// The regime with that [`code`](PriceRegime::code).
    pub fn parse(code: &str) -> Option<PriceRegime> {
        [PriceRegime::FixedFr, PriceRegime::Free]
            .into_iter()
            .find(|regime| regime.code() == code)
    }
}

/// The lowest price of a fixed-price book collected in a bookshop: 95 % of the publisher's, rounded up to
/// the cent (F4).
pub fn floor95(publisher: Money) -> Money {
    let hundredths = publisher.as_cents().saturating_mul(95);
    let up = i64::from(hundredths.rem_euclid(100) != 0);
    Money::cents(hundredths.div_euclid(100) + up)
}

/// How a price breaks the law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PriceBreach {
    /// Above the publisher's price.
    #[error("above the publisher's price of {publisher}")]
    AboveFixed {
        /// The publisher's price.
        publisher: Money,
    },
    /// Below the price that binds without any discount: delivered new books, e-books.
    #[error("below the publisher's price of {publisher}, which binds without discount")]
    BelowFixed {
        /// The publisher's price.
        publisher: Money,
    },
    /// Below 95 % of the publisher's price.
    #[error("below {floor}, 95 % of the publisher's price")]
    BelowFloor {
        /// The lowest lawful price.
        floor: Money,
    },
    /// Less than nothing.
    #[error("a price cannot be negative")]
    Negative,
}

/// Whether `charged` for one piece is lawful when the publisher's price is `publisher` (F1 to F4, F14).
pub fn check(
    regime: PriceRegime,
    goods: Goods,
    publisher: Money,
    charged: Money,
    method: DeliveryMethod,
) -> Result<(), PriceBreach> {
    if charged.is_negative() {
        return Err(PriceBreach::Negative);
    }
    let bound = regime == PriceRegime::FixedFr && matches!(goods, Goods::NewBook | Goods::Ebook);
    if !bound {
        return Ok(());
    }
    if charged > publisher {
        return Err(PriceBreach::AboveFixed { publisher });
    }
    let collected = goods == Goods::NewBook && method == DeliveryMethod::ShopCollection;
    let floor = floor95(publisher);
    match collected {
        true if charged < floor => Err(PriceBreach::BelowFloor { floor }),
        false if charged < publisher => Err(PriceBreach::BelowFixed { publisher }),
        _ => Ok(()),
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
    use proptest::prelude::*;

    const EUR_22: Money = Money::cents(2200);

    fn new_book(charged: i64, method: DeliveryMethod) -> Result<(), PriceBreach> {
        check(
            PriceRegime::FixedFr,
            Goods::NewBook,
            EUR_22,
            Money::cents(charged),
            method,
        )
    }

    #[test]
    fn f1_a_fixed_price_is_never_exceeded() {
        for method in DeliveryMethod::ALL {
            assert_eq!(
                new_book(2201, method),
                Err(PriceBreach::AboveFixed { publisher: EUR_22 })
            );
        }
    }

    #[test]
    fn f2_a_delivered_new_book_is_sold_at_exactly_its_price() {
        assert_eq!(new_book(2200, DeliveryMethod::Post), Ok(()));
        assert_eq!(
            new_book(2199, DeliveryMethod::Post),
            Err(PriceBreach::BelowFixed { publisher: EUR_22 })
        );
    }

    #[test]
    fn f3_a_new_book_collected_in_the_shop_may_cost_five_percent_less() {
        assert_eq!(new_book(2090, DeliveryMethod::ShopCollection), Ok(()));
        let floor = Money::cents(2090);
        assert_eq!(
            new_book(2089, DeliveryMethod::ShopCollection),
            Err(PriceBreach::BelowFloor { floor })
        );
    }

    #[test]
    fn f4_the_floor_is_rounded_up_to_the_cent() {
        for (price, floor) in [
            (999, 950),
            (750, 713),
            (1990, 1891),
            (690, 656),
            (2200, 2090),
            (0, 0),
            (1, 1),
        ] {
            assert_eq!(floor95(Money::cents(price)), Money::cents(floor), "{price}");
        }
    }

    #[test]
    fn f12_used_books_and_other_goods_have_free_prices() {
        for goods in [Goods::UsedBook, Goods::Other] {
            let charged = Money::cents(100);
            assert_eq!(
                check(
                    PriceRegime::FixedFr,
                    goods,
                    EUR_22,
                    charged,
                    DeliveryMethod::Post
                ),
                Ok(())
            );
        }
        let charged = Money::cents(9900);
        assert_eq!(
            check(
                PriceRegime::Free,
                Goods::NewBook,
                EUR_22,
                charged,
                DeliveryMethod::Post
            ),
            Ok(())
        );
    }

    #[test]
    fn f14_an_ebook_has_no_discount_at_all() {
        for method in DeliveryMethod::ALL {
            let cheaper = check(
                PriceRegime::FixedFr,
                Goods::Ebook,
                EUR_22,
                Money::cents(2199),
                method,
            );
            assert_eq!(cheaper, Err(PriceBreach::BelowFixed { publisher: EUR_22 }));
        }
    }

    proptest! {
        #[test]
        fn f4_the_floor_is_the_least_cent_not_below_95_percent(cents in 0i64..100_000_000) {
            let floor = floor95(Money::cents(cents)).as_cents();
            prop_assert!(floor * 100 >= cents * 95);
            prop_assert!((floor - 1) * 100 < cents * 95);
        }
    }
}
