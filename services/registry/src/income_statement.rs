//! Income of a household in a year (收入信息), and whether its three signatures are there.

use kernel::date::CivilDate;
use kernel::failure::{Reason, Violations};
use kernel::money::Fen;
use proto::common::HouseholdSection;
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::income_statement_service_server::IncomeStatementServiceServer;
use record::facts::Facts;
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads};
use record::{ActContext, Registered, Resource};
use store::Migration;

use crate::contract::{
    Households, IncomeStatementApi, IncomeStatementVerbs, IncomeStatements, income_statement,
};
use crate::household::whereabouts::{village_now, village_on};
use crate::line::poverty_line;
use crate::membership::members_on;

pub(crate) mod sheet;

static FACTS: Facts = Facts::records(HouseholdSection::Incomes, income_statement::HOUSEHOLD);

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<IncomeStatements>(),
        migration: Migration {
            name: "registry/income_statement",
            sql: include_str!("../migrations/income_statement.sql"),
        },
        indicators: &[],
        facts: Some(&FACTS),
        serve: |service, engine| service.add(IncomeStatementServiceServer::new(IncomeStatementApi(engine))),
    }
}

impl Rules for IncomeStatements {
    /// Where it happened, its last day, its members, the line of its year, and the day it was signed by all.
    fn complete(
        record: &mut Self::Record,
        old: Option<&Self::Record>,
        context: &Context<'_>,
        reads: &Reads<'_>,
        _violations: &mut Violations,
    ) -> Known<()> {
        if let Some(old) = old {
            drop_signatures(record, old);
        }
        let first = CivilDate::parse_month(&record.period_to);
        record.period_end = first.map(|day| day.end_of_month().to_string()).unwrap_or_default();
        let signatures = [&record.household_signed_on, &record.helper_signed_on, &record.village_signed_on];
        let all = signatures.iter().all(|day| !day.is_empty());
        record.signed_on = signatures.into_iter().max().filter(|_| all).cloned().unwrap_or_default();
        let Some(household) = reads.record::<Households>(&record.household)? else { return Ok(()) };
        let area = village_on(&household, &record.period_end);
        if let Some(year) = record.year {
            let line = poverty_line("exit", year, &area, context, reads)?;
            record.line_fen = line.map(Fen::fen);
        }
        record.meta.get_or_insert_default().area = area;
        // Counted once: who is removed later was there, or was thought to be.
        if let Some(old) = old.filter(|old| old.period_end == record.period_end) {
            record.registered_members = old.registered_members;
            return Ok(());
        }
        // Who was identified after the income year has its income of the months before (domain brief §2.2, V40).
        let counted_on = record.period_end.as_str().max(household.since());
        let members = members_on(&record.household, counted_on, reads)?.len();
        record.registered_members = i32::try_from(members).ok();
        Ok(())
    }

    fn scope_area(record: &Self::Record, _context: &Context<'_>, reads: &Reads<'_>) -> Known<Option<String>> {
        Ok(reads.record::<Households>(&record.household)?.and_then(|household| village_now(&household)))
    }

    fn check(
        record: &Self::Record,
        _old: Option<&Self::Record>,
        context: &Context<'_>,
        reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        if reads.record::<Households>(&record.household)?.is_none() {
            violations.push("household", Reason::ReferenceNotFound).add("collection", "households");
        }
        if record.period_from > record.period_to {
            violations.push("period_to", Reason::DateOrder).add("earlier", "起始月").add("later", "截止月");
        }
        check_sums(record, violations);
        let area = record.meta.as_ref().map(|meta| meta.area.as_str()).unwrap_or_default();
        let asked = ("registry.income_per_capita_tolerance", "-");
        let tolerance = context.parameter(reads, asked, area, &record.period_end)?;
        let tolerance = tolerance.and_then(|text| Fen::parse_yuan(&text).ok()).map_or(0, Fen::fen);
        check_per_capita(record, tolerance, violations);
        Ok(())
    }
}

