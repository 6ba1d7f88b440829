//! The source that is written for a small resource, as checked in, compiles and does what it says. That it is the
//! one which is written today is tested in `contract.rs`.
//!
//! This crate plays `record` and `proto` for it: the tables and traits are those of `record` itself, the engine
//! only remembers.
#![allow(clippy::expect_used, reason = "a test ends by its panic")]
#![allow(dead_code, missing_docs, unreachable_pub, reason = "parts of other crates, seen from a test")]

extern crate self as proto;
extern crate self as record;

#[path = "../../record/src/column.rs"]
pub mod column;
#[path = "generated/common_types.rs"]
pub mod common_types;
#[path = "generated/engine.rs"]
pub mod engine;
#[path = "generated/fixture.rs"]
pub mod fixture;
#[path = "../../record/src/resource.rs"]
pub mod resource;
#[path = "../../record/src/spec.rs"]
pub mod spec;
#[path = "../../record/src/value.rs"]
pub mod value;

pub mod xiuhua {
    pub mod common {
        pub use crate::common_types as v1;
    }
    pub mod fixture {
        pub use crate::fixture as v1;
    }
}

pub mod contract {
    include!("fixtures/note.golden");
}

pub use column::{ChildColumn, Column};
pub use engine::{Act, ActContext, Call, Engine, Get, open, reply, typed_mut};
pub use resource::{AnyRecord, Rec, Resource, SheetRow, into_typed, typed};
pub use xiuhua::common::v1 as common;

use contract::{NOTE_SPEC, NoteApi, NoteHandlers, NoteSheet, NoteVerbs, Notes, note, note_sheet};
use kernel::failure::{Failure, Violations};
use value::Value;
use xiuhua::fixture::v1::note_service_server::NoteService;
use xiuhua::fixture::v1::subject::About;
use xiuhua::fixture::v1::{CountNotesRequest, CountNotesResponse, Note, SealNoteRequest, Subject};

impl NoteVerbs for Notes {
    fn seal_note(
        record: &mut Note,
        request: &SealNoteRequest,
        _context: &ActContext,
        _violations: &mut Violations,
    ) {
        record.phone = format!("sealed on {}", request.occurred_on);
    }
}

#[tonic::async_trait]
impl NoteHandlers for Notes {
    async fn count_notes(
        engine: &Engine,
        call: &Call,
        _message: CountNotesRequest,
    ) -> Result<CountNotesResponse, Failure> {
        engine.remember(call.method.to_owned());
        Ok(CountNotesResponse { notes: 7 })
    }
}

#[test]
fn every_leaf_that_is_set_is_read_again() {
    let mut record = Note::default();
    for (index, leaf) in NOTE_SPEC.leaves.iter().enumerate() {
        let value = sample(leaf.kind);
        Notes::set(&mut record, index, value.clone());
        assert_eq!(Notes::get(&record, index), value, "{}", leaf.path);
        Notes::set(&mut record, index, Value::Null);
        assert_eq!(Notes::get(&record, index), Value::Null, "{}", leaf.path);
    }
}

#[test]
fn nothing_below_an_absent_message_makes_no_message() {
    let mut record = Note::default();
    for index in 0..NOTE_SPEC.leaves.len() {
        Notes::set(&mut record, index, Value::Null);
    }
    assert_eq!(record, Note::default());
}

#[test]
fn a_member_of_a_oneof_takes_the_place_of_another() {
    let mut record = Note::default();
    Notes::set(&mut record, note::SUBJECT_NUMBER.leaf, Value::Integer(0));
    assert_eq!(Notes::get(&record, note::SUBJECT_NUMBER.leaf), Value::Integer(0));
    Notes::set(&mut record, note::SUBJECT_PERSON_AGE.leaf, Value::Integer(30));
    assert_eq!(Notes::get(&record, note::SUBJECT_NUMBER.leaf), Value::Null);
    Notes::set(&mut record, note::SUBJECT_TITLE.leaf, Value::Null);
    assert_eq!(Notes::get(&record, note::SUBJECT_PERSON_AGE.leaf), Value::Integer(30));
    Notes::set(&mut record, note::SUBJECT_TITLE.leaf, Value::Text("a title".to_owned()));
    let subject = Subject { lines: Vec::new(), about: Some(About::Title("a title".to_owned())) };
    assert_eq!(record.subject, Some(subject));
}

