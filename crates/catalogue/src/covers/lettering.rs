//! Setting words on a cover: widths, lines, sizes.
//!
//! An SVG that is shown as an image can load no font, so the reader's own serif and sans are used, and widths are
//! estimated from the widest of the usual ones: lines come out a little short, never long.

use std::fmt::Write;

/// The kinds of letters on covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Serif,
    SerifBold,
    Italic,
    Sans,
    SansBold,
}

impl Face {
    fn attributes(self) -> &'static str {
        match self {
            Face::Serif => "class=\"s\"",
            Face::SerifBold => "class=\"s\" font-weight=\"700\"",
            Face::Italic => "class=\"s\" font-style=\"italic\"",
            Face::Sans => "class=\"n\"",
            Face::SansBold => "class=\"n\" font-weight=\"700\"",
        }
    }

    /// Width of a letter in thousandths of the size.
    fn advance(self, letter: char) -> u32 {
        let base = match letter {
            'i' | 'j' | 'l' | '\'' | '’' | '.' | ',' | ':' | ';' | '|' | '!' | 'í' | 'ì' | 'î'
            | 'ï' => 315,
            'f' | 't' | 'r' | 'I' | '-' | '(' | ')' | '«' | '»' | '?' | ' ' | '\u{a0}'
            | '\u{202f}' => 400,
            'm' | 'w' | 'M' | 'W' | 'Œ' | 'Æ' | 'œ' | 'æ' | '—' | '…' => 960,
            'a' | 'c' | 'e' | 's' | 'z' | 'à' | 'â' | 'é' | 'è' | 'ê' | 'ë' | 'ç' | 'J' => {
                520
            }
            letter if letter.is_uppercase() => 745,
            letter if letter.is_ascii_digit() => 620,
            letter if letter.is_lowercase() => 590,
            // Scripts whose letters fill a square.
            '\u{2e80}'.. => 1050,
            _ => 640,
        };
        match self {
            Face::SerifBold | Face::SansBold => base * 112 / 100,
            Face::Italic => base * 97 / 100,
            Face::Serif | Face::Sans => base,
        }
    }
}

/// Estimated width of `text` in units of the cover, letters spaced apart by `spacing` units.
pub(super) fn width(text: &str, face: Face, size: u32, spacing: u32) -> u32 {
    text.chars()
        .map(|letter| face.advance(letter) * size / 1000 + spacing)
        .sum()
}

/// Where and how a block of words may stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Space {
    /// Greatest width of a line.
    pub(super) width: u32,
    /// Greatest height of all lines.
    pub(super) height: u32,
    /// Largest and smallest size of letters.
    pub(super) sizes: (u32, u32),
    /// Space added between letters.
    pub(super) spacing: u32,
}

/// Words set in lines.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) lines: Vec<String>,
    pub(super) size: u32,
    face: Face,
    spacing: u32,
}

/// Line height in hundredths of the size.
const LEADING: u32 = 114;

impl Block {
    /// Sets the text as large as the space allows; at the smallest size what does not fit is cut with an ellipsis.
    pub(super) fn fit(text: &str, face: Face, space: Space) -> Block {
        let words = glued(text);
        let (largest, smallest) = space.sizes;
        let mut size = largest;
        while size > smallest {
            let whole_words = words
                .iter()
                .all(|word| width(word, face, size, space.spacing) <= space.width);
            let lines = wrap(&words, face, size, space.spacing, space.width);
            if whole_words && height_of(lines.len(), size) <= space.height {
                return Block {
                    lines: balanced(&words, face, size, &space, lines),
                    size,
                    face,
                    spacing: space.spacing,
                };
            }
            size = size.saturating_sub(4).max(smallest);
        }
        let mut lines = wrap(
            &broken(&words, face, size, &space),
            face,
            size,
            space.spacing,
            space.width,
        );
        let room = usize::try_from((space.height / (size * LEADING / 100)).max(1)).unwrap_or(1);
        if lines.len() > room {
            lines.truncate(room);
            if let Some(last) = lines.last_mut() {
                shorten(last, face, size, &space);
            }
        }
        Block {
            lines,
            size,
            face,
            spacing: space.spacing,
        }
    }

    /// Height of all lines.
    pub(super) fn height(&self) -> u32 {
        height_of(self.lines.len(), self.size)
    }