/// Whoever signed, signed other amounts: signatures fall with them, unless they are stated anew.
fn drop_signatures(record: &mut p::IncomeStatement, old: &p::IncomeStatement) {
    let amounts = |statement: &p::IncomeStatement| {
        [
            statement.wage_fen,
            statement.business_fen,
            statement.property_fen,
            statement.transfer_fen,
            statement.business_cost_fen,
            statement.net_income_fen,
            statement.net_per_capita_fen,
        ]
    };
    let signatures = |statement: &p::IncomeStatement| {
        [
            statement.household_signed_on.clone(),
            statement.helper_signed_on.clone(),
            statement.village_signed_on.clone(),
        ]
    };
    if amounts(record) != amounts(old) && signatures(record) == signatures(old) {
        record.household_signed_on.clear();
        record.helper_signed_on.clear();
        record.village_signed_on.clear();
    }
}

/// 家庭纯收入 = the four kinds of income less the cost; the parts of the transfers sum to them (domain brief §2.2).
fn check_sums(record: &p::IncomeStatement, violations: &mut Violations) {
    let kinds = [record.wage_fen, record.business_fen, record.property_fen, record.transfer_fen];
    let income = kinds.into_iter().flatten().try_fold(0_i64, i64::checked_add);
    let net = income.and_then(|income| income.checked_sub(record.business_cost_fen.unwrap_or_default()));
    differs("net_income_fen", record.net_income_fen, net, violations);
    if let Some(transfer) = &record.transfer {
        let parts = [
            transfer.birth_planning_fen,
            transfer.dibao_fen,
            transfer.five_guarantee_fen,
            transfer.pension_fen,
            transfer.ecological_fen,
            transfer.other_fen,
        ];
        if parts.iter().any(Option::is_some) {
            let sum = parts.into_iter().flatten().try_fold(0_i64, i64::checked_add);
            differs("transfer_fen", record.transfer_fen, sum, violations);
        }
    }
}

fn differs(path: &str, stated: Option<i64>, sum: Option<i64>, violations: &mut Violations) {
    match (stated, sum) {
        (Some(_), None) => {
            violations.push(path, Reason::AmountOverflow);
        }
        (Some(stated), Some(sum)) if stated != sum => {
            violations.push(path, Reason::SumDiffers).add("total", Fen(stated)).add("sum", Fen(sum));
        }
        _ => {}
    }
}

/// 人均纯收入 = 家庭纯收入 ÷ registered members, within the tolerance in fen. Without known members it cannot be told.
fn check_per_capita(record: &p::IncomeStatement, tolerance: i64, violations: &mut Violations) {
    let members = i64::from(record.registered_members.unwrap_or_default());
    let (Some(net), Some(stated)) = (record.net_income_fen, record.net_per_capita_fen) else { return };
    if members > 0 && !within(net, members, stated, tolerance) {
        violations
            .push("net_per_capita_fen", Reason::SumDiffers)
            .add("total", Fen(stated))
            .add("sum", Fen(net / members));
    }
}

/// Whether `stated` × `members` lies within `tolerance` × `members` of `net`, without rounding on the way.
fn within(net: i64, members: i64, stated: i64, tolerance: i64) -> bool {
    let (net, members) = (i128::from(net), i128::from(members));
    (net - i128::from(stated) * members).abs() <= i128::from(tolerance) * members
}

type Record = <IncomeStatements as Resource>::Record;

