use kernel::failure::Reason;
use proto::common::{RecordMeta, Schedule};
use proto::xiuhua::assistance::housing::v1::RenovationMethod::{self, Rebuild, Repair};
use record::Rec;
use record::facts::Benefit;

use super::{Record, benefit};
use crate::contract::RenovationCases;
use crate::world::{HOUSEHOLD, VILLAGE, World, beneficiary, reasons};

/// A case that is built and, from this day, accepted.
fn case(accepted_on: &str, method: RenovationMethod, size: Option<i64>, persons: i32) -> Record {
    Record {
        meta: Some(RecordMeta { area: VILLAGE.to_owned(), ..RecordMeta::default() }),
        beneficiary: beneficiary(HOUSEHOLD),
        schedule: Some(Schedule {
            approved_on: "2016-04-01".to_owned(),
            started_on: "2016-05-01".to_owned(),
            completed_on: "2016-08-01".to_owned(),
            accepted_on: accepted_on.to_owned(),
            ..Schedule::default()
        }),
        old_grade: "D".to_owned(),
        appraised_on: "2016-03-01".to_owned(),
        plan_year: Some(2016),
        household_size: Some(persons),
        area_after_sqm_x100: size,
        method: method.into(),
        ..Record::default()
    }
}

fn refused(record: &Record, old: Option<&Record>) -> Vec<Reason> {
    reasons(&World::default().check::<RenovationCases>(record, old))
}

const DAY: &str = "2016-09-01";

#[test]
fn a_rebuilt_house_is_accepted_within_its_size() {
    assert_eq!(refused(&case(DAY, Rebuild, Some(6_000), 3), None), []);
    assert_eq!(refused(&case(DAY, Rebuild, Some(6_001), 3), None), [Reason::OverSize]);
    assert_eq!(refused(&case(DAY, Rebuild, Some(7_200), 4), None), []);
    assert_eq!(refused(&case(DAY, Rebuild, Some(7_201), 4), None), [Reason::OverSize]);
    assert_eq!(refused(&case(DAY, Rebuild, None, 3), None), [Reason::FieldRequired]);
    assert_eq!(refused(&case(DAY, Repair, Some(9_000), 3), None), []);
    assert_eq!(refused(&case(DAY, Repair, None, 3), None), []);
    assert_eq!(refused(&case("", Rebuild, Some(9_000), 3), None), []);
    assert_eq!(refused(&case("", Rebuild, None, 3), None), []);
}

#[test]
fn what_its_size_rests_on_is_not_changed_past_it_after_acceptance() {
    let stood = case(DAY, Rebuild, Some(7_200), 4);
    for (other, reason) in [
        (case(DAY, Rebuild, Some(7_201), 4), Reason::OverSize),
        (case(DAY, Rebuild, Some(7_200), 3), Reason::OverSize),
        (case(DAY, Rebuild, None, 4), Reason::FieldRequired),
    ] {
        assert_eq!(refused(&other, Some(&stood)), [reason]);
    }
    let repaired = case(DAY, Repair, Some(9_000), 3);
    assert_eq!(refused(&case(DAY, Rebuild, Some(9_000), 3), Some(&repaired)), [Reason::OverSize]);
    // What stood stands.
    for stood in [case(DAY, Rebuild, Some(9_000), 3), case(DAY, Rebuild, None, 3)] {
        let more = Record { structure: "砖混".to_owned(), ..stood.clone() };
        assert_eq!(refused(&more, Some(&stood)), []);
    }
}

#[test]
fn it_is_told_as_a_benefit() {
    let record = Record { total_fen: Some(2_500_000), ..case(DAY, Rebuild, Some(6_000), 3) };
    let expected =
        Benefit { title: String::new(), year: Some(2016), approved_fen: Some(2_500_000), paid_fen: None };
    assert_eq!(benefit(&Rec::<RenovationCases>(record)), expected);
}
