//! Waits for the shop to open, then says where it is and what to try.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use link::{Identity, http::Client};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use trade::clock::Clock;

use super::{ground::Ground, load::Login};

/// How long the shop may take to answer after its processes were started.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks the shop until it says that it can take orders, and the switch until its line to the bank is up.
pub async fn wait_until_open(ground: &Ground) -> Result<()> {
    let begun = Instant::now();
    let identity = Identity::load(&ground.certificates(), "shop")?;
    let switch = Client::new(ground.ports.switch, &identity, "switch")?;
    while begun.elapsed() < PATIENCE {
        if answers(ground, "/ready/order").await.unwrap_or(false) && line_is_up(&switch).await {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!(
        "the shop did not open within {} s; its log is {}",
        PATIENCE.as_secs(),
        ground.log("shop").display()
    )
}

/// What is read of the switch's status.
#[derive(serde::Deserialize)]
struct Line {
    line_up_since: Option<serde_json::Value>,
}

async fn line_is_up(switch: &Client) -> bool {
    let status = switch.get::<Line>("/status", Duration::from_secs(1)).await;
    status.is_ok_and(|line| line.line_up_since.is_some())
}

async fn answers(ground: &Ground, path: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(ground.ports.shop).await?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        ground.ports.shop
    );
    stream.write_all(request.as_bytes()).await?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).await?;
    Ok(status.ends_with(b"200"))
}

/// The cards that are worth trying first.
const SHOWN_CARDS: &[&str] = &["approve", "insufficient_funds", "silent"];

/// Says everything a visitor needs.
pub fn print(ground: &Ground, login: &Login, took: Duration) -> Result<()> {
    let shop = ground.shop_url();
    println!(
        "\nThe shop is open ({:.1} s).\n\n  \
         Shop          {shop}/\n  \
         Back office   {shop}/office   login: {}   password of this run: {}\n  \
         Mail          {}\n  \
         Logs          {}\n",
        took.as_secs_f32(),
        login.name,
        login.password,
        ground.mail().display(),
        ground.folder.join("logs").display(),
    );
    println!(
        "To try: look for « l’étranger », order a book, and pay with a card of the pretended bank:"
    );
    let cards = bank::cards(&Clock::system())?;
    for behaviour in SHOWN_CARDS {
        if let Some(card) = cards.iter().find(|card| card.behaviour == *behaviour) {
            println!(
                "  {}   {}   {}   {behaviour}",
                card.number, card.exp, card.csc
            );
        }
    }
    println!(
        "`bouquin bank cards` lists them all; never type a real card. Then ship the order in the back\n\
         office, read the mail, refund it. Titles are invented, except the public-domain works.\n\
         Ctrl-C closes the shop."
    );
    if !ground.ports.shop.ip().is_loopback() {
        println!("The card page stays on this machine: orders can be paid from here only.");
    }
    Ok(())
}
