//! Correcting an edition: what is typed and differs from what the senders say is the bookseller's own from then on.

use std::collections::BTreeMap;

use axum::Extension;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use catalogue::desk::limits::CONTRIBUTORS_TYPED;
use catalogue::model::{
    Availability, Contributor, ContributorRole, Edition, Goods, Price, PriceRegime,
    PublicationDate, SubjectScheme,
};
use catalogue::store::{self, By, CORRECTIONS, Correction, Refusal};
use catalogue::thema::Thema;
use maud::{Markup, html};
use trade::ids::EditionId;
use trade::isbn::Isbn13;
use trade::locale::Locale;
use trade::money::Money;

use super::{Shown, here, page};
use crate::AppState;
use crate::backoffice::access::Visit;
use crate::backoffice::frame::token;
use crate::backoffice::values;
use crate::problem::{Kind, Problem};

/// Characters of a title or a name: the longest real title met has 1,400.
const NAME_CHARS: usize = 2_000;
/// Empty lines for further contributors.
const SPARE_LINES: usize = 2;

const ROLES: [ContributorRole; 7] = [
    ContributorRole::Author,
    ContributorRole::Translator,
    ContributorRole::Illustrator,
    ContributorRole::Editor,
    ContributorRole::Preface,
    ContributorRole::Narrator,
    ContributorRole::Other,
];

const AVAILABILITIES: [Availability; 7] = [
    Availability::InStock,
    Availability::ToOrder {
        days: trade::availability::USUAL_ORDER_DAYS,
    },
    Availability::PrintOnDemand,
    Availability::Forthcoming,
    Availability::TemporarilyOut,
    Availability::Unavailable,
    Availability::Unknown,
];

/// The form as it is filled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Typed {
    title: String,
    subtitle: String,
    contributors: Vec<(String, String)>,
    isbn: String,
    price: String,
    publisher: String,
    published: String,
    availability: String,
    thema: String,
}

impl Typed {
    /// The form filled with what an edition says.
    pub(super) fn of(edition: &Edition, locale: Locale) -> Typed {
        let contributors = edition.contributors.iter();
        Typed {
            title: edition.title.clone(),
            subtitle: edition.subtitle.clone().unwrap_or_default(),
            contributors: contributors
                .map(|one| (one.name.clone(), one.role.code().to_owned()))
                .collect(),
            isbn: edition
                .isbn
                .map(|isbn| isbn.to_string())
                .unwrap_or_default(),
            price: edition
                .price
                .map(|price| decimal(price.amount, locale))
                .unwrap_or_default(),
            publisher: edition.publisher.clone().unwrap_or_default(),
            published: edition.published.map(values::date).unwrap_or_default(),
            availability: edition.availability.code().to_owned(),
            thema: main_thema(edition).unwrap_or_default(),
        }
    }

    fn read(form: &BTreeMap<String, String>) -> Typed {
        let field = |name: &str| {
            let value = form.get(name).map_or("", |value| value.trim());
            let value = value.chars().filter(|letter| !letter.is_control());
            value.take(NAME_CHARS).collect::<String>()
        };
        let contributors = (0..CONTRIBUTORS_TYPED)
            .map(|place| {
                (
                    field(&format!("name{place}")),
                    field(&format!("role{place}")),
                )
            })
            .filter(|(name, _)| !name.is_empty());
        Typed {
            title: field("title"),
            subtitle: field("subtitle"),
            contributors: contributors.collect(),
            isbn: field("isbn"),
            price: field("price"),
            publisher: field("publisher"),
            published: field("published"),
            availability: field("availability"),
            thema: field("thema"),
        }
    }

