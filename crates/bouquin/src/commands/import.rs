//! `bouquin import`: catalogue files into the shop, with a report per record; or only a look at what they would bring.

use std::{
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use anyhow::{Context, Result, bail};
use catalogue::{
    desk::{Job, JobState, KeptNote, run::Bench},
    import::{Mapping, Severity, Tally},
};
use indicatif::ProgressBar;
use serde_json::json;
use trade::clock::Clock;

use super::told_to_end;
use crate::{
    premises::{Premises, Which},
    progress,
};
use job::Counter;

mod job;
mod preview;

/// Notes shown on screen; all of them are in the report file.
const SHOWN_NOTES: u64 = 20;

/// `bouquin import`
#[derive(clap::Args)]
pub struct Options {
    /// ONIX 3.0 or 3.1, MARC, a table (CSV), or JSON lines; plain, .gz or .zst; recognised by content.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    which: Which,
    /// Where to write the report of every record worth a look, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Which column of a table is what: a mapping as `--preview` prints it, in TOML or JSON.
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Only show what would be imported; prints the mapping of a table, to be kept and corrected.
    #[arg(long)]
    preview: bool,
    /// The figures, or the preview, as one JSON object on the last line.
    #[arg(long)]
    json: bool,
}

/// Imports, makes what was imported findable, and says what happened. Told to end, it lets the import stand still.
pub async fn run(options: Options) -> Result<()> {
    let mapping = options.mapping.as_deref().map(read_mapping).transpose()?;
    if options.preview {
        return preview::show(&options.files, mapping.as_ref(), options.json);
    }
    let premises = options.which.premises()?;
    let entered = premises.enter()?;
    let store = premises.store().await?;
    let stop = Arc::new(AtomicBool::new(false));
    let bench = Bench {
        store: store.clone(),
        folder: premises.imports(),
        clock: Clock::system(),
        closing: Arc::new(AtomicBool::new(false)),
    };
    let (stopping, closing) = (Arc::clone(&stop), Arc::clone(&bench.closing));
    let importing = tokio::task::spawn_blocking(move || {
        let begun = Instant::now();
        let imported = import_all(&options, mapping.as_ref(), &premises, &bench, &stopping)?;
        let open_shop = entered.is_none();
        if !open_shop {
            premises.shelf_and_index(&store, &progress::counting("search index", 0))?;
        }
        let seconds = begun.elapsed().as_secs_f64();
        say(&imported, open_shop, seconds);
        if options.json {
            println!("{}", figures(&imported, seconds)?);
        }
        match imported.halted {
            Some(why) => bail!("{why}"),
            None => Ok(()),
        }
    });
    let told = async {
        told_to_end().await;
        stop.store(true, Ordering::Relaxed);
        // Who says so again does not want it to stand still, but to be left to somebody else.
        told_to_end().await;
        closing.store(true, Ordering::Relaxed);
    };
    tokio::select! {
        imported = importing => imported?,
        () = told => bail!("stopped; the shop, or the next import, goes on with it"),
    }
}

/// Reads a mapping from TOML, or from JSON when it begins so.
fn read_mapping(path: &Path) -> Result<Mapping> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("the mapping {} cannot be read", path.display()))?;
    let mapping = match text.trim_start().starts_with('{') {
        true => serde_json::from_str(&text).map_err(anyhow::Error::from),
        false => toml::from_str(&text).map_err(anyhow::Error::from),
    };
    mapping.with_context(|| {
        format!(
            "the mapping {} is not one; `bouquin import --preview` prints one to start from",
            path.display()
        )
    })
}

/// What became of the files.
struct Imported {
    tally: Tally,
    severities: Severities,
    /// Notes beyond those that the desk keeps.
    unkept: u64,
    report: PathBuf,
    /// Why not all of them were imported.
    halted: Option<String>,
}

/// Imports each file as a job of the desk; a file that does not come to its end keeps those after it.
fn import_all(
    options: &Options,
    mapping: Option<&Mapping>,
    premises: &Premises,
    bench: &Bench,
    stop: &AtomicBool,
) -> Result<Imported> {
    let begun = Instant::now();
    for file in &options.files {
        File::open(file).with_context(|| format!("{} cannot be opened", file.display()))?;
    }
    let report = options
        .report
        .clone()
        .unwrap_or_else(|| premises.folder.join("import-report.jsonl"));
    let out = File::create(&report).with_context(|| format!("the report {}", report.display()))?;
    let mut out = BufWriter::new(out);
    let bar = progress::measuring("import");
    let counter = Counter {
        bench: bench.clone(),
        mapping,
        stop,
        bar: &bar,
        tell: &|sentence| bar.suspend(|| eprintln!("{sentence}")),
    };
    let mut imported = Imported {
        tally: Tally::default(),
        severities: Severities::default(),
        unkept: 0,
        report,
        halted: None,
    };
    for file in &options.files {
        let job = counter.import(file)?;
        imported.add(&job);
        job::each_note(bench, job.id, |note| {
            imported.severities.take(&note, &bar);
            serde_json::to_writer(&mut out, &note)?;
            Ok(writeln!(out)?)
        })?;
        if job.state != JobState::Done {
            imported.halted = Some(halted(file, &job));
            break;
        }
    }
    bar.finish_and_clear();
    out.flush().context("the report")?;
    imported.tally.seconds = begun.elapsed().as_secs_f64();
    Ok(imported)
}

