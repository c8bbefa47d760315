//! The carriers to the bank: independent lines, any of which may carry any message.
//!
//! A message goes by the carrier that was last known to be well. When that one is lost, or silent for a while, the same
//! message goes by the next one too, as a repeat: the bank knows it by its name (fields 41, 11 and 7), books it once and
//! answers both alike. So a carrier that dies costs a buyer a second, and never an authorisation.
//!
//! A bank that is still at the one may say so to the other (field 39 is 09, 68, 94 or one of those that say that it cannot
//! at the moment): that is no answer to the question, and the other carrier is waited for.

use std::sync::Arc;
use std::time::Duration;

use cards::iso8583::Message;
use tokio::sync::watch;
use tokio::task::JoinSet;
use trade::clock::Timestamp;

use crate::api::Carrier;
use crate::dialogue::{is_elsewhere, is_no_verdict};
use crate::line::{Line, NoAnswer, Worded};

/// All lines to one bank.
pub(crate) struct Carriers {
    lines: Vec<Arc<Line>>,
    /// How many of them are up.
    up: watch::Sender<usize>,
    /// How long a carrier may be silent before the next one is asked too.
    silence: Duration,
}

impl Carriers {
    pub(crate) fn new(
        silence: Duration,
        lines: impl FnOnce(&watch::Sender<usize>) -> Vec<Line>,
    ) -> Carriers {
        let up = watch::Sender::new(0);
        Carriers {
            lines: lines(&up).into_iter().map(Arc::new).collect(),
            up,
            silence,
        }
    }

    /// Keeps all lines up until the future is dropped.
    pub(crate) async fn keep(&self) {
        let mut kept = JoinSet::new();
        for line in &self.lines {
            kept.spawn(Arc::clone(line).keep());
        }
        while kept.join_next().await.is_some() {}
    }

    /// Since when the bank can be reached; `None` when it cannot.
    pub(crate) fn up_since(&self) -> Option<Timestamp> {
        self.lines.iter().filter_map(|line| line.up_since()).min()
    }

    /// How many messages wait for their answer.
    pub(crate) fn in_flight(&self) -> usize {
        self.lines.iter().map(|line| line.in_flight()).sum()
    }

    /// Tells how many carriers are up, whenever that changes.
    pub(crate) fn changes(&self) -> watch::Receiver<usize> {
        self.up.subscribe()
    }

    /// How each carrier is, for an operator.
    pub(crate) fn report(&self) -> Vec<Carrier> {
        self.lines.iter().map(|line| line.report()).collect()
    }

    /// Sends a message by the best carrier, and by the next one when there is no answer in good time.
    pub(crate) async fn exchange(&self, mut message: Message) -> Result<Message, NoAnswer> {
        let first = Worded::of(&message).ok_or(NoAnswer::NotSent)?;
        message.make_repeat();
        let again = Worded::of(&message);
        // The digits go now; what is left of them is the frames, until the answer has come.
        drop(message);
        let mut lines = self.best_first().into_iter();
        while let Some(line) = lines.next() {
            match self
                .ask(line, first.clone(), again.as_ref(), &mut lines)
                .await
            {
                // Not one byte left: the next carrier is asked as if it were the first.
                Err(NoAnswer::NotSent) => {}
                Err(lost) => return repeat(again.as_ref(), &mut lines, lost).await,
                answered => return answered,
            }
        }
        Err(NoAnswer::NotSent)
    }

    /// Asks one carrier, and while it is silent the next one too.
    async fn ask(
        &self,
        line: Arc<Line>,
        worded: Worded,
        again: Option<&Worded>,
        others: &mut impl Iterator<Item = Arc<Line>>,
    ) -> Result<Message, NoAnswer> {
        let mut asked = std::pin::pin!(line.exchange(worded));
        let silent = tokio::time::sleep(self.silence);
        tokio::select! {
            answer = &mut asked => return answer,
            () = silent => {}
        }
        line.doubt();
        let (Some(again), Some(other)) = (again, others.next()) else {
            return asked.await;
        };
        let mut asked_again = std::pin::pin!(other.exchange(again.clone()));
        tokio::select! {
            answer = &mut asked => match answer {
                Ok(answer) if !is_no_verdict(&answer) => Ok(answer),
                // The second may still bring it; that the first was sent stays true.
                none => together(none, asked_again.await),
            },
            answer = &mut asked_again => match answer {
                Ok(answer) if !is_no_verdict(&answer) => {
                    line.was_overtaken();
                    Ok(answer)
                }
                none => together(asked.await, none),
            },
        }
    }

    /// Lines that are up: the well ones first, in their own order.
    fn best_first(&self) -> Vec<Arc<Line>> {
        let mut up: Vec<Arc<Line>> = self
            .lines
            .iter()
            .filter(|line| line.up_since().is_some())
            .cloned()
            .collect();
        up.sort_by_key(|line| line.is_doubted());
        up
    }
}

/// What two carriers' words on one message come to. Where it may have been heard by both, an answer that is no verdict does
/// not stand against the silence of the other.
fn together(
    one: Result<Message, NoAnswer>,
    other: Result<Message, NoAnswer>,
) -> Result<Message, NoAnswer> {
    match (one, other) {
        (Err(NoAnswer::NotSent), alone) | (alone, Err(NoAnswer::NotSent)) => alone,
        (Err(one), Err(other)) => Err(worse(one, other)),
        (Ok(answer), Err(lost)) | (Err(lost), Ok(answer)) => match is_no_verdict(&answer) {
            true => Err(lost),
            false => Ok(answer),
        },
        (Ok(one), Ok(_)) if !is_no_verdict(&one) => Ok(one),
        // Of two that are no verdict, the one that leaves more in doubt.
        (Ok(_), Ok(other)) if !is_no_verdict(&other) || is_elsewhere(&other) => Ok(other),
        (Ok(one), Ok(_)) => Ok(one),
    }
}

/// Says it again by the carriers that are left, after one that did not bring an answer.
async fn repeat(
    again: Option<&Worded>,
    others: &mut impl Iterator<Item = Arc<Line>>,
    mut fate: NoAnswer,
) -> Result<Message, NoAnswer> {
    let Some(again) = again else {
        return Err(fate);
    };
    for line in others {
        match line.exchange(again.clone()).await {
            Err(none) => fate = worse(fate, none),
            // What was lost may have been heard.
            Ok(answer) if is_no_verdict(&answer) => {}
            answered => return answered,
        }
    }
    Err(fate)
}

/// Of two carriers without an answer, the word that leaves more in doubt.
fn worse(one: NoAnswer, other: NoAnswer) -> NoAnswer {
    match (one, other) {
        (NoAnswer::NotSent, other) => other,
        (one, NoAnswer::NotSent) => one,
        (NoAnswer::TimedOut, _) | (_, NoAnswer::TimedOut) => NoAnswer::TimedOut,
        (NoAnswer::Lost, NoAnswer::Lost) => NoAnswer::Lost,
    }
}
