//! What kind of thing a MARC record describes: leader, physical description, and the words behind an ISBN.

use super::fields::{Dialect, Field, Fields};
use crate::import::Remark;
use crate::import::Remarks;
use crate::model::{Edition, Form, Goods};
use crate::text;

/// Periodicals and series as a whole.
pub(super) fn is_serial(fields: &Fields) -> bool {
    matches!(fields.leader_at(7), 's' | 'i' | 'b')
}

/// A file: carrier `cr` in MARC 21 (007, 338), medium `c` or form `s` in UNIMARC (182, 106).
pub(super) fn is_electronic(fields: &Fields) -> bool {
    let says = |tag: &str, code: char, value: &str| {
        fields
            .all(&[tag])
            .any(|field| field.texts(code).any(|text| text == value))
    };
    match fields.dialect() {
        Dialect::Marc21 => {
            fields
                .control("007")
                .is_some_and(|coded| coded.starts_with("cr"))
                || says("338", 'b', "cr")
        }
        Dialect::Unimarc => says("182", 'c', "c") || says("106", 'a', "s"),
    }
}

/// The binding named behind an ISBN (q, or b in UNIMARC, or in brackets).
pub(super) fn of_qualifiers(field: &Field) -> Option<Form> {
    let bracketed = || {
        let (_, inside) = field.get('a')?.split_once('(')?;
        inside.split(')').next()
    };
    let said = ['q', 'b']
        .into_iter()
        .flat_map(|code| field.texts(code))
        .chain(bracketed());
    said.into_iter().find_map(|words| {
        let folded = text::fold(words);
        text::words(&folded).find_map(binding)
    })
}

/// A word for a binding, in French, English or German, accents folded.
pub(in crate::import) fn binding(word: &str) -> Option<Form> {
    Some(match word {
        "poche" | "pocket" | "mass" | "taschenbuch" => Form::Pocket,
        "br" | "broch" | "broche" | "brochee" | "pbk" | "pb" | "paperback" | "softcover"
        | "kart" | "broschiert" | "broschur" | "paper" => Form::Paperback,
        "rel" | "relie" | "reliee" | "cart" | "cartonne" | "hbk" | "hb" | "hardback"
        | "hardcover" | "geb" | "gebunden" | "pp" | "cloth" => Form::Hardback,
        "ebook" | "epub" | "pdf" | "epdf" | "online" | "electronic" | "numerique"
        | "elektronisch" | "kindle" | "ebk" => Form::Ebook,
        "audio" | "audiobook" | "audiolivre" | "cd" | "mp3" => Form::Audiobook,
        _ => return None,
    })
}

/// Sets form and goods, and says when the record is no book's.
pub(super) fn put(edition: &mut Edition, fields: &Fields, dialect: Dialect, remarks: &mut Remarks) {
    let is_book = matches!(fields.leader_at(6), 'a' | 't' | ' ');
    let is_spoken = fields.leader_at(6) == 'i';
    let isbn_tag = match dialect {
        Dialect::Marc21 => "020",
        Dialect::Unimarc => "010",
    };
    let bound = || fields.all(&[isbn_tag]).find_map(of_qualifiers);
    edition.form = if is_spoken {
        Form::Audiobook
    } else if is_electronic(fields) {
        Form::Ebook
    } else if is_book {
        bound()
            .filter(|form| *form != Form::Ebook)
            .unwrap_or_default()
    } else {
        Form::Other
    };
    edition.goods = match edition.form {
        Form::Ebook if is_book => Goods::Ebook,
        _ if (is_book && !is_serial(fields)) || is_spoken => Goods::NewBook,
        // Sheet music is taxed as a book.
        _ if matches!(fields.leader_at(6), 'c' | 'd') => Goods::NewBook,
        _ => Goods::Other,
    };
    if edition.goods == Goods::Other {
        remarks.info(Remark::NotABook {});
    }
}
