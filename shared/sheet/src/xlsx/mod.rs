//! Workbooks (`.xlsx`): an archive of parts, of which the sheets are read row by row.
//!
//! Not by calamine, which has no limit to what a part unpacks to, takes all shared texts into memory (and reserves as many
//! as the file claims to have), and tells neither hidden rows nor a formula beside its value. It reads what the tests wrote.

mod merges;
mod part;
mod rows;
mod strings;
mod styles;
mod xml;

use std::sync::Arc;

use kernel::failure::Failure;

pub(crate) use merges::Merges;
pub(crate) use part::Package;
pub(crate) use rows::Rows;
pub(crate) use xml::MOST_CELL;

use part::broken;
use strings::Strings;
use styles::Styles;
use xml::{Events, Piece, attribute, flag};

/// Most bytes of the parts that say what is in a workbook.
const MOST_BYTES: u64 = 16 << 20;

/// A workbook that is open.
#[derive(Debug)]
pub(crate) struct Book {
    package: Package,
    sheets: Vec<Sheet>,
    shared: Arc<Shared>,
}

/// A sheet of it.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) hidden: bool,
    part: String,
}

/// What cells of all sheets refer to.
#[derive(Debug)]
struct Shared {
    strings: Strings,
    styles: Styles,
    since_1904: bool,
}

impl Book {
    /// The workbook of an archive.
    pub(crate) fn of(package: Package) -> Result<Self, Failure> {
        let main = "xl/workbook.xml";
        let related = relations(&package, "xl/_rels/workbook.xml.rels")?;
        let kind = |kind: &str| {
            related
                .iter()
                .find(|found| found.kind.ends_with(kind))
                .map_or_else(String::new, |found| found.target.clone())
        };
        let (sheets, since_1904) = sheets(&package, main, &related)?;
        let strings = Strings::read(&package, &kind("/sharedStrings"))?;
        let styles = Styles::read(&package, &kind("/styles"))?;
        Ok(Self { package, sheets, shared: Arc::new(Shared { strings, styles, since_1904 }) })
    }

    pub(crate) fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    /// Rows of a sheet from the first on.
    pub(crate) fn rows(&self, sheet: usize, merges: Arc<Merges>) -> Result<Rows, Failure> {
        let found = &self.sheets[sheet];
        let part = self.package.part(&found.part, u64::MAX)?;
        Ok(Rows::of(Events::of(part), found.name.clone(), Arc::clone(&self.shared), merges))
    }
}

struct Relation {
    id: String,
    kind: String,
    target: String,
}

fn relations(package: &Package, name: &str) -> Result<Vec<Relation>, Failure> {
    let mut events = Events::of(package.part(name, MOST_BYTES)?);
    let mut found = Vec::new();
    loop {
        match events.next()? {
            Piece::Start(start) if start.local_name().as_ref() == "Relationship" => {
                let text = |name| attribute(&start, name).unwrap_or_default();
                let target = text("Target");
                let target = match target.strip_prefix('/') {
                    Some(whole) => whole.to_owned(),
                    None => format!("xl/{target}"),
                };
                found.push(Relation { id: text("Id"), kind: text("Type"), target });
            }
            Piece::Eof => return Ok(found),
            _ => {}
        }
    }
}

fn sheets(package: &Package, name: &str, related: &[Relation]) -> Result<(Vec<Sheet>, bool), Failure> {
    let mut events = Events::of(package.part(name, MOST_BYTES)?);
    let (mut sheets, mut since_1904) = (Vec::new(), false);
    loop {
        match events.next()? {
            Piece::Start(start) => match start.local_name().as_ref() {
                "workbookPr" => since_1904 = flag(&start, "date1904"),
                "sheet" => {
                    let text = |name| attribute(&start, name).unwrap_or_default();
                    let id = text("id");
                    let relation =
                        related.iter().find(|relation| relation.id == id).ok_or_else(|| broken(name))?;
                    // Charts are sheets too, but have no cells.
                    if relation.kind.ends_with("/worksheet") {
                        let hidden = matches!(text("state").as_str(), "hidden" | "veryHidden");
                        sheets.push(Sheet { name: text("name"), hidden, part: relation.target.clone() });
                    }
                }
                _ => {}
            },
            Piece::Eof if sheets.is_empty() => return Err(broken(name)),
            Piece::Eof => return Ok((sheets, since_1904)),
            _ => {}
        }
    }
}
