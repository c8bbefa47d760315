//! The facts of an order: what the screening reads of it, and what was counted, put together.

use screening::{Facts, places};
use storage::{Fault, Tx};
use trade::{
    address::{Address, Email},
    clock::Timestamp,
    delivery::DeliveryMethod,
    ids::{OrderId, OrderNumber},
    payment::Brand,
};

use super::{
    disputed::Disputed,
    marks::{self, Marks, SHARED},
    seen::Seen,
    traces::Paid,
};
use crate::{columns, order::OrderState};

storage::statements! {
    ORDER = "SELECT o.id, o.state, o.email, o.address, o.method, o.total_cents, o.locale,
            CAST(COALESCE(SUM(l.quantity), 0) AS BIGINT), COUNT(l.edition), CAST(COALESCE(MAX(l.quantity), 0) AS BIGINT)
        FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id WHERE o.number = $1
        GROUP BY o.id, o.state, o.email, o.address, o.method, o.total_cents, o.locale";
}

/// What the screening reads of an order.
#[derive(Clone, Debug)]
pub(super) struct Ordered {
    pub id: OrderId,
    pub state: OrderState,
    pub email: Email,
    pub address: Address,
    pub method: DeliveryMethod,
    pub total_cents: i64,
    pub locale: trade::locale::Locale,
    pub copies: i64,
    pub titles: i64,
    pub most_of_one_title: i64,
}

/// The order of that number.
pub(super) fn order(tx: &mut dyn Tx, number: &OrderNumber) -> Result<Option<Ordered>, Fault> {
    let row = tx.query_opt(&ORDER, &[number.as_str().into()])?;
    row.map(|row| {
        Ok(Ordered {
            id: OrderId(row.int(0)?),
            state: OrderState::of_column(row.text(1)?)?,
            email: columns::email(row.text(2)?)?,
            address: columns::json(row.text(3)?)?,
            method: columns::method(row.text(4)?)?,
            total_cents: row.int(5)?,
            locale: columns::locale(row.text(6)?)?,
            copies: row.int(7)?,
            titles: row.int(8)?,
            most_of_one_title: row.int(9)?,
        })
    })
    .transpose()
}

/// The means of payment, and the card's brand if it is one.
#[derive(Clone, Debug)]
pub(super) struct Means<'a> {
    pub code: &'a str,
    pub brand: Option<Brand>,
}

/// What was seen before of everything that an attempt carries.
#[derive(Clone, Copy, Debug)]
pub(super) struct History {
    /// By mark.
    pub seen: [Seen; SHARED.len()],
    /// Of the reader's orders.
    pub paid: Paid,
    /// Of everybody's.
    pub disputed: Disputed,
}

/// All facts but the bureau's.
pub(super) fn facts(
    ordered: &Ordered,
    means: &Means<'_>,
    marks: &Marks,
    history: &History,
    now: Timestamp,
) -> Facts {
    let place = places::look_up(&ordered.address.postcode, &ordered.address.city);
    let facts = Facts {
        amount_cents: ordered.total_cents,
        copies: ordered.copies,
        titles: ordered.titles,
        most_of_one_title: ordered.most_of_one_title,
        means: means.code.to_owned(),
        card_brand: means.brand.map_or("", Brand::code).to_owned(),
        collected: ordered.method == DeliveryMethod::ShopCollection,
        hour: i64::from(now.in_paris().hour()),
        place: place.code().to_owned(),
        email_aliased: marks::is_aliased(&ordered.email),
        new_reader: history.paid.orders == 0,
        paid_orders: history.paid.orders,
        address_known: history.paid.address,
        device_known: history.paid.device,
        card_known: history.paid.card,
        has_card: marks.card.is_some(),
        has_device: marks.device.is_some(),
        has_network: marks.network.is_some(),
        ..Facts::default()
    };
    counted(facts, history)
}

/// What was seen before, as facts.
fn counted(facts: Facts, history: &History) -> Facts {
    let [card, email, address, device, network] = history.seen;
    Facts {
        card_10m: card.ten_minutes,
        card_1h: card.hour,
        card_24h: card.day,
        card_30d: card.thirty_days,
        email_10m: email.ten_minutes,
        email_1h: email.hour,
        email_24h: email.day,
        email_30d: email.thirty_days,
        address_10m: address.ten_minutes,
        address_1h: address.hour,
        address_24h: address.day,
        address_30d: address.thirty_days,
        device_10m: device.ten_minutes,
        device_1h: device.hour,
        device_24h: device.day,
        device_30d: device.thirty_days,
        network_10m: network.ten_minutes,
        network_1h: network.hour,
        network_24h: network.day,
        network_30d: network.thirty_days,
        cards_of_email_24h: email.cards_day,
        cards_of_device_24h: device.cards_day,
        cards_of_network_1h: network.cards_hour,
        cards_of_address_30d: address.cards_thirty_days,
        emails_of_card_30d: card.emails_thirty_days,
        emails_of_address_30d: address.emails_thirty_days,
        emails_of_device_24h: device.emails_day,
        emails_of_device_30d: device.emails_thirty_days,
        addresses_of_card_30d: card.addresses_thirty_days,
        spellings_of_email_30d: email.spellings_thirty_days,
        declines_of_email_24h: email.declines_day,
        declines_of_device_24h: device.declines_day,
        declines_of_network_1h: network.declines_hour,
        disputes_of_card_400d: history.disputed.card,
        disputes_of_email_400d: history.disputed.email,
        disputes_of_address_400d: history.disputed.address,
        disputes_of_device_400d: history.disputed.device,
        ..facts
    }
}
