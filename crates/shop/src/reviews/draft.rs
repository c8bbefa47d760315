//! A review as typed becomes one that can be kept, or says field by field what is wrong.
//!
//! Text stays text: nothing here reads markup, and pages escape what they print.

use jiff::civil::{Date, date};
use trade::{address::Email, address::FieldProblem, language::Language};

use super::limits;

/// The fields of the form, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct Typed {
    /// 1 to 5.
    pub rating: String,
    /// A line above the text.
    pub title: String,
    /// The text.
    pub body: String,
    /// What the reader signs with.
    pub signature: String,
    /// The code of the language of the text.
    pub language: String,
    /// The day of the experience, as `2026-11-25`.
    pub experienced: String,
    /// The reader's address, where no order proves it.
    pub email: String,
}

/// A review that can be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// 1 (worst) to 5.
    pub rating: Rating,
    /// A line above the text.
    pub title: String,
    /// The text: paragraphs separated by an empty line.
    pub body: String,
    /// What the reader signs with.
    pub signature: String,
    /// The language of the text.
    pub language: Language,
    /// The day she read the book, or near it.
    pub experienced: Date,
}

/// One to five stars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rating(u8);

impl Rating {
    /// A rating from 1 to 5.
    pub fn new(stars: u8) -> Option<Rating> {
        (1..=5).contains(&stars).then_some(Rating(stars))
    }

    /// The number of stars.
    pub fn stars(self) -> u8 {
        self.0
    }
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Stars.
    Rating,
    /// The line above.
    Title,
    /// The text.
    Body,
    /// The name below.
    Signature,
    /// The language.
    Language,
    /// The day of the experience.
    Experienced,
    /// The address.
    Email,
}

impl Field {
    /// Every field.
    pub const ALL: [Field; 7] = [
        Field::Rating,
        Field::Title,
        Field::Body,
        Field::Signature,
        Field::Language,
        Field::Experienced,
        Field::Email,
    ];

    /// Its name in the form.
    pub const fn name(self) -> &'static str {
        match self {
            Field::Rating => "rating",
            Field::Title => "title",
            Field::Body => "body",
            Field::Signature => "signature",
            Field::Language => "language",
            Field::Experienced => "experienced",
            Field::Email => "email",
        }
    }
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing was typed or chosen.
    Missing,
    /// Longer than there is room.
    TooLong {
        /// Characters there is room for.
        max: usize,
    },
    /// No day of the calendar, or one before books were printed.
    NotADay,
    /// A day that has not come yet.
    InTheFuture,
    /// No e-mail address.
    BadEmail,
}

/// Days before this one are slips of the keyboard.
const FIRST_DAY: Date = date(1900, 1, 1);

impl Draft {
    /// Reads what was typed on `today`.
    ///
    /// # Errors
    /// Every field that is wrong, in the order of the form.
    pub fn check(typed: &Typed, today: Date) -> Result<Draft, Vec<(Field, Flaw)>> {
        let mut flaws = Vec::new();
        let rating = kept(
            &mut flaws,
            Field::Rating,
            typed
                .rating
                .parse()
                .ok()
                .and_then(Rating::new)
                .ok_or(Flaw::Missing),
        );
        let title = kept(
            &mut flaws,
            Field::Title,
            line(&typed.title, limits::TITLE_CHARS),
        );
        let body = kept(
            &mut flaws,
            Field::Body,
            text(&typed.body, limits::BODY_CHARS),
        );
        let signature = kept(
            &mut flaws,
            Field::Signature,
            line(&typed.signature, limits::SIGNATURE_CHARS),
        );
        let language = kept(
            &mut flaws,
            Field::Language,
            Language::parse(&typed.language).map_err(|_| Flaw::Missing),
        );
        let experienced = kept(
            &mut flaws,
            Field::Experienced,
            day(&typed.experienced, today),
        );
        match (rating, title, body, signature, language, experienced) {
            (
                Some(rating),
                Some(title),
                Some(body),
                Some(signature),
                Some(language),
                Some(experienced),
            ) => Ok(Draft {
                rating,
                title,
                body,
                signature,
                language,
                experienced,
            }),
            _ => Err(flaws),
        }
    }
}

/// Reads the address of a reader.
///
/// # Errors
/// What is wrong with it.
pub fn email(typed: &str) -> Result<Email, Flaw> {
    Email::parse(typed).map_err(|problem| match problem {
        FieldProblem::Missing => Flaw::Missing,
        FieldProblem::TooLong { max } => Flaw::TooLong { max },
        _ => Flaw::BadEmail,
    })
}

