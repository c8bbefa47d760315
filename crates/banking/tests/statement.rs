//! Account statements: what banks of all versions send is read, what does not add up is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use banking::iban::{Iban, IbanError};
use banking::statement::{
    AccountId, DetailAmount, Direction, EntryStatus, Message, NotNext, Problem, ReadError,
    Reference, Statement,
};
use jiff::civil::date;
use proptest::prelude::*;
use trade::ids::OrderNumber;
use trade::limits;
use trade::money::Money;

const DAY_02: &str = include_str!("statement/day_02.xml");
const TWO_ACCOUNTS_08: &str = include_str!("statement/two_accounts_08.xml");

fn read(text: &str) -> Message {
    Message::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: &str) -> ReadError {
    Message::read(text.as_bytes()).expect_err(text)
}

/// The day with something else in it.
fn changed(from: &str, to: &str) -> String {
    let text = DAY_02.replacen(from, to, 1);
    assert_ne!(text, DAY_02, "{from}");
    text
}

fn the_day() -> Statement {
    read(DAY_02).statements.remove(0)
}

#[test]
fn a_day_of_version_02_is_read() {
    let message = read(DAY_02);
    assert_eq!(message.id, "CAMT053-20261126-1");
    let day = the_day();
    assert_eq!(
        (day.electronic_sequence, day.legal_sequence),
        (Some(230), Some(230))
    );
    assert_eq!(day.period.unwrap().from, date(2026, 11, 26));
    assert_eq!(
        day.account,
        AccountId::Iban(Iban::parse("FR7630006000011234567890189").unwrap())
    );
    assert_eq!(day.owner.as_deref(), Some("LIBRAIRIE DU QUAI"));
    assert_eq!(day.opening.amount, Money::cents(100_000));
    assert_eq!(day.closing.amount, Money::cents(102_680));
    let signed: Vec<i64> = day
        .entries
        .iter()
        .map(|entry| entry.signed().as_cents())
        .collect();
    assert_eq!(signed, [3_400, 1_850, -1_850, 9_900, -720]);
    assert_eq!(day.booked().count(), 4);
    assert_eq!(day.entries[3].status, EntryStatus::Pending);

    let fees = &day.entries[4];
    assert_eq!(
        fees.booked_on,
        Some(date(2026, 11, 27)),
        "half an hour before midnight in UTC"
    );
    assert_eq!(
        fees.code.proprietary,
        Some(("62".to_owned(), Some("CFONB".to_owned())))
    );
    assert_eq!(
        fees.information.as_deref(),
        Some("FRAIS DE TENUE DE COMPTE")
    );
}

#[test]
fn a_batch_tells_its_transactions_and_what_it_cost() {
    let day = the_day();
    let cards = &day.entries[0];
    let batch = cards.details[0].batch.as_ref().unwrap();
    assert_eq!(
        (batch.count, batch.total),
        (Some(2), Some(Money::cents(3_440)))
    );
    let ids: Vec<_> = cards
        .transactions()
        .map(|one| one.end_to_end_id.as_deref())
        .collect();
    assert_eq!(ids, [Some("633016000001"), Some("633016000002")]);
    assert_eq!(cards.charges[0].amount, Money::cents(40));
    assert_eq!(cards.unexplained(), Some(Money::cents(-40)));
    assert_eq!(day.entries[4].unexplained(), None);
    assert_eq!(cards.value_date, Some(date(2026, 11, 27)));
}

#[test]
fn a_reference_broken_over_two_lines_finds_its_order() {
    let day = the_day();
    let transfer = day.entries[1].transactions().next().unwrap();
    assert_eq!(transfer.end_to_end_id, None, "NOTPROVIDED is none");
    assert_eq!(
        transfer.debtor.name.as_deref(),
        Some("MME ZOÉ LEFÈVRE & FILLES")
    );
    assert_eq!(
        transfer.orders(),
        [OrderNumber::parse("BQ-7K3M-Q901").unwrap()]
    );
    let shown = format!("{:?}", transfer.debtor);
    assert!(
        shown.contains("DE89…3000") && !shown.contains("0532"),
        "{shown}"
    );

    let back = &day.entries[2];
    assert!(back.is_reversal && back.direction == Direction::Debit);
    let back = back.transactions().next().unwrap();
    assert_eq!(back.return_reason.as_deref(), Some("AC04"));
    assert_eq!(back.orders(), []);
}

