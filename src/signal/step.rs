//! The steps of a script.

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use http::StatusCode;
use livekit_protocol::{ParticipantInfo, RpcError};
use prost_reflect::{DynamicMessage, MessageDescriptor};

use crate::{
    protocol::signal::MESSAGES,
    rtc::{Channel, Media, TrackKind},
    warning::suggestion,
};

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
    InRoom(RoomStep),
    Refuse(Refusal),
    /// If the client reconnects, these steps replace the rest of the script.
    OnReconnect(Vec<Step>),
    /// These steps are played again and again.
    Repeat(Vec<Step>),
}

/// A step in the room behind the signalling.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum RoomStep {
    /// Somebody joins, changes or leaves.
    Participant(Box<ParticipantInfo>),
    /// Sends an encoded `DataPacket`.
    Data(Channel, Bytes),
    /// Sends a text stream.
    Text(Text),
    /// Calls of this method are answered like this from now on.
    Rpc(Rpc),
    Publish(Publish),
    /// The path of the peer connections goes dead, comes back, or is closed.
    Media(Media),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) topic: String,
    pub(super) content: String,
    /// An identity.
    pub(super) from: String,
    pub(super) attributes: HashMap<String, String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rpc {
    pub(super) method: String,
    pub(super) answer: Result<String, RpcError>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Publish {
    /// An identity.
    pub(super) from: String,
    pub(super) kind: TrackKind,
    pub(super) name: String,
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
    /// An encoded join or reconnect.
    Greeting(Bytes),
    /// Another encoded `SignalResponse`.
    Encoded(Bytes),
}

/// What a script waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// The client's close frame, which is not replied to.
    Close,
    /// That data can be sent to the client.
    Connected,
    /// No more than a time: what has come from the client's peer connection waits.
    Settled,
    /// A `SignalRequest` of this kind, which is not answered.
    Request(RequestKind),
    /// A `DataPacket` of this kind, which is not answered.
    Data(DataKind),
}

/// A kind of `SignalRequest`: the number of the field that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestKind(u32);

/// A kind of `DataPacket`: the number of the field that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DataKind(u32);

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

// === impl Step ===

impl Step {
    /// Whether calls of the client are answered from there on.
    pub(super) fn answers_calls(&self) -> bool {
        match self {
            Self::InRoom(RoomStep::Rpc(_)) => true,
            Self::Repeat(steps) => steps.iter().any(Self::answers_calls),
            _ => false,
        }
    }
}

// === impl RequestKind ===

impl RequestKind {
    /// The request with this name, in JSON's spelling or in the protocol's.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        member_named(&MESSAGES.request, name).map(Self)
    }

    /// The kind of an encoded request. If it holds several, the last one counts.
    pub(super) fn of(frame: &Bytes) -> Option<Self> {
        member_of(&MESSAGES.request, frame).map(Self)
    }
}

// === impl DataKind ===

impl DataKind {
    /// The packet with this name, in JSON's spelling or in the protocol's.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        member_named(&MESSAGES.data_packet, name).map(Self)
    }

    /// The kind of an encoded packet.
    pub(super) fn of(packet: &Bytes) -> Option<Self> {
        member_of(&MESSAGES.data_packet, packet).map(Self)
    }
}

/// The number of the one of a message's exclusive fields that has this name.
fn member_named(message: &MessageDescriptor, name: &str) -> Result<u32, String> {
    let mut members = message.fields().filter(|field| field.containing_oneof().is_some());
    let found = members.find(|field| field.json_name() == name || field.name() == name);
    found.map(|field| field.number()).ok_or_else(|| {
        let members = message.fields().filter(|field| field.containing_oneof().is_some());
        let names: Vec<String> = members.map(|field| field.json_name().to_owned()).collect();
        let hint = suggestion(name, names.iter().map(String::as_str));
        format!("no {} is named \"{name}\"{hint}", message.name())
    })
}

/// The number of the one of a message's exclusive fields that is set.
fn member_of(message: &MessageDescriptor, bytes: &Bytes) -> Option<u32> {
    let message = DynamicMessage::decode(message.clone(), bytes.clone()).ok()?;
    let mut members = message.fields().filter(|(field, _)| field.containing_oneof().is_some());
    members.next().map(|(field, _)| field.number())
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
