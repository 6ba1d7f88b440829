//! What each RPC of a resource's service does, from its name and its messages.

use prost_reflect::{Cardinality, FieldDescriptor, MessageDescriptor, MethodDescriptor, ServiceDescriptor};

use heck::ToSnakeCase;

use crate::contract::{Kind, Leaf, Reader, Resource, Shape};
use crate::leaves::type_of;
use crate::problem::Place;
use crate::resource::verb;

/// The verbs of a Case that the engine writes from the declared transitions.
const CASE_VERBS: [&str; 5] = ["RecordVillageReview", "RecordTownshipReview", "Approve", "Reject", "Cancel"];

/// What an RPC does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Reads one.
    Get,
    /// Reads several by name.
    BatchGet,
    /// Reads a page.
    List {
        /// The request has a state.
        state: bool,
        /// Field of the request, leaf it filters.
        filters: Vec<(String, usize)>,
    },
    /// Writes a new one.
    Create,
    /// Writes several new ones.
    BatchCreate,
    /// Changes or corrects.
    Update,
    /// Says it was never true.
    Withdraw,
    /// Ends a Link.
    End {
        /// Field of the request that holds the last day.
        day: String,
        /// Fields of the request from number 10, and the leaves that they set.
        own: Vec<(String, usize)>,
    },
    /// A verb that the slice writes.
    Act {
        /// `Approve`.
        verb: String,
    },
    /// A verb that the engine writes from the declared transitions.
    Step {
        /// `Approve`.
        verb: String,
    },
    /// The service writes the handler.
    Own,
}

/// An RPC of a resource's service.
#[derive(Debug, Clone)]
pub struct Method {
    /// Name.
    pub name: String,
    /// Permission; empty if it is public.
    pub permission: String,
    /// What it does.
    pub call: Call,
    /// Field of the answer that holds the record or records; empty for own handlers.
    pub answer: String,
    pub(crate) descriptor: MethodDescriptor,
}

impl Method {
    /// Path on the wire: `/xiuhua.registry.v1.HouseholdService/GetHousehold`.
    pub fn path(&self) -> String {
        format!("/{}/{}", self.descriptor.parent_service().full_name(), self.name)
    }
    pub(crate) fn asks(&self, field: &str) -> bool {
        self.descriptor.input().get_field_by_name(field).is_some()
    }
}

impl Reader {
    pub(crate) fn methods(&mut self, resource: &mut Resource, place: &Place) {
        let Some(service) = service_of(resource) else {
            let text = format!("no service with Get{} in {}", resource.name, resource.package);
            return self.problems.at(place.clone(), text);
        };
        resource.service = service.name().to_owned();
        for method in service.methods() {
            let access = self.extensions.access(&method).unwrap_or_default();
            let call = if access.own_handler { Some(Call::Own) } else { self.call(resource, &method) };
            if method.is_client_streaming() || method.is_server_streaming() {
                let text = "a stream in a resource's service: streams have services of their own";
                self.problems.at(&method, text);
            }
            let Some(call) = call else { continue };
            let writes = !matches!(call, Call::Get | Call::BatchGet | Call::List { .. } | Call::Own);
            if resource.derived && writes {
                self.problems.at(&method, "a derived resource has no RPC that writes");
            }
            let answer = answer_field(&method, resource).map(|field| field.name().to_owned());
            if answer.is_none() && call != Call::Own {
                let text = format!("{} holds no {}", method.output().full_name(), resource.name);
                self.problems.at(&method, text);
            }
            resource.methods.push(Method {
                name: method.name().to_owned(),
                permission: access.permission,
                call,
                answer: answer.unwrap_or_default(),
                descriptor: method.clone(),
            });
        }
        for by in resource.transitions.iter().map(|step| &step.verb) {
            let taken = |method: &Method| match &method.call {
                Call::Step { verb } => verb == by,
                Call::Own => verb(&method.name, &resource.name).as_ref() == Some(by),
                _ => false,
            };
            if !resource.methods.iter().any(taken) {
                self.problems.at(place.clone(), format!("no RPC for the transition's verb `{by}`"));
            }
        }
    }

