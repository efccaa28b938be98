//! A call, as somebody reads it.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use prost::Message;
use prost_reflect::MessageDescriptor;

use super::{
    entry::{Brought, Encoding, Entry},
    message::{CallClose, Close},
    outcome::{CallKind, CallOutcome},
    reader::Reader,
};
use crate::{
    auth::{Claims, Grants},
    control::{Control, holds_control},
    protocol::Format,
    schema::Method,
};

/// A call that the server got, as it was when it was read from the journal
/// (`docs/BEHAVIOUR.md`, What happened). [`json`](Self::json) is all of it.
#[derive(Clone)]
pub struct Call {
    pub(super) entry: Arc<Entry>,
    pub(super) reader: Arc<Reader>,
}

/// Who made a call: what its token said, whether or not the token was valid.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// The claim `sub`; empty if there is none.
    pub identity: String,
    /// The claim `name`; empty if there is none.
    pub name: String,
    /// The claim `iss`; none if it is a control.
    pub api_key: Option<String>,
    /// What the token allowed.
    pub grants: Grants,
}

/// Why a request or an answer is not the message that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotDecoded(String);

impl Call {
    pub(crate) fn new(entry: Arc<Entry>, reader: Arc<Reader>) -> Self {
        Self { entry, reader }
    }

    /// Its number, from 1, in the order in which the server decided on calls.
    pub fn seq(&self) -> u64 {
        self.entry.seq
    }

    /// When it came.
    pub fn time(&self) -> SystemTime {
        UNIX_EPOCH + self.entry.time
    }

    /// What it was for.
    pub fn kind(&self) -> CallKind {
        self.entry.kind
    }

    /// The index of the region that got it.
    pub fn region(&self) -> usize {
        self.entry.region
    }

    /// The method of the API, such as `RoomService/CreateRoom`; none for other kinds.
    pub fn method(&self) -> Option<&str> {
        let name = self.entry.method()?;
        Some(name.strip_prefix("livekit.").unwrap_or(name))
    }

    /// The path, without its query.
    pub fn path(&self) -> &str {
        self.entry.texts.path()
    }

    /// The id that all tries of one call share: `X-Livekit-Request-Id`, else the control's `key`.
    pub fn call_id(&self) -> Option<&str> {
        self.entry.texts.call()
    }

    /// Which try of its call this was, from 1, if it has an id.
    pub fn attempt(&self) -> Option<u32> {
        self.entry.asked.attempt
    }

    /// The control's `key`.
    pub fn key(&self) -> Option<&str> {
        self.control()?.key.as_deref()
    }

    /// The control that counted; none if nothing was asked for.
    pub fn control(&self) -> Option<&Control> {
        let own = Some(&self.reader.control).filter(|own| !own.is_empty());
        self.entry.asked.control.as_deref().or(own)
    }

