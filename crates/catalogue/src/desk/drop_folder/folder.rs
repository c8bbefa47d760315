//! A folder that is held open: what is done in it is done in the folder that was looked at, whatever its name leads to
//! by then.
//!
//! Who owns the folder above can move one of ours away, or put a link or a folder of his own in its place, between any
//! two of our steps. So nothing is reached by a path through it, and links are not followed.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, Dir, Mode, OFlags};
use rustix::io::Errno;

/// The mode of our own folders: others may fetch what is laid aside, and leave nothing there.
const OWN_FOLDER: Mode = Mode::from_raw_mode(0o755);
/// The mode of our files, before the account's own mask.
const OWN_FILE: Mode = Mode::from_raw_mode(0o666);
/// The bits of a mode by which others write.
const OTHERS_WRITE: u32 = 0o022;

/// A folder that is held open.
#[derive(Debug)]
pub struct Folder {
    handle: File,
    /// Where it was when it was opened, for people.
    path: PathBuf,
}

impl Folder {
    /// Opens the folder that a path leads to.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(path: &Path) -> io::Result<Folder> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Folder {
            handle: rustix::fs::open(path, flags, Mode::empty())?.into(),
            path: path.to_owned(),
        })
    }

    /// Opens a folder of ours in it, made if there is none; none when what bears the name is not ours.
    ///
    /// # Errors
    /// What the system says.
    pub fn own(&self, name: &str) -> io::Result<Option<Folder>> {
        match rustix::fs::mkdirat(&self.handle, name, OWN_FOLDER) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle: File = match rustix::fs::openat(&self.handle, name, flags, Mode::empty()) {
            Ok(handle) => handle.into(),
            // A link or a file, or what is closed to us in a folder that is not.
            Err(Errno::LOOP | Errno::NOTDIR | Errno::ACCESS) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let path = self.path_of(name);
        Ok(is_ours(&handle.metadata()?).then_some(Folder { handle, path }))
    }

    /// Where something in it lies, for people and their list of troubles.
    pub fn path_of(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.path.join(name.as_ref())
    }

    /// The same of the folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names in it. What cannot be listed is listed the next time.
    ///
    /// # Errors
    /// What the system says.
    pub fn names(&self) -> io::Result<impl Iterator<Item = OsString>> {
        let entries = Dir::read_from(&self.handle)?.flatten();
        Ok(entries.filter_map(|entry| {
            let name = entry.file_name().to_bytes();
            (!matches!(name, b"." | b"..")).then(|| OsStr::from_bytes(name).to_owned())
        }))
    }

    /// What bears a name, itself if it is a link.
    ///
    /// # Errors
    /// What the system says.
    pub fn metadata(&self, name: impl AsRef<OsStr>) -> io::Result<Metadata> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let found: File =
            rustix::fs::openat(&self.handle, name.as_ref(), flags, Mode::empty())?.into();
        found.metadata()
    }

    /// Opens a file to be read, no link, and waits for nobody at the other end of it.
    ///
    /// # Errors
    /// What the system says.
    pub fn read(&self, name: impl AsRef<OsStr>) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(&self.handle, name.as_ref(), flags, Mode::empty())?;
        Ok(opened.into())
    }

    /// Makes a file that was not there before, by no link either.
    ///
    /// # Errors
    /// What the system says.
    pub fn create_new(&self, name: impl AsRef<OsStr>) -> io::Result<File> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let made = rustix::fs::openat(&self.handle, name.as_ref(), flags, OWN_FILE)?;
        Ok(made.into())
    }

    /// Removes a file, or a link itself.
    ///
    /// # Errors
    /// What the system says.
    pub fn remove(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(
            &self.handle,
            name.as_ref(),
            AtFlags::empty(),
        )?)
    }

    /// Moves something into another folder, under another name.
    ///
    /// # Errors
    /// What the system says.
    pub fn move_to(&self, name: impl AsRef<OsStr>, to: &Folder, new_name: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(
            &self.handle,
            name.as_ref(),
            &to.handle,
            new_name,
        )?)
    }

    /// Whether the account we run under may write to it.
    pub fn may_be_written_to(&self) -> bool {
        let needed = Access::WRITE_OK | Access::EXEC_OK;
        rustix::fs::accessat(&self.handle, ".", needed, AtFlags::empty()).is_ok()
    }
}

