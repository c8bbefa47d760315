//! What a bookseller can do with an order: send it, whole or in part, cancel what did not leave, give money back.
//!
//! All three may ask a bank; each is a form that answers with a redirect, so that reloading the page asks nothing again.

use axum::extract::{Path, State};
use axum::response::Redirect;
use axum::{Extension, Form};
use maud::{Markup, html};
use shop::order::{Copies, Order, OrderState};
use shop::payment::{self, Contents, Means, PaymentState, Return, SettleRefusal, Settled};
use trade::ids::OrderNumber;
use trade::limits;
use trade::money::Money;

use super::access::Visit;
use super::frame::{money, token};
use crate::AppState;
use crate::problem::{Kind, Problem};

/// What a form asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Deed {
    Ship(Contents),
    Cancel,
    Refund(Return),
    RefundSent,
}

impl Deed {
    fn code(&self) -> &'static str {
        match self {
            Deed::Ship(_) => "ship",
            Deed::Cancel => "cancel",
            Deed::Refund(_) => "refund",
            Deed::RefundSent => "sent",
        }
    }
}

fn stands(order: &Order) -> Option<PaymentState> {
    order.payment.as_ref().map(|payment| payment.state)
}

/// Whether whoever moves the money is asked nothing at this moment.
fn at_rest(order: &Order) -> bool {
    !stands(order).is_some_and(PaymentState::is_in_flight)
}

/// Whether a parcel can leave now.
pub(super) fn can_ship(order: &Order) -> bool {
    order.state == OrderState::Confirmed && at_rest(order)
}

/// Whether there is something to cancel, or a reservation left of what was cancelled.
fn can_cancel(order: &Order) -> bool {
    let reserved = stands(order) == Some(PaymentState::Authorised);
    at_rest(order)
        && match order.state {
            OrderState::Confirmed => true,
            OrderState::Cancelled | OrderState::Shipped => reserved,
            _ => false,
        }
}

/// Whether something that left was not given back.
fn can_refund(order: &Order) -> bool {
    let left = order.parcels.iter().filter(|parcel| parcel.left.is_some());
    let sent: Money = left.map(|parcel| parcel.goods + parcel.delivery).sum();
    sent > order.given_back() && order.state != OrderState::Refunded && at_rest(order)
}

/// Whether a refund waits for the bookseller's own transfer.
fn waits_for_hand(order: &Order) -> bool {
    let by_hand = |means: Means| !means.capabilities().refund;
    order
        .payment
        .as_ref()
        .is_some_and(|payment| payment.state == PaymentState::Refunding && by_hand(payment.means))
}

type Fields = Form<Vec<(String, String)>>;

/// `POST /office/orders/{number}/ship`
pub(super) async fn ship(
    state: State<AppState>,
    visit: Extension<Visit>,
    number: Path<String>,
    Form(fields): Fields,
) -> Result<Redirect, Problem> {
    let contents = Contents {
        copies: copies(&fields)?,
        tracking: typed(&fields, "tracking").map(|tracking| {
            let kept = tracking.chars().filter(|symbol| !symbol.is_control());
            kept.take(limits::TRACKING_CHARS).collect()
        }),
    };
    act(Deed::Ship(contents), state, visit, number).await
}

/// `POST /office/orders/{number}/cancel`
pub(super) async fn cancel(
    state: State<AppState>,
    visit: Extension<Visit>,
    number: Path<String>,
) -> Result<Redirect, Problem> {
    act(Deed::Cancel, state, visit, number).await
}

/// `POST /office/orders/{number}/refund`
pub(super) async fn refund(
    state: State<AppState>,
    visit: Extension<Visit>,
    number: Path<String>,
    Form(fields): Fields,
) -> Result<Redirect, Problem> {
    let copies = copies(&fields)?;
    let what = Return {
        delivery: copies.is_none() || typed(&fields, "delivery").is_some(),
        copies,
        restock: typed(&fields, "restock").is_some(),
    };
    act(Deed::Refund(what), state, visit, number).await
}

/// `POST /office/orders/{number}/refund-sent`
pub(super) async fn refund_sent(
    state: State<AppState>,
    visit: Extension<Visit>,
    number: Path<String>,
) -> Result<Redirect, Problem> {
    act(Deed::RefundSent, state, visit, number).await
}