/// By what a reader is known: her address, whatever the case she types it in.
pub(super) fn author(email: &Email) -> String {
    email.as_str().to_lowercase()
}

fn kept<T>(flaws: &mut Vec<(Field, Flaw)>, field: Field, read: Result<T, Flaw>) -> Option<T> {
    read.map_err(|flaw| flaws.push((field, flaw))).ok()
}

/// A text of one line, without characters that nobody sees.
pub(crate) fn line(typed: &str, max: usize) -> Result<String, Flaw> {
    let words = typed
        .split_whitespace()
        .map(|word| word.chars().filter(|c| !is_unseen(*c)).collect::<String>())
        .filter(|word| !word.is_empty());
    limited(words.collect::<Vec<_>>().join(" "), max)
}

/// A text of paragraphs: lines end in one way, and no gap is larger than one empty line.
pub(crate) fn text(typed: &str, max: usize) -> Result<String, Flaw> {
    let mut shown = String::with_capacity(typed.len());
    let mut empty = 0;
    for line in typed.lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty <= 1 {
            shown.extend(line.chars().filter(|c| !is_unseen(*c)));
            shown.push('\n');
        }
    }
    limited(shown.trim().to_owned(), max)
}

fn limited(shown: String, max: usize) -> Result<String, Flaw> {
    match shown.chars().count() {
        0 => Err(Flaw::Missing),
        count if count > max => Err(Flaw::TooLong { max }),
        _ => Ok(shown),
    }
}

/// Control characters, and those that turn the direction of the text around them.
fn is_unseen(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

pub(super) fn day(typed: &str, today: Date) -> Result<Date, Flaw> {
    if typed.trim().is_empty() {
        return Err(Flaw::Missing);
    }
    let day: Date = typed.trim().parse().map_err(|_| Flaw::NotADay)?;
    match day {
        day if day > today => Err(Flaw::InTheFuture),
        day if day < FIRST_DAY => Err(Flaw::NotADay),
        day => Ok(day),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = date(2026, 11, 25);

    fn typed() -> Typed {
        Typed {
            rating: "4".into(),
            title: " Un  grand livre ".into(),
            body: "Je l’ai lu\r\nen un soir.\r\n\r\n\r\n\r\nEt relu.".into(),
            signature: "Jeanne L.".into(),
            language: "fr".into(),
            experienced: "2026-11-02".into(),
            email: String::new(),
        }
    }

    #[test]
    fn a_review_is_kept_tidy() {
        let draft = Draft::check(&typed(), TODAY).unwrap();
        assert_eq!(draft.title, "Un grand livre");
        assert_eq!(draft.body, "Je l’ai lu\nen un soir.\n\nEt relu.");
        assert_eq!(
            (draft.rating.stars(), draft.experienced),
            (4, date(2026, 11, 2))
        );
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once_in_the_order_of_the_form() {
        let wrong = Typed {
            rating: "6".into(),
            title: "x".repeat(limits::TITLE_CHARS + 1),
            body: " \n\u{202e}\n".into(),
            experienced: "2026-11-26".into(),
            ..Typed::default()
        };
        let flaws = Draft::check(&wrong, TODAY).unwrap_err();
        assert_eq!(
            flaws,
            [
                (Field::Rating, Flaw::Missing),
                (
                    Field::Title,
                    Flaw::TooLong {
                        max: limits::TITLE_CHARS
                    }
                ),
                (Field::Body, Flaw::Missing),
                (Field::Signature, Flaw::Missing),
                (Field::Language, Flaw::Missing),
                (Field::Experienced, Flaw::InTheFuture),
            ]
        );
        assert_eq!(day("31 février", TODAY), Err(Flaw::NotADay));
        assert_eq!(day("0001-01-01", TODAY), Err(Flaw::NotADay));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_form_or_outgrows_its_room(typed in any::<String>(), day in any::<String>()) {
            for kept in [line(&typed, 40), text(&typed, 40)].into_iter().flatten() {
                prop_assert!(kept.chars().count() <= 40 && !kept.is_empty());
                prop_assert!(!kept.chars().any(|c| is_unseen(c) && c != '\n'));
            }
            let _ = Draft::check(&Typed { body: typed, experienced: day, ..super::tests::typed() }, TODAY);
        }
    }
}
