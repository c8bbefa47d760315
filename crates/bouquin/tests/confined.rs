//! The real program stands behind both fences when it serves, as vault and as switch, and starts a real shop's vault on no
//! kernel that does less. Its switch it takes to no real shop.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod ground;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use ground::{Ground, Running, strictest};

/// The system's own.
const PYTHON: &str = "/usr/bin/python3";
/// Has the threads of a process make system calls.
const INSIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sandbox/tests/inside.py");
/// Starts a program on a kernel that does less.
const LESSER_KERNEL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../sandbox/tests/lesser_kernel.py"
);
/// Nobody may do that (errno), and may not look there.
const EPERM: &str = "1";
const EACCES: &str = "13";

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

/// Whether the process comes to serve, and all its threads then stand behind a filter that none can leave.
fn is_filtered(pid: u32) -> bool {
    let filtered = (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        standing(pid, "Seccomp:") == "2"
    });
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return false;
    };
    let threads: Vec<u32> = threads
        .filter_map(|thread| thread.unwrap().file_name().to_str()?.parse().ok())
        .collect();
    filtered
        && threads.len() > 1
        && threads.iter().all(|thread| {
            let of = |name| standing(*thread, name);
            (of("Seccomp:"), of("NoNewPrivs:")) == ("2".to_owned(), "1".to_owned())
        })
}

/// What each thread of a program could do, by its own name of it; none where that cannot be tried.
fn tried_inside(kind: &str, command: &Command) -> Option<Vec<(String, String)>> {
    let here = cfg!(target_arch = "x86_64") && rustix::process::geteuid().is_root();
    if !here || !Path::new(PYTHON).exists() {
        println!("skipped: calls from inside need root, x86-64 and {PYTHON}");
        return None;
    }
    let mut inside = Command::new(PYTHON);
    inside.args([INSIDE, kind]).arg(command.get_program());
    inside.args(command.get_args());
    if let Some(dir) = command.get_current_dir() {
        inside.current_dir(dir);
    }
    let output = inside.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{output:?}");
    let of_threads = said.lines().filter_map(|line| line.split_once(": "));
    let tried = of_threads.filter_map(|(_, tried)| tried.split_once(": "));
    Some(
        tried
            .map(|(what, answer)| (what.to_owned(), answer.to_owned()))
            .collect(),
    )
}

/// Files are Landlock's, everything else is seccomp's; whoever has not even one fence may do all of it.
fn nothing_is_done_inside(command: &Command) {
    let Some(free) = tried_inside("free", &Command::new("cat")) else {
        return;
    };
    assert_eq!(free.len(), 6, "{free:?}");
    for (what, answer) in &free {
        assert_eq!(answer, "done", "{what}");
    }
    let fenced = tried_inside("fenced", command).unwrap();
    assert!(fenced.len() >= 2 * free.len(), "{fenced:?}");
    for (what, answer) in &fenced {
        let refused = match what.as_str() {
            "read a file of the system" => EACCES,
            _ => EPERM,
        };
        assert_eq!(answer, refused, "{what}");
    }
}

/// Starts a program, its errors in the file `log` of its folder.
fn started(mut command: Command) -> Running {
    let dir = command.get_current_dir().unwrap();
    let log = fs::File::create(dir.join("log")).unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::null());
    Running(command.stderr(log).spawn().unwrap())
}

fn vault(ground: &Ground, profile: &str) -> Command {
    let mut command = ground.command(&["--config", "vault.toml"]);
    if profile == "demo" {
        command.arg("--dev");
    }
    command
}

#[test]
fn a_switch_that_serves_stands_behind_both_fences() {
    let dir = tempfile::tempdir().unwrap();
    let running = started(switch(dir.path(), "demo"));
    let filtered = is_filtered(running.0.id());
    assert!(
        filtered,
        "{}",
        fs::read_to_string(dir.path().join("log")).unwrap()
    );
    drop(running);
    let dir = tempfile::tempdir().unwrap();
    nothing_is_done_inside(&switch(dir.path(), "demo"));
}

#[test]
fn a_vault_that_serves_stands_behind_both_fences() {
    let profile = strictest();
    let ground = Ground::new(profile);
    let running = started(vault(&ground, profile));
    let filtered = is_filtered(running.0.id());
    let log = fs::read_to_string(ground.at("log")).unwrap();
    assert!(filtered, "{log}");
    drop(running);
    nothing_is_done_inside(&vault(&ground, profile));
}

/// The same command on a kernel that does less, as `lesser_kernel.py` has it.
fn on_lesser_kernel(less: &str, command: &Command) -> Command {
    let mut on_it = Command::new(PYTHON);
    on_it.args([LESSER_KERNEL, less]).arg(command.get_program());
    on_it
        .args(command.get_args())
        .current_dir(command.get_current_dir().unwrap());
    on_it
}

#[test]
fn a_real_vault_does_not_start_where_the_kernel_confines_it_less() {
    if strictest() != "production" || !Path::new(PYTHON).exists() {
        println!("skipped: needs {PYTHON}, and memory that may be locked");
        return;
    }
    for less in [
        "landlock_create_ruleset=ENOSYS",
        "landlock_create_ruleset=EOPNOTSUPP",
        "landlock=1",
        "landlock=5",
        "seccomp=ENOSYS",
        "seccomp=EPERM",
    ] {
        let ground = Ground::new("production");
        let refused = on_lesser_kernel(less, &vault(&ground, "production")).output();
        let refused = refused.unwrap();
        let why = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success(), "{less}: {why}");
        assert!(!why.contains("at work"), "{less}: {why}");
        for part in ["cannot confine the vault", "Linux 6.12 or later"] {
            assert!(why.contains(part), "{less}: {why}");
        }
    }
    // The one that is just new enough is taken.
    let ground = Ground::new("production");
    let running = started(on_lesser_kernel(
        "landlock=6",
        &vault(&ground, "production"),
    ));
    let answers = (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        ground.standing().is_some()
    });
    drop(running);
    assert!(answers, "{}", fs::read_to_string(ground.at("log")).unwrap());
}

#[test]
fn a_demonstration_says_what_its_kernel_does_less() {
    if !Path::new(PYTHON).exists() {
        println!("skipped: needs {PYTHON}");
        return;
    }
    for (less, said) in [
        (
            "landlock_create_ruleset=ENOSYS",
            "confines the process less",
        ),
        ("seccomp=ENOSYS", "does not limit the system calls"),
    ] {
        let (ground, dir) = (Ground::new("demo"), tempfile::tempdir().unwrap());
        for command in [vault(&ground, "demo"), switch(dir.path(), "demo")] {
            let log = command.get_current_dir().unwrap().join("log");
            let mut running = started(on_lesser_kernel(less, &command));
            let told = (0..1000).any(|_| {
                std::thread::sleep(Duration::from_millis(10));
                fs::read_to_string(&log).unwrap().contains(said)
            });
            std::thread::sleep(Duration::from_millis(500));
            let goes_on = running.0.try_wait().unwrap().is_none();
            drop(running);
            let log = fs::read_to_string(&log).unwrap();
            assert!(told && goes_on, "{less}: {log}");
        }
    }
}

#[test]
fn a_real_shop_gets_no_switch_from_this_release() {
    let dir = tempfile::tempdir().unwrap();
    let output = switch(dir.path(), "production").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("it does not run in production"), "{said}");
}
