//! Clearing files: what is written is read, what is damaged is refused, and the reason names the place.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use banking::clearing::{
    Acknowledgement, ApprovalCode, Batch, Field, Header, Line, MerchantNumber, Mismatch, Movement,
    Problem, ReadError, Refusal, Rejection, RejectionReason, RetrievalReference, Sequence, Totals,
    UnfitReason, UnknownLine, Verdict,
};
use jiff::civil::{Date, date};
use proptest::collection::vec;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use trade::clock::Timestamp;
use trade::ids::{CaptureId, OrderNumber, PaymentId, RefundId};
use trade::limits;
use trade::money::Money;
use uuid::Uuid;

/// Written by hand after `docs/formats/clearing.md`; the digest by `sha256sum`.
const BATCH: &str = include_str!("clearing/batch.txt");
const ACKNOWLEDGEMENT: &str = include_str!("clearing/acknowledgement.txt");

/// A timestamp that no conversion rounds: half past five in the afternoon of 26 November 2026.
const AT: Timestamp = Timestamp::micros(1_795_710_600_123_456);

fn header() -> Header {
    Header {
        merchant: MerchantNumber::parse("BOUQUIN DEMO   ").unwrap(),
        sequence: Sequence::new(42).unwrap(),
        business_date: date(2026, 11, 26),
    }
}

fn line(number: u128, cents: i64) -> Line {
    Line {
        movement: Movement::Capture(CaptureId(Uuid::from_u128(number))),
        payment: PaymentId(Uuid::from_u128(1 << 64 | number)),
        order: OrderNumber::from_bits(u64::try_from(number).unwrap()),
        retrieval_reference: RetrievalReference::parse(&format!("633016{number:06}")).unwrap(),
        approval_code: ApprovalCode::parse(&format!("T{:05}", number % 100_000)).unwrap(),
        amount: Money::cents(cents),
        at: AT,
    }
}

fn refund(number: u128, cents: i64) -> Line {
    Line {
        movement: Movement::Refund(RefundId(Uuid::from_u128(number))),
        ..line(number, cents)
    }
}

fn sample() -> Batch {
    Batch::new(header(), vec![line(1, 2_450), line(2, 990), refund(3, 450)]).unwrap()
}

/// The file with the right digest at its end again, as a sender writes it who counts wrong.
fn sealed(text: &str) -> String {
    let (before, _) = text.trim_end().rsplit_once('|').unwrap();
    let digest = Sha256::digest(format!("{before}|").as_bytes());
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{before}|{digits}\n")
}

fn refused(text: &str) -> ReadError {
    Batch::read(text.as_bytes()).expect_err(text)
}

#[test]
fn the_file_is_the_one_that_the_format_describes() {
    assert_eq!(sample().to_text(), BATCH);
    assert_eq!(Batch::read(BATCH.as_bytes()), Ok(sample()));
    let totals = sample().totals();
    let hash_total = ["633016000001", "633016000002", "633016000003"]
        .map(|reference| u128::from_str_radix(reference, 36).unwrap());
    assert_eq!(
        u128::from(totals.hash_total),
        hash_total.iter().sum::<u128>() % 10_u128.pow(15)
    );
    assert_eq!(totals.net(), Money::cents(2_990));
}

#[test]
fn a_day_without_business_has_a_batch() {
    let batch = Batch::new(header(), Vec::new()).unwrap();
    assert_eq!(batch.totals(), Totals::default());
    assert_eq!(Batch::read(batch.to_text().as_bytes()), Ok(batch));
}

