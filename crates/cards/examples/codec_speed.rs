//! Measures the codec: `cargo xtask bench codec`. A round trip reads a 0100 with seventeen fields, chip data among them,
//! into a message of its own and writes that again; everything is wiped on the way.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use cards::iso8583::{ChipData, DIALECTS, Dialect, Field, Message, Mti, View, tlv::Tag};

/// Long enough for a steady figure, several times.
const ROUND: Duration = Duration::from_millis(500);
const ROUNDS: usize = 7;

fn main() {
    println!("| dialect | bytes | read where it lies | read, kept and written again |");
    println!("|---|---|---|---|");
    for dialect in DIALECTS {
        let wire = request(dialect).encode();
        let read = || {
            black_box(View::parse(dialect, black_box(&wire)).unwrap());
        };
        let round_trip = || {
            let message = Message::parse(dialect, black_box(&wire)).unwrap();
            black_box(message.encode());
        };
        let (read, round_trip) = (rate(read), rate(round_trip));
        println!(
            "| {} | {} | {read}/s | {round_trip}/s |",
            dialect.name,
            wire.len()
        );
    }
}

/// How often in a second of processor time, so that other programs do not count: the median of a few rounds.
fn rate(work: impl Fn()) -> u64 {
    let mut rates: Vec<u64> = (0..ROUNDS)
        .map(|_| {
            let (begun, used) = (Instant::now(), on_core());
            let mut times = 0;
            while begun.elapsed() < ROUND {
                (0..1000).for_each(|_| work());
                times += 1000;
            }
            (f64::from(times) / (on_core() - used).as_secs_f64()) as u64
        })
        .collect();
    rates.sort_unstable();
    rates.get(ROUNDS / 2).copied().unwrap_or_default()
}

/// How long this program has run on a core, as Linux counts it.
fn on_core() -> Duration {
    let told = fs::read_to_string("/proc/self/schedstat").unwrap();
    Duration::from_nanos(told.split(' ').next().unwrap().parse().unwrap())
}

fn request(dialect: &'static Dialect) -> Message {
    let is_1993 = dialect.version == 1;
    let (local, entry_mode) = if is_1993 {
        ("261126120000", "510101513344")
    } else {
        ("120000", "051")
    };
    let mut message = Message::new(dialect, Mti::AUTHORISATION);
    for (field, value) in [
        (Field::PAN, "4242424242424242"),
        (Field::PROCESSING_CODE, "000000"),
        (Field::AMOUNT, "000000002390"),
        (Field::TRANSMISSION_TIME, "1126110000"),
        (Field::STAN, "000042"),
        (Field::LOCAL_TIME, local),
        (Field::EXPIRY, "2912"),
        (Field::MERCHANT_TYPE, "5942"),
        (Field::ENTRY_MODE, entry_mode),
        (Field::CONDITION_CODE, if is_1993 { "1510" } else { "00" }),
        (Field::ACQUIRER, "97800"),
        (Field::TRACK_2, "4242424242424242=29121010000000000000"),
        (Field::RETRIEVAL_REFERENCE, "633011000042"),
        (Field::TERMINAL, "BOUQUIN1"),
        (Field::MERCHANT, "BOUQUIN00000001"),
        (Field::CURRENCY, "978"),
    ] {
        message.set(field, value).unwrap();
    }
    message.set_chip_data(&chip()).unwrap();
    message
}

fn chip() -> ChipData {
    let elements: [(u32, &[u8]); 14] = [
        (0x9F26, &[0xA5; 8]),
        (0x9F27, &[0x80]),
        (0x9F10, &[6; 18]),
        (0x9F37, &[7; 4]),
        (0x9F36, &[0, 42]),
        (0x95, &[0; 5]),
        (0x9A, &[0x26, 0x11, 0x26]),
        (0x9C, &[0]),
        (0x9F02, &[0, 0, 0, 0, 0x23, 0x90]),
        (0x5F2A, &[0x09, 0x78]),
        (0x82, &[0x39, 0]),
        (0x9F1A, &[0x02, 0x50]),
        (0x9F34, &[0x1F, 3, 2]),
        (0x84, &[0xA0, 0, 0, 0, 3, 0x10, 0x10]),
    ];
    elements.iter().fold(ChipData::new(), |chip, (tag, value)| {
        chip.with(Tag::new(*tag).unwrap(), value).unwrap()
    })
}
