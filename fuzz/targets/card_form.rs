//! What a person types into the card form: number, expiry date and security code, a line each.
#![no_main]

use cards::entry::Entry;
use cards::expiry;
use cards::pan::Pan;

const THIS_MONTH: (i16, i8) = (2026, 11);

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut lines = text.split('\n').map(str::to_owned);
    let mut line = || lines.next().unwrap_or_default();
    let (number, exp, csc, name) = (line(), line(), line(), line());
    let typed = Entry {
        name,
        number,
        exp,
        csc,
    };
    let card = match typed.check(THIS_MONTH) {
        Ok(card) => card,
        Err(slips) => {
            let (number, exp, csc) = (slips.number, slips.exp, slips.csc);
            assert!(number.is_some() || exp.is_some() || csc.is_some());
            return;
        }
    };
    let digits = card.pan.expose_digits();
    assert!((12..=19).contains(&digits.len()));
    assert!(digits.bytes().all(|digit| digit.is_ascii_digit()));
    assert!(Pan::parse(digits).is_ok_and(|again| again == card.pan));
    assert_eq!(
        expiry::from_yymm(&expiry::yymm(card.expiry)),
        Some(card.expiry)
    );
    // What the shop may know has four digits of the number and no more.
    let summary = format!("{:?}", card.summary());
    assert!(!summary.contains(digits) && !format!("{card:?}").contains(digits));
});
