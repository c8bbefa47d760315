//! Reading a configuration file, and telling a mistake in it with file, line and key.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

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

/// Reads the configuration of a process.
///
/// # Errors
/// See [`ConfigError`].
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    toml::from_str(&text).map_err(|error| mistake(path, &text, &error))
}

fn mistake(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let start = error.span().map_or(0, |span| span.start).min(text.len());
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    ConfigError::Mistake {
        path: path.to_owned(),
        line,
        key: key_at(text, line),
        what: error.message().trim().to_owned(),
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
