//! Which column of a table is which field of an edition: kept in a file or a database, written by people or proposed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::model::{ContributorRole, PriceRegime};

/// What the columns of a sender's tables mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The sender's name. With a record's reference it is the record's identity (O5): two senders of tables need two
    /// names, and a sender keeps theirs.
    #[serde(default = "unnamed")]
    pub sender: String,
    /// Whether the first row names the columns.
    #[serde(default = "yes")]
    pub headings: bool,
    /// Whether the prices of new books are fixed by their publishers under French law.
    #[serde(default = "fixed")]
    pub prices: PriceRegime,
    /// Fields by the heading of their column, or by its number from 1 with `#` before it.
    pub columns: BTreeMap<String, Field>,
}

/// A field that a column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The sender's own number of the record, which never changes.
    Reference,
    /// ISBN or bar code.
    Isbn,
    /// Title.
    Title,
    /// Subtitle.
    Subtitle,
    /// Title in the original language.
    OriginalTitle,
    /// Author or authors.
    Author,
    /// Translator.
    Translator,
    /// Illustrator.
    Illustrator,
    /// Scientific editor.
    Editor,
    /// Author of the preface.
    Preface,
    /// Who reads it aloud.
    Narrator,
    /// Publisher, also as `Place : Publisher, year`.
    Publisher,
    /// Publisher's collection.
    Collection,
    /// Series.
    Series,
    /// Number in the series.
    Volume,
    /// Date or year of publication.
    Published,
    /// Language of the text: a code, or its name in French or English.
    Language,
    /// Binding or kind of file.
    Form,
    /// Number of pages.
    Pages,
    /// Words for what it is about.
    Subject,
    /// Thema code.
    Thema,
    /// CLIL code.
    Clil,
    /// Dewey class.
    Dewey,
    /// Summary.
    Summary,
    /// Link to a picture of the cover.
    Cover,
    /// Price in euro with VAT.
    Price,
    /// Price in euro without VAT.
    PriceWithoutTax,
    /// VAT rate in per cent.
    VatRate,
    /// Whether the sender delivers it.
    Availability,
    /// How many the sender has; says only whether there are any.
    Stock,
    /// How much it is asked for: loans, ratings, sales.
    Popularity,
}

impl Field {
    /// All of them.
    pub const ALL: [Field; 31] = [
        Field::Reference,
        Field::Isbn,
        Field::Title,
        Field::Subtitle,
        Field::OriginalTitle,
        Field::Author,
        Field::Translator,
        Field::Illustrator,
        Field::Editor,
        Field::Preface,
        Field::Narrator,
        Field::Publisher,
        Field::Collection,
        Field::Series,
        Field::Volume,
        Field::Published,
        Field::Language,
        Field::Form,
        Field::Pages,
        Field::Subject,
        Field::Thema,
        Field::Clil,
        Field::Dewey,
        Field::Summary,
        Field::Price,
        Field::PriceWithoutTax,
        Field::VatRate,
        Field::Availability,
        Field::Stock,
        Field::Popularity,
        Field::Cover,
    ];

    /// The stable word for it, as mappings are written with it.
    pub fn code(self) -> &'static str {
        match self {
            Field::Reference => "reference",
            Field::Isbn => "isbn",
            Field::Title => "title",
            Field::Subtitle => "subtitle",
            Field::OriginalTitle => "original_title",
            Field::Author => "author",
            Field::Translator => "translator",
            Field::Illustrator => "illustrator",
            Field::Editor => "editor",
            Field::Preface => "preface",
            Field::Narrator => "narrator",
            Field::Publisher => "publisher",
            Field::Collection => "collection",
            Field::Series => "series",
            Field::Volume => "volume",
            Field::Published => "published",
            Field::Language => "language",
            Field::Form => "form",
            Field::Pages => "pages",
            Field::Subject => "subject",
            Field::Thema => "thema",
            Field::Clil => "clil",
            Field::Dewey => "dewey",
            Field::Summary => "summary",
            Field::Price => "price",
            Field::PriceWithoutTax => "price_without_tax",
            Field::VatRate => "vat_rate",
            Field::Availability => "availability",
            Field::Stock => "stock",
            Field::Popularity => "popularity",
            Field::Cover => "cover",
        }
    }

    /// The field with that [`code`](Field::code).
    pub fn parse(code: &str) -> Option<Field> {
        Field::ALL.into_iter().find(|field| field.code() == code)
    }

    /// The role of a field that names a contributor.
    pub(super) fn role(self) -> Option<ContributorRole> {
        Some(match self {
            Field::Author => ContributorRole::Author,
            Field::Translator => ContributorRole::Translator,
            Field::Illustrator => ContributorRole::Illustrator,
            Field::Editor => ContributorRole::Editor,
            Field::Preface => ContributorRole::Preface,
            Field::Narrator => ContributorRole::Narrator,
            _ => return None,
        })
    }

    /// Whether several columns may hold it.
    pub(super) fn repeats(self) -> bool {
        self.role().is_some()
            || matches!(
                self,
                Field::Isbn | Field::Subject | Field::Thema | Field::Clil | Field::Dewey
            )
    }
}

