//! What a request ends in, as a plain value: how long to wait, then an answer, a connection that goes
//! on as something else, or one of the ways in which networks break.

use std::{
    fmt::{self, Debug},
    pin::Pin,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};

use crate::{
    budget::SMALL,
    connection::UpgradedConnection,
    journal::{CallOutcome, Draft},
    warning::Warnings,
};

/// A decision that the transport carries out.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) wait: Duration,
    pub(crate) end: End,
    /// Whether this is a try of its call that fails.
    pub(crate) fails: bool,
    /// What the journal says of an answer.
    pub(crate) verdict: CallOutcome,
    /// What the journal is to keep of the call.
    pub(crate) draft: Option<Draft>,
    pub(crate) remarks: Remarks,
}

#[derive(Debug)]
pub(crate) enum End {
    Reply(Reply),
    Upgrade(Box<Upgrade>),
    Stream(Box<Streamed>),
    Break(Box<Break>),
}

/// A connection that goes on as something else than HTTP.
#[derive(Debug)]
pub(crate) struct Upgrade {
    /// Told to the client first.
    pub(crate) reply: Reply,
    pub(crate) player: Box<dyn Play>,
}

/// What goes on, on a connection that HTTP has let go of.
pub(crate) trait Play: Debug + Send {
    /// Plays on a task of its own, to the connection's end.
    fn play(self: Box<Self>, connection: Box<UpgradedConnection>);
}

/// An answer whose body has no end.
#[derive(Debug)]
pub(crate) struct Streamed {
    /// Without a body.
    pub(crate) reply: Reply,
    pub(crate) feed: Box<dyn Feed>,
}

/// What gives such a body, piece by piece.
pub(crate) trait Feed: Debug + Send {
    /// Waits for the next piece.
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Bytes> + Send + '_>>;
}

/// How a network breaks a call (`docs/BEHAVIOUR.md`, Failing).
#[derive(Debug)]
pub(crate) enum Break {
    /// The connection ends in order, without a byte of answer.
    Drop,
    /// The connection ends by a reset, without a byte of answer.
    Reset,
    /// Not a byte, until the client goes or the server stops.
    Hang,
    /// Bytes that are no answer, then the end.
    Garbage,
    /// The head with the whole length, half the body, then the end.
    Truncate(Reply),
    /// The head at once, then the body piece by piece over this time.
    Drip(Reply, Duration),
}

/// What goes with whatever is answered.
#[derive(Debug, Default)]
pub(crate) struct Remarks {
    pub(crate) warnings: Warnings,
    /// Which try of its call this was, from 1, where the call has an id.
    pub(crate) attempt: Option<u32>,
}

/// An answer, small enough that ten thousand can wait to be sent.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content: Content,
    pub(crate) region: RegionHeader,
    pub(crate) readers: Readers,
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

/// Which pages a browser lets read an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Those of every origin.
    Anyone,
    /// Only the server's own.
    SameOrigin,
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
        Self {
            wait: Duration::ZERO,
            end,
            fails: false,
            // What a room says before it asks for faults is a refusal.
            verdict: CallOutcome::Refused,
            draft: None,
            remarks: Remarks::default(),
        }
    }
}

impl Outcome {
    /// A good answer, unless its status says otherwise.
    pub(crate) fn answered(end: End) -> Self {
        let verdict = match &end {
            End::Reply(reply) if reply.status.as_u16() >= 400 => CallOutcome::Refused,
            _ => CallOutcome::Answered,
        };
        Self { verdict, ..end.into() }
    }

    pub(crate) fn failed(end: End) -> Self {
        Self { verdict: CallOutcome::Failed, ..end.into() }
    }

    pub(crate) fn with(mut self, warnings: Warnings) -> Self {
        self.remarks.warnings = warnings;
        self
    }

    pub(crate) fn of_attempt(mut self, attempt: Option<u32>) -> Self {
        self.remarks.attempt = attempt;
        self
    }
}

// === impl End ===

impl From<Reply> for End {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

impl End {
    /// The answer, if it is large and so keeps the turn of its request.
    pub(crate) fn large_reply(&self) -> Option<&Reply> {
        let reply = match self {
            Self::Reply(reply) => reply,
            Self::Break(how) => match &**how {
                Break::Truncate(reply) | Break::Drip(reply, _) => reply,
                _ => return None,
            },
            Self::Upgrade(_) | Self::Stream(_) => return None,
        };
        (reply.body.len() > SMALL).then_some(reply)
    }

    /// Whether it takes a time of its own.
    pub(crate) fn lasts(&self) -> bool {
        matches!(self, Self::Break(how) if matches!(**how, Break::Hang | Break::Drip(..)))
    }
}

// === impl Break ===

/// As the log says it.
impl fmt::Display for Break {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Drop => "dropped, as asked",
            Self::Reset => "reset, as asked",
            Self::Hang => "hangs, as asked",
            Self::Garbage => "answered with garbage, as asked",
            Self::Truncate(reply) => {
                return write!(formatter, "{}, cut off in its body, as asked", reply.status);
            }
            Self::Drip(reply, time) => {
                let (status, time) = (reply.status, time.as_millis());
                return write!(formatter, "{status}, its body over {time} ms, as asked");
            }
        })
    }
}

// === impl Reply ===

impl Reply {
    pub(crate) fn new(status: StatusCode, content: Content, body: impl Into<Bytes>) -> Self {
        let (region, readers) = (RegionHeader::Absent, Readers::Anyone);
        Self { status, content, region, readers, body: body.into(), extra: Vec::new() }
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

    /// As the reference's HTTP library sends a status that a test chose: an informational one is
    /// followed by 200, and one that forbids a body goes without.
    pub(crate) fn fit_for_status(mut self) -> Self {
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
