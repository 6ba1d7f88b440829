//! The roster of exits: what an exit needs, its days as acts, and the same file again.

use proto::common::export_rows_response::Part;
use proto::common::table_service_client::TableServiceClient;
use proto::common::{CaseState, ExportRowsRequest, HouseholdStatus, period};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_case_service_client::HouseholdCaseServiceClient;
use suite::fixtures::{COUNTY, corrected, fields, paths, refused, with_papers};
use suite::harness::{on_each, request_id};
use suite::table::row;

use super::village::{PLACE, Village};

pub(crate) const COLUMNS: &[&str] = &[
    "县市",
    "乡镇",
    "行政村",
    "户编号",
    "户主姓名",
    "家庭人口",
    "脱贫年度",
    "人均纯收入(元)",
    "是否不愁吃",
    "是否不愁穿",
    "义务教育是否保障",
    "基本医疗是否保障",
    "住房安全是否保障",
    "饮水是否安全",
    "民主评议日期",
    "村公示起",
    "村公示止",
    "户主签字",
    "驻村工作队核实人",
    "乡镇审核日期",
    "县批准日期",
    "公告日期",
];

/// A row of the roster that has everything.
pub(crate) fn exit(number: &str, members: &str) -> Vec<String> {
    exit_in(PLACE[2], number, members)
}

/// A row of the roster in a village.
pub(crate) fn exit_in(village: &str, number: &str, members: &str) -> Vec<String> {
    let head = format!("户主{number}");
    let own: [&str; 19] = [
        number,
        &head,
        members,
        "2016",
        "3500",
        "是",
        "是",
        "是",
        "是",
        "是",
        "是",
        "2016-11-01",
        "2016-11-02",
        "2016-11-10",
        "是",
        "崔工作",
        "2016-11-15",
        "2016-11-20",
        "2016-11-25",
    ];
    row(&[&[PLACE[0], PLACE[1], village], own.as_slice()].concat())
}

