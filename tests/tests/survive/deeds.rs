//! Any one or two processes die at any moment, killed with -9, while the bookseller sends parcels, cancels orders and gives
//! money back, and the bank's answers go wrong. In the end all books agree to the cent.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reader::{Page, Reader};
use tests::{
    demo::{Demo, Plan},
    oracle,
    patience::patiently,
    person,
};

use super::{
    BUYERS,
    deaths::{AUTHORS, bought},
    hours::{Hour, Random, ended},
};

const HOURS: usize = 6;
/// How long she tries one deed: the bank may be silent, and its answer lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// What becomes of an order, deed by deed: the ends of the forms' addresses.
const FATES: [&[&str]; 4] = [
    &["/ship"],
    &["/cancel"],
    &["/ship", "/refund"],
    &["/ship", "/refund"],
];

#[test]
fn any_process_may_die_while_parcels_leave_and_money_is_given_back() {
    let (mut random, hours) = Random::seeded(HOURS);
    let plan = Plan {
        titles: 2_000,
        ..Plan::default()
    };
    let mut demo = Demo::start(&plan).unwrap();
    let mut desks: Vec<Reader> = (0..BUYERS)
        .map(|_| person::bookseller(&demo).unwrap())
        .collect();
    let mut orders = Vec::new();
    for hour in 0..hours {
        let settled = everybody_works(&mut demo, &mut desks, &mut random);
        orders.extend(settled.with_context(|| format!("hour {hour}")).unwrap());
    }
    let ended = ended(&demo, &plan, &orders, hours).unwrap();
    assert!(ended.sent + ended.refunded > 0, "{ended:?}");
}

/// Four orders are paid for, and four of the staff do what is drawn while what is drawn goes wrong; the orders.
fn everybody_works(
    demo: &mut Demo,
    desks: &mut [Reader],
    random: &mut Random,
) -> Result<Vec<String>> {
    let shop = demo.at.shop.clone();
    let good = oracle::card("approve")?;
    let hour = Hour::of(random);
    let work: Vec<(String, &[&str])> = (0..BUYERS)
        .map(|_| {
            let (author, fate) = (*random.one_of(&AUTHORS), *random.one_of(&FATES));
            Ok((bought(&shop, author, (&good, &good))?, fate))
        })
        .collect::<Result<_>>()?;
    hour.begin(demo)?;
    let died = std::thread::scope(|scope| {
        let shop = &shop;
        let working: Vec<_> = desks
            .iter_mut()
            .zip(&work)
            .map(|(desk, (order, fate))| scope.spawn(move || done(desk, shop, order, fate)))
            .collect();
        let died = hour.pass(demo)?;
        for one in working {
            one.join().unwrap()?;
        }
        anyhow::Ok(died)
    })
    .with_context(|| format!("{hour:?} {work:?}"))?;
    for (process, old) in died {
        demo.wait_for_new(process, old)?;
    }
    Ok(work.into_iter().map(|(order, _)| order).collect())
}

/// Tries each deed until the shop says that it is done, or patience ends.
fn done(desk: &mut Reader, shop: &str, order: &str, deeds: &[&str]) -> Result<()> {
    for deed in deeds {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let page = patiently(|| desk.get(&format!("{shop}/office/orders/{order}")))?;
            ensure!(!page.url.contains("login"), "the session was lost");
            let told = offers(&page, deed).then(|| desk.submit(&page, deed, &[]));
            match told {
                Some(Ok(page)) if page.url.contains("-done") => break,
                _ => std::thread::sleep(Duration::from_millis(300)),
            }
        }
    }
    Ok(())
}

fn offers(page: &Page, deed: &str) -> bool {
    page.html.contains(&format!("{deed}\""))
}
