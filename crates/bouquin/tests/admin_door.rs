//! Who may speak to a vault that runs: its own user by its socket, and nobody else, root included.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod ground;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use ground::{Ground, Running};

/// Three users who own nothing but what the test gives to the first.
const VAULT_USER: &str = "65534";
const SHOP_USER: &str = "65533";
const STRANGER: &str = "65532";
const ROOT: &str = "0";
/// The system's own, which every user may run.
const PYTHON: &str = "/usr/bin/python3";

/// Asks one question at the door and says what came of it.
const KNOCK: &str = r#"
import socket, sys
door = socket.socket(socket.AF_UNIX)
try:
    door.connect(sys.argv[1])
except PermissionError:
    sys.exit(print("no way in"))
try:
    door.sendall(b'{"ask":"%s"}\n' % sys.argv[2].encode())
    answer = door.makefile().readline()
except (BrokenPipeError, ConnectionResetError):
    answer = ""
print(answer.strip() or "no answer")
"#;

fn as_user(user: &str, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", user, "--clear-groups", "--"]);
    command.arg(program);
    command
}

/// A vault that runs as its own user.
struct Guarded {
    ground: Ground,
    _running: Running,
}

impl Guarded {
    fn start() -> Guarded {
        let ground = Ground::new("demo");
        let dir = ground.dir.path();
        link::keyfile::private_dir(&ground.at("vault")).unwrap();
        open_to_all(dir, 0o755);
        let given = Command::new("chown")
            .args(["-R", &format!("{VAULT_USER}:{VAULT_USER}")])
            .args([ground.at("vault"), ground.at("certs")])
            .status();
        assert!(given.unwrap().success());
        // Where it was built others may have no way to it.
        let (built, program) = (env!("CARGO_BIN_EXE_bouquin"), ground.at("bouquin"));
        if fs::hard_link(built, &program).is_err() {
            fs::copy(built, &program).unwrap();
        }
        let log = fs::File::create(ground.at("log")).unwrap();
        let running = as_user(VAULT_USER, &program)
            .args(["vault", "--dev", "--config", "vault.toml"])
            .current_dir(dir)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        let guarded = Guarded {
            ground,
            _running: Running(running.unwrap()),
        };
        let open = (0..1000).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            guarded.log().contains("at work")
        });
        assert!(open, "{}", guarded.log());
        guarded
    }

    fn log(&self) -> String {
        fs::read_to_string(self.ground.at("log")).unwrap()
    }

    /// What a user gets who asks the vault something.
    fn asked_by(&self, user: &str, question: &str) -> String {
        let knocked = as_user(user, Path::new(PYTHON))
            .args(["-c", KNOCK])
            .arg(self.ground.at("vault/vault.sock"))
            .arg(question)
            .output()
            .unwrap();
        assert!(knocked.status.success(), "{knocked:?}");
        String::from_utf8(knocked.stdout).unwrap().trim().to_owned()
    }

    fn is_open(&self) -> bool {
        let standing = self.asked_by(VAULT_USER, "standing");
        assert!(standing.contains("\"answer\":\"standing\""), "{standing}");
        standing.contains("\"open\":true")
    }
}

fn open_to_all(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn nobody_but_the_vaults_user_is_heard_at_the_admin_door() {
    let python = as_user(SHOP_USER, Path::new(PYTHON)).arg("-V").output();
    if !python.is_ok_and(|answer| answer.status.success()) {
        println!("skipped: needs {PYTHON}, root and setpriv, to be users who own nothing");
        return;
    }
    let vault = Guarded::start();
    assert!(vault.is_open());
    for user in [SHOP_USER, STRANGER] {
        assert_eq!(vault.asked_by(user, "seal"), "no way in", "{user}");
    }
    // The folder alone keeps them out, and so does the socket.
    let (folder, socket) = (
        vault.ground.at("vault"),
        vault.ground.at("vault/vault.sock"),
    );
    open_to_all(&folder, 0o711);
    assert_eq!(vault.asked_by(SHOP_USER, "seal"), "no way in");
    open_to_all(&folder, 0o700);
    open_to_all(&socket, 0o666);
    assert_eq!(vault.asked_by(SHOP_USER, "seal"), "no way in");
    // Where neither does, the vault asks the kernel who came. So it does with root, whom no mode keeps out.
    open_to_all(&folder, 0o711);
    for user in [SHOP_USER, STRANGER, ROOT] {
        assert_eq!(vault.asked_by(user, "seal"), "no answer", "{user}");
        let told = format!("\"peer\":{user}");
        let log = vault.log();
        assert!(log.contains("another user came to the admin door"), "{log}");
        assert!(log.contains(&told), "{log}");
    }
    assert!(vault.is_open(), "none of them sealed it");
    assert!(vault.asked_by(VAULT_USER, "seal").contains("standing"));
    assert!(!vault.is_open(), "its own user does");
}
