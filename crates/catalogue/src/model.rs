//! What a bookshop knows about a book: editions and their parts, and readers' reviews.
//!
//! The same types are kept in the database (as JSON, so that a new field needs no migration), in the shelf file
//! (as postcard, so every field is always written) and handed to pages and to the search index. Nothing here
//! reads or writes anything; stock, carts and orders know an edition by its [`EditionId`] only.

use serde::{Deserialize, Serialize};

pub use trade::availability::Availability;
pub use trade::contributor::ContributorRole;
pub use trade::goods::Goods;
pub use trade::ids::{EditionId, WorkId};
pub use trade::isbn::Isbn13;
pub use trade::language::Language;
pub use trade::locale::Locale;
pub use trade::money::Money;
pub use trade::price::PriceRegime;

use crate::subject::{self, ShopSubject};
use crate::text;

/// One book as it can be bought: a binding, a publisher, a price.
///
/// Its identity is `id`, never the ISBN, which may be missing, wrong or used twice (rule I7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// The shop's own number, given when the edition is first stored; 0 before.
    #[serde(default = "unset_edition")]
    pub id: EditionId,
    /// The work this is an edition of: equal for editions with the same title and first author.
    #[serde(default = "unset_work")]
    pub work: WorkId,
    /// The ISBN the book is sold under.
    #[serde(default)]
    pub isbn: Option<Isbn13>,
    /// Further valid ISBNs its records carry (another binding's, the set's); each must find the book.
    #[serde(default)]
    pub other_isbns: Vec<Isbn13>,
    /// Numbers sent as ISBN whose check digit is wrong: kept as sent, flagged, never shown as an ISBN.
    #[serde(default)]
    pub flagged_isbns: Vec<String>,
    /// The title as the publisher writes it, without subtitle, with its leading article.
    pub title: String,
    /// The subtitle, if any.
    #[serde(default)]
    pub subtitle: Option<String>,
    /// The title of the work in its original language, when it differs.
    #[serde(default)]
    pub original_title: Option<String>,
    /// People and bodies who made the book, in the order of its title page.
    #[serde(default)]
    pub contributors: Vec<Contributor>,
    /// The publisher, or the imprint when only that is known.
    #[serde(default)]
    pub publisher: Option<String>,
    /// The publisher's collection, in the French sense (`Folio`, `Blanche`): not numbered reading order (O20).
    #[serde(default)]
    pub collection: Option<String>,
    /// The series the book is a part of, with its number.
    #[serde(default)]
    pub series: Option<Series>,
    /// The language of the text.
    #[serde(default)]
    pub language: Option<Language>,
    /// When this edition appears or appeared, as precisely as known.
    #[serde(default)]
    pub published: Option<PublicationDate>,
    /// The binding or the kind of file.
    #[serde(default)]
    pub form: Form,
    /// Number of pages.
    #[serde(default)]
    pub pages: Option<u32>,
    /// What the book is about, main subject first.
    #[serde(default)]
    pub subjects: Vec<Subject>,
    /// Summaries and other texts about the book.
    #[serde(default)]
    pub texts: Vec<Text>,
    /// A picture of its front cover that a sender offers.
    #[serde(default)]
    pub cover: Option<CoverLink>,
    /// The price a reader in France pays, VAT included; none means it cannot be sold yet. The price of the day the
    /// record was read: [`Edition::price_on`] knows that of later days.
    #[serde(default)]
    pub price: Option<Price>,
    /// Prices that are known to begin later (O12), by day.
    #[serde(default)]
    pub price_changes: Vec<PriceChange>,
    /// What the supplier says about getting it.
    #[serde(default = "unknown_availability")]
    pub availability: Availability,
    /// What it is for price law and VAT.
    #[serde(default = "new_book")]
    pub goods: Goods,
    /// Whether it is a school book (O15), which price law sets apart overseas and for public buyers.
    #[serde(default)]
    pub school_book: bool,
    /// Until when the publisher forbids to show, order or deliver it.
    #[serde(default)]
    pub embargo: Embargo,
    /// How much readers ask for it, comparable within one catalogue only: readers' ratings, loans, or sales.
    #[serde(default)]
    pub popularity: u32,
    /// Made up for the demo: pages must say so.
    #[serde(default)]
    pub generated: bool,
    /// The source records it was made from, such as `gutenberg:1`.
    #[serde(default)]
    pub records: Vec<String>,
}

