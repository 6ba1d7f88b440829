//! The registry: divisions, households, persons, memberships, the cases that move a household's standing, snapshots.
//! It knows no other service. One slice a resource; a slice is the rules of one record and what only it has.

mod assurances;
pub mod contract;
mod division;
mod eligibility;
mod household;
mod household_case;
mod household_standing;
mod income_statement;
mod line;
mod lookup;
mod membership;
mod narrative;
mod person;
mod places;
mod round;
mod snapshot;
mod standing;
mod statistic;

use std::collections::HashMap;
use std::sync::Arc;

use proto::xiuhua::registry::v1::standing_service_server::StandingServiceServer;
use record::read::Decorator;
use record::service::{Host, Parts, Slice, assemble};
use record::table::Sheet;
use runtime::error::StartError;
use runtime::server::Service;
use store::Migration;

/// Packages served here.
const PACKAGES: &[&str] = &["xiuhua.registry.v1"];

const CODES: &[&str] = &[
    include_str!("../codes/attribute.toml"),
    include_str!("../codes/fuel.toml"),
    include_str!("../codes/health.toml"),
    include_str!("../codes/house_grade.toml"),
    include_str!("../codes/labour.toml"),
    include_str!("../codes/main_cause.toml"),
    include_str!("../codes/member_change.toml"),
    include_str!("../codes/school_stage.toml"),
    include_str!("../codes/schooling.toml"),
    include_str!("../codes/standard.toml"),
    include_str!("../codes/work_area.toml"),
];

/// What came after the tables of the record kinds.
const MIGRATIONS: &[Migration] =
    &[Migration { name: "registry/household_head", sql: include_str!("../migrations/household_head.sql") }];

/// The registry's record kinds, in the order of their tables.
pub fn slices() -> Vec<Slice> {
    vec![
        division::slice(),
        statistic::slice(),
        household::slice(),
        person::slice(),
        membership::slice(),
        household_case::slice(),
        household_standing::slice(),
        income_statement::slice(),
        round::slice(),
        snapshot::slice(),
    ]
}

/// The registry, ready to be served.
///
/// # Errors
/// Where its database cannot be migrated or its data files are broken.
pub async fn service(host: &Host) -> Result<Service, StartError> {
    let decorators: [(&str, Arc<dyn Decorator>); 1] = [("households", Arc::new(household::shown::Shown))];
    let parts = Parts {
        service: "registry",
        prefix: "registry",
        packages: PACKAGES,
        slices: slices(),
        migrations: MIGRATIONS,
        sheets: vec![
            Sheet::of::<contract::DesignationSheet>(),
            Sheet::of::<contract::HouseholdSheet>(),
            Sheet::of::<contract::MemberSheet>(),
            Sheet::of::<contract::IncomeSheet>(),
            Sheet::of::<contract::ExitRoster>(),
            Sheet::of::<contract::RemovalRoster>(),
            Sheet::of::<contract::IdentificationRoster>(),
        ],
        codes: CODES,
        parameters: &[include_str!("../parameters/registry.toml")],
        indicators: narrative::ALL,
        assurances: assurances::ALL,
        decorators: HashMap::from(decorators),
        follows_registry: false,
        surroundings: Arc::new(places::OwnPlaces { db: host.db.clone() }),
    };
    let (service, engine) = assemble(host, parts).await?;
    Ok(service.add(StandingServiceServer::new(standing::StandingApi(engine))))
}
