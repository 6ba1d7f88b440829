//! Procedures on households: the only thing that moves a household's standing.

use kernel::failure::{Failure, Reason, Violations};
use proto::common::{CaseAct, CaseState, HouseholdSection};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_case_service_server::HouseholdCaseServiceServer;
use record::call::Call;
use record::engine::Engine;
use record::facts::Facts;
use record::resource::into_typed;
use record::rules::{Act, Consequences, Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads};
use record::verbs::Write;
use record::{ActContext, Registered, Resource};
use store::Migration;

use crate::contract::{
    HouseholdCaseApi, HouseholdCaseHandlers, HouseholdCaseVerbs, HouseholdCases, Households, household_case,
};
use crate::household::whereabouts::{village_now, village_on};
use crate::membership::members_on;

mod effect;
pub(crate) mod exits;
pub(crate) mod identifications;
pub(crate) mod indicators;
mod procedure;
pub(crate) mod removals;
mod roster;

static FACTS: Facts = Facts::records(HouseholdSection::Cases, household_case::HOUSEHOLD);

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<HouseholdCases>(),
        migration: Migration {
            name: "registry/household_case",
            sql: include_str!("../migrations/household_case.sql"),
        },
        indicators: indicators::ALL,
        facts: Some(&FACTS),
        serve: |service, engine| service.add(HouseholdCaseServiceServer::new(HouseholdCaseApi(engine))),
    }
}

impl Rules for HouseholdCases {
    /// A case happens where its household is. Whoever opens it proposes, and so does not decide it.
    fn complete(
        record: &mut Self::Record,
        old: Option<&Self::Record>,
        context: &Context<'_>,
        reads: &Reads<'_>,
        _violations: &mut Violations,
    ) -> Known<()> {
        if record.opened_on.is_empty() {
            record.opened_on =
                record.acts.first().map_or_else(|| context.today.to_owned(), |act| act.occurred_on.clone());
        }
        if let Some(household) = reads.record::<Households>(&record.household)? {
            record.meta.get_or_insert_default().area = village_on(&household, &record.opened_on);
        }
        if old.is_none() && record.acts.is_empty() {
            record.acts.push(CaseAct {
                verb: "Create".to_owned(),
                to_state: CaseState::Open.into(),
                occurred_on: record.opened_on.clone(),
                decided_by: context.caller.subject.clone(),
                ..CaseAct::default()
            });
        }
        count_members(record, old, reads)
    }

    fn check(
        record: &Self::Record,
        old: Option<&Self::Record>,
        context: &Context<'_>,
        reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        if old.is_none() && reads.record::<Households>(&record.household)?.is_none() {
            violations.push("household", Reason::ReferenceNotFound).add("collection", "households");
            return Ok(());
        }
        if let Some(old) = old.filter(|old| is_approved(old)) {
            procedure::check_decided(old, record, context, violations);
        }
        procedure::check_detail(record, violations);
        procedure::check_order(record, violations);
        procedure::check_notices(record, violations);
        procedure::check_round(record, context, reads, violations)?;
        procedure::check_persons(record, old, reads, violations)?;
        if !is_approved(record) {
            return procedure::check_other_open(record, old, reads, violations);
        }
        if record.effective_on.is_empty() {
            violations.push("effective_on", Reason::FieldRequired);
            return Ok(());
        }
        let newly = old.is_none_or(|old| !is_approved(old));
        let moved = old.is_some_and(|old| procedure::days_differ(old, record));
        if newly || moved {
            procedure::check_standing(record, reads, violations)?;
        }
        if newly {
            procedure::check_separation(record, violations);
        }
        if newly || moved || old.is_some_and(|old| procedure::evidence_differs(old, record)) {
            procedure::check_exit(record, context, reads, violations)?;
        }
        Ok(())
    }

    fn scope_area(record: &Self::Record, _context: &Context<'_>, reads: &Reads<'_>) -> Known<Option<String>> {
        Ok(reads.record::<Households>(&record.household)?.and_then(|household| village_now(&household)))
    }

    /// The standing is what all approved cases together say.
    fn consequences(
        name: &str,
        record: &Self::Record,
        old: Option<&Self::Record>,
        _context: &Context<'_>,
        reads: &Reads<'_>,
        out: &mut Consequences,
    ) -> Known<()> {
        let before = old.is_some_and(is_approved);
        if is_approved(record) || before {
            let own = is_approved(record).then(|| effect::approved(name, record)).flatten();
            effect::restate(name, record, own, reads, out)?;
        }
        if is_approved(record) && !before {
            effect::remove_members(record, reads, out)?;
        }
        Ok(())
    }

    /// Members who were removed are not brought back by withdrawing the case: they are admitted anew.
    fn may_withdraw(old: &Self::Record, _context: &Context<'_>, violations: &mut Violations) {
        if is_approved(old) && removes_members(old) {
            violations.push("state", Reason::StateRefuses).add("state", "APPROVED").add("verb", "Withdraw");
        }
    }

    fn withdrawn(
        name: &str,
        old: &Self::Record,
        _context: &Context<'_>,
        reads: &Reads<'_>,
        out: &mut Consequences,
    ) -> Known<()> {
        if is_approved(old) {
            effect::restate(name, old, None, reads, out)?;
        }
        Ok(())
    }
}

