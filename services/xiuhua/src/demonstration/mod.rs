//! The demonstration prefecture: rows of forms as clerks would have written them, made from a seed number.
//!
//! Nothing here is a figure. The rows enter through the public import like everybody's, and the figures must
//! come out of counting them: 46,831 registered households with 85,102 members at the end of 2015, 304 poor
//! villages, 30,877 persons who exited in 2016, 3,262 houses accepted in 2016, and so on. Sheets carry what a
//! count must leave out, too: members who had left, exits that were never approved, visits after the period,
//! reliefs of households on dibao.
//!
//! Counties and townships are real, all else is made up, and marked as such: sheet titles end in 演示数据, ID
//! numbers, telephones and accounts begin with numbers that are not in use (see `identity`).
//!
//! The same seed gives the same bytes on every run. A sheet is generated only while its rows are taken, one
//! county at a time, so that memory holds one county. What becomes of a household is drawn once (see `fate`),
//! so that all sheets tell the same of it.

mod appraisals;
mod benefits;
mod changes;
mod composition;
mod days;
mod dice;
mod exits;
mod fate;
mod identity;
mod incomes;
mod member;
mod partner_aid;
mod places;
mod population;
mod procedure;
mod registry_sheets;
mod relief;
mod relocation;
mod removals;
mod renovation;
mod sheet;
mod small_sheets;
#[cfg(test)]
mod tests;
mod water;
mod words;

use std::sync::Arc;

use places::Places;

/// Rows of one sheet: a cell for each column, in the columns' order; an empty cell is an empty text.
pub type Rows = Box<dyn Iterator<Item = Vec<String>> + Send>;

/// The demonstration prefecture of one seed.
pub struct Demonstration {
    seed: u64,
    places: Arc<Places>,
}

/// One step of loading the demonstration.
pub enum Load {
    /// Rows to be imported.
    Sheet(SheetLoad),
    /// A snapshot to be created once all loads before it are in.
    Snapshot(SnapshotLoad),
}

/// One sheet of a form, to be imported as one job.
pub struct SheetLoad {
    /// Table of the import: `registry.households`.
    pub table: &'static str,
    /// What is being loaded, for a progress bar.
    pub title: String,
    /// Division to which the import is bound: the prefecture or a county, six digits.
    pub area: &'static str,
    /// Day for which the form speaks, `YYYY-MM-DD`, where its table asks for one.
    pub form_date: Option<&'static str>,
    /// Titles of the columns, as on the form.
    pub columns: Vec<&'static str>,
    /// The rows, generated while they are taken.
    pub rows: Rows,
}

/// A snapshot to be created.
pub struct SnapshotLoad {
    /// Code by which report templates name it.
    pub code: &'static str,
    /// Title for people.
    pub title: &'static str,
    /// Day whose facts it holds, `YYYY-MM-DD`.
    pub as_of: &'static str,
}

impl Demonstration {
    /// The prefecture made from this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, places: Arc::new(Places::new(seed)) }
    }

    /// The number from which it is made.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Everything to be loaded, in order. Nothing is generated before the rows of a sheet are taken.
    #[must_use]
    pub fn loads(&self) -> Vec<Load> {
        let places = &self.places;
        let mut loads = Vec::from(
            [
                registry_sheets::divisions(places),
                registry_sheets::designations(places),
                registry_sheets::statistics(places),
            ]
            .map(Load::Sheet),
        );
        let registered = [registry_sheets::households, registry_sheets::members, incomes::sheet];
        loads.extend(self.by_county(&registered));
        loads.push(snapshot("registered-2015", "2015年末建档立卡(演示数据)", registry_sheets::FORM_DATE));
        loads.extend(
            [
                small_sheets::assistance_plans(places),
                small_sheets::registry_plans(places),
                small_sheets::parameters(),
            ]
            .map(Load::Sheet),
        );
        loads.extend(self.by_county(&[incomes::sheet_of_exits, exits::roster]));
        loads.push(snapshot("exits-2016", "2016年脱贫退出(演示数据)", "2016-12-31"));
        loads.extend(self.by_county(&[
            renovation::ledger,
            appraisals::sheet,
            relocation::ledger,
            water::works,
            water::checks,
            removals::roster,
            changes::sheet,
            relief::ledger,
        ]));
        let aid = [
            partner_aid::pairings(places, self.seed),
            partner_aid::funds(places),
            partner_aid::project_ledger(places, self.seed),
        ];
        loads.extend(aid.map(Load::Sheet));
        loads.extend(self.by_county(&[benefits::list]));
        loads.push(Load::Sheet(partner_aid::visits()));
        loads.push(snapshot("published-2017", "2017年公布口径(演示数据)", "2017-09-30"));
        loads
    }

    /// These sheets of every county, those of one county after each other.
    fn by_county(&self, sheets: &[CountySheet]) -> impl Iterator<Item = Load> {
        (0..self.places.counties.len())
            .flat_map(move |county| sheets.iter().map(move |sheet| sheet(&self.places, self.seed, county)))
            .map(Load::Sheet)
    }
}

/// Makes the sheet of the county at a position.
type CountySheet = fn(&Arc<Places>, u64, usize) -> SheetLoad;

const fn snapshot(code: &'static str, title: &'static str, as_of: &'static str) -> Load {
    Load::Snapshot(SnapshotLoad { code, title, as_of })
}
