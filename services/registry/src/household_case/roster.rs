//! What all rosters share: a row is one case of one household; each of its days is an act of a level, replayed from
//! paper. A row that comes again with a day filled in takes that step then.

use std::sync::Arc;

use kernel::failure::Reason;
use proto::common::{CaseAct, CaseState};
use proto::xiuhua::registry::v1 as p;
use record::Resource;
use record::engine::Notes;
use record::resource::{AnyRecord, Rec};
use record::rules::{Act, Change, Context, Mask};
use record::state::{Known, Loaded, Reads, last_of};
use record::table::RowFacts;

use super::is_approved;
use super::procedure::same_persons;
use crate::contract::{HouseholdCases, Households, household_case};
use crate::membership::members_on;

/// The levels that decide, as a roster names them: verb, office, state after, title of the day's column.
const LEVELS: [(&str, &str, CaseState, &str); 3] = [
    ("RecordVillageReview", "村(据花名册)", CaseState::VillageReviewed, "民主评议日期"),
    ("RecordTownshipReview", "乡镇(据花名册)", CaseState::TownshipReviewed, "乡镇审核日期"),
    ("Approve", "县(据花名册)", CaseState::Approved, "县批准日期"),
];
/// Who opens a case of a roster.
const PROPOSED_BY: &str = "农户申请(据花名册)";

/// A roster's row, as far as all rosters have it.
pub(super) struct Paper<'r> {
    pub(super) kind: p::HouseholdCaseKind,
    pub(super) year: Option<i32>,
    /// Members whom it concerns; none for the whole household.
    pub(super) persons: Vec<String>,
    /// Days of the village's, the township's and the county's decision.
    pub(super) days: [&'r str; 3],
    pub(super) stated_member_count: Option<i32>,
    pub(super) note: &'r str,
    /// Writes the roster's own columns into the case.
    pub(super) fill: &'r dyn Fn(&mut p::HouseholdCase),
}

/// The acts of a row.
pub(super) fn expand(
    paper: &Paper<'_>,
    household: &Loaded,
    facts: &RowFacts,
    context: &Context<'_>,
    reads: &Reads<'_>,
    notes: &mut Notes,
) -> Known<Vec<Act>> {
    let name = format!("households/{}", household.id);
    check_days(paper, notes);
    if let Some(stated) = paper.stated_member_count.filter(|_| paper.persons.is_empty()) {
        let day = paper.days.iter().rev().find(|day| !day.is_empty()).copied().unwrap_or(context.today);
        let recorded = members_on(&name, day, reads)?.len();
        if usize::try_from(stated).ok() != Some(recorded) {
            notes
                .warnings
                .push("stated_member_count", Reason::MemberCountDiffers)
                .add("stated", stated)
                .add("recorded", recorded);
        }
    }
    match known_case(paper, &name, facts, reads, notes)? {
        Match::Refused => Ok(Vec::new()),
        Match::New => Ok(vec![new_case(paper, &name, notes)]),
        Match::Case(loaded) => Ok(changes(paper, &loaded, facts, notes)),
    }
}

/// A level's day needs those of the levels below it.
fn check_days(paper: &Paper<'_>, notes: &mut Notes) {
    for (at, field) in DAY_FIELDS.iter().enumerate().skip(1) {
        if !paper.days[at].is_empty() && paper.days[at - 1].is_empty() {
            notes.violations.push(*field, Reason::MilestoneMissing).add("milestone", LEVELS[at - 1].3);
        }
    }
}

enum Match {
    Refused,
    New,
    Case(Arc<Loaded>),
}

