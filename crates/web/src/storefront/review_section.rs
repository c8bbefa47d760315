//! The part of a book's page with what is written about the book: editorial reviews, then readers', the two never
//! mixed, in the order and the language that the address asks for.

use std::collections::BTreeMap;

use catalogue::model::{Edition, Language, Review, Text, TextKind};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use shop::reviews::ReviewId;
use shop::reviews::editorial::Editorial;
use trade::locale;

use super::parts::{paragraphs, published, stars};
use super::reader::Reader;
use crate::reviews::Voices;

/// Reviews in sight; the others of the page are folded away, so that the facts stay near.
const AT_ONCE: usize = 3;
/// Reviews on the page of a book, and on the page of who asks for them.
const ON_THE_PAGE: usize = 12;
const ASKED_FOR: usize = 100;

/// The order of readers' reviews.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// Newest first.
    #[default]
    Date,
    /// Most votes first.
    Helpful,
    /// Best first.
    Rating,
}

impl Order {
    const ALL: [Order; 3] = [Order::Date, Order::Helpful, Order::Rating];

    const fn code(self) -> &'static str {
        match self {
            Order::Date => "date",
            Order::Helpful => "helpful",
            Order::Rating => "rating",
        }
    }
}

/// What the address asks for, as typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    reviews: String,
    language: String,
}

/// What is asked for: an order, and perhaps one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Choice {
    order: Option<Order>,
    language: Option<Language>,
}

impl Choice {
    /// Reads the address. A language in which nothing is written counts as none, so that pages are kept only for
    /// addresses that mean something.
    pub fn read(asked: &Asked, made_up: &[Review], voices: &Voices) -> Choice {
        let order = Order::ALL
            .into_iter()
            .find(|order| order.code() == asked.reviews);
        let language = Language::parse(&asked.language).ok().filter(|language| {
            made_up.iter().any(|review| review.language == *language)
                || voices
                    .readers
                    .iter()
                    .any(|voice| voice.review.language == *language)
        });
        Choice { order, language }
    }
}

/// A reader's review as the page shows it.
struct Shown<'a> {
    /// Its number; a made-up review has none, and nobody votes on it.
    id: Option<ReviewId>,
    rating: u8,
    title: &'a str,
    body: &'a str,
    signature: &'a str,
    language: Language,
    published: Date,
    experienced: Option<Date>,
    bought: bool,
    helpful: u32,
    generated: bool,
}

/// All that is written about a book.
pub struct Section<'a> {
    path: &'a str,
    edition: &'a Edition,
    editorial: &'a [Editorial],
    readers: Vec<Shown<'a>>,
    choice: Choice,
}

impl<'a> Section<'a> {
    /// The section of the page at `path`.
    pub fn new(
        path: &'a str,
        edition: &'a Edition,
        made_up: &'a [Review],
        voices: &'a Voices,
        choice: Choice,
    ) -> Section<'a> {
        let real = voices.readers.iter().map(|voice| Shown {
            id: Some(voice.review.id),
            rating: voice.review.rating,
            title: &voice.review.title,
            body: &voice.review.body,
            signature: &voice.review.signature,
            language: voice.review.language,
            published: voice.review.published,
            experienced: Some(voice.review.experienced),
            bought: voice.bought,
            helpful: voice.review.helpful,
            generated: false,
        });
        let filed = made_up.iter().map(|review| Shown {
            id: None,
            rating: review.rating,
            title: &review.title,
            body: &review.body,
            signature: &review.author,
            language: review.language,
            published: review.written,
            experienced: None,
            bought: false,
            helpful: 0,
            generated: review.generated,
        });
        let mut readers: Vec<Shown<'a>> = real.chain(filed).collect();
        let newest = |shown: &Shown<'_>| std::cmp::Reverse((shown.published, shown.id));
        match choice.order.unwrap_or_default() {
            Order::Date => readers.sort_by_key(newest),
            Order::Helpful => {
                readers.sort_by_key(|shown| (std::cmp::Reverse(shown.helpful), newest(shown)));
            }
            Order::Rating => {
                readers.sort_by_key(|shown| (std::cmp::Reverse(shown.rating), newest(shown)));
            }
        }
        Section {
            path,
            edition,
            editorial: &voices.editorial,
            readers,
            choice,
        }
    }

    /// The ratings that count: those of real reviews; where all are made up, theirs.
    fn counted(&self) -> impl Iterator<Item = u8> + '_ {
        let any_real = self.readers.iter().any(|shown| !shown.generated);
        self.readers
            .iter()
            .filter(move |shown| !(any_real && shown.generated))
            .map(|shown| shown.rating)
    }

    /// How many ratings count, and their mean in tenths; none without any.
    pub fn mean(&self) -> Option<(usize, u32)> {
        mean_tenths(self.counted())
    }

    /// The same of real reviews alone: made-up ones stay out of what machines read.
    pub fn real_mean(&self) -> Option<(usize, u32)> {
        let real = self.readers.iter().filter(|shown| !shown.generated);
        mean_tenths(real.map(|shown| shown.rating))
    }

    fn languages(&self) -> Vec<Language> {
        let mut languages: Vec<Language> =
            self.readers.iter().map(|shown| shown.language).collect();
        languages.sort_by(|one, other| one.code().cmp(other.code()));
        languages.dedup();
        languages
    }

    fn address(&self, reader: &Reader<'_>, order: Order, language: Option<Language>) -> String {
        let language = language.map_or(String::new(), |language| {
            format!("&language={}", language.bcp47())
        });
        let page = reader.path(self.path);
        format!("{page}?reviews={}{language}#reviews", order.code())
    }
}

