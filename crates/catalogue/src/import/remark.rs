//! Every remark that readers and the catalogue make: a kind with its arguments.
//!
//! The sentence for a person is made where she reads it, in her language (`web`). What stands here in English is for
//! files and terminals, and for reports that were kept before a kind was known.

use trade::isbn::IsbnError;

/// Why something is so, inside a remark.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// `isbn-length`.
    #[error("an ISBN has 10 or 13 digits")]
    IsbnLength,
    /// `isbn-prefix`.
    #[error("a book's number begins with 978 or 979")]
    IsbnPrefix,
    /// `isbn-music`.
    #[error("979-0 numbers printed music (ISMN), not books")]
    IsbnMusic,
    /// `isbn-check-digit`.
    #[error("the check digit is wrong")]
    IsbnCheckDigit,
    /// `marc-short`.
    #[error("it is shorter than a leader")]
    MarcShort,
    /// `marc-directory`.
    #[error("its directory is not made of entries of 12 figures")]
    MarcDirectory,
    /// `xml-deep`.
    #[error("it nests elements too deep")]
    XmlDeep,
    /// `xml-elements`.
    #[error("it has too many elements")]
    XmlElements,
    /// `xml-attributes`.
    #[error("one of its elements has too many attributes")]
    XmlAttributes,
    /// `xml-entities`.
    #[error("its entities expand to too much")]
    XmlEntities,
    /// `entity-outside`.
    #[error("it uses an entity that lies outside the file; such are never fetched")]
    EntityOutside,
    /// `entity-made-of`.
    #[error("it uses an entity that is made of entities or tags; such are never expanded")]
    EntityMadeOf,
    /// `cell-too-many`.
    #[error("it had an empty cell too many")]
    CellTooMany,
    /// `cell-too-few`.
    #[error("it had a cell too few")]
    CellTooFew,
    /// `separator-in-text`.
    #[error("it had a separator inside a text")]
    SeparatorInText,
    /// The words of the system, or of the reader of a format.
    #[error("{0}")]
    Words(String),
}

impl Why {
    /// All that have a code.
    pub const ALL: [Why; 15] = [
        Why::IsbnLength,
        Why::IsbnPrefix,
        Why::IsbnMusic,
        Why::IsbnCheckDigit,
        Why::MarcShort,
        Why::MarcDirectory,
        Why::XmlDeep,
        Why::XmlElements,
        Why::XmlAttributes,
        Why::XmlEntities,
        Why::EntityOutside,
        Why::EntityMadeOf,
        Why::CellTooMany,
        Why::CellTooFew,
        Why::SeparatorInText,
    ];

    /// The stable word for it; words that come from elsewhere have none.
    pub fn code(&self) -> Option<&'static str> {
        Some(match self {
            Why::IsbnLength => "isbn-length",
            Why::IsbnPrefix => "isbn-prefix",
            Why::IsbnMusic => "isbn-music",
            Why::IsbnCheckDigit => "isbn-check-digit",
            Why::MarcShort => "marc-short",
            Why::MarcDirectory => "marc-directory",
            Why::XmlDeep => "xml-deep",
            Why::XmlElements => "xml-elements",
            Why::XmlAttributes => "xml-attributes",
            Why::XmlEntities => "xml-entities",
            Why::EntityOutside => "entity-outside",
            Why::EntityMadeOf => "entity-made-of",
            Why::CellTooMany => "cell-too-many",
            Why::CellTooFew => "cell-too-few",
            Why::SeparatorInText => "separator-in-text",
            Why::Words(_) => return None,
        })
    }
}

impl From<IsbnError> for Why {
    fn from(error: IsbnError) -> Why {
        match error {
            IsbnError::NotAnIsbn => Why::IsbnLength,
            IsbnError::NotABook => Why::IsbnPrefix,
            IsbnError::Ismn => Why::IsbnMusic,
            IsbnError::WrongCheckDigit => Why::IsbnCheckDigit,
        }
    }
}

