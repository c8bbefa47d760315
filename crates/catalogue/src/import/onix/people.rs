//! Contributors (list 17), in the order of the title page.

use super::tree::Element;
use crate::import::names;
use crate::limits;
use crate::model::{Contributor, ContributorRole};

/// Reads the contributors of a descriptive detail.
pub(super) fn read(description: &Element) -> Vec<Contributor> {
    let mut sent: Vec<&Element> = description.children("Contributor").collect();
    // Stable: those without a number keep their place behind the numbered ones.
    sent.sort_by_key(|contributor| number(contributor).unwrap_or(u32::MAX));
    let mut contributors: Vec<Contributor> = Vec::new();
    for contributor in sent.into_iter().take(limits::PARTS) {
        let Some((name, inverted)) = name(contributor) else {
            continue;
        };
        for role in roles(contributor) {
            let contributor = Contributor {
                name: name.clone(),
                inverted: inverted.clone(),
                role,
            };
            if !contributors.contains(&contributor) {
                contributors.push(contributor);
            }
        }
    }
    contributors
}

fn number(contributor: &Element) -> Option<u32> {
    contributor.text("SequenceNumber")?.parse().ok()
}

/// Someone may have written and illustrated; what is none of our roles counts only when it is all they did.
fn roles(contributor: &Element) -> Vec<ContributorRole> {
    let sent = contributor
        .texts("ContributorRole")
        .take(limits::PARTS)
        .map(ContributorRole::from_onix17);
    let mut roles: Vec<ContributorRole> = Vec::new();
    for role in sent {
        if role != ContributorRole::Other && !roles.contains(&role) {
            roles.push(role);
        }
    }
    if roles.is_empty() {
        roles.push(ContributorRole::Other);
    }
    roles
}

/// As printed and as shelved. The inverted form is only what was sent, whole or in parts (T4).
fn name(contributor: &Element) -> Option<(String, Option<String>)> {
    if let Some(body) = contributor.line("CorporateName") {
        return Some((body, None));
    }
    let inverted = contributor.line("PersonNameInverted");
    if let Some(name) = contributor.line("PersonName") {
        return Some((name, inverted.or_else(|| inverted_from_parts(contributor))));
    }
    if let Some(key) = contributor.line("KeyNames") {
        let before = [
            contributor.line("NamesBeforeKey"),
            contributor.line("PrefixToKey"),
        ];
        let after = [
            Some(key),
            contributor.line("NamesAfterKey"),
            contributor.line("SuffixToKey"),
        ];
        let inverted = inverted.or_else(|| inverted_from_parts(contributor));
        return Some((joined(before.into_iter().chain(after)), inverted));
    }
    let inverted = inverted?;
    let (name, _) = names::read(&inverted);
    Some((name, Some(inverted)))
}

/// `Gaulle, Charles de`.
fn inverted_from_parts(contributor: &Element) -> Option<String> {
    let key = contributor.line("KeyNames")?;
    let given = [
        contributor.line("NamesBeforeKey"),
        contributor.line("PrefixToKey"),
    ];
    let suffix = contributor.line("SuffixToKey");
    let given = joined(given.into_iter());
    let parts = [
        Some(key),
        Some(given).filter(|given| !given.is_empty()),
        suffix,
    ];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// With a space between, except behind an apostrophe.
fn joined(parts: impl Iterator<Item = Option<String>>) -> String {
    let mut whole = String::new();
    for part in parts.flatten() {
        if !whole.is_empty() && !whole.ends_with(['\'', '’']) {
            whole.push(' ');
        }
        whole.push_str(&part);
    }
    whole
}
