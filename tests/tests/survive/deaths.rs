//! Any one or two processes die at any moment, killed with -9, while readers pay with cards that the bank takes, declines,
//! pays in part, is slow about or says nothing to, and while its answers are lost, late, doubled, out of order or garbage and
//! its connections drop. In the end all books agree to the cent.

use anyhow::{Context, Result};
use reader::Reader;
use tests::{
    demo::{Demo, Plan},
    oracle::{self, Card},
    patience::order_number,
};

use super::{
    BUYERS,
    hours::{Hour, Random, ended},
    order, pay_until_there_is_an_order,
};

const HOURS: usize = 8;
/// Whose books are bought: one alone would be sold out.
pub const AUTHORS: [&str; 5] = ["Voltaire", "Hugo", "Zola", "Balzac", "Verne"];

#[test]
fn any_process_may_die_at_any_moment_whatever_the_bank_does() {
    let (mut random, hours) = Random::seeded(HOURS);
    let plan = Plan {
        titles: 2_000,
        ..Plan::default()
    };
    let mut demo = Demo::start(&plan).unwrap();
    let cards = oracle::cards().unwrap();
    let mut orders = Vec::new();
    for hour in 0..hours {
        let bought = everybody_buys(&mut demo, &cards, &mut random);
        orders.extend(bought.with_context(|| format!("hour {hour}")).unwrap());
    }
    let ended = ended(&demo, &plan, &orders, hours).unwrap();
    assert!(ended.confirmed > 0, "{ended:?}");
}

/// Every reader pays, first with a card of any kind and then with a good one, and what is drawn goes wrong; the orders.
fn everybody_buys(demo: &mut Demo, cards: &[Card], random: &mut Random) -> Result<Vec<String>> {
    let shop = demo.at.shop.clone();
    let good = oracle::card("approve")?;
    let hour = Hour::of(random);
    let chosen: Vec<(&str, &Card)> = (0..BUYERS)
        .map(|_| (*random.one_of(&AUTHORS), random.one_of(cards)))
        .collect();
    hour.begin(demo)?;
    let (died, orders) = std::thread::scope(|scope| {
        let (shop, good) = (&shop, &good);
        let buyers: Vec<_> = chosen
            .iter()
            .map(|(author, card)| scope.spawn(move || bought(shop, author, (card, good))))
            .collect();
        let died = hour.pass(demo)?;
        let orders = buyers.into_iter().map(|buyer| buyer.join().unwrap());
        anyhow::Ok((died, orders.collect::<Result<Vec<_>>>()?))
    })
    .with_context(|| format!("{hour:?}"))?;
    for (process, old) in died {
        demo.wait_for_new(process, old)?;
    }
    Ok(orders)
}

/// The number of a reader's order.
pub fn bought(shop: &str, author: &str, cards: (&Card, &Card)) -> Result<String> {
    let mut reader = Reader::default();
    let form = order(&mut reader, shop, author)?;
    let page = pay_until_there_is_an_order(&mut reader, shop, form, cards)?;
    Ok(order_number(&page.url).context("no order")?.to_owned())
}
