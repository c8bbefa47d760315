//! `demo.json` in the data folder: where everything is and which process is which, for scripts and tests.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, Result};
use serde::Serialize;

use super::{ground::Ground, load::Login};

/// The file and what it says.
pub struct Roster {
    path: PathBuf,
    said: Mutex<Said>,
}

#[derive(Serialize)]
struct Said {
    shop: String,
    card_page: String,
    books: String,
    certificates: PathBuf,
    mail: PathBuf,
    login: String,
    password: String,
    processes: BTreeMap<&'static str, u32>,
}

impl Roster {
    /// A roster without processes yet.
    pub fn new(ground: &Ground, login: &Login) -> Self {
        Self {
            path: ground.folder.join("demo.json"),
            said: Mutex::new(Said {
                shop: ground.shop_url(),
                card_page: ground.card_page_url(),
                books: ground.ports.books.to_string(),
                certificates: ground.certificates(),
                mail: ground.mail(),
                login: login.name.clone(),
                password: login.password.clone(),
                processes: BTreeMap::new(),
            }),
        }
    }

    /// Notes that a process was started, and writes the file whole, readable by its owner alone.
    pub fn note(&self, process: &'static str, pid: u32) -> Result<()> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.processes.insert(process, pid);
        let unfinished = self.path.with_extension("part");
        fs::write(&unfinished, serde_json::to_vec_pretty(&*said)?)?;
        fs::set_permissions(&unfinished, fs::Permissions::from_mode(0o600))?;
        fs::rename(&unfinished, &self.path).with_context(|| self.path.display().to_string())
    }
}
