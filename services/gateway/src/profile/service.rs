//! The RPC of `HouseholdProfileService`.

use proto::xiuhua::gateway::v1::household_profile_service_server::HouseholdProfileService;
use proto::xiuhua::gateway::v1::{GetHouseholdProfileRequest, GetHouseholdProfileResponse};
use runtime::context::Context;
use tonic::{Request, Response, Status};

use super::asked::Asked;
use super::compose::compose;
use crate::Gateway;

#[tonic::async_trait]
impl HouseholdProfileService for Gateway {
    async fn get_household_profile(
        &self,
        request: Request<GetHouseholdProfileRequest>,
    ) -> Result<Response<GetHouseholdProfileResponse>, Status> {
        let context = Context::of(&request);
        let refused = |failure| context.status(&failure);
        let asked = Asked::of(request.into_inner(), self.clock().today()).map_err(refused)?;
        let profile = compose(self, &asked, &context).await.map_err(refused)?;
        Ok(Response::new(GetHouseholdProfileResponse { profile: Some(profile) }))
    }
}
