//! Finds the tables that a name means.

use proto::common::{ListTablesRequest, ListTablesResponse, Table};
use sheet::Named;

use super::Connection;
use crate::exit::Stop;
use crate::words;

/// The tables of this name: one by its id or the title of its sheet, all of a workbook by the workbook's title, in the order
/// of their sheets.
///
/// # Errors
/// A name of no table; a sheet's of several; a name that may be of a service that does not answer.
pub async fn named(connection: &Connection, name: &str) -> Result<Vec<Table>, Stop> {
    let answer = connection.tables().list_tables(super::patient(ListTablesRequest::default())).await?;
    let ListTablesResponse { tables, missing_services } = answer.into_inner();
    let (words, found) = match sheet::named(&tables, name) {
        Named::Tables(tables) => return Ok(tables.into_iter().cloned().collect()),
        Named::None if !missing_services.is_empty() => {
            let services = missing_services.join(", ");
            let filled = [("name", &name as &dyn std::fmt::Display), ("services", &services)];
            return Err(Stop::unavailable(words::TABLE_OUT_OF_REACH.fill(connection.language(), &filled)));
        }
        Named::Several(several) => (words::SEVERAL_TABLES, several),
        Named::None => (words::NO_TABLE, tables.iter().collect()),
    };
    let lines = found.iter().map(|table| format!("\n  {}  {}·{}", table.id, table.file, table.sheet));
    let head = words.fill(connection.language(), &[("name", &name)]);
    Err(Stop::usage(lines.fold(head, |text, line| text + &line)))
}
