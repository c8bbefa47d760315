//! Placing an order statement by statement, inside one transaction: how SQLite does it.
//!
//! PostgreSQL does the same in `migrations/0002_place_order.sql`; whoever changes one changes the other, and
//! the conformance tests run both.

use catalogue::store as catalogue_store;
use storage::{Fault, Row, Tx};
use trade::{
    clock::Timestamp,
    delivery::Tariff,
    ids::{OrderId, OrderNumber, PaymentId},
    money::Money,
};

use super::{
    Placed, Refusal,
    prepared::{Offered, Prepared, Request},
};
use crate::{
    columns, ledger,
    order::{
        self, OrderState,
        events::{self, EventKind},
    },
    payment::CardWanted,
    pricing::{self, QuotedLine},
    stock::{self, Source, StockRefusal},
};

storage::statements! {
    INSERT = "INSERT INTO orders (number, idempotency_key, request_hash, tries, state, paying, cart, locale,
            email, name, address, method, goods_cents, delivery_cents, total_cents, placed_us, hold_until_us,
            search_text)
        VALUES ($1, $2, $3, 1, 'awaiting_payment', 0, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ON CONFLICT (idempotency_key) DO UPDATE SET tries = orders.tries + 1
        RETURNING id, tries";
    ASKED_AGAIN = "UPDATE orders SET tries = tries + 1 WHERE idempotency_key = $1 RETURNING id";
    PLACED_BEFORE = "SELECT o.request_hash, o.number, o.state, o.total_cents, o.hold_until_us, p.id, p.nonce
        FROM orders o LEFT JOIN payments p ON p.order_id = o.id AND p.state = 'awaiting_reader'
        WHERE o.id = $1 ORDER BY p.created_us DESC LIMIT 1";
    FROM_THE_SAME_CART = "SELECT id FROM orders
        WHERE cart = $1 AND state = 'awaiting_payment' AND id <> $2 ORDER BY id";
    VAT = "INSERT INTO order_vat (order_id, vat_bp, goods_cents, delivery_cents, vat_cents)
        VALUES ($1, $2, $3, $4, $5)";
    PAYMENT = "INSERT INTO payments (id, order_id, means, state, amount_cents, nonce, created_us, changed_us)
        VALUES ($1, $2, 'card', 'awaiting_reader', $3, $4, $5, $5)";
    LINE = "INSERT INTO order_lines (order_id, position, edition, title, isbn13, goods, quantity, unit_cents,
            vat_bp, from_stock)
        SELECT $1, $2, e.id, e.title, e.isbn13, $4, $5, $6, $7, $8 FROM editions e WHERE e.id = $3";
}

/// Places `prepared`, or says why not; an `Err` undoes everything.
pub(super) fn place(
    tx: &mut dyn Tx,
    prepared: &Prepared,
    tariff: &Tariff,
) -> Result<Placed, Refusal> {
    // A repeat writes as well: a mirror must acknowledge it like the first time.
    let row = insert_order(tx, prepared)?;
    let order = OrderId(row.int(0)?);
    if row.int(1)? > 1 {
        return placed_before(tx, order, &prepared.request);
    }
    let changed = changed_lines(tx, prepared)?;
    if !changed.is_empty() {
        return Err(prepared.changed(&changed, tariff));
    }
    replace_unpaid(tx, order, prepared)?;
    insert_amounts(tx, order, prepared)?;
    events::record(tx, order, EventKind::Placed, None, None, prepared.now)?;
    insert_lines(tx, order, prepared)?;
    Ok(prepared.placed())
}

fn insert_order(tx: &mut dyn Tx, prepared: &Prepared) -> Result<Row, Fault> {
    let Prepared { draft, quote, .. } = prepared;
    let params = [
        prepared.number.as_str().into(),
        draft.key.as_str().into(),
        prepared.request.hash.as_str().into(),
        draft.cart.map(|cart| cart.to_string()).into(),
        draft.locale.code().into(),
        draft.email.as_str().into(),
        draft.address.name.as_str().into(),
        columns::to_json(&draft.address)?.into(),
        draft.method.code().into(),
        quote.goods_total.as_cents().into(),
        quote.delivery.as_cents().into(),
        quote.total.as_cents().into(),
        prepared.now.as_micros().into(),
        prepared.hold_until.as_micros().into(),
        prepared.search_text.as_str().into(),
    ];
    tx.query_one(&INSERT, &params)
}

/// The order that `request` placed before, if it did.
pub(super) fn repeat(tx: &mut dyn Tx, request: &Request) -> Result<Option<Placed>, Refusal> {
    let found = tx.query_opt(&ASKED_AGAIN, &[request.key.as_str().into()])?;
    found
        .map(|row| placed_before(tx, OrderId(row.int(0)?), request))
        .transpose()
}

