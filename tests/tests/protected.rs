//! No password, no order and no letter crosses a network in the clear: PostgreSQL and the mail server are spoken to over
//! TLS with a server whose certificate and name are right, or not at all.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use reader::http::Connection;
use shop::screening::letter::{self, CodeLetter};
use storage::{Fault, Store, StoreUrl, Tx, outbox};
use tempfile::TempDir;
use tests::{
    authority::Authority,
    demo::executable,
    engines::Postgres,
    mail_server::{MailServer, Speaks},
};
use trade::{address::Email, locale::Locale};

/// The server's name; the address stands beside it in the URL.
const NAME: &str = "db.quai.test";
const PATIENCE: Duration = Duration::from_secs(60);

storage::statements! {
    SPOKEN = postgres "SELECT CASE WHEN ssl THEN version ELSE 'in the clear' END FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
}

/// A server that an authority vouches for, and the files by which clients know it.
struct Site {
    server: Postgres,
    authority: Authority,
    folder: TempDir,
}

impl Site {
    fn open() -> Option<Self> {
        let authority = Authority::new("The shop's own").unwrap();
        let pair = authority.vouch(NAME, &[NAME, "localhost"]).unwrap();
        let server = Postgres::start_with_tls(&authority, &pair).unwrap()?;
        let folder = tempfile::tempdir().unwrap();
        let site = Self {
            server,
            authority,
            folder,
        };
        site.write("ca.pem", site.authority.pem());
        Some(site)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// A user who is let in by her password, and a database for her.
    fn with_password(&self) {
        let user = "CREATE ROLE reader SUPERUSER LOGIN PASSWORD 'hush'";
        self.server.run_sql(user).unwrap();
        self.server.fresh("by_password").unwrap();
    }

    /// The URL by the server's name, with `rest` after what says where it is and who vouches for it.
    fn url(&self, login: &str, name: &str, database: &str, authority: &str, rest: &str) -> String {
        format!(
            "postgres://{login}@{name}:{}/{database}?hostaddr=127.0.0.1&sslrootcert={}{rest}",
            self.server.port(),
            self.folder.path().join(authority).display(),
        )
    }
}

/// The protocol that a store is reached by.
async fn spoken(url: &str) -> String {
    let store = Store::open(&StoreUrl::parse(url).unwrap(), &[])
        .await
        .unwrap_or_else(|error| panic!("{url}: {:#}", anyhow::Error::from(error)));
    let rows = store.call(STATEMENTS[0], Vec::new()).await.unwrap();
    rows[0].text(0).unwrap().to_owned()
}

async fn refused(url: &str) -> String {
    let opened = Store::open(&StoreUrl::parse(url).unwrap(), &[]).await;
    format!("{:#}", anyhow::Error::from(opened.unwrap_err()))
}

#[tokio::test]
async fn a_server_of_the_right_authority_and_name_is_spoken_to_over_tls() {
    let Some(site) = Site::open() else {
        return;
    };
    site.server.fresh("shop").unwrap();
    let by_name = site.url("bouquin", NAME, "shop", "ca.pem", "");
    assert_eq!(spoken(&by_name).await, "TLSv1.3");
    let version = site.server.run_sql("SHOW server_version_num").unwrap();
    // From 17 on also without asking first whether the server has TLS.
    let at_once = match version.trim().parse::<u32>().unwrap() {
        170_000.. => "&sslnegotiation=direct",
        _ => "",
    };
    let by_name = site.url("bouquin", NAME, "shop", "ca.pem", at_once);
    assert_eq!(spoken(&by_name).await, "TLSv1.3");
    // The password is bound to this connection: whoever sits in between could not pass it on.
    site.with_password();
    let bound = "&channel_binding=require";
    let by_password = site.url("reader:hush", NAME, "by_password", "ca.pem", bound);
    assert_eq!(spoken(&by_password).await, "TLSv1.3");
}

#[tokio::test]
async fn a_certificate_takes_the_place_of_the_password() {
    let Some(site) = Site::open() else {
        return;
    };
    site.server.fresh("by_certificate").unwrap();
    let own = site.authority.vouch("bouquin", &[]).unwrap();
    let certificate = site.write("shop.pem", &own.certificate);
    let key = site.write("shop.key", &own.key);
    let shown = format!(
        "&sslcert={}&sslkey={}",
        certificate.display(),
        key.display()
    );
    let url = site.url("bouquin", NAME, "by_certificate", "ca.pem", &shown);
    assert_eq!(spoken(&url).await, "TLSv1.3");
    let nothing_shown = site.url("bouquin", NAME, "by_certificate", "ca.pem", "");
    let told = refused(&nothing_shown).await;
    assert!(told.contains("valid client certificate"), "{told}");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let told = refused(&url).await;
    assert!(told.contains("shop.key may be read by others"), "{told}");
}

#[tokio::test]
async fn a_server_of_another_authority_or_name_or_without_tls_is_refused_with_what_to_do() {
    let Some(site) = Site::open() else {
        return;
    };
    site.with_password();
    let stranger = Authority::new("A stranger").unwrap();
    site.write("stranger.pem", stranger.pem());
    let login = "reader:hush";
    let wrong_authority = site.url(login, NAME, "by_password", "stranger.pem", "");
    let told = refused(&wrong_authority).await;
    assert!(told.contains("`sslrootcert=FILE`"), "{told}");
    let wrong_name = site.url(login, "other.quai.test", "by_password", "ca.pem", "");
    let told = refused(&wrong_name).await;
    assert!(
        told.contains("subjectAltName has it") && told.contains(NAME),
        "{told}"
    );
    let missing = site.url(login, NAME, "by_password", "missing.pem", "");
    let told = refused(&missing).await;
    assert!(told.contains("missing.pem: No such file"), "{told}");
    site.server.turn_tls_off().unwrap();
    let right = site.url(login, NAME, "by_password", "ca.pem", "");
    let told = refused(&right).await;
    assert!(told.contains("speaks no TLS: set `ssl = on`"), "{told}");
}

/// The configuration of a real shop, with its port, database and mail server.
fn configuration(folder: &Path, port: u16, database: &str, smtp: &str) -> Result<PathBuf> {
    let tariff = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/trade/data/delivery.toml");
    let path = folder.join("shop.toml");
    let text = format!(
        "profile = \"production\"\n[shop]\nname = \"Librairie du Quai\"\nlisten = \"127.0.0.1:{port}\"\n\
         public_url = \"https://librairie.example\"\n[data]\nfolder = \"{0}\"\ndatabase = \"{database}\"\n\
         [payment]\ncollection = true\n[mail]\nfrom = \"Quai <bonjour@librairie.example>\"\n\
         contact = \"bonjour@librairie.example\"\nsmtp = \"{smtp}\"\n[delivery]\ntariff = \"{1}\"\n\
         [covers]\nfetch = false\n",
        folder.join("data").display(),
        tariff.display(),
    );
    fs::write(&path, text)?;
    Ok(path)
}

/// Brings the schema up, where the system believes the authority in `believed`.
fn migrate(config: &Path, believed: &Path) -> Result<std::process::Output> {
    Command::new(executable()?)
        .args(["migrate", "--config"])
        .arg(config)
        .env("SSL_CERT_FILE", believed)
        .env_remove("SSL_CERT_DIR")
        .output()
        .context("bouquin could not be run")
}

/// Puts a letter into the outbox of a shop that is closed.
async fn write_letter(database: &str) {
    let url = StoreUrl::parse(database).unwrap();
    let store = Store::open(&url, &[catalogue::MIGRATIONS, shop::MIGRATIONS])
        .await
        .unwrap();
    let letter = CodeLetter {
        screening: 1,
        sent: 1,
        locale: Locale::Fr,
        to: Email::parse("jeanne@example.org").unwrap(),
    };
    let letter = serde_json::to_string(&letter).unwrap();
    let written = store.write(move |tx: &mut dyn Tx| -> Result<bool, Fault> {
        outbox::push(tx, letter::TOPIC, "code:1:1", &letter)
    });
    assert!(written.await.unwrap());
}

/// A shop that is open.
struct Shop(Child);

impl Shop {
    fn open(config: &Path, believed: &Path) -> Result<Self> {
        let process = Command::new(executable()?)
            .args(["serve", "--config"])
            .arg(config)
            .env("SSL_CERT_FILE", believed)
            .env_remove("SSL_CERT_DIR")
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Self(process))
    }

