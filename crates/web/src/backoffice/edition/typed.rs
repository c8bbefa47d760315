//! What is typed of an edition, read and compared with what the senders say: the correction that follows from it.

use std::collections::BTreeMap;

use catalogue::desk::limits::CONTRIBUTORS_TYPED;
use catalogue::model::{
    Availability, Contributor, ContributorRole, Edition, Goods, Price, PriceRegime,
    PublicationDate, SubjectScheme,
};
use catalogue::store::Correction;
use catalogue::thema::Thema;
use trade::isbn::Isbn13;
use trade::locale::Locale;
use trade::money::Money;

use crate::backoffice::values;

/// Characters of a title or a name: the longest real title met has 1,400.
pub(super) const NAME_CHARS: usize = 2_000;

pub(super) const ROLES: [ContributorRole; 7] = [
    ContributorRole::Author,
    ContributorRole::Translator,
    ContributorRole::Illustrator,
    ContributorRole::Editor,
    ContributorRole::Preface,
    ContributorRole::Narrator,
    ContributorRole::Other,
];

pub(super) const AVAILABILITIES: [Availability; 7] = [
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

/// What a hidden field, which says how the form was opened, bears before the name of its field.
pub(super) const WAS: &str = "was-";

/// A form that is shown or was sent.
#[derive(Debug, Clone)]
pub(in crate::backoffice) struct Filled {
    /// As it was opened.
    pub(super) was: Typed,
    /// As it is filled.
    pub(super) now: Typed,
    /// The names of the fields that cannot be read.
    pub(super) wrong: Vec<&'static str>,
}

impl Filled {
    /// The form as an edition opens it.
    pub(in crate::backoffice) fn of(edition: &Edition, locale: Locale) -> Filled {
        let typed = Typed::of(edition, locale);
        Filled {
            was: typed.clone(),
            now: typed,
            wrong: Vec::new(),
        }
    }

    /// The form as it was sent.
    pub(in crate::backoffice) fn read(form: &BTreeMap<String, String>) -> Filled {
        Filled {
            was: Typed::read(form, WAS),
            now: Typed::read(form, ""),
            wrong: Vec::new(),
        }
    }

    /// The form again, with the fields that cannot be read.
    pub(in crate::backoffice) fn but_wrong(self, wrong: Vec<&'static str>) -> Filled {
        Filled { wrong, ..self }
    }

    /// All that is corrected from now on: `kept` but for what was changed in the form. What is as the senders say, or
    /// was emptied, is theirs. The names of the fields that cannot be read as an error.
    pub(in crate::backoffice) fn correction(
        &self,
        kept: Correction,
        theirs: &Edition,
    ) -> Result<Correction, Vec<&'static str>> {
        let mut changes = Changes::of(self);
        let mut own = kept;
        changes.title(&mut own, theirs);
        if self.now.contributors != self.was.contributors {
            let typed = self.now.contributors(theirs);
            let is_own = !typed.is_empty() && typed != theirs.contributors;
            own.contributors = is_own.then_some(typed);
        }
        let isbn = |text: &str| Isbn13::parse(text).ok();
        changes.field("isbn", |form| &form.isbn, &mut own.isbn, isbn, theirs.isbn);
        let amount = |text: &str| {
            let amount = Money::parse_decimal(text).filter(|amount| !amount.is_negative());
            amount.map(|amount| price(amount, theirs))
        };
        changes.field(
            "price",
            |form| &form.price,
            &mut own.price,
            amount,
            theirs.price,
        );
        let known = theirs.publisher.clone();
        changes.field(
            "publisher",
            |form| &form.publisher,
            &mut own.publisher,
            some,
            known,
        );
        let known = theirs.published;
        changes.field(
            "published",
            |form| &form.published,
            &mut own.published,
            date,
            known,
        );
        let known = Some(theirs.availability);
        let code = |code: &str| availability(code, theirs);
        changes.field(
            "availability",
            |form| &form.availability,
            &mut own.availability,
            code,
            known,
        );
        let known = main_thema(theirs).as_deref().and_then(Thema::parse);
        changes.field(
            "thema",
            |form| &form.thema,
            &mut own.thema,
            Thema::parse,
            known,
        );
        match changes.wrong.is_empty() {
            true => Ok(own),
            false => Err(changes.wrong),
        }
    }
}

