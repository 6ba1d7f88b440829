//! Import jobs and the errors of their rows.

use std::sync::{Arc, LazyLock};

use crate::db::Db;
use crate::error::StoreError;
use crate::value::{Row, Value};
use crate::write::Step;

/// An import as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportJob {
    /// Identifier.
    pub id: String,
    /// Table or workbook that is imported.
    pub table_id: String,
    /// Digest of the header, which a resumed job must repeat.
    pub digest: String,
    /// Who imports.
    pub subject: String,
    /// Number of the mode in the contract.
    pub mode: i64,
    /// Day of the form, ISO.
    pub form_date: Option<String>,
    /// Division that bounds the rows.
    pub area: String,
    /// A dry run.
    pub validate_only: bool,
    /// Number of the state in the contract.
    pub state: i64,
    /// Rows received.
    pub rows: i64,
    /// Rows accepted.
    pub accepted: i64,
    /// Accepted rows that changed nothing.
    pub unchanged: i64,
    /// Accepted rows that changed a known record.
    pub changed: i64,
    /// Rows refused.
    pub rejected: i64,
    /// Everything up to this row is committed.
    pub committed_through_row: i64,
    /// Begin, µs.
    pub started_at: i64,
    /// Last commit, µs.
    pub updated_at: i64,
}

/// An error of a cell or row. What may be personal is sealed by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportError {
    /// Number of the row in the file.
    pub row: i64,
    /// Number of the error within the row, from 0.
    pub ordinal: i64,
    /// Title of the column.
    pub column_title: Option<String>,
    /// Path of the field.
    pub field: Option<String>,
    /// Reason.
    pub reason: String,
    /// Arguments of the message, sealed.
    pub arguments: Option<String>,
    /// Content of the cell, sealed.
    pub cell: Option<String>,
    /// When it is to be forgotten, µs.
    pub expires_at: i64,
}

const COLUMNS: &str = "id, table_id, digest, subject, mode, form_date, area, validate_only, state, \"rows\", accepted, \
                       unchanged, changed, rejected, committed_through_row, started_at, updated_at";

static ERROR_COLUMNS: LazyLock<Arc<[String]>> = LazyLock::new(|| {
    "job,row,ordinal,column_title,field,reason,arguments,cell,expires_at"
        .split(',')
        .map(str::to_owned)
        .collect()
});

impl ImportJob {
    /// The step that begins the job; `started_at` and `updated_at` become the commit's known time.
    #[must_use]
    pub fn begin(&self) -> Step {
        let columns = COLUMNS.replace('"', "").split(", ").map(str::to_owned).collect();
        let row = vec![
            Value::from(self.id.as_str()),
            Value::from(self.table_id.as_str()),
            Value::from(self.digest.as_str()),
            Value::from(self.subject.as_str()),
            Value::Integer(self.mode),
            Value::optional_text(self.form_date.as_deref()),
            Value::from(self.area.as_str()),
            Value::Integer(i64::from(self.validate_only)),
            Value::Integer(self.state),
            Value::Integer(self.rows),
            Value::Integer(self.accepted),
            Value::Integer(self.unchanged),
            Value::Integer(self.changed),
            Value::Integer(self.rejected),
            Value::Integer(self.committed_through_row),
            Value::KnownNow,
            Value::KnownNow,
        ];
        Step::Insert { table: "import_job", columns, rows: vec![row] }
    }

    /// The step that writes the state and all counts. Another commit since `was_through_row` was read is a conflict,
    /// so that a batch that is sent twice is written once.
    #[must_use]
    pub fn advance(&self, was_through_row: i64) -> Step {
        let sql = "UPDATE import_job SET state = $1, \"rows\" = $2, accepted = $3, unchanged = $4, changed = $5, \
                   rejected = $6, committed_through_row = $7, updated_at = $8 WHERE id = $9 AND committed_through_row = $10";
        let args = vec![
            Value::Integer(self.state),
            Value::Integer(self.rows),
            Value::Integer(self.accepted),
            Value::Integer(self.unchanged),
            Value::Integer(self.changed),
            Value::Integer(self.rejected),
            Value::Integer(self.committed_through_row),
            Value::KnownNow,
            Value::from(self.id.as_str()),
            Value::Integer(was_through_row),
        ];
        Step::Execute { sql: sql.to_owned(), args, expect: Some(1) }
    }
}

