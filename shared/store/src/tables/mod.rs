//! Tables that every service has, and reads of them.

pub(crate) mod audit;
pub(crate) mod import;

use crate::db::Db;
use crate::error::StoreError;
use crate::feed::FeedPosition;
use crate::migrate::Migration;
use crate::value::Value;
use crate::write::Step;

/// The first migrations of every service.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "common/outbox",
        sql: "CREATE TABLE outbox (
            xid BIGINT NOT NULL,
            ordinal BIGINT NOT NULL,
            recorded_at BIGINT NOT NULL,
            collection TEXT NOT NULL,
            id TEXT NOT NULL,
            version BIGINT NOT NULL,
            kind TEXT NOT NULL,
            area TEXT NOT NULL,
            scope_area TEXT NOT NULL,
            detail TEXT,
            PRIMARY KEY (xid, ordinal)
        )",
    },
    Migration {
        name: "common/audit",
        sql: "CREATE TABLE audit (
            xid BIGINT NOT NULL,
            ordinal BIGINT NOT NULL,
            recorded_at BIGINT NOT NULL,
            subject TEXT NOT NULL,
            on_behalf_of TEXT,
            role TEXT NOT NULL,
            method TEXT NOT NULL,
            action TEXT NOT NULL,
            resource TEXT,
            area TEXT,
            outcome TEXT NOT NULL,
            reason TEXT,
            fields TEXT,
            digest TEXT,
            count BIGINT NOT NULL,
            purpose TEXT,
            legal_basis TEXT,
            source TEXT,
            PRIMARY KEY (xid, ordinal)
        )",
    },
    Migration {
        name: "common/audit_subject",
        sql: "CREATE INDEX audit_subject ON audit (subject, xid, ordinal)",
    },
    Migration {
        name: "common/audit_resource",
        sql: "CREATE INDEX audit_resource ON audit (resource, xid, ordinal)",
    },
    Migration {
        name: "common/request",
        sql: "CREATE TABLE request (
            subject TEXT NOT NULL,
            request_id TEXT NOT NULL,
            digest TEXT NOT NULL,
            status BIGINT NOT NULL,
            resources TEXT NOT NULL,
            recorded_at BIGINT NOT NULL,
            PRIMARY KEY (subject, request_id)
        )",
    },
    Migration {
        name: "common/identity",
        sql: "CREATE TABLE identity (
            collection TEXT NOT NULL,
            key_kind TEXT NOT NULL,
            key_value TEXT NOT NULL,
            id TEXT NOT NULL,
            area TEXT NOT NULL,
            PRIMARY KEY (collection, key_kind, key_value)
        )",
    },
    Migration { name: "common/identity_id", sql: "CREATE INDEX identity_id ON identity (collection, id)" },
    Migration {
        name: "common/guard",
        sql: "CREATE TABLE guard (subject TEXT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)",
    },
    Migration {
        name: "common/import_job",
        sql: "CREATE TABLE import_job (
            id TEXT NOT NULL PRIMARY KEY,
            table_id TEXT NOT NULL,
            digest TEXT NOT NULL,
            subject TEXT NOT NULL,
            mode BIGINT NOT NULL,
            form_date TEXT,
            area TEXT NOT NULL,
            validate_only BIGINT NOT NULL,
            state BIGINT NOT NULL,
            \"rows\" BIGINT NOT NULL,
            accepted BIGINT NOT NULL,
            unchanged BIGINT NOT NULL,
            changed BIGINT NOT NULL,
            rejected BIGINT NOT NULL,
            committed_through_row BIGINT NOT NULL,
            started_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL
        )",
    },
    Migration {
        name: "common/import_error",
        sql: "CREATE TABLE import_error (
            job TEXT NOT NULL,
            \"row\" BIGINT NOT NULL,
            ordinal BIGINT NOT NULL,
            column_title TEXT,
            field TEXT,
            reason TEXT NOT NULL,
            arguments TEXT,
            cell TEXT,
            expires_at BIGINT NOT NULL,
            PRIMARY KEY (job, \"row\", ordinal)
        )",
    },
    Migration {
        name: "common/import_error_expires_at",
        sql: "CREATE INDEX import_error_expires_at ON import_error (expires_at)",
    },
    Migration {
        name: "common/feed_cursor",
        sql: "CREATE TABLE feed_cursor (
            follower TEXT NOT NULL PRIMARY KEY,
            xid BIGINT NOT NULL,
            ordinal BIGINT NOT NULL
        )",
    },
];

