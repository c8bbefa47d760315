//! What stands before the first product: document type, root, release, and the header with its defaults (O10).

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use trade::language::Language;

use super::tree::{self, Element, Entities};
use super::{dates, tags};
use crate::import::Remark;
use crate::import::report::listed;
use crate::import::{Severity, entity};
use crate::store::Message;

/// Entities a message may declare itself: the ISO sets of ONIX 2.1 have a few hundred each.
const ENTITIES_MAX: usize = 2_000;

/// Longest value of a declared entity: they stand for letters and short phrases.
const ENTITY_VALUE_BYTES_MAX: usize = 1_000;

/// The beginning of a message.
#[derive(Debug)]
pub(super) struct Prologue {
    /// Whether the products stand in a message, not bare.
    pub(super) is_message: bool,
    /// Whose references these are: the sender's number or name, in lower case.
    pub(super) sender: String,
    /// When it was sent (O6); none when the header does not say.
    pub(super) message: Option<Message>,
    pub(super) default_price_type: Option<String>,
    pub(super) default_currency: Option<String>,
    pub(super) default_language: Option<Language>,
    pub(super) entities: Entities,
    root: Option<String>,
}

/// A remark on the whole file.
pub(super) struct FileNote {
    pub(super) severity: Severity,
    pub(super) remark: Remark,
}

impl Prologue {
    /// Reads what can be read; a prologue that is not well-formed only says less.
    pub(super) fn read(text: &str) -> Prologue {
        let mut prologue = Prologue {
            is_message: false,
            sender: "unknown".to_owned(),
            message: None,
            default_price_type: None,
            default_currency: None,
            default_language: None,
            entities: Entities::default(),
            root: None,
        };
        let mut reader = Reader::from_str(text);
        loop {
            let before = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            match reader.read_event() {
                Ok(Event::DocType(declarations)) => {
                    prologue.entities = read_entities(&declarations)
                }
                Ok(Event::Start(root) | Event::Empty(root)) if prologue.root.is_none() => {
                    prologue.read_root(&root)
                }
                Ok(Event::Start(start))
                    if tags::read(start.name().as_ref()) == tags::Tag::Known("Header") =>
                {
                    let header =
                        tree::read(text.get(before..).unwrap_or_default(), &prologue.entities);
                    if let Ok(header) = header {
                        prologue.read_header(&header.root);
                    }
                    break;
                }
                Ok(Event::Eof) | Err(_) => break,
                Ok(_) => {}
            }
        }
        prologue
    }

    fn read_root(&mut self, root: &BytesStart<'_>) {
        let name = root.name();
        self.is_message = matches!(
            tags::without_prefix(name.as_ref()),
            "ONIXMessage" | "ONIXmessage"
        );
        self.root = Some(name.as_ref().to_owned());
    }

    fn read_header(&mut self, header: &Element) {
        if let Some(sender) = sender(header) {
            self.sender = sender.to_lowercase();
        }
        self.message = message(header);
        self.default_price_type = header
            .line("DefaultPriceType")
            .or_else(|| header.line("DefaultPriceTypeCode"));
        self.default_currency = header.line("DefaultCurrencyCode");
        self.default_language = header
            .text("DefaultLanguageOfText")
            .and_then(|code| Language::parse(code).ok());
    }

    /// Whether products that follow can be read.
    pub(super) fn is_readable(&self) -> bool {
        self.is_message || self.root.is_none()
    }

    /// What to say about the file as a whole; `has_products` whether one follows.
    pub(super) fn notes(&self, has_products: bool) -> Vec<FileNote> {
        let mut notes: Vec<FileNote> = self.note_on_root(has_products).into_iter().collect();
        if !self.entities.external.is_empty() {
            notes.push(FileNote {
                severity: Severity::Error,
                remark: Remark::EntityExternal {
                    names: listed(&self.entities.external),
                },
            });
        }
        if !self.entities.nested.is_empty() {
            notes.push(FileNote {
                severity: Severity::Error,
                remark: Remark::EntityNested {
                    names: listed(&self.entities.nested),
                },
            });
        }
        notes
    }

    fn note_on_root(&self, has_products: bool) -> Option<FileNote> {
        let (severity, remark) = match &self.root {
            Some(root) if !self.is_message => {
                let root = listed(std::slice::from_ref(root));
                (Severity::Error, Remark::NotOnix { root })
            }
            Some(_) if !has_products => (Severity::Warning, Remark::NoProducts {}),
            Some(_) => return None,
            None if has_products => (Severity::Warning, Remark::NoMessage {}),
            None => (Severity::Error, Remark::NoOnix {}),
        };
        Some(FileNote { severity, remark })
    }
}

