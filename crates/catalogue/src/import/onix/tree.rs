//! One product, or the header, as a small tree with reference names.
//!
//! Only elements of [`super::tags`] are kept. Text is resolved and, where markup is allowed, plain already. Depth,
//! number of elements, attributes and expanded entities are bounded, so that no product costs more than its size.

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::tags::{self, Tag};
use crate::import::Why;
use crate::import::entity;
use crate::import::plain_text::{PlainText, one_line, paragraphs};
use crate::limits;

/// An element that is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: &'static str,
    text: String,
    /// `language` and `dateformat`, where they stand.
    language: Option<String>,
    date_format: Option<String>,
    children: Vec<Element>,
}

/// Why a product cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum TreeError {
    #[error("its XML is not well-formed: {0}")]
    Malformed(String),
    #[error("it nests elements more than {} deep", limits::XML_DEPTH)]
    TooDeep,
    #[error("it has more than {} elements", limits::XML_ELEMENTS)]
    TooManyElements,
    #[error(
        "one of its elements has more than {} attributes",
        limits::XML_ATTRIBUTES
    )]
    TooManyAttributes,
    #[error("its entities expand to more than {} MB", limits::RECORD_BYTES >> 20)]
    EntitiesTooLarge,
    #[error("it uses the entity &{0};, which lies outside the file; such are never fetched")]
    ExternalEntity(String),
    #[error("it uses the entity &{0};, which is made of entities or tags; such are never expanded")]
    NestedEntity(String),
}

impl From<TreeError> for Why {
    fn from(error: TreeError) -> Why {
        match error {
            TreeError::Malformed(_) => Why::Words(error.to_string()),
            TreeError::TooDeep => Why::XmlDeep,
            TreeError::TooManyElements => Why::XmlElements,
            TreeError::TooManyAttributes => Why::XmlAttributes,
            TreeError::EntitiesTooLarge => Why::XmlEntities,
            TreeError::ExternalEntity(_) => Why::EntityOutside,
            TreeError::NestedEntity(_) => Why::EntityMadeOf,
        }
    }
}

/// Entities that the document type of a message declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entities {
    /// Plain values by name.
    pub(super) internal: HashMap<String, String>,
    /// Names of those that would have to be fetched.
    pub(super) external: Vec<String>,
    /// Names of those that hold entities or tags.
    pub(super) nested: Vec<String>,
}

/// A tree, and the names of entities that nobody declared; they stand in the text as they were written.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) root: Element,
    pub(super) unknown_entities: Vec<String>,
}

impl Element {
    /// A composite with these children.
    pub(super) fn of(name: &'static str, children: Vec<Element>) -> Element {
        Element {
            name,
            children,
            ..Element::default()
        }
    }

    /// An element that holds only text.
    pub(super) fn with_text(name: &'static str, text: &str) -> Element {
        Element {
            name,
            text: text.to_owned(),
            ..Element::default()
        }
    }

    /// The same under another name.
    pub(super) fn renamed(mut self, name: &'static str) -> Element {
        self.name = name;
        self
    }

    /// Its children, in order.
    pub(super) fn into_children(self) -> Vec<Element> {
        self.children
    }

    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children(name).next()
    }

    /// The children of that name, in order.
    pub(super) fn children<'e>(&'e self, name: &str) -> impl Iterator<Item = &'e Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of that name that has any.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.children(name).find_map(Element::own_text)
    }

    /// The texts of the children of that name.
    pub(super) fn texts<'e>(&'e self, name: &str) -> impl Iterator<Item = &'e str> {
        self.children(name).filter_map(Element::own_text)
    }

    /// One line, made plain, of the child of that name.
    pub(super) fn line(&self, name: &str) -> Option<String> {
        self.text(name)
            .map(one_line)
            .filter(|line| !line.is_empty())
    }

    /// Its text, if any.
    pub(super) fn own_text(&self) -> Option<&str> {
        Some(self.text.trim()).filter(|text| !text.is_empty())
    }

    /// Its `language` attribute.
    pub(super) fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// Its `dateformat` attribute.
    pub(super) fn date_format(&self) -> Option<&str> {
        self.date_format.as_deref()
    }
}

/// Texts in which markup is allowed; the last three are of 2.1.
const HOLDS_MARKUP: [&str; 4] = ["Text", "Annotation", "MainDescription", "ReviewQuote"];

/// Reads an element with all that is in it.
pub(super) fn read(xml: &str, entities: &Entities) -> Result<Tree, TreeError> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().allow_dangling_amp = true;
    let mut builder = Builder::new(entities);
    loop {
        reader.config_mut().trim_text_start = builder.ignores_space();
        let event = reader
            .read_event()
            .map_err(|error| TreeError::Malformed(error.to_string()))?;
        match event {
            Event::Start(start) => builder.open(&start)?,
            Event::Empty(start) => {
                builder.open(&start)?;
                builder.close(start.name().as_ref());
            }
            Event::End(end) => builder.close(end.name().as_ref()),
            Event::Text(text) => builder.text(&text),
            Event::CData(text) => builder.character_data(&text),
            Event::GeneralRef(name) => builder.entity(&name)?,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => break,
        }
        if builder.root.is_some() {
            break;
        }
    }
    let unknown_entities = builder.unknown_entities;
    let root = builder
        .root
        .ok_or_else(|| TreeError::Malformed("it does not end".to_owned()))?;
    Ok(Tree {
        root,
        unknown_entities,
    })
}

