//! What a procedure must satisfy: its order, its notices, its round, and the proofs that an exit needs.

use kernel::date::CivilDate;
use kernel::failure::{Reason, Violations};
use proto::common::{Assurance, HouseholdStatus, Verdict};
use proto::xiuhua::registry::v1 as p;
use record::column::Column;
use record::rules::Context;
use record::state::{Known, Reads, last_of};

use super::effect::{approved, approved_of_others};
use super::{is_open, removes_members};
use crate::contract::{HouseholdCases, Memberships, Rounds, household_case, household_standing, membership};
use crate::household_standing::status_of;

/// What an exit must prove beside the income, with the words of the form (domain brief §2.6).
const GUARANTEES: [(Assurance, &str); 6] = [
    (Assurance::Food, "是否不愁吃"),
    (Assurance::Clothing, "是否不愁穿"),
    (Assurance::Education, "义务教育是否保障"),
    (Assurance::Medical, "基本医疗是否保障"),
    (Assurance::Housing, "住房安全是否保障"),
    (Assurance::Water, "饮水是否安全"),
];

/// A case has only the detail of its own kind; a removal always has its own.
pub(super) fn check_detail(record: &p::HouseholdCase, violations: &mut Violations) {
    use p::HouseholdCaseKind as K;
    let details = [
        ("identification", K::Identification, record.identification.is_some()),
        ("exit", K::Exit, record.exit.is_some()),
        ("relapse", K::Relapse, record.relapse.is_some()),
        ("removal", K::Removal, record.removal.is_some()),
    ];
    for (field, kind, stated) in details {
        if stated && record.kind() != kind {
            violations.push(field, Reason::DetailOfOtherKind);
        }
    }
    let ground = record.removal.as_ref().map(p::RemovalDetail::ground).unwrap_or_default();
    if record.kind() == K::Removal {
        if ground == p::RemovalGround::Unspecified {
            violations.push("removal.ground", Reason::FieldRequired);
        }
        if record.year.is_none() {
            violations.push("year", Reason::FieldRequired);
        }
        let restates_from = record.removal.as_ref().map(|removal| removal.restates_from.as_str());
        let restates_from = restates_from.unwrap_or_default();
        if !record.effective_on.is_empty() && restates_from > record.effective_on.as_str() {
            violations
                .push("removal.restates_from", Reason::DateOrder)
                .add("earlier", "追溯起始日期")
                .add("later", "生效日期");
        }
    }
    for (index, check) in record.checks.iter().enumerate() {
        for (field, missing) in [
            ("assurance", check.assurance() == Assurance::Unspecified),
            ("verdict", check.verdict() == Verdict::Unspecified),
        ] {
            if missing {
                violations.push(format!("checks[{index}].{field}"), Reason::FieldRequired);
            }
        }
    }
}

/// What was decided is not rewritten by whoever proposed it: its grounds are changed by who decides or transcribes, and
/// whom it concerns by nobody.
pub(super) fn check_decided(
    old: &p::HouseholdCase,
    record: &p::HouseholdCase,
    context: &Context<'_>,
    violations: &mut Violations,
) {
    let persons = |case: &p::HouseholdCase| case.removal.as_ref().map(|removal| removal.persons.clone());
    if persons(old).unwrap_or_default() != persons(record).unwrap_or_default() {
        violations.push("removal.persons", Reason::FieldImmutable);
    }
    for (field, lost) in [
        ("exit", old.exit.is_some() && record.exit.is_none()),
        ("removal", old.removal.is_some() && record.removal.is_none()),
    ] {
        if lost {
            violations.push(field, Reason::FieldRequired);
        }
    }
    if ["case.decide", "case.transcribe"].iter().any(|power| context.caller.may(power)) {
        return;
    }
    let grounds = [
        ("effective_on", old.effective_on != record.effective_on),
        ("year", old.year != record.year),
        ("identification", old.identification != record.identification),
        ("exit", old.exit != record.exit),
        ("relapse", old.relapse != record.relapse),
        ("removal", old.removal != record.removal),
        ("checks", old.checks != record.checks),
        ("notices", old.notices != record.notices),
    ];
    for (field, _) in grounds.into_iter().filter(|(_, other)| *other) {
        violations.push(field, Reason::PermissionMissing).add("permission", "case.decide");
    }
}