    /// Where a field of the control came from: `X-Lk-Mock`, `X-Lk-Mock-*`, `API key`, `lk.mock` or
    /// `--control`.
    pub fn control_source(&self, field: &str) -> Option<&'static str> {
        self.control_sources().find(|(name, _)| *name == field).map(|(_, source)| source)
    }

    pub(super) fn control_sources(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.control().into_iter().flat_map(|control| self.entry.asked.origins.of(control))
    }

    /// Who made it, if it brought a token.
    pub fn caller(&self) -> Option<Caller> {
        let claims = Claims::decode(self.entry.texts.claims()?)?;
        let api_key = (!holds_control(&claims.iss)).then_some(claims.iss);
        let Claims { sub: identity, name, grants, .. } = claims;
        Some(Caller { identity, name, api_key, grants })
    }

    /// The request as the message of this type.
    ///
    /// Unlike [`json`](Self::json), it hides nothing.
    ///
    /// # Errors
    /// This is no call of a method of the API, its body was too long to be kept, or it is no such
    /// message.
    pub fn request<T: Message + Default>(&self) -> Result<T, NotDecoded> {
        let Brought { length, encoding } = self.entry.request;
        decode("request", self.entry.body(), length, encoding, self.input())
    }

    /// The answer as the message of this type.
    ///
    /// # Errors
    /// There was no answer with success to a call of a method of the API, it was too long to be kept,
    /// or it is no such message.
    pub fn response<T: Message + Default>(&self) -> Result<T, NotDecoded> {
        let body = self
            .entry
            .decided
            .response
            .as_ref()
            .ok_or_else(|| NotDecoded("there was no answer".to_owned()))?;
        decode("answer", body.bytes.as_deref(), body.length, body.encoding, self.output())
    }

    /// How it ended, or is to end.
    pub fn outcome(&self) -> CallOutcome {
        self.entry.decided.outcome
    }

    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.entry.decided.status
    }

    /// How long it was to wait.
    pub fn wait(&self) -> Duration {
        self.entry.decided.wait
    }

    /// How long it took; none if it had not ended when it was read.
    pub fn took(&self) -> Option<Duration> {
        self.entry.took
    }

    /// How a signalling connection ended; none if it goes on, and for all other calls.
    pub fn close(&self) -> Option<CallClose> {
        let close = self.entry.messages.as_ref()?.close.as_ref()?;
        let Close { by, how, code, ref reason } = *close;
        Some(CallClose { by, how, code, reason: reason.to_string() })
    }

    /// What the server warned of.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        self.entry.decided.warnings.iter()
    }

    pub(super) fn input(&self) -> Option<&MessageDescriptor> {
        self.schema_method().map(|method| &method.input)
    }

    /// None for an error: that is JSON of another form.
    pub(super) fn output(&self) -> Option<&MessageDescriptor> {
        let success = self.status().is_some_and(|status| (200..300).contains(&status));
        self.schema_method().filter(|_| success).map(|method| &method.output)
    }

    fn schema_method(&self) -> Option<&Method> {
        self.reader.schema.find(self.entry.method()?)
    }
}

fn decode<T: Message + Default>(
    what: &str,
    bytes: Option<&[u8]>,
    length: usize,
    encoding: Encoding,
    descriptor: Option<&MessageDescriptor>,
) -> Result<T, NotDecoded> {
    let wrong = |why: &dyn fmt::Display| NotDecoded(format!("the {what} {why}"));
    let Some(bytes) = bytes else {
        return Err(wrong(&format_args!("of {length} bytes was too long to be kept")));
    };
    let decoded = |bytes: &[u8]| {
        T::decode(bytes).map_err(|error| wrong(&format_args!("is no such message: {error}")))
    };
    match (encoding, descriptor) {
        (Encoding::Protobuf, _) => decoded(bytes),
        (Encoding::Json, Some(message)) => decoded(
            &Format::Json.decode(message, &Bytes::copy_from_slice(bytes)).message.encode_to_vec(),
        ),
        _ => Err(wrong(&"is no message of a method that the protocol has")),
    }
}

/// A line of a journey: the region, the try, and how it ended; then a line for each warning.
impl fmt::Display for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reader.secrets.text(&self.told()))
    }
}

impl Call {
    /// With whatever secret a client has put into it.
    fn told(&self) -> String {
        let entry = &*self.entry;
        let what = self.method().unwrap_or(entry.kind.name());
        let tried = match (entry.asked.attempt, entry.texts.call()) {
            (Some(attempt), Some(call)) => format!(", try {attempt} of {call}"),
            _ => String::new(),
        };
        let status = self.status().map_or(String::new(), |status| format!(" {status}"));
        let took = match entry.took {
            Some(took) => format!(" after {} ms", took.as_millis()),
            None => ", not ended yet".to_owned(),
        };
        let (seq, region, outcome) = (entry.seq, entry.region, entry.decided.outcome);
        let told = format!("#{seq} region {region} {what}{tried}: {outcome}{status}{took}");
        self.warnings().fold(told, |told, warning| told + "\n    warning: " + warning)
    }
}

/// All of it, as JSON.
impl fmt::Debug for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.json())
    }
}
