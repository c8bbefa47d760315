//! Two hundred purchases with marked card numbers, with and without sealing: approved, declined, unanswered, refunded.
//! Then everything but the vault and the bank is searched for the numbers: databases and their logs, log files, mails,
//! pages of status and figures, backups, every packet on the loopback, the memory of shop and switch, and what they
//! leave when they crash. A number that is planted in such a place must be found. On the wire one thing is excused: the
//! number that a reader without JavaScript types into the vault's own form, once for each such purchase.
//!
//! Vault and switch tell no figures; what they tell is in their logs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cards::sealed::IntakePublicKey;
use link::signed::{self, VerifyingKey};
use needles::Needles;
use reader::{JEANNE, Page, Reader};
use storage::{Store, StoreUrl};
use tests::{
    demo::{Demo, Plan, executable},
    oracle::{self, Card},
    patience::order_number,
    wire::Capture,
};
use trade::payment::CheckInTicket;

const PURCHASES: usize = 200;
/// The bank answers the silent card never, so each of these waits for the switch to give up.
const SILENT: usize = 2;
const REFUNDS: usize = 3;

/// How long the shop may take to have the last cards forgotten.
const FORGOTTEN: Duration = Duration::from_secs(30);

/// Says to the test that it runs in a network of its own.
const ALONE: &str = "BOUQUIN_CANARY_ALONE";

/// On a loopback that no other shop of the machine uses: what another test's reader sends to another vault is no
/// packet of this shop.
#[test]
fn no_card_number_is_anywhere_in_the_shop() {
    if std::env::var_os(ALONE).is_some() {
        return purchases_leave_no_number();
    }
    let quiet = Command::new("unshare")
        .args(["--net", "ip", "link", "set", "lo", "up"])
        .status();
    if !quiet.is_ok_and(|status| status.success()) {
        println!("skipped: a network of its own, which needs root; other tests must not buy now");
        return purchases_leave_no_number();
    }
    let passed = Command::new("unshare")
        .args([
            "--net",
            "sh",
            "-c",
            "ip link set lo up && exec \"$@\"",
            "sh",
        ])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "no_card_number_is_anywhere_in_the_shop",
            "--nocapture",
        ])
        .env(ALONE, "1")
        .status();
    assert!(passed.unwrap().success());
}

