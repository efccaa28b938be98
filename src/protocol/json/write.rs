//! Writes a message as protojson. The members are in the order in which the message declares its fields.

use std::{
    borrow::Cow,
    fmt::{Display, LowerExp},
};

use base64::{display::Base64Display, engine::general_purpose::STANDARD};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage as _, Value};
use prost_types::{FieldDescriptorProto, field_descriptor_proto::Type};
use serde::{Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;

/// A message as protojson.
pub(crate) struct Protojson<'a>(pub(crate) &'a DynamicMessage);

/// The value of a field, or an element of it.
struct Element<'a> {
    kind: &'a Kind,
    value: &'a Value,
}

impl Serialize for Protojson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let descriptor = self.0.descriptor();
        if descriptor.full_name().starts_with("google.protobuf.") {
            // Well-known types such as times have JSON forms of their own, which the library knows.
            return self.0.serialize(serializer);
        }
        let declared = &descriptor.descriptor_proto().field;
        let set = self.0.fields().map(|(field, value)| (field, Cow::Borrowed(value)));
        let set = set.chain(minus_zeros(self.0, declared));
        let mut members: Vec<(FieldDescriptor, Kind, Cow<'_, Value>)> = set
            .map(|(field, value)| {
                let kind = field.kind();
                (field, kind, value)
            })
            .collect();
        members.sort_by_key(|(field, ..)| {
            declared.iter().position(|one| one.number().unsigned_abs() == field.number())
        });
        serializer.collect_map(
            members.iter().map(|(field, kind, value)| (field.json_name(), Element { kind, value })),
        )
    }
}

/// The fields that hold a minus zero. The library leaves them out like a zero; the reference does not.
fn minus_zeros<'m>(
    message: &'m DynamicMessage,
    declared: &[FieldDescriptorProto],
) -> impl Iterator<Item = (FieldDescriptor, Cow<'m, Value>)> {
    let floats =
        declared.iter().filter(|field| matches!(field.r#type(), Type::Float | Type::Double));
    floats.filter_map(|field| {
        let field = message.descriptor().get_field(field.number().unsigned_abs())?;
        let value = message.get_field(&field);
        let negative = match *value {
            Value::F32(value) => value.is_sign_negative(),
            Value::F64(value) => value.is_sign_negative(),
            _ => false,
        };
        (negative && !message.has_field(&field)).then_some((field, value))
    })
}

impl Serialize for Element<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.value, self.kind) {
            (Value::List(elements), kind) => {
                serializer.collect_seq(elements.iter().map(|value| Element { kind, value }))
            }
            (Value::Map(entries), Kind::Message(entry)) => {
                let kind = &entry.map_entry_value_field().kind();
                let mut entries: Vec<(&MapKey, &Value)> = entries.iter().collect();
                entries.sort_by_key(|(key, _)| *key);
                let element = |(key, value)| (key_text(key), Element { kind, value });
                serializer.collect_map(entries.into_iter().map(element))
            }
            (Value::Message(message), _) => Protojson(message).serialize(serializer),
            (Value::EnumNumber(number), Kind::Enum(descriptor)) => {
                match descriptor.get_value(*number) {
                    Some(value) => serializer.serialize_str(value.name()),
                    None => serializer.serialize_i32(*number),
                }
            }
            (value, _) => scalar(value, serializer),
        }
    }
}

fn scalar<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Value::Bool(value) => serializer.serialize_bool(*value),
        Value::I32(value) | Value::EnumNumber(value) => serializer.serialize_i32(*value),
        Value::U32(value) => serializer.serialize_u32(*value),
        // Not every reader of JSON can hold 64 bits, so protojson writes a string.
        Value::I64(value) => serializer.collect_str(value),
        Value::U64(value) => serializer.collect_str(value),
        Value::F32(value) => float(f64::from(*value), value, serializer),
        Value::F64(value) => float(*value, value, serializer),
        Value::String(text) => serializer.serialize_str(text),
        Value::Bytes(bytes) => serializer.collect_str(&Base64Display::new(bytes, &STANDARD)),
        Value::Message(_) | Value::List(_) | Value::Map(_) => serializer.serialize_unit(),
    }
}

/// A number as the reference writes it: with an exponent only if it is very large or very small.
/// Infinities and NaN are words. `shown` is the same value in its own precision.
fn float<S: Serializer>(
    value: f64,
    shown: &(impl Display + LowerExp),
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let text = match value {
        f64::INFINITY => return serializer.serialize_str("Infinity"),
        f64::NEG_INFINITY => return serializer.serialize_str("-Infinity"),
        _ if value.is_nan() => return serializer.serialize_str("NaN"),
        _ if value == 0.0 || (1e-6..1e21).contains(&value.abs()) => shown.to_string(),
        _ if value.abs() < 1.0 => format!("{shown:e}"),
        _ => format!("{shown:e}").replace('e', "e+"),
    };
    RawValue::from_string(text).map_err(S::Error::custom)?.serialize(serializer)
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
        MapKey::String(key) => key.clone(),
    }
}
