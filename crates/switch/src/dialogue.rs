//! What is said to the bank, field by field, and what its answers mean.
//!
//! Only [`authorisation`] is ever given a card. Every later message names the payment by what both
//! sides know of the first one: fields 37, 38 and 90. A reversal after captures lifts what is not captured: field 95
//! (ISO 8583:1987) says what of the authorisation stays.

use banking::clearing::{ApprovalCode, Malformed, MerchantNumber, RetrievalReference};
use cards::expiry::yymm;
use cards::iso8583::{
    ASCII_1987, Field, FieldError, Message, Mti, OriginalData, ReplacementAmounts,
};
use cards::messages::Redeemed;
use trade::clock::Timestamp;
use trade::money::Money;

use crate::journal::Trace;
use crate::journal::advice::{Advice, Kind};
use crate::journal::payment::{Payment, Verdict};
use crate::response;

/// Who the bank knows the bookseller as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merchant {
    terminal: String,
    merchant: String,
    acquirer: u64,
}

impl Merchant {
    /// A terminal of exactly 8 and a merchant number of exactly 15 printable characters, and the
    /// acquirer's identification of at most 11 digits, all as the bank's contract says.
    ///
    /// # Errors
    /// The field that does not fit.
    pub fn new(terminal: &str, merchant: &str, acquirer: u64) -> Result<Merchant, FieldError> {
        Message::new(&ASCII_1987, Mti::NETWORK)
            .with(Field::TERMINAL, terminal)?
            .with(Field::MERCHANT, merchant)?
            .with(Field::ACQUIRER, &acquirer.to_string())?;
        Ok(Merchant {
            terminal: terminal.to_owned(),
            merchant: merchant.to_owned(),
            acquirer,
        })
    }

    /// Its number, as clearing batches name it.
    pub(crate) fn number(&self) -> Result<MerchantNumber, Malformed> {
        MerchantNumber::parse(&self.merchant)
    }

    /// The merchant of the demonstration.
    #[must_use]
    pub fn demo() -> Merchant {
        Merchant {
            terminal: "BOUQUIN1".to_owned(),
            merchant: "BOUQUIN DEMO   ".to_owned(),
            acquirer: 99_999,
        }
    }
}

/// Goods and services.
const PURCHASE: &str = "000000";
const REFUND: &str = "200000";
/// ISO 18245: book stores.
const BOOK_SHOP: &str = "5942";
/// Number typed in, no PIN.
const TYPED: &str = "012";
const ELECTRONIC_COMMERCE: &str = "59";
pub(crate) const SIGN_ON: &str = "001";
pub(crate) const SIGN_OFF: &str = "002";
/// Between the two sides here: a new session, because its keys are TLS's and no others.
pub(crate) const KEY_CHANGE: &str = "161";
pub(crate) const ECHO: &str = "301";

/// 0100: may this card be charged? The message owns a copy of the card's digits until it is encoded
/// and dropped; both copies are wiped.
pub(crate) fn authorisation(
    merchant: &Merchant,
    payment: &Payment,
    trace: Trace,
    now: Timestamp,
    card: &Redeemed,
) -> Result<Message, FieldError> {
    let local = now.in_paris();
    let message = about(merchant, Mti::AUTHORISATION, payment, payment.amount, trace)?
        .with(Field::PROCESSING_CODE, PURCHASE)?
        .with(Field::PAN, card.pan.expose_digits())?
        .with(Field::EXPIRY, &yymm(card.expiry))?
        .with(Field::LOCAL_TIME, &local.strftime("%H%M%S").to_string())?
        .with(Field::LOCAL_DATE, &local.strftime("%m%d").to_string())?
        .with(Field::MERCHANT_TYPE, BOOK_SHOP)?
        .with(Field::ENTRY_MODE, TYPED)?
        .with(Field::CONDITION_CODE, ELECTRONIC_COMMERCE)?;
    match &card.csc {
        Some(csc) => message.with(Field::SECURITY_CODE, csc.expose_digits()),
        None => Ok(message),
    }
}

