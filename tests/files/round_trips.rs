//! Every table through files: rows that are made at random, in a workbook or csv of either encoding, imported, then once more
//! in the other formats, then exported and imported again. Only the first time anything changes.

use std::collections::{BTreeMap, BTreeSet};

use kernel::randomness::SystemRandomness;
use proto::common::{ImportProgress, ListTablesRequest, Table};
use proto::xiuhua::gateway::v1::{FileFormat, ImportFileRequest};
use runtime::keys::Keys;
use sheet::{Form, FormWriter, Format};
use suite::demonstrated::{Front, Place, started};
use suite::fixtures::PREFECTURE;
use suite::harness::Backend;
use xiuhua::client::Signed;
use xiuhua::demonstration::{Demonstration, Load, SheetLoad};

use super::face::Files;

/// Other rows than those of the published figures.
const SEED: u64 = 4_711;

/// The county with the fewest households, in which rows have their places.
const SMALL: &str = "222401";

/// Whose steward enters what is of the whole prefecture, and of the province beside it.
const PROVINCE: &str = "220000";

/// Tables of which the demonstration has no rows: those of a service that has its own twin of a table, and the roster of
/// `a_roster_of_those_who_fell_back_comes_back_unchanged`.
const NOT_FILLED: [&str; 4] = [
    "assistance.parameters",
    "partner_aid.annual_plans",
    "partner_aid.parameters",
    "registry.identifications",
];

/// What a county does not see.
const NOT_SEEN: &str = "partner_aid.exchange_visits";

const FORMATS: [(FileFormat, Format); 3] = [
    (FileFormat::Xlsx, Format::Xlsx),
    (FileFormat::Csv, Format::Csv),
    (FileFormat::CsvGb18030, Format::CsvGb18030),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_table_goes_through_files_unchanged() {
    let place = Place::of(&Backend::Sqlite).await;
    let keys = Keys::throw_away(&SystemRandomness).unwrap();
    let suite = started(&place, &keys).await;
    let front = Front::new(&suite.url(), suite.issuer().unwrap());
    let steward = front.connection("data_steward", SMALL);
    let tables =
        steward.tables().list_tables(ListTablesRequest::default()).await.unwrap().into_inner().tables;
    let tables: BTreeMap<String, Table> = tables.into_iter().map(|table| (table.id.clone(), table)).collect();

    let mut filled = BTreeSet::new();
    for (number, load) in Demonstration::new(SEED).loads().into_iter().enumerate() {
        if let Load::Sheet(load) = load
            && [SMALL, PREFECTURE].contains(&load.area)
        {
            filled.insert(load.table);
            arrived(&front, &tables[load.table], load, number % FORMATS.len()).await;
        }
    }
    let files = Files(steward.signed());
    let mut exported = BTreeSet::new();
    for table in tables.keys() {
        for (format, _) in FORMATS {
            let file = files.export(table, format).await;
            let file = file.unwrap_or_else(|status| panic!("{table}: {status:?}"));
            let asked = ImportFileRequest { form_date: "2017-09-30".to_owned(), ..tried(table, SMALL) };
            let rows = progress(&files, asked, &file.bytes).await;
            assert_eq!((rows.unchanged, rows.rejected), (rows.accepted, 0), "{table} {format:?}");
            if rows.accepted > 0 {
                exported.insert(table.as_str());
            }
        }
    }
    filled.extend(NOT_FILLED);
    exported.extend(NOT_FILLED.into_iter().chain([NOT_SEEN]));
    let all: BTreeSet<&str> = tables.keys().map(String::as_str).collect();
    assert_eq!((&filled, &exported), (&all, &all));
    suite.shutdown().await.unwrap();
    place.leave().await;
}

/// Imports rows in one format; in the others they are then nothing new.
async fn arrived(front: &Front, table: &Table, load: SheetLoad, first: usize) {
    let of = if load.area == PREFECTURE { PROVINCE } else { load.area };
    let files = Files(front.connection("data_steward", of).signed());
    let titles: Vec<String> = load.columns.iter().map(|title| (*title).to_owned()).collect();
    let day = load.form_date.unwrap_or_default().to_owned();
    let rows: Vec<Vec<String>> = load.rows.collect();
    for (turn, at) in (first..first + FORMATS.len()).enumerate() {
        let format = FORMATS[at % FORMATS.len()].1;
        let bytes = written(&Form::of_titles(table, &titles).on(&day), format, &rows);
        // A workbook says its day itself.
        let form_date = if format == Format::Xlsx { String::new() } else { day.clone() };
        let asked = ImportFileRequest { form_date, validate_only: turn > 0, ..tried(load.table, load.area) };
        let told = progress(&files, asked, &bytes).await;
        let count = i64::try_from(rows.len()).unwrap();
        assert_eq!((told.accepted, told.rejected), (count, 0), "{} {format:?}", load.title);
        assert_eq!(told.unchanged == count, turn > 0 || count == 0, "{} {format:?}: {told:?}", load.title);
    }
}

fn tried(table: &str, area: &str) -> ImportFileRequest {
    ImportFileRequest {
        name: table.to_owned(),
        area: area.to_owned(),
        validate_only: true,
        ..ImportFileRequest::default()
    }
}

async fn progress(files: &Files<Signed>, asked: ImportFileRequest, bytes: &[u8]) -> ImportProgress {
    let name = asked.name.clone();
    let done = files.import(asked, bytes).await.unwrap_or_else(|status| panic!("{name}: {status:?}"));
    let wrong = done.errors.iter().find(|error| !error.warning);
    assert!(wrong.is_none(), "{name}: {wrong:?}");
    done.summaries[0].progress.clone().unwrap()
}

fn written(form: &Form, format: Format, rows: &[Vec<String>]) -> Vec<u8> {
    let mut file = tempfile::tempfile().unwrap();
    let mut writer = FormWriter::new(format, Box::new(file.try_clone().unwrap()));
    writer.sheet(form).unwrap();
    rows.iter().for_each(|row| writer.row(row).unwrap());
    writer.finish().unwrap();
    let mut bytes = Vec::new();
    std::io::Seek::rewind(&mut file).unwrap();
    std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
    bytes
}
