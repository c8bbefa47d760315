//! A mapping proposed from a table itself: by the headings of its columns in French and English, then by what stands in
//! them.

use super::mapping::{self, Field, Mapping};
use super::rows::Row;
use crate::import::cover;
use crate::import::isbn::{self, Number};
use crate::text;

/// Share of a column's cells, in per cent, that must be ISBNs for it to be a column of ISBNs.
const ISBN_SHARE: usize = 60;

/// Whether the first row names the columns: it has a heading that is known, or it is the only one without any figure.
pub(super) fn has_headings(rows: &[Row]) -> bool {
    let Some(first) = rows.first() else {
        return false;
    };
    let has_figures = |row: &Row| {
        row.cells
            .iter()
            .any(|cell| cell.contains(|c: char| c.is_ascii_digit()))
    };
    let filled = first.cells.iter().all(|cell| !cell.trim().is_empty());
    first.cells.iter().any(|cell| by_heading(cell).is_some())
        || (filled && !has_figures(first) && rows.iter().skip(1).any(has_figures))
}

/// Proposes a mapping for a table of which these are the first rows, headings left out.
pub(super) fn propose(headings: &[String], rows: &[Row]) -> Mapping {
    let mut mapping = Mapping::empty(!headings.is_empty());
    let width = rows
        .iter()
        .map(|row| row.cells.len())
        .chain([headings.len()])
        .max()
        .unwrap_or(0);
    let mut found: Vec<Option<(Field, bool)>> = (0..width)
        .map(|place| by_heading(headings.get(place)?))
        .collect();
    for (place, field) in found.iter_mut().enumerate() {
        if is_isbns(rows, place) && !matches!(field, Some((Field::Reference, _))) {
            *field = Some((Field::Isbn, true));
        }
        let not_unique = matches!(field, Some((Field::Reference, _))) && !is_unique(rows, place);
        // `Couverture` also says how a book is bound.
        let no_links = matches!(field, Some((Field::Cover, _))) && !is_links(rows, place);
        if not_unique || no_links {
            *field = None;
        }
    }
    // A heading that is the field's name goes before one that only begins so.
    for exact in [true, false] {
        for (place, field) in found.iter().enumerate() {
            if let Some((field, _)) = field.filter(|(_, by_name)| *by_name == exact) {
                let taken = mapping.columns.values().any(|other| *other == field);
                if field.repeats() || !taken {
                    mapping
                        .columns
                        .insert(mapping::name(place, headings), field);
                }
            }
        }
    }
    mapping
}

/// The field of a heading, and whether the heading is its very name.
fn by_heading(heading: &str) -> Option<(Field, bool)> {
    let folded = text::fold(heading);
    let words: Vec<&str> = text::words(&folded).collect();
    let heading = words.join(" ");
    let exact = HEADINGS
        .iter()
        .find(|(_, names)| names.contains(&heading.as_str()))
        .map(|(field, _)| (*field, true));
    exact.or_else(|| {
        // `Titre du livre`, `Prix TTC en euros`; the longest name wins.
        let begins = |name: &&&str| {
            heading
                .strip_prefix(**name)
                .is_some_and(|rest| rest.starts_with(' '))
        };
        HEADINGS
            .iter()
            .flat_map(|(field, names)| names.iter().filter(begins).map(|name| (name.len(), *field)))
            .filter(|(length, _)| *length > 3)
            .max_by_key(|(length, _)| *length)
            .map(|(_, field)| (field, false))
    })
}

/// Whether a column holds ISBNs, whole or damaged.
fn is_isbns(rows: &[Row], place: usize) -> bool {
    let (mut filled, mut isbns) = (0, 0);
    for cell in cells(rows, place) {
        filled += 1;
        let is_isbn = match isbn::read(cell) {
            Number::Sound(_) | Number::Rounded(_) => true,
            // A count of seven figures is as often right by chance as one in eleven.
            Number::Padded(_) => cell.len() >= 9,
            Number::Wrong(_) => false,
        };
        isbns += usize::from(is_isbn);
    }
    filled > 0 && isbns * 100 >= filled * ISBN_SHARE
}

/// Whether every cell of a column that says something is a link.
fn is_links(rows: &[Row], place: usize) -> bool {
    cells(rows, place).next().is_some()
        && cells(rows, place).all(|cell| cover::link(cell).is_some())
}

/// Whether no value stands twice in a column, and none is missing.
fn is_unique(rows: &[Row], place: usize) -> bool {
    let values: std::collections::BTreeSet<&str> = cells(rows, place).collect();
    values.len() == rows.len()
}

