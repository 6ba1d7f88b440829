//! A household that moves, and one that was recorded in a wrong village: what goes with it, from which day on, and who sees it.

use proto::common::period::Period;
use proto::common::{HouseholdStatus, ImportMode};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_case_service_client::HouseholdCaseServiceClient;
use suite::fixtures::{COUNTY, OTHER_VILLAGE, VILLAGE};
use suite::harness::on_each;
use suite::table::{header, import, row};

use super::exits;
use super::village::Village;

const COLUMNS: &[&str] = &["县市", "乡镇", "行政村", "户编号", "户主姓名", "识别年度", "脱贫属性"];

impl Village {
    /// Household 3 in the neighbouring village: from the form's date on, or, as a correction, always.
    async fn move_away(&self, form_date: &str, mode: ImportMode) {
        let rows = [row(&["龙井市", "朝阳川镇", "光石村", "3", "户主3", "2014", "未脱贫"])];
        let mut head = header("registry.households", COUNTY, form_date, COLUMNS);
        head.mode = mode.into();
        let done = import(self.clerk(), head, &rows).await.unwrap();
        assert_eq!(done.reasons(), []);
    }

    /// Households and persons who are poor in each village on a day.
    async fn poor(&self, day: &str) -> [(i64, i64); 2] {
        let mut counts = [(0, 0); 2];
        for (village, count) in [VILLAGE, OTHER_VILLAGE].into_iter().zip(&mut counts) {
            let of = async |indicator| {
                let when = Period::Date(day.to_owned());
                self.count_in("registry", village, indicator, when, None).await.0.unwrap()
            };
            *count = (of("registry.households_registered").await, of("registry.persons_registered").await);
        }
        counts
    }

    /// Cases that an officer of a village sees.
    async fn cases_seen_in(&self, village: &str) -> usize {
        let officer = self.harness.client("registry", &self.harness.token("auditor", &[village]));
        let list = p::ListHouseholdCasesRequest::default();
        let answer = HouseholdCaseServiceClient::new(officer).list_household_cases(list).await.unwrap();
        answer.into_inner().household_cases.len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_moves_is_counted_where_it_lived_on_each_day() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        assert_eq!(village.poor("2017-12-31").await, [(3, 6), (0, 0)]);
        let before = village.moment().await;
        village.move_away("2016-07-01", ImportMode::Change).await;
        assert_eq!(village.poor("2016-06-30").await, [(3, 6), (0, 0)]);
        assert_eq!(village.poor("2016-07-01").await, [(2, 3), (1, 3)]);
        let when = Period::Date("2017-12-31".to_owned());
        let known = village.count_in("registry", VILLAGE, "registry.persons_registered", when, Some(before));
        assert_eq!(known.await.0, Some(6), "what was published stays");
        // What it went through before is seen where it lives now, and where it happened.
        assert_eq!(
            (village.cases_seen_in(VILLAGE).await, village.cases_seen_in(OTHER_VILLAGE).await),
            (3, 1)
        );
        // The exit of that year is the new village's, and the standing stays in its places.
        let rows = [exits::exit_in("光石村", "3", "3")];
        village.enter("registry.exits", "", exits::COLUMNS, &rows).await;
        assert_eq!(village.standing("3", "2017-12-31", None).await, HouseholdStatus::ExitedPolicy);
        assert_eq!(village.poor("2016-06-30").await, [(3, 6), (0, 0)]);
        assert_eq!(village.poor("2017-12-31").await, [(2, 3), (0, 0)]);
        let exited = async |village_code| {
            let year = Period::Year(2016);
            village.count_in("registry", village_code, "registry.persons_exited", year, None).await.0
        };
        assert_eq!((exited(VILLAGE).await, exited(OTHER_VILLAGE).await), (Some(0), Some(3)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_recorded_in_a_wrong_village_never_was_there() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        village.move_away("2015-12-31", ImportMode::Correction).await;
        for day in ["2015-12-31", "2017-12-31"] {
            assert_eq!(village.poor(day).await, [(2, 3), (1, 3)], "{day}");
        }
        assert_eq!(
            (village.cases_seen_in(VILLAGE).await, village.cases_seen_in(OTHER_VILLAGE).await),
            (2, 1)
        );
        // The same once more changes nothing.
        let before = village.household("3", "2017-12-31", None).await;
        village.move_away("2015-12-31", ImportMode::Correction).await;
        assert_eq!(village.household("3", "2017-12-31", None).await, before);
    })
    .await;
}
