//! Rural residents known to the office.

use kernel::date::CivilDate;
use kernel::failure::{Failure, Reason, Violations};
use kernel::id_number::{self, IdNumber};
use kernel::mask;
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::person_service_server::PersonServiceServer;
use record::Registered;
use record::call::Call;
use record::engine::Engine;
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads};
use store::Migration;

use crate::contract::{PersonApi, PersonHandlers, Persons};

pub(crate) mod sheet;

/// Below this age everything of a person is masked.
const SHIELDED_BELOW: i32 = 14;

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<Persons>(),
        migration: Migration { name: "registry/person", sql: include_str!("../migrations/person.sql") },
        indicators: &[],
        facts: None,
        serve: |service, engine| service.add(PersonServiceServer::new(PersonApi(engine))),
    }
}

impl Rules for Persons {
    /// What the ID number says is read from it where the form leaves it blank.
    fn complete(
        record: &mut Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        _violations: &mut Violations,
    ) -> Known<()> {
        if let Ok(number) = IdNumber::parse(&record.id_number) {
            if record.birth_date.is_empty() {
                record.birth_date = number.birth_date().to_string();
            }
            if record.sex.is_empty() {
                number.sex_code().clone_into(&mut record.sex);
            }
        }
        Ok(())
    }

    fn check(
        record: &Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        let Ok(number) = IdNumber::parse(&record.id_number) else { return Ok(()) };
        if record.birth_date != number.birth_date().to_string() {
            violations.push("birth_date", Reason::BirthDateDiffers);
        }
        if ["1", "2"].contains(&record.sex.as_str()) && record.sex != number.sex_code() {
            violations.push("sex", Reason::SexDiffers);
        }
        Ok(())
    }

    /// Whoever is under 14 today (Personal Information Protection Law, art. 28 and 31).
    fn shields(record: &Self::Record, today: &str) -> bool {
        let days = CivilDate::parse(&record.birth_date).zip(CivilDate::parse(today));
        days.is_some_and(|(born_on, today)| CivilDate::age_on(born_on, today) < SHIELDED_BELOW)
    }
}

#[tonic::async_trait]
impl PersonHandlers for Persons {
    async fn lookup_persons(
        engine: &Engine,
        call: &Call,
        message: p::LookupPersonsRequest,
    ) -> Result<p::LookupPersonsResponse, Failure> {
        let index = &engine.inner().secrets.index;
        let values: Vec<String> =
            message.id_numbers.iter().map(|number| index.index("id_number", &first_18(number))).collect();
        let found = crate::lookup::names(engine, call, "persons", "id_number", &values).await?;
        let answers = found
            .into_iter()
            .map(|name| p::PersonAnswer {
                outcome: crate::lookup::outcome(name.as_ref()).into(),
                person: name.unwrap_or_default(),
                ..p::PersonAnswer::default()
            })
            .collect();
        Ok(p::LookupPersonsResponse { answers })
    }
}

/// The ID number in what a form shows: of a disability certificate its first 18 characters.
pub(crate) fn first_18(text: &str) -> String {
    match id_number::split_disability(text) {
        Some((number, _)) => number.as_str().to_owned(),
        None => id_number::clean(text),
    }
}

/// The ID number that a form's text states: itself, or the first 18 characters of a disability certificate.
///
/// # Errors
/// Why it states none.
pub(crate) fn id_number_of(text: &str) -> Result<IdNumber, Reason> {
    let cleaned = id_number::clean(text);
    if cleaned.is_empty() {
        return Err(Reason::FieldRequired);
    }
    if mask::is_masked(&cleaned) {
        return Err(Reason::ValueMasked);
    }
    match id_number::split_disability(&cleaned) {
        Some((number, _)) => Ok(number),
        None if matches!(cleaned.chars().count(), 20 | 22) => Err(Reason::DisabilityCertificateInvalid),
        None => IdNumber::parse(&cleaned).map_err(id_number::IdProblem::reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_states_an_id_number_or_says_why_it_does_not() {
        let told = |text: &str| id_number_of(text).map(|number| number.as_str().to_owned());
        for text in [
            "11010519491231002X",
            " 110105 19491231 002x\t",
            "１１０１０５１９４９１２３１００２Ｘ",
            "'11010519491231002X",
            "11010519491231002X43",
            "11010519491231002x43B1",
        ] {
            assert_eq!(told(text).as_deref(), Ok("11010519491231002X"), "{text}");
        }
        for (text, reason) in [
            ("", Reason::FieldRequired),
            ("\u{3000}", Reason::FieldRequired),
            ("abc", Reason::IdNumberLength),
            ("110105491231002", Reason::IdNumberLength),
            ("11010519491231002X4", Reason::IdNumberLength),
            ("11010519491231002X99", Reason::DisabilityCertificateInvalid),
            ("1101051949123100ZX", Reason::IdNumberCharacters),
            ("11010519491331002X", Reason::IdNumberDate),
            ("110105194912310021", Reason::IdNumberChecksum),
            ("11*************02X", Reason::ValueMasked),
        ] {
            assert_eq!(told(text), Err(reason), "{text}");
        }
    }
}
