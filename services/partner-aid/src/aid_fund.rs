//! Money of the partner city (援助资金), by stages: pledged, arranged, arrived, allocated, paid. They are different amounts
//! of different days; none is above the one before it.

use kernel::failure::{Reason, Violations};
use proto::xiuhua::partneraid::v1 as p;
use proto::xiuhua::partneraid::v1::AidFundStage;
use proto::xiuhua::partneraid::v1::aid_fund_service_server::AidFundServiceServer;
use record::column::Column;
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads};
use record::value::Value;
use record::{ActContext, Registered, Resource};
use store::Migration;

use crate::contract::{AidFundApi, AidFundVerbs, AidFunds, aid_fund};

pub(crate) mod indicators;

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<AidFunds>(),
        migration: Migration {
            name: "partner_aid/aid_fund",
            sql: include_str!("../migrations/aid_fund.sql"),
        },
        indicators: indicators::ALL,
        facts: None,
        serve: |service, engine| service.add(AidFundServiceServer::new(AidFundApi(engine))),
    }
}

type Record = <AidFunds as Resource>::Record;

/// A stage with its columns.
struct Stage {
    stage: AidFundStage,
    amount: Column,
    day: Column,
}

/// All stages, in order.
const STAGES: [Stage; 5] = [
    Stage { stage: AidFundStage::Pledged, amount: aid_fund::PLEDGED_FEN, day: aid_fund::PLEDGED_ON },
    Stage { stage: AidFundStage::Arranged, amount: aid_fund::ARRANGED_FEN, day: aid_fund::ARRANGED_ON },
    Stage { stage: AidFundStage::Arrived, amount: aid_fund::ARRIVED_FEN, day: aid_fund::ARRIVED_ON },
    Stage { stage: AidFundStage::Allocated, amount: aid_fund::ALLOCATED_FEN, day: aid_fund::ALLOCATED_ON },
    Stage { stage: AidFundStage::Paid, amount: aid_fund::PAID_FEN, day: aid_fund::PAID_ON },
];

/// A line may begin at this stage: ledgers often tell of no pledge [A].
const MAY_BEGIN: usize = 1;

impl Stage {
    fn amount(&self, record: &Record) -> Option<i64> {
        AidFunds::get(record, self.amount.leaf).as_integer()
    }
    fn day(&self, record: &Record) -> Option<String> {
        AidFunds::get(record, self.day.leaf).as_text().map(str::to_owned)
    }
    fn is_filled(&self, record: &Record) -> bool {
        self.amount(record).is_some() || self.day(record).is_some()
    }
    /// The form's word for it.
    fn word(&self) -> &'static str {
        let words = AidFunds::SPEC.state_words;
        words.iter().find(|word| word.number == i32::from(self.stage)).map_or("", |word| word.label.zh)
    }
    /// The title of its day on the form.
    fn day_title(&self) -> &'static str {
        self.day.leaf().title.map_or("", |title| title.zh)
    }
}

impl Rules for AidFunds {
    fn complete(
        record: &mut Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        _violations: &mut Violations,
    ) -> Known<()> {
        record.opened_on = STAGES.iter().filter_map(|stage| stage.day(record)).min().unwrap_or_default();
        Ok(())
    }

    fn check(
        record: &Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        check_stages(record, violations);
        Ok(())
    }
}

/// Each stage has an amount and a day, follows the one before it, and is neither above nor before it (invariant 10).
fn check_stages(record: &Record, violations: &mut Violations) {
    if !STAGES.iter().any(|stage| stage.is_filled(record)) {
        violations.push(aid_fund::ARRANGED_FEN.leaf().path, Reason::FieldRequired);
    }
    let mut before: Option<&Stage> = None;
    for (index, stage) in STAGES.iter().enumerate() {
        let previous = before.replace(stage);
        if !stage.is_filled(record) {
            continue;
        }
        for (filled, column) in
            [(stage.amount(record).is_some(), stage.amount), (stage.day(record).is_some(), stage.day)]
        {
            if !filled {
                violations.push(column.leaf().path, Reason::FieldRequired);
            }
        }
        match previous {
            Some(previous) if previous.is_filled(record) => check_step(record, previous, stage, violations),
            Some(previous) if index > MAY_BEGIN => {
                violations
                    .push(stage.day.leaf().path, Reason::MilestoneMissing)
                    .add("milestone", previous.day_title());
            }
            Some(_) | None => {}
        }
    }
}

