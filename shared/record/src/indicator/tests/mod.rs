//! Figures and evidence over random rows against a count in memory; SQLite always, PostgreSQL where
//! `XIUHUA_TEST_POSTGRES_URL` names one.
#![allow(clippy::unwrap_used, reason = "a test ends by its panic")]

mod base;
mod declared;
mod random;
mod rules;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::TryStreamExt;
use kernel::caller::Caller;
use kernel::date::CivilDate;
use kernel::failure::Failure;
use kernel::language::Language;
use proto::common::{
    AreaLevel, Availability, Cell, DateRange, Evidence, EvidenceRole, ListEvidenceRequest, MeasureItem,
    MeasureRequest, Measurement, Period, period, value,
};
use store::Db;

use super::Indicator;
use super::measure::{Measured, Reporter};
use crate::follow::Followed;
use crate::parameters::Defaults;
use crate::value::timestamp;

/// What ships with the service of the tests.
const DEFAULTS: &str = r#"
    [[parameter]]
    identifier = "registry.line"
    qualifier = "-"
    starts_on = "2016-01-01"
    value = "30"
    source = "the law"
    confidence = "S"
"#;

/// Asks as somebody.
pub(super) struct Asking {
    pub(super) db: Db,
    pub(super) caller: Caller,
    pub(super) indicators: Vec<&'static Indicator>,
    defaults: Defaults,
    followed: Followed,
}

impl Asking {
    pub(super) fn everyone(db: Db) -> Self {
        let (caller, indicators) = (Caller::internal("test"), declared::ALL.to_vec());
        let (defaults, followed) = (Defaults::read(&[DEFAULTS]).unwrap(), Followed::nobody());
        Self { db, caller, indicators, defaults, followed }
    }
    fn reporter(&self) -> Reporter<'_> {
        Reporter {
            db: &self.db,
            indicators: &self.indicators,
            defaults: &self.defaults,
            followed: &self.followed,
            caller: &self.caller,
            language: Language::En,
            today: CivilDate::parse("2017-09-30").unwrap(),
        }
    }
    pub(super) async fn measure(
        &self,
        area: &str,
        group_by: AreaLevel,
        items: Vec<MeasureItem>,
    ) -> Result<Measured, Failure> {
        let request =
            MeasureRequest { items, area: area.to_owned(), known_at: None, group_by: group_by.into() };
        self.reporter().measure(request).await
    }
    pub(super) async fn one(&self, area: &str, item: MeasureItem) -> Measurement {
        let measured = self.measure(area, AreaLevel::Unspecified, vec![item]).await.unwrap();
        measured.response.measurements.into_iter().next().unwrap()
    }
    pub(super) async fn evidence(&self, area: &str, item: MeasureItem) -> Result<Vec<Evidence>, Failure> {
        let request =
            ListEvidenceRequest { item: Some(item), area: area.to_owned(), resume_token: String::new() };
        let pages: Vec<_> = self.reporter().evidence(request).await?.try_collect().await?;
        Ok(pages.into_iter().flat_map(|page| page.evidence).collect())
    }
}

pub(super) fn year(indicator: &Indicator, year: i32) -> MeasureItem {
    item(indicator, period::Period::Year(year), "", None)
}

pub(super) fn date(indicator: &Indicator, date: &str) -> MeasureItem {
    item(indicator, period::Period::Date(date.to_owned()), "", None)
}

pub(super) fn range(indicator: &Indicator, from: &str, to: &str) -> MeasureItem {
    let range = DateRange { from: from.to_owned(), to: to.to_owned() };
    item(indicator, period::Period::Range(range), "", None)
}

pub(super) fn item(
    indicator: &Indicator,
    period: period::Period,
    as_of: &str,
    known_at: Option<i64>,
) -> MeasureItem {
    MeasureItem {
        indicator: indicator.id.to_owned(),
        period: Some(Period { period: Some(period) }),
        as_of: as_of.to_owned(),
        known_at: known_at.map(timestamp),
    }
}

/// The number of a cell; `None` where it is not available.
pub(super) fn number(cell: Option<&Cell>) -> Option<i64> {
    let cell = cell?;
    assert_eq!(cell.value.is_some(), cell.availability() == Availability::Available, "{cell:?}");
    match cell.value.as_ref()?.value.as_ref()? {
        value::Value::Count(number) | value::Value::Fen(number) => Some(*number),
        other => panic!("{other:?} is no number"),
    }
}

/// The answer of a flag; `None` where it is not available.
pub(super) fn flag(cell: Option<&Cell>) -> Option<bool> {
    match cell?.value.as_ref()?.value.as_ref()? {
        value::Value::Flag(flag) => Some(*flag),
        other => panic!("{other:?} is no flag"),
    }
}

/// What the evidence adds up to over distinct keys, of one role.
pub(super) fn added(evidence: &[Evidence], role: EvidenceRole) -> i64 {
    let keys: BTreeMap<&str, i64> = evidence
        .iter()
        .filter(|row| row.role() == role)
        .map(|row| (row.distinct_key.as_str(), row.contribution))
        .collect();
    keys.values().sum()
}

/// That no row stands twice.
pub(super) fn rows_differ(evidence: &[Evidence]) -> bool {
    let seen: BTreeSet<_> = evidence.iter().map(|row| (row.role, &row.resource, &row.distinct_key)).collect();
    seen.len() == evidence.len()
}

/// A caller with these permissions in these areas.
pub(super) fn clerk(permissions: &[&str], areas: &[&str]) -> Caller {
    let areas: Vec<_> = areas.iter().map(|area| kernel::area::AreaCode::parse(area).unwrap()).collect();
    Caller {
        role: "clerk".to_owned(),
        permissions: Arc::new(permissions.iter().map(|name| (*name).to_owned()).collect()),
        scope: kernel::area::Scope::of(&areas),
        ..Caller::internal("clerk")
    }
}