    /// The block as SVG, its top at `y`; `anchor` is `start`, `middle` or `end` of the lines at `x`.
    pub(super) fn svg(&self, x: u32, y: u32, anchor: &str, fill: &str) -> String {
        let mut svg = String::new();
        let spacing = if self.spacing > 0 {
            format!(" letter-spacing=\"{}\"", self.spacing)
        } else {
            String::new()
        };
        // Writing to a String cannot fail.
        let _ = write!(
            svg,
            "<text {} font-size=\"{}\" text-anchor=\"{anchor}\" fill=\"{fill}\"{spacing}>",
            self.face.attributes(),
            self.size
        );
        for (line, place) in self.lines.iter().zip(0_u32..) {
            let baseline = y + self.size * 82 / 100 + place * (self.size * LEADING / 100);
            let _ = write!(
                svg,
                "<tspan x=\"{x}\" y=\"{baseline}\">{}</tspan>",
                escaped(line)
            );
        }
        svg.push_str("</text>");
        svg
    }
}

fn height_of(lines: usize, size: u32) -> u32 {
    u32::try_from(lines)
        .unwrap_or(u32::MAX)
        .saturating_mul(size * LEADING / 100)
}

/// Words, with short ones held to the next: no line ends in `de` or `the`.
fn glued(text: &str) -> Vec<String> {
    const HELD: [&str; 44] = [
        "à", "a", "au", "aux", "d’un", "d’une", "de", "des", "du", "en", "et", "la", "le", "les",
        "ou", "un", "une", "the", "of", "an", "and", "in", "to", "el", "los", "il", "di", "der",
        "die", "das", "tome", "y", "at", "on", "with", "for", "sur", "avec", "ne", "par", "dans",
        "sans", "se", "qui",
    ];
    let mut words: Vec<String> = Vec::new();
    let mut hold = false;
    for word in text
        .split(|c: char| c.is_whitespace() && c != '\u{a0}' && c != '\u{202f}')
        .filter(|word| !word.is_empty())
    {
        match words
            .last_mut()
            .filter(|last| hold && last.chars().count() < 10)
        {
            Some(last) => {
                last.push('\u{a0}');
                last.push_str(word);
            }
            None => words.push(word.to_owned()),
        }
        hold = HELD.contains(&word.to_lowercase().as_str());
    }
    words
}

fn wrap(words: &[String], face: Face, size: u32, spacing: u32, limit: u32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), face, size, spacing) <= limit => {
                // A word that was cut at its hyphen comes together again.
                if !line.ends_with('-') {
                    line.push(' ');
                }
                line.push_str(word);
            }
            _ => lines.push(word.clone()),
        }
    }
    lines
}

/// The same number of lines, as even as possible: the narrowest measure that still gives that number.
fn balanced(
    words: &[String],
    face: Face,
    size: u32,
    space: &Space,
    lines: Vec<String>,
) -> Vec<String> {
    let mut best = lines;
    let mut limit = space.width;
    while limit > space.width / 3 {
        limit -= 10;
        let longest = words
            .iter()
            .map(|word| width(word, face, size, space.spacing))
            .max()
            .unwrap_or(0);
        let narrower = wrap(words, face, size, space.spacing, limit);
        if narrower.len() > best.len() || longest > limit {
            break;
        }
        best = narrower;
    }
    best
}

/// Words too long for a line, cut into pieces that fit, at their hyphens first.
fn broken(words: &[String], face: Face, size: u32, space: &Space) -> Vec<String> {
    let mut pieces = Vec::new();
    for word in words
        .iter()
        .flat_map(|word| word.split('\u{a0}'))
        .flat_map(|word| word.split_inclusive('-'))
    {
        if width(word, face, size, space.spacing) <= space.width {
            pieces.push(word.to_owned());
            continue;
        }
        let mut piece = String::new();
        for letter in word.chars() {
            if width(&piece, face, size, space.spacing) + face.advance('m') * size / 500
                > space.width
            {
                pieces.push(format!("{piece}-"));
                piece.clear();
            }
            piece.push(letter);
        }
        pieces.push(piece);
    }
    pieces
}

fn shorten(line: &mut String, face: Face, size: u32, space: &Space) {
    while width(&format!("{line}…"), face, size, space.spacing) > space.width
        && line.pop().is_some()
    {}
    line.truncate(line.trim_end().len());
    line.push('…');
}

/// Text for XML: markup characters written as entities, control characters left out.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML has no way to write these.
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}
