//! One payment in every possible course: a network that loses, delays, repeats and reorders at will, a bank that says yes
//! or no, a switch that gives up or crashes between any two steps. All of it is explored, and the money agrees.
//!
//! What was written down survives a crash, what waits for an answer does not. Whatever was once sent may arrive at any
//! later time, any number of times, or never: that is more than two carriers and any fault of theirs can do.
#![allow(clippy::unwrap_used, clippy::panic)]

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
    Declined,
    Capture,
    CaptureDone,
    CaptureRefused,
    Reversal,
    /// Field 39 is 00 or 25: the bank holds nothing.
    ReversalDone,
}

/// The bank's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Hold {
    Nothing,
    /// A reversal came first: what it names will not be held.
    ReversedInAdvance,
    Held,
    Declined,
    Captured,
    Reversed,
}

/// A message that is stored and said until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stored {
    No,
    Waiting,
    Answered,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    /// The journal of the switch.
    payment: State,
    reversal: Stored,
    reversals_queued: u8,
    capture: Stored,
    /// Whether a request works on it: gone after a crash.
    live: bool,
    crashes: u8,
    /// Everything that was ever sent.
    wire: BTreeSet<Message>,
    hold: Hold,
    /// What was answered to the capture, which is answered again whenever it is repeated.
    capture_answer: Option<Message>,
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
    AskToCapture,
    AskToReverse,
    SayTheReversal,
    SayTheCapture,
    Deliver(Message),
    /// The bank may say either, once.
    ApproveOnDelivery,
    RefuseTheCapture,
}

/// The course of one payment with a bank of that kind.
struct Course {
    /// A bank that answers a reversal of something unheard of, and does not remember it.
    bank_forgets: bool,
}

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
    }

    fn arrive(&self, world: &mut World, message: Message) {
        match message {
            Message::Authorisation => match world.hold {
                Hold::Nothing | Hold::ReversedInAdvance => {
                    world.hold = Hold::Declined;
                    world.wire.insert(Message::Declined);
                }
                Hold::Declined => drop(world.wire.insert(Message::Declined)),
                Hold::Held | Hold::Captured | Hold::Reversed => {
                    world.wire.insert(Message::Approved);
                }
            },
            Message::Capture => {
                let answer = world.capture_answer.unwrap_or(match world.hold {
                    Hold::Held => Message::CaptureDone,
                    _ => Message::CaptureRefused,
                });
                if answer == Message::CaptureDone {
                    world.hold = Hold::Captured;
                }
                world.capture_answer = Some(answer);
                world.wire.insert(answer);
            }
            Message::Reversal => {
                world.hold = match world.hold {
                    Hold::Held => Hold::Reversed,
                    Hold::Nothing if !self.bank_forgets => Hold::ReversedInAdvance,
                    other => other,
                };
                world.wire.insert(Message::ReversalDone);
            }
            // At the switch; what nobody waits for is kept apart as a stray, and changes nothing.
            Message::Approved if waits_for_the_bank(world) => Course::go(world, State::Approved),
            Message::Declined if waits_for_the_bank(world) => Course::go(world, State::Declined),
            Message::CaptureDone if world.capture == Stored::Waiting => {
                world.capture = Stored::Answered;
                Course::go(world, State::Captured);
            }
            Message::CaptureRefused if world.capture == Stored::Waiting => {
                world.capture = Stored::Answered;
                Course::go(world, State::Approved);
            }
            Message::ReversalDone if world.reversal == Stored::Waiting => {
                world.reversal = Stored::Answered;
                Course::go(world, State::Reversed);
            }
            _ => {}
        }
    }
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
            capture: Stored::No,
            live: true,
            crashes: 0,
            wire: BTreeSet::new(),
            hold: Hold::Nothing,
            capture_answer: None,
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
                world.payment == State::Approved && world.capture == Stored::No,
                Step::AskToCapture,
            ),
            (world.payment == State::Approved, Step::AskToReverse),
            (world.reversal == Stored::Waiting, Step::SayTheReversal),
            (world.capture == Stored::Waiting, Step::SayTheCapture),
            (
                arriving(Message::Authorisation) && world.hold == Hold::Nothing,
                Step::ApproveOnDelivery,
            ),
            (
                arriving(Message::Capture) && world.capture_answer.is_none(),
                Step::RefuseTheCapture,
            ),
        ];
        steps.extend(
            possible
                .into_iter()
                .filter_map(|(may, step)| may.then_some(step)),
        );
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
            Step::AskToCapture => {
                Course::go(&mut world, State::Capturing);
                world.capture = Stored::Waiting;
            }
            Step::AskToReverse => {
                Course::go(&mut world, State::Reversing);
                Course::queue_reversal(&mut world);
            }
            Step::SayTheReversal => drop(world.wire.insert(Message::Reversal)),
            Step::SayTheCapture => drop(world.wire.insert(Message::Capture)),
            Step::ApproveOnDelivery => {
                world.hold = Hold::Held;
                world.wire.insert(Message::Approved);
            }
            Step::RefuseTheCapture => {
                world.capture_answer = Some(Message::CaptureRefused);
                world.wire.insert(Message::CaptureRefused);
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
                        || !matches!(world.hold, Hold::Held | Hold::Captured)
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
                world.payment != State::Approved || world.hold == Hold::Held
            }),
            Property::always(
                "what is captured is captured at the bank",
                |_, world: &World| world.payment != State::Captured || world.hold == Hold::Captured,
            ),
            Property::always(
                "no money is taken that the journal does not know of",
                |_, world: &World| {
                    world.hold != Hold::Captured
                        || matches!(world.payment, State::Capturing | State::Captured)
                },
            ),
            Property::always(
                "a doubt queues one reversal, and there is never a second",
                |_, world: &World| {
                    let doubt = world.payment == State::Unknown;
                    world.reversals_queued <= 1 && (!doubt || world.reversals_queued == 1)
                },
            ),
            Property::always(
                "nothing that is over keeps money held",
                |_, world: &World| !world.payment.next().is_empty() || world.hold != Hold::Held,
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
                        && world.capture_answer == Some(Message::CaptureRefused)
                },
            ),
            Property::sometimes("money is taken", |_, world: &World| {
                world.payment == State::Captured
            }),
        ]
    }
}

#[test]
fn in_every_course_the_books_agree() {
    let explored = Course {
        bank_forgets: false,
    }
    .checker()
    .spawn_bfs()
    .join();
    explored.assert_properties();
    let all = walked_through(&Course {
        bank_forgets: false,
    });
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
    let explored = Course { bank_forgets: true }.checker().spawn_bfs().join();
    let course = explored.discovery("what is reversed is not held, and never will be");
    let steps: Vec<Step> = course.unwrap().into_actions();
    println!("{steps:?}");
    let overtaken = steps
        .iter()
        .position(|step| *step == Step::Deliver(Message::Reversal));
    let late = steps
        .iter()
        .position(|step| *step == Step::ApproveOnDelivery);
    assert!(overtaken.unwrap() < late.unwrap());
}
