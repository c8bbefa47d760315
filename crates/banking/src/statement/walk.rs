//! Walking through a statement's XML, element by element, without building a tree.
//!
//! Whoever walks says which children it knows; the others are passed over. Names are compared without their prefix: the
//! root's namespace says what the file is, and nothing of another one stands where these names are looked for.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use trade::limits;

use super::error::{Problem, ReadError};
use super::values;

/// Elements that stand many times beside one another, so that a path says which one is meant.
const NUMBERED: [&str; 5] = ["Stmt", "Bal", "Ntry", "NtryDtls", "TxDtls"];

/// The longest reason for which XML is not well-formed, in characters.
const MALFORMED_CHARS: usize = 160;

/// The start of an element.
pub(super) struct Tag<'a>(BytesStart<'a>);

impl Tag<'_> {
    /// Its name without a prefix.
    pub(super) fn name(&self) -> &str {
        without_prefix(self.0.name().0)
    }

    /// The namespace that it declares for its own prefix.
    pub(super) fn namespace(&self) -> Option<String> {
        let name = self.0.name();
        let declaration = match name.0.split_once(':') {
            Some((prefix, _)) => format!("xmlns:{prefix}"),
            None => "xmlns".to_owned(),
        };
        self.attribute(&declaration)
    }

    /// An attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        // Elements of the standard have one attribute, its root a few declarations.
        let mut attributes = self.0.attributes().flatten().take(32);
        let attribute = attributes.find(|attribute| attribute.key.0 == name)?;
        Some(attribute.value.trim().to_owned())
    }
}

fn without_prefix(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

/// A place in a file.
pub(super) struct Walk<'a> {
    reader: Reader<&'a [u8]>,
    whole: &'a str,
    /// The elements around the place.
    path: Vec<String>,
}

