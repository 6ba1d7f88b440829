//! Identities that a report must fulfil.

use kernel::language::{Label, Language};
use proto::common::{Additivity, Value};
use proto::xiuhua::gateway::v1::report_line::Availability;
use proto::xiuhua::gateway::v1::{CheckOutcome, ReportCell, ReportCheck, ReportLine};

use super::value;

/// What invariant 12 says of one line.
const SUM: Label = Label::new(
    "各下级行政区与本级之和等于合计",
    "각 하급행정구와 본급의 합은 합계와 같다",
    "the divisions and the own row add up to the total",
);

/// Invariant 12: for every figure that may be added up, the divisions and the own row (本级) make the total. Only where
/// divisions were asked for.
pub(crate) fn sums(lines: &[ReportLine], language: Language) -> Vec<ReportCheck> {
    lines
        .iter()
        .filter(|line| line.additivity() == Additivity::Additive)
        .map(|line| sum(line, language))
        .collect()
}

fn sum(line: &ReportLine, language: Language) -> ReportCheck {
    let mut check = ReportCheck {
        id: format!("sum.{}", line.figure_id),
        label: SUM.in_language(language).to_owned(),
        outcome: CheckOutcome::NotCheckable.into(),
        figure_ids: vec![line.figure_id.clone()],
        ..ReportCheck::default()
    };
    let parts = line.cells.iter().chain(&line.own).map(part).sum::<Option<i64>>();
    let Some((exact, total)) = line.exact.as_ref().and_then(|exact| Some((exact, value::summand(exact)?)))
    else {
        return check;
    };
    let Some(parts) = parts.filter(|_| line.availability() == Availability::Available) else { return check };
    let shown = |number: i64| value::published(&value::with_number(exact, number), &line.unit);
    check.left = shown(parts);
    check.right = shown(total);
    check.gap = parts.checked_sub(total).and_then(shown);
    check.outcome = if parts == total { CheckOutcome::Holds } else { CheckOutcome::Broken }.into();
    check
}

/// What a division adds; `None` where it cannot be told.
fn part(cell: &ReportCell) -> Option<i64> {
    let exact: &Value = cell.exact.as_ref()?;
    (cell.availability() == Availability::Available).then(|| value::summand(exact)).flatten()
}

#[cfg(test)]
mod tests {
    use proto::common::value::Value as Exact;

    use super::*;

    fn cell(fen: Option<i64>) -> ReportCell {
        let availability = if fen.is_some() { Availability::Available } else { Availability::Unavailable };
        ReportCell {
            availability: availability.into(),
            exact: fen.map(|fen| Value { value: Some(Exact::Fen(fen)) }),
            ..ReportCell::default()
        }
    }

    fn line(total: i64, cells: Vec<ReportCell>, own: Option<ReportCell>) -> ReportLine {
        ReportLine {
            figure_id: "social_security.temp_relief_amount_2017".to_owned(),
            unit: "CNY".to_owned(),
            availability: Availability::Available.into(),
            exact: Some(Value { value: Some(Exact::Fen(total)) }),
            additivity: Additivity::Additive.into(),
            cells,
            own,
            ..ReportLine::default()
        }
    }

    #[test]
    fn divisions_and_own_row_make_the_total() {
        let whole = line(600, vec![cell(Some(100)), cell(Some(200))], Some(cell(Some(300))));
        let short = line(600, vec![cell(Some(100)), cell(Some(200))], None);
        let unknown = line(600, vec![cell(Some(600)), cell(None)], None);
        let ratio = ReportLine { additivity: Additivity::Ratio.into(), ..short.clone() };
        let checks = sums(&[whole, short, unknown, ratio], Language::En);
        let outcomes: Vec<CheckOutcome> = checks.iter().map(ReportCheck::outcome).collect();
        assert_eq!(outcomes, [CheckOutcome::Holds, CheckOutcome::Broken, CheckOutcome::NotCheckable]);
        assert_eq!((checks[1].left, checks[1].right, checks[1].gap), (Some(3.0), Some(6.0), Some(-3.0)));
        assert_eq!((checks[2].left, checks[2].gap), (None, None));
        assert_eq!(checks[0].id, "sum.social_security.temp_relief_amount_2017");
    }
}
