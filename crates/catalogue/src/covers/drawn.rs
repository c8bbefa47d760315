//! Designs made of flat shapes, with the words beside them and never over them.

use std::fmt::Write;

use super::lettering::{Block, Face, Space};
use super::{Book, HEIGHT, WIDTH, foot, line, rect, series};

/// Largest and smallest letters of an author.
const AUTHOR: (u32, u32) = (46, 38);
/// Left edge of words.
const LEFT: u32 = 52;
/// Width of words.
const MEASURE: u32 = 496;

/// A field of quarter circles, discs and triangles above, the words below.
pub(super) fn geometric(book: &mut Book) -> String {
    let night = book.dice.chance(50);
    let p = book.palette;
    let (ground, ink) = if night {
        (p.dark, p.light)
    } else {
        (p.light, p.dark)
    };
    let colours = if night {
        [p.accent, p.soft, p.light]
    } else {
        [p.accent, p.soft, p.dark]
    };
    let words = Words::set(book, Face::SansBold, (80, 50), 300);
    let rows = (words.top - 40) / 150;
    let mut svg = rect(0, 0, WIDTH, HEIGHT, ground);
    for row in 0..rows.min(3) {
        for column in 0..4 {
            let colour = book.dice.word(&colours);
            svg += &tile(book.dice.below(7), column * 150, row * 150, colour);
        }
    }
    svg + &words.svg(book, ink, ink)
}

/// One shape in a square of 150.
fn tile(kind: usize, x: u32, y: u32, colour: &str) -> String {
    let path = match kind {
        0 => "M0 0H150A150 150 0 0 1 0 150Z",
        1 => "M150 150H0A150 150 0 0 1 150 0Z",
        2 => "M0 150V0A150 150 0 0 1 150 150Z",
        3 => "M75 0A75 75 0 0 1 75 150A75 75 0 0 1 75 0Z",
        4 => "M0 0L150 150H0Z",
        5 => "M0 75A75 75 0 0 1 150 75V150H0Z",
        _ => return String::new(),
    };
    format!("<path d=\"{path}\" transform=\"translate({x} {y})\" fill=\"{colour}\"/>")
}

/// Type as large as it goes, on one flat colour, with a single sign.
pub(super) fn poster(book: &mut Book) -> String {
    let deep = book.dice.chance(55);
    let sign = book.dice.below(5);
    let p = book.palette;
    let ground = if deep { p.dark } else { p.accent };
    let title = Block::fit(
        &book.title,
        Face::SansBold,
        Space {
            width: MEASURE,
            height: 470,
            sizes: (124, 50),
            spacing: 0,
        },
    );
    let author = line(&book.author, Face::Sans, MEASURE, AUTHOR, 0);
    let mut svg = rect(0, 0, WIDTH, HEIGHT, ground);
    svg += &author.svg(LEFT, 60, "start", p.light);
    let top = 60 + author.height() + 34;
    svg += &rect(LEFT, top - 14, MEASURE, 6, p.soft);
    svg += &title.svg(LEFT, top + 18, "start", p.light);
    let below = top + 18 + title.height();
    svg += &series(book, LEFT, below + 16, "start", p.light);
    let room = 800_u32.saturating_sub(below + 70);
    svg += &poster_sign(sign, below + 70, room.min(300), p.soft);
    svg + &foot(book, LEFT, 834, "start", p.light)
}

/// A sign in the space that is left, at the right; none where there is too little.
fn poster_sign(kind: usize, top: u32, room: u32, colour: &str) -> String {
    if room < 90 {
        return String::new();
    }
    let (x, radius) = (WIDTH - LEFT - room / 2, room / 2);
    let y = top + radius;
    let half = radius / 2;
    match kind {
        0 => format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{colour}\"/>"),
        1 => format!(
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{half}\"/>",
            radius * 3 / 4
        ),
        2 => format!(
            "<path d=\"M{} {}h{room}l-{radius}-{room}Z\" fill=\"{colour}\"/>",
            x - radius,
            y + radius
        ),
        3 => {
            let step = room / 7;
            let mut svg = format!("<g fill=\"{colour}\">");
            for bar in 0..4 {
                svg += &format!(
                    "<path d=\"M{} {}h{room}v{step}h-{room}Z\"/>",
                    x - radius,
                    top + bar * 2 * step
                );
            }
            svg + "</g>"
        }
        _ => format!(
            "<path d=\"M{x} {top}a{radius} {radius} 0 0 1 0 {room}a{half} {half} 0 0 1 0-{radius}a{half} {half} 0 0 0 \
             0-{radius}Z\" fill=\"{colour}\"/>"
        ),
    }
}

