//! HistoryService: the versions of any record.

use kernel::failure::{Failure, Reason};
use kernel::page::{self, PageToken};
use proto::common::{ListVersionsRequest, ListVersionsResponse, RecordMeta, Version, VersionAction};
use tonic::{Request, Response, Status};

use crate::call::{Call, open, reply};
use crate::codec::{decode, select_list};
use crate::engine::Engine;
use crate::periods::differences;
use crate::resource::AnyRecord;
use crate::rules::Mask;
use crate::spec::Spec;
use crate::sql::Where;

/// The service.
pub struct HistoryApi(pub Engine);

#[tonic::async_trait]
impl proto::common::history_service_server::HistoryService for HistoryApi {
    async fn list_versions(
        &self,
        request: Request<ListVersionsRequest>,
    ) -> Result<Response<ListVersionsResponse>, Status> {
        let (call, message) = open(request, "/xiuhua.common.v1.HistoryService/ListVersions")?;
        let answer = self.versions(&call, &message).await;
        reply(&call, answer, |answer| answer)
    }
}

struct Row {
    version: i64,
    action: i64,
    meta: RecordMeta,
    record: Box<dyn AnyRecord>,
}

impl HistoryApi {
    async fn versions(
        &self,
        call: &Call,
        message: &ListVersionsRequest,
    ) -> Result<ListVersionsResponse, Failure> {
        let (collection, id) = message
            .name
            .split_once('/')
            .ok_or_else(|| Failure::new(Reason::NameInvalid).with("collection", "*"))?;
        let Some(registered) = self.0.registered(collection) else {
            return Err(Failure::new(Reason::ResourceNotFound).with("name", &message.name));
        };
        call.caller().require(registered.spec.read_permission)?;
        let size = page::size(message.page_size)? as usize;
        let query = page::query_digest(&["versions", &message.name]);
        let skip = match message.page_token.as_str() {
            "" => 0,
            token => page::decode(token, &query)?
                .position
                .first()
                .and_then(|text| text.parse::<usize>().ok())
                .unwrap_or_default(),
        };
        let rows = self.rows(call, registered.spec, id).await?;
        if rows.is_empty() {
            return Err(Failure::new(Reason::ResourceNotFound).with("name", &message.name));
        }
        let today = self.0.today();
        let shields = rows.iter().any(|row| (registered.shields)(row.record.as_ref(), &today));
        let mut versions: Vec<Version> = described(registered.spec, &rows).into_iter().skip(skip).collect();
        if shields {
            // A person's record begins with the person.
            versions.iter_mut().for_each(|version| version.valid_from.clear());
        }
        let next_page_token = if versions.len() > size {
            page::encode(&PageToken { query_digest: query, position: vec![(skip + size).to_string()] })
        } else {
            String::new()
        };
        Ok(ListVersionsResponse { versions: versions.into_iter().take(size).collect(), next_page_token })
    }

    /// All rows of the record, the newest first.
    async fn rows(&self, call: &Call, spec: &'static Spec, id: &str) -> Result<Vec<Row>, Failure> {
        let mut condition = Where::default();
        let argument = condition.argument(id);
        condition.and(format!("t.id = {argument}"));
        if !spec.everywhere {
            condition.scope("t", &call.caller().scope);
        }
        let sql = format!(
            "SELECT {} FROM {} t{} ORDER BY t.version DESC, t.valid_from DESC",
            select_list(spec, "t"),
            spec.table,
            condition.text()
        );
        let registered = self.0.entry(spec)?;
        let mut rows = Vec::new();
        for row in self.0.db().all(&sql, &condition.arguments).await? {
            let stored = decode(&self.0.inner().secrets, registered.new, &row)?;
            let meta = stored.record.meta().cloned().unwrap_or_default();
            rows.push(Row { version: stored.version, action: stored.action, meta, record: stored.record });
        }
        Ok(rows)
    }
}

fn described(spec: &Spec, rows: &[Row]) -> Vec<Version> {
    let all = Mask {
        leaves: (0..spec.leaves.len()).collect(),
        children: (0..spec.children.len()).collect(),
        area: true,
        ..Mask::default()
    };
    rows.iter()
        .map(|row| {
            let before = rows.iter().find(|other| other.version < row.version);
            let changed = before.map(|before| differences(before.record.as_ref(), row.record.as_ref(), &all));
            let action = VersionAction::try_from(i32::try_from(row.action).unwrap_or_default());
            Version {
                version: row.version,
                action: action.unwrap_or_default().into(),
                valid_from: row.meta.valid_from.clone(),
                valid_to: row.meta.valid_to.clone(),
                recorded_at: row.meta.recorded_at,
                superseded_at: row.meta.superseded_at,
                recorded_by: row.meta.recorded_by.clone(),
                source: row.meta.source.clone(),
                reason: row.meta.change_reason.clone(),
                changed_fields: changed.unwrap_or_default().into_iter().map(str::to_owned).collect(),
            }
        })
        .collect()
}
