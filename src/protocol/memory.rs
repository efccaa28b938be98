//! Estimates, before a body is decoded, how much memory it will need: eight megabytes of empty list
//! elements would need hundreds. The estimate is an upper bound, in bytes.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost_reflect::{Kind, MessageDescriptor};

use super::format::Format;

/// How much memory a decoded body may need, not counting the contents of its strings.
const MAX_MEMORY: usize = 16 << 20;
/// The memory of a number, a string's handle, or an unknown field.
const VALUE: usize = 128;
/// The memory of a message with its tree of fields, or of a map's entry.
const MESSAGE: usize = 1024;
/// How deep the decoder goes.
const MAX_DEPTH: usize = 100;

/// Whether the body must not be decoded, because the message would need too much memory.
pub(crate) fn needs_too_much_memory(
    format: Format,
    message: &MessageDescriptor,
    body: &[u8],
) -> bool {
    // Every value takes at least a byte of the body, and a message takes two.
    if body.len() < MAX_MEMORY / MESSAGE {
        return false;
    }
    let memory = match format {
        Format::Json => json(body),
        Format::Protobuf => protobuf(message, body, MAX_DEPTH),
    };
    memory > MAX_MEMORY
}

fn json(text: &[u8]) -> usize {
    let (mut memory, mut quoted, mut escaped) = (0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => memory += MESSAGE,
            b'[' | b',' if !quoted => memory += VALUE,
            _ => {}
        }
    }
    memory
}

/// Stops where the bytes are not a message, as the decoder will.
fn protobuf(message: &MessageDescriptor, mut bytes: &[u8], depth: usize) -> usize {
    let mut memory = 0;
    while let Ok((number, wire_type)) = decode_key(&mut bytes) {
        memory += VALUE;
        if wire_type != WireType::LengthDelimited {
            let before = bytes.len();
            if skip_field(wire_type, number, &mut bytes, DecodeContext::default()).is_err() {
                break;
            }
            if wire_type == WireType::StartGroup {
                memory += VALUE * (before - bytes.len());
            }
            continue;
        }
        let length = decode_varint(&mut bytes).ok().and_then(|length| usize::try_from(length).ok());
        let Some((value, rest)) = length.and_then(|length| bytes.split_at_checked(length)) else {
            break;
        };
        bytes = rest;
        memory += message.get_field(number).map_or(0, |field| match field.kind() {
            Kind::Message(_) if depth == 0 => 0,
            Kind::Message(inner) => MESSAGE + protobuf(&inner, value, depth - 1),
            Kind::String | Kind::Bytes => 0,
            // Packed numbers, each of at least one byte.
            _ => VALUE * value.len(),
        });
        if memory > MAX_MEMORY {
            break;
        }
    }
    memory
}
