//! The one writer of an SQLite file. Sets that wait together share a commit.
//!
//! Each set runs in a savepoint. Its statements are one text of one call where they are few: a call costs a change of
//! thread, which is most of a small write. The call also ends the savepoint of the set before it, so that a set whose
//! rows were not all met is undone without a call of its own, and its neighbours stay whole. SQLite stops a text at the
//! first statement that fails and leaves what it did before; the savepoint takes that back.

use std::sync::Arc;

use futures::TryStreamExt;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, Either, Executor};
use tokio::sync::{mpsc, oneshot, watch};

use crate::Dialect;
use crate::error::StoreError;
use crate::feed::FeedPosition;
use crate::migrate::{self, Migration};
use crate::plan::{self, Call};
use crate::script::{Done, Script, Stamp};
use crate::sqlite::{KnownTime, all_on, bind, decode};
use crate::write::{Committed, WriteSet};

/// Sets of one commit, at most.
const SETS: usize = 64;
/// Rows of one commit, about, after which no further set joins it.
const ROWS: usize = 4_000;
/// Scripts of more statements are not kept prepared: their texts hardly come again.
const KEPT: usize = 24;

/// What the writer is asked to do.
pub(crate) enum Job {
    Commit(Box<WriteSet>, oneshot::Sender<Result<Committed, StoreError>>),
    Migrate(Vec<Migration>, oneshot::Sender<Result<(), StoreError>>),
    /// A closed known time.
    Moment(oneshot::Sender<i64>),
    Close(oneshot::Sender<()>),
}

type Waiting = (Box<WriteSet>, oneshot::Sender<Result<Committed, StoreError>>);

pub(crate) struct Writer {
    connection: SqliteConnection,
    known: Arc<KnownTime>,
    commits: watch::Sender<()>,
}

/// How a set failed: by itself, or with all of its commit.
enum Failed {
    Alone(StoreError),
    All(StoreError),
}

impl Writer {
    pub(crate) async fn new(
        connection: SqliteConnection,
        known: Arc<KnownTime>,
        commits: watch::Sender<()>,
    ) -> Result<Self, StoreError> {
        let mut writer = Self { connection, known, commits };
        writer.pass_what_is_written().await?;
        Ok(writer)
    }

