//! Where an order goes and how to write to the buyer: checked once at the edge, trusted inside.
//!
//! The checks are those a parcel label and a postcode table can decide; whether the street exists is not
//! asked.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::territory::Territory;

/// What a buyer typed, before it is checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AddressInput {
    /// Name on the label.
    pub name: String,
    /// Street, building, floor: up to three lines.
    pub street: String,
    /// French postcode.
    pub postcode: String,
    /// Town.
    pub city: String,
    /// ISO 3166 two-letter code.
    pub country: String,
}

/// An address in France or Monaco that a parcel can be labelled with.
///
/// Made only by [`Address::check`]; what is stored was checked under the limits of its day and is not checked
/// again when it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Address {
    /// Name on the label.
    pub name: String,
    /// One to three lines, separated by a newline.
    pub street: String,
    /// Five digits.
    pub postcode: String,
    /// Town.
    pub city: String,
    /// Country of the address.
    pub country: Country,
    /// What the postcode means for VAT and delivery.
    pub territory: Territory,
}

/// The countries an order can go to in this release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Country {
    /// France.
    #[serde(rename = "FR")]
    France,
    /// Monaco.
    #[serde(rename = "MC")]
    Monaco,
}

impl Country {
    /// All countries, in the order a form shows them.
    pub const ALL: [Country; 2] = [Country::France, Country::Monaco];

    /// The ISO 3166 two-letter code.
    pub const fn code(self) -> &'static str {
        match self {
            Country::France => "FR",
            Country::Monaco => "MC",
        }
    }

    /// The country with that code, in any case.
    pub fn parse(code: &str) -> Option<Country> {
        Country::ALL
            .into_iter()
            .find(|country| country.code().eq_ignore_ascii_case(code.trim()))
    }
}

/// A field of the contact and address forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// E-mail address.
    Email,
    /// Name on the label.
    Name,
    /// Street lines.
    Street,
    /// Postcode.
    Postcode,
    /// Town.
    City,
    /// Country.
    Country,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum FieldProblem {
    /// Nothing was typed.
    #[error("is missing")]
    Missing,
    /// More characters than fit on a label.
    #[error("is longer than {max} characters")]
    TooLong {
        /// How many fit.
        max: usize,
    },
    /// More lines than fit on a label.
    #[error("has more than {max} lines")]
    TooManyLines {
        /// How many fit.
        max: usize,
    },
    /// Contains something that cannot be printed.
    #[error("contains a character that cannot be printed")]
    Unprintable,
    /// Not a French postcode, or not one of the country.
    #[error("is not a postcode of the country")]
    BadPostcode,
    /// Not an e-mail address.
    #[error("is not an e-mail address")]
    BadEmail,
    /// The shop does not deliver there yet.
    #[error("is a place the shop does not deliver to")]
    NotDelivered,
}

/// One field and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{field:?} {problem}")]
pub struct FieldError {
    /// The field.
    pub field: Field,
    /// What is wrong.
    pub problem: FieldProblem,
}

impl Address {
    /// Checks what was typed; on failure every field that is wrong, in the order of the form.
    pub fn check(input: &AddressInput) -> Result<Address, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut keep = |field, checked: Result<String, FieldProblem>| {
            checked
                .map_err(|problem| errors.push(FieldError { field, problem }))
                .unwrap_or_default()
        };
        let name = keep(Field::Name, line(&input.name, limits::NAME_CHARS));
        let street = keep(Field::Street, lines(&input.street));
        let postcode = keep(
            Field::Postcode,
            line(&input.postcode, limits::POSTCODE_CHARS),
        );
        let city = keep(Field::City, line(&input.city, limits::CITY_CHARS));
        let country = Country::parse(&input.country).ok_or(match input.country.trim() {
            "" => FieldError {
                field: Field::Country,
                problem: FieldProblem::Missing,
            },
            _ => FieldError {
                field: Field::Country,
                problem: FieldProblem::NotDelivered,
            },
        });
        let place = match (country, postcode.is_empty()) {
            (Err(error), _) => Err(error),
            (Ok(_), true) => return Err(errors),
            (Ok(country), false) => place(&postcode, country).map(|territory| (country, territory)),
        };
        match place {
            Ok((country, territory)) if errors.is_empty() => {
                let postcode = postcode.split_whitespace().collect();
                Ok(Address {
                    name,
                    street,
                    postcode,
                    city,
                    country,
                    territory,
                })
            }
            Ok(_) => Err(errors),
            Err(error) => {
                let before = errors
                    .iter()
                    .take_while(|earlier| earlier.field != Field::City)
                    .count();
                let position = if error.field == Field::Postcode {
                    before
                } else {
                    errors.len()
                };
                errors.insert(position, error);
                Err(errors)
            }
        }
    }
}

