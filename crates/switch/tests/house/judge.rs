//! Dice that fall alike everywhere, and the judge who compares the switch's journal with the bank's books.

use bank::Hold;
use switch::{PaymentReport, State};
use trade::money::Money;

/// SplitMix64: small, and the same everywhere.
pub struct Dice(pub u64);

impl Dice {
    /// Zero to one less than `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// What the switch says of a payment is what the bank's books say.
pub fn agree(report: &PaymentReport, holds: &[Hold]) {
    assert!(holds.len() <= 1, "held twice: {holds:?}");
    let hold = holds.first();
    let state = hold.map(|hold| hold.state.as_str());
    let reversals = hold.map_or(0, |hold| hold.reversals);
    let as_it_should_be = match report.state {
        State::Approved => state == Some("held") && reversals == 0,
        // Nothing is held any more: all was taken, or one reversal lifted the rest.
        State::Captured => {
            let lifted = i64::from(report.captured != report.amount);
            state == Some("captured") && reversals == lifted
        }
        State::Declined => state == Some("declined") && reversals == 0,
        State::NotSent => state.is_none(),
        // The 0100 may have been lost on its way; what arrived was reversed exactly once.
        State::Reversed => hold.is_none() || (state != Some("held") && reversals == 1),
        State::Received
        | State::Sending
        | State::PartlyApproved
        | State::Unknown
        | State::Reversing => false,
    };
    let money = hold.map_or([Money::ZERO; 3], |hold| {
        let held = match hold.state.as_str() {
            "held" => hold.amount - hold.captured - hold.released,
            _ => Money::ZERO,
        };
        [held, hold.captured, hold.refunded]
    });
    let held = match report.state {
        State::Approved => report.amount - report.captured,
        _ => Money::ZERO,
    };
    assert!(
        as_it_should_be && money == [held, report.captured, report.refunded],
        "the switch says {report:#?}\nthe bank says {holds:#?}"
    );
}
