//! AccessService: what a caller may do and where, and what each RPC needs.

use std::sync::Arc;

use kernel::area::AreaCode;
use proto::common as p;
use runtime::policy::{Access, Policies};
use runtime::roles::Roles;
use tonic::{Request, Response, Status};

use crate::call::{open, reply};
use crate::value::timestamp;

/// The service. It needs no engine, so the gateway serves it as well.
pub struct AccessApi {
    /// The contract's policies.
    pub policies: Arc<Policies>,
    /// Roles and their permissions.
    pub roles: Arc<Roles>,
    /// Only RPCs of services with these prefixes are listed: the ones served here.
    pub packages: Vec<String>,
}

#[tonic::async_trait]
impl p::access_service_server::AccessService for AccessApi {
    async fn get_caller(
        &self,
        request: Request<p::GetCallerRequest>,
    ) -> Result<Response<p::GetCallerResponse>, Status> {
        let (call, _) = open(request, "/xiuhua.common.v1.AccessService/GetCaller")?;
        let caller = call.caller();
        let areas = caller.scope.ranges.iter().map(|(from, _)| {
            AreaCode::from_prefix(from).map_or_else(|| from.clone(), |area| area.to_string())
        });
        let told = p::Caller {
            subject: caller.subject.clone(),
            roles: vec![caller.role.clone()],
            permissions: caller.permissions.iter().cloned().collect(),
            areas: areas.collect(),
            programmes: caller.programmes.iter().flatten().cloned().collect(),
            expires_at: Some(timestamp(caller.token_expires.micros())),
            language: call.context.language.as_str().to_owned(),
            on_behalf_of: caller.on_behalf_of.clone().unwrap_or_default(),
        };
        reply(&call, Ok(told), |caller| p::GetCallerResponse { caller: Some(caller) })
    }

    async fn list_method_policies(
        &self,
        request: Request<p::ListMethodPoliciesRequest>,
    ) -> Result<Response<p::ListMethodPoliciesResponse>, Status> {
        let (call, _) = open(request, "/xiuhua.common.v1.AccessService/ListMethodPolicies")?;
        let policies = self
            .policies
            .all()
            .filter(|method| self.packages.iter().any(|package| method.service.starts_with(package)))
            .map(|method| {
                let (permission, public) = match &method.access {
                    Access::Permission(permission) => (permission.clone(), false),
                    Access::Public => (String::new(), true),
                    Access::Undeclared => (String::new(), false),
                };
                let holds = |role: &str| {
                    self.roles.permissions(role, None).is_ok_and(|held| held.contains(&permission))
                };
                let roles =
                    self.roles.all().map(|(role, _)| role.to_owned()).filter(|role| holds(role)).collect();
                p::MethodPolicy { method: method.label.to_string(), permission, public, roles }
            })
            .collect();
        reply(&call, Ok(policies), |policies| p::ListMethodPoliciesResponse { policies })
    }
}
