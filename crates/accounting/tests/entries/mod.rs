//! Entries of a bookshop's year.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use accounting::chart;
use accounting::fec::{
    Auxiliary, EntryLine, Exercise, Journal, JournalEntry, Lettering, Piece, Siren,
};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::collection::vec;
use proptest::prelude::*;
use trade::money::Money;

/// The year 2026 of a firm that INSEE gives as an example.
pub fn exercise() -> Exercise {
    Exercise {
        siren: Siren::parse("732829320").unwrap(),
        opening: date(2026, 1, 1),
        closing: date(2026, 12, 31),
        opening_journal: "AN".to_owned(),
    }
}

pub fn journal(code: &str) -> Journal {
    let label = match code {
        "AN" => "À-nouveaux",
        "VE" => "Ventes",
        "BQ" => "Banque",
        _ => "Opérations diverses",
    };
    Journal {
        code: code.to_owned(),
        label: label.to_owned(),
    }
}

pub fn line(ledger: &str, cents: i64, day: Date) -> EntryLine {
    EntryLine {
        account: chart::account(ledger, day).unwrap(),
        auxiliary: None,
        amount: Money::cents(cents),
        lettering: None,
    }
}

pub fn entry(code: &str, number: u32, day: Date, lines: Vec<EntryLine>) -> JournalEntry {
    JournalEntry {
        journal: journal(code),
        number,
        date: day,
        piece: Piece {
            reference: format!("BQ-0000-{number:04}"),
            date: day,
        },
        label: format!("Écriture {number} | ligne\tunique\r\nœuvre"),
        lines,
        validated: day,
    }
}

/// A sale paid by card, the bank's payment with its fees, and the balances of the year before.
pub fn year() -> Vec<JournalEntry> {
    let sold = date(2026, 11, 26);
    let paid = date(2026, 11, 28);
    let mut sale = entry(
        "VE",
        1,
        sold,
        vec![
            line("receivable", 2_450, sold),
            line("sales:550", -1_896, sold),
            line("vat:550", -104, sold),
            line("delivery:550", -427, sold),
            line("vat:550", -23, sold),
        ],
    );
    sale.lines[0].auxiliary = Some(Auxiliary {
        number: "411LEFEVRE".to_owned(),
        label: "Zoé Lefèvre".to_owned(),
    });
    sale.lines[0].lettering = Some(Lettering {
        code: "A".to_owned(),
        date: paid,
    });
    let card = vec![
        line("bank", 2_410, paid),
        line("fees", 40, paid),
        line("receivable", -2_450, paid),
    ];
    let opened = date(2026, 1, 1);
    let carried = vec![
        line("bank", 100_000, opened),
        line("suspense", -100_000, opened),
    ];
    // The year's balances are carried over when the year before is closed, months later.
    let mut carried = entry("AN", 1, opened, carried);
    carried.validated = date(2026, 12, 1);
    vec![sale, entry("BQ", 1, paid, card), carried]
}

/// Random entries of a year that can be written: days ascend with numbers.
pub fn entries() -> impl Strategy<Value = Vec<JournalEntry>> {
    let one = (
        0..3_usize,
        0..8_i64,
        vec(1_i64..1_000_000, 1..5),
        any::<bool>(),
    );
    vec(one, 1..30).prop_map(|drawn| {
        let mut day = date(2026, 1, 1);
        let mut numbers = [0_u32; 3];
        let mut entries = Vec::new();
        for (journal, later, amounts, is_debit) in drawn {
            day = day
                .checked_add(later.days())
                .unwrap()
                .min(date(2026, 12, 31));
            numbers[journal] += 1;
            let sign = if is_debit { 1 } else { -1 };
            let ledgers = ["sales:550", "vat:550", "fees", "delivery:2000", "till"];
            let mut lines: Vec<EntryLine> = amounts
                .iter()
                .zip(ledgers)
                .map(|(cents, ledger)| line(ledger, -sign * cents, day))
                .collect();
            lines.push(line("receivable", sign * amounts.iter().sum::<i64>(), day));
            let code = ["VE", "BQ", "OD"][journal];
            entries.push(entry(code, numbers[journal], day, lines));
        }
        entries
    })
}
