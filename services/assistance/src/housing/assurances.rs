//! What housing can tell of a household's assurances: a safe house (住房安全) and safe water (饮水安全). Pure functions
//! over the household's records; a day that lies after the one that is asked has not come.

use kernel::language::Label;
use proto::common::{Assurance, Schedule, Verdict};
use record::Resource;
use record::facts::{Assures, Finding, Told};

use crate::contract::{
    HOUSE_APPRAISAL_SPEC, HouseAppraisals, RELOCATION_CASE_SPEC, RENOVATION_CASE_SPEC, RelocationCases,
    RenovationCases, WATER_CHECK_SPEC, WaterChecks,
};

/// All of them.
pub(crate) const ALL: &[Assures] = &[
    Assures {
        assurance: Assurance::Housing,
        needs: &[&HOUSE_APPRAISAL_SPEC, &RENOVATION_CASE_SPEC, &RELOCATION_CASE_SPEC],
        of: |told| {
            let (appraisals, renovations, relocations) = (
                told.of::<HouseAppraisals>().collect::<Vec<_>>(),
                told.of::<RenovationCases>().collect::<Vec<_>>(),
                told.of::<RelocationCases>().collect::<Vec<_>>(),
            );
            housing(told.as_of, &appraisals, &renovations, &relocations)
        },
    },
    Assures {
        assurance: Assurance::Water,
        needs: &[&WATER_CHECK_SPEC],
        of: |told: &Told<'_>| water(told.as_of, told.of::<WaterChecks>()),
    },
];

type Appraisal = <HouseAppraisals as Resource>::Record;
type Renovation = <RenovationCases as Resource>::Record;
type Relocation = <RelocationCases as Resource>::Record;
type WaterCheck = <WaterChecks as Resource>::Record;

const SAFE: Label = Label::new(
    "最近一次鉴定为A级或B级",
    "가장 최근의 감정이 A급 또는 B급",
    "The newest appraisal found grade A or B.",
);
const DANGEROUS: Label = Label::new(
    "最近一次鉴定为C级或D级,此后没有改造验收,也没有搬迁入住",
    "가장 최근의 감정이 C급 또는 D급이고 그뒤 개조 검수도 이주 입주도 없음",
    "The newest appraisal found grade C or D; no renovation was accepted and no new home moved into since.",
);
const RENOVATED: Label = Label::new(
    "鉴定后危房改造已验收",
    "감정후 위험주택 개조가 검수됨",
    "A renovation was accepted after the appraisal.",
);
const RELOCATED: Label = Label::new(
    "易地搬迁新房已入住或已验收",
    "타지이주 새집에 입주하였거나 검수됨",
    "The new home of a relocation was moved into or accepted.",
);
const NO_HOUSE: Label = Label::new(
    "没有房屋鉴定、改造或搬迁记录",
    "주택감정, 개조 또는 이주 기록이 없음",
    "No appraisal, renovation or relocation is recorded.",
);
const WATER_SAFE: Label = Label::new(
    "最近一次评价四项均达标",
    "가장 최근의 평가에서 네가지가 모두 기준에 도달함",
    "The newest check passed all four points.",
);
const WATER_UNSAFE: Label = Label::new(
    "最近一次评价有不达标项",
    "가장 최근의 평가에서 기준에 미달한것이 있음",
    "The newest check failed on at least one point.",
);
const WATER_OPEN: Label = Label::new(
    "最近一次评价有未核实项",
    "가장 최근의 평가에서 확인되지 않은것이 있음",
    "The newest check left a point open.",
);
const NO_WATER: Label =
    Label::new("没有饮水安全评价记录", "음료수안전평가 기록이 없음", "No check of the water is recorded.");

/// An appraisal, or what mends the house: its day and its record's name.
type Dated<'d> = (&'d str, &'d str);