/// What of a form differs from what it was opened with.
struct Changes<'f> {
    was: &'f Typed,
    now: &'f Typed,
    /// The names of the fields that cannot be read.
    wrong: Vec<&'static str>,
}

impl Changes<'_> {
    fn of(filled: &Filled) -> Changes<'_> {
        Changes {
            was: &filled.was,
            now: &filled.now,
            wrong: Vec::new(),
        }
    }

    /// The title with its subtitle, which stands with it.
    fn title(&mut self, own: &mut Correction, theirs: &Edition) {
        let (was, now) = (self.was, self.now);
        if now.title.is_empty() {
            self.wrong.push("title");
        } else if (&now.title, &now.subtitle) != (&was.title, &was.subtitle) {
            let typed = (now.title.clone(), some(&now.subtitle));
            let known = (theirs.title.clone(), theirs.subtitle.clone());
            own.title = Some(typed).filter(|typed| *typed != known);
        }
    }

    /// A field: what is typed is the bookseller's own, unless it is `known` of the senders or nothing.
    fn field<T: PartialEq>(
        &mut self,
        name: &'static str,
        of: impl Fn(&Typed) -> &String,
        own: &mut Option<T>,
        read: impl Fn(&str) -> Option<T>,
        known: Option<T>,
    ) {
        let typed = of(self.now);
        if typed == of(self.was) {
            return;
        }
        if typed.is_empty() {
            *own = None;
            return;
        }
        match read(typed) {
            None => self.wrong.push(name),
            value if value == known => *own = None,
            value => *own = value,
        }
    }
}

/// What a form shows of an edition, field by field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Typed {
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) contributors: Vec<(String, String)>,
    pub(super) isbn: String,
    pub(super) price: String,
    pub(super) publisher: String,
    pub(super) published: String,
    pub(super) availability: String,
    pub(super) thema: String,
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

    /// The fields whose names bear `before` in front.
    fn read(form: &BTreeMap<String, String>, before: &str) -> Typed {
        let field = |name: &str| {
            let value = form
                .get(&format!("{before}{name}"))
                .map_or("", |value| value.trim());
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

/// How deliverable it is, by the code of one of [`AVAILABILITIES`]. Not known is nothing to say: it is as the senders
/// say.
fn availability(code: &str, theirs: &Edition) -> Option<Availability> {
    let known = theirs.availability;
    if code == known.code() || code == Availability::Unknown.code() {
        return Some(known);
    }
    AVAILABILITIES.into_iter().find(|one| one.code() == code)
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

    fn typed(filled: &Filled, theirs: &Edition) -> Result<Correction, Vec<&'static str>> {
        filled.correction(Correction::default(), theirs)
    }

    #[test]
    fn only_what_differs_is_a_correction() {
        let mut theirs = Edition::titled("Les Marées");
        theirs.publisher = Some("Quai".to_owned());
        let mut filled = Filled::of(&theirs, Locale::Fr);
        assert!(typed(&filled, &theirs).unwrap().is_empty());
        filled.now.price = "12,50".to_owned();
        filled.now.publisher = String::new();
        let correction = typed(&filled, &theirs).unwrap();
        assert_eq!(correction.price.unwrap().amount, Money::cents(1250));
        assert_eq!(
            (correction.title, correction.publisher, correction.isbn),
            (None, None, None)
        );
        filled.now.isbn = "9782070541271".to_owned();
        filled.now.thema = "nonsense".to_owned();
        assert_eq!(typed(&filled, &theirs), Err(vec!["isbn", "thema"]));
    }

    #[test]
    fn a_field_is_given_back_by_typing_what_the_sender_says_or_nothing() {
        let mut theirs = Edition::titled("Les Marées");
        theirs.publisher = Some("Quai".to_owned());
        let kept = Correction {
            publisher: Some("Rive".to_owned()),
            ..Correction::default()
        };
        let mut edition = theirs.clone();
        edition.publisher.clone_from(&kept.publisher);
        let mut filled = Filled::of(&edition, Locale::Fr);
        assert_eq!(filled.correction(kept.clone(), &theirs), Ok(kept.clone()));
        for typed in ["Quai", ""] {
            filled.now.publisher = typed.to_owned();
            let correction = filled.correction(kept.clone(), &theirs).unwrap();
            assert!(correction.is_empty(), "{typed:?}: {correction:?}");
        }
    }
}
