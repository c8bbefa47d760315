//! A release demonstration to measure, on SQLite or on a private PostgreSQL.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use reader::{form, http::Connection};

/// The executable that is measured.
pub const EXECUTABLE: &str = "target/release/bouquin";

/// What `demo.json` says.
#[derive(Deserialize)]
pub struct Addresses {
    /// The shop's origin.
    pub shop: String,
    /// Process ids by name.
    pub processes: std::collections::BTreeMap<String, u32>,
}

/// A running demonstration.
pub struct Shop {
    child: Child,
    /// Where it is.
    pub at: Addresses,
    /// From the command to the first page served.
    pub start: Duration,
}

impl Shop {
    /// Starts a demonstration in `folder` and waits for its first page.
    pub fn start(folder: &Path, titles: u32, database: Option<&str>) -> Result<Self> {
        let begun = Instant::now();
        let mut command = Command::new(EXECUTABLE);
        command.args([
            "demo",
            "--listen",
            "127.0.0.1:0",
            "--titles",
            &titles.to_string(),
        ]);
        command.arg("--data").arg(folder);
        if let Some(url) = database {
            command.args(["--database", url]);
        }
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context(EXECUTABLE)?;
        let said = BufReader::new(child.stdout.take().context("its output is piped")?);
        let (open, opened) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                if line.contains("http://") {
                    let _ = open.send(());
                }
            }
        });
        opened
            .recv_timeout(Duration::from_secs(600))
            .context("the shop did not open")?;
        let at: Addresses = serde_json::from_str(&fs::read_to_string(folder.join("demo.json"))?)?;
        let page = Connection::open(&at.shop)?.get("/fr/", "")?;
        if page.status != 200 {
            bail!("the first page answered {}", page.status);
        }
        Ok(Self {
            child,
            at,
            start: begun.elapsed(),
        })
    }

    /// The process id of the shop itself.
    pub fn pid(&self) -> Result<u32> {
        self.at
            .processes
            .get("shop")
            .copied()
            .context("demo.json names no shop")
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        drop(
            Command::new("kill")
                .args(["-INT", &self.child.id().to_string()])
                .status(),
        );
        drop(self.child.wait());
    }
}

/// A private PostgreSQL on a socket in a temporary folder.
pub struct Postgres {
    folder: tempfile::TempDir,
    server: Child,
}

impl Postgres {
    /// Starts one, or says why not.
    pub fn start() -> Result<Self> {
        let bin = newest_binaries().context("PostgreSQL is not installed")?;
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        if is_root()? {
            Command::new("chown")
                .arg("postgres")
                .arg(folder.path())
                .status()?;
        }
        let initialised = as_postgres(&bin.join("initdb"))?
            .args(["-A", "trust", "-U", "bouquin", "-E", "UTF8", "-D"])
            .arg(&data)
            .stdout(Stdio::null())
            .status()?;
        if !initialised.success() {
            bail!("initdb failed");
        }
        let server = as_postgres(&bin.join("postgres"))?
            .args(["-c", "listen_addresses=", "-k"])
            .arg(folder.path())
            .arg("-D")
            .arg(&data)
            .stderr(Stdio::null())
            .spawn()?;
        let postgres = Self { folder, server };
        postgres.wait(&bin)?;
        Ok(postgres)
    }

    /// What a configuration names it.
    pub fn url(&self) -> String {
        let socket = form::encode(&self.folder.path().display().to_string());
        format!("postgres://bouquin@{socket}/postgres")
    }

    fn wait(&self, bin: &Path) -> Result<()> {
        for _ in 0..100 {
            let ready = Command::new(bin.join("pg_isready"))
                .arg("-h")
                .arg(self.folder.path())
                .stdout(Stdio::null())
                .status()?;
            if ready.success() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("PostgreSQL did not start within 10 s")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(
            Command::new("kill")
                .args(["-INT", &self.server.id().to_string()])
                .status(),
        );
        drop(self.server.wait());
    }
}

fn newest_binaries() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .map(|e| e.path().join("bin"))
        .collect();
    versions.retain(|bin| bin.join("initdb").exists());
    versions.sort();
    versions.pop()
}

fn is_root() -> Result<bool> {
    Ok(Command::new("id")
        .arg("-u")
        .output()?
        .stdout
        .starts_with(b"0\n"))
}

/// PostgreSQL refuses to run as root.
fn as_postgres(program: &Path) -> Result<Command> {
    if !is_root()? {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
        .arg(program);
    Ok(command)
}
