//! Reads what the contract declares (`proto/xiuhua/common/v1/options.proto`) and writes from it, for a service's
//! build script, the tables, conversions and forwarders that the engine (`record`) runs on.
//!
//! A service's `build.rs` is one line:
//!
//! ```no_run
//! fn main() -> Result<(), declare::Errors> {
//!     declare::build(&["xiuhua.registry.v1"], "contract.rs")
//! }
//! ```
//!
//! and its crate includes what was written: `pub mod contract { include!(concat!(env!("OUT_DIR"), "/contract.rs")); }`.

mod build;
mod contract;
mod generate;
mod leaf_form;
mod leaves;
mod method;
mod names;
mod options;
mod problem;
mod resource;
mod scaffold;
mod standard;

pub use build::build;
pub use contract::{
    Child, Contract, FormUnit, Format, Kind, Leaf, Pivot, Resource, Sensitivity, Shape, Sheet, StateDay,
    Transition, Word,
};
pub use generate::generate;
pub use method::{Call, Method};
pub use options::{FormTable, Label, PlaceColumns};
pub use problem::{Errors, Problem};
pub use scaffold::{Scaffold, scaffold};
pub use standard::check_standard_parts;
