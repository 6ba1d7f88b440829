//! Settings as figures: the value of a parameter in a division on a day, as known at a moment.

use std::collections::{BTreeMap, BTreeSet};

use kernel::area::{AreaCode, Level};
use kernel::money::Fen;
use proto::common::{Evidence, EvidenceDate, EvidenceRole, Source, SourceKind, Unit};
use store::{Db, Row, StoreError};

use super::request::Times;
use super::wire_label;
use crate::codec::FOREVER;
use crate::column::Column;
use crate::contract::{PARAMETER_SPEC, parameter};
use crate::parameters::{Default, Defaults};
use crate::sql::Where;

/// Words of a switch.
const YES: [&str; 3] = ["1", "true", "是"];
const NO: [&str; 3] = ["0", "false", "否"];

/// A parameter that is read as a number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    pub(super) identifier: &'static str,
    /// `-` where it is not limited.
    pub(super) qualifier: &'static str,
    /// In which its text is written.
    pub(super) unit: Unit,
}

/// A setting as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    id: String,
    version: i64,
    area: AreaCode,
    valid: (String, String),
    identifier: String,
    qualifier: String,
    starts_on: String,
    ends_on: Option<String>,
    value: String,
    source_text: String,
    source: Option<Source>,
}

/// The stored settings that a request needs, by the moment of knowledge. Reading them is one statement a moment.
#[derive(Debug, Default)]
pub(super) struct Settings {
    wanted: BTreeMap<i64, BTreeSet<&'static str>>,
    stored: BTreeMap<i64, Vec<Stored>>,
}

/// One parameter as it is asked: where, when, known when.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) setting: Setting,
    pub(super) settings: &'a Settings,
    pub(super) defaults: &'a Defaults,
    pub(super) times: &'a Times,
}

impl Settings {
    /// Notes that a parameter is needed.
    pub(super) fn add(&mut self, setting: &Setting, times: &Times) {
        self.wanted.entry(times.known_at).or_default().insert(setting.identifier);
    }

    /// How many statements they are.
    pub(super) fn len(&self) -> usize {
        self.wanted.len()
    }

    /// Reads them.
    pub(super) async fn run(mut self, db: &Db) -> Result<Self, StoreError> {
        for (known_at, identifiers) in &self.wanted {
            let stored = read(db, *known_at, identifiers).await?;
            self.stored.insert(*known_at, stored);
        }
        Ok(self)
    }

    fn at(&self, known_at: i64) -> &[Stored] {
        self.stored.get(&known_at).map_or(&[], Vec::as_slice)
    }
}

/// Reference data: readable outside the caller's area.
async fn read(db: &Db, known_at: i64, identifiers: &BTreeSet<&str>) -> Result<Vec<Stored>, StoreError> {
    let mut condition = Where::default();
    condition.known("t", Some(known_at));
    let places: Vec<String> = identifiers.iter().map(|one| condition.argument(*one)).collect();
    condition.and(format!("t.\"{}\" IN ({})", parameter::IDENTIFIER.name(), places.join(", ")));
    let own = [
        parameter::IDENTIFIER,
        parameter::QUALIFIER,
        parameter::STARTS_ON,
        parameter::ENDS_ON,
        parameter::VALUE,
        parameter::SOURCE_TEXT,
    ];
    let own: Vec<String> = own.iter().map(|column| format!("t.\"{}\"", column.name())).collect();
    let sql = format!(
        "SELECT t.area, t.id, t.version, t.valid_from, t.valid_to, {}, t.source_kind, t.source_form, \
         t.source_digest, t.source_row, t.source_system, t.source_document_no FROM {} t{} ORDER BY t.area, t.id",
        own.join(", "),
        PARAMETER_SPEC.table,
        condition.text(),
    );
    Ok(db.all(&sql, &condition.arguments).await?.iter().filter_map(Stored::of).collect())
}

impl Stored {
    fn of(row: &Row) -> Option<Self> {
        let text = |column: usize| row.text(column).to_owned();
        Some(Self {
            area: AreaCode::parse(row.text(0))?,
            id: text(1),
            version: row.integer(2),
            valid: (text(3), text(4)),
            identifier: text(5),
            qualifier: text(6),
            starts_on: text(7),
            ends_on: row.optional_text(8).filter(|day| !day.is_empty()).map(str::to_owned),
            value: text(9),
            source_text: text(10),
            source: super::evidence::source(row, 11),
        })
    }

