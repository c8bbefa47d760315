//! Subjects (list 27; O15): the main subject of each scheme first.

use super::tree::Element;
use crate::import::plain_text::one_line;
use crate::limits;
use crate::model::{Subject, SubjectScheme};

/// Reads the subjects of a descriptive detail.
pub(super) fn read(description: &Element) -> Vec<Subject> {
    let mut sent: Vec<&Element> = description.children("Subject").collect();
    sent.sort_by_key(|subject| subject.child("MainSubject").is_none());
    let mut subjects: Vec<Subject> = Vec::new();
    for subject in sent.into_iter().flat_map(read_one) {
        if subjects.len() < limits::PARTS && !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    subjects
}

fn read_one(subject: &Element) -> Vec<Subject> {
    let code = subject.line("SubjectCode");
    let heading = subject.line("SubjectHeadingText");
    let coded = |scheme| match &code {
        Some(code) => vec![Subject {
            scheme,
            code: Some(code.clone()),
            heading: heading.clone().unwrap_or_default(),
        }],
        None => Vec::new(),
    };
    match subject.text("SubjectSchemeIdentifier") {
        Some("93" | "94" | "95" | "96" | "97" | "98" | "99") => coded(SubjectScheme::Thema),
        Some("10") => coded(SubjectScheme::Bisac),
        Some("29") => coded(SubjectScheme::Clil),
        Some("01") => coded(SubjectScheme::Dewey),
        Some("03") => coded(SubjectScheme::Lcc),
        // Keywords, and schemes that are not kept but send words.
        _ => heading.as_deref().map(keywords).unwrap_or_default(),
    }
}

/// Separated by semicolons, by some senders by commas.
fn keywords(sent: &str) -> Vec<Subject> {
    let separator = if sent.contains(';') { ';' } else { ',' };
    let words = sent
        .split(separator)
        .map(one_line)
        .filter(|word| !word.is_empty())
        .take(limits::PARTS);
    words
        .map(|heading| Subject {
            scheme: SubjectScheme::Keyword,
            code: None,
            heading,
        })
        .collect()
}
