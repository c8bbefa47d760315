//! Two hundred purchases with marked card numbers, with and without sealing, approved, declined and
//! unanswered; then everything of the shop is searched for the numbers: database and its log, logs,
//! mails, every packet on the loopback, and the memory of the process. A planted number must be found.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    process::Command,
};

use aho_corasick::AhoCorasick;
use anyhow::{Context, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use reader::{JEANNE, Reader};
use tests::{
    demo::{Demo, Plan, executable},
    oracle::{self, Card},
    wire::Capture,
};

const PURCHASES: usize = 200;
/// The bank answers the silent card never, so each of these waits for the switch to give up.
const SILENT: usize = 2;

#[test]
fn no_card_number_is_anywhere_in_the_shop() {
    let demo = Demo::start(&Plan {
        titles: 300,
        ..Plan::default()
    })
    .unwrap();
    let cards = marked_cards().unwrap();
    let books = books(&demo).unwrap();
    // Everything but the vault's own page, which is where readers without JavaScript type their card.
    let wire = Capture::start(port(&demo.at.card_page)).unwrap();
    for purchase in 0..PURCHASES {
        let card = cards.get(purchase % cards.len()).unwrap();
        let book = books.get(purchase % books.len()).unwrap();
        buy(&demo.at.shop, book, card)
            .with_context(|| format!("purchase {purchase}"))
            .unwrap();
    }
    let silent = oracle::card("silent").unwrap();
    for _ in 0..SILENT {
        buy(&demo.at.shop, books.first().unwrap(), &silent).unwrap();
    }
    let numbers: Vec<String> = cards
        .iter()
        .chain([&silent])
        .map(|card| card.number.clone())
        .collect();
    let needles = Needles::of(&numbers).unwrap();
    let packed = needles
        .names
        .iter()
        .filter(|name| *name == "packed")
        .count();
    assert!(packed >= 2, "no number is looked for in packed digits");
    if let Some(wire) = wire {
        let wire = wire.finish().unwrap();
        for stream in &wire.streams {
            assert_eq!(needles.found(stream), None, "on the wire");
        }
        println!(
            "none in {} packets with {} bytes of {} streams",
            wire.packets,
            wire.bytes(),
            wire.streams.len()
        );
        assert!(wire.bytes() > 1_000_000, "the wire was not captured");
    }

    let shop = demo.folder().join("shop");
    let mut places: Vec<PathBuf> = Vec::new();
    files_below(&shop, &mut places);
    places.push(demo.folder().join("logs/shop.log"));
    places.push(demo.folder().join("logs/switch.log"));
    places.push(demo.folder().join("logs/vault.log"));
    files_below(&demo.folder().join("switch"), &mut places);
    let mut searched = 0;
    for place in &places {
        let bytes = fs::read(place).unwrap_or_default();
        searched += bytes.len();
        assert_eq!(needles.found(&bytes), None, "in {}", place.display());
    }
    let pid = *demo.at.processes.get("shop").unwrap();
    let memory = search_memory(pid, &needles).unwrap();
    println!(
        "{} purchases, {} spellings of {} numbers: none in {searched} bytes of {} files and {memory} \
         bytes of the shop's memory",
        PURCHASES + SILENT,
        needles.names.len(),
        numbers.len(),
        places.len()
    );
    assert!(
        searched > 100_000 && memory > 1_000_000,
        "nothing was searched"
    );
    a_planted_number_is_found(&demo, &shop, &needles, &numbers);
    every_purchase_is_in_the_vaults_log(&demo);
}

/// Each card that came in and each that went to the switch has its entry, and the log is whole.
fn every_purchase_is_in_the_vaults_log(demo: &Demo) {
    let verified = Command::new(executable().unwrap())
        .args(["vault", "audit", "verify", "--config"])
        .arg(demo.folder().join("config/vault.toml"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&verified.stdout);
    assert!(verified.status.success(), "{verified:?}");
    let entries: usize = said.split(' ').next().unwrap().parse().unwrap();
    println!("{entries} entries in the vault's log");
    assert!(entries > 2 * (PURCHASES + SILENT), "{said}");
}

/// The search itself must be able to fail: in a file of the shop, and in the memory of its process.
fn a_planted_number_is_found(demo: &Demo, shop: &Path, needles: &Needles, numbers: &[String]) {
    let number = numbers.first().unwrap();
    let planted = shop.join("planted");
    fs::write(&planted, format!("a log line with {number} in it")).unwrap();
    assert!(needles.found(&fs::read(&planted).unwrap()).is_some());
    // A reader who types her number into the search field puts it on the shop's wire and into its memory.
    let wire = Capture::start(port(&demo.at.card_page)).unwrap();
    let mut reader = Reader::default();
    for _ in 0..3 {
        reader
            .get(&format!("{}/fr/search?q=carte+{number}", demo.at.shop))
            .unwrap();
    }
    if let Some(wire) = wire {
        let streams = wire.finish().unwrap().streams;
        assert!(
            streams.iter().any(|stream| needles.found(stream).is_some()),
            "the planted number was not found on the wire"
        );
    }
    let pid = *demo.at.processes.get("shop").unwrap();
    assert!(
        search_memory(pid, needles).is_err(),
        "the planted number was not found in memory"
    );
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
    anyhow::ensure!(!books.is_empty(), "no book to buy");
    Ok(books)
}

/// One purchase as a reader without JavaScript; how it ends is the bank's business.
fn buy(shop: &str, book: &str, card: &Card) -> Result<()> {
    let mut reader = Reader::default();
    let page = reader.get(book)?;
    reader.submit(&page, "/cart", &[])?;
    let checkout = reader.get(&format!("{shop}/fr/checkout"))?;
    let pay = reader.submit(&checkout, "/checkout", JEANNE)?;
    let end = reader.submit(&pay, "/pay", &card.tokens())?;
    // 503 is what a reader is told, in words, when the bank does not answer.
    let told = end.status < 500 || (end.status == 503 && card.behaviour == "silent");
    anyhow::ensure!(told, "{} answered {}", end.url, end.status);
    Ok(())
}

/// The number as it might lie about: plain, spaced, dashed, packed, hexadecimal, base64 at each of the
/// three alignments, UTF-16, percent-encoded spaces.
fn spellings(number: &str) -> Vec<(String, Vec<u8>)> {
    let groups: Vec<String> = number
        .as_bytes()
        .chunks(4)
        .map(|chunk| String::from_utf8_lossy(chunk).into_owned())
        .collect();
    let packed: Vec<u8> = number
        .as_bytes()
        .chunks(2)
        .map(|pair| {
            pair.iter()
                .fold(0, |byte, digit| (byte << 4) | (digit - b'0'))
        })
        .collect();
    let hex: String = number.bytes().map(|byte| format!("{byte:02x}")).collect();
    let utf16: Vec<u8> = number.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut spellings = vec![
        ("plain".to_owned(), number.as_bytes().to_vec()),
        ("spaced".to_owned(), groups.join(" ").into_bytes()),
        ("plus".to_owned(), groups.join("+").into_bytes()),
        ("percent".to_owned(), groups.join("%20").into_bytes()),
        ("dashed".to_owned(), groups.join("-").into_bytes()),
        ("hex".to_owned(), hex.to_uppercase().into_bytes()),
        ("hex".to_owned(), hex.into_bytes()),
        ("utf-16".to_owned(), utf16),
    ];
    if is_distinctive(&packed) {
        spellings.push(("packed".to_owned(), packed));
    }
    for alignment in 0..3 {
        let padded = [&b"xyz"[..alignment], number.as_bytes()].concat();
        let encoded = STANDARD_NO_PAD.encode(padded);
        // The characters at both ends also encode neighbours: the middle is the number's own.
        let middle = encoded.as_bytes()[4..encoded.len() - 4].to_vec();
        spellings.push((format!("base64+{alignment}"), middle));
    }
    spellings
}

/// Whether packed digits are found by nothing but themselves: `40 00 00 00 00 00 00 02` stands in any column of small
/// numbers, and `42` eight times is a row of letters.
fn is_distinctive(packed: &[u8]) -> bool {
    packed.iter().collect::<BTreeSet<_>>().len() >= 5
}

/// All spellings, looked for in one pass.
struct Needles {
    names: Vec<String>,
    automaton: AhoCorasick,
}

impl Needles {
    fn of(numbers: &[String]) -> Result<Self> {
        let (names, bytes): (Vec<String>, Vec<Vec<u8>>) =
            numbers.iter().flat_map(|number| spellings(number)).unzip();
        Ok(Self {
            names,
            automaton: AhoCorasick::new(bytes)?,
        })
    }

    /// The spelling of the first number in `bytes`.
    fn found(&self, bytes: &[u8]) -> Option<String> {
        let hit = self.automaton.find(bytes)?;
        self.names.get(hit.pattern().as_usize()).cloned()
    }
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, files)
        } else {
            files.push(path)
        }
    }
}

