//! The verbs of a single call: each is one row of the same path that an import takes.

use kernel::failure::{Failure, Reason, Violations};
use proto::common::{CaseAct, Change as Asked, ChangeKind, Source, SourceKind};
use std::sync::Arc;
use store::NewAudit;
use uuid::Uuid;

use crate::call::Call;
use crate::engine::{Batch, Engine, Notes, Outcome, Ran, RequestKey, Unit, Verdict};
use crate::evaluate::Draft;
use crate::refusal::refusal;
use crate::resource::AnyRecord;
use crate::rules::{Act as RecordAct, ActContext, Change, Context, Mask};
use crate::spec::{Shape, Spec};
use crate::state::{Known, Reads};
use crate::value::Value;

/// Most records in one batch.
pub const BATCH_LIMIT: usize = 1_000;

/// Create{Resource}.
pub struct Create {
    /// See AIP-155.
    pub request_id: String,
    /// Decide, store nothing.
    pub validate_only: bool,
    /// The record.
    pub record: Option<Box<dyn AnyRecord>>,
    /// The whole request, encoded.
    pub digest: Vec<u8>,
}

/// BatchCreate{Resources}: all or none.
pub struct BatchCreate {
    /// See AIP-155.
    pub request_id: String,
    /// Decide, store nothing.
    pub validate_only: bool,
    /// The records.
    pub records: Vec<Box<dyn AnyRecord>>,
    /// The whole request, encoded.
    pub digest: Vec<u8>,
}

/// Update{Resource}.
pub struct Update {
    /// See AIP-155.
    pub request_id: String,
    /// Decide, store nothing.
    pub validate_only: bool,
    /// The record, with its name and etag.
    pub record: Option<Box<dyn AnyRecord>>,
    /// Paths to change.
    pub mask: Option<Vec<String>>,
    /// How it is meant.
    pub change: Option<Asked>,
    /// The whole request, encoded.
    pub digest: Vec<u8>,
}

/// Withdraw{Resource}.
pub struct Withdraw {
    /// See AIP-155.
    pub request_id: String,
    /// Decide, store nothing.
    pub validate_only: bool,
    /// The record's name.
    pub name: String,
    /// Version seen.
    pub etag: String,
    /// Why; required.
    pub reason: String,
    /// The whole request, encoded.
    pub digest: Vec<u8>,
}

/// End{Link}: the first day on which it no longer holds.
pub struct End {
    /// See AIP-155.
    pub request_id: String,
    /// Decide, store nothing.
    pub validate_only: bool,
    /// The record's name.
    pub name: String,
    /// Version seen.
    pub etag: String,
    /// The day.
    pub occurred_on: String,
    /// What is noted.
    pub note: String,
    /// What else is said of the link: leaves and values; absent ones change nothing.
    pub own: Vec<(usize, Value)>,
    /// The whole request, encoded.
    pub digest: Vec<u8>,
}

/// Any other verb.
pub struct Act {
    /// See AIP-155.
    pub request_id: String,
    /// Decide, store nothing.
    pub validate_only: bool,
    /// The record's name.
    pub name: String,
    /// Version seen.
    pub etag: String,
    /// The verb: `Approve`.
    pub verb: &'static str,
    /// Day of the act; today if empty.
    pub occurred_on: String,
    /// What is noted.
    pub note: String,
    /// The whole request, encoded.
    pub digest: Vec<u8>,
}

/// A slice's verb as the generated code hands it over.
pub type VerbFn = Box<dyn Fn(&mut dyn AnyRecord, &ActContext, &mut Violations) + Send + Sync>;

/// A row that is one prepared act.
struct Single(RecordAct);

impl Unit for Single {
    fn expand(
        &self,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        _notes: &mut Notes,
    ) -> Known<Vec<RecordAct>> {
        Ok(vec![self.0.clone()])
    }
}

/// What all writes carry.
pub struct Write<'w> {
    /// See AIP-155.
    pub request_id: &'w str,
    /// Decide, store nothing.
    pub validate_only: bool,
    /// The whole request, encoded.
    pub digest: &'w [u8],
    /// For the audit: the verb.
    pub action: &'static str,
    /// Transcribed from paper.
    pub transcribed: bool,
}

