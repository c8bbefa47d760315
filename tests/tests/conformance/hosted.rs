//! A hosted provider to test at: it keeps pages under their names as the real one does, and loses the answers that it is
//! told to lose after having done what was asked.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use shop::payment::{
    Asked, Evidence, HostedProvider, Named, NotAnEvent, PageOpened, PageWanted, PaymentMethod,
    ProviderEvent, Standing, ZoneFault,
};
use trade::{
    clock::{Clock, Timestamp},
    ids::{CaptureId, PaymentId, RefundId},
    money::Money,
    payment::{AuthoriseOutcome, Decline, NotSent, Outcome},
};

pub struct Hosted {
    house: Mutex<House>,
    clock: Clock,
}

#[derive(Default)]
struct House {
    pages: BTreeMap<PaymentId, Page>,
    asked: Vec<String>,
    lost: Vec<&'static str>,
    is_out: bool,
    is_slow: bool,
}

struct Page {
    wanted: PageWanted,
    paid: Paid,
    declined: Option<Decline>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Paid {
    Not,
    Closed,
    Reserved,
    Taken,
    Lifted,
}

impl Hosted {
    pub fn new(clock: Clock) -> Self {
        Self {
            house: Mutex::default(),
            clock,
        }
    }

    fn house(&self) -> MutexGuard<'_, House> {
        self.house.lock().unwrap()
    }

    fn on_page<T>(&self, url: &str, act: impl FnOnce(&mut Page) -> T) -> T {
        let payment = url.rsplit('/').next().unwrap().parse().unwrap();
        act(self.house().pages.get_mut(&payment).unwrap())
    }

    /// The reader pays, if the page lets her.
    pub fn pays(&self, url: &str) {
        let now = self.clock.now();
        self.on_page(url, |page| {
            let is_open = page.paid == Paid::Not && now < page.wanted.expires;
            assert!(is_open, "the page is closed");
            page.paid = Paid::Reserved;
        });
    }

    /// Her bank says no; the page stays open.
    pub fn declines(&self, url: &str, why: Decline) {
        self.on_page(url, |page| page.declined = Some(why));
    }

    /// A bookseller takes the money on the provider's own pages.
    pub fn takes_by_hand(&self, url: &str) {
        self.on_page(url, |page| page.paid = Paid::Taken);
    }

    pub fn is_open(&self, url: &str) -> bool {
        let now = self.clock.now();
        self.on_page(url, |page| {
            page.paid == Paid::Not && now < page.wanted.expires
        })
    }

    pub fn closes(&self, url: &str) -> Timestamp {
        self.on_page(url, |page| page.wanted.expires)
    }

    /// What is paid on it.
    pub fn amount(&self, url: &str) -> Money {
        self.on_page(url, |page| page.wanted.amount)
    }

    pub fn reference(&self, url: &str) -> String {
        reference(self.on_page(url, |page| page.wanted.payment))
    }

    /// The next answer to `verb` is lost.
    pub fn loses_an_answer(&self, verb: &'static str) {
        self.house().lost.push(verb);
    }

    /// Whether it can be reached.
    pub fn is_out(&self, is_out: bool) {
        self.house().is_out = is_out;
    }

    /// The next refund is under way when it is answered.
    pub fn takes_its_time(&self) {
        self.house().is_slow = true;
    }

    pub fn pages(&self) -> usize {
        self.house().pages.len()
    }

    /// How many amounts are reserved.
    pub fn reserved(&self) -> usize {
        let house = self.house();
        house
            .pages
            .values()
            .filter(|page| page.paid == Paid::Reserved)
            .count()
    }

    pub fn times(&self, verb: &str) -> usize {
        let house = self.house();
        house.asked.iter().filter(|asked| *asked == verb).count()
    }

    fn answer<T: Send + 'static>(
        &self,
        verb: &'static str,
        act: impl FnOnce(&mut House) -> T,
    ) -> Asked<'static, T> {
        let mut house = self.house();
        house.asked.push(verb.to_owned());
        if house.is_out {
            return Box::pin(async { Err(ZoneFault::Unreachable) });
        }
        let done = act(&mut house);
        let lost = house.lost.iter().position(|lost| *lost == verb);
        let answer = match lost {
            Some(place) => {
                house.lost.remove(place);
                Err(ZoneFault::NoAnswer)
            }
            None => Ok(done),
        };
        // Others come in between, as on a network.
        Box::pin(async {
            tokio::task::yield_now().await;
            answer
        })
    }

    fn act(
        &self,
        verb: &'static str,
        payment: &Named,
        act: impl FnOnce(&mut Page) -> Outcome,
    ) -> Asked<'static, Outcome> {
        let known = known(payment);
        self.answer(verb, |house| {
            match known.and_then(|id| house.pages.get_mut(&id)) {
                Some(page) => act(page),
                None => Outcome::Done,
            }
        })
    }
}

