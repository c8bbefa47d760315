//! `cargo xtask tidy`: the invariants of ARCHITECTURE.md over `cargo metadata`, the rules of CONTRIBUTING.md that a
//! machine can see in the sources, and the evidence that `security/asvs.tsv` names.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// The only arrows between our crates: who may depend on whom.
const ARROWS: &[(&str, &[&str])] = &[
    ("trade", &[]),
    ("storage", &["trade"]),
    ("link", &["trade"]),
    ("cards", &["trade"]),
    ("banking", &["trade"]),
    ("wiping", &[]),
    ("sandbox", &[]),
    ("accounting", &["trade"]),
    ("catalogue", &["trade", "storage"]),
    ("search", &["trade", "storage", "catalogue"]),
    ("covers", &["trade", "storage", "catalogue"]),
    ("screening", &["trade"]),
    (
        "shop",
        &[
            "trade",
            "storage",
            "catalogue",
            "banking",
            "accounting",
            "screening",
        ],
    ),
    ("provider", &["trade", "shop"]),
    ("vault", &["trade", "storage", "link", "sandbox", "cards"]),
    (
        "switch",
        &["trade", "storage", "link", "sandbox", "cards", "banking"],
    ),
    ("bank", &["trade", "storage", "link", "cards", "banking"]),
    (
        "web",
        &[
            "trade",
            "storage",
            "link",
            "banking",
            "catalogue",
            "search",
            "screening",
            "shop",
        ],
    ),
    (
        "bouquin",
        &[
            "trade",
            "storage",
            "link",
            "sandbox",
            "catalogue",
            "covers",
            "search",
            "wiping",
            "banking",
            "screening",
            "shop",
            "provider",
            "cards",
            "vault",
            "switch",
            "bank",
            "web",
        ],
    ),
];
/// Drivers and who may name them.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("rusqlite", &["storage"]),
    ("tokio-postgres", &["storage"]),
    ("tokio-postgres-rustls", &["storage"]),
    ("deadpool-postgres", &["storage"]),
    ("tantivy", &["search"]),
    ("image", &["covers"]),
    ("webp", &["covers"]),
    ("hpke", &["cards"]),
    ("lettre", &["bouquin"]),
    (
        "anyhow",
        &["bouquin", "xtask", "tests", "needles", "reader"],
    ),
];
/// Crates that do no I/O, and what they therefore never depend on.
const WITHOUT_IO: &[&str] = &["trade", "cards", "banking", "accounting", "screening"];
const IO: &[&str] = &[
    "tokio",
    "hyper",
    "axum",
    "rusqlite",
    "tokio-postgres",
    "rustls",
    "tantivy",
    "rustix",
];
/// More packages than this in Cargo.lock is a question.
const MOST_PACKAGES: usize = 600;
/// Words that mark unfinished work, spelled so that this file does not hold them.
const MARKS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
];

/// What makes a test never run, spelled likewise.
const NEVER_RUN: &str = concat!("#[ign", "ore");

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    manifest_path: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

/// Checks everything and reports all findings at once.
pub fn run() -> Result<()> {
    println!("\n== tidy");
    let metadata = metadata()?;
    let ours: BTreeMap<&str, &Package> = metadata
        .packages
        .iter()
        .filter(|p| metadata.workspace_members.contains(&p.id))
        .map(|p| (p.name.as_str(), p))
        .collect();
    let mut findings = Vec::new();
    check_arrows(&ours, &mut findings);
    check_io(&ours, &mut findings);
    check_lock(&metadata, &mut findings)?;
    for package in ours.values() {
        let folder = Path::new(&package.manifest_path)
            .parent()
            .context("a manifest has a folder")?;
        check_sources(&folder.join("src"), &mut findings)?;
        if folder.join("tests").is_dir() {
            check_sources(&folder.join("tests"), &mut findings)?;
        }
    }
    // Outside the workspace, but written by the same rules.
    for folder in ["src", "targets"] {
        check_sources(
            &crate::steps::root()?.join("fuzz").join(folder),
            &mut findings,
        )?;
    }
    crate::asvs::check(&crate::steps::root()?, &mut findings)?;
    findings
        .iter()
        .for_each(|finding| println!("tidy: {finding}"));
    if !findings.is_empty() {
        bail!("tidy: {} findings", findings.len());
    }
    println!("== tidy: the invariants hold over {} crates", ours.len());
    Ok(())
}

