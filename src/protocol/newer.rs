//! Fields of the published protocol that the newest reference has, and the package `livekit-protocol`
//! lacks. Once the package has one of them, a test fails until its row is deleted.

use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    field_descriptor_proto::{Label, Type},
};

/// A field that a message of the package lacks.
struct NewerField {
    message: &'static str,
    field: &'static str,
    number: i32,
    holds: FieldType,
}

enum FieldType {
    String,
    /// A list of one of the [`MESSAGES`].
    ListOf(&'static str),
}

const PACKAGE: &str = "livekit";

#[rustfmt::skip] // A table.
const FIELDS: [NewerField; 3] = [
    NewerField { message: "StreamInfo", field: "id", number: 9, holds: FieldType::String },
    NewerField { message: "StreamOutput", field: "destinations", number: 3, holds: FieldType::ListOf("StreamDestination") },
    NewerField { message: "UpdateStreamRequest", field: "add_destinations", number: 4, holds: FieldType::ListOf("StreamDestination") },
];

/// Messages that the package lacks altogether. All of their fields are strings.
const MESSAGES: [(&str, &[(&str, i32)]); 1] = [("StreamDestination", &[("id", 1), ("url", 2)])];

/// Adds the fields to the descriptors of a service.
pub(super) fn extend(set: &mut FileDescriptorSet) {
    for file in set.file.iter_mut().filter(|file| file.package() == PACKAGE) {
        for newer in &FIELDS {
            let Some(message) = message(file, newer.message) else { continue };
            message.field.push(newer.descriptor());
            if let FieldType::ListOf(name) = newer.holds
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

impl NewerField {
    fn descriptor(&self) -> FieldDescriptorProto {
        let plain = string(self.field, self.number);
        match self.holds {
            FieldType::String => plain,
            FieldType::ListOf(message) => FieldDescriptorProto {
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

    #[test]
    fn the_package_lacks_each_of_them() {
        let mut known = 0;
        for (_, descriptors) in SERVICES.iter().map(|service| (service.name, service.descriptors)) {
            let pool = DescriptorPool::decode(descriptors).unwrap();
            for NewerField { message, field, .. } in &FIELDS {
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
