//! Random rows, and what they come to when they are counted one by one.

use std::collections::BTreeMap;

use kernel::area::{AreaCode, Level};
use proptest::prelude::*;
use store::{Step, Value};

use super::base::{Head, elements, records};
use super::declared::{self, GRANT, MEMBERSHIP, POOR, STANDING, STATISTIC};
use crate::contract::{ANNUAL_PLAN_SPEC, PARAMETER_SPEC};
use crate::indicator::Indicator;

pub(super) const AREAS: [&str; 9] = [
    "220000",
    "222400",
    "222401",
    "222401001",
    "222401001001",
    "222405",
    "222405100",
    "222405100201",
    "222500",
];
const DAYS: [&str; 6] = ["2015-12-31", "2016-01-01", "2016-06-30", "2016-12-31", "2017-06-30", "2018-01-01"];
const FOREVER: &str = "9999-12-31";

/// When a row was known: from a moment, until a moment.
type Known = (i64, i64);

#[derive(Debug, Clone)]
pub(super) struct Grant {
    area: &'static str,
    known: Known,
    holder: Option<u8>,
    plan_year: Option<i64>,
    approved_on: Option<&'static str>,
    cancelled_on: Option<&'static str>,
    on_dibao: Option<bool>,
    covered: Option<i64>,
    payments: Vec<(Known, Option<&'static str>, Option<i64>)>,
}

#[derive(Debug, Clone)]
pub(super) struct Dated {
    area: &'static str,
    known: Known,
    valid: (&'static str, &'static str),
    household: u8,
    /// Status of a standing, person of a membership.
    number: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Plan {
    area: &'static str,
    known: Known,
    year: i64,
    kind: i64,
    target: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Statistic {
    area: &'static str,
    known: Known,
    statistic: i64,
    measured_on: &'static str,
    value: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Setting {
    area: &'static str,
    known: Known,
    valid: (&'static str, &'static str),
    identifier: &'static str,
    qualifier: &'static str,
    starts_on: &'static str,
    ends_on: Option<&'static str>,
    value: &'static str,
}

#[derive(Debug, Clone)]
pub(super) struct World {
    grants: Vec<Grant>,
    standings: Vec<Dated>,
    memberships: Vec<Dated>,
    plans: Vec<Plan>,
    statistics: Vec<Statistic>,
    settings: Vec<Setting>,
}

/// A question's time.
#[derive(Debug, Clone)]
pub(super) struct Time {
    pub(super) first: Option<&'static str>,
    pub(super) last: &'static str,
    pub(super) as_of: Option<&'static str>,
    pub(super) known_at: i64,
}

impl Time {
    fn day(&self) -> &'static str {
        self.as_of.map_or(self.last, |as_of| as_of.min(self.last))
    }
    fn has(&self, day: Option<&str>) -> bool {
        day.is_some_and(|day| day <= self.day() && self.first.is_none_or(|first| first <= day))
    }
    fn past(&self, day: Option<&str>) -> bool {
        day.is_some_and(|day| day <= self.day())
    }
    fn has_year(&self, year: i64) -> bool {
        let of = |day: &str| day[..4].parse::<i64>().unwrap();
        year <= of(self.last) && self.first.is_none_or(|first| of(first) <= year)
    }
    fn knows(&self, known: Known) -> bool {
        known.0 <= self.known_at && self.known_at < known.1
    }
    fn one_year(&self) -> Option<i64> {
        (self.first?[..4] == self.last[..4]).then(|| self.last[..4].parse().unwrap())
    }
}

fn area() -> impl Strategy<Value = &'static str> {
    prop::sample::select(AREAS.to_vec())
}
fn day() -> impl Strategy<Value = &'static str> {
    prop::sample::select(DAYS.to_vec())
}
fn some_day() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::weighted(0.7, day())
}
fn known() -> impl Strategy<Value = Known> {
    (1..4_i64, prop_oneof![3 => Just(i64::MAX), 1 => 2..6_i64])
        .prop_map(|(from, to)| (from, to.max(from + 1)))
}

fn grant() -> impl Strategy<Value = Grant> {
    let payment = (known(), some_day(), prop::option::weighted(0.9, -5..50_i64));
    (
        (area(), known(), prop::option::weighted(0.8, 0..4_u8), prop::option::of(2015..2018_i64)),
        (some_day(), prop::option::weighted(0.2, day()), prop::option::of(any::<bool>())),
        (prop::option::of(0..6_i64), prop::collection::vec(payment, 0..4)),
    )
        .prop_map(
            |(
                (area, known, holder, plan_year),
                (approved_on, cancelled_on, on_dibao),
                (covered, payments),
            )| {
                Grant {
                    area,
                    known,
                    holder,
                    plan_year,
                    approved_on,
                    cancelled_on,
                    on_dibao,
                    covered,
                    payments,
                }
            },
        )
}

