//! CCMotel: the one-way card store. Cards check in, they do not check out.
//!
//! Two doors. The public one serves the card form from the vault's own origin, so that a card number never passes
//! through the shop; the private one lets the switch redeem a token once, for one order and amount, with a grant
//! signed by the shop, and tells the shop what may be shown of a card. No verb, page, log line or error returns a
//! card number to anybody but the switch.
//!
//! It starts sealed, without keys, and opens when three of five custodians have given their shares at the admin door
//! (`ceremony`, `unsealing`). With `--dev` it opens itself by a key file, says so at every start, and refuses a production
//! profile.

pub mod admin;
mod assets;
pub mod audit;
pub mod ceremony;
mod config;
mod csc;
mod deadline;
mod envelope;
mod error;
#[cfg(test)]
mod for_test;
mod forget;
mod forgotten;
mod keys;
mod private;
mod process;
mod public;
mod record;
mod rotation;
mod store;
mod unsealing;
mod verbs;

use std::fs::{File, TryLockError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use link::forwarded::Proxy;
use link::http::{Door, serve};
use link::signed::{SigningKey, VerifyingKey};
use link::{Identity, tls};
use sandbox::Confined;
use storage::{Fault, Store, StoreUrl};
use tokio::net::TcpListener;
use tokio::sync::watch;
use trade::clock::Clock;

use admin::AdminDoor;
use ceremony::Gathering;
use forget::ForgetRefusal;
use forgotten::Forgotten;
use keys::ring::Ring;
use keys::{Changed, Keys, Safe};

pub use config::{Config, Profile, PublicCertificate};
pub use error::VaultError;
pub use process::{NotLocked, harden};
pub use store::{MIGRATIONS, statements};

/// The name of this process on the private network.
pub const NAME: &str = "vault";
/// The database's name in the vault's folder.
pub(crate) const DATABASE: &str = "vault.db";
/// The folder of the ring and of the list of forgotten cards: what a backup of the database does not hold.
const KEYS: &str = "keys";

/// A vault, sealed or open, without its network. Cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<OpenVault>);

/// What the doors and the verbs work with.
pub(crate) struct OpenVault {
    pub(crate) shop: String,
    pub(crate) shop_name: String,
    pub(crate) shop_origin: String,
    pub(crate) over_tls: bool,
    /// Proxies whose word for where a reader comes from is believed.
    pub(crate) proxies: Vec<Proxy>,
    pub(crate) paces: public::Paces,
    pub(crate) dev: bool,
    pub(crate) store: Store,
    pub(crate) safe: Arc<Safe>,
    pub(crate) forgotten: Forgotten,
    /// The shares that custodians have given.
    gathering: Mutex<Gathering>,
    /// Held by the operator's verb that is being done. A sealing waits for nobody.
    pub(crate) operating: tokio::sync::Mutex<()>,
    /// Held by the rotation that runs.
    pub(crate) rotating: tokio::sync::Mutex<()>,
    pub(crate) codes: csc::CodeMemory,
    pub(crate) clock: Clock,
    pub(crate) signing: SigningKey,
    pub(crate) shop_key: VerifyingKey,
    pub(crate) audit: audit::Signer,
}

impl OpenVault {
    /// Writes down what changes nothing else in the database: a refusal, that something was told, an operator's verb. A token
    /// that no card has is left out.
    pub(crate) async fn note(&self, entry: audit::Entry) -> Result<(), Fault> {
        let signer = self.audit.clone();
        self.store
            .write(move |tx| {
                let entry = entry.clone().of_known_card(tx)?;
                audit::append(tx, &signer, entry)
            })
            .await
    }

    pub(crate) fn gathering(&self) -> MutexGuard<'_, Gathering> {
        self.gathering
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The open keys, with today's intake key and yesterday's.
    pub(crate) fn keys_today(&self) -> Result<Arc<Keys>, Changed> {
        let today = self.clock.today();
        let yesterday = today.yesterday().unwrap_or(today);
        self.safe
            .keys_of_day(&today.to_string(), &yesterday.to_string())
    }
}

/// Where the ring lies.
pub(crate) fn ring_path(data_dir: &Path) -> PathBuf {
    data_dir.join(KEYS).join("ring.json")
}

/// Makes the vault's folders, for its user only.
pub(crate) fn make_folders(data_dir: &Path) -> Result<(), VaultError> {
    for folder in [data_dir.to_owned(), data_dir.join(KEYS)] {
        link::keyfile::private_dir(&folder).map_err(|source| VaultError::DataDir {
            path: folder.clone(),
            source,
        })?;
    }
    Ok(())
}

impl Vault {
    /// Opens the data folder. With `dev` its keys too, making them on the first start; otherwise the vault is sealed.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn open(config: &Config, clock: Clock) -> Result<Vault, VaultError> {
        config.check()?;
        make_folders(&config.data_dir)?;
        let signing = SigningKey::load(&config.certs_dir, NAME)?;
        let shop_key = VerifyingKey::load(&config.certs_dir, &config.shop)?;
        let url = StoreUrl::Sqlite(config.data_dir.join(DATABASE));
        let store = Store::open(&url, &[MIGRATIONS, audit::MIGRATIONS]).await?;
        let ring_path = ring_path(&config.data_dir);
        let audit = audit::Signer {
            origin: config.audit_origin(),
            key: signing.clone(),
        };
        let vault = Arc::new(OpenVault {
            shop: config.shop.clone(),
            shop_name: config.shop_name.clone(),
            shop_origin: config.shop_origin.clone(),
            over_tls: config.public_tls.is_some(),
            proxies: config.proxies.clone(),
            paces: public::Paces::new(),
            dev: config.dev,
            store,
            safe: Arc::new(Safe::new(ring_path.clone(), clock.now())),
            forgotten: Forgotten::new(config.data_dir.join(KEYS).join("forgotten")),
            gathering: Mutex::new(Gathering::new().map_err(VaultError::System)?),
            operating: tokio::sync::Mutex::new(()),
            rotating: tokio::sync::Mutex::new(()),
            codes: csc::CodeMemory::default(),
            clock,
            signing,
            shop_key,
            audit,
        });
        vault
            .note(audit::Entry::new(audit::Verb::Start, vault.clock.now()))
            .await?;
        if config.dev {
            let today = vault.clock.today().to_string();
            let keys = keys::dev::open(&config.data_dir, &ring_path, &vault.store, &today).await?;
            let sealings = vault.safe.sealings();
            let opened = unsealing::open(&vault, &keys, sealings).await;
            opened.map_err(|fault| VaultError::ring(&ring_path, &fault.to_string()))?;
        } else {
            check_ring(&config.data_dir, &ring_path)?;
        }
        Ok(Vault(vault))
    }

    /// The pages for readers: `GET /pay`, `POST /pay`, `GET /live` and the files they need.
    pub fn public_router(&self) -> Router {
        public::router(Arc::clone(&self.0))
    }

    /// The calls of the payment zone and the shop: `POST /redeem`, `POST /describe`, `POST /forget`, `GET
    /// /status`. Requests must carry
    /// a [`link::Peer`] extension, as [`link::http::serve`] sets it.
    pub fn private_router(&self) -> Router {
        private::router(Arc::clone(&self.0))
    }
}

