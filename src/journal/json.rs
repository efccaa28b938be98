//! A call as JSON (`docs/BEHAVIOUR.md`, What happened). Here, what was kept as bytes is decoded.

use std::time::Duration;

use bytes::Bytes;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::{
    call::{Call, Caller},
    entry::Encoding,
    message::{CallMessage, Carrier, Message, Messages, Side},
    redact::Secrets,
};
use crate::{
    auth::Grants,
    protocol::{Format, json::Protojson, signal::MESSAGES},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    seq: u64,
    time: String,
    kind: &'static str,
    region: usize,
    http: &'static str,
    tls: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Sources::is_empty")]
    control_from: Sources,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<ShownCaller>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_format: Option<&'static str>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wait_ms: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: Option<u128>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<ShownMessage>>,
    #[serde(skip_serializing_if = "is_zero")]
    messages_lost: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<ShownMedia>,
    #[serde(skip_serializing_if = "Option::is_none")]
    close: Option<ShownClose<'a>>,
}

/// The fields of a control, each with where it came from.
struct Sources(Vec<(&'static str, &'static str)>);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownCaller {
    #[serde(skip_serializing_if = "String::is_empty")]
    identity: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<String>,
    grants: Grants,
}

#[derive(Serialize)]
struct ShownMessage {
    at: u128,
    from: &'static str,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct ShownMedia {
    packets: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct ShownClose<'a> {
    by: &'static str,
    how: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
}

impl Call {
    /// The call as the JSON of `GET /_mock/calls`, without any secret.
    pub fn json(&self) -> String {
        // Strings, numbers and checked JSON always serialize.
        let json = serde_json::to_string(&self.shown()).unwrap_or_default();
        // Whatever field somebody adds, a token in it is not shown.
        self.reader.secrets.without_forms(&json)
    }

    /// What was said on a signalling connection: the first 200 messages.
    pub fn messages(&self) -> Vec<CallMessage> {
        let kept = self.entry.messages.iter().flat_map(|messages| &messages.kept);
        let message = |message: &Message| {
            let (kind, json) = message.shown(&self.reader.secrets);
            CallMessage {
                at: message.at,
                from: message.from,
                kind,
                json: json.map_or(String::new(), |json| json.get().into()),
            }
        };
        kept.map(message).collect()
    }

    fn shown(&self) -> Shown<'_> {
        let (entry, secrets) = (&*self.entry, &self.reader.secrets);
        let decided = &entry.decided;
        let request = Some(&entry.request).filter(|request| request.length > 0);
        let messages = entry.messages.as_deref();
        Shown {
            seq: entry.seq,
            time: timestamp(entry.time),
            kind: entry.kind.name(),
            region: entry.region,
            http: entry.http.name(),
            tls: entry.http.tls,
            method: self.method(),
            path: entry.texts.path(),
            call: entry.texts.call(),
            attempt: entry.asked.attempt,
            key: self.key(),
            control: self.control().and_then(|control| secrets.json(&control.whole_json())),
            control_from: Sources(self.control_sources().collect()),
            caller: self.caller().map(ShownCaller::of),
            request: request
                .and_then(|body| shown(entry.body()?, body.encoding, self.input(), secrets)),
            request_bytes: request.map(|body| body.length),
            request_format: request.and_then(|body| body.encoding.name()),
            outcome: decided.outcome.name(),
            status: decided.status,
            response: decided.response.as_ref().and_then(|body| {
                shown(body.bytes.as_deref()?, body.encoding, self.output(), secrets)
            }),
            response_bytes: decided.response.as_ref().map(|body| body.length),
            wait_ms: Some(decided.wait.as_millis()).filter(|wait| *wait > 0),
            took_ms: entry.took.map(|took| took.as_millis()),
            warnings: decided.warnings.iter().collect(),
            messages: messages.map(|messages| shown_messages(messages, secrets)),
            messages_lost: messages.map_or(0, |messages| messages.lost),
            media: messages.and_then(ShownMedia::of),
            close: messages.and_then(|messages| messages.close.as_ref()).map(|close| ShownClose {
                by: close.by.name(),
                how: close.how,
                code: close.code,
                reason: &close.reason,
            }),
        }
    }
}

