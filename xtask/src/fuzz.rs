//! `cargo xtask fuzz`: the readers of `fuzz/` fed with damaged input for a while, by libFuzzer, on stable Rust.
//!
//! Without sanitizers: the workspace forbids `unsafe`, so what is looked for are panics, overflows, endless loops,
//! too much memory, and properties that do not hold (`fuzz/src/lib.rs`).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::steps::{answers, root, step};

/// What to feed and for how long.
#[derive(clap::Args)]
pub struct Options {
    /// Only these readers; all without.
    targets: Vec<String>,
    /// Seconds for each reader.
    #[arg(long, default_value_t = SHORT_SECONDS)]
    seconds: u32,
    /// Further folders of samples to begin with.
    #[arg(long)]
    samples: Vec<PathBuf>,
}

/// Long enough to find again what was found before: the corpus of a longer run stays in `fuzz/corpus`.
const SHORT_SECONDS: u32 = 20;

impl Options {
    /// Every reader for a short while: what CI does.
    pub fn short() -> Options {
        Options {
            targets: Vec::new(),
            seconds: SHORT_SECONDS,
            samples: Vec::new(),
        }
    }
}

/// A reader with what its input is made of.
struct Target {
    name: &'static str,
    dictionary: Option<&'static str>,
    /// Folders of the repository with samples, beside `fuzz/seeds/NAME`.
    samples: &'static [&'static str],
}

const TARGETS: &[Target] = &[
    Target {
        name: "onix",
        dictionary: Some("fuzz/dictionaries/onix.dict"),
        samples: &["crates/catalogue/tests/fixtures"],
    },
    Target {
        name: "marc",
        dictionary: Some("fuzz/dictionaries/marc.dict"),
        samples: &[],
    },
    Target {
        name: "csv",
        dictionary: None,
        samples: &[],
    },
    Target {
        name: "json_lines",
        dictionary: None,
        samples: &[],
    },
    Target {
        name: "archive",
        dictionary: None,
        samples: &[],
    },
    Target {
        name: "query",
        dictionary: None,
        samples: &[],
    },
    Target {
        name: "isbn",
        dictionary: None,
        samples: &[],
    },
    Target {
        name: "rules",
        dictionary: None,
        samples: &[],
    },
    Target {
        name: "iso8583",
        dictionary: None,
        samples: &[],
    },
    Target {
        name: "tlv",
        dictionary: None,
        samples: &[],
    },
    Target {
        name: "clearing",
        dictionary: None,
        samples: &["crates/banking/tests/clearing"],
    },
    Target {
        name: "statement",
        dictionary: Some("fuzz/dictionaries/statement.dict"),
        samples: &["crates/banking/tests/statement"],
    },
    Target {
        name: "fec",
        dictionary: None,
        samples: &[],
    },
    Target {
        name: "card_form",
        dictionary: None,
        samples: &[],
    },
    Target {
        name: "tickets",
        dictionary: None,
        samples: &[],
    },
    Target {
        name: "forwarded",
        dictionary: None,
        samples: &[],
    },
    Target {
        name: "database_url",
        dictionary: None,
        samples: &[],
    },
];

/// The counters that libFuzzer reads: what `cargo fuzz --sanitizer none` asks of the compiler.
const COUNTERS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Input is bounded: larger files repeat what smaller ones say.
const INPUT_BYTES: &str = "65536";
/// A file of that size is read in milliseconds; one that takes so long found an endless loop.
const TIMEOUT_SECONDS: &str = "20";
/// Readers promise bounded memory; the index of the queries is the largest thing here.
const MEMORY_MB: &str = "2048";

/// Feeds the readers; stops at the first input that one of them does not stand.
pub fn run(options: &Options) -> Result<()> {
    let targets = chosen(&options.targets)?;
    if !answers("c++", &["--version"]) {
        println!("skipped: c++ is missing, so nothing is fuzzed; install g++");
        return Ok(());
    }
    let programs = build()?;
    for target in targets {
        feed(&programs, target, options)?;
    }
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Target>> {
    if names.is_empty() {
        return Ok(TARGETS.iter().collect());
    }
    let find = |name: &String| {
        let known = TARGETS.iter().find(|target| target.name == name.as_str());
        known.with_context(|| {
            let all: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            format!("{name} is no reader; there are {}", all.join(", "))
        })
    };
    names.iter().map(find).collect()
}

/// Builds all readers and says in which folder they are.
fn build() -> Result<PathBuf> {
    let triple = host()?;
    // A folder of its own: the counters would have everything else compiled anew.
    let folder = root()?.join("fuzz/target");
    println!("\n== build the readers with counters: {}", folder.display());
    let status = Command::new("cargo")
        .args(["build", "--release", "--locked"])
        .args(["--manifest-path", "fuzz/Cargo.toml"])
        // Named, so that build scripts and macros are compiled without counters.
        .args(["--target", &triple])
        .arg("--target-dir")
        .arg(&folder)
        .env("CARGO_ENCODED_RUSTFLAGS", COUNTERS.join("\u{1f}"))
        .status()
        .context("cargo could not be started")?;
    if !status.success() {
        bail!("the readers could not be built ({status})");
    }
    Ok(folder.join(triple).join("release"))
}

/// The triple of this machine.
fn host() -> Result<String> {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .context("rustc could not be started")?;
    let told = String::from_utf8_lossy(&output.stdout);
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .context("rustc does not say what this machine is")
}

fn feed(programs: &Path, target: &Target, options: &Options) -> Result<()> {
    let name = target.name;
    // What it found interesting is kept in the first folder, and what it could not stand in the second.
    let (corpus, artifacts) = (
        format!("fuzz/corpus/{name}"),
        format!("fuzz/artifacts/{name}/"),
    );
    for folder in [&corpus, &artifacts] {
        std::fs::create_dir_all(folder).with_context(|| folder.clone())?;
    }
    let program = programs.join(name).display().to_string();
    let mut arguments = vec![corpus, format!("fuzz/seeds/{name}")];
    arguments.retain(|folder| Path::new(folder).is_dir());
    arguments.extend(target.samples.iter().map(|&folder| folder.to_owned()));
    let more = options
        .samples
        .iter()
        .map(|folder| folder.display().to_string());
    arguments.extend(more);
    arguments.extend(
        target
            .dictionary
            .map(|dictionary| format!("-dict={dictionary}")),
    );
    arguments.extend([
        format!("-max_total_time={}", options.seconds),
        format!("-artifact_prefix={artifacts}"),
        format!("-max_len={INPUT_BYTES}"),
        format!("-timeout={TIMEOUT_SECONDS}"),
        format!("-rss_limit_mb={MEMORY_MB}"),
        "-print_final_stats=1".to_owned(),
        "-verbosity=1".to_owned(),
    ]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    step(&format!("fuzz {name}"), &program, &arguments).with_context(|| {
        format!(
            "{name} did not stand an input. It is kept in {artifacts}; again with: {program} FILE. Put it right, and \
             keep the input as a test of the reader's crate."
        )
    })
}