fn cells(rows: &[Row], place: usize) -> impl Iterator<Item = &str> {
    rows.iter()
        .filter_map(move |row| row.cells.get(place))
        .map(|cell| cell.trim())
        .filter(|cell| !super::values::is_nothing(cell))
}

/// Headings as they are met, accents and case folded.
const HEADINGS: &[(Field, &[&str])] = &[
    (
        Field::Reference,
        &[
            "reference",
            "ref",
            "code article",
            "reference article",
            "identifiant",
            "id",
            "uri",
            "sku",
            "numero de notice",
            "record id",
            "bookid",
            "book id",
            "item",
        ],
    ),
    (
        Field::Isbn,
        &[
            "isbn",
            "ean",
            "ean13",
            "ean 13",
            "isbn13",
            "isbn 13",
            "isbn10",
            "isbn 10",
            "gencod",
            "code barre",
            "code barres",
            "barcode",
            "gtin",
            "isbn ean",
            "ean isbn",
            "code ean",
        ],
    ),
    (
        Field::Title,
        &[
            "titre",
            "title",
            "titre du livre",
            "libelle",
            "designation",
            "book title",
            "intitule",
            "titre long",
        ],
    ),
    (
        Field::Subtitle,
        &["sous titre", "soustitre", "subtitle", "complement de titre"],
    ),
    (
        Field::OriginalTitle,
        &["titre original", "original title", "titre vo"],
    ),
    (
        Field::Author,
        &[
            "auteur",
            "auteurs",
            "auteur s",
            "author",
            "authors",
            "nom auteur",
            "nom de l auteur",
            "contributeurs",
        ],
    ),
    (
        Field::Translator,
        &[
            "traducteur",
            "traducteurs",
            "traductrice",
            "translator",
            "translators",
        ],
    ),
    (
        Field::Illustrator,
        &[
            "illustrateur",
            "illustrateurs",
            "illustratrice",
            "illustrator",
            "dessinateur",
            "photographe",
            "photographer",
        ],
    ),
    (
        Field::Editor,
        &[
            "editor",
            "editors",
            "directeur d ouvrage",
            "sous la direction de",
            "editeur scientifique",
        ],
    ),
    (Field::Preface, &["prefacier", "preface", "introduction"]),
    (
        Field::Narrator,
        &["narrateur", "narratrice", "narrator", "lu par"],
    ),
    (
        Field::Publisher,
        &[
            "editeur",
            "publisher",
            "maison d edition",
            "editions",
            "imprint",
            "marque",
            "nom editeur",
            "marque editoriale",
        ],
    ),
    (Field::Collection, &["collection", "nom collection"]),
    (Field::Series, &["serie", "series", "cycle"]),
    (
        Field::Volume,
        &[
            "tome",
            "volume",
            "numero",
            "no",
            "numero de serie",
            "t",
            "vol",
        ],
    ),
    (
        Field::Published,
        &[
            "date de parution",
            "date parution",
            "parution",
            "date de publication",
            "publication date",
            "date published",
            "publication",
            "annee",
            "annee de parution",
            "annee de publication",
            "year",
            "publication year",
            "original publication year",
            "mise en vente",
            "date de mise en vente",
            "date",
            "pubdate",
            "pub date",
            "published",
        ],
    ),
    (
        Field::Language,
        &["langue", "language", "language code", "code langue"],
    ),
    (
        Field::Form,
        &[
            "format",
            "support",
            "reliure",
            "binding",
            "presentation",
            "type de support",
            "form",
        ],
    ),
    (
        Field::Pages,
        &[
            "pages",
            "nombre de pages",
            "nb pages",
            "nb de pages",
            "nbre de pages",
            "num pages",
            "page count",
            "pagination",
        ],
    ),
    (
        Field::Subject,
        &[
            "sujet",
            "sujets",
            "theme",
            "themes",
            "genre",
            "rayon",
            "categorie",
            "category",
            "subject",
            "subjects",
            "mots cles",
            "keywords",
            "famille",
        ],
    ),
    (Field::Thema, &["thema", "code thema"]),
    (Field::Clil, &["clil", "code clil", "theme clil"]),
    (Field::Dewey, &["dewey", "indice dewey", "code dewey"]),
    (
        Field::Summary,
        &[
            "resume",
            "description",
            "summary",
            "presentation de l editeur",
            "quatrieme de couverture",
            "4e de couverture",
            "argumentaire",
            "synopsis",
        ],
    ),
    (
        Field::Cover,
        &[
            "couverture",
            "image de couverture",
            "url couverture",
            "lien couverture",
            "image",
            "url image",
            "visuel",
            "cover",
            "cover url",
            "cover image",
            "image url",
        ],
    ),
    (
        Field::Price,
        &[
            "prix ttc",
            "prix",
            "prix public",
            "prix public ttc",
            "ppttc",
            "prix de vente",
            "prix editeur",
            "price",
            "retail price",
            "rrp",
            "pvp",
            "pu ttc",
            "prix euros",
        ],
    ),
    (
        Field::PriceWithoutTax,
        &[
            "prix ht",
            "prix public ht",
            "pu ht",
            "price excl tax",
            "net price",
            "price without vat",
        ],
    ),
    (
        Field::VatRate,
        &[
            "tva",
            "taux tva",
            "taux de tva",
            "taux de t v a",
            "t v a",
            "vat",
            "vat rate",
            "code tva",
        ],
    ),
    (
        Field::Availability,
        &[
            "disponibilite",
            "dispo",
            "availability",
            "etat",
            "statut",
            "status",
            "disponible",
            "code dispo",
        ],
    ),
    (
        Field::Stock,
        &[
            "stock",
            "quantite",
            "qte",
            "quantity",
            "stock disponible",
            "quantite en stock",
            "en stock",
        ],
    ),
    (
        Field::Popularity,
        &[
            "nbre de prets",
            "nombre de prets",
            "prets",
            "loans",
            "ratings count",
            "borrow count",
            "ventes",
            "sales",
        ],
    ),
];

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )]
    use super::*;

    fn proposed(table: &str) -> Vec<(String, Field)> {
        let rows = super::super::dialect::sample(table.as_bytes(), b';', 100);
        let (headings, rows) = match has_headings(&rows) {
            true => (rows[0].cells.clone(), &rows[1..]),
            false => (Vec::new(), &rows[..]),
        };
        propose(&headings, rows).columns.into_iter().collect()
    }

    #[test]
    fn headings_of_booksellers_are_known_in_both_languages() {
        for (heading, field) in [
            ("EAN", Field::Isbn),
            ("Titre du livre", Field::Title),
            ("Sous-titre", Field::Subtitle),
            ("Auteur(s)", Field::Author),
            ("Éditeur", Field::Publisher),
            ("Prix TTC", Field::Price),
            ("Prix public TTC (€)", Field::Price),
            ("Prix HT", Field::PriceWithoutTax),
            ("TVA", Field::VatRate),
            ("Taux de T.V.A.", Field::VatRate),
            ("Qté", Field::Stock),
            ("Date de parution", Field::Published),
            ("Collection", Field::Collection),
            ("Disponibilité", Field::Availability),
            ("  num_pages", Field::Pages),
            ("Publication Date", Field::Published),
            ("language_code", Field::Language),
            ("Nbre de prêts", Field::Popularity),
            ("image_url", Field::Cover),
        ] {
            assert_eq!(
                by_heading(heading).map(|(field, _)| field),
                Some(field),
                "{heading}"
            );
        }
        for heading in ["", "Cat 1", "average_rating", "Prixe", "ratings_1"] {
            assert_eq!(by_heading(heading), None, "{heading}");
        }
    }

    #[test]
    fn a_column_of_isbns_is_one_whatever_it_is_called() {
        let named = proposed("Titre;Code;Prix\nUn;9782070541270;9,90\nDeux;439785960;8\n");
        assert!(named.contains(&("Code".to_owned(), Field::Isbn)));
        let unnamed = proposed("Un;9782070541270\nDeux;9.78044E+12\n");
        assert_eq!(unnamed, [("#2".to_owned(), Field::Isbn)]);
    }

    #[test]
    fn a_field_is_proposed_once_and_its_very_name_wins() {
        let columns = proposed(
            "Prix d'achat;Prix;Date de commande;Date de parution;Auteur;Auteur\n1;2;3;4;5;6\n",
        );
        for expected in [
            ("Prix", Field::Price),
            ("Date de parution", Field::Published),
            ("Auteur", Field::Author),
            ("#6", Field::Author),
        ] {
            assert!(
                columns.contains(&(expected.0.to_owned(), expected.1)),
                "{columns:?}"
            );
        }
        assert_eq!(columns.len(), 4);
    }

    #[test]
    fn o21_a_column_of_covers_holds_links() {
        let linked = proposed("Titre;Couverture\nUn;https://quai.example/1.jpg\nDeux;\n");
        assert!(linked.contains(&("Couverture".to_owned(), Field::Cover)));
        assert_eq!(
            proposed("Titre;Couverture\nUn;souple\nDeux;rigide\n").len(),
            1
        );
    }

    #[test]
    fn a_reference_is_proposed_only_where_it_identifies() {
        assert_eq!(proposed("id;titre\n1;a\n2;b\n").len(), 2);
        assert_eq!(proposed("id;titre\n1;a\n1;b\n").len(), 1);
    }
}
