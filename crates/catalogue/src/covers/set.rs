//! Designs made of type, rules and ornaments.

use std::fmt::Write;

use super::lettering::{Block, Face, Space, escaped};
use super::{Book, HEIGHT, WIDTH, foot, frame, line, rect, series};
use crate::text;

/// Largest and smallest letters of a title.
const TITLE: (u32, u32) = (96, 50);
/// Largest and smallest letters of an author.
const AUTHOR: (u32, u32) = (48, 38);
const MIDDLE: u32 = WIDTH / 2;

/// Author above, title between two rules, a printer's flower below.
pub(super) fn ornament(book: &mut Book) -> String {
    let flower = book.dice.below(4);
    let p = book.palette;
    let author = line(&book.author, Face::Serif, 480, AUTHOR, 1);
    let title = Block::fit(
        &book.title,
        Face::Serif,
        Space {
            width: 470,
            height: 350,
            sizes: TITLE,
            spacing: 0,
        },
    );
    let top = 96 + author.height() + 46;
    let bottom = top + 40 + title.height() + 44;
    let mut svg = rect(0, 0, WIDTH, HEIGHT, p.light);
    svg += &frame(26, 26, WIDTH - 52, HEIGHT - 52, p.accent, 2);
    svg += &frame(36, 36, WIDTH - 72, HEIGHT - 72, p.accent, 6);
    svg += &author.svg(MIDDLE, 96, "middle", p.dark);
    svg += &rule(top, p.accent);
    svg += &title.svg(MIDDLE, top + 40, "middle", p.dark);
    svg += &rule(bottom, p.accent);
    svg += &series(book, MIDDLE, bottom + 30, "middle", p.accent);
    let from = bottom + if book.series.is_some() { 86 } else { 30 };
    if from + 200 < 790 {
        svg += &printers_flower(flower, (from + 790) / 2, p.accent, p.soft);
    }
    svg + &foot(book, MIDDLE, 806, "middle", p.dark)
}

fn rule(y: u32, colour: &str) -> String {
    format!(
        "<path d=\"M90 {y}h420M90 {}h420\" stroke=\"{colour}\" stroke-width=\"2\"/>",
        y + 7
    )
}

/// One of four flowers, symmetrical about the middle.
fn printers_flower(kind: usize, y: u32, ink: &str, tint: &str) -> String {
    let petals = match kind {
        0 => (8_u32, "M0 0C22-14 22-52 0-74C-22-52-22-14 0 0Z"),
        1 => (4, "M0-6C46-22 52-64 0-84C-52-64-46-22 0-6Z"),
        2 => (6, "M0-12L18-44L0-80L-18-44Z"),
        _ => (12, "M0-30C9-42 9-64 0-78C-9-64-9-42 0-30Z"),
    };
    let (count, shape) = petals;
    let mut svg = format!("<g transform=\"translate({MIDDLE} {y})\">");
    for petal in 0..count {
        let fill = if petal % 2 == 0 { ink } else { tint };
        // Writing to a String cannot fail.
        let _ = write!(
            svg,
            "<path d=\"{shape}\" fill=\"{fill}\" transform=\"rotate({})\"/>",
            petal * 360 / count
        );
    }
    let _ = write!(
        svg,
        "<circle r=\"11\" fill=\"{ink}\"/><path d=\"M-200 0h90M110 0h90\" stroke=\"{ink}\" stroke-width=\"3\"/>\
         <circle cx=\"-100\" r=\"6\" fill=\"{ink}\"/><circle cx=\"100\" r=\"6\" fill=\"{ink}\"/></g>"
    );
    svg
}

