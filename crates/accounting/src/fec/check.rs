//! Checking a file of entries: by the article, and by what the administration's tool remarks.
//!
//! Not checked, because a file does not tell: whether entries that carry balances over come first (VII 3°), whether
//! entries that close the accounts of the year are left out, and whether anything booked is true.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use trade::limits;

use super::columns::{AMOUNT_AND_SIDE, COLUMNS, CREDIT, DEBIT};
use super::finding::{Finding, Findings, Rule};
use super::name::{self, FileName};
use super::numbering::Numbers;

/// Fields that may not be blank, but for the amounts: of those the administration's tool reads a blank as nothing.
const FILLED: [usize; 10] = [0, 1, 2, 3, 4, 5, 8, 9, 10, 15];
/// Fields that are days: of the entry, the piece, the lettering, the validation.
const DAYS: [usize; 4] = [3, 9, 14, 15];
/// Fields of which both or neither are filled.
const PAIRS: [(usize, usize, Rule); 3] = [
    (6, 7, Rule::Auxiliary),
    (13, 14, Rule::Lettering),
    (16, 17, Rule::Currency),
];
/// Millionths: more decimals than any amount has.
const DECIMALS: usize = 6;

/// What is wrong with a file, in the order of its lines. An empty list is no attestation.
///
/// The name is compared with IX when there is one. UTF-8, ISO 8859-15 and ASCII are read (XII 1°).
pub fn check(file_name: Option<&str>, bytes: &[u8]) -> Vec<Finding> {
    let mut findings = Findings::default();
    let closing = file_name.and_then(|name| match name.parse::<FileName>() {
        Ok(name) => Some(name.closing),
        Err(error) => {
            findings.add(Rule::Name, None, &error.to_string());
            None
        }
    });
    if bytes.len() > limits::FEC_BYTES {
        findings.add(Rule::TooLarge, None, "");
        return findings.finish();
    }
    let text = decoded(bytes);
    let mut lines = (1..).zip(lines(&text));
    let header = lines.next().map_or("", |(_, line)| line);
    if let Some(layout) = Layout::read(header, &mut findings) {
        let mut book = Book::default();
        for (number, line) in lines {
            book.take(&layout, closing, number, line, &mut findings);
        }
        book.check(&mut findings);
    }
    findings.finish()
}

/// The text of the file: UTF-8 with or without a byte order mark, else ISO 8859-15.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(_) => {
            encoding_rs::ISO_8859_15
                .decode_without_bom_handling(bytes)
                .0
        }
    }
}

/// Lines that end with line feed, carriage return, or both (VI 1° a); the end of the last one begins no other.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text).filter(|text| !text.is_empty());
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let Some(end) = text.find(['\r', '\n']) else {
            return Some(text);
        };
        let (line, after) = text.split_at_checked(end)?;
        let after = after.strip_prefix("\r\n").or_else(|| after.get(1..));
        rest = after.filter(|after| !after.is_empty());
        Some(line)
    })
}

/// How the fields of a file are laid out.
struct Layout {
    separator: char,
    fields: usize,
    has_sides: bool,
}

impl Layout {
    fn read(header: &str, findings: &mut Findings) -> Option<Layout> {
        if header.is_empty() {
            findings.add(Rule::Empty, None, "");
            return None;
        }
        let Some(separator) = ['\t', '|'].into_iter().find(|sign| header.contains(*sign)) else {
            findings.add(Rule::Separator, 1, header);
            return None;
        };
        let names: Vec<&str> = header
            .split(separator)
            .map(|name| name.trim_matches(' '))
            .collect();
        let amounts = [names.get(DEBIT), names.get(CREDIT)];
        let is = |wanted: &str, found: Option<&&str>| {
            found.is_some_and(|found| found.eq_ignore_ascii_case(wanted))
        };
        let has_sides = AMOUNT_AND_SIDE
            .iter()
            .zip(amounts)
            .all(|(name, found)| is(name, found));
        for (place, column) in COLUMNS.iter().enumerate() {
            let is_amount = [DEBIT, CREDIT].contains(&place) && has_sides;
            if !is_amount && !is(column, names.get(place)) {
                findings.add(Rule::Header, 1, column);
                return None;
            }
        }
        if names.len() > COLUMNS.len() {
            let more = names.get(COLUMNS.len()..).unwrap_or_default().join(", ");
            findings.add(Rule::MoreFields, 1, &more);
        }
        Some(Layout {
            separator,
            fields: names.len(),
            has_sides,
        })
    }
}

/// An entry of the file as it grows.
struct Entry {
    journal: String,
    number: String,
    line: usize,
    last_line: usize,
    dates: BTreeSet<String>,
    balance: i128,
}

