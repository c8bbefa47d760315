//! Reading a message: group header, statements, accounts, balances.

use jiff::civil::Date;
use trade::limits;
use trade::money::Money;

use super::entry::{AccountId, Direction};
use super::error::{Problem, ReadError};
use super::model::{Balance, Message, Page, Period, Statement};
use super::read_entry;
use super::values;
use super::walk::{Tag, Walk};
use crate::iban::Iban;

/// What the names of the messages of ISO 20022 begin with.
const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:";
const STATEMENT: &str = "camt.053.001.";
/// The first version that banks send.
const FIRST_VERSION: u32 = 2;
const CURRENCY: &str = "EUR";

/// How much of what is bounded over the whole file was read.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) entries: usize,
    pub(super) transactions: usize,
}

pub(super) fn message(bytes: &[u8]) -> Result<Message, ReadError> {
    let mut walk = Walk::new(bytes)?;
    walk.root(|walk, root| {
        check_kind(walk, &root)?;
        let mut message = None;
        walk.children(|walk, tag| match tag.name() {
            "BkToCstmrStmt" => {
                let read = bank_to_customer(walk)?;
                once(walk, &mut message, read, "BkToCstmrStmt")
            }
            _ => Ok(()),
        })?;
        message.ok_or_else(|| walk.missing("BkToCstmrStmt"))
    })
}

/// Checks that the file is a camt.053 of a version that is read.
fn check_kind(walk: &Walk<'_>, root: &Tag<'_>) -> Result<(), ReadError> {
    let not_a_statement = |found: &str| {
        let found = found.chars().take(60).collect();
        Err(walk.error(Problem::NotAStatement { found }))
    };
    let namespace = root.namespace().unwrap_or_default();
    let Some(name) = namespace.strip_prefix(NAMESPACE) else {
        return not_a_statement(if namespace.is_empty() {
            root.name()
        } else {
            &namespace
        });
    };
    let Some(version) = name.strip_prefix(STATEMENT) else {
        return not_a_statement(name);
    };
    let is_read = version.len() == 2
        && version.bytes().all(|byte| byte.is_ascii_digit())
        && version
            .parse()
            .is_ok_and(|number: u32| number >= FIRST_VERSION);
    if root.name() != "Document" {
        not_a_statement(root.name())
    } else if is_read {
        Ok(())
    } else {
        let found = name.chars().take(60).collect();
        Err(walk.error(Problem::Version { found }))
    }
}

/// Keeps a value that may be there once.
pub(super) fn once<T>(
    walk: &Walk<'_>,
    place: &mut Option<T>,
    value: T,
    element: &'static str,
) -> Result<(), ReadError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(walk.error(Problem::Repeated { element })),
    }
}

/// Keeps a text that may be there once; an empty one says nothing.
pub(super) fn text_once(
    walk: &mut Walk<'_>,
    place: &mut Option<String>,
    element: &'static str,
) -> Result<(), ReadError> {
    let text = walk.text()?;
    if text.is_empty() {
        return Ok(());
    }
    once(walk, place, text, element)
}

fn bank_to_customer(walk: &mut Walk<'_>) -> Result<Message, ReadError> {
    let (mut id, mut created) = (None, None);
    let mut statements = Vec::new();
    let mut counts = Counts::default();
    let mut page = None;
    walk.children(|walk, tag| match tag.name() {
        "GrpHdr" => walk.children(|walk, tag| match tag.name() {
            "MsgId" => text_once(walk, &mut id, "MsgId"),
            "CreDtTm" => {
                let read =
                    walk.value(|text| values::day_of_instant(text).map(|_| text.to_owned()))?;
                once(walk, &mut created, read, "CreDtTm")
            }
            "MsgPgntn" => {
                let read = read_page(walk)?;
                once(walk, &mut page, read, "MsgPgntn")
            }
            _ => Ok(()),
        }),
        "Stmt" => {
            if statements.len() == limits::STATEMENTS_PER_FILE {
                let (what, limit) = ("statements", limits::STATEMENTS_PER_FILE);
                return Err(walk.error(Problem::TooMany { what, limit }));
            }
            statements.push(statement(walk, page, &mut counts)?);
            Ok(())
        }
        _ => Ok(()),
    })?;
    if statements.is_empty() {
        return Err(walk.missing("Stmt"));
    }
    Ok(Message {
        id: id.ok_or_else(|| walk.missing("GrpHdr/MsgId"))?,
        created: created.ok_or_else(|| walk.missing("GrpHdr/CreDtTm"))?,
        statements,
    })
}

/// What was read of a statement so far.
#[derive(Default)]
struct Parts {
    id: Option<String>,
    page: Option<Page>,
    electronic_sequence: Option<u64>,
    legal_sequence: Option<u64>,
    period: Option<Period>,
    account: Option<(AccountId, Option<String>)>,
    balances: Vec<(String, Balance)>,
    entries: Vec<super::entry::Entry>,
}

