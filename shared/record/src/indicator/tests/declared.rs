//! Resources and indicators of the tests: one of every word.

use kernel::area::Level;
use kernel::language::Label;
use proto::common::PlanKind;

use crate::column::{ChildColumn, Column};
use crate::contract::ANNUAL_PLAN_SPEC;
use crate::indicator::{
    Aggregate, Formula, Indicator, IndicatorKind, Levels, Link, Place, Source, StatisticTable, Test, Unit,
};
use crate::spec::{Child, Kind, Leaf, Shape, Spec, StateDay};

const fn leaf(path: &'static str, kind: Kind) -> Leaf {
    Leaf { path, column: path, kind, title: None, required: false, position: 0, ..ANNUAL_PLAN_SPEC.leaves[8] }
}

const fn spec(
    table: &'static str,
    shape: Shape,
    leaves: &'static [Leaf],
    children: &'static [Child],
) -> Spec {
    Spec {
        message: table,
        resource: table,
        collection: table,
        table,
        shape,
        leaves,
        children,
        keys: &[],
        since: None,
        until: None,
        title_of: Some(0),
        linked: &[],
        beneficiary: None,
        state_words: &[],
        form: None,
        read_permission: "test.read",
        ..ANNUAL_PLAN_SPEC
    }
}

/// Named by others; nothing of it is read.
static HOUSEHOLD: Spec = spec("households", Shape::Register, &[leaf("no", Kind::Text)], &[]);

/// Periods of a household's standing, which have the household's identifier.
pub(super) static STANDING: Spec =
    spec("standing", Shape::Register, &[leaf("household", Kind::Text), leaf("status", Kind::Integer)], &[]);
const STATUS: Column = Column::new(&STANDING, 1);

/// Persons in households.
pub(super) static MEMBERSHIP: Spec = spec(
    "membership",
    Shape::Link,
    &[leaf("household", Kind::Text), leaf("person", Kind::Text), leaf("standing", Kind::Text)],
    &[],
);
const MEMBERSHIP_HOUSEHOLD: Column = Column::new(&MEMBERSHIP, 0);
const PERSON: Column = Column::new(&MEMBERSHIP, 1);
const MEMBERSHIP_STANDING: Column = Column::new(&MEMBERSHIP, 2);

/// Grants, each with payments.
pub(super) static GRANT: Spec = Spec {
    states: &[
        StateDay { number: 1, name: "APPLIED", day: None },
        StateDay { number: 2, name: "APPROVED", day: Some(2) },
        StateDay { number: 3, name: "CANCELLED", day: Some(3) },
    ],
    ..GRANTS
};
const GRANTS: Spec = spec(
    "grant_case",
    Shape::Grant,
    &[
        leaf("holder", Kind::Text),
        leaf("plan_year", Kind::Integer),
        leaf("approved_on", Kind::Date),
        leaf("cancelled_on", Kind::Date),
        leaf("on_dibao", Kind::Boolean),
        leaf("covered", Kind::Integer),
    ],
    &[Child {
        path: "payments",
        column: "payments",
        rows: Some("grant_case_payments"),
        leaves: &[
            leaf("element_id", Kind::Text),
            leaf("paid_on", Kind::Date),
            leaf("amount_fen", Kind::Integer),
        ],
        element_id: Some(0),
        first: false,
        pivot: None,
    }],
);
const HOLDER: Column = Column::new(&GRANT, 0);
const PLAN_YEAR: Column = Column::new(&GRANT, 1);
const APPROVED_ON: Column = Column::new(&GRANT, 2);
const CANCELLED_ON: Column = Column::new(&GRANT, 3);
const ON_DIBAO: Column = Column::new(&GRANT, 4);
const COVERED: Column = Column::new(&GRANT, 5);
const PAID_ON: ChildColumn = ChildColumn::new(&GRANT, 0, 1);
const AMOUNT_FEN: ChildColumn = ChildColumn::new(&GRANT, 0, 2);

/// Counts from outside.
pub(super) static STATISTIC: Spec = Spec {
    everywhere: true,
    ..spec(
        "statistic",
        Shape::Event,
        &[
            leaf("note", Kind::Text),
            leaf("statistic", Kind::Integer),
            leaf("measured_on", Kind::Date),
            leaf("value", Kind::Integer),
        ],
        &[],
    )
};
static STATISTICS: StatisticTable = StatisticTable {
    statistic: Column::new(&STATISTIC, 1),
    measured_on: Column::new(&STATISTIC, 2),
    value: Column::new(&STATISTIC, 3),
};

const fn indicator(id: &'static str, unit: Unit, kind: IndicatorKind, formula: Formula) -> Indicator {
    let words = Label::new("甲", "갑", "a");
    Indicator { id, label: words, definition: words, unit, kind, levels: Levels::ALL, formula }
}

