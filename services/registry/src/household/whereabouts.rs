//! Where a household lived from when to when, and what goes with it: its standing, its members, its incomes. It moved, or
//! was recorded in a wrong village; either way every figure of a village counts on each day who lived there on that day.

use std::sync::Arc;

use record::Resource;
use record::rules::{Act, Change, Consequences};
use record::state::{Known, Loaded, Period, Reads};

use crate::contract::{
    HouseholdCases, HouseholdStandings, Households, IncomeStatements, Memberships, household_case,
    income_statement, membership,
};

/// The same periods, cut where the household moved, each in the village of its days. What is older than the household's
/// first record was where that begins.
pub(crate) fn placed(periods: &[Period], homes: &[Period]) -> Vec<Period> {
    let mut pieces: Vec<Period> = Vec::with_capacity(periods.len());
    for period in periods {
        let last = homes.len().saturating_sub(1);
        for (index, home) in homes.iter().enumerate() {
            let from =
                if index == 0 { &period.valid_from } else { (&period.valid_from).max(&home.valid_from) };
            let to = if index == last { &period.valid_to } else { (&period.valid_to).min(&home.valid_to) };
            if from >= to {
                continue;
            }
            let area = area_of(home);
            match pieces.last_mut() {
                // The household was told anew on that day, and of the same village.
                Some(piece)
                    if piece.valid_to == *from
                        && index > 0
                        && within(piece, period)
                        && area_of(piece) == area =>
                {
                    piece.valid_to.clone_from(to);
                }
                _ => pieces.push(Period {
                    valid_from: from.clone(),
                    valid_to: to.clone(),
                    record: at(period, area),
                }),
            }
        }
    }
    pieces
}

/// The village in which a household lived on a day; where its record begins later, the first that is known.
pub(crate) fn village_on(household: &Loaded, day: &str) -> String {
    let homes = &household.periods;
    let home = homes.iter().rfind(|home| home.valid_from.as_str() <= day).or_else(|| homes.first());
    home.map(|home| area_of(home).to_owned()).unwrap_or_default()
}

/// The village in which a household lives now: its officers see what the household went through elsewhere.
pub(crate) fn village_now(household: &Loaded) -> Option<String> {
    household.periods.last().map(|home| area_of(home).to_owned())
}

/// Lets standing and members be where the household is now known to have lived, and its incomes and cases be seen by
/// whoever sees the household.
pub(super) fn follow(household: &str, reads: &Reads<'_>, out: &mut Consequences) -> Known<()> {
    let id = household.rsplit('/').next().unwrap_or_default();
    let homes = reads.record::<Households>(household)?;
    let standing =
        reads.record::<HouseholdStandings>(&format!("{}/{id}", HouseholdStandings::SPEC.collection))?;
    let (Some(homes), Some(standing)) = (homes, standing) else { return Ok(()) };
    if !moves::<HouseholdStandings>(&standing, &homes, out) {
        return Ok(());
    }
    for link in reads.linked::<Memberships>(membership::HOUSEHOLD, household)? {
        moves::<Memberships>(&link, &homes, out);
    }
    let refresh = |spec, found: &Loaded| Act::consequence(spec, Some(found.id.clone()), Change::Refresh);
    for income in reads.linked::<IncomeStatements>(income_statement::HOUSEHOLD, household)? {
        out.push(refresh(IncomeStatements::SPEC, &income));
    }
    for case in reads.linked::<HouseholdCases>(household_case::HOUSEHOLD, household)? {
        out.push(refresh(HouseholdCases::SPEC, &case));
    }
    Ok(())
}

/// Whether the record was elsewhere than the household, and now goes with it.
fn moves<R: Resource>(record: &Loaded, homes: &Loaded, out: &mut Consequences) -> bool {
    let placed = placed(&record.periods, &homes.periods);
    let same = placed.len() == record.periods.len()
        && placed.iter().zip(&record.periods).all(|(new, old)| {
            new.valid_from == old.valid_from && new.valid_to == old.valid_to && area_of(new) == area_of(old)
        });
    if !same {
        out.push(Act::consequence(R::SPEC, Some(record.id.clone()), Change::Periods(placed)));
    }
    !same
}

fn area_of(period: &Period) -> &str {
    period.record.meta().map_or("", |meta| meta.area.as_str())
}

fn within(piece: &Period, period: &Period) -> bool {
    piece.valid_from >= period.valid_from
}

fn at(period: &Period, area: &str) -> Arc<dyn record::resource::AnyRecord> {
    let mut record = period.record.copy();
    area.clone_into(&mut record.meta_mut().area);
    Arc::from(record)
}

#[cfg(test)]
mod tests {
    use proto::common::RecordMeta;
    use proto::xiuhua::registry::v1 as p;
    use record::resource::{AnyRecord, Rec};

    use super::*;

    fn period(from: &str, to: &str, area: &str) -> Period {
        let household = p::Household {
            meta: Some(RecordMeta { area: area.to_owned(), ..RecordMeta::default() }),
            ..p::Household::default()
        };
        let record: Arc<dyn AnyRecord> = Arc::new(Rec::<Households>(household));
        Period { valid_from: from.to_owned(), valid_to: to.to_owned(), record }
    }

    fn shown(periods: &[Period]) -> Vec<(&str, &str, &str)> {
        periods.iter().map(|it| (it.valid_from.as_str(), it.valid_to.as_str(), area_of(it))).collect()
    }

    #[test]
    fn periods_are_cut_where_the_household_moved() {
        let homes = [
            period("2014-01-01", "2015-01-01", "a"),
            period("2015-01-01", "2016-01-01", "a"),
            period("2016-01-01", "9999-12-31", "b"),
        ];
        let cut = placed(&[period("2013-12-31", "9999-12-31", "")], &homes);
        assert_eq!(shown(&cut), [("2013-12-31", "2016-01-01", "a"), ("2016-01-01", "9999-12-31", "b")]);
        let two = [period("2014-06-01", "2014-07-01", ""), period("2014-07-01", "2016-06-01", "")];
        let cut = placed(&two, &homes);
        let expected = [
            ("2014-06-01", "2014-07-01", "a"),
            ("2014-07-01", "2016-01-01", "a"),
            ("2016-01-01", "2016-06-01", "b"),
        ];
        assert_eq!(shown(&cut), expected);
    }

    #[test]
    fn what_is_in_its_place_stays_as_it_is() {
        let homes = [period("2014-01-01", "9999-12-31", "a")];
        let before = [period("2013-01-01", "2014-06-01", "a"), period("2014-06-01", "9999-12-31", "a")];
        assert_eq!(shown(&placed(&before, &homes)), shown(&before));
    }
}
