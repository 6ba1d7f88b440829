//! The services that every fact-owning service has: which of them a call is for, or what all of them say.
//!
//! Only what names the service is decoded; messages travel as bytes, and answers that are lists are put together by their
//! bytes: repeated fields of one message after the other are one list.

use bytes::Bytes;
use futures::future::join_all;
use futures::{StreamExt, TryStreamExt, stream};
use http::{Request, Response};
use kernel::failure::{Failure, Reason};
use prost::Message;
use prost_reflect::{DynamicMessage, MethodDescriptor, Value};
use proto::common::ListTablesResponse;
use runtime::context::Context;
use tonic::body::Body;
use tonic::server::Grpc;
use tonic::{Code, Status, Streaming};
use tower::service_fn;

use super::directory::{Owner, service_of_id};
use super::latest::{self, Latest};
use super::raw::{self, RawCodec};
use super::{pages, passed_on};
use crate::Gateway;

/// How many names of a batch are looked for at a time.
const AT_A_TIME: usize = 8;

/// Whose answer it is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    /// Of the service whose prefix the identifier at this path has; where there is none, as [`Rule::Found`].
    Id(&'static str),
    /// Of the service that owns the collection of the name at this path.
    Name(&'static str),
    /// Of the first service that does not answer NOT_FOUND.
    Found,
    /// The same for each name of a batch.
    FoundEach,
    /// The tables of all services that answer, and the names of those that do not: a service that is down is no reason
    /// to stop the clerks of the others.
    Tables,
    /// Of the service whose prefix the identifier at this path has; without one of all, page by page.
    Pages(&'static str),
    /// Of all services, the latest first.
    Latest(Latest),
}

/// The rule of an RPC, by `Service/Method`; `None` for those that have a handler of their own.
fn rule(method: &str) -> Option<Rule> {
    Some(match method {
        "TableService/ListTables" => Rule::Tables,
        "TableService/GetTable" | "TableService/ExportRows" => Rule::Id("table"),
        "TableService/ListCodes" => Rule::Id("code_table"),
        "TableService/ImportRows" => Rule::Id("header.table"),
        "TableService/GetImportJob" => Rule::Found,
        "TableService/ListImportErrors" => Rule::Id("table"),
        "TableService/ListImportJobs" => {
            Rule::Latest(Latest { items: "jobs", moment: "opened_at", before: None })
        }
        "AuditService/ListAuditEntries" => {
            Rule::Latest(Latest { items: "entries", moment: "at", before: Some("to") })
        }
        "HistoryService/ListVersions" => Rule::Name("name"),
        "AnnualPlanService/CreateAnnualPlan" => Rule::Id("annual_plan.indicator"),
        "AnnualPlanService/BatchCreateAnnualPlans" => Rule::Id("annual_plans.indicator"),
        "AnnualPlanService/ListAnnualPlans" => Rule::Pages("indicator"),
        "ParameterService/CreateParameter" => Rule::Id("parameter.identifier"),
        "ParameterService/BatchCreateParameters" => Rule::Id("parameters.identifier"),
        "ParameterService/ListParameters" => Rule::Pages("identifier"),
        "AnnualPlanService/GetAnnualPlan"
        | "AnnualPlanService/UpdateAnnualPlan"
        | "AnnualPlanService/WithdrawAnnualPlan"
        | "ParameterService/GetParameter"
        | "ParameterService/UpdateParameter"
        | "ParameterService/WithdrawParameter" => Rule::Found,
        "AnnualPlanService/BatchGetAnnualPlans" | "ParameterService/BatchGetParameters" => Rule::FoundEach,
        _ => return None,
    })
}

/// A call of a common service.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) gateway: Gateway,
    pub(super) context: Context,
    pub(super) method: MethodDescriptor,
    pub(super) path: String,
    rule: Rule,
}

/// Answers a call of a common service.
pub(super) async fn answer(gateway: &Gateway, request: Request<Body>, context: Context) -> Response<Body> {
    let language = context.clone();
    let Some(call) = Call::of(gateway, request.uri().path(), context) else {
        return language.status(&Failure::new(Reason::Unimplemented)).into_http();
    };
    let mut grpc = Grpc::new(RawCodec).max_decoding_message_size(usize::MAX);
    match (call.method.is_client_streaming(), call.method.is_server_streaming()) {
        (true, _) => {
            let streaming = service_fn(move |request: tonic::Request<Streaming<Bytes>>| {
                let call = call.clone();
                async move { call.streaming(request.into_inner()).await.map(tonic::Response::new) }
            });
            grpc.streaming(streaming, request).await
        }
        (false, true) => {
            let streaming = service_fn(move |request: tonic::Request<Bytes>| {
                let call = call.clone();
                async move { call.server_streaming(request.into_inner()).await.map(tonic::Response::new) }
            });
            grpc.server_streaming(streaming, request).await
        }
        (false, false) => {
            let unary = service_fn(move |request: tonic::Request<Bytes>| {
                let call = call.clone();
                async move { call.unary(request.into_inner()).await.map(tonic::Response::new) }
            });
            grpc.unary(unary, request).await
        }
    }
}

impl Call {
    fn of(gateway: &Gateway, path: &str, context: Context) -> Option<Self> {
        let (service, method) = path.strip_prefix('/')?.split_once('/')?;
        let rule = rule(&format!("{}/{method}", service.rsplit('.').next()?))?;
        let descriptor = crate::json::pool().ok()?.get_service_by_name(service)?;
        let method = descriptor.methods().find(|found| found.name() == method)?;
        Some(Self { gateway: gateway.clone(), context, method, path: path.to_owned(), rule })
    }

    pub(super) fn status(&self, failure: &Failure) -> Status {
        self.context.status(failure)
    }

    /// The services that can be called, in a fixed order.
    pub(super) fn services(&self) -> Vec<&'static str> {
        self.gateway.channels().services().collect()
    }

    pub(super) fn request(&self, message: &Bytes) -> Result<DynamicMessage, Status> {
        DynamicMessage::decode(self.method.input(), message.clone())
            .map_err(|error| self.status(&Failure::new(Reason::RequestMalformed).because(error)))
    }

    /// One message to one service, one back.
    pub(super) async fn ask(&self, service: &'static str, message: Bytes) -> Result<Bytes, Status> {
        let outgoing = self.gateway.channels().to(service, &self.context);
        raw::unary(outgoing.map_err(|failure| self.status(&failure))?, &self.path, message).await
    }

    async fn unary(self, message: Bytes) -> Result<Bytes, Status> {
        match self.rule {
            Rule::Id(path) => match service_of_id(&text_at(&self.request(&message)?, path)) {
                Some(service) => self.ask(service, message).await,
                None => self.found(message).await,
            },
            Rule::Name(path) => {
                let name = text_at(&self.request(&message)?, path);
                match self.gateway.directory().owner_of_name(&name) {
                    Some(Owner::Service(service)) => self.ask(service, message).await,
                    // A name of no collection is refused in the words of a service.
                    Some(Owner::Every) | None => self.found(message).await,
                }
            }
            Rule::Found => self.found(message).await,
            Rule::FoundEach => self.found_each(message).await,
            Rule::Tables => self.tables(message).await,
            Rule::Pages(path) => match service_of_id(&text_at(&self.request(&message)?, path)) {
                Some(service) => self.ask(service, message).await,
                None => pages::next(&self, &message).await,
            },
            Rule::Latest(latest) => latest::page(&self, latest, &message).await,
        }
    }

    /// The tables of all services, in the services' order.
    async fn tables(&self, message: Bytes) -> Result<Bytes, Status> {
        let asked = self.services().into_iter().map(|service| {
            let answer = self.ask(service, message.clone());
            async move { (service, answer.await) }
        });
        let (mut answers, mut missing_services, mut unreachable) = (Vec::new(), Vec::new(), None);
        for (service, answer) in join_all(asked).await {
            match answer {
                Ok(tables) => answers.push(tables),
                Err(status) if status.code() == Code::Unavailable => {
                    missing_services.push(service.to_owned());
                    unreachable = Some(status);
                }
                Err(status) => return Err(status),
            }
        }
        match unreachable {
            Some(status) if answers.is_empty() => Err(status),
            _ => {
                let rest = ListTablesResponse { missing_services, ..ListTablesResponse::default() };
                answers.push(rest.encode_to_vec().into());
                Ok(answers.concat().into())
            }
        }
    }

    /// Asks one service after the other until one knows what is asked for. Names are unique in the suite, so that a write
    /// finds its owner and nobody else; a service that is down is an answer only where no other knows better.
    async fn found(&self, message: Bytes) -> Result<Bytes, Status> {
        let mut unknown = None;
        let mut unreachable = None;
        for service in self.services() {
            match self.ask(service, message.clone()).await {
                Err(status) if status.code() == Code::NotFound => {
                    unknown.get_or_insert(status);
                }
                Err(status) if status.code() == Code::Unavailable => {
                    unreachable.get_or_insert(status);
                }
                answer => return answer,
            }
        }
        let none = || self.status(&Failure::new(Reason::ServiceUnavailable).with("service", "registry"));
        Err(unreachable.or(unknown).unwrap_or_else(none))
    }

    /// A batch of names that one service knows, or each by itself.
    async fn found_each(&self, message: Bytes) -> Result<Bytes, Status> {
        let whole = self.found(message.clone()).await;
        let request = self.request(&message)?;
        let names = request.get_field_by_name(NAMES).and_then(|names| names.as_list().map(<[Value]>::to_vec));
        let names = names.unwrap_or_default();
        match whole {
            Err(status) if status.code() == Code::NotFound && names.len() > 1 => {}
            answer => return answer,
        }
        let each = names.into_iter().map(|name| {
            let mut one = request.clone();
            one.set_field_by_name(NAMES, Value::List(vec![name]));
            let message: Bytes = one.encode_to_vec().into();
            async move { self.found(message).await }
        });
        let answers: Vec<Bytes> = stream::iter(each).buffered(AT_A_TIME).try_collect().await?;
        Ok(answers.concat().into())
    }

    /// The service of a stream, by its first message.
    fn service_of_stream(&self, message: &Bytes) -> Result<&'static str, Status> {
        let id = match self.rule {
            Rule::Id(path) => text_at(&self.request(message)?, path),
            _ => String::new(),
        };
        let first = || self.services().first().copied();
        // An identifier without an owner is refused in the words of a service.
        service_of_id(&id).or_else(first).ok_or_else(|| self.status(&Failure::new(Reason::Unimplemented)))
    }

    async fn server_streaming(self, message: Bytes) -> Result<Answers, Status> {
        let service = self.service_of_stream(&message)?;
        let outgoing = self.gateway.channels().to(service, &self.context);
        let outgoing = outgoing.map_err(|failure| self.status(&failure))?;
        Ok(answers(raw::server_streaming(outgoing, &self.path, message).await?))
    }

    /// Reads the first message, and then passes both streams on. Whatever comes later is for the same service.
    async fn streaming(self, mut messages: Streaming<Bytes>) -> Result<Answers, Status> {
        let first = messages.message().await?;
        let first = first.ok_or_else(|| self.status(&Failure::new(Reason::StreamProtocol)))?;
        let service = self.service_of_stream(&first)?;
        let outgoing = self.gateway.channels().to(service, &self.context);
        let outgoing = outgoing.map_err(|failure| self.status(&failure))?;
        // Where the caller's stream breaks off, the service sees it end without its last message.
        let rest = messages.take_while(|message| std::future::ready(message.is_ok()));
        let rest = rest.filter_map(|message| std::future::ready(message.ok()));
        let messages = stream::iter([first]).chain(rest);
        Ok(answers(raw::streaming(outgoing, &self.path, messages).await?))
    }
}