fn purchases_leave_no_number() {
    let mut demo = Demo::start(&Plan {
        titles: 300,
        ..Plan::default()
    })
    .unwrap();
    let cards = marked_cards().unwrap();
    let books = books(&demo).unwrap();
    let wire = Capture::start().unwrap();
    let (mut orders, mut typed) = (Vec::new(), Vec::new());
    for purchase in 0..PURCHASES {
        let card = &cards[purchase % cards.len()];
        let book = &books[purchase % books.len()];
        // Every card comes both ways: the number of cards may be even.
        let sealed = (purchase / cards.len()).is_multiple_of(2);
        let end = buy(&demo, book, card, sealed)
            .with_context(|| format!("purchase {purchase}"))
            .unwrap();
        typed.extend((!sealed).then_some(card.number.as_str()));
        if card.behaviour == "approve" {
            orders.extend(order_number(&end.url).map(str::to_owned));
        }
    }
    let silent = oracle::card("silent").unwrap();
    for sealed in [true, false].into_iter().cycle().take(SILENT) {
        buy(&demo, &books[0], &silent, sealed).unwrap();
        typed.extend((!sealed).then_some(silent.number.as_str()));
    }
    refund(&demo, &orders).unwrap();

    let numbers: Vec<&str> = cards
        .iter()
        .chain([&silent])
        .map(|card| card.number.as_str())
        .collect();
    let needles = Needles::of(&numbers).unwrap();
    let packed = needles.names().iter().filter(|name| **name == "packed");
    assert!(
        packed.count() >= 2,
        "no number is looked for in packed digits"
    );
    println!(
        "{} purchases, {REFUNDS} refunds, {} spellings of {} numbers",
        PURCHASES + SILENT,
        needles.names().len(),
        numbers.len()
    );
    if let Some(wire) = wire {
        let mut wire = wire.finish().unwrap();
        let card_page = port(&demo.at.card_page);
        let mut excused = Vec::new();
        for stream in &mut wire.streams {
            if stream.to == card_page {
                excused.extend(taken_from_the_form(&mut stream.bytes, &numbers));
            }
            let found = needles.found(&stream.bytes);
            assert_eq!(found, None, "on the wire to port {}", stream.to);
        }
        typed.sort_unstable();
        excused.sort_unstable();
        assert_eq!(excused, typed, "what was typed into the vault's form");
        assert!(typed.len() > PURCHASES / 3 && typed.len() < PURCHASES);
        println!("none in {} packets, {} bytes", wire.packets, wire.bytes());
        assert!(wire.bytes() > 1_000_000, "the wire was not captured");
    }
    the_files_hold_none(&demo, &needles).unwrap();
    the_pages_of_status_hold_none(&demo, &needles).unwrap();
    for process in ["shop", "switch", "vault"] {
        the_backup_of(process, &demo, &needles).unwrap();
    }
    let shop = needles.search_memory(demo.at.processes["shop"]).unwrap();
    println!("none in {} bytes of the shop's memory", shop.bytes);
    assert!(shop.bytes > 1_000_000, "nothing was searched");
    the_switch_soon_holds_none(&demo, &needles).unwrap();
    every_purchase_is_in_the_vaults_log(&demo);
    the_cores_hold_none(&mut demo, &needles).unwrap();
    a_planted_number_is_found(&mut demo, &needles, numbers[0]);
}

/// Takes the numbers out of a form without JavaScript that was posted, and answers them: `number=` and all the digits.
fn taken_from_the_form<'a>(sent: &mut [u8], numbers: &[&'a str]) -> Vec<&'a str> {
    let mut taken = Vec::new();
    for number in numbers {
        let field = format!("&number={number}&");
        let is_field = |bytes: &[u8]| bytes == field.as_bytes();
        while let Some(at) = sent.windows(field.len()).position(is_field) {
            sent[at..at + field.len()].fill(b'#');
            taken.push(*number);
        }
    }
    taken
}

/// How long the switch may hold a card after the last purchase: until its connections to the vault, and their buffers,
/// are closed for being idle.
const SWITCH_FORGETS: Duration = Duration::from_secs(90);

/// The switch speaks of cards, and what it frees is wiped; what a connection that is kept still holds goes with it.
fn the_switch_soon_holds_none(demo: &Demo, needles: &Needles) -> Result<()> {
    let asked = Instant::now();
    loop {
        match needles.search_memory(demo.at.processes["switch"]) {
            Ok(memory) => {
                ensure!(memory.bytes > 1_000_000, "nothing was searched");
                let (bytes, after) = (memory.bytes, asked.elapsed());
                println!("none in {bytes} bytes of the switch's memory after {after:.0?}");
                return Ok(());
            }
            Err(found) if asked.elapsed() > SWITCH_FORGETS => return Err(found),
            Err(_) => std::thread::sleep(Duration::from_secs(5)),
        }
    }
}

/// Databases with what is not checkpointed yet, mails, indexes, and what all four processes wrote down. The vault's own
/// folder holds its cards locked, and is searched like the others.
fn the_files_hold_none(demo: &Demo, needles: &Needles) -> Result<()> {
    ensure!(
        demo.folder().join("shop/shop.db-wal").exists(),
        "the shop has no write-ahead log to be searched"
    );
    let mails = fs::read_dir(&demo.at.mail)?.count();
    ensure!(mails >= REFUNDS, "there are {mails} mails to be searched");
    for folder in ["shop", "switch", "vault", "logs"] {
        let searched = needles.search_folder(&demo.folder().join(folder))?;
        println!(
            "none in {} bytes of {} files of {folder}",
            searched.bytes, searched.places
        );
        ensure!(searched.bytes > 1_000, "{folder} was not searched");
    }
    Ok(())
}

