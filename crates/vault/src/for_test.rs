//! A vault for this crate's own tests, which come between two of its steps, and whoever talks to it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use cards::custody::{CustodyKey, SealedShare, Way};
use cards::entry::{Card, Entry};
use link::ca;
use link::signed::{SigningKey, sign};
use storage::Fault;
use trade::clock::{Clock, Timestamp};
use trade::ids::{OrderNumber, PaymentId};
use trade::locale::Locale;
use trade::money::{Currency, Money};
use trade::payment::{CardToken, CheckInTicket, Grant};

use crate::ceremony::{Candidate, Held};
use crate::{Config, OpenVault, Profile, Vault, verbs};

const SHOP: &str = "http://127.0.0.1:8080";

pub(crate) struct House {
    _dir: tempfile::TempDir,
    pub(crate) vault: Arc<OpenVault>,
    shop_key: SigningKey,
    /// The shares of a sealed one.
    held: Option<Held>,
}

fn config(dir: &Path, dev: bool) -> Config {
    Config {
        data_dir: dir.join("vault"),
        certs_dir: dir.join("certs"),
        profile: Profile::Development,
        dev,
        public_listen: ([127, 0, 0, 1], 0).into(),
        public_tls: None,
        proxies: Vec::new(),
        private_listen: ([127, 0, 0, 1], 0).into(),
        shop: "shop".into(),
        shop_name: "Bouquin".into(),
        shop_origin: SHOP.into(),
    }
}

fn custody_key(index: u8) -> CustodyKey {
    CustodyKey::from_seed(&[index; 32]).unwrap()
}

impl House {
    /// Opened by its key file.
    pub(crate) async fn open() -> House {
        House::with(true).await
    }

    /// With custodians, who have given no share.
    pub(crate) async fn sealed() -> House {
        House::with(false).await
    }

    async fn with(dev: bool) -> House {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path(), dev);
        ca::make_demo(&config.certs_dir, &["shop", "vault", "switch"]).unwrap();
        let clock = Clock::fixed(Timestamp::micros(1_795_000_000_000_000)); // November 2026
        let mut held = None;
        if !dev {
            let names = ["Aline", "Bruno", "Chloé", "David", "Élise"];
            let candidates: Vec<Candidate> = names
                .iter()
                .zip(1..)
                .map(|(name, index)| Candidate {
                    name: (*name).to_owned(),
                    key: custody_key(index).public().clone(),
                })
                .collect();
            let carry = |_: &Held| Ok::<_, crate::VaultError>(());
            let ceremony = crate::ceremony::init(&config.data_dir, &candidates, &clock, carry);
            held = Some(ceremony.await.unwrap());
        }
        let Vault(vault) = Vault::open(&config, clock).await.unwrap();
        House {
            shop_key: SigningKey::load(&config.certs_dir, "shop").unwrap(),
            _dir: dir,
            vault,
            held,
        }
    }

    /// What custodian `index` hands over for the present sealing.
    pub(crate) fn handed(&self, index: u8) -> SealedShare {
        let share = &self.held.as_ref().unwrap().shares[usize::from(index) - 1];
        let plain = custody_key(index).open(share, Way::ToCustodian).unwrap();
        let gathering = self.vault.gathering();
        SealedShare::seal(gathering.key(), share.label.clone(), Way::ToVault, &plain).unwrap()
    }

    pub(crate) fn card(&self) -> Card {
        let entry = Entry {
            name: "Jeanne Lecture".into(),
            number: "4111 1111 1111 1111".into(),
            exp: "04/29".into(),
            csc: "123".into(),
        };
        entry.check((2026, 11)).unwrap()
    }

    /// A card that came in, and the ticket that brought it.
    pub(crate) async fn paid(&self) -> (CheckInTicket, CardToken) {
        let ticket = CheckInTicket {
            shop: "shop".into(),
            order: OrderNumber::from_bits(42),
            payment: PaymentId::new(),
            amount: Money::cents(2390),
            nonce: link::signed::nonce().unwrap(),
            expires: self.vault.clock.now().plus(Duration::from_secs(1800)),
            return_url: format!("{SHOP}/checkout/return?order=BQ"),
            locale: Locale::Fr,
        };
        verbs::check_in(&self.vault, &ticket, self.card())
            .await
            .unwrap();
        let kept = verbs::checked_in(&self.vault, &ticket).await.unwrap();
        (ticket, kept.unwrap().token)
    }

    /// The shop's word that the card may be given out once.
    pub(crate) fn grant(&self, ticket: &CheckInTicket, token: &CardToken) -> String {
        let grant = Grant {
            shop: ticket.shop.clone(),
            order: ticket.order.clone(),
            payment: ticket.payment,
            token: token.clone(),
            amount: ticket.amount,
            currency: Currency::EUR,
            expires: self.vault.clock.now().plus(Duration::from_secs(60)),
            nonce: link::signed::nonce().unwrap(),
        };
        sign(&self.shop_key, &grant).unwrap()
    }

    /// From now on nothing is written to the database, until something is sent.
    pub(crate) fn hold_the_writer(&self) -> mpsc::Sender<()> {
        let (release, held) = mpsc::channel();
        let store = self.vault.store.clone();
        std::thread::spawn(move || {
            store.write_blocking(move |_| {
                let _ = held.recv();
                Ok::<_, Fault>(())
            })
        });
        // It stands in the queue when another write of this thread would come behind it.
        std::thread::sleep(Duration::from_millis(50));
        release
    }
}
