//! What all Works have in common: the order of their days, their money, and the verbs that bring the days. A slice adds
//! what only it has.

use kernel::failure::{Reason, Violations};
use kernel::money::Fen;
use proto::common::{FundLine, Payment, Schedule};

use crate::rules::ActContext;

/// A day of a work: its title on the form, its path, its value.
pub type Milestone<'m> = (&'m str, &'m str, &'m str);

/// The days of a schedule as milestones, after those that come before the work begins.
pub fn milestones<'m>(before: &[Milestone<'m>], schedule: &'m Schedule) -> Vec<Milestone<'m>> {
    let own = [
        ("开工日期", "schedule.started_on", schedule.started_on.as_str()),
        ("竣工日期", "schedule.completed_on", schedule.completed_on.as_str()),
        ("验收日期", "schedule.accepted_on", schedule.accepted_on.as_str()),
    ];
    before.iter().copied().chain(own).collect()
}

/// Invariant 11: each day is no earlier than the one before it, and none stands without the one before it.
pub fn check_order(milestones: &[Milestone<'_>], violations: &mut Violations) {
    for pair in milestones.windows(2) {
        let ((earlier, _, before), (later, path, after)) = (pair[0], pair[1]);
        if after.is_empty() {
            continue;
        }
        if before.is_empty() {
            violations.push(path, Reason::MilestoneMissing).add("milestone", earlier);
        } else if after < before {
            violations.push(path, Reason::DateOrder).add("earlier", earlier).add("later", later);
        }
    }
}

/// Invariant 10: the sources sum to the planned total; of each source paid ≤ allocated ≤ budget; what is paid out stays
/// within the total.
pub fn check_money(
    total_fen: Option<i64>,
    funds: &[FundLine],
    payments: &[Payment],
    violations: &mut Violations,
) {
    for (index, line) in funds.iter().enumerate() {
        let steps = [
            ("budget_fen", line.budget_fen),
            ("allocated_fen", line.allocated_fen),
            ("paid_fen", line.paid_fen),
        ];
        // A stage that is not stated lets nothing through: the last one that is binds.
        let mut bound: Option<(&str, i64)> = None;
        for (stage, amount) in steps {
            let Some(amount) = amount else { continue };
            if let Some((previous, limit)) = bound
                && amount > limit
            {
                violations
                    .push(format!("funds[{index}].{stage}"), Reason::StageOverPrevious)
                    .add("stage", stage)
                    .add("previous", previous);
            }
            bound = Some((stage, amount));
        }
    }
    let Some(total) = total_fen else {
        if payments.iter().any(|payment| payment.amount_fen.is_some()) {
            violations.push("total_fen", Reason::FieldRequired);
        }
        return;
    };
    let budgets: Vec<i64> = funds.iter().filter_map(|line| line.budget_fen).collect();
    if !budgets.is_empty() {
        match budgets.iter().try_fold(0_i64, |sum, budget| sum.checked_add(*budget)) {
            None => {
                violations.push("total_fen", Reason::AmountOverflow);
            }
            Some(sum) if sum != total => {
                violations
                    .push("total_fen", Reason::SumDiffers)
                    .add("total", Fen(total))
                    .add("sum", Fen(sum));
            }
            Some(_) => {}
        }
    }
    let stood = payments.iter().filter(|payment| payment.returned_on.is_empty());
    let paid = stood.filter_map(|payment| payment.amount_fen).fold(0, i64::saturating_add);
    if paid > total {
        violations.push("payments", Reason::PaidOverApproved).add("limit", Fen(total));
    }
}

/// Money goes out once the work is accepted, and on a day.
pub fn check_payments(schedule: &Schedule, payments: &[Payment], violations: &mut Violations) {
    for (index, payment) in payments.iter().enumerate() {
        if payment.paid_on.is_empty() {
            // A ledger may tell the account alone; an amount needs its day.
            if payment.amount_fen.is_some() {
                violations.push(format!("payments[{index}].paid_on"), Reason::FieldRequired);
            }
        } else if schedule.accepted_on.is_empty() {
            violations
                .push(format!("payments[{index}].paid_on"), Reason::MilestoneMissing)
                .add("milestone", "验收日期");
        }
    }
}

/// Whether anything but the application has happened.
pub fn begun(schedule: &Schedule) -> bool {
    [&schedule.approved_on, &schedule.started_on, &schedule.completed_on, &schedule.accepted_on]
        .iter()
        .any(|day| !day.is_empty())
}

/// The verb Approve.
pub fn approve(schedule: &mut Option<Schedule>, context: &ActContext, violations: &mut Violations) {
    let schedule = schedule.get_or_insert_default();
    unless_cancelled(schedule, "Approve", violations);
    set_once(&mut schedule.approved_on, context, ("Approve", "APPROVED"), violations);
}

/// The verb ReportProgress: a start needs the approval, a completion the start (see [`check_order`]).
pub fn report(
    schedule: &mut Option<Schedule>,
    (started_on, completed_on): (&str, &str),
    violations: &mut Violations,
) {
    let schedule = schedule.get_or_insert_default();
    unless_cancelled(schedule, "ReportProgress", violations);
    if !started_on.is_empty() {
        if schedule.approved_on.is_empty() {
            violations.push("started_on", Reason::MilestoneMissing).add("milestone", "审批");
        }
        started_on.clone_into(&mut schedule.started_on);
    }
    if !completed_on.is_empty() {
        completed_on.clone_into(&mut schedule.completed_on);
    }
}

/// The verb Accept.
pub fn accept(schedule: &mut Option<Schedule>, context: &ActContext, violations: &mut Violations) {
    let schedule = schedule.get_or_insert_default();
    unless_cancelled(schedule, "Accept", violations);
    set_once(&mut schedule.accepted_on, context, ("Accept", "ACCEPTED"), violations);
}

/// The verb Cancel: what is accepted stands.
pub fn cancel(schedule: &mut Option<Schedule>, context: &ActContext, violations: &mut Violations) {
    let schedule = schedule.get_or_insert_default();
    if !schedule.accepted_on.is_empty() {
        refuse(("Cancel", "ACCEPTED"), violations);
    }
    set_once(&mut schedule.cancelled_on, context, ("Cancel", "CANCELLED"), violations);
}

/// The verb RecordPayments; see [`check_payments`].
pub fn pay(payments: &mut Vec<Payment>, more: &[Payment]) {
    payments.extend(more.iter().cloned());
}

fn unless_cancelled(schedule: &Schedule, verb: &str, violations: &mut Violations) {
    if !schedule.cancelled_on.is_empty() {
        refuse((verb, "CANCELLED"), violations);
    }
}

fn set_once(day: &mut String, context: &ActContext, refused: (&str, &str), violations: &mut Violations) {
    if day.is_empty() {
        context.occurred_on.clone_into(day);
    } else {
        refuse(refused, violations);
    }
}

fn refuse((verb, state): (&str, &str), violations: &mut Violations) {
    violations.push("state", Reason::StateRefuses).add("state", state).add("verb", verb);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(started: &str, completed: &str, accepted: &str) -> Schedule {
        Schedule {
            started_on: started.to_owned(),
            completed_on: completed.to_owned(),
            accepted_on: accepted.to_owned(),
            ..Schedule::default()
        }
    }

    fn reasons(schedule: &Schedule) -> Vec<Reason> {
        let mut violations = Violations::default();
        check_order(&milestones(&[("鉴定日期", "appraised_on", "2016-03-01")], schedule), &mut violations);
        violations.iter().map(|violation| violation.reason).collect()
    }

    #[test]
    fn milestones_follow_each_other() {
        assert_eq!(reasons(&schedule("2016-05-01", "2016-08-01", "2016-09-01")), []);
        assert_eq!(reasons(&schedule("2016-05-01", "", "")), []);
        assert_eq!(reasons(&schedule("", "2016-08-01", "")), [Reason::MilestoneMissing]);
        assert_eq!(reasons(&schedule("2016-05-01", "", "2016-09-01")), [Reason::MilestoneMissing]);
        assert_eq!(reasons(&schedule("2016-05-01", "2016-04-01", "")), [Reason::DateOrder]);
        assert_eq!(reasons(&schedule("2016-02-01", "", "")), [Reason::DateOrder]);
    }

    #[test]
    fn sources_sum_to_the_total_and_payments_stay_below() {
        let line = |budget| FundLine { budget_fen: Some(budget), ..FundLine::default() };
        let payment = |fen| Payment { amount_fen: Some(fen), ..Payment::default() };
        let found = |funds: &[FundLine], payments: &[Payment]| {
            let mut violations = Violations::default();
            check_money(Some(300), funds, payments, &mut violations);
            violations.iter().map(|violation| violation.reason).collect::<Vec<_>>()
        };
        assert_eq!(found(&[line(100), line(200)], &[payment(300)]), []);
        assert_eq!(found(&[line(100), line(i64::MAX)], &[]), [Reason::AmountOverflow]);
        assert_eq!(found(&[line(299)], &[]), [Reason::SumDiffers]);
        assert_eq!(found(&[line(300)], &[payment(301)]), [Reason::PaidOverApproved]);
        let returned = Payment { returned_on: "2016-10-01".to_owned(), ..payment(301) };
        assert_eq!(found(&[line(300)], &[returned]), []);
        let over = FundLine { allocated_fen: Some(301), paid_fen: Some(302), ..line(300) };
        assert_eq!(found(&[over], &[]), [Reason::StageOverPrevious; 2]);
        // A stage that is left out lets nothing through.
        let past = FundLine { paid_fen: Some(301), ..line(300) };
        assert_eq!(found(&[past], &[]), [Reason::StageOverPrevious]);
        let mut violations = Violations::default();
        check_money(None, &[], &[payment(1)], &mut violations);
        assert_eq!(violations.iter().map(|found| found.reason).collect::<Vec<_>>(), [Reason::FieldRequired]);
    }

    #[test]
    fn nothing_is_paid_before_the_acceptance_or_on_no_day() {
        let on = |day: &str, fen| Payment { paid_on: day.to_owned(), amount_fen: fen, ..Payment::default() };
        let found = |accepted: &str, payment: Payment| {
            let mut violations = Violations::default();
            check_payments(&schedule("2016-05-01", "2016-08-01", accepted), &[payment], &mut violations);
            violations.iter().map(|violation| violation.reason).collect::<Vec<_>>()
        };
        assert_eq!(found("2016-09-01", on("2016-09-20", Some(1))), []);
        assert_eq!(found("", on("2016-09-20", Some(1))), [Reason::MilestoneMissing]);
        assert_eq!(found("", on("", Some(1))), [Reason::FieldRequired]);
        assert_eq!(found("", on("", None)), []);
    }
}
