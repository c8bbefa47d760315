//! What the tests need beside Rust: Debian packages, two cargo tools, two npm packages, some Python packages.

use std::{path::Path, process::Command};

use anyhow::{Context, Result};

use crate::steps::{answers, step};

/// A Debian package with the version that the tests were last run with. Debian keeps only the newest
/// security update, so a newer one is taken and said; the major version is what the tests rely on.
struct Package {
    name: &'static str,
    tested: &'static str,
    proof: &'static str,
    why: &'static str,
}

const DEBIAN: &[Package] = &[
    Package {
        name: "postgresql",
        tested: "15",
        proof: "/usr/lib/postgresql",
        why: "the conformance suite's second engine",
    },
    Package {
        name: "chromium",
        tested: "156",
        proof: "/usr/bin/chromium",
        why: "the reader's browser in end-to-end tests",
    },
    Package {
        name: "chromium-driver",
        tested: "156",
        proof: "/usr/bin/chromedriver",
        why: "drives the browser",
    },
    Package {
        name: "tcpdump",
        tested: "4.99",
        proof: "/usr/bin/tcpdump",
        why: "the search for card numbers on the wire",
    },
    Package {
        name: "iproute2",
        tested: "6",
        proof: "/usr/sbin/ip",
        why: "network namespaces for the carriers to the bank",
    },
    Package {
        name: "wireguard-go",
        tested: "0.0",
        proof: "/usr/bin/wireguard-go",
        why: "WireGuard in user space, under one of the carriers",
    },
    Package {
        name: "wireguard-tools",
        tested: "1.0",
        proof: "/usr/bin/wg",
        why: "sets the tunnel up",
    },
    Package {
        name: "g++",
        tested: "12",
        proof: "/usr/bin/c++",
        why: "libFuzzer, which feeds the readers",
    },
    Package {
        name: "python3",
        tested: "3.11",
        proof: "/usr/bin/python3",
        why: "runs the script-free robot buyer, and other implementations to compare with",
    },
    Package {
        name: "python3-venv",
        tested: "3.11",
        proof: "/usr/share/doc/python3-venv",
        why: "a folder for those implementations",
    },
];

/// Cargo tools with their pinned versions.
const CARGO_TOOLS: &[(&str, &str)] = &[("cargo-nextest", "0.9.143"), ("cargo-deny", "0.20.2")];

/// Installs what is missing and says so; what cannot be installed is said too, and the tests that
/// need it print `skipped:`.
pub fn install() -> Result<()> {
    install_debian()?;
    for (tool, version) in CARGO_TOOLS {
        let sub = tool.trim_start_matches("cargo-");
        if !answers("cargo", &[sub, "--version"]) {
            step(
                &format!("install {tool} {version}"),
                "cargo",
                &["install", "--locked", "--debug", tool, "--version", version],
            )?;
        }
    }
    install_oracles()?;
    install_from_npm()
}

fn install_debian() -> Result<()> {
    let missing: Vec<_> = DEBIAN
        .iter()
        .filter(|p| !Path::new(p.proof).exists())
        .collect();
    for package in &missing {
        println!(
            "needs the Debian package {} ({}): {}",
            package.name, package.tested, package.why
        );
    }
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|p| p.name).collect();
    let by = if is_root() {
        vec!["apt-get"]
    } else {
        vec!["sudo", "-n", "apt-get"]
    };
    if !answers("apt-get", &["--version"]) {
        println!(
            "skipped: this is no Debian system; install {} by hand",
            names.join(", ")
        );
        return Ok(());
    }
    let apt = |what: &[&str]| {
        let mut command: Vec<&str> = by.clone();
        command.extend(what);
        step(
            "Debian packages",
            command.first().copied().unwrap_or("apt-get"),
            command.get(1..).unwrap_or(&[]),
        )
    };
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(&names);
    if let Err(error) = apt(&["update", "-q"]).and_then(|()| apt(&install)) {
        println!("skipped: {error}; install {} by hand", names.join(", "));
    }
    Ok(())
}

/// Other implementations of ISO 8583, HPKE, account statements and files of entries, which `crates/*/tests/oracle.rs` and
/// `crates/cards/tests/hpke_of_others.rs` compare with. Without them nothing is compared, which the tests say.
fn install_oracles() -> Result<()> {
    const FOLDER: &str = "target/oracle";
    const VERSIONS: [&str; 3] = [
        "crates/cards/tests/oracle/requirements.txt",
        "crates/banking/tests/oracle/requirements.txt",
        "crates/accounting/tests/oracle/requirements.txt",
    ];
    let python = format!("{FOLDER}/bin/python");
    // The versions it has are remembered beside them, so that other ones are installed when the list changes.
    let remembered = format!("{FOLDER}/installed.txt");
    let mut wanted = String::new();
    for versions in VERSIONS {
        wanted += &std::fs::read_to_string(versions).with_context(|| versions.to_owned())?;
    }
    let installed = std::fs::read_to_string(&remembered).is_ok_and(|has| has == wanted);
    if installed && answers(&python, &["--version"]) {
        return Ok(());
    }
    let pip = [
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--disable-pip-version-check",
        "-r",
        VERSIONS[0],
        "-r",
        VERSIONS[1],
        "-r",
        VERSIONS[2],
    ];
    let done = step(
        "a folder for Python",
        "python3",
        &["-m", "venv", "--clear", FOLDER],
    )
    .and_then(|()| step("other implementations", &python, &pip));
    match done {
        Ok(()) => std::fs::write(&remembered, wanted).context(remembered),
        Err(error) => {
            println!(
                "skipped: {error}; the ISO 8583 codec, HPKE and account statements are not compared with other implementations"
            );
            Ok(())
        }
    }
}

/// The accessibility checker, and the HPKE of JavaScript, pinned by `tests/browser/package-lock.json`.
fn install_from_npm() -> Result<()> {
    const FOLDER: &str = "tests/browser/node_modules";
    const PROOFS: [&str; 2] = ["axe-core/axe.min.js", "@hpke/core/package.json"];
    let is_there = |proof: &&str| Path::new(FOLDER).join(proof).exists();
    if PROOFS.iter().all(is_there) {
        return Ok(());
    }
    if !answers("npm", &["--version"]) {
        println!(
            "skipped: npm is missing, so accessibility is not checked and HPKE not compared with JavaScript's; install npm"
        );
        return Ok(());
    }
    step(
        "axe-core and @hpke/core",
        "npm",
        &["ci", "--prefix", "tests/browser", "--no-audit", "--no-fund"],
    )
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}
