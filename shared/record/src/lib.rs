//! The engine of a fact-owning service: six shapes, one path for all writes, dated reads, tables, indicators.
//!
//! A slice declares its record in the contract and writes its rules; the build step makes the typed glue; everything
//! else is here, compiled once over a type-erased record. See `README.md` at the root for the map.
extern crate self as record;

pub mod beneficiary;
pub mod call;
pub mod codec;
pub mod column;
pub mod common;
pub mod contract;
pub mod ddl;
mod elements;
pub mod engine;
pub mod evaluate;
pub mod facts;
pub mod follow;
pub mod indicator;
pub mod lag;
mod load;
pub mod masks;
pub mod parameters;
pub mod periods;
pub mod read;
mod refusal;
pub mod refusals;
pub mod remote;
pub mod resource;
pub mod rules;
pub mod service;
pub mod spec;
pub mod sql;
mod stage;
pub mod state;
pub mod states;
pub mod surroundings;
pub mod table;
pub mod validate;
pub mod value;
pub mod verbs;
pub mod work;

pub use call::{Call, open, reply};
pub use column::{ChildColumn, Column};
pub use engine::Engine;
pub use read::{BatchGet, Get, List};
pub use refusal::refusal;
pub use resource::{AnyRecord, Rec, Resource, SheetRow, into_typed, typed, typed_mut};
pub use rules::{ActContext, Registered, Rules};
pub use verbs::{Act, BatchCreate, Create, End, Update, Withdraw};
