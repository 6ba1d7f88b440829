//! What is declared against what stands: tables in both databases, the contract against its shapes, indicators.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use std::collections::BTreeSet;
use std::path::Path;

use record::ddl::{Table, tables};
use record::service::Slice;
use record::spec::Spec;
use store::Db;
use suite::harness::on_each;

fn services() -> [(&'static str, Vec<Slice>); 3] {
    [
        ("registry", registry::slices()),
        ("assistance", assistance::slices()),
        ("partner-aid", partner_aid::slices()),
    ]
}

fn specs(slices: &[Slice]) -> impl Iterator<Item = &'static Spec> {
    slices.iter().map(|slice| slice.registered.spec)
}

/// Columns with type and nullability, the key, and the other indexes.
type Described = (Vec<(String, String, bool)>, Vec<String>, BTreeSet<(String, Vec<String>, bool)>);

fn declared(table: &Table) -> Described {
    let columns = table.columns.iter().map(|column| {
        let kind = if column.text { "TEXT" } else { "BIGINT" };
        (column.name.clone(), kind.to_owned(), column.nullable)
    });
    let key = table.key.iter().map(|column| (*column).to_owned()).collect();
    let indexes = table.indexes.iter().map(|(name, columns)| (name.clone(), columns.clone(), false));
    (columns.collect(), key, indexes.collect())
}

async fn standing(db: &Db, table: &Table) -> Described {
    let columns = db.columns_of(&table.name).await.unwrap().into_iter();
    let all = db.indexes_of(&table.name).await.unwrap();
    // The key's own index has another name on each database; it is the only unique one.
    let (unique, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|index| index.unique);
    assert_eq!(unique.len(), 1, "{}: {unique:?}", table.name);
    (
        columns.map(|column| (column.name, column.kind, column.nullable)).collect(),
        unique.into_iter().next().unwrap().columns,
        others.into_iter().map(|index| (index.name, index.columns, index.unique)).collect(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_migrated_schema_is_the_declared_one() {
    on_each(async |harness| {
        for (service, mut slices) in services() {
            let db = &harness.databases[service];
            slices.extend(record::common::slices());
            let declared_tables: Vec<Table> = specs(&slices).flat_map(tables).collect();
            for table in &declared_tables {
                assert_eq!(standing(db, table).await, declared(table), "{service}: {}", table.name);
            }
            // No table but these and the ones of the store itself.
            let names: BTreeSet<&str> = declared_tables.iter().map(|table| table.name.as_str()).collect();
            let of_store: BTreeSet<String> = db
                .tables()
                .await
                .unwrap()
                .into_iter()
                .filter(|table| !names.contains(table.as_str()))
                .collect();
            let expected = [
                "audit",
                "feed_cursor",
                "guard",
                "identity",
                "import_error",
                "import_job",
                "migration",
                "outbox",
                "request",
            ];
            assert_eq!(of_store, expected.map(str::to_owned).into(), "{service}");
        }
    })
    .await;
}

#[test]
fn every_record_of_the_contract_has_the_parts_of_its_shape() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto");
    let contract = declare::Contract::load(&folder).expect("a contract");
    assert_eq!(declare::check_standard_parts(&contract), Vec::<String>::new());
    // What the contract declares is served by exactly one service.
    let mut slices = record::common::slices();
    slices.extend(services().into_iter().flat_map(|(_, slices)| slices));
    let mut served: Vec<&str> = specs(&slices).map(|spec| spec.message).collect();
    served.sort_unstable();
    let resources = proto_resources();
    assert_eq!(served, resources);
}

/// Full names of the messages that the contract makes resources.
fn proto_resources() -> Vec<String> {
    let pool = prost_reflect::DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET).expect("descriptors");
    let option = pool.get_extension_by_name("xiuhua.common.v1.resource").expect("an option");
    let messages = pool.all_messages().filter(|message| message.options().has_extension(&option));
    let mut names: Vec<String> = messages.map(|message| message.full_name().to_owned()).collect();
    names.sort_unstable();
    names
}

#[test]
fn indicators_are_declared_without_problems_and_once() {
    let mut ids = BTreeSet::new();
    for (service, slices) in services() {
        assert!(slices.iter().any(|slice| !slice.indicators.is_empty()), "{service}");
        for indicator in slices.iter().flat_map(|slice| slice.indicators) {
            assert_eq!(indicator.problems(), Vec::<String>::new());
            assert!(ids.insert(indicator.id), "{} twice", indicator.id);
            let owner = kernel::names::by_id(indicator.id).expect("a part of the suite").service;
            assert_eq!(owner, service, "{}", indicator.id);
            for label in [&indicator.label, &indicator.definition] {
                assert!(
                    [label.zh, label.ko, label.en].iter().all(|text| !text.is_empty()),
                    "{}",
                    indicator.id
                );
            }
        }
    }
}

#[test]
fn collections_tables_and_forms_are_named_once() {
    let mut found = BTreeSet::new();
    for (_, slices) in services() {
        for spec in specs(&slices) {
            assert!(found.insert(format!("collection {}", spec.collection)), "{}", spec.collection);
            assert!(found.insert(format!("table {}", spec.table)), "{}", spec.table);
            if let Some(form) = &spec.form {
                assert!(found.insert(format!("form {}", form.id)), "{}", form.id);
            }
        }
    }
}
