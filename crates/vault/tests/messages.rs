//! Every message that the vault can emit, on every door and beside them, in answer to anything: none holds a card
//! number, in any spelling. The one that must, the redeem answer to the switch, is not kept here but taken by its type.
//!
//! What the shop signs is the shop's own and never holds a number; all that readers, peers and custodians write may.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use house::{House, config, intake_key, sealed_config};
use needles::{Needles, spellings};
use proptest::prelude::*;
use storage::{Store, StoreUrl};
use vault::admin::SOCKET;
use vault::audit::verify::Log;
use vault::audit::witness;

storage::statements! {
    ENTRIES = "SELECT said FROM audit_entry ORDER BY place";
}

/// What is done in one step. Texts are the number in one of its spellings, alone or among others.
#[derive(Clone, Debug)]
enum Deed {
    /// A card page with these fields.
    Pays {
        number: usize,
        exp: String,
        csc: String,
        name: String,
    },
    /// A sealed card, whole or with one letter changed.
    PaysSealed {
        number: usize,
        altered: Option<usize>,
    },
    /// An address of the public door.
    Visits { path: String, spelling: usize },
    /// A form that is none.
    Posts { body: String, spelling: usize },
    /// What a browser reports, with a number in one of its fields.
    Reports { field: usize, spelling: usize },
    /// Bytes that are not even HTTP.
    Shouts { head: String, spelling: usize },
    /// A call of the private door.
    Calls {
        peer: usize,
        path: usize,
        field: usize,
        spelling: usize,
    },
    /// The card that came in last, its grant used once and again.
    Redeems,
    /// The card that came in last.
    Forgets,
    /// A line at the admin door.
    Asks { line: usize, spelling: usize },
}

const PEERS: [&str; 3] = ["switch", "shop", "bank"];
const PATHS: [&str; 5] = ["/redeem", "/describe", "/forget", "/status", "/nothing"];
const FIELDS: [&str; 3] = ["token", "grant", "number"];
/// Reports of violations of the page's policy, as older and newer browsers send them, and one that is none.
const REPORTS: [&str; 4] = [
    r#"{"csp-report":{"document-uri":"http://v/pay?ticket=N","violated-directive":"N","blocked-uri":"N","script-sample":"N"}}"#,
    r#"{"csp-report":{"effective-directive":"img-src N","blocked-uri":"http://v/assets/N","referrer":"N"}}"#,
    r#"[{"type":"csp-violation","url":"N","body":{"effectiveDirective":"N","blockedURL":"N","sample":"N"}},{"type":"N"}]"#,
    r#"{"N":"N"}"#,
];
const LINES: [&str; 8] = [
    r#"{"ask":"standing"}"#,
    r#"{"ask":"rotate"}"#,
    r#"{"ask":"seal"}"#,
    r#"{"ask":"open"}"#,
    r#"{"ask":"N"}"#,
    r#"{"ask":"give","share":{"label":{"ceremony":"N","index":1,"custodian":"N"},"way":"to-vault","sealed":"1.N.N"}}"#,
    r#"{"ask":"reshare","candidates":[{"name":"N","key":"bE8GGeTTmkMECihNw3LeghTjhxTZG5mcSP9fM8j0nlU"}]}"#,
    "N",
];

fn deed() -> impl Strategy<Value = Deed> {
    let spelling = || 0..64_usize;
    prop_oneof![
        4 => (0..2_usize, "(04/29|13/29|01/20|N|)", "([0-9]{3}|[0-9]{4}|N|)", "(Jeanne|N|)")
            .prop_map(|(number, exp, csc, name)| Deed::Pays { number, exp, csc, name }),
        2 => (0..2_usize, proptest::option::of(0..4000_usize))
            .prop_map(|(number, altered)| Deed::PaysSealed { number, altered }),
        1 => ("/(pay|live|assets/|)[?]?(ticket=|number=|)", spelling())
            .prop_map(|(path, spelling)| Deed::Visits { path, spelling }),
        1 => ("(ticket=x&)?(number|sealed|exp|csc|name|more)=", spelling())
            .prop_map(|(body, spelling)| Deed::Posts { body, spelling }),
        1 => ("(GET|POST|HOLD) /[a-z]{0,5}", spelling())
            .prop_map(|(head, spelling)| Deed::Shouts { head, spelling }),
        1 => (0..REPORTS.len(), spelling())
            .prop_map(|(field, spelling)| Deed::Reports { field, spelling }),
        3 => (0..3_usize, 0..5_usize, 0..3_usize, spelling())
            .prop_map(|(peer, path, field, spelling)| Deed::Calls { peer, path, field, spelling }),
        2 => Just(Deed::Redeems),
        1 => Just(Deed::Forgets),
        1 => (0..LINES.len(), spelling()).prop_map(|(line, spelling)| Deed::Asks { line, spelling }),
    ]
}

