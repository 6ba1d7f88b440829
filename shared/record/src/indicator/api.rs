//! `ReportingService` of any fact-owning service.

use futures::stream::{BoxStream, StreamExt};
use kernel::failure::{Failure, Reason, Violations};
use proto::common::reporting_service_server::ReportingService;
use proto::common::{
    ListEvidenceRequest, ListEvidenceResponse, ListIndicatorsRequest, ListIndicatorsResponse, MeasureRequest,
    MeasureResponse,
};
use tonic::{Request, Response, Status};

use crate::call::{open, reply};
use crate::engine::Engine;
use crate::refusal::refusal;

/// The common service over an engine's indicators.
#[derive(Clone)]
pub struct ReportingApi(pub Engine);

#[tonic::async_trait]
impl ReportingService for ReportingApi {
    async fn list_indicators(
        &self,
        request: Request<ListIndicatorsRequest>,
    ) -> Result<Response<ListIndicatorsResponse>, Status> {
        let (call, asked) = open(request, "/xiuhua.common.v1.ReportingService/ListIndicators")?;
        reply(&call, self.listed(&asked.ids), |indicators| ListIndicatorsResponse { indicators })
    }

    async fn measure(&self, request: Request<MeasureRequest>) -> Result<Response<MeasureResponse>, Status> {
        let (call, asked) = open(request, "/xiuhua.common.v1.ReportingService/Measure")?;
        reply(&call, self.0.measure(&call, asked).await, |measured| measured)
    }

    type ListEvidenceStream = BoxStream<'static, Result<ListEvidenceResponse, Status>>;

    async fn list_evidence(
        &self,
        request: Request<ListEvidenceRequest>,
    ) -> Result<Response<Self::ListEvidenceStream>, Status> {
        let (call, asked) = open(request, "/xiuhua.common.v1.ReportingService/ListEvidence")?;
        let answer = self.0.evidence(&call, asked).await;
        reply(&call.clone(), answer, move |pages| {
            pages.map(move |page| page.map_err(|failure| call.refuse(&failure))).boxed()
        })
    }
}

impl ReportingApi {
    /// The indicators of these identifiers, or all of them, in the order of identifiers.
    fn listed(&self, ids: &[String]) -> Result<Vec<proto::common::Indicator>, Failure> {
        let mut known = self.0.inner().indicators.clone();
        known.sort_by_key(|indicator| indicator.id);
        let mut violations = Violations::default();
        for (index, id) in ids.iter().enumerate() {
            if !known.iter().any(|indicator| indicator.id == id) {
                violations.push(format!("ids[{index}]"), Reason::IndicatorUnknown).add("indicator", id);
            }
        }
        if !violations.is_empty() {
            return Err(refusal(violations));
        }
        let asked =
            known.iter().filter(|indicator| ids.is_empty() || ids.iter().any(|id| id == indicator.id));
        Ok(asked.map(|indicator| indicator.describe()).collect())
    }
}