/// 0220, 0200 or 0400, or its repeat when it was tried before. `None` when the payment has no 0100
/// that it could be about.
pub(crate) fn advice(
    merchant: &Merchant,
    payment: &Payment,
    advice: &Advice,
) -> Option<Result<Message, FieldError>> {
    let (mti, processing) = match advice.kind {
        Kind::Capture(_) => (Mti::FINANCIAL_ADVICE, PURCHASE),
        Kind::Refund(_) => (Mti::FINANCIAL, REFUND),
        Kind::Reversal => (Mti::REVERSAL, PURCHASE),
    };
    let mti = if advice.tries > 0 { mti.repeat() } else { mti };
    let original = OriginalData {
        mti: Mti::AUTHORISATION,
        stan: payment.trace?.stan,
        transmitted: payment.trace?.transmitted,
        acquirer: merchant.acquirer,
    };
    let build = || {
        let mut message = about(merchant, mti, payment, advice.amount, advice.trace)?
            .with(Field::PROCESSING_CODE, processing)?
            .with(Field::ORIGINAL_DATA, &original.to_string())?;
        if let Some(reference) = &payment.retrieval_reference {
            message.set(Field::RETRIEVAL_REFERENCE, reference)?;
        }
        if let Some(code) = &payment.approval_code {
            // The bank may have filled it up with spaces; the journal has it without.
            message.set(Field::APPROVAL_CODE, &format!("{code:<6}"))?;
        }
        match advice.kind.movement() {
            Some(movement) => message.set(Field::MOVEMENT_REFERENCE, &movement)?,
            None if payment.captured.is_zero() => {}
            None => {
                let actual = payment.captured;
                let stays = ReplacementAmounts { actual }.to_string();
                message.set(Field::REPLACEMENT_AMOUNTS, &stays)?;
            }
        }
        Ok(message)
    };
    Some(build())
}

/// 0800.
pub(crate) fn network(
    merchant: &Merchant,
    code: &str,
    trace: Trace,
) -> Result<Message, FieldError> {
    named(merchant, Mti::NETWORK, trace)?.with(Field::NETWORK_CODE, code)
}

/// Whether an answer says yes.
pub(crate) fn is_approved(answer: &Message) -> bool {
    answer.get(Field::RESPONSE_CODE) == Some(response::APPROVED)
}

/// What every message about a payment carries.
fn about(
    merchant: &Merchant,
    mti: Mti,
    payment: &Payment,
    amount: Money,
    trace: Trace,
) -> Result<Message, FieldError> {
    named(merchant, mti, trace)?
        .with_amount(amount)?
        .with(Field::PAYMENT_REFERENCE, &payment.id.to_string())
}

/// What every message carries.
fn named(merchant: &Merchant, mti: Mti, trace: Trace) -> Result<Message, FieldError> {
    Message::new(&ASCII_1987, mti)
        .with(Field::TRANSMISSION_TIME, &trace.transmitted.to_string())?
        .with(Field::STAN, &trace.stan.to_string())?
        .with(Field::ACQUIRER, &merchant.acquirer.to_string())?
        .with(Field::TERMINAL, &merchant.terminal)?
        .with(Field::MERCHANT, &merchant.merchant)
}

/// Whether an answer says nothing of what becomes of a message that the bank may have heard by another carrier too.
pub(crate) fn is_no_verdict(answer: &Message) -> bool {
    let code = answer.get(Field::RESPONSE_CODE);
    code.is_some_and(response::is_no_verdict)
}

/// Whether an answer is about the message's way only, whoever else was asked.
pub(crate) fn is_elsewhere(answer: &Message) -> bool {
    let code = answer.get(Field::RESPONSE_CODE);
    code.is_some_and(response::is_elsewhere)
}