/// A great initial over the whole cover, the words on its foot.
pub(super) fn initial(book: &mut Book) -> String {
    let night = book.dice.chance(40);
    let p = book.palette;
    let (ground, ink, name) = if night {
        (p.dark, p.light, p.soft)
    } else {
        (p.light, p.dark, p.accent)
    };
    let letter = initial_of(&book.title);
    let title = Block::fit(
        &book.title,
        Face::SerifBold,
        Space {
            width: 490,
            height: 290,
            sizes: (84, 50),
            spacing: 0,
        },
    );
    let author = line(&book.author, Face::Serif, 490, AUTHOR, 0);
    let author_top = 792 - author.height();
    let extra = if book.series.is_some() { 46 } else { 0 };
    let title_top = author_top - 22 - extra - title.height();
    let room = title_top.saturating_sub(34 + 60);
    // A capital is about seven tenths of its size high.
    let letter_size = (room * 10 / 7).min(620);
    let letter_base = title_top.saturating_sub(34 + 20) - (room - letter_size * 7 / 10) / 2;
    let mut svg = rect(0, 0, WIDTH, HEIGHT, ground);
    svg += &format!(
        "<text class=\"s\" x=\"300\" y=\"{}\" font-size=\"{letter_size}\" text-anchor=\"middle\" fill=\"{}\">{}</text>",
        letter_base,
        if night { p.accent } else { p.soft },
        escaped(&letter)
    );
    svg += &rect(0, title_top - 34, WIDTH, HEIGHT - title_top + 34, ground);
    svg += &rect(
        55,
        title_top - 34,
        90,
        8,
        if night { p.soft } else { p.accent },
    );
    svg += &title.svg(55, title_top, "start", ink);
    // The tint reads on the dark ground; on the light one only the accent does.
    svg += &author.svg(55, author_top, "start", if night { ink } else { name });
    svg += &series(book, 55, title_top + title.height() + 8, "start", ink);
    svg + &foot(book, 55, 830, "start", ink)
}

/// The letter a reader would look under: that of the first word after an article.
fn initial_of(title: &str) -> String {
    let rest = [
        "Les ", "Le ", "La ", "L’", "Un ", "Une ", "The ", "El ", "Il ", "Der ", "Die ", "Das ",
    ]
    .into_iter()
    .find_map(|article| title.strip_prefix(article))
    .unwrap_or(title);
    // Without its accent, which would not fit above.
    let folded = text::fold(rest);
    let letter = folded.chars().find(|letter| letter.is_alphanumeric());
    letter.map_or_else(
        || "❧".to_owned(),
        |letter| letter.to_uppercase().to_string(),
    )
}

/// A band of colour with the title in it, thin stripes above and below.
pub(super) fn band(book: &mut Book) -> String {
    let deep = book.dice.chance(60);
    let pattern = book.dice.below(3);
    let p = book.palette;
    let colour = if deep { p.dark } else { p.accent };
    let title = Block::fit(
        &book.title,
        Face::SerifBold,
        Space {
            width: 490,
            height: 330,
            sizes: TITLE,
            spacing: 0,
        },
    );
    let author = line(&book.author, Face::Serif, 490, AUTHOR, 0);
    let height = title.height() + 110;
    let top = 270_u32.min(700 - height.min(520));
    let mut svg = rect(0, 0, WIDTH, HEIGHT, p.light);
    svg += &author.svg(MIDDLE, 90, "middle", p.dark);
    svg += &rect(0, top, WIDTH, height, colour);
    svg += &title.svg(MIDDLE, top + 58, "middle", p.light);
    svg += &rect(0, top - 16, WIDTH, 6, colour);
    svg += &rect(0, top + height + 10, WIDTH, 6, colour);
    svg += &series(book, MIDDLE, top + height + 34, "middle", p.dark);
    let after = top + height + if book.series.is_some() { 90 } else { 36 };
    if after + 60 < 815 {
        svg += &strip(
            pattern,
            after + (767 - after) / 3,
            if deep { p.accent } else { p.soft },
        );
    }
    svg + &foot(book, MIDDLE, 830, "middle", p.dark)
}

