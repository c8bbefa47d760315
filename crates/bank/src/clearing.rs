//! Clearing: a batch of the switch is held against the bank's own books, line by line, and booked once.
//!
//! What was told by message is what may be cleared: a line that the books do not know, or know otherwise, is rejected with
//! its reason and the others are booked. A batch out of its turn is refused as a whole. One that is refused for its business
//! date has been seen: the next ones follow it, and it may come again.

use std::collections::HashSet;
use std::time::Duration;

use banking::clearing::{
    Acknowledgement, Batch, Line, Movement, Refusal, Rejection, RejectionReason, Sequence, Verdict,
};
use storage::{Fault, Tx};
use trade::clock::Timestamp;
use trade::money::Money;

use crate::account::{self, Account, Entry, Kind};

storage::statements! {
    LAST = "SELECT MAX(sequence) FROM (SELECT sequence FROM batch WHERE merchant = $1
        UNION ALL SELECT sequence FROM refused_batch WHERE merchant = $1) AS seen";
    REFUSED = "SELECT 1 FROM refused_batch WHERE merchant = $1 AND sequence = $2";
    REFUSE = "INSERT INTO refused_batch (merchant, sequence) VALUES ($1, $2) ON CONFLICT (merchant, sequence) DO NOTHING";
    TAKEN = "SELECT digest, acknowledgement FROM batch WHERE merchant = $1 AND sequence = $2";
    TAKE = "INSERT INTO batch (merchant, sequence, digest, acknowledgement, booked_us) VALUES ($1, $2, $3, $4, $5)";
    HELD = "SELECT message.approval_code
        FROM hold JOIN message ON message.mti = '0100' AND message.terminal = hold.terminal
            AND message.stan = hold.stan AND message.transmitted = hold.transmitted
        WHERE hold.payment = $1 AND hold.retrieval_reference = $2";
    SAID = "SELECT amount_cents FROM message
        WHERE payment = $1 AND movement = $2 AND mti = $3 AND retrieval_reference = $4 AND response_code = '00'";
    CLEAR = "INSERT INTO cleared (movement, merchant, sequence, line, payment, kind, amount_cents)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (movement) DO NOTHING";
}

/// How old a business day may be that is still cleared.
const OLDEST: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// Checks and books a batch; the same answer again when it was booked before.
pub(crate) fn take(
    tx: &mut dyn Tx,
    batch: &Batch,
    account: &Account,
    now: Timestamp,
) -> Result<String, Fault> {
    let header = batch.header();
    let merchant = header.merchant.as_str();
    let number = i64::from(header.sequence.get());
    let refused = |refusal| Ok(Acknowledgement::refused(batch, now, refusal).to_text());
    if let Some(row) = tx.query_opt(&TAKEN, &[merchant.into(), number.into()])? {
        return if row.text(0)? == batch.digest().to_string() {
            Ok(row.text(1)?.to_owned())
        } else {
            refused(Refusal::SequenceUsed)
        };
    }
    let last = tx.query_one(&LAST, &[merchant.into()])?.opt_int(0)?;
    let last = last.and_then(|last| u32::try_from(last).ok());
    let name = [merchant.into(), number.into()];
    let was_seen = tx.query_opt(&REFUSED, &name)?.is_some();
    if !was_seen && !header.sequence.follows(last.and_then(Sequence::new)) {
        return refused(Refusal::SequenceGap);
    }
    let oldest = now.minus(OLDEST).date_in_paris();
    if !(oldest..=now.date_in_paris()).contains(&header.business_date) {
        tx.execute(&REFUSE, &name)?;
        return refused(Refusal::BusinessDate);
    }
    let mut rejections = Vec::new();
    for (line, booked) in (1..).zip(batch.lines()) {
        if let Some(reason) = clear(tx, batch, line, booked)? {
            rejections.push(Rejection { line, reason });
        }
    }
    let acknowledgement = Acknowledgement::taken(batch, now, rejections)
        .map_err(|unknown| Fault::defect(unknown.to_string()))?;
    pay(tx, batch, &acknowledgement, account, now)?;
    let text = acknowledgement.to_text();
    let params = [
        merchant.into(),
        number.into(),
        batch.digest().to_string().into(),
        text.as_str().into(),
        now.as_micros().into(),
    ];
    tx.execute(&TAKE, &params)?;
    Ok(text)
}

