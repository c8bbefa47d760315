//! How a query is tried: as typed, then wider, then respelt, then with words left out.
//!
//! Whether an edition is a hit is decided by the `all` field alone, word by word; which hit comes first by the
//! title, author and series fields, by whole titles and names ([`signature`]), and last by the edition's prior.
//! Weights were set on kinds of queries, never on single ones; they matter by their order of size only.

mod respell;
pub mod terms;

use tantivy::query::{AllQuery, BooleanQuery, BoostQuery, DisjunctionMaxQuery, Occur, Query};
use tantivy::{Searcher, Term};
use trade::limits::QUERY_CHARS;

use self::respell::replaced;
use self::terms::{beginning, constant, filter_terms, term, term_query, weighted};
use crate::analysis::{Forms, Word, fold, is_stop_word, normalize, number, split, stems, volumes};
use crate::found::Found;
use crate::limits::{FEW_HITS, QUERY_WORDS};
use crate::merit::{Merit, Weighed};
use crate::query::Query as Narrowed;
use crate::rules::Rules;
use crate::schema::Fields;
use crate::signature::{self, Asked};
use crate::spelling::Spelling;
use crate::words::{Form, Words};

/// Weight of a word in the field that ranks it, times BM25.
const TITLE_WORD: f32 = 2.0;
const STEM_WORD: f32 = 1.5;
const AUTHOR_WORD: f32 = 2.5;
const SERIES_WORD: f32 = 1.5;
/// A title that begins with the last word's letters.
const TITLE_PREFIX: f32 = 4.0;
/// Whole titles and names: more than the words of any title weigh together.
const EXACT_TITLE: f32 = 60.0;
const MAIN_TITLE: f32 = 60.0;
const STEMMED_TITLE: f32 = 45.0;
/// A contributor's first and last name: above any title, because those who type a name want the person's books,
/// not a book about the person. A name of one word says less: titles go first.
const FULL_NAME: f32 = 220.0;
const ONE_NAME: f32 = 60.0;
/// A whole title that is only the beginning or end of the query, the rest being an author.
const TITLE_WITHIN: f32 = 40.0;
const STEMMED_WITHIN: f32 = 30.0;
/// Of what a word weighs in its best field, what it adds in each other.
const OTHER_FIELDS: f32 = 0.1;
const TITLE_BEGINNING: f32 = 40.0;
/// The volume asked for, with and without a word such as *tome* before it.
const MARKED_VOLUME: f32 = 60.0;
const BARE_VOLUME: f32 = 15.0;
/// A hit for the query as typed among hits of a wider one.
const AS_TYPED: f32 = 60.0;
/// What a hit for another reading of the query (a synonym) weighs against one for the words as typed: two words that
/// were not typed less than one that was, a whole title or name still more than any word.
const READ_AS: f32 = 0.4;

/// How far a query may stray from what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Every word as typed, or inflected.
    Typed,
    /// The last word may be a beginning; words may stand in a summary.
    Wider,
    /// Words may be spelt otherwise.
    Respelt,
    /// At least so many of the words.
    Some(usize),
}

/// A query taken apart.
pub struct Plan {
    fields: Fields,
    text: String,
    wanted: Vec<Wanted>,
    asked: Asked,
    filters: Vec<Term>,
    /// How far was looked last, and what was found.
    reach: Reach,
    found: Found,
    /// What was found within [`Reach::Typed`]: it comes first among hits of a wider reach.
    as_typed: Found,
    /// The same query in the words of synonyms; empty for a reading itself.
    readings: Vec<Plan>,
}

/// One thing a hit must have.
#[derive(Debug)]
struct Wanted {
    /// Its place in the text, in bytes.
    place: std::ops::Range<usize>,
    /// The folded word.
    word: String,
    /// The word as hurried readers glue it: also looked for.
    glued: Option<String>,
    stems: Vec<String>,
    /// Its value as a volume's number, with the weight of that volume.
    volume: Option<(u32, f32)>,
    /// Whether it is the last word typed, which may be unfinished.
    last: bool,
    spellings: Vec<Spelling>,
}

impl Plan {
    /// Reads a query, in the words of synonyms too.
    pub fn new(fields: Fields, text: &str, narrowed: &Narrowed, rules: &Rules) -> Plan {
        let text: String = text.chars().take(QUERY_CHARS).collect();
        let text = normalize(&text).into_owned();
        let words = split(&text, QUERY_WORDS);
        let readings = rules.readings(&text, &words);
        Plan {
            readings: readings
                .into_iter()
                .map(|text| {
                    let words = split(&text, QUERY_WORDS);
                    Plan::reading(fields, text, &words, narrowed)
                })
                .collect(),
            ..Plan::reading(fields, text, &words, narrowed)
        }
    }

