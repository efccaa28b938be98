//! The steps of a script.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use prost_reflect::DynamicMessage;

use crate::{protocol::signal::MESSAGES, rtc::Media, warning::suggestion};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// Sends a join, or a reconnect if the client reconnects.
    Greet,
    Send(Outgoing),
    Wait(Duration),
    /// Waits without reading anything.
    Pause(Duration),
    Expect {
        what: Expected,
        timeout: Option<Duration>,
    },
    Close {
        code: u16,
        reason: String,
    },
    /// Ends TCP normally, without a close frame.
    Drop,
    /// Ends TCP with a RST.
    Reset,
    Answer(AnsweredRequests),
    /// The path of the peer connection goes dead, comes back, or is closed.
    Media(Media),
    Refuse(Refusal),
    /// If the client reconnects, these steps replace the rest of the script.
    OnReconnect(Vec<Step>),
}

/// A message that the server sends.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outgoing {
    /// Filled as in the scenarios, like the next four.
    Join,
    Reconnect,
    Leave,
    Pong,
    PongResp,
    /// An encoded `SignalResponse`.
    Encoded(Bytes),
}

/// What a script waits for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expected {
    /// The client's close frame, which is not replied to.
    Close,
    /// A `SignalRequest` of this kind, which is not answered.
    Request(RequestKind),
}

/// A kind of `SignalRequest`: the number of the field that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestKind(u32);

/// Which requests are answered as `happy` answers them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum AnsweredRequests {
    All,
    Only(Vec<RequestKind>),
}

/// A refusal before the upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) body: String,
    /// The text that validate answers, if it differs.
    pub(super) validate_body: Option<String>,
}

// === impl Request ===

impl RequestKind {
    /// The request with this name, in JSON's spelling or in the protocol's.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        let request = &MESSAGES.request;
        let field =
            request.get_field_by_json_name(name).or_else(|| request.get_field_by_name(name));
        field.map(|field| Self(field.number())).ok_or_else(|| {
            let names: Vec<String> =
                request.fields().map(|field| field.json_name().to_owned()).collect();
            let hint = suggestion(name, names.iter().map(String::as_str));
            format!("no SignalRequest is named \"{name}\"{hint}")
        })
    }

    /// The kind of an encoded request. If it holds several, the last one counts.
    pub(super) fn of(frame: &Bytes) -> Option<Self> {
        let message = DynamicMessage::decode(MESSAGES.request.clone(), frame.clone()).ok()?;
        message.fields().next().map(|(field, _)| Self(field.number()))
    }
}

// === impl AnsweredRequests ===

impl AnsweredRequests {
    pub(super) fn includes(&self, request: Option<RequestKind>) -> bool {
        match self {
            Self::All => true,
            Self::Only(requests) => request.is_some_and(|request| requests.contains(&request)),
        }
    }
}
