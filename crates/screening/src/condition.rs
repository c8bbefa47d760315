//! A condition: read, type-checked and made into a tree that cannot fail, in one go.
//!
//! The language is a subset of CEL (cel.dev, the language definition): facts, whole numbers, texts, `true` and
//! `false`, `&& || !`, comparisons, `+ - *`, `in [..]`, `c ? a : b`, and of texts `startsWith`, `endsWith` and
//! `contains`. What can fail or loop while it runs (division, indexing, macros over lists) is left out. Numbers
//! saturate where CEL would fail. That a condition means here what it means there is tested against another
//! implementation of CEL; its parser is not used itself because it recurses without a usable bound, does not check
//! types, and says nothing about where a mistake is.

use crate::facts::{Fact, Facts, Kind};
use crate::lex::{self, Mistake, Placed, Token};
use crate::limits;
use crate::rules::RuleFault;
use crate::silence;
use crate::tree::{Bool, Compared, Int, Match, Text};

/// A condition over [`Facts`] that was checked.
#[derive(Clone, Debug)]
pub struct Condition {
    text: String,
    tree: Bool,
    asks_bureau: bool,
}

impl Condition {
    /// Reads and checks a condition.
    ///
    /// # Errors
    /// The first mistake, and the character at which it is, counted from 1.
    pub fn parse(text: &str) -> Result<Condition, (usize, RuleFault)> {
        if text.chars().count() > limits::CONDITION_CHARS {
            let max = limits::CONDITION_CHARS;
            return Err((1, RuleFault::TooLong { max }));
        }
        let words = lex::words(text)?;
        let of_bureau =
            |word: &Placed| matches!(&word.token, Token::Name(name) if silence::is_of_bureau(name));
        let asks_bureau = words.iter().any(of_bureau);
        let mut reader = Reader {
            words,
            at: 0,
            depth: 0,
            parts: 0,
        };
        let (column, whole) = reader.choice()?;
        let next = reader.here();
        if next.token != Token::End {
            let found = next.token.shown();
            return Err((next.column, RuleFault::Unexpected { found }));
        }
        let tree = whole.bool(column)?;
        Ok(Condition {
            text: text.to_owned(),
            tree,
            asks_bureau,
        })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it holds.
    pub fn holds(&self, facts: &Facts) -> bool {
        self.tree.of(facts)
    }

    /// Whether it names what the bureau said.
    pub(crate) fn asks_bureau(&self) -> bool {
        self.asks_bureau
    }

    /// Whether it holds of every order while the bureau is silent, or of none; nothing when that depends on the order.
    pub(crate) fn in_silence(&self) -> Option<bool> {
        self.tree.in_silence(&Facts::default())
    }
}

/// An expression of a known type.
#[derive(Clone, Debug)]
enum Typed {
    Int(Int),
    Bool(Bool),
    Text(Text),
}

impl Typed {
    fn kind(&self) -> Kind {
        match self {
            Typed::Int(_) => Kind::Int,
            Typed::Bool(_) => Kind::Bool,
            Typed::Text(_) => Kind::Text,
        }
    }

    fn wrong<T>(&self, column: usize, expected: Kind) -> Result<T, Mistake> {
        let found = self.kind();
        Err((column, RuleFault::WrongType { expected, found }))
    }

    fn int(self, column: usize) -> Result<Int, Mistake> {
        match self {
            Typed::Int(int) => Ok(int),
            other => other.wrong(column, Kind::Int),
        }
    }

    fn bool(self, column: usize) -> Result<Bool, Mistake> {
        match self {
            Typed::Bool(bool) => Ok(bool),
            other => other.wrong(column, Kind::Bool),
        }
    }

    fn text(self, column: usize) -> Result<Text, Mistake> {
        match self {
            Typed::Text(text) => Ok(text),
            other => other.wrong(column, Kind::Text),
        }
    }
}

/// An expression and where it begins.
type Read = Result<(usize, Typed), Mistake>;

/// Reads the grammar of CEL from the weakest sign to the strongest, one function a strength.
struct Reader {
    words: Vec<Placed>,
    at: usize,
    depth: usize,
    parts: usize,
}

impl Reader {
    fn here(&self) -> Placed {
        let last = Placed {
            token: Token::End,
            column: 1,
        };
        self.words
            .get(self.at)
            .or(self.words.last())
            .cloned()
            .unwrap_or(last)
    }

    /// Whether the next word but one opens a bracket.
    fn is_call(&self) -> bool {
        let next = self.words.get(self.at + 1);
        next.is_some_and(|next| next.token == Token::Sign("("))
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.here().token, Token::Sign(here) if here == sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), Mistake> {
        match self.take(sign) {
            true => Ok(()),
            false => {
                let what = sign.to_owned();
                Err((self.here().column, RuleFault::Missing { what }))
            }
        }
    }

