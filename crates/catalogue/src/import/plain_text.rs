//! Text from feeds made plain: markup, whether real or written as text, becomes paragraphs.
//!
//! Real feeds lie about their text format (O16), so the text itself decides. Nothing of the markup survives, so
//! there is nothing to sanitise: scripts, styles, links and images are gone.

use super::entity;
use crate::limits;

/// Longest name of an entity, `CounterClockwiseContourIntegral`.
const ENTITY_BYTES_MAX: usize = 32;

/// Longest tag that is recognised: bounds the search in texts full of `<`.
const TAG_BYTES_MAX: usize = 512;

/// Collects text and breaks; white space runs become one space.
#[derive(Debug, Default)]
pub(super) struct PlainText {
    text: String,
    chars: usize,
    hidden: usize,
    break_before: Break,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Break {
    #[default]
    None,
    Space,
    Line,
    Paragraph,
}

impl PlainText {
    /// A tag opens; `name` in lower case.
    pub(super) fn open(&mut self, name: &str) {
        match name {
            "script" | "style" | "head" | "title" => self.hidden += 1,
            "br" => self.pause(Break::Line),
            "li" => {
                self.pause(Break::Paragraph);
                self.push("– ");
            }
            name if is_block(name) => self.pause(Break::Paragraph),
            _ => {}
        }
    }

    /// A tag closes.
    pub(super) fn close(&mut self, name: &str) {
        match name {
            "script" | "style" | "head" | "title" => self.hidden = self.hidden.saturating_sub(1),
            name if is_block(name) => self.pause(Break::Paragraph),
            _ => {}
        }
    }

    /// Text between tags.
    pub(super) fn push(&mut self, text: &str) {
        if self.hidden > 0 {
            return;
        }
        let mut rest = text;
        loop {
            let (words, after) = rest
                .split_at_checked(words_bytes(rest))
                .unwrap_or((rest, ""));
            self.push_words(words);
            let mut after = after.chars();
            match after.next() {
                Some(c) if is_space(c) => self.pause(Break::Space),
                Some(_) => {}
                None => return,
            }
            rest = after.as_str();
        }
    }

    fn push_words(&mut self, words: &str) {
        let left = limits::TEXT_CHARS - self.chars;
        let mut chars = words.chars().count();
        let mut words = words;
        if chars > left {
            let cut = words.char_indices().nth(left).map_or(0, |(end, _)| end);
            words = words.get(..cut).unwrap_or_default();
            chars = left;
        }
        if words.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.push_str(match self.break_before {
                Break::None => "",
                Break::Space => " ",
                Break::Line => "\n",
                Break::Paragraph => "\n\n",
            });
        }
        self.break_before = Break::None;
        self.text.push_str(words);
        self.chars += chars;
    }

    fn pause(&mut self, at_least: Break) {
        self.break_before = self.break_before.max(at_least);
    }

    /// The text; paragraphs are separated by an empty line.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// How much of the beginning of `text` stays as it is: words, and single spaces between them.
fn words_bytes(text: &str) -> usize {
    let bytes = text.as_bytes();
    // The last three begin letters that may be among the dropped.
    let may_end = |byte: &u8| *byte <= b' ' || matches!(byte, 0x7f | 0xc2 | 0xe2 | 0xef);
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        at += rest.iter().position(may_end).unwrap_or(rest.len());
        at += match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b' '), Some(next)) if at > 0 && *next > b' ' => 1,
            (Some(0xc2 | 0xe2 | 0xef), _) => {
                match text.get(at..).and_then(|rest| rest.chars().next()) {
                    Some(c) if !is_dropped(c) => c.len_utf8(),
                    _ => return at,
                }
            }
            _ => return at,
        };
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

/// Control characters, and marks that have no width.
fn is_dropped(c: char) -> bool {
    c.is_control() || matches!(c, '\u{ad}' | '\u{feff}' | '\u{200b}')
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "ul"
            | "ol"
            | "li"
            | "dl"
            | "dt"
            | "dd"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "blockquote"
            | "table"
            | "tr"
            | "pre"
            | "section"
            | "article"
            | "hr"
            | "body"
    )
}

/// Text that may hold HTML tags and entities as text; without tags, empty lines separate paragraphs.
pub(super) fn paragraphs(text: &str) -> String {
    let (resolved, unwrapped);
    let mut text = text;
    if !has_tags(text) {
        resolved = resolve_entities(text);
        // Tags that were escaped once too often.
        if has_tags(&resolved) {
            text = &resolved;
        }
    }
    if text.contains("<![CDATA[") {
        unwrapped = text.replace("<![CDATA[", "").replace("]]>", "");
        text = &unwrapped;
    }
    let mut plain = PlainText::default();
    if !has_tags(text) {
        for line in text.lines() {
            plain.push(&resolve_entities(line));
            plain.pause(if line.trim().is_empty() {
                Break::Paragraph
            } else {
                Break::Space
            });
        }
        return plain.finish();
    }
    let mut rest = text;
    while let Some((before, from_tag)) = rest.split_once('<') {
        plain.push(&resolve_entities(before));
        rest = match read_tag(from_tag) {
            Some((name, closes, after)) => {
                if closes {
                    plain.close(&name)
                } else {
                    plain.open(&name)
                }
                after
            }
            None => {
                plain.push("<");
                from_tag
            }
        };
    }
    plain.push(&resolve_entities(rest));
    plain.finish()
}

