//! The copy of a sender's file that is imported: which files are copied, and how.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::folder::Folder;
use super::trouble::TroubleKind;
use crate::desk::limits;

/// Why a file may not be taken whatever it holds.
pub(super) fn unfit(metadata: &Metadata) -> Option<TroubleKind> {
    if !is_ordinary(metadata) {
        return Some(TroubleKind::NotOrdinary);
    }
    (metadata.len() > limits::DROPPED_BYTES).then_some(TroubleKind::TooLarge)
}

/// An ordinary file, of which there is no second name that somebody could write it by.
pub fn is_ordinary(metadata: &Metadata) -> bool {
    metadata.is_file() && metadata.nlink() == 1
}

/// Copies a file that is ordinary, and still the same once it is open. Says how long it is.
pub(super) fn copy_ordinary(
    from: &Folder,
    name: &str,
    desk: &Path,
    to: &Path,
) -> Result<u64, TroubleKind> {
    let of_file = |error: io::Error| TroubleKind::of(&error);
    let of_desk = |error: io::Error| TroubleKind::of_desk(&error);
    let named = from.metadata(name).map_err(of_file)?;
    if let Some(kind) = unfit(&named) {
        return Err(kind);
    }
    let file = from.read(name).map_err(of_file)?;
    let opened = file.metadata().map_err(of_file)?;
    if (opened.dev(), opened.ino()) != (named.dev(), named.ino()) {
        return Err(TroubleKind::NotOrdinary);
    }
    fs::create_dir_all(desk).map_err(of_desk)?;
    let mut copy = File::create(to).map_err(of_desk)?;
    // It may be written to while it is copied.
    let mut bounded = file.take(limits::DROPPED_BYTES.saturating_add(1));
    let bytes = copy_pieces(&mut bounded, &mut copy)?;
    if bytes > limits::DROPPED_BYTES {
        return Err(TroubleKind::TooLarge);
    }
    copy.flush()
        .and_then(|()| copy.sync_all())
        .map_err(of_desk)?;
    Ok(bytes)
}

/// Copies all of it. Each error is told of its own side: a sender's file is not at fault for our disk.
fn copy_pieces(from: &mut dyn Read, to: &mut dyn Write) -> Result<u64, TroubleKind> {
    let mut piece = vec![0; 64 << 10];
    let mut bytes = 0;
    loop {
        let read = match from.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map_err(|error| TroubleKind::of(&error))?,
        };
        let Some(read @ [_, ..]) = piece.get(..read) else {
            return Ok(bytes);
        };
        to.write_all(read)
            .map_err(|error| TroubleKind::of_desk(&error))?;
        bytes += read.len() as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_of_ours_that_cannot_be_written_to_is_not_the_files_fault() {
        struct ReadOnly;
        impl Write for ReadOnly {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::ReadOnlyFilesystem.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let copied = copy_pieces(&mut &b"EAN;Titre"[..], &mut ReadOnly);
        assert_eq!(copied, Err(TroubleKind::Desk));
        let mut whole = Vec::new();
        assert_eq!(copy_pieces(&mut &b"EAN;Titre"[..], &mut whole), Ok(9));
        assert_eq!(whole, b"EAN;Titre");
    }
}
