//! Reads a message from protobuf, field by field, so that everything before an error is kept.

use bytes::Bytes;
use prost::{
    Message as _,
    encoding::{WireType, decode_varint},
};
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value,
};

use super::{
    decode_error::DecodeError,
    unknown_fields::{Mismatch, UnknownFields},
};

/// How deep messages may be nested, as in the library.
const MAX_DEPTH: usize = 100;
/// How deep groups may be nested, as in the reference.
const MAX_GROUPS: usize = 10_001;
/// The largest number that a field can have.
const MAX_NUMBER: u64 = (1 << 29) - 1;

/// Reads the bytes into the message, which must be empty. What was read before an error is kept in it.
pub(crate) fn read(
    message: &mut DynamicMessage,
    bytes: &Bytes,
    unknown: &mut UnknownFields,
) -> Result<(), DecodeError> {
    // Nearly every body is valid, and the library is faster.
    match DynamicMessage::decode(message.descriptor(), bytes.clone()) {
        Ok(decoded) => {
            add_unknown_fields(&decoded, unknown);
            *message = decoded;
            Ok(())
        }
        Err(_) => read_fields(message, bytes, unknown, MAX_DEPTH),
    }
}

fn add_unknown_fields(message: &DynamicMessage, unknown: &mut UnknownFields) {
    for field in message.unknown_fields() {
        unknown.add(&field.number().to_string(), || Mismatch::Field(String::new()));
    }
    for (field, value) in message.fields() {
        let mark = unknown.mark();
        match value {
            Value::Message(inner) => add_unknown_fields(inner, unknown),
            Value::List(elements) => {
                elements
                    .iter()
                    .filter_map(Value::as_message)
                    .for_each(|inner| add_unknown_fields(inner, unknown));
            }
            Value::Map(entries) => {
                entries
                    .values()
                    .filter_map(Value::as_message)
                    .for_each(|inner| add_unknown_fields(inner, unknown));
            }
            _ => continue,
        }
        unknown.within(mark, field.json_name());
    }
}

// === Reading field by field ===

/// An encoded field.
struct Field<'a> {
    number: u32,
    wire_type: WireType,
    /// Key, length and value.
    whole: &'a [u8],
    /// The value alone.
    value: &'a [u8],
}

pub(super) fn read_fields(
    message: &mut DynamicMessage,
    mut bytes: &[u8],
    unknown: &mut UnknownFields,
    depth: usize,
) -> Result<(), DecodeError> {
    if depth == 0 {
        return Err(DecodeError::new(format!("is nested deeper than {MAX_DEPTH} messages")));
    }
    let descriptor = message.descriptor();
    while !bytes.is_empty() {
        let field = next_field(&mut bytes).map_err(|error| named(error, &descriptor))?;
        match descriptor.get_field(field.number) {
            Some(known) if fits(&known, field.wire_type) => {
                let mark = unknown.mark();
                let read = read_field(message, &known, &field, unknown, depth);
                unknown.within(mark, known.json_name());
                read.map_err(|error| error.within(known.json_name()))?;
            }
            Some(known) => unknown.add(known.json_name(), || Mismatch::WireType),
            None => unknown.add(&field.number.to_string(), || Mismatch::Field(String::new())),
        }
    }
    Ok(())
}

fn read_field(
    message: &mut DynamicMessage,
    known: &FieldDescriptor,
    field: &Field<'_>,
    unknown: &mut UnknownFields,
    depth: usize,
) -> Result<(), DecodeError> {
    match known.kind() {
        Kind::Message(entry) if known.is_map() => {
            let entry = element(entry, field, unknown, depth)?;
            let key = entry.get_field(&entry.descriptor().map_entry_key_field()).into_owned();
            let value = entry.get_field(&entry.descriptor().map_entry_value_field()).into_owned();
            let entries = message.get_field_mut(known).as_map_mut();
            if let (Some(entries), Some(key)) = (entries, key.into_map_key()) {
                entries.insert(key, value);
            }
            Ok(())
        }
        Kind::Message(inner) if known.is_list() => {
            let inner = element(inner, field, unknown, depth)?;
            if let Some(list) = message.get_field_mut(known).as_list_mut() {
                list.push(Value::Message(inner));
            }
            Ok(())
        }
        Kind::Message(_) => read_message(message, known, field, unknown, depth),
        _ => read_scalar(message, known, field),
    }
}

/// Reads a message into a field. A message that is given again is merged with the first. If it has an
/// error, the part before the error is kept. But a oneof in which the field was not set stays as it was,
/// as in the reference.
fn read_message(
    message: &mut DynamicMessage,
    known: &FieldDescriptor,
    field: &Field<'_>,
    unknown: &mut UnknownFields,
    depth: usize,
) -> Result<(), DecodeError> {
    let in_oneof = known.containing_oneof().is_some_and(|oneof| !oneof.is_synthetic());
    let is_new = !message.has_field(known);
    let mut inner = message.get_field(known).into_owned();
    let read = inner
        .as_message_mut()
        .map_or(Ok(()), |inner| read_fields(inner, field.value, unknown, depth - 1));
    if read.is_ok() || !(in_oneof && is_new) {
        message.set_field(known, inner);
    }
    read
}

