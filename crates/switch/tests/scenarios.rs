//! Randomised scenarios: one purchase each, with what the bank's script lets go wrong times the death of shop, vault, switch
//! or bank at any step. Afterwards the switch's journal and the bank's books agree to the cent, and so does what is cleared.
//!
//! What is real: switch, bank and vault with their databases on disk, every connection over mutual TLS, the reader's form.
//! What is simulated: a process dies by its tasks being dropped at whatever they await and its file being opened again, so a
//! write that was handed to the database's thread is finished (`tests/tests/survive.rs` kills real processes); the shop is
//! this test, and dies by forgetting what it asked. What goes wrong and when is drawn from the seed; how the pieces then meet
//! is up to the machine.
//!
//! `BOUQUIN_SCENARIOS` says how many, `BOUQUIN_SEED` repeats one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bank::Trouble;
use house::judge::{Dice, agree};
use house::reader::{RealVault, Shop};
use house::{House, Wire, number, until};
use switch::{Config, LineTimes, PaymentReport, State, Times};
use tokio::sync::{Mutex, Notify};
use tokio::task::{JoinSet, LocalSet, spawn_local};
use trade::clock::Clock;
use trade::ids::{CaptureId, PaymentId, RefundId};
use trade::money::Money;
use trade::payment::{AuthoriseOutcome, Outcome};

/// How many run in a test of every day.
const EVERY_DAY: u64 = 200;

/// Houses that run at once: a scenario mostly waits.
const STREETS: u64 = 16;

/// How often a reader tries when nothing was even sent.
const TRIES: usize = 4;

/// Who dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Victim {
    Shop,
    Vault,
    Switch,
    Bank,
}

/// When: so many messages have reached the bank, or so much time has passed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    Heard(u64),
    After(Duration),
}

/// What a seed says.
#[derive(Debug)]
struct Plan {
    card: String,
    amount: i64,
    troubles: Vec<Trouble>,
    deaths: Vec<(Victim, Moment, Duration)>,
    dice: u64,
}

impl Plan {
    fn of(seed: u64) -> Plan {
        let mut dice = Dice(seed);
        let cards = behaviours();
        let card = match dice.roll(16) {
            0 => "silent",
            1 => "slow",
            2 => "partial",
            // Any card of the bank, every reason to decline among them.
            3..=6 => &cards[dice.roll(cards.len() as u64) as usize],
            _ => "approve",
        };
        let card = card.to_owned();
        let troubles = (0..dice.roll(7)).map(|_| trouble(&mut dice)).collect();
        let deaths = (0..dice.roll(3)).map(|_| death(&mut dice)).collect();
        Plan {
            card,
            amount: 2 + dice.roll(9999) as i64,
            troubles,
            deaths,
            dice: dice.roll(u64::MAX),
        }
    }
}

/// What the bank's cards make it do, each once.
fn behaviours() -> Vec<String> {
    let cards = bank::cards(&Clock::system()).unwrap().into_iter();
    let names: BTreeSet<String> = cards.map(|card| card.behaviour).collect();
    names.into_iter().collect()
}

fn trouble(dice: &mut Dice) -> Trouble {
    match dice.roll(15) {
        0 => Trouble::Silence,
        1 => Trouble::Late(dice.roll(400)),
        2 => Trouble::Twice,
        3 => Trouble::Reordered,
        4 => Trouble::Garbage,
        5 => Trouble::DropBefore,
        6 => Trouble::DropAfter,
        7 => Trouble::InProgress,
        8 => Trouble::Duplicate,
        9 => Trouble::BrokenCode,
        _ => Trouble::Nothing,
    }
}

fn death(dice: &mut Dice) -> (Victim, Moment, Duration) {
    let victims = [Victim::Shop, Victim::Vault, Victim::Switch, Victim::Bank];
    let victim = victims[dice.roll(4) as usize];
    let moment = match dice.roll(2) {
        0 => Moment::Heard(1 + dice.roll(5)),
        _ => Moment::After(Duration::from_millis(dice.roll(250))),
    };
    (victim, moment, Duration::from_millis(dice.roll(60)))
}

