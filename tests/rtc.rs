//! Rooms that connect: a client with a peer connection of its own, over UDP on loopback.
#![cfg(feature = "rtc")]

mod support;

use std::{
    net::UdpSocket,
    sync::Arc,
    time::{Duration, Instant},
};

use livekit_mock::Mock;
use livekit_protocol::{
    AddTrackRequest, JoinRequest, MuteTrackRequest, SessionDescription, TrackSource, TrackType,
    participant_info::State, signal_request::Message as Request,
    signal_response::Message as Response,
};
use serde_json::json;
use str0m::{
    Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig,
    change::{SdpAnswer, SdpPendingOffer},
    channel::ChannelId,
    crypto::from_feature_flags,
    media::{Direction, MediaKind},
    net::{Protocol, Receive},
};
use support::socket::{Dial, Seen, Socket};

/// Longer than any connection takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client's peer connection.
struct Peer {
    rtc: Rtc,
    udp: UdpSocket,
    pending: Option<SdpPendingOffer>,
}

impl Peer {
    /// With the offer of a client that has two data channels.
    fn new() -> (Self, String) {
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a UDP port");
        let provider = Arc::new(from_feature_flags());
        let mut rtc = RtcConfig::new().set_crypto_provider(provider).build(Instant::now());
        let address = udp.local_addr().expect("an address");
        rtc.add_local_candidate(Candidate::host(address, "udp").expect("a candidate"));
        let mut changes = rtc.sdp_api();
        changes.add_channel("_reliable".to_owned());
        changes.add_channel("_lossy".to_owned());
        let (offer, pending) = changes.apply().expect("an offer");
        (Self { rtc, udp, pending: Some(pending) }, offer.to_sdp_string())
    }

    fn takes(&mut self, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).expect("an SDP");
        let pending = self.pending.take().expect("an offer");
        self.rtc.sdp_api().accept_answer(pending, answer).expect("an answer that fits");
    }

    /// Goes on until something has happened; `None` if the server has closed the connection before.
    fn until<T>(&mut self, mut wanted: impl FnMut(Event) -> Option<T>) -> Option<T> {
        let end = Instant::now() + PATIENCE;
        let mut buffer = [0; 2048];
        while Instant::now() < end {
            let deadline = match self.step() {
                Output::Timeout(_) if !self.rtc.is_alive() => return None,
                Output::Timeout(deadline) => deadline,
                Output::Transmit(_) => continue,
                Output::Event(event) => match wanted(event) {
                    Some(found) => return Some(found),
                    None => continue,
                },
            };
            let wait = deadline.saturating_duration_since(Instant::now());
            let wait = wait.clamp(Duration::from_millis(1), PATIENCE);
            self.udp.set_read_timeout(Some(wait)).expect("a timeout");
            match self.udp.recv_from(&mut buffer) {
                Ok((length, source)) => {
                    let here = self.udp.local_addr().expect("an address");
                    let came = Receive::new(Protocol::Udp, source, here, &buffer[..length]);
                    let input = Input::Receive(Instant::now(), came.expect("a datagram"));
                    self.rtc.handle_input(input).expect("taken");
                }
                Err(_) => self.rtc.handle_input(Input::Timeout(Instant::now())).expect("taken"),
            }
        }
        panic!("nothing came in {PATIENCE:?}");
    }

    /// Sends the first datagrams, and finds that nothing comes back.
    fn asks_in_vain(&mut self) {
        self.rtc.handle_input(Input::Timeout(Instant::now())).expect("taken");
        while let Output::Transmit(_) | Output::Event(_) = self.step() {}
        self.udp.set_read_timeout(Some(Duration::from_millis(300))).expect("a timeout");
        self.udp.recv_from(&mut [0; 2048]).expect_err("a dead path");
    }

    /// The next output. What is to be sent is sent.
    fn step(&mut self) -> Output {
        let output = self.rtc.poll_output().expect("a live connection");
        if let Output::Transmit(datagram) = &output {
            self.udp.send_to(&datagram.contents, datagram.destination).expect("sent");
        }
        output
    }

    /// Waits until both data channels are open.
    fn connects(&mut self) -> [ChannelId; 2] {
        let (mut reliable, mut lossy) = (None, None);
        self.until(|event| {
            if let Event::ChannelOpen(id, label) = event {
                *(if label == "_reliable" { &mut reliable } else { &mut lossy }) = Some(id);
            }
            Some([reliable?, lossy?])
        })
        .expect("open channels")
    }
}

