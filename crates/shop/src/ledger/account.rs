//! The accounts, and what each thing that happens to an order is worth to them.
//!
//! Pure: amounts in, entries out. A sale is never worked out part by part: the entries of a parcel or of a refund
//! are the difference between what the shop keeps of the order after it and before it, so that however an order
//! is cut, its parts add up to the whole at every rate (V3).

use std::{collections::BTreeMap, fmt};

use trade::{money::Money, vat::Rate};

use crate::pricing::VatLine;

/// An account of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// What readers owe.
    Receivable,
    /// What the card bank owes.
    CardClearing,
    /// What the hosted provider owes.
    ProviderClearing,
    /// What the hosted provider paid out and the bank has not booked yet.
    PayoutsInTransit,
    /// What lies at the shop's bank.
    Bank,
    /// What lies in the shop's till.
    Till,
    /// What the shop owes to the bearers of gift certificates.
    Certificates,
    /// What banks and providers charge.
    Fees,
    /// What banks took back and the shop contests.
    Chargebacks,
    /// What arrived and belongs to nothing known yet.
    Suspense,
    /// What was taken back for good.
    Losses,
    /// Goods sold at a rate, without VAT.
    Sales(Rate),
    /// Delivery charged at a rate, without VAT.
    Delivery(Rate),
    /// VAT collected at a rate.
    Vat(Rate),
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receivable => write!(f, "receivable"),
            Self::CardClearing => write!(f, "card-clearing"),
            Self::ProviderClearing => write!(f, "provider-clearing"),
            Self::PayoutsInTransit => write!(f, "payouts-in-transit"),
            Self::Bank => write!(f, "bank"),
            Self::Till => write!(f, "till"),
            Self::Certificates => write!(f, "certificates"),
            Self::Fees => write!(f, "fees"),
            Self::Chargebacks => write!(f, "chargebacks"),
            Self::Suspense => write!(f, "suspense"),
            Self::Losses => write!(f, "losses"),
            Self::Sales(rate) => write!(f, "sales:{}", rate.as_basis_points()),
            Self::Delivery(rate) => write!(f, "delivery:{}", rate.as_basis_points()),
            Self::Vat(rate) => write!(f, "vat:{}", rate.as_basis_points()),
        }
    }
}

/// One side of a transfer: debit above zero, credit below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The account.
    pub account: Account,
    /// The amount.
    pub amount: Money,
}

/// What a sale is worth to each account: the reader owes the total, each rate has its share.
///
/// The goods' net is computed first; delivery's net is what remains of the rate's net, so that net and VAT of
/// a rate are its gross to the cent (V3).
pub(crate) fn sale(vat: &[VatLine]) -> Vec<Entry> {
    let total: Money = vat.iter().map(VatLine::gross).sum();
    let mut entries = vec![Entry {
        account: Account::Receivable,
        amount: total,
    }];
    for line in vat {
        let goods_net = trade::vat::split(line.goods, line.rate).net;
        entries.push(Entry {
            account: Account::Sales(line.rate),
            amount: -goods_net,
        });
        entries.push(Entry {
            account: Account::Delivery(line.rate),
            amount: -(line.net - goods_net),
        });
        entries.push(Entry {
            account: Account::Vat(line.rate),
            amount: -line.vat,
        });
    }
    entries.retain(|entry| entry.amount != Money::ZERO);
    entries
}

/// What turns the sale of `before` into the sale of `after`.
pub(crate) fn change(before: &[VatLine], after: &[VatLine]) -> Vec<Entry> {
    let (before, after) = (sale(before), sale(after));
    let undone = before.into_iter().map(|Entry { account, amount }| Entry {
        account,
        amount: -amount,
    });
    let mut sums: BTreeMap<String, Entry> = BTreeMap::new();
    for entry in undone.chain(after) {
        let sum = sums.entry(entry.account.to_string()).or_insert(Entry {
            amount: Money::ZERO,
            ..entry
        });
        sum.amount += entry.amount;
    }
    sums.into_values()
        .filter(|entry| entry.amount != Money::ZERO)
        .collect()
}

/// An amount that goes from what readers owe to the account where it lies now.
pub(crate) fn paid_into(account: Account, amount: Money) -> Vec<Entry> {
    moved(Account::Receivable, account, amount)
}

/// An amount that leaves one account for another.
pub(crate) fn moved(from: Account, to: Account, amount: Money) -> Vec<Entry> {
    vec![
        Entry {
            account: to,
            amount,
        },
        Entry {
            account: from,
            amount: -amount,
        },
    ]
}

/// A sale undone whose amount leaves these accounts. What they pay beyond the sale was paid in advance, and is owed to
/// the reader.
pub(crate) fn paid_from(undone: Vec<Entry>, accounts: &[(Account, Money)]) -> Vec<Entry> {
    let paid = accounts.iter().map(|&(account, amount)| Entry {
        account,
        amount: -amount,
    });
    let mut entries: Vec<_> = undone
        .into_iter()
        .filter(|entry| entry.account != Account::Receivable)
        .chain(paid)
        .collect();
    let owed: Money = entries.iter().map(|entry| entry.amount).sum();
    entries.push(Entry {
        account: Account::Receivable,
        amount: -owed,
    });
    entries.retain(|entry| entry.amount != Money::ZERO);
    entries
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use trade::{money::Money, vat::Rate};

    use super::{Entry, change, sale};
    use crate::pricing::VatLine;

    fn vat_line(points: u32, goods: i64, delivery: i64) -> VatLine {
        VatLine::new(
            Rate::basis_points(points),
            Money::cents(goods),
            Money::cents(delivery),
        )
    }

    fn by_account(entries: &[Entry]) -> Vec<(String, Money)> {
        let mut sums: std::collections::BTreeMap<String, Money> = Default::default();
        for entry in entries {
            *sums.entry(entry.account.to_string()).or_default() += entry.amount;
        }
        sums.into_iter()
            .filter(|(_, sum)| *sum != Money::ZERO)
            .collect()
    }

    proptest! {
        /// V3: whatever the cuts, the parts of a sale are the sale, and each part is balanced.
        #[test]
        fn the_parts_of_a_sale_add_up_to_it(
            parts in proptest::collection::vec((0i64..20_000, 0i64..20_000, 0i64..900), 1..8)
        ) {
            let (mut books, mut others, mut fees) = (0, 0, 0);
            let (mut posted, mut before): (Vec<Entry>, Vec<VatLine>) = Default::default();
            for (book, other, fee) in parts {
                books += book;
                others += other;
                fees += fee;
                let after = vec![vat_line(550, books, fees), vat_line(2000, others, 0)];
                let part = change(&before, &after);
                prop_assert_eq!(part.iter().map(|entry| entry.amount).sum::<Money>(), Money::ZERO);
                posted.extend(part);
                before = after;
            }
            prop_assert_eq!(by_account(&posted), by_account(&sale(&before)));
        }
    }
}
