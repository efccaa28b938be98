//! The services of the protocol, each decoded from its descriptors on the first call to it.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use prost::Message as _;
use prost_reflect::{DescriptorPool, FieldDescriptor, MessageDescriptor, MethodDescriptor};
use prost_types::FileDescriptorSet;

use super::{
    method::{Dial, Rule},
    newer,
    populate::Answer,
};
use crate::reference::Reference;

/// A service as the build has left it.
pub(super) struct Service {
    pub(super) name: &'static str,
    /// What its methods reach, as a `FileDescriptorSet`.
    pub(super) descriptors: &'static [u8],
    pub(super) methods: &'static [&'static str],
}

include!(concat!(env!("OUT_DIR"), "/services.rs"));

/// The services as one reference has them.
#[derive(Debug)]
pub(crate) struct Schema {
    reference: Reference,
    /// In the order of [`SERVICES`].
    decoded: Vec<OnceLock<Methods>>,
}

/// A method of the API, with all that does not change from call to call.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) input: MessageDescriptor,
    pub(crate) output: MessageDescriptor,
    pub(crate) rule: &'static Rule,
    pub(crate) answer: Answer,
    /// The request's fields that grants and latency depend on.
    pub(crate) room: Option<FieldDescriptor>,
    pub(crate) destination_room: Option<FieldDescriptor>,
    pub(crate) wait_until_answered: Option<FieldDescriptor>,
}

type Methods = HashMap<String, Method>;

/// All services and methods that there are.
pub(crate) fn calls() -> impl Iterator<Item = (&'static str, &'static str)> {
    SERVICES.iter().flat_map(|service| service.methods.iter().map(|method| (service.name, *method)))
}

// === impl Schema ===

impl Schema {
    /// The schema of a reference, which all servers of the process share.
    pub(crate) fn of(reference: Reference) -> Arc<Self> {
        static LATEST: OnceLock<Arc<Schema>> = OnceLock::new();
        static AUGUST: OnceLock<Arc<Schema>> = OnceLock::new();
        let shared = match reference {
            Reference::Latest => &LATEST,
            Reference::August2026 => &AUGUST,
        };
        shared.get_or_init(|| Arc::new(Self::new(reference))).clone()
    }

    fn new(reference: Reference) -> Self {
        Self { reference, decoded: SERVICES.iter().map(|_| OnceLock::new()).collect() }
    }

    /// The method that a call names (`livekit.RoomService/CreateRoom`), if the protocol has it.
    pub(crate) fn find(&self, call: &str) -> Option<&Method> {
        let (service, method) = call.split_once('/')?;
        let index = SERVICES.iter().position(|known| known.name == service)?;
        self.decoded[index].get_or_init(|| decode(&SERVICES[index], self.reference)).get(method)
    }
}

fn decode(service: &Service, reference: Reference) -> Methods {
    let checked = "descriptors that the build has checked";
    let mut set = FileDescriptorSet::decode(service.descriptors).expect(checked);
    if reference == Reference::Latest {
        newer::extend(&mut set);
    }
    let pool = DescriptorPool::from_file_descriptor_set(set).expect(checked);
    let found = pool.get_service_by_name(service.name).expect(checked);
    let method = |method: MethodDescriptor| (method.name().to_owned(), Method::new(&method));
    found.methods().map(method).collect()
}

// === impl Method ===

impl Method {
    /// Whether it dials a SIP callee, so that a SIP status can end it.
    pub(crate) fn dials(&self) -> bool {
        self.rule.dial != Dial::No
    }

    /// Whether it transfers a SIP call.
    pub(crate) fn transfers(&self) -> bool {
        self.rule.dial == Dial::Transfers
    }

    fn new(method: &MethodDescriptor) -> Self {
        let (input, output) = (method.input(), method.output());
        let rule = Rule::of(method.parent_service().full_name(), method.name());
        Self {
            rule,
            answer: Answer::new(&input, &output, rule.levels),
            room: string_field(&input, "room").or_else(|| string_field(&input, "room_name")),
            destination_room: string_field(&input, "destination_room"),
            wait_until_answered: input.get_field_by_name("wait_until_answered"),
            input,
            output,
        }
    }
}

fn string_field(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    let field = message.get_field_by_name(name)?;
    (field.kind() == prost_reflect::Kind::String && !field.is_list()).then_some(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::codec::Format;

    #[test]
    fn every_method_of_every_service_has_an_answer() {
        for reference in [Reference::Latest, Reference::August2026] {
            let schema = Schema::of(reference);
            for (service, name) in calls() {
                let method = schema.find(&format!("{service}/{name}")).expect(name);
                let json = method.answer.to(None, Format::Json, 0);
                assert!(json.starts_with(b"{"), "{service}/{name}: {json:?}");
            }
        }
        assert!(SERVICES.len() >= 10, "{}", SERVICES.len());
        assert!(calls().count() > 70, "{}", calls().count());
    }

    #[test]
    fn finds_whole_names_only() {
        let schema = Schema::of(Reference::Latest);
        assert!(schema.find("livekit.RoomService/CreateRoom").is_some());
        for call in [
            "livekit.RoomService/createroom",
            "livekit.RoomService/",
            "x",
            "",
            "livekit.RoomService/CreateRoom/x",
        ] {
            assert!(schema.find(call).is_none(), "{call}");
        }
    }
}
