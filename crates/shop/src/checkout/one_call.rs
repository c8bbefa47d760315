//! Placing an order in one call: how PostgreSQL does it, in one round trip.
//!
//! The function and its steps are in `migrations/0002_place_order.sql`; here its argument is written and its
//! answer read. The fields of both are JSON objects, so that the signature of the function never changes.

use serde::{Deserialize, Serialize};
use storage::{Fault, Store};
use trade::{
    clock::Timestamp,
    delivery::Tariff,
    goods::Goods,
    ids::{EditionId, OrderNumber, PaymentId},
    money::Money,
};

use super::{
    Placed, Refusal,
    prepared::{Offered, Prepared},
    step_by_step::Standing,
};
use crate::{columns, ledger, order::OrderState, pricing};

storage::statements! {
    PLACE = postgres "SELECT shop_place_order($1)";
}

#[derive(Serialize)]
struct Argument<'a> {
    now_us: i64,
    hold_until_us: i64,
    number: &'a str,
    idempotency_key: &'a str,
    request_hash: &'a str,
    cart: Option<String>,
    locale: &'a str,
    email: &'a str,
    name: &'a str,
    address: String,
    method: &'a str,
    goods_cents: Money,
    delivery_cents: Money,
    total_cents: Money,
    search_text: &'a str,
    payment: PaymentId,
    nonce: &'a str,
    transfer: String,
    vat: Vec<ArgumentVat>,
    entries: Vec<ArgumentEntry>,
    lines: Vec<ArgumentLine>,
}

#[derive(Serialize)]
struct ArgumentVat {
    vat_bp: u32,
    goods_cents: Money,
    delivery_cents: Money,
    vat_cents: Money,
}

#[derive(Serialize)]
struct ArgumentEntry {
    account: String,
    amount_cents: Money,
}

#[derive(Serialize)]
struct ArgumentLine {
    position: i64,
    edition: EditionId,
    quantity: u32,
    unit_cents: Money,
    goods: Goods,
    vat_bp: u32,
}

#[derive(Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum Answer {
    Placed,
    Repeated {
        number: OrderNumber,
        state: OrderState,
        total_cents: Money,
        hold_until_us: Timestamp,
        payment: Option<PaymentId>,
        nonce: Option<String>,
    },
    KeyReused,
    Changed {
        editions: Vec<AnswerEdition>,
    },
    OutOfStock {
        edition: EditionId,
        available: u32,
    },
}

#[derive(Deserialize)]
struct AnswerEdition {
    edition: EditionId,
    price_cents: Option<Money>,
    goods: Option<Goods>,
    buyable: bool,
}

/// Places `prepared`, or says why not.
pub(super) async fn place(
    store: &Store,
    prepared: &Prepared,
    tariff: &Tariff,
) -> Result<Placed, Refusal> {
    let argument = columns::to_json(&argument(prepared)?)?;
    let rows = store.call(&PLACE, vec![argument.into()]).await?;
    let row = rows
        .first()
        .ok_or_else(|| Fault::defect("shop_place_order said nothing"))?;
    match columns::json(row.text(0)?)? {
        Answer::Placed => Ok(prepared.placed()),
        Answer::Repeated {
            number,
            state,
            total_cents,
            hold_until_us,
            payment,
            nonce,
        } => {
            let standing = Standing {
                number,
                state,
                total: total_cents,
                hold_until: hold_until_us,
            };
            Ok(standing.repeated(&prepared.request, payment.zip(nonce)))
        }
        Answer::KeyReused => Err(Refusal::KeyReused),
        Answer::Changed { editions } => {
            let offers: Vec<_> = editions.iter().map(offered).collect();
            Err(prepared.changed(&offers, tariff))
        }
        Answer::OutOfStock { edition, available } => {
            Err(Refusal::OutOfStock { edition, available })
        }
    }
}

fn offered(edition: &AnswerEdition) -> Offered {
    let goods = edition.goods.unwrap_or(Goods::Other);
    let unit = edition.price_cents.unwrap_or(Money::ZERO);
    Offered {
        edition: edition.edition,
        unit,
        goods,
        buyable: edition.buyable && pricing::is_sold(goods, unit),
    }
}

fn argument(prepared: &Prepared) -> Result<Argument<'_>, Fault> {
    let Prepared { draft, quote, .. } = prepared;
    let vat = quote.vat.iter().map(|line| ArgumentVat {
        vat_bp: line.rate.as_basis_points(),
        goods_cents: line.goods,
        delivery_cents: line.delivery,
        vat_cents: line.vat,
    });
    let entries = prepared.entries.iter().map(|entry| ArgumentEntry {
        account: entry.account.to_string(),
        amount_cents: entry.amount,
    });
    let lines = (1..)
        .zip(&quote.lines)
        .map(|(position, quoted)| ArgumentLine {
            position,
            edition: quoted.line.edition,
            quantity: quoted.line.quantity,
            unit_cents: quoted.line.unit,
            goods: quoted.line.goods,
            vat_bp: quoted.rate.as_basis_points(),
        });
    Ok(Argument {
        now_us: prepared.now.as_micros(),
        hold_until_us: prepared.hold_until.as_micros(),
        number: prepared.number.as_str(),
        idempotency_key: draft.key.as_str(),
        request_hash: &prepared.request.hash,
        cart: draft.cart.map(|cart| cart.to_string()),
        locale: draft.locale.code(),
        email: draft.email.as_str(),
        name: &draft.address.name,
        address: columns::to_json(&draft.address)?,
        method: draft.method.code(),
        goods_cents: quote.goods_total,
        delivery_cents: quote.delivery,
        total_cents: quote.total,
        search_text: &prepared.search_text,
        payment: prepared.payment,
        nonce: &prepared.nonce,
        transfer: ledger::sale_id(&prepared.number),
        vat: vat.collect(),
        entries: entries.collect(),
        lines: lines.collect(),
    })
}
