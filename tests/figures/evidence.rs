//! Every figure opens to its rows.

use std::collections::HashMap;

use proto::common::value::Value;
use proto::common::{Additivity, Evidence, EvidenceRole};
use proto::xiuhua::gateway::v1::get_report_request::Known;
use proto::xiuhua::gateway::v1::report_line::Availability;
use proto::xiuhua::gateway::v1::{
    ListReportEvidenceRequest, ListReportEvidenceResponse, Report, ReportLine, list_report_evidence_request,
};
use runtime::status::Problem;
use suite::demonstrated::{Front, TEMPLATE};
use tonic::Status;

use crate::is_of_level;

/// The rows behind a figure, all messages of the stream; only the first of them where it `breaks`.
pub(crate) async fn rows(
    front: &Front,
    area: &str,
    figure: &str,
    known: Option<Known>,
    (resume_token, breaks): (String, bool),
) -> Result<Vec<ListReportEvidenceResponse>, Status> {
    let request = ListReportEvidenceRequest {
        template: TEMPLATE.to_owned(),
        figure_id: figure.to_owned(),
        area: area.to_owned(),
        known: known.map(|known| match known {
            Known::KnownAt(moment) => list_report_evidence_request::Known::KnownAt(moment),
            Known::Snapshot(code) => list_report_evidence_request::Known::Snapshot(code),
        }),
        resume_token,
        ..ListReportEvidenceRequest::default()
    };
    let mut stream = front.office().reports().list_report_evidence(request).await?.into_inner();
    let mut answers = Vec::new();
    while let Some(answer) = stream.message().await? {
        answers.push(answer);
        if breaks {
            break;
        }
    }
    Ok(answers)
}

/// Contributions of each role over distinct keys.
#[derive(Debug, Default)]
pub(crate) struct Added {
    contributions: HashMap<(EvidenceRole, String), i64>,
    /// How many rows there were.
    pub(crate) rows: usize,
}

impl Added {
    pub(crate) fn of(answers: Vec<ListReportEvidenceResponse>) -> Self {
        let mut added = Self::default();
        for row in answers.into_iter().flat_map(|answer| answer.evidence) {
            added.add(row);
        }
        added
    }

    fn add(&mut self, row: Evidence) {
        self.rows += 1;
        let (role, contribution) = (row.role(), row.contribution);
        assert!(!row.resource.is_empty() && !row.area.is_empty(), "{row:?}");
        let before = self.contributions.insert((role, row.distinct_key), contribution);
        assert!(before.is_none_or(|before| before == contribution), "one key, two contributions");
    }

    /// Rows that have a key of their own.
    fn keys(&self) -> usize {
        self.contributions.len()
    }

    pub(crate) fn sum(&self, of: EvidenceRole) -> i64 {
        self.contributions.iter().filter(|((role, _), _)| *role == of).map(|(_, number)| number).sum()
    }
}

/// Asks for the evidence of every line of a report and adds it up.
pub(crate) async fn adds_up_to_every_line(front: &Front, area: &str, report: &Report) {
    let known = known_of(report);
    for line in &report.lines {
        let figure = &line.figure_id;
        let answers = rows(front, area, figure, known.clone(), Default::default()).await;
        if !is_of_level(line) {
            let problem = Problem::of(&answer_of_no_level(answers));
            assert_eq!(problem.reason, "LEVEL_NOT_DECLARED", "{figure} in {area}");
            continue;
        }
        is_the_figure(
            line,
            area,
            &Added::of(answers.unwrap_or_else(|status| panic!("{figure}: {status:?}"))),
        );
    }
}

fn answer_of_no_level(answers: Result<Vec<ListReportEvidenceResponse>, Status>) -> Status {
    answers.expect_err("no rows where there is no figure")
}

/// As known when the report itself was asked.
fn known_of(report: &Report) -> Option<Known> {
    report.known_at.map(Known::KnownAt)
}

fn is_the_figure(line: &ReportLine, area: &str, added: &Added) {
    let what = format!("{} in {area}", line.figure_id);
    let (above, below) = (added.sum(EvidenceRole::Numerator), added.sum(EvidenceRole::Denominator));
    match line.exact.as_ref().and_then(|exact| exact.value.as_ref()) {
        Some(Value::Ratio(ratio)) => {
            assert_eq!((above, below), (ratio.numerator, ratio.denominator), "{what}")
        }
        Some(Value::Count(number) | Value::Fen(number)) => assert_eq!((above, below), (*number, 0), "{what}"),
        Some(Value::Flag(yes)) => assert_eq!(above >= below, *yes, "{what}: {above} and {below}"),
        Some(other) => panic!("{what}: {other:?}"),
        None => {
            assert_eq!(line.availability(), Availability::Unavailable, "{what}");
            assert!(above == 0 || below == 0, "{what}: {above} and {below} make a figure");
        }
    }
    if line.additivity() != Additivity::Distinct {
        assert_eq!(added.rows, added.keys(), "{what}: a row stands twice");
    }
}

/// A stream that broke goes on after the last answer that arrived.
pub(crate) async fn goes_on_where_it_broke(front: &Front, area: &str) {
    let figure = "registry.households_registered_2015";
    let whole = rows(front, area, figure, None, Default::default()).await.unwrap();
    assert!(whole.len() > 2, "one page only");
    let mut parts = rows(front, area, figure, None, (String::new(), true)).await.unwrap();
    let token = parts[0].resume_token.clone();
    parts.extend(rows(front, area, figure, None, (token, false)).await.unwrap());
    let names = |answers: &[ListReportEvidenceResponse]| -> Vec<String> {
        answers.iter().flat_map(|answer| &answer.evidence).map(|row| row.resource.clone()).collect()
    };
    assert_eq!(names(&parts), names(&whole));
}
