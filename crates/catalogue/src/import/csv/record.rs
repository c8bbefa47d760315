//! One row as a record.

use sha2::{Digest, Sha256};
use trade::territory::Territory;
use trade::vat;
use unicode_normalization::UnicodeNormalization;

use super::mapping::Field;
use super::plan::Plan;
use super::values::{self, Amount};
use crate::import::Remark;
use crate::import::isbd::{without_material, without_stop};
use crate::import::plain_text::{one_line, paragraphs};
use crate::import::titles::{numbered, split_series, split_subtitle, split_volume};
use crate::import::{Rejection, Remarks, cover, isbn, names};
use crate::limits;
use crate::model::{
    Availability, Contributor, CoverLink, Edition, Form, Goods, Money, Price, PriceRegime,
    PublicationDate, Series, Subject, SubjectScheme, Text, TextKind,
};
use crate::store::Record;
use crate::text;

/// The cells of a row by their fields.
struct Cells<'r> {
    plan: &'r Plan,
    cells: &'r [String],
}

impl Cells<'_> {
    /// The cells of a field's columns that say something, in one line each.
    fn all(&self, wanted: Field) -> impl Iterator<Item = String> {
        self.raw(wanted)
            .map(|cell| one_line(&plain(cell)))
            .filter(|line| !line.is_empty())
    }

    fn one(&self, wanted: Field) -> Option<String> {
        self.all(wanted).next()
    }

    fn raw(&self, wanted: Field) -> impl Iterator<Item = &str> {
        self.plan
            .fields
            .iter()
            .zip(self.cells)
            .filter(move |(field, cell)| **field == Some(wanted) && !values::is_nothing(cell))
            .map(|(_, cell)| cell.as_str())
    }
}

