//! What became of a page: asked of the provider, written once, and lifted where it came too late.

use storage::{Fault, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    ids::{OrderNumber, PaymentId},
    payment::{AuthoriseOutcome, NotSent, Outcome},
};

use super::page::{self, Page, PageStanding};
use crate::{
    mail,
    order::{
        self, OrderState,
        events::{self, EventKind},
    },
    payment::{
        Authorisation, Evidence, HostedProvider, PaymentState, Standing, ZoneFault,
        authorise::{self, MadeElsewhere},
        row,
    },
};

/// What a reader who comes back from the provider is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returned {
    /// Where her payment stands.
    At(Authorisation),
    /// She paid when the order waited for it no more; what was reserved is lifted.
    TooLate,
}

/// The reader comes back: what became of every page of the order is asked.
///
/// Let it run to its end even when the reader's browser goes away (spawn it); what is left half done is finished by
/// [`recover`](crate::payment::recover), but later.
///
/// # Errors
/// A [`Fault`]. A provider that does not answer is none: the payment is [`Authorisation::Asking`].
pub async fn provider_returned(
    store: &Store,
    provider: &dyn HostedProvider,
    clock: &Clock,
    number: &OrderNumber,
) -> Result<Returned, Fault> {
    let asked = number.clone();
    let pages = store.read(move |tx| pages_of(tx, &asked)).await?;
    let unsettled =
        |page: &&Page| matches!(page.standing, PageStanding::Open | PageStanding::Lifting);
    for page in pages.iter().filter(unsettled) {
        settle(store, provider, clock, page.payment).await?;
    }
    let number = number.clone();
    store.read(move |tx| returned(tx, &number)).await
}

fn pages_of(tx: &mut dyn Tx, number: &OrderNumber) -> Result<Vec<Page>, Fault> {
    match order::find(tx, number)? {
        Some(order) => page::of_order(tx, order.id),
        None => Ok(Vec::new()),
    }
}

fn returned(tx: &mut dyn Tx, number: &OrderNumber) -> Result<Returned, Fault> {
    let payment = row::of_order(tx, number)?;
    let standing = match &payment {
        Some(payment) => authorise::standing(payment)?,
        None => Authorisation::Asking,
    };
    let given_up = |page: &Page| {
        matches!(
            page.standing,
            PageStanding::Lifting | PageStanding::Lifted | PageStanding::Kept
        )
    };
    let too_late =
        standing != Authorisation::Confirmed && pages_of(tx, number)?.iter().any(given_up);
    Ok(match too_late {
        true => Returned::TooLate,
        false => Returned::At(standing),
    })
}

/// What asking about a page brought.
pub(in crate::payment) enum Found {
    Written,
    Nothing,
    Unreachable,
}

/// The payments about whose pages the provider is to be asked.
pub(in crate::payment) fn due(tx: &mut dyn Tx, now: Timestamp) -> Result<Vec<PaymentId>, Fault> {
    page::due(tx, now)
}

/// Asks what became of a page, and writes it.
pub(in crate::payment) async fn settle(
    store: &Store,
    provider: &dyn HostedProvider,
    clock: &Clock,
    payment: PaymentId,
) -> Result<Found, Fault> {
    let now = clock.now();
    let begun = store.write(move |tx| begin(tx, payment, now)).await?;
    let Some(looked) = begun else {
        return Ok(Found::Written);
    };
    if looked.page.standing == PageStanding::Lifting {
        return lift(store, provider, clock, &looked.page).await;
    }
    let (outcome, evidence) = match provider.lookup(&looked.page.named()).await {
        Ok(Standing::Known(outcome, evidence)) => (outcome, evidence),
        Ok(Standing::Unheard) => never_paid(),
        Ok(Standing::InProgress) if looked.is_waited_for => {
            let at_the_end = move |tx: &mut dyn Tx| page::look_at_the_end(tx, payment, now);
            store.write(at_the_end).await?;
            return Ok(Found::Nothing);
        }
        Ok(Standing::InProgress) => return close(store, provider, &looked.page).await,
        Err(ZoneFault::NoAnswer) => return Ok(Found::Nothing),
        Err(ZoneFault::Unreachable) => return Ok(Found::Unreachable),
    };
    let now = clock.now();
    let next = store
        .write(move |tx| take(tx, payment, &outcome, &evidence, now))
        .await?;
    match next {
        PageStanding::Lifting => lift(store, provider, clock, &looked.page).await,
        _ => Ok(Found::Written),
    }
}