/// The territory of a postcode within a country, when the shop delivers there.
fn place(postcode: &str, country: Country) -> Result<Territory, FieldError> {
    let error = |problem| FieldError {
        field: Field::Postcode,
        problem,
    };
    let territory =
        Territory::of_postcode(postcode).map_err(|_| error(FieldProblem::BadPostcode))?;
    match (country, territory) {
        (Country::Monaco, Territory::Monaco) => Ok(territory),
        (Country::Monaco, _) => Err(error(FieldProblem::BadPostcode)),
        (Country::France, _) if territory.delivers_now() => Ok(territory),
        (Country::France, _) => Err(error(FieldProblem::NotDelivered)),
    }
}

/// One printable line, inner spaces made single.
fn line(text: &str, max: usize) -> Result<String, FieldProblem> {
    if text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return Err(FieldProblem::Unprintable);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.chars().count() {
        0 => Err(FieldProblem::Missing),
        count if count > max => Err(FieldProblem::TooLong { max }),
        _ => Ok(line),
    }
}

/// Printable lines, empty ones dropped.
fn lines(text: &str) -> Result<String, FieldProblem> {
    let max = limits::STREET_CHARS;
    let mut lines = Vec::new();
    for text in text.lines().filter(|text| !text.trim().is_empty()) {
        lines.push(line(text, max)?);
    }
    let street = lines.join("\n");
    match lines.len() {
        0 => Err(FieldProblem::Missing),
        count if count > limits::STREET_LINES => Err(FieldProblem::TooManyLines {
            max: limits::STREET_LINES,
        }),
        _ if street.chars().count() > max => Err(FieldProblem::TooLong { max }),
        _ => Ok(street),
    }
}

