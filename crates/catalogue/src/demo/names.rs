//! People, places and worlds that do not exist.
//!
//! Surnames are put together from parts, so that tens of thousands of authors are told apart and few of them share
//! their whole name with a real one.

use super::Tongue;
use super::random::Random;

/// A made-up person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) first: String,
    pub(super) particle: &'static str,
    pub(super) last: String,
    pub(super) feminine: bool,
}

impl Person {
    /// As on a cover.
    pub(super) fn display(&self) -> String {
        // A particle that elides (`d’`) already joins the name.
        let space = if self.particle.is_empty() || self.particle.ends_with('’') {
            ""
        } else {
            " "
        };
        format!("{} {}{space}{}", self.first, self.particle, self.last)
    }

    /// As shelved: a particle follows the first name (T4).
    pub(super) fn inverted(&self) -> String {
        let space = if self.particle.is_empty() { "" } else { " " };
        format!("{}, {}{space}{}", self.last, self.first, self.particle)
    }
}

/// A person with a name of that language.
pub(super) fn person(tongue: Tongue, random: &mut Random) -> Person {
    let feminine = random.chance(50);
    let stock = stock(tongue);
    let given = if feminine {
        stock.feminine
    } else {
        stock.masculine
    };
    let mut first = random.word(given).to_owned();
    if tongue == Tongue::French && !first.contains('-') && random.chance(6) {
        let second = if feminine {
            ["Claire", "Laure", "Lise", "Rose"]
        } else {
            ["Marie", "Luc", "Yves", "Noël"]
        };
        first = format!("{first}-{}", random.word(&second));
    }
    let mut last = surname(&stock, random);
    if tongue == Tongue::French && random.chance(4) {
        last = format!("{last}-{}", surname(&stock, random));
    }
    let particle = match tongue {
        Tongue::French if random.chance(3) => french_particle(&last),
        Tongue::German if random.chance(2) => "von",
        _ => "",
    };
    Person {
        first,
        particle,
        last,
        feminine,
    }
}

fn french_particle(last: &str) -> &'static str {
    if super::inflect::elides(last) {
        "d’"
    } else {
        "de"
    }
}

/// A first name alone, for the readers who sign reviews.
pub(super) fn first_name(tongue: Tongue, random: &mut Random) -> &'static str {
    let stock = stock(tongue);
    let given = if random.chance(58) {
        stock.feminine
    } else {
        stock.masculine
    };
    random.word(given)
}

/// The name of a world: never begins with a vowel, so that `de` needs no elision.
pub(super) fn world(random: &mut Random) -> String {
    let start = random.word(&[
        "Vald", "Morv", "Kel", "Thar", "Bren", "Sol", "Nym", "Cor", "Drax", "Lun", "Mir", "Zan",
        "Rhov", "Tyr", "Fael", "Gor", "Sel", "Bar", "Dun", "Ker", "Lor", "Myr", "Pel", "Vel",
    ]);
    let middle = random.word(&[
        "a", "e", "i", "o", "ae", "ia", "u", "eo", "ora", "ani", "ele", "iri",
    ]);
    let end = random.word(&[
        "r", "th", "dor", "nis", "vane", "mar", "lis", "ron", "dell", "rune", "zar", "sha", "l",
        "n", "ris", "goth",
    ]);
    format!("{start}{middle}{end}")
}

struct Stock {
    masculine: &'static [&'static str],
    feminine: &'static [&'static str],
    starts: &'static [&'static str],
    ends: &'static [&'static str],
    whole: &'static [&'static str],
}

fn surname(stock: &Stock, random: &mut Random) -> String {
    if random.chance(30) {
        return random.word(stock.whole).to_owned();
    }
    format!("{}{}", random.word(stock.starts), random.word(stock.ends))
}

fn stock(tongue: Tongue) -> Stock {
    match tongue {
        Tongue::French => FRENCH,
        Tongue::English => ENGLISH,
        Tongue::Spanish => SPANISH,
        Tongue::German => GERMAN,
        Tongue::Italian => ITALIAN,
    }
}

