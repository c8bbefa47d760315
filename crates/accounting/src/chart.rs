//! The ledger's accounts in the numbers and words of the Plan comptable général.
//!
//! The table is `data/accounts.toml`, with days and sources.

use std::borrow::Cow;

use jiff::civil::Date;

/// A row of the table.
struct Row {
    ledger: &'static str,
    number: &'static str,
    label: &'static str,
    per_rate: bool,
    from: Date,
    to: Date,
}

include!(concat!(env!("OUT_DIR"), "/accounts.rs"));

/// An account of the chart: its number begins with three digits of the Plan comptable général.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    /// Digits, three at least.
    pub number: Cow<'static, str>,
    /// Its name in French, as the plan is.
    pub label: Cow<'static, str>,
}

/// The account of the chart for an account of the ledger as it prints itself (`receivable`, `sales:550`) on that day;
/// none when the table has no row for it.
pub fn account(ledger: &str, day: Date) -> Option<Account> {
    let (name, rate) = match ledger.split_once(':') {
        Some((name, rate)) => (name, Some(rate)),
        None => (ledger, None),
    };
    let row = ROWS
        .iter()
        .find(|row| row.ledger == name && (row.from..=row.to).contains(&day))?;
    match (row.per_rate, rate) {
        (false, None) => Some(Account {
            number: row.number.into(),
            label: row.label.into(),
        }),
        (true, Some(rate)) => {
            let is_number = rate.bytes().all(|byte| byte.is_ascii_digit());
            let points: u32 = rate
                .parse()
                .ok()
                .filter(|points| *points <= 9999 && is_number)?;
            let (whole, hundredths) = (points / 100, points % 100);
            Some(Account {
                number: format!("{}{points:04}", row.number).into(),
                label: format!("{}, TVA {whole},{hundredths:02} %", row.label).into(),
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use super::*;
    use jiff::civil::date;

    const DAY: Date = date(2026, 11, 26);

    #[test]
    fn every_account_of_the_ledger_has_its_number() {
        for (ledger, number) in [
            ("receivable", "411"),
            ("card-clearing", "5115"),
            ("provider-clearing", "517"),
            ("payouts-in-transit", "580"),
            ("bank", "512"),
            ("till", "530"),
            ("certificates", "4191"),
            ("fees", "627"),
            ("chargebacks", "416"),
            ("suspense", "471"),
            ("losses", "654"),
            ("sales:550", "7070550"),
            ("delivery:2000", "70852000"),
            ("vat:210", "445710210"),
            ("vat:0", "445710000"),
        ] {
            assert_eq!(account(ledger, DAY).unwrap().number, number, "{ledger}");
        }
        let sales = account("sales:550", DAY).unwrap();
        assert_eq!(sales.label, "Ventes de marchandises, TVA 5,50 %");
    }

    #[test]
    fn what_the_table_does_not_have_is_not_guessed() {
        for ledger in [
            "",
            "other",
            "sales",
            "bank:550",
            "sales:",
            "sales:+5",
            "sales:10000",
            "sales:x",
        ] {
            assert_eq!(account(ledger, DAY), None, "{ledger}");
        }
        assert_eq!(account("bank", date(2024, 12, 31)), None);
    }
}