/// A house with its vault, and the shop that belongs to it.
struct Street {
    house: House,
    vault: Mutex<Option<RealVault>>,
    vault_folder: PathBuf,
    vault_wire: Wire,
    shop: Shop,
    /// Rung when the shop dies.
    shop_dies: Notify,
    carriers: usize,
}

impl Street {
    async fn open(carriers: usize) -> Street {
        let house = House::closed(Duration::from_millis(100)).await;
        let street = Street {
            vault: Mutex::default(),
            vault_folder: house.dir.path().join("vault"),
            vault_wire: Wire::lay().await,
            shop: Shop::open(&house.certs()),
            shop_dies: Notify::new(),
            carriers,
            house,
        };
        street.start_vault().await;
        street.house.start_bank().await;
        street.start_switch().await;
        street.house.until_up().await;
        street
    }

    async fn start_vault(&self) {
        let vault = RealVault::open(&self.vault_folder, &self.house.certs()).await;
        self.vault_wire.leads_to(vault.private);
        *self.vault.lock().await = Some(vault);
    }

    async fn start_switch(&self) {
        let config = self.house.switch_config();
        let ways = [self.house.wire.address, self.house.other_wire.address];
        let line = LineTimes {
            answer: Duration::from_millis(250),
            silence: Duration::from_millis(100),
            echo: Duration::from_secs(5),
            reconnect_first: Duration::from_millis(5),
            reconnect_most: Duration::from_millis(40),
            ..config.times.line
        };
        let config = Config {
            vault: self.vault_wire.address,
            carriers: ways[..self.carriers].to_vec(),
            times: Times {
                line,
                redeem: Duration::from_millis(500),
                retry: Duration::from_millis(40),
            },
            ..config
        };
        self.house.start_switch_with(config).await;
    }

    async fn die(&self, victim: Victim, pause: Duration) {
        let wires = [&self.house.wire, &self.house.other_wire];
        match victim {
            Victim::Shop => self.shop_dies.notify_waiters(),
            Victim::Vault => {
                let vault = self.vault.lock().await.take().unwrap();
                vault.kill().await;
                self.vault_wire.unplug();
                tokio::time::sleep(pause).await;
                self.start_vault().await;
                self.vault_wire.plug_in();
            }
            Victim::Switch => {
                self.house.kill_switch().await;
                wires.into_iter().for_each(Wire::cut);
                tokio::time::sleep(pause).await;
                self.start_switch().await;
            }
            Victim::Bank => {
                self.house.kill_bank().await;
                wires.into_iter().for_each(Wire::unplug);
                tokio::time::sleep(pause).await;
                self.house.start_bank().await;
                wires.into_iter().for_each(Wire::plug_in);
            }
        }
    }

    /// One scenario, to its judgement: how each payment of it ended.
    async fn play(&self, plan: &Plan) -> Vec<State> {
        self.house.until_up().await;
        let mut heard = self.house.troubles.heard();
        let before = *heard.borrow_and_update();
        self.house.troubles.set(plan.troubles.iter().copied());
        let deaths = async {
            for (victim, moment, pause) in &plan.deaths {
                match moment {
                    Moment::After(time) => tokio::time::sleep(*time).await,
                    Moment::Heard(count) => {
                        // Fewer may come: then the victim dies when all is quiet.
                        let enough = heard.wait_for(|heard| *heard >= before + count);
                        drop(tokio::time::timeout(Duration::from_millis(500), enough).await);
                    }
                }
                self.die(*victim, *pause).await;
            }
        };
        let ((), payments) = tokio::join!(deaths, self.buy(plan));
        self.house.troubles.set([]);
        let mut ends = Vec::new();
        for id in payments {
            let report = self.until_over(id).await;
            agree(&report, &self.house.holds(id).await);
            ends.push(report.state);
        }
        ends
    }

