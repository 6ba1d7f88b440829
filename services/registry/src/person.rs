//! Rural residents known to the office.

use kernel::failure::{Failure, Reason, Violations};
use kernel::id_number::{self, IdNumber};
use proto::xiuhua::registry::v1 as p;
use record::call::Call;
use record::engine::Engine;
use record::rules::{Context, Rules};
use record::state::{Known, Reads};

use crate::contract::{PersonHandlers, Persons};

pub(crate) mod sheet;

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
