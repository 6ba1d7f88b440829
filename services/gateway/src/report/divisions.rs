//! Cells of divisions: their names, and the zeros of those without rows.

use std::collections::BTreeSet;

use kernel::language::Language;
use proto::xiuhua::gateway::v1::report_line::Availability;
use proto::xiuhua::gateway::v1::{ReportCell, ReportLine};

use super::known::{Names, name_of};
use super::value;

/// Completes a line's cells. Where rows are counted the service tells what is filed at the area itself (本级), and then a
/// division that exists and has no cell has no rows: it stands with zero. Where plans, outside counts or settings are
/// read, nothing is known of it, and it stays away. A division that reports by itself is not counted here.
pub(crate) fn complete(line: &mut ReportLine, names: &Names, language: Language) {
    let like = line.own.as_ref().filter(|own| own.availability() == Availability::Available);
    if let Some(zero) = like.and_then(|own| own.exact.as_ref()).map(|exact| value::with_number(exact, 0)) {
        let told: BTreeSet<&String> = line.cells.iter().map(|cell| &cell.area).collect();
        let empty = names.iter().filter(|(code, named)| !named.separate && !told.contains(code));
        let zeros: Vec<ReportCell> = empty
            .map(|(code, _)| ReportCell {
                area: code.clone(),
                availability: Availability::Available.into(),
                value: value::published(&zero, &line.unit),
                exact: Some(zero),
                ..ReportCell::default()
            })
            .collect();
        line.cells.extend(zeros);
        line.cells.sort_by(|one, other| one.area.cmp(&other.area));
    }
    for cell in &mut line.cells {
        cell.label = name_of(names, &cell.area, language);
    }
}

#[cfg(test)]
mod tests {
    use proto::common::Value;
    use proto::common::value::Value as Exact;

    use super::super::known::Named;
    use super::*;

    fn cell(area: &str, fen: i64) -> ReportCell {
        ReportCell {
            area: area.to_owned(),
            availability: Availability::Available.into(),
            exact: Some(Value { value: Some(Exact::Fen(fen)) }),
            ..ReportCell::default()
        }
    }

    fn line(own: Option<ReportCell>) -> ReportLine {
        ReportLine { unit: "CNY".to_owned(), cells: vec![cell("222405", 500)], own, ..ReportLine::default() }
    }

    fn names() -> Names {
        let named = |zh: &str, separate| Named { zh: zh.to_owned(), ko: String::new(), separate };
        [("222401", "延吉市", false), ("222405", "龙井市", false), ("222499", "长白山", true)]
            .into_iter()
            .map(|(code, zh, separate)| (code.to_owned(), named(zh, separate)))
            .collect()
    }

    #[test]
    fn a_division_without_rows_is_a_zero_where_rows_are_counted() {
        let mut counted = line(Some(cell("222400", 0)));
        complete(&mut counted, &names(), Language::En);
        let told: Vec<_> =
            counted.cells.iter().map(|cell| (cell.label.as_str(), cell.value, cell.exact.unwrap())).collect();
        let fen = |fen| Value { value: Some(Exact::Fen(fen)) };
        assert_eq!(told, [("延吉市", Some(0.0), fen(0)), ("龙井市", None, fen(500))]);
        assert_eq!(counted.cells[0].availability(), Availability::Available);

        let mut planned = line(None);
        complete(&mut planned, &names(), Language::En);
        assert_eq!(planned.cells.len(), 1);
        let mut unnamed = line(Some(cell("222400", 0)));
        complete(&mut unnamed, &Names::new(), Language::En);
        assert_eq!((unnamed.cells.len(), unnamed.cells[0].label.as_str()), (1, "222405"));
    }
}