/// A row of small marks.
fn strip(kind: usize, y: u32, colour: &str) -> String {
    let mark = match kind {
        0 => "M0 24L12 0L24 24L12 48Z",
        1 => "M0 24a12 12 0 1 0 24 0a12 12 0 1 0-24 0",
        _ => "M0 38L12 10L24 38Z",
    };
    let mut svg = format!("<g fill=\"{colour}\">");
    for place in 0..7_u32 {
        let _ = write!(
            svg,
            "<path d=\"{mark}\" transform=\"translate({} {y})\"/>",
            162 + place * 42
        );
    }
    svg + "</g>"
}

/// The cream cover of a classic series: black and red, nothing else.
pub(super) fn series_cover(book: &mut Book) -> String {
    const CREAM: &str = "#f7f0de";
    const BLACK: &str = "#1c1b19";
    let red = *book
        .dice
        .pick(&["#a3231f", "#8c2f2b", "#1e5b43", "#234a7a"])
        .unwrap_or(&"#a3231f");
    let author = line(&book.author, Face::Serif, 450, (50, 38), 1);
    let title = Block::fit(
        &book.title,
        Face::Serif,
        Space {
            width: 440,
            height: 340,
            sizes: (90, 50),
            spacing: 0,
        },
    );
    let title_top = 150 + author.height() + (430 - title.height().min(430)) / 3;
    let mut svg = rect(0, 0, WIDTH, HEIGHT, CREAM);
    svg += &frame(44, 44, WIDTH - 88, HEIGHT - 88, BLACK, 3);
    svg += &frame(56, 56, WIDTH - 112, HEIGHT - 112, red, 2);
    svg += &frame(63, 63, WIDTH - 126, HEIGHT - 126, red, 2);
    svg += &author.svg(MIDDLE, 112, "middle", BLACK);
    svg += &title.svg(MIDDLE, title_top, "middle", red);
    let below = title_top + title.height() + 26;
    svg += &series(book, MIDDLE, below, "middle", BLACK);
    svg += &format!(
        "<g transform=\"translate(300 {})\" fill=\"none\" stroke=\"{BLACK}\" stroke-width=\"3\">\
         <path d=\"M-34 0C-20-26 20-26 34 0C20 26-20 26-34 0ZM-34 0H-90M34 0H90M0-19V19\"/></g>",
        (below + 60 + 770) / 2
    );
    svg + &foot(book, MIDDLE, 786, "middle", BLACK)
}

/// A dark board with an engraver's frame and rosette.
pub(super) fn engraved(book: &mut Book) -> String {
    let lobes = 5 + u32::try_from(book.dice.below(8)).unwrap_or(0);
    let p = book.palette;
    let title = Block::fit(
        &book.title,
        Face::Serif,
        Space {
            width: 430,
            height: 300,
            sizes: (86, 50),
            spacing: 0,
        },
    );
    let author = line(&book.author, Face::Serif, 430, AUTHOR, 0);
    let mut svg = rect(0, 0, WIDTH, HEIGHT, p.dark);
    for (inset, weight) in [(22, 2), (30, 6), (42, 2)] {
        svg += &frame(
            inset,
            inset,
            WIDTH - 2 * inset,
            HEIGHT - 2 * inset,
            p.soft,
            weight,
        );
    }
    svg += &corners(p.soft, p.dark);
    svg += &title.svg(MIDDLE, 130, "middle", p.light);
    let below = 130 + title.height();
    svg += &series(book, MIDDLE, below + 22, "middle", p.light);
    let room = 700_u32.saturating_sub(author.height()) - (below + 70);
    let radius = (room / 2).clamp(60, 135);
    svg += &rosette(below + 70 + room / 2, radius, lobes, p.soft);
    svg += &author.svg(MIDDLE, 752 - author.height(), "middle", p.light);
    svg + &foot(book, MIDDLE, 790, "middle", p.light)
}

fn corners(ink: &str, ground: &str) -> String {
    let mut svg = String::new();
    for (x, y) in [
        (42, 42),
        (WIDTH - 42, 42),
        (42, HEIGHT - 42),
        (WIDTH - 42, HEIGHT - 42),
    ] {
        let _ = write!(
            svg,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"30\" fill=\"{ground}\" stroke=\"{ink}\" stroke-width=\"3\"/>\
             <path d=\"M{x} {}l16 22l-16 22l-16-22Z\" fill=\"{ink}\"/>",
            y - 22
        );
    }
    svg
}