impl Engine {
    /// Creates one record.
    pub async fn create(
        &self,
        call: &Call,
        spec: &'static Spec,
        request: Create,
    ) -> Result<Box<dyn AnyRecord>, Failure> {
        let record = request.record.ok_or_else(|| missing(snake(spec.resource)))?;
        let act = self.created(spec, record, field_prefix(spec));
        let write = Write::of(&request.request_id, request.validate_only, &request.digest, "create");
        self.one(call, spec, act, write).await
    }

    /// Creates many, all or none.
    pub async fn batch_create(
        &self,
        call: &Call,
        spec: &'static Spec,
        request: BatchCreate,
    ) -> Result<Vec<Box<dyn AnyRecord>>, Failure> {
        if request.records.is_empty() {
            return Err(Failure::new(Reason::BatchEmpty));
        }
        if request.records.len() > BATCH_LIMIT {
            return Err(Failure::new(Reason::BatchTooLarge).with("limit", BATCH_LIMIT));
        }
        let acts: Vec<RecordAct> = request
            .records
            .into_iter()
            .enumerate()
            .map(|(index, record)| {
                let mut act = self.created(spec, record, String::new());
                act.prefix = format!("{}[{index}].", snake(spec.collection));
                act
            })
            .collect();
        let write = Write::of(&request.request_id, request.validate_only, &request.digest, "create");
        self.write(call, acts, write).await
    }

    fn created(&self, spec: &'static Spec, mut record: Box<dyn AnyRecord>, prefix: String) -> RecordAct {
        if let Some(acts) = spec.acts {
            // What levels decide is not stated by whoever proposes.
            record.child_truncate(acts, 0);
        }
        RecordAct {
            prefix,
            permission: spec.write_permission,
            ..RecordAct::consequence(spec, None, Change::Create(record))
        }
    }

    /// Changes or corrects fields of a record.
    pub async fn update(
        &self,
        call: &Call,
        spec: &'static Spec,
        request: Update,
    ) -> Result<Box<dyn AnyRecord>, Failure> {
        let record = request.record.ok_or_else(|| missing(snake(spec.resource)))?;
        let prefix = field_prefix(spec);
        let asked = request.change.ok_or_else(|| Failure::new(Reason::ChangeRequired))?;
        let id = id_of(spec, record.name(), &format!("{prefix}name"))?;
        let etag = required_etag(record.etag())?;
        let mut violations = Violations::default();
        let mask = update_mask(record.as_ref(), request.mask.as_deref(), &mut violations);
        if let Some(reason) = self.not_a_day(&asked.effective_on) {
            violations.push("change.effective_on", reason);
        }
        let change = match asked.kind() {
            ChangeKind::Change if spec.shape == Shape::Register => {
                if asked.effective_on.is_empty() {
                    violations.push("change.effective_on", Reason::FieldRequired);
                }
                Change::From {
                    record,
                    mask,
                    effective_on: asked.effective_on,
                    apply_to_later: asked.apply_to_later,
                    opens: false,
                }
            }
            ChangeKind::Change => {
                violations.push("change.kind", Reason::ChangeKindUnsupported);
                Change::Withdraw
            }
            ChangeKind::Correction => {
                if asked.reason.is_empty() {
                    violations.push("change.reason", Reason::ReasonRequired);
                }
                let on = (!asked.effective_on.is_empty()).then_some(asked.effective_on);
                Change::Correct { record, mask, on }
            }
            ChangeKind::Unspecified => {
                violations.push("change.kind", Reason::ChangeRequired);
                Change::Withdraw
            }
        };
        if !violations.is_empty() {
            return Err(refusal(violations));
        }
        let act = RecordAct {
            etag: Some(etag),
            reason: asked.reason,
            prefix,
            permission: spec.write_permission,
            ..RecordAct::consequence(spec, Some(id), change)
        };
        let write = Write::of(&request.request_id, request.validate_only, &request.digest, "update");
        self.one(call, spec, act, write).await
    }

