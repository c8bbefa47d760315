//! The page of the checkout: delivery, contact, address, summary with the button of C3.

use std::sync::Arc;

use catalogue::model::Edition;
use maud::{Markup, html};
use shop::cart::Cart;
use shop::payment::Means;
use shop::pricing::Quote;
use trade::address::{Country, Field, FieldError, FieldProblem};
use trade::delivery::DeliveryMethod;
use trade::ids::OrderNumber;
use trade::limits;
use trade::money::Money;

use super::cart;
use super::checkout::{Typed, field_name};
use super::layout::{Page, document};
use super::means::{self, OfferedMeans};
use super::reader::Reader;

/// What the page of the checkout shows.
pub struct View<'a> {
    /// What is bought.
    pub cart: &'a Cart,
    /// Its editions, line by line.
    pub editions: &'a [Option<Arc<Edition>>],
    /// What it costs, by post and collected; none when nothing can be bought.
    pub quotes: Option<(Quote, Quote)>,
    /// What was typed so far.
    pub typed: &'a Typed,
    /// Fields that are wrong.
    pub errors: Vec<FieldError>,
    /// Why no order was placed.
    pub notice: Option<Notice>,
    /// Whether every line can be ordered.
    pub orderable: bool,
    /// How the order can be paid.
    pub means: Vec<OfferedMeans>,
}

/// Why no order was placed, and what to do.
pub enum Notice {
    /// The total is another one than was shown.
    PriceChanged {
        /// What was shown.
        was: Money,
        /// What it is.
        now: Money,
    },
    /// Somebody was faster.
    OutOfStock {
        /// The book.
        title: String,
        /// Copies left.
        available: u32,
    },
    /// The book cannot be bought any more.
    NotBuyable {
        /// The book.
        title: String,
    },
    /// The shop does not take these means for this delivery.
    MeansNotTaken,
    /// This form has placed an order already, with other words in it.
    AlreadyOrdered {
        /// The order.
        number: OrderNumber,
        /// Its page.
        link: String,
    },
}

/// The page.
pub fn page(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    let title = reader.say("checkout-title");
    document(
        reader,
        &Page::private(title),
        html! {
            h1 { (title) }
            @match &view.quotes {
                Some((post, collect)) if view.orderable => (form(reader, view, post, collect)),
                _ if view.cart.lines.is_empty() => (cart::empty(reader)),
                _ => {
                    (alert(reader, view))
                    div.help {
                        p { (reader.say("basket-put-right")) }
                        p.actions { a.button href=(reader.path("/cart")) { (reader.say("checkout-to-basket")) } }
                    }
                },
            }
        },
    )
}

fn form(reader: &Reader<'_>, view: &View<'_>, post: &Quote, collect: &Quote) -> Markup {
    html! {
        (alert(reader, view))
        @if view.means.iter().any(|offered| offered.means == Means::Card && !offered.open) {
            div.alert role="status" {
                h2 { (reader.say("cards-closed")) }
                p { (reader.say(if view.means.len() > 1 { "cards-closed-others" } else { "cards-closed-words" })) }
            }
        }
        form.checkout action=(reader.path("/checkout")) method="post" novalidate {
            input type="hidden" name="idempotency_key" value=(view.typed.idempotency_key);
            input type="hidden" name="total_shown" value=(post.total.as_cents());
            input type="hidden" name="total_shown_collect" value=(collect.total.as_cents());
            div.fields {
                (delivery(reader, view, post, collect))
                (contact(reader, view))
                (address(reader, view))
                (payment(reader, view))
            }
            (summary(reader, view, post, collect))
            p.peek aria-hidden="true" {
                span { (reader.say("total-with-delivery")) }
                b.num.if-post { (reader.money(post.total)) }
                b.num.if-collect { (reader.money(collect.total)) }
            }
        }
    }
}

/// Everything that is wrong, first on the page and with the focus.
fn alert(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    html! {
        @if let Some(notice) = &view.notice {
            div.alert role="alert" tabindex="-1" autofocus { (notice_words(reader, notice)) }
        }
        @if !view.errors.is_empty() {
            div.alert role="alert" tabindex="-1" autofocus {
                h2 { (reader.count("checkout-errors", view.errors.len() as u64)) }
                ul { @for error in &view.errors {
                    li { a href={ "#" (field_name(error.field)) } {
                        (reader.one_of("field", field_name(error.field))) (reader.colon()) " " (problem_words(reader, error))
                    } }
                } }
            }
        }
    }
}

