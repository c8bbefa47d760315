//! Sales become an order of works. Nothing here knows where sales come from.

use std::collections::HashMap;

use jiff::civil::Date;
use trade::ids::{EditionId, WorkId};

use super::{Method, WORKS};

/// What one edition sold on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sale {
    /// The work.
    pub work: WorkId,
    /// The edition.
    pub edition: EditionId,
    /// Copies that count.
    pub copies: u32,
    /// Orders that name it.
    pub orders: u32,
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

    /// Adds what was sold on `day`.
    pub fn add(&mut self, day: Date, sales: &[Sale]) {
        let days = self.day.since(day).map_or(0, |ago| ago.get_days());
        let weight = self.method.weight(days);
        for sale in sales {
            let sold = self.works.entry(sale.work).or_default();
            let counted = weight * f64::from(sale.copies);
            sold.weight += counted;
            sold.orders += sale.orders;
            *sold.editions.entry(sale.edition).or_default() += counted;
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

    fn sale(work: i64, edition: i64, copies: u32, orders: u32) -> Sale {
        Sale {
            work: WorkId(work),
            edition: EditionId(edition),
            copies,
            orders,
        }
    }

    fn ranked(sales: &[(i32, Sale)]) -> Vec<(i64, i64)> {
        let mut ranking = Ranking::new(Method::on(DAY).unwrap(), DAY);
        for (ago, sale) in sales {
            ranking.add(DAY.checked_sub(ago.days()).unwrap(), &[*sale]);
        }
        let ranked = ranking.ranked().into_iter();
        ranked.map(|(work, edition)| (work.0, edition.0)).collect()
    }

    #[test]
    fn what_sells_now_passes_what_sold_more_a_month_ago() {
        let sales = [(28, sale(1, 1, 16, 16)), (0, sale(2, 2, 5, 5))];
        assert_eq!(ranked(&sales), [(2, 2), (1, 1)]);
        let sales = [(28, sale(1, 1, 24, 24)), (0, sale(2, 2, 5, 5))];
        assert_eq!(ranked(&sales), [(1, 1), (2, 2)]);
    }

    #[test]
    fn editions_of_a_work_count_together_and_the_better_one_is_shown() {
        let sales = [
            (0, sale(1, 10, 2, 2)),
            (1, sale(1, 11, 4, 4)),
            (0, sale(2, 20, 5, 5)),
        ];
        assert_eq!(ranked(&sales), [(1, 11), (2, 20)]);
    }

    #[test]
    fn what_few_orders_name_is_on_no_list() {
        assert_eq!(ranked(&[(0, sale(1, 1, 10, 2))]), []);
        let sales = [(0, sale(1, 1, 1, 2)), (3, sale(1, 1, 1, 1))];
        assert_eq!(ranked(&sales), [(1, 1)], "orders of all days count");
    }
}
