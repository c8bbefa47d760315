//! What jonix, the Java reader of ONIX, found in its samples, compared with what is read here, field by field.
//!
//! The samples and its findings lie beside the workspace; none of them is part of the project. Its prices are in
//! other currencies but one, so prices are compared where they are in euro and for France.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use catalogue::import::read_stream;
use catalogue::model::{Edition, Locale, PublicationDate, SubjectScheme};
use catalogue::store::Incoming;
use jiff::civil::date;
use serde_json::Value;

const SAMPLES: [&str; 7] = [
    "onix2-multiple",
    "onix2-single",
    "onix3-multiple",
    "onix3-single",
    "single-book-onix2",
    "single-book-onix3",
    "single-book-onix3-short",
];

fn sample(name: &str, kind: &str) -> Option<PathBuf> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/onix/samples/jonix");
    let found = [format!("{name}.{kind}"), format!("{name}.{kind}.zst")]
        .map(|file| folder.join(file))
        .into_iter()
        .find(|file| file.exists());
    if found.is_none() {
        println!("skipped: {} has no {name}.{kind}", folder.display());
    }
    found
}

fn editions(file: &Path) -> Vec<Edition> {
    let mut editions = Vec::new();
    let stream = Box::new(File::open(file).unwrap());
    read_stream(
        stream,
        date(2026, 11, 23),
        &mut Vec::new(),
        &mut |incoming| {
            if let Incoming::Put(record) = incoming {
                editions.push(record.edition);
            }
        },
    );
    editions
}

fn findings(file: &Path) -> Vec<Value> {
    let mut bytes = fs::read(file).unwrap();
    if file.extension().is_some_and(|extension| extension == "zst") {
        bytes = zstd::decode_all(bytes.as_slice()).unwrap();
    }
    let products = serde_json::Deserializer::from_slice(&bytes).into_iter();
    products.map(Result::unwrap).collect()
}

/// The objects at the end of a path through objects and lists.
fn all<'v>(of: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut found = vec![of];
    for step in path.split('.') {
        found = found
            .into_iter()
            .filter_map(|value| value.get(step))
            .flat_map(|value| match value.as_array() {
                Some(list) => list.iter().collect(),
                None => vec![value],
            })
            .collect();
    }
    found
}

/// The first value at the end of a path, as text.
fn text(of: &Value, path: &str) -> Option<String> {
    let found = all(of, path);
    let value = found.first()?.get("value")?;
    Some(
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned),
    )
}

/// A product in jonix's words, which differ between the releases only by the block.
struct Finding<'v> {
    product: &'v Value,
    is_2: bool,
}

