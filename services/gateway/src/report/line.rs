//! A line on its way: from what the template says to what was measured.

use kernel::failure::{Failure, Reason};
use kernel::language::Language;
use kernel::period::Period;
use prost_types::Timestamp;
use proto::common::{self, Cell, DateRange, Indicator, Label, MeasureItem, Measurement, period};
use proto::xiuhua::gateway::v1::report_line::{Availability, FigureKind};
use proto::xiuhua::gateway::v1::{ReportCell, ReportLine};

use super::asked::{Frame, KnownAt};
use super::known::Snapshots;
use super::period::{PeriodRule, YearText};
use super::precision::Precision;
use super::template::{FURTHER, Line, Plan};
use super::value;

/// What is filed at the area itself.
const OWN: kernel::language::Label = kernel::language::Label::new("本级", "본급", "own level");

/// A line that is to be measured.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Its place in the report.
    pub(crate) order: usize,
    /// It is measured only as the plan of the line at that place.
    pub(crate) is_plan: bool,
    /// The service that owns the indicator.
    pub(crate) service: &'static str,
    /// What is to be measured.
    pub(crate) item: MeasureItem,
    /// The line as far as it is known.
    pub(crate) line: ReportLine,
    /// Its precision, where the published value may be compared.
    agreement: Option<Precision>,
}

impl Wanted {
    /// A line of a template.
    ///
    /// # Errors
    /// `PERIOD_INVALID` where its rule means no days in this year.
    pub(crate) fn of_template(
        line: &Line,
        order: usize,
        frame: &Frame,
        language: Language,
    ) -> Result<Self, Failure> {
        let item = item(&line.indicator, line.period, frame)?;
        let compared = frame.is_published();
        let line_of_report = ReportLine {
            figure_id: line.figure.of(frame.year),
            indicator_id: line.indicator.clone(),
            label: line.label.as_ref().map(|label| label.of(language, frame.year)).unwrap_or_default(),
            unit: line.unit.clone(),
            kind: line.kind.into(),
            snapshot: line.snapshot.of(frame.year),
            period: item.period.clone(),
            published_value: line.published.filter(|_| compared),
            precision: if compared { line.precision.clone() } else { String::new() },
            section: line.section.clone(),
            ..ReportLine::default()
        };
        let agreement = line.agreement.filter(|_| compared);
        Ok(Self { order, is_plan: false, service: line.service, item, line: line_of_report, agreement })
    }

    /// The plan of a line of a template, to be measured beside it.
    ///
    /// # Errors
    /// As [`Self::of_template`].
    pub(crate) fn of_plan(
        line: &Line,
        order: usize,
        frame: &Frame,
        language: Language,
    ) -> Result<Option<Self>, Failure> {
        let lines = frame.template.as_deref().map_or(&[][..], |template| &template.lines);
        let plan = match &line.plan {
            None => None,
            Some(Plan::Line(place)) => lines.get(*place).cloned(),
            Some(Plan::Indicator { id, service }) => YearText::parse(id).map(|figure| Line {
                figure,
                indicator: id.clone(),
                service,
                published: None,
                ..line.clone()
            }),
        };
        let plan = plan.map(|plan| Self::of_template(&plan, order, frame, language)).transpose()?;
        Ok(plan.map(|plan| Self { is_plan: true, ..plan }))
    }

    /// A line for an indicator that no template names.
    ///
    /// # Errors
    /// Never for the calendar year of a report.
    pub(crate) fn of_indicator(
        id: &str,
        service: &'static str,
        order: usize,
        frame: &Frame,
    ) -> Result<Self, Failure> {
        let item = item(id, PeriodRule::YEAR, frame)?;
        let line = ReportLine {
            figure_id: id.to_owned(),
            indicator_id: id.to_owned(),
            kind: FigureKind::Actual.into(),
            period: item.period.clone(),
            section: FURTHER.to_owned(),
            ..ReportLine::default()
        };
        Ok(Self { order, is_plan: false, service, item, line, agreement: None })
    }