fn the_pages_of_status_hold_none(demo: &Demo, needles: &Needles) -> Result<()> {
    let mut reader = office(demo)?;
    for path in [
        "/metrics",
        "/status",
        "/office",
        "/office/audit",
        "/office/orders",
    ] {
        let page = reader.get(&format!("{}{path}", demo.at.shop))?;
        ensure!(page.status == 200, "{path} answered {}", page.status);
        ensure!(needles.found(page.html.as_bytes()).is_none(), "{path}");
    }
    Ok(())
}

fn the_backup_of(process: &str, demo: &Demo, needles: &Needles) -> Result<()> {
    let copy = demo.folder().join(format!("copy-of-{process}.db"));
    let made = Command::new(executable()?)
        .arg("backup")
        .arg("--config")
        .arg(demo.folder().join(format!("config/{process}.toml")))
        .arg("--to")
        .arg(&copy)
        .output()?;
    ensure!(made.status.success(), "{made:?}");
    let searched = needles.search_file(&copy)?;
    println!(
        "none in {} bytes of the backup of the {process}",
        searched.bytes
    );
    ensure!(searched.bytes > 50_000, "the backup is empty");
    Ok(())
}

storage::statements! {
    ENTRIES = "SELECT said FROM audit_entry ORDER BY place";
}

/// What the vault's log says was asked of it: how often each verb, done and refused.
type Asked = BTreeMap<(String, bool), usize>;

fn asked_of_the_vault(demo: &Demo) -> Result<Asked> {
    let url = StoreUrl::Sqlite(demo.folder().join("vault/vault.db"));
    let runtime = tokio::runtime::Runtime::new()?;
    let rows = runtime.block_on(async {
        let store = Store::open(&url, &[]).await?;
        for statement in STATEMENTS {
            store.prepare(statement).await?;
        }
        anyhow::Ok(store.read(|tx| tx.query(&ENTRIES, &[])).await?)
    })?;
    let mut asked = Asked::new();
    for row in &rows {
        let entry: serde_json::Value = serde_json::from_str(row.text(0)?)?;
        let verb = entry["verb"].as_str().context("an entry without a verb")?;
        let done = entry.get("refused").is_none();
        *asked.entry((verb.to_owned(), done)).or_default() += 1;
    }
    Ok(asked)
}

