//! The one path of all writes: evaluate in memory, load what is missing, evaluate again, commit under guards; and
//! once more from the start where another writer was first.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use kernel::clock::Clock;
use kernel::codes::CodeTables;
use kernel::failure::{Failure, Reason, Violations};
use proto::common::Source;
use store::{Committed, Db, Migration, NewAudit, NewRequest, Step, StoreError, WriteSet};
use uuid::Uuid;

use crate::call::Call;
use crate::codec::Secrets;
use crate::evaluate::{Draft, Evaluator, Identifiers};
use crate::indicator::Indicator;
use crate::load::Loader;
use crate::parameters::Defaults;
use crate::rules::{Act, Context, Registered};
use crate::stage::{Staging, for_overlay};
use crate::state::{Known, Reads, State, Used};
use crate::surroundings::Surroundings;

/// How often a write is evaluated anew when other writers are first.
const ATTEMPTS: usize = 12;
/// How many passes one evaluation may need: each must load something new.
const PASSES: usize = 24;

/// A fact-owning service's engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<Inner>);

/// What a service gives its engine.
pub struct Inner {
    /// The service's name: `partner-aid`.
    pub name: &'static str,
    /// Prefix of its tables and indicators: `partner_aid`.
    pub service: &'static str,
    /// Its database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Keys of the columns.
    pub secrets: Secrets,
    /// Its resources by collection.
    pub resources: HashMap<&'static str, Registered>,
    /// Its form sheets by table.
    pub sheets: Vec<crate::table::Sheet>,
    /// What fills a record with what it shows of others, by collection.
    pub decorators: HashMap<&'static str, Arc<dyn crate::read::Decorator>>,
    /// Its indicators.
    pub indicators: Vec<&'static Indicator>,
    /// Code tables.
    pub codes: CodeTables,
    /// Defaults of the rules' parameters.
    pub defaults: Defaults,
    /// How far it has followed other services.
    pub followed: crate::follow::Followed,
    /// The world outside.
    pub surroundings: Arc<dyn Surroundings>,
    /// The schema, for the private databases of dry runs.
    pub migrations: Vec<Migration>,
}

/// One row of a batch: it says which acts it asks for.
pub trait Unit: Send + Sync {
    /// The row's acts. Pure; reads that are not loaded repeat the pass.
    fn expand(&self, context: &Context<'_>, reads: &Reads<'_>, notes: &mut Notes) -> Known<Vec<Act>>;
}

/// What is noted of a row while it is expanded.
#[derive(Default)]
pub struct Notes {
    identifiers: Identifiers,
    /// Refuse the row.
    pub violations: Violations,
    /// Are told, and change nothing.
    pub warnings: Violations,
    /// Blank cells over recorded values, which stay as they are.
    pub blanks_kept: i64,
}

impl Notes {
    /// An identifier for a new record of this row, the same in every pass.
    pub fn identifier(&mut self) -> String {
        self.identifiers.next(&new_id)
    }
}

/// What became of a row.
pub enum Verdict {
    /// Everything of it stands.
    Accepted(Vec<Draft>),
    /// It says what is known already.
    Unchanged,
    /// Nothing of it stands.
    Refused(Violations),
}

/// A row's verdict and its warnings.
pub struct Outcome {
    /// What became of it.
    pub verdict: Verdict,
    /// Warnings.
    pub warnings: Violations,
    /// Blank cells over recorded values, which stay as they are.
    pub blanks_kept: i64,
}

/// How a batch is run.
pub struct Batch<'b> {
    /// The call.
    pub call: &'b Call,
    /// The rows.
    pub units: Vec<Box<dyn Unit>>,
    /// Where the words come from.
    pub source: Source,
    /// Transcribed from paper.
    pub transcribed: bool,
    /// Decide, store nothing.
    pub validate_only: bool,
    /// One refused row refuses all.
    pub whole: bool,
    /// The private database of a dry run: rows are stored there instead.
    pub overlay: Option<&'b Db>,
    /// The write's request, for replays.
    pub request: Option<RequestKey>,
    /// Audit entry, without its count.
    pub audit: NewAudit,
}

/// A write's request as remembered for replays.
#[derive(Clone)]
pub struct RequestKey {
    /// The caller's identifier.
    pub request_id: String,
    /// Keyed digest of the whole request.
    pub digest: String,
}

