//! Plan against actual.

use std::collections::BTreeMap;

use proto::xiuhua::gateway::v1::ReportLine;

/// Puts beside a line what was planned, and how much of it is done.
pub(crate) fn attach(line: &mut ReportLine, plan: &ReportLine) {
    line.plan_id.clone_from(&plan.figure_id);
    line.plan = plan.value;
    line.rate = match (line.value, plan.value) {
        (Some(done), Some(planned)) if planned != 0.0 => Some(done * 100.0 / planned),
        _ => None,
    };
}

/// Puts beside each line the plan that was measured for it, by their place in the report.
pub(crate) fn attach_all(lines: &mut [(usize, ReportLine)], plans: &BTreeMap<usize, ReportLine>) {
    for (order, line) in lines {
        if let Some(plan) = plans.get(order) {
            attach(line, plan);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, value: Option<f64>) -> ReportLine {
        ReportLine { figure_id: id.to_owned(), value, ..ReportLine::default() }
    }

    #[test]
    fn a_rate_needs_a_value_and_a_plan_that_is_not_zero() {
        let rate = |done, planned| {
            let mut started = line("housing.renovation_started_2017", done);
            attach(&mut started, &line("housing.renovation_planned_2017", planned));
            assert_eq!(
                (started.plan, started.plan_id.as_str()),
                (planned, "housing.renovation_planned_2017")
            );
            started.rate
        };
        assert_eq!(rate(Some(50.0), Some(200.0)), Some(25.0));
        assert_eq!(rate(Some(0.0), Some(200.0)), Some(0.0));
        assert_eq!(rate(Some(50.0), Some(0.0)), None);
        assert_eq!((rate(Some(50.0), None), rate(None, Some(200.0))), (None, None));
    }

    #[test]
    fn every_line_gets_its_own_plan() {
        let mut lines = [(0, line("a", Some(1.0))), (1, line("b", Some(1.0)))];
        attach_all(&mut lines, &BTreeMap::from([(1, line("p", Some(2.0)))]));
        assert_eq!((lines[0].1.plan_id.as_str(), lines[0].1.rate), ("", None));
        assert_eq!((lines[1].1.plan_id.as_str(), lines[1].1.rate), ("p", Some(50.0)));
    }
}
