//! A product as a record: notification, identity, ISBN, and the edition from its blocks.

use jiff::civil::Date;

use super::prologue::Prologue;
use super::tree::{self, Element};
use super::{Rejection, Severity, dates, people, price, subjects, supply, texts, titles};
use crate::import::Remarks;
use crate::import::plain_text::one_line;
use crate::limits;
use crate::model::{Edition, Form, Goods, Isbn13, Language};
use crate::store::{Incoming, Record};

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
    let tree = tree::read(xml, &prologue.entities).map_err(|error| {
        Rejection::error(
            "xml-malformed",
            format!("The product was skipped: {error}. Ask the sender to correct it."),
        )
    })?;
    let product = &tree.root;
    let reference = product.line("RecordReference").ok_or_else(|| {
        Rejection::error(
            "no-reference",
            "The product has no RecordReference, so it could never be updated. It was skipped: ask the sender for one.",
        )
    })?;
    let mut remarks = Remarks::default();
    if !tree.unknown_entities.is_empty() {
        let names = tree.unknown_entities.join(", ");
        remarks.warn(
            "entity-unknown",
            format!("Entities that nobody declared ({names}) were left as they are written."),
        );
    }
    let sender = prologue.sender.clone();
    if is_withdrawn(product, &mut remarks).map_err(|rejection| rejection.of(&reference))? {
        return Ok((
            Incoming::Hide {
                sender,
                reference,
                message: None,
            },
            remarks,
        ));
    }
    let context = Context { prologue, today };
    let mut edition = read_edition(product, &context, &mut remarks)
        .map_err(|rejection| rejection.of(&reference))?;
    edition.records = vec![format!("{sender}:{reference}")];
    Ok((
        Incoming::Put(Box::new(Record {
            sender,
            reference,
            message: None,
            edition,
        })),
        remarks,
    ))
}

/// The notification type (list 1): whether the product is withdrawn (O4) or complete (O2).
fn is_withdrawn(product: &Element, remarks: &mut Remarks) -> Result<bool, Rejection> {
    match product.text("NotificationType") {
        Some("01" | "02" | "03") => Ok(false),
        Some("05") => Ok(true),
        Some("04") => Err(Rejection::error(
            "block-update",
            "A block update (notification type 04) is not supported yet in this release; the record was skipped. Ask \
             the sender for the complete record (03).",
        )),
        Some("88" | "89") => Err(Rejection {
            severity: Severity::Info,
            ..Rejection::error(
                "test-record",
                "A test record (notification type 88 or 89): nothing was done.",
            )
        }),
        Some(other) => Err(Rejection::error(
            "notification-unknown",
            format!(
                "Notification type {other:?} is not one for a catalogue. The record was skipped."
            ),
        )),
        None => {
            remarks.warn(
                "no-notification",
                "The notification type is missing; the record was taken as complete.",
            );
            Ok(false)
        }
    }
}

fn read_edition(
    product: &Element,
    context: &Context<'_>,
    remarks: &mut Remarks,
) -> Result<Edition, Rejection> {
    let empty = Element::default();
    let description = product.child("DescriptiveDetail").unwrap_or(&empty);
    let publishing = product.child("PublishingDetail").unwrap_or(&empty);
    let titled = titles::read(description).ok_or_else(|| {
        Rejection::error(
            "no-title",
            "The product has no title (TitleDetail, type 01). Without one a book cannot be shown; it was skipped.",
        )
    })?;
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
    if let Some(collateral) = product.child("CollateralDetail") {
        edition.texts = texts::read(collateral, edition.language);
    }
    let offer = price::choose(product, &edition, context, remarks);
    edition.price = offer.map(|offer| offer.price);
    edition.availability = supply::availability(
        product,
        publishing,
        offer.map(|offer| offer.supply),
        remarks,
    );
    Ok(edition)
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
                    remarks.warn(
                        "isbn-invalid",
                        format!("{sent:?} is not an ISBN ({error}). The book was taken without it: tell the sender."),
                    );
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
                let message = format!(
                    "The identifiers disagree: {isbn} is another book's. Both find this one."
                );
                remarks.warn("isbn-disagrees", message);
            }
        }
    }
}

/// Form for readers and goods for the law, from the product form (list 150) and its details (list 175).
fn read_form(description: &Element, edition: &mut Edition) {
    let form = description.text("ProductForm").unwrap_or_default();
    let is_pocket = description
        .texts("ProductFormDetail")
        .any(|detail| matches!(detail, "B101" | "B104" | "B113"))
        || description.text("TradeCategory") == Some("04");
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

/// Publication (list 163, 01), else first publication (11).
fn published(publishing: &Element, remarks: &mut Remarks) -> Option<crate::model::PublicationDate> {
    let date_of = |role: &str| {
        publishing
            .children("PublishingDate")
            .find(|d| d.text("PublishingDateRole") == Some(role))
    };
    let date = date_of("01").or_else(|| date_of("11"))?;
    let read = dates::read(date);
    if read.is_none() {
        let sent = date.line("Date").unwrap_or_default();
        remarks.warn(
            "date-invalid",
            format!("The publication date {sent:?} is not a date. It was left out."),
        );
    }
    read
}