    /// Says that a record was never true.
    pub async fn withdraw(
        &self,
        call: &Call,
        spec: &'static Spec,
        request: Withdraw,
    ) -> Result<Box<dyn AnyRecord>, Failure> {
        if request.reason.is_empty() {
            return Err(Failure::new(Reason::ReasonRequired));
        }
        let act = RecordAct {
            etag: Some(required_etag(&request.etag)?),
            reason: request.reason,
            permission: spec.write_permission,
            ..RecordAct::consequence(spec, Some(id_of(spec, &request.name, "name")?), Change::Withdraw)
        };
        let write = Write::of(&request.request_id, request.validate_only, &request.digest, "withdraw");
        self.one(call, spec, act, write).await
    }

    /// Ends a link.
    pub async fn end(
        &self,
        call: &Call,
        spec: &'static Spec,
        request: End,
    ) -> Result<Box<dyn AnyRecord>, Failure> {
        let on = self.day(&request.occurred_on)?;
        let own = request.own.into_iter().filter(|(_, value)| !value.is_null()).collect();
        let act = RecordAct {
            etag: Some(required_etag(&request.etag)?),
            reason: request.note,
            permission: spec.write_permission,
            ..RecordAct::consequence(spec, Some(id_of(spec, &request.name, "name")?), Change::End { on, own })
        };
        let write = Write::of(&request.request_id, request.validate_only, &request.digest, "end");
        self.one(call, spec, act, write).await
    }

    /// A slice's verb. The shell has checked the verb's own permission.
    pub async fn act(
        &self,
        call: &Call,
        spec: &'static Spec,
        request: Act,
        verb: VerbFn,
    ) -> Result<Box<dyn AnyRecord>, Failure> {
        let occurred_on = self.day(&request.occurred_on)?;
        let (note, subject) = (request.note.clone(), call.caller().subject.clone());
        let wrapped = move |record: &mut dyn AnyRecord, context: &ActContext, violations: &mut Violations| {
            let context = ActContext {
                occurred_on: occurred_on.clone(),
                note: note.clone(),
                subject: subject.clone(),
                today: context.today.clone(),
            };
            verb(record, &context, violations);
        };
        let act = self.named_act(spec, &request, Change::Verb(Arc::new(wrapped)))?;
        let write = Write::of(&request.request_id, request.validate_only, &request.digest, request.verb);
        self.one(call, spec, act, write).await
    }

    /// A declared step of a Case.
    pub async fn step(
        &self,
        call: &Call,
        spec: &'static Spec,
        request: Act,
        decided_by: String,
        document_no: String,
    ) -> Result<Box<dyn AnyRecord>, Failure> {
        let decided_by = if decided_by.is_empty() { call.caller().subject.clone() } else { decided_by };
        let step = CaseAct {
            verb: request.verb.to_owned(),
            occurred_on: self.day(&request.occurred_on)?,
            decided_by,
            document_no,
            note: request.note.clone(),
            ..CaseAct::default()
        };
        let act = self.named_act(spec, &request, Change::Step(step))?;
        let write = Write::of(&request.request_id, request.validate_only, &request.digest, request.verb);
        self.one(call, spec, act, write).await
    }

    fn named_act(&self, spec: &'static Spec, request: &Act, change: Change) -> Result<RecordAct, Failure> {
        Ok(RecordAct {
            etag: Some(required_etag(&request.etag)?),
            reason: request.note.clone(),
            permission: spec.read_permission,
            ..RecordAct::consequence(spec, Some(id_of(spec, &request.name, "name")?), change)
        })
    }

    /// The day stated, or today; refused where it is no date or lies ahead.
    pub fn day(&self, stated: &str) -> Result<String, Failure> {
        if stated.is_empty() {
            return Ok(self.today());
        }
        let Some(reason) = self.not_a_day(stated) else { return Ok(stated.to_owned()) };
        let mut violations = Violations::default();
        violations.push("occurred_on", reason);
        Err(refusal(violations))
    }

    /// Why a stated day cannot be that of an act.
    fn not_a_day(&self, stated: &str) -> Option<Reason> {
        match kernel::date::CivilDate::parse(stated) {
            _ if stated.is_empty() => None,
            None => Some(Reason::DateInvalid),
            Some(_) => (*stated > *self.today()).then_some(Reason::DateInFuture),
        }
    }

