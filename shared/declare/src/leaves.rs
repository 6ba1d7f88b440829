//! Flattens a message into leaves and repeated children.

use heck::{ToSnakeCase, ToUpperCamelCase};
use prost_reflect::{Cardinality, FieldDescriptor, Kind as Wire, MessageDescriptor};

use crate::contract::{Child, FormUnit, Kind, Last, Leaf, Pivot, Reader, Step};
use crate::leaf_form::{form_unit, leaf_form, position};
use crate::names::{field_name, module_path};
use crate::options::{Form, Label, PivotOption, Rename};
use crate::problem::{Place, Problems};

/// What a field inherits from the message fields above it.
#[derive(Clone, Default)]
pub(crate) struct Above {
    path: String,
    column: String,
    steps: Vec<Step>,
    /// Set by the service only.
    pub(crate) output_only: bool,
    /// Fixed once the record exists.
    pub(crate) immutable: bool,
    /// Full names of the messages around it.
    messages: Vec<String>,
}

/// One walk over a message.
pub(crate) struct Walk<'r> {
    reader: &'r mut Reader,
    owner: Place,
    nested: bool,
    leaves: Vec<Leaf>,
    children: Vec<Child>,
}

impl<'r> Walk<'r> {
    /// Leaves and children of a message; without `name, meta, etag, state` where it has the head of a record.
    pub(crate) fn over(
        reader: &'r mut Reader,
        message: &MessageDescriptor,
        head: bool,
    ) -> (Vec<Leaf>, Vec<Child>) {
        let owner = Place::from(message);
        let mut walk = Walk { reader, owner, nested: false, leaves: Vec::new(), children: Vec::new() };
        walk.message(message, &Above::default(), head);
        (walk.leaves, walk.children)
    }

    fn message(&mut self, message: &MessageDescriptor, above: &Above, head: bool) {
        let mut above = above.clone();
        if above.messages.iter().any(|name| name == message.full_name()) {
            self.problem(&Place::from(message), "a message inside itself has no columns");
            return;
        }
        above.messages.push(message.full_name().to_owned());
        for field in message.fields() {
            if !(head && field.number() <= 4) {
                self.field(&field, &above);
            }
        }
    }

    fn field(&mut self, field: &FieldDescriptor, above: &Above) {
        let place = Place::from(field);
        let form = self.reader.extensions.form(field);
        if field.is_map() {
            return self.problem(&place, "maps have no columns");
        }
        match field.kind() {
            Wire::Message(message) if message.full_name() != "google.protobuf.Timestamp" => {
                if message.package_name().starts_with("google.") {
                    self.problem(&place, &format!("{} has no column", message.full_name()));
                } else if field.cardinality() == Cardinality::Repeated {
                    self.child(field, &message, form, above);
                } else {
                    self.singular(field, &message, &form, above);
                }
            }
            _ => self.leaf(field, &form, above),
        }
    }

    fn leaf(&mut self, field: &FieldDescriptor, form: &Form, above: &Above) {
        let place = Place::from(field).within(&self.owner);
        let Some((kind, rust)) = kind_of(field) else {
            return self
                .reader
                .problems
                .at(place, format!("fields of type {} have no column", type_of(field)));
        };
        let oneof = field.containing_oneof().filter(|oneof| !oneof.is_synthetic());
        let last = match oneof {
            Some(oneof) => Last::Oneof { field: field_name(oneof.name()), variant: variant(field), rust },
            None => Last::Field { field: field_name(field.name()) },
        };
        let mut words = None;
        if let Wire::Enum(descriptor) = field.kind() {
            self.reader.words(&descriptor);
            words = Some(descriptor.full_name().to_owned());
        }
        let presence = field.supports_presence();
        let (path, column) =
            (format!("{}{}", above.path, field.name()), format!("{}{}", above.column, field.name()));
        let leaf = Leaf {
            path,
            column,
            words,
            presence,
            steps: above.steps.clone(),
            last,
            ..leaf_form(form, above, place, kind, &mut self.reader.problems)
        };
        self.leaves.push(leaf);
    }

