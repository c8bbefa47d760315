//! The objects of the API. Their names and fields are a promise: a change that a caller could notice is a new
//! version of the path.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A search; everything but the text may be left out.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchParams {
    /// What is looked for: words, a name, an ISBN.
    pub q: String,
    /// Slug of a subject of the shop.
    pub subject: Option<String>,
    /// Language of the text, ISO 639-2/B: `fre`.
    pub language: Option<String>,
    /// `pocket`, `paperback`, `hardback`, `ebook`, `audiobook`, `other`.
    pub form: Option<String>,
    /// `in_stock`, `to_order`, …
    pub availability: Option<String>,
    /// Price band in euro: `10-20`.
    pub price: Option<String>,
    /// First year of a decade: `1990`.
    pub decade: Option<String>,
    /// `relevance`, `newest`, `price-up`, `price-down`, `title`.
    pub sort: Option<String>,
    /// From 1.
    pub page: Option<u32>,
    /// 1 to 100, 20 unless said otherwise.
    pub per_page: Option<u32>,
}

/// What a search found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Found {
    /// Works found.
    pub total: u64,
    /// The page shown, from 1.
    pub page: u32,
    /// Works on a page.
    pub per_page: u32,
    /// The query as it was understood, when that is not how it was typed.
    pub corrected: Option<String>,
    /// One edition of each work.
    pub books: Vec<Book>,
    /// How the editions found divide.
    pub facets: Vec<Facet>,
    /// Microseconds spent searching.
    pub took_us: u64,
}

/// The values of one property among the editions found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Facet {
    /// Name of the parameter that filters by it.
    pub name: &'static str,
    /// Its values, most frequent first.
    pub values: Vec<FacetValue>,
}

/// A value and how many editions have it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FacetValue {
    /// What to send as the parameter.
    pub value: String,
    /// Editions found that have it.
    pub count: u64,
}

/// An edition.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Book {
    /// The shop's number of the edition.
    pub edition: i64,
    /// The shop's number of the work that it is an edition of.
    pub work: i64,
    /// Thirteen digits, if it has an ISBN.
    pub isbn13: Option<String>,
    /// The title.
    pub title: String,
    /// The subtitle.
    pub subtitle: Option<String>,
    /// Who made it, in the order of the title page.
    pub contributors: Vec<Contributor>,
    /// The publisher.
    pub publisher: Option<String>,
    /// The publisher's collection.
    pub collection: Option<String>,
    /// The series.
    pub series: Option<Series>,
    /// Language of the text, as in BCP 47: `fr`.
    pub language: Option<String>,
    /// Year, month or day of publication, as precisely as known: `1942`, `1942-05`, `1942-05-19`.
    pub published: Option<String>,
    /// `pocket`, `paperback`, `hardback`, `ebook`, `audiobook`, `other`.
    pub form: &'static str,
    /// Number of pages.
    pub pages: Option<u32>,
    /// Price in euro cents, VAT included; none when it is not for sale.
    pub price_cents: Option<i64>,
    /// Whether the publisher fixed the price by French law.
    pub price_fixed: bool,
    /// What the supplier says: `in_stock`, `to_order`, `print_on_demand`, `forthcoming`, `temporarily_out`,
    /// `unavailable`, `unknown`.
    pub availability: &'static str,
    /// Copies on the shop's own shelves; none when they are not counted.
    pub on_shelf: Option<u32>,
    /// Whether it can be ordered now.
    pub buyable: bool,
    /// A description, plain text with empty lines between paragraphs.
    pub summary: Option<String>,
    /// Made up for the demo.
    pub generated: bool,
    /// Its page.
    pub url: String,
}

/// Somebody with a part in a book.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Contributor {
    /// As printed on a cover.
    pub name: String,
    /// `author`, `translator`, `illustrator`, `editor`, `preface`, `narrator`, `other`.
    pub role: &'static str,
}

/// A series and the place in it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Series {
    /// Title of the series.
    pub title: String,
    /// The number as printed.
    pub volume: Option<String>,
}

/// A title wanted, by ISBN or by the shop's number.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewLine {
    /// An ISBN in any form.
    #[serde(default)]
    pub isbn: Option<String>,
    /// The shop's number of the edition; goes before the ISBN.
    #[serde(default)]
    pub edition: Option<i64>,
    /// How many; 1 unless said otherwise.
    #[serde(default = "one")]
    pub quantity: u32,
}

fn one() -> u32 {
    1
}

