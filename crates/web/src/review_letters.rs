//! Letters about reviews, rendered as text and as HTML from what the outbox holds.
//!
//! Like the letters about orders they load nothing from elsewhere; the link leads to the author's page, where a
//! button has to be pressed.

use maud::{DOCTYPE, html};
use shop::reviews::letter::{News, ReviewLetter};

use crate::i18n::words;
use crate::letters::{Rendered, Sender};

/// Renders a letter; `path` opens the author's page (see [`shop::reviews::ReviewKeys::path`]).
pub fn render(sender: &Sender, letter: &ReviewLetter, path: &str) -> Rendered {
    let words = words(letter.locale);
    let book = || [("book", letter.book.as_str().into())];
    let (subject, news, link_words) = match &letter.news {
        News::Confirm => (
            words.tell("review-letter-subject-confirm", &book()),
            words.tell("review-letter-confirm", &book()),
            words.say("review-letter-link-confirm"),
        ),
        News::Published => (
            words.tell("review-letter-subject-published", &book()),
            words.tell("review-letter-published", &book()),
            words.say("review-letter-link-own"),
        ),
        News::Refused { .. } => (
            words.tell("review-letter-subject-refused", &book()),
            words.tell("review-letter-refused", &book()),
            words.say("review-letter-link-own"),
        ),
    };
    let mut paragraphs = vec![words.say("review-letter-greeting").to_owned(), news];
    if let News::Refused { reason, note } = &letter.news {
        paragraphs.push(words.one_of("review-reason", reason.code()).to_owned());
        paragraphs.extend(note.clone());
        paragraphs.push(words.say("review-letter-again").to_owned());
    }
    let link = format!("{}/{}{path}", sender.public_url, letter.locale.code());
    let text = format!(
        "{}\n\n{link_words}\n{link}\n\n{}\n{}\n",
        paragraphs.join("\n\n"),
        sender.shop_name,
        sender.public_url
    );
    let html = html! {
        (DOCTYPE)
        html lang=(letter.locale.code()) {
            head { meta charset="utf-8"; title { (subject) } }
            body style="margin:0;background:#FBF8F2;color:#1C1B19;font-family:Georgia,serif;font-size:17px;line-height:1.5" {
                div style="max-width:560px;margin:0 auto;padding:24px" {
                    p style="color:#1E5B43;font-size:20px;margin:0 0 24px" { (sender.shop_name) }
                    h1 style="font-size:24px;font-weight:normal;margin:0 0 16px" { (subject) }
                    @for paragraph in &paragraphs { p { (paragraph) } }
                    p { a href=(link) style="color:#1E5B43" { (link_words) } }
                }
            }
        }
    };
    Rendered {
        subject,
        text,
        html: html.into_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use shop::reviews::Reason;
    use trade::address::Email;
    use trade::locale::Locale;

    use super::*;

    #[test]
    fn c6_the_author_of_a_refused_review_is_told_why_in_her_language() {
        let sender = Sender {
            shop_name: "Bouquin".into(),
            public_url: "https://livres.example".into(),
        };
        let letter = ReviewLetter {
            news: News::Refused {
                reason: Reason::Spoiler,
                note: Some("La dernière phrase dit qui meurt.".into()),
            },
            review: 7,
            book: "Nadja".into(),
            locale: Locale::Fr,
            to: Email::parse("jeanne@example.org").unwrap(),
        };
        let rendered = render(&sender, &letter, "/reviews/7?key=abc");
        for form in [&rendered.text, &rendered.html] {
            assert!(form.contains("La dernière phrase dit qui meurt."), "{form}");
            assert!(form.contains("dévoile la fin"), "{form}");
            assert!(
                form.contains("https://livres.example/fr/reviews/7?key=abc"),
                "{form}"
            );
        }
        assert!(rendered.subject.contains("Nadja"));
    }
}
