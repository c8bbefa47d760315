//! Loads the invented catalogue, its reviews and its stock, once; and makes the login of this run.

use anyhow::{Context, Result, bail};
use catalogue::{
    demo,
    store::{Incoming, Record},
};
use shop::{
    recommend, staff,
    stock::{self, StockPolicy},
};
use storage::Store;
use trade::{
    clock::Clock,
    ids::{EditionId, WorkId},
};

use super::{display::Display, ground::Ground};
use crate::{premises::Premises, progress};

/// The same seed gives the same shop everywhere.
const SEED: u64 = 2000;
/// The sender of the invented records.
const SENDER: &str = "demo";
/// Reviews for 150,000 titles; fewer titles have fewer.
const REVIEWS: u32 = 10_000;
/// Stock counts written in one transaction.
const STOCK_BATCH: usize = 2_000;

/// The back office's login, made anew at every start.
pub struct Login {
    /// The name.
    pub name: String,
    /// The password of this run.
    pub password: String,
}

/// Fills an empty shop; a shop that is filled only gets a new login.
pub async fn load(ground: &Ground, titles: u32) -> Result<Login> {
    let premises = ground.premises();
    std::fs::create_dir_all(&premises.folder)
        .with_context(|| premises.folder.display().to_string())?;
    let store = premises.store().await?;
    let filling = store.clone();
    let made_up = tokio::task::spawn_blocking(move || fill(&filling, &premises, titles)).await??;
    if let Some(made_up) = made_up {
        let clock = Clock::system();
        recommend::publish_generated(&store, &clock, made_up.purchases).await?;
        made_up.display.lay(&store, clock.now()).await?;
    }
    login(&store).await
}

/// What is made up once, out of the catalogue.
struct MadeUp {
    /// Who bought what together.
    purchases: Vec<(u32, WorkId)>,
    /// What booksellers lay out.
    display: Display,
}

/// Fills the shop unless it is; then also makes up who bought what and what is laid out.
fn fill(store: &Store, premises: &Premises, titles: u32) -> Result<Option<MadeUp>> {
    // Written last: a filling that was interrupted is done again from its beginning, which changes nothing twice.
    let filled = premises.folder.join("filled");
    if filled.exists() {
        // What it says, not what the shop has: counting a million titles would read their whole table from the disk.
        let with =
            std::fs::read_to_string(&filled).with_context(|| filled.display().to_string())?;
        if with.trim() != titles.to_string() {
            println!(
                "This shop was filled with {} titles; for another one, choose an empty folder with --data.",
                with.trim()
            );
        }
        return Ok(None);
    }
    println!("Filling the shop with {titles} titles. This is done once.");
    write_catalogue(store, titles)?;
    let (shelf, _index) =
        premises.shelf_and_index(store, &progress::counting("search index", 0))?;
    std::fs::write(&filled, titles.to_string())?;
    let shelf = shelf.load();
    Ok(Some(MadeUp {
        purchases: super::tastes::purchases(&shelf),
        display: Display::of(&shelf),
    }))
}

fn write_catalogue(store: &Store, titles: u32) -> Result<()> {
    let bar = progress::counting("catalogue", titles.into());
    let records = demo::editions(titles, SEED).map(|edition| {
        bar.inc(1);
        Incoming::Put(Box::new(Record {
            sender: SENDER.to_owned(),
            reference: edition.records.first().cloned().unwrap_or_default(),
            message: None,
            edition,
        }))
    });
    let tally = catalogue::store::put_all(store, records)?;
    bar.finish_and_clear();
    let known = tally.created + tally.updated + tally.unchanged;
    if known != u64::from(titles) {
        bail!("of {titles} titles only {known} became editions");
    }
    let reviews = REVIEWS.min(titles.div_ceil(10));
    catalogue::store::put_reviews(store, SENDER, demo::reviews(reviews, titles, SEED))?;
    write_stock(store, titles)
}

fn write_stock(store: &Store, titles: u32) -> Result<()> {
    if !store.read_blocking(stock::levels)?.is_empty() {
        return Ok(());
    }
    let now = Clock::system().now();
    let counts: Vec<(EditionId, u32)> = demo::editions(titles, SEED)
        .map(|edition| (edition.id, demo::stock(&edition)))
        .filter(|(_, copies)| *copies > 0)
        .collect();
    let bar = progress::counting("stock", counts.len() as u64);
    for batch in counts.chunks(STOCK_BATCH) {
        let rows = batch.to_vec();
        store
            .write_blocking(move |tx| stock::receive(tx, &rows, StockPolicy::Reorder, None, now))?;
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    Ok(())
}

/// Opens the demonstration's account, or gives it a new password and forgets the second factor that was tried with it.
async fn login(store: &Store) -> Result<Login> {
    let name = "libraire".to_owned();
    let (password, hash) = tokio::task::spawn_blocking(staff::drawn).await??;
    let member = staff::NewMember {
        login: name.clone(),
        name: "Libraire du Quai".to_owned(),
        role: staff::Role::Administrator,
        // Told to whoever started it, and new at every start: there is nothing to change it for.
        password: staff::Credential::Own(hash),
    };
    store
        .write(
            move |tx| match staff::create(tx, &member, Clock::system().now()) {
                Err(staff::AccountRefusal::LoginTaken { login }) => {
                    staff::remove_second_factor(tx, &login)?;
                    staff::set_password(tx, &login, &member.password)
                }
                other => other.map(drop),
            },
        )
        .await?;
    Ok(Login { name, password })
}
