//! What the bookseller herself says of an edition: corrections.
//!
//! A correction is a record of a sender of her own that says what is corrected and nothing else. It is joined with a
//! record of the edition by a decision, comes before every other sender, and takes the same road as any message. So
//! the next feed does not undo it, its fields have a source, and it is taken back like an import or withdrawn. It
//! holds no edition up: without another record there is none.

use storage::{Fault, Tx};

use super::batch::Prepared;
use super::decide::{record_of, write_down};
use super::incoming::{Incoming, Message, Record};
use super::precedence::Rank;
use super::put::{Delivery, lock, put_batch};
use super::row::{self, RecordRow, StandingCode};
use super::undo::{By, Refusal, log};
use super::{merge, precedence, settle};
use crate::model::{
    Availability, Contributor, Edition, EditionId, Isbn13, Price, PublicationDate, Subject,
    SubjectScheme,
};
use crate::thema::Thema;

/// The sender of corrections.
pub const CORRECTIONS: &str = "bouquin:corrections";

/// What the import of a correction is called, before the edition's number.
pub const CORRECTION_OF: &str = "correction:";

/// What a bookseller says instead of the senders; what is none is theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Correction {
    /// The title, with its subtitle, which stands with it.
    pub title: Option<(String, Option<String>)>,
    /// All who made it.
    pub contributors: Option<Vec<Contributor>>,
    /// The ISBN it is sold under.
    pub isbn: Option<Isbn13>,
    /// Its price.
    pub price: Option<Price>,
    /// Its publisher.
    pub publisher: Option<String>,
    /// When it appears or appeared. Its embargo stays the senders'.
    pub published: Option<PublicationDate>,
    /// Whether the supplier delivers it.
    pub availability: Option<Availability>,
    /// Its main subject.
    pub thema: Option<Thema>,
}

impl Correction {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Correction::default()
    }

    /// What the bookseller said last of an edition, of which `said` is all that is said.
    pub fn kept(said: &[Said]) -> Correction {
        let own = said
            .iter()
            .find(|said| said.sender == CORRECTIONS && !said.withdrawn);
        own.map(|own| Correction::of_record(&own.edition))
            .unwrap_or_default()
    }

    /// What a record of corrections says.
    fn of_record(record: &Edition) -> Correction {
        let title = (record.title.clone(), record.subtitle.clone());
        let thema = record.subjects.iter().find_map(|subject| {
            let code = subject.code.as_deref();
            code.and_then(Thema::parse)
        });
        Correction {
            title: Some(title).filter(|(title, _)| !title.is_empty()),
            contributors: Some(record.contributors.clone()).filter(|all| !all.is_empty()),
            isbn: record.isbn,
            price: record.price,
            publisher: record.publisher.clone(),
            published: record.published,
            availability: Some(record.availability).filter(|one| *one != Availability::Unknown),
            thema,
        }
    }

    /// Makes an edition say it.
    pub(crate) fn put_into(&self, edition: &mut Edition) {
        if let Some((title, subtitle)) = &self.title {
            edition.title.clone_from(title);
            edition.subtitle.clone_from(subtitle);
        }
        if let Some(contributors) = &self.contributors {
            edition.contributors.clone_from(contributors);
        }
        if let Some(isbn) = self.isbn {
            edition.other_isbns.retain(|other| *other != isbn);
            edition.isbn = Some(isbn);
        }
        edition.price = self.price.or(edition.price);
        if self.publisher.is_some() {
            edition.publisher.clone_from(&self.publisher);
        }
        edition.published = self.published.or(edition.published);
        edition.availability = self.availability.unwrap_or(edition.availability);
        let thema = self.record().subjects;
        edition.subjects.retain(|known| !thema.contains(known));
        edition.subjects.splice(0..0, thema);
    }

    /// The record that says so.
    fn record(&self) -> Edition {
        let (title, subtitle) = self.title.clone().unwrap_or_default();
        let thema = self.thema.map(|thema| Subject {
            scheme: SubjectScheme::Thema,
            code: Some(thema.code().to_owned()),
            heading: String::new(),
        });
        Edition {
            subtitle,
            contributors: self.contributors.clone().unwrap_or_default(),
            isbn: self.isbn,
            price: self.price,
            publisher: self.publisher.clone(),
            published: self.published,
            availability: self.availability.unwrap_or(Availability::Unknown),
            subjects: thema.into_iter().collect(),
            ..Edition::titled(title)
        }
    }
}

/// What a record of an edition says, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Who sent it.
    pub sender: String,
    /// The sender's name for it.
    pub reference: String,
    /// What it says, or last said before it was withdrawn.
    pub edition: Edition,
    /// The message that said so.
    pub origin: super::Origin,
    /// Its sender withdrew it.
    pub withdrawn: bool,
    rank: Rank,
}

