//! The descriptors of a server's services, which the build script has encoded. They are decoded one
//! service at a time, since a process rarely needs them all.

use prost::Message as _;
use prost_reflect::{DescriptorPool, ServiceDescriptor};
use prost_types::FileDescriptorSet;

use super::newer;
use crate::reference::Reference;

/// A service, as the build script has encoded it.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: &'static str,
    /// The types that its methods use, as an encoded `FileDescriptorSet`.
    pub(crate) descriptors: &'static [u8],
    pub(crate) methods: &'static [&'static str],
}

include!(concat!(env!("OUT_DIR"), "/services.rs"));

/// The services of one server.
#[derive(Debug)]
pub(crate) struct Descriptors {
    services: &'static [Service],
    /// Whether the fields of [`newer`] are added.
    newer: bool,
}

impl Descriptors {
    /// The services of a reference.
    pub(crate) fn of(reference: Reference) -> Self {
        Self { services: SERVICES, newer: reference == Reference::Latest }
    }

    pub(crate) fn services(&self) -> &[Service] {
        self.services
    }

    /// Decodes the service at this index of [`Descriptors::services`].
    pub(crate) fn decode(&self, index: usize) -> ServiceDescriptor {
        let checked = "the build script has checked the descriptors";
        let service = &self.services[index];
        let mut set = FileDescriptorSet::decode(service.descriptors).expect(checked);
        if self.newer {
            newer::extend(&mut set);
        }
        let pool = DescriptorPool::from_file_descriptor_set(set).expect(checked);
        pool.get_service_by_name(service.name).expect(checked)
    }
}
