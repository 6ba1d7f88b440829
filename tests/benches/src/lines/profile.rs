//! GetHouseholdProfile.

use std::collections::HashMap;

use futures::future::{join_all, try_join_all};
use proto::common::household_facts_service_client::HouseholdFactsServiceClient;
use proto::common::{BatchGetHouseholdFactsRequest, BatchGetHouseholdFactsResponse};
use proto::xiuhua::gateway::v1::household_profile_service_client::HouseholdProfileServiceClient;
use proto::xiuhua::gateway::v1::{GetHouseholdProfileRequest, GetHouseholdProfileResponse};
use record::service::Slice;
use suite::fixtures::PREFECTURE;
use tonic::{Request, Status};
use xiuhua::client::Signed;
use xiuhua::suite::Fact;

use super::samples;
use crate::bare::{Method, Pool, Server, Statement};
use crate::options::Options;
use crate::statements::{Asking, compared};
use crate::table::{Line, Target};
use crate::turns::{IN_FLIGHT, Work, throughput, work};
use crate::world::{GATEWAY, World};

/// What a bare service keeps of a household: its statements, those of one list after each other, and its answer.
type Kept = (Vec<Vec<Statement>>, BatchGetHouseholdFactsResponse);

/// A service behind the bare front.
struct Behind {
    pool: Pool,
    kept: HashMap<String, Kept>,
}

impl Method for Behind {
    const SERVICE: &'static str = "xiuhua.common.v1.HouseholdFactsService";
    type Request = BatchGetHouseholdFactsRequest;
    type Answer = BatchGetHouseholdFactsResponse;

    async fn answer(&self, request: Request<Self::Request>) -> Result<Self::Answer, Status> {
        let household = request.get_ref().households.first().and_then(|name| self.kept.get(name));
        let (statements, answer) = household.ok_or_else(|| Status::not_found("no such household"))?;
        join_all(statements.iter().map(|list| async move {
            for statement in list {
                self.pool.rows(statement).await;
            }
        }))
        .await;
        Ok(answer.clone())
    }
}

/// The bare front: it asks the three beside each other and answers what was kept.
struct Fan {
    behind: Vec<HouseholdFactsServiceClient<Signed>>,
    kept: HashMap<String, GetHouseholdProfileResponse>,
}

impl Method for Fan {
    const SERVICE: &'static str = "xiuhua.gateway.v1.HouseholdProfileService";
    type Request = GetHouseholdProfileRequest;
    type Answer = GetHouseholdProfileResponse;

    async fn answer(&self, request: Request<Self::Request>) -> Result<Self::Answer, Status> {
        let household = &request.get_ref().household;
        let answer = self.kept.get(household).ok_or_else(|| Status::not_found("no such household"))?;
        try_join_all(self.behind.iter().map(|client| told(client.clone(), household.clone()))).await?;
        Ok(answer.clone())
    }
}

/// Measures it, through the gateway.
pub(crate) async fn line(world: &World, options: &Options) -> Line {
    let services = &world.services;
    let registry = world.pool(Fact::Registry).await;
    let client = HouseholdProfileServiceClient::new(services.reader(services.url(GATEWAY)));
    let ids = world.households(&registry, samples(options)).await;
    let names: Vec<String> = ids.iter().map(|id| format!("households/{id}")).collect();
    let first = || shown(client.clone(), names[0].clone());

    let (mut pools, mut servers, mut behind, mut counted) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for fact in Fact::ALL {
        let pool = world.pool(fact).await;
        let kept = kept(world, &registry, (fact, &pool), &ids).await;
        // The suite asks PostgreSQL for the time, too, but does not count that.
        let uncounted = usize::from(matches!(pool, Pool::Postgres(_)));
        let own = kept[&names[0]].0.iter().map(Vec::len).sum::<usize>() - uncounted;
        let asked = services.cost(fact.name(), async || drop(first().await)).await;
        counted.push(format!("{} {}", fact.name(), compared(asked, own)));
        let server = Server::start(Behind { pool: pool.clone(), kept }).await;
        behind.push(HouseholdFactsServiceClient::new(services.reader(&server.url)));
        pools.push(pool);
        servers.push(server);
    }
    let mut kept = HashMap::new();
    for name in &names {
        kept.insert(name.clone(), shown(client.clone(), name.clone()).await);
    }
    let front = Server::start(Fan { behind, kept }).await;
    let bare = HouseholdProfileServiceClient::new(services.reader(&front.url));

    let turns = throughput(options.time, &calls(client, &names), &calls(bare, &names)).await;
    for pool in pools.iter().chain([&registry]) {
        pool.close().await;
    }
    let beside = format!(
        "a bare tonic fan-out to three bare tonic services that run the same SQL and answer messages kept in memory; \
         {IN_FLIGHT} in flight on one connection; {}",
        counted.join(", ")
    );
    Line::ratio("GetHouseholdProfile", world.database, "calls/s", &turns, Target::AtLeast(0.8), &beside)
}

/// What a bare service of these facts keeps.
async fn kept(
    world: &World,
    registry: &Pool,
    (fact, pool): (Fact, &Pool),
    ids: &[String],
) -> HashMap<String, Kept> {
    let services = &world.services;
    let asking = Asking::new(PREFECTURE, services.clock.today().to_string(), pool);
    let client = HouseholdFactsServiceClient::new(services.reader(services.url(fact.name())));
    let slices = slices(fact);
    let mut kept = HashMap::new();
    for id in ids {
        let name = format!("households/{id}");
        let answer = told(client.clone(), name.clone()).await.expect("facts of a household");
        assert!(answer.forbidden.is_empty(), "the reader may read everything");
        let persons = asking.persons(registry, id).await;
        kept.insert(name, (asking.facts(&slices, id, &persons), answer));
    }
    kept
}

fn slices(fact: Fact) -> Vec<Slice> {
    match fact {
        Fact::Registry => registry::slices(),
        Fact::Assistance => assistance::slices(),
        Fact::PartnerAid => partner_aid::slices(),
    }
}

async fn told(
    mut client: HouseholdFactsServiceClient<Signed>,
    household: String,
) -> Result<BatchGetHouseholdFactsResponse, Status> {
    let request = BatchGetHouseholdFactsRequest { households: vec![household], ..Default::default() };
    Ok(client.batch_get_household_facts(request).await?.into_inner())
}

async fn shown(
    mut client: HouseholdProfileServiceClient<Signed>,
    household: String,
) -> GetHouseholdProfileResponse {
    let request = GetHouseholdProfileRequest { household, ..Default::default() };
    let answer = client.get_household_profile(request).await.expect("a profile").into_inner();
    assert!(answer.profile.as_ref().is_some_and(|profile| profile.complete), "a profile with a gap");
    answer
}

fn calls(client: HouseholdProfileServiceClient<Signed>, names: &[String]) -> Work {
    let names = names.to_vec();
    work(move |number| {
        let call = shown(client.clone(), names[number % names.len()].clone());
        async move { drop(call.await) }
    })
}
