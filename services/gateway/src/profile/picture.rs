//! What the services know of a household, by what it is.

use std::collections::BTreeMap;

use prost::{DecodeError, Message};
use proto::common::{AssuranceFinding, HouseholdBenefit, HouseholdFacts};
use proto::xiuhua::gateway::v1::{HouseholdProfile, ProfileMember};
use proto::xiuhua::registry::v1::{
    Household, HouseholdCase, HouseholdStanding, IncomeStatement, Membership, Person,
};

/// Facts of one household.
#[derive(Debug, Default)]
pub(super) struct Picture {
    /// The household itself, if it was told.
    pub(super) household: Option<Household>,
    memberships: Vec<Membership>,
    persons: Vec<Person>,
    standings: Vec<HouseholdStanding>,
    incomes: Vec<IncomeStatement>,
    cases: Vec<HouseholdCase>,
    benefits: Vec<HouseholdBenefit>,
    assurances: Vec<AssuranceFinding>,
}

impl Picture {
    /// Adds what a service told. A record of a kind that is not known here comes from a newer service and is left out.
    ///
    /// # Errors
    /// A record that is not what it says it is.
    pub(super) fn add(&mut self, facts: HouseholdFacts) -> Result<(), DecodeError> {
        for record in facts.records {
            let value = record.value.as_slice();
            match record.type_url.rsplit('/').next().unwrap_or_default() {
                "xiuhua.registry.v1.Household" => self.household = Some(Household::decode(value)?),
                "xiuhua.registry.v1.Membership" => self.memberships.push(Message::decode(value)?),
                "xiuhua.registry.v1.Person" => self.persons.push(Message::decode(value)?),
                "xiuhua.registry.v1.HouseholdStanding" => self.standings.push(Message::decode(value)?),
                "xiuhua.registry.v1.IncomeStatement" => self.incomes.push(Message::decode(value)?),
                "xiuhua.registry.v1.HouseholdCase" => self.cases.push(Message::decode(value)?),
                unknown => tracing::debug!(message = unknown, "a record of a kind that is not known here"),
            }
        }
        self.benefits.extend(facts.benefits);
        self.assurances.extend(facts.assurances);
        Ok(())
    }

    /// Adds what another service told. The household is as the registry tells it.
    pub(super) fn join(&mut self, other: Self) {
        self.household = self.household.take().or(other.household);
        self.memberships.extend(other.memberships);
        self.persons.extend(other.persons);
        self.standings.extend(other.standings);
        self.incomes.extend(other.incomes);
        self.cases.extend(other.cases);
        self.benefits.extend(other.benefits);
        self.assurances.extend(other.assurances);
    }

    /// The profile, without what is to be said of its sources. Periods, years and cases run from the first to the last;
    /// members stand as on the form, the head first; names decide where nothing else does.
    pub(super) fn profile(mut self) -> HouseholdProfile {
        self.standings.sort_by(|one, other| {
            let key = |standing: &HouseholdStanding| (standing.since.clone(), standing.name.clone());
            key(one).cmp(&key(other))
        });
        self.incomes.sort_by(|one, other| (one.year, &one.name).cmp(&(other.year, &other.name)));
        self.cases.sort_by(|one, other| (&one.opened_on, &one.name).cmp(&(&other.opened_on, &other.name)));
        self.benefits.sort_by(|one, other| {
            (&one.programme, one.year, &one.name).cmp(&(&other.programme, other.year, &other.name))
        });
        self.assurances.sort_by(|one, other| {
            (one.assurance, &one.checked_on, one.verdict, &one.basis).cmp(&(
                other.assurance,
                &other.checked_on,
                other.verdict,
                &other.basis,
            ))
        });
        HouseholdProfile {
            household: self.household,
            members: members(self.memberships, self.persons),
            standings: self.standings,
            incomes: self.incomes,
            cases: self.cases,
            benefits: self.benefits,
            assurances: self.assurances,
            ..HouseholdProfile::default()
        }
    }
}

