//! Made-up traffic with labels: honest readers with their habits and accidents, and four kinds of attack among them.
//!
//! The same seed makes the same traffic. Honest readers share homes, browsers and networks, move, mistype their town,
//! get a card declined, order presents; attackers rotate what they can. What this cannot show is what real attackers
//! will do next.

use std::{net::Ipv4Addr, time::Duration};

use trade::{clock::Timestamp, ids::CartId};

/// Who sends an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A reader.
    Honest,
    /// Tries stolen cards out with small amounts.
    CardTesting,
    /// Orders with stolen cards to one address where the parcels are gathered.
    Reshipping,
    /// Orders in the name of a known reader.
    AccountTakeover,
    /// One person as many new readers.
    PromoAbuse,
}

impl Sender {
    pub const ALL: [Sender; 5] = [
        Sender::Honest,
        Sender::CardTesting,
        Sender::Reshipping,
        Sender::AccountTakeover,
        Sender::PromoAbuse,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Sender::Honest => "honest readers",
            Sender::CardTesting => "card testing",
            Sender::Reshipping => "reshipping",
            Sender::AccountTakeover => "account takeover",
            Sender::PromoAbuse => "promo abuse",
        }
    }
}

/// One order and the attempt to pay it.
#[derive(Clone, Debug)]
pub struct Event {
    pub at: Timestamp,
    pub sender: Sender,
    pub email: String,
    pub street: String,
    pub postcode: String,
    pub town: String,
    pub cart: CartId,
    pub peer: Ipv4Addr,
    pub card: String,
    /// Copies of each title: the n-th has the n-th price.
    pub copies: Vec<u32>,
    pub declined: bool,
}

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub readers: u32,
    pub orders: u32,
    pub attacks: u32,
}

/// 1 October 2026.
pub const BEGIN: Timestamp = Timestamp::micros(1_790_805_600_000_000);
/// How long it lasts.
const DAYS: u64 = 60;

const TOWNS: [(&str, &str); 8] = [
    ("75005", "Paris"),
    ("69003", "Lyon"),
    ("13100", "Aix-en-Provence"),
    ("44000", "Nantes"),
    ("33000", "Bordeaux"),
    ("67000", "Strasbourg"),
    ("59000", "Lille"),
    ("35000", "Rennes"),
];

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u32) -> u32 {
        (self.next() % u64::from(bound)) as u32
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    fn uuid(&mut self) -> CartId {
        CartId(uuid::Uuid::from_u64_pair(self.next(), self.next()))
    }
}

/// A home: people in it share the address, the line, and often the browser.
#[derive(Clone)]
struct Reader {
    email: String,
    street: String,
    town: (&'static str, &'static str),
    cart: CartId,
    peer: Ipv4Addr,
    cards: Vec<String>,
}

/// All of it, in the order of time.
pub fn traffic(seed: u64, size: Size) -> Vec<Event> {
    let mut random = Random(seed);
    let readers = readers(&mut random, size.readers);
    let mut events = Vec::new();
    for _ in 0..size.orders {
        honest(&mut random, &readers, &mut events);
    }
    for number in 0..size.attacks {
        card_testing(&mut random, number, &mut events);
        reshipping(&mut random, number, &mut events);
        takeover(&mut random, number, &readers, &events.clone(), &mut events);
        promo_abuse(&mut random, number, &mut events);
    }
    events.sort_by_key(|event| event.at);
    events
}

fn moment(random: &mut Random) -> Timestamp {
    let seconds = random.next() % (DAYS * 24 * 3600);
    BEGIN.plus(Duration::from_secs(seconds))
}

fn address(random: &mut Random) -> Ipv4Addr {
    Ipv4Addr::new(
        80 + random.below(100) as u8,
        random.below(256) as u8,
        random.below(256) as u8,
        1 + random.below(254) as u8,
    )
}

