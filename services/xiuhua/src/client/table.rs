//! Finds the table that a name means.

use proto::common::{ListTablesRequest, ListTablesResponse, Table};

use super::Connection;
use crate::exit::Stop;
use crate::words;

/// The table of this name: its id, the title of its sheet or of its workbook.
///
/// # Errors
/// A name of no table, or of several; a name that may be of a service that does not answer.
pub async fn named(connection: &Connection, name: &str) -> Result<Table, Stop> {
    let answer = connection.tables().list_tables(super::patient(ListTablesRequest::default())).await?;
    let ListTablesResponse { tables, missing_services } = answer.into_inner();
    let (words, found) = match found(&tables, name) {
        Found::One(table) => return Ok(table.clone()),
        Found::None if !missing_services.is_empty() => {
            let services = missing_services.join(", ");
            let filled = [("name", &name as &dyn std::fmt::Display), ("services", &services)];
            return Err(Stop::unavailable(words::TABLE_OUT_OF_REACH.fill(connection.language(), &filled)));
        }
        Found::Several(several) => (words::SEVERAL_TABLES, several),
        Found::None => (words::NO_TABLE, tables.iter().collect()),
    };
    let lines = found.iter().map(|table| format!("\n  {}  {}·{}", table.id, table.file, table.sheet));
    let head = words.fill(connection.language(), &[("name", &name)]);
    Err(Stop::usage(lines.fold(head, |text, line| text + &line)))
}

enum Found<'a> {
    None,
    One(&'a Table),
    Several(Vec<&'a Table>),
}

/// An id is stronger than a sheet, a sheet stronger than a workbook; `file·sheet` is understood too.
fn found<'a>(tables: &'a [Table], name: &str) -> Found<'a> {
    let by: [&dyn Fn(&Table) -> bool; 4] = [
        &|table| table.id == name,
        &|table| name == format!("{}·{}", table.file, table.sheet),
        &|table| table.sheet == name,
        &|table| table.file == name,
    ];
    for means in by {
        let hits: Vec<&Table> = tables.iter().filter(|table| means(table)).collect();
        match hits.as_slice() {
            [] => {}
            [only] => return Found::One(only),
            _ => return Found::Several(hits),
        }
    }
    Found::None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(id: &str, file: &str, sheet: &str) -> Table {
        Table { id: id.to_owned(), file: file.to_owned(), sheet: sheet.to_owned(), ..Table::default() }
    }

    #[test]
    fn a_name_is_an_id_a_sheet_or_a_workbook() {
        let tables = [
            table("registry.households", "户主及成员信息", "户信息"),
            table("registry.members", "户主及成员信息", "成员信息"),
            table("housing.renovations", "危房改造台账", "台账"),
        ];
        let id = |name: &str| match found(&tables, name) {
            Found::One(table) => table.id.clone(),
            Found::Several(several) => format!("{} of them", several.len()),
            Found::None => "none".to_owned(),
        };
        assert_eq!(id("registry.members"), "registry.members");
        assert_eq!(id("户信息"), "registry.households");
        assert_eq!(id("危房改造台账"), "housing.renovations");
        assert_eq!(id("户主及成员信息"), "2 of them");
        assert_eq!(id("户主及成员信息·成员信息"), "registry.members");
        assert_eq!(id("别的"), "none");
    }
}
