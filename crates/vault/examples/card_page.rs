//! Serves the card page on a free loopback port with throw-away keys, and prints the addresses of four tickets
//! (French, English, one already expired, one with a large amount): to look at the page without a shop.
//!
//! `cargo run -p vault --example card_page`, then Ctrl-C.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use link::ca;
use link::signed::{SigningKey, nonce, sign};
use trade::clock::Clock;
use trade::ids::{OrderNumber, PaymentId};
use trade::locale::Locale;
use trade::money::Money;
use trade::payment::CheckInTicket;
use vault::{Config, Profile};

const SHOP: &str = "http://127.0.0.1:8080";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let certs = dir.path().join("certs");
    ca::make_demo(&certs, &["shop", "vault"])?;
    let clock = Clock::system();
    let bound = vault::bind(&config(dir.path()), clock.clone()).await?;
    let address = bound.public_address()?;
    let key = SigningKey::load(&certs, "shop")?;
    for (locale, cents, minutes) in [
        (Locale::Fr, 2_390, 30),
        (Locale::En, 2_390, 30),
        (Locale::Fr, 2_390, 0),
        (Locale::Fr, 123_456, 30),
    ] {
        let ticket = CheckInTicket {
            shop: "shop".to_owned(),
            order: OrderNumber::from_bits(271_828_182_845),
            payment: PaymentId::new(),
            amount: Money::cents(cents),
            nonce: nonce()?,
            expires: clock.now().plus(Duration::from_secs(minutes * 60)),
            return_url: format!("{SHOP}/checkout/return"),
            locale,
        };
        println!("http://{address}/pay?ticket={}", sign(&key, &ticket)?);
    }
    bound
        .serve(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    Ok(())
}

fn config(dir: &Path) -> Config {
    Config {
        data_dir: dir.join("vault"),
        certs_dir: dir.join("certs"),
        profile: Profile::Development,
        dev: true,
        public_listen: ([127, 0, 0, 1], 0).into(),
        public_tls: None,
        proxies: Vec::new(),
        private_listen: ([127, 0, 0, 1], 0).into(),
        shop: "shop".to_owned(),
        shop_name: "Bouquin".to_owned(),
        shop_origin: SHOP.to_owned(),
    }
}
