//! What goes wrong in a test of survival: who is killed with -9 and when, and what happens to messages at the bank, drawn
//! from a seed.
//!
//! `BOUQUIN_DEATHS` says how many hours pass, `BOUQUIN_SEED` which: both are printed. What happens between the processes is
//! not repeated by a seed, since their threads run as the machine lets them.

use std::{collections::BTreeMap, env, process::Command, str::FromStr, time::Duration};

use anyhow::{Result, ensure};
use tests::{
    demo::{Demo, Plan, executable},
    oracle::{self, Ended},
};

use super::{BUYERS, PROCESSES};

const SEED: u64 = 20_261_127;
/// When a process dies, at the latest: a purchase takes about as long.
const LATEST_MS: u64 = 1_500;
/// What goes wrong with a message to the bank, as `bouquin bank trouble` takes it; the longer `late` is longer than an
/// answer may take.
const TROUBLES: [&str; 10] = [
    "silence",
    "late:400",
    "late:12000",
    "twice",
    "reordered",
    "garbage",
    "drop-before",
    "drop-after",
    "nothing",
    "nothing",
];
/// Messages that may go wrong in an hour: about two for each reader.
const MOST_TROUBLES: u64 = 9;

/// SplitMix64.
pub struct Random(u64);

impl Random {
    /// As `BOUQUIN_SEED` says, with the number of hours to pass.
    pub fn seeded(hours: usize) -> (Random, usize) {
        let hours = set("BOUQUIN_DEATHS").unwrap_or(hours);
        let seed = set("BOUQUIN_SEED").unwrap_or(SEED);
        println!("BOUQUIN_DEATHS={hours} BOUQUIN_SEED={seed}");
        (Random(seed), hours)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    pub fn one_of<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[usize::try_from(self.below(things.len() as u64)).unwrap()]
    }
}

fn set<T: FromStr>(name: &str) -> Option<T> {
    env::var(name).ok()?.parse().ok()
}

/// What happens while everybody does something once.
#[derive(Debug)]
pub struct Hour {
    deaths: BTreeMap<&'static str, Duration>,
    troubles: Vec<&'static str>,
}

impl Hour {
    /// One or two of the processes die.
    pub fn of(random: &mut Random) -> Hour {
        let mut deaths = BTreeMap::new();
        for _ in 0..=random.below(2) {
            let moment = Duration::from_millis(random.below(LATEST_MS));
            deaths.insert(*random.one_of(&PROCESSES), moment);
        }
        let troubles = (0..random.below(MOST_TROUBLES)).map(|_| *random.one_of(&TROUBLES));
        Hour {
            deaths,
            troubles: troubles.collect(),
        }
    }

    /// Asks the bank for its troubles; a bank that dies forgets them.
    pub fn begin(&self, demo: &Demo) -> Result<()> {
        let config = demo.folder().join("config/bank.toml");
        let mut asked = Command::new(executable()?);
        asked.args(["bank", "trouble", "--config"]).arg(config);
        let asked = asked.args(&self.troubles).output()?;
        let refused = String::from_utf8_lossy(&asked.stderr);
        ensure!(asked.status.success(), "no trouble: {refused}");
        Ok(())
    }

    /// Waits for each moment and kills; who died, with the old process's id.
    pub fn pass(&self, demo: &mut Demo) -> Result<Vec<(&'static str, u32)>> {
        let mut deaths: Vec<_> = self.deaths.iter().collect();
        deaths.sort_by_key(|(_, moment)| **moment);
        let mut passed = Duration::ZERO;
        let mut died = Vec::new();
        for (process, moment) in deaths {
            std::thread::sleep(moment.saturating_sub(passed));
            passed = *moment;
            died.push((*process, demo.kill_9(process)?));
        }
        Ok(died)
    }
}

/// How the orders of so many hours ended, one of each reader in each, once all books agree.
pub fn ended(demo: &Demo, plan: &Plan, orders: &[String], hours: usize) -> Result<Ended> {
    let runtime = tokio::runtime::Runtime::new()?;
    let ended = runtime.block_on(async {
        let store = oracle::store(demo, plan).await?;
        oracle::books_agree(demo, &store, orders.iter().map(String::as_str)).await
    })?;
    println!("{} orders after {hours} hours: {ended:?}", orders.len());
    ensure!(
        orders.len() == hours * BUYERS,
        "{} orders in {hours} hours",
        orders.len()
    );
    Ok(ended)
}
