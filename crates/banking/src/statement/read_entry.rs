//! Reading entries and their transactions, in the forms of all versions.

use trade::limits;

use super::entry::{
    AccountId, BankTransactionCode, BatchDetails, Charge, DetailAmount, Direction, Entry,
    EntryDetails, EntryStatus, Party, Reference, Remittance, Transaction,
};
use super::error::{Problem, ReadError};
use super::read::{Counts, day, euros, once, text_once};
use super::values;
use super::walk::{Tag, Walk};
use crate::creditor_reference::CreditorReference;
use crate::iban::Iban;

/// What payers write who give no end-to-end id.
const NOT_PROVIDED: &str = "NOTPROVIDED";

/// What was read of an entry so far.
#[derive(Default)]
struct Parts {
    reference: Option<String>,
    amount: Option<trade::money::Money>,
    direction: Option<Direction>,
    is_reversal: Option<bool>,
    status: Option<EntryStatus>,
    booked_on: Option<jiff::civil::Date>,
    value_date: Option<jiff::civil::Date>,
    servicer_reference: Option<String>,
    code: Option<BankTransactionCode>,
    charges: Vec<Charge>,
    details: Vec<EntryDetails>,
    information: Option<String>,
}

pub(super) fn entry(walk: &mut Walk<'_>, counts: &mut Counts) -> Result<Entry, ReadError> {
    let path = walk.here();
    let mut parts = Parts::default();
    walk.children(|walk, tag| entry_child(walk, &tag, &mut parts, counts))?;
    whole(parts).map_err(|element| ReadError {
        path,
        ..walk.missing(element)
    })
}

fn entry_child(
    walk: &mut Walk<'_>,
    tag: &Tag<'_>,
    parts: &mut Parts,
    counts: &mut Counts,
) -> Result<(), ReadError> {
    match tag.name() {
        "NtryRef" => text_once(walk, &mut parts.reference, "NtryRef"),
        "Amt" => {
            let read = euros(walk, tag)?;
            once(walk, &mut parts.amount, read, "Amt")
        }
        "CdtDbtInd" => {
            let read = walk.value(values::direction)?;
            once(walk, &mut parts.direction, read, "CdtDbtInd")
        }
        "RvslInd" => {
            let read = walk.value(values::indicator)?;
            once(walk, &mut parts.is_reversal, read, "RvslInd")
        }
        "Sts" => {
            let read = status(walk)?;
            once(walk, &mut parts.status, read, "Sts")
        }
        "BookgDt" => {
            let read = day(walk)?;
            once(walk, &mut parts.booked_on, read, "BookgDt")
        }
        "ValDt" => {
            let read = day(walk)?;
            once(walk, &mut parts.value_date, read, "ValDt")
        }
        "AcctSvcrRef" => text_once(walk, &mut parts.servicer_reference, "AcctSvcrRef"),
        "BkTxCd" => {
            let read = bank_transaction_code(walk)?;
            once(walk, &mut parts.code, read, "BkTxCd")
        }
        "Chrgs" => charges(walk, &mut parts.charges),
        "NtryDtls" => {
            parts.details.push(entry_details(walk, counts)?);
            Ok(())
        }
        "AddtlNtryInf" => text_once(walk, &mut parts.information, "AddtlNtryInf"),
        _ => Ok(()),
    }
}

/// The entry of the parts, or the element that is missing.
fn whole(parts: Parts) -> Result<Entry, &'static str> {
    Ok(Entry {
        reference: parts.reference,
        amount: parts.amount.ok_or("Amt")?,
        direction: parts.direction.ok_or("CdtDbtInd")?,
        is_reversal: parts.is_reversal.unwrap_or(false),
        status: parts.status.ok_or("Sts")?,
        booked_on: parts.booked_on,
        value_date: parts.value_date,
        servicer_reference: parts.servicer_reference,
        code: parts.code.ok_or("BkTxCd")?,
        charges: parts.charges,
        details: parts.details,
        information: parts.information,
    })
}