impl IncomeStatementVerbs for IncomeStatements {
    fn sign_income_statement(
        record: &mut Record,
        request: &p::SignIncomeStatementRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        let day = match request.signer() {
            p::IncomeSigner::Household => &mut record.household_signed_on,
            p::IncomeSigner::Helper => &mut record.helper_signed_on,
            p::IncomeSigner::Village => &mut record.village_signed_on,
            p::IncomeSigner::Unspecified => {
                violations.push("signer", Reason::FieldRequired);
                return;
            }
        };
        if day.is_empty() {
            day.clone_from(&context.occurred_on);
        } else {
            violations.push("state", Reason::StateRefuses).add("state", "SIGNED").add("verb", "Sign");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn statement(kinds: [i64; 4], cost: i64, net: i64, stated: i64, members: i32) -> p::IncomeStatement {
        p::IncomeStatement {
            wage_fen: Some(kinds[0]),
            business_fen: Some(kinds[1]),
            property_fen: Some(kinds[2]),
            transfer_fen: Some(kinds[3]),
            business_cost_fen: Some(cost),
            net_income_fen: Some(net),
            net_per_capita_fen: Some(stated),
            registered_members: Some(members),
            ..p::IncomeStatement::default()
        }
    }

    fn reasons(statement: &p::IncomeStatement) -> Vec<(String, Reason)> {
        let mut violations = Violations::default();
        check_sums(statement, &mut violations);
        check_per_capita(statement, 100, &mut violations);
        violations.iter().map(|violation| (violation.field.clone(), violation.reason)).collect()
    }

    #[test]
    fn sums_and_the_amount_a_head_agree() {
        let right = statement([100_000, 50_000, 0, 30_000], 20_000, 160_000, 53_333, 3);
        assert_eq!(reasons(&right), []);
        let off = p::IncomeStatement { net_income_fen: Some(160_001), ..right.clone() };
        assert_eq!(reasons(&off), [("net_income_fen".to_owned(), Reason::SumDiffers)]);
        let other_head = p::IncomeStatement { net_per_capita_fen: Some(80_000), ..right.clone() };
        assert_eq!(reasons(&other_head), [("net_per_capita_fen".to_owned(), Reason::SumDiffers)]);
        let nobody_known = p::IncomeStatement { registered_members: Some(0), ..other_head };
        assert_eq!(reasons(&nobody_known), []);
        let huge = p::IncomeStatement { wage_fen: Some(i64::MAX), ..right };
        assert_eq!(reasons(&huge), [("net_income_fen".to_owned(), Reason::AmountOverflow)]);
    }

    #[test]
    fn signatures_fall_with_the_amounts_that_were_signed() {
        let signed = p::IncomeStatement {
            household_signed_on: "2015-10-25".to_owned(),
            helper_signed_on: "2015-10-25".to_owned(),
            village_signed_on: "2015-10-25".to_owned(),
            ..statement([100, 0, 0, 0], 0, 100, 100, 1)
        };
        let mut noted = p::IncomeStatement { year: Some(2015), ..signed.clone() };
        drop_signatures(&mut noted, &signed);
        assert_eq!(noted.village_signed_on, "2015-10-25");
        let mut more = p::IncomeStatement { wage_fen: Some(200), ..signed.clone() };
        drop_signatures(&mut more, &signed);
        assert_eq!((more.household_signed_on.as_str(), more.village_signed_on.as_str()), ("", ""));
        let mut anew = p::IncomeStatement { wage_fen: Some(200), ..signed.clone() };
        anew.village_signed_on = "2015-11-01".to_owned();
        drop_signatures(&mut anew, &signed);
        assert_eq!(anew.village_signed_on, "2015-11-01");
    }

    #[test]
    fn parts_of_the_transfers_sum_to_them() {
        let transfer =
            |dibao| Some(p::TransferIncome { dibao_fen: Some(dibao), ..p::TransferIncome::default() });
        let right = statement([0, 0, 0, 30_000], 0, 30_000, 30_000, 1);
        assert_eq!(reasons(&p::IncomeStatement { transfer: transfer(30_000), ..right.clone() }), []);
        assert_eq!(
            reasons(&p::IncomeStatement { transfer: transfer(29_999), ..right }),
            [("transfer_fen".to_owned(), Reason::SumDiffers)]
        );
    }

    proptest! {
        #[test]
        fn what_is_rounded_to_whole_yuan_is_accepted(
            kinds in prop::array::uniform4(0_i64..10_000_000),
            cost in 0_i64..10_000_000,
            members in 1_i32..8,
        ) {
            let net = kinds.iter().sum::<i64>() - cost;
            let head = net as f64 / f64::from(members);
            let stated = (head / 100.0).round() as i64 * 100;
            prop_assert_eq!(reasons(&statement(kinds, cost, net, stated, members)), []);
        }
    }
}
