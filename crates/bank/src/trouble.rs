//! Trouble on demand: what goes wrong with the next messages, in the order in which it was asked for.
//!
//! It is the way of a message that goes wrong, not the books: whatever is booked is booked as ever. What a bank decides
//! (declines, a part of the amount) is the test card's matter.

use std::collections::VecDeque;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// How much trouble may be asked for in advance.
pub(crate) const MOST_ASKED_FOR: usize = 10_000;

/// What goes wrong with one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Nothing.
    #[default]
    Nothing,
    /// It is booked and never answered.
    Silence,
    /// It is answered after so many milliseconds.
    Late(u64),
    /// It is answered twice.
    Twice,
    /// Its answer comes after the next one.
    Reordered,
    /// It is booked, and what comes back cannot be read.
    Garbage,
    /// The connection ends before it is booked.
    DropBefore,
    /// It is booked, and the connection ends before the answer.
    DropAfter,
    /// It is answered 09, request in progress, and not booked.
    InProgress,
    /// It is answered 94, duplicate transmission, and not booked.
    Duplicate,
    /// It is answered 25, no such authorisation, and not booked: as by a bank that does not remember it.
    Unheard,
    /// It is booked, and an approval code in its answer arrives with a gap.
    BrokenCode,
}

/// A word that is no trouble.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is none of nothing, silence, late:MILLISECONDS, twice, reordered, garbage, drop-before, drop-after, in-progress, \
     duplicate, unheard, broken-code"
)]
pub struct NoTrouble(String);

impl FromStr for Trouble {
    type Err = NoTrouble;
    fn from_str(word: &str) -> Result<Trouble, NoTrouble> {
        if let Some(ms) = word.strip_prefix("late:") {
            let ms = ms.parse().map_err(|_| NoTrouble(word.to_owned()))?;
            return Ok(Trouble::Late(ms));
        }
        match word {
            "nothing" => Ok(Trouble::Nothing),
            "silence" => Ok(Trouble::Silence),
            "twice" => Ok(Trouble::Twice),
            "reordered" => Ok(Trouble::Reordered),
            "garbage" => Ok(Trouble::Garbage),
            "drop-before" => Ok(Trouble::DropBefore),
            "drop-after" => Ok(Trouble::DropAfter),
            "in-progress" => Ok(Trouble::InProgress),
            "duplicate" => Ok(Trouble::Duplicate),
            "unheard" => Ok(Trouble::Unheard),
            "broken-code" => Ok(Trouble::BrokenCode),
            _ => Err(NoTrouble(word.to_owned())),
        }
    }
}

impl Trouble {
    /// Field 39 of the answer to a message that is not looked at.
    pub(crate) fn instead(self) -> Option<&'static str> {
        match self {
            Trouble::InProgress => Some("09"),
            Trouble::Duplicate => Some("94"),
            Trouble::Unheard => Some("25"),
            _ => None,
        }
    }

    /// How long the answer waits.
    pub(crate) fn delay(self) -> Duration {
        match self {
            Trouble::Late(ms) => Duration::from_millis(ms),
            _ => Duration::ZERO,
        }
    }
}

/// The troubles to come. Clones are the same ones, so that they outlive a bank that is started anew.
#[derive(Debug, Clone, Default)]
pub struct Troubles(Arc<Queue>);

#[derive(Debug, Default)]
struct Queue {
    to_come: Mutex<VecDeque<Trouble>>,
    heard: watch::Sender<u64>,
}

impl Troubles {
    /// Says what goes wrong with the next messages about payments, instead of what was said before; beyond the last,
    /// nothing does. At most ten thousand are kept.
    pub fn set(&self, troubles: impl IntoIterator<Item = Trouble>) {
        let troubles = troubles.into_iter().take(MOST_ASKED_FOR).collect();
        *self.to_come() = troubles;
    }

    /// How many messages about payments have been heard.
    #[must_use]
    pub fn heard(&self) -> watch::Receiver<u64> {
        self.0.heard.subscribe()
    }

    /// What goes wrong with a message that has come.
    pub(crate) fn next(&self) -> Trouble {
        let trouble = self.to_come().pop_front().unwrap_or_default();
        self.0.heard.send_modify(|heard| *heard += 1);
        trouble
    }

    fn to_come(&self) -> std::sync::MutexGuard<'_, VecDeque<Trouble>> {
        self.0
            .to_come
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_comes_in_the_order_it_was_asked_for_and_then_no_more() {
        let words = [
            "silence",
            "late:250",
            "nothing",
            "drop-after",
            "in-progress",
        ];
        let asked: Result<Vec<Trouble>, _> = words.iter().map(|word| word.parse()).collect();
        assert_eq!(
            asked,
            Ok(vec![
                Trouble::Silence,
                Trouble::Late(250),
                Trouble::Nothing,
                Trouble::DropAfter,
                Trouble::InProgress
            ])
        );
        for word in ["", "late", "late:x", "Silence"] {
            assert_eq!(word.parse::<Trouble>(), Err(NoTrouble(word.to_owned())));
        }
        let troubles = Troubles::default();
        let heard = troubles.heard();
        troubles.clone().set([Trouble::Twice, Trouble::Garbage]);
        let came: Vec<Trouble> = (0..3).map(|_| troubles.next()).collect();
        assert_eq!(came, [Trouble::Twice, Trouble::Garbage, Trouble::Nothing]);
        assert_eq!(*heard.borrow(), 3);
    }
}
