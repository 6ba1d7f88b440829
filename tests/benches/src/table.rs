//! What is printed: one line a piece of work and database.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::machine::Machine;
pub use crate::turns::Latency;

/// What a ratio, or where there is no limit the figure itself, has to reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// No less.
    AtLeast(f64),
    /// No more.
    AtMost(f64),
    /// Told beside the others.
    None,
}

/// A line of the table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Line {
    /// What was done.
    pub work: String,
    /// On which database.
    pub database: String,
    /// In what both figures are.
    pub unit: String,
    /// The suite's figure, the median of all turns.
    pub suite: f64,
    /// The limit's.
    pub limit: Option<f64>,
    /// How long single calls took.
    pub latency: Option<Latency>,
    /// The suite's over the limit's; the median of the turns' own ratios.
    pub ratio: Option<f64>,
    /// What has to be reached.
    pub target: Target,
    /// Whether it is; absent where there is no target.
    pub reached: Option<bool>,
    /// What the limit is, and what else there is to say.
    pub beside: String,
}

impl Line {
    /// A line of a ratio.
    pub(crate) fn ratio(
        work: &str,
        database: &str,
        unit: &str,
        turns: &crate::turns::Turns,
        target: Target,
        beside: &str,
    ) -> Self {
        let ratio = turns.ratio();
        Self {
            work: work.to_owned(),
            database: database.to_owned(),
            unit: unit.to_owned(),
            suite: turns.suite(),
            limit: Some(turns.limit()),
            latency: turns.latency(),
            ratio: Some(ratio),
            target,
            reached: target.is_reached(ratio),
            beside: beside.to_owned(),
        }
    }

    /// A line of a figure without a limit.
    pub(crate) fn figure(
        work: &str,
        database: &str,
        unit: &str,
        value: f64,
        target: Target,
        beside: &str,
    ) -> Self {
        Self {
            work: work.to_owned(),
            database: database.to_owned(),
            unit: unit.to_owned(),
            suite: value,
            limit: None,
            latency: None,
            ratio: None,
            target,
            reached: target.is_reached(value),
            beside: beside.to_owned(),
        }
    }
}

impl Target {
    fn is_reached(self, value: f64) -> Option<bool> {
        match self {
            Self::AtLeast(least) => Some(value >= least),
            Self::AtMost(most) => Some(value <= most),
            Self::None => None,
        }
    }

    fn words(self) -> String {
        match self {
            Self::AtLeast(least) => format!("≥ {least}"),
            Self::AtMost(most) => format!("≤ {most}"),
            Self::None => String::new(),
        }
    }
}

/// The whole table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Table {
    /// On what it was measured.
    pub machine: Machine,
    /// Its lines.
    pub lines: Vec<Line>,
}

impl Table {
    /// As programs read it.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a table that can be written")
    }

    /// As people read it; also Markdown.
    #[must_use]
    pub fn text(&self) -> String {
        let Machine { cores, processor, optimised } = &self.machine;
        let built = if *optimised { "optimised" } else { "NOT optimised: the figures mean nothing" };
        let mut text =
            format!("{cores} cores ({processor}), shared by clients, suite and database; {built}\n\n");
        let head =
            ["work", "database", "unit", "suite", "limit", "ratio", "to reach", "reached", "p50, p99 ms"];
        let mut rows = vec![head.map(str::to_owned)];
        rows.extend(self.lines.iter().map(cells));
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        for (index, row) in rows.iter().enumerate() {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let number = (3..=5).contains(&column);
                let written = match number {
                    true => write!(text, "| {cell:>width$} "),
                    false => write!(text, "| {cell:<width$} "),
                };
                written.expect("writing to a text does not fail");
            }
            text.push_str("|\n");
            if index == 0 {
                for (column, width) in widths.iter().enumerate() {
                    let (dashes, end) =
                        ("-".repeat(*width), if (3..=5).contains(&column) { ":" } else { " " });
                    write!(text, "| {dashes}{end}").expect("writing to a text does not fail");
                }
                text.push_str("|\n");
            }
        }
        let mut told: Vec<(&str, &str)> = Vec::new();
        for line in &self.lines {
            if !line.beside.is_empty() && !told.iter().any(|(_, beside)| *beside == line.beside) {
                told.push((&line.work, &line.beside));
            }
        }
        text.push('\n');
        for (work, beside) in told {
            writeln!(text, "- {work}: {beside}").expect("writing to a text does not fail");
        }
        text
    }
}

fn cells(line: &Line) -> [String; 9] {
    let number = |value: f64| match value {
        _ if value >= 100.0 => format!("{value:.0}"),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    };
    let reached = match line.reached {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "",
    };
    [
        line.work.clone(),
        line.database.clone(),
        line.unit.clone(),
        number(line.suite),
        line.limit.map(number).unwrap_or_default(),
        line.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
        line.target.words(),
        reached.to_owned(),
        line.latency.map(in_words).unwrap_or_default(),
    ]
}

fn in_words(latency: Latency) -> String {
    let [suite, limit] = [latency.suite, latency.limit].map(|[half, most]| format!("{half:.1}, {most:.1}"));
    format!("{suite}; limit {limit}")
}
