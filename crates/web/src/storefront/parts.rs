//! Parts that several pages are made of: covers, book cards, shelves, words for availability.

use catalogue::covers::Picture;
use catalogue::covers::picture::Format;
use catalogue::model::{Edition, PublicationDate};
use jiff::civil::Date;
use maud::{Markup, html};
use trade::availability::Availability;
use trade::isbn::Isbn13;
use trade::locale::{self, Locale};

use super::reader::Reader;
use crate::stock::Promise;

/// Width and height that drawn covers are announced with; the style sheet scales them.
const COVER_SIZE: (u32, u32) = (240, 360);

/// How a cover is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plate {
    /// Among others, loaded at once.
    Listed,
    /// Among others, loaded when it is scrolled to.
    Lazy,
    /// On the book's own page.
    Large,
}

impl Plate {
    /// The width of its box on the widest screens, which the style sheet sets; browsers choose the file by it.
    fn width(self) -> &'static str {
        match self {
            Plate::Listed | Plate::Lazy => "152px",
            Plate::Large => "250px",
        }
    }

    /// [`Plate::Lazy`] or [`Plate::Listed`].
    pub fn listed(lazy: bool) -> Plate {
        match lazy {
            true => Plate::Lazy,
            false => Plate::Listed,
        }
    }
}

/// The page of an edition, without language.
pub fn book_path(edition: &Edition) -> String {
    match edition.isbn {
        Some(isbn) => isbn_path(isbn),
        None => format!("/editions/{}", edition.id),
    }
}

/// The page of an ISBN, without language.
pub fn isbn_path(isbn: Isbn13) -> String {
    format!("/books/{isbn}")
}

/// The address of an edition's cover as one picture: the supplier's in its largest width, or the drawn one.
pub fn cover_address(reader: &Reader<'_>, edition: &Edition) -> String {
    match reader.picture(edition.id) {
        Some(picture) => largest_address(&picture),
        None => drawn_address(edition),
    }
}

fn largest_address(picture: &Picture) -> String {
    format!("/covers/{}", picture.file(picture.largest(), Format::Jpeg))
}

/// The address of a drawn cover; it changes when what is printed on the cover does, so it can be kept for ever.
fn drawn_address(edition: &Edition) -> String {
    let printed = [
        edition.title.as_str(),
        &edition.byline(),
        edition.publisher.as_deref().unwrap_or_default(),
    ];
    // FNV-1a, 32 bits: the same in every process and release.
    let hash = printed
        .iter()
        .flat_map(|text| text.bytes())
        .fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
    format!("/covers/{}.svg?v={hash:08x}", edition.id)
}

/// A cover in its box. It is decoration beside the printed title: screen readers are spared it.
pub fn cover(reader: &Reader<'_>, edition: &Edition, plate: Plate) -> Markup {
    let lazy = (plate == Plate::Lazy).then_some("lazy");
    let Some(picture) = reader.picture(edition.id) else {
        let (width, height) = COVER_SIZE;
        return html! { img.cover src=(drawn_address(edition)) alt="" width=(width) height=(height) loading=[lazy] decoding="async"; };
    };
    let width = picture.largest();
    html! {
        picture {
            source type=(Format::WebP.media_type()) srcset=(widths_of(&picture)) sizes=(plate.width());
            img.cover src=(largest_address(&picture)) alt="" width=(width) height=(picture.height_at(width)) loading=[lazy] decoding="async";
        }
    }
}

fn widths_of(picture: &Picture) -> String {
    let each = picture.widths().map(|width| {
        let file = picture.file(width, Format::WebP);
        format!("/covers/{file} {width}w")
    });
    each.collect::<Vec<_>>().join(", ")
}

/// A book with what a card says of getting it.
pub struct Shown<'a> {
    /// The book.
    pub edition: &'a Edition,
    /// How soon it can be had.
    pub promise: Promise,
}

/// Cover, title in at most two lines, author, price, availability in words.
pub fn card(reader: &Reader<'_>, book: &Shown<'_>, lazy: bool) -> Markup {
    let edition = book.edition;
    html! {
        article.card {
            (cover(reader, edition, Plate::listed(lazy)))
            h3.title { a href=(reader.path(&book_path(edition))) lang=[foreign(edition, reader.locale)] { (edition.title) } }
            p.by { (edition.byline()) }
            (price_line(reader, edition))
            (availability(reader, book.promise))
        }
    }
}

/// The price, or nothing where there is none.
pub fn price_line(reader: &Reader<'_>, edition: &Edition) -> Markup {
    html! { @if let Some(price) = edition.price { p.price.num { (reader.money(price.amount)) } } }
}

