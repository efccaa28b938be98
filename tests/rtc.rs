//! Rooms that connect: a client with a peer connection of its own, over UDP on loopback.
#![cfg(feature = "rtc")]

mod support;

use livekit_mock::Mock;
use livekit_protocol::{
    AddTrackRequest, MuteTrackRequest, ParticipantPermission, TrackSource, TrackType,
    signal_request::Message as Request, signal_response::Message as Response,
};
use serde_json::json;
use str0m::media::{Direction, MediaKind};
use support::{
    peer::{Peer, answer, described, first_answer, joined, joins_with, start},
    socket::{Dial, Seen},
};

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

/// A browser nominates a path 50 ms after it has found it, and its DTLS begins at once.
#[test]
fn a_client_connects_before_it_nominates_a_path() {
    let mock = start();
    let mut socket = Dial::to(&mock).connect();
    joined(&mut socket);
    let mut peer = Peer::offered(&mut socket, 1);
    peer.nominates_nothing = true;
    peer.connects();
}

#[test]
fn an_offer_of_a_join_request_is_answered_after_the_join() {
    let mock = start();
    let (mut peer, offer) = Peer::new();
    let request = joins_with(offer, 3);
    let mut dial = Dial::to(&mock).join_request(&request);
    dial.path = "/rtc/v1";
    let mut socket = dial.connect();
    joined(&mut socket);
    peer.takes(&first_answer(&mut socket, 3));
    peer.connects();
}

#[test]
fn it_is_answered_after_a_join_of_the_script_too() {
    let mock = start();
    let (mut peer, offer) = Peer::new();
    let request = joins_with(offer, 3);
    let alice = json!({"sid": "PA_1", "identity": "alice", "name": "Alice"});
    let script = json!([{"send": {"join": {"participant": alice}}}]);
    let mut socket = Dial::to(&mock).script(&script).v1().join_request(&request).connect();
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
            let peer = Peer::offered(&mut socket, id);
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
    let mut peer = Peer::offered(&mut socket, 1);
    peer.connects();
    let offer = peer.offers(|changes| {
        changes.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
    });
    socket.request(Request::Offer(described(offer, 2)));
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
    let mut peer = Peer::offered(&mut socket, 1);
    peer.connects();
    socket.request(Request::Mute(MuteTrackRequest::default()));
    assert_eq!(socket.next(), Seen::Fin);

    let script = json!([{"greet": {}}, {"data": {"user": {"payload": "aGk="}}}]);
    let mut socket = Dial::to(&mock).script(&script).reconnecting().connect();
    assert!(matches!(socket.message(), Response::Reconnect(_)));
    let offer = peer.offers(|changes| {
        changes.ice_restart(true);
    });
    socket.request(Request::Offer(described(offer, 2)));
    peer.takes(&answer(&mut socket, 2));
    assert!(peer.packet().value.is_some());
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
fn a_join_that_answers_an_offer_says_who_may_publish() {
    let mock = start();
    let video = json!({"roomJoin": true, "room": "my-room", "canPublish": false});
    for (dial, may) in
        [(Dial::to(&mock), true), (Dial::to(&mock).claim("video", video.clone()), false)]
    {
        let (_, offer) = Peer::new();
        let permission = permission_of_join(dial.join_request(&joins_with(offer, 3)));
        let permission = permission.expect("permissions");
        assert_eq!((permission.can_publish, permission.can_publish_data), (may, may));
        assert!(permission.can_subscribe);
    }
}

#[test]
fn a_join_says_nothing_of_it_without_an_offer_or_where_rooms_dont_connect() {
    let mock = start();
    let off = Mock::builder().regions(1).rtc(false).start_blocking().expect("a server");
    let with_offer = |dial: Dial| dial.join_request(&joins_with(Peer::new().1, 3));
    for dial in [
        Dial::to(&mock),
        with_offer(Dial::to(&mock).control(&json!({"rtc": false}))),
        with_offer(Dial::to(&off)),
    ] {
        assert_eq!(permission_of_join(dial), None);
    }
}

fn permission_of_join(dial: Dial) -> Option<ParticipantPermission> {
    let Response::Join(join) = dial.v1().connect().message() else { panic!("no join") };
    join.participant.expect("a participant").permission
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
    let request = joins_with(offer, 3);
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
    let mut peer = Peer::offered(&mut socket, 1);
    assert!(peer.finds_a_dead_path());
    socket.request(Request::Mute(MuteTrackRequest::default()));
    peer.connects();
}

#[test]
fn a_closed_connection_is_told() {
    let mock = start();
    let script = json!([{"greet": {}}, {"expect": "mute"}, {"media": "close"}]);
    let mut socket = Dial::to(&mock).script(&script).connect();
    joined(&mut socket);
    let mut peer = Peer::offered(&mut socket, 1);
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
    let mut peer = Peer::offered(&mut socket, 2);
    peer.connects();
}
