//! Which RPC stands behind a method and a path, as the contract's `google.api.http` says it.

use std::collections::HashMap;

use http::Method;
use kernel::failure::Failure;
use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};
use proto::google::api::HttpRule;
use proto::google::api::http_rule::Pattern;

use super::template::{Path, Template};

const HTTP: &str = "google.api.http";

/// What of a request stands in its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body {
    /// Nothing.
    None,
    /// All that the path does not say.
    Whole,
    /// This field; parameters say the rest.
    Field(FieldDescriptor),
}

/// A way to an RPC.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    /// The HTTP method.
    pub(crate) method: Method,
    /// The path.
    pub(crate) template: Template,
    /// The fields that the variables of the path fill, outermost first each.
    pub(crate) bound: Vec<Vec<FieldDescriptor>>,
    /// The RPC.
    pub(crate) rpc: MethodDescriptor,
    /// What stands in the body.
    pub(crate) body: Body,
    /// The field of the answer that is the body of the HTTP answer, if not all of it.
    pub(crate) answered: Option<FieldDescriptor>,
    /// Which of the RPC's ways it is, from 0.
    pub(crate) binding: usize,
}

/// All ways to all RPCs.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    all: Vec<Route>,
    /// By number of segments and verb, those with more literals first.
    shapes: HashMap<(usize, Option<String>), Vec<usize>>,
}

/// What was found for a method and a path.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    /// The way, and the texts of its variables.
    Route(&'a Route, Vec<String>),
    /// The path is there for these methods only.
    Methods(Vec<Method>),
    /// Nothing.
    Nothing,
}

impl Routes {
    /// The routes of a contract.
    ///
    /// # Errors
    /// `INTERNAL` for an option that cannot be understood, or two ways of the same shape.
    pub(crate) fn of(pool: &DescriptorPool) -> Result<Self, Failure> {
        let extension = pool.get_extension_by_name(HTTP);
        let extension = extension.ok_or_else(|| Failure::internal_error(format!("there is no {HTTP}")))?;
        let mut routes = Self::default();
        for rpc in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
            let options = rpc.options();
            if !options.has_extension(&extension) {
                continue;
            }
            let rule = options.get_extension(&extension);
            let rule = rule.as_message().and_then(|rule| rule.transcode_to::<HttpRule>().ok());
            let mut rule =
                rule.ok_or_else(|| Failure::internal_error(format!("{}: no rule", rpc.full_name())))?;
            let further = std::mem::take(&mut rule.additional_bindings);
            for (binding, rule) in std::iter::once(rule).chain(further).enumerate() {
                let route = Route::of(&rpc, &rule, binding);
                let route = route.map_err(|problem| format!("{}: {problem}", rpc.full_name()));
                route.and_then(|route| routes.add(route)).map_err(Failure::internal_error)?;
            }
        }
        Ok(routes)
    }

    /// All of them, in the order of the contract.
    pub(crate) fn all(&self) -> &[Route] {
        &self.all
    }

    fn add(&mut self, route: Route) -> Result<(), String> {
        let (all, template) = (&mut self.all, &route.template);
        let shape = self.shapes.entry((template.segments.len(), template.verb.clone())).or_default();
        let same = |index: &&usize| {
            all.get(**index).is_some_and(|other| {
                other.method == route.method && other.template.segments == template.segments
            })
        };
        if let Some(other) = shape.iter().find(same).and_then(|index| all.get(*index)) {
            return Err(format!(
                "{} and {} have the same path",
                other.rpc.full_name(),
                route.rpc.full_name()
            ));
        }
        shape.push(all.len());
        all.push(route);
        shape.sort_by_key(|index| {
            std::cmp::Reverse(all.get(*index).map_or(0, |route| route.template.literals()))
        });
        Ok(())
    }

    /// What stands behind a method and a path as it stands in a URL.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let Some(path) = Path::parse(path) else { return Found::Nothing };
        let shape = self.shapes.get(&path.shape()).map(Vec::as_slice).unwrap_or_default();
        let mut methods = Vec::new();
        for route in shape.iter().filter_map(|index| self.all.get(*index)) {
            let Some(texts) = route.template.matched(&path) else { continue };
            if route.method == *method {
                return Found::Route(route, texts);
            }
            if !methods.contains(&route.method) {
                methods.push(route.method.clone());
            }
        }
        if methods.is_empty() { Found::Nothing } else { Found::Methods(methods) }
    }
}

