//! The fields of the index and the version they belong to.

use catalogue::subject::ShopSubject;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, NumericOptions, STORED, Schema, TextFieldIndexing,
    TextOptions,
};

use crate::facet::FACETS;

/// Changes with every change of the fields or of what is written into them; an index with another is rebuilt.
const VERSION: &str = "bouquin-search/3";

/// What a commit is marked with: the version, and the shelves, which the index knows by their place only.
pub fn mark() -> String {
    let shelves: Vec<&str> = ShopSubject::all().map(ShopSubject::slug).collect();
    format!("{VERSION} {}", shelves.join(" "))
}

/// The fields, by what they are for.
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    /// Every form under which the book is found: words, glued forms, `~` and a stem, `#` and a volume. Decides
    /// what is a hit, not its rank.
    pub all: Field,
    /// Words of the title and subtitle as they stand.
    pub title: Field,
    /// Stems of the same, without stop words.
    pub stem: Field,
    /// Words of the names of contributors, never stemmed.
    pub author: Field,
    /// Words of the series' title.
    pub series: Field,
    /// Stems of the summaries, without stop words.
    pub summary: Field,
    /// Whole titles and names; see [`crate::signature`].
    pub signature: Field,
    /// All ISBNs, 13 figures, and numbers that claim to be one.
    pub isbn: Field,
    /// `facet:value`, to filter by.
    pub filter: Field,
    /// The edition's number.
    pub edition: Field,
    /// The work's number.
    pub work: Field,
    /// See [`crate::document`]: what decides between hits of equal rank.
    pub prior: Field,
    /// Year × 512 + month × 32 + day; absent unknown.
    pub published: Field,
    /// Cents; absent unknown.
    pub price: Field,
    /// Hundredths of the volume's number in its series; absent unknown.
    pub volume: Field,
    /// The title as shelved, for sorting.
    pub shelved: Field,
    /// What suggestions and corrections show: the title, then a line per author, then the series.
    pub label: Field,
    /// Readers' interest, for suggestions.
    pub popularity: Field,
    /// One number per facet, in the order of [`FACETS`].
    facets: [Field; FACETS.len()],
}

impl Fields {
    /// The field of the facet with that name.
    pub fn facet(&self, name: &str) -> Option<Field> {
        FACETS
            .iter()
            .zip(self.facets)
            .find(|(kind, _)| kind.name == name)
            .map(|(_, field)| field)
    }
}

/// Names of the fast fields that are read by name.
pub mod fast {
    pub const EDITION: &str = "edition";
    pub const WORK: &str = "work";
    pub const PRIOR: &str = "prior";
    pub const PUBLISHED: &str = "published";
    pub const PRICE: &str = "price_cents";
    pub const VOLUME: &str = "volume";
    pub const SHELVED: &str = "shelved";
    pub const POPULARITY: &str = "popularity";
}

/// The schema and its fields.
pub fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let ranked = words(IndexRecordOption::WithFreqs, true);
    let matched = words(IndexRecordOption::Basic, false);
    let number = NumericOptions::default().set_fast();
    let fields = Fields {
        all: schema.add_text_field("all", matched.clone()),
        title: schema.add_text_field("title", ranked.clone()),
        stem: schema.add_text_field("stem", ranked.clone()),
        author: schema.add_text_field("author", ranked.clone()),
        series: schema.add_text_field("series", ranked),
        summary: schema.add_text_field("summary", matched.clone()),
        signature: schema.add_text_field("signature", matched.clone()),
        isbn: schema.add_text_field("isbn", matched.clone()),
        filter: schema.add_text_field("filter", matched),
        edition: schema.add_i64_field(fast::EDITION, INDEXED | FAST),
        work: schema.add_i64_field(fast::WORK, INDEXED | FAST),
        prior: schema.add_u64_field(fast::PRIOR, number.clone()),
        published: schema.add_i64_field(fast::PUBLISHED, number.clone()),
        price: schema.add_i64_field(fast::PRICE, number.clone()),
        volume: schema.add_i64_field(fast::VOLUME, number.clone()),
        shelved: schema.add_text_field(fast::SHELVED, FAST),
        label: schema.add_text_field("label", STORED),
        popularity: schema.add_u64_field(fast::POPULARITY, number.clone()),
        facets: FACETS.map(|kind| schema.add_u64_field(kind.name, number.clone())),
    };
    (schema.build(), fields)
}

/// The analysis is done before a word reaches Tantivy; here the words are only taken apart at blanks.
fn words(record: IndexRecordOption, lengths: bool) -> TextOptions {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("whitespace")
        .set_index_option(record)
        .set_fieldnorms(lengths);
    TextOptions::default().set_indexing_options(indexing)
}
