//! The fences around the switch's process, tried from inside and by a peer with the same rights, while the switch works.
//!
//! The test starts itself again as the process that is confined: fences cannot be taken down, and bank and shop go on in
//! this one.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use link::Identity;
use link::http::Client;
use link::signed::VerifyingKey;
use sandbox::Demand;
use storage::StoreUrl;
use switch::{Config, Folders, Merchant, Switch, Times};
use trade::clock::Clock;

/// The folder of the confined process, in its environment, and the one carrier to the bank.
const INSIDE: &str = "BOUQUIN_TEST_CONFINED";
const CARRIER: &str = "BOUQUIN_TEST_CARRIER";
/// Has this program be the confined process.
const ONLY_INSIDE: [&str; 3] = [
    "--exact",
    "nothing_leads_out_but_to_vault_and_bank",
    "--nocapture",
];
/// `nobody`, who owns nothing.
const SWITCH_USER: &str = "65534";
/// The system's own, which every user may run.
const PYTHON: &str = "/usr/bin/python3";
const SOON: Duration = Duration::from_secs(10);

fn config(dir: &Path, carrier: SocketAddr, vault: SocketAddr) -> Config {
    let certs = dir.join("certs");
    Config {
        listen: ([127, 0, 0, 1], 0).into(),
        carriers: vec![carrier],
        vault,
        database: StoreUrl::Sqlite(dir.join("switch/switch.db")),
        identity: Identity::load(&certs, "switch").unwrap(),
        shop_key: VerifyingKey::load(&certs, "shop").unwrap(),
        merchant: Merchant::demo(),
        clearing: None,
        times: Times::default(),
        clock: Clock::system(),
    }
}

fn confine(dir: &Path, config: &Config) -> Result<sandbox::Confined, switch::Error> {
    let (own, certificates) = (dir.join("switch"), dir.join("certs"));
    let folders = Folders {
        own: &own,
        certificates: &certificates,
    };
    switch::confine(config, folders, Demand::Everything)
}

/// What the confined process tries, one line each on its standard output; then it is a switch until its input ends.
fn inside(dir: &Path) {
    let carrier = std::env::var(CARRIER).unwrap().parse().unwrap();
    let outside = TcpListener::bind("127.0.0.1:0").unwrap();
    let vault = TcpListener::bind("127.0.0.1:0").unwrap();
    let abstract_name = UnixAddr::from_abstract_name(format!("bouquin-{}", std::process::id()));
    let abstract_name = abstract_name.unwrap();
    let _listening = UnixListener::bind_addr(&abstract_name).unwrap();
    let config = config(dir, carrier, vault.local_addr().unwrap());
    let confined = confine(dir, &config).unwrap_or_else(|why| panic!("{why}"));

    // The first fence alone: files, ports, connections, and signals.
    said("read a file of the system", fs::read("/etc/passwd"));
    said("read beside the folder", fs::read(dir.join("beside")));
    said("write beside the folder", fs::write(dir.join("new"), "x"));
    let certificate = dir.join("certs/switch.pem");
    said("write a certificate", fs::write(certificate, "x"));
    said("list the shop's folder", fs::read_dir(dir));
    let elsewhere = outside.local_addr().unwrap();
    said("connect to another port", TcpStream::connect(elsewhere));
    said(
        "connect by an abstract socket",
        UnixStream::connect_addr(&abstract_name),
    );
    said("listen on another port", TcpListener::bind("127.0.0.1:1"));
    said("run a program", Command::new("/bin/true").status());
    said("run itself", Command::new("/proc/self/exe").status());
    let parent = rustix::process::getppid().unwrap();
    said(
        "send a signal",
        rustix::process::kill_process(parent, rustix::process::Signal::CONT),
    );
    said(
        "open the memory of the parent",
        fs::File::open(format!("/proc/{parent}/mem")),
    );

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let vault_address = config.vault;
    let switch = runtime.block_on(Switch::open(config)).unwrap();
    // The second: TCP outwards and no other socket, and no way back to being dumped.
    confined.close().unwrap_or_else(|why| panic!("{why}"));
    said("make a datagram socket", UdpSocket::bind("127.0.0.1:0"));
    said("make datagrams inside", UnixDatagram::pair());
    said("make a local socket", UnixStream::connect(dir.join("s")));
    said("listen at all", TcpListener::bind("127.0.0.1:0"));
    said(
        "still connect to another port",
        TcpStream::connect(elsewhere),
    );
    said(
        "be dumped again",
        rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::Dumpable),
    );
    let waiting = rustix::io::ioctl_fionread(std::io::stdin());
    said("ask a driver", waiting);
    said("leave for another root", rustix::process::chroot("/"));
    said(
        "make a process that outlives it",
        Command::new("switch").status(),
    );

    // What it is there for still goes.
    drop(TcpStream::connect(vault_address).unwrap());
    let own = dir.join("switch/own");
    fs::write(&own, "kept").unwrap();
    fs::remove_file(own).unwrap();
    println!("door {}", switch.address().unwrap());
    runtime.spawn(switch.serve());
    println!("waiting");
    let mut end = String::new();
    std::io::stdin().read_to_string(&mut end).unwrap();
}