    /// Reads a query as it stands.
    fn reading(fields: Fields, text: String, words: &[Word], narrowed: &Narrowed) -> Plan {
        let volumes = volumes(words);
        let asked = signature::asked(words, &volumes);
        let mut wanted = Vec::with_capacity(words.len());
        for (at, word) in words.iter().enumerate() {
            let last = at + 1 == words.len();
            let volume = volumes.iter().find(|volume| volume.words.contains(&at));
            let marked = volume.is_some_and(|volume| volume.words.len() > 1);
            if marked && volume.is_some_and(|volume| volume.words.end > at + 1) {
                continue; // "tome": the number that follows says it all
            }
            let forms = Forms::of(&word.text);
            let folded = fold(&forms.main).into_owned();
            let volume = match volume {
                Some(volume) => Some((volume.number, MARKED_VOLUME)),
                None if last && words.len() > 1 => {
                    number(&folded).map(|number| (number, BARE_VOLUME))
                }
                None => None,
            };
            wanted.push(Wanted {
                place: word.start..word.end,
                stems: stems(&forms.main),
                glued: forms.glued.map(|glued| fold(&glued).into_owned()),
                word: folded,
                volume,
                last,
                spellings: Vec::new(),
            });
        }
        // Stop words are asked for only where there is nothing else.
        let content = |wanted: &Wanted| wanted.volume.is_some() || !is_stop_word(&wanted.word);
        if wanted.iter().any(content) {
            wanted.retain(content);
        }
        Plan {
            fields,
            text,
            wanted,
            asked,
            filters: filter_terms(fields.filter, narrowed),
            reach: Reach::Typed,
            found: Found::default(),
            as_typed: Found::default(),
            readings: Vec::new(),
        }
    }

    /// The query for the editions with that number, already in the index's form.
    pub fn isbn(fields: Fields, number: &str, narrowed: &Narrowed) -> Box<dyn Query> {
        let mut clauses = vec![(Occur::Must, term(fields.isbn, number))];
        clauses.extend(
            filter_terms(fields.filter, narrowed)
                .into_iter()
                .map(|filter| (Occur::Must, term_query(filter))),
        );
        Box::new(BooleanQuery::new(clauses))
    }

    /// How many words the query asks for.
    pub fn words(&self) -> usize {
        self.wanted.len()
    }

    /// How many editions the rules show for it, found or not.
    pub fn pinned(&self, rules: &Rules) -> usize {
        rules.pinned(&self.text).len()
    }

    /// Whether anything but blanks was typed.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Looks how much there is within a reach, whatever the filters: what is narrowed to nothing was not mistyped.
    /// Exact below [`FEW_HITS`].
    pub fn look(&mut self, searcher: &Searcher, reach: Reach) -> tantivy::Result<usize> {
        self.find(searcher, reach)?;
        let mut all = self.found.clone();
        for mut reading in std::mem::take(&mut self.readings) {
            reading.find(searcher, self.reach_of(&reading, reach))?;
            if all.count() < FEW_HITS {
                all = all.or(searcher, &reading.found)?;
            }
            self.readings.push(reading);
        }
        Ok(all.count())
    }

    fn find(&mut self, searcher: &Searcher, reach: Reach) -> tantivy::Result<()> {
        self.reach = reach;
        if self.wanted.is_empty() {
            return Ok(());
        }
        let words: Vec<Vec<Form>> = self.wanted.iter().map(|word| self.forms(word)).collect();
        let words = match reach {
            Reach::Some(least) => Words { words, least },
            _ => Words::all(words),
        };
        self.found = words.find(searcher)?;
        if reach == Reach::Typed {
            self.as_typed = self.found.clone();
        }
        Ok(())
    }

    /// The query as it was last looked for, narrowed by the filters, with what the rules put forward.
    pub fn query(&self, searcher: &Searcher, rules: &Rules) -> tantivy::Result<Box<dyn Query>> {
        let mut query = self.read_as_typed(searcher)?;
        if !self.readings.is_empty() {
            // A book counts by the reading that it answers best.
            let mut readings = vec![query];
            for reading in &self.readings {
                let read = reading.read_as_typed(searcher)?;
                readings.push(Box::new(BoostQuery::new(read, READ_AS)));
            }
            query = Box::new(DisjunctionMaxQuery::new(readings));
        }
        Ok(rules.applied(&self.fields, &self.text, &self.filters, query))
    }

    /// The same reach for a reading of more or fewer words: as many of them may be left out.
    fn reach_of(&self, reading: &Plan, reach: Reach) -> Reach {
        match reach {
            Reach::Some(least) => {
                let left_out = self.words().saturating_sub(least);
                Reach::Some(reading.words().saturating_sub(left_out).max(1))
            }
            reach => reach,
        }
    }

