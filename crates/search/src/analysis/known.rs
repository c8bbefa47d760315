//! Words met before, with what was found out about them.

use std::collections::HashMap;
use std::rc::Rc;

use crate::analysis::{Forms, fold, is_stop_word, push_stems};

/// Words remembered before all are forgotten: enough for the words that most texts are made of, about 10 MB.
const WORDS: usize = 65_536;

/// The stems of content words, each worked out once: the words of one summary are mostly those of others, and stemming
/// them was most of what indexing cost.
#[derive(Default)]
pub struct KnownWords(HashMap<Box<str>, Rc<[Rc<str>]>>);

impl KnownWords {
    /// The folded stems of a lower-case word; none of a stop word.
    pub fn stems(&mut self, word: &str) -> Rc<[Rc<str>]> {
        if let Some(known) = self.0.get(word) {
            return Rc::clone(known);
        }
        let main = Forms::of(word).main;
        let mut stems = Vec::new();
        if !is_stop_word(&fold(&main)) {
            push_stems(&main, |stem| stems.push(Rc::from(stem)));
        }
        if self.0.len() >= WORDS {
            self.0.clear();
        }
        let stems: Rc<[Rc<str>]> = stems.into();
        self.0.insert(word.into(), Rc::clone(&stems));
        stems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3_a_known_word_has_the_stems_it_had() {
        let mut known = KnownWords::default();
        for _ in 0..2 {
            for word in ["trophées", "l'été", "chevaux", "1984", "aujourd'hui"] {
                let mut stems = Vec::new();
                push_stems(&Forms::of(word).main, |stem| stems.push(Rc::from(stem)));
                assert_eq!(*known.stems(word), *stems, "{word}");
            }
            assert!(known.stems("les").is_empty(), "a stop word");
        }
        for number in 0..=WORDS {
            known.stems(&number.to_string());
        }
        assert!(known.0.len() <= WORDS);
    }
}
