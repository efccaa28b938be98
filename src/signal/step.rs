//! The steps of a script.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use prost_reflect::DynamicMessage;

use crate::{protocol::signal::MESSAGES, warning::suggestion};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// Join, or reconnect where the client does so.
    Greet,
    Send(Sent),
    Wait(Duration),
    /// A wait in which nothing is read.
    Pause(Duration),
    Expect {
        what: Expected,
        timeout: Option<Duration>,
    },
    Close {
        code: u16,
        reason: String,
    },
    /// Ends TCP in order, without a close frame.
    Drop,
    /// Ends TCP with a RST.
    Reset,
    Answer(Answered),
    Refuse(Refusal),
    /// On a reconnect, these steps are played in place of the rest.
    OnReconnect(Vec<Step>),
}

/// A message of the server.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sent {
    /// Filled as the scenarios fill it.
    Join,
    Reconnect,
    Leave,
    Pong,
    PongResp,
    /// An encoded `SignalResponse`.
    Given(Bytes),
}

/// What a script waits for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expected {
    /// The client's close frame, which then gets no reply.
    Close,
    /// The `SignalRequest` of this field, which then gets no answer.
    Request(Request),
}

/// A kind of `SignalRequest`, by its field's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Request(u32);

/// Which requests are answered as `happy` answers them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answered {
    All,
    Only(Vec<Request>),
}

/// A refusal before the upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) body: String,
    /// What validate says, where that is another text.
    pub(super) validate_body: Option<String>,
}

// === impl Request ===

impl Request {
    /// The request of this name, as JSON or as the protocol spells it.
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

    /// The kind of an encoded request: of a oneof that stands twice, the last counts.
    pub(super) fn of(frame: &Bytes) -> Option<Self> {
        let message = DynamicMessage::decode(MESSAGES.request.clone(), frame.clone()).ok()?;
        message.fields().next().map(|(field, _)| Self(field.number()))
    }
}

// === impl Answered ===

impl Answered {
    pub(super) fn includes(&self, request: Option<Request>) -> bool {
        match self {
            Self::All => true,
            Self::Only(requests) => request.is_some_and(|request| requests.contains(&request)),
        }
    }
}
