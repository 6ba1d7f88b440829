//! One row's acts, decided in memory: target, change, completion, declaration, rules, consequences.

mod change;
mod complete;
mod keys;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use kernel::area::AreaCode;
use kernel::codes::CodeTables;
use kernel::failure::{Reason, Violations};
use kernel::text::is_plain;
use proto::common::{RecordMeta, Source, VersionAction};

use crate::codec::{FOREVER, Secrets};
use crate::elements::identify_all;
use crate::periods::{differences, same};
use crate::resource::AnyRecord;
use crate::rules::{Act, Change, Consequences, Context, Mask, Registered};
use crate::spec::Spec;
use crate::state::{Holder, Known, Loaded, NotLoaded, Period, Reads, State};

pub use change::last_state;
pub use keys::{key_value, occurrence_value};

/// Most acts that may follow from one row.
const ACT_LIMIT: usize = 200;

/// A record's new version, not yet stored.
pub struct Draft {
    /// The resource.
    pub spec: &'static Spec,
    /// What stood before.
    pub before: Option<Arc<Loaded>>,
    /// What stands now.
    pub after: Arc<Loaded>,
    /// What happened.
    pub kind: VersionAction,
    /// Paths that changed; empty for a new record.
    pub paths: Vec<&'static str>,
    /// Whether it followed from another act.
    pub follows: bool,
    /// Key values taken and given up.
    pub keys: Vec<KeyChange>,
    /// Guards of the sets it entered or left.
    pub guards: Vec<String>,
    /// Head of a withdrawal's tombstone.
    pub withdrawal: Option<RecordMeta>,
    /// What the feed tells of it besides.
    pub tells: Vec<(&'static str, String)>,
}

/// A unique value taken or given up.
pub struct KeyChange {
    /// Name of the key.
    pub kind: &'static str,
    /// Its value.
    pub value: String,
    /// Taken, else given up.
    pub taken: bool,
}

/// New identifiers of a row, the same in every pass.
#[derive(Default)]
pub struct Identifiers {
    made: Vec<String>,
    used: usize,
}

impl Identifiers {
    /// Begins a pass.
    pub fn restart(&mut self) {
        self.used = 0;
    }
    /// The next one.
    pub(crate) fn next(&mut self, make: &dyn Fn() -> String) -> String {
        if self.used == self.made.len() {
            self.made.push(make());
        }
        self.used += 1;
        self.made[self.used - 1].clone()
    }
}

/// Everything that does not change from row to row.
pub struct Evaluator<'e> {
    /// The service's resources by collection.
    pub resources: &'e HashMap<&'static str, Registered>,
    /// Code tables.
    pub codes: &'e CodeTables,
    /// Keys of the columns.
    pub secrets: &'e Secrets,
    /// Circumstances.
    pub context: &'e Context<'e>,
    /// Makes an identifier.
    pub make_id: &'e (dyn Fn() -> String + Sync),
}

