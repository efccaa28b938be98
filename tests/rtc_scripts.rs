//! What a script lets happen in a room, as a connected client sees it.
#![cfg(feature = "rtc")]

mod support;

use std::time::{Duration, Instant};

use livekit_mock::{Mock, Side};
use livekit_protocol::{
    DataPacket, RpcRequest, UserPacket,
    data_packet::{Kind, Value},
    data_stream::header::ContentHeader,
    participant_info::{self, State},
    rpc_response,
    signal_request::Message as Request,
    signal_response::Message as Response,
};
use serde_json::{Value as Json, json};
use str0m::{
    Event,
    media::{Direction, MediaKind},
};
use support::{
    peer::{Client, Peer, answer, described, first_answer, joined, start},
    socket::{Dial, Seen},
};

/// Longer than any test waits for a call.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client of a room in which this happens after it has connected.
fn client(mock: &Mock, steps: &Json) -> Client {
    let mut script = vec![json!({"greet": {}})];
    script.extend_from_slice(steps.as_array().expect("steps"));
    Client::connect(&Dial::to(mock).script(&Json::from(script)))
}

fn user(payload: &str) -> DataPacket {
    let packet = UserPacket { payload: payload.into(), ..UserPacket::default() };
    DataPacket { value: Some(Value::User(packet)), ..DataPacket::default() }
}

fn call(id: &str, method: &str, called: &str) -> DataPacket {
    let request = RpcRequest {
        id: id.to_owned(),
        method: method.to_owned(),
        version: 1,
        ..RpcRequest::default()
    };
    DataPacket {
        value: Some(Value::RpcRequest(request)),
        destination_identities: vec![called.to_owned()],
        ..DataPacket::default()
    }
}

/// What a call is answered, after it has been acknowledged, and by whom.
fn called(client: &mut Client, call: &DataPacket) -> (String, rpc_response::Value) {
    client.peer.says(client.reliable, call);
    let Some(Value::RpcAck(_)) = client.peer.packet().value else { panic!("no ack") };
    let packet = client.peer.packet();
    assert_eq!(packet.destination_identities, ["alice"]);
    let Some(Value::RpcResponse(response)) = packet.value else { panic!("no response") };
    (packet.participant_identity, response.value.expect("a value"))
}

#[test]
fn a_participant_joins_changes_and_leaves() {
    let mock = start();
    let mut client = client(
        &mock,
        &json!([
            {"expect": "connected"},
            {"participant": {"identity": "bob", "name": "Bob", "attributes": {"a": "1"}}},
            {"participant": {"identity": "bob", "attributes": {"b": "2"}}},
            {"participant": {"identity": "bob", "state": "DISCONNECTED"}}
        ]),
    );
    let joined = client.participant();
    assert_eq!((joined.sid.as_str(), joined.name.as_str()), ("PA_bob", "Bob"));
    assert_eq!(joined.state(), State::Active);
    let changed = client.participant();
    assert_eq!((changed.name.as_str(), changed.attributes.len()), ("Bob", 2));
    assert_eq!(client.participant().state(), State::Disconnected);
}

#[test]
fn data_comes_once_the_client_has_connected() {
    let mock = start();
    let mut client = client(
        &mock,
        &json!([
            {"data": {"user": {"payload": "aGk=", "topic": "t"}, "participantIdentity": "bob"}},
            {"data": {"user": {"payload": "aG8="}, "kind": "LOSSY"}}
        ]),
    );
    let mut packets = [client.peer.packet(), client.peer.packet()];
    #[allow(deprecated)] // Whoever sends it may still say it.
    packets.sort_by_key(|packet| packet.kind == i32::from(Kind::Lossy));
    assert_eq!(packets[0].participant_identity, "bob");
    let Some(Value::User(hi)) = &packets[0].value else { panic!("{packets:?}") };
    assert_eq!((&*hi.payload, hi.topic.as_deref()), (&b"hi"[..], Some("t")));
    let Some(Value::User(ho)) = &packets[1].value else { panic!("{packets:?}") };
    assert_eq!(ho.payload, b"ho");
}

#[test]
fn a_script_waits_for_data_of_the_client() {
    let mock = start();
    let mut client = client(
        &mock,
        &json!([{"expect": "connected"}, {"expectData": "user"}, {"close": {"code": 1000, "reason": "seen"}}]),
    );
    client.peer.says(client.reliable, &call("1", "greet", "nobody"));
    client.peer.says(client.lossy, &user("hi"));
    assert_eq!(client.socket.next(), Seen::Close(Some(1000), "seen".to_owned()));
}