/// A person or body with a part in a book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contributor {
    /// As printed on a cover: `Victor Hugo`.
    pub name: String,
    /// As shelved, when the source says it or the form is unmistakable: `Hugo, Victor`.
    #[serde(default)]
    pub inverted: Option<String>,
    /// What they did.
    pub role: ContributorRole,
}

/// A series and the book's place in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// The series' title.
    pub title: String,
    /// The number as printed: `3`, `III`, `3.5`.
    #[serde(default)]
    pub volume: Option<String>,
}

/// A date of publication as precise as the source: a year, a month or a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PublicationDate {
    /// Year of the common era; negative before it.
    pub year: i16,
    /// Month 1 to 12.
    pub month: Option<u8>,
    /// Day 1 to 31, only with a month.
    pub day: Option<u8>,
}

impl PublicationDate {
    /// A year and nothing more.
    pub fn year(year: i16) -> Self {
        PublicationDate {
            year,
            month: None,
            day: None,
        }
    }

    /// A full date.
    pub fn day(date: jiff::civil::Date) -> Self {
        PublicationDate {
            year: date.year(),
            month: u8::try_from(date.month()).ok(),
            day: u8::try_from(date.day()).ok(),
        }
    }
}

/// The binding of a printed book or the kind of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Softcover in a larger size.
    Paperback,
    /// Small, cheap softcover (`poche`).
    Pocket,
    /// Boards.
    Hardback,
    /// A file to read.
    Ebook,
    /// A recording.
    Audiobook,
    /// Anything else, or not known.
    #[default]
    Other,
}

impl Form {
    /// All forms, in the order a filter shows them.
    pub const ALL: [Form; 6] = [
        Form::Pocket,
        Form::Paperback,
        Form::Hardback,
        Form::Ebook,
        Form::Audiobook,
        Form::Other,
    ];

    /// The stable code used in addresses and in the index.
    pub fn code(self) -> &'static str {
        match self {
            Form::Paperback => "paperback",
            Form::Pocket => "pocket",
            Form::Hardback => "hardback",
            Form::Ebook => "ebook",
            Form::Audiobook => "audiobook",
            Form::Other => "other",
        }
    }

    /// The form with that [`code`](Form::code).
    pub fn parse(code: &str) -> Option<Form> {
        Form::ALL.into_iter().find(|form| form.code() == code)
    }
}

/// One statement of what the book is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Which vocabulary the code belongs to.
    pub scheme: SubjectScheme,
    /// The code, except for keywords.
    #[serde(default)]
    pub code: Option<String>,
    /// Words for it; may be empty when the source sends only a code.
    pub heading: String,
}

/// Subject vocabularies a French bookseller meets (ONIX list 27).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectScheme {
    /// Thema, the trade's international scheme (93 to 99).
    Thema,
    /// BISAC, North America (10).
    Bisac,
    /// CLIL, France (29).
    Clil,
    /// Dewey decimal classes (01).
    Dewey,
    /// Library of Congress classes (03).
    Lcc,
    /// Free words (20), reader shelves, library headings.
    Keyword,
}

/// A text about the book: plain text, paragraphs separated by an empty line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// What the text is.
    pub kind: TextKind,
    /// The language it is written in.
    #[serde(default)]
    pub language: Option<Language>,
    /// The text, without markup.
    pub body: String,
    /// Where it comes from, as far as the sender says: chiefly of reviews.
    #[serde(default)]
    pub cited: Option<Citation>,
}

/// Who wrote a text about the book, where it appeared, and when. One of the three is known at least.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// The person or body.
    pub author: Option<String>,
    /// The newspaper, journal or site.
    pub source: Option<String>,
    /// The day, month or year it appeared.
    pub published: Option<PublicationDate>,
}