    fn wait(&self, port: u16) -> Result<()> {
        let origin = format!("http://127.0.0.1:{port}");
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let page = Connection::open(&origin).and_then(|mut shop| shop.get("/fr/", ""));
            if page.is_ok_and(|page| page.status == 200) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("the shop did not open within {PATIENCE:?}")
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().port()
}

#[tokio::test]
async fn a_real_shop_keeps_house_and_writes_letters_over_tls_alone() {
    let Some(site) = Site::open() else {
        return;
    };
    site.with_password();
    let pair = site.authority.vouch("localhost", &["localhost"]).unwrap();
    let mail = MailServer::open(Speaks::Tls, &pair).unwrap();
    let folder = site.folder.path();
    let (port, mail_port) = (free_port(), mail.address.port());
    // Nothing but the system says who is believed.
    let database = format!(
        "postgres://reader:hush@localhost:{}/by_password?sslmode=verify-full&channel_binding=require",
        site.server.port()
    );
    let smtp = format!("smtps://shop:hush@localhost:{mail_port}");
    let config = configuration(folder, port, &database, &smtp).unwrap();
    let stranger = site.write("stranger.pem", Authority::new("A stranger").unwrap().pem());
    let known = folder.join("ca.pem");
    let output = migrate(&config, &stranger).unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && told.contains("sslrootcert"),
        "{told}"
    );
    let output = migrate(&config, &known).unwrap();
    assert!(output.status.success(), "{output:?}");
    let same = site.url("reader:hush", NAME, "by_password", "ca.pem", "");
    write_letter(&same).await;