/// What is being read.
struct Builder<'e> {
    entities: &'e Entities,
    open: Vec<Open>,
    depth: usize,
    elements: usize,
    /// Which of the tags that enclose the place, and are not skipped, are elements of their own.
    enclosing: Vec<bool>,
    expanded_bytes: usize,
    /// How many elements that are not read enclose the place.
    skipped: usize,
    unknown_entities: Vec<String>,
    root: Option<Element>,
}

struct Open {
    element: Element,
    /// The text of an element in which markup is allowed.
    markup: Option<Markup>,
}

/// Text in which tags were met is plain already; without any, tags may still be written as text.
#[derive(Default)]
struct Markup {
    plain: PlainText,
    raw: String,
    has_tags: bool,
    /// How many tags enclose the place.
    depth: usize,
}

impl<'e> Builder<'e> {
    fn new(entities: &'e Entities) -> Self {
        Builder {
            entities,
            open: Vec::new(),
            depth: 0,
            elements: 0,
            enclosing: Vec::new(),
            expanded_bytes: 0,
            skipped: 0,
            unknown_entities: Vec::new(),
            root: None,
        }
    }

    /// Whether white space that comes next says nothing: between elements, and before their words.
    fn ignores_space(&self) -> bool {
        let is_before_words = |open: &Open| open.markup.is_none() && open.element.text.is_empty();
        self.skipped > 0 || self.open.last().is_none_or(is_before_words)
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), TreeError> {
        self.depth += 1;
        self.elements += 1;
        if self.depth > limits::XML_DEPTH {
            return Err(TreeError::TooDeep);
        }
        if self.elements > limits::XML_ELEMENTS {
            return Err(TreeError::TooManyElements);
        }
        if self.skipped > 0 {
            self.skipped += 1;
            return Ok(());
        }
        let name = start.name();
        if let Some(markup) = self.open.last_mut().and_then(|open| open.markup.as_mut()) {
            markup.has_tags = true;
            markup.depth += 1;
            markup
                .plain
                .open(&tags::without_prefix(name.as_ref()).to_ascii_lowercase());
            return Ok(());
        }
        match tags::read(name.as_ref()) {
            Tag::Known(name) => {
                self.enclosing.push(true);
                self.open_known(name, start)?;
            }
            Tag::Inline => self.enclosing.push(false),
            Tag::Other => self.skipped = 1,
        }
        Ok(())
    }

    fn open_known(&mut self, name: &'static str, start: &BytesStart<'_>) -> Result<(), TreeError> {
        let mut element = Element {
            name,
            ..Element::default()
        };
        for (count, attribute) in start.attributes().with_checks(false).enumerate() {
            if count >= limits::XML_ATTRIBUTES {
                return Err(TreeError::TooManyAttributes);
            }
            let attribute = attribute.map_err(|error| TreeError::Malformed(error.to_string()))?;
            match tags::without_prefix(attribute.key.as_ref()) {
                "language" | "lang" => element.language = Some(attribute.value.into_owned()),
                "dateformat" => element.date_format = Some(attribute.value.into_owned()),
                _ => {}
            }
        }
        let markup = HOLDS_MARKUP.contains(&name).then(Markup::default);
        self.open.push(Open { element, markup });
        Ok(())
    }

    fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        let markup = self.open.last_mut().and_then(|open| open.markup.as_mut());
        if let Some(markup) = markup.filter(|markup| markup.depth > 0) {
            markup.depth -= 1;
            markup
                .plain
                .close(&tags::without_prefix(name).to_ascii_lowercase());
        } else if self.enclosing.pop() == Some(true) {
            self.close_known();
        }
    }

    fn close_known(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let mut element = open.element;
        if let Some(markup) = open.markup {
            element.text = if markup.has_tags {
                markup.plain.finish()
            } else {
                paragraphs(&markup.raw)
            };
        }
        match self.open.last_mut() {
            Some(parent) => parent.element.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str) {
        if self.skipped > 0 {
            return;
        }
        let Some(open) = self.open.last_mut() else {
            return;
        };
        match &mut open.markup {
            Some(markup) => {
                markup.plain.push(text);
                if !markup.has_tags {
                    markup.raw.push_str(text);
                }
            }
            None => open.element.text.push_str(text),
        }
    }

    /// CDATA may hold markup as text, also beside real markup.
    fn character_data(&mut self, text: &str) {
        match self.open.last_mut().and_then(|open| open.markup.as_mut()) {
            Some(markup) if self.skipped == 0 => {
                markup.plain.push(&paragraphs(text));
                markup.raw.push_str(text);
            }
            _ => self.text(text),
        }
    }

    fn entity(&mut self, name: &BytesRef<'_>) -> Result<(), TreeError> {
        if self.skipped > 0 {
            return Ok(());
        }
        if name.is_char_ref() {
            // A number that is no letter is left out, as control characters are.
            if let Ok(Some(letter)) = name.resolve_char_ref() {
                self.text(letter.encode_utf8(&mut [0; 4]));
            }
            return Ok(());
        }
        let entities = self.entities;
        let name: &str = name;
        let declared = entities.internal.get(name).map(String::as_str);
        match declared.or_else(|| entity::letters(name)) {
            Some(value) => {
                self.expanded_bytes += value.len();
                if self.expanded_bytes > limits::RECORD_BYTES {
                    return Err(TreeError::EntitiesTooLarge);
                }
                self.text(value);
            }
            None if entities.external.iter().any(|external| external == name) => {
                return Err(TreeError::ExternalEntity(name.to_owned()));
            }
            None if entities.nested.iter().any(|nested| nested == name) => {
                return Err(TreeError::NestedEntity(name.to_owned()));
            }
            None => {
                if self.unknown_entities.len() < 10 {
                    self.unknown_entities.push(name.to_owned());
                }
                self.text(&format!("&{name};"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use super::*;

    fn tree(xml: &str) -> Result<Element, TreeError> {
        read(xml, &Entities::default()).map(|tree| tree.root)
    }

    #[test]
    fn o1_short_tags_and_reference_names_make_the_same_tree() {
        let reference =
            tree("<Product><RecordReference>a</RecordReference><Foo><Price/></Foo></Product>")
                .unwrap();
        let short = tree("<x:product xmlns:x='y'><x:a001>a</x:a001><x:zzz/></x:product>").unwrap();
        assert_eq!(reference, short);
        assert_eq!(reference.text("RecordReference"), Some("a"));
    }

    #[test]
    fn o16_text_is_plain_however_it_is_marked_up() {
        for text in [
            "<p>Un <em>bateau</em></p><p>deux &eacute;l&egrave;ves</p>",
            "&lt;p>Un &lt;em>bateau&lt;/em>&lt;/p>&lt;p>deux &amp;eacute;l&amp;egrave;ves&lt;/p>",
            "<![CDATA[<p>Un <em>bateau</em></p><p>deux élèves</p>]]>",
            "Un bateau\n\ndeux &#233;l&#xE8;ves",
        ] {
            let element = tree(&format!(
                "<TextContent><Text textformat='06'>{text}</Text></TextContent>"
            ))
            .unwrap();
            assert_eq!(
                element.text("Text"),
                Some("Un bateau\n\ndeux élèves"),
                "{text}"
            );
        }
        let title =
            tree("<TitleElement><TitleText>Le <i>Petit</i> Prince</TitleText></TitleElement>")
                .unwrap();
        assert_eq!(title.line("TitleText").as_deref(), Some("Le Petit Prince"));
    }

    #[test]
    fn o17_bombs_are_refused() {
        let deep = format!("<Product>{}", "<Price>".repeat(100));
        assert_eq!(tree(&deep), Err(TreeError::TooDeep));
        let many = format!(
            "<Product>{}</Product>",
            "<Price/>".repeat(limits::XML_ELEMENTS + 1)
        );
        assert_eq!(tree(&many), Err(TreeError::TooManyElements));
        let attributes: String = (0..100).map(|n| format!(" a{n}='1'")).collect();
        assert_eq!(
            tree(&format!("<Product{attributes}/>")),
            Err(TreeError::TooManyAttributes)
        );
        let entities = Entities {
            internal: HashMap::from([("big".to_owned(), "x".repeat(1000))]),
            external: vec!["file".to_owned()],
            nested: vec!["lol".to_owned()],
        };
        let bomb = format!("<Product><Text>{}</Text></Product>", "&big;".repeat(5000));
        assert_eq!(
            read(&bomb, &entities).unwrap_err(),
            TreeError::EntitiesTooLarge
        );
        let external = read("<Product><Text>&file;</Text></Product>", &entities).unwrap_err();
        assert_eq!(external, TreeError::ExternalEntity("file".to_owned()));
        let nested = read("<Product><Text>&lol;</Text></Product>", &entities).unwrap_err();
        assert_eq!(nested, TreeError::NestedEntity("lol".to_owned()));
    }

    #[test]
    fn o17_malformed_products_and_unknown_entities_are_noticed() {
        assert!(matches!(
            tree("<Product><Price></Product>"),
            Err(TreeError::Malformed(_))
        ));
        assert!(matches!(tree("<Product>"), Err(TreeError::Malformed(_))));
        let tree = read(
            "<Product><RecordReference>&a; &nope; R&D</RecordReference></Product>",
            &Entities::default(),
        )
        .unwrap();
        assert_eq!(tree.root.text("RecordReference"), Some("&a; &nope; R&D"));
        assert_eq!(tree.unknown_entities, ["a", "nope"]);
    }
}
