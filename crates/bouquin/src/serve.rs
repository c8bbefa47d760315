//! `bouquin serve`: the shop. Opens its premises, starts its workers, serves until told to end.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use catalogue::{desk::drop_folder::DropFolder, shelf::ShelfHandle};
use covers::{
    fetch::{Bounds, Fetcher},
    reach::PublicInternet,
    worker::Worker,
};
use link::keyfile;
use metrics_exporter_prometheus::PrometheusBuilder;
use search::Index;
use shop::{
    bestsellers, cart,
    order::{self, OrderKeys},
    payment::{self, Methods},
    recommend::{self, Refreshed as Counted},
    reconciliation::{self, Agreement, Nightly, fetching::Place},
    reviews,
    screening::{self, Bureau},
    searches,
};
use storage::{Fault, Store};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use trade::{
    clock::{Clock, Timestamp},
    delivery::Tariff,
};
use web::{AppState, Parts, Settings, letters::Sender, stock::StockBoard};

use crate::{
    bureau::PrivateBureau,
    commands::told_to_end,
    config::{self, Profile, ShopConfig},
    fetching, follow, forgetting,
    mailroom::{Mailroom, Post},
    means,
    premises::Premises,
    progress,
};

/// How often expired holds and unanswered questions to the bank are looked for.
const SWEEP: Duration = Duration::from_secs(2);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// How long a cart that nobody changes is kept.
const CART_LIFE: Duration = Duration::from_secs(90 * 24 * 3600);
/// How long it is kept what readers searched for.
const SEARCH_LIFE: Duration = Duration::from_secs(365 * 24 * 3600);

/// The hour of the night, in Paris, when what readers also bought is counted anew.
const NIGHT_HOUR: i8 = 3;

/// Runs the shop.
pub async fn run(path: PathBuf) -> Result<()> {
    let config = config::shop(&path).context("the configuration")?;
    check_profile(&config)?;
    config.payment.check(config.profile)?;
    check_drop_folders(&config)?;
    fetching::check(&config)?;
    let premises = Premises {
        folder: config.data.folder.clone(),
        database: config.data.database().clone(),
    };
    let Some(_inside) = premises.enter()? else {
        bail!("another shop is open in {}", premises.folder.display());
    };
    let state = open(&config, premises).await?;
    let listener = TcpListener::bind(config.shop.listen)
        .await
        .with_context(|| format!("shop.listen: {} cannot be used", config.shop.listen))?;
    let (stop, stopping) = watch::channel(false);
    let mut workers = start_workers(&config, &state, &stopping)?;
    state
        .index
        .gather_suggestions()
        .context("the suggestions")?;
    tracing::info!(address = %config.shop.listen, "the shop is open");
    let closing = async move {
        told_to_end().await;
        stop.send_replace(true);
    };
    let service = web::router(state).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(closing)
        .await
        .context("the shop stopped serving")?;
    while workers.join_next().await.is_some() {}
    Ok(())
}

async fn open(config: &ShopConfig, premises: Premises) -> Result<AppState> {
    let store = premises.store().await?;
    let secret = order_link_secret(&premises)?;
    let clock = Clock::system();
    // Levels of a million titles take as long to read as shelf and index take to open: all at once.
    let stock = Arc::new(StockBoard::new());
    let counting = tokio::spawn({
        let (stock, store, now) = (Arc::clone(&stock), store.clone(), clock.now());
        async move { stock.refresh(&store, now).await }
    });
    let (shelf, index) = shelf_and_index(store.clone(), premises).await?;
    let state = AppState::new(Parts {
        store,
        shelf: Arc::new(shelf),
        index: Arc::new(index),
        methods: means::open(config)?,
        bureau: bureau(config)?,
        clock,
        tariff: tariff(config)?,
        order_keys: OrderKeys::new(&secret),
        stock,
        settings: settings(config)?,
        metrics: Some(
            PrometheusBuilder::new()
                .install_recorder()
                .context("the metrics")?,
        ),
    });
    fill_boards(&state).await?;
    counting.await??;
    Ok(state)
}

fn bureau(config: &ShopConfig) -> Result<Option<Arc<dyn Bureau>>> {
    let Some((address, certificates)) = config.payment.bureau()? else {
        return Ok(None);
    };
    let bureau = PrivateBureau::open(certificates, address)?;
    Ok(Some(Arc::new(bureau)))
}

