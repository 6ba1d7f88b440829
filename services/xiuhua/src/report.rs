//! A report on paper: columns that line up, Markdown, csv.

use kernel::language::{Label, Language};
use proto::xiuhua::gateway::v1::report_line::Availability;
use proto::xiuhua::gateway::v1::{CheckOutcome, Report, ReportCell, ReportCheck, ReportLine};

use crate::aligned::{Aligned, Side};
use crate::exit::Stop;
use crate::labels;
use crate::words;

/// Stands where there is no value.
const NOTHING: &str = "—";

/// Ids of the contract's enums whose words are shown.
const UNIT: &str = "xiuhua.common.v1.Unit";
const KIND: &str = "xiuhua.gateway.v1.ReportLine.FigureKind";
const AVAILABILITY: &str = "xiuhua.gateway.v1.ReportLine.Availability";

/// Titles of the plan and of how much of it is done.
const PLAN: Label = Label::new("计划数", "계획수", "planned");
const RATE: Label = Label::new("完成率", "완성률", "done");

/// Titles of the sides of a check and of what is between them.
const LEFT: Label = Label::new("左边", "왼쪽", "left");
const RIGHT: Label = Label::new("右边", "오른쪽", "right");
const DIFFERENCE: Label = Label::new("差额", "차이", "gap");

/// How the lines of a report compare with what was published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Lines that agree.
    pub agree: usize,
    /// Lines that do not.
    pub differ: usize,
    /// Lines whose value is not available.
    pub missing: usize,
    /// Lines without anything to compare with.
    pub open: usize,
}

impl Compared {
    /// Counts the lines of a report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let mut compared = Self::default();
        for line in &report.lines {
            let count = match (line.availability(), line.agrees) {
                (Availability::Available, Some(true)) => &mut compared.agree,
                (Availability::Available, Some(false)) => &mut compared.differ,
                (Availability::Available, None) => &mut compared.open,
                _ => &mut compared.missing,
            };
            *count += 1;
        }
        compared
    }

    /// The counts in words.
    #[must_use]
    pub fn line(&self, language: Language) -> String {
        let values: [(&str, &dyn std::fmt::Display); 4] = [
            ("agree", &self.agree),
            ("differ", &self.differ),
            ("missing", &self.missing),
            ("open", &self.open),
        ];
        words::COMPARED.fill(language, &values)
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

fn value(value: Option<f64>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), number)
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

/// Areas of the cells in the order of their codes, each with its name.
fn areas(report: &Report) -> Vec<(String, String)> {
    let cells = report.lines.iter().flat_map(|line| &line.cells);
    let mut areas: Vec<(String, String)> = cells.map(|cell| (cell.area.clone(), name_of(cell))).collect();
    areas.sort();
    areas.dedup_by(|one, other| one.0 == other.0);
    areas
}

fn name_of(cell: &ReportCell) -> String {
    if cell.label.is_empty() { cell.area.clone() } else { cell.label.clone() }
}

fn cell_of(line: &ReportLine, area: &str) -> Option<f64> {
    line.cells.iter().find(|cell| cell.area == area).and_then(|cell| cell.value)
}

/// The columns of a report on paper, the same for terminals and Markdown.
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

    fn titles(&self) -> Vec<(&str, Side)> {
        let text = |words: words::Words| words.text(self.language);
        let mut titles = vec![
            (text(words::FIGURE), Side::Left),
            (text(words::VALUE), Side::Right),
            (text(words::UNIT), Side::Left),
            (text(words::PUBLISHED), Side::Right),
            ("", Side::Left),
        ];
        if self.plans {
            titles.extend([PLAN, RATE].map(|label| (label.in_language(self.language), Side::Right)));
        }
        titles.extend(self.areas.iter().map(|(_, name)| (name.as_str(), Side::Right)));
        if !self.areas.is_empty() {
            titles.push((text(words::OWN), Side::Right));
        }
        titles.push((text(words::NOTE), Side::Left));
        titles
    }

    fn cells(&self, line: &ReportLine) -> Vec<String> {
        let mut cells = vec![
            line.label.clone(),
            value(line.value),
            unit(line, self.language),
            line.published_value.map(number).unwrap_or_default(),
            mark(line).to_owned(),
        ];
        if self.plans {
            let belongs = !line.plan_id.is_empty();
            let told = |text: String| if belongs { text } else { String::new() };
            cells.push(told(value(line.plan)));
            cells.push(told(
                line.rate.map_or_else(|| NOTHING.to_owned(), |rate| format!("{}%", number(rate))),
            ));
        }
        cells.extend(self.areas.iter().map(|(area, _)| value(cell_of(line, area))));
        if !self.areas.is_empty() {
            cells.push(value(line.own.as_ref().and_then(|own| own.value)));
        }
        cells.push(remark(line, self.language));
        cells
    }
}

