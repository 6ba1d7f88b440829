//! A Link: Membership.

use proto::common::Change;
use proto::common::VersionAction::{Acted, Corrected, Created, Withdrawn};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::membership_service_client::MembershipServiceClient;
use suite::fixtures::{
    COUNTY, VILLAGE, changed_on, corrected, divisions, fields, household, meta, paths, person, refused,
};
use suite::harness::{Client, Harness, on_each, request_id};
use tonic::Status;

use super::common::{events, told, versions};

type Memberships = MembershipServiceClient<Client>;

struct Given {
    client: Memberships,
    household: p::Household,
    other: p::Household,
    person: p::Person,
}

async fn given(harness: &Harness) -> Given {
    divisions(harness).await;
    let token = harness.token("township_clerk", &[COUNTY]);
    let to = || harness.client("registry", &token);
    Given {
        client: MembershipServiceClient::new(to()),
        household: household(to(), "1", VILLAGE, "2015-12-31").await,
        other: household(to(), "2", VILLAGE, "2015-12-31").await,
        person: person(to(), "r1", VILLAGE, "1970-01-01").await,
    }
}

fn link(household: &p::Household, person: &p::Person, from: &str, to: &str) -> p::Membership {
    let mut head = meta("", from);
    head.as_mut().unwrap().valid_to = to.to_owned();
    p::Membership {
        meta: head,
        household: household.name.clone(),
        person: person.name.clone(),
        relation: "02".to_owned(),
        ..p::Membership::default()
    }
}

async fn create(client: &mut Memberships, link: p::Membership) -> Result<p::Membership, Status> {
    let request = p::CreateMembershipRequest {
        request_id: request_id(),
        membership: Some(link),
        ..p::CreateMembershipRequest::default()
    };
    Ok(client.create_membership(request).await?.into_inner().membership.unwrap())
}

async fn end(client: &mut Memberships, link: &p::Membership, on: &str) -> Result<p::Membership, Status> {
    let request = p::EndMembershipRequest {
        request_id: request_id(),
        name: link.name.clone(),
        etag: link.etag.clone(),
        occurred_on: on.to_owned(),
        change_out: "21".to_owned(),
        note: "死亡".to_owned(),
        ..p::EndMembershipRequest::default()
    };
    Ok(client.end_membership(request).await?.into_inner().membership.unwrap())
}

async fn update(
    client: &mut Memberships,
    link: &p::Membership,
    mask: &[&str],
    change: Option<Change>,
) -> Result<p::Membership, Status> {
    let request = p::UpdateMembershipRequest {
        request_id: request_id(),
        membership: Some(link.clone()),
        update_mask: paths(mask),
        change,
        ..p::UpdateMembershipRequest::default()
    };
    Ok(client.update_membership(request).await?.into_inner().membership.unwrap())
}

