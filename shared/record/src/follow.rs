//! A follower: what a service keeps of the registry's knowledge is asked anew when the registry learns better.
//!
//! Facts keep the standing of their household as it was known when they were written. The follower reads the registry's
//! feed from where it stopped, finds the facts that an event concerns, and writes them anew where the answer is another:
//! a new version, so that every earlier known time keeps its own. It is idempotent; an event that comes twice changes
//! nothing the second time.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use kernel::failure::{Failure, Reason};
use proto::common as p;
use proto::common::change_feed_service_client::ChangeFeedServiceClient;
use runtime::client::{Channels, Identity};
use runtime::context::Context as CallContext;
use store::{FeedPosition, NewAudit, Step, WriteSet};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::call::Call;
use crate::engine::{Batch, Engine, Inner, Notes, Unit, Verdict};
use crate::rules::{Act, Change, Context};
use crate::spec::Spec;
use crate::state::{Known, Reads};

/// The service that is followed.
pub(crate) const REGISTRY: &str = "registry";
/// What moves what facts keep: standings, who belongs where, and persons whom an outsider may turn out to be.
pub(crate) const COLLECTIONS: [&str; 3] = ["householdStandings", "memberships", "persons"];
/// How long one stream is read before its token is renewed.
const STREAM: Duration = Duration::from_secs(50 * 60);
/// First and longest wait before the registry is called again.
const WAIT: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));
/// Messages without news after which the position is kept nevertheless.
const KEEP_EVERY: u32 = 50;
/// How the follower's work is called in the audit.
const METHOD: &str = "follow/registry";
/// What the audit calls it.
pub(crate) const ACTION: &str = "follow";
/// Most facts in one commit.
const FACTS: usize = 500;

/// How far a service has followed others; what it counts rests on that.
#[derive(Debug)]
pub struct Followed {
    reached: Mutex<Option<p::FeedPosition>>,
    /// Facts that were written on the word of the registry, to be asked about once more.
    written: Option<UnboundedSender<Written>>,
}

/// A fact that was just committed.
type Written = (&'static Spec, String);

impl Followed {
    /// Of a service that follows nobody.
    pub(crate) fn nobody() -> Self {
        Self { reached: Mutex::new(None), written: None }
    }

    /// Of a service that follows the registry. Until the first news its position is not known.
    pub(crate) fn registry() -> (Self, UnboundedReceiver<Written>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let unknown = p::FeedPosition { service: REGISTRY.to_owned(), position: None };
        (Self { reached: Mutex::new(Some(unknown)), written: Some(sender) }, receiver)
    }

    /// The positions on which the service's facts rest; none where it follows nobody.
    pub fn positions(&self) -> Vec<p::FeedPosition> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn reached(&self, position: p::Position) {
        let reached = p::FeedPosition { service: REGISTRY.to_owned(), position: Some(position) };
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner) = Some(reached);
    }

    /// A fact was committed that rests on what the registry said before. If the registry has learned better meanwhile,
    /// its event may have passed before the fact was there to be found; so it is asked about once more.
    pub(crate) fn written(&self, facts: impl Iterator<Item = Written>) {
        if let Some(sender) = &self.written {
            // The follower is gone only when the service is.
            facts.for_each(|fact| drop(sender.send(fact)));
        }
    }
}

