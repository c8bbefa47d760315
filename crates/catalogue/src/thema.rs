//! Thema, the book trade's subject scheme: codes with their headings in fifteen languages ([`HeadingLanguage`]).
//!
//! A code says its own place: each prefix that is a code too is a wider subject. Where EDItEUR gives another parent
//! (37 French regions grouped by reform), the nearest prefix is used all the same, because it is wider too. What
//! leads a book to one of the shop's own shelves is [`crate::subject`].

mod language;

use std::sync::LazyLock;

pub use self::language::HeadingLanguage;

/// The codes, sorted. English has a heading for each.
static CODES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| HeadingLanguage::English.rows().map(|row| row.0).collect());

/// A code of the scheme. Ordered as the scheme is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thema(u16);

impl Thema {
    /// The code, as publishers write it: `FBA`, `1DDF-FR-A`.
    pub fn parse(code: &str) -> Option<Thema> {
        let code = code.trim().to_ascii_uppercase();
        let place = CODES.binary_search(&code.as_str()).ok()?;
        u16::try_from(place).ok().map(Thema)
    }

    /// Every code, qualifiers too, in the order of the scheme.
    pub fn all() -> impl Iterator<Item = Thema> {
        (0..CODES.len()).filter_map(|place| u16::try_from(place).ok().map(Thema))
    }

    /// The widest subjects; qualifiers, which begin with a figure, are none.
    pub fn widest() -> impl Iterator<Item = Thema> {
        Thema::all().filter(|thema| thema.code().len() == 1 && !thema.is_qualifier())
    }

    /// The code.
    pub fn code(self) -> &'static str {
        CODES.get(usize::from(self.0)).copied().unwrap_or_default()
    }

    /// Whether it only narrows a subject: a place, a language, a time, readers.
    pub fn is_qualifier(self) -> bool {
        self.code()
            .starts_with(|first: char| first.is_ascii_digit())
    }

    /// The next wider subject.
    pub fn wider(self) -> Option<Thema> {
        let code = self.code();
        (1..code.len())
            .rev()
            .filter_map(|end| code.get(..end))
            .find_map(Thema::parse)
    }

    /// The wider subjects, the widest first.
    pub fn path(self) -> Vec<Thema> {
        let mut path: Vec<Thema> =
            std::iter::successors(self.wider(), |thema| thema.wider()).collect();
        path.reverse();
        path
    }

    /// The next narrower subjects.
    pub fn narrower(self) -> impl Iterator<Item = Thema> {
        let first = usize::from(self.0) + 1;
        // What begins with the code stands right behind it.
        Thema::all()
            .skip(first)
            .take_while(move |thema| thema.code().starts_with(self.code()))
            .filter(move |thema| thema.wider() == Some(self))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_codes_are_whole_and_sorted() {
        assert_eq!(CODES.len(), 6_748);
        assert!(CODES.is_sorted_by(|one, other| one < other));
    }

    #[test]
    fn a_code_knows_its_place() {
        let thema = Thema::parse(" fba ").unwrap();
        let path: Vec<&str> = thema.path().into_iter().map(Thema::code).collect();
        assert_eq!(path, ["F", "FB"]);
        let wider = thema.wider().unwrap();
        assert!(wider.narrower().any(|narrower| narrower == thema));
        assert!(
            wider
                .narrower()
                .all(|narrower| narrower.wider() == Some(wider))
        );
        assert_eq!(Thema::parse("ZZZ"), None);
        assert!(Thema::parse("1DDF-FR-A").unwrap().is_qualifier());
    }

    #[test]
    fn every_subject_is_reached_from_the_widest() {
        assert_eq!(Thema::widest().count(), 20);
        let mut reached = 0;
        let mut open: Vec<Thema> = Thema::all()
            .filter(|thema| thema.wider().is_none())
            .collect();
        while let Some(thema) = open.pop() {
            reached += 1;
            open.extend(thema.narrower());
        }
        assert_eq!(reached, CODES.len());
    }
}
