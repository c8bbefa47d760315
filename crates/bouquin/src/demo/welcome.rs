//! Waits for the shop to open, then says where it is and what to try.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{ground::Ground, load::Login};

/// How long the shop may take to answer after its processes were started.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks the shop until it says that it can take orders.
pub async fn wait_until_open(ground: &Ground) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if answers(ground, "/ready/order").await.unwrap_or(false) {
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

async fn answers(ground: &Ground, path: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(ground.ports.shop).await?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", ground.ports.shop);
    stream.write_all(request.as_bytes()).await?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).await?;
    Ok(status.ends_with(b"200"))
}

/// Says everything a visitor needs.
pub fn print(ground: &Ground, login: &Login, took: Duration) {
    let shop = ground.shop_url();
    println!(
        "\nThe shop is open ({:.1} s).\n\n  \
         Shop          {shop}/\n  \
         Back office   {shop}/office      login: {}   password of this run: {}\n  \
         Mail          {}\n  \
         Logs          {}\n\n\
         To try: look for « l’étranger », put a book in the basket, order it, and pay with a test card\n\
         (`bouquin bank cards` lists them; 4970 1010 0000 0009-like numbers only, never a real card).\n\
         Then ship the order in the back office, read the mail, refund it.\n\
         Everything is invented except the public-domain works. Ctrl-C closes the shop.",
        took.as_secs_f32(),
        login.name,
        login.password,
        ground.mail().display(),
        ground.folder.join("logs").display(),
    );
}
