//! The payment switch: ISO 8583 over mutual TLS to the bank, durable intents, store-and-forward
//! reversals.
//!
//! The shop asks over a private link; the switch fetches the card from the vault with the shop's
//! one-time grant, writes down that it is about to ask the bank, asks, and wipes the card. Whatever
//! happens then (silence, a lost line, a crash) ends in a state that is true, and every doubt queues
//! exactly one reversal, repeated until the bank confirms it.
//!
//! What it deliberately does not do: keep a card number (its database has no column for one, and
//! every message after the first names the payment by references), decide anything about orders, or
//! speak to more than one bank.

mod api;
mod carriers;
mod clearing;
mod desk;
mod dialogue;
mod forward;
mod journal;
mod line;
mod response;
mod state;
mod strays;
mod turns;
mod waiters;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use link::Identity;
use link::http::Door;
use link::signed::VerifyingKey;
use link::tls::ServerTls;
use sandbox::{Confined, Demand, Needs, NotConfined};
use storage::{Statement, Store, StoreUrl};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use trade::clock::{Clock, Timestamp};

pub use api::{CaptureReport, Carrier, ClearingStatus, PaymentReport, RefundReport, Status};
pub use clearing::Clearing;
pub use clearing::door::{BatchPage, LinePage};
pub use dialogue::Merchant;
pub use journal::clearing::{AcceptedReport, BatchReport, BatchState, LineReport};
pub use journal::stray::{Finding, Stray, StrayKind};
pub use line::history::Minute;
pub use line::{LineTimes, Standing};
pub use state::State;

use carriers::Carriers;
use desk::Desk;
use line::Line;
use strays::Strays;

/// What a switch needs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the shop asks, HTTP over mutual TLS. Port 0 takes any free one.
    pub listen: SocketAddr,
    /// The bank's doors for ISO 8583, one for each carrier that leads to it, the preferred one first.
    pub carriers: Vec<SocketAddr>,
    /// The vault's private door.
    pub vault: SocketAddr,
    /// The switch's own database.
    pub database: StoreUrl,
    /// The certificate of `switch`.
    pub identity: Identity,
    /// The key with which the shop signs grants.
    pub shop_key: VerifyingKey,
    /// Who the bank knows the bookseller as.
    pub merchant: Merchant,
    /// Where captures and refunds are cleared; without, they are only told by message.
    pub clearing: Option<Clearing>,
    /// How long it waits for what.
    pub times: Times,
    /// What time it is.
    pub clock: Clock,
}

/// How long the switch waits for what.
#[derive(Debug, Clone)]
pub struct Times {
    /// On the line to the bank.
    pub line: LineTimes,
    /// For the card from the vault.
    pub redeem: Duration,
    /// Before a stored message without a confirmation is said again; doubles up to five minutes.
    pub retry: Duration,
}

impl Default for Times {
    fn default() -> Times {
        Times {
            line: LineTimes::default(),
            redeem: Duration::from_secs(3),
            retry: Duration::from_secs(10),
        }
    }
}

impl Times {
    /// The longest an authorisation may take before it counts as interrupted, generously.
    fn longest_request(&self) -> Duration {
        self.redeem + self.line.answer + Duration::from_secs(60)
    }
}