#[test]
fn the_reason_names_the_place() {
    let cases = [
        ("|EUR\n", "|USD\n", 1, Field::Currency),
        (
            "bouquin-clearing|1",
            "bouquin-clearing|2",
            1,
            Field::Version,
        ),
        ("|42|", "|042|", 1, Field::Sequence),
        ("|42|", "|0|", 1, Field::Sequence),
        ("2026-11-26|EUR", "20261126|EUR", 1, Field::BusinessDate),
        ("|EUR\n", "|EUR|\n", 1, Field::WholeLine),
        ("D|2|", "D|3|", 3, Field::LineNumber),
        ("D|2|capture", "D|2|Capture", 3, Field::Movement),
        ("D|2|capture", "D|2|refund", 5, Field::Digest),
        ("D|3|", "X|3|", 4, Field::LineKind),
        ("|T00002|", "|T 0002|", 3, Field::ApprovalCode),
        (
            "|633016000002|",
            "|6330160000 2|",
            3,
            Field::RetrievalReference,
        ),
        ("|BQ-0000-0002|", "|bq-0000-0002|", 3, Field::Order),
        ("|BQ-0000-0002|", "|BQ00000002|", 3, Field::Order),
        ("|990|", "|+990|", 3, Field::Amount),
        ("|990|", "|9,90|", 3, Field::Amount),
        (".123456Z\nD|2", ".12345Z\nD|2", 2, Field::Instant),
        ("Z\nD|2", "Z|\nD|2", 2, Field::WholeLine),
        ("\nD|2|", "\r\nD|2|", 2, Field::WholeLine),
        ("T|3|3440", "T|3", 5, Field::HashTotal),
    ];
    for (from, to, line, field) in cases {
        let text = BATCH.replacen(from, to, 1);
        assert_ne!(text, BATCH, "{from}");
        let error = refused(&text);
        assert_eq!(
            (error.line, error.field),
            (line, field),
            "{from} {to}: {error}"
        );
    }
    let error = refused(&BATCH.replacen("|990|", "|9,90|", 1));
    assert_eq!(
        error.to_string(),
        "line 3, amount: \"9,90\" is not an amount in cents like 1250"
    );
}

#[test]
fn a_sender_who_counts_wrong_is_told_what_it_should_be() {
    let cases = [
        ("T|3|", "T|2|", Field::Count),
        ("|3440|", "|3441|", Field::Captures),
        ("|450|2990|", "|451|2990|", Field::Refunds),
        ("|2990|", "|2989|", Field::Net),
        ("D|3|refund", "D|3|capture", Field::Captures),
    ];
    for (from, to, field) in cases {
        let error = refused(&sealed(&BATCH.replacen(from, to, 1)));
        assert_eq!((error.line, error.field), (5, field), "{error}");
        assert!(matches!(error.problem, Problem::Differs { .. }), "{error}");
    }
    let (before, digest) = BATCH.trim_end().rsplit_once('|').unwrap();
    let (before, hash_total) = before.rsplit_once('|').unwrap();
    let wrong = hash_total.parse::<u64>().unwrap() + 1;
    let error = refused(&sealed(&format!("{before}|{wrong}|{digest}\n")));
    assert_eq!((error.line, error.field), (5, Field::HashTotal));
}

#[test]
fn what_may_not_stand_in_a_batch_is_refused_when_made_and_when_read() {
    let unfit = |lines| Batch::new(header(), lines).unwrap_err();
    for cents in [0, -1, limits::CLEARING_AMOUNT_CENTS + 1] {
        let error = unfit(vec![line(1, 100), line(2, cents)]);
        assert_eq!((error.line, error.reason), (2, UnfitReason::Amount));
        let error = refused(&sealed(&BATCH.replacen("|990|", &format!("|{cents}|"), 1)));
        assert_eq!((error.line, error.field), (3, Field::Amount), "{error}");
        assert_eq!(error.problem, Problem::Unfit(UnfitReason::Amount));
    }
    let twice = vec![line(1, 100), refund(1, 100), line(1, 200)];
    let error = unfit(twice);
    assert_eq!(error.reason, UnfitReason::Repeated { first: 1 });
    let repeated = BATCH.replacen(
        "00000000-0000-0000-0000-000000000002|BQ",
        "00000000-0000-0000-0000-000000000001|BQ",
        1,
    );
    let error = refused(&sealed(&repeated));
    assert_eq!((error.line, error.field), (3, Field::MovementId), "{error}");
    let early = Line {
        at: Timestamp::micros(-1),
        ..line(1, 1)
    };
    assert_eq!(unfit(vec![early]).reason, UnfitReason::Time);
    let yesterday = Header {
        business_date: Date::MIN,
        ..header()
    };
    assert_eq!(Batch::new(yesterday, Vec::new()).unwrap_err().line, 0);
}

