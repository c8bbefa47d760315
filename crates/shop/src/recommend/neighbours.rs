//! Which books are bought by the same people: from baskets to a table of each book's nearest neighbours.
//!
//! Two books are near each other when buyers have both. A buyer of many books says less about any two of them, so
//! each counts 1/√(books); a book that everybody buys says less about taste, so the sum is damped by the number of
//! its buyers. This is a cosine with milder exponents, chosen by measuring: see docs/recommendations.md.
//!
//! No I/O and no clock: the same baskets give the same table on every machine, whatever the number of threads.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::baskets::Baskets;

/// Books a thread takes at a time.
const BLOCK: usize = 64;

/// How the table is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Method {
    /// Neighbours kept of each book, the nearest.
    pub neighbours: usize,
    /// Buyers who must have both books for them to be neighbours.
    pub least_buyers: u32,
    /// How much a buyer of many books counts less: each counts `books ^ -buyer_damping`.
    pub buyer_damping: f32,
    /// How much a neighbour with many buyers is damped: by `buyers ^ -neighbour_damping`.
    pub neighbour_damping: f32,
    /// How much a book with many buyers weighs less among the books of one reader.
    pub book_damping: f32,
}

impl Default for Method {
    /// What measured best; see docs/recommendations.md.
    fn default() -> Self {
        Method {
            neighbours: 200,
            least_buyers: 1,
            buyer_damping: 0.5,
            neighbour_damping: 0.4,
            book_damping: 0.4,
        }
    }
}

/// A book near another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// The book's number.
    pub book: u32,
    /// How near; comparable within one table.
    pub score: f32,
}

/// The neighbours of every book.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Neighbours {
    /// Where each book's neighbours end.
    ends: Vec<usize>,
    all: Vec<Neighbour>,
}

impl Neighbours {
    /// Makes the table on `threads` threads.
    pub fn of(baskets: &Baskets, method: &Method, threads: usize) -> Neighbours {
        let weights = Weights::of(baskets, method);
        let next = AtomicUsize::new(0);
        let mut blocks: Vec<Block> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads.max(1))
                .map(|_| scope.spawn(|| count_blocks(baskets, method, &weights, &next)))
                .collect();
            // A worker has nothing it could fail at; were one lost all the same, its books would have no neighbours.
            workers
                .into_iter()
                .flat_map(|worker| worker.join().unwrap_or_default())
                .collect()
        });
        blocks.sort_unstable_by_key(|block| block.first);
        let mut table = Neighbours {
            ends: Vec::with_capacity(baskets.books()),
            all: Vec::with_capacity(blocks.iter().map(|block| block.all.len()).sum()),
        };
        for block in blocks {
            let before = table.all.len();
            table.ends.extend(block.ends.iter().map(|end| before + end));
            table.all.extend(block.all);
        }
        table
    }

    /// A book's neighbours, nearest first.
    pub fn neighbours(&self, book: u32) -> &[Neighbour] {
        let at = book as usize;
        let from = at
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .copied()
            .unwrap_or(0);
        self.ends
            .get(at)
            .and_then(|to| self.all.get(from..*to))
            .unwrap_or_default()
    }

    /// How many books the table was made of.
    pub fn books(&self) -> usize {
        self.ends.len()
    }

    /// How many neighbours there are in all.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether no book has a neighbour.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The `count` books that the neighbours of `owned` point at most, best first, none of them in `owned`.
    ///
    /// Looks up and adds, nothing else: this is all that a request would do.
    pub fn recommend(&self, owned: &[u32], count: usize) -> Vec<u32> {
        let known: HashSet<u32> = owned.iter().copied().collect();
        let mut near: Vec<Neighbour> = owned
            .iter()
            .flat_map(|book| self.neighbours(*book))
            .copied()
            .collect();
        near.sort_by_key(|neighbour| neighbour.book);
        let mut summed: Vec<Neighbour> = near
            .chunk_by(|one, other| one.book == other.book)
            .filter_map(|same| {
                let book = same.first()?.book;
                Some(Neighbour {
                    book,
                    score: same.iter().map(|neighbour| neighbour.score).sum(),
                })
            })
            .filter(|neighbour| !known.contains(&neighbour.book))
            .collect();
        nearest_first(&mut summed, count);
        summed.into_iter().map(|neighbour| neighbour.book).collect()
    }
}

