//! The pages of writing a review: the form, the thanks, the author's own page, the report. Nothing here is for
//! search engines.

use jiff::civil::Date;
use maud::{Markup, html};
use shop::reviews::{About, Field, Flaw, Own, Reason, ReviewState, Step, Typed, limits};
use trade::limits::EMAIL_BYTES;

use super::layout::{Page, document};
use super::parts::{paragraphs, stars};
use super::reader::Reader;
use super::review::languages;

/// What the form shows.
pub struct Form<'a> {
    /// The book.
    pub about: &'a About,
    /// Where it is posted, without the language.
    pub action: &'a str,
    /// Whether no order proves the address.
    pub ask_email: bool,
    /// What was typed so far.
    pub typed: &'a Typed,
    /// Fields that are wrong.
    pub flaws: &'a [(Field, Flaw)],
    /// The day.
    pub today: Date,
}

/// The form.
pub fn form(reader: &Reader<'_>, view: &Form<'_>) -> Markup {
    let title = reader.tell(
        "review-form-title",
        &[("book", view.about.title.as_str().into())],
    );
    let typed = view.typed;
    document(
        reader,
        &Page::private(&title),
        html! {
            h1 { (title) }
            div.prose {
                p { (reader.say("review-form-rules")) " " a href=(reader.path("/legal/reviews")) { (reader.say("legal-reviews")) } }
            }
            (alert(reader, view.flaws))
            form action=(reader.path(view.action)) method="post" novalidate {
                (rating(reader, view))
                (input(reader, view, Field::Title, "text", &typed.title, limits::TITLE_CHARS, "off"))
                (body(reader, view))
                (input(reader, view, Field::Signature, "text", &typed.signature, limits::SIGNATURE_CHARS, "nickname"))
                (input(reader, view, Field::Experienced, "date", &typed.experienced, 10, "off"))
                (language(reader, view))
                @if view.ask_email { (input(reader, view, Field::Email, "email", &typed.email, EMAIL_BYTES, "email")) }
                p.actions { button.button type="submit" { (reader.say("review-send")) } }
            }
        },
    )
}

/// Everything that is wrong, first on the page and with the focus.
fn alert(reader: &Reader<'_>, flaws: &[(Field, Flaw)]) -> Markup {
    html! {
        @if !flaws.is_empty() {
            div.alert role="alert" tabindex="-1" autofocus {
                h2 { (reader.count("checkout-errors", flaws.len() as u64)) }
                ul { @for (field, flaw) in flaws {
                    li { a href={ "#" (anchor(*field)) } { (reader.one_of("review-field", field.name())) (reader.colon()) " " (flaw_words(reader, *flaw)) } }
                } }
            }
        }
    }
}

/// What a link to the field leads to: of the stars, the first.
fn anchor(field: Field) -> &'static str {
    match field {
        Field::Rating => "rating-5",
        other => other.name(),
    }
}

/// What is wrong, in words.
pub fn flaw_words(reader: &Reader<'_>, flaw: Flaw) -> String {
    match flaw {
        Flaw::Missing => reader.say("field-missing").to_owned(),
        Flaw::TooLong { max } => reader.count("field-too-long", max as u64),
        Flaw::NotADay => reader.say("review-flaw-day").to_owned(),
        Flaw::InTheFuture => reader.say("review-flaw-future").to_owned(),
        Flaw::BadEmail => reader.say("field-bad-email").to_owned(),
    }
}

fn flaw_of(view: &Form<'_>, field: Field) -> Option<Flaw> {
    let found = view.flaws.iter().find(|(of, _)| *of == field);
    found.map(|(_, flaw)| *flaw)
}

fn rating(reader: &Reader<'_>, view: &Form<'_>) -> Markup {
    let flaw = flaw_of(view, Field::Rating);
    html! {
        fieldset.step.field aria-describedby=[flaw.map(|_| "rating-error")] {
            legend { (reader.one_of("review-field", Field::Rating.name())) }
            @for count in (1..=5_u8).rev() {
                label.choice {
                    input id={ "rating-" (count) } type="radio" name="rating" value=(count) checked[view.typed.rating == count.to_string()];
                    span { (stars(reader, count)) }
                }
            }
            (error(reader, Field::Rating, flaw))
        }
    }
}

fn input(
    reader: &Reader<'_>,
    view: &Form<'_>,
    field: Field,
    kind: &str,
    value: &str,
    max: usize,
    autocomplete: &str,
) -> Markup {
    let (name, flaw) = (field.name(), flaw_of(view, field));
    let last = (field == Field::Experienced).then(|| view.today.to_string());
    html! {
        div.field {
            label for=(name) { (reader.one_of("review-field", name)) }
            @if let Some(hint) = hint(reader, field) { p.hint id={ (name) "-hint" } { (hint) } }
            input id=(name) type=(kind) name=(name) value=(value) maxlength=[last.is_none().then_some(max)] max=[last.as_deref()] autocomplete=(autocomplete) required
                aria-invalid=[flaw.map(|_| "true")] aria-describedby=[described(reader, field, flaw)];
            (error(reader, field, flaw))
        }
    }
}

fn body(reader: &Reader<'_>, view: &Form<'_>) -> Markup {
    let (name, flaw) = (Field::Body.name(), flaw_of(view, Field::Body));
    html! {
        div.field {
            label for=(name) { (reader.one_of("review-field", name)) }
            textarea id=(name) name=(name) rows="8" maxlength=(limits::BODY_CHARS) required
                aria-invalid=[flaw.map(|_| "true")] aria-describedby=[described(reader, Field::Body, flaw)] { (view.typed.body) }
            (error(reader, Field::Body, flaw))
        }
    }
}

