//! What was published stays what it was, whatever is found out later.

use proto::common::EvidenceRole;
use proto::xiuhua::gateway::v1::get_report_request::Known;
use proto::xiuhua::gateway::v1::{Report, ReportLine};
use proto::xiuhua::registry::v1::household_case_service_client::HouseholdCaseServiceClient;
use proto::xiuhua::registry::v1::membership_service_client::MembershipServiceClient;
use proto::xiuhua::registry::v1::{
    GetMembershipRequest, ListHouseholdCasesRequest, ListMembershipsRequest, Membership,
    WithdrawHouseholdCaseRequest, WithdrawMembershipRequest,
};
use suite::demonstrated::{Front, line, same};
use suite::fixtures::{COUNTY, PREFECTURE};
use suite::harness::request_id;

use crate::evidence::{Added, rows};
use crate::number;

const HOUSEHOLDS: &str = "registry.households_registered_2015";
const PERSONS: &str = "registry.persons_registered_2015";
/// Figures that rest on the two.
const RESTING: [&str; 2] = ["registry.persons_share_of_province_2015", "registry.poverty_incidence_2015"];
/// The day of the registered poor.
const DAY: &str = "2015-12-31";

/// A member who never was one, and a household that was registered by mistake.
pub(crate) async fn what_was_published_stays(front: &Front, before: &Report) {
    // As known today, before the two are found out: what was removed since counts no more.
    let today = Known::KnownAt(read_at(before));
    let base = front.report(PREFECTURE, Some(today.clone())).await;
    let [member, other] = two_members(front, today).await;
    let people = i64::try_from(members_of(front, &other.household).await.len()).unwrap();
    withdraw_membership(front, &member).await;
    withdraw_case(front, &other.household).await;

    let pinned = front.report(PREFECTURE, None).await;
    assert_eq!(same(&pinned), same(before), "published figures have moved");
    let snapshot = || Some(Known::Snapshot("registered-2015".to_owned()));
    let asked = front.report(PREFECTURE, snapshot()).await;
    for figure in [HOUSEHOLDS, PERSONS] {
        assert_eq!(line(&asked, figure).exact, line(before, figure).exact, "{figure} at its snapshot");
    }

    let now = Known::KnownAt(read_at(&pinned));
    let fresh = front.report(PREFECTURE, Some(now.clone())).await;
    let fewer = |figure: &str, area: Option<&str>| {
        value(line(&base, figure), area) - value(line(&fresh, figure), area)
    };
    for area in [None, Some(COUNTY)] {
        assert_eq!((fewer(HOUSEHOLDS, area), fewer(PERSONS, area)), (1, people + 1), "{area:?}");
    }
    for (one, next) in same(&base).into_iter().zip(same(&fresh)) {
        let rests =
            [HOUSEHOLDS, PERSONS].contains(&one.figure.as_str()) || RESTING.contains(&one.figure.as_str());
        assert_eq!(one != next, rests, "{}: {one:?} and {next:?}", one.figure);
        let moved = one.cells.iter().zip(&next.cells).filter(|(one, next)| one != next);
        assert!(moved.clone().all(|(one, _)| one.0 == COUNTY), "{}: other counties have moved", one.figure);
    }
    for (known, report) in [(Some(now), &fresh), (None, &pinned), (snapshot(), &asked)] {
        let rows = rows(front, COUNTY, PERSONS, known, Default::default()).await.unwrap();
        assert_eq!(Added::of(rows).sum(EvidenceRole::Numerator), value(line(report, PERSONS), Some(COUNTY)));
    }
}

/// The number of a line, or of one of its divisions.
fn value(line: &ReportLine, area: Option<&str>) -> i64 {
    let cell = |area| line.cells.iter().find(|cell| cell.area == area).and_then(|cell| cell.exact.as_ref());
    let exact = area.map_or(line.exact.as_ref(), cell);
    number(exact.and_then(|exact| exact.value.as_ref()))
}

/// The moment that the registry read for a report.
fn read_at(report: &Report) -> prost_types::Timestamp {
    let registry = report.sources.iter().find(|source| source.service == "registry");
    registry.and_then(|source| source.known_at).expect("a moment")
}

/// Members of two households that are counted.
async fn two_members(front: &Front, known: Known) -> [Membership; 2] {
    let evidence = rows(front, COUNTY, PERSONS, Some(known), (String::new(), true)).await.unwrap();
    let mut found: Vec<Membership> = Vec::new();
    let mut client = MembershipServiceClient::new(front.client("township_clerk", COUNTY));
    for row in &evidence[0].evidence {
        let request = GetMembershipRequest {
            name: row.resource.clone(),
            as_of: DAY.to_owned(),
            ..GetMembershipRequest::default()
        };
        let answer = client.get_membership(request).await.unwrap().into_inner();
        let member = answer.membership.unwrap();
        if found.iter().all(|known| known.household != member.household) {
            found.push(member);
        }
        if found.len() == 2 {
            break;
        }
    }
    found.try_into().expect("two households")
}

async fn members_of(front: &Front, household: &str) -> Vec<Membership> {
    let request = ListMembershipsRequest {
        household: household.to_owned(),
        as_of: DAY.to_owned(),
        ..ListMembershipsRequest::default()
    };
    let mut client = MembershipServiceClient::new(front.client("township_clerk", COUNTY));
    client.list_memberships(request).await.unwrap().into_inner().memberships
}

async fn withdraw_membership(front: &Front, member: &Membership) {
    let request = WithdrawMembershipRequest {
        request_id: request_id(),
        name: member.name.clone(),
        etag: member.etag.clone(),
        reason: "重复录入".to_owned(),
        ..WithdrawMembershipRequest::default()
    };
    let mut client = MembershipServiceClient::new(front.client("township_clerk", COUNTY));
    client.withdraw_membership(request).await.expect("a membership that never was");
}

async fn withdraw_case(front: &Front, household: &str) {
    let mut client = HouseholdCaseServiceClient::new(front.client("county_office", COUNTY));
    let list =
        ListHouseholdCasesRequest { household: household.to_owned(), ..ListHouseholdCasesRequest::default() };
    let cases = client.list_household_cases(list).await.unwrap().into_inner().household_cases;
    assert_eq!(cases.len(), 1, "the case that registered it");
    let request = WithdrawHouseholdCaseRequest {
        request_id: request_id(),
        name: cases[0].name.clone(),
        etag: cases[0].etag.clone(),
        reason: "识别有误".to_owned(),
        ..WithdrawHouseholdCaseRequest::default()
    };
    client.withdraw_household_case(request).await.expect("a case that never was");
}
