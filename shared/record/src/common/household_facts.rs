//! HouseholdFactsService: what the service knows of households, in one call.

use std::collections::{HashMap, HashSet};

use futures::future::try_join_all;
use kernel::failure::{Failure, Reason};
use kernel::language::Language;
use proto::common as p;
use proto::common::HouseholdSection as Section;
use tonic::{Request, Response, Status};

use crate::call::{Call, open, reply};
use crate::codec::select_list;
use crate::engine::Engine;
use crate::facts::{Assures, Facts, Of, Told};
use crate::read::{At, newest};
use crate::resource::AnyRecord;
use crate::spec::Spec;
use crate::sql::Where;
use crate::states::state_on;
use crate::value::timestamp;
use crate::verbs::id_of;

/// Most households of one call.
const HOUSEHOLDS: usize = 100;

/// The service.
pub struct HouseholdFactsApi {
    /// The engine.
    pub engine: Engine,
    /// The record kinds that tell something of a household, in the order of the sections' records.
    pub kinds: Vec<(&'static Spec, &'static Facts)>,
    /// What can be told of assurances.
    pub assurances: &'static [Assures],
}

/// The records of one kind: for each the household's name, the record, and whom it brings along.
struct Found {
    spec: &'static Spec,
    facts: &'static Facts,
    records: Vec<(String, Box<dyn AnyRecord>)>,
    with: HashMap<String, Box<dyn AnyRecord>>,
}

#[tonic::async_trait]
impl p::household_facts_service_server::HouseholdFactsService for HouseholdFactsApi {
    async fn batch_get_household_facts(
        &self,
        request: Request<p::BatchGetHouseholdFactsRequest>,
    ) -> Result<Response<p::BatchGetHouseholdFactsResponse>, Status> {
        let path = "/xiuhua.common.v1.HouseholdFactsService/BatchGetHouseholdFacts";
        let (call, message) = open(request, path)?;
        let answer = self.facts(&call, message).await;
        reply(&call, answer, |answer| answer)
    }
}

impl HouseholdFactsApi {
    async fn facts(
        &self,
        call: &Call,
        message: p::BatchGetHouseholdFactsRequest,
    ) -> Result<p::BatchGetHouseholdFactsResponse, Failure> {
        if message.households.len() > HOUSEHOLDS {
            return Err(Failure::new(Reason::BatchTooLarge).with("limit", HOUSEHOLDS));
        }
        let at = self.engine.at(&message.as_of, message.known_at.as_ref()).await?;
        let asked: HashSet<Section> = message.sections().collect();
        let wanted = |section: Section| asked.is_empty() || asked.contains(&section);
        let mut forbidden: Vec<Section> = Vec::new();
        let may = |spec: &Spec| call.caller().may(spec.read_permission);
        let told = |assures: &&Assures| assures.needs.iter().all(|spec| may(spec));
        let assurances: Vec<&Assures> = match wanted(Section::Assurances) {
            true => self.assurances.iter().filter(told).collect(),
            false => Vec::new(),
        };
        if wanted(Section::Assurances) && assurances.len() < self.assurances.len() {
            forbidden.push(Section::Assurances);
        }
        let mut reads = Vec::new();
        for (spec, facts) in &self.kinds {
            let sections: Vec<Section> =
                sections(facts).into_iter().filter(|section| wanted(*section)).collect();
            let needed =
                assurances.iter().any(|assures| assures.needs.iter().any(|need| std::ptr::eq(*need, *spec)));
            if sections.is_empty() && !needed {
                continue;
            }
            if may(spec) && facts.with.is_none_or(|(_, with)| may(with)) {
                reads.push(self.read(call, spec, facts, &message.households, &at));
            } else {
                forbidden.extend(sections);
            }
        }
        let found = try_join_all(reads).await?;
        forbidden.sort_unstable();
        forbidden.dedup();
        let known_at = match at.known_at {
            Some(moment) => moment,
            None => self.engine.db().known_now().await?,
        };
        let facts = message.households.iter().map(|household| {
            let own = told_of(&found, household);
            p::HouseholdFacts {
                household: household.clone(),
                records: records(&found, household, &wanted),
                benefits: if wanted(Section::Benefits) {
                    benefits(&found, household, &at.as_of, call.context.language)
                } else {
                    Vec::new()
                },
                assurances: findings(&assurances, &own, &at.as_of, call.context.language),
            }
        });
        Ok(p::BatchGetHouseholdFactsResponse {
            facts: facts.collect(),
            forbidden: forbidden.into_iter().map(i32::from).collect(),
            known_at: Some(timestamp(known_at)),
        })
    }

    async fn read(
        &self,
        call: &Call,
        spec: &'static Spec,
        facts: &'static Facts,
        households: &[String],
        at: &At,
    ) -> Result<Found, Failure> {
        let (column, values) = match facts.of {
            Of::Household(column) => (column.leaf().column, households.to_vec()),
            Of::SameIdentifier => ("id", households.iter().map(|name| identifier(name)).collect()),
        };
        let mut records = self.rows(call, spec, column, &values, at, facts.every_period).await?;
        self.engine.show(call, spec, at, &mut records, None).await?;
        let mut with = HashMap::new();
        if let Some((column, other)) = facts.with {
            let named: HashSet<String> =
                records.iter().filter_map(|record| text(record.as_ref(), column.leaf)).collect();
            let ids: Vec<String> =
                named.iter().map(|name| id_of(other, name, "households")).collect::<Result<_, _>>()?;
            let mut others = self.rows(call, other, "id", &ids, at, false).await?;
            self.engine.show(call, other, at, &mut others, None).await?;
            with = others.into_iter().map(|record| (record.name().to_owned(), record)).collect();
        }
        let household = |record: &dyn AnyRecord| match facts.of {
            Of::SameIdentifier => Some(format!("households/{}", identifier(record.name()))),
            Of::Household(column) => text(record, column.leaf),
        };
        let records = records.into_iter().filter_map(|record| Some((household(record.as_ref())?, record)));
        Ok(Found { spec, facts, records: records.collect(), with })
    }

