//! What the suite's tests share: services on ports of their own, each test with databases of its own, tokens of any role.

pub mod fixtures;
pub mod harness;
pub mod table;
