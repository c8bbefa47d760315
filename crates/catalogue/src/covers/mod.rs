//! Covers. [`Picture`] is a supplier's, fetched and kept elsewhere; everything else here draws covers for books that
//! have none: set in type, drawn in a few shapes, as SVG.
//!
//! A cover follows from the book alone: its series or else its work choose the design, its subject the colours, so
//! the volumes of a series stand together and a book looks the same on every machine. The file is small, loads
//! nothing and contains no script. Not a copy of any publisher's design, and never a picture of a real cover.

mod drawn;
mod lettering;
mod palette;
pub mod picture;
mod set;

pub use picture::Picture;

use lettering::{Block, Face, Space, escaped};
use palette::Palette;

use crate::demo::random::Random;
use crate::model::Edition;

/// Width of a cover in its own units; shown at any size in the same proportions, 2:3.
const WIDTH: u32 = 600;
/// Height of a cover.
const HEIGHT: u32 = 900;

/// What a design works with.
struct Book {
    title: String,
    author: String,
    /// `Les Veilleurs · 3`, for a volume of a series whose title does not say it already.
    series: Option<String>,
    publisher: String,
    palette: Palette,
    /// Choices within a design.
    dice: Random,
}

/// A design: the picture and words within the cover.
type Design = fn(&mut Book) -> String;

/// The cover of an edition: an SVG document of 600 by 900 units, less than 6 kB.
pub fn svg(edition: &Edition) -> String {
    let identity = edition.series.as_ref().map_or_else(
        || format!("{}\n{}", edition.title, edition.byline()),
        |series| format!("{}\n{}", series.title, edition.byline()),
    );
    let subject = edition
        .subject()
        .map_or("literature", |subject| subject.slug());
    let mut dice = Random::new(hash(&identity));
    let design = dice
        .pick(designs_for(subject))
        .copied()
        .unwrap_or(set::ornament);
    let palette = dice.pick(palette::for_subject(subject)).copied();
    let Some(palette) = palette else {
        return String::new();
    };
    let mut book = Book {
        title: clipped(&edition.title),
        author: clipped(&edition.byline()),
        series: series_line(edition),
        publisher: clipped(edition.publisher.as_deref().unwrap_or_default()),
        palette,
        dice,
    };
    let art = design(&mut book);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" role=\"img\"><title>{}</title><style>.s{{font-family:Georgia,'Source Serif 4',\
         'Times New Roman',serif}}.n{{font-family:'Helvetica Neue',Arial,'Source Sans 3',sans-serif}}</style>{art}</svg>",
        escaped(&book.title)
    )
}

/// The designs that suit a subject.
fn designs_for(subject: &str) -> &'static [Design] {
    match subject {
        "crime-thrillers" => &[
            drawn::poster,
            drawn::geometric,
            set::band,
            drawn::landscape,
            drawn::rings,
            set::initial,
        ],
        "science-fiction-fantasy" => &[
            drawn::landscape,
            drawn::geometric,
            drawn::rings,
            set::engraved,
            drawn::poster,
        ],
        "historical-adventure" | "history" | "biography" => &[
            set::engraved,
            set::ornament,
            set::label,
            drawn::landscape,
            set::band,
            set::initial,
        ],
        "poetry" | "theatre" => &[
            set::ornament,
            set::label,
            set::series_cover,
            set::initial,
            drawn::rings,
        ],
        "comics" | "children" => &[
            drawn::geometric,
            drawn::poster,
            drawn::landscape,
            drawn::rings,
            set::band,
        ],
        "arts" | "music-cinema" | "science" | "technology" => &[
            drawn::geometric,
            drawn::poster,
            drawn::rings,
            set::band,
            set::initial,
        ],
        "nature" | "travel" | "food-drink" | "home-leisure" => &[
            drawn::landscape,
            set::label,
            set::band,
            drawn::geometric,
            set::initial,
        ],
        "romance" => &[
            drawn::landscape,
            set::initial,
            drawn::rings,
            set::ornament,
            drawn::poster,
        ],
        "literature" => &[
            set::series_cover,
            set::ornament,
            set::initial,
            set::label,
            set::band,
            set::engraved,
            drawn::landscape,
            drawn::geometric,
            drawn::rings,
        ],
        _ => &[
            set::series_cover,
            set::band,
            set::initial,
            drawn::geometric,
            set::ornament,
            drawn::poster,
            drawn::rings,
        ],
    }
}

/// Series and volume, unless the title tells them.
fn series_line(edition: &Edition) -> Option<String> {
    let series = edition.series.as_ref()?;
    let volume = series.volume.as_deref().unwrap_or_default();
    if edition.title.starts_with(&series.title) {
        return None;
    }
    let title = clipped(&series.title);
    Some(if volume.is_empty() {
        title
    } else {
        format!("{title} · {}", clipped(volume))
    })
}

/// No title page has more: keeps a damaged record from becoming a large file.
fn clipped(text: &str) -> String {
    const LETTERS_MAX: usize = 240;
    text.chars().take(LETTERS_MAX).collect()
}

