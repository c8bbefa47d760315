//! Two network namespaces with three ways between them: a bare one, one through WireGuard in user space, and one to look at
//! the bank's books by, which no trouble touches. Needs root, `ip`, `wg` and `wireguard-go`.

use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// The bank's address on each way.
pub const BARE: &str = "10.77.1.2";
pub const TUNNEL: &str = "10.78.0.2";
pub const BOOKS: &str = "10.77.3.2";

/// A name that no other run has.
fn named(end: &str) -> String {
    format!("bq{}{end}", std::process::id())
}

/// The two namespaces and the daemons of the tunnel; all goes when it is dropped.
pub struct Ground {
    switch: String,
    bank: String,
    daemons: Vec<Child>,
    keys: tempfile::TempDir,
}

impl Ground {
    /// `Err` with the reason when this machine cannot.
    pub fn lay() -> Result<Ground, String> {
        if !rustix::process::geteuid().is_root() {
            return Err("network namespaces need root".to_owned());
        }
        for tool in ["ip", "wg", "wireguard-go"] {
            let found = Command::new(tool).arg("--version").output();
            found.map_err(|error| format!("{tool}: {error}"))?;
        }
        if !Path::new("/dev/net/tun").exists() {
            return Err("there is no /dev/net/tun".to_owned());
        }
        let mut ground = Ground {
            switch: named("s"),
            bank: named("b"),
            daemons: Vec::new(),
            keys: tempfile::tempdir().map_err(|error| error.to_string())?,
        };
        run("ip", &["netns", "add", &ground.switch])?;
        run("ip", &["netns", "add", &ground.bank])?;
        for space in [&ground.switch, &ground.bank] {
            run("ip", &["-n", space, "link", "set", "lo", "up"])?;
        }
        for way in 1..=3 {
            ground.lay_cable(way)?;
        }
        ground.lay_tunnel()?;
        Ok(ground)
    }

    fn lay_cable(&self, way: u8) -> Result<(), String> {
        let (near, far) = (format!("c{way}s"), format!("c{way}b"));
        run(
            "ip",
            &[
                "link",
                "add",
                &near,
                "netns",
                &self.switch,
                "type",
                "veth",
                "peer",
                "name",
                &far,
                "netns",
                &self.bank,
            ],
        )?;
        for (space, end, host) in [(&self.switch, &near, 1), (&self.bank, &far, 2)] {
            let address = format!("10.77.{way}.{host}/24");
            run("ip", &["-n", space, "addr", "add", &address, "dev", end])?;
            run("ip", &["-n", space, "link", "set", end, "up"])?;
        }
        Ok(())
    }

    /// WireGuard over the second cable.
    fn lay_tunnel(&mut self) -> Result<(), String> {
        let ends = [
            (self.switch.clone(), named("ws"), "10.78.0.1", "10.77.2.1"),
            (self.bank.clone(), named("wb"), "10.78.0.2", "10.77.2.2"),
        ];
        let keys = [self.key("s")?, self.key("b")?];
        for (space, device, ..) in &ends {
            let daemon = Command::new("ip")
                .args(["netns", "exec", space, "wireguard-go", "-f", device])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn();
            self.daemons
                .push(daemon.map_err(|error| error.to_string())?);
        }
        for ((mine, other), (key, theirs)) in [(0, 1), (1, 0)]
            .map(|(mine, other)| ((&ends[mine], &ends[other]), (&keys[mine].0, &keys[other].1)))
        {
            let (space, device, address, _) = mine;
            let inside = format!("{}/32", other.2);
            let endpoint = format!("{}:51820", other.3);
            let set = [
                "netns",
                "exec",
                space,
                "wg",
                "set",
                device,
                "private-key",
                key,
                "listen-port",
                "51820",
                "peer",
                theirs,
                "allowed-ips",
                &inside,
                "endpoint",
                &endpoint,
            ];
            patiently(|| run("ip", &set))?;
            let address = format!("{address}/24");
            run("ip", &["-n", space, "addr", "add", &address, "dev", device])?;
            run("ip", &["-n", space, "link", "set", device, "up"])?;
        }
        Ok(())
    }

    /// A private key's file, and the public key.
    fn key(&self, end: &str) -> Result<(String, String), String> {
        let path = self.keys.path().join(end);
        let private = run("wg", &["genkey"])?;
        std::fs::write(&path, &private).map_err(|error| error.to_string())?;
        let public = Command::new("sh")
            .args(["-c", "wg pubkey < \"$0\""])
            .arg(&path)
            .output()
            .map_err(|error| error.to_string())?;
        let public = String::from_utf8_lossy(&public.stdout).trim().to_owned();
        Ok((path.display().to_string(), public))
    }

    pub fn switch_space(&self) -> String {
        self.switch.clone()
    }

    pub fn bank_space(&self) -> String {
        self.bank.clone()
    }

    /// The bare way's far end loses its link, or has it again.
    pub fn cable(&self, state: &str) {
        run("ip", &["-n", &self.bank, "link", "set", "c1b", state]).unwrap();
    }

    /// What the bank answers by the bare way vanishes, or arrives again.
    pub fn black_hole(&self, action: &str) {
        let hole = [
            "-n",
            &self.bank,
            "route",
            action,
            "blackhole",
            "10.77.1.1/32",
        ];
        run("ip", &hole).unwrap();
    }

    /// The tunnel's daemon at the bank stands still, or goes on.
    pub fn tunnel(&self, signal: rustix::process::Signal) {
        // The second daemon is the bank's; `ip netns exec` has become it.
        let pid = i32::try_from(self.daemons[1].id()).unwrap();
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        for daemon in &mut self.daemons {
            drop(daemon.kill());
            drop(daemon.wait());
        }
        for space in [&self.switch, &self.bank] {
            drop(run("ip", &["netns", "del", space]));
        }
    }
}

/// Moves the calling thread into a namespace.
pub fn enter(space: &str) {
    let file = std::fs::File::open(Path::new("/run/netns").join(space)).unwrap();
    move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
}

fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(format!("{program} {}: {words}", arguments.join(" ")))
}

/// A daemon takes a moment to listen.
fn patiently(attempt: impl Fn() -> Result<String, String>) -> Result<(), String> {
    for _ in 0..100 {
        if attempt().is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    attempt().map(drop)
}