    /// Takes from the indicator what the template leaves to it.
    pub(crate) fn describe(&mut self, indicator: &Indicator, language: Language) {
        let line = &mut self.line;
        if line.label.is_empty() {
            line.label = worded(indicator.label.as_ref(), language);
        }
        line.definition = worded(indicator.definition.as_ref(), language);
        if line.unit.is_empty() {
            line.unit = value::unit_name(indicator.unit()).to_owned();
        }
        line.measured_in = indicator.unit;
        line.additivity = indicator.additivity;
        if let Some(kind) = value::kind(indicator.kind()) {
            line.kind = kind.into();
        }
    }

    /// Fixes the moment whose knowledge is read. A snapshot that does not exist leaves the line at now, unpinned.
    pub(crate) fn pin(&mut self, known_at: &KnownAt, snapshots: &Snapshots) {
        let moment = match known_at {
            KnownAt::Moment(moment) => {
                self.line.snapshot.clear();
                Some(*moment)
            }
            KnownAt::Snapshot(code) => {
                self.line.snapshot.clone_from(code);
                snapshots.get(code).copied()
            }
            KnownAt::Lines => snapshots.get(&self.line.snapshot).copied(),
        };
        self.line.pinned = moment.is_some();
        self.item.known_at = moment;
    }

    /// The line with what was measured.
    pub(crate) fn measured(mut self, measured: Measurement, area: &str, language: Language) -> ReportLine {
        let total = measured.total.unwrap_or_default();
        let cell = self.cell(total, String::new());
        self.line.cells =
            measured.divisions.into_iter().map(|division| self.cell(division, String::new())).collect();
        self.line.own = measured.own.map(|own| {
            let cell = self.cell(own, OWN.in_language(language).to_owned());
            ReportCell { area: area.to_owned(), ..cell }
        });
        self.line.availability = cell.availability;
        self.line.value = cell.value;
        self.line.exact = cell.exact;
        self.line.known_at = measured.known_at.or(self.item.known_at);
        self.line.note = measured.note;
        if let (Some(value), Some(published), Some(precision)) =
            (self.line.value, self.line.published_value, self.agreement)
        {
            self.line.agrees = Some(precision.agrees(value, published));
        }
        self.line
    }

    /// The line without a value.
    pub(crate) fn missing(self, availability: Availability, note: String) -> ReportLine {
        ReportLine { availability: availability.into(), note, known_at: self.item.known_at, ..self.line }
    }

    fn cell(&self, cell: Cell, label: String) -> ReportCell {
        let answered = value::availability(cell.availability());
        let exact = cell.value.filter(|_| answered == Availability::Available);
        let number = exact.as_ref().and_then(|exact| value::published(exact, &self.line.unit));
        // A service that calls a value available and sends none has not told it.
        let availability = match number {
            None if answered == Availability::Available => Availability::Unavailable,
            _ => answered,
        };
        ReportCell {
            area: cell.area,
            label,
            availability: availability.into(),
            value: number,
            exact: exact.filter(|_| number.is_some()),
        }
    }
}

/// What is asked of the service: states are read on the report's day, or the period's last if that is earlier.
fn item(indicator: &str, rule: PeriodRule, frame: &Frame) -> Result<MeasureItem, Failure> {
    let period = rule.of(frame.year, frame.as_of).ok_or_else(|| Failure::new(Reason::PeriodInvalid))?;
    Ok(MeasureItem {
        indicator: indicator.to_owned(),
        period: Some(wire(period)),
        as_of: period.last().min(frame.as_of).to_string(),
        known_at: None,
    })
}

fn wire(period: Period) -> common::Period {
    let period = match period {
        Period::Date(date) => period::Period::Date(date.to_string()),
        Period::Year(year) => period::Period::Year(year),
        Period::Range { from, to } => period::Period::Range(DateRange {
            from: from.map(|from| from.to_string()).unwrap_or_default(),
            to: to.to_string(),
        }),
    };
    common::Period { period: Some(period) }
}

fn worded(label: Option<&Label>, language: Language) -> String {
    let Some(label) = label else { return String::new() };
    let text = match language {
        Language::Zh => &label.zh,
        Language::Ko => &label.ko,
        Language::En => &label.en,
    };
    if text.is_empty() { label.zh.clone() } else { text.clone() }
}

/// A moment of the clock on the wire.
pub(crate) fn timestamp(moment: kernel::clock::Moment) -> Timestamp {
    let (seconds, nanos) = moment.seconds_and_nanos();
    Timestamp { seconds, nanos }
}
