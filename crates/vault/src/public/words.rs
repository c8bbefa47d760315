//! Everything the card page says, in both languages. A sentence missing in one of them does not compile.

use cards::csc::CscError;
use cards::expiry::ExpiryError;
use cards::pan::PanError;
use trade::locale::Locale;

use super::page::Trouble;

/// The fixed words of the page.
pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) place: &'static str,
    pub(super) summary: &'static str,
    pub(super) order: &'static str,
    pub(super) total: &'static str,
    pub(super) shop_sees_nothing: &'static str,
    pub(super) card: &'static str,
    pub(super) number: &'static str,
    pub(super) exp: &'static str,
    pub(super) exp_hint: &'static str,
    pub(super) csc: &'static str,
    pub(super) csc_hint: &'static str,
    pub(super) name: &'static str,
    pub(super) optional: &'static str,
    /// The words the law wants on the button (rule C3).
    pub(super) order_with_obligation: &'static str,
    pub(super) back: &'static str,
    pub(super) to_correct: &'static str,
    pub(super) number_again: &'static str,
}

const FRENCH: Words = Words {
    title: "Payer votre commande",
    place: "Paiement par carte",
    summary: "Votre commande",
    order: "Numéro",
    total: "Total avec livraison",
    shop_sees_nothing: "Votre carte est confiée au coffre de paiement, séparé de la librairie\u{202f}: la librairie n’en \
                        voit jamais le numéro.",
    card: "Votre carte",
    number: "Numéro de carte",
    exp: "Expiration",
    exp_hint: "Par exemple 04/29",
    csc: "Cryptogramme",
    csc_hint: "3\u{a0}chiffres au dos",
    name: "Nom sur la carte",
    optional: "facultatif",
    order_with_obligation: "Commander avec obligation de paiement",
    back: "Revenir à la librairie sans payer",
    to_correct: "À corriger",
    number_again: "Pour votre sécurité, le numéro et le cryptogramme sont à saisir de nouveau.",
};

const ENGLISH: Words = Words {
    title: "Pay for your order",
    place: "Card payment",
    summary: "Your order",
    order: "Number",
    total: "Total with delivery",
    shop_sees_nothing: "Your card goes to the payment vault, which is apart from the bookshop: the bookshop never sees \
                        its number.",
    card: "Your card",
    number: "Card number",
    exp: "Expiry date",
    exp_hint: "Such as 04/29",
    csc: "Security code",
    csc_hint: "3\u{a0}digits on the back",
    name: "Name on the card",
    optional: "optional",
    order_with_obligation: "Order with obligation to pay",
    back: "Back to the bookshop without paying",
    to_correct: "Please correct",
    number_again: "For your safety, the number and the security code must be typed again.",
};

pub(super) fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::Fr => &FRENCH,
        Locale::En => &ENGLISH,
    }
}

pub(super) fn number_error(error: PanError, locale: Locale) -> &'static str {
    match (error, locale) {
        (PanError::Missing, Locale::Fr) => "Saisissez le numéro de votre carte.",
        (PanError::Missing, Locale::En) => "Type the number of your card.",
        (PanError::NotDigits, Locale::Fr) => "Le numéro ne comporte que des chiffres.",
        (PanError::NotDigits, Locale::En) => "The number has digits only.",
        (PanError::Length, Locale::Fr) => {
            "Le numéro comporte de 12 à 19\u{a0}chiffres\u{202f}; il en manque ou il y en a trop."
        }
        (PanError::Length, Locale::En) => {
            "The number has 12 to 19 digits; some are missing or there are too many."
        }
        (PanError::CheckDigit, Locale::Fr) => {
            "Ce numéro contient une faute de frappe. Comparez-le avec votre carte."
        }
        (PanError::CheckDigit, Locale::En) => {
            "There is a slip in this number. Compare it with your card."
        }
    }
}

pub(super) fn exp_error(error: ExpiryError, locale: Locale) -> &'static str {
    match (error, locale) {
        (ExpiryError::Missing, Locale::Fr) => "Saisissez la date d’expiration.",
        (ExpiryError::Missing, Locale::En) => "Type the expiry date.",
        (ExpiryError::Malformed | ExpiryError::TooFar, Locale::Fr) => {
            "Écrivez le mois et l’année, par exemple 04/29."
        }
        (ExpiryError::Malformed | ExpiryError::TooFar, Locale::En) => {
            "Write the month and the year, such as 04/29."
        }
        (ExpiryError::Past, Locale::Fr) => "Cette carte a expiré. Prenez-en une autre.",
        (ExpiryError::Past, Locale::En) => "This card has expired. Please take another.",
    }
}

pub(super) fn csc_error(error: CscError, locale: Locale) -> String {
    match (error, locale) {
        (CscError::Missing, Locale::Fr) => "Saisissez le cryptogramme.".to_owned(),
        (CscError::Missing, Locale::En) => "Type the security code.".to_owned(),
        (CscError::Length { expected }, Locale::Fr) => {
            format!("Le cryptogramme de cette carte a {expected}\u{a0}chiffres.")
        }
        (CscError::Length { expected }, Locale::En) => {
            format!("The security code of this card has {expected} digits.")
        }
    }
}