/// A status: as words in versions 02 to 06, in an element `Cd` or `Prtry` since. A bank's own word is never taken for
/// the standard's, however it is spelled.
fn status(walk: &mut Walk<'_>) -> Result<EntryStatus, ReadError> {
    let (mut code, mut own) = (None, None);
    let words = walk.words_or_children(|walk, tag| match tag.name() {
        "Cd" => text_once(walk, &mut code, "Sts/Cd"),
        "Prtry" => text_once(walk, &mut own, "Sts/Prtry"),
        _ => Ok(()),
    })?;
    match (words.or(code), own) {
        (Some(code), None) => Ok(values::status(&code)),
        (None, Some(own)) => Ok(EntryStatus::Other(own)),
        _ => Err(walk.missing("Sts/Cd")),
    }
}

fn bank_transaction_code(walk: &mut Walk<'_>) -> Result<BankTransactionCode, ReadError> {
    let (mut domain, mut family, mut sub_family) = (None, None, None);
    let (mut own, mut issuer) = (None, None);
    walk.children(|walk, tag| match tag.name() {
        "Domn" => walk.children(|walk, tag| match tag.name() {
            "Cd" => text_once(walk, &mut domain, "Domn/Cd"),
            "Fmly" => walk.children(|walk, tag| match tag.name() {
                "Cd" => text_once(walk, &mut family, "Fmly/Cd"),
                "SubFmlyCd" => text_once(walk, &mut sub_family, "SubFmlyCd"),
                _ => Ok(()),
            }),
            _ => Ok(()),
        }),
        "Prtry" => walk.children(|walk, tag| match tag.name() {
            "Cd" => text_once(walk, &mut own, "Prtry/Cd"),
            "Issr" => text_once(walk, &mut issuer, "Issr"),
            _ => Ok(()),
        }),
        _ => Ok(()),
    })?;
    let domain = match (domain, family, sub_family) {
        (None, None, None) => None,
        (Some(domain), Some(family), Some(sub_family)) => Some((domain, family, sub_family)),
        _ => return Err(walk.missing("BkTxCd/Domn/Fmly/SubFmlyCd")),
    };
    Ok(BankTransactionCode {
        domain,
        proprietary: own.map(|own| (own, issuer)),
    })
}

/// Charges: one in each `Chrgs` in versions 02 and 03, each in a `Rcrd` since.
fn charges(walk: &mut Walk<'_>, charges: &mut Vec<Charge>) -> Result<(), ReadError> {
    let mut parts = ChargeParts::default();
    walk.children(|walk, tag| match tag.name() {
        "Rcrd" => {
            let mut parts = ChargeParts::default();
            walk.children(|walk, tag| charge_child(walk, &tag, &mut parts))?;
            let charge = parts.whole().ok_or_else(|| walk.missing("Rcrd/Amt"))?;
            charges.push(charge);
            Ok(())
        }
        _ => charge_child(walk, &tag, &mut parts),
    })?;
    charges.extend(parts.whole());
    Ok(())
}

#[derive(Default)]
struct ChargeParts {
    amount: Option<trade::money::Money>,
    direction: Option<Direction>,
    is_included: Option<bool>,
}

impl ChargeParts {
    fn whole(self) -> Option<Charge> {
        Some(Charge {
            amount: self.amount?,
            direction: self.direction.unwrap_or(Direction::Debit),
            is_included: self.is_included,
        })
    }
}

fn charge_child(
    walk: &mut Walk<'_>,
    tag: &Tag<'_>,
    parts: &mut ChargeParts,
) -> Result<(), ReadError> {
    match tag.name() {
        "Amt" => {
            let read = euros(walk, tag)?;
            once(walk, &mut parts.amount, read, "Chrgs/Amt")
        }
        "CdtDbtInd" => {
            let read = walk.value(values::direction)?;
            once(walk, &mut parts.direction, read, "Chrgs/CdtDbtInd")
        }
        "ChrgInclInd" => {
            let read = walk.value(values::indicator)?;
            once(walk, &mut parts.is_included, read, "ChrgInclInd")
        }
        _ => Ok(()),
    }
}

