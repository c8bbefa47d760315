//! `bouquin import`: catalogue files into the shop, with a report per record; or only a look at what they would bring.

use std::{
    fs::{self, File},
    io::BufWriter,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result};
use catalogue::import::{
    self, JsonLinesReport, Mapping, Note, Progress, ReportSink, Severity, Tally,
};
use indicatif::ProgressBar;
use serde_json::json;
use storage::Store;

use crate::{
    premises::{Premises, Which},
    progress,
};

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

/// Imports, makes what was imported findable, and says what happened.
pub async fn run(options: Options) -> Result<()> {
    let mapping = options.mapping.as_deref().map(read_mapping).transpose()?;
    if options.preview {
        return preview::show(&options.files, mapping.as_ref(), options.json);
    }
    let premises = options.which.premises()?;
    let entered = premises.enter()?;
    let store = premises.store().await?;
    tokio::task::spawn_blocking(move || {
        let begun = Instant::now();
        let (tally, severities, report) =
            read_files(&options, mapping.as_ref(), &premises, &store)?;
        let open_shop = entered.is_none();
        if !open_shop {
            premises.shelf_and_index(&store, &progress::counting("search index", 0))?;
        }
        let seconds = begun.elapsed().as_secs_f64();
        say(&tally, severities, &report, open_shop, seconds);
        if options.json {
            println!("{}", figures(&tally, severities, seconds)?);
        }
        Ok(())
    })
    .await?
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

fn read_files(
    options: &Options,
    mapping: Option<&Mapping>,
    premises: &Premises,
    store: &Store,
) -> Result<(Tally, Severities, PathBuf)> {
    let path = options
        .report
        .clone()
        .unwrap_or_else(|| premises.folder.join("import-report.jsonl"));
    let file = File::create(&path).with_context(|| format!("the report {}", path.display()))?;
    let bar = progress::measuring("import");
    let mut report = Report {
        file: JsonLinesReport::new(BufWriter::new(file)),
        bar: bar.clone(),
        severities: Severities::default(),
    };
    let files = import::by_name(&options.files);
    let brought = import::Brought { staff: "", mapping };
    let tally = import::import_named(store, &files, &brought, &Watched(&bar), &mut report)?;
    bar.finish_and_clear();
    report.file.finish().context("the report")?;
    Ok((tally, report.severities, path))
}

struct Watched<'a>(&'a ProgressBar);

impl Progress for Watched<'_> {
    fn advance(&self, read_bytes: u64, total_bytes: u64, _: u64) {
        self.0.set_length(total_bytes);
        self.0.set_position(read_bytes);
    }
}

/// The report: on screen its first notes, in the file all of them.
struct Report {
    file: JsonLinesReport<BufWriter<File>>,
    bar: ProgressBar,
    severities: Severities,
}

/// How many notes of each severity there were.
#[derive(Clone, Copy, Default)]
struct Severities {
    info: u64,
    warning: u64,
    error: u64,
}

impl ReportSink for Report {
    fn note(&mut self, note: Note) {
        let count = match note.severity {
            Severity::Info => &mut self.severities.info,
            Severity::Warning => &mut self.severities.warning,
            Severity::Error => &mut self.severities.error,
        };
        *count += 1;
        if note.severity >= Severity::Warning && *count <= SHOWN_NOTES {
            self.bar.suspend(|| eprintln!("{}", line_of(&note)));
        }
        self.file.note(note);
    }
}

fn line_of(note: &Note) -> String {
    let severity = match note.severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let reference = note.reference.as_deref().unwrap_or("-");
    format!(
        "{}:{} {reference} [{}] {severity}: {}",
        note.file, note.line, note.code, note.message
    )
}

fn say(tally: &Tally, severities: Severities, report: &Path, open_shop: bool, seconds: f64) {
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
        report.display()
    );
    if open_shop {
        eprintln!("The shop is open and shows the changes within a few seconds.");
    }
}

fn figures(tally: &Tally, severities: Severities, seconds: f64) -> Result<String> {
    let mut figures = serde_json::to_value(tally)?;
    if let Some(object) = figures.as_object_mut() {
        // Until searchable, not only until stored.
        object.insert("seconds".to_owned(), json!(seconds));
        object.insert("stored_seconds".to_owned(), json!(tally.seconds));
        object.insert("errors".to_owned(), json!(severities.error));
        object.insert("warnings".to_owned(), json!(severities.warning));
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
