//! Loads what a pass missed, all of it in a handful of statements.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use kernel::failure::{Failure, Reason};
use store::{Db, Row};

use crate::call::Call;
use crate::codec::{CURRENT, FOREVER, Secrets, decode, select_list};
use crate::rules::Registered;
use crate::stage::NOBODY;
use crate::state::{Holder, Loaded, Period, State, Want, guard_subject};
use crate::surroundings::{Ask, Surroundings};

/// Where records are read from.
pub(crate) struct Loader<'l> {
    /// The service's resources.
    pub(crate) resources: &'l HashMap<&'static str, Registered>,
    /// Keys of the columns.
    pub(crate) secrets: &'l Secrets,
    /// The service's database.
    pub(crate) main: &'l Db,
    /// A dry run's own records, which go before the database's.
    pub(crate) overlay: Option<&'l Db>,
    /// The world outside.
    pub(crate) surroundings: &'l dyn Surroundings,
    /// Whose call it is.
    pub(crate) call: &'l Call,
}

#[derive(Default)]
struct Sorted {
    records: BTreeMap<&'static str, Vec<String>>,
    keys: BTreeMap<(&'static str, &'static str), Vec<String>>,
    linked: BTreeMap<(&'static str, usize), Vec<String>>,
    guards: Vec<String>,
    asks: Vec<Ask>,
}

impl Loader<'_> {
    /// Answers every want into the state.
    pub(crate) async fn load(&self, wants: Vec<Want>, state: &mut State) -> Result<(), Failure> {
        let mut sorted = Sorted::default();
        for want in wants {
            match want {
                Want::Record(collection, id) => sorted.records.entry(collection).or_default().push(id),
                Want::Key(collection, kind, value) => {
                    sorted.keys.entry((collection, kind)).or_default().push(value);
                }
                Want::Linked(collection, leaf, value) => {
                    sorted.linked.entry((collection, leaf)).or_default().push(value);
                }
                Want::Guard(subject) => sorted.guards.push(subject),
                Want::Outside(ask) => sorted.asks.push(ask),
            }
        }
        for ((collection, leaf), values) in &sorted.linked {
            let spec = self.registered(collection)?.spec;
            sorted.guards.extend(values.iter().map(|value| guard_subject(spec, *leaf, value)));
        }
        // Before the sets that they guard: a writer in between is then noticed at the commit, not overlooked.
        self.guards(&sorted.guards, state).await?;
        for ((collection, leaf), values) in &sorted.linked {
            self.linked(collection, *leaf, values, state).await?;
        }
        for ((collection, kind), values) in &sorted.keys {
            self.keys(collection, kind, values, state).await?;
        }
        for (collection, ids) in &sorted.records {
            self.records(collection, ids, state).await?;
        }
        if !sorted.asks.is_empty() {
            state.put_replies(self.surroundings.ask(self.call, sorted.asks).await?);
        }
        Ok(())
    }

    fn registered(&self, collection: &str) -> Result<&Registered, Failure> {
        self.resources.get(collection).ok_or_else(|| {
            Failure::new(Reason::Internal).because(format!("{collection} is not in the service's list"))
        })
    }

    fn databases(&self) -> impl Iterator<Item = &Db> {
        std::iter::once(self.main).chain(self.overlay)
    }

    async fn records(
        &self,
        collection: &'static str,
        ids: &[String],
        state: &mut State,
    ) -> Result<(), Failure> {
        let registered = self.registered(collection)?;
        let spec = registered.spec;
        let select = format!(
            "SELECT {} FROM {} t WHERE t.superseded_at = {CURRENT} AND",
            select_list(spec, "t"),
            spec.table
        );
        let mut found: HashMap<String, Loaded> = HashMap::new();
        for db in self.databases() {
            let rows = db.select_in(&select, "t.id", ids, "ORDER BY id, valid_from").await?;
            found.extend(loaded_records(self.secrets, registered, &rows)?);
        }
        for id in ids {
            state.put_record(collection, id.clone(), found.remove(id));
        }
        Ok(())
    }