fn element(
    descriptor: MessageDescriptor,
    field: &Field<'_>,
    unknown: &mut UnknownFields,
    depth: usize,
) -> Result<DynamicMessage, DecodeError> {
    let mut element = DynamicMessage::new(descriptor);
    read_fields(&mut element, field.value, unknown, depth - 1)?;
    Ok(element)
}

/// Reads a scalar by the library, into a separate message: if a string is not UTF-8, the library
/// would also clear what the field held before.
fn read_scalar(
    message: &mut DynamicMessage,
    known: &FieldDescriptor,
    field: &Field<'_>,
) -> Result<(), DecodeError> {
    let mut alone = DynamicMessage::new(message.descriptor());
    alone.merge(field.whole).map_err(|_| DecodeError::new(problem(&known.kind())))?;
    let value = alone.get_field(known).into_owned();
    match (value, message.get_field_mut(known)) {
        (Value::List(more), Value::List(list)) => list.extend(more),
        (value, place) => *place = value,
    }
    Ok(())
}

fn problem(kind: &Kind) -> &'static str {
    match kind {
        Kind::String => "is not UTF-8",
        _ => "holds a broken number",
    }
}

/// Whether the field may have this wire type. Numbers in a list may be packed.
fn fits(field: &FieldDescriptor, given: WireType) -> bool {
    let own = match field.kind() {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => WireType::SixtyFourBit,
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => WireType::ThirtyTwoBit,
        Kind::String | Kind::Bytes | Kind::Message(_) => WireType::LengthDelimited,
        _ => WireType::Varint,
    };
    given == own || field.is_list() && given == WireType::LengthDelimited
}

/// An error in the key or the length of a field.
#[derive(Clone, Copy)]
struct BrokenField {
    number: Option<u32>,
    problem: &'static str,
}

fn named(BrokenField { number, problem }: BrokenField, message: &MessageDescriptor) -> DecodeError {
    let Some(number) = number else { return DecodeError::new(problem) };
    let field = message.get_field(number);
    let name = field.map_or_else(|| number.to_string(), |field| field.json_name().to_owned());
    DecodeError::new(problem).within(&name)
}

/// Removes the next field from the bytes.
fn next_field<'a>(bytes: &mut &'a [u8]) -> Result<Field<'a>, BrokenField> {
    let start = *bytes;
    let error = |number, problem| BrokenField { number, problem };
    let key =
        decode_varint(bytes).map_err(|_| error(None, "a field's key breaks off or is too long"))?;
    let number = u32::try_from(key >> 3).ok().filter(|_| (1..=MAX_NUMBER).contains(&(key >> 3)));
    let number = number.ok_or(error(None, "a field has a number that no field can have"))?;
    let wire_type = WireType::try_from(key & 7)
        .map_err(|_| error(Some(number), "has a wire type that does not exist"))?;
    let value = take_value(number, wire_type, bytes)
        .ok_or(error(Some(number), "breaks off, or its length is wrong"))?;
    Ok(Field { number, wire_type, whole: &start[..start.len() - bytes.len()], value })
}

/// Removes a value from the bytes, and returns it without its length, if it has one.
fn take_value<'a>(number: u32, wire_type: WireType, bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = match wire_type {
        WireType::Varint => {
            let start = *bytes;
            decode_varint(bytes).ok()?;
            return Some(&start[..start.len() - bytes.len()]);
        }
        WireType::SixtyFourBit => 8,
        WireType::ThirtyTwoBit => 4,
        WireType::LengthDelimited => usize::try_from(decode_varint(bytes).ok()?).ok()?,
        WireType::StartGroup => return take_group(number, bytes),
        WireType::EndGroup => return None,
    };
    let (value, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(value)
}

/// Removes a group from the bytes. Its fields are not read, since no message of the protocol has groups.
fn take_group<'a>(number: u32, bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (start, mut open) = (*bytes, vec![u64::from(number)]);
    while let Some(inner) = open.last().copied() {
        let key = decode_varint(bytes).ok()?;
        let number = u32::try_from(key >> 3).ok().filter(|number| *number > 0)?;
        match WireType::try_from(key & 7).ok()? {
            WireType::StartGroup if open.len() == MAX_GROUPS => return None,
            WireType::StartGroup => open.push(key >> 3),
            WireType::EndGroup if key >> 3 == inner => drop(open.pop()),
            wire_type => drop(take_value(number, wire_type, bytes)?),
        }
    }
    Some(&start[..start.len() - bytes.len()])
}
