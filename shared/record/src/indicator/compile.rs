//! From a declaration to conditions and expressions that both databases read. Figures and evidence share them.

use kernel::area::{AreaCode, Level};
use kernel::caller::Caller;
use proto::common::PlanKind;

use super::request::Times;
use super::source::{Aggregate, Elements, Field, Place, Source, StatisticTable, Test};
use crate::codec::FOREVER;
use crate::contract::{ANNUAL_PLAN_SPEC, annual_plan};
use crate::read::state_sql;
use crate::spec::{Kind, Sensitivity, Shape, Spec};
use crate::sql::Where;

/// Alias of the record, of the record beside it, of the element, and of an element that a test looks for.
pub(super) const RECORD: &str = "t";
pub(super) const BESIDE: &str = "j";
pub(super) const ELEMENT: &str = "e";
const SOUGHT: &str = "x";

/// One thing that is counted, whatever formula it comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    pub(super) source: Source,
    pub(super) tests: &'static [Test],
    pub(super) aggregate: Aggregate,
    pub(super) rule: Rule,
}

/// What else must hold of a row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    /// Nothing.
    Plain,
    /// It is the topmost target; `scale` hundredths are one.
    Plan { of: &'static str, kind: PlanKind, scale: i64 },
    /// It is the latest count of exactly that division.
    Statistic { table: &'static StatisticTable, statistic: i64, place: Place },
}

/// Of which divisions a condition speaks: the whole area, or each division of a level within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// The area.
    Whole,
    /// Its divisions of this level.
    Divisions(Level),
}

