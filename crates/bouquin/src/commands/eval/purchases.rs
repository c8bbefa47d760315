//! Files of who had what: CSV of `user,item,rating` with a header, plain, `.gz` or `.zst`.
//!
//! Ratings are not read: that a reader took a book up is what counts, as in a shop.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use shop::recommend::Numbering;

use super::open;

/// Longest line: two keys and a rating, with much room.
const LINE_BYTES: u64 = 4096;
/// Most rows: 2 GB of memory hold them with the table that is made of them.
const ROWS: usize = 40_000_000;

/// Readers and books of all files, numbered alike.
#[derive(Default)]
pub struct Names {
    /// Readers by their names.
    pub readers: Numbering<Box<str>>,
    /// Books by their keys.
    pub books: Numbering<Box<str>>,
}

/// Why a file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system refuses it.
    #[error("{path} cannot be read", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// A line is not a row.
    #[error("{path}, line {line}: expected user,item,rating", path = path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// There is more than fits.
    #[error("{path} has more than {ROWS} rows: measure on a part of it", path = path.display())]
    TooMany {
        /// The file.
        path: PathBuf,
    },
}

/// Reads (reader, book) pairs in the order of the file, giving numbers to those that have none.
pub fn read(path: &Path, names: &mut Names) -> Result<Vec<(u32, u32)>, ReadError> {
    let failed = |source| ReadError::File {
        path: path.to_owned(),
        source,
    };
    let mut lines = BufReader::new(open(path).map_err(failed)?);
    let (mut pairs, mut text, mut line) = (Vec::new(), String::new(), 0);
    loop {
        text.clear();
        line += 1;
        let taken = Read::take(&mut lines, LINE_BYTES)
            .read_line(&mut text)
            .map_err(failed)?;
        if taken == 0 {
            return Ok(pairs);
        }
        let row = text.trim_end();
        if row.is_empty() || (line == 1 && row.starts_with("user,")) {
            continue;
        }
        let pair = number(row, names).filter(|_| taken < LINE_BYTES as usize);
        pairs.push(pair.ok_or_else(|| ReadError::Row {
            path: path.to_owned(),
            line,
        })?);
        if pairs.len() > ROWS {
            return Err(ReadError::TooMany {
                path: path.to_owned(),
            });
        }
    }
}

fn number(row: &str, names: &mut Names) -> Option<(u32, u32)> {
    let mut fields = row.split(',').map(|field| field.trim().trim_matches('"'));
    let reader = fields.next().filter(|field| !field.is_empty())?;
    let book = fields.next().filter(|field| !field.is_empty())?;
    Some((
        names.readers.number(reader.into())?,
        names.books.number(book.into())?,
    ))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use std::io::Write as _;

    use super::*;

    fn file(name: &str, content: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        (folder, path)
    }

    #[test]
    fn plain_and_packed_files_say_the_same() {
        let text = b"user,item,rating\r\nx,12,\ny,12,8\nx,044,3\n";
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text).unwrap();
        for (name, content) in [
            ("a.csv", text.to_vec()),
            ("a.csv.gz", gzip.finish().unwrap()),
            ("a.csv.zst", zstd::encode_all(text.as_slice(), 1).unwrap()),
        ] {
            let (_folder, path) = file(name, &content);
            let mut names = Names::default();
            assert_eq!(
                read(&path, &mut names).unwrap(),
                [(0, 0), (1, 0), (0, 1)],
                "{name}"
            );
            assert_eq!(
                names.books.into_names(),
                ["12".into(), Box::<str>::from("044")]
            );
        }
    }

    #[test]
    fn a_line_that_is_no_row_is_named() {
        let long = format!("1,{}", "9".repeat(5_000));
        for wrong in ["1,2,3\nfoo\n", "1,2,3\n,4,\n", &format!("1,2,3\n{long}\n")] {
            let (_folder, path) = file("a.csv", wrong.as_bytes());
            let refused = read(&path, &mut Names::default());
            assert!(
                matches!(refused, Err(ReadError::Row { line: 2, .. })),
                "{wrong}: {refused:?}"
            );
        }
        let (_folder, path) = file("a.csv", b"1,\xff\xff,3\n");
        assert!(matches!(
            read(&path, &mut Names::default()),
            Err(ReadError::File { .. })
        ));
    }
}