/// Persons whom the decision concerns, counted once: what becomes known of the members later does not change it. What
/// only the registration form states comes before its members are known; it is counted when its papers come.
fn count_members(
    record: &mut p::HouseholdCase,
    old: Option<&p::HouseholdCase>,
    reads: &Reads<'_>,
) -> Known<()> {
    if let Some(old) = old.filter(|old| is_approved(old) && (old.exit.is_some() || record.exit.is_none())) {
        record.member_count_at_decision = old.member_count_at_decision;
        return Ok(());
    }
    let is_stated = reads.is_fresh(&record.household) && record.acts.iter().all(|act| act.transcribed);
    if record.kind() == p::HouseholdCaseKind::Unspecified || !is_approved(record) || is_stated {
        record.member_count_at_decision = None;
        return Ok(());
    }
    let persons = record.removal.as_ref().map_or(0, |removal| removal.persons.len());
    let decided_on = record.acts.last().map(|act| act.occurred_on.clone()).unwrap_or_default();
    let count = if persons > 0 { persons } else { members_on(&record.household, &decided_on, reads)?.len() };
    record.member_count_at_decision = i32::try_from(count).ok();
    Ok(())
}

/// Whether the case removes single members and not the household.
pub(crate) fn removes_members(record: &p::HouseholdCase) -> bool {
    record.removal.as_ref().is_some_and(|removal| !removal.persons.is_empty())
}

pub(crate) fn is_approved(record: &p::HouseholdCase) -> bool {
    record.acts.last().is_some_and(|act| act.to_state() == CaseState::Approved)
}

pub(crate) fn is_open(record: &p::HouseholdCase) -> bool {
    !record.acts.last().is_some_and(|act| {
        matches!(act.to_state(), CaseState::Approved | CaseState::Rejected | CaseState::Cancelled)
    })
}

type Record = <HouseholdCases as Resource>::Record;

impl HouseholdCaseVerbs for HouseholdCases {
    fn record_household_case_guarantee_checks(
        record: &mut Record,
        request: &p::RecordHouseholdCaseGuaranteeChecksRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        unless_decided(record, "RecordGuaranteeChecks", violations);
        if request.checks.is_empty() {
            violations.push("checks", Reason::FieldRequired);
        }
        for check in &request.checks {
            let mut check = check.clone();
            check.element_id.clear();
            if check.checked_on.is_empty() {
                check.checked_on.clone_from(&context.occurred_on);
            }
            record.checks.retain(|known| known.assurance != check.assurance);
            record.checks.push(check);
        }
    }

    fn sign_household_case_exit(
        record: &mut Record,
        request: &p::SignHouseholdCaseExitRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        unless_decided(record, "SignExit", violations);
        if record.kind() != p::HouseholdCaseKind::Exit {
            violations.push("kind", Reason::DetailOfOtherKind);
        }
        if request.household_signature.is_empty() {
            violations.push("household_signature", Reason::FieldRequired);
        }
        let exit = record.exit.get_or_insert_default();
        exit.household_signature.clone_from(&request.household_signature);
        exit.household_signed_on.clone_from(&context.occurred_on);
    }
}

fn unless_decided(record: &Record, verb: &str, violations: &mut Violations) {
    if !is_open(record) {
        let state = record.acts.last().map(|act| act.to_state()).unwrap_or_default();
        let state = state.as_str_name().trim_start_matches("CASE_STATE_");
        violations.push("state", Reason::StateRefuses).add("state", state).add("verb", verb);
    }
}

#[tonic::async_trait]
impl HouseholdCaseHandlers for HouseholdCases {
    /// A decision on paper: opened and approved in one, marked as transcribed, in the name of the office on the form.
    async fn transcribe_household_case(
        engine: &Engine,
        call: &Call,
        message: p::TranscribeHouseholdCaseRequest,
    ) -> Result<p::TranscribeHouseholdCaseResponse, Failure> {
        let digest = prost::Message::encode_to_vec(&message);
        let mut violations = Violations::default();
        let Some(mut case) = message.household_case else {
            violations.push("household_case", Reason::FieldRequired);
            return Err(record::refusal(violations));
        };
        for (field, value) in [("decided_on", &message.decided_on), ("decided_by", &message.decided_by)] {
            if value.is_empty() {
                violations.push(field, Reason::FieldRequired);
            }
        }
        // An exit without its papers is what the registration form states, and enters with it only.
        if case.kind() == p::HouseholdCaseKind::Exit && case.exit.is_none() {
            violations.push("household_case.exit", Reason::FieldRequired);
        }
        if !violations.is_empty() {
            return Err(record::refusal(violations));
        }
        let decided_on = engine.day(&message.decided_on)?;
        case.acts = vec![CaseAct {
            verb: "Transcribe".to_owned(),
            from_state: CaseState::Open.into(),
            to_state: CaseState::Approved.into(),
            occurred_on: decided_on.clone(),
            decided_by: message.decided_by,
            document_no: message.document_no,
            note: message.note,
            transcribed: true,
            ..CaseAct::default()
        }];
        if case.effective_on.is_empty() {
            case.effective_on = decided_on;
        }
        let act = Act::create::<HouseholdCases>(None, case).needing("case.transcribe");
        let act = Act { prefix: "household_case.".to_owned(), ..act };
        let write = Write {
            transcribed: true,
            ..Write::of(&message.request_id, message.validate_only, &digest, "transcribe")
        };
        let written = engine.write(call, vec![act], write).await?.pop();
        Ok(p::TranscribeHouseholdCaseResponse {
            household_case: written.and_then(into_typed::<HouseholdCases>),
        })
    }
}