/// What an argument is to whoever makes the sentence.
trait Argument {
    /// Its text, or the code of a [`Why`].
    fn said(&self) -> String;
    /// One, for [`Remark::of_each_kind`].
    fn example(name: &str) -> Self;
}

impl Argument for String {
    fn said(&self) -> String {
        self.clone()
    }

    fn example(name: &str) -> String {
        name.to_owned()
    }
}

impl Argument for Why {
    fn said(&self) -> String {
        match self.code() {
            Some(code) => code.to_owned(),
            None => self.to_string(),
        }
    }

    fn example(_: &str) -> Why {
        Why::IsbnCheckDigit
    }
}

/// Declares the kinds: `"kind" Variant { argument: Type } "English sentence";`.
macro_rules! remarks {
    ($($kind:literal $variant:ident { $($name:ident: $type:ty),* } $english:literal;)*) => {
        /// A remark about a record or a file.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is documented by its sentence")]
        pub enum Remark {
            $($variant { $($name: $type),* },)*
        }

        impl Remark {
            /// The stable word for its kind: its code, and where several kinds share one, `--` and more.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Remark::$variant { .. } => $kind,)*
                }
            }

            /// Its arguments by name.
            pub fn arguments(&self) -> Vec<(&'static str, String)> {
                match self {
                    $(Remark::$variant { $($name),* } => vec![$((stringify!($name), $name.said())),*],)*
                }
            }

            /// One of each kind, its arguments called as they are named: for whoever has to have words for all of them.
            pub fn of_each_kind() -> Vec<Remark> {
                vec![$(Remark::$variant { $($name: Argument::example(stringify!($name))),* },)*]
            }
        }

        impl std::fmt::Display for Remark {
            fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $(Remark::$variant { $($name),* } => write!(to, $english),)*
                }
            }
        }
    };
}

