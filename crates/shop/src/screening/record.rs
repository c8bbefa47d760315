//! What was decided, as it is kept: with the facts and the number of the rules, so that it can be decided again.

use screening::{Decision, Facts, Reason, RuleSet, Verdict};
use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, ids::OrderId, locale::Locale};

use super::{
    bureau::{BureauWord, Heard},
    limits,
    rule_book::{self, InForce},
    screen::Screening,
};
use crate::{codes::coded, columns};

coded! {
    /// What a decision still waits for, or how the waiting ended.
    pub enum Standing {
        /// Nothing: accepted or refused.
        Settled = "settled",
        /// Nothing, whatever was decided: the shop only watches.
        Watched = "watched",
        /// The reader is asked for the code that was sent to her.
        Asked = "asked",
        /// She typed it; the next round decides.
        Confirmed = "confirmed",
        /// A bookseller is to look at it; it is not shipped before.
        Queued = "queued",
        /// A bookseller looked and let it go.
        Released = "released",
        /// A bookseller looked and refused it.
        Rejected = "rejected",
    }
}

storage::statements! {
    WRITE = "INSERT INTO screenings (order_id, attempt, card, round, at_us, facts, bureau, rules, score, decision,
            reasons, shadow_rules, shadow_score, shadow_decision, standing, changed_us, codes_sent, code_tries,
            trace)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $5, 0, 0, $16)
        ON CONFLICT (attempt, card, round) DO NOTHING RETURNING id";
    LATEST = "SELECT id, order_id, round, at_us, facts, bureau, rules, score, decision, reasons, shadow_rules,
            shadow_score, shadow_decision, standing, changed_us, changed_by, attempt, card
        FROM screenings WHERE attempt = $1 AND card = $2 ORDER BY round DESC LIMIT 1";
    BY_ID = "SELECT id, order_id, round, at_us, facts, bureau, rules, score, decision, reasons, shadow_rules,
            shadow_score, shadow_decision, standing, changed_us, changed_by, attempt, card
        FROM screenings WHERE id = $1";
    OF_ORDER = "SELECT id, order_id, round, at_us, facts, bureau, rules, score, decision, reasons, shadow_rules,
            shadow_score, shadow_decision, standing, changed_us, changed_by, attempt, card
        FROM screenings WHERE order_id = $1 ORDER BY id DESC LIMIT $2";
    pub(super) MOVE = "UPDATE screenings SET standing = $3, changed_us = $4, changed_by = $5
        WHERE id = $1 AND standing = $2";
}

/// One decision with everything it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screened {
    /// Its number.
    pub id: i64,
    /// The order.
    pub order: OrderId,
    /// 1, or 2 after the reader confirmed her e-mail address.
    pub round: u32,
    /// When it was made.
    pub at: Timestamp,
    /// The facts it rests on.
    pub facts: Facts,
    /// What became of the question to the bureau.
    pub bureau: BureauWord,
    /// The number of the set of rules.
    pub rules: i64,
    /// What the rules said.
    pub verdict: Verdict,
    /// What the rules in the shadow would have said: their number, score and decision.
    pub shadow: Option<(i64, i64, Decision)>,
    /// What it waits for.
    pub standing: Standing,
    /// When it came to stand there.
    pub changed: Timestamp,
    /// The login of the bookseller who moved it there, if one did.
    pub changed_by: Option<String>,
    pub(super) attempt: String,
    pub(super) card: String,
}

/// An attempt that was decided, before it is written.
pub(super) struct Decided<'a> {
    pub order: OrderId,
    pub attempt: &'a str,
    pub card: &'a str,
    pub round: u32,
    pub facts: &'a Facts,
    pub bureau: Heard,
    /// Whether the shop does what is decided, or only writes it down.
    pub acts: bool,
    /// The trace that the attempt left, in its first round.
    pub trace: Option<i64>,
}

/// A decision that stands, and who made it.
pub(super) enum Written {
    /// This call.
    Now(Screened),
    /// Another one about the same attempt, which was quicker.
    Before(Screened),
}

impl Written {
    pub(super) fn screened(self) -> Screened {
        match self {
            Written::Now(screened) | Written::Before(screened) => screened,
        }
    }
}

/// Decides by the rules in force and writes it down, once: who comes second is told what the first one wrote.
pub(super) fn decide(
    tx: &mut dyn Tx,
    decided: &Decided<'_>,
    in_force: &InForce,
    now: Timestamp,
) -> Result<Written, Fault> {
    let verdict = in_force.live.rules.decide(decided.facts);
    let shadow = in_force.shadow.as_ref().map(|shadow| {
        let verdict = shadow.rules.decide(decided.facts);
        (shadow.id, verdict.score, verdict.decision)
    });
    let standing = match verdict.decision {
        _ if !decided.acts => Standing::Watched,
        Decision::Accept | Decision::Refuse => Standing::Settled,
        Decision::StepUp => Standing::Asked,
        Decision::Review => Standing::Queued,
    };
    let mut screened = Screened {
        id: 0,
        order: decided.order,
        round: decided.round,
        at: now,
        facts: decided.facts.clone(),
        bureau: decided.bureau.word,
        rules: in_force.live.id,
        verdict,
        shadow,
        standing,
        changed: now,
        changed_by: None,
        attempt: decided.attempt.to_owned(),
        card: decided.card.to_owned(),
    };
    if let Some(id) = write(tx, &screened, decided.trace)? {
        screened.id = id;
        return Ok(Written::Now(screened));
    }
    let before = latest(tx, decided.attempt, decided.card)?;
    let before = before.ok_or_else(|| Fault::defect("a decision was not written"))?;
    Ok(Written::Before(before))
}

