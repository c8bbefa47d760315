//! One payment in every possible course: a network that loses, delays, repeats and reorders at will, a bank that says yes
//! or no, a switch that gives up or crashes between any two steps. All of it is explored, and the money agrees.
//!
//! An amount is two units, and each of two captures is for one of them, so that a reversal may find none, one or both taken.
//!
//! What was written down survives a crash, what waits for an answer does not. Whatever was once sent may arrive at any
//! later time, any number of times, or never: that is more than two carriers and any fault of theirs can do. While the bank has
//! not decided, it may answer that it is at it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeSet, HashSet};

use stateright::{Checker as _, Model, Property};
use switch::State;

/// The switch process ends this often in one course.
const CRASHES: u8 = 2;

/// A message that has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Message {
    Authorisation,
    Approved,
    PartlyApproved,
    Declined,
    /// Field 39 is 09, 68 or 94: the bank has it, and says no more.
    InProgress,
    Capture(usize),
    CaptureDone(usize),
    CaptureRefused(usize),
    /// Its number, which names it, and what of the authorisation stays, in units.
    Reversal(u8, u8),
    /// Field 39 of the answer to that one is 00: the bank holds nothing more.
    ReversalDone(u8),
    /// It is 25: the bank holds nothing that it knows of.
    ReversalOfNothing(u8),
    ReversalRefused(u8),
}

impl Message {
    fn is_approval(self) -> bool {
        matches!(self, Message::Approved | Message::PartlyApproved)
    }
}

/// What is authorised, in units: one for each capture.
const AMOUNT: u8 = 2;
const CAPTURES: usize = 2;

/// The bank's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Hold {
    Nothing,
    /// A reversal came first: what it names will not be held.
    ReversedInAdvance,
    Declined,
    /// Approved: what is taken of it, and what was let go.
    Approved {
        taken: u8,
        released: u8,
    },
}

impl Hold {
    /// What is held and neither taken nor let go.
    fn open(self) -> u8 {
        match self {
            Hold::Approved { taken, released } => AMOUNT - taken - released,
            Hold::Nothing | Hold::ReversedInAdvance | Hold::Declined => 0,
        }
    }

    fn taken(self) -> u8 {
        match self {
            Hold::Approved { taken, .. } => taken,
            Hold::Nothing | Hold::ReversedInAdvance | Hold::Declined => 0,
        }
    }
}

/// A message that is stored and said until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stored {
    No,
    Waiting,
    Answered,
    /// A reversal, with 25.
    Unheard,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    /// The journal of the switch.
    payment: State,
    reversal: Stored,
    reversals_queued: u8,
    /// Whether the answer that counted was an approval, of all or of a part.
    approved: bool,
    /// Whether an approval came that nobody waited for, while no reversal has been queued since.
    late: bool,
    captures: [Stored; CAPTURES],
    /// What the bank has confirmed of the captures.
    captured: u8,
    /// Whether a request works on it: gone after a crash.
    live: bool,
    crashes: u8,
    /// Everything that was ever sent.
    wire: BTreeSet<Message>,
    hold: Hold,
    /// Whether the bank approved one unit only: the other counts as let go from the beginning.
    partly: bool,
    /// What was answered to each capture, which is answered again whenever it is repeated.
    answers: [Option<Message>; CAPTURES],
}

impl World {
    /// What is being captured.
    fn capturing(&self) -> u8 {
        let waiting = self.captures.iter();
        waiting.map(|one| u8::from(*one == Stored::Waiting)).sum()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The card is there: what is about to leave is written down.
    WriteDown,
    Send,
    /// The line was closed before the first byte.
    FindTheLineClosed,
    TimeOut,
    Crash,
    /// After the start: what nobody works on any more.
    Settle,
    AskToCapture(usize),
    AskToReverse,
    SayTheReversal,
    SayTheCapture(usize),
    Deliver(Message),
    /// The bank may say either, once.
    ApproveOnDelivery,
    ApproveAPartOnDelivery,
    SayInProgress,
    RefuseTheCapture(usize),
}

/// The course of one payment with a bank of that kind.
struct Course {
    /// A bank that answers a reversal of something unheard of, and does not remember it.
    bank_forgets: bool,
    /// A switch that says a reversal while captures wait, as if they were not to be.
    hasty: bool,
    /// A switch to which every answer but an approval is a no.
    rash: bool,
    /// A switch that leaves a reversal be that was answered with 25, whatever comes later.
    deaf: bool,
}

const SOUND: Course = Course {
    bank_forgets: false,
    hasty: false,
    rash: false,
    deaf: false,
};

impl Course {
    fn go(world: &mut World, next: State) {
        assert!(
            world.payment.may_become(next),
            "{:?} to {next:?}",
            world.payment
        );
        world.payment = next;
        world.live = false;
    }