async fn shelf_and_index(store: Store, premises: Premises) -> Result<(ShelfHandle, Index)> {
    let bar = progress::counting("search index", 0);
    tokio::task::spawn_blocking(move || {
        // After an upgrade that began to keep records, editions of one book are merged first.
        catalogue::store::settle_again(&store)?;
        premises.shelf_and_index(&store, &bar)
    })
    .await?
}

/// Reads what is answered from memory, the stock apart.
async fn fill_boards(state: &AppState) -> Result<()> {
    let (store, now) = (&state.store, state.clock.now());
    tokio::try_join!(
        state.also_bought.refresh(store),
        state.bestsellers.refresh(store),
        state.display.refresh(store),
        state
            .search_rules
            .refresh(store, &state.index, state.clock.today()),
        state.covers.refresh(store, &state.settings.covers, now),
        state.reviews.refresh(store, now),
        state.screening.remember(store, &state.clock),
    )?;
    Ok(())
}

/// What a real shop needs beyond a demonstration.
fn check_profile(config: &ShopConfig) -> Result<()> {
    if config.profile == Profile::Production {
        if !config.shop.public_url.is_tls() {
            bail!(
                "shop.public_url must begin with https:// in production: readers type their address"
            );
        }
        if config.delivery.is_none() {
            bail!(
                "delivery.tariff is needed in production: the demonstration's fees are not yours"
            );
        }
        if config.shop.proxies.is_empty() {
            tracing::warn!(
                "shop.proxies names no proxy: all readers behind one count as one address, and so they are limited, \
                 screened and logged; see docs/configuration.md"
            );
        }
    }
    Ok(())
}

fn tariff(config: &ShopConfig) -> Result<Tariff> {
    let Some(delivery) = &config.delivery else {
        return Ok(Tariff::demo());
    };
    let path = delivery.tariff.display();
    let text = std::fs::read_to_string(&delivery.tariff)
        .with_context(|| format!("delivery.tariff: {path}"))?;
    Tariff::parse(&text).with_context(|| format!("delivery.tariff: {path}"))
}

fn settings(config: &ShopConfig) -> Result<Settings> {
    let vault = config.payment.own_vault(config.profile)?;
    let provider = config.payment.provider.as_ref();
    Ok(Settings {
        shop_name: config.shop.name.clone(),
        shop_id: "shop".to_owned(),
        public_url: config.shop.public_url.as_str().to_owned(),
        vault_origin: vault.map(|vault| vault.card_page.as_str().to_owned()),
        provider_origin: provider.map(|provider| provider.pages.as_str().to_owned()),
        proxies: config.shop.proxies.clone(),
        tls: config.shop.public_url.is_tls(),
        contact_email: config.mail.contact.clone(),
        imports: config.data.folder.join("imports"),
        covers: config.data.folder.join("covers"),
        fetches_covers: config.fetches_covers(),
        drop_folders: config.drop_folders.iter().map(drop_folder).collect(),
        watches_orders: config.payment.screening == config::Screening::Watch,
        siren: config.shop.siren.map(|firm| firm.0),
        agreement: agreement(config)?,
        second_factor: config.second_factor(),
        fetches: fetching::places(config)?
            .iter()
            .map(Place::source)
            .collect(),
    })
}

fn agreement(config: &ShopConfig) -> Result<Agreement> {
    let Some(path) = &config.bank.agreement else {
        return Ok(Agreement::default());
    };
    let told = || format!("bank.agreement: {}", path.display());
    let text = std::fs::read_to_string(path).with_context(told)?;
    Agreement::parse(&text).with_context(told)
}

/// A folder that is not there would be looked for every few seconds, and its feeds missed.
fn check_drop_folders(config: &ShopConfig) -> Result<()> {
    for drop in &config.drop_folders {
        if !drop.folder.is_dir() {
            bail!(
                "drop_folder.folder: {} is not a folder: make it, writable by the shop",
                drop.folder.display()
            );
        }
        if drop.sender.trim().is_empty() {
            bail!(
                "drop_folder.sender: name whose files arrive in {}",
                drop.folder.display()
            );
        }
    }
    Ok(())
}

fn drop_folder(configured: &config::DropFolder) -> DropFolder {
    DropFolder {
        folder: configured.folder.clone(),
        sender: configured.sender.clone(),
    }
}

