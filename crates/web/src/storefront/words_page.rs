//! Pages of words: the law's and the shop's own, kept as plain text files beside the Fluent files.
//!
//! A line that begins with `# ` is the title, with `## ` a heading, with `- ` an item; an empty line ends a
//! paragraph. `[[…]]` marks what the bookseller has to complete, `[words](/path)` links within the shop.

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use rust_embed::RustEmbed;
use trade::locale::Locale;

use super::layout::{Page, document};
use super::reader::Reader;
use crate::problem::{Kind, Problem};
use crate::render::PageKey;
use crate::state::AppState;
use crate::visitor::Visitor;

#[derive(RustEmbed)]
#[folder = "legal/"]
struct Files;

/// The pages under `/legal`: drafts until the bookseller completes them.
pub const LEGAL: [&str; 6] = [
    "terms",
    "notice",
    "privacy",
    "delivery",
    "accessibility",
    "reviews",
];

/// `GET /legal/{name}`
pub(crate) async fn legal(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let known = LEGAL
        .into_iter()
        .find(|known| *known == name)
        .ok_or(Problem::of(Kind::NotFound))?;
    show(&state, &visitor, known, &format!("/legal/{known}"), true)
}

/// `GET /about`
pub(crate) async fn about(
    State(state): State<AppState>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    show(&state, &visitor, "about", "/about", false)
}

fn show(
    state: &AppState,
    visitor: &Visitor,
    name: &str,
    address: &str,
    draft: bool,
) -> Result<Response, Problem> {
    let kept = state
        .pages
        .get_or_make(PageKey::new(address, visitor.locale, ()), || {
            let text = text(visitor.locale, name).ok_or(Problem::of(Kind::NotFound))?;
            let reader = Reader::new(visitor.locale, &state.settings, address);
            Ok::<_, Problem>(page(&reader, address, &text, draft))
        })?;
    Ok(kept.answer(visitor))
}

/// The text of a page.
pub fn text(locale: Locale, name: &str) -> Option<String> {
    let file = Files::get(&format!("{}/{name}.txt", locale.code()))?;
    Some(String::from_utf8_lossy(&file.data).into_owned())
}

/// The page.
pub fn page(reader: &Reader<'_>, address: &str, text: &str, draft: bool) -> Markup {
    let title = text
        .lines()
        .find_map(|line| line.strip_prefix("# "))
        .unwrap_or(address);
    document(
        reader,
        &Page::public(title, address),
        html! {
            article.words {
                h1 { (title) }
                @if draft { p.draft { (reader.say("legal-draft")) } }
                @for block in text.split("\n\n") { (one_block(reader, block.trim())) }
            }
        },
    )
}

fn one_block(reader: &Reader<'_>, block: &str) -> Markup {
    if block.starts_with("# ") || block.is_empty() {
        return html! {};
    }
    if let Some(heading) = block.strip_prefix("## ") {
        return html! { h2 { (heading) } };
    }
    if block.starts_with("- ") {
        let items = block.lines().filter_map(|line| line.strip_prefix("- "));
        return html! { ul { @for item in items { li { (inline(reader, item)) } } } };
    }
    html! { p { @for (place, line) in block.lines().enumerate() { @if place > 0 { br; } (inline(reader, line)) } } }
}

/// Marks and links within a line.
fn inline(reader: &Reader<'_>, line: &str) -> Markup {
    if let Some((before, rest)) = line.split_once("[[")
        && let Some((marked, after)) = rest.split_once("]]")
    {
        return html! { (inline(reader, before)) mark { (marked) } (inline(reader, after)) };
    }
    if let Some((before, rest)) = line.split_once('[')
        && let Some((words, rest)) = rest.split_once("](")
        && let Some((path, after)) = rest.split_once(')')
    {
        return html! { (before) a href=(reader.path(path)) { (words) } (inline(reader, after)) };
    }
    html! { (line.replace("{shop}", &reader.settings.shop_name).replace("{email}", &reader.settings.contact_email)) }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use super::*;

    #[test]
    fn every_page_of_words_exists_in_both_languages_and_drafts_say_what_is_missing() {
        for locale in Locale::ALL {
            for name in LEGAL {
                let text = text(locale, name).unwrap();
                assert!(text.starts_with("# "), "{name}");
                assert_eq!(
                    text.matches("[[").count(),
                    text.matches("]]").count(),
                    "{name}"
                );
                assert!(
                    text.contains("[[") || name == "accessibility",
                    "{name} has nothing to complete"
                );
            }
            assert!(text(locale, "about").is_some());
        }
    }

    #[test]
    fn t1_french_pages_have_french_spaces() {
        for name in LEGAL.into_iter().chain(["about"]) {
            let text = text(Locale::Fr, name).unwrap();
            for wrong in ["'", " ;", " !", " ?", " :", "« ", " »", " €", " %"] {
                assert!(!text.contains(wrong), "{name}: {wrong:?}");
            }
        }
    }
}
