//! The room behind a client's signalling: its peer connections, who else is there, and what is said.

mod guest;
mod members;
mod message;
mod packets;

use std::time::Duration;

use bytes::Bytes;
use livekit_protocol::{
    ParticipantInfo, ParticipantPermission, SessionDescription, SignalTarget, TrickleRequest,
    data_packet::Value, signal_request,
};
use serde::Deserialize;
use tokio::time::{Instant, sleep_until};

use super::step::{Publish, Rpc, Text};
use crate::rtc::{Begins, Channel, Found, Kept, Media, Peer, Peers, Received, Report};
pub(super) use guest::{Guest, Rights};
use members::Members;
pub(super) use message::{offer, speaks, unknown_client, unsupported};

/// The first protocol of servers whose data channels need no word between the sides.
const AGREED_CHANNELS: i32 = 18;

/// From its open data channel to the moment in which a client's `connect` returns, with some to spare.
const SETTLES_IN: Duration = Duration::from_millis(50);

/// What a client's connection has of a room. Nothing is made before its first offer.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// `None` where no offer is answered.
    peers: Option<Peers>,
    guest: Guest,
    /// The offer that came with the request to join, until it is answered.
    first_offer: Option<Box<SessionDescription>>,
    peer: Option<Box<Peer>>,
    /// What the client is sent on, if it has a peer connection of its own for that.
    receiving: Option<Box<Peer>>,
    /// The id of the last offer that the client was sent.
    offers: u32,
    /// The join that the client was sent, until its first offer is answered.
    join: Bytes,
    /// Of the certificate in the client's offers.
    fingerprint: String,
    /// Whether a peer connection has a dead path from its beginning.
    stopped: bool,
    /// Since when data can be sent to the client.
    open: Option<Instant>,
    /// How many tracks there have been.
    tracks: u32,
    texts: u32,
    received: Received,
    members: Members,
    rpcs: Vec<Rpc>,
    speaks_until: Option<Instant>,
}

/// What happens in a room while its client is listened to.
pub(super) enum Happened {
    Peer(Report),
    /// On the peer connection that the client is sent tracks on.
    Receiving(Report),
    /// The client is not heard any more.
    Silence,
}

/// A candidate as browsers write it. The rest of it is not needed.
#[derive(Deserialize)]
struct Candidate {
    candidate: String,
}

impl Room {
    /// The room of a client whose offers are answered, if there are peers.
    pub(super) fn new(
        peers: Option<Peers>,
        guest: Guest,
        first_offer: Option<SessionDescription>,
    ) -> Self {
        let first_offer = first_offer.filter(|_| peers.is_some()).map(Box::new);
        Self { peers, guest, first_offer, ..Self::default() }
    }

    /// Whether the client can have a peer connection.
    pub(super) fn connects(&self) -> bool {
        self.peers.is_some()
    }

    /// Whether data can be sent to the client.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// When a client that has connected has told its application.
    pub(super) fn settles(&self) -> Option<Instant> {
        self.open.map(|open| open + SETTLES_IN)
    }

    pub(super) fn received(&self) -> Received {
        self.received.clone()
    }

    // --- Coming and going

    /// What a client finds that is back.
    pub(super) fn found(&self) -> Found {
        let peers = self.peers.as_ref().filter(|_| self.guest.resumes);
        peers.map_or(Found::default(), |peers| peers.found(self.guest.token))
    }

    /// What the client is to find when it comes back.
    pub(super) fn will_be(&self, found: Found) {
        if let Some(peers) = &self.peers {
            peers.prepare(self.guest.token, found);
        }
    }

    /// The peer connections are gone, and the client is not told.
    pub(super) async fn fail(&mut self) {
        self.media(Media::Stop).await;
        self.left();
    }

    /// The client has left for good.
    pub(super) fn left(&mut self) {
        (self.peer, self.receiving) = (None, None);
    }

    /// The signalling has ended. What there is is kept for a client that comes back.
    pub(super) fn keep(&mut self) {
        let kept = Kept { peer: self.peer.take(), receiving: self.receiving.take() };
        if let (Some(peers), true) = (&self.peers, kept.peer.is_some()) {
            peers.keep(std::mem::take(&mut self.fingerprint), kept);
        }
    }