/// What any chance might leave out: each call by each peer, each line of the admin door, and a number in each wrong field,
/// with the number as it is.
fn one_of_each() -> Vec<Deed> {
    let pays = |exp: &str, csc: &str, name: &str| Deed::Pays {
        number: 0,
        exp: exp.to_owned(),
        csc: csc.to_owned(),
        name: name.to_owned(),
    };
    let mut deeds = vec![
        pays("N", "123", "Jeanne"),
        pays("04/29", "N", "Jeanne"),
        pays("13/29", "123", "N"),
        pays("04/29", "123", "N"),
        Deed::Redeems,
        Deed::Forgets,
    ];
    for (path, peer, field) in (0..PATHS.len())
        .flat_map(|path| (0..PEERS.len()).map(move |peer| (path, peer)))
        .flat_map(|(path, peer)| (0..FIELDS.len()).map(move |field| (path, peer, field)))
    {
        deeds.push(Deed::Calls {
            peer,
            path,
            field,
            spelling: 0,
        });
    }
    deeds.push(Deed::PaysSealed {
        number: 0,
        altered: Some(40),
    });
    deeds.extend((0..REPORTS.len()).map(|field| Deed::Reports { field, spelling: 0 }));
    deeds.extend((0..LINES.len()).map(|line| Deed::Asks { line, spelling: 0 }));
    deeds
}

/// Everything that is logged, at every level.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A vault on real sockets and the same one without, and the numbers that must not come out.
struct Searched {
    house: House,
    public: SocketAddr,
    serving: tokio::task::JoinHandle<()>,
    numbers: [String; 2],
    needles: Needles,
    heard: Heard,
    /// The ticket and receipt of the card that came in last.
    last: Option<(
        trade::payment::CheckInTicket,
        trade::payment::CheckInReceipt,
    )>,
    messages: usize,
}

impl Searched {
    /// Of a vault that its key file opens, or of one that waits for its custodians.
    async fn new(
        numbers: [String; 2],
        heard: &Heard,
        config: fn(&Path) -> vault::Config,
    ) -> Searched {
        let house = House::with(config).await;
        let bound = vault::bind(&config(house.dir.path()), house.clock.clone())
            .await
            .unwrap();
        let public = bound.public_address().unwrap();
        let serving =
            tokio::spawn(async move { bound.serve(std::future::pending()).await.unwrap() });
        let needles = Needles::of(&numbers).unwrap();
        let (heard, last) = (heard.clone(), None);
        Searched {
            house,
            public,
            serving,
            numbers,
            needles,
            heard,
            last,
            messages: 0,
        }
    }

    fn clean(&mut self, what: &str, message: &[u8]) {
        self.messages += 1;
        let found = self.needles.found(message);
        assert_eq!(found, None, "{what}: {}", String::from_utf8_lossy(message));
    }

    /// The first number in one of its spellings, as far as it is text.
    fn spelled(&self, spelling: usize) -> String {
        let spellings = spellings(&self.numbers[0]);
        let texts: Vec<String> = spellings
            .into_iter()
            .filter_map(|(_, bytes)| String::from_utf8(bytes).ok())
            .filter(|text| !text.contains('\0'))
            .collect();
        texts[spelling % texts.len()].clone()
    }

    fn page(&mut self, page: &house::Page) {
        let head = format!("{} {:?}", page.status, page.headers);
        self.clean("head", head.as_bytes());
        self.clean("page", page.body.as_bytes());
    }

