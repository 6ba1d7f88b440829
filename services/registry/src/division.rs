//! Divisions: the tree of places, and what they are designated as.

use kernel::area::{AreaCode, Level};
use kernel::failure::{Failure, Reason, Violations};
use proto::common::AreaLevel;
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::division_service_server::DivisionServiceServer;
use record::Registered;
use record::call::Call;
use record::engine::Engine;
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads};
use record::surroundings::{PlaceAsk, PlaceReply};
use store::Migration;

use crate::contract::{DivisionApi, DivisionHandlers, Divisions};

pub(crate) mod designation;
pub(crate) mod indicators;

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<Divisions>(),
        migration: Migration { name: "registry/division", sql: include_str!("../migrations/division.sql") },
        indicators: indicators::ALL,
        facts: None,
        serve: |service, engine| service.add(DivisionServiceServer::new(DivisionApi(engine))),
    }
}

impl Rules for Divisions {
    fn complete(
        record: &mut Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        _violations: &mut Violations,
    ) -> Known<()> {
        let code = record.code.clone();
        record.meta.get_or_insert_default().area = code;
        Ok(())
    }

    fn check(
        record: &Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        let Some(code) = AreaCode::parse(&record.code) else { return Ok(()) };
        if level_of(record.level()) != Some(code.level()) {
            violations.push("level", Reason::CodeUnknown).add("code", &record.code).add("table", "level");
        }
        if let Some(parent) = code.parent() {
            if record.parent != parent.as_str() {
                violations.push("parent", Reason::ReferenceNotFound).add("collection", "divisions");
            } else if reads.record::<Divisions>(&format!("divisions/{parent}"))?.is_none() {
                violations.push("parent", Reason::DivisionParentMissing).add("parent", parent);
            }
        }
        for (index, designation) in record.designations.iter().enumerate() {
            for (field, stated) in
                [("kind", designation.kind != 0), ("valid_from", !designation.valid_from.is_empty())]
            {
                if !stated {
                    violations.push(format!("designations[{index}].{field}"), Reason::FieldRequired);
                }
            }
            let ends = &designation.valid_to;
            if !ends.is_empty() && *ends <= designation.valid_from {
                violations
                    .push(format!("designations[{index}].valid_to"), Reason::DateOrder)
                    .add("earlier", "valid_from")
                    .add("later", "valid_to");
            }
        }
        Ok(())
    }
}

fn level_of(level: AreaLevel) -> Option<Level> {
    match level {
        AreaLevel::Unspecified => None,
        AreaLevel::Province => Some(Level::Province),
        AreaLevel::Prefecture => Some(Level::Prefecture),
        AreaLevel::County => Some(Level::County),
        AreaLevel::Township => Some(Level::Township),
        AreaLevel::Village => Some(Level::Village),
    }
}

#[tonic::async_trait]
impl DivisionHandlers for Divisions {
    async fn lookup_divisions(
        engine: &Engine,
        _call: &Call,
        message: p::LookupDivisionsRequest,
    ) -> Result<p::LookupDivisionsResponse, Failure> {
        let limit = record::verbs::BATCH_LIMIT;
        if message.places.len() > limit {
            return Err(Failure::new(Reason::BatchTooLarge).with("limit", limit));
        }
        let asks: Vec<PlaceAsk> = message
            .places
            .into_iter()
            .map(|place| PlaceAsk {
                within: message.within.clone(),
                county: place.county,
                township: place.township,
                village: place.village,
            })
            .collect();
        let replies = crate::places::resolve(engine.db(), &asks).await?;
        let answers = asks.iter().map(|ask| answer(replies.get(ask))).collect();
        Ok(p::LookupDivisionsResponse { answers })
    }
}

fn answer(reply: Option<&PlaceReply>) -> p::PlaceAnswer {
    match reply {
        Some(PlaceReply::Found(code)) => p::PlaceAnswer {
            outcome: p::LookupOutcome::Found.into(),
            code: code.clone(),
            candidates: Vec::new(),
        },
        Some(PlaceReply::Ambiguous(codes)) => p::PlaceAnswer {
            outcome: p::LookupOutcome::Ambiguous.into(),
            code: String::new(),
            candidates: codes.clone(),
        },
        Some(PlaceReply::Unknown) | None => {
            p::PlaceAnswer { outcome: p::LookupOutcome::NotFound.into(), ..p::PlaceAnswer::default() }
        }
    }
}