/// How many, and their mean in tenths.
fn mean_tenths(ratings: impl Iterator<Item = u8>) -> Option<(usize, u32)> {
    let (count, sum) = ratings.fold((0_u32, 0_u32), |(count, sum), rating| {
        (count + 1, sum + u32::from(rating))
    });
    (count > 0).then(|| (count as usize, (sum * 10 + count / 2) / count))
}

/// Both parts.
pub fn section(reader: &Reader<'_>, section: &Section<'_>) -> Markup {
    html! {
        (editorial(reader, section))
        section.part-of aria-labelledby="reviews" {
            h2 #reviews { (reader.say("reviews")) }
            // C6: how reviews are checked, how they are sorted.
            p.small.muted { (reader.say("reviews-checked")) " " a href=(reader.path("/legal/reviews")) { (reader.say("legal-reviews")) } }
            p.actions { a href=(reader.path(&format!("/editions/{}/review", section.edition.id))) rel="nofollow" { (reader.say("review-write")) } }
            @if section.readers.is_empty() { p.muted { (reader.say("reviews-none")) } }
            @else { (readers(reader, section)) }
        }
    }
}

fn editorial(reader: &Reader<'_>, section: &Section<'_>) -> Markup {
    let sent = || {
        let texts = section.edition.texts.iter();
        texts.filter(|text| text.kind == TextKind::Review)
    };
    html! {
        @if !section.editorial.is_empty() || sent().next().is_some() {
            section.part-of aria-labelledby="editorial" {
                h2 #editorial { (reader.say("editorial")) }
                div.reviews {
                    @for one in section.editorial { (one_editorial(reader, one)) }
                    @for text in sent() { (sent_editorial(reader, section.edition, text)) }
                }
            }
        }
    }
}

fn one_editorial(reader: &Reader<'_>, one: &Editorial) -> Markup {
    let text = &one.text;
    html! {
        article.review {
            blockquote.prose lang=[foreign(reader, text.language)] { (paragraphs(&text.body)) }
            p.small { (text.author) ", " cite { (text.source) } ", " (day(reader, text.written)) (in_language(reader, text.language)) }
        }
    }
}

/// A review that came with the publisher's record, with what that says of its author, its source and its day.
fn sent_editorial(reader: &Reader<'_>, edition: &Edition, text: &Text) -> Markup {
    html! {
        article.review {
            blockquote.prose lang=[text.language.and_then(|language| foreign(reader, language))] { (paragraphs(&text.body)) }
            p.small {
                @if let Some(cited) = &text.cited {
                    @if let Some(author) = &cited.author { (author) ", " }
                    @if let Some(source) = &cited.source { cite { (source) } ", " }
                    @if let Some(date) = cited.published { (published(reader, date)) ", " }
                }
                @if edition.generated { (reader.say("review-generated")) } @else { (reader.say("editorial-sent")) }
                @if let Some(language) = text.language { (in_language(reader, language)) }
            }
        }
    }
}

