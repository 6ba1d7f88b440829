//! Places, people and words that several tests need.

use kernel::id_number::IdNumber;
use proto::common::{Assurance, Change, ChangeKind, GuaranteeCheck, RecordMeta, Reveal, Verdict};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use proto::xiuhua::registry::v1::person_service_client::PersonServiceClient;
use runtime::status::Problem;
use tonic::Status;

use crate::harness::{Client, Harness, request_id};
use crate::table::{header, import, row};

/// A village of 龙井市.
pub const VILLAGE: &str = "222405100201";
/// Another one of the same township.
pub const OTHER_VILLAGE: &str = "222405100202";
/// A village of 和龙市, another county.
pub const FOREIGN_VILLAGE: &str = "222406100201";
/// 龙井市.
pub const COUNTY: &str = "222405";
/// The prefecture.
pub const PREFECTURE: &str = "222400";

/// Enters the divisions above.
pub async fn divisions(harness: &Harness) {
    let token = harness.token("data_steward", &["220000"]);
    let columns = &["区划代码", "级别", "名称", "朝文名称", "上级区划代码", "是否农村", "起始日期"];
    let rows = [
        row(&["220000", "省", "吉林省", "", "", "否", "1949-10-01"]),
        row(&["222400", "市州", "延边朝鲜族自治州", "연변", "220000", "否", "1952-09-03"]),
        row(&["222405", "县市", "龙井市", "룡정시", "222400", "否", "1988-07-01"]),
        row(&["222405100", "乡镇", "朝阳川镇", "", "222405", "是", "1988-07-01"]),
        row(&["222405100201", "行政村", "龙岩村", "", "222405100", "是", "1988-07-01"]),
        row(&["222405100202", "行政村", "光石村", "", "222405100", "是", "1988-07-01"]),
        row(&["222406", "县市", "和龙市", "화룡시", "222400", "否", "1993-07-01"]),
        row(&["222406100", "乡镇", "八家子镇", "", "222406", "是", "1993-07-01"]),
        row(&["222406100201", "行政村", "上南村", "", "222406100", "是", "1993-07-01"]),
    ];
    let head = header("registry.divisions", "220000", "", columns);
    let done = import(harness.client("registry", &token), head, &rows).await.expect("an import");
    assert_eq!(done.reasons(), []);
}

/// A valid ID number of somebody born on a day; the sequence tells people of one day apart.
pub fn id_number(born_on: &str, sequence: u32) -> String {
    let digits = format!("222405{}{sequence:03}", born_on.replace('-', ""));
    IdNumber::from_first_seventeen(&digits).expect("17 digits with a date").as_str().to_owned()
}

/// The head of a record in an area, valid from a day; the engine's default where it is empty.
pub fn meta(area: &str, valid_from: &str) -> Option<RecordMeta> {
    Some(RecordMeta { area: area.to_owned(), valid_from: valid_from.to_owned(), ..RecordMeta::default() })
}

/// A household, not yet stored.
pub fn new_household(number: &str, area: &str, valid_from: &str) -> p::Household {
    p::Household {
        meta: meta(area, valid_from),
        household_no: number.to_owned(),
        head_full_name: "金顺子".to_owned(),
        ..p::Household::default()
    }
}

/// A household, stored.
pub async fn household(client: Client, number: &str, area: &str, valid_from: &str) -> p::Household {
    let request = p::CreateHouseholdRequest {
        request_id: request_id(),
        household: Some(new_household(number, area, valid_from)),
        ..p::CreateHouseholdRequest::default()
    };
    let answer = HouseholdServiceClient::new(client).create_household(request).await.expect("a household");
    answer.into_inner().household.expect("a household")
}

/// What a case of its kind must have before it is approved: an exit its proofs of 2016, a removal its ground.
pub fn with_papers(mut case: p::HouseholdCase) -> p::HouseholdCase {
    match case.kind() {
        p::HouseholdCaseKind::Exit => {
            case.year = Some(2016);
            case.exit = Some(p::ExitDetail {
                net_per_capita_fen: Some(350_000),
                household_signature: "是".to_owned(),
                ..p::ExitDetail::default()
            });
            case.checks = GUARANTEES.map(|assurance| check(assurance, Verdict::Pass)).to_vec();
            case.notices = vec![notice("2016-11-01", "2016-11-07")];
        }
        p::HouseholdCaseKind::Removal => {
            case.year = Some(2017);
            let ground = p::RemovalGround::NoLongerEligible.into();
            case.removal = Some(p::RemovalDetail { ground, ..p::RemovalDetail::default() });
        }
        _ => {}
    }
    case
}

/// What an exit proves beside the income.
pub const GUARANTEES: [Assurance; 6] = [
    Assurance::Food,
    Assurance::Clothing,
    Assurance::Education,
    Assurance::Medical,
    Assurance::Housing,
    Assurance::Water,
];

/// A check on the spot.
pub fn check(assurance: Assurance, verdict: Verdict) -> GuaranteeCheck {
    GuaranteeCheck {
        assurance: assurance.into(),
        verdict: verdict.into(),
        checked_on: "2016-10-20".to_owned(),
        ..GuaranteeCheck::default()
    }
}

/// The village's notice from a day to a day.
pub fn notice(starts_on: &str, ends_on: &str) -> p::CaseNotice {
    p::CaseNotice {
        kind: p::CaseNoticeKind::Village.into(),
        starts_on: starts_on.to_owned(),
        ends_on: ends_on.to_owned(),
        ..p::CaseNotice::default()
    }
}

/// A person, stored.
pub async fn person(client: Client, number: &str, area: &str, valid_from: &str) -> p::Person {
    let request = p::CreatePersonRequest {
        request_id: request_id(),
        person: Some(p::Person {
            meta: meta(area, valid_from),
            person_no: number.to_owned(),
            full_name: "朴大山".to_owned(),
            ..p::Person::default()
        }),
        ..p::CreatePersonRequest::default()
    };
    let answer = PersonServiceClient::new(client).create_person(request).await.expect("a person");
    answer.into_inner().person.expect("a person")
}

/// The world changed on a day.
pub fn changed_on(day: &str) -> Option<Change> {
    Some(Change { kind: ChangeKind::Change.into(), effective_on: day.to_owned(), ..Change::default() })
}

/// The office had it wrong.
pub fn corrected(reason: &str) -> Option<Change> {
    Some(Change { kind: ChangeKind::Correction.into(), reason: reason.to_owned(), ..Change::default() })
}

/// A field mask.
pub fn paths(paths: &[&str]) -> Option<prost_types::FieldMask> {
    Some(prost_types::FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() })
}

/// A reveal of these fields; of all where there are none.
pub fn reveal(fields: &[&str]) -> Option<Reveal> {
    Some(Reveal {
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        purpose: "核对身份".to_owned(),
        legal_basis: "扶贫对象核查".to_owned(),
    })
}

/// A refusal as `CODE REASON`, its code as gRPC names it.
pub fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    let problem = Problem::of(&answer.expect_err("a refusal"));
    format!("{:?} {}", problem.code, problem.reason)
}

/// Path and reason of each field of a refusal, in their order.
pub fn fields<T: std::fmt::Debug>(answer: Result<T, Status>) -> Vec<(String, String)> {
    let problem = Problem::of(&answer.expect_err("a refusal"));
    problem.violations.into_iter().map(|found| (found.field, found.reason)).collect()
}
