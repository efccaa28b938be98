//! The client's peer connection, and the requests that are about it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use bytes::Bytes;
use livekit_protocol::{ParticipantPermission, SessionDescription, signal_request};
use serde::Deserialize;

use super::message::{self, Join};
use crate::{
    auth::VideoGrants,
    rtc::{Media, Peer, Peers, Report},
};

/// What a client's connection has of a room. Nothing is made before its first offer.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// `None` where no offer is answered.
    peers: Option<Peers>,
    /// The offer that came with the request to join, until it is answered.
    first_offer: Option<Box<SessionDescription>>,
    peer: Option<Box<Peer>>,
    /// The join that the client was sent, until its first offer is answered.
    join: Bytes,
    rights: Rights,
    /// Who has it, by a hash of the room and the identity.
    client: u64,
    /// Whether the client is back, and may have a peer connection already.
    resumes: bool,
    /// Whether a peer connection has a dead path from its beginning.
    stopped: bool,
    /// How many tracks the client has published.
    tracks: u32,
}

/// What the client's token lets it do.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rights {
    publish: bool,
    publish_data: bool,
    subscribe: bool,
}

/// A candidate as browsers write it. The rest of it is not needed.
#[derive(Deserialize)]
struct Candidate {
    candidate: String,
}

impl Rights {
    pub(super) fn of(grants: &VideoGrants) -> Self {
        let publish = grants.can_publish.unwrap_or(true);
        let publish_data = grants.can_publish_data.unwrap_or(publish);
        Self { publish, publish_data, subscribe: grants.can_subscribe.unwrap_or(true) }
    }

    fn permission(self) -> ParticipantPermission {
        ParticipantPermission {
            can_publish: self.publish,
            can_publish_data: self.publish_data,
            can_subscribe: self.subscribe,
            ..ParticipantPermission::default()
        }
    }
}

impl Room {
    pub(super) fn new(
        peers: Option<Peers>,
        rights: Rights,
        first_offer: Option<SessionDescription>,
    ) -> Self {
        let first_offer = first_offer.filter(|_| peers.is_some()).map(Box::new);
        Self { peers, first_offer, rights, ..Self::default() }
    }

    /// The room of this client, which may be one that is back.
    pub(super) fn of(self, join: &Join, resumes: bool) -> Self {
        let mut hasher = DefaultHasher::new();
        (&join.room, &join.identity).hash(&mut hasher);
        Self { client: hasher.finish(), resumes, ..self }
    }

    /// The client has left for good.
    pub(super) fn left(&mut self) {
        self.peer = None;
    }

    /// The signalling has ended. The peer connection is kept for a client that comes back.
    pub(super) fn keep(&mut self) {
        if let (Some(peers), Some(peer)) = (&self.peers, self.peer.take()) {
            peers.keep(self.client, peer);
        }
    }

    /// The client has been sent this join.
    pub(super) fn joined(&mut self, join: &Bytes) {
        if self.peers.is_some() {
            self.join = join.clone();
        }
    }

    /// What the client is told right before its first offer is answered, once. A client publishes
    /// nothing before it knows that it may.
    pub(super) fn activation(&mut self) -> Option<Bytes> {
        self.peer.as_ref()?;
        let join = std::mem::take(&mut self.join);
        message::active(&join, self.rights.permission())
    }

    pub(super) fn has_first_offer(&self) -> bool {
        self.first_offer.is_some()
    }

    /// The answer to the offer that came with the request to join, once.
    pub(super) async fn answer_first_offer(&mut self) -> Option<Bytes> {
        let offer = self.first_offer.take()?;
        self.answer_offer(*offer).await
    }

    /// The answer to a request that is about the room, if it gets one.
    pub(super) async fn answer(&mut self, request: signal_request::Message) -> Option<Bytes> {
        self.peers.as_ref()?;
        match request {
            signal_request::Message::Offer(offer) => self.answer_offer(offer).await,
            signal_request::Message::Trickle(trickle) => {
                self.take_candidate(&trickle.candidate_init);
                None
            }
            signal_request::Message::AddTrack(track) => {
                self.tracks = self.tracks.wrapping_add(1);
                Some(message::track_published(track, self.tracks))
            }
            _ => None,
        }
    }

    /// Waits for something to happen on the peer connection; forever if there is none.
    pub(super) async fn next(&mut self) -> Report {
        match &mut self.peer {
            Some(peer) => peer.next().await,
            None => std::future::pending().await,
        }
    }

    /// Stops, starts or closes the peer connection, or stops the one that there will be.
    pub(super) fn media(&mut self, media: Media) {
        self.stopped = media == Media::Stop;
        if let Some(peer) = &self.peer {
            peer.media(media);
        }
    }

    /// The peer connection is over. A later offer gets a new one.
    pub(super) fn ended(&mut self) {
        self.peer = None;
    }

    async fn answer_offer(&mut self, offer: SessionDescription) -> Option<Bytes> {
        match self.answer_sdp(offer.sdp).await {
            Ok(sdp) => Some(message::answer_to_offer(sdp, offer.id)),
            Err(problem) => {
                tracing::warn!("signalling: an offer is not answered: {problem}");
                None
            }
        }
    }

    async fn answer_sdp(&mut self, offer: String) -> Result<String, String> {
        let peers = self.peers.as_ref().ok_or("peer connections are off")?;
        let kept = || peers.take(self.client).filter(|_| self.resumes);
        let peer = match self.peer.take().or_else(kept) {
            Some(peer) => peer,
            None => Box::new(peers.peer().await?),
        };
        if self.stopped {
            peer.media(Media::Stop);
        }
        self.peer.insert(peer).answer(offer).await
    }

    fn take_candidate(&self, text: &str) {
        let Some(peer) = &self.peer else { return };
        let Ok(Candidate { candidate }) = serde_json::from_str(text) else {
            tracing::warn!("signalling: trickle: candidateInit must be JSON with a candidate");
            return;
        };
        if let Err(problem) = peer.candidate(candidate) {
            tracing::warn!("signalling: trickle: {problem}");
        }
    }
}