fn readers(reader: &Reader<'_>, section: &Section<'_>) -> Markup {
    let Choice { order, language } = section.choice;
    let room = if section.choice == Choice::default() {
        ON_THE_PAGE
    } else {
        ASKED_FOR
    };
    let wanted = section
        .readers
        .iter()
        .filter(|shown| language.is_none_or(|language| shown.language == language));
    let shown: Vec<&Shown<'_>> = wanted.take(room).collect();
    let in_sight = if order.is_some() {
        shown.len()
    } else {
        AT_ONCE
    };
    let (first, more) = shown.split_at(shown.len().min(in_sight));
    html! {
        (histogram(reader, section))
        (sorts(reader, section))
        div.reviews { @for review in first { (one_review(reader, review)) } }
        @if !more.is_empty() {
            details.more {
                summary { (reader.count("reviews-more", more.len() as u64)) }
                div.reviews { @for review in more { (one_review(reader, review)) } }
            }
        }
        @if order.is_none() && section.readers.len() > shown.len() {
            p { a href=(section.address(reader, Order::Date, language)) rel="nofollow" { (reader.say("reviews-all")) } }
        }
    }
}

fn histogram(reader: &Reader<'_>, section: &Section<'_>) -> Markup {
    let mut counts: BTreeMap<u8, u64> = BTreeMap::new();
    for rating in section.counted() {
        *counts.entry(rating).or_default() += 1;
    }
    let parts: Vec<String> = counts
        .iter()
        .rev()
        .map(|(stars, count)| format!("{}\u{a0}★\u{a0}{}", stars, reader.number(*count)))
        .collect();
    html! { p.muted aria-hidden="true" { (parts.join("  ·  ")) } }
}

/// The orders, and the languages when there are several. One review needs neither.
fn sorts(reader: &Reader<'_>, section: &Section<'_>) -> Markup {
    if section.readers.len() < 2 {
        return html! {};
    }
    let now = section.choice.order.unwrap_or_default();
    let language = section.choice.language;
    let languages = section.languages();
    let link = |words: &str, here: bool, to: String| {
        html! { a href=(to) rel="nofollow" aria-current=[here.then_some("true")] { (words) } }
    };
    html! {
        nav.sorts aria-label=(reader.say("reviews-sort")) {
            span.muted { (reader.say("reviews-sort")) }
            @for order in Order::ALL {
                (link(reader.one_of("reviews-by", order.code()), order == now, section.address(reader, order, language)))
            }
        }
        @if languages.len() > 1 {
            nav.sorts aria-label=(reader.say("reviews-language")) {
                span.muted { (reader.say("reviews-language")) }
                (link(reader.say("reviews-language-all"), language.is_none(), section.address(reader, now, None)))
                @for one in languages {
                    (link(&one.name(reader.locale), language == Some(one), section.address(reader, now, Some(one))))
                }
            }
        }
    }
}

fn one_review(reader: &Reader<'_>, review: &Shown<'_>) -> Markup {
    html! {
        article.review id=[review.id.map(|id| format!("review-{id}"))] {
            p { (stars(reader, review.rating)) }
            div lang=[foreign(reader, review.language)] {
                h3 { (review.title) }
                blockquote.prose { (paragraphs(review.body)) }
            }
            p.small {
                (review.signature) ", " (day(reader, review.published))
                @if let Some(read) = review.experienced { ", " (reader.tell("review-experienced", &[("day", locale::format_date(read, reader.locale).into())])) }
                " · " (mark(reader, review)) (in_language(reader, review.language))
            }
            @if let Some(id) = review.id { (voices(reader, review, id)) }
        }
    }
}

/// What is known of where the review comes from; every review says one of the three.
fn mark(reader: &Reader<'_>, review: &Shown<'_>) -> &'static str {
    match (review.generated, review.bought) {
        (true, _) => reader.say("review-generated"),
        (false, true) => reader.say("review-bought"),
        (false, false) => reader.say("review-not-bought"),
    }
}

fn voices(reader: &Reader<'_>, review: &Shown<'_>, id: ReviewId) -> Markup {
    html! {
        div.voices {
            @if review.helpful > 0 { span.small.muted { (reader.count("review-helped", u64::from(review.helpful))) } }
            form action=(reader.path(&format!("/reviews/{id}/helpful"))) method="post" {
                button.button.link type="submit" { (reader.say("review-helpful")) span.sr { (reader.colon()) " " (review.title) } }
            }
            a.small href=(reader.path(&format!("/reviews/{id}/report"))) rel="nofollow" { (reader.say("review-report")) span.sr { (reader.colon()) " " (review.title) } }
        }
    }
}

