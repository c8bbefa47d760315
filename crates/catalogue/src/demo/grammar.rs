//! Reads the demo's grammars and says sentences from them.
//!
//! A grammar file has `[sections]`: one for each shop subject that needs its own words, and parents (`[*novel]`).
//! A key that a section lacks is looked up in the parent that its `is:` line names, then in `[*]`. Alternatives are
//! separated by ` | `. `key:` lists phrases, `key%:` nouns with their class, `key~:` adjectives. In a phrase:
//!
//! - `{key}` is one of that list, `{le key}` a noun with article (`un du au de son`, and other languages' own),
//!   `{le key+adj}` with an adjective that agrees, `{key:cap}` with a capital;
//! - a noun is chosen once per book, so that title and summary speak of the same thing; so are the keys in
//!   [`CHOSEN_ONCE`]; phrases are chosen anew each time; `verbe` stands in the order of `sujet` and follows it;
//! - `{P}` hero, `{A}` another first name, `{N}` a full name, `{N_last}` a surname, `{V}` town, `{W}` world,
//!   `{il}` the hero's pronoun, `{e}` and `{ne}` the feminine ending for `P` and `N`, `{pl}` that for `P` and `A`
//!   together, `{~}` that for the noun just said.
//!
//! Not a natural language generator: what a combination can mean is the writer's care, in the data.

use std::collections::HashMap;
use std::sync::Arc;

use super::Tongue;
use super::inflect::{Adjective, Class, Noun, capitalised, determined, elide, elides};
use super::names::Person;
use super::random::Random;

/// Phrase keys that keep their choice within a book, as nouns do.
const CHOSEN_ONCE: [&str; 4] = ["verbe", "topic", "skill", "thema"];

/// How deep phrases may stand in phrases: the data needs three.
const DEPTH_MAX: u8 = 6;

/// One language's sections, each with the keys of its parents.
pub(super) struct Grammar {
    tongue: Tongue,
    sections: HashMap<&'static str, Section>,
}

/// The lists that a subject can use.
pub(super) type Section = HashMap<&'static str, Arc<List>>;

/// What a key stands for.
pub(super) enum List {
    Phrases(Vec<Vec<Piece>>),
    Nouns(Vec<(Noun, Vec<Piece>)>),
    Adjectives(Vec<Adjective>),
}

/// A part of a phrase.
pub(super) enum Piece {
    Text(&'static str),
    Slot {
        op: &'static str,
        key: &'static str,
        adjective: Option<&'static str>,
        capital: bool,
    },
}

impl Grammar {
    /// Reads a grammar file; lines that it cannot read are left out, which a test would notice.
    pub(super) fn read(tongue: Tongue, source: &'static str) -> Grammar {
        let mut own: Vec<(&str, Section)> = Vec::new();
        let mut parents: HashMap<&str, &str> = HashMap::new();
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if let Some(name) = line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                own.push((name, Section::new()));
            } else if let Some((key, value)) = line.split_once(':')
                && let Some((name, section)) = own.last_mut()
            {
                if key == "is" {
                    parents.insert(name, value.trim());
                } else {
                    let (key, list) = read_list(tongue, key, value);
                    section.insert(key, Arc::new(list));
                }
            }
        }
        let find = |name: &str| {
            own.iter()
                .find(|(own_name, _)| *own_name == name)
                .map(|(_, section)| section)
        };
        let sections = own.iter().map(|(name, section)| {
            let mut whole = find("*").cloned().unwrap_or_default();
            if let Some(parent) = parents.get(name).and_then(|parent| find(parent)) {
                // A parent of a parent only where the data names one.
                if let Some(grand) = parents
                    .get(name)
                    .and_then(|p| parents.get(p))
                    .and_then(|g| find(g))
                {
                    whole.extend(grand.iter().map(|(key, list)| (*key, Arc::clone(list))));
                }
                whole.extend(parent.iter().map(|(key, list)| (*key, Arc::clone(list))));
            }
            whole.extend(section.iter().map(|(key, list)| (*key, Arc::clone(list))));
            (*name, whole)
        });
        Grammar {
            tongue,
            sections: sections.collect(),
        }
    }

    /// The section of a shop subject, or the general one for books that tell or books that explain.
    pub(super) fn section(&self, subject: &str, tells: bool) -> Option<&Section> {
        let general = if tells { "*" } else { "*essay" };
        self.sections
            .get(subject)
            .or_else(|| self.sections.get(general))
    }

    /// The language it speaks.
    pub(super) fn tongue(&self) -> Tongue {
        self.tongue
    }
}

