//! ImportRows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::StreamExt;
use proto::common::ImportHeader;
use suite::demonstrated::{Front, Place};
use suite::fixtures::PREFECTURE;
use suite::harness::Backend;
use tokio::time::Instant;
use xiuhua::client::import::{Sheet, import as send, numbered};
use xiuhua::demonstration::{Demonstration, Load, Rows as Cells, SheetLoad};
use xiuhua::exit::Stop;
use xiuhua::suite::Fact;

use crate::bare::{Pool, counts, load as load_barely};
use crate::options::Options;
use crate::table::{Line, Target};
use crate::turns::{Turns, seconds_since};
use crate::world::{Services, World, named};

/// The number from which `xiuhua demo` makes its prefecture.
const SEED: u64 = 20_171_001;

/// Sheets with rows of the province, and its code.
const OF_PROVINCE: [&str; 3] =
    ["registry.divisions", "registry.designations", "registry.division_statistics"];
const PROVINCE: &str = "220000";

/// A smoke test knows the places of these counties only, and of each so many households.
const FEW_COUNTIES: [&str; 2] = ["222403", "222405"];
const FEW: usize = 100;

/// Counties that are imported at a time.
const LANES: usize = 2;

/// Rounds, each on a store of its own.
const ROUNDS: usize = 3;

/// A sheet whose rows are made already, so that making them is not measured.
pub(crate) struct Made {
    load: SheetLoad,
    rows: Arc<Vec<Vec<String>>>,
}

/// The sheets of the register at the end of 2015: divisions, and each county's households, members and incomes.
pub(crate) fn sheets(smoke: bool) -> Vec<Made> {
    let mut sheets = Vec::new();
    let mut known = BTreeSet::new();
    for load in Demonstration::new(SEED).loads() {
        // What comes after the first snapshot is of later years.
        let Load::Sheet(mut load) = load else { break };
        let rows = std::mem::replace(&mut load.rows, Box::new(std::iter::empty()));
        let rows = if smoke { few(&load, rows, &mut known) } else { rows.collect() };
        sheets.push(Made { load, rows: Arc::new(rows) });
    }
    sheets
}

/// The rows of a sheet that a smoke test imports; `known` are the numbers of its households.
fn few(load: &SheetLoad, rows: Cells, known: &mut BTreeSet<String>) -> Vec<Vec<String>> {
    let column = |title: &str| load.columns.iter().position(|own| *own == title);
    if let Some(place) = column("区划代码") {
        let here = |code: &str| code.len() == 6 || FEW_COUNTIES.iter().any(|county| code.starts_with(county));
        return rows.filter(|row| here(&row[place])).collect();
    }
    let number = column("户编号").expect("a column for the household");
    if load.table != "registry.households" {
        return rows.filter(|row| known.contains(&row[number])).collect();
    }
    let some = if FEW_COUNTIES.contains(&load.area) { FEW } else { 0 };
    let rows: Vec<Vec<String>> = rows.take(some).collect();
    known.extend(rows.iter().map(|row| row[number].clone()));
    rows
}

/// Imports sheets into the registry as `xiuhua demo` does: two counties at a time, the sheets of one after each other.
pub(crate) async fn load(services: &Services, sheets: &[Made]) {
    let front = services.front(Fact::Registry.name());
    let mut counties: BTreeMap<&str, Vec<&Made>> = BTreeMap::new();
    for made in sheets {
        if made.load.area == PREFECTURE {
            imported(&front, made).await;
        } else {
            counties.entry(made.load.area).or_default().push(made);
        }
    }
    let counties = futures::stream::iter(counties.into_values());
    counties
        .for_each_concurrent(LANES, |chain| {
            let front = &front;
            async move {
                for made in chain {
                    imported(front, made).await;
                }
            }
        })
        .await;
}

async fn imported(front: &Front, made: &Made) {
    let load = &made.load;
    let area = if OF_PROVINCE.contains(&load.table) { PROVINCE } else { load.area };
    let header = ImportHeader {
        table: load.table.to_owned(),
        job: uuid::Uuid::new_v4().to_string(),
        columns: load.columns.iter().map(|title| (*title).to_owned()).collect(),
        file_digest: uuid::Uuid::new_v4().simple().to_string(),
        form_date: load.form_date.unwrap_or_default().to_owned(),
        area: load.area.to_owned(),
        form_title: load.title.clone(),
        ..ImportHeader::default()
    };
    let all = Arc::clone(&made.rows);
    let rows = move || {
        let all = Arc::clone(&all);
        Ok::<_, Stop>(numbered(2, (0..all.len()).map(move |at| all[at].clone())))
    };
    let sheet = Sheet { header, rows: Box::new(rows) };
    let summary = send(&front.connection("data_steward", area), &sheet, &mut |_| {}).await;
    let progress = summary.expect("an import").progress.unwrap_or_default();
    assert_eq!(progress.rejected, 0, "{}", load.title);
}

/// Measures it, on the registry itself.
pub(crate) async fn line(backend: &Backend, options: &Options) -> Line {
    let sheets = sheets(options.smoke);
    let of_forms: usize = sheets.iter().map(|made| made.rows.len()).sum();
    let twin = Twin::start(backend).await;
    let mut turns = Turns::default();
    for _ in 0..if options.smoke { 1 } else { ROUNDS } {
        let place = Place::of(backend).await;
        let services = Services::start(&place.store, &[Fact::Registry]).await;
        let begin = Instant::now();
        load(&services, &sheets).await;
        let seconds = seconds_since(begin);
        let pool = Pool::open(&place.store, Fact::Registry).await;
        let rows: i64 = counts(&pool).await.iter().map(|(_, count)| count).sum();
        let (loaded, barely) = load_barely(&pool, &twin.pool).await;
        assert_eq!(rows, loaded, "the same rows");
        turns.add(rows as f64 / seconds, loaded as f64 / barely);
        pool.close().await;
        services.stop().await;
        place.leave().await;
    }
    twin.leave().await;
    let beside = format!(
        "rows of tables, versions, audit, feed and identities with them; the suite reads them out of {of_forms} rows of forms, \
         households, members and incomes, two counties at a time, no gateway; beside it the same rows into the same tables and indexes by COPY on PostgreSQL and by multi-row \
         inserts on SQLite, one transaction a table"
    );
    Line::ratio("ImportRows", named(backend), "rows/s", &turns, Target::AtLeast(0.5), &beside)
}

/// How much memory it took to load the world.
pub(crate) fn memory(world: &World) -> Option<Line> {
    let beside = "the most resident memory of this process, all services, the client and the made-up rows, while the whole \
                  demonstration is imported through the gateway, two counties at a time";
    let most = world.loading_megabytes?;
    let target = Target::AtMost(256.0);
    Some(Line::figure("ImportRows, memory", world.database, "MB", most, target, beside))
}

/// The registry's tables, empty, and nobody who serves them.
pub(super) struct Twin {
    /// Connections to it.
    pub(super) pool: Pool,
    place: Place,
}

impl Twin {
    /// Makes it.
    pub(super) async fn start(backend: &Backend) -> Self {
        let place = Place::of(backend).await;
        Services::start(&place.store, &[Fact::Registry]).await.stop().await;
        Self { pool: Pool::open(&place.store, Fact::Registry).await, place }
    }

    /// Takes it away.
    pub(super) async fn leave(self) {
        self.pool.close().await;
        self.place.leave().await;
    }
}
