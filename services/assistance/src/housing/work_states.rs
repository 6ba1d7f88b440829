//! Every verb of every Work of housing in every state: what is allowed, what it leads to, what is refused.

use kernel::failure::Violations;
use proto::common::WorkState::{self, Accepted, Approved, Cancelled, Completed, Proposed, Started};
use proto::common::{Payment, Schedule};
use proto::xiuhua::assistance::housing::v1 as p;
use record::rules::Rules;
use record::states::state_on;
use record::{Rec, Resource};

use crate::contract::{
    RelocationCaseVerbs, RelocationCases, RenovationCaseVerbs, RenovationCases, WaterWorkVerbs, WaterWorks,
};
use crate::world::{HOUSEHOLD, TODAY, World, act, beneficiary};

/// The days of the milestones.
const APPROVED_ON: &str = "2016-04-01";
const STARTED_ON: &str = "2016-05-01";
const COMPLETED_ON: &str = "2016-08-01";
const ACCEPTED_ON: &str = "2016-09-01";
const PAID_ON: &str = "2016-10-01";

const STATES: [WorkState; 6] = [Proposed, Approved, Started, Completed, Accepted, Cancelled];

/// From a state by a verb to a state; all that is not here is refused. Days that are told again stay as they are.
const ALLOWED: [(WorkState, &str, WorkState); 14] = [
    (Proposed, "Approve", Approved),
    (Proposed, "Cancel", Cancelled),
    (Approved, "Start", Started),
    (Approved, "Cancel", Cancelled),
    (Started, "Start", Started),
    (Started, "Complete", Completed),
    (Started, "Cancel", Cancelled),
    (Completed, "Start", Completed),
    (Completed, "Complete", Completed),
    (Completed, "Accept", Accepted),
    (Completed, "Cancel", Cancelled),
    (Accepted, "Start", Accepted),
    (Accepted, "Complete", Accepted),
    (Accepted, "Pay", Accepted),
];

type VerbOf<R> = (&'static str, fn(&mut <R as Resource>::Record, &mut Violations));

/// The days of a work in a state.
fn schedule(state: WorkState) -> Option<Schedule> {
    let reached = |least: WorkState, day: &str| {
        let come = state != Cancelled && i32::from(state) >= i32::from(least);
        if come { day.to_owned() } else { String::new() }
    };
    Some(Schedule {
        approved_on: reached(Approved, APPROVED_ON),
        started_on: reached(Started, STARTED_ON),
        completed_on: reached(Completed, COMPLETED_ON),
        accepted_on: reached(Accepted, ACCEPTED_ON),
        cancelled_on: if state == Cancelled { APPROVED_ON.to_owned() } else { String::new() },
    })
}

fn walk<R: Rules>(make: impl Fn(Option<Schedule>) -> R::Record, verbs: &[VerbOf<R>]) {
    let world = World::default();
    for state in STATES {
        let before = make(schedule(state));
        assert_eq!(state_on(&Rec::<R>(before.clone()), TODAY), i32::from(state));
        assert!(world.check::<R>(&before, None).is_empty(), "{state:?}");
        for (verb, run) in verbs {
            let mut after = before.clone();
            let mut violations = Violations::default();
            run(&mut after, &mut violations);
            let refused = !violations.is_empty() || !world.check::<R>(&after, Some(&before)).is_empty();
            let reached = (!refused).then(|| state_on(&Rec::<R>(after), TODAY));
            let step = ALLOWED.iter().find(|(from, by, _)| *from == state && by == verb);
            assert_eq!(
                reached,
                step.map(|(_, _, to)| i32::from(*to)),
                "{}: {state:?} {verb}",
                R::SPEC.resource
            );
        }
    }
}

/// The verbs of a Work by the names of its RPCs.
macro_rules! verbs {
    ($resource:ident: $approve:ident $approved:ident, $report:ident $reported:ident, $accept:ident $accepted:ident,
     $cancel:ident $cancelled:ident $(, $pay:ident $paid:ident)?) => {
        &[
            ("Approve", |record, violations| {
                $resource::$approve(record, &p::$approved::default(), &act(APPROVED_ON), violations);
            }),
            ("Start", |record, violations| {
                let request = p::$reported { started_on: STARTED_ON.to_owned(), ..p::$reported::default() };
                $resource::$report(record, &request, &act(STARTED_ON), violations);
            }),
            ("Complete", |record, violations| {
                let request = p::$reported { completed_on: COMPLETED_ON.to_owned(), ..p::$reported::default() };
                $resource::$report(record, &request, &act(COMPLETED_ON), violations);
            }),
            ("Accept", |record, violations| {
                $resource::$accept(record, &p::$accepted::default(), &act(ACCEPTED_ON), violations);
            }),
            ("Cancel", |record, violations| {
                $resource::$cancel(record, &p::$cancelled::default(), &act(PAID_ON), violations);
            }),
            $(("Pay", |record, violations| {
                let payment = Payment {
                    paid_on: PAID_ON.to_owned(),
                    amount_fen: Some(100),
                    ..Payment::default()
                };
                let request = p::$paid { payments: vec![payment], ..p::$paid::default() };
                $resource::$pay(record, &request, &act(PAID_ON), violations);
            }),)?
        ]
    };
}

#[test]
fn renovations() {
    walk::<RenovationCases>(
        |schedule| p::RenovationCase {
            schedule,
            beneficiary: beneficiary(HOUSEHOLD),
            old_grade: "D".to_owned(),
            appraised_on: "2016-03-01".to_owned(),
            total_fen: Some(100),
            ..p::RenovationCase::default()
        },
        verbs!(RenovationCases:
            approve_renovation_case ApproveRenovationCaseRequest,
            report_renovation_case_progress ReportRenovationCaseProgressRequest,
            accept_renovation_case AcceptRenovationCaseRequest,
            cancel_renovation_case CancelRenovationCaseRequest,
            record_renovation_case_payments RecordRenovationCasePaymentsRequest),
    );
}

#[test]
fn relocations() {
    walk::<RelocationCases>(
        |schedule| p::RelocationCase {
            schedule,
            beneficiary: beneficiary(HOUSEHOLD),
            agreement_on: "2016-03-01".to_owned(),
            persons_at_completion: Some(3),
            persons_at_approval: Some(3),
            floor_area_sqm_x100: Some(7_500),
            total_fen: Some(100),
            ..p::RelocationCase::default()
        },
        verbs!(RelocationCases:
            approve_relocation_case ApproveRelocationCaseRequest,
            report_relocation_case_progress ReportRelocationCaseProgressRequest,
            accept_relocation_case AcceptRelocationCaseRequest,
            cancel_relocation_case CancelRelocationCaseRequest,
            record_relocation_case_payments RecordRelocationCasePaymentsRequest),
    );
}

#[test]
fn water_works() {
    walk::<WaterWorks>(
        |schedule| p::WaterWork { schedule, plan_year: Some(2016), ..p::WaterWork::default() },
        verbs!(WaterWorks:
            approve_water_work ApproveWaterWorkRequest,
            report_water_work_progress ReportWaterWorkProgressRequest,
            accept_water_work AcceptWaterWorkRequest,
            cancel_water_work CancelWaterWorkRequest),
    );
}
