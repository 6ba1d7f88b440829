//! The words of a declaration: which rows, which tests, what is made of them.

use crate::column::{ChildColumn, Column};
use crate::spec::{Child, Leaf, Spec};

/// Which rows are looked at: records of a resource, or the elements of one of their repeated fields, each perhaps with
/// one other record of the same service beside it.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    pub(super) record: &'static Spec,
    pub(super) elements: Option<Elements>,
    pub(super) link: Option<Link>,
}

impl Source {
    /// The records of a resource.
    pub const fn rows(record: &'static Spec) -> Self {
        Self { record, elements: None, link: None }
    }

    /// The elements of a repeated field, each with its record. Elements have no validity of their own unless a test
    /// says so ([`ChildColumn::valid_until`]).
    pub const fn elements(elements: Elements) -> Self {
        Self { record: elements.record, elements: Some(elements), link: None }
    }

    /// With one other record beside each row; rows without one do not count. Registers and Links must be valid on the
    /// day, so that there is at most one.
    pub const fn beside(self, link: Link) -> Self {
        Self { record: self.record, elements: self.elements, link: Some(link) }
    }
}

/// The elements of a repeated field that is kept as rows.
#[derive(Debug, Clone, Copy)]
pub struct Elements {
    pub(super) record: &'static Spec,
    pub(super) child: usize,
}

impl Elements {
    pub(super) fn child(&self) -> &'static Child {
        &self.record.children[self.child]
    }
}

/// How another record is found: by its identifier, which every table has an index for. Joined by any other column, a
/// database without statistics of a new table (PostgreSQL, for a minute) would compare all rows with all.
#[derive(Debug, Clone, Copy)]
pub enum Link {
    /// The column holds the other record's name: `households/0190…`.
    Name {
        /// Of the source's record.
        column: Column,
        /// The resource that it names.
        other: &'static Spec,
    },
    /// The column holds the name of a record with whose identifier the other one is kept: a household's standing has
    /// the identifier of the household.
    Namesake {
        /// Of the source's record.
        column: Column,
        /// The resource that the column names.
        of: &'static Spec,
        /// The resource that is kept with its identifiers.
        other: &'static Spec,
    },
}

impl Link {
    pub(super) fn column(&self) -> Column {
        match self {
            Self::Name { column, .. } | Self::Namesake { column, .. } => *column,
        }
    }
    /// The resource whose records the column names.
    pub(super) fn named(&self) -> &'static Spec {
        match self {
            Self::Name { other, .. } => other,
            Self::Namesake { of, .. } => of,
        }
    }
    pub(super) fn other(&self) -> &'static Spec {
        match self {
            Self::Name { other, .. } | Self::Namesake { other, .. } => other,
        }
    }
}

/// A column of the source: of its record, of the record beside it, or of its element.
#[derive(Debug, Clone, Copy)]
pub enum Field {
    /// Of a record.
    Record(Column),
    /// Of an element.
    Element(ChildColumn),
}

impl Field {
    pub(super) fn leaf(&self) -> &'static Leaf {
        match self {
            Self::Record(column) => column.leaf(),
            Self::Element(column) => column.leaf(),
        }
    }

    /// Path in the contract: `payments.paid_on`.
    pub(super) fn path(&self) -> String {
        match self {
            Self::Record(column) => column.leaf().path.to_owned(),
            Self::Element(column) => {
                format!("{}.{}", column.spec.children[column.child].path, column.leaf().path)
            }
        }
    }
}

/// What must hold of a row. A test is true or false: on a field that is absent it is false, and its [`Test::Not`] true.
#[derive(Debug, Clone, Copy)]
pub enum Test {
    /// The day lies in the period, and not after the day that is read.
    InPeriod(Field),
    /// The day is the day that is read, or earlier.
    UpToPeriodEnd(Field),
    /// The day that is read lies in `[from, until)`; an absent `until` is open, an absent `from` holds on no day.
    Valid {
        /// First day.
        from: Field,
        /// Day after the last.
        until: Field,
    },
    /// The number is a calendar year that the period touches, whatever day is read.
    YearInPeriod(Field),
    /// The number, or the number of the enum's value, is one of these. A flag is 0 or 1.
    NumberIn(Field, &'static [i64]),
    /// The text is one of these.
    TextIn(Field, &'static [&'static str]),
    /// The number is greater.
    Above(Field, i64),
    /// It is not absent.
    IsSet(Field),
    /// The state of the record, on the day that is read, is one of these (numbers of the enum).
    StateIn(&'static [i32]),
    /// At least one element of a repeated field passes all these tests.
    Has(Elements, &'static [Test]),
    /// At least one holds.
    AnyOf(&'static [Test]),
    /// It does not hold.
    Not(&'static Test),
}

/// What is made of the rows that pass.
#[derive(Debug, Clone, Copy)]
pub enum Aggregate {
    /// Their number.
    Count,
    /// How many different values the column has. A row without one counts by itself.
    Distinct(Field),
    /// The sum of the column; absent is nothing.
    Sum(Field),
}

/// Columns of the resource that keeps counts from outside the suite.
#[derive(Debug)]
pub struct StatisticTable {
    /// What is counted.
    pub statistic: Column,
    /// Day for which it was counted.
    pub measured_on: Column,
    /// The count.
    pub value: Column,
}

/// Of which division an outside count is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Of the measured division itself.
    Measured,
    /// Of the province that holds the measured area; it has no values by division.
    Province,
}

macro_rules! columns {
    ($column:ty, $field:path) => {
        impl $column {
            /// [`Test::InPeriod`].
            pub const fn in_period(self) -> Test {
                Test::InPeriod($field(self))
            }
            /// [`Test::UpToPeriodEnd`].
            pub const fn up_to_period_end(self) -> Test {
                Test::UpToPeriodEnd($field(self))
            }
            /// [`Test::Valid`] from this column's day until that of another.
            pub const fn valid_until(self, until: $column) -> Test {
                Test::Valid { from: $field(self), until: $field(until) }
            }
            /// [`Test::YearInPeriod`].
            pub const fn year_in_period(self) -> Test {
                Test::YearInPeriod($field(self))
            }
            /// [`Test::NumberIn`].
            pub const fn is_in(self, numbers: &'static [i64]) -> Test {
                Test::NumberIn($field(self), numbers)
            }
            /// [`Test::TextIn`].
            pub const fn is_text_in(self, texts: &'static [&'static str]) -> Test {
                Test::TextIn($field(self), texts)
            }
            /// [`Test::NumberIn`] of a flag that is set to yes.
            pub const fn is_true(self) -> Test {
                Test::NumberIn($field(self), &[1])
            }
            /// [`Test::Above`].
            pub const fn above(self, number: i64) -> Test {
                Test::Above($field(self), number)
            }
            /// [`Test::IsSet`].
            pub const fn is_set(self) -> Test {
                Test::IsSet($field(self))
            }
            /// [`Aggregate::Distinct`].
            pub const fn distinct(self) -> Aggregate {
                Aggregate::Distinct($field(self))
            }
            /// [`Aggregate::Sum`].
            pub const fn sum(self) -> Aggregate {
                Aggregate::Sum($field(self))
            }
        }
    };
}
columns!(Column, Field::Record);
columns!(ChildColumn, Field::Element);

impl ChildColumn {
    /// The elements to which this column belongs.
    pub const fn elements(self) -> Elements {
        Elements { record: self.spec, child: self.child }
    }
}
