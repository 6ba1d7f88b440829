//! What a request for a profile means.

use kernel::date::CivilDate;
use kernel::failure::{Failure, Reason, Violations};
use kernel::name::ResourceName;
use prost_types::Timestamp;
use proto::common::{BatchGetHouseholdFactsRequest, HouseholdSection};
use proto::xiuhua::gateway::v1::GetHouseholdProfileRequest;

/// The collection of households.
const HOUSEHOLDS: &str = "households";

/// Whose profile is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whose {
    /// The name of the household.
    Name(String),
    /// Its number on the forms.
    Number(String),
}

/// A request that was read.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// Whose profile.
    pub(super) whose: Whose,
    /// The day, the same for all services.
    pub(super) as_of: CivilDate,
    /// Moment whose knowledge is asked; now if absent.
    pub(super) known_at: Option<Timestamp>,
    sections: Vec<i32>,
}

impl Asked {
    /// Reads a request.
    ///
    /// # Errors
    /// What is wrong with it, all of it at once.
    pub(super) fn of(request: GetHouseholdProfileRequest, today: CivilDate) -> Result<Self, Failure> {
        let mut wrong = Violations::new();
        let number = request.household_no.trim();
        let whose = if !request.household.is_empty() {
            if let Err(failure) = ResourceName::parse_in(HOUSEHOLDS, &request.household) {
                wrong.push("household", failure.reason()).add("collection", HOUSEHOLDS);
            }
            Whose::Name(request.household)
        } else {
            if number.is_empty() {
                wrong.push("household", Reason::FieldRequired);
            }
            Whose::Number(number.to_owned())
        };
        let as_of = match request.as_of.as_str() {
            "" => Some(today),
            day => CivilDate::parse(day),
        };
        if as_of.is_none() {
            wrong.push("as_of", Reason::DateInvalid);
        }
        wrong.into_result()?;
        let sections = request.sections.into_iter().filter(|section| *section != 0).collect();
        Ok(Self { whose, as_of: as_of.unwrap_or(today), known_at: request.known_at, sections })
    }

    /// Whether a section is wanted.
    pub(super) fn wants(&self, section: HouseholdSection) -> bool {
        self.sections.is_empty() || self.sections.contains(&section.into())
    }

    /// The question to each service. The household itself is always part of it: without it nobody could tell a household
    /// that has nothing from one that is not there.
    pub(super) fn question(&self, household: &str) -> BatchGetHouseholdFactsRequest {
        let mut sections = self.sections.clone();
        if !self.wants(HouseholdSection::Household) {
            sections.insert(0, HouseholdSection::Household.into());
        }
        BatchGetHouseholdFactsRequest {
            households: vec![household.to_owned()],
            sections,
            as_of: self.as_of.to_string(),
            known_at: self.known_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "households/01890a5d-ac96-774b-bcce-b302099a8057";

    fn today() -> CivilDate {
        CivilDate::parse("2017-10-09").unwrap()
    }

    fn request(household: &str, household_no: &str, as_of: &str) -> GetHouseholdProfileRequest {
        GetHouseholdProfileRequest {
            household: household.to_owned(),
            household_no: household_no.to_owned(),
            as_of: as_of.to_owned(),
            ..GetHouseholdProfileRequest::default()
        }
    }

    #[test]
    fn a_name_is_stronger_than_a_number_and_today_is_one_day_for_all() {
        let asked = Asked::of(request(NAME, "1", ""), today()).unwrap();
        assert_eq!((&asked.whose, asked.as_of), (&Whose::Name(NAME.to_owned()), today()));
        assert_eq!(asked.question(NAME).as_of, "2017-10-09");
        assert!(asked.question(NAME).sections.is_empty());
        let asked = Asked::of(request("", " 2224050001 ", "2016-12-31"), today()).unwrap();
        assert_eq!(asked.whose, Whose::Number("2224050001".to_owned()));
        assert_eq!(asked.as_of.to_string(), "2016-12-31");
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let wrong = |household: &str, day: &str| {
            let failure = Asked::of(request(household, "", day), today()).unwrap_err();
            let fields = failure.violation_list().iter();
            fields.map(|violation| (violation.field.clone(), violation.reason)).collect::<Vec<_>>()
        };
        let household = |reason| ("household".to_owned(), reason);
        assert_eq!(
            wrong("", "2016-02-30"),
            [household(Reason::FieldRequired), ("as_of".to_owned(), Reason::DateInvalid)]
        );
        assert_eq!(wrong("households/1", ""), [household(Reason::NameInvalid)]);
        assert_eq!(
            wrong("persons/01890a5d-ac96-774b-bcce-b302099a8057", ""),
            [household(Reason::ReferenceKindWrong)]
        );
    }

    #[test]
    fn the_household_is_asked_for_whatever_the_sections() {
        let mut narrow = request(NAME, "", "");
        narrow.sections = vec![0, HouseholdSection::Incomes.into()];
        let asked = Asked::of(narrow, today()).unwrap();
        assert!(asked.wants(HouseholdSection::Incomes) && !asked.wants(HouseholdSection::Assurances));
        let sections: Vec<_> = asked.question(NAME).sections().collect();
        assert_eq!(sections, [HouseholdSection::Household, HouseholdSection::Incomes]);
    }
}
