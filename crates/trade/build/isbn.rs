//! `data/isbn-ranges.txt`: registration groups and their ranges of registrants.

use std::error::Error;
use std::fmt::Write as _;

use crate::Built;

/// `GROUPS`, sorted by prefix, length of the group and group.
pub fn generate(text: &str) -> Built {
    let mut groups = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        groups.push(group(line).map_err(|error| format!("line {}: {error}", number + 1))?);
    }
    groups.sort_unstable();
    if groups.is_empty()
        || groups
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a.key() == b.key()))
    {
        return Err("no group, or one group twice".into());
    }
    let mut code = String::from("static GROUPS: &[Group] = &[\n");
    for group in &groups {
        write!(
            code,
            "    Group {{ prefix: {}, digits: {}, number: {}, registrants: &[",
            group.prefix, group.digits, group.number
        )?;
        for (from, to, digits) in &group.ranges {
            write!(
                code,
                "Range {{ from: {from}, to: {to}, digits: {digits} }}, "
            )?;
        }
        code.push_str("] },\n");
    }
    code.push_str("];\n");
    Ok(code)
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    prefix: u16,
    digits: usize,
    number: u32,
    /// First and last registrant, and the number of digits of both.
    ranges: Vec<(u32, u32, usize)>,
}

impl Group {
    fn key(&self) -> (u16, usize, u32) {
        (self.prefix, self.digits, self.number)
    }
}

/// Reads `978-2 00-19 200-349 …`.
fn group(line: &str) -> Result<Group, Box<dyn Error>> {
    let mut words = line.split_whitespace();
    let (prefix, number) = words
        .next()
        .and_then(|name| name.split_once('-'))
        .ok_or("no group")?;
    let digits = number.len();
    let mut ranges = Vec::new();
    for word in words {
        let (from, to) = word.split_once('-').ok_or("not a range")?;
        let (low, high): (u32, u32) = (from.parse()?, to.parse()?);
        // Twelve digits without the check digit, of which three are the prefix and at least one the title.
        if from.len() != to.len() || low > high || 3 + digits + from.len() > 11 {
            return Err(format!("{word} is not a range").into());
        }
        ranges.push((low, high, from.len()));
    }
    Ok(Group {
        prefix: prefix.parse()?,
        digits,
        number: number.parse()?,
        ranges,
    })
}
