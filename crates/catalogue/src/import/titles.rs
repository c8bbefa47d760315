//! Titles in which other parts of a description stand: subtitle, series, number.
//!
//! Only forms that leave no doubt are taken apart; a strange title is better than a wrong one.

use super::plain_text::one_line;
use crate::model::Series;

/// `Title : subtitle`, also with the subfield sign that library exports leave in.
pub(super) fn split_subtitle(title: &str) -> (String, Option<String>) {
    match title.split_once(" : ") {
        Some((title, subtitle)) => {
            let subtitle = subtitle.trim_start_matches("$b").trim();
            (
                title.trim().to_owned(),
                Some(subtitle.to_owned()).filter(|subtitle| !subtitle.is_empty()),
            )
        }
        None => (title.trim_end_matches([' ', ':', '/']).to_owned(), None),
    }
}

/// `Title (Series, #3)`.
pub(super) fn split_series(title: &str) -> (&str, Option<Series>) {
    let series = || {
        let (before, inside) = title.strip_suffix(')')?.rsplit_once('(')?;
        let (series, volume) = inside.rsplit_once('#')?;
        let series = series.trim_end_matches([' ', ',']);
        let is_volume = volume.starts_with(|c: char| c.is_ascii_digit());
        let whole = !before.trim().is_empty() && !series.is_empty() && is_volume;
        whole.then(|| {
            (
                before.trim(),
                Series {
                    title: series.to_owned(),
                    volume: Some(volume.to_owned()),
                },
            )
        })
    };
    series().map_or((title, None), |(before, series)| (before, Some(series)))
}

/// A series with its number, which may stand in brackets behind its title: `Candy Apple (8)`.
pub(super) fn numbered(series: &str, volume: Option<&str>) -> Series {
    let volume = volume.map(one_line).filter(|volume| !volume.is_empty());
    if let Some(volume) = volume {
        return Series {
            title: series.to_owned(),
            volume: Some(volume),
        };
    }
    let bracketed = || {
        let (title, volume) = series.strip_suffix(')')?.rsplit_once('(')?;
        let is_number = !volume.is_empty()
            && volume
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.');
        is_number.then(|| (title.trim().to_owned(), volume.to_owned()))
    };
    match bracketed() {
        Some((title, volume)) => Series {
            title,
            volume: Some(volume),
        },
        None => Series {
            title: series.to_owned(),
            volume: None,
        },
    }
}

/// `Les quais, tome 3`, `Les quais - T03 : La marée`, `Les quais (vol. III)`: the series with its number, and the
/// volume's own title where it has one.
pub(super) fn split_volume(title: &str) -> Option<(Series, Option<String>)> {
    const BETWEEN: [char; 9] = [' ', ',', '-', '–', '—', '(', ')', ':', ';'];
    let words: Vec<&str> = title.split(' ').collect();
    let bare = |word: &str| word.trim_matches(BETWEEN).to_lowercase();
    let found = words.iter().enumerate().skip(1).find_map(|(place, word)| {
        let word = bare(word);
        let next = || {
            words
                .get(place + 1)
                .map(|next| next.trim_matches(BETWEEN).trim_end_matches('.'))
        };
        match word.as_str() {
            "tome" | "t." | "vol." | "volume" | "vol" => next()
                .filter(|number| is_volume(number))
                .map(|number| (place, 2, number.to_owned())),
            _ => word
                .strip_prefix("t.")
                .or_else(|| word.strip_prefix('t'))
                .filter(|number| {
                    number.len() <= 3
                        && number.bytes().all(|byte| byte.is_ascii_digit())
                        && !number.is_empty()
                })
                .map(|number| (place, 1, number.trim_start_matches('0').to_owned())),
        }
    });
    let (place, taken, number) = found?;
    let joined = |words: &[&str]| words.join(" ").trim_matches(BETWEEN).to_owned();
    let series = joined(words.get(..place)?);
    let own = joined(words.get(place + taken..)?);
    let series = Series {
        title: series,
        volume: Some(number),
    };
    (!series.title.is_empty()).then_some((series, Some(own).filter(|own| !own.is_empty())))
}

/// Arabic or roman figures.
fn is_volume(number: &str) -> bool {
    !number.is_empty()
        && number.len() <= 5
        && (number.bytes().all(|byte| byte.is_ascii_digit())
            || number.bytes().all(|byte| b"IVX".contains(&byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t3_volumes_are_read_only_where_a_word_says_so() {
        for (title, series, volume, own) in [
            ("Les quais, tome 3", "Les quais", "3", None),
            (
                "Les quais - T03 : La marée",
                "Les quais",
                "3",
                Some("La marée"),
            ),
            ("Les quais (vol. III)", "Les quais", "III", None),
            (
                "Les quais, t. 2 : Le port",
                "Les quais",
                "2",
                Some("Le port"),
            ),
        ] {
            let expected = Series {
                title: series.to_owned(),
                volume: Some(volume.to_owned()),
            };
            assert_eq!(
                split_volume(title),
                Some((expected, own.map(str::to_owned))),
                "{title}"
            );
        }
        for title in [
            "Tome 3",
            "Les quais",
            "Fahrenheit 451",
            "Le tome perdu",
            "Un t-shirt",
            "Mission T",
        ] {
            assert_eq!(split_volume(title), None, "{title}");
        }
    }
}
