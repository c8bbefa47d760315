//! The punctuation that cataloguing rules (ISBD) put between the parts of a description, and that readers do not want.

/// Shortest last word behind which a full stop is the end of a sentence, not of an abbreviation; with a capital letter
/// one more (`Inc.`, `Ltd.`).
const SENTENCE_WORD_CHARS: usize = 3;

/// Notes on the kind of material that old records carry in the title: `[Texte imprimé]`.
const MATERIALS: [&str; 9] = [
    "texte imprimé",
    "texte imprime",
    "text",
    "ressource électronique",
    "electronic resource",
    "elektronische ressource",
    "enregistrement sonore",
    "livre",
    "texte en braille",
];

/// Without the sign that leads over to the next part: `Paris :`, `Vrin,`, `Title /`.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim()
        .trim_end_matches([' ', '/', ':', ';', ',', '='])
        .trim_end()
}

/// Likewise, and without a full stop that only ends the field.
pub(super) fn without_stop(text: &str) -> &str {
    let text = trimmed(text);
    let Some(bare) = text.strip_suffix('.') else {
        return text;
    };
    let word = bare
        .rsplit([' ', '\'', '’', '-'])
        .next()
        .unwrap_or_default();
    let capital = usize::from(word.starts_with(char::is_uppercase));
    let is_sentence = word.chars().count() >= SENTENCE_WORD_CHARS + capital
        && word != "etc"
        && !word.contains('.')
        || word.ends_with(|c: char| c.is_ascii_digit());
    if is_sentence { bare.trim_end() } else { text }
}

/// Without square brackets, by which cataloguers say that something does not stand on the title page.
pub(super) fn without_brackets(text: &str) -> String {
    trimmed(&text.replace(['[', ']'], "")).to_owned()
}

/// A title without the note on its material.
pub(super) fn without_material(title: &str) -> String {
    let mut title = title.to_owned();
    let noted = title.split_once('[').and_then(|(before, rest)| {
        let (inside, after) = rest.split_once(']')?;
        let is_material = MATERIALS.contains(&inside.trim().to_lowercase().as_str());
        (is_material && !before.trim().is_empty()).then(|| format!("{}{after}", before.trim_end()))
    });
    if let Some(plain) = noted {
        title = plain;
    }
    title
}

/// The first year in a date as libraries write them: `c1999`, `[2004?]`, `DL 2010`, `1946-`, `cop. 1998`.
pub(super) fn year(date: &str) -> Option<i16> {
    date.split(|c: char| !c.is_ascii_digit())
        .filter(|digits| digits.len() == 4)
        .filter_map(|digits| digits.parse().ok())
        .find(|year| (1400..=2200).contains(year))
}

/// The pages in `xii, 232 p.`, `1 vol. (232 p.)`, `232 Seiten`; the highest, when there are several counts.
pub(super) fn pages(extent: &str) -> Option<u32> {
    let words: Vec<&str> = extent
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '[' | ']' | '-'))
        .filter(|word| !word.is_empty())
        .collect();
    let follows = words.iter().skip(1);
    words
        .iter()
        .zip(follows)
        .filter(|(_, unit)| is_page(unit))
        .filter_map(|(number, _)| number.parse().ok())
        .filter(|pages| (1..100_000).contains(pages))
        .max()
}

fn is_page(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ':', ';']).to_lowercase();
    matches!(
        word.as_str(),
        "p" | "pp" | "page" | "pages" | "s" | "seite" | "seiten" | "pág" | "págs" | "blz"
    )
}

/// The number in `Tome 3`, `vol. III`, `3.`; the words themselves when there is none.
pub(super) fn volume(designation: &str) -> String {
    let designation = without_brackets(designation);
    let designation = designation.trim_end_matches('.');
    let last = designation
        .rsplit([' ', '.'])
        .next()
        .unwrap_or(designation)
        .trim();
    let is_number = !last.is_empty()
        && (last.bytes().all(|byte| byte.is_ascii_digit())
            || last.bytes().all(|byte| b"IVXLC".contains(&byte)));
    if is_number { last } else { designation }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_over_and_ending_signs_go() {
        for (sent, plain) in [
            ("Les marées /", "Les marées"),
            ("Paris :", "Paris"),
            ("Title =", "Title"),
            ("A story of the sea.", "A story of the sea"),
            ("Rowling, J. K.", "Rowling, J. K."),
            ("Dole Publishing Co.", "Dole Publishing Co."),
            ("Qui suis-je ?", "Qui suis-je ?"),
            ("Wait...", "Wait..."),
            ("In 1984.", "In 1984"),
            ("", ""),
        ] {
            assert_eq!(without_stop(sent), plain, "{sent}");
        }
        assert_eq!(
            without_material("Pas pleurer [Texte imprimé]"),
            "Pas pleurer"
        );
        assert_eq!(
            without_material("Pyrénées [Texte imprimé] : guide"),
            "Pyrénées : guide"
        );
        assert_eq!(without_material("[Untitled] x"), "[Untitled] x");
    }

    #[test]
    fn years_pages_and_volumes_are_read() {
        for (sent, number) in [
            ("xii, 232 p. : ill. ; 24 cm", Some(232)),
            ("1 vol. (IV-320 p.)", Some(320)),
            ("188 Seiten", Some(188)),
            ("24 cm", None),
            ("2 v.", None),
        ] {
            assert_eq!(pages(sent), number, "{sent}");
        }
        for (sent, number) in [
            ("Tome 3", "3"),
            ("vol. III", "III"),
            ("1.", "1"),
            ("Suppl.", "Suppl"),
            ("t.2", "2"),
        ] {
            assert_eq!(volume(sent), number, "{sent}");
        }
        assert_eq!(year("[19--?]"), None);
        assert_eq!(year("c1999"), Some(1999));
    }
}
