//! What a slice writes: what its record must satisfy and what follows from it.

use std::sync::Arc;

use kernel::caller::Caller;
use kernel::failure::Violations;
use proto::common::{CaseAct, Source};

use crate::codec::Secrets;
use crate::evaluate::key_value;
use crate::parameters::Defaults;
use crate::resource::{AnyRecord, Rec, Resource, typed, typed_mut};
use crate::spec::Spec;
use crate::state::{Known, Period, Reads};
use crate::value::Value;

/// The circumstances of a write, the same for all its rows.
pub struct Context<'c> {
    /// Who writes.
    pub caller: &'c Caller,
    /// Today, in Asia/Shanghai, ISO.
    pub today: &'c str,
    /// Where the words come from.
    pub source: &'c Source,
    /// Keys of the columns, to find records by protected fields.
    pub secrets: &'c Secrets,
    /// Defaults of the rules' parameters.
    pub defaults: &'c Defaults,
    /// Transcribed from paper: the decider is the office on the form, not the caller.
    pub transcribed: bool,
}

impl Context<'_> {
    /// The value of a rule's parameter (identifier, qualifier) in a division on a day.
    pub fn parameter(
        &self,
        reads: &Reads<'_>,
        asked: (&str, &str),
        area: &str,
        day: &str,
    ) -> Known<Option<String>> {
        crate::parameters::value(reads, self.defaults, asked, area, day)
    }

    /// The key values that a record states in full: kind and value. A masked value is no key.
    pub fn keys<R: Resource>(&self, record: &R::Record) -> Vec<(&'static str, String)> {
        let record: &dyn AnyRecord = &Rec::<R>(record.clone());
        let keys = R::SPEC.keys.iter().filter(|key| !key.repeats);
        keys.filter_map(|key| Some((key.kind, key_value(self.secrets, key, record)?))).collect()
    }
}

/// What a custom verb sees.
pub struct ActContext {
    /// Today, ISO.
    pub today: String,
    /// Day of the act.
    pub occurred_on: String,
    /// What was noted.
    pub note: String,
    /// Who acts.
    pub subject: String,
}

/// What follows from a record: acts on other records in the same transaction.
#[derive(Default)]
pub struct Consequences {
    pub(crate) acts: Vec<Act>,
}

impl Consequences {
    /// Adds an act.
    pub fn push(&mut self, act: Act) {
        self.acts.push(act);
    }
}

/// One act on one record.
#[derive(Clone)]
pub struct Act {
    /// The resource.
    pub spec: &'static Spec,
    /// Identifier of the record; a new one for [`Change::Create`] unless the record names itself.
    pub id: Option<String>,
    /// What is done.
    pub change: Change,
    /// Version the caller saw; `None` where the act follows from another.
    pub etag: Option<String>,
    /// Why.
    pub reason: String,
    /// Prefix of field paths in violations: `household.`.
    pub prefix: String,
    /// Permission that this act needs; empty for a consequence.
    pub permission: &'static str,
    /// The identifier was made for this very act: nobody else can know it, so nothing is looked up.
    pub fresh: bool,
    /// Number of the row of the file that asks for it; 0 where there is none.
    pub row: i64,
    /// Which of equal rows of a file this is (from 0), for records whose key repeats.
    pub occurrence: Option<u32>,
}

