//! The words of the pages, in both languages.
//!
//! Fluent files are embedded and parsed once, at the first use. Messages without a variable, nearly all of
//! them, are resolved then and later cost one look-up. Money, numbers and dates are written by
//! [`trade::locale`], which Fluent's own number formatting must not second-guess: give them as text, and a
//! count twice, once as a number that chooses the plural and once as it is shown.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use rust_embed::RustEmbed;
use trade::locale::Locale;

#[derive(RustEmbed)]
#[folder = "i18n/"]
struct Files;

static FRENCH: LazyLock<Words> = LazyLock::new(|| Words::load(Locale::Fr));
static ENGLISH: LazyLock<Words> = LazyLock::new(|| Words::load(Locale::En));

/// The words of a language.
pub fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::Fr => &FRENCH,
        Locale::En => &ENGLISH,
    }
}

/// All messages of one language.
pub struct Words {
    fixed: HashMap<String, String>,
    /// What of the other messages stands there whatever their variables are.
    around: HashMap<String, String>,
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    fn load(locale: Locale) -> Words {
        let mut words = Words {
            fixed: HashMap::new(),
            around: HashMap::new(),
            bundle: FluentBundle::new_concurrent(language(locale)),
        };
        words.bundle.set_use_isolating(false);
        for name in file_names(locale) {
            let Some(file) = Files::get(&name) else {
                continue;
            };
            let text = String::from_utf8_lossy(&file.data).into_owned();
            // A file that does not parse fails the tests; what does parse is still of use.
            let resource = FluentResource::try_new(text).unwrap_or_else(|(resource, errors)| {
                tracing::error!(name, ?errors, "words cannot be read");
                resource
            });
            words.remember(resource);
        }
        words
    }

    fn remember(&mut self, resource: FluentResource) {
        let ids: Vec<String> = resource
            .entries()
            .filter_map(|entry| match entry {
                fluent_syntax::ast::Entry::Message(message) => Some(message.id.name.to_owned()),
                _ => None,
            })
            .collect();
        self.bundle.add_resource_overriding(resource);
        for id in ids {
            let mut errors = Vec::new();
            let Some(pattern) = self
                .bundle
                .get_message(&id)
                .and_then(|message| message.value())
            else {
                continue;
            };
            let text = self
                .bundle
                .format_pattern(pattern, None, &mut errors)
                .into_owned();
            if errors.is_empty() {
                self.fixed.insert(id, text);
            } else {
                self.around.insert(id, without_variables(&text));
            }
        }
    }

    /// A message without variables. An id that does not exist is shown as it is; a test looks for such.
    pub fn say<'a>(&'a self, id: &'a str) -> &'a str {
        self.fixed.get(id).map_or(id, String::as_str)
    }

    /// A message of a group named after a code: `group-code`. The code itself when there is no such message.
    pub fn one_of<'a>(&'a self, group: &str, code: &'a str) -> &'a str {
        self.fixed
            .get(&format!("{group}-{code}"))
            .map_or(code, String::as_str)
    }

    /// The codes of a group whose message has a text in it, its variables apart. Typed as people type: without capitals,
    /// curly apostrophes and the spaces of typesetters.
    pub fn containing(&self, group: &str, text: &str) -> Vec<String> {
        let wanted = as_typed(text.trim());
        let messages = self.fixed.iter().chain(&self.around);
        let of_group = messages.filter_map(|(id, message)| {
            let code = id.strip_prefix(group)?.strip_prefix('-')?;
            as_typed(message).contains(&wanted).then(|| code.to_owned())
        });
        of_group.collect()
    }

    /// A message whose variables are named by data; none when there is no such message.
    pub fn tell_of(&self, id: &str, variables: &BTreeMap<String, String>) -> Option<String> {
        let pattern = self.bundle.get_message(id)?.value()?;
        let named = variables.iter();
        let args: FluentArgs<'_> = named
            .map(|(name, value)| (name.as_str(), FluentValue::from(value.as_str())))
            .collect();
        let mut errors = Vec::new();
        let told = self
            .bundle
            .format_pattern(pattern, Some(&args), &mut errors);
        errors.is_empty().then(|| told.into_owned())
    }

