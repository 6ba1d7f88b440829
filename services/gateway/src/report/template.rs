//! Templates of reports: data that says which figure is which indicator, for which time, as known when.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use kernel::area::AreaCode;
use kernel::date::CivilDate;
use kernel::language::Language;
use kernel::names;
use proto::xiuhua::gateway::v1::ReportTemplate;
use proto::xiuhua::gateway::v1::report_line::FigureKind;
use runtime::error::StartError;
use serde::Deserialize;

use super::identity::{Checks, RawIdentity, RawImplied};
use super::period::{PeriodRule, YearText};
use super::precision::Precision;

/// The templates that ship with the suite.
const STANDARD: &str = include_str!("../../templates/prefecture.toml");

/// Section of the indicators that no template names; no template may use it.
pub const FURTHER: &str = "further";

/// A text in the suite's three languages, with the report's years in it: `{Y-1}年脱贫人口`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawText")]
pub struct Text {
    /// Chinese.
    zh: YearText,
    /// Korean in Yanbian orthography.
    ko: YearText,
    /// English.
    en: YearText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawText {
    zh: String,
    ko: String,
    en: String,
}

impl TryFrom<RawText> for Text {
    type Error = String;

    fn try_from(raw: RawText) -> Result<Self, String> {
        let read =
            |text: &str| YearText::parse(text).ok_or_else(|| format!("a brace in {text:?} holds no year"));
        Ok(Self { zh: read(&raw.zh)?, ko: read(&raw.ko)?, en: read(&raw.en)? })
    }
}

impl Text {
    /// The text in a language, in a report for a year.
    #[must_use]
    pub fn of(&self, language: Language, year: i32) -> String {
        match language {
            Language::Zh => self.zh.of(year),
            Language::Ko => self.ko.of(year),
            Language::En => self.en.of(year),
        }
    }
}

/// One figure of a template.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Identifier of the figure.
    pub figure: YearText,
    /// Identifier of the indicator.
    pub indicator: String,
    /// The service that owns the indicator.
    pub service: &'static str,
    /// For which time it is measured.
    pub period: PeriodRule,
    /// Code of the snapshot that it is read at; empty for none.
    pub snapshot: YearText,
    /// Unit in which it is published.
    pub unit: String,
    /// What it is, until its indicator is known.
    pub kind: FigureKind,
    /// The value that was published.
    pub published: Option<f64>,
    /// Its precision in words.
    pub precision: String,
    /// Its precision; `None` where there are no words.
    pub agreement: Option<Precision>,
    /// What it is called; as its indicator if absent.
    pub label: Option<Text>,
    /// The plan to which it belongs.
    pub plan: Option<Plan>,
    /// Its section.
    pub section: String,
}

/// What a line belongs to as its plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Another line of the template, by its place.
    Line(usize),
    /// An indicator that is measured for the line's own time.
    Indicator {
        /// Its identifier.
        id: String,
        /// The service that owns it.
        service: &'static str,
    },
}

/// One report that can be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Identifier.
    pub id: String,
    /// What it is called.
    pub label: Text,
    /// The division whose published values it holds.
    pub area: Option<AreaCode>,
    /// Its year.
    pub year: i32,
    /// Its day.
    pub as_of: CivilDate,
    /// Its lines in their order.
    pub lines: Vec<Line>,
    /// What must hold between its figures.
    pub checks: Checks,
}

impl Template {
    /// The template as callers see it.
    #[must_use]
    pub fn described(&self) -> ReportTemplate {
        ReportTemplate {
            id: self.id.clone(),
            label: Some(proto::common::Label {
                zh: self.label.of(Language::Zh, self.year),
                ko: self.label.of(Language::Ko, self.year),
                en: self.label.of(Language::En, self.year),
            }),
            year: self.year,
            as_of: self.as_of.to_string(),
            figure_ids: self.lines.iter().map(|line| line.figure.of(self.year)).collect(),
        }
    }
}

/// All templates.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Templates(Vec<Arc<Template>>);

impl Templates {
    /// The templates that ship with the suite.
    ///
    /// # Errors
    /// All problems of the embedded file.
    pub fn standard() -> Result<Self, StartError> {
        Self::parse(STANDARD).map_err(StartError::Configuration)
    }

    /// The templates of a file, in place of those that ship with the suite.
    ///
    /// # Errors
    /// The file cannot be read, or all problems in it.
    pub fn load(path: &Path) -> Result<Self, StartError> {
        let told = |problem: String| format!("{}: {problem}", path.display());
        let text = std::fs::read_to_string(path)
            .map_err(|error| StartError::Configuration(vec![told(error.to_string())]))?;
        Self::parse(&text)
            .map_err(|problems| StartError::Configuration(problems.into_iter().map(told).collect()))
    }

