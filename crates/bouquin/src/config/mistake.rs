//! Reading a configuration file, and telling a mistake in it with file, line and key.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::{Profile, ShopConfig};

/// A mistake in a configuration file, with its place.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// A key is missing, unknown, misspelt or has a wrong value.
    #[error("{path}, line {line}{}: {what}", key.as_ref().map(|k| format!(", key `{k}`")).unwrap_or_default())]
    Mistake {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// `section.key` where the line names one.
        key: Option<String>,
        /// What is wrong.
        what: String,
    },
}

/// What only a demonstration may send over a network as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum InTheClear {
    /// The database's password, and every order.
    #[error(
        "a real shop speaks to PostgreSQL on another machine over TLS only: remove sslmode=disable, and name the server's \
         authority as sslrootcert=FILE where the system does not know it"
    )]
    Database,
    /// The mail server's password, and every letter.
    #[error(
        "a real shop's letters leave its machine over TLS only: write smtps://HOST, or smtp://HOST?tls=required for a \
         server with STARTTLS"
    )]
    Mail,
}

/// Reads the configuration of a process.
///
/// # Errors
/// See [`ConfigError`].
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    parsed(path, &text(path)?)
}

/// Reads the configuration of the shop, which in production sends nothing over a network in the clear.
///
/// # Errors
/// See [`ConfigError`].
pub fn shop(path: &Path) -> Result<ShopConfig, ConfigError> {
    let text = text(path)?;
    let config: ShopConfig = parsed(path, &text)?;
    match in_the_clear(&config) {
        Some((at, what)) if config.profile == Profile::Production => {
            Err(mistake(path, &text, at, what.to_string()))
        }
        _ => Ok(config),
    }
}

/// What would cross a network in the clear, and where the file says so.
fn in_the_clear(config: &ShopConfig) -> Option<(usize, InTheClear)> {
    let database = config.data.database().is_exposed();
    let database = database.then(|| (config.data.database_at(), InTheClear::Database));
    let mail = config.mail.exposed_at().map(|at| (at, InTheClear::Mail));
    database.or(mail)
}

fn text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })
}

fn parsed<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        mistake(path, text, at, error.message().trim().to_owned())
    })
}

/// A mistake at a byte of the file.
fn mistake(path: &Path, text: &str, at: usize, what: String) -> ConfigError {
    let before = text.get(..at.min(text.len())).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    ConfigError::Mistake {
        path: path.to_owned(),
        line,
        key: key_at(text, line),
        what,
    }
}

/// The key of a line with the section it stands in.
fn key_at(text: &str, line: usize) -> Option<String> {
    let lines: Vec<&str> = text.lines().take(line).collect();
    let key = lines.last()?.split_once('=')?.0.trim();
    let section = lines
        .iter()
        .rev()
        .find_map(|l| l.trim().strip_prefix('[')?.split(']').next())
        .unwrap_or_default();
    Some(if section.is_empty() {
        key.to_owned()
    } else {
        format!("{section}.{key}")
    })
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{GOOD, told};

    #[test]
    fn a_wrong_value_is_told_with_file_line_and_key() {
        let wrong = GOOD.replace("127.0.0.1:8080\"\npublic", "8080\"\npublic");
        assert_eq!(
            told(&wrong),
            "shop.toml, line 4, key `shop.listen`: invalid socket address syntax"
        );
        let wrong = GOOD.replace("sqlite:data", "mysql:data");
        assert!(
            told(&wrong)
                .starts_with("shop.toml, line 8, key `data.database`: expected sqlite:PATH")
        );
    }

    #[test]
    fn an_unknown_key_and_a_missing_one_are_told() {
        let unknown = GOOD.replace("name =", "nom =");
        assert!(told(&unknown).starts_with("shop.toml, line 3, key `shop.nom`: unknown field"));
        let missing = GOOD.replace("name = \"Librairie\"\n", "");
        assert!(
            told(&missing).contains("missing field `name`"),
            "{}",
            told(&missing)
        );
    }
}
