//! Reports as observations along dimensions.

use std::collections::BTreeMap;

use kernel::language::{Label, Language};
use proto::xiuhua::gateway::v1::report_line::{Availability, FigureKind};
use proto::xiuhua::gateway::v1::{Report, ReportLine};

use crate::labels::{self, AVAILABILITY, FIGURE_KIND, UNIT};

/// The only frequency there is: reports are of a year.
pub(super) const FREQUENCY: (&str, Label) = ("A", Label::new("年度", "년도", "annual"));

/// The values that a dimension or an attribute takes: code and name, in the order in which they first came.
#[derive(Debug, Default)]
pub(super) struct Axis {
    pub(super) values: Vec<(String, String)>,
    places: BTreeMap<String, usize>,
}

impl Axis {
    /// The place of a code. A report says its own division by code alone: a name that comes later is taken.
    fn place(&mut self, code: &str, name: impl FnOnce() -> String) -> usize {
        if let Some(place) = self.places.get(code) {
            if let Some((_, known)) = self.values.get_mut(*place).filter(|(code, known)| code == known) {
                *known = name();
            }
            return *place;
        }
        let place = self.values.len();
        self.values.push((code.to_owned(), name()));
        self.places.insert(code.to_owned(), place);
        place
    }
}

/// A value, and its places along the observation's attributes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Observation {
    /// In the unit of the report; `None` is a value that is not there.
    pub(super) value: Option<f64>,
    pub(super) unit: usize,
    pub(super) status: usize,
    pub(super) kind: usize,
}

/// Places along area and indicator.
type Series = (usize, usize);

/// Reports of one template.
#[derive(Debug, Default)]
pub(super) struct Cube {
    /// What it is called.
    pub(super) title: String,
    /// When the first of its reports was put together.
    pub(super) prepared: Option<prost_types::Timestamp>,
    pub(super) areas: Axis,
    pub(super) indicators: Axis,
    pub(super) periods: Axis,
    pub(super) units: Axis,
    pub(super) statuses: Axis,
    pub(super) kinds: Axis,
    /// By series, then by place along the periods.
    pub(super) observations: BTreeMap<Series, BTreeMap<usize, Observation>>,
}

impl Cube {
    /// The lines of reports, with the names of codes in a language.
    pub(super) fn of(reports: &[Report], language: Language) -> Self {
        let mut cube = Self::default();
        if let Some(first) = reports.first() {
            cube.title.clone_from(&first.title);
            cube.prepared = first.composed_at;
        }
        for report in reports {
            for line in &report.lines {
                cube.add(report, line, language);
            }
        }
        cube
    }

    fn add(&mut self, report: &Report, line: &ReportLine, language: Language) {
        let own = (report.area.as_str(), report.area.as_str(), line.value, line.availability());
        let cells = line
            .cells
            .iter()
            .map(|cell| (cell.area.as_str(), cell.label.as_str(), cell.value, cell.availability()));
        let indicator = self.indicators.place(&line.figure_id.replace('.', "-"), || line.label.clone());
        let year = report.year.to_string();
        let period = self.periods.place(&year, || year.clone());
        let word = |id: &str, number: i32| labels::of_enum(id, number, language).unwrap_or_default();
        // Values are in the published unit, which the template names and the contract has no word for.
        let unit = self.units.place(&code(&line.unit), || match word(UNIT, line.measured_in) {
            known if known.is_empty() => line.unit.clone(),
            known => known,
        });
        let kind = self.kinds.place(line.kind().as_str_name(), || word(FIGURE_KIND, line.kind));
        for (area, name, value, availability) in std::iter::once(own).chain(cells) {
            let status = status(line.kind(), availability, value);
            let status = self.statuses.place(status, || word(AVAILABILITY, availability.into()));
            let area = self.areas.place(area, || name.to_owned());
            let observation = Observation { value, unit, status, kind };
            self.observations.entry((area, indicator)).or_default().insert(period, observation);
        }
    }
}

/// A unit as a code: `%` is none.
fn code(unit: &str) -> String {
    match unit {
        "" => "_Z".to_owned(),
        "%" => "PT".to_owned(),
        unit => unit.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_").to_uppercase(),
    }
}

/// The code of CL_OBS_STATUS: normal, forecast, missing, suppressed, not applicable.
const fn status(kind: FigureKind, availability: Availability, value: Option<f64>) -> &'static str {
    match (availability, value) {
        (Availability::Forbidden, _) => "Q",
        (Availability::NotAtLevel, _) => "M",
        (Availability::Available, Some(_)) if matches!(kind, FigureKind::Forecast) => "F",
        (Availability::Available, Some(_)) => "A",
        _ => "O",
    }
}
