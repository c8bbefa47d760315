//! Where a parcel goes, as VAT and delivery see it: decided by the postcode, not by the country "FR" (V4, V5).

use serde::{Deserialize, Serialize};

/// A part of the world with one VAT treatment of books sent from mainland France.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Territory {
    /// European France without Corsica.
    Mainland,
    /// Corsica, with its own rate for books (V4).
    Corsica,
    /// Monaco, treated as France (V5).
    Monaco,
    /// Guadeloupe without Saint-Barthélemy and Saint-Martin.
    Guadeloupe,
    /// Martinique.
    Martinique,
    /// Réunion.
    Reunion,
    /// French Guiana: no VAT.
    Guyane,
    /// Mayotte: no VAT.
    Mayotte,
    /// Saint-Barthélemy, Saint-Martin, Saint-Pierre-et-Miquelon, the Pacific and southern territories:
    /// outside French VAT.
    OtherOverseas,
}

/// A text that is not a French postcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPostcode {
    /// Not exactly five digits.
    #[error("a French postcode has five digits")]
    NotFiveDigits,
    /// Five digits that begin with no department.
    #[error("no French postcode begins so")]
    NoSuchPlace,
}

impl Territory {
    /// All territories.
    pub const ALL: [Territory; 9] = [
        Territory::Mainland,
        Territory::Corsica,
        Territory::Monaco,
        Territory::Guadeloupe,
        Territory::Martinique,
        Territory::Reunion,
        Territory::Guyane,
        Territory::Mayotte,
        Territory::OtherOverseas,
    ];

    /// The territory of a French postcode: five digits, spaces ignored.
    ///
    /// 97133 (Saint-Barthélemy) and 97150 (Saint-Martin) begin like Guadeloupe and are not it. Field post
    /// (00…) is no address that a bookseller can deliver to.
    pub fn of_postcode(postcode: &str) -> Result<Territory, BadPostcode> {
        let digits: String = postcode.chars().filter(|c| !c.is_whitespace()).collect();
        if digits.len() != 5 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BadPostcode::NotFiveDigits);
        }
        let number: u32 = digits.parse().map_err(|_| BadPostcode::NotFiveDigits)?;
        Ok(match number {
            97133 | 97150 => Territory::OtherOverseas,
            20000..=20999 => Territory::Corsica,
            1000..=95999 => Territory::Mainland,
            97100..=97199 => Territory::Guadeloupe,
            97200..=97299 => Territory::Martinique,
            97300..=97399 => Territory::Guyane,
            97400..=97499 => Territory::Reunion,
            97600..=97699 => Territory::Mayotte,
            97500..=97599 | 97700..=97899 | 98400..=98499 | 98600..=98899 => {
                Territory::OtherOverseas
            }
            98000..=98099 => Territory::Monaco,
            _ => return Err(BadPostcode::NoSuchPlace),
        })
    }

    /// Whether this release delivers there. Overseas is an export with its own prices (F11, V5), which comes
    /// later.
    pub const fn delivers_now(self) -> bool {
        matches!(
            self,
            Territory::Mainland | Territory::Corsica | Territory::Monaco
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
    fn v4_v5_the_postcode_decides() {
        for (postcode, territory) in [
            ("01000", Territory::Mainland),
            ("75005", Territory::Mainland),
            ("75 005", Territory::Mainland),
            ("95880", Territory::Mainland),
            ("19999", Territory::Mainland),
            ("20000", Territory::Corsica),
            ("20620", Territory::Corsica),
            ("21000", Territory::Mainland),
            ("97110", Territory::Guadeloupe),
            ("97133", Territory::OtherOverseas),
            ("97150", Territory::OtherOverseas),
            ("97200", Territory::Martinique),
            ("97300", Territory::Guyane),
            ("97400", Territory::Reunion),
            ("97500", Territory::OtherOverseas),
            ("97600", Territory::Mayotte),
            ("98000", Territory::Monaco),
            ("98713", Territory::OtherOverseas),
            ("98800", Territory::OtherOverseas),
        ] {
            assert_eq!(
                Territory::of_postcode(postcode),
                Ok(territory),
                "{postcode}"
            );
        }
        for postcode in ["", "7500", "750055", "7500A", "２００００", "2A004"] {
            assert_eq!(
                Territory::of_postcode(postcode),
                Err(BadPostcode::NotFiveDigits),
                "{postcode}"
            );
        }
        for postcode in [
            "00100", "00999", "96000", "97000", "97900", "98100", "98500", "98900", "99138",
        ] {
            assert_eq!(
                Territory::of_postcode(postcode),
                Err(BadPostcode::NoSuchPlace),
                "{postcode}"
            );
        }
    }
}