fn dated(numbers: std::ops::Range<i64>) -> impl Strategy<Value = Dated> {
    let valid = (day(), prop::option::weighted(0.4, day()))
        .prop_map(|(from, to)| (from, to.filter(|to| *to > from).unwrap_or(FOREVER)));
    (area(), known(), valid, 0..5_u8, numbers).prop_map(|(area, known, valid, household, number)| Dated {
        area,
        known,
        valid,
        household,
        number,
    })
}

fn setting() -> impl Strategy<Value = Setting> {
    let words = (
        prop::sample::select(vec![declared::BATTLEFIELDS_OF, declared::LINE_OF]),
        prop_oneof![3 => Just("-"), 1 => Just("2017")],
        prop::sample::select(vec!["0", "2", "7", " 12 ", "many"]),
    );
    let valid = prop::option::weighted(0.2, day());
    (area(), known(), day(), valid, prop::option::weighted(0.3, day()), words).prop_map(
        |(area, known, starts_on, closed, ends_on, (identifier, qualifier, value))| Setting {
            area,
            known,
            valid: (starts_on, closed.filter(|day| *day > starts_on).unwrap_or(FOREVER)),
            identifier,
            qualifier,
            starts_on,
            ends_on: ends_on.filter(|day| *day > starts_on),
            value,
        },
    )
}

pub(super) fn world() -> impl Strategy<Value = World> {
    let plan = (area(), known(), 2016..2018_i64, 2..4_i64, 0..40_i64)
        .prop_map(|(area, known, year, kind, target)| Plan { area, known, year, kind, target });
    let statistic = (area(), known(), 1..3_i64, day(), 0..90_i64).prop_map(
        |(area, known, statistic, measured_on, value)| Statistic {
            area,
            known,
            statistic,
            measured_on,
            value,
        },
    );
    (
        prop::collection::vec(grant(), 0..14),
        // One standing a household, so that there is at most one on a day.
        prop::collection::vec(dated(1..7), 5),
        prop::collection::vec(dated(0..6), 0..12),
        prop::collection::vec(plan, 0..8),
        prop::collection::vec(statistic, 0..10),
        prop::collection::vec(setting(), 0..12),
    )
        .prop_map(|(grants, mut standings, memberships, mut plans, statistics, mut settings)| {
            for (household, standing) in (0..).zip(&mut standings) {
                standing.household = household;
            }
            // A division has one target a year and kind.
            let mut seen = std::collections::BTreeSet::new();
            plans.retain(|plan| seen.insert((plan.area, plan.year, plan.kind)));
            // And one setting of a parameter from a day on.
            let mut seen = std::collections::BTreeSet::new();
            settings.retain(|one| seen.insert((one.area, one.identifier, one.qualifier, one.starts_on)));
            World { grants, standings, memberships, plans, statistics, settings }
        })
}

pub(super) fn time() -> impl Strategy<Value = Time> {
    (prop::option::weighted(0.7, day()), day(), prop::option::weighted(0.4, day()), 1..6_i64).prop_map(
        |(first, last, as_of, known_at)| Time {
            first: first.map(|first| first.min(last)),
            last,
            as_of,
            known_at,
        },
    )
}

fn text(text: Option<impl Into<String>>) -> Value {
    Value::optional_text(text)
}

