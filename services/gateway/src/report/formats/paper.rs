//! What a report says to people, before it is known on what it is written.

use kernel::language::{Label, Language};
use proto::xiuhua::gateway::v1::report_line::{Availability, FigureKind};
use proto::xiuhua::gateway::v1::{CheckOutcome, Report, ReportCell, ReportCheck, ReportLine};

use crate::labels::{self, AVAILABILITY, FIGURE_KIND, UNIT, UNITS, VALUES};

/// Stands where there is no value.
const NOTHING: &str = "—";

/// Titles of the columns besides values and units.
const FIGURE: Label = Label::new("指标", "지표", "figure");
const PUBLISHED: Label = Label::new("公布数", "공포수치", "published");
const PLAN: Label = Label::new("计划数", "계획수", "planned");
const RATE: Label = Label::new("完成率", "완성률", "done");
const OWN: Label = Label::new("本级", "본급", "own");
const NOTE: Label = Label::new("说明", "설명", "note");

/// Titles of the checks, of their sides and of what is between them.
const CHECKS: Label = Label::new("校核", "검산", "checks");
const LEFT: Label = Label::new("左边", "왼쪽", "left");
const RIGHT: Label = Label::new("右边", "오른쪽", "right");
const DIFFERENCE: Label = Label::new("差额", "차이", "gap");

/// What is said of a report some of whose sources are missing.
pub const INCOMPLETE: Label = Label::new(
    "报告不完整:部分来源不可用",
    "보고가 완전하지 않다. 일부 출처를 쓸수 없다",
    "the report is not complete: some sources are not available",
);

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// Words.
    Text(String),
    /// A number in the unit of its line.
    Number(f64),
    /// A share in per cent.
    Share(f64),
    /// A value that is not there.
    Nothing,
}

impl Shown {
    /// As it is read.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(value) => number(*value),
            Self::Share(value) => format!("{}%", number(*value)),
            Self::Nothing => NOTHING.to_owned(),
        }
    }

    fn value(value: Option<f64>) -> Self {
        value.map_or(Self::Nothing, Self::Number)
    }

    fn blank() -> Self {
        Self::Text(String::new())
    }
}

/// The title of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// Its words; empty above marks.
    pub text: String,
    /// Numbers stand below it.
    pub numbers: bool,
}

impl Title {
    fn words(text: &str) -> Self {
        Self { text: text.to_owned(), numbers: false }
    }

    fn numbers(text: &str) -> Self {
        Self { text: text.to_owned(), numbers: true }
    }
}

/// A table of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct PaperTable {
    /// The titles.
    pub titles: Vec<Title>,
    /// The rows, as long as the titles.
    pub rows: Vec<Vec<Shown>>,
}

/// A report as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Paper {
    /// What it is about.
    pub heading: String,
    /// Its lines, then its checks where it has some.
    pub tables: Vec<PaperTable>,
    /// What is missing, if anything.
    pub notes: Vec<String>,
}

impl Paper {
    /// The report in words of a language; what the services said stays in the report's own.
    #[must_use]
    pub fn of(report: &Report, language: Language) -> Self {
        let layout = Layout::of(report, language);
        let rows = report.lines.iter().map(|line| layout.cells(line)).collect();
        let mut tables = vec![PaperTable { titles: layout.titles(), rows }];
        if !report.checks.is_empty() {
            let rows = report.checks.iter().map(check_cells).collect();
            tables.push(PaperTable { titles: check_titles(language), rows });
        }
        let heading = format!("{} · {} · {} · {}", report.title, report.area, report.year, report.as_of);
        Self { heading, tables, notes: notes(report, language) }
    }
}

/// A number for people: groups of three digits, at most two decimals.
#[must_use]
pub fn number(value: f64) -> String {
    let text = format!("{:.2}", value.abs());
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let decimals = decimals.trim_end_matches('0');
    let zero = grouped == "0" && decimals.is_empty();
    let sign = if value < 0.0 && !zero { "-" } else { "" };
    if decimals.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{decimals}") }
}

/// The columns of a report's lines.
struct Layout {
    language: Language,
    /// Codes and names of the divisions.
    areas: Vec<(String, String)>,
    /// Some line belongs to a plan.
    plans: bool,
}

impl Layout {
    fn of(report: &Report, language: Language) -> Self {
        let plans = report.lines.iter().any(|line| !line.plan_id.is_empty());
        Self { language, areas: areas(report), plans }
    }

