//! What a report was asked for, checked: all problems of the request at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use kernel::area::AreaCode;
use kernel::caller::Caller;
use kernel::date::CivilDate;
use kernel::failure::{Failure, Reason, Violation, Violations};
use kernel::language::Language;
use prost_types::Timestamp;
use proto::common::AreaLevel;
use proto::xiuhua::gateway::v1::{GetReportRequest, get_report_request};
use runtime::context::Context;

use super::template::{Template, Templates};

/// Years that a report may speak of.
pub(crate) const YEARS: std::ops::RangeInclusive<i32> = 1949..=2999;

/// As known when the lines are read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum KnownAt {
    /// As the template says, line by line.
    Lines,
    /// At this moment.
    Moment(Timestamp),
    /// At the snapshot with this code.
    Snapshot(String),
}

/// A position of a service's feed that followers must have reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Floor {
    /// The service that is followed.
    pub(crate) service: String,
    /// Token of the position.
    pub(crate) token: String,
}

/// Area, year, day and known time of a report or of a figure in it.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// The template; `None` for a single indicator.
    pub(crate) template: Option<Arc<Template>>,
    /// The division.
    pub(crate) area: AreaCode,
    /// The year.
    pub(crate) year: i32,
    /// The day.
    pub(crate) as_of: CivilDate,
    /// As known when.
    pub(crate) known_at: KnownAt,
}

impl Frame {
    /// Whether it is what the template's published values speak of.
    pub(crate) fn is_published(&self) -> bool {
        self.template.as_ref().is_some_and(|template| {
            template.year == self.year
                && template.as_of == self.as_of
                && template.area.as_ref().is_none_or(|area| *area == self.area)
        })
    }
}

/// A checked request of GetReport.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Area, year, day and known time.
    pub(crate) frame: Frame,
    /// Level of the cells; `None` for no cells.
    pub(crate) group_by: Option<AreaLevel>,
    /// Only these figures; all if empty.
    pub(crate) figures: BTreeSet<String>,
    /// Positions that followers must have reached.
    pub(crate) floors: Vec<Floor>,
    /// The call, in the language of the report.
    pub(crate) context: Context,
}

impl Asked {
    /// Checks a request.
    ///
    /// # Errors
    /// What is wrong with the request; `TEMPLATE_UNKNOWN`; `AREA_FORBIDDEN`.
    pub(crate) fn of(
        request: GetReportRequest,
        context: &Context,
        templates: &Templates,
        today: CivilDate,
    ) -> Result<Self, Failure> {
        let mut wrong = Violations::new();
        let language = language(&request.language, context, &mut wrong);
        let group_by = match AreaLevel::try_from(request.group_by) {
            Ok(AreaLevel::Unspecified) => None,
            Ok(level) => Some(level),
            Err(_) => {
                wrong.add(
                    Violation::new("group_by", Reason::CodeUnknown)
                        .with("code", request.group_by)
                        .with("table", "AreaLevel"),
                );
                None
            }
        };
        let floors = request.min_feed_positions.iter().enumerate().filter_map(|(index, text)| {
            let floor =
                text.split_once('=').filter(|(service, token)| !service.is_empty() && !token.is_empty());
            if floor.is_none() {
                wrong.push(format!("min_feed_positions[{index}]"), Reason::ResumeTokenInvalid);
            }
            floor.map(|(service, token)| Floor { service: service.to_owned(), token: token.to_owned() })
        });
        let floors = floors.collect();
        if request.template.is_empty() {
            wrong.push("template", Reason::FieldRequired);
        }
        let words = Words {
            template: &request.template,
            area: &request.area,
            year: request.year,
            as_of: &request.as_of,
            known_at: match request.known {
                None => KnownAt::Lines,
                Some(get_report_request::Known::KnownAt(moment)) => KnownAt::Moment(moment),
                Some(get_report_request::Known::Snapshot(code)) => KnownAt::Snapshot(code),
            },
        };
        let context = Context { language, ..context.clone() };
        let frame = words.frame(&context.caller, templates, today, wrong)?;
        Ok(Self { frame, group_by, figures: request.figure_ids.into_iter().collect(), floors, context })
    }
}

/// The words of a request that make a [`Frame`].
pub(crate) struct Words<'a> {
    pub(crate) template: &'a str,
    pub(crate) area: &'a str,
    pub(crate) year: i32,
    pub(crate) as_of: &'a str,
    pub(crate) known_at: KnownAt,
}

impl Words<'_> {
    /// Checks them; `wrong` is what is wrong with the rest of the request.
    ///
    /// # Errors
    /// As [`Asked::of`].
    pub(crate) fn frame(
        self,
        caller: &Caller,
        templates: &Templates,
        today: CivilDate,
        mut wrong: Violations,
    ) -> Result<Frame, Failure> {
        let template = templates.find(self.template);
        let area = match self.area {
            "" => only_area(caller).or_else(|| template.and_then(|template| template.area)),
            text => AreaCode::parse(text),
        };
        if area.is_none() {
            match self.area {
                "" => wrong.push("area", Reason::FieldRequired),
                text => wrong.push("area", Reason::AreaUnknown).add("area", text),
            };
        }
        let year = match (self.year, &template) {
            (0, Some(template)) => template.year,
            (0, None) => today.year(),
            (year, _) => year,
        };
        if !YEARS.contains(&year) {
            wrong.push("year", Reason::YearInvalid);
        }
        let as_of = match (self.as_of, &template) {
            ("", Some(template)) if template.year == year => Some(template.as_of),
            // Another year than the template's: its last day, or today while it lasts.
            ("", _) => Some(CivilDate::end_of_year(year).min(today)),
            (text, _) => CivilDate::parse(text),
        };
        if as_of.is_none() {
            wrong.push("as_of", Reason::DateInvalid);
        }
        wrong.into_result()?;
        if template.is_none() && !self.template.is_empty() {
            return Err(Failure::new(Reason::TemplateUnknown).with("template", self.template));
        }
        let (Some(area), Some(as_of)) = (area, as_of) else {
            return Err(Failure::new(Reason::RequestMalformed));
        };
        caller.require_area(&area)?;
        Ok(Frame { template: template.cloned(), area, year, as_of, known_at: self.known_at })
    }
}

fn language(text: &str, context: &Context, wrong: &mut Violations) -> Language {
    if text.is_empty() {
        return context.language;
    }
    Language::parse(text).unwrap_or_else(|| {
        wrong.push("language", Reason::CodeUnknown).add("code", text).add("table", "language");
        context.language
    })
}

/// The division to which a caller is limited, if it is exactly one.
fn only_area(caller: &Caller) -> Option<AreaCode> {
    match caller.scope.ranges.as_slice() {
        [(from, to)] => AreaCode::from_prefix(from).filter(|area| area.range() == (from.clone(), to.clone())),
        _ => None,
    }
}
