//! What is refused, what is only said, what it costs, how a stream goes on.

use futures::TryStreamExt;
use kernel::failure::{Failure, Reason};
use proto::common::{AreaLevel, Availability, EvidenceRole, ListEvidenceRequest, MeasureItem, period};
use store::Value;

use super::base::{Base, Head, NOW, records};
use super::declared::{
    ABOVE_LINE, APPROVED_GRANTS, BATTLEFIELDS, BATTLEFIELDS_OF, GRANT, HOLDERS, HOUSEHOLDS, INCIDENCE, LINE,
    PAID_FEN, PAID_HOLDERS, PAID_PERSONS, PERSONS, PLANNED, RURAL, SHARE, STANDING, STARTED, STATISTIC,
    TASK_MET,
};
use super::{Asking, added, clerk, date, flag, item, number, range, rows_differ, year};
use crate::contract::{ANNUAL_PLAN_SPEC, PARAMETER_SPEC};

fn head(id: &str, area: &str) -> Head {
    Head {
        id: id.to_owned(),
        area: area.to_owned(),
        valid: ("2015-01-01", "9999-12-31"),
        known: (1, i64::MAX),
    }
}

fn standing(id: &str, area: &str) -> (Head, Vec<Value>) {
    (head(id, area), vec![Value::text(format!("households/{id}")), Value::Integer(2)])
}

fn reason<T>(answer: Result<T, Failure>) -> Reason {
    answer.err().map_or(Reason::Internal, |failure| failure.reason())
}

async fn asking() -> (Base, Asking) {
    let base = Base::sqlite().await;
    base.insert(vec![records(&STANDING, vec![standing("a", "222405"), standing("b", "222401")])]).await;
    let asking = Asking::everyone(base.db.clone());
    (base, asking)
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused() {
    let (_base, asking) = asking().await;
    let ask = |area: &'static str, group: AreaLevel, item: MeasureItem| {
        let asking = &asking;
        async move { reason(asking.measure(area, group, vec![item]).await) }
    };
    let none = AreaLevel::Unspecified;
    let good = || date(&HOUSEHOLDS, "2015-12-31");
    assert_eq!(ask("2224", none, good()).await, Reason::AreaUnknown);
    assert_eq!(ask("222405", AreaLevel::County, good()).await, Reason::AreaLevelWrong);
    assert_eq!(
        ask("222400", none, MeasureItem { indicator: "x.y".into(), ..good() }).await,
        Reason::IndicatorUnknown
    );
    assert_eq!(ask("222400", none, MeasureItem { period: None, ..good() }).await, Reason::PeriodInvalid);
    assert_eq!(ask("222400", none, date(&HOUSEHOLDS, "2015-02-29")).await, Reason::PeriodInvalid);
    assert_eq!(
        ask("222400", none, range(&HOUSEHOLDS, "2016-01-01", "2015-01-01")).await,
        Reason::PeriodInvalid
    );
    assert_eq!(ask("222400", none, year(&HOUSEHOLDS, 16)).await, Reason::PeriodInvalid);
    assert_eq!(
        ask("222400", none, MeasureItem { as_of: "today".into(), ..good() }).await,
        Reason::DateInvalid
    );
    let later = item(&HOUSEHOLDS, period::Period::Year(2016), "", Some(NOW * 2));
    assert_eq!(ask("222400", none, later).await, Reason::KnownAtInFuture);
    assert_eq!(reason(asking.measure("222400", none, Vec::new()).await), Reason::BatchEmpty);
    assert_eq!(reason(asking.measure("222400", none, vec![good(); 501]).await), Reason::BatchTooLarge);
    assert_eq!(reason(asking.evidence("222405", date(&SHARE, "2015-12-31")).await), Reason::LevelNotDeclared);
}

