//! A product as a record: notification, identity, ISBN, and the edition from its blocks.

use jiff::civil::Date;

use super::prologue::Prologue;
use super::tree::{self, Element};
use super::{
    Rejection, Severity, covers, dates, people, price, release_2, subjects, supply, texts, titles,
};
use crate::import::Remark;
use crate::import::Remarks;
use crate::import::plain_text::one_line;
use crate::import::report::listed;
use crate::limits;
use crate::model::{Edition, Embargo, Form, Goods, Isbn13, Language, PublicationDate};
use crate::store::{Block, BlockUpdate, Incoming, Record};

/// Everything that reading a block may need besides the block.
pub(super) struct Context<'p> {
    pub(super) prologue: &'p Prologue,
    /// The day for which prices are chosen.
    pub(super) today: Date,
}

/// Reads a product from its text.
pub(super) fn read(
    xml: &str,
    prologue: &Prologue,
    today: Date,
) -> Result<(Incoming, Remarks), Rejection> {
    let tree = tree::read(xml, &prologue.entities)
        .map_err(|error| Rejection::error(Remark::XmlMalformed { why: error.into() }))?;
    let reference = tree.root.line("RecordReference");
    let mut remarks = Remarks::default();
    if !tree.unknown_entities.is_empty() {
        let names = listed(&tree.unknown_entities);
        remarks.warn(Remark::EntityUnknown { names });
    }
    let context = Context { prologue, today };
    let named = reference.as_deref().unwrap_or_default();
    let incoming = incoming(tree.root, named, &context, &mut remarks);
    match reference {
        Some(reference) => {
            let incoming = incoming.map_err(|rejection| rejection.of(&reference))?;
            Ok((incoming, remarks))
        }
        None => Err(unnamed(incoming)),
    }
}

/// Why a product that bears no reference is not taken. A complete one is kept.
fn unnamed(read: Result<Incoming, Rejection>) -> Rejection {
    let rejection = Rejection::error(Remark::NoRecordReference {});
    let draft = match read {
        Ok(Incoming::Put(record)) => Some(record),
        Ok(Incoming::Blocks(_) | Incoming::Hide { .. }) => None,
        Err(other) => other.draft,
    };
    Rejection { draft, ..rejection }
}

fn incoming(
    sent: Element,
    reference: &str,
    context: &Context<'_>,
    remarks: &mut Remarks,
) -> Result<Incoming, Rejection> {
    let notice = notice(&sent, remarks)?;
    let sender = context.prologue.sender.clone();
    let reference = reference.to_owned();
    let message = context.prologue.message;
    if let Notice::Withdrawn = notice {
        return Ok(Incoming::Hide {
            sender,
            reference,
            message,
        });
    }
    let product = release_2::in_words_of_3(sent);
    let mut edition = read_edition(&product, context, remarks);
    let is_described = product.child("DescriptiveDetail").is_some();
    let is_untitled = edition.title.is_empty();
    edition.records = vec![format!("{sender}:{reference}")];
    let record = Record {
        sender,
        reference,
        message,
        edition,
    };
    let untitled = || Rejection::error(Remark::NoTitleDetail {});
    Ok(match notice {
        Notice::Update(_) if is_untitled && is_described => return Err(untitled()),
        Notice::Complete if is_untitled => return Err(untitled().but_for_that(record)),
        Notice::Update(blocks) => Incoming::Blocks(Box::new(BlockUpdate { record, blocks })),
        _ => Incoming::Put(Box::new(record)),
    })
}

/// What the sender wants done with the record (list 1).
enum Notice {
    /// To be taken whole (O2).
    Complete,
    /// Only these blocks are to be replaced (O3).
    Update(Vec<Block>),
    /// Sent in error (O4).
    Withdrawn,
}

