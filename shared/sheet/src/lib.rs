//! Files of forms: workbooks (`.xlsx`) and csv in and out, row by row.
//!
//! Nothing is kept whole but the texts that cells of a workbook share, and these are capped: memory does not grow with the
//! file. What a cell's text means is decided where the table is known, by `record`; here it is only read as it stands.
//!
//! * [`FormFile`]: a file read: its kind by content, its sheets by name, its headers by the titles of the columns;
//! * [`FormWriter`]: exports, error files and blank forms written;
//! * [`rejected_row`]: rows of an error file, which reads as it was rejected until it is corrected;
//! * [`defused`]: texts that a spreadsheet would take for formulas.

mod batches;
mod book;
mod cell;
mod csv;
mod defuse;
mod flaw;
mod footer;
mod form_file;
mod header;
mod kind;
mod named;
mod problem;
mod reader;
mod rejected;
mod write;
mod xlsx;

pub use batches::{BATCH_ROWS, Batches};
pub use cell::letters;
pub use defuse::{defused, undefused};
pub use flaw::flawed_text;
pub use form_file::{FormFile, NumberedRow, Part, PartRows};
pub use header::{REASON_TITLE, ROW_TITLE};
pub use named::{Named, named};
pub use reader::BatchReader;
pub use rejected::rejected_row;
pub use write::{Form, FormColumn, FormWriter, Format};
