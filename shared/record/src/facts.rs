//! What a record kind tells of a household: declared beside its slice, read for the household's whole picture.

use std::collections::HashMap;

use kernel::language::Label;
use proto::common::{Assurance, HouseholdSection, Verdict};

use crate::column::Column;
use crate::resource::{AnyRecord, Resource, typed};
use crate::spec::Spec;

/// What a record kind tells of a household.
#[derive(Debug)]
pub struct Facts {
    /// How the household's records are found.
    pub of: Of,
    /// Section in which the records themselves are told; `None` where only their benefit or assurance is.
    pub section: Option<HouseholdSection>,
    /// Records that this column names are told with it: a membership's person.
    pub with: Option<(Column, &'static Spec)>,
    /// All periods of the records, not only those of the day.
    pub every_period: bool,
    /// What such a record gives the household.
    pub benefit: Option<fn(&dyn AnyRecord) -> Benefit>,
}

/// How the records of a household are found.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// The record's identifier is the household's: itself, and what is derived of it.
    SameIdentifier,
    /// The column holds the household's name.
    Household(Column),
}

/// What a record gives a household, beside its name, noun, programme and state, which are declared.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Benefit {
    /// What it is about.
    pub title: String,
    /// Year for which it counts.
    pub year: Option<i32>,
    /// Approved or planned, in fen.
    pub approved_fen: Option<i64>,
    /// Paid, in fen.
    pub paid_fen: Option<i64>,
}

impl Facts {
    /// Records of a section, found by the household's name in a column.
    pub const fn records(section: HouseholdSection, household: Column) -> Self {
        Self {
            of: Of::Household(household),
            section: Some(section),
            with: None,
            every_period: false,
            benefit: None,
        }
    }
    /// Records that give something, found by the household's name in a column.
    pub const fn benefit(household: Column, benefit: fn(&dyn AnyRecord) -> Benefit) -> Self {
        Self {
            of: Of::Household(household),
            section: None,
            with: None,
            every_period: false,
            benefit: Some(benefit),
        }
    }
    /// Records on which only an assurance rests, found by the household's name in a column.
    pub const fn evidence(household: Column) -> Self {
        Self { of: Of::Household(household), section: None, with: None, every_period: false, benefit: None }
    }
}

/// The sum of payments that did not come back, in fen.
pub fn paid(payments: &[proto::common::Payment]) -> Option<i64> {
    let stood = payments.iter().filter(|payment| payment.returned_on.is_empty());
    let amounts: Vec<i64> = stood.filter_map(|payment| payment.amount_fen).collect();
    (!amounts.is_empty()).then(|| amounts.into_iter().fold(0, i64::saturating_add))
}

/// What a service can tell of one assurance.
#[derive(Debug)]
pub struct Assures {
    /// Of what.
    pub assurance: Assurance,
    /// The record kinds on which it rests; whoever may not read one of them is not told.
    pub needs: &'static [&'static Spec],
    /// What the household's records of the service say on the day.
    pub of: fn(&Told<'_>) -> Finding,
}

/// All of a household's records in a service, on a day.
pub struct Told<'t> {
    /// The day, ISO.
    pub as_of: &'t str,
    pub(crate) records: &'t HashMap<&'static str, Vec<&'t dyn AnyRecord>>,
}

impl Told<'_> {
    /// The records of one kind, typed.
    pub fn of<R: Resource>(&self) -> impl Iterator<Item = &R::Record> {
        let found = self.records.get(R::SPEC.collection).map(Vec::as_slice).unwrap_or_default();
        found.iter().filter_map(|record| typed::<R>(*record))
    }
}

/// How an assurance stands.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The verdict; without a record UNKNOWN, never a pass.
    pub verdict: Verdict,
    /// Why.
    pub basis: Label,
    /// Names of the records it rests on.
    pub evidence: Vec<String>,
    /// Day of the newest of them, ISO; empty where there is none.
    pub checked_on: String,
}

impl Finding {
    /// Nothing tells.
    pub const fn unknown(basis: Label) -> Self {
        Self { verdict: Verdict::Unknown, basis, evidence: Vec::new(), checked_on: String::new() }
    }
    /// A verdict that rests on one record.
    pub fn of(verdict: Verdict, basis: Label, evidence: &str, checked_on: &str) -> Self {
        Self { verdict, basis, evidence: vec![evidence.to_owned()], checked_on: checked_on.to_owned() }
    }
}
