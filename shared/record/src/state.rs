//! What a pass of evaluation knows: rows loaded from the database, with the batch's own accepted rows over them.
//!
//! Rules are pure functions over this state. What they read and is not there yet is noted as missing; the engine
//! loads all that is missing in one go and runs the pass again. So a rule that needs another row is ordinary
//! code, and a batch of a thousand rows costs as many round trips as one.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::codec::FOREVER;
use crate::resource::{AnyRecord, Resource, typed};
use crate::spec::Spec;
use crate::surroundings::{Ask, Reply};
use crate::value::Value;

/// Something was read that is not loaded yet: the pass goes on with the next row and is repeated later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotLoaded;

/// What a rule gets when it reads: a value, or the news that the pass must be repeated.
pub type Known<T> = Result<T, NotLoaded>;

/// Something to load.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Want {
    /// The current version of a record.
    Record(&'static str, String),
    /// Who has this key value: collection, kind, value.
    Key(&'static str, &'static str, String),
    /// All current records whose leaf has this value, with the guard of that set.
    Linked(&'static str, usize, String),
    /// The version of a guard.
    Guard(String),
    /// A question to the surroundings.
    Outside(Ask),
}

/// A period of a record's validity.
#[derive(Clone)]
pub struct Period {
    /// First day.
    pub valid_from: String,
    /// Day after the last.
    pub valid_to: String,
    /// The record in that period.
    pub record: Arc<dyn AnyRecord>,
}

impl Period {
    /// Whether the day lies in the period.
    pub fn contains(&self, day: &str) -> bool {
        self.valid_from.as_str() <= day && day < self.valid_to.as_str()
    }
}

/// The current version of a record: the complete set of its periods, in order. A withdrawn record has none.
#[derive(Clone)]
pub struct Loaded {
    /// Identifier.
    pub id: String,
    /// Current version.
    pub version: i64,
    /// Version in the database; 0 where the record is new in this batch.
    pub base_version: i64,
    /// Where it is visible now.
    pub scope_area: String,
    /// Periods in order.
    pub periods: Vec<Period>,
}

impl Loaded {
    /// The last period's record: what is true from some day on.
    pub fn last(&self) -> Option<&Arc<dyn AnyRecord>> {
        self.periods.last().map(|period| &period.record)
    }
    /// The record on a day.
    pub fn on(&self, day: &str) -> Option<&Arc<dyn AnyRecord>> {
        self.periods.iter().find(|period| period.contains(day)).map(|period| &period.record)
    }
    /// The record on a day; on a day before or after all its periods that of the nearest one.
    pub fn nearest(&self, day: &str) -> Option<&Arc<dyn AnyRecord>> {
        let begun = self.periods.iter().rev().find(|period| period.valid_from.as_str() <= day);
        begun.or(self.periods.first()).map(|period| &period.record)
    }
    /// Whether it was withdrawn.
    pub fn withdrawn(&self) -> bool {
        self.periods.is_empty()
    }
    /// First day of all its periods.
    pub fn since(&self) -> &str {
        self.periods.first().map_or(FOREVER, |period| period.valid_from.as_str())
    }
}

/// Who holds a key value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Identifier.
    pub id: String,
    /// Division where it belongs.
    pub area: String,
}

