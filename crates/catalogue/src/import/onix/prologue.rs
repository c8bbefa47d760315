//! What stands before the first product: document type, root, release, and the header with its defaults (O10).

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use trade::language::Language;

use super::tags;
use super::tree::{self, Element, Entities};
use crate::import::Severity;

/// Entities a message may declare itself: the ISO sets of ONIX 2.1 have a few hundred each.
const ENTITIES_MAX: usize = 2_000;

/// Longest value of a declared entity: they stand for letters and short phrases.
const ENTITY_VALUE_BYTES_MAX: usize = 1_000;

/// Which ONIX it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Release {
    /// 3.0 or 3.1.
    Three,
    /// 2.1 or older.
    Two,
    /// The root does not say.
    Unsaid,
}

impl Release {
    fn of(release: Option<&str>, namespace: Option<&str>) -> Release {
        match release.map(str::trim) {
            Some(release) if release.starts_with('3') => Release::Three,
            Some(release) if release.starts_with('2') || release.starts_with('1') => Release::Two,
            _ if namespace.is_some_and(|namespace| namespace.contains("/onix/3.")) => {
                Release::Three
            }
            _ if namespace.is_some_and(|namespace| namespace.contains("/onix/2.")) => Release::Two,
            _ => Release::Unsaid,
        }
    }

    /// By its first product: the blocks are new in 3.0. Comments may name them in any release.
    pub(super) fn guess(product: &str, entities: &Entities) -> Release {
        let has_blocks = match tree::read(product, entities) {
            Ok(tree) => BLOCKS.iter().any(|block| tree.root.child(block).is_some()),
            Err(_) => BLOCKS
                .iter()
                .any(|block| product.contains(&format!("<{block}>"))),
        };
        if has_blocks {
            Release::Three
        } else {
            Release::Two
        }
    }
}

/// The blocks of a product in 3.x.
const BLOCKS: [&str; 4] = [
    "DescriptiveDetail",
    "CollateralDetail",
    "PublishingDetail",
    "ProductSupply",
];

/// The beginning of a message.
#[derive(Debug)]
pub(super) struct Prologue {
    pub(super) release: Release,
    /// Whether the products stand in a message, not bare.
    pub(super) is_message: bool,
    /// Whose references these are: the sender's number or name, in lower case.
    pub(super) sender: String,
    pub(super) default_price_type: Option<String>,
    pub(super) default_currency: Option<String>,
    pub(super) default_language: Option<Language>,
    pub(super) entities: Entities,
    root: Option<String>,
}

