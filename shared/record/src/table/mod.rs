//! Tables: printed forms as rows of cells, in and out. A resource's own form is derived from its declaration; a form
//! sheet that is not one record expands a row into acts.

mod api;
mod cells;
mod counts;
mod describe;
mod export;
mod import;
mod layout;
pub(crate) mod row;
mod session;
mod sheet;
mod tally;

pub use api::TableApi;
pub use cells::{Cell, format_cell, parse_cell};
pub use layout::{Layout, Target};
pub use row::{Found, blanks_kept, dated_change, find, import_permission};
pub use sheet::{Days, FormSheet, RowFacts, Sheet, SheetOut};
