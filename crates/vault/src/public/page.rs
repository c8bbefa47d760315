//! The two pages of the vault: the card form, and the page that says why there is none.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cards::entry::{Entry, EntryErrors};
use cards::sealed::{IntakePublicKey, SUITE, associated_data, info};
use maud::{DOCTYPE, Markup, html};
use trade::locale::{Locale, format_money};
use trade::payment::CheckInTicket;

use super::words::{self, Words, words};
use crate::OpenVault;
use crate::assets::{ICON, SCRIPT, STYLE};

/// `12/2031` has six digits; from twelve on it may be a card number.
const MOST_DIGITS_REPEATED: usize = 8;

/// Why there is no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No ticket of the shop.
    NoTicket,
    /// The ticket is too old.
    Expired,
    /// The page was older than the key it sealed to.
    OldPage,
    /// The seal belongs to another order, amount or ticket.
    NotForThis,
    /// The ticket was used with another card.
    OtherCard,
    /// The ticket was answered faster than a person types.
    TooOften,
    /// The reader's address asked for too much.
    Crowded,
    /// The vault has no keys at the moment.
    Sealed,
    /// The vault cannot work.
    Unavailable,
}

impl Trouble {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Trouble::NoTicket | Trouble::OldPage | Trouble::NotForThis => StatusCode::BAD_REQUEST,
            Trouble::Expired => StatusCode::GONE,
            Trouble::OtherCard => StatusCode::CONFLICT,
            Trouble::TooOften | Trouble::Crowded => StatusCode::TOO_MANY_REQUESTS,
            Trouble::Sealed | Trouble::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// One text field and what is said about it.
struct Field<'a> {
    name: &'static str,
    label: &'static str,
    autocomplete: &'static str,
    hint: Option<&'static str>,
    error: Option<&'a str>,
    value: &'a str,
    max_chars: u8,
    focus: bool,
}

/// The card form. Number and security code never come back in a page.
pub(super) fn card_form(
    vault: &OpenVault,
    intake: &IntakePublicKey,
    ticket: &CheckInTicket,
    signed_ticket: &str,
    entry: &Entry,
    errors: &EntryErrors,
) -> Markup {
    let (locale, w) = (ticket.locale, words(ticket.locale));
    let amount = format_money(ticket.amount, locale);
    let title = if errors == &EntryErrors::default() {
        format!("{} · {}", w.title, vault.shop_name)
    } else {
        format!("{} · {} · {}", w.to_correct, w.title, vault.shop_name)
    };
    let body = html! {
        h1 { (w.title) }
        (problems(errors, locale, w))
        div.sheet {
            section.summary aria-labelledby="summary" {
                h2 #summary { (w.summary) }
                dl {
                    div { dt { (w.order) } dd { (ticket.order) } }
                    div.total { dt { (w.total) } dd.amount { (amount) } }
                }
            }
            form.panel method="post" action="/pay" novalidate aria-labelledby="card"
                data-suite=(SUITE) data-key-id=(intake.id) data-key=(URL_SAFE_NO_PAD.encode(&intake.bytes))
                data-info=(info(&intake.id)) data-aad=(associated_data(ticket)) {
                h2 #card { (w.card) }
                input type="hidden" name="ticket" value=(signed_ticket);
                input type="hidden" name="sealed" value="";
                (fields(entry, errors, locale, w))
                button type="submit" { (w.order_with_obligation) " " span { "· " (amount) } }
                p.note { (w.shop_sees_nothing) }
                p.away { a href=(with_parameter(&ticket.return_url, "cancelled", "1")) { (w.back) } }
            }
        }
    };
    frame(vault, locale, &title, &body, true)
}