    async fn one(
        &self,
        call: &Call,
        spec: &'static Spec,
        act: RecordAct,
        write: Write<'_>,
    ) -> Result<Box<dyn AnyRecord>, Failure> {
        let mut written = self.write(call, vec![act], write).await?;
        written.pop().ok_or_else(|| {
            Failure::new(Reason::Internal).because(format!("a write of {} answered nothing", spec.resource))
        })
    }

    /// Acts as one request, all or none; answers the record of each that is not a consequence.
    pub async fn write(
        &self,
        call: &Call,
        acts: Vec<RecordAct>,
        write: Write<'_>,
    ) -> Result<Vec<Box<dyn AnyRecord>>, Failure> {
        let request_id = Uuid::parse_str(write.request_id).map_err(|_| {
            let empty = write.request_id.is_empty();
            Failure::new(if empty { Reason::RequestIdRequired } else { Reason::RequestIdInvalid })
        })?;
        let key = RequestKey {
            request_id: request_id.to_string(),
            digest: self.inner().secrets.digest.digest(write.digest),
        };
        let asked: Vec<(&'static Spec, Option<String>)> =
            acts.iter().map(|act| (act.spec, act.id.clone())).collect();
        let ran = self
            .run(
                Batch {
                    call,
                    units: acts.into_iter().map(|act| Box::new(Single(act)) as Box<dyn Unit>).collect(),
                    source: Source { kind: SourceKind::Api.into(), ..Source::default() },
                    transcribed: write.transcribed,
                    validate_only: write.validate_only,
                    whole: true,
                    overlay: None,
                    request: (!write.validate_only).then_some(key),
                    audit: self.audit_of(call, write.action, &asked),
                },
                None,
            )
            .await?;
        self.answers(call, ran, &asked).await
    }

    fn audit_of(&self, call: &Call, action: &str, asked: &[(&'static Spec, Option<String>)]) -> NewAudit {
        let caller = call.caller();
        let resource = match asked {
            [(spec, Some(id))] => Some(format!("{}/{id}", spec.collection)),
            _ => None,
        };
        NewAudit {
            subject: caller.subject.clone(),
            on_behalf_of: caller.on_behalf_of.clone(),
            role: caller.role.clone(),
            method: call.method.to_owned(),
            action: action.to_owned(),
            resource,
            outcome: "OK".to_owned(),
            source: Some("API".to_owned()),
            ..NewAudit::default()
        }
    }

    async fn answers(
        &self,
        call: &Call,
        ran: Ran,
        asked: &[(&'static Spec, Option<String>)],
    ) -> Result<Vec<Box<dyn AnyRecord>>, Failure> {
        if let Some(replayed) = ran.replayed {
            return self.answered_before(call, replayed, asked).await;
        }
        let known_at = ran.committed.as_ref().map(|committed| committed.known_at);
        let mut answers = Vec::with_capacity(asked.len());
        for (Outcome { verdict, .. }, (spec, id)) in ran.outcomes.into_iter().zip(asked) {
            match verdict {
                Verdict::Accepted(drafts) => {
                    for draft in drafts.iter().filter(|draft| !draft.follows) {
                        answers.push(self.answer(draft, known_at)?);
                    }
                }
                Verdict::Unchanged => {
                    let name = format!("{}/{}", spec.collection, id.clone().unwrap_or_default());
                    answers.push(self.current(call, spec, &name).await?);
                }
                Verdict::Refused(violations) => return Err(refusal(violations)),
            }
        }
        Ok(answers)
    }

    /// What a repeated request is answered: what it wrote, and where it changed nothing what stands.
    async fn answered_before(
        &self,
        call: &Call,
        mut written: Vec<(String, String, i64)>,
        asked: &[(&'static Spec, Option<String>)],
    ) -> Result<Vec<Box<dyn AnyRecord>>, Failure> {
        let mut answers = Vec::with_capacity(asked.len());
        for (spec, id) in asked {
            let own = |(collection, known, _): &(String, String, i64)| {
                *collection == spec.collection && id.as_ref().is_none_or(|id| id == known)
            };
            match (written.iter().position(own), id) {
                (Some(at), _) => answers.extend(self.versions(call, &[written.remove(at)]).await?),
                (None, Some(id)) => {
                    answers.push(self.current(call, spec, &format!("{}/{id}", spec.collection)).await?);
                }
                (None, None) => {}
            }
        }
        Ok(answers)
    }

    fn answer(&self, draft: &Draft, known_at: Option<i64>) -> Result<Box<dyn AnyRecord>, Failure> {
        let last = draft.after.last().or_else(|| draft.before.as_ref().and_then(|before| before.last()));
        let mut record = match last {
            Some(record) => record.copy(),
            None => return self.empty(draft.spec),
        };
        let mut meta = draft.withdrawal.clone().unwrap_or_else(|| record.meta().cloned().unwrap_or_default());
        meta.recorded_at = known_at.map(crate::value::timestamp);
        self.finish_record(record.as_mut(), &draft.after.id, meta, draft.after.version, &self.today());
        self.mask(record.as_mut(), &crate::masks::Clear::Nothing);
        Ok(record)
    }
}

impl<'w> Write<'w> {
    /// A write from a single call.
    pub fn of(request_id: &'w str, validate_only: bool, digest: &'w [u8], action: &'static str) -> Self {
        Self { request_id, validate_only, digest, action, transcribed: false }
    }
}

fn missing(field: String) -> Failure {
    let mut violations = Violations::default();
    violations.push(field, Reason::FieldRequired);
    refusal(violations)
}

fn field_prefix(spec: &Spec) -> String {
    format!("{}.", snake(spec.resource))
}

fn snake(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

fn required_etag(etag: &str) -> Result<String, Failure> {
    if etag.is_empty() { Err(Failure::new(Reason::EtagRequired)) } else { Ok(etag.to_owned()) }
}

/// The identifier in a name of this resource.
pub fn id_of(spec: &Spec, name: &str, field: &str) -> Result<String, Failure> {
    match name.strip_prefix(spec.collection).and_then(|rest| rest.strip_prefix('/')) {
        Some(id) if !id.is_empty() && !id.contains('/') && id.len() <= 64 => Ok(id.to_owned()),
        _ => {
            let mut violations = Violations::default();
            violations.push(field, Reason::NameInvalid).add("collection", spec.collection);
            Err(refusal(violations))
        }
    }
}

/// The mask of an Update: named paths, or all that the record states. A path may name a message: all below it.
fn update_mask(record: &dyn AnyRecord, paths: Option<&[String]>, violations: &mut Violations) -> Mask {
    let spec = record.spec();
    let Some(paths) = paths.filter(|paths| !paths.is_empty()) else {
        let mut stated = Mask::of_stated(record);
        stated.leaves.retain(|leaf| !spec.leaves[*leaf].output_only);
        stated.children.retain(|child| Some(*child) != spec.acts);
        return stated;
    };
    let mut mask = Mask::default();
    for path in paths {
        let below = format!("{path}.");
        let leaves: Vec<usize> = (0..spec.leaves.len())
            .filter(|leaf| spec.leaves[*leaf].path == path || spec.leaves[*leaf].path.starts_with(&below))
            .collect();
        let child = spec.child(path);
        let field = format!("update_mask.{path}");
        match path.as_str() {
            "meta.area" => mask.area = true,
            "meta.valid_from" => mask.valid_from = true,
            "meta.valid_to" => mask.valid_to = true,
            "name" | "etag" | "state" | "meta" => {
                violations.push(field, Reason::FieldOutputOnly);
            }
            _ if leaves.is_empty() && child.is_none() => {
                violations.push(field, Reason::MaskPathUnknown);
            }
            _ if leaves.iter().any(|leaf| spec.leaves[*leaf].output_only)
                || child == spec.acts && child.is_some() =>
            {
                violations.push(field, Reason::FieldOutputOnly);
            }
            _ => {
                mask.leaves.extend(leaves);
                mask.children.extend(child);
            }
        }
    }
    mask
}
