//! To the page of the hosted provider and back, and what it tells by itself.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use shop::payment::{
    Authorisation, CardWanted, Heard, HostedProvider, Links, NotAnEvent, ProviderPage, Returned,
    provider_page, provider_returned, provider_told,
};
use trade::ids::OrderNumber;
use trade::limits;

use super::forms::{see_other, with_cookies};
use super::pay::{self, Told, told};
use crate::pace::Pace;
use crate::peer::Peer;
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use crate::visitor::Visitor;

/// Carries time and signatures of an event.
const SIGNATURE: &str = "stripe-signature";

/// Counts what comes without the provider's signature, and nothing else: a stranger who floods the door keeps no event out.
static STRANGERS: LazyLock<Pace> = LazyLock::new(|| {
    Pace::per_minute(
        limits::FALSE_EVENTS_PER_MINUTE,
        limits::FALSE_EVENTS_OF_ALL_PER_MINUTE,
    )
});

fn provider(state: &AppState) -> Result<std::sync::Arc<dyn HostedProvider>, Problem> {
    let provider = state.methods.provider.clone();
    provider.ok_or_else(|| Problem::of(Kind::NotFound))
}

/// Sends the reader where she pays; from there she comes back, with or without having paid, in the language of her order.
pub(super) async fn send(
    state: &AppState,
    visitor: &Visitor,
    wanted: &CardWanted,
) -> Result<Response, Problem> {
    let provider = provider(state)?;
    let (number, key) = (&wanted.order, state.order_keys.key(&wanted.order));
    let home = format!("{}/{}", state.settings.public_url, wanted.locale.code());
    let links = Links {
        back: format!("{home}/checkout/return/provider?order={number}&key={key}"),
        away: format!("{home}/orders/{number}?key={key}"),
    };
    let (store, clock) = (&state.store, &state.clock);
    match provider_page(store, provider.as_ref(), clock, wanted, &links).await? {
        ProviderPage::At(url) if is_the_providers(state, &url) => Ok(see_other(&url)),
        ProviderPage::At(_) => {
            // The rest of the address opens the payment, so it is not told.
            tracing::error!(
                payment = %wanted.payment,
                pages = state.settings.provider_origin,
                "the provider named a page that is not at payment.provider.pages: nobody is sent there"
            );
            Ok(told(state, visitor, number, Told::Unreachable))
        }
        ProviderPage::Closed => Ok(told(state, visitor, number, Told::Unreachable)),
    }
}

/// Whether the page is where the provider's pages are by the configuration. An origin that is followed by a slash is one for
/// every reader of addresses: no name, password or port can be written behind it.
fn is_the_providers(state: &AppState, url: &str) -> bool {
    let origin = state.settings.provider_origin.as_deref();
    let rest = origin.and_then(|origin| url.strip_prefix(origin));
    rest.is_some_and(|rest| rest.starts_with('/'))
}

/// What this shop wrote into the address that the provider sends the reader back to.
#[derive(Debug, Deserialize)]
pub(crate) struct Back {
    order: String,
    key: String,
}

/// `GET /checkout/return/provider?order=&key=`. The address says nothing of a payment: the provider is asked.
pub(crate) async fn back(
    State(state): State<AppState>,
    visitor: Visitor,
    Query(back): Query<Back>,
) -> Result<Response, Problem> {
    let number = OrderNumber::parse(&back.order).map_err(|_| Problem::of(Kind::NotFound))?;
    if !state.order_keys.opens(&number, &back.key) {
        return Err(Problem::of(Kind::NotFound));
    }
    let provider = provider(&state)?;
    let (asking, asked) = (state.clone(), number.clone());
    // In a task of its own: it runs to its end even when the browser goes away.
    let returned = tokio::spawn(async move {
        provider_returned(&asking.store, provider.as_ref(), &asking.clock, &asked).await
    });
    let returned = returned
        .await
        .map_err(|broken| Problem::fault(Kind::Fault, &broken))??;
    let tell = |what| told(&state, &visitor, &number, what);
    let answer = match returned {
        Returned::At(Authorisation::Confirmed | Authorisation::Asking) => {
            see_other(&visitor.path(&state.order_keys.path(&number)))
        }
        Returned::At(Authorisation::Declined(reason)) => tell(Told::Declined(reason)),
        Returned::At(Authorisation::Unanswered) => tell(Told::Unanswered),
        Returned::At(Authorisation::NotSent) => tell(Told::PageClosed),
        Returned::TooLate => tell(Told::TooLate),
    };
    Ok(with_cookies(
        answer,
        pay::basket_now(&state, &visitor).await?,
    ))
}

/// `POST /hooks/provider`: an event, signed by the provider, which has no cookie and comes from no page. It is
/// acknowledged once it is written down; what it is about is looked up by the sweep.
pub(crate) async fn hear(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let provider = provider(&state)?;
    // The signature comes first: checking it is one pass over a few thousand bytes.
    let signature = headers.get(SIGNATURE).and_then(|text| text.to_str().ok());
    let event = provider
        .read_event(signature.unwrap_or_default(), &body, state.clock.now())
        .map_err(|what| refused(&what, &peer))?;
    match provider_told(&state.store, &state.clock, &event).await? {
        Heard::News | Heard::Before => {}
        Heard::OfNoPayment => {
            tracing::info!(
                event = event.id,
                reference = event.reference,
                "the provider told of no payment of this shop"
            );
        }
    }
    Ok(StatusCode::OK)
}

fn refused(what: &NotAnEvent, peer: &Peer) -> Problem {
    if *what == NotAnEvent::Signature && !STRANGERS.allows(peer) {
        return Problem::of(Kind::TooFast);
    }
    tracing::warn!(%what, "something came in the place of an event of the provider");
    Problem::of(Kind::Malformed)
}
