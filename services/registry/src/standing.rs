//! StandingService: what the registry tells everybody who has to know whether somebody is registered. Answered for the
//! whole prefecture whatever the caller's area, with the fewest fields, and audited.

use std::collections::{HashMap, HashSet};

use kernel::date::CivilDate;
use kernel::failure::{Failure, Reason, Violations};
use proto::common::HouseholdStatus;
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::standing_question::Subject;
use record::call::{Call, open, reply};
use record::engine::Engine;
use record::read::At;
use record::value::{microseconds, timestamp};
use store::{NewAudit, Row, WriteSet};
use tonic::{Request, Response, Status};

use crate::household::shown::known;

/// Standings that count as being in the register. A removed household was wrongly in it.
const REGISTERED: [HouseholdStatus; 5] = [
    HouseholdStatus::Poor,
    HouseholdStatus::PreExit,
    HouseholdStatus::ExitedPolicy,
    HouseholdStatus::ExitedNoPolicy,
    HouseholdStatus::Relapsed,
];

/// The service.
pub(crate) struct StandingApi(pub(crate) Engine);

#[tonic::async_trait]
impl p::standing_service_server::StandingService for StandingApi {
    async fn batch_check_standings(
        &self,
        request: Request<p::BatchCheckStandingsRequest>,
    ) -> Result<Response<p::BatchCheckStandingsResponse>, Status> {
        let (call, message) = open(request, "/xiuhua.registry.v1.StandingService/BatchCheckStandings")?;
        let answer = self.check(&call, message).await;
        reply(&call, answer, |answer| answer)
    }

    async fn batch_check_eligibility(
        &self,
        request: Request<p::BatchCheckEligibilityRequest>,
    ) -> Result<Response<p::BatchCheckEligibilityResponse>, Status> {
        let (call, message) = open(request, "/xiuhua.registry.v1.StandingService/BatchCheckEligibility")?;
        let answer = crate::eligibility::check(&self.0, &call, message).await;
        reply(&call, answer, |answer| answer)
    }
}

/// The days of questions, today where none is stated; a day that does not exist is a violation.
pub(crate) fn questions_on(
    engine: &Engine,
    days: impl Iterator<Item = String>,
    violations: &mut Violations,
) -> Vec<String> {
    let today = engine.today();
    let days = days.enumerate().map(|(position, day)| {
        let on = if day.is_empty() { today.clone() } else { day };
        if CivilDate::parse(&on).is_none() {
            violations.push(format!("questions[{position}].on"), Reason::DateInvalid);
        }
        on
    });
    days.collect()
}

/// The registered names of persons, by resource name.
pub(crate) async fn full_names(
    engine: &Engine,
    at: &At,
    persons: &[String],
) -> Result<HashMap<String, String>, Failure> {
    let ids: HashSet<String> =
        persons.iter().filter_map(|name| Some(name.split_once('/')?.1.to_owned())).collect();
    let ids: Vec<String> = ids.into_iter().collect();
    let select = format!("SELECT id, full_name, valid_from FROM person WHERE {} AND", known(at));
    let rows = engine.db().select_in(&select, "id", &ids, "ORDER BY id, valid_from").await?;
    Ok(rows.iter().map(|row| (format!("persons/{}", row.text(0)), row.text(1).to_owned())).collect())
}

impl StandingApi {
    async fn check(
        &self,
        call: &Call,
        message: p::BatchCheckStandingsRequest,
    ) -> Result<p::BatchCheckStandingsResponse, Failure> {
        let limit = record::verbs::BATCH_LIMIT;
        if message.questions.len() > limit {
            return Err(Failure::new(Reason::BatchTooLarge).with("limit", limit));
        }
        let at = self.0.at("", message.known_at.as_ref()).await?;
        let questions = self.questions(message.questions)?;
        let answers = Facts::load(&self.0, &at, &questions).await?.answers(&questions);
        self.audit(call, answers.len()).await?;
        let known_at = match message.known_at.as_ref().map(microseconds) {
            Some(moment) => moment,
            None => self.0.db().known_now().await?,
        };
        Ok(p::BatchCheckStandingsResponse { answers, known_at: Some(timestamp(known_at)) })
    }

