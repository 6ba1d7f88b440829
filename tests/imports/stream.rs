//! An import's stream in the hands of the test: in batches of any size, to the end or not.

use proto::common::import_rows_request::Part as Asked;
use proto::common::import_rows_response::Part as Told;
use proto::common::table_service_client::TableServiceClient;
use proto::common::{
    ExportRowsRequest, ImportBatch, ImportEnd, ImportHeader, ImportRowsRequest, Reveal, Row,
    export_rows_response::Part as Exported,
};
use suite::harness::Client;
use suite::table::Imported;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status};

/// One table of a job.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) header: ImportHeader,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Part {
    fn batches(&self, size: usize) -> Vec<Asked> {
        let batch = |(index, rows): (usize, &[Vec<String>])| {
            let first_row = (index * size) as i64 + 1;
            let rows = rows.iter().map(|cells| Row { cells: cells.clone(), ..Row::default() }).collect();
            Asked::Batch(ImportBatch { first_row, rows })
        };
        self.rows.chunks(size).enumerate().map(batch).collect()
    }
}

fn asked(part: Asked) -> ImportRowsRequest {
    ImportRowsRequest { part: Some(part) }
}

/// Imports tables in one stream; what is told of each.
pub(crate) async fn whole(client: Client, parts: &[Part], size: usize) -> Result<Vec<Imported>, Status> {
    let mut messages = Vec::new();
    for part in parts {
        messages.push(Asked::Header(part.header.clone()));
        messages.extend(part.batches(size));
        messages.push(Asked::End(ImportEnd { row_count: part.rows.len() as i64, ..ImportEnd::default() }));
    }
    answered(client, messages).await
}

/// Sends messages in one stream; what is told of each table.
pub(crate) async fn answered(client: Client, messages: Vec<Asked>) -> Result<Vec<Imported>, Status> {
    let messages = tokio_stream::iter(messages.into_iter().map(asked).collect::<Vec<_>>());
    let mut stream = TableServiceClient::new(client).import_rows(messages).await?.into_inner();
    let mut done = Vec::new();
    while let Some(answer) = stream.message().await? {
        match answer.part {
            Some(Told::Accepted(_)) => done.push(Imported::default()),
            Some(Told::Errors(errors)) => done.last_mut().unwrap().errors.extend(errors.errors),
            Some(Told::Summary(summary)) => done.last_mut().unwrap().summary = summary,
            Some(Told::Progress(_)) | None => {}
        }
    }
    Ok(done)
}

/// Sends so many batches and goes away: after the last one's progress, or with that batch still under way.
pub(crate) async fn killed(client: Client, part: &Part, size: usize, batches: usize, under_way: bool) {
    let (sender, receiver) = mpsc::channel(1);
    let mut stream = TableServiceClient::new(client)
        .import_rows(ReceiverStream::new(receiver))
        .await
        .unwrap()
        .into_inner();
    sender.send(asked(Asked::Header(part.header.clone()))).await.unwrap();
    let through = match stream.message().await.unwrap().unwrap().part {
        Some(Told::Accepted(accepted)) => accepted.committed_through_row as usize,
        other => panic!("{other:?}"),
    };
    for (index, batch) in part.batches(size).into_iter().take(batches).enumerate() {
        sender.send(asked(batch)).await.unwrap();
        if under_way && index + 1 == batches {
            break;
        }
        // Of rows that an earlier stream has stored nothing more is told.
        if ((index + 1) * size).min(part.rows.len()) <= through {
            continue;
        }
        loop {
            match stream.message().await {
                Ok(Some(answer)) if matches!(answer.part, Some(Told::Progress(_))) => break,
                Ok(Some(_)) => {}
                Ok(None) => panic!("the stream ended without an end"),
                // An even earlier one was still storing a batch.
                Err(status) => return assert_eq!(status.code(), Code::Aborted, "{status:?}"),
            }
        }
    }
}

/// Imports a table whose last stream went away. While a batch of that one is still being stored, the position moves under
/// the new one, which is told so and comes again.
pub(crate) async fn resumed(client: &Client, part: &Part, size: usize) -> Imported {
    loop {
        match whole(client.clone(), std::slice::from_ref(part), size).await {
            Ok(mut done) => return done.remove(0),
            Err(status) => assert_eq!(status.code(), Code::Aborted, "{status:?}"),
        }
    }
}

/// Titles and rows of an export.
pub(crate) async fn export(
    client: Client,
    table: &str,
    reveal: Option<Reveal>,
) -> Result<(Vec<String>, Vec<Vec<String>>), Status> {
    exported(client, ExportRowsRequest { table: table.to_owned(), reveal, ..ExportRowsRequest::default() })
        .await
}

/// Titles and rows of an export.
pub(crate) async fn exported(
    client: Client,
    request: ExportRowsRequest,
) -> Result<(Vec<String>, Vec<Vec<String>>), Status> {
    let mut stream = TableServiceClient::new(client).export_rows(request).await?.into_inner();
    let (mut titles, mut rows, mut ended) = (Vec::new(), Vec::new(), false);
    while let Some(answer) = stream.message().await? {
        match answer.part.unwrap() {
            Exported::Header(header) => {
                titles =
                    header.columns.into_iter().map(|column| column.title.unwrap_or_default().zh).collect();
            }
            Exported::Batch(batch) => rows.extend(batch.rows.into_iter().map(|row| row.cells)),
            Exported::End(end) => ended = end.row_count == rows.len() as i64,
        }
    }
    assert!(ended, "an export says how many rows it had");
    Ok((titles, rows))
}