fn notice(sent: &Element, remarks: &mut Remarks) -> Result<Notice, Rejection> {
    match sent.text("NotificationType") {
        Some("01" | "02" | "03") => Ok(Notice::Complete),
        Some("05") => Ok(Notice::Withdrawn),
        Some("04") if release_2::is_of_3(sent) => Ok(Notice::Update(blocks(sent))),
        // 12 and 14 are of 2.1: the whole of its supply details.
        Some("12" | "14") if sent.child("SupplyDetail").is_some() => {
            Ok(Notice::Update(vec![Block::Supply]))
        }
        Some("04" | "12" | "13" | "14") => Err(Rejection::error(Remark::PartialUpdate {})),
        Some("88" | "89") => Err(Rejection {
            severity: Severity::Info,
            ..Rejection::error(Remark::TestRecord {})
        }),
        Some(other) => Err(Rejection::error(Remark::NotificationUnknown {
            sent: other.to_owned(),
        })),
        None => {
            remarks.warn(Remark::NoNotification {});
            Ok(Notice::Complete)
        }
    }
}

/// The blocks that the product has, of those from which something is kept.
fn blocks(product: &Element) -> Vec<Block> {
    let blocks = [
        ("DescriptiveDetail", Block::Description),
        ("CollateralDetail", Block::Marketing),
        ("PublishingDetail", Block::Publishing),
        ("ProductSupply", Block::Supply),
    ];
    let sent = blocks
        .into_iter()
        .filter(|(name, _)| product.child(name).is_some());
    sent.map(|(_, block)| block).collect()
}

/// The edition; its title is empty where it has none.
fn read_edition(product: &Element, context: &Context<'_>, remarks: &mut Remarks) -> Edition {
    let empty = Element::default();
    let description = product.child("DescriptiveDetail").unwrap_or(&empty);
    let publishing = product.child("PublishingDetail").unwrap_or(&empty);
    let titled = titles::read(description).unwrap_or_default();
    let mut edition = Edition::titled(titled.title);
    edition.subtitle = titled.subtitle;
    edition.original_title = titled.original;
    edition.series = titled.series;
    edition.collection = titled.collection;
    read_isbns(product, &mut edition, remarks);
    read_form(description, &mut edition);
    edition.contributors = people::read(description);
    edition.language = language(description).or(context.prologue.default_language);
    edition.pages = pages(description);
    edition.subjects = subjects::read(description);
    edition.publisher = publisher(publishing);
    edition.published = published(publishing, remarks);
    edition.embargo = embargo(publishing);
    if let Some(collateral) = product.child("CollateralDetail") {
        edition.texts = texts::read(collateral, edition.language);
        edition.cover = covers::read(collateral, remarks);
    }
    let offer = price::choose(product, &edition, context, remarks);
    edition.price = offer.price;
    edition.price_changes = offer.changes;
    edition.availability = supply::availability(product, publishing, offer.supply, remarks);
    edition
}

/// ISBN-13 (15) before GTIN-13 (03) before ISBN-10 (02, deprecated) (O7); a co-publisher's (24) finds it as well.
fn read_isbns(product: &Element, edition: &mut Edition, remarks: &mut Remarks) {
    let mut own: Vec<(&str, Isbn13)> = Vec::new();
    for kind in ["15", "03", "02", "24"] {
        let identifiers = product
            .children("ProductIdentifier")
            .filter(|id| id.text("ProductIDType") == Some(kind));
        for sent in identifiers
            .filter_map(|id| id.text("IDValue"))
            .take(limits::PARTS)
        {
            match Isbn13::parse(sent) {
                Ok(isbn) => own.push((kind, isbn)),
                // A GTIN that is no ISBN is what a game or a calendar has.
                Err(_) if kind == "03" && !sent.starts_with("978") && !sent.starts_with("979") => {}
                Err(error) => {
                    let sent = one_line(sent);
                    remarks.warn(Remark::IsbnInvalid {
                        sent: sent.clone(),
                        why: error.into(),
                    });
                    if !edition.flagged_isbns.contains(&sent) {
                        edition.flagged_isbns.push(sent);
                    }
                }
            }
        }
    }
    edition.isbn = own.first().map(|(_, isbn)| *isbn);
    for (kind, isbn) in own {
        if edition.isbns().all(|known| known != isbn) {
            edition.other_isbns.push(isbn);
            if kind != "24" {
                let isbn = isbn.to_string();
                remarks.warn(Remark::IsbnDisagrees { isbn });
            }
        }
    }
}