/// The secret behind the links that open orders, made at the first start and kept beside the data.
fn order_link_secret(premises: &Premises) -> Result<[u8; 32]> {
    let path = premises.folder.join("order-links.key");
    if !path.exists() {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).context("the system gives no randomness")?;
        keyfile::write_secret(&path, &secret).with_context(|| path.display().to_string())?;
    }
    let secret = keyfile::read_secret(&path).with_context(|| path.display().to_string())?;
    secret.try_into().map_err(|_| {
        anyhow::anyhow!(
            "{} is not 32 bytes: restore it from a backup",
            path.display()
        )
    })
}

fn start_workers(
    config: &ShopConfig,
    state: &AppState,
    stopping: &watch::Receiver<bool>,
) -> Result<JoinSet<()>> {
    let mut workers = JoinSet::new();
    let mailroom = Mailroom {
        store: state.store.clone(),
        post: Post::open(
            &config.mail.from,
            config.mail.server(),
            config.data.folder.join("mail"),
        )?,
        keys: state.order_keys.clone(),
        sender: Sender {
            shop_name: config.shop.name.clone(),
            public_url: config.shop.public_url.as_str().to_owned(),
        },
        clock: state.clock.clone(),
    };
    workers.spawn(mailroom.run(stopping.clone()));
    workers.spawn(until(stopping.clone(), {
        let state = state.clone();
        async move { state.keep_up().await }
    }));
    let (shelf, index) = (Arc::clone(&state.shelf), Arc::clone(&state.index));
    workers.spawn(until(
        stopping.clone(),
        follow::follow(state.store.clone(), shelf, index, state.clock.clone()),
    ));
    let (methods, clock) = (state.methods.clone(), state.clock.clone());
    workers.spawn(until(
        stopping.clone(),
        sweep(state.store.clone(), methods.clone(), clock.clone()),
    ));
    workers.spawn(until(
        stopping.clone(),
        forgetting::run(state.store.clone(), methods, clock),
    ));
    if config.fetches_covers() {
        let fetching = fetch_covers(state)?;
        workers.spawn(until(stopping.clone(), fetching.run()));
    }
    workers.spawn(until(
        stopping.clone(),
        forget(state.store.clone(), state.clock.clone()),
    ));
    workers.spawn(until(
        stopping.clone(),
        count_also_bought(state.store.clone(), state.clock.clone()),
    ));
    workers.spawn(until(
        stopping.clone(),
        reckon_bestsellers(state.store.clone(), state.clock.clone()),
    ));
    workers.spawn(until(stopping.clone(), {
        let agreement = state.settings.agreement.clone();
        reconcile(state.store.clone(), state.clock.clone(), agreement)
    }));
    for place in fetching::places(config)? {
        let fetcher = fetching::fetcher(config, state);
        workers.spawn(until(stopping.clone(), fetching::run(fetcher, place)));
    }
    Ok(workers)
}

/// Fetches suppliers' covers, from the public internet only.
fn fetch_covers(state: &AppState) -> Result<Worker<PublicInternet>> {
    let agent = format!(
        "Bouquin/{} (+{})",
        env!("CARGO_PKG_VERSION"),
        state.settings.public_url
    );
    let fetcher = Fetcher::new(PublicInternet, &agent, Bounds::default())
        .context("covers.fetch: the system has no certificates to judge servers by")?;
    Ok(Worker {
        store: state.store.clone(),
        clock: state.clock.clone(),
        fetcher,
        folder: state.settings.covers.clone(),
        pause: covers::limits::POLITE_PAUSE,
        server_time: covers::limits::SERVER_TIME,
    })
}

/// Runs work that never ends by itself until the shop closes.
async fn until(mut stopping: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        _ = stopping.wait_for(|stop| *stop) => {}
    }
}

