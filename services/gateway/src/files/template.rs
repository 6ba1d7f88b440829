//! Blank forms.

use proto::xiuhua::gateway::v1::GetTemplateRequest;
use runtime::context::Context;
use sheet::Form;
use tonic::Status;

use super::download::{Download, Writing};
use super::tables;
use crate::Gateway;

pub(super) async fn run(
    gateway: &Gateway,
    context: &Context,
    asked: GetTemplateRequest,
) -> Result<Download, Status> {
    let found = tables::find(gateway, context, &asked.name).await?;
    let format = tables::format(context, asked.format(), found.len())?;
    let words = tables::words(gateway, context, &found).await?;
    let writing = Writing::begin(format);
    for table in &found {
        writing.sheet(Form::of_table(table, &words)).await;
    }
    writing.end(context, &super::export::title_of(&found)).await
}
