//! The poverty line: a parameter by year, place and purpose, each with its source.

use kernel::date::CivilDate;
use kernel::money::Fen;
use record::rules::Context;
use record::state::{Known, Reads};

/// Identifier of the parameter; yuan for each person and year. Its qualifier is the purpose: `exit`, `statistic`.
pub(crate) const POVERTY_LINE: &str = "registry.poverty_line";

/// The line of a year in a division for a purpose, where one is set or shipped.
pub(crate) fn poverty_line(
    purpose: &str,
    year: i32,
    area: &str,
    context: &Context<'_>,
    reads: &Reads<'_>,
) -> Known<Option<Fen>> {
    let day = CivilDate::end_of_year(year).to_string();
    let text = context.parameter(reads, (POVERTY_LINE, purpose), area, &day)?;
    Ok(text.and_then(|text| Fen::parse_yuan(&text).ok()))
}
