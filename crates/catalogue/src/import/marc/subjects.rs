//! Subjects of MARC records: headings with their subdivisions, and classes of the schemes that the shop knows.
//!
//! UDC (080, 675) and national schemes have no place in the shop's vocabularies and are left out.

use super::fields::{Field, Fields};
use crate::import::isbd::without_stop;
use crate::import::plain_text::one_line;
use crate::limits;
use crate::model::{Subject, SubjectScheme};

/// 072 and 084 with a trade scheme, 082, 050, then headings.
pub(super) fn marc21(fields: &Fields) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for field in fields.all(&["072", "084"]) {
        if let Some(scheme) = field.get('2').and_then(trade_scheme) {
            push_codes(&mut subjects, scheme, field.texts('a'));
        }
    }
    for field in fields.all(&["082"]) {
        push_codes(
            &mut subjects,
            SubjectScheme::Dewey,
            field.texts('a').filter_map(dewey),
        );
    }
    for field in fields.all(&["050"]) {
        push_codes(&mut subjects, SubjectScheme::Lcc, field.texts('a'));
    }
    for field in fields.all(&["650", "600", "610", "611", "630", "651", "655"]) {
        push_heading(&mut subjects, field, &['a', 'b', 't', 'v', 'x', 'y', 'z']);
    }
    for field in fields.all(&["653"]) {
        for word in field.texts('a') {
            push_words(&mut subjects, word);
        }
    }
    subjects
}

/// 676, 680, then headings.
pub(super) fn unimarc(fields: &Fields) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for field in fields.all(&["686"]) {
        if let Some(scheme) = field.get('2').and_then(trade_scheme) {
            push_codes(&mut subjects, scheme, field.texts('a'));
        }
    }
    for field in fields.all(&["676"]) {
        push_codes(
            &mut subjects,
            SubjectScheme::Dewey,
            field.texts('a').filter_map(dewey),
        );
    }
    for field in fields.all(&["680"]) {
        push_codes(&mut subjects, SubjectScheme::Lcc, field.texts('a'));
    }
    for field in fields.all(&["606", "600", "601", "602", "604", "605", "607", "608"]) {
        push_heading(&mut subjects, field, &['a', 'b', 't', 'x', 'y', 'z']);
    }
    for field in fields.all(&["610"]) {
        for word in field.texts('a') {
            push_words(&mut subjects, word);
        }
    }
    subjects
}

/// The scheme of a source code.
fn trade_scheme(source: &str) -> Option<SubjectScheme> {
    match source.to_ascii_lowercase().as_str() {
        "thema" => Some(SubjectScheme::Thema),
        "bisacsh" | "bisac" => Some(SubjectScheme::Bisac),
        "clil" => Some(SubjectScheme::Clil),
        _ => None,
    }
}

/// `843/.912` and `843.912'01` as numbers; `[Fic]` is none.
fn dewey(class: &str) -> Option<&str> {
    let is_class = class.len() >= 3 && class.get(..3)?.bytes().all(|byte| byte.is_ascii_digit());
    is_class.then_some(class)
}

fn push_codes<'t>(
    subjects: &mut Vec<Subject>,
    scheme: SubjectScheme,
    codes: impl Iterator<Item = &'t str>,
) {
    for code in codes {
        let code = match scheme {
            SubjectScheme::Dewey => code.replace(['/', '\''], ""),
            _ => one_line(code),
        };
        push(
            subjects,
            Subject {
                scheme,
                code: Some(code),
                heading: String::new(),
            },
        );
    }
}

/// Heading and subdivisions: `Répression politique -- Roumanie`.
fn push_heading(subjects: &mut Vec<Subject>, field: &Field, codes: &[char]) {
    let parts: Vec<String> = field
        .subfields()
        .filter(|(code, _)| codes.contains(code))
        .map(|(_, text)| without_stop(&one_line(text)).to_owned())
        .collect();
    push_words(subjects, &parts.join(" -- "));
}

fn push_words(subjects: &mut Vec<Subject>, words: &str) {
    let heading = one_line(words);
    // In brackets some libraries put what a book is, instead of what it is about.
    let heading = match heading
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        Some(inside) => inside,
        None => without_stop(&heading),
    };
    let heading = heading.to_owned();
    if !heading.is_empty() {
        push(
            subjects,
            Subject {
                scheme: SubjectScheme::Keyword,
                code: None,
                heading,
            },
        );
    }
}

fn push(subjects: &mut Vec<Subject>, subject: Subject) {
    if subjects.len() < limits::PARTS && !subjects.contains(&subject) {
        subjects.push(subject);
    }
}
