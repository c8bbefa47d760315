//! An edition as the index keeps it.

use std::collections::BTreeSet;

use catalogue::model::{Edition, Series, TextKind};
use tantivy::TantivyDocument;
use trade::language::Language;

use crate::aisle;
use crate::analysis::{
    Forms, KnownWords, fold, is_article, is_stop_word, normalize, number, push_stems, split,
    volumes,
};
use crate::facet::{FACETS, face, filter_term};
use crate::limits::TEXT_WORDS;
use crate::schema::Fields;
use crate::signature;

/// Bytes of a title that decide its place on a shelf.
const SHELVED_BYTES: usize = 48;

/// In a French bookshop a book in French goes before a better-known one that is not, all else being equal.
const FRENCH_PRIOR: f64 = 150.0;

/// The document of an edition; `known` remembers words from one to the next.
pub fn document(fields: &Fields, edition: &Edition, known: &mut KnownWords) -> TantivyDocument {
    let mut document = TantivyDocument::default();
    let mut found = Found::default();
    add_words(&mut document, fields, &mut found, edition);
    document.add_text(
        fields.all,
        found.all.into_iter().collect::<Vec<_>>().join(" "),
    );
    document.add_text(
        fields.signature,
        signature::of(edition)
            .into_iter()
            .collect::<Vec<_>>()
            .join(" "),
    );
    document.add_text(fields.summary, summary_stems(edition, known));
    let isbns: Vec<String> = edition
        .isbns()
        .map(|isbn| isbn.to_string())
        .chain(
            edition
                .flagged_isbns
                .iter()
                .map(|number| number_key(number)),
        )
        .collect();
    document.add_text(fields.isbn, isbns.join(" "));
    add_numbers(&mut document, fields, edition);
    document.add_text(fields.shelved, shelved(&edition.title));
    document.add_text(fields.label, Label::of(edition).to_string());
    document
}

/// A number that claims to be an ISBN, as the index keeps it: figures and letters only.
pub fn number_key(number: &str) -> String {
    number
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|figure| figure.to_ascii_lowercase())
        .collect()
}

/// Forms gathered from all fields.
#[derive(Default)]
struct Found {
    all: BTreeSet<String>,
}

impl Found {
    /// Takes in a text; its main words and stems are also handed out, for ranking.
    fn text(&mut self, text: &str, stemmed: bool) -> (Vec<String>, Vec<String>) {
        let words = split(&normalize(text), TEXT_WORDS);
        let (mut mains, mut all_stems) = (Vec::with_capacity(words.len()), Vec::new());
        for volume in volumes(&words) {
            self.all.insert(format!("#{}", volume.number));
        }
        for word in &words {
            let forms = Forms::of(&word.text);
            let main = fold(&forms.main).into_owned();
            for other in forms.glued.iter().chain(&forms.parts) {
                self.all.insert(fold(other).into_owned());
            }
            if stemmed && !is_stop_word(&main) {
                push_stems(&forms.main, |stem| {
                    self.all.insert(format!("~{stem}"));
                    all_stems.push(stem.to_owned());
                });
            }
            // "03" is looked for as "3".
            if let Some(value) = main.strip_prefix('0').and_then(|_| number(&main)) {
                self.all.insert(value.to_string());
            }
            self.all.insert(main.clone());
            mains.push(main);
        }
        (mains, all_stems)
    }
}

fn add_words(
    document: &mut TantivyDocument,
    fields: &Fields,
    found: &mut Found,
    edition: &Edition,
) {
    let (mut title, mut stems) = found.text(&edition.title, true);
    if let Some(subtitle) = &edition.subtitle {
        let (words, more) = found.text(subtitle, true);
        title.extend(words);
        stems.extend(more);
    }
    document.add_text(fields.title, title.join(" "));
    document.add_text(fields.stem, stems.join(" "));
    let mut authors = Vec::new();
    for contributor in &edition.contributors {
        authors.extend(found.text(&contributor.name, false).0);
        if let Some(inverted) = &contributor.inverted {
            found.text(inverted, false);
        }
    }
    document.add_text(fields.author, authors.join(" "));
    if let Some(series) = &edition.series {
        document.add_text(fields.series, found.text(&series.title, true).0.join(" "));
        if let Some(volume) = series
            .volume
            .as_deref()
            .and_then(|volume| number(&volume.trim().to_lowercase()))
        {
            found.all.insert(format!("#{volume}"));
        }
    }
    let headings = edition
        .subjects
        .iter()
        .map(|subject| subject.heading.as_str());
    let others = [
        &edition.original_title,
        &edition.publisher,
        &edition.collection,
    ];
    for text in others
        .into_iter()
        .flatten()
        .map(String::as_str)
        .chain(headings)
    {
        found.text(text, true);
    }
}

fn summary_stems(edition: &Edition, known: &mut KnownWords) -> String {
    let mut stems = Vec::new();
    let summaries = edition
        .texts
        .iter()
        .filter(|text| matches!(text.kind, TextKind::Summary | TextKind::ShortDescription));
    for text in summaries {
        for word in split(&normalize(&text.body), TEXT_WORDS) {
            stems.extend(known.stems(&word.text).iter().cloned());
        }
    }
    stems.sort_unstable();
    stems.dedup();
    stems.join(" ")
}

