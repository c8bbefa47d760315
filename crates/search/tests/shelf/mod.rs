//! A small catalogue and its index, for the tests.
#![allow(dead_code)]

use std::sync::Arc;

use catalogue::model::{
    Availability, Contributor, ContributorRole, Edition, EditionId, Form, Price, PriceRegime,
    PublicationDate, WorkId,
};
use search::{Index, Query, Results};
use tempfile::TempDir;
use trade::isbn::Isbn13;
use trade::language::Language;
use trade::money::Money;

pub struct Shelf {
    pub editions: Vec<Edition>,
    pub index: Index,
    pub dir: TempDir,
}

impl Shelf {
    /// Editions numbered from 1, each `title | author`.
    pub fn of(books: &[&str]) -> Shelf {
        let editions = books
            .iter()
            .enumerate()
            .map(|(place, book)| edition(place as i64 + 1, book))
            .collect();
        Shelf::indexing(editions)
    }

    pub fn indexing(editions: Vec<Edition>) -> Shelf {
        let dir = TempDir::new().unwrap();
        let index = Index::build(
            &dir.path().join("index"),
            editions.iter().cloned().map(Arc::new),
            0,
            |_| (),
        )
        .unwrap();
        Shelf {
            editions,
            index,
            dir,
        }
    }

    /// The shelf indexed anew, after changes.
    pub fn indexed(self) -> Shelf {
        Shelf::indexing(self.editions)
    }

    pub fn set_isbn(&mut self, place: usize, isbn: &str) {
        self.editions[place].isbn = Some(Isbn13::parse(isbn).unwrap());
    }

    pub fn set_work(&mut self, place: usize, work: i64) {
        self.editions[place].work = WorkId(work);
    }

    pub fn set_price(&mut self, place: usize, cents: Option<i64>) {
        self.editions[place].price = cents.map(|cents| Price {
            amount: Money::cents(cents),
            regime: PriceRegime::FixedFr,
        });
    }

    /// Gives the edition a value of every facet, by its place.
    pub fn describe(&mut self, place: usize) {
        let number = place as i64;
        self.set_price(place, Some(500 + number * 310));
        let edition = &mut self.editions[place];
        edition.language = Some(if place.is_multiple_of(2) {
            Language::FRENCH
        } else {
            Language::ENGLISH
        });
        edition.form = Form::ALL[place % 5];
        edition.availability = if place.is_multiple_of(3) {
            Availability::InStock
        } else {
            Availability::ToOrder { days: 5 }
        };
        edition.published = Some(PublicationDate::year(1950 + place as i16 * 3));
    }

    pub fn search(&self, text: &str) -> Results {
        self.index.search(&Query::text(text)).unwrap()
    }

    pub fn shown(&self, results: &Results) -> Vec<&str> {
        let title = |id: EditionId| {
            self.editions
                .iter()
                .find(|edition| edition.id == id)
                .map_or("?", |edition| &edition.title)
        };
        results.hits.iter().map(|hit| title(hit.edition)).collect()
    }

    pub fn titles(&self, text: &str) -> Vec<&str> {
        self.shown(&self.search(text))
    }

    pub fn first(&self, text: &str) -> &str {
        self.titles(text).first().copied().unwrap_or("nothing")
    }
}

pub fn edition(number: i64, book: &str) -> Edition {
    let (title, author) = book.split_once(" | ").unwrap_or((book, "Anonyme"));
    let mut edition = Edition::titled(title);
    edition.id = EditionId(number);
    edition.work = WorkId(number);
    edition.contributors.push(Contributor {
        name: author.into(),
        inverted: None,
        role: ContributorRole::Author,
    });
    edition
}
