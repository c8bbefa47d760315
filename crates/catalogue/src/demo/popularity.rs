//! How much readers ask for a title: after Zipf, with the real works among the most wanted.

/// What the most wanted title scores.
const TOP: u64 = 1_000_000;

/// The score of the edition with that number among `titles`.
///
/// Every fourth place of the first is a real work's; the order among the others is scattered, so that neighbours in
/// number are not neighbours in rank.
pub(super) fn of(number: u32, titles: u32) -> u32 {
    u32::try_from(TOP / u64::from(rank(number, titles) + 1)).unwrap_or(0)
}

fn rank(number: u32, titles: u32) -> u32 {
    let real = super::works::count().min(titles);
    if number <= real {
        return scattered(number.saturating_sub(1), real) * 4;
    }
    let place = scattered(number - real - 1, titles.saturating_sub(real));
    // The places that the real works leave: three of each four, as long as there are real works.
    if place / 3 < real {
        place / 3 * 4 + place % 3 + 1
    } else {
        place + real
    }
}

/// The number of the edition at a place of the ranking, from 0; the inverse of [`rank`].
pub(super) fn asked_for(place: u32, titles: u32) -> u32 {
    let real = super::works::count().min(titles);
    let others = titles.saturating_sub(real);
    if place.is_multiple_of(4) && place / 4 < real {
        1 + gathered(place / 4, real)
    } else if place / 4 < real {
        let other = place / 4 * 3 + place % 4 - 1;
        1 + real + gathered(other.min(others.saturating_sub(1)), others)
    } else {
        1 + real + gathered((place - real).min(others.saturating_sub(1)), others)
    }
}

/// A permutation of 0 to `count - 1` that keeps 0 in its place.
fn scattered(place: u32, count: u32) -> u32 {
    let count = u64::from(count.max(1));
    u32::try_from(u64::from(place) * step(count) % count).unwrap_or(0)
}

/// The inverse of [`scattered`].
fn gathered(place: u32, count: u32) -> u32 {
    let count = u64::from(count.max(1));
    let (mut old, mut new) = ((count, 0_i128), (step(count) % count, 1_i128));
    while new.0 != 0 {
        let quotient = old.0 / new.0;
        (old, new) = (new, (old.0 % new.0, old.1 - i128::from(quotient) * new.1));
    }
    let inverse = u64::try_from(old.1.rem_euclid(i128::from(count))).unwrap_or(0);
    u32::try_from(u64::from(place) * inverse % count).unwrap_or(0)
}

/// A step that shares no divisor with `count`, so that it meets every place.
fn step(count: u64) -> u64 {
    // Near the golden section of the count: neighbours land far apart.
    let start = count * 618 / 1000 + 1;
    (start..start + count)
        .find(|step| divisor(*step, count) == 1)
        .unwrap_or(1)
}

fn divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ranks_are_a_permutation_and_can_be_undone() {
        for titles in [1_u32, 10, 387, 388, 1_000, 5_003] {
            let ranks: HashSet<u32> = (1..=titles).map(|number| rank(number, titles)).collect();
            assert_eq!(ranks.len(), usize::try_from(titles).unwrap());
            for number in 1..=titles {
                let undone = asked_for(rank(number, titles), titles);
                assert_eq!(undone, number, "of {titles}");
            }
        }
    }
}
