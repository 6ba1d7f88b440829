//! Appraisal of one house (危房鉴定): A and B are safe, C and D are not.

use proto::xiuhua::assistance::housing::v1::house_appraisal_service_server::HouseAppraisalServiceServer;
use record::Registered;
use record::facts::Facts;
use record::rules::Rules;
use record::service::Slice;
use store::Migration;

use crate::contract::{HouseAppraisalApi, HouseAppraisals, house_appraisal};

/// The assurance of a safe house rests on them.
static FACTS: Facts = Facts::evidence(house_appraisal::BENEFICIARY_HOUSEHOLD);

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<HouseAppraisals>(),
        migration: Migration {
            name: "housing/house_appraisal",
            sql: include_str!("../../migrations/housing_house_appraisal.sql"),
        },
        indicators: &[],
        facts: Some(&FACTS),
        serve: |service, engine| service.add(HouseAppraisalServiceServer::new(HouseAppraisalApi(engine))),
    }
}

/// What the form asks for is declared; nothing else must hold.
impl Rules for HouseAppraisals {}