    /// Reads templates.
    ///
    /// # Errors
    /// All problems at once, for the person who wrote the file.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let file: File = toml::from_str(text).map_err(|error| vec![error.to_string()])?;
        let mut problems = Vec::new();
        let templates: Vec<Arc<Template>> =
            file.template.into_iter().filter_map(|raw| template(raw, &mut problems)).map(Arc::new).collect();
        let mut ids = BTreeSet::new();
        for template in &templates {
            if !ids.insert(&template.id) {
                problems.push(format!("template {:?} stands twice", template.id));
            }
        }
        if templates.is_empty() && problems.is_empty() {
            problems.push("there is no [[template]]".to_owned());
        }
        if problems.is_empty() { Ok(Self(templates)) } else { Err(problems) }
    }

    /// All of them in their order.
    pub fn all(&self) -> impl Iterator<Item = &Template> {
        self.0.iter().map(Arc::as_ref)
    }

    /// The template with this identifier.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Arc<Template>> {
        self.0.iter().find(|template| template.id == id)
    }

    /// Whether a line of some template shows this indicator.
    #[must_use]
    pub fn name(&self, indicator: &str) -> bool {
        let plan = |line: &Line| matches!(&line.plan, Some(Plan::Indicator { id, .. }) if id == indicator);
        self.all().flat_map(|template| &template.lines).any(|line| line.indicator == indicator || plan(line))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    template: Vec<RawTemplate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTemplate {
    id: String,
    label: Text,
    area: Option<String>,
    year: i32,
    as_of: String,
    section: Vec<RawSection>,
    #[serde(default)]
    identity: Vec<RawIdentity>,
    #[serde(default)]
    implied: Vec<RawImplied>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSection {
    id: String,
    line: Vec<RawLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLine {
    figure: String,
    indicator: String,
    period: String,
    #[serde(default)]
    snapshot: String,
    unit: String,
    #[serde(default)]
    kind: RawKind,
    published: Option<f64>,
    #[serde(default)]
    precision: String,
    label: Option<Text>,
    #[serde(default)]
    plan: String,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum RawKind {
    #[default]
    Actual,
    Plan,
    Forecast,
    Rule,
    Narrative,
}

impl From<RawKind> for FigureKind {
    fn from(kind: RawKind) -> Self {
        match kind {
            RawKind::Actual => Self::Actual,
            RawKind::Plan => Self::Plan,
            RawKind::Forecast => Self::Forecast,
            RawKind::Rule => Self::Rule,
            RawKind::Narrative => Self::Narrative,
        }
    }
}

fn template(raw: RawTemplate, problems: &mut Vec<String>) -> Option<Template> {
    let before = problems.len();
    let as_of = CivilDate::parse(&raw.as_of);
    if as_of.is_none() {
        problems.push(format!("{}: as_of {:?} is no day (YYYY-MM-DD)", raw.id, raw.as_of));
    }
    let area = raw.area.as_deref().map(AreaCode::parse);
    if area == Some(None) {
        problems.push(format!("{}: area is no code of a division", raw.id));
    }
    let mut found = Vec::new();
    let lines = lines(raw.section, &mut found);
    let checks = Checks::read(raw.identity, raw.implied, &lines, &mut found);
    problems.extend(found.into_iter().map(|problem| format!("{}: {problem}", raw.id)));
    let mut figures = BTreeSet::new();
    for line in &lines {
        let figure = line.figure.of(raw.year);
        if as_of.is_some_and(|as_of| line.period.of(raw.year, as_of).is_none()) {
            problems.push(format!("{}: {figure}: the period has no days", raw.id));
        }
        if !figures.insert(figure.clone()) {
            problems.push(format!("{}: {figure} stands twice", raw.id));
        }
    }
    if problems.len() > before {
        return None;
    }
    Some(Template {
        id: raw.id,
        label: raw.label,
        area: area.flatten(),
        year: raw.year,
        as_of: as_of?,
        lines,
        checks,
    })
}

/// The lines of all sections, and the plans to which they belong.
fn lines(sections: Vec<RawSection>, problems: &mut Vec<String>) -> Vec<Line> {
    let (mut lines, mut plans) = (Vec::new(), Vec::new());
    for section in sections {
        if section.id == FURTHER {
            problems.push(format!("section {FURTHER:?} is for what no template names"));
        }
        for raw in section.line {
            let plan = raw.plan.clone();
            match line(raw, &section.id) {
                Ok(line) => {
                    lines.push(line);
                    plans.push(plan);
                }
                Err(problem) => problems.push(problem),
            }
        }
    }
    for (place, text) in plans.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
        match plan(text, place, &lines) {
            Ok(plan) => lines[place].plan = Some(plan),
            Err(problem) => problems.push(format!("{}: {problem}", lines[place].figure)),
        }
    }
    lines
}

/// What a line names as its plan: a figure of the template, else an indicator.
fn plan(text: &str, place: usize, lines: &[Line]) -> Result<Plan, &'static str> {
    let figure = YearText::parse(text).ok_or("the plan is no identifier")?;
    match lines.iter().position(|line| line.figure == figure) {
        Some(other) if other == place => Err("a line is not its own plan"),
        Some(other) if lines[other].unit != lines[place].unit => Err("the plan is published in another unit"),
        Some(other) => Ok(Plan::Line(other)),
        None if text.contains('{') => Err("the plan is no figure of the template"),
        None => names::by_id(text)
            .map(|part| Plan::Indicator { id: text.to_owned(), service: part.service })
            .ok_or("the plan is neither a figure of the template nor an indicator"),
    }
}

fn line(raw: RawLine, section: &str) -> Result<Line, String> {
    let wrong = |what: &str| format!("{}: {what}", raw.figure);
    let figure = YearText::parse(&raw.figure).filter(|figure| !figure.is_empty());
    let part = names::by_id(&raw.indicator).ok_or_else(|| wrong("no service has the indicator's prefix"))?;
    if raw.unit.is_empty() {
        return Err(wrong("unit is empty"));
    }
    let agreement = if raw.precision.is_empty() {
        None
    } else {
        Some(Precision::parse(&raw.precision).ok_or_else(|| wrong("precision is not known"))?)
    };
    if raw.published.is_some() && agreement.is_none() {
        return Err(wrong("a published value needs its precision"));
    }
    Ok(Line {
        figure: figure.ok_or_else(|| wrong("figure is no identifier"))?,
        service: part.service,
        period: PeriodRule::parse(&raw.period).ok_or_else(|| wrong("period is no rule"))?,
        snapshot: YearText::parse(&raw.snapshot).ok_or_else(|| wrong("snapshot is no code"))?,
        kind: raw.kind.into(),
        published: raw.published,
        agreement,
        section: section.to_owned(),
        indicator: raw.indicator,
        unit: raw.unit,
        precision: raw.precision,
        label: raw.label,
        plan: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_template_has_the_published_figures() {
        let templates = Templates::standard().unwrap();
        let template = templates.find("prefecture-2017").unwrap();
        let described = template.described();
        assert_eq!(described.figure_ids.len(), 29);
        assert_eq!((described.year, described.as_of.as_str()), (2017, "2017-09-30"));
        for line in &template.lines {
            let figure = line.figure.of(2017);
            let last = line.period.of(2017, template.as_of).unwrap().last().to_string();
            let snapshot = match (last.as_str(), line.indicator.as_str()) {
                ("2015-12-31", _) => "registered-2015",
                ("2016-12-31", "registry.persons_exited" | "registry.annual_reduction_task_met") => {
                    "exits-2016"
                }
                _ => "published-2017",
            };
            assert_eq!(line.snapshot.of(2017), snapshot, "{figure}");
            // A figure is called as its indicator, perhaps with a year.
            let stem = figure.replace("_2017", "").replace("_2016", "").replace("_2015", "");
            let called = match stem.as_str() {
                "registry.persons_removed_reid" => "registry.persons_removed",
                "housing.water_projects" => "housing.water_projects_planned",
                stem => stem,
            };
            assert_eq!(line.indicator, called);
            assert!(line.published.is_some() && line.label.is_some(), "{figure}");
        }
        let planned: Vec<(String, String)> = template
            .lines
            .iter()
            .filter_map(|line| match line.plan.as_ref()? {
                Plan::Line(place) => Some((line.figure.of(2017), template.lines[*place].figure.of(2017))),
                Plan::Indicator { id, .. } => Some((line.figure.of(2017), id.clone())),
            })
            .collect();
        let expected = [
            ("registry.persons_exited_2016", "registry.reduction_task"),
            ("housing.renovation_started_2017", "housing.renovation_planned_2017"),
        ];
        assert_eq!(planned, expected.map(|(line, plan)| (line.to_owned(), plan.to_owned())));
        assert!(templates.name("registry.reduction_task"), "it stands beside its line and not once more");
        assert!(templates.name("housing.renovated") && !templates.name("housing.renovated_2016"));
    }

    #[test]
    fn next_year_needs_no_other_template() {
        let templates = Templates::standard().unwrap();
        let figures: Vec<String> =
            templates.all().flat_map(|template| &template.lines).map(|line| line.figure.of(2018)).collect();
        assert!(figures.contains(&"registry.households_registered_2016".to_owned()), "{figures:?}");
        assert!(!figures.iter().any(|figure| figure.ends_with("2015")), "{figures:?}");
        let template = templates.find("prefecture-2017").unwrap();
        let exited = template.lines.iter().find(|line| line.indicator == "registry.persons_exited").unwrap();
        assert_eq!(exited.label.as_ref().unwrap().of(Language::Zh, 2018), "2017年脱贫人口");
    }

    const HEAD: &str =
        "[[template]]\nid = \"t\"\nlabel = { zh = \"报告\", ko = \"보고\", en = \"report\" }\n";

    #[test]
    fn all_problems_are_told_at_once() {
        let line = |figure: &str, rest: &str| {
            format!("[[template.section.line]]\nfigure = \"{figure}\"\nunit = \"person\"\n{rest}\n")
        };
        let words = "label = { zh = \"甲\", ko = \"갑\", en = \"a\" }";
        let identity = |id: &str, terms: &str, equals: &str| {
            format!("[[template.identity]]\nid = \"{id}\"\n{words}\nterms = {terms}\nequals = \"{equals}\"\n")
        };
        let implied = |id: &str, count: &str, share: &str| {
            format!(
                "[[template.implied]]\nid = \"{id}\"\n{words}\ncount = \"{count}\"\nshare = \"{share}\"\n"
            )
        };
        let text = [
            format!("{HEAD}year = 2017\nas_of = \"2017-9-30\"\narea = \"22\"\n[[template.section]]\nid = \"further\"\n"),
            line("a", "indicator = \"unknown.a\"\nperiod = \"Y\""),
            line("b", "indicator = \"registry.b\"\nperiod = \"2017\""),
            line("c", "indicator = \"registry.c\"\nperiod = \"Y\"\npublished = 1"),
            line("d", "indicator = \"registry.d\"\nperiod = \"Y\"\npublished = 1\nprecision = \"about\""),
            line("{X}", "indicator = \"registry.e\"\nperiod = \"Y\""),
            line("f", "indicator = \"registry.f\"\nperiod = \"Y\""),
            line("f", "indicator = \"registry.f\"\nperiod = \"Y\""),
            line("g", "indicator = \"registry.g\"\nperiod = \"Y\"\nplan = \"g\""),
            line("h", "indicator = \"registry.h\"\nperiod = \"Y\"\nplan = \"h_{Y}\""),
            line("i", "indicator = \"registry.i\"\nperiod = \"Y\"\nplan = \"nowhere.plan\""),
            line("j", "indicator = \"registry.j\"\nperiod = \"Y\"\nplan = \"registry.plan\""),
            identity("A", "[{ figure = \"f\", sign = \"+\" }]", "z"),
            identity("B", "[{ figure = \"f\", sign = \"x\" }]", "g"),
            identity("B", "[]", "g"),
            implied("C", "f", "g"),
        ]
        .concat();
        let problems = Templates::parse(&text).unwrap_err();
        for expected in [
            "as_of",
            "area",
            "further",
            "a: no service",
            "b: period",
            "c: a published",
            "d: precision",
            "{X}: figure",
            "f stands",
            "g: a line is not its own plan",
            "h: the plan is no figure",
            "i: the plan is neither",
            "check \"A\": \"z\" is no figure",
            "check \"B\": sign \"x\"",
            "check \"B\": it needs",
            "check \"B\" stands twice",
            "check \"C\": g is no rounded share",
        ] {
            assert!(problems.iter().any(|problem| problem.contains(expected)), "{expected} in {problems:#?}");
        }
        assert_eq!(problems.len(), 17, "{problems:#?}");
    }

    #[test]
    fn files_are_named_in_problems_and_unknown_keys_are_some() {
        let nowhere = Templates::load(Path::new("/nowhere/templates.toml")).unwrap_err();
        assert!(nowhere.to_string().contains("/nowhere/templates.toml"));
        let unknown = format!("{HEAD}year = 2017\nas_of = \"2017-09-30\"\ncolour = \"red\"\nsection = []\n");
        assert!(Templates::parse(&unknown).unwrap_err()[0].contains("colour"));
        let braces = HEAD.replace("报告", "{X}报告");
        let braces = format!("{braces}year = 2017\nas_of = \"2017-09-30\"\nsection = []\n");
        assert!(Templates::parse(&braces).unwrap_err()[0].contains("holds no year"));
        assert!(Templates::parse("template = []").unwrap_err()[0].contains("[[template]]"));
    }
}