fn entry_details(walk: &mut Walk<'_>, counts: &mut Counts) -> Result<EntryDetails, ReadError> {
    let mut details = EntryDetails::default();
    walk.children(|walk, tag| match tag.name() {
        "Btch" => {
            let read = batch(walk)?;
            once(walk, &mut details.batch, read, "Btch")
        }
        "TxDtls" => {
            counts.transactions += 1;
            if counts.transactions > limits::STATEMENT_TRANSACTIONS {
                let (what, limit) = ("transactions", limits::STATEMENT_TRANSACTIONS);
                return Err(walk.error(Problem::TooMany { what, limit }));
            }
            details.transactions.push(transaction(walk)?);
            Ok(())
        }
        _ => Ok(()),
    })?;
    Ok(details)
}

fn batch(walk: &mut Walk<'_>) -> Result<BatchDetails, ReadError> {
    let mut batch = BatchDetails::default();
    walk.children(|walk, tag| match tag.name() {
        "MsgId" => text_once(walk, &mut batch.message_id, "Btch/MsgId"),
        "PmtInfId" => text_once(walk, &mut batch.payment_id, "Btch/PmtInfId"),
        "NbOfTxs" => {
            let read = walk.value(values::number)?;
            once(walk, &mut batch.count, read, "NbOfTxs")
        }
        "TtlAmt" => {
            let read = euros(walk, &tag)?;
            once(walk, &mut batch.total, read, "TtlAmt")
        }
        "CdtDbtInd" => {
            let read = walk.value(values::direction)?;
            once(walk, &mut batch.direction, read, "Btch/CdtDbtInd")
        }
        _ => Ok(()),
    })?;
    Ok(batch)
}

fn transaction(walk: &mut Walk<'_>) -> Result<Transaction, ReadError> {
    let mut transaction = Transaction::default();
    let mut detailed = None;
    walk.children(|walk, tag| match tag.name() {
        "Refs" => references(walk, &mut transaction),
        "Amt" => {
            let read = detail_amount(walk, &tag)?;
            once(walk, &mut transaction.amount, read, "TxDtls/Amt")
        }
        "CdtDbtInd" => {
            let read = walk.value(values::direction)?;
            once(walk, &mut transaction.direction, read, "TxDtls/CdtDbtInd")
        }
        "AmtDtls" => walk.children(|walk, tag| match tag.name() {
            "TxAmt" => walk.children(|walk, tag| match tag.name() {
                "Amt" => {
                    let read = detail_amount(walk, &tag)?;
                    once(walk, &mut detailed, read, "TxAmt/Amt")
                }
                _ => Ok(()),
            }),
            _ => Ok(()),
        }),
        "Chrgs" => charges(walk, &mut transaction.charges),
        "RltdPties" => related_parties(walk, &mut transaction),
        "RmtInf" => remittance(walk, &mut transaction.remittance),
        "RtrInf" => return_reason(walk, &mut transaction.return_reason),
        "AddtlTxInf" => text_once(walk, &mut transaction.information, "AddtlTxInf"),
        _ => Ok(()),
    })?;
    // Versions 02 and 03 have no other place for it.
    transaction.amount = transaction.amount.or(detailed);
    Ok(transaction)
}

fn references(walk: &mut Walk<'_>, transaction: &mut Transaction) -> Result<(), ReadError> {
    walk.children(|walk, tag| match tag.name() {
        "AcctSvcrRef" => text_once(
            walk,
            &mut transaction.servicer_reference,
            "Refs/AcctSvcrRef",
        ),
        "EndToEndId" => text_once(walk, &mut transaction.end_to_end_id, "EndToEndId"),
        "TxId" => text_once(walk, &mut transaction.transaction_id, "TxId"),
        _ => Ok(()),
    })?;
    let end_to_end_id = transaction.end_to_end_id.take();
    transaction.end_to_end_id = end_to_end_id.filter(|id| id != NOT_PROVIDED);
    Ok(())
}