/// One sentence per field for the check in the browser, which knows less than the one here.
pub(super) fn browser_error(field: &str, locale: Locale) -> &'static str {
    match (field, locale) {
        ("number", Locale::Fr) => {
            "Ce numéro n’est pas complet ou contient une faute de frappe. Comparez-le avec votre carte."
        }
        ("number", Locale::En) => {
            "This number is incomplete or has a slip. Compare it with your card."
        }
        ("exp", Locale::Fr) => "Écrivez le mois et l’année, par exemple 04/29.",
        ("exp", Locale::En) => "Write the month and the year, such as 04/29.",
        (_, Locale::Fr) => "Le cryptogramme a 3\u{a0}chiffres, ou 4 sur une American Express.",
        (_, Locale::En) => "The security code has 3 digits, or 4 on an American Express.",
    }
}

/// Title, explanation, and the words on the way on.
type Explained = (&'static str, &'static str, &'static str);

pub(super) fn trouble(trouble: Trouble, locale: Locale) -> Explained {
    match locale {
        Locale::Fr => trouble_in_french(trouble),
        Locale::En => trouble_in_english(trouble),
    }
}

fn trouble_in_french(trouble: Trouble) -> Explained {
    match trouble {
        Trouble::NoTicket => (
            "Cette adresse ne mène à aucun paiement",
            "Le lien est incomplet ou n’a pas été émis par la librairie. Rien n’a été débité. Revenez à la librairie et \
             reprenez votre commande.",
            "Revenir à la librairie",
        ),
        Trouble::Expired => (
            "Cette page de paiement a expiré",
            "Pour votre sécurité, elle ne reste ouverte que quelques minutes. Rien n’a été débité. Revenez à votre \
             commande pour en ouvrir une nouvelle.",
            "Revenir à ma commande",
        ),
        Trouble::OldPage => (
            "Cette page est restée ouverte trop longtemps",
            "Votre carte n’a pas été enregistrée et rien n’a été débité. Revenez à votre commande pour ouvrir une \
             nouvelle page de paiement.",
            "Revenir à ma commande",
        ),
        Trouble::NotForThis => (
            "Cette carte n’a pas pu être lue",
            "Ce qui est arrivé ne correspond pas à cette commande et à ce montant. Votre carte n’a pas été enregistrée \
             et rien n’a été débité.",
            "Revenir à ma commande",
        ),
        Trouble::OtherCard => (
            "Une autre carte a déjà été donnée pour ce paiement",
            "La première carte est peut-être déjà chez sa banque. Votre commande dit où en est le paiement, et vous \
             permet d’essayer une autre carte s’il a été refusé.",
            "Voir ma commande",
        ),
        Trouble::TooOften => (
            "Trop d’essais en peu de temps",
            "Par sécurité, cette page attend un peu avant de reprendre une carte. Patientez un instant, puis reprenez le \
             paiement\u{a0}: il continue là où il en était.",
            "Reprendre le paiement",
        ),
        Trouble::Crowded => (
            "Beaucoup de demandes arrivent en même temps",
            "Votre connexion en a envoyé beaucoup en peu de temps. Celle-ci n’a rien débité et votre commande n’est pas \
             perdue. Patientez un instant, puis rechargez cette page ou reprenez votre commande.",
            "Revenir à la librairie",
        ),
        Trouble::Sealed => (
            "Le paiement par carte n’est pas disponible pour le moment",
            "Le coffre de paiement est fermé. Rien n’a été débité et votre commande n’est pas perdue\u{202f}: vos livres \
             restent réservés. Revenez à votre commande pour payer plus tard.",
            "Revenir à ma commande",
        ),
        Trouble::Unavailable => (
            "Le paiement par carte est momentanément indisponible",
            "Votre carte n’a pas été débitée. Vos livres restent réservés\u{202f}; réessayez dans quelques minutes depuis \
             votre commande.",
            "Revenir à ma commande",
        ),
    }
}

fn trouble_in_english(trouble: Trouble) -> Explained {
    match trouble {
        Trouble::NoTicket => (
            "This address leads to no payment",
            "The link is incomplete or was not made by the bookshop. Nothing was charged. Go back to the bookshop and \
             continue your order there.",
            "Back to the bookshop",
        ),
        Trouble::Expired => (
            "This payment page has expired",
            "For your safety it stays open for some minutes only. Nothing was charged. Go back to your order to open a \
             new one.",
            "Back to my order",
        ),
        Trouble::OldPage => (
            "This page was open for too long",
            "Your card was not taken and nothing was charged. Go back to your order to open a new payment page.",
            "Back to my order",
        ),
        Trouble::NotForThis => (
            "This card could not be read",
            "What arrived does not belong to this order and amount. Your card was not taken and nothing was charged.",
            "Back to my order",
        ),
        Trouble::OtherCard => (
            "Another card was already given for this payment",
            "The first card may already be with its bank. Your order says how the payment stands, and lets you try \
             another card if it was declined.",
            "See my order",
        ),
        Trouble::TooOften => (
            "Too many tries in a short time",
            "To be safe, this page waits a little before it takes another card. Wait a moment, then go back to the \
             payment: it goes on where it was.",
            "Back to the payment",
        ),
        Trouble::Crowded => (
            "Many requests are arriving at once",
            "Your connection has sent many in a short time. This one charged nothing and your order is not lost. Wait a \
             moment, then load this page again or go back to your order.",
            "Back to the bookshop",
        ),
        Trouble::Sealed => (
            "Card payment is not available at the moment",
            "The payment vault is closed. Nothing was charged and your order is not lost: your books stay reserved. Go \
             back to your order to pay later.",
            "Back to my order",
        ),
        Trouble::Unavailable => (
            "Card payment is unavailable for the moment",
            "Your card was not charged. Your books stay reserved; try again in a few minutes from your order.",
            "Back to my order",
        ),
    }
}
