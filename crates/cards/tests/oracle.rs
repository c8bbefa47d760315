//! The codec against two other implementations (`oracle/oracle.py`): for each dialect 10,000 random messages that ours
//! writes and they read, and the same 10,000 that they write and ours reads, field by field.
//!
//! `BOUQUIN_SEED` repeats the dice. Where Python or a package is missing, the tests say `skipped:`; `cargo xtask test`
//! installs them into `target/oracle`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cards::iso8583::{
    ASCII_1987, ASCII_1993, BINARY_1987, CB_LIKE, Content, Dialect, Field, Length, Message, Mti,
    View,
};
use serde::{Deserialize, Serialize};

const MESSAGES: usize = 10_000;

#[test]
fn pyiso8583_agrees_on_1987_ascii() {
    agree("pyiso8583", &ASCII_1987, "1987-ascii.tsv", 126);
}

#[test]
fn pyiso8583_agrees_on_1987_binary() {
    agree("pyiso8583", &BINARY_1987, "1987-binary.tsv", 126);
}

#[test]
fn pyiso8583_agrees_on_1993() {
    agree("pyiso8583", &ASCII_1993, "1993.tsv", 126);
}

#[test]
fn pyiso8583_agrees_on_cb_like() {
    agree("pyiso8583", &CB_LIKE, "cb-like.tsv", 54);
}

// The fields of iso8583sim are its own: what it sees in another way than the standard is left out.

#[test]
fn iso8583sim_agrees_on_1987_ascii() {
    agree("iso8583sim", &ASCII_1987, "1987-ascii.tsv", 113);
}

#[test]
fn iso8583sim_agrees_on_1987_binary() {
    agree("iso8583sim", &BINARY_1987, "1987-binary.tsv", 110);
}

/// Of its 1993 it knows five fields; the others are those of 1987, and only those that did not change are compared.
#[test]
fn iso8583sim_agrees_on_1993() {
    agree("iso8583sim", &ASCII_1993, "1993.tsv", 84);
}

#[test]
fn iso8583sim_agrees_on_cb_like() {
    agree("iso8583sim", &CB_LIKE, "cb-like.tsv", 48);
}

/// A message as both sides say it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Said {
    mti: String,
    fields: BTreeMap<u8, String>,
    wire: String,
}

/// Which characters of a field the other side allows, and how many.
type Expressible = BTreeMap<u8, (String, usize)>;

fn agree(oracle: &str, dialect: &'static Dialect, table: &str, fields: usize) {
    let Some(python) = python(oracle) else {
        println!("skipped: {oracle} is not installed (cargo xtask test installs it)");
        return;
    };
    let seed = std::env::var("BOUQUIN_SEED").map_or(8583, |seed| seed.parse().unwrap());
    println!("BOUQUIN_SEED={seed}");
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut other = Command::new(python)
        .arg(here.join("tests/oracle/oracle.py"))
        .arg(oracle)
        .arg(here.join("dialects").join(table))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut asked = other.stdin.take().unwrap();
    let mut answers = BufReader::new(other.stdout.take().unwrap()).lines();
    let expressible: Expressible = serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap();
    assert_eq!(expressible.len(), fields, "fields of {oracle}");

    let mut dice = Dice(seed);
    let said: Vec<Said> = (0..MESSAGES)
        .map(|_| dice.message(dialect, &expressible))
        .collect();
    std::thread::scope(|scope| {
        // Ends with the other side, and that ends when nobody reads its answers: a difference stops everything.
        let mut answers = answers;
        scope.spawn(|| {
            let mut lines = said
                .iter()
                .map(|message| serde_json::to_string(message).unwrap());
            let _ = lines.try_for_each(|line| writeln!(asked, "{line}"));
            drop(asked);
        });
        for (count, ours) in said.iter().enumerate() {
            let answer = answers.next().expect("an answer for each message").unwrap();
            let theirs: Said = serde_json::from_str(&answer)
                .unwrap_or_else(|_| panic!("seed {seed}, message {count}: {answer}\n{ours:?}"));
            assert_eq!(
                &theirs, ours,
                "seed {seed}, message {count}: they, then ours"
            );
            assert_eq!(
                &read(dialect, &theirs.wire),
                ours,
                "seed {seed}, message {count}"
            );
        }
    });
    assert!(other.wait().unwrap().success());
}

