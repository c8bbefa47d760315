//! The limits of the screening, each with its reason.

/// A set of rules as text, in bytes: [`RULES`] rules of usual length, and a form still carries it.
pub const RULES_BYTES: usize = 36 << 10;
/// Rules in one set: beyond, nobody knows any more why an order is held; all together cost well below a millisecond.
pub const RULES: usize = 120;
/// Characters of a condition: two lines of a screen say more than one thing already.
pub const CONDITION_CHARS: usize = 400;
/// Parts of a condition (facts, numbers, operators): bounds the work of one rule, since nothing in it can loop.
pub const CONDITION_PARTS: usize = 120;
/// Brackets, signs and choices inside each other: bounds the depth of the stack, in the program and in a reader's head.
pub const CONDITION_DEPTH: usize = 16;
/// Characters of a rule's name.
pub const ID_CHARS: usize = 40;
/// Characters of a rule's words in one language: one line of the review queue.
pub const WORDS_CHARS: usize = 160;
/// The heaviest a rule may weigh, for or against: far above any threshold, and no sum of weights can overflow.
pub const WEIGHT: i64 = 1_000;
/// Mistakes told at once: more than anybody corrects before looking again.
pub const MISTAKES: usize = 20;
