//! What every handler can reach, made once by the executable.

use std::path::PathBuf;
use std::sync::Arc;

use catalogue::desk::drop_folder::DropFolder;
use catalogue::shelf::ShelfHandle;
use link::forwarded::Proxy;
use metrics_exporter_prometheus::PrometheusHandle;
use search::Index;
use shop::books::Siren;
use shop::order::OrderKeys;
use shop::payment::{Means, Methods};
use shop::reconciliation::Agreement;
use shop::reconciliation::fetching::Source;
use shop::reviews::ReviewKeys;
use shop::screening::{Bureau, MarkKeys, Screening};
use shop::staff::{FactorKeys, SecondFactorRule};
use storage::Store;
use trade::clock::Clock;
use trade::delivery::Tariff;

use crate::also_bought::AlsoBoughtBoard;
use crate::backoffice::import_desk::ImportDesk;
use crate::bestsellers::BestsellerBoard;
use crate::covers::CoverBoard;
use crate::display::DisplayBoard;
use crate::pace::Paces;
use crate::peer::Proxies;
use crate::render::PageCache;
use crate::reviews::ReviewBoard;
use crate::search_rules::RuleBoard;
use crate::searches::SearchLog;
use crate::stock::StockBoard;
use crate::storefront::sitemap::Sitemaps;

/// What the executable brings.
pub struct Parts {
    /// The database, migrated.
    pub store: Store,
    /// The catalogue that pages are served from.
    pub shelf: Arc<ShelfHandle>,
    /// The search index.
    pub index: Arc<Index>,
    /// How orders are paid.
    pub methods: Methods,
    /// The bureau that is asked about orders, if there is one.
    pub bureau: Option<Arc<dyn Bureau>>,
    /// What time it is.
    pub clock: Clock,
    /// Delivery fees.
    pub tariff: Tariff,
    /// Opens order pages by link.
    pub order_keys: OrderKeys,
    /// Counted copies, in memory; it may still be read while the rest is opened.
    pub stock: Arc<StockBoard>,
    /// What the bookseller configured.
    pub settings: Settings,
    /// Renders `/metrics`; without it there is no such page.
    pub metrics: Option<PrometheusHandle>,
}

/// The shop as HTTP handlers see it. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// See [`Parts`], as for the following.
    pub store: Store,
    /// See [`Parts`].
    pub shelf: Arc<ShelfHandle>,
    /// See [`Parts`].
    pub index: Arc<Index>,
    /// See [`Parts`].
    pub methods: Methods,
    /// Rules, keys and bureau of the screening.
    pub screening: Screening,
    /// See [`Parts`].
    pub clock: Clock,
    /// See [`Parts`].
    pub tariff: Arc<Tariff>,
    /// See [`Parts`].
    pub order_keys: OrderKeys,
    /// See [`Parts`].
    pub settings: Arc<Settings>,
    /// See [`Parts`].
    pub metrics: Option<PrometheusHandle>,
    /// See [`Parts`].
    pub stock: Arc<StockBoard>,
    /// What readers also bought, in memory.
    pub also_bought: Arc<AlsoBoughtBoard>,
    /// What sells best, in memory.
    pub bestsellers: Arc<BestsellerBoard>,
    /// Picks and display tables, in memory.
    pub display: Arc<DisplayBoard>,
    /// Suppliers' covers, in memory.
    pub covers: Arc<CoverBoard>,
    /// Published reviews, in memory.
    pub reviews: Arc<ReviewBoard>,
    /// Which of the booksellers' rules are in force in the index.
    pub search_rules: Arc<RuleBoard>,
    /// Searches that wait to be noted.
    pub searches: Arc<SearchLog>,
    /// Where catalogue files are handed in and worked on.
    pub(crate) imports: Arc<ImportDesk>,
    /// Pages kept rendered.
    pub(crate) pages: Arc<PageCache>,
    pub(crate) sitemaps: Arc<Sitemaps>,
    /// How often visitors do what costs somebody something.
    pub(crate) paces: Arc<Paces>,
    /// Who says truly whose request it passes on.
    pub(crate) proxies: Arc<Proxies>,
}

/// The screening, under the secret of the order links.
fn screening(parts: &Parts) -> Screening {
    let screening = Screening::new(MarkKeys::beside(&parts.order_keys), parts.bureau.clone());
    match parts.settings.watches_orders {
        true => screening.watching(),
        false => screening,
    }
}

