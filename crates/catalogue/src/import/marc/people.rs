//! Contributors of MARC records: names in parts, relator codes and terms.

use super::fields::{Field, Fields};
use crate::import::isbd::{trimmed, without_stop};
use crate::import::names;
use crate::import::plain_text::one_line;
use crate::limits;
use crate::model::{Contributor, ContributorRole};
use crate::text;

/// Longest statement of responsibility that is taken for a name where the record has no name.
const STATEMENT_CHARS_MAX: usize = 80;

/// 100, 110, 111, 700, 710, 711; else the statement of responsibility (245 c).
pub(super) fn marc21(fields: &Fields) -> Vec<Contributor> {
    let tags = ["100", "110", "111", "700", "710", "711", "720"];
    let statement = fields.line("245", 'c').unwrap_or_default();
    let mut contributors = Vec::new();
    for field in fields.all(&tags) {
        // A work that is contained or related, and its author.
        if field.tag() != "100" && field.get('t').is_some() {
            continue;
        }
        let (name, inverted) = match field.tag() {
            "100" | "700" | "720" => person(field),
            _ => (body(field, &['a', 'b']), None),
        };
        let unsaid = match field.tag() {
            "100" | "110" => ContributorRole::Author,
            "700" | "720" => stated_role(&statement, &name, inverted.as_deref()),
            _ => ContributorRole::Other,
        };
        push(&mut contributors, name, inverted, roles(field, unsaid));
    }
    or_statement(contributors, Some(statement))
}

/// 700 to 721; else the first statement of responsibility (200 f).
pub(super) fn unimarc(fields: &Fields) -> Vec<Contributor> {
    let tags = [
        "700", "710", "720", "701", "711", "716", "721", "702", "712", "722",
    ];
    let mut contributors = Vec::new();
    for field in fields.all(&tags) {
        let (name, inverted) = match field.tag().get(..2) {
            Some("71") => (body(field, &['a', 'b']), None),
            _ => person_in_parts(field),
        };
        let unsaid = match field.tag() {
            "700" | "701" | "710" | "720" => ContributorRole::Author,
            _ => ContributorRole::Other,
        };
        push(&mut contributors, name, inverted, roles(field, unsaid));
    }
    or_statement(contributors, fields.line("200", 'f'))
}

fn push(
    contributors: &mut Vec<Contributor>,
    name: String,
    inverted: Option<String>,
    roles: Vec<ContributorRole>,
) {
    let (name, inverted) = (bounded(name), inverted.map(bounded));
    for role in roles {
        let contributor = Contributor {
            name: name.clone(),
            inverted: inverted.clone(),
            role,
        };
        let is_new = !name.is_empty() && !contributors.contains(&contributor);
        if is_new && contributors.len() < limits::PARTS {
            contributors.push(contributor);
        }
    }
}

/// Parts are bounded each; together they may be too long for a name.
fn bounded(name: String) -> String {
    match name.char_indices().nth(limits::NAME_CHARS) {
        Some((end, _)) => name.get(..end).unwrap_or_default().trim_end().to_owned(),
        None => name,
    }
}

/// `Hugo, Victor` in one subfield; the first indicator says whether it is inverted.
fn person(field: &Field) -> (String, Option<String>) {
    let line = |code| field.line(code).map(|text| without_stop(&text).to_owned());
    let Some(name) = line('a') else {
        return Default::default();
    };
    if field.indicator(0) == '0' && !name.contains(", ") {
        // A forename with its number: `Jean-Paul`, `II`.
        let number = line('b');
        return (joined(name, number), None);
    }
    // Suffixes (`Jr.`) stand with titles, and only behind an inverted name can they be told from given names.
    match field.line('c').filter(|_| name.contains(',')) {
        Some(suffix) => names::read(&format!("{name}, {}", trimmed(&suffix))),
        None => names::read(&name),
    }
}

/// Family name (a) and given names (b) apart; roman numbers (d) behind a forename.
fn person_in_parts(field: &Field) -> (String, Option<String>) {
    let line = |code| field.line(code).map(|text| without_stop(&text).to_owned());
    match (line('a'), line('b')) {
        (Some(family), Some(given)) => names::read(&format!("{family}, {given}")),
        (Some(name), None) if name.contains(',') => names::read(&name),
        (Some(name), None) => (joined(name, line('d')), None),
        _ => Default::default(),
    }
}

fn joined(name: String, number: Option<String>) -> String {
    match number {
        Some(number) => format!("{name} {number}"),
        None => name,
    }
}

