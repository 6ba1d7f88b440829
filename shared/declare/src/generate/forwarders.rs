//! The server of a resource's service: every RPC handed to the engine, the slice's verbs and own handlers.

use std::fmt::Write;

use heck::ToSnakeCase;

use super::{line, spec_name};
use crate::contract::Resource;
use crate::method::{Call, Method};
use crate::names::{field_name, identifier, package_path, server_module, type_path};

/// Traits that the slice implements, and the server.
pub(super) fn resource(out: &mut String, resource: &Resource) {
    verbs(out, resource);
    handlers(out, resource);
    let service = identifier(&resource.service);
    line!(out, "\n/// The server of {}.{}.", resource.package, resource.service);
    line!(out, "#[derive(Clone)]");
    line!(out, "pub struct {}Api(pub ::record::Engine);", resource.name);
    line!(out, "\n#[::tonic::async_trait]");
    let module = server_module(&resource.service);
    line!(out, "impl {}::{module}::{service} for {}Api {{", package_path(&resource.package), resource.name);
    for method in &resource.methods {
        forwarder(out, resource, method);
    }
    line!(out, "}}");
}

fn verbs(out: &mut String, resource: &Resource) {
    let acts: Vec<&Method> =
        resource.methods.iter().filter(|method| matches!(method.call, Call::Act { .. })).collect();
    if acts.is_empty() {
        return;
    }
    line!(out, "\n/// What the verbs of {} do to the record.", resource.service);
    line!(out, "pub trait {}Verbs: Resource {{", resource.name);
    for method in acts {
        line!(out, "    /// {}.{}.", resource.service, method.name);
        line!(out, "    fn {}(", field_name(&method.name));
        line!(out, "        record: &mut {},", type_path(&resource.descriptor));
        line!(out, "        request: &{},", type_path(&method.descriptor.input()));
        line!(out, "        context: &::record::ActContext,");
        line!(out, "        violations: &mut ::kernel::failure::Violations,\n    );");
    }
    line!(out, "}}");
}

fn handlers(out: &mut String, resource: &Resource) {
    let own: Vec<&Method> = resource.methods.iter().filter(|method| method.call == Call::Own).collect();
    if own.is_empty() {
        return;
    }
    line!(out, "\n/// RPCs of {} that the service writes itself.", resource.service);
    line!(out, "#[::tonic::async_trait]");
    line!(out, "pub trait {}Handlers: Resource {{", resource.name);
    for method in own {
        line!(out, "    /// {}.{}.", resource.service, method.name);
        line!(out, "    async fn {}(", field_name(&method.name));
        line!(out, "        engine: &::record::Engine,\n        call: &::record::Call,");
        line!(out, "        message: {},", type_path(&method.descriptor.input()));
        let answer = type_path(&method.descriptor.output());
        line!(out, "    ) -> Result<{answer}, ::kernel::failure::Failure>;");
    }
    line!(out, "}}");
}

fn forwarder(out: &mut String, resource: &Resource, method: &Method) {
    let request = type_path(&method.descriptor.input());
    let answer = type_path(&method.descriptor.output());
    let function = field_name(&method.name);
    line!(
        out,
        "    async fn {function}(&self, request: Request<{request}>) -> Result<Response<{answer}>, Status> {{"
    );
    let changes = if matches!(method.call, Call::List { .. }) { "mut " } else { "" };
    line!(out, "        let (call, {changes}message) = ::record::open(request, {:?})?;", method.path());
    let marker = identifier(&resource.plural());
    let spec = spec_name(&resource.name);
    let field = field_name(&method.answer);
    let one = format!("|found| {answer} {{ {field}: ::record::into_typed::<{marker}>(found) }}");
    let many = format!("|found| {answer} {{ {field}: typed_all::<{marker}>(found) }}");
    let wrap = match &method.call {
        Call::Own => "|found| found".to_owned(),
        Call::BatchGet | Call::BatchCreate => many,
        Call::List { .. } => format!(
            "|found| {answer} {{ {field}: typed_all::<{marker}>(found.records), next_page_token: found.next_page_token }}"
        ),
        _ => one,
    };
    body(out, resource, method, &marker, &spec);
    line!(out, "        ::record::reply(&call, answer, {wrap})");
    line!(out, "    }}");
}