/// The case that a row speaks of: by its 系统编号, else the household's only one of the kind, year and persons that was
/// not turned down.
fn known_case(
    paper: &Paper<'_>,
    household: &str,
    facts: &RowFacts,
    reads: &Reads<'_>,
    notes: &mut Notes,
) -> Known<Match> {
    let mut found = Vec::new();
    for other in reads.linked::<HouseholdCases>(household_case::HOUSEHOLD, household)? {
        let name = format!("householdCases/{}", other.id);
        let same = last_of::<HouseholdCases>(&other).is_some_and(|known| match &facts.name {
            Some(stated) => *stated == name,
            None => {
                let state = known.acts.last().map(CaseAct::to_state).unwrap_or_default();
                known.kind() == paper.kind
                    && known.year == paper.year
                    && same_persons(known, &paper.persons)
                    && !matches!(state, CaseState::Rejected | CaseState::Cancelled)
            }
        });
        if same {
            found.push(other);
        }
    }
    match found.len() {
        0 if facts.name.is_some() => {
            let name = facts.name.as_deref().unwrap_or_default();
            notes.violations.push("name", Reason::ResourceNotFound).add("name", name);
            Ok(Match::Refused)
        }
        0 => Ok(Match::New),
        1 => Ok(found.pop().map_or(Match::New, Match::Case)),
        _ => {
            let names: Vec<String> = found.iter().map(|case| format!("householdCases/{}", case.id)).collect();
            notes
                .violations
                .push("household_no", Reason::IdentityAmbiguous)
                .add("candidates", names.join("、"));
            Ok(Match::Refused)
        }
    }
}

fn new_case(paper: &Paper<'_>, household: &str, notes: &mut Notes) -> Act {
    let opened_on = paper.days[0].to_owned();
    let mut case = p::HouseholdCase {
        kind: paper.kind.into(),
        household: household.to_owned(),
        opened_on: opened_on.clone(),
        year: paper.year,
        acts: vec![CaseAct {
            verb: "Create".to_owned(),
            to_state: CaseState::Open.into(),
            occurred_on: opened_on,
            decided_by: PROPOSED_BY.to_owned(),
            transcribed: true,
            ..CaseAct::default()
        }],
        ..p::HouseholdCase::default()
    };
    fill(paper, &mut case);
    let mut before = CaseState::Open;
    for ((verb, office, after, _), day) in LEVELS.into_iter().zip(paper.days) {
        if day.is_empty() {
            break;
        }
        case.acts.push(CaseAct { from_state: before.into(), ..step(verb, office, after, day) });
        before = after;
    }
    let create = Act::create::<HouseholdCases>(Some(notes.identifier()), case);
    Act { fresh: true, ..create.needing("case.transcribe") }
}

fn step(verb: &str, office: &str, after: CaseState, day: &str) -> CaseAct {
    CaseAct {
        verb: verb.to_owned(),
        to_state: after.into(),
        occurred_on: day.to_owned(),
        decided_by: office.to_owned(),
        transcribed: true,
        ..CaseAct::default()
    }
}

fn fill(paper: &Paper<'_>, case: &mut p::HouseholdCase) {
    (paper.fill)(case);
    if paper.stated_member_count.is_some() {
        case.stated_member_count = paper.stated_member_count;
    }
    if !paper.note.is_empty() {
        paper.note.clone_into(&mut case.reason);
    }
    // Once it is approved its effective day is no cell of a form any more but what was decided.
    if !paper.days[2].is_empty() && !is_approved(case) {
        paper.days[2].clone_into(&mut case.effective_on);
    }
}

/// The days of the levels' columns.
const DAY_FIELDS: [&str; 3] = ["village_reviewed_on", "township_reviewed_on", "approved_on"];

/// A day that is recorded otherwise: only a correction changes it, and then all rules are asked again.
fn correct_days(paper: &Paper<'_>, wanted: &mut p::HouseholdCase, facts: &RowFacts, notes: &mut Notes) {
    for ((verb, ..), (field, day)) in LEVELS.into_iter().zip(DAY_FIELDS.into_iter().zip(paper.days)) {
        let Some(act) = wanted.acts.iter_mut().find(|act| act.verb == verb) else { continue };
        if day.is_empty() || act.occurred_on == day {
            continue;
        }
        if !facts.correction {
            notes.violations.push(field, Reason::FieldImmutable);
            continue;
        }
        if act.to_state() == CaseState::Approved && wanted.effective_on == act.occurred_on {
            day.clone_into(&mut wanted.effective_on);
        }
        if verb == LEVELS[0].0 && wanted.opened_on == act.occurred_on {
            day.clone_into(&mut wanted.opened_on);
        }
        day.clone_into(&mut act.occurred_on);
    }
    // Whoever applied did so on the day of the review, as far as a roster tells.
    let opened_on = wanted.opened_on.clone();
    if let Some(first) = wanted.acts.first_mut().filter(|first| first.decided_by == PROPOSED_BY) {
        first.occurred_on = opened_on;
    }
}