    fn read_as_typed(&self, searcher: &Searcher) -> tantivy::Result<Box<dyn Query>> {
        if self.is_blank() {
            let everything: Box<dyn Query> = match self.filters.as_slice() {
                [] => Box::new(AllQuery),
                filters => Box::new(Words::terms(filters).find(searcher)?),
            };
            return Ok(constant(everything, 0.0));
        }
        let mut merits = Vec::with_capacity(16);
        for wanted in &self.wanted {
            self.rank_word(wanted, &mut merits);
        }
        self.rank_whole(&mut merits);
        if self.reach > Reach::Typed && self.as_typed.count() > 0 {
            let as_typed = Box::new(self.as_typed.clone());
            merits.push(Merit::one(constant(as_typed, AS_TYPED)));
        }
        let hits = self.found.narrowed(searcher, &self.filters)?;
        Ok(Box::new(Weighed {
            hits: constant(Box::new(hits), 0.0),
            merits,
        }))
    }

    /// How an edition may have the word.
    fn forms(&self, wanted: &Wanted) -> Vec<Form> {
        let all = |text: &str| Form::Whole(Term::from_field_text(self.fields.all, text));
        let mut forms = Vec::with_capacity(8);
        if self.reach >= Reach::Wider && wanted.last {
            let begun = Term::from_field_text(self.fields.all, &wanted.word);
            forms.push(Form::Beginning(begun));
        } else {
            forms.push(all(&wanted.word));
        }
        forms.extend(wanted.glued.iter().map(|glued| all(glued)));
        match wanted.volume {
            Some((number, _)) => {
                forms.push(all(&format!("#{number}")));
                let figures = number.to_string();
                forms.extend((figures != wanted.word).then(|| all(&figures)));
            }
            None => forms.extend(wanted.stems.iter().map(|stem| all(&format!("~{stem}")))),
        }
        if self.reach >= Reach::Wider {
            let summary = |stem| Form::Whole(Term::from_field_text(self.fields.summary, stem));
            forms.extend(wanted.stems.iter().map(|stem| summary(stem)));
        }
        if self.reach >= Reach::Respelt {
            forms.extend(wanted.spellings.iter().map(|spelling| all(&spelling.word)));
        }
        forms
    }

    /// What the word adds to a hit's rank.
    fn rank_word(&self, wanted: &Wanted, merits: &mut Vec<Merit>) {
        if let Some((number, weight)) = wanted.volume {
            let volume = term(self.fields.all, &format!("#{number}"));
            merits.push(Merit::one(constant(volume, weight)));
        }
        let stems = wanted
            .stems
            .iter()
            .map(|stem| weighted(self.fields.stem, stem, STEM_WORD))
            .collect();
        merits.push(self.ranked_word(&wanted.word, 1.0, stems));
        if self.reach >= Reach::Wider && wanted.last {
            let begun = beginning(self.fields.title, &wanted.word);
            merits.push(Merit::one(constant(begun, TITLE_PREFIX)));
        }
        if self.reach >= Reach::Respelt {
            let spellings = wanted.spellings.iter();
            merits.extend(
                spellings
                    .map(|spelling| self.ranked_word(&spelling.word, spelling.weight, Vec::new())),
            );
        }
    }

    /// A word counts where it says most: an author's name in a title must not lift that title above the others.
    fn ranked_word(&self, word: &str, weight: f32, mut ways: Vec<Box<dyn Query>>) -> Merit {
        ways.extend([
            weighted(self.fields.title, word, TITLE_WORD * weight),
            weighted(self.fields.author, word, AUTHOR_WORD * weight),
            weighted(self.fields.series, word, SERIES_WORD * weight),
        ]);
        Merit {
            ways,
            others: OTHER_FIELDS,
        }
    }

    /// What being the very title or person asked for adds to a hit's rank.
    fn rank_whole(&self, merits: &mut Vec<Merit>) {
        let signature = self.fields.signature;
        let mut rank =
            |text: &str, weight| merits.push(Merit::one(constant(term(signature, text), weight)));
        rank(&self.asked.title, EXACT_TITLE);
        rank(&self.asked.main, MAIN_TITLE);
        if let Some(stems) = &self.asked.stems {
            rank(stems, STEMMED_TITLE);
        }
        rank(&self.asked.name, self.name_weight());
        self.asked
            .titles_within
            .iter()
            .for_each(|title| rank(title, TITLE_WITHIN));
        self.asked
            .stems_within
            .iter()
            .for_each(|stems| rank(stems, STEMMED_WITHIN));
        if self.reach >= Reach::Respelt {
            for (from, to, weight) in self.respelt_words() {
                for (text, worth) in [
                    (&self.asked.main, MAIN_TITLE),
                    (&self.asked.name, self.name_weight()),
                ] {
                    if let Some(respelt) = replaced(text, &from, &to) {
                        rank(&respelt, worth * weight);
                    }
                }
            }
        }
        if self.reach >= Reach::Wider {
            let begun = beginning(signature, &self.asked.main);
            merits.push(Merit::one(constant(begun, TITLE_BEGINNING)));
        }
    }

    fn name_weight(&self) -> f32 {
        // The kind and one name make one underscore.
        if self.asked.name.matches('_').count() > 1 {
            FULL_NAME
        } else {
            ONE_NAME
        }
    }
}
