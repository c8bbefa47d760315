//! Names of people as libraries and older feeds write them: inverted, with dates, titles and fuller forms.
//!
//! Where a feed sends the parts of a name, those are used instead. A name whose form is not understood is kept as
//! it came: a strange name is better than a wrong one (T4).

/// Words after a comma that belong to the name of a company, not to a person.
const CORPORATE: [&str; 16] = [
    "inc",
    "ltd",
    "llc",
    "llp",
    "co",
    "company",
    "corp",
    "corporation",
    "limited",
    "sa",
    "sarl",
    "gmbh",
    "ag",
    "nv",
    "plc",
    "firm",
];

/// Words after a comma that stay behind the name: `Martin Luther King Jr.`
const SUFFIXES: [&str; 10] = [
    "jr", "sr", "ii", "iii", "iv", "v", "fils", "père", "aîné", "jeune",
];

/// `Hugo, Victor, 1802-1885` as it stands on a cover, `Victor Hugo`, and as it is shelved, `Hugo, Victor`.
///
/// The second is none when the name did not come inverted.
pub(super) fn read(name: &str) -> (String, Option<String>) {
    let name = without_brackets(name);
    let mut parts = name
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let Some(family) = parts.next() else {
        return (String::new(), None);
    };
    let rest: Vec<&str> = parts.filter(|part| !is_date(part)).collect();
    if rest.iter().any(|part| is_corporate(part))
        || rest.first().is_some_and(|part| joins_names(part))
    {
        return (name, None);
    }
    let (suffixes, names): (Vec<&str>, Vec<&str>) =
        rest.into_iter().partition(|part| is_suffix(part));
    let mut display = match names.first() {
        Some(given) if given.ends_with(['\'', '’']) => format!("{given}{family}"),
        Some(given) => format!("{given} {family}"),
        None => family.to_owned(),
    };
    let mut inverted = names.first().map(|given| format!("{family}, {given}"));
    for suffix in suffixes {
        display = format!("{display} {suffix}");
        inverted = inverted.map(|inverted| format!("{inverted}, {suffix}"));
    }
    (display, inverted)
}

/// Without the fuller form that libraries add: `Wells, H. G. (Herbert George)`; white space set right.
fn without_brackets(name: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    let source = if kept.trim().is_empty() { name } else { &kept };
    let words: Vec<&str> = source.split_whitespace().collect();
    words
        .join(" ")
        .replace(" ,", ",")
        .trim_end_matches([',', ';'])
        .to_owned()
}

fn is_date(part: &str) -> bool {
    part.contains(|c: char| c.is_ascii_digit()) || part == "active"
}

fn is_corporate(part: &str) -> bool {
    part.split_whitespace()
        .next()
        .is_some_and(|word| CORPORATE.contains(&bare(word).as_str()))
}

fn joins_names(part: &str) -> bool {
    part.split_whitespace()
        .any(|word| matches!(word, "and" | "et" | "und" | "&" | "of"))
}

fn is_suffix(part: &str) -> bool {
    SUFFIXES.contains(&bare(part).as_str())
}

fn bare(word: &str) -> String {
    word.trim_end_matches(['.', ','])
        .replace('.', "")
        .to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn t4_names_are_turned_only_when_their_form_is_clear() {
        for (given, display, inverted) in [
            ("Hugo, Victor", "Victor Hugo", Some("Hugo, Victor")),
            ("Victor Hugo", "Victor Hugo", None),
            (
                "Dumas, Alexandre, 1802-1870",
                "Alexandre Dumas",
                Some("Dumas, Alexandre"),
            ),
            (
                "Wells, H. G. (Herbert George)",
                "H. G. Wells",
                Some("Wells, H. G."),
            ),
            (
                "King, Martin Luther, Jr., 1929-1968",
                "Martin Luther King Jr.",
                Some("King, Martin Luther, Jr."),
            ),
            ("Tolstoy, Leo, graf", "Leo Tolstoy", Some("Tolstoy, Leo")),
            (
                "La Fontaine, Jean de",
                "Jean de La Fontaine",
                Some("La Fontaine, Jean de"),
            ),
            ("Urfé, Honoré d'", "Honoré d'Urfé", Some("Urfé, Honoré d'")),
            ("Aesop", "Aesop", None),
            ("Homer, active 8th century", "Homer", None),
            ("Houghton Mifflin, Inc.", "Houghton Mifflin, Inc.", None),
            ("Strunk, and White", "Strunk, and White", None),
            (
                "Willebrands, Johannes Gerardus Maria, ",
                "Johannes Gerardus Maria Willebrands",
                Some("Willebrands, Johannes Gerardus Maria"),
            ),
            ("(Anonymous)", "(Anonymous)", None),
            (" , ", "", None),
        ] {
            assert_eq!(
                read(given),
                (display.to_owned(), inverted.map(str::to_owned)),
                "{given}"
            );
        }
    }
}