/// Searches the resident writable memory of a process; an error names the region that holds a number.
fn search_memory(pid: u32, needles: &Needles) -> Result<usize> {
    let maps = fs::read_to_string(format!("/proc/{pid}/smaps"))?;
    let mut memory = fs::File::open(format!("/proc/{pid}/mem"))?;
    let mut searched = 0;
    let mut region = None;
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (first, second) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        if first == "Rss:" && second != "0" {
            let Some((start, end)) = region else { continue };
            let bytes = read_region(&mut memory, start, end)?;
            searched += bytes.len();
            if let Some(spelling) = needles.found(&bytes) {
                anyhow::bail!("{spelling} in the memory from {start:x} to {end:x}");
            }
        } else if let Some((start, end)) = first.split_once('-') {
            let range = (u64::from_str_radix(start, 16), u64::from_str_radix(end, 16));
            region = match range {
                (Ok(start), Ok(end)) if second.starts_with("rw") => Some((start, end)),
                _ => None,
            };
        }
    }
    Ok(searched)
}

fn read_region(memory: &mut fs::File, start: u64, end: u64) -> Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(end - start)?];
    memory.seek(SeekFrom::Start(start))?;
    // Parts of a region may have gone since the list was read.
    let read = memory.read(&mut bytes).unwrap_or(0);
    bytes.truncate(read);
    Ok(bytes)
}
