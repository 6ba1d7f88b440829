//! `Measure`: many indicators in one consistent read, in as few statements as there are sources and times.

use std::collections::BTreeSet;

use kernel::area::{AreaCode, Level};
use kernel::caller::Caller;
use kernel::date::CivilDate;
use kernel::failure::{Failure, Reason, Violations};
use kernel::language::{Label, Language};
use proto::common::{
    Additivity, Availability, Cell, MeasureItem, MeasureRequest, MeasureResponse, Measurement, Position,
    Value, value,
};
use store::Db;

use super::compile::{Counted, Rule};
use super::part::{Numbers, Part, value_of};
use super::request::{Times, area_of, group_of, moment};
use super::scan::{Answers, Place, Scans};
use super::setting::{Asked, Setting, Settings};
use super::{Formula, Indicator, level_word};
use crate::call::Call;
use crate::engine::Engine;
use crate::parameters::Defaults;
use crate::refusal::refusal;
use crate::value::timestamp;

/// Items of one Measure, at most.
pub const ITEM_LIMIT: usize = 500;

/// The permission to have values of all indicators without reading what they count.
const FIGURES: &str = "figure.read";

const NO_PLAN: Label = Label::new(
    "该地区该年度没有计划数",
    "이 지역의 해당 년도 계획수치가 없습니다",
    "there is no target for the area and the year",
);
const NO_STATISTIC: Label = Label::new(
    "该地区没有基础数据",
    "이 지역의 기초수치가 없습니다",
    "there is no outside count for the area",
);
const NO_SETTING: Label = Label::new(
    "该地区没有设定此参数的值",
    "이 지역에는 이 파라메터의 값이 설정되지 않았습니다",
    "the parameter has no value that can be read in the area",
);
const NO_DENOMINATOR: Label =
    Label::new("分母缺失或为零", "분모가 없거나 0입니다", "the denominator is missing or zero");

/// An answer and what it cost.
#[derive(Debug)]
pub struct Measured {
    /// The answer.
    pub response: MeasureResponse,
    /// How many statements counted: one for each source, moment and, where rows have validity, day; one a moment for
    /// all parameters.
    pub statements: usize,
}

impl Engine {
    /// Measures indicators for an area; see [`Self::measured`].
    pub async fn measure(&self, call: &Call, request: MeasureRequest) -> Result<MeasureResponse, Failure> {
        Ok(self.measured(call, request).await?.response)
    }

    /// Measures indicators for an area, and says in how many statements.
    ///
    /// # Errors
    /// `AREA_UNKNOWN`, `AREA_FORBIDDEN`, `AREA_LEVEL_WRONG` (of `group_by`), `INDICATOR_UNKNOWN`, `PERIOD_INVALID`,
    /// `DATE_INVALID`, `KNOWN_AT_IN_FUTURE`, `BATCH_TOO_LARGE`, `BATCH_EMPTY`. What the caller may not see or what is
    /// not known is no error: its cell says so.
    pub async fn measured(&self, call: &Call, request: MeasureRequest) -> Result<Measured, Failure> {
        let reporter = self.reporter(call);
        let measured = reporter.measure(request).await?;
        tracing::debug!(statements = measured.statements, "measured");
        Ok(measured)
    }

    pub(super) fn reporter<'r>(&'r self, call: &'r Call) -> Reporter<'r> {
        let inner = self.inner();
        Reporter {
            db: &inner.db,
            indicators: &inner.indicators,
            defaults: &inner.defaults,
            followed: &inner.followed,
            caller: call.caller(),
            language: call.context.language,
            today: inner.clock.today(),
        }
    }
}

/// What measuring needs: the rows, the declarations, who asks and when.
pub(super) struct Reporter<'r> {
    pub(super) db: &'r Db,
    pub(super) indicators: &'r [&'static Indicator],
    pub(super) defaults: &'r Defaults,
    pub(super) followed: &'r crate::follow::Followed,
    pub(super) caller: &'r Caller,
    pub(super) language: Language,
    pub(super) today: CivilDate,
}

/// What becomes of an item.
enum Plan {
    /// It is not measured: why, and in which words.
    Refused(Availability, String),
    /// These are counted: one, or the two of a ratio or a flag.
    Counted(Vec<Planned>),
}

/// A part, and where its numbers are found.
enum Planned {
    Rows(Counted, Place),
    Setting(Setting),
}

/// All that was found.
struct Found {
    answers: Answers,
    settings: Settings,
}

