//! How the reader wants to pay: the means is written down, and what needs nobody's leave is done at once.

use storage::{Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    ids::OrderNumber,
    limits,
};

use super::{
    CardWanted, Means, Methods, PayRefusal, transfer,
    wanted::{self, Waiting},
};
use crate::{
    mail::{self, LetterKind},
    order::{
        self, Order,
        events::{self, EventKind},
    },
};

/// What the reader is to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// Give a card to the vault.
    Card(CardWanted),
    /// Pay on the provider's page: see [`provider_page`](super::provider_page).
    Provider(CardWanted),
    /// Send a credit transfer; the order's page says where to and under which reference.
    Transfer,
    /// Come and pay: the order is confirmed.
    Collection,
}

/// Lets an order be paid with `means`.
///
/// # Errors
/// [`PayRefusal::NotTaken`], and those of [`card_wanted`](super::card_wanted).
pub async fn choose(
    store: &Store,
    methods: &Methods,
    clock: &Clock,
    number: &OrderNumber,
    means: Means,
) -> Result<Chosen, PayRefusal> {
    let (methods, number, now) = (methods.clone(), number.clone(), clock.now());
    store
        .write(move |tx| {
            let (order, waiting) = wanted::waiting(tx, &number, means, now)?;
            if !methods.takes(means, order.method) {
                return Err(PayRefusal::NotTaken { means });
            }
            begin(tx, &order, waiting, means, now)
        })
        .await
}

fn begin(
    tx: &mut dyn Tx,
    order: &Order,
    waiting: Waiting,
    means: Means,
    now: Timestamp,
) -> Result<Chosen, PayRefusal> {
    let can = means.capabilities();
    if can.redirect {
        let wanted = waiting.card(order);
        return Ok(match means {
            Means::Provider => Chosen::Provider(wanted),
            _ => Chosen::Card(wanted),
        });
    }
    if can.capture_later {
        order::confirm(tx, order.id, means.code(), now)?;
    } else if waiting.reference.is_some() {
        return Ok(Chosen::Transfer);
    } else {
        transfer::expect(tx, &order.number, waiting.payment, now)?;
        wanted::keep_held(tx, order.id, now.plus(limits::TRANSFER_HOLD))?;
    }
    events::record(
        tx,
        order.id,
        EventKind::Chosen,
        Some(means.code()),
        None,
        now,
    )?;
    let order = order::by_id(tx, order.id)?;
    Ok(match can.capture_later {
        true => {
            mail::write(tx, LetterKind::Collection, &order)?;
            Chosen::Collection
        }
        false => {
            mail::write_of_awaited_transfer(tx, &order, waiting.payment)?;
            Chosen::Transfer
        }
    })
}
