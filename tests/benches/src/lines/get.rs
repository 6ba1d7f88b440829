//! GetHousehold.

use std::collections::HashMap;

use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use proto::xiuhua::registry::v1::{GetHouseholdRequest, GetHouseholdResponse};
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
use crate::world::World;

/// A server that runs a household's statements and answers what was kept of it.
struct Bare {
    pool: Pool,
    kept: HashMap<String, (Vec<Statement>, GetHouseholdResponse)>,
}

impl Method for Bare {
    const SERVICE: &'static str = "xiuhua.registry.v1.HouseholdService";
    type Request = GetHouseholdRequest;
    type Answer = GetHouseholdResponse;

    async fn answer(&self, request: Request<GetHouseholdRequest>) -> Result<GetHouseholdResponse, Status> {
        let unknown = || Status::not_found("no such household");
        let (statements, answer) = self.kept.get(&request.get_ref().name).ok_or_else(unknown)?;
        for statement in statements {
            self.pool.rows(statement).await;
        }
        Ok(answer.clone())
    }
}

/// Measures it, on the registry itself.
pub(crate) async fn line(world: &World, options: &Options) -> Line {
    let services = &world.services;
    let pool = world.pool(Fact::Registry).await;
    let asking = Asking::new(PREFECTURE, services.clock.today().to_string(), &pool);
    let slices = registry::slices();
    let households = slices.iter().find(|slice| slice.registered.spec.collection == "households");
    let households = households.expect("households");
    let client = HouseholdServiceClient::new(services.reader(services.url("registry")));

    let (mut names, mut kept) = (Vec::new(), HashMap::new());
    for id in world.households(&pool, samples(options)).await {
        let name = format!("households/{id}");
        let answer = got(client.clone(), name.clone()).await;
        kept.insert(name.clone(), (asking.household(households, &id), answer));
        names.push(name);
    }
    let once = async || drop(got(client.clone(), names[0].clone()).await);
    let counted = compared(services.cost("registry", once).await, kept[&names[0]].0.len());
    let server = Server::start(Bare { pool: pool.clone(), kept }).await;
    let bare = HouseholdServiceClient::new(services.reader(&server.url));
    assert_eq!(
        got(bare.clone(), names[0].clone()).await,
        got(client.clone(), names[0].clone()).await,
        "one answer"
    );

    let turns = throughput(options.time, &calls(client, &names), &calls(bare, &names)).await;
    pool.close().await;
    let beside = format!(
        "a bare tonic service that runs the same SQL by bare sqlx and answers a message kept in memory, the same bytes; \
         {IN_FLIGHT} in flight on one connection, no gateway; {counted}"
    );
    Line::ratio("GetHousehold", world.database, "calls/s", &turns, Target::AtLeast(0.9), &beside)
}

async fn got(mut client: HouseholdServiceClient<Signed>, name: String) -> GetHouseholdResponse {
    let request = GetHouseholdRequest { name, ..GetHouseholdRequest::default() };
    client.get_household(request).await.expect("a household").into_inner()
}

fn calls(client: HouseholdServiceClient<Signed>, names: &[String]) -> Work {
    let names = names.to_vec();
    work(move |number| {
        let call = got(client.clone(), names[number % names.len()].clone());
        async move { drop(call.await) }
    })
}