fn notice_words(reader: &Reader<'_>, notice: &Notice) -> Markup {
    match notice {
        Notice::PriceChanged { was, now } => html! {
            h2 { (reader.say("notice-price")) }
            p { (reader.tell("notice-price-words", &[("was", reader.money(*was).into()), ("now", reader.money(*now).into())])) }
        },
        Notice::OutOfStock { title, available } => html! {
            h2 { (reader.tell("notice-stock", &[("title", title.as_str().into())])) }
            p { (reader.count("notice-stock-words", u64::from(*available))) " " a href=(reader.path("/cart")) { (reader.say("checkout-to-basket")) } }
        },
        Notice::NotBuyable { title } => html! {
            h2 { (reader.tell("notice-gone", &[("title", title.as_str().into())])) }
            p { (reader.say("notice-gone-words")) " " a href=(reader.path("/cart")) { (reader.say("checkout-to-basket")) } }
        },
        Notice::MeansNotTaken => html! {
            h2 { (reader.say("notice-means")) }
            p { (reader.say("notice-means-words")) }
        },
        Notice::AlreadyOrdered { number, link } => html! {
            h2 { (reader.say("notice-already")) }
            p { a href=(link) { (reader.tell("order-heading", &[("number", number.as_str().into())])) } }
            p { (reader.say("notice-already-words")) }
        },
    }
}

fn problem_words(reader: &Reader<'_>, error: &FieldError) -> String {
    match error.problem {
        FieldProblem::Missing => reader.say("field-missing").to_owned(),
        FieldProblem::TooLong { max } => reader.count("field-too-long", max as u64),
        FieldProblem::TooManyLines { max } => reader.count("field-too-many-lines", max as u64),
        FieldProblem::Unprintable => reader.say("field-unprintable").to_owned(),
        FieldProblem::BadPostcode => reader.say("field-bad-postcode").to_owned(),
        FieldProblem::BadEmail => reader.say("field-bad-email").to_owned(),
        FieldProblem::NotDelivered => reader.say("field-not-delivered").to_owned(),
    }
}

fn step(number: u8, legend: &str, inside: Markup) -> Markup {
    html! {
        fieldset.step {
            legend { span.no aria-hidden="true" { (number) } (legend) }
            (inside)
        }
    }
}

fn delivery(reader: &Reader<'_>, view: &View<'_>, post: &Quote, collect: &Quote) -> Markup {
    let chosen = view.typed.method();
    step(
        1,
        reader.say("step-delivery"),
        html! {
            label.choice {
                input #post type="radio" name="delivery" value=(DeliveryMethod::Post.code()) checked[chosen == DeliveryMethod::Post];
                span { b { (reader.say("delivery-post")) } span.small.muted { (reader.say("delivery-post-hint")) } }
                span.num { (fee(reader, post.delivery)) }
            }
            label.choice {
                input #collect type="radio" name="delivery" value=(DeliveryMethod::ShopCollection.code()) checked[chosen == DeliveryMethod::ShopCollection];
                span { b { (reader.say("delivery-collect")) } span.small.muted { (reader.say("delivery-collect-hint")) } }
                span.num { (fee(reader, collect.delivery)) }
            }
        },
    )
}

/// Nothing to pay is said in words.
fn fee(reader: &Reader<'_>, fee: Money) -> String {
    if fee.is_zero() {
        reader.say("free").to_owned()
    } else {
        reader.money(fee)
    }
}

fn contact(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    step(
        2,
        reader.say("step-contact"),
        html! {
            (field(reader, view, Field::Email, &Input { kind: "email", autocomplete: "email", value: &view.typed.email, max: limits::EMAIL_BYTES, hint: Some("hint-email") }))
        },
    )
}

fn address(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    let typed = view.typed;
    step(
        3,
        reader.say("step-address"),
        html! {
            p.small.muted.if-collect { (reader.say("hint-collect-address")) }
            (field(reader, view, Field::Name, &Input { kind: "text", autocomplete: "name", value: &typed.name, max: limits::NAME_CHARS, hint: None }))
            (street(reader, view))
            div.pair {
                (field(reader, view, Field::Postcode, &Input { kind: "text", autocomplete: "postal-code", value: &typed.postcode, max: limits::POSTCODE_CHARS, hint: None }))
                (field(reader, view, Field::City, &Input { kind: "text", autocomplete: "address-level2", value: &typed.city, max: limits::CITY_CHARS, hint: None }))
            }
            (country(reader, view))
        },
    )
}

/// The means are asked for only where there is a choice; a certificate can always be used.
fn payment(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    step(
        4,
        reader.say("step-means"),
        html! {
            @if view.means.len() > 1 { (means::choices(reader, &view.means, view.typed.means())) }
            @else { @for only in &view.means { p { (reader.one_of("means", only.means.code())) } } }
            details open[!view.typed.certificate.is_empty()] {
                summary { (reader.say("certificate-have")) }
                div.field {
                    label for="certificate" { (reader.say("certificate-code")) }
                    p.hint id="certificate-hint" { (reader.say("certificate-code-hint")) }
                    input #certificate type="text" name="certificate" value=(view.typed.certificate) maxlength="40" autocomplete="off"
                        autocapitalize="characters" spellcheck="false" aria-describedby="certificate-hint";
                }
            }
        },
    )
}

