//! The standard part of a resource: the RPCs that its shape brings, with their messages and paths. The scaffold
//! writes it, the check compares with it.

use heck::{ToLowerCamelCase, ToSnakeCase};
use prost_reflect::{Cardinality, FieldDescriptor, MessageDescriptor};

use crate::contract::{Contract, Kind, Resource, Shape, capitalised};
use crate::leaves::type_of;
use crate::method::Call;
use crate::options::Extensions;

const TIMESTAMP: &str = "google.protobuf.Timestamp";
const MASK: &str = "google.protobuf.FieldMask";
const REVEAL: &str = "xiuhua.common.v1.Reveal";
const CHANGE: &str = "xiuhua.common.v1.Change";
const PAYMENT: &str = "xiuhua.common.v1.Payment";

/// A field of a request or response.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) number: u32,
    pub(crate) name: String,
    /// `string`, or the full name of a message or enum, after `repeated ` where it is.
    pub(crate) kind: String,
    pub(crate) comment: String,
}

/// An RPC.
#[derive(Debug, Clone)]
pub(crate) struct Rpc {
    pub(crate) name: String,
    pub(crate) comment: String,
    pub(crate) http: (&'static str, String),
    /// What follows the last dot of the permission, where the scaffold writes it.
    pub(crate) power: &'static str,
    pub(crate) request: Vec<Field>,
    pub(crate) response: Vec<Field>,
}

/// What the standard part depends on.
pub(crate) struct Noun<'n> {
    pub(crate) name: &'n str,
    /// Full name of the message.
    pub(crate) message: String,
    pub(crate) collection: &'n str,
    pub(crate) shape: Shape,
    /// Full name of the state's enum.
    pub(crate) state: Option<String>,
    pub(crate) derived: bool,
}

impl Noun<'_> {
    fn one(&self) -> String {
        self.name.to_snake_case()
    }
    fn many(&self) -> String {
        self.collection.to_snake_case()
    }
    /// The plural in words.
    fn words(&self) -> String {
        self.many().replace('_', " ")
    }
}

/// All RPCs of the shape, in order.
pub(crate) fn rpcs(noun: &Noun) -> Vec<Rpc> {
    let mut rpcs = reads(noun);
    if !noun.derived {
        rpcs.extend(writes(noun));
        rpcs.extend(verbs(noun.shape).iter().map(|verb| act(noun, verb)));
    }
    rpcs
}

fn reads(noun: &Noun) -> Vec<Rpc> {
    let (one, many, plural) = (noun.one(), noun.many(), capitalised(noun.collection));
    let words = noun.words();
    let at = |first: u32| {
        vec![
            field(first, "as_of", "string", "Civil date to read at; today if empty."),
            field(first + 1, "known_at", TIMESTAMP, "Read as known then; now if absent."),
        ]
    };
    let reveal = |number| field(number, "reveal", REVEAL, "Sensitive fields to be shown unmasked.");
    let mut get = vec![field(1, "name", "string", "Name of the record.")];
    get.extend(at(2));
    get.push(reveal(4));
    let mut batch = vec![field(1, "names", "repeated string", "Names, at most 1,000.")];
    batch.extend(at(2));
    batch.push(reveal(4));
    let mut list = vec![field(1, "area", "string", "Only records in this division.")];
    list.extend(at(2));
    list.push(field(4, "page_size", "int32", "At most so many; 50 if absent, at most 1,000."));
    list.push(field(5, "page_token", "string", "Token of the page before."));
    list.push(field(6, "order_by", "string", "Column to order by."));
    list.push(reveal(7));
    if let Some(state) = &noun.state {
        list.push(field(8, "state", state, "Only records in this state."));
    }
    let page = vec![
        field(1, &many, &format!("repeated {}", noun.message), "The page."),
        field(2, "next_page_token", "string", "Token of the next page; empty after the last."),
    ];
    let record = || vec![field(1, &one, &noun.message, "The record.")];
    let records = vec![field(1, &many, &format!("repeated {}", noun.message), "The records, as asked.")];
    vec![
        rpc(
            format!("Get{}", noun.name),
            format!("Reads one of the {words}."),
            ("get", format!("/v1/{{name={}/*}}", noun.collection)),
            "read",
            get,
            record(),
        ),
        rpc(
            format!("BatchGet{plural}"),
            format!("Reads up to 1,000 {words}; an unknown name is NOT_FOUND for the whole call."),
            ("post", format!("/v1/{}:batchGet", noun.collection)),
            "read",
            batch,
            records,
        ),
        rpc(
            format!("List{plural}"),
            format!("Lists {words}, page by page."),
            ("get", format!("/v1/{}", noun.collection)),
            "read",
            list,
            page,
        ),
    ]
}

