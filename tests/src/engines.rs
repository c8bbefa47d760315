//! Both database engines for tests: a SQLite file in a folder of its own, and a private PostgreSQL server on
//! a Unix socket, with `fsync` on, that nobody else reaches and that ends with the test.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use storage::StoreUrl;
use tempfile::TempDir;

/// The superuser of the private server.
const USER: &str = "bouquin";
/// How long the server may take to start or to stop, in tenths of a second.
const PATIENCE_TENTHS: u32 = 300;

/// An engine that gives each test a database of its own.
pub enum Engine {
    /// Files in a folder.
    Sqlite(TempDir),
    /// Databases of a private server.
    Postgres(Postgres),
}

impl Engine {
    /// SQLite, which is always there.
    ///
    /// # Errors
    /// When no temporary folder can be made.
    pub fn sqlite() -> Result<Self> {
        Ok(Self::Sqlite(tempfile::tempdir()?))
    }

    /// PostgreSQL, unless it is not installed.
    ///
    /// # Errors
    /// When it is installed and does not start.
    pub fn postgres() -> Result<Option<Self>> {
        Ok(Postgres::start()?.map(Self::Postgres))
    }

    /// A new, empty database; `name` is made of letters, digits and underscores.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn fresh(&self, name: &str) -> Result<StoreUrl> {
        match self {
            Self::Sqlite(folder) => Ok(StoreUrl::Sqlite(folder.path().join(format!("{name}.db")))),
            Self::Postgres(server) => {
                let url = server.fresh(name)?;
                StoreUrl::parse(&url).map_err(anyhow::Error::msg)
            }
        }
    }
}

/// A private PostgreSQL server. Dropping it stops it.
pub struct Postgres {
    binaries: PathBuf,
    folder: TempDir,
    server: Child,
}

impl Postgres {
    /// Starts a server; none, after saying so, when PostgreSQL is not installed.
    ///
    /// # Errors
    /// When it is installed and does not start.
    pub fn start() -> Result<Option<Self>> {
        let Some(binaries) = find_binaries() else {
            println!("skipped: PostgreSQL not installed (Debian package postgresql)");
            return Ok(None);
        };
        let folder = tempfile::Builder::new().prefix("bouquin-pg-").tempdir()?;
        if runs_as_root() {
            // PostgreSQL refuses to run as root: Debian's package has a user for it.
            run(Command::new("chown").arg("postgres").arg(folder.path()))?;
        }
        let data = folder.path().join("data");
        run(as_a_user(&binaries.join("initdb"))
            .args([
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--username",
                USER,
            ])
            .arg("--pgdata")
            .arg(&data))?;
        let log = fs::File::create(folder.path().join("server.log"))?;
        let server = as_a_user(&binaries.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args([
                "-c",
                "listen_addresses=",
                "-c",
                "fsync=on",
                "-c",
                "max_connections=100",
            ])
            .stderr(log)
            .spawn()?;
        let server = Self {
            binaries,
            folder,
            server,
        };
        server.wait_until_ready()?;
        Ok(Some(server))
    }

    /// The URL of a new, empty database.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn fresh(&self, name: &str) -> Result<String> {
        run(self.client("createdb").arg(name))?;
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        Ok(format!("postgres://{USER}@{socket}/{name}"))
    }

    /// The server's process, for tests that kill it.
    pub fn pid(&self) -> u32 {
        self.server.id()
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command.arg("-h").arg(self.folder.path()).args(["-U", USER]);
        command
    }

    fn wait_until_ready(&self) -> Result<()> {
        for _ in 0..PATIENCE_TENTHS {
            let ready = self.client("pg_isready").stdout(Stdio::null()).status()?;
            if ready.success() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let log = fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
        bail!("the private PostgreSQL does not answer:\n{log}")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGQUIT is its immediate shutdown, without writing out data that nobody will read; a server that
        // ignores it is killed.
        let asked = Command::new("kill")
            .arg("-QUIT")
            .arg(self.server.id().to_string())
            .status();
        for _ in 0..PATIENCE_TENTHS {
            match self.server.try_wait() {
                Ok(None) if asked.is_ok() => std::thread::sleep(Duration::from_millis(100)),
                _ => break,
            }
        }
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

/// Debian keeps the server's programs out of the path, one folder for each version: the newest is taken.
fn find_binaries() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    let newest_first = versions.into_iter().rev().map(|(_, folder)| folder);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let complete =
        |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    newest_first.chain(in_path).find(complete)
}

fn runs_as_root() -> bool {
    fs::metadata("/proc/self")
        .is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0)
}

/// `program`, as the user `postgres` when this is root; `setpriv` becomes the program, so that the process
/// started is the server itself.
fn as_a_user(program: &Path) -> Command {
    let mut command = if runs_as_root() {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
            .arg(program);
        command
    } else {
        Command::new(program)
    };
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .current_dir("/");
    command
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().display().to_string();
    let output = command
        .output()
        .with_context(|| format!("{program} could not be run"))?;
    let arguments: Vec<&OsStr> = command.get_args().collect();
    ensure!(
        output.status.success(),
        "{program} {arguments:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
