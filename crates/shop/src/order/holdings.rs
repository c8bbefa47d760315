//! What of an order left, came back, was cancelled or still waits: counted from its parcels and refunds, and turned
//! into amounts per VAT rate.

use std::collections::BTreeMap;

use storage::{Fault, Row, Tx};
use trade::{
    ids::{EditionId, OrderId},
    money::Money,
    vat::Rate,
};

use crate::pricing::VatLine;

storage::statements! {
    LINES = "SELECT l.position, l.edition, l.unit_cents, l.vat_bp, l.quantity, l.cancelled, l.from_stock,
            CAST(COALESCE((SELECT SUM(x.quantity) FROM parcel_lines x JOIN parcels p ON p.id = x.parcel
                WHERE p.order_id = l.order_id AND x.position = l.position AND p.answer = 'done'), 0) AS BIGINT),
            CAST(COALESCE((SELECT SUM(x.quantity) FROM parcel_lines x JOIN parcels p ON p.id = x.parcel
                WHERE p.order_id = l.order_id AND x.position = l.position AND p.answer IS NULL), 0) AS BIGINT),
            CAST(COALESCE((SELECT SUM(x.quantity) FROM refund_lines x JOIN refunds r ON r.id = x.refund
                WHERE r.order_id = l.order_id AND x.position = l.position AND r.answer = 'done'), 0) AS BIGINT)
        FROM order_lines l WHERE l.order_id = $1 ORDER BY l.position";
    DELIVERY = "SELECT
            (SELECT CAST(COALESCE(SUM(delivery_cents), 0) AS BIGINT) FROM parcels WHERE order_id = $1 AND answer = 'done'),
            (SELECT CAST(COALESCE(SUM(delivery_cents), 0) AS BIGINT) FROM refunds WHERE order_id = $1 AND answer = 'done')";
    VAT = "SELECT vat_bp, delivery_cents FROM order_vat WHERE order_id = $1 ORDER BY vat_bp";
}

/// Copies of one line of an order: its number in the order, from 1, and how many.
pub type Copies = (u32, u32);

/// One line, counted.
#[derive(Clone, Debug)]
pub(crate) struct LineCount {
    pub position: u32,
    pub edition: EditionId,
    pub unit: Money,
    pub rate: Rate,
    pub from_stock: bool,
    /// Copies that neither left, nor leave, nor were cancelled.
    pub waiting: u32,
    /// Copies that leave while the bank is asked.
    pub leaving: u32,
    /// Copies that left.
    pub sent: u32,
    /// Copies whose price was given back.
    pub returned: u32,
}

/// A whole order, counted.
#[derive(Clone, Debug)]
pub(crate) struct Holdings {
    pub lines: Vec<LineCount>,
    /// The delivery charge by rate.
    delivery: Vec<(Rate, Money)>,
    /// Whether it was charged with a parcel.
    pub delivery_sent: bool,
    /// Whether it was given back.
    pub delivery_returned: bool,
}

/// Goods and delivery, VAT included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Worth {
    pub goods: Money,
    pub delivery: Money,
}

impl Worth {
    pub fn total(self) -> Money {
        self.goods + self.delivery
    }
}

/// Counts an order.
pub(crate) fn count(tx: &mut dyn Tx, order: OrderId) -> Result<Holdings, Fault> {
    let id = [order.0.into()];
    let lines = tx.query(&LINES, &id)?;
    let lines: Vec<_> = lines.iter().map(of_row).collect::<Result<_, _>>()?;
    let charged = tx.query_one(&DELIVERY, &id)?;
    let delivery = tx.query(&VAT, &id)?;
    let delivery: Vec<_> = delivery
        .iter()
        .map(|row| Ok((Rate::basis_points(row.count(0)?), Money::cents(row.int(1)?))))
        .collect::<Result<_, Fault>>()?;
    // What costs nothing goes with the first parcel as well: then it has nothing left to be charged.
    let free = delivery.iter().all(|(_, fee)| fee.is_zero());
    let anything_sent = lines.iter().any(|line| line.sent > 0);
    Ok(Holdings {
        delivery_sent: charged.int(0)? > 0 || (free && anything_sent),
        delivery_returned: charged.int(1)? > 0,
        lines,
        delivery,
    })
}

