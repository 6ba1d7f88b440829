//! Masks, and what it takes to see through them.

use proto::common::audit_service_client::AuditServiceClient;
use proto::common::{AuditKind, ListAuditEntriesRequest, Reveal};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use suite::fixtures::{
    COUNTY, VILLAGE, corrected, divisions, fields, id_number, new_household, paths, refused, reveal,
};
use suite::harness::{on_each, request_id};

const PHONE: &str = "13844331234";
const ACCOUNT: &str = "6228480012345678901";

#[tokio::test(flavor = "multi_thread")]
async fn masks_fall_only_for_a_power_and_a_purpose_and_the_audit_has_it() {
    on_each(async |harness| {
        divisions(&harness).await;
        let id = id_number("1950-02-03", 7);
        let clerk = harness.client("registry", &harness.token_of("clerk", "township_clerk", &[COUNTY]));
        let mut clerk = HouseholdServiceClient::new(clerk);
        let request = p::CreateHouseholdRequest {
            request_id: request_id(),
            household: Some(p::Household {
                head_id_number: id.clone(),
                phone: PHONE.to_owned(),
                bank_account: ACCOUNT.to_owned(),
                ..new_household("1", VILLAGE, "2015-12-31")
            }),
            ..p::CreateHouseholdRequest::default()
        };
        let stored = clerk.create_household(request).await.unwrap().into_inner().household.unwrap();
        let masked = [
            format!("22*************{}", &id[15..]),
            "138****1234".to_owned(),
            "***************8901".to_owned(),
        ];
        let shown = |found: &p::Household| {
            [found.head_id_number.clone(), found.phone.clone(), found.bank_account.clone()]
        };
        assert_eq!(shown(&stored), masked);
        let get = |reveal: Option<Reveal>| p::GetHouseholdRequest {
            name: stored.name.clone(),
            reveal,
            ..p::GetHouseholdRequest::default()
        };
        let read = clerk.get_household(get(None)).await.unwrap().into_inner().household.unwrap();
        assert_eq!(shown(&read), masked);

        // The clerk has the power for persons, not for accounts.
        let revealed =
            clerk.get_household(get(reveal(&["head_id_number", "phone"]))).await.unwrap().into_inner();
        assert_eq!(shown(&revealed.household.unwrap()), [id.clone(), PHONE.to_owned(), masked[2].clone()]);
        for fields in [&["bank_account"][..], &[]] {
            let answer = clerk.get_household(get(reveal(fields))).await;
            assert_eq!(refused(answer), "PermissionDenied REVEAL_FORBIDDEN");
        }
        let aimless = Reveal { fields: vec!["phone".to_owned()], ..Reveal::default() };
        assert_eq!(
            refused(clerk.get_household(get(Some(aimless))).await),
            "InvalidArgument REVEAL_PURPOSE_REQUIRED"
        );
        let office = harness.client("registry", &harness.token_of("office", "county_office", &[COUNTY]));
        let mut office = HouseholdServiceClient::new(office);
        let list = p::ListHouseholdsRequest { reveal: reveal(&[]), ..p::ListHouseholdsRequest::default() };
        let page = office.list_households(list).await.unwrap().into_inner();
        assert_eq!(shown(&page.households[0]), [id.clone(), PHONE.to_owned(), ACCOUNT.to_owned()]);

        let auditor = harness.client("registry", &harness.token("auditor", &[COUNTY]));
        let request =
            ListAuditEntriesRequest { kind: AuditKind::Reveal.into(), ..ListAuditEntriesRequest::default() };
        let entries =
            AuditServiceClient::new(auditor).list_audit_entries(request).await.unwrap().into_inner().entries;
        let told: Vec<(&str, i64, &str, usize)> = entries
            .iter()
            .map(|entry| (entry.subject.as_str(), entry.count, entry.purpose.as_str(), entry.fields.len()))
            .collect();
        assert_eq!(told, [("office", 1, "核对身份", 0), ("clerk", 1, "核对身份", 2)]);
        assert!(!format!("{entries:?}").contains(&id), "names of fields, never their values");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mask_that_comes_back_says_nothing() {
    on_each(async |harness| {
        divisions(&harness).await;
        let clerk = harness.client("registry", &harness.token("county_office", &[COUNTY]));
        let mut clerk = HouseholdServiceClient::new(clerk);
        let request = p::CreateHouseholdRequest {
            request_id: request_id(),
            household: Some(p::Household {
                phone: PHONE.to_owned(),
                ..new_household("1", VILLAGE, "2015-12-31")
            }),
            ..p::CreateHouseholdRequest::default()
        };
        let stored = clerk.create_household(request).await.unwrap().into_inner().household.unwrap();
        let update = |household: p::Household, mask: &[&str]| p::UpdateHouseholdRequest {
            request_id: request_id(),
            household: Some(household),
            update_mask: paths(mask),
            change: corrected("登记错误"),
            ..p::UpdateHouseholdRequest::default()
        };
        // The whole record as read, one field changed, no mask.
        let changed = p::Household { village_group: "二组".to_owned(), ..stored.clone() };
        let two = clerk.update_household(update(changed, &[])).await.unwrap().into_inner().household.unwrap();
        assert_eq!(
            (two.phone.as_str(), two.village_group.as_str(), two.etag.as_str()),
            ("138****1234", "二组", "2")
        );
        let get = p::GetHouseholdRequest {
            name: stored.name.clone(),
            reveal: reveal(&[]),
            ..p::GetHouseholdRequest::default()
        };
        assert_eq!(clerk.get_household(get).await.unwrap().into_inner().household.unwrap().phone, PHONE);
        let other = p::Household { phone: "138****1235".to_owned(), ..two };
        let answer = clerk.update_household(update(other, &["phone"])).await;
        assert_eq!(fields(answer), [("household.phone".to_owned(), "VALUE_MASKED".to_owned())]);
    })
    .await;
}
