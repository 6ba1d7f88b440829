//! One statement that answers everything counted from one source at one time.

use std::collections::BTreeMap;

use futures::FutureExt;
use futures::stream::{self, StreamExt, TryStreamExt};
use kernel::area::{AreaCode, Level};
use kernel::caller::Caller;
use kernel::date::CivilDate;
use store::{Db, StoreError};

use super::compile::{Counted, Extent, RECORD, digits};
use super::request::Times;
use super::source::Aggregate;
use crate::sql::Where;

/// Statements of one request that run at once.
const AT_ONCE: usize = 2;

/// What scans are told apart by.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    from: String,
    of_province: bool,
    /// The day, where it decides which rows are valid.
    day: Option<CivilDate>,
    known_at: i64,
}

/// One pass over a source.
pub(super) struct Scan {
    key: Key,
    condition: Where,
    columns: Vec<Column>,
}

/// One value of a pass, for the whole area and for each division.
struct Column {
    aggregate: Aggregate,
    whole: String,
    /// Where it differs from `whole`.
    divisions: Option<String>,
}

/// Where a value is found in the answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    scan: usize,
    column: usize,
}

/// What a scan found.
#[derive(Debug, Default)]
pub(super) struct Found {
    whole: Vec<Option<i64>>,
    /// By the leading digits of the division; nothing for what is filed above them.
    divisions: BTreeMap<String, Vec<Option<i64>>>,
}

/// The passes of one request.
pub(super) struct Scans<'s> {
    caller: &'s Caller,
    area: AreaCode,
    group: Option<Level>,
    scans: Vec<Scan>,
}

/// All that was found.
pub(super) struct Answers(pub(super) Vec<Found>);

impl<'s> Scans<'s> {
    /// None yet.
    pub(super) fn new(caller: &'s Caller, area: AreaCode, group: Option<Level>) -> Self {
        Self { caller, area, group, scans: Vec::new() }
    }

    /// How many statements they are.
    pub(super) fn len(&self) -> usize {
        self.scans.len()
    }

    /// Adds one thing to count, to a pass that goes over its rows anyway where there is one.
    pub(super) fn add(&mut self, counted: &Counted, times: &Times) -> Place {
        let key = Key {
            from: counted.from(),
            of_province: counted.of_province(),
            day: counted.dated().then_some(times.day),
            known_at: times.known_at,
        };
        let scan = match self.scans.iter().position(|scan| scan.key == key) {
            Some(scan) => scan,
            None => {
                let mut condition = Where::default();
                counted.common(times, self.caller, &self.area, &mut condition);
                self.scans.push(Scan { key, condition, columns: Vec::new() });
                self.scans.len() - 1
            }
        };
        let Scan { condition, columns, .. } = &mut self.scans[scan];
        let whole = value(counted, times, &self.area, Extent::Whole, condition);
        let divisions = match self.group {
            Some(level) if !counted.empty_is_zero() => {
                Some(value(counted, times, &self.area, Extent::Divisions(level), condition))
            }
            _ => None,
        };
        columns.push(Column { aggregate: counted.aggregate, whole, divisions });
        Place { scan, column: columns.len() - 1 }
    }

    /// Runs them.
    pub(super) async fn run(self, db: &Db) -> Result<Answers, StoreError> {
        let mut runs = Vec::with_capacity(self.scans.len());
        for scan in &self.scans {
            runs.push(scan.run(db, self.group).boxed());
        }
        Ok(Answers(stream::iter(runs).buffered(AT_ONCE).try_collect().await?))
    }
}

/// An expression that is null for rows that do not count, else what its aggregate takes.
fn value(counted: &Counted, times: &Times, area: &AreaCode, extent: Extent, arguments: &mut Where) -> String {
    let taken = match counted.aggregate {
        Aggregate::Count | Aggregate::Sum(_) => counted.contribution(),
        Aggregate::Distinct(_) => counted.key(),
    };
    format!("CASE WHEN {} THEN {taken} END", counted.predicate(times, area, extent, arguments))
}

impl Scan {
    async fn run(&self, db: &Db, group: Option<Level>) -> Result<Found, StoreError> {
        let mut found = Found::default();
        for row in db.scan(&self.sql(group), &self.condition.arguments).await? {
            let values = (0..self.columns.len()).map(|column| row.optional_integer(column + 2)).collect();
            if row.integer(0) == 0 {
                found.whole = values;
            } else {
                found.divisions.insert(row.text(1).to_owned(), values);
            }
        }
        Ok(found)
    }

    /// The statement: one row of totals, and one a division where they are asked for. The rows of the source are read
    /// once, into a table of what each of them adds, which both aggregations read.
    fn sql(&self, group: Option<Level>) -> String {
        let (from, condition) = (&self.key.from, self.condition.text());
        let Some(level) = group else {
            let totals: Vec<String> =
                self.columns.iter().map(|column| aggregated(column.aggregate, &column.whole)).collect();
            return format!("SELECT 0 AS part, '' AS division, {} FROM {from}{condition}", totals.join(", "));
        };
        let mut listed = vec![format!("{RECORD}.area AS area")];
        let mut totals = Vec::new();
        let mut parts = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            listed.push(format!("{} AS w{index}", column.whole));
            totals.push(aggregated(column.aggregate, &format!("w{index}")));
            match &column.divisions {
                None => parts.push(aggregated(column.aggregate, &format!("w{index}"))),
                Some(divisions) => {
                    listed.push(format!("{divisions} AS d{index}"));
                    parts.push(aggregated(column.aggregate, &format!("d{index}")));
                }
            }
        }
        let length = level.significant_digits();
        format!(
            "WITH counted AS MATERIALIZED (SELECT {} FROM {from}{condition}) \
             SELECT 0 AS part, '' AS division, {} FROM counted \
             UNION ALL SELECT 1, CASE WHEN {} < {length} THEN '' ELSE substr(area, 1, {length}) END, {} \
             FROM counted GROUP BY 2 ORDER BY 1, 2",
            listed.join(", "),
            totals.join(", "),
            digits("area"),
            parts.join(", ")
        )
    }
}

fn aggregated(aggregate: Aggregate, expression: &str) -> String {
    match aggregate {
        Aggregate::Count => format!("COUNT({expression})"),
        Aggregate::Distinct(_) => format!("COUNT(DISTINCT {expression})"),
        Aggregate::Sum(_) => format!("CAST(SUM({expression}) AS BIGINT)"),
    }
}

/// A value of the whole area, of its divisions and of itself alone; `None` where nothing is known.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) whole: Option<i64>,
    pub(super) divisions: BTreeMap<String, Option<i64>>,
    pub(super) own: Option<i64>,
}

impl Answers {
    /// The values of what was added at this place.
    pub(super) fn values(&self, counted: &Counted, place: Place) -> Values {
        let zero = counted.empty_is_zero();
        let read = |values: &Vec<Option<i64>>| {
            let value = values.get(place.column).copied().flatten();
            if zero { Some(value.unwrap_or_default()) } else { value }
        };
        let found = &self.0[place.scan];
        let mut divisions: BTreeMap<String, Option<i64>> =
            found.divisions.iter().map(|(division, values)| (division.clone(), read(values))).collect();
        let own = divisions.remove("").unwrap_or(Some(0)).filter(|_| zero);
        if !zero {
            divisions.retain(|_, value| value.is_some());
        }
        Values { whole: read(&found.whole), divisions, own }
    }
}