fn language(reader: &Reader<'_>, view: &Form<'_>) -> Markup {
    let (name, flaw) = (Field::Language.name(), flaw_of(view, Field::Language));
    html! {
        div.field {
            label for=(name) { (reader.one_of("review-field", name)) }
            select id=(name) name=(name) aria-describedby=[described(reader, Field::Language, flaw)] {
                @for one in languages() {
                    option value=(one.bcp47()) selected[view.typed.language == one.bcp47()] { (one.name(reader.locale)) }
                }
            }
            (error(reader, Field::Language, flaw))
        }
    }
}

fn hint(reader: &Reader<'_>, field: Field) -> Option<&'static str> {
    match field {
        Field::Signature => Some(reader.say("review-hint-signature")),
        Field::Experienced => Some(reader.say("review-hint-experienced")),
        Field::Email => Some(reader.say("review-hint-email")),
        Field::Rating | Field::Title | Field::Body | Field::Language => None,
    }
}

fn described(reader: &Reader<'_>, field: Field, flaw: Option<Flaw>) -> Option<String> {
    let ids = [
        hint(reader, field).map(|_| format!("{}-hint", field.name())),
        flaw.map(|_| format!("{}-error", field.name())),
    ];
    let ids: Vec<String> = ids.into_iter().flatten().collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

fn error(reader: &Reader<'_>, field: Field, flaw: Option<Flaw>) -> Markup {
    html! { @if let Some(flaw) = flaw { p.error id={ (field.name()) "-error" } { (flaw_words(reader, flaw)) } } }
}

/// What happens next.
pub fn thanks(reader: &Reader<'_>, words: &str) -> Markup {
    let title = reader.say("review-thanks");
    document(
        reader,
        &Page::private(title),
        html! {
            h1 { (title) }
            p.told role="status" { (words) }
            p.actions { a.button.quiet href=(reader.path("/")) { (reader.say("basket-go-on")) } }
        },
    )
}

/// The author's page, opened by her link. Nothing happens by looking at it: machines that try the links of a
/// letter confirm and withdraw nothing.
pub fn own(reader: &Reader<'_>, own: &Own, address: &str, key: &str) -> Markup {
    let title = reader.tell("review-own-title", &[("book", own.book.as_str().into())]);
    let button = |step: Step, path: &str, words: &str, class: &str| {
        html! { @if own.state.after(step).is_some() {
            form action=(reader.path(&format!("{address}/{path}"))) method="post" {
                input type="hidden" name="key" value=(key);
                button class=(class) type="submit" { (words) }
            }
        } }
    };
    document(
        reader,
        &Page::private(&title),
        html! {
            h1 { (title) }
            p.told { (reader.one_of("review-state", own.state.code())) }
            @if let Some(reason) = own.reason.filter(|_| own.state == ReviewState::Refused) {
                div.prose {
                    p { (reader.one_of("review-reason", reason.code())) }
                    @if let Some(note) = &own.note { p { (reader.tell("review-own-note", &[("note", note.as_str().into())])) } }
                }
            }
            @if own.state != ReviewState::Withdrawn {
                div.reviews {
                    article.review { p { (stars(reader, own.rating)) } h2 { (own.title) } blockquote.prose { (paragraphs(&own.body)) } }
                }
            }
            div.actions {
                (button(Step::Confirm, "confirm", reader.say("review-confirm"), "button"))
                (button(Step::Withdraw, "withdraw", reader.say("review-withdraw"), "button quiet"))
            }
            p.actions { a href=(reader.path(&format!("/editions/{}", own.edition))) { (reader.say("review-own-book")) } }
        },
    )
}

/// What a reader says against a review, as typed; a reason is missing when she was asked for one already.
#[derive(Default)]
pub struct TypedReport<'a> {
    /// Whether no reason was chosen.
    pub missing: bool,
    /// What she added.
    pub note: &'a str,
}

/// The form that reports a review.
pub fn report(
    reader: &Reader<'_>,
    action: &str,
    review_title: &str,
    typed: &TypedReport<'_>,
) -> Markup {
    let TypedReport { missing, note } = *typed;
    let title = reader.say("review-report-title");
    document(
        reader,
        &Page::private(title),
        html! {
            h1 { (title) }
            div.prose { p { (reader.tell("review-report-about", &[("title", review_title.into())])) } }
            form action=(reader.path(action)) method="post" novalidate {
                fieldset.step.field aria-describedby=[missing.then_some("reason-error")] {
                    legend { (reader.say("review-report-reason")) }
                    @if missing { p.error #reason-error role="alert" { (reader.say("review-report-missing")) } }
                    @for (place, reason) in Reason::ALL.iter().enumerate() {
                        label.choice {
                            input type="radio" name="reason" value=(reason.code()) autofocus[missing && place == 0];
                            span { (reader.one_of("review-report", reason.code())) }
                        }
                    }
                }
                div.field {
                    label for="note" { (reader.say("review-report-note")) }
                    textarea #note name="note" rows="3" maxlength=(limits::NOTE_CHARS) { (note) }
                }
                p.actions { button.button type="submit" { (reader.say("review-report-send")) } }
            }
        },
    )
}