/// A new cart, empty or with lines.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NewCart {
    /// What to put into it.
    pub lines: Vec<NewLine>,
}

/// A cart as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Cart {
    /// Its number. Who knows it may change it.
    pub id: String,
    /// Its lines.
    pub lines: Vec<CartLine>,
    /// Copies in it.
    pub copies: u32,
    /// What can be ordered of it comes to, in euro cents, VAT included.
    pub goods_cents: i64,
    /// Delivery by post to mainland France.
    pub delivery_cents: i64,
    /// Both.
    pub total_cents: i64,
}

/// One title of a cart.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CartLine {
    /// The shop's number of the edition.
    pub edition: i64,
    /// Thirteen digits, if it has an ISBN.
    pub isbn13: Option<String>,
    /// The title.
    pub title: String,
    /// How many.
    pub quantity: u32,
    /// Price of one, in euro cents, VAT included; none when it is not for sale any more.
    pub unit_cents: Option<i64>,
    /// The copies that can be had at most; none when more are ordered from the supplier.
    pub at_most: Option<u32>,
    /// Whether it can be ordered as it stands.
    pub orderable: bool,
}

/// An order: a cart or lines, who it is for, how it goes there.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOrder {
    /// The number of a cart; its lines are ordered, and leave it when the order is paid.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub cart: Option<uuid::Uuid>,
    /// Lines without a cart.
    #[serde(default)]
    pub lines: Vec<NewLine>,
    /// Where the letters about the order go.
    pub email: String,
    /// Where the parcel goes, or who collects it.
    pub address: NewAddress,
    /// `post` or `shop_collection`; by post unless said otherwise.
    #[serde(default)]
    pub delivery: Option<String>,
    /// `fr` or `en`, the language of the letters and of the card page; that of the call unless said otherwise.
    #[serde(default)]
    pub locale: Option<String>,
    /// The total that the buyer was shown, in euro cents. The order is refused when it is another; without it
    /// the order is placed at whatever it comes to.
    #[serde(default)]
    pub total_cents: Option<i64>,
}

/// An address in France or Monaco.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAddress {
    /// Name on the label.
    pub name: String,
    /// Up to three lines.
    pub street: String,
    /// Five digits.
    pub postcode: String,
    /// Town.
    pub city: String,
    /// `FR` or `MC`; France unless said otherwise.
    #[serde(default = "france")]
    pub country: String,
}

fn france() -> String {
    "FR".to_owned()
}

/// An order that stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Order {
    /// Its number: `BQ-7K3M-Q9XZ`.
    pub number: String,
    /// `awaiting_payment`, `confirmed`, `shipped`, `refunded`, `expired`, `cancelled`.
    pub state: &'static str,
    /// What was ordered.
    pub lines: Vec<OrderLine>,
    /// All lines, in euro cents, VAT included.
    pub goods_cents: i64,
    /// The delivery fee.
    pub delivery_cents: i64,
    /// What is charged.
    pub total_cents: i64,
    /// The total by VAT rate.
    pub vat: Vec<VatLine>,
    /// Until when its copies are held while it is not paid, RFC 3339.
    pub hold_until: String,
    /// The card page, when the order waits for a card that this call asked for.
    pub pay_url: Option<String>,
    /// The order's page, which also leads to the card page while it is not paid. The link is a key: keep it.
    pub order_url: String,
}

/// One line of an order.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrderLine {
    /// The shop's number of the edition.
    pub edition: i64,
    /// Thirteen digits, if it has an ISBN.
    pub isbn13: Option<String>,
    /// The title when it was ordered.
    pub title: String,
    /// How many.
    pub quantity: u32,
    /// Price of one, in euro cents, VAT included.
    pub unit_cents: i64,
    /// Price of all.
    pub total_cents: i64,
}

/// Part of a total at one VAT rate.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VatLine {
    /// The rate in hundredths of a percent: 550 is 5.5 %.
    pub rate_basis_points: u32,
    /// Without VAT, in euro cents.
    pub net_cents: i64,
    /// The VAT.
    pub vat_cents: i64,
}

/// What went wrong (RFC 9457), with further members by type: `available`, `now_cents`, `errors`, `reason`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
#[allow(dead_code)]
pub(super) struct ProblemBody {
    /// Stable name of the problem, relative to the shop: `/problems/out-of-stock`.
    pub r#type: String,
    /// One line about it, in the caller's language.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What to do about it.
    pub detail: String,
    /// The number under which the shop's log knows more.
    pub reference: Option<String>,
}