/// Keeps the `count` nearest, in order; of equally near ones the one first met.
fn nearest_first(found: &mut Vec<Neighbour>, count: usize) {
    let order = |one: &Neighbour, other: &Neighbour| {
        other
            .score
            .total_cmp(&one.score)
            .then(one.book.cmp(&other.book))
    };
    if found.len() > count {
        found.select_nth_unstable_by(count, order);
        found.truncate(count);
    }
    found.sort_unstable_by(order);
}

/// What buyers and books weigh.
struct Weights {
    buyer: Vec<f32>,
    neighbour: Vec<f32>,
}

impl Weights {
    fn of(baskets: &Baskets, method: &Method) -> Weights {
        let buyers = (0_u32..).zip(0..baskets.buyers());
        let books = (0_u32..).zip(0..baskets.books());
        Weights {
            buyer: buyers
                .map(|(buyer, _)| damped(baskets.books_of(buyer), method.buyer_damping))
                .collect(),
            neighbour: books
                .map(|(book, _)| damped(baskets.buyers_of(book), method.neighbour_damping))
                .collect(),
        }
    }
}

fn damped(list: &[u32], exponent: f32) -> f32 {
    (list.len().max(1) as f32).powf(-exponent)
}

/// The neighbours of the books from `first` on.
struct Block {
    first: usize,
    ends: Vec<usize>,
    all: Vec<Neighbour>,
}

/// What was met beside a book.
#[derive(Clone, Copy, Default)]
struct Beside {
    weight: f32,
    buyers: u32,
}

/// Counts blocks until none is left.
fn count_blocks(
    baskets: &Baskets,
    method: &Method,
    weights: &Weights,
    next: &AtomicUsize,
) -> Vec<Block> {
    let books = baskets.books();
    let mut beside = vec![Beside::default(); books];
    let mut met: Vec<u32> = Vec::new();
    let mut blocks = Vec::new();
    loop {
        let first = next.fetch_add(BLOCK, Ordering::Relaxed);
        if first >= books {
            return blocks;
        }
        let mut block = Block {
            first,
            ends: Vec::with_capacity(BLOCK),
            all: Vec::new(),
        };
        for book in first..(first + BLOCK).min(books) {
            if let Ok(book) = u32::try_from(book) {
                count(baskets, weights, book, &mut beside, &mut met);
                block.all.extend(nearest(
                    baskets,
                    method,
                    weights,
                    book,
                    &mut beside,
                    &mut met,
                ));
            }
            block.ends.push(block.all.len());
        }
        blocks.push(block);
    }
}

/// Adds up what the buyers of `book` have beside it.
fn count(
    baskets: &Baskets,
    weights: &Weights,
    book: u32,
    beside: &mut [Beside],
    met: &mut Vec<u32>,
) {
    for buyer in baskets.buyers_of(book) {
        let weight = weights
            .buyer
            .get(*buyer as usize)
            .copied()
            .unwrap_or_default();
        for other in baskets.books_of(*buyer) {
            if let Some(cell) = beside.get_mut(*other as usize) {
                if cell.buyers == 0 {
                    met.push(*other);
                }
                cell.weight += weight;
                cell.buyers += 1;
            }
        }
    }
}

