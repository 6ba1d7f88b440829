use kernel::failure::{Reason, Violations};
use proptest::prelude::*;
use proto::common::{Beneficiary, FundLine, Payment, RecordMeta, Schedule};
use proto::xiuhua::assistance::housing::v1 as p;
use record::Rec;
use record::facts::Benefit;

use super::{Record, benefit};
use crate::contract::{RelocationCaseVerbs, RelocationCases, RenovationCases};
use crate::world::{HOUSEHOLD, VILLAGE, World, act, beneficiary, reasons};

fn case() -> Record {
    Record {
        meta: Some(RecordMeta { area: VILLAGE.to_owned(), ..RecordMeta::default() }),
        beneficiary: beneficiary(HOUSEHOLD),
        agreement_on: "2016-03-01".to_owned(),
        persons_at_approval: Some(3),
        plan_year: Some(2016),
        site: "和谐小区".to_owned(),
        ..Record::default()
    }
}

fn found(record: &Record, old: Option<&Record>) -> Violations {
    World::default().check::<RelocationCases>(record, old)
}

fn refused(record: &Record) -> Vec<(String, Reason)> {
    found(record, None).into_vec().into_iter().map(|told| (told.field, told.reason)).collect()
}

fn one(field: &str, reason: Reason) -> Vec<(String, Reason)> {
    vec![(field.to_owned(), reason)]
}

fn day(number: Option<u32>) -> String {
    number.map(|number| format!("2016-{:02}-01", number + 1)).unwrap_or_default()
}

/// Whether each day has the one before it and is no earlier.
fn in_order(days: &[Option<u32>]) -> bool {
    days.windows(2).all(|pair| pair[1].is_none() || pair[0].is_some_and(|before| Some(before) <= pair[1]))
}

proptest! {
    #[test]
    fn days_follow_each_other(days in proptest::collection::vec(proptest::option::of(0_u32..12), 7), shift in 0_u32..4) {
        // Mostly rising, so that both verdicts occur.
        let rising = |(index, day): (usize, &Option<u32>)| {
            day.map(|day| if shift == 0 { day } else { (u32::try_from(index).unwrap() + day / 6).min(11) })
        };
        let days: Vec<Option<u32>> = days.iter().enumerate().map(rising).collect();
        let [approved, started, completed, accepted, allotted, moved, cleared] = days[..] else { unreachable!() };
        let record = Record {
            agreement_on: day(Some(0)),
            schedule: Some(Schedule {
                approved_on: day(approved),
                started_on: day(started),
                completed_on: day(completed),
                accepted_on: day(accepted),
                ..Schedule::default()
            }),
            persons_at_completion: Some(3),
            floor_area_sqm_x100: Some(7_500),
            allotted_on: day(allotted),
            moved_in_on: day(moved),
            old_house_cleared_on: day(cleared),
            ..case()
        };
        let expected = in_order(&[Some(0), approved, started, completed, accepted])
            && in_order(&[completed, allotted, moved, cleared]);
        let told = reasons(&found(&record, None));
        prop_assert_eq!(told.is_empty(), expected, "{:?}", told);
        prop_assert!(told.iter().all(|reason| matches!(reason, Reason::DateOrder | Reason::MilestoneMissing)));
    }

    /// Invariant 5.
    #[test]
    fn a_home_has_25_square_metres_a_person_at_most(persons in 0_i32..12, size in 0_i64..30_000) {
        let record = Record { persons_at_approval: Some(persons), floor_area_sqm_x100: Some(size), ..case() };
        let over = size > 2_500 * i64::from(persons);
        prop_assert_eq!(refused(&record), if over { one("floor_area_sqm_x100", Reason::OverSize) } else { vec![] });
    }

    #[test]
    fn a_household_pays_10_000_yuan_at_most(fen in 0_i64..2_000_000) {
        let record = Record { self_paid_fen: Some(fen), ..case() };
        let over = fen > 1_000_000;
        prop_assert_eq!(refused(&record), if over { one("self_paid_fen", Reason::AmountOverLimit) } else { vec![] });
    }

    /// Invariant 10.
    #[test]
    fn money_adds_up(
        lines in proptest::collection::vec((1_i64..1_000, 0_i64..1_200, 0_i64..1_200), 0..4),
        payments in proptest::collection::vec((1_i64..1_000, any::<bool>()), 0..4),
        more in -1_i64..2,
    ) {
        let sum: i64 = lines.iter().map(|(budget, ..)| budget).sum();
        let total = sum.saturating_add(more).max(0);
        let returned = |back: bool| if back { "2017-01-01".to_owned() } else { String::new() };
        let record = Record {
            total_fen: Some(total),
            funds: lines
                .iter()
                .map(|(budget, allocated, paid)| FundLine {
                    budget_fen: Some(*budget),
                    allocated_fen: Some(*allocated),
                    paid_fen: Some(*paid),
                    ..FundLine::default()
                })
                .collect(),
            payments: payments
                .iter()
                .map(|(fen, back)| Payment { amount_fen: Some(*fen), returned_on: returned(*back), ..Payment::default() })
                .collect(),
            ..case()
        };
        let told = reasons(&found(&record, None));
        let count = |reason| told.iter().filter(|found| **found == reason).count();
        let paid: i64 = payments.iter().filter(|(_, back)| !back).map(|(fen, _)| fen).sum();
        prop_assert_eq!(count(Reason::SumDiffers) > 0, !lines.is_empty() && sum != total);
        prop_assert_eq!(count(Reason::PaidOverApproved) > 0, paid > total);
        let steps = lines.iter().map(|(budget, allocated, paid)| usize::from(allocated > budget) + usize::from(paid > allocated));
        prop_assert_eq!(count(Reason::StageOverPrevious), steps.sum::<usize>());
    }
}

