//! Whether what a row names exists: a test that runs and is not ignored, a section of a document, a file.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

/// Where the bodies of the conformance suite are, and the list of those that run.
const CONFORMANCE: &str = "tests/tests/conformance/";

/// The text of a file by its path; none when there is no such file.
type Read<'r> = dyn Fn(&str) -> Option<String> + 'r;

/// The files that rows name, read once.
pub struct Sources<'r> {
    read: Box<Read<'r>>,
    texts: RefCell<HashMap<String, Option<String>>>,
}

impl<'r> Sources<'r> {
    /// Files as `read` finds them by their path from the root.
    pub fn new(read: impl Fn(&str) -> Option<String> + 'r) -> Sources<'r> {
        Sources {
            read: Box::new(read),
            texts: RefCell::default(),
        }
    }

    /// Why there is no such evidence; none when there is.
    pub fn missing(&self, named: &str) -> Option<String> {
        if let Some((file, test)) = named.split_once("::") {
            let text = match self.text(file) {
                Ok(text) => text,
                Err(missing) => return Some(missing),
            };
            return (!self.runs(file, &text, test))
                .then(|| format!("{file} has no test {test} that runs"));
        }
        let (file, heading) = match named.split_once('#') {
            Some((file, heading)) => (file, Some(heading)),
            None => (named, None),
        };
        let text = match self.text(file) {
            Ok(text) => text,
            Err(missing) => return Some(missing),
        };
        match heading {
            Some(heading) if !headings(&text).contains(heading) => {
                Some(format!("{file} has no heading {heading:?}"))
            }
            None if file.ends_with(".md") => Some(format!("which section of {file}?")),
            _ => None,
        }
    }

    fn text(&self, file: &str) -> Result<String, String> {
        let mut texts = self.texts.borrow_mut();
        let text = texts
            .entry(file.to_owned())
            .or_insert_with(|| (self.read)(file));
        text.clone().ok_or_else(|| format!("there is no {file}"))
    }

    /// Whether the file has this test, or this body of the conformance suite and the suite runs it.
    fn runs(&self, file: &str, text: &str, test: &str) -> bool {
        if tests(text).contains(test) {
            return true;
        }
        let module = file
            .strip_prefix(CONFORMANCE)
            .and_then(|file| file.strip_suffix(".rs"))
            .and_then(|module| module.rsplit('/').next());
        module.is_some_and(|module| {
            let listed = self.text(&format!("{CONFORMANCE}main.rs"));
            let line = format!("{module}::{test},");
            listed.is_ok_and(|listed| listed.lines().any(|listed| listed.trim() == line))
                && text.contains(&format!("pub async fn {test}("))
        })
    }
}

/// The names of the functions that are marked as tests, and not as ignored ones.
fn tests(source: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let (mut marked, mut ignored) = (false, false);
    for line in source.lines().map(str::trim_start) {
        marked |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let attribute = line.strip_prefix("#[").unwrap_or_default();
        ignored |= attribute.starts_with("ignore")
            || (attribute.starts_with("cfg_attr(") && attribute.contains("ignore"));
        let function = line.strip_prefix("async ").unwrap_or(line);
        if let Some(name) = function.strip_prefix("fn ") {
            found.extend(name.split('(').next().filter(|_| marked && !ignored));
            (marked, ignored) = (false, false);
        }
    }
    found
}

fn headings(text: &str) -> BTreeSet<&str> {
    let mut fenced = false;
    text.lines()
        .filter(|line| {
            fenced ^= line.trim_start().starts_with("```");
            !fenced && line.starts_with('#')
        })
        .map(|line| line.trim_start_matches('#').trim())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_found_whatever_their_runtime_and_nothing_else_is() {
        let source = "#[test]\nfn plain() {}\n    #[tokio::test(\n        flavor = \"x\"\n    )]\n    #[allow(a)]\n    async fn timed() {}\n\
                      // #[test]\nfn commented() {}\nproptest! {\n    #[test]\n    fn random(a in 0..3) {}\n}\nfn helper() {}\n";
        let found: Vec<&str> = tests(source).into_iter().collect();
        assert_eq!(found, ["plain", "random", "timed"]);
    }

    #[test]
    fn an_ignored_test_shows_nothing() {
        // Taken apart, or this file would be told to ignore tests.
        let source = "#[test]\n#[+]\nfn before() {}\n#[+ = \"slow\"]\n#[tokio::test]\nasync fn after() {}\n\
                      #[test]\n#[cfg_attr(debug_assertions, +)]\nfn at_times() {}\n#[test]\nfn next() {}\n"
            .replace('+', "ignore");
        let found: Vec<&str> = tests(&source).into_iter().collect();
        assert_eq!(found, ["next"]);
    }

    #[test]
    fn comments_in_code_are_no_headings() {
        let text = "# A\n```\n# in a file\n```\n### B c\n";
        let found: Vec<&str> = headings(text).into_iter().collect();
        assert_eq!(found, ["A", "B c"]);
    }

    #[test]
    fn a_body_of_the_conformance_suite_counts_when_it_runs() {
        let sources = Sources::new(|file| match file {
            "tests/tests/conformance/main.rs" => {
                Some("const B: &[] = bodies![\n    desk::no,\n    jobs::yes,\n];".to_owned())
            }
            "tests/tests/conformance/desk/jobs.rs" => Some(
                "pub async fn yes(counter: Counter) {}\npub async fn no(counter: Counter) {}"
                    .to_owned(),
            ),
            _ => None,
        });
        let missing =
            |name: &str| sources.missing(&format!("tests/tests/conformance/desk/jobs.rs::{name}"));
        assert_eq!(missing("yes"), None);
        assert!(missing("no").is_some() && missing("other").is_some());
    }
}
