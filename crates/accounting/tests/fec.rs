//! Files of entries: what is written breaks no rule, and each rule is found where it is broken.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod entries;

use accounting::fec::{
    COLUMNS, Finding, JournalEntry, Level, Rule, Separator, Unwritable, check, write,
};
use entries::{entry, exercise, line, year};
use jiff::civil::date;
use proptest::prelude::*;
use trade::money::Money;

const NAME: &str = "732829320FEC20261231.txt";

fn written() -> String {
    write(&exercise(), Separator::Tab, &year()).unwrap()
}

fn found(text: &str) -> Vec<Finding> {
    check(Some(NAME), text.as_bytes())
}

fn rules(text: &str) -> Vec<Rule> {
    found(text).iter().map(|finding| finding.rule).collect()
}

/// The file with one field of one line, both counted from 1, changed.
fn changed(line: usize, field: &str, to: &str) -> String {
    let column = COLUMNS.iter().position(|name| *name == field).unwrap();
    let lines = written();
    let lines = lines.lines().zip(1..).map(|(text, number)| {
        let mut fields: Vec<&str> = text.split('\t').collect();
        if number == line {
            fields[column] = to;
        }
        fields.join("\t") + "\r\n"
    });
    lines.collect()
}

#[test]
fn the_file_of_a_year_is_as_ordered() {
    let file = written();
    let lines: Vec<&str> = file.split("\r\n").collect();
    assert_eq!(lines[0], COLUMNS.join("\t"));
    assert_eq!(
        lines[1],
        "AN\tÀ-nouveaux\tAN000001\t20260101\t512\tBanques\t\t\tBQ-0000-0001\t20260101\tÉcriture 1 ligne unique œuvre\t\
         1000,00\t0,00\t\t\t20261201\t\t"
    );
    assert_eq!(
        lines[3],
        "VE\tVentes\tVE000001\t20261126\t411\tClients\t411LEFEVRE\tZoé Lefèvre\tBQ-0000-0001\t20261126\t\
         Écriture 1 ligne unique œuvre\t24,50\t0,00\tA\t20261128\t20261126\t\t"
    );
    assert!(lines[4].contains("\t7070550\tVentes de marchandises, TVA 5,50 %\t"));
    assert_eq!((lines.len(), lines[11]), (12, ""));
    let pipes = write(&exercise(), Separator::Pipe, &year()).unwrap();
    assert_eq!(pipes, file.replace('\t', "|"));
}

#[test]
fn the_file_breaks_no_rule_in_any_encoding() {
    let entries = year();
    for separator in [Separator::Tab, Separator::Pipe] {
        let file = write(&exercise(), separator, &entries).unwrap();
        assert_eq!(found(&file), []);
        let latin: Vec<u8> = file
            .chars()
            .map(|c| match c {
                'œ' => 0xbd,
                c => u8::try_from(u32::from(c)).unwrap(),
            })
            .collect();
        assert_eq!(check(Some(NAME), &latin), [], "ISO 8859-15");
        assert_eq!(found(&format!("\u{feff}{file}")), []);
        assert_eq!(found(&file.replace("\r\n", "\n")), []);
        assert_eq!(found(&file.replace("\r\n", "\r")), []);
    }
}

#[test]
fn entries_that_break_a_rule_are_not_written() {
    let refused = |change: &dyn Fn(&mut Vec<JournalEntry>)| {
        let mut entries = year();
        change(&mut entries);
        write(&exercise(), Separator::Tab, &entries).unwrap_err()
    };
    let (journal, number) = ("VE".to_owned(), 1);
    let gap = refused(&|entries| entries[0].number = 2);
    assert_eq!(
        gap,
        Unwritable::Number {
            journal: journal.clone(),
            expected: 1,
            found: 2
        }
    );
    let twice = refused(&|entries| entries.push(entries[0].clone()));
    assert_eq!(
        twice,
        Unwritable::Number {
            journal: journal.clone(),
            expected: 2,
            found: 1
        }
    );
    let cent = refused(&|entries| entries[0].lines[0].amount += Money::cents(1));
    let difference = Money::cents(1);
    assert_eq!(
        cent,
        Unwritable::Unbalanced {
            journal: journal.clone(),
            number,
            difference
        }
    );
    let nothing = refused(&|entries| entries[0].lines.push(line("fees", 0, date(2026, 1, 1))));
    assert_eq!(
        nothing,
        Unwritable::Lines {
            journal: journal.clone(),
            number
        }
    );
    for day in [date(2025, 12, 31), date(2027, 1, 1)] {
        let outside = refused(&|entries| entries[0].date = day);
        assert_eq!(
            outside,
            Unwritable::Date {
                journal: journal.clone(),
                number
            }
        );
    }
    let early = refused(&|entries| entries[0].validated = date(2026, 11, 25));
    assert_eq!(
        early,
        Unwritable::Date {
            journal: journal.clone(),
            number
        }
    );
    let order = refused(&|entries| {
        let (day, later) = (date(2026, 11, 26), date(2026, 11, 27));
        entries[0].validated = later;
        let lines = vec![line("bank", 1, day), line("fees", -1, day)];
        entries.push(entry("VE", 2, day, lines));
    });
    assert_eq!(
        order,
        Unwritable::Order {
            journal: journal.clone(),
            number: 1
        }
    );
}