/// What a row says of a known case: corrected fields first, then the steps whose day was filled in since.
fn changes(paper: &Paper<'_>, loaded: &Loaded, facts: &RowFacts, notes: &mut Notes) -> Vec<Act> {
    let Some(known) = last_of::<HouseholdCases>(loaded) else { return Vec::new() };
    let mut wanted = known.clone();
    fill(paper, &mut wanted);
    correct_days(paper, &mut wanted, facts, notes);
    let record: Box<dyn AnyRecord> = Box::new(Rec::<HouseholdCases>(wanted));
    let mask = Mask { children: of_the_papers(), ..Mask::of_stated(record.as_ref()) };
    let mask = Mask { leaves: mask.leaves.into_iter().filter(|leaf| !output_only(*leaf)).collect(), ..mask };
    let correct = Change::Correct { record, mask, on: None };
    let act = |change: Change| {
        let act = Act::consequence(HouseholdCases::SPEC, Some(loaded.id.clone()), change);
        Act { reason: facts.reason.clone(), ..act }.needing("case.transcribe")
    };
    let mut acts = vec![act(correct)];
    for ((verb, office, after, _), day) in LEVELS.into_iter().zip(paper.days) {
        let taken = known.acts.iter().any(|act| act.verb == verb || act.to_state() == CaseState::Approved);
        if !day.is_empty() && !taken {
            acts.push(act(Change::Step(step(verb, office, after, day))));
        }
    }
    acts
}

fn output_only(leaf: usize) -> bool {
    HouseholdCases::SPEC.leaves[leaf].output_only
}

/// The children that a roster's columns fill: checks and notices, and the days of the acts.
fn of_the_papers() -> Vec<usize> {
    ["checks", "notices", "acts"].iter().filter_map(|path| HouseholdCases::SPEC.child(path)).collect()
}

/// Puts the days of a notice into the case; a notice of a kind stands once.
pub(super) fn notice(case: &mut p::HouseholdCase, kind: p::CaseNoticeKind, starts_on: &str, ends_on: &str) {
    if starts_on.is_empty() && ends_on.is_empty() {
        return;
    }
    let at = case.notices.iter().position(|notice| notice.kind() == kind).unwrap_or_else(|| {
        case.notices.push(p::CaseNotice { kind: kind.into(), ..p::CaseNotice::default() });
        case.notices.len() - 1
    });
    for (day, stated) in [(0, starts_on), (1, ends_on)] {
        let field = &mut case.notices[at];
        if !stated.is_empty() {
            stated.clone_into(if day == 0 { &mut field.starts_on } else { &mut field.ends_on });
        }
    }
}

/// The days of a notice of the case.
pub(super) fn notice_of(case: &p::HouseholdCase, kind: p::CaseNoticeKind) -> (String, String) {
    let found = case.notices.iter().find(|notice| notice.kind() == kind);
    found.map(|notice| (notice.starts_on.clone(), notice.ends_on.clone())).unwrap_or_default()
}

/// What a roster shows of any case.
pub(super) struct Shown {
    pub(super) household_no: String,
    pub(super) head_full_name: String,
    pub(super) area: String,
    /// Days of the village's, the township's and the county's decision.
    pub(super) days: [String; 3],
}

/// What a roster shows of a case; `None` where its household is not there.
pub(super) fn shown(case: &p::HouseholdCase, reads: &Reads<'_>) -> Known<Option<Shown>> {
    let Some(household) = reads.record::<Households>(&case.household)? else { return Ok(None) };
    let Some(known) = last_of::<Households>(&household) else { return Ok(None) };
    let day = |verb: &str| {
        let taken = case.acts.iter().find(|act| act.verb == verb);
        taken.map(|act| act.occurred_on.clone()).unwrap_or_default()
    };
    Ok(Some(Shown {
        household_no: known.household_no.clone(),
        head_full_name: known.head_full_name.clone(),
        area: case.meta.as_ref().map(|meta| meta.area.clone()).unwrap_or_default(),
        days: LEVELS.map(|(verb, ..)| day(verb)),
    }))
}

/// Whether the case has the acts of a procedure, so that a roster can show it. What only the registration form stated
/// is no row of a roster.
pub(super) fn is_on_paper(case: &p::HouseholdCase) -> bool {
    case.acts.iter().any(|act| act.verb == LEVELS[0].0)
}
