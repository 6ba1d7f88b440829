//! Refusals of authenticated callers in the audit: one entry for each caller, RPC, reason and minute, with a count.
//!
//! They are counted in memory and written when their minute is over, so that a caller who is refused a thousand times
//! costs one row. The buffer is bounded: a full one is written before its minute is over, and one that cannot be written
//! because the database is lost takes no further keys; how many refusals that left out stands in the log.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use futures::future::BoxFuture;
use kernel::clock::Clock;
use runtime::shell::{Refusal, RefusalSink};
use store::{Db, NewAudit, WriteSet};
use tokio::sync::Notify;

/// How long after its minute an entry is written at the latest.
const TICK: Duration = Duration::from_secs(5);
/// Keys at which the buffer is written whatever the minute.
const FULL: usize = 2_000;
/// Keys that are kept while the database is lost.
const MOST: usize = 10_000;
const MICROSECONDS_A_MINUTE: i64 = 60_000_000;

/// Counts refusals and writes them into a service's audit.
pub struct Refusals(Arc<Inner>);

struct Inner {
    db: Db,
    clock: Arc<dyn Clock>,
    counts: Mutex<Counts>,
    wake: Arc<Notify>,
}

#[derive(Default)]
struct Counts {
    by_key: HashMap<Key, i64>,
    /// Refusals beyond [`MOST`] keys.
    lost: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    minute: i64,
    subject: String,
    on_behalf_of: Option<String>,
    role: String,
    method: String,
    reason: String,
}

impl Refusals {
    /// Begins to count; what is counted is written by a task that lives as long as this does.
    pub fn start(db: Db, clock: Arc<dyn Clock>) -> Self {
        let wake = Arc::new(Notify::new());
        let inner = Arc::new(Inner { db, clock, counts: Mutex::default(), wake: Arc::clone(&wake) });
        tokio::spawn(follow(Arc::downgrade(&inner), wake));
        Self(inner)
    }
}

impl RefusalSink for Refusals {
    fn refused(&self, refusal: Refusal<'_>) {
        let minute = self.0.minute();
        let key = Key {
            minute,
            subject: refusal.subject.to_owned(),
            on_behalf_of: refusal.on_behalf_of.map(str::to_owned),
            role: refusal.role.to_owned(),
            method: refusal.method.to_owned(),
            reason: refusal.reason.to_owned(),
        };
        let mut counts = self.0.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.add(key, 1);
        if counts.by_key.len() >= FULL || counts.by_key.keys().any(|key| key.minute < minute) {
            self.0.wake.notify_one();
        }
    }

    fn flush(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.0.write(true))
    }
}

impl Drop for Refusals {
    fn drop(&mut self) {
        // The task finds nothing to follow any more, and ends.
        self.0.wake.notify_one();
    }
}

/// Writes what is due, until nobody counts any more.
async fn follow(inner: Weak<Inner>, wake: Arc<Notify>) {
    loop {
        // Woken or not: what is over is written.
        let _woken = tokio::time::timeout(TICK, wake.notified()).await;
        let Some(inner) = inner.upgrade() else { return };
        inner.write(false).await;
    }
}

impl Inner {
    fn minute(&self) -> i64 {
        self.clock.now().micros().div_euclid(MICROSECONDS_A_MINUTE)
    }

    /// Writes the minutes that are over, or everything.
    async fn write(&self, everything: bool) {
        let (due, lost) = self.due(everything);
        if lost > 0 {
            tracing::error!(
                lost,
                "refusals are missing in the audit: its database could not be reached for too long"
            );
        }
        if due.is_empty() {
            return;
        }
        let audit = due.iter().map(|(key, count)| entry(key, *count)).collect();
        if let Err(error) = self.db.commit(WriteSet { audit, ..WriteSet::default() }).await {
            tracing::warn!(%error, "refusals wait for the audit");
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            for (key, count) in due {
                counts.add(key, count);
            }
        }
    }

    fn due(&self, everything: bool) -> (Vec<(Key, i64)>, u64) {
        let minute = self.minute();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let all = everything || counts.by_key.len() >= FULL;
        let due = counts.by_key.extract_if(|key, _| all || key.minute < minute).collect();
        (due, std::mem::take(&mut counts.lost))
    }
}

