//! Turns the data files under `data/` into Rust tables.
//!
//! A file that cannot be read, a rate that is missing, rows that overlap: each stops the build, so that the
//! crate itself has no way to meet bad data at run time and needs no fallback.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

#[path = "build/dated.rs"]
mod dated;
#[path = "build/delivery.rs"]
mod delivery;
#[path = "build/isbn.rs"]
mod isbn;
#[path = "build/vat.rs"]
mod vat;

/// Writes a line of generated code; writing to a `String` cannot fail, and if it did the build should.
pub(crate) type Built = Result<String, Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    for (file, table, generate) in [
        ("vat.toml", "vat.rs", vat::generate as fn(&str) -> Built),
        ("delivery.toml", "delivery.rs", delivery::generate),
        ("isbn-ranges.txt", "isbn_ranges.rs", isbn::generate),
    ] {
        let path = Path::new("data").join(file);
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
        let code = generate(&text).map_err(|error| format!("{file}: {error}"))?;
        let mut header = String::new();
        writeln!(header, "// From data/{file}.")?;
        fs::write(Path::new(&env::var("OUT_DIR")?).join(table), header + &code)?;
    }
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}