    /// What of it differs from what the senders say; the names of the fields that cannot be read as an error.
    fn correction(
        &self,
        theirs: &Edition,
        locale: Locale,
    ) -> Result<Correction, Vec<&'static str>> {
        let known = Typed::of(theirs, locale);
        let mut wrong = Vec::new();
        let mut correction = Correction::default();
        if (&self.title, &self.subtitle) != (&known.title, &known.subtitle) {
            match self.title.is_empty() {
                true => wrong.push("title"),
                false => correction.title = Some((self.title.clone(), some(&self.subtitle))),
            }
        }
        if self.contributors != known.contributors && !self.contributors.is_empty() {
            correction.contributors = Some(self.contributors(theirs));
        }
        let differs = |typed: &String, known: &String| !typed.is_empty() && typed != known;
        if differs(&self.isbn, &known.isbn) {
            match Isbn13::parse(&self.isbn) {
                Ok(isbn) => correction.isbn = Some(isbn).filter(|isbn| Some(*isbn) != theirs.isbn),
                Err(_) => wrong.push("isbn"),
            }
        }
        if differs(&self.price, &known.price) {
            match Money::parse_decimal(&self.price).filter(|price| !price.is_negative()) {
                Some(amount) => correction.price = Some(price(amount, theirs)),
                None => wrong.push("price"),
            }
        }
        if differs(&self.publisher, &known.publisher) {
            correction.publisher = Some(self.publisher.clone());
        }
        if differs(&self.published, &known.published) {
            match date(&self.published) {
                Some(date) => correction.published = Some((date, theirs.embargo)),
                None => wrong.push("published"),
            }
        }
        if differs(&self.availability, &known.availability) {
            let found = AVAILABILITIES.into_iter();
            correction.availability = found
                .filter(|one| *one != Availability::Unknown)
                .find(|one| one.code() == self.availability);
        }
        if differs(&self.thema, &known.thema) {
            match Thema::parse(&self.thema) {
                Some(thema) => correction.thema = Some(thema),
                None => wrong.push("thema"),
            }
        }
        match wrong.is_empty() {
            true => Ok(correction),
            false => Err(wrong),
        }
    }

    /// The contributors; who was known by this name keeps the form under which she is shelved.
    fn contributors(&self, theirs: &Edition) -> Vec<Contributor> {
        let typed = self.contributors.iter().map(|(name, role)| {
            let known = theirs.contributors.iter().find(|known| known.name == *name);
            Contributor {
                name: name.clone(),
                inverted: known.and_then(|known| known.inverted.clone()),
                role: ROLES
                    .into_iter()
                    .find(|one| one.code() == role)
                    .unwrap_or(ContributorRole::Author),
            }
        });
        typed.collect()
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// An amount as people type it in that language.
fn decimal(amount: Money, locale: Locale) -> String {
    let mark = match locale {
        Locale::Fr => ',',
        Locale::En => '.',
    };
    let cents = amount.as_cents();
    format!("{}{mark}{:02}", cents / 100, cents % 100)
}

/// The price under the regime that the senders' has, else that of the goods: new books have a fixed price.
fn price(amount: Money, theirs: &Edition) -> Price {
    let of_goods = match theirs.goods {
        Goods::NewBook | Goods::Ebook => PriceRegime::FixedFr,
        Goods::UsedBook | Goods::Other => PriceRegime::Free,
    };
    Price {
        amount,
        regime: theirs.price.map_or(of_goods, |price| price.regime),
    }
}

fn main_thema(edition: &Edition) -> Option<String> {
    let mut subjects = edition.subjects.iter();
    let first = subjects.find(|subject| subject.scheme == SubjectScheme::Thema);
    first.and_then(|subject| subject.code.clone())
}

/// `2026`, `2026-11` or `2026-11-23`.
fn date(text: &str) -> Option<PublicationDate> {
    let mut parts = text.splitn(3, '-');
    let year: i16 = parts
        .next()?
        .parse()
        .ok()
        .filter(|year| (1..=9999).contains(year))?;
    let mut part = || parts.next().map(|part| part.parse::<u8>().ok());
    let (month, day) = (part(), part());
    let date = PublicationDate {
        year,
        month: match month {
            Some(month) => Some(month?),
            None => None,
        },
        day: match day {
            Some(day) => Some(day?),
            None => None,
        },
    };
    let first = |part: Option<u8>| i8::try_from(part.unwrap_or(1)).ok();
    jiff::civil::Date::new(year, first(date.month)?, first(date.day)?).ok()?;
    Some(date)
}

pub(super) fn form(visit: &Visit, shown: &Shown, typed: &Typed, wrong: &[&'static str]) -> Markup {
    let words = visit.words();
    let address = format!("/office/editions/{}", shown.edition.id);
    let line = |name: &'static str, value: &str, hint: Option<&str>| {
        let is_wrong = wrong.contains(&name);
        let described = match (hint, is_wrong) {
            (_, true) => Some(format!("{name}-error")),
            (Some(_), false) => Some(format!("{name}-hint")),
            (None, false) => None,
        };
        html! {
            div.field {
                label for=(name) { (words.one_of("edition-field", name)) }
                @if let Some(hint) = hint { p.hint id={ (name) "-hint" } { (hint) } }
                input id=(name) type="text" name=(name) value=(value) maxlength=(NAME_CHARS)
                    aria-invalid=[is_wrong.then_some("true")] aria-describedby=[described];
                @if is_wrong { p.error id={ (name) "-error" } { (words.one_of("edition-wrong", name)) } }
            }
        }
    };
    let is_corrected = shown
        .said
        .iter()
        .any(|said| said.sender == CORRECTIONS && !said.withdrawn);
    html! {
        h2 #correct { (words.say("edition-correct")) }
        p { (words.say("edition-correct-help")) }
        form.narrow method="post" action={ (address) "/correct" } novalidate {
            (token(visit))
            (line("title", &typed.title, None))
            (line("subtitle", &typed.subtitle, None))
            fieldset.people {
                legend { (words.say("desk-field-contributors")) }
                @for place in 0..(typed.contributors.len() + SPARE_LINES).min(CONTRIBUTORS_TYPED) {
                    (person(visit, place, typed.contributors.get(place)))
                }
            }
            (line("isbn", &typed.isbn, None))
            (line("price", &typed.price, Some(words.say("edition-price-hint"))))
            (line("publisher", &typed.publisher, None))
            (line("published", &typed.published, Some(words.say("edition-published-hint"))))
            div.field {
                label for="availability" { (words.say("edition-field-availability")) }
                select #availability name="availability" {
                    @for one in AVAILABILITIES {
                        option value=(one.code()) selected[one.code() == typed.availability] { (words.one_of("desk-availability", one.code())) }
                    }
                }
            }
            (line("thema", &typed.thema, Some(words.say("edition-thema-hint"))))
            div.actions { button.button { (words.say("edition-correct-save")) } }
        }
        @if is_corrected {
            form method="post" action={ (address) "/take-back" } {
                (token(visit))
                div.actions { button.button.quiet { (words.say("edition-take-back")) } }
            }
        }
    }
}