impl Finding<'_> {
    fn in_block(&self, block: &str, path: &str) -> String {
        match self.is_2 {
            true => path.to_owned(),
            false => format!("{block}.{path}"),
        }
    }

    fn described(&self, path: &str) -> Vec<&Value> {
        all(self.product, &self.in_block("descriptiveDetail", path))
    }

    /// The distinctive title, whole, and its subtitle.
    fn title(&self) -> (String, Option<String>) {
        let path = if self.is_2 { "titles" } else { "titleDetails" };
        let titles = self.described(path);
        let is_distinctive =
            |title: &&&Value| text(title, "titleType").as_deref() == Some("Distinctive_title_book");
        let title = titles.iter().find(is_distinctive).unwrap();
        let words = match self.is_2 {
            true => *title,
            false => all(title, "titleElements")[0],
        };
        let prefix = text(words, "titlePrefix");
        let rest = text(words, "titleWithoutPrefix");
        let whole = match (prefix, rest) {
            (Some(prefix), Some(rest)) => format!("{prefix} {rest}"),
            (_, rest) => text(words, "titleText").or(rest).unwrap(),
        };
        (whole, text(words, "subtitle"))
    }

    fn contributors(&self) -> BTreeSet<String> {
        let names = self.described("contributors").into_iter().map(|one| {
            text(one, "personName")
                .or_else(|| text(one, "corporateName"))
                .unwrap_or_else(|| {
                    let parts = ["namesBeforeKey", "keyNames"].map(|part| text(one, part));
                    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
                })
        });
        names.collect()
    }

    fn isbn(&self) -> Option<String> {
        let identifiers = all(self.product, "productIdentifiers");
        let of_kind = |kind: &str| {
            let found = identifiers
                .iter()
                .find(|id| text(id, "productIDType").as_deref() == Some(kind))?;
            text(found, "idValue")
        };
        of_kind("ISBN_13").or_else(|| of_kind("GTIN_13"))
    }

    fn publisher(&self) -> Option<String> {
        let published = |path: &str| text(self.product, &self.in_block("publishingDetail", path));
        let publisher = match self.is_2 {
            true => published("publishers.publisherName"),
            false => published("publishers.publisherNames"),
        };
        publisher.or_else(|| published("imprints.imprintName"))
    }

    fn published(&self) -> Option<String> {
        if self.is_2 {
            return text(self.product, "publicationDate")
                .or_else(|| text(self.product, "yearFirstPublished"));
        }
        let dates = all(self.product, "publishingDetail.publishingDates");
        let of_role = |role: &str| {
            let found = dates
                .iter()
                .find(|date| text(date, "publishingDateRole").as_deref() == Some(role))?;
            text(found, "date")
        };
        of_role("Publication_date").or_else(|| of_role("Date_of_first_publication"))
    }

    fn pages(&self) -> Option<u32> {
        let extents = self.described("extents");
        let of_main = |extent: &&&Value| {
            text(extent, "extentType").as_deref() == Some("Main_content_page_count")
        };
        let main = extents
            .iter()
            .find(of_main)
            .and_then(|extent| text(extent, "extentValue"));
        let pages = main.or_else(|| text(self.product, "numberOfPages"))?;
        pages
            .trim_end_matches(".0")
            .parse()
            .ok()
            .filter(|pages| *pages > 0)
    }

    fn codes(&self) -> BTreeSet<(SubjectSchemeName, String)> {
        let subjects = self.described("subjects");
        let coded = subjects.iter().filter_map(|subject| {
            let scheme = match text(subject, "subjectSchemeIdentifier")?.as_str() {
                "BISAC_Subject_Heading" => "bisac",
                "Dewey" => "dewey",
                thema if thema.starts_with("Thema") => "thema",
                _ => return None,
            };
            Some((scheme, text(subject, "subjectCode")?))
        });
        let main = text(self.product, "basicMainSubject").map(|code| ("bisac", code));
        coded.chain(main).collect()
    }

    fn language(&self) -> Option<String> {
        let languages = self.described("languages");
        let of_text = |language: &&&Value| {
            text(language, "languageRole").as_deref() == Some("Language_of_text")
        };
        languages
            .iter()
            .find(of_text)
            .and_then(|language| text(language, "languageCode"))
    }

    fn series(&self) -> Option<(String, String)> {
        if self.is_2 {
            let series = all(self.product, "seriess");
            return series.iter().find_map(|one| {
                Some((
                    text(one, "titleOfSeries")?,
                    text(one, "numberWithinSeries")?,
                ))
            });
        }
        let collections = self.described("collections");
        collections.iter().find_map(|one| {
            let elements = all(one, "titleDetails.titleElements");
            let number = elements
                .iter()
                .find_map(|element| text(element, "partNumber"))
                .or_else(|| text(one, "collectionSequences.collectionSequenceNumber"))?;
            let above = elements.iter().find(|element| {
                text(element, "titleElementLevel").as_deref() == Some("Collection_level")
            })?;
            let parts = ["titlePrefix", "titleWithoutPrefix"].map(|part| text(above, part));
            let title = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
            Some((text(above, "titleText").unwrap_or(title), number))
        })
    }

    /// The one kind of price a reader in France could pay that is in these samples: a recommendation in euro without
    /// tax, of a printed book, to which 5.5 % comes.
    fn cents(&self) -> Option<i64> {
        let path = match self.is_2 {
            true => "supplyDetails.prices",
            false => "productSupplys.supplyDetails.prices",
        };
        let lists = |price: &Value, place: &str, wanted: &str| {
            let places = all(price, &format!("territory.{place}.value"));
            places.iter().any(|place| place.as_str() == Some(wanted))
        };
        let prices = all(self.product, path);
        let price = prices.into_iter().find(|price| {
            text(price, "currencyCode").as_deref() == Some("Euro")
                && text(price, "priceType").as_deref() == Some("RRP_excluding_tax")
                && lists(price, "countriesIncluded", "France")
        })?;
        let euro: f64 = text(price, "priceAmount")?.parse().ok()?;
        Some((euro * 105.5).round() as i64)
    }
}