/// A folder that was unsealed by a file is not one whose key custodians hold.
fn check_ring(data_dir: &Path, path: &Path) -> Result<(), VaultError> {
    let ring = Ring::load(path).map_err(|fault| VaultError::ring(path, &fault.to_string()))?;
    let of_dev = ring.is_some_and(|ring| ring.ceremony.is_none());
    if of_dev || keys::dev::master_key_path(data_dir).exists() {
        let reason =
            "this is the folder of a --dev vault; a real one begins with a folder of its own";
        return Err(VaultError::ring(path, reason));
    }
    Ok(())
}

/// A vault with its doors bound, not yet serving.
pub struct Bound {
    vault: Vault,
    public: (TcpListener, Door),
    private: (TcpListener, Door),
    admin: AdminDoor,
    /// The lock of the vault's folder. The last field, so that it is let go of when everything else is.
    _folder: File,
}

/// Takes the folder for this process until the file is dropped. A second vault on it would begin rotations and write rings
/// that the first knows nothing of.
fn occupy(data_dir: &Path) -> Result<File, VaultError> {
    let path = data_dir.to_owned();
    let folder = match File::open(data_dir) {
        Ok(folder) => folder,
        Err(source) => return Err(VaultError::DataDir { path, source }),
    };
    match folder.try_lock() {
        Ok(()) => Ok(folder),
        Err(TryLockError::WouldBlock) => Err(VaultError::Occupied(path)),
        Err(TryLockError::Error(source)) => Err(VaultError::DataDir { path, source }),
    }
}

/// Opens the vault and binds its doors, so that a caller may ask for port 0 and learn the address.
///
/// # Errors
/// See [`VaultError`].
pub async fn bind(config: &Config, clock: Clock) -> Result<Bound, VaultError> {
    config.check()?;
    make_folders(&config.data_dir)?;
    // Before anything of the folder is read or written.
    let folder = occupy(&config.data_dir)?;
    let vault = Vault::open(config, clock).await?;
    let identity = Identity::load(&config.certs_dir, NAME)?;
    let private_door = Door::Private(tls::server_config(&identity, &["switch", &config.shop])?);
    let public_door = match &config.public_tls {
        Some(files) => Door::Public(tls::public_config(&files.chain, &files.key)?),
        None => Door::Loopback,
    };
    let public = (listen(config.public_listen).await?, public_door);
    let private = (listen(config.private_listen).await?, private_door);
    let admin = AdminDoor::bind(&config.data_dir).map_err(|source| VaultError::AdminDoor {
        path: config.data_dir.join(admin::SOCKET),
        source,
    })?;
    Ok(Bound {
        vault,
        public,
        private,
        admin,
        _folder: folder,
    })
}

