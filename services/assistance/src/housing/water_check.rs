//! Evaluation of drinking water (饮水安全评价) of a household, or of a village where no household is named.

use kernel::area::{AreaCode, Level};
use kernel::failure::{Reason, Violations};
use proto::xiuhua::assistance::housing::v1::water_check_service_server::WaterCheckServiceServer;
use record::facts::Facts;
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads};
use record::{Registered, Resource};
use store::Migration;

use crate::contract::{WaterCheckApi, WaterChecks, water_check};

/// The assurance of safe water rests on a household's own.
static FACTS: Facts = Facts::evidence(water_check::BENEFICIARY_HOUSEHOLD);

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<WaterChecks>(),
        migration: Migration {
            name: "housing/water_check",
            sql: include_str!("../../migrations/housing_water_check.sql"),
        },
        indicators: &[],
        facts: Some(&FACTS),
        serve: |service, engine| service.add(WaterCheckServiceServer::new(WaterCheckApi(engine))),
    }
}

type Record = <WaterChecks as Resource>::Record;

impl Rules for WaterChecks {
    fn complete(
        record: &mut Record,
        _old: Option<&Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        _violations: &mut Violations,
    ) -> Known<()> {
        // A village has no other key: one check of it a day.
        record.village = if of_household(record) { String::new() } else { area(record).to_owned() };
        Ok(())
    }

    fn check(
        record: &Record,
        _old: Option<&Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        if of_household(record) {
            return Ok(());
        }
        if record.beneficiary.as_ref().is_some_and(|beneficiary| !beneficiary.full_name.is_empty()) {
            violations.push("beneficiary.id_number", Reason::FieldRequired);
        } else if AreaCode::parse(area(record)).is_some_and(|area| area.level() != Level::Village) {
            violations.push("meta.area", Reason::AreaLevelWrong).add("expected", "行政村");
        }
        Ok(())
    }
}

/// Whether a household is named, by its ID number or by reference.
fn of_household(record: &Record) -> bool {
    let named = record.beneficiary.as_ref();
    named.is_some_and(|named| !named.id_number.is_empty() || !named.household.is_empty())
}

fn area(record: &Record) -> &str {
    record.meta.as_ref().map_or("", |meta| meta.area.as_str())
}

#[cfg(test)]
mod tests {
    use proto::common::{Beneficiary, RecordMeta};

    use super::*;
    use crate::world::{VILLAGE, World, reasons};

    fn check(area: &str, full_name: &str, id_number: &str) -> Record {
        Record {
            meta: Some(RecordMeta { area: area.to_owned(), ..RecordMeta::default() }),
            beneficiary: Some(Beneficiary {
                full_name: full_name.to_owned(),
                id_number: id_number.to_owned(),
                ..Beneficiary::default()
            }),
            ..Record::default()
        }
    }

    #[test]
    fn without_an_id_number_it_is_a_villages() {
        let world = World::default();
        let found = |record: &Record| reasons(&world.check::<WaterChecks>(record, None));
        assert_eq!(found(&check(VILLAGE, "", "")), []);
        assert_eq!(found(&Record { beneficiary: None, ..check(VILLAGE, "", "") }), []);
        assert_eq!(found(&check("222405100", "", "")), [Reason::AreaLevelWrong]);
        assert_eq!(found(&check("222405", "", "")), [Reason::AreaLevelWrong]);
        assert_eq!(found(&check(VILLAGE, "金顺子", "")), [Reason::FieldRequired]);
        assert_eq!(found(&check("222405100", "金顺子", "222405195002030018")), []);
    }

    #[test]
    fn only_a_villages_check_has_the_village_as_its_key() {
        let world = World::default();
        let village = |record: Record| world.complete::<WaterChecks>(record, None).village;
        assert_eq!(village(check(VILLAGE, "", "")), VILLAGE);
        assert_eq!(village(check(VILLAGE, "金顺子", "222405195002030018")), "");
        // It was taken for a village's.
        let stood =
            Record { village: VILLAGE.to_owned(), ..check(VILLAGE, "金顺子", "222405195002030018") };
        assert_eq!(village(stood), "");
    }
}