#[tokio::test]
async fn who_may_not_see_is_told_so() {
    let (_base, mut asking) = asking().await;
    asking.caller = clerk(&["test.read"], &["222405"]);
    let day = || date(&HOUSEHOLDS, "2015-12-31");
    let none = AreaLevel::Unspecified;
    assert_eq!(number(asking.one("222405", day()).await.total.as_ref()), Some(1));
    assert_eq!(reason(asking.measure("222400", none, vec![day()]).await), Reason::AreaForbidden);
    assert_eq!(reason(asking.evidence("222401", day()).await), Reason::AreaForbidden);

    // Reading plans is another permission.
    let planned = asking.one("222405", year(&PLANNED, 2016)).await;
    assert_eq!(planned.total.unwrap().availability(), Availability::Forbidden);
    assert!(!planned.note.is_empty());
    assert_eq!(reason(asking.evidence("222405", year(&PLANNED, 2016)).await), Reason::PermissionMissing);

    // Another programme is not the caller's; the registry is everyone's.
    asking.caller.programmes = Some(["housing".to_owned()].into());
    let relief = asking.one("222405", year(&PAID_HOLDERS, 2016)).await;
    assert_eq!(relief.total.unwrap().availability(), Availability::Forbidden);
    assert_eq!(
        reason(asking.evidence("222405", year(&PAID_HOLDERS, 2016)).await),
        Reason::ProgrammeForbidden
    );
    assert_eq!(number(asking.one("222405", year(&HOLDERS, 2016)).await.total.as_ref()), Some(0));
    assert_eq!(number(asking.one("222405", day()).await.total.as_ref()), Some(1));
}

#[tokio::test]
async fn what_is_not_known_is_never_zero() {
    let (_base, asking) = asking().await;
    let items = vec![
        year(&PLANNED, 2016),
        range(&PLANNED, "", "2016-12-31"),
        date(&RURAL, "2015-12-31"),
        date(&INCIDENCE, "2015-12-31"),
        date(&BATTLEFIELDS, "2015-12-31"),
        year(&TASK_MET, 2016),
        date(&SHARE, "2015-12-31"),
    ];
    let measured = asking.measure("222405", AreaLevel::Township, items).await.unwrap().response.measurements;
    for measurement in &measured[..6] {
        assert_eq!(measurement.total.as_ref().unwrap().availability(), Availability::Unavailable);
        assert!(measurement.own.is_none() && !measurement.note.is_empty());
    }
    assert_eq!(measured[5].note, "there is no target for the area and the year");
    let share = &measured[6];
    assert_eq!(share.total.as_ref().unwrap().availability(), Availability::NotAtLevel);
    assert!(share.divisions.is_empty() && share.note.contains("(county)"), "{share:?}");
    assert_eq!(measured[0].known_at.as_ref().unwrap().seconds, NOW / 1_000_000);
}

#[tokio::test]
async fn one_statement_answers_all_of_a_source_and_time() {
    let (_base, asking) = asking().await;
    let statements = |items: Vec<MeasureItem>| {
        let asking = &asking;
        async move { asking.measure("222400", AreaLevel::County, items).await.unwrap().statements }
    };
    // Grants count by their own days, so years do not matter; payments are another source.
    let grants = vec![
        year(&APPROVED_GRANTS, 2016),
        year(&HOLDERS, 2017),
        range(&STARTED, "2017-01-01", "2017-06-30"),
        year(&PAID_HOLDERS, 2016),
        year(&PAID_PERSONS, 2017),
    ];
    assert_eq!(statements(grants.clone()).await, 1);
    assert_eq!(
        statements([grants.clone(), vec![year(&PAID_FEN, 2016), year(&PAID_FEN, 2017)]].concat()).await,
        2
    );
    let earlier = item(&HOLDERS, period::Period::Year(2016), "", Some(2));
    assert_eq!(statements([grants, vec![earlier]].concat()).await, 2);
    // What is valid from a day to a day is looked at once a day; a ratio adds its denominator's source.
    assert_eq!(statements(vec![date(&HOUSEHOLDS, "2015-12-31"), year(&HOUSEHOLDS, 2015)]).await, 1);
    assert_eq!(statements(vec![year(&HOUSEHOLDS, 2015), year(&HOUSEHOLDS, 2016)]).await, 2);
    assert_eq!(statements(vec![year(&PERSONS, 2015), year(&INCIDENCE, 2015), year(&SHARE, 2015)]).await, 3);
    assert_eq!(statements(vec![year(&PLANNED, 2015), year(&PLANNED, 2016)]).await, 1);
}