    pub(crate) async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut taken = Vec::with_capacity(SETS);
        while jobs.recv_many(&mut taken, SETS).await > 0 {
            let mut sets: Vec<Waiting> = Vec::new();
            let mut rows = 0;
            for job in taken.drain(..) {
                if let Job::Commit(set, answer) = job {
                    rows += plan::weight(&set);
                    sets.push((set, answer));
                    if rows < ROWS {
                        continue;
                    }
                    self.commit(std::mem::take(&mut sets)).await;
                    rows = 0;
                    continue;
                }
                self.commit(std::mem::take(&mut sets)).await;
                match job {
                    Job::Migrate(migrations, answer) => {
                        let _ = answer.send(self.migrate(&migrations).await);
                    }
                    Job::Moment(answer) => {
                        let _ = answer.send(self.known.next());
                    }
                    Job::Close(answer) => {
                        self.end().await;
                        let _ = answer.send(());
                        return;
                    }
                    Job::Commit(..) => {}
                }
            }
            self.commit(sets).await;
        }
        self.end().await;
    }

    async fn end(self) {
        if let Err(error) = self.connection.close().await {
            tracing::warn!(%error, "the database did not close well");
        }
    }

    /// Known time goes on after what an earlier process wrote, also where its clock was ahead.
    async fn pass_what_is_written(&mut self) -> Result<(), StoreError> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN ('outbox', 'audit')";
        for table in all_on(&mut self.connection, sql).await? {
            let sql = if table.text(0) == "outbox" {
                "SELECT max(xid) FROM outbox"
            } else {
                "SELECT max(xid) FROM audit"
            };
            let rows = all_on(&mut self.connection, sql).await?;
            self.known.pass(rows.first().map_or(0, |row| row.integer(0)));
        }
        Ok(())
    }

    /// Runs the sets in one transaction and answers each.
    async fn commit(&mut self, sets: Vec<Waiting>) {
        if sets.is_empty() {
            return;
        }
        let mut answers = Vec::with_capacity(sets.len());
        let mut prefix: &[&str] = &["BEGIN IMMEDIATE", "SAVEPOINT one"];
        let mut fault = None;
        for (set, answer) in sets {
            if let Some(error) = &fault {
                answers.push((answer, Err(StoreError::clone(error))));
                continue;
            }
            let result = self.set(*set, prefix).await;
            prefix = match &result {
                Ok(_) => &["RELEASE one", "SAVEPOINT one"],
                // Not begun: the set was faulty in itself, and the call that would have run the prefix was not made.
                Err((Failed::Alone(_), false)) => prefix,
                Err((Failed::Alone(_), true)) => &["ROLLBACK TO one"],
                Err((Failed::All(error), _)) => {
                    fault = Some(error.clone());
                    prefix
                }
            };
            answers.push((answer, result.map_err(|(Failed::Alone(error) | Failed::All(error), _)| error)));
        }
        let ended = match fault {
            Some(error) => Err(error),
            None => self.finish(prefix, answers.iter().any(|(_, result)| result.is_ok())).await,
        };
        if let Err(error) = &ended {
            // What is left of the transaction; an error says that SQLite has ended it already.
            let _ = self.connection.execute("ROLLBACK").await;
            tracing::warn!(%error, sets = answers.len(), "a shared commit failed");
        }
        for (answer, result) in answers {
            // Whoever asked may have gone; the set is written all the same.
            let _ = answer.send(ended.clone().and(result));
        }
        if ended.is_ok() {
            self.commits.send_replace(());
        }
    }

    /// Ends the transaction, by `prefix` the savepoint of the last set.
    async fn finish(&mut self, prefix: &[&str], worth_it: bool) -> Result<(), StoreError> {
        let text = match (prefix, worth_it) {
            (["BEGIN IMMEDIATE", ..], _) => return Ok(()),
            (_, false) => "ROLLBACK",
            (["ROLLBACK TO one"], true) => "ROLLBACK TO one; COMMIT",
            (_, true) => "COMMIT",
        };
        self.connection.execute(text).await?;
        Ok(())
    }

    /// Runs one set; the flag of an error tells whether any of it, or of the prefix, was run.
    async fn set(&mut self, set: WriteSet, prefix: &[&str]) -> Result<Committed, (Failed, bool)> {
        let known_at = self.known.next();
        let position = FeedPosition { transaction: known_at, ordinal: set.events.len() as i64 - 1 };
        let stamp = Stamp::Known { known_at, transaction: known_at };
        let calls = plan::calls(set, Dialect::Sqlite, stamp, prefix)
            .map_err(|error| (Failed::Alone(error), false))?;
        let mut before = prefix.len();
        for call in calls {
            match call {
                Call::Run(script) => self.script(script, before).await.map_err(|failed| (failed, true))?,
                Call::Copy { .. } => {
                    return Err((Failed::Alone(StoreError::other("SQLite has no COPY")), true));
                }
            }
            before = 0;
        }
        Ok(Committed { known_at, position })
    }

    /// One call. An error of its first `before` statements is one of the whole commit.
    async fn script(&mut self, script: Script, before: usize) -> Result<(), Failed> {
        let mut bound = SqliteArguments::default();
        for value in script.args {
            // Only texts and numbers are left, so that this does not fail between two statements.
            bind(&mut bound, value).map_err(Failed::All)?;
        }
        let kept = script.checks.len() <= KEPT;
        let query = sqlx::query_with(AssertSqlSafe(script.text), bound).persistent(kept);
        let mut answers = self.connection.fetch_many(query);
        let mut statement = 0;
        let mut done = Done::default();
        loop {
            match answers.try_next().await {
                Ok(None) => return Ok(()),
                Ok(Some(Either::Right(row))) => done.row(decode(&row).map_err(Failed::All)?),
                Ok(Some(Either::Left(result))) => {
                    done.touched(result.rows_affected());
                    let check = script.checks.get(statement).copied();
                    check.map_or(Ok(()), |check| check.verify(&done)).map_err(Failed::Alone)?;
                    statement += 1;
                    done = Done::default();
                }
                Err(error) => {
                    let error = StoreError::from(error);
                    // After a full disk or a fault of it, SQLite may have ended the transaction by itself.
                    let of_all = statement < before || matches!(error, StoreError::Unavailable(_));
                    return Err(if of_all { Failed::All(error) } else { Failed::Alone(error) });
                }
            }
        }
    }

    async fn migrate(&mut self, migrations: &[Migration]) -> Result<(), StoreError> {
        self.connection.execute("BEGIN IMMEDIATE").await?;
        match self.apply(migrations).await {
            Ok(()) => self.connection.execute("COMMIT").await?,
            Err(error) => {
                self.connection.execute("ROLLBACK").await?;
                return Err(error);
            }
        };
        self.pass_what_is_written().await
    }

    async fn apply(&mut self, migrations: &[Migration]) -> Result<(), StoreError> {
        self.connection.execute(migrate::TABLE).await?;
        let applied = all_on(&mut self.connection, migrate::APPLIED).await?;
        for migration in migrate::pending(migrations, &applied)? {
            self.connection.execute(sqlx::raw_sql(migration.sql)).await?;
            sqlx::query(migrate::REMEMBER)
                .bind(migration.name)
                .bind(migration.digest())
                .bind(self.known.next())
                .execute(&mut self.connection)
                .await?;
        }
        Ok(())
    }
}
