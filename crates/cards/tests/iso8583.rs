//! The codec against another implementation: messages encoded by PyPI `pyiso8583` 4.0.1
//! (`data/pyiso8583.py` says how) are read to the same fields and written to the same bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeMap;

use cards::iso8583::{ASCII_1987, Field, Message, Mti, View};
use serde::Deserialize;

#[derive(Deserialize)]
struct Example {
    mti: String,
    fields: BTreeMap<u8, String>,
    wire: String,
}

#[test]
fn another_implementation_reads_and_writes_the_same() {
    let examples = include_str!("data/pyiso8583.jsonl").lines();
    let examples: Vec<Example> = examples
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(examples.len(), 60);
    for example in examples {
        let view = View::parse(&ASCII_1987, example.wire.as_bytes()).unwrap();
        let read: BTreeMap<_, _> = view
            .fields()
            .map(|(spec, value)| (spec.field.number(), value.to_owned()))
            .collect();
        assert_eq!(
            (view.mti().to_string(), &read),
            (example.mti.clone(), &example.fields)
        );

        let mut message = Message::new(&ASCII_1987, Mti::parse(example.mti.as_bytes()).unwrap());
        for (number, value) in &example.fields {
            message.set(Field::new(*number).unwrap(), value).unwrap();
        }
        assert_eq!(
            std::str::from_utf8(&message.encode()).unwrap(),
            example.wire
        );
    }
}