/// A house is as its newest appraisal found it, unless it was mended or left since. A renovation names the appraisal
/// on which it rests, which counts like any other. Of two on one day the worse counts.
fn housing(
    as_of: &str,
    appraisals: &[&Appraisal],
    renovations: &[&Renovation],
    relocations: &[&Relocation],
) -> Finding {
    let come = |day: &str| !day.is_empty() && day <= as_of;
    let found = appraisals
        .iter()
        .map(|one| (one.appraised_on.as_str(), one.grade.as_str(), one.name.as_str()))
        .chain(
            renovations
                .iter()
                .map(|one| (one.appraised_on.as_str(), one.old_grade.as_str(), one.name.as_str())),
        );
    let appraisal = found.filter(|(day, grade, _)| come(day) && !grade.is_empty()).max();

    let renovated =
        renovations.iter().map(|one| (accepted(one.schedule.as_ref(), as_of), one.name.as_str(), RENOVATED));
    let relocated = relocations.iter().flat_map(|one| {
        let accepted = accepted(one.schedule.as_ref(), as_of);
        let moved = if cancelled(one.schedule.as_ref(), as_of) { "" } else { one.moved_in_on.as_str() };
        [accepted, moved].map(|day| (day, one.name.as_str(), RELOCATED))
    });
    let since = appraisal.map_or("", |(day, _, _)| day);
    let mended = renovated
        .chain(relocated)
        .filter(|(day, _, _)| come(day) && *day > since)
        .max_by_key(|(day, name, _)| (*day, *name));

    match (appraisal, mended) {
        (None, None) => Finding::unknown(NO_HOUSE),
        (None, Some((day, name, basis))) => Finding::of(Verdict::Pass, basis, name, day),
        (Some((day, "A" | "B", name)), _) => Finding::of(Verdict::Pass, SAFE, name, day),
        (Some((day, _, name)), None) => Finding::of(Verdict::Fail, DANGEROUS, name, day),
        (Some((_, _, dangerous)), Some((day, name, basis))) => both(dangerous, (day, name), basis),
    }
}

/// What was dangerous and is mended rests on both records, which may be one.
fn both(dangerous: &str, (day, name): Dated<'_>, basis: Label) -> Finding {
    let mut finding = Finding::of(Verdict::Pass, basis, name, day);
    if dangerous != name {
        finding.evidence.push(dangerous.to_owned());
    }
    finding
}

fn cancelled(schedule: Option<&Schedule>, as_of: &str) -> bool {
    schedule
        .is_some_and(|schedule| !schedule.cancelled_on.is_empty() && schedule.cancelled_on.as_str() <= as_of)
}

/// Day of acceptance of a work that was not cancelled; empty where there is none.
fn accepted<'s>(schedule: Option<&'s Schedule>, as_of: &str) -> &'s str {
    schedule.filter(|_| !cancelled(schedule, as_of)).map_or("", |schedule| schedule.accepted_on.as_str())
}