impl Reporter<'_> {
    pub(super) async fn measure(&self, request: MeasureRequest) -> Result<Measured, Failure> {
        match request.items.len() {
            0 => return Err(Failure::new(Reason::BatchEmpty)),
            1..=ITEM_LIMIT => {}
            _ => return Err(Failure::new(Reason::BatchTooLarge).with("limit", ITEM_LIMIT)),
        }
        let area = area_of(self.caller, &request.area)?;
        let group = group_of(&area, request.group_by, self.language)?;
        // Taken first, so that everything up to it is in what is read.
        let head = self.db.feed_head().await?;
        let now = self.db.closed_now().await?;
        let known_at = moment(request.known_at.as_ref(), now, now)
            .ok_or_else(|| Failure::new(Reason::KnownAtInFuture))?;
        let items = self.items(&request.items, known_at, now)?;

        let (mut scans, mut settings) = (Scans::new(self.caller, area, group), Settings::default());
        let plans: Vec<Plan> = items
            .iter()
            .map(|(indicator, times)| self.plan(indicator, times, &area, group, (&mut scans, &mut settings)))
            .collect();
        let statements = scans.len() + settings.len();
        let found = Found { answers: scans.run(self.db).await?, settings: settings.run(self.db).await? };
        let measurements = items
            .iter()
            .zip(&plans)
            .map(|((indicator, times), plan)| {
                self.measurement(indicator, times, plan, &found, (&area, group))
            })
            .collect();
        let response = MeasureResponse {
            measurements,
            known_at: Some(timestamp(known_at)),
            position: Some(Position { token: head.to_string(), at: Some(timestamp(now)) }),
            rests_on: self.followed.positions(),
        };
        Ok(Measured { response, statements })
    }

    /// The indicator of this identifier.
    pub(super) fn indicator(&self, id: &str) -> Option<&'static Indicator> {
        self.indicators.iter().copied().find(|indicator| indicator.id == id)
    }

    fn items(
        &self,
        items: &[MeasureItem],
        known_at: i64,
        now: i64,
    ) -> Result<Vec<(&'static Indicator, Times)>, Failure> {
        let mut violations = Violations::default();
        let mut found = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let indicator = self.indicator(&item.indicator);
            if indicator.is_none() {
                violations
                    .push(format!("items[{index}].indicator"), Reason::IndicatorUnknown)
                    .add("indicator", &item.indicator);
            }
            match (indicator, Times::of(item, known_at, now, self.today)) {
                (Some(indicator), Ok(times)) => found.push((indicator, times)),
                (None, Ok(_)) => {}
                (_, Err((field, reason))) => {
                    violations.push(format!("items[{index}].{field}"), reason);
                }
            }
        }
        if violations.is_empty() { Ok(found) } else { Err(refusal(violations)) }
    }

    /// Whether the caller may have the indicator's value: as far as the rows may be seen, or as one who takes figures over.
    fn countable(&self, indicator: &'static Indicator) -> Result<(), Failure> {
        self.caller.require_programme(indicator.programme())?;
        if self.caller.may(FIGURES) { Ok(()) } else { self.allowed(indicator) }
    }

    /// Whether the caller may see the rows: the indicator's programme, and the read permission of every resource it counts.
    pub(super) fn allowed(&self, indicator: &'static Indicator) -> Result<(), Failure> {
        self.caller.require_programme(indicator.programme())?;
        for spec in indicator.resources() {
            self.caller.require(spec.read_permission)?;
        }
        Ok(())
    }

    fn plan(
        &self,
        indicator: &'static Indicator,
        times: &Times,
        area: &AreaCode,
        group: Option<Level>,
        (scans, settings): (&mut Scans<'_>, &mut Settings),
    ) -> Plan {
        if let Err(failure) = self.countable(indicator) {
            return Plan::Refused(Availability::Forbidden, failure.message(self.language));
        }
        let levels = indicator.levels;
        if !levels.has(area.level()) && !group.is_some_and(|level| levels.has(level)) {
            return Plan::Refused(Availability::NotAtLevel, self.not_at_level(indicator, area.level()));
        }
        let parts = indicator.parts().into_iter().map(|part| match Part::of(part) {
            Part::Rows(counted) => Planned::Rows(counted, scans.add(&counted, times)),
            Part::Setting(setting) => {
                settings.add(&setting, times);
                Planned::Setting(setting)
            }
        });
        Plan::Counted(parts.collect())
    }

    fn not_at_level(&self, indicator: &Indicator, level: Level) -> String {
        level_failure(indicator, level, self.language).message(self.language)
    }

    fn measurement(
        &self,
        indicator: &'static Indicator,
        times: &Times,
        plan: &Plan,
        found: &Found,
        (area, group): (&AreaCode, Option<Level>),
    ) -> Measurement {
        let mut measurement = Measurement {
            indicator: indicator.id.to_owned(),
            total: None,
            divisions: Vec::new(),
            own: None,
            known_at: Some(timestamp(times.known_at)),
            as_of: times.day.to_string(),
            note: String::new(),
        };
        let parts = match plan {
            Plan::Refused(availability, note) => {
                measurement.total = Some(empty(area, *availability));
                measurement.note.clone_from(note);
                return measurement;
            }
            Plan::Counted(parts) => parts,
        };
        let numbers: Vec<Numbers<'_>> = parts
            .iter()
            .map(|part| match part {
                Planned::Rows(counted, place) => Numbers::Rows(found.answers.values(counted, *place)),
                Planned::Setting(setting) => Numbers::Setting(Asked {
                    setting: *setting,
                    settings: &found.settings,
                    defaults: self.defaults,
                    times,
                }),
            })
            .collect();
        let whole: Vec<Option<i64>> = numbers.iter().map(|numbers| numbers.whole(area)).collect();
        measurement.total = Some(if indicator.levels.has(area.level()) {
            cell(area, value_of(indicator, &whole))
        } else {
            empty(area, Availability::NotAtLevel)
        });
        if let Some(level) = group.filter(|level| indicator.levels.has(*level)) {
            measurement.divisions = divisions(indicator, &numbers, (area, level));
            if matches!(indicator.additivity(), Additivity::Additive | Additivity::Distinct) {
                let own: Vec<Option<i64>> = numbers.iter().map(Numbers::own).collect();
                measurement.own = Some(cell(area, value_of(indicator, &own)));
            }
        }
        measurement.note = match measurement.total.as_ref().map(Cell::availability) {
            Some(Availability::NotAtLevel) => self.not_at_level(indicator, area.level()),
            Some(Availability::Unavailable) => why(indicator, &whole).in_language(self.language).to_owned(),
            _ => String::new(),
        };
        measurement
    }
}