/// Levels decide in order of time.
pub(super) fn check_order(record: &p::HouseholdCase, violations: &mut Violations) {
    for (index, pair) in record.acts.windows(2).enumerate() {
        if pair[1].occurred_on < pair[0].occurred_on {
            violations
                .push(format!("acts[{}].occurred_on", index + 1), Reason::DateOrder)
                .add("earlier", day_of(&pair[0].verb))
                .add("later", day_of(&pair[1].verb));
        }
    }
}

/// What the day of an act is called on the forms.
fn day_of(verb: &str) -> &str {
    match verb {
        "Create" => "受理日期",
        "RecordVillageReview" => "民主评议日期",
        "RecordTownshipReview" => "乡镇审核日期",
        "Approve" | "Transcribe" => "县批准日期",
        other => other,
    }
}

/// A notice ends after it begins.
pub(super) fn check_notices(record: &p::HouseholdCase, violations: &mut Violations) {
    for (index, notice) in record.notices.iter().enumerate() {
        if notice.kind() == p::CaseNoticeKind::Unspecified {
            violations.push(format!("notices[{index}].kind"), Reason::FieldRequired);
        }
        if notice.starts_on.is_empty() {
            violations.push(format!("notices[{index}].starts_on"), Reason::FieldRequired);
        } else if !notice.ends_on.is_empty() && notice.ends_on < notice.starts_on {
            violations
                .push(format!("notices[{index}].ends_on"), Reason::DateOrder)
                .add("earlier", "公示起")
                .add("later", "公示止");
        }
    }
}

/// A case of a round is opened within it. Which kinds need a round is a setting [A].
pub(super) fn check_round(
    record: &p::HouseholdCase,
    context: &Context<'_>,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    let day = record.opened_on.as_str();
    if record.round.is_empty() {
        let area = record.meta.as_ref().map(|meta| meta.area.as_str()).unwrap_or_default();
        let kind = record.kind().as_str_name().trim_start_matches("HOUSEHOLD_CASE_KIND_");
        let asked = ("registry.case_needs_round", kind);
        if context.parameter(reads, asked, area, day)?.as_deref() == Some("true") {
            violations.push("round", Reason::RoundNotOpen);
        }
        return Ok(());
    }
    let Some(round) = reads.record::<Rounds>(&record.round)? else {
        violations.push("round", Reason::ReferenceNotFound).add("collection", "rounds");
        return Ok(());
    };
    let open = last_of::<Rounds>(&round).is_some_and(|round| {
        let closes_on = round.closes_on.as_str();
        round.opens_on.as_str() <= day && (closes_on.is_empty() || day <= closes_on)
    });
    if !open {
        violations.push("round", Reason::RoundNotOpen);
    }
    Ok(())
}

/// Who is removed is a member of this household on the day the case was opened.
pub(super) fn check_persons(
    record: &p::HouseholdCase,
    old: Option<&p::HouseholdCase>,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    let Some(removal) = record.removal.as_ref().filter(|removal| !removal.persons.is_empty()) else {
        return Ok(());
    };
    if old.and_then(|old| old.removal.as_ref()).is_some_and(|old| old.persons == removal.persons) {
        return Ok(());
    }
    let links = reads.linked::<Memberships>(membership::HOUSEHOLD, &record.household)?;
    for (index, person) in removal.persons.iter().enumerate() {
        let member = links.iter().any(|link| {
            last_of::<Memberships>(link).is_some_and(|known| known.person == *person)
                && link.on(&record.opened_on).is_some()
        });
        if !member {
            violations.push(format!("removal.persons[{index}]"), Reason::PersonNotMember);
        }
    }
    Ok(())
}

