//! Rows whose cells stand one column too far: an empty cell too many, one too few, or a separator inside a text.
//!
//! Only columns whose values have an unmistakable shape can tell. A row is moved when they fit afterwards and did not
//! before, and when the column that their value was found in does not hold such values anyway.

use super::mapping::Field;
use super::rows::Row;
use super::values::{self, Amount, DateOrder};
use crate::import::isbn::{self, Number};

/// Share of a column's filled cells, in per cent, from which on a shape is usual there.
const USUAL_SHARE: usize = 50;

/// A value that is recognised anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Isbn,
    Price,
    Date,
    /// `Place : Publisher, year`.
    Imprint,
}

const SHAPES: [Shape; 4] = [Shape::Isbn, Shape::Price, Shape::Date, Shape::Imprint];

/// Widest table whose rows are moved: every place is tried, and exports with more columns are made by machines.
const WIDTH_MAX: usize = 64;

/// What is known of a table's columns.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// The shape that a column's field has, where the column usually has it as well.
    expected: Vec<Option<Shape>>,
    /// The shapes that a column usually has.
    usual: Vec<Vec<Shape>>,
    width: usize,
    separator: char,
}

/// What was wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shift {
    TooMany,
    TooFew,
    SeparatorInText,
}

impl Columns {
    /// Looks at the first rows.
    pub(super) fn of(
        fields: &[Option<Field>],
        width: usize,
        separator: char,
        rows: &[Row],
    ) -> Columns {
        let usual: Vec<Vec<Shape>> = (0..width.min(WIDTH_MAX))
            .map(|place| {
                SHAPES
                    .into_iter()
                    .filter(|shape| is_usual(rows, place, *shape))
                    .collect()
            })
            .collect();
        let expected = fields
            .iter()
            .zip(&usual)
            .map(|(field, usual)| wanted((*field)?).filter(|wanted| usual.contains(wanted)))
            .collect();
        Columns {
            expected,
            usual,
            width,
            separator,
        }
    }

    /// Puts the cells of a row where they belong, if they are not.
    pub(super) fn realign(&self, cells: &mut Vec<String>) -> Option<Shift> {
        let before = self.merit(cells);
        if before.wrong == 0 || self.width > WIDTH_MAX || cells.len() > WIDTH_MAX {
            return None;
        }
        let better = (0..cells.len())
            .flat_map(|place| self.candidates(cells, place))
            .filter_map(|candidate| {
                let merit = self.merit(&candidate.cells);
                let is_better = merit.right > before.right
                    && merit.wrong < before.wrong
                    && !self.is_borrowed(cells, &candidate);
                is_better.then_some(((merit.right, candidate.likelihood), candidate))
            })
            .max_by_key(|(merit, _)| *merit);
        better.map(|(_, candidate)| {
            *cells = candidate.cells;
            candidate.shift
        })
    }

    fn candidates(&self, cells: &[String], place: usize) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        if cells
            .get(place)
            .is_some_and(|cell| values::is_nothing(cell))
        {
            let mut fewer = cells.to_vec();
            fewer.remove(place);
            // Of equally good places the last: what stands before it is right.
            candidates.push(Candidate::of(fewer, Shift::TooMany, place));
        }
        if cells.len() < self.width {
            let mut more = cells.to_vec();
            more.insert(place, String::new());
            candidates.push(Candidate::of(more, Shift::TooFew, place));
        }
        if let Some(next) = cells.get(place + 1).filter(|_| cells.len() > self.width) {
            let mut joined = cells.to_vec();
            let text = format!(
                "{}{}{next}",
                cells.get(place).map_or("", String::as_str),
                self.separator
            );
            joined.splice(place..=place + 1, [text]);
            // Behind a sign within a text stands a space; else the first place, where titles are.
            let likelihood = match next.starts_with(' ') {
                true => 2 * WIDTH_MAX,
                false => WIDTH_MAX - place.min(WIDTH_MAX),
            };
            candidates.push(Candidate::of(joined, Shift::SeparatorInText, likelihood));
        }
        candidates
    }

    /// Whether a column would get a value from one that usually has such values of its own.
    fn is_borrowed(&self, cells: &[String], candidate: &Candidate) -> bool {
        self.expected.iter().enumerate().any(|(place, expected)| {
            let Some(expected) = expected else {
                return false;
            };
            let holds =
                |cells: &[String]| cells.get(place).is_some_and(|cell| has(cell, *expected));
            let lender = match candidate.shift {
                Shift::TooMany | Shift::SeparatorInText => place.checked_add(1),
                Shift::TooFew => place.checked_sub(1),
            };
            let lends = lender
                .and_then(|lender| self.usual.get(lender))
                .is_some_and(|usual| usual.contains(expected));
            !holds(cells) && holds(&candidate.cells) && lends
        })
    }

    /// How many columns hold what they should, and how many hold something else or nothing.
    fn merit(&self, cells: &[String]) -> Merit {
        let mut merit = Merit::default();
        for (place, expected) in self.expected.iter().enumerate() {
            let Some(expected) = expected else { continue };
            let cell = cells.get(place).map_or("", String::as_str);
            if has(cell, *expected) {
                merit.right += 1;
            } else {
                merit.wrong += 1;
            }
        }
        merit
    }
}

