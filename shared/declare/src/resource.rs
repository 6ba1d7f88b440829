//! Reads a resource and checks that everything it names exists.

use std::collections::{HashMap, HashSet};

use prost_reflect::{Kind as Wire, MessageDescriptor};

use crate::contract::{
    Child, Kind, Leaf, Reader, Resource, Sensitivity, Shape, StateDay, Transition, capitalised,
};
use crate::leaves::Walk;
use crate::options::{FormTable, ResourceOption};
use crate::problem::{Place, Problems};

/// Columns that the engine gives every table.
const HEAD_COLUMNS: [&str; 18] = [
    "id",
    "version",
    "valid_from",
    "valid_to",
    "recorded_at",
    "superseded_at",
    "area",
    "scope_area",
    "recorded_by",
    "form_year",
    "change_reason",
    "action",
    "source_kind",
    "source_form",
    "source_digest",
    "source_row",
    "source_system",
    "source_document_no",
];
/// Columns that the engine gives the table of a child's rows.
const ROW_COLUMNS: [&str; 4] = ["id", "ordinal", "recorded_at", "superseded_at"];
/// PostgreSQL cuts longer names off; `_index` may follow.
const LONGEST_NAME: usize = 63;

impl Reader {
    pub(crate) fn resource(
        &mut self,
        message: &MessageDescriptor,
        option: ResourceOption,
    ) -> Option<Resource> {
        let place = Place::from(message);
        self.names(&place, &option);
        let state = self.head(message, &place);
        let (leaves, children) = Walk::over(self, message, true);
        self.columns(&place, &leaves, &children, &HEAD_COLUMNS);
        self.numbers(&leaves, &children);
        self.table_names(&place, &option.table, &children);
        if let Some(form) = &option.form {
            self.form(&place, form, &leaves, &children);
        }
        let Some(shape) = shape(option.shape) else {
            self.problems.at(place, "a resource has a shape");
            return None;
        };
        let mut resource = Resource {
            name: message.name().to_owned(),
            package: message.package_name().to_owned(),
            collection: option.collection.clone(),
            table: option.table.clone(),
            shape,
            label: option.label.clone(),
            leaves,
            acts: children.iter().position(|child| child.message == "xiuhua.common.v1.CaseAct"),
            children,
            keys: Vec::new(),
            since: None,
            until: None,
            title_of: None,
            states: Vec::new(),
            transitions: Vec::new(),
            linked: Vec::new(),
            searched: Vec::new(),
            form: option.form.clone(),
            derived: option.derived,
            everywhere: option.everywhere,
            named_by: None,
            methods: Vec::new(),
            service: String::new(),
            state,
            descriptor: message.clone(),
        };
        self.paths(&mut resource, &place, &option);
        resource.states = self.states(&resource, &place, &option);
        resource.transitions = self.transitions(&resource, &place, &option);
        self.methods(&mut resource, &place);
        Some(resource)
    }

    fn names(&mut self, place: &Place, option: &ResourceOption) {
        self.label(place, &option.label);
        let camel = |name: &str| {
            name.starts_with(|letter: char| letter.is_ascii_lowercase())
                && name.chars().all(|letter| letter.is_ascii_alphanumeric())
        };
        if !camel(&option.collection) {
            self.problems
                .at(place.clone(), format!("`{}` is no lowerCamelCase collection", option.collection));
        }
        let snake = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        if option.table.is_empty() || !option.table.chars().all(snake) {
            self.problems.at(place.clone(), format!("`{}` is no snake_case table", option.table));
        }
    }