/// The number of the new row; none when the attempt was decided before.
fn write(tx: &mut dyn Tx, screened: &Screened, trace: Option<i64>) -> Result<Option<i64>, Fault> {
    let params = [
        screened.order.0.into(),
        screened.attempt.as_str().into(),
        screened.card.as_str().into(),
        screened.round.into(),
        screened.at.as_micros().into(),
        columns::to_json(&screened.facts)?.into(),
        screened.bureau.into(),
        screened.rules.into(),
        screened.verdict.score.into(),
        screened.verdict.decision.code().into(),
        columns::to_json(&screened.verdict.reasons)?.into(),
        screened.shadow.map(|(id, ..)| id).into(),
        screened.shadow.map(|(_, score, _)| score).into(),
        screened.shadow.map(|(.., decision)| decision.code()).into(),
        screened.standing.into(),
        trace.into(),
    ];
    let row = tx.query_opt(&WRITE, &params)?;
    row.map(|row| row.int(0)).transpose()
}

/// The latest decision about an attempt with that card.
pub(super) fn latest(
    tx: &mut dyn Tx,
    attempt: &str,
    card: &str,
) -> Result<Option<Screened>, Fault> {
    let row = tx.query_opt(&LATEST, &[attempt.into(), card.into()])?;
    row.as_ref().map(of_row).transpose()
}

/// The decision of that number.
///
/// # Errors
/// A [`Fault`], as for every function here.
pub fn of_id(tx: &mut dyn Tx, id: i64) -> Result<Option<Screened>, Fault> {
    let row = tx.query_opt(&BY_ID, &[id.into()])?;
    row.as_ref().map(of_row).transpose()
}

/// The decisions about an order, latest first.
pub fn of_order(tx: &mut dyn Tx, order: OrderId) -> Result<Vec<Screened>, Fault> {
    let params = [order.0.into(), limits::SCREENINGS_SHOWN.into()];
    tx.query(&OF_ORDER, &params)?.iter().map(of_row).collect()
}

/// Moves a decision on and says whether it stood where it was thought to stand.
pub(super) fn advance(
    tx: &mut dyn Tx,
    id: i64,
    (from, to): (Standing, Standing),
    by: Option<&str>,
    now: Timestamp,
) -> Result<bool, Fault> {
    let params = [
        id.into(),
        from.into(),
        to.into(),
        now.as_micros().into(),
        by.into(),
    ];
    Ok(tx.execute(&MOVE, &params)? == 1)
}

/// A reason in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The rule's name.
    pub rule: String,
    /// What it says; its name when this program cannot read the rules any more.
    pub words: String,
    /// What it weighed.
    pub weight: i64,
}

/// The reasons of a decision, in the words of the rules that decided.
pub fn explain(
    tx: &mut dyn Tx,
    screening: &Screening,
    screened: &Screened,
    locale: Locale,
) -> Result<Vec<Told>, Fault> {
    let set = screening.book.set(tx, screened.rules)?;
    let reasons = screened.verdict.reasons.iter().map(|reason| {
        let rule = set.as_ref().and_then(|set| set.rules.rule(&reason.rule));
        let words = rule.map_or(reason.rule.as_str(), |rule| rule.words(locale));
        Told {
            rule: reason.rule.clone(),
            words: words.to_owned(),
            weight: reason.weight,
        }
    });
    Ok(reasons.collect())
}

/// A decision made again from what is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// What the rules say now of the facts that are kept.
    pub verdict: Verdict,
    /// Whether that is what was decided.
    pub same: bool,
}

/// Decides again, by the same rules, on the same facts. None when this program cannot read the rules any more.
pub fn replay(tx: &mut dyn Tx, screened: &Screened) -> Result<Option<Replay>, Fault> {
    let text = tx.query_one(&rule_book::TEXT, &[screened.rules.into()])?;
    let Ok(rules) = RuleSet::parse(text.text(0)?) else {
        return Ok(None);
    };
    let verdict = rules.decide(&screened.facts);
    let same = verdict == screened.verdict;
    Ok(Some(Replay { verdict, same }))
}

pub(super) fn decision(code: &str) -> Result<Decision, Fault> {
    Decision::of_code(code).ok_or_else(|| Fault::defect(format!("{code} is no decision")))
}

fn of_row(row: &Row) -> Result<Screened, Fault> {
    let reasons: Vec<Reason> = columns::json(row.text(9)?)?;
    let shadow = match (row.opt_int(10)?, row.opt_int(11)?, row.opt_text(12)?) {
        (Some(id), Some(score), Some(code)) => Some((id, score, decision(code)?)),
        _ => None,
    };
    Ok(Screened {
        id: row.int(0)?,
        order: OrderId(row.int(1)?),
        round: row.count(2)?,
        at: Timestamp::micros(row.int(3)?),
        facts: columns::json(row.text(4)?)?,
        bureau: BureauWord::of_column(row.text(5)?)?,
        rules: row.int(6)?,
        verdict: Verdict {
            score: row.int(7)?,
            decision: decision(row.text(8)?)?,
            reasons,
        },
        shadow,
        standing: Standing::of_column(row.text(13)?)?,
        changed: Timestamp::micros(row.int(14)?),
        changed_by: row.opt_text(15)?.map(str::to_owned),
        attempt: row.text(16)?.to_owned(),
        card: row.text(17)?.to_owned(),
    })
}
