//! Names of files that are taken: never a sender's own.

use std::ffi::OsStr;

use trade::ids::ImportJobId;

/// The job and the name of a taken file.
pub(super) fn taken_name(name: &OsStr) -> Option<(ImportJobId, String)> {
    /// Of a UUID as text.
    const ID_LETTERS: usize = 36;
    let (job, name) = name.to_str()?.split_at_checked(ID_LETTERS)?;
    Some((job.parse().ok()?, name.strip_prefix('-')?.to_owned()))
}

/// A name that leads nowhere and fits everywhere.
pub fn harmless(name: &str) -> String {
    let letters = name.chars().map(|letter| match letter {
        letter if letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_') => letter,
        _ => '_',
    });
    let mut name: String = letters
        .skip_while(|letter| *letter == '.')
        .take(60)
        .collect();
    // File systems count bytes, and the job's name goes before it and the report's behind.
    name.truncate(name.floor_char_boundary(180));
    match name.is_empty() {
        true => "file".to_owned(),
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere() {
        assert_eq!(harmless("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(harmless("stock 2026.csv"), "stock_2026.csv");
        assert_eq!(harmless("a\n\u{1b}[2J"), "a___2J");
        assert_eq!(harmless(".."), "file");
        assert_eq!(harmless(&"x".repeat(500)).len(), 60);
    }

    #[test]
    fn a_taken_file_names_its_job() {
        let job = ImportJobId::new();
        let taken = format!("{job}-a-b.csv");
        assert_eq!(
            taken_name(OsStr::new(&taken)),
            Some((job, "a-b.csv".to_owned()))
        );
        assert_eq!(taken_name(OsStr::new("stock.csv")), None);
    }
}