/// A sun or moon over hills, or over the sea.
pub(super) fn landscape(book: &mut Book) -> String {
    let night = book.dice.chance(45);
    let p = book.palette;
    let (sky, ink, name) = if night {
        (p.dark, p.light, p.light)
    } else {
        (p.light, p.dark, p.accent)
    };
    let title = Block::fit(
        &book.title,
        Face::SerifBold,
        Space {
            width: MEASURE,
            height: 330,
            sizes: (86, 50),
            spacing: 0,
        },
    );
    let author = line(&book.author, Face::Serif, MEASURE, AUTHOR, 0);
    let mut svg = rect(0, 0, WIDTH, HEIGHT, sky);
    let below = 70 + title.height() + 16 + author.height();
    let horizon = (below + 190).clamp(480, 680);
    let radius = 50 + u32::try_from(book.dice.below(40)).unwrap_or(0);
    let sun_x = 120 + u32::try_from(book.dice.below(360)).unwrap_or(0);
    let sun = if night { p.soft } else { p.accent };
    svg += &format!(
        "<circle cx=\"{sun_x}\" cy=\"{}\" r=\"{radius}\" fill=\"{sun}\"/>",
        horizon - 20
    );
    // From far to near: paler to deeper.
    let layers = if night {
        [p.accent, p.soft, p.light]
    } else {
        [p.soft, p.accent, p.dark]
    };
    for (colour, place) in layers.into_iter().zip(0_u32..) {
        svg += &hill(book, horizon + place * (HEIGHT - horizon) / 4, colour);
    }
    svg += &title.svg(LEFT, 70, "start", ink);
    svg += &author.svg(LEFT, 70 + title.height() + 16, "start", name);
    svg += &series(book, LEFT, below + 20, "start", ink);
    // The nearest hill is light at night and dark by day.
    svg + &foot(
        book,
        LEFT,
        838,
        "start",
        if night { p.dark } else { p.light },
    )
}

/// A line of hills from left to right, filled to the foot.
fn hill(book: &mut Book, y: u32, colour: &str) -> String {
    let mut path = format!("M0 {}", y + u32::try_from(book.dice.below(60)).unwrap_or(0));
    for step in 1..=3_u32 {
        let x = step * 200;
        let end = y + u32::try_from(book.dice.below(60)).unwrap_or(0);
        let bend = (y + 20).saturating_sub(u32::try_from(book.dice.below(110)).unwrap_or(0));
        // Writing to a String cannot fail.
        let _ = write!(path, "Q{} {bend} {x} {end}", x - 100);
    }
    format!("<path d=\"{path}V{HEIGHT}H0Z\" fill=\"{colour}\"/>")
}

/// Circles about one point, like a stone in water, a record or a tree's years.
pub(super) fn rings(book: &mut Book) -> String {
    let night = book.dice.chance(50);
    let p = book.palette;
    let (ground, ink) = if night {
        (p.dark, p.light)
    } else {
        (p.light, p.dark)
    };
    let words = Words::set(book, Face::SerifBold, (84, 50), 320);
    let x = 100 + u32::try_from(book.dice.below(400)).unwrap_or(0);
    let y = words
        .top
        .saturating_sub(60 + u32::try_from(book.dice.below(160)).unwrap_or(0))
        .max(120);
    let weight = 8 + u32::try_from(book.dice.below(14)).unwrap_or(0);
    let mut svg = rect(0, 0, WIDTH, HEIGHT, ground);
    svg += &format!("<g fill=\"none\" stroke-width=\"{weight}\">");
    for ring in 1..=9_u32 {
        let colour = match (ring % 3, night) {
            (0, _) => p.accent,
            (_, true) => p.soft,
            (1, false) => p.soft,
            _ => p.dark,
        };
        svg += &format!(
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{}\" stroke=\"{colour}\"/>",
            ring * (weight * 2 + 8)
        );
    }
    svg += "</g>";
    svg += &rect(0, words.top - 36, WIDTH, HEIGHT - words.top + 36, ground);
    svg + &words.svg(book, ink, if night { p.light } else { p.accent })
}

/// Title and author set upwards from the foot of the cover.
struct Words {
    title: Block,
    author: Block,
    top: u32,
}

impl Words {
    fn set(book: &Book, face: Face, sizes: (u32, u32), height: u32) -> Words {
        let title = Block::fit(
            &book.title,
            face,
            Space {
                width: MEASURE,
                height,
                sizes,
                spacing: 0,
            },
        );
        let plain = if face == Face::SansBold {
            Face::Sans
        } else {
            Face::Serif
        };
        let author = line(&book.author, plain, MEASURE, AUTHOR, 0);
        let extra = if book.series.is_some() { 44 } else { 0 };
        let top = 796_u32.saturating_sub(title.height() + author.height() + extra + 18);
        Words { title, author, top }
    }

    fn svg(&self, book: &Book, ink: &str, name: &str) -> String {
        let below = self.top + self.title.height();
        let mut svg = self.title.svg(LEFT, self.top, "start", ink);
        svg += &series(book, LEFT, below + 6, "start", ink);
        let extra = if book.series.is_some() { 44 } else { 0 };
        svg += &self.author.svg(LEFT, below + 12 + extra, "start", name);
        svg + &foot(book, LEFT, 838, "start", ink)
    }
}