    fn is_in_force(&self, setting: &Setting, day: &str) -> bool {
        self.identifier == setting.identifier
            && self.qualifier == setting.qualifier
            && (self.valid.0.as_str() <= day && day < self.valid.1.as_str())
            && self.starts_on.as_str() <= day
            && self.ends_on.as_deref().is_none_or(|end| day < end)
    }

    fn evidence(&self, contribution: i64) -> Evidence {
        let mut source = self.source.clone().unwrap_or_default();
        if source.document_no.is_empty() {
            source.document_no.clone_from(&self.source_text);
        }
        Evidence {
            resource: format!("{}/{}", PARAMETER_SPEC.collection, self.id),
            area: self.area.to_string(),
            label: self.identifier.clone(),
            contribution,
            distinct_key: self.id.clone(),
            role: EvidenceRole::Numerator.into(),
            dates: days(&self.starts_on, self.ends_on.as_deref()),
            source: Some(source),
            version: self.version,
        }
    }
}

fn days(starts_on: &str, ends_on: Option<&str>) -> Vec<EvidenceDate> {
    let date = |column: Column, day: &str| EvidenceDate {
        field: column.leaf().path.to_owned(),
        label: column.leaf().title.as_ref().map(wire_label),
        date: day.to_owned(),
    };
    let mut days = vec![date(parameter::STARTS_ON, starts_on)];
    days.extend(ends_on.filter(|day| *day != FOREVER).map(|day| date(parameter::ENDS_ON, day)));
    days
}

impl Setting {
    /// The number that a text says; `None` where it says none.
    fn number(&self, text: &str) -> Option<i64> {
        let text = text.trim();
        match self.unit {
            Unit::Yuan => Fen::parse_yuan(text).ok().map(Fen::fen),
            Unit::Flag if YES.contains(&text) => Some(1),
            Unit::Flag if NO.contains(&text) => Some(0),
            Unit::Flag => None,
            _ => text.parse().ok(),
        }
    }
}

/// What is in force somewhere.
enum InForce<'a> {
    Stored(&'a Stored),
    Shipped(&'a Default),
}

impl Asked<'_> {
    /// The setting of the smallest division that holds the area, with the latest start that has come; else the default.
    fn in_force(&self, area: &AreaCode) -> Option<InForce<'_>> {
        let day = self.times.day.to_string();
        let set = self.settings.at(self.times.known_at).iter();
        let set = set.filter(|one| one.is_in_force(&self.setting, &day) && one.area.contains(area));
        if let Some(strongest) = set.max_by_key(|one| (one.area.prefix().len(), &one.starts_on)) {
            return Some(InForce::Stored(strongest));
        }
        let shipped = self.defaults.all().filter(|one| {
            one.identifier == self.setting.identifier
                && one.qualifier == self.setting.qualifier
                && one.starts_on <= day
        });
        shipped.max_by_key(|one| &one.starts_on).map(InForce::Shipped)
    }

    /// The value in a division.
    pub(super) fn at(&self, area: &AreaCode) -> Option<i64> {
        match self.in_force(area)? {
            InForce::Stored(stored) => self.setting.number(&stored.value),
            InForce::Shipped(default) => self.setting.number(&default.value),
        }
    }

    /// The divisions of a level within an area that have a setting of their own.
    pub(super) fn divisions<'s>(
        &'s self,
        area: &AreaCode,
        level: Level,
    ) -> impl Iterator<Item = AreaCode> + use<'s> {
        let (day, area) = (self.times.day.to_string(), *area);
        self.settings
            .at(self.times.known_at)
            .iter()
            .filter(move |one| {
                one.area.level() == level && area.contains(&one.area) && one.is_in_force(&self.setting, &day)
            })
            .map(|one| one.area)
    }

    /// The one setting that makes the value of an area. A default that ships with the service is no record: its
    /// evidence names none.
    pub(super) fn evidence(&self, area: &AreaCode) -> Option<Evidence> {
        match self.in_force(area)? {
            InForce::Stored(stored) => Some(stored.evidence(self.setting.number(&stored.value)?)),
            InForce::Shipped(default) => Some(Evidence {
                resource: String::new(),
                area: area.to_string(),
                label: default.identifier.clone(),
                contribution: self.setting.number(&default.value)?,
                distinct_key: default.identifier.clone(),
                role: EvidenceRole::Numerator.into(),
                dates: days(&default.starts_on, None),
                source: Some(Source {
                    kind: SourceKind::System.into(),
                    document_no: default.source.clone(),
                    ..Source::default()
                }),
                version: 0,
            }),
        }
    }
}
