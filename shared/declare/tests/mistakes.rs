//! Every kind of mistake is found, and its place is named.

#![allow(clippy::expect_used, reason = "a test ends by its panic")]

mod common;

use declare::{Contract, Errors};

fn mistakes() -> Errors {
    Contract::load(common::root(&["mistakes.proto"]).path()).expect_err("nothing fits")
}

/// What must be said, each of one element of the fixture.
const EXPECTED: &[(&str, &str)] = &[
    ("Wrong", "since names `begun_on`"),
    ("Wrong", "key `a` names `missing_key`"),
    ("Wrong", "`a` does not name one key alone"),
    ("Wrong", "key `b` has no fields"),
    ("Wrong", "title_of names `missing_title`"),
    ("Wrong", "linked names `missing_link`"),
    ("Wrong", "searched names `missing_search`"),
    ("Wrong", "named_by names `count`, which is Integer and not Text"),
    ("Wrong", "state `SHUT` names `title`, which is Text and not Date"),
    ("Wrong", "state `LOST` names `missing_day`"),
    ("Wrong", "the record has no state `LOST`"),
    ("Wrong", "the title `标题` stands twice"),
    ("Wrong", "`村` and `标题` both have position 1"),
    ("Wrong.count", "a code table on what is no text"),
    ("Wrong.count", "this kind does not fit"),
    ("Wrong.part", "rename names `missing_rename`"),
    ("Wrong.part", "`day` has a position on the form and no title"),
    ("Wrong", "`part.day` and `part_day` both stand in column `part_day`"),
    ("Wrong", "`area` would stand in column `area`, which is the engine's"),
    ("Wrong.plain", "a required number or flag is `optional`"),
    ("Wrong.map", "maps have no columns"),
    ("Wrong.bytes", "fields of type bytes have no column"),
    ("Wrong.numbers", "fields of type repeated int64 have no column"),
    ("Wrong.ratio", "fields of type double have no column"),
    ("Wrong.parts", "pivot names `source`, which xiuhua.fixture.v1.Part does not have"),
    ("Wrong.lists", "the pivot's key `day` is no enum"),
    ("Wrong.cells", "the pivot's key has no value 7"),
    ("Wrong.cells", "a unit on `day`, which is no number"),
    ("Wrong.firsts", "it needs `first: true`"),
    ("Deep.parts", "a repeated message inside a repeated message"),
    ("Knot", "a message inside itself"),
    ("Wrong.sum", "a unit on what is no number"),
    ("Wrong.sum", "`negative` on what is no number"),
    ("Wrong.sum", "a position on the form and no title"),
    ("Wrong.other", "`nowhere`, which is no collection"),
    ("Wrong.other", "`rows`, `first` and `pivot` are for repeated messages"),
    ("Wrong.asked", "`zh` says nothing on a message"),
    ("Wrong.asked", "`required` says nothing on a message"),
    ("Wrong.secret", "only a text can be encrypted"),
    ("Wrong.given", "cannot be required of the caller"),
    ("WrongService.GetWrong", "no (access)"),
    ("GetWrongRequest.name", "is int32, must be string"),
    ("GetWrongRequest", "no field `known_at` (google.protobuf.Timestamp)"),
    ("ListWrongsRequest.state", "the record has no such state"),
    ("ListWrongsRequest.year", "filter `year` names no column of Wrong"),
    ("ListWrongsRequest.title", "a filter of type int32 on a column of Text"),
    ("WrongService.ListWrongs", "xiuhua.fixture.v1.ListWrongsResponse holds no Wrong"),
    ("WrongService.CloseEverything", "no verb can be derived"),
    ("WrongService.CountWrongs", "names no permission and is not public"),
    ("WrongService.CountWrongs", "neither a standard RPC nor an act"),
    ("WrongService.WatchWrongs", "a stream in a resource's service"),
    ("Derived", "collection `wrongs` is also that of xiuhua.fixture.v1.Wrong"),
    ("Derived", "table `wrong of fixture` is also that of xiuhua.fixture.v1.Wrong"),
    ("DerivedService.CreateDerived", "a derived resource has no RPC that writes"),
    ("Bare", "no label in Chinese"),
    ("Bare", "`Bare` is no lowerCamelCase collection"),
    ("Bare", "`Bare Table` is no snake_case table"),
    ("Bare", "the head of a record is"),
    ("Bare", "a Case declares its transitions"),
    ("Bare", "transitions are kept in `repeated common.v1.CaseAct acts`"),
    ("Bare", "no service with GetBare"),
    ("Shapeless", "a resource has a shape"),
    ("Step", "the record has no state `NOWHERE`"),
    ("Step", "two transitions from `OPEN` by `Leap`"),
    ("Step", "no RPC for the transition's verb `Leap`"),
    ("ApproveStepRequest.unread", "the engine writes this step and reads no such field"),
    ("WrongSheet", "the name of a sheet's row ends in Row"),
    ("ListSheetRow", "`parts`: a sheet's row has no repeated messages"),
    ("ListSheetRow", "form `fixture.wrongs` is also that of xiuhua.fixture.v1.Wrong"),
];

#[test]
fn every_mistake_is_found_with_its_place() {
    let errors = mistakes();
    let mut left = errors.0.clone();
    let mut missing = Vec::new();
    for (element, text) in EXPECTED {
        let element = format!("xiuhua.fixture.v1.{element}");
        match left.iter().position(|found| found.element == element && found.text.contains(text)) {
            Some(found) => drop(left.remove(found)),
            None => missing.push(format!("{element}: {text}")),
        }
    }
    assert!(missing.is_empty() && left.is_empty(), "not found: {missing:#?}\nnot expected: {left:#?}");
}

#[test]
fn the_list_names_file_and_element() {
    let text = mistakes().to_string();
    let line = "xiuhua/fixture/v1/mistakes.proto: xiuhua.fixture.v1.ListWrongsRequest.year: filter `year` names no \
                column of Wrong";
    assert!(text.contains(line), "{text}");
}

#[test]
fn a_file_that_does_not_compile_is_named() {
    let root = common::root(&["note.proto"]);
    std::fs::write(root.path().join("xiuhua/fixture/v1/broken.proto"), "syntax = \"proto3\";\nmessage {}")
        .expect("can be done");
    let errors = Contract::load(root.path()).expect_err("does not compile");
    assert!(errors.to_string().contains("broken.proto:2:9"), "{errors}");
}

#[test]
fn an_unknown_package_is_refused() {
    let root = common::root(&["note.proto"]);
    let contract = Contract::load(root.path()).expect("can be done");
    let errors = declare::generate(&contract, &["xiuhua.nowhere.v1"]).expect_err("no such package");
    assert!(errors.to_string().contains("xiuhua.nowhere.v1"), "{errors}");
}