fn setting(id: &str, area: &str, value: &str) -> (Head, Vec<Value>) {
    let texts = [BATTLEFIELDS_OF, area, "-", "2016-01-01"].map(Value::text);
    let rest = [Value::NullText, Value::text(value), Value::text("the article"), Value::NullInteger];
    (Head { valid: ("2016-01-01", "9999-12-31"), ..head(id, area) }, [texts, rest].concat())
}

/// What was withdrawn keeps a row that holds on no day: it neither counts nor stands in the way of what does.
#[tokio::test]
async fn what_was_withdrawn_counts_and_covers_nothing() {
    let (base, asking) = asking().await;
    let withdrawn = |(head, leaves)| (Head { valid: ("9999-12-31", "9999-12-31"), ..head }, leaves);
    let plan = |id: &str, area: &str, target| {
        let texts =
            [Value::text("housing.holders"), Value::Integer(2016), Value::text(area), Value::Integer(2)];
        let rest =
            [Value::Integer(target), Value::text("户"), Value::NullText, Value::NullText, Value::NullInteger];
        (head(id, area), [texts.to_vec(), rest.to_vec()].concat())
    };
    let plans = vec![plan("a", "222405", 700), withdrawn(plan("b", "222400", 900))];
    base.insert(vec![records(&ANNUAL_PLAN_SPEC, plans)]).await;
    let counted = |id: &str, day: &str, value| {
        let leaves = vec![Value::NullText, Value::Integer(1), Value::text(day), Value::Integer(value)];
        (head(id, "222400"), leaves)
    };
    let counts = vec![counted("c", "2015-12-31", 5), withdrawn(counted("d", "2016-06-30", 6))];
    base.insert(vec![records(&STATISTIC, counts)]).await;
    let settings = vec![setting("p", "220000", "3"), withdrawn(setting("q", "222400", "4"))];
    base.insert(vec![records(&PARAMETER_SPEC, settings)]).await;
    for (item, expected) in
        [(year(&PLANNED, 2016), 7), (date(&RURAL, "2016-12-31"), 5), (year(&BATTLEFIELDS, 2016), 3)]
    {
        let total = asking.one("222400", item.clone()).await.total;
        assert_eq!(number(total.as_ref()), Some(expected), "{}", item.indicator);
        let evidence = asking.evidence("222400", item).await.unwrap();
        assert_eq!(added(&evidence, EvidenceRole::Numerator), expected);
    }
}

#[tokio::test]
async fn a_setting_opens_to_its_row_and_its_source() {
    let (base, asking) = asking().await;
    let rows = vec![setting("p", "222400", "2"), setting("q", "222401", "two"), setting("r", "220000", "5")];
    base.insert(vec![records(&PARAMETER_SPEC, rows)]).await;
    let asked = || year(&BATTLEFIELDS, 2017);
    let one = |area: &'static str| {
        let asking = &asking;
        async move { number(asking.one(area, asked()).await.total.as_ref()) }
    };
    // Of the division itself, of the one above, of one whose own cannot be read.
    assert_eq!((one("222400").await, one("222405").await, one("222401").await), (Some(2), Some(2), None));
    let measured = asking.measure("222400", AreaLevel::County, vec![asked()]).await.unwrap();
    assert_eq!(measured.statements, 1);
    let divisions = &measured.response.measurements[0].divisions;
    assert_eq!(divisions.len(), 1);
    assert_eq!((divisions[0].area.as_str(), number(Some(&divisions[0]))), ("222401", None));

    let evidence = asking.evidence("222405", asked()).await.unwrap();
    let [row] = evidence.as_slice() else { panic!("{evidence:?}") };
    assert_eq!((row.resource.as_str(), row.area.as_str(), row.contribution), ("parameters/p", "222400", 2));
    assert_eq!(row.source.as_ref().unwrap().document_no, "the article");
    assert_eq!((row.label.as_str(), row.dates[0].date.as_str()), (BATTLEFIELDS_OF, "2016-01-01"));
    assert_eq!(asking.evidence("222401", asked()).await.unwrap(), Vec::new());
    let request = |resume_token: String| ListEvidenceRequest {
        item: Some(asked()),
        area: "222400".to_owned(),
        resume_token,
    };
    let stream = asking.reporter().evidence(request(String::new())).await.unwrap();
    let pages: Vec<_> = stream.try_collect().await.unwrap();
    let rest = asking.reporter().evidence(request(pages[0].resume_token.clone())).await.unwrap();
    assert_eq!((pages.len(), rest.try_collect::<Vec<_>>().await.unwrap().len()), (1, 0));

    // What ships with the service is no record, but has a source.
    let shipped = asking.evidence("222400", year(&LINE, 2016)).await.unwrap();
    assert_eq!((shipped[0].resource.as_str(), shipped[0].contribution), ("", 30));
    assert_eq!(shipped[0].source.as_ref().unwrap().document_no, "the law");
    assert_eq!(number(asking.one("222400", year(&LINE, 2015)).await.total.as_ref()), None);
    assert_eq!(flag(asking.one("222400", year(&ABOVE_LINE, 2016)).await.total.as_ref()), Some(false));

    // Reading parameters is another permission.
    let mut asking = asking;
    asking.caller = clerk(&["test.read"], &["222405"]);
    let refused = asking.one("222405", asked()).await.total.unwrap();
    assert_eq!(refused.availability(), Availability::Forbidden);
    asking.caller = clerk(&["parameter.read"], &["222405"]);
    assert_eq!(number(asking.one("222405", asked()).await.total.as_ref()), Some(2));
}

