//! The tables that a name means.

use proto::common::Table;

/// What a name means.
#[derive(Debug, PartialEq)]
pub enum Named<'t> {
    /// No table.
    None,
    /// These tables, in the order of their sheets: one by its identifier or its sheet, all of a workbook by its title.
    Tables(Vec<&'t Table>),
    /// A sheet of several workbooks.
    Several(Vec<&'t Table>),
}

/// The tables of this name. An identifier is stronger than a sheet, a sheet stronger than a workbook; `file·sheet` is
/// understood too.
#[must_use]
pub fn named<'t>(tables: &'t [Table], name: &str) -> Named<'t> {
    let by: [&dyn Fn(&Table) -> bool; 4] = [
        &|table| table.id == name,
        &|table| name == format!("{}·{}", table.file, table.sheet),
        &|table| table.sheet == name,
        &|table| table.file == name,
    ];
    for (means, whole) in by.into_iter().zip([false, false, false, true]) {
        let mut hits: Vec<&Table> = tables.iter().filter(|table| means(table)).collect();
        hits.sort_by_key(|table| table.position);
        match hits.len() {
            0 => {}
            1 => return Named::Tables(hits),
            _ if whole => return Named::Tables(hits),
            _ => return Named::Several(hits),
        }
    }
    Named::None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(id: &str, file: &str, sheet: &str, position: i32) -> Table {
        Table {
            id: id.to_owned(),
            file: file.to_owned(),
            sheet: sheet.to_owned(),
            position,
            ..Table::default()
        }
    }

    #[test]
    fn a_name_is_an_id_a_sheet_or_a_workbook() {
        let tables = [
            table("registry.members", "户主及成员信息", "成员信息", 2),
            table("registry.households", "户主及成员信息", "户信息", 1),
            table("housing.renovations", "危房改造台账", "台账", 1),
            table("water.works", "饮水台账", "台账", 1),
        ];
        let ids = |name: &str| match named(&tables, name) {
            Named::Tables(tables) => {
                tables.iter().map(|table| table.id.as_str()).collect::<Vec<_>>().join(" ")
            }
            Named::Several(several) => format!("{} of them", several.len()),
            Named::None => "none".to_owned(),
        };
        assert_eq!(ids("registry.members"), "registry.members");
        assert_eq!(ids("户信息"), "registry.households");
        assert_eq!(ids("危房改造台账"), "housing.renovations");
        assert_eq!(ids("户主及成员信息"), "registry.households registry.members");
        assert_eq!(ids("户主及成员信息·成员信息"), "registry.members");
        assert_eq!(ids("台账"), "2 of them");
        assert_eq!(ids("别的"), "none");
    }
}
