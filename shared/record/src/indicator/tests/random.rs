//! Every indicator over random rows: totals, divisions at two levels, the own row, evidence, ratios.

use kernel::area::{AreaCode, Level};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use proto::common::{AreaLevel, DateRange, EvidenceRole, MeasureItem, Measurement, period, value};

use super::base::Base;
use super::declared::{self, COUNTED, INCIDENCE, PLANNED, PROVINCE, RURAL};
use super::world::{Time, World, come_to, division, time, world};
use super::{Asking, added, item, number, rows_differ};
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
        let ungrouped = asking.measure(code, AreaLevel::Unspecified, items.clone()).await.unwrap();
        for (one, other) in measured.iter().zip(&ungrouped.response.measurements) {
            assert_eq!(one.total, other.total);
            assert!(other.divisions.is_empty() && other.own.is_none());
        }
    }
    for time in times {
        for indicator in COUNTED.iter().chain([&&PLANNED, &&RURAL, &&PROVINCE]) {
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