/// Kinds of text (ONIX list 153).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextKind {
    /// The description on a book's page (03).
    Summary,
    /// One or two sentences (02).
    ShortDescription,
    /// Table of contents (04).
    TableOfContents,
    /// What the press said (06).
    Review,
}

/// Where a sender keeps a picture of the front cover, and what they say of the file (O21): whether it is worth fetching
/// again is told from that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverLink {
    /// An `http` or `https` link as it was sent, at most [`crate::limits::LINK_CHARS`] characters.
    pub link: String,
    /// SHA-256 of the file (ONIX list 162, 08), 64 lower-case hexadecimal figures.
    #[serde(default)]
    pub sha256: Option<String>,
    /// MD5 of the file (06), 32 lower-case hexadecimal figures.
    #[serde(default)]
    pub md5: Option<String>,
    /// Its exact size in bytes (07).
    #[serde(default)]
    pub bytes: Option<u64>,
    /// The day it was last changed (list 155, 17).
    #[serde(default)]
    pub updated: Option<jiff::civil::Date>,
}

impl CoverLink {
    /// A link of which nothing is said.
    pub fn of(link: String) -> CoverLink {
        CoverLink {
            link,
            sha256: None,
            md5: None,
            bytes: None,
            updated: None,
        }
    }
}

/// What a reader pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Euro, VAT included.
    pub amount: Money,
    /// Whether the publisher fixed it by law.
    pub regime: PriceRegime,
}

/// A price that begins on a day: what [`Edition::price`] says ends with the day before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceChange {
    /// The first day.
    pub from: jiff::civil::Date,
    /// The price from then on; none when it has no price then.
    pub price: Option<Price>,
}

/// Days before which the publisher forbids something (O12); most books have none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embargo {
    /// Not to be shown before.
    pub display: Option<jiff::civil::Date>,
    /// Not to be ordered before.
    pub order: Option<jiff::civil::Date>,
    /// Not to be handed over before.
    pub delivery: Option<jiff::civil::Date>,
}

/// What a reader wrote about an edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The shop's own number; 0 before it is stored.
    pub id: i64,
    /// The book.
    pub edition: EditionId,
    /// 1 (worst) to 5.
    pub rating: u8,
    /// A line above the text.
    pub title: String,
    /// The text, plain.
    pub body: String,
    /// The name the reader signs with.
    pub author: String,
    /// The language it is written in.
    pub language: Language,
    /// The day it was written.
    pub written: jiff::civil::Date,
    /// Made up for the demo: pages must say so.
    pub generated: bool,
}

impl Edition {
    /// An edition of which only the title is known; the rest is filled in by field.
    pub fn titled(title: impl Into<String>) -> Self {
        Edition {
            id: unset_edition(),
            work: unset_work(),
            isbn: None,
            other_isbns: Vec::new(),
            flagged_isbns: Vec::new(),
            title: title.into(),
            subtitle: None,
            original_title: None,
            contributors: Vec::new(),
            publisher: None,
            collection: None,
            series: None,
            language: None,
            published: None,
            form: Form::Other,
            pages: None,
            subjects: Vec::new(),
            texts: Vec::new(),
            cover: None,
            price: None,
            price_changes: Vec::new(),
            availability: unknown_availability(),
            goods: new_book(),
            school_book: false,
            embargo: Embargo::default(),
            popularity: 0,
            generated: false,
            records: Vec::new(),
        }
    }

    /// The shop subject it is shelved under: the first of its codes that the shop knows, else its keywords.
    pub fn subject(&self) -> Option<ShopSubject> {
        subject::of(&self.subjects)
    }

    /// The best description for a reader of `locale`: a summary in their language, else any, else a short one.
    pub fn summary(&self, locale: Locale) -> Option<&Text> {
        let wanted = Language::parse(locale.code()).ok();
        [TextKind::Summary, TextKind::ShortDescription]
            .into_iter()
            .find_map(|kind| {
                let of_kind = || self.texts.iter().filter(move |text| text.kind == kind);
                of_kind()
                    .find(|text| text.language.is_some() && text.language == wanted)
                    .or_else(|| of_kind().next())
            })
    }

