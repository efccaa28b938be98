//! Decodes and encodes messages, as protobuf and as JSON (`docs/BEHAVIOUR.md`, Bodies).

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor};

use super::{
    decode_error::DecodeError, format::Format, json, memory, protobuf,
    unknown_fields::UnknownFields,
};

/// Up to this capacity, a copy of a buffer's bytes costs less than to give back what it has to spare.
const SHORT: usize = 1 << 10;

/// A message, decoded as far as possible.
pub(crate) struct Decoded {
    pub(crate) message: DynamicMessage,
    /// What stopped the decoding, if it did not reach the end.
    pub(crate) error: Option<DecodeError>,
    /// What was skipped.
    pub(crate) unknown: UnknownFields,
}

impl Format {
    /// Decodes a body up to the first error in it.
    pub(crate) fn decode(self, message: &MessageDescriptor, body: &Bytes) -> Decoded {
        self.decoded(message, body, |message, unknown| match self {
            Self::Protobuf => protobuf::read(message, body, unknown),
            Self::Json => json::read(message, body, unknown),
        })
    }

    fn decoded(
        self,
        descriptor: &MessageDescriptor,
        bytes: &[u8],
        read: impl FnOnce(&mut DynamicMessage, &mut UnknownFields) -> Result<(), DecodeError>,
    ) -> Decoded {
        let mut message = DynamicMessage::new(descriptor.clone());
        let mut unknown = UnknownFields::default();
        let read = match memory::needs_too_much_memory(self, descriptor, bytes) {
            true => Err(DecodeError::new("it holds too many values")),
            false => read(&mut message, &mut unknown),
        };
        Decoded { message, error: read.err(), unknown }
    }

    /// The answer of a method that the protocol does not have.
    pub(crate) fn empty(self) -> Bytes {
        match self {
            Self::Protobuf => Bytes::new(),
            Self::Json => Bytes::from_static(b"{}"),
        }
    }

    /// Appends a field that no schema has, a string, to an encoded message.
    pub(crate) fn with_future_field(self, body: &[u8]) -> Bytes {
        const NUMBER: u32 = 18_000;
        const TEXT: &str = "from the future";
        let mut extended = body.to_vec();
        match self {
            Self::Protobuf => {
                prost::encoding::string::encode(NUMBER, &TEXT.to_owned(), &mut extended);
            }
            Self::Json => {
                extended.pop();
                let comma = if extended.len() > 1 { "," } else { "" };
                extended.extend(format!("{comma}\"futureField\":\"{TEXT}\"}}").into_bytes());
            }
        }
        extended.into()
    }

    /// Encodes a message. `capacity` is a guess of its length: a large buffer that has to grow would
    /// need its memory twice.
    pub(crate) fn encode(self, message: &DynamicMessage, capacity: usize) -> Bytes {
        let mut bytes = Vec::with_capacity(capacity.max(256));
        match self {
            // `encode_to_vec` would visit every field twice: for the length and for the bytes.
            Self::Protobuf => message.encode_raw(&mut bytes),
            // A message that was decoded or populated always has a JSON form.
            Self::Json => {
                let _ = serde_json::to_writer(&mut bytes, &json::Protojson(message));
            }
        }
        if bytes.capacity() <= SHORT {
            return Bytes::copy_from_slice(&bytes);
        }
        // With spare capacity, `Bytes` would need an allocation to remember it.
        bytes.shrink_to_fit();
        bytes.into()
    }
}

/// Decodes protojson that must be right to its end.
///
/// # Errors
/// The text is not the message.
pub(crate) fn from_json(message: &MessageDescriptor, text: &[u8]) -> Result<Decoded, String> {
    let read = |message: &mut _, unknown: &mut _| json::read(message, text, unknown);
    let decoded = Format::Json.decoded(message, text, read);
    match decoded.error {
        Some(error) => Err(error.to_string()),
        None => Ok(decoded),
    }
}
