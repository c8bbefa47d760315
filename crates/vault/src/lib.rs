//! CCMotel: the one-way card store. Cards check in, they do not check out.
//!
//! Two doors. The public one serves the card form from the vault's own origin, so that a card number never passes
//! through the shop; the private one lets the switch redeem a token once, for one order and amount, with a grant
//! signed by the shop, and tells the shop what may be shown of a card. No verb, page, log line or error returns a
//! card number to anybody but the switch.
//!
//! Not here yet: the key ceremony, the sandbox, the audit chain and `forget`. A vault therefore runs with `--dev`
//! only, which says so at every start and refuses a production profile.

mod assets;
pub mod audit;
mod config;
mod csc;
mod deadline;
mod envelope;
mod error;
mod keys;
mod private;
mod process;
mod public;
mod record;
pub mod sandbox;
mod store;
mod verbs;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use link::http::{Door, serve};
use link::signed::{SigningKey, VerifyingKey};
use link::{Identity, tls};
use storage::{Fault, Store, StoreUrl};
use tokio::net::TcpListener;
use tokio::sync::watch;
use trade::clock::Clock;

pub use config::{Config, Profile, PublicCertificate};
pub use error::VaultError;
pub use sandbox::Confined;
pub use store::{MIGRATIONS, statements};

/// The name of this process on the private network.
pub const NAME: &str = "vault";

/// An open vault, without its network. Cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<OpenVault>);

/// What the doors and the verbs work with.
pub(crate) struct OpenVault {
    pub(crate) shop: String,
    pub(crate) shop_name: String,
    pub(crate) shop_origin: String,
    pub(crate) over_tls: bool,
    pub(crate) dev: bool,
    pub(crate) store: Store,
    pub(crate) keys: keys::Keys,
    pub(crate) codes: csc::CodeMemory,
    pub(crate) clock: Clock,
    pub(crate) signing: SigningKey,
    pub(crate) shop_key: VerifyingKey,
    pub(crate) audit: audit::Signer,
}

impl OpenVault {
    /// Writes down what changes nothing else: a refusal, or that something was told.
    pub(crate) async fn note(&self, entry: audit::Entry) -> Result<(), Fault> {
        let signer = self.audit.clone();
        self.store
            .write(move |tx| audit::append(tx, &signer, entry.clone()))
            .await
    }
}

impl Vault {
    /// Opens the data folder and its keys, making them on the first start.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn open(config: &Config, clock: Clock) -> Result<Vault, VaultError> {
        config.check()?;
        link::keyfile::private_dir(&config.data_dir).map_err(|source| VaultError::DataDir {
            path: config.data_dir.clone(),
            source,
        })?;
        let signing = SigningKey::load(&config.certs_dir, NAME)?;
        let shop_key = VerifyingKey::load(&config.certs_dir, &config.shop)?;
        let url = StoreUrl::Sqlite(config.data_dir.join("vault.db"));
        let store = Store::open(&url, &[MIGRATIONS, audit::MIGRATIONS]).await?;
        let keys = keys::open(&config.data_dir, &store, clock.now()).await?;
        let audit = audit::Signer {
            origin: config.audit_origin(),
            key: signing.clone(),
        };
        let vault = OpenVault {
            shop: config.shop.clone(),
            shop_name: config.shop_name.clone(),
            shop_origin: config.shop_origin.clone(),
            over_tls: config.public_tls.is_some(),
            dev: config.dev,
            store,
            keys,
            codes: csc::CodeMemory::default(),
            clock,
            signing,
            shop_key,
            audit,
        };
        let opened = audit::Entry::new(audit::Verb::Open, vault.clock.now());
        vault.note(opened).await?;
        Ok(Vault(Arc::new(vault)))
    }

    /// The pages for readers: `GET /pay`, `POST /pay`, `GET /live` and the files they need.
    pub fn public_router(&self) -> Router {
        public::router(Arc::clone(&self.0))
    }

    /// The calls of the payment zone and the shop: `POST /redeem`, `POST /describe`, `GET /status`. Requests must carry
    /// a [`link::Peer`] extension, as [`link::http::serve`] sets it.
    pub fn private_router(&self) -> Router {
        private::router(Arc::clone(&self.0))
    }
}

/// A vault with both doors bound, not yet serving.
pub struct Bound {
    vault: Vault,
    public: (TcpListener, Door),
    private: (TcpListener, Door),
}

/// Opens the vault and binds both doors, so that a caller may ask for port 0 and learn the address.
///
/// # Errors
/// See [`VaultError`].
pub async fn bind(config: &Config, clock: Clock) -> Result<Bound, VaultError> {
    let vault = Vault::open(config, clock).await?;
    let identity = Identity::load(&config.certs_dir, NAME)?;
    let private_door = Door::Private(tls::server_config(&identity, &["switch", &config.shop])?);
    let public_door = match &config.public_tls {
        Some(files) => Door::Public(tls::public_config(&files.chain, &files.key)?),
        None => Door::Loopback,
    };
    let public = (listen(config.public_listen).await?, public_door);
    let private = (listen(config.private_listen).await?, private_door);
    Ok(Bound {
        vault,
        public,
        private,
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

    /// Serves both doors until `shutdown` resolves, then lets running requests end.
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
                tokio::time::sleep(csc::SWEEP_INTERVAL).await;
                vault.codes.sweep(vault.clock.now());
            }
        };
        let doors = async { tokio::try_join!(public, private) };
        tokio::pin!(doors);
        tokio::select! {
            ended = &mut doors => return ended.map(drop).map_err(VaultError::Serve),
            () = sweep => {}
            () = shutdown => {}
        }
        stop.send_replace(true);
        doors.await.map(drop).map_err(VaultError::Serve)
    }
}

/// What the process does to itself while it is one thread: nobody may dump or trace it, and it is confined to its
/// folder and its doors. Before any runtime is started.
///
/// # Errors
/// The operating system does less than the profile demands.
pub fn confine(config: &Config) -> Result<Confined, VaultError> {
    process::harden()?;
    link::keyfile::private_dir(&config.data_dir).map_err(|source| VaultError::DataDir {
        path: config.data_dir.clone(),
        source,
    })?;
    Ok(sandbox::confine(config)?)
}

/// The process: says what mode it runs in, and serves until SIGTERM or SIGINT.
///
/// # Errors
/// See [`VaultError`].
pub async fn run(config: Config, confined: Confined) -> Result<(), VaultError> {
    let bound = bind(&config, Clock::system()).await?;
    config.announce();
    sandbox::close(&confined)?;
    let (public, private) = (bound.public_address(), bound.private_address());
    let (public, private) = (
        public.map_err(VaultError::System)?,
        private.map_err(VaultError::System)?,
    );
    tracing::info!(%public, %private, "the vault is open");
    bound.serve(process::stop_signal()).await?;
    tracing::info!("the vault is closed");
    Ok(())
}