struct Looked {
    page: Page,
    is_waited_for: bool,
}

fn begin(tx: &mut dyn Tx, payment: PaymentId, now: Timestamp) -> Result<Option<Looked>, Fault> {
    if !page::looked(tx, payment, now)? {
        return Ok(None);
    }
    let page = page::by_payment(tx, payment)?.ok_or_else(|| Fault::defect("a page vanished"))?;
    let payment = row::by_id(tx, payment)?.ok_or_else(|| Fault::defect("a payment vanished"))?;
    let is_waited_for = payment.state == PaymentState::AwaitingReader
        && payment.order_state == OrderState::AwaitingPayment;
    Ok(Some(Looked {
        page,
        is_waited_for,
    }))
}

fn never_paid() -> (AuthoriseOutcome, Evidence) {
    let reason = NotSent::PageClosed;
    (AuthoriseOutcome::NotSent { reason }, Evidence::Nothing)
}

/// Writes the outcome once, and says what is left to do with the page.
fn take(
    tx: &mut dyn Tx,
    id: PaymentId,
    outcome: &AuthoriseOutcome,
    evidence: &Evidence,
    now: Timestamp,
) -> Result<PageStanding, Fault> {
    let payment = row::by_id(tx, id)?.ok_or_else(|| Fault::defect("a payment vanished"))?;
    let made = authorise::conclude_elsewhere(tx, &payment, outcome, evidence, now)?;
    let paid = matches!(outcome, AuthoriseOutcome::Approved { .. });
    let may_hold = paid || *outcome == AuthoriseOutcome::Unknown;
    let next = match made {
        MadeElsewhere::TooLate if may_hold => PageStanding::Lifting,
        MadeElsewhere::TooLate | MadeElsewhere::Taken(_) => PageStanding::Closed,
    };
    let moved = page::advance(tx, id, (PageStanding::Open, next))?;
    if moved && next == PageStanding::Lifting {
        events::record(tx, payment.order, EventKind::TooLate, None, None, now)?;
        if paid {
            let order = order::by_id(tx, payment.order)?;
            mail::write_of_late_payment(tx, &order, payment.amounts.amount, id)?;
        }
    }
    Ok(next)
}

/// Closes a page that nobody waits for, so that nobody pays on it. What was paid on it in this moment is found when it is
/// looked at again.
async fn close(store: &Store, provider: &dyn HostedProvider, page: &Page) -> Result<Found, Fault> {
    match provider.reverse(&page.named()).await {
        Ok(Outcome::Done) => {}
        Ok(Outcome::Pending | Outcome::Refused { .. }) | Err(ZoneFault::NoAnswer) => {
            return Ok(Found::Nothing);
        }
        Err(ZoneFault::Unreachable) => return Ok(Found::Unreachable),
    }
    let payment = page.payment;
    let step = (PageStanding::Open, PageStanding::Closed);
    let closing = move |tx: &mut dyn Tx| page::advance(tx, payment, step);
    store.write(closing).await.map(|_| Found::Written)
}

/// Gives up what a page reserved too late.
async fn lift(
    store: &Store,
    provider: &dyn HostedProvider,
    clock: &Clock,
    page: &Page,
) -> Result<Found, Fault> {
    let (to, kind, code) = match provider.reverse(&page.named()).await {
        Ok(Outcome::Done) => (PageStanding::Lifted, EventKind::Reversed, None),
        Ok(Outcome::Refused { code }) => {
            tracing::error!(payment = %page.payment, code, "the provider keeps what came too late: ask it");
            (PageStanding::Kept, EventKind::Refused, Some(code))
        }
        Ok(Outcome::Pending) | Err(ZoneFault::NoAnswer) => return Ok(Found::Nothing),
        Err(ZoneFault::Unreachable) => return Ok(Found::Unreachable),
    };
    let (payment, order, now) = (page.payment, page.order, clock.now());
    let lifting = move |tx: &mut dyn Tx| {
        if page::advance(tx, payment, (PageStanding::Lifting, to))? {
            events::record(tx, order, kind, code.as_deref(), None, now)?;
        }
        Ok(Found::Written)
    };
    store.write(lifting).await
}
