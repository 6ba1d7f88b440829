//! `template`: a blank form.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};

use sheet::{Form, FormWriter};

use super::{Manner, format_of};
use crate::arguments::Template;
use crate::client::{Connection, codes, table};
use crate::exit::Stop;
use crate::{printable, words};

/// Writes a blank form, or those of a workbook. What was filled by hand is never written over.
pub(crate) async fn run(asked: Template, manner: Manner) -> Result<(), Stop> {
    let connection = Connection::of_arguments(&asked.client, manner.language).await?;
    let tables = table::named(&connection, &asked.name).await?;
    let format = format_of(asked.out.as_deref(), asked.gb18030, &asked.name, tables.len(), manner.language)?;
    let words = codes::of_tables(&connection, &tables).await?;
    let out: Box<dyn Write + Send> = match &asked.out {
        None => Box::new(std::io::stdout()),
        Some(path) => {
            let file = OpenOptions::new().write(true).create_new(true).open(path);
            Box::new(file.map_err(|error| match error.kind() {
                std::io::ErrorKind::AlreadyExists => Stop::unreadable(path, error),
                _ => Stop::unwritable(path, error),
            })?)
        }
    };
    let mut writer = FormWriter::new(format, Box::new(BufWriter::new(out)));
    for table in &tables {
        writer.sheet(&Form::of_table(table, &words)).map_err(Stop::output)?;
    }
    writer.finish().map_err(Stop::output)?;
    if let (Some(path), false) = (&asked.out, manner.quiet) {
        let values: [(&str, &dyn std::fmt::Display); 2] = [("title", &asked.name), ("file", &path.display())];
        eprintln!("{}", printable::lines(&words::TEMPLATE_WRITTEN.fill(manner.language, &values)));
    }
    Ok(())
}