fn placed_before(tx: &mut dyn Tx, order: OrderId, request: &Request) -> Result<Placed, Refusal> {
    let row = tx.query_one(&PLACED_BEFORE, &[order.0.into()])?;
    if row.text(0)? != request.hash {
        return Err(Refusal::KeyReused);
    }
    let standing = Standing {
        number: columns::parsed(row.text(1)?)?,
        state: OrderState::of_column(row.text(2)?)?,
        total: Money::cents(row.int(3)?),
        hold_until: Timestamp::micros(row.int(4)?),
    };
    let payment = row.opt_text(5)?.map(columns::parsed).transpose()?;
    Ok(standing.repeated(request, payment.zip(row.opt_text(6)?.map(str::to_owned))))
}

/// An order that stood already.
pub(super) struct Standing {
    pub number: OrderNumber,
    pub state: OrderState,
    pub total: Money,
    pub hold_until: Timestamp,
}

impl Standing {
    /// The answer for a repeat; `card` is the payment and nonce that wait for one.
    pub fn repeated(self, request: &Request, card: Option<(PaymentId, String)>) -> Placed {
        let Self {
            number,
            state,
            total,
            hold_until,
        } = self;
        let card = card.filter(|_| state == OrderState::AwaitingPayment);
        let card = card.map(|(payment, nonce)| CardWanted {
            order: number.clone(),
            payment,
            amount: total,
            nonce,
            expires: hold_until,
            locale: request.locale,
        });
        Placed {
            number,
            total,
            state,
            hold_until,
            card,
            repeated: true,
        }
    }
}

/// The lines whose edition is not what the reader was shown, with what it is now.
fn changed_lines(tx: &mut dyn Tx, prepared: &Prepared) -> Result<Vec<Offered>, Fault> {
    let mut changed = Vec::new();
    for line in &prepared.draft.lines {
        let offer = catalogue_store::offer(tx, line.edition)?;
        let price = offer
            .as_ref()
            .and_then(|offer| offer.price)
            .map(|price| price.amount);
        let unit = price.unwrap_or(Money::ZERO);
        let goods = offer.as_ref().map_or(line.goods, |offer| offer.goods);
        let offered = Offered {
            edition: line.edition,
            unit,
            goods,
            buyable: offer.is_some_and(|offer| offer.buyable) && pricing::is_sold(goods, unit),
        };
        let as_shown = price == Some(line.unit) && offered.goods == line.goods && offered.buyable;
        changed.extend((!as_shown).then_some(offered));
    }
    Ok(changed)
}

/// An unpaid order made from the same cart is given up: its copies may be the ones wanted now.
fn replace_unpaid(tx: &mut dyn Tx, this_order: OrderId, prepared: &Prepared) -> Result<(), Fault> {
    let Some(cart) = prepared.draft.cart else {
        return Ok(());
    };
    let others = tx.query(
        &FROM_THE_SAME_CART,
        &[cart.to_string().into(), this_order.0.into()],
    )?;
    for other in others {
        order::expire(tx, OrderId(other.int(0)?), "replaced", prepared.now)?;
    }
    Ok(())
}

fn insert_amounts(tx: &mut dyn Tx, order: OrderId, prepared: &Prepared) -> Result<(), Fault> {
    for line in &prepared.quote.vat {
        let params = [
            order.0.into(),
            line.rate.as_basis_points().into(),
            line.goods.as_cents().into(),
            line.delivery.as_cents().into(),
            line.vat.as_cents().into(),
        ];
        tx.execute(&VAT, &params)?;
    }
    let params = [
        prepared.payment.to_string().into(),
        order.0.into(),
        prepared.quote.total.as_cents().into(),
        prepared.nonce.as_str().into(),
        prepared.now.as_micros().into(),
    ];
    tx.execute(&PAYMENT, &params)?;
    let (id, pending) = (
        ledger::sale_id(&prepared.number),
        ledger::TransferState::Pending,
    );
    ledger::post(
        tx,
        &id,
        Some(order),
        pending,
        &prepared.entries,
        prepared.now,
    )
}

/// Lines and stock last, in the order of editions: the rows that buyers share are locked shortly and alike.
fn insert_lines(tx: &mut dyn Tx, order: OrderId, prepared: &Prepared) -> Result<(), Refusal> {
    let mut lines: Vec<(i64, &QuotedLine)> = (1..).zip(&prepared.quote.lines).collect();
    lines.sort_by_key(|(_, quoted)| quoted.line.edition);
    for (position, quoted) in lines {
        let line = quoted.line;
        let source = stock::hold(tx, line.edition, line.quantity, order, prepared.now)?;
        let params = [
            order.0.into(),
            position.into(),
            line.edition.0.into(),
            line.goods.code().into(),
            line.quantity.into(),
            line.unit.as_cents().into(),
            quoted.rate.as_basis_points().into(),
            (source == Source::Shelf).into(),
        ];
        tx.execute(&LINE, &params)?;
    }
    Ok(())
}

impl From<StockRefusal> for Refusal {
    fn from(refusal: StockRefusal) -> Self {
        match refusal {
            StockRefusal::OutOfStock { edition, available } => {
                Self::OutOfStock { edition, available }
            }
            StockRefusal::BelowPromised { .. } => {
                Fault::defect("holding copies counted some").into()
            }
            StockRefusal::Fault(fault) => fault.into(),
        }
    }
}