/// Follows the registry until the engine is gone.
pub(crate) fn start(
    engine: &Engine,
    channels: Channels,
    identity: Arc<Identity>,
    mut written: UnboundedReceiver<Written>,
) {
    let engine = Arc::downgrade(&engine.0);
    tokio::spawn(async move {
        let (mut wait, mut told) = (WAIT.0, false);
        while engine.strong_count() > 0 {
            if let Err(failure) = follow(&engine, &channels, &identity, &mut written, &mut wait).await {
                let reason = failure.reason().as_str();
                // Once loud: an operator must know of a service that cannot follow. A registry that restarts is no news.
                if told {
                    tracing::debug!(reason, "the registry's feed is interrupted");
                } else {
                    tracing::warn!(reason, "the registry cannot be followed; it is tried again");
                }
                told = true;
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(WAIT.1);
        }
    });
}

/// Reads one stream to its end.
async fn follow(
    weak: &Weak<Inner>,
    channels: &Channels,
    identity: &Identity,
    written: &mut UnboundedReceiver<Written>,
    wait: &mut Duration,
) -> Result<(), Failure> {
    let Some(engine) = weak.upgrade().map(Engine) else { return Ok(()) };
    let from = engine.db().feed_cursor(REGISTRY).await?;
    drop(engine);
    let context = identity.background()?.within(STREAM);
    let outgoing = channels.to(REGISTRY, &context)?;
    let request = p::WatchRequest {
        position: from.map(|position| position.to_string()).unwrap_or_default(),
        collections: COLLECTIONS.map(str::to_owned).to_vec(),
        ..p::WatchRequest::default()
    };
    let mut client = ChangeFeedServiceClient::new(outgoing.clone());
    let refused = |status: tonic::Status| outgoing.failure(&status);
    let mut stream = client.watch(request).await.map_err(refused)?.into_inner();
    let mut quiet = 0;
    let mut news = Vec::new();
    loop {
        tokio::select! {
            answer = stream.message() => {
                let Some(answer) = answer.map_err(refused)? else { return Ok(()) };
                let Some(engine) = weak.upgrade().map(Engine) else { return Ok(()) };
                quiet = apply(&engine, &context, answer, quiet).await?;
                *wait = WAIT.0;
            }
            count = written.recv_many(&mut news, FACTS) => {
                let Some(engine) = weak.upgrade().map(Engine) else { return Ok(()) };
                if count == 0 {
                    return Ok(());
                }
                ask_again(&engine, &context, &mut news).await?;
            }
        }
    }
}

/// Asks once more about facts that were just written.
async fn ask_again(engine: &Engine, context: &CallContext, news: &mut Vec<Written>) -> Result<(), Failure> {
    let call = Call { context: context.clone(), method: METHOD };
    news.sort_by_key(|(spec, _)| spec.collection);
    for of_a_kind in news.chunk_by(|(one, _), (other, _)| std::ptr::eq(*one, *other)) {
        let ids: Vec<String> = of_a_kind.iter().map(|(_, id)| id.clone()).collect();
        refresh(engine, &call, of_a_kind[0].0, &ids).await?;
    }
    news.clear();
    Ok(())
}

/// Writes anew what the events concern, and keeps the position with it. Gives how many messages went by since it was
/// last kept.
async fn apply(
    engine: &Engine,
    context: &CallContext,
    answer: p::WatchResponse,
    quiet: u32,
) -> Result<u32, Failure> {
    let Some(reached) = answer.position else { return Ok(quiet) };
    let position = FeedPosition::from_str(&reached.token)
        .map_err(|_| Failure::new(Reason::AnswerUnexpected).with("service", REGISTRY))?;
    let concerned = Concerned::of(&answer.events);
    let call = Call { context: context.clone(), method: METHOD };
    let mut written = false;
    for spec in engine.0.resources.values().map(|registered| registered.spec) {
        let facts = concerned.facts(engine, spec).await?;
        for chunk in facts.chunks(FACTS) {
            written |= refresh(engine, &call, spec, chunk).await?;
        }
    }
    let keep = written || quiet >= KEEP_EVERY || answer.events.is_empty();
    if keep {
        let steps = vec![Step::feed_cursor(REGISTRY, position)];
        engine.db().commit(WriteSet { steps, ..WriteSet::default() }).await?;
    }
    engine.0.followed.reached(reached);
    Ok(if keep { 0 } else { quiet + 1 })
}

/// Asks anew for these facts; whether anything was written.
async fn refresh(engine: &Engine, call: &Call, spec: &'static Spec, ids: &[String]) -> Result<bool, Failure> {
    let units = ids.iter().map(|id| Box::new(Refresh { spec, id: id.clone() }) as Box<dyn Unit>);
    let caller = call.caller();
    let batch = Batch {
        call,
        units: units.collect(),
        source: p::Source {
            kind: p::SourceKind::System.into(),
            system: REGISTRY.to_owned(),
            ..p::Source::default()
        },
        transcribed: false,
        validate_only: false,
        whole: false,
        overlay: None,
        request: None,
        audit: NewAudit {
            subject: caller.subject.clone(),
            role: caller.role.clone(),
            method: call.method.to_owned(),
            action: ACTION.to_owned(),
            resource: Some(spec.collection.to_owned()),
            outcome: "OK".to_owned(),
            ..NewAudit::default()
        },
    };
    let ran = engine.run(batch, None).await?;
    let refused =
        ran.outcomes.iter().filter(|outcome| matches!(outcome.verdict, Verdict::Refused(_))).count();
    if refused > 0 {
        // Withdrawn meanwhile, or fitting several households now: what stood stands.
        tracing::warn!(collection = spec.collection, refused, "facts keep what was known of their household");
    }
    Ok(ran.outcomes.iter().any(|outcome| matches!(outcome.verdict, Verdict::Accepted(_))))
}

/// A fact that is to be asked about anew.
struct Refresh {
    spec: &'static Spec,
    id: String,
}

impl Unit for Refresh {
    fn expand(&self, _context: &Context<'_>, _reads: &Reads<'_>, _notes: &mut Notes) -> Known<Vec<Act>> {
        Ok(vec![Act::consequence(self.spec, Some(self.id.clone()), Change::Refresh)])
    }
}

/// Whom events concern: households and persons by name, outsiders by the blind index of their ID number.
#[derive(Default)]
struct Concerned {
    households: BTreeSet<String>,
    persons: BTreeSet<String>,
    numbers: BTreeSet<String>,
}

impl Concerned {
    fn of(events: &[p::FeedEvent]) -> Self {
        let mut found = Self::default();
        for event in events {
            // A standing's identifier is its household's.
            if let ("householdStandings", Some((_, id))) =
                (event.collection.as_str(), event.name.split_once('/'))
            {
                found.households.insert(format!("households/{id}"));
            }
            for link in &event.links {
                let set = match link.field.as_str() {
                    "household" => &mut found.households,
                    "person" => &mut found.persons,
                    "id_number" => &mut found.numbers,
                    _ => continue,
                };
                set.insert(link.value.clone());
            }
        }
        found
    }

    /// The facts of a record kind that keep something of them, or kept it before: a household that was removed may come
    /// back.
    async fn facts(&self, engine: &Engine, spec: &'static Spec) -> Result<Vec<String>, Failure> {
        let Some(first) = spec.beneficiary else { return Ok(Vec::new()) };
        let number = &spec.leaves[first + 3];
        let sets = [
            (spec.leaves[first].column.to_owned(), &self.households),
            (spec.leaves[first + 1].column.to_owned(), &self.persons),
            (number.index_column(), &self.numbers),
        ];
        let select = format!("SELECT id FROM {} WHERE", spec.table);
        let mut ids = BTreeSet::new();
        for (column, values) in sets {
            let values: Vec<String> = values.iter().cloned().collect();
            let column = format!("\"{column}\"");
            let rows = engine.db().select_in(&select, &column, &values, "").await?;
            ids.extend(rows.iter().map(|row| row.text(0).to_owned()));
        }
        Ok(ids.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(collection: &str, name: &str, links: &[(&str, &str)]) -> p::FeedEvent {
        let link = |(field, value): &(&str, &str)| p::FeedLink {
            field: (*field).to_owned(),
            value: (*value).to_owned(),
        };
        p::FeedEvent {
            collection: collection.to_owned(),
            name: name.to_owned(),
            links: links.iter().map(link).collect(),
            ..p::FeedEvent::default()
        }
    }

    #[test]
    fn events_concern_households_persons_and_numbers() {
        let found = Concerned::of(&[
            event("householdStandings", "householdStandings/1", &[]),
            event("memberships", "memberships/9", &[("household", "households/2"), ("person", "persons/3")]),
            event("persons", "persons/4", &[("id_number", "blind"), ("person_no", "22")]),
            event("householdStandings", "householdStandings/1", &[("id_number", "index")]),
            event("divisions", "divisions/222405", &[("code", "222405")]),
        ]);
        let texts = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
        assert_eq!(texts(&found.households), "households/1 households/2");
        assert_eq!(texts(&found.persons), "persons/3");
        assert_eq!(texts(&found.numbers), "blind index");
    }
}
