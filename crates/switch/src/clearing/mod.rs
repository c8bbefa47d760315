//! Clearing: once a day, and when asked, what was captured and refunded since the last time is put into a batch, and the
//! batch is sent to the bank until it has answered.
//!
//! A batch is sent as it was cut, however often; the bank knows it by its number and digest and books it once. Batches go one
//! after the other, so that the bank never sees a gap; one that it has refused is sent again now and then, and the next ones
//! do not wait for it. What the bank pays for them is not known here: its statement says it.

pub(crate) mod door;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use banking::clearing::{Acknowledgement, Batch, MerchantNumber, Mismatch, ReadError, Verdict};
use jiff::civil::{Date, DateTime, Time};
use link::LinkFault;
use storage::Fault;
use tokio::sync::Notify;
use trade::clock::Timestamp;
use trade::limits;

use crate::desk::{Desk, Refusal};
use crate::journal::advice;
use crate::journal::clearing::{self as journal, BatchReport, Untaken};

/// Where the bank takes batches, and when they are cut.
#[derive(Debug, Clone)]
pub struct Clearing {
    /// The bank's door for files, HTTP over mutual TLS.
    pub bank: SocketAddr,
    /// The time of day in Paris of the daily cut; `None` cuts only when asked.
    pub cut: Option<Time>,
}

/// How often it is looked whether it is time for the cut.
const CUT_LOOK: Duration = Duration::from_secs(15);

/// How often it is looked whether a batch is to be sent, when nobody rings.
const SEND_LOOK: Duration = Duration::from_secs(1);

/// How long the bank may take to read, check and book a whole batch.
const BANK_TIME: Duration = Duration::from_secs(120);

/// Before a batch that the bank refused is sent again: whoever mends it needs longer.
const REFUSED_PAUSE: Duration = Duration::from_secs(300);

/// The way to the bank's door for files.
pub(crate) struct Room {
    pub(crate) bank: link::http::Client,
    pub(crate) cut: Option<Time>,
    pub(crate) merchant: MerchantNumber,
    /// Since when this process could have cut.
    pub(crate) opened: Timestamp,
    /// Rung when a batch was cut.
    pub(crate) bell: Notify,
}

/// Cuts what is there now into batches, at least one; those that were cut.
pub(crate) async fn cut(desk: &Desk) -> Result<Vec<BatchReport>, Refusal> {
    let room = desk.clearing.as_ref().ok_or(Refusal::NoClearing)?;
    cut_for(desk, room, desk.clock.today()).await
}

async fn cut_for(
    desk: &Desk,
    room: &Room,
    business_date: Date,
) -> Result<Vec<BatchReport>, Refusal> {
    let (merchant, now) = (room.merchant.clone(), desk.clock.now());
    let cut = desk.store.write(move |tx| {
        let before = journal::last(tx)?.map_or(0, |last| i64::from(last.sequence.get()));
        while journal::cut(tx, &merchant, business_date, now)? {}
        Ok::<_, Refusal>(journal::page(tx, before, i64::MAX)?)
    });
    let cut = cut.await?;
    for batch in &cut {
        tracing::info!(
            sequence = batch.sequence,
            lines = batch.lines,
            "a clearing batch is cut"
        );
    }
    room.bell.notify_one();
    Ok(cut)
}

/// Cuts every day at the time that is set, until the future is dropped.
pub(crate) async fn cut_daily(desk: Arc<Desk>) {
    let Some((room, time)) = desk
        .clearing
        .as_ref()
        .and_then(|room| Some((room, room.cut?)))
    else {
        return std::future::pending().await;
    };
    loop {
        let due = last_due(desk.clock.now().in_paris(), time);
        let last = desk.store.read(|tx| journal::last(tx)).await;
        let outcome = match last {
            Ok(last) => {
                let since = last.map_or(room.opened, |last| last.cut);
                match due {
                    Some(due) if since.in_paris() < due => {
                        cut_for(&desk, room, due.date()).await.map(drop)
                    }
                    _ => Ok(()),
                }
            }
            Err(fault) => Err(fault.into()),
        };
        if let Err(refusal) = outcome {
            tracing::error!(%refusal, "the clearing batch of the day could not be cut");
        }
        tokio::time::sleep(CUT_LOOK).await;
    }
}

