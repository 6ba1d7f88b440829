use kernel::failure::Reason;
use proptest::prelude::*;
use proto::common::{FundLine, Schedule};

use super::Record;
use crate::contract::WaterWorks;
use crate::world::{TODAY, World, reasons};

fn work(days: [&str; 4]) -> Record {
    let [approved_on, started_on, completed_on, accepted_on] = days.map(str::to_owned);
    Record {
        plan_year: Some(2016),
        schedule: Some(Schedule {
            approved_on,
            started_on,
            completed_on,
            accepted_on,
            ..Schedule::default()
        }),
        ..Record::default()
    }
}

fn refused(record: &Record) -> Vec<Reason> {
    reasons(&World::default().check::<WaterWorks>(record, None))
}

#[test]
fn an_old_work_may_not_know_its_approval() {
    assert_eq!(refused(&work(["", "2016-05-01", "2016-08-01", "2016-09-01"])), []);
    assert_eq!(refused(&work(["2016-04-01", "2016-05-01", "2016-08-01", ""])), []);
    assert_eq!(refused(&work(["2016-06-01", "2016-05-01", "", ""])), [Reason::DateOrder]);
    assert_eq!(refused(&work(["", "", "2016-08-01", ""])), [Reason::MilestoneMissing]);
    assert_eq!(refused(&work(["", "2016-05-01", "", "2016-09-01"])), [Reason::MilestoneMissing]);
    assert_eq!(refused(&work(["", "2016-05-01", "2016-04-01", ""])), [Reason::DateOrder]);
}

#[test]
fn its_money_adds_up() {
    let line = |fen| FundLine { budget_fen: Some(fen), ..FundLine::default() };
    let funded =
        |total| Record { total_fen: Some(total), funds: vec![line(100), line(200)], ..work([""; 4]) };
    assert_eq!(refused(&funded(300)), []);
    assert_eq!(refused(&funded(299)), [Reason::SumDiffers]);
}

#[test]
fn it_opens_with_its_plan_year_or_before() {
    let opened =
        |record: Record, old: Option<&Record>| World::default().complete::<WaterWorks>(record, old).opened_on;
    assert_eq!(opened(work([""; 4]), None), "2016-01-01");
    assert_eq!(opened(work(["2015-11-01", "2016-05-01", "", ""]), None), "2015-11-01");
    assert_eq!(opened(work(["", "2016-05-01", "", ""]), None), "2016-01-01");
    // A plan for a year to come is known from the day on which it was entered.
    let ahead = Record { plan_year: Some(2018), ..work([""; 4]) };
    assert_eq!(opened(ahead.clone(), None), TODAY);
    let stood = Record { opened_on: "2017-11-20".to_owned(), ..ahead.clone() };
    assert_eq!(opened(ahead, Some(&stood)), "2017-11-20");
    assert_eq!(opened(Record { plan_year: None, ..work([""; 4]) }, None), TODAY);
}

proptest! {
    /// Whatever its days, a work is open on each of them that has come.
    #[test]
    fn no_day_lies_before_its_first(days in proptest::collection::vec(proptest::option::of(0_u32..36), 4), year in proptest::option::of(2015_i32..2019)) {
        let texts: Vec<String> = days
            .iter()
            .map(|day| day.map(|day| format!("{}-{:02}-01", 2015 + day / 12, day % 12 + 1)).unwrap_or_default())
            .collect();
        let record = Record { plan_year: year, ..work([&texts[0], &texts[1], &texts[2], &texts[3]]) };
        let opened = World::default().complete::<WaterWorks>(record, None).opened_on;
        prop_assert!(opened.as_str() <= TODAY);
        prop_assert!(texts.iter().all(|day| day.is_empty() || opened <= *day));
    }
}