impl<'a> Walk<'a> {
    /// Begins a file.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Walk<'a>, ReadError> {
        let at = |line, problem| ReadError {
            line,
            path: "Document".to_owned(),
            problem,
        };
        if bytes.len() > limits::STATEMENT_BYTES {
            return Err(at(1, Problem::TooLarge));
        }
        let whole = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            at(line_at(before), Problem::Encoding)
        })?;
        // The byte order mark is no character of the document.
        let whole = whole.strip_prefix('\u{feff}').unwrap_or(whole);
        let mut reader = Reader::from_str(whole);
        reader.config_mut().expand_empty_elements = true;
        Ok(Walk {
            reader,
            whole,
            path: Vec::new(),
        })
    }

    /// An error at this place.
    pub(super) fn error(&self, problem: Problem) -> ReadError {
        let position = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        let bytes = self.whole.as_bytes();
        let before = bytes.get(..position.min(bytes.len())).unwrap_or_default();
        ReadError {
            line: line_at(before),
            path: self.here(),
            problem,
        }
    }

    /// The elements down to this place.
    pub(super) fn here(&self) -> String {
        self.path.join("/")
    }

    /// The error that something must be there and is not.
    pub(super) fn missing(&self, element: &'static str) -> ReadError {
        self.error(Problem::Missing { element })
    }

    /// Visits the root element; after it nothing but space and comments may stand.
    pub(super) fn root<T>(
        &mut self,
        visit: impl FnOnce(&mut Walk<'a>, Tag<'a>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let found = loop {
            match self.event()? {
                Event::Start(start) => break self.enter(start, None, visit)?,
                Event::Text(text) if text.trim().is_empty() => {}
                Event::Comment(_) | Event::PI(_) => {}
                Event::Decl(declaration) => self.check_encoding(&declaration)?,
                _ => return Err(self.error(Problem::Malformed("no root element".to_owned()))),
            }
        };
        loop {
            match self.event()? {
                Event::Eof => return Ok(found),
                Event::Text(text) if text.trim().is_empty() => {}
                Event::Comment(_) | Event::PI(_) => {}
                _ => return Err(self.error(Problem::Malformed("more than one root".to_owned()))),
            }
        }
    }

    /// Visits all children of the element. A visitor takes what it knows; the rest is passed over.
    pub(super) fn children(
        &mut self,
        mut visit: impl FnMut(&mut Walk<'a>, Tag<'a>) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let mut counts = [0_usize; NUMBERED.len()];
        loop {
            match self.event()? {
                Event::Start(start) => {
                    let name = without_prefix(start.name().0);
                    let place = NUMBERED.iter().position(|known| *known == name);
                    let count = place.and_then(|place| counts.get_mut(place)).map(|count| {
                        *count += 1;
                        *count
                    });
                    self.enter(start, count, &mut visit)?;
                }
                Event::End(_) => {
                    self.path.pop();
                    return Ok(());
                }
                Event::Text(text) if text.trim().is_empty() => {}
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => return Err(self.cut_off()),
                _ => {
                    return Err(self.error(Problem::Malformed("words between elements".to_owned())));
                }
            }
        }
    }

    /// The words of the element, without space around them.
    pub(super) fn text(&mut self) -> Result<String, ReadError> {
        let mut words = String::new();
        loop {
            match self.event()? {
                Event::Text(text) => words.push_str(&text.xml10_content()),
                Event::CData(text) => words.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let character = match reference.resolve_char_ref() {
                        Ok(Some(character)) => Some(character),
                        Ok(None) => predefined(reference.as_ref()),
                        Err(_) => None,
                    };
                    words.push(character.ok_or_else(|| self.error(Problem::Declaration))?);
                }
                Event::Comment(_) | Event::PI(_) => {}
                Event::Start(_) => return Err(self.error(Problem::NotAText)),
                Event::End(_) => break,
                Event::Eof => return Err(self.cut_off()),
                _ => return Err(self.error(Problem::Malformed("no text".to_owned()))),
            }
            if words.len() > limits::STATEMENT_TEXT_CHARS * 4 {
                return Err(self.error(Problem::TextTooLong));
            }
        }
        // Files that went through other hands have the ends of lines written in any way.
        let text = words.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.trim();
        if text.chars().count() > limits::STATEMENT_TEXT_CHARS {
            return Err(self.error(Problem::TextTooLong));
        }
        if !text.chars().all(values::is_printable) {
            return Err(self.error(Problem::Malformed("a control character".to_owned())));
        }
        self.path.pop();
        Ok(text.to_owned())
    }

    /// The words of an element that has words in some versions and children in others: one of both.
    pub(super) fn words_or_children(
        &mut self,
        mut visit: impl FnMut(&mut Walk<'a>, Tag<'a>) -> Result<(), ReadError>,
    ) -> Result<Option<String>, ReadError> {
        let mut words = None;
        loop {
            match self.event()? {
                Event::Start(start) => self.enter(start, None, &mut visit)?,
                Event::Text(text) if text.trim().is_empty() => {}
                Event::Text(text) if text.len() <= limits::STATEMENT_TEXT_CHARS => {
                    words = Some(text.trim().to_owned());
                }
                Event::Comment(_) | Event::PI(_) => {}
                Event::End(_) => {
                    self.path.pop();
                    return Ok(words);
                }
                Event::Eof => return Err(self.cut_off()),
                _ => return Err(self.error(Problem::NotAText)),
            }
        }
    }

    /// Takes the words of the element as a value; an empty element is an error.
    pub(super) fn value<T>(
        &mut self,
        read: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Result<T, ReadError> {
        // The words end the element; an error is still about it.
        let path = self.here();
        let text = self.text()?;
        read(&text).map_err(|problem| ReadError {
            path,
            ..self.error(problem)
        })
    }

    /// Passes over everything that is left of the elements below `depth`.
    fn pass_over(&mut self, depth: usize) -> Result<(), ReadError> {
        while self.path.len() > depth {
            match self.event()? {
                Event::Start(start) => self.push(start.name().0, None)?,
                Event::End(_) => drop(self.path.pop()),
                Event::Eof => return Err(self.cut_off()),
                _ => {}
            }
        }
        Ok(())
    }

    fn enter<T>(
        &mut self,
        start: BytesStart<'a>,
        count: Option<usize>,
        visit: impl FnOnce(&mut Walk<'a>, Tag<'a>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let depth = self.path.len();
        self.push(start.name().0, count)?;
        let visited = visit(self, Tag(start))?;
        self.pass_over(depth)?;
        Ok(visited)
    }

    fn push(&mut self, name: &str, count: Option<usize>) -> Result<(), ReadError> {
        if self.path.len() >= limits::STATEMENT_DEPTH {
            return Err(self.error(Problem::TooDeep));
        }
        // Names of the standard are short; a longer one would make a long error.
        let name: String = without_prefix(name).chars().take(40).collect();
        self.path.push(match count {
            Some(count) => format!("{name}[{count}]"),
            None => name,
        });
        Ok(())
    }

    fn event(&mut self) -> Result<Event<'a>, ReadError> {
        match self.reader.read_event() {
            Ok(Event::DocType(_)) => Err(self.error(Problem::Declaration)),
            Ok(event) => Ok(event),
            // The library repeats what stands in the file, however long.
            Err(error) => {
                let words = error.to_string();
                let words = words
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(MALFORMED_CHARS);
                Err(self.error(Problem::Malformed(words.collect())))
            }
        }
    }

    fn cut_off(&self) -> ReadError {
        self.error(Problem::Malformed("the file ends here".to_owned()))
    }

    fn check_encoding(
        &self,
        declaration: &quick_xml::events::BytesDecl<'_>,
    ) -> Result<(), ReadError> {
        match declaration.encoding() {
            None => Ok(()),
            Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") => Ok(()),
            // Plain ASCII is UTF-8 too.
            Some(Ok(name)) if name.eq_ignore_ascii_case("us-ascii") => Ok(()),
            Some(_) => Err(self.error(Problem::Encoding)),
        }
    }
}

/// The five entities that every XML file has.
fn predefined(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

/// The number of the line that `before` ends on.
fn line_at(before: &[u8]) -> usize {
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}
