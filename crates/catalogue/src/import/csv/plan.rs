//! How the rows of one table are read: its mapping applied to its columns, and what its first rows show of its habits.

use jiff::civil::Date;

use super::mapping::{Field, Mapping};
use super::rows::Row;
use super::shift::Columns;
use super::values::{self, DateOrder};
use crate::import::Rejection;
use crate::import::Remark;
use crate::import::report::listed;
use crate::model::PriceRegime;

/// Share of titles, in per cent, with ` / ` in them, from which on what follows is a statement of responsibility.
const STATEMENT_SHARE: usize = 20;

/// Everything that reading a row needs.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) sender: String,
    pub(super) prices: PriceRegime,
    pub(super) fields: Vec<Option<Field>>,
    pub(super) columns: Columns,
    pub(super) dates: DateOrder,
    /// Names stand as `Hugo, Victor`.
    pub(super) inverted: bool,
    /// Titles end with ` / ` and who is responsible.
    pub(super) statements: bool,
    pub(super) today: Date,
}

impl Plan {
    /// Applies a mapping to a table of which these are the first rows, headings left out.
    pub(super) fn of(
        mapping: &Mapping,
        headings: &[String],
        rows: &[Row],
        separator: char,
        today: Date,
    ) -> Result<Plan, Rejection> {
        let width = match headings.len() {
            0 => rows.iter().map(|row| row.cells.len()).max().unwrap_or(0),
            width => width,
        };
        let fields = mapping
            .fields(headings, width)
            .map_err(|unknown| unknown_columns(&unknown, headings))?;
        if !fields.contains(&Some(Field::Title)) {
            return Err(no_title(headings, rows));
        }
        let columns = Columns::of(&fields, width, separator, rows);
        let cells = |wanted: fn(Field) -> bool| cells_of(&fields, rows, wanted);
        let titles = cells(|field| field == Field::Title);
        let stated = titles.iter().filter(|title| title.contains(" / ")).count();
        Ok(Plan {
            sender: mapping.sender.clone(),
            prices: mapping.prices,
            dates: values::date_order(cells(|field| field == Field::Published).into_iter()),
            inverted: are_inverted(&cells(|field| field.role().is_some())),
            statements: stated * 100 > titles.len() * STATEMENT_SHARE,
            columns,
            fields,
            today,
        })
    }
}

fn cells_of<'r>(
    fields: &[Option<Field>],
    rows: &'r [Row],
    wanted: fn(Field) -> bool,
) -> Vec<&'r str> {
    rows.iter()
        .flat_map(|row| row.cells.iter().zip(fields))
        .filter(|(cell, field)| field.is_some_and(wanted) && !values::is_nothing(cell))
        .map(|(cell, _)| cell.trim())
        .collect()
}

/// Whether names stand as `Hugo, Victor` in this column, or as `Victor Hugo, Paul Meurice`.
fn are_inverted(cells: &[&str]) -> bool {
    let mut votes = 0_i64;
    for cell in cells {
        let family = cell.split(',').next().unwrap_or(cell);
        let is_one_word = family.split_whitespace().count() == 1;
        votes += match (cell.contains(','), is_one_word) {
            (true, true) => 1,
            (true, false) | (false, false) => -1,
            // A single word says nothing.
            (false, true) => 0,
        };
    }
    votes > 0
}

fn unknown_columns(unknown: &[String], headings: &[String]) -> Rejection {
    Rejection::error(Remark::UnknownColumns {
        unknown: listed(unknown),
        columns: listed(headings),
    })
}

fn no_title(headings: &[String], rows: &[Row]) -> Rejection {
    let columns = match headings.is_empty() {
        false => listed(headings),
        true => {
            let first = rows
                .first()
                .map(|row| row.cells.as_slice())
                .unwrap_or_default();
            let numbered = first.iter().take(30).enumerate().map(|(place, cell)| {
                format!(
                    "#{} ({})",
                    place + 1,
                    cell.chars().take(20).collect::<String>()
                )
            });
            numbered.collect::<Vec<_>>().join(", ")
        }
    };
    Rejection::error(Remark::NoTitleColumn { columns })
}
