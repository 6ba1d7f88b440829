//! What is asked of a flow: a key such as `A.222400.registry-households_registered_2015`, in which nothing between two
//! dots is everything and `+` parts several, and a range of years.

use std::ops::RangeInclusive;

use http::Uri;
use kernel::area::{AreaCode, Level};
use kernel::date::CivilDate;
use kernel::failure::{Failure, Reason, Violation};
use proto::common::AreaLevel;
use proto::xiuhua::gateway::v1::GetReportRequest;

use super::cube::FREQUENCY;
use crate::http::parameters::Parameters;

/// Most divisions, and most years, of one question.
const MOST: usize = 20;

/// How much is wanted.
pub(super) const DETAILS: [&str; 3] = ["full", "dataonly", KEYS_ONLY];
const KEYS_ONLY: &str = "serieskeysonly";

/// A question, understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    template: String,
    /// Codes of divisions; those to which the caller is limited, and their counties, where it is empty.
    areas: Vec<String>,
    figures: Vec<String>,
    /// The template's own where it is empty.
    years: Vec<i32>,
    /// No observations are wanted, only what there are some of.
    pub(super) keys_only: bool,
}

impl Query {
    /// Reads a question.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn of(flow: &str, key: &str, uri: &Uri) -> Result<Self, Failure> {
        let mut given = Parameters::of(uri);
        let parts: Vec<Vec<String>> = match key {
            "all" => Vec::new(),
            key => key.split('.').map(alternatives).collect(),
        };
        let (mut areas, mut figures) = (Vec::new(), Vec::new());
        match <[Vec<String>; 3]>::try_from(parts) {
            Ok([frequencies, wanted, indicators]) => {
                let other = frequencies.iter().find(|frequency| *frequency != FREQUENCY.0);
                if let Some(other) = other {
                    given.wrong(
                        Violation::new("key.FREQ", Reason::CodeUnknown)
                            .with("code", other)
                            .with("table", "FREQ"),
                    );
                }
                areas = wanted;
                figures = indicators.iter().map(|indicator| indicator.replace('-', ".")).collect();
            }
            Err(parts) if parts.is_empty() => {}
            Err(_) => given.wrong(
                Violation::new("key", Reason::ValueMalformed).with("expected", "FREQ.REF_AREA.INDICATOR"),
            ),
        }
        let detail = given.text("detail");
        if !detail.is_empty() && !DETAILS.contains(&detail.as_str()) {
            given.wrong(
                Violation::new("detail", Reason::CodeUnknown).with("code", &detail).with("table", "detail"),
            );
        }
        let years = years(&mut given);
        for (field, length) in [("key.REF_AREA", areas.len()), ("endPeriod", years.len())] {
            if length > MOST {
                given.wrong(Violation::new(field, Reason::ItemsTooMany).with("limit", MOST));
            }
        }
        given.finish()?;
        // A flow may be written `AGENCY,ID,VERSION`.
        let template = flow.split(',').nth(1).unwrap_or(flow).to_owned();
        Ok(Self { template, areas, figures, years, keys_only: detail == KEYS_ONLY })
    }

    /// Whether it leaves open which divisions are meant.
    pub(super) fn of_all_areas(&self) -> bool {
        self.areas.is_empty()
    }

    /// The reports that answer it, to a caller who is limited to these divisions. Without any, the template's is meant.
    pub(super) fn requests(&self, own: &[String]) -> Vec<GetReportRequest> {
        let known: Vec<String> = own.iter().filter(|area| AreaCode::parse(area).is_some()).cloned().collect();
        let areas = match (self.areas.as_slice(), known.as_slice()) {
            ([], []) => &[String::new()][..],
            ([], own) => own,
            (areas, _) => areas,
        };
        let years = if self.years.is_empty() { &[0][..] } else { &self.years };
        let above_counties =
            |area: &str| AreaCode::parse(area).is_none_or(|area| area.level() < Level::County);
        let request = |area: &String, year: &i32| GetReportRequest {
            template: self.template.clone(),
            area: area.clone(),
            year: *year,
            group_by: if self.of_all_areas() && above_counties(area) {
                AreaLevel::County
            } else {
                AreaLevel::Unspecified
            }
            .into(),
            figure_ids: self.figures.clone(),
            ..GetReportRequest::default()
        };
        areas.iter().flat_map(|area| years.iter().map(move |year| request(area, year))).collect()
    }
}