    fn call(&mut self, resource: &Resource, method: &MethodDescriptor) -> Option<Call> {
        let (one, many) = (&resource.name, resource.plural());
        let name = method.name();
        let call = if name == format!("Get{one}") {
            Call::Get
        } else if name == format!("BatchGet{many}") {
            Call::BatchGet
        } else if name == format!("List{many}") {
            self.list(resource, method)
        } else if name == format!("Create{one}") {
            Call::Create
        } else if name == format!("BatchCreate{many}") {
            Call::BatchCreate
        } else if name == format!("Update{one}") {
            Call::Update
        } else if name == format!("Withdraw{one}") {
            Call::Withdraw
        } else {
            return self.act(resource, method);
        };
        self.request(method, &required_fields(&call, resource));
        Some(call)
    }

    fn act(&mut self, resource: &Resource, method: &MethodDescriptor) -> Option<Call> {
        let request = method.input();
        let is_act =
            ["request_id", "name", "etag"].iter().all(|field| request.get_field_by_name(field).is_some());
        if !is_act || answer_field(method, resource).is_none() {
            let text = format!(
                "neither a standard RPC nor an act (request_id, name, etag; answers the {}) nor `own_handler`",
                resource.name
            );
            self.problems.at(method, text);
            return None;
        }
        let Some(verb) = verb(method.name(), &resource.name) else {
            let text = format!("no verb can be derived: the name of an act is Verb{}", resource.name);
            self.problems.at(method, text);
            return None;
        };
        self.request(method, &ACT.map(|(name, kind)| (name.to_owned(), kind.to_owned())));
        let declared = resource.transitions.iter().any(|step| step.verb == verb);
        if declared || (resource.shape == Shape::Case && CASE_VERBS.contains(&verb.as_str())) {
            let read = ["occurred_on", "note", "decided_by", "document_no"];
            for field in request.fields() {
                let known = ACT.iter().any(|(name, _)| *name == field.name()) || read.contains(&field.name());
                if !known {
                    self.problems.at(&field, "the engine writes this step and reads no such field");
                }
            }
            return Some(Call::Step { verb });
        }
        if resource.shape == Shape::Link && verb == "End" {
            let day =
                ["occurred_on", "ended_on"].into_iter().find(|day| request.get_field_by_name(day).is_some());
            let Some(day) = day else {
                self.problems.at(&request, "no `occurred_on`: ending a Link names the day");
                return None;
            };
            let day = day.to_owned();
            return Some(Call::End { day, own: self.own_of_end(resource, &request) });
        }
        Some(Call::Act { verb })
    }

    /// What ending a link says of it besides the day: fields named and typed like its columns.
    fn own_of_end(&mut self, resource: &Resource, request: &MessageDescriptor) -> Vec<(String, usize)> {
        let mut own = Vec::new();
        for field in request.fields().filter(|field| field.number() >= 10) {
            match resource.leaves.iter().position(|leaf| leaf.column == field.name()) {
                Some(leaf) if fits(&resource.leaves[leaf], &field) => {
                    own.push((field.name().to_owned(), leaf))
                }
                _ => self.problems.at(&field, format!("names no column of {} of its type", resource.name)),
            }
        }
        own
    }

    fn list(&mut self, resource: &Resource, method: &MethodDescriptor) -> Call {
        let request = method.input();
        let mut state = false;
        let mut filters = Vec::new();
        for field in request.fields() {
            if LIST.iter().any(|(name, _)| *name == field.name()) {
                continue;
            }
            if field.name() == "state" {
                state = true;
                if Some(type_of(&field)) != resource.state {
                    self.problems.at(&field, "the record has no such state");
                }
                continue;
            }
            match resource.leaves.iter().position(|leaf| leaf.column == field.name()) {
                Some(leaf) if fits(&resource.leaves[leaf], &field) => {
                    filters.push((field.name().to_owned(), leaf))
                }
                Some(leaf) => {
                    let column = &resource.leaves[leaf];
                    let text =
                        format!("a filter of type {} on a column of {:?}", type_of(&field), column.kind);
                    self.problems.at(&field, text);
                }
                None => {
                    let text = format!("filter `{}` names no column of {}", field.name(), resource.name);
                    self.problems.at(&field, text);
                }
            }
        }
        Call::List { state, filters }
    }