impl Counted {
    /// The resources whose rows are read.
    pub(super) fn resources(&self) -> Vec<&'static Spec> {
        let mut found = vec![self.source.record];
        found.extend(self.source.link.map(|link| link.other()));
        found
    }

    /// Whether no row means zero; otherwise it means that nothing is known.
    pub(super) fn empty_is_zero(&self) -> bool {
        matches!(self.rule, Rule::Plain)
    }

    /// Whether rows are read of the province instead of the area.
    pub(super) fn of_province(&self) -> bool {
        matches!(self.rule, Rule::Statistic { place: Place::Province, .. })
    }

    /// Whether which rows count at all depends on the day that is read.
    pub(super) fn dated(&self) -> bool {
        matches!(self.rule, Rule::Plain) && self.resources().into_iter().any(has_validity)
    }

    /// Columns that the source does not have, and what else is wrong.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(elements) = self.source.elements
            && elements.child().rows.is_none()
        {
            problems.push(format!("the elements of {} are not kept as rows", elements.child().path));
        }
        if let Some(link) = self.source.link {
            if link.other().table == self.source.record.table {
                problems.push("a record cannot stand beside one of its own resource".to_owned());
            }
            if link.column().spec.table != self.source.record.table {
                problems.push(format!("the source has no column {}", link.column().name()));
            }
        }
        let mut fields = Vec::new();
        self.tests.iter().for_each(|test| fields_of(test, None, &mut fields));
        match self.aggregate {
            Aggregate::Count => {}
            Aggregate::Distinct(field) | Aggregate::Sum(field) => fields.push((field, None)),
        }
        for (field, sought) in fields {
            if self.alias(field, sought) == UNKNOWN {
                problems.push(format!("the source has no column {}", field.path()));
            }
        }
        if let Aggregate::Sum(field) = self.aggregate
            && field.leaf().kind != Kind::Integer
        {
            problems.push(format!("{} is no number to add up", field.path()));
        }
        problems
    }

    /// The days that a row's tests name, for its evidence.
    pub(super) fn days(&self) -> Vec<Field> {
        let mut found = Vec::new();
        match &self.rule {
            Rule::Statistic { table, .. } => found.push(Field::Record(table.measured_on)),
            Rule::Plain | Rule::Plan { .. } => self.tests.iter().for_each(|test| days_of(test, &mut found)),
        }
        let record = self.source.record;
        if let (true, Some(since)) = (found.is_empty(), record.since) {
            found.push(Field::Record(crate::column::Column::new(record, since)));
        }
        let mut paths = Vec::new();
        found.retain(|field| {
            let path = field.path();
            let new = !paths.contains(&path);
            paths.push(path);
            new
        });
        found
    }

    /// What stands after FROM.
    pub(super) fn from(&self) -> String {
        let mut from = format!("{} {RECORD}", self.source.record.table);
        if let Some(rows) = self.source.elements.and_then(|elements| elements.child().rows) {
            from.push_str(&format!(" JOIN {rows} {ELEMENT} ON {ELEMENT}.id = {RECORD}.id"));
        }
        if let Some(link) = self.source.link {
            // The identifier stands behind the collection and its slash.
            let (other, column, behind) =
                (link.other().table, link.column().name(), link.named().collection.len() + 2);
            from.push_str(&format!(
                " JOIN {other} {BESIDE} ON {BESIDE}.id = substr({RECORD}.\"{column}\", {behind})"
            ));
        }
        from
    }

    /// The conditions that hold for everything counted from this source at these times: known, valid, visible to the
    /// caller, within the area.
    pub(super) fn common(&self, times: &Times, caller: &Caller, area: &AreaCode, condition: &mut Where) {
        let known_at = Some(times.known_at);
        let day = times.day.to_string();
        let valid = |spec: &Spec| self.dated() && has_validity(spec);
        condition.known(RECORD, known_at);
        if valid(self.source.record) {
            condition.valid(RECORD, &day);
        } else {
            condition.and(stands(RECORD));
        }
        if self.source.elements.is_some() {
            condition.known(ELEMENT, known_at);
        }
        if let Some(link) = self.source.link {
            condition.known(BESIDE, known_at);
            if valid(link.other()) {
                condition.valid(BESIDE, &day);
            } else {
                condition.and(stands(BESIDE));
            }
        }
        if !self.source.record.everywhere {
            condition.scope(RECORD, &caller.scope);
        }
        if self.of_province() {
            let province = condition.argument(area.province().as_str());
            condition.and(format!("{RECORD}.area = {province}"));
        } else {
            condition.area(RECORD, &area.range());
        }
    }

    /// What must hold of a row to count, and nothing of what [`Self::common`] says.
    pub(super) fn predicate(
        &self,
        times: &Times,
        area: &AreaCode,
        extent: Extent,
        arguments: &mut Where,
    ) -> String {
        let mut writer = Writer { counted: self, times, arguments, sought: None };
        let mut all: Vec<String> = self.tests.iter().map(|test| writer.test(test)).collect();
        all.extend(writer.rule(area, extent));
        joined(&all, " AND ", "1 = 1")
    }

    /// What a row adds.
    pub(super) fn contribution(&self) -> String {
        match self.aggregate {
            Aggregate::Count | Aggregate::Distinct(_) => "1".to_owned(),
            Aggregate::Sum(field) => {
                let column = self.column(field, None);
                match self.rule {
                    Rule::Plan { scale, .. } if scale != 1 => format!("(COALESCE({column}, 0) / {scale})"),
                    _ => format!("COALESCE({column}, 0)"),
                }
            }
        }
    }

    /// What rows are told apart by: a distinct count counts its values.
    pub(super) fn key(&self) -> String {
        let own = match self.source.elements {
            Some(_) => format!("{RECORD}.id || '/' || {ELEMENT}.element_id"),
            None => format!("{RECORD}.id"),
        };
        match self.aggregate {
            Aggregate::Count | Aggregate::Sum(_) => own,
            Aggregate::Distinct(field) => {
                let column = self.column(field, None);
                match field.leaf().kind {
                    Kind::Text | Kind::Date | Kind::Texts => format!("COALESCE({column}, {own})"),
                    Kind::Integer | Kind::Boolean | Kind::Enum | Kind::Moment => {
                        format!("COALESCE(CAST({column} AS TEXT), {own})")
                    }
                }
            }
        }
    }

    /// A field as SQL. An encrypted one is compared by its blind index.
    pub(super) fn column(&self, field: Field, sought: Option<Elements>) -> String {
        let leaf = field.leaf();
        let alias = self.alias(field, sought);
        match leaf.sensitive {
            Sensitivity::Encrypted => format!("{alias}.\"{}\"", leaf.index_column()),
            Sensitivity::Open | Sensitivity::Masked => format!("{alias}.\"{}\"", leaf.column),
        }
    }

    fn alias(&self, field: Field, sought: Option<Elements>) -> &'static str {
        let same = |elements: Option<Elements>, table: &str, child: usize| {
            elements.is_some_and(|elements| elements.record.table == table && elements.child == child)
        };
        match field {
            Field::Record(column) if column.spec.table == self.source.record.table => RECORD,
            Field::Record(column) => match self.source.link {
                Some(link) if link.other().table == column.spec.table => BESIDE,
                _ => UNKNOWN,
            },
            Field::Element(column) if same(sought, column.spec.table, column.child) => SOUGHT,
            Field::Element(column) if same(self.source.elements, column.spec.table, column.child) => ELEMENT,
            Field::Element(_) => UNKNOWN,
        }
    }
}

