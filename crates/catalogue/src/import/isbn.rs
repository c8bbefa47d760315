//! ISBNs as files carry them, and the damage to them that can be undone (I6).
//!
//! What is undone is proved by a check digit and said in the report; what is not is kept as it was sent and flagged.
//! Nothing is guessed: a wrong check digit stays wrong.

use std::ops::RangeInclusive;

use trade::isbn::IsbnError;

use super::Remarks;
use super::plain_text::one_line;
use super::remark::{Remark, Why};
use crate::limits;
use crate::model::{Edition, Isbn13};

/// Fewest digits of an ISBN-10 whose leading zeros were lost: below, one number in eleven would be taken for one.
const PADDED_DIGITS_MIN: usize = 7;

/// The first and the last number that begin like an ISBN.
const ISBNS: RangeInclusive<u64> = 9_780_000_000_000..=9_799_999_999_999;

/// What a number that was sent as ISBN is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// It is one.
    Sound(Isbn13),
    /// It is one that lost its leading zeros.
    Padded(Isbn13),
    /// A spreadsheet rounded it (`9.78044E+12`): it was one of these.
    Rounded(RangeInclusive<u64>),
    /// It is none.
    Wrong(IsbnError),
}

/// Reads a number as it was sent.
pub(super) fn read(sent: &str) -> Number {
    let error = match Isbn13::parse(sent) {
        Ok(isbn) => return Number::Sound(isbn),
        Err(error) => error,
    };
    if let Some(range) = rounded(sent) {
        return Number::Rounded(range);
    }
    // A column of whole numbers that was read as one of decimal numbers.
    let whole = sent.trim().strip_suffix(".0").unwrap_or(sent.trim());
    if let Ok(isbn) = Isbn13::parse(whole) {
        return Number::Sound(isbn);
    }
    let symbols: String = whole.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    let digits = symbols.strip_suffix(['x', 'X']).unwrap_or(&symbols);
    let is_short = (PADDED_DIGITS_MIN..10).contains(&symbols.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    match Isbn13::parse(&format!("{symbols:0>10}")) {
        Ok(isbn) if is_short => Number::Padded(isbn),
        _ => Number::Wrong(error),
    }
}

/// The numbers that a spreadsheet would write as `9.78044E+12`; none when the text is no such thing.
fn rounded(sent: &str) -> Option<RangeInclusive<u64>> {
    let (mantissa, exponent) = sent.trim().split_once(['e', 'E'])?;
    if exponent.trim_start_matches('+') != "12" {
        return None;
    }
    let (unit, decimals) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    let places = u32::try_from(decimals.len())
        .ok()
        .filter(|places| *places <= 12)?;
    if unit.len() != 1 {
        return None;
    }
    let step = 10_u64.pow(12 - places);
    let number: u64 = format!("{unit}{decimals}").parse().ok()?;
    let middle = number.checked_mul(step)?;
    ISBNS
        .contains(&middle)
        .then(|| middle.saturating_sub(step / 2)..=middle.saturating_add(step / 2))
}

/// The only ISBN among these numbers.
fn only_one(range: &RangeInclusive<u64>) -> Option<Isbn13> {
    // Of ten numbers in a row one has the right check digit: a wider range always holds several.
    if range.end().saturating_sub(*range.start()) > 20 {
        return None;
    }
    let mut found = range
        .clone()
        .filter_map(|number| Isbn13::from_u64(number).ok());
    found.next().filter(|_| found.next().is_none())
}

/// Gives an edition the numbers that were sent for it, the first sound one as its own.
pub(super) fn put<'t>(
    edition: &mut Edition,
    sent: impl IntoIterator<Item = &'t str>,
    remarks: &mut Remarks,
) {
    let mut rounded = Vec::new();
    for sent in sent.into_iter().take(limits::PARTS) {
        match read(sent) {
            Number::Sound(isbn) => add(edition, isbn),
            Number::Padded(isbn) => {
                remarks.info(Remark::IsbnPadded {
                    sent: one_line(sent),
                    isbn: isbn.to_string(),
                });
                add(edition, isbn);
            }
            Number::Rounded(range) => rounded.push((sent, range)),
            Number::Wrong(error) => flag(edition, sent, error, remarks),
        }
    }
    for (sent, range) in rounded {
        if edition.isbns().any(|known| range.contains(&known.as_u64())) {
            continue;
        }
        match only_one(&range) {
            Some(isbn) => {
                remarks.warn(Remark::IsbnRounded {
                    sent: one_line(sent),
                    isbn: isbn.to_string(),
                });
                add(edition, isbn);
            }
            None => {
                remarks.warn(Remark::IsbnDestroyed {
                    sent: one_line(sent),
                });
                keep_flagged(edition, sent);
            }
        }
    }
}