#[test]
fn version_08_is_read_with_prefixes_parts_and_other_currencies() {
    let message = read(TWO_ACCOUNTS_08);
    let [first, second] = &message.statements[..] else {
        panic!("two statements");
    };
    let page = first.page.unwrap();
    assert_eq!((page.number, page.is_last), (2, false));
    assert_eq!(first.opening.amount, Money::cents(1_000));
    let entry = &first.entries[0];
    assert_eq!(entry.charges.len(), 2);
    assert_eq!(
        (entry.charges[0].is_included, entry.charges[1].direction),
        (Some(true), Direction::Debit)
    );
    let transaction = entry.transactions().next().unwrap();
    let dollars = DetailAmount::Foreign {
        currency: "USD".to_owned(),
        amount: "49.12345".to_owned(),
    };
    assert_eq!(transaction.amount, Some(dollars));
    assert_eq!(entry.unexplained(), None);
    assert_eq!(transaction.debtor.name.as_deref(), Some("Acme"));
    assert_eq!(transaction.ultimate_debtor.as_deref(), Some("Jo"));
    let wrong = AccountId::Other("FR1420041010050500013M02607".to_owned());
    assert_eq!(
        transaction.creditor.account,
        Some(wrong),
        "no IBAN, so nobody is paid by it"
    );
    assert_eq!(transaction.remittance.unstructured, ["<livres> & cartes"]);
    assert!(matches!(
        &transaction.remittance.references[..],
        [Reference::Creditor(_), Reference::Other(_)]
    ));
    let orders = ["BQ-0000-002Z", "BQ-7K3M-Q901"].map(|text| OrderNumber::parse(text).unwrap());
    assert_eq!(transaction.orders(), orders);
    // A bank's own word is not the standard's.
    assert_eq!(
        first.entries[1].status,
        EntryStatus::Other("BOOK".to_owned())
    );

    assert_eq!(second.opening.amount, Money::ZERO);
    assert_eq!(second.closing.amount, Money::cents(-305));
    assert_eq!(second.closing.date, date(2026, 11, 26));
}