/// What became of a batch.
pub struct Ran {
    /// One outcome a row.
    pub outcomes: Vec<Outcome>,
    /// The commit, where something was stored.
    pub committed: Option<Committed>,
    /// The request was answered before: name and version of what it wrote.
    pub replayed: Option<Vec<(String, String, i64)>>,
}

/// Steps that a batch stores beside its rows, made from the outcomes.
pub type Beside<'b> = &'b (dyn Fn(&[Outcome]) -> Vec<Step> + Sync);

impl Engine {
    /// An engine.
    pub fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }
    /// The service's database.
    pub fn db(&self) -> &Db {
        &self.0.db
    }
    /// What the engine was given.
    pub fn inner(&self) -> &Inner {
        &self.0
    }
    /// Today in Asia/Shanghai, ISO.
    pub fn today(&self) -> String {
        self.0.clock.today().to_string()
    }
    /// The entry of a collection.
    pub fn registered(&self, collection: &str) -> Option<&Registered> {
        self.0.resources.get(collection)
    }

    /// Runs a batch: at most one commit, all of it or nothing.
    pub async fn run(&self, batch: Batch<'_>, beside: Option<Beside<'_>>) -> Result<Ran, Failure> {
        let mut slots: Vec<Slot> = batch.units.iter().map(|_| Slot::default()).collect();
        for _ in 0..ATTEMPTS {
            if let Some(replayed) = self.replayed(&batch).await? {
                return Ok(Ran { outcomes: Vec::new(), committed: None, replayed: Some(replayed) });
            }
            let mut state = State::default();
            let mut outcomes = self.evaluated(&batch, &mut slots, &mut state).await?;
            if let Some(failure) = refused_whole(&batch, &mut outcomes) {
                // The same request may have been answered since it was looked for, and this one refused for what it wrote.
                if let Some(replayed) = self.replayed(&batch).await? {
                    return Ok(Ran { outcomes: Vec::new(), committed: None, replayed: Some(replayed) });
                }
                return Err(failure);
            }
            if batch.validate_only && batch.overlay.is_none() {
                return Ok(Ran { outcomes, committed: None, replayed: None });
            }
            let mut set = self.staged(&batch, &outcomes, &slots, &state)?;
            set.steps.extend(beside.map(|beside| beside(&outcomes)).unwrap_or_default());
            let stored = match batch.overlay {
                Some(overlay) => overlay.commit(for_overlay(set)).await,
                None => self.0.db.commit(set).await,
            };
            match stored {
                Ok(committed) => {
                    self.tell_follower(&batch, &outcomes);
                    return Ok(Ran { outcomes, committed: Some(committed), replayed: None });
                }
                Err(StoreError::Conflict) => tokio::task::yield_now().await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(Failure::new(Reason::ConflictPersists))
    }

    /// Tells the follower of facts that rest on what the registry said, but for those that it wrote itself.
    fn tell_follower(&self, batch: &Batch<'_>, outcomes: &[Outcome]) {
        if batch.overlay.is_some() || batch.audit.action == crate::follow::ACTION {
            return;
        }
        let drafts = outcomes.iter().filter_map(|outcome| match &outcome.verdict {
            Verdict::Accepted(drafts) => Some(drafts),
            Verdict::Unchanged | Verdict::Refused(_) => None,
        });
        let facts = drafts.flatten().filter(|draft| draft.spec.beneficiary.is_some());
        self.0.followed.written(facts.map(|draft| (draft.spec, draft.after.id.clone())));
    }

    async fn evaluated(
        &self,
        batch: &Batch<'_>,
        slots: &mut [Slot],
        state: &mut State,
    ) -> Result<Vec<Outcome>, Failure> {
        let today = self.today();
        let context = Context {
            caller: batch.call.caller(),
            today: &today,
            source: &batch.source,
            secrets: &self.0.secrets,
            defaults: &self.0.defaults,
            transcribed: batch.transcribed,
        };
        let evaluator = Evaluator {
            resources: &self.0.resources,
            codes: &self.0.codes,
            secrets: &self.0.secrets,
            context: &context,
            make_id: &new_id,
        };
        let loader = Loader {
            resources: &self.0.resources,
            secrets: &self.0.secrets,
            main: &self.0.db,
            overlay: batch.overlay,
            surroundings: self.0.surroundings.as_ref(),
            call: batch.call,
        };
        for _ in 0..PASSES {
            state.restart();
            let outcomes = pass(&evaluator, &batch.units, slots, state);
            let missing = state.take_missing();
            if missing.is_empty() {
                return Ok(outcomes);
            }
            loader.load(missing, state).await?;
        }
        Err(Failure::new(Reason::Internal).because("a rule reads something new in every pass"))
    }

    fn staged(
        &self,
        batch: &Batch<'_>,
        outcomes: &[Outcome],
        slots: &[Slot],
        state: &State,
    ) -> Result<WriteSet, Failure> {
        let mut staging = Staging::new(&self.0.secrets, &self.0.resources);
        let mut used = Used::default();
        let mut guards = BTreeSet::new();
        let mut written = Vec::new();
        let mut drafts: Vec<&Draft> = Vec::new();
        for (outcome, slot) in outcomes.iter().zip(slots) {
            if let Verdict::Accepted(row) = &outcome.verdict {
                used.records.extend(slot.used.records.iter().map(|(key, version)| (key.clone(), *version)));
                used.guards.extend(slot.used.guards.iter().cloned());
                guards.extend(row.iter().flat_map(|draft| draft.guards.iter().cloned()));
                written.extend(row.iter().filter(|draft| !draft.follows).map(|draft| {
                    (draft.spec.collection.to_owned(), draft.after.id.clone(), draft.after.version)
                }));
                drafts.extend(row);
            }
        }
        let accepted = drafts.len();
        staging.add(&drafts)?;
        let mut set = staging.finish(&used, &guards, state);
        if accepted > 0 || batch.request.is_some() {
            set.audit
                .push(NewAudit { count: i64::try_from(accepted).unwrap_or(i64::MAX), ..batch.audit.clone() });
        }
        set.request = batch.request.as_ref().map(|key| NewRequest {
            subject: batch.call.caller().subject.clone(),
            request_id: key.request_id.clone(),
            digest: key.digest.clone(),
            status: 0,
            resources: serde_json::to_string(&written).unwrap_or_default(),
        });
        Ok(set)
    }

    /// What an answered request wrote; a request of the same identifier with another body is refused.
    async fn replayed(&self, batch: &Batch<'_>) -> Result<Option<Vec<(String, String, i64)>>, Failure> {
        let Some(key) = &batch.request else { return Ok(None) };
        let subject = &batch.call.caller().subject;
        let Some(known) = self.0.db.request(subject, &key.request_id).await? else { return Ok(None) };
        if known.digest != key.digest {
            return Err(Failure::new(Reason::RequestIdReused));
        }
        serde_json::from_str(&known.resources)
            .map(Some)
            .map_err(|error| Failure::new(Reason::Internal).because(format!("a remembered request: {error}")))
    }
}

/// What stays with a row from pass to pass.
#[derive(Default)]
struct Slot {
    identifiers: Identifiers,
    used: Used,
}

fn pass(
    evaluator: &Evaluator<'_>,
    units: &[Box<dyn Unit>],
    slots: &mut [Slot],
    state: &mut State,
) -> Vec<Outcome> {
    units
        .iter()
        .zip(slots)
        .map(|(unit, slot)| {
            state.begin();
            slot.identifiers.restart();
            let mut notes = Notes { identifiers: std::mem::take(&mut slot.identifiers), ..Notes::default() };
            let drafts = unit
                .expand(evaluator.context, &Reads::new(state), &mut notes)
                .and_then(|acts| evaluator.row(acts, &mut notes.identifiers, state, &mut notes.violations));
            slot.identifiers = notes.identifiers;
            let verdict = match drafts {
                Ok(drafts) if notes.violations.is_empty() => {
                    slot.used = state.accept();
                    if drafts.is_empty() { Verdict::Unchanged } else { Verdict::Accepted(drafts) }
                }
                _ => {
                    state.undo();
                    Verdict::Refused(notes.violations)
                }
            };
            Outcome { verdict, warnings: notes.warnings, blanks_kept: notes.blanks_kept }
        })
        .collect()
}

fn refused_whole(batch: &Batch<'_>, outcomes: &mut [Outcome]) -> Option<Failure> {
    if !batch.whole {
        return None;
    }
    let mut all = Violations::default();
    for outcome in outcomes {
        if let Verdict::Refused(violations) = &mut outcome.verdict {
            all.extend_below("", std::mem::take(violations));
        }
    }
    (!all.is_empty()).then(|| crate::refusal::refusal(all))
}

/// A new identifier: a UUID of version 7, ordered by time.
#[expect(clippy::disallowed_methods, reason = "the one place that makes identifiers of records")]
pub fn new_id() -> String {
    Uuid::now_v7().to_string()
}