/// Reads a statement. Versions 02 and 03 say only of the message which part it is (`message_page`).
fn statement(
    walk: &mut Walk<'_>,
    message_page: Option<Page>,
    counts: &mut Counts,
) -> Result<Statement, ReadError> {
    let path = walk.here();
    let mut parts = Parts::default();
    walk.children(|walk, tag| statement_child(walk, &tag, &mut parts, counts))?;
    parts.page = parts.page.or(message_page);
    whole(parts).map_err(|problem| ReadError {
        path,
        ..walk.error(problem)
    })
}

fn statement_child(
    walk: &mut Walk<'_>,
    tag: &Tag<'_>,
    parts: &mut Parts,
    counts: &mut Counts,
) -> Result<(), ReadError> {
    match tag.name() {
        "Id" => text_once(walk, &mut parts.id, "Id"),
        "StmtPgntn" => {
            let read = read_page(walk)?;
            once(walk, &mut parts.page, read, "StmtPgntn")
        }
        "ElctrncSeqNb" => {
            let read = walk.value(values::number)?;
            once(walk, &mut parts.electronic_sequence, read, "ElctrncSeqNb")
        }
        "LglSeqNb" => {
            let read = walk.value(values::number)?;
            once(walk, &mut parts.legal_sequence, read, "LglSeqNb")
        }
        "FrToDt" => {
            let read = read_period(walk)?;
            once(walk, &mut parts.period, read, "FrToDt")
        }
        "Acct" => {
            let read = own_account(walk)?;
            once(walk, &mut parts.account, read, "Acct")
        }
        "Bal" => {
            parts.balances.extend(read_balance(walk)?);
            Ok(())
        }
        "Ntry" => {
            counts.entries += 1;
            if counts.entries > limits::STATEMENT_ENTRIES {
                let (what, limit) = ("entries", limits::STATEMENT_ENTRIES);
                return Err(walk.error(Problem::TooMany { what, limit }));
            }
            parts.entries.push(read_entry::entry(walk, counts)?);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The statement of the parts, if it adds up.
fn whole(parts: Parts) -> Result<Statement, Problem> {
    let missing = |element| Problem::Missing { element };
    let is_first = parts.page.is_none_or(|page| page.number == 1);
    let is_last = parts.page.is_none_or(|page| page.is_last);
    let (account, owner) = parts.account.ok_or(missing("Acct"))?;
    let opening = opening(&parts.balances, is_first)?;
    let closing = closing(&parts.balances, is_last)?;
    let statement = Statement {
        id: parts.id.ok_or(missing("Id"))?,
        page: parts.page,
        electronic_sequence: parts.electronic_sequence,
        legal_sequence: parts.legal_sequence,
        period: parts.period,
        account,
        owner,
        opening: opening.ok_or(missing("the opening balance (Bal with OPBD or PRCD)"))?,
        closing: closing.ok_or(missing("the closing balance (Bal with CLBD)"))?,
        entries: parts.entries,
    };
    if statement.difference() == Money::ZERO {
        return Ok(statement);
    }
    Err(Problem::Unbalanced {
        opening: statement.opening.amount,
        booked: statement.booked().map(super::entry::Entry::signed).sum(),
        closing: statement.closing.amount,
    })
}

fn opening(balances: &[(String, Balance)], is_first: bool) -> Result<Option<Balance>, Problem> {
    for (code, element) in [("OPBD", "Bal with OPBD"), ("PRCD", "Bal with PRCD")] {
        if let Some(balance) = only(balances, code, element)? {
            return Ok(Some(balance));
        }
    }
    let mut interim = balances.iter().filter(|(code, _)| code == "ITBD");
    Ok(interim
        .next()
        .filter(|_| !is_first)
        .map(|(_, found)| *found))
}

fn closing(balances: &[(String, Balance)], is_last: bool) -> Result<Option<Balance>, Problem> {
    if let Some(balance) = only(balances, "CLBD", "Bal with CLBD")? {
        return Ok(Some(balance));
    }
    let mut interim = balances.iter().rev().filter(|(code, _)| code == "ITBD");
    Ok(interim.next().filter(|_| !is_last).map(|(_, found)| *found))
}

/// The balance of that kind, of which there may be one.
fn only(
    balances: &[(String, Balance)],
    code: &str,
    element: &'static str,
) -> Result<Option<Balance>, Problem> {
    let mut found = balances.iter().filter(|(kind, _)| kind == code);
    let first = found.next();
    match found.next() {
        None => Ok(first.map(|(_, balance)| *balance)),
        Some(_) => Err(Problem::Repeated { element }),
    }
}

fn read_page(walk: &mut Walk<'_>) -> Result<Page, ReadError> {
    let (mut number, mut is_last) = (None, None);
    walk.children(|walk, tag| match tag.name() {
        "PgNb" => {
            let expected = "a page's number";
            let read = walk.value(|text| {
                let number: Option<u32> = text.parse().ok().filter(|number| *number > 0);
                number.ok_or_else(|| values::unreadable(text, expected))
            })?;
            once(walk, &mut number, read, "PgNb")
        }
        "LastPgInd" => {
            let read = walk.value(values::indicator)?;
            once(walk, &mut is_last, read, "LastPgInd")
        }
        _ => Ok(()),
    })?;
    Ok(Page {
        number: number.ok_or_else(|| walk.missing("PgNb"))?,
        is_last: is_last.ok_or_else(|| walk.missing("LastPgInd"))?,
    })
}

fn read_period(walk: &mut Walk<'_>) -> Result<Period, ReadError> {
    let (mut from, mut to) = (None, None);
    walk.children(|walk, tag| match tag.name() {
        "FrDtTm" => {
            let read = walk.value(values::day_of_instant)?;
            once(walk, &mut from, read, "FrDtTm")
        }
        "ToDtTm" => {
            let read = walk.value(values::day_of_instant)?;
            once(walk, &mut to, read, "ToDtTm")
        }
        _ => Ok(()),
    })?;
    Ok(Period {
        from: from.ok_or_else(|| walk.missing("FrDtTm"))?,
        to: to.ok_or_else(|| walk.missing("ToDtTm"))?,
    })
}

/// The account of the statement and its owner. What stands there as its IBAN must be one.
fn own_account(walk: &mut Walk<'_>) -> Result<(AccountId, Option<String>), ReadError> {
    let (mut id, mut owner) = (None, None);
    walk.children(|walk, tag| match tag.name() {
        "Id" => walk.children(|walk, tag| match tag.name() {
            "IBAN" => {
                let iban = walk.value(|text| Iban::parse(text).map_err(Problem::Iban))?;
                once(walk, &mut id, AccountId::Iban(iban), "Acct/Id")
            }
            "Othr" => {
                let other = read_entry::other_id(walk)?;
                once(walk, &mut id, other, "Acct/Id")
            }
            _ => Ok(()),
        }),
        "Ccy" => walk.value(|text| check_currency(Some(text))),
        "Ownr" => walk.children(|walk, tag| match tag.name() {
            "Nm" => text_once(walk, &mut owner, "Ownr/Nm"),
            _ => Ok(()),
        }),
        _ => Ok(()),
    })?;
    Ok((id.ok_or_else(|| walk.missing("Acct/Id"))?, owner))
}

fn check_currency(currency: Option<&str>) -> Result<(), Problem> {
    match currency {
        Some(CURRENCY) => Ok(()),
        Some(other) => Err(Problem::Currency(other.chars().take(10).collect())),
        None => Err(Problem::Missing { element: "Ccy" }),
    }
}

/// An amount that must be in euros.
pub(super) fn euros(walk: &mut Walk<'_>, tag: &Tag<'_>) -> Result<Money, ReadError> {
    let currency = tag.attribute("Ccy");
    walk.value(|text| {
        check_currency(currency.as_deref())?;
        values::amount(text)
    })
}

/// A day given as `Dt` or as `DtTm`.
pub(super) fn day(walk: &mut Walk<'_>) -> Result<Date, ReadError> {
    let mut day = None;
    walk.children(|walk, tag| {
        let read = match tag.name() {
            "Dt" => walk.value(values::day)?,
            "DtTm" => walk.value(values::day_of_instant)?,
            _ => return Ok(()),
        };
        once(walk, &mut day, read, "Dt")
    })?;
    day.ok_or_else(|| walk.missing("Dt or DtTm"))
}

/// The balances that are needed; available and forward balances move no money and are passed over.
const BALANCES: [&str; 4] = ["OPBD", "PRCD", "ITBD", "CLBD"];

fn read_balance(walk: &mut Walk<'_>) -> Result<Option<(String, Balance)>, ReadError> {
    let mut code: Option<String> = None;
    let (mut amount, mut direction, mut date): (_, Option<Direction>, _) = (None, None, None);
    walk.children(|walk, tag| match tag.name() {
        "Tp" => walk.children(|walk, tag| match tag.name() {
            "CdOrPrtry" => walk.children(|walk, tag| match tag.name() {
                "Cd" => text_once(walk, &mut code, "Cd"),
                _ => Ok(()),
            }),
            _ => Ok(()),
        }),
        // Type comes before amount in the standard: a balance that is not needed may be in any currency.
        _ if !code.as_deref().is_some_and(|code| BALANCES.contains(&code)) => Ok(()),
        "Amt" => {
            let read = euros(walk, &tag)?;
            once(walk, &mut amount, read, "Amt")
        }
        "CdtDbtInd" => {
            let read = walk.value(values::direction)?;
            once(walk, &mut direction, read, "CdtDbtInd")
        }
        "Dt" => {
            let read = day(walk)?;
            once(walk, &mut date, read, "Dt")
        }
        _ => Ok(()),
    })?;
    let Some(code) = code.filter(|code| BALANCES.contains(&code.as_str())) else {
        return Ok(None);
    };
    let balance = Balance::of(
        amount.ok_or_else(|| walk.missing("Bal/Amt"))?,
        direction.ok_or_else(|| walk.missing("Bal/CdtDbtInd"))?,
        date.ok_or_else(|| walk.missing("Bal/Dt"))?,
    );
    Ok(Some((code, balance)))
}
