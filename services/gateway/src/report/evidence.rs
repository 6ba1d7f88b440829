//! The rows behind one figure of a report: the very item that the report measures, asked of the service that owns it.

use std::collections::BTreeSet;

use futures::{Stream, StreamExt};
use kernel::failure::{Failure, Reason, Violations};
use kernel::names;
use proto::common::reporting_service_client::ReportingServiceClient;
use proto::common::{ListEvidenceRequest, ListEvidenceResponse};
use proto::xiuhua::gateway::v1::{
    ListReportEvidenceRequest, ListReportEvidenceResponse, list_report_evidence_request,
};
use runtime::context::Context;
use tonic::Status;

use super::asked::{Frame, KnownAt, Words};
use super::compose::pinned;
use super::line::Wanted;
use crate::Gateway;

/// Asks for the rows.
///
/// # Errors
/// What is wrong with the request, `FIGURE_UNKNOWN`, or the service's own failure.
pub(crate) async fn rows(
    gateway: &Gateway,
    request: ListReportEvidenceRequest,
    context: &Context,
) -> Result<impl Stream<Item = Result<ListReportEvidenceResponse, Status>> + Send + use<>, Failure> {
    let words = Words {
        template: &request.template,
        area: &request.area,
        year: request.year,
        as_of: &request.as_of,
        known_at: match &request.known {
            None => KnownAt::Lines,
            Some(list_report_evidence_request::Known::KnownAt(moment)) => KnownAt::Moment(*moment),
            Some(list_report_evidence_request::Known::Snapshot(code)) => KnownAt::Snapshot(code.clone()),
        },
    };
    let mut wrong = Violations::new();
    if request.figure_id.is_empty() {
        wrong.push("figure_id", Reason::FieldRequired);
    }
    let frame = words.frame(&context.caller, gateway.templates(), gateway.clock().today(), wrong)?;
    let mut line = line(&request.figure_id, &frame, context)?;
    let codes = match &frame.known_at {
        KnownAt::Lines if line.line.snapshot.is_empty() => BTreeSet::new(),
        KnownAt::Lines => BTreeSet::from([line.line.snapshot.clone()]),
        KnownAt::Moment(_) => BTreeSet::new(),
        KnownAt::Snapshot(code) => BTreeSet::from([code.clone()]),
    };
    let snapshots = pinned(gateway, &frame.known_at, codes, context).await?;
    line.pin(&frame.known_at, &snapshots);
    let outgoing = gateway.channels().to(line.service, context)?;
    let mut client = ReportingServiceClient::new(outgoing.clone()).max_decoding_message_size(usize::MAX);
    let asked = ListEvidenceRequest {
        item: Some(line.item),
        area: frame.area.as_str().to_owned(),
        resume_token: request.resume_token,
    };
    let answer = client.list_evidence(asked).await.map_err(|status| outgoing.failure(&status))?;
    let context = context.clone();
    Ok(answer.into_inner().map(move |answer| match answer {
        Ok(ListEvidenceResponse { evidence, resume_token, known_at }) => {
            Ok(ListReportEvidenceResponse { evidence, resume_token, known_at })
        }
        Err(status) => Err(context.status(&outgoing.failure(&status))),
    }))
}

/// The figure: a line of the template, or an indicator for the calendar year.
fn line(figure: &str, frame: &Frame, context: &Context) -> Result<Wanted, Failure> {
    let lines = frame.template.iter().flat_map(|template| &template.lines);
    for (order, line) in lines.enumerate() {
        if line.figure.of(frame.year) == figure {
            return Wanted::of_template(line, order, frame, context.language);
        }
    }
    match names::by_id(figure) {
        Some(part) => Wanted::of_indicator(figure, part.service, 0, frame),
        None => Err(Failure::new(Reason::FigureUnknown).with("figure", figure)),
    }
}