impl Mapping {
    /// A mapping without columns, for tables of a sender without a name.
    pub(super) fn empty(headings: bool) -> Mapping {
        Mapping {
            sender: unnamed(),
            headings,
            prices: fixed(),
            columns: BTreeMap::new(),
        }
    }

    /// The fields of a table's columns in their order; the names that no column has as an error.
    pub(super) fn fields(
        &self,
        headings: &[String],
        width: usize,
    ) -> Result<Vec<Option<Field>>, Vec<String>> {
        let width = width.min(limits::CSV_COLUMNS);
        let mut fields = vec![None; width];
        let mut unknown = Vec::new();
        for (name, field) in &self.columns {
            let place = place(name, headings).and_then(|place| fields.get_mut(place));
            match place {
                Some(place) => *place = Some(*field),
                None => unknown.push(name.clone()),
            }
        }
        match unknown.is_empty() {
            true => Ok(fields),
            false => Err(unknown),
        }
    }
}

/// The column of a name: its number, or the first with that heading.
fn place(name: &str, headings: &[String]) -> Option<usize> {
    let numbered = || {
        name.strip_prefix('#')?
            .parse::<usize>()
            .ok()?
            .checked_sub(1)
    };
    headings
        .iter()
        .position(|heading| heading.trim() == name.trim())
        .or_else(numbered)
}

/// The name by which a mapping calls a column.
pub(super) fn name(place: usize, headings: &[String]) -> String {
    let heading = headings.get(place).map_or("", |heading| heading.trim());
    let is_first = headings.iter().position(|other| other.trim() == heading) == Some(place);
    match heading.is_empty() || !is_first {
        true => format!("#{}", place + 1),
        false => heading.to_owned(),
    }
}

fn unnamed() -> String {
    "csv".to_owned()
}

fn yes() -> bool {
    true
}

fn fixed() -> PriceRegime {
    PriceRegime::FixedFr
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
    fn fields_are_written_in_mappings_by_their_codes() {
        for field in Field::ALL {
            let json = serde_json::to_value(field).unwrap();
            assert_eq!(json.as_str(), Some(field.code()));
            assert_eq!(Field::parse(field.code()), Some(field));
        }
    }

    #[test]
    fn a_mapping_is_kept_and_names_columns_by_heading_or_number() {
        let json = r##"{"sender":"quai","columns":{"Titre":"title","#3":"isbn"}}"##;
        let mapping: Mapping = serde_json::from_str(json).unwrap();
        assert_eq!(
            (mapping.headings, mapping.prices),
            (true, PriceRegime::FixedFr)
        );
        let kept = serde_json::to_string(&mapping).unwrap();
        assert_eq!(serde_json::from_str::<Mapping>(&kept).unwrap(), mapping);
        let headings = ["Titre", "Prix", "EAN"].map(str::to_owned);
        assert_eq!(
            mapping.fields(&headings, 3),
            Ok(vec![Some(Field::Title), None, Some(Field::Isbn)])
        );
        assert_eq!(
            mapping.fields(&headings[1..], 2),
            Err(vec!["#3".to_owned(), "Titre".to_owned()])
        );
        assert!(serde_json::from_str::<Mapping>(r#"{"columns":{"a":"colour"}}"#).is_err());
    }
}