    /// A message with variables.
    pub fn tell(&self, id: &str, variables: &[(&'static str, FluentValue<'_>)]) -> String {
        let Some(pattern) = self
            .bundle
            .get_message(id)
            .and_then(|message| message.value())
        else {
            return id.to_owned();
        };
        let args: FluentArgs<'_> = variables.iter().cloned().collect();
        let mut errors = Vec::new();
        self.bundle
            .format_pattern(pattern, Some(&args), &mut errors)
            .into_owned()
    }
}

/// A message as it is written without its variables: each leaves a brace, over which no text reaches.
fn without_variables(message: &str) -> String {
    let mut parts = message.split('{');
    let mut without = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        without.push('{');
        without.push_str(part.split_once('}').map_or("", |(_, after)| after));
    }
    without
}

fn as_typed(text: &str) -> String {
    let letters = text.chars().map(|letter| match letter {
        '’' => '\'',
        '\u{a0}' | '\u{202f}' => ' ',
        letter => letter,
    });
    letters.collect::<String>().to_lowercase()
}

fn language(locale: Locale) -> Vec<unic_langid::LanguageIdentifier> {
    locale.code().parse().into_iter().collect()
}

fn file_names(locale: Locale) -> Vec<String> {
    let folder = format!("{}/", locale.code());
    let mut names: Vec<_> = Files::iter()
        .map(String::from)
        .filter(|name| name.starts_with(&folder))
        .collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Every message of a language with the variables it uses.
    fn messages(locale: Locale) -> BTreeMap<String, BTreeSet<String>> {
        let mut messages = BTreeMap::new();
        for name in file_names(locale) {
            let text = String::from_utf8(Files::get(&name).unwrap().data.into_owned()).unwrap();
            let resource = FluentResource::try_new(text.clone())
                .unwrap_or_else(|(_, errors)| panic!("{name}: {errors:?}"));
            for entry in resource.entries() {
                let fluent_syntax::ast::Entry::Message(message) = entry else {
                    continue;
                };
                let source = format!("{:?}", message.value);
                let variables = source
                    .split("VariableReference { id: Identifier { name: \"")
                    .skip(1)
                    .map(|rest| rest.split('"').next().unwrap().to_owned())
                    .collect();
                let twice = messages.insert(message.id.name.to_owned(), variables);
                assert!(
                    twice.is_none(),
                    "{} is said twice in {}",
                    message.id.name,
                    locale.code()
                );
            }
        }
        messages
    }

    #[test]
    fn both_languages_say_the_same_things_with_the_same_variables() {
        let (french, english) = (messages(Locale::Fr), messages(Locale::En));
        let names = |all: &BTreeMap<String, _>| all.keys().cloned().collect::<BTreeSet<_>>();
        let differing: Vec<_> = names(&french)
            .symmetric_difference(&names(&english))
            .cloned()
            .collect();
        assert!(differing.is_empty(), "in one language only: {differing:?}");
        for (id, variables) in &french {
            assert_eq!(variables, &english[id], "{id}");
        }
    }

    #[test]
    fn every_message_that_the_pages_say_exists() {
        let known = messages(Locale::Fr);
        let mut said = 0;
        for source in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
            let text = std::fs::read_to_string(&source).unwrap();
            for call in ["say(", "tell("] {
                for rest in text.split(call).skip(1) {
                    // An id that is not written there is tested by the codes it is made of.
                    let Some(quoted) = rest.trim_start().strip_prefix('"') else {
                        continue;
                    };
                    let id = quoted.split('"').next().unwrap();
                    said += 1;
                    assert!(known.contains_key(id), "{} says {id:?}", source.display());
                    let fixed = words(Locale::Fr).fixed.contains_key(id);
                    assert_eq!(
                        fixed,
                        call == "say(",
                        "{id}: say is for messages without variables"
                    );
                }
            }
        }
        assert!(said > 100, "only {said} found");
    }

    fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| {
                if path.is_dir() {
                    sources(&path)
                } else {
                    vec![path]
                }
            })
            .filter(|path| {
                path.extension().is_some_and(|end| end == "rs") && !path.ends_with("i18n.rs")
            })
            .collect()
    }

    #[test]
    fn every_kind_of_remark_has_its_sentence_in_both_languages() {
        use catalogue::desk::{KeptNote, Said};
        use catalogue::import::{Remark, Severity, Why};
        let kept = |remark: &Remark| KeptNote {
            file: String::new(),
            line: 1,
            sender: None,
            reference: None,
            code: remark.code().to_owned(),
            severity: Severity::Info,
            message: remark.to_string(),
            said: Some(Said::from(remark)),
            edition: None,
            reject: None,
        };
        for remark in Remark::of_each_kind() {
            let [french, english] = [Locale::Fr, Locale::En].map(|locale| {
                let words = words(locale);
                let code = words.one_of("desk-code", remark.code());
                assert_ne!(code, remark.code(), "no words for it");
                let told = crate::backoffice::sentence(words, &kept(&remark));
                assert!(told.is_own_language, "{}", remark.kind());
                for (name, value) in remark.arguments() {
                    let shown = match name {
                        "why" => words.one_of("why", &value).to_owned(),
                        _ => value,
                    };
                    assert!(told.text.contains(&shown), "{name} in {}", told.text);
                }
                told.text
            });
            // What files and terminals say, but for typography.
            let plain = english.replace('’', "'").replace(['“', '”'], "\"");
            assert_eq!(plain, remark.to_string());
            assert_ne!(french, english);
        }
        let known = messages(Locale::Fr);
        for why in Why::ALL {
            assert!(known.contains_key(&format!("why-{}", why.code().unwrap())));
        }
        // What was kept before kinds were, or by a newer shop, is shown as it was said.
        let mut old = kept(&Remark::NoTitle {});
        old.message = "As it was said.".to_owned();
        for said in [
            None,
            Some(Said {
                kind: "of-tomorrow".to_owned(),
                arguments: BTreeMap::new(),
            }),
        ] {
            old.said = said;
            let told = crate::backoffice::sentence(words(Locale::Fr), &old);
            assert_eq!(
                (told.text.as_str(), told.is_own_language),
                ("As it was said.", false)
            );
        }
    }

    #[test]
    fn every_code_has_its_words() {
        use catalogue::model::Form;
        use trade::address::{Country, Field};
        use trade::contributor::ContributorRole;
        use trade::payment::{Brand, Decline};
        let mut ids: Vec<String> = Vec::new();
        ids.extend(
            Decline::ALL
                .iter()
                .map(|one| format!("decline-{}", one.code())),
        );
        ids.extend(Form::ALL.iter().map(|one| format!("form-{}", one.code())));
        ids.extend(
            Country::ALL
                .iter()
                .map(|one| format!("country-{}", one.code())),
        );
        ids.extend(
            shop::order::OrderState::ALL
                .iter()
                .map(|one| format!("order-state-{}", one.code())),
        );
        ids.extend(
            shop::payment::PaymentState::ALL
                .iter()
                .map(|one| format!("payment-{}", one.code())),
        );
        ids.extend(
            shop::order::events::EventKind::ALL
                .iter()
                .map(|one| format!("event-{}", one.code())),
        );
        use shop::payment::network::{StrayClass, StrayKind};
        ids.extend(
            StrayKind::ALL
                .iter()
                .map(|one| format!("stray-{}", one.code())),
        );
        ids.extend(
            StrayClass::ALL
                .iter()
                .map(|one| format!("stray-class-{}", one.code())),
        );
        ids.extend(
            shop::reviews::ReviewState::ALL
                .iter()
                .map(|one| format!("review-state-{}", one.code())),
        );
        ids.extend(shop::reviews::Reason::ALL.iter().flat_map(|one| {
            ["reason", "report"].map(|group| format!("review-{group}-{}", one.code()))
        }));
        ids.extend(
            shop::reviews::Field::ALL
                .iter()
                .map(|one| format!("review-field-{}", one.name())),
        );
        ids.extend(
            shop::reviews::Queue::ALL
                .iter()
                .map(|one| format!("office-reviews-{}", one.code())),
        );
        ids.extend(
            catalogue::store::CoverState::ALL
                .iter()
                .map(|one| format!("cover-state-{}", one.code())),
        );
        ids.extend(
            catalogue::store::CoverReason::ALL
                .iter()
                .map(|one| format!("cover-reason-{}", one.code())),
        );
        ids.extend(crate::problem::Kind::ALL.iter().flat_map(|one| {
            let code = one.code();
            [format!("problem-{code}"), format!("problem-help-{code}")]
        }));
        let grouped = |group: &str, codes: &[&str]| -> Vec<String> {
            codes.iter().map(|code| format!("{group}-{code}")).collect()
        };
        ids.extend(grouped(
            "desk-column",
            &catalogue::import::Field::ALL.map(catalogue::import::Field::code),
        ));
        ids.extend(grouped(
            "desk-field",
            &catalogue::store::Field::ALL.map(catalogue::store::Field::code),
        ));
        ids.extend(grouped(
            "desk-state",
            &catalogue::desk::JobState::ALL.map(catalogue::desk::JobState::code),
        ));
        ids.extend(grouped(
            "drop-trouble",
            &catalogue::desk::drop_folder::TroubleKind::ALL
                .map(catalogue::desk::drop_folder::TroubleKind::code),
        ));
        ids.extend(grouped(
            "office-note",
            &catalogue::import::Severity::ALL.map(catalogue::import::Severity::code),
        ));
        for role in [
            "author",
            "translator",
            "illustrator",
            "editor",
            "preface",
            "narrator",
            "other",
        ] {
            ids.push(format!("role-{role}"));
        }
        for field in [
            Field::Email,
            Field::Name,
            Field::Street,
            Field::Postcode,
            Field::City,
            Field::Country,
        ] {
            ids.push(format!(
                "field-{}",
                crate::storefront::checkout::field_name(field)
            ));
        }
        let _ = (ContributorRole::Author, Brand::Cb);
        let known = messages(Locale::Fr);
        for id in ids {
            assert!(known.contains_key(&id), "{id}");
        }
    }

    /// What the logs call what somebody did: `order.ship`, as it is written where it is done.
    fn actions() -> BTreeSet<String> {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let is_word = |text: &str| {
            let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            !text.is_empty() && text.bytes().all(is_letter)
        };
        let endings = ["css", "csv", "db", "js", "jsonl", "rs", "svg", "xml"];
        [
            "shop/src",
            "web/src/backoffice",
            "catalogue/src/store",
            "catalogue/src/desk",
        ]
        .iter()
        .flat_map(|folder| sources(&crates.join(folder)))
        .flat_map(|source| {
            let text = std::fs::read_to_string(source).unwrap();
            let quoted = text.split('"').map(str::to_owned);
            quoted.collect::<Vec<_>>()
        })
        .filter(|quoted| {
            quoted.split_once('.').is_some_and(|(what, deed)| {
                is_word(what) && is_word(deed) && !endings.contains(&deed)
            })
        })
        // Written with the kind of the decision in it.
        .chain(["edition.split", "edition.join"].map(str::to_owned))
        .collect()
    }

    #[test]
    fn every_action_of_the_logs_has_its_words() {
        let (known, actions) = (messages(Locale::Fr), actions());
        for expected in [
            "order.ship",
            "catalogue.give_up",
            "edition.correct",
            "import.undo",
            "precedence.set",
        ] {
            assert!(actions.contains(expected), "{expected} in {actions:?}");
        }
        for action in actions {
            let id = format!("office-action-{}", action.replace('.', "-"));
            assert!(known.contains_key(&id), "{id}");
        }
    }

    #[test]
    fn t1_french_spaces_and_apostrophes() {
        for name in file_names(Locale::Fr) {
            let text = String::from_utf8(Files::get(&name).unwrap().data.into_owned()).unwrap();
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let prose = line.split_once('=').map_or(line, |(_, prose)| prose);
                for wrong in ["'", " ;", " !", " ?", " :", "« ", " »", " €", " %", "..."] {
                    assert!(!prose.contains(wrong), "{name}: {wrong:?} in {line}");
                }
            }
        }
    }
}