/// Books a line, or says why not.
fn clear(
    tx: &mut dyn Tx,
    batch: &Batch,
    number: usize,
    line: &Line,
) -> Result<Option<RejectionReason>, Fault> {
    let (payment, reference) = (line.payment.to_string(), line.retrieval_reference.as_str());
    let (kind, mti, movement) = match line.movement {
        Movement::Capture(capture) => ("capture", "0220", capture.to_string()),
        Movement::Refund(refund) => ("refund", "0200", refund.to_string()),
    };
    let held = tx.query_opt(&HELD, &[payment.as_str().into(), reference.into()])?;
    let Some(held) = held else {
        return Ok(Some(RejectionReason::UnknownAuthorisation));
    };
    if held.text(0)? != line.approval_code.as_str() {
        return Ok(Some(RejectionReason::UnknownAuthorisation));
    }
    let asked = [
        payment.as_str().into(),
        movement.as_str().into(),
        mti.into(),
        reference.into(),
    ];
    match tx.query_opt(&SAID, &asked)? {
        None => return Ok(Some(RejectionReason::NotOpen)),
        Some(said) if said.int(0)? != line.amount.as_cents() => {
            return Ok(Some(RejectionReason::AmountDiffers));
        }
        Some(_) => {}
    }
    let header = batch.header();
    let params = [
        movement.into(),
        header.merchant.as_str().into(),
        i64::from(header.sequence.get()).into(),
        i64::try_from(number).unwrap_or(i64::MAX).into(),
        payment.into(),
        kind.into(),
        line.amount.as_cents().into(),
    ];
    let is_first = tx.execute(&CLEAR, &params)? == 1;
    Ok((!is_first).then_some(RejectionReason::AlreadyCleared))
}