impl ImportError {
    /// The step that keeps errors of a job.
    #[must_use]
    pub fn keep(job: &str, errors: Vec<Self>) -> Step {
        let row = |error: Self| {
            vec![
                Value::from(job),
                Value::Integer(error.row),
                Value::Integer(error.ordinal),
                Value::optional_text(error.column_title),
                Value::optional_text(error.field),
                Value::Text(error.reason),
                Value::optional_text(error.arguments),
                Value::optional_text(error.cell),
                Value::Integer(error.expires_at),
            ]
        };
        let rows = errors.into_iter().map(row).collect();
        Step::Insert { table: "import_error", columns: Arc::clone(&ERROR_COLUMNS), rows }
    }

    /// The step that forgets errors that expired before a moment, µs.
    #[must_use]
    pub fn forget(before: i64) -> Step {
        let sql = "DELETE FROM import_error WHERE expires_at < $1".to_owned();
        Step::Execute { sql, args: vec![Value::Integer(before)], expect: None }
    }
}

impl Db {
    /// An import job.
    pub async fn import_job(&self, id: &str) -> Result<Option<ImportJob>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM import_job WHERE id = $1");
        Ok(self.all(&sql, &[Value::from(id)]).await?.first().map(job))
    }

    /// Import jobs of a subject, or of all, with an id below `before`, the greatest first. Ids are UUIDv7, so the
    /// newest come first.
    pub async fn import_jobs(
        &self,
        subject: Option<&str>,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<ImportJob>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM import_job WHERE ($1 = '' OR subject = $2) AND ($3 = '' OR id < $4) \
             ORDER BY id DESC LIMIT $5"
        );
        let (subject, before) = (Value::from(subject.unwrap_or("")), Value::from(before.unwrap_or("")));
        let args = [subject.clone(), subject, before.clone(), before, Value::Integer(i64::from(limit))];
        Ok(self.all(&sql, &args).await?.iter().map(job).collect())
    }

    /// The jobs whose id begins with a prefix, in the order of their ids.
    pub async fn import_jobs_of(&self, prefix: &str) -> Result<Vec<ImportJob>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM import_job WHERE id >= $1 AND id < $2 ORDER BY id");
        let args = [Value::from(prefix), Value::Text(format!("{prefix}\u{10ffff}"))];
        Ok(self.all(&sql, &args).await?.iter().map(job).collect())
    }

    /// Errors of a job after a `(row, ordinal)`, in the order of the file.
    pub async fn import_errors(
        &self,
        job: &str,
        after: Option<(i64, i64)>,
        limit: u32,
    ) -> Result<Vec<ImportError>, StoreError> {
        let sql = "SELECT \"row\", ordinal, column_title, field, reason, arguments, cell, expires_at FROM import_error \
                   WHERE job = $1 AND (\"row\", ordinal) > ($2, $3) ORDER BY \"row\", ordinal LIMIT $4";
        let (row, ordinal) = after.unwrap_or((i64::MIN, 0));
        let args = [
            Value::from(job),
            Value::Integer(row),
            Value::Integer(ordinal),
            Value::Integer(i64::from(limit)),
        ];
        Ok(self.all(sql, &args).await?.into_iter().map(error).collect())
    }
}

fn job(row: &Row) -> ImportJob {
    let text = |column| row.text(column).to_owned();
    ImportJob {
        id: text(0),
        table_id: text(1),
        digest: text(2),
        subject: text(3),
        mode: row.integer(4),
        form_date: row.optional_text(5).map(str::to_owned),
        area: text(6),
        validate_only: row.integer(7) == 1,
        state: row.integer(8),
        rows: row.integer(9),
        accepted: row.integer(10),
        unchanged: row.integer(11),
        changed: row.integer(12),
        rejected: row.integer(13),
        committed_through_row: row.integer(14),
        started_at: row.integer(15),
        updated_at: row.integer(16),
    }
}

fn error(mut row: Row) -> ImportError {
    ImportError {
        row: row.integer(0),
        ordinal: row.integer(1),
        column_title: row.take_text(2),
        field: row.take_text(3),
        reason: row.take_text(4).unwrap_or_default(),
        arguments: row.take_text(5),
        cell: row.take_text(6),
        expires_at: row.integer(7),
    }
}
