//! Letters to readers, rendered as text and as HTML from what the outbox holds.
//!
//! Both forms say the same: what happened, what was bought, what was or will be charged, where it goes,
//! and the link to the order. Nothing is loaded from elsewhere: no picture, no counter.

use maud::{DOCTYPE, Markup, html};
use shop::mail::{Letter, LetterKind};
use shop::payment::Means;
use trade::{
    delivery::DeliveryMethod,
    locale::{format_date, format_money, format_percent},
};

use crate::i18n::{Words, words};

/// Who writes.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The name over the door.
    pub shop_name: String,
    /// Scheme, host and port of the shop, without a slash at the end.
    pub public_url: String,
}

/// A letter ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The subject line.
    pub subject: String,
    /// The plain text form.
    pub text: String,
    /// The HTML form.
    pub html: String,
}

/// What both forms say, in order.
struct Said<'a> {
    letter: &'a Letter,
    words: &'static Words,
    sender: &'a Sender,
    subject: String,
    greeting: String,
    news: String,
    /// The link to the order's page.
    link: String,
}

/// Renders a letter; `order_path` opens the order's page (see [`shop::order::OrderKeys::path`]).
pub fn render(sender: &Sender, letter: &Letter, order_path: &str) -> Rendered {
    let words = words(letter.locale);
    let number = letter.order.to_string();
    let said = Said {
        letter,
        words,
        sender,
        subject: words.tell(
            subject_id(letter.kind),
            &[("number", number.as_str().into())],
        ),
        greeting: words.tell(
            "letter-greeting",
            &[("name", letter.address.name.as_str().into())],
        ),
        news: news(words, letter, &number),
        link: format!("{}/{}{order_path}", sender.public_url, letter.locale.code()),
    };
    Rendered {
        subject: said.subject.clone(),
        text: said.text(),
        html: said.html().into_string(),
    }
}

fn subject_id(kind: LetterKind) -> &'static str {
    match kind {
        LetterKind::Confirmation => "letter-subject-confirmation",
        LetterKind::Transfer => "letter-subject-transfer",
        LetterKind::Collection => "letter-subject-collection",
        LetterKind::Shipping => "letter-subject-shipping",
        LetterKind::Parcel => "letter-subject-parcel",
        LetterKind::RestCancelled => "letter-subject-rest-cancelled",
        LetterKind::PartRefund => "letter-subject-part-refund",
        LetterKind::Cancellation => "letter-subject-cancellation",
        LetterKind::Refund => "letter-subject-refund",
        LetterKind::SetAside => "letter-subject-set-aside",
        LetterKind::TooLate => "letter-subject-too-late",
        LetterKind::Unanswered => "letter-subject-unanswered",
    }
}

fn news(words: &Words, letter: &Letter, number: &str) -> String {
    let money = |amount| format_money(amount, letter.locale);
    let placed = format_date(letter.placed.date_in_paris(), letter.locale);
    let before = letter.means == Some(Means::Transfer);
    let id = match letter.kind {
        LetterKind::Confirmation if letter.certificates == letter.total => {
            "letter-news-confirmation-certificate"
        }
        LetterKind::Confirmation if before => "letter-news-confirmation-paid",
        LetterKind::Confirmation => "letter-news-confirmation",
        LetterKind::Transfer => "letter-news-transfer",
        LetterKind::Collection => "letter-news-collection",
        LetterKind::Shipping if before || letter.certificates == letter.total => {
            "letter-news-shipping-paid"
        }
        LetterKind::Shipping => "letter-news-shipping",
        LetterKind::Parcel => "letter-news-parcel",
        LetterKind::Cancellation if letter.certificates == letter.total => {
            "letter-news-cancellation-certificate"
        }
        LetterKind::Cancellation if before => "letter-news-cancellation-paid",
        LetterKind::Cancellation if letter.means == Some(Means::Collection) => {
            "letter-news-cancellation-unpaid"
        }
        LetterKind::Cancellation => "letter-news-cancellation",
        LetterKind::RestCancelled => "letter-news-rest-cancelled",
        LetterKind::PartRefund => "letter-news-part-refund",
        LetterKind::Refund => "letter-news-refund",
        LetterKind::SetAside => "letter-news-set-aside",
        LetterKind::TooLate => "letter-news-too-late",
        LetterKind::Unanswered => "letter-news-unanswered",
    };
    let reference = letter.reference.as_deref().unwrap_or_default();
    words.tell(
        id,
        &[
            ("number", number.into()),
            ("total", money(letter.total - letter.certificates).into()),
            (
                "amount",
                money(letter.amount.unwrap_or(letter.total)).into(),
            ),
            ("reference", reference.into()),
            ("placed", placed.into()),
        ],
    )
}