/// An e-mail address, by its shape only: whether it exists shows when mail is sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// Checks the shape: one `@` with something before it and a dotted name after it, visible characters only.
    pub fn parse(text: &str) -> Result<Email, FieldProblem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FieldProblem::Missing);
        }
        if text.len() > limits::EMAIL_BYTES {
            return Err(FieldProblem::TooLong {
                max: limits::EMAIL_BYTES,
            });
        }
        let visible = |c: char| {
            !c.is_whitespace()
                && !c.is_control()
                && !matches!(c, '<' | '>' | ',' | ';' | '"' | '(' | ')')
        };
        let (local, domain) = text.rsplit_once('@').ok_or(FieldProblem::BadEmail)?;
        let labels = domain.split('.').count();
        let shaped = (1..=64).contains(&local.len())
            && !local.contains('@')
            && labels >= 2
            && domain
                .split('.')
                .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
        if shaped && text.chars().all(visible) {
            Ok(Email(text.to_owned()))
        } else {
            Err(FieldProblem::BadEmail)
        }
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Email {
    type Error = FieldProblem;
    fn try_from(text: String) -> Result<Email, FieldProblem> {
        Email::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> String {
        email.0
    }
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

    fn paris() -> AddressInput {
        AddressInput {
            name: "  Jeanne  Dupont ".into(),
            street: "12 quai de la Tournelle\r\n\r\nBâtiment B".into(),
            postcode: "75 005".into(),
            city: "Paris".into(),
            country: "fr".into(),
        }
    }

    fn problems(input: &AddressInput) -> Vec<(Field, FieldProblem)> {
        Address::check(input)
            .unwrap_err()
            .into_iter()
            .map(|error| (error.field, error.problem))
            .collect()
    }

    #[test]
    fn a_good_address_is_tidied() {
        let address = Address::check(&paris()).unwrap();
        assert_eq!(address.name, "Jeanne Dupont");
        assert_eq!(address.street, "12 quai de la Tournelle\nBâtiment B");
        assert_eq!(
            (address.postcode.as_str(), address.territory),
            ("75005", Territory::Mainland)
        );
    }

    #[test]
    fn every_wrong_field_is_named_in_the_order_of_the_form() {
        let all = problems(&AddressInput {
            country: "FR".into(),
            ..AddressInput::default()
        });
        let fields = [Field::Name, Field::Street, Field::Postcode, Field::City];
        assert_eq!(all, fields.map(|field| (field, FieldProblem::Missing)));
        let bad = AddressInput {
            name: String::new(),
            postcode: "9".into(),
            city: String::new(),
            ..paris()
        };
        let fields = [
            (Field::Name, FieldProblem::Missing),
            (Field::Postcode, FieldProblem::BadPostcode),
            (Field::City, FieldProblem::Missing),
        ];
        assert_eq!(problems(&bad), fields);
    }

    #[test]
    fn one_wrong_field_at_a_time() {
        let long = "x".repeat(limits::NAME_CHARS + 1);
        for (input, expected) in [
            (
                AddressInput {
                    name: long,
                    ..paris()
                },
                (
                    Field::Name,
                    FieldProblem::TooLong {
                        max: limits::NAME_CHARS,
                    },
                ),
            ),
            (
                AddressInput {
                    name: "a\u{7}b".into(),
                    ..paris()
                },
                (Field::Name, FieldProblem::Unprintable),
            ),
            (
                AddressInput {
                    street: "a\nb\nc\nd".into(),
                    ..paris()
                },
                (
                    Field::Street,
                    FieldProblem::TooManyLines {
                        max: limits::STREET_LINES,
                    },
                ),
            ),
            (
                AddressInput {
                    postcode: "97400".into(),
                    ..paris()
                },
                (Field::Postcode, FieldProblem::NotDelivered),
            ),
            (
                AddressInput {
                    country: "DE".into(),
                    ..paris()
                },
                (Field::Country, FieldProblem::NotDelivered),
            ),
            (
                AddressInput {
                    country: String::new(),
                    ..paris()
                },
                (Field::Country, FieldProblem::Missing),
            ),
            (
                AddressInput {
                    country: "MC".into(),
                    ..paris()
                },
                (Field::Postcode, FieldProblem::BadPostcode),
            ),
        ] {
            assert_eq!(problems(&input), [expected]);
        }
    }

    #[test]
    fn monaco_by_either_country() {
        for country in ["FR", "MC"] {
            let input = AddressInput {
                postcode: "98000".into(),
                country: country.into(),
                ..paris()
            };
            assert_eq!(Address::check(&input).unwrap().territory, Territory::Monaco);
        }
    }

    #[test]
    fn an_email_by_its_shape() {
        for good in [
            "a@b.fr",
            " jeanne.dupont+livres@exemple.co.uk ",
            "élise@exemple.fr",
        ] {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "a",
            "@b.fr",
            "a@b",
            "a@.fr",
            "a@b..fr",
            "a b@c.fr",
            "a@b@c.fr",
            "a@b.fr\r\nBcc: x@y.z",
            "<a@b.fr>",
            "a@-b.fr",
        ] {
            assert_eq!(Email::parse(bad), Err(FieldProblem::BadEmail), "{bad}");
        }
        assert_eq!(Email::parse("  "), Err(FieldProblem::Missing));
    }
}
