//! A case whose stored texts are older than the rule that refuses them.

use kernel::codes::CodeTables;
use kernel::failure::Violations;
use proto::common::{CaseAct, RecordMeta, Source};

use super::Validation;
use crate::contract::ANNUAL_PLAN_SPEC;
use crate::resource::{Rec, Resource};
use crate::spec::{Child, Kind, Leaf, Spec};
use crate::value::{Scalar, Value};

const fn text(path: &'static str) -> Leaf {
    Leaf { path, column: path, kind: Kind::Text, required: false, ..ANNUAL_PLAN_SPEC.leaves[8] }
}

static CASES: Spec = Spec {
    leaves: &[text("subject")],
    children: &[Child {
        path: "acts",
        column: "acts",
        rows: None,
        leaves: &[text("element_id"), text("note")],
        element_id: Some(0),
        first: false,
        pivot: None,
    }],
    form: None,
    ..ANNUAL_PLAN_SPEC
};

#[derive(Clone, PartialEq, prost::Message)]
struct Case {
    #[prost(message, optional, tag = "2")]
    meta: Option<RecordMeta>,
    #[prost(string, tag = "5")]
    subject: String,
    #[prost(message, repeated, tag = "6")]
    acts: Vec<CaseAct>,
}

struct Cases;

impl Resource for Cases {
    type Record = Case;
    const SPEC: &'static Spec = &CASES;

    fn get(record: &Case, _: usize) -> Value {
        record.subject.read()
    }
    fn set(record: &mut Case, _: usize, value: Value) {
        record.subject.write(value);
    }
    fn child_count(record: &Case, _: usize) -> usize {
        record.acts.len()
    }
    fn child_get(record: &Case, _: usize, element: usize, leaf: usize) -> Value {
        let act = &record.acts[element];
        if leaf == 0 { act.element_id.read() } else { act.note.read() }
    }
    fn child_set(record: &mut Case, _: usize, element: usize, leaf: usize, value: Value) {
        let act = &mut record.acts[element];
        if leaf == 0 { act.element_id.write(value) } else { act.note.write(value) }
    }
    fn child_push(record: &mut Case, _: usize) {
        record.acts.push(CaseAct::default());
    }
    fn child_truncate(record: &mut Case, _: usize, count: usize) {
        record.acts.truncate(count);
    }
    fn name(_: &Case) -> &str {
        ""
    }
    fn set_head(record: &mut Case, _: String, meta: RecordMeta, _: String, _: i32) {
        record.meta = Some(meta);
    }
    fn meta(record: &Case) -> Option<&RecordMeta> {
        record.meta.as_ref()
    }
    fn meta_mut(record: &mut Case) -> &mut RecordMeta {
        record.meta.get_or_insert_default()
    }
    fn etag(_: &Case) -> &str {
        ""
    }
}

fn act(element_id: &str, note: &str) -> CaseAct {
    CaseAct { element_id: element_id.to_owned(), note: note.to_owned(), ..CaseAct::default() }
}

fn head(form: &str, document_no: &str) -> Option<RecordMeta> {
    let source = Source { form: form.to_owned(), document_no: document_no.to_owned(), ..Source::default() };
    Some(RecordMeta { source: Some(source), ..RecordMeta::default() })
}

/// A case that was stored while any text was taken.
fn stored() -> Case {
    Case {
        meta: head("名册\n", "吉扶\r\n1号"),
        subject: "一\t".to_owned(),
        acts: vec![act("e1", "同意\t"), act("e2", "是")],
    }
}

/// Path and reason of all that is wrong.
fn told(record: Case, old: Option<Case>) -> Vec<(String, &'static str)> {
    let codes = CodeTables::default();
    let (record, old) = (Rec::<Cases>(record), old.map(Rec::<Cases>));
    let mut violations = Violations::default();
    Validation { codes: &codes, today: "2017-10-15", prefix: "case." }.record(
        &record,
        old.as_ref().map(|old| old as _),
        &mut violations,
    );
    violations.iter().map(|violation| (violation.field.clone(), violation.reason.as_str())).collect()
}

fn invalid(fields: &[&str]) -> Vec<(String, &'static str)> {
    fields.iter().map(|field| (format!("case.{field}"), "TEXT_INVALID")).collect()
}

#[test]
fn what_stands_is_not_refused_when_something_else_changes() {
    let mut next = stored();
    next.subject = "二".to_owned();
    next.acts.push(act("", "上报"));
    assert_eq!(told(next.clone(), Some(stored())), []);
    // An element is the one that stands wherever it stands now, and if its identity is not told.
    next.acts.reverse();
    next.acts[2].element_id.clear();
    assert_eq!(told(next, Some(stored())), []);
    // Nothing stands yet.
    let all = ["meta.source.form", "meta.source.document_no", "subject", "acts[0].note"];
    assert_eq!(told(stored(), None), invalid(&all));
}

#[test]
fn what_is_new_is_refused_where_something_wrong_stands() {
    let mut next = stored();
    next.meta = head("名册\n", "\u{1b}[2J");
    next.subject.push('\r');
    next.acts[0].note.push('\r');
    next.acts.push(act("", "上报\u{202e}"));
    let fields = ["meta.source.document_no", "subject", "acts[0].note", "acts[2].note"];
    assert_eq!(told(next, Some(stored())), invalid(&fields));
    let mut renamed = stored();
    renamed.acts[0].element_id = "\u{1b}".to_owned();
    assert_eq!(told(renamed, Some(stored())), invalid(&["acts[0].element_id", "acts[0].note"]));
}
