//! What booksellers type into the forms of the back office, made into what can be kept: lines, texts, periods.
//!
//! Text stays text: nothing here reads markup, and pages escape what they print.

use jiff::civil::Date;
use storage::{Fault, Row, Value};

use crate::{columns, reviews};

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing was typed.
    Missing,
    /// Longer than there is room.
    TooLong {
        /// Characters there is room for.
        max: usize,
    },
    /// More lines than are kept.
    TooMany {
        /// Lines there is room for.
        max: usize,
    },
    /// Two phrases at least are needed.
    TooFew,
    /// A phrase that has no letter and no figure.
    NoWord,
    /// A phrase that another one of the same rule holds.
    ContainsItself,
    /// No edition of the shop.
    UnknownBook,
    /// No code of the Thema scheme.
    UnknownSubject,
    /// Nothing that can be chosen here.
    UnknownChoice,
    /// No number that can be taken here.
    OutOfRange,
    /// No day of the calendar.
    NotADay,
    /// A last day before the first.
    EndsBeforeItBegins,
}

/// What became of saving what a form sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is kept.
    Done,
    /// There are as many of its kind as are kept.
    Full,
    /// What was to be changed is gone.
    Gone,
}

/// Every field that is wrong, by its name in the form.
pub type Flaws = Vec<(&'static str, Flaw)>;

/// A text of one line.
///
/// # Errors
/// What is wrong with it.
pub fn line(typed: &str, max: usize) -> Result<String, Flaw> {
    reviews::line(typed, max).map_err(Flaw::from)
}

/// A text of paragraphs.
///
/// # Errors
/// What is wrong with it.
pub fn text(typed: &str, max: usize) -> Result<String, Flaw> {
    reviews::text(typed, max).map_err(Flaw::from)
}

/// What may be left empty.
pub(crate) fn optional(read: Result<String, Flaw>) -> Result<String, Flaw> {
    match read {
        Err(Flaw::Missing) => Ok(String::new()),
        other => other,
    }
}

impl From<reviews::Flaw> for Flaw {
    fn from(flaw: reviews::Flaw) -> Flaw {
        match flaw {
            reviews::Flaw::TooLong { max } => Flaw::TooLong { max },
            reviews::Flaw::NotADay | reviews::Flaw::InTheFuture => Flaw::NotADay,
            reviews::Flaw::Missing | reviews::Flaw::BadEmail => Flaw::Missing,
        }
    }
}

/// From the first day until the last, both included; without a bound where none was given. Days are days in Paris.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub until: Option<Date>,
}

impl Period {
    /// Reads the fields `from` and `until`, each a day such as `2026-11-26` or empty.
    ///
    /// # Errors
    /// The fields that are wrong.
    pub fn check(from: &str, until: &str) -> Result<Period, Flaws> {
        let mut flaws = Flaws::new();
        let mut day = |field, typed: &str| match typed.trim() {
            "" => None,
            typed => typed
                .parse::<Date>()
                .map_err(|_| flaws.push((field, Flaw::NotADay)))
                .ok(),
        };
        let (from, until) = (day("from", from), day("until", until));
        if from.zip(until).is_some_and(|(from, until)| until < from) {
            flaws.push(("until", Flaw::EndsBeforeItBegins));
        }
        if flaws.is_empty() {
            Ok(Period { from, until })
        } else {
            Err(flaws)
        }
    }

    /// Whether `day` lies in it.
    pub fn holds(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    /// Whether it is over on `day`.
    pub fn is_over(&self, day: Date) -> bool {
        self.until.is_some_and(|until| until < day)
    }

    pub(crate) fn columns(self) -> [Value; 2] {
        [self.from, self.until].map(|day| day.map(|day| day.to_string()).into())
    }

    /// Read from two columns that begin with `column`.
    pub(crate) fn of_columns(row: &Row, column: usize) -> Result<Period, Fault> {
        let day = |column| row.opt_text(column)?.map(columns::parsed).transpose();
        Ok(Period {
            from: day(column)?,
            until: day(column + 1)?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_period_holds_its_first_and_last_day() {
        let december = Period::check("2026-12-01", " 2026-12-31 ").unwrap();
        let held = [(11, 30), (12, 1), (12, 31)]
            .map(|(month, day)| december.holds(date(2026, month, day)));
        assert_eq!(held, [false, true, true]);
        assert!(december.is_over(date(2027, 1, 1)));
        assert!(Period::check("", "").unwrap().holds(date(1900, 1, 1)));
    }

    #[test]
    fn a_period_that_cannot_be_is_told_by_its_fields() {
        assert_eq!(
            Period::check("2026-13-01", "soon"),
            Err(vec![("from", Flaw::NotADay), ("until", Flaw::NotADay)])
        );
        assert_eq!(
            Period::check("2026-12-02", "2026-12-01"),
            Err(vec![("until", Flaw::EndsBeforeItBegins)])
        );
    }
}
