//! How the rank is reckoned, by the day from which it is: read from `data/bestsellers.toml`.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

/// Sorted by its file, the oldest first.
static METHODS: LazyLock<Vec<Method>> = LazyLock::new(|| {
    let file: Result<File, _> = toml::from_str(include_str!("../../data/bestsellers.toml"));
    // The file is part of the program; a test reads it.
    file.map(|file| file.method).unwrap_or_default()
});

#[derive(Deserialize)]
struct File {
    method: Vec<Method>,
}

/// The figures of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    from: Date,
    /// Days after which a copy counts half, 1 or more.
    pub half_life_days: u16,
    /// Days whose sales count, the day of the list included.
    pub window_days: u16,
    /// Copies of one title that count of one order.
    pub copies_per_order: u16,
    /// Orders that must name a work.
    pub least_orders: u32,
}

impl Method {
    /// The method in force on `day`; none before there was one.
    pub fn on(day: Date) -> Option<Method> {
        METHODS
            .iter()
            .rev()
            .find(|method| method.from <= day)
            .copied()
    }

    /// What a copy sold `days` ago counts: 1 today, half after each half-life.
    pub fn weight(&self, days: i32) -> f64 {
        (-f64::from(days.max(0)) / f64::from(self.half_life_days.max(1))).exp2()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_file_is_read_and_in_order() {
        assert!(METHODS.iter().is_sorted_by_key(|method| method.from));
        let method = Method::on(date(2026, 11, 26)).unwrap();
        assert!(method.half_life_days > 0 && method.window_days > method.half_life_days);
        assert_eq!(Method::on(date(2025, 12, 31)), None);
    }

    #[test]
    fn a_copy_counts_half_after_a_half_life() {
        let method = Method::on(date(2026, 11, 26)).unwrap();
        let half_life = i32::from(method.half_life_days);
        let weights = [0, half_life, 2 * half_life].map(|days| method.weight(days));
        assert_eq!(weights, [1.0, 0.5, 0.25]);
    }
}