/// The alias of a column that the source does not have: no statement names it, so that the database refuses.
const UNKNOWN: &str = "unknown";

/// What was withdrawn keeps a row that says so, and holds on no day.
fn stands(alias: &str) -> String {
    format!("{alias}.valid_from < '{FOREVER}'")
}

/// Registers and Links hold from a day to a day; whatever has a day of its own counts by that.
fn has_validity(spec: &Spec) -> bool {
    matches!(spec.shape, Shape::Register | Shape::Link)
}

fn joined(parts: &[String], word: &str, none: &str) -> String {
    match parts {
        [] => none.to_owned(),
        [one] => one.clone(),
        several => format!("({})", several.join(word)),
    }
}

fn fields_of(test: &Test, sought: Option<Elements>, out: &mut Vec<(Field, Option<Elements>)>) {
    match test {
        Test::InPeriod(field)
        | Test::UpToPeriodEnd(field)
        | Test::YearInPeriod(field)
        | Test::NumberIn(field, _)
        | Test::TextIn(field, _)
        | Test::Above(field, _)
        | Test::IsSet(field) => out.push((*field, sought)),
        Test::Valid { from, until } => out.extend([(*from, sought), (*until, sought)]),
        Test::StateIn(_) => {}
        Test::Has(elements, tests) => tests.iter().for_each(|test| fields_of(test, Some(*elements), out)),
        Test::AnyOf(tests) => tests.iter().for_each(|test| fields_of(test, sought, out)),
        Test::Not(test) => fields_of(test, sought, out),
    }
}

fn days_of(test: &Test, out: &mut Vec<Field>) {
    match test {
        Test::InPeriod(field) | Test::UpToPeriodEnd(field) => out.push(*field),
        Test::Valid { from, until } => out.extend([*from, *until]),
        Test::AnyOf(tests) => tests.iter().for_each(|test| days_of(test, out)),
        Test::YearInPeriod(_)
        | Test::NumberIn(..)
        | Test::TextIn(..)
        | Test::Above(..)
        | Test::IsSet(_)
        | Test::StateIn(_)
        | Test::Has(..)
        | Test::Not(_) => {}
    }
}

struct Writer<'w> {
    counted: &'w Counted,
    times: &'w Times,
    arguments: &'w mut Where,
    sought: Option<Elements>,
}

