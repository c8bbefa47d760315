//! The code by e-mail: a reader whose order the screening is not sure of confirms that her e-mail address is hers, and
//! her payment goes on where it stood.
//!
//! Two forms and no script. What the reader was about to do travels in them, so that the right code leads on to it: the
//! vault's receipt, believed only when its signature holds, or, for an order that her link opens, another means or the code
//! of a gift certificate. Nothing on these pages says what the screening looks at.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use shop::payment::Means;
use shop::screening::{self, Attempt, CodeRefusal, Outcome, ScreenRefusal, Visit};
use trade::ids::OrderNumber;

use super::certificate;
use super::forms::{Fields, see_other};
use super::layout::{Page, document};
use super::pay;
use super::reader::{Reader, encoded};
use crate::peer::Peer;
use crate::problem::{Kind, Problem};
use crate::render;
use crate::state::AppState;
use crate::visitor::Visitor;

/// What a request says of its sender, for the screening.
pub(crate) fn visit(visitor: &Visitor, peer: &Peer) -> Visit {
    Visit {
        cart: visitor.cart,
        peer: Some(peer.address()),
    }
}

/// Screens an attempt. An order that waits for nothing goes on: whoever asks for the money says so better.
pub(crate) async fn screened(state: &AppState, attempt: Attempt) -> Result<Outcome, Problem> {
    let asked = screening::screen(&state.store, &state.screening, &state.clock, attempt);
    match asked.await {
        Ok(outcome) => Ok(outcome),
        Err(ScreenRefusal::NoSuchOrder | ScreenRefusal::NotWaiting) => {
            Ok(Outcome::Go { held: false })
        }
        Err(ScreenRefusal::BadName) => Err(Problem::of(Kind::Malformed)),
        Err(ScreenRefusal::Fault(fault)) => Err(fault.into()),
    }
}

/// What both forms send: the receipt of a card, or an order, its key, and another means or a certificate's code.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sent {
    receipt: String,
    order: String,
    key: String,
    means: String,
    certificate: String,
    screening: i64,
    code: String,
}

/// How the payment goes on.
enum Way {
    Card,
    Other(Means),
    Certificate,
}

impl Sent {
    /// With the card of a receipt.
    pub(crate) fn with_card(receipt: &str) -> Sent {
        Sent {
            receipt: receipt.to_owned(),
            ..Sent::default()
        }
    }

    /// By other means.
    pub(crate) fn by_other_means(state: &AppState, order: &OrderNumber, means: Means) -> Sent {
        Sent {
            order: order.to_string(),
            key: state.order_keys.key(order),
            means: means.code().to_owned(),
            ..Sent::default()
        }
    }

    /// With the code of a gift certificate, as it was typed.
    pub(crate) fn by_certificate(state: &AppState, order: &OrderNumber, typed: &str) -> Sent {
        Sent {
            order: order.to_string(),
            key: state.order_keys.key(order),
            certificate: typed.to_owned(),
            ..Sent::default()
        }
    }

    /// The order, and how it goes on; what was made up by somebody else is nothing that can be read.
    fn way(&self, state: &AppState) -> Result<(OrderNumber, Way), Problem> {
        let malformed = || Problem::of(Kind::Malformed);
        if !self.receipt.is_empty() {
            let zone = state.methods.card.as_ref().ok_or_else(malformed)?;
            let receipt = zone.read_receipt(&self.receipt);
            return Ok((receipt.map_err(|_| malformed())?.order, Way::Card));
        }
        let order = OrderNumber::parse(&self.order).map_err(|_| malformed())?;
        if !state.order_keys.opens(&order, &self.key) {
            return Err(malformed());
        }
        let way = match self.certificate.is_empty() {
            true => Way::Other(Means::of_code(&self.means).ok_or_else(malformed)?),
            false => Way::Certificate,
        };
        Ok((order, way))
    }
}

/// `POST /checkout/confirm`: the code. The right one leads back to the payment.
pub(crate) async fn confirm(
    State(state): State<AppState>,
    visitor: Visitor,
    peer: Peer,
    Fields(sent): Fields<Sent>,
) -> Result<Response, Problem> {
    let (order, way) = sent.way(&state)?;
    if !state.paces.codes.allows(&peer) {
        return Err(Problem::of(Kind::TooFast));
    }
    let which = (&order, sent.screening);
    let (store, screening, clock) = (&state.store, &state.screening, &state.clock);
    match screening::confirm(store, screening, clock, which, &sent.code).await {
        Ok(_) => match way {
            Way::Card => {
                let back = format!("/checkout/return?receipt={}", encoded(&sent.receipt));
                Ok(see_other(&visitor.path(&back)))
            }
            Way::Other(means) => pay::go(&state, &visitor, &peer, &order, means).await,
            Way::Certificate => {
                certificate::spend(&state, &visitor, &peer, &order, &sent.certificate).await
            }
        },
        Err(refusal) => refused(&state, &visitor, &order, &sent, refusal),
    }
}

