//! The shop's way to the files of bank and switch, over mutual TLS to the switch's clearing and to the bank's window, or a
//! folder; and to the payouts of the hosted provider. What is asked for and what is done with it is the shop's [`fetching`](shop::reconciliation::fetching).

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use bank::StatementPage;
use link::{Identity, LinkFault, http::Client};
use shop::reconciliation::fetching::{
    BatchDoor, FetchFault, Fetched, Fetcher, OfferedBatch, Page, Place, StatementDoor,
};
use switch::{BatchPage, BatchState};
use trade::limits;
use web::AppState;

use crate::{config::ShopConfig, means};

/// How often it is looked whether it is time to ask.
const LOOK: Duration = Duration::from_secs(2);

/// Checks that what is configured can be asked.
pub fn check(config: &ShopConfig) -> Result<()> {
    config.window()?;
    if let Some(folder) = &config.bank.statements
        && !folder.is_dir()
    {
        bail!(
            "bank.statements: {} is not a folder: make it, writable by the shop",
            folder.display()
        );
    }
    Ok(())
}

/// Where this shop fetches files; nothing is connected to before it is asked.
pub fn places(config: &ShopConfig) -> Result<Vec<Place>> {
    let mut places = Vec::new();
    if let Some(own) = config.payment.own_vault(config.profile)? {
        let door = client(&own.certificates, own.switch, "switch")?;
        places.push(Place::Switch(Arc::new(SwitchDoor(door))));
    }
    if let Some((window, certificates)) = config.window()? {
        let door = client(certificates, window, "bank")?;
        places.push(Place::Window(Arc::new(WindowDoor(door))));
    }
    if let Some(folder) = &config.bank.statements {
        places.push(Place::Folder(folder.clone()));
    }
    if let Some(provider) = &config.payment.provider {
        places.push(Place::Provider(Arc::new(means::checkout(provider)?)));
    }
    Ok(places)
}

fn client(certificates: &Path, address: SocketAddr, peer: &str) -> Result<Client> {
    let identity = Identity::load(certificates, "shop").context("the shop's certificate")?;
    Ok(Client::new(address, &identity, peer)?)
}

/// What asks for this shop.
pub fn fetcher(config: &ShopConfig, state: &AppState) -> Fetcher {
    let transfer = config.payment.transfer.as_ref();
    Fetcher {
        store: state.store.clone(),
        clock: state.clock.clone(),
        account: transfer.map(|transfer| transfer.iban.0.clone()),
        agreement: state.settings.agreement.clone(),
        every: config.bank.fetch_s.0,
        still: limits::FETCH_STILL,
    }
}

/// Asks a place whenever it is its time, for ever.
pub async fn run(fetcher: Fetcher, place: Place) {
    let source = place.source().code();
    loop {
        match fetcher.ask(&place).await {
            Ok(Some(round)) => {
                if let Some(failure) = round.failure {
                    let failure = failure.code();
                    tracing::warn!(source, failure, "not everything could be fetched");
                }
                if round.read + round.refused > 0 {
                    tracing::info!(source, round.read, round.refused, "files were fetched");
                }
            }
            Ok(None) => {}
            Err(fault) => tracing::warn!(source, fault = fault.detail(), "nothing was fetched"),
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The switch's clearing.
struct SwitchDoor(Client);

impl BatchDoor for SwitchDoor {
    fn batches(&self, after: u32) -> Fetched<'_, Page<OfferedBatch>> {
        Box::pin(async move {
            let path = format!("/clearing/batches?after={after}");
            let page: BatchPage = told(self.0.get(&path, limits::FETCH_LIST_TIME).await)?;
            let offered = page.batches.iter().map(|batch| OfferedBatch {
                sequence: batch.sequence,
                taken: match batch.state {
                    BatchState::Cut => None,
                    BatchState::Taken => Some(true),
                    BatchState::Refused => Some(false),
                },
            });
            Ok(Page {
                offered: offered.collect(),
                next: number(page.next)?,
            })
        })
    }

    fn batch(&self, sequence: u32) -> Fetched<'_, Vec<u8>> {
        file(&self.0, format!("/clearing/batches/{sequence}/file"))
    }

    fn answer(&self, sequence: u32) -> Fetched<'_, Vec<u8>> {
        file(&self.0, format!("/clearing/batches/{sequence}/answer"))
    }
}

/// The bank's window.
struct WindowDoor(Client);

impl StatementDoor for WindowDoor {
    fn statements(&self, after: u32) -> Fetched<'_, Page<u32>> {
        Box::pin(async move {
            let path = format!("/statements?after={after}");
            let page: StatementPage = told(self.0.get(&path, limits::FETCH_LIST_TIME).await)?;
            let offered = page.statements.iter();
            let offered =
                offered.map(|one| u32::try_from(one.number).map_err(|_| FetchFault::Garbled));
            Ok(Page {
                offered: offered.collect::<Result<_, _>>()?,
                next: number(page.next)?,
            })
        })
    }

    fn statement(&self, number: u32) -> Fetched<'_, Vec<u8>> {
        file(&self.0, format!("/statements/{number}"))
    }
}

fn file(door: &Client, path: String) -> Fetched<'_, Vec<u8>> {
    Box::pin(async move {
        let most = limits::BANK_UPLOAD_BYTES;
        told(door.get_file(&path, most, limits::FETCH_FILE_TIME).await)
    })
}

fn number(next: Option<i64>) -> Result<Option<u32>, FetchFault> {
    let next = next.map(u32::try_from).transpose();
    next.map_err(|_| FetchFault::Garbled)
}

fn told<T>(answer: Result<T, LinkFault>) -> Result<T, FetchFault> {
    answer.map_err(|fault| {
        tracing::debug!(%fault, "nothing fetched");
        match fault {
            LinkFault::Unreachable(_) => FetchFault::Unreachable,
            // A server that failed may answer the next time.
            LinkFault::Refused { status, .. } if status >= 500 => FetchFault::Silent,
            LinkFault::Timeout | LinkFault::Broken => FetchFault::Silent,
            LinkFault::Refused { .. } => FetchFault::Refused,
            LinkFault::Garbled(_) => FetchFault::Garbled,
        }
    })
}