async fn get(client: &mut Memberships, name: &str, as_of: &str) -> Result<p::Membership, Status> {
    let request = p::GetMembershipRequest {
        name: name.to_owned(),
        as_of: as_of.to_owned(),
        ..p::GetMembershipRequest::default()
    };
    Ok(client.get_membership(request).await?.into_inner().membership.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_begins_ends_and_is_never_pointed_elsewhere() {
    on_each(async |harness| {
        let Given { mut client, household, other, person } = given(&harness).await;
        let one = create(&mut client, link(&household, &person, "2016-01-01", "")).await.unwrap();
        // It happens where its household is.
        assert_eq!(one.meta.as_ref().unwrap().area, VILLAGE);
        let ended = end(&mut client, &one, "2017-03-01").await.unwrap();
        assert_eq!(
            (ended.meta.as_ref().unwrap().valid_to.as_str(), ended.change_out.as_str()),
            ("2017-03-01", "21")
        );
        assert_eq!(get(&mut client, &one.name, "2017-02-28").await.unwrap().etag, "2");
        assert_eq!(refused(get(&mut client, &one.name, "2017-03-01").await), "NotFound RESOURCE_NOT_FOUND");
        for (day, refusal) in [
            ("2015-12-31", "InvalidArgument DATE_ORDER"),
            ("2017-10-16", "InvalidArgument DATE_IN_FUTURE"),
            ("2017-02-30", "InvalidArgument DATE_INVALID"),
        ] {
            assert_eq!(refused(end(&mut client, &ended, day).await), refusal, "{day}");
        }

        let changed = update(&mut client, &ended, &["relation"], changed_on("2017-01-01")).await;
        assert_eq!(refused(changed), "InvalidArgument CHANGE_KIND_UNSUPPORTED");
        let elsewhere = p::Membership { household: other.name.clone(), ..ended.clone() };
        let moved = update(&mut client, &elsewhere, &["household"], corrected("x")).await;
        assert_eq!(fields(moved), [("membership.household".to_owned(), "FIELD_IMMUTABLE".to_owned())]);
        let spouse = p::Membership { relation: "10".to_owned(), ..ended.clone() };
        let spouse = update(&mut client, &spouse, &["relation"], corrected("登记错误")).await.unwrap();
        assert_eq!((spouse.relation.as_str(), spouse.etag.as_str()), ("10", "3"));
        let mut reopened = spouse.clone();
        reopened.meta.as_mut().unwrap().valid_to.clear();
        let reopened = update(&mut client, &reopened, &["meta.valid_to"], corrected("仍在户")).await.unwrap();
        assert_eq!(get(&mut client, &one.name, "").await.unwrap(), reopened);

        let request = p::WithdrawMembershipRequest {
            request_id: request_id(),
            name: one.name.clone(),
            etag: reopened.etag.clone(),
            reason: "不是本户".to_owned(),
            ..p::WithdrawMembershipRequest::default()
        };
        client.withdraw_membership(request).await.unwrap();
        assert_eq!(refused(get(&mut client, &one.name, "2016-06-01").await), "NotFound RESOURCE_NOT_FOUND");
        let history = [(5, Withdrawn), (4, Corrected), (3, Corrected), (2, Acted), (1, Created)];
        assert_eq!(versions(&harness, "registry", &one.name).await, history);
        let (all, _) = events(&harness, "registry", "").await;
        let mut forward = history;
        forward.reverse();
        assert_eq!(told(&all, &one.name), forward);
        let links = &all.iter().find(|event| event.name == one.name).unwrap().links;
        assert_eq!(links.len(), 2, "{links:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_one_membership_at_a_time() {
    on_each(async |harness| {
        let Given { mut client, household, other, person } = given(&harness).await;
        let nobody = p::Person { name: "persons/nobody".to_owned(), ..person.clone() };
        let told = fields(create(&mut client, link(&household, &nobody, "2016-01-01", "")).await);
        assert_eq!(told, [("membership.person".to_owned(), "REFERENCE_NOT_FOUND".to_owned())]);

        let one = create(&mut client, link(&household, &person, "2016-01-01", "2016-07-01")).await.unwrap();
        for (from, to) in [("2016-06-30", ""), ("2015-01-01", ""), ("2015-01-01", "2016-01-02")] {
            let answer = create(&mut client, link(&other, &person, from, to)).await;
            assert_eq!(refused(answer), "FailedPrecondition MEMBERSHIP_OVERLAPS", "{from} {to}");
        }
        let two = create(&mut client, link(&other, &person, "2016-07-01", "")).await.unwrap();
        // The first one can no longer be held open into the second.
        let mut longer = one.clone();
        longer.meta.as_mut().unwrap().valid_to = "2016-07-02".to_owned();
        let answer = update(&mut client, &longer, &["meta.valid_to"], corrected("x")).await;
        assert_eq!(refused(answer), "FailedPrecondition MEMBERSHIP_OVERLAPS");
        let of_person = p::ListMembershipsRequest {
            person: person.name.clone(),
            as_of: "2016-06-30".to_owned(),
            ..p::ListMembershipsRequest::default()
        };
        let names = async |client: &mut Memberships, request| -> Vec<String> {
            let page = client.list_memberships(request).await.unwrap().into_inner();
            page.memberships.into_iter().map(|link: p::Membership| link.name).collect()
        };
        assert_eq!(names(&mut client, of_person.clone()).await, std::slice::from_ref(&one.name));
        assert_eq!(
            names(&mut client, p::ListMembershipsRequest { as_of: String::new(), ..of_person }).await,
            [two.name]
        );
        let of_household = p::ListMembershipsRequest {
            household: household.name.clone(),
            ..p::ListMembershipsRequest::default()
        };
        assert_eq!(names(&mut client, of_household).await, Vec::<String>::new());
    })
    .await;
}
