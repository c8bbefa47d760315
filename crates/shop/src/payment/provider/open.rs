//! Sending a reader to the provider: the page is written down, asked for outside any transaction, and its address kept.

use storage::{Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    limits,
};

use super::page::{self, Page};
use crate::{
    order::{
        self, Order, OrderState,
        events::{self, EventKind},
    },
    payment::{
        CardWanted, HostedProvider, Means, PageOpened, PageWanted, PayRefusal, PaymentState,
        row::{self, Payment},
        wanted,
    },
};

storage::statements! {
    REFER = "UPDATE payments SET reference = $2
        WHERE id = $1 AND state = 'awaiting_reader' AND means = 'provider'";
}

/// Where the provider sends the reader.
#[derive(Clone, Debug)]
pub struct Links {
    /// Who paid.
    pub back: String,
    /// Who did not.
    pub away: String,
}

/// Whether there is a page to send the reader to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderPage {
    /// Its address.
    At(String),
    /// The provider gave none: nothing is reserved, and the order still waits.
    Closed,
}

/// The provider's page on which `wanted`, that [`choose`](crate::payment::choose) answered, is paid: the same one each
/// time, until it closed; then another.
///
/// # Errors
/// [`PayRefusal::NotWaiting`] and [`PayRefusal::InFlight`] when the order was given up or paid otherwise meanwhile,
/// [`PayRefusal::TooManyTries`].
pub async fn provider_page(
    store: &Store,
    provider: &dyn HostedProvider,
    clock: &Clock,
    wanted: &CardWanted,
    links: &Links,
) -> Result<ProviderPage, PayRefusal> {
    let (asking, now) = ((wanted.clone(), links.clone()), clock.now());
    let begun = store
        .write(move |tx| begin(tx, &asking.0, &asking.1, now))
        .await?;
    let question = match begun {
        Begun::Stands(url) => return Ok(ProviderPage::At(url)),
        Begun::Ask(question) => question,
    };
    let Ok(opened) = provider.open_page(&question).await else {
        return Ok(ProviderPage::Closed);
    };
    let url = opened.url.clone();
    store
        .write(move |tx| keep(tx, &question, &opened))
        .await
        .map(|()| ProviderPage::At(url))
}

enum Begun {
    Stands(String),
    Ask(PageWanted),
}

/// The intent: from here on a payment may come under this name, and the order waits for it a little longer than the page
/// is open.
fn begin(
    tx: &mut dyn Tx,
    wanted: &CardWanted,
    links: &Links,
    now: Timestamp,
) -> Result<Begun, PayRefusal> {
    let (order, payment) = still_waiting(tx, wanted)?;
    let page = match page::by_payment(tx, payment.id)? {
        Some(page) => Some(page),
        None => Some(ask(tx, &order, payment.id, now)?),
    };
    let page = page.filter(|page| page.is_open(now));
    if let Some(url) = page.as_ref().and_then(|page| page.url.clone()) {
        return Ok(Begun::Stands(url));
    }
    let page = match page.filter(|page| page.may_be_asked_again(now)) {
        Some(page) => page,
        None => {
            let another = wanted::another(tx, &order, payment.id, Means::Provider, now)?;
            ask(tx, &order, another.payment, now)?
        }
    };
    Ok(Begun::Ask(PageWanted {
        order: order.number,
        payment: page.payment,
        amount: payment.amounts.amount,
        email: order.email.as_str().to_owned(),
        expires: page.expires,
        back: links.back.clone(),
        away: links.away.clone(),
        locale: order.locale,
    }))
}

fn still_waiting(tx: &mut dyn Tx, wanted: &CardWanted) -> Result<(Order, Payment), PayRefusal> {
    let payment = row::by_id(tx, wanted.payment)?;
    let payment = payment.filter(|payment| payment.number == wanted.order);
    let payment = payment.ok_or(PayRefusal::NoSuchPayment)?;
    let order = order::by_id(tx, payment.order)?;
    if order.state != OrderState::AwaitingPayment {
        return Err(PayRefusal::NotWaiting { state: order.state });
    }
    if payment.state != PaymentState::AwaitingReader || payment.means != Means::Provider {
        return Err(PayRefusal::InFlight);
    }
    Ok((order, payment))
}

fn ask(
    tx: &mut dyn Tx,
    order: &Order,
    payment: trade::ids::PaymentId,
    now: Timestamp,
) -> Result<Page, PayRefusal> {
    let expires = now.plus(limits::PROVIDER_PAGE);
    if page::ask(tx, payment, order.id, (now, expires))? {
        wanted::keep_held(tx, order.id, expires.plus(limits::PROVIDER_GRACE))?;
        let means = Some(Means::Provider.code());
        events::record(tx, order.id, EventKind::Chosen, means, None, now)?;
    }
    // Where another tab was faster, this is its page.
    page::by_payment(tx, payment)?.ok_or(PayRefusal::InFlight)
}

/// The answer is kept whatever happened meanwhile, so that a page to which nobody is sent is closed.
fn keep(tx: &mut dyn Tx, question: &PageWanted, opened: &PageOpened) -> Result<(), PayRefusal> {
    let id = question.payment;
    page::opened(tx, id, (&opened.reference, &opened.url))?;
    let params = [id.to_string().into(), opened.reference.as_str().into()];
    if tx.execute(&REFER, &params)? == 1 {
        return Ok(());
    }
    let payment = row::by_id(tx, id)?.ok_or(PayRefusal::NoSuchPayment)?;
    match payment.order_state {
        OrderState::AwaitingPayment => Err(PayRefusal::InFlight),
        state => Err(PayRefusal::NotWaiting { state }),
    }
}