    /// Counts one more part, or refuses.
    fn part(&mut self, column: usize) -> Result<(), Mistake> {
        self.parts += 1;
        match self.parts > limits::CONDITION_PARTS {
            false => Ok(()),
            true => Err((
                column,
                RuleFault::TooManyParts {
                    max: limits::CONDITION_PARTS,
                },
            )),
        }
    }

    /// Reads something inside something else.
    fn deeper(&mut self, read: fn(&mut Reader) -> Read) -> Read {
        if self.depth >= limits::CONDITION_DEPTH {
            let max = limits::CONDITION_DEPTH;
            return Err((self.here().column, RuleFault::TooDeep { max }));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// `c ? a : b`, or less.
    fn choice(&mut self) -> Read {
        let (column, when) = self.or()?;
        if !self.take("?") {
            return Ok((column, when));
        }
        self.part(column)?;
        let when = Box::new(when.bool(column)?);
        let (_, then) = self.deeper(Reader::or)?;
        self.expect(":")?;
        let (at, otherwise) = self.deeper(Reader::choice)?;
        let whole = match then {
            Typed::Int(then) => Typed::Int(Int::Either(
                when,
                Box::new(then),
                Box::new(otherwise.int(at)?),
            )),
            Typed::Bool(then) => Typed::Bool(Bool::Either(
                when,
                Box::new(then),
                Box::new(otherwise.bool(at)?),
            )),
            Typed::Text(then) => Typed::Text(Text::Either(
                when,
                Box::new(then),
                Box::new(otherwise.text(at)?),
            )),
        };
        Ok((column, whole))
    }

    fn or(&mut self) -> Read {
        let (column, mut whole) = self.and()?;
        while self.take("||") {
            self.part(column)?;
            let (at, other) = self.and()?;
            let (one, other) = (whole.bool(column)?, other.bool(at)?);
            whole = Typed::Bool(Bool::Or(Box::new(one), Box::new(other)));
        }
        Ok((column, whole))
    }

    fn and(&mut self) -> Read {
        let (column, mut whole) = self.relation()?;
        while self.take("&&") {
            self.part(column)?;
            let (at, other) = self.relation()?;
            let (one, other) = (whole.bool(column)?, other.bool(at)?);
            whole = Typed::Bool(Bool::And(Box::new(one), Box::new(other)));
        }
        Ok((column, whole))
    }

    fn relation(&mut self) -> Read {
        let (column, mut whole) = self.sum()?;
        loop {
            let word = self.here();
            whole = match word.token {
                Token::Name(ref name) if name == "in" => {
                    self.at += 1;
                    self.part(column)?;
                    Typed::Bool(self.one_of(column, whole)?)
                }
                Token::Sign(sign @ ("==" | "!=" | "<" | "<=" | ">" | ">=")) => {
                    self.at += 1;
                    self.part(column)?;
                    let (at, other) = self.sum()?;
                    Typed::Bool(compared(sign, (column, whole), (at, other))?)
                }
                _ => return Ok((column, whole)),
            };
        }
    }

    /// `x in [a, b]`.
    fn one_of(&mut self, column: usize, one: Typed) -> Result<Bool, Mistake> {
        self.expect("[")?;
        let mut list = Vec::new();
        while !self.take("]") {
            if !list.is_empty() {
                self.expect(",")?;
            }
            list.push(self.deeper(Reader::choice)?);
        }
        match one {
            Typed::Int(one) => {
                let list = list.into_iter().map(|(at, other)| other.int(at));
                Ok(Bool::IntIn(one, list.collect::<Result<_, _>>()?))
            }
            Typed::Text(one) => {
                let list = list.into_iter().map(|(at, other)| other.text(at));
                Ok(Bool::TextIn(one, list.collect::<Result<_, _>>()?))
            }
            Typed::Bool(_) => one.wrong(column, Kind::Text),
        }
    }

    fn sum(&mut self) -> Read {
        let (column, mut whole) = self.product()?;
        loop {
            let make = match self.here().token {
                Token::Sign("+") => Int::Sum,
                Token::Sign("-") => Int::Difference,
                _ => return Ok((column, whole)),
            };
            self.at += 1;
            self.part(column)?;
            let (at, other) = self.product()?;
            let (one, other) = (whole.int(column)?, other.int(at)?);
            whole = Typed::Int(make(Box::new(one), Box::new(other)));
        }
    }

    fn product(&mut self) -> Read {
        let (column, mut whole) = self.signed()?;
        while self.take("*") {
            self.part(column)?;
            let (at, other) = self.signed()?;
            let (one, other) = (whole.int(column)?, other.int(at)?);
            whole = Typed::Int(Int::Product(Box::new(one), Box::new(other)));
        }
        Ok((column, whole))
    }

    /// `!x`, `-x`, or less.
    fn signed(&mut self) -> Read {
        let column = self.here().column;
        if self.take("!") {
            self.part(column)?;
            let (at, one) = self.deeper(Reader::signed)?;
            return Ok((column, Typed::Bool(Bool::Not(Box::new(one.bool(at)?)))));
        }
        if self.take("-") {
            self.part(column)?;
            let (at, one) = self.deeper(Reader::signed)?;
            return Ok((column, Typed::Int(Int::Negative(Box::new(one.int(at)?)))));
        }
        self.member()
    }

    /// A value, and what is asked of it: `means.startsWith("c")`.
    fn member(&mut self) -> Read {
        let (column, mut whole) = self.value()?;
        while self.take(".") {
            let word = self.here();
            let how = match &word.token {
                Token::Name(name) if name == "startsWith" => Match::Starts,
                Token::Name(name) if name == "endsWith" => Match::Ends,
                Token::Name(name) if name == "contains" => Match::Contains,
                other => {
                    let what = format!(".{}", other.shown());
                    return Err((word.column, RuleFault::NotSupported { what }));
                }
            };
            self.at += 1;
            self.part(column)?;
            self.expect("(")?;
            let (at, part) = self.deeper(Reader::choice)?;
            self.expect(")")?;
            whole = Typed::Bool(Bool::Match(how, whole.text(column)?, part.text(at)?));
        }
        Ok((column, whole))
    }

    fn value(&mut self) -> Read {
        let Placed { token, column } = self.here();
        self.part(column)?;
        let value = match token {
            Token::Int(number) => Typed::Int(Int::Number(number)),
            Token::Text(text) => Typed::Text(Text::Words(text)),
            Token::Name(name) if name == "true" => Typed::Bool(Bool::Is(true)),
            Token::Name(name) if name == "false" => Typed::Bool(Bool::Is(false)),
            Token::Name(name) if self.is_call() => {
                let what = format!("{name}()");
                return Err((column, RuleFault::NotSupported { what }));
            }
            Token::Name(name) => named(&name).map_err(|fault| (column, fault))?,
            Token::Sign("(") => {
                self.at += 1;
                let (_, inside) = self.deeper(Reader::choice)?;
                self.expect(")")?;
                return Ok((column, inside));
            }
            other => {
                let found = other.shown();
                return Err((column, RuleFault::Unexpected { found }));
            }
        };
        self.at += 1;
        Ok((column, value))
    }
}

fn compared(
    sign: &str,
    (column, one): (usize, Typed),
    (at, other): (usize, Typed),
) -> Result<Bool, Mistake> {
    let same = match one {
        Typed::Int(one) => {
            let other = other.int(at)?;
            return Ok(match sign {
                "==" => Bool::Ints(Compared::Same, one, other),
                "!=" => Bool::Not(Box::new(Bool::Ints(Compared::Same, one, other))),
                "<" => Bool::Ints(Compared::Less, one, other),
                "<=" => Bool::Ints(Compared::LessOrSame, one, other),
                ">" => Bool::Ints(Compared::Less, other, one),
                _ => Bool::Ints(Compared::LessOrSame, other, one),
            });
        }
        // Only numbers are ordered here.
        one if !matches!(sign, "==" | "!=") => return one.wrong(column, Kind::Int),
        Typed::Text(one) => Bool::SameText(one, other.text(at)?),
        Typed::Bool(one) => Bool::Alike(Box::new(one), Box::new(other.bool(at)?)),
    };
    Ok(match sign {
        "==" => same,
        _ => Bool::Not(Box::new(same)),
    })
}

fn named(name: &str) -> Result<Typed, RuleFault> {
    let fact = Fact::named(name).ok_or_else(|| RuleFault::UnknownFact {
        name: name.to_owned(),
        meant: nearest(name),
    })?;
    Ok(match fact.kind {
        Kind::Int => Typed::Int(Int::Fact(fact)),
        Kind::Bool => Typed::Bool(Bool::Fact(fact)),
        Kind::Text => Typed::Text(Text::Fact(fact)),
    })
}

/// The fact that was probably meant: the nearest by letters changed, if it is near.
fn nearest(name: &str) -> Option<&'static str> {
    let far = |fact: &&Fact| distance(name, fact.name);
    let nearest = crate::FACTS.iter().min_by_key(far)?;
    (distance(name, nearest.name) <= 1 + name.len() / 4).then_some(nearest.name)
}

/// Letters to add, take away or change (Levenshtein).
pub(crate) fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut corner = line;
        let mut left = line + 1;
        let mut next = vec![left];
        for (above, letter_of_other) in row.iter().skip(1).zip(&other) {
            let changed = corner + usize::from(letter != *letter_of_other);
            left = changed.min(above + 1).min(left + 1);
            next.push(left);
            corner = *above;
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