fn said<T, E>(tried: &str, done: Result<T, E>) {
    let done = if done.is_ok() { "DONE" } else { "refused" };
    println!("{tried}: {done}");
}

/// A folder with certificates, one of the switch's own, and something beside them.
fn ground() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let names = ["shop", "vault", "switch", "bank"];
    link::ca::make_demo(&dir.path().join("certs"), &names).unwrap();
    link::keyfile::private_dir(&dir.path().join("switch")).unwrap();
    fs::write(dir.path().join("beside"), "x").unwrap();
    dir
}

/// The confined switch, as the user `nobody` when this test may choose.
struct Confined {
    dir: tempfile::TempDir,
    /// Where the bank would be.
    carrier: TcpListener,
    child: Child,
    said: BufReader<ChildStdout>,
    lines: Vec<String>,
    lowered: bool,
}

impl Confined {
    fn start() -> Confined {
        let dir = ground();
        let lowered = rustix::process::geteuid().is_root()
            && Command::new("setpriv").arg("--version").output().is_ok();
        let program = dir.path().join("confined");
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        let mut command = Command::new(&program);
        if lowered {
            own(dir.path(), &["switch", "certs"]);
            command = as_nobody(&program);
        }
        let carrier = TcpListener::bind("127.0.0.1:0").unwrap();
        command
            .args(ONLY_INSIDE)
            .env(INSIDE, dir.path())
            .env(CARRIER, carrier.local_addr().unwrap().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let lines = said.by_ref().lines().map(Result::unwrap);
        let lines = lines.take_while(|line| line != "waiting").collect();
        Confined {
            dir,
            carrier,
            child,
            said,
            lines,
            lowered,
        }
    }

    fn tried(&self) -> Vec<(&str, &str)> {
        let lines = self.lines.iter();
        lines.filter_map(|line| line.split_once(": ")).collect()
    }

    fn door(&self) -> SocketAddr {
        let door = self
            .lines
            .iter()
            .find_map(|line| line.strip_prefix("door "));
        door.unwrap().parse().unwrap()
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn as_nobody(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", SWITCH_USER, "--regid", SWITCH_USER]);
    command.arg("--clear-groups").arg("--").arg(program);
    command
}

/// Gives the folders to the switch's user, and lets everybody come as far as them.
fn own(dir: &Path, folders: &[&str]) {
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    for folder in folders {
        let given = Command::new("chown")
            .args(["-R", &format!("{SWITCH_USER}:{SWITCH_USER}")])
            .arg(dir.join(folder))
            .status();
        assert!(given.unwrap().success());
    }
}

fn kernel_confines() -> bool {
    let listed = fs::read_to_string("/sys/kernel/security/lsm").unwrap_or_default();
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.split('.').map(|part| part.parse::<u32>());
    let version = (numbers.next(), numbers.next());
    let (Some(Ok(major)), Some(Ok(minor))) = version else {
        return false;
    };
    // The list can only be read where securityfs is mounted.
    (major, minor) >= (6, 12) && (listed.is_empty() || listed.contains("landlock"))
}

/// Whether somebody connects in good time.
fn is_called(carrier: &TcpListener) -> bool {
    carrier.set_nonblocking(true).unwrap();
    let begun = Instant::now();
    while begun.elapsed() < SOON {
        if carrier.accept().is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

#[test]
fn nothing_leads_out_but_to_vault_and_bank() {
    if let Some(dir) = std::env::var_os(INSIDE) {
        return inside(&PathBuf::from(dir));
    }
    if !kernel_confines() {
        println!("skipped: the kernel is older than 6.12, or has no Landlock");
        return;
    }
    let mut confined = Confined::start();
    let tried = confined.tried();
    assert!(tried.len() >= 21, "{:?}", confined.lines);
    for (what, came_of_it) in &tried {
        assert_eq!(*came_of_it, "refused", "{what}");
    }
    // It answers the shop from its journal, and knocks at the bank.
    let shop = Identity::load(&confined.dir.path().join("certs"), "shop").unwrap();
    let client = Client::new(confined.door(), &shop, "switch").unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let status = runtime.block_on(client.get::<switch::Status>("/status", SOON));
    assert_eq!(status.unwrap().queued, 0);
    assert!(is_called(&confined.carrier));
    drop(confined.child.stdin.take());
    let mut end = String::new();
    confined.said.read_to_string(&mut end).unwrap();
    assert!(confined.child.wait().unwrap().success(), "{end}");
}

/// What a peer with the switch's own rights tries, in Python because none of it is safe Rust.
const PEER: &str = r#"
import ctypes, sys
pid, libc = int(sys.argv[1]), ctypes.CDLL(None, use_errno=True)
def tried(what, done):
    print(f"{what}: {'DONE' if done else 'refused'}")
def opened(path, mode="rb"):
    try:
        return bool(open(path, mode).read(1) or True)
    except OSError:
        return False
for name in ["mem", "environ", "maps", "auxv"]:
    tried(name, opened(f"/proc/{pid}/{name}"))
tried("write mem", opened(f"/proc/{pid}/mem", "r+b"))
tried("seize", libc.ptrace(0x4206, pid, None, None) == 0)
tried("attach", libc.ptrace(16, pid, None, None) == 0)
"#;

#[test]
fn a_running_switch_can_be_neither_dumped_nor_traced() {
    if !kernel_confines() || !Path::new(PYTHON).exists() {
        println!("skipped: needs Linux 6.12 with Landlock, and {PYTHON}");
        return;
    }
    let confined = Confined::start();
    let pid = confined.child.id().to_string();
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let core: Vec<&str> = core.unwrap().split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"]);
    if !confined.lowered {
        println!("skipped: needs root and setpriv, to be a user who owns nothing");
        return;
    }
    let peer = as_nobody(Path::new(PYTHON))
        .args(["-c", PEER, &pid])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&peer.stdout).into_owned();
    assert_eq!(said.lines().count(), 7, "{said}{peer:?}");
    for line in said.lines() {
        assert!(line.ends_with(": refused"), "a peer could {line}");
    }
}

#[test]
fn it_does_not_start_where_the_fence_does_not_stand() {
    let dir = tempfile::tempdir().unwrap();
    let names = ["shop", "vault", "switch", "bank"];
    link::ca::make_demo(&dir.path().join("certs"), &names).unwrap();
    let anywhere = ([127, 0, 0, 1], 1).into();
    // Its own folder is not there.
    let why = confine(dir.path(), &config(dir.path(), anywhere, anywhere));
    let why = why.unwrap_err().to_string();
    assert!(
        why.contains("switch cannot be opened") || why.contains("kernel"),
        "{why}"
    );
}

/// Kernels that lack a fence, each as `lesser_kernel.py` has it.
const LESSER: [&str; 5] = [
    "landlock_create_ruleset=ENOSYS",
    "landlock_create_ruleset=EOPNOTSUPP",
    "landlock=3",
    "seccomp=ENOSYS",
    "seccomp=EPERM",
];

#[test]
fn it_does_not_start_where_the_kernel_confines_it_less() {
    if !kernel_confines() || !Path::new(PYTHON).exists() {
        println!("skipped: needs Linux 6.12 with Landlock, and {PYTHON}");
        return;
    }
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../sandbox/tests/lesser_kernel.py"
    );
    let begun_on = |less: &str| {
        let dir = ground();
        let begun = Command::new(PYTHON)
            .args([script, less])
            .arg(std::env::current_exe().unwrap())
            .args(ONLY_INSIDE)
            .env(INSIDE, dir.path())
            .env(CARRIER, "127.0.0.1:1")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = [begun.stdout, begun.stderr].concat();
        (
            begun.status.success(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    };
    // A kernel that is said to be as old as the fences ask for is old enough.
    let (starts, said) = begun_on("landlock=6");
    assert!(starts && said.contains("waiting"), "{said}");
    for less in LESSER {
        let (starts, said) = begun_on(less);
        assert!(!starts && !said.contains("waiting"), "{less}: {said}");
        for part in ["cannot confine the switch", "Linux 6.12 or later"] {
            assert!(said.contains(part), "{less}: {said}");
        }
    }
}