#[tokio::test]
async fn data_is_in_the_journal() {
    let mock = start();
    let mut client = client(
        &mock,
        &json!([{"data": {"user": {"payload": "aGk="}}}, {"expectData": "user"}, {"drop": {}}]),
    );
    client.peer.packet();
    client.peer.says(client.reliable, &user("secret of mine"));
    assert_eq!(client.socket.next(), Seen::Fin);
    let call = mock.wait_for_call(&mock.calls().ended(), PATIENCE).await.expect("an end");
    let messages = call.messages();
    let data: Vec<_> = messages.iter().filter(|message| message.kind == "data").collect();
    let [sent, came] = data[..] else { panic!("{messages:?}") };
    assert_eq!((sent.from, came.from), (Side::Server, Side::Client));
    assert!(sent.json.contains(r#""payload":"aGk=""#), "{}", sent.json);
    assert!(came.json.contains(r#""payload":"c2VjcmV0IG9mIG1pbmU=""#), "{}", came.json);
}

#[test]
fn a_text_stream_has_a_header_its_text_and_an_end() {
    let mock = start();
    let long = "ä".repeat(10_000);
    let text = json!({"topic": "lk.chat", "text": long, "from": "bob", "attributes": {"a": "b"}});
    let mut client = client(&mock, &json!([{"text": text}]));
    let first = client.peer.packet();
    assert_eq!(first.participant_identity, "bob");
    let Some(Value::StreamHeader(header)) = first.value else { panic!("no header") };
    assert_eq!((header.topic.as_str(), header.total_length), ("lk.chat", Some(20_000)));
    assert_eq!(header.attributes["a"], "b");
    assert!(matches!(header.content_header, Some(ContentHeader::TextHeader(_))));
    let mut content = Vec::new();
    loop {
        match client.peer.packet().value {
            Some(Value::StreamChunk(chunk)) => {
                assert_eq!(chunk.stream_id, header.stream_id);
                content.extend_from_slice(&chunk.content);
            }
            Some(Value::StreamTrailer(_)) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(String::from_utf8(content).expect("UTF-8"), long);
}

#[test]
fn calls_are_answered_as_the_script_says() {
    let mock = start();
    let mut client = client(
        &mock,
        &json!([
            {"rpc": {"method": "greet", "answer": "hello"}},
            {"rpc": {"method": "fail", "error": {"code": 1500, "message": "no", "data": "why"}}},
            {"participant": {"identity": "bob"}}
        ]),
    );
    client.participant();
    let (by, value) = called(&mut client, &call("1", "greet", "carol"));
    assert_eq!((by.as_str(), value), ("carol", rpc_response::Value::Payload("hello".to_owned())));
    let (_, value) = called(&mut client, &call("2", "fail", "bob"));
    let rpc_response::Value::Error(error) = value else { panic!("{value:?}") };
    assert_eq!((error.code, error.message.as_str(), error.data.as_str()), (1500, "no", "why"));
    let (by, value) = called(&mut client, &call("3", "unknown", "bob"));
    let rpc_response::Value::Error(error) = value else { panic!("{value:?}") };
    assert_eq!((by.as_str(), error.code), ("bob", 1400));
}

#[test]
fn a_server_that_answers_calls_has_the_version_of_one() {
    let mock = start();
    for (steps, version) in [
        (json!([{"greet": {}}]), "mock"),
        (json!([{"greet": {}}, {"rpc": {"method": "greet", "answer": ""}}]), "1.13.0-mock"),
    ] {
        let mut socket = Dial::to(&mock).script(&steps).connect();
        let Response::Join(join) = socket.message() else { panic!("no join") };
        assert_eq!(join.server_version, version);
        assert_eq!(join.server_info.expect("a server").version, version);
    }
}

#[test]
fn a_track_comes_on_the_connection_of_a_client_that_has_only_one() {
    for (kind, media) in [("audio", MediaKind::Audio), ("video", MediaKind::Video)] {
        let mock = start();
        let publish = json!({"from": "bob", "kind": kind, "name": "mine"});
        let mut dial = Dial::to(&mock).script(&json!([{"greet": {}}, {"publish": publish}]));
        dial.path = "/rtc/v1";
        let mut client = Client::connect(&dial);
        let bob = client.participant();
        let [track] = &bob.tracks[..] else { panic!("{bob:?}") };
        assert_eq!((track.sid.as_str(), track.name.as_str()), ("TR_MOCK_1", "mine"));
        let Response::MediaSectionsRequirement(wanted) = client.socket.message() else {
            panic!("no requirement");
        };
        assert_eq!(wanted.num_audios + wanted.num_videos, 1);
        let offer = client.peer.offers(|changes| {
            // The second one stays empty.
            changes.add_media(media, Direction::RecvOnly, None, None, None);
            changes.add_media(media, Direction::RecvOnly, None, None, None);
        });
        client.socket.request(Request::Offer(described(offer, 2)));
        let Response::Answer(answer) = client.socket.message() else { panic!("no answer") };
        assert_eq!(answer.mid_to_track_id.values().collect::<Vec<_>>(), ["TR_MOCK_1"]);
        assert!(answer.sdp.contains("a=msid:PA_bob|TR_MOCK_1 TR_MOCK_1"), "{}", answer.sdp);
        assert!(answer.sdp.contains("a=inactive"), "{}", answer.sdp);
        client.peer.takes(&answer.sdp);
        hears(&mut client.peer);
    }
}

#[test]
fn a_track_comes_on_a_connection_of_its_own_where_the_client_has_two() {
    let mock = start();
    let (audio, video) =
        (json!({"from": "bob", "kind": "audio"}), json!({"from": "bob", "kind": "video"}));
    let mut client = client(&mock, &json!([{"publish": audio}, {"publish": video}]));
    let mut receiver = Peer::silent();
    let mut tracks = 0;
    let mut offers = 0;
    while offers < 2 {
        match client.socket.message() {
            Response::Update(update) => tracks = update.participants[0].tracks.len(),
            Response::Offer(offer) => {
                offers += 1;
                assert_eq!(offer.mid_to_track_id.len(), offers);
                let sdp = receiver.answers(&offer.sdp);
                // Not every client says which offer it answers.
                let id = if offers == 1 { offer.id } else { 0 };
                let mut answer = described(sdp, id);
                answer.r#type = "answer".to_owned();
                client.socket.request(Request::Answer(answer));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(tracks, 2);
    hears(&mut receiver);
}

/// Waits for some packets of a track.
fn hears(peer: &mut Peer) {
    let mut packets = 0;
    let heard = peer.until(|event| match event {
        Event::RtpPacket(_) => {
            packets += 1;
            (packets == 3).then_some(())
        }
        _ => None,
    });
    assert_eq!(heard, Some(()));
}

#[test]
fn channels_of_newer_servers_need_no_word() {
    let mock = start();
    let mut socket = Dial::to(&mock)
        .control(&json!({"protocol": 18, "script": [{"greet": {}}, {"data": {"user": {"payload": "aGk="}}}]}))
        .connect();
    let Response::Join(join) = socket.message() else { panic!("no join") };
    assert_eq!(join.server_info.expect("a server").protocol, 18);
    let mut peer = Peer::silent();
    let offer = peer.offers(|changes| {
        for (label, id) in [("_reliable", 100), ("_lossy", 101), ("_data_track", 102)] {
            changes.add_channel_with_config(str0m::channel::ChannelConfig {
                label: label.to_owned(),
                negotiated: Some(id),
                ..Default::default()
            });
        }
    });
    socket.request(Request::Offer(described(offer, 1)));
    peer.takes(&first_answer(&mut socket, 1));
    let Some(Value::User(hi)) = peer.packet().value else { panic!("no data") };
    assert_eq!(hi.payload, b"hi");
}

#[tokio::test]
async fn media_is_counted() {
    let mock = start();
    let mut client = client(&mock, &json!([{"expectData": "user"}, {"drop": {}}]));
    let mut mid = None;
    let offer = client.peer.offers(|changes| {
        mid = Some(changes.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None));
    });
    client.socket.request(Request::Offer(described(offer, 2)));
    let sdp = answer(&mut client.socket, 2);
    client.peer.takes(&sdp);
    client.peer.sends_audio(mid.expect("a mid"), 5);
    // On the same way, so it comes after them.
    client.peer.says(client.reliable, &user("done"));
    let call = mock.wait_for_call(&mock.calls().ended(), PATIENCE).await.expect("an end");
    let json: Json = serde_json::from_str(&call.json()).expect("JSON");
    assert_eq!(json["media"], json!({"packets": 5, "bytes": 15}));
}

#[test]
fn a_lost_room_connects_first() {
    let mock = start();
    let mut client = Client::connect(&Dial::to(&mock).scenario("rtc_lost"));
    // A packet that arrives is acknowledged.
    let end = Instant::now() + PATIENCE;
    let lost = std::iter::repeat_with(|| {
        client.peer.says(client.reliable, &user("are you there?"));
        client.peer.finds_a_dead_path()
    });
    let lost = lost.take_while(|_| Instant::now() < end).any(|dead| dead);
    assert!(lost);
}

#[test]
fn an_agent_answers_its_chat() {
    let mock = start();
    let mut client = Client::connect(&Dial::to(&mock).scenario("agent"));
    let agent = client.participant();
    assert_eq!(agent.kind(), participant_info::Kind::Agent);
    assert_eq!(agent.attributes["lk.agent.state"], "initializing");
    assert_eq!(client.participant().attributes["lk.agent.state"], "listening");
    for _ in 0..2 {
        let header = Value::StreamHeader(livekit_protocol::data_stream::Header::default());
        client
            .peer
            .says(client.reliable, &DataPacket { value: Some(header), ..DataPacket::default() });
        for state in ["thinking", "speaking"] {
            assert_eq!(client.participant().attributes["lk.agent.state"], state);
        }
        let Some(Value::StreamHeader(answer)) = client.peer.packet().value else { panic!("none") };
        assert_eq!(answer.topic, "lk.chat");
        while !matches!(client.peer.packet().value, Some(Value::StreamTrailer(_))) {}
        assert_eq!(client.participant().attributes["lk.agent.state"], "listening");
    }
}

#[test]
fn without_rooms_steps_in_them_are_left_out() {
    let mock = start();
    let script = json!([{"greet": {}}, {"text": {"topic": "t", "text": "x", "from": "bob"}}, {"close": {"code": 1000}}]);
    let mut socket = Dial::to(&mock).control(&json!({"rtc": false, "script": script})).connect();
    joined(&mut socket);
    assert_eq!(socket.next(), Seen::Close(Some(1000), String::new()));
}