fn check_step(record: &Record, previous: &Stage, stage: &Stage, violations: &mut Violations) {
    if let (Some(limit), Some(amount)) = (previous.amount(record), stage.amount(record))
        && amount > limit
    {
        violations
            .push(stage.amount.leaf().path, Reason::StageOverPrevious)
            .add("stage", stage.word())
            .add("previous", previous.word());
    }
    if let (Some(earlier), Some(later)) = (previous.day(record), stage.day(record))
        && later < earlier
    {
        violations
            .push(stage.day.leaf().path, Reason::DateOrder)
            .add("earlier", previous.day_title())
            .add("later", stage.day_title());
    }
}

impl AidFundVerbs for AidFunds {
    /// Only the stage that comes next; what is recorded is changed by a correction.
    fn record_aid_fund_stage(
        record: &mut Record,
        request: &p::RecordAidFundStageRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        if request.amount_fen.is_none() {
            violations.push("amount_fen", Reason::FieldRequired);
        }
        let Some(asked) = STAGES.iter().position(|stage| stage.stage == request.stage()) else {
            violations.push("stage", Reason::FieldRequired);
            return;
        };
        let reached = STAGES.iter().rposition(|stage| stage.is_filled(record));
        match reached {
            Some(reached) if asked <= reached => {
                violations
                    .push("state", Reason::StateRefuses)
                    .add("state", AidFunds::SPEC.states[reached].name)
                    .add("verb", "RecordStage");
            }
            _ if asked > reached.map_or(MAY_BEGIN, |reached| reached + 1) => {
                violations
                    .push("stage", Reason::MilestoneMissing)
                    .add("milestone", STAGES[asked - 1].day_title());
            }
            _ => {
                let amount = request.amount_fen.map_or(Value::Null, Value::Integer);
                AidFunds::set(record, STAGES[asked].amount.leaf, amount);
                AidFunds::set(record, STAGES[asked].day.leaf, Value::Text(context.occurred_on.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{World, act_on, reasons};

    /// A line with these stages: amount in fen and day of March 2017.
    fn line(stages: [Option<(i64, u32)>; 5]) -> Record {
        let mut record = p::AidFund {
            payer: "宁波市".to_owned(),
            payer_level: p::AidPayerLevel::City.into(),
            fiscal_year: Some(2017),
            purpose: "产业合作".to_owned(),
            ..p::AidFund::default()
        };
        for (stage, filled) in STAGES.iter().zip(stages) {
            if let Some((amount, day)) = filled {
                AidFunds::set(&mut record, stage.amount.leaf, Value::Integer(amount));
                AidFunds::set(&mut record, stage.day.leaf, Value::Text(format!("2017-03-{day:02}")));
            }
        }
        record
    }

    fn checked(record: &Record) -> Vec<(String, Reason)> {
        reasons(|violations| check_stages(record, violations))
    }

    fn one(path: &str, reason: Reason) -> Vec<(String, Reason)> {
        vec![(path.to_owned(), reason)]
    }

    #[test]
    fn stages_follow_each_other() {
        let whole = [Some((500, 1)), Some((400, 1)), Some((400, 2)), Some((300, 3)), Some((0, 4))];
        assert_eq!(checked(&line(whole)), []);
        assert_eq!(checked(&line([Some((500, 1)), None, None, None, None])), []);
        assert_eq!(checked(&line([None, Some((500, 1)), Some((500, 1)), None, None])), []);
        assert_eq!(checked(&line([None; 5])), one("arranged_fen", Reason::FieldRequired));
        let gap = line([Some((500, 1)), None, Some((400, 2)), None, None]);
        assert_eq!(checked(&gap), one("arrived_on", Reason::MilestoneMissing));
        let late = line([None, None, None, Some((400, 2)), None]);
        assert_eq!(checked(&late), one("allocated_on", Reason::MilestoneMissing));
        let over = line([None, Some((500, 1)), Some((501, 2)), None, None]);
        assert_eq!(checked(&over), one("arrived_fen", Reason::StageOverPrevious));
        let early = line([Some((500, 2)), Some((500, 1)), None, None, None]);
        assert_eq!(checked(&early), one("arranged_on", Reason::DateOrder));
    }

    #[test]
    fn an_amount_has_its_day_and_a_day_its_amount() {
        let mut record = line([None, Some((500, 1)), None, None, None]);
        record.arranged_on = String::new();
        assert_eq!(checked(&record), one("arranged_on", Reason::FieldRequired));
        record.arranged_on = "2017-03-01".to_owned();
        record.arranged_fen = None;
        assert_eq!(checked(&record), one("arranged_fen", Reason::FieldRequired));
    }

    #[test]
    fn a_refusal_has_the_words_of_the_form() {
        let mut violations = Violations::default();
        check_stages(&line([None, Some((5, 2)), Some((6, 1)), None, Some((1, 9))]), &mut violations);
        let told: Vec<String> =
            violations.iter().map(|violation| violation.message(kernel::language::Language::Zh)).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        for (message, words) in
            told.iter().zip([["到账", "安排"], ["安排日期", "到账日期"], ["下达日期", ""]])
        {
            assert!(words.iter().all(|word| message.contains(word)), "{message}");
        }
    }

    #[test]
    fn a_line_opens_on_the_first_of_its_days() {
        let mut world = World::default();
        let made = world.create::<AidFunds>(line([None, Some((5, 7)), Some((5, 9)), None, None])).unwrap();
        assert_eq!(made.opened_on, "2017-03-07");
        assert_eq!(made.meta.clone().unwrap().valid_from, "2017-03-07");
        let pledged =
            p::AidFund { pledged_fen: Some(6), pledged_on: "2017-03-02".to_owned(), ..made.clone() };
        let found = world.correct::<AidFunds>(pledged, &["pledged_fen", "pledged_on"]).unwrap();
        assert_eq!(found.opened_on, "2017-03-02");
        assert_eq!(found.meta.unwrap().valid_from, "2017-03-02");
        let nothing = World::default().create::<AidFunds>(line([None; 5])).unwrap_err();
        assert_eq!(nothing, one("arranged_fen", Reason::FieldRequired));
    }

    fn recorded(record: &mut Record, stage: AidFundStage, amount: Option<i64>) -> Vec<(String, Reason)> {
        let request = p::RecordAidFundStageRequest {
            stage: stage.into(),
            amount_fen: amount,
            ..p::RecordAidFundStageRequest::default()
        };
        act_on("2017-03-20", |context, violations| {
            AidFunds::record_aid_fund_stage(record, &request, context, violations);
        })
    }

    #[test]
    fn only_the_next_stage_is_recorded() {
        for reached in 0..STAGES.len() {
            for (asked, stage) in STAGES.iter().enumerate() {
                let mut filled = [None; 5];
                filled[..=reached].fill(Some((500, 1)));
                let before = line(filled);
                let mut record = before.clone();
                let found = recorded(&mut record, stage.stage, Some(500));
                if asked == reached + 1 {
                    assert_eq!(found, []);
                    assert_eq!(stage.amount(&record), Some(500));
                    assert_eq!(stage.day(&record).as_deref(), Some("2017-03-20"));
                } else {
                    let expected = if asked <= reached {
                        one("state", Reason::StateRefuses)
                    } else {
                        one("stage", Reason::MilestoneMissing)
                    };
                    assert_eq!(found, expected, "{reached} {asked}");
                    assert_eq!(record, before);
                }
            }
        }
    }

    #[test]
    fn a_pledge_is_not_recorded_behind_an_arrangement_and_nothing_without_its_amount() {
        let mut record = line([None, Some((500, 1)), None, None, None]);
        let pledge = recorded(&mut record, AidFundStage::Pledged, Some(500));
        assert_eq!(pledge, one("state", Reason::StateRefuses));
        let unsaid = recorded(&mut record, AidFundStage::Arrived, None);
        assert_eq!(unsaid, one("amount_fen", Reason::FieldRequired));
        let unnamed = recorded(&mut record, AidFundStage::Unspecified, Some(500));
        assert_eq!(unnamed, one("stage", Reason::FieldRequired));
    }

    fn any_stage() -> impl Strategy<Value = Option<(i64, u32)>> {
        proptest::option::weighted(0.8, (0..4_i64, 1..4_u32))
    }

    proptest! {
        #[test]
        fn a_line_stands_where_no_stage_is_above_before_or_without_the_one_before_it(
            stages in [any_stage(), any_stage(), any_stage(), any_stage(), any_stage()],
        ) {
            let begun = stages.iter().position(Option::is_some);
            let filled: Vec<(i64, u32)> = stages.iter().flatten().copied().collect();
            let first = begun.unwrap_or(9);
            let whole = first <= MAY_BEGIN && stages[first..first + filled.len()].iter().all(Option::is_some);
            let falls = filled.windows(2).all(|pair| pair[1].0 <= pair[0].0 && pair[1].1 >= pair[0].1);
            prop_assert_eq!(checked(&line(stages)).is_empty(), whole && falls);
        }
    }
}