fn street(random: &mut Random) -> String {
    let names = [
        "rue des Écoles",
        "avenue Foch",
        "place du Marché",
        "boulevard Voltaire",
    ];
    format!(
        "{} {}",
        1 + random.below(400),
        names[random.below(4) as usize]
    )
}

fn readers(random: &mut Random, count: u32) -> Vec<Reader> {
    let mut readers: Vec<Reader> = Vec::new();
    // Two offices and a school from which many order.
    let shared: Vec<Ipv4Addr> = (0..3).map(|_| address(random)).collect();
    // Large houses, where twelve live behind one number.
    let house = street(random);
    for number in 0..count {
        let town = TOWNS[random.below(TOWNS.len() as u32) as usize];
        let mut reader = Reader {
            email: format!("reader{number}@example.org"),
            street: street(random),
            town,
            cart: random.uuid(),
            peer: address(random),
            cards: vec![format!("card{number}")],
        };
        if let Some(other) = readers.last().filter(|_| random.chance(15)) {
            // Two people of one home: the same address and line, mostly the same browser, sometimes the same card.
            reader.street.clone_from(&other.street);
            reader.town = other.town;
            reader.peer = other.peer;
            if random.chance(60) {
                reader.cart = other.cart;
            }
            if random.chance(50) {
                reader.cards.clone_from(&other.cards);
            }
        }
        if number % 100 < 12 {
            reader.street = format!("{} bis {house}", number / 100);
            reader.town = TOWNS[0];
        }
        if random.chance(10) {
            reader.peer = shared[random.below(3) as usize];
        }
        if random.chance(20) {
            reader.cards.push(format!("card{number}b"));
        }
        readers.push(reader);
    }
    readers
}

fn honest(random: &mut Random, readers: &[Reader], events: &mut Vec<Event>) {
    let reader = &readers[random.below(readers.len() as u32) as usize];
    let titles = 1 + random.below(3);
    let mut event = Event {
        at: moment(random),
        sender: Sender::Honest,
        email: reader.email.clone(),
        street: reader.street.clone(),
        postcode: reader.town.0.to_owned(),
        town: reader.town.1.to_owned(),
        cart: reader.cart,
        peer: reader.peer,
        card: reader.cards[random.below(reader.cards.len() as u32) as usize].clone(),
        copies: (0..titles)
            .map(|_| 1 + u32::from(random.chance(6)))
            .collect(),
        declined: random.chance(3),
    };
    if random.chance(8) {
        // A present, sent to somebody else.
        event.street = street(random);
        (event.postcode, event.town) = pair(TOWNS[random.below(8) as usize]);
    }
    if random.chance(12) {
        // On the telephone, on the way.
        event.cart = random.uuid();
        event.peer = address(random);
    }
    if random.chance(2) {
        event.town = "Pontarlier".to_owned();
    }
    if random.chance(2) {
        // A teacher's class set.
        event.copies = vec![12 + random.below(20)];
    }
    if random.chance(1) {
        // A new bank, a new telephone, a new flat.
        event.card = format!("{}new", event.card);
        event.cart = random.uuid();
        event.street = street(random);
    }
    let again = event.declined.then(|| Event {
        at: event.at.plus(Duration::from_secs(120)),
        card: format!("{}second", event.card),
        declined: false,
        ..event.clone()
    });
    events.push(event);
    events.extend(again);
}

fn pair((postcode, town): (&str, &str)) -> (String, String) {
    (postcode.to_owned(), town.to_owned())
}

/// A list of stolen numbers, one after the other. Half of them forget their cookies, a third change networks.
fn card_testing(random: &mut Random, number: u32, events: &mut Vec<Event>) {
    let (forgets, moves, many) = (random.chance(50), random.chance(33), random.chance(50));
    let (cart, street) = (random.uuid(), street(random));
    let networks: Vec<Ipv4Addr> = (0..if moves { 4 } else { 1 })
        .map(|_| address(random))
        .collect();
    let mut at = moment(random);
    for card in 0..20 + random.below(25) {
        at = at.plus(Duration::from_secs(15 + u64::from(random.below(60))));
        let who = if many { card } else { 0 };
        events.push(Event {
            at,
            sender: Sender::CardTesting,
            email: format!("tester{number}x{who}@mail.example"),
            street: street.clone(),
            postcode: "75005".to_owned(),
            town: "Paris".to_owned(),
            cart: if forgets { random.uuid() } else { cart },
            peer: networks[random.below(networks.len() as u32) as usize],
            card: format!("stolen{number}n{card}"),
            copies: vec![1],
            declined: random.chance(85),
        });
    }
}