fn writes(noun: &Noun) -> Vec<Rpc> {
    let (one, many, plural) = (noun.one(), noun.many(), capitalised(noun.collection));
    let words = noun.words();
    let record = field(3, &one, &noun.message, "The record.");
    let records = field(3, &many, &format!("repeated {}", noun.message), "The records, at most 1,000.");
    let with = |fields: &[Field]| head().into_iter().chain(fields.iter().cloned()).collect::<Vec<_>>();
    let answer = || vec![field(1, &one, &noun.message, "The record as it is now.")];
    let answers =
        vec![field(1, &many, &format!("repeated {}", noun.message), "The records as they are now.")];
    let change = [
        record.clone(),
        field(4, "update_mask", MASK, "The fields to write."),
        field(5, "change", CHANGE, "Whether the world changed or the office had it wrong."),
    ];
    let reason = [name(), etag(), field(5, "reason", "string", "Why; required.")];
    vec![
        rpc(
            format!("Create{}", noun.name),
            format!("Creates one of the {words}."),
            ("post", format!("/v1/{}", noun.collection)),
            "write",
            with(std::slice::from_ref(&record)),
            answer(),
        ),
        rpc(
            format!("BatchCreate{plural}"),
            format!("Creates up to 1,000 {words}, all or none."),
            ("post", format!("/v1/{}:batchCreate", noun.collection)),
            "write",
            with(&[records]),
            answers,
        ),
        rpc(
            format!("Update{}", noun.name),
            "Changes or corrects the masked fields.".to_owned(),
            ("patch", format!("/v1/{{{one}.name={}/*}}", noun.collection)),
            "write",
            with(&change),
            answer(),
        ),
        rpc(
            format!("Withdraw{}", noun.name),
            "Says that the record was never true. It stays readable at earlier known times.".to_owned(),
            ("post", format!("/v1/{{name={}/*}}:withdraw", noun.collection)),
            "write",
            with(&reason),
            answer(),
        ),
    ]
}

/// A verb of a shape: what stands before and after the noun, its power, its comment.
struct Verb(&'static str, &'static str, &'static str, &'static str);

fn verbs(shape: Shape) -> &'static [Verb] {
    match shape {
        Shape::Register | Shape::Event => &[],
        Shape::Link => &[Verb("End", "", "write", "Ends it: the day is the day after its last.")],
        Shape::Case => &[
            Verb("Record", "VillageReview", "review_village", "Records the village's review."),
            Verb("Record", "TownshipReview", "review_township", "Records the township's review."),
            Verb("Approve", "", "approve", "Approves it."),
            Verb("Reject", "", "approve", "Rejects it."),
            Verb("Cancel", "", "write", "Cancels it."),
        ],
        Shape::Work => &[
            Verb("Approve", "", "approve", "Approves it."),
            Verb("Report", "Progress", "write", "Reports its start, its completion or its money."),
            Verb("Accept", "", "approve", "Accepts what was built."),
            Verb("Cancel", "", "write", "Cancels it."),
        ],
        Shape::Grant => &[
            Verb("Approve", "", "approve", "Approves it."),
            Verb("Refuse", "", "approve", "Refuses it."),
            Verb("Record", "Payments", "pay", "Records payments."),
            Verb("End", "", "write", "Ends it."),
        ],
    }
}

fn act(noun: &Noun, Verb(before, after, power, comment): &Verb) -> Rpc {
    let mut request = head();
    request.extend([name(), etag()]);
    request.push(field(5, "occurred_on", "string", "Day on which it happened."));
    request.push(field(6, "note", "string", "What was noted."));
    if *after == "Payments" {
        let kind = format!("repeated {PAYMENT}");
        request.push(field(10, "payments", &kind, "The payments, to be appended."));
    }
    let path = format!("{before}{after}").to_lower_camel_case();
    rpc(
        format!("{before}{}{after}", noun.name),
        (*comment).to_owned(),
        ("post", format!("/v1/{{name={}/*}}:{path}", noun.collection)),
        power,
        request,
        vec![field(1, &noun.one(), &noun.message, "The record as it is now.")],
    )
}

fn head() -> Vec<Field> {
    vec![
        field(
            1,
            "request_id",
            "string",
            "Identifier of the request, a UUID; a replay returns the first answer.",
        ),
        field(2, "validate_only", "bool", "Apply all rules, store nothing."),
    ]
}

fn name() -> Field {
    field(3, "name", "string", "Name of the record.")
}

fn etag() -> Field {
    field(4, "etag", "string", "Its newest version as the caller knows it.")
}

fn field(number: u32, name: &str, kind: &str, comment: &str) -> Field {
    Field { number, name: name.to_owned(), kind: kind.to_owned(), comment: comment.to_owned() }
}

