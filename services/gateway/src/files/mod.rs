//! Files of forms through the gateway: bytes in and out, rows to and from the `TableService` of whoever owns the table.
//!
//! A file waits in a temporary file while it is read or written; nothing of it stays behind.

mod download;
mod errors;
mod export;
mod import;
mod tables;
mod template;
mod upload;

use futures::StreamExt;
use futures::stream::BoxStream;
use proto::xiuhua::gateway::v1 as p;
use runtime::context::Context;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::Gateway;
use download::Download;

type Answers<T> = BoxStream<'static, Result<T, Status>>;

#[tonic::async_trait]
impl p::file_service_server::FileService for Gateway {
    type ImportFileStream = Answers<p::ImportFileResponse>;

    async fn import_file(
        &self,
        request: Request<Streaming<p::ImportFileRequest>>,
    ) -> Result<Response<Self::ImportFileStream>, Status> {
        let context = Context::of(&request);
        let (gateway, incoming) = (self.clone(), request.into_inner());
        let (sender, receiver) = mpsc::channel(8);
        tokio::spawn(async move {
            if let Err(status) = import::run(&gateway, &context, incoming, &sender).await {
                // A caller that is gone needs no answer.
                let _ = sender.send(Err(status)).await;
            }
        });
        Ok(Response::new(ReceiverStream::new(receiver).boxed()))
    }

    type ExportFileStream = Answers<p::ExportFileResponse>;

    async fn export_file(
        &self,
        request: Request<p::ExportFileRequest>,
    ) -> Result<Response<Self::ExportFileStream>, Status> {
        use p::export_file_response::Part;
        let context = Context::of(&request);
        let download = export::run(self, &context, request.into_inner()).await?;
        let part = |part| p::ExportFileResponse { part: Some(part) };
        Ok(Response::new(answers(
            download,
            move |head| part(Part::Head(head)),
            move |bytes| part(Part::Chunk(bytes)),
        )))
    }

    type GetTemplateStream = Answers<p::GetTemplateResponse>;

    async fn get_template(
        &self,
        request: Request<p::GetTemplateRequest>,
    ) -> Result<Response<Self::GetTemplateStream>, Status> {
        use p::get_template_response::Part;
        let context = Context::of(&request);
        let download = template::run(self, &context, request.into_inner()).await?;
        let part = |part| p::GetTemplateResponse { part: Some(part) };
        Ok(Response::new(answers(
            download,
            move |head| part(Part::Head(head)),
            move |bytes| part(Part::Chunk(bytes)),
        )))
    }

    type GetErrorFileStream = Answers<p::GetErrorFileResponse>;

    async fn get_error_file(
        &self,
        request: Request<p::GetErrorFileRequest>,
    ) -> Result<Response<Self::GetErrorFileStream>, Status> {
        use p::get_error_file_response::Part;
        let context = Context::of(&request);
        let download = errors::run(self, &context, request.into_inner()).await?;
        let part = |part| p::GetErrorFileResponse { part: Some(part) };
        Ok(Response::new(answers(
            download,
            move |head| part(Part::Head(head)),
            move |bytes| part(Part::Chunk(bytes)),
        )))
    }
}

/// A download in the messages of its RPC.
fn answers<T: Send + 'static>(
    download: Download,
    head: impl FnOnce(p::FileHead) -> T + Send + 'static,
    chunk: impl Fn(Vec<u8>) -> T + Send + 'static,
) -> Answers<T> {
    let first = head(download.head.clone());
    let rest = download.chunks().map(move |bytes| bytes.map(&chunk));
    futures::stream::iter([Ok(first)]).chain(rest).boxed()
}
