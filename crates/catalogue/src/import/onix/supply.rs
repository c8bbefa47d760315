//! Where the product may be sold, who supplies it to France, and whether they have it (lists 46, 64, 65 and 93; O11,
//! O14).

use std::cmp::Reverse;

use super::tree::Element;
use crate::import::Remark;
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

/// Whether the territory of a market, price or sales right holds France, and how precisely it says so.
pub(super) fn fit(holder: &Element) -> Option<Fit> {
    // 3.0 has a Territory composite; some senders leave it out and put its parts directly.
    let territory = holder.child("Territory").unwrap_or(holder);
    let lists = |name: &str, wanted: &[&str]| {
        territory
            .texts(name)
            .flat_map(str::split_whitespace)
            .any(|code| wanted.contains(&code))
    };
    if lists("CountriesExcluded", &[COUNTRY]) {
        return None;
    }
    if lists("CountriesIncluded", &[COUNTRY]) {
        return Some(Fit::Country);
    }
    if lists("RegionsIncluded", &["WORLD", "ROW", "ECZ"]) {
        return Some(Fit::Region);
    }
    let names_others = territory.child("CountriesIncluded").is_some()
        || territory.child("RegionsIncluded").is_some();
    (!names_others).then_some(Fit::Everywhere)
}

/// Whether the publisher forbids to sell the product in France (list 46: 03 to 06), by the right that names France
/// most precisely. What nobody forbids may be sold.
pub(super) fn is_forbidden(publishing: &Element) -> bool {
    let forbids = |kind: Option<&str>| matches!(kind, Some("03" | "04" | "05" | "06"));
    let here = publishing
        .children("SalesRights")
        .filter_map(|right| Some((fit(right)?, right)))
        .max_by_key(|(fit, _)| *fit);
    match here {
        Some((_, right)) => forbids(right.text("SalesRightsType")),
        None => forbids(publishing.text("ROWSalesRightsType")),
    }
}

/// How well a supplier suits a bookshop in France (O14): the market it is for, its role, whether it has the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Standing {
    market: Fit,
    role: Reverse<u8>,
    availability: Reverse<u8>,
}

/// A supply detail for the French market.
#[derive(Debug, Clone, Copy)]
pub(super) struct Supply<'e> {
    pub(super) detail: &'e Element,
    pub(super) standing: Standing,
}

/// The supply details for the French market, in order.
pub(super) fn supplies(product: &Element) -> impl Iterator<Item = Supply<'_>> {
    let markets = product.children("ProductSupply").filter_map(|supply| {
        let mut markets = supply.children("Market").peekable();
        let market = match markets.peek() {
            None => Fit::Everywhere,
            Some(_) => markets.filter_map(fit).max()?,
        };
        Some((market, supply))
    });
    markets.flat_map(|(market, supply)| {
        supply.children("SupplyDetail").map(move |detail| Supply {
            detail,
            standing: standing(market, detail),
        })
    })
}

fn standing(market: Fit, detail: &Element) -> Standing {
    let role = detail
        .child("Supplier")
        .and_then(|supplier| supplier.text("SupplierRole"));
    Standing {
        market,
        role: Reverse(rank_of_role(role)),
        availability: Reverse(rank(said(detail).unwrap_or(Availability::Unknown))),
    }
}

/// List 93: publishers and their distributors, then those of whom nothing is said, wholesalers and agents, then
/// those who sell to readers and not to shops.
fn rank_of_role(role: Option<&str>) -> u8 {
    match role {
        Some("01" | "02" | "03" | "06" | "13" | "14" | "15") => 0,
        Some("08" | "09" | "10" | "11" | "12") => 2,
        _ => 1,
    }
}

/// What the chosen supplier says, else the one that suits best; the publisher's word that it is gone, or not for
/// France, overrides them all.
pub(super) fn availability(
    product: &Element,
    publishing: &Element,
    chosen: Option<Supply<'_>>,
    remarks: &mut Remarks,
) -> Availability {
    if is_forbidden(publishing) {
        remarks.warn(Remark::NotForSaleHere {});
        return Availability::Unavailable;
    }
    let status = publishing.text("PublishingStatus");
    if matches!(
        status,
        Some("01" | "03" | "06" | "07" | "08" | "11" | "12" | "15" | "17")
    ) {
        return Availability::Unavailable;
    }
    for supply in supplies(product) {
        tell_unknown(supply.detail, remarks);
    }
    let chosen = chosen.and_then(|supply| said(supply.detail));
    let best = || {
        supplies(product)
            .filter_map(|supply| Some((supply.standing, said(supply.detail)?)))
            .max_by_key(|(standing, _)| *standing)
            .map(|(_, said)| said)
    };
    match (chosen.or_else(best), status) {
        (Some(said), _) => said,
        (None, Some("02")) => Availability::Forthcoming,
        (None, Some("16")) => Availability::TemporarilyOut,
        (None, _) => Availability::Unknown,
    }
}

fn said(detail: &Element) -> Option<Availability> {
    let said = Availability::from_onix65(detail.text("ProductAvailability")?)?;
    let days = detail.text("OrderTime").and_then(|days| days.parse().ok());
    Some(match (said, days) {
        (Availability::ToOrder { .. }, Some(days)) => Availability::ToOrder { days },
        (said, _) => said,
    })
}

fn tell_unknown(detail: &Element, remarks: &mut Remarks) {
    let unknown = detail
        .text("ProductAvailability")
        .filter(|code| Availability::from_onix65(code).is_none());
    if let Some(code) = unknown {
        remarks.warn(Remark::AvailabilityOffList {
            sent: code.to_owned(),
        });
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
