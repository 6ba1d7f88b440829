use std::collections::BTreeSet;

use proptest::prelude::*;
use proto::common::{RecordMeta, Source};
use record::engine::Notes;
use record::resource::{Rec, SheetRow};
use record::state::Loaded;
use record::table::{Days, FormSheet, RowFacts};

use super::*;
use crate::contract::aid_benefit_link::{PROJECT, persons};
use crate::contract::{AidBenefitSheet, aid_benefit_sheet as cell};
use crate::testing::{Member, Refused, TODAY, VILLAGE, World};

const HEAD: &str = "222406196001011239";
const WIFE: &str = "222406196202021248";
const SON: &str = "222406199003031253";
const OTHER: &str = "222406195504041268";
const STRANGER: &str = "222406197005051275";

/// The number with the check digit that it needs.
fn number(text: &'static str) -> &'static str {
    let right = IdNumber::from_first_seventeen(&text[..17]).unwrap();
    Box::leak(right.as_str().to_owned().into_boxed_str())
}

fn member(
    id: &'static str,
    household: &'static str,
    person: &'static str,
    days: [&'static str; 2],
) -> Member {
    Member { id_number: number(id), household, person, since: days[0], until: days[1] }
}

/// A household of three, one of one, and a project.
fn world() -> (World, String) {
    let ever = ["2014-12-31", "9999-12-31"];
    let mut world = World::with(vec![
        member(HEAD, "households/1", "persons/1", ever),
        member(WIFE, "households/1", "persons/2", ever),
        member(SON, "households/1", "persons/3", ["2014-12-31", "2017-07-01"]),
        member(OTHER, "households/2", "persons/4", ever),
    ]);
    let project = p::AidProject {
        project_no: "NB2017-01".to_owned(),
        title: "水南村民宿".to_owned(),
        kind: p::AidProjectKind::Industry.into(),
        partner: "慈溪市".to_owned(),
        plan_year: Some(2017),
        aid_fen: Some(300),
        total_fen: Some(400),
        ..p::AidProject::default()
    };
    let project = world.create::<AidProjects>(project).unwrap().name;
    (world, project)
}

fn person(id: &'static str) -> p::AidBeneficiaryPerson {
    p::AidBeneficiaryPerson {
        full_name: format!("金{}", &id[6..10]),
        id_number: number(id).to_owned(),
        ..p::AidBeneficiaryPerson::default()
    }
}

fn benefit_of(project: &str, head: &'static str, members: &[&'static str]) -> Record {
    p::AidBenefitLink {
        project: project.to_owned(),
        beneficiary: Some(Beneficiary {
            full_name: "金哲洙".to_owned(),
            id_number: number(head).to_owned(),
            ..Beneficiary::default()
        }),
        basis: p::BenefitBasis::Planned.into(),
        starts_on: "2017-06-01".to_owned(),
        persons: members.iter().copied().map(person).collect(),
        ..p::AidBenefitLink::default()
    }
}

fn one(path: &str, reason: Reason) -> Refused {
    vec![(path.to_owned(), reason)]
}

#[test]
fn household_and_persons_are_found_by_their_numbers() {
    let (mut world, project) = world();
    let mut sent = benefit_of(&project, HEAD, &[HEAD, WIFE]);
    // What only the service tells is not taken from a caller.
    sent.persons[0].distinct_key = "mine".to_owned();
    sent.persons[1].person = "persons/9".to_owned();
    let made = world.create::<AidBenefitLinks>(sent).unwrap();
    let whom = made.beneficiary.unwrap();
    assert_eq!((whom.household.as_str(), whom.standing_on.as_str()), ("households/1", "2017-06-01"));
    assert_eq!(whom.distinct_key, "households/1");
    let found: Vec<(&str, &str)> =
        made.persons.iter().map(|person| (person.person.as_str(), person.distinct_key.as_str())).collect();
    assert_eq!(found, [("persons/1", "persons/1"), ("persons/2", "persons/2")]);
    assert_eq!(made.meta.unwrap().valid_from, "2017-06-01");
}

#[test]
fn a_member_without_a_record_of_their_own_is_told_apart_by_the_number() {
    let ever = ["2014-12-31", "9999-12-31"];
    let (_, project) = world();
    let mut world = World::with(vec![member(HEAD, "households/1", "", ever)]);
    let nothing = world.create::<AidBenefitLinks>(benefit_of(&project, HEAD, &[HEAD])).unwrap_err();
    assert_eq!(nothing, one("project", Reason::ReferenceNotFound));
    let of = p::AidProject {
        title: "村路".to_owned(),
        kind: p::AidProjectKind::Infrastructure.into(),
        partner: "慈溪市".to_owned(),
        plan_year: Some(2017),
        aid_fen: Some(1),
        total_fen: Some(1),
        ..p::AidProject::default()
    };
    let project = world.create::<AidProjects>(of).unwrap().name;
    let made = world.create::<AidBenefitLinks>(benefit_of(&project, HEAD, &[HEAD])).unwrap();
    assert_eq!(made.persons[0].distinct_key, world.outsider(number(HEAD)));
    assert_eq!(made.persons[0].person, "");
}

#[test]
fn only_registered_households_and_their_members_benefit() {
    let refused = |sent: &dyn Fn(&str) -> Record| {
        let (mut world, project) = world();
        world.create::<AidBenefitLinks>(sent(&project)).unwrap_err()
    };
    let stranger = |project: &str| benefit_of(project, STRANGER, &[]);
    assert_eq!(refused(&stranger), one("beneficiary.household", Reason::ReferenceNotFound));
    let before =
        |project: &str| Record { starts_on: "2014-01-01".to_owned(), ..benefit_of(project, HEAD, &[]) };
    assert_eq!(refused(&before), one("beneficiary.household", Reason::ReferenceNotFound));
    let nobody = |project: &str| Record { beneficiary: None, ..benefit_of(project, HEAD, &[]) };
    assert_eq!(refused(&nobody), one("beneficiary.id_number", Reason::FieldRequired));
    let of_others = |project: &str| benefit_of(project, HEAD, &[HEAD, OTHER, STRANGER]);
    let expected = [1, 2].map(|at| (format!("persons[{at}].id_number"), Reason::PersonNotMember));
    assert_eq!(refused(&of_others), expected);
    let twice = |project: &str| benefit_of(project, HEAD, &[HEAD, WIFE, HEAD]);
    assert_eq!(refused(&twice), one("persons[2].id_number", Reason::ValueTaken));
    let gone =
        |project: &str| Record { starts_on: "2017-07-01".to_owned(), ..benefit_of(project, HEAD, &[SON]) };
    assert_eq!(refused(&gone), one("persons[0].id_number", Reason::PersonNotMember));
    let unsaid = |project: &str| Record {
        persons: vec![p::AidBeneficiaryPerson::default()],
        ..benefit_of(project, HEAD, &[])
    };
    let expected =
        ["full_name", "id_number"].map(|leaf| (format!("persons[0].{leaf}"), Reason::FieldRequired));
    assert_eq!(refused(&unsaid), expected);
    let elsewhere = |_: &str| benefit_of("aidProjects/none", HEAD, &[]);
    assert_eq!(refused(&elsewhere), one("project", Reason::ReferenceNotFound));
    let short = |project: &str| Record { ends_on: "2017-06-01".to_owned(), ..benefit_of(project, HEAD, &[]) };
    assert_eq!(refused(&short), one("ends_on", Reason::DateOrder));
}

#[test]
fn a_number_that_is_none_is_told_once() {
    let (mut world, project) = world();
    let mut sent = benefit_of(&project, HEAD, &[HEAD]);
    sent.beneficiary.get_or_insert_default().id_number = "22240619600101".to_owned();
    sent.persons[0].id_number = "22240619600101".to_owned();
    let found = world.create::<AidBenefitLinks>(sent).unwrap_err();
    assert_eq!(
        found,
        ["beneficiary.id_number", "persons[0].id_number"]
            .map(|path| (path.to_owned(), Reason::IdNumberLength))
    );
}

#[test]
fn what_stood_is_not_refused_for_what_became_known_since() {
    let (mut world, project) = world();
    let made = world.create::<AidBenefitLinks>(benefit_of(&project, HEAD, &[HEAD, SON])).unwrap();
    world.forget(number(SON));
    let wanted = Record { mechanism: "务工".to_owned(), ..made.clone() };
    let found = world.correct::<AidBenefitLinks>(wanted, &["mechanism"]).unwrap();
    // Nor is the person kept who turned out to be none of the registry's.
    assert_eq!(found.persons[1].distinct_key, world.outsider(number(SON)));
    let later = Record { starts_on: "2017-06-02".to_owned(), ..made };
    let found = world.correct::<AidBenefitLinks>(later, &["starts_on"]).unwrap_err();
    assert_eq!(found, one("persons[1].id_number", Reason::PersonNotMember));
}

#[test]
fn what_the_registry_unlinked_since_can_still_be_ended() {
    let (mut world, project) = world();
    let numbered = benefit_of(&project, HEAD, &[]);
    let mut named = benefit_of(&project, OTHER, &[]);
    let whom = named.beneficiary.get_or_insert_default();
    (whom.id_number, whom.household) = (String::new(), "households/2".to_owned());
    for (sent, who) in [
        (numbered, Who::IdNumber(number(HEAD).to_owned())),
        (named, Who::Household("households/2".to_owned())),
    ] {
        let made = world.create::<AidBenefitLinks>(sent).unwrap();
        world.answers(&who, &StandingReply::NotRegistered);
        let unlinked = world.refresh::<AidBenefitLinks>(&made.name);
        assert_eq!(unlinked.beneficiary.clone().unwrap().household, "");
        let told = Record { mechanism: "务工".to_owned(), ..unlinked };
        world.correct::<AidBenefitLinks>(told, &["mechanism"]).unwrap();
        world.end::<AidBenefitLinks>(&made.name, "2017-09-01").unwrap();
    }
}

#[test]
fn a_person_who_fits_several_by_now_is_not_refused_where_they_stood() {
    let (mut world, project) = world();
    let made = world.create::<AidBenefitLinks>(benefit_of(&project, HEAD, &[HEAD, SON])).unwrap();
    for of in [SON, STRANGER] {
        world.answers(&Who::IdNumber(number(of).to_owned()), &StandingReply::Ambiguous);
    }
    let mut more = Record { mechanism: "务工".to_owned(), ..made.clone() };
    world.correct::<AidBenefitLinks>(more.clone(), &["mechanism"]).unwrap();
    more.persons.push(person(STRANGER));
    let found = world.correct::<AidBenefitLinks>(more, &["persons"]).unwrap_err();
    assert!(found.contains(&("persons[2].id_number".to_owned(), Reason::ReferenceAmbiguous)), "{found:?}");
    assert!(!found.iter().any(|(path, _)| path.starts_with("persons[1]")), "{found:?}");
    world.end::<AidBenefitLinks>(&made.name, "2017-09-01").unwrap();
}

#[test]
fn a_household_is_told_how_it_benefits_and_no_money() {
    let of = |mechanism: &str| {
        let record = Record {
            mechanism: mechanism.to_owned(),
            expected_income_fen: Some(100),
            ..benefit_of("aidProjects/1", HEAD, &[])
        };
        benefit(&Rec::<AidBenefitLinks>(record))
    };
    let told = |title: &str| Benefit { title: title.to_owned(), year: Some(2017), ..Benefit::default() };
    assert_eq!((of("务工"), of("")), (told("务工"), told("")));
}

/// A row of the sheet.
fn row(head: &'static str, of: &'static str) -> p::AidBenefitSheetRow {
    let person = person(of);
    p::AidBenefitSheetRow {
        project_no: "NB2017-01".to_owned(),
        project_title: "水南村民宿".to_owned(),
        plan_year: Some(2017),
        head_full_name: "金哲洙".to_owned(),
        head_id_number: number(head).to_owned(),
        person_full_name: person.full_name,
        person_id_number: person.id_number,
        basis: p::BenefitBasis::Planned.into(),
        starts_on: "2017-06-01".to_owned(),
        ..p::AidBenefitSheetRow::default()
    }
}

/// Imports a row as the one of this number in its file.
fn import(
    world: &mut World,
    at: i64,
    name: Option<&str>,
    row: &p::AidBenefitSheetRow,
) -> Result<Vec<String>, Refused> {
    let (blank, stated): (BTreeSet<usize>, BTreeSet<usize>) =
        (0..AidBenefitSheet::SPEC.leaves.len()).partition(|leaf| AidBenefitSheet::get(row, *leaf).is_null());
    let facts = RowFacts {
        row: at,
        area: Some(VILLAGE.to_owned()),
        within: "222406".to_owned(),
        name: name.map(str::to_owned),
        stated,
        blank,
        ..RowFacts::default()
    };
    world.row(|context, reads, notes: &mut Notes| {
        let acts = AidBenefitSheet::expand(row, &facts, context, reads, notes)?;
        Ok(acts.into_iter().map(|act| record::rules::Act { row: at, ..act }).collect())
    })
}

fn file(digest: &str) -> Source {
    Source { file_digest: digest.to_owned(), ..Source::default() }
}

fn links(world: &World, project: &str) -> Vec<Record> {
    let typed = |loaded: &std::sync::Arc<Loaded>| record::state::last_of::<AidBenefitLinks>(loaded).cloned();
    world.linked::<AidBenefitLinks>(PROJECT, project).iter().filter_map(typed).collect()
}

fn names(record: &Record) -> Vec<&str> {
    record.persons.iter().map(|person| person.person.as_str()).collect()
}

#[test]
fn rows_of_one_household_make_one_record() {
    let (mut world, project) = world();
    world.source = file("one");
    let rows = [row(HEAD, HEAD), row(HEAD, WIFE), row(OTHER, OTHER), row(HEAD, SON)];
    for (at, row) in (1..).zip(&rows) {
        assert_eq!(import(&mut world, at, None, row).unwrap().len(), 1, "row {at}");
    }
    let found = links(&world, &project);
    assert_eq!(
        found.iter().map(names).collect::<Vec<_>>(),
        [vec!["persons/1", "persons/2", "persons/3"], vec!["persons/4"]]
    );
    assert!(found[0].persons.iter().all(|person| !person.element_id.is_empty()));
    // The same file again, and each row by itself, change nothing.
    for (at, row) in (1..).zip(&rows) {
        assert!(import(&mut world, at, None, row).unwrap().is_empty(), "row {at}");
    }
    assert_eq!(links(&world, &project), found);
    // A name that was written wrongly is put right where it stands.
    let renamed = p::AidBenefitSheetRow { person_full_name: "金英玉".to_owned(), ..row(HEAD, WIFE) };
    assert_eq!(import(&mut world, 2, None, &renamed).unwrap().len(), 1);
    let corrected = &links(&world, &project)[0];
    assert_eq!(corrected.persons[1].full_name, "金英玉");
    assert_eq!(corrected.persons[1].element_id, found[0].persons[1].element_id);
}

#[test]
fn a_record_goes_out_as_a_row_for_each_person_and_comes_in_unchanged() {
    let (mut world, project) = world();
    for of in [HEAD, WIFE] {
        import(&mut world, 1, None, &row(HEAD, of)).unwrap();
    }
    let other = Record { persons: Vec::new(), ..benefit_of(&project, OTHER, &[]) };
    let other = world.create::<AidBenefitLinks>(other).unwrap();
    let mut outs = Vec::new();
    for link in links(&world, &project) {
        let days = Days { as_of: TODAY, today: TODAY };
        let name = link.name.clone();
        let rows = AidBenefitSheet::collapse(&name, &Rec::<AidBenefitLinks>(link), &days, &world.reads())
            .ok()
            .unwrap();
        outs.extend(rows.into_iter().map(|out| (out.name, out.area, out.row)));
    }
    let persons: Vec<String> = outs.iter().map(|(.., row)| row.person_id_number.clone()).collect();
    assert_eq!(persons, [number(HEAD), number(WIFE), ""]);
    assert_eq!(outs[0].2, row(HEAD, HEAD));
    for (name, area, row) in outs {
        assert_eq!(area, VILLAGE);
        assert!(import(&mut world, 1, Some(&name), &row).unwrap().is_empty());
        // As the sheet shows it to whoever may not see the numbers.
        let masked = p::AidBenefitSheetRow {
            head_id_number: kernel::mask::id_number(&row.head_id_number),
            person_id_number: kernel::mask::id_number(&row.person_id_number),
            ..row.clone()
        };
        assert!(import(&mut world, 1, Some(&name), &masked).unwrap().is_empty());
        let unknown = p::AidBenefitSheetRow { person_full_name: "谁".to_owned(), ..masked.clone() };
        let refused = import(&mut world, 1, Some(&name), &unknown).unwrap_err();
        let reason =
            if row.person_id_number.is_empty() { Reason::FieldRequired } else { Reason::ValueMasked };
        assert_eq!(refused, one("person_id_number", reason));
        // A row that names its record may leave its project out.
        let bare = p::AidBenefitSheetRow {
            project_no: String::new(),
            project_title: String::new(),
            plan_year: None,
            ..row
        };
        assert!(import(&mut world, 1, Some(&name), &bare).unwrap().is_empty());
    }
    let refused = import(
        &mut world,
        1,
        None,
        &p::AidBenefitSheetRow { head_id_number: kernel::mask::id_number(number(HEAD)), ..row(HEAD, HEAD) },
    );
    assert_eq!(refused.unwrap_err(), one("beneficiary.id_number", Reason::ValueMasked));
    assert_eq!(world.last::<AidBenefitLinks>(&other.name), other);
}

#[test]
fn a_project_is_found_by_number_else_by_title_and_year() {
    let (mut world, project) = world();
    let second = p::AidProject {
        project_no: "NB2017-02".to_owned(),
        title: "光明村木耳".to_owned(),
        ..world.last::<AidProjects>(&project)
    };
    world.create::<AidProjects>(p::AidProject { name: String::new(), ..second.clone() }).unwrap();
    let unnumbered =
        p::AidProject {
            name: String::new(), project_no: String::new(), title: "村路".to_owned(), ..second
        };
    world.create::<AidProjects>(unnumbered).unwrap();
    let found = |world: &mut World, project_no: &str, title: &str, year: Option<i32>| {
        let asked = p::AidBenefitSheetRow {
            project_no: project_no.to_owned(),
            project_title: title.to_owned(),
            plan_year: year,
            ..row(OTHER, OTHER)
        };
        let names = import(world, 1, None, &asked)?;
        let made = world.last::<AidBenefitLinks>(&names[0]);
        Ok::<_, Refused>(world.last::<AidProjects>(&made.project).title)
    };
    let missing = |path: &str| Err(one(path, Reason::ReferenceNotFound));
    let ok = |title: &str| Ok(title.to_owned());
    assert_eq!(found(&mut world, "NB2017-01", "别的写法", Some(2016)), ok("水南村民宿"));
    assert_eq!(found(&mut world, "", "光明村木耳", Some(2017)), ok("光明村木耳"));
    assert_eq!(found(&mut world, "NB2017-03", "村路", Some(2017)), ok("村路"));
    assert_eq!(found(&mut world, "NB2017-03", "光明村木耳", Some(2017)), missing("project_no"));
    assert_eq!(found(&mut world, "", "光明村木耳", Some(2016)), missing("project_title"));
    assert_eq!(
        found(&mut world, "NB2017-01", "光明村木耳", Some(2017)),
        Err(one("project_no", Reason::IdentityAmbiguous))
    );
    assert_eq!(found(&mut world, "", "光明村木耳", None), Err(one("plan_year", Reason::FieldRequired)));
}

#[test]
fn a_later_row_of_a_file_does_not_change_what_an_earlier_one_said() {
    let (mut world, project) = world();
    world.source = file("one");
    import(&mut world, 1, None, &row(HEAD, HEAD)).unwrap();
    let other = p::AidBenefitSheetRow { basis: p::BenefitBasis::Actual.into(), ..row(HEAD, WIFE) };
    assert_eq!(import(&mut world, 2, None, &other).unwrap_err(), one("basis", Reason::DuplicateInFile));
    // What was not said yet may be added; another file, or the same row, corrects.
    let more = p::AidBenefitSheetRow { mechanism: "务工".to_owned(), ..row(HEAD, WIFE) };
    import(&mut world, 2, None, &more).unwrap();
    world.source = file("two");
    import(&mut world, 1, None, &other).unwrap();
    let found = &links(&world, &project)[0];
    assert_eq!((found.basis(), found.mechanism.as_str()), (p::BenefitBasis::Actual, "务工"));
}

#[test]
fn errors_of_a_row_stand_in_its_columns() {
    let (mut world, _) = world();
    let empty = p::AidBenefitSheetRow {
        head_full_name: String::new(),
        person_id_number: String::new(),
        ..row(HEAD, HEAD)
    };
    let refused = import(&mut world, 1, None, &empty).unwrap_err();
    assert_eq!(
        refused,
        [
            ("head_full_name".to_owned(), Reason::FieldRequired),
            ("persons[0].id_number".to_owned(), Reason::FieldRequired)
        ]
    );
    for (path, leaf) in [
        ("project", cell::PROJECT_TITLE),
        ("beneficiary.full_name", cell::HEAD_FULL_NAME),
        ("beneficiary.household", cell::HEAD_ID_NUMBER),
        ("beneficiary.id_number", cell::HEAD_ID_NUMBER),
        ("persons[12].full_name", cell::PERSON_FULL_NAME),
        ("persons[12].id_number", cell::PERSON_ID_NUMBER),
    ] {
        assert_eq!(AidBenefitSheet::column_of(path), Some(leaf), "{path}");
    }
    assert_eq!(AidBenefitSheet::column_of("starts_on"), None);
}

#[test]
fn a_person_stands_once_a_project_in_a_file() {
    let identity = AidBenefitSheet::identity;
    assert_eq!(identity(&row(HEAD, WIFE)), identity(&row(HEAD, WIFE)));
    assert_ne!(identity(&row(HEAD, WIFE)), identity(&row(HEAD, SON)));
    let elsewhere = p::AidBenefitSheetRow { project_no: "NB2017-02".to_owned(), ..row(HEAD, WIFE) };
    assert_ne!(identity(&row(HEAD, WIFE)), identity(&elsewhere));
    let masked =
        p::AidBenefitSheetRow { person_id_number: "22*************123".to_owned(), ..row(HEAD, WIFE) };
    assert_eq!(identity(&masked), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever the order of a file's rows, they make one record a household with every person once.
    #[test]
    fn rows_add_up_in_any_order(
        rows in proptest::sample::subsequence(
            vec![(HEAD, HEAD), (HEAD, WIFE), (HEAD, SON), (OTHER, OTHER)], 1..=4,
        ).prop_shuffle(),
    ) {
        let (mut world, project) = world();
        world.source = file("one");
        for (at, (head, of)) in (1..).zip(&rows) {
            import(&mut world, at, None, &row(head, of)).unwrap();
        }
        let found = links(&world, &project);
        for (head, of) in &rows {
            let own = found.iter().find(|link| asked(link).0 == number(head)).unwrap();
            prop_assert_eq!(own.persons.iter().filter(|known| known.id_number == number(of)).count(), 1);
        }
        prop_assert_eq!(found.iter().map(|link| link.persons.len()).sum::<usize>(), rows.len());
        for (at, (head, of)) in (1..).zip(&rows) {
            prop_assert!(import(&mut world, at, None, &row(head, of)).unwrap().is_empty());
        }
    }
}

#[test]
fn the_area_of_a_record_is_where_the_form_says() {
    let (mut world, project) = world();
    import(&mut world, 1, None, &row(HEAD, HEAD)).unwrap();
    let meta: RecordMeta = links(&world, &project)[0].meta.clone().unwrap();
    assert_eq!((meta.area.as_str(), persons::ID_NUMBER.child), (VILLAGE, 0));
}