/// An indicator that is asked for where it does not exist.
pub(super) fn level_failure(indicator: &Indicator, level: Level, language: Language) -> Failure {
    Failure::new(Reason::LevelNotDeclared)
        .with("indicator", indicator.id)
        .with("level", level_word(level).in_language(language))
}

/// The cells of the divisions, in the order of their codes. A division where nothing is known is not among them.
fn divisions(indicator: &Indicator, numbers: &[Numbers<'_>], (area, level): (&AreaCode, Level)) -> Vec<Cell> {
    let divisions: BTreeSet<AreaCode> =
        numbers.iter().flat_map(|numbers| numbers.divisions(area, level)).collect();
    divisions
        .into_iter()
        .map(|division| {
            let there: Vec<Option<i64>> = numbers.iter().map(|numbers| numbers.at(&division)).collect();
            cell(&division, value_of(indicator, &there))
        })
        .collect()
}

/// What is missing where a value is not available.
fn why(indicator: &'static Indicator, numbers: &[Option<i64>]) -> Label {
    if let (Formula::Ratio { .. }, Some(Some(0))) = (&indicator.formula, numbers.last()) {
        return NO_DENOMINATOR;
    }
    let missing = indicator.parts().into_iter().zip(numbers).find(|(_, number)| number.is_none());
    match missing.map(|(part, _)| Part::of(part)) {
        Some(Part::Rows(Counted { rule: Rule::Plan { .. }, .. })) => NO_PLAN,
        Some(Part::Rows(Counted { rule: Rule::Statistic { .. }, .. })) => NO_STATISTIC,
        Some(Part::Setting(_)) => NO_SETTING,
        Some(Part::Rows(Counted { rule: Rule::Plain, .. })) | None => NO_DENOMINATOR,
    }
}

fn cell(area: &AreaCode, value: Option<value::Value>) -> Cell {
    match value {
        None => empty(area, Availability::Unavailable),
        Some(value) => Cell {
            area: area.to_string(),
            availability: Availability::Available.into(),
            value: Some(Value { value: Some(value) }),
        },
    }
}

fn empty(area: &AreaCode, availability: Availability) -> Cell {
    Cell { area: area.to_string(), availability: availability.into(), value: None }
}