/// Availability in words; the colour only repeats them.
pub fn availability(reader: &Reader<'_>, promise: Promise) -> Markup {
    let class = match promise {
        Promise::OnTheShelf => "avail ready",
        _ if promise.buyable() => "avail",
        _ => "avail off",
    };
    html! { p class=(class) { (promise_words(reader, promise)) } }
}

/// How soon a book can be had.
pub fn promise_words(reader: &Reader<'_>, promise: Promise) -> String {
    match promise {
        Promise::OnTheShelf => reader.say("avail-shelf").to_owned(),
        Promise::AtTheSupplier => reader.say("avail-supplier").to_owned(),
        Promise::ToOrder(days) => reader.count("avail-to-order", u64::from(days)),
        Promise::Printed => reader.say("avail-printed").to_owned(),
        Promise::From(day) => reader.on_day("avail-from", day),
        Promise::NotBefore(day) => reader.on_day("avail-not-before", day),
        Promise::SoldOut => reader.say("avail-sold-out").to_owned(),
        Promise::Not(Availability::Forthcoming) => reader.say("avail-forthcoming").to_owned(),
        Promise::Not(Availability::TemporarilyOut) => {
            reader.say("avail-temporarily-out").to_owned()
        }
        Promise::Not(Availability::Unknown) => reader.say("avail-unknown").to_owned(),
        Promise::Not(_) => reader.say("avail-unavailable").to_owned(),
        Promise::NotSold => reader.say("avail-not-sold").to_owned(),
    }
}

/// What stands above a shelf.
#[derive(Clone, Copy)]
pub struct Heading<'a> {
    /// The id of the heading.
    pub id: &'a str,
    /// Its words.
    pub words: &'a str,
    /// Their language, where it is not the page's.
    pub language: Option<Locale>,
    /// The way to the whole list.
    pub all: &'a str,
    /// Why its books stand there, where the heading does not say it.
    pub reason: Option<&'a str>,
}

/// A shelf: a heading, a way to the whole list, covers that scroll sideways.
pub fn shelf(reader: &Reader<'_>, heading: Heading<'_>, books: &[Shown<'_>], lazy: bool) -> Markup {
    let cards = books.iter().map(|book| card(reader, book, lazy));
    shelf_of(reader, heading, cards)
}

/// The same of cards that are made already.
pub fn shelf_of(
    reader: &Reader<'_>,
    heading: Heading<'_>,
    cards: impl Iterator<Item = Markup>,
) -> Markup {
    let Heading {
        id,
        words,
        language,
        all,
        reason,
    } = heading;
    html! {
        section.shelf aria-labelledby=(id) {
            header {
                h2 #(id) lang=[language.map(Locale::code)] { (words) }
                a href=(reader.path(all)) aria-label={ (reader.say("shelf-all")) (reader.colon()) " " (words) } { (reader.say("shelf-all")) }
            }
            @if let Some(reason) = reason { p.small.muted { (reason) } }
            ul.row { @for card in cards { li { (card) } } }
        }
    }
}

/// The language attribute of a title that is not in the page's language.
pub fn foreign(edition: &Edition, page: Locale) -> Option<String> {
    let language = edition.language?.bcp47();
    (language != page.code()).then(|| language.into_owned())
}

/// A date of publication as precise as it is known.
pub fn published(reader: &Reader<'_>, date: PublicationDate) -> String {
    let day = date.month.zip(date.day).and_then(|(month, day)| {
        Date::new(
            date.year,
            i8::try_from(month).ok()?,
            i8::try_from(day).ok()?,
        )
        .ok()
    });
    match (day, date.month.and_then(|month| i8::try_from(month).ok())) {
        (Some(day), _) => locale::format_date(day, reader.locale),
        (None, Some(month)) => {
            format!("{} {}", locale::month_name(month, reader.locale), date.year)
        }
        (None, None) => date.year.to_string(),
    }
}

/// Stars for the eye, words for everybody.
pub fn stars(reader: &Reader<'_>, rating: u8) -> Markup {
    let full = usize::from(rating.min(5));
    html! {
        span.stars aria-hidden="true" { ("★".repeat(full)) ("☆".repeat(5 - full)) } " "
        span.num { (reader.count("rating-of-five", full as u64)) }
    }
}

/// A text of paragraphs separated by empty lines.
pub fn paragraphs(body: &str) -> Markup {
    html! { @for paragraph in body.split("\n\n").filter(|text| !text.trim().is_empty()) { p { (paragraph.trim()) } } }
}
