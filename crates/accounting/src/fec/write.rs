//! Writing the file: entries in the order they were validated, in UTF-8, every amount with two decimals.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::civil::Date;
use trade::money::Money;

use super::columns::COLUMNS;
use super::entry::{EntryLine, JournalEntry};
use super::name::{FileName, Siren};

/// What stands between fields (VI 1° c).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// A tabulation.
    Tab,
    /// `|`.
    Pipe,
}

impl Separator {
    /// The character.
    pub const fn as_char(self) -> char {
        match self {
            Separator::Tab => '\t',
            Separator::Pipe => '|',
        }
    }
}

/// The firm and the year whose entries are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exercise {
    /// The firm.
    pub siren: Siren,
    /// The year's first day.
    pub opening: Date,
    /// The year's last day.
    pub closing: Date,
    /// The code of the journal that carries over the balances of the year before; its entries come first (VII 3°).
    pub opening_journal: String,
}

impl Exercise {
    /// The name of the file (IX).
    pub fn file_name(&self) -> FileName {
        FileName {
            siren: self.siren,
            closing: self.closing,
        }
    }
}

/// Why entries cannot be written: the first entry that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// Not a code of a journal.
    #[error(
        "{0:?} is no code of a journal: one to ten capitals and digits that begin with a letter"
    )]
    JournalCode(String),
    /// A number is missing in a journal, or there twice.
    #[error("journal {journal}: entry {expected} should come, {found} is there")]
    Number {
        /// The journal.
        journal: String,
        /// The number that should come.
        expected: u32,
        /// The number that came.
        found: u32,
    },
    /// An entry with a higher number was validated on an earlier day.
    #[error("journal {journal}: entry {number} was validated before the one in front of it")]
    Order {
        /// The journal.
        journal: String,
        /// The entry.
        number: u32,
    },
    /// The lines do not add up to nothing.
    #[error("journal {journal}, entry {number}: debit and credit differ by {difference}")]
    Unbalanced {
        /// The journal.
        journal: String,
        /// The entry.
        number: u32,
        /// Debit less credit.
        difference: Money,
    },
    /// A line of nothing, or fewer than two lines.
    #[error(
        "journal {journal}, entry {number}: an entry has two lines at least, and no line of nothing"
    )]
    Lines {
        /// The journal.
        journal: String,
        /// The entry.
        number: u32,
    },
    /// Booked outside the year, or validated before it was booked.
    #[error("journal {journal}, entry {number}: booked outside the year, or validated before")]
    Date {
        /// The journal.
        journal: String,
        /// The entry.
        number: u32,
    },
    /// A text that must not be empty is, or an account that does not begin with three digits.
    #[error("journal {journal}, entry {number}: {field} is empty or wrong")]
    Field {
        /// The journal.
        journal: String,
        /// The entry.
        number: u32,
        /// The field's name in the file.
        field: &'static str,
    },
}

/// Writes the file of a year. The entries may come in any order; they are written in that of their validation, those
/// that carry balances over first.
///
/// In texts, what would separate fields or lines is written as a space.
pub fn write(
    exercise: &Exercise,
    separator: Separator,
    entries: &[JournalEntry],
) -> Result<String, Unwritable> {
    let mut ordered: Vec<&JournalEntry> = entries.iter().collect();
    ordered.sort_by_key(|entry| {
        let carries_over = entry.journal.code == exercise.opening_journal;
        (
            !carries_over,
            entry.validated,
            &entry.journal.code,
            entry.number,
        )
    });
    check_numbers(&ordered)?;
    let mut file = String::new();
    push_line(&mut file, separator, COLUMNS.map(str::to_owned));
    for entry in ordered {
        check_entry(exercise, entry)?;
        for line in &entry.lines {
            push_line(&mut file, separator, fields(entry, line)?);
        }
    }
    Ok(file)
}