/// The sender's number, else name; 2.1 has no composite for it.
fn sender(header: &Element) -> Option<String> {
    let composite = header.child("Sender").unwrap_or(header);
    let number = composite
        .children("SenderIdentifier")
        .find_map(|identifier| identifier.line("IDValue"));
    let names = ["SenderName", "FromEANNumber", "FromSAN", "FromCompany"];
    number.or_else(|| names.into_iter().find_map(|name| composite.line(name)))
}

fn message(header: &Element) -> Option<Message> {
    let sent = header
        .text("SentDateTime")
        .or_else(|| header.text("SentDate"))?;
    Some(Message {
        sent: dates::instant(sent)?,
        number: header
            .text("MessageNumber")
            .and_then(|number| number.parse().ok()),
    })
}

/// The general entities of a document type. What would have to be fetched, or holds entities or tags itself, is
/// only remembered by name, so that nothing expands twice. Parameter entities are passed over: the sets of letters
/// that ONIX 2.1 names by them are known without.
fn read_entities(declarations: &str) -> Entities {
    let mut entities = Entities::default();
    for declaration in declarations.split("<!ENTITY").skip(1).take(ENTITIES_MAX) {
        let declaration = declaration.trim_start();
        let Some((name, rest)) = declaration.split_once(char::is_whitespace) else {
            continue;
        };
        if name == "%" {
            continue;
        }
        let rest = rest.trim_start();
        let name = name.to_owned();
        if rest.starts_with("SYSTEM") || rest.starts_with("PUBLIC") {
            entities.external.push(name);
        } else if let Some(value) = quoted(rest) {
            match plain_value(value) {
                Some(value) => drop(entities.internal.insert(name, value)),
                None => entities.nested.push(name),
            }
        }
    }
    entities
}

/// What stands between the quotes that `text` begins with.
fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (value, _) = text.get(1..)?.split_once(quote)?;
    Some(value)
}

/// A value that is letters only, written out, by number, or by a name that every reader knows.
fn plain_value(value: &str) -> Option<String> {
    if value.len() > ENTITY_VALUE_BYTES_MAX || value.contains('<') {
        return None;
    }
    quick_xml::escape::unescape_with(value, entity::letters)
        .ok()
        .map(std::borrow::Cow::into_owned)
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

    #[test]
    fn o10_the_header_gives_sender_and_defaults() {
        let prologue = Prologue::read(
            "<?xml version='1.0'?><!DOCTYPE ONIXMessage [<!ENTITY maison \"L&#233;o\"><!ENTITY lol '&lol2;'>\
             <!ENTITY f SYSTEM 'file:///etc/passwd'><!ENTITY % p PUBLIC 'x' 'y'>]>\
             <ONIXMessage release='3.0'><Header><Sender><SenderIdentifier><SenderIDType>06</SenderIDType>\
             <IDValue>3012345678901</IDValue></SenderIdentifier><SenderName>&maison;</SenderName></Sender>\
             <DefaultLanguageOfText>fre</DefaultLanguageOfText><DefaultPriceType>04</DefaultPriceType>\
             <DefaultCurrencyCode>EUR</DefaultCurrencyCode></Header>",
        );
        assert_eq!(prologue.sender, "3012345678901");
        assert_eq!(prologue.default_price_type.as_deref(), Some("04"));
        assert_eq!(prologue.default_currency.as_deref(), Some("EUR"));
        assert_eq!(prologue.default_language, Language::parse("fre").ok());
        assert_eq!(prologue.entities.internal["maison"], "Léo");
        assert_eq!(prologue.entities.internal.len(), 1);
        assert_eq!(prologue.entities.external, ["f"]);
        assert_eq!(prologue.entities.nested, ["lol"]);
        let codes: Vec<_> = prologue
            .notes(true)
            .iter()
            .map(|note| note.remark.code())
            .collect();
        assert_eq!(codes, ["entity-external", "entity-nested"]);
    }

    #[test]
    fn o10_the_header_of_2_1_says_the_same_in_elements_of_its_own() {
        let prologue = Prologue::read(
            "<ONIXmessage><header><m174>Éditions du Quai</m174><m180>12</m180><m182>20260901</m182><m184>fre</m184><m185>04</m185><m186>EUR</m186></header>",
        );
        assert_eq!(prologue.sender, "éditions du quai");
        let message = prologue.message.unwrap();
        assert_eq!(message.sent.rfc3339(), "2026-08-31T22:00:00Z");
        assert_eq!(message.number, Some(12));
        assert_eq!(prologue.default_price_type.as_deref(), Some("04"));
        assert_eq!(prologue.default_currency.as_deref(), Some("EUR"));
        assert_eq!(prologue.default_language, Language::parse("fre").ok());
        let numbered = Prologue::read(
            "<ONIXMessage><Header><FromEANNumber>3010000000017</FromEANNumber><FromCompany>Quai</FromCompany></Header>",
        );
        assert_eq!(numbered.sender, "3010000000017");
    }
}