impl World {
    /// The rows as steps of one commit.
    pub(super) fn steps(&self) -> Vec<Step> {
        let head = |kind: &str, index: usize, area: &str, valid, known| Head {
            id: format!("{kind}{index:03}"),
            area: area.to_owned(),
            valid,
            known,
        };
        let (ever, mut payments) = ((DAYS[0], FOREVER), Vec::new());
        let grants = self.grants.iter().enumerate().map(|(index, grant)| {
            let head = head("g", index, grant.area, ever, grant.known);
            for (number, (known, paid_on, amount)) in grant.payments.iter().enumerate() {
                let leaves = vec![text(*paid_on), Value::optional_integer(*amount)];
                payments.push((head.id.clone(), format!("p{number}"), *known, leaves));
            }
            let leaves = vec![
                text(grant.holder.map(|holder| format!("h{holder}"))),
                Value::optional_integer(grant.plan_year),
                text(grant.approved_on),
                text(grant.cancelled_on),
                Value::optional_integer(grant.on_dibao.map(i64::from)),
                Value::optional_integer(grant.covered),
            ];
            (head, leaves)
        });
        let grants = records(&GRANT, grants.collect());
        let household = |dated: &Dated| text(Some(format!("households/s{:03}", dated.household)));
        let standings = self.standings.iter().enumerate().map(|(index, standing)| {
            let leaves = vec![household(standing), Value::Integer(standing.number)];
            (head("s", index, standing.area, standing.valid, standing.known), leaves)
        });
        let memberships = self.memberships.iter().enumerate().map(|(index, membership)| {
            let leaves = vec![
                household(membership),
                text(Some(format!("persons/{}", membership.number))),
                text(Some(format!("standing/s{:03}", membership.household))),
            ];
            (head("m", index, membership.area, membership.valid, membership.known), leaves)
        });
        let plans = self.plans.iter().enumerate().map(|(index, plan)| {
            let leaves = vec![
                text(Some(declared::HOLDERS.id)),
                Value::Integer(plan.year),
                text(Some(plan.area)),
                Value::Integer(plan.kind),
                Value::Integer(plan.target * 100),
                text(Some("户")),
            ];
            let leaves = [leaves, vec![Value::NullText, Value::NullText, Value::NullInteger]].concat();
            (head("a", index, plan.area, ever, plan.known), leaves)
        });
        let statistics = self.statistics.iter().enumerate().map(|(index, statistic)| {
            let leaves = vec![
                Value::NullText,
                Value::Integer(statistic.statistic),
                text(Some(statistic.measured_on)),
                Value::Integer(statistic.value),
            ];
            (head("c", index, statistic.area, ever, statistic.known), leaves)
        });
        vec![
            self.parameters(),
            grants,
            elements(&GRANT, payments),
            records(&STANDING, standings.collect()),
            records(&MEMBERSHIP, memberships.collect()),
            records(&ANNUAL_PLAN_SPEC, plans.collect()),
            records(&STATISTIC, statistics.collect()),
        ]
    }

    fn parameters(&self) -> Step {
        let settings = self.settings.iter().enumerate().map(|(index, setting)| {
            let leaves = vec![
                text(Some(setting.identifier)),
                text(Some(setting.area)),
                text(Some(setting.qualifier)),
                text(Some(setting.starts_on)),
                text(setting.ends_on),
                text(Some(setting.value)),
                text(Some("where it is laid down")),
                Value::NullInteger,
            ];
            let head = Head {
                id: format!("v{index:03}"),
                area: setting.area.to_owned(),
                valid: setting.valid,
                known: setting.known,
            };
            (head, leaves)
        });
        records(&PARAMETER_SPEC, settings.collect())
    }

    /// The rows that an indicator counts: area, key, contribution.
    pub(super) fn rows(&self, indicator: &Indicator, time: &Time) -> Vec<(&'static str, String, i64)> {
        match indicator.id {
            "registry.households" => self
                .standings
                .iter()
                .enumerate()
                .filter(|(_, standing)| standing.holds(time) && POOR.contains(&standing.number))
                .map(|(index, standing)| (standing.area, index.to_string(), 1))
                .collect(),
            "registry.memberships" | "registry.persons" | "registry.named" => self
                .memberships
                .iter()
                .enumerate()
                .filter(|(_, member)| member.holds(time) && self.is_poor(member.household, time))
                .map(|(index, member)| {
                    let key =
                        if indicator.id == "registry.persons" { member.number } else { 100 + index as i64 };
                    (member.area, key.to_string(), 1)
                })
                .collect(),
            _ => self
                .grants
                .iter()
                .enumerate()
                .filter(|(_, grant)| time.knows(grant.known))
                .flat_map(|(index, grant)| grant.rows(index, indicator, time))
                .collect(),
        }
    }

    fn is_poor(&self, household: u8, time: &Time) -> bool {
        let standing = &self.standings[usize::from(household)];
        standing.holds(time) && POOR.contains(&standing.number)
    }

    /// The target of an area: the topmost ones within it.
    pub(super) fn planned(&self, area: &AreaCode, time: &Time) -> Option<i64> {
        let year = time.one_year()?;
        let within: Vec<(AreaCode, i64)> = self
            .plans
            .iter()
            .filter(|plan| time.knows(plan.known) && plan.year == year && plan.kind == 2)
            .map(|plan| (AreaCode::parse(plan.area).unwrap(), plan.target))
            .filter(|(division, _)| area.contains(division))
            .collect();
        let covered = |one: &AreaCode| within.iter().any(|(other, _)| other != one && other.contains(one));
        let topmost: Vec<i64> =
            within.iter().filter(|(one, _)| !covered(one)).map(|(_, target)| *target).collect();
        (!topmost.is_empty()).then(|| topmost.iter().sum())
    }

