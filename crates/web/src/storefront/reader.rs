//! The reader a page is written for: language, words, and the shop's own addresses in that language.

use std::fmt::Write as _;

use catalogue::covers::Picture;
use catalogue::thema::HeadingLanguage;
use fluent_bundle::FluentValue;
use jiff::civil::Date;
use trade::ids::EditionId;
use trade::locale::{self, Locale};
use trade::money::Money;

use crate::covers::CoverBoard;
use crate::i18n::{self, Words};
use crate::state::Settings;

/// Everything a page needs to know besides its subject. Holds nothing personal, so that pages can be shared.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The language.
    pub locale: Locale,
    /// The language of Thema's headings.
    pub headings: HeadingLanguage,
    /// What the bookseller configured.
    pub settings: &'a Settings,
    /// Path and query of this page without the language, for the switch to the other one.
    pub here: &'a str,
    /// Suppliers' covers, where the page shows books.
    pub covers: Option<&'a CoverBoard>,
}

impl<'a> Reader<'a> {
    /// A reader of `locale` at `here`.
    pub fn new(locale: Locale, settings: &'a Settings, here: &'a str) -> Reader<'a> {
        Reader {
            locale,
            headings: locale.into(),
            settings,
            here,
            covers: None,
        }
    }

    /// The same reader where books are shown with suppliers' covers; without, covers are drawn.
    pub fn with_covers(self, covers: &'a CoverBoard) -> Reader<'a> {
        Reader {
            covers: Some(covers),
            ..self
        }
    }

    /// The same reader where subjects are shown: see [`Visitor::headings`](crate::visitor::Visitor::headings). The key
    /// of the page must hold the language too.
    pub fn with_headings(self, headings: HeadingLanguage) -> Reader<'a> {
        Reader { headings, ..self }
    }

    /// The supplier's picture of an edition's cover.
    pub fn picture(&self, edition: EditionId) -> Option<Picture> {
        self.covers?.picture(edition)
    }

    /// The words of the language.
    pub fn words(&self) -> &'static Words {
        i18n::words(self.locale)
    }

    /// See [`Words::say`].
    pub fn say(&self, id: &'static str) -> &'static str {
        self.words().say(id)
    }

    /// See [`Words::one_of`].
    pub fn one_of(&self, group: &str, code: &'static str) -> &'static str {
        self.words().one_of(group, code)
    }

    /// See [`Words::tell`].
    pub fn tell(&self, id: &str, variables: &[(&'static str, FluentValue<'_>)]) -> String {
        self.words().tell(id, variables)
    }

    /// A sentence with a day in it.
    pub fn on_day(&self, id: &str, day: Date) -> String {
        self.tell(id, &[("day", locale::format_date(day, self.locale).into())])
    }

    /// A sentence with one count in it, which chooses the plural and is shown.
    pub fn count(&self, id: &str, count: u64) -> String {
        let shown = self.number(count);
        self.tell(
            id,
            &[
                ("count", FluentValue::from(count as f64)),
                ("shown", FluentValue::from(shown)),
            ],
        )
    }

    /// A page of the shop in this language: `/fr/cart`.
    pub fn path(&self, path: &str) -> String {
        format!("/{}{path}", self.locale.code())
    }

    /// The same with scheme and host.
    pub fn url(&self, path: &str) -> String {
        format!("{}{}", self.settings.public_url, self.path(path))
    }

    /// An amount.
    pub fn money(&self, amount: Money) -> String {
        locale::format_money(amount, self.locale)
    }

    /// A count.
    pub fn number(&self, number: u64) -> String {
        locale::format_number(i64::try_from(number).unwrap_or(i64::MAX), self.locale)
    }

    /// The colon of the language: French sets a space before it.
    pub fn colon(&self) -> &'static str {
        match self.locale {
            Locale::Fr => "\u{a0}:",
            Locale::En => ":",
        }
    }
}

/// Percent-encodes a value for a query.
pub fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 8);
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte))
            }
            b' ' => out.push('+'),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_query_survives_its_address() {
        assert_eq!(super::encoded("l'été & moi"), "l%27%C3%A9t%C3%A9+%26+moi");
    }
}
