//! The page of a book: cover, people, price and delivery, then summary, facts, other editions, reviews, and what
//! belongs beside it.

use ::search::{Aisle, Name};
use catalogue::model::{Edition, Form, Goods, Series};
use catalogue::subject::Topics;
use catalogue::thema::Thema;
use jiff::civil::Date;
use maud::{Markup, html};
use shop::display::picks::Pick;
use trade::contributor::ContributorRole;
use trade::delivery::{DeliveryMethod, Tariff};
use trade::limits;
use trade::locale;
use trade::money::Money;
use trade::price::PriceRegime;

use super::aisle::{self, aisle_path};
use super::book_data;
use super::display;
use super::heading::Heading;
use super::home::subject_path;
use super::layout::{Page, document};
use super::parts::{
    Plate, Shown, availability, book_path, cover, cover_address, foreign, paragraphs,
    promise_words, published,
};
use super::reader::Reader;
use super::related::{self, Related};
use super::review_section::{Section, section};

/// Characters of the summary that search engines are given.
const DESCRIPTION_CHARS: usize = 155;

/// What the page of a book shows.
pub struct View<'a> {
    /// Its canonical path.
    pub path: &'a str,
    /// The book.
    pub book: Shown<'a>,
    /// Other editions of the work.
    pub others: Vec<Shown<'a>>,
    /// What booksellers say who picked it.
    pub picks: &'a [&'a Pick],
    /// What is written about it.
    pub reviews: Section<'a>,
    /// What stands beside it.
    pub related: Related,
    /// The fee for this book alone, sent by post; none when nothing is sent.
    pub delivery_fee: Option<Money>,
    /// The day the page is made for.
    pub today: Date,
}

/// What one copy alone costs to be sent.
pub fn delivery_fee(edition: &Edition, tariff: &Tariff, today: Date) -> Option<Money> {
    let price = edition.price.filter(|_| edition.goods.is_shipped())?;
    Some(tariff.fee(
        &[(edition.goods, price.amount)],
        DeliveryMethod::Post,
        today,
    ))
}

/// The page.
pub fn page(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    let edition = view.book.edition;
    let title = match edition.byline() {
        nobody if nobody.is_empty() => edition.title.clone(),
        people => format!("{}, {people}", edition.title),
    };
    let description = edition
        .summary(reader.locale)
        .map(|summary| shortened(&summary.body));
    let mut about = Page::public(&title, view.path);
    about.description = description.as_deref();
    let image = format!(
        "{}{}",
        reader.settings.public_url,
        cover_address(reader, edition)
    );
    // Machines that show links draw no SVG.
    about.image = reader.picture(edition.id).map(|_| image.as_str());
    about.data = vec![book_data::book(reader, view)];
    document(
        reader,
        &about,
        html! {
            (crumbs(reader, edition))
            article.book {
                div.plate { (cover(reader, edition, Plate::Large)) }
                div {
                    (head(reader, view))
                    (offers(reader, view))
                    (summary(reader, edition))
                    (display::of_book(reader, view.picks))
                    (section(reader, &view.reviews))
                    (facts(reader, edition))
                    (other_editions(reader, &view.others))
                }
            }
            (related::shelves(reader, edition, &view.related))
        },
    )
}

fn crumbs(reader: &Reader<'_>, edition: &Edition) -> Markup {
    html! {
        nav.crumbs aria-label=(reader.say("crumbs")) {
            ol {
                li { a href=(reader.path("/")) { (reader.settings.shop_name) } }
                @if let Some(subject) = edition.subject() {
                    li { a href=(reader.path(&subject_path(subject))) { (subject.heading(reader.locale)) } }
                }
                li aria-current="page" { (edition.title) }
            }
        }
    }
}

fn head(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    let edition = view.book.edition;
    html! {
        header.head {
            h1 lang=[foreign(edition, reader.locale)] { (edition.title) }
            @if let Some(subtitle) = &edition.subtitle { p.subtitle lang=[foreign(edition, reader.locale)] { (subtitle) } }
            (people(reader, edition))
            @if let Some(series) = &edition.series { p.part { (series_link(reader, series)) } }
            @if let Some((count, tenths)) = view.reviews.mean() { (rating(reader, tenths, count)) }
            @if edition.generated { p { span.mark { (reader.say("book-generated")) } } }
        }
    }
}

