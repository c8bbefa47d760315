//! Texts for readers (list 153: 02, 03, 04, 06).

use super::dates;
use super::tree::Element;
use crate::limits;
use crate::model::{Citation, Language, Text, TextKind};

/// Reads the texts of a collateral detail; `language` is that of texts that do not say theirs.
pub(super) fn read(collateral: &Element, language: Option<Language>) -> Vec<Text> {
    let mut texts: Vec<Text> = Vec::new();
    for content in collateral
        .children("TextContent")
        .filter(|content| is_for_readers(content))
    {
        let Some(kind) = content.text("TextType").and_then(kind) else {
            continue;
        };
        let cited = citation(content);
        for sent in content.children("Text") {
            let Some(body) = sent.own_text() else {
                continue;
            };
            let said = sent.language().and_then(|code| Language::parse(code).ok());
            let text = Text {
                kind,
                language: said.or(language),
                body: body.to_owned(),
                cited: cited.clone(),
            };
            if texts.len() < limits::PARTS && !texts.contains(&text) {
                texts.push(text);
            }
        }
    }
    texts
}

/// Author, source and date (list 155: 01 publication, 17 last updated) of a text.
fn citation(content: &Element) -> Option<Citation> {
    let named = |name: &str| content.line(name);
    let dated = |role: &str| {
        let of_role = |date: &&Element| date.text("ContentDateRole") == Some(role);
        content
            .children("ContentDate")
            .find(of_role)
            .and_then(dates::read)
    };
    let cited = Citation {
        author: named("TextAuthor").or_else(|| named("TextSourceCorporate")),
        source: named("SourceTitle"),
        published: dated("01").or_else(|| dated("17")),
    };
    (cited != Citation::default()).then_some(cited)
}

fn kind(code: &str) -> Option<TextKind> {
    Some(match code {
        "02" => TextKind::ShortDescription,
        "03" => TextKind::Summary,
        "04" => TextKind::TableOfContents,
        "06" => TextKind::Review,
        _ => return None,
    })
}

/// Unrestricted (00) or for end customers (03), list 154; not what is meant for the trade or the press.
pub(super) fn is_for_readers(content: &Element) -> bool {
    let mut audiences = content.texts("ContentAudience").peekable();
    audiences.peek().is_none() || audiences.any(|audience| matches!(audience, "00" | "03"))
}
