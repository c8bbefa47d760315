//! The words of a condition: names, numbers, texts and signs, each with where it stands.

use crate::rules::RuleFault;

/// A word of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Name(String),
    Int(i64),
    Text(String),
    /// An operator or a bracket.
    Sign(&'static str),
    End,
}

impl Token {
    /// As it is told in a mistake.
    pub(crate) fn shown(&self) -> String {
        match self {
            Token::Name(name) => name.clone(),
            Token::Int(number) => number.to_string(),
            Token::Text(text) => format!("'{text}'"),
            Token::Sign(sign) => (*sign).to_owned(),
            Token::End => String::new(),
        }
    }
}

/// A word and the place of its first character, counted from 1.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub token: Token,
    pub column: usize,
}

/// A mistake and where it is, counted from 1.
pub(crate) type Mistake = (usize, RuleFault);

/// Signs of CEL that conditions use; longer ones first, so that `<=` is not `<`.
const SIGNS: [&str; 21] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*", "?", ":", "(", ")", "[", "]",
    ",", ".", "//",
];
/// Signs of CEL that conditions do not have: division can fail, the others make maps and messages.
const FOREIGN: [char; 5] = ['/', '%', '{', '}', '`'];

/// The words of `text`, the last one [`Token::End`].
pub(crate) fn words(text: &str) -> Result<Vec<Placed>, Mistake> {
    let chars: Vec<char> = text.chars().collect();
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let column = at + 1;
        let rest = chars.get(at..).unwrap_or_default();
        let (token, length) = match c {
            _ if c.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            '0'..='9' => number(rest).map_err(|fault| (column, fault))?,
            '\'' | '"' => quoted(rest, c).map_err(|(offset, fault)| (column + offset, fault))?,
            _ if c.is_ascii_alphabetic() || c == '_' => {
                let name: String = rest
                    .iter()
                    .take_while(|c| c.is_ascii_alphanumeric() || **c == '_')
                    .collect();
                let length = name.len();
                (Token::Name(name), length)
            }
            _ => sign(rest).map_err(|fault| (column, fault))?,
        };
        if token == Token::Sign("//") {
            at += rest.iter().take_while(|c| **c != '\n').count();
            continue;
        }
        words.push(Placed { token, column });
        at += length;
    }
    words.push(Placed {
        token: Token::End,
        column: chars.len() + 1,
    });
    Ok(words)
}

fn number(rest: &[char]) -> Result<(Token, usize), RuleFault> {
    let digits: String = rest.iter().take_while(|c| c.is_ascii_digit()).collect();
    let next = rest.get(digits.len());
    if next.is_some_and(|c| c.is_ascii_alphanumeric() || *c == '.' || *c == '_') {
        return Err(RuleFault::NotSupported {
            what: "numbers that are not whole and decimal".to_owned(),
        });
    }
    let number = digits.parse().map_err(|_| RuleFault::NotSupported {
        what: "numbers of more than 18 digits".to_owned(),
    })?;
    Ok((Token::Int(number), digits.len()))
}

fn quoted(rest: &[char], quote: char) -> Result<(Token, usize), (usize, RuleFault)> {
    let mut text = String::new();
    let mut at = 1;
    loop {
        match rest.get(at) {
            Some(&c) if c == quote => return Ok((Token::Text(text), at + 1)),
            Some('\\') => {
                let escaped = match rest.get(at + 1) {
                    Some(&c @ ('\\' | '\'' | '"')) => c,
                    other => {
                        let found = other.map_or(String::new(), |c| format!("\\{c}"));
                        return Err((at, RuleFault::Unexpected { found }));
                    }
                };
                text.push(escaped);
                at += 2;
            }
            None | Some('\n' | '\r') => {
                return Err((
                    at,
                    RuleFault::Missing {
                        what: quote.to_string(),
                    },
                ));
            }
            Some(&c) => {
                text.push(c);
                at += 1;
            }
        }
    }
}

fn sign(rest: &[char]) -> Result<(Token, usize), RuleFault> {
    let starts = |sign: &&&str| {
        sign.chars()
            .zip(rest.iter().map(Some).chain(std::iter::repeat(None)))
            .all(|(wanted, found)| Some(&wanted) == found)
    };
    if let Some(sign) = SIGNS
        .iter()
        .rev()
        .find(|sign| starts(sign) && **sign == "//")
    {
        return Ok((Token::Sign(sign), 2));
    }
    if let Some(sign) = SIGNS.iter().find(starts) {
        return Ok((Token::Sign(sign), sign.len()));
    }
    let found = rest.first().map(char::to_string).unwrap_or_default();
    match rest.first() {
        Some(c) if FOREIGN.contains(c) => Err(RuleFault::NotSupported { what: found }),
        _ => Err(RuleFault::Unexpected { found }),
    }
}
