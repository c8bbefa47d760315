//! The units that packages install: systemd understands every line, and each starts a command that there is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn units() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/systemd");
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let units: Vec<_> = entries
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect();
    assert_eq!(units.len(), 3);
    units
}

#[test]
fn systemd_understands_the_units() {
    let asked = Command::new("systemd-analyze").arg("--version").output();
    if !asked.is_ok_and(|output| output.status.success()) {
        println!("skipped: systemd-analyze not found");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (path, unit) in units() {
        // The program is where this test finds it, not where a package puts it.
        let unit = unit.replace("/usr/bin/bouquin", env!("CARGO_BIN_EXE_bouquin"));
        let copy = folder.path().join(path.file_name().unwrap());
        fs::write(&copy, &unit).unwrap();
        let (good, said) = verify(&copy);
        assert!(good && said.is_empty(), "{}: {said}", path.display());
        // A line that is none is told.
        fs::write(&copy, unit.replace("UMask=0077", "UMasque=0077")).unwrap();
        assert!(verify(&copy).1.contains("UMasque"));
    }
}

fn verify(unit: &Path) -> (bool, String) {
    let verified = Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .arg(unit)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    (verified.status.success(), said)
}

#[test]
fn each_unit_starts_a_command_that_there_is() {
    for (path, unit) in units() {
        let line = unit
            .lines()
            .find_map(|line| line.strip_prefix("ExecStart="));
        let words: Vec<&str> = line.unwrap().split(' ').collect();
        assert_eq!(words[0], "/usr/bin/bouquin");
        assert!(words[3].starts_with("/etc/bouquin/"));
        let run = Command::new(env!("CARGO_BIN_EXE_bouquin"))
            .args([words[1], words[2], "/nowhere/none.toml"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(
            said.contains("/nowhere/none.toml"),
            "{}: {said}",
            path.display()
        );
    }
}
