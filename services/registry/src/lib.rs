//! The registry: divisions, households, persons, memberships, the cases that move a household's standing, snapshots.
//! It knows no other service. One slice a resource; a slice is the rules of one record and what only it has.

pub mod contract;
mod division;
mod household;
mod household_case;
mod household_standing;
mod lookup;
mod membership;
mod person;
mod places;
mod snapshot;
mod standing;
mod statistic;

use std::collections::HashMap;
use std::sync::Arc;

use proto::xiuhua::registry::v1 as p;
use record::Registered;
use record::read::Decorator;
use record::service::{Host, Parts, common_services, engine};
use record::table::Sheet;
use runtime::error::StartError;
use runtime::server::Service;
use store::Migration;

use crate::contract as c;

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

/// The registry's own migrations, one a record kind.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "registry/division", sql: include_str!("../migrations/division.sql") },
    Migration {
        name: "registry/division_statistic",
        sql: include_str!("../migrations/division_statistic.sql"),
    },
    Migration { name: "registry/household", sql: include_str!("../migrations/household.sql") },
    Migration { name: "registry/person", sql: include_str!("../migrations/person.sql") },
    Migration { name: "registry/membership", sql: include_str!("../migrations/membership.sql") },
    Migration { name: "registry/household_case", sql: include_str!("../migrations/household_case.sql") },
    Migration {
        name: "registry/household_standing",
        sql: include_str!("../migrations/household_standing.sql"),
    },
    Migration { name: "registry/snapshot", sql: include_str!("../migrations/snapshot.sql") },
];

/// The registry's resources.
pub fn resources() -> Vec<Registered> {
    vec![
        Registered::of::<c::Divisions>(),
        Registered::of::<c::DivisionStatistics>(),
        Registered::of::<c::Households>(),
        Registered::of::<c::Persons>(),
        Registered::of::<c::Memberships>(),
        Registered::of::<c::HouseholdCases>(),
        Registered::of::<c::HouseholdStandings>(),
        Registered::of::<c::Snapshots>(),
    ]
}

/// The registry, ready to be served.
///
/// # Errors
/// Where its database cannot be migrated or its data files are broken.
pub async fn service(host: &Host) -> Result<Service, StartError> {
    let indicators = [
        division::indicators::ALL,
        statistic::indicators::ALL,
        membership::indicators::ALL,
        household_standing::indicators::ALL,
    ];
    let decorators: [(&str, Arc<dyn Decorator>); 1] = [("households", Arc::new(household::shown::Shown))];
    let parts = Parts {
        service: "registry",
        prefix: "registry",
        packages: PACKAGES,
        resources: resources(),
        sheets: vec![
            Sheet::of::<c::DesignationSheet>(),
            Sheet::of::<c::HouseholdSheet>(),
            Sheet::of::<c::MemberSheet>(),
        ],
        indicators: indicators.concat(),
        codes: CODES,
        parameters: &[],
        migrations: MIGRATIONS,
        decorators: HashMap::from(decorators),
        surroundings: Arc::new(places::OwnPlaces { db: host.db.clone() }),
    };
    let engine = engine(host, parts).await?;
    let service = common_services(Service::new("registry"), &engine, host, PACKAGES)
        .add(p::division_service_server::DivisionServiceServer::new(c::DivisionApi(engine.clone())))
        .add(p::division_statistic_service_server::DivisionStatisticServiceServer::new(
            c::DivisionStatisticApi(engine.clone()),
        ))
        .add(p::household_service_server::HouseholdServiceServer::new(c::HouseholdApi(engine.clone())))
        .add(p::person_service_server::PersonServiceServer::new(c::PersonApi(engine.clone())))
        .add(p::membership_service_server::MembershipServiceServer::new(c::MembershipApi(engine.clone())))
        .add(p::household_case_service_server::HouseholdCaseServiceServer::new(c::HouseholdCaseApi(
            engine.clone(),
        )))
        .add(p::household_standing_service_server::HouseholdStandingServiceServer::new(
            c::HouseholdStandingApi(engine.clone()),
        ))
        .add(p::snapshot_service_server::SnapshotServiceServer::new(c::SnapshotApi(engine.clone())))
        .add(p::standing_service_server::StandingServiceServer::new(standing::StandingApi(engine.clone())));
    Ok(service)
}