fn day(reader: &Reader<'_>, day: Date) -> Markup {
    html! { time datetime=(day) { (locale::format_date(day, reader.locale)) } }
}

/// Says the language of a text that is not in the language of the page.
fn in_language(reader: &Reader<'_>, language: Language) -> Markup {
    html! { @if foreign(reader, language).is_some() { " · " (reader.tell("review-in-language", &[("language", language.name(reader.locale).into_owned().into())])) } }
}

fn foreign(reader: &Reader<'_>, language: Language) -> Option<String> {
    let code = language.bcp47();
    (code != reader.locale.code()).then(|| code.into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;
    use shop::reviews::Published;
    use trade::clock::Timestamp;
    use trade::ids::EditionId;
    use trade::locale::Locale;

    use super::*;
    use crate::reviews::Voice;
    use crate::state::Settings;

    fn voice(id: i64, rating: u8, helpful: u32, language: Language) -> Voice {
        Voice {
            review: Published {
                id: ReviewId(id),
                rating,
                title: format!("title {id}"),
                body: "body".into(),
                signature: "J.".into(),
                language,
                experienced: date(2026, 10, 1),
                published: date(2026, 11, 1),
                helpful,
                changed: Timestamp::micros(0),
            },
            bought: id == 1,
        }
    }

    fn made_up() -> Review {
        Review {
            id: 9,
            edition: EditionId(1),
            rating: 1,
            title: "made up".into(),
            body: "body".into(),
            author: "Z.".into(),
            language: Language::FRENCH,
            written: date(2026, 10, 1),
            generated: true,
        }
    }

    fn voices() -> Voices {
        Voices {
            readers: vec![
                voice(1, 3, 7, Language::FRENCH),
                voice(2, 5, 0, Language::ENGLISH),
                voice(3, 4, 0, Language::FRENCH),
            ],
            ..Voices::default()
        }
    }

    /// Titles in the order of the page.
    fn titles(reviews: &str, language: &str) -> Vec<String> {
        let (voices, made_up, edition) = (voices(), [made_up()], Edition::titled("Nadja"));
        let asked = Asked {
            reviews: reviews.into(),
            language: language.into(),
        };
        let choice = Choice::read(&asked, &made_up, &voices);
        let all = Section::new("/books/1", &edition, &made_up, &voices, choice);
        let settings = Settings::demo("http://127.0.0.1:1", "http://127.0.0.1:2");
        let page = section(&Reader::new(Locale::Fr, &settings, "/books/1"), &all).into_string();
        let titles = page.split("<h3>").skip(1);
        titles
            .filter_map(|rest| rest.split('<').next())
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn c6_every_order_and_language_shows_what_it_says() {
        let newest = ["title 3", "title 2", "title 1", "made up"];
        assert_eq!(titles("", ""), newest);
        assert_eq!(titles("date", "tlh"), newest, "nobody wrote in Klingon");
        assert_eq!(
            titles("helpful", ""),
            ["title 1", "title 3", "title 2", "made up"]
        );
        assert_eq!(
            titles("rating", ""),
            ["title 2", "title 3", "title 1", "made up"]
        );
        assert_eq!(titles("date", "en"), ["title 2"]);
    }

    #[test]
    fn c6_made_up_reviews_count_in_no_mean_of_real_ones_and_in_no_data() {
        let edition = Edition::titled("Nadja");
        let (made_up, nobody, somebody) = ([made_up()], Voices::default(), voices());
        let choice = Choice::default();
        let section = Section::new("/books/1", &edition, &made_up, &nobody, choice);
        assert_eq!((section.mean(), section.real_mean()), (Some((1, 10)), None));
        let section = Section::new("/books/1", &edition, &made_up, &somebody, choice);
        assert_eq!(section.mean(), Some((3, 40)));
        assert_eq!(section.real_mean(), Some((3, 40)));
        assert_eq!(mean_tenths([4, 5, 5].into_iter()), Some((3, 47)));
        assert_eq!(mean_tenths([].into_iter()), None);
    }
}
