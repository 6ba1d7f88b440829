//! The tables that a name means, and who owns them.

use std::collections::{BTreeSet, HashMap};

use kernel::failure::{Failure, Reason, Violations};
use proto::common::table_service_client::TableServiceClient;
use proto::common::{ListCodesRequest, ListTablesRequest, Table};
use proto::xiuhua::gateway::v1::FileFormat;
use runtime::client::Outgoing;
use runtime::context::Context;
use sheet::{Format, Named, named};
use tonic::{Code, Status};

use crate::Gateway;
use crate::route::directory::service_of_id;

pub(super) type Tables = TableServiceClient<Outgoing>;

/// The tables of this name: one, or all of a workbook.
///
/// # Errors
/// `FIELD_REQUIRED`, `TABLE_UNKNOWN`; `SHEET_AMBIGUOUS` for a sheet of several workbooks; a service's own where the table may be its.
pub(super) async fn find(gateway: &Gateway, context: &Context, name: &str) -> Result<Vec<Table>, Status> {
    if name.is_empty() {
        let mut missing = Violations::new();
        missing.push("name", Reason::FieldRequired);
        missing.into_result().map_err(|failure| context.status(&failure))?;
    }
    let (mut tables, mut away) = (Vec::new(), None);
    for service in gateway.channels().services() {
        let mut client = of_service(gateway, context, service)?;
        match client.list_tables(ListTablesRequest::default()).await {
            Ok(answer) => tables.extend(answer.into_inner().tables),
            Err(status) if status.code() == Code::Unavailable => away = Some(status),
            Err(status) => return Err(status),
        }
    }
    match named(&tables, name) {
        Named::Tables(found) => Ok(found.into_iter().cloned().collect()),
        Named::Several(several) => {
            let names: Vec<&str> = several.iter().map(|table| table.id.as_str()).collect();
            Err(context.status(&Failure::new(Reason::SheetAmbiguous).with("sheets", names.join("、"))))
        }
        Named::None => {
            let unknown = || context.status(&Failure::new(Reason::TableUnknown).with("table", name));
            Err(away.unwrap_or_else(unknown))
        }
    }
}

/// Whom the calls for a table go to.
pub(super) fn of_table(gateway: &Gateway, context: &Context, table: &str) -> Result<Tables, Status> {
    match service_of_id(table) {
        Some(service) => of_service(gateway, context, service),
        None => Err(context.status(&Failure::new(Reason::TableUnknown).with("table", table))),
    }
}

/// The tables of a service.
pub(super) fn of_service(
    gateway: &Gateway,
    context: &Context,
    service: &'static str,
) -> Result<Tables, Status> {
    let outgoing = gateway.channels().to(service, context).map_err(|failure| context.status(&failure))?;
    Ok(TableServiceClient::new(outgoing).max_decoding_message_size(usize::MAX))
}

/// The words of the tables' code tables, in the order of their standards.
pub(super) async fn words(
    gateway: &Gateway,
    context: &Context,
    tables: &[Table],
) -> Result<HashMap<String, Vec<String>>, Status> {
    let mut words = HashMap::new();
    for table in tables {
        let mut client = of_table(gateway, context, &table.id)?;
        let ids = table.columns.iter().map(|column| column.code_table.as_str());
        for id in ids.filter(|id| !id.is_empty()).collect::<BTreeSet<_>>() {
            if words.contains_key(id) {
                continue;
            }
            let codes =
                client.list_codes(ListCodesRequest { code_table: id.to_owned() }).await?.into_inner().codes;
            let labels =
                codes.into_iter().filter(|code| code.valid_to.is_empty()).filter_map(|code| code.label);
            words.insert(id.to_owned(), labels.map(|label| label.zh).collect());
        }
    }
    Ok(words)
}

/// The format that is asked for; a csv file holds one table.
pub(super) fn format(context: &Context, asked: FileFormat, tables: usize) -> Result<Format, Status> {
    match asked {
        FileFormat::Unspecified | FileFormat::Xlsx => Ok(Format::Xlsx),
        FileFormat::Csv | FileFormat::CsvGb18030 if tables > 1 => {
            Err(context.status(&Failure::new(Reason::ItemsTooMany).with("limit", 1).with("field", "format")))
        }
        FileFormat::Csv => Ok(Format::Csv),
        FileFormat::CsvGb18030 => Ok(Format::CsvGb18030),
    }
}