/// What is kept of the lines.
#[derive(Default)]
struct Book {
    entries: Vec<Entry>,
    by_number: HashMap<(String, String), usize>,
    journal_labels: BTreeMap<String, BTreeSet<String>>,
    account_labels: BTreeMap<String, BTreeSet<String>>,
    last_validated: Option<Date>,
    /// Journal and day of the entries that may carry balances over, while no other came.
    carried_over: Option<(String, String)>,
    balance: i128,
}

impl Book {
    fn take(
        &mut self,
        layout: &Layout,
        closing: Option<Date>,
        number: usize,
        line: &str,
        findings: &mut Findings,
    ) {
        if line.trim_matches(' ').is_empty() {
            findings.add(Rule::EmptyLine, number, "");
            return;
        }
        let fields: Vec<&str> = line
            .split(layout.separator)
            .map(|field| field.trim_matches([' ', '\u{a0}']))
            .collect();
        if fields.len() != layout.fields {
            findings.add(Rule::FieldCount, number, &fields.len().to_string());
            return;
        }
        if line
            .chars()
            .any(|c| c.is_control() && c != layout.separator)
        {
            findings.add(Rule::Characters, number, "");
        }
        if layout.separator == '\t' && line.contains('|') {
            findings.add(Rule::OtherSeparator, number, "");
        }
        let Some(fields) = fields.first_chunk::<18>() else {
            return;
        };
        check_texts(fields, number, findings);
        let days = check_days(fields, closing, number, findings);
        let balance = check_amounts(fields, layout, number, findings);
        self.check_order(fields, days.validated, number, findings);
        self.add(fields, number, balance, findings);
    }

    /// Entries follow in the order of their validation (VII 1°), but for those at the beginning, in one journal and of
    /// one day: they carry balances over, come first (VII 3°), and are validated months later.
    fn check_order(
        &mut self,
        fields: &[&str; 18],
        validated: Option<Date>,
        line: usize,
        findings: &mut Findings,
    ) {
        let [journal, _, _, date, ..] = fields;
        let is_first = self.entries.is_empty();
        let carried = self
            .carried_over
            .take_if(|(of, on)| of != journal || on != date);
        if carried.is_some() {
            self.last_validated = None;
        } else if is_first {
            self.carried_over = Some(((*journal).to_owned(), (*date).to_owned()));
        }
        if let (Some(before), Some(now)) = (self.last_validated, validated)
            && now < before
        {
            findings.add(Rule::Order, line, &now.to_string());
        }
        self.last_validated = self.last_validated.max(validated);
    }

    fn add(&mut self, fields: &[&str; 18], line: usize, balance: i128, findings: &mut Findings) {
        let [
            journal,
            journal_label,
            number,
            date,
            account,
            account_label,
            ..,
        ] = fields;
        let label = |labels: &mut BTreeMap<String, BTreeSet<String>>, of: &str, label: &str| {
            labels
                .entry(of.to_owned())
                .or_default()
                .insert(label.to_owned());
        };
        label(&mut self.journal_labels, journal, journal_label);
        label(&mut self.account_labels, account, account_label);
        self.balance = self.balance.saturating_add(balance);
        let key = ((*journal).to_owned(), (*number).to_owned());
        let place = *self.by_number.entry(key).or_insert(self.entries.len());
        let Some(entry) = self.entries.get_mut(place) else {
            self.entries.push(Entry {
                journal: (*journal).to_owned(),
                number: (*number).to_owned(),
                line,
                last_line: line,
                dates: BTreeSet::from([(*date).to_owned()]),
                balance,
            });
            return;
        };
        if entry.last_line + 1 != line {
            findings.add(Rule::Scattered, line, number);
        }
        entry.last_line = line;
        entry.dates.insert((*date).to_owned());
        entry.balance = entry.balance.saturating_add(balance);
    }

    fn check(self, findings: &mut Findings) {
        if self.entries.is_empty() {
            findings.add(Rule::Empty, None, "");
        }
        let mut numbers = Numbers::default();
        for entry in &self.entries {
            let name = format!("{} {}", entry.journal, entry.number);
            if entry.balance != 0 {
                findings.add(
                    Rule::Unbalanced,
                    entry.line,
                    &format!("{name}: {}", shown(entry.balance)),
                );
            }
            if entry.dates.len() > 1 {
                findings.add(Rule::EntryDates, entry.line, &name);
            }
            numbers.take(&entry.journal, &entry.number, entry.line, findings);
        }
        numbers.check(findings);
        if self.balance != 0 {
            findings.add(Rule::FileUnbalanced, None, &shown(self.balance));
        }
        let several = [
            (Rule::JournalLabels, &self.journal_labels),
            (Rule::AccountLabels, &self.account_labels),
        ];
        for (rule, labels) in several {
            for (of, _) in labels.iter().filter(|(_, labels)| labels.len() > 1) {
                findings.add(rule, None, of);
            }
        }
    }
}