#[test]
fn the_largest_batch_fits_into_a_file_and_no_larger_one() {
    let longest = |number: usize| Line {
        amount: Money::cents(limits::CLEARING_AMOUNT_CENTS),
        ..line(u128::try_from(number).unwrap() % 100_000 + 1, 1)
    };
    let lines = (0..limits::CLEARING_LINES).map(longest).collect();
    let batch = Batch::new(header(), lines).unwrap();
    let text = batch.to_text();
    assert!(text.len() <= limits::CLEARING_FILE_BYTES, "{}", text.len());
    assert_eq!(Batch::read(text.as_bytes()), Ok(batch));

    let mut lines: Vec<Line> = (0..limits::CLEARING_LINES).map(longest).collect();
    lines.push(refund(1, 1));
    let error = Batch::new(header(), lines).unwrap_err();
    assert_eq!(error.reason, UnfitReason::TooManyLines);
    let long = vec![b' '; limits::CLEARING_FILE_BYTES + 1];
    assert_eq!(Batch::read(&long).unwrap_err().problem, Problem::TooLarge);
}

fn acknowledgement() -> Acknowledgement {
    let rejection = Rejection {
        line: 2,
        reason: RejectionReason::AmountExceeded,
    };
    Acknowledgement::taken(&sample(), AT, vec![rejection]).unwrap()
}

#[test]
fn the_acknowledgement_is_the_one_that_the_format_describes() {
    assert_eq!(acknowledgement().to_text(), ACKNOWLEDGEMENT);
    let read = Acknowledgement::read(ACKNOWLEDGEMENT.as_bytes()).unwrap();
    assert_eq!(read, acknowledgement());
    assert_eq!(read.check(&sample()), Ok(()));
    let Verdict::Taken { accepted, .. } = read.verdict else {
        panic!("taken");
    };
    assert_eq!((accepted.count, accepted.net()), (2, Money::cents(2_000)));
}

#[test]
fn an_acknowledgement_of_something_else_is_noticed() {
    let other = Batch::new(header(), vec![line(1, 2_450), line(2, 991), refund(3, 450)]).unwrap();
    let read = acknowledgement();
    assert_eq!(read.check(&other), Err(Mismatch::OtherBatch));
    for lines in [[0, 2], [2, 2], [3, 1], [1, 4]] {
        let rejections = lines.map(|line| Rejection {
            line,
            reason: RejectionReason::NotOpen,
        });
        let taken = Acknowledgement::taken(&sample(), AT, rejections.to_vec());
        assert!(matches!(taken, Err(UnknownLine { .. })), "{lines:?}");
    }
    let miscounted =
        sealed(&ACKNOWLEDGEMENT.replacen("T|1|2|2450|450|2000", "T|1|2|2451|450|2001", 1));
    let miscounted = Acknowledgement::read(miscounted.as_bytes()).unwrap();
    let mismatch = miscounted.check(&sample()).unwrap_err();
    assert!(matches!(mismatch, Mismatch::Accepted { .. }), "{mismatch}");
}

#[test]
fn the_reader_of_acknowledgements_tolerates_nothing() {
    let cases = [
        ("R|1|2|", "R|2|2|", 2, Field::LineNumber),
        ("R|1|2|", "R|1|0|", 2, Field::RejectedLine),
        ("R|1|2|", "R|1|100001|", 2, Field::RejectedLine),
        ("amount-exceeded", "too-much", 2, Field::Reason),
        ("amount-exceeded", "amount-exceeded|", 2, Field::WholeLine),
        (
            "R|1|2|amount-exceeded\n",
            "B|sequence-gap\n",
            3,
            Field::Rejected,
        ),
        ("T|1|2|2450|450|2000", "T|1|2|2450|450|2001", 3, Field::Net),
        (
            "bouquin-acknowledgement",
            "bouquin-clearing",
            1,
            Field::FileKind,
        ),
    ];
    for (from, to, line, field) in cases {
        let text = sealed(&ACKNOWLEDGEMENT.replacen(from, to, 1));
        let error = Acknowledgement::read(text.as_bytes()).expect_err(&text);
        assert_eq!((error.line, error.field), (line, field), "{to}: {error}");
    }
    for reason in Refusal::ALL {
        let refusal = Acknowledgement::refused(&sample(), AT, *reason);
        let text = refusal.to_text();
        let read = Acknowledgement::read(text.as_bytes()).unwrap();
        assert_eq!((&read, read.check(&sample())), (&refusal, Ok(())));
        // A batch that is refused books nothing.
        let booked = sealed(&text.replacen("T|0|0|0|0|0|", "T|0|0|5|0|5|", 1));
        let error = Acknowledgement::read(booked.as_bytes()).unwrap_err();
        assert_eq!(error.field, Field::Captures);
    }
}