#[test]
fn blanks_and_wrong_codes_are_not_written() {
    let refused = |change: &dyn Fn(&mut Vec<JournalEntry>)| {
        let mut entries = year();
        change(&mut entries);
        write(&exercise(), Separator::Tab, &entries).unwrap_err()
    };
    let (journal, number) = ("VE".to_owned(), 1);
    for (field, change) in [
        (
            "EcritureLib",
            (|entries: &mut Vec<JournalEntry>| entries[0].label = "|\t\n".to_owned())
                as fn(&mut Vec<JournalEntry>),
        ),
        ("PieceRef", |entries: &mut Vec<JournalEntry>| {
            entries[0].piece.reference.clear()
        }),
        ("CompteNum", |entries| {
            entries[0].lines[0].account.number = "41X".into()
        }),
        ("CompteLib", |entries| {
            entries[0].lines[0].account.label = "".into()
        }),
        ("EcritureLet", |entries| {
            entries[0].lines[0].lettering.as_mut().unwrap().code.clear()
        }),
    ] {
        let error = refused(&change);
        assert_eq!(
            error,
            Unwritable::Field {
                journal: journal.clone(),
                number,
                field
            }
        );
    }
    for code in ["", "ve", "V E", "1V", "TROPLONGPOUR"] {
        let error = refused(&|entries| entries[0].journal.code = code.to_owned());
        assert_eq!(error, Unwritable::JournalCode(code.to_owned()));
    }
}

#[test]
fn each_rule_is_found_where_it_is_broken() {
    for (line, field, to, rule) in [
        (4, "JournalCode", "", Rule::Missing),
        (4, "PieceRef", " ", Rule::Missing),
        (4, "ValidDate", "", Rule::Missing),
        (4, "EcritureDate", "2026-11-26", Rule::Date),
        (4, "PieceDate", "20260230", Rule::Date),
        (4, "PieceDate", "18991231", Rule::Year),
        (4, "Debit", "24.50", Rule::Amount),
        (4, "Debit", "2 4,50", Rule::Amount),
        (4, "Debit", "1e3", Rule::Amount),
        (4, "Debit", "+-1,00", Rule::Amount),
        (4, "Credit", "24,50", Rule::BothSides),
        (4, "CompteNum", "41A", Rule::Account),
        (4, "CompteNum", "901", Rule::AccountClass),
        (4, "CompAuxLib", "", Rule::Auxiliary),
        (4, "DateLet", "", Rule::Lettering),
        (4, "Idevise", "EUR", Rule::Currency),
        (4, "Montantdevise", "1.5", Rule::Amount),
        (4, "EcritureLib", "a|b", Rule::OtherSeparator),
        (4, "EcritureLib", "a\u{1}b", Rule::Characters),
        (4, "EcritureDate", "20270101", Rule::AfterClosing),
        (4, "EcritureDate", "20261127", Rule::ValidatedBefore),
    ] {
        let text = changed(line, field, to);
        let of_line = found(&text);
        let hit = of_line.iter().find(|finding| finding.rule == rule);
        assert_eq!(
            hit.unwrap_or_else(|| panic!("{field} {to:?}: {of_line:?}"))
                .line,
            Some(line)
        );
    }
}

