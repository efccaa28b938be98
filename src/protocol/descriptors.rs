//! The services that a server has, as the build has left them: decoded one at a time, since a process
//! hardly ever needs them all.

use prost::Message as _;
use prost_reflect::{DescriptorPool, ServiceDescriptor};
use prost_types::FileDescriptorSet;

use super::newer;
use crate::reference::Reference;

/// A service as the build has left it.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: &'static str,
    /// What its methods reach, as a `FileDescriptorSet`.
    pub(crate) descriptors: &'static [u8],
    pub(crate) methods: &'static [&'static str],
}

include!(concat!(env!("OUT_DIR"), "/services.rs"));

/// The services of one server.
#[derive(Debug)]
pub(crate) struct Descriptors {
    services: &'static [Service],
    /// Whether what is newer than the services is added to them.
    newer: bool,
}

impl Descriptors {
    /// The services as a reference has them.
    pub(crate) fn of(reference: Reference) -> Self {
        Self { services: SERVICES, newer: reference == Reference::Latest }
    }

    pub(crate) fn services(&self) -> &[Service] {
        self.services
    }

    /// The service of this place in [`Descriptors::services`].
    pub(crate) fn decode(&self, index: usize) -> ServiceDescriptor {
        let checked = "descriptors that the build has checked";
        let service = &self.services[index];
        let mut set = FileDescriptorSet::decode(service.descriptors).expect(checked);
        if self.newer {
            newer::extend(&mut set);
        }
        let pool = DescriptorPool::from_file_descriptor_set(set).expect(checked);
        pool.get_service_by_name(service.name).expect(checked)
    }
}