#[test]
fn children_grow_and_shrink_at_any_depth() {
    for (child, spec) in NOTE_SPEC.children.iter().enumerate() {
        let mut record = Note::default();
        Notes::child_truncate(&mut record, child, 0);
        assert_eq!(record, Note::default(), "{}", spec.path);
        Notes::child_push(&mut record, child);
        Notes::child_push(&mut record, child);
        assert_eq!(Notes::child_count(&record, child), 2);
        for (index, leaf) in spec.leaves.iter().enumerate() {
            Notes::child_set(&mut record, child, 1, index, sample(leaf.kind));
            assert_eq!(Notes::child_get(&record, child, 1, index), sample(leaf.kind), "{}", leaf.path);
            assert_eq!(Notes::child_get(&record, child, 0, index), Value::Null, "{}", leaf.path);
            assert_eq!(Notes::child_get(&record, child, 2, index), Value::Null, "{}", leaf.path);
        }
        Notes::child_truncate(&mut record, child, 1);
        assert_eq!(Notes::child_count(&record, child), 1);
    }
}

#[test]
fn columns_are_named_after_their_leaves() {
    assert_eq!(note::SENT_ON.name(), "sent_on");
    assert_eq!(note::SUBJECT_PERSON_FULL_NAME.leaf().path, "subject.person.full_name");
    assert_eq!(note::lines::READER_AGE.name(), "reader_age");
    assert_eq!(note::subject_lines::AMOUNT_FEN.child, 0);
    let mut row = Default::default();
    NoteSheet::set(&mut row, note_sheet::LINES, Value::Integer(3));
    assert_eq!(NoteSheet::get(&row, note_sheet::LINES), Value::Integer(3));
}

#[test]
fn the_table_says_what_the_contract_declares() {
    let sent_on = note::SENT_ON.leaf();
    assert_eq!((sent_on.kind, sent_on.position, sent_on.required), (spec::Kind::Date, 2, true));
    assert_eq!(sent_on.title.map(|title| title.zh), Some("发出日期"));
    assert_eq!(note::SENT_ON.leaf, NOTE_SPEC.since.expect("is declared"));
    let words: Vec<_> = note::TYPE.leaf().words.iter().map(|word| (word.number, word.name)).collect();
    assert_eq!(words, [(0, "UNSPECIFIED"), (1, "LETTER"), (2, "CALL")]);
    assert_eq!(note::TYPE.leaf().words[1].aliases, ["书信"]);
    let phone = note::PHONE.leaf();
    assert_eq!((phone.format, phone.sensitive), (spec::Format::Phone, spec::Sensitivity::Encrypted));
    let [below, own] = NOTE_SPEC.children else { panic!("two children") };
    assert_eq!((below.path, below.rows, below.first), ("subject.lines", None, false));
    assert_eq!((own.path, own.rows, own.first), ("lines", Some("note_lines"), true));
    let pivot = below.pivot.as_ref().expect("is declared");
    assert_eq!((pivot.key, pivot.value, pivot.columns[0].1.ko), (1, 2, "편지"));
    assert_eq!(own.element_id, Some(0));
    assert_eq!(own.leaves[3].title.map(|title| title.zh), Some("读者"));
    assert_eq!(NOTE_SPEC.read_permission, "note.read");
}

#[tokio::test]
async fn every_rpc_reaches_the_engine_the_verb_or_the_handler() {
    let api = NoteApi(Engine::default());
    let refused = api.get_note(tonic::Request::new(Default::default())).await;
    assert_eq!(refused.expect_err("nothing there").code(), tonic::Code::NotFound);
    let request = SealNoteRequest {
        name: "notes/1".to_owned(),
        occurred_on: "2017-05-01".to_owned(),
        ..Default::default()
    };
    let sealed = api.seal_note(tonic::Request::new(request)).await.expect("is sealed").into_inner();
    assert_eq!(sealed.note.expect("is answered").phone, "sealed on 2017-05-01");
    let counted = api.count_notes(tonic::Request::new(CountNotesRequest {})).await.expect("is counted");
    assert_eq!(counted.into_inner().notes, 7);
    let asked = api.0.asked.lock().expect("no panic while held").clone();
    let expected = [
        "/xiuhua.fixture.v1.NoteService/GetNote notes ",
        "/xiuhua.fixture.v1.NoteService/SealNote notes Seal notes/1",
        "/xiuhua.fixture.v1.NoteService/CountNotes",
    ];
    assert_eq!(asked, expected);
}

fn sample(kind: spec::Kind) -> Value {
    match kind {
        spec::Kind::Text | spec::Kind::Date => Value::Text("2017-05-01".to_owned()),
        spec::Kind::Integer | spec::Kind::Enum => Value::Integer(2),
        spec::Kind::Boolean => Value::Integer(1),
        spec::Kind::Texts => Value::Texts(vec!["a".to_owned(), "b".to_owned()]),
        spec::Kind::Moment => Value::Integer(1_500_000_000_000_001),
    }
}
