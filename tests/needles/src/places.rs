//! Where numbers are looked for: files, folders and the memory of a process.

use std::{
    fs,
    io::{BufReader, ErrorKind, Read as _, Seek as _, SeekFrom},
    path::Path,
};

use anyhow::{Context as _, Result, bail};

use super::{Needles, packed};

/// A file is read in pieces of this size.
const PIECE: usize = 8 << 20;
/// Longer than any spelling, so that none is cut in two between pieces.
const OVERLAP: usize = 256;

/// How much was searched without finding anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Searched {
    /// Files, or regions of memory.
    pub places: usize,
    /// Bytes in them.
    pub bytes: usize,
}

impl Needles {
    /// Searches a file, however large.
    ///
    /// # Errors
    /// It holds a number, or cannot be read.
    pub fn search_file(&self, path: &Path) -> Result<Searched> {
        let mut file = fs::File::open(path).with_context(|| path.display().to_string())?;
        let (mut piece, mut bytes) = (Vec::new(), 0);
        loop {
            let read = file.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
            if read == 0 {
                return Ok(Searched { places: 1, bytes });
            }
            bytes += read;
            // What is compressed is read from where it begins in the file: it may be longer than the piece.
            let begins = file.stream_position()? - piece.len() as u64;
            let compressed = packed::beginnings(&piece).find_map(|at| {
                let mut from = fs::File::open(path).ok()?;
                from.seek(SeekFrom::Start(begins + at as u64)).ok()?;
                packed::found_behind(self, BufReader::new(from), packed::DEPTH)
            });
            if let Some(spelling) = self.found_plainly(&piece).or(compressed) {
                bail!("a card number ({spelling}) in {}", path.display());
            }
            piece.drain(..piece.len().saturating_sub(OVERLAP));
        }
    }

    /// Searches all files below a folder. Files that go meanwhile were there for a moment only and are passed over.
    ///
    /// # Errors
    /// One holds a number, or cannot be read.
    pub fn search_folder(&self, folder: &Path) -> Result<Searched> {
        let mut all = Searched::default();
        let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
        for entry in entries {
            let entry = entry?;
            let kind = entry.file_type()?;
            let searched = if kind.is_dir() {
                self.search_folder(&entry.path())
            } else if kind.is_file() {
                self.search_file(&entry.path())
            } else {
                continue;
            };
            match searched {
                Ok(searched) => {
                    all.places += searched.places;
                    all.bytes += searched.bytes;
                }
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    /// Searches the resident writable memory of a process.
    ///
    /// # Errors
    /// A region holds a number, or the memory may not be read.
    pub fn search_memory(&self, pid: u32) -> Result<Searched> {
        let maps = fs::read_to_string(format!("/proc/{pid}/smaps"))
            .with_context(|| format!("the memory of {pid}"))?;
        let mut memory = fs::File::open(format!("/proc/{pid}/mem"))?;
        let mut all = Searched::default();
        for (start, end) in resident(&maps) {
            let bytes = read_region(&mut memory, start, end)?;
            all.places += 1;
            all.bytes += bytes.len();
            if let Some(spelling) = self.found(&bytes) {
                bail!(
                    "a card number ({spelling}) in the memory of {pid}, from {start:x} to {end:x}"
                );
            }
        }
        Ok(all)
    }
}

fn is_gone(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::NotFound)
}

/// The writable regions of an smaps listing of which something is in memory.
fn resident(maps: &str) -> Vec<(u64, u64)> {
    let (mut resident, mut region) = (Vec::new(), None);
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        let second = words.next().unwrap_or_default();
        if first == "Rss:" && second != "0" {
            resident.extend(region);
        } else if let Some((start, end)) = first.split_once('-') {
            let range = (u64::from_str_radix(start, 16), u64::from_str_radix(end, 16));
            region = match range {
                (Ok(start), Ok(end)) if second.starts_with("rw") => Some((start, end)),
                _ => None,
            };
        }
    }
    resident
}

/// Page by page where the whole cannot be read: parts of a region may have gone since the list was made.
fn read_region(memory: &mut fs::File, start: u64, end: u64) -> Result<Vec<u8>> {
    let length = usize::try_from(end - start)?;
    let mut bytes = vec![0; length];
    let mut at = 0;
    while let Some(rest) = bytes.get_mut(at..).filter(|rest| !rest.is_empty()) {
        memory.seek(SeekFrom::Start(start + at as u64))?;
        match memory.read(rest) {
            Ok(0) | Err(_) => at += 4096,
            Ok(read) => at += read,
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NUMBER: &str = "4970105191923460";

    #[test]
    fn a_planted_number_is_found_in_every_kind_of_place() {
        let needles = Needles::of(&[NUMBER]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deep")).unwrap();
        fs::write(folder.path().join("log"), "nothing here").unwrap();
        let clean = needles.search_folder(folder.path()).unwrap();
        assert_eq!(
            clean,
            Searched {
                places: 1,
                bytes: 12
            }
        );
        for (name, bytes) in crate::spellings(NUMBER) {
            let path = folder.path().join("deep/planted");
            fs::write(&path, [b"x".as_slice(), &bytes].concat()).unwrap();
            let found = needles.search_folder(folder.path()).unwrap_err();
            assert!(found.to_string().contains(name), "{found}");
            fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn a_number_is_found_where_two_pieces_of_a_file_meet() {
        let needles = Needles::of(&[NUMBER]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for before in [PIECE - 8, PIECE, 2 * PIECE - 15, 2 * PIECE - 1] {
            let path = folder.path().join("large");
            let bytes = [vec![b'x'; before], NUMBER.into(), vec![b'x'; 100]].concat();
            fs::write(&path, bytes).unwrap();
            assert!(needles.search_file(&path).is_err(), "{before}");
        }
    }

    #[test]
    fn a_number_is_found_in_a_compressed_file_that_is_longer_than_a_piece() {
        use std::io::Write as _;
        let needles = Needles::of(&[NUMBER]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rotated.log.gz");
        // Bytes that cannot be made shorter (xorshift), the number at their end.
        let mut state = 88_172_645_463_325_252_u64;
        let mut bytes = Vec::new();
        while bytes.len() < PIECE + (1 << 20) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend(state.to_le_bytes());
        }
        for (number, is_found) in [(NUMBER, true), ("4970105191923461", false)] {
            let file = fs::File::create(&path).unwrap();
            let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
            gzip.write_all(&bytes).unwrap();
            gzip.write_all(number.as_bytes()).unwrap();
            gzip.finish().unwrap();
            assert!(fs::metadata(&path).unwrap().len() > PIECE as u64);
            assert_eq!(needles.search_file(&path).is_err(), is_found);
        }
    }

    #[test]
    fn a_number_is_found_in_the_memory_of_a_process_and_only_while_it_is_there() {
        // The search itself holds needles, so another process is searched.
        let mut other = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let needles = Needles::of(&[NUMBER]).unwrap();
        let clean = needles.search_memory(other.id());
        let mut typed = other.stdin.take().unwrap();
        std::io::Write::write_all(&mut typed, format!("card {NUMBER} in a line").as_bytes())
            .unwrap();
        let found = (0..200).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            needles.search_memory(other.id()).is_err()
        });
        drop(typed);
        other.wait().unwrap();
        assert!(clean.unwrap().bytes > 10_000, "nothing was searched");
        assert!(found, "the planted number was not found");
    }
}