    /// Those whose names stand under the title: up to three authors, else the first other contributor.
    pub fn byline(&self) -> String {
        let authors: Vec<&str> = self.authors().map(|author| author.name.as_str()).collect();
        match authors.as_slice() {
            [] => self
                .contributors
                .first()
                .map(|other| other.name.clone())
                .unwrap_or_default(),
            [first, second, third, _, ..] => format!("{first}, {second}, {third}…"),
            few => few.join(", "),
        }
    }

    /// The contributors who are authors.
    pub fn authors(&self) -> impl Iterator<Item = &Contributor> {
        self.contributors
            .iter()
            .filter(|contributor| contributor.role == ContributorRole::Author)
    }

    /// The title as the last part of an address: lower-case ASCII words joined by hyphens, at most 80 bytes;
    /// empty when the title has no letter that can be written so.
    pub fn slug(&self) -> String {
        text::slug(&self.title)
    }

    /// Every valid ISBN that must find this edition, its own first.
    pub fn isbns(&self) -> impl Iterator<Item = Isbn13> + '_ {
        self.isbn
            .into_iter()
            .chain(self.other_isbns.iter().copied())
    }

    /// What a reader pays on `day`, which is not before the day the record was read.
    pub fn price_on(&self, day: jiff::civil::Date) -> Option<Price> {
        let begun = self.price_changes.iter().rev();
        let mut begun = begun.skip_while(|change| day < change.from);
        begun.next().map_or(self.price, |change| change.price)
    }

    /// The edition as on `day`, which is not before the day the record was read: with that day's price, and only such
    /// embargoes and changes as are still to come (O12).
    #[must_use]
    pub fn on(mut self, day: jiff::civil::Date) -> Edition {
        self.price = self.price_on(day);
        self.price_changes.retain(|change| day < change.from);
        let to_come = |date: &jiff::civil::Date| day < *date;
        self.embargo = Embargo {
            display: self.embargo.display.filter(to_come),
            order: self.embargo.order.filter(to_come),
            delivery: self.embargo.delivery.filter(to_come),
        };
        self
    }

    /// The next day on which it changes by itself.
    pub fn turns_on(&self) -> Option<jiff::civil::Date> {
        let Embargo {
            display,
            order,
            delivery,
        } = self.embargo;
        let prices = self.price_changes.iter().map(|change| change.from);
        [display, order, delivery]
            .into_iter()
            .flatten()
            .chain(prices)
            .min()
    }

    /// Whether a reader can order it: it has a price, the publisher allows it, and the supplier delivers.
    pub fn buyable(&self) -> bool {
        self.price.is_some() && self.embargo.order.is_none() && self.availability.buyable()
    }
}

fn unset_edition() -> EditionId {
    EditionId(0)
}

fn unset_work() -> WorkId {
    WorkId(0)
}

fn unknown_availability() -> Availability {
    Availability::Unknown
}

fn new_book() -> Goods {
    Goods::NewBook
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use jiff::civil::date;

    use super::*;

    #[test]
    fn o12_the_price_changes_with_the_day_and_not_with_the_next_message() {
        let price = |cents| {
            Some(Price {
                amount: Money::cents(cents),
                regime: PriceRegime::FixedFr,
            })
        };
        let change = |from, price| PriceChange { from, price };
        let edition = Edition {
            price: price(999),
            price_changes: vec![
                change(date(2026, 12, 1), price(499)),
                change(date(2026, 12, 25), None),
            ],
            ..Edition::titled("T")
        };
        assert_eq!(edition.price_on(date(2026, 11, 30)), price(999));
        assert_eq!(edition.price_on(date(2026, 12, 1)), price(499));
        assert_eq!(edition.price_on(date(2026, 12, 24)), price(499));
        assert_eq!(edition.price_on(date(2027, 1, 1)), None);
    }

    #[test]
    fn documents_of_an_older_program_are_still_read() {
        let edition: Edition = serde_json::from_str("{\"title\":\"T\"}").unwrap();
        assert_eq!(edition, Edition::titled("T"));
    }
}