/// Checks that each journal counts without a gap, in the order it was validated in.
fn check_numbers(ordered: &[&JournalEntry]) -> Result<(), Unwritable> {
    let mut last: BTreeMap<&str, u32> = BTreeMap::new();
    let mut numbers: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for entry in ordered {
        numbers
            .entry(&entry.journal.code)
            .or_default()
            .push(entry.number);
    }
    for (journal, numbers) in &mut numbers {
        numbers.sort_unstable();
        for (expected, found) in (1..).zip(numbers.iter().copied()) {
            if expected != found {
                let journal = (*journal).to_owned();
                return Err(Unwritable::Number {
                    journal,
                    expected,
                    found,
                });
            }
        }
    }
    for entry in ordered {
        let before = last.insert(&entry.journal.code, entry.number);
        if before.is_some_and(|before| before > entry.number) {
            let (journal, number) = (entry.journal.code.clone(), entry.number);
            return Err(Unwritable::Order { journal, number });
        }
    }
    Ok(())
}

fn check_entry(exercise: &Exercise, entry: &JournalEntry) -> Result<(), Unwritable> {
    let (journal, number) = (entry.journal.code.clone(), entry.number);
    let mut symbols = journal.bytes();
    let is_code = (1..=10).contains(&journal.len())
        && symbols.next().is_some_and(|byte| byte.is_ascii_uppercase())
        && symbols.all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !is_code {
        return Err(Unwritable::JournalCode(journal));
    }
    let in_year = (exercise.opening..=exercise.closing).contains(&entry.date);
    if !in_year || entry.validated < entry.date {
        return Err(Unwritable::Date { journal, number });
    }
    if entry.lines.len() < 2 || entry.lines.iter().any(|line| line.amount.is_zero()) {
        return Err(Unwritable::Lines { journal, number });
    }
    let difference: Money = entry.lines.iter().map(|line| line.amount).sum();
    if !difference.is_zero() {
        return Err(Unwritable::Unbalanced {
            journal,
            number,
            difference,
        });
    }
    Ok(())
}

/// The eighteen fields of a line. The house books in euros: the last two are blank (VII 1°).
fn fields(entry: &JournalEntry, line: &EntryLine) -> Result<[String; 18], Unwritable> {
    let wrong = |field| Unwritable::Field {
        journal: entry.journal.code.clone(),
        number: entry.number,
        field,
    };
    let text = |field, text: &str| {
        let text = plain(text);
        if text.is_empty() {
            Err(wrong(field))
        } else {
            Ok(text)
        }
    };
    let account = &line.account.number;
    let digits = account.bytes().take(3).filter(u8::is_ascii_digit).count();
    if digits != 3 {
        return Err(wrong("CompteNum"));
    }
    let (auxiliary, auxiliary_label) = match &line.auxiliary {
        Some(of) => (
            text("CompAuxNum", &of.number)?,
            text("CompAuxLib", &of.label)?,
        ),
        None => (String::new(), String::new()),
    };
    let (letter, lettered) = match &line.lettering {
        Some(of) => (text("EcritureLet", &of.code)?, day(of.date)),
        None => (String::new(), String::new()),
    };
    let nothing = Money::ZERO;
    let (debit, credit) = if line.amount.is_negative() {
        (nothing, -line.amount)
    } else {
        (line.amount, nothing)
    };
    Ok([
        entry.journal.code.clone(),
        text("JournalLib", &entry.journal.label)?,
        format!("{}{:06}", entry.journal.code, entry.number),
        day(entry.date),
        text("CompteNum", account)?,
        text("CompteLib", &line.account.label)?,
        auxiliary,
        auxiliary_label,
        text("PieceRef", &entry.piece.reference)?,
        day(entry.piece.date),
        text("EcritureLib", &entry.label)?,
        amount(debit),
        amount(credit),
        letter,
        lettered,
        day(entry.validated),
        String::new(),
        String::new(),
    ])
}

/// A text of one line without either separator: the administration's tool refuses `|` in files separated by tabs too.
fn plain(text: &str) -> String {
    let spaced = text.replace(
        |c: char| c == '|' || c.is_control() || c.is_whitespace(),
        " ",
    );
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.join(" ")
}

fn day(date: Date) -> String {
    date.strftime("%Y%m%d").to_string()
}

/// An amount with a comma and two decimals, never below zero (XII 2°).
fn amount(amount: Money) -> String {
    amount.to_string().replace('.', ",")
}

fn push_line(file: &mut String, separator: Separator, fields: [String; 18]) {
    for (place, field) in fields.iter().enumerate() {
        if place > 0 {
            file.push(separator.as_char());
        }
        // Writing to a String cannot fail.
        let _ = write!(file, "{field}");
    }
    file.push_str("\r\n");
}
