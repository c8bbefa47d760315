//! The real vault, and a reader who types a card into its form without JavaScript.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use link::signed::{self, SigningKey, VerifyingKey};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use trade::clock::Clock;
use trade::ids::{OrderNumber, PaymentId};
use trade::locale::Locale;
use trade::money::{Currency, Money};
use trade::payment::{AuthoriseRequest, CheckInReceipt, CheckInTicket, Grant};

const SHOP: &str = "http://127.0.0.1:8080";

/// A real vault that runs.
pub struct RealVault {
    /// Where readers come in.
    pub form: SocketAddr,
    /// Where the switch comes in.
    pub private: SocketAddr,
    serving: JoinHandle<()>,
}

impl RealVault {
    /// Opens the vault of that folder, or makes it.
    pub async fn open(folder: &Path, certs: &Path) -> RealVault {
        let config = vault::Config {
            data_dir: folder.to_owned(),
            certs_dir: certs.to_owned(),
            profile: vault::Profile::Development,
            dev: true,
            public_listen: ([127, 0, 0, 1], 0).into(),
            public_tls: None,
            proxies: vec!["127.0.0.1".parse().unwrap()],
            private_listen: ([127, 0, 0, 1], 0).into(),
            shop: "shop".into(),
            shop_name: "Bouquin".into(),
            shop_origin: SHOP.into(),
        };
        let vault = vault::bind(&config, Clock::system()).await.unwrap();
        RealVault {
            form: vault.public_address().unwrap(),
            private: vault.private_address().unwrap(),
            serving: tokio::spawn(
                async move { vault.serve(std::future::pending()).await.unwrap() },
            ),
        }
    }

    /// Stops it in the middle of whatever it does. Connections that stand are whoever's who carries them to cut.
    pub async fn kill(self) {
        self.serving.abort();
        assert!(self.serving.await.is_err_and(|ended| ended.is_cancelled()));
    }
}

/// The shop's two keys, as a reader's purchase needs them.
pub struct Shop {
    key: SigningKey,
    vault: VerifyingKey,
    /// An expiry that is in the future, as it is posted.
    expiry: String,
}

impl Shop {
    pub fn open(certs: &Path) -> Shop {
        let cards = bank::cards(&Clock::system()).unwrap();
        Shop {
            key: SigningKey::load(certs, "shop").unwrap(),
            vault: VerifyingKey::load(certs, "vault").unwrap(),
            expiry: cards[0].exp.replace('/', "%2F"),
        }
    }

    /// Types a card into the form and takes the receipt out of the redirect; `None` when the vault does not answer.
    pub async fn check_in(
        &self,
        form: SocketAddr,
        payment: PaymentId,
        card: &str,
        amount: Money,
    ) -> Option<CheckInReceipt> {
        let ticket = CheckInTicket {
            shop: "shop".into(),
            order: order(payment),
            payment,
            amount,
            nonce: signed::nonce().unwrap(),
            expires: Clock::system().now().plus(Duration::from_secs(60)),
            return_url: format!("{SHOP}/checkout/return"),
            locale: Locale::Fr,
        };
        let ticket = signed::sign(&self.key, &ticket).unwrap();
        let expiry = &self.expiry;
        let body = format!("ticket={ticket}&name=Jeanne&number={card}&exp={expiry}&csc=123");
        // Through a proxy, as readers come: each from an address of her own, since the vault slows down one.
        let reader = Ipv4Addr::from_bits(0x0a00_0000 | (payment.0.as_u128() as u32 >> 8));
        let request = format!(
            "POST /pay HTTP/1.1\r\nHost: {form}\r\nConnection: close\r\nX-Forwarded-For: {reader}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut connection = TcpStream::connect(form).await.ok()?;
        connection.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.ok()?;
        let receipt = answer
            .lines()
            .find_map(|line| line.split_once("receipt="))?;
        Some(signed::verify(&self.vault, receipt.1.trim()).unwrap())
    }

    /// What the shop asks of the switch for a card that was checked in.
    pub fn request(&self, receipt: &CheckInReceipt, amount: Money) -> AuthoriseRequest {
        let grant = Grant {
            shop: "shop".into(),
            order: receipt.order.clone(),
            payment: receipt.payment,
            token: receipt.token.clone(),
            amount,
            currency: Currency::EUR,
            expires: Clock::system().now().plus(Duration::from_secs(60)),
            nonce: signed::nonce().unwrap(),
        };
        AuthoriseRequest {
            order: receipt.order.clone(),
            amount,
            grant: signed::sign(&self.key, &grant).unwrap(),
        }
    }
}

fn order(payment: PaymentId) -> OrderNumber {
    OrderNumber::from_bits(payment.0.as_u128() as u64)
}
