//! Randomness as a value that is passed in, so that tests are repeatable.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::failure::{Failure, Reason};

/// A source of random bytes for nonces, keys and identifiers.
pub trait Randomness: Send + Sync {
    /// Fills `bytes` from the source.
    ///
    /// # Errors
    /// `INTERNAL` where the source cannot deliver; a caller must then not go on with what stands in `bytes`.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Failure>;
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Failure> {
        getrandom::fill(bytes).map_err(|error| Failure::new(Reason::Internal).because(error))
    }
}

/// A repeatable source for tests and generated demonstration data. **Never** for keys or nonces of real data.
#[derive(Debug)]
pub struct SeededRandomness {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededRandomness {
    /// A source that gives the same bytes for the same seed and the same order of calls.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, drawn: AtomicU64::new(0) }
    }
}

impl Randomness for SeededRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Failure> {
        let call = self.drawn.fetch_add(1, Ordering::Relaxed);
        let mut hasher = blake3::Hasher::new_derive_key("xiuhua kernel seeded randomness v1");
        hasher.update(&self.seed.to_le_bytes()).update(&call.to_le_bytes());
        hasher.finalize_xof().fill(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeded_randomness_repeats_and_moves_on() {
        let (one, two) = (SeededRandomness::new(7), SeededRandomness::new(7));
        let (mut first, mut again, mut next) = ([0; 16], [0; 16], [0; 16]);
        one.fill(&mut first).unwrap();
        two.fill(&mut again).unwrap();
        one.fill(&mut next).unwrap();
        assert_eq!(first, again);
        assert_ne!(first, next);
    }

    #[test]
    fn system_randomness_delivers() {
        let mut bytes = [0; 32];
        SystemRandomness.fill(&mut bytes).unwrap();
        assert_ne!(bytes, [0; 32]);
    }
}
