//! schema.org data of a book: `Book` with its offer, for search engines and assistants.

use catalogue::model::{Form, Goods};
use serde_json::{Map, Value, json};
use trade::availability::Availability;
use trade::contributor::ContributorRole;
use trade::money::Money;

use super::book_page::View;
use super::parts::{book_path, cover_address};
use super::reader::Reader;
use crate::stock::Promise;

/// The data of the page's book.
pub fn book(reader: &Reader<'_>, view: &View<'_>) -> Value {
    let edition = view.book.edition;
    let mut data = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            data.insert(name.to_owned(), value);
        }
    };
    put("@context", json!("https://schema.org"));
    put("@type", json!("Book"));
    put("@id", json!(reader.url(view.path)));
    put("url", json!(reader.url(view.path)));
    put("name", json!(edition.title));
    put("author", people(view, ContributorRole::Author));
    put("translator", people(view, ContributorRole::Translator));
    put("illustrator", people(view, ContributorRole::Illustrator));
    put("isbn", json!(edition.isbn.map(|isbn| isbn.to_string())));
    put("bookFormat", json!(format_of(edition.form)));
    put("numberOfPages", json!(edition.pages));
    put(
        "inLanguage",
        json!(
            edition
                .language
                .map(|language| language.bcp47().into_owned())
        ),
    );
    put(
        "datePublished",
        json!(edition.published.map(|date| match (date.month, date.day) {
            (Some(month), Some(day)) => format!("{:04}-{month:02}-{day:02}", date.year),
            (Some(month), None) => format!("{:04}-{month:02}", date.year),
            _ => format!("{:04}", date.year),
        })),
    );
    put(
        "publisher",
        json!(
            edition
                .publisher
                .as_ref()
                .map(|name| json!({"@type": "Organization", "name": name}))
        ),
    );
    put(
        "image",
        json!(format!(
            "{}{}",
            reader.settings.public_url,
            cover_address(reader, edition)
        )),
    );
    put(
        "description",
        json!(
            edition
                .summary(reader.locale)
                .map(|text| text.body.as_str())
        ),
    );
    put("aggregateRating", rating(view));
    put("offers", offer(reader, view));
    put("workExample", examples(reader, view));
    Value::Object(data)
}

fn people(view: &View<'_>, role: ContributorRole) -> Value {
    let names: Vec<Value> = view
        .book
        .edition
        .contributors
        .iter()
        .filter(|person| person.role == role)
        .map(|person| json!({"@type": "Person", "name": person.name}))
        .collect();
    if names.is_empty() {
        Value::Null
    } else {
        Value::Array(names)
    }
}

/// Made-up reviews are no rating: they stay out of what machines read.
fn rating(view: &View<'_>) -> Value {
    view.reviews
        .real_mean()
        .map_or(Value::Null, |(count, tenths)| {
            json!({
                "@type": "AggregateRating",
                "ratingValue": f64::from(tenths) / 10.0,
                "reviewCount": count,
                "bestRating": 5,
            })
        })
}

fn offer(reader: &Reader<'_>, view: &View<'_>) -> Value {
    let edition = view.book.edition;
    let Some(price) = edition.price else {
        return Value::Null;
    };
    let condition = match edition.goods {
        Goods::UsedBook => "https://schema.org/UsedCondition",
        _ => "https://schema.org/NewCondition",
    };
    let mut offer = json!({
        "@type": "Offer",
        "url": reader.url(view.path),
        "price": decimal(price.amount),
        "priceCurrency": "EUR",
        "availability": availability(view.book.promise),
        "itemCondition": condition,
        "seller": {"@type": "BookStore", "name": reader.settings.shop_name},
    });
    if let (Some(fee), Some(object)) = (view.delivery_fee, offer.as_object_mut()) {
        let shipping = json!({
            "@type": "OfferShippingDetails",
            "shippingRate": {"@type": "MonetaryAmount", "value": decimal(fee), "currency": "EUR"},
            "shippingDestination": {"@type": "DefinedRegion", "addressCountry": "FR"},
        });
        object.insert("shippingDetails".to_owned(), shipping);
    }
    offer
}

fn examples(reader: &Reader<'_>, view: &View<'_>) -> Value {
    let others: Vec<Value> = view
        .others
        .iter()
        .map(|other| {
            json!({
                "@type": "Book",
                "@id": reader.url(&book_path(other.edition)),
                "name": other.edition.title,
                "isbn": other.edition.isbn.map(|isbn| isbn.to_string()),
                "bookFormat": format_of(other.edition.form),
            })
        })
        .collect();
    if others.is_empty() {
        Value::Null
    } else {
        Value::Array(others)
    }
}

fn availability(promise: Promise) -> &'static str {
    match promise {
        Promise::OnTheShelf | Promise::AtTheSupplier => "https://schema.org/InStock",
        Promise::ToOrder(_) | Promise::Printed => "https://schema.org/BackOrder",
        Promise::SoldOut => "https://schema.org/SoldOut",
        Promise::From(_) | Promise::NotBefore(_) | Promise::Not(Availability::Forthcoming) => {
            "https://schema.org/PreOrder"
        }
        Promise::Not(Availability::Unavailable) => "https://schema.org/Discontinued",
        Promise::Not(_) | Promise::NotSold => "https://schema.org/OutOfStock",
    }
}

fn format_of(form: Form) -> Option<&'static str> {
    match form {
        Form::Paperback | Form::Pocket => Some("https://schema.org/Paperback"),
        Form::Hardback => Some("https://schema.org/Hardcover"),
        Form::Ebook => Some("https://schema.org/EBook"),
        Form::Audiobook => Some("https://schema.org/AudiobookFormat"),
        Form::Other => None,
    }
}

/// `12.50`, as schema.org wants amounts.
fn decimal(amount: Money) -> String {
    format!("{}.{:02}", amount.as_cents() / 100, amount.as_cents() % 100)
}