    fn titles(&self) -> Vec<Title> {
        let text = |label: Label| label.in_language(self.language);
        let mut titles = vec![
            Title::words(text(FIGURE)),
            Title::numbers(text(VALUES)),
            Title::words(text(UNITS)),
            Title::numbers(text(PUBLISHED)),
            Title::words(""),
        ];
        if self.plans {
            titles.extend([PLAN, RATE].map(|label| Title::numbers(text(label))));
        }
        titles.extend(self.areas.iter().map(|(_, name)| Title::numbers(name)));
        if !self.areas.is_empty() {
            titles.push(Title::numbers(text(OWN)));
        }
        titles.push(Title::words(text(NOTE)));
        titles
    }

    fn cells(&self, line: &ReportLine) -> Vec<Shown> {
        let mut cells = vec![
            Shown::Text(line.label.clone()),
            Shown::value(line.value),
            Shown::Text(unit(line, self.language)),
            line.published_value.map_or_else(Shown::blank, Shown::Number),
            Shown::Text(mark(line).to_owned()),
        ];
        if self.plans && line.plan_id.is_empty() {
            cells.extend([Shown::blank(), Shown::blank()]);
        } else if self.plans {
            cells.extend([Shown::value(line.plan), line.rate.map_or(Shown::Nothing, Shown::Share)]);
        }
        cells.extend(self.areas.iter().map(|(area, _)| Shown::value(cell_of(line, area))));
        if !self.areas.is_empty() {
            cells.push(Shown::value(line.own.as_ref().and_then(|own| own.value)));
        }
        cells.push(Shown::Text(remark(line, self.language)));
        cells
    }
}

const fn mark(line: &ReportLine) -> &'static str {
    match line.agrees {
        Some(true) => "✓",
        Some(false) => "✗",
        None => "",
    }
}

fn unit(line: &ReportLine, language: Language) -> String {
    // Values are shown in the published unit; the contract's word is for the same unit but for power.
    labels::of_enum(UNIT, line.measured_in, language).unwrap_or_else(|| line.unit.clone())
}

/// Kind where it is no count, availability where there is no value, and why.
fn remark(line: &ReportLine, language: Language) -> String {
    let mut words = Vec::new();
    if line.kind() != FigureKind::Actual {
        words.extend(labels::of_enum(FIGURE_KIND, line.kind, language));
    }
    if line.availability() != Availability::Available {
        words.extend(labels::of_enum(AVAILABILITY, line.availability, language));
    }
    if !line.note.is_empty() {
        words.push(line.note.clone());
    }
    words.join(" · ")
}

/// Areas of the cells in the order of their codes, each with its name.
pub(super) fn areas(report: &Report) -> Vec<(String, String)> {
    let cells = report.lines.iter().flat_map(|line| &line.cells);
    let mut areas: Vec<(String, String)> = cells.map(|cell| (cell.area.clone(), name_of(cell))).collect();
    areas.sort();
    areas.dedup_by(|one, other| one.0 == other.0);
    areas
}

fn name_of(cell: &ReportCell) -> String {
    if cell.label.is_empty() { cell.area.clone() } else { cell.label.clone() }
}

/// The value of a line for a division.
pub(super) fn cell_of(line: &ReportLine, area: &str) -> Option<f64> {
    line.cells.iter().find(|cell| cell.area == area).and_then(|cell| cell.value)
}

/// The columns of checks; what should hold stands last, with what is known where it does not.
fn check_titles(language: Language) -> Vec<Title> {
    let text = |label: Label| label.in_language(language);
    vec![
        Title::words(""),
        Title::words(text(CHECKS)),
        Title::numbers(text(LEFT)),
        Title::numbers(text(RIGHT)),
        Title::numbers(text(DIFFERENCE)),
        Title::words(text(NOTE)),
    ]
}

fn check_cells(check: &ReportCheck) -> Vec<Shown> {
    let mark = match check.outcome() {
        CheckOutcome::Holds => Shown::Text("✓".to_owned()),
        CheckOutcome::Broken => Shown::Text("✗".to_owned()),
        CheckOutcome::NotCheckable | CheckOutcome::Unspecified => Shown::Nothing,
    };
    let words = [check.label.as_str(), check.note.as_str()];
    let words: Vec<&str> = words.into_iter().filter(|text| !text.is_empty()).collect();
    vec![
        mark,
        Shown::Text(check.id.clone()),
        Shown::value(check.left),
        Shown::value(check.right),
        Shown::value(check.gap),
        Shown::Text(words.join(" · ")),
    ]
}

/// Sources that did not answer, and whether something is missing.
fn notes(report: &Report, language: Language) -> Vec<String> {
    let away = report.sources.iter().filter(|source| source.availability() != Availability::Available);
    let mut lines: Vec<String> = away.map(|source| format!("{}: {}", source.service, source.note)).collect();
    if !report.complete {
        lines.push(INCOMPLETE.in_language(language).to_owned());
    }
    lines
}