    /// Fields 1 to 4; the full name of the state's enum.
    fn head(&mut self, message: &MessageDescriptor, place: &Place) -> Option<String> {
        let is = |number: u32, name: &str, kind: &dyn Fn(&Wire) -> bool| {
            message.get_field(number).is_some_and(|field| field.name() == name && kind(&field.kind()))
        };
        let text = |kind: &Wire| *kind == Wire::String;
        let meta = |kind: &Wire| matches!(kind, Wire::Message(message) if message.full_name() == "xiuhua.common.v1.RecordMeta");
        if !is(1, "name", &text) || !is(2, "meta", &meta) || !is(3, "etag", &text) {
            let head =
                "the head of a record is string name = 1, common.v1.RecordMeta meta = 2, string etag = 3";
            self.problems.at(place.clone(), head);
        }
        let state = message.get_field(4)?;
        match state.kind() {
            Wire::Enum(descriptor) if state.name() == "state" => {
                self.words(&descriptor);
                Some(descriptor.full_name().to_owned())
            }
            _ => {
                self.problems.at(&state, "field 4 is the record's state, an enum");
                None
            }
        }
    }

    /// No two on one column, none on a column of the engine's, no name that a database cuts off.
    pub(crate) fn columns(&mut self, place: &Place, leaves: &[Leaf], children: &[Child], engine: &[&str]) {
        let own = leaves.iter().map(|leaf| (leaf.column.as_str(), leaf.path.as_str(), leaf.sensitive));
        let lists =
            children.iter().map(|child| (child.column.as_str(), child.path.as_str(), Sensitivity::Open));
        let all: Vec<_> = own.chain(lists).collect();
        one_each(&all, engine, "", place, &mut self.problems);
        for child in children {
            let leaves: Vec<_> = child
                .leaves
                .iter()
                .map(|leaf| (leaf.column.as_str(), leaf.path.as_str(), leaf.sensitive))
                .collect();
            let engine: &[&str] = if child.rows { &ROW_COLUMNS } else { &[] };
            one_each(&leaves, engine, &format!("{}.", child.path), place, &mut self.problems);
        }
    }

    /// A required number must tell zero from absent.
    fn numbers(&mut self, leaves: &[Leaf], children: &[Child]) {
        for leaf in leaves.iter().chain(children.iter().flat_map(|child| &child.leaves)) {
            if leaf.required && !leaf.presence && matches!(leaf.kind, Kind::Integer | Kind::Boolean) {
                let text =
                    "a required number or flag is `optional`: a plain one cannot tell zero from absent";
                self.problems.at(leaf.place.clone(), text);
            }
        }
    }

    fn table_names(&mut self, place: &Place, table: &str, children: &[Child]) {
        let rows =
            children.iter().filter(|child| child.rows).map(|child| format!("{table}_{}", child.column));
        for name in rows.chain([table.to_owned()]).filter(|name| name.len() > LONGEST_NAME) {
            self.problems.at(place.clone(), format!("table `{name}` has more than {LONGEST_NAME} letters"));
        }
    }

    /// Titles and positions, each once.
    pub(crate) fn form(&mut self, place: &Place, form: &FormTable, leaves: &[Leaf], children: &[Child]) {
        if form.id.is_empty() || form.file.is_empty() {
            self.problems.at(place.clone(), "a form has an id and the title of its file");
        }
        let mut cells: Vec<(String, u16)> = Vec::new();
        if !form.ordinal.is_empty() {
            cells.push((form.ordinal.clone(), 0));
        }
        if let Some(columns) = &form.place {
            let first = u16::try_from(columns.column).unwrap_or_default();
            for (title, offset) in columns.titles().into_iter().zip(0u16..) {
                cells.push((title.to_owned(), if first == 0 { 0 } else { first + offset }));
            }
        }
        let first = children.iter().filter(|child| child.first).flat_map(|child| &child.leaves);
        for leaf in leaves.iter().chain(first) {
            cells.extend(leaf.title.iter().map(|title| (title.zh.clone(), leaf.position)));
        }
        for pivot in children.iter().filter_map(|child| child.pivot.as_ref()) {
            cells.extend(pivot.columns.iter().map(|(_, title, position)| (title.zh.clone(), *position)));
        }
        let (mut titles, mut positions) = (HashSet::new(), HashMap::new());
        for (title, position) in &cells {
            if !titles.insert(title) {
                self.problems.at(place.clone(), format!("the title `{title}` stands twice on the form"));
            }
            if *position == 0 {
                continue;
            }
            if let Some(other) = positions.insert(*position, title).filter(|other| *other != title) {
                let text = format!("`{other}` and `{title}` both have position {position} on the form");
                self.problems.at(place.clone(), text);
            }
        }
    }