fn start() -> Mock {
    Mock::builder().regions(1).start_blocking().expect("a server on a free port")
}

fn described(sdp: String, id: u32) -> SessionDescription {
    SessionDescription { r#type: "offer".to_owned(), sdp, id, ..SessionDescription::default() }
}

/// The text of the first answer, which is to the offer with this id. Before it, the client is told that
/// it is in the room.
fn first_answer(socket: &mut Socket, id: u32) -> String {
    let Response::Update(update) = socket.message() else { panic!("no update") };
    let [alice] = &update.participants[..] else { panic!("{update:?}") };
    assert_eq!((alice.identity.as_str(), alice.name.as_str()), ("alice", "Alice"));
    assert_eq!(alice.state(), State::Active);
    assert!(alice.permission.as_ref().expect("permissions").can_publish);
    answer(socket, id)
}

/// The text of the answer to the offer with this id.
fn answer(socket: &mut Socket, id: u32) -> String {
    let Response::Answer(answer) = socket.message() else { panic!("no answer") };
    assert_eq!((answer.r#type.as_str(), answer.id), ("answer", id));
    answer.sdp
}

fn joined(socket: &mut Socket) {
    assert!(matches!(socket.message(), Response::Join(_)));
}

#[test]
fn an_offer_leads_to_open_data_channels() {
    let mock = start();
    let mut socket = Dial::to(&mock).connect();
    joined(&mut socket);
    let (mut peer, offer) = Peer::new();
    socket.request(Request::Offer(described(offer, 7)));
    let sdp = first_answer(&mut socket, 7);
    assert!(sdp.contains("a=ice-lite") && sdp.contains("127.0.0.1"), "{sdp}");
    peer.takes(&sdp);
    peer.connects();
}

#[test]
fn an_offer_of_a_join_request_is_answered_after_the_join() {
    let mock = start();
    let (mut peer, offer) = Peer::new();
    let request =
        JoinRequest { publisher_offer: Some(described(offer, 3)), ..JoinRequest::default() };
    let mut dial = Dial::to(&mock).join_request(&request);
    dial.path = "/rtc/v1";
    let mut socket = dial.connect();
    joined(&mut socket);
    peer.takes(&first_answer(&mut socket, 3));
    peer.connects();
}

#[test]
fn ten_clients_connect_at_once() {
    let mock = start();
    let mut clients: Vec<_> = (0..10)
        .map(|id| {
            let mut socket = Dial::to(&mock).connect();
            joined(&mut socket);
            let (mut peer, offer) = Peer::new();
            socket.request(Request::Offer(described(offer, id)));
            peer.takes(&first_answer(&mut socket, id));
            (socket, peer)
        })
        .collect();
    for (_, peer) in &mut clients {
        peer.connects();
    }
}

#[test]
fn a_track_is_published() {
    let mock = start();
    let mut socket = Dial::to(&mock).connect();
    joined(&mut socket);
    let track = AddTrackRequest {
        cid: "mic".to_owned(),
        name: "microphone".to_owned(),
        r#type: TrackType::Audio.into(),
        source: TrackSource::Microphone.into(),
        ..AddTrackRequest::default()
    };
    socket.request(Request::AddTrack(track));
    let Response::TrackPublished(published) = socket.message() else { panic!("no track") };
    assert_eq!(published.cid, "mic");
    let info = published.track.expect("a track");
    assert_eq!((info.sid.as_str(), info.source()), ("TR_MOCK_1", TrackSource::Microphone));
}

#[test]
fn a_later_offer_belongs_to_the_session_of_the_first() {
    let mock = start();
    let mut socket = Dial::to(&mock).connect();
    joined(&mut socket);
    let (mut peer, offer) = Peer::new();
    socket.request(Request::Offer(described(offer, 1)));
    peer.takes(&first_answer(&mut socket, 1));
    peer.connects();
    let mut changes = peer.rtc.sdp_api();
    changes.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
    let (offer, pending) = changes.apply().expect("an offer");
    peer.pending = Some(pending);
    socket.request(Request::Offer(described(offer.to_sdp_string(), 2)));
    let sdp = answer(&mut socket, 2);
    assert!(sdp.contains("m=audio") && sdp.contains("a=recvonly"), "{sdp}");
    peer.takes(&sdp);
}

#[test]
fn a_client_that_is_back_has_its_peer_connection() {
    let mock = start();
    let mut socket =
        Dial::to(&mock).script(&json!([{"greet": {}}, {"expect": "mute"}, {"drop": {}}])).connect();
    joined(&mut socket);
    let (mut peer, offer) = Peer::new();
    socket.request(Request::Offer(described(offer, 1)));
    peer.takes(&first_answer(&mut socket, 1));
    peer.connects();
    socket.request(Request::Mute(MuteTrackRequest::default()));
    assert_eq!(socket.next(), Seen::Fin);

    let mut socket = Dial::to(&mock).reconnecting().connect();
    assert!(matches!(socket.message(), Response::Reconnect(_)));
    let mut changes = peer.rtc.sdp_api();
    changes.ice_restart(true);
    let (offer, pending) = changes.apply().expect("an offer");
    peer.pending = Some(pending);
    socket.request(Request::Offer(described(offer.to_sdp_string(), 2)));
    peer.takes(&answer(&mut socket, 2));
    let connected = peer.until(|event| match event {
        Event::IceConnectionStateChange(
            IceConnectionState::Connected | IceConnectionState::Completed,
        ) => Some(()),
        _ => None,
    });
    assert_eq!(connected, Some(()));
}

#[test]
fn a_token_says_who_may_publish() {
    let mock = start();
    let video = json!({"roomJoin": true, "room": "my-room", "canPublish": false});
    let mut socket = Dial::to(&mock).claim("video", video).connect();
    joined(&mut socket);
    socket.request(Request::Offer(described(Peer::new().1, 1)));
    let Response::Update(update) = socket.message() else { panic!("no update") };
    let permission = update.participants[0].permission.as_ref().expect("permissions");
    assert!(!permission.can_publish && !permission.can_publish_data && permission.can_subscribe);
}

#[test]
fn a_server_can_leave_offers_unanswered() {
    let mock = Mock::builder().regions(1).rtc(false).start_blocking().expect("a server");
    skips_offers(&Dial::to(&mock));
}

#[test]
fn rtc_no_answer_answers_no_offer() {
    let mock = start();
    let (_, offer) = Peer::new();
    let request =
        JoinRequest { publisher_offer: Some(described(offer, 3)), ..JoinRequest::default() };
    let mut socket = Dial::to(&mock).scenario("rtc_no_answer").join_request(&request).connect();
    joined(&mut socket);
    socket.request(Request::Offer(described(Peer::new().1, 1)));
    socket.request(Request::Ping(1));
    assert!(matches!(socket.message(), Response::Pong(_)), "offers are skipped");
}

#[test]
fn a_dead_path_comes_back() {
    let mock = start();
    let script = json!([{"media": "stop"}, {"greet": {}}, {"expect": "mute"}, {"media": "start"}]);
    let mut socket = Dial::to(&mock).script(&script).connect();
    joined(&mut socket);
    let (mut peer, offer) = Peer::new();
    socket.request(Request::Offer(described(offer, 1)));
    peer.takes(&first_answer(&mut socket, 1));
    peer.asks_in_vain();
    socket.request(Request::Mute(MuteTrackRequest::default()));
    peer.connects();
}

#[test]
fn a_closed_connection_is_told() {
    let mock = start();
    let script = json!([{"greet": {}}, {"expect": "mute"}, {"media": "close"}]);
    let mut socket = Dial::to(&mock).script(&script).connect();
    joined(&mut socket);
    let (mut peer, offer) = Peer::new();
    socket.request(Request::Offer(described(offer, 1)));
    peer.takes(&first_answer(&mut socket, 1));
    peer.connects();
    socket.request(Request::Mute(MuteTrackRequest::default()));
    assert_eq!(peer.until(|_| None::<()>), None);
}

#[test]
fn a_control_can_leave_offers_unanswered() {
    let mock = start();
    skips_offers(&Dial::to(&mock).control(&json!({"rtc": false})));
}

fn skips_offers(dial: &Dial) {
    let mut socket = dial.connect();
    joined(&mut socket);
    socket.request(Request::Offer(described(Peer::new().1, 1)));
    socket.request(Request::AddTrack(AddTrackRequest::default()));
    socket.request(Request::Ping(1));
    assert!(matches!(socket.message(), Response::Pong(_)), "offers are skipped");
}

#[test]
fn an_offer_that_is_none_ends_nothing() {
    let mock = start();
    let mut socket = Dial::to(&mock).connect();
    joined(&mut socket);
    for sdp in ["", "v=0", "x".repeat(70_000).as_str()] {
        socket.request(Request::Offer(described(sdp.to_owned(), 1)));
    }
    let (mut peer, offer) = Peer::new();
    socket.request(Request::Offer(described(offer, 2)));
    peer.takes(&first_answer(&mut socket, 2));
    peer.connects();
}
