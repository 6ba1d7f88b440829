//! What a file is, by its content: names lie.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use kernel::failure::{Failure, Reason, Violation};

use crate::csv::is_text;
use crate::problem::{one, unreadable};
use crate::xlsx::Package;

/// A file of a kind that can be read.
#[derive(Debug)]
pub(crate) enum Kind {
    Workbook(Package),
    Text,
}

/// How kinds that cannot be read begin, and what they are called in every language.
const OTHERS: [(&[u8], &str); 8] = [
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls / .doc"),
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"{\\rtf", "RTF"),
    (b"\x1f\x8b", "gzip"),
];

/// How a page of the web begins, which many systems name `.xls`.
const PAGES: [&str; 6] = ["<html", "<!doctype", "<table", "<?xml", "<head", "<meta"];

/// The kind of a file.
///
/// # Errors
/// A kind that cannot be read, by its name.
pub(crate) fn kind_of(path: &Path) -> Result<Kind, Failure> {
    let mut beginning = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(4096).read_to_end(&mut beginning).map_err(unreadable)?;
    if beginning.starts_with(b"PK\x03\x04") || beginning.starts_with(b"PK\x05\x06") {
        let package = Package::open(path)?;
        return match archive(&package) {
            None => Ok(Kind::Workbook(package)),
            Some(found) => Err(other(found)),
        };
    }
    if let Some((_, found)) = OTHERS.iter().find(|(start, _)| beginning.starts_with(start)) {
        return Err(other(found));
    }
    let text = String::from_utf8_lossy(&beginning);
    let start = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    if PAGES.iter().any(|page| start.starts_with(page)) {
        return Err(other("HTML / XML"));
    }
    is_text(&beginning)?;
    Ok(Kind::Text)
}

/// What an archive is, where it is no workbook.
fn archive(package: &Package) -> Option<&'static str> {
    if package.has("xl/workbook.xml") {
        return None;
    }
    let below = |folder: &str| package.names().any(|name| name.starts_with(folder));
    Some(match () {
        () if package.has("xl/workbook.bin") => ".xlsb",
        () if below("xl/") => return None,
        () if below("word/") => ".docx",
        () if below("ppt/") => ".pptx",
        () if package.has("content.xml") => ".ods",
        () => "zip",
    })
}

fn other(found: &str) -> Failure {
    one(Violation::new("", Reason::FileKind).with("found", found))
}
