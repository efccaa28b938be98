//! Messages as protobuf and as JSON, and which of the two a request speaks (contract, section 4).

use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_TYPE};
use prost::Message as _;
use prost_reflect::{DeserializeOptions, DynamicMessage, MessageDescriptor};

use super::weight;
use crate::outcome::Content;

/// The encoding of a request, which is its answer's too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Protobuf,
    Json,
}

/// A decoded message and, where something in it was passed over, what.
pub(crate) struct Decoded {
    pub(crate) message: DynamicMessage,
    pub(crate) ignored: Option<String>,
}

impl Format {
    /// JSON if the content type contains `json`, in small letters.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let json = headers
            .get(CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().windows(4).any(|window| window == b"json"));
        if json { Self::Json } else { Self::Protobuf }
    }

    pub(crate) fn content(self) -> Content {
        match self {
            Self::Json => Content::Json,
            Self::Protobuf => Content::Protobuf,
        }
    }

    /// # Errors
    /// Why the bytes are not the message, in the decoder's words.
    pub(crate) fn decode(
        self,
        message: &MessageDescriptor,
        body: &Bytes,
    ) -> Result<Decoded, String> {
        if weight::too_heavy(self, message, body) {
            return Err("it holds too many values".to_owned());
        }
        match self {
            Self::Protobuf => DynamicMessage::decode(message.clone(), body.clone())
                .map(|message| Decoded { message, ignored: None })
                .map_err(|error| error.to_string()),
            Self::Json => from_json(message, body),
        }
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

    pub(crate) fn encode(self, message: &DynamicMessage) -> Bytes {
        match self {
            Self::Protobuf => {
                // `encode_to_vec` would walk the message twice, for its length and for its bytes.
                let mut bytes = Vec::with_capacity(256);
                message.encode_raw(&mut bytes);
                // What is longer than needed would be remembered beside its length.
                bytes.shrink_to_fit();
                bytes.into()
            }
            // A message that was decoded or populated always has a JSON form.
            Self::Json => serde_json::to_vec(message).unwrap_or_default().into(),
        }
    }
}

/// Reads protojson and passes over fields that the message does not have.
///
/// # Errors
/// Why the text is not the message.
pub(crate) fn from_json(message: &MessageDescriptor, json: &[u8]) -> Result<Decoded, String> {
    match read_json(message, json, true) {
        Ok(message) => Ok(Decoded { message, ignored: None }),
        Err(error) => {
            let decoded = read_json(message, json, false).map_err(|error| error.to_string())?;
            Ok(Decoded { message: decoded, ignored: Some(error.to_string()) })
        }
    }
}

fn read_json(
    message: &MessageDescriptor,
    json: &[u8],
    every_field_known: bool,
) -> Result<DynamicMessage, serde_json::Error> {
    let options = DeserializeOptions::new().deny_unknown_fields(every_field_known);
    let mut reader = serde_json::Deserializer::from_slice(json);
    let decoded = DynamicMessage::deserialize_with_options(message.clone(), &mut reader, &options)?;
    reader.end()?;
    Ok(decoded)
}
