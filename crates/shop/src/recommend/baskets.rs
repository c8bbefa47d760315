//! Who has which books, as numbers: the input of the recommendations, compact enough for ten million purchases.
//!
//! A book a buyer has twice counts once, and of a buyer who has very many only the latest count. Nothing here
//! knows what a buyer or a book is called: [`Numbering`] gives numbers out and keeps the names.

use std::collections::HashMap;
use std::hash::Hash;

/// Books of one buyer that count, the latest: counting takes the square of this. No reader was seen with more
/// (in the largest set measured one of 2,946 had more than a thousand); libraries and shops that buy here do not
/// read what they buy together.
pub const BOOKS_PER_BUYER: usize = 2_000;

/// Numbers from 0 for things in the order in which they are first met.
#[derive(Debug, Clone)]
pub struct Numbering<K>(HashMap<K, u32>);

impl<K> Default for Numbering<K> {
    fn default() -> Self {
        Numbering(HashMap::new())
    }
}

impl<K: Eq + Hash> Numbering<K> {
    /// The thing's number, a new one when it was never met; none when four thousand million were.
    pub fn number(&mut self, thing: K) -> Option<u32> {
        let next = u32::try_from(self.0.len()).ok()?;
        Some(*self.0.entry(thing).or_insert(next))
    }

    /// How many things have a number.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was met.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The things, each at its number's place.
    pub fn into_names(self) -> Vec<K> {
        let mut named: Vec<(K, u32)> = self.0.into_iter().collect();
        named.sort_unstable_by_key(|(_, number)| *number);
        named.into_iter().map(|(name, _)| name).collect()
    }
}

/// Lists of numbers, one after the other.
#[derive(Debug, Clone, Default)]
struct Lists {
    /// Where each list begins; one more at the end.
    starts: Vec<usize>,
    values: Vec<u32>,
}

impl Lists {
    /// The second numbers of `pairs` by their first, which are below `count`; the order of the pairs is kept.
    fn group(count: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Lists {
        let mut starts = vec![0; count + 1];
        for (key, _) in pairs.clone() {
            if let Some(length) = starts.get_mut(key as usize + 1) {
                *length += 1;
            }
        }
        let mut total = 0;
        for start in &mut starts {
            total += *start;
            *start = total;
        }
        let mut next = starts.clone();
        let mut values = vec![0; total];
        for (key, value) in pairs {
            if let Some(place) = next.get_mut(key as usize) {
                if let Some(cell) = values.get_mut(*place) {
                    *cell = value;
                }
                *place += 1;
            }
        }
        Lists { starts, values }
    }

    fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    fn get(&self, at: usize) -> &[u32] {
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(from), Some(to)) => self.values.get(*from..*to).unwrap_or_default(),
            _ => &[],
        }
    }

    fn pairs(&self) -> impl Iterator<Item = (u32, u32)> + Clone {
        (0_u32..)
            .zip(0..self.len())
            .flat_map(|(key, at)| self.get(at).iter().map(move |value| (key, *value)))
    }
}

/// The books of each buyer and the buyers of each book.
#[derive(Debug, Clone, Default)]
pub struct Baskets {
    by_buyer: Lists,
    by_book: Lists,
}

impl Baskets {
    /// Sorts (buyer, book) pairs, oldest first, of `buyers` buyers and `books` books; a pair with a number beyond
    /// them is left out.
    pub fn of(buyers: usize, books: usize, purchases: &[(u32, u32)]) -> Baskets {
        let known = purchases
            .iter()
            .copied()
            .filter(|(buyer, book)| (*buyer as usize) < buyers && (*book as usize) < books);
        let all = Lists::group(buyers, known);
        let mut by_buyer = Lists {
            starts: vec![0],
            values: Vec::with_capacity(all.values.len()),
        };
        for buyer in 0..all.len() {
            by_buyer.values.extend(latest_once(all.get(buyer)));
            by_buyer.starts.push(by_buyer.values.len());
        }
        drop(all);
        let by_book = Lists::group(books, by_buyer.pairs().map(|(buyer, book)| (book, buyer)));
        Baskets { by_buyer, by_book }
    }

    /// How many buyers there are.
    pub fn buyers(&self) -> usize {
        self.by_buyer.len()
    }

    /// How many books there are.
    pub fn books(&self) -> usize {
        self.by_book.len()
    }

    /// The different books of a buyer, in ascending order.
    pub fn books_of(&self, buyer: u32) -> &[u32] {
        self.by_buyer.get(buyer as usize)
    }

    /// The different buyers of a book, in ascending order.
    pub fn buyers_of(&self, book: u32) -> &[u32] {
        self.by_book.get(book as usize)
    }
}

/// The last [`BOOKS_PER_BUYER`] purchases, each book once, sorted.
fn latest_once(books: &[u32]) -> Vec<u32> {
    let from = books.len().saturating_sub(BOOKS_PER_BUYER);
    let mut latest = books.get(from..).unwrap_or_default().to_vec();
    latest.sort_unstable();
    latest.dedup();
    latest
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_book_bought_twice_counts_once_and_strangers_are_left_out() {
        let baskets = Baskets::of(2, 3, &[(0, 2), (1, 2), (0, 0), (0, 2), (7, 0), (0, 9)]);
        assert_eq!((baskets.buyers(), baskets.books()), (2, 3));
        assert_eq!(baskets.books_of(0), [0, 2]);
        assert_eq!(baskets.buyers_of(2), [0, 1]);
        assert_eq!(baskets.buyers_of(1), [0; 0]);
        assert_eq!(baskets.books_of(99), [0; 0]);
    }

    #[test]
    fn of_a_library_only_the_latest_purchases_count() {
        let many = u32::try_from(BOOKS_PER_BUYER).unwrap() + 10;
        let purchases: Vec<(u32, u32)> = (0..many).map(|book| (0, book)).collect();
        let baskets = Baskets::of(1, many as usize, &purchases);
        assert_eq!(baskets.books_of(0).len(), BOOKS_PER_BUYER);
        assert_eq!(baskets.books_of(0).first(), Some(&10));
    }

    #[test]
    fn names_stand_at_their_numbers() {
        let mut numbering = Numbering::default();
        let numbers = ["b", "a", "b", "c"].map(|name| numbering.number(name).unwrap());
        assert_eq!(numbers, [0, 1, 0, 2]);
        assert_eq!(numbering.into_names(), ["b", "a", "c"]);
    }
}
