//! Numbers for the demo's editions: valid ISBN-13s that no real book can have.
//!
//! They begin with 979-99. The International ISBN Agency has assigned the groups 979-8 and 979-10 to 979-13 so far,
//! so a shop that imports a real catalogue beside the demo never meets the same number twice, and
//! [`Isbn13::has_assigned_group`] tells the two apart. The seven digits after the prefix are the edition's own
//! number in the demo.

use trade::isbn::Isbn13;

/// The first five of thirteen digits, followed by seven zeros.
const FIRST: u64 = 979_990_000_000;

/// Highest number that seven digits hold.
const LAST_EDITION: u32 = 9_999_999;

/// The ISBN of the demo's edition with that number; none above 9,999,999.
pub(super) fn of_edition(number: u32) -> Option<Isbn13> {
    if number > LAST_EDITION {
        return None;
    }
    Isbn13::from_first_twelve(FIRST + u64::from(number)).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn i5_demo_numbers_are_valid_and_belong_to_no_assigned_group() {
        for number in [1, 2, 149_999, 150_000, LAST_EDITION] {
            let isbn = of_edition(number).unwrap();
            assert_eq!(Isbn13::parse(&isbn.to_string()), Ok(isbn));
            assert!(!isbn.has_assigned_group());
        }
        assert_eq!(of_edition(LAST_EDITION + 1), None);
    }
}
