//! The RPCs of `ReportService`.

use std::pin::Pin;

use futures::Stream;
use proto::xiuhua::gateway::v1::report_service_server::ReportService;
use proto::xiuhua::gateway::v1::{
    GetReportRequest, GetReportResponse, ListReportEvidenceRequest, ListReportEvidenceResponse,
    ListReportTemplatesRequest, ListReportTemplatesResponse, ReportTemplate,
};
use runtime::context::Context;
use tonic::{Request, Response, Status};

use super::asked::Asked;
use super::{compose, evidence};
use crate::Gateway;

#[tonic::async_trait]
impl ReportService for Gateway {
    async fn get_report(
        &self,
        request: Request<GetReportRequest>,
    ) -> Result<Response<GetReportResponse>, Status> {
        let context = Context::of(&request);
        let refused = |failure| context.status(&failure);
        let asked = Asked::of(request.into_inner(), &context, self.templates(), self.clock().today());
        let asked = asked.map_err(refused)?;
        let report = compose::compose(self, &asked).await.map_err(refused)?;
        Ok(Response::new(GetReportResponse { report: Some(report) }))
    }

    async fn list_report_templates(
        &self,
        _request: Request<ListReportTemplatesRequest>,
    ) -> Result<Response<ListReportTemplatesResponse>, Status> {
        let templates: Vec<ReportTemplate> =
            self.templates().all().map(super::template::Template::described).collect();
        Ok(Response::new(ListReportTemplatesResponse { templates }))
    }

    type ListReportEvidenceStream =
        Pin<Box<dyn Stream<Item = Result<ListReportEvidenceResponse, Status>> + Send>>;

    async fn list_report_evidence(
        &self,
        request: Request<ListReportEvidenceRequest>,
    ) -> Result<Response<Self::ListReportEvidenceStream>, Status> {
        let context = Context::of(&request);
        let rows = evidence::rows(self, request.into_inner(), &context).await;
        rows.map(|rows| Response::new(Box::pin(rows) as _)).map_err(|failure| context.status(&failure))
    }
}