impl Holdings {
    pub fn line(&self, position: u32) -> Option<&LineCount> {
        self.lines.iter().find(|line| line.position == position)
    }

    /// Everything that still waits.
    pub fn waiting(&self) -> Vec<Copies> {
        let waiting = self.lines.iter().filter(|line| line.waiting > 0);
        waiting.map(|line| (line.position, line.waiting)).collect()
    }

    /// Everything that left and was not given back.
    pub fn kept_copies(&self) -> Vec<Copies> {
        let kept = self.lines.iter().filter(|line| line.sent > line.returned);
        kept.map(|line| (line.position, line.sent - line.returned))
            .collect()
    }

    /// The delivery charge of the whole order.
    pub fn delivery_fee(&self) -> Money {
        self.delivery.iter().map(|(_, fee)| *fee).sum()
    }

    /// What these copies are worth.
    pub fn worth(&self, copies: &[Copies], with_delivery: bool) -> Worth {
        let of_line =
            |&(position, quantity): &Copies| Some(self.line(position)?.unit.times(quantity));
        Worth {
            goods: copies.iter().filter_map(of_line).sum(),
            delivery: match with_delivery {
                true => self.delivery_fee(),
                false => Money::ZERO,
            },
        }
    }

    /// What left and was not given back, at each rate.
    pub fn kept(&self) -> Vec<VatLine> {
        self.by_rate(
            |line| line.sent.saturating_sub(line.returned),
            self.delivery_sent && !self.delivery_returned,
        )
    }

    /// The worth of all that left, whether it was given back or not.
    pub fn sent(&self) -> Money {
        let goods: Money = self
            .lines
            .iter()
            .map(|line| line.unit.times(line.sent))
            .sum();
        match self.delivery_sent {
            true => goods + self.delivery_fee(),
            false => goods,
        }
    }

    /// As it is once these copies left.
    pub fn after_parcel(&self, copies: &[Copies], with_delivery: bool) -> Self {
        let mut after = self.clone();
        for line in &mut after.lines {
            line.sent += copies_at(copies, line.position);
        }
        after.delivery_sent |= with_delivery;
        after
    }

    /// As it is once everything that waits or leaves has left.
    pub fn in_the_end(&self) -> Self {
        let mut end = self.clone();
        let mut more = false;
        for line in &mut end.lines {
            let rest = line.waiting + line.leaving;
            more |= rest > 0;
            line.sent += rest;
            (line.waiting, line.leaving) = (0, 0);
        }
        end.delivery_sent |= more;
        end
    }

    fn by_rate(&self, copies: impl Fn(&LineCount) -> u32, with_delivery: bool) -> Vec<VatLine> {
        let mut rates: BTreeMap<u32, (Money, Money)> = BTreeMap::new();
        for line in &self.lines {
            let at = rates.entry(line.rate.as_basis_points()).or_default();
            at.0 += line.unit.times(copies(line));
        }
        for (rate, fee) in self.delivery.iter().filter(|_| with_delivery) {
            rates.entry(rate.as_basis_points()).or_default().1 += *fee;
        }
        rates
            .into_iter()
            .filter(|(_, (goods, fee))| !goods.is_zero() || !fee.is_zero())
            .map(|(rate, (goods, fee))| VatLine::new(Rate::basis_points(rate), goods, fee))
            .collect()
    }
}

fn copies_at(copies: &[Copies], position: u32) -> u32 {
    let at = copies.iter().filter(|(line, _)| *line == position);
    at.map(|(_, quantity)| quantity).sum()
}

fn of_row(row: &Row) -> Result<LineCount, Fault> {
    let (quantity, cancelled) = (row.count(4)?, row.count(5)?);
    let (sent, leaving) = (row.count(7)?, row.count(8)?);
    Ok(LineCount {
        position: row.count(0)?,
        edition: EditionId(row.int(1)?),
        unit: Money::cents(row.int(2)?),
        rate: Rate::basis_points(row.count(3)?),
        from_stock: row.flag(6)?,
        waiting: quantity.saturating_sub(cancelled + sent + leaving),
        leaving,
        sent,
        returned: row.count(9)?,
    })
}