const fn rows(id: &'static str, source: Source, tests: &'static [Test], aggregate: Aggregate) -> Indicator {
    let formula = Formula::Rows { source, tests, aggregate };
    indicator(id, Unit::Household, IndicatorKind::Actual, formula)
}

/// Numbers of the statuses that count as poor.
pub(super) const POOR: &[i64] = &[2, 3, 6];
const APPROVED: &[Test] = &[APPROVED_ON.in_period(), Test::Not(&CANCELLED_ON.up_to_period_end())];
const PAID: &[Test] = &[
    Test::Not(&ON_DIBAO.is_true()),
    Test::Has(PAID_ON.elements(), &[PAID_ON.in_period(), AMOUNT_FEN.above(0)]),
];

pub(super) static APPROVED_GRANTS: Indicator =
    rows("housing.approved", Source::rows(&GRANT), APPROVED, Aggregate::Count);
pub(super) static HOLDERS: Indicator =
    rows("housing.holders", Source::rows(&GRANT), APPROVED, HOLDER.distinct());
pub(super) static STARTED: Indicator = rows(
    "housing.started",
    Source::rows(&GRANT),
    &[PLAN_YEAR.year_in_period(), APPROVED_ON.up_to_period_end()],
    HOLDER.distinct(),
);
pub(super) static PAID_HOLDERS: Indicator =
    rows("social_security.holders", Source::rows(&GRANT), PAID, HOLDER.distinct());
pub(super) static PAID_PERSONS: Indicator =
    rows("social_security.persons", Source::rows(&GRANT), PAID, COVERED.sum());
pub(super) static PAID_FEN: Indicator = Indicator {
    unit: Unit::Yuan,
    ..rows(
        "social_security.amount",
        Source::elements(PAID_ON.elements()),
        &[PAID_ON.in_period(), AMOUNT_FEN.above(0), Test::Not(&ON_DIBAO.is_true())],
        AMOUNT_FEN.sum(),
    )
};
pub(super) static RUNNING: Indicator = rows(
    "housing.running",
    Source::rows(&GRANT),
    &[Test::AnyOf(&[APPROVED_ON.valid_until(CANCELLED_ON), HOLDER.is_text_in(&["h1"])]), PLAN_YEAR.is_set()],
    Aggregate::Count,
);
pub(super) static HOUSEHOLDS: Indicator =
    rows("registry.households", Source::rows(&STANDING), &[STATUS.is_in(POOR)], Aggregate::Count);
const MEMBERS: Source = Source::rows(&MEMBERSHIP).beside(Link::Namesake {
    column: MEMBERSHIP_HOUSEHOLD,
    of: &HOUSEHOLD,
    other: &STANDING,
});
pub(super) static MEMBERSHIPS: Indicator =
    rows("registry.memberships", MEMBERS, &[STATUS.is_in(POOR)], Aggregate::Count);
pub(super) static PERSONS: Indicator =
    rows("registry.persons", MEMBERS, &[STATUS.is_in(POOR)], PERSON.distinct());
pub(super) static NAMED: Indicator = rows(
    "registry.named",
    Source::rows(&MEMBERSHIP).beside(Link::Name { column: MEMBERSHIP_STANDING, other: &STANDING }),
    &[STATUS.is_in(POOR)],
    Aggregate::Count,
);
pub(super) static YEARS: Indicator =
    rows("housing.years", Source::rows(&GRANT), &[Test::StateIn(&[1, 2])], PLAN_YEAR.distinct());
pub(super) static PLANNED: Indicator = indicator(
    "housing.planned",
    Unit::Household,
    IndicatorKind::Plan,
    Formula::Plan { of: HOLDERS.id, kind: PlanKind::Plan },
);
pub(super) static RURAL: Indicator = indicator(
    "registry.rural",
    Unit::Person,
    IndicatorKind::Actual,
    Formula::Statistic { table: &STATISTICS, statistic: 1, place: Place::Measured },
);
pub(super) static PROVINCE: Indicator = indicator(
    "registry.province",
    Unit::Person,
    IndicatorKind::Actual,
    Formula::Statistic { table: &STATISTICS, statistic: 1, place: Place::Province },
);
pub(super) static INCIDENCE: Indicator = indicator(
    "registry.incidence",
    Unit::Percent,
    IndicatorKind::Actual,
    Formula::Ratio { numerator: &PERSONS, denominator: &RURAL },
);
pub(super) static SHARE: Indicator = Indicator {
    levels: Levels::only(&[Level::Prefecture]),
    ..indicator(
        "registry.share",
        Unit::Percent,
        IndicatorKind::Actual,
        Formula::Ratio { numerator: &PERSONS, denominator: &PROVINCE },
    )
};