/// What ours reads from the bytes, in both ways there are to read.
fn read(dialect: &'static Dialect, wire: &str) -> Said {
    let bytes: Vec<u8> = wire
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let view = View::parse(dialect, &bytes).unwrap();
    let message = Message::parse(dialect, &bytes).unwrap();
    let fields: BTreeMap<_, _> = view
        .fields()
        .map(|(spec, value)| (spec.field.number(), value.to_owned()))
        .collect();
    for (number, value) in &fields {
        assert_eq!(
            message.get(Field::new(*number).unwrap()),
            Some(value.as_str())
        );
    }
    Said {
        mti: view.mti().to_string(),
        fields,
        wire: wire.to_owned(),
    }
}

/// The Python that has the package.
fn python(package: &str) -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/oracle/bin/python");
    let module = if package == "pyiso8583" {
        "iso8583"
    } else {
        "iso8583sim.wire"
    };
    [own, PathBuf::from("python3")].into_iter().find(|python| {
        let tried = Command::new(python)
            .arg("-c")
            .arg(format!("import {module}"))
            .output();
        tried.is_ok_and(|output| output.status.success())
    })
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ mixed >> 31) % sides as u64) as usize
    }

    fn message(&mut self, dialect: &'static Dialect, expressible: &Expressible) -> Said {
        const TYPES: [&[u8]; 8] = [
            b"0100", b"0110", b"0200", b"0210", b"0220", b"0401", b"0430", b"0800",
        ];
        let mti = Mti::parse(TYPES[self.roll(TYPES.len())]).unwrap();
        let mut message = Message::new(dialect, mti);
        let mut fields = BTreeMap::new();
        // One message in twenty has half of the fields; the others have about fifteen.
        let rare = if self.roll(20) == 0 {
            2
        } else {
            expressible.len() / 15
        };
        for (number, (kind, most)) in expressible {
            if self.roll(rare) == 0 {
                let field = Field::new(*number).unwrap();
                let value = self.value(dialect, field, kind, *most);
                message.set(field, &value).unwrap();
                fields.insert(*number, value);
            }
        }
        let wire = message.encode();
        let mti = message.mti().to_string();
        let wire = wire.iter().map(|byte| format!("{byte:02x}")).collect();
        Said { mti, fields, wire }
    }

    fn value(&mut self, dialect: &Dialect, field: Field, kind: &str, most: usize) -> String {
        let spec = dialect.spec(field).unwrap();
        let length = match spec.length {
            Length::Fixed(_) => most,
            // Mostly short, and the longest and the empty one too.
            _ => match self.roll(20) {
                0 => most,
                1 => 0,
                _ => self.roll(most.min(40) + 1),
            },
        };
        let alphabet: Vec<u8> = match kind {
            "n" | "x+n" => (b'0'..=b'9').collect(),
            "z" => b"0123456789=".to_vec(),
            "b" => b"0123456789ABCDEF".to_vec(),
            "an" => (b'0'..=b'z').filter(u8::is_ascii_alphanumeric).collect(),
            // Without the space: the other side takes those at the ends for padding.
            _ => (b'!'..=b'~').collect(),
        };
        let characters = if spec.content == Content::Binary {
            length * 2
        } else {
            length
        };
        let mut value: Vec<u8> = (0..characters)
            .map(|_| alphabet[self.roll(alphabet.len())])
            .collect();
        if spec.content == Content::Signed {
            value[0] = [b'C', b'D'][self.roll(2)];
        }
        // No scheme's number: iso8583sim would take the field lengths of that scheme.
        if field == Field::PAN && !value.is_empty() {
            value[0] = b'9';
        }
        String::from_utf8(value).unwrap()
    }
}
