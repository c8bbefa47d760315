//! With nobody handing in a file: what was sold by card is cleared, fetched from the switch, paid on a statement that is
//! fetched from the bank's window, and reconciles, also when the bank sleeps and the shop dies in between.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::{
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use reader::{JEANNE, Reader};
use shop::{
    ledger::TrialBalance,
    order::{self, OrderState},
    reconciliation::{
        self, ReadBatch, ReadStatement, Run,
        fetching::{self, Source, Standing},
    },
};
use storage::{Fault, Store, Tx};
use tests::{
    demo::{Demo, Plan},
    engines::Postgres,
    oracle,
    patience::{order_number, patiently},
    person,
};
use tokio::runtime::Runtime;
use trade::{ids::OrderNumber, money::Money};

/// How long something may take that the shop does by itself.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn nobody_hands_in_a_file_on_sqlite() {
    let plan = Plan {
        titles: 300,
        ..Plan::default()
    };
    by_itself(&plan).unwrap();
}

#[test]
fn nobody_hands_in_a_file_on_postgresql() {
    let Some(postgres) = Postgres::start().unwrap() else {
        return;
    };
    let plan = Plan {
        titles: 300,
        database: Some(postgres.fresh("fetching").unwrap()),
        ..Plan::default()
    };
    by_itself(&plan).unwrap();
}

#[test]
fn a_refund_after_the_settlement_is_cleared_and_settled_too_on_sqlite() {
    let plan = Plan {
        titles: 300,
        ..Plan::default()
    };
    refunded_after_its_settlement(&plan).unwrap();
}

#[test]
fn a_refund_after_the_settlement_is_cleared_and_settled_too_on_postgresql() {
    let Some(postgres) = Postgres::start().unwrap() else {
        return;
    };
    let plan = Plan {
        titles: 300,
        database: Some(postgres.fresh("refunding").unwrap()),
        ..Plan::default()
    };
    refunded_after_its_settlement(&plan).unwrap();
}

/// What the shop has read, and what of it disagrees.
struct Read {
    batches: Vec<ReadBatch>,
    statements: Vec<ReadStatement>,
    breaks: u64,
    standings: Vec<Standing>,
    last_run: Option<Run>,
    balance: TrialBalance,
}

impl Read {
    fn of(runtime: &Runtime, store: &Store) -> Result<Read> {
        let read = store.read(|tx: &mut dyn Tx| -> Result<Read, Fault> {
            let breaks = reconciliation::open_by_kind(tx)?;
            Ok(Read {
                batches: reconciliation::batches_read(tx, 10)?,
                statements: reconciliation::statements_read(tx, 10)?,
                breaks: breaks.iter().map(|(_, count)| count).sum(),
                standings: fetching::standings(tx)?,
                last_run: reconciliation::last_run(tx)?,
                balance: shop::ledger::trial_balance(tx)?,
            })
        });
        Ok(runtime.block_on(read)?)
    }

    fn of_window(&self) -> Option<&Standing> {
        let mut all = self.standings.iter();
        all.find(|one| one.source == Source::Window)
    }
}

