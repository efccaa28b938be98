//! The services of the protocol, each decoded from its descriptors on the first call to it.

use std::{collections::HashMap, sync::LazyLock, sync::OnceLock};

use prost_reflect::{DescriptorPool, FieldDescriptor, MessageDescriptor, MethodDescriptor};

use super::{
    method::{Dial, Rule},
    populate::Answer,
};

include!(concat!(env!("OUT_DIR"), "/services.rs"));

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

static DECODED: LazyLock<Vec<OnceLock<Methods>>> =
    LazyLock::new(|| SERVICES.iter().map(|_| OnceLock::new()).collect());

/// The method that a call names (`livekit.RoomService/CreateRoom`), if the protocol has it.
pub(crate) fn find(call: &str) -> Option<&'static Method> {
    let (service, method) = call.split_once('/')?;
    methods(service)?.get(method)
}

/// The full names of all services, and of all methods of the service that a call names.
pub(crate) fn neighbours(call: &str) -> Vec<String> {
    let service = call.split_once('/').map_or(call, |(service, _)| service);
    match methods(service) {
        Some(methods) => methods.keys().map(|method| format!("{service}/{method}")).collect(),
        None => {
            let method = call.strip_prefix(service).unwrap_or_default();
            SERVICES.iter().map(|(name, _)| format!("{name}{method}")).collect()
        }
    }
}

fn methods(service: &str) -> Option<&'static Methods> {
    let index = SERVICES.iter().position(|(name, _)| *name == service)?;
    Some(DECODED[index].get_or_init(|| decode(SERVICES[index])))
}

fn decode((name, descriptors): (&str, &[u8])) -> Methods {
    let pool = DescriptorPool::decode(descriptors).expect("descriptors that the build has checked");
    let service = pool.get_service_by_name(name).expect("the service that the set was made for");
    service.methods().map(|method| (method.name().to_owned(), Method::new(name, &method))).collect()
}

impl Method {
    /// Whether it dials a SIP callee, so that a SIP status can end it.
    pub(crate) fn dials(&self) -> bool {
        self.rule.dial != Dial::No
    }

    /// Whether it transfers a SIP call.
    pub(crate) fn transfers(&self) -> bool {
        self.rule.dial == Dial::Transfers
    }

    fn new(service: &str, method: &MethodDescriptor) -> Self {
        let (input, output) = (method.input(), method.output());
        Self {
            rule: Rule::of(service, method.name()),
            answer: Answer::new(&input, &output),
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
    fn every_service_decodes_and_every_method_has_an_answer() {
        let mut methods = 0;
        for (service, _) in SERVICES {
            for (name, method) in super::methods(service).unwrap() {
                let json = method.answer.to(None, Format::Json);
                assert!(json.starts_with(b"{"), "{service}/{name}: {json:?}");
                methods += 1;
            }
        }
        assert!(SERVICES.len() >= 10, "{}", SERVICES.len());
        assert!(methods > 70, "{methods}");
    }

    #[test]
    fn finds_whole_names_only() {
        assert!(find("livekit.RoomService/CreateRoom").is_some());
        for call in [
            "livekit.RoomService/createroom",
            "livekit.RoomService/",
            "x",
            "",
            "livekit.RoomService/CreateRoom/x",
        ] {
            assert!(find(call).is_none(), "{call}");
        }
    }
}