fn read_list(tongue: Tongue, key: &'static str, value: &'static str) -> (&'static str, List) {
    let alternatives = value
        .split('|')
        .map(str::trim)
        .filter(|alternative| !alternative.is_empty());
    if let Some(key) = key.strip_suffix('%') {
        let nouns = alternatives.filter_map(|noun| read_noun(tongue, noun));
        (
            key,
            List::Nouns(
                nouns
                    .map(|noun| (noun.clone(), pieces(noun.word)))
                    .collect(),
            ),
        )
    } else if let Some(key) = key.strip_suffix('~') {
        (
            key,
            List::Adjectives(
                alternatives
                    .map(|written| Adjective::parse(tongue, written))
                    .collect(),
            ),
        )
    } else {
        (key, List::Phrases(alternatives.map(pieces).collect()))
    }
}

fn read_noun(tongue: Tongue, written: &'static str) -> Option<Noun> {
    if tongue == Tongue::English {
        return Some(Noun {
            class: Class::Neuter,
            aspirated: false,
            word: written,
        });
    }
    let (mark, word) = written.split_once(' ')?;
    let class = Class::parse(mark)?;
    let aspirated = word.starts_with('*');
    Some(Noun {
        class,
        aspirated,
        word: word.trim_start_matches('*'),
    })
}

fn pieces(phrase: &'static str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = phrase;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((slot, after)) = after.split_once('}') else {
            break;
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        let (slot, capital) = slot
            .strip_suffix(":cap")
            .map_or((slot, false), |slot| (slot, true));
        let (op, key) = slot.split_once(' ').unwrap_or(("", slot));
        let (key, adjective) = key
            .split_once('+')
            .map_or((key, None), |(key, adjective)| (key, Some(adjective)));
        pieces.push(Piece::Slot {
            op,
            key,
            adjective,
            capital,
        });
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// Who and where a book is about: the same in its title and its summary.
#[derive(Debug, Clone)]
pub(super) struct Cast {
    pub(super) hero: Person,
    pub(super) other: Person,
    pub(super) scholar: Person,
    pub(super) town: String,
    pub(super) world: String,
}

/// Says sentences about one book.
pub(super) struct Voice<'a> {
    grammar: &'a Grammar,
    section: &'a Section,
    cast: &'a Cast,
    chosen: HashMap<&'static str, usize>,
    last: Class,
}

impl<'a> Voice<'a> {
    /// A voice that has said nothing yet.
    pub(super) fn new(grammar: &'a Grammar, section: &'a Section, cast: &'a Cast) -> Self {
        Voice {
            grammar,
            section,
            cast,
            chosen: HashMap::new(),
            last: Class::Masculine,
        }
    }

    /// One sentence or title from the list `key`, with a capital; empty when there is no such list.
    pub(super) fn say(&mut self, key: &'static str, random: &mut Random) -> String {
        let said = self.said_from("", key, None, random, 0);
        let said = if self.grammar.tongue == Tongue::French {
            elide(&said)
        } else {
            said
        };
        capitalised(&said)
    }

    /// As [`Voice::say`], with the capitals of titles: in French the noun after a definite article, in English
    /// every word of weight.
    pub(super) fn title(&mut self, random: &mut Random) -> String {
        let title = self.say("t", random);
        match self.grammar.tongue {
            Tongue::French => {}
            Tongue::English => return headline(&title),
            _ => return title,
        }
        ["Le ", "La ", "Les ", "L’"]
            .into_iter()
            .find_map(|article| {
                title
                    .strip_prefix(article)
                    .map(|rest| format!("{article}{}", capitalised(rest)))
            })
            .unwrap_or(title)
    }