fn person(visit: &Visit, place: usize, typed: Option<&(String, String)>) -> Markup {
    let words = visit.words();
    let number = (place + 1).to_string();
    let (name, role) = typed.map_or(("", "author"), |(name, role)| (name, role));
    html! {
        div {
            input type="text" name={ "name" (place) } value=(name) maxlength=(NAME_CHARS)
                aria-label={ (words.say("edition-name")) " " (number) };
            select name={ "role" (place) } aria-label={ (words.say("edition-role")) " " (number) } {
                @for one in ROLES { option value=(one.code()) selected[one.code() == role] { (words.one_of("role", one.code())) } }
            }
        }
    }
}

/// `POST /office/editions/{id}/correct`
pub(in crate::backoffice) async fn save(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let id = EditionId(id);
    let shown = here(&state, id).await?;
    let theirs = store::uncorrected(&shown.said).ok_or_else(|| Problem::of(Kind::NotFound))?;
    let typed = Typed::read(&form);
    let correction = match typed.correction(&theirs, visit.locale) {
        Ok(correction) => correction,
        Err(wrong) => {
            let page = page(&visit, &shown, "", &typed, &wrong);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    correct(&state, &visit, id, correction).await?;
    Ok(Redirect::to(&format!("/office/editions/{id}?told=corrected")).into_response())
}

/// `POST /office/editions/{id}/take-back`
pub(in crate::backoffice) async fn take_back(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<i64>,
) -> Result<Redirect, Problem> {
    let id = EditionId(id);
    correct(&state, &visit, id, Correction::default()).await?;
    Ok(Redirect::to(&format!(
        "/office/editions/{id}?told=taken-back"
    )))
}

async fn correct(
    state: &AppState,
    visit: &Visit,
    id: EditionId,
    correction: Correction,
) -> Result<(), Problem> {
    let by = By {
        staff: visit.member.login.clone(),
        at: state.clock.now(),
    };
    let corrected = state
        .store
        .write(move |tx| store::correct(tx, id, &correction, &by));
    match corrected.await {
        Ok(()) => Ok(()),
        Err(Refusal::Fault(fault)) => Err(fault.into()),
        Err(_) => Err(Problem::of(Kind::NotFound)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn dates_are_as_precise_as_they_are_typed() {
        let written = |text: &str| date(text).map(values::date);
        for text in ["1942", "2026-11", "2026-02-28"] {
            assert_eq!(written(text).as_deref(), Some(text));
        }
        for text in ["", "demain", "2026-13", "2026-02-30", "2026-", "0"] {
            assert_eq!(written(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_differs_is_a_correction() {
        let mut theirs = Edition::titled("Les Marées");
        theirs.publisher = Some("Quai".to_owned());
        let mut typed = Typed::of(&theirs, Locale::Fr);
        assert!(typed.correction(&theirs, Locale::Fr).unwrap().is_empty());
        typed.price = "12,50".to_owned();
        typed.publisher = String::new();
        let correction = typed.correction(&theirs, Locale::Fr).unwrap();
        assert_eq!(correction.price.unwrap().amount, Money::cents(1250));
        assert_eq!(
            (correction.title, correction.publisher, correction.isbn),
            (None, None, None)
        );
        typed.isbn = "9782070541271".to_owned();
        typed.thema = "nonsense".to_owned();
        assert_eq!(
            typed.correction(&theirs, Locale::Fr),
            Err(vec!["isbn", "thema"])
        );
    }
}
