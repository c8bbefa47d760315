//! `security/asvs.tsv`, the security officer's table, held against the sources: every requirement of OWASP ASVS 5.0 that
//! a zone has to answer is answered once, and what is named as evidence exists.
//!
//! It judges no answer. Whether a test shows what it is said to show is for people to read.

mod evidence;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use evidence::Sources;
use table::{Known, Row, State, Zone};

const TABLE: &str = "security/asvs.tsv";
const KNOWN: &str = "security/asvs-5.0-ids.tsv";

/// Reports what is wrong with the table, and prints how it stands.
pub fn check(root: &Path, findings: &mut Vec<String>) -> Result<()> {
    let read = |name: &str| fs::read_to_string(root.join(name)).with_context(|| name.to_owned());
    let known = table::known(&read(KNOWN)?)?;
    let (rows, mut wrong) = table::rows(&read(TABLE)?);
    wrong.extend(answered(&rows, &known));
    let sources = Sources::new(|name| fs::read_to_string(root.join(name)).ok());
    wrong.extend(rows.iter().flat_map(|row| shown(row, &sources)));
    findings.extend(wrong.into_iter().map(|what| format!("{TABLE}: {what}")));
    for zone in Zone::ALL {
        println!(
            "== asvs: {} to level {}: {}",
            zone.name(),
            zone.level(),
            standing(&rows, &known, zone)
        );
    }
    Ok(())
}

/// Whether every requirement of each zone's level has one answer, of the level that the standard gives it.
fn answered(rows: &[Row], known: &Known) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut answers: BTreeMap<(Zone, &str), usize> = BTreeMap::new();
    for row in rows {
        let meant = row.meant(known);
        if meant.is_empty() {
            wrong.push(format!("line {}: no requirement {}", row.line, row.name));
        }
        if let Some(level) = row.level
            && known.get(&row.name).is_some_and(|right| *right != level)
        {
            wrong.push(format!(
                "line {}: {} is not of level {level}",
                row.line, row.name
            ));
        }
        for (id, level) in meant {
            for zone in &row.zones {
                if level <= zone.level() {
                    *answers.entry((*zone, id)).or_default() += 1;
                } else if row.level.is_some() {
                    let zone = zone.name();
                    wrong.push(format!("line {}: {id} is beyond {zone}", row.line));
                }
            }
        }
    }
    for zone in Zone::ALL {
        for (id, _) in known.iter().filter(|(_, level)| **level <= zone.level()) {
            match answers.get(&(zone, id.as_str())) {
                Some(1) => {}
                Some(times) => {
                    wrong.push(format!("{id} is answered {times} times: {}", zone.name()))
                }
                None => wrong.push(format!("{id} is not answered: {}", zone.name())),
            }
        }
    }
    wrong
}

/// What is wrong with what a row rests on.
fn shown(row: &Row, sources: &Sources<'_>) -> Vec<String> {
    let mut wrong: Vec<String> = row
        .evidence
        .iter()
        .filter_map(|named| sources.missing(named))
        .map(|missing| format!("line {}: {missing}", row.line))
        .collect();
    if row.state == State::Met && row.evidence.is_empty() {
        wrong.push(format!("line {}: {} is met by nothing", row.line, row.name));
    }
    if row.state != State::Met && row.note.is_empty() {
        let state = row.state.word();
        wrong.push(format!("line {}: {state}, and no word why", row.line));
    }
    wrong
}