impl Counts {
    fn add(&mut self, key: Key, count: i64) {
        if let Some(known) = self.by_key.get_mut(&key) {
            *known += count;
        } else if self.by_key.len() < MOST {
            self.by_key.insert(key, count);
        } else {
            self.lost += count.unsigned_abs();
        }
    }
}

/// Subjects, names of methods and reasons: no personal data beside who called.
fn entry(key: &Key, count: i64) -> NewAudit {
    NewAudit {
        subject: key.subject.clone(),
        on_behalf_of: key.on_behalf_of.clone(),
        role: key.role.clone(),
        method: key.method.clone(),
        action: "call".to_owned(),
        outcome: "REFUSED".to_owned(),
        reason: Some(key.reason.clone()),
        count,
        ..NewAudit::default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use kernel::clock::ManualClock;
    use kernel::date::CivilDate;
    use runtime::context::RequestId;
    use store::AuditQuery;
    use tempfile::TempDir;

    use super::*;

    struct Stage {
        clock: Arc<ManualClock>,
        db: Db,
        refusals: Refusals,
        _folder: TempDir,
    }

    async fn stage() -> Stage {
        let clock = Arc::new(ManualClock::at_noon(CivilDate::parse("2017-10-15").unwrap()));
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open_sqlite(&folder.path().join("test.db"), clock.clone()).await.unwrap();
        db.migrate(store::MIGRATIONS).await.unwrap();
        let refusals = Refusals::start(db.clone(), clock.clone());
        Stage { clock, db, refusals, _folder: folder }
    }

    fn refusal<'a>(subject: &'a str, reason: &'a str) -> Refusal<'a> {
        let method = "xiuhua.registry.v1.HouseholdService/GetHousehold";
        static ID: LazyLock<RequestId> = LazyLock::new(RequestId::none);
        Refusal { subject, on_behalf_of: None, role: "auditor", method, reason, request_id: &ID, token: None }
    }

    async fn entries(db: &Db) -> Vec<(String, String, i64)> {
        let query = AuditQuery { limit: 1_000, ..AuditQuery::default() };
        let found = db.audit_entries(&query).await.unwrap();
        let mut told: Vec<_> = found
            .into_iter()
            .map(|found| (found.entry.subject, found.entry.reason.unwrap_or_default(), found.entry.count))
            .collect();
        told.sort();
        told
    }

    #[tokio::test]
    async fn nothing_is_lost_when_the_service_stops() {
        let stage = stage().await;
        for _ in 0..3 {
            stage.refusals.refused(refusal("li.ming", "AREA_FORBIDDEN"));
        }
        stage.refusals.refused(refusal("li.ming", "PERMISSION_MISSING"));
        stage.refusals.flush().await;
        stage.refusals.flush().await;
        let told = |reason: &str, count| ("li.ming".to_owned(), reason.to_owned(), count);
        assert_eq!(entries(&stage.db).await, [told("AREA_FORBIDDEN", 3), told("PERMISSION_MISSING", 1)]);
    }

    #[tokio::test]
    async fn a_minute_that_is_not_over_waits() {
        let stage = stage().await;
        stage.refusals.refused(refusal("li.ming", "AREA_FORBIDDEN"));
        stage.refusals.0.write(false).await;
        assert_eq!(entries(&stage.db).await, []);
        stage.clock.advance(Duration::from_secs(60));
        stage.refusals.refused(refusal("li.ming", "AREA_FORBIDDEN"));
        stage.refusals.0.write(false).await;
        assert_eq!(entries(&stage.db).await, [("li.ming".to_owned(), "AREA_FORBIDDEN".to_owned(), 1)]);
    }

    #[tokio::test]
    async fn a_full_buffer_is_written_and_a_lost_database_bounds_it() {
        let stage = stage().await;
        for number in 0..FULL {
            stage.refusals.refused(refusal(&number.to_string(), "AREA_FORBIDDEN"));
        }
        stage.refusals.0.write(false).await;
        assert_eq!(stage.refusals.0.counts.lock().unwrap().by_key.len(), 0);
        stage.db.close().await;
        for number in 0..MOST + 7 {
            stage.refusals.refused(refusal(&number.to_string(), "AREA_FORBIDDEN"));
        }
        stage.refusals.flush().await;
        let counts = stage.refusals.0.counts.lock().unwrap();
        assert_eq!(counts.by_key.len(), MOST);
    }
}