fn add_numbers(document: &mut TantivyDocument, fields: &Fields, edition: &Edition) {
    document.add_i64(fields.edition, edition.id.get());
    document.add_i64(fields.work, edition.work.get());
    document.add_u64(fields.prior, prior(edition));
    document.add_u64(fields.popularity, u64::from(edition.popularity));
    if let Some(date) = edition.published {
        let day = i64::from(date.month.unwrap_or(0)) * 32 + i64::from(date.day.unwrap_or(0));
        document.add_i64(fields.published, i64::from(date.year) * 512 + day);
    }
    if let Some(price) = edition.price {
        document.add_i64(fields.price, price.amount.as_cents());
    }
    if let Some(volume) = edition.series.as_ref().and_then(volume_hundredths) {
        document.add_i64(fields.volume, volume);
    }
    let mut filters: Vec<String> = aisle::terms(edition).into_iter().collect();
    for facet in FACETS {
        let value = (facet.value)((facet.number)(edition));
        filters.extend(value.map(|value| filter_term(facet.name, &value)));
    }
    document.add_u64(fields.faces, face(edition));
    document.add_text(fields.filter, filters.join(" "));
}

/// The place of a volume: 300 for `3`, `III` or `tome 3`, 350 for `3.5`.
fn volume_hundredths(series: &Series) -> Option<i64> {
    let printed = series.volume.as_deref()?.trim().to_lowercase();
    if let Some((whole, part)) = printed.split_once(['.', ','])
        && let (Ok(whole), Ok(part)) = (whole.parse::<u32>(), part.parse::<u8>())
        && part < 10
    {
        return Some(i64::from(whole) * 100 + i64::from(part) * 10);
    }
    let words = split(&normalize(&printed), TEXT_WORDS);
    let named = volumes(&words).first().map(|volume| volume.number);
    Some(i64::from(number(&printed).or(named)?) * 100)
}

/// Decides between hits that answer equally well, in tenths: readers' interest by its logarithm, the language of
/// the shop's country, and last whether the book can be had (rule S7).
fn prior(edition: &Edition) -> u64 {
    let interest = f64::from(edition.popularity).ln_1p() * 10.0;
    let language = if edition.language == Some(Language::FRENCH) {
        FRENCH_PRIOR
    } else {
        0.0
    };
    let to_be_had = if edition.buyable() { 3.0 } else { 0.0 };
    (interest + language + to_be_had).round() as u64
}

/// The folded title without its leading article, cut where order no longer matters.
fn shelved(title: &str) -> String {
    let words = split(&normalize(title), TEXT_WORDS);
    let mut folded: Vec<String> = words
        .iter()
        .map(|word| fold(&Forms::of(&word.text).main).into_owned())
        .collect();
    if folded.len() > 1 && folded.first().is_some_and(|first| is_article(first)) {
        folded.remove(0);
    }
    let mut shelved = folded.join(" ");
    shelved.truncate(shelved.floor_char_boundary(SHELVED_BYTES));
    shelved
}

/// What the index can show of an edition without the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub title: String,
    /// Names as printed, with the inverted form where the source has one.
    pub names: Vec<(String, Option<String>)>,
    pub series: Option<String>,
}

impl Label {
    pub fn of(edition: &Edition) -> Label {
        let plain = |text: &str| text.replace(['\n', '\t', '|'], " ");
        Label {
            title: plain(&edition.title),
            names: edition
                .contributors
                .iter()
                .map(|one| (plain(&one.name), one.inverted.as_deref().map(plain)))
                .collect(),
            series: edition.series.as_ref().map(|series| plain(&series.title)),
        }
    }

    pub fn parse(text: &str) -> Label {
        let mut lines = text.split('\n');
        let title = lines.next().unwrap_or_default().to_owned();
        let names = lines
            .next()
            .unwrap_or_default()
            .split('|')
            .filter(|name| !name.is_empty());
        let names = names
            .map(|name| match name.split_once('\t') {
                Some((name, inverted)) => (name.to_owned(), Some(inverted.to_owned())),
                None => (name.to_owned(), None),
            })
            .collect();
        Label {
            title,
            names,
            series: lines
                .next()
                .filter(|series| !series.is_empty())
                .map(str::to_owned),
        }
    }
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<String> = self
            .names
            .iter()
            .map(|(name, inverted)| {
                inverted
                    .as_ref()
                    .map_or_else(|| name.clone(), |inverted| format!("{name}\t{inverted}"))
            })
            .collect();
        write!(
            f,
            "{}\n{}\n{}",
            self.title,
            names.join("|"),
            self.series.as_deref().unwrap_or_default()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t2_shelf_order_ignores_the_leading_article() {
        assert_eq!(shelved("L'Été"), "ete");
        assert_eq!(shelved("Les Misérables"), "miserables");
        assert_eq!(shelved("Là"), "la");
    }

    #[test]
    fn a_label_is_read_back_as_written() {
        let label = Label {
            title: "Titre".into(),
            names: vec![
                ("Victor Hugo".into(), Some("Hugo, Victor".into())),
                ("Midam".into(), None),
            ],
            series: Some("Série".into()),
        };
        assert_eq!(Label::parse(&label.to_string()), label);
    }
}
