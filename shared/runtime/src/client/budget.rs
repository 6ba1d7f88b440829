//! How many retries are allowed: a share of the calls, so that a service that is down gets little more than its usual load.

use std::sync::atomic::{AtomicU32, Ordering};

/// What a call pays in; a retry takes out [`RETRY`]: one retry for ten calls.
const CALL: u32 = 1;
/// What a retry takes out.
const RETRY: u32 = 10;
/// Most that is saved, and what there is at the start: ten retries.
const MOST: u32 = 100;

/// The budget of one service.
#[derive(Debug)]
pub(super) struct Budget(AtomicU32);

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicU32::new(MOST))
    }
}

impl Budget {
    /// A call was made.
    pub(super) fn deposit(&self) {
        // Never fails: the closure always gives a value.
        let _before = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |saved| {
            Some(saved.saturating_add(CALL).min(MOST))
        });
    }

    /// Whether there is enough for a retry, which is then taken out.
    pub(super) fn withdraw(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |saved| saved.checked_sub(RETRY)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_a_tenth_of_the_calls() {
        let budget = Budget::default();
        assert_eq!((0..100).filter(|_| budget.withdraw()).count(), 10);
        (0..25).for_each(|_| budget.deposit());
        assert_eq!((0..100).filter(|_| budget.withdraw()).count(), 2);
        (0..10_000).for_each(|_| budget.deposit());
        assert_eq!((0..100).filter(|_| budget.withdraw()).count(), 10);
    }
}
