//! The letter with the code by which a reader confirms her e-mail address, rendered as text and as HTML.

use maud::{DOCTYPE, html};
use shop::screening::{MarkKeys, letter::CodeLetter, limits};

use crate::i18n::words;
use crate::letters::{Rendered, Sender};

/// Renders a letter; the code is worked out here and stands nowhere else.
pub fn render(sender: &Sender, letter: &CodeLetter, keys: &MarkKeys) -> Rendered {
    let words = words(letter.locale);
    let code = keys.code(letter.screening, letter.sent);
    let minutes = (limits::CODE_LIFE.as_secs() / 60).to_string();
    let subject = words.tell("code-letter-subject", &[("code", code.as_str().into())]);
    let paragraphs = [
        words.say("code-letter-why").to_owned(),
        words.tell("code-letter-how", &[("minutes", minutes.into())]),
        words.say("code-letter-not-you").to_owned(),
    ];
    let text = format!(
        "{}\n\n{code}\n\n{}\n{}\n",
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
                    h1 style="font-size:32px;font-weight:normal;letter-spacing:4px;margin:0 0 16px" { (code) }
                    @for paragraph in &paragraphs { p { (paragraph) } }
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
    use shop::order::OrderKeys;
    use trade::address::Email;
    use trade::locale::Locale;

    use super::*;

    #[test]
    fn the_letter_holds_the_code_in_both_forms_and_languages() {
        let keys = MarkKeys::beside(&OrderKeys::new(&[7; 32]));
        let sender = Sender {
            shop_name: "Bouquin".into(),
            public_url: "https://livres.example".into(),
        };
        for locale in Locale::ALL {
            let letter = CodeLetter {
                screening: 7,
                sent: 2,
                locale,
                to: Email::parse("jeanne@example.org").unwrap(),
            };
            let rendered = render(&sender, &letter, &keys);
            let code = keys.code(7, 2);
            for form in [&rendered.text, &rendered.html, &rendered.subject] {
                assert!(form.contains(&code), "{form}");
            }
            assert!(rendered.text.contains("10 minutes"), "{}", rendered.text);
        }
    }
}
