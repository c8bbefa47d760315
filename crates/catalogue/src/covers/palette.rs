//! Colours of covers: five or six settings for each kind of book.
//!
//! In each, `dark` reads on `light` and the reverse, and `accent` reads on `light`, at 4.5:1 or better (a test
//! computes it); `soft` is for shapes, never for letters.

/// Four colours that go together, as `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Palette {
    pub(super) dark: &'static str,
    pub(super) light: &'static str,
    pub(super) accent: &'static str,
    pub(super) soft: &'static str,
}

const fn of(
    dark: &'static str,
    light: &'static str,
    accent: &'static str,
    soft: &'static str,
) -> Palette {
    Palette {
        dark,
        light,
        accent,
        soft,
    }
}

/// Ink, oxblood, quay green, plum, sea: fiction.
const FICTION: &[Palette] = &[
    of("#22303c", "#f3ecdf", "#9c3f2c", "#c9b08a"),
    of("#3a1f28", "#f5ebe4", "#8c2f3f", "#d8a79b"),
    of("#1e3d34", "#f1eee0", "#1e6b4e", "#b7c3a0"),
    of("#2b2a44", "#efebf0", "#6b4583", "#b9aecb"),
    of("#173a4c", "#eef1ec", "#1d6a80", "#a5c3c4"),
    of("#3b2c20", "#f6eddc", "#8f5219", "#dbb77f"),
];

/// Night, tar, signal red and sodium light: crime.
const CRIME: &[Palette] = &[
    of("#16191d", "#f0ece4", "#a82626", "#6d747c"),
    of("#1c2430", "#eeeae0", "#8a4b0f", "#d9a441"),
    of("#2a1416", "#f3e9e2", "#97222a", "#b8695f"),
    of("#13272b", "#e9efe9", "#1e6464", "#7f9c97"),
    of("#25202b", "#efeaf0", "#7a2f5a", "#9c8aa5"),
];

/// Far skies: science fiction and fantasy.
const IMAGINARY: &[Palette] = &[
    of("#141c3a", "#edeef8", "#4a3fa0", "#8f9be0"),
    of("#1d1530", "#f2ebf4", "#7d2f8a", "#c191d0"),
    of("#0f2a33", "#e8f2f0", "#0f6a70", "#6fb9b0"),
    of("#2c1a14", "#f6eadd", "#9a3d12", "#e0905a"),
    of("#1a2a1f", "#edf1e4", "#3d6a1f", "#9dbb6c"),
];

/// Leather, sail, wax and madder: historical fiction, adventure, history, biography.
const PAST: &[Palette] = &[
    of("#3a2417", "#f5ead3", "#8a3f1a", "#cf9d62"),
    of("#1f2f45", "#f1ead9", "#8b2e2e", "#b9a27a"),
    of("#2f3222", "#f2eedb", "#5f6420", "#b6b07a"),
    of("#43202a", "#f6e9dd", "#93303f", "#cf9c84"),
    of("#253a3a", "#eff0e4", "#2d6663", "#a2b7a6"),
    of("#2d2433", "#f0eae2", "#6d3f63", "#b49fac"),
];

/// Rose, apricot, lilac, without sugar: romance.
const LOVE: &[Palette] = &[
    of("#5a1f37", "#fdf0ec", "#b02a55", "#f0b3ae"),
    of("#4a2a4f", "#f8effa", "#8a3f94", "#d7b4dc"),
    of("#5b2a1c", "#fff1e4", "#b3421f", "#f5bf98"),
    of("#1f4450", "#eef7f4", "#1b7180", "#a9d6cf"),
    of("#3d3358", "#f3f0fb", "#6650a6", "#c3b8e8"),
];

/// Paper and one pigment: poetry, plays.
const VERSE: &[Palette] = &[
    of("#2a2a2a", "#f7f4ec", "#8c2f2b", "#d9d0bd"),
    of("#1f3a4d", "#f4f4ee", "#2a6386", "#c3d1d4"),
    of("#33402b", "#f4f3e6", "#50702f", "#cdd3b0"),
    of("#4a3a2a", "#f8f1e3", "#8a5a1f", "#e2cfa6"),
    of("#3c2e45", "#f5f0f5", "#7a4a86", "#d5c6da"),
];