/// A moment since 1970, as RFC 3339 has it, to the millisecond.
fn timestamp(time: Duration) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    let nanos = i32::try_from(time.subsec_millis() * 1_000_000).unwrap_or(0);
    prost_types::Timestamp { seconds, nanos }.to_string()
}

/// A body as JSON: a message as protojson, a text as a string.
fn shown(
    bytes: &[u8],
    encoding: Encoding,
    message: Option<&MessageDescriptor>,
    secrets: &Secrets,
) -> Option<Box<RawValue>> {
    if bytes.is_empty() {
        return None;
    }
    let format = match encoding {
        Encoding::Text => {
            return serde_json::value::to_raw_value(&String::from_utf8_lossy(bytes)).ok();
        }
        Encoding::Json => Format::Json,
        Encoding::Protobuf => Format::Protobuf,
    };
    if let Some(message) = message {
        return protojson(&format.decode(message, &Bytes::copy_from_slice(bytes)).message, secrets);
    }
    match format {
        Format::Json => secrets.json(std::str::from_utf8(bytes).ok()?),
        Format::Protobuf => None,
    }
}

fn protojson(message: &DynamicMessage, secrets: &Secrets) -> Option<Box<RawValue>> {
    secrets.json(&serde_json::to_string(&Protojson(message)).ok()?)
}

fn shown_messages(messages: &Messages, secrets: &Secrets) -> Vec<ShownMessage> {
    messages.kept.iter().map(|message| ShownMessage::of(message, secrets)).collect()
}

impl ShownMessage {
    fn of(message: &Message, secrets: &Secrets) -> Self {
        let at = message.at.as_millis();
        let (kind, shown) = message.shown(secrets);
        Self { at, from: message.from.name(), kind, message: shown }
    }
}

impl Message {
    /// What it is, and its content.
    fn shown(&self, secrets: &Secrets) -> (String, Option<Box<RawValue>>) {
        match (self.carrier, self.from) {
            (Carrier::Data, _) => data_packet(&self.bytes, secrets),
            (Carrier::Signalling, Side::Client) => {
                signal_message(&MESSAGES.request, &self.bytes, secrets)
            }
            (Carrier::Signalling, Side::Server) => {
                signal_message(&MESSAGES.response, &self.bytes, secrets)
            }
        }
    }
}

/// What a message of the signalling is, by the name of its field, and its content.
fn signal_message(
    descriptor: &MessageDescriptor,
    bytes: &Bytes,
    secrets: &Secrets,
) -> (String, Option<Box<RawValue>>) {
    let decoded = Format::Protobuf.decode(descriptor, bytes);
    let Some((field, _)) = decoded.message.fields().next().filter(|_| decoded.error.is_none())
    else {
        return ("unknown".to_owned(), None);
    };
    let whole = protojson(&decoded.message, secrets);
    (field.name().to_owned(), whole.and_then(|whole| only_member(&whole)))
}

fn data_packet(bytes: &Bytes, secrets: &Secrets) -> (String, Option<Box<RawValue>>) {
    let decoded = Format::Protobuf.decode(&MESSAGES.data_packet, bytes);
    let shown = protojson(&decoded.message, secrets).filter(|_| decoded.error.is_none());
    ("data".to_owned(), shown)
}

/// The value of the only member of an object.
fn only_member(object: &RawValue) -> Option<Box<RawValue>> {
    let (_, value) = object.get().split_once(':')?;
    RawValue::from_string(value.strip_suffix('}')?.to_owned()).ok()
}

impl ShownMedia {
    /// `None` if none has come.
    fn of(messages: &Messages) -> Option<Self> {
        let (packets, bytes) = messages.media.as_ref()?.total();
        (packets > 0).then_some(Self { packets, bytes })
    }
}

impl ShownCaller {
    fn of(caller: Caller) -> Self {
        let Caller { identity, name, api_key, grants } = caller;
        Self { identity, name, api_key, grants }
    }
}

impl Sources {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Sources {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

impl Encoding {
    fn name(self) -> Option<&'static str> {
        match self {
            Self::Text => None,
            Self::Json => Some("json"),
            Self::Protobuf => Some("protobuf"),
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde asks.
fn is_zero(count: &usize) -> bool {
    *count == 0
}