/// A row as it could be meant.
struct Candidate {
    cells: Vec<String>,
    shift: Shift,
    likelihood: usize,
}

impl Candidate {
    fn of(cells: Vec<String>, shift: Shift, likelihood: usize) -> Candidate {
        Candidate {
            cells,
            shift,
            likelihood,
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Merit {
    right: usize,
    wrong: usize,
}

fn wanted(field: Field) -> Option<Shape> {
    match field {
        Field::Isbn => Some(Shape::Isbn),
        Field::Price | Field::PriceWithoutTax => Some(Shape::Price),
        Field::Published => Some(Shape::Date),
        Field::Publisher => Some(Shape::Imprint),
        _ => None,
    }
}

fn has(cell: &str, shape: Shape) -> bool {
    match shape {
        Shape::Isbn => matches!(
            isbn::read(cell),
            Number::Sound(_) | Number::Padded(_) | Number::Rounded(_)
        ),
        Shape::Price => matches!(values::amount(cell), Amount::Euro(_)),
        Shape::Date => values::date(cell, DateOrder::DayFirst, jiff::civil::Date::MAX).is_some(),
        Shape::Imprint => values::imprint(cell).is_some(),
    }
}

fn is_usual(rows: &[Row], place: usize, shape: Shape) -> bool {
    let filled: Vec<&String> = rows
        .iter()
        .filter_map(|row| row.cells.get(place))
        .filter(|cell| !values::is_nothing(cell))
        .collect();
    let fitting = filled.iter().filter(|cell| has(cell, shape)).count();
    !filled.is_empty() && fitting * 100 >= filled.len() * USUAL_SHARE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    fn columns() -> Columns {
        let fields = [
            Some(Field::Title),
            Some(Field::Author),
            Some(Field::Publisher),
            None,
            None,
        ];
        let right = Row {
            cells: row(&["T", "A", "Paris : Quai, 1998", "C", "-"]),
            ..Row::default()
        };
        Columns::of(&fields, 5, ';', &[right])
    }

    #[test]
    fn i6_cells_come_back_to_their_columns() {
        for (sent, better, shift) in [
            (
                vec!["T", "-", "-", "Paris : Quai, 1998", "C"],
                vec!["T", "-", "Paris : Quai, 1998", "C"],
                Some(Shift::TooMany),
            ),
            (
                vec!["T", "Paris : Quai, 1998", "C", "D"],
                vec!["T", "", "Paris : Quai, 1998", "C", "D"],
                Some(Shift::TooFew),
            ),
            (
                vec!["T ", " t", "A", "Paris : Quai, 1998", "C", "D"],
                vec!["T ; t", "A", "Paris : Quai, 1998", "C", "D"],
                Some(Shift::SeparatorInText),
            ),
            (
                vec!["T", "A", "Paris : Quai, 1998", "C"],
                vec!["T", "A", "Paris : Quai, 1998", "C"],
                None,
            ),
            (
                vec!["T", "A", "Quai", "C", "D"],
                vec!["T", "A", "Quai", "C", "D"],
                None,
            ),
        ] {
            let mut cells = row(&sent);
            assert_eq!(
                (columns().realign(&mut cells), cells),
                (shift, row(&better))
            );
        }
    }

    #[test]
    fn an_empty_price_is_not_the_price_beside_it() {
        let fields = [Some(Field::Title), Some(Field::Price), None];
        let rows: Vec<Row> = [["T", "12,50", "8,10"], ["T", "9,90", "7"]]
            .iter()
            .map(|cells| Row {
                cells: row(cells),
                ..Row::default()
            })
            .collect();
        let columns = Columns::of(&fields, 3, ';', &rows);
        let mut cells = row(&["T", "", "8,10"]);
        assert_eq!(columns.realign(&mut cells), None);
    }
}
