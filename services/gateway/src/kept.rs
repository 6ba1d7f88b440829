//! Answers of other services that are kept for a while. All of it can be asked again; nothing depends on it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Values by key, each with the time at which it was kept.
#[derive(Debug)]
pub(crate) struct Kept<K, V>(Mutex<BTreeMap<K, (Instant, Arc<V>)>>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, V> Kept<K, V> {
    /// The value, if it is not older than `most`.
    pub(crate) fn fresh(&self, key: &K, most: Duration) -> Option<Arc<V>> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(key).filter(|(at, _)| at.elapsed() <= most).map(|(_, value)| Arc::clone(value))
    }

    /// The value, however old it is.
    pub(crate) fn last(&self, key: &K) -> Option<Arc<V>> {
        self.fresh(key, Duration::MAX)
    }

    /// Keeps a value in place of the one before.
    pub(crate) fn keep(&self, key: K, value: V) -> Arc<V> {
        let value = Arc::new(value);
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.insert(key, (Instant::now(), Arc::clone(&value)));
        value
    }
}