impl Route {
    fn of(rpc: &MethodDescriptor, rule: &HttpRule, binding: usize) -> Result<Self, String> {
        let (method, path) = match rule.pattern.as_ref().ok_or("it has no path")? {
            Pattern::Get(path) => (Method::GET, path),
            Pattern::Put(path) => (Method::PUT, path),
            Pattern::Post(path) => (Method::POST, path),
            Pattern::Delete(path) => (Method::DELETE, path),
            Pattern::Patch(path) => (Method::PATCH, path),
            Pattern::Custom(custom) => {
                (custom.kind.parse().map_err(|_| format!("{} is no method", custom.kind))?, &custom.path)
            }
        };
        let field = |message: MessageDescriptor, name: &str| {
            let field = message.get_field_by_name(name);
            field.ok_or_else(|| format!("{} has no field {name}", message.full_name()))
        };
        let template = Template::parse(path)?;
        let bound = template.variables.iter().map(|variable| bound(rpc.input(), &variable.field));
        Ok(Self {
            bound: bound.collect::<Result<_, _>>()?,
            method,
            template,
            rpc: rpc.clone(),
            body: match rule.body.as_str() {
                "" => Body::None,
                "*" => Body::Whole,
                name => Body::Field(field(rpc.input(), name)?),
            },
            answered: match rule.response_body.as_str() {
                "" => None,
                name => Some(field(rpc.output(), name)?),
            },
            binding,
        })
    }
}

/// The fields on the way to the text that a variable fills.
fn bound(mut message: MessageDescriptor, path: &[String]) -> Result<Vec<FieldDescriptor>, String> {
    let mut fields = Vec::new();
    for (index, name) in path.iter().enumerate() {
        let field = message.get_field_by_name(name);
        let field = field.ok_or_else(|| format!("{} has no field {name}", message.full_name()))?;
        match field.kind() {
            Kind::Message(inner) if index + 1 < path.len() && !field.is_list() => message = inner,
            Kind::String if index + 1 == path.len() && !field.is_list() => {}
            _ => return Err(format!("{} cannot stand in a path", field.full_name())),
        }
        fields.push(field);
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: Method, path: &str) -> String {
        let routes = Routes::of(crate::json::pool().unwrap()).unwrap();
        match routes.find(&method, path) {
            Found::Route(route, texts) => format!("{} {}", route.rpc.name(), texts.join(" ")),
            Found::Methods(methods) => format!("{methods:?}"),
            Found::Nothing => "nothing".to_owned(),
        }
    }

    #[test]
    fn the_contracts_paths_lead_to_their_rpcs() {
        assert_eq!(found(Method::GET, "/v1/households/1"), "GetHousehold households/1");
        assert_eq!(found(Method::PATCH, "/v1/households/1"), "UpdateHousehold households/1");
        assert_eq!(found(Method::POST, "/v1/households/1:withdraw"), "WithdrawHousehold households/1");
        assert_eq!(found(Method::POST, "/v1/households:batchGet"), "BatchGetHouseholds ");
        assert_eq!(found(Method::GET, "/v1/households/1:profile"), "GetHouseholdProfile households/1");
        assert_eq!(found(Method::GET, "/v1/householdProfile"), "GetHouseholdProfile ");
        assert_eq!(found(Method::GET, "/v1/importJobs/7/errors"), "ListImportErrors 7");
        assert_eq!(found(Method::PUT, "/v1/households/1"), "[GET, PATCH]");
        for nothing in ["/v1/households/1:nothing", "/v2/households/1", "/", "/v1/households/1/"] {
            assert_eq!(found(Method::GET, nothing), "nothing", "{nothing}");
        }
    }
}