/// A title, a name or a heading: one line, white space set right, at most [`limits::NAME_CHARS`].
pub(super) fn one_line(text: &str) -> String {
    let text = text.trim();
    if is_plain_line(text) {
        return text.to_owned();
    }
    let plain = paragraphs(text).replace('\n', " ");
    match plain.char_indices().nth(limits::NAME_CHARS) {
        Some((end, _)) => plain.get(..end).unwrap_or_default().trim_end().to_owned(),
        None => plain.split("  ").collect::<Vec<_>>().join(" "),
    }
}

/// Whether it is what it would become: most codes, names and titles are.
fn is_plain_line(text: &str) -> bool {
    text.len() <= limits::NAME_CHARS
        && !text.contains("  ")
        && !text.contains(|c| matches!(c, '<' | '&') || is_dropped(c))
}

fn has_tags(text: &str) -> bool {
    text.match_indices('<')
        .any(|(at, _)| text.get(at + 1..).and_then(read_tag).is_some())
}

/// Name, whether it closes, and what follows, of a tag whose `<` was just passed; comments have no name.
fn read_tag(text: &str) -> Option<(String, bool, &str)> {
    if let Some(comment) = text.strip_prefix("!--") {
        // A comment that does not end hides the rest, as in a browser.
        return Some((
            String::new(),
            false,
            comment.split_once("-->").map_or("", |(_, after)| after),
        ));
    }
    let (closes, text) = match text.strip_prefix('/') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let inside_bytes = text
        .bytes()
        .take(TAG_BYTES_MAX)
        .position(|byte| byte == b'>')?;
    let (inside, after) = text.split_at_checked(inside_bytes)?;
    let after = after.strip_prefix('>')?;
    let end = inside
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(inside.len());
    let (name, attributes) = inside.split_at_checked(end)?;
    let is_tag = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && (attributes.is_empty()
            || attributes.starts_with(|c: char| c.is_ascii_whitespace() || c == '/'))
        && !attributes.contains('<');
    is_tag.then(|| (name.to_ascii_lowercase(), closes, after))
}

/// Entities that were escaped once too often: `&amp;eacute;` arrives as `&eacute;`.
fn resolve_entities(text: &str) -> String {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        resolved.push_str(before);
        rest = match read_entity(after) {
            Some((value, after)) => {
                resolved.push_str(&value);
                after
            }
            None => {
                resolved.push('&');
                after
            }
        };
    }
    resolved.push_str(rest);
    resolved
}

fn read_entity(after: &str) -> Option<(String, &str)> {
    let end = after
        .bytes()
        .take(ENTITY_BYTES_MAX)
        .position(|byte| byte == b';')?;
    let (name, rest) = after.split_at_checked(end)?;
    let value = match name.strip_prefix('#') {
        Some(number) => char_of_number(number)?.to_string(),
        None => entity::letters(name)?.to_owned(),
    };
    Some((value, rest.strip_prefix(';').unwrap_or(rest)))
}

fn char_of_number(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?).filter(|c| *c != '\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o16_markup_written_as_text_becomes_paragraphs() {
        for (given, plain) in [
            (
                "<p>Un <b>bateau</b> quitte\n le Japon.</p><p>1919.</p>",
                "Un bateau quitte le Japon.\n\n1919.",
            ),
            ("one<br/>two<BR>three", "one\ntwo\nthree"),
            ("<ul><li>a</li><li>b</li></ul>", "– a\n\n– b"),
            (
                "first line\nstill first\n\nsecond",
                "first line still first\n\nsecond",
            ),
            ("a < b and c > d", "a < b and c > d"),
            (
                "l&eacute;ger &amp; vif &#233; &nope; &",
                "léger & vif é &nope; &",
            ),
            ("<script>alert(1)</script>safe<!-- not > this -->", "safe"),
            ("<a href='javascript:x' onclick=y>link</a>", "link"),
            ("&lt;p>a&lt;/p>&lt;script>b&lt;/script>", "a"),
            ("<p>the &lt;table> tag</p>", "the <table> tag"),
            ("bell\u{7} and\u{a0}no-break", "bell and\u{a0}no-break"),
            // As word processors break lines.
            ("one\u{b}two", "one two"),
            ("<", "<"),
            ("<p", "<p"),
        ] {
            assert_eq!(paragraphs(given), plain, "{given}");
        }
        assert_eq!(
            one_line(" A  title\n on <i>two</i> lines "),
            "A title on two lines"
        );
    }
}
