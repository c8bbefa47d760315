//! Certificates as a bookseller sells, sees and blocks them.

use jiff::{ToSpan, civil::Date};
use storage::{Fault, Row, Tx};
use trade::{clock::Timestamp, limits, money::Money};

use super::CertificateCode;
use crate::{
    columns,
    form::{self, Flaw, Flaws},
    ledger::{self, Account, TransferState},
    staff::audit,
};

storage::statements! {
    ISSUE = "INSERT INTO certificates (code_hash, code_end, worth_cents, balance_cents, expires_on, staff, note, issued_us)
        VALUES ($1, $2, $3, $3, $4, $5, $6, $7) RETURNING id";
    ISSUED = "INSERT INTO certificate_moves (certificate, order_id, kind, change_cents, at_us)
        VALUES ($1, NULL, 'issue', $2, $3)";
    ALL = "SELECT id, code_end, worth_cents, balance_cents, blocked, expires_on, staff, note, issued_us
        FROM certificates ORDER BY id DESC LIMIT $1";
    BLOCK = "UPDATE certificates SET blocked = $2 WHERE id = $1 AND blocked <> $2 RETURNING code_end";
}

/// A certificate, without its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its number.
    pub id: i64,
    /// The last four symbols of its code.
    pub end: String,
    /// What it was sold for.
    pub worth: Money,
    /// What is left of it.
    pub balance: Money,
    /// Whether a bookseller stopped it.
    pub blocked: bool,
    /// The last day on which it can be spent.
    pub expires: Date,
    /// The login of who sold it.
    pub staff: String,
    /// What she wrote.
    pub note: Option<String>,
    /// When it was sold.
    pub issued: Timestamp,
}

/// A certificate to be sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueDraft {
    worth: Money,
    months: i32,
    note: Option<String>,
}

impl IssueDraft {
    /// Reads what a bookseller typed: euros, months of validity, a note.
    ///
    /// # Errors
    /// The fields that are wrong.
    pub fn check(worth: &str, months: &str, note: &str) -> Result<Self, Flaws> {
        let mut flaws = Flaws::new();
        let cents = euros(worth)
            .filter(|worth| (limits::CERTIFICATE_LEAST..=limits::CERTIFICATE_MOST).contains(worth));
        let months = months.trim().parse::<i32>().ok();
        let months = months.filter(|months| (1..=limits::CERTIFICATE_MONTHS).contains(months));
        let note = match note.trim() {
            "" => None,
            note => match form::line(note, limits::NOTE_CHARS) {
                Ok(note) => Some(note),
                Err(flaw) => {
                    flaws.push(("note", flaw));
                    None
                }
            },
        };
        if cents.is_none() {
            flaws.push(("worth", Flaw::OutOfRange));
        }
        if months.is_none() {
            flaws.push(("months", Flaw::OutOfRange));
        }
        match (cents, months) {
            (Some(worth), Some(months)) if flaws.is_empty() => Ok(Self {
                worth,
                months,
                note,
            }),
            _ => Err(flaws),
        }
    }
}

/// Euros as they are typed: `25`, `25,50`, `25.5`.
fn euros(typed: &str) -> Option<Money> {
    let typed = typed.trim().trim_end_matches('€').trim_end();
    let (whole, part) = typed.split_once([',', '.']).unwrap_or((typed, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 2 || whole.len() > 6 {
        return None;
    }
    let part = format!("{part:0<2}");
    let cents = whole.parse::<i64>().ok()? * 100 + part.parse::<i64>().ok()?;
    Some(Money::cents(cents))
}

/// Sells a certificate over the counter. The code is the only copy: it is shown now or never.
///
/// # Errors
/// A [`Fault`].
pub fn issue(
    tx: &mut dyn Tx,
    draft: &IssueDraft,
    staff: &str,
    now: Timestamp,
) -> Result<(CertificateCode, Date), Fault> {
    let code = CertificateCode::draw()?;
    let expires = now
        .date_in_paris()
        .checked_add(draft.months.months())
        .map_err(|_| Fault::defect("the calendar ends"))?;
    let params = [
        code.hash().into(),
        code.end().into(),
        draft.worth.as_cents().into(),
        expires.to_string().into(),
        staff.into(),
        draft.note.as_deref().into(),
        now.as_micros().into(),
    ];
    let id = tx.query_one(&ISSUE, &params)?.int(0)?;
    let moved = [
        id.into(),
        draft.worth.as_cents().into(),
        now.as_micros().into(),
    ];
    tx.execute(&ISSUED, &moved)?;
    let entries = ledger::moved(Account::Certificates, Account::Till, draft.worth);
    let transfer = format!("certificate-sold:{id}");
    ledger::post(tx, &transfer, None, TransferState::Posted, &entries, now)?;
    audit::record(
        tx,
        staff,
        "certificate.issue",
        &format!("…{}", code.end()),
        Some(&draft.worth.to_string()),
        now,
    )?;
    Ok((code, expires))
}

/// The certificates, latest first, a bounded number.
///
/// # Errors
/// A [`Fault`].
pub fn all(tx: &mut dyn Tx) -> Result<Vec<Certificate>, Fault> {
    let rows = tx.query(&ALL, &[limits::CERTIFICATES_SHOWN.into()])?;
    rows.iter().map(of_row).collect()
}

fn of_row(row: &Row) -> Result<Certificate, Fault> {
    Ok(Certificate {
        id: row.int(0)?,
        end: row.text(1)?.to_owned(),
        worth: Money::cents(row.int(2)?),
        balance: Money::cents(row.int(3)?),
        blocked: row.flag(4)?,
        expires: columns::parsed(row.text(5)?)?,
        staff: row.text(6)?.to_owned(),
        note: row.opt_text(7)?.map(str::to_owned),
        issued: Timestamp::micros(row.int(8)?),
    })
}

/// Stops a certificate that was lost or stolen, or lets it be spent again; false when it stood so already.
///
/// # Errors
/// A [`Fault`].
pub fn block(
    tx: &mut dyn Tx,
    id: i64,
    blocked: bool,
    staff: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    let Some(row) = tx.query_opt(&BLOCK, &[id.into(), blocked.into()])? else {
        return Ok(false);
    };
    let action = match blocked {
        true => "certificate.block",
        false => "certificate.unblock",
    };
    audit::record(tx, staff, action, &format!("…{}", row.text(0)?), None, now)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use trade::money::Money;

    use super::{IssueDraft, euros};

    #[test]
    fn euros_are_read_as_people_type_them() {
        for (typed, cents) in [
            ("25", 2500),
            ("25,5", 2550),
            (" 25.05 € ", 2505),
            ("0,01", 1),
        ] {
            assert_eq!(euros(typed), Some(Money::cents(cents)), "{typed}");
        }
        for typed in ["", "-5", "1e3", "25,", ",5", "25,555", "12345678", "vingt"] {
            assert_eq!(euros(typed), None, "{typed}");
        }
    }

    #[test]
    fn every_wrong_field_is_named() {
        let wrong = IssueDraft::check("0", "0", &"x".repeat(5000));
        let named: Vec<_> = wrong
            .err()
            .into_iter()
            .flatten()
            .map(|(field, _)| field)
            .collect();
        assert_eq!(named, ["note", "worth", "months"]);
        assert!(IssueDraft::check("25", "12", "").is_ok());
    }
}