/// The columns of checks; what should hold stands last, with what is known where it does not.
fn check_titles(language: Language) -> [(&'static str, Side); 6] {
    let text = |label: Label| label.in_language(language);
    [
        ("", Side::Left),
        (words::CHECKS.text(language), Side::Left),
        (text(LEFT), Side::Right),
        (text(RIGHT), Side::Right),
        (text(DIFFERENCE), Side::Right),
        (words::NOTE.text(language), Side::Left),
    ]
}

fn check_cells(check: &ReportCheck) -> Vec<String> {
    let mark = match check.outcome() {
        CheckOutcome::Holds => "✓",
        CheckOutcome::Broken => "✗",
        CheckOutcome::NotCheckable | CheckOutcome::Unspecified => NOTHING,
    };
    let words = [check.label.as_str(), check.note.as_str()];
    let words: Vec<&str> = words.into_iter().filter(|text| !text.is_empty()).collect();
    vec![
        mark.to_owned(),
        check.id.clone(),
        value(check.left),
        value(check.right),
        value(check.gap),
        words.join(" · "),
    ]
}

/// The report as lines for a terminal.
#[must_use]
pub fn table(report: &Report, language: Language) -> Vec<String> {
    let layout = Layout::of(report, language);
    let mut table = Aligned::new(&layout.titles());
    report.lines.iter().for_each(|line| table.row(layout.cells(line)));
    let mut lines = vec![heading(report), String::new()];
    lines.extend(table.lines());
    if !report.checks.is_empty() {
        let mut checks = Aligned::new(&check_titles(language));
        report.checks.iter().for_each(|check| checks.row(check_cells(check)));
        lines.push(String::new());
        lines.extend(checks.lines());
    }
    lines.extend(endnotes(report, language));
    lines
}

/// Kind where it is no count, availability where there is no value, and why.
fn remark(line: &ReportLine, language: Language) -> String {
    use proto::xiuhua::gateway::v1::report_line::FigureKind;
    let mut words = Vec::new();
    if line.kind() != FigureKind::Actual {
        words.extend(labels::of_enum(KIND, line.kind, language));
    }
    if line.availability() != Availability::Available {
        words.extend(labels::of_enum(AVAILABILITY, line.availability, language));
    }
    if !line.note.is_empty() {
        words.push(line.note.clone());
    }
    words.join(" · ")
}

fn heading(report: &Report) -> String {
    format!("{} · {} · {} · {}", report.title, report.area, report.year, report.as_of)
}

/// Sources that did not answer, and whether something is missing.
fn endnotes(report: &Report, language: Language) -> Vec<String> {
    let mut lines = Vec::new();
    for source in &report.sources {
        if source.availability() != Availability::Available {
            let values: [(&str, &dyn std::fmt::Display); 2] =
                [("what", &source.service), ("problem", &source.note)];
            lines.push(words::BROKEN.fill(language, &values));
        }
    }
    if !report.complete {
        lines.push(words::INCOMPLETE.text(language).to_owned());
    }
    lines
}

/// The report as Markdown.
#[must_use]
pub fn markdown(report: &Report, language: Language) -> String {
    let layout = Layout::of(report, language);
    let mut lines = vec![format!("# {}", heading(report)), String::new()];
    lines.extend(markdown_table(&layout.titles(), report.lines.iter().map(|line| layout.cells(line))));
    if !report.checks.is_empty() {
        lines.push(String::new());
        lines.extend(markdown_table(&check_titles(language), report.checks.iter().map(check_cells)));
    }
    for note in endnotes(report, language) {
        lines.extend([String::new(), note]);
    }
    lines.join("\n") + "\n"
}

fn markdown_table(titles: &[(&str, Side)], rows: impl Iterator<Item = Vec<String>>) -> Vec<String> {
    let sides = titles.iter().map(|(_, side)| if *side == Side::Right { "---:" } else { "---" });
    // A column of marks needs a title there.
    let head = titles.iter().map(|(title, _)| if title.is_empty() { "✓/✗" } else { title });
    let mut lines = vec![markdown_row(head), markdown_row(sides)];
    lines.extend(rows.map(|cells| markdown_row(cells.iter().map(String::as_str))));
    lines
}

fn markdown_row<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
    format!("| {} |", cells.join(" | "))
}

