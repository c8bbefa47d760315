//! The fences around the vault's process, tried from inside, by a peer with the same rights, and by the shop's user.
//!
//! The test starts itself again as the process that is confined: fences cannot be taken down, and the others go on
//! in this one.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod house;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use vault::{Config, Profile};

/// The folder of the confined process, in its environment.
const INSIDE: &str = "BOUQUIN_TEST_CONFINED";
/// `nobody` and whoever comes before: two users who own nothing.
const VAULT_USER: &str = "65534";
const SHOP_USER: &str = "65533";
/// The system's own, which every user may run.
const PYTHON: &str = "/usr/bin/python3";

fn production(dir: &Path) -> Config {
    Config {
        profile: Profile::Production,
        dev: false,
        ..house::config(dir)
    }
}

/// What the confined process tries, one line each on its standard output, then it waits for the end of its input.
fn inside(dir: &Path) {
    let outside = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = outside.local_addr().unwrap();
    let abstract_name = UnixAddr::from_abstract_name(format!("bouquin-{}", std::process::id()));
    let abstract_name = abstract_name.unwrap();
    let _listening = UnixListener::bind_addr(&abstract_name).unwrap();
    let confined = vault::confine(&production(dir)).unwrap();
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("door {}", door.local_addr().unwrap());

    // The first fence alone: files, ports, connections, and signals.
    said("read a file of the system", fs::read("/etc/passwd"));
    said("read beside the folder", fs::read(dir.join("beside")));
    said("write beside the folder", fs::write(dir.join("new"), "x"));
    said("list the shop's folder", fs::read_dir(dir));
    said("connect", TcpStream::connect(address));
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

    // The second: no new socket of any kind, and no way back to being dumped.
    confined.close().unwrap();
    said("make a socket", UdpSocket::bind("127.0.0.1:0"));
    said("make datagrams inside", UnixDatagram::pair());
    said("listen at all", TcpListener::bind("127.0.0.1:0"));
    said("make a local socket", UnixStream::connect(dir.join("s")));
    said(
        "be dumped again",
        rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::Dumpable),
    );
    said(
        "have a longer limit",
        rustix::process::setrlimit(
            rustix::process::Resource::Core,
            rustix::process::Rlimit {
                current: Some(0),
                maximum: Some(0),
            },
        ),
    );
    let waiting = rustix::io::ioctl_fionread(std::io::stdin());
    said("ask a driver", waiting);
    said("leave for another root", rustix::process::chroot("/"));
    said(
        "make a process that outlives it",
        Command::new("vault").status(),
    );

    // What it is there for still goes.
    let own = dir.join("vault/own");
    fs::write(&own, "kept").unwrap();
    assert_eq!(fs::read(&own).unwrap(), b"kept");
    fs::remove_file(own).unwrap();
    // Where new shares are laid.
    link::keyfile::private_dir(&dir.join("vault/keys/new")).unwrap();
    let work = std::thread::spawn(|| 1);
    assert_eq!(work.join().unwrap(), 1, "threads");
    println!("waiting");
    door.set_nonblocking(false).unwrap();
    let (mut reader, _) = door.accept().unwrap();
    reader.write_all(b"served").unwrap();
    let mut end = String::new();
    std::io::stdin().read_to_string(&mut end).unwrap();
}

fn said<T, E>(tried: &str, done: Result<T, E>) {
    let done = if done.is_ok() { "DONE" } else { "refused" };
    println!("{tried}: {done}");
}

/// The confined process, as the user `nobody` when this test may choose.
struct Confined {
    dir: tempfile::TempDir,
    child: Child,
    said: BufReader<ChildStdout>,
    lines: Vec<String>,
    lowered: bool,
}

