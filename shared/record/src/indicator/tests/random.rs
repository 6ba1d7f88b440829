//! Every indicator over random rows: totals, divisions at two levels, the own row, evidence, ratios.

use kernel::area::{AreaCode, Level};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use proto::common::{AreaLevel, DateRange, EvidenceRole, MeasureItem, Measurement, period, value};

use super::base::Base;
use super::declared::{
    self, ABOVE_LINE, BATTLEFIELDS, BATTLEFIELDS_OF, COUNTED, HOLDERS, INCIDENCE, LINE, LINE_OF, MEMBERSHIPS,
    PLANNED, PROVINCE, RURAL, TASK_MET,
};
use super::world::{AREAS, Time, World, come_to, division, time, world};
use super::{Asking, added, flag, item, number, rows_differ};
use crate::indicator::{Indicator, wire_level};

fn asked(indicator: &Indicator, time: &Time) -> MeasureItem {
    let range = DateRange { from: time.first.unwrap_or_default().to_owned(), to: time.last.to_owned() };
    item(indicator, period::Period::Range(range), time.as_of.unwrap_or_default(), Some(time.known_at))
}

/// The numbers of what is modelled by rows.
fn rows_agree(world: &World, times: &[Time], area: &AreaCode, level: Level, measured: &[Measurement]) {
    for (time, measured) in times.iter().zip(measured.chunks(declared::ALL.len())) {
        for (indicator, measurement) in COUNTED.iter().zip(measured) {
            let mut rows = world.rows(indicator, time);
            rows.retain(|(place, ..)| area.contains(&AreaCode::parse(place).unwrap()));
            let note = format!("{} {time:?} {area}", indicator.id);
            assert_eq!(number(measurement.total.as_ref()), Some(come_to(rows.iter())), "{note}");
            let of = |code: &str| {
                come_to(rows.iter().filter(|(place, ..)| {
                    division(place, level).is_some_and(|division| division.as_str() == code)
                }))
            };
            for cell in &measurement.divisions {
                assert_eq!(number(Some(cell)), Some(of(&cell.area)), "{note} {}", cell.area);
            }
            let own = come_to(rows.iter().filter(|(place, ..)| division(place, level).is_none()));
            assert_eq!(number(measurement.own.as_ref()), Some(own), "{note} own");
            let shown = |code: &AreaCode| measurement.divisions.iter().any(|cell| cell.area == code.as_str());
            assert!(
                rows.iter().filter_map(|(place, ..)| division(place, level)).all(|code| shown(&code)),
                "{note}"
            );
        }
    }
}

/// The numbers of plans, outside counts and the ratio over one.
fn rules_agree(world: &World, times: &[Time], area: &AreaCode, measured: &[Measurement]) {
    for (time, measured) in times.iter().zip(measured.chunks(declared::ALL.len())) {
        let of =
            |indicator: &Indicator| measured.iter().find(|found| found.indicator == indicator.id).unwrap();
        let code = |text: &str| AreaCode::parse(text).unwrap();
        assert_eq!(number(of(&PLANNED).total.as_ref()), world.planned(area, time), "{time:?}");
        for cell in &of(&PLANNED).divisions {
            assert_eq!(number(Some(cell)), world.planned(&code(&cell.area), time), "{time:?}");
        }
        assert_eq!(number(of(&RURAL).total.as_ref()), world.outside(area, time), "{time:?}");
        for cell in &of(&RURAL).divisions {
            assert_eq!(number(Some(cell)), world.outside(&code(&cell.area), time), "{time:?}");
        }
        assert_eq!(number(of(&PROVINCE).total.as_ref()), world.outside(&area.province(), time), "{time:?}");
        assert!(of(&PROVINCE).divisions.is_empty());
        let persons = number(of(&declared::PERSONS).total.as_ref());
        let ratio = of(&INCIDENCE).total.as_ref().unwrap().value.as_ref().map(|value| match value.value {
            Some(value::Value::Ratio(ratio)) => (ratio.numerator, ratio.denominator),
            _ => panic!("no ratio"),
        });
        let below = world.outside(area, time).filter(|below| *below != 0);
        assert_eq!(ratio, persons.zip(below), "{time:?}");
    }
}

