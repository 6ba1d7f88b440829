//! Projects that the partner city helps to build (援建项目): approval, building, acceptance, and the lines of aid that pay
//! for them.

use kernel::date::CivilDate;
use kernel::failure::{Reason, Violations};
use kernel::money::Fen;
use proto::xiuhua::partneraid::v1 as p;
use proto::xiuhua::partneraid::v1::aid_project_service_server::AidProjectServiceServer;
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads};
use record::work::{self, Milestone};
use record::{ActContext, Registered, Resource};
use store::Migration;

use crate::contract::{AidFunds, AidProjectApi, AidProjectVerbs, AidProjects};

pub(crate) mod indicators;

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<AidProjects>(),
        migration: Migration {
            name: "partner_aid/aid_project",
            sql: include_str!("../migrations/aid_project.sql"),
        },
        indicators: indicators::ALL,
        facts: None,
        serve: |service, engine| service.add(AidProjectServiceServer::new(AidProjectApi(engine))),
    }
}

type Record = <AidProjects as Resource>::Record;

impl Rules for AidProjects {
    fn complete(
        record: &mut Self::Record,
        old: Option<&Self::Record>,
        context: &Context<'_>,
        _reads: &Reads<'_>,
        _violations: &mut Violations,
    ) -> Known<()> {
        record.opened_on = opening_day(record, old, context.today);
        Ok(())
    }

    fn check(
        record: &Self::Record,
        old: Option<&Self::Record>,
        _context: &Context<'_>,
        reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        check_order(record, violations);
        check_money(record, violations);
        let known = |name: &String| old.is_some_and(|old| old.aid_funds.contains(name));
        for (index, name) in record.aid_funds.iter().enumerate().filter(|(_, name)| !known(name)) {
            if reads.record::<AidFunds>(name)?.is_none() {
                violations
                    .push(format!("aid_funds[{index}]"), Reason::ReferenceNotFound)
                    .add("collection", AidFunds::SPEC.collection);
            }
        }
        Ok(())
    }
}

/// The first day on which the project stands in the plan: its plan year's, unless it was recorded or begun before.
fn opening_day(record: &Record, old: Option<&Record>, today: &str) -> String {
    let schedule = record.schedule.clone().unwrap_or_default();
    let recorded = old.map(|old| old.opened_on.clone()).filter(|day| !day.is_empty());
    let planned = record.plan_year.map(|year| CivilDate::start_of_year(year).to_string());
    let work = [schedule.approved_on, schedule.started_on, schedule.completed_on, schedule.accepted_on];
    let days = [recorded.unwrap_or_else(|| today.to_owned())].into_iter().chain(planned).chain(work);
    days.filter(|day| !day.is_empty()).min().unwrap_or_default()
}

/// Invariant 11: approved ≤ started ≤ completed ≤ accepted, none without the one before it.
fn check_order(record: &Record, violations: &mut Violations) {
    let schedule = record.schedule.clone().unwrap_or_default();
    let approved = ("批复日期", "schedule.approved_on", schedule.approved_on.as_str());
    // This form says 完工日期 where others say 竣工日期.
    let own =
        |(title, path, day)| (if path == "schedule.completed_on" { "完工日期" } else { title }, path, day);
    let milestones: Vec<Milestone<'_>> =
        work::milestones(&[approved], &schedule).into_iter().map(own).collect();
    work::check_order(&milestones, violations);
}

/// Invariant 10, and the partner pays no more than there is to pay.
fn check_money(record: &Record, violations: &mut Violations) {
    if let (Some(aid), Some(total)) = (record.aid_fen, record.total_fen)
        && aid > total
    {
        violations.push("aid_fen", Reason::AmountOverLimit).add("limit", Fen(total));
    }
    work::check_money(record.total_fen, &record.funds, &[], violations);
}

impl AidProjectVerbs for AidProjects {
    fn approve_aid_project(
        record: &mut Record,
        _request: &p::ApproveAidProjectRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        work::approve(&mut record.schedule, context, violations);
    }

    fn report_aid_project_progress(
        record: &mut Record,
        request: &p::ReportAidProjectProgressRequest,
        _context: &ActContext,
        violations: &mut Violations,
    ) {
        let days = (request.started_on.as_str(), request.completed_on.as_str());
        work::report(&mut record.schedule, days, violations);
        if !request.funds.is_empty() {
            record.funds.clone_from(&request.funds);
        }
    }

    fn accept_aid_project(
        record: &mut Record,
        request: &p::AcceptAidProjectRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        work::accept(&mut record.schedule, context, violations);
        record.accepted_by.clone_from(&request.accepted_by);
    }