    fn said_from(
        &mut self,
        op: &str,
        key: &'static str,
        adjective: Option<&'static str>,
        random: &mut Random,
        depth: u8,
    ) -> String {
        let section = self.section;
        let Some(list) = section.get(key).filter(|_| depth < DEPTH_MAX) else {
            return String::new();
        };
        match list.as_ref() {
            List::Phrases(phrases) => {
                let place = self.choice(key, CHOSEN_ONCE.contains(&key), phrases.len(), random);
                let phrase = phrases
                    .get(place)
                    .map(|phrase| self.phrase(phrase, random, depth));
                self.joined(op, phrase.unwrap_or_default())
            }
            List::Nouns(nouns) => {
                let place = self.choice(key, true, nouns.len(), random);
                let Some((noun, pieces)) = nouns.get(place) else {
                    return String::new();
                };
                let word = self.phrase(pieces, random, depth);
                self.noun(op, noun, &word, adjective, random)
            }
            List::Adjectives(adjectives) => random
                .pick(adjectives)
                .map(|adjective| adjective.form(self.last).to_owned())
                .unwrap_or_default(),
        }
    }

    /// The place of an alternative: always the same for one book where it must be.
    fn choice(
        &mut self,
        key: &'static str,
        once: bool,
        count: usize,
        random: &mut Random,
    ) -> usize {
        let place = random.below(count);
        // What one does with a practical subject stands at the subject's own place in its list.
        let key = if key == "verbe" { "sujet" } else { key };
        if once {
            (*self.chosen.entry(key).or_insert(place)).min(count.saturating_sub(1))
        } else {
            place
        }
    }

    fn noun(
        &mut self,
        op: &str,
        noun: &Noun,
        word: &str,
        adjective: Option<&str>,
        random: &mut Random,
    ) -> String {
        self.last = noun.class;
        let section = self.section;
        let adjective = adjective.and_then(|key| match section.get(key).map(Arc::as_ref) {
            Some(List::Adjectives(list)) => random.pick(list),
            _ => None,
        });
        let word = match (adjective, self.grammar.tongue) {
            (None, _) => word.to_owned(),
            // The weak ending after a definite article, the only place our German needs an adjective.
            (Some(adjective), Tongue::German) => {
                format!("{}e {word}", adjective.form(Class::Masculine))
            }
            (Some(adjective), _) => format!("{word} {}", adjective.form(noun.class)),
        };
        determined(self.grammar.tongue, op, noun.class, noun.aspirated, &word)
    }

    fn phrase(&mut self, phrase: &[Piece], random: &mut Random, depth: u8) -> String {
        let mut said = String::new();
        for piece in phrase {
            match piece {
                Piece::Text(text) => said.push_str(text),
                Piece::Slot {
                    op,
                    key,
                    adjective,
                    capital,
                } => {
                    let word = match self.name(key) {
                        Some(name) => self.joined(op, name),
                        None => self.said_from(op, key, *adjective, random, depth + 1),
                    };
                    said.push_str(&if *capital { capitalised(&word) } else { word });
                }
            }
        }
        said
    }

    /// A preposition before something that has no class: only `de` changes.
    fn joined(&self, op: &str, word: String) -> String {
        match op {
            "de" if self.grammar.tongue == Tongue::French && elides(&word) => format!("d’{word}"),
            "" => word,
            other => format!("{other} {word}"),
        }
    }

    /// The names and endings that come from the cast.
    fn name(&self, key: &str) -> Option<String> {
        let Cast {
            hero,
            other,
            scholar,
            town,
            world,
        } = self.cast;
        let feminine_ending = |feminine: bool| if feminine { "e" } else { "" };
        Some(match key {
            "P" => hero.first.clone(),
            "A" => other.first.clone(),
            "N" => scholar.display(),
            "N_last" => scholar.last.clone(),
            "V" => town.clone(),
            "W" => world.clone(),
            "il" => pronoun(self.grammar.tongue, hero.feminine).to_owned(),
            "e" => feminine_ending(hero.feminine).to_owned(),
            "ne" => feminine_ending(scholar.feminine).to_owned(),
            "pl" => format!("{}s", feminine_ending(hero.feminine && other.feminine)),
            "~" => self.last.ending().to_owned(),
            _ => return None,
        })
    }
}

fn pronoun(tongue: Tongue, feminine: bool) -> &'static str {
    match (tongue, feminine) {
        (Tongue::French, false) => "il",
        (Tongue::French, true) => "elle",
        (_, false) => "he",
        (_, true) => "she",
    }
}

/// English title case.
fn headline(title: &str) -> String {
    const SMALL: [&str; 15] = [
        "a", "an", "the", "and", "or", "of", "in", "at", "on", "to", "for", "from", "by", "with",
        "but",
    ];
    let words = title.split(' ').enumerate().map(|(place, word)| {
        if place > 0 && SMALL.contains(&word) {
            word.to_owned()
        } else {
            capitalised(word)
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
