//! `ReportingService` of the whole suite: items by the service that owns them, answers in one.

use std::collections::BTreeMap;
use std::pin::Pin;

use futures::future::{join_all, try_join_all};
use futures::{Stream, StreamExt};
use kernel::failure::{Failure, Kind, Reason};
use proto::common::reporting_service_client::ReportingServiceClient;
use proto::common::reporting_service_server::ReportingService;
use proto::common::{
    Availability, Cell, Indicator, ListEvidenceRequest, ListEvidenceResponse, ListIndicatorsRequest,
    ListIndicatorsResponse, MeasureItem, MeasureRequest, MeasureResponse, Measurement, Position,
};
use runtime::context::Context;
use tonic::{Request, Response, Status};

use super::directory::service_of_id;
use super::facts::earlier;
use super::feed::Positions;
use super::passed_on;
use crate::Gateway;

#[tonic::async_trait]
impl ReportingService for Gateway {
    async fn list_indicators(
        &self,
        request: Request<ListIndicatorsRequest>,
    ) -> Result<Response<ListIndicatorsResponse>, Status> {
        let context = Context::of(&request);
        let ids = request.into_inner().ids;
        let services = self
            .channels()
            .services()
            .filter(|service| ids.is_empty() || ids.iter().any(|id| service_of_id(id) == Some(*service)));
        let all = services.map(|service| self.known().indicators(self.channels(), service, &context));
        let all = try_join_all(all).await.map_err(|failure| context.status(&failure))?;
        let mut indicators: Vec<Indicator> = all
            .iter()
            .flat_map(|indicators| indicators.iter())
            .filter(|indicator| ids.is_empty() || ids.contains(&indicator.id))
            .cloned()
            .collect();
        indicators.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(Response::new(ListIndicatorsResponse { indicators }))
    }

    async fn measure(&self, request: Request<MeasureRequest>) -> Result<Response<MeasureResponse>, Status> {
        let context = Context::of(&request);
        let measured = measure(self, request.into_inner(), &context).await;
        measured.map(Response::new).map_err(|failure| context.status(&failure))
    }

    type ListEvidenceStream = Pin<Box<dyn Stream<Item = Result<ListEvidenceResponse, Status>> + Send>>;

    async fn list_evidence(
        &self,
        request: Request<ListEvidenceRequest>,
    ) -> Result<Response<Self::ListEvidenceStream>, Status> {
        let context = Context::of(&request);
        let request = request.into_inner();
        let id = request.item.as_ref().map(|item| item.indicator.clone()).unwrap_or_default();
        let service = service_of_id(&id).ok_or_else(|| context.status(&unknown(&id)))?;
        let outgoing = self.channels().to(service, &context).map_err(|failure| context.status(&failure))?;
        let mut client = ReportingServiceClient::new(outgoing).max_decoding_message_size(usize::MAX);
        let rows = client.list_evidence(request).await.map_err(|status| passed_on(&status))?;
        let rows = rows.into_inner().map(|answer| answer.map_err(|status| passed_on(&status)));
        Ok(Response::new(Box::pin(rows)))
    }
}

fn unknown(id: &str) -> Failure {
    Failure::new(Reason::IndicatorUnknown).with("indicator", id)
}

/// Asks each service for its items. Where several are asked, one that cannot be reached leaves its items UNAVAILABLE; one
/// alone fails the call.
async fn measure(
    gateway: &Gateway,
    request: MeasureRequest,
    context: &Context,
) -> Result<MeasureResponse, Failure> {
    let mut by_service = BTreeMap::<&'static str, (Vec<usize>, Vec<MeasureItem>)>::new();
    let count = request.items.len();
    for (index, item) in request.items.into_iter().enumerate() {
        let service = service_of_id(&item.indicator).ok_or_else(|| unknown(&item.indicator))?;
        let (indices, items) = by_service.entry(service).or_default();
        indices.push(index);
        items.push(item);
    }
    let alone = by_service.len() == 1;
    let answers = join_all(by_service.into_iter().map(|(service, (indices, items))| {
        let asked = MeasureRequest {
            items,
            area: request.area.clone(),
            known_at: request.known_at,
            group_by: request.group_by,
        };
        async move { (service, indices, ask(gateway, service, asked, alone, context).await) }
    }));
    let mut merged = MeasureResponse::default();
    let mut measurements = vec![Measurement::default(); count];
    let mut positions = Positions::default();
    for (service, indices, answer) in answers.await {
        let answer = answer?;
        for (index, measurement) in indices.into_iter().zip(answer.measurements) {
            measurements[index] = measurement;
        }
        merged.known_at = earlier(merged.known_at, answer.known_at);
        merged.rests_on.extend(answer.rests_on);
        positions.set(service, answer.position.unwrap_or_default());
    }
    let position = Position { token: positions.token(), at: positions.at() };
    Ok(MeasureResponse { measurements, position: Some(position), ..merged })
}

async fn ask(
    gateway: &Gateway,
    service: &'static str,
    request: MeasureRequest,
    alone: bool,
    context: &Context,
) -> Result<MeasureResponse, Failure> {
    let near = context.within(gateway.patience(context));
    let near = if alone { context } else { &near };
    let items: Vec<(String, String)> =
        request.items.iter().map(|item| (item.indicator.clone(), item.as_of.clone())).collect();
    let area = request.area.clone();
    let answered = async {
        let outgoing = gateway.channels().to(service, near)?;
        let mut client = ReportingServiceClient::new(outgoing.clone()).max_decoding_message_size(usize::MAX);
        client.measure(request).await.map_err(|status| outgoing.failure(&status))
    };
    match answered.await {
        Ok(answer) if answer.get_ref().measurements.len() == items.len() => Ok(answer.into_inner()),
        Ok(_) => Err(Failure::new(Reason::AnswerUnexpected).with("service", service)),
        Err(failure) if !alone && matches!(failure.kind(), Kind::Unavailable | Kind::DeadlineExceeded) => {
            let note = failure.message(context.language);
            let measurements = items.into_iter().map(|(indicator, as_of)| Measurement {
                indicator,
                as_of,
                total: Some(Cell {
                    area: area.clone(),
                    availability: Availability::Unavailable.into(),
                    value: None,
                }),
                note: note.clone(),
                ..Measurement::default()
            });
            Ok(MeasureResponse { measurements: measurements.collect(), ..MeasureResponse::default() })
        }
        Err(failure) => Err(failure),
    }
}