    /// A reader pays, and tries again by another payment when nothing was sent; all payments.
    async fn buy(&self, plan: &Plan) -> Vec<PaymentId> {
        let mut dice = Dice(plan.dice);
        let mut payments = Vec::new();
        for _ in 0..TRIES {
            let id = PaymentId::new();
            payments.push(id);
            if self.purchase(&mut dice, id, plan).await {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        payments
    }

    /// A purchase from the form to the last refund, by a shop that may forget what it asked; whether anything was sent.
    async fn purchase(&self, dice: &mut Dice, id: PaymentId, plan: &Plan) -> bool {
        let (card, amount) = (number(&plan.card), Money::cents(plan.amount));
        let receipt = loop {
            let form = self.vault.lock().await.as_ref().map(|vault| vault.form);
            let checked = match form {
                Some(form) => self.shop.check_in(form, id, &card, amount).await,
                None => None,
            };
            match checked {
                Some(receipt) => break receipt,
                None => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        };
        let outcome = loop {
            // A shop that is back after its death asks again with another grant, or gives the payment up.
            let request = self.shop.request(&receipt, amount);
            let asked = tokio::select! {
                asked = self.house.ask(id, &request) => asked.ok(),
                () = self.shop_dies.notified() => None,
            };
            match asked {
                Some(outcome) => break outcome,
                None if dice.roll(8) == 0 => {
                    self.wish(dice, id, Wish::Reverse).await;
                    return true;
                }
                None => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        };
        if matches!(outcome, AuthoriseOutcome::Approved { .. }) {
            self.ship(dice, id, plan.amount).await;
        }
        !matches!(outcome, AuthoriseOutcome::NotSent { .. })
    }

    /// None to three parcels, what comes back of them, and sometimes the end of the order.
    async fn ship(&self, dice: &mut Dice, id: PaymentId, amount: i64) {
        let mut left = amount;
        for parcels in (0..dice.roll(4)).rev() {
            let part = match parcels {
                0 if dice.roll(3) > 0 => left,
                _ => 1 + dice.roll(left as u64) as i64,
            };
            self.wish(dice, id, Wish::Capture(CaptureId::new(), part))
                .await;
            left -= part;
            if dice.roll(2) == 0 {
                let back = 1 + dice.roll(amount as u64) as i64;
                self.wish(dice, id, Wish::Refund(RefundId::new(), back))
                    .await;
            }
            if left == 0 {
                return;
            }
        }
        if dice.roll(2) == 0 {
            self.wish(dice, id, Wish::Reverse).await;
        }
    }

    /// Says it until it is heard, and sometimes once more.
    async fn wish(&self, dice: &mut Dice, id: PaymentId, wish: Wish) {
        let mut once_more = dice.roll(3) == 0;
        loop {
            let asking = async {
                match wish {
                    Wish::Reverse => self.house.reverse(id).await,
                    Wish::Capture(capture, part) => {
                        self.house.capture_part(id, capture, part).await
                    }
                    Wish::Refund(refund, part) => self.house.refund(id, refund, part).await,
                }
            };
            let heard = tokio::select! {
                heard = asking => heard.ok(),
                () = self.shop_dies.notified() => None,
            };
            match heard {
                Some(_) if !once_more => return,
                Some(_) => once_more = false,
                None => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }

    /// Until nothing of the payment is under way; what the switch says of it then.
    async fn until_over(&self, id: PaymentId) -> PaymentReport {
        let over = Mutex::new(None);
        until("the payment is over", async || {
            let Ok(report) = self.house.try_report(id).await else {
                return false;
            };
            let is_over = is_over(&report);
            *over.lock().await = Some(report);
            is_over
        })
        .await;
        over.into_inner().unwrap()
    }

    /// The books as a whole, and what is cleared of them.
    async fn judge(&self, played: &[(u64, Vec<State>)]) {
        self.house.until_up().await;
        let totals = self.house.books().await.totals;
        let cut = self.house.cut_batches().await;
        self.house.until_cleared().await;
        let (mut captures, mut refunds) = (Money::ZERO, Money::ZERO);
        for batch in self.house.batches().await {
            let accepted = batch.accepted.unwrap();
            assert_eq!(
                accepted.lines, batch.lines,
                "every line is borne out by the bank's books"
            );
            captures += accepted.captures;
            refunds += accepted.refunds;
        }
        assert_eq!(
            (totals.captured, totals.refunded),
            (captures, refunds),
            "{cut:?}"
        );
        let ends = played.iter().flat_map(|(_, ends)| ends);
        let approved = ends.filter(|state| **state == State::Approved).count();
        assert!(approved > 0 || totals.held.is_zero());
        assert_eq!(self.house.status().await.queued, 0);
    }
}

fn is_over(report: &PaymentReport) -> bool {
    let under_way = matches!(
        report.state,
        State::Received
            | State::Sending
            | State::PartlyApproved
            | State::Unknown
            | State::Reversing
    );
    let captures = report.captures.iter().map(|capture| &capture.result);
    let refunds = report.refunds.iter().map(|refund| &refund.result);
    !under_way
        && captures
            .chain(refunds)
            .all(|result| *result != Outcome::Pending)
}

#[derive(Clone, Copy)]
enum Wish {
    Reverse,
    Capture(CaptureId, i64),
    Refund(RefundId, i64),
}

/// Plays seeds until none is left, then judges; how each ended.
async fn live(street: Street, next: Rc<Cell<u64>>, last: u64) -> Vec<(u64, Vec<State>)> {
    let street = Rc::new(street);
    let mut played = Vec::new();
    while next.get() <= last {
        let seed = next.replace(next.get() + 1);
        let playing = Rc::clone(&street);
        let plan = Rc::new(Plan::of(seed));
        let told = Rc::clone(&plan);
        let ends = spawn_local(async move { playing.play(&plan).await }).await;
        let Ok(ends) = ends else {
            panic!("scenario BOUQUIN_SEED={seed} failed: {told:#?}");
        };
        played.push((seed, ends));
    }
    let played = Rc::new(played);
    let (street, judged) = (Rc::clone(&street), Rc::clone(&played));
    let judging = spawn_local(async move { street.judge(&judged).await });
    if judging.await.is_err() {
        let seeds: Vec<u64> = played.iter().map(|(seed, _)| *seed).collect();
        panic!("the books as a whole do not agree after the scenarios of BOUQUIN_SEED {seeds:?}");
    }
    Rc::into_inner(played).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_whatever_happens_the_books_agree_to_the_cent() {
    let only = std::env::var("BOUQUIN_SEED");
    let only = only.ok().map(|seed| seed.parse::<u64>().unwrap());
    let many = std::env::var("BOUQUIN_SCENARIOS").map_or(EVERY_DAY, |many| many.parse().unwrap());
    let begun = Instant::now();
    let next = Rc::new(Cell::new(only.unwrap_or(1)));
    let last = only.unwrap_or(many);
    let streets = async {
        let mut streets = JoinSet::new();
        for street in 0..STREETS.min(last + 1 - next.get()) {
            let next = Rc::clone(&next);
            streets.spawn_local(async move {
                let street = Street::open(1 + street as usize % 2).await;
                live(street, next, last).await
            });
        }
        let mut played = Vec::new();
        while let Some(street) = streets.join_next().await {
            played.extend(street.unwrap());
        }
        played
    };
    let played = LocalSet::new().run_until(streets).await;
    tell(&played, begun.elapsed());
}

fn tell(played: &[(u64, Vec<State>)], took: Duration) {
    let (mut ends, mut deaths, mut troubles) = (BTreeMap::new(), BTreeMap::new(), 0);
    for (seed, states) in played {
        for state in states {
            *ends.entry(state.name()).or_insert(0) += 1;
        }
        let plan = Plan::of(*seed);
        for (victim, ..) in &plan.deaths {
            *deaths.entry(*victim).or_insert(0) += 1;
        }
        let bad = plan.troubles.iter();
        troubles += bad.filter(|trouble| **trouble != Trouble::Nothing).count();
    }
    println!(
        "{} scenarios in {took:.0?}: {troubles} troubles at the bank, deaths {deaths:?}, payments ended {ends:?}; journal, books and clearing agree",
        played.len()
    );
}
