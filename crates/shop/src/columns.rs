//! How the trade's values are read from columns.

use storage::Fault;
use trade::{
    address::Email, delivery::DeliveryMethod, goods::Goods, isbn::Isbn13, locale::Locale,
    payment::Decline,
};

pub(crate) fn goods(code: &str) -> Result<Goods, Fault> {
    Goods::parse(code).ok_or_else(|| Fault::defect(format!("{code} is no kind of goods")))
}

pub(crate) fn isbn(column: Option<i64>) -> Option<Isbn13> {
    Isbn13::from_u64(u64::try_from(column?).ok()?).ok()
}

/// A value that is kept as its own text.
pub(crate) fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, Fault> {
    text.parse()
        .map_err(|_| Fault::defect(format!("{text} cannot be read back")))
}

/// A value that is kept as JSON.
pub(crate) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|e| Fault::Corrupt(e.into()))
}

/// A value as the JSON that is kept.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|e| Fault::defect(e.to_string()))
}

pub(crate) fn locale(code: &str) -> Result<Locale, Fault> {
    Locale::parse(code).ok_or_else(|| Fault::defect(format!("{code} is no language of the shop")))
}

pub(crate) fn email(text: &str) -> Result<Email, Fault> {
    Email::parse(text).map_err(|_| Fault::defect(format!("{text} is no e-mail address")))
}

pub(crate) fn method(code: &str) -> Result<DeliveryMethod, Fault> {
    DeliveryMethod::parse(code)
        .ok_or_else(|| Fault::defect(format!("{code} is no way of delivery")))
}

pub(crate) fn decline(code: &str) -> Result<Decline, Fault> {
    Decline::parse(code).ok_or_else(|| Fault::defect(format!("{code} is no reason to decline")))
}
