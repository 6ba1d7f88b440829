//! A small village of poor households, entered by their forms, and the questions that every test here asks.

use prost_types::Timestamp;
use proto::common::reporting_service_client::ReportingServiceClient;
use proto::common::{FeedPosition, HouseholdStatus, MeasureItem, MeasureRequest, Period, period, value};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use suite::fixtures::{COUNTY, divisions, id_number};
use suite::harness::{Client, Harness};
use suite::table::{Imported, header, import, row};

/// 县市, 乡镇, 行政村 of every row.
pub(crate) const PLACE: [&str; 3] = ["龙井市", "朝阳川镇", "龙岩村"];

const HOUSEHOLDS: &[&str] = &["县市", "乡镇", "行政村", "户编号", "户主姓名", "识别年度", "脱贫属性"];
const MEMBERS: &[&str] = &["户编号", "人编号", "姓名", "证件号码", "与户主关系"];

/// The village and its clerk.
pub(crate) struct Village {
    pub(crate) harness: Harness,
}

impl Village {
    /// Households 1 to 3, registered in 2014, with two, one and three members.
    pub(crate) async fn settle(harness: Harness) -> Self {
        divisions(&harness).await;
        let village = Self { harness };
        let household = |number: &str| {
            let head = format!("户主{number}");
            row(&[PLACE.as_slice(), &[number, &head, "2014", "未脱贫"]].concat())
        };
        let rows: Vec<Vec<String>> = ["1", "2", "3"].map(household).to_vec();
        village.enter("registry.households", "2015-12-31", HOUSEHOLDS, &rows).await;
        let member = |household: &str, place: u32, relation: &str| {
            let number = household.parse::<u32>().unwrap() * 10 + place;
            let id = id_number("1950-05-01", number);
            row(&[household, &format!("r{number}"), &format!("成员{number}"), &id, relation])
        };
        let rows = [
            member("1", 1, "户主"),
            member("1", 2, "配偶"),
            member("2", 1, "户主"),
            member("3", 1, "户主"),
            member("3", 2, "配偶"),
            member("3", 3, "子"),
        ];
        village.enter("registry.members", "2015-12-31", MEMBERS, &rows).await;
        village
    }

    /// ID number of a member: `22` is the second of household 2.
    pub(crate) fn id_of(number: u32) -> String {
        id_number("1950-05-01", number)
    }

    pub(crate) fn clerk(&self) -> Client {
        self.harness.client("registry", &self.harness.token("data_steward", &[COUNTY]))
    }

    pub(crate) fn auditor(&self, service: &str) -> Client {
        self.harness.client(service, &self.harness.token("auditor", &[COUNTY]))
    }

    /// Imports rows of the registry and tells what became of them.
    pub(crate) async fn told(
        &self,
        table: &str,
        form_date: &str,
        columns: &[&str],
        rows: &[Vec<String>],
    ) -> Imported {
        import(self.clerk(), header(table, COUNTY, form_date, columns), rows).await.unwrap()
    }

    /// Imports rows that must all stand.
    pub(crate) async fn enter(&self, table: &str, form_date: &str, columns: &[&str], rows: &[Vec<String>]) {
        let done = self.told(table, form_date, columns, rows).await;
        assert_eq!(done.reasons(), [], "{table}");
    }

    /// The household with this number, as read on a day and as known at a moment.
    pub(crate) async fn household(
        &self,
        number: &str,
        as_of: &str,
        known_at: Option<Timestamp>,
    ) -> p::Household {
        let list = p::ListHouseholdsRequest {
            as_of: as_of.to_owned(),
            known_at,
            household_no: number.to_owned(),
            ..p::ListHouseholdsRequest::default()
        };
        let found =
            HouseholdServiceClient::new(self.auditor("registry")).list_households(list).await.unwrap();
        found.into_inner().households.into_iter().find(|found| found.household_no == number).unwrap()
    }

    /// Its standing.
    pub(crate) async fn standing(
        &self,
        number: &str,
        as_of: &str,
        known_at: Option<Timestamp>,
    ) -> HouseholdStatus {
        self.household(number, as_of, known_at).await.state()
    }

    /// A count of the registry, and the moment whose knowledge it is.
    pub(crate) async fn count(
        &self,
        indicator: &str,
        when: period::Period,
        known_at: Option<Timestamp>,
    ) -> (Option<i64>, Timestamp) {
        self.count_of("registry", indicator, when, known_at).await
    }

    /// A count of a service, and the moment whose knowledge it is.
    pub(crate) async fn count_of(
        &self,
        service: &str,
        indicator: &str,
        when: period::Period,
        known_at: Option<Timestamp>,
    ) -> (Option<i64>, Timestamp) {
        self.count_in(service, COUNTY, indicator, when, known_at).await
    }

    /// A count of a service in an area, and the moment whose knowledge it is.
    pub(crate) async fn count_in(
        &self,
        service: &str,
        area: &str,
        indicator: &str,
        when: period::Period,
        known_at: Option<Timestamp>,
    ) -> (Option<i64>, Timestamp) {
        let request = MeasureRequest {
            items: vec![MeasureItem {
                indicator: indicator.to_owned(),
                period: Some(Period { period: Some(when) }),
                ..MeasureItem::default()
            }],
            area: area.to_owned(),
            known_at,
            ..MeasureRequest::default()
        };
        let mut reporting = ReportingServiceClient::new(self.auditor(service));
        let answer = reporting.measure(request).await.unwrap().into_inner();
        let total = answer.measurements[0].total.clone().unwrap();
        let count = total.value.and_then(|exact| match exact.value {
            Some(value::Value::Count(count)) => Some(count),
            _ => None,
        });
        (count, answer.known_at.unwrap())
    }

    /// The feeds on which a service's counts rest.
    pub(crate) async fn rests_on(&self, service: &str) -> Vec<FeedPosition> {
        let indicator = match service {
            "assistance" => "social_security.temp_relief_households",
            _ => "registry.persons_registered",
        };
        let when = Some(Period { period: Some(period::Period::Year(2017)) });
        let item = MeasureItem { indicator: indicator.to_owned(), period: when, ..MeasureItem::default() };
        let request =
            MeasureRequest { items: vec![item], area: COUNTY.to_owned(), ..MeasureRequest::default() };
        let mut reporting = ReportingServiceClient::new(self.auditor(service));
        reporting.measure(request).await.unwrap().into_inner().rests_on
    }

    /// Now, as known time goes.
    pub(crate) async fn moment(&self) -> Timestamp {
        self.count("registry.persons_registered", period::Period::Year(2015), None).await.1
    }
}
