//! The eighteen fields in their order (VII 1°).

/// The names of the fields, as the first line of a file has them (VII 4°).
pub const COLUMNS: [&str; 18] = [
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
];

/// Where `Debit` and `Credit` stand, and in their place `Montant` and `Sens` (VII 2°).
pub(super) const DEBIT: usize = 11;
/// See [`DEBIT`].
pub(super) const CREDIT: usize = 12;

/// What the fields [`DEBIT`] and [`CREDIT`] are called in files that have an amount and a side instead.
pub(super) const AMOUNT_AND_SIDE: [&str; 2] = ["Montant", "Sens"];