    /// What the client is told with its join that it may do. One that offers at once wants a room, and
    /// may publish before its offer is answered. The join of any other is as in the reference.
    pub(super) fn permission_with_join(&self) -> Option<ParticipantPermission> {
        self.has_first_offer().then(|| self.guest.rights.permission())
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
        message::active(&join, self.guest.rights.permission())
    }

    // --- Requests

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
            signal_request::Message::Answer(answer) => {
                self.take_answer(answer).await;
                None
            }
            signal_request::Message::Trickle(trickle) => {
                self.take_candidate(&trickle);
                None
            }
            signal_request::Message::AddTrack(track) => {
                Some(message::track_published(track, self.next_track()))
            }
            _ => None,
        }
    }

    async fn answer_offer(&mut self, offer: SessionDescription) -> Option<Bytes> {
        let peer = match self.peer_of(&offer.sdp).await {
            Ok(peer) => peer,
            Err(problem) => return unanswered(&problem),
        };
        match peer.answer(offer.sdp).await {
            Ok(description) => Some(message::answer(description, offer.id)),
            Err(problem) => unanswered(&problem),
        }
    }

    async fn take_answer(&self, answer: SessionDescription) {
        // Some clients don't say which offer they answer.
        let last = answer.id == 0 || answer.id == self.offers;
        let Some(receiving) = self.receiving.as_ref().filter(|_| last) else { return };
        if let Err(problem) = receiving.accept(answer.sdp).await {
            tracing::warn!("signalling: {problem}");
        }
    }

    fn take_candidate(&self, trickle: &TrickleRequest) {
        let peer = match trickle.target() {
            SignalTarget::Publisher => &self.peer,
            SignalTarget::Subscriber => &self.receiving,
        };
        let Some(peer) = peer else { return };
        let Ok(Candidate { candidate }) = serde_json::from_str(&trickle.candidate_init) else {
            tracing::warn!("signalling: trickle: candidateInit must be JSON with a candidate");
            return;
        };
        if let Err(problem) = peer.candidate(candidate) {
            tracing::warn!("signalling: trickle: {problem}");
        }
    }

    // --- Peer connections

    /// The client's peer connection: the one that it has had before, or a new one at its first offer.
    async fn peer_of(&mut self, offer: &str) -> Result<&Peer, String> {
        if self.peer.is_none() {
            fingerprint(offer).unwrap_or_default().clone_into(&mut self.fingerprint);
            self.take_kept().await;
        }
        if self.peer.is_none() {
            let peer = self.new_peer(Begins::Client).await?;
            if self.guest.protocol >= AGREED_CHANNELS {
                peer.agree_on_channels().await;
            }
            self.peer = Some(peer);
        }
        self.peer.as_deref().ok_or_else(|| "there is no peer connection".to_owned())
    }

    /// Takes what was kept for this client. Its path is alive, unless the script says otherwise.
    async fn take_kept(&mut self) {
        let peers = self.peers.as_ref().filter(|_| self.guest.resumes);
        let Some(kept) = peers.and_then(|peers| peers.take(&self.fingerprint)) else { return };
        let Kept { peer, receiving } = kept;
        (self.peer, self.receiving) = (peer, receiving);
        self.opened();
        self.media(if self.stopped { Media::Stop } else { Media::Start }).await;
    }

    async fn new_peer(&self, begins: Begins) -> Result<Box<Peer>, String> {
        let peers = self.peers.as_ref().ok_or("peer connections are off")?;
        let peer = Box::new(peers.peer(begins, self.received()).await?);
        if self.stopped {
            peer.media(Media::Stop).await;
        }
        Ok(peer)
    }

    /// Waits for something to happen in the room; forever if nothing can.
    pub(super) async fn next(&mut self) -> Happened {
        let silence = self.speaks_until;
        tokio::select! {
            report = report_of(&mut self.peer) => Happened::Peer(report),
            report = report_of(&mut self.receiving) => Happened::Receiving(report),
            () = passed(silence) => {
                self.speaks_until = None;
                Happened::Silence
            }
        }
    }

    /// Stops, starts or closes the peer connections, or stops the ones that there will be.
    pub(super) async fn media(&mut self, media: Media) {
        self.stopped = media == Media::Stop;
        for peer in [&self.peer, &self.receiving].into_iter().flatten() {
            peer.media(media).await;
        }
    }

    pub(super) fn opened(&mut self) {
        self.open = Some(Instant::now());
    }

    /// The client's peer connection is over. A later offer gets a new one.
    pub(super) fn ended(&mut self) {
        (self.peer, self.open) = (None, None);
    }

    pub(super) fn receiving_ended(&mut self) {
        self.receiving = None;
    }

    /// The id of the next offer to the client.
    pub(super) fn next_offer(&mut self) -> u32 {
        self.offers = self.offers.wrapping_add(1);
        self.offers
    }

    // --- What the script lets happen

    /// A participant joins, changes or leaves. Returns what the client is told.
    pub(super) fn change(&mut self, participant: &ParticipantInfo) -> Bytes {
        self.members.change(participant)
    }

    /// A participant publishes a track. Returns what the client is told.
    pub(super) async fn publish(&mut self, publish: Publish) -> Vec<Bytes> {
        let sid = self.next_track();
        let kind = publish.kind;
        let (update, track) = self.members.publish(publish, sid);
        if self.guest.single {
            if let Some(peer) = &self.peer {
                peer.publish(track).await;
            }
            return vec![update, message::sections_required(kind)];
        }
        if self.receiving.is_none() {
            match self.new_peer(Begins::Server).await {
                Ok(peer) => self.receiving = Some(peer),
                Err(problem) => tracing::warn!("signalling: a track is not published: {problem}"),
            }
        }
        if let Some(receiving) = &self.receiving {
            receiving.publish(track).await;
        }
        vec![update]
    }

    /// The packets of a text stream.
    pub(super) fn text(&mut self, text: Text) -> Vec<Bytes> {
        self.texts = self.texts.wrapping_add(1);
        packets::text(text, &format!("ST_MOCK_{}", self.texts))
    }

    /// How calls of a method are answered from now on.
    pub(super) fn answer_rpc(&mut self, rpc: Rpc) {
        self.rpcs.retain(|known| known.method != rpc.method);
        self.rpcs.push(rpc);
    }

    /// The answers to a packet of the client.
    pub(super) fn answers_to(&self, packet: &Bytes) -> Vec<Bytes> {
        let Some(packet) = packets::read(packet) else { return Vec::new() };
        let called = packet.destination_identities.first().map_or("", String::as_str);
        match packet.value {
            Some(Value::RpcRequest(request)) => {
                let known = self.rpcs.iter().find(|rpc| rpc.method == request.method);
                let present = self.members.include(called);
                packets::rpc(request, called, &self.guest.identity, known, present)
            }
            _ => Vec::new(),
        }
    }

    /// Sends the client a packet, once its channel is open.
    pub(super) async fn send(&self, channel: Channel, packet: Bytes) {
        if let Some(peer) = &self.peer {
            peer.send(channel, packet).await;
        }
    }

    /// The client is heard for this time.
    pub(super) fn speak_for(&mut self, time: Duration) {
        self.speaks_until = Instant::now().checked_add(time);
    }

    fn next_track(&mut self) -> String {
        self.tracks = self.tracks.wrapping_add(1);
        format!("TR_MOCK_{}", self.tracks)
    }
}

fn unanswered(problem: &str) -> Option<Bytes> {
    tracing::warn!("signalling: an offer is not answered: {problem}");
    None
}

/// The line with the fingerprint of the certificate behind an SDP.
fn fingerprint(sdp: &str) -> Option<&str> {
    sdp.lines().find_map(|line| line.strip_prefix("a=fingerprint:"))
}

async fn report_of(peer: &mut Option<Box<Peer>>) -> Report {
    match peer {
        Some(peer) => peer.next().await,
        None => std::future::pending().await,
    }
}

/// Waits for the deadline, or forever if there is none.
pub(super) async fn passed(deadline: Option<Instant>) {
    match deadline {
        // On the heap, since most sockets have no timer.
        Some(deadline) => Box::pin(sleep_until(deadline)).await,
        None => std::future::pending().await,
    }
}