/// A company with its parts.
fn body(field: &Field, codes: &[char]) -> String {
    let parts: Vec<String> = field
        .subfields()
        .filter(|(code, _)| codes.contains(code))
        .map(|(_, text)| {
            without_stop(&one_line(text))
                .trim_end_matches('.')
                .to_owned()
        })
        .collect();
    parts.join(". ")
}

/// What somebody without a relator did, from the statement of responsibility: the words before the name in its part.
/// Who stands in the first part without such words, or where there is no statement, is an author.
fn stated_role(statement: &str, name: &str, inverted: Option<&str>) -> ContributorRole {
    let family = inverted.unwrap_or(name).split(',').next().unwrap_or(name);
    let parts: Vec<&str> = statement.split(" ; ").collect();
    let found = parts
        .iter()
        .enumerate()
        .find_map(|(place, part)| Some((place, part.split_once(family)?.0)));
    match found {
        Some((place, before)) => match term(before) {
            ContributorRole::Other if place == 0 => ContributorRole::Author,
            role => role,
        },
        None if statement.is_empty() => ContributorRole::Author,
        None => ContributorRole::Other,
    }
}

/// What the title page says, where nobody is named: the first of several statements.
fn or_statement(contributors: Vec<Contributor>, statement: Option<String>) -> Vec<Contributor> {
    if !contributors.is_empty() {
        return contributors;
    }
    let name = statement.map(|statement| {
        let first = statement.split(" ; ").next().unwrap_or(&statement);
        let name = without_stop(first).replace(['[', ']'], "");
        let by = ["by ", "par ", "von "];
        by.iter()
            .find_map(|by| name.strip_prefix(by))
            .unwrap_or(&name)
            .to_owned()
    });
    let is_name = |name: &String| !name.is_empty() && name.chars().count() <= STATEMENT_CHARS_MAX;
    name.filter(is_name)
        .map(|name| Contributor {
            name,
            inverted: None,
            role: ContributorRole::Author,
        })
        .into_iter()
        .collect()
}

/// The roles of relator codes (4) and terms (e, j); what is none of ours counts only when it is all they did.
fn roles(field: &Field, unsaid: ContributorRole) -> Vec<ContributorRole> {
    let codes = field.texts('4').map(relator);
    let terms = ['e', 'j']
        .into_iter()
        .flat_map(|code| field.texts(code))
        .map(term);
    let mut said = false;
    let mut roles = Vec::new();
    for role in codes.chain(terms) {
        said = true;
        if role != ContributorRole::Other && !roles.contains(&role) {
            roles.push(role);
        }
    }
    match (roles.is_empty(), said) {
        (true, true) => vec![ContributorRole::Other],
        (true, false) => vec![unsaid],
        _ => roles,
    }
}

/// A relator code: three letters of MARC 21, three figures of UNIMARC, or an address that ends with one.
fn relator(code: &str) -> ContributorRole {
    let code = code.rsplit('/').next().unwrap_or(code);
    match code.to_ascii_lowercase().as_str() {
        "aut" | "cre" | "adp" | "aus" | "sce" | "lbt" | "070" | "010" | "072" | "690" | "480" => {
            ContributorRole::Author
        }
        "trl" | "730" => ContributorRole::Translator,
        "ill" | "art" | "pht" | "clr" | "drm" | "440" | "040" | "600" => {
            ContributorRole::Illustrator
        }
        "edt" | "com" | "edc" | "red" | "340" | "220" => ContributorRole::Editor,
        "aui" | "aft" | "wpr" | "win" | "wfw" | "wst" | "080" | "075" => ContributorRole::Preface,
        "nrt" | "550" => ContributorRole::Narrator,
        _ => ContributorRole::Other,
    }
}

/// A relator term in French, English or German.
fn term(term: &str) -> ContributorRole {
    let folded = text::fold(term);
    let begins = |beginnings: &[&str]| {
        text::words(&folded).any(|word| beginnings.iter().any(|begin| word.starts_with(begin)))
    };
    if begins(&["trad", "transl", "ubersetz", "trl"]) {
        ContributorRole::Translator
    } else if begins(&[
        "preface",
        "introduc",
        "vorw",
        "nachw",
        "postface",
        "foreword",
        "afterword",
    ]) {
        ContributorRole::Preface
    } else if begins(&["ill", "dessin", "photogr", "artist"]) {
        ContributorRole::Illustrator
    } else if begins(&["edit", "hrsg", "herausgeb", "directeur", "compil"]) {
        ContributorRole::Editor
    } else if begins(&["narrat", "sprecher", "erzahl", "lecteur"]) {
        ContributorRole::Narrator
    } else if begins(&["aut", "verf", "author", "scenar", "writer"]) {
        ContributorRole::Author
    } else {
        ContributorRole::Other
    }
}