    fn singular(&mut self, field: &FieldDescriptor, message: &MessageDescriptor, form: &Form, above: &Above) {
        let place = Place::from(field).within(&self.owner);
        only_below(form, false, &place, &mut self.reader.problems);
        let step = match field.containing_oneof().filter(|oneof| !oneof.is_synthetic()) {
            Some(oneof) => Step::Oneof { field: field_name(oneof.name()), variant: variant(field) },
            None => Step::Message { field: field_name(field.name()) },
        };
        let mut below = above.clone();
        below.path = format!("{}{}.", above.path, field.name());
        if !self.reader.extensions.inline(message) {
            below.column = format!("{}{}_", above.column, field.name());
        }
        below.steps.push(step);
        below.output_only |= form.output_only;
        below.immutable |= form.immutable;
        let (first_leaf, first_child) = (self.leaves.len(), self.children.len());
        self.message(message, &below, false);
        let Walk { reader, leaves, children, .. } = self;
        for rename in &form.rename {
            let path = format!("{}{}", below.path, rename.path);
            let leaf = leaves[first_leaf..].iter_mut().find(|leaf| leaf.path == path);
            let leaf = leaf.or_else(|| {
                children[first_child..].iter_mut().filter(|child| child.first).find_map(|child| {
                    let rest = path.strip_prefix(&child.path)?.strip_prefix('.')?;
                    child.leaves.iter_mut().find(|leaf| leaf.path == rest)
                })
            });
            renamed(leaf, rename, &place, &mut reader.problems);
        }
    }

    fn child(&mut self, field: &FieldDescriptor, message: &MessageDescriptor, form: Form, above: &Above) {
        let place = Place::from(field).within(&self.owner);
        if self.nested {
            return self
                .reader
                .problems
                .at(place, "a repeated message inside a repeated message has no columns");
        }
        only_below(&form, true, &place, &mut self.reader.problems);
        let below = Above {
            output_only: above.output_only || form.output_only,
            immutable: above.immutable || form.immutable,
            messages: above.messages.clone(),
            ..Above::default()
        };
        let owner = self.owner.clone();
        let mut walk =
            Walk { reader: &mut *self.reader, owner, nested: true, leaves: Vec::new(), children: Vec::new() };
        walk.message(message, &below, false);
        let mut leaves = walk.leaves;
        if !form.rename.is_empty() && !form.first {
            self.reader.problems.at(place.clone(), "rename titles the first element: it needs `first: true`");
        }
        for rename in &form.rename {
            let leaf = leaves.iter_mut().find(|leaf| leaf.path == rename.path);
            renamed(leaf, rename, &place, &mut self.reader.problems);
        }
        let pivot = form.pivot.as_ref().and_then(|pivot| self.pivot(pivot, message, &leaves, &place));
        self.children.push(Child {
            path: format!("{}{}", above.path, field.name()),
            column: format!("{}{}", above.column, field.name()),
            rows: form.rows,
            message: message.full_name().to_owned(),
            leaves,
            first: form.first,
            pivot,
            steps: above.steps.clone(),
            field: field_name(field.name()),
        });
    }

    fn pivot(
        &mut self,
        option: &PivotOption,
        message: &MessageDescriptor,
        leaves: &[Leaf],
        place: &Place,
    ) -> Option<Pivot> {
        let problems = &mut self.reader.problems;
        let mut find = |name: &str| {
            let found = leaves.iter().position(|leaf| leaf.path == *name);
            if found.is_none() {
                let text = format!("pivot names `{name}`, which {} does not have", message.full_name());
                problems.at(place.clone(), text);
            }
            found
        };
        let (key, value) = (find(&option.key), find(&option.value));
        let (key, value) = (key?, value?);
        let Some(words) = leaves[key].words.as_ref().and_then(|name| self.reader.enums.get(name)) else {
            problems.at(place.clone(), format!("the pivot's key `{}` is no enum", option.key));
            return None;
        };
        let mut columns: Vec<(i32, Label, u16)> = Vec::new();
        for (number, zh, column) in &option.columns {
            let word = words.iter().find(|word| word.number == *number);
            if word.is_none() {
                problems.at(place.clone(), format!("the pivot's key has no value {number}"));
            }
            if zh.is_empty() {
                problems.at(place.clone(), format!("the pivot's column for {number} has no title"));
            }
            if columns.iter().any(|(other, ..)| other == number) {
                problems.at(place.clone(), format!("the pivot has two columns for {number}"));
            }
            let label = word.map(|word| word.label.clone()).unwrap_or_default();
            let label = Label { zh: zh.clone(), ..label };
            columns.push((*number, label, position(*column, place, problems)));
        }
        let unit = form_unit(option.unit);
        if unit != FormUnit::Same && leaves[value].kind != Kind::Integer {
            problems.at(place.clone(), format!("a unit on `{}`, which is no number", option.value));
        }
        Some(Pivot { key, value, unit, columns })
    }

