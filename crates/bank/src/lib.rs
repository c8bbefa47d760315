//! A bank for the demo and the tests: acquirer and issuer with scripted behaviour, over ISO 8583 and
//! mutual TLS.
//!
//! It answers as the test card says ([`cards()`]), keeps durable books of what it held, took, gave back
//! and released, and shows them ([`Books`]) so that a test can ask whether the bank, the switch and
//! the shop agree to the cent. At another door it plays the bureau that a shop asks about orders. Whatever is said
//! twice is answered twice and booked once. It books the clearing batches that its books bear out, and tells what moved
//! on the merchant's account by camt.053.
//!
//! What it deliberately is not: a model of real risk decisions, tariffs or dates of payment. It
//! keeps no card number: its books know a card by the first six and last four digits.

mod account;
mod books;
mod bureau;
mod clearing;
mod desk;
mod request;
mod script;
mod session;
mod statement;
mod trouble;
mod window;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use link::Identity;
use storage::{Statement, Store, StoreUrl};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use trade::clock::Clock;

pub use account::{AccountError, ChargeBack, Dispute, Transfer};
pub use books::{Books, Hold, Totals};
pub use bureau::BureauScript;
pub use desk::DataError;
pub use script::{ScriptError, TestCard, cards};
pub use statement::StatementReport;
pub use trouble::{NoTrouble, Trouble, Troubles};
pub use window::StatementPage;

use desk::Desk;

/// The delay of the `slow` card when nothing else is configured: shorter than the switch's time-out.
pub const SLOW_ANSWER: Duration = Duration::from_secs(3);

/// What a bank needs to open.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the switch connects, ISO 8583 over mutual TLS, one door for each carrier. Port 0 takes any free one.
    pub listen: Vec<SocketAddr>,
    /// Where the books can be read, JSON over HTTP over mutual TLS.
    pub books: SocketAddr,
    /// Where the shop asks about orders, JSON over HTTP over mutual TLS; none when there is no bureau.
    pub bureau: Option<SocketAddr>,
    /// The bank's own database.
    pub database: StoreUrl,
    /// The certificate of `bank`.
    pub identity: Identity,
    /// How long the `slow` card waits for its answer.
    pub slow: Duration,
    /// What goes wrong, when somebody asks for it.
    pub troubles: Troubles,
    /// What time it is.
    pub clock: Clock,
}

/// Why a bank could not open, or had to close.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its database.
    #[error("the bank's books could not be opened")]
    Books(#[from] storage::OpenError),
    /// Its certificate.
    #[error("the bank's certificate cannot be used")]
    Identity(#[from] link::IdentityError),
    /// An address it should listen on.
    #[error("the bank cannot listen on {address}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// The system's words.
        #[source]
        source: io::Error,
    },
    /// The data files, which are part of the program.
    #[error("the bank's data files cannot be read")]
    Data(#[from] DataError),
    /// A listener stopped.
    #[error("the bank stopped listening")]
    Stopped(#[source] io::Error),
}

/// Opens a bank and serves until the future is dropped. Everything it has answered is on disk by
/// then, so dropping is how it is stopped.
///
/// # Errors
/// See [`Error`].
pub async fn run(config: Config) -> Result<(), Error> {
    Bank::open(config).await?.serve().await
}

/// A bank that listens but does not answer yet.
#[derive(Debug)]
pub struct Bank {
    switch_doors: Vec<TcpListener>,
    books_door: TcpListener,
    bureau_door: Option<TcpListener>,
    identity: Identity,
    desk: Arc<Desk>,
}

impl Bank {
    /// Opens the books and the doors.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn open(config: Config) -> Result<Bank, Error> {
        let store = Store::open(&config.database, &[books::MIGRATIONS]).await?;
        let mut switch_doors = Vec::with_capacity(config.listen.len());
        for address in config.listen {
            switch_doors.push(listen(address).await?);
        }
        Ok(Bank {
            switch_doors,
            books_door: listen(config.books).await?,
            bureau_door: match config.bureau {
                Some(address) => Some(listen(address).await?),
                None => None,
            },
            identity: config.identity,
            desk: Arc::new(Desk::new(
                store,
                config.slow,
                config.troubles,
                config.clock,
            )?),
        })
    }

    /// Where the switch connects, in the order of the settings.
    ///
    /// # Errors
    /// The system no longer knows.
    pub fn switch_addresses(&self) -> Result<Vec<SocketAddr>, Error> {
        let doors = self.switch_doors.iter();
        doors
            .map(|door| door.local_addr().map_err(Error::Stopped))
            .collect()
    }

    /// Where the books can be read.
    ///
    /// # Errors
    /// The system no longer knows.
    pub fn books_address(&self) -> Result<SocketAddr, Error> {
        self.books_door.local_addr().map_err(Error::Stopped)
    }

    /// Where the bureau is asked, if there is one.
    ///
    /// # Errors
    /// The system no longer knows.
    pub fn bureau_address(&self) -> Result<Option<SocketAddr>, Error> {
        let door = self.bureau_door.as_ref();
        door.map(|door| door.local_addr().map_err(Error::Stopped))
            .transpose()
    }

    /// Answers until the future is dropped.
    ///
    /// # Errors
    /// A door that cannot be kept open.
    pub async fn serve(self) -> Result<(), Error> {
        let switch_tls = link::tls::server_config(&self.identity, &["switch"])?;
        let books_tls = link::tls::server_config(&self.identity, window::READERS)?;
        let books = window::serve(self.books_door, books_tls, Arc::clone(&self.desk));
        let bureau_tls = link::tls::server_config(&self.identity, bureau::CALLERS)?;
        let bureau_door = self.bureau_door;
        let bureau = async {
            match bureau_door {
                Some(door) => bureau::serve(door, bureau_tls).await,
                None => std::future::pending().await,
            }
        };
        let mut accepting = JoinSet::new();
        for door in self.switch_doors {
            accepting.spawn(session::accept(
                door,
                switch_tls.clone(),
                Arc::clone(&self.desk),
            ));
        }
        tokio::select! {
            () = end_days(Arc::clone(&self.desk)) => Ok(()),
            _ = accepting.join_next() => Ok(()),
            stopped = books => stopped.map_err(Error::Stopped),
            stopped = bureau => stopped.map_err(Error::Stopped),
        }
    }
}

/// How often it is looked whether a day is over.
const DAY_LOOK: Duration = Duration::from_secs(60);

/// Makes the statements of the days that are over.
async fn end_days(desk: Arc<Desk>) {
    loop {
        if let Err(fault) = desk.make_statements(false).await {
            tracing::error!(fault = fault.detail(), "a statement could not be made");
        }
        tokio::time::sleep(DAY_LOOK).await;
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address)
        .await
        .map_err(|source| Error::Listen { address, source })
}

/// The bank's tables, for the test that prepares every statement.
pub const MIGRATIONS: &[storage::Migration] = books::MIGRATIONS;

/// Every statement of this crate, for the same test.
#[must_use]
pub fn statements() -> Vec<&'static Statement> {
    [
        account::STATEMENTS,
        books::STATEMENTS,
        clearing::STATEMENTS,
        statement::STATEMENTS,
    ]
    .concat()
}
