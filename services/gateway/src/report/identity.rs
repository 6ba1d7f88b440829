//! What must hold between the figures of a report: sums of figures, and bases that published shares imply. A template
//! declares them; what does not hold is shown with its gap, never hidden.

use kernel::language::Language;
use proto::common::value::Value as Exact;
use proto::xiuhua::gateway::v1::{CheckOutcome, ReportCheck, ReportLine};
use serde::Deserialize;

use super::period::YearText;
use super::precision::Precision;
use super::template::{Line, Text};
use super::value::{PERCENT, float};

/// Differences below this part of a number are those of binary fractions.
const EPSILON: f64 = 1e-9;

/// A sum of figures that equals another figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    id: String,
    label: Text,
    terms: Vec<Term>,
    equals: YearText,
    tolerance: f64,
    note: Option<Text>,
}

#[derive(Debug, Clone, PartialEq)]
struct Term {
    figure: YearText,
    /// 1 or -1.
    sign: f64,
}

/// A base that a published share implies: the count over the share, as far as the share was rounded, must hold the base
/// over which the share was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Implied {
    id: String,
    label: Text,
    count: YearText,
    share: YearText,
    /// Half the width of what the published share stands for, in per cent.
    width: f64,
}

/// What a template declares.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Checks {
    identities: Vec<Identity>,
    implied: Vec<Implied>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIdentity {
    id: String,
    label: Text,
    terms: Vec<RawTerm>,
    equals: String,
    #[serde(default)]
    tolerance: f64,
    note: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTerm {
    figure: String,
    sign: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawImplied {
    id: String,
    label: Text,
    count: String,
    share: String,
}

impl Checks {
    /// Reads them for a template with these lines; what is wrong is told.
    pub(super) fn read(
        identities: Vec<RawIdentity>,
        implied: Vec<RawImplied>,
        lines: &[Line],
        problems: &mut Vec<String>,
    ) -> Self {
        let mut ids: Vec<&str> = identities.iter().map(|raw| raw.id.as_str()).collect();
        ids.extend(implied.iter().map(|raw| raw.id.as_str()));
        ids.sort_unstable();
        for twice in ids.windows(2).filter(|pair| pair[0] == pair[1]) {
            problems.push(format!("check {:?} stands twice", twice[0]));
        }
        let mut checks = Self::default();
        for raw in identities {
            match Identity::of(raw, lines) {
                Ok(identity) => checks.identities.push(identity),
                Err(problem) => problems.push(problem),
            }
        }
        for raw in implied {
            match Implied::of(raw, lines) {
                Ok(implied) => checks.implied.push(implied),
                Err(problem) => problems.push(problem),
            }
        }
        checks
    }

    /// Checks a report; what names figures that were not asked for is left out.
    pub(crate) fn of(&self, lines: &[ReportLine], year: i32, language: Language) -> Vec<ReportCheck> {
        let identities = self.identities.iter().filter_map(|one| one.check(lines, year, language));
        let implied = self.implied.iter().filter_map(|one| one.check(lines, year, language));
        identities.chain(implied).collect()
    }
}

/// The line of a figure.
fn named<'l>(figure: &str, lines: &'l [Line]) -> Result<&'l Line, String> {
    let text = YearText::parse(figure);
    lines
        .iter()
        .find(|line| Some(&line.figure) == text.as_ref())
        .ok_or_else(|| format!("{figure:?} is no figure of the template"))
}

fn of_figure<'l>(figure: &YearText, lines: &'l [ReportLine], year: i32) -> Option<&'l ReportLine> {
    let figure = figure.of(year);
    lines.iter().find(|line| line.figure_id == figure)
}