    async fn linked(
        &self,
        collection: &'static str,
        leaf: usize,
        values: &[String],
        state: &mut State,
    ) -> Result<(), Failure> {
        let registered = self.registered(collection)?;
        let spec = registered.spec;
        let column = spec.leaves[leaf].column;
        let select = format!(
            "SELECT {} FROM {} t WHERE t.superseded_at = {CURRENT} AND",
            select_list(spec, "t"),
            spec.table
        );
        let mut found: HashMap<String, Loaded> = HashMap::new();
        for db in self.databases() {
            let rows =
                db.select_in(&select, &format!("t.\"{column}\""), values, "ORDER BY id, valid_from").await?;
            found.extend(loaded_records(self.secrets, registered, &rows)?);
        }
        let mut by_value: HashMap<&str, Vec<String>> = HashMap::new();
        for (id, loaded) in found {
            let value = loaded.last().and_then(|record| record.get(leaf).as_text().map(str::to_owned));
            if let Some(known) = value.as_ref().and_then(|value| values.iter().find(|known| *known == value))
            {
                by_value.entry(known).or_default().push(id.clone());
            }
            if !state.has_record(collection, &id) {
                state.put_record(collection, id, Some(loaded));
            }
        }
        for value in values {
            let mut ids = by_value.remove(value.as_str()).unwrap_or_default();
            ids.sort_unstable();
            state.put_linked((collection, leaf, value.clone()), ids);
        }
        Ok(())
    }

    async fn keys(
        &self,
        collection: &'static str,
        kind: &'static str,
        values: &[String],
        state: &mut State,
    ) -> Result<(), Failure> {
        let mut found: HashMap<String, Holder> = HashMap::new();
        for db in self.databases() {
            let select = format!(
                "SELECT key_value, id, area FROM identity \
                 WHERE collection = '{collection}' AND key_kind = '{kind}' AND"
            );
            for row in db.select_in(&select, "key_value", values, "").await? {
                let holder = Holder { id: row.text(1).to_owned(), area: row.text(2).to_owned() };
                if holder.id == NOBODY {
                    found.remove(row.text(0));
                } else {
                    found.insert(row.text(0).to_owned(), holder);
                }
            }
        }
        for value in values {
            state.put_key((collection, kind, value.clone()), found.remove(value));
        }
        Ok(())
    }

    async fn guards(&self, subjects: &[String], state: &mut State) -> Result<(), Failure> {
        if subjects.is_empty() {
            return Ok(());
        }
        let mut found: HashMap<String, i64> = HashMap::new();
        let select = "SELECT subject, version FROM guard WHERE";
        for row in self.main.select_in(select, "subject", subjects, "").await? {
            found.insert(row.text(0).to_owned(), row.integer(1));
        }
        for subject in subjects {
            state.put_guard(subject.clone(), found.remove(subject).unwrap_or(0));
        }
        Ok(())
    }
}

/// Groups the open rows of records into their periods; a tombstone alone makes a withdrawn record.
pub(crate) fn loaded_records(
    secrets: &Secrets,
    registered: &Registered,
    rows: &[Row],
) -> Result<HashMap<String, Loaded>, Failure> {
    let mut found: HashMap<String, Loaded> = HashMap::new();
    for row in rows {
        let stored = decode(secrets, registered.new, row)?;
        let loaded = found.entry(stored.id.clone()).or_insert_with(|| Loaded {
            id: stored.id.clone(),
            version: stored.version,
            base_version: stored.version,
            scope_area: stored.scope_area.clone(),
            periods: Vec::new(),
        });
        if stored.valid_from.as_str() < FOREVER {
            loaded.periods.push(Period {
                valid_from: stored.valid_from,
                valid_to: stored.valid_to,
                record: Arc::from(stored.record),
            });
        }
    }
    Ok(found)
}
