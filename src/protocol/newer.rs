//! What the newest reference's schema has and the package `livekit-protocol` does not yet: facts of the
//! published protocol. A row goes when the package has its field; a test fails until it does.

use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    field_descriptor_proto::{Label, Type},
};

/// A field that a message lacks.
struct Newer {
    message: &'static str,
    field: &'static str,
    number: i32,
    kind: Kind,
}

enum Kind {
    String,
    /// A list of one of the [`MESSAGES`].
    ListOf(&'static str),
}

const PACKAGE: &str = "livekit";

#[rustfmt::skip] // A table.
const FIELDS: [Newer; 3] = [
    Newer { message: "StreamInfo", field: "id", number: 9, kind: Kind::String },
    Newer { message: "StreamOutput", field: "destinations", number: 3, kind: Kind::ListOf("StreamDestination") },
    Newer { message: "UpdateStreamRequest", field: "add_destinations", number: 4, kind: Kind::ListOf("StreamDestination") },
];

/// Messages that are new altogether, with their fields, which are strings.
const MESSAGES: [(&str, &[(&str, i32)]); 1] = [("StreamDestination", &[("id", 1), ("url", 2)])];

/// Adds to a service's descriptors what is newer than they are.
pub(super) fn extend(set: &mut FileDescriptorSet) {
    for file in set.file.iter_mut().filter(|file| file.package() == PACKAGE) {
        for newer in &FIELDS {
            let Some(message) = message(file, newer.message) else { continue };
            message.field.push(newer.descriptor());
            if let Kind::ListOf(name) = newer.kind
                && self::message(file, name).is_none()
            {
                file.message_type.extend(new_message(name));
            }
        }
    }
}

fn message<'f>(file: &'f mut FileDescriptorProto, name: &str) -> Option<&'f mut DescriptorProto> {
    file.message_type.iter_mut().find(|message| message.name() == name)
}

fn new_message(name: &str) -> Option<DescriptorProto> {
    let (_, fields) = MESSAGES.iter().find(|(known, _)| *known == name)?;
    let field = fields.iter().map(|(field, number)| string(field, *number)).collect();
    Some(DescriptorProto { name: Some(name.to_owned()), field, ..Default::default() })
}

fn string(name: &str, number: i32) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(Type::String.into()),
        ..Default::default()
    }
}

impl Newer {
    fn descriptor(&self) -> FieldDescriptorProto {
        let plain = string(self.field, self.number);
        match self.kind {
            Kind::String => plain,
            Kind::ListOf(message) => FieldDescriptorProto {
                label: Some(Label::Repeated.into()),
                r#type: Some(Type::Message.into()),
                type_name: Some(format!(".{PACKAGE}.{message}")),
                ..plain
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use prost_reflect::DescriptorPool;

    use super::*;
    use crate::protocol::descriptors::SERVICES;

    /// A row that the package has by now is to be deleted.
    #[test]
    fn the_package_lacks_each_of_them() {
        let mut known = 0;
        for (_, descriptors) in SERVICES.iter().map(|service| (service.name, service.descriptors)) {
            let pool = DescriptorPool::decode(descriptors).unwrap();
            for Newer { message, field, .. } in &FIELDS {
                let Some(found) = pool.get_message_by_name(&format!("{PACKAGE}.{message}")) else {
                    continue;
                };
                known += 1;
                assert!(
                    found.get_field_by_name(field).is_none(),
                    "delete the row of {message}.{field}"
                );
            }
            for (message, _) in MESSAGES {
                assert!(
                    pool.get_message_by_name(&format!("{PACKAGE}.{message}")).is_none(),
                    "{message}"
                );
            }
        }
        assert!(known >= FIELDS.len(), "a row names a message that no service has");
    }
}