impl Identity {
    fn of(raw: RawIdentity, lines: &[Line]) -> Result<Self, String> {
        let wrong = |what: String| format!("check {:?}: {what}", raw.id);
        if raw.id.is_empty() || raw.terms.is_empty() {
            return Err(wrong("it needs an identifier and terms".to_owned()));
        }
        if !raw.tolerance.is_finite() || raw.tolerance < 0.0 {
            return Err(wrong("the tolerance is no width".to_owned()));
        }
        let equals = named(&raw.equals, lines).map_err(wrong)?;
        let mut terms = Vec::new();
        for term in &raw.terms {
            let line = named(&term.figure, lines).map_err(wrong)?;
            if line.unit != equals.unit {
                return Err(wrong(format!("{} is not published in {}", term.figure, equals.unit)));
            }
            let sign = match term.sign.as_str() {
                "+" => 1.0,
                "-" => -1.0,
                other => return Err(wrong(format!("sign {other:?} is neither \"+\" nor \"-\""))),
            };
            terms.push(Term { figure: line.figure.clone(), sign });
        }
        let equals = equals.figure.clone();
        Ok(Self { id: raw.id, label: raw.label, terms, equals, tolerance: raw.tolerance, note: raw.note })
    }

    fn check(&self, lines: &[ReportLine], year: i32, language: Language) -> Option<ReportCheck> {
        let right = of_figure(&self.equals, lines, year)?;
        let terms = self.terms.iter().map(|term| Some((term.sign, of_figure(&term.figure, lines, year)?)));
        let terms: Vec<(f64, &ReportLine)> = terms.collect::<Option<_>>()?;
        let left: Option<f64> = terms.iter().map(|(sign, line)| line.value.map(|value| sign * value)).sum();
        let figures = terms.iter().map(|(_, line)| *line).chain([right]);
        let mut check = ReportCheck {
            id: self.id.clone(),
            label: self.label.of(language, year),
            outcome: CheckOutcome::NotCheckable.into(),
            left,
            right: right.value,
            figure_ids: figures.map(|line| line.figure_id.clone()).collect(),
            ..ReportCheck::default()
        };
        let (Some(left), Some(right)) = (left, right.value) else { return Some(check) };
        check.gap = Some(left - right);
        if (left - right).abs() <= self.tolerance + EPSILON * right.abs().max(1.0) {
            check.outcome = CheckOutcome::Holds.into();
        } else {
            check.outcome = CheckOutcome::Broken.into();
            check.note = self.note.as_ref().map(|note| note.of(language, year)).unwrap_or_default();
        }
        Some(check)
    }
}

impl Implied {
    fn of(raw: RawImplied, lines: &[Line]) -> Result<Self, String> {
        let wrong = |what: String| format!("check {:?}: {what}", raw.id);
        if raw.id.is_empty() {
            return Err(wrong("it needs an identifier".to_owned()));
        }
        let count = named(&raw.count, lines).map_err(wrong)?.figure.clone();
        let share = named(&raw.share, lines).map_err(wrong)?;
        let width = match (share.published, share.agreement) {
            (Some(published), Some(Precision::Rounded(width))) if published > width => width,
            _ => return Err(wrong(format!("{} is no rounded share that was published", raw.share))),
        };
        if share.unit != PERCENT {
            return Err(wrong(format!("{} is not published in {PERCENT}", raw.share)));
        }
        Ok(Self { id: raw.id, label: raw.label, count, share: share.figure.clone(), width })
    }

    /// `None` also where no share was published for the report's area and year, which then implies nothing.
    fn check(&self, lines: &[ReportLine], year: i32, language: Language) -> Option<ReportCheck> {
        let (count, share) = (of_figure(&self.count, lines, year)?, of_figure(&self.share, lines, year)?);
        let published = share.published_value?;
        let base = |per_cent: f64| count.value.map(|count| count * 100.0 / per_cent);
        let measured = match share.exact.as_ref().and_then(|exact| exact.value.as_ref()) {
            Some(Exact::Ratio(ratio)) => Some(float(ratio.denominator)),
            _ => None,
        };
        let mut check = ReportCheck {
            id: self.id.clone(),
            label: self.label.of(language, year),
            outcome: CheckOutcome::NotCheckable.into(),
            left: base(published),
            right: measured,
            figure_ids: vec![count.figure_id.clone(), share.figure_id.clone()],
            ..ReportCheck::default()
        };
        let range = base(published + self.width).zip(base(published - self.width));
        if let (Some((least, most)), Some(left), Some(right)) = (range, check.left, check.right) {
            let slack = EPSILON * right.abs().max(1.0);
            let holds = least - slack <= right && right <= most + slack;
            check.outcome = if holds { CheckOutcome::Holds } else { CheckOutcome::Broken }.into();
            check.gap = Some(left - right);
        }
        Some(check)
    }
}