impl Writer<'_> {
    fn column(&self, field: &Field) -> String {
        self.counted.column(*field, self.sought)
    }

    fn day(&mut self) -> String {
        self.arguments.argument(self.times.day.to_string())
    }

    fn known(&mut self, alias: &str) -> String {
        let at = self.arguments.argument(self.times.known_at);
        format!("{alias}.recorded_at <= {at} AND {alias}.superseded_at > {at}")
    }

    fn test(&mut self, test: &Test) -> String {
        match test {
            Test::InPeriod(field) => {
                let (column, day) = (self.column(field), self.day());
                match self.times.first {
                    None => format!("{column} <= {day}"),
                    Some(first) => {
                        let first = self.arguments.argument(first.to_string());
                        format!("({column} >= {first} AND {column} <= {day})")
                    }
                }
            }
            Test::UpToPeriodEnd(field) => format!("{} <= {}", self.column(field), self.day()),
            Test::Valid { from, until } => {
                let (from, until, day) = (self.column(from), self.column(until), self.day());
                format!("({from} <= {day} AND ({until} IS NULL OR {until} > {day}))")
            }
            Test::YearInPeriod(field) => {
                let column = self.column(field);
                match self.times.years {
                    (None, last) => format!("{column} <= {last}"),
                    (Some(first), last) => format!("({column} >= {first} AND {column} <= {last})"),
                }
            }
            Test::NumberIn(field, numbers) => {
                let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
                format!("{} IN ({})", self.column(field), numbers.join(", "))
            }
            Test::TextIn(field, texts) => {
                let texts: Vec<String> = texts.iter().map(|text| self.arguments.argument(*text)).collect();
                format!("{} IN ({})", self.column(field), texts.join(", "))
            }
            Test::Above(field, number) => format!("{} > {number}", self.column(field)),
            Test::IsSet(field) => format!("{} IS NOT NULL", self.column(field)),
            Test::StateIn(states) => self.state(states),
            Test::Has(elements, tests) => self.has(*elements, tests),
            Test::AnyOf(tests) => {
                let any: Vec<String> = tests.iter().map(|test| self.test(test)).collect();
                joined(&any, " OR ", "1 = 0")
            }
            Test::Not(test) => format!("(({}) IS NOT TRUE)", self.test(test)),
        }
    }

    fn state(&mut self, states: &[i32]) -> String {
        let (day, known_at) = (self.times.day.to_string(), Some(self.times.known_at));
        let state = state_sql(self.counted.source.record, &day, known_at, self.arguments);
        let states: Vec<String> = states.iter().map(i32::to_string).collect();
        format!("{state} IN ({})", states.join(", "))
    }

    fn has(&mut self, elements: Elements, tests: &[Test]) -> String {
        let outer = self.sought.replace(elements);
        let mut all = vec![format!("{SOUGHT}.id = {RECORD}.id"), self.known(SOUGHT)];
        all.extend(tests.iter().map(|test| self.test(test)));
        self.sought = outer;
        let rows = elements.child().rows.unwrap_or(UNKNOWN);
        format!("EXISTS (SELECT 1 FROM {rows} {SOUGHT} WHERE {})", all.join(" AND "))
    }

    fn rule(&mut self, area: &AreaCode, extent: Extent) -> Vec<String> {
        match self.counted.rule {
            Rule::Plain => Vec::new(),
            Rule::Plan { of, kind, .. } => self.topmost(of, kind, area, extent),
            Rule::Statistic { table, statistic, place } => {
                self.latest(table, statistic, (place, area), extent)
            }
        }
    }

    /// A target counts unless an ancestor's stands for it: one of the same indicator, year and kind, within the extent.
    fn topmost(&mut self, of: &str, kind: PlanKind, area: &AreaCode, extent: Extent) -> Vec<String> {
        let (Some(first), last) = self.times.years else { return vec!["1 = 0".to_owned()] };
        if first != last {
            return vec!["1 = 0".to_owned()];
        }
        let from_digits = match extent {
            Extent::Whole => area.level().significant_digits(),
            Extent::Divisions(level) => level.significant_digits(),
        };
        let rows = ANNUAL_PLAN_SPEC.table;
        let (indicator, year) = (annual_plan::INDICATOR.name(), annual_plan::YEAR.name());
        let kind_column = annual_plan::KIND.name();
        let of = self.arguments.argument(of);
        let kind = i32::from(kind);
        let same = |alias: &str| {
            format!(
                "{alias}.\"{indicator}\" = {of} AND {alias}.\"{year}\" = {last} \
                 AND {alias}.\"{kind_column}\" = {kind}"
            )
        };
        let digits = digits("q.area");
        let covered = format!(
            "SELECT 1 FROM {rows} q WHERE {} AND {} AND {} AND q.area <> {RECORD}.area \
             AND {digits} >= {from_digits} AND substr({RECORD}.area, 1, {digits}) = substr(q.area, 1, {digits})",
            same("q"),
            self.known("q"),
            stands("q"),
        );
        vec![same(RECORD), format!("NOT EXISTS ({covered})")]
    }

    /// An outside count counts if it is of exactly the division and there is no later one up to the day.
    fn latest(
        &mut self,
        table: &StatisticTable,
        statistic: i64,
        (place, area): (Place, &AreaCode),
        extent: Extent,
    ) -> Vec<String> {
        let exact = match (place, extent) {
            (Place::Province, Extent::Whole) => "1 = 1".to_owned(),
            (Place::Province, Extent::Divisions(_)) => "1 = 0".to_owned(),
            (Place::Measured, Extent::Whole) => {
                format!("{RECORD}.area = {}", self.arguments.argument(area.as_str()))
            }
            (Place::Measured, Extent::Divisions(level)) => {
                format!("{} = {}", digits(&format!("{RECORD}.area")), level.significant_digits())
            }
        };
        let (rows, kind, on) = (table.value.spec.table, table.statistic.name(), table.measured_on.name());
        let day = self.day();
        let of = |alias: &str| format!("{alias}.\"{kind}\" = {statistic} AND {alias}.\"{on}\" <= {day}");
        let later = format!(
            "SELECT 1 FROM {rows} q WHERE q.area = {RECORD}.area AND {} AND {} AND {} \
             AND (q.\"{on}\" > {RECORD}.\"{on}\" OR (q.\"{on}\" = {RECORD}.\"{on}\" AND q.id > {RECORD}.id))",
            of("q"),
            self.known("q"),
            stands("q"),
        );
        vec![exact, of(RECORD), format!("NOT EXISTS ({later})")]
    }
}

/// How many digits of a column's division code are significant, as SQL: 2, 4, 6, 9 or 12.
pub(super) fn digits(column: &str) -> String {
    format!(
        "CASE WHEN substr({column}, 3) = '0000' THEN 2 \
         WHEN substr({column}, 5) = '00' THEN 4 ELSE length({column}) END"
    )
}