/// Settings, and what reaches a target.
fn settings_agree(world: &World, times: &[Time], area: &AreaCode, level: Level, measured: &[Measurement]) {
    for (time, measured) in times.iter().zip(measured.chunks(declared::ALL.len())) {
        let of =
            |indicator: &Indicator| measured.iter().find(|found| found.indicator == indicator.id).unwrap();
        for (indicator, identifier) in [(&BATTLEFIELDS, BATTLEFIELDS_OF), (&LINE, LINE_OF)] {
            let (found, note) = (of(indicator), format!("{} {time:?} {area}", indicator.id));
            assert_eq!(number(found.total.as_ref()), world.set(identifier, area, time), "{note}");
            assert!(found.own.is_none());
            for cell in &found.divisions {
                let division = AreaCode::parse(&cell.area).unwrap();
                assert!(world.sets(identifier, &division, time) && division.level() == level, "{note}");
                assert_eq!(number(Some(cell)), world.set(identifier, &division, time), "{note}");
            }
            let own = AREAS.into_iter().filter_map(AreaCode::parse).filter(|division| {
                division.level() == level && area.contains(division) && world.sets(identifier, division, time)
            });
            assert_eq!(found.divisions.len(), own.count(), "{note}");
        }
        let counted = |indicator, area: &AreaCode| {
            let mut rows = world.rows(indicator, time);
            rows.retain(|(place, ..)| area.contains(&AreaCode::parse(place).unwrap()));
            come_to(rows.iter())
        };
        let met = |area: &AreaCode| world.planned(area, time).map(|target| counted(&HOLDERS, area) >= target);
        let above =
            |area: &AreaCode| world.set(LINE_OF, area, time).map(|line| counted(&MEMBERSHIPS, area) >= line);
        assert_eq!(flag(of(&TASK_MET).total.as_ref()), met(area), "{time:?} {area}");
        assert_eq!(flag(of(&ABOVE_LINE).total.as_ref()), above(area), "{time:?} {area}");
        assert!(of(&TASK_MET).own.is_none());
        for cell in &of(&TASK_MET).divisions {
            assert_eq!(
                flag(Some(cell)),
                met(&AreaCode::parse(&cell.area).unwrap()),
                "{time:?} {}",
                cell.area
            );
        }
        for cell in &of(&ABOVE_LINE).divisions {
            assert_eq!(
                flag(Some(cell)),
                above(&AreaCode::parse(&cell.area).unwrap()),
                "{time:?} {}",
                cell.area
            );
        }
    }
}

/// The law of flags: yes exactly where the numerator comes to no less than the denominator.
async fn flags_agree(asking: &Asking, time: &Time) {
    for indicator in [&TASK_MET, &ABOVE_LINE] {
        let yes = flag(asking.one("222400", asked(indicator, time)).await.total.as_ref());
        let evidence = asking.evidence("222400", asked(indicator, time)).await.unwrap();
        let (above, below) =
            (added(&evidence, EvidenceRole::Numerator), added(&evidence, EvidenceRole::Denominator));
        assert!(yes.is_none_or(|yes| yes == (above >= below)), "{} {time:?}", indicator.id);
        let target = evidence.iter().any(|row| row.role() == EvidenceRole::Denominator);
        assert_eq!(target, yes.is_some(), "{} {time:?}", indicator.id);
    }
}

async fn agree(base: &Base, world: &World, times: &[Time]) {
    let asking = Asking::everyone(base.db.clone());
    let items: Vec<MeasureItem> =
        times.iter().flat_map(|time| declared::ALL.iter().map(|indicator| asked(indicator, time))).collect();
    for (code, level) in [
        ("222400", Level::County),
        ("222400", Level::Township),
        ("222405", Level::Township),
        ("220000", Level::Prefecture),
    ] {
        let area = AreaCode::parse(code).unwrap();
        let measured = asking.measure(code, wire_level(level), items.clone()).await.unwrap();
        let measured = measured.response.measurements;
        rows_agree(world, times, &area, level, &measured);
        rules_agree(world, times, &area, &measured);
        settings_agree(world, times, &area, level, &measured);
        let ungrouped = asking.measure(code, AreaLevel::Unspecified, items.clone()).await.unwrap();
        for (one, other) in measured.iter().zip(&ungrouped.response.measurements) {
            assert_eq!(one.total, other.total);
            assert!(other.divisions.is_empty() && other.own.is_none());
        }
    }
    for time in times {
        for indicator in COUNTED.iter().chain([&&PLANNED, &&RURAL, &&PROVINCE, &&BATTLEFIELDS, &&LINE]) {
            let total = number(asking.one("222400", asked(indicator, time)).await.total.as_ref());
            let evidence = asking.evidence("222400", asked(indicator, time)).await.unwrap();
            assert_eq!(
                added(&evidence, EvidenceRole::Numerator),
                total.unwrap_or(0),
                "{} {time:?}",
                indicator.id
            );
            assert!(rows_differ(&evidence) && (total.is_some() || evidence.is_empty()));
        }
        flags_agree(&asking, time).await;
        let evidence = asking.evidence("222400", asked(&INCIDENCE, time)).await.unwrap();
        let area = AreaCode::parse("222400").unwrap();
        assert_eq!(added(&evidence, EvidenceRole::Denominator), world.outside(&area, time).unwrap_or(0));
    }
}

#[test]
fn figures_and_evidence_are_what_a_count_by_hand_gives() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let cases = (world(), prop::collection::vec(time(), 1..4));
    TestRunner::new(config)
        .run(&cases, |(world, times)| {
            runtime.block_on(async {
                for base in Base::each().await {
                    base.insert(world.steps()).await;
                    agree(&base, &world, &times).await;
                    base.end().await;
                }
            });
            Ok(())
        })
        .unwrap();
}