/// A real folder of the account we run under, which others may not write to.
fn is_ours(metadata: &Metadata) -> bool {
    metadata.is_dir()
        && metadata.uid() == rustix::process::geteuid().as_raw()
        && metadata.mode() & OTHERS_WRITE == 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;
    use std::io::Write as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn only_a_folder_that_nobody_else_may_write_to_is_ours() {
        let folder = tempfile::tempdir().unwrap();
        let open = Folder::open(folder.path()).unwrap();
        assert!(open.own("done").unwrap().is_some(), "made");
        assert!(open.own("done").unwrap().is_some(), "found again");
        let done = folder.path().join("done");
        fs::set_permissions(&done, fs::Permissions::from_mode(0o775)).unwrap();
        assert!(open.own("done").unwrap().is_none(), "a group may write");
        fs::set_permissions(&done, fs::Permissions::from_mode(0o755)).unwrap();
        symlink(&done, folder.path().join("failed")).unwrap();
        assert!(open.own("failed").unwrap().is_none(), "a link");
        fs::write(folder.path().join(".taken"), "").unwrap();
        assert!(open.own(".taken").unwrap().is_none(), "a file");
    }

    #[test]
    fn what_is_put_in_the_place_of_a_folder_that_is_open_is_not_written_to() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("a.csv"), "theirs").unwrap();
        let open = Folder::open(folder.path()).unwrap();
        let (taken, done) = (open.own(".taken").unwrap(), open.own("done").unwrap());
        let (taken, done) = (taken.unwrap(), done.unwrap());
        fs::write(folder.path().join(".taken/a.csv"), "ours").unwrap();
        // Who owns the folder above may do this at any time.
        let swap = |name: &str| {
            let path = folder.path().join(name);
            fs::rename(&path, folder.path().join(format!("{name}-away"))).unwrap();
            symlink(outside.path(), &path).unwrap();
        };
        swap(".taken");
        swap("done");
        let mut report = done.create_new("a.csv.report.jsonl").unwrap();
        report.write_all(b"{}").unwrap();
        taken.move_to("a.csv", &done, "a.csv").unwrap();
        let away = folder.path().join("done-away");
        assert_eq!(fs::read_to_string(away.join("a.csv")).unwrap(), "ours");
        assert_eq!(fs::read(away.join("a.csv.report.jsonl")).unwrap(), b"{}");
        done.remove("a.csv").unwrap();
        let theirs: Vec<_> = fs::read_dir(outside.path()).unwrap().flatten().collect();
        assert_eq!(theirs.len(), 1, "{theirs:?}");
        let theirs = fs::read_to_string(outside.path().join("a.csv"));
        assert_eq!(theirs.unwrap(), "theirs");
    }

    #[test]
    fn links_and_pipes_are_seen_for_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.csv"), "x").unwrap();
        symlink("a.csv", folder.path().join("link.csv")).unwrap();
        let pipe = folder.path().join("pipe.csv");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let open = Folder::open(folder.path()).unwrap();
        let mut names: Vec<_> = open.names().unwrap().collect();
        names.sort();
        assert_eq!(names, ["a.csv", "link.csv", "pipe.csv"]);
        assert!(open.metadata("link.csv").unwrap().is_symlink());
        assert!(open.read("link.csv").is_err());
        assert!(open.create_new("link.csv").is_err());
        assert!(!open.read("pipe.csv").unwrap().metadata().unwrap().is_file());
    }
}