/// Ellipses turned about one centre, as engine-turning draws them.
fn rosette(y: u32, radius: u32, lobes: u32, ink: &str) -> String {
    let mut svg = format!(
        "<g transform=\"translate({MIDDLE} {y})\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"2\">"
    );
    for lobe in 0..lobes {
        let turn = lobe * 180 / lobes;
        let _ = write!(
            svg,
            "<ellipse rx=\"{radius}\" ry=\"{}\" transform=\"rotate({turn})\"/>",
            radius / 3
        );
    }
    let _ = write!(svg, "<circle r=\"{}\"/></g>", radius / 3);
    svg
}

/// Patterned boards with a paper label pasted on.
pub(super) fn label(book: &mut Book) -> String {
    let pattern = book.dice.below(4);
    let p = book.palette;
    let title = Block::fit(
        &book.title,
        Face::Serif,
        Space {
            width: 390,
            height: 270,
            sizes: (78, 50),
            spacing: 0,
        },
    );
    let author = line(&book.author, Face::Serif, 390, (44, 38), 0);
    let extra = if book.series.is_some() { 46 } else { 0 };
    let height = title.height() + author.height() + extra + 130;
    let top = 130;
    let mut svg = rect(0, 0, WIDTH, HEIGHT, p.dark);
    svg += &boards(pattern, p.accent, p.soft);
    svg += &rect(0, 0, 46, HEIGHT, p.dark);
    svg += &rect(72, top, 466, height, p.light);
    svg += &frame(84, top + 12, 442, height - 24, p.accent, 2);
    svg += &title.svg(305, top + 46, "middle", p.dark);
    let below = top + 46 + title.height();
    svg += &rect(265, below + 14, 80, 3, p.accent);
    svg += &author.svg(305, below + 36, "middle", p.accent);
    svg += &series(book, 305, below + 40 + author.height(), "middle", p.dark);
    svg += &rect(72, 810, 466, 52, p.light);
    svg + &foot(book, 305, 822, "middle", p.dark)
}

/// Paper such as bookbinders use.
fn boards(kind: usize, ink: &str, tint: &str) -> String {
    let (size, tile) = match kind {
        0 => (
            40,
            format!(
                "<path d=\"M0 20Q10 0 20 20T40 20\" fill=\"none\" stroke=\"{tint}\" stroke-width=\"4\"/>"
            ),
        ),
        1 => (
            48,
            format!(
                "<path d=\"M24 4L34 24L24 44L14 24Z\" fill=\"{tint}\"/><circle r=\"7\" fill=\"{ink}\"/>\
                 <circle cx=\"48\" r=\"7\" fill=\"{ink}\"/><circle cy=\"48\" r=\"7\" fill=\"{ink}\"/>\
                 <circle cx=\"48\" cy=\"48\" r=\"7\" fill=\"{ink}\"/>"
            ),
        ),
        2 => (
            36,
            format!(
                "<path d=\"M0 36L36 0M-9 9L9-9M27 45L45 27\" stroke=\"{tint}\" stroke-width=\"5\"/>"
            ),
        ),
        _ => (
            60,
            format!(
                "<path d=\"M30 52V22M30 40C16 40 12 28 12 22C24 22 30 30 30 40C30 30 36 22 48 22C48 28 44 40 30 40\" \
                 fill=\"{ink}\" stroke=\"{tint}\" stroke-width=\"3\"/>"
            ),
        ),
    };
    format!(
        "<defs><pattern id=\"b\" width=\"{size}\" height=\"{size}\" patternUnits=\"userSpaceOnUse\">{tile}</pattern></defs>{}",
        rect(46, 0, WIDTH - 46, HEIGHT, "url(#b)")
    )
}