    /// Questions with every ID number replaced by its blind index.
    fn questions(&self, asked: Vec<p::StandingQuestion>) -> Result<Vec<Question>, Failure> {
        let mut violations = Violations::default();
        let days = asked.iter().map(|question| question.on.clone());
        let days = questions_on(&self.0, days, &mut violations);
        let index = &self.0.inner().secrets.index;
        let mut questions = Vec::with_capacity(asked.len());
        for ((position, question), on) in asked.into_iter().enumerate().zip(days) {
            let who = match question.subject {
                Some(Subject::IdNumber(number)) => {
                    Who::Somebody(index.index("id_number", &crate::person::first_18(&number)))
                }
                Some(Subject::HouseholdNo(number)) => Who::HouseholdNo(number),
                Some(Subject::Household(name)) => Who::Household(name),
                Some(Subject::Person(name)) => Who::Person(name),
                None => {
                    violations.push(format!("questions[{position}].subject"), Reason::FieldRequired);
                    continue;
                }
            };
            questions.push(Question { who, on });
        }
        if violations.is_empty() { Ok(questions) } else { Err(record::refusal(violations)) }
    }

    async fn audit(&self, call: &Call, count: usize) -> Result<(), Failure> {
        let caller = call.caller();
        let entry = NewAudit {
            subject: caller.subject.clone(),
            on_behalf_of: caller.on_behalf_of.clone(),
            role: caller.role.clone(),
            method: call.method.to_owned(),
            action: "exchange".to_owned(),
            outcome: "OK".to_owned(),
            count: i64::try_from(count).unwrap_or(i64::MAX),
            ..NewAudit::default()
        };
        self.0.db().commit(WriteSet { audit: vec![entry], ..WriteSet::default() }).await?;
        Ok(())
    }
}

pub(crate) enum Who {
    /// By the blind index of an ID number: a person, or who is told only as the head of a household, because no member row
    /// of it tells of them.
    Somebody(String),
    HouseholdNo(String),
    Household(String),
    Person(String),
}

pub(crate) struct Question {
    pub(crate) who: Who,
    pub(crate) on: String,
}

/// A period of something, with its value.
struct Dated {
    from: String,
    to: String,
    value: String,
}

impl Dated {
    fn holds(&self, on: &str) -> bool {
        self.from.as_str() <= on && on < self.to.as_str()
    }
}