/// When the latest cut should have been.
fn last_due(now: DateTime, time: Time) -> Option<DateTime> {
    let today = now.date();
    let day = if now.time() >= time {
        today
    } else {
        today.yesterday().ok()?
    };
    Some(day.to_datetime(time))
}

/// Sends batches until the bank has answered them, until the future is dropped.
pub(crate) async fn deliver(desk: Arc<Desk>) {
    let Some(room) = &desk.clearing else {
        return std::future::pending().await;
    };
    loop {
        match deliver_next(&desk, room).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(fault) => tracing::error!(fault = fault.detail(), "clearing"),
        }
        tokio::select! {
            () = room.bell.notified() => {}
            () = tokio::time::sleep(SEND_LOOK) => {}
        }
    }
}

/// Why a batch has no answer that could be booked.
#[derive(Debug, thiserror::Error)]
enum NoAnswer {
    #[error(transparent)]
    Link(#[from] LinkFault),
    #[error("the bank's acknowledgement cannot be read: {0}")]
    Unreadable(#[from] ReadError),
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
}

/// Sends the batch whose turn it is; whether the bank has answered it.
async fn deliver_next(desk: &Desk, room: &Room) -> Result<bool, Fault> {
    let now = desk.clock.now();
    let batch = desk.store.read(move |tx| journal::untaken(tx, now)).await?;
    let Some(batch) = batch else {
        return Ok(false);
    };
    let sequence = batch.sequence;
    let (pause, is_answered) = match send(room, &batch).await {
        Ok((acknowledgement, text)) => {
            if book(desk, batch, acknowledgement, text).await? {
                return Ok(true);
            }
            (REFUSED_PAUSE, true)
        }
        Err(error) => {
            tracing::warn!(%error, %sequence, "a clearing batch is not answered");
            (advice::patience(batch.tries, desk.retry), false)
        }
    };
    let again = desk.clock.now().plus(pause);
    desk.store
        .write(move |tx| journal::again(tx, sequence, again))
        .await?;
    Ok(is_answered)
}

/// The bank's answer, checked against what was sent.
async fn send(room: &Room, batch: &Untaken) -> Result<(Acknowledgement, String), NoAnswer> {
    let file = batch.file.clone().into_bytes();
    let sent = Batch::read(&file)?;
    let answer = room
        .bank
        .send_file("/clearing", file, limits::CLEARING_FILE_BYTES, BANK_TIME)
        .await?;
    let acknowledgement = Acknowledgement::read(&answer)?;
    acknowledgement.check(&sent)?;
    let text = acknowledgement.to_text();
    Ok((acknowledgement, text))
}

/// Writes the answer down; whether the batch is taken.
async fn book(
    desk: &Desk,
    batch: Untaken,
    acknowledgement: Acknowledgement,
    text: String,
) -> Result<bool, Fault> {
    let (sequence, now) = (batch.sequence, desk.clock.now());
    match acknowledgement.verdict {
        Verdict::Taken {
            accepted,
            rejections,
        } => {
            tracing::info!(%sequence, lines = accepted.count, rejected = rejections.len(), "a clearing batch is taken");
            desk.store
                .write(move |tx| {
                    let rejections = rejections.iter();
                    let named = rejections.map(|rejected| (rejected.line, rejected.reason.code()));
                    journal::taken(tx, sequence, &text, &accepted, named, now)
                })
                .await?;
            Ok(true)
        }
        Verdict::Refused(refusal) => {
            tracing::error!(%sequence, reason = refusal.code(), "the bank refuses a clearing batch");
            desk.store
                .write(move |tx| journal::refused(tx, sequence, &text, now))
                .await?;
            Ok(false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::last_due;
    use jiff::civil::{date, time};

    #[test]
    fn the_cut_of_yesterday_is_due_until_todays_is() {
        let cut = time(23, 0, 0, 0);
        let due = |hour, minute| last_due(date(2026, 11, 26).at(hour, minute, 0, 0), cut);
        assert_eq!(due(0, 5), Some(date(2026, 11, 25).at(23, 0, 0, 0)));
        assert_eq!(due(22, 59), Some(date(2026, 11, 25).at(23, 0, 0, 0)));
        assert_eq!(due(23, 0), Some(date(2026, 11, 26).at(23, 0, 0, 0)));
    }
}