/// One entry for all that was booked of a batch.
fn pay(
    tx: &mut dyn Tx,
    batch: &Batch,
    acknowledgement: &Acknowledgement,
    account: &Account,
    now: Timestamp,
) -> Result<(), Fault> {
    let Verdict::Taken {
        accepted,
        rejections,
    } = &acknowledgement.verdict
    else {
        return Ok(());
    };
    if accepted.count == 0 {
        return Ok(());
    }
    let rejected: HashSet<usize> = rejections.iter().map(|rejected| rejected.line).collect();
    let captures = (1..).zip(batch.lines()).filter(|(number, line)| {
        matches!(line.movement, Movement::Capture(_)) && !rejected.contains(number)
    });
    let tariff = account.tariff(now.date_in_paris());
    let charges = tariff.map_or(Money::ZERO, |tariff| {
        tariff.of_captures(captures.count(), accepted.captures)
    });
    let header = batch.header();
    let entry = Entry {
        kind: Kind::Clearing,
        amount: accepted.net(),
        charges,
        lines: i64::try_from(accepted.count).unwrap_or(i64::MAX),
        reference: header.sequence.to_string(),
        payment: String::new(),
        words: format!("{} {}", header.merchant, header.business_date),
        debtor: String::new(),
        iban: String::new(),
    };
    account::book(tx, &entry, now)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::books;
    use banking::clearing::{ApprovalCode, Header, MerchantNumber, RetrievalReference};
    use jiff::civil::Date;
    use storage::{Store, StoreUrl};
    use trade::clock::Clock;
    use trade::ids::{CaptureId, OrderNumber, PaymentId, RefundId};

    storage::statements! {
        HOLD = "INSERT INTO hold (payment, card, terminal, stan, transmitted, state, response_code, retrieval_reference,
                amount_cents, captured_cents, refunded_cents, booked_us)
            VALUES ($1, 'card', 'BOUQUIN1', 1, '1126120000', 'held', '00', '633012000001', 9000, 4000, 0, 1)";
        AUTHORISED = "INSERT INTO message (mti, terminal, stan, transmitted, payment, amount_cents, response_code, retrieval_reference,
                approval_code, times_said, booked_us)
            VALUES ('0100', 'BOUQUIN1', 1, '1126120000', $1, 9000, '00', '633012000001', 'T00001', 1, 1)";
        CAPTURED = "INSERT INTO message (mti, terminal, stan, transmitted, payment, amount_cents, response_code, retrieval_reference,
                approval_code, times_said, booked_us, movement)
            VALUES ('0220', 'BOUQUIN1', 2, '1126120000', $1, 4000, '00', '633012000001', '', 1, 1, $2)";
    }

    /// A bank that has heard of one capture of 40 euros.
    struct Books {
        _folder: tempfile::TempDir,
        store: Store,
        payment: PaymentId,
        capture: CaptureId,
    }

    impl Books {
        async fn open() -> Books {
            let folder = tempfile::tempdir().unwrap();
            let url = StoreUrl::Sqlite(folder.path().join("bank.db"));
            let store = Store::open(&url, &[books::MIGRATIONS]).await.unwrap();
            let (payment, capture) = (PaymentId::new(), CaptureId::new());
            let heard = store.write(move |tx| {
                tx.execute(&HOLD, &[payment.to_string().into()])?;
                tx.execute(&AUTHORISED, &[payment.to_string().into()])?;
                tx.execute(
                    &CAPTURED,
                    &[payment.to_string().into(), capture.to_string().into()],
                )
            });
            heard.await.unwrap();
            Books {
                _folder: folder,
                store,
                payment,
                capture,
            }
        }

        fn line(&self) -> Line {
            Line {
                movement: Movement::Capture(self.capture),
                payment: self.payment,
                order: OrderNumber::from_bits(1),
                retrieval_reference: RetrievalReference::parse("633012000001").unwrap(),
                approval_code: ApprovalCode::parse("T00001").unwrap(),
                amount: Money::cents(4000),
                at: Timestamp::micros(1),
            }
        }

        async fn take(&self, sequence: u32, day: Date, lines: Vec<Line>) -> Verdict {
            let header = Header {
                merchant: MerchantNumber::parse("BOUQUIN DEMO").unwrap(),
                sequence: Sequence::new(sequence).unwrap(),
                business_date: day,
            };
            let batch = Batch::new(header, lines).unwrap();
            let sent = batch.clone();
            let now = Clock::system().now();
            let text = self.store.write(move |tx| {
                let account = Account::load().map_err(|_| Fault::defect("account"))?;
                take(tx, &sent, &account, now)
            });
            let acknowledgement = Acknowledgement::read(text.await.unwrap().as_bytes()).unwrap();
            acknowledgement.check(&batch).unwrap();
            acknowledgement.verdict
        }
    }

    #[tokio::test]
    async fn a_line_that_the_books_do_not_bear_out_is_rejected_with_its_reason() {
        let books = Books::open().await;
        let today = Clock::system().today();
        let good = books.line();
        let with = |change: fn(&mut Line)| {
            let mut line = Line {
                movement: Movement::Capture(CaptureId::new()),
                ..books.line()
            };
            change(&mut line);
            line
        };
        let lines = vec![
            with(|line| line.payment = PaymentId::new()),
            with(|line| line.approval_code = ApprovalCode::parse("T99999").unwrap()),
            with(|_| {}),
            with(|line| line.movement = Movement::Refund(RefundId::new())),
            Line {
                amount: Money::cents(4001),
                ..good.clone()
            },
        ];
        let Verdict::Taken {
            accepted,
            rejections,
        } = books.take(1, today, lines).await
        else {
            panic!("refused");
        };
        let reasons: Vec<_> = rejections.iter().map(|rejected| rejected.reason).collect();
        assert_eq!(accepted.count, 0);
        assert_eq!(
            reasons,
            [
                RejectionReason::UnknownAuthorisation,
                RejectionReason::UnknownAuthorisation,
                RejectionReason::NotOpen,
                RejectionReason::NotOpen,
                RejectionReason::AmountDiffers,
            ]
        );
        for (sequence, count) in [(2, 1), (3, 0)] {
            let Verdict::Taken { accepted, .. } =
                books.take(sequence, today, vec![good.clone()]).await
            else {
                panic!("refused");
            };
            assert_eq!(accepted.count, count, "cleared once");
        }
    }

    #[tokio::test]
    async fn a_batch_out_of_its_turn_is_refused_and_the_same_one_answered_again() {
        let books = Books::open().await;
        let today = Clock::system().today();
        let gap = books.take(2, today, vec![books.line()]).await;
        assert_eq!(gap, Verdict::Refused(Refusal::SequenceGap));
        let tomorrow = today.tomorrow().unwrap();
        let early = books.take(1, tomorrow, vec![books.line()]).await;
        assert_eq!(early, Verdict::Refused(Refusal::BusinessDate));
        let first = books.take(1, today, vec![books.line()]).await;
        assert!(matches!(&first, Verdict::Taken { accepted, .. } if accepted.count == 1));
        assert_eq!(books.take(1, today, vec![books.line()]).await, first);
        let other = books.take(1, today, vec![]).await;
        assert_eq!(other, Verdict::Refused(Refusal::SequenceUsed));
        let entries = books.store.read(move |tx| account::unstated(tx, today));
        assert_eq!(entries.await.unwrap().len(), 1);
    }
}