/// Everything that answers a batch, loaded in seven statements.
pub(crate) struct Facts {
    keys: HashMap<(&'static str, String), String>,
    memberships: HashMap<String, Vec<Dated>>,
    /// Households by the blind index of their head's ID number.
    headed: HashMap<String, Vec<Headed>>,
    standings: HashMap<String, Vec<Dated>>,
    households: HashMap<String, Shown>,
    members: HashMap<String, Vec<Dated>>,
}

/// A household that somebody heads, as it states its head in a period.
struct Headed {
    household: Dated,
    full_name: String,
}

/// What is told of a household.
#[derive(Clone, Default)]
struct Shown {
    household_no: String,
    area: String,
}

impl Facts {
    pub(crate) async fn load(engine: &Engine, at: &At, questions: &[Question]) -> Result<Self, Failure> {
        let db = engine.db();
        let known = known(at);
        let mut keys = HashMap::new();
        for (collection, kind) in [("persons", "id_number"), ("households", "household_no")] {
            let values = questions.iter().filter_map(|question| match &question.who {
                Who::Somebody(value) if collection == "persons" => Some(value.clone()),
                Who::HouseholdNo(value) if collection == "households" => Some(value.clone()),
                Who::Somebody(_) | Who::HouseholdNo(_) | Who::Household(_) | Who::Person(_) => None,
            });
            let values: Vec<String> = values.collect::<HashSet<_>>().into_iter().collect();
            let select = format!(
                "SELECT key_value, id FROM identity \
                 WHERE collection = '{collection}' AND key_kind = '{kind}' AND"
            );
            for row in db.select_in(&select, "key_value", &values, "").await? {
                keys.insert((collection, row.text(0).to_owned()), format!("{collection}/{}", row.text(1)));
            }
        }
        let persons: HashSet<String> =
            questions.iter().filter_map(|question| person_of(question, &keys)).collect();
        let persons: Vec<String> = persons.into_iter().collect();
        let select =
            format!("SELECT person, valid_from, valid_to, household FROM membership WHERE {known} AND");
        let memberships = dated(db.select_in(&select, "person", &persons, "").await?);
        let headed = headed(engine, &known, questions).await?;
        let links = memberships.values().flatten();
        let links = links.chain(headed.values().flatten().map(|headed| &headed.household));
        let mut names: HashSet<String> = links.map(|link| link.value.clone()).collect();
        names.extend(questions.iter().filter_map(|question| household_of(question, &keys)));
        let names: Vec<String> = names.into_iter().collect();
        let ids: Vec<String> =
            names.iter().map(|name| name.rsplit('/').next().unwrap_or_default().to_owned()).collect();
        let select =
            format!("SELECT id, valid_from, valid_to, status FROM household_standing WHERE {known} AND");
        let standings = dated(db.select_in(&select, "id", &ids, "").await?);
        let select = format!("SELECT id, household_no, area, valid_from FROM household WHERE {known} AND");
        let rows = db.select_in(&select, "id", &ids, "ORDER BY id, valid_from").await?;
        let households = rows.iter().map(|row| {
            let text = |column| row.optional_text(column).unwrap_or_default().to_owned();
            (text(0), Shown { household_no: text(1), area: text(2) })
        });
        let households = households.collect();
        let select = format!("SELECT household, valid_from, valid_to, id FROM membership WHERE {known} AND");
        let members = dated(db.select_in(&select, "household", &names, "").await?);
        Ok(Self { keys, memberships, headed, standings, households, members })
    }

    /// The name under which a household states its head on the day of a question about them.
    pub(crate) fn name_of_head(&self, question: &Question, household: &str) -> Option<&str> {
        let headed = self.headed_on(question).find(|headed| headed.household.value == household);
        headed.map(|headed| headed.full_name.as_str())
    }

    fn headed_on(&self, question: &Question) -> impl Iterator<Item = &Headed> {
        let index = match &question.who {
            Who::Somebody(index) => self.headed.get(index),
            Who::HouseholdNo(_) | Who::Household(_) | Who::Person(_) => None,
        };
        let on = question.on.clone();
        index.into_iter().flatten().filter(move |headed| headed.household.holds(&on))
    }

    pub(crate) fn answers(&self, questions: &[Question]) -> Vec<p::StandingAnswer> {
        questions.iter().map(|question| self.answer(question)).collect()
    }

    fn answer(&self, question: &Question) -> p::StandingAnswer {
        let on = question.on.as_str();
        let person = person_of(question, &self.keys);
        let mut households: Vec<String> = household_of(question, &self.keys).into_iter().collect();
        let links =
            person.as_ref().and_then(|person| self.memberships.get(person)).map_or(&[][..], Vec::as_slice);
        let joined: Vec<&Dated> = links.iter().filter(|link| link.holds(on)).collect();
        if joined.is_empty() {
            // Whoever has left a household is not in it, though its form may name them as its head still.
            let left =
                |household: &str| links.iter().any(|link| link.value == household && link.to.as_str() <= on);
            let headed = self.headed_on(question).map(|headed| headed.household.value.as_str());
            households.extend(headed.filter(|household| !left(household)).map(str::to_owned));
        }
        households.extend(joined.into_iter().map(|link| link.value.clone()));
        let found: Vec<p::StandingAnswer> =
            households.iter().filter_map(|household| self.standing(household, person.as_ref(), on)).collect();
        let outcome = |outcome: p::StandingOutcome| p::StandingAnswer {
            outcome: outcome.into(),
            ..p::StandingAnswer::default()
        };
        match found.as_slice() {
            [] => outcome(p::StandingOutcome::NotRegistered),
            [only] => only.clone(),
            _ => outcome(p::StandingOutcome::Ambiguous),
        }
    }