/// Messages of an answer on their way back.
type Answers = futures::stream::BoxStream<'static, Result<Bytes, Status>>;

fn answers(answers: Streaming<Bytes>) -> Answers {
    answers.map_err(|status| passed_on(&status)).boxed()
}

/// Field with the names of a batch.
const NAMES: &str = "names";

/// The text at a path of fields; the first element of a repeated field stands for all. Empty where there is none.
fn text_at(message: &DynamicMessage, path: &str) -> String {
    let (field, rest) = path.split_once('.').unwrap_or((path, ""));
    let value = message.get_field_by_name(field);
    let first = value.as_deref().and_then(|value| match value {
        Value::List(items) => items.first(),
        value => Some(value),
    });
    match first {
        Some(Value::Message(inner)) if !rest.is_empty() => text_at(inner, rest),
        Some(Value::String(text)) if rest.is_empty() => text.clone(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Services with handlers of their own in the gateway.
    const TYPED: [&str; 4] =
        ["ReportingService", "ChangeFeedService", "AccessService", "HouseholdFactsService"];

    #[test]
    fn every_common_rpc_has_a_rule_that_fits_it() {
        let pool = crate::json::pool().unwrap();
        for service in pool.services().filter(|service| service.package_name() == "xiuhua.common.v1") {
            for method in service.methods().filter(|_| !TYPED.contains(&service.name())) {
                let name = format!("{}/{}", service.name(), method.name());
                let rule = rule(&name).unwrap_or_else(|| panic!("{name} has no rule"));
                let paths: &[&str] = match &rule {
                    Rule::Id(path) | Rule::Name(path) | Rule::Pages(path) => &[path],
                    Rule::FoundEach => &[NAMES],
                    Rule::Found | Rule::Tables | Rule::Latest(_) => &[],
                };
                for path in paths {
                    let mut message = Some(method.input());
                    for field in path.split('.') {
                        let found = message
                            .unwrap()
                            .get_field_by_name(field)
                            .unwrap_or_else(|| panic!("{name}: {path}"));
                        message = found.kind().as_message().cloned();
                    }
                }
                if let Rule::Latest(latest) = &rule {
                    let items = method.output().get_field_by_name(latest.items).expect("items");
                    assert!(
                        items.kind().as_message().unwrap().get_field_by_name(latest.moment).is_some(),
                        "{name}"
                    );
                }
                let streams = method.is_client_streaming() || method.is_server_streaming();
                assert!(!streams || matches!(rule, Rule::Id(_)), "{name}");
            }
        }
    }
}