fn people(reader: &Reader<'_>, edition: &Edition) -> Markup {
    html! {
        ul.people { @for person in &edition.contributors {
            @let author = person.role == ContributorRole::Author;
            li.lead[author] {
                @if !author { span.muted { (reader.one_of("role", person.role.code())) (reader.colon()) } " " }
                (aisle::link(reader, Aisle::Contributor, &person.name))
            }
        } }
    }
}

fn series_link(reader: &Reader<'_>, series: &Series) -> Markup {
    let words = series_words(reader, series);
    html! {
        @match Name::of(&series.title).map(Aisle::Series) {
            Some(aisle) => a href=(reader.path(&aisle_path(&aisle))) { (words) },
            None => (words),
        }
    }
}

/// "Les Rougon-Macquart, tome 3".
pub fn series_words(reader: &Reader<'_>, series: &Series) -> String {
    match &series.volume {
        Some(volume) => reader.tell(
            "series-volume",
            &[
                ("title", series.title.as_str().into()),
                ("volume", volume.as_str().into()),
            ],
        ),
        None => series.title.clone(),
    }
}

fn rating(reader: &Reader<'_>, tenths: u32, count: usize) -> Markup {
    let whole = u8::try_from((tenths + 5) / 10).unwrap_or(0);
    let mean = match reader.locale {
        locale::Locale::Fr => format!("{},{}", tenths / 10, tenths % 10),
        locale::Locale::En => format!("{}.{}", tenths / 10, tenths % 10),
    };
    html! {
        p.rate {
            span.stars aria-hidden="true" { ("★".repeat(usize::from(whole))) ("☆".repeat(5_usize.saturating_sub(usize::from(whole)))) } " "
            (reader.tell("rating-mean", &[("mean", mean.into())])) " · "
            a href="#reviews" { (reader.count("reviews-count", count as u64)) }
        }
    }
}

fn offers(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    let edition = view.book.edition;
    let files = view
        .others
        .iter()
        .filter(|other| other.edition.goods == Goods::Ebook && other.edition.price.is_some());
    html! {
        section.offers aria-label=(reader.say("offers")) {
            div.offer {
                span.label { (offer_label(reader, edition)) }
                @match edition.price {
                    Some(price) => span.price { (reader.money(price.amount)) },
                    None => span.muted { (reader.say("price-none")) },
                }
                (availability(reader, view.book.promise))
                @if edition.price.is_some_and(|price| price.regime == PriceRegime::FixedFr) { p.law { (reader.say("price-law")) } }
            }
            @if view.book.promise.buyable() {
                form action=(reader.path("/cart")) method="post" {
                    input type="hidden" name="edition" value=(edition.id);
                    div {
                        label.sr for="quantity" { (reader.say("quantity")) }
                        input #quantity type="number" name="quantity" value="1" min="1" max=(limits::LINE_QUANTITY) inputmode="numeric" autocomplete="off";
                    }
                    button.button type="submit" { (reader.say("add-to-basket")) }
                }
                p.promise { (promise_sentence(reader, view)) " " a href=(reader.path("/legal/delivery")) { (reader.say("legal-delivery")) } }
            } @else { p.promise { (reader.say("book-not-buyable")) } }
            @for other in files {
                div.offer.other {
                    a.label href=(reader.path(&book_path(other.edition))) { (offer_label(reader, other.edition)) }
                    @if let Some(price) = other.edition.price { span.price.num { (reader.money(price.amount)) } }
                }
            }
        }
    }
}

/// New, used or a file, and the binding: never to be confused (F12).
fn offer_label(reader: &Reader<'_>, edition: &Edition) -> String {
    let goods = match edition.goods {
        Goods::NewBook => reader.say("goods-new"),
        Goods::UsedBook => reader.say("goods-used"),
        Goods::Ebook => return reader.say("goods-ebook").to_owned(),
        Goods::Other => return reader.say("goods-other").to_owned(),
    };
    match edition.form {
        Form::Other => goods.to_owned(),
        form => format!(
            "{goods}, {}",
            reader.one_of("form", form.code()).to_lowercase()
        ),
    }
}

/// Date and fee in one sentence.
fn promise_sentence(reader: &Reader<'_>, view: &View<'_>) -> String {
    let day = view
        .book
        .promise
        .arrives(view.today)
        .map(|day| locale::format_date(day, reader.locale));
    match (day, view.delivery_fee) {
        (Some(day), Some(fee)) => reader.tell(
            "delivery-sentence",
            &[("day", day.into()), ("fee", reader.money(fee).into())],
        ),
        _ => promise_words(reader, view.book.promise),
    }
}