/// The report as csv for other programs: numbers unrounded, names of enums as in JSON, one column for each division.
///
/// # Errors
/// Where the text cannot be written.
pub fn csv(report: &Report) -> Result<String, Stop> {
    let areas = areas(report);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut titles: Vec<&str> = vec![
        "figure_id",
        "indicator_id",
        "label",
        "value",
        "unit",
        "kind",
        "availability",
        "published_value",
        "precision",
        "agrees",
        "plan",
        "rate",
        "snapshot",
        "note",
    ];
    titles.extend(areas.iter().map(|(area, _)| area.as_str()));
    writer.write_record(&titles).map_err(Stop::unavailable)?;
    let plain = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for line in &report.lines {
        let mut cells = vec![
            line.figure_id.clone(),
            line.indicator_id.clone(),
            line.label.clone(),
            plain(line.value),
            line.unit.clone(),
            line.kind().as_str_name().to_owned(),
            line.availability().as_str_name().to_owned(),
            plain(line.published_value),
            line.precision.clone(),
            line.agrees.map(|agrees| agrees.to_string()).unwrap_or_default(),
            plain(line.plan),
            plain(line.rate),
            line.snapshot.clone(),
            line.note.clone(),
        ];
        cells.extend(areas.iter().map(|(area, _)| plain(cell_of(line, area))));
        writer.write_record(&cells).map_err(Stop::unavailable)?;
    }
    let bytes = writer.into_inner().map_err(Stop::unavailable)?;
    String::from_utf8(bytes).map_err(Stop::unavailable)
}

#[cfg(test)]
mod tests {
    use proto::xiuhua::gateway::v1::report_line::FigureKind;

    use super::*;

    fn line(label: &str, value: Option<f64>, published: Option<f64>, agrees: Option<bool>) -> ReportLine {
        let availability = if value.is_some() { Availability::Available } else { Availability::Unavailable };
        ReportLine {
            figure_id: format!("registry.{label}"),
            label: label.to_owned(),
            unit: "household".to_owned(),
            measured_in: 1,
            kind: FigureKind::Actual.into(),
            availability: availability.into(),
            value,
            published_value: published,
            agrees,
            ..ReportLine::default()
        }
    }

    fn report() -> Report {
        let mut first = line("贫困户", Some(46_831.0), Some(46_831.0), Some(true));
        first.cells = vec![ReportCell {
            area: "222405".to_owned(),
            label: "龙井市".to_owned(),
            value: Some(7000.5),
            ..ReportCell::default()
        }];
        Report {
            title: "报告".to_owned(),
            area: "222400".to_owned(),
            year: 2017,
            as_of: "2017-09-30".to_owned(),
            lines: vec![
                first,
                line("zero", Some(0.0), Some(1.0), Some(false)),
                line("a|b", None, None, None),
                line("open", Some(2.0), None, None),
            ],
            ..Report::default()
        }
    }

