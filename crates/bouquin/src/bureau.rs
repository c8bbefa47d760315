//! The shop's way to the bureau: over mutual TLS, to one address, with a question that names nobody.

use std::{net::SocketAddr, path::Path, pin::Pin};

use anyhow::{Context, Result};
use link::{Identity, LinkFault, http::Client};
use shop::screening::{Bureau, BureauFault, limits};
use trade::bureau::{BureauAnswer, BureauQuestion};

/// The bureau, by its address. Its certificate is the bank's, which plays it.
pub struct PrivateBureau(Client);

impl PrivateBureau {
    /// Reads the shop's certificate; connects when first asked.
    pub fn open(certificates: &Path, bureau: SocketAddr) -> Result<Self> {
        let identity = Identity::load(certificates, "shop").context("the shop's certificate")?;
        Ok(Self(Client::new(bureau, &identity, "bank")?))
    }
}

impl Bureau for PrivateBureau {
    fn ask<'a>(
        &'a self,
        question: &'a BureauQuestion,
    ) -> Pin<Box<dyn Future<Output = Result<BureauAnswer, BureauFault>> + Send + 'a>> {
        Box::pin(async move {
            let asked = self.0.post("/score", question, limits::BUREAU_TIME).await;
            asked.map_err(|fault| {
                tracing::warn!(%fault, "the bureau gave no score");
                match fault {
                    LinkFault::Garbled(_) => BureauFault::Garbled,
                    _ => BureauFault::Silent,
                }
            })
        })
    }
}

#[cfg(test)]
mod tests {
    //! The shop's real way to the bank's real bureau: an order is decided whatever comes back, or does not.
    #![allow(clippy::unwrap_used)]

    use std::{
        sync::Arc,
        time::{Duration, Instant},
    };

    use bank::{Bank, BureauScript};
    use catalogue::{
        model::{Availability, Edition, Goods, Price, PriceRegime},
        store::{Incoming, Record, put_all},
    };
    use link::ca;
    use shop::{
        checkout::{Draft, place_order},
        order::OrderKeys,
        pricing::{Line, quote},
        screening::{self, Attempt, BureauWord, MarkKeys, Outcome, Screening, Visit},
    };
    use storage::{Store, StoreUrl};
    use trade::{
        address::{Address, AddressInput, Email},
        clock::Clock,
        delivery::{DeliveryMethod, Tariff},
        ids::{EditionId, IdempotencyKey, OrderNumber},
        locale::Locale,
        money::Money,
    };

    use super::*;

    /// How much later than it should an answer comes on a machine that does other things too.
    const BUSY: Duration = Duration::from_secs(3);

    async fn shop(folder: &Path) -> Store {
        let url = StoreUrl::Sqlite(folder.join("shop.db"));
        let store = Store::open(&url, &[catalogue::MIGRATIONS, shop::MIGRATIONS])
            .await
            .unwrap();
        let filling = store.clone();
        let edition = Edition {
            price: Some(Price {
                amount: Money::cents(990),
                regime: PriceRegime::FixedFr,
            }),
            goods: Goods::NewBook,
            availability: Availability::InStock,
            ..Edition::titled("L’Étranger".to_owned())
        };
        let record = Incoming::Put(Box::new(Record {
            sender: "test".into(),
            reference: "1".into(),
            message: None,
            edition,
        }));
        tokio::task::spawn_blocking(move || put_all(&filling, std::iter::once(record)).unwrap())
            .await
            .unwrap();
        store
    }