/// One procedure of a kind at a time on one household; removals of different members do not meet.
pub(super) fn check_other_open(
    record: &p::HouseholdCase,
    old: Option<&p::HouseholdCase>,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    if old.is_some() || !is_open(record) {
        return Ok(());
    }
    let persons = |case: &p::HouseholdCase| case.removal.as_ref().map(|removal| removal.persons.clone());
    for other in reads.linked::<HouseholdCases>(household_case::HOUSEHOLD, &record.household)? {
        let same = last_of::<HouseholdCases>(&other).is_some_and(|known| {
            is_open(known) && known.kind == record.kind && persons(known) == persons(record)
        });
        if same && record.name != format!("householdCases/{}", other.id) {
            violations.push("kind", Reason::ValueTaken).add("key", "household, kind");
        }
    }
    Ok(())
}

/// The state machine of a household (domain brief §2.5): which standing a case may follow.
pub(super) fn check_standing(
    record: &p::HouseholdCase,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    let Some(own) = approved(&record.name, record) else {
        return check_standing_of_members(record, reads, violations);
    };
    let mut cases = approved_of_others(&record.name, &record.household, reads)?;
    cases.push(own);
    // In the order in which they take effect; of one day, this one comes last.
    cases.sort_by(|one, other| one.effective_on.cmp(&other.effective_on));
    let at = cases.iter().position(|case| case.name == record.name).unwrap_or_default();
    let mut before = HouseholdStatus::Unspecified;
    for (place, case) in cases.iter().enumerate() {
        // What is wrong before it is not this case's fault; what it makes wrong after it is.
        if place >= at && !may_follow(case.kind, before) {
            refuse_after(before, record.kind(), violations);
            break;
        }
        before = status_of(case.kind);
    }
    Ok(())
}

/// Members are removed from a household that is in the register.
fn check_standing_of_members(
    record: &p::HouseholdCase,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    let cases = approved_of_others(&record.name, &record.household, reads)?;
    let before = cases
        .iter()
        .filter(|case| case.effective_on <= record.effective_on)
        .max_by(|one, other| one.effective_on.cmp(&other.effective_on))
        .map_or(HouseholdStatus::Unspecified, |case| status_of(case.kind));
    if !may_follow(record.kind(), before) {
        refuse_after(before, record.kind(), violations);
    }
    Ok(())
}

fn refuse_after(before: HouseholdStatus, kind: p::HouseholdCaseKind, violations: &mut Violations) {
    violations
        .push("kind", Reason::StateRefuses)
        .add("state", word(&household_standing::STATUS, before.into()))
        .add("verb", word(&household_case::KIND, kind.into()));
}

/// The form's word for the value of an enum; nothing is registered before the first case.
fn word(column: &Column, number: i32) -> &'static str {
    column.leaf().word(number).map(|word| word.label.zh).filter(|word| !word.is_empty()).unwrap_or("未登记")
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
pub(super) fn check_separation(record: &p::HouseholdCase, violations: &mut Violations) {
    let Some((last, earlier)) = record.acts.split_last() else { return };
    if last.verb == "Approve" && earlier.iter().any(|act| act.decided_by == last.decided_by) {
        violations.push("decided_by", Reason::ProposerDecides);
    }
}

/// Whether a day of the procedure was corrected, or the day from which it holds.
pub(super) fn days_differ(old: &p::HouseholdCase, new: &p::HouseholdCase) -> bool {
    let days = |case: &p::HouseholdCase| -> Vec<String> {
        case.acts.iter().map(|act| act.occurred_on.clone()).collect()
    };
    old.effective_on != new.effective_on || days(old) != days(new)
}

/// Whether what an exit rests on was changed.
pub(super) fn evidence_differs(old: &p::HouseholdCase, new: &p::HouseholdCase) -> bool {
    old.exit != new.exit || old.checks != new.checks || old.notices != new.notices || old.year != new.year
}

