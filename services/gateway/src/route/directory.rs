//! Who owns what: packages, collections and identifiers by service. All of it follows from the contract and the kernel's
//! table of names.

use std::collections::{BTreeMap, BTreeSet};

use kernel::failure::Failure;
use kernel::name::ResourceName;
use kernel::names;
use prost_reflect::DescriptorPool;

/// The extension that marks a resource.
const RESOURCE: &str = "xiuhua.common.v1.resource";

/// The package whose services every fact-owning service has.
const COMMON: &str = "xiuhua.common.v1";

/// Who owns something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// One service.
    Service(&'static str),
    /// Every fact-owning service has its own.
    Every,
}

/// The owners of collections.
#[derive(Debug, Clone)]
pub(crate) struct Directory {
    collections: BTreeMap<String, Owner>,
}

impl Directory {
    /// Reads the owners from the contract's `resource` options.
    ///
    /// # Errors
    /// `INTERNAL` where the descriptors do not define the option, or a resource's package belongs to no service.
    pub(crate) fn of(pool: &DescriptorPool) -> Result<Self, Failure> {
        let extension = pool
            .get_extension_by_name(RESOURCE)
            .ok_or_else(|| Failure::internal_error(format!("the descriptors do not define {RESOURCE}")))?;
        let mut collections = BTreeMap::new();
        for message in pool.all_messages() {
            let options = message.options();
            if !options.has_extension(&extension) {
                continue;
            }
            let resource = options.get_extension(&extension);
            let collection = resource
                .as_message()
                .and_then(|resource| resource.get_field_by_name("collection")?.as_str().map(str::to_owned));
            let owner = owner_of_package(message.package_name()).ok_or_else(|| {
                Failure::internal_error(format!("{} belongs to no service", message.full_name()))
            })?;
            collections.extend(collection.map(|collection| (collection, owner)));
        }
        Ok(Self { collections })
    }

    /// The owner of a collection (`households`).
    pub(crate) fn owner_of_collection(&self, collection: &str) -> Option<Owner> {
        self.collections.get(collection).copied()
    }

    /// The owner of a record by its name (`households/…`).
    pub(crate) fn owner_of_name(&self, name: &str) -> Option<Owner> {
        self.owner_of_collection(&ResourceName::parse(name)?.collection)
    }

    /// The owner of an RPC by its path (`/xiuhua.registry.v1.HouseholdService/GetHousehold`).
    #[expect(clippy::unused_self, reason = "all owners are asked of the directory")]
    pub(crate) fn owner_of_path(&self, path: &str) -> Option<Owner> {
        let (service, _) = path.strip_prefix('/')?.split_once('/')?;
        let (package, _) = service.rsplit_once('.')?;
        owner_of_package(package).filter(|owner| *owner != Owner::Service(crate::SERVICE))
    }
}

fn owner_of_package(package: &str) -> Option<Owner> {
    if package == COMMON {
        return Some(Owner::Every);
    }
    names::by_package(package).map(|part| Owner::Service(part.service))
}

/// The services that own facts, whether or not they are configured, in the order of their names.
pub(crate) fn fact_services() -> BTreeSet<&'static str> {
    names::PARTS.iter().map(|part| part.service).filter(|service| *service != crate::SERVICE).collect()
}

/// The service that owns an identifier (`housing.renovated`). What belongs to a service as a whole has the service's own
/// name before it (`assistance.annual_plans`).
pub(crate) fn service_of_id(id: &str) -> Option<&'static str> {
    let whole = || {
        let (prefix, _) = id.split_once('.')?;
        names::PARTS.iter().find(|part| part.service.replace('-', "_") == prefix)
    };
    names::by_id(id).or_else(whole).map(|part| part.service).filter(|service| *service != crate::SERVICE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resource_has_an_owner() {
        let directory = Directory::of(crate::json::pool().unwrap()).unwrap();
        for (collection, owner) in [
            ("households", Owner::Service("registry")),
            ("divisions", Owner::Service("registry")),
            ("renovationCases", Owner::Service("assistance")),
            ("temporaryReliefs", Owner::Service("assistance")),
            ("exchangeVisits", Owner::Service("partner-aid")),
            ("parameters", Owner::Every),
            ("annualPlans", Owner::Every),
        ] {
            assert_eq!(directory.owner_of_collection(collection), Some(owner), "{collection}");
        }
        assert_eq!(directory.owner_of_collection("unicorns"), None);
        assert_eq!(directory.owner_of_name("divisions/222405"), Some(Owner::Service("registry")));
    }

    #[test]
    fn the_gateway_owns_no_facts() {
        assert_eq!(Vec::from_iter(fact_services()), ["assistance", "partner-aid", "registry"]);
    }

    #[test]
    fn paths_and_identifiers_name_their_service() {
        let directory = Directory::of(crate::json::pool().unwrap()).unwrap();
        let owner = |path| directory.owner_of_path(path);
        assert_eq!(
            owner("/xiuhua.registry.v1.HouseholdService/GetHousehold"),
            Some(Owner::Service("registry"))
        );
        assert_eq!(
            owner("/xiuhua.assistance.socialsecurity.v1.TemporaryReliefService/ListTemporaryReliefs"),
            Some(Owner::Service("assistance"))
        );
        assert_eq!(owner("/xiuhua.common.v1.TableService/ListTables"), Some(Owner::Every));
        assert_eq!(owner("/xiuhua.gateway.v1.ReportService/GetReport"), None);
        assert_eq!(owner("/other.v1.Service/Call"), None);
        assert_eq!(service_of_id("social_security.temp_relief_amount"), Some("assistance"));
        assert_eq!(service_of_id("assistance.annual_plans"), Some("assistance"));
        assert_eq!(service_of_id("partner_aid.annual_plans"), Some("partner-aid"));
        assert_eq!((service_of_id("gateway.x"), service_of_id("parameters")), (None, None));
    }
}