#[test]
fn only_registered_households_are_relocated() {
    let outsider = Record { beneficiary: beneficiary(""), ..case() };
    assert_eq!(refused(&outsider), one("beneficiary.id_number", Reason::ReferenceNotFound));
    // Somebody who fits several households is told so by the engine, before.
    let mut told = Violations::default();
    told.push("beneficiary.id_number", Reason::ReferenceAmbiguous);
    super::check_registered(&outsider, None, &mut told);
    assert_eq!(reasons(&told), [Reason::ReferenceAmbiguous]);
    // Without the day nobody was asked.
    let mut early = outsider;
    early.agreement_on = String::new();
    early.beneficiary.as_mut().unwrap().standing_on = String::new();
    assert_eq!(refused(&early), []);
}

#[test]
fn a_household_that_the_registry_unlinked_since_is_not_refused() {
    let stood = Record { beneficiary: beneficiary(""), ..case() };
    let mut next = stood.clone();
    let mut told = Violations::default();
    let cancel = p::CancelRelocationCaseRequest::default();
    RelocationCases::cancel_relocation_case(&mut next, &cancel, &act("2016-04-01"), &mut told);
    assert!(told.is_empty());
    assert_eq!(reasons(&found(&next, Some(&stood))), []);
    // Another number, or another day on which the registry is asked, is asked about.
    for change in [
        |whom: &mut Beneficiary| whom.id_number = "222405195002030026".to_owned(),
        |whom: &mut Beneficiary| whom.standing_on = "2016-04-01".to_owned(),
    ] {
        let mut other = stood.clone();
        other.beneficiary.as_mut().map(change);
        assert_eq!(reasons(&found(&other, Some(&stood))), [Reason::ReferenceNotFound]);
    }
}

#[test]
fn a_home_is_not_accepted_without_its_size() {
    let at = |accepted_on: &str, size| Record {
        schedule: Some(Schedule {
            approved_on: "2016-04-01".to_owned(),
            started_on: "2016-05-01".to_owned(),
            completed_on: "2016-09-01".to_owned(),
            accepted_on: accepted_on.to_owned(),
            ..Schedule::default()
        }),
        persons_at_completion: Some(3),
        floor_area_sqm_x100: size,
        ..case()
    };
    assert_eq!(refused(&at("", None)), []);
    assert_eq!(refused(&at("2016-09-20", None)), one("floor_area_sqm_x100", Reason::FieldRequired));
    assert_eq!(refused(&at("2016-09-20", Some(7_500))), []);
    // Nor does acceptance let one through that is too large, or is written without its size afterwards.
    let over = found(&at("2016-09-20", Some(7_501)), Some(&at("", Some(7_501))));
    assert_eq!(reasons(&over), [Reason::OverSize]);
    let without = found(&at("2016-09-20", None), Some(&at("2016-09-20", Some(7_500))));
    assert_eq!(reasons(&without), [Reason::FieldRequired]);
    // What stood stands.
    let paid = Record { follow_up: "技能培训".to_owned(), ..at("2016-09-20", None) };
    assert_eq!(reasons(&found(&paid, Some(&at("2016-09-20", None)))), []);
}