/// What a field holds, if anything was typed.
fn typed<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let (_, value) = fields.iter().find(|(field, _)| field == name)?;
    Some(value.trim()).filter(|value| !value.is_empty())
}

/// The copies named line by line as `line-1`, `line-2`; none when the form names no lines.
fn copies(fields: &[(String, String)]) -> Result<Option<Vec<Copies>>, Problem> {
    let named = fields.iter().filter_map(|(name, value)| {
        let position = name.strip_prefix("line-")?;
        let quantity = match value.trim() {
            "" => "0",
            quantity => quantity,
        };
        Some((position, quantity))
    });
    let copies = named
        .take(limits::CART_LINES)
        .map(|(position, quantity)| Some((position.parse().ok()?, quantity.parse().ok()?)))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| Problem::of(Kind::Malformed))?;
    Ok((!copies.is_empty()).then_some(copies))
}

/// Does it to its end even when the browser goes away, and redirects to the order with what the bank said.
async fn act(
    deed: Deed,
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(number): Path<String>,
) -> Result<Redirect, Problem> {
    let number = OrderNumber::parse(&number).map_err(|_| Problem::of(Kind::NotFound))?;
    let page = format!("/office/orders/{number}");
    let code = deed.code();
    let login = visit.member.login.clone();
    let doing = tokio::spawn(async move { carry_out(&state, &deed, &number, &login).await });
    let done = doing
        .await
        .map_err(|error| Problem::fault(Kind::Fault, &error))?;
    let told = match done {
        Ok(Settled::Done) => format!("told={code}-done"),
        Ok(Settled::Pending) => "told=pending".to_owned(),
        Ok(Settled::Refused { code }) => {
            super::orders::form_urlencoded(&[("told", "refused"), ("code", &code)])
        }
        Err(SettleRefusal::NotNow { .. }) => "told=not-now".to_owned(),
        Err(SettleRefusal::NoSuchCopies { .. }) => "told=copies".to_owned(),
        Err(SettleRefusal::Nothing) => "told=nothing".to_owned(),
        // The page says by itself what is forbidden until when.
        Err(SettleRefusal::Embargo { .. }) => String::new(),
        Err(SettleRefusal::Disputed { .. }) => "told=disputed".to_owned(),
        Err(SettleRefusal::InReview) => "told=in-review".to_owned(),
        Err(SettleRefusal::NoSuchOrder) => return Err(Problem::of(Kind::NotFound)),
        Err(SettleRefusal::Fault(fault)) => return Err(fault.into()),
    };
    Ok(Redirect::to(&format!("{page}?{told}")))
}

async fn carry_out(
    state: &AppState,
    deed: &Deed,
    number: &OrderNumber,
    login: &str,
) -> Result<Settled, SettleRefusal> {
    let (store, methods, clock) = (&state.store, &state.methods, &state.clock);
    match deed {
        Deed::Ship(contents) => payment::ship(store, methods, clock, number, contents, login).await,
        Deed::Cancel => payment::cancel(store, methods, clock, number, login).await,
        Deed::Refund(what) => payment::refund(store, methods, clock, number, what, login).await,
        Deed::RefundSent => payment::refund_sent(store, clock, number, login)
            .await
            .map(|()| Settled::Done),
    }
}

/// The forms for all that can be done now.
pub(super) fn forms(visit: &Visit, order: &Order) -> Markup {
    html! {
        div.actions {
            @if can_ship(order) { (ship_forms(visit, order)) }
            @if can_cancel(order) { (cancel_form(visit, order)) }
            @if can_refund(order) { (refund_forms(visit, order)) }
            @if waits_for_hand(order) { (sent_form(visit, order)) }
        }
    }
}

