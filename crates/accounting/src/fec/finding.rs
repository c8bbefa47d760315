//! What a check finds: which rule, how grave, where.

use std::fmt;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The file is not as the article orders.
    Breach,
    /// The file may be right; somebody should look.
    Remark,
}

macro_rules! rules {
    ($($(#[$meta:meta])* $rule:ident = $code:literal, $level:ident, $says:literal;)*) => {
        /// A rule that a file breaks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[$meta])* $rule,)*
        }

        impl Rule {
            /// All rules.
            pub const ALL: &[Rule] = &[$(Rule::$rule),*];

            /// The stable name, and the name of its sentence.
            pub const fn code(self) -> &'static str {
                match self { $(Rule::$rule => $code,)* }
            }

            /// How grave it is.
            pub const fn level(self) -> Level {
                match self { $(Rule::$rule => Level::$level,)* }
            }

            /// What it says, in English and for whoever keeps the program; pages have sentences of their own.
            pub const fn says(self) -> &'static str {
                match self { $(Rule::$rule => $says,)* }
            }
        }
    };
}

rules! {
    /// IX.
    Name = "name", Breach, "the file is not named SIREN, FEC, closing day";
    /// No line below the names.
    Empty = "empty", Breach, "the file has no entries";
    /// More bytes than are read.
    TooLarge = "too-large", Breach, "the file is larger than can be checked";
    /// XII 1°.
    Characters = "characters", Breach, "the line has control characters";
    /// VI 1° c.
    Separator = "separator", Breach, "fields are separated by neither a tabulation nor |";
    /// VI 1° c; the administration's tool refuses such files.
    OtherSeparator = "other-separator", Breach, "the line has | although fields are separated by tabulations";
    /// VII 1°, 2° and 4°.
    Header = "header", Breach, "the first line has not the eighteen names in their order";
    /// More than is ordered; allowed.
    MoreFields = "more-fields", Remark, "there are fields behind the eighteenth";
    /// VII 1°.
    FieldCount = "field-count", Breach, "the line has more or fewer fields than the first";
    /// An empty line between others.
    EmptyLine = "empty-line", Breach, "the line is empty";
    /// VII 1°: not among those that may be blank.
    Missing = "missing", Breach, "a field that may not be blank is";
    /// XII 4°.
    Date = "date", Breach, "not a day like 20261231";
    /// A year before 1900 or after 2099.
    Year = "year", Remark, "a day of another century";
    /// XII 2°.
    Amount = "amount", Breach, "not an amount like 1234,50";
    /// X.
    Side = "side", Breach, "the side is neither D and C nor +1 and -1";
    /// Both, or neither.
    BothSides = "both-sides", Remark, "debit and credit on one line, or neither";
    /// VII 1°, field 5.
    Account = "account", Breach, "the account does not begin with three digits";
    /// The plan has the classes 1 to 7, and 8 for special ones.
    AccountClass = "account-class", Remark, "the account is of no class from 1 to 8";
    /// Fields 7 and 8 belong together.
    Auxiliary = "auxiliary", Remark, "an auxiliary account without label, or a label without account";
    /// Fields 14 and 15 belong together.
    Lettering = "lettering", Remark, "lettering without day, or a day without lettering";
    /// Fields 17 and 18 belong together.
    Currency = "currency", Remark, "an amount in a currency without the currency, or the other way round";
    /// Double entry.
    Unbalanced = "unbalanced", Breach, "debit and credit of the entry differ";
    /// Double entry.
    FileUnbalanced = "file-unbalanced", Breach, "debit and credit of the file differ";
    /// VII 1°, field 3.
    Gap = "gap", Breach, "numbers of entries are missing";
    /// VII 1°, field 3.
    NoNumber = "no-number", Remark, "the number of the entry does not end with digits, so nobody can count on";
    /// VII 1°.
    Order = "order", Breach, "entries are not in the order of their validation";
    /// An entry has one day.
    EntryDates = "entry-dates", Breach, "lines of one entry have different days";
    /// An entry is one piece of the file.
    Scattered = "scattered", Remark, "lines of one entry are not beside one another";
    /// Validated before it was booked.
    ValidatedBefore = "validated-before", Remark, "the entry was validated before its day";
    /// After the closing day in the name.
    AfterClosing = "after-closing", Breach, "the entry is of a day after the year's last";
    /// One code, several names.
    JournalLabels = "journal-labels", Remark, "the journal has several labels";
    /// One number, several names.
    AccountLabels = "account-labels", Remark, "the account has several labels";
}

/// Something that a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The line of the file, counted from 1; none when the file as a whole is meant.
    pub line: Option<usize>,
    /// The field, value, entry or count that is meant, short.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "{}", self.rule.says())?;
        if self.detail.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", self.detail)
    }
}

/// Findings of one rule that are listed; of more only the number is told. A mistake of a program is on every line.
const LISTED: usize = 50;
/// The longest detail in characters.
const DETAIL_CHARS: usize = 80;

/// Findings, as many of each rule as a person reads.
#[derive(Default)]
pub(super) struct Findings {
    listed: Vec<Finding>,
    counts: std::collections::BTreeMap<Rule, usize>,
}

impl Findings {
    /// Adds a finding.
    pub(super) fn add(&mut self, rule: Rule, line: impl Into<Option<usize>>, detail: &str) {
        let count = self.counts.entry(rule).or_default();
        *count += 1;
        if *count > LISTED {
            return;
        }
        let clean = detail.chars().filter(|c| !c.is_control());
        self.listed.push(Finding {
            rule,
            line: line.into(),
            detail: clean.take(DETAIL_CHARS).collect(),
        });
    }

    /// The findings in the order of the file, and how many are not listed.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        self.listed.sort_by_key(|finding| finding.line);
        for (rule, count) in self.counts {
            if count > LISTED {
                self.listed.push(Finding {
                    rule,
                    line: None,
                    detail: format!("and {} more", count - LISTED),
                });
            }
        }
        self.listed
    }
}