impl Evaluator<'_> {
    /// Decides a row. Violations mean that nothing of it stands; the state is taken back by the caller.
    pub fn row(
        &self,
        acts: Vec<Act>,
        identifiers: &mut Identifiers,
        state: &mut State,
        violations: &mut Violations,
    ) -> Known<Vec<Draft>> {
        let mut queue: VecDeque<Act> = acts.into();
        let mut drafts = Vec::new();
        let mut missing = false;
        while let Some(act) = queue.pop_front() {
            let follows = act.permission.is_empty();
            let draft = match self.act(&act, identifiers, state, violations) {
                Ok(draft) => draft,
                // Goes on, so that one pass finds all that the row's other acts miss as well.
                Err(NotLoaded) => {
                    missing = true;
                    continue;
                }
            };
            let Some(mut draft) = draft else { continue };
            draft.follows = follows;
            if follows && draft.kind != VersionAction::Withdrawn {
                draft.kind = VersionAction::Derived;
            }
            match self.consequences(&draft, state) {
                // At once, so that the row's next act sees what followed from this one.
                Ok(more) => {
                    more.into_iter().rev().for_each(|next| queue.push_front(Act { row: act.row, ..next }));
                }
                Err(NotLoaded) => missing = true,
            }
            drafts.push(draft);
            if drafts.len() > ACT_LIMIT {
                violations.push("", Reason::ItemsTooMany).add("limit", ACT_LIMIT);
                break;
            }
        }
        if missing { Err(NotLoaded) } else { Ok(drafts) }
    }

    fn consequences(&self, draft: &Draft, state: &State) -> Known<Vec<Act>> {
        let Some(registered) = self.resources.get(draft.spec.collection) else { return Ok(Vec::new()) };
        let reads = Reads::new(state);
        let name = format!("{}/{}", draft.spec.collection, draft.after.id);
        let old = draft.before.as_ref().and_then(|loaded| loaded.last().cloned());
        let mut out = Consequences::default();
        match (draft.after.last(), &old) {
            (Some(record), old) => (registered.consequences)(
                &name,
                record.as_ref(),
                old.as_deref(),
                self.context,
                &reads,
                &mut out,
            )?,
            (None, Some(old)) => {
                (registered.withdrawn)(&name, old.as_ref(), self.context, &reads, &mut out)?;
            }
            (None, None) => {}
        }
        Ok(out.acts)
    }

    fn act(
        &self,
        act: &Act,
        identifiers: &mut Identifiers,
        state: &mut State,
        violations: &mut Violations,
    ) -> Known<Option<Draft>> {
        if !act.permission.is_empty() && !self.context.caller.may(act.permission) {
            violations.push(act.prefix.clone(), Reason::PermissionMissing).add("permission", act.permission);
            return Ok(None);
        }
        let Some(registered) = self.resources.get(act.spec.collection) else { return Ok(None) };
        let Some(id) = self.target(act, identifiers) else {
            violations.push(format!("{}name", act.prefix), Reason::FieldRequired);
            return Ok(None);
        };
        let before = match (&act.change, &act.id) {
            // Nobody else can know a new identifier.
            (Change::Create(_), None) if act.spec.named_by.is_none() => None,
            _ if act.fresh => None,
            _ => state.record(act.spec, &id)?,
        };
        if !self.may_touch(act, before.as_deref(), violations) {
            return Ok(None);
        }
        if !is_plain(&act.reason, true) {
            let field = match act.change {
                Change::Withdraw => "reason",
                Change::From { .. } | Change::Correct { .. } => "change.reason",
                _ => "note",
            };
            violations.push(field, Reason::TextInvalid);
            return Ok(None);
        }
        if let (Change::Withdraw, Some(old)) = (&act.change, before.as_deref().and_then(Loaded::last)) {
            let mut refused = Violations::default();
            (registered.may_withdraw)(old.as_ref(), self.context, &mut refused);
            if !refused.is_empty() {
                violations.extend_below(act.prefix.trim_end_matches('.'), refused);
                return Ok(None);
            }
        }
        let Some((periods, kind)) = self.changed(act, before.as_deref(), violations) else { return Ok(None) };
        let (periods, scope_area) =
            self.completed(act, &id, registered, before.as_deref(), periods, state, violations)?;
        let fresh_news = |before: &Loaded| {
            let moved = scope_area.as_ref().is_some_and(|area| *area != before.scope_area);
            moved || !periods.iter().all(|period| unchanged_period(before, period))
        };
        if matches!(act.change, Change::Refresh) && !before.as_deref().is_some_and(fresh_news) {
            return Ok(None);
        }
        self.finish(act, id, before, periods, scope_area, kind, state, violations)
    }

    fn target(&self, act: &Act, identifiers: &mut Identifiers) -> Option<String> {
        if let Some(id) = &act.id {
            return Some(id.clone());
        }
        match (&act.change, act.spec.named_by) {
            (Change::Create(record), Some(leaf)) => record.get(leaf).as_text().map(str::to_owned),
            (Change::Create(_), None) => Some(identifiers.next(&self.make_id)),
            _ => None,
        }
    }

    /// Whether the record is there, visible, not withdrawn and as the caller saw it.
    fn may_touch(&self, act: &Act, before: Option<&Loaded>, violations: &mut Violations) -> bool {
        let creates = matches!(act.change, Change::Create(_));
        if matches!(act.change, Change::Periods(_)) {
            return true;
        }
        let Some(before) = before else {
            if !creates {
                violations.push(format!("{}name", act.prefix), Reason::ResourceNotFound);
            }
            return creates;
        };
        if creates {
            let free = before.withdrawn();
            if !free {
                let key = act.spec.named_by.map_or("name", |leaf| act.spec.leaves[leaf].path);
                violations.push(format!("{}{key}", act.prefix), Reason::ValueTaken).add("key", key);
            }
            return free;
        }
        if before.withdrawn() {
            violations.push(format!("{}name", act.prefix), Reason::Withdrawn);
            return false;
        }
        let own = !act.permission.is_empty() && !act.spec.everywhere;
        if own && !self.in_scope(&before.scope_area) {
            violations.push(format!("{}name", act.prefix), Reason::ResourceNotFound);
            return false;
        }
        match &act.etag {
            Some(etag) if *etag != crate::codec::etag(before.version) => {
                violations.push(format!("{}etag", act.prefix), Reason::EtagStale);
                false
            }
            _ => true,
        }
    }

    fn in_scope(&self, area: &str) -> bool {
        AreaCode::parse(area).is_some_and(|area| self.context.caller.scope.allows(&area))
    }

    #[expect(clippy::too_many_arguments, reason = "one call site; the parts of a draft")]
    fn finish(
        &self,
        act: &Act,
        id: String,
        before: Option<Arc<Loaded>>,
        periods: Vec<Period>,
        scope_area: Option<String>,
        kind: VersionAction,
        state: &mut State,
        violations: &mut Violations,
    ) -> Known<Option<Draft>> {
        let version = before.as_ref().map_or(1, |loaded| loaded.version + 1);
        let old = before.as_ref().and_then(|loaded| loaded.last().cloned());
        let periods: Vec<Period> = periods
            .into_iter()
            .map(|period| {
                let stands = before.as_ref().is_some_and(|before| unchanged_period(before, &period));
                self.headed(period, act, version, old.as_deref(), stands)
            })
            .collect();
        let kept = before.as_ref().map(|loaded| loaded.scope_area.clone());
        let stated = periods.last().and_then(|period| period.record.meta()).map(|meta| meta.area.clone());
        let after = Arc::new(Loaded {
            id,
            version,
            base_version: before.as_ref().map_or(0, |loaded| loaded.base_version),
            scope_area: scope_area.or(stated).or(kept).unwrap_or_default(),
            periods,
        });
        let keys = self.keys(act, before.as_deref(), &after, state, violations)?;
        let guards = self.guards(act.spec, before.as_deref(), &after, state)?;
        let paths = changed_paths(before.as_deref(), &after);
        let tells = match (after.last(), self.resources.get(act.spec.collection)) {
            (Some(record), Some(registered)) => {
                (registered.tells)(record.as_ref(), old.as_deref(), self.context, &Reads::new(state))?
            }
            _ => Vec::new(),
        };
        state.apply(act.spec, (*after).clone());
        for key in &keys {
            let holder = key.taken.then(|| Holder { id: after.id.clone(), area: after.scope_area.clone() });
            state.apply_key((act.spec.collection, key.kind, key.value.clone()), holder);
        }
        let withdrawal =
            (kind == VersionAction::Withdrawn).then(|| self.withdrawal(act, before.as_deref(), version));
        Ok(Some(Draft {
            spec: act.spec,
            before,
            after,
            kind,
            paths,
            follows: false,
            keys,
            guards,
            withdrawal,
            tells,
        }))
    }

    fn withdrawal(&self, act: &Act, before: Option<&Loaded>, version: i64) -> RecordMeta {
        let last =
            before.and_then(Loaded::last).and_then(|record| record.meta().cloned()).unwrap_or_default();
        RecordMeta {
            area: last.area,
            recorded_by: self.context.caller.subject.clone(),
            source: Some(self.context.source.clone()),
            version,
            change_reason: act.reason.clone(),
            ..RecordMeta::default()
        }
    }

    /// The period with the head of its new version. A period that stands as before keeps where its words come from.
    fn headed(
        &self,
        period: Period,
        act: &Act,
        version: i64,
        old: Option<&dyn AnyRecord>,
        stands: bool,
    ) -> Period {
        let mut record = period.record.copy();
        identify_all(record.as_mut(), old, &self.make_id);
        let meta = record.meta_mut();
        let stated = meta.source.take().filter(|_| stands || matches!(act.change, Change::Create(_)));
        let source = stated.or_else(|| Some(Source { row: act.row, ..self.context.source.clone() }));
        *meta = RecordMeta {
            area: std::mem::take(&mut meta.area),
            valid_from: period.valid_from.clone(),
            valid_to: if period.valid_to == FOREVER { String::new() } else { period.valid_to.clone() },
            recorded_by: self.context.caller.subject.clone(),
            source,
            version,
            form_year: meta.form_year,
            change_reason: act.reason.clone(),
            recorded_at: None,
            superseded_at: None,
        };
        Period { record: Arc::from(record), ..period }
    }
}

fn unchanged_period(before: &Loaded, period: &Period) -> bool {
    before.periods.iter().any(|old| {
        old.valid_from == period.valid_from
            && old.valid_to == period.valid_to
            && same(old.record.as_ref(), period.record.as_ref())
    })
}

fn changed_paths(before: Option<&Loaded>, after: &Loaded) -> Vec<&'static str> {
    match (before.and_then(Loaded::last), after.last()) {
        (Some(old), Some(new)) => {
            let spec = new.spec();
            let all = Mask {
                leaves: (0..spec.leaves.len()).collect(),
                children: (0..spec.children.len()).collect(),
                area: true,
                ..Mask::default()
            };
            differences(old.as_ref(), new.as_ref(), &all)
        }
        _ => Vec::new(),
    }
}