    let shop = Shop::open(&config, &known).unwrap();
    shop.wait(port).unwrap();
    let visit = mail.visit().unwrap();
    assert!(visit.in_the_clear.is_empty(), "{visit:?}");
    for line in ["RCPT TO:<jeanne@example.org>", "DATA", "."] {
        assert!(visit.protected.iter().any(|said| said == line), "{visit:?}");
    }
    let shops =
        "FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'bouquin'";
    let ask = |what: &str| {
        site.server
            .run_sql(&format!("SELECT {what} {shops}"))
            .unwrap()
    };
    assert_eq!(ask("bool_and(ssl)").trim(), "t");
}

#[tokio::test]
async fn letters_go_by_starttls_or_not_at_all() {
    let authority = Authority::new("The shop's own").unwrap();
    let pair = authority.vouch("localhost", &["localhost"]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let known = folder.path().join("ca.pem");
    fs::write(&known, authority.pem()).unwrap();
    let stranger = folder.path().join("stranger.pem");
    fs::write(&stranger, Authority::new("A stranger").unwrap().pem()).unwrap();
    let visit = async |speaks, believed: &Path, scheme: &str, rest: &str| {
        let folder = tempfile::tempdir().unwrap();
        let mail = MailServer::open(speaks, &pair).unwrap();
        let database = format!("sqlite:{}", folder.path().join("shop.db").display());
        let smtp = format!(
            "{scheme}://shop:hush@localhost:{}{rest}",
            mail.address.port()
        );
        let config = configuration(folder.path(), free_port(), &database, &smtp).unwrap();
        write_letter(&database).await;
        let shop = Shop::open(&config, believed).unwrap();
        let visit = mail.visit().unwrap();
        drop(shop);
        visit
    };
    let has = |lines: &[String], word: &str| lines.iter().any(|line| line.starts_with(word));
    let starttls = (Speaks::StartTls, "smtp", "?tls=required");

    let believed = visit(starttls.0, &known, starttls.1, starttls.2).await;
    assert!(has(&believed.in_the_clear, "STARTTLS"), "{believed:?}");
    assert!(has(&believed.protected, "AUTH") && has(&believed.protected, "DATA"));
    let strange = visit(starttls.0, &stranger, starttls.1, starttls.2).await;
    assert!(has(&strange.in_the_clear, "STARTTLS"), "{strange:?}");
    let strange_at_once = visit(Speaks::Tls, &stranger, "smtps", "").await;
    // As if somebody on the way had left STARTTLS out of the greeting.
    let stripped = visit(Speaks::Plainly, &known, starttls.1, starttls.2).await;
    assert!(has(&stripped.in_the_clear, "EHLO"), "{stripped:?}");
    for visit in [&strange, &strange_at_once, &stripped] {
        assert!(visit.protected.is_empty(), "{visit:?}");
    }
    for visit in [&believed, &strange, &strange_at_once, &stripped] {
        for word in ["AUTH", "MAIL", "DATA"] {
            assert!(!has(&visit.in_the_clear, word), "{visit:?}");
        }
    }
}