impl Confined {
    fn start() -> Confined {
        let dir = tempfile::tempdir().unwrap();
        let lowered = rustix::process::geteuid().is_root()
            && Command::new("setpriv").arg("--version").output().is_ok();
        link::ca::make_demo(&dir.path().join("certs"), &["shop", "vault", "switch"]).unwrap();
        link::keyfile::private_dir(&dir.path().join("vault")).unwrap();
        fs::write(dir.path().join("beside"), "x").unwrap();
        let program = dir.path().join("confined");
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        let mut command = Command::new(&program);
        if lowered {
            own(dir.path(), &["vault", "certs"]);
            command = as_user(VAULT_USER, &program);
        }
        command
            .args(["--exact", "nothing_leads_out", "--nocapture"])
            .env(INSIDE, dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let lines = said.by_ref().lines().map(Result::unwrap);
        let lines = lines.take_while(|line| line != "waiting").collect();
        Confined {
            dir,
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
}

impl Drop for Confined {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Whether what this process starts may lock all its memory.
fn may_lock_memory() -> bool {
    use rustix::process::{Resource, geteuid, getrlimit};
    geteuid().is_root() || getrlimit(Resource::Memlock).current.is_none()
}

/// The vault's user may lock memory, whatever the limit here is; its peers have the same right, so that it is not for
/// want of that one that they fail.
fn as_user(user: &str, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user, "--clear-groups"]);
    if user == VAULT_USER {
        command.args(["--inh-caps=+ipc_lock", "--ambient-caps=+ipc_lock"]);
    }
    command.arg("--").arg(program);
    command
}

/// Gives the folders to the vault's user, and lets everybody come as far as them.
fn own(dir: &Path, folders: &[&str]) {
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    for folder in folders {
        let given = Command::new("chown")
            .args(["-R", &format!("{VAULT_USER}:{VAULT_USER}")])
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
    (major, minor) >= (6, 12)
        && (listed.is_empty() || listed.contains("landlock"))
        && may_lock_memory()
}

#[test]
fn nothing_leads_out() {
    if let Some(dir) = std::env::var_os(INSIDE) {
        return inside(&PathBuf::from(dir));
    }
    if !kernel_confines() {
        println!(
            "skipped: the kernel is older than 6.12, has no Landlock, or lets no memory be locked"
        );
        return;
    }
    let mut confined = Confined::start();
    let tried = confined.tried();
    assert!(tried.len() >= 20, "{:?}", confined.lines);
    for (what, came_of_it) in &tried {
        assert_eq!(*came_of_it, "refused", "{what}");
    }
    let address = confined
        .lines
        .iter()
        .find_map(|line| line.strip_prefix("door "));
    let mut answer = [0; 6];
    let mut reader = TcpStream::connect(address.unwrap()).unwrap();
    reader.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"served");
    drop(confined.child.stdin.take());
    let mut end = String::new();
    confined.said.read_to_string(&mut end).unwrap();
    assert!(confined.child.wait().unwrap().success(), "{end}");
}

/// What a peer with the vault's own rights tries, in Python because none of it is safe Rust.
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
class Span(ctypes.Structure):
    _fields_ = [("at", ctypes.c_void_p), ("bytes", ctypes.c_size_t)]
here = ctypes.create_string_buffer(8)
local, remote = Span(ctypes.addressof(here), 8), Span(0x400000, 8)
for name in ["process_vm_readv", "process_vm_writev"]:
    done = getattr(libc, name)(pid, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0) >= 0
    tried(name, done or ctypes.get_errno() != 1)
for path in sys.argv[2:]:
    tried(path, opened(path))
"#;

#[test]
fn neither_a_peer_nor_the_shop_can_look_inside() {
    let python = as_user(SHOP_USER, Path::new(PYTHON)).arg("-V").output();
    let python = python.is_ok_and(|answer| answer.status.success());
    if !kernel_confines() || !python {
        println!(
            "skipped: needs Linux 6.12 with Landlock, {PYTHON}, root and setpriv, to be two users who own nothing"
        );
        return;
    }
    let confined = Confined::start();
    assert!(confined.lowered, "the vault's user is not root");
    let secret = confined.dir.path().join("vault/secret");
    fs::write(&secret, "x").unwrap();
    own(confined.dir.path(), &["vault"]);
    let try_as = |user: &str, files: &[&Path]| {
        let tried = as_user(user, Path::new(PYTHON))
            .args(["-c", PEER, &confined.child.id().to_string()])
            .args(files)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&tried.stdout).into_owned();
        assert_eq!(said.lines().count(), 9 + files.len(), "{said}{tried:?}");
        for line in said.lines() {
            assert!(line.ends_with(": refused"), "{user} could {line}");
        }
    };
    try_as(VAULT_USER, &[]);
    let own_key = confined.dir.path().join("certs/vault.sign.key");
    try_as(SHOP_USER, &[&secret, &own_key]);
}

/// Each writable region with something in it: whether it is locked, by its name or range.
fn regions(smaps: &str) -> Vec<(String, bool)> {
    let (mut regions, mut here, mut resident) = (Vec::new(), None, false);
    for line in smaps.lines() {
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("Rss:"), Some(kib)) => resident = kib != "0",
            (Some("VmFlags:"), Some(first)) => {
                let locked = first == "lo" || words.any(|flag| flag == "lo");
                regions.extend(here.take().filter(|_| resident).map(|name| (name, locked)));
            }
            (Some(range), Some(rights)) if range.contains('-') && rights.len() == 4 => {
                here = rights.starts_with("rw").then(|| line.to_owned());
            }
            _ => {}
        }
    }
    regions
}

