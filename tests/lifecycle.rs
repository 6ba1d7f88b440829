//! A household's life in the register: income, exit, removal; what each needs, and what becomes known of it when.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

#[path = "lifecycle/exits.rs"]
mod exits;
#[path = "lifecycle/facts.rs"]
mod facts;
#[path = "lifecycle/incomes.rs"]
mod incomes;
#[path = "lifecycle/moves.rs"]
mod moves;
#[path = "lifecycle/removals.rs"]
mod removals;
#[path = "lifecycle/village.rs"]
mod village;
