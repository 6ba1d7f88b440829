//! Temporary relief (临时救助): one event, one household or person, money once or in parts.

use kernel::date::CivilDate;
use kernel::failure::{Reason, Violations};
use proto::xiuhua::assistance::socialsecurity::v1 as p;
use proto::xiuhua::assistance::socialsecurity::v1::temporary_relief_service_server::TemporaryReliefServiceServer;
use record::facts::{Benefit, Facts, paid};
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads};
use record::{ActContext, AnyRecord, Registered, Resource, typed};
use store::Migration;

use crate::contract::{TemporaryReliefApi, TemporaryReliefVerbs, TemporaryReliefs, temporary_relief};

pub(crate) mod indicators;

static FACTS: Facts = Facts::benefit(temporary_relief::BENEFICIARY_HOUSEHOLD, benefit);

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<TemporaryReliefs>(),
        migration: Migration {
            name: "social_security/temporary_relief",
            sql: include_str!("../../migrations/social_security_temporary_relief.sql"),
        },
        indicators: indicators::ALL,
        facts: Some(&FACTS),
        serve: |service, engine| service.add(TemporaryReliefServiceServer::new(TemporaryReliefApi(engine))),
    }
}

/// What it gives the household, in the year of its approval, before that of its application. The form has no text for a
/// title; the cause is a word, which each language has its own of.
fn benefit(record: &dyn AnyRecord) -> Benefit {
    let Some(record) = typed::<TemporaryReliefs>(record) else { return Benefit::default() };
    let award = record.award.clone().unwrap_or_default();
    let opened = if award.approved_on.is_empty() { &award.applied_on } else { &award.approved_on };
    Benefit {
        title: String::new(),
        year: CivilDate::parse(opened).map(|day| day.year()),
        approved_fen: award.approved_fen,
        paid_fen: paid(&record.payments),
    }
}

impl Rules for TemporaryReliefs {
    fn complete(
        record: &mut Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        _violations: &mut Violations,
    ) -> Known<()> {
        let award = record.award.get_or_insert_default();
        let stood = record.payments.iter().filter(|payment| payment.returned_on.is_empty());
        award.first_paid_on = stood
            .map(|payment| &payment.paid_on)
            .filter(|day| !day.is_empty())
            .min()
            .cloned()
            .unwrap_or_default();
        Ok(())
    }

    fn check(
        record: &Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        let award = record.award.clone().unwrap_or_default();
        if !award.approved_on.is_empty() && award.approved_on < award.applied_on {
            violations
                .push("award.approved_on", Reason::DateOrder)
                .add("earlier", "申请日期")
                .add("later", "批准日期");
        }
        if record.covered_count.is_some_and(|count| !(1..=100).contains(&count)) {
            violations.push("covered_count", Reason::NumberOutOfRange).add("minimum", 1).add("maximum", 100);
        }
        check_payments(record, violations);
        Ok(())
    }
}

/// Invariant 10: paid ≤ approved; nothing is paid before it is approved.
fn check_payments(record: &p::TemporaryRelief, violations: &mut Violations) {
    let award = record.award.clone().unwrap_or_default();
    let mut sum = 0_i64;
    for (index, payment) in record.payments.iter().enumerate() {
        let paid_on = format!("payments[{index}].paid_on");
        if payment.paid_on.is_empty() {
            violations.push(paid_on, Reason::FieldRequired);
        } else if award.approved_on.is_empty() {
            violations.push(paid_on, Reason::MilestoneMissing).add("milestone", "批准日期");
        } else if payment.paid_on < award.approved_on {
            violations.push(paid_on, Reason::DateOrder).add("earlier", "批准日期").add("later", "发放日期");
        }
        match payment.amount_fen {
            None => {
                violations.push(format!("payments[{index}].amount_fen"), Reason::FieldRequired);
            }
            Some(amount) if payment.returned_on.is_empty() => match sum.checked_add(amount) {
                Some(total) => sum = total,
                None => {
                    violations.push(format!("payments[{index}].amount_fen"), Reason::AmountOverflow);
                }
            },
            Some(_) => {}
        }
    }
    if let Some(approved) = award.approved_fen
        && sum > approved
    {
        violations.push("payments", Reason::PaidOverApproved).add("limit", kernel::money::Fen(approved));
    }
}

type Record = <TemporaryReliefs as Resource>::Record;

impl TemporaryReliefVerbs for TemporaryReliefs {
    fn approve_temporary_relief(
        record: &mut Record,
        request: &p::ApproveTemporaryReliefRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        let award = record.award.get_or_insert_default();
        if !award.approved_on.is_empty() || !award.refused_on.is_empty() {
            refuse("Approve", award, violations);
        }
        if request.approved_fen.is_none() {
            violations.push("approved_fen", Reason::FieldRequired);
        }
        award.approved_on.clone_from(&context.occurred_on);
        award.approved_fen = request.approved_fen;
    }

    fn refuse_temporary_relief(
        record: &mut Record,
        _request: &p::RefuseTemporaryReliefRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        let award = record.award.get_or_insert_default();
        if !award.approved_on.is_empty() || !award.refused_on.is_empty() {
            refuse("Refuse", award, violations);
        }
        award.refused_on.clone_from(&context.occurred_on);
    }

    fn record_temporary_relief_payments(
        record: &mut Record,
        request: &p::RecordTemporaryReliefPaymentsRequest,
        _context: &ActContext,
        violations: &mut Violations,
    ) {
        let award = record.award.get_or_insert_default();
        if award.approved_on.is_empty() || !award.ends_on.is_empty() {
            refuse("RecordPayments", award, violations);
        }
        record.payments.extend(request.payments.iter().cloned());
    }

    fn end_temporary_relief(
        record: &mut Record,
        _request: &p::EndTemporaryReliefRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        let award = record.award.get_or_insert_default();
        if award.approved_on.is_empty() || !award.ends_on.is_empty() {
            refuse("End", award, violations);
        }
        award.ends_on.clone_from(&context.occurred_on);
    }
}

fn refuse(verb: &str, award: &proto::common::Award, violations: &mut Violations) {
    let state = if !award.refused_on.is_empty() {
        "REFUSED"
    } else if !award.ends_on.is_empty() {
        "ENDED"
    } else if !award.first_paid_on.is_empty() {
        "PAYING"
    } else if !award.approved_on.is_empty() {
        "APPROVED"
    } else {
        "APPLIED"
    };
    violations.push("state", Reason::StateRefuses).add("state", state).add("verb", verb);
}

#[cfg(test)]
mod tests {
    use proto::common::{Award, Payment};
    use record::Rec;

    use super::*;

    #[test]
    fn it_is_told_as_a_benefit() {
        let payment = |fen| Payment { amount_fen: Some(fen), ..Payment::default() };
        let award = |approved_on: &str| Award {
            applied_on: "2016-12-20".to_owned(),
            approved_on: approved_on.to_owned(),
            approved_fen: Some(120_000),
            ..Award::default()
        };
        for (approved_on, year) in [("", 2016), ("2017-01-10", 2017)] {
            let record = Record {
                award: Some(award(approved_on)),
                cause: p::ReliefCause::Illness.into(),
                payments: vec![payment(70_000), payment(50_000)],
                ..Record::default()
            };
            let expected = Benefit {
                title: String::new(),
                year: Some(year),
                approved_fen: Some(120_000),
                paid_fen: Some(120_000),
            };
            assert_eq!(benefit(&Rec::<TemporaryReliefs>(record)), expected);
        }
    }
}
