//! `keys init`.

use std::path::Path;

use kernel::randomness::SystemRandomness;
use runtime::keys::Keys;

use super::{Manner, print_line};
use crate::exit::Stop;
use crate::words;

/// Makes a folder with fresh keys.
pub(crate) fn init(dir: &Path, manner: Manner) -> Result<(), Stop> {
    Keys::create(dir, &SystemRandomness)?;
    print_line(&words::KEYS_MADE.fill(manner.language, &[("dir", &dir.display())]))
}