fn fields(entry: &Entry, errors: &EntryErrors, locale: Locale, w: &Words) -> Markup {
    let number_error = errors
        .number
        .map(|error| words::number_error(error, locale));
    let exp_error = errors.exp.map(|error| words::exp_error(error, locale));
    let csc_error = errors.csc.map(|error| words::csc_error(error, locale));
    let number = Field {
        name: "number",
        label: w.number,
        autocomplete: "cc-number",
        hint: None,
        error: number_error,
        value: "",
        max_chars: 26,
        focus: number_error.is_some(),
    };
    let exp = Field {
        name: "exp",
        label: w.exp,
        autocomplete: "cc-exp",
        hint: Some(w.exp_hint),
        error: exp_error,
        value: repeated(&entry.exp),
        max_chars: 9,
        focus: number_error.is_none() && exp_error.is_some(),
    };
    let csc = Field {
        name: "csc",
        label: w.csc,
        autocomplete: "cc-csc",
        hint: Some(w.csc_hint),
        error: csc_error.as_deref(),
        value: "",
        max_chars: 4,
        focus: number_error.is_none() && exp_error.is_none() && csc_error.is_some(),
    };
    html! {
        (field(&number, locale))
        div.pair { (field(&exp, locale)) (field(&csc, locale)) }
        div.field {
            label for="name" { (w.name) " " span.optional { "(" (w.optional) ")" } }
            input #name type="text" name="name" autocomplete="cc-name" maxlength="80" value=(repeated(&entry.name))
                autocapitalize="characters" spellcheck="false" data-card;
        }
    }
}

/// What was typed, to be corrected; nothing of what may be a card number in the wrong field.
fn repeated(typed: &str) -> &str {
    let digits = typed.chars().filter(|c| c.is_numeric()).count();
    if digits > MOST_DIGITS_REPEATED {
        return "";
    }
    typed
}

fn field(field: &Field<'_>, locale: Locale) -> Markup {
    let error_id = format!("{}-error", field.name);
    let hint_id = format!("{}-hint", field.name);
    let described = match field.hint {
        Some(_) => format!("{hint_id} {error_id}"),
        None => error_id.clone(),
    };
    html! {
        div.field {
            label for=(field.name) { (field.label) }
            input id=(field.name) type="text" name=(field.name) value=(field.value)
                autocomplete=(field.autocomplete) inputmode="numeric" maxlength=(field.max_chars)
                spellcheck="false" aria-required="true" aria-describedby=(described)
                aria-invalid=[field.error.map(|_| "true")] autofocus[field.focus]
                data-card data-error=(words::browser_error(field.name, locale));
            p.error id=(error_id) hidden[field.error.is_none()] { @if let Some(error) = field.error { (error) } }
            @if let Some(hint) = field.hint { p.hint id=(hint_id) { (hint) } }
        }
    }
}

/// The slips together at the top, each leading to its field.
fn problems(errors: &EntryErrors, locale: Locale, w: &Words) -> Markup {
    let number = errors
        .number
        .map(|error| ("#number", words::number_error(error, locale).to_owned()));
    let exp = errors
        .exp
        .map(|error| ("#exp", words::exp_error(error, locale).to_owned()));
    let csc = errors
        .csc
        .map(|error| ("#csc", words::csc_error(error, locale)));
    let slips: Vec<(&str, String)> = [number, exp, csc].into_iter().flatten().collect();
    html! {
        @if !slips.is_empty() {
            section.problems role="alert" aria-labelledby="problems" {
                h2 #problems { (w.to_correct) }
                ul { @for (target, text) in &slips { li { a href=(target) { (text) } } } }
                p.note { (w.number_again) }
            }
        }
    }
}

/// Says what is the matter, that nothing was charged, and where to go on.
pub(super) fn trouble_page(
    vault: &OpenVault,
    trouble: Trouble,
    locale: Locale,
    onward: &str,
) -> Markup {
    let (title, text, way_on) = words::trouble(trouble, locale);
    let body = html! {
        div.lone {
            h1 { (title) }
            p { (text) }
            p { a.go href=(onward) { (way_on) } }
        }
    };
    frame(
        vault,
        locale,
        &format!("{title} · {}", vault.shop_name),
        &body,
        false,
    )
}

fn frame(
    vault: &OpenVault,
    locale: Locale,
    title: &str,
    body: &Markup,
    with_script: bool,
) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(locale.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href=(ICON.path) type="image/svg+xml";
                link rel="stylesheet" href=(STYLE.path) integrity=(STYLE.integrity);
                @if with_script { script src=(SCRIPT.path) integrity=(SCRIPT.integrity) defer {} }
            }
            body {
                header {
                    div.bar {
                        span.name { (vault.shop_name) }
                        span.where { (words(locale).place) }
                    }
                }
                main { (body) }
            }
        }
    }
}

/// An address with one more parameter. The value is URL-safe already: a signed receipt, or a digit.
pub(super) fn with_parameter(url: &str, name: &str, value: &str) -> String {
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}{name}={value}")
}