const FRENCH: Stock = Stock {
    masculine: &[
        "Adrien",
        "Aimé",
        "Alban",
        "Alexis",
        "Amaury",
        "Anselme",
        "Antonin",
        "Armand",
        "Arsène",
        "Aubin",
        "Augustin",
        "Aurélien",
        "Barnabé",
        "Basile",
        "Baptiste",
        "Benoît",
        "Bertrand",
        "Brice",
        "Bruno",
        "Camille",
        "Cédric",
        "Célestin",
        "Clément",
        "Cyprien",
        "Damien",
        "Denis",
        "Didier",
        "Donatien",
        "Édouard",
        "Élie",
        "Émilien",
        "Éric",
        "Étienne",
        "Fabien",
        "Félix",
        "Ferdinand",
        "Firmin",
        "Florent",
        "Gabin",
        "Gaspard",
        "Germain",
        "Gilles",
        "Grégoire",
        "Ismaël",
        "Jérôme",
        "Joachim",
        "Joseph",
        "Jules",
        "Julien",
        "Karim",
        "Lambert",
        "Laurent",
        "Léandre",
        "Léopold",
        "Loïc",
        "Lucien",
        "Mahmoud",
        "Marc",
        "Marceau",
        "Martial",
        "Mathurin",
        "Maxence",
        "Mehdi",
        "Nathan",
        "Nicolas",
        "Noé",
        "Octave",
        "Olivier",
        "Pascal",
        "Patrice",
        "Paulin",
        "Philémon",
        "Quentin",
        "Rachid",
        "Raoul",
        "Raphaël",
        "Rémi",
        "Robin",
        "Roland",
        "Samuel",
        "Sébastien",
        "Simon",
        "Tanguy",
        "Théophile",
        "Thierry",
        "Tristan",
        "Urbain",
        "Valentin",
        "Victorin",
        "Vincent",
        "Xavier",
        "Jean-Baptiste",
        "Pierre-Yves",
        "Paul-Marie",
    ],
    feminine: &[
        "Adèle",
        "Agathe",
        "Aïcha",
        "Albane",
        "Alix",
        "Amélie",
        "Anaïs",
        "Anouk",
        "Apolline",
        "Armelle",
        "Aurore",
        "Bérénice",
        "Blanche",
        "Brigitte",
        "Capucine",
        "Carole",
        "Cécile",
        "Céleste",
        "Chloé",
        "Claire",
        "Clémence",
        "Coline",
        "Constance",
        "Cyrielle",
        "Daphné",
        "Delphine",
        "Diane",
        "Édith",
        "Élise",
        "Élodie",
        "Émeline",
        "Estelle",
        "Ève",
        "Fanny",
        "Fatou",
        "Flavie",
        "Florence",
        "Garance",
        "Geneviève",
        "Ghislaine",
        "Inès",
        "Irène",
        "Iris",
        "Isaure",
        "Jeanne",
        "Joséphine",
        "Judith",
        "Juliette",
        "Justine",
        "Laure",
        "Léa",
        "Léonie",
        "Lila",
        "Louise",
        "Lucie",
        "Madeleine",
        "Mahaut",
        "Manon",
        "Margaux",
        "Marianne",
        "Marine",
        "Mathilde",
        "Mélanie",
        "Mireille",
        "Myriam",
        "Nadia",
        "Nathalie",
        "Ninon",
        "Noémie",
        "Odile",
        "Ombeline",
        "Pauline",
        "Perrine",
        "Rachel",
        "Reine",
        "Rosalie",
        "Roxane",
        "Sabine",
        "Salomé",
        "Samira",
        "Sidonie",
        "Solange",
        "Solène",
        "Suzanne",
        "Sylvie",
        "Tiphaine",
        "Valentine",
        "Victoire",
        "Violette",
        "Viviane",
        "Yasmina",
        "Zélie",
        "Anne-Sophie",
        "Marie-Ange",
        "Rose-Aimée",
    ],
    starts: &[
        "Beau", "Mont", "Val", "Clair", "Roche", "Font", "Haut", "Court", "Mar", "Gran", "Bel",
        "Ver", "Bois", "Cham", "Ser", "Bour", "Ger", "Tour", "Lan", "Del", "Fau", "Bar", "Cor",
        "Gui", "Per", "Ro", "Sau", "Tri", "Vau", "Mal", "Pla", "Cas", "Les", "Bris", "Fer", "Gou",
        "Lam", "Mer", "Pon", "Rou", "Ques", "Trem", "Plou", "Kerm", "Arn", "Isn", "Oriv", "Aub",
    ],
    ends: &[
        "mont", "court", "val", "champ", "rive", "lac", "noir", "riche", "fort", "bert", "din",
        "nel", "ville", "court", "sac", "gnac", "dier", "trin", "quet", "chet", "lain", "nard",
        "gier", "dou", "vel", "lier", "deau", "reau", "mon", "nier", "celin", "vigne", "baud",
        "geot", "tier", "rain", "cel", "zac", "rec", "zennec", "guen", "vart", "mel", "tais",
    ],
    whole: &[
        "Tournesac",
        "Ablancourt",
        "Ménestrier",
        "Sarrazac",
        "Vaugirault",
        "Pélissanne",
        "Quinsonnas",
        "Lestrange-Morel",
        "Bouzidi",
        "Belkacem-Roy",
        "Diarrassouba",
        "N’Dour",
        "Nguyen-Lamy",
        "Le Guirec",
        "Le Bihannic",
        "Kerouédan",
        "Etcheverria",
        "Uhartegui",
        "Santucciani",
        "Casabielle",
        "Wittenhoff",
        "Schlumbach",
        "Vandervoorde",
        "Delahaise",
        "Taillevent",
        "Boisgibault",
        "Chantelouve",
        "Fougeray",
        "Grandidier",
        "Houdebine",
        "Jouvencel",
        "Lachenal",
        "Maurevert",
        "Noirtier",
        "Oresme",
        "Passelergue",
        "Rabutin",
        "Sauvageon",
        "Trémolat",
        "Vialatoux",
        "Ygouf",
        "Zellidja",
        "Barbentane",
        "Cazenavette",
        "Doucelin",
        "Escoubès",
        "Falgayrac",
        "Goulven",
        "Izarnotegui",
    ],
};