    async fn does(&mut self, deed: &Deed) {
        match deed {
            Deed::Pays {
                number,
                exp,
                csc,
                name,
            } => {
                let ticket = self.house.ticket(2390);
                let [exp, csc, name] =
                    [exp, csc, name].map(|field| field.replace('N', &self.numbers[0]));
                let fields = [
                    ("number", self.numbers[*number].as_str()),
                    ("exp", &exp),
                    ("csc", &csc),
                    ("name", &name),
                ];
                let page = self.house.post(&ticket, &fields).await;
                self.came_in(ticket, &page).await;
            }
            Deed::PaysSealed { number, altered } => {
                let ticket = self.house.ticket(2390);
                let page = self.house.form(&ticket).await;
                if page.status != axum::http::StatusCode::OK {
                    // A sealed vault says no key: what is posted is sealed to none.
                    let sealed = format!("1.x.{0}.{0}", self.numbers[*number]);
                    let page = self.house.post(&ticket, &[("sealed", &sealed)]).await;
                    return self.came_in(ticket, &page).await;
                }
                let key = intake_key(&page);
                let form = format!(
                    r#"{{"number":"{}","exp":"04/29","csc":"123"}}"#,
                    self.numbers[*number]
                );
                let mut sealed = key.seal(form.as_bytes(), &ticket).unwrap().into_bytes();
                if let Some(at) = altered {
                    let at = at % sealed.len();
                    sealed[at] = if sealed[at] == b'A' { b'B' } else { b'A' };
                }
                let sealed = String::from_utf8(sealed).unwrap();
                let page = self.house.post(&ticket, &[("sealed", &sealed)]).await;
                self.came_in(ticket, &page).await;
            }
            Deed::Visits { path, spelling } => {
                let path = format!("{path}{}", self.spelled(*spelling));
                self.shout(format!(
                    "GET {path} HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n"
                ));
            }
            Deed::Posts { body, spelling } => {
                let body = format!("{body}{}", self.spelled(*spelling));
                self.shout(format!(
                    "POST /pay HTTP/1.1\r\nHost: v\r\nConnection: close\r\nContent-Length: {}\r\n\
                     Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
                    body.len()
                ));
            }
            Deed::Reports { field, spelling } => {
                let number = self.spelled(*spelling).replace(['"', '\\'], "");
                let body = REPORTS[*field].replace('N', &number);
                self.shout(format!(
                    "POST /reports HTTP/1.1\r\nHost: v\r\nConnection: close\r\nContent-Length: {}\r\n\
                     Content-Type: application/csp-report\r\n\r\n{body}",
                    body.len()
                ));
            }
            Deed::Shouts { head, spelling } => {
                let number = self.spelled(*spelling);
                self.shout(format!(
                    "{head}{number} HTTP/9\r\n{number}: {number}\r\nHost: v\r\n\r\n{number}"
                ));
            }
            Deed::Calls {
                peer,
                path,
                field,
                spelling,
            } => {
                let number = self.spelled(*spelling);
                let token = format!(
                    "tok_{}",
                    number.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
                );
                let text = if FIELDS[*field] == "token" {
                    token
                } else {
                    number
                };
                let body = serde_json::json!({ FIELDS[*field]: text });
                let (status, body) = self.house.ask(PEERS[*peer], PATHS[*path], &body).await;
                self.clean(status.as_str(), &body);
            }
            Deed::Redeems => self.redeems().await,
            Deed::Forgets => {
                if let Some((_, receipt)) = &self.last {
                    let which = serde_json::json!({ "token": receipt.token });
                    for path in ["/describe", "/forget", "/describe"] {
                        let (status, body) = self.house.ask("shop", path, &which).await;
                        self.clean(status.as_str(), &body);
                    }
                }
            }
            Deed::Asks { line, spelling } => {
                let number = self.spelled(*spelling).replace(['"', '\\'], "");
                let line = LINES[*line].replace('N', &number);
                let answer = admin_door(&self.house.dir.path().join("vault"), &line);
                self.clean("admin door", &answer);
            }
        }
    }

    async fn came_in(&mut self, ticket: trade::payment::CheckInTicket, page: &house::Page) {
        self.page(page);
        let again = self.house.form(&ticket).await;
        self.page(&again);
        if page.status == axum::http::StatusCode::SEE_OTHER {
            let receipt = self.house.receipt(page);
            self.clean(
                "receipt",
                serde_json::to_string(&receipt).unwrap().as_bytes(),
            );
            self.last = Some((ticket, receipt));
        }
    }

    async fn redeems(&mut self) {
        let Some((ticket, receipt)) = self.last.clone() else {
            return;
        };
        let grant = self.house.grant(&ticket, &receipt.token);
        for _ in 0..2 {
            match self.house.redeem(&grant).await {
                Ok(card) => {
                    assert!(
                        self.numbers
                            .iter()
                            .any(|number| number == card.pan.expose_digits())
                    );
                    self.clean("the card as Debug has it", format!("{card:?}").as_bytes());
                }
                Err((status, kind)) => self.clean(status.as_str(), kind.as_bytes()),
            }
        }
    }

