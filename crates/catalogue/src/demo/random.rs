//! The demo's own random numbers: SplitMix64, the same on every platform and in every release of this crate.
//!
//! For making up books only. Nothing secret may come from here.

/// A stream of numbers that follows from its seed alone (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators", 2014).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// The stream of `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// The stream of `seed` for one of many things that must not depend on each other.
    pub(crate) fn for_part(seed: u64, kind: u64, number: u64) -> Self {
        let mut mixed = Random(seed ^ kind.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        let base = mixed.next();
        Random(base ^ number.wrapping_mul(0xA076_1D64_78BD_642F))
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to `end - 1`; 0 when `end` is 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let wide = u128::from(self.next()) * (end as u128);
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number of the range, both ends included.
    pub(crate) fn between(&mut self, low: u32, high: u32) -> u32 {
        let span = usize::try_from(high.saturating_sub(low)).unwrap_or(0) + 1;
        low + u32::try_from(self.below(span)).unwrap_or(0)
    }

    /// True in `percent` of a hundred cases.
    pub(crate) fn chance(&mut self, percent: u32) -> bool {
        self.between(0, 99) < percent
    }

    /// A number from 0 to `end - 1` where small ones are far more frequent (the third power of an even one).
    ///
    /// Integer arithmetic, so that no platform's floating point can change a book.
    pub(crate) fn skewed(&mut self, end: usize) -> usize {
        let u = u128::from(self.next() >> 32);
        let cube = (u * u * u) >> 64;
        usize::try_from((cube * end as u128) >> 32).unwrap_or(0)
    }

    /// One of the list; none only when it is empty.
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len()))
    }

    /// One of the words; empty only when there are none.
    pub(crate) fn word<'a>(&mut self, list: &[&'a str]) -> &'a str {
        self.pick(list).copied().unwrap_or_default()
    }

    /// One of the values by its weight.
    pub(crate) fn weighted<T: Copy>(&mut self, list: &[(u32, T)]) -> Option<T> {
        let total: u32 = list.iter().map(|(weight, _)| weight).sum();
        let mut left = self.between(1, total.max(1));
        list.iter().find_map(|(weight, value)| {
            if left <= *weight {
                return Some(*value);
            }
            left -= weight;
            None
        })
    }
}
