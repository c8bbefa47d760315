//! A whole demonstration in a folder of its own, started as a person would and ended with the test.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// What `demo.json` in the data folder says: the addresses and the login of this run.
#[derive(Clone, Debug, Deserialize)]
pub struct Addresses {
    /// The shop, as readers type it.
    pub shop: String,
    /// The vault's card page.
    pub card_page: String,
    /// The bank's books.
    pub books: String,
    /// The folder of certificates.
    pub certificates: PathBuf,
    /// The back office's login of this run.
    pub login: String,
    /// Its password.
    pub password: String,
    /// The folder of mails kept as files.
    pub mail: PathBuf,
    /// The process ids by name.
    pub processes: std::collections::BTreeMap<String, u32>,
}

/// A running demonstration; dropped, it ends.
pub struct Demo {
    process: Child,
    folder: tempfile::TempDir,
    /// Where things are.
    pub at: Addresses,
}

/// How a demonstration is started.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many titles.
    pub titles: u32,
    /// A PostgreSQL URL for the shop, instead of SQLite.
    pub database: Option<String>,
    /// Whether the screening does what it decides.
    pub screens: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            titles: 1500,
            database: None,
            screens: false,
        }
    }
}

/// The executable that the workspace built.
pub fn executable() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test
        .ancestors()
        .nth(2)
        .context("a test has a target folder")?;
    let path = folder.join("bouquin");
    if !path.exists() {
        bail!(
            "{} is missing: run `cargo build --workspace` first",
            path.display()
        );
    }
    Ok(path)
}

impl Demo {
    /// Starts a demonstration and waits until its shop answers.
    pub fn start(plan: &Plan) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new(executable()?);
        command.args([
            "demo",
            "--listen",
            "127.0.0.1:0",
            "--titles",
            &plan.titles.to_string(),
        ]);
        command.arg("--data").arg(folder.path());
        if let Some(url) = &plan.database {
            command.args(["--database", url]);
        }
        if plan.screens {
            command.arg("--screen");
        }
        let mut process = command
            // Where the system leaves a core, if one of the processes is made to.
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .context("the demonstration could not be started")?;
        let said = process.stdout.take().context("its output is piped")?;
        match wait_until_open(said) {
            Ok(()) => {
                let at = addresses(folder.path())?;
                Ok(Self {
                    process,
                    folder,
                    at,
                })
            }
            Err(error) => {
                drop(process.kill());
                drop(process.wait());
                Err(error)
            }
        }
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Reads the addresses again: process ids change when one is started anew.
    pub fn refresh(&mut self) -> Result<()> {
        self.at = addresses(self.folder.path())?;
        Ok(())
    }

    /// Kills one process as a crash would.
    pub fn kill_9(&mut self, name: &str) -> Result<u32> {
        self.refresh()?;
        let pid = *self
            .at
            .processes
            .get(name)
            .with_context(|| format!("no process {name}"))?;
        let killed = Command::new("kill")
            .args(["-9", &pid.to_string()])
            .status()?;
        if !killed.success() {
            bail!("{name} ({pid}) could not be killed");
        }
        Ok(pid)
    }

    /// Waits until the process has been started anew after `old` died.
    pub fn wait_for_new(&mut self, name: &str, old: u32) -> Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            self.refresh()?;
            if self.at.processes.get(name).is_some_and(|pid| *pid != old) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("{name} was not started again within 30 s")
    }

    /// Ends it as Ctrl-C does and says how long that took.
    pub fn stop(mut self) -> Result<Duration> {
        let begun = Instant::now();
        let pid = self.process.id().to_string();
        Command::new("kill").args(["-INT", &pid]).status()?;
        let status = self.process.wait()?;
        if !status.success() {
            bail!("the demonstration ended with {status}");
        }
        Ok(begun.elapsed())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(
            Command::new("kill")
                .args(["-INT", &self.process.id().to_string()])
                .status(),
        );
        drop(self.process.wait());
    }
}

/// The demonstration prints a line when its shop answers; its output is read to the end in the
/// background so that it never blocks.
fn wait_until_open(said: impl Read + Send + 'static) -> Result<()> {
    let (open, opened) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(said).lines().map_while(Result::ok) {
            if line.contains("http://") {
                let _ = open.send(());
            }
        }
    });
    opened
        .recv_timeout(Duration::from_secs(180))
        .context("the demonstration did not open within 180 s")
}

fn addresses(folder: &Path) -> Result<Addresses> {
    let path = folder.join("demo.json");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_str(&text)?)
}