    /// Straight onto the public door, and all that it answers.
    fn shout(&mut self, text: String) {
        let mut tcp = TcpStream::connect(self.public).unwrap();
        tcp.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        tcp.write_all(text.as_bytes()).unwrap();
        tcp.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // The vault may close on what it cannot read.
        let _ = tcp.read_to_end(&mut answer);
        self.clean("public door", &answer);
    }

    /// What was written beside the doors: the log of verbs, what a witness is shown, the vault's files, its own log.
    async fn finish(mut self) -> usize {
        let url = StoreUrl::Sqlite(self.house.dir.path().join("vault/vault.db"));
        let store = Store::open(&url, &[]).await.unwrap();
        let rows = store.read(|tx| tx.query(&ENTRIES, &[])).await.unwrap();
        for row in &rows {
            let said = row.text(0).unwrap().to_owned();
            self.clean("audit entry", said.as_bytes());
        }
        let log = Log::read(&config(self.house.dir.path())).await.unwrap();
        let request = witness::request(&log, 0).unwrap();
        self.clean("witness", request.as_bytes());
        let heard = std::mem::take(&mut *self.heard.0.lock().unwrap());
        self.clean("log", &heard);
        assert!(!heard.is_empty(), "nothing was logged");
        self.serving.abort();
        let files = self.needles.search_folder(self.house.dir.path()).unwrap();
        assert!(files.bytes > 10_000, "no file was searched");
        self.messages
    }
}

fn admin_door(folder: &Path, line: &str) -> Vec<u8> {
    let mut door = UnixStream::connect(folder.join(SOCKET)).unwrap();
    door.set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    door.write_all(format!("{line}\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    door.read_to_end(&mut answer).unwrap();
    answer
}

fn with_check_digit(digits: &str) -> String {
    (0..10)
        .map(|d| format!("{digits}{d}"))
        .find(|n| cards::pan::Pan::parse(n).is_ok())
        .unwrap()
}

/// Two marked numbers: one of sixteen digits, one of fifteen.
fn numbers() -> impl Strategy<Value = [String; 2]> {
    ("4[0-9]{14}", "37[0-9]{12}")
        .prop_map(|(visa, amex)| [with_check_digit(&visa), with_check_digit(&amex)])
}

/// Listens before anything is logged: what is first logged to nobody may stay unheard.
fn listen() -> Heard {
    static HEARD: LazyLock<Heard> = LazyLock::new(|| {
        let heard = Heard::default();
        let writer = heard.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .init();
        heard
    });
    HEARD.clone()
}

#[test]
fn no_message_of_the_vault_holds_a_card_number() {
    let heard = listen();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let cases = ProptestConfig {
        cases: 6,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = proptest::test_runner::TestRunner::new(cases);
    let mut messages = 0;
    let deeds = proptest::collection::vec(deed(), 20..30);
    let outcome = {
        let messages = std::cell::RefCell::new(&mut messages);
        runner.run(&(numbers(), deeds), |(numbers, deeds)| {
            let seen = runtime.block_on(async {
                let mut seen = 0;
                for state in [config, sealed_config] {
                    let mut searched = Searched::new(numbers.clone(), &heard, state).await;
                    for deed in one_of_each().iter().chain(&deeds) {
                        searched.does(deed).await;
                    }
                    seen += searched.finish().await;
                }
                seen
            });
            **messages.borrow_mut() += seen;
            Ok(())
        })
    };
    outcome.unwrap();
    println!("{messages} messages searched");
    assert!(messages > 300, "{messages} messages were searched");
}

#[tokio::test]
async fn the_statements_of_this_file_are_prepared() {
    listen();
    let house = House::new().await;
    let url = StoreUrl::Sqlite(house.dir.path().join("vault/vault.db"));
    let store = Store::open(&url, &[]).await.unwrap();
    for statement in STATEMENTS {
        store.prepare(statement).await.unwrap();
    }
}

/// The search itself must be able to fail.
#[tokio::test]
#[should_panic(expected = "planted")]
async fn a_planted_number_is_found() {
    let numbers = ["4970105191923460".to_owned(), "378734493671000".to_owned()];
    let mut searched = Searched::new(numbers, &listen(), config).await;
    searched.clean("planted", b"a log line with 378734493671000 in it");
}
