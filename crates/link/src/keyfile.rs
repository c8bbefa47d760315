//! Files that hold keys: readable by their owner only, complete or absent, never half written.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Writes a secret with mode 0600, through a neighbour file and a rename, so that a crash leaves the old or the new.
///
/// # Errors
/// Whatever the file system says.
pub fn write_secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write(path, bytes, 0o600)
}

/// Writes something anybody may read (a certificate, a public key), with the same care.
///
/// # Errors
/// Whatever the file system says.
pub fn write_public(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write(path, bytes, 0o644)
}

/// Reads a secret, and refuses one that others than the owner may read: a key that leaked is not used silently.
///
/// # Errors
/// `PermissionDenied` for a file open to group or others; otherwise whatever the file system says.
pub fn read_secret(path: &Path) -> io::Result<Vec<u8>> {
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        let text = format!(
            "{} may be read by others than its owner (mode {:o}); set it to 600",
            path.display(),
            mode & 0o777
        );
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    fs::read(path)
}

/// Makes a folder that only its owner may enter.
///
/// # Errors
/// Whatever the file system says; [`io::ErrorKind::PermissionDenied`] for an existing folder that others may enter: who
/// knows what they have seen.
pub fn private_dir(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        let mode = fs::metadata(path)?.permissions().mode();
        return match mode & 0o077 {
            0 => Ok(()),
            _ => Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!(
                    "others may enter it (mode {:o}): chmod 700 it, and ask who did",
                    mode & 0o777
                ),
            )),
        };
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    // Closed from the first moment, and by the one call that the vault's fence allows: no mode is changed in it.
    DirBuilder::new().mode(0o700).create(path)
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let neighbour = path.with_file_name(name);
    // Left by an earlier crash of a process with the same id; its mode cannot be trusted, so it goes.
    match fs::remove_file(&neighbour) {
        Err(fault) if fault.kind() != io::ErrorKind::NotFound => return Err(fault),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&neighbour)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&neighbour, path)?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
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
    fn a_secret_is_private_and_an_open_one_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        write_secret(&path, b"first").unwrap();
        write_secret(&path, b"second").unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(read_secret(&path).unwrap(), b"second");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(
            read_secret(&path).unwrap_err().kind(),
            io::ErrorKind::PermissionDenied
        );
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count(),
            1,
            "no neighbour file stays behind"
        );
    }
}
