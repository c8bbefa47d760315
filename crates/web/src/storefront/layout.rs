//! The frame of every page: head, header, main, footer. Header: name, search, orders, basket; nothing else.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;
use trade::locale::Locale;

use super::reader::Reader;
use crate::assets;
use crate::render::BASKET_HOLE;

/// The id of the search field in the header; pages may have another one.
const HEADER_SEARCH: &str = "q";

/// What a page says about itself.
pub struct Page<'a> {
    /// The title, without the shop's name.
    pub title: &'a str,
    /// One or two sentences for search engines.
    pub description: Option<&'a str>,
    /// The page's own path, without language, when others than its reader may find it; else it is not indexed.
    pub canonical: Option<&'a str>,
    /// What was searched for, shown again in the search field.
    pub searched: &'a str,
    /// Address of a picture of what the page is about (Open Graph), for those who show links to it.
    pub image: Option<&'a str>,
    /// schema.org data.
    pub data: Vec<Value>,
}

impl<'a> Page<'a> {
    /// A page that search engines are asked to leave out.
    pub fn private(title: &'a str) -> Page<'a> {
        Page {
            title,
            description: None,
            canonical: None,
            searched: "",
            image: None,
            data: Vec::new(),
        }
    }

    /// A page for everybody at `canonical`.
    pub fn public(title: &'a str, canonical: &'a str) -> Page<'a> {
        Page {
            canonical: Some(canonical),
            ..Page::private(title)
        }
    }
}

/// A whole document.
pub fn document(reader: &Reader<'_>, page: &Page<'_>, main: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(reader.locale.code()) {
            head { (head(reader, page)) }
            body {
                a.skip href="#main" { (reader.say("skip-to-content")) }
                (header(reader, page.searched))
                main #main tabindex="-1" { (main) }
                (footer(reader))
            }
        }
    }
}

fn head(reader: &Reader<'_>, page: &Page<'_>) -> Markup {
    let shop = &reader.settings.shop_name;
    let is_home = page.canonical == Some("/");
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        title { @if is_home { (shop) " – " (page.title) } @else { (page.title) " – " (shop) } }
        @if let Some(description) = page.description { meta name="description" content=(description); }
        @match page.canonical {
            Some(path) => {
                link rel="canonical" href=(reader.url(path));
                @for locale in Locale::ALL {
                    link rel="alternate" hreflang=(locale.code()) href=(Reader { locale, ..*reader }.url(path));
                }
                link rel="alternate" hreflang="x-default" href={ (reader.settings.public_url) (path) };
            }
            None => { meta name="robots" content="noindex"; }
        }
        @if let Some(image) = page.image { meta property="og:image" content=(image); }
        link rel="preload" href=(assets::address("fonts/garamond-roman.woff2")) as="font" type="font/woff2" crossorigin;
        link rel="preload" href=(assets::address("fonts/sans.woff2")) as="font" type="font/woff2" crossorigin;
        link rel="stylesheet" href=(assets::address("bouquin.css"));
        link rel="icon" href="/favicon.svg" type="image/svg+xml";
        link rel="search" type="application/opensearchdescription+xml" title=(shop) href=(reader.path("/opensearch.xml"));
        meta name="theme-color" content="#fbf8f2" media="(prefers-color-scheme: light)";
        meta name="theme-color" content="#15181a" media="(prefers-color-scheme: dark)";
        script src=(assets::address("bouquin.js")) defer {}
        @for data in &page.data {
            script type="application/ld+json" { (PreEscaped(data.to_string().replace('<', "\\u003c"))) }
        }
    }
}

fn header(reader: &Reader<'_>, searched: &str) -> Markup {
    html! {
        header.top {
            div.bar {
                a.name href=(reader.path("/")) { (boxes()) (reader.settings.shop_name) }
                (search_field(reader, HEADER_SEARCH, searched))
                nav.mine aria-label=(reader.say("nav-mine")) {
                    a.wordy href=(reader.path("/orders")) { (reader.say("nav-orders")) }
                    a href=(reader.path("/cart")) { (reader.say("nav-basket")) (PreEscaped(BASKET_HOLE)) }
                }
            }
        }
    }
}