/// Why a switch could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its database.
    #[error("the switch's journal could not be opened")]
    Journal(#[from] storage::OpenError),
    /// Settling what the last run left under way.
    #[error("interrupted payments could not be settled")]
    Settle(#[from] storage::Fault),
    /// Its certificate.
    #[error("the switch's certificate cannot be used")]
    Identity(#[from] link::IdentityError),
    /// The merchant's number.
    #[error("a merchant's number has one to fifteen characters and no bar, for clearing")]
    Merchant(#[from] banking::clearing::Malformed),
    /// The address it should listen on.
    #[error("the switch cannot listen on {address}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// The system's words.
        #[source]
        source: io::Error,
    },
    /// Making the process unreadable to others.
    #[error("the process could not be protected against dumps")]
    Protect(#[source] io::Error),
    /// The kernel's fences around the process.
    #[error(transparent)]
    NotConfined(#[from] NotConfined),
    /// The listener stopped.
    #[error("the switch stopped listening")]
    Stopped(#[source] io::Error),
}

/// Where a switch's files are.
#[derive(Clone, Copy, Debug)]
pub struct Folders<'a> {
    /// Its own folder, which must exist: the journal.
    pub own: &'a Path,
    /// Its certificate, key and the authority, which it reads again when they are renewed.
    pub certificates: &'a Path,
}

/// What the process does to itself while it is one thread: nobody may dump or trace it, and it is confined to its folders,
/// its door, and the ports of vault and bank. Before any runtime is started.
///
/// # Errors
/// [`Error::Protect`] and [`Error::NotConfined`]: the operating system does less than is demanded.
pub fn confine(config: &Config, folders: Folders<'_>, demand: Demand) -> Result<Confined, Error> {
    sandbox::harden().map_err(Error::Protect)?;
    let bank = config.carriers.iter();
    let files = config.clearing.iter().map(|clearing| &clearing.bank);
    let peers = bank.chain(files).chain([&config.vault]);
    let needs = Needs {
        process: "switch",
        own: folders.own.to_owned(),
        read: vec![folders.certificates.to_owned()],
        listen: vec![config.listen.port()],
        connect: peers.map(SocketAddr::port).collect(),
    };
    Ok(sandbox::confine(&needs, demand)?)
}

/// The process: runs a switch until the future is dropped. Whatever it was doing then is settled at the next start, so
/// dropping is how it is stopped.
///
/// # Errors
/// See [`Error`].
pub async fn run(config: Config, confined: Confined) -> Result<(), Error> {
    let switch = Switch::open(config).await?;
    confined.close()?;
    switch.serve().await
}

/// A switch that listens but does not answer yet.
pub struct Switch {
    door: TcpListener,
    tls: ServerTls,
    desk: Arc<Desk>,
    longest_request: Duration,
}

impl Switch {
    /// Opens the journal, settles what the last run left under way, opens the door.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn open(config: Config) -> Result<Switch, Error> {
        let store = Store::open(&config.database, &[journal::MIGRATIONS]).await?;
        let tls = link::tls::client_config(&config.identity, "bank")?;
        let strays = Arc::new(Strays::new());
        let lines = |up: &watch::Sender<usize>| {
            let line = |carrier: &SocketAddr| {
                Line::new(
                    *carrier,
                    tls.clone(),
                    config.merchant.clone(),
                    config.times.line.clone(),
                    config.clock.clone(),
                    Arc::clone(&strays),
                    up.clone(),
                )
            };
            config.carriers.iter().map(line).collect()
        };
        let carriers = Carriers::new(config.times.line.silence, lines);
        let clearing = config.clearing.map(|clearing| {
            Ok::<_, Error>(clearing::Room {
                bank: link::http::Client::new(clearing.bank, &config.identity, "bank")?,
                cut: clearing.cut,
                merchant: config.merchant.number()?,
                opened: config.clock.now(),
                bell: Notify::new(),
            })
        });
        let desk = Arc::new(Desk {
            store,
            carriers,
            strays,
            merchant: config.merchant,
            vault: link::http::Client::new(config.vault, &config.identity, "vault")?,
            shop_key: config.shop_key,
            redeem: config.times.redeem,
            patience: config.times.line.answer,
            retry: config.times.retry,
            clock: config.clock,
            turns: Default::default(),
            waiters: Default::default(),
            clearing: clearing.transpose()?,
            bell: Notify::new(),
            tasks: Mutex::new(JoinSet::new()),
        });
        // Nothing else runs yet, so whatever is under way was left there, whatever the clock said then.
        forward::settle(&desk, Timestamp::micros(i64::MAX)).await?;
        let listen = |source| Error::Listen {
            address: config.listen,
            source,
        };
        Ok(Switch {
            door: TcpListener::bind(config.listen).await.map_err(listen)?,
            tls: link::tls::server_config(&config.identity, &["shop", "switch"])?,
            longest_request: config.times.longest_request(),
            desk,
        })
    }

    /// Where the shop asks.
    ///
    /// # Errors
    /// The system no longer knows.
    pub fn address(&self) -> Result<SocketAddr, Error> {
        self.door.local_addr().map_err(Error::Stopped)
    }

    /// Serves until the future is dropped; requests in work are cut off with it.
    ///
    /// # Errors
    /// A listener that cannot be kept open.
    pub async fn serve(self) -> Result<(), Error> {
        let Switch {
            door,
            tls,
            desk,
            longest_request,
        } = self;
        let _requests = CutOff(Arc::clone(&desk));
        let keeping = Arc::clone(&desk);
        let routes = api::routes(Arc::clone(&desk));
        let answering = link::http::serve(door, Door::Private(tls), routes, std::future::pending());
        tokio::select! {
            stopped = answering => stopped.map_err(Error::Stopped),
            () = keeping.carriers.keep() => Ok(()),
            () = forward::forward(Arc::clone(&desk)) => Ok(()),
            () = clearing::cut_daily(Arc::clone(&desk)) => Ok(()),
            () = clearing::deliver(Arc::clone(&desk)) => Ok(()),
            () = strays::keep(Arc::clone(&desk)) => Ok(()),
            () = forward::sweep(desk, longest_request) => Ok(()),
        }
    }
}

/// Ends the requests in work when the switch is dropped: they hold the desk, and would outlive it.
struct CutOff(Arc<Desk>);

impl Drop for CutOff {
    fn drop(&mut self) {
        let mut tasks = self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.abort_all();
    }
}

/// The switch's tables, for the test that prepares every statement.
pub const MIGRATIONS: &[storage::Migration] = journal::MIGRATIONS;

/// Every statement of this crate, for the same test.
#[must_use]
pub fn statements() -> Vec<&'static Statement> {
    journal::statements()
}
