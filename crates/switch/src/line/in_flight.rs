//! The messages that wait for their answer, by what the answer will carry.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use cards::iso8583::{Field, Message, Mti, Stan, View};
use tokio::sync::oneshot;

use crate::journal::stray::StrayKind;

/// How many ended exchanges are remembered, to explain a reply that comes too late.
const MOST_REMEMBERED: usize = 4096;

/// What an answer is recognised by: its type and fields 41 and 11.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    mti: Mti,
    terminal: String,
    stan: Stan,
}

impl Key {
    /// The key of the answer to this message.
    pub(super) fn awaited_by(message: &Message) -> Option<Key> {
        Some(Key {
            mti: message.mti().response(),
            terminal: message.get(Field::TERMINAL)?.to_owned(),
            stan: Stan::parse(message.get(Field::STAN)?)?,
        })
    }

    fn of_answer(answer: &View<'_>) -> Option<Key> {
        Some(Key {
            mti: answer.mti(),
            terminal: answer.get(Field::TERMINAL)?.to_owned(),
            stan: Stan::parse(&answer.get(Field::STAN)?)?,
        })
    }
}

/// How a message stopped waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Answered,
    GivenUp,
    Lost,
    Elsewhere,
}

impl Ended {
    /// What a reply to it is that still comes.
    const fn reply(self) -> StrayKind {
        match self {
            Ended::Answered => StrayKind::AnsweredBefore,
            Ended::GivenUp => StrayKind::TimedOut,
            Ended::Lost => StrayKind::ConnectionLost,
            Ended::Elsewhere => StrayKind::OtherCarrier,
        }
    }
}

#[derive(Default)]
pub(super) struct InFlight(Mutex<Table>);

#[derive(Default)]
struct Table {
    waiting: HashMap<Key, Asked>,
    ended: VecDeque<(Key, Ended)>,
}

/// A message that waits.
struct Asked {
    /// By which session it was asked.
    session: u64,
    answer: oneshot::Sender<Message>,
}

impl Table {
    fn remember(&mut self, key: Key, ended: Ended) {
        if self.ended.len() == MOST_REMEMBERED {
            self.ended.pop_front();
        }
        self.ended.push_back((key, ended));
    }
}

impl InFlight {
    /// Begins to wait; refused while another message waits for an answer with the same key.
    pub(super) fn enter(&self, key: &Key, session: u64) -> Option<oneshot::Receiver<Message>> {
        let mut table = self.table();
        if table.waiting.contains_key(key) {
            return None;
        }
        let (answer, answered) = oneshot::channel();
        table.waiting.insert(key.clone(), Asked { session, answer });
        Some(answered)
    }

    /// Stops waiting. When an answer was given meanwhile, it stays given.
    pub(super) fn leave(&self, key: &Key, ended: Option<Ended>) {
        let mut table = self.table();
        if table.waiting.remove(key).is_some()
            && let Some(ended) = ended
        {
            table.remember(key.clone(), ended);
        }
    }

    /// Gives an answer to whoever waits for it.
    ///
    /// # Errors
    /// Why nobody does.
    pub(super) fn deliver(&self, view: &View<'_>, answer: Message) -> Result<(), StrayKind> {
        let key = Key::of_answer(view).ok_or(StrayKind::Nameless)?;
        let mut table = self.table();
        let Some(waiting) = table.waiting.remove(&key) else {
            let ended = table.ended.iter().rev().find(|(ended, _)| *ended == key);
            return Err(ended.map_or(StrayKind::NeverSent, |(_, ended)| ended.reply()));
        };
        table.remember(key, Ended::Answered);
        waiting
            .answer
            .send(answer)
            .map_err(|_| Ended::GivenUp.reply())
    }

    /// A session is gone: nobody who asked by it will be answered.
    pub(super) fn lose(&self, session: u64) {
        let mut table = self.table();
        let of_it = table
            .waiting
            .iter()
            .filter(|(_, asked)| asked.session == session);
        let lost: Vec<Key> = of_it.map(|(key, _)| key.clone()).collect();
        for key in lost {
            table.waiting.remove(&key);
            table.remember(key, Ended::Lost);
        }
    }

    /// How many wait that asked by this session.
    pub(super) fn count_of(&self, session: u64) -> usize {
        let table = self.table();
        let waiting = table.waiting.values();
        waiting.filter(|asked| asked.session == session).count()
    }

    pub(super) fn count(&self) -> usize {
        self.table().waiting.len()
    }

    fn table(&self) -> std::sync::MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use cards::iso8583::ASCII_1987;

    fn message(mti: Mti, stan: &str) -> Message {
        Message::new(&ASCII_1987, mti)
            .with(Field::TERMINAL, "BOUQUIN1")
            .unwrap()
            .with(Field::STAN, stan)
            .unwrap()
    }

    fn deliver(table: &InFlight, answer: &Message) -> Result<(), StrayKind> {
        let wire = answer.encode();
        let view = View::parse(&ASCII_1987, &wire).unwrap();
        table.deliver(&view, Message::parse(&ASCII_1987, &wire).unwrap())
    }

    #[test]
    fn an_answer_finds_its_question_once_and_later_ones_are_explained() {
        let table = InFlight::default();
        let question = message(Mti::REVERSAL.repeat(), "000007");
        let key = Key::awaited_by(&question).unwrap();
        let mut answered = table.enter(&key, 1).unwrap();
        assert!(
            table.enter(&key, 2).is_none(),
            "a second message with the same key"
        );

        let answer = message(Mti::REVERSAL_RESPONSE, "000007");
        for other in [
            message(Mti::REVERSAL_RESPONSE, "000008"),
            message(Mti::AUTHORISATION_RESPONSE, "000007"),
        ] {
            assert_eq!(deliver(&table, &other), Err(StrayKind::NeverSent));
        }
        deliver(&table, &answer).unwrap();
        assert!(answered.try_recv().is_ok());
        assert_eq!(deliver(&table, &answer), Err(StrayKind::AnsweredBefore));

        drop(table.enter(&key, 1).unwrap());
        table.leave(&key, Some(Ended::GivenUp));
        assert_eq!(deliver(&table, &answer), Err(StrayKind::TimedOut));
        let lost = table.enter(&key, 2).unwrap();
        table.lose(1);
        assert_eq!((table.count_of(1), table.count_of(2)), (0, 1));
        table.lose(2);
        assert!(lost.blocking_recv().is_err());
        assert_eq!(deliver(&table, &answer), Err(StrayKind::ConnectionLost));
        assert_eq!(table.count(), 0);
    }
}