#[test]
fn who_moved_is_counted_on_completion() {
    let mut record = Record {
        schedule: Some(Schedule {
            approved_on: "2016-04-01".to_owned(),
            started_on: "2016-05-01".to_owned(),
            ..Schedule::default()
        }),
        ..case()
    };
    let report = |persons| p::ReportRelocationCaseProgressRequest {
        completed_on: "2016-09-01".to_owned(),
        persons_at_completion: persons,
        ..p::ReportRelocationCaseProgressRequest::default()
    };
    let mut told = Violations::default();
    let before = record.clone();
    RelocationCases::report_relocation_case_progress(
        &mut record,
        &report(None),
        &act("2016-09-01"),
        &mut told,
    );
    assert_eq!(refused(&record), one("persons_at_completion", Reason::FieldRequired));
    record = before;
    RelocationCases::report_relocation_case_progress(
        &mut record,
        &report(Some(2)),
        &act("2016-09-01"),
        &mut told,
    );
    assert!(told.is_empty());
    assert_eq!(refused(&record), []);
}

#[test]
fn what_follows_the_building_is_reported_step_by_step() {
    let mut record = Record {
        schedule: Some(Schedule {
            approved_on: "2016-04-01".to_owned(),
            started_on: "2016-05-01".to_owned(),
            completed_on: "2016-09-01".to_owned(),
            accepted_on: "2016-09-20".to_owned(),
            ..Schedule::default()
        }),
        persons_at_completion: Some(3),
        floor_area_sqm_x100: Some(7_500),
        ..case()
    };
    let days = |allotted: &str, moved: &str, cleared: &str| p::ReportRelocationCaseProgressRequest {
        allotted_on: allotted.to_owned(),
        moved_in_on: moved.to_owned(),
        old_house_cleared_on: cleared.to_owned(),
        ..p::ReportRelocationCaseProgressRequest::default()
    };
    for (request, expected) in [
        (days("2016-09-10", "", ""), vec![]),
        (days("", "", "2016-12-01"), one("old_house_cleared_on", Reason::MilestoneMissing)),
        (days("", "2016-09-05", ""), one("moved_in_on", Reason::DateOrder)),
        (days("", "2016-10-01", "2016-12-01"), vec![]),
    ] {
        let mut told = Violations::default();
        let before = record.clone();
        RelocationCases::report_relocation_case_progress(
            &mut record,
            &request,
            &act("2016-12-01"),
            &mut told,
        );
        assert!(told.is_empty());
        assert_eq!(refused(&record), expected);
        if !expected.is_empty() {
            record = before;
        }
    }
    assert_eq!(
        (record.allotted_on.as_str(), record.old_house_cleared_on.as_str()),
        ("2016-09-10", "2016-12-01")
    );
}

#[test]
fn limits_are_asked_where_what_they_limit_changes() {
    let stood = Record { floor_area_sqm_x100: Some(9_000), self_paid_fen: Some(2_000_000), ..case() };
    assert_eq!(reasons(&found(&stood, None)), [Reason::OverSize, Reason::AmountOverLimit]);
    let more = Record { follow_up: "技能培训".to_owned(), ..stood.clone() };
    assert!(found(&more, Some(&stood)).is_empty());
    let fewer = Record { persons_at_approval: Some(2), ..stood.clone() };
    assert_eq!(reasons(&found(&fewer, Some(&stood))), [Reason::OverSize]);
    // Before the limit was laid down there is none.
    let early = Record { agreement_on: "2000-01-01".to_owned(), floor_area_sqm_x100: Some(1), ..case() };
    assert_eq!(refused(&early), one("floor_area_sqm_x100", Reason::ParameterMissing));
}

#[test]
fn a_renovation_of_the_household_excludes_it() {
    let mut world = World::default();
    world.add::<RenovationCases>(p::RenovationCase {
        beneficiary: beneficiary(HOUSEHOLD),
        ..p::RenovationCase::default()
    });
    let told = world.check::<RelocationCases>(&case(), None);
    assert_eq!(reasons(&told), [Reason::RelocationAndRenovation]);
}

#[test]
fn it_is_told_as_a_benefit() {
    let payment = |fen, returned: &str| Payment {
        amount_fen: Some(fen),
        returned_on: returned.to_owned(),
        ..Payment::default()
    };
    let record = Record {
        total_fen: Some(6_000_000),
        payments: vec![payment(100, ""), payment(900, "2016-12-01"), payment(200, "")],
        ..case()
    };
    let expected = Benefit {
        title: "和谐小区".to_owned(),
        year: Some(2016),
        approved_fen: Some(6_000_000),
        paid_fen: Some(300),
    };
    assert_eq!(benefit(&Rec::<RelocationCases>(record)), expected);
}
