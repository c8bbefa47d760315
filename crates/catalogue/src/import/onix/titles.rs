//! Titles, collections and series (lists 15, 148, 149; O20).

use super::tree::Element;
use crate::model::Series;

/// What a reader sees above the names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Titled {
    pub(super) title: String,
    pub(super) subtitle: Option<String>,
    pub(super) original: Option<String>,
    pub(super) series: Option<Series>,
    pub(super) collection: Option<String>,
}

/// Reads the titles of a descriptive detail; none when the product itself has none.
pub(super) fn read(description: &Element) -> Option<Titled> {
    let distinctive = detail(description, "01").or_else(|| detail(description, "00"));
    let of_product = distinctive.or_else(|| description.children("TitleDetail").next())?;
    let own = level(of_product, "01").or_else(|| {
        of_product
            .children("TitleElement")
            .find(|e| text(e).is_some())
    });
    let (series, collection) = collections(description, of_product);
    let title = own.and_then(text).or_else(|| numbered(series.as_ref()?))?;
    let original =
        detail(description, "03").and_then(|detail| detail.children("TitleElement").find_map(text));
    let series = series.or_else(|| named_in(&title));
    Some(Titled {
        subtitle: own.and_then(|own| own.line("Subtitle")),
        original: original.filter(|original| *original != title),
        title,
        series,
        collection,
    })
}

/// A volume that has only a number is named after its series.
fn numbered(series: &Series) -> Option<String> {
    Some(format!("{}, {}", series.title, series.volume.as_deref()?))
}

/// The series of a title that says itself which volume it is, `Les Marées T03` or `Les Marées, tome 3 : Le Phare`:
/// some senders say it nowhere else. The title stays as it is.
fn named_in(title: &str) -> Option<Series> {
    let words: Vec<&str> = title.split_whitespace().collect();
    let (at, volume) = (1..words.len()).find_map(|at| {
        let (before, after) = words.split_at_checked(at)?;
        let is_apart = before.last()?.ends_with(SEPARATORS);
        Some((at, volume_at(after, is_apart)?))
    })?;
    let name = words.get(..at)?.join(" ");
    let name = name.trim_end_matches(|c: char| c.is_whitespace() || SEPARATORS.contains(&c));
    (!name.is_empty()).then(|| Series {
        title: name.to_owned(),
        volume: Some(volume),
    })
}

const SEPARATORS: [char; 7] = [',', ':', ';', '-', '–', '—', '('];

/// The number that `words` begin with: `tome 3`, `t. 3`, `T03`; `T3` only behind a separator, since other things are
/// called so.
fn volume_at(words: &[&str], is_apart: bool) -> Option<String> {
    let (first, rest) = words.split_first()?;
    let first = first.trim_start_matches('(');
    if matches!(first.to_lowercase().as_str(), "tome" | "t.") {
        return number(rest.first()?);
    }
    let digits = first
        .strip_prefix("t.")
        .or_else(|| first.strip_prefix("T."))
        .or_else(|| {
            first
                .strip_prefix('T')
                .filter(|digits| is_apart || digits.starts_with('0'))
        })?;
    number(digits)
}

/// Up to three digits, without leading zeros and what ends them.
fn number(word: &str) -> Option<String> {
    let digits = word.trim_end_matches(|c: char| SEPARATORS.contains(&c) || matches!(c, '.' | ')'));
    let is_number =
        (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.trim_start_matches('0');
    (is_number && !number.is_empty()).then(|| number.to_owned())
}

fn detail<'e>(of: &'e Element, kind: &str) -> Option<&'e Element> {
    of.children("TitleDetail")
        .find(|detail| detail.text("TitleType") == Some(kind))
}

fn level<'e>(detail: &'e Element, level: &str) -> Option<&'e Element> {
    detail
        .children("TitleElement")
        .find(|element| element.text("TitleElementLevel") == Some(level))
}

/// The title as it is written, its leading article with it.
fn text(element: &Element) -> Option<String> {
    let without_prefix = || element.line("TitleWithoutPrefix");
    match element.line("TitlePrefix") {
        Some(prefix) => without_prefix().map(|title| match prefix.ends_with(['\'', '’']) {
            true => format!("{prefix}{title}"),
            false => format!("{prefix} {title}"),
        }),
        None => element.line("TitleText").or_else(without_prefix),
    }
    .or_else(|| element.line("TitleText"))
}

/// A numbered collection is a series. A `collection éditoriale` (11) is a line of the publisher's and never numbered;
/// nor is a publisher's collection (10) without a number one of reading order.
fn collections(description: &Element, of_product: &Element) -> (Option<Series>, Option<String>) {
    let (mut series, mut collection) = (None, None);
    for sent in description.children("Collection") {
        let Some((title, volume)) = titled_collection(sent) else {
            continue;
        };
        match (sent.text("CollectionType"), volume) {
            (Some("11"), _) | (_, None) => collection = collection.or(Some(title)),
            (_, volume) => series = series.or(Some(Series { title, volume })),
        }
    }
    // Some senders put the series above the title, in the product's own title.
    let above = level(of_product, "02").and_then(text).map(|title| {
        let volume = of_product
            .children("TitleElement")
            .find_map(|element| element.line("PartNumber"));
        Series { title, volume }
    });
    (series.or(above), collection)
}

fn titled_collection(collection: &Element) -> Option<(String, Option<String>)> {
    let details = || collection.children("TitleDetail");
    let title = details()
        .find_map(|detail| level(detail, "02").and_then(text))
        .or_else(|| {
            details()
                .flat_map(|detail| detail.children("TitleElement"))
                .find_map(text)
        })?;
    let elements = details().flat_map(|detail| detail.children("TitleElement"));
    let volume = elements
        .filter_map(|element| element.line("PartNumber"))
        .next()
        .or_else(|| {
            collection
                .children("CollectionSequence")
                .find_map(|s| s.line("CollectionSequenceNumber"))
        });
    Some((title, volume))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o20_a_volume_that_only_the_title_names_is_read_from_it() {
        for (title, series) in [
            ("Les Marées T03", Some(("Les Marées", "3"))),
            ("Les Marées - T03", Some(("Les Marées", "3"))),
            ("Les Marées, T3", Some(("Les Marées", "3"))),
            ("Les Marées - T12 : Le Phare", Some(("Les Marées", "12"))),
            ("Les Marées T.12", Some(("Les Marées", "12"))),
            ("Les Marées, tome 3", Some(("Les Marées", "3"))),
            ("Les Marées – Tome 3 – Le Phare", Some(("Les Marées", "3"))),
            ("Les Marées (t. 3)", Some(("Les Marées", "3"))),
            ("Les Marées t.3", Some(("Les Marées", "3"))),
            ("Vitamines T3 et T4", None),
            ("Terminator T800 contre tous", None),
            ("T03", None),
            ("Tome 3", None),
            ("Le Tome perdu", None),
            ("Un tome 0", None),
            ("Les Marées", None),
            ("", None),
        ] {
            let expected = series.map(|(title, volume)| Series {
                title: title.to_owned(),
                volume: Some(volume.to_owned()),
            });
            assert_eq!(named_in(title), expected, "{title}");
        }
    }
}
