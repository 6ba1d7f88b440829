//! A small world for tests of rules: what is written stays in memory, and the registry answers from a list.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::area::Scope;
use kernel::caller::Caller;
use kernel::cipher::{BlindIndex, ColumnCipher, Digest, SecretKey};
use kernel::codes::CodeTables;
use kernel::failure::{Reason, Violations};
use kernel::randomness::SeededRandomness;
use proto::common::{HouseholdStatus, Source};
use record::codec::Secrets;
use record::column::Column;
use record::engine::Notes;
use record::evaluate::{Draft, Evaluator, Identifiers};
use record::parameters::Defaults;
use record::resource::Rec;
use record::rules::{Act, Change, Context, Mask};
use record::state::{Known, Loaded, Reads, State, Want, last_of};
use record::surroundings::{Ask, Reply, Standing, StandingAsk, StandingReply, Who};
use record::{ActContext, Registered, Resource};

/// Division of everything that is written here.
pub(crate) const VILLAGE: &str = "222406100201";
/// Today.
pub(crate) const TODAY: &str = "2017-10-15";

/// Somebody's place in a household, in the registry.
pub(crate) struct Member {
    pub(crate) id_number: &'static str,
    pub(crate) household: &'static str,
    pub(crate) person: &'static str,
    pub(crate) since: &'static str,
    pub(crate) until: &'static str,
}

/// See the module.
pub(crate) struct World {
    state: State,
    secrets: Secrets,
    resources: HashMap<&'static str, Registered>,
    members: Vec<Member>,
    next: std::sync::atomic::AtomicU32,
    /// Where the words come from.
    pub(crate) source: Source,
}

/// Why something is refused: field and reason.
pub(crate) type Refused = Vec<(String, Reason)>;

impl Default for World {
    fn default() -> Self {
        let key = |purpose: &str| SecretKey::new([7; 32]).derive(purpose);
        let cipher = ColumnCipher::new("1", &key("cipher"), Arc::new(SeededRandomness::new(7))).unwrap();
        let slices = crate::slices().into_iter().map(|slice| slice.registered);
        Self {
            state: State::default(),
            secrets: Secrets {
                cipher,
                index: BlindIndex::new(&key("index")),
                digest: Digest::new(&key("digest")),
            },
            resources: slices.map(|registered| (registered.spec.collection, registered)).collect(),
            members: Vec::new(),
            next: 1.into(),
            source: Source::default(),
        }
    }
}

impl World {
    /// With these members of households in the registry.
    pub(crate) fn with(members: Vec<Member>) -> Self {
        Self { members, ..Self::default() }
    }

    /// The registry learns that a person never was a member.
    pub(crate) fn forget(&mut self, id_number: &str) {
        self.members.retain(|member| member.id_number != id_number);
        self.answers(&Who::IdNumber(id_number.to_owned()), &StandingReply::NotRegistered);
    }

    /// From now on the registry answers this for somebody on the first days of June 2017.
    pub(crate) fn answers(&mut self, who: &Who, reply: &StandingReply) {
        let ask = |on: &str| Ask::Standing(StandingAsk { who: who.clone(), on: on.to_owned() });
        let replies = ["2017-06-01", "2017-06-02"].map(|on| (ask(on), Reply::Standing(reply.clone())));
        self.state.put_replies(replies.into());
    }

    /// The registry is asked anew for what a record keeps of it, as its follower does.
    pub(crate) fn refresh<R: Resource>(&mut self, name: &str) -> R::Record {
        let id = name.rsplit('/').next().unwrap().to_owned();
        let act = Act::consequence(R::SPEC, Some(id), Change::Refresh);
        self.row(|_, _, _| Ok(vec![act.clone()])).unwrap();
        self.last::<R>(name)
    }

    /// One row: what it asks for, decided with all that it reads. What stands is the next row's state. Gives the names
    /// of the records that it wrote.
    pub(crate) fn row(
        &mut self,
        acts: impl Fn(&Context<'_>, &Reads<'_>, &mut Notes) -> Known<Vec<Act>>,
    ) -> Result<Vec<String>, Refused> {
        let Self { state, secrets, resources, members, next, source } = self;
        let caller = Caller { scope: Scope::everything(), ..Caller::internal("li.ming") };
        let (codes, defaults) = (CodeTables::default(), Defaults::default());
        let context = Context {
            caller: &caller,
            today: TODAY,
            source,
            secrets,
            defaults: &defaults,
            transcribed: true,
        };
        let make_id = || next.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string();
        let evaluator = Evaluator { resources, codes: &codes, secrets, context: &context, make_id: &make_id };
        loop {
            state.begin();
            let mut notes = Notes::default();
            let asked = acts(&context, &Reads::new(state), &mut notes);
            let decided = asked.and_then(|acts| {
                evaluator.row(acts, &mut Identifiers::default(), state, &mut notes.violations)
            });
            let missing = state.take_missing();
            match decided {
                Ok(drafts) if missing.is_empty() && notes.violations.is_empty() => {
                    state.accept();
                    return Ok(drafts.iter().map(name_of).collect());
                }
                Ok(_) if missing.is_empty() => {
                    state.undo();
                    return Err(told(notes.violations));
                }
                _ => state.undo(),
            }
            missing.into_iter().for_each(|want| answer(state, members, want));
        }
    }

