//! Field numbers by their ISO 8583:1987 names.

use std::fmt;

/// A data element of ISO 8583, 2 to 128. Number 1 is the second bitmap and never a `Field`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Field(u8);

impl Field {
    /// Primary account number: the card number.
    pub const PAN: Field = Field(2);
    /// Processing code: what is asked (`00` goods and services, `20` refund), then accounts.
    pub const PROCESSING_CODE: Field = Field(3);
    /// Transaction amount, in minor units of the currency of field 49.
    pub const AMOUNT: Field = Field(4);
    /// Transmission date and time, MMDDhhmmss, UTC.
    pub const TRANSMISSION_TIME: Field = Field(7);
    /// Systems trace audit number.
    pub const STAN: Field = Field(11);
    /// Local transaction time, hhmmss.
    pub const LOCAL_TIME: Field = Field(12);
    /// Local transaction date, MMDD.
    pub const LOCAL_DATE: Field = Field(13);
    /// Expiry of the card, YYMM.
    pub const EXPIRY: Field = Field(14);
    /// Settlement date, MMDD.
    pub const SETTLEMENT_DATE: Field = Field(15);
    /// Merchant type (ISO 18245); 5942 is a book shop.
    pub const MERCHANT_TYPE: Field = Field(18);
    /// How the card number was entered, and whether a PIN could be.
    pub const ENTRY_MODE: Field = Field(22);
    /// Conditions at the point of service; 59 is electronic commerce.
    pub const CONDITION_CODE: Field = Field(25);
    /// The acquiring institution's identification code.
    pub const ACQUIRER: Field = Field(32);
    /// Track 2 of the card.
    pub const TRACK_2: Field = Field(35);
    /// Retrieval reference number: the bank's name for the transaction.
    pub const RETRIEVAL_REFERENCE: Field = Field(37);
    /// Approval code of the issuer.
    pub const APPROVAL_CODE: Field = Field(38);
    /// Response code; `00` is approval.
    pub const RESPONSE_CODE: Field = Field(39);
    /// Terminal of the card acceptor.
    pub const TERMINAL: Field = Field(41);
    /// Identification of the card acceptor: the merchant number.
    pub const MERCHANT: Field = Field(42);
    /// Name and place of the card acceptor.
    pub const MERCHANT_NAME: Field = Field(43);
    /// Additional data, private.
    pub const ADDITIONAL_DATA: Field = Field(48);
    /// Currency of the transaction, ISO 4217 numeric.
    pub const CURRENCY: Field = Field(49);
    /// Additional amounts.
    pub const ADDITIONAL_AMOUNTS: Field = Field(54);
    /// Data of the chip.
    pub const CHIP_DATA: Field = Field(55);
    /// Private: the card security code, on a first authorisation only.
    pub const SECURITY_CODE: Field = Field(60);
    /// Private: the merchant's name for the payment.
    pub const PAYMENT_REFERENCE: Field = Field(62);
    /// Private: the merchant's name for the capture or the refund.
    pub const MOVEMENT_REFERENCE: Field = Field(63);
    /// Network management code: 001 sign on, 002 sign off, 301 echo.
    pub const NETWORK_CODE: Field = Field(70);
    /// Original data elements: which earlier message this one is about.
    pub const ORIGINAL_DATA: Field = Field(90);
    /// Replacement amounts.
    pub const REPLACEMENT_AMOUNTS: Field = Field(95);
    /// Message authentication code.
    pub const MAC: Field = Field(128);

    /// The field of this number; `None` unless it is 2 to 128.
    #[must_use]
    pub const fn new(number: u8) -> Option<Field> {
        match number {
            2..=128 => Some(Field(number)),
            _ => None,
        }
    }

    /// Its number, 2 to 128.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Its bit in a bitmap read as one number of 128 bits: field 1 is the highest.
    pub(super) const fn bit(self) -> u128 {
        1 << (128 - self.0 as u32)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "field {}", self.0)
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "F{}", self.0)
    }
}
