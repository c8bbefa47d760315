//! Whether and how soon a book can be had, in the words a reader is told.

use serde::{Deserialize, Serialize};

/// Days a supplier needs for a title that is ordered for the reader, when the supplier does not say.
pub const USUAL_ORDER_DAYS: u8 = 7;

/// What the supplier says about getting a title. The shop's own stock is counted elsewhere and goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// The supplier has it.
    InStock,
    /// The supplier orders it.
    ToOrder {
        /// Days until the shop has it.
        days: u8,
    },
    /// Printed when ordered.
    PrintOnDemand,
    /// Not published yet.
    Forthcoming,
    /// Out of stock, reprinting, or withdrawn for a time.
    TemporarilyOut,
    /// Not to be had any more, or never.
    Unavailable,
    /// The supplier has not said, or not lately.
    Unknown,
}

impl Availability {
    /// The stable code used in addresses and in the index.
    pub const fn code(self) -> &'static str {
        match self {
            Availability::InStock => "in_stock",
            Availability::ToOrder { .. } => "to_order",
            Availability::PrintOnDemand => "print_on_demand",
            Availability::Forthcoming => "forthcoming",
            Availability::TemporarilyOut => "temporarily_out",
            Availability::Unavailable => "unavailable",
            Availability::Unknown => "unknown",
        }
    }

    /// Reads a code of ONIX list 65 (O14); `None` for a code that the list does not have.
    pub fn from_onix65(code: &str) -> Option<Availability> {
        Some(match code {
            "20" | "21" => Availability::InStock,
            "22" => Availability::ToOrder {
                days: USUAL_ORDER_DAYS,
            },
            "23" => Availability::PrintOnDemand,
            "10" | "11" | "12" => Availability::Forthcoming,
            "30" | "31" | "32" | "33" | "34" => Availability::TemporarilyOut,
            "01" | "09" | "40" | "41" | "42" | "43" | "44" | "45" | "46" | "47" | "48" | "49"
            | "50" | "51" | "52" => Availability::Unavailable,
            "97" | "98" | "99" => Availability::Unknown,
            _ => return None,
        })
    }

    /// Whether a reader can order it now. A forthcoming title cannot be ordered in this release.
    pub const fn buyable(self) -> bool {
        matches!(
            self,
            Availability::InStock | Availability::ToOrder { .. } | Availability::PrintOnDemand
        )
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

    #[test]
    fn o14_codes_of_list_65() {
        for (code, availability, buyable) in [
            ("10", Availability::Forthcoming, false),
            ("20", Availability::InStock, true),
            ("21", Availability::InStock, true),
            (
                "22",
                Availability::ToOrder {
                    days: USUAL_ORDER_DAYS,
                },
                true,
            ),
            ("23", Availability::PrintOnDemand, true),
            ("32", Availability::TemporarilyOut, false),
            ("40", Availability::Unavailable, false),
            ("52", Availability::Unavailable, false),
            ("99", Availability::Unknown, false),
        ] {
            let read = Availability::from_onix65(code).expect("a code of the list");
            assert_eq!((read, read.buyable()), (availability, buyable), "{code}");
        }
        assert_eq!(Availability::from_onix65("60"), None);
    }
}