#[test]
fn what_concerns_entries_and_the_file_is_found() {
    for (text, rule) in [
        (changed(4, "Debit", "24,51"), Rule::Unbalanced),
        (changed(4, "Debit", "24,51"), Rule::FileUnbalanced),
        (changed(4, "EcritureDate", "20261125"), Rule::EntryDates),
        (changed(9, "ValidDate", "20261125"), Rule::Order),
        (changed(2, "ValidDate", "20261202"), Rule::Order),
        (changed(4, "JournalLib", "Vente"), Rule::JournalLabels),
        (changed(4, "CompteLib", "Client"), Rule::AccountLabels),
        (changed(4, "EcritureNum", "premier"), Rule::NoNumber),
        (changed(6, "EcritureNum", "VE000002"), Rule::Scattered),
        (changed(6, "EcritureNum", "VE000003"), Rule::Gap),
        (
            written()
                .replace("VE000001", "VE000003")
                .replace("BQ000001", "BQ000003")
                + &changed(1, "Debit", "Debit")
                    .lines()
                    .nth(1)
                    .unwrap()
                    .replace("AN000001", "AN000005"),
            Rule::Gap,
        ),
        (written().replacen("CompteNum", "Compte", 1), Rule::Header),
        (changed(4, "EcritureLib", "a\tb"), Rule::FieldCount),
        (written().replace('\t', ";"), Rule::Separator),
        (written().replacen("\r\n", "\r\n\r\n", 2), Rule::EmptyLine),
        (COLUMNS.join("|"), Rule::Empty),
        (String::new(), Rule::Empty),
    ] {
        assert!(rules(&text).contains(&rule), "{rule:?}: {:?}", found(&text));
    }
    let more: String = written()
        .lines()
        .map(|line| format!("{line}\tx\r\n"))
        .collect();
    assert_eq!(rules(&more), [Rule::MoreFields]);
    let named = check(Some("123456789FEC20261231"), written().as_bytes());
    assert_eq!(named[0].rule, Rule::Name);
    assert_eq!(check(None, written().as_bytes()), []);
    let many: String = COLUMNS.join("\t") + &"\nx".repeat(1_000);
    let listed = found(&many);
    assert!(listed.len() < 60, "{}", listed.len());
    assert!(
        listed
            .iter()
            .any(|finding| finding.detail == "and 950 more")
    );
}

#[test]
fn one_sequence_through_all_journals_is_continuous_too() {
    let file = written()
        .replace("AN000001", "1")
        .replace("VE000001", "2")
        .replace("BQ000001", "3");
    assert_eq!(rules(&file), []);
    assert!(
        rules(&file.replace("\t3\t", "\t4\t"))
            .iter()
            .all(|rule| *rule != Rule::Gap),
        "each journal counts for itself"
    );
}

#[test]
fn an_amount_and_a_side_are_read_too() {
    let sided = |debit: &str, credit: &str| -> String {
        let file = written();
        let lines = file.lines().map(|line| {
            let mut fields: Vec<&str> = line.split('\t').collect();
            let (amount, side) = match (fields[11], fields[12]) {
                ("Debit", _) => ("Montant", "Sens"),
                ("0,00", amount) => (amount, credit),
                (amount, _) => (amount, debit),
            };
            (fields[11], fields[12]) = (amount, side);
            fields.join("\t") + "\n"
        });
        lines.collect()
    };
    assert_eq!(rules(&sided("D", "C")), []);
    assert_eq!(rules(&sided("+1", "-1")), []);
    assert!(rules(&sided("D", "K")).contains(&Rule::Side));
    assert!(rules(&sided("D", "D")).contains(&Rule::FileUnbalanced));
}

#[test]
fn every_rule_has_a_name_of_its_own() {
    let mut codes: Vec<&str> = Rule::ALL.iter().map(|rule| rule.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Rule::ALL.len());
    let findings = found(&changed(4, "Debit", "24.50"));
    let finding = findings
        .iter()
        .find(|finding| finding.rule == Rule::Amount)
        .unwrap();
    assert_eq!(
        finding.to_string(),
        "line 4: not an amount like 1234,50 (24.50)"
    );
    assert_eq!(finding.rule.level(), Level::Breach);
}

proptest! {
    #[test]
    fn what_is_written_breaks_no_rule(entries in entries::entries(), is_piped: bool) {
        let separator = if is_piped { Separator::Pipe } else { Separator::Tab };
        let file = write(&exercise(), separator, &entries).unwrap();
        prop_assert_eq!(found(&file), []);
    }

    #[test]
    fn any_bytes_are_stood(bytes in proptest::collection::vec(any::<u8>(), 0..300), place: prop::sample::Index) {
        check(Some(NAME), &bytes);
        let mut file = written().into_bytes();
        let at = place.index(file.len());
        file.splice(at..at, bytes);
        check(None, &file);
    }
}
