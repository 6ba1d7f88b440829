//! GetReport.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::area::{AreaCode, Scope};
use kernel::caller::Caller;
use proto::common::{AreaLevel, MeasureItem, MeasureRequest};
use proto::xiuhua::gateway::v1::Report;
use record::call::Call;
use record::engine::Engine;
use record::remote::Registry;
use record::service::{Host, Parts, Slice, assemble};
use runtime::client::Channels;
use runtime::config::Addresses;
use runtime::context::{Context, RequestId};
use runtime::policy::Policies;
use runtime::roles::Roles;
use suite::demonstrated::Front;
use suite::fixtures::PREFECTURE;
use tokio::time::Instant;
use xiuhua::suite::Fact;

use crate::options::Options;
use crate::table::{Line, Target};
use crate::turns::{Turns, seconds_since};
use crate::world::{GATEWAY, World};

/// Fewest turns.
const TURNS: usize = 5;

/// The question to one service, and who counts what it counts.
struct Counting {
    engine: Engine,
    request: MeasureRequest,
}

impl Counting {
    async fn statements(&self) -> usize {
        let scope = Scope::of(&[AreaCode::parse(PREFECTURE).expect("a code")]);
        let caller = Caller { scope, ..Caller::internal("benchmark") };
        let context = Context::background(caller, None, RequestId::none());
        let call = Call { context, method: "/xiuhua.common.v1.ReportingService/Measure" };
        self.engine.measured(&call, self.request.clone()).await.expect("figures").statements
    }
}

/// Measures it, through the gateway.
pub(crate) async fn line(world: &World, options: &Options) -> Line {
    let front = world.services.front(GATEWAY);
    let report = front.report(PREFECTURE, None).await;
    let mut countings = Vec::new();
    let mut statements = 0;
    for (service, slices) in [
        (Fact::Registry, registry::slices()),
        (Fact::Assistance, assistance::slices()),
        (Fact::PartnerAid, partner_aid::slices()),
    ] {
        let counting = counting(world, service, slices, &report).await;
        statements += counting.statements().await;
        countings.push(counting);
    }

    let mut turns = Turns::default();
    let begin = Instant::now();
    let most = if options.smoke { 1 } else { usize::MAX };
    for turn in 0..most {
        if turn >= TURNS && Instant::now().duration_since(begin) > options.time {
            break;
        }
        let suite = milliseconds(async || drop(asked(&front).await)).await;
        let limit = milliseconds(async || {
            for counting in &countings {
                counting.statements().await;
            }
        });
        turns.add(suite, limit.await);
    }
    let beside = format!(
        "{} lines with their counties; beside it what the services count for it, one service after another, straight on \
         their databases, without gateway and wire: {statements} statements, made and run as the suite does, at most two at \
         a time",
        report.lines.len()
    );
    Line::ratio("GetReport", world.database, "ms", &turns, Target::AtMost(1.2), &beside)
}

async fn asked(front: &Front) -> Report {
    front.report(PREFECTURE, None).await
}

async fn milliseconds(work: impl AsyncFn()) -> f64 {
    let begin = Instant::now();
    work().await;
    seconds_since(begin) * 1e3
}

/// What a service is asked for the lines of a report: each as its line says when it is read.
async fn counting(world: &World, fact: Fact, slices: Vec<Slice>, report: &Report) -> Counting {
    let engine = engine(world, fact, slices).await;
    let known = |id: &str| engine.inner().indicators.iter().any(|indicator| indicator.id == id);
    let lines = report.lines.iter().filter(|line| known(&line.indicator_id));
    let items = lines.map(|line| MeasureItem {
        indicator: line.indicator_id.clone(),
        period: line.period.clone(),
        as_of: report.as_of.clone(),
        known_at: line.known_at.filter(|_| line.pinned),
    });
    let items = items.collect();
    let group_by = AreaLevel::County.into();
    let request = MeasureRequest { items, area: PREFECTURE.to_owned(), known_at: None, group_by };
    Counting { engine, request }
}

/// An engine on a service's database that counts what it counts.
async fn engine(world: &World, fact: Fact, slices: Vec<Slice>) -> Engine {
    let services = &world.services;
    let policies = Arc::new(Policies::contract().expect("policies"));
    let channels = Channels::new(&Addresses::default(), Arc::clone(&policies)).expect("channels");
    let host = Host {
        db: services.databases[fact.name()].clone(),
        clock: Arc::clone(&services.clock),
        keys: services.keys.clone(),
        channels: channels.clone(),
        policies,
        roles: Arc::new(Roles::standard().expect("roles")),
        identity: None,
    };
    let parts = Parts {
        service: fact.name(),
        prefix: "counting",
        packages: &[],
        slices,
        migrations: &[],
        sheets: Vec::new(),
        codes: &[],
        parameters: &[],
        indicators: &[],
        assurances: &[],
        follows_registry: false,
        decorators: HashMap::new(),
        surroundings: Arc::new(Registry { channels }),
    };
    assemble(&host, parts).await.expect("an engine").1
}
