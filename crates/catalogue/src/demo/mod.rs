//! The demo catalogue: real works out of copyright, then made-up titles up to any number, and readers' reviews.
//!
//! Everything follows from the seed alone: the same on every machine and at every start, so that a test, a
//! screenshot and a bug report speak of the same book. Nothing here reads a clock, a file or the network. Every
//! edition has the record id `demo:N` and an ISBN that no real book can have (see the `isbn` module); made-up
//! editions and all reviews are marked `generated`, and pages must say so.

mod generate;
mod grammar;
mod grammars;
mod house;
mod inflect;
mod isbn;
mod names;
mod popularity;
pub(crate) mod random;
mod reviews;
mod works;

use trade::availability::Availability;
use trade::goods::Goods;
use trade::language::Language;

use crate::model::{Edition, Review, Text, TextKind};

/// `titles` editions, numbered from 1: one of each real work, then made-up ones.
///
/// At most 9,999,999 of them have an ISBN.
pub fn editions(titles: u32, seed: u64) -> impl Iterator<Item = Edition> {
    let real = usize::try_from(titles).unwrap_or(usize::MAX);
    works::editions(titles, seed)
        .take(real)
        .chain(generate::editions(titles, seed))
}

/// `count` reviews of the editions of a demo of `titles` made with the same seed.
pub fn reviews(count: u32, titles: u32, seed: u64) -> impl Iterator<Item = Review> {
    reviews::reviews(count, titles, seed)
}

/// Copies that the demo's bookseller has on her shelves: 0 to 12, more of what sells.
pub fn stock(edition: &Edition) -> u32 {
    if edition.goods == Goods::Ebook || edition.availability != Availability::InStock {
        return 0;
    }
    let number = u64::try_from(edition.id.get()).unwrap_or(0);
    let mut random = random::Random::for_part(0, 30, number);
    match edition.popularity {
        2_000.. => random.between(6, 12),
        200.. => random.between(2, 8),
        20.. => random.between(1, 4),
        _ => random.between(0, 2),
    }
}

/// The languages in which the demo makes up books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tongue {
    French,
    English,
    Spanish,
    German,
    Italian,
}

impl Tongue {
    const ALL: [Tongue; 5] = [
        Tongue::French,
        Tongue::English,
        Tongue::Spanish,
        Tongue::German,
        Tongue::Italian,
    ];

    fn code(self) -> &'static str {
        match self {
            Tongue::French => "fre",
            Tongue::English => "eng",
            Tongue::Spanish => "spa",
            Tongue::German => "ger",
            Tongue::Italian => "ita",
        }
    }

    fn of_code(code: &str) -> Option<Tongue> {
        Tongue::ALL.into_iter().find(|tongue| tongue.code() == code)
    }

    fn language(self) -> Option<Language> {
        Language::parse(self.code()).ok()
    }
}