    fn doubt(world: &mut World) {
        Course::go(world, State::Unknown);
        Course::queue_reversal(world);
    }

    fn queue_reversal(world: &mut World) {
        world.reversal = Stored::Waiting;
        world.reversals_queued += 1;
        world.late = false;
    }

    /// An approval that nobody waits for.
    fn hear_late(&self, world: &mut World) {
        if self.deaf {
            return;
        }
        match (world.payment, world.reversal) {
            // Whoever concludes it will find it.
            (State::Sending, _) | (State::Unknown, Stored::Waiting) => world.late = true,
            (State::Declined | State::NotSent, Stored::No) | (State::Reversed, Stored::Unheard) => {
                Course::doubt(world)
            }
            _ => {}
        }
    }

    fn arrive(&self, world: &mut World, message: Message) {
        match message {
            Message::Authorisation => match world.hold {
                Hold::Nothing | Hold::ReversedInAdvance => {
                    world.hold = Hold::Declined;
                    world.wire.insert(Message::Declined);
                }
                Hold::Declined => drop(world.wire.insert(Message::Declined)),
                Hold::Approved { .. } if world.partly => {
                    world.wire.insert(Message::PartlyApproved);
                }
                Hold::Approved { .. } => drop(world.wire.insert(Message::Approved)),
            },
            Message::Capture(which) => self.take(world, which),
            Message::Reversal(number, stays) => self.release(world, number, stays),
            // At the switch; what nobody waits for is kept apart as a stray, and held against the journal.
            Message::Approved if waits_for_the_bank(world) => {
                world.approved = true;
                Course::go(world, State::Approved);
            }
            Message::PartlyApproved if waits_for_the_bank(world) => {
                world.approved = true;
                Course::go(world, State::PartlyApproved);
                Course::queue_reversal(world);
            }
            Message::Declined if waits_for_the_bank(world) && world.late => Course::doubt(world),
            Message::Declined if waits_for_the_bank(world) => Course::go(world, State::Declined),
            Message::InProgress if waits_for_the_bank(world) && self.rash => {
                Course::go(world, State::Declined);
            }
            approval if approval.is_approval() && !was_approved(world) => self.hear_late(world),
            Message::CaptureDone(which) if waits(world, which) => {
                answered(world, which);
                world.captured += 1;
                if world.payment == State::Approved && world.captured == AMOUNT {
                    Course::go(world, State::Captured);
                }
            }
            Message::CaptureRefused(which) if waits(world, which) => answered(world, which),
            Message::ReversalOfNothing(number) if reverses(world, number) && world.late => {
                // The two crossed: said anew, by another name.
                Course::queue_reversal(world);
            }
            Message::ReversalDone(number) | Message::ReversalOfNothing(number)
                if reverses(world, number) =>
            {
                world.reversal = match message {
                    Message::ReversalDone(_) => Stored::Answered,
                    _ => Stored::Unheard,
                };
                match (world.payment, world.captured) {
                    (State::Unknown | State::PartlyApproved, _) | (_, 0) => {
                        Course::go(world, State::Reversed)
                    }
                    _ => Course::go(world, State::Captured),
                }
            }
            Message::ReversalRefused(number) if reverses(world, number) => {
                world.reversal = Stored::Answered;
                if world.payment == State::Reversing {
                    Course::go(world, State::Approved);
                }
            }
            _ => {}
        }
    }

    /// The bank takes one unit, once, however often it is asked.
    fn take(&self, world: &mut World, which: usize) {
        let answer = match (world.answers[which], world.hold) {
            (Some(before), _) => before,
            (None, Hold::Approved { taken, released }) if world.hold.open() > 0 => {
                let taken = taken + 1;
                world.hold = Hold::Approved { taken, released };
                Message::CaptureDone(which)
            }
            _ => Message::CaptureRefused(which),
        };
        world.answers[which] = Some(answer);
        world.wire.insert(answer);
    }