/// `POST /checkout/confirm/again`: another code.
pub(crate) async fn again(
    State(state): State<AppState>,
    visitor: Visitor,
    peer: Peer,
    Fields(sent): Fields<Sent>,
) -> Result<Response, Problem> {
    let (order, _) = sent.way(&state)?;
    if !state.paces.codes.allows(&peer) {
        return Err(Problem::of(Kind::TooFast));
    }
    let which = (&order, sent.screening);
    let asked = screening::send_again(&state.store, &state.screening, &state.clock, which);
    match asked.await {
        Ok(()) => Ok(shown(&state, &visitor, &order, &sent, Said::SentAgain)),
        Err(refusal) => refused(&state, &visitor, &order, &sent, refusal),
    }
}

/// The page that asks for the code, for a payment that waits for it.
pub(crate) fn ask(
    state: &AppState,
    visitor: &Visitor,
    order: &OrderNumber,
    sent: Sent,
    screening: i64,
) -> Response {
    let sent = Sent { screening, ..sent };
    shown(state, visitor, order, &sent, Said::Asked)
}

fn refused(
    state: &AppState,
    visitor: &Visitor,
    order: &OrderNumber,
    sent: &Sent,
    refusal: CodeRefusal,
) -> Result<Response, Problem> {
    let said = match refusal {
        CodeRefusal::Wrong { left } => Said::Wrong { left },
        CodeRefusal::Over => Said::Over,
        CodeRefusal::TooSoon => Said::TooSoon,
        CodeRefusal::NoMore => Said::NoMore,
        CodeRefusal::NothingToConfirm => return Err(Problem::of(Kind::NotFound)),
        CodeRefusal::Fault(fault) => return Err(fault.into()),
    };
    Ok(shown(state, visitor, order, sent, said))
}

fn shown(
    state: &AppState,
    visitor: &Visitor,
    order: &OrderNumber,
    sent: &Sent,
    said: Said,
) -> Response {
    let reader = Reader::new(visitor.locale, &state.settings, "/orders");
    let order_page = reader.path(&state.order_keys.path(order));
    let view = View {
        order,
        hidden: [
            ("receipt", &sent.receipt),
            ("order", &sent.order),
            ("key", &sent.key),
            ("means", &sent.means),
            ("certificate", &sent.certificate),
            ("screening", &sent.screening.to_string()),
        ],
        order_page: &order_page,
        said,
    };
    let status = match said {
        Said::Asked | Said::SentAgain => StatusCode::OK,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    render::personal(visitor, status, page(&reader, &view))
}

/// What the page says beside its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Nothing more.
    Asked,
    /// Another code is on its way.
    SentAgain,
    /// That was not the code.
    Wrong {
        /// Tries that are left.
        left: u32,
    },
    /// The code is not good any more.
    Over,
    /// One was sent a moment ago.
    TooSoon,
    /// No more codes are sent.
    NoMore,
}

/// What the page shows.
pub struct View<'a> {
    /// The order.
    pub order: &'a OrderNumber,
    /// What the forms carry; empty ones are left out.
    pub hidden: [(&'static str, &'a str); 6],
    /// The order's page.
    pub order_page: &'a str,
    /// What is said beside.
    pub said: Said,
}

/// The page: where the code went, a field for it, and a button for another one.
pub fn page(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    let error = match view.said {
        Said::Wrong { left } => Some(reader.count("step-up-wrong", u64::from(left))),
        Said::Over => Some(reader.say("step-up-over").to_owned()),
        Said::TooSoon => Some(reader.say("step-up-too-soon").to_owned()),
        Said::NoMore => Some(reader.say("step-up-no-more").to_owned()),
        Said::Asked | Said::SentAgain => None,
    };
    let described = error
        .as_ref()
        .map_or("code-hint", |_| "code-hint code-error");
    let minutes = (screening::limits::CODE_LIFE.as_secs() / 60).to_string();
    let hidden = html! { @for (name, value) in view.hidden { @if !value.is_empty() {
        input type="hidden" name=(name) value=(value);
    } } };
    document(
        reader,
        &Page::private(reader.say("step-up-title")),
        html! {
            div.sorry {
                p.code { (reader.tell("order-heading", &[("number", view.order.as_str().into())])) }
                h1 { (reader.say("step-up-title")) }
                p { (reader.say("step-up-what")) }
                @if view.said == Said::SentAgain { p.notice role="status" { (reader.say("step-up-sent-again")) } }
                form method="post" action=(reader.path("/checkout/confirm")) {
                    (hidden)
                    div.field {
                        label for="code" { (reader.say("step-up-code")) }
                        p.hint #code-hint { (reader.tell("step-up-hint", &[("minutes", minutes.into())])) }
                        input #code name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required aria-describedby=(described) aria-invalid=[error.as_ref().map(|_| "true")];
                        @if let Some(error) = &error { p.error #code-error role="alert" { (error) } }
                    }
                    p.actions { button.button { (reader.say("step-up-go-on")) } }
                }
                form method="post" action=(reader.path("/checkout/confirm/again")) {
                    (hidden)
                    p.actions {
                        button.button.quiet { (reader.say("step-up-again")) }
                        a.button.quiet href=(view.order_page) { (reader.say("order-see")) }
                    }
                }
            }
        },
    )
}
