//! The messages that the server writes by itself (`docs/SIGNALLING.md`, Messages).

use std::collections::HashMap;

use bytes::Bytes;
use livekit_protocol::{
    DisconnectReason, JoinResponse, LeaveRequest, ParticipantInfo, ParticipantPermission, Pong,
    ReconnectResponse, RequestResponse, Room, ServerInfo, SignalRequest, SignalResponse,
    leave_request, participant_info, server_info, signal_request, signal_response,
};
use prost::Message as _;

use crate::{auth::Claims, clock, control::LeaveAction};

const VERSION: &str = "mock";
/// Clients call nobody behind a server that is older than 1.8.0, as one without a number is.
pub(super) const VERSION_WITH_CALLS: &str = "1.13.0-mock";
const NODE_ID: &str = "MOCK_NODE";
/// The last protocol whose data channels every client opens by itself.
const PROTOCOL: i32 = 15;
/// The client's own participant.
pub(super) const PARTICIPANT: &str = "PA_MOCK";
/// The seconds between a client's pings.
const PING_INTERVAL: i32 = 1;
/// The seconds after which a client gives up waiting for a pong.
const PING_TIMEOUT: i32 = 3;

/// Who joins which room.
#[derive(Debug, Default)]
pub(super) struct Join {
    pub(super) identity: String,
    pub(super) name: String,
    pub(super) room: String,
    /// What a v1 client says about itself. For all others it is empty, as in the reference.
    pub(super) metadata: String,
    pub(super) attributes: HashMap<String, String>,
    /// What the client may do. `None`, as in the reference, unless it is sure to want a room.
    pub(super) permission: Option<ParticipantPermission>,
    pub(super) region: String,
    /// What the server says of itself.
    pub(super) version: &'static str,
    pub(super) protocol: i32,
}

impl Join {
    pub(super) fn new(claims: Claims, region: &str) -> Self {
        let identity = [claims.sub, claims.jti, "mock-participant".to_owned()]
            .into_iter()
            .find(|identity| !identity.is_empty())
            .unwrap_or_default();
        Self {
            identity,
            name: claims.name,
            room: claims.grants.video.room,
            region: region.to_owned(),
            version: VERSION,
            protocol: PROTOCOL,
            ..Self::default()
        }
    }

    pub(super) fn joined(&self) -> Bytes {
        response(signal_response::Message::Join(JoinResponse {
            room: Some(Room {
                sid: "RM_MOCK".to_owned(),
                name: self.room.clone(),
                ..Room::default()
            }),
            participant: Some(ParticipantInfo {
                sid: PARTICIPANT.to_owned(),
                identity: self.identity.clone(),
                name: self.name.clone(),
                state: participant_info::State::Joined.into(),
                metadata: self.metadata.clone(),
                attributes: self.attributes.clone(),
                permission: self.permission.clone(),
                ..ParticipantInfo::default()
            }),
            server_version: self.version.to_owned(),
            server_region: self.region.clone(),
            ping_interval: PING_INTERVAL,
            ping_timeout: PING_TIMEOUT,
            server_info: Some(self.server_info()),
            ..JoinResponse::default()
        }))
    }

    pub(super) fn reconnected(&self) -> Bytes {
        response(signal_response::Message::Reconnect(ReconnectResponse {
            server_info: Some(self.server_info()),
            ..ReconnectResponse::default()
        }))
    }

    fn server_info(&self) -> ServerInfo {
        ServerInfo {
            edition: server_info::Edition::Standard.into(),
            version: self.version.to_owned(),
            protocol: self.protocol,
            region: self.region.clone(),
            node_id: NODE_ID.to_owned(),
            ..ServerInfo::default()
        }
    }
}

pub(super) fn leave(action: LeaveAction) -> Bytes {
    let action = match action {
        LeaveAction::Disconnect => leave_request::Action::Disconnect,
        LeaveAction::Resume => leave_request::Action::Resume,
        LeaveAction::Reconnect => leave_request::Action::Reconnect,
    };
    response(signal_response::Message::Leave(LeaveRequest {
        reason: DisconnectReason::ServerShutdown.into(),
        action: action.into(),
        ..LeaveRequest::default()
    }))
}

pub(super) fn pong() -> Bytes {
    response(signal_response::Message::Pong(now()))
}

pub(super) fn pong_resp(last_ping_timestamp: i64) -> Bytes {
    response(signal_response::Message::PongResp(Pong { last_ping_timestamp, timestamp: now() }))
}

/// The answer to a request, if it gets one.
pub(super) fn answer(request: &signal_request::Message) -> Option<Bytes> {
    match request {
        signal_request::Message::Ping(_) => Some(pong()),
        signal_request::Message::PingReq(ping) => Some(pong_resp(ping.timestamp)),
        signal_request::Message::UpdateMetadata(update) => {
            Some(response(signal_response::Message::RequestResponse(RequestResponse {
                request_id: update.request_id,
                ..RequestResponse::default()
            })))
        }
        _ => None,
    }
}

/// The request in a frame; `None` if it does not decode, or its message is unknown.
pub(super) fn request(frame: Bytes) -> Option<signal_request::Message> {
    SignalRequest::decode(frame).ok()?.message
}

pub(super) fn response(message: signal_response::Message) -> Bytes {
    SignalResponse { message: Some(message) }.encode_to_vec().into()
}

/// Milliseconds since 1970.
fn now() -> i64 {
    i64::try_from(clock::now().as_millis()).unwrap_or(i64::MAX)
}