/// A remark on the whole file.
pub(super) struct FileNote {
    pub(super) severity: Severity,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Prologue {
    /// Reads what can be read; a prologue that is not well-formed only says less.
    pub(super) fn read(text: &str) -> Prologue {
        let mut prologue = Prologue {
            release: Release::Unsaid,
            is_message: false,
            sender: "unknown".to_owned(),
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
        let attribute = |wanted: &str| {
            let mut attributes = root.attributes();
            let found = attributes
                .with_checks(false)
                .filter_map(Result::ok)
                .find(|a| a.key.as_ref() == wanted);
            found.map(|attribute| attribute.value.into_owned())
        };
        let prefix = name
            .as_ref()
            .rsplit_once(':')
            .map(|(prefix, _)| format!("xmlns:{prefix}"));
        let namespace = attribute(prefix.as_deref().unwrap_or("xmlns"));
        self.is_message = matches!(
            tags::without_prefix(name.as_ref()),
            "ONIXMessage" | "ONIXmessage"
        );
        self.release = Release::of(attribute("release").as_deref(), namespace.as_deref());
        self.root = Some(name.as_ref().to_owned());
    }

    fn read_header(&mut self, header: &Element) {
        if let Some(sender) = header.child("Sender") {
            let number = sender
                .children("SenderIdentifier")
                .find_map(|identifier| identifier.line("IDValue"));
            let name = number.or_else(|| sender.line("SenderName"));
            self.sender = name.map_or_else(|| self.sender.clone(), |name| name.to_lowercase());
        }
        self.default_price_type = header.line("DefaultPriceType");
        self.default_currency = header.line("DefaultCurrencyCode");
        self.default_language = header
            .text("DefaultLanguageOfText")
            .and_then(|code| Language::parse(code).ok());
    }

    /// Whether products that follow can be read.
    pub(super) fn is_readable(&self) -> bool {
        self.release == Release::Three && (self.is_message || self.root.is_none())
    }

    /// What to say about the file as a whole.
    pub(super) fn notes(&self) -> Vec<FileNote> {
        let mut notes = Vec::new();
        let mut say = |severity, code, message: &str| {
            notes.push(FileNote {
                severity,
                code,
                message: message.to_owned(),
            });
        };
        match (&self.root, self.release) {
            (Some(root), _) if !self.is_message => {
                let message = format!(
                    "The file is XML, but its root is <{root}>, not an ONIX message. Nothing was read."
                );
                say(Severity::Error, "not-onix", &message);
            }
            (None, Release::Three) => say(
                Severity::Warning,
                "no-message",
                "The products stand without a message and header around them, so the sender is not known. They were \
                 taken; ask for complete messages.",
            ),
            (_, Release::Two) => say(
                Severity::Error,
                "onix-2.1",
                "This is ONIX 2.1, which is not supported in this release. Nothing was read: ask the sender for ONIX \
                 3.0 or 3.1.",
            ),
            (Some(_), Release::Unsaid) => say(
                Severity::Error,
                "onix-release",
                "The message names no release that is known here. Nothing was read.",
            ),
            (None, Release::Unsaid) => say(
                Severity::Error,
                "not-onix",
                "The file begins like XML, but no ONIX message begins in it. Nothing was read.",
            ),
            _ => {}
        }
        if !self.entities.external.is_empty() {
            let names = self.entities.external.join(", ");
            let message = format!(
                "The file declares entities outside itself ({names}). They are never fetched; products that use them \
                 are skipped."
            );
            say(Severity::Error, "entity-external", &message);
        }
        notes
    }
}

/// The general entities of a document type. Values with entities in them are left undeclared, so that nothing
/// expands twice; parameter entities and external sets are passed over.
fn read_entities(declarations: &str) -> Entities {
    let mut entities = Entities::default();
    for declaration in declarations.split("<!ENTITY").skip(1).take(ENTITIES_MAX) {
        let declaration = declaration.trim_start();
        let Some((name, rest)) = declaration.split_once(char::is_whitespace) else {
            continue;
        };
        let rest = rest.trim_start();
        if name == "%" {
            continue;
        }
        if rest.starts_with("SYSTEM") || rest.starts_with("PUBLIC") {
            entities.external.push(name.to_owned());
            continue;
        }
        let value = rest
            .chars()
            .next()
            .filter(|c| matches!(c, '"' | '\''))
            .and_then(|quote| {
                rest.get(1..)
                    .and_then(|value| value.split_once(quote))
                    .map(|(value, _)| value)
            });
        if let Some(value) = value.and_then(plain_value) {
            entities.internal.push((name.to_owned(), value));
        }
    }
    entities
}

/// A value that is letters only, written out or by number.
fn plain_value(value: &str) -> Option<String> {
    if value.len() > ENTITY_VALUE_BYTES_MAX || value.contains('<') {
        return None;
    }
    quick_xml::escape::unescape_with(value, |_| None)
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
    fn o1_the_release_is_read_from_root_namespace_or_first_product() {
        for (root, release) in [
            ("<ONIXMessage release='3.0'>", Release::Three),
            (
                "<ONIXmessage release=\"3.1\" xmlns='http://ns.editeur.org/onix/3.1/short'>",
                Release::Three,
            ),
            (
                "<o:ONIXMessage xmlns:o='http://ns.editeur.org/onix/3.0/reference'>",
                Release::Three,
            ),
            ("<ONIXmessage release='2.1'>", Release::Two),
            ("<ONIXMessage>", Release::Unsaid),
        ] {
            assert_eq!(Prologue::read(root).release, release, "{root}");
        }
        let guess = |product| Release::guess(product, &Entities::default());
        let short = "<o:product xmlns:o='x'><o:productsupply/></o:product>";
        assert_eq!(guess(short), Release::Three);
        let broken = "<Product><DescriptiveDetail></Product>";
        assert_eq!(guess(broken), Release::Three);
        let commented = "<Product><!-- in 3.0: <DescriptiveDetail> --><Title/></Product>";
        assert_eq!(guess(commented), Release::Two);
    }

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
        assert_eq!(
            prologue.entities.internal,
            [("maison".to_owned(), "Léo".to_owned())]
        );
        assert_eq!(prologue.entities.external, ["f"]);
        assert_eq!(prologue.notes().len(), 1);
    }
}