    /// The bank lets go of all but what stays.
    fn release(&self, world: &mut World, number: u8, stays: u8) {
        let answer = match world.hold {
            Hold::Approved { taken, released } if taken <= stays && released <= AMOUNT - stays => {
                let released = AMOUNT - stays;
                world.hold = Hold::Approved { taken, released };
                Message::ReversalDone(number)
            }
            Hold::Approved { .. } => Message::ReversalRefused(number),
            Hold::Declined => Message::ReversalDone(number),
            Hold::Nothing if !self.bank_forgets => {
                world.hold = Hold::ReversedInAdvance;
                Message::ReversalOfNothing(number)
            }
            Hold::Nothing | Hold::ReversedInAdvance => Message::ReversalOfNothing(number),
        };
        world.wire.insert(answer);
    }
}

fn waits(world: &World, which: usize) -> bool {
    world.captures[which] == Stored::Waiting
}

fn answered(world: &mut World, which: usize) {
    world.captures[which] = Stored::Answered;
}

/// Whether it is about the reversal that waits: one that was said anew has another name.
fn reverses(world: &World, number: u8) -> bool {
    world.reversal == Stored::Waiting && world.reversals_queued == number
}

/// Whether the answer that counts was an approval.
fn was_approved(world: &World) -> bool {
    use State::{Approved, Captured, PartlyApproved, Reversing};
    world.approved
        || matches!(
            world.payment,
            Approved | Captured | PartlyApproved | Reversing
        )
}

fn waits_for_the_bank(world: &World) -> bool {
    world.payment == State::Sending && world.live
}

fn was_sent(world: &World) -> bool {
    world.wire.contains(&Message::Authorisation)
}

impl Model for Course {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            payment: State::Received,
            reversal: Stored::No,
            reversals_queued: 0,
            late: false,
            approved: false,
            captures: [Stored::No; CAPTURES],
            captured: 0,
            live: true,
            crashes: 0,
            wire: BTreeSet::new(),
            hold: Hold::Nothing,
            partly: false,
            answers: [None; CAPTURES],
        }]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        let sent = was_sent(world);
        let asking = waits_for_the_bank(world);
        let arriving = |message| world.wire.contains(&message);
        let possible = [
            (
                world.payment == State::Received && world.live,
                Step::WriteDown,
            ),
            (asking && !sent, Step::Send),
            (asking && !sent, Step::FindTheLineClosed),
            (asking && sent, Step::TimeOut),
            (world.crashes < CRASHES, Step::Crash),
            (
                !world.live && matches!(world.payment, State::Received | State::Sending),
                Step::Settle,
            ),
            (
                world.payment == State::Approved
                    && world.reversal == Stored::No
                    && world.captured + world.capturing() < AMOUNT,
                Step::AskToReverse,
            ),
            (
                world.reversal == Stored::Waiting && (world.capturing() == 0 || self.hasty),
                Step::SayTheReversal,
            ),
            (
                arriving(Message::Authorisation) && world.hold == Hold::Nothing,
                Step::ApproveOnDelivery,
            ),
            (
                arriving(Message::Authorisation) && world.hold == Hold::Nothing,
                Step::ApproveAPartOnDelivery,
            ),
            (
                arriving(Message::Authorisation) && world.hold == Hold::Nothing,
                Step::SayInProgress,
            ),
        ];
        steps.extend(
            possible
                .into_iter()
                .filter_map(|(may, step)| may.then_some(step)),
        );
        for which in 0..CAPTURES {
            let asked = world.captures[which];
            if world.payment == State::Approved && asked == Stored::No {
                steps.push(Step::AskToCapture(which));
            }
            if asked == Stored::Waiting {
                steps.push(Step::SayTheCapture(which));
            }
            if arriving(Message::Capture(which)) && world.answers[which].is_none() {
                steps.push(Step::RefuseTheCapture(which));
            }
        }
        steps.extend(world.wire.iter().map(|message| Step::Deliver(*message)));
    }

    fn next_state(&self, before: &World, step: Step) -> Option<World> {
        let mut world = before.clone();
        match step {
            Step::WriteDown => {
                Course::go(&mut world, State::Sending);
                world.live = true;
            }
            Step::Send => drop(world.wire.insert(Message::Authorisation)),
            Step::FindTheLineClosed => Course::go(&mut world, State::NotSent),
            Step::TimeOut => Course::doubt(&mut world),
            Step::Crash => {
                world.crashes += 1;
                world.live = false;
            }
            Step::Settle if world.payment == State::Received => {
                Course::go(&mut world, State::NotSent);
            }
            Step::Settle => Course::doubt(&mut world),
            Step::AskToCapture(which) => world.captures[which] = Stored::Waiting,
            Step::AskToReverse => {
                Course::go(&mut world, State::Reversing);
                Course::queue_reversal(&mut world);
            }
            Step::SayTheReversal => {
                let (number, stays) = (world.reversals_queued, world.captured);
                world.wire.insert(Message::Reversal(number, stays));
            }
            Step::SayInProgress => drop(world.wire.insert(Message::InProgress)),
            Step::SayTheCapture(which) => drop(world.wire.insert(Message::Capture(which))),
            Step::ApproveOnDelivery => {
                let (taken, released) = (0, 0);
                world.hold = Hold::Approved { taken, released };
                world.wire.insert(Message::Approved);
            }
            Step::ApproveAPartOnDelivery => {
                let (taken, released) = (0, 1);
                world.hold = Hold::Approved { taken, released };
                world.partly = true;
                world.wire.insert(Message::PartlyApproved);
            }
            Step::RefuseTheCapture(which) => {
                let refused = Message::CaptureRefused(which);
                world.answers[which] = Some(refused);
                world.wire.insert(refused);
            }
            Step::Deliver(message) => self.arrive(&mut world, message),
        }
        (world != *before).then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "what is reversed is not held, and never will be",
                |_, world: &World| {
                    world.payment != State::Reversed
                        || (world.hold.open() == 0 && world.hold.taken() == 0)
                },
            ),
            Property::always("what was not sent never leaves", |_, world: &World| {
                world.payment != State::NotSent || !was_sent(world)
            }),
            Property::always(
                "what is declined is declined at the bank",
                |_, world: &World| world.payment != State::Declined || world.hold == Hold::Declined,
            ),
            Property::always("what is approved is held", |_, world: &World| {
                let (hold, under_way) = (world.hold, world.capturing());
                let held = hold.open() + hold.taken();
                world.payment != State::Approved || (held == AMOUNT && hold.open() + under_way > 0)
            }),
            Property::always(
                "what is captured is captured at the bank, and nothing is held beside it",
                |_, world: &World| {
                    world.payment != State::Captured
                        || (world.hold.open() == 0 && world.hold.taken() == world.captured)
                },
            ),
            Property::always(
                "no money is taken that the journal does not know of",
                |_, world: &World| {
                    let taken = world.hold.taken();
                    (world.captured..=world.captured + world.capturing()).contains(&taken)
                },
            ),
            Property::always(
                "no capture and no reversal is refused for the other's sake",
                |_, world: &World| {
                    let refused =
                        |message: &Message| matches!(message, Message::ReversalRefused(_));
                    !world.wire.iter().any(refused)
                },
            ),
            Property::always(
                "a doubt queues one reversal, and a second only when the first was answered with 25",
                |_, world: &World| {
                    let doubt = matches!(world.payment, State::Unknown | State::PartlyApproved);
                    let unheard =
                        |message: &Message| matches!(message, Message::ReversalOfNothing(1));
                    let answered = world.wire.iter().any(unheard);
                    world.reversals_queued <= 1 + u8::from(answered)
                        && (!doubt || world.reversal == Stored::Waiting)
                },
            ),
            Property::always(
                "nothing that is over keeps money held",
                |_, world: &World| {
                    use State::{Captured, Declined, NotSent, Reversed};
                    let is_over = matches!(world.payment, Captured | Declined | NotSent | Reversed);
                    !is_over || world.hold.open() == 0
                },
            ),
            Property::sometimes(
                "an approval comes too late and is reversed",
                |_, world: &World| {
                    world.payment == State::Reversed && world.wire.contains(&Message::Approved)
                },
            ),
            Property::sometimes(
                "a reversal overtakes what it reverses",
                |_, world: &World| world.hold == Hold::Declined && world.payment == State::Reversed,
            ),
            Property::sometimes(
                "a crash between writing and sending is settled",
                |_, world: &World| world.payment == State::Reversed && !was_sent(world),
            ),
            Property::sometimes(
                "a capture is refused and the amount released",
                |_, world: &World| {
                    world.payment == State::Reversed
                        && world.answers[0] == Some(Message::CaptureRefused(0))
                },
            ),
            Property::sometimes("what was in progress is approved", |_, world: &World| {
                world.payment == State::Approved && world.wire.contains(&Message::InProgress)
            }),
            Property::sometimes("a part is approved and given back", |_, world: &World| {
                world.payment == State::Reversed && world.partly
            }),
            Property::sometimes("money is taken in two parcels", |_, world: &World| {
                world.payment == State::Captured && world.captured == AMOUNT
            }),
            Property::sometimes("a part is taken and the rest lifted", |_, world: &World| {
                world.payment == State::Captured && world.captured < AMOUNT
            }),
        ]
    }
}

