//! The paper of a ceremony, in both languages: what was done, by what it is recognised, and a line to sign for each
//! custodian. It holds no secret and may be kept with other papers.

use super::{CUSTODIANS, Ceremony};

/// The text of the paper.
pub(super) fn transcript(ceremony: &Ceremony, check: &str) -> String {
    let mut lines = vec![
        "CÉRÉMONIE DE LA CLÉ DU COFFRE · CEREMONY OF THE VAULT'S KEY".to_owned(),
        String::new(),
        format!("Cérémonie · Ceremony          {}", ceremony.id),
        format!("Tenue le · Held               {}", ceremony.held_at),
        format!(
            "Quorum                        {} / {CUSTODIANS}",
            ceremony.quorum
        ),
        format!("Valeur de contrôle · Check    {}", in_groups(check)),
        String::new(),
        "DÉPOSITAIRES · CUSTODIANS".to_owned(),
    ];
    for custodian in &ceremony.custodians {
        lines.push(String::new());
        lines.push(format!("{}. {}", custodian.index, custodian.name));
        lines.push(format!(
            "   clé · key             {}",
            custodian.key.fingerprint()
        ));
        lines.push("   part scellée, SHA-256 · sealed share, SHA-256".to_owned());
        lines.push(format!("   {}", custodian.sealed_hash));
    }
    lines.extend([
        String::new(),
        "Je garde ma clé et ma part à l'écart l'une de l'autre, je ne les confie à personne, et je dis aussitôt si l'une".to_owned(),
        "d'elles est perdue ou a pu être lue.".to_owned(),
        "I keep my key and my share apart, give them to nobody, and say at once if either is lost or may have been read.".to_owned(),
    ]);
    for custodian in &ceremony.custodians {
        lines.push(String::new());
        lines.push(format!(
            "{:<40} ______________________________",
            custodian.name
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn in_groups(digits: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    let groups: Vec<String> = digits
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    groups.join(" ")
}
