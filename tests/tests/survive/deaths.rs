//! Any process dies at any moment, killed with -9, while readers pay with cards that the bank takes, declines, pays in part,
//! is slow about or says nothing to. In the end all books agree to the cent.
//!
//! `BOUQUIN_DEATHS` says how many deaths there are, `BOUQUIN_SEED` which: both are printed. What happens between the
//! processes is not repeated by a seed, since their threads run as the machine lets them.

use std::{env, str::FromStr, time::Duration};

use anyhow::{Context, Result};
use reader::Reader;
use tests::{
    demo::{Demo, Plan},
    oracle::{self, Card},
    patience::order_number,
};

use super::{BUYERS, PROCESSES, order, pay_until_there_is_an_order};

const DEATHS: usize = 8;
const SEED: u64 = 20_261_127;
/// Whose books are bought: one alone would be sold out.
const AUTHORS: [&str; 5] = ["Voltaire", "Hugo", "Zola", "Balzac", "Verne"];
/// When a process dies, at the latest: a purchase takes about as long.
const LATEST_MS: u64 = 1_500;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn one_of<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[usize::try_from(self.below(things.len() as u64)).unwrap()]
    }
}

fn set<T: FromStr>(name: &str) -> Option<T> {
    env::var(name).ok()?.parse().ok()
}

#[test]
fn any_process_may_die_at_any_moment_whatever_the_bank_does() {
    let deaths = set("BOUQUIN_DEATHS").unwrap_or(DEATHS);
    let seed = set("BOUQUIN_SEED").unwrap_or(SEED);
    println!("BOUQUIN_DEATHS={deaths} BOUQUIN_SEED={seed}");
    let plan = Plan {
        titles: 2_000,
        ..Plan::default()
    };
    let mut demo = Demo::start(&plan).unwrap();
    let (cards, mut random) = (oracle::cards().unwrap(), Random(seed));
    let mut orders = Vec::new();
    for death in 0..deaths {
        let bought = die(&mut demo, &cards, &mut random);
        orders.extend(bought.with_context(|| format!("death {death}")).unwrap());
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let ended = runtime.block_on(async {
        let store = oracle::store(&demo, &plan).await?;
        oracle::books_agree(&demo, &store, orders.iter().map(String::as_str)).await
    });
    let ended = ended.unwrap();
    println!("{} orders after {deaths} deaths: {ended:?}", orders.len());
    assert_eq!(orders.len(), deaths * BUYERS);
    assert!(ended.confirmed > 0, "{ended:?}");
}

/// One process dies while every reader pays, first with a card of any kind and then with a good one; the orders.
fn die(demo: &mut Demo, cards: &[Card], random: &mut Random) -> Result<Vec<String>> {
    let shop = demo.at.shop.clone();
    let good = oracle::card("approve")?;
    let process = *random.one_of(&PROCESSES);
    let moment = Duration::from_millis(random.below(LATEST_MS));
    let chosen: Vec<(&str, &Card)> = (0..BUYERS)
        .map(|_| (*random.one_of(&AUTHORS), random.one_of(cards)))
        .collect();
    let (old, orders) = std::thread::scope(|scope| {
        let (shop, good) = (&shop, &good);
        let buyers: Vec<_> = chosen
            .iter()
            .map(|(author, card)| scope.spawn(move || bought(shop, author, (card, good))))
            .collect();
        std::thread::sleep(moment);
        let old = demo.kill_9(process)?;
        let orders = buyers.into_iter().map(|buyer| buyer.join().unwrap());
        anyhow::Ok((old, orders.collect::<Result<Vec<_>>>()?))
    })
    .with_context(|| format!("{process} died after {moment:?}"))?;
    demo.wait_for_new(process, old)?;
    Ok(orders)
}

/// The number of a reader's order.
fn bought(shop: &str, author: &str, cards: (&Card, &Card)) -> Result<String> {
    let mut reader = Reader::default();
    let form = order(&mut reader, shop, author)?;
    let page = pay_until_there_is_an_order(&mut reader, shop, form, cards)?;
    Ok(order_number(&page.url).context("no order")?.to_owned())
}