fn metadata() -> Result<Metadata> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .output()
        .context("cargo metadata could not be started")?;
    if !output.status.success() {
        bail!(
            "cargo metadata failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Development dependencies may go further: a test may start what the crate itself must not know.
fn kept(dependency: &&Dependency) -> bool {
    dependency.kind.as_deref() != Some("dev")
}

fn check_arrows(ours: &BTreeMap<&str, &Package>, findings: &mut Vec<String>) {
    for (name, package) in ours {
        let allowed = ARROWS
            .iter()
            .find(|(from, _)| from == name)
            .map(|(_, to)| *to);
        for dependency in package.dependencies.iter().filter(kept) {
            let target = dependency.name.as_str();
            if let Some(allowed) = allowed
                && ours.contains_key(target)
                && !allowed.contains(&target)
            {
                findings.push(format!("{name} must not depend on {target}"));
            }
            if let Some((_, users)) = ONLY_IN.iter().find(|(what, _)| *what == target)
                && !users.contains(name)
            {
                findings.push(format!(
                    "{name} names {target}; only {} may",
                    users.join(", ")
                ));
            }
        }
        if allowed.is_none() && !["xtask", "tests", "needles", "reader"].contains(name) {
            findings.push(format!("{name} is a room without a place in the plan"));
        }
    }
}

fn check_io(ours: &BTreeMap<&str, &Package>, findings: &mut Vec<String>) {
    for name in WITHOUT_IO {
        let Some(package) = ours.get(name) else {
            continue;
        };
        for dependency in package.dependencies.iter().filter(kept) {
            if IO.contains(&dependency.name.as_str()) {
                findings.push(format!(
                    "{name} does no I/O but depends on {}",
                    dependency.name
                ));
            }
        }
    }
}

fn check_lock(metadata: &Metadata, findings: &mut Vec<String>) -> Result<()> {
    let count = metadata.packages.len();
    if count > MOST_PACKAGES {
        findings.push(format!(
            "{count} packages in Cargo.lock, more than {MOST_PACKAGES}"
        ));
    }
    // Metadata lists what could be switched on; the tree is what is built.
    let tree = Command::new("cargo")
        .args(["tree", "--workspace", "--locked", "--invert", "ring"])
        .output()
        .context("cargo tree could not be started")?;
    if tree.stdout.starts_with(b"ring ") {
        findings.push("ring is in the tree: aws-lc-rs is the one cryptography provider".to_owned());
    }
    Ok(())
}

fn check_sources(folder: &Path, findings: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            check_sources(&path, findings)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            check_source(&path, findings)?;
        }
    }
    Ok(())
}

fn check_source(path: &Path, findings: &mut Vec<String>) -> Result<()> {
    let text = fs::read_to_string(path)?;
    let short = path
        .strip_prefix(crate::steps::root()?)
        .unwrap_or(path)
        .display()
        .to_string();
    if !text.starts_with("//!") {
        findings.push(format!("{short} does not begin with what it is for (//!)"));
    }
    for (number, line) in text.lines().enumerate() {
        for mark in MARKS.iter().filter(|mark| line.contains(*mark)) {
            findings.push(format!(
                "{short}:{}: {mark} marks unfinished work",
                number + 1
            ));
        }
        if line.contains(NEVER_RUN) {
            findings.push(format!("{short}:{}: a test that is never run", number + 1));
        }
    }
    Ok(())
}