    /// The latest outside count of exactly this division.
    pub(super) fn outside(&self, area: &AreaCode, time: &Time) -> Option<i64> {
        self.statistics
            .iter()
            .enumerate()
            .filter(|(_, statistic)| {
                time.knows(statistic.known)
                    && statistic.statistic == 1
                    && statistic.measured_on <= time.day()
                    && statistic.area == area.as_str()
            })
            .max_by_key(|(index, statistic)| (statistic.measured_on, *index))
            .map(|(_, statistic)| statistic.value)
    }
}

impl World {
    /// The value of a parameter where it is not limited: of the smallest division around the area, the latest; else what
    /// ships.
    pub(super) fn set(&self, identifier: &str, area: &AreaCode, time: &Time) -> Option<i64> {
        let set = self.settings.iter().filter(|one| {
            one.identifier == identifier
                && one.holds(time)
                && AreaCode::parse(one.area).unwrap().contains(area)
        });
        match set.max_by_key(|one| (AreaCode::parse(one.area).unwrap().level(), one.starts_on)) {
            Some(strongest) => strongest.value.trim().parse().ok(),
            None => (identifier == declared::LINE_OF && time.day() >= "2016-01-01").then_some(30),
        }
    }

    /// Whether a division has a setting of its own.
    pub(super) fn sets(&self, identifier: &str, area: &AreaCode, time: &Time) -> bool {
        let own =
            |one: &&Setting| one.identifier == identifier && one.area == area.as_str() && one.holds(time);
        self.settings.iter().any(|one| own(&one))
    }
}

impl Setting {
    fn holds(&self, time: &Time) -> bool {
        let day = time.day();
        time.knows(self.known)
            && self.qualifier == "-"
            && (self.valid.0 <= day && day < self.valid.1)
            && self.starts_on <= day
            && self.ends_on.is_none_or(|end| day < end)
    }
}

impl Dated {
    fn holds(&self, time: &Time) -> bool {
        time.knows(self.known) && self.valid.0 <= time.day() && time.day() < self.valid.1
    }
}

impl Grant {
    fn rows(&self, index: usize, indicator: &Indicator, time: &Time) -> Vec<(&'static str, String, i64)> {
        let own = format!("grant {index}");
        let holder = self.holder.map_or(own.clone(), |holder| format!("h{holder}"));
        let approved = time.has(self.approved_on) && !time.past(self.cancelled_on);
        let paid: Vec<(usize, i64)> = self
            .payments
            .iter()
            .enumerate()
            .filter(|(_, (known, paid_on, _))| time.knows(*known) && time.has(*paid_on))
            .filter_map(|(number, (_, _, amount))| {
                amount.filter(|amount| *amount > 0).map(|amount| (number, amount))
            })
            .collect();
        let free = self.on_dibao != Some(true);
        let running = self.approved_on.is_some_and(|from| from <= time.day())
            && self.cancelled_on.is_none_or(|until| until > time.day());
        let planned = self.plan_year.is_some_and(|year| time.has_year(year));
        let (counts, key, contribution) = match indicator.id {
            "housing.approved" => (approved, own, 1),
            "housing.holders" => (approved, holder, 1),
            "housing.started" => (planned && time.past(self.approved_on), holder, 1),
            "housing.running" => ((running || self.holder == Some(1)) && self.plan_year.is_some(), own, 1),
            "housing.years" => {
                let year = self.plan_year.map_or(own, |year| year.to_string());
                (!time.past(self.cancelled_on), year, 1)
            }
            "social_security.holders" => (free && !paid.is_empty(), holder, 1),
            "social_security.persons" => (free && !paid.is_empty(), own, self.covered.unwrap_or(0)),
            "social_security.amount" => {
                let row = |(number, amount)| (self.area, format!("{own} {number}"), amount);
                return if free { paid.into_iter().map(row).collect() } else { Vec::new() };
            }
            other => panic!("{other} is not modelled"),
        };
        if counts { vec![(self.area, key, contribution)] } else { Vec::new() }
    }
}

/// What rows come to: contributions over distinct keys.
pub(super) fn come_to<'r>(rows: impl Iterator<Item = &'r (&'static str, String, i64)>) -> i64 {
    let keys: BTreeMap<&str, i64> =
        rows.map(|(_, key, contribution)| (key.as_str(), *contribution)).collect();
    keys.values().sum()
}

/// The division of a level that holds a division; `None` where that is filed above.
pub(super) fn division(area: &str, level: Level) -> Option<AreaCode> {
    AreaCode::parse(area).unwrap().at(level)
}
