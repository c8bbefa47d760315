//! Reads the table of a dialect while this crate is compiled: a table that cannot be read does not compile.
//!
//! A table is a text of tab-separated lines; `#` begins a remark. First come `name`, `version`, `type`, `bitmap` and
//! `lengths`, each with its value, then a line for each field: number, format as the standard writes it (`n6`, `n..19`,
//! `ans...999`), how it lies on the wire (`text`, `packed<`, `packed>`, `bytes`, `hex`), `open` or `secret`, name.

use super::dialect::FIELDS;
use super::{Content, Dialect, Field, FieldSpec, Length, Wire};

/// Reads a table.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) const fn read(table: &'static str) -> Result<Dialect, &'static str> {
    let mut dialect = Dialect {
        name: "",
        version: 0,
        mti: Wire::Text,
        bitmap: Wire::Hex,
        lengths: Wire::Text,
        fields: [None; FIELDS],
    };
    let mut rest = table;
    let mut last = 1;
    while !rest.is_empty() {
        let (line, after) = cut(rest, b'\n');
        rest = after;
        if line.is_empty() || starts_with(line, b'#') {
            continue;
        }
        let (key, value) = cut(line, b'\t');
        let Some(number) = number(key) else {
            dialect = match heading(dialect, key, value) {
                Ok(dialect) => dialect,
                Err(wrong) => return Err(wrong),
            };
            continue;
        };
        if number <= last || number > 128 {
            return Err("the fields are not ascending from 2 to 128");
        }
        last = number;
        let spec = match spec(number as u8, value) {
            Ok(spec) => spec,
            Err(wrong) => return Err(wrong),
        };
        let Some((_, slots)) = dialect.fields.split_at_mut_checked(number) else {
            return Err("a field beyond the last");
        };
        if let Some((slot, _)) = slots.split_first_mut() {
            *slot = Some(spec);
        }
    }
    if dialect.name.is_empty() {
        return Err("the dialect has no name");
    }
    Ok(dialect)
}

const fn heading(
    mut dialect: Dialect,
    key: &str,
    value: &'static str,
) -> Result<Dialect, &'static str> {
    if same(key, "name") {
        dialect.name = value;
        return Ok(dialect);
    }
    if same(key, "version") {
        return match number(value) {
            Some(version) if version < 10 => {
                dialect.version = version as u8;
                Ok(dialect)
            }
            _ => Err("the version is one digit"),
        };
    }
    let wire = match wire(value) {
        Some(wire) => wire,
        None if same(value, "packed") => Wire::PackedLeft,
        None => return Err("not a way to lie on the wire"),
    };
    match wire {
        Wire::Text | Wire::PackedLeft if same(key, "type") => dialect.mti = wire,
        Wire::Hex | Wire::Bytes if same(key, "bitmap") => dialect.bitmap = wire,
        Wire::Text | Wire::PackedLeft | Wire::Bytes if same(key, "lengths") => {
            dialect.lengths = wire;
        }
        _ => return Err("not a heading, or it cannot lie on the wire in this way"),
    }
    Ok(dialect)
}

const fn spec(number: u8, columns: &'static str) -> Result<FieldSpec, &'static str> {
    let Some(field) = Field::new(number) else {
        return Err("not a field number");
    };
    let (format, columns) = cut(columns, b'\t');
    let (lies, columns) = cut(columns, b'\t');
    let (secrecy, name) = cut(columns, b'\t');
    let (Some((content, length)), Some(wire)) = (self::format(format), wire(lies)) else {
        return Err("not a format, or not a way to lie on the wire");
    };
    let fits = match content {
        Content::Digits | Content::Track => {
            matches!(wire, Wire::Text | Wire::PackedLeft | Wire::PackedRight)
        }
        Content::Binary => matches!(wire, Wire::Bytes | Wire::Hex),
        _ => matches!(wire, Wire::Text),
    };
    let secret = same(secrecy, "secret");
    if !fits || name.is_empty() || !(secret || same(secrecy, "open")) {
        return Err("content and wire do not fit, or a column is missing");
    }
    Ok(FieldSpec {
        field,
        name,
        content,
        length,
        wire,
        secret,
    })
}

/// `n6`, `n..19`, `ans...999`, `x+n8`.
const fn format(format: &str) -> Option<(Content, Length)> {
    const CONTENTS: [(&str, Content); 6] = [
        ("x+n", Content::Signed),
        ("ans", Content::Printable),
        ("an", Content::Alphanumeric),
        ("n", Content::Digits),
        ("z", Content::Track),
        ("b", Content::Binary),
    ];
    let mut contents = CONTENTS.as_slice();
    while let [(letters, content), others @ ..] = contents {
        contents = others;
        if let Some(length) = after(format, letters) {
            return match length_of(length) {
                // The sign is one more character, and is not counted by the standard.
                Some(Length::Fixed(digits)) if matches!(content, Content::Signed) => {
                    Some((*content, Length::Fixed(digits + 1)))
                }
                Some(length) => Some((*content, length)),
                None => None,
            };
        }
    }
    None
}

const fn length_of(text: &str) -> Option<Length> {
    if let Some(most) = after(text, "...") {
        return match number(most) {
            Some(most @ 1..=999) => Some(Length::Lll(most)),
            _ => None,
        };
    }
    if let Some(most) = after(text, "..") {
        return match number(most) {
            Some(most @ 1..=99) => Some(Length::Ll(most)),
            _ => None,
        };
    }
    match number(text) {
        Some(exactly @ 1..=999) => Some(Length::Fixed(exactly)),
        _ => None,
    }
}

const fn wire(text: &str) -> Option<Wire> {
    const WIRES: [(&str, Wire); 5] = [
        ("text", Wire::Text),
        ("packed<", Wire::PackedLeft),
        ("packed>", Wire::PackedRight),
        ("bytes", Wire::Bytes),
        ("hex", Wire::Hex),
    ];
    let mut wires = WIRES.as_slice();
    while let [(word, wire), others @ ..] = wires {
        wires = others;
        if same(text, word) {
            return Some(*wire);
        }
    }
    None
}

const fn number(text: &str) -> Option<usize> {
    let mut digits = text.as_bytes();
    let mut number = 0;
    if digits.is_empty() || digits.len() > 3 {
        return None;
    }
    while let [digit, others @ ..] = digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number * 10 + (*digit - b'0') as usize;
        digits = others;
    }
    Some(number)
}