type RecordKey = (&'static str, String);
type KeyValue = (&'static str, &'static str, String);
type LinkValue = (&'static str, usize, String);

/// What one row of a batch read, so that the commit can demand that it still holds.
#[derive(Default, Clone)]
pub struct Used {
    /// Records read by name, with the version seen.
    pub records: HashMap<RecordKey, i64>,
    /// Guards of the sets that were read.
    pub guards: HashSet<String>,
}

enum Undo {
    Record(RecordKey, Option<Arc<Loaded>>),
    Key(KeyValue, Option<Option<Holder>>),
    Extra(LinkValue, usize),
}

/// See the module.
#[derive(Default)]
pub struct State {
    base_records: HashMap<RecordKey, Option<Arc<Loaded>>>,
    base_keys: HashMap<KeyValue, Option<Holder>>,
    base_linked: HashMap<LinkValue, Vec<String>>,
    guards: HashMap<String, i64>,
    replies: HashMap<Ask, Reply>,
    records: HashMap<RecordKey, Arc<Loaded>>,
    keys: HashMap<KeyValue, Option<Holder>>,
    extras: HashMap<LinkValue, Vec<String>>,
    undo: Vec<Undo>,
    missing: RefCell<HashSet<Want>>,
    used: RefCell<Used>,
}

impl State {
    /// Forgets the rows accepted in the last pass; keeps what was loaded.
    pub fn restart(&mut self) {
        self.records.clear();
        self.keys.clear();
        self.extras.clear();
        self.undo.clear();
        self.used.borrow_mut().records.clear();
        self.used.borrow_mut().guards.clear();
    }
    /// What the last pass missed.
    pub fn take_missing(&mut self) -> Vec<Want> {
        self.missing.borrow_mut().drain().collect()
    }
    /// Takes the answer to a [`Want::Record`].
    pub fn put_record(&mut self, collection: &'static str, id: String, loaded: Option<Loaded>) {
        self.base_records.insert((collection, id), loaded.map(Arc::new));
    }
    /// Takes the answer to a [`Want::Key`].
    pub fn put_key(&mut self, key: KeyValue, holder: Option<Holder>) {
        self.base_keys.insert(key, holder);
    }
    /// Takes the answer to a [`Want::Linked`].
    pub fn put_linked(&mut self, link: LinkValue, ids: Vec<String>) {
        self.base_linked.insert(link, ids);
    }
    /// Takes the answer to a [`Want::Guard`].
    pub fn put_guard(&mut self, subject: String, version: i64) {
        self.guards.insert(subject, version);
    }
    /// Takes answers of the surroundings.
    pub fn put_replies(&mut self, replies: HashMap<Ask, Reply>) {
        self.replies.extend(replies);
    }
    /// Whether the record is loaded already.
    pub fn has_record(&self, collection: &'static str, id: &str) -> bool {
        self.base_records.contains_key(&(collection, id.to_owned()))
    }
    /// The version of a loaded guard.
    pub fn guard(&self, subject: &str) -> Known<i64> {
        match self.guards.get(subject) {
            Some(version) => Ok(*version),
            None => self.miss(Want::Guard(subject.to_owned())),
        }
    }

    fn miss<T>(&self, want: Want) -> Known<T> {
        self.missing.borrow_mut().insert(want);
        Err(NotLoaded)
    }

    /// Begins a row: what it applies can be taken back.
    pub fn begin(&mut self) {
        self.undo.clear();
        *self.used.borrow_mut() = Used::default();
    }
    /// The row stands: what it read.
    pub fn accept(&mut self) -> Used {
        self.undo.clear();
        self.used.take()
    }
    /// The row is refused or incomplete: takes back what it applied.
    pub fn undo(&mut self) {
        while let Some(step) = self.undo.pop() {
            match step {
                Undo::Record(key, Some(before)) => {
                    self.records.insert(key, before);
                }
                Undo::Record(key, None) => {
                    self.records.remove(&key);
                }
                Undo::Key(key, Some(before)) => {
                    self.keys.insert(key, before);
                }
                Undo::Key(key, None) => {
                    self.keys.remove(&key);
                }
                Undo::Extra(link, length) => {
                    if let Some(ids) = self.extras.get_mut(&link) {
                        ids.truncate(length);
                    }
                }
            }
        }
    }

    /// The current version of a record, the batch's own rows included.
    pub fn record(&self, spec: &Spec, id: &str) -> Known<Option<Arc<Loaded>>> {
        let key = (spec.collection, id.to_owned());
        if let Some(loaded) = self.records.get(&key) {
            return Ok(Some(loaded.clone()));
        }
        match self.base_records.get(&key) {
            Some(loaded) => Ok(loaded.clone()),
            None => self.miss(Want::Record(key.0, key.1)),
        }
    }
    /// Who holds a key value.
    pub fn holder(&self, collection: &'static str, kind: &'static str, value: &str) -> Known<Option<Holder>> {
        let key = (collection, kind, value.to_owned());
        if let Some(holder) = self.keys.get(&key) {
            return Ok(holder.clone());
        }
        match self.base_keys.get(&key) {
            Some(holder) => Ok(holder.clone()),
            None => self.miss(Want::Key(key.0, key.1, key.2)),
        }
    }
    /// All current records whose leaf has this value; notes the set's guard as used.
    pub fn linked(&self, spec: &'static Spec, leaf: usize, value: &str) -> Known<Vec<Arc<Loaded>>> {
        let found = self.gathered(spec, leaf, value)?;
        if !self.is_fresh(value) {
            self.used.borrow_mut().guards.insert(guard_subject(spec, leaf, value));
        }
        Ok(found)
    }
    /// All current records whose leaf has this value.
    fn gathered(&self, spec: &'static Spec, leaf: usize, value: &str) -> Known<Vec<Arc<Loaded>>> {
        let key = (spec.collection, leaf, value.to_owned());
        let fresh = self.is_fresh(value);
        let mut ids = match self.base_linked.get(&key) {
            Some(ids) => ids.clone(),
            None if fresh => Vec::new(),
            None => return self.miss(Want::Linked(key.0, key.1, key.2)),
        };
        for id in self.extras.get(&key).into_iter().flatten() {
            if !ids.contains(id) {
                ids.push(id.clone());
            }
        }
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(loaded) = self.record(spec, &id)?
                && loaded.last().is_some_and(|record| record.get(leaf).as_text() == Some(value))
            {
                found.push(loaded);
            }
        }
        Ok(found)
    }
    /// Whether the name is of a record made in this very batch, which no other writer can know.
    pub fn is_fresh(&self, name: &str) -> bool {
        let records: &HashMap<(&str, String), Arc<Loaded>> = &self.records;
        name.split_once('/')
            .and_then(|(collection, id)| records.get(&(collection, id.to_owned())))
            .is_some_and(|loaded| loaded.base_version == 0)
    }
    /// The surroundings' answer.
    pub fn outside(&self, ask: &Ask) -> Known<&Reply> {
        match self.replies.get(ask) {
            Some(reply) => Ok(reply),
            None => self.miss(Want::Outside(ask.clone())),
        }
    }
    /// Notes that the row relies on this version of the record.
    pub fn rely_on(&self, spec: &Spec, loaded: &Loaded) {
        if loaded.base_version > 0 {
            self.used.borrow_mut().records.insert((spec.collection, loaded.id.clone()), loaded.base_version);
        }
    }

    /// Puts a row's new version over what is known.
    pub fn apply(&mut self, spec: &'static Spec, loaded: Loaded) {
        let key = (spec.collection, loaded.id.clone());
        if let Some(record) = loaded.last() {
            for leaf in spec.linked {
                if let Value::Text(value) = record.get(*leaf) {
                    let link = (spec.collection, *leaf, value);
                    let ids = self.extras.entry(link.clone()).or_default();
                    self.undo.push(Undo::Extra(link, ids.len()));
                    ids.push(loaded.id.clone());
                }
            }
        }
        let before = self.records.insert(key.clone(), Arc::new(loaded));
        self.undo.push(Undo::Record(key, before));
    }
    /// Puts a key's holder over what is known.
    pub fn apply_key(&mut self, key: KeyValue, holder: Option<Holder>) {
        let before = self.keys.insert(key.clone(), holder);
        self.undo.push(Undo::Key(key, before));
    }
}

/// The subject that guards the set of all records whose leaf has this value.
pub fn guard_subject(spec: &Spec, leaf: usize, value: &str) -> String {
    format!("{}.{}={value}", spec.collection, spec.leaves[leaf].column)
}

/// What a rule sees of the state: typed reads by name, key or link, and the surroundings.
pub struct Reads<'s> {
    state: &'s State,
}

