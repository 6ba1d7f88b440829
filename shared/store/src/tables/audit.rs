//! Reads of the audit trail.

use crate::db::Db;
use crate::error::StoreError;
use crate::value::{Row, Value};
use crate::write::NewAudit;

/// An entry of the audit trail as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Transaction that wrote it and number within it: its key, and the order of the trail.
    pub position: (i64, i64),
    /// Known time, µs.
    pub recorded_at: i64,
    /// What it says.
    pub entry: NewAudit,
}

/// Which entries to list, the newest first.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Only of this caller.
    pub subject: Option<String>,
    /// Only about this resource.
    pub resource: Option<String>,
    /// Only of divisions in one of these half-open ranges; entries without a division are then left out.
    pub ranges: Option<Vec<(String, String)>>,
    /// Only recorded at or after this moment, µs.
    pub from: Option<i64>,
    /// Only recorded before this moment, µs.
    pub to: Option<i64>,
    /// Only before this position, which is the last one of the page before.
    pub before: Option<(i64, i64)>,
    /// At most so many.
    pub limit: u32,
}

const COLUMNS: &str = "xid, ordinal, recorded_at, subject, on_behalf_of, role, method, action, resource, area, outcome, \
                       reason, fields, digest, count, purpose, legal_basis, source";

impl Db {
    /// Entries of the audit trail, the newest first.
    pub async fn audit_entries(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>, StoreError> {
        let mut args = Vec::new();
        let mut conditions = Vec::new();
        let mut number = |value: Value| {
            args.push(value);
            args.len()
        };
        for (column, text) in [("subject", &query.subject), ("resource", &query.resource)] {
            if let Some(text) = text {
                conditions.push(format!("{column} = ${}", number(Value::from(text.as_str()))));
            }
        }
        for (comparison, moment) in [(">=", query.from), ("<", query.to)] {
            if let Some(moment) = moment {
                conditions.push(format!("recorded_at {comparison} ${}", number(Value::Integer(moment))));
            }
        }
        if let Some((transaction, ordinal)) = query.before {
            let (first, second) = (number(Value::Integer(transaction)), number(Value::Integer(ordinal)));
            conditions.push(format!("(xid, ordinal) < (${first}, ${second})"));
        }
        if let Some(ranges) = &query.ranges {
            let within = |(from, to): &(String, String)| {
                let (from, to) = (number(Value::from(from.as_str())), number(Value::from(to.as_str())));
                format!("area >= ${from} AND area < ${to}")
            };
            let any = ranges.iter().map(within).collect::<Vec<_>>().join(" OR ");
            conditions.push(if any.is_empty() { "1 = 0".to_owned() } else { format!("({any})") });
        }
        let conditions = if conditions.is_empty() { "1 = 1".to_owned() } else { conditions.join(" AND ") };
        let limit = number(Value::Integer(i64::from(query.limit)));
        let sql = format!(
            "SELECT {COLUMNS} FROM audit WHERE {conditions} ORDER BY xid DESC, ordinal DESC LIMIT ${limit}"
        );
        Ok(self.all(&sql, &args).await?.into_iter().map(entry).collect())
    }
}

fn entry(mut row: Row) -> AuditEntry {
    let position = (row.integer(0), row.integer(1));
    let (recorded_at, count) = (row.integer(2), row.integer(14));
    let mut text = |column| row.take_text(column);
    let entry = NewAudit {
        subject: text(3).unwrap_or_default(),
        on_behalf_of: text(4),
        role: text(5).unwrap_or_default(),
        method: text(6).unwrap_or_default(),
        action: text(7).unwrap_or_default(),
        resource: text(8),
        area: text(9),
        outcome: text(10).unwrap_or_default(),
        reason: text(11),
        fields: text(12),
        digest: text(13),
        count,
        purpose: text(15),
        legal_basis: text(16),
        source: text(17),
    };
    AuditEntry { position, recorded_at, entry }
}