fn add(edition: &mut Edition, isbn: Isbn13) {
    if edition.isbns().any(|known| known == isbn) {
        return;
    }
    match edition.isbn {
        None => edition.isbn = Some(isbn),
        Some(_) => edition.other_isbns.push(isbn),
    }
}

fn flag(edition: &mut Edition, sent: &str, error: IsbnError, remarks: &mut Remarks) {
    let (sent_line, why) = (one_line(sent), Why::from(error));
    match error {
        IsbnError::NotABook | IsbnError::Ismn => remarks.info(Remark::NumberOfNoBook {
            sent: sent_line,
            why,
        }),
        IsbnError::NotAnIsbn | IsbnError::WrongCheckDigit => remarks.warn(Remark::IsbnInvalid {
            sent: sent_line,
            why,
        }),
    }
    keep_flagged(edition, sent);
}

fn keep_flagged(edition: &mut Edition, sent: &str) {
    let sent = one_line(sent);
    if !edition.flagged_isbns.contains(&sent) {
        edition.flagged_isbns.push(sent);
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use proptest::prelude::*;

    use super::*;

    fn numbers(sent: &[&str]) -> (Edition, Vec<&'static str>) {
        let mut edition = Edition::titled("T");
        let mut remarks = Remarks::default();
        put(&mut edition, sent.iter().copied(), &mut remarks);
        let codes = remarks.0.iter().map(|(_, remark)| remark.code()).collect();
        (edition, codes)
    }

    fn isbn(text: &str) -> Option<Isbn13> {
        Some(Isbn13::parse(text).unwrap())
    }

    #[test]
    fn i6_leading_zeros_come_back_when_the_check_digit_says_so() {
        for (sent, whole) in [
            ("439785960", "0439785960"),
            ("61120081", "0061120081"),
            ("61120081.0", "0061120081"),
            ("43965548X", "043965548X"),
        ] {
            let (edition, codes) = numbers(&[sent]);
            assert_eq!(edition.isbn, isbn(whole), "{sent}");
            assert_eq!(codes, ["isbn-repaired"]);
        }
        for sent in ["439785961", "123456", "B000FA5ZEG", "9782707154298"] {
            let (edition, codes) = numbers(&[sent]);
            assert_eq!(
                (edition.isbn, codes),
                (None, vec!["isbn-invalid"]),
                "{sent}"
            );
            assert_eq!(edition.flagged_isbns, [sent]);
        }
        assert_eq!(numbers(&["9782070541270.0"]).1, Vec::<&str>::new());
    }

    #[test]
    fn i6_a_rounded_isbn_is_only_taken_when_no_other_fits() {
        // Twelve figures: 9780439023481 rounds to ...480, and nothing else that does is an ISBN.
        let (edition, codes) = numbers(&["9.78043902348e+12"]);
        assert_eq!(edition.isbn, isbn("9780439023481"));
        assert_eq!(codes, ["isbn-repaired"]);
        // Six figures are shared by ten million numbers.
        let (edition, codes) = numbers(&["9.78044E+12"]);
        assert_eq!((edition.isbn, codes), (None, vec!["isbn-destroyed"]));
        assert_eq!(edition.flagged_isbns, ["9.78044E+12"]);
        // Beside the ISBN-10 it says nothing new.
        let (edition, codes) = numbers(&["9.78044E+12", "439785960"]);
        assert_eq!(
            (edition.isbn, codes),
            (isbn("0439785960"), vec!["isbn-repaired"])
        );
        assert_eq!(edition.flagged_isbns, Vec::<String>::new());
    }

    #[test]
    fn i3_numbers_of_other_goods_are_kept_without_alarm() {
        let (edition, codes) = numbers(&["4006381333931", "9790260000438"]);
        assert_eq!((edition.isbn, codes), (None, vec!["number-of-no-book"; 2]));
        assert_eq!(edition.flagged_isbns.len(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn i6_a_repair_is_never_another_book(twelve in 978_000_000_000_u64..=978_999_999_999) {
            let good = Isbn13::from_first_twelve(twelve).unwrap();
            let ten = good.isbn10().unwrap();
            let lost = ten.trim_start_matches('0');
            match read(lost) {
                Number::Sound(read) | Number::Padded(read) => prop_assert_eq!(read, good),
                other => prop_assert!(lost.len() < PADDED_DIGITS_MIN, "{:?}", other),
            }
            let rounded = format!("{:.11e}", good.as_u64() as f64).replace('e', "e+");
            let Number::Rounded(range) = read(&rounded) else { panic!("{rounded}") };
            prop_assert!(range.contains(&good.as_u64()));
            if let Some(only) = only_one(&range) {
                prop_assert_eq!(only, good);
            }
        }

        #[test]
        fn no_number_makes_it_panic(sent in "\\PC{0,30}|[0-9xXeE+.,-]{0,30}") {
            read(&sent);
        }
    }
}