    fn paths(&mut self, resource: &mut Resource, place: &Place, option: &ResourceOption) {
        let mut find = |what: &str, path: &str| {
            let found = resource.leaf(path);
            if found.is_none() {
                self.problems
                    .at(place.clone(), format!("{what} names `{path}`, which is no field with a column"));
            }
            found
        };
        let mut optional = |what: &str, path: &str| if path.is_empty() { None } else { find(what, path) };
        let since = optional("since", &option.since);
        let until = optional("until", &option.until);
        let title_of = optional("title_of", &option.title_of);
        let named_by = optional("named_by", &option.named_by);
        let linked = option.linked.iter().filter_map(|path| find("linked", path)).collect();
        let searched = option.searched.iter().filter_map(|path| find("searched", path)).collect();
        let mut keys: Vec<(String, Vec<usize>, bool)> = Vec::new();
        for (kind, paths, repeats) in &option.keys {
            let leaves = paths.iter().filter_map(|path| find(&format!("key `{kind}`"), path)).collect();
            keys.push((kind.clone(), leaves, *repeats));
        }
        for (index, (kind, paths, _)) in option.keys.iter().enumerate() {
            if kind.is_empty() || option.keys[..index].iter().any(|(other, ..)| other == kind) {
                self.problems.at(place.clone(), format!("`{kind}` does not name one key alone"));
            }
            if paths.is_empty() {
                self.problems.at(place.clone(), format!("key `{kind}` has no fields"));
            }
        }
        self.of_kind(resource, place, "since", since, Kind::Date);
        self.of_kind(resource, place, "until", until, Kind::Date);
        if until.is_some() && resource.shape != Shape::Link {
            self.problems.at(place.clone(), "`until` is for Links: other shapes have no last day");
        }
        self.of_kind(resource, place, "named_by", named_by, Kind::Text);
        (resource.since, resource.until) = (since, until);
        (resource.title_of, resource.named_by) = (title_of, named_by);
        (resource.linked, resource.searched, resource.keys) = (linked, searched, keys);
    }

    fn of_kind(&mut self, resource: &Resource, place: &Place, what: &str, leaf: Option<usize>, kind: Kind) {
        if let Some(leaf) = leaf.map(|leaf| &resource.leaves[leaf]).filter(|leaf| leaf.kind != kind) {
            let text = format!("{what} names `{}`, which is {:?} and not {kind:?}", leaf.path, leaf.kind);
            self.problems.at(place.clone(), text);
        }
    }

    /// The number of a state's name.
    fn state(&mut self, resource: &Resource, place: &Place, name: &str) -> Option<i32> {
        let words = resource.state.as_ref().and_then(|state| self.enums.get(state));
        let found =
            words.and_then(|words| words.iter().find(|word| word.name == name)).map(|word| word.number);
        if found.is_none() {
            self.problems.at(place.clone(), format!("the record has no state `{name}`"));
        }
        found
    }

    fn states(&mut self, resource: &Resource, place: &Place, option: &ResourceOption) -> Vec<StateDay> {
        let own = option.states.iter().map(|(state, day)| (state.clone(), day.clone()));
        let mut declared: Vec<(String, String)> = own.collect();
        if declared.is_empty() {
            let default = default_states(resource.shape);
            declared = default.iter().map(|(state, day)| ((*state).to_owned(), (*day).to_owned())).collect();
        }
        let mut states = Vec::new();
        for (index, (name, path)) in declared.iter().enumerate() {
            let day = if path.is_empty() { None } else { resource.leaf(path) };
            if !path.is_empty() && day.is_none() {
                let text = format!("state `{name}` names `{path}`, which is no field with a column");
                self.problems.at(place.clone(), text);
            }
            if path.is_empty() && index > 0 {
                self.problems.at(place.clone(), format!("state `{name}` names no day: only the first may"));
            }
            self.of_kind(resource, place, &format!("state `{name}`"), day, Kind::Date);
            let number = self.state(resource, place, name);
            states.extend(number.map(|number| StateDay { number, name: name.clone(), day }));
        }
        states
    }

