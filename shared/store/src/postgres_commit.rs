//! A commit on PostgreSQL: its statements in one call, then COMMIT. Many values are loaded by COPY in between.
//!
//! The first statement takes the transaction's number and then its known time. [`crate::Db::closed_now`] needs that
//! order. It leaves the time in a setting of the transaction, so that the statements after it need no second call.

use futures::TryStreamExt;
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Either, Executor, Postgres as Driver};

use crate::Dialect;
use crate::error::StoreError;
use crate::feed::FeedPosition;
use crate::plan::{self, Call};
use crate::postgres::{CLOCK, Postgres, decode};
use crate::script::{Check, Done, Script, Stamp};
use crate::value::Row;
use crate::write::{Committed, WriteSet};

/// A connection within a transaction. It is not given back to the pool before the transaction has ended.
struct Transaction {
    connection: PoolConnection<Driver>,
    ended: bool,
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.ended {
            self.connection.close_on_drop();
        }
    }
}

impl Postgres {
    /// Runs as a task of its own, so that a caller that goes away leaves no transaction open.
    pub(crate) async fn commit(&self, set: WriteSet) -> Result<Committed, StoreError> {
        let begin = self.begin();
        let pool = self.pool.clone();
        let task = tokio::spawn(async move { commit(pool.acquire().await?, begin, set).await });
        let committed = task.await.map_err(StoreError::other)??;
        self.commits.send_replace(());
        Ok(committed)
    }

    /// The statements that begin a transaction; the last one returns its number and known time.
    fn begin(&self) -> Vec<String> {
        let mut statements = vec!["BEGIN ISOLATION LEVEL READ COMMITTED".to_owned()];
        statements.extend(self.search_path());
        statements.push(format!(
            "WITH taken AS MATERIALIZED (SELECT pg_current_xact_id()::text::bigint AS number) \
             SELECT number, set_config('xiuhua.known_at', {CLOCK}::text, true)::bigint FROM taken"
        ));
        statements
    }
}

async fn commit(
    connection: PoolConnection<Driver>,
    begin: Vec<String>,
    set: WriteSet,
) -> Result<Committed, StoreError> {
    let mut transaction = Transaction { connection, ended: false };
    let result = transaction.run(&begin, set).await;
    let end = if result.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = transaction.connection.execute(end).await;
    transaction.ended = ended.is_ok();
    let committed = result?;
    ended?;
    Ok(committed)
}

impl Transaction {
    async fn run(&mut self, begin: &[String], set: WriteSet) -> Result<Committed, StoreError> {
        let last = set.events.len() as i64 - 1;
        let mut begin: Vec<&str> = begin.iter().map(String::as_str).collect();
        let mut stamp = Stamp::Session;
        let mut taken = None;
        if plan::is_large(&set) {
            // COPY takes values only.
            let mut script = Script::new(Dialect::Postgres, stamp);
            for statement in begin.drain(..) {
                script.sql(statement).end(Check::Nothing);
            }
            let row = self.script(script).await?;
            stamp = Stamp::Known { transaction: row.integer(0), known_at: row.integer(1) };
            taken = Some(row);
        }
        for call in plan::calls(set, Dialect::Postgres, stamp, &begin)? {
            match call {
                Call::Run(script) => {
                    let row = self.script(script).await?;
                    taken.get_or_insert(row);
                }
                Call::Copy { statement, data } => {
                    let mut copy = self.connection.copy_in_raw(&statement).await?;
                    copy.send(data.as_bytes()).await?;
                    copy.finish().await?;
                }
            }
        }
        let taken = taken.ok_or_else(|| StoreError::other("the transaction did not begin"))?;
        let position = FeedPosition { transaction: taken.integer(0), ordinal: last };
        Ok(Committed { known_at: taken.integer(1), position })
    }

    /// Runs a script and gives its first row.
    async fn script(&mut self, script: Script) -> Result<Row, StoreError> {
        let mut answers = self.connection.fetch_many(sqlx::raw_sql(AssertSqlSafe(script.text)));
        let (mut statement, mut done, mut first) = (0, Done::default(), None);
        let mut missed = Ok(());
        // To the end, since the connection is used again.
        while let Some(answer) = answers.try_next().await? {
            match answer {
                Either::Right(row) => {
                    let row = decode(&row)?;
                    first.get_or_insert_with(|| row.clone());
                    done.row(row);
                }
                Either::Left(result) => {
                    done.touched(result.rows_affected());
                    let check = script.checks.get(statement).copied().unwrap_or(Check::Nothing);
                    missed = missed.and(check.verify(&done));
                    statement += 1;
                    done = Done::default();
                }
            }
        }
        missed.map(|()| first.unwrap_or(Row { values: Vec::new() }))
    }
}