/// Form for readers and goods for the law, from the product form (list 150), its details (list 175) and its trade
/// category (list 12; O15).
fn read_form(description: &Element, edition: &mut Edition) {
    let form = description.text("ProductForm").unwrap_or_default();
    let has_trade_category = |codes: &[&str]| {
        description
            .texts("TradeCategory")
            .any(|code| codes.contains(&code))
    };
    let is_pocket = description
        .texts("ProductFormDetail")
        .any(|detail| matches!(detail, "B101" | "B104" | "B113"))
        || has_trade_category(&["04", "15"]);
    edition.school_book = has_trade_category(&["08", "09"]);
    edition.form = match form {
        "BC" if is_pocket => Form::Pocket,
        "BC" | "BE" | "BF" => Form::Paperback,
        "BB" | "BG" | "BH" => Form::Hardback,
        form if form.starts_with('E') => Form::Ebook,
        form if form.starts_with('A') => Form::Audiobook,
        _ => Form::Other,
    };
    edition.goods = match form {
        "AJ" | "AN" | "AO" => Goods::Ebook,
        // Sheet music is taxed as a book; packs and mixed sets are told apart by the bookseller.
        "" | "00" | "PI" => Goods::NewBook,
        form if form.starts_with('E') => Goods::Ebook,
        form if form.starts_with(['A', 'B', 'S', 'D']) => Goods::NewBook,
        _ => Goods::Other,
    };
}

/// The language of the text (list 22, 01).
fn language(description: &Element) -> Option<Language> {
    let languages = description
        .children("Language")
        .filter(|language| language.text("LanguageRole") == Some("01"));
    languages
        .filter_map(|language| language.text("LanguageCode"))
        .find_map(|code| Language::parse(code).ok())
}

/// Main content (00), absolute count (07) or content pages (11), whichever comes first in that order.
fn pages(description: &Element) -> Option<u32> {
    ["00", "07", "11"].into_iter().find_map(|kind| {
        let extents = description.children("Extent").filter(|extent| {
            extent.text("ExtentType") == Some(kind)
                && extent.text("ExtentUnit").is_none_or(|unit| unit == "03")
        });
        extents
            .filter_map(|extent| extent.text("ExtentValue")?.parse().ok())
            .find(|pages| *pages > 0)
    })
}

/// The publisher (list 45, 01), else any, else the imprint.
fn publisher(publishing: &Element) -> Option<String> {
    let publishers = || publishing.children("Publisher");
    publishers()
        .filter(|publisher| {
            publisher
                .text("PublishingRole")
                .is_none_or(|role| role == "01")
        })
        .chain(publishers())
        .find_map(|publisher| publisher.line("PublisherName"))
        .or_else(|| {
            publishing
                .children("Imprint")
                .find_map(|imprint| imprint.line("ImprintName"))
        })
}

/// O12: announcement (list 163, 09), pre-order embargo (27), sales embargo (02).
fn embargo(publishing: &Element) -> Embargo {
    let until = |role: &str| {
        publishing
            .children("PublishingDate")
            .filter(|date| date.text("PublishingDateRole") == Some(role))
            .filter_map(dates::day)
            .max()
    };
    Embargo {
        display: until("09"),
        order: until("27"),
        delivery: until("02"),
    }
}

/// Publication (list 163, 01), else first publication (11).
fn published(publishing: &Element, remarks: &mut Remarks) -> Option<PublicationDate> {
    let date_of = |role: &str| {
        publishing
            .children("PublishingDate")
            .find(|d| d.text("PublishingDateRole") == Some(role))
    };
    let date = date_of("01").or_else(|| date_of("11"))?;
    let read = dates::read(date);
    if read.is_none() {
        let sent = date.line("Date").unwrap_or_default();
        remarks.warn(Remark::DateInvalid {
            sent: sent.to_owned(),
        });
    }
    read
}