/// The row with other words in a column.
fn with(mut cells: Vec<String>, column: &str, text: &str) -> Vec<String> {
    let at = COLUMNS.iter().position(|title| *title == column).unwrap();
    cells[at] = text.to_owned();
    cells
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exit_without_its_proofs_is_refused_with_the_column_that_lacks() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        let wrong = [
            // Not above the line of 2016, 2952 yuan.
            ("人均纯收入(元)", "2952", "人均纯收入(元)", "INCOME_BELOW_LINE"),
            ("是否不愁穿", "否", "是否不愁穿", "GUARANTEE_UNMET"),
            ("饮水是否安全", "未核实", "饮水是否安全", "GUARANTEE_UNMET"),
            ("户主签字", "", "户主签字", "SIGNATURE_MISSING"),
            ("户主签字", "否", "户主签字", "SIGNATURE_MISSING"),
            // Six days; and a decision on the notice's last day.
            ("村公示止", "2016-11-07", "村公示止", "NOTICE_TOO_SHORT"),
            ("村公示止", "2016-11-20", "村公示止", "NOTICE_NOT_ENDED"),
            ("县批准日期", "2016-11-10", "县批准日期", "DATE_ORDER"),
            ("乡镇审核日期", "", "县批准日期", "MILESTONE_MISSING"),
            ("户编号", "9", "户编号", "REFERENCE_NOT_FOUND"),
            ("义务教育是否保障", "差不多", "义务教育是否保障", "CODE_UNKNOWN"),
        ];
        for (column, text, told_at, reason) in wrong {
            let done =
                village.told("registry.exits", "", COLUMNS, &[with(exit("1", "2"), column, text)]).await;
            let reasons = done.reasons();
            assert!(reasons.contains(&(1, told_at, reason)), "{column} {text}: {reasons:?}");
        }
        // Without a notice at all.
        let unposted = with(with(exit("1", "2"), "村公示起", ""), "村公示止", "");
        let done = village.told("registry.exits", "", COLUMNS, &[unposted]).await;
        assert_eq!(done.reasons(), [(1, "村公示起", "NOTICE_MISSING")]);
        assert_eq!(village.standing("1", "2017-01-01", None).await, HouseholdStatus::Poor);
        let (exited, _) = village.count("registry.persons_exited", period::Period::Year(2016), None).await;
        assert_eq!(exited, Some(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_are_filled_in_later_are_acts_then() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        let undecided = with(with(exit("1", "2"), "县批准日期", ""), "公告日期", "");
        village.enter("registry.exits", "", COLUMNS, std::slice::from_ref(&undecided)).await;
        let mut cases = HouseholdCaseServiceClient::new(village.auditor("registry"));
        let household = village.household("1", "2017-01-01", None).await;
        let list = p::ListHouseholdCasesRequest {
            household: household.name.clone(),
            kind: p::HouseholdCaseKind::Exit.into(),
            ..p::ListHouseholdCasesRequest::default()
        };
        let case = cases.list_household_cases(list.clone()).await.unwrap().into_inner().household_cases;
        assert_eq!((case.len(), case[0].state()), (1, CaseState::TownshipReviewed));
        assert_eq!(village.standing("1", "2017-01-01", None).await, HouseholdStatus::Poor);

        village.enter("registry.exits", "", COLUMNS, &[exit("1", "2")]).await;
        let case = cases.list_household_cases(list).await.unwrap().into_inner().household_cases;
        assert_eq!((case.len(), case[0].state()), (1, CaseState::Approved));
        let verbs: Vec<&str> = case[0].acts.iter().map(|act| act.verb.as_str()).collect();
        assert_eq!(verbs, ["Create", "RecordVillageReview", "RecordTownshipReview", "Approve"]);
        assert!(case[0].acts.iter().all(|act| act.transcribed));
        assert_eq!(case[0].member_count_at_decision, Some(2));
        assert_eq!(village.standing("1", "2016-11-19", None).await, HouseholdStatus::Poor);
        assert_eq!(village.standing("1", "2016-11-20", None).await, HouseholdStatus::ExitedPolicy);

        // The same file again says nothing new; an income below the line is no correction that stands.
        let again = village.told("registry.exits", "", COLUMNS, &[exit("1", "2")]).await;
        assert_eq!((again.reasons(), again.counts()), (vec![], (1, 1, 0, 0)));
        let poorer = with(exit("1", "2"), "人均纯收入(元)", "2000");
        let done = village.told("registry.exits", "", COLUMNS, &[poorer]).await;
        assert_eq!(done.reasons(), [(1, "人均纯收入(元)", "INCOME_BELOW_LINE")]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roster_counts_members_warns_of_others_and_comes_back_as_it_went() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        let done = village.told("registry.exits", "", COLUMNS, &[exit("1", "2"), exit("3", "5")]).await;
        assert_eq!(done.reasons(), []);
        let warned: Vec<(i64, &str)> =
            done.errors.iter().map(|told| (told.row, told.reason.as_str())).collect();
        assert_eq!(warned, [(2, "MEMBER_COUNT_DIFFERS")]);
        let (exited, _) = village.count("registry.persons_exited", period::Period::Year(2016), None).await;
        assert_eq!(exited, Some(5));

        let request = ExportRowsRequest {
            table: "registry.exits".to_owned(),
            area: COUNTY.to_owned(),
            ..ExportRowsRequest::default()
        };
        let token = village.harness.token("data_steward", &[COUNTY]);
        let mut tables = TableServiceClient::new(village.harness.client("registry", &token));
        let mut stream = tables.export_rows(request).await.unwrap().into_inner();
        let (mut columns, mut rows) = (Vec::<String>::new(), Vec::new());
        while let Some(answer) = stream.message().await.unwrap() {
            match answer.part {
                Some(Part::Header(header)) => {
                    columns = header.columns.into_iter().map(|column| column.title.unwrap().zh).collect();
                }
                Some(Part::Batch(batch)) => rows.extend(batch.rows.into_iter().map(|row| row.cells)),
                _ => {}
            }
        }
        assert_eq!(rows.len(), 2);
        let titles: Vec<&str> = columns.iter().map(String::as_str).collect();
        let again = village.told("registry.exits", "", &titles, &rows).await;
        assert_eq!((again.reasons(), again.counts().1), (vec![], 2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_is_not_rewritten_by_who_proposed_it() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        village.enter("registry.exits", "", COLUMNS, &[exit("1", "2")]).await;
        let household = village.household("1", "", None).await.name;
        let token = village.harness.token("village_cadre", &[COUNTY]);
        let mut cadre = HouseholdCaseServiceClient::new(village.harness.client("registry", &token));
        let list = p::ListHouseholdCasesRequest {
            household: household.clone(),
            kind: p::HouseholdCaseKind::Exit.into(),
            ..p::ListHouseholdCasesRequest::default()
        };
        let case = cadre.list_household_cases(list).await.unwrap().into_inner().household_cases.remove(0);
        let changed = |mask: &str, case: p::HouseholdCase| p::UpdateHouseholdCaseRequest {
            request_id: request_id(),
            household_case: Some(case),
            update_mask: paths(&[mask]),
            change: corrected("改"),
            ..p::UpdateHouseholdCaseRequest::default()
        };
        let later = p::HouseholdCase { effective_on: "2016-12-31".to_owned(), ..case.clone() };
        let richer = p::HouseholdCase {
            exit: Some(p::ExitDetail { net_per_capita_fen: Some(900_000), ..case.exit.clone().unwrap() }),
            ..case.clone()
        };
        for (mask, field, case) in
            [("effective_on", "effective_on", later), ("exit.net_per_capita_fen", "exit", richer)]
        {
            let told = fields(cadre.update_household_case(changed(mask, case)).await);
            assert_eq!(told, [(format!("household_case.{field}"), "PERMISSION_MISSING".to_owned())]);
        }
        let withdraw = p::WithdrawHouseholdCaseRequest {
            request_id: request_id(),
            name: case.name.clone(),
            etag: case.etag.clone(),
            reason: "误".to_owned(),
            ..p::WithdrawHouseholdCaseRequest::default()
        };
        let answer = cadre.withdraw_household_case(withdraw).await;
        assert_eq!(refused(answer), "PermissionDenied PERMISSION_MISSING");

        // A second exit of the household does not slip in before the first.
        let earlier = with_papers(p::HouseholdCase {
            household,
            kind: p::HouseholdCaseKind::Exit.into(),
            effective_on: "2016-11-12".to_owned(),
            ..p::HouseholdCase::default()
        });
        let request = p::TranscribeHouseholdCaseRequest {
            request_id: request_id(),
            household_case: Some(earlier),
            decided_on: "2016-11-12".to_owned(),
            decided_by: "县扶贫办".to_owned(),
            ..p::TranscribeHouseholdCaseRequest::default()
        };
        let answer =
            HouseholdCaseServiceClient::new(village.clerk()).transcribe_household_case(request).await;
        assert_eq!(fields(answer), [("household_case.kind".to_owned(), "STATE_REFUSES".to_owned())]);
    })
    .await;
}