    /// Creates a record and gives it as it stands.
    pub(crate) fn create<R: Resource>(&mut self, mut record: R::Record) -> Result<R::Record, Refused> {
        if R::meta_mut(&mut record).area.is_empty() {
            R::meta_mut(&mut record).area = VILLAGE.to_owned();
        }
        let act = Act::create::<R>(None, record).needing(R::SPEC.write_permission);
        let names = self.row(|_, _, _| Ok(vec![act.clone()]))?;
        Ok(self.last::<R>(&names[0]))
    }

    /// Corrects fields of a record and gives it as it stands.
    pub(crate) fn correct<R: Resource>(
        &mut self,
        record: R::Record,
        paths: &[&str],
    ) -> Result<R::Record, Refused> {
        let mask = Mask {
            leaves: paths.iter().filter_map(|path| R::SPEC.leaf(path)).collect(),
            children: paths.iter().filter_map(|path| R::SPEC.child(path)).collect(),
            ..Mask::default()
        };
        let name = R::name(&record).to_owned();
        let change = Change::Correct { record: Box::new(Rec::<R>(record)), mask, on: None };
        self.act::<R>(&name, change)?;
        Ok(self.last::<R>(&name))
    }

    /// Ends a link.
    pub(crate) fn end<R: Resource>(&mut self, name: &str, on: &str) -> Result<Vec<String>, Refused> {
        self.act::<R>(name, Change::End { on: on.to_owned(), own: Vec::new() })
    }

    fn act<R: Resource>(&mut self, name: &str, change: Change) -> Result<Vec<String>, Refused> {
        let id = name.rsplit('/').next().unwrap().to_owned();
        let act = Act::consequence(R::SPEC, Some(id), change).needing(R::SPEC.write_permission);
        self.row(|_, _, _| Ok(vec![act.clone()]))
    }

    /// A record of this name, as it stands.
    pub(crate) fn last<R: Resource>(&self, name: &str) -> R::Record {
        let loaded = Reads::new(&self.state).record::<R>(name).ok().flatten().unwrap();
        last_of::<R>(&loaded).unwrap().clone()
    }

    /// All records whose linked column has this value.
    pub(crate) fn linked<R: Resource>(&self, column: Column, value: &str) -> Vec<Arc<Loaded>> {
        Reads::new(&self.state).linked::<R>(column, value).unwrap_or_default()
    }

    /// What is read of the state, outside of a row.
    pub(crate) fn reads(&self) -> Reads<'_> {
        Reads::new(&self.state)
    }

    /// The key of somebody outside the registry.
    pub(crate) fn outsider(&self, id_number: &str) -> String {
        record::beneficiary::outsider_key(&self.secrets, id_number)
    }
}

fn name_of(draft: &Draft) -> String {
    format!("{}/{}", draft.spec.collection, draft.after.id)
}

/// Nothing but this world's rows is stored anywhere.
fn answer(state: &mut State, members: &[Member], want: Want) {
    match want {
        Want::Record(collection, id) => state.put_record(collection, id, None),
        Want::Key(collection, kind, value) => state.put_key((collection, kind, value), None),
        Want::Linked(collection, leaf, value) => state.put_linked((collection, leaf, value), Vec::new()),
        Want::Guard(subject) => state.put_guard(subject, 0),
        Want::Outside(ask) => {
            let reply = match &ask {
                Ask::Place(_) | Ask::Division(_) => Reply::Division(Some("头道镇".to_owned())),
                Ask::Standing(asked) => Reply::Standing(standing(members, &asked.who, &asked.on)),
            };
            state.put_replies(HashMap::from([(ask, reply)]));
        }
    }
}

fn standing(members: &[Member], who: &Who, on: &str) -> StandingReply {
    let is_meant = |member: &&Member| match who {
        Who::IdNumber(number) => member.id_number == number,
        Who::Household(name) => member.household == name,
        Who::HouseholdNo(_) => false,
    };
    let found = members.iter().filter(is_meant).find(|member| member.since <= on && on < member.until);
    found.map_or(StandingReply::NotRegistered, |member| {
        StandingReply::Found(Standing {
            household: member.household.to_owned(),
            person: matches!(who, Who::IdNumber(_)).then(|| member.person.to_owned()),
            area: VILLAGE.to_owned(),
            status: HouseholdStatus::Poor,
        })
    })
}

fn told(violations: Violations) -> Refused {
    violations.into_vec().into_iter().map(|violation| (violation.field, violation.reason)).collect()
}

/// What a rule refuses.
pub(crate) fn reasons(rule: impl FnOnce(&mut Violations)) -> Refused {
    let mut violations = Violations::default();
    rule(&mut violations);
    told(violations)
}

/// What a verb refuses on this day.
pub(crate) fn act_on(day: &str, verb: impl FnOnce(&ActContext, &mut Violations)) -> Refused {
    let context = ActContext {
        today: TODAY.to_owned(),
        occurred_on: day.to_owned(),
        note: String::new(),
        subject: "li.ming".to_owned(),
    };
    reasons(|violations| verb(&context, violations))
}