/// Invariants 7 and 9: an exit needs an income above its year's line, every guarantee, the household's signature, and a
/// notice of the village that was long enough, is over and has no open objection. An exit that the registration form
/// states has no papers with it, and all its acts are transcribed.
pub(super) fn check_exit(
    record: &p::HouseholdCase,
    context: &Context<'_>,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    if record.kind() != p::HouseholdCaseKind::Exit {
        return check_length(record, context, reads, violations);
    }
    let Some(exit) = &record.exit else {
        if !record.acts.iter().all(|act| act.transcribed) {
            violations.push("exit", Reason::FieldRequired);
        }
        return Ok(());
    };
    check_income(record, exit, context, reads, violations)?;
    for (assurance, words) in GUARANTEES {
        let checks = record.checks.iter().enumerate().filter(|(_, check)| check.assurance() == assurance);
        // The newest check of each counts; what was not checked is no pass.
        let newest = checks.max_by(|(_, one), (_, other)| one.checked_on.cmp(&other.checked_on));
        let path = match newest {
            Some((_, check)) if check.verdict() == Verdict::Pass => continue,
            Some((at, _)) => format!("checks[{at}].verdict"),
            None => "checks".to_owned(),
        };
        violations.push(path, Reason::GuaranteeUnmet).add("guarantee", words);
    }
    let signature = exit.household_signature.trim();
    if signature.is_empty() || signature == "否" {
        violations.push("exit.household_signature", Reason::SignatureMissing);
    }
    let village = |notice: &p::CaseNotice| notice.kind() == p::CaseNoticeKind::Village;
    if !record.notices.iter().any(village) {
        violations.push("notices", Reason::NoticeMissing);
    }
    check_length(record, context, reads, violations)
}

fn check_income(
    record: &p::HouseholdCase,
    exit: &p::ExitDetail,
    context: &Context<'_>,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    let Some(year) = record.year else {
        violations.push("year", Reason::FieldRequired);
        return Ok(());
    };
    let Some(income) = exit.net_per_capita_fen else {
        violations.push("exit.net_per_capita_fen", Reason::FieldRequired);
        return Ok(());
    };
    let area = record.meta.as_ref().map(|meta| meta.area.as_str()).unwrap_or_default();
    match crate::line::poverty_line("exit", year, area, context, reads)? {
        Some(line) if income > line.fen() => {}
        Some(line) => {
            violations.push("exit.net_per_capita_fen", Reason::IncomeBelowLine).add("line", line);
        }
        None => {
            violations
                .push("exit.net_per_capita_fen", Reason::ParameterMissing)
                .add("parameter", crate::line::POVERTY_LINE);
        }
    }
    Ok(())
}

/// Invariant 9: a notice runs its days, and nothing is decided before it ends or while an objection is open.
fn check_length(
    record: &p::HouseholdCase,
    context: &Context<'_>,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    let decided_on = record.acts.last().map(|act| act.occurred_on.clone()).unwrap_or_default();
    let area = record.meta.as_ref().map(|meta| meta.area.as_str()).unwrap_or_default();
    for (index, notice) in record.notices.iter().enumerate() {
        if notice.kind() == p::CaseNoticeKind::Announcement {
            continue;
        }
        if let Some(open) = notice.objections_open.filter(|open| *open > 0) {
            violations
                .push(format!("notices[{index}].objections_open"), Reason::ObjectionOpen)
                .add("count", open);
        }
        let ends_on = format!("notices[{index}].ends_on");
        let (Some(from), Some(to)) = (CivilDate::parse(&notice.starts_on), CivilDate::parse(&notice.ends_on))
        else {
            violations.push(ends_on, Reason::FieldRequired);
            continue;
        };
        if decided_on.as_str() <= notice.ends_on.as_str() {
            violations.push(ends_on.as_str(), Reason::NoticeNotEnded).add("until", &notice.ends_on);
        }
        let asked = ("registry.notice_days", notice.kind().as_str_name());
        let asked = (asked.0, asked.1.trim_start_matches("CASE_NOTICE_KIND_"));
        let needed = context.parameter(reads, asked, area, &notice.starts_on)?;
        let needed = needed.and_then(|days| days.parse::<i32>().ok()).unwrap_or_default();
        let days = from.days_until(to) + 1;
        if from <= to && days < needed {
            violations.push(ends_on, Reason::NoticeTooShort).add("days", days).add("required", needed);
        }
    }
    Ok(())
}

/// Whether two cases are about the same persons of a household.
pub(super) fn same_persons(one: &p::HouseholdCase, persons: &[String]) -> bool {
    let own = one.removal.as_ref().map(|removal| removal.persons.as_slice()).unwrap_or_default();
    (removes_members(one) || persons.is_empty()) && own == persons
}
