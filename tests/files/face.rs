//! The gateway's files in the hands of a test.

use proto::common::{ImportSummary, RowError};
use proto::xiuhua::gateway::v1 as p;
use proto::xiuhua::gateway::v1::file_service_client::FileServiceClient;
use tonic::{Status, Streaming};

/// Through this channel.
#[derive(Clone)]
pub(crate) struct Files<C>(pub(crate) C);

/// A file that came.
#[derive(Default)]
pub(crate) struct Came {
    pub(crate) head: p::FileHead,
    pub(crate) bytes: Vec<u8>,
}

impl std::fmt::Debug for Came {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} of {} bytes", self.head.file_name, self.bytes.len())
    }
}

/// What was told of an import.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) notices: Vec<String>,
    pub(crate) errors: Vec<RowError>,
    pub(crate) summaries: Vec<ImportSummary>,
}

/// Bytes of a piece, fewer than a file has.
const CHUNK: usize = 1000;

impl<C> Files<C>
where
    C: tonic::client::GrpcService<tonic::body::Body> + Clone + Send,
    C::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    C::ResponseBody: tonic::codegen::Body<Data = tonic::codegen::Bytes> + Send + 'static,
    <C::ResponseBody as tonic::codegen::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
    C::Future: Send,
{
    fn client(&self) -> FileServiceClient<C> {
        FileServiceClient::new(self.0.clone())
    }

    pub(crate) async fn import(&self, asked: p::ImportFileRequest, bytes: &[u8]) -> Result<Done, Status> {
        use p::import_file_response::Part;
        let mut parts = vec![asked];
        let more =
            |bytes: &[u8]| p::ImportFileRequest { chunk: bytes.to_vec(), ..p::ImportFileRequest::default() };
        parts.extend(bytes.chunks(CHUNK).map(more));
        let mut answers = self.client().import_file(tokio_stream::iter(parts)).await?.into_inner();
        let mut done = Done::default();
        while let Some(answer) = answers.message().await? {
            match answer.part.unwrap() {
                Part::Notice(notice) => {
                    assert!(!notice.message.is_empty());
                    done.notices.push(notice.reason);
                }
                Part::Errors(errors) => done.errors.extend(errors.errors),
                Part::Summary(summary) => done.summaries.push(summary),
                Part::Accepted(_) | Part::Progress(_) => {}
            }
        }
        Ok(done)
    }

    pub(crate) async fn export(&self, name: &str, format: p::FileFormat) -> Result<Came, Status> {
        use p::export_file_response::Part;
        let request = p::ExportFileRequest {
            name: name.to_owned(),
            format: format.into(),
            as_of: "2017-09-30".to_owned(),
            ..p::ExportFileRequest::default()
        };
        came(self.client().export_file(request).await?.into_inner(), |answer, came| {
            match answer.part.unwrap() {
                Part::Head(head) => came.head = head,
                Part::Chunk(bytes) => came.bytes.extend(bytes),
            }
        })
        .await
    }

    pub(crate) async fn template(&self, name: &str, format: p::FileFormat) -> Result<Came, Status> {
        use p::get_template_response::Part;
        let request = p::GetTemplateRequest { name: name.to_owned(), format: format.into() };
        came(self.client().get_template(request).await?.into_inner(), |answer, came| {
            match answer.part.unwrap() {
                Part::Head(head) => came.head = head,
                Part::Chunk(bytes) => came.bytes.extend(bytes),
            }
        })
        .await
    }

    pub(crate) async fn errors(&self, job: &str, format: p::FileFormat) -> Result<Came, Status> {
        use p::get_error_file_response::Part;
        let request = p::GetErrorFileRequest { job: job.to_owned(), format: format.into() };
        came(self.client().get_error_file(request).await?.into_inner(), |answer, came| {
            match answer.part.unwrap() {
                Part::Head(head) => came.head = head,
                Part::Chunk(bytes) => came.bytes.extend(bytes),
            }
        })
        .await
    }
}

async fn came<T>(mut answers: Streaming<T>, mut take: impl FnMut(T, &mut Came)) -> Result<Came, Status> {
    let mut came = Came::default();
    while let Some(answer) = answers.message().await? {
        take(answer, &mut came);
    }
    Ok(came)
}
