//! Sales become an order of works. Nothing here knows where sales come from.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use trade::ids::{EditionId, WorkId};

use super::{Method, WORKS};

/// What one order names of one edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sale {
    /// The work.
    pub work: WorkId,
    /// The edition.
    pub edition: EditionId,
    /// Copies.
    pub copies: u32,
}

/// Sales added up, for the list of one day.
pub struct Ranking {
    method: Method,
    day: Date,
    works: HashMap<WorkId, Sold>,
}

#[derive(Default)]
struct Sold {
    weight: f64,
    orders: u32,
    editions: HashMap<EditionId, f64>,
}

impl Ranking {
    /// Nothing sold yet, for the list of `day`.
    pub fn new(method: Method, day: Date) -> Ranking {
        Ranking {
            method,
            day,
            works: HashMap::new(),
        }
    }

    /// Adds what one order of `day` names. Of each work it counts once, and with so many copies as the method takes of an
    /// order, whatever editions they are of.
    pub fn add(&mut self, day: Date, order: impl Iterator<Item = Sale>) {
        let days = self.day.since(day).map_or(0, |ago| ago.get_days());
        let weight = self.method.weight(days);
        let mut works: BTreeMap<WorkId, Vec<Sale>> = BTreeMap::new();
        for sale in order {
            works.entry(sale.work).or_default().push(sale);
        }
        for (work, sales) in works {
            let copies: f64 = sales.iter().map(|sale| f64::from(sale.copies)).sum();
            let counted = copies.min(self.method.copies_per_order.into());
            let sold = self.works.entry(work).or_default();
            sold.weight += weight * counted;
            sold.orders += 1;
            for sale in sales {
                let share = f64::from(sale.copies) / copies.max(1.0);
                *sold.editions.entry(sale.edition).or_default() += weight * counted * share;
            }
        }
    }

    /// The works that enough orders name, what sold best first, each with its edition that sold best.
    pub fn ranked(self) -> Vec<(WorkId, EditionId)> {
        let least = self.method.least_orders;
        let mut works: Vec<(WorkId, Sold)> = self
            .works
            .into_iter()
            .filter(|(_, sold)| sold.orders >= least)
            .collect();
        works.sort_by(|(one, sold), (other, others)| {
            others.weight.total_cmp(&sold.weight).then(one.cmp(other))
        });
        let best = works.into_iter().take(WORKS);
        best.filter_map(|(work, sold)| Some((work, best_edition(&sold)?)))
            .collect()
    }
}

fn best_edition(sold: &Sold) -> Option<EditionId> {
    let editions = sold.editions.iter();
    let best = editions
        .max_by(|(one, weight), (other, others)| weight.total_cmp(others).then(other.cmp(one)));
    best.map(|(edition, _)| *edition)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::{ToSpan as _, civil::date};

    use super::*;

    const DAY: Date = date(2026, 11, 26);

    fn sale(work: i64, edition: i64, copies: u32) -> Sale {
        Sale {
            work: WorkId(work),
            edition: EditionId(edition),
            copies,
        }
    }

    /// So many orders of one copy, so many days ago.
    fn orders(many: usize, ago: i32, work: i64, edition: i64) -> Vec<(i32, Vec<Sale>)> {
        vec![(ago, vec![sale(work, edition, 1)]); many]
    }

    fn ranked(orders: &[(i32, Vec<Sale>)]) -> Vec<(i64, i64)> {
        let mut ranking = Ranking::new(Method::on(DAY).unwrap(), DAY);
        for (ago, order) in orders {
            let day = DAY.checked_sub(ago.days()).unwrap();
            ranking.add(day, order.iter().copied());
        }
        let ranked = ranking.ranked().into_iter();
        ranked.map(|(work, edition)| (work.0, edition.0)).collect()
    }

    #[test]
    fn what_sells_now_passes_what_sold_more_a_month_ago() {
        let now = orders(5, 0, 2, 2);
        let before = |many| [orders(many, 28, 1, 1), now.clone()].concat();
        assert_eq!(ranked(&before(16)), [(2, 2), (1, 1)]);
        assert_eq!(ranked(&before(24)), [(1, 1), (2, 2)]);
    }

    #[test]
    fn editions_of_a_work_count_together_and_the_better_one_is_shown() {
        let sold = [
            orders(2, 0, 1, 10),
            orders(4, 1, 1, 11),
            orders(5, 0, 2, 20),
        ];
        assert_eq!(ranked(&sold.concat()), [(1, 11), (2, 20)]);
    }

    #[test]
    fn what_few_orders_name_is_on_no_list() {
        // Two orders, each of the paperback and the hardback.
        let both = (0, vec![sale(1, 1, 5), sale(1, 2, 5)]);
        assert_eq!(ranked(&[both.clone(), both.clone()]), []);
        let third = (3, vec![sale(1, 1, 1)]);
        let counted = [both.clone(), both, third];
        assert_eq!(ranked(&counted), [(1, 1)], "orders of all days count");
    }

    #[test]
    fn copies_of_an_order_count_up_to_a_limit_for_all_editions_of_a_work() {
        let class = (0, vec![sale(1, 1, 30), sale(1, 2, 30)]);
        let three = [vec![class; 3], orders(16, 0, 2, 3)].concat();
        assert_eq!(ranked(&three), [(2, 3), (1, 1)], "15 copies and 16");
    }
}