impl Imported {
    fn add(&mut self, job: &Job) {
        let (tally, counts) = (&mut self.tally, job.counts);
        tally.products += job.reading.records;
        tally.created += counts.created;
        tally.updated += counts.updated;
        tally.unchanged += counts.unchanged;
        tally.hidden += counts.hidden;
        tally.rejected += counts.rejected;
        tally.bytes += job.reading.read_bytes;
        self.unkept += job.unkept;
    }
}

fn halted(file: &Path, job: &Job) -> String {
    let file = file.display();
    match job.state {
        JobState::Paused => {
            format!("{file} is paused: go on with it on the page Import of the back office")
        }
        JobState::Waiting | JobState::Running => {
            format!("{file} is left to the shop, or to the next import, which goes on with it")
        }
        JobState::Stopped => format!("{file} was stopped in the back office"),
        _ => format!(
            "{file} was broken off: the log says why; go on with it on the page Import of the back office"
        ),
    }
}

/// How many notes of each severity there were.
#[derive(Clone, Copy, Default)]
struct Severities {
    info: u64,
    warning: u64,
    error: u64,
}

impl Severities {
    /// Counts a note, and shows the first that matter.
    fn take(&mut self, note: &KeptNote, bar: &ProgressBar) {
        let count = match note.severity {
            Severity::Info => &mut self.info,
            Severity::Warning => &mut self.warning,
            Severity::Error => &mut self.error,
        };
        *count += 1;
        if note.severity >= Severity::Warning && *count <= SHOWN_NOTES {
            bar.suspend(|| eprintln!("{}", line_of(note)));
        }
    }
}

fn line_of(note: &KeptNote) -> String {
    let reference = note.reference.as_deref().unwrap_or("-");
    format!(
        "{}:{} {reference} [{}] {}: {}",
        note.file,
        note.line,
        note.code,
        note.severity.code(),
        note.message
    )
}

fn say(imported: &Imported, open_shop: bool, seconds: f64) {
    let Imported {
        tally, severities, ..
    } = imported;
    eprintln!(
        "{} records in {seconds:.1} s ({:.0}/s): {} created, {} updated, {} unchanged, {} hidden, {} rejected.",
        tally.products,
        tally.products as f64 / seconds.max(0.001),
        tally.created,
        tally.updated,
        tally.unchanged,
        tally.hidden,
        tally.rejected,
    );
    eprintln!(
        "{} errors, {} warnings, {} remarks; all of them are in {}.",
        severities.error,
        severities.warning,
        severities.info,
        imported.report.display()
    );
    if imported.unkept > 0 {
        eprintln!("{} more remarks were not kept.", imported.unkept);
    }
    if open_shop {
        eprintln!("The shop is open and shows the changes within a few seconds.");
    }
}

fn figures(imported: &Imported, seconds: f64) -> Result<String> {
    let mut figures = serde_json::to_value(imported.tally)?;
    if let Some(object) = figures.as_object_mut() {
        // Until searchable, not only until stored.
        object.insert("seconds".to_owned(), json!(seconds));
        object.insert("stored_seconds".to_owned(), json!(imported.tally.seconds));
        object.insert("errors".to_owned(), json!(imported.severities.error));
        object.insert("warnings".to_owned(), json!(imported.severities.warning));
        object.insert("peak_mib".to_owned(), json!(progress::peak_mib()));
    }
    Ok(figures.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use catalogue::import;

    use super::*;

    #[test]
    fn a_mapping_that_was_printed_is_read_back_from_toml_and_from_json() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("table.csv");
        fs::write(
            &table,
            "EAN;Titre;Prix TTC\n9782070541270;Les marées;12,50\n",
        )
        .unwrap();
        let proposed = import::preview(&table, None, 5)
            .unwrap()
            .table
            .unwrap()
            .mapping;
        let kept = folder.path().join("mapping");
        for text in [
            toml::to_string(&proposed).unwrap(),
            serde_json::to_string(&proposed).unwrap(),
        ] {
            fs::write(&kept, &text).unwrap();
            assert_eq!(read_mapping(&kept).unwrap(), proposed, "{text}");
        }
        fs::write(&kept, "columns = 3").unwrap();
        let refused = format!("{:#}", read_mapping(&kept).unwrap_err());
        assert!(refused.contains("--preview"), "{refused}");
    }
}
