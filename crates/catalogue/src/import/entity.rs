//! Letters by their names, `eacute` or `oelig`: those that HTML and the document types of ONIX 2.1 know.
//!
//! Entities that a message declares itself are not known here.

/// The letters that `&name;` stands for.
pub(super) fn letters(name: &str) -> Option<&'static str> {
    let letters = htmlize::ENTITIES.get(format!("&{name};").as_bytes())?;
    std::str::from_utf8(letters).ok()
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn o17_french_and_other_letters_are_known_by_name() {
        for (name, expected) in [
            ("eacute", "é"),
            ("OElig", "Œ"),
            ("oelig", "œ"),
            ("Yuml", "Ÿ"),
            ("scaron", "š"),
            ("rsquo", "’"),
            ("nbsp", "\u{a0}"),
            ("amp", "&"),
            ("apos", "'"),
            ("alpha", "α"),
        ] {
            assert_eq!(letters(name), Some(expected), "{name}");
        }
        assert_eq!(letters("nope"), None);
        assert_eq!(letters(""), None);
    }
}
