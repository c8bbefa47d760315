//! Measures the vault: `cargo xtask bench vault`. How long readers wait for a check-in when cards come in at a steady
//! rate whether or not the earlier ones are answered; how long three custodians wait for the vault to open; and how long
//! a rotation takes. Through its real doors, on real sockets, every commit durable; clients and vault share the machine.
//!
//! `vault_speed CARDS RATE SECONDS`
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cards::custody::{CustodyKey, SealedShare, Way};
use cards::sealed::IntakePublicKey;
use link::ca;
use link::signed::{SigningKey, nonce, sign};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use trade::clock::Clock;
use trade::ids::{OrderNumber, PaymentId};
use trade::locale::Locale;
use trade::money::Money;
use trade::payment::CheckInTicket;
use vault::admin::{Answer, Ask, Standing, ask};
use vault::ceremony::{Candidate, Held};
use vault::{Config, Profile};

const SHOP: &str = "http://127.0.0.1:8080";
const NAMES: [&str; 5] = ["Aline", "Bruno", "Chloé", "David", "Élise"];
/// Clients that fill the vault before a rotation, as many as the writer takes into one commit gladly.
const FILLERS: usize = 256;

/// Requests by one connection before it is closed: each comes from an address of its own, as readers do, and stays below what
/// the vault lets one address ask.
const REQUESTS_EACH: u32 = 64;

