//! The methods of the API. Everything that is the same for all calls of a method is worked out on the
//! first call to its service.

mod rule;

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use prost_reflect::{FieldDescriptor, MessageDescriptor, MethodDescriptor};

use crate::{
    protocol::{AnswerTemplate, descriptors::Descriptors},
    reference::Reference,
};
use rule::{Dial, Rule};

/// The methods of a set of services.
#[derive(Debug)]
pub(crate) struct Schema {
    descriptors: Descriptors,
    /// In the order of the services.
    methods: Vec<OnceLock<Methods>>,
}

/// A method of the API, with everything that is the same for all of its calls.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) input: MessageDescriptor,
    pub(crate) output: MessageDescriptor,
    pub(crate) rule: &'static Rule,
    pub(crate) answer: AnswerTemplate,
    /// The fields of the request on which grants and latency depend.
    pub(crate) room: Option<FieldDescriptor>,
    pub(crate) destination_room: Option<FieldDescriptor>,
    pub(crate) wait_until_answered: Option<FieldDescriptor>,
}

type Methods = HashMap<String, Method>;

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
        let schema = || Arc::new(Self::new(Descriptors::of(reference)));
        shared.get_or_init(schema).clone()
    }

    fn new(descriptors: Descriptors) -> Self {
        let methods = descriptors.services().iter().map(|_| OnceLock::new()).collect();
        Self { descriptors, methods }
    }

    /// The method with this name, such as `livekit.RoomService/CreateRoom`.
    pub(crate) fn find(&self, call: &str) -> Option<&Method> {
        let (service, method) = call.split_once('/')?;
        let index = self.descriptors.services().iter().position(|known| known.name == service)?;
        self.methods[index].get_or_init(|| self.methods_of(index)).get(method)
    }

    /// The names of all services and their methods.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (&str, &str)> {
        let services = self.descriptors.services().iter();
        services.flat_map(|service| service.methods.iter().map(|method| (service.name, *method)))
    }

    fn methods_of(&self, index: usize) -> Methods {
        let service = self.descriptors.decode(index);
        let method = |method: MethodDescriptor| (method.name().to_owned(), Method::new(&method));
        service.methods().map(method).collect()
    }
}

// === impl Method ===

impl Method {
    /// Whether it dials a SIP callee, so that it can fail with a SIP status.
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
            answer: AnswerTemplate::new(&input, &output, rule.levels),
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
    use crate::protocol::Format;

    #[test]
    fn every_method_of_every_service_has_an_answer() {
        for reference in [Reference::Latest, Reference::August2026] {
            let schema = Schema::of(reference);
            for (service, name) in schema.calls() {
                let method = schema.find(&format!("{service}/{name}")).expect(name);
                let json = method.answer.to(None, Format::Json, 0);
                assert!(json.starts_with(b"{"), "{service}/{name}: {json:?}");
            }
        }
        let schema = Schema::of(Reference::Latest);
        assert!(schema.methods.len() >= 10, "{}", schema.methods.len());
        assert!(schema.calls().count() > 70, "{}", schema.calls().count());
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
