//! Rows that hold between two days.

use std::error::Error;

use jiff::civil::Date;

/// The days a row holds, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    pub from: Date,
    pub to: Option<Date>,
}

impl Period {
    /// Reads both ends as ISO 8601 dates.
    pub fn read(from: &str, to: Option<&str>) -> Result<Period, Box<dyn Error>> {
        let from: Date = from.parse()?;
        let to: Option<Date> = to.map(str::parse).transpose()?;
        match to {
            Some(to) if to < from => {
                Err(format!("a row ends on {to}, before it begins on {from}").into())
            }
            _ => Ok(Period { from, to }),
        }
    }

    /// The code of an expression for this period.
    pub fn code(&self) -> String {
        let to = self
            .to
            .map_or("None".to_owned(), |to| format!("Some({})", date_code(to)));
        format!("from: {}, to: {to}", date_code(self.from))
    }
}

/// The code of an expression for a date.
pub fn date_code(date: Date) -> String {
    format!(
        "jiff::civil::date({}, {}, {})",
        date.year(),
        date.month(),
        date.day()
    )
}

/// Sorts and refuses periods that share a day; with `seamless` also those that leave one out or come to an end.
pub fn check(mut periods: Vec<Period>, seamless: bool) -> Result<Vec<Period>, Box<dyn Error>> {
    periods.sort_unstable();
    for pair in periods.windows(2) {
        let [earlier, later] = pair else { continue };
        let end = earlier
            .to
            .ok_or_else(|| format!("an open row is followed by one from {}", later.from))?;
        let next = end.tomorrow()?;
        if later.from < next || (seamless && later.from > next) {
            return Err(
                format!("a row ends on {end} and the next begins on {}", later.from).into(),
            );
        }
    }
    match periods.last() {
        None => Err("no row at all".into()),
        Some(last) if seamless && last.to.is_some() => Err("the last row must be open".into()),
        Some(_) => Ok(periods),
    }
}