impl<'s> Reads<'s> {
    /// Over this state.
    pub fn new(state: &'s State) -> Self {
        Self { state }
    }
    /// The current version of the record of this name. The commit demands that it is still current.
    pub fn record<R: Resource>(&self, name: &str) -> Known<Option<Arc<Loaded>>> {
        let Some(("", id)) = name.strip_prefix(R::SPEC.collection).and_then(|rest| rest.split_once('/'))
        else {
            return Ok(None);
        };
        let loaded = self.state.record(R::SPEC, id)?;
        if let Some(found) = &loaded {
            self.state.rely_on(R::SPEC, found);
        }
        Ok(loaded.filter(|found| !found.withdrawn()))
    }
    /// Who holds a key value, in the whole prefecture.
    pub fn holder<R: Resource>(&self, kind: &'static str, value: &str) -> Known<Option<Holder>> {
        self.state.holder(R::SPEC.collection, kind, value)
    }
    /// All current records whose leaf has this value. The commit demands that the set is still the same.
    pub fn linked<R: Resource>(&self, column: crate::column::Column, value: &str) -> Known<Vec<Arc<Loaded>>> {
        self.state.linked(R::SPEC, column.leaf, value)
    }
    /// As [`Self::linked`], for settings: the commit does not demand that they are the same, so that writers who read
    /// one setting do not wait for each other.
    pub fn settings<R: Resource>(
        &self,
        column: crate::column::Column,
        value: &str,
    ) -> Known<Vec<Arc<Loaded>>> {
        self.state.gathered(R::SPEC, column.leaf, value)
    }
    /// The surroundings' answer to a question.
    pub fn outside(&self, ask: &Ask) -> Known<&'s Reply> {
        self.state.outside(ask)
    }
    /// The Chinese name of a division, where it exists.
    pub fn division(&self, code: &str) -> Known<Option<String>> {
        match self.outside(&Ask::Division(code.to_owned()))? {
            Reply::Division(name) => Ok(name.clone()),
            Reply::Place(_) | Reply::Standing(_) => Ok(None),
        }
    }
    /// Whether the name is of a record made in this very batch.
    pub fn is_fresh(&self, name: &str) -> bool {
        self.state.is_fresh(name)
    }
    /// The state itself, for the engine.
    pub(crate) fn state(&self) -> &'s State {
        self.state
    }
}

/// The typed record of a loaded one's last period.
pub fn last_of<R: Resource>(loaded: &Loaded) -> Option<&R::Record> {
    loaded.periods.last().and_then(|period| typed::<R>(period.record.as_ref()))
}