/// The search field, in the header of every page and on pages that found nothing.
pub fn search_field(reader: &Reader<'_>, id: &str, searched: &str) -> Markup {
    let label = if id == HEADER_SEARCH {
        reader.say("search-label")
    } else {
        reader.say("search-again")
    };
    html! {
        form.find role="search" aria-label=(label) action=(reader.path("/search")) method="get" data-suggest=(reader.path("/suggest"))
            data-title=(reader.say("suggest-title")) data-author=(reader.say("suggest-author")) data-series=(reader.say("suggest-series"))
            data-subject=(reader.say("suggest-subject")) {
            label.sr for=(id) { (label) }
            input #(id) type="search" name="q" value=(searched) maxlength="200" autocomplete="off" spellcheck="false" placeholder=(reader.say("search-placeholder"));
            button.button type="submit" { (reader.say("search-button")) }
        }
    }
}

/// The mark: three books in a green box.
fn boxes() -> Markup {
    PreEscaped(
        concat!(
            r##"<svg viewBox="0 0 32 32" aria-hidden="true"><path fill="#8c2f2b" d="M6 6h6v15H6z"/><path fill="#c58f1e" d="M13 9h4v12h-4z"/>"##,
            r##"<path fill="#4d6c86" d="m18.2 7.6 5-1.3 3.9 14.5-5 1.3z"/><path fill="#24694e" d="M2 19h28v9a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1z"/>"##,
            r##"<path fill="#164632" d="M2 19h28v2.4H2z"/></svg>"##
        )
        .to_owned(),
    )
}

fn footer(reader: &Reader<'_>) -> Markup {
    let link =
        |path: &str, words: &'static str| html! { li { a href=(reader.path(path)) { (words) } } };
    html! {
        footer.foot {
            div.cols {
                nav aria-labelledby="foot-shop" {
                    h2 #foot-shop { (reader.say("foot-shop")) }
                    ul {
                        (link("/about", reader.say("nav-about")))
                        (link("/bestsellers", reader.say("bestsellers")))
                        (link("/new", reader.say("shelf-new")))
                        (link("/forthcoming", reader.say("forthcoming")))
                        (link("/picks", reader.say("picks")))
                        (link("/legal/accessibility", reader.say("legal-accessibility")))
                    }
                }
                nav aria-labelledby="foot-help" {
                    h2 #foot-help { (reader.say("foot-help")) }
                    ul {
                        (link("/orders", reader.say("nav-orders")))
                        (link("/legal/delivery", reader.say("legal-delivery")))
                        (link("/legal/reviews", reader.say("legal-reviews")))
                    }
                }
                nav aria-labelledby="foot-law" {
                    h2 #foot-law { (reader.say("foot-law")) }
                    ul {
                        (link("/legal/terms", reader.say("legal-terms")))
                        (link("/legal/notice", reader.say("legal-notice")))
                        (link("/legal/privacy", reader.say("legal-privacy")))
                    }
                }
                nav aria-labelledby="foot-language" {
                    h2 #foot-language { (reader.say("foot-language")) }
                    ul { @for locale in Locale::ALL {
                        @let name = match locale { Locale::Fr => "Français", Locale::En => "English" };
                        li { a href=(Reader { locale, ..*reader }.path(reader.here)) hreflang=(locale.code()) lang=(locale.code())
                            aria-current=[(locale == reader.locale).then_some("true")] { (name) } }
                    } }
                }
            }
            p.colophon { (reader.say("foot-colophon")) }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use serde_json::json;

    use super::*;
    use crate::state::Settings;

    #[test]
    fn a_title_that_closes_the_script_stays_inside_it() {
        let settings = Settings::demo("http://127.0.0.1:1", "http://127.0.0.1:2");
        let reader = Reader::new(Locale::En, &settings, "/");
        let title = "</script><script>alert(1)</script><!-- <script>";
        let page = Page {
            data: vec![json!({ "name": title })],
            ..Page::public(title, "/books/1")
        };
        let html = document(&reader, &page, html! {}).into_string();
        let (before, after) = html
            .split_once("<script type=\"application/ld+json\">")
            .unwrap();
        let (data, after) = after.split_once("</script>").unwrap();
        let data: Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["name"], title);
        assert!(
            !before.contains("<script>") && !after.contains("<script"),
            "{html}"
        );
    }
}
