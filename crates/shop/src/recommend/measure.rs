//! How good recommendations are: of what readers also had, how much is recommended, and how far up.
//!
//! `recall@20`: the part of a reader's hidden books among the first 20 recommended. `ndcg@20`: binary gains,
//! discounted by the logarithm of the place; the ideal has as many hidden books first as there can be. Both are
//! means over all readers with a hidden book; one to whom nothing can be recommended counts as zero.

use std::collections::HashSet;

use super::baskets::Baskets;

/// Recommendations looked at.
pub const DEPTH: usize = 20;

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// Mean recall among the first [`DEPTH`].
    pub recall: f64,
    /// Mean normalised discounted cumulative gain among the first [`DEPTH`].
    pub ndcg: f64,
    /// Readers with a hidden book.
    pub readers: usize,
}

/// Asks `recommend` for the best [`DEPTH`] books for a reader with the given ones, and compares with `hidden`:
/// (reader, book) pairs, readers and books numbered as in `known`.
pub fn measure(
    known: &Baskets,
    hidden: &[(u32, u32)],
    mut recommend: impl FnMut(u32, &[u32]) -> Vec<u32>,
) -> Figures {
    let mut hidden = hidden.to_vec();
    hidden.sort_unstable();
    hidden.dedup();
    let mut sum = Figures {
        recall: 0.0,
        ndcg: 0.0,
        readers: 0,
    };
    for of_reader in hidden.chunk_by(|one, other| one.0 == other.0) {
        let Some((reader, _)) = of_reader.first() else {
            continue;
        };
        let wanted: HashSet<u32> = of_reader.iter().map(|(_, book)| *book).collect();
        let recommended = recommend(*reader, known.books_of(*reader));
        let (recall, ndcg) = one_reader(&recommended, &wanted);
        sum.recall += recall;
        sum.ndcg += ndcg;
        sum.readers += 1;
    }
    let readers = sum.readers.max(1) as f64;
    Figures {
        recall: sum.recall / readers,
        ndcg: sum.ndcg / readers,
        ..sum
    }
}

fn one_reader(recommended: &[u32], wanted: &HashSet<u32>) -> (f64, f64) {
    let (mut hits, mut gain, mut ideal) = (0_u32, 0.0, 0.0);
    for place in 0..DEPTH.min(wanted.len()) {
        ideal += discount(place);
    }
    for (place, book) in recommended.iter().take(DEPTH).enumerate() {
        if wanted.contains(book) {
            hits += 1;
            gain += discount(place);
        }
    }
    (
        f64::from(hits) / wanted.len().max(1) as f64,
        if ideal > 0.0 { gain / ideal } else { 0.0 },
    )
}

/// What a hit at a place, from 0, is worth.
fn discount(place: usize) -> f64 {
    1.0 / (place as f64 + 2.0).log2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_counts_by_its_place() {
        let known = Baskets::of(2, 5, &[(0, 0), (1, 0)]);
        let all_first = measure(&known, &[(0, 1), (0, 2)], |_, _| vec![2, 1, 3]);
        assert_eq!(
            (all_first.recall, all_first.ndcg, all_first.readers),
            (1.0, 1.0, 1)
        );
        let second = measure(&known, &[(0, 1), (0, 1)], |_, owned| {
            assert_eq!(owned, [0]);
            vec![2, 1]
        });
        assert_eq!((second.recall, second.readers), (1.0, 1));
        assert!((second.ndcg - 1.0 / 3.0_f64.log2()).abs() < 1e-12);
        let half = measure(&known, &[(0, 1), (1, 1)], |reader, _| {
            if reader == 0 { vec![1] } else { Vec::new() }
        });
        assert_eq!((half.recall, half.ndcg, half.readers), (0.5, 0.5, 2));
    }

    #[test]
    fn nothing_hidden_is_no_figure() {
        let figures = measure(&Baskets::default(), &[], |_, _| Vec::new());
        assert_eq!(
            figures,
            Figures {
                recall: 0.0,
                ndcg: 0.0,
                readers: 0
            }
        );
    }

    #[test]
    fn what_comes_after_the_twentieth_does_not_count() {
        let late: Vec<u32> = (1..=21).collect();
        let figures = measure(&Baskets::of(1, 30, &[]), &[(0, 21)], |_, _| late.clone());
        assert_eq!((figures.recall, figures.ndcg), (0.0, 0.0));
    }
}