async fn listen(address: SocketAddr) -> Result<TcpListener, VaultError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| VaultError::Listen { address, source })
}

impl Bound {
    /// Where readers come in.
    ///
    /// # Errors
    /// The operating system does not say.
    pub fn public_address(&self) -> std::io::Result<SocketAddr> {
        self.public.0.local_addr()
    }

    /// Where the switch and the shop come in.
    ///
    /// # Errors
    /// The operating system does not say.
    pub fn private_address(&self) -> std::io::Result<SocketAddr> {
        self.private.0.local_addr()
    }

    /// Says that it is sealed, and what custodians seal their shares to.
    fn announce(&self) {
        let vault = &self.vault.0;
        if vault.safe.keys().is_err() {
            tracing::warn!(
                unsealing_key = %vault.gathering().key(),
                "the vault is SEALED: no card is taken or given until its custodians unseal it"
            );
        }
    }

    /// Serves the doors until `shutdown` resolves, then lets running requests end.
    ///
    /// # Errors
    /// A door cannot be served.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), VaultError> {
        let (stop, stopped) = watch::channel(false);
        let until = |mut stopped: watch::Receiver<bool>| async move {
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        let public = serve(
            self.public.0,
            self.public.1,
            self.vault.public_router(),
            until(stopped.clone()),
        );
        let private = serve(
            self.private.0,
            self.private.1,
            self.vault.private_router(),
            until(stopped.clone()),
        );
        let vault = Arc::clone(&self.vault.0);
        let sweep = async {
            loop {
                sweep(&vault).await;
                tokio::time::sleep(csc::SWEEP_INTERVAL).await;
            }
        };
        let admin = self.admin.serve(&self.vault.0);
        let doors = async { tokio::try_join!(public, private) };
        tokio::pin!(doors);
        tokio::select! {
            ended = &mut doors => return ended.map(drop).map_err(VaultError::Serve),
            () = sweep => {}
            () = admin => {}
            () = shutdown => {}
        }
        stop.send_replace(true);
        doors.await.map(drop).map_err(VaultError::Serve)
    }
}

/// What goes in time also when nobody comes: codes, shares, yesterday's intake key, and cards that stayed too long.
async fn sweep(vault: &OpenVault) {
    vault.codes.sweep(vault.clock.now());
    if let Err(fault) = unsealing::sweep(vault) {
        tracing::error!(%fault, "shares that waited too long could not be dropped");
    }
    if let Err(Changed::Ring(fault)) = vault.keys_today() {
        tracing::error!(%fault, "today's intake key could not be made");
    }
    match forget::forget_overdue(vault).await {
        Ok(0) | Err(ForgetRefusal::Sealed(_)) => {}
        Ok(forgotten) => tracing::info!(forgotten, "cards that nobody had forgotten in time"),
        Err(fault) => tracing::error!(%fault, "cards that stayed too long could not be forgotten"),
    }
}

/// What the process does to itself while it is one thread: nobody may dump or trace it, nothing of it is written to swap,
/// and it is confined to its folder and its doors. Before any runtime is started.
///
/// # Errors
/// The operating system does less than the profile demands.
pub fn confine(config: &Config) -> Result<Confined, VaultError> {
    process::harden()?;
    match process::lock_memory() {
        Err(reason) if config.profile == Profile::Production => return Err(reason.into()),
        Err(reason) => tracing::warn!(%reason, "the vault's memory may be written to swap"),
        Ok(()) => {}
    }
    make_folders(&config.data_dir)?;
    Ok(sandbox::confine(&config.needs(), config.profile.demand())?)
}

/// The process: says what mode it runs in, and serves until SIGTERM or SIGINT.
///
/// # Errors
/// See [`VaultError`].
pub async fn run(config: Config, confined: Confined) -> Result<(), VaultError> {
    let bound = bind(&config, Clock::system()).await?;
    config.announce();
    confined.close()?;
    let (public, private) = (bound.public_address(), bound.private_address());
    let (public, private) = (
        public.map_err(VaultError::System)?,
        private.map_err(VaultError::System)?,
    );
    bound.announce();
    tracing::info!(%public, %private, "the vault is at work");
    bound.serve(process::stop_signal()).await?;
    tracing::info!("the vault is closed");
    Ok(())
}