pub(super) const BATTLEFIELDS_OF: &str = "registry.narrative.battlefields";
pub(super) static BATTLEFIELDS: Indicator = indicator(
    "registry.battlefields",
    Unit::Region,
    IndicatorKind::Narrative,
    Formula::Parameter { identifier: BATTLEFIELDS_OF, qualifier: "-" },
);
/// A default of it ships with the service.
pub(super) const LINE_OF: &str = "registry.line";
pub(super) static LINE: Indicator = indicator(
    "registry.line",
    Unit::Household,
    IndicatorKind::Rule,
    Formula::Parameter { identifier: LINE_OF, qualifier: "-" },
);
pub(super) static TASK_MET: Indicator = indicator(
    "housing.task_met",
    Unit::Flag,
    IndicatorKind::Actual,
    Formula::AtLeast { value: &HOLDERS, target: &PLANNED },
);
pub(super) static ABOVE_LINE: Indicator = indicator(
    "registry.above_line",
    Unit::Flag,
    IndicatorKind::Actual,
    Formula::AtLeast { value: &MEMBERSHIPS, target: &LINE },
);

/// Those whose rows just count.
pub(super) static COUNTED: [&Indicator; 12] = [
    &APPROVED_GRANTS,
    &HOLDERS,
    &STARTED,
    &PAID_HOLDERS,
    &PAID_PERSONS,
    &PAID_FEN,
    &RUNNING,
    &HOUSEHOLDS,
    &MEMBERSHIPS,
    &PERSONS,
    &NAMED,
    &YEARS,
];
pub(super) static ALL: [&Indicator; 21] = [
    &APPROVED_GRANTS,
    &HOLDERS,
    &STARTED,
    &PAID_HOLDERS,
    &PAID_PERSONS,
    &PAID_FEN,
    &RUNNING,
    &HOUSEHOLDS,
    &MEMBERSHIPS,
    &PERSONS,
    &NAMED,
    &YEARS,
    &PLANNED,
    &RURAL,
    &PROVINCE,
    &INCIDENCE,
    &SHARE,
    &BATTLEFIELDS,
    &LINE,
    &TASK_MET,
    &ABOVE_LINE,
];

#[test]
fn declarations_have_no_problems() {
    for indicator in ALL {
        assert_eq!(indicator.problems(), Vec::<String>::new());
    }
    static ASTRAY: Indicator =
        rows("nowhere.astray", Source::rows(&STANDING), &[PERSON.is_set()], HOLDER.sum());
    let problems = ASTRAY.problems();
    assert_eq!(problems.len(), 4, "{problems:?}");
    static TWICE: Indicator = indicator(
        "registry.twice",
        Unit::Percent,
        IndicatorKind::Actual,
        Formula::Ratio { numerator: &INCIDENCE, denominator: &RURAL },
    );
    assert_eq!(TWICE.problems().len(), 1);
    static FOREIGN: Indicator = indicator(
        "registry.foreign",
        Unit::Percent,
        IndicatorKind::Rule,
        Formula::Parameter { identifier: "housing.limit", qualifier: "" },
    );
    assert_eq!(FOREIGN.problems().len(), 3, "{:?}", FOREIGN.problems());
    static APPLES: Indicator = indicator(
        "registry.apples",
        Unit::Household,
        IndicatorKind::Actual,
        Formula::AtLeast { value: &TASK_MET, target: &RURAL },
    );
    assert_eq!(APPLES.problems().len(), 3, "{:?}", APPLES.problems());
}

#[test]
fn declarations_are_told() {
    let told = |indicator: &'static Indicator| {
        let told = indicator.describe();
        (told.additivity(), told.numerator, told.denominator)
    };
    let none = proto::common::Additivity::None;
    assert_eq!(told(&BATTLEFIELDS), (none, String::new(), String::new()));
    assert_eq!(told(&TASK_MET), (none, HOLDERS.id.to_owned(), PLANNED.id.to_owned()));
    assert_eq!(told(&SHARE).0, proto::common::Additivity::Ratio);
}

#[test]
fn levels_are_called_as_in_the_contract() {
    let contract = include_str!("../../../../../proto/xiuhua/common/v1/area_level.proto");
    for level in Level::ALL {
        let Label { zh, ko, en } = crate::indicator::level_word(level);
        let words = format!("(label) = {{zh: \"{zh}\" ko: \"{ko}\" en: \"{en}\"}}");
        let name = crate::indicator::wire_level(level).as_str_name();
        let value = contract.split(&format!("  {name} = ")).nth(1).unwrap();
        assert!(value.split(';').next().unwrap().contains(&words), "{name}: {words}");
    }
}