type SubjectSchemeName = &'static str;

fn codes_of(edition: &Edition) -> BTreeSet<(SubjectSchemeName, String)> {
    let coded = edition.subjects.iter().filter_map(|subject| {
        let scheme = match subject.scheme {
            SubjectScheme::Bisac => "bisac",
            SubjectScheme::Dewey => "dewey",
            SubjectScheme::Thema => "thema",
            _ => return None,
        };
        Some((scheme, subject.code.clone()?))
    });
    coded.collect()
}

fn written(date: PublicationDate) -> String {
    let part = |part: Option<u8>| part.map_or_else(String::new, |part| format!("{part:02}"));
    format!("{:04}{}{}", date.year, part(date.month), part(date.day))
}

/// Without markup and differences of white space, as far as comparing needs.
fn line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace("&amp;", "&")
}

/// What differs of one product, in words.
struct Comparison {
    place: String,
    fields: u32,
    differences: Vec<String>,
}

impl Comparison {
    fn field<T: PartialEq + std::fmt::Debug>(&mut self, name: &str, ours: T, theirs: T) {
        self.fields += 1;
        if ours != theirs {
            let difference = format!("{}: {name}: {ours:?}, jonix {theirs:?}", self.place);
            self.differences.push(difference);
        }
    }

    fn compare(&mut self, edition: &Edition, finding: &Finding<'_>) {
        let reference = text(finding.product, "recordReference").unwrap();
        let ends_so = edition.records[0].ends_with(&format!(":{reference}"));
        self.field("reference", ends_so, true);
        let (title, subtitle) = finding.title();
        self.field("title", line(&edition.title), line(&title));
        let ours = edition.subtitle.as_deref().map(line);
        self.field("subtitle", ours, subtitle.as_deref().map(line));
        let names = edition.contributors.iter().map(|one| one.name.clone());
        self.field("contributors", names.collect(), finding.contributors());
        self.field(
            "isbn",
            edition.isbn.map(|isbn| isbn.to_string()),
            finding.isbn(),
        );
        self.field("publisher", edition.publisher.clone(), finding.publisher());
        self.field(
            "published",
            edition.published.map(written),
            finding.published(),
        );
        self.field("pages", edition.pages, finding.pages());
        self.field("subjects", codes_of(edition), finding.codes());
        // The header's default is not in jonix's products.
        if let Some(theirs) = finding.language() {
            let language = edition
                .language
                .map(|one| one.name(Locale::En).into_owned());
            self.field("language", language, Some(theirs));
        }
        let series = edition.series.clone();
        let series = series.map(|series| (series.title, series.volume.unwrap()));
        self.field("series", series, finding.series());
        let cents = edition.price.map(|price| price.amount.as_cents());
        self.field("price", cents, finding.cents());
    }
}

#[test]
fn o1_jonix_and_bouquin_read_the_same_of_every_product() {
    let (mut products, mut fields, mut differences) = (0, 0, Vec::new());
    for name in SAMPLES {
        let (Some(xml), Some(json)) = (sample(name, "xml"), sample(name, "json")) else {
            continue;
        };
        let (editions, findings) = (editions(&xml), findings(&json));
        assert_eq!(editions.len(), findings.len(), "{name}");
        for (edition, product) in editions.iter().zip(&findings) {
            let is_2 = product.get("descriptiveDetail").is_none();
            let mut comparison = Comparison {
                place: format!("{name} {:?}", text(product, "recordReference")),
                fields: 0,
                differences: Vec::new(),
            };
            comparison.compare(edition, &Finding { product, is_2 });
            products += 1;
            fields += comparison.fields;
            differences.extend(comparison.differences);
        }
    }
    println!("{products} products, {fields} fields");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