    /// Records whose column has one of these values, in the order of their days.
    async fn rows(
        &self,
        call: &Call,
        spec: &'static Spec,
        column: &str,
        values: &[String],
        at: &At,
        every_period: bool,
    ) -> Result<Vec<Box<dyn AnyRecord>>, Failure> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        let mut condition = Where::default();
        condition.known("t", at.known_at);
        if !every_period {
            condition.valid("t", &at.as_of);
        }
        if !spec.everywhere {
            condition.scope("t", &call.caller().scope);
        }
        let mut rows = Vec::new();
        for chunk in values.chunks(200) {
            let mut condition = condition.clone();
            let places: Vec<String> = chunk.iter().map(|value| condition.argument(value.as_str())).collect();
            condition.and(format!("t.\"{column}\" IN ({})", places.join(", ")));
            let sql = format!(
                "SELECT {}, {} FROM {} t{} ORDER BY t.valid_from, t.id",
                select_list(spec, "t"),
                newest(spec),
                spec.table,
                condition.text()
            );
            let found = self.engine.db().all(&sql, &condition.arguments).await?;
            rows.extend(self.engine.records(spec, &found, at)?);
        }
        Ok(rows)
    }
}

/// The sections to which a record kind contributes.
fn sections(facts: &Facts) -> Vec<Section> {
    let benefits = facts.benefit.map(|_| Section::Benefits);
    facts.section.into_iter().chain(benefits).collect()
}

fn findings(
    assurances: &[&Assures],
    records: &HashMap<&'static str, Vec<&dyn AnyRecord>>,
    as_of: &str,
    language: Language,
) -> Vec<p::AssuranceFinding> {
    let told = Told { as_of, records };
    let find = |assures: &&Assures| {
        let finding = (assures.of)(&told);
        p::AssuranceFinding {
            assurance: assures.assurance.into(),
            verdict: finding.verdict.into(),
            basis: finding.basis.in_language(language).to_owned(),
            evidence: finding.evidence,
            checked_on: finding.checked_on,
        }
    };
    assurances.iter().map(find).collect()
}

fn told_of<'f>(found: &'f [Found], household: &str) -> HashMap<&'static str, Vec<&'f dyn AnyRecord>> {
    let mut records: HashMap<&'static str, Vec<&dyn AnyRecord>> = HashMap::new();
    for kind in found {
        let own = kind.records.iter().filter(|(of, _)| of == household).map(|(_, record)| record.as_ref());
        records.insert(kind.spec.collection, own.collect());
    }
    records
}

fn records(found: &[Found], household: &str, wanted: &dyn Fn(Section) -> bool) -> Vec<prost_types::Any> {
    let mut all = Vec::new();
    for kind in found.iter().filter(|kind| kind.facts.section.is_some_and(wanted)) {
        for (_, record) in kind.records.iter().filter(|(of, _)| of == household) {
            all.push(any(record.as_ref()));
            if let Some((column, _)) = kind.facts.with
                && let Some(other) = text(record.as_ref(), column.leaf).and_then(|name| kind.with.get(&name))
            {
                all.push(any(other.as_ref()));
            }
        }
    }
    all
}

fn any(record: &dyn AnyRecord) -> prost_types::Any {
    let type_url = format!("type.googleapis.com/{}", record.spec().message);
    prost_types::Any { type_url, value: record.encode() }
}

fn benefits(found: &[Found], household: &str, as_of: &str, language: Language) -> Vec<p::HouseholdBenefit> {
    let mut all = Vec::new();
    for kind in found {
        let Some(of) = kind.facts.benefit else { continue };
        let programme = kernel::names::by_package(kind.spec.package).map_or("", |part| part.programme);
        for (_, record) in kind.records.iter().filter(|(of, _)| of == household) {
            let benefit = of(record.as_ref());
            let state = state_on(record.as_ref(), as_of);
            let word = kind.spec.state_words.iter().find(|word| word.number == state && state != 0);
            all.push(p::HouseholdBenefit {
                name: record.name().to_owned(),
                programme: programme.to_owned(),
                noun: kind.spec.label.in_language(language).to_owned(),
                title: benefit.title,
                year: benefit.year,
                approved_fen: benefit.approved_fen,
                paid_fen: benefit.paid_fen,
                state: word.map(|word| word.label.in_language(language).to_owned()).unwrap_or_default(),
                opened_on: record.meta().map(|meta| meta.valid_from.clone()).unwrap_or_default(),
            });
        }
    }
    all
}

fn text(record: &dyn AnyRecord, leaf: usize) -> Option<String> {
    record.get(leaf).as_text().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// What follows the collection in a name.
fn identifier(name: &str) -> String {
    name.rsplit('/').next().unwrap_or_default().to_owned()
}