    fn cancel_aid_project(
        record: &mut Record,
        _request: &p::CancelAidProjectRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        work::cancel(&mut record.schedule, context, violations);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proto::common::{FundLine, FundSource, Schedule};

    use super::*;
    use crate::testing::{World, act_on, reasons};

    fn project(days: [&str; 5]) -> Record {
        let [approved_on, started_on, completed_on, accepted_on, cancelled_on] = days.map(str::to_owned);
        p::AidProject {
            title: "水南村民宿".to_owned(),
            kind: p::AidProjectKind::Industry.into(),
            partner: "慈溪市".to_owned(),
            plan_year: Some(2017),
            aid_fen: Some(300_000_000),
            total_fen: Some(400_000_000),
            schedule: Some(Schedule { approved_on, started_on, completed_on, accepted_on, cancelled_on }),
            ..p::AidProject::default()
        }
    }

    fn one(path: &str, reason: Reason) -> Vec<(String, Reason)> {
        vec![(path.to_owned(), reason)]
    }

    #[test]
    fn the_partner_pays_no_more_than_the_total() {
        let paid = |aid: i64, budgets: &[i64]| {
            let mut record = project([""; 5]);
            record.aid_fen = Some(aid);
            let source = FundSource::Partner.into();
            let line = |budget: &i64| FundLine { source, budget_fen: Some(*budget), ..FundLine::default() };
            record.funds = budgets.iter().map(line).collect();
            reasons(|violations| check_money(&record, violations))
        };
        assert_eq!(paid(400_000_000, &[]), []);
        assert_eq!(paid(300_000_000, &[300_000_000, 100_000_000]), []);
        assert_eq!(paid(400_000_001, &[]), one("aid_fen", Reason::AmountOverLimit));
        assert_eq!(paid(300_000_000, &[300_000_000]), one("total_fen", Reason::SumDiffers));
    }

    #[test]
    fn its_days_have_the_words_of_its_form() {
        let mut violations = Violations::default();
        check_order(&project(["2017-03-01", "2017-05-01", "", "2017-09-01", ""]), &mut violations);
        let told: Vec<String> =
            violations.iter().map(|violation| violation.message(kernel::language::Language::Zh)).collect();
        assert!(told.len() == 1 && told[0].contains("完工日期"), "{told:?}");
    }

    #[test]
    fn lines_of_aid_that_pay_for_it_are_there() {
        let mut world = World::default();
        let line = p::AidFund {
            payer: "慈溪市".to_owned(),
            payer_level: p::AidPayerLevel::District.into(),
            fiscal_year: Some(2017),
            purpose: "产业合作".to_owned(),
            arranged_fen: Some(300_000_000),
            arranged_on: "2017-02-01".to_owned(),
            ..p::AidFund::default()
        };
        let line = world.create::<AidFunds>(line).unwrap().name;
        let paid_by = |names: &[&str]| p::AidProject {
            aid_funds: names.iter().map(|name| (*name).to_owned()).collect(),
            ..project([""; 5])
        };
        assert!(world.create::<AidProjects>(paid_by(&[&line])).is_ok());
        let missing = paid_by(&[&line, "aidFunds/none", "aidProjects/1"]);
        let missing = p::AidProject { title: "另一项目".to_owned(), ..missing };
        let found = world.create::<AidProjects>(missing).unwrap_err();
        assert_eq!(
            found,
            [
                ("aid_funds[1]".to_owned(), Reason::ReferenceNotFound),
                ("aid_funds[2]".to_owned(), Reason::ReferenceNotFound),
            ]
        );
    }

    #[test]
    fn it_stands_in_the_plan_from_its_year_on_or_from_an_earlier_day() {
        let of = |approved_on: &str, plan_year| {
            let mut record = project([approved_on, "", "", "", ""]);
            record.plan_year = Some(plan_year);
            opening_day(&record, None, "2017-10-15")
        };
        assert_eq!(of("2017-03-01", 2017), "2017-01-01");
        assert_eq!(of("2016-12-01", 2017), "2016-12-01");
        assert_eq!(of("", 2018), "2017-10-15");
        let mut world = World::default();
        let made = world.create::<AidProjects>(project(["2016-12-01", "", "", "", ""])).unwrap();
        assert_eq!(made.meta.unwrap().valid_from, "2016-12-01");
        // What it was recorded for does not move with the day of the next write.
        let (planned, approved) = (project([""; 5]), project(["2018-02-01", "", "", "", ""]));
        let planned = Record { plan_year: Some(2018), opened_on: "2017-10-15".to_owned(), ..planned };
        let approved = Record { plan_year: Some(2018), ..approved };
        assert_eq!(opening_day(&approved, Some(&planned), "2018-02-01"), "2017-10-15");
    }

    /// Every verb in every state: the days afterwards, or why it is refused. The day of the act is 2017-09-01.
    #[test]
    fn each_verb_is_allowed_and_refused() {
        const DAY: &str = "2017-09-01";
        let states = [
            ("PROPOSED", ["", "", "", "", ""]),
            ("APPROVED", ["2017-03-01", "", "", "", ""]),
            ("STARTED", ["2017-03-01", "2017-04-01", "", "", ""]),
            ("COMPLETED", ["2017-03-01", "2017-04-01", "2017-06-01", "", ""]),
            ("ACCEPTED", ["2017-03-01", "2017-04-01", "2017-06-01", "2017-07-01", ""]),
            ("CANCELLED", ["2017-03-01", "", "", "", "2017-05-01"]),
        ];
        type Act = fn(&mut Record, &ActContext, &mut Violations);
        let verbs: [(&str, Act, &[&str]); 5] = [
            (
                "Approve",
                |record, context, violations| {
                    AidProjects::approve_aid_project(record, &Default::default(), context, violations);
                },
                &["PROPOSED"],
            ),
            (
                "start",
                |record, context, violations| {
                    let request = p::ReportAidProjectProgressRequest {
                        started_on: context.occurred_on.clone(),
                        ..p::ReportAidProjectProgressRequest::default()
                    };
                    AidProjects::report_aid_project_progress(record, &request, context, violations);
                },
                &["APPROVED", "STARTED"],
            ),
            (
                "completion",
                |record, context, violations| {
                    let request = p::ReportAidProjectProgressRequest {
                        completed_on: context.occurred_on.clone(),
                        ..p::ReportAidProjectProgressRequest::default()
                    };
                    AidProjects::report_aid_project_progress(record, &request, context, violations);
                },
                &["STARTED", "COMPLETED"],
            ),
            (
                "Accept",
                |record, context, violations| {
                    let request = p::AcceptAidProjectRequest {
                        accepted_by: "县扶贫办".to_owned(),
                        ..p::AcceptAidProjectRequest::default()
                    };
                    AidProjects::accept_aid_project(record, &request, context, violations);
                },
                &["COMPLETED"],
            ),
            (
                "Cancel",
                |record, context, violations| {
                    AidProjects::cancel_aid_project(record, &Default::default(), context, violations);
                },
                &["PROPOSED", "APPROVED", "STARTED", "COMPLETED"],
            ),
        ];
        for (verb, act, allowed) in verbs {
            for (state, days) in states {
                let mut record = project(days);
                let mut found = act_on(DAY, |context, violations| act(&mut record, context, violations));
                found.extend(reasons(|violations| check_order(&record, violations)));
                assert_eq!(found.is_empty(), allowed.contains(&state), "{verb} in {state}: {found:?}");
            }
        }
    }

    #[test]
    fn progress_replaces_the_money_and_acceptance_tells_who() {
        let mut record = project(["2017-03-01", "2017-04-01", "2017-06-01", "", ""]);
        let request = p::ReportAidProjectProgressRequest {
            funds: vec![FundLine { budget_fen: Some(400_000_000), ..FundLine::default() }],
            ..p::ReportAidProjectProgressRequest::default()
        };
        let found = act_on("2017-07-01", |context, violations| {
            AidProjects::report_aid_project_progress(&mut record, &request, context, violations);
            let request = p::AcceptAidProjectRequest {
                accepted_by: "县扶贫办".to_owned(),
                ..p::AcceptAidProjectRequest::default()
            };
            AidProjects::accept_aid_project(&mut record, &request, context, violations);
        });
        assert_eq!(found, []);
        assert_eq!((record.funds, record.accepted_by.as_str()), (request.funds, "县扶贫办"));
    }

    proptest! {
        #[test]
        fn its_days_are_in_order(
            days in proptest::array::uniform4(proptest::option::weighted(0.75, 1..5u32)),
        ) {
            let told = days.map(|day| day.map_or(String::new(), |day| format!("2017-03-{day:02}")));
            let [approved, started, completed, accepted] = told.each_ref().map(String::as_str);
            let found = reasons(|violations| {
                check_order(&project([approved, started, completed, accepted, ""]), violations);
            });
            let stood = days.iter().take_while(|day| day.is_some()).count();
            let whole = days[stood..].iter().all(Option::is_none);
            prop_assert_eq!(found.is_empty(), whole && days[..stood].is_sorted());
        }

        #[test]
        fn aid_is_within_the_total(aid in 0..10_i64, total in 0..10_i64) {
            let record = Record { aid_fen: Some(aid), total_fen: Some(total), ..project([""; 5]) };
            prop_assert_eq!(reasons(|violations| check_money(&record, violations)).is_empty(), aid <= total);
        }
    }
}