/// What a 0110 means. A part of the amount is not taken: an order is paid or it is not. An approval one cannot act on later
/// (no references, such as no clearing batch may bear, another amount) is not an approval: it is unknown, and will be
/// reversed. So is a question that the bank says to be at, or to have had, and of which it says no more.
pub(crate) fn verdict(reply: &Message, asked: Money) -> Verdict {
    let Some(code) = reply.get(Field::RESPONSE_CODE) else {
        return Verdict::Unknown;
    };
    if code == response::PARTLY_APPROVED {
        return Verdict::PartlyApproved {
            part: reply.amount(),
        };
    }
    if response::is_elsewhere(code) {
        return Verdict::Unknown;
    }
    if code != response::APPROVED {
        return Verdict::Declined {
            code: code.to_owned(),
        };
    }
    let amount_stands = reply.get(Field::AMOUNT).is_none() || reply.amount() == Some(asked);
    let references = (
        reply.get(Field::APPROVAL_CODE).map(ApprovalCode::parse),
        reply
            .get(Field::RETRIEVAL_REFERENCE)
            .map(RetrievalReference::parse),
    );
    match references {
        (Some(Ok(approval_code)), Some(Ok(retrieval_reference))) if amount_stands => {
            Verdict::Approved {
                approval_code,
                retrieval_reference,
            }
        }
        _ => Verdict::Unknown,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn reply(fields: &[(Field, &str)]) -> Message {
        fields.iter().fold(
            Message::new(&ASCII_1987, Mti::AUTHORISATION_RESPONSE),
            |message, (field, value)| message.with(*field, value).unwrap(),
        )
    }

    #[test]
    fn an_approval_without_its_references_is_unknown() {
        const CODE: Field = Field::RESPONSE_CODE;
        const REFERENCE: (Field, &str) = (Field::RETRIEVAL_REFERENCE, "632718000042");
        const APPROVAL: (Field, &str) = (Field::APPROVAL_CODE, "T00042");
        let asked = Money::cents(2390);
        let verdict = |fields: &[(Field, &str)]| verdict(&reply(fields), asked);
        let approved = Verdict::Approved {
            approval_code: ApprovalCode::parse("T00042").unwrap(),
            retrieval_reference: RetrievalReference::parse("632718000042").unwrap(),
        };
        assert_eq!(verdict(&[(CODE, "00"), REFERENCE, APPROVAL]), approved);
        assert_eq!(verdict(&[(CODE, "00"), REFERENCE]), Verdict::Unknown);
        assert_eq!(verdict(&[REFERENCE, APPROVAL]), Verdict::Unknown);
        let damaged = [
            [REFERENCE, (Field::APPROVAL_CODE, "T 0042")],
            [REFERENCE, (Field::APPROVAL_CODE, "      ")],
            [(Field::RETRIEVAL_REFERENCE, "6327180 0042"), APPROVAL],
            [(Field::RETRIEVAL_REFERENCE, "63271800042 "), APPROVAL],
        ];
        for references in damaged {
            let reply = [&[(CODE, "00")], &references[..]].concat();
            assert_eq!(verdict(&reply), Verdict::Unknown, "{references:?}");
        }
        for elsewhere in ["09", "68", "94"] {
            assert_eq!(verdict(&[(CODE, elsewhere)]), Verdict::Unknown);
        }
        let other_amount = [(Field::AMOUNT, "000000002400"), (Field::CURRENCY, "978")];
        assert_eq!(
            verdict(&[&[(CODE, "00"), REFERENCE, APPROVAL], &other_amount[..]].concat()),
            Verdict::Unknown
        );
        let part = [(Field::AMOUNT, "000000001000"), (Field::CURRENCY, "978")];
        assert_eq!(
            verdict(&[&[(CODE, "10"), REFERENCE, APPROVAL], &part[..]].concat()),
            Verdict::PartlyApproved {
                part: Some(Money::cents(1000))
            }
        );
        assert_eq!(
            verdict(&[(CODE, "51")]),
            Verdict::Declined { code: "51".into() }
        );
    }

    #[test]
    fn the_demo_merchant_fits_its_fields() {
        let Merchant {
            terminal,
            merchant,
            acquirer,
        } = Merchant::demo();
        assert!(Merchant::new(&terminal, &merchant, acquirer).is_ok());
        assert!(Merchant::new("SHORT", &merchant, acquirer).is_err());
    }
}