/// What is done to a record.
#[derive(Clone)]
pub enum Change {
    /// A new record.
    Create(Box<dyn AnyRecord>),
    /// The world changed on a day: these leaves of the record hold from then on.
    From {
        /// Values.
        record: Box<dyn AnyRecord>,
        /// What is meant.
        mask: Mask,
        /// First day.
        effective_on: String,
        /// Also where later periods hold other values.
        apply_to_later: bool,
        /// The record did not exist before that day; its first period may begin earlier than any.
        opens: bool,
    },
    /// It was recorded wrongly: these leaves are other in the period of that day (the last, if none is named) and
    /// in the neighbouring periods that hold the same words.
    Correct {
        /// Values.
        record: Box<dyn AnyRecord>,
        /// What is meant.
        mask: Mask,
        /// A day of the period.
        on: Option<String>,
    },
    /// These are all its periods, whatever stood before; for derived records. None at all withdraws it.
    Periods(Vec<Period>),
    /// It was never true.
    Withdraw,
    /// A link ends on a day (the first on which it no longer holds).
    End {
        /// The day.
        on: String,
        /// What else is said of it: leaves and values.
        own: Vec<(usize, Value)>,
    },
    /// Nothing is said: what it keeps of others is asked anew, as a follower does.
    Refresh,
    /// A step of a Case.
    Step(CaseAct),
    /// A verb of the slice, on the last period.
    Verb(Arc<Verb>),
}

/// A verb of the slice.
pub type Verb = dyn Fn(&mut dyn AnyRecord, &ActContext, &mut Violations) + Send + Sync;

/// Which leaves and children a change is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mask {
    /// Indexes of leaves.
    pub leaves: Vec<usize>,
    /// Indexes of children.
    pub children: Vec<usize>,
    /// `meta.area`, `meta.valid_from`, `meta.valid_to`.
    pub area: bool,
    /// See `area`.
    pub valid_from: bool,
    /// See `area`.
    pub valid_to: bool,
}

impl Mask {
    /// Everything that a record states: its non-null leaves and its non-empty children.
    pub fn of_stated(record: &dyn AnyRecord) -> Self {
        let spec = record.spec();
        Self {
            leaves: (0..spec.leaves.len()).filter(|leaf| !record.get(*leaf).is_null()).collect(),
            children: (0..spec.children.len()).filter(|child| record.child_count(*child) > 0).collect(),
            ..Self::default()
        }
    }
}

impl Act {
    /// An act that follows from another: no etag, no permission of its own.
    pub fn consequence(spec: &'static Spec, id: Option<String>, change: Change) -> Self {
        Self {
            spec,
            id,
            change,
            etag: None,
            reason: String::new(),
            prefix: String::new(),
            permission: "",
            fresh: false,
            row: 0,
            occurrence: None,
        }
    }
    /// Creates a record as a consequence.
    pub fn create<R: Resource>(id: Option<String>, record: R::Record) -> Self {
        Self::consequence(R::SPEC, id, Change::Create(Box::new(Rec::<R>(record))))
    }
    /// With the permission it needs.
    pub fn needing(mut self, permission: &'static str) -> Self {
        self.permission = permission;
        self
    }
}