/// Water is as the household's newest check found it; a village's check says nothing of one household.
fn water<'w>(as_of: &str, checks: impl Iterator<Item = &'w WaterCheck>) -> Finding {
    let come = checks.filter(|check| !check.checked_on.is_empty() && check.checked_on.as_str() <= as_of);
    let Some(newest) = come.max_by_key(|check| (&check.checked_on, &check.name)) else {
        return Finding::unknown(NO_WATER);
    };
    let points = [newest.quantity(), newest.quality(), newest.distance(), newest.reliability()];
    let (verdict, basis) = if points.contains(&Verdict::Fail) {
        (Verdict::Fail, WATER_UNSAFE)
    } else if points.iter().all(|point| *point == Verdict::Pass) {
        (Verdict::Pass, WATER_SAFE)
    } else {
        (Verdict::Unknown, WATER_OPEN)
    };
    Finding::of(verdict, basis, &newest.name, &newest.checked_on)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AS_OF: &str = "2017-06-30";

    fn appraisal(on: &str, grade: &str) -> Appraisal {
        Appraisal {
            name: format!("houseAppraisals/{on}"),
            appraised_on: on.to_owned(),
            grade: grade.to_owned(),
            ..Appraisal::default()
        }
    }

    fn schedule(accepted_on: &str, cancelled_on: &str) -> Option<Schedule> {
        Some(Schedule {
            accepted_on: accepted_on.to_owned(),
            cancelled_on: cancelled_on.to_owned(),
            ..Schedule::default()
        })
    }

    fn renovation(appraised_on: &str, accepted_on: &str) -> Renovation {
        Renovation {
            name: "renovationCases/1".to_owned(),
            appraised_on: appraised_on.to_owned(),
            old_grade: if appraised_on.is_empty() { String::new() } else { "D".to_owned() },
            schedule: schedule(accepted_on, ""),
            ..Renovation::default()
        }
    }

    fn relocation(moved_in_on: &str, accepted_on: &str, cancelled_on: &str) -> Relocation {
        Relocation {
            name: "relocationCases/1".to_owned(),
            moved_in_on: moved_in_on.to_owned(),
            schedule: schedule(accepted_on, cancelled_on),
            ..Relocation::default()
        }
    }

    /// Verdict, day, and how many records it rests on.
    fn told(
        appraisals: &[Appraisal],
        renovations: &[Renovation],
        relocations: &[Relocation],
    ) -> (Verdict, String, usize) {
        let (one, two, three): (Vec<_>, Vec<_>, Vec<_>) =
            (appraisals.iter().collect(), renovations.iter().collect(), relocations.iter().collect());
        let finding = housing(AS_OF, &one, &two, &three);
        assert!(!finding.basis.zh.is_empty() && !finding.basis.ko.is_empty() && !finding.basis.en.is_empty());
        (finding.verdict, finding.checked_on, finding.evidence.len())
    }

    #[test]
    fn the_newest_appraisal_decides() {
        assert_eq!(told(&[], &[], &[]), (Verdict::Unknown, String::new(), 0));
        for (grade, verdict) in
            [("A", Verdict::Pass), ("B", Verdict::Pass), ("C", Verdict::Fail), ("D", Verdict::Fail)]
        {
            let found = told(&[appraisal("2015-03-01", "D"), appraisal("2016-03-01", grade)], &[], &[]);
            assert_eq!(found, (verdict, "2016-03-01".to_owned(), 1), "{grade}");
        }
        // What lies ahead is not known.
        assert_eq!(told(&[appraisal("2017-07-01", "A")], &[], &[]).0, Verdict::Unknown);
        let worse = told(&[appraisal("2016-03-01", "D"), appraisal("2016-03-01", "A")], &[], &[]);
        assert_eq!(worse.0, Verdict::Fail);
    }

    #[test]
    fn a_dangerous_house_is_safe_once_it_is_mended_or_left() {
        let dangerous = [appraisal("2016-03-01", "D")];
        let passed = |day: &str, records| (Verdict::Pass, day.to_owned(), records);
        let failed = (Verdict::Fail, "2016-03-01".to_owned(), 1);
        assert_eq!(told(&dangerous, &[renovation("", "2016-09-01")], &[]), passed("2016-09-01", 2));
        assert_eq!(told(&dangerous, &[renovation("", "")], &[]), failed);
        assert_eq!(told(&dangerous, &[renovation("", "2015-09-01")], &[]), failed);
        assert_eq!(told(&dangerous, &[renovation("", "2017-09-01")], &[]), failed);
        // Its own appraisal is the ground of a renovation.
        assert_eq!(told(&[], &[renovation("2016-03-01", "")], &[]), failed);
        assert_eq!(told(&[], &[renovation("2016-03-01", "2016-09-01")], &[]), passed("2016-09-01", 1));
        // Found dangerous again.
        let again = told(&[appraisal("2017-01-01", "C")], &[renovation("2016-03-01", "2016-09-01")], &[]);
        assert_eq!(again, (Verdict::Fail, "2017-01-01".to_owned(), 1));

        assert_eq!(told(&dangerous, &[], &[relocation("2016-12-01", "", "")]), passed("2016-12-01", 2));
        assert_eq!(told(&dangerous, &[], &[relocation("", "2016-11-01", "")]), passed("2016-11-01", 2));
        assert_eq!(told(&dangerous, &[], &[relocation("", "", "")]), failed);
        assert_eq!(told(&dangerous, &[], &[relocation("2016-12-01", "", "2017-01-01")]), failed);
        assert_eq!(told(&[], &[], &[relocation("2016-12-01", "2016-11-01", "")]), passed("2016-12-01", 1));
    }

    fn water_check(on: &str, points: [Verdict; 4]) -> WaterCheck {
        let [quantity, quality, distance, reliability] = points.map(i32::from);
        WaterCheck {
            name: format!("waterChecks/{on}"),
            checked_on: on.to_owned(),
            quantity,
            quality,
            distance,
            reliability,
            ..WaterCheck::default()
        }
    }

    #[test]
    fn the_newest_check_of_the_water_decides() {
        let good = [Verdict::Pass; 4];
        let all = [water_check("2016-01-01", [Verdict::Fail; 4]), water_check("2017-01-01", good)];
        let finding = water(AS_OF, all.iter());
        assert_eq!((finding.verdict, finding.checked_on.as_str()), (Verdict::Pass, "2017-01-01"));
        assert_eq!(finding.evidence, ["waterChecks/2017-01-01"]);
        assert_eq!(water("2016-06-30", all.iter()).verdict, Verdict::Fail);
        assert_eq!(water("2015-12-31", all.iter()).verdict, Verdict::Unknown);
    }

    fn verdict() -> impl Strategy<Value = Verdict> {
        prop_oneof![
            Just(Verdict::Pass),
            Just(Verdict::Fail),
            Just(Verdict::Unknown),
            Just(Verdict::Unspecified)
        ]
    }

    proptest! {
        /// All four pass, or it is no pass; one fails, and it is a fail.
        #[test]
        fn water_is_safe_where_all_points_are(points in [verdict(), verdict(), verdict(), verdict()]) {
            let finding = water(AS_OF, [water_check("2017-01-01", points)].iter());
            let fails = points.iter().filter(|point| **point == Verdict::Fail).count();
            let passes = points.iter().filter(|point| **point == Verdict::Pass).count();
            prop_assert_eq!(finding.verdict == Verdict::Fail, fails > 0);
            prop_assert_eq!(finding.verdict == Verdict::Pass, passes == 4);
        }

        /// Nothing recorded is never a pass, and what lies ahead changes nothing.
        #[test]
        fn what_lies_ahead_is_not_told(
            days in proptest::collection::vec((0_u32..24, prop_oneof![Just("A"), Just("B"), Just("C"), Just("D")]), 0..5),
            accepted in proptest::option::of(0_u32..24),
        ) {
            let day = |month: u32| format!("{}-{:02}-15", 2016 + month / 12, month % 12 + 1);
            let all: Vec<Appraisal> = days.iter().map(|(month, grade)| appraisal(&day(*month), grade)).collect();
            let work = renovation("", &accepted.map(day).unwrap_or_default());
            let known: Vec<Appraisal> = all.iter().filter(|one| one.appraised_on.as_str() <= AS_OF).cloned().collect();
            let found = told(&all, std::slice::from_ref(&work), &[]);
            prop_assert_eq!(&found, &told(&known, std::slice::from_ref(&work), &[]));
            let nothing = known.is_empty() && accepted.is_none_or(|month| day(month).as_str() > AS_OF);
            prop_assert_eq!(found.0 == Verdict::Unknown, nothing);
            prop_assert_eq!(found.2 == 0, nothing);
        }
    }
}
