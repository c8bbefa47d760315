//! Sends made-up traffic through a shop and counts what is decided of each kind of sender.

use std::{fmt::Write as _, sync::atomic::Ordering};

use shop::{
    payment::authorise,
    screening::{Attempt, Outcome, Screening, Visit, confirm, screen},
};
use trade::clock::Timestamp;

use super::{
    house::{House, receipt},
    traffic::{Event, Sender},
};

/// What was decided of one kind of sender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub accepted: u32,
    pub stepped_up: u32,
    pub held: u32,
    pub refused: u32,
}

impl Counts {
    pub fn all(self) -> u32 {
        self.accepted + self.stepped_up + self.held + self.refused
    }

    /// Of a hundred, how many were held or refused.
    pub fn stopped(self) -> f64 {
        share(self.held + self.refused, self.all())
    }

    /// Of a hundred, how many did not simply go on.
    pub fn noticed(self) -> f64 {
        share(self.all() - self.accepted, self.all())
    }
}

fn share(part: u32, whole: u32) -> f64 {
    f64::from(part) * 100.0 / f64::from(whole.max(1))
}

/// Counts in the order of [`Sender::ALL`].
pub type Caught = [Counts; 5];

/// Whether a sender has the mailbox and types the code: programs that try cards out do not, and the mailbox of an account
/// that was taken over is somebody else's.
fn confirms(sender: Sender) -> bool {
    matches!(
        sender,
        Sender::Honest | Sender::Reshipping | Sender::PromoAbuse
    )
}

/// Sends everything, in the order of its time.
pub async fn send(house: &House, events: &[Event]) -> Caught {
    let screening = Screening::new(house.keys.clone(), None);
    let mut caught = Caught::default();
    for event in events {
        house.clock.advance(event.at.since(house.clock.now()));
        let counts = &mut caught[event.sender as usize];
        let goes = attempt(house, &screening, event, counts).await;
        if let Some(receipt) = goes {
            house.bank.declines.store(event.declined, Ordering::SeqCst);
            authorise(&house.store, &house.bank, &house.clock, &receipt)
                .await
                .unwrap();
        }
    }
    caught
}

async fn attempt(
    house: &House,
    screening: &Screening,
    event: &Event,
    counts: &mut Counts,
) -> Option<trade::payment::CheckInReceipt> {
    let placed = house.place(event).await;
    let receipt = receipt(&placed, event);
    let visit = Visit {
        cart: Some(event.cart),
        peer: Some(event.peer.into()),
    };
    let attempt = Attempt::with_card(&receipt, visit);
    let (store, clock) = (&house.store, &house.clock);
    let outcome = screen(store, screening, clock, attempt).await.unwrap();
    let after = match outcome {
        Outcome::StepUp { .. } if !confirms(event.sender) => outcome,
        Outcome::StepUp { screening: id } => {
            let code = house.keys.code(id, 1);
            let which = (&placed.number, id);
            confirm(store, screening, clock, which, &code)
                .await
                .unwrap()
        }
        _ => outcome,
    };
    let counted = match (outcome, after) {
        (_, Outcome::Go { held: true }) => &mut counts.held,
        (_, Outcome::Refused) => &mut counts.refused,
        (Outcome::StepUp { .. }, _) => &mut counts.stepped_up,
        _ => &mut counts.accepted,
    };
    *counted += 1;
    matches!(after, Outcome::Go { .. }).then_some(receipt)
}

/// The counts as a table.
pub fn table(caught: &Caught) -> String {
    let mut table = String::from(
        "| sender | attempts | accepted | code by e-mail | held for review | refused | held or refused | not simply accepted |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for (sender, counts) in Sender::ALL.into_iter().zip(caught) {
        let _ = writeln!(
            table,
            "| {} | {} | {} | {} | {} | {} | {:.1} % | {:.1} % |",
            sender.name(),
            counts.all(),
            counts.accepted,
            counts.stepped_up,
            counts.held,
            counts.refused,
            counts.stopped(),
            counts.noticed()
        );
    }
    table
}

/// The last moment of the traffic, for what follows it.
pub fn end(events: &[Event]) -> Timestamp {
    events
        .last()
        .map_or(super::traffic::BEGIN, |event| event.at)
}