/// An answered request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Keyed digest of the request.
    pub digest: String,
    /// Status of the answer.
    pub status: i64,
    /// JSON list of `[collection, id, version]`.
    pub resources: String,
    /// Known time of the write, µs.
    pub recorded_at: i64,
}

/// Whom an identifying value belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Collection of the resource.
    pub collection: String,
    /// Kind of key.
    pub key_kind: String,
    /// The value, or its blind index.
    pub key_value: String,
    /// Identifier of the resource.
    pub id: String,
    /// Its division.
    pub area: String,
}

impl Db {
    /// The answer to a request of a subject, if it was answered.
    pub async fn request(&self, subject: &str, request_id: &str) -> Result<Option<Request>, StoreError> {
        let sql = "SELECT digest, status, resources, recorded_at FROM request WHERE subject = $1 AND request_id = $2";
        let rows = self.all(sql, &[Value::from(subject), Value::from(request_id)]).await?;
        Ok(rows.into_iter().next().map(|mut row| Request {
            digest: row.take_text(0).unwrap_or_default(),
            status: row.integer(1),
            resources: row.take_text(2).unwrap_or_default(),
            recorded_at: row.integer(3),
        }))
    }

    /// The identities among these `(collection, kind, value)` that are known, in no order.
    pub async fn identities(&self, keys: &[(&str, &str, &str)]) -> Result<Vec<Identity>, StoreError> {
        let keys: Vec<[&str; 3]> =
            keys.iter().map(|(collection, kind, value)| [*collection, *kind, *value]).collect();
        let list = "t.collection, t.key_kind, t.key_value, t.id, t.area";
        let columns = ["collection", "key_kind", "key_value"];
        let rows = self.select_tuples(list, "identity", columns, &keys, "").await?;
        let identity = |row: crate::Row| Identity {
            collection: row.text(0).to_owned(),
            key_kind: row.text(1).to_owned(),
            key_value: row.text(2).to_owned(),
            id: row.text(3).to_owned(),
            area: row.text(4).to_owned(),
        };
        Ok(rows.into_iter().map(identity).collect())
    }

    /// Versions of these guard subjects, in their order; 0 where a subject has none yet.
    pub async fn guards(&self, subjects: &[String]) -> Result<Vec<i64>, StoreError> {
        let rows =
            self.select_in("SELECT subject, version FROM guard WHERE", "subject", subjects, "").await?;
        let versions: std::collections::HashMap<&str, i64> =
            rows.iter().map(|row| (row.text(0), row.integer(1))).collect();
        Ok(subjects.iter().map(|subject| versions.get(subject.as_str()).copied().unwrap_or(0)).collect())
    }

    /// How far a follower of another service's feed has come.
    pub async fn feed_cursor(&self, follower: &str) -> Result<Option<FeedPosition>, StoreError> {
        let sql = "SELECT xid, ordinal FROM feed_cursor WHERE follower = $1";
        let rows = self.all(sql, &[Value::from(follower)]).await?;
        let position =
            |row: &crate::Row| FeedPosition { transaction: row.integer(0), ordinal: row.integer(1) };
        Ok(rows.first().map(position))
    }
}

impl Step {
    /// Keeps how far a follower has come, in the same commit as what it wrote.
    #[must_use]
    pub fn feed_cursor(follower: &str, position: FeedPosition) -> Self {
        Self::Execute {
            sql: "INSERT INTO feed_cursor (follower, xid, ordinal) VALUES ($1, $2, $3) \
                  ON CONFLICT (follower) DO UPDATE SET xid = excluded.xid, ordinal = excluded.ordinal"
                .to_owned(),
            args: vec![
                Value::from(follower),
                Value::Integer(position.transaction),
                Value::Integer(position.ordinal),
            ],
            expect: Some(1),
        }
    }
}