prop_compose! {
    fn a_line()(
        is_refund: bool,
        ids: (u128, u128),
        bits: u64,
        reference in "[0-9A-Za-z]{12}",
        code in "[0-9A-Za-z]{6}",
        cents in 1..=limits::CLEARING_AMOUNT_CENTS,
        micros in 0..253_402_207_200_000_000_i64,
    ) -> Line {
        let id = Uuid::from_u128(ids.0);
        Line {
            movement: if is_refund { Movement::Refund(RefundId(id)) } else { Movement::Capture(CaptureId(id)) },
            payment: PaymentId(Uuid::from_u128(ids.1)),
            order: OrderNumber::from_bits(bits),
            retrieval_reference: RetrievalReference::parse(&reference).unwrap(),
            approval_code: ApprovalCode::parse(&code).unwrap(),
            amount: Money::cents(cents),
            at: Timestamp::micros(micros),
        }
    }
}

prop_compose! {
    fn a_batch()(
        merchant in "[!-{}~]([ -{}~]{0,13}[!-{}~])?",
        sequence in 1..=limits::CLEARING_SEQUENCE,
        (year, month, day) in (1970_i16..=9999, 1_i8..=12, 1_i8..=28),
        lines in vec(a_line(), 0..8),
    ) -> Batch {
        let header = Header {
            merchant: MerchantNumber::parse(&merchant).unwrap(),
            sequence: Sequence::new(sequence).unwrap(),
            business_date: date(year, month, day),
        };
        Batch::new(header, lines).unwrap()
    }
}

prop_compose! {
    fn an_acknowledgement()(
        batch in a_batch(),
        micros in 0..253_402_207_200_000_000_i64,
        refusal in proptest::option::weighted(0.3, 0..Refusal::ALL.len()),
        rejected in vec(proptest::option::of(0..RejectionReason::ALL.len()), 8),
    ) -> (Batch, Acknowledgement) {
        let at = Timestamp::micros(micros);
        let rejections = (1..).zip(rejected).take(batch.lines().len());
        let rejections = rejections
            .filter_map(|(line, reason)| Some(Rejection { line, reason: RejectionReason::ALL[reason?] }))
            .collect();
        let acknowledgement = match refusal {
            Some(refusal) => Acknowledgement::refused(&batch, at, Refusal::ALL[refusal]),
            None => Acknowledgement::taken(&batch, at, rejections).unwrap(),
        };
        (batch, acknowledgement)
    }
}

/// The text with one byte changed, taken away or put in; different from the text.
fn damaged(text: &str, place: prop::sample::Index, kind: u8, byte: u8) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let place = place.index(bytes.len());
    match kind {
        0 => bytes[place] ^= byte.max(1),
        1 => drop(bytes.remove(place)),
        2 => bytes.insert(place, byte),
        _ => bytes.truncate(place),
    }
    bytes
}

proptest! {
    #[test]
    fn every_batch_is_read_back(batch in a_batch()) {
        let text = batch.to_text();
        prop_assert_eq!(Batch::read(text.as_bytes()), Ok(batch));
    }

    #[test]
    fn every_acknowledgement_is_read_back((batch, acknowledgement) in an_acknowledgement()) {
        let text = acknowledgement.to_text();
        let read = Acknowledgement::read(text.as_bytes());
        prop_assert_eq!(read.as_ref(), Ok(&acknowledgement));
        prop_assert_eq!(read.unwrap().check(&batch), Ok(()));
    }

    #[test]
    fn any_damage_is_noticed(
        batch in a_batch(), place: prop::sample::Index, kind in 0_u8..4, byte: u8,
    ) {
        let text = batch.to_text();
        let bytes = damaged(&text, place, kind, byte);
        prop_assume!(bytes != text.as_bytes());
        let error = Batch::read(&bytes).expect_err("a damaged batch");
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
        prop_assert!((1..=lines).contains(&error.line), "{error}");
    }

    #[test]
    fn any_damage_of_an_acknowledgement_is_noticed(
        (_, acknowledgement) in an_acknowledgement(), place: prop::sample::Index, kind in 0_u8..4, byte: u8,
    ) {
        let text = acknowledgement.to_text();
        let bytes = damaged(&text, place, kind, byte);
        prop_assume!(bytes != text.as_bytes());
        prop_assert!(Acknowledgement::read(&bytes).is_err());
    }
}

#[test]
fn every_single_bit_is_guarded() {
    for at in 0..BATCH.len() {
        for bit in 0..8 {
            let mut bytes = BATCH.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            assert!(Batch::read(&bytes).is_err(), "bit {bit} of byte {at}");
        }
    }
}