/// Poster paint: comics and children's books.
const YOUNG: &[Palette] = &[
    of("#15355c", "#fff6df", "#c0341d", "#f6b93b"),
    of("#0f4a4a", "#f4f8e8", "#0f7a63", "#f29f5c"),
    of("#4b2140", "#fff1e6", "#b8325e", "#f7c15c"),
    of("#23406b", "#eef6fb", "#2263b0", "#f58a6c"),
    of("#2f4a1f", "#fbf7df", "#4b7a14", "#ef8354"),
    of("#3a2a63", "#f8f2ff", "#7440b8", "#6fcdb6"),
];

/// The printer's three inks: arts, music, film.
const ART: &[Palette] = &[
    of("#1b1b1b", "#f5f2ea", "#c02b1d", "#e6b422"),
    of("#12304f", "#f2f1e8", "#c1351f", "#8fb3c7"),
    of("#2b2b33", "#f3efe9", "#2a5fa5", "#e08f6a"),
    of("#33251f", "#f6efe2", "#a8480f", "#8fae9b"),
    of("#1f3330", "#f0f2ea", "#1d6f60", "#e3a857"),
];

/// University press: essays, philosophy, society, economics, religion, language.
const IDEAS: &[Palette] = &[
    of("#1f2a36", "#f3f1ea", "#a03a22", "#c3c8c4"),
    of("#2c3e35", "#f3f2e6", "#356a4a", "#c2cdb4"),
    of("#3a2f2a", "#f5efe6", "#8c4a1c", "#d4bfa3"),
    of("#2a2f4a", "#f0f0f4", "#4054a0", "#b9c0dc"),
    of("#402531", "#f5edee", "#8e2f50", "#d5b0ba"),
    of("#33361f", "#f4f2e1", "#6a6416", "#cfc98f"),
];

/// Laboratory light: science, technology, health, psychology.
const SCIENCE: &[Palette] = &[
    of("#0f2f4a", "#eef4f7", "#0f6a9a", "#9fc6d8"),
    of("#12363a", "#ecf5f2", "#0f7070", "#97cbbd"),
    of("#2a2a4f", "#f1f0f9", "#5a48a8", "#bcb6e2"),
    of("#2f3a3f", "#f2f4f1", "#b0431a", "#f0b48a"),
    of("#253f2b", "#eff5ea", "#2f7238", "#b3d29c"),
];

/// Garden, kitchen, road: nature, food, travel, home.
const OUTDOORS: &[Palette] = &[
    of("#23402f", "#f2f4e4", "#39703a", "#b5cb8c"),
    of("#5a2a18", "#fdf1e1", "#a8431a", "#f0b070"),
    of("#1d4355", "#eef5f3", "#1f6d85", "#a6cfd0"),
    of("#4a3a14", "#faf3dc", "#8a620f", "#e5c15e"),
    of("#49233a", "#f8eef0", "#963259", "#dca9b8"),
    of("#2f4437", "#f4f1e6", "#8c4a2a", "#c4b58a"),
];

/// The settings for a shop subject's slug.
pub(super) fn for_subject(slug: &str) -> &'static [Palette] {
    match slug {
        "crime-thrillers" => CRIME,
        "science-fiction-fantasy" => IMAGINARY,
        "historical-adventure" | "history" | "biography" => PAST,
        "romance" => LOVE,
        "poetry" | "theatre" => VERSE,
        "comics" | "children" => YOUNG,
        "arts" | "music-cinema" => ART,
        "essays" | "philosophy" | "society-politics" | "economics-law" | "religion"
        | "language-reference" => IDEAS,
        "science" | "technology" | "health" | "psychology-wellbeing" => SCIENCE,
        "nature" | "food-drink" | "travel" | "home-leisure" => OUTDOORS,
        _ => FICTION,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Relative luminance, WCAG 2.2.
    fn luminance(colour: &str) -> f64 {
        let channel = |at: usize| {
            let value =
                f64::from(u8::from_str_radix(colour.get(at..at + 2).unwrap(), 16).unwrap()) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn letters_read_on_their_ground() {
        let all = [
            FICTION, CRIME, IMAGINARY, PAST, LOVE, VERSE, YOUNG, ART, IDEAS, SCIENCE, OUTDOORS,
        ];
        for palette in all.into_iter().flatten() {
            assert!(contrast(palette.dark, palette.light) >= 7.0, "{palette:?}");
            assert!(
                contrast(palette.accent, palette.light) >= 4.5,
                "{palette:?}"
            );
        }
    }
}
