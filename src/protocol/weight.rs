//! How much memory a body takes once it is decoded, before it is: eight megabytes of empty list
//! elements would take hundreds. An estimate from above, in bytes.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost_reflect::{Kind, MessageDescriptor};

use super::format::Format;

/// What a decoded body may take beside the strings that it holds.
const MAX_WEIGHT: usize = 16 << 20;
/// A number, a string's handle, or a field that the message does not know.
const VALUE: usize = 128;
/// A message with its tree of fields, or a map's entry.
const MESSAGE: usize = 1024;
/// As deep as the decoder goes.
const MAX_DEPTH: usize = 100;

/// Whether the body is too heavy to be decoded.
pub(crate) fn too_heavy(format: Format, message: &MessageDescriptor, body: &[u8]) -> bool {
    // Every value takes a byte, and one that is a message takes two.
    if body.len() < MAX_WEIGHT / MESSAGE {
        return false;
    }
    let weight = match format {
        Format::Json => json(body),
        Format::Protobuf => protobuf(message, body, MAX_DEPTH),
    };
    weight > MAX_WEIGHT
}

fn json(text: &[u8]) -> usize {
    let (mut weight, mut quoted, mut escaped) = (0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => weight += MESSAGE,
            b'[' | b',' if !quoted => weight += VALUE,
            _ => {}
        }
    }
    weight
}

/// Stops where the bytes are no message, as the decoder will.
fn protobuf(message: &MessageDescriptor, mut bytes: &[u8], depth: usize) -> usize {
    let mut weight = 0;
    while let Ok((number, wire_type)) = decode_key(&mut bytes) {
        weight += VALUE;
        if wire_type != WireType::LengthDelimited {
            let before = bytes.len();
            if skip_field(wire_type, number, &mut bytes, DecodeContext::default()).is_err() {
                break;
            }
            if wire_type == WireType::StartGroup {
                weight += VALUE * (before - bytes.len());
            }
            continue;
        }
        let length = decode_varint(&mut bytes).ok().and_then(|length| usize::try_from(length).ok());
        let Some((value, rest)) = length.and_then(|length| bytes.split_at_checked(length)) else {
            break;
        };
        bytes = rest;
        weight += message.get_field(number).map_or(0, |field| match field.kind() {
            Kind::Message(_) if depth == 0 => 0,
            Kind::Message(inner) => MESSAGE + protobuf(&inner, value, depth - 1),
            Kind::String | Kind::Bytes => 0,
            // Numbers in a row, each of a byte or more.
            _ => VALUE * value.len(),
        });
        if weight > MAX_WEIGHT {
            break;
        }
    }
    weight
}
