//! The messages about a room that the server writes by itself.

use bytes::Bytes;
use livekit_protocol::{
    AddTrackRequest, DisconnectReason, JoinResponse, LeaveRequest, MediaSectionsRequirement,
    ParticipantInfo, ParticipantPermission, ParticipantUpdate, RequestResponse, SessionDescription,
    SignalResponse, SpeakerInfo, SpeakersChanged, TrackInfo, TrackPublishedResponse, leave_request,
    participant_info, request_response, signal_response::Message,
};
use prost::Message as _;

use crate::{
    rtc::{Description, TrackKind},
    signal::message::{PARTICIPANT, response},
};

pub(super) fn update(participant: ParticipantInfo) -> Bytes {
    response(Message::Update(ParticipantUpdate { participants: vec![participant] }))
}

/// What tells a client that it is in the room, and what it may do there: its own part of the join that
/// it was sent, with these permissions. `None` if that was no join.
pub(super) fn active(join: &[u8], permission: ParticipantPermission) -> Option<Bytes> {
    let sent = SignalResponse::decode(join).ok()?.message?;
    let Message::Join(JoinResponse { participant, .. }) = sent else { return None };
    let state = participant_info::State::Active.into();
    Some(update(ParticipantInfo { state, permission: Some(permission), ..participant? }))
}

/// The answer to the offer with this id.
pub(super) fn answer(description: Description, id: u32) -> Bytes {
    response(Message::Answer(described("answer", description, id)))
}

pub(in crate::signal) fn offer(description: Description, id: u32) -> Bytes {
    response(Message::Offer(described("offer", description, id)))
}

fn described(kind: &str, Description { sdp, tracks }: Description, id: u32) -> SessionDescription {
    let mid_to_track_id = tracks.into_iter().collect();
    SessionDescription { r#type: kind.to_owned(), sdp, id, mid_to_track_id }
}

/// Asks the client to offer one more place for a track.
pub(super) fn sections_required(kind: TrackKind) -> Bytes {
    let (num_audios, num_videos) = match kind {
        TrackKind::Audio => (1, 0),
        TrackKind::Video => (0, 1),
    };
    let required = MediaSectionsRequirement { num_audios, num_videos };
    response(Message::MediaSectionsRequirement(required))
}

/// The answer to the wish to publish a track.
pub(super) fn track_published(track: AddTrackRequest, sid: String) -> Bytes {
    let info = TrackInfo {
        sid,
        r#type: track.r#type,
        name: track.name,
        muted: track.muted,
        width: track.width,
        height: track.height,
        source: track.source,
        stream: track.stream,
        encryption: track.encryption,
        ..TrackInfo::default()
    };
    let published = TrackPublishedResponse { cid: track.cid, track: Some(info) };
    response(Message::TrackPublished(published))
}

/// Whether the client is heard.
pub(in crate::signal) fn speaks(active: bool) -> Bytes {
    let level = if active { 0.8 } else { 0.0 };
    let speakers = vec![SpeakerInfo { sid: PARTICIPANT.to_owned(), level, active }];
    response(Message::SpeakersChanged(SpeakersChanged { speakers }))
}

/// Tells a client that comes back that nothing is known of it.
pub(in crate::signal) fn unknown_client() -> Bytes {
    response(Message::Leave(LeaveRequest {
        reason: DisconnectReason::StateMismatch.into(),
        action: leave_request::Action::Reconnect.into(),
        ..LeaveRequest::default()
    }))
}

/// The answer to a request for something that there is not here.
pub(in crate::signal) fn unsupported(what: &str) -> Bytes {
    response(Message::RequestResponse(RequestResponse {
        reason: request_response::Reason::UnsupportedType.into(),
        message: what.to_owned(),
        ..RequestResponse::default()
    }))
}