    fn standing(&self, household: &str, person: Option<&String>, on: &str) -> Option<p::StandingAnswer> {
        let id = household.rsplit('/').next()?;
        let period = self.standings.get(id)?.iter().find(|period| period.holds(on))?;
        let status =
            period.value.parse::<i32>().ok().and_then(|number| HouseholdStatus::try_from(number).ok())?;
        if !REGISTERED.contains(&status) {
            return None;
        }
        let Shown { household_no, area } = self.households.get(id).cloned().unwrap_or_default();
        let members =
            self.members.get(household).map_or(0, |links| links.iter().filter(|link| link.holds(on)).count());
        Some(p::StandingAnswer {
            outcome: p::StandingOutcome::Found.into(),
            household: household.to_owned(),
            person: person.cloned().unwrap_or_default(),
            area,
            status: status.into(),
            since: period.from.clone(),
            household_no,
            member_count: i32::try_from(members).unwrap_or(i32::MAX),
        })
    }
}

/// The households headed by those who are asked about by their ID numbers.
async fn headed(
    engine: &Engine,
    known: &str,
    questions: &[Question],
) -> Result<HashMap<String, Vec<Headed>>, Failure> {
    let indexes = questions.iter().filter_map(|question| match &question.who {
        Who::Somebody(index) => Some(index.clone()),
        Who::HouseholdNo(_) | Who::Household(_) | Who::Person(_) => None,
    });
    let indexes: Vec<String> = indexes.collect::<HashSet<_>>().into_iter().collect();
    let select = format!(
        "SELECT head_id_number_index, valid_from, valid_to, 'households/' || id, head_full_name FROM household \
         WHERE {known} AND"
    );
    let mut found: HashMap<String, Vec<Headed>> = HashMap::new();
    for row in engine.db().select_in(&select, "head_id_number_index", &indexes, "").await? {
        let full_name = row.optional_text(4).unwrap_or_default().to_owned();
        let headed = Headed { household: period_of(&row), full_name };
        found.entry(row.text(0).to_owned()).or_default().push(headed);
    }
    Ok(found)
}

/// What stands in the second to fourth columns: first day, day after the last, and value.
fn period_of(row: &Row) -> Dated {
    let value = row.optional_text(3).map_or_else(|| row.integer(3).to_string(), str::to_owned);
    Dated { from: row.text(1).to_owned(), to: row.text(2).to_owned(), value }
}

fn dated(rows: Vec<Row>) -> HashMap<String, Vec<Dated>> {
    let mut found: HashMap<String, Vec<Dated>> = HashMap::new();
    for row in rows {
        found.entry(row.text(0).to_owned()).or_default().push(period_of(&row));
    }
    found
}

fn person_of(question: &Question, keys: &HashMap<(&'static str, String), String>) -> Option<String> {
    match &question.who {
        Who::Somebody(value) => keys.get(&("persons", value.clone())).cloned(),
        Who::Person(name) => Some(name.clone()),
        Who::HouseholdNo(_) | Who::Household(_) => None,
    }
}

fn household_of(question: &Question, keys: &HashMap<(&'static str, String), String>) -> Option<String> {
    match &question.who {
        Who::HouseholdNo(value) => keys.get(&("households", value.clone())).cloned(),
        Who::Household(name) => Some(name.clone()),
        Who::Somebody(_) | Who::Person(_) => None,
    }
}