impl AppState {
    /// The state of a shop that was just opened, with empty caches.
    pub fn new(parts: Parts) -> AppState {
        AppState {
            screening: screening(&parts),
            proxies: Arc::new(Proxies::new(parts.settings.proxies.clone())),
            store: parts.store,
            shelf: parts.shelf,
            index: parts.index,
            methods: parts.methods,
            clock: parts.clock,
            tariff: Arc::new(parts.tariff),
            order_keys: parts.order_keys,
            imports: Arc::new(ImportDesk::new(
                &parts.settings.imports,
                &parts.settings.drop_folders,
            )),
            settings: Arc::new(parts.settings),
            metrics: parts.metrics,
            stock: parts.stock,
            also_bought: Arc::new(AlsoBoughtBoard::default()),
            bestsellers: Arc::new(BestsellerBoard::default()),
            display: Arc::new(DisplayBoard::default()),
            covers: Arc::new(CoverBoard::default()),
            reviews: Arc::new(ReviewBoard::default()),
            search_rules: Arc::new(RuleBoard::default()),
            searches: Arc::new(SearchLog::default()),
            pages: Arc::new(PageCache::new()),
            sitemaps: Arc::new(Sitemaps::default()),
            paces: Arc::new(Paces::new()),
        }
    }

    /// Whether these means can be used at this moment: no card while the vault is sealed.
    pub(crate) async fn is_open(&self, means: Means) -> bool {
        match (means, &self.methods.card) {
            (Means::Card, Some(zone)) => zone.takes_cards().await,
            _ => true,
        }
    }

    /// Opens reviews to their authors by link, under the secret of the order links.
    pub fn review_keys(&self) -> ReviewKeys {
        ReviewKeys::beside(&self.order_keys)
    }

    /// Makes and checks the codes of the back office's second factors, under the secret of the order links.
    pub(crate) fn factor_keys(&self) -> FactorKeys {
        FactorKeys::beside(&self.order_keys)
    }

    /// Keeps the boards up with the database, writes down searches and works on imports, for as long as the shop runs. Run it as a
    /// task beside the server, after one [`StockBoard::refresh`] and one [`ReviewBoard::refresh`] so that the
    /// first page is right.
    pub async fn keep_up(&self) {
        tokio::join!(
            self.stock.keep_up(&self.store, &self.clock),
            self.also_bought.keep_up(&self.store),
            self.bestsellers.keep_up(&self.store),
            self.display.keep_up(&self.store),
            self.covers
                .keep_up(&self.store, &self.settings.covers, &self.clock),
            self.reviews.keep_up(&self.store, &self.clock),
            self.search_rules
                .keep_up(&self.store, &self.index, &self.clock),
            self.searches.keep_up(&self.store),
            self.imports.keep_up(&self.store, &self.clock)
        );
    }
}

/// What the bookseller configured.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name over the door.
    pub shop_name: String,
    /// The name under which vault and switch know the shop, in tickets and grants.
    pub shop_id: String,
    /// Scheme, host and port under which readers reach the shop, without a slash at the end.
    pub public_url: String,
    /// Scheme, host and port of the vault's card page, when the shop has a vault: forms may lead there.
    pub vault_origin: Option<String>,
    /// Scheme, host and port of the hosted provider's page, when it has one: forms may lead there.
    pub provider_origin: Option<String>,
    /// Proxies that are believed when they say whose request they pass on.
    pub proxies: Vec<Proxy>,
    /// Whether readers come over TLS: cookies get `__Host-` and `Secure`, answers HSTS.
    pub tls: bool,
    /// Where readers and finders of security holes can write.
    pub contact_email: String,
    /// The folder for catalogue files sent to the back office.
    pub imports: PathBuf,
    /// The folder of suppliers' covers.
    pub covers: PathBuf,
    /// Whether this shop fetches them.
    pub fetches_covers: bool,
    /// Folders where senders' files arrive.
    pub drop_folders: Vec<DropFolder>,
    /// Whether the screening only watches orders, and does nothing about them.
    pub watches_orders: bool,
    /// The number of the firm, on the file of entries; without it there is no such file.
    pub siren: Option<Siren>,
    /// What the card bank may charge; without a tariff no fee is compared.
    pub agreement: Agreement,
    /// Who must have a second factor to enter the back office.
    pub second_factor: SecondFactorRule,
    /// From where this shop fetches the files of bank and switch by itself.
    pub fetches: Vec<Source>,
}

impl Settings {
    /// A shop on this machine without TLS, for tests, examples and the demo.
    pub fn demo(public_url: &str, vault_origin: &str) -> Settings {
        Settings {
            shop_name: "Bouquin".to_owned(),
            shop_id: "bouquin".to_owned(),
            public_url: public_url.trim_end_matches('/').to_owned(),
            vault_origin: Some(vault_origin.trim_end_matches('/').to_owned()),
            provider_origin: None,
            proxies: Vec::new(),
            tls: public_url.starts_with("https://"),
            contact_email: "libraire@example.org".to_owned(),
            imports: std::env::temp_dir().join("bouquin-imports"),
            covers: std::env::temp_dir().join("bouquin-covers"),
            fetches_covers: false,
            drop_folders: Vec::new(),
            watches_orders: false,
            siren: None,
            agreement: Agreement::default(),
            second_factor: SecondFactorRule::Optional,
            fetches: Vec::new(),
        }
    }
}
