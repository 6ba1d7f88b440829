//! Pure values of the suite and their rules: area codes, ID numbers, money, dates, failures, code tables,
//! ciphers.
//!
//! Nothing here waits, opens a file or a socket, or looks at the clock by itself: time and randomness come in
//! through [`clock::Clock`] and [`randomness::Randomness`]. The message catalogues (`messages/{zh,ko,en}`)
//! and the national code tables (`codes/*.toml`) are embedded when the crate is built.

pub mod area;
pub mod caller;
pub mod cipher;
pub mod clock;
pub mod codes;
pub mod date;
pub mod failure;
pub mod id_number;
pub mod language;
pub mod mask;
pub mod money;
pub mod name;
pub mod names;
pub mod page;
pub mod period;
pub mod randomness;
pub mod text;
