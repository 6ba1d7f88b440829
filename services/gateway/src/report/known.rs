//! What a report needs to know besides the figures: indicators, snapshots, names of divisions. Kept for a while.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kernel::area::AreaCode;
use kernel::date::CivilDate;
use kernel::failure::{Failure, Kind};
use kernel::language::Language;
use prost_types::Timestamp;
use proto::common::reporting_service_client::ReportingServiceClient;
use proto::common::{AreaLevel, Indicator, ListIndicatorsRequest};
use proto::xiuhua::registry::v1::division_service_client::DivisionServiceClient;
use proto::xiuhua::registry::v1::snapshot_service_client::SnapshotServiceClient;
use proto::xiuhua::registry::v1::{ListDivisionsRequest, ListSnapshotsRequest};
use runtime::client::Channels;
use runtime::context::Context;

use crate::kept::Kept;

/// The service that has the snapshots and the divisions.
pub(crate) const REGISTRY: &str = "registry";

/// How long the indicators of a service are kept: they change with its version only.
const INDICATORS: Duration = Duration::from_secs(300);

/// How long snapshots and names of divisions are kept.
const REFERENCE: Duration = Duration::from_secs(30);

/// The largest page.
const PAGE: i32 = 1000;

/// Known times of snapshots by their codes.
pub(crate) type Snapshots = BTreeMap<String, Timestamp>;

/// Divisions by their codes.
pub(crate) type Names = BTreeMap<String, Named>;

/// What a report needs to know of a division.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// Its Chinese name.
    pub(crate) zh: String,
    /// Its Korean name.
    pub(crate) ko: String,
    /// It lies inside another division but reports by itself.
    pub(crate) separate: bool,
}

/// What is kept.
#[derive(Debug, Default)]
pub(crate) struct Known {
    indicators: Kept<&'static str, Vec<Indicator>>,
    snapshots: Kept<(), Snapshots>,
    names: Kept<(String, i32, String), Names>,
}

impl Known {
    /// The indicators of a service. While it cannot be reached, those that it had when it last could.
    ///
    /// # Errors
    /// The service's own, or `SERVICE_UNAVAILABLE`.
    pub(crate) async fn indicators(
        &self,
        channels: &Channels,
        service: &'static str,
        context: &Context,
    ) -> Result<Arc<Vec<Indicator>>, Failure> {
        if let Some(indicators) = self.indicators.fresh(&service, INDICATORS) {
            return Ok(indicators);
        }
        let outgoing = channels.to(service, context)?;
        let answer = ReportingServiceClient::new(outgoing.clone())
            .list_indicators(ListIndicatorsRequest::default())
            .await;
        match answer {
            Ok(response) => Ok(self.indicators.keep(service, response.into_inner().indicators)),
            Err(status) => {
                let failure = outgoing.failure(&status);
                self.indicators.last(&service).filter(|_| failure.kind() == Kind::Unavailable).ok_or(failure)
            }
        }
    }

    /// The known times of snapshots. What is kept is used where it has all of them; a snapshot never changes.
    ///
    /// # Errors
    /// The registry's own, or `SERVICE_UNAVAILABLE`. A code that does not exist is no error.
    pub(crate) async fn snapshots(
        &self,
        channels: &Channels,
        codes: &[String],
        context: &Context,
    ) -> Result<Arc<Snapshots>, Failure> {
        let has_all = |snapshots: &Arc<Snapshots>| codes.iter().all(|code| snapshots.contains_key(code));
        if let Some(snapshots) = self.snapshots.fresh(&(), REFERENCE).filter(has_all) {
            return Ok(snapshots);
        }
        let outgoing = channels.to(REGISTRY, context)?;
        let mut client = SnapshotServiceClient::new(outgoing.clone());
        let mut request = ListSnapshotsRequest { page_size: PAGE, ..ListSnapshotsRequest::default() };
        let mut found = Snapshots::new();
        loop {
            let page =
                client.list_snapshots(request.clone()).await.map_err(|status| outgoing.failure(&status))?;
            let page = page.into_inner();
            found.extend(
                page.snapshots.into_iter().filter_map(|snapshot| Some((snapshot.code, snapshot.known_at?))),
            );
            if page.next_page_token.is_empty() {
                return Ok(self.snapshots.keep((), found));
            }
            request.page_token = page.next_page_token;
        }
    }

    /// The names of the divisions of a level below an area.
    ///
    /// # Errors
    /// The registry's own, or `SERVICE_UNAVAILABLE`.
    pub(crate) async fn names(
        &self,
        channels: &Channels,
        area: &AreaCode,
        level: AreaLevel,
        as_of: CivilDate,
        context: &Context,
    ) -> Result<Arc<Names>, Failure> {
        let key = (area.as_str().to_owned(), i32::from(level), as_of.to_string());
        if let Some(names) = self.names.fresh(&key, REFERENCE) {
            return Ok(names);
        }
        let outgoing = channels.to(REGISTRY, context)?;
        let mut client = DivisionServiceClient::new(outgoing.clone());
        let mut request = ListDivisionsRequest {
            area: area.as_str().to_owned(),
            as_of: as_of.to_string(),
            level: level.into(),
            page_size: PAGE,
            ..ListDivisionsRequest::default()
        };
        let mut found = Names::new();
        loop {
            let page =
                client.list_divisions(request.clone()).await.map_err(|status| outgoing.failure(&status))?;
            let page = page.into_inner();
            found.extend(page.divisions.into_iter().map(|division| {
                let separate = division.reports_separately();
                (division.code, Named { zh: division.name_zh, ko: division.name_ko, separate })
            }));
            if page.next_page_token.is_empty() {
                return Ok(self.names.keep(key, found));
            }
            request.page_token = page.next_page_token;
        }
    }
}

/// The name of a division, or its code where no name is known. English readers get the Chinese one.
pub(crate) fn name_of(names: &Names, code: &str, language: Language) -> String {
    match names.get(code) {
        Some(named) if language == Language::Ko && !named.ko.is_empty() => named.ko.clone(),
        Some(named) if !named.zh.is_empty() => named.zh.clone(),
        Some(_) | None => code.to_owned(),
    }
}
