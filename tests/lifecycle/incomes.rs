//! Income of a household in a year: its sums, its members, its signatures.

use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::income_statement_service_client::IncomeStatementServiceClient;
use suite::fixtures::{COUNTY, refused};
use suite::harness::{on_each, request_id};
use suite::table::row;

use super::village::Village;

const COLUMNS: &[&str] = &[
    "户编号",
    "年度",
    "起始月",
    "截止月",
    "工资性收入",
    "生产经营性收入",
    "财产性收入",
    "转移性收入",
    "生产经营性支出",
    "家庭纯收入",
    "人均纯收入",
];

fn income(number: &str, months: [&str; 2], net: &str, a_head: &str) -> Vec<String> {
    row(&[number, "2015", months[0], months[1], "3000", "2000.5", "0", "1000", "500.5", net, a_head])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_income_sheet_whose_sums_do_not_agree_is_refused() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        let months = ["2014-10", "2015年9月"];
        for (row, column, reason) in [
            (income("1", months, "5501", "2750.5"), "家庭纯收入", "SUM_DIFFERS"),
            // Of two members each has 2750.
            (income("1", months, "5500", "5500"), "人均纯收入", "SUM_DIFFERS"),
            (income("1", ["201513", "201509"], "5500", "2750"), "起始月", "MONTH_INVALID"),
            (income("1", ["201510", "201509"], "5500", "2750"), "截止月", "DATE_ORDER"),
            (income("9", months, "5500", "2750"), "户编号", "REFERENCE_NOT_FOUND"),
        ] {
            let done = village.told("registry.incomes", "", COLUMNS, std::slice::from_ref(&row)).await;
            assert_eq!(done.reasons(), [(1, column, reason)], "{row:?}");
        }
        let rows = [income("1", months, "5500", "2750"), income("3", months, "5500", "1833")];
        village.enter("registry.incomes", "", COLUMNS, &rows).await;
        let again = village.told("registry.incomes", "", COLUMNS, &rows).await;
        assert_eq!(again.counts(), (2, 2, 0, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_signed_once_household_helper_and_village_have() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        let months = ["2014-10", "2015-09"];
        village.enter("registry.incomes", "", COLUMNS, &[income("1", months, "5500", "2750")]).await;
        let token = village.harness.token("township_clerk", &[COUNTY]);
        let mut clerk = IncomeStatementServiceClient::new(village.harness.client("registry", &token));
        let list = p::ListIncomeStatementsRequest { year: Some(2015), ..Default::default() };
        let found = clerk.list_income_statements(list).await.unwrap().into_inner().income_statements;
        let mut statement = found.into_iter().next().unwrap();
        assert_eq!(statement.state(), p::IncomeState::Draft);
        assert_eq!((statement.registered_members, statement.line_fen), (Some(2), Some(285_500)));
        assert_eq!(statement.meta.as_ref().unwrap().valid_from, "2015-09-30");
        let sign = |statement: &p::IncomeStatement, signer: p::IncomeSigner, day: &str| {
            p::SignIncomeStatementRequest {
                request_id: request_id(),
                name: statement.name.clone(),
                etag: statement.etag.clone(),
                occurred_on: day.to_owned(),
                signer: signer.into(),
                ..p::SignIncomeStatementRequest::default()
            }
        };
        for (signer, day) in [
            (p::IncomeSigner::Helper, "2015-10-20"),
            (p::IncomeSigner::Household, "2015-10-25"),
            (p::IncomeSigner::Village, "2015-10-22"),
        ] {
            assert_eq!(statement.state(), p::IncomeState::Draft);
            let answer = clerk.sign_income_statement(sign(&statement, signer, day)).await.unwrap();
            statement = answer.into_inner().income_statement.unwrap();
        }
        assert_eq!((statement.state(), statement.signed_on.as_str()), (p::IncomeState::Signed, "2015-10-25"));
        let twice =
            clerk.sign_income_statement(sign(&statement, p::IncomeSigner::Helper, "2015-11-01")).await;
        assert_eq!(refused(twice), "FailedPrecondition STATE_REFUSES");
    })
    .await;
}