impl Said<'_> {
    /// The amounts below the lines: label and sum.
    fn sums(&self) -> Vec<(String, String)> {
        if let Some(amount) = self.letter.amount {
            let about = self.words.say("letter-amount").to_owned();
            return vec![(about, format_money(amount, self.letter.locale))];
        }
        let Letter {
            locale,
            goods_total,
            delivery,
            total,
            ref vat,
            ..
        } = *self.letter;
        let mut sums = vec![
            (
                self.words.say("letter-goods").to_owned(),
                format_money(goods_total, locale),
            ),
            (
                self.words.say("letter-delivery").to_owned(),
                format_money(delivery, locale),
            ),
            (
                self.words.say("letter-total").to_owned(),
                format_money(total, locale),
            ),
        ];
        if !self.letter.certificates.is_zero() {
            sums.push((
                self.words.say("letter-certificates").to_owned(),
                format_money(self.letter.certificates, locale),
            ));
        }
        sums.extend(vat.iter().map(|line| {
            let rate = format_percent(line.basis_points, locale);
            let label = self.words.tell("letter-vat", &[("rate", rate.into())]);
            (label, format_money(line.vat, locale))
        }));
        sums
    }

    /// Where the books go, line by line; nothing when they are collected.
    fn address(&self) -> Vec<&str> {
        let address = &self.letter.address;
        match self.letter.method {
            DeliveryMethod::Post => [address.name.as_str()]
                .into_iter()
                .chain(address.street.lines())
                .chain([address.postcode.as_str(), address.city.as_str()])
                .collect(),
            DeliveryMethod::ShopCollection => Vec::new(),
        }
    }

    fn card(&self) -> Option<String> {
        let card = self.letter.card.as_ref()?;
        let brand = card.brand.map_or("", trade::payment::Brand::name);
        let variables = [
            ("brand", brand.into()),
            ("last4", card.last4.as_str().into()),
        ];
        Some(self.words.tell("letter-card", &variables))
    }

    fn tracking(&self) -> Option<String> {
        let tracking = self.letter.tracking.as_deref()?;
        let left = matches!(self.letter.kind, LetterKind::Shipping | LetterKind::Parcel);
        left.then(|| {
            self.words
                .tell("letter-tracking", &[("number", tracking.into())])
        })
    }

    /// What the law wants said on a durable medium, in the letters that conclude or fulfil the contract.
    fn rights(&self) -> Option<&'static str> {
        matches!(
            self.letter.kind,
            LetterKind::Confirmation
                | LetterKind::Collection
                | LetterKind::Shipping
                | LetterKind::Parcel
        )
        .then(|| self.words.say("letter-rights"))
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n\n{}\n\n", self.greeting, self.news);
        for line in &self.letter.lines {
            let total = format_money(line.total, self.letter.locale);
            text.push_str(&format!("  {} × {}  {total}\n", line.quantity, line.title));
        }
        text.push('\n');
        for (label, sum) in self.sums() {
            text.push_str(&format!("  {label}  {sum}\n"));
        }
        if let Some(card) = self.card() {
            text.push_str(&format!("  {card}\n"));
        }
        if let Some(tracking) = self.tracking() {
            text.push_str(&format!("  {tracking}\n"));
        }
        let address = self.address();
        if !address.is_empty() {
            text.push_str(&format!("\n{}\n", self.words.say("letter-address")));
            for line in address {
                text.push_str(&format!("  {line}\n"));
            }
        }
        text.push_str(&format!(
            "\n{}\n{}\n",
            self.words.say("letter-link"),
            self.link
        ));
        if let Some(rights) = self.rights() {
            text.push_str(&format!("\n{rights}\n"));
        }
        text.push_str(&format!(
            "\n{}\n{}\n",
            self.sender.shop_name, self.sender.public_url
        ));
        text
    }

    fn html(&self) -> Markup {
        html! {
            (DOCTYPE)
            html lang=(self.letter.locale.code()) {
                head { meta charset="utf-8"; title { (self.subject) } }
                body style="margin:0;background:#FBF8F2;color:#1C1B19;font-family:Georgia,serif;font-size:17px;line-height:1.5" {
                    div style="max-width:560px;margin:0 auto;padding:24px" {
                        p style="color:#1E5B43;font-size:20px;margin:0 0 24px" { (self.sender.shop_name) }
                        h1 style="font-size:24px;font-weight:normal;margin:0 0 16px" { (self.subject) }
                        p { (self.greeting) }
                        p { (self.news) }
                        (self.lines_html())
                        @if let Some(card) = self.card() { p { (card) } }
                        @if let Some(tracking) = self.tracking() { p { (tracking) } }
                        @if !self.address().is_empty() {
                            p style="margin-bottom:0" { (self.words.say("letter-address")) }
                            p style="margin-top:0" { @for line in self.address() { (line) br; } }
                        }
                        p { a href=(self.link) style="color:#1E5B43" { (self.words.say("letter-link")) } }
                        @if let Some(rights) = self.rights() {
                            p style="color:#5E5A52;font-size:15px" { (rights) }
                        }
                    }
                }
            }
        }
    }

    fn lines_html(&self) -> Markup {
        let cell = "padding:8px 0;border-top:1px solid #E2DBCD";
        let sum = "padding:8px 0 8px 16px;border-top:1px solid #E2DBCD;text-align:right;white-space:nowrap";
        html! {
            table style="border-collapse:collapse;width:100%" {
                @for line in &self.letter.lines {
                    tr {
                        td style=(cell) { (line.quantity) " × " (line.title) }
                        td style=(sum) { (format_money(line.total, self.letter.locale)) }
                    }
                }
                @for (label, amount) in self.sums() {
                    tr { td style=(cell) { (label) } td style=(sum) { (amount) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use trade::{
        address::{Address, AddressInput, Email},
        clock::Timestamp,
        ids::OrderNumber,
        locale::Locale,
        money::Money,
    };

    use super::*;

    /// A letter about an order of 30 euros.
    fn letter(kind: LetterKind, locale: Locale) -> Letter {
        let input = AddressInput {
            name: "Jeanne Lecture".into(),
            street: "12 rue des Écoles".into(),
            postcode: "75005".into(),
            city: "Paris".into(),
            country: "FR".into(),
        };
        Letter {
            kind,
            order: OrderNumber::from_bits(7),
            locale,
            to: Email::parse("jeanne@example.org").unwrap(),
            address: Address::check(&input).unwrap(),
            method: DeliveryMethod::Post,
            lines: Vec::new(),
            amount: None,
            certificates: Money::ZERO,
            means: None,
            tracking: None,
            reference: None,
            goods_total: Money::cents(3000),
            delivery: Money::ZERO,
            total: Money::cents(3000),
            vat: Vec::new(),
            card: None,
            placed: Timestamp::micros(1_795_431_600_000_000),
        }
    }

    /// What a letter says, with ordinary spaces.
    fn said(letter: &Letter) -> String {
        let sender = Sender {
            shop_name: "Bouquin".into(),
            public_url: "https://livres.example".into(),
        };
        let rendered = render(&sender, letter, "/orders/X");
        let text = format!("{}\n{}", rendered.subject, rendered.text);
        text.replace(['\u{a0}', '\u{202f}'], " ")
    }

    #[test]
    fn a_late_payment_is_told_with_what_was_paid() {
        for (locale, subject, amount) in [
            (Locale::Fr, "est arrivé trop tard", "payer 32,50 €"),
            (Locale::En, "came too late", "paid €32.50"),
        ] {
            let late = Letter {
                amount: Some(Money::cents(3250)),
                ..letter(LetterKind::TooLate, locale)
            };
            let said = said(&late);
            for part in [subject, amount, "https://livres.example"] {
                assert!(said.contains(part), "{part} in {said}");
            }
        }
    }

    #[test]
    fn what_certificates_pay_is_asked_of_nobody_else() {
        let part = Letter {
            certificates: Money::cents(1000),
            means: Some(Means::Transfer),
            reference: Some("RF18".into()),
            ..letter(LetterKind::Transfer, Locale::Fr)
        };
        let said_of_part = said(&part);
        assert!(
            said_of_part.contains("attend votre virement de 20,00 €"),
            "{said_of_part}"
        );
        let whole = Letter {
            certificates: Money::cents(3000),
            ..letter(LetterKind::Cancellation, Locale::En)
        };
        let said_of_whole = said(&whole);
        assert!(!said_of_whole.contains("reservation"), "{said_of_whole}");
        assert!(said_of_whole.contains("gift certificates have back"));
    }
}