/// Reads again until it is so.
fn until(
    runtime: &Runtime,
    store: &Store,
    what: &str,
    is_so: impl Fn(&Read) -> bool,
) -> Result<Read> {
    let begun = Instant::now();
    loop {
        let read = Read::of(runtime, store)?;
        if is_so(&read) {
            return Ok(read);
        }
        if begun.elapsed() > PATIENCE {
            bail!(
                "not {what}: {:?} {:?} {:?}",
                read.batches,
                read.statements,
                read.standings
            );
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn by_itself(plan: &Plan) -> Result<()> {
    let mut demo = Demo::start(plan)?;
    let runtime = Runtime::new()?;
    let store = runtime.block_on(oracle::store(&demo, plan))?;
    let mut office = person::bookseller(&demo)?;

    sell(&demo, &mut office)?;
    clear(&demo, &runtime, &store, 1)?;
    close_the_day(&demo)?;
    let paid = until(&runtime, &store, "paid", is_paid(1))?;
    ensure!(paid.batches[0].lines == 1 && paid.statements[0].entries == 1);
    ensure!(paid.breaks == 0, "{} breaks", paid.breaks);
    ensure!(paid.batches[0].staff.is_empty(), "nobody handed it in");

    // A second day: the bank sleeps, then the shop dies.
    sell(&demo, &mut office)?;
    signal(&demo, "bank", "-STOP")?;
    person::told(&demo, &["switch", "cut"], "switch")?;
    until(&runtime, &store, "silent", |read| {
        read.of_window().is_some_and(|one| one.failing.is_some())
    })?;
    let page = office.get(&format!("{}/office/bank", demo.at.shop))?;
    ensure!(
        page.status == 200 && page.html.contains("depuis"),
        "{}",
        page.html
    );
    let old = demo.kill_9("shop")?;
    signal(&demo, "bank", "-CONT")?;
    demo.wait_for_new("shop", old)?;
    until(&runtime, &store, "cleared", |read| {
        // Taken by the bank too: a day that is closed before has nothing on its statement, and there is none.
        let batch = read.batches.first();
        batch.is_some_and(|batch| batch.sequence == 2 && batch.taken == Some(true))
    })?;
    let begun = Instant::now();
    while close_the_day(&demo).is_err() {
        ensure!(begun.elapsed() < PATIENCE, "the bank does not wake up");
        std::thread::sleep(Duration::from_millis(500));
    }
    let page = patiently(|| office.get(&format!("{}/office/bank", demo.at.shop)))?;
    let asked = office.submit(&page, "/bank/fetch", &[])?;
    ensure!(asked.url.contains("told=asked"), "{}", asked.url);
    let paid = until(&runtime, &store, "paid", is_paid(2))?;
    ensure!(paid.batches.iter().map(|batch| batch.lines).sum::<u32>() == 2);
    let entries = paid.statements.iter().map(|statement| statement.entries);
    ensure!(entries.sum::<u32>() == 2, "nothing is counted twice");
    ensure!(
        paid.balance.is_balanced() && paid.breaks == 0,
        "{} breaks",
        paid.breaks
    );
    Ok(())
}

/// Sold, taken, cleared and settled; then the reader sends her book back.
fn refunded_after_its_settlement(plan: &Plan) -> Result<()> {
    let demo = Demo::start(plan)?;
    let runtime = Runtime::new()?;
    let store = runtime.block_on(oracle::store(&demo, plan))?;
    let mut office = person::bookseller(&demo)?;

    let number = sell(&demo, &mut office)?;
    clear(&demo, &runtime, &store, 1)?;
    close_the_day(&demo)?;
    let settled = until(&runtime, &store, "paid", is_paid(1))?;
    let (amount, fees) = (settled.batches[0].captures, settled.balance.posted("fees"));
    ensure!(amount > Money::ZERO && fees > Money::ZERO);
    ensure!(settled.balance.posted("bank") == amount - fees);
    ensure!(settled.balance.posted("card-clearing") == Money::ZERO);
    ensure!(settled.breaks == 0, "{} breaks", settled.breaks);

    let page = office.get(&format!("{}/office/orders/{number}", demo.at.shop))?;
    let back = office.submit(&page, "/refund", &[])?;
    ensure!(back.url.contains("told=refund-done"), "{}", back.url);
    let owed = Read::of(&runtime, &store)?;
    ensure!(owed.balance.posted("card-clearing") == -amount);
    clear(&demo, &runtime, &store, 2)?;
    close_the_day(&demo)?;
    let settled = until(&runtime, &store, "paid back", is_paid(2))?;

    let mut batches = settled.batches.iter();
    let negative = batches.find(|batch| batch.sequence == 2).context("none")?;
    ensure!(negative.lines == 1 && negative.captures == Money::ZERO);
    ensure!(negative.refunds == amount, "{negative:?}");
    let mut statements = settled.statements.iter();
    let debit = statements
        .find(|statement| statement.closing - statement.opening == -amount)
        .with_context(|| format!("no statement has it: {:?}", settled.statements))?;
    ensure!(debit.entries == 1);
    // Nothing is left of the sale but what the bank charged for it.
    let held = &settled.balance;
    ensure!(held.is_balanced() && held.posted("card-clearing") == Money::ZERO);
    ensure!(held.posted("bank") == -fees && held.posted("fees") == fees);
    ensure!(settled.breaks == 0, "{} breaks", settled.breaks);
    let order = runtime.block_on(store.read(move |tx: &mut dyn Tx| order::find(tx, &number)))?;
    let order = order.context("no order")?;
    ensure!(order.state == OrderState::Refunded, "{:?}", order.state);
    Ok(())
}

/// Whether so many batches were read, taken and paid, and everything was compared since.
fn is_paid(batches: usize) -> impl Fn(&Read) -> bool {
    move |read| {
        let done = |batch: &&ReadBatch| batch.paid && batch.taken == Some(true);
        let last = read.statements.iter().map(|statement| statement.read).max();
        let compared = read.last_run.as_ref().map(|run| run.begun);
        let window = read.of_window();
        read.batches.iter().filter(done).count() == batches
            && read.batches.len() == batches
            && compared >= last
            && window.is_some_and(|one| one.failing.is_none())
    }
}

/// The switch cuts the batch of that number, and the bank takes it.
fn clear(demo: &Demo, runtime: &Runtime, store: &Store, sequence: i64) -> Result<()> {
    person::told(demo, &["switch", "cut"], "switch")?;
    let cleared = |read: &Read| {
        let mut batches = read.batches.iter();
        batches.any(|batch| batch.sequence == sequence && batch.taken == Some(true))
    };
    until(runtime, store, "cleared", cleared).map(drop)
}

/// A reader buys a book by card, and the bookseller sends it.
fn sell(demo: &Demo, office: &mut Reader) -> Result<OrderNumber> {
    let (shop, mut reader) = (&demo.at.shop, Reader::default());
    let checkout = person::checkout(&mut reader, shop, "Voltaire")?;
    let card_page = reader.submit(&checkout, "/checkout", JEANNE)?;
    let card = oracle::card("approve")?;
    let order = reader.submit(&card_page, "/pay", &card.tokens())?;
    let number = order_number(&order.url).context("no order")?;
    let page = office.get(&format!("{shop}/office/orders/{number}"))?;
    let sent = office.submit(&page, "/ship", &[])?;
    ensure!(sent.url.contains("told=ship-done"), "{}", sent.url);
    Ok(OrderNumber::parse(number)?)
}

fn close_the_day(demo: &Demo) -> Result<()> {
    let out = demo.folder().join("statements");
    let out = out.to_string_lossy();
    let close = ["bank", "statement", "--close", "--out", &out];
    person::told(demo, &close, "bank")
}

fn signal(demo: &Demo, process: &str, signal: &str) -> Result<()> {
    let pid = demo.at.processes.get(process).context("no such process")?;
    let sent = Command::new("kill")
        .args([signal, &pid.to_string()])
        .status()?;
    ensure!(sent.success(), "{process} could not be told {signal}");
    Ok(())
}