/// Each card came in once, went to the switch once and was forgotten once, and nothing else was asked; the log is whole.
fn every_purchase_is_in_the_vaults_log(demo: &Demo) {
    let all = PURCHASES + SILENT;
    let once = |verb: &str| ((verb.to_owned(), true), all);
    let mut wanted: Asked = ["check_in", "redeem", "forget"].map(once).into();
    wanted.insert(("start".to_owned(), true), 1);
    let begun = Instant::now();
    let mut asked = asked_of_the_vault(demo).unwrap();
    while asked != wanted && begun.elapsed() < FORGOTTEN {
        std::thread::sleep(Duration::from_millis(500));
        asked = asked_of_the_vault(demo).unwrap();
    }
    assert_eq!(asked, wanted);
    let verified = Command::new(executable().unwrap())
        .args(["vault", "audit", "verify", "--config"])
        .arg(demo.folder().join("config/vault.toml"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&verified.stdout);
    assert!(verified.status.success(), "{verified:?}");
    let entries: usize = said.split(' ').next().unwrap().parse().unwrap();
    println!("{entries} entries in the vault's log");
    assert_eq!(entries, asked.values().sum::<usize>(), "{said}");
}

/// Whether the system leaves cores in the folder of the process that crashes.
fn leaves_cores() -> bool {
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    let plain = pattern.trim().starts_with("core");
    if !plain {
        println!("skipped: no core was searched; the kernel hands cores to {pattern:?}");
    }
    plain
}

/// The shop leaves a core when it crashes, and there is no number in it; switch and vault leave none.
fn the_cores_hold_none(demo: &mut Demo, needles: &Needles) -> Result<()> {
    if !leaves_cores() {
        return Ok(());
    }
    for process in ["switch", "vault"] {
        let core = crash(demo, process)?;
        ensure!(core.is_none(), "the {process} left {core:?}");
    }
    let Some(core) = crash(demo, "shop")? else {
        bail!("the shop left no core to be searched");
    };
    let searched = needles.search_file(&core)?;
    println!("none in {} bytes of the shop's core", searched.bytes);
    ensure!(searched.bytes > 10_000_000, "the core is empty");
    Ok(fs::remove_file(core)?)
}

/// Makes a process crash that may leave a core of any size, waits until it runs again, and answers the core.
fn crash(demo: &mut Demo, process: &str) -> Result<Option<PathBuf>> {
    demo.refresh()?;
    let pid = demo.at.processes[process];
    let allowed = Command::new("prlimit")
        .args(["--core=unlimited", "--pid", &pid.to_string()])
        .status();
    // Nobody may raise the limit of vault and switch, whose memory is no business of others: they crash as they are.
    let allowed = allowed.is_ok_and(|status| status.success());
    ensure!(allowed || process != "shop", "prlimit");
    let killed = Command::new("kill")
        .args(["-ABRT", &pid.to_string()])
        .status()?;
    ensure!(killed.success(), "{process} ({pid}) could not be killed");
    let begun = Instant::now();
    while demo.at.processes[process] == pid {
        ensure!(
            begun.elapsed() < Duration::from_secs(60),
            "{process} stays away"
        );
        std::thread::sleep(Duration::from_millis(50));
        demo.refresh()?;
    }
    let mut left = fs::read_dir(demo.folder())?.map_while(Result::ok);
    let core = left.find(|entry| entry.file_name().to_string_lossy().starts_with("core"));
    Ok(core.map(|entry| entry.path()))
}

/// The search itself must be able to fail: in a file of the shop, on its wire, in its memory, and in its core.
fn a_planted_number_is_found(demo: &mut Demo, needles: &Needles, number: &str) {
    let shop = demo.folder().join("shop");
    fs::write(shop.join("planted"), format!("a log line with {number}")).unwrap();
    assert!(needles.search_folder(&shop).is_err());
    fs::remove_file(shop.join("planted")).unwrap();
    // A reader who types her number into the search field puts it on the shop's wire and into its memory.
    let wire = Capture::start().unwrap();
    let mut reader = Reader::default();
    for _ in 0..3 {
        tests::patience::patiently(|| {
            reader.get(&format!("{}/fr/search?q=carte+{number}", demo.at.shop))
        })
        .unwrap();
    }
    if let Some(wire) = wire {
        let streams = wire.finish().unwrap().streams;
        assert!(
            streams
                .iter()
                .any(|stream| needles.found(&stream.bytes).is_some()),
            "the planted number was not found on the wire"
        );
    }
    demo.refresh().unwrap();
    assert!(
        needles.search_memory(demo.at.processes["shop"]).is_err(),
        "the planted number was not found in memory"
    );
    if leaves_cores() {
        let core = crash(demo, "shop").unwrap().unwrap();
        assert!(needles.search_file(&core).is_err(), "nor in the core");
    }
}

fn port(address: &str) -> u16 {
    address.rsplit(':').next().unwrap().parse().unwrap()
}

/// The cards whose purchases end at once.
fn marked_cards() -> Result<Vec<Card>> {
    let cards = oracle::cards()?;
    Ok(cards
        .into_iter()
        .filter(|card| !["silent", "slow"].contains(&card.behaviour.as_str()))
        .collect())
}

fn books(demo: &Demo) -> Result<Vec<String>> {
    let page = Reader::default().get(&format!("{}/fr/search?q=", demo.at.shop))?;
    let mut books: Vec<String> = page
        .html
        .split("href=\"")
        .filter_map(|part| part.split('"').next())
        .filter(|path| path.contains("/books/"))
        .map(|path| format!("{}{path}", demo.at.shop))
        .collect();
    books.dedup();
    let mut reader = Reader::default();
    books.retain(|book| {
        reader
            .get(book)
            .is_ok_and(|page| reader::form::find(&page.html, "/cart").is_some())
    });
    ensure!(!books.is_empty(), "no book to buy");
    Ok(books)
}

/// One purchase, as a reader with or without JavaScript; how it ends is the bank's business.
fn buy(demo: &Demo, book: &str, card: &Card, sealed: bool) -> Result<Page> {
    let mut reader = Reader::default();
    let page = reader.get(book)?;
    reader.submit(&page, "/cart", &[])?;
    let checkout = reader.get(&format!("{}/fr/checkout", demo.at.shop))?;
    let pay = reader.submit(&checkout, "/checkout", JEANNE)?;
    let end = if sealed {
        let post = sealed_post(&pay, card, &demo.at.certificates)?;
        reader.post(&format!("{}/pay", demo.at.card_page), &post)?
    } else {
        reader.submit(&pay, "/pay", &card.tokens())?
    };
    // 503 is what a reader is told, in words, when the bank does not answer.
    let told = end.status < 500 || (end.status == 503 && card.behaviour == "silent");
    ensure!(told, "{} answered {}", end.url, end.status);
    Ok(end)
}

/// What the page's script posts: the ticket, and the card sealed to the page's key.
fn sealed_post(page: &Page, card: &Card, certificates: &Path) -> Result<String> {
    let attribute = |name: &str| -> Result<&str> {
        let (_, rest) = page
            .html
            .split_once(&format!("{name}=\""))
            .with_context(|| format!("{} has no {name}", page.url))?;
        Ok(rest.split('"').next().unwrap_or_default())
    };
    let key = IntakePublicKey {
        id: attribute("data-key-id")?.to_owned(),
        bytes: URL_SAFE_NO_PAD.decode(attribute("data-key")?)?,
    };
    let signed = page
        .url
        .split_once("ticket=")
        .map(|(_, rest)| rest.split('&').next().unwrap_or(rest))
        .context("the card page has no ticket")?;
    let ticket: CheckInTicket = signed::verify(&VerifyingKey::load(certificates, "shop")?, signed)?;
    let form = serde_json::json!({
        "name": "JEANNE LECTURE", "number": card.number, "exp": card.exp, "csc": card.csc
    });
    let sealed = key.seal(form.to_string().as_bytes(), &ticket)?;
    Ok(format!("ticket={signed}&sealed={sealed}"))
}

/// The bookseller, logged in.
fn office(demo: &Demo) -> Result<Reader> {
    let mut reader = Reader::default();
    let page = reader.get(&format!("{}/office", demo.at.shop))?;
    let login = [
        ("username", demo.at.login.as_str()),
        ("current-password", &demo.at.password),
    ];
    let inside = reader.submit(&page, "/login", &login)?;
    ensure!(!inside.url.contains("login"), "no login at {}", inside.url);
    Ok(reader)
}

/// Sends some orders, and gives the money back.
fn refund(demo: &Demo, orders: &[String]) -> Result<()> {
    ensure!(orders.len() >= REFUNDS, "{} orders were paid", orders.len());
    let mut reader = office(demo)?;
    for order in orders.iter().take(REFUNDS) {
        let page = format!("{}/office/orders/{order}", demo.at.shop);
        for deed in ["ship", "refund"] {
            let asked = reader.get(&page)?;
            let done = reader.submit(&asked, &format!("/{deed}"), &[])?;
            ensure!(
                done.url.contains(&format!("told={deed}-done")),
                "{deed} ended at {}",
                done.url
            );
        }
    }
    Ok(())
}
