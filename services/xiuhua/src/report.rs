//! A report on a terminal, and how it compares with what was published.

use gateway::report::formats::{Paper, PaperTable};
use kernel::language::Language;
use proto::xiuhua::gateway::v1::Report;
use proto::xiuhua::gateway::v1::report_line::Availability;

use crate::aligned::{Aligned, Side};
use crate::words;

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

/// The report as lines for a terminal.
#[must_use]
pub fn table(report: &Report, language: Language) -> Vec<String> {
    let paper = Paper::of(report, language);
    let mut lines = vec![paper.heading.clone()];
    for table in &paper.tables {
        lines.push(String::new());
        lines.extend(aligned(table));
    }
    lines.extend(paper.notes);
    lines
}

fn aligned(table: &PaperTable) -> Vec<String> {
    let side = |numbers: bool| if numbers { Side::Right } else { Side::Left };
    let titles: Vec<(&str, Side)> =
        table.titles.iter().map(|title| (title.text.as_str(), side(title.numbers))).collect();
    let mut lines = Aligned::new(&titles);
    for cells in &table.rows {
        lines.row(cells.iter().map(gateway::report::formats::Shown::text).collect());
    }
    lines.lines()
}

#[cfg(test)]
mod tests {
    use proto::xiuhua::gateway::v1::ReportLine;

    use super::*;

    fn line(label: &str, value: Option<f64>, published: Option<f64>, agrees: Option<bool>) -> ReportLine {
        let availability = if value.is_some() { Availability::Available } else { Availability::Unavailable };
        ReportLine {
            label: label.to_owned(),
            measured_in: 1,
            kind: 1,
            availability: availability.into(),
            value,
            published_value: published,
            agrees,
            ..ReportLine::default()
        }
    }

    fn report() -> Report {
        let lines = vec![
            line("贫困户", Some(46_831.0), Some(46_831.0), Some(true)),
            line("zero", Some(0.0), Some(1.0), Some(false)),
            line("missing", None, None, None),
            line("open", Some(2.0), None, None),
        ];
        Report { title: "报告".to_owned(), year: 2017, lines, ..Report::default() }
    }

    #[test]
    fn every_line_is_counted_once() {
        let compared = Compared::of(&report());
        assert_eq!(compared, Compared { agree: 1, differ: 1, missing: 1, open: 1 });
    }

    #[test]
    fn a_missing_value_is_never_a_zero() {
        let lines = table(&report(), Language::Zh);
        assert!(lines[4].contains("46,831") && lines[4].contains('✓'), "{lines:?}");
        assert!(lines[5].contains(" 0  户") && lines[5].contains('✗'), "{lines:?}");
        assert!(
            lines[6].contains('—') && lines[6].contains("不可用") && !lines[6].contains('0'),
            "{lines:?}"
        );
        assert!(lines.last().unwrap().contains("不完整"), "{lines:?}");
    }
}