fn check_texts(fields: &[&str; 18], line: usize, findings: &mut Findings) {
    for place in FILLED {
        if let (Some(""), Some(name)) = (fields.get(place).copied(), COLUMNS.get(place)) {
            findings.add(Rule::Missing, line, name);
        }
    }
    let account = fields.get(4).copied().unwrap_or_default();
    let digits = account.bytes().take(3).filter(u8::is_ascii_digit).count();
    if !account.is_empty() && digits != 3 {
        findings.add(Rule::Account, line, account);
    } else if account.starts_with(['0', '9']) {
        findings.add(Rule::AccountClass, line, account);
    }
    for (one, other, rule) in PAIRS {
        let is_filled = |place| {
            fields
                .get(place)
                .is_some_and(|field: &&str| !field.is_empty())
        };
        if is_filled(one) != is_filled(other) {
            findings.add(rule, line, "");
        }
    }
}

/// The days of a line that other rules ask for.
struct Days {
    validated: Option<Date>,
}

fn check_days(
    fields: &[&str; 18],
    closing: Option<Date>,
    line: usize,
    findings: &mut Findings,
) -> Days {
    let mut read = DAYS.map(|place| {
        let text = fields.get(place).copied().filter(|text| !text.is_empty())?;
        let day = name::day(text);
        match day {
            None => findings.add(Rule::Date, line, text),
            Some(day) if !(1900..=2099).contains(&day.year()) => {
                findings.add(Rule::Year, line, text);
            }
            Some(_) => {}
        }
        day
    });
    let [booked, _, _, validated] = &mut read;
    if let (Some(booked), Some(validated)) = (*booked, *validated)
        && validated < booked
    {
        findings.add(Rule::ValidatedBefore, line, &validated.to_string());
    }
    if let (Some(booked), Some(closing)) = (*booked, closing)
        && booked > closing
    {
        findings.add(Rule::AfterClosing, line, &booked.to_string());
    }
    Days {
        validated: *validated,
    }
}

/// Checks the amounts of a line; what it adds to the balance, in millionths, debit above zero.
fn check_amounts(
    fields: &[&str; 18],
    layout: &Layout,
    line: usize,
    findings: &mut Findings,
) -> i128 {
    let [first, second] =
        [DEBIT, CREDIT].map(|place| fields.get(place).copied().unwrap_or_default());
    let mut read = |text: &str| {
        let amount = amount(text);
        if amount.is_none() {
            findings.add(Rule::Amount, line, text);
        }
        amount
    };
    let (debit, credit) = if layout.has_sides {
        let Some(amount) = read(first) else { return 0 };
        match second {
            "D" | "+1" => (amount, 0),
            "C" | "-1" => (0, amount),
            other => {
                findings.add(Rule::Side, line, other);
                return 0;
            }
        }
    } else {
        let (Some(debit), Some(credit)) = (read(first), read(second)) else {
            return 0;
        };
        (debit, credit)
    };
    let currency = fields.get(16).copied().unwrap_or_default();
    if amount(currency).is_none() {
        findings.add(Rule::Amount, line, currency);
    }
    if (debit == 0) == (credit == 0) {
        findings.add(Rule::BothSides, line, "");
    }
    debit - credit
}

/// Reads an amount as XII 2° has it: digits, a comma before decimals, a sign in front or behind; blank is nothing.
/// In millionths.
fn amount(text: &str) -> Option<i128> {
    if text.is_empty() {
        return Some(0);
    }
    let signs = ['+', '-'];
    let (sign, digits) = match (text.strip_prefix(signs), text.strip_suffix(signs)) {
        (Some(digits), None) => (text.chars().next(), digits),
        (None, Some(digits)) => (text.chars().last(), digits),
        (None, None) => (None, text),
        (Some(_), Some(_)) => return None,
    };
    let (whole, decimals) = digits.split_once(',').unwrap_or((digits, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let fits = (1..=18).contains(&whole.len()) && decimals.len() <= DECIMALS;
    if !fits || !is_number(whole) || !is_number(decimals) {
        return None;
    }
    let millionths: i128 = format!("{whole}{decimals:0<DECIMALS$}").parse().ok()?;
    Some(if sign == Some('-') {
        -millionths
    } else {
        millionths
    })
}

/// A difference in euros for a finding.
fn shown(millionths: i128) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let size = millionths.unsigned_abs();
    format!("{sign}{}.{:06}", size / 1_000_000, size % 1_000_000)
}
