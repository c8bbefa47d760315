//! A MARC record as its fields: what UNIMARC and MARC 21, in XML or in bytes, have in common.

use unicode_normalization::UnicodeNormalization;

use crate::import::plain_text::one_line;
use crate::limits;

/// A record; the text in it is in composed form (NFC) and without the marks of what is not sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) leader: String,
    control: Vec<(String, String)>,
    data: Vec<Field>,
}

/// A field with subfields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Field {
    tag: String,
    indicators: [char; 2],
    subfields: Vec<(char, String)>,
}

/// Which meaning the fields have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Marc21,
    Unimarc,
}

impl Fields {
    /// A record of which only the leader is known.
    pub(super) fn of(leader: String) -> Fields {
        Fields {
            leader,
            ..Fields::default()
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.control.is_empty() && self.data.is_empty()
    }

    pub(super) fn push_control(&mut self, tag: String, text: String) {
        self.control.push((tag, text));
    }

    pub(super) fn push(&mut self, field: Field) {
        self.data.push(field);
    }

    /// The text of a control field.
    pub(super) fn control(&self, tag: &str) -> Option<&str> {
        self.control
            .iter()
            .find(|(held, _)| held == tag)
            .map(|(_, text)| text.as_str())
    }

    /// What stands at these places of a control field.
    pub(super) fn coded(&self, tag: &str, from: usize, to: usize) -> Option<&str> {
        self.control(tag)?.get(from..to)
    }

    /// The letter at a place of the leader.
    pub(super) fn leader_at(&self, place: usize) -> char {
        self.leader.chars().nth(place).unwrap_or(' ')
    }

    /// The fields with one of these tags, in the order of the tags.
    pub(super) fn all<'f>(&'f self, tags: &'f [&str]) -> impl Iterator<Item = &'f Field> {
        tags.iter()
            .flat_map(|tag| self.data.iter().filter(move |field| field.tag == *tag))
            .take(limits::PARTS)
    }

    /// The fields with one of these tags, in the order of the record.
    pub(super) fn in_order<'f>(&'f self, tags: &'f [&str]) -> impl Iterator<Item = &'f Field> {
        self.data
            .iter()
            .filter(|field| tags.contains(&field.tag.as_str()))
            .take(limits::PARTS)
    }

    /// One line of the first field of that tag that has such a subfield.
    pub(super) fn line(&self, tag: &str, code: char) -> Option<String> {
        self.all(&[tag]).find_map(|field| field.line(code))
    }

    /// What the title's field says: 245 is a title only in MARC 21, 200 only in UNIMARC. A record without either is
    /// told by the end of its leader.
    pub(super) fn dialect(&self) -> Dialect {
        let has = |tag: &str| self.data.iter().any(|field| field.tag == tag);
        match (has("245"), has("200")) {
            (true, false) => Dialect::Marc21,
            (false, true) => Dialect::Unimarc,
            _ if self.leader.get(20..23) == Some("450") && self.leader_at(23) != '0' => {
                Dialect::Unimarc
            }
            _ => Dialect::Marc21,
        }
    }
}

impl Field {
    pub(super) fn new(tag: String, indicators: [char; 2]) -> Field {
        Field {
            tag,
            indicators,
            subfields: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, code: char, text: &str) {
        self.subfields.push((code, sorted_or_not(text)));
    }

    pub(super) fn tag(&self) -> &str {
        &self.tag
    }

    /// An indicator, the first or the second.
    pub(super) fn indicator(&self, which: usize) -> char {
        self.indicators.get(which).copied().unwrap_or(' ')
    }

    /// The text of the first subfield with that code that has any.
    pub(super) fn get(&self, code: char) -> Option<&str> {
        self.texts(code).next()
    }

    /// The texts of the subfields with that code.
    pub(super) fn texts(&self, code: char) -> impl Iterator<Item = &str> {
        self.subfields
            .iter()
            .filter(move |(held, _)| *held == code)
            .map(|(_, text)| text.trim())
            .filter(|text| !text.is_empty())
    }

    /// Codes and texts, in the order of the record.
    pub(super) fn subfields(&self) -> impl Iterator<Item = (char, &str)> {
        self.subfields
            .iter()
            .map(|(code, text)| (*code, text.trim()))
            .filter(|(_, text)| !text.is_empty())
    }

    /// One line of the first subfield with that code.
    pub(super) fn line(&self, code: char) -> Option<String> {
        self.get(code).map(one_line).filter(|line| !line.is_empty())
    }
}

/// Without the marks around what is not sorted (`˜The œart of …`, in five notations), and in composed form.
fn sorted_or_not(text: &str) -> String {
    let is_mark = |c: char| matches!(c, '\u{88}' | '\u{89}' | '\u{98}' | '\u{9c}');
    let mut plain: String = text.nfc().filter(|c| !is_mark(*c)).collect();
    for (open, close) in [("˜", "œ"), ("{NSB}", "{NSE}"), ("<<", ">>"), ("¬", "¬")] {
        if plain.contains(open) {
            plain = without_pairs(&plain, open, close);
        }
    }
    plain
}

/// The text without these marks, where they come in pairs.
fn without_pairs(text: &str, open: &str, close: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    let pair = |rest: &str| {
        let opened = rest.find(open)?;
        let inside = opened + open.len();
        let closed = inside + rest.get(inside..)?.find(close)?;
        Some((opened, inside, closed))
    };
    while let Some((opened, inside, closed)) = pair(rest) {
        plain.push_str(rest.get(..opened).unwrap_or_default());
        plain.push_str(rest.get(inside..closed).unwrap_or_default());
        rest = rest.get(closed + close.len()..).unwrap_or_default();
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_what_is_not_sorted_are_removed() {
        for (sent, plain) in [
            ("\u{98}Der \u{9c}Zauberberg", "Der Zauberberg"),
            ("\u{88}L'\u{89}étranger", "L'étranger"),
            ("˜Les œmisérables", "Les misérables"),
            ("{NSB}The {NSE}art", "The art"),
            ("<<Die>> Räuber << und", "Die Räuber << und"),
            ("¬La ¬peste", "La peste"),
            ("L'œuvre", "L'œuvre"),
            ("1946->", "1946->"),
            ("e\u{301}te\u{301}", "été"),
        ] {
            assert_eq!(sorted_or_not(sent), plain);
        }
    }
}