/// How many requirements are in which state.
fn standing(rows: &[Row], known: &Known, zone: Zone) -> String {
    let of = |state: State| -> usize {
        rows.iter()
            .filter(|row| row.state == state && row.zones.contains(&zone))
            .map(|row| {
                let meant = row.meant(known).into_iter();
                meant.filter(|(_, level)| *level <= zone.level()).count()
            })
            .sum()
    };
    State::ALL
        .map(|state| format!("{} {}", of(state), state.word()))
        .join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const IDS: &str =
        "# from somewhere\nrequirement\tlevel\tabout\nV1.1.1\t1\ta\nV1.1.2\t3\tb\nV2.1.1\t2\tc\n";
    const HEAD: &str = "requirement\tlevel\tzone\tstate\tevidence\tnote\n";
    const WHOLE: &str = "V1.1.1\t1\tvault switch shop\tmet\tsrc/a.rs::it_holds\t\n\
                         V1.1.2\t3\tvault\tpartly\tdocs/a.md#How it is\thalf\n\
                         V1.1.2\t3\tswitch\tnot_met\t\tnothing does\n\
                         V2\t-\tvault switch shop\tnot_applicable\t\tno such thing\n";

    fn wrong_with(table: &str) -> Vec<String> {
        let known = table::known(IDS).unwrap();
        let (rows, mut wrong) = table::rows(&format!("{HEAD}{table}"));
        wrong.extend(answered(&rows, &known));
        let sources = Sources::new(|name| match name {
            "src/a.rs" => Some("#[test]\nfn it_holds() {}\nfn helper() {}\n".to_owned()),
            "docs/a.md" => Some("# A\n\n## How it is\n".to_owned()),
            _ => None,
        });
        wrong.extend(rows.iter().flat_map(|row| shown(row, &sources)));
        wrong
    }

    #[test]
    fn a_table_that_answers_everything_once_is_whole() {
        assert_eq!(wrong_with(WHOLE), [""; 0]);
        let known = table::known(IDS).unwrap();
        let (rows, _) = table::rows(&format!("{HEAD}{WHOLE}"));
        let standing = |zone| standing(&rows, &known, zone);
        assert_eq!(
            standing(Zone::Vault),
            "1 met, 1 partly, 0 not_met, 1 not_applicable"
        );
        assert_eq!(
            standing(Zone::Shop),
            "1 met, 0 partly, 0 not_met, 1 not_applicable"
        );
    }

    #[test]
    fn what_is_not_answered_once_is_told() {
        for (table, told) in [
            (
                WHOLE.replace("V1.1.2\t3\tswitch\tnot_met\t\tnothing does\n", ""),
                "V1.1.2 is not answered: switch",
            ),
            (
                WHOLE.replace("V1.1.2\t3\tswitch", "V1.1.2\t3\tvault switch"),
                "V1.1.2 is answered 2 times: vault",
            ),
            (
                WHOLE.replace("V1.1.2\t3\tswitch", "V1.1.2\t3\tswitch shop"),
                "line 4: V1.1.2 is beyond shop",
            ),
            (
                WHOLE.replace("V1.1.1\t1", "V1.1.1\t2"),
                "line 2: V1.1.1 is not of level 2",
            ),
            (
                format!("{WHOLE}V3\t-\tshop\tnot_applicable\t\tno\n"),
                "line 6: no requirement V3",
            ),
        ] {
            assert_eq!(wrong_with(&table), [told], "{table}");
        }
    }

    #[test]
    fn evidence_that_is_not_there_is_told() {
        for (from, to, told) in [
            (
                "::it_holds",
                "::it_held",
                "line 2: src/a.rs has no test it_held that runs",
            ),
            (
                "::it_holds",
                "::helper",
                "line 2: src/a.rs has no test helper that runs",
            ),
            ("src/a.rs::", "src/b.rs::", "line 2: there is no src/b.rs"),
            (
                "#How it is",
                "#How it was",
                "line 3: docs/a.md has no heading \"How it was\"",
            ),
            ("#How it is", "", "line 3: which section of docs/a.md?"),
            ("src/a.rs::it_holds", "", "line 2: V1.1.1 is met by nothing"),
            ("nothing does", "", "line 4: not_met, and no word why"),
        ] {
            assert_eq!(wrong_with(&WHOLE.replace(from, to)), [told], "{from} {to}");
        }
    }

    #[test]
    fn rows_that_cannot_be_read_are_told() {
        let (_, wrong) = table::rows(&format!(
            "{HEAD}V1.1.1\t1\tcellar\tmet\ta\t\nV1.1.1\t1\tshop\tdone\ta\t\nV1.1.1\t1\tshop\nV1\t-\tshop\tmet\ta\t\nV1.1\t1\tshop\tmet\ta\t\n"
        ));
        assert_eq!(
            wrong,
            [
                "line 2: no zone cellar",
                "line 3: no state done",
                "line 4: 3 columns instead of 6",
                "line 5: a chapter or section as a whole is only not_applicable, and its level -",
                "line 6: a chapter or section as a whole is only not_applicable, and its level -",
            ]
        );
        assert_eq!(
            table::rows("requirement\tstate\n").1,
            ["line 1: the columns are requirement, level, zone, state, evidence, note"]
        );
    }
}
