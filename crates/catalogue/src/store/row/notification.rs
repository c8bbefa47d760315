//! Rows of `notifications`: what senders said, message by message.

use std::sync::Arc;

use storage::{Fault, Row, Tx, Value};
use trade::clock::Timestamp;

use super::{Write, list, read_document};
use crate::store::incoming::Message;
use crate::store::notification::{Content, Kind, Notification};
use crate::store::undo::ImportId;

storage::statements! {
    MESSAGES =
        sqlite "SELECT id, record_id, import_id, sent_us, number, kind, hash, undone, NULL
            FROM notifications WHERE record_id IN (SELECT value FROM json_each($1))",
        postgres "SELECT id, record_id, import_id, sent_us, number, kind, hash, undone, NULL::text
            FROM notifications
            WHERE record_id = ANY (ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint))";
    NOTIFICATIONS =
        sqlite "SELECT id, record_id, import_id, sent_us, number, kind, hash, undone, document
            FROM notifications WHERE record_id IN (SELECT value FROM json_each($1))",
        postgres "SELECT id, record_id, import_id, sent_us, number, kind, hash, undone, document
            FROM notifications
            WHERE record_id = ANY (ARRAY(SELECT jsonb_array_elements_text(($1::text)::jsonb)::bigint))";
    PUT_NOTIFICATION =
        sqlite "INSERT INTO notifications (id, record_id, import_id, sent_us, number, kind, hash, document)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    PUT_NOTIFICATIONS =
        postgres "INSERT INTO notifications (id, record_id, import_id, sent_us, number, kind, hash, document)
            SELECT (r->>0)::bigint, (r->>1)::bigint, (r->>2)::bigint, (r->>3)::bigint, (r->>4)::bigint, r->>5,
                decode(r->>6, 'hex'), r->>7
            FROM jsonb_array_elements(($1::text)::jsonb) AS rows (r)";
    FORGET_NOTIFICATION =
        sqlite "DELETE FROM notifications WHERE id = $1";
    FORGET_NOTIFICATIONS =
        postgres "DELETE FROM notifications
            WHERE id = ANY (ARRAY(SELECT (r->>0)::bigint FROM jsonb_array_elements(($1::text)::jsonb) AS rows (r)))";
}

pub(in crate::store) static NOTIFICATION: Write = Write {
    one: &PUT_NOTIFICATION,
    many: &PUT_NOTIFICATIONS,
};
pub(in crate::store) static FORGOTTEN: Write = Write {
    one: &FORGET_NOTIFICATION,
    many: &FORGET_NOTIFICATIONS,
};

/// Which records' messages are known, without what they say.
pub(in crate::store) fn messages(
    tx: &mut dyn Tx,
    records: &[i64],
) -> Result<Vec<(i64, Notification)>, Fault> {
    let rows = tx.query(&MESSAGES, &[list(records.iter().copied())])?;
    rows.iter().map(notification_of_row).collect()
}

/// All notifications of the records, with what they say.
pub(in crate::store) fn notifications(
    tx: &mut dyn Tx,
    records: &[i64],
) -> Result<Vec<(i64, Notification)>, Fault> {
    let rows = tx.query(&NOTIFICATIONS, &[list(records.iter().copied())])?;
    let mut read: Vec<(i64, Notification)> = rows
        .iter()
        .map(notification_of_row)
        .collect::<Result<_, _>>()?;
    let said: Vec<(i64, Vec<u8>, Arc<Content>)> = read
        .iter()
        .filter_map(|(record, known)| {
            Some((
                *record,
                known.hash.clone(),
                Arc::clone(known.content.as_ref()?),
            ))
        })
        .collect();
    for (record, known) in &mut read {
        if known.content.is_none() && known.kind != Kind::Withdrawal {
            known.again = true;
            known.content = said
                .iter()
                .find(|(other, hash, _)| other == record && *hash == known.hash)
                .map(|(.., content)| Arc::clone(content));
        }
    }
    Ok(read)
}

fn notification_of_row(row: &Row) -> Result<(i64, Notification), Fault> {
    let kind = row.text(5)?;
    let kind = Kind::parse(kind)
        .ok_or_else(|| Fault::Corrupt(format!("a notification of kind {kind:?}").into()))?;
    let content = match row.opt_text(8)? {
        Some(document) => Some(Arc::new(Content {
            edition: read_document(document)?,
            document: document.to_owned(),
        })),
        None => None,
    };
    let notification = Notification {
        id: row.int(0)?,
        import: ImportId(row.int(2)?),
        message: message_of_row(row, 3, 4)?,
        kind,
        hash: row.bytes(6)?.to_vec(),
        undone: row.flag(7)?,
        again: false,
        content,
    };
    Ok((row.int(1)?, notification))
}

fn message_of_row(row: &Row, sent: usize, number: usize) -> Result<Option<Message>, Fault> {
    let number = row
        .opt_int(number)?
        .and_then(|number| u64::try_from(number).ok());
    Ok(row.opt_int(sent)?.map(|sent| Message {
        sent: Timestamp::micros(sent),
        number,
    }))
}

/// The columns of a new notification.
pub(in crate::store) fn notification_columns(
    record: i64,
    notification: &Notification,
) -> Vec<Value> {
    let message = notification.message;
    let number = message
        .and_then(|message| message.number)
        .and_then(|number| i64::try_from(number).ok());
    let document = notification
        .content
        .as_ref()
        .filter(|_| !notification.again);
    vec![
        notification.id.into(),
        record.into(),
        notification.import.0.into(),
        message.map(|message| message.sent.as_micros()).into(),
        number.into(),
        notification.kind.code().into(),
        notification.hash.as_slice().into(),
        document.map(|content| content.document.as_str()).into(),
    ]
}
