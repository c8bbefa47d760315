//! Text whose letters with accents were bytes of MARC-8 or ISO 5426 and were read as Latin-1: *bébés* as *bâebâes*.
//!
//! Library systems export such tables; the damage comes in blocks of rows, beside rows that are right.

use unicode_normalization::UnicodeNormalization;

use super::rows::Row;
use crate::import::diacritics::CharacterSet;

/// Repairs a table that was read in the wrong character set, row by row.
///
/// *âe* and *ðc* convict a row, but only in a table in which they are no exception: one *âe* may be another damage, or
/// somebody's name. *áe* and *ão* are Spanish and Portuguese: they are repaired in and soon after convicted rows, and
/// never beside a letter whose accent is right.
#[derive(Debug, Default)]
pub(super) struct Repairer {
    set: Option<CharacterSet>,
    rows_left: u32,
}

/// One row in that many must be convicted for its table to be repaired.
const ROWS_A_CONVICTED: usize = 200;

/// Rows after a convicted one in which weaker signs are believed: such rows come in blocks.
const ROWS_BELIEVED: u32 = 100;

impl Repairer {
    /// Looks at the first rows of a table.
    pub(super) fn of(rows: &[Row]) -> Repairer {
        let set = [CharacterSet::Marc8, CharacterSet::Iso5426]
            .into_iter()
            .find(|set| {
                let convicted = rows
                    .iter()
                    .filter(|row| is_convicted(&row.cells, *set))
                    .count();
                convicted > 0 && convicted * ROWS_A_CONVICTED >= rows.len()
            });
        Repairer {
            set,
            rows_left: ROWS_BELIEVED,
        }
    }

    /// Repairs the cells of a row; says whether there was anything to repair.
    pub(super) fn repair(&mut self, cells: &mut [String]) -> bool {
        let Some(set) = self.set else {
            return false;
        };
        self.rows_left = match is_convicted(cells, set) {
            true => ROWS_BELIEVED,
            false => self.rows_left.saturating_sub(1),
        };
        if self.rows_left == 0 {
            return false;
        }
        let mut any = false;
        for cell in cells {
            if has_sound_accents(cell, set) {
                continue;
            }
            let better = repaired(cell, set);
            any |= better != *cell;
            *cell = better;
        }
        any
    }
}

/// Text in which bytes of `set` were read as Latin-1, with the accents back on their letters; what does not become a
/// letter stays as it is.
fn repaired(text: &str, set: CharacterSet) -> String {
    let mut repaired = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        let accented = letters.peek().and_then(|base| accented(c, *base, set));
        match accented {
            Some(letter) => {
                letters.next();
                repaired.push(letter);
            }
            None => repaired.push(c),
        }
    }
    repaired
}

/// The letter that an accent read as Latin-1 and the letter behind it make together.
fn accented(accent: char, base: char, set: CharacterSet) -> Option<char> {
    let (_, mark) = signs(set).iter().find(|(sign, _)| *sign == accent)?;
    let mut composed = [base, *mark].into_iter().nfc();
    composed
        .next()
        .filter(|_| base.is_alphabetic() && composed.next().is_none())
}

fn is_convicted(cells: &[String], set: CharacterSet) -> bool {
    let pairs: &[&str] = match set {
        CharacterSet::Marc8 => &["âe", "âE", "áa", "ðc", "ðC"],
        CharacterSet::Iso5426 => &["Âe", "ÂE", "Áa", "Ðc", "ÐC"],
    };
    cells
        .iter()
        .any(|cell| pairs.iter().any(|pair| cell.contains(pair)))
}

/// Whether the cell holds an accented letter that can only have been read right.
fn has_sound_accents(cell: &str, set: CharacterSet) -> bool {
    let follows = cell.chars().skip(1).map(Some).chain([None]);
    cell.chars()
        .zip(follows)
        .filter(|(letter, _)| matches!(letter, 'À'..='ÿ'))
        .any(|(letter, next)| next.is_none_or(|next| accented(letter, next, set).is_none()))
}

/// What the bytes of the accents of western Europe are in Latin-1: grave, acute, circumflex, tilde, diaeresis and
/// cedilla.
fn signs(set: CharacterSet) -> &'static [(char, char)] {
    match set {
        CharacterSet::Marc8 => &[
            ('á', '\u{300}'),
            ('â', '\u{301}'),
            ('ã', '\u{302}'),
            ('ä', '\u{303}'),
            ('è', '\u{308}'),
            ('ð', '\u{327}'),
        ],
        CharacterSet::Iso5426 => &[
            ('Á', '\u{300}'),
            ('Â', '\u{301}'),
            ('Ã', '\u{302}'),
            ('Ä', '\u{303}'),
            ('È', '\u{308}'),
            ('Ð', '\u{327}'),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    fn rows(cells: &[&[&str]]) -> Vec<Row> {
        let of = |cells: &&[&str]| Row {
            cells: row(cells),
            ..Row::default()
        };
        cells.iter().map(of).collect()
    }

    #[test]
    fn i6_rows_read_in_the_wrong_set_are_repaired_and_others_are_not() {
        let mut repairer = Repairer::of(&rows(&[&["bâebâes"], &["bébés"]]));
        for (sent, right) in [
            (
                ["Leurs enfants apráes eux", "Rhãone"],
                ["Leurs enfants après eux", "Rhône"],
            ),
            (
                ["Picoti : pour les bâebâes : áa partir", "Aèie"],
                ["Picoti : pour les bébés : à partir", "Aïe"],
            ),
            (["Théâtre", "École, João"], ["Théâtre", "École, João"]),
        ] {
            let mut cells = row(&sent);
            assert_eq!(
                (repairer.repair(&mut cells), &cells),
                (sent != right, &row(&right))
            );
        }
        let mut iso5426 = Repairer::of(&rows(&[&["bÂebÂes"]]));
        let mut cells = row(&["bÂebÂes franÐcais"]);
        assert!(iso5426.repair(&mut cells));
        assert_eq!(cells, row(&["bébés français"]));
    }

    #[test]
    fn one_strange_row_convicts_no_table() {
        let mut table = vec![row(&["Sáenz, João"]); 300];
        table.push(row(&["âeoedeveloped"]));
        let table: Vec<Row> = table
            .into_iter()
            .map(|cells| Row {
                cells,
                ..Row::default()
            })
            .collect();
        let mut repairer = Repairer::of(&table);
        assert!(
            table
                .into_iter()
                .all(|mut row| !repairer.repair(&mut row.cells))
        );
    }
}
