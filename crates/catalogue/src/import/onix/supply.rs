//! Who supplies the product to France, and whether they have it (lists 64 and 65; O11, O14).

use super::tree::Element;
use crate::import::Remarks;
use crate::model::Availability;

/// Where books are sold today: deliveries outside France come with a later issue.
const COUNTRY: &str = "FR";

/// How well a territory fits; a better fit wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// Nothing is said, so everywhere.
    Everywhere,
    /// A region that France is in.
    Region,
    /// France by name.
    Country,
}

/// Whether the territory of a market or price holds France, and how precisely it says so.
pub(super) fn fit(holder: &Element) -> Option<Fit> {
    // 3.0 has a Territory composite; some senders leave it out and put its parts directly.
    let territory = holder.child("Territory").unwrap_or(holder);
    let lists = |name: &str, wanted: &[&str]| {
        territory
            .texts(name)
            .flat_map(str::split_whitespace)
            .any(|code| wanted.contains(&code))
    };
    if lists("CountriesExcluded", &[COUNTRY]) || lists("RegionsExcluded", &["FR-H"]) {
        return None;
    }
    if lists("CountriesIncluded", &[COUNTRY]) || lists("RegionsIncluded", &["FR-H"]) {
        return Some(Fit::Country);
    }
    if lists("RegionsIncluded", &["WORLD", "ROW", "ECZ"]) {
        return Some(Fit::Region);
    }
    let names_others = territory.child("CountriesIncluded").is_some()
        || territory.child("RegionsIncluded").is_some();
    (!names_others).then_some(Fit::Everywhere)
}

/// The supply details for the French market, in order.
pub(super) fn details(product: &Element) -> impl Iterator<Item = &Element> {
    product
        .children("ProductSupply")
        .filter(|supply| {
            let mut markets = supply.children("Market").peekable();
            markets.peek().is_none() || markets.any(|market| fit(market).is_some())
        })
        .flat_map(|supply| supply.children("SupplyDetail"))
}

/// What the supplier of the chosen price says, else the best that any says; the publisher's word that it is gone
/// overrides them all.
pub(super) fn availability(
    product: &Element,
    publishing: &Element,
    chosen: Option<&Element>,
    remarks: &mut Remarks,
) -> Availability {
    let status = publishing.text("PublishingStatus");
    if matches!(
        status,
        Some("01" | "03" | "06" | "07" | "08" | "11" | "12" | "15" | "17")
    ) {
        return Availability::Unavailable;
    }
    let best = details(product)
        .filter_map(|detail| said(detail, remarks))
        .min_by_key(|said| rank(*said));
    match (
        chosen.and_then(|detail| said(detail, &mut Remarks::default())),
        best,
        status,
    ) {
        (Some(said), _, _) | (None, Some(said), _) => said,
        (None, None, Some("02")) => Availability::Forthcoming,
        (None, None, Some("16")) => Availability::TemporarilyOut,
        _ => Availability::Unknown,
    }
}

fn said(detail: &Element, remarks: &mut Remarks) -> Option<Availability> {
    let code = detail.text("ProductAvailability")?;
    let said = Availability::from_onix65(code);
    if said.is_none() {
        remarks.warn(
            "availability-unknown",
            format!("Product availability {code:?} is not on list 65. It was left out."),
        );
    }
    let days = detail.text("OrderTime").and_then(|days| days.parse().ok());
    match (said, days) {
        (Some(Availability::ToOrder { .. }), Some(days)) => Some(Availability::ToOrder { days }),
        (said, _) => said,
    }
}

fn rank(availability: Availability) -> u8 {
    match availability {
        Availability::InStock => 0,
        Availability::ToOrder { .. } => 1,
        Availability::PrintOnDemand => 2,
        Availability::Forthcoming => 3,
        Availability::TemporarilyOut => 4,
        Availability::Unknown => 5,
        Availability::Unavailable => 6,
    }
}
