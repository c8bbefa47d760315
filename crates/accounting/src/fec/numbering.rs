//! Whether entries are numbered on a continuous sequence (VII 1°, field 3): through all journals, or in each.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Findings, Rule};

/// The numbers of the entries of a file.
#[derive(Default)]
pub(super) struct Numbers {
    /// For each journal and what stands before the last digits of a number, the numbers.
    series: BTreeMap<(String, String), BTreeSet<u64>>,
}

impl Numbers {
    /// Takes an entry; its line is for the remark that its number is none.
    pub(super) fn take(
        &mut self,
        journal: &str,
        number: &str,
        line: usize,
        findings: &mut Findings,
    ) {
        let prefix = number.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = number.get(prefix.len()..).unwrap_or_default();
        match digits.parse() {
            Ok(value) => {
                let key = (journal.to_owned(), prefix.to_owned());
                self.series.entry(key).or_default().insert(value);
            }
            Err(_) => findings.add(Rule::NoNumber, line, number),
        }
    }

    /// Finds the numbers that are missing.
    pub(super) fn check(&self, findings: &mut Findings) {
        let count: usize = self.series.values().map(BTreeSet::len).sum();
        let all: BTreeSet<u64> = self.series.values().flatten().copied().collect();
        // One sequence for the whole book: no number twice, and none left out.
        if all.len() == count && missing(&all) == 0 {
            return;
        }
        for ((journal, prefix), numbers) in &self.series {
            let missing = missing(numbers);
            if missing > 0 {
                let first = first_missing(numbers);
                let detail = format!("{journal}: {missing} from {prefix}{first}");
                findings.add(Rule::Gap, None, &detail);
            }
        }
    }
}

/// How many numbers between the first and the last are not there.
fn missing(numbers: &BTreeSet<u64>) -> u64 {
    match (numbers.first(), numbers.last()) {
        (Some(first), Some(last)) => {
            let there = u64::try_from(numbers.len()).unwrap_or(u64::MAX);
            (last - first).saturating_add(1).saturating_sub(there)
        }
        _ => 0,
    }
}

fn first_missing(numbers: &BTreeSet<u64>) -> u64 {
    let mut expected = numbers.first().copied().unwrap_or(0);
    for number in numbers {
        if *number != expected {
            break;
        }
        expected = expected.saturating_add(1);
    }
    expected
}