    fn transitions(
        &mut self,
        resource: &Resource,
        place: &Place,
        option: &ResourceOption,
    ) -> Vec<Transition> {
        let mut steps: Vec<Transition> = Vec::new();
        for (from, verb, to) in &option.transitions {
            let before = self.state(resource, place, from);
            let after = self.state(resource, place, to);
            if steps.iter().any(|other| other.from.1 == *from && other.verb == *verb) {
                self.problems.at(place.clone(), format!("two transitions from `{from}` by `{verb}`"));
            }
            if let (Some(before), Some(after)) = (before, after) {
                let (from, to) = ((before, from.clone()), (after, to.clone()));
                steps.push(Transition { from, verb: verb.clone(), to });
            }
        }
        let case = resource.shape == Shape::Case;
        if case && option.transitions.is_empty() {
            self.problems.at(place.clone(), "a Case declares its transitions");
        }
        if (case || !option.transitions.is_empty()) && resource.acts.is_none() {
            self.problems.at(place.clone(), "transitions are kept in `repeated common.v1.CaseAct acts`");
        }
        steps
    }
}

fn one_each(
    columns: &[(&str, &str, Sensitivity)],
    engine: &[&str],
    below: &str,
    place: &Place,
    problems: &mut Problems,
) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for (column, path, sensitive) in columns {
        let mut names = vec![(*column).to_owned()];
        if *sensitive == Sensitivity::Encrypted {
            names.push(format!("{column}_index"));
        }
        for name in names {
            if engine.contains(&name.as_str()) {
                let text = format!("`{below}{path}` would stand in column `{name}`, which is the engine's");
                problems.at(place.clone(), text);
            }
            if name.len() > LONGEST_NAME {
                problems.at(place.clone(), format!("column `{name}` has more than {LONGEST_NAME} letters"));
            }
            if let Some(other) = seen.insert(name.clone(), path) {
                let text = format!("`{below}{other}` and `{below}{path}` both stand in column `{name}`");
                problems.at(place.clone(), text);
            }
        }
    }
}

fn shape(number: i32) -> Option<Shape> {
    Some(match number {
        1 => Shape::Register,
        2 => Shape::Link,
        3 => Shape::Event,
        4 => Shape::Case,
        5 => Shape::Work,
        6 => Shape::Grant,
        _ => return None,
    })
}

/// The shape's own states and days.
fn default_states(shape: Shape) -> &'static [(&'static str, &'static str)] {
    match shape {
        Shape::Work => &[
            ("PROPOSED", ""),
            ("APPROVED", "schedule.approved_on"),
            ("STARTED", "schedule.started_on"),
            ("COMPLETED", "schedule.completed_on"),
            ("ACCEPTED", "schedule.accepted_on"),
            ("CANCELLED", "schedule.cancelled_on"),
        ],
        Shape::Grant => &[
            ("APPLIED", ""),
            ("APPROVED", "award.approved_on"),
            ("PAYING", "award.first_paid_on"),
            ("ENDED", "award.ends_on"),
            ("REFUSED", "award.refused_on"),
        ],
        _ => &[],
    }
}

/// The RPC name of an act less the resource's name: `RecordHouseholdCaseVillageReview` → `RecordVillageReview`.
pub(crate) fn verb(rpc: &str, resource: &str) -> Option<String> {
    let start = rpc.find(resource).filter(|start| *start > 0)?;
    let rest = &rpc[start + resource.len()..];
    let whole_words = rest.chars().next().is_none_or(|letter| letter.is_uppercase());
    whole_words.then(|| format!("{}{}", &rpc[..start], capitalised(rest)))
}