/// What each record of an edition says, in the order in which they are believed.
///
/// # Errors
/// A [`Fault`].
pub fn said(tx: &mut dyn Tx, edition: EditionId) -> Result<Vec<Said>, Fault> {
    let records = row::records_of_editions(tx, &[edition.0])?;
    let mut settling = settle::Settling::begin(tx)?;
    settling.touch(tx, &records)?;
    let precedence = precedence::Precedence::read(tx)?;
    let mut said: Vec<Said> = settling
        .records
        .values()
        .filter_map(|held| {
            let standing = held.standing.as_ref()?;
            Some(Said {
                sender: held.row.sender.clone(),
                reference: held.row.reference.clone(),
                edition: standing.edition.edition.clone(),
                origin: standing.whole,
                withdrawn: standing.withdrawn,
                rank: precedence.rank(&held.row.sender),
            })
        })
        .collect();
    precedence.sort(&mut said, |said| {
        (&said.sender, &said.reference, &said.edition)
    });
    Ok(said)
}

/// What the senders say of an edition without its corrections; none when they say nothing.
pub fn uncorrected(said: &[Said]) -> Option<Edition> {
    let theirs: Vec<(Rank, &Edition)> = said
        .iter()
        .filter(|said| said.rank != Rank::Correction && !said.withdrawn)
        .map(|said| (said.rank, &said.edition))
        .collect();
    merge::merge(&theirs)
}

/// Corrects an edition: `correction` is all that is corrected of it from now on, and when it is empty nothing is.
///
/// # Errors
/// [`Refusal::NoEdition`] when no sender speaks of the edition, or a fault.
pub fn correct(
    tx: &mut dyn Tx,
    edition: EditionId,
    correction: &Correction,
    by: &By,
) -> Result<(), Refusal> {
    lock(tx)?;
    let records = row::records_of_editions(tx, &[edition.0])?;
    let known = row::records(tx, &records)?
        .into_iter()
        .find(|record| record.sender == CORRECTIONS);
    let reference = match known {
        Some(known) => known.reference,
        None if correction.is_empty() => return Ok(()),
        None => begin(tx, edition)?,
    };
    let message = Some(Message {
        sent: by.at,
        number: None,
    });
    let incoming = match correction.is_empty() {
        true => Incoming::Hide {
            sender: CORRECTIONS.to_owned(),
            reference,
            message,
        },
        false => Incoming::Put(Box::new(Record {
            sender: CORRECTIONS.to_owned(),
            reference,
            message,
            edition: correction.record(),
        })),
    };
    let delivery = Delivery {
        name: format!("{CORRECTION_OF}{edition}"),
        staff: by.staff.clone(),
        at: by.at,
    };
    put_batch(tx, &[Prepared::of(incoming)], &delivery, None)?;
    log(tx, by, "edition.correct", Some(edition.0), "")?;
    Ok(())
}

/// Makes the silent record that the correction of an edition will speak by, joined with one of the edition's.
fn begin(tx: &mut dyn Tx, edition: EditionId) -> Result<String, Refusal> {
    let target = record_of(tx, edition)?;
    let target = row::records(tx, &[target])?
        .pop()
        .ok_or(Refusal::NoEdition(edition))?;
    let reference = format!("of-record-{}", target.id);
    let identity = std::iter::once((CORRECTIONS, reference.as_str()));
    // The edition that it corrected was parted since: it stays with the record it was made for.
    if !row::records_by_identity(tx, identity)?.is_empty() {
        return Ok(reference);
    }
    let own = RecordRow {
        id: row::LastIds::read(tx)?.record + 1,
        sender: CORRECTIONS.to_owned(),
        reference: reference.clone(),
        edition: None,
        home: None,
        isbn: None,
        standing: StandingCode::Silent,
        decided: true,
    };
    let joined = RecordRow {
        decided: true,
        ..target
    };
    row::RECORD.rows(tx, &[own.columns(), joined.columns()])?;
    write_down(tx, "join", joined.id, Some(own.id))?;
    Ok(reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_is_read_back_from_its_record() {
        assert_eq!(
            Correction::of_record(&Correction::default().record()),
            Correction::default()
        );
        let whole = Correction {
            title: Some(("Nadja".to_owned(), Some("roman".to_owned()))),
            contributors: Some(vec![Contributor {
                name: "André Breton".to_owned(),
                inverted: None,
                role: crate::model::ContributorRole::Author,
            }]),
            isbn: Isbn13::parse("9782070360024").ok(),
            price: Some(Price {
                amount: trade::money::Money::cents(900),
                regime: trade::price::PriceRegime::FixedFr,
            }),
            publisher: Some("Gallimard".to_owned()),
            published: Some(PublicationDate {
                year: 1928,
                month: None,
                day: None,
            }),
            availability: Some(Availability::InStock),
            thema: Thema::parse("FBC"),
        };
        assert!(whole.isbn.is_some() && whole.thema.is_some());
        assert_eq!(Correction::of_record(&whole.record()), whole);
    }
}