fn main() {
    let asked: Vec<u64> = std::env::args()
        .skip(1)
        .map(|word| word.parse().unwrap())
        .collect();
    let [cards, rate, seconds] = asked[..] else {
        panic!("vault_speed CARDS RATE SECONDS");
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(measure(cards, rate, seconds));
}

async fn measure(cards: u64, rate: u64, seconds: u64) {
    println!("| what | measured | goal |\n|---|---|---|");
    println!(
        "| other work on the machine (load before the run) | {} | none |",
        load()
    );
    let dir = tempfile::tempdir().unwrap();
    ca::make_demo(&dir.path().join("certs"), &["shop", "vault", "switch"]).unwrap();
    let held = ceremony(dir.path()).await;
    let bound = vault::bind(&config(dir.path()), Clock::system())
        .await
        .unwrap();
    let ground = Ground {
        door: bound.public_address().unwrap(),
        folder: dir.path().join("vault"),
        key: SigningKey::load(&dir.path().join("certs"), "shop").unwrap(),
        idle: Mutex::default(),
        readers: AtomicU32::new(0),
    };
    let ground = Arc::new(ground);
    let serving = tokio::spawn(bound.serve(std::future::pending()));
    let opened = ground.unseal(&held).await;
    println!("| unsealing: the third share to the open vault | {opened:.1?} | |");

    let waits = ground.steadily(rate, seconds).await;
    let at = |part: usize| {
        waits
            .get((waits.len() - 1) * part / 1000)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "| check-in of a sealed card, {rate}/s for {seconds} s | p50 {:.1?}, p99 {:.1?}, longest {:.1?} | p99 ≤ 25 ms |",
        at(500),
        at(990),
        at(1000)
    );

    let begun = Instant::now();
    let before = rate * seconds;
    let more = cards.saturating_sub(before);
    ground.fill(more).await;
    let filled = begun.elapsed();
    println!(
        "| check-in as fast as {FILLERS} clients can, {more} cards | {:.0}/s | |",
        more as f64 / filled.as_secs_f64()
    );
    let begun = Instant::now();
    ground.rotate().await;
    let taken = begun.elapsed();
    let all = before.max(cards);
    println!(
        "| rotation of {all} cards | {taken:.1?}, {:.0} cards/s | |",
        all as f64 / taken.as_secs_f64()
    );
    serving.abort();
}

/// Processes that run or wait for a processor, over the last minute.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

fn config(dir: &Path) -> Config {
    Config {
        data_dir: dir.join("vault"),
        certs_dir: dir.join("certs"),
        profile: Profile::Development,
        dev: false,
        public_listen: ([127, 0, 0, 1], 0).into(),
        public_tls: None,
        proxies: Vec::new(),
        private_listen: ([127, 0, 0, 1], 0).into(),
        shop: "shop".to_owned(),
        shop_name: "Bouquin".to_owned(),
        shop_origin: SHOP.to_owned(),
    }
}

fn custodian(index: u8) -> CustodyKey {
    CustodyKey::from_seed(&[index; 32]).unwrap()
}

async fn ceremony(dir: &Path) -> Held {
    let candidates: Vec<Candidate> = NAMES
        .iter()
        .zip(1..)
        .map(|(name, index)| Candidate {
            name: (*name).to_owned(),
            key: custodian(index).public().clone(),
        })
        .collect();
    let carry = |_: &Held| Ok::<_, vault::VaultError>(());
    vault::ceremony::init(&dir.join("vault"), &candidates, &Clock::system(), carry)
        .await
        .unwrap()
}

/// A vault that is asked.
struct Ground {
    door: SocketAddr,
    folder: PathBuf,
    key: SigningKey,
    /// Connections that wait for their next card, each with how many more it takes.
    idle: Mutex<Vec<(TcpStream, u32)>>,
    /// Readers that have come.
    readers: AtomicU32,
}

impl Ground {
    async fn ask(&self, question: Ask) -> Standing {
        let folder = self.folder.clone();
        let answer = tokio::task::spawn_blocking(move || ask(&folder, &question).unwrap());
        match answer.await.unwrap() {
            Answer::Standing(standing) => standing,
            Answer::Refused { reason } => panic!("{reason}"),
        }
    }

    /// How long the third share takes.
    async fn unseal(&self, held: &Held) -> Duration {
        let to = self.ask(Ask::Standing).await.unsealing_key.unwrap();
        let to = to.parse().unwrap();
        let mut taken = Duration::ZERO;
        for (share, index) in held.shares.iter().zip(1..).take(3) {
            let plain = custodian(index).open(share, Way::ToCustodian).unwrap();
            let share = SealedShare::seal(&to, share.label.clone(), Way::ToVault, &plain).unwrap();
            let begun = Instant::now();
            self.ask(Ask::Give { share }).await;
            taken = begun.elapsed();
        }
        assert!(self.ask(Ask::Standing).await.open);
        taken
    }

    fn ticket(&self) -> (CheckInTicket, String) {
        let ticket = CheckInTicket {
            shop: "shop".to_owned(),
            order: OrderNumber::from_bits(271_828_182_845),
            payment: PaymentId::new(),
            amount: Money::cents(2_390),
            nonce: nonce().unwrap(),
            expires: Clock::system().now().plus(Duration::from_secs(24 * 3600)),
            return_url: format!("{SHOP}/checkout/return"),
            locale: Locale::Fr,
        };
        let signed = sign(&self.key, &ticket).unwrap();
        (ticket, signed)
    }

    /// The key that the page gives to browsers.
    async fn intake(&self) -> IntakePublicKey {
        let (_, signed) = self.ticket();
        let request = format!("GET /pay?ticket={signed} HTTP/1.1\r\nHost: v\r\n\r\n");
        let page = self.exchange(&request).await;
        let attribute = |name: &str| {
            let (_, rest) = page.split_once(&format!("{name}=\"")).unwrap();
            rest.split('"').next().unwrap().to_owned()
        };
        IntakePublicKey {
            id: attribute("data-key-id"),
            bytes: URL_SAFE_NO_PAD.decode(attribute("data-key")).unwrap(),
        }
    }

    fn sealed(&self, intake: &IntakePublicKey) -> String {
        let (ticket, signed) = self.ticket();
        let form = format!(
            r#"{{"name":"Jeanne Lecture","number":"4111111111111111","exp":"12/{}","csc":"123"}}"#,
            year()
        );
        let sealed = intake.seal(form.as_bytes(), &ticket).unwrap();
        post(&format!("ticket={signed}&sealed={sealed}"))
    }

    /// Cards at a rate that does not wait for answers; how long each took from the moment it was due, in order.
    async fn steadily(self: &Arc<Self>, rate: u64, seconds: u64) -> Vec<Duration> {
        let intake = self.intake().await;
        let posts: Vec<String> = (0..rate * seconds).map(|_| self.sealed(&intake)).collect();
        let begun = tokio::time::Instant::now() + Duration::from_millis(100);
        let mut asked = Vec::new();
        for (number, post) in (0_u32..).zip(posts) {
            let due = begun + Duration::from_secs(1) * number / u32::try_from(rate).unwrap();
            tokio::time::sleep_until(due).await;
            let ground = Arc::clone(self);
            asked.push(tokio::spawn(async move {
                ground.check_in(&post).await;
                due.elapsed()
            }));
        }
        let mut waits = Vec::new();
        for one in asked {
            waits.push(one.await.unwrap());
        }
        waits.sort();
        waits
    }

    async fn fill(self: &Arc<Self>, cards: u64) {
        let left = Arc::new(Mutex::new(cards));
        let mut fillers = Vec::new();
        for _ in 0..FILLERS {
            let (ground, left) = (Arc::clone(self), Arc::clone(&left));
            fillers.push(tokio::spawn(async move {
                while take_one(&left) {
                    let (_, signed) = ground.ticket();
                    let card = format!("number=4111111111111111&exp=12%2F{}&csc=123", year());
                    ground
                        .check_in(&post(&format!("ticket={signed}&{card}")))
                        .await;
                }
            }));
        }
        for filler in fillers {
            filler.await.unwrap();
        }
    }

    async fn rotate(&self) {
        let mut standing = self.ask(Ask::Rotate).await;
        let mut looks = 0;
        while standing.to_move.is_some() {
            tokio::time::sleep(Duration::from_millis(if looks < 20 { 50 } else { 1_000 })).await;
            standing = self.ask(Ask::Standing).await;
            looks += 1;
        }
        assert_eq!(standing.epoch, Some(2));
    }

    async fn check_in(&self, post: &str) {
        let answer = self.exchange(post).await;
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    }

    /// A connection from the next address of this machine's own 16 million.
    async fn connect(&self) -> TcpStream {
        let reader = self.readers.fetch_add(1, Ordering::Relaxed) % (1 << 22);
        let address = Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 0).to_bits() + reader);
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(address.into(), 0)).unwrap();
        socket.connect(self.door).await.unwrap()
    }

    async fn exchange(&self, request: &str) -> String {
        let kept = self.idle.lock().unwrap().pop();
        if let Some(kept) = kept
            && let Some(answer) = self.over(kept, request).await
        {
            return answer;
        }
        let fresh = (self.connect().await, REQUESTS_EACH);
        self.over(fresh, request).await.unwrap()
    }

    /// None when the vault closed the connection, as it does with one that was idle for long.
    async fn over(&self, (mut tcp, left): (TcpStream, u32), request: &str) -> Option<String> {
        tcp.set_nodelay(true).ok()?;
        tcp.write_all(request.as_bytes()).await.ok()?;
        let (mut answer, mut piece) = (Vec::new(), [0; 16 << 10]);
        while !is_whole(&answer) {
            let read = tcp.read(&mut piece).await.ok()?;
            if read == 0 {
                return None;
            }
            answer.extend(piece.iter().take(read));
        }
        if left > 1 {
            self.idle.lock().unwrap().push((tcp, left - 1));
        }
        String::from_utf8(answer).ok()
    }
}

/// A year in which the card is not over.
fn year() -> i16 {
    (Clock::system().today().year() + 3) % 100
}

fn take_one(left: &Mutex<u64>) -> bool {
    let mut left = left.lock().unwrap();
    let is_there = *left > 0;
    *left = left.saturating_sub(1);
    is_there
}

fn post(body: &str) -> String {
    format!(
        "POST /pay HTTP/1.1\r\nHost: v\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, length)| length.parse().ok());
    body.len() >= length.unwrap_or(0)
}