/// Forgets what has no use any more: carts left long ago, searches of last year, reviews that nobody confirmed, traces and
/// decisions of the screening, events of the provider that it tells no more.
async fn forget(store: Store, clock: Clock) {
    loop {
        let now = clock.now();
        let forgotten = store
            .write(move |tx| -> Result<(u64, u64, u64), Fault> {
                payment::forget_events(tx, now)?;
                let carts = cart::forget_abandoned(tx, now.minus(CART_LIFE))?;
                let searches = searches::forget(tx, now.minus(SEARCH_LIFE).date_in_paris())?;
                let reviews = reviews::forget(tx, now)?;
                Ok((carts, searches, reviews))
            })
            .await;
        if let Err(fault) = forget_screened(&store, &clock).await {
            tracing::warn!(
                fault = fault.detail(),
                "screenings were not forgotten today"
            );
        }
        match forgotten {
            Ok((carts, searches, reviews)) => {
                tracing::info!(carts, searches, reviews, "forgotten");
            }
            Err(fault) => tracing::warn!(fault = fault.detail(), "nothing was forgotten today"),
        }
        tokio::time::sleep(DAY).await;
    }
}

/// Forgets traces and decisions of the screening, some at a time until none is left.
async fn forget_screened(store: &Store, clock: &Clock) -> Result<(), Fault> {
    let now = clock.now();
    let mut all = 0;
    loop {
        match store.write(move |tx| screening::forget(tx, now)).await? {
            0 => break,
            some => all += some,
        }
    }
    tracing::info!(screened = all, "forgotten");
    Ok(())
}

/// Counts what readers also bought, at the start and every night.
async fn count_also_bought(store: Store, clock: Clock) {
    loop {
        match recommend::refresh(&store, &clock).await {
            Ok(Counted::Published { purchases, works }) => {
                tracing::info!(purchases, works, "counted what readers also bought");
            }
            Ok(Counted::Recent | Counted::Kept) => {}
            Err(fault) => tracing::warn!(
                fault = fault.detail(),
                "what readers also bought stays as it was"
            ),
        }
        tokio::time::sleep(until_night(clock.now())).await;
    }
}

/// Reckons what sells best, at the start and every night.
async fn reckon_bestsellers(store: Store, clock: Clock) {
    loop {
        match bestsellers::refresh(&store, &clock).await {
            Ok(bestsellers::Refreshed::Published { works }) => {
                tracing::info!(works, "reckoned what sells best");
            }
            Ok(bestsellers::Refreshed::Recent) => {}
            Err(fault) => tracing::warn!(
                fault = fault.detail(),
                "the list of what sells best stays as it was"
            ),
        }
        tokio::time::sleep(until_night(clock.now())).await;
    }
}

/// Looks through bank, switch and books, at the start and every night.
async fn reconcile(store: Store, clock: Clock, agreement: Agreement) {
    loop {
        match reconciliation::nightly(&store, &clock, &agreement).await {
            Ok(Nightly::Ran(run)) => {
                tracing::info!(run.opened, run.closed, run.open, "reconciled");
            }
            Ok(Nightly::Recent) => {}
            // Whoever began it may have died: looked at again, it has ended or is done here.
            Ok(Nightly::UnderWay) => {
                tokio::time::sleep(reconciliation::UNDER_WAY).await;
                continue;
            }
            Err(fault) => tracing::warn!(fault = fault.detail(), "nothing was reconciled"),
        }
        tokio::time::sleep(until_night(clock.now())).await;
    }
}

/// How long it is from `now` until the next night's hour.
fn until_night(now: Timestamp) -> Duration {
    let hour = i32::from(now.in_paris().hour());
    let hours = (i32::from(NIGHT_HOUR) - hour - 1).rem_euclid(24) + 1;
    Duration::from_secs(u64::try_from(hours).unwrap_or(24) * 3600)
}

/// Gives expired holds back and finishes what the bank left unanswered.
async fn sweep(store: Store, methods: Methods, clock: Clock) {
    loop {
        if let Err(fault) = sweep_once(&store, &methods, &clock).await {
            tracing::warn!(fault = fault.detail(), "orders could not be looked through");
        }
        tokio::time::sleep(SWEEP).await;
    }
}

async fn sweep_once(store: &Store, methods: &Methods, clock: &Clock) -> Result<(), Fault> {
    let now = clock.now();
    let released = store
        .write(move |tx| order::release_expired(tx, now))
        .await?;
    if released > 0 {
        tracing::info!(released, "unpaid orders expired");
    }
    let found = payment::recover(store, methods, clock).await?;
    if found.answered > 0 || found.waiting > 0 {
        tracing::info!(found.answered, found.waiting, "payments without an answer");
    }
    Ok(())
}