#[tokio::test]
async fn a_broken_stream_goes_on_where_it_was() {
    let base = Base::sqlite().await;
    let areas = ["222401", "222405100", "222405100201"];
    let rows = (0..1203).map(|index| standing(&format!("{index:04}"), areas[index % 3])).collect();
    base.insert(vec![records(&STANDING, rows)]).await;
    let asking = Asking::everyone(base.db.clone());
    let item = date(&HOUSEHOLDS, "2015-12-31");
    let request = |token: &str, area: &str| ListEvidenceRequest {
        item: Some(item.clone()),
        area: area.to_owned(),
        resume_token: token.to_owned(),
    };
    let stream = asking.reporter().evidence(request("", "222400")).await.unwrap();
    let pages: Vec<_> = stream.try_collect().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.evidence.len()).collect::<Vec<_>>(), [500, 500, 203]);
    let all: Vec<_> = pages.iter().flat_map(|page| page.evidence.clone()).collect();
    assert!(rows_differ(&all));
    assert_eq!(added(&all, EvidenceRole::Numerator), 1203);
    assert_eq!((all[0].label.as_str(), all[0].dates.len()), ("households/0000", 1));

    // What is recorded meanwhile is not in what goes on.
    let late = Head { known: (NOW + 1_000_000, i64::MAX), ..head("9999", "222405100201") };
    base.insert(vec![records(&STANDING, vec![(late, standing("9999", "222405").1)])]).await;
    let rest = asking.reporter().evidence(request(&pages[0].resume_token, "222400")).await.unwrap();
    let rest: Vec<_> = rest.try_collect().await.unwrap();
    assert_eq!(rest.iter().map(|page| page.evidence.len()).sum::<usize>(), 703);
    assert_eq!(rest[0].known_at, pages[0].known_at);
    let done = asking.reporter().evidence(request(&pages[2].resume_token, "222400")).await.unwrap();
    assert_eq!(done.try_collect::<Vec<_>>().await.unwrap().len(), 0);
    let other = asking.reporter().evidence(request(&pages[0].resume_token, "222401")).await;
    assert_eq!(reason(other.map(|_| ())), Reason::PageTokenOtherQuery);
}

#[tokio::test]
async fn texts_of_a_caller_are_arguments() {
    let (base, asking) = asking().await;
    let plan = vec![
        Value::text("housing.holders"),
        Value::Integer(2016),
        Value::text("222405"),
        Value::Integer(2),
        Value::Integer(700),
    ];
    let rest = [Value::text("户"), Value::NullText, Value::NullText, Value::NullInteger];
    base.insert(vec![records(
        &ANNUAL_PLAN_SPEC,
        vec![(head("p", "222405"), [plan, rest.to_vec()].concat())],
    )])
    .await;
    base.insert(vec![records(&GRANT, vec![(head("g", "222405"), vec![Value::text("h' OR '1'='1")])])]).await;
    assert_eq!(number(asking.one("222400", year(&PLANNED, 2016)).await.total.as_ref()), Some(7));
    assert_eq!(number(asking.one("222400", year(&HOLDERS, 2016)).await.total.as_ref()), Some(0));
}
