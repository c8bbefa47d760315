//! A vault with the real program, in a folder of its own.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use link::signed::SigningKey;
use vault::admin::{Answer, Ask, Standing};

pub const SHOP: &str = "http://127.0.0.1:8080";

/// A folder with certificates and a configuration.
pub struct Ground {
    pub dir: tempfile::TempDir,
    pub public: SocketAddr,
    pub private: SocketAddr,
}

impl Ground {
    pub fn new(profile: &str) -> Ground {
        let dir = tempfile::tempdir().unwrap();
        link::ca::make_demo(&dir.path().join("certs"), &["shop", "vault", "switch"]).unwrap();
        let (public, private) = (free(), free());
        let at = dir.path().display();
        let text = format!(
            "profile = \"{profile}\"\nfolder = \"{at}/vault\"\ncertificates = \"{at}/certs\"\ncard_page = \"{public}\"\n\
             private = \"{private}\"\nshop_name = \"Librairie\"\nshop_url = \"{SHOP}\"\n"
        );
        fs::write(dir.path().join("vault.toml"), text).unwrap();
        Ground {
            dir,
            public,
            private,
        }
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.at(name).display().to_string()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bouquin"));
        command.arg("vault").args(args).current_dir(self.dir.path());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    pub fn says(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn refuses(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(!output.status.success(), "{args:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    pub fn standing(&self) -> Option<Standing> {
        match vault::admin::ask(&self.at("vault"), &Ask::Standing) {
            Ok(Answer::Standing(standing)) => Some(standing),
            _ => None,
        }
    }

    /// Starts the vault and waits until it answers.
    pub fn start(&self, args: &[&str]) -> Running {
        let log = fs::File::create(self.at("log")).unwrap();
        let mut command = self.command(&["--config", "vault.toml"]);
        command.args(args).stdout(Stdio::null()).stderr(log);
        let running = Running(command.spawn().unwrap());
        for _ in 0..1000 {
            if self.standing().is_some() {
                return running;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{}", fs::read_to_string(self.at("log")).unwrap());
    }

    pub fn key(&self, who: &str) -> SigningKey {
        SigningKey::load(&self.at("certs"), who).unwrap()
    }
}

/// A vault, killed with SIGKILL when dropped.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

pub fn after<'a>(text: &'a str, word: &str) -> &'a str {
    let line = text.lines().find(|line| line.starts_with(word));
    line.unwrap_or_else(|| panic!("{word} in {text}"))[word.len()..].trim()
}

/// A real shop's profile where memory may be locked, which it then must be.
pub fn strictest() -> &'static str {
    use rustix::process::{Resource, geteuid, getrlimit};
    let may_lock = geteuid().is_root() || getrlimit(Resource::Memlock).current.is_none();
    if may_lock {
        return "production";
    }
    println!("skipped: the profile of a real shop; memory may not be locked (ulimit -l)");
    "demo"
}