/// The values between two dots.
fn alternatives(part: &str) -> Vec<String> {
    part.split('+').filter(|value| !value.is_empty()).map(str::to_owned).collect()
}

/// The years between the two periods. Where one is given, it is that year: what is reported is known, what will be is not.
fn years(given: &mut Parameters) -> Vec<i32> {
    let [start, end] = ["startPeriod", "endPeriod"].map(|name| {
        let text = given.text(name);
        let year = year_of(&text);
        if year.is_none() && !text.is_empty() {
            given.wrong(Violation::new(name, Reason::ValueMalformed).with("expected", "YYYY"));
        }
        year
    });
    let years: RangeInclusive<i32> = match (start, end) {
        (Some(start), Some(end)) => start..=end,
        (Some(year), None) | (None, Some(year)) => year..=year,
        (None, None) => return Vec::new(),
    };
    if years.is_empty() {
        let earliest = format!("≥ {}", years.start());
        given.wrong(Violation::new("endPeriod", Reason::ValueMalformed).with("expected", earliest));
    }
    // One more than is allowed says that there are too many.
    years.take(MOST + 1).collect()
}

/// The year of `2017`, `2017-A1` or a day in it.
fn year_of(text: &str) -> Option<i32> {
    let (year, rest) = (text.get(..4)?, text.get(4..)?);
    let whole = rest.is_empty() || rest == "-A1" || CivilDate::parse(text).is_some();
    let digits = year.bytes().all(|byte| byte.is_ascii_digit());
    (whole && digits).then(|| year.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(key: &str, parameters: &str) -> Result<Query, Failure> {
        Query::of("prefecture-2017", key, &format!("/?{parameters}").parse().unwrap())
    }

    #[test]
    fn keys_are_read_part_by_part() {
        let query =
            of("A.222405+222406.registry-households_registered_2015", "startPeriod=2016&endPeriod=2017")
                .unwrap();
        let asked: Vec<(String, i32, Vec<String>, i32)> = query
            .requests(&["222400".to_owned()])
            .into_iter()
            .map(|request| (request.area, request.year, request.figure_ids, request.group_by))
            .collect();
        let figures = vec!["registry.households_registered_2015".to_owned()];
        let expected = [("222405", 2016), ("222405", 2017), ("222406", 2016), ("222406", 2017)];
        assert_eq!(asked, expected.map(|(area, year)| (area.to_owned(), year, figures.clone(), 0)));

        for (key, flow) in
            [("all", "prefecture-2017"), ("..", "XIUHUA,prefecture-2017,1.0"), ("A..", "x,prefecture-2017")]
        {
            let all = Query::of(flow, key, &"/?detail=serieskeysonly".parse().unwrap()).unwrap();
            assert!(all.keys_only && all.of_all_areas());
            for (own, asked) in [
                (&[][..], &[("", AreaLevel::County)][..]),
                (&["*"], &[("", AreaLevel::County)]),
                (&["222400"], &[("222400", AreaLevel::County)]),
                (
                    &["222405", "222406"],
                    &[("222405", AreaLevel::Unspecified), ("222406", AreaLevel::Unspecified)],
                ),
            ] {
                let own: Vec<String> = own.iter().map(|area| (*area).to_owned()).collect();
                let requests = all.requests(&own);
                let told: Vec<_> =
                    requests.iter().map(|request| (request.area.as_str(), request.group_by())).collect();
                assert_eq!(told, asked);
                assert!(
                    requests.iter().all(|request| request.template == "prefecture-2017" && request.year == 0)
                );
            }
        }
    }

    #[test]
    fn everything_wrong_is_told() {
        let failure = of("M.222405.x", "startPeriod=soon&detail=nodata&lastNObservations=1").unwrap_err();
        let fields: Vec<&str> =
            failure.violation_list().iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["key.FREQ", "detail", "startPeriod", "lastNObservations"]);
        assert!(of("222405", "").is_err() && of("A.1.2.3", "").is_err());
        assert!(of("all", "startPeriod=1000&endPeriod=9999").is_err());
        assert!(of("all", "startPeriod=2018&endPeriod=2015").is_err());
        assert!(of("all", "startPeriod=2016-garbage").is_err() && of("all", "endPeriod=+201").is_err());
    }

    #[test]
    fn one_period_is_that_year() {
        for parameters in ["startPeriod=2016", "endPeriod=2016-A1", "startPeriod=2016-02-29"] {
            assert_eq!(of("all", parameters).unwrap().years, [2016], "{parameters}");
        }
    }
}