/// Memberships with their persons. Codes of the relation begin with the head's; of two children the elder comes first.
fn members(memberships: Vec<Membership>, persons: Vec<Person>) -> Vec<ProfileMember> {
    let persons: BTreeMap<String, Person> =
        persons.into_iter().map(|person| (person.name.clone(), person)).collect();
    let mut members: Vec<ProfileMember> = memberships
        .into_iter()
        .map(|membership| ProfileMember {
            person: persons.get(&membership.person).cloned(),
            membership: Some(membership),
        })
        .collect();
    members.sort_by_cached_key(|member| {
        let membership = member.membership.clone().unwrap_or_default();
        let born = member.person.as_ref().map(|person| person.birth_date.clone()).unwrap_or_default();
        (membership.relation, born, membership.name)
    });
    members
}

#[cfg(test)]
mod tests {
    use prost_types::Any;

    use super::*;

    fn text(text: &str) -> String {
        text.to_owned()
    }

    fn record(name: &str, message: &impl Message) -> Any {
        Any { type_url: format!("type.googleapis.com/{name}"), value: message.encode_to_vec() }
    }

    fn member(name: &str, relation: &str, person: &str, birth_date: &str) -> [Any; 2] {
        let membership = Membership {
            name: text(name),
            relation: text(relation),
            person: text(person),
            ..Membership::default()
        };
        let person = Person { name: text(person), birth_date: text(birth_date), ..Person::default() };
        [record("xiuhua.registry.v1.Membership", &membership), record("xiuhua.registry.v1.Person", &person)]
    }

    fn benefit(programme: &str, year: Option<i32>, name: &str) -> HouseholdBenefit {
        HouseholdBenefit { programme: text(programme), year, name: text(name), ..Default::default() }
    }

    #[test]
    fn the_order_does_not_depend_on_the_answers() {
        let mut records = Vec::new();
        records.extend(member("memberships/3", "21", "persons/c", "2001-01-01"));
        records.extend(member("memberships/1", "21", "persons/a", "1999-01-01"));
        records.extend(member("memberships/2", "02", "persons/b", "1970-01-01"));
        let benefits = vec![
            benefit("social_security", Some(2016), "t/1"),
            benefit("housing", Some(2017), "r/2"),
            benefit("housing", Some(2016), "r/3"),
            benefit("", None, "links/1"),
            benefit("housing", Some(2016), "r/1"),
        ];
        let mut picture = Picture::default();
        picture.add(HouseholdFacts { records, benefits, ..HouseholdFacts::default() }).unwrap();
        let profile = picture.profile();
        let persons: Vec<&str> =
            profile.members.iter().map(|member| member.person.as_ref().unwrap().name.as_str()).collect();
        assert_eq!(persons, ["persons/b", "persons/a", "persons/c"]);
        let benefits: Vec<&str> = profile.benefits.iter().map(|benefit| benefit.name.as_str()).collect();
        assert_eq!(benefits, ["links/1", "r/1", "r/3", "r/2", "t/1"]);
    }

    #[test]
    fn a_record_of_a_newer_service_is_left_out_and_a_broken_one_is_not() {
        let mut picture = Picture::default();
        let unknown =
            Any { type_url: text("type.googleapis.com/xiuhua.registry.v1.Hologram"), value: vec![7; 3] };
        let facts = |records| HouseholdFacts { records, ..HouseholdFacts::default() };
        picture.add(facts(vec![unknown])).unwrap();
        assert!(picture.household.is_none());
        let broken =
            Any { type_url: text("type.googleapis.com/xiuhua.registry.v1.Person"), value: vec![7; 3] };
        assert!(picture.add(facts(vec![broken])).is_err());
    }

    #[test]
    fn a_member_whose_person_is_not_shown_is_still_a_member() {
        let mut picture = Picture::default();
        let [membership, _] = member("memberships/1", "02", "persons/a", "");
        picture.add(HouseholdFacts { records: vec![membership], ..HouseholdFacts::default() }).unwrap();
        let profile = picture.profile();
        assert!(profile.members.len() == 1 && profile.members[0].person.is_none());
    }
}
