//! Agreements of the paired collaboration (协作协议): who agreed on what, at which level, for which year.

use proto::xiuhua::partneraid::v1::agreement_service_server::AgreementServiceServer;
use record::Registered;
use record::rules::Rules;
use record::service::Slice;
use store::Migration;

use crate::contract::{AgreementApi, Agreements};

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<Agreements>(),
        migration: Migration {
            name: "partner_aid/agreement",
            sql: include_str!("../migrations/agreement.sql"),
        },
        indicators: &[],
        facts: None,
        serve: |service, engine| service.add(AgreementServiceServer::new(AgreementApi(engine))),
    }
}

impl Rules for Agreements {}