fn summary(reader: &Reader<'_>, edition: &Edition) -> Markup {
    html! {
        @if let Some(text) = edition.summary(reader.locale) {
            @let language = text.language.map(|language| language.bcp47().into_owned());
            section.part-of aria-labelledby="summary" {
                h2 #summary { (reader.say("summary")) }
                div.reading lang=[language.filter(|code| code != reader.locale.code())] { (paragraphs(&text.body)) }
            }
        }
    }
}

fn facts(reader: &Reader<'_>, edition: &Edition) -> Markup {
    let mut rows: Vec<(&'static str, Markup)> = Vec::new();
    if let Some(publisher) = &edition.publisher {
        let link = aisle::link(reader, Aisle::Publisher, publisher);
        rows.push((reader.say("fact-publisher"), link));
    }
    let mut row = |name, value: Option<String>| {
        rows.extend(value.map(|value| (name, html! { (value) })));
    };
    row(reader.say("fact-original"), edition.original_title.clone());
    row(reader.say("fact-collection"), edition.collection.clone());
    row(
        reader.say("fact-published"),
        edition.published.map(|date| published(reader, date)),
    );
    row(
        reader.say("fact-form"),
        (edition.form != Form::Other)
            .then(|| reader.one_of("form", edition.form.code()).to_owned()),
    );
    row(
        reader.say("fact-pages"),
        edition.pages.map(|pages| reader.number(u64::from(pages))),
    );
    row(
        reader.say("fact-language"),
        edition
            .language
            .map(|language| language.name(reader.locale).into_owned()),
    );
    row("ISBN", edition.isbn.map(|isbn| isbn.hyphenated()));
    // C7: who answers for the product's safety, as far as the supplier said.
    row(
        reader.say("fact-safety"),
        edition.publisher.as_ref().map(|name| {
            reader.tell(
                "fact-safety-publisher",
                &[("publisher", name.as_str().into())],
            )
        }),
    );
    let topics = Topics::of(&edition.subjects);
    let heading = match topics {
        Topics::Sent(_) => reader.say("fact-subjects"),
        Topics::Derived(_) => reader.say("fact-subjects-derived"),
    };
    if !topics.themas().is_empty() {
        rows.push((heading, subject_links(reader, topics.themas())));
    }
    html! {
        section.part-of aria-labelledby="facts" {
            h2 #facts { (reader.say("facts")) }
            dl.facts { @for (name, value) in rows { div { dt { (name) } dd { (value) } } } }
        }
    }
}

fn subject_links(reader: &Reader<'_>, subjects: &[Thema]) -> Markup {
    html! {
        ul { @for thema in subjects {
            li {
                // Qualifiers only narrow the subjects beside them.
                @if thema.is_qualifier() { (Heading::of(reader, *thema)) }
                @else { a href=(reader.path(&aisle_path(&Aisle::Subject(*thema)))) { (Heading::of(reader, *thema)) } }
            }
        } }
    }
}

fn other_editions(reader: &Reader<'_>, others: &[Shown<'_>]) -> Markup {
    html! {
        @if !others.is_empty() {
            section.part-of aria-labelledby="editions" {
                h2 #editions { (reader.say("other-editions")) }
                table.lines {
                    thead { tr {
                        th scope="col" { (reader.say("edition")) } th scope="col" { (reader.say("availability")) } th.num scope="col" { (reader.say("price")) }
                    } }
                    tbody { @for other in others { (other_edition(reader, other)) } }
                }
            }
        }
    }
}

fn other_edition(reader: &Reader<'_>, other: &Shown<'_>) -> Markup {
    let edition = other.edition;
    let facts = [
        edition.publisher.clone(),
        edition.published.map(|date| date.year.to_string()),
        edition
            .language
            .map(|language| language.name(reader.locale).into_owned()),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    html! {
        tr {
            td { a href=(reader.path(&book_path(edition))) { (offer_label(reader, edition)) } br; span.small.muted { (facts.join(", ")) } }
            td.small { (promise_words(reader, other.promise)) }
            td.num { @if let Some(price) = edition.price { (reader.money(price.amount)) } @else { "–" } }
        }
    }
}

/// The first sentences, cut between words.
fn shortened(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= DESCRIPTION_CHARS {
        return text;
    }
    let cut: String = text.chars().take(DESCRIPTION_CHARS).collect();
    format!(
        "{}…",
        cut.rsplit_once(' ')
            .map_or(cut.as_str(), |(words, _)| words)
    )
}
