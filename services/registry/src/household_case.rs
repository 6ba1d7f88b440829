//! Procedures on households: the only thing that moves a household's standing.

use kernel::failure::{Failure, Reason, Violations};
use proto::common::{CaseAct, CaseState, HouseholdStatus};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_case_service_server::HouseholdCaseServiceServer;
use record::Registered;
use record::Resource;
use record::call::Call;
use record::engine::Engine;
use record::resource::into_typed;
use record::rules::{Act, Change, Consequences, Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads, last_of};
use record::verbs::Write;
use store::Migration;

use crate::contract::{
    HouseholdCaseApi, HouseholdCaseHandlers, HouseholdCases, HouseholdStandings, Households, household_case,
};
use crate::household_standing::{Approved, periods, status_of};

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<HouseholdCases>(),
        migration: Migration {
            name: "registry/household_case",
            sql: include_str!("../migrations/household_case.sql"),
        },
        indicators: &[],
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
        if let Some(household) = reads.record::<Households>(&record.household)?
            && let Some(meta) = last_of::<Households>(&household).and_then(|known| known.meta.as_ref())
        {
            record.meta.get_or_insert_default().area = meta.area.clone();
        }
        if record.opened_on.is_empty() {
            record.opened_on =
                record.acts.first().map_or_else(|| context.today.to_owned(), |act| act.occurred_on.clone());
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
        Ok(())
    }

    fn check(
        record: &Self::Record,
        old: Option<&Self::Record>,
        _context: &Context<'_>,
        reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        if old.is_none() && reads.record::<Households>(&record.household)?.is_none() {
            violations.push("household", Reason::ReferenceNotFound).add("collection", "households");
            return Ok(());
        }
        check_order(record, violations);
        if !is_approved(record) {
            return check_other_open(record, old, reads, violations);
        }
        if record.effective_on.is_empty() {
            violations.push("effective_on", Reason::FieldRequired);
            return Ok(());
        }
        if old.is_none_or(|old| !is_approved(old)) {
            check_standing(record, reads, violations)?;
            check_separation(record, violations);
        }
        Ok(())
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
        if is_approved(record) || old.is_some_and(is_approved) {
            let own = is_approved(record).then(|| approved(name, record));
            restate(name, record, own, reads, out)?;
        }
        Ok(())
    }

    fn withdrawn(
        name: &str,
        old: &Self::Record,
        _context: &Context<'_>,
        reads: &Reads<'_>,
        out: &mut Consequences,
    ) -> Known<()> {
        if is_approved(old) {
            restate(name, old, None, reads, out)?;
        }
        Ok(())
    }
}

fn restate(
    name: &str,
    record: &p::HouseholdCase,
    own: Option<Approved>,
    reads: &Reads<'_>,
    out: &mut Consequences,
) -> Known<()> {
    let mut cases = approved_of_others(name, &record.household, reads)?;
    cases.extend(own);
    let area = record.meta.as_ref().map(|meta| meta.area.clone()).unwrap_or_default();
    let id = record.household.rsplit('/').next().unwrap_or_default().to_owned();
    let change = Change::Periods(periods(&record.household, &area, cases));
    let first = reads.is_fresh(&record.household) && !reads.is_fresh(&format!("householdStandings/{id}"));
    let act = Act::consequence(HouseholdStandings::SPEC, Some(id), change);
    out.push(Act { fresh: first, ..act });
    Ok(())
}

fn approved_of_others(name: &str, household: &str, reads: &Reads<'_>) -> Known<Vec<Approved>> {
    let mut cases = Vec::new();
    for other in reads.linked::<HouseholdCases>(household_case::HOUSEHOLD, household)? {
        let other_name = format!("{}/{}", HouseholdCases::SPEC.collection, other.id);
        if let Some(known) = last_of::<HouseholdCases>(&other).filter(|known| is_approved(known))
            && other_name != name
        {
            cases.push(approved(&other_name, known));
        }
    }
    Ok(cases)
}