#[test]
fn in_every_course_the_books_agree() {
    let explored = SOUND.checker().spawn_bfs().join();
    explored.assert_properties();
    let all = walked_through(&SOUND);
    println!("{all} different states explored");
    assert_eq!(explored.unique_state_count(), all);
}

/// How many states there are, by a walk of our own.
fn walked_through(course: &Course) -> usize {
    let mut new = course.init_states();
    let mut seen: HashSet<World> = new.iter().cloned().collect();
    while let Some(world) = new.pop() {
        let mut steps = Vec::new();
        course.actions(&world, &mut steps);
        for step in steps {
            let next = course.next_state(&world, step);
            new.extend(next.filter(|next| seen.insert(next.clone())));
        }
    }
    seen.len()
}

/// The model can fail: a bank that forgets a reversal of what it has not heard of holds the money of a payment that is
/// over, when the authorisation comes late.
#[test]
fn a_bank_that_forgets_early_reversals_is_found_out() {
    let forgetful = Course {
        bank_forgets: true,
        ..SOUND
    };
    let explored = forgetful.checker().spawn_bfs().join();
    let course = explored.discovery("what is reversed is not held, and never will be");
    let steps: Vec<Step> = course.unwrap().into_actions();
    println!("{steps:?}");
    let overtaken = steps
        .iter()
        .position(|step| *step == Step::Deliver(Message::Reversal(1, 0)));
    let approves = [Step::ApproveOnDelivery, Step::ApproveAPartOnDelivery];
    let late = steps.iter().position(|step| approves.contains(step));
    assert!(overtaken.unwrap() < late.unwrap());
}