/// A cell without what spreadsheets put around text (`="978…"`, `'978…`), its spaces plain (T1), composed.
fn plain(cell: &str) -> String {
    let cell = cell.trim();
    let formula = || cell.strip_prefix("=\"")?.strip_suffix('"');
    let marked = || {
        cell.strip_prefix('\'')
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    formula()
        .or_else(marked)
        .unwrap_or(cell)
        .nfc()
        .map(|c| {
            if c.is_whitespace() && c != '\n' {
                ' '
            } else {
                c
            }
        })
        .collect()
}

/// Reads a row.
pub(super) fn read(cells: &[String], plan: &Plan) -> Result<(Record, Remarks), Rejection> {
    let cells = Cells { plan, cells };
    let mut remarks = Remarks::default();
    let titled = titled(&cells);
    let is_titled = titled.is_some();
    let mut edition = titled.unwrap_or_else(|| Edition::titled(""));
    number(&mut edition, &cells, &mut remarks);
    edition.contributors = contributors(&cells);
    publication(&mut edition, &cells, &mut remarks);
    describe(&mut edition, &cells, &mut remarks);
    offer(&mut edition, &cells, &mut remarks);
    let sender = plan.sender.clone();
    if !is_titled {
        return Err(untitled(sender, edition, &cells));
    }
    let reference = reference(&edition, &cells).unwrap_or_else(|| mark(&edition));
    edition.records = vec![format!("{sender}:{reference}")];
    Ok((
        Record {
            sender,
            reference,
            message: None,
            edition,
        },
        remarks,
    ))
}

/// Why a row without a title is not taken. What would be a book with one is kept; a row of sums says nothing of a book.
fn untitled(sender: String, edition: Edition, cells: &Cells<'_>) -> Rejection {
    let rejection = Rejection::error(Remark::NoTitle {});
    let rejection = match cells.one(Field::Isbn) {
        Some(isbn) => rejection.of(&isbn),
        None => rejection,
    };
    if edition.isbn.is_none() && edition.contributors.is_empty() {
        return rejection;
    }
    let reference = reference(&edition, cells).unwrap_or_default();
    rejection.but_for_that(Record {
        sender,
        reference,
        message: None,
        edition,
    })
}

/// Title, subtitle and series, from their own columns or from within the title.
fn titled(cells: &Cells<'_>) -> Option<Edition> {
    let sent = without_material(&cells.one(Field::Title)?);
    let title = match sent.split_once(" / ") {
        Some((title, _)) if cells.plan.statements => title,
        _ => &sent,
    };
    let (title, in_title) = split_series(title);
    let (title, subtitle) = split_subtitle(without_stop(title));
    let volume = match cells.one(Field::Series) {
        Some(series) => Some((numbered(&series, cells.one(Field::Volume).as_deref()), None)),
        None => in_title
            .map(|series| (series, None))
            .or_else(|| split_volume(&title)),
    };
    let (series, own) = match volume {
        Some((series, own)) => (Some(series), own),
        None => (None, None),
    };
    let title = own.unwrap_or(title);
    if title.is_empty() {
        return None;
    }
    let mut edition = Edition::titled(title);
    edition.subtitle = cells.one(Field::Subtitle).or(subtitle);
    edition.original_title = cells
        .one(Field::OriginalTitle)
        .filter(|original| *original != edition.title);
    edition.series = series.filter(|series: &Series| !series.title.is_empty());
    Some(edition)
}

/// Every number of the ISBN columns; a cell may hold several.
fn number(edition: &mut Edition, cells: &Cells<'_>, remarks: &mut Remarks) {
    let mut sent: Vec<String> = Vec::new();
    for cell in cells.all(Field::Isbn) {
        let is_list = matches!(isbn::read(&cell), isbn::Number::Wrong(_))
            && cell.contains([',', ';', '/', '|']);
        match is_list {
            true => sent.extend(
                cell.split([',', ';', '/', '|'])
                    .map(|part| part.trim().to_owned()),
            ),
            false => sent.push(cell),
        }
    }
    sent.retain(|number| !values::is_nothing(number));
    isbn::put(edition, sent.iter().map(String::as_str), remarks);
}

fn contributors(cells: &Cells<'_>) -> Vec<Contributor> {
    let roles = [
        Field::Author,
        Field::Translator,
        Field::Illustrator,
        Field::Editor,
        Field::Preface,
        Field::Narrator,
    ];
    let mut contributors: Vec<Contributor> = Vec::new();
    for field in roles {
        let Some(role) = field.role() else { continue };
        for cell in cells.all(field) {
            for name in people(&cell, cells.plan.inverted) {
                let (name, inverted) = names::read(name);
                let contributor = Contributor {
                    name,
                    inverted,
                    role,
                };
                let is_new = !contributor.name.is_empty() && !contributors.contains(&contributor);
                if is_new && contributors.len() < limits::PARTS {
                    contributors.push(contributor);
                }
            }
        }
    }
    contributors
}

/// The people of a cell: between semicolons, strokes or bars; between commas where names are not inverted.
fn people(cell: &str, inverted: bool) -> Vec<&str> {
    let mut people = Vec::new();
    for part in cell.split([';', '/', '|']) {
        match inverted {
            true => people.push(part),
            false => people.extend(part.split(',')),
        }
    }
    people.iter().map(|name| name.trim()).collect()
}

/// Publisher and date. An imprint's own year is the book's, whatever a column of years is about.
fn publication(edition: &mut Edition, cells: &Cells<'_>, remarks: &mut Remarks) {
    let sent = cells.one(Field::Publisher);
    let imprint = sent.as_deref().and_then(values::imprint);
    let (publisher, year) = match imprint {
        Some((publisher, year)) => (Some(publisher), year),
        None => (sent, None),
    };
    edition.publisher = publisher;
    edition.published = match (year, cells.one(Field::Published)) {
        (Some(year), _) => Some(PublicationDate::year(year)),
        (None, Some(sent)) => {
            let read = values::date(&sent, cells.plan.dates, cells.plan.today);
            if read.is_none() {
                remarks.warn(Remark::DateInvalid {
                    sent: sent.to_string(),
                });
            }
            read
        }
        (None, None) => None,
    };
    edition.collection = cells.one(Field::Collection);
}

fn describe(edition: &mut Edition, cells: &Cells<'_>, remarks: &mut Remarks) {
    if let Some(sent) = cells.one(Field::Language) {
        edition.language = values::language(&sent);
        if edition.language.is_none() && !values::is_no_language(&sent) {
            remarks.info(Remark::LanguageUnknown {
                sent: sent.to_string(),
            });
        }
    }
    edition.form = cells
        .one(Field::Form)
        .and_then(|sent| values::form(&sent))
        .unwrap_or(Form::Other);
    edition.pages = cells.one(Field::Pages).and_then(|sent| {
        let digits = sent
            .split(|c: char| !c.is_ascii_digit())
            .find(|digits| !digits.is_empty());
        digits?
            .parse()
            .ok()
            .filter(|pages| (1..100_000).contains(pages))
    });
    edition.subjects = subjects(cells);
    let summary = cells
        .raw(Field::Summary)
        .next()
        .map(|cell| paragraphs(&plain(cell)));
    if let Some(body) = summary.filter(|body| !body.is_empty()) {
        edition.texts.push(Text {
            kind: TextKind::Summary,
            language: edition.language,
            body,
            cited: None,
        });
    }
    let cover = cells.one(Field::Cover);
    edition.cover = cover.as_deref().and_then(cover::link).map(CoverLink::of);
    edition.popularity = cells
        .one(Field::Popularity)
        .and_then(|sent| sent.parse::<f64>().ok())
        // Saturates, and not-a-number becomes 0: both are what is wanted.
        .map_or(0, |count| count as u32);
}

fn subjects(cells: &Cells<'_>) -> Vec<Subject> {
    let schemes = [
        (Field::Thema, SubjectScheme::Thema),
        (Field::Clil, SubjectScheme::Clil),
        (Field::Dewey, SubjectScheme::Dewey),
    ];
    let mut subjects: Vec<Subject> = Vec::new();
    for (field, scheme) in schemes {
        subjects.extend(cells.all(field).map(|code| Subject {
            scheme,
            code: Some(code),
            heading: String::new(),
        }));
    }
    for cell in cells.all(Field::Subject) {
        subjects.extend(cell.split([';', '|']).map(|words| Subject {
            scheme: SubjectScheme::Keyword,
            code: None,
            heading: words.trim().to_owned(),
        }));
    }
    let mut kept: Vec<Subject> = Vec::new();
    for subject in subjects {
        let says_something = subject.code.is_some() || !subject.heading.is_empty();
        if says_something && kept.len() < limits::PARTS && !kept.contains(&subject) {
            kept.push(subject);
        }
    }
    kept
}

/// Goods, price and availability.
fn offer(edition: &mut Edition, cells: &Cells<'_>, remarks: &mut Remarks) {
    let rate = cells
        .one(Field::VatRate)
        .and_then(|sent| values::rate(&sent));
    edition.goods = goods(edition.form, rate, cells.plan, remarks);
    let with_tax = cells
        .one(Field::Price)
        .and_then(|sent| euro(&sent, remarks));
    let without_tax = || {
        let net = euro(&cells.one(Field::PriceWithoutTax)?, remarks)?;
        let rate = rate.unwrap_or_else(|| law(edition.goods, cells.plan));
        Some(Money::cents(
            (net.as_cents().saturating_mul(10_000 + rate) + 5_000) / 10_000,
        ))
    };
    let is_bound =
        matches!(edition.goods, Goods::NewBook | Goods::Ebook) && edition.form != Form::Audiobook;
    let regime = match is_bound {
        true => cells.plan.prices,
        false => PriceRegime::Free,
    };
    edition.price = with_tax
        .or_else(without_tax)
        .map(|amount| Price { amount, regime });
    edition.availability = availability(cells, remarks);
}

/// V1: what bears the full rate is no book. Another rate than the law's is said and otherwise left alone.
fn goods(form: Form, rate: Option<i64>, plan: &Plan, remarks: &mut Remarks) -> Goods {
    let goods = match form {
        Form::Ebook => Goods::Ebook,
        _ => Goods::NewBook,
    };
    match rate {
        Some(rate) if rate != law(goods, plan) && rate == law(Goods::Other, plan) => {
            remarks.info(Remark::FullRate {});
            Goods::Other
        }
        Some(rate) if rate != law(goods, plan) => {
            remarks.warn(Remark::VatDiffers {
                rate: format!("{}.{:02}", rate / 100, rate % 100),
            });
            goods
        }
        _ => goods,
    }
}

/// The law's rate in hundredths of a per cent.
fn law(goods: Goods, plan: &Plan) -> i64 {
    i64::from(vat::rate_for(goods, Territory::Mainland, plan.today).as_basis_points())
}

fn euro(sent: &str, remarks: &mut Remarks) -> Option<Money> {
    match values::amount(sent) {
        Amount::Euro(amount) => Some(amount),
        Amount::OtherCurrency => {
            remarks.info(Remark::PriceCurrency {
                sent: sent.to_string(),
            });
            None
        }
        Amount::None => {
            remarks.warn(Remark::PriceInvalid {
                sent: sent.to_string(),
            });
            None
        }
    }
}

/// What the sender says, else what their stock says.
fn availability(cells: &Cells<'_>, remarks: &mut Remarks) -> Availability {
    if let Some(sent) = cells.one(Field::Availability) {
        if let Some(known) = values::availability(&sent) {
            return known;
        }
        remarks.info(Remark::AvailabilityUnknown {
            sent: sent.to_string(),
        });
    }
    let stock = cells
        .one(Field::Stock)
        .and_then(|sent| sent.replace(',', ".").parse::<f64>().ok());
    match stock {
        Some(pieces) if pieces > 0.0 => Availability::InStock,
        Some(_) => Availability::TemporarilyOut,
        None => Availability::Unknown,
    }
}

/// The sender's own number, else the ISBN; never its place in the file.
fn reference(edition: &Edition, cells: &Cells<'_>) -> Option<String> {
    let isbn = || edition.isbn.map(|isbn| isbn.to_string());
    cells.one(Field::Reference).or_else(isbn)
}

/// A mark of what makes the book this one, where it has no number.
fn mark(edition: &Edition) -> String {
    let author = edition
        .contributors
        .first()
        .map(|author| author.name.as_str());
    let volume = edition
        .series
        .as_ref()
        .and_then(|series| series.volume.as_deref());
    let identity = [
        Some(edition.title.as_str()),
        edition.subtitle.as_deref(),
        author,
        edition.publisher.as_deref(),
        volume,
    ];
    let mut hash = Sha256::new();
    for part in identity {
        let folded = text::fold(part.unwrap_or_default());
        for word in text::words(&folded) {
            hash.update(word);
            hash.update(" ");
        }
        hash.update("|");
    }
    let mark: String = hash
        .finalize()
        .iter()
        .take(10)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("row-{mark}")
}