remarks! {
    "broken-off" BrokenOff { why: Why }
        "The file could not be read beyond this line ({why}). Complete records before it were taken: fetch the \
         file again and import it again.";
    "not-recognised" NotRecognised {}
        "This is neither an ONIX message, nor MARC records, nor a table, nor JSON lines, plain or packed with \
         gzip, Zstandard or zip. Nothing was read: ask the sender for ONIX.";
    "encoding-repaired" EncodingRepaired { letters: String }
        "{letters} letters were not in the encoding that the file says it has. They were read as Windows-1252; \
         check accents in its titles, and tell the sender.";
    "duplicate-reference" DuplicateReference {}
        "This file has used the reference before. The later record replaced the earlier one: ask the sender \
         which of them is right.";
    "unknown-reference" UnknownReference {}
        "A block update (notification type 04) of a record that was never sent whole. It was not taken: ask the \
         sender for the complete record (03).";
    "older-message" OlderMessage {}
        "A newer message of this sender was imported before. This one was kept, and changed nothing that the \
         newer one says.";
    "isbn-shared" IsbnShared { isbn: String }
        "A different book carries ISBN {isbn} as well. The two were kept apart: look which of them is wrong, \
         and join them in the back office if they are one.";
    "isbn-repaired--zeros" IsbnPadded { sent: String, isbn: String }
        "{sent:?} had lost its leading zeros; with them it is {isbn}, and its check digit is right.";
    "isbn-repaired--rounded" IsbnRounded { sent: String, isbn: String }
        "A spreadsheet rounded the ISBN to {sent:?}; {isbn} is the only one it can have been. Check it.";
    "isbn-destroyed" IsbnDestroyed { sent: String }
        "A spreadsheet rounded the ISBN to {sent:?}, and several begin so. The book was taken without it: ask \
         for the file with that column as text.";
    "number-of-no-book" NumberOfNoBook { sent: String, why: Why }
        "{sent:?} is not a book's number ({why}). It was kept, but finds nothing.";
    "isbn-invalid" IsbnInvalid { sent: String, why: Why }
        "{sent:?} is not an ISBN ({why}). The book was taken without it: look it up in the book, or tell the \
         sender.";
    "isbn-disagrees" IsbnDisagrees { isbn: String }
        "The identifiers disagree: {isbn} is another book's. Both find this one.";
    "truncated--record" CutOff {}
        "The file ends inside this record. It was not taken: fetch the file again and import it again.";
    "truncated--file" Unfinished {}
        "The file ends here without the end of its last element. Complete records before it were taken: fetch \
         the file again and import it again.";
    "too-large" TooLarge { megabytes: String }
        "The record is larger than {megabytes} MB. It was skipped: a record should hold one book.";
    "marc-malformed" MarcMalformed { why: Why }
        "The record was skipped: {why}. Ask the sender to correct it.";
    "xml-malformed" XmlMalformed { why: Why }
        "The record was skipped: {why}. Ask the sender to correct it.";
    "xml-malformed--unclosed" Unclosed {}
        "The record has no end before the next one begins. It was skipped: ask the sender to correct it.";
    "encoding-unsupported" EncodingUnsupported {}
        "The record is in a script of MARC-8 or ISO 2022 that is not read here. It was skipped: ask the sender \
         for UTF-8.";
    "no-records" NoRecords {}
        "The file has no MARC record in it.";
    "not-marc" NotMarc {}
        "The record has no MARC field in it. It was skipped: ask for the record schema marcxml or marcxchange.";
    "not-bibliographic" NotBibliographic {}
        "The record describes no publication but an authority, holdings or a classification. It was skipped.";
    "no-reference--marc" NoNumber {}
        "The record has neither a number (001, 035) nor an ISBN, so it could never be updated. It was skipped: \
         ask the sender for field 001.";
    "no-reference--onix" NoRecordReference {}
        "The product has no RecordReference, so it could never be updated. It was skipped: ask the sender for \
         one.";
    "no-reference--json" NoId {}
        "The record has no \"id\", so it could never be updated. Give it one.";
    "no-title--marc" NoTitleField {}
        "The record has no title (field 245 of MARC 21, 200 of UNIMARC). Without one a book cannot be shown; it \
         was skipped.";
    "no-title--onix" NoTitleDetail {}
        "The product has no title (TitleDetail or, in 2.1, Title, of type 01). Without one a book cannot be \
         shown; it was skipped.";
    "no-title" NoTitle {}
        "The record has no title. Without one a book cannot be shown; it was skipped.";
    "not-a-book--record" NotABook {}
        "The record describes a periodical, a film, music or another thing that is no book. It was taken as \
         such: it has a free price and the full rate of tax.";
    "not-a-book--rate" FullRate {}
        "The row bears the full rate of VAT. It was taken as goods that are no book, with a free price.";
    "vat-differs" VatDiffers { rate: String }
        "The row's VAT rate is {rate} %, which is not the law's for a book. The shop takes the law's: ask the \
         sender.";
    "tax-disagrees" TaxDisagrees { sent: String, law: String }
        "The sender's VAT rate is {sent} %, the shop's for these goods is {law} %. The price was taken as sent: \
         check what kind of goods it is.";
    "price-invalid" PriceInvalid { sent: String }
        "The price {sent:?} is not an amount. The book was taken without it.";
    "price-currency" PriceCurrency { sent: String }
        "The price {sent:?} is not in euro. The book was taken without a price.";
    "price-currency--only" NoEuro { currency: String }
        "There is a price in {currency}, none in euro. The book was taken without a price.";
    "price-elsewhere" PriceElsewhere {}
        "No price is for readers in France today. The book was taken without a price.";
    "price-elsewhere--marc" PriceOfRecord { sent: String }
        "The record's price {sent:?} is not a French publisher's in euro. The book was taken without a price.";
    "unpriced" Unpriced { reason: String }
        "The sender gives no price (list 57, {reason}). The book was taken without one.";
    "date-invalid" DateInvalid { sent: String }
        "The publication date {sent:?} is not a date. It was left out.";
    "language-unknown" LanguageUnknown { sent: String }
        "The language {sent:?} is not known here. The book was taken without it.";
    "availability-unknown" AvailabilityUnknown { sent: String }
        "The availability {sent:?} is not understood. The book cannot be ordered until it is known.";
    "availability-unknown--onix" AvailabilityOffList { sent: String }
        "Product availability {sent:?} is not on list 65. It was left out.";
    "not-for-sale-here" NotForSaleHere {}
        "The publisher does not allow it to be sold in France (SalesRights). It is shown as not available.";
    "cover-unusable" CoverUnusable {}
        "The cover is offered in no way that it could be fetched: the shop takes JPEG, PNG, WebP and GIF by \
         http or https. The book was taken without it: ask the sender for a JPEG.";
    "quote-unclosed" QuoteUnclosed {}
        "A quotation mark is opened in this row and never closed. The row was read by itself, the mark as part \
         of the text: check it.";
    "letters-repaired" LettersRepaired {}
        "Letters with accents had been read in the wrong character set (bâebâes for bébés) and were put right.";
    "columns-shifted" ColumnsShifted { why: Why }
        "The row's cells stood in the wrong columns, because {why}, and were put back: check it.";
    "mapping-unknown-column" UnknownColumns { unknown: String, columns: String }
        "The mapping names columns that the file does not have ({unknown}); it has: {columns}. Nothing was \
         read: correct the mapping, or choose the one for this sender.";
    "no-title-column" NoTitleColumn { columns: String }
        "None of the columns is known to hold titles: {columns}. Nothing was read: look at the preview, write \
         into its mapping which column is the title, and import again with that mapping.";
    "json-invalid" JsonInvalid { why: Why }
        "The line is not a record: {why}. Correct or remove the line.";
    "entity-unknown" EntityUnknown { names: String }
        "Entities that nobody declared ({names}) were left as they are written.";
    "entity-external" EntityExternal { names: String }
        "The file declares entities outside itself ({names}). They are never fetched; products that use them \
         are skipped.";
    "entity-nested" EntityNested { names: String }
        "The file declares entities made of entities or tags ({names}), which can grow without end. They are \
         never expanded; products that use them are skipped.";
    "not-onix" NotOnix { root: String }
        "The file is XML, but its root is <{root}>, not an ONIX message. Nothing was read.";
    "not-onix--nothing" NoOnix {}
        "The file begins like XML, but no ONIX message begins in it. Nothing was read.";
    "no-products" NoProducts {}
        "The message has no product in it.";
    "no-message" NoMessage {}
        "The products stand without a message and header around them, so the sender is not known. They were \
         taken; ask for complete messages.";
    "partial-update" PartialUpdate {}
        "A partial update that names no whole block: what it leaves out cannot be told from what it deletes. \
         The record was skipped. Ask the sender for the complete record (03).";
    "test-record" TestRecord {}
        "A test record (notification type 88 or 89): nothing was done.";
    "notification-unknown" NotificationUnknown { sent: String }
        "Notification type {sent:?} is not one for a catalogue. The record was skipped.";
    "no-notification" NoNotification {}
        "The notification type is missing; the record was taken as complete.";
}

impl Remark {
    /// The stable word under which reports count it, such as `isbn-invalid`.
    pub fn code(&self) -> &'static str {
        let kind = self.kind();
        kind.split_once("--").map_or(kind, |(code, _)| code)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_is_one_and_says_its_arguments() {
        let all = Remark::of_each_kind();
        let kinds: BTreeSet<&str> = all.iter().map(Remark::kind).collect();
        assert_eq!(kinds.len(), all.len());
        for remark in all {
            let sentence = remark.to_string();
            for (name, said) in remark.arguments() {
                let shown = if name == "why" {
                    Why::IsbnCheckDigit.to_string()
                } else {
                    said
                };
                assert!(sentence.contains(&shown), "{name} in {sentence}");
            }
        }
        assert_eq!(Remark::NoId {}.code(), "no-reference");
    }
}