fn approved(name: &str, record: &p::HouseholdCase) -> Approved {
    Approved { name: name.to_owned(), kind: record.kind(), effective_on: record.effective_on.clone() }
}

fn is_approved(record: &p::HouseholdCase) -> bool {
    record.acts.last().is_some_and(|act| act.to_state() == CaseState::Approved)
}

fn is_open(record: &p::HouseholdCase) -> bool {
    !record.acts.last().is_some_and(|act| {
        matches!(act.to_state(), CaseState::Approved | CaseState::Rejected | CaseState::Cancelled)
    })
}

/// Levels decide in order of time.
fn check_order(record: &p::HouseholdCase, violations: &mut Violations) {
    for (index, pair) in record.acts.windows(2).enumerate() {
        if pair[1].occurred_on < pair[0].occurred_on {
            violations
                .push(format!("acts[{}].occurred_on", index + 1), Reason::DateOrder)
                .add("earlier", &pair[0].verb)
                .add("later", &pair[1].verb);
        }
    }
}

/// One procedure of a kind at a time on one household.
fn check_other_open(
    record: &p::HouseholdCase,
    old: Option<&p::HouseholdCase>,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    if old.is_some() || !is_open(record) {
        return Ok(());
    }
    for other in reads.linked::<HouseholdCases>(household_case::HOUSEHOLD, &record.household)? {
        let same = last_of::<HouseholdCases>(&other)
            .is_some_and(|known| is_open(known) && known.kind == record.kind);
        if same && record.name != format!("householdCases/{}", other.id) {
            violations.push("kind", Reason::ValueTaken).add("key", "household, kind");
        }
    }
    Ok(())
}

/// The state machine of a household (domain brief §2.5): which standing a case may follow.
fn check_standing(record: &p::HouseholdCase, reads: &Reads<'_>, violations: &mut Violations) -> Known<()> {
    let cases = approved_of_others(&record.name, &record.household, reads)?;
    let before = cases
        .iter()
        .filter(|case| case.effective_on <= record.effective_on)
        .max_by(|one, other| one.effective_on.cmp(&other.effective_on))
        .map_or(HouseholdStatus::Unspecified, |case| status_of(case.kind));
    if !may_follow(record.kind(), before) {
        violations
            .push("kind", Reason::StateRefuses)
            .add("state", before.as_str_name())
            .add("verb", record.kind().as_str_name());
    }
    Ok(())
}

/// Whether a case of this kind may be approved for a household of this standing.
pub(crate) fn may_follow(kind: p::HouseholdCaseKind, before: HouseholdStatus) -> bool {
    use HouseholdStatus as S;
    match kind {
        p::HouseholdCaseKind::Unspecified => false,
        p::HouseholdCaseKind::Identification => {
            matches!(before, S::Unspecified | S::Candidate | S::Rejected | S::Removed)
        }
        p::HouseholdCaseKind::Exit => matches!(before, S::Poor | S::PreExit | S::Relapsed),
        p::HouseholdCaseKind::Relapse => {
            // A form that states 返贫 for a household without its exit still stands: it was poor before as well.
            matches!(before, S::ExitedPolicy | S::ExitedNoPolicy | S::Poor)
        }
        p::HouseholdCaseKind::Removal => {
            matches!(before, S::Poor | S::PreExit | S::ExitedPolicy | S::ExitedNoPolicy | S::Relapsed)
        }
        p::HouseholdCaseKind::PolicyEnd => before == S::ExitedPolicy,
    }
}

/// Who proposed does not decide; a transcribed case names the office on the form.
fn check_separation(record: &p::HouseholdCase, violations: &mut Violations) {
    let Some((last, earlier)) = record.acts.split_last() else { return };
    if last.verb == "Approve" && earlier.iter().any(|act| act.decided_by == last.decided_by) {
        violations.push("decided_by", Reason::ProposerDecides);
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
