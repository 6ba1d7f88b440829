//! What is said of the machine and of this process.

use std::fs;

use serde::{Deserialize, Serialize};

/// On what a table was measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Machine {
    /// Cores that this process may use; clients, suite and database share them.
    pub cores: usize,
    /// The processor, as it calls itself.
    pub processor: String,
    /// Whether the code was built with optimisation.
    pub optimised: bool,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn this() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = told.lines().find_map(|line| line.strip_prefix("model name"));
        let processor = processor.map_or("", |name| name.trim_start_matches([' ', '\t', ':'])).to_owned();
        Self { cores, processor, optimised: !cfg!(debug_assertions) }
    }
}

/// Most resident memory of this process, in MB of 10⁶ bytes, since it began or was last forgotten; none where the system
/// does not tell.
pub(crate) fn peak_megabytes() -> Option<f64> {
    let told = fs::read_to_string("/proc/self/status").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1_024.0 / 1e6)
}

/// Forgets the peak so far, where the system can.
pub(crate) fn forget_peak() {
    // Elsewhere than on Linux the peak stands since the process began, which is no less than asked.
    let _ = fs::write("/proc/self/clear_refs", "5");
}
