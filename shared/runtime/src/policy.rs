//! Which permission an RPC needs, read from the contract's own `access` option.
//!
//! The table is built once from the descriptors. An RPC that declares nothing stays in it as [`Access::Undeclared`]
//! and is refused at run time; an RPC that is not in it does not exist for the shell, whatever the router knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::failure::{Failure, Reason};
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, Value};

/// The extension of `google.protobuf.MethodOptions` that carries the declaration.
const ACCESS_EXTENSION: &str = "xiuhua.common.v1.access";

/// The field of a request that makes a write repeatable.
const REQUEST_ID: &str = "request_id";

/// Services that belong to the shell itself and are open to everyone: health and reflection.
const SHELL_SERVICES: [&[u8]; 3] = [
    tonic_health::pb::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
];

/// What an RPC asks of its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// The caller must hold this permission.
    Permission(String),
    /// Open to callers without a token.
    Public,
    /// The contract says nothing: refused.
    Undeclared,
}

/// One RPC of the contract.
#[derive(Debug, Clone)]
pub struct Method {
    /// The path on the wire: `/xiuhua.registry.v1.HouseholdService/GetHousehold`.
    pub path: String,
    /// Full name of the gRPC service: `xiuhua.registry.v1.HouseholdService`.
    pub service: String,
    /// Name of the RPC: `GetHousehold`.
    pub name: String,
    /// The path without its leading slash, shared: the label of metrics and spans.
    pub label: Arc<str>,
    /// What it asks of its caller.
    pub access: Access,
    /// The request is a stream.
    pub client_streaming: bool,
    /// The answer is a stream.
    pub server_streaming: bool,
    /// A second call has no second effect: it only reads, or its request carries a `request_id`.
    pub repeatable: bool,
    /// Belongs to the shell (health, reflection): never shed, not counted as work.
    pub shell: bool,
}

impl Method {
    /// Whether the request or the answer is a stream.
    #[must_use]
    pub const fn streaming(&self) -> bool {
        self.client_streaming || self.server_streaming
    }

    /// Whether a client may try again: the request is whole in its hands, and a second call has no second effect.
    #[must_use]
    pub const fn may_be_tried_again(&self) -> bool {
        self.repeatable && !self.client_streaming
    }

    fn of(descriptor: &MethodDescriptor, access: Access, shell: bool) -> Self {
        let service = descriptor.parent_service().full_name().to_owned();
        let label = format!("{service}/{}", descriptor.name());
        let reads = matches!(&access, Access::Permission(name) if name.ends_with(".read"));
        Self {
            path: format!("/{label}"),
            service,
            name: descriptor.name().to_owned(),
            label: label.into(),
            access,
            client_streaming: descriptor.is_client_streaming(),
            server_streaming: descriptor.is_server_streaming(),
            repeatable: reads || descriptor.input().get_field_by_name(REQUEST_ID).is_some(),
            shell,
        }
    }
}

/// All RPCs and what they need.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    methods: BTreeMap<String, Arc<Method>>,
}

impl Policies {
    /// The table of the suite's own contract.
    ///
    /// # Errors
    /// `INTERNAL` where the embedded descriptors cannot be read.
    pub fn contract() -> Result<Self, Failure> {
        Self::from_descriptors(proto::FILE_DESCRIPTOR_SET)
    }

    /// The table of an encoded `FileDescriptorSet` that contains the options' own file, with health and reflection.
    ///
    /// # Errors
    /// `INTERNAL` where the bytes are no descriptors or do not define the `access` option.
    pub fn from_descriptors(encoded: &[u8]) -> Result<Self, Failure> {
        let mut policies = Self::default();
        let pool = decode(encoded)?;
        let extension = pool
            .get_extension_by_name(ACCESS_EXTENSION)
            .ok_or_else(|| internal(format!("the descriptors do not define {ACCESS_EXTENSION}")))?;
        for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
            let options = method.options();
            let access = if options.has_extension(&extension) {
                options.get_extension(&extension).as_message().map_or(Access::Undeclared, declared)
            } else {
                Access::Undeclared
            };
            policies.insert(Method::of(&method, access, false));
        }
        for encoded in SHELL_SERVICES {
            for method in
                decode(encoded)?.services().flat_map(|service| service.methods().collect::<Vec<_>>())
            {
                policies.insert(Method::of(&method, Access::Public, true));
            }
        }
        Ok(policies)
    }

    /// The RPC at a path, if the contract has it.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<&Arc<Method>> {
        self.methods.get(path)
    }

    /// All RPCs in the order of their paths.
    pub fn all(&self) -> impl Iterator<Item = &Method> {
        self.methods.values().map(Arc::as_ref)
    }

    /// The permissions that RPCs ask for, each once, in order.
    #[must_use]
    pub fn permissions(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .all()
            .filter_map(|method| match &method.access {
                Access::Permission(name) => Some(name.as_str()),
                Access::Public | Access::Undeclared => None,
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Adds an RPC, or replaces the one at its path. For services outside the contract.
    pub fn insert(&mut self, method: Method) {
        self.methods.insert(method.path.clone(), Arc::new(method));
    }
}

/// Reads the option: a permission wins over `public`, so that a contradiction never opens an RPC.
fn declared(option: &DynamicMessage) -> Access {
    let permission = option.get_field_by_name("permission");
    let public = option.get_field_by_name("public");
    match permission.as_deref().and_then(Value::as_str) {
        Some(name) if !name.is_empty() => Access::Permission(name.to_owned()),
        _ if public.as_deref().and_then(Value::as_bool) == Some(true) => Access::Public,
        _ => Access::Undeclared,
    }
}

fn decode(encoded: &[u8]) -> Result<DescriptorPool, Failure> {
    DescriptorPool::decode(encoded).map_err(internal)
}

fn internal(error: impl std::fmt::Display) -> Failure {
    Failure::new(Reason::Internal).because(error)
}