fn ship_forms(visit: &Visit, order: &Order) -> Markup {
    let words = visit.words();
    let means = order.payment.as_ref().map(|payment| payment.means);
    let (all, some) = match means {
        Some(Means::Collection) => ("office-hand-over", "office-hand-over-part"),
        _ => ("office-ship", "office-ship-part"),
    };
    let waiting: Vec<_> = waiting(order).collect();
    let several = waiting.iter().map(|(_, copies)| copies).sum::<u32>() > 1;
    let rest = order.parcels.iter().any(|parcel| parcel.left.is_some());
    html! {
        (button(visit, order, "ship", "button", &match rest {
            true => words.say("office-ship-rest").to_owned(),
            false => words.tell(all, &[("amount", money(visit, order.total).into())]),
        }))
        @if several {
            (asked_twice(words.say("office-part-ask"), &html! {
                form method="post" action={ "/office/orders/" (order.number) "/ship" } {
                    (token(visit))
                    p { (words.say("office-part-help")) }
                    (quantities(&waiting, &order.lines.iter().map(|line| line.title.as_str()).collect::<Vec<_>>()))
                    div.field {
                        label for="tracking" { (words.say("office-tracking")) }
                        input #tracking name="tracking" maxlength=(limits::TRACKING_CHARS) autocomplete="off";
                    }
                    button.button.quiet { (words.say(some)) }
                }
            }))
        }
    }
}

/// Lines that wait, with how many copies.
fn waiting(order: &Order) -> impl Iterator<Item = Copies> {
    order
        .lines
        .iter()
        .map(|line| (line.position, order.waiting(line)))
        .filter(|(_, copies)| *copies > 0)
}

/// One field for each line: how many of its copies.
fn quantities(lines: &[Copies], titles: &[&str]) -> Markup {
    let title = |position: u32| {
        let index = usize::try_from(position).ok()?.checked_sub(1)?;
        titles.get(index).copied()
    };
    html! {
        @for (position, most) in lines {
            div.field {
                label for={ "line-" (position) } { (title(*position).unwrap_or_default()) }
                input.num id={ "line-" (position) } type="number" name={ "line-" (position) } min="0" max=(most) value=(most) inputmode="numeric";
            }
        }
    }
}

fn cancel_form(visit: &Visit, order: &Order) -> Markup {
    let words = visit.words();
    let rest = order.is_partly_sent();
    let (ask, help, button_words) = match rest {
        true => (
            "office-cancel-rest-ask",
            "office-cancel-rest-help",
            "office-cancel-rest",
        ),
        false => ("office-cancel-ask", "office-cancel-help", "office-cancel"),
    };
    asked_twice(
        words.say(ask),
        &html! {
            p { (words.say(help)) }
            (button(visit, order, "cancel", "button quiet", words.say(button_words)))
        },
    )
}

fn refund_forms(visit: &Visit, order: &Order) -> Markup {
    let words = visit.words();
    let kept: Vec<Copies> = order
        .lines
        .iter()
        .map(|line| (line.position, order.kept(line)))
        .filter(|(_, copies)| *copies > 0)
        .collect();
    let titles: Vec<_> = order.lines.iter().map(|line| line.title.as_str()).collect();
    html! {
        (asked_twice(words.say("office-refund-ask"), &html! {
            p { (words.say("office-refund-help")) }
            (button(visit, order, "refund", "button quiet", words.say("office-refund")))
        }))
        (asked_twice(words.say("office-refund-part-ask"), &html! {
            form method="post" action={ "/office/orders/" (order.number) "/refund" } {
                (token(visit))
                p { (words.say("office-refund-part-help")) }
                (quantities(&kept, &titles))
                p { label { input type="checkbox" name="delivery" value="1"; " " (words.say("office-refund-delivery")) } }
                p { label { input type="checkbox" name="restock" value="1"; " " (words.say("office-refund-restock")) } }
                button.button.quiet { (words.say("office-refund-part")) }
            }
        }))
    }
}

fn sent_form(visit: &Visit, order: &Order) -> Markup {
    let words = visit.words();
    let open = order.refunds.iter().find(|refund| refund.answer.is_none());
    let amount = open.map_or_else(String::new, |refund| money(visit, refund.amount));
    let done = words.tell("office-refund-sent", &[("amount", amount.into())]);
    html! {
        p { (words.say("office-refund-by-hand")) }
        (button(visit, order, "refund-sent", "button", &done))
    }
}

fn button(visit: &Visit, order: &Order, path: &str, class: &str, name: &str) -> Markup {
    html! {
        form method="post" action={ "/office/orders/" (order.number) "/" (path) } {
            (token(visit))
            button class=(class) { (name) }
        }
    }
}

/// What cannot be taken back is behind one more click, which needs no script.
fn asked_twice(question: &str, inside: &Markup) -> Markup {
    html! { details.ask { summary { (question) } div { (inside) } } }
}
