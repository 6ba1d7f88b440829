//! From the drafts of a batch to the statements of one commit.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use kernel::failure::Failure;
use store::{NewEvent, Step, Value as Cell, WriteSet};

use crate::codec::{CURRENT, FOREVER, Secrets, Stored, child_columns, columns, encode, encode_element};
use crate::evaluate::Draft;
use crate::periods::same_element;
use crate::resource::AnyRecord;
use crate::rules::Registered;
use crate::spec::{Child, Spec};
use crate::state::{Loaded, Period, State, Used};

/// Columns of a table and the rows that it gets.
type NewRows = (Arc<[String]>, Vec<Vec<Cell>>);

/// Nobody has the key any longer.
const GIVE_UP_KEY: &str = "DELETE FROM identity WHERE collection = $1 AND key_kind = $2 AND key_value = $3";

/// Builds a commit out of the accepted rows' drafts, in their order.
pub(crate) struct Staging<'s> {
    secrets: &'s Secrets,
    resources: &'s HashMap<&'static str, Registered>,
    supersedes: BTreeMap<&'static str, Vec<(String, i64)>>,
    elements: BTreeMap<&'static str, Vec<(String, String)>>,
    rows: BTreeMap<&'static str, NewRows>,
    keys_given_up: Vec<(&'static str, &'static str, String)>,
    keys_freed: Vec<(&'static str, String)>,
    keys_taken: Vec<Vec<Cell>>,
    rescoped: Vec<(&'static Spec, String, String)>,
    events: Vec<NewEvent>,
}

impl<'s> Staging<'s> {
    pub(crate) fn new(secrets: &'s Secrets, resources: &'s HashMap<&'static str, Registered>) -> Self {
        Self {
            secrets,
            resources,
            supersedes: BTreeMap::new(),
            elements: BTreeMap::new(),
            rows: BTreeMap::new(),
            keys_given_up: Vec::new(),
            keys_freed: Vec::new(),
            keys_taken: Vec::new(),
            rescoped: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Adds drafts. Where one record has several in the batch, all but the last are stored as superseded at once.
    pub(crate) fn add(&mut self, drafts: &[&Draft]) -> Result<(), Failure> {
        let mut of_record: HashMap<(&str, &str), (usize, usize)> = HashMap::new();
        for (index, draft) in drafts.iter().enumerate() {
            let key = (draft.spec.collection, draft.after.id.as_str());
            of_record.entry(key).and_modify(|(_, last)| *last = index).or_insert((index, index));
        }
        for (index, draft) in drafts.iter().enumerate() {
            let key = (draft.spec.collection, draft.after.id.as_str());
            let (first, last) = of_record.get(&key).copied().unwrap_or((index, index));
            self.draft(draft, drafts[first].before.as_deref(), last == index)?;
        }
        Ok(())
    }

    /// `stored` is the version in the database, from before the batch.
    fn draft(&mut self, draft: &Draft, stored: Option<&Loaded>, current: bool) -> Result<(), Failure> {
        let spec = draft.spec;
        let after = &draft.after;
        // Only the database's own version is superseded by a statement; one of this batch is stored as superseded.
        if let Some(before) = &draft.before
            && before.version == before.base_version
        {
            self.supersedes.entry(spec.table).or_default().push((before.id.clone(), before.version));
            if before.scope_area != after.scope_area {
                self.rescoped.push((spec, after.id.clone(), after.scope_area.clone()));
            }
        }
        self.versions(draft, current)?;
        for (index, child) in spec.children.iter().enumerate() {
            if let Some(table) = child.rows
                && current
            {
                self.children(draft, stored, (index, child, table))?;
            }
        }
        self.keys(draft);
        self.events.push(NewEvent {
            collection: spec.collection.to_owned(),
            id: after.id.clone(),
            version: after.version,
            kind: i32::from(draft.kind).to_string(),
            area: area_of(draft),
            scope_area: after.scope_area.clone(),
            detail: detail(draft),
        });
        Ok(())
    }

    /// Key values after the whole batch: what one row takes, a later one may give up.
    fn keys(&mut self, draft: &Draft) {
        let (spec, after) = (draft.spec, &draft.after);
        for key in &draft.keys {
            let value = [Cell::from(spec.collection), Cell::from(key.kind), Cell::Text(key.value.clone())];
            if key.taken {
                let holder = [Cell::Text(after.id.clone()), Cell::Text(after.scope_area.clone())];
                self.keys_taken.push([value.as_slice(), holder.as_slice()].concat());
            } else {
                self.keys_taken.retain(|taken| !taken.starts_with(&value));
                self.keys_given_up.push((spec.collection, key.kind, key.value.clone()));
            }
        }
        // Which of equal rows it was is known to the file alone.
        if after.periods.is_empty() && spec.keys.iter().any(|key| key.repeats) {
            self.keys_freed.push((spec.collection, after.id.clone()));
        }
    }

    fn versions(&mut self, draft: &Draft, current: bool) -> Result<(), Failure> {
        let spec = draft.spec;
        let after = &draft.after;
        let superseded = || if current { Cell::Integer(CURRENT) } else { Cell::KnownNow };
        let mut encoded = Vec::with_capacity(after.periods.len().max(1));
        for period in &after.periods {
            encoded.push(self.encoded(draft, period, superseded())?);
        }
        if let (true, Some(before)) = (after.periods.is_empty(), &draft.before)
            && let Some(last) = before.periods.last()
        {
            encoded.push(self.encoded(draft, &tombstone(last, draft), superseded())?);
        }
        let (_, rows) = self.rows.entry(spec.table).or_insert_with(|| (columns(spec).into(), Vec::new()));
        rows.append(&mut encoded);
        Ok(())
    }

    fn encoded(&self, draft: &Draft, period: &Period, superseded_at: Cell) -> Result<Vec<Cell>, Failure> {
        let loaded = &draft.after;
        let stored = Stored {
            id: loaded.id.clone(),
            version: loaded.version,
            valid_from: period.valid_from.clone(),
            valid_to: period.valid_to.clone(),
            scope_area: loaded.scope_area.clone(),
            action: i64::from(i32::from(draft.kind)),
            record: period.record.copy(),
        };
        encode(self.secrets, &stored, Cell::KnownNow, superseded_at)
    }

    /// The child rows of the last period: new elements in, changed and vanished ones superseded.
    fn children(
        &mut self,
        draft: &Draft,
        stored: Option<&Loaded>,
        (index, child, table): (usize, &'static Child, &'static str),
    ) -> Result<(), Failure> {
        let old = stored.and_then(Loaded::last);
        let new = draft.after.last();
        let ids_of = |record: &dyn AnyRecord| element_ids(record, index, child);
        let old_ids = old.map(|record| ids_of(record.as_ref())).unwrap_or_default();
        let new_ids = new.map(|record| ids_of(record.as_ref())).unwrap_or_default();
        let unchanged = |id: &str| {
            let (Some(one), Some(other)) = (old, new) else { return false };
            let at = |ids: &[String]| ids.iter().position(|known| known == id);
            match (at(&old_ids), at(&new_ids)) {
                (Some(before), Some(after)) => {
                    same_element(one.as_ref(), before, other.as_ref(), after, index)
                }
                _ => false,
            }
        };
        let gone = old_ids.iter().filter(|id| !unchanged(id));
        self.elements.entry(table).or_default().extend(gone.map(|id| (draft.after.id.clone(), id.clone())));
        let Some(record) = new else { return Ok(()) };
        for (element, id) in new_ids.iter().enumerate().filter(|(_, id)| !unchanged(id)) {
            let mut cells = vec![
                Cell::Text(draft.after.id.clone()),
                Cell::Text(id.clone()),
                Cell::Integer(i64::try_from(element).unwrap_or_default()),
                Cell::KnownNow,
                Cell::Integer(CURRENT),
            ];
            cells.extend(encode_element(self.secrets, table, child, record.as_ref(), (index, element))?);
            let (_, rows) =
                self.rows.entry(table).or_insert_with(|| (child_columns(child).into(), Vec::new()));
            rows.push(cells);
        }
        Ok(())
    }

    /// The commit: what was read must still hold, guards move on, versions end and begin.
    pub(crate) fn finish(self, used: &Used, guards: &BTreeSet<String>, state: &State) -> WriteSet {
        let mut set = WriteSet { events: self.events, ..WriteSet::default() };
        let mut subjects: BTreeSet<&String> = guards.iter().collect();
        subjects.extend(used.guards.iter());
        let versions = subjects
            .into_iter()
            .map(|subject| (subject.clone(), state.guard(subject).unwrap_or(0)))
            .collect::<Vec<_>>();
        if !versions.is_empty() {
            set.steps.push(Step::Guard { rows: versions });
        }
        for (table, rows) in unchanged(used, &self.supersedes, self.resources) {
            set.steps.push(Step::Unchanged { table, rows });
        }
        for (table, rows) in self.supersedes {
            set.steps.push(Step::Supersede { table, rows });
        }
        for (table, rows) in self.elements.into_iter().filter(|(_, rows)| !rows.is_empty()) {
            set.steps.push(Step::SupersedeElements { table, rows });
        }
        for (collection, kind, value) in self.keys_given_up {
            set.steps.push(Step::Execute {
                sql: GIVE_UP_KEY.to_owned(),
                args: vec![Cell::from(collection), Cell::from(kind), Cell::Text(value)],
                expect: None,
            });
        }
        for (collection, id) in self.keys_freed {
            set.steps.push(Step::Execute {
                sql: "DELETE FROM identity WHERE collection = $1 AND id = $2".to_owned(),
                args: vec![Cell::from(collection), Cell::Text(id)],
                expect: None,
            });
        }
        if !self.keys_taken.is_empty() {
            let names = ["collection", "key_kind", "key_value", "id", "area"];
            set.steps.push(Step::Insert {
                table: "identity",
                columns: names.map(str::to_owned).to_vec().into(),
                rows: self.keys_taken,
            });
        }
        for (spec, id, area) in self.rescoped {
            let by_id = [
                format!("UPDATE {} SET scope_area = $1 WHERE id = $2", spec.table),
                format!("UPDATE identity SET area = $1 WHERE id = $2 AND collection = '{}'", spec.collection),
            ];
            set.steps.extend(by_id.map(|sql| Step::Execute {
                sql,
                args: vec![Cell::Text(area.clone()), Cell::Text(id.clone())],
                expect: None,
            }));
        }
        for (table, (columns, rows)) in self.rows {
            set.steps.push(Step::Insert { table, columns, rows });
        }
        set
    }
}

/// The same commit for a dry run's own database: the versions it builds on are not there to be superseded or guarded, and
/// a key that was given up must hide the holder that the service's database tells.
pub(crate) fn for_overlay(set: WriteSet) -> WriteSet {
    let mut steps = Vec::with_capacity(set.steps.len());
    for step in set.steps {
        match step {
            Step::Guard { .. } | Step::Unchanged { .. } | Step::SupersedeElements { .. } => {}
            Step::Supersede { table, rows } => {
                steps.extend(rows.into_iter().map(|(id, version)| Step::Execute {
                    sql: format!(
                        "UPDATE {table} SET superseded_at = recorded_at WHERE id = $1 AND version = $2"
                    ),
                    args: vec![id.into(), version.into()],
                    expect: None,
                }))
            }
            Step::Execute { sql, mut args, .. } if sql == GIVE_UP_KEY => {
                args.extend([Cell::from(NOBODY), Cell::from(NOBODY)]);
                steps.push(held(args));
            }
            Step::Insert { table: "identity", rows, .. } => steps.extend(rows.into_iter().map(held)),
            other => steps.push(other),
        }
    }
    WriteSet { steps, request: None, ..set }
}

/// Stands in a dry run's own database for the holder of a key that was given up.
pub(crate) const NOBODY: &str = "";

/// Who holds a key now, in a dry run's own database.
fn held(args: Vec<Cell>) -> Step {
    let sql = "INSERT INTO identity (collection, key_kind, key_value, id, area) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (collection, key_kind, key_value) DO UPDATE SET id = excluded.id, area = excluded.area";
    Step::Execute { sql: sql.to_owned(), args, expect: None }
}

fn element_ids(record: &dyn AnyRecord, index: usize, child: &Child) -> Vec<String> {
    (0..record.child_count(index))
        .map(|element| {
            child
                .element_id
                .and_then(|leaf| record.child_get(index, element, leaf).as_text().map(str::to_owned))
                .unwrap_or_else(|| element.to_string())
        })
        .collect()
}

/// A withdrawn record's last row: it holds on no day and says who withdrew it and why.
fn tombstone(last: &Period, draft: &Draft) -> Period {
    let mut record = last.record.copy();
    if let Some(meta) = &draft.withdrawal {
        *record.meta_mut() = meta.clone();
    }
    Period { valid_from: FOREVER.to_owned(), valid_to: FOREVER.to_owned(), record: Arc::from(record) }
}

fn area_of(draft: &Draft) -> String {
    let last = draft.after.last().or_else(|| draft.before.as_ref().and_then(|before| before.last()));
    last.and_then(|record| record.meta()).map(|meta| meta.area.clone()).unwrap_or_default()
}

/// What the feed tells of a record beside its name: its links, the keys it took or gave up, and which fields changed. No personal
/// data: linked fields are references, keys over protected fields are blind indexes.
fn detail(draft: &Draft) -> Option<String> {
    let spec = draft.spec;
    let record = draft.after.last().or_else(|| draft.before.as_ref().and_then(|before| before.last()))?;
    let links: Vec<(&str, String)> = spec
        .linked
        .iter()
        .filter_map(|leaf| Some((spec.leaves[*leaf].path, record.get(*leaf).as_text()?.to_owned())))
        .chain(draft.keys.iter().map(|key| (key.kind, key.value.clone())))
        .chain(draft.tells.iter().cloned())
        .collect();
    if links.is_empty() && draft.paths.is_empty() {
        return None;
    }
    serde_json::to_string(&EventDetail {
        links: links.into_iter().map(|(path, value)| (path.to_owned(), value)).collect(),
        fields: draft.paths.iter().map(|path| (*path).to_owned()).collect(),
    })
    .ok()
}

/// See [`detail`].
#[derive(serde::Serialize, serde::Deserialize, Default)]
pub(crate) struct EventDetail {
    /// Path and value of each linked field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) links: Vec<(String, String)>,
    /// Paths that changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) fields: Vec<String>,
}

fn unchanged(
    used: &Used,
    supersedes: &BTreeMap<&'static str, Vec<(String, i64)>>,
    resources: &HashMap<&'static str, Registered>,
) -> BTreeMap<&'static str, Vec<(String, i64)>> {
    let replaced: HashSet<(&str, &str)> = supersedes
        .iter()
        .flat_map(|(table, rows)| rows.iter().map(|(id, _)| (*table, id.as_str())))
        .collect();
    let mut rows: BTreeMap<&'static str, Vec<(String, i64)>> = BTreeMap::new();
    for ((collection, id), version) in &used.records {
        let Some(spec) = resources.get(collection).map(|registered| -> &'static Spec { registered.spec })
        else {
            continue;
        };
        if !replaced.contains(&(spec.table, id.as_str())) {
            rows.entry(spec.table).or_default().push((id.clone(), *version));
        }
    }
    rows
}
