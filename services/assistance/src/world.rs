//! A small world for tests of rules: what they read is answered from memory, as the engine would from its tables.

use std::sync::Arc;

use kernel::caller::Caller;
use kernel::cipher::{BlindIndex, ColumnCipher, Digest, SecretKey};
use kernel::failure::{Reason, Violations};
use kernel::randomness::SeededRandomness;
use proto::common::{Beneficiary, Source};
use record::codec::{FOREVER, Secrets};
use record::parameters::Defaults;
use record::rules::{Context, Rules};
use record::state::{Known, Loaded, Period, Reads, State, Want};
use record::{ActContext, AnyRecord, Rec, Resource};

/// A registered household.
pub(crate) const HOUSEHOLD: &str = "households/1";
/// A village.
pub(crate) const VILLAGE: &str = "222405100201";
/// Today.
pub(crate) const TODAY: &str = "2017-12-31";

/// Records that stand, by collection.
#[derive(Default)]
pub(crate) struct World {
    standing: Vec<Arc<dyn AnyRecord>>,
}

/// A beneficiary as the engine has completed it; an empty household is somebody outside the registry.
pub(crate) fn beneficiary(household: &str) -> Option<Beneficiary> {
    Some(Beneficiary {
        household: household.to_owned(),
        id_number: "222405195002030018".to_owned(),
        standing_on: "2016-03-01".to_owned(),
        distinct_key: if household.is_empty() { "id:0".to_owned() } else { household.to_owned() },
        ..Beneficiary::default()
    })
}

/// What was refused, in order.
pub(crate) fn reasons(violations: &Violations) -> Vec<Reason> {
    violations.iter().map(|violation| violation.reason).collect()
}

/// An act on a day.
pub(crate) fn act(occurred_on: &str) -> ActContext {
    ActContext {
        today: TODAY.to_owned(),
        occurred_on: occurred_on.to_owned(),
        note: String::new(),
        subject: "tester".to_owned(),
    }
}

impl World {
    /// Adds a record.
    pub(crate) fn add<R: Resource>(&mut self, record: R::Record) {
        self.standing.push(Arc::new(Rec::<R>(record)));
    }

    /// What the rules of a record kind refuse.
    pub(crate) fn check<R: Rules>(&self, record: &R::Record, old: Option<&R::Record>) -> Violations {
        self.with_context(|context| {
            self.run(|reads, violations| R::check(record, old, context, reads, violations))
        })
    }

    /// The record as its slice completes it.
    pub(crate) fn complete<R: Rules>(&self, record: R::Record, old: Option<&R::Record>) -> R::Record {
        let mut completed = record.clone();
        self.with_context(|context| {
            self.run(|reads, violations| {
                completed = record.clone();
                R::complete(&mut completed, old, context, reads, violations)
            })
        });
        completed
    }

    /// With what a rule knows beside the records.
    pub(crate) fn with_context<T>(&self, body: impl FnOnce(&Context<'_>) -> T) -> T {
        let randomness = Arc::new(SeededRandomness::new(1));
        let key = SecretKey::generate(randomness.as_ref()).unwrap();
        let secrets = Secrets {
            cipher: ColumnCipher::new("1", &key, randomness).unwrap(),
            index: BlindIndex::new(&key),
            digest: Digest::new(&key),
        };
        let defaults = Defaults::read(crate::PARAMETERS).unwrap();
        let (caller, source) = (Caller::internal("tester"), Source::default());
        body(&Context {
            caller: &caller,
            today: TODAY,
            source: &source,
            secrets: &secrets,
            defaults: &defaults,
            transcribed: false,
        })
    }

    /// Repeats a pass until nothing is missing, as the engine does.
    pub(crate) fn run(&self, pass: impl FnMut(&Reads<'_>, &mut Violations) -> Known<()>) -> Violations {
        self.passes(pass).0
    }

    /// The sets that a pass demands to be unchanged at its commit.
    pub(crate) fn guards(&self, pass: impl FnMut(&Reads<'_>, &mut Violations) -> Known<()>) -> Vec<String> {
        let mut guards: Vec<String> = self.passes(pass).1.accept().guards.into_iter().collect();
        guards.sort_unstable();
        guards
    }

    fn passes(&self, mut pass: impl FnMut(&Reads<'_>, &mut Violations) -> Known<()>) -> (Violations, State) {
        let mut state = State::default();
        loop {
            let mut violations = Violations::default();
            if pass(&Reads::new(&state), &mut violations).is_ok() {
                return (violations, state);
            }
            let missing = state.take_missing();
            assert!(!missing.is_empty(), "a pass that misses nothing stands");
            missing.into_iter().for_each(|want| self.answer(want, &mut state));
        }
    }

    fn answer(&self, want: Want, state: &mut State) {
        match want {
            Want::Linked(collection, leaf, value) => {
                let all = self.standing.iter().enumerate();
                let own = all.filter(|(_, record)| {
                    record.spec().collection == collection && record.get(leaf).as_text() == Some(&value)
                });
                let ids = own.map(|(index, _)| index.to_string()).collect();
                state.put_linked((collection, leaf, value), ids);
            }
            Want::Record(collection, id) => {
                let loaded =
                    id.parse::<usize>().ok().and_then(|index| self.standing.get(index)).map(|record| {
                        let period = Period {
                            valid_from: "2016-01-01".to_owned(),
                            valid_to: FOREVER.to_owned(),
                            record: record.clone(),
                        };
                        Loaded {
                            id: id.clone(),
                            version: 1,
                            base_version: 1,
                            scope_area: VILLAGE.to_owned(),
                            periods: vec![period],
                        }
                    });
                state.put_record(collection, id, loaded);
            }
            other => panic!("rules of assistance do not ask for {other:?}"),
        }
    }
}