/// FNV-1a: the same in every release, which the standard library's hash does not promise.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// A rectangle.
fn rect(x: u32, y: u32, width: u32, height: u32, fill: &str) -> String {
    format!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>")
}

/// A rectangle's outline.
fn frame(x: u32, y: u32, width: u32, height: u32, stroke: &str, weight: u32) -> String {
    format!(
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"none\" stroke=\"{stroke}\" \
         stroke-width=\"{weight}\"/>"
    )
}

/// One line of words as large as fits the width, or two at the smallest size.
fn line(text: &str, face: Face, width: u32, sizes: (u32, u32), spacing: u32) -> Block {
    let one = Space {
        width,
        height: sizes.0 * 3 / 2,
        sizes,
        spacing,
    };
    let block = Block::fit(text, face, one);
    if block.lines.len() == 1 && !block.lines.iter().any(|line| line.ends_with('…')) {
        return block;
    }
    Block::fit(
        text,
        face,
        Space {
            height: sizes.0 * 5 / 2,
            ..one
        },
    )
}

/// The publisher at the foot.
fn foot(book: &Book, x: u32, y: u32, anchor: &str, fill: &str) -> String {
    let space = Space {
        width: 480,
        height: 40,
        sizes: (26, 20),
        spacing: 1,
    };
    Block::fit(&book.publisher, Face::Sans, space).svg(x, y, anchor, fill)
}

/// Series and volume as one line; empty without series.
fn series(book: &Book, x: u32, y: u32, anchor: &str, fill: &str) -> String {
    let space = Space {
        width: 490,
        height: 44,
        sizes: (34, 26),
        spacing: 0,
    };
    book.series.as_ref().map_or_else(String::new, |name| {
        Block::fit(name, Face::Italic, space).svg(x, y, anchor, fill)
    })
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use proptest::prelude::*;
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use super::*;
    use crate::demo;
    use crate::model::{Contributor, ContributorRole, Series};

    const BYTES_MAX: usize = 6_000;

    /// Elements, by name; fails on what is not well-formed XML.
    fn elements(svg: &str) -> Vec<String> {
        let mut reader = Reader::from_str(svg);
        let mut names = Vec::new();
        loop {
            match reader.read_event().expect("well-formed XML") {
                Event::Start(tag) | Event::Empty(tag) => {
                    names.push(tag.name().as_ref().to_owned());
                }
                Event::Eof => return names,
                _ => {}
            }
        }
    }

    #[test]
    fn covers_of_the_demo_are_small_well_formed_and_repeatable() {
        let mut largest = 0;
        for edition in demo::editions(3_000, 1) {
            let cover = svg(&edition);
            assert_eq!(cover, svg(&edition));
            elements(&cover);
            largest = largest.max(cover.len());
        }
        assert!(largest < BYTES_MAX, "{largest} bytes");
    }

    #[test]
    fn volumes_of_a_series_share_their_design() {
        let mut volume = Edition::titled("Un");
        volume.series = Some(Series {
            title: "Les Veilleurs".to_owned(),
            volume: Some("1".to_owned()),
        });
        let first = svg(&volume);
        volume.title = "Deux".to_owned();
        volume.series = Some(Series {
            title: "Les Veilleurs".to_owned(),
            volume: Some("2".to_owned()),
        });
        let second = svg(&volume).replace("Deux", "Un").replace("· 2", "· 1");
        let shapes = |svg: &str| {
            elements(svg)
                .into_iter()
                .filter(|name| name != "tspan")
                .collect::<Vec<_>>()
        };
        assert_eq!(shapes(&first), shapes(&second));
        assert!(first.contains("· 1"));
    }

    proptest! {
        #[test]
        fn any_text_is_escaped_and_the_size_bounded(
            title in "\\PC{1,400}|[<>&\"'\\x00-\\x1f]{1,40}|[A-Za-z]{1,300}",
            author in "\\PC{0,200}",
            publisher in "\\PC{0,100}",
        ) {
            let mut edition = Edition::titled(title);
            edition.contributors.push(Contributor { name: author, inverted: None, role: ContributorRole::Author });
            edition.publisher = Some(publisher);
            let cover = svg(&edition);
            prop_assert!(cover.len() < BYTES_MAX * 2, "{} bytes", cover.len());
            let known = ["svg", "title", "style", "rect", "path", "circle", "ellipse", "g", "defs", "pattern", "text", "tspan"];
            for name in elements(&cover) {
                prop_assert!(known.contains(&name.as_str()), "{name}");
            }
        }

        #[test]
        fn no_line_is_wider_than_its_space(text in "[A-Za-zéèœ’ -]{1,200}") {
            let space = Space { width: 480, height: 400, sizes: (92, 48), spacing: 0 };
            let block = Block::fit(&text, Face::Serif, space);
            prop_assert!(block.height() <= 400);
            for line in &block.lines {
                prop_assert!(lettering::width(line, Face::Serif, block.size, 0) <= 480, "{line}");
            }
        }
    }
}
