//! The database seam: SQLite or PostgreSQL behind one type.
//!
//! Everything that differs between the two is in this crate and nowhere else. A read is one statement with `$1`, `$2`,
//! …; a write is a [`WriteSet`] whose steps say what must not have changed since the reads, so that nothing is ever
//! locked while rules are evaluated. [`StoreError::Conflict`] says: read and evaluate again.
//!
//! - Known time (µs) is given by the commit. On SQLite one writer gives rising times; on PostgreSQL the database's
//!   clock does, after the transaction has taken its number, which is what [`Db::closed_now`] relies on.
//! - SQLite: sets that wait share a commit, each in a savepoint and each about one call of the connection's thread.
//! - PostgreSQL: READ COMMITTED; a small set is two calls, large ones load by COPY.

mod batch;
mod db;
mod error;
mod feed;
mod migrate;
mod plan;
mod postgres;
mod postgres_commit;
mod schema;
mod script;
mod sqlite;
mod sqlite_writer;
mod tables;
mod value;
mod write;

pub use batch::json_texts;
pub use db::{Db, Dialect};
pub use error::StoreError;
pub use feed::{Event, FeedPage, FeedPosition};
pub use migrate::Migration;
pub use postgres::PostgresOptions;
pub use schema::{ColumnInfo, IndexInfo};
pub use tables::audit::{AuditEntry, AuditQuery};
pub use tables::import::{ImportError, ImportJob};
pub use tables::{Identity, MIGRATIONS, Request};
pub use value::{Row, Value};
pub use write::{Committed, NewAudit, NewEvent, NewRequest, Step, WriteSet};