const ENGLISH: Stock = Stock {
    masculine: &[
        "Alistair", "Barnaby", "Callum", "Desmond", "Edmund", "Felix", "Gideon", "Hugh", "Ivor",
        "Jasper", "Kit", "Laurence", "Malcolm", "Ned", "Oscar", "Percy", "Rafe", "Silas", "Tobias",
        "Walter", "Amos", "Conrad", "Dev", "Emeka", "Idris", "Samir",
    ],
    feminine: &[
        "Agnes", "Beatrix", "Clara", "Dorothea", "Eleanor", "Flora", "Greta", "Harriet", "Imogen",
        "June", "Kitty", "Lydia", "Maud", "Nell", "Olive", "Prudence", "Rosalind", "Sybil", "Tess",
        "Winifred", "Amara", "Bridie", "Delia", "Esme", "Leila", "Priya",
    ],
    starts: &[
        "Ash", "Black", "Brock", "Cold", "Elder", "Fair", "Grim", "Hal", "Hart", "Hollow", "King",
        "Lang", "Marsh", "North", "Oak", "Pen", "Quill", "Rams", "Silver", "Thorn", "Under",
        "Wake", "West", "Winter", "Wool", "Wren",
    ],
    ends: &[
        "bourne", "bridge", "by", "combe", "cote", "dale", "field", "ford", "grave", "ham",
        "hurst", "ley", "low", "mere", "more", "ridge", "shaw", "stead", "thwaite", "wick", "wood",
        "worth",
    ],
    whole: &[
        "Okonjo-Hale",
        "Trevanion",
        "Abernath",
        "MacSorrel",
        "O’Deverin",
        "Penhallick",
        "Quartermaine-Low",
        "Rao-Ellis",
    ],
};

