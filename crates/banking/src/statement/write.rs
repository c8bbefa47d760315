//! Writing a message as camt.053.001.08, valid after its schema.
//!
//! A value that the schema would refuse is refused here, by name; nothing is cut short to make it fit.

use std::fmt::Write as _;

use jiff::civil::Date;
use quick_xml::escape::escape;
use trade::limits;
use trade::money::Money;

use super::entry::{
    AccountId, BankTransactionCode, Charge, DetailAmount, Direction, Entry, EntryDetails,
    EntryStatus, Party, Reference, Remittance, Transaction,
};
use super::error::Unwritable;
use super::model::{Balance, Message, Statement};
use super::values;

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08";

/// What a part of a message is written with.
type Written = Result<(), Unwritable>;

/// A document that grows.
struct Xml(String);

impl Xml {
    /// An element with what `inner` writes.
    fn element(&mut self, name: &str, inner: impl FnOnce(&mut Xml) -> Written) -> Written {
        // Writing to a String cannot fail.
        let _ = write!(self.0, "<{name}>");
        inner(self)?;
        let _ = writeln!(self.0, "</{name}>");
        Ok(())
    }

    /// An element with a value of the program's own.
    fn value(&mut self, name: &str, value: impl std::fmt::Display) -> Written {
        let _ = writeln!(self.0, "<{name}>{value}</{name}>");
        Ok(())
    }

    /// An element with a text of 1 to `most` characters.
    fn text(&mut self, element: &'static str, most: usize, text: &str) -> Written {
        let fits = (1..=most).contains(&text.chars().count())
            && text.chars().all(values::is_printable)
            && text.trim() == text;
        if !fits {
            return Err(Unwritable::Text { element, most });
        }
        let name = element.rsplit('/').next().unwrap_or(element);
        self.value(name, escape(text))
    }

    /// The same where there is a text.
    fn optional(&mut self, element: &'static str, most: usize, text: &Option<String>) -> Written {
        match text {
            Some(text) => self.text(element, most, text),
            None => Ok(()),
        }
    }

    /// An element with an amount in euros, never below zero.
    fn amount(&mut self, element: &'static str, amount: Money) -> Written {
        if !(0..=limits::STATEMENT_AMOUNT_CENTS).contains(&amount.as_cents()) {
            return Err(Unwritable::Amount { element });
        }
        let name = element.rsplit('/').next().unwrap_or(element);
        let _ = writeln!(self.0, "<{name} Ccy=\"EUR\">{amount}</{name}>");
        Ok(())
    }

    /// The indicator of a direction.
    fn direction(&mut self, direction: Direction) -> Written {
        self.value("CdtDbtInd", values::direction_code(direction))
    }

    /// A day.
    fn day(&mut self, element: &'static str, date: Date) -> Written {
        self.element(element, |xml| xml.value("Dt", checked_day(element, date)?))
    }
}

/// A day in four digits of year, as XML has it.
fn checked_day(element: &'static str, date: Date) -> Result<Date, Unwritable> {
    if (1..=9999).contains(&date.year()) {
        Ok(date)
    } else {
        Err(Unwritable::Value { element })
    }
}

fn checked_number(element: &'static str, number: u64, digits: u32) -> Result<u64, Unwritable> {
    if number < 10_u64.pow(digits) {
        Ok(number)
    } else {
        Err(Unwritable::Value { element })
    }
}