    fn request(&mut self, method: &MethodDescriptor, fields: &[(String, String)]) {
        let request = method.input();
        for (name, kind) in fields {
            match request.get_field_by_name(name) {
                Some(field) if type_of(&field) == *kind => {}
                Some(field) => self.problems.at(&field, format!("is {}, must be {kind}", type_of(&field))),
                None => self.problems.at(&request, format!("no field `{name}` ({kind})")),
            }
        }
    }
}

const TIMESTAMP: &str = "google.protobuf.Timestamp";
const REVEAL: &str = "xiuhua.common.v1.Reveal";
const LIST: [(&str, &str); 7] = [
    ("area", "string"),
    ("as_of", "string"),
    ("known_at", TIMESTAMP),
    ("page_size", "int32"),
    ("page_token", "string"),
    ("order_by", "string"),
    ("reveal", REVEAL),
];
const ACT: [(&str, &str); 4] =
    [("request_id", "string"), ("validate_only", "bool"), ("name", "string"), ("etag", "string")];

/// The fields that the forwarder of a standard RPC reads, with their types.
fn required_fields(call: &Call, resource: &Resource) -> Vec<(String, String)> {
    let at = [("as_of", "string"), ("known_at", TIMESTAMP), ("reveal", REVEAL)];
    let fields: Vec<(&str, &str)> = match call {
        Call::Get => [("name", "string")].into_iter().chain(at).collect(),
        Call::BatchGet => [("names", "repeated string")].into_iter().chain(at).collect(),
        Call::List { .. } => LIST.to_vec(),
        Call::Create | Call::BatchCreate => ACT[..2].to_vec(),
        Call::Update => {
            let mask = ("update_mask", "google.protobuf.FieldMask");
            [ACT[0], ACT[1], mask, ("change", "xiuhua.common.v1.Change")].to_vec()
        }
        Call::Withdraw => ACT.into_iter().chain([("reason", "string")]).collect(),
        _ => Vec::new(),
    };
    let mut fields: Vec<(String, String)> =
        fields.into_iter().map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect();
    let message = resource.descriptor.full_name();
    match call {
        Call::Create | Call::Update => fields.push((resource.name.to_snake_case(), message.to_owned())),
        Call::BatchCreate => {
            fields.push((resource.collection.to_snake_case(), format!("repeated {message}")))
        }
        _ => {}
    }
    fields
}

fn fits(leaf: &Leaf, field: &FieldDescriptor) -> bool {
    let kind = type_of(field);
    match leaf.kind {
        Kind::Text | Kind::Date => kind == "string",
        Kind::Integer => matches!(kind.as_str(), "int32" | "int64" | "uint32"),
        Kind::Boolean => kind == "bool",
        Kind::Enum => Some(kind) == leaf.words,
        Kind::Texts => kind == "repeated string",
        Kind::Moment => kind == TIMESTAMP,
    }
}

fn service_of(resource: &Resource) -> Option<ServiceDescriptor> {
    let get = format!("Get{}", resource.name);
    let pool = resource.descriptor.parent_pool().clone();
    pool.services().find(|service| {
        service.package_name() == resource.package && service.methods().any(|method| method.name() == get)
    })
}

fn answer_field(method: &MethodDescriptor, resource: &Resource) -> Option<FieldDescriptor> {
    let batch = method.name().starts_with("Batch") || method.name() == format!("List{}", resource.plural());
    let wanted = if batch { Cardinality::Repeated } else { Cardinality::Optional };
    let holds = |field: &FieldDescriptor| {
        let message: Option<MessageDescriptor> = field.kind().as_message().cloned();
        message.is_some_and(|message| message == resource.descriptor) && field.cardinality() == wanted
    };
    method.output().fields().find(holds)
}
