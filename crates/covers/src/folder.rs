//! The folder of pictures, which each node has for itself: written whole files, and rid of those that no row names.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use catalogue::covers::picture::place_of;

use crate::render::Rendered;

/// How long a file is left alone that no row names: its row may be about to be written, and a page that a reader has open
/// may still ask for it.
const SPARED: Duration = Duration::from_secs(24 * 3600);

/// The end of the name of a file that is being written.
const UNFINISHED: &str = ".new";

/// Writes the files of a picture, each whole or not at all. Files of that name say the same: they are only made young, so
/// that they are spared.
pub(crate) fn keep(pictures: &Path, rendered: &Rendered) -> io::Result<()> {
    for (name, bytes) in &rendered.files {
        let (within, _) = place_of(name).ok_or(io::ErrorKind::InvalidFilename)?;
        let folder = pictures.join(within);
        fs::create_dir_all(&folder)?;
        let path = folder.join(name);
        if path.exists() {
            let file = fs::File::options().write(true).open(&path)?;
            file.set_modified(SystemTime::now())?;
            continue;
        }
        let unfinished = folder.join(format!("{name}{UNFINISHED}"));
        let mut file = fs::File::create(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
    }
    Ok(())
}

/// Removes the files of pictures that are none of `named`, by their names without width, and were not written within a
/// day; says how many. Files that are no pictures are left alone.
pub(crate) fn sweep(pictures: &Path, named: &HashSet<String>) -> io::Result<u64> {
    let mut swept = 0;
    for folder in entries(pictures)? {
        // What is no folder has no files.
        for path in entries(&folder).unwrap_or_default() {
            if is_unnamed(&path, named) && is_old(&path)? {
                fs::remove_file(&path)?;
                swept += 1;
            }
        }
    }
    Ok(swept)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn is_unnamed(path: &Path, named: &HashSet<String>) -> bool {
    let file = path.file_name().and_then(|name| name.to_str());
    let file = file.unwrap_or_default();
    let (whole, is_unfinished) = match file.strip_suffix(UNFINISHED) {
        Some(whole) => (whole, true),
        None => (file, false),
    };
    let name = whole.split_once('-').map_or("", |(name, _)| name);
    place_of(whole).is_some() && (is_unfinished || !named.contains(name))
}

fn is_old(path: &Path) -> io::Result<bool> {
    let written = fs::symlink_metadata(path)?.modified()?;
    // A date in the future is young.
    Ok(written.elapsed().is_ok_and(|age| age > SPARED))
}
