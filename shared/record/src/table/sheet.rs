//! Form sheets: what a slice writes where a row of a form is not one record.

use std::any::Any;
use std::collections::BTreeSet;

use crate::engine::Notes;
use crate::resource::{AnyRecord, SheetRow};
use crate::rules::{Act, Context};
use crate::spec::{SheetSpec, Spec};
use crate::state::{Known, Reads};
use crate::value::Value;

/// What the import knows of a row beside its cells.
#[derive(Debug, Clone, Default)]
pub struct RowFacts {
    /// Number of the row in the file.
    pub row: i64,
    /// Division that its place columns name; the header's area where the form has none.
    pub area: Option<String>,
    /// Area that bounds the import.
    pub within: String,
    /// Resource name in 系统编号.
    pub name: Option<String>,
    /// Day the form speaks for, ISO.
    pub form_date: Option<String>,
    /// A differing row corrects instead of changing.
    pub correction: bool,
    /// Why.
    pub reason: String,
    /// Leaves that the row states (filled cells) or clears.
    pub stated: BTreeSet<usize>,
    /// Leaves whose cell is blank: what is recorded stays.
    pub blank: BTreeSet<usize>,
    /// Which of equal rows of the file this is, from 0.
    pub occurrence: u32,
}

/// A form sheet: in by `expand`, out by `collapse`.
pub trait FormSheet: SheetRow {
    /// The acts that a row asks for. Pure.
    fn expand(
        row: &Self::Row,
        facts: &RowFacts,
        context: &Context<'_>,
        reads: &Reads<'_>,
        notes: &mut Notes,
    ) -> Known<Vec<Act>>;
    /// What must stand only once in a file; `None` where rows may repeat.
    fn identity(row: &Self::Row) -> Option<String>;
    /// The leaf whose column shows what is wrong with a field of one of the row's records that the sheet has no column for.
    fn column_of(_path: &str) -> Option<usize> {
        None
    }
    /// The resource whose records are the rows of an export.
    fn source() -> &'static Spec;
    /// The rows of one record; most have one.
    fn collapse(
        name: &str,
        record: &dyn AnyRecord,
        days: &Days<'_>,
        reads: &Reads<'_>,
    ) -> Known<Vec<SheetOut<Self::Row>>>;
}

/// The days of an export, ISO.
#[derive(Debug, Clone, Copy)]
pub struct Days<'d> {
    /// Day on which the records are read.
    pub as_of: &'d str,
    /// Today.
    pub today: &'d str,
}

/// A row on its way out.
pub struct SheetOut<R> {
    /// The row.
    pub row: R,
    /// Its division.
    pub area: String,
    /// Its 系统编号.
    pub name: String,
    /// Leaves of which nothing is shown, whatever is declared of them: the row is about a child.
    pub hidden: Vec<usize>,
}

/// A sheet's row of any type.
pub trait AnyRow: Any + Send + Sync {
    /// The value of a leaf.
    fn get(&self, leaf: usize) -> Value;
    /// Sets a leaf.
    fn set(&mut self, leaf: usize, value: Value);
    /// For downcasts.
    fn as_any(&self) -> &dyn Any;
}

struct TypedRow<S: SheetRow>(S::Row);

impl<S: SheetRow> AnyRow for TypedRow<S> {
    fn get(&self, leaf: usize) -> Value {
        S::get(&self.0, leaf)
    }
    fn set(&mut self, leaf: usize, value: Value) {
        S::set(&mut self.0, leaf, value);
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

type ExpandFn = fn(&dyn AnyRow, &RowFacts, &Context<'_>, &Reads<'_>, &mut Notes) -> Known<Vec<Act>>;
type CollapseFn = fn(&str, &dyn AnyRecord, &Days<'_>, &Reads<'_>) -> Known<Vec<SheetOut<Box<dyn AnyRow>>>>;

/// A form sheet in a service's list, type-erased.
#[derive(Clone, Copy)]
pub struct Sheet {
    /// What is declared.
    pub spec: &'static SheetSpec,
    /// The resource of an export.
    pub source: fn() -> &'static Spec,
    /// An empty row.
    pub new: fn() -> Box<dyn AnyRow>,
    pub(crate) expand: ExpandFn,
    pub(crate) identity: fn(&dyn AnyRow) -> Option<String>,
    pub(crate) column_of: fn(&str) -> Option<usize>,
    pub(crate) collapse: CollapseFn,
}

impl Sheet {
    /// The entry of a sheet.
    pub fn of<S: FormSheet>() -> Self {
        Self {
            spec: S::SPEC,
            source: S::source,
            new: || Box::new(TypedRow::<S>(S::Row::default())),
            expand: |row, facts, context, reads, notes| match row.as_any().downcast_ref::<TypedRow<S>>() {
                Some(typed) => S::expand(&typed.0, facts, context, reads, notes),
                None => Ok(Vec::new()),
            },
            identity: |row| {
                row.as_any().downcast_ref::<TypedRow<S>>().and_then(|typed| S::identity(&typed.0))
            },
            column_of: S::column_of,
            collapse: |name, record, days, reads| {
                let rows = S::collapse(name, record, days, reads)?;
                Ok(rows
                    .into_iter()
                    .map(|out| SheetOut {
                        row: Box::new(TypedRow::<S>(out.row)) as Box<dyn AnyRow>,
                        area: out.area,
                        name: out.name,
                        hidden: out.hidden,
                    })
                    .collect())
            },
        }
    }
}