#[test]
fn its_memory_is_never_written_to_swap_nor_to_a_core() {
    if !kernel_confines() || !rustix::process::geteuid().is_root() {
        println!("skipped: needs Linux 6.12 with Landlock, and root to look into the process");
        return;
    }
    let confined = Confined::start();
    let pid = confined.child.id();
    let regions = regions(&fs::read_to_string(format!("/proc/{pid}/smaps")).unwrap());
    assert!(regions.len() > 5, "{regions:?}");
    for (region, locked) in &regions {
        assert!(locked, "{region} is not locked");
    }
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let locked = status.lines().find(|line| line.starts_with("VmLck:"));
    println!("{locked:?} in {} regions", regions.len());
    // Another process, by the same look, is not.
    let mut other = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let maps = fs::read_to_string(format!("/proc/{}/smaps", other.id())).unwrap();
    drop(other.stdin.take());
    other.wait().unwrap();
    let unlocked = self::regions(&maps);
    assert!(!unlocked.is_empty() && unlocked.iter().all(|(_, locked)| !locked));

    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let core: Vec<&str> = core.unwrap().split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"]);
    if !confined.lowered || !Path::new("/usr/bin/gcore").exists() {
        println!("skipped: gcore was not tried");
        return;
    }
    let out = confined.dir.path().join("vault/core");
    let dumped = as_user(VAULT_USER, Path::new("/usr/bin/gcore"))
        .arg("-o")
        .args([&out])
        .arg(pid.to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&dumped.stderr);
    assert!(!dumped.status.success(), "{said}");
    assert!(
        said.contains("not permitted") || said.contains("ptrace"),
        "{said}"
    );
    assert!(!out.with_extension(pid.to_string()).exists());
}

#[test]
fn a_real_shop_does_not_start_where_the_fence_does_not_stand() {
    let dir = tempfile::tempdir().unwrap();
    let missing = vault::confine(&production(dir.path()));
    let why = missing.unwrap_err().to_string();
    assert!(why.contains("certs") || why.contains("kernel"), "{why}");
    fs::set_permissions(dir.path().join("vault"), fs::Permissions::from_mode(0o750)).unwrap();
    let open = vault::confine(&production(dir.path()));
    let why = open.unwrap_err().to_string();
    assert!(why.contains("others may enter it (mode 750)"), "{why}");
}