    #[test]
    fn numbers_are_grouped_and_rounded_for_people() {
        let cases = [
            (0.0, "0"),
            (-0.001, "0"),
            (46_831.0, "46,831"),
            (1_234_567.891, "1,234,567.89"),
            (20.4, "20.4"),
            (-1_000.0, "-1,000"),
            (999.999, "1,000"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn every_line_is_counted_once() {
        let compared = Compared::of(&report());
        assert_eq!(compared, Compared { agree: 1, differ: 1, missing: 1, open: 1 });
    }

    #[test]
    fn a_missing_value_is_never_a_zero() {
        let lines = table(&report(), Language::Zh);
        assert!(
            lines[4].contains("46,831") && lines[4].contains('✓') && lines[4].contains("7,000.5"),
            "{lines:?}"
        );
        assert!(lines[5].contains(" 0  户") && lines[5].contains('✗'), "{lines:?}");
        assert!(
            lines[6].contains(NOTHING) && lines[6].contains("不可用") && !lines[6].contains('0'),
            "{lines:?}"
        );
    }

    #[test]
    fn a_plan_stands_beside_the_lines_that_have_one() {
        assert!(!table(&report(), Language::Zh)[2].contains("计划数"));
        let mut report = report();
        report.lines[0] = ReportLine {
            plan: Some(4_987.0),
            rate: Some(55.304_8),
            plan_id: "housing.renovation_planned_2017".to_owned(),
            ..report.lines[0].clone()
        };
        report.lines[3].plan_id = "housing.nowhere".to_owned();
        let lines = table(&report, Language::Zh);
        assert!(lines[2].contains("计划数") && lines[2].contains("完成率"), "{lines:?}");
        assert!(lines[4].contains(" 4,987   55.3%"), "{lines:?}");
        // Of what belongs to no plan nothing is told, of a plan that is missing that it is.
        assert_eq!(lines[5].matches(NOTHING).count() + 2, lines[7].matches(NOTHING).count(), "{lines:?}");
        assert!(markdown(&report, Language::En).contains("| ✓ | 4,987 | 55.3% |"));
        let text = csv(&report).unwrap();
        assert!(text.lines().nth(1).unwrap().contains(",true,4987,55.3048,"), "{text}");
    }

    #[test]
    fn checks_stand_below_with_both_sides_and_the_gap() {
        let checks = vec![
            ReportCheck {
                id: "R2".to_owned(),
                label: "期初 − 脱贫 − 清退 = 预计剩余".to_owned(),
                outcome: CheckOutcome::Broken.into(),
                left: Some(40_525.0),
                right: Some(38_800.0),
                gap: Some(1_725.0),
                note: "差额没有记录可以说明".to_owned(),
                ..ReportCheck::default()
            },
            ReportCheck {
                id: "R4".to_owned(),
                outcome: CheckOutcome::NotCheckable.into(),
                ..ReportCheck::default()
            },
        ];
        let report = Report { checks, complete: true, ..report() };
        let lines = table(&report, Language::Zh);
        let below = &lines[lines.len() - 5..];
        assert!(below[0].is_empty() && below[1].contains("左边") && below[1].contains("差额"), "{below:?}");
        assert_eq!(
            below[3],
            "✗  R2    40,525  38,800  1,725  期初 − 脱贫 − 清退 = 预计剩余 · 差额没有记录可以说明"
        );
        assert_eq!(below[4].matches(NOTHING).count(), 4, "{below:?}");
        assert!(markdown(&report, Language::En).contains("| ✗ | R2 | 40,525 | 38,800 | 1,725 | 期初"));
    }

    #[test]
    fn other_programs_get_it_unrounded() {
        let text = csv(&report()).unwrap();
        let rows: Vec<&str> = text.lines().collect();
        assert!(rows[0].ends_with("note,222405"), "{text}");
        assert!(
            rows[1].starts_with("registry.贫困户,,贫困户,46831,household,ACTUAL,AVAILABLE,46831,,true,,,"),
            "{text}"
        );
        assert!(rows[1].ends_with(",7000.5"), "{text}");
        assert!(rows[3].contains(",,household,ACTUAL,UNAVAILABLE,,"), "{text}");
        assert!(markdown(&report(), Language::En).contains("| a\\|b | — |"));
    }
}