    /// An order of a reader who is new each time.
    async fn ordered(store: &Store, clock: &Clock, reader: usize) -> OrderNumber {
        let address = Address::check(&AddressInput {
            name: "Jeanne Lecture".into(),
            street: format!("{reader} rue des Écoles"),
            postcode: "75005".into(),
            city: "Paris".into(),
            country: "FR".into(),
        });
        let mut draft = Draft {
            key: IdempotencyKey::new(),
            cart: None,
            lines: vec![Line {
                edition: EditionId(1),
                quantity: 1,
                unit: Money::cents(990),
                goods: Goods::NewBook,
            }],
            email: Email::parse(&format!("r{reader}@example.org")).unwrap(),
            address: address.unwrap(),
            method: DeliveryMethod::Post,
            locale: Locale::Fr,
            total_shown: Money::ZERO,
        };
        let tariff = Tariff::demo();
        let shown = quote(&draft.lines, draft.destination(), &tariff, clock.today());
        draft.total_shown = shown.unwrap().total;
        let placed = place_order(store, clock, &tariff, &draft).await;
        placed.unwrap().number
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_order_is_decided_whatever_the_bureau_does() {
        let folder = tempfile::tempdir().unwrap();
        let certificates = folder.path().join("certificates");
        ca::make_demo(&certificates, &["shop", "bank"]).unwrap();
        let anywhere = "127.0.0.1:0".parse().unwrap();
        let bank = Bank::open(bank::Config {
            listen: vec![anywhere],
            books: anywhere,
            bureau: Some(anywhere),
            database: StoreUrl::Sqlite(folder.path().join("bank.db")),
            identity: Identity::load(&certificates, "bank").unwrap(),
            slow: Duration::from_millis(1),
            troubles: bank::Troubles::default(),
            clock: Clock::system(),
        });
        let bank = bank.await.unwrap();
        let address = bank.bureau_address().unwrap().unwrap();
        let serving = tokio::spawn(bank.serve());
        let (store, clock) = (shop(folder.path()).await, Clock::system());
        let bureau: Arc<dyn Bureau> =
            Arc::new(PrivateBureau::open(&certificates, address).unwrap());
        let keys = MarkKeys::beside(&OrderKeys::new(&[7; 32]));
        let screening = Screening::new(keys, Some(bureau));
        let shop = Identity::load(&certificates, "shop").unwrap();
        let desk = Client::new(address, &shop, "bank").unwrap();
        let script = async |script: BureauScript| {
            let told = desk.post::<_, BureauScript>("/script", &script, BUSY);
            assert_eq!(told.await.unwrap(), script);
        };
        let mut reader = 0;
        let mut decide = async || {
            reader += 1;
            let number = ordered(&store, &clock, reader).await;
            let attempt = Attempt::by_other_means(&number, "transfer", Visit::default());
            let begun = Instant::now();
            let outcome = screening::screen(&store, &screening, &clock, attempt).await;
            let took = begun.elapsed();
            let order = store
                .read(move |tx| shop::order::find(tx, &number))
                .await
                .unwrap()
                .unwrap()
                .id;
            let mut decided = store
                .read(move |tx| screening::of_order(tx, order))
                .await
                .unwrap();
            assert_eq!(outcome.unwrap(), Outcome::Go { held: false });
            (decided.remove(0), took)
        };
        // A handshake takes its time on a busy machine, and the reader does not wait for it.
        script(BureauScript::Score { score: 60 }).await;
        let mut answered = decide().await.0;
        for _ in 0..20 {
            if answered.bureau == BureauWord::Answered {
                break;
            }
            answered = decide().await.0;
        }
        assert_eq!(answered.bureau, BureauWord::Answered);
        assert_eq!(answered.facts.bureau_score, 60);
        assert!(answered.facts.bureau_answered);

        script(BureauScript::Garbage).await;
        let (garbled, _) = decide().await;
        assert_eq!(garbled.bureau, BureauWord::Garbled);

        let slow = BureauScript::Slow {
            score: 95,
            after_ms: 20_000,
        };
        for behaviour in [slow, BureauScript::Silence] {
            script(behaviour).await;
            let (silent, took) = decide().await;
            assert_eq!(silent.bureau, BureauWord::Silent, "{behaviour:?}");
            assert!(!silent.facts.bureau_answered && silent.facts.bureau_score == 0);
            let waited = limits::BUREAU_TIME..limits::BUREAU_TIME + BUSY;
            assert!(waited.contains(&took), "{behaviour:?}: {took:?}");
        }

        serving.abort();
        let _ = serving.await;
        let (silent, took) = decide().await;
        assert_eq!(silent.bureau, BureauWord::Silent, "down");
        assert!(took < limits::BUREAU_TIME + BUSY, "{took:?}");
    }
}
