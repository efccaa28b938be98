//! The participants that a script lets join, and what they publish.

use bytes::Bytes;
use livekit_protocol::{
    ParticipantInfo, ParticipantPermission, TrackInfo, TrackSource, TrackType,
    participant_info::State,
};
use prost::Message as _;

use super::message::update;
use crate::{
    clock,
    rtc::{Track, TrackKind},
    signal::step::Publish,
};

/// In the order in which they joined.
#[derive(Debug, Default)]
pub(super) struct Members(Vec<ParticipantInfo>);

impl Members {
    pub(super) fn include(&self, identity: &str) -> bool {
        self.0.iter().any(|member| member.identity == identity)
    }

    /// A participant joins, changes or leaves. Returns what the client is told.
    pub(super) fn change(&mut self, given: &ParticipantInfo) -> Bytes {
        let index = self.index(&given.identity);
        let changed = self.changed(index, given);
        if changed.state() == State::Disconnected {
            self.0.remove(index);
        }
        update(changed)
    }

    /// A participant publishes a track; one that is not there joins first. Returns what the client is
    /// told, and the track.
    pub(super) fn publish(&mut self, publish: Publish, sid: String) -> (Bytes, Track) {
        let Publish { from, kind, name } = publish;
        let index = self.index(&from);
        let info = track_info(kind, sid, name);
        let given = ParticipantInfo { tracks: vec![info.clone()], ..ParticipantInfo::default() };
        let member = self.changed(index, &given);
        let stream = format!("{}|{}", member.sid, info.sid);
        (update(member), Track { kind, stream, id: info.sid })
    }

    /// Where the participant is among the members; a new one is added.
    fn index(&mut self, identity: &str) -> usize {
        let found = self.0.iter().position(|member| member.identity == identity);
        found.unwrap_or_else(|| {
            self.0.push(newcomer(identity));
            self.0.len() - 1
        })
    }

    /// What is given takes the place of what was; lists and maps grow.
    fn changed(&mut self, index: usize, given: &ParticipantInfo) -> ParticipantInfo {
        let member = &mut self.0[index];
        // What was encoded can be decoded.
        let _ = member.merge(&*given.encode_to_vec());
        member.version = member.version.wrapping_add(1);
        member.clone()
    }
}

fn newcomer(identity: &str) -> ParticipantInfo {
    let now = i64::try_from(clock::now().as_millis()).unwrap_or(i64::MAX);
    ParticipantInfo {
        sid: format!("PA_{identity}"),
        identity: identity.to_owned(),
        state: State::Active.into(),
        joined_at: now / 1000,
        joined_at_ms: now,
        permission: Some(ParticipantPermission {
            can_publish: true,
            can_publish_data: true,
            can_subscribe: true,
            ..ParticipantPermission::default()
        }),
        ..ParticipantInfo::default()
    }
}

fn track_info(kind: TrackKind, sid: String, name: String) -> TrackInfo {
    let info = TrackInfo { sid, name, ..TrackInfo::default() };
    match kind {
        TrackKind::Audio => TrackInfo {
            r#type: TrackType::Audio.into(),
            source: TrackSource::Microphone.into(),
            mime_type: "audio/opus".to_owned(),
            ..info
        },
        TrackKind::Video => TrackInfo {
            r#type: TrackType::Video.into(),
            source: TrackSource::Camera.into(),
            mime_type: "video/VP8".to_owned(),
            width: 256,
            height: 144,
            ..info
        },
    }
}

#[cfg(test)]
mod tests {
    use livekit_protocol::{ParticipantUpdate, SignalResponse, signal_response};

    use super::*;

    fn told(update: &Bytes) -> ParticipantInfo {
        let response = SignalResponse::decode(&**update).expect("a response");
        let Some(signal_response::Message::Update(ParticipantUpdate { mut participants })) =
            response.message
        else {
            panic!("no update");
        };
        participants.remove(0)
    }

    fn given(identity: &str, metadata: &str, state: State) -> ParticipantInfo {
        ParticipantInfo {
            identity: identity.to_owned(),
            metadata: metadata.to_owned(),
            state: state.into(),
            ..ParticipantInfo::default()
        }
    }

    #[test]
    fn a_participant_joins_changes_and_leaves() {
        let mut members = Members::default();
        let joined = told(&members.change(&given("bob", "a", State::Joining)));
        assert_eq!((joined.sid.as_str(), joined.state()), ("PA_bob", State::Active));
        let changed = told(&members.change(&given("bob", "b", State::Joining)));
        assert_eq!((changed.sid.as_str(), changed.metadata.as_str()), ("PA_bob", "b"));
        assert!(changed.version > joined.version);
        let left = told(&members.change(&given("bob", "", State::Disconnected)));
        assert_eq!((left.metadata.as_str(), left.state()), ("b", State::Disconnected));
        assert!(!members.include("bob"));
    }

    #[test]
    fn who_publishes_is_in_the_room() {
        let mut members = Members::default();
        let publish =
            Publish { from: "bob".to_owned(), kind: TrackKind::Audio, name: "mic".to_owned() };
        let (update, track) = members.publish(publish, "TR_1".to_owned());
        assert_eq!(told(&update).tracks[0].name, "mic");
        assert_eq!((track.stream.as_str(), track.id.as_str()), ("PA_bob|TR_1", "TR_1"));
        assert!(members.include("bob"));
    }
}