/// One address, and a new person with a new card each time, over some weeks.
fn reshipping(random: &mut Random, number: u32, events: &mut Vec<Event>) {
    let (street, town) = (street(random), TOWNS[random.below(8) as usize]);
    let mut at = moment(random);
    for parcel in 0..6 + random.below(8) {
        at = at.plus(Duration::from_secs(u64::from(
            3_600 + random.below(3 * 24 * 3_600),
        )));
        events.push(Event {
            at,
            sender: Sender::Reshipping,
            email: format!("mule{number}p{parcel}@mail.example"),
            street: format!("App. {parcel}\n{street}"),
            postcode: town.0.to_owned(),
            town: town.1.to_owned(),
            cart: random.uuid(),
            peer: address(random),
            card: format!("dumped{number}n{parcel}"),
            copies: vec![2 + random.below(3), 2 + random.below(3), 2],
            declined: random.chance(25),
        });
    }
}

/// Two or three orders in the name of a reader who bought before; everything else is somebody else's.
fn takeover(
    random: &mut Random,
    number: u32,
    readers: &[Reader],
    before: &[Event],
    events: &mut Vec<Event>,
) {
    let known = before.iter().filter(|event| event.sender == Sender::Honest);
    let known: Vec<&Event> = known
        .filter(|event| event.at < BEGIN.plus(Duration::from_secs(30 * 24 * 3600)))
        .collect();
    let victim = match known.get(random.below(known.len().max(1) as u32) as usize) {
        Some(event) => event.email.clone(),
        None => readers[0].email.clone(),
    };
    let (cart, peer, street) = (random.uuid(), address(random), street(random));
    let town = TOWNS[random.below(8) as usize];
    let days = 32 + u64::from(random.below(25));
    let mut at = BEGIN.plus(Duration::from_secs(days * 24 * 3600));
    for order in 0..2 + random.below(2) {
        at = at.plus(Duration::from_secs(300 + u64::from(random.below(3000))));
        events.push(Event {
            at,
            sender: Sender::AccountTakeover,
            email: victim.clone(),
            street: street.clone(),
            postcode: town.0.to_owned(),
            town: town.1.to_owned(),
            cart,
            peer,
            card: format!("taken{number}n{order}"),
            copies: vec![3 + random.below(4), 2, 2],
            declined: random.chance(30),
        });
    }
}

/// One person, many accounts: tags and dots, or new mailboxes, from one browser or one address.
fn promo_abuse(random: &mut Random, number: u32, events: &mut Vec<Event>) {
    let (cart, peer, street, tags) = (
        random.uuid(),
        address(random),
        street(random),
        random.chance(50),
    );
    let forgets = random.chance(40);
    let mut at = moment(random);
    for account in 0..5 + random.below(6) {
        at = at.plus(Duration::from_secs(
            1_200 + u64::from(random.below(2 * 24 * 3_600)),
        ));
        events.push(Event {
            at,
            sender: Sender::PromoAbuse,
            email: match tags {
                true => format!("saver{number}+{account}@mail.example"),
                false => format!("saver{number}n{account}@mail.example"),
            },
            street: street.clone(),
            postcode: "69003".to_owned(),
            town: "Lyon".to_owned(),
            cart: if forgets { random.uuid() } else { cart },
            peer,
            card: format!("own{number}n{}", account % 2),
            copies: vec![1],
            declined: false,
        });
    }
}