fn detail_amount(walk: &mut Walk<'_>, tag: &Tag<'_>) -> Result<DetailAmount, ReadError> {
    match tag.attribute("Ccy") {
        Some(currency) if currency != "EUR" => walk.value(|amount| {
            let is_currency =
                currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase());
            let is_amount = (1..=19).contains(&amount.len())
                && amount.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            if !is_currency {
                return Err(Problem::Currency(currency.chars().take(10).collect()));
            }
            if !is_amount {
                return Err(Problem::Amount(amount.chars().take(40).collect()));
            }
            Ok(DetailAmount::Foreign {
                currency: currency.clone(),
                amount: amount.to_owned(),
            })
        }),
        _ => euros(walk, tag).map(DetailAmount::Euro),
    }
}

fn related_parties(walk: &mut Walk<'_>, transaction: &mut Transaction) -> Result<(), ReadError> {
    let Transaction {
        debtor,
        creditor,
        ultimate_debtor,
        ..
    } = transaction;
    walk.children(|walk, tag| match tag.name() {
        "Dbtr" => name(walk, &mut debtor.name),
        "DbtrAcct" => account(walk, debtor),
        "UltmtDbtr" => name(walk, ultimate_debtor),
        "Cdtr" => name(walk, &mut creditor.name),
        "CdtrAcct" => account(walk, creditor),
        _ => Ok(()),
    })
}

/// A party's name: in the party itself in versions 02 to 07, in an element `Pty` since.
fn name(walk: &mut Walk<'_>, name: &mut Option<String>) -> Result<(), ReadError> {
    walk.children(|walk, tag| match tag.name() {
        "Nm" => text_once(walk, name, "Nm"),
        "Pty" => walk.children(|walk, tag| match tag.name() {
            "Nm" => text_once(walk, name, "Nm"),
            _ => Ok(()),
        }),
        _ => Ok(()),
    })
}

fn account(walk: &mut Walk<'_>, party: &mut Party) -> Result<(), ReadError> {
    walk.children(|walk, tag| match tag.name() {
        "Id" => walk.children(|walk, tag| match tag.name() {
            "IBAN" => {
                let text = walk.text()?;
                let id = Iban::parse(&text).map_or(AccountId::Other(text), AccountId::Iban);
                once(walk, &mut party.account, id, "IBAN")
            }
            "Othr" => {
                let other = other_id(walk)?;
                once(walk, &mut party.account, other, "Othr")
            }
            _ => Ok(()),
        }),
        _ => Ok(()),
    })
}

/// An account's number that is no IBAN.
pub(super) fn other_id(walk: &mut Walk<'_>) -> Result<AccountId, ReadError> {
    let mut id = None;
    walk.children(|walk, tag| match tag.name() {
        "Id" => text_once(walk, &mut id, "Othr/Id"),
        _ => Ok(()),
    })?;
    id.map(AccountId::Other)
        .ok_or_else(|| walk.missing("Othr/Id"))
}

fn remittance(walk: &mut Walk<'_>, remittance: &mut Remittance) -> Result<(), ReadError> {
    walk.children(|walk, tag| match tag.name() {
        "Ustrd" => push_text(walk, &mut remittance.unstructured),
        "Strd" => walk.children(|walk, tag| match tag.name() {
            "CdtrRefInf" => walk.children(|walk, tag| match tag.name() {
                "Ref" => {
                    let text = walk.text()?;
                    let reference = CreditorReference::parse(&text).map(Reference::Creditor);
                    if !text.is_empty() {
                        let other = |_| Reference::Other(text);
                        remittance.references.push(reference.unwrap_or_else(other));
                    }
                    Ok(())
                }
                _ => Ok(()),
            }),
            "AddtlRmtInf" => push_text(walk, &mut remittance.additional),
            _ => Ok(()),
        }),
        _ => Ok(()),
    })
}

fn push_text(walk: &mut Walk<'_>, texts: &mut Vec<String>) -> Result<(), ReadError> {
    let text = walk.text()?;
    if !text.is_empty() {
        texts.push(text);
    }
    Ok(())
}

fn return_reason(walk: &mut Walk<'_>, reason: &mut Option<String>) -> Result<(), ReadError> {
    walk.children(|walk, tag| match tag.name() {
        "Rsn" => walk.children(|walk, tag| match tag.name() {
            "Cd" | "Prtry" => text_once(walk, reason, "RtrInf/Rsn"),
            _ => Ok(()),
        }),
        _ => Ok(()),
    })
}