/// `let answer = …;`
fn body(out: &mut String, resource: &Resource, method: &Method, marker: &str, spec: &str) {
    let one = field_name(&resource.name.to_snake_case());
    let many = field_name(&resource.collection.to_snake_case());
    let reads = "as_of: message.as_of, known_at: message.known_at, reveal: message.reveal";
    let writes = "request_id: message.request_id, validate_only: message.validate_only";
    match &method.call {
        Call::Get => ask(out, "get", spec, &format!("::record::Get {{ name: message.name, {reads} }}")),
        Call::BatchGet => {
            ask(out, "batch_get", spec, &format!("::record::BatchGet {{ names: message.names, {reads} }}"));
        }
        Call::List { state, filters } => list(out, method, spec, *state, filters),
        Call::Create => {
            digest(out);
            let record = format!("record: message.{one}.map(erased::<{marker}>)");
            ask(out, "create", spec, &format!("::record::Create {{ {writes}, {record}, digest }}"));
        }
        Call::BatchCreate => {
            digest(out);
            let records = format!("records: message.{many}.into_iter().map(erased::<{marker}>).collect()");
            ask(
                out,
                "batch_create",
                spec,
                &format!("::record::BatchCreate {{ {writes}, {records}, digest }}"),
            );
        }
        Call::Update => {
            digest(out);
            let record = format!("record: message.{one}.map(erased::<{marker}>)");
            let change = "mask: message.update_mask.map(|mask| mask.paths), change: message.change";
            ask(out, "update", spec, &format!("::record::Update {{ {writes}, {record}, {change}, digest }}"));
        }
        Call::Withdraw => {
            digest(out);
            let which = "name: message.name, etag: message.etag, reason: message.reason";
            ask(out, "withdraw", spec, &format!("::record::Withdraw {{ {writes}, {which}, digest }}"));
        }
        Call::End { day, own } => {
            digest(out);
            end(out, method, spec, (writes, day), own);
        }
        Call::Act { verb } => {
            digest(out);
            act(out, method, verb);
            slice(out, resource, method, marker);
        }
        Call::Step { verb } => {
            digest(out);
            act(out, method, verb);
            step(out, method, spec);
        }
        Call::Own => line!(
            out,
            "        let answer = <{marker} as {}Handlers>::{}(&self.0, &call, message).await;",
            resource.name,
            field_name(&method.name)
        ),
    }
}

fn end(out: &mut String, method: &Method, spec: &str, (writes, day): (&str, &str), own: &[(String, usize)]) {
    let note = optional(method, "note", "message.note");
    let own: Vec<String> = own
        .iter()
        .map(|(field, leaf)| format!("({leaf}, Scalar::read(&message.{}))", field_name(field)))
        .collect();
    let which = "name: message.name, etag: message.etag";
    let said = format!("occurred_on: message.{day}, note: {note}, own: vec![{}]", own.join(", "));
    ask(out, "end", spec, &format!("::record::End {{ {writes}, {which}, {said}, digest }}"));
}

fn step(out: &mut String, method: &Method, spec: &str) {
    let decided_by = optional(method, "decided_by", "message.decided_by");
    let document_no = optional(method, "document_no", "message.document_no");
    line!(out, "        let answer = self.0.step(&call, &{spec}, act, {decided_by}, {document_no}).await;");
}

fn ask(out: &mut String, verb: &str, spec: &str, asked: &str) {
    line!(out, "        let answer = self.0.{verb}(&call, &{spec}, {asked}).await;");
}

fn digest(out: &mut String) {
    line!(out, "        let digest = ::prost::Message::encode_to_vec(&message);");
}

fn optional<'t>(method: &Method, field: &str, taken: &'t str) -> &'t str {
    if method.asks(field) { taken } else { "String::new()" }
}

fn list(out: &mut String, method: &Method, spec: &str, state: bool, filters: &[(String, usize)]) {
    line!(out, "        let page_token = std::mem::take(&mut message.page_token);");
    line!(out, "        let page_size = std::mem::take(&mut message.page_size);");
    line!(out, "        let query = ::prost::Message::encode_to_vec(&message);");
    if filters.is_empty() {
        line!(out, "        let filters = Vec::new();");
    } else {
        line!(out, "        let mut filters = vec![");
        for (field, leaf) in filters {
            line!(out, "            ({leaf}, Scalar::read(&message.{})),", field_name(field));
        }
        line!(out, "        ];");
        line!(out, "        filters.retain(|(_, value)| !value.is_null());");
    }
    let optional_state =
        method.descriptor.input().get_field_by_name("state").is_some_and(|field| field.supports_presence());
    let state = match (state, optional_state) {
        (false, _) => "None",
        (true, false) => "Some(message.state).filter(|state| *state != 0)",
        (true, true) => "message.state.filter(|state| *state != 0)",
    };
    let asked = format!(
        "::record::List {{ area: message.area, as_of: message.as_of, known_at: message.known_at, page_size, page_token, \
         order_by: message.order_by, reveal: message.reveal, state: {state}, filters, query }}"
    );
    ask(out, "list", spec, &asked);
}

fn act(out: &mut String, method: &Method, verb: &str) {
    // The slice reads the whole request, so only copies leave it.
    let take = |field: &str| {
        let copied = format!("message.{field}.clone()");
        if method.asks(field) { copied } else { "String::new()".to_owned() }
    };
    line!(out, "        let act = ::record::Act {{");
    line!(out, "            request_id: {}, validate_only: message.validate_only,", take("request_id"));
    line!(out, "            name: {}, etag: {}, verb: {verb:?},", take("name"), take("etag"));
    line!(out, "            occurred_on: {}, note: {}, digest,", take("occurred_on"), take("note"));
    line!(out, "        }};");
}

fn slice(out: &mut String, resource: &Resource, method: &Method, marker: &str) {
    let spec = spec_name(&resource.name);
    line!(
        out,
        "        let slice = Box::new(move |record: &mut dyn AnyRecord, context: &::record::ActContext, \
         violations: &mut ::kernel::failure::Violations| {{"
    );
    line!(out, "            if let Some(record) = ::record::typed_mut::<{marker}>(record) {{");
    line!(
        out,
        "                <{marker} as {}Verbs>::{}(record, &message, context, violations);",
        resource.name,
        field_name(&method.name)
    );
    line!(out, "            }}\n        }});");
    line!(out, "        let answer = self.0.act(&call, &{spec}, act, slice).await;");
}