fn reference(payment: PaymentId) -> String {
    format!("cs_test_{payment}")
}

/// The page that is meant: it is known by the provider's own name only.
fn known(payment: &Named) -> Option<PaymentId> {
    let reference = payment.reference.as_deref()?;
    assert_eq!(reference, self::reference(payment.payment));
    Some(payment.payment)
}

impl PaymentMethod for Hosted {
    fn lookup<'a>(&'a self, payment: &'a Named) -> Asked<'a, Standing> {
        let (payment, now) = (known(payment), self.clock.now());
        self.answer("lookup", |house| {
            let Some(page) = payment.and_then(|id| house.pages.get(&id)) else {
                return Standing::Unheard;
            };
            let closed = page.paid == Paid::Closed || now >= page.wanted.expires;
            let (outcome, evidence) = match (page.paid, page.declined) {
                (Paid::Reserved | Paid::Taken, _) => approved(page.wanted.payment, now),
                (Paid::Not, _) if !closed => return Standing::InProgress,
                (_, Some(reason)) => (AuthoriseOutcome::Declined { reason }, Evidence::Nothing),
                _ => {
                    let reason = NotSent::PageClosed;
                    (AuthoriseOutcome::NotSent { reason }, Evidence::Nothing)
                }
            };
            Standing::Known(outcome, evidence)
        })
    }

    fn capture<'a>(&'a self, payment: &'a Named, _: CaptureId, _: Money) -> Asked<'a, Outcome> {
        self.act("capture", payment, |page| {
            page.paid = Paid::Taken;
            Outcome::Done
        })
    }

    fn reverse<'a>(&'a self, payment: &'a Named) -> Asked<'a, Outcome> {
        self.act("reverse", payment, |page| {
            page.paid = match page.paid {
                Paid::Not | Paid::Closed => Paid::Closed,
                Paid::Reserved | Paid::Lifted => Paid::Lifted,
                Paid::Taken => {
                    return Outcome::Refused {
                        code: "captured".into(),
                    };
                }
            };
            Outcome::Done
        })
    }

    fn refund<'a>(&'a self, _: &'a Named, _: RefundId, _: Money) -> Asked<'a, Outcome> {
        self.answer("refund", |house| match std::mem::take(&mut house.is_slow) {
            true => Outcome::Pending,
            false => Outcome::Done,
        })
    }
}

/// The provider's name for what was paid.
pub fn charge_of(payment: PaymentId) -> String {
    format!("ch_{}", payment.0.simple())
}

fn approved(payment: PaymentId, at: Timestamp) -> (AuthoriseOutcome, Evidence) {
    let outcome = AuthoriseOutcome::Approved {
        approval_code: format!("pi_{}", payment.0.simple()),
        retrieval_reference: charge_of(payment),
    };
    let evidence = Evidence::Authenticated {
        eci: Some("05".into()),
        value: None,
        at,
    };
    (outcome, evidence)
}

impl HostedProvider for Hosted {
    fn open_page<'a>(&'a self, wanted: &'a PageWanted) -> Asked<'a, PageOpened> {
        let wanted = wanted.clone();
        self.answer("open", |house| {
            let payment = wanted.payment;
            let page = house.pages.entry(payment).or_insert_with(|| Page {
                wanted: wanted.clone(),
                paid: Paid::Not,
                declined: None,
            });
            // The same name for another question is refused by the real one.
            assert_eq!(format!("{:?}", page.wanted), format!("{wanted:?}"));
            PageOpened {
                url: format!("https://provider.test/{payment}"),
                reference: reference(payment),
            }
        })
    }

    fn read_event(&self, _: &str, _: &[u8], _: Timestamp) -> Result<ProviderEvent, NotAnEvent> {
        Err(NotAnEvent::Signature)
    }
}