fn text(language: Language, body: &str) -> Text {
    Text {
        kind: TextKind::Summary,
        language: Some(language),
        body: body.to_owned(),
        cited: None,
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
    use std::collections::{HashMap, HashSet};

    use sha2::{Digest, Sha256};

    use super::*;
    use crate::subject::ShopSubject;

    const SEED: u64 = 20;

    fn fingerprint(titles: u32) -> [u8; 32] {
        let mut hash = Sha256::new();
        for edition in editions(titles, SEED) {
            hash.update(serde_json::to_vec(&edition).unwrap());
        }
        for review in reviews(100, titles, SEED) {
            hash.update(serde_json::to_vec(&review).unwrap());
        }
        hash.finalize().into()
    }

    #[test]
    fn the_same_seed_makes_the_same_shop() {
        assert_eq!(fingerprint(2_000), fingerprint(2_000));
    }

    #[test]
    fn there_are_exactly_as_many_editions_as_asked_numbered_from_one() {
        for titles in [0, 1, 100, 500, 2_003] {
            let ids: Vec<i64> = editions(titles, SEED)
                .map(|edition| edition.id.get())
                .collect();
            assert_eq!(ids, (1..=i64::from(titles)).collect::<Vec<_>>());
        }
    }

    /// A sentence as a reader would object to it.
    fn blemish(text: &str, french: bool) -> Option<&'static str> {
        let common = ["  ", "{", "}", "..", " ,", " .", "'", "\"", "|"];
        let of_french = [
            "le é", "le a", "la é", "la a", "de le ", "de les ", "à le ", "à les ", " de a",
            " de é", " que i", "le Étr", "de É", "de A", " :", " ;", " ?", " !", "d’h’", "du l’",
        ];
        // Articles only at the start of a word: « grande école » is right.
        let padded = format!(" {text}");
        common
            .into_iter()
            .find(|wrong| text.contains(wrong))
            .or_else(|| {
                of_french.into_iter().filter(|_| french).find(|wrong| {
                    let wrong = if wrong.starts_with(' ') {
                        (*wrong).to_owned()
                    } else {
                        format!(" {wrong}")
                    };
                    padded.contains(&wrong)
                })
            })
    }

    #[test]
    fn twenty_thousand_books_are_written_without_blemish() {
        let mut authors = HashSet::new();
        let mut titles: HashMap<String, u32> = HashMap::new();
        let mut subjects = HashSet::new();
        for edition in editions(20_000, SEED) {
            let french = edition.language == Some(Language::FRENCH);
            let summary = &edition.texts.first().expect("a summary").body;
            for text in [&edition.title, summary]
                .into_iter()
                .chain(&edition.subtitle)
            {
                assert_eq!(
                    blemish(text, french && edition.generated),
                    None,
                    "{} {text}",
                    edition.id
                );
            }
            let sentences = summary.matches(['.', '?', '!', '…']).count();
            assert!(
                !edition.generated || (2..=9).contains(&sentences),
                "{summary}"
            );
            assert!(
                edition.title.chars().count() > 2
                    && edition.price.is_some()
                    && edition.isbn.is_some()
            );
            subjects.insert(edition.subject().map(ShopSubject::slug).expect("a shelf"));
            authors.insert(edition.byline());
            *titles.entry(edition.title).or_default() += 1;
        }
        assert_eq!(subjects.len(), ShopSubject::all().len());
        assert!(authors.len() > 8_000, "{} authors", authors.len());
        assert!(titles.len() > 15_000, "{} different titles", titles.len());
        let most = titles.values().max().unwrap();
        assert!(*most < 20, "one title {most} times");
    }

    #[test]
    fn the_promised_stranger_is_there_and_in_stock() {
        let stranger = editions(1_000, SEED)
            .find(|edition| edition.title.starts_with("L’Étranger"))
            .unwrap();
        assert!(stranger.generated && stranger.buyable() && stock(&stranger) > 0);
    }

    #[test]
    fn reviews_are_of_existing_editions_and_mostly_kind() {
        let reviews: Vec<Review> = reviews(2_000, 3_000, SEED).collect();
        assert!(
            reviews
                .iter()
                .all(|review| (1..=3_000).contains(&review.edition.get()) && review.generated)
        );
        let kind = reviews.iter().filter(|review| review.rating >= 4).count();
        assert!((1_200..1_700).contains(&kind), "{kind}");
        for review in &reviews {
            assert_eq!(
                blemish(&review.body, review.language == Language::FRENCH),
                None,
                "{}",
                review.body
            );
        }
    }

    #[test]
    fn prices_are_those_of_the_trade_and_stock_stays_small() {
        for edition in editions(3_000, SEED) {
            let cents = edition.price.unwrap().amount.as_cents();
            assert!(
                (590..=5_500).contains(&cents) && [0, 5, 9].contains(&(cents % 10)),
                "{cents}"
            );
            assert!(stock(&edition) <= 12);
        }
    }
}
