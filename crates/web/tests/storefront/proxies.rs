//! The proxies of `docs/configuration.md`, configured as it says but for TLS, before the shop's own door.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

use crate::door::{exchange, is_stopped, is_too_many, open, statuses};

const MANUAL: &str = include_str!("../../../../docs/configuration.md");

/// Two visitors of the proxy.
const ONE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
const OTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 4);

/// A proxy; dropped, it ends.
struct Proxy {
    process: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the manual shows in `language`, leading to `shop`.
fn shown(language: &str, shop: SocketAddr) -> String {
    let (_, after) = MANUAL.split_once(&format!("```{language}\n")).unwrap();
    let shown = after.split_once("```").unwrap().0;
    assert!(shown.contains("127.0.0.1:8080"), "{shown}");
    shown.replace("127.0.0.1:8080", &shop.to_string())
}

/// Starts a program with what `configure` makes of an address and a folder; none when there is no such program.
async fn start(
    program: &str,
    args: &[&str],
    configure: impl FnOnce(SocketAddr, &Path) -> String,
) -> Option<Proxy> {
    let folder = tempfile::tempdir().unwrap();
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let file = folder.path().join("proxy.conf");
    std::fs::write(&file, configure(address, folder.path())).unwrap();
    let started = Command::new(program)
        .args(args)
        .arg(&file)
        .env("XDG_DATA_HOME", folder.path())
        .env("XDG_CONFIG_HOME", folder.path())
        .current_dir(folder.path())
        .spawn();
    let Ok(process) = started else {
        println!("skipped: {program} not found");
        return None;
    };
    let proxy = Proxy {
        process,
        address,
        _folder: folder,
    };
    for _ in 0..200 {
        if TcpStream::connect(address).await.is_ok() {
            return Some(proxy);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{program} does not listen");
}

/// Paces count visitors of the proxy apart, whatever they write, and what is for the shop's own people stays inside.
async fn tells_visitors_apart(shop: SocketAddr, proxy: &Proxy) {
    let forged: Vec<_> = (0..240).map(|last| format!("203.0.113.{last}")).collect();
    assert!(is_stopped(proxy.address, ONE, &forged).await);
    assert!(!is_too_many(proxy.address, OTHER, &ONE.to_string()).await);
    for path in ["/status", "/metrics"] {
        let asked = format!("GET {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n");
        let answer = exchange(proxy.address, ONE, &asked).await;
        assert_eq!(statuses(&answer), ["404"], "{path}");
    }
    let asked = "GET /status HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n";
    assert_eq!(statuses(&exchange(shop, ONE, asked).await), ["200"]);
}

#[tokio::test]
async fn nginx_as_the_manual_has_it_tells_visitors_apart() {
    let shop = open().await;
    let configure = |address: SocketAddr, folder: &Path| {
        let server = shown("nginx", shop).replace("443 ssl", &address.to_string());
        let without_tls: Vec<_> = server
            .lines()
            .filter(|line| !line.contains("ssl_certificate"))
            .collect();
        let folders: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {}/{kind};\n", folder.display()))
            .concat();
        format!(
            "daemon off;\nmaster_process off;\nerror_log stderr;\npid {}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{folders}{}\n}}\n",
            folder.display(),
            without_tls.join("\n")
        )
    };
    if let Some(nginx) = start("nginx", &["-e", "stderr", "-c"], configure).await {
        tells_visitors_apart(shop, &nginx).await;
    }
}

#[tokio::test]
async fn caddy_as_the_manual_has_it_tells_visitors_apart() {
    let shop = open().await;
    let configure = |address: SocketAddr, _: &Path| {
        let site = format!("http://:{}", address.port());
        let shown = shown("caddyfile", shop).replace("librairie.example.org", &site);
        format!("{{\nadmin off\nauto_https off\ndefault_bind 127.0.0.1\n}}\n{shown}")
    };
    let args = ["run", "--adapter", "caddyfile", "--config"];
    if let Some(caddy) = start("caddy", &args, configure).await {
        tells_visitors_apart(shop, &caddy).await;
    }
}