    fn problem(&mut self, place: &Place, text: &str) {
        self.reader.problems.at(place.within(&self.owner), text);
    }
}

/// Only some of `(form)` has a meaning on a field that carries a message.
fn only_below(form: &Form, repeated: bool, place: &Place, problems: &mut Problems) {
    let nothing = Form::default();
    let said = [
        ("zh", !form.title.zh.is_empty() && !repeated),
        ("column", form.column != nothing.column),
        ("required", form.required),
        ("sensitive", form.sensitive != nothing.sensitive),
        ("codes", !form.codes.is_empty()),
        ("kind", form.kind != nothing.kind),
        ("unit", form.unit != nothing.unit),
        ("reference", !form.reference.is_empty()),
        ("negative", form.negative),
        ("rows", form.rows && !repeated),
        ("first", form.first && !repeated),
        ("pivot", form.pivot.is_some() && !repeated),
    ];
    for (name, _) in said.into_iter().filter(|(_, said)| *said) {
        problems.at(place.clone(), format!("`{name}` says nothing on a message: say it of the fields below"));
    }
}

fn renamed(leaf: Option<&mut Leaf>, rename: &Rename, place: &Place, problems: &mut Problems) {
    let Some(leaf) = leaf else {
        return problems
            .at(place.clone(), format!("rename names `{}`, which is no field below", rename.path));
    };
    if !rename.zh.is_empty() {
        leaf.title = Some(Label { zh: rename.zh.clone(), ..leaf.title.take().unwrap_or_default() });
    }
    if rename.column != 0 {
        leaf.position = position(rename.column, place, problems);
    }
    leaf.required |= rename.required;
    if rename.unit != 0 {
        leaf.unit = form_unit(rename.unit);
        if leaf.kind != Kind::Integer {
            problems.at(place.clone(), format!("a unit on `{}`, which is no number", rename.path));
        }
    }
    if leaf.position != 0 && leaf.title.is_none() {
        problems.at(place.clone(), format!("`{}` has a position on the form and no title", rename.path));
    }
}

/// The type of a leaf, and the Rust type behind it.
fn kind_of(field: &FieldDescriptor) -> Option<(Kind, &'static str)> {
    if field.cardinality() == Cardinality::Repeated {
        return (field.kind() == Wire::String).then_some((Kind::Texts, "Vec<String>"));
    }
    Some(match field.kind() {
        Wire::String => (Kind::Text, "String"),
        Wire::Int32 | Wire::Sint32 | Wire::Sfixed32 => (Kind::Integer, "i32"),
        Wire::Int64 | Wire::Sint64 | Wire::Sfixed64 => (Kind::Integer, "i64"),
        Wire::Uint32 | Wire::Fixed32 => (Kind::Integer, "u32"),
        Wire::Bool => (Kind::Boolean, "bool"),
        Wire::Enum(_) => (Kind::Enum, "i32"),
        Wire::Message(_) => (Kind::Moment, "::prost_types::Timestamp"),
        _ => return None,
    })
}

/// The type of a field in words.
pub(crate) fn type_of(field: &FieldDescriptor) -> String {
    let kind = match field.kind() {
        Wire::Message(message) => message.full_name().to_owned(),
        Wire::Enum(descriptor) => descriptor.full_name().to_owned(),
        scalar => format!("{scalar:?}"),
    };
    if field.cardinality() == Cardinality::Repeated { format!("repeated {kind}") } else { kind }
}

/// The full path of a oneof's variant.
fn variant(field: &FieldDescriptor) -> String {
    let oneof = field.containing_oneof().map(|oneof| oneof.name().to_upper_camel_case()).unwrap_or_default();
    let message = field.parent_message();
    let (parent, own) = (module_path(message), message.name().to_snake_case());
    format!("{parent}::{own}::{oneof}::{}", field.name().to_upper_camel_case())
}