#[test]
fn newer_versions_are_read_and_other_messages_are_not() {
    for version in ["03", "04", "06", "08", "10", "13"] {
        assert_eq!(
            read(&changed(
                "camt.053.001.02",
                &format!("camt.053.001.{version}")
            ))
            .statements,
            [the_day()]
        );
    }
    for (from, to, expected) in [
        (
            "camt.053.001.02",
            "camt.053.001.01",
            "camt.053.001.01; camt.053.001.02 and later",
        ),
        ("camt.053.001.02", "camt.053.001.2", "camt.053.001.2; "),
        (
            "camt.053.001.02",
            "camt.054.001.02",
            "camt.054.001.02, not camt.053",
        ),
        (
            "urn:iso:std:iso:20022:tech:xsd:camt",
            "urn:other",
            "urn:other",
        ),
        ("xmlns=", "x=", "this is Document"),
    ] {
        let error = refused(&changed(from, to));
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn what_does_not_add_up_is_refused() {
    let error = refused(&changed("1026.80", "1026.81"));
    assert_eq!(
        error.to_string(),
        "line 130, Document/BkToCstmrStmt/Stmt[1]: the statement does not add up: 1000.00 before, 26.80 booked, \
         1026.81 after, so 0.01 is missing; ask the bank for it again"
    );
    for (from, to) in [
        // What is pending does not count, and what is booked does.
        ("<Sts>PDNG", "<Sts>BOOK"),
        ("<Sts>BOOK", "<Sts>PDNG"),
        ("<Sts>BOOK", "<Sts>book"),
        (
            "<CdtDbtInd>DBIT</CdtDbtInd>\n        <RvslInd>",
            "<CdtDbtInd>CRDT</CdtDbtInd>\n        <RvslInd>",
        ),
        ("34.00", "34.01"),
    ] {
        let error = refused(&changed(from, to));
        assert!(
            matches!(error.problem, Problem::Unbalanced { .. }),
            "{error}"
        );
    }
}

#[test]
fn errors_say_where_and_what() {
    let ntry = "Document/BkToCstmrStmt/Stmt[1]/Ntry";
    let balance = "Document/BkToCstmrStmt/Stmt[1]/Bal";
    let other = |currency: &str| Problem::Currency(currency.to_owned());
    for (from, to, path, problem) in [
        (
            "EUR\">18.50",
            "CHF\">18.50",
            format!("{ntry}[3]/Amt"),
            other("CHF"),
        ),
        (
            "<Ccy>EUR",
            "<Ccy>USD",
            "Document/BkToCstmrStmt/Stmt[1]/Acct/Ccy".to_owned(),
            other("USD"),
        ),
        (
            "EUR\">1000.00",
            "EUR\">1000.000",
            format!("{balance}[1]/Amt"),
            Problem::Decimals("1000.000".to_owned()),
        ),
        (
            ">34.00",
            ">-34.00",
            format!("{ntry}[1]/Amt"),
            Problem::Amount("-34.00".to_owned()),
        ),
        (
            " Ccy=\"EUR\">34.00",
            ">34.00",
            format!("{ntry}[1]/Amt"),
            Problem::Missing { element: "Ccy" },
        ),
        (
            "<CdtDbtInd>DBIT</CdtDbtInd>\n        <RvslInd>",
            "<RvslInd>",
            format!("{ntry}[3]"),
            Problem::Missing {
                element: "CdtDbtInd",
            },
        ),
        (
            "<Sts>PDNG</Sts>",
            "<Sts></Sts>",
            format!("{ntry}[4]"),
            Problem::Missing { element: "Sts/Cd" },
        ),
        (
            "<Sts>PDNG</Sts>",
            "<Sts>PDNG</Sts><Sts>PDNG</Sts>",
            format!("{ntry}[4]"),
            Problem::Repeated { element: "Sts" },
        ),
        (
            "<IBAN>FR76",
            "<IBAN>FR77",
            "Document/BkToCstmrStmt/Stmt[1]/Acct/Id/IBAN".to_owned(),
            Problem::Iban(IbanError::CheckDigits),
        ),
        (
            "<Cd>CLBD</Cd>",
            "<Cd>OPBD</Cd>",
            "Document/BkToCstmrStmt/Stmt[1]".to_owned(),
            Problem::Repeated {
                element: "Bal with OPBD",
            },
        ),
        (
            "<Cd>CLBD</Cd>",
            "<Cd>ITBD</Cd>",
            "Document/BkToCstmrStmt/Stmt[1]".to_owned(),
            Problem::Missing {
                element: "the closing balance (Bal with CLBD)",
            },
        ),
        (
            "<Id>2026-11-26/230</Id>",
            "",
            "Document/BkToCstmrStmt/Stmt[1]".to_owned(),
            Problem::Missing { element: "Id" },
        ),
        (
            "<NtryRef>1</NtryRef>",
            "<NtryRef>1<b/></NtryRef>",
            format!("{ntry}[1]/NtryRef"),
            Problem::NotAText,
        ),
    ] {
        let error = refused(&changed(from, to));
        assert_eq!(
            (error.path.as_str(), &error.problem),
            (path.as_str(), &problem),
            "{error}"
        );
    }
    let line = DAY_02
        .lines()
        .position(|line| line.contains("<Sts>PDNG"))
        .unwrap()
        + 1;
    let error = refused(&changed("<Amt Ccy=\"EUR\">99.00", "<Amt Ccy=\"GBP\">99.00"));
    assert_eq!(
        (error.line, error.path),
        (line - 2, format!("{ntry}[4]/Amt"))
    );
}

#[test]
fn nothing_is_expanded_and_everything_is_bounded() {
    let doctype = "<!DOCTYPE Document [<!ENTITY a \"b\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>\n<Document";
    assert_eq!(
        refused(&changed("<Document", doctype)).problem,
        Problem::Declaration
    );
    assert_eq!(
        refused(&changed("LIBRAIRIE", "&f;")).problem,
        Problem::Declaration
    );
    assert_eq!(
        refused(&changed("LIBRAIRIE", "&#1;")).problem,
        Problem::Malformed("a control character".to_owned())
    );
    let deep = "<a>".repeat(1_000_000);
    assert_eq!(
        refused(&changed("<Svcr>", &format!("<Svcr>{deep}"))).problem,
        Problem::TooDeep
    );
    let long = "x".repeat(limits::STATEMENT_TEXT_CHARS + 1);
    assert_eq!(
        refused(&changed("LIBRAIRIE", &long)).problem,
        Problem::TextTooLong
    );
    let many = "<TxDtls/>".repeat(limits::STATEMENT_TRANSACTIONS);
    let error = refused(&changed("</Btch>", &format!("</Btch>{many}")));
    assert!(matches!(error.problem, Problem::TooMany { .. }), "{error}");
    // Found by fuzzing: the reason repeated the rest of the file.
    let endless = changed("</Svcr>", &format!("</{}>", "Svcr\n".repeat(10_000)));
    assert!(refused(&endless).to_string().len() < 500);
    let wide = vec![b' '; limits::STATEMENT_BYTES + 1];
    assert_eq!(Message::read(&wide).unwrap_err().problem, Problem::TooLarge);
    for end in (0..DAY_02.len()).step_by(7) {
        if DAY_02.is_char_boundary(end) {
            assert!(Message::read(&DAY_02.as_bytes()[..end]).is_err(), "{end}");
        }
    }
    for text in [
        &format!("{DAY_02}<x/>"),
        "",
        "account;amount\n1;2\n",
        "{}",
        "<a",
        &changed("BkToCstmrStmt>", "x>"),
    ] {
        refused(text);
    }
}

#[test]
fn only_utf_8_is_read() {
    let latin: Vec<u8> = changed("UTF-8", "ISO-8859-1")
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    assert_eq!(
        Message::read(&latin).unwrap_err().problem,
        Problem::Encoding
    );
    let (before, _) = DAY_02.split_once("ZOÉ").unwrap();
    assert_eq!(
        Message::read(&latin).unwrap_err().line,
        before.lines().count()
    );
    assert_eq!(
        refused(&changed("UTF-8", "ISO-8859-1")).problem,
        Problem::Encoding
    );
    assert_eq!(read(&format!("\u{feff}{DAY_02}")), read(DAY_02));
}

#[test]
fn a_missing_day_is_noticed() {
    let today = the_day();
    let mut next = the_day();
    next.electronic_sequence = Some(231);
    next.legal_sequence = Some(231);
    next.opening = today.closing;
    assert_eq!(next.follows(&today), Ok(()));
    next.legal_sequence = Some(1);
    assert_eq!(next.follows(&today), Ok(()), "a new year");
    next.legal_sequence = Some(232);
    assert_eq!(
        next.follows(&today),
        Err(NotNext::Gap {
            expected: 231,
            found: 232
        })
    );
    next.legal_sequence = None;
    next.opening.amount += Money::cents(1);
    assert!(matches!(next.follows(&today), Err(NotNext::Balance { .. })));
    next.account = AccountId::Other("1".to_owned());
    assert_eq!(next.follows(&today), Err(NotNext::OtherAccount));
}

proptest! {
    #[test]
    fn damaged_bytes_are_stood(place: prop::sample::Index, byte: u8, keep: prop::sample::Index) {
        let mut bytes = DAY_02.as_bytes().to_vec();
        let at = place.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(at + keep.index(bytes.len()));
        if let Ok(message) = Message::read(&bytes) {
            prop_assert!(message.statements.iter().all(|statement| statement.difference().is_zero()));
        }
    }
}
