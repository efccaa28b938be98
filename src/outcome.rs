//! What a request ends in, as a plain value: how long to wait, then an answer or none.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};

use crate::{signal::Session, warning::Warnings};

/// A decision that the edge carries out.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) wait: Duration,
    pub(crate) end: End,
    pub(crate) warnings: Warnings,
}

#[derive(Debug)]
pub(crate) enum End {
    Reply(Reply),
    /// The reply, then the connection is the session's.
    Upgrade(Box<(Reply, Session)>),
    /// The connection closes without a byte.
    Drop,
}

/// An answer, small enough that ten thousand can wait to be sent.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content: Content,
    pub(crate) region: RegionHeader,
    pub(crate) body: Bytes,
    /// What only rare answers carry.
    pub(crate) extra: Vec<(HeaderName, HeaderValue)>,
}

/// What the body is; the value of `Content-Type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    None,
    Text,
    Json,
    Protobuf,
}

/// What `X-Lk-Mock-Region` holds: an answer's region, or nothing where a failure is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RegionHeader {
    Absent,
    Empty,
    Index,
}

// === impl Outcome ===

impl From<Reply> for Outcome {
    fn from(reply: Reply) -> Self {
        End::Reply(reply).into()
    }
}

impl From<End> for Outcome {
    fn from(end: End) -> Self {
        Self { wait: Duration::ZERO, end, warnings: Warnings::default() }
    }
}

impl Outcome {
    pub(crate) fn with(self, warnings: Warnings) -> Self {
        Self { warnings, ..self }
    }
}

// === impl Reply ===

impl Reply {
    pub(crate) fn new(status: StatusCode, content: Content, body: impl Into<Bytes>) -> Self {
        Self { status, content, region: RegionHeader::Absent, body: body.into(), extra: Vec::new() }
    }

    pub(crate) fn text(status: StatusCode, text: &'static str) -> Self {
        Self::new(status, Content::Text, Bytes::from_static(text.as_bytes()))
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self::new(status, Content::None, Bytes::new())
    }

    pub(crate) fn in_region(self, region: RegionHeader) -> Self {
        Self { region, ..self }
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.extra.push((name, value));
        self
    }

    /// As the reference's HTTP library sends it: an informational status is followed by 200, and
    /// one that forbids a body goes without.
    pub(crate) fn settled(mut self) -> Self {
        if self.status.is_informational() {
            self.status = StatusCode::OK;
        }
        if matches!(self.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
            self.body = Bytes::new();
        }
        if self.status == StatusCode::NOT_MODIFIED {
            self.content = Content::None;
        }
        self
    }
}

impl Content {
    pub(crate) fn header(self) -> Option<HeaderValue> {
        match self {
            Self::None => None,
            Self::Text => Some(HeaderValue::from_static("text/plain; charset=utf-8")),
            Self::Json => Some(HeaderValue::from_static("application/json")),
            Self::Protobuf => Some(HeaderValue::from_static("application/protobuf")),
        }
    }
}