/// The nearest of what was met, which is forgotten.
fn nearest(
    baskets: &Baskets,
    method: &Method,
    weights: &Weights,
    book: u32,
    beside: &mut [Beside],
    met: &mut Vec<u32>,
) -> Vec<Neighbour> {
    let mut found = Vec::with_capacity(met.len());
    for other in met.drain(..) {
        let Some(cell) = beside.get_mut(other as usize).map(std::mem::take) else {
            continue;
        };
        if other != book && cell.buyers >= method.least_buyers {
            let damping = weights
                .neighbour
                .get(other as usize)
                .copied()
                .unwrap_or_default();
            found.push(Neighbour {
                book: other,
                score: cell.weight * damping,
            });
        }
    }
    nearest_first(&mut found, method.neighbours);
    let own = damped(baskets.buyers_of(book), method.book_damping);
    found
        .iter_mut()
        .for_each(|neighbour| neighbour.score *= own);
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use proptest::prelude::*;

    use super::*;

    fn baskets(lists: &[&[u32]]) -> Baskets {
        let purchases: Vec<(u32, u32)> = (0..)
            .zip(lists)
            .flat_map(|(buyer, books)| books.iter().map(move |book| (buyer, *book)))
            .collect();
        Baskets::of(lists.len(), 6, &purchases)
    }

    fn books(near: &[Neighbour]) -> Vec<u32> {
        near.iter().map(|neighbour| neighbour.book).collect()
    }

    #[test]
    fn what_more_buyers_have_in_common_is_nearer() {
        let baskets = baskets(&[&[0, 1], &[0, 1], &[0, 2], &[3]]);
        let table = Neighbours::of(&baskets, &Method::default(), 1);
        assert_eq!(books(table.neighbours(0)), [1, 2]);
        assert_eq!(books(table.neighbours(3)), [0; 0], "alone in its basket");
        assert_eq!(books(table.neighbours(5)), [0; 0], "never bought");
        assert_eq!(books(table.neighbours(77)), [0; 0], "not a book");
    }

    #[test]
    fn a_buyer_of_everything_says_less() {
        let baskets = baskets(&[&[0, 1, 2, 3, 4, 5], &[0, 2]]);
        let table = Neighbours::of(&baskets, &Method::default(), 1);
        assert_eq!(table.neighbours(0)[0].book, 2);
    }

    #[test]
    fn too_few_buyers_are_no_neighbours() {
        let baskets = baskets(&[&[0, 1], &[0, 1], &[0, 2]]);
        let method = Method {
            least_buyers: 2,
            ..Method::default()
        };
        let table = Neighbours::of(&baskets, &method, 1);
        assert_eq!(books(table.neighbours(0)), [1]);
        assert_eq!(books(table.neighbours(2)), [0; 0]);
    }

    #[test]
    fn what_one_has_is_not_recommended() {
        let baskets = baskets(&[&[0, 1, 2], &[0, 1, 3], &[1, 3]]);
        let table = Neighbours::of(&baskets, &Method::default(), 1);
        assert_eq!(table.recommend(&[0, 1], 20), [3, 2]);
        assert_eq!(table.recommend(&[0, 1], 1), [3]);
        assert_eq!(table.recommend(&[], 20), [0; 0]);
    }

    proptest! {
        #[test]
        fn the_table_keeps_its_promises(
            purchases in prop::collection::vec((0_u32..12, 0_u32..20), 0..150),
            neighbours in 0_usize..6,
            least_buyers in 1_u32..4,
        ) {
            let baskets = Baskets::of(12, 20, &purchases);
            let method = Method { neighbours, least_buyers, ..Method::default() };
            let table = Neighbours::of(&baskets, &method, 2);
            prop_assert_eq!(&table, &Neighbours::of(&baskets, &method, 1), "threads do not matter");
            prop_assert_eq!(table.books(), 20);
            for book in 0..20 {
                let near = table.neighbours(book);
                prop_assert!(near.len() <= neighbours);
                prop_assert!(near.iter().all(|one| one.book != book && one.score > 0.0));
                prop_assert!(near.is_sorted_by(|one, other| one.score >= other.score));
                let different: HashSet<u32> = near.iter().map(|one| one.book).collect();
                prop_assert_eq!(different.len(), near.len());
                for one in near {
                    let common = baskets.buyers_of(book).iter().filter(|buyer| baskets.buyers_of(one.book).contains(buyer));
                    prop_assert!(common.count() >= least_buyers as usize);
                }
            }
        }

        #[test]
        fn being_neighbours_is_mutual_while_all_are_kept(purchases in prop::collection::vec((0_u32..12, 0_u32..20), 0..150)) {
            let baskets = Baskets::of(12, 20, &purchases);
            let table = Neighbours::of(&baskets, &Method { least_buyers: 2, ..Method::default() }, 1);
            for book in 0..20 {
                for one in table.neighbours(book) {
                    prop_assert!(table.neighbours(one.book).iter().any(|other| other.book == book));
                }
            }
        }

        #[test]
        fn recommendations_are_new_and_different(
            purchases in prop::collection::vec((0_u32..12, 0_u32..20), 0..150),
            owned in prop::collection::vec(0_u32..25, 0..10),
            count in 0_usize..8,
        ) {
            let table = Neighbours::of(&Baskets::of(12, 20, &purchases), &Method::default(), 1);
            let recommended = table.recommend(&owned, count);
            prop_assert!(recommended.len() <= count);
            prop_assert!(recommended.iter().all(|book| !owned.contains(book)));
            let different: HashSet<u32> = recommended.iter().copied().collect();
            prop_assert_eq!(different.len(), recommended.len());
        }
    }
}
