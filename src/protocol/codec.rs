//! Messages as protobuf and as JSON (`docs/BEHAVIOUR.md`, Bodies).

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor};

use super::{
    fault::{Fault, Unknown},
    format::Format,
    json, weight, wire,
};

/// A message as far as it could be read.
pub(crate) struct Decoded {
    pub(crate) message: DynamicMessage,
    /// Where the reading ended too early, and why.
    pub(crate) fault: Option<Fault>,
    /// What was passed over.
    pub(crate) unknown: Unknown,
}

impl Format {
    /// Reads a body up to the first fault in it.
    pub(crate) fn decode(self, message: &MessageDescriptor, body: &Bytes) -> Decoded {
        self.decoded(message, body, |message, unknown| match self {
            Self::Protobuf => wire::read(message, body, unknown),
            Self::Json => json::read(message, body, unknown),
        })
    }

    fn decoded(
        self,
        descriptor: &MessageDescriptor,
        bytes: &[u8],
        read: impl FnOnce(&mut DynamicMessage, &mut Unknown) -> Result<(), Fault>,
    ) -> Decoded {
        let mut message = DynamicMessage::new(descriptor.clone());
        let mut unknown = Unknown::default();
        let read = match weight::too_heavy(self, descriptor, bytes) {
            true => Err(Fault::new("it holds too many values")),
            false => read(&mut message, &mut unknown),
        };
        Decoded { message, fault: read.err(), unknown }
    }

    /// The answer of a method that the protocol does not have.
    pub(crate) fn empty(self) -> Bytes {
        match self {
            Self::Protobuf => Bytes::new(),
            Self::Json => Bytes::from_static(b"{}"),
        }
    }

    /// An encoded message and a field behind it that no schema has: its number, or name, is taken by
    /// none, and its value is a text.
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

    /// Writes a message. `room` is about how long it will be: of what is large, every further growth
    /// would take its memory twice.
    pub(crate) fn encode(self, message: &DynamicMessage, room: usize) -> Bytes {
        let mut bytes = Vec::with_capacity(room.max(256));
        match self {
            // `encode_to_vec` would walk the message twice, for its length and for its bytes.
            Self::Protobuf => message.encode_raw(&mut bytes),
            // A message that was decoded or populated always has a JSON form.
            Self::Json => {
                let _ = serde_json::to_writer(&mut bytes, &json::Protojson(message));
            }
        }
        // What is longer than needed would be remembered beside its length.
        bytes.shrink_to_fit();
        bytes.into()
    }
}

/// Reads protojson whole.
///
/// # Errors
/// Why the text is not the message.
pub(crate) fn from_json(message: &MessageDescriptor, text: &[u8]) -> Result<Decoded, String> {
    let read = |message: &mut _, unknown: &mut _| json::read(message, text, unknown);
    let decoded = Format::Json.decoded(message, text, read);
    match decoded.fault {
        Some(fault) => Err(fault.to_string()),
        None => Ok(decoded),
    }
}