/// A forgetful bank holds money until its approval is heard, and no longer: the approval that came too late is taken back by a
/// reversal of another name, whether it came before the 25 or after.
#[test]
fn what_a_forgetful_bank_approves_late_is_taken_back_when_it_is_heard() {
    let forgetful = Course {
        bank_forgets: true,
        ..SOUND
    };
    let mut new = forgetful.init_states();
    let mut seen: HashSet<World> = new.iter().cloned().collect();
    let mut taken_back = 0;
    while let Some(world) = new.pop() {
        let mut steps = Vec::new();
        forgetful.actions(&world, &mut steps);
        for step in steps {
            let Some(next) = forgetful.next_state(&world, step) else {
                continue;
            };
            // Heard: then it is in doubt until the bank has confirmed that nothing is held.
            if matches!(step, Step::Deliver(message) if message.is_approval()) {
                assert!(next.payment != State::Reversed || next.hold.open() == 0);
            }
            let second = matches!(step, Step::Deliver(Message::ReversalDone(2)));
            if second && next.payment == State::Reversed {
                assert_eq!(next.hold.open(), 0);
                taken_back += 1;
            }
            if seen.insert(next.clone()) {
                new.push(next);
            }
        }
    }
    assert!(taken_back > 0);
}

/// And with a switch to which 25 is the last word: the money of a payment that is over stays held after the approval has
/// been heard.
#[test]
fn a_switch_to_which_25_is_the_last_word_is_found_out() {
    let deaf = Course {
        bank_forgets: true,
        deaf: true,
        ..SOUND
    };
    let mut new = deaf.init_states();
    let mut seen: HashSet<World> = new.iter().cloned().collect();
    let mut found = false;
    while let Some(world) = new.pop() {
        let mut steps = Vec::new();
        deaf.actions(&world, &mut steps);
        found |= world.payment == State::Reversed
            && world.hold.open() > 0
            && world.wire.iter().any(|message| message.is_approval());
        for step in steps {
            // Nothing that is heard changes it.
            let next = deaf.next_state(&world, step);
            new.extend(next.filter(|next| seen.insert(next.clone())));
        }
    }
    assert!(found);
}

/// So can it with a switch that takes "in progress" for a no: the bank approves what is declined here.
#[test]
fn a_switch_that_takes_in_progress_for_a_no_is_found_out() {
    let rash = Course {
        rash: true,
        deaf: true,
        ..SOUND
    };
    let explored = rash.checker().spawn_bfs().join();
    let found = explored.discovery("what is declined is declined at the bank");
    let steps: Vec<Step> = found.unwrap().into_actions();
    println!("{steps:?}");
    assert!(steps.contains(&Step::Deliver(Message::InProgress)));
}

/// So can it with a switch that does not let the captures go first: a reversal that knows nothing of them lets go of what is
/// being taken, or is refused for it.
#[test]
fn a_reversal_that_does_not_wait_for_captures_is_found_out() {
    let hasty = Course {
        hasty: true,
        ..SOUND
    };
    let explored = hasty.checker().spawn_bfs().join();
    let refused = explored.discovery("no capture and no reversal is refused for the other's sake");
    println!("{:?}", refused.unwrap().into_actions());
}
