//! What a household shows of others on the day that is read: its standing and how many members it has.

use std::collections::HashMap;

use kernel::failure::Failure;
use record::codec::CURRENT;
use record::engine::Engine;
use record::read::{At, Decorator};
use record::resource::{AnyRecord, typed_mut};
use record::sql::Where;

use crate::contract::Households;

/// Fills a page of households with two statements.
pub(crate) struct Shown;

#[tonic::async_trait]
impl Decorator for Shown {
    async fn decorate(
        &self,
        engine: &Engine,
        at: &At,
        records: &mut [Box<dyn AnyRecord>],
    ) -> Result<(), Failure> {
        let names: Vec<String> = records.iter().map(|record| record.name().to_owned()).collect();
        let ids: Vec<String> =
            names.iter().map(|name| name.rsplit('/').next().unwrap_or_default().to_owned()).collect();
        let known = known(at);
        let select =
            format!("SELECT id, status, valid_from, valid_to FROM household_standing WHERE {known} AND");
        let rows = engine.db().select_in(&select, "id", &ids, "").await?;
        let valid = |row: &&store::Row| row.text(2) <= at.as_of.as_str() && at.as_of.as_str() < row.text(3);
        let standings: HashMap<&str, i64> =
            rows.iter().filter(valid).map(|row| (row.text(0), row.integer(1))).collect();
        let select = format!("SELECT household, id, valid_from, valid_to FROM membership WHERE {known} AND");
        let members = engine.db().select_in(&select, "household", &names, "").await?;
        let mut counts: HashMap<&str, i32> = HashMap::new();
        for row in members.iter().filter(valid) {
            *counts.entry(row.text(0)).or_default() += 1;
        }
        for ((record, name), id) in records.iter_mut().zip(&names).zip(&ids) {
            if let Some(household) = typed_mut::<Households>(record.as_mut()) {
                let status = standings.get(id.as_str()).copied().unwrap_or_default();
                household.state = i32::try_from(status).unwrap_or_default();
                household.member_count = Some(counts.get(name.as_str()).copied().unwrap_or_default());
            }
        }
        Ok(())
    }

    fn state_sql(&self, at: &At, condition: &mut Where) -> Option<String> {
        let day = condition.argument(at.as_of.as_str());
        let known = known(at);
        Some(format!(
            "(SELECT s.status FROM household_standing s WHERE s.id = t.id AND {known} \
             AND s.valid_from <= {day} AND s.valid_to > {day})"
        ))
    }
}

/// The condition that a row is known at the moment that is read. Numbers only, so that it can stand in the text.
pub(crate) fn known(at: &At) -> String {
    match at.known_at {
        None => format!("superseded_at = {CURRENT}"),
        Some(moment) => format!("recorded_at <= {moment} AND superseded_at > {moment}"),
    }
}