/// What stands before and behind the first `separator`; everything and nothing without one.
const fn cut(text: &'static str, separator: u8) -> (&'static str, &'static str) {
    let mut rest = text.as_bytes();
    let mut at = 0;
    while let [byte, others @ ..] = rest {
        if *byte == separator {
            let (before, _) = text.split_at(at);
            let (_, behind) = text.split_at(at + 1);
            return (before, behind);
        }
        rest = others;
        at += 1;
    }
    (text, "")
}

/// What follows these letters at the beginning of the text.
const fn after<'t>(text: &'t str, letters: &str) -> Option<&'t str> {
    match text.split_at_checked(letters.len()) {
        Some((first, rest)) if same(first, letters) => Some(rest),
        _ => None,
    }
}

const fn starts_with(text: &str, byte: u8) -> bool {
    matches!(text.as_bytes(), [first, ..] if *first == byte)
}

/// `==` cannot be used while compiling.
const fn same(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.as_bytes(), other.as_bytes());
    while let ([a, ones @ ..], [b, others @ ..]) = (one, other) {
        if *a != *b {
            return false;
        }
        (one, other) = (ones, others);
    }
    one.is_empty() && other.is_empty()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const HEAD: &str = "name\tx\nversion\t1\ntype\ttext\nbitmap\tbytes\nlengths\tpacked\n";

    fn table(text: &str) -> Result<Dialect, &'static str> {
        read(format!("{HEAD}{text}").leak())
    }

    #[test]
    fn a_line_says_everything_about_a_field() {
        let dialect = table(
            "# remark\n\n2\tn..19\tpacked>\tsecret\tthe number\n97\tx+n16\ttext\topen\tnet\n",
        )
        .unwrap();
        assert_eq!((dialect.name, dialect.version), ("x", 1));
        assert_eq!(
            (dialect.bitmap, dialect.lengths),
            (Wire::Bytes, Wire::PackedLeft)
        );
        let [pan, net] = dialect.specs().collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(
            (pan.field, pan.name, pan.secret),
            (Field::PAN, "the number", true)
        );
        assert_eq!(
            (pan.content, pan.length, pan.wire),
            (Content::Digits, Length::Ll(19), Wire::PackedRight)
        );
        assert_eq!(
            (net.content, net.length),
            (Content::Signed, Length::Fixed(17))
        );
    }

    #[test]
    fn a_table_with_a_mistake_is_refused() {
        for wrong in [
            "2\tn..100\ttext\topen\ta\n",
            "2\tn...1000\ttext\topen\ta\n",
            "2\tn0\ttext\topen\ta\n",
            "2\tq6\ttext\topen\ta\n",
            "2\tn6\tbytes\topen\ta\n",
            "2\tb6\ttext\topen\ta\n",
            "2\tans6\tpacked<\topen\ta\n",
            "2\tn6\tsideways\topen\ta\n",
            "2\tn6\ttext\tsometimes\ta\n",
            "2\tn6\ttext\topen\n",
            "1\tn6\ttext\topen\ta\n",
            "129\tn6\ttext\topen\ta\n",
            "3\tn6\ttext\topen\ta\n2\tn6\ttext\topen\ta\n",
            "2\tn6\ttext\topen\ta\n2\tn6\ttext\topen\ta\n",
            "colour\tblue\n",
            "bitmap\ttext\n",
            "version\t10\n",
        ] {
            assert!(table(wrong).is_err(), "{wrong}");
        }
        assert!(read("").is_err());
    }
}