/// How a field of one line looks.
struct Input<'a> {
    kind: &'static str,
    autocomplete: &'static str,
    value: &'a str,
    max: usize,
    hint: Option<&'static str>,
}

fn field(reader: &Reader<'_>, view: &View<'_>, field: Field, input: &Input<'_>) -> Markup {
    let name = field_name(field);
    let hint = input
        .hint
        .map(|hint| (format!("{name}-hint"), reader.words().say(hint)));
    let error = error_of(reader, view, field);
    let described = described_by(name, hint.is_some(), error.is_some());
    html! {
        div.field {
            label for=(name) { (reader.one_of("field", name)) }
            @if let Some((id, words)) = &hint { p.hint id=(id) { (words) } }
            input id=(name) type=(input.kind) name=(name) value=(input.value) autocomplete=(input.autocomplete) maxlength=(input.max)
                required aria-invalid=[error.is_some().then_some("true")] aria-describedby=[described];
            (error_line(name, error))
        }
    }
}

/// Streets may have three lines, so this is the one field with room for them.
fn street(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    let name = field_name(Field::Street);
    let error = error_of(reader, view, Field::Street);
    html! {
        div.field {
            label for=(name) { (reader.one_of("field", name)) }
            textarea id=(name) name=(name) rows="2" autocomplete="street-address" maxlength=(limits::STREET_CHARS)
                required aria-invalid=[error.is_some().then_some("true")] aria-describedby=[described_by(name, false, error.is_some())] { (view.typed.street) }
            (error_line(name, error))
        }
    }
}

fn country(reader: &Reader<'_>, view: &View<'_>) -> Markup {
    let name = field_name(Field::Country);
    let error = error_of(reader, view, Field::Country);
    html! {
        div.field {
            label for=(name) { (reader.one_of("field", name)) }
            select id=(name) name=(name) autocomplete="country" aria-describedby=[described_by(name, false, error.is_some())] {
                @for country in Country::ALL {
                    option value=(country.code()) selected[view.typed.country == country.code()] { (reader.one_of("country", country.code())) }
                }
            }
            (error_line(name, error))
        }
    }
}

fn error_of(reader: &Reader<'_>, view: &View<'_>, field: Field) -> Option<String> {
    view.errors
        .iter()
        .find(|error| error.field == field)
        .map(|error| problem_words(reader, error))
}

fn error_line(name: &str, error: Option<String>) -> Markup {
    html! { @if let Some(words) = error { p.error id={ (name) "-error" } { (words) } } }
}

fn described_by(name: &str, hint: bool, error: bool) -> Option<String> {
    let ids = [
        hint.then(|| format!("{name}-hint")),
        error.then(|| format!("{name}-error")),
    ];
    let ids: Vec<String> = ids.into_iter().flatten().collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

fn summary(reader: &Reader<'_>, view: &View<'_>, post: &Quote, collect: &Quote) -> Markup {
    html! {
        section.sum aria-labelledby="summary" {
            h2 #summary { span.no aria-hidden="true" { "5" } (reader.say("step-summary")) }
            ul.items { @for line in &view.cart.lines {
                @if let Some(unit) = line.unit {
                    li { span { (line.title) @if line.quantity > 1 { " × " (line.quantity) } } span.num { (reader.money(unit.times(line.quantity))) } }
                }
            } }
            dl {
                div { dt { (reader.say("goods-total")) } dd.num { (reader.money(post.goods_total)) } }
                (both(reader, reader.say("delivery"), post.delivery, collect.delivery, ""))
                (both(reader, reader.say("total"), post.total, collect.total, "grand"))
            }
            p.small { (reader.say("total-vat-included")) }
            button.button type="submit" { (reader.say("pay-button")) }
            @if let [only] = view.means.as_slice() { p.small { (reader.one_of("pay-next", only.means.code())) } }
            p.small { (reader.say("pay-terms")) " " a href=(reader.path("/legal/terms")) { (reader.say("pay-terms-link")) } "." }
        }
    }
}

/// A line of the summary for both ways of delivery; the style sheet shows the chosen one, and where it cannot,
/// both stand there with their names.
fn both(reader: &Reader<'_>, name: &str, post: Money, collect: Money, class: &str) -> Markup {
    let one = |shown: &str, by: &'static str, amount| {
        html! {
            div class={ (class) " " (shown) } { dt { (name) span.by-way { " – " (by) } } dd.num { (reader.money(amount)) } }
        }
    };
    html! {
        (one("if-post", reader.say("by-post"), post))
        (one("if-collect", reader.say("by-collect"), collect))
    }
}
