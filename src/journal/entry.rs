//! One call, as it is kept.

use std::{
    mem::size_of,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::{
    message::Messages,
    outcome::{CallKind, CallOutcome},
    texts::Texts,
};
use crate::{
    control::{Control, Origins},
    warning::Warnings,
};

/// A body that is longer is not kept, so that one call does not push out all others.
const MAX_BODY: usize = 2 << 20;
/// A control whose text is longer is not kept either.
const MAX_CONTROL: usize = 48 << 10;
/// An id is cut after this many bytes, and a path.
const MAX_ID: usize = 1 << 10;
const MAX_PATH: usize = 300;
/// What a control may take in memory for each byte of its text: an empty string of two bytes takes 24.
const CONTROL_BYTE: usize = 10;
/// What the system's allocator adds to each of the parts.
const OVERHEAD: usize = 16;

/// A call: how it came, what it asked for, and how it ended.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// From 1, in the order in which calls were decided.
    pub(super) seq: u64,
    /// Grows with every change of the journal.
    pub(super) version: u64,
    /// The version with which it came.
    pub(super) first_version: u64,
    pub(super) kind: CallKind,
    pub(super) region: usize,
    pub(super) http: Http,
    /// The time since 1970.
    pub(super) time: Duration,
    pub(super) begun: Instant,
    pub(super) texts: Texts,
    /// Where in the path the name of the API's method begins.
    pub(super) method_at: Option<usize>,
    pub(super) asked: Asked,
    pub(super) request: Brought,
    pub(super) decided: Decided,
    /// None until it has ended.
    pub(super) took: Option<Duration>,
    /// Of a connection.
    pub(super) messages: Option<Box<Messages>>,
}

/// The protocol below a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Http {
    pub(crate) version: http::Version,
    pub(crate) tls: bool,
}

/// What a request said of itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    pub(super) attempt: Option<u32>,
    /// What counted, where the request asked for something.
    pub(super) control: Option<Box<Control>>,
    pub(super) origins: Origins,
}

/// How a call comes: when, and by what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coming {
    /// The time since 1970.
    pub(crate) time: Duration,
    pub(crate) begun: Instant,
    pub(crate) kind: CallKind,
    pub(crate) region: usize,
    pub(crate) http: Http,
}

/// The body that a call brought. Its bytes are among the texts, unless it is too long to be kept.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Brought {
    pub(super) length: usize,
    pub(super) encoding: Encoding,
}

/// The body of an answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Body {
    /// None if it is too long to be kept.
    pub(crate) bytes: Option<Bytes>,
    pub(crate) length: usize,
    pub(crate) encoding: Encoding,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    #[default]
    Text,
    Json,
    Protobuf,
}

/// What a call was to end in.
#[derive(Debug, Clone)]
pub(crate) struct Decided {
    pub(crate) outcome: CallOutcome,
    pub(crate) status: Option<u16>,
    pub(crate) response: Option<Body>,
    pub(crate) wait: Duration,
    /// Whether it goes on after its decision, so that it can be seen before its end.
    pub(crate) lasts: bool,
    pub(crate) warnings: Warnings,
}

/// A text up to this length.
fn beginning(text: &str, most: usize) -> &str {
    let ends = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..ends.unwrap_or(0)]
}

/// A call that is not in the journal yet. It is made where it will be kept.
#[derive(Debug)]
pub(crate) struct Draft(pub(super) Arc<Entry>);

impl Draft {
    pub(crate) fn new(entry: Entry) -> Self {
        Self(Arc::new(entry))
    }

    /// The call, which nobody else has.
    pub(crate) fn entry(&mut self) -> &mut Entry {
        Arc::make_mut(&mut self.0)
    }
}

// === impl Entry ===

impl Entry {
    /// A call that has come. The path `cleaned` ends in the name of the method. `more` is how many bytes
    /// its other texts are likely to have.
    pub(crate) fn new(
        coming: Coming,
        cleaned: &str,
        method: Option<&str>,
        body: &[u8],
        encoding: Encoding,
        more: usize,
    ) -> Self {
        let Coming { time, begun, kind, region, http } = coming;
        let path = beginning(cleaned, MAX_PATH);
        let whole = path.len() == cleaned.len();
        let kept = if body.len() <= MAX_BODY { body } else { &[] };
        Self {
            seq: 0,
            version: 0,
            first_version: 0,
            kind,
            region,
            http,
            time,
            begun,
            texts: Texts::new(path, kept, more),
            method_at: method.filter(|_| whole).map(|method| cleaned.len() - method.len()),
            request: Brought { length: body.len(), encoding },
            asked: Asked::default(),
            decided: Decided {
                outcome: CallOutcome::Gone,
                status: None,
                response: None,
                wait: Duration::ZERO,
                lasts: false,
                warnings: Warnings::default(),
            },
            took: None,
            messages: None,
        }
    }

    /// The method's whole name, such as `livekit.RoomService/CreateRoom`.
    pub(crate) fn method(&self) -> Option<&str> {
        self.texts.path().get(self.method_at?..)
    }

    /// Which call it is a try of.
    pub(crate) fn is_call(&mut self, id: Option<&str>, attempt: Option<u32>) {
        if let Some(id) = id {
            self.texts.set_call(beginning(id, MAX_ID));
        }
        self.asked.attempt = attempt;
    }

    /// The claims of its token, in base64url.
    pub(crate) fn comes_with(&mut self, claims: &str) {
        self.texts.set_claims(claims);
    }

    /// What it asked for, and where that stood.
    pub(crate) fn asks(&mut self, control: Box<Control>, origins: Origins) {
        self.asked.origins = origins;
        self.asked.control = Some(control).filter(|_| origins.text_length() <= MAX_CONTROL);
    }

    /// The bytes of its body; none if it was too long to be kept.
    pub(super) fn body(&self) -> Option<&[u8]> {
        let body = self.texts.body();
        (body.len() == self.request.length).then_some(body)
    }

    pub(crate) fn decide(&mut self, decided: Decided) {
        self.decided = decided;
    }

    /// How much memory it takes, at most.
    pub(super) fn weight(&self) -> usize {
        let Asked { control, origins, .. } = &self.asked;
        let control = control
            .as_ref()
            .map_or(0, |_| size_of::<Control>() + CONTROL_BYTE * origins.text_length() + OVERHEAD);
        let response = self.decided.response.as_ref().map_or(0, Body::weight);
        let warnings: usize =
            self.decided.warnings.iter().map(|warning| warning.len() + 3 * OVERHEAD).sum();
        let messages = self.messages.as_ref().map_or(0, |messages| messages.weight());
        size_of::<Self>()
            + 3 * OVERHEAD
            + self.texts.weight()
            + control
            + response
            + warnings
            + messages
    }
}

// === impl Body ===

impl Body {
    pub(crate) fn shared(bytes: &Bytes, encoding: Encoding) -> Self {
        let length = bytes.len();
        Self { bytes: (length <= MAX_BODY).then(|| bytes.clone()), length, encoding }
    }

    fn weight(&self) -> usize {
        self.bytes.as_ref().map_or(0, |bytes| bytes.len() + 3 * OVERHEAD)
    }
}

// === impl Http ===

impl Http {
    pub(super) fn name(self) -> &'static str {
        match self.version {
            http::Version::HTTP_2 => "2",
            http::Version::HTTP_10 => "1.0",
            _ => "1.1",
        }
    }
}