const SPANISH: Stock = Stock {
    masculine: &[
        "Álvaro", "Baltasar", "Ciro", "Damián", "Elías", "Fermín", "Gonzalo", "Ignacio", "Joaquín",
        "Leandro", "Matías", "Nicanor", "Octavio", "Pascual", "Ramiro", "Simón", "Tadeo",
        "Vicente",
    ],
    feminine: &[
        "Adela", "Beatriz", "Catalina", "Dolores", "Elvira", "Fabiola", "Graciela", "Inés",
        "Jimena", "Lucía", "Marisol", "Noelia", "Paloma", "Rocío", "Soledad", "Teresa", "Ximena",
        "Aurora",
    ],
    starts: &[
        "Monte", "Villa", "Fuente", "Casa", "Torre", "Val", "Ar", "Be", "Cor", "Del", "Esca",
        "Güe", "Mal", "Que", "Sala",
    ],
    ends: &[
        "rroya", "llera", "nares", "mediel", "verde", "lanza", "dero", "zábal", "rrueta", "mora",
        "gado", "villa", "rrín", "nzo",
    ],
    whole: &[
        "Iturbezar",
        "Quiñonero",
        "Larraldea",
        "Zurbanel",
        "Alcoverro",
        "Montserín",
    ],
};

const GERMAN: Stock = Stock {
    masculine: &[
        "Anselm", "Bastian", "Clemens", "Dietmar", "Emil", "Falk", "Gregor", "Henning", "Ingo",
        "Jost", "Konrad", "Lorenz", "Moritz", "Nepomuk", "Oskar", "Ruprecht", "Severin", "Till",
    ],
    feminine: &[
        "Adelheid",
        "Beate",
        "Cordula",
        "Dorothea",
        "Elke",
        "Franziska",
        "Gesine",
        "Hedwig",
        "Ilse",
        "Johanna",
        "Katrin",
        "Liesel",
        "Marlene",
        "Nora",
        "Ottilie",
        "Renate",
        "Sigrid",
        "Ulrike",
    ],
    starts: &[
        "Stein", "Linden", "Alten", "Hohen", "Kalten", "Rot", "Schön", "Wald", "Winter", "Brand",
        "Eichen", "Falken", "Grün", "Hirsch",
    ],
    ends: &[
        "berger", "bach", "dorf", "feld", "hauer", "hofer", "mann", "moser", "rieder", "stätter",
        "tal", "wieser", "zang", "brunn",
    ],
    whole: &[
        "Quandtner",
        "Zöllikofer",
        "Unterwegener",
        "Pfefferkorn-Lenz",
        "Öttingsen",
        "Raabenstein",
    ],
};

const ITALIAN: Stock = Stock {
    masculine: &[
        "Alvise",
        "Brando",
        "Corrado",
        "Dario",
        "Elio",
        "Fosco",
        "Gualtiero",
        "Ivano",
        "Lapo",
        "Manlio",
        "Nello",
        "Oreste",
        "Pietro",
        "Ruggero",
        "Saverio",
        "Tancredi",
        "Ugo",
        "Vasco",
    ],
    feminine: &[
        "Agnese",
        "Bianca",
        "Chiara",
        "Donatella",
        "Elena",
        "Fiammetta",
        "Ginevra",
        "Ilaria",
        "Livia",
        "Marta",
        "Nives",
        "Ornella",
        "Perla",
        "Rosaria",
        "Silvana",
        "Tullia",
        "Viola",
        "Zita",
    ],
    starts: &[
        "Bel", "Castel", "Monte", "Val", "Fior", "Mar", "Car", "Gal", "Lam", "Pas", "Ros", "Sal",
        "Tor", "Ver", "Zan",
    ],
    ends: &[
        "landi", "monte", "rini", "gatti", "zoni", "bardi", "chetti", "voli", "netto", "fiori",
        "grassi", "lucchi", "doro", "vecchi",
    ],
    whole: &[
        "Quarantelli",
        "Sperindio",
        "Malacrida-Neri",
        "Ottobrini",
        "Acquafredda",
        "Dalmare",
    ],
};