/// A slice's rules. Pure: what they read comes from `reads`, and `?` on a read that is not loaded repeats the pass.
pub trait Rules: Resource {
    /// Fills what the service itself knows: output-only fields, references found by number.
    fn complete(
        _record: &mut Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        _violations: &mut Violations,
    ) -> Known<()> {
        Ok(())
    }
    /// What must hold, all violations at once. `old` is what stood before, `None` for a new record.
    fn check(
        _record: &Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        _violations: &mut Violations,
    ) -> Known<()> {
        Ok(())
    }
    /// The division whose officers see and change the record, where it is not `meta.area`: the household's.
    fn scope_area(
        _record: &Self::Record,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
    ) -> Known<Option<String>> {
        Ok(None)
    }
    /// Whether everything of the record is masked, whatever is declared of its fields: it is about a child.
    fn shields(_record: &Self::Record, _today: &str) -> bool {
        false
    }
    /// What the feed tells of it beside its name, links and keys: field and value, without personal data.
    fn tells(
        _record: &Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
    ) -> Known<Vec<(&'static str, String)>> {
        Ok(Vec::new())
    }
    /// What follows from it. `name` is the record's, new ones included.
    fn consequences(
        _name: &str,
        _record: &Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        _out: &mut Consequences,
    ) -> Known<()> {
        Ok(())
    }
    /// Whether it may be withdrawn at all: what cannot be undone is refused.
    fn may_withdraw(_old: &Self::Record, _context: &Context<'_>, _violations: &mut Violations) {}
    /// What follows from a withdrawal.
    fn withdrawn(
        _name: &str,
        _old: &Self::Record,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        _out: &mut Consequences,
    ) -> Known<()> {
        Ok(())
    }
}

type CompleteFn =
    fn(&mut dyn AnyRecord, Option<&dyn AnyRecord>, &Context<'_>, &Reads<'_>, &mut Violations) -> Known<()>;
type CheckFn =
    fn(&dyn AnyRecord, Option<&dyn AnyRecord>, &Context<'_>, &Reads<'_>, &mut Violations) -> Known<()>;
type ScopeAreaFn = fn(&dyn AnyRecord, &Context<'_>, &Reads<'_>) -> Known<Option<String>>;
type TellsFn = fn(
    &dyn AnyRecord,
    Option<&dyn AnyRecord>,
    &Context<'_>,
    &Reads<'_>,
) -> Known<Vec<(&'static str, String)>>;
type ConsequencesFn = fn(
    &str,
    &dyn AnyRecord,
    Option<&dyn AnyRecord>,
    &Context<'_>,
    &Reads<'_>,
    &mut Consequences,
) -> Known<()>;
type WithdrawnFn = fn(&str, &dyn AnyRecord, &Context<'_>, &Reads<'_>, &mut Consequences) -> Known<()>;

/// A resource in a service's list: what is declared of it and its rules, type-erased.
#[derive(Clone, Copy)]
pub struct Registered {
    /// What is declared.
    pub spec: &'static Spec,
    /// An empty record.
    pub new: fn() -> Box<dyn AnyRecord>,
    pub(crate) complete: CompleteFn,
    pub(crate) check: CheckFn,
    pub(crate) scope_area: ScopeAreaFn,
    pub(crate) shields: fn(&dyn AnyRecord, &str) -> bool,
    pub(crate) tells: TellsFn,
    pub(crate) consequences: ConsequencesFn,
    pub(crate) may_withdraw: fn(&dyn AnyRecord, &Context<'_>, &mut Violations),
    pub(crate) withdrawn: WithdrawnFn,
}

impl Registered {
    /// The entry of a resource.
    pub fn of<R: Rules>() -> Self {
        Self {
            spec: R::SPEC,
            new: || Box::new(Rec::<R>(R::Record::default())),
            complete: |record, old, context, reads, violations| match typed_mut::<R>(record) {
                Some(record) => R::complete(record, old.and_then(typed::<R>), context, reads, violations),
                None => Ok(()),
            },
            check: |record, old, context, reads, violations| match typed::<R>(record) {
                Some(record) => R::check(record, old.and_then(typed::<R>), context, reads, violations),
                None => Ok(()),
            },
            scope_area: |record, context, reads| match typed::<R>(record) {
                Some(record) => R::scope_area(record, context, reads),
                None => Ok(None),
            },
            shields: |record, today| typed::<R>(record).is_some_and(|record| R::shields(record, today)),
            tells: |record, old, context, reads| match typed::<R>(record) {
                Some(record) => R::tells(record, old.and_then(typed::<R>), context, reads),
                None => Ok(Vec::new()),
            },
            consequences: |name, record, old, context, reads, out| match typed::<R>(record) {
                Some(record) => R::consequences(name, record, old.and_then(typed::<R>), context, reads, out),
                None => Ok(()),
            },
            may_withdraw: |old, context, violations| {
                if let Some(old) = typed::<R>(old) {
                    R::may_withdraw(old, context, violations);
                }
            },
            withdrawn: |name, old, context, reads, out| match typed::<R>(old) {
                Some(old) => R::withdrawn(name, old, context, reads, out),
                None => Ok(()),
            },
        }
    }
}
