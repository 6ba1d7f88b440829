//! `template`: a blank form.

use std::fs::OpenOptions;
use std::io::Write;

use proto::common::Table;

use super::{Manner, print};
use crate::arguments::Template;
use crate::client::{Connection, table};
use crate::exit::Stop;
use crate::words;

/// Writes the header of a table. What was filled by hand is never written over.
pub(crate) async fn run(asked: Template, manner: Manner) -> Result<(), Stop> {
    let connection = Connection::of_arguments(&asked.client, manner.language).await?;
    let table = table::named(&connection, &asked.name).await?;
    let blank = blank(&table)?;
    let Some(path) = asked.out else { return print(&blank) };
    let file = OpenOptions::new().write(true).create_new(true).open(&path);
    let mut file = file.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Stop::unreadable(&path, error),
        _ => Stop::unwritable(&path, error),
    })?;
    file.write_all(blank.as_bytes()).map_err(|error| Stop::unwritable(&path, error))?;
    if !manner.quiet {
        let values: [(&str, &dyn std::fmt::Display); 2] =
            [("title", &table.sheet), ("file", &path.display())];
        eprintln!("{}", words::TEMPLATE_WRITTEN.fill(manner.language, &values));
    }
    Ok(())
}

/// The header as the export prints it, after a byte order mark.
fn blank(table: &Table) -> Result<String, Stop> {
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    let printed = table.columns.iter().filter(|column| !column.unprinted);
    let titles = printed.map(|column| column.title.as_ref().map_or("", |title| title.zh.as_str()));
    writer.write_record(titles).map_err(Stop::unavailable)?;
    let bytes = writer.into_inner().map_err(Stop::unavailable)?;
    String::from_utf8(bytes).map_err(Stop::unavailable)
}

#[cfg(test)]
mod tests {
    use kernel::language::Language;
    use proto::common::{Column, Label};

    use super::*;
    use crate::sheet_file::SheetFile;

    fn table() -> Table {
        let column = |zh: &str, unprinted| Column {
            title: Some(Label { zh: zh.to_owned(), ko: "다른것".to_owned(), en: "another".to_owned() }),
            unprinted,
            ..Column::default()
        };
        let columns = vec![
            column("户编号", false),
            column("地址,门牌", false),
            column("旧编号", true),
            column("姓名", false),
        ];
        Table { columns, ..Table::default() }
    }

    #[test]
    fn a_blank_form_has_the_forms_own_titles_in_their_order() {
        assert_eq!(blank(&table()).unwrap(), "\u{feff}户编号,\"地址,门牌\",姓名\n");
    }

    #[test]
    fn a_blank_form_can_be_imported() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), blank(&table()).unwrap()).unwrap();
        let sheet = SheetFile::open(file.path(), &["户编号", "地址,门牌", "姓名"], Language::Zh).unwrap();
        assert_eq!((sheet.titles.join("|").as_str(), sheet.row_count), ("户编号|地址,门牌|姓名", 0));
    }
}
