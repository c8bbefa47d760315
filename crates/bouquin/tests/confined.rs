//! The real program confines its switch before it serves, and does not take it to a real shop.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A switch, killed with SIGKILL when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn switch(dir: &Path, profile: &str) -> Command {
    let names = ["shop", "vault", "switch", "bank"];
    link::ca::make_demo(&dir.join("certs"), &names).unwrap();
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let (at, door) = (dir.display(), door.local_addr().unwrap());
    let text = format!(
        "profile = \"{profile}\"\nfolder = \"{at}/switch\"\ncertificates = \"{at}/certs\"\nprivate = \"{door}\"\n\
         vault = \"127.0.0.1:1\"\nbank = [\"127.0.0.1:2\"]\n[merchant]\nterminal = \"QUAI0001\"\n\
         number = \"BOUQUIN-DEMO-01\"\nacquirer = 30002\n"
    );
    fs::write(dir.join("switch.toml"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bouquin"));
    command.args(["switch", "--config", "switch.toml"]);
    command.current_dir(dir);
    command
}

/// What the kernel says of the process under this name.
fn standing(pid: u32, name: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_default().trim().to_owned()
}

#[test]
fn a_switch_that_serves_stands_behind_both_fences() {
    let dir = tempfile::tempdir().unwrap();
    let log = fs::File::create(dir.path().join("log")).unwrap();
    let mut command = switch(dir.path(), "demo");
    command.stdout(Stdio::null()).stderr(log);
    let running = Running(command.spawn().unwrap());
    let pid = running.0.id();
    let filtered = (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        standing(pid, "Seccomp:") == "2"
    });
    let log = fs::read_to_string(dir.path().join("log")).unwrap();
    assert!(filtered, "{log}");
    assert_eq!(standing(pid, "NoNewPrivs:"), "1", "{log}");
}

#[test]
fn a_real_shop_gets_no_switch_from_this_release() {
    let dir = tempfile::tempdir().unwrap();
    let output = switch(dir.path(), "production").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("it does not run in production"), "{said}");
}
