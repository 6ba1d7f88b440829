//! csv out: a header and rows, so that other programs read it as it is.

use std::io::{self, Write};

use encoding_rs::GB18030;

use super::Form;
use crate::defuse::defused;

/// A csv file on its way out.
pub(super) struct Text {
    writer: csv::Writer<Encoded>,
    marked: bool,
    begun: bool,
}

impl Text {
    pub(super) fn new(out: Box<dyn Write + Send>, gb18030: bool) -> Self {
        let writer =
            csv::WriterBuilder::new().flexible(true).from_writer(Encoded { out, gb18030, rest: Vec::new() });
        Self { writer, marked: !gb18030, begun: false }
    }

    pub(super) fn sheet(&mut self, form: &Form) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a csv file has one sheet"));
        }
        // The mark tells spreadsheets that this is UTF-8.
        let mark = if self.marked { "\u{feff}" } else { "" };
        let titles = form.columns.iter().enumerate();
        let titles = titles.map(|(index, column)| match index {
            0 => format!("{mark}{}", column.title),
            _ => column.title.clone(),
        });
        self.writer.write_record(titles.collect::<Vec<_>>()).map_err(io::Error::other)
    }

    pub(super) fn row(&mut self, cells: &[String]) -> io::Result<()> {
        let cells: Vec<_> = cells.iter().map(|cell| defused(cell)).collect();
        self.writer.write_record(cells.iter().map(|cell| cell.as_bytes())).map_err(io::Error::other)
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Texts in their encoding. What arrives may end within a character, whose rest comes with the next piece.
struct Encoded {
    out: Box<dyn Write + Send>,
    gb18030: bool,
    rest: Vec<u8>,
}

impl Write for Encoded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.gb18030 {
            return self.out.write(bytes);
        }
        self.rest.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.rest) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let text = std::str::from_utf8(&self.rest[..whole]).map_err(io::Error::other)?;
        let (encoded, ..) = GB18030.encode(text);
        self.out.write_all(&encoded)?;
        self.rest.drain(..whole);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