#[cfg(test)]
mod tests {
    use kernel::date::CivilDate;
    use proto::common::{Ratio, Value};

    use super::super::template::Templates;
    use super::*;

    fn line(figure: &str, value: Option<f64>) -> ReportLine {
        ReportLine { figure_id: figure.to_owned(), value, ..ReportLine::default() }
    }

    fn published(remaining: Option<f64>) -> Vec<ReportLine> {
        vec![
            line("registry.persons_registered_2015", Some(85_102.0)),
            line("registry.persons_exited_2016", Some(30_877.0)),
            line("registry.persons_removed_reid_2017", Some(13_700.0)),
            line("registry.persons_remaining_2017_forecast", remaining),
        ]
    }

    fn checked(lines: &[ReportLine]) -> Vec<ReportCheck> {
        let templates = Templates::standard().unwrap();
        let template = templates.find("prefecture-2017").unwrap();
        assert_eq!(template.as_of, CivilDate::parse("2017-09-30").unwrap());
        template.checks.of(lines, 2017, Language::En)
    }

    #[test]
    fn the_published_gap_is_shown_and_not_hidden() {
        let checks = checked(&published(Some(38_800.0)));
        let [check] = checks.as_slice() else { panic!("{checks:?}") };
        assert_eq!((check.id.as_str(), check.outcome()), ("R2", CheckOutcome::Broken));
        assert_eq!((check.left, check.right, check.gap), (Some(40_525.0), Some(38_800.0), Some(1_725.0)));
        assert!(check.note.contains("not explained by the records"), "{}", check.note);
        assert_eq!(check.figure_ids.len(), 4);
    }

    #[test]
    fn within_its_tolerance_an_identity_holds() {
        let outcome = |remaining| checked(&published(remaining))[0].outcome();
        assert_eq!(outcome(Some(40_425.0)), CheckOutcome::Holds);
        assert_eq!(outcome(Some(40_424.0)), CheckOutcome::Broken);
        let missing = &checked(&published(None))[0];
        assert_eq!(missing.outcome(), CheckOutcome::NotCheckable);
        assert_eq!((missing.left, missing.right, missing.gap), (Some(40_525.0), None, None));
        let holds = &checked(&published(Some(40_500.0)))[0];
        assert_eq!((holds.gap, holds.note.as_str()), (Some(25.0), ""));
        // Figures that were not asked for are not checked.
        assert!(checked(&published(None)[..3]).is_empty());
    }

    #[test]
    fn a_published_share_implies_a_range_of_bases() {
        let check = |denominator: Option<i64>, published_value| {
            let exact = denominator.map(|denominator| Value {
                value: Some(Exact::Ratio(Ratio { numerator: 85_102, denominator })),
            });
            let share = ReportLine {
                published_value,
                exact,
                ..line("registry.poverty_incidence_2015", denominator.map(|_| 13.4))
            };
            let lines = [line("registry.persons_registered_2015", Some(85_102.0)), share];
            checked(&lines).into_iter().next()
        };
        // 632,729 to 637,468.
        for (denominator, outcome) in [
            (Some(636_000), CheckOutcome::Holds),
            (Some(632_729), CheckOutcome::Holds),
            (Some(637_468), CheckOutcome::Holds),
            (Some(632_728), CheckOutcome::Broken),
            (Some(637_469), CheckOutcome::Broken),
            (None, CheckOutcome::NotCheckable),
        ] {
            let check = check(denominator, Some(13.4)).unwrap();
            assert_eq!((check.id.as_str(), check.outcome()), ("R3", outcome), "{denominator:?}");
            assert_eq!(check.left.map(f64::round), Some(635_090.0));
        }
        assert_eq!(check(Some(636_000), None), None);
    }
}
