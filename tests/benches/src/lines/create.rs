//! CreateHousehold.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use proto::xiuhua::registry::v1::{self as p, CreateHouseholdRequest};
use record::engine::new_id;
use store::Value;
use suite::fixtures::{PREFECTURE, id_number, new_household};
use suite::harness::{Backend, request_id};
use xiuhua::client::Signed;
use xiuhua::suite::Fact;

use super::import::Twin;
use crate::bare::{Pool, Statement, counts, load};
use crate::options::Options;
use crate::table::{Line, Target};
use crate::turns::{IN_FLIGHT, Work, throughput, work};
use crate::world::World;

/// What tells one household that is created from another.
#[derive(Clone)]
struct Marks {
    id: String,
    request: String,
    number: String,
}

/// The rows that the suite wrote for one household, from which those of others are made.
struct Written {
    marks: Marks,
    tables: Vec<Table>,
    next: AtomicI64,
}

struct Table {
    sql: Arc<str>,
    /// Where the number of the transaction stands, which is half of a key.
    transaction: Option<usize>,
    rows: Vec<Vec<Value>>,
}

/// Measures it, on the registry itself.
pub(crate) async fn line(world: &World, backend: &Backend, options: &Options) -> Line {
    let services = &world.services;
    let pool = world.pool(Fact::Registry).await;
    let area = pool.texts(&Statement::new("SELECT MIN(area) FROM household", Vec::new())).await.remove(0);
    let front = services.front(Fact::Registry.name());
    let client = HouseholdServiceClient::new(front.client("data_steward", PREFECTURE));

    let twin = Twin::start(backend).await;
    load(&pool, &twin.pool).await;
    twin.pool.settle().await;
    let written = Arc::new(Written::by(&client, &pool, &area).await);
    pool.close().await;
    let told = written.told();

    let suite = created(client, area);
    let limit = repeated(Arc::clone(&written), twin.pool.clone());
    let turns = throughput(options.time, &suite, &limit).await;
    twin.leave().await;
    let least = if *backend == Backend::Sqlite { 3.0 } else { 0.9 };
    let beside = format!(
        "the same rows written by bare sqlx, prepared, one transaction and one durable commit a call (the suite shares \
         commits on SQLite; both with synchronous=FULL in WAL), neither wire nor rules: {told}; {IN_FLIGHT} in flight"
    );
    Line::ratio("CreateHousehold", world.database, "calls/s", &turns, Target::AtLeast(least), &beside)
}

async fn create(
    mut client: HouseholdServiceClient<Signed>,
    area: String,
    number: String,
    request_id: String,
) -> String {
    let household = Some(p::Household {
        head_id_number: id_number("1956-03-08", 17),
        phone: "13944300001".to_owned(),
        village_group: "二组".to_owned(),
        identified_year: Some(2015),
        ..new_household(&number, &area, "2015-12-31")
    });
    let request = CreateHouseholdRequest { request_id, household, ..CreateHouseholdRequest::default() };
    let answer = client.create_household(request).await.expect("a household").into_inner();
    answer.household.unwrap_or_default().name
}

fn created(client: HouseholdServiceClient<Signed>, area: String) -> Work {
    work(move |number| {
        let call = create(client.clone(), area.clone(), format!("bench-{number}"), request_id());
        async move { drop(call.await) }
    })
}

fn repeated(written: Arc<Written>, pool: Pool) -> Work {
    work(move |_| {
        let (statements, pool) = (written.again(), pool.clone());
        async move { pool.transaction(&statements).await }
    })
}

impl Written {
    /// Creates a household and reads back which rows that wrote.
    async fn by(client: &HouseholdServiceClient<Signed>, pool: &Pool, area: &str) -> Self {
        let mut marks = Marks { id: String::new(), request: request_id(), number: "bench-first".to_owned() };
        let before = counts(pool).await;
        let name = create(client.clone(), area.to_owned(), marks.number.clone(), marks.request.clone()).await;
        let after = counts(pool).await;
        marks.id = name.rsplit('/').next().unwrap_or_default().to_owned();
        let mut tables = Vec::new();
        for ((table, before), (_, after)) in before.iter().zip(&after).filter(|(one, other)| one != other) {
            let rows = Table::of(pool, table, &marks).await;
            assert_eq!(rows.rows.len() as i64, after - before, "rows of {table}");
            tables.push(rows);
        }
        // No database has come so far with its own numbers.
        Self { marks, tables, next: AtomicI64::new(1 << 60) }
    }

    fn told(&self) -> String {
        let rows: usize = self.tables.iter().map(|table| table.rows.len()).sum();
        format!("{rows} rows of {} tables", self.tables.len())
    }

    /// The statements that write the same for another household.
    fn again(&self) -> Vec<Statement> {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        let marks = Marks { id: new_id(), request: request_id(), number: format!("bench-{next}") };
        let mut statements = Vec::new();
        for table in &self.tables {
            for row in &table.rows {
                let values = row.iter().enumerate().map(|(column, value)| match value {
                    _ if table.transaction == Some(column) => Value::Integer(next),
                    Value::Text(text) => Value::Text(self.marks.replaced(text, &marks)),
                    other => other.clone(),
                });
                statements.push(Statement::new(Arc::clone(&table.sql), values.collect()));
            }
        }
        statements
    }
}

impl Marks {
    fn all(&self) -> [&String; 3] {
        [&self.id, &self.request, &self.number]
    }

    /// The statement that finds them in any column of a table.
    fn searched(&self, table: &str, columns: &[String]) -> Statement {
        let marked = |column: &String| {
            let places = (1..=3).map(|place| format!("CAST(\"{column}\" AS TEXT) LIKE ${place}"));
            places.collect::<Vec<_>>().join(" OR ")
        };
        let condition: Vec<String> = columns.iter().map(marked).collect();
        let sql = format!("SELECT * FROM \"{table}\" WHERE {}", condition.join(" OR "));
        Statement::new(sql, self.all().map(|mark| Value::Text(format!("%{mark}%"))).to_vec())
    }

    fn replaced(&self, text: &str, by: &Self) -> String {
        let pairs = self.all().into_iter().zip(by.all());
        pairs.fold(text.to_owned(), |text, (old, new)| text.replace(old, new))
    }
}

impl Table {
    /// The rows of a table in which one of the marks stands, or where it names transactions, those of the same one.
    async fn of(pool: &Pool, table: &str, marks: &Marks) -> Self {
        let columns = pool.columns(table).await;
        let transaction = columns.iter().position(|column| column == "xid");
        let written = match transaction {
            Some(_) => Statement::new(
                format!("SELECT * FROM \"{table}\" WHERE xid IN (SELECT xid FROM outbox WHERE id = $1)"),
                vec![Value::from(marks.id.as_str())],
            ),
            None => marks.searched(table, &columns),
        };
        let rows = pool.rows(&written).await;
        let places: Vec<String> = (1..=columns.len()).map(|place| format!("${place}")).collect();
        let sql = format!("INSERT INTO \"{table}\" VALUES ({})", places.join(", "));
        Self { sql: sql.into(), transaction, rows }
    }
}