pub(super) fn message(message: &Message) -> Result<String, Unwritable> {
    if message.statements.is_empty() {
        return Err(Unwritable::Empty);
    }
    if values::day_of_instant(&message.created).is_err() {
        return Err(Unwritable::Value { element: "CreDtTm" });
    }
    let mut xml = Xml("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned());
    let _ = write!(xml.0, "<Document xmlns=\"{NAMESPACE}\">");
    xml.element("BkToCstmrStmt", |xml| {
        xml.element("GrpHdr", |xml| {
            xml.text("MsgId", 35, &message.id)?;
            xml.value("CreDtTm", &message.created)
        })?;
        message
            .statements
            .iter()
            .try_for_each(|written| xml.element("Stmt", |xml| statement(xml, written)))
    })?;
    xml.0.push_str("</Document>\n");
    Ok(xml.0)
}

fn statement(xml: &mut Xml, statement: &Statement) -> Written {
    let difference = statement.difference();
    if !difference.is_zero() {
        return Err(Unwritable::Unbalanced(difference));
    }
    xml.text("Stmt/Id", 35, &statement.id)?;
    if let Some(page) = statement.page {
        if page.number == 0 {
            return Err(Unwritable::Value { element: "PgNb" });
        }
        let number = checked_number("PgNb", u64::from(page.number), 5)?;
        xml.element("StmtPgntn", |xml| {
            xml.value("PgNb", number)?;
            xml.value("LastPgInd", page.is_last)
        })?;
    }
    let sequences = [
        ("ElctrncSeqNb", statement.electronic_sequence),
        ("LglSeqNb", statement.legal_sequence),
    ];
    for (element, sequence) in sequences {
        if let Some(number) = sequence {
            xml.value(element, checked_number(element, number, 18)?)?;
        }
    }
    if let Some(period) = statement.period {
        let from = checked_day("FrDtTm", period.from)?;
        let to = checked_day("ToDtTm", period.to)?;
        xml.element("FrToDt", |xml| {
            xml.value("FrDtTm", format_args!("{from}T00:00:00"))?;
            xml.value("ToDtTm", format_args!("{to}T23:59:59"))
        })?;
    }
    xml.element("Acct", |xml| {
        account_id(xml, &statement.account)?;
        xml.value("Ccy", "EUR")?;
        match &statement.owner {
            Some(owner) => xml.element("Ownr", |xml| xml.text("Ownr/Nm", 140, owner)),
            None => Ok(()),
        }
    })?;
    // Parts of a statement begin and end with interim balances.
    let is_first = statement.page.is_none_or(|page| page.number == 1);
    let is_last = statement.page.is_none_or(|page| page.is_last);
    balance(
        xml,
        if is_first { "OPBD" } else { "ITBD" },
        &statement.opening,
    )?;
    balance(
        xml,
        if is_last { "CLBD" } else { "ITBD" },
        &statement.closing,
    )?;
    statement
        .entries
        .iter()
        .try_for_each(|written| xml.element("Ntry", |xml| entry(xml, written)))
}

fn account_id(xml: &mut Xml, account: &AccountId) -> Written {
    xml.element("Id", |xml| match account {
        AccountId::Iban(iban) => xml.value("IBAN", iban),
        AccountId::Other(id) => xml.element("Othr", |xml| xml.text("Othr/Id", 34, id)),
    })
}

fn balance(xml: &mut Xml, code: &str, balance: &Balance) -> Written {
    let (direction, amount) = Direction::of(balance.amount);
    xml.element("Bal", |xml| {
        xml.element("Tp", |xml| {
            xml.element("CdOrPrtry", |xml| xml.value("Cd", code))
        })?;
        xml.amount("Bal/Amt", amount)?;
        xml.direction(direction)?;
        xml.day("Dt", balance.date)
    })
}

fn entry(xml: &mut Xml, entry: &Entry) -> Written {
    xml.optional("NtryRef", 35, &entry.reference)?;
    xml.amount("Ntry/Amt", entry.amount)?;
    xml.direction(entry.direction)?;
    if entry.is_reversal {
        xml.value("RvslInd", true)?;
    }
    xml.element("Sts", |xml| match &entry.status {
        EntryStatus::Other(words) => xml.text("Sts/Prtry", 35, words),
        known => xml.value("Cd", values::status_code(known)),
    })?;
    if let Some(date) = entry.booked_on {
        xml.day("BookgDt", date)?;
    }
    if let Some(date) = entry.value_date {
        xml.day("ValDt", date)?;
    }
    xml.optional("AcctSvcrRef", 35, &entry.servicer_reference)?;
    xml.element("BkTxCd", |xml| bank_transaction_code(xml, &entry.code))?;
    charges(xml, &entry.charges)?;
    for details in &entry.details {
        xml.element("NtryDtls", |xml| entry_details(xml, details))?;
    }
    xml.optional("AddtlNtryInf", 500, &entry.information)
}

fn bank_transaction_code(xml: &mut Xml, code: &BankTransactionCode) -> Written {
    if let Some((domain, family, sub_family)) = &code.domain {
        xml.element("Domn", |xml| {
            xml.text("Domn/Cd", 4, domain)?;
            xml.element("Fmly", |xml| {
                xml.text("Fmly/Cd", 4, family)?;
                xml.text("SubFmlyCd", 4, sub_family)
            })
        })?;
    }
    match &code.proprietary {
        Some((own, issuer)) => xml.element("Prtry", |xml| {
            xml.text("Prtry/Cd", 35, own)?;
            xml.optional("Issr", 35, issuer)
        }),
        None => Ok(()),
    }
}

fn charges(xml: &mut Xml, charges: &[Charge]) -> Written {
    if charges.is_empty() {
        return Ok(());
    }
    xml.element("Chrgs", |xml| {
        charges.iter().try_for_each(|charge| {
            xml.element("Rcrd", |xml| {
                xml.amount("Chrgs/Amt", charge.amount)?;
                xml.direction(charge.direction)?;
                match charge.is_included {
                    Some(is_included) => xml.value("ChrgInclInd", is_included),
                    None => Ok(()),
                }
            })
        })
    })
}

fn entry_details(xml: &mut Xml, details: &EntryDetails) -> Written {
    if let Some(batch) = &details.batch {
        xml.element("Btch", |xml| {
            xml.optional("Btch/MsgId", 35, &batch.message_id)?;
            xml.optional("PmtInfId", 35, &batch.payment_id)?;
            if let Some(count) = batch.count {
                xml.value("NbOfTxs", checked_number("NbOfTxs", count, 15)?)?;
            }
            if let Some(total) = batch.total {
                xml.amount("TtlAmt", total)?;
            }
            batch
                .direction
                .map_or(Ok(()), |direction| xml.direction(direction))
        })?;
    }
    details
        .transactions
        .iter()
        .try_for_each(|written| xml.element("TxDtls", |xml| transaction(xml, written)))
}

fn transaction(xml: &mut Xml, transaction: &Transaction) -> Written {
    let references = [
        ("AcctSvcrRef", &transaction.servicer_reference),
        ("EndToEndId", &transaction.end_to_end_id),
        ("TxId", &transaction.transaction_id),
    ];
    if references.iter().any(|(_, reference)| reference.is_some()) {
        xml.element("Refs", |xml| {
            let mut references = references.into_iter();
            references.try_for_each(|(element, reference)| xml.optional(element, 35, reference))
        })?;
    }
    match &transaction.amount {
        Some(DetailAmount::Euro(amount)) => xml.amount("TxDtls/Amt", *amount)?,
        Some(DetailAmount::Foreign { currency, amount }) => foreign(xml, currency, amount)?,
        None => {}
    }
    if let Some(direction) = transaction.direction {
        xml.direction(direction)?;
    }
    charges(xml, &transaction.charges)?;
    related_parties(xml, transaction)?;
    remittance(xml, &transaction.remittance)?;
    if let Some(reason) = &transaction.return_reason {
        xml.element("RtrInf", |xml| {
            xml.element("Rsn", |xml| xml.text("RtrInf/Rsn/Prtry", 35, reason))
        })?;
    }
    xml.optional("AddtlTxInf", 500, &transaction.information)
}

fn foreign(xml: &mut Xml, currency: &str, amount: &str) -> Written {
    let element = "TxDtls/Amt";
    let is_currency = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
    let (units, decimals) = amount.split_once('.').unwrap_or((amount, "0"));
    let is_number = |digits: &str, most: usize| {
        (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_currency || !is_number(units, 13) || !is_number(decimals, 5) {
        return Err(Unwritable::Value { element });
    }
    let _ = writeln!(xml.0, "<Amt Ccy=\"{currency}\">{amount}</Amt>");
    Ok(())
}

fn related_parties(xml: &mut Xml, transaction: &Transaction) -> Written {
    let Transaction {
        debtor,
        creditor,
        ultimate_debtor,
        ..
    } = transaction;
    if *debtor == Party::default() && *creditor == Party::default() && ultimate_debtor.is_none() {
        return Ok(());
    }
    xml.element("RltdPties", |xml| {
        named(xml, "Dbtr", &debtor.name)?;
        account(xml, "DbtrAcct", debtor)?;
        named(xml, "UltmtDbtr", ultimate_debtor)?;
        named(xml, "Cdtr", &creditor.name)?;
        account(xml, "CdtrAcct", creditor)
    })
}

fn named(xml: &mut Xml, element: &str, name: &Option<String>) -> Written {
    match name {
        Some(name) => xml.element(element, |xml| {
            xml.element("Pty", |xml| xml.text("Pty/Nm", 140, name))
        }),
        None => Ok(()),
    }
}

fn account(xml: &mut Xml, element: &str, party: &Party) -> Written {
    match &party.account {
        Some(id) => xml.element(element, |xml| account_id(xml, id)),
        None => Ok(()),
    }
}

fn remittance(xml: &mut Xml, remittance: &Remittance) -> Written {
    if *remittance == Remittance::default() {
        return Ok(());
    }
    xml.element("RmtInf", |xml| {
        for line in &remittance.unstructured {
            xml.text("Ustrd", 140, line)?;
        }
        for reference in &remittance.references {
            let (is_creditor, text) = match reference {
                Reference::Creditor(reference) => (true, reference.as_str()),
                Reference::Other(text) => (false, text.as_str()),
            };
            xml.element("Strd", |xml| {
                xml.element("CdtrRefInf", |xml| {
                    if is_creditor {
                        creditor_reference_type(xml)?;
                    }
                    xml.text("CdtrRefInf/Ref", 35, text)
                })
            })?;
        }
        for line in &remittance.additional {
            xml.element("Strd", |xml| xml.text("AddtlRmtInf", 140, line))?;
        }
        Ok(())
    })
}

/// A structured communication reference, issued by ISO: what an RF reference is called.
fn creditor_reference_type(xml: &mut Xml) -> Written {
    xml.element("Tp", |xml| {
        xml.element("CdOrPrtry", |xml| xml.value("Cd", "SCOR"))?;
        xml.value("Issr", "ISO")
    })
}