fn rpc(
    name: String,
    comment: String,
    http: (&'static str, String),
    power: &'static str,
    request: Vec<Field>,
    response: Vec<Field>,
) -> Rpc {
    Rpc { name, comment, http, power, request, response }
}

/// Compares the service and the requests of every resource with what its shape brings. A line each for what is
/// missing or different; more RPCs and more fields from number 10 are the resource's own, and so is an RPC with
/// `own_handler`.
pub fn check_standard_parts(contract: &Contract) -> Vec<String> {
    let extensions = match Extensions::find(&contract.pool) {
        Ok(extensions) => extensions,
        Err(errors) => return vec![errors.to_string()],
    };
    let mut differences = Vec::new();
    for resource in &contract.resources {
        let noun = Noun {
            name: &resource.name,
            message: resource.descriptor.full_name().to_owned(),
            collection: &resource.collection,
            shape: resource.shape,
            state: resource.state.clone(),
            derived: resource.derived,
        };
        let own = |name: &str| {
            resource.methods.iter().any(|method| method.name == name && method.call == Call::Own)
        };
        // Where the service creates by itself, it also decides which other writes there are.
        let writes_itself = own(&format!("Create{}", resource.name));
        let reads = reads(&noun).len();
        let brought = if writes_itself { reads } else { usize::MAX };
        for rpc in rpcs(&noun).into_iter().take(brought).filter(|rpc| !own(&rpc.name)) {
            let found = compare(resource, &rpc, &extensions);
            differences.extend(found.into_iter().map(|text| format!("{}.{text}", resource.package)));
        }
        shape_message(resource, &mut differences);
        plain_numbers(resource, &mut differences);
    }
    differences
}

fn compare(resource: &Resource, rpc: &Rpc, extensions: &Extensions) -> Vec<String> {
    let place = format!("{}.{}", resource.service, rpc.name);
    let Some(method) = resource.methods.iter().find(|method| method.name == rpc.name) else {
        return vec![format!("{place}: the shape {:?} brings this RPC, it is missing", resource.shape)];
    };
    let mut differences = Vec::new();
    let body = if rpc.http.0 == "get" { "" } else { "*" };
    match extensions.http(&method.descriptor) {
        None => differences.push(format!("{place}: no HTTP path (google.api.http), {} expected", rpc.http.1)),
        Some((verb, path, sent)) => {
            if (verb.as_str(), &path) != (rpc.http.0, &rpc.http.1) {
                differences
                    .push(format!("{place}: HTTP is {verb} {path}, must be {} {}", rpc.http.0, rpc.http.1));
            }
            if sent != body {
                differences.push(format!("{place}: the HTTP body is `{sent}`, must be `{body}`"));
            }
        }
    }
    let (input, output) = (method.descriptor.input(), method.descriptor.output());
    for (message, suffix) in [(&input, "Request"), (&output, "Response")] {
        if message.name() != format!("{}{suffix}", rpc.name) {
            differences.push(format!(
                "{place}: its message is {}, must be {}{suffix}",
                message.name(),
                rpc.name
            ));
        }
    }
    differences.extend(fields(&input, &rpc.request));
    differences.extend(fields(&output, &rpc.response));
    differences
}

fn fields(message: &MessageDescriptor, wanted: &[Field]) -> Vec<String> {
    let mut differences = Vec::new();
    for Field { number, name, kind, .. } in wanted {
        let place = format!("{}.{name}", message.name());
        match message.get_field_by_name(name) {
            None => differences.push(format!("{place}: missing, must be {kind} with number {number}")),
            Some(found) => {
                if found.number() != *number {
                    differences.push(format!("{place}: has number {}, must be {number}", found.number()));
                }
                if type_of(&found) != *kind {
                    differences.push(format!("{place}: is {}, must be {kind}", type_of(&found)));
                }
            }
        }
    }
    for found in message.fields().filter(|found| found.number() < 10) {
        if !wanted.iter().any(|field| field.name == found.name()) {
            let place = format!("{}.{}", message.name(), found.name());
            differences.push(format!(
                "{place}: numbers below 10 are the standard part's, it has {}",
                found.number()
            ));
        }
    }
    differences
}

fn shape_message(resource: &Resource, differences: &mut Vec<String>) {
    let wanted = match resource.shape {
        Shape::Work => ("schedule", "xiuhua.common.v1.Schedule", Cardinality::Optional),
        Shape::Grant => ("award", "xiuhua.common.v1.Award", Cardinality::Optional),
        Shape::Case => ("acts", "xiuhua.common.v1.CaseAct", Cardinality::Repeated),
        _ => return,
    };
    let is = |field: &FieldDescriptor| {
        field.kind().as_message().is_some_and(|message| message.full_name() == wanted.1)
            && field.name() == wanted.0
            && field.cardinality() == wanted.2
    };
    if !resource.descriptor.get_field(5).as_ref().is_some_and(is) {
        let place = format!("{}.{}", resource.package, resource.name);
        differences.push(format!("{place}: field 5 is not {} {}", wanted.1, wanted.0));
    }
}

fn plain_numbers(resource: &Resource, differences: &mut Vec<String>) {
    for leaf in resource.leaves.iter().filter(|leaf| leaf.steps.is_empty() && !leaf.presence) {
        if matches!(leaf.kind, Kind::Integer | Kind::Boolean) {
            let place = format!("{}.{}", resource.package, resource.name);
            differences.push(format!("{place}.{}: a number or flag of a record is `optional`", leaf.path));
        }
    }
}
